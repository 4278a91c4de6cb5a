/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The UDP header, as on the wire.
 */
#ifndef _KPI_NETINET_UDP_H_
#define _KPI_NETINET_UDP_H_

#define	__NETINET_UDP_H

#include <sys/types.h>

struct udphdr {
	uint16_t	uh_sport;
	uint16_t	uh_dport;
	uint16_t	uh_ulen;
	uint16_t	uh_sum;
};

#endif /* !_KPI_NETINET_UDP_H_ */
