/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Delivery of packets to protocols.
 *
 * One thread serves all queues: FreeBSD's default of a single netisr thread.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/taskqueue.h>
#include <net/if.h>
#include <net/if_private.h>
#include <net/netisr.h>
#include <net/vnet.h>

#define	NETISR_DEFAULT_MAXQLEN	256

/*
 * Locks: (n) netisr_mtx, (c) constant.
 */
struct netisr_proto {
	struct netisr_handler np_handler;	/* (n) nh_handler NULL: free */
	struct mbufq	np_queue;		/* (n) */
	uint64_t	np_unclaimed;		/* (n) */
	uint64_t	np_drops;		/* (n) */
	struct task	np_task;		/* (c) empties np_queue */
};

static struct netisr_proto netisr_proto[NETISR_MAXPROT];
static struct taskqueue *netisr_tq;		/* (c) */
static struct mtx netisr_mtx;
MTX_SYSINIT(netisr, &netisr_mtx, "netisr_mtx", MTX_DEF);

static struct netisr_proto *
netisr_find(u_int proto)
{
	KASSERT(proto < NETISR_MAXPROT, ("%s: invalid proto %u", __func__,
	    proto));
	return (&netisr_proto[proto]);
}

/* The interface may have moved or gone since the packet was queued. */
static void
netisr_deliver_queued(netisr_handler_t *handler, struct mbuf *m)
{
	struct ifnet *ifp = m_rcvif_restore(m);

	if (ifp == NULL) {
		m_freem(m);
		return;
	}
	CURVNET_SET(if_getvnet(ifp));
	handler(m);
	CURVNET_RESTORE();
}

static void
netisr_task(void *arg, int pending __unused)
{
	struct netisr_proto *np = arg;
	netisr_handler_t *handler;
	struct mbuf *m;

	NET_EPOCH_ASSERT();
	for (;;) {
		mtx_lock(&netisr_mtx);
		m = mbufq_dequeue(&np->np_queue);
		handler = np->np_handler.nh_handler;
		mtx_unlock(&netisr_mtx);
		if (m == NULL)
			break;
		if (handler != NULL)
			netisr_deliver_queued(handler, m);
		else
			m_freem(m);
	}
}

void
netisr_register(const struct netisr_handler *nhp)
{
	struct netisr_proto *np = netisr_find(nhp->nh_proto);

	mtx_lock(&netisr_mtx);
	KASSERT(np->np_handler.nh_handler == NULL,
	    ("%s(%u, %s): name exists", __func__, nhp->nh_proto,
	    nhp->nh_name));
	np->np_handler = *nhp;
	mbufq_init(&np->np_queue, nhp->nh_qlimit != 0 ?
	    (int)nhp->nh_qlimit : NETISR_DEFAULT_MAXQLEN);
	mtx_unlock(&netisr_mtx);
}

void
netisr_unregister(const struct netisr_handler *nhp)
{
	struct netisr_proto *np = netisr_find(nhp->nh_proto);
	struct mbuf *m;

	mtx_lock(&netisr_mtx);
	KASSERT(np->np_handler.nh_handler != NULL,
	    ("%s(%u): protocol not registered for %s", __func__,
	    nhp->nh_proto, nhp->nh_name));
	np->np_handler.nh_handler = NULL;
	m = mbufq_flush(&np->np_queue);
	mtx_unlock(&netisr_mtx);
	m_freemp(m);
	taskqueue_drain(netisr_tq, &np->np_task);
	/* Direct dispatch runs in the net epoch. */
	NET_EPOCH_WAIT();
}

int
netisr_dispatch(u_int proto, struct mbuf *m)
{
	struct netisr_proto *np = netisr_find(proto);
	netisr_handler_t *handler;

	NET_EPOCH_ASSERT();
	CURVNET_ASSERT_SET();
	mtx_lock(&netisr_mtx);
	handler = np->np_handler.nh_handler;
	if (handler == NULL)
		np->np_unclaimed++;
	mtx_unlock(&netisr_mtx);
	if (handler == NULL) {
		m_freem(m);
		return (EPROTONOSUPPORT);
	}
	handler(m);
	return (0);
}

int
netisr_queue(u_int proto, struct mbuf *m)
{
	struct netisr_proto *np = netisr_find(proto);
	int error;

	m_rcvif_serialize(m);
	mtx_lock(&netisr_mtx);
	if (np->np_handler.nh_handler == NULL) {
		np->np_unclaimed++;
		error = EPROTONOSUPPORT;
	} else {
		error = mbufq_enqueue(&np->np_queue, m);
		if (error != 0)
			np->np_drops++;
		else
			taskqueue_enqueue(netisr_tq, &np->np_task);
	}
	mtx_unlock(&netisr_mtx);
	if (error != 0)
		m_freem(m);
	return (error);
}

uint64_t
netisr_unclaimed(u_int proto)
{
	uint64_t n;

	mtx_lock(&netisr_mtx);
	n = netisr_find(proto)->np_unclaimed;
	mtx_unlock(&netisr_mtx);
	return (n);
}

uint64_t
netisr_drops(u_int proto)
{
	uint64_t n;

	mtx_lock(&netisr_mtx);
	n = netisr_find(proto)->np_drops;
	mtx_unlock(&netisr_mtx);
	return (n);
}

static void
netisr_init(void *unused __unused)
{
	u_int i;

	for (i = 0; i < NETISR_MAXPROT; i++) {
		memset(&netisr_proto[i], 0, sizeof(netisr_proto[i]));
		mbufq_init(&netisr_proto[i].np_queue, 1);
		NET_TASK_INIT(&netisr_proto[i].np_task, 0, netisr_task,
		    &netisr_proto[i]);
	}
	netisr_tq = taskqueue_create("netisr", M_WAITOK,
	    taskqueue_thread_enqueue, &netisr_tq);
	taskqueue_start_threads(&netisr_tq, 1, PI_NET, "netisr");
}
SYSINIT(netisr_init, SI_SUB_SOFTINTR, SI_ORDER_FIRST, netisr_init, NULL);

/* Packets may still be queued for a protocol that was never unregistered. */
static void
netisr_uninit(void *unused __unused)
{
	u_int i;

	taskqueue_free(netisr_tq);
	netisr_tq = NULL;
	for (i = 0; i < NETISR_MAXPROT; i++)
		m_freemp(mbufq_flush(&netisr_proto[i].np_queue));
}
SYSUNINIT(netisr_uninit, SI_SUB_SOFTINTR, SI_ORDER_FIRST, netisr_uninit,
    NULL);
