/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Locks, tables and per-vnet lists of the interface code.
 */
#include "if_impl.h"

#include <sys/taskqueue.h>

MALLOC_DEFINE(M_IFNET, "ifnet", "interface structures");
MALLOC_DEFINE(M_IFADDR, "ifaddr", "interface addresses");
MALLOC_DEFINE(M_IFMADDR, "ether_multi", "link-level multicast address");

/* See <net/if_private.h> for what they protect. */
struct sx ifnet_sxlock, ifnet_detach_sxlock;
SX_SYSINIT_FLAGS(ifnet_list, &ifnet_sxlock, "ifnet_sx", SX_RECURSE);
SX_SYSINIT_FLAGS(ifnet_detach, &ifnet_detach_sxlock, "ifnet_detach_sx",
    SX_RECURSE);

int ifqmaxlen = IFQ_MAXLEN;

VNET_DEFINE(struct ifnethead, ifnet);
VNET_DEFINE(struct ifgrouphead, ifg_head);
VNET_DEFINE(struct ifnativehead, ifnatives);
VNET_DEFINE(struct ifnet *, loif);

static u_int vnet_serial;		/* atomic */

static void
ifnet_init(void *arg __unused)
{
	ifindex_init();
	vnet_serial = 0;
}
SYSINIT(ifnet, SI_SUB_INIT_IF, SI_ORDER_FIRST, ifnet_init, NULL);

/*
 * Deferred frees of interfaces, names and addresses must have run; a late
 * link task may still hold an interface that has gone.
 */
static void
ifnet_uninit(void *arg __unused)
{
	taskqueue_drain_all(taskqueue_swi);
	NET_EPOCH_DRAIN_CALLBACKS();
	ifindex_uninit();
}
SYSUNINIT(ifnet, SI_SUB_INIT_IF, SI_ORDER_FIRST, ifnet_uninit, NULL);

static void
vnet_if_init(const void *unused __unused)
{
	curvnet->vnet_id = __atomic_fetch_add(&vnet_serial, 1,
	    __ATOMIC_RELAXED);
	CK_STAILQ_INIT(&V_ifnet);
	CK_STAILQ_INIT(&V_ifg_head);
	LIST_INIT(&V_ifnatives);
	ifnames_create();
}
VNET_SYSINIT(vnet_if_init, SI_SUB_INIT_IF, SI_ORDER_SECOND, vnet_if_init,
    NULL);

/* --- where interfaces are at home ---------------------------------------- */

bool
ifnatives_holds(const struct ifnet *ifp)
{
	return (ifp->if_natives.le_prev != NULL);
}

void
ifnatives_link(struct ifnet *ifp)
{
	IFNET_WLOCK_ASSERT();
	if (!ifnatives_holds(ifp))
		LIST_INSERT_HEAD(&V_ifnatives, ifp, if_natives);
}

void
ifnatives_unlink(struct ifnet *ifp)
{
	IFNET_WLOCK_ASSERT();
	if (!ifnatives_holds(ifp))
		return;
	LIST_REMOVE(ifp, if_natives);
	ifp->if_natives.le_prev = NULL;
}

/*
 * home-vnet-dangling: an interface that no cloner of this vnet owns lives on
 * elsewhere; from now on it is at home there.  One that is attached nowhere
 * may have outlived that vnet too, and gets on its list with its next attach.
 */
static void
if_rehome(struct ifnet *ifp)
{
	struct vnet *vnet = if_getvnet(ifp);

	ifnatives_unlink(ifp);
	if (vnet == curvnet || BUG(HOME_DANGLING))
		return;
	__atomic_store_n(&ifp->if_home_vnet, vnet, __ATOMIC_RELEASE);
	if (ifp->if_listed) {
		CURVNET_SET_QUIET(vnet);
		ifnatives_link(ifp);
		CURVNET_RESTORE();
	}
}

/*
 * Nothing may be left, and nobody may be left who wants to come home.
 */
static void
vnet_if_uninit(const void *unused __unused)
{
	struct ifnet *ifp;

	KASSERT(CK_STAILQ_EMPTY(&V_ifnet),
	    ("%s:%d tailq &V_ifnet=%p not empty: %s", __func__, __LINE__,
	    &V_ifnet, CK_STAILQ_FIRST(&V_ifnet)->if_xname));
	KASSERT(CK_STAILQ_EMPTY(&V_ifg_head),
	    ("%s:%d tailq &V_ifg_head=%p not empty", __func__, __LINE__,
	    &V_ifg_head));
	IFNET_WLOCK();
	while ((ifp = LIST_FIRST(&V_ifnatives)) != NULL)
		if_rehome(ifp);
	IFNET_WUNLOCK();
	ifnames_destroy();
}
VNET_SYSUNINIT(vnet_if_uninit, SI_SUB_INIT_IF, SI_ORDER_FIRST,
    vnet_if_uninit, NULL);
