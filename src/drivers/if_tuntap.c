/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4), vmnet(4): interfaces whose wire is a character device.
 *
 * Units, devices and their names are the same in all vnets; only the cloners
 * belong to one.
 */
#include "if_tuntap.h"

#include <sys/eventhandler.h>
#include <sys/jail.h>
#include <sys/module.h>
#include <sys/osd.h>
#include <sys/sysctl.h>

#include <machine/atomic.h>

MALLOC_DEFINE(M_TUN, "tuntap", "Tunnel Interface");

struct tuntap_driver tuntap_drivers[] = {
	{ .cdevsw = { .d_name = "tun" }, .ident_flags = 0 },
	{ .cdevsw = { .d_name = "tap" }, .ident_flags = TUN_L2 },
	{ .cdevsw = { .d_name = "vmnet" },
	    .ident_flags = TUN_L2 | TUN_VMNET },
};

VNET_DEFINE_STATIC(struct if_clone *, tuntap_driver_cloners[TUN_KINDS]);
#define	V_tuntap_driver_cloners	VNET(tuntap_driver_cloners)

struct mtx tunmtx;
struct tuntap_list tunhead =	/* tunmtx */
    TAILQ_HEAD_INITIALIZER(tunhead);

struct sx tun_ioctl_sx;
SX_SYSINIT(tun_ioctl_sx, &tun_ioctl_sx, "tun_ioctl");

static eventhandler_tag tun_arrival_tag, tun_clone_tag;	/* load */
static int tuntap_osd_jail_slot;			/* load */
/* Set by the load and the unload; jails that end meanwhile look, atomically. */
static bool tun_unloading;
static bool tun_unloaded;

int tundebug;
bool tun_devfs_cloning = true;
bool tap_devfs_cloning = true;
bool tap_user_open;
bool tap_up_on_open;

SYSCTL_INT(_debug, OID_AUTO, if_tun_debug, CTLFLAG_RW | CTLFLAG_MPSAFE,
    &tundebug, 0, "");
static SYSCTL_NODE(_net_link, OID_AUTO, tun, CTLFLAG_RW | CTLFLAG_MPSAFE, 0,
    "IP tunnel software network interface");
SYSCTL_BOOL(_net_link_tun, OID_AUTO, devfs_cloning,
    CTLFLAG_RWTUN | CTLFLAG_NOFETCH, &tun_devfs_cloning, false,
    "Enable legacy devfs interface creation");
static SYSCTL_NODE(_net_link, OID_AUTO, tap, CTLFLAG_RW | CTLFLAG_MPSAFE, 0,
    "Ethernet tunnel software network interface");
SYSCTL_BOOL(_net_link_tap, OID_AUTO, user_open, CTLFLAG_RW, &tap_user_open,
    false, "Enable legacy devfs interface creation for all users");
SYSCTL_BOOL(_net_link_tap, OID_AUTO, up_on_open, CTLFLAG_RW,
    &tap_up_on_open, false, "Bring interface up when /dev/tap is opened");
SYSCTL_BOOL(_net_link_tap, OID_AUTO, devfs_cloning,
    CTLFLAG_RWTUN | CTLFLAG_NOFETCH, &tap_devfs_cloning, false,
    "Enable legacy devfs interface creation");
SYSCTL_INT(_net_link_tap, OID_AUTO, debug, CTLFLAG_RW | CTLFLAG_MPSAFE,
    &tundebug, 0, "");

/* --- cloners --------------------------------------------------------- */

static int
tun_match_kind(const char *name, int kind)
{
	struct tuntap_driver *drv;
	int unit;

	/*
	 * tun-unload-leaves-jail-cloners: there the code has gone by then,
	 * here it only says so.
	 */
	if (atomic_load_bool(&tun_unloaded))
		panic("page fault: %s is matched by code of if_tuntap, "
		    "which was unloaded", name);
	return (tun_name2info(name, &drv, &unit) == 0 &&
	    drv == &tuntap_drivers[kind]);
}

static int
tun_clone_match(struct if_clone *ifc __unused, const char *name)
{
	return (tun_match_kind(name, 0));
}

static int
tap_clone_match(struct if_clone *ifc __unused, const char *name)
{
	return (tun_match_kind(name, 1));
}

static int
vmnet_clone_match(struct if_clone *ifc __unused, const char *name)
{
	return (tun_match_kind(name, 2));
}

struct if_clone *
tun_home_cloner(struct ifnet *ifp, struct tuntap_driver *drv)
{
	struct if_clone *ifc;

	CURVNET_SET(ifp->if_home_vnet);
	ifc = atomic_load_ptr(&V_tuntap_driver_cloners[drv - tuntap_drivers]);
	CURVNET_RESTORE();
	return (ifc);
}

