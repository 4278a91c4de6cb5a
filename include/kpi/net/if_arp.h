/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The address resolution protocol's wire format, and the structure that
 * precedes Ethernet-like softcs in if_l2com.
 */
#ifndef _KPI_NET_IF_ARP_H_
#define _KPI_NET_IF_ARP_H_

#define	_NET_IF_ARP_H

#include <sys/types.h>

struct arphdr {
	u_short	ar_hrd;			/* ARPHRD_* */
	u_short	ar_pro;			/* ETHERTYPE_* */
	u_char	ar_hln;
	u_char	ar_pln;
	u_short	ar_op;			/* ARPOP_* */
};

#define	ARPHRD_ETHER	1
#define	ARPHRD_IEEE802	6
#define	ARPHRD_INFINIBAND 32
#define	ARPOP_REQUEST	1
#define	ARPOP_REPLY	2

#define	ar_sha(ap)	(((caddr_t)((ap) + 1)) + 0)
#define	ar_spa(ap)	(((caddr_t)((ap) + 1)) + (ap)->ar_hln)

#endif /* !_KPI_NET_IF_ARP_H_ */
