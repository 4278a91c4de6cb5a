/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Up, down, flags, promiscuity and link state.
 */
#include "if_impl.h"

#include <sys/sockio.h>
#include <sys/taskqueue.h>
#include <net/ifq.h>
#include <netlink/netlink_route.h>

#include "netlink_var.h"
#include "taskqueue_var.h"

EVENTHANDLER_LIST_DEFINE(ifnet_link_event);
EVENTHANDLER_LIST_DEFINE(rt_ifmsg_event);
u_int if_link_insiders;

static void	do_link_state_change(struct ifnet *, int pending);
static void	link_task(void *arg, int pending);

/* --- up and down --------------------------------------------------------- */

/* Neither looks at the state before: going down twice is announced twice. */
void
if_up(if_t ifp)
{
	if_setflagbits(ifp, IFF_UP, 0);
	if_setlastchange(ifp);
	rt_ifmsg(ifp, IFF_UP);
	IF_EVENT("ifnet_event_up", ifp);
	EVENTHANDLER_INVOKE(ifnet_event, ifp, IFNET_EVENT_UP);
}

void
if_down(if_t ifp)
{
	IF_EVENT("ifnet_event_down", ifp);
	EVENTHANDLER_INVOKE(ifnet_event, ifp, IFNET_EVENT_DOWN);
	if_setflagbits(ifp, 0, IFF_UP);
	if_setlastchange(ifp);
	if_qflush(ifp);
	rt_ifmsg(ifp, IFF_UP);
}

void
if_qflush(if_t ifp)
{
	if (IF_METHOD(ifp, if_qflush) != NULL)
		IF_METHOD(ifp, if_qflush)(ifp);
}

void
if_qflush_default(if_t ifp)
{
	IFQ_PURGE(&ifp->if_snd);
}

void
if_start(if_t ifp)
{
	IF_METHOD(ifp, if_start)(ifp);
}

int
if_handoff_send(if_t ifp, struct mbuf *m, int adjust)
{
	bool mcast = (m->m_flags & (M_BCAST | M_MCAST)) != 0;
	int error, len = m->m_pkthdr.len + adjust;

	IFQ_ENQUEUE(&ifp->if_snd, m, error);
	if (error != 0) {
		if_inc_counter(ifp, IFCOUNTER_OQDROPS, 1);
		return (error);
	}
	if_inc_counter(ifp, IFCOUNTER_OBYTES, len);
	if (mcast)
		if_inc_counter(ifp, IFCOUNTER_OMCASTS, 1);
	if ((if_getdrvflags(ifp) & IFF_DRV_OACTIVE) == 0 &&
	    IF_METHOD(ifp, if_start) != NULL)
		if_start(ifp);
	return (0);
}

int
if_handoff(struct ifqueue *ifq, struct mbuf *m, if_t ifp, int adjust)
{
	IF_LOCK(ifq);
	if (_IF_QFULL(ifq)) {
		IF_UNLOCK(ifq);
		if (ifp != NULL)
			if_inc_counter(ifp, IFCOUNTER_OQDROPS, 1);
		m_freem(m);
		return (0);
	}
	if (ifp != NULL)
		if_inc_counter(ifp, IFCOUNTER_OBYTES,
		    m->m_pkthdr.len + adjust);
	_IF_ENQUEUE(ifq, m);
	IF_UNLOCK(ifq);
	if (ifp != NULL && IF_METHOD(ifp, if_start) != NULL &&
	    (if_getdrvflags(ifp) & IFF_DRV_OACTIVE) == 0)
		if_start(ifp);
	return (1);
}

/* --- promiscuity --------------------------------------------------------- */

/*
 * Counts requests for a flag.  While a user has asked for it permanently
 * (`pflag`) only the count changes; else the edges reach the driver, and what
 * the driver refuses is taken back.
 */
static int
if_setflag(struct ifnet *ifp, int flag, int pflag, int *refcount, int onswitch)
{
	struct ifreq ifr;
	int delta = onswitch ? 1 : -1, error;

	if (onswitch)
		KASSERT(*refcount >= 0,
		    ("invalid negative refcount %d in %s for flag %d",
		    *refcount, __func__, flag));
	else
		KASSERT(*refcount > 0,
		    ("invalid non-positive refcount %d in %s for flag %d",
		    *refcount, __func__, flag));
	*refcount += delta;
	if ((if_getflags(ifp) & pflag) != 0)
		return (0);
	if (*refcount != (onswitch ? 1 : 0))
		return (0);
	if_setflagbits(ifp, onswitch ? flag : 0, onswitch ? 0 : flag);
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = if_getflags(ifp) & 0xffff;
	ifr.ifr_flagshigh = if_getflags(ifp) >> 16;
	error = IF_METHOD(ifp, if_ioctl) == NULL ? EOPNOTSUPP :
	    if_ioctl(ifp, SIOCSIFFLAGS, (caddr_t)&ifr);
	if (error != 0) {
		*refcount -= delta;
		if_setflagbits(ifp, onswitch ? 0 : flag, onswitch ? flag : 0);
		return (error);
	}
	rt_ifmsg(ifp, flag);
	return (0);
}