/* --- vnets and jails ---------------------------------------------------- */

static ifc_match_f *const tun_matches[TUN_KINDS] = {
	tun_clone_match,
	tap_clone_match,
	vmnet_clone_match,
};

static void
tun_vnet_init(const void *unused __unused)
{
	struct if_clone_addreq req = {
		.create_f = tun_clone_create,
		.destroy_f = tun_clone_destroy,
	};
	size_t i;

	for (i = 0; i < TUN_KINDS; i++) {
		req.match_f = tun_matches[i];
		atomic_store_ptr(&V_tuntap_driver_cloners[i],
		    ifc_attach_cloner(tuntap_drivers[i].cdevsw.d_name, &req));
	}
}
VNET_SYSINIT(tun_vnet_init, SI_SUB_PROTO_IF, SI_ORDER_ANY, tun_vnet_init,
    NULL);

/*
 * The cloners of curvnet, with their interfaces.  Who looks for one in the
 * table finds it only as long as it has not begun to go.
 */
static void
tun_detach_cloners(bool removal)
{
	struct if_clone *ifc, **slot;
	size_t i;

	for (i = 0; i < TUN_KINDS; i++) {
		/* A jail's removal and an unload may both come for it. */
		slot = &V_tuntap_driver_cloners[i];
		ifc = BUG(TUN_TRANSIENT_CLOSE) ? *slot :
		    (void *)atomic_swap_ptr((uintptr_t *)slot, 0);
		/* A constructor may be filling the slots just now. */
		if (ifc == NULL && !(removal && BUG(DETACH_NULL_CLONER)))
			continue;
		if_clone_detach(ifc);
		if (BUG(TUN_TRANSIENT_CLOSE))
			*slot = NULL;
	}
}

/*
 * tun-node-pins-jail: this is all that takes a jail's tunnels away, though it
 * runs only when nothing holds the jail, and a node made in it does.
 *
 * Without that, the removal method has done it, but not for
 *   - jails that live on when the module goes (tun-unload-leaves-jail-cloners),
 *   - jails whose creation failed (failed-jail-leaks-cloners).
 */
static void
tun_vnet_uninit(const void *unused __unused)
{
	bool needed;

	if (BUG(TUN_NODE_PINS_JAIL))
		needed = true;
	else if (atomic_load_bool(&tun_unloading))
		needed = !IS_DEFAULT_VNET(curvnet) && !BUG(TUN_UNLOAD_JAILS);
	else
		/* vnet0 ends with the kernel, and has no removal. */
		needed = IS_DEFAULT_VNET(curvnet) || !BUG(TUN_FAILED_JAIL);
	if (needed)
		tun_detach_cloners(false);
}
VNET_SYSUNINIT(tun_vnet_uninit, SI_SUB_PROTO_IF, SI_ORDER_ANY,
    tun_vnet_uninit, NULL);

/* A tunnel made by this jail, in the vnet of another; ifnet_detach_sxlock. */
static struct tuntap_softc *
tun_made_by(const struct prison *pr)
{
	struct tuntap_softc *tp;

	mtx_lock(&tunmtx);
	TAILQ_FOREACH(tp, &tunhead, tun_list)
		if (tp->tun_ifp != NULL && tp->tun_dev->si_cred != NULL &&
		    tp->tun_dev->si_cred->cr_prison == pr)
			break;
	mtx_unlock(&tunmtx);
	return (tp);
}

/*
 * tap-user-open-pins-plain-jail: a jail without a vnet may have made tunnels
 * in its parent's, and their nodes hold it.
 */
static void
tun_remove_plain(const struct prison *pr)
{
	struct tuntap_softc *tp;
	struct if_clone *ifc;

	/* One that is being made has no home yet: it is waited for. */
	tun_create_enter();
	sx_xlock(&ifnet_detach_sxlock);
	while ((tp = tun_made_by(pr)) != NULL) {
		ifc = tun_home_cloner(tp->tun_ifp, tp->tun_drv);
		if (ifc == NULL || if_clone_destroyif(ifc, tp->tun_ifp) != 0)
			break;
	}
	sx_xunlock(&ifnet_detach_sxlock);
	tun_create_exit();
}

/*
 * While the jail is being removed, and everything of it still works: its
 * tunnels go, and with their nodes the credentials that hold it.
 */
static int
tuntap_prison_remove(void *obj, void *data __unused)
{
	struct prison *pr = obj;

	if (BUG(TUN_NODE_PINS_JAIL))
		return (0);
	if (prison_owns_vnet(pr)) {
		CURVNET_SET(pr->pr_vnet);
		tun_detach_cloners(true);
		CURVNET_RESTORE();
	} else if (!BUG(TUN_PLAIN_JAIL))
		tun_remove_plain(pr);
	return (0);
}

