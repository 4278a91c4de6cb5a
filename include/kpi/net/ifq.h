/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Packet queues of interfaces: the plain struct ifqueue (IF_*), and the send
 * queue in front of a driver (IFQ_*).
 */
#ifndef _KPI_NET_IFQ_H_
#define _KPI_NET_IFQ_H_

#include <sys/param.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/mbuf.h>
#include <net/if_var.h>
#include <net/altq/if_altq.h>

/* Locks: (q) ifq_mtx. */
struct ifqueue {
	struct mbuf	*ifq_head;		/* (q) */
	struct mbuf	*ifq_tail;		/* (q) */
	int		ifq_len;		/* (q) */
	int		ifq_maxlen;		/* (q) */
	struct mtx	ifq_mtx;
};

#define	IF_LOCK(ifq)		mtx_lock(&(ifq)->ifq_mtx)
#define	IF_UNLOCK(ifq)		mtx_unlock(&(ifq)->ifq_mtx)
#define	IF_LOCK_ASSERT(ifq)	mtx_assert(&(ifq)->ifq_mtx, MA_OWNED)
#define	_IF_QFULL(ifq)		((ifq)->ifq_len >= (ifq)->ifq_maxlen)
#define	_IF_QLEN(ifq)		((ifq)->ifq_len)
#define	IFQ_MTX_LOCK(ifq)	IF_LOCK(ifq)

#define	_IF_ENQUEUE(ifq, m) do {					\
	(m)->m_nextpkt = NULL;						\
	if ((ifq)->ifq_tail == NULL)					\
		(ifq)->ifq_head = (m);					\
	else								\
		(ifq)->ifq_tail->m_nextpkt = (m);			\
	(ifq)->ifq_tail = (m);						\
	(ifq)->ifq_len++;						\
} while (0)
#define	_IF_PREPEND(ifq, m) do {					\
	(m)->m_nextpkt = (ifq)->ifq_head;				\
	(ifq)->ifq_head = (m);						\
	if ((ifq)->ifq_tail == NULL)					\
		(ifq)->ifq_tail = (m);					\
	(ifq)->ifq_len++;						\
} while (0)
#define	_IF_DEQUEUE(ifq, m) do {					\
	(m) = (ifq)->ifq_head;						\
	if ((m) != NULL) {						\
		(ifq)->ifq_head = (m)->m_nextpkt;			\
		if ((ifq)->ifq_head == NULL)				\
			(ifq)->ifq_tail = NULL;				\
		(m)->m_nextpkt = NULL;					\
		(ifq)->ifq_len--;					\
	}								\
} while (0)
#define	_IF_DEQUEUE_ALL(ifq, m) do {					\
	(m) = (ifq)->ifq_head;						\
	(ifq)->ifq_head = (ifq)->ifq_tail = NULL;			\
	(ifq)->ifq_len = 0;						\
} while (0)
#define	_IF_POLL(ifq, m)	((m) = (ifq)->ifq_head)
#define	_IF_DRAIN(ifq) do {						\
	struct mbuf *_ifm;						\
	for (;;) {							\
		_IF_DEQUEUE(ifq, _ifm);					\
		if (_ifm == NULL)					\
			break;						\
		m_freem(_ifm);						\
	}								\
} while (0)

#define	IF_ENQUEUE(ifq, m) do {						\
	IF_LOCK(ifq);							\
	_IF_ENQUEUE(ifq, m);						\
	IF_UNLOCK(ifq);							\
} while (0)
#define	IF_PREPEND(ifq, m) do {						\
	IF_LOCK(ifq);							\
	_IF_PREPEND(ifq, m);						\
	IF_UNLOCK(ifq);							\
} while (0)
#define	IF_DEQUEUE(ifq, m) do {						\
	IF_LOCK(ifq);							\
	_IF_DEQUEUE(ifq, m);						\
	IF_UNLOCK(ifq);							\
} while (0)
#define	IF_DEQUEUE_ALL(ifq, m) do {					\
	IF_LOCK(ifq);							\
	_IF_DEQUEUE_ALL(ifq, m);					\
	IF_UNLOCK(ifq);							\
} while (0)
#define	IF_DRAIN(ifq) do {						\
	IF_LOCK(ifq);							\
	_IF_DRAIN(ifq);							\
	IF_UNLOCK(ifq);							\
} while (0)

