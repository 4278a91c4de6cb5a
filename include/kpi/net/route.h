/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Routes, as far as output methods are handed one.  There is no routing
 * table; a struct route carries flags and a destination.
 */
#ifndef _KPI_NET_ROUTE_H_
#define _KPI_NET_ROUTE_H_

/* Full replacement of the host's. */
#define	_NET_ROUTE_H

#include <sys/types.h>
#include <sys/socket.h>

struct ifaddr;
struct ifnet;
struct nhop_object;

/* Owned by whoever sends; no lock. */
struct route {
	struct nhop_object *ro_nh;
	void		*ro_lle;
	char		*ro_prepend;		/* ready-made link header */
	uint16_t	ro_plen;
	uint16_t	ro_flags;		/* RT_* below */
	uint16_t	ro_mtu;
	uint16_t	spare;
	struct sockaddr	ro_dst;
};

#define	RT_NORTREF	0x2
#define	RT_L2_ME	0x4
#define	RT_MAY_LOOP	0x8
#define	RT_HAS_HEADER	0x10
#define	RT_REJECT	0x20
#define	RT_BLACKHOLE	0x40
#define	RT_HAS_GW	0x80		/* ro_dst is not the destination */
#define	RT_LLE_CACHE	0x100

#define	RTF_UP		0x1
#define	RTF_GATEWAY	0x2
#define	RTF_HOST	0x4
#define	RTF_REJECT	0x8
#define	RTF_BLACKHOLE	0x1000

/* Family to send: that of the gateway, if the route has one. */
#define	RO_GET_FAMILY(ro, dst)						\
	((ro) != NULL && ((ro)->ro_flags & RT_HAS_GW) != 0 ?		\
	(ro)->ro_dst.sa_family : (dst)->sa_family)

extern u_int rt_numfibs;
#define	RT_DEFAULT_FIB	0
#define	RT_ALL_FIBS	-1

#endif /* !_KPI_NET_ROUTE_H_ */
