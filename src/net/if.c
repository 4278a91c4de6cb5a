/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Life of an interface: allocation, references, attach, detach, free.
 *
 *	allocated	has an index, is on no list
 *	attached	on the V_ifnet of if_vnet
 *	in transit	between two of them, under ifnet_detach_sxlock
 *	detached	DYING, on no list, methods fail
 *	freed		no index; memory stays while references or epoch
 *			sections remain
 */
#include "if_impl.h"

#include <sys/blockcount.h>
#include <sys/domain.h>
#include <sys/time.h>

#include <machine/atomic.h>

/* Link layers by interface type: both hooks or none. */
static struct if_com {
	if_com_alloc_t	*ic_alloc;
	if_com_free_t	*ic_free;
} if_coms[256];

static void	if_free_deferred(epoch_context_t ctx);

/* --- allocation and references ------------------------------------------- */

void
if_register_com_alloc(u_char type, if_com_alloc_t *a, if_com_free_t *f)
{
	struct if_com *ic = &if_coms[type];

	KASSERT(ic->ic_alloc == NULL && ic->ic_free == NULL,
	    ("if_register_com_alloc: %d already registered", type));
	ic->ic_alloc = a;
	ic->ic_free = f;
}

void
if_deregister_com_alloc(u_char type)
{
	struct if_com *ic = &if_coms[type];

	KASSERT(ic->ic_alloc != NULL && ic->ic_free != NULL,
	    ("if_deregister_com_alloc: %d not registered", type));
	/* A deferred free may still want the hook. */
	NET_EPOCH_DRAIN_CALLBACKS();
	memset(ic, 0, sizeof(*ic));
}

static void
if_init_queue(struct ifnet *ifp)
{
	struct ifaltq *ifq = &ifp->if_snd;

	mtx_init(&ifq->ifq_mtx, "if send queue", NULL, MTX_DEF);
	ifq->ifq_maxlen = ifqmaxlen;
	ifq->altq_ifp = ifp;
}

/* From here on the interface is found by its number. */
static void
if_publish(struct ifnet *ifp)
{
	refcount_init(&ifp->if_refcount, 1);
	VS_LEDGER(birth, VS_IFNET, ifp, "unnamed", "index");
	IFNET_WLOCK();
	ifindex_alloc(ifp);
	IFNET_WUNLOCK();
}

if_t
if_alloc_domain(u_char type, int numa_domain)
{
	struct ifnet *ifp;

	KASSERT(numa_domain <= IF_NODOM, ("numa_domain too large"));
	ifp = malloc(sizeof(*ifp), M_IFNET, M_WAITOK | M_ZERO);
	ifp->if_vnet = curvnet;
	ifp->if_numa_domain = numa_domain;
	ifp->if_alloctype = ifp->if_type = type;
	/* index-reserved-but-visible: locks and lists came afterwards. */
	if (BUG(INDEX_TOO_EARLY))
		if_publish(ifp);
	if (if_coms[type].ic_alloc != NULL) {
		ifp->if_l2com = if_coms[type].ic_alloc(type, ifp);
		KASSERT(ifp->if_l2com != NULL,
		    ("%s: if_com_alloc[%u] failed", __func__, type));
	}
	IF_ADDR_LOCK_INIT(ifp);
	IF_AFDATA_LOCK_INIT(ifp);
	if_link_init(ifp);
	if_multi_init(ifp);
	CK_STAILQ_INIT(&ifp->if_addrhead);
	CK_STAILQ_INIT(&ifp->if_multiaddrs);
	CK_STAILQ_INIT(&ifp->if_groups);
	if_init_queue(ifp);
	ifp->if_get_counter = if_get_counter_default;
	ifp->if_pcp = 255;
	if (!BUG(INDEX_TOO_EARLY))
		if_publish(ifp);
	return (ifp);
}

if_t
if_alloc(u_char type)
{
	return (if_alloc_domain(type, IF_NODOM));
}

if_t
if_alloc_dev(u_char type, void *dev __unused)
{
	return (if_alloc_domain(type, IF_NODOM));
}

void
if_ref_named(if_t ifp, const char *holder)
{
	u_int old __diagused;

	old = refcount_acquire(&ifp->if_refcount);
	KASSERT(old > 0, ("%s: ifp %p has 0 refs", __func__, ifp));
	VS_LEDGER(hold, VS_IFNET, ifp, holder);
}