#define	IFQ_LOCK(ifq)		mtx_lock(&(ifq)->ifq_mtx)
#define	IFQ_UNLOCK(ifq)		mtx_unlock(&(ifq)->ifq_mtx)
#define	IFQ_LOCK_ASSERT(ifq)	mtx_assert(&(ifq)->ifq_mtx, MA_OWNED)
#define	IFQ_IS_EMPTY(ifq)	((ifq)->ifq_len == 0)
#define	IFQ_INC_LEN(ifq)	((ifq)->ifq_len++)
#define	IFQ_DEC_LEN(ifq)	(--(ifq)->ifq_len)
#define	IFQ_SET_MAXLEN(ifq, len)	((ifq)->ifq_maxlen = (len))
#define	IFQ_SET_READY(ifq)	((ifq)->altq_flags |= ALTQF_READY)

/* Enqueues or frees the packet: 0 or ENOBUFS. */
#define	IFQ_ENQUEUE(ifq, m, err) do {					\
	IFQ_LOCK(ifq);							\
	if (_IF_QFULL(ifq)) {						\
		m_freem(m);						\
		(err) = ENOBUFS;					\
	} else {							\
		_IF_ENQUEUE(ifq, m);					\
		(err) = 0;						\
	}								\
	IFQ_UNLOCK(ifq);						\
} while (0)
#define	IFQ_DEQUEUE_NOLOCK(ifq, m)	_IF_DEQUEUE(ifq, m)
#define	IFQ_DEQUEUE(ifq, m) do {					\
	IFQ_LOCK(ifq);							\
	_IF_DEQUEUE(ifq, m);						\
	IFQ_UNLOCK(ifq);						\
} while (0)
#define	IFQ_POLL_NOLOCK(ifq, m)	_IF_POLL(ifq, m)
#define	IFQ_POLL(ifq, m) do {						\
	IFQ_LOCK(ifq);							\
	_IF_POLL(ifq, m);						\
	IFQ_UNLOCK(ifq);						\
} while (0)
#define	IFQ_PURGE_NOLOCK(ifq)	_IF_DRAIN(ifq)
#define	IFQ_PURGE(ifq) do {						\
	IFQ_LOCK(ifq);							\
	_IF_DRAIN(ifq);							\
	IFQ_UNLOCK(ifq);						\
} while (0)

/* The driver's own little queue between ifq and the device. */
#define	IFQ_DRV_DEQUEUE(ifq, m) do {					\
	(m) = (ifq)->ifq_drv_head;					\
	if ((m) != NULL) {						\
		(ifq)->ifq_drv_head = (m)->m_nextpkt;			\
		if ((ifq)->ifq_drv_head == NULL)			\
			(ifq)->ifq_drv_tail = NULL;			\
		(m)->m_nextpkt = NULL;					\
		(ifq)->ifq_drv_len--;					\
	} else								\
		IFQ_DEQUEUE(ifq, m);					\
} while (0)
#define	IFQ_DRV_PREPEND(ifq, m) do {					\
	(m)->m_nextpkt = (ifq)->ifq_drv_head;				\
	if ((ifq)->ifq_drv_tail == NULL)				\
		(ifq)->ifq_drv_tail = (m);				\
	(ifq)->ifq_drv_head = (m);					\
	(ifq)->ifq_drv_len++;						\
} while (0)
#define	IFQ_DRV_IS_EMPTY(ifq)						\
	((ifq)->ifq_drv_len == 0 && (ifq)->ifq_len == 0)
#define	IFQ_DRV_PURGE(ifq) do {						\
	struct mbuf *_ifm;						\
	while ((_ifm = (ifq)->ifq_drv_head) != NULL) {			\
		(ifq)->ifq_drv_head = _ifm->m_nextpkt;			\
		_ifm->m_nextpkt = NULL;					\
		m_freem(_ifm);						\
	}								\
	(ifq)->ifq_drv_tail = NULL;					\
	(ifq)->ifq_drv_len = 0;						\
	IFQ_PURGE(ifq);							\
} while (0)

/* Enqueues, accounts and starts the driver; `err` is 0 or ENOBUFS. */
int	if_handoff_send(if_t ifp, struct mbuf *m, int adjust);
#define	IFQ_HANDOFF_ADJ(ifp, m, adj, err)				\
	((err) = if_handoff_send((ifp), (m), (adj)))
#define	IFQ_HANDOFF(ifp, m, err)	IFQ_HANDOFF_ADJ(ifp, m, 0, err)

/* Queues `m`, true unless the queue was full (then it is freed). */
int	if_handoff(struct ifqueue *ifq, struct mbuf *m, if_t ifp, int adjust);
#define	IF_HANDOFF(ifq, m, ifp)		if_handoff(ifq, m, ifp, 0)
#define	IF_HANDOFF_ADJ(ifq, m, ifp, adj)	if_handoff(ifq, m, ifp, adj)

#endif /* !_KPI_NET_IFQ_H_ */