/* --- module ------------------------------------------------------------- */

static int
tun_load(void)
{
	const osd_method_t methods[PR_MAXMETHOD] = {
		[PR_METHOD_REMOVE] = tuntap_prison_remove,
	};
	struct tuntap_driver *drv;
	const char *kind;

	atomic_store_bool(&tun_unloading, false);
	atomic_store_bool(&tun_unloaded, false);
	mtx_init(&tunmtx, "tunmtx", NULL, MTX_DEF);
	for (drv = tuntap_drivers; drv < &tuntap_drivers[TUN_KINDS]; drv++) {
		kind = drv->cdevsw.d_name;
		drv->cdevsw = tun_methods;
		drv->cdevsw.d_name = kind;
		drv->unrhdr = new_unrhdr(0, IF_MAXUNIT, &tunmtx);
		clone_setup(&drv->clones);
	}
	tuntap_osd_jail_slot = osd_jail_register(NULL, methods);
	tun_arrival_tag = EVENTHANDLER_REGISTER(ifnet_arrival_event,
	    tunrename, NULL, 1000);
	if (tun_arrival_tag == NULL)
		return (ENOMEM);
	tun_clone_tag = EVENTHANDLER_REGISTER(dev_clone, tunclone, NULL, 1000);
	return (tun_clone_tag != NULL ? 0 : ENOMEM);
}

static struct tuntap_softc *
tun_first(void)
{
	struct tuntap_softc *tp;

	mtx_lock(&tunmtx);
	tp = TAILQ_FIRST(&tunhead);
	mtx_unlock(&tunmtx);
	return (tp);
}

/* When no tunnel of a kind is left: its nodes, then their numbers. */
static void
tun_kind_end(struct tuntap_driver *drv)
{
	destroy_dev_drain(&drv->cdevsw);
	clone_cleanup(&drv->clones);
	tun_wait_late_units();
	delete_unrhdr(drv->unrhdr);
}

/* Nobody makes new tunnels from the first step on; then the old ones go. */
static void
tun_uninit(const void *unused __unused)
{
	struct tuntap_softc *tp;
	size_t i;

	EVENTHANDLER_DEREGISTER(ifnet_arrival_event, tun_arrival_tag);
	EVENTHANDLER_DEREGISTER(dev_clone, tun_clone_tag);
	/* There is none any more when the kernel ends. */
	if (vnet0 != NULL) {
		CURVNET_SET(vnet0);
		tun_detach_cloners(false);
		CURVNET_RESTORE();
	}
	osd_jail_deregister(tuntap_osd_jail_slot);
	while ((tp = tun_first()) != NULL)
		(void)tun_destroy(tp, 0);
	for (i = 0; i < TUN_KINDS; i++)
		tun_kind_end(&tuntap_drivers[i]);
	/* What is freed later still has its mutex. */
	NET_EPOCH_DRAIN_CALLBACKS();
	mtx_destroy(&tunmtx);
	atomic_store_bool(&tun_unloaded, true);
}
/* After the vnets' destructor, which goes through the cloners. */
SYSUNINIT(tun_uninit, SI_SUB_PROTO_IF, SI_ORDER_MIDDLE, tun_uninit, NULL);

static int
tun_event(module_t mod __unused, int type, void *data __unused)
{
	switch (type) {
	case MOD_LOAD:
		return (tun_load());
	case MOD_UNLOAD:
		atomic_store_bool(&tun_unloading, !BUG(TUN_UNLOAD_REFUSED));
		return (0);
	}
	return (EOPNOTSUPP);
}

/*
 * The names that the driver had when there were two.  tun-unload-refused:
 * without a handler of their own they do not let it go.
 */
static int
tun_name_event(module_t mod __unused, int type, void *data __unused)
{
	return (type == MOD_UNLOAD && BUG(TUN_UNLOAD_REFUSED) ? EBUSY : 0);
}

static moduledata_t tuntap_mod = { "if_tuntap", tun_event, NULL };
static moduledata_t tun_mod = { "if_tun", tun_name_event, NULL };
static moduledata_t tap_mod = { "if_tap", tun_name_event, NULL };
MODULE_VERSION(if_tuntap, 1);
MODULE_VERSION(if_tun, 1);
MODULE_VERSION(if_tap, 1);
#define	TUN_MODULE(name, mod)						\
	DECLARE_MODULE(name, mod, SI_SUB_PSEUDO, SI_ORDER_ANY)
TUN_MODULE(if_tuntap, tuntap_mod);
TUN_MODULE(if_tun, tun_mod);
TUN_MODULE(if_tap, tap_mod);