void
if_ref(if_t ifp)
{
	if_ref_named(ifp, NULL);
}

bool
if_try_ref(if_t ifp)
{
	NET_EPOCH_ASSERT();
	if (!refcount_acquire_if_not_zero(&ifp->if_refcount))
		return (false);
	VS_LEDGER(hold, VS_IFNET, ifp, NULL);
	return (true);
}

void
if_rele_named(if_t ifp, const char *holder)
{
	VS_LEDGER(rele, VS_IFNET, ifp, holder);
	if (!refcount_release(&ifp->if_refcount))
		return;
	/* The link layer's own way of freeing may be anything. */
	if (if_coms[ifp->if_alloctype].ic_free != NULL)
		NET_EPOCH_CALL(if_free_deferred, &ifp->if_epoch_ctx);
	else
		NET_EPOCH_RECLAIM(if_free_deferred, &ifp->if_epoch_ctx);
}

void
if_rele(if_t ifp)
{
	if_rele_named(ifp, NULL);
}

/* index-cleared-after-last-ref: the index goes on finding what is freed. */
static void
if_free_count_first(struct ifnet *ifp)
{
	bool last;

	VS_LEDGER(rele, VS_IFNET, ifp, "index");
	last = refcount_release(&ifp->if_refcount);
	IFNET_WLOCK();
	ifnatives_unlink(ifp);
	ifindex_free(ifp);
	IFNET_WUNLOCK();
	if (last)
		if_free_deferred(&ifp->if_epoch_ctx);
}

void
if_free(if_t ifp)
{
	if (BUG(INDEX_CLEARED_LATE)) {
		if_free_count_first(ifp);
		return;
	}
	if_setflagbits(ifp, IFF_DYING, 0);
	IFNET_WLOCK();
	ifnatives_unlink(ifp);
	ifindex_free(ifp);
	IFNET_WUNLOCK();
	if_rele_named(ifp, "index");
}

static void
if_free_deferred(epoch_context_t ctx)
{
	struct ifnet *ifp = __containerof(ctx, struct ifnet, if_epoch_ctx);
	struct if_com *ic;

	KASSERT((ifp->if_flags & IFF_DYING) != 0,
	    ("%s: interface not dying", __func__));
	KASSERT(BUG(LINK_AFTER_DETACH) || (ifp->if_linktask.ta_pending == 0 &&
	    ifp->if_addmultitask.ta_pending == 0),
	    ("%s: %s has tasks pending", __func__, ifp->if_xname));
	VS_LEDGER(death, VS_IFNET, ifp);
	ic = &if_coms[ifp->if_alloctype];
	if (ic->ic_free != NULL)
		ic->ic_free(ifp->if_l2com, ifp->if_alloctype);
	IF_AFDATA_DESTROY(ifp);
	IF_ADDR_LOCK_DESTROY(ifp);
	mtx_destroy(&ifp->if_snd.ifq_mtx);
	if_freedescr(ifp->if_description);
	free(ifp->if_hw_addr, M_IFADDR);
	free(ifp, M_IFNET);
}

void
if_initname(if_t ifp, const char *name, int unit)
{
	if (unit == IF_DUNIT_NONE)
		strlcpy(ifp->if_xname, name, IFNAMSIZ);
	else
		snprintf(ifp->if_xname, IFNAMSIZ, "%s%d", name, unit);
	ifp->if_dunit = unit;
	ifp->if_dname = name;
	VS_LEDGER(rename, VS_IFNET, ifp, ifp->if_xname);
}

/* --- list linkage -------------------------------------------------------- */

void
if_link_ifnet(struct ifnet *ifp)
{
	IFNET_WLOCK();
	MPASS(refcount_load(&ifp->if_refcount) > 0);
	MPASS(ifp->if_vnet == curvnet);
	MPASS(ifindex_holds(ifp));
	STAILQ_PREV_INSERT(&V_ifnet, ifp, if_link, if_linkprev);
	ifnames_link(ifp);
	if (ifp->if_home_vnet == curvnet)
		ifnatives_link(ifp);
	ifp->if_listed = true;
	curvnet->vnet_ifcnt++;
	IFNET_WUNLOCK();
}

/*
 * Takes an interface off the list of curvnet.  The pointer may be stale: it
 * is not followed unless it is found.
 */
