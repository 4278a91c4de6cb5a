/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Delivery of received packets to protocols, netisr(9).
 *
 * No protocol is part of the library.  A packet for one that nobody has
 * registered is counted and freed.
 */
#ifndef _KPI_NET_NETISR_H_
#define _KPI_NET_NETISR_H_

#include <sys/types.h>

#define	NETISR_IP	1
#define	NETISR_IGMP	2
#define	NETISR_ROUTE	3
#define	NETISR_ARP	4
#define	NETISR_ETHER	5
#define	NETISR_IPV6	6
#define	NETISR_NATM	7
#define	NETISR_IP_DIRECT	9
#define	NETISR_IPV6_DIRECT	10
#define	NETISR_MAXPROT	16

struct mbuf;

typedef void netisr_handler_t(struct mbuf *m);

/* A protocol; constant while registered. */
struct netisr_handler {
	const char		*nh_name;
	netisr_handler_t	*nh_handler;	/* net epoch, curvnet set;
						   consumes the packet */
	u_int			nh_proto;
	u_int			nh_qlimit;	/* 0: the default, 256 */
};

/*
 * Registration: may sleep.  A protocol number is taken once only (panic).
 * Unregistering frees what is queued and waits for running handlers.
 */
void	netisr_register(const struct netisr_handler *nhp);
void	netisr_unregister(const struct netisr_handler *nhp);

/*
 * Both consume the packet; curvnet must be set, net epoch for dispatch.
 * dispatch calls the handler at once; queue leaves it to netisr's thread,
 * which sets curvnet to that of the receiving interface and drops packets
 * whose interface has gone by then.  0, ENOBUFS (queue full), or
 * EPROTONOSUPPORT if nobody has registered `proto`.
 */
int	netisr_dispatch(u_int proto, struct mbuf *m);
int	netisr_queue(u_int proto, struct mbuf *m);

/* Statistics since boot: packets for nobody, dropped on a full queue. */
uint64_t	netisr_unclaimed(u_int proto);
uint64_t	netisr_drops(u_int proto);

#endif /* !_KPI_NET_NETISR_H_ */
