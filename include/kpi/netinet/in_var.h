/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Requests on IPv4 interface addresses.
 */
#ifndef _KPI_NETINET_IN_VAR_H_
#define _KPI_NETINET_IN_VAR_H_

#include <net/if.h>
#include <netinet/in.h>

struct in_aliasreq {
	char			ifra_name[IFNAMSIZ];
	struct sockaddr_in	ifra_addr;
	struct sockaddr_in	ifra_broadaddr;
#define	ifra_dstaddr ifra_broadaddr
	struct sockaddr_in	ifra_mask;
	int			ifra_vhid;
};

#endif /* !_KPI_NETINET_IN_VAR_H_ */