bool
if_unlink_ifnet(struct ifnet *ifp, bool vmove)
{
	bool found;

	IF_DETACH_ASSERT();
	IFNET_WLOCK();
	found = ifnames_listed(ifp);
	if (found) {
		MPASS(refcount_load(&ifp->if_refcount) > 0);
		MPASS(ifp->if_vnet == curvnet);
		MPASS(ifindex_holds(ifp));
		ifnames_unlink(ifp);
		STAILQ_PREV_REMOVE(&V_ifnet, ifp, if_link, if_linkprev);
		ifp->if_listed = false;
		if (!vmove)
			if_setflagbits(ifp, IFF_DYING, 0);
	}
	/* interface-count-decremented-for-nothing: a miss counted as well. */
	if (found || BUG(IFCNT_ON_MISS))
		curvnet->vnet_ifcnt--;
	IFNET_WUNLOCK();
	return (found);
}

/* --- attach -------------------------------------------------------------- */

static int
if_transmit_default(if_t ifp, struct mbuf *m)
{
	int error;

	IFQ_HANDOFF(ifp, m, error);
	return (error);
}

static void
if_input_default(if_t ifp __unused, struct mbuf *m)
{
	m_freem(m);
}

static int
if_requestencap_default(if_t ifp, struct if_encap_req *req)
{
	int len = req->lladdr_len;

	if (req->rtype != IFENCAP_LL || req->bufsize < len)
		return (req->rtype != IFENCAP_LL ? EOPNOTSUPP : ENOMEM);
	/* Whoever asks for more is a link layer with a method of its own. */
	memmove(req->buf, req->lladdr, len);
	req->bufsize = len;
	req->lladdr = req->buf;
	if_log(ifp, 7, "default link-level encapsulation\n");
	return (0);
}

static void
if_attach_methods(struct ifnet *ifp)
{
	KASSERT((IF_METHOD(ifp, if_transmit) == NULL) == (IF_METHOD(ifp, if_qflush) == NULL),
	    ("transmit and qflush must both either be set or both be NULL"));
	if (ifp->if_requestencap == NULL)
		ifp->if_requestencap = if_requestencap_default;
	if (ifp->if_input == NULL)
		ifp->if_input = if_input_default;
	if (IF_METHOD(ifp, if_transmit) == NULL) {
		ifp->if_qflush = if_qflush_default;
		ifp->if_transmit = if_transmit_default;
	}
}

static void
if_attach_limits(struct ifnet *ifp)
{
	struct ifnet_hw_tsomax *max = &ifp->if_hw_tsomax_limits;

	if (max->tsomaxbytes != 0 || max->tsomaxsegcount != 0 ||
	    max->tsomaxsegsize != 0)
		return;
	max->tsomaxbytes = min(65535, 32 * 2048 - 18);
	max->tsomaxsegcount = 35;
	max->tsomaxsegsize = 2048;
}

/*
 * Puts an interface into curvnet, for the first time or after a move.
 */
void
if_attach_internal(struct ifnet *ifp, bool vmove)
{
	CURVNET_ASSERT_SET();
	MPASS(ifindex_holds(ifp));
	__atomic_store_n(&ifp->if_vnet, curvnet, __ATOMIC_RELEASE);
	if (ifp->if_home_vnet == NULL)
		__atomic_store_n(&ifp->if_home_vnet, curvnet,
		    __ATOMIC_RELEASE);
	if_joingroup(ifp, IFG_ALL);
	if (vmove && !BUG(GROUPS_LOST))
		if_clone_restoregroup(ifp);
	if_setlastchange(ifp);
	ifp->if_epoch = time_uptime;
	if_attach_methods(ifp);
	if (!vmove) {
		if_addr_create(ifp);
		ifp->if_broadcastaddr = NULL;
		if_attach_limits(ifp);
	}
	if_attachdomain(ifp);
	if_link_ifnet(ifp);
	IF_EVENT("ifnet_arrival_event", ifp);
	EVENTHANDLER_INVOKE(ifnet_arrival_event, ifp);
	if (IS_DEFAULT_VNET(curvnet))
		if_devctl("IFNET", ifp->if_xname, "ATTACH", NULL);
}

void
if_attach(if_t ifp)
{
	/* A driver may have written the name itself. */
	VS_LEDGER(rename, VS_IFNET, ifp, ifp->if_xname);
	if_attach_internal(ifp, false);
}

