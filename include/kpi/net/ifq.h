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
#include <sys/atomic_common.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/mbuf.h>
#include <net/if_var.h>
#include <net/altq/if_altq.h>

/* Locks: (q) ifq_mtx; lengths are read without it, too, so atomically. */
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
#define	_IF_QFULL(ifq)		(_IF_QLEN(ifq) >= (ifq)->ifq_maxlen)
#define	_IF_QLEN(ifq)		atomic_load_int(&(ifq)->ifq_len)
#define	IFQ_MTX_LOCK(ifq)	IF_LOCK(ifq)

/*
 * A queue is a chain of packets, known by its head, tail and length.  Both
 * kinds of queue have these fields, and one kind has them twice.
 */
#define	_IFQ_CHAIN(ifq)							\
	&(ifq)->ifq_head, &(ifq)->ifq_tail, &(ifq)->ifq_len
#define	_IFQ_DRV_CHAIN(ifq)						\
	&(ifq)->ifq_drv_head, &(ifq)->ifq_drv_tail, &(ifq)->ifq_drv_len

/* The new length. */
static inline int
_ifq_count(int *len, int more)
{
	int new_len = *len + more;

	atomic_store_int(len, new_len);
	return (new_len);
}

static inline void
_ifq_append(struct mbuf **head, struct mbuf **tail, int *len, struct mbuf *m)
{
	m->m_nextpkt = NULL;
	*(*tail != NULL ? &(*tail)->m_nextpkt : head) = m;
	*tail = m;
	(void)_ifq_count(len, 1);
}

static inline void
_ifq_push(struct mbuf **head, struct mbuf **tail, int *len, struct mbuf *m)
{
	if (*tail == NULL)
		*tail = m;
	m->m_nextpkt = *head;
	*head = m;
	(void)_ifq_count(len, 1);
}

static inline struct mbuf *
_ifq_take(struct mbuf **head, struct mbuf **tail, int *len)
{
	struct mbuf *m = *head;

	if (m == NULL)
		return (NULL);
	*head = m->m_nextpkt;
	if (m == *tail)
		*tail = NULL;
	m->m_nextpkt = NULL;
	(void)_ifq_count(len, -1);
	return (m);
}

/* Linked by m_nextpkt. */
static inline struct mbuf *
_ifq_take_all(struct mbuf **head, struct mbuf **tail, int *len)
{
	struct mbuf *all = *head;

	*head = *tail = NULL;
	atomic_store_int(len, 0);
	return (all);
}

/* The caller has the lock. */
#define	_IF_ENQUEUE(ifq, m)	_ifq_append(_IFQ_CHAIN(ifq), (m))
#define	_IF_PREPEND(ifq, m)	_ifq_push(_IFQ_CHAIN(ifq), (m))
#define	_IF_DEQUEUE(ifq, m)	((m) = _ifq_take(_IFQ_CHAIN(ifq)))
#define	_IF_DEQUEUE_ALL(ifq, m)	((m) = _ifq_take_all(_IFQ_CHAIN(ifq)))
#define	_IF_POLL(ifq, m)	((m) = (ifq)->ifq_head)
#define	_IF_DRAIN(ifq)		m_freemp(_ifq_take_all(_IFQ_CHAIN(ifq)))

#define	_IF_LOCKED(ifq, statement) do {					\
	IF_LOCK(ifq);							\
	statement;							\
	IF_UNLOCK(ifq);							\
} while (0)
#define	IF_ENQUEUE(ifq, m)	_IF_LOCKED(ifq, _IF_ENQUEUE(ifq, m))
#define	IF_PREPEND(ifq, m)	_IF_LOCKED(ifq, _IF_PREPEND(ifq, m))
#define	IF_DEQUEUE(ifq, m)	_IF_LOCKED(ifq, _IF_DEQUEUE(ifq, m))
#define	IF_DEQUEUE_ALL(ifq, m)	_IF_LOCKED(ifq, _IF_DEQUEUE_ALL(ifq, m))
#define	IF_DRAIN(ifq)		_IF_LOCKED(ifq, _IF_DRAIN(ifq))

/* The same for a struct ifaltq. */
#define	IFQ_LOCK	IF_LOCK
#define	IFQ_UNLOCK	IF_UNLOCK
#define	IFQ_LOCK_ASSERT	IF_LOCK_ASSERT
#define	IFQ_IS_EMPTY(ifq)	(_IF_QLEN(ifq) == 0)
#define	IFQ_INC_LEN(ifq)	(_ifq_count(&(ifq)->ifq_len, 1) - 1)
#define	IFQ_DEC_LEN(ifq)	_ifq_count(&(ifq)->ifq_len, -1)
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
#define	IFQ_DEQUEUE_NOLOCK	_IF_DEQUEUE
#define	IFQ_DEQUEUE		IF_DEQUEUE
#define	IFQ_POLL_NOLOCK		_IF_POLL
#define	IFQ_POLL(ifq, m)	_IF_LOCKED(ifq, _IF_POLL(ifq, m))
#define	IFQ_PURGE_NOLOCK	_IF_DRAIN
#define	IFQ_PURGE		IF_DRAIN

/* The driver's own little queue between ifq and the device. */
#define	IFQ_DRV_DEQUEUE(ifq, m) do {					\
	(m) = _ifq_take(_IFQ_DRV_CHAIN(ifq));				\
	if ((m) == NULL)						\
		IFQ_DEQUEUE(ifq, m);					\
} while (0)
#define	IFQ_DRV_PREPEND(ifq, m)	_ifq_push(_IFQ_DRV_CHAIN(ifq), (m))
#define	IFQ_DRV_IS_EMPTY(ifq)						\
	(atomic_load_int(&(ifq)->ifq_drv_len) == 0 && IFQ_IS_EMPTY(ifq))
#define	IFQ_DRV_PURGE(ifq) do {						\
	m_freemp(_ifq_take_all(_IFQ_DRV_CHAIN(ifq)));			\
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
