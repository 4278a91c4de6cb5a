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
	ifnames_create();
}
VNET_SYSINIT(vnet_if_init, SI_SUB_INIT_IF, SI_ORDER_SECOND, vnet_if_init,
    NULL);

static void
if_rehome(struct ifnet *ifp, void *arg __unused)
{
	if (__atomic_load_n(&ifp->if_home_vnet, __ATOMIC_RELAXED) == curvnet &&
	    if_getvnet(ifp) != curvnet)
		__atomic_store_n(&ifp->if_home_vnet, ifp->if_vnet,
		    __ATOMIC_RELEASE);
}

/*
 * Nothing may be left, and nobody may be left who wants to come home.
 */
static void
vnet_if_uninit(const void *unused __unused)
{
	KASSERT(CK_STAILQ_EMPTY(&V_ifnet),
	    ("%s:%d tailq &V_ifnet=%p not empty: %s", __func__, __LINE__,
	    &V_ifnet, CK_STAILQ_FIRST(&V_ifnet)->if_xname));
	KASSERT(CK_STAILQ_EMPTY(&V_ifg_head),
	    ("%s:%d tailq &V_ifg_head=%p not empty", __func__, __LINE__,
	    &V_ifg_head));
	/*
	 * home-vnet-dangling: an interface that no cloner of this vnet owns
	 * lives on elsewhere; from now on it is at home there.
	 */
	if (!BUG(HOME_DANGLING)) {
		IFNET_WLOCK();
		ifindex_foreach(if_rehome, NULL);
		IFNET_WUNLOCK();
	}
	ifnames_destroy();
}
VNET_SYSUNINIT(vnet_if_uninit, SI_SUB_INIT_IF, SI_ORDER_FIRST,
    vnet_if_uninit, NULL);