/* --- detach -------------------------------------------------------------- */

/*
 * The part that everybody goes through: once this returns nobody can find the
 * interface on a list, and what its own tasks had begun is done.
 */
static void
if_detach_quiesce(struct ifnet *ifp)
{
	/*
	 * Readers that still stand on it, then their delayed frees.
	 * multicast-deferred-leave: those were not waited for.
	 */
	NET_EPOCH_WAIT();
	if (!BUG(DEFERRED_LEAVE))
		NET_EPOCH_DRAIN_CALLBACKS();
	if_delgroups(ifp);
	if_link_drain(ifp);
	if_multi_drain(ifp);
	if_down(ifp);
}

/*
 * The driver may go as soon as the interface has: see if_ioctl().  Whoever
 * waits here would never see epair-ioctl-on-freed-pair.
 */
static void
if_await_requests(struct ifnet *ifp)
{
	if (BUG(REQUEST_UNCOUNTED) || BUG(EPAIR_IOCTL_UNLOCKED))
		return;
	atomic_thread_fence_seq_cst();
	blockcount_wait(&ifp->if_requests, NULL, "ifreqs", 0);
}

/*
 * Everything above the interface is told, top down.  A vnet that is shutting
 * down frees the rest by itself, subsystem by subsystem.
 */
static void
if_detach_protocols(struct ifnet *ifp, bool vmove)
{
	bool announce = IS_DEFAULT_VNET(curvnet);
	static void (*const steps[])(struct ifnet *) = {
		if_purgeaddrs, in_ifdetach, in6_ifdetach, if_purgemaddrs
	};
	size_t i;

	for (i = 0; i < nitems(steps); i++)
		steps[i](ifp);
	IF_EVENT("ifnet_departure_event", ifp);
	EVENTHANDLER_INVOKE(ifnet_departure_event, ifp);
	if (announce)
		if_devctl("IFNET", ifp->if_xname, "DETACH", NULL);
	if (!vmove) {
		if_dead(ifp);
		if_await_requests(ifp);
		if_addr_destroy(ifp);
	}
	rt_flushifroutes(ifp);
}

/*
 * curvnet is the vnet that the interface has just been unlinked from.
 */
void
if_detach_internal(struct ifnet *ifp, bool vmove)
{
	bool shutdown;

	shutdown = VNET_IS_SHUTTING_DOWN(ifp->if_vnet);
	IF_DETACH_ASSERT();
	if_detach_quiesce(ifp);
	IF_PAUSE(if_detach_quiet);
	if (shutdown) {
		IF_EVENT("ifnet_departure_event", ifp);
		EVENTHANDLER_INVOKE(ifnet_departure_event, ifp);
	} else
		if_detach_protocols(ifp, vmove);
	if_detachdomain(ifp);
	/* What the shortened way has left. */
	if (shutdown && !vmove)
		if_addr_destroy(ifp);
}

/*
 * detach-finds-nothing: the vnet is read and the list searched before the
 * lock; if a move has the interface in its hands nothing is done at all.
 */
static void
if_detach_early_unlink(struct ifnet *ifp)
{
	bool found;

	CURVNET_SET_QUIET(ifp->if_vnet);
	found = if_unlink_ifnet(ifp, false);
	IF_PAUSE(if_detach_unlinked);
	if (found) {
		if (!BUG(VNET_RETURN_UNLOCKED))
			sx_xlock(&ifnet_detach_sxlock);
		if_detach_internal(ifp, false);
		if (!BUG(VNET_RETURN_UNLOCKED))
			sx_xunlock(&ifnet_detach_sxlock);
	}
	CURVNET_RESTORE();
}

void
if_detach(if_t ifp)
{
	if (BUG(DETACH_EARLY_UNLINK)) {
		if_detach_early_unlink(ifp);
		return;
	}
	sx_xlock(&ifnet_detach_sxlock);
	CURVNET_SET_QUIET(ifp->if_vnet);
	if (!if_unlink_ifnet(ifp, false))
		panic("%s: interface %s (%p) is not attached", __func__,
		    ifp->if_xname, ifp);
	if_detach_internal(ifp, false);
	CURVNET_RESTORE();
	sx_xunlock(&ifnet_detach_sxlock);
}
