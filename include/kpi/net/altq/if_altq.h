/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The send queue of an interface.  No queueing discipline is modelled, so
 * ALTQ is never enabled on one.
 */
#ifndef _KPI_NET_ALTQ_IF_ALTQ_H_
#define _KPI_NET_ALTQ_IF_ALTQ_H_

#include <sys/types.h>
#include <sys/lock.h>
#include <sys/mutex.h>

struct ifnet;
struct mbuf;

/*
 * Locks: (q) ifq_mtx, (d) the driver.
 */
struct ifaltq {
	struct mbuf	*ifq_head;		/* (q) */
	struct mbuf	*ifq_tail;		/* (q) */
	int		ifq_len;		/* (q) packets in it */
	int		ifq_maxlen;		/* (q) */
	struct mtx	ifq_mtx;
	struct mbuf	*ifq_drv_head;		/* (d) */
	struct mbuf	*ifq_drv_tail;		/* (d) */
	int		ifq_drv_len;		/* (d) */
	int		ifq_drv_maxlen;		/* (d) 0: no driver queue */
	int		altq_flags;		/* (q) ALTQF_* */
	struct ifnet	*altq_ifp;		/* (q) */
};

#define	ALTQF_READY	0x01		/* the driver supports ALTQ */
#define	ALTQF_ENABLED	0x02

#define	ALTQ_IS_READY(ifq)	((ifq)->altq_flags & ALTQF_READY)
#define	ALTQ_IS_ENABLED(ifq)	0
/* Never reached, because ALTQ is never enabled. */
#define	ALTQ_ENQUEUE(ifq, m, pa, err) do {				\
	(void)(m);							\
	(err) = EOPNOTSUPP;						\
} while (0)

#endif /* !_KPI_NET_ALTQ_IF_ALTQ_H_ */