int
ifpromisc(if_t ifp, int pswitch)
{
	int oldcount = ifp->if_pcount, error;

	error = if_setflag(ifp, IFF_PROMISC, IFF_PPROMISC, &ifp->if_pcount,
	    pswitch);
	if (error == 0 && (oldcount == 0) != (ifp->if_pcount == 0))
		if_log(ifp, 6, "promiscuous mode %s\n",
		    pswitch ? "enabled" : "disabled");
	return (error);
}

int
if_allmulti(if_t ifp, int onswitch)
{
	return (if_setflag(ifp, IFF_ALLMULTI, IFF_PALLMULTI, &ifp->if_amcount,
	    onswitch));
}

/* The user's own request, which counts for nothing in if_pcount. */
void
if_setppromisc(if_t ifp, bool ppromisc)
{
	bool on = (if_getflags(ifp) & IFF_PPROMISC) != 0;

	if (ppromisc == on)
		return;
	if (ppromisc)
		if_setflagbits(ifp, IFF_PPROMISC | IFF_PROMISC, 0);
	else
		if_setflagbits(ifp, 0, IFF_PPROMISC |
		    (ifp->if_pcount == 0 ? IFF_PROMISC : 0));
	if_log(ifp, 6, "permanently promiscuous mode %s\n",
	    ppromisc ? "enabled" : "disabled");
}

/* --- link state ---------------------------------------------------------- */

void
if_link_init(struct ifnet *ifp)
{
	TASK_INIT(&ifp->if_linktask, 0, link_task, ifp);
}

static bool
link_dying(struct ifnet *ifp)
{
	return ((if_getflags(ifp) & IFF_DYING) != 0);
}

static bool
link_outsiders(struct eventhandler_list *list)
{
	return (__atomic_load_n(&list->el_count, __ATOMIC_RELAXED) >
	    if_link_insiders);
}

/*
 * Is there anybody who sees when a link event happens, in which thread, and
 * how many there are?
 */
static bool
link_heard(struct ifnet *ifp)
{
	if (BUG(LINK_AFTER_DETACH))
		return (true);
	if (link_dying(ifp))	/* the task does nothing */
		return (false);
	if (__atomic_load_n(&vs_events_on, __ATOMIC_RELAXED) ||
	    link_outsiders(_eventhandler_list_ifnet_link_event) ||
	    link_outsiders(_eventhandler_list_rt_ifmsg_event))
		return (true);
	/* Another vnet may be going away, and it may not be looked into. */
	return (if_getvnet(ifp) != curvnet || nl_has_listeners(RTNLGRP_LINK));
}

void
if_link_drain(struct ifnet *ifp)
{
	if (link_heard(ifp))
		taskqueue_drain(taskqueue_swi, &ifp->if_linktask);
	else
		tq_drain_here(taskqueue_swi, &ifp->if_linktask);
}

/*
 * Any context.  link-event-after-detach: in FreeBSD the task holds no
 * reference, and detach waits for it once; a report that comes later, from a
 * driver or from an ioctl that is still under way, runs on freed memory.
 * Here it finds the interface dying, and gives its reference back.
 */
void
if_link_state_change(if_t ifp, int link_state)
{
	uint8_t old;

	old = __atomic_exchange_n(&ifp->if_link_state, link_state,
	    __ATOMIC_RELAXED);
	if (old == link_state)
		return;
	if (BUG(LINK_AFTER_DETACH)) {
		taskqueue_enqueue(taskqueue_swi, &ifp->if_linktask);
		return;
	}
	if_ref_named(ifp, "link task");
	if (taskqueue_enqueue_flags(taskqueue_swi, &ifp->if_linktask,
	    TASKQUEUE_FAIL_IF_PENDING | (link_heard(ifp) ? 0 : TQ_LAZY)) != 0)
		if_rele_named(ifp, "link task");
}

static void
link_task(void *arg, int pending)
{
	struct ifnet *ifp = arg;

	if (BUG(LINK_AFTER_DETACH)) {
		do_link_state_change(ifp, pending);
		return;
	}
	if (!link_dying(ifp))
		do_link_state_change(ifp, pending);
	if_rele_named(ifp, "link task");
}

static void
do_link_state_change(struct ifnet *ifp, int pending)
{
	int link_state = if_getlinkstate(ifp);
	bool up = link_state == LINK_STATE_UP;

	CURVNET_SET(if_getvnet(ifp));
	rt_ifmsg(ifp, 0);
	if (IS_DEFAULT_VNET(curvnet))
		if_devctl("IFNET", ifp->if_xname, up ? "LINK_UP" :
		    "LINK_DOWN", NULL);
	if (pending > 1)
		if_log(ifp, 7, "%d link states coalesced\n", pending);
	if_log(ifp, 5, "link state changed to %s\n", up ? "UP" : "DOWN");
	IF_EVENT("ifnet_link_event", ifp);
	EVENTHANDLER_DIRECT_INVOKE(ifnet_link_event, ifp, link_state);
	CURVNET_RESTORE();
}
