/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4): creation.
 *
 * Device and interface are made together, from either side: by a request for
 * an interface, or by a look-up of a name in /dev.  Both ways meet in the
 * cloner's create method, which finds the device if the look-up made it.
 */
#include "if_tuntap.h"

#include <sys/jail.h>
#include <sys/priv.h>

/*
 * One creation at a time, from the choice of the unit to the finished
 * interface.  Recursive: a look-up creates through the cloner.
 */
static struct sx tun_create_sx;
SX_SYSINIT_FLAGS(tun_create_sx, &tun_create_sx, "tun_create",
    SX_RECURSE);

/* --- names -------------------------------------------------------------- */

int
tun_name2info(const char *name, struct tuntap_driver **drvp, int *unitp)
{
	struct tuntap_driver *drv;
	const char *kind;

	if (name == NULL)
		return (EINVAL);
	for (drv = tuntap_drivers; drv < &tuntap_drivers[TUN_KINDS]; drv++) {
		kind = drv->cdevsw.d_name;
		if (strcmp(name, kind) == 0)
			*unitp = -1;
		else if (dev_stdclone(__DECONST(char *, name), NULL, kind,
		    unitp) != 1)
			continue;
		*drvp = drv;
		return (0);
	}
	return (ENXIO);
}

/* --- creation ----------------------------------------------------------- */

/*
 * placeholder-node-taken-for-real: without the lock a second creator takes a
 * node that the first has only reserved for a complete one.
 */
void
tun_create_enter(void)
{
	if (!BUG(TUN_PLACEHOLDER))
		sx_xlock(&tun_create_sx);
}

void
tun_create_exit(void)
{
	if (!BUG(TUN_PLACEHOLDER))
		sx_xunlock(&tun_create_sx);
}

static struct tuntap_softc *
tun_alloc(struct tuntap_driver *drv)
{
	struct tuntap_softc *tp = malloc(sizeof(*tp), M_TUN, M_WAITOK);

	*tp = (struct tuntap_softc){
		.tun_drv = drv,
		.tun_flags = drv->ident_flags,
	};
	cv_init(&tp->tun_cv, "tun_condvar");
	mtx_init(&tp->tun_mtx, "tun_mtx", NULL, MTX_DEF);
	knlist_init_mtx(&tp->tun_rsel.si_note, &tp->tun_mtx);
	return (tp);
}

/* tun-create-fail-live-locks: the memory goes, and the locks in it stay. */
static void
tun_unmake(struct tuntap_softc *tp)
{
	if (!BUG(TUN_FAIL_LIVE_LOCKS)) {
		mtx_destroy(&tp->tun_mtx);
		cv_destroy(&tp->tun_cv);
	}
	free(tp, M_TUN);
}

static void
tun_node_args(struct make_dev_args *args, struct tuntap_softc *tp, int unit,
    struct ucred *cr)
{
	make_dev_args_init(args);
	args->mda_unit = unit;
	args->mda_si_drv1 = tp;
	args->mda_devsw = &tp->tun_drv->cdevsw;
	args->mda_mode = 0600;
	args->mda_uid = UID_UUCP;
	args->mda_cr = cr;
	args->mda_gid = GID_DIALER;
	if (cr != NULL)
		args->mda_flags = MAKEDEV_REF;
	/*
	 * tun-dupname-cross-vnet-panic: an interface is free to have the name
	 * of a node in another vnet, so a name that is taken is no panic.
	 */
	if (cr != NULL || !BUG(TUN_DUPNAME_PANIC))
		args->mda_flags |= MAKEDEV_CHECKNAME;
}

/*
 * Completes the node of a unit, with a tunnel behind it.  With a credential
 * only that one's jail and its parents see it, and the caller gets a
 * reference.
 */
static int
tun_create_device(struct tuntap_driver *drv, int unit, struct ucred *cr,
    struct cdev **dev, const char *name)
{
	struct tuntap_softc *tp = tun_alloc(drv);
	struct make_dev_args args;
	int error;

	tun_node_args(&args, tp, unit, cr);
	TUN_PAUSE(tun_create_device_enter);
	error = make_dev_s(&args, dev, "%s", name);
	TUN_PAUSE(tun_create_device_made);
	if (error != 0) {
		tun_unmake(tp);
		return (error);
	}
	mtx_lock(&tunmtx);
	tp->tun_dev = *dev;
	TAILQ_INSERT_TAIL(&tunhead, tp, tun_list);
	mtx_unlock(&tunmtx);
	return (0);
}

/* The interface of a complete node, in curvnet. */
static struct ifnet *
tuncreate(struct cdev *dev)
{
	struct tuntap_softc *tp = dev->si_drv1;
	struct ether_addr mac;
	struct ifnet *ifp;
	bool l2;

	KASSERT(tp != NULL,
	    ("si_drv1 should have been initialized at creation"));
	l2 = (tp->tun_flags & TUN_L2) != 0;
	ifp = tp->tun_ifp = if_alloc(l2 ? IFT_ETHER : IFT_PPP);
	ifp->if_softc = tp;
	if_initname(ifp, tp->tun_drv->cdevsw.d_name, dev2unit(dev));
	tun_if_init(ifp, l2);
	if (l2) {
		ether_gen_addr(ifp, &mac);
		ether_ifattach(ifp, mac.octet);
	} else {
		if_attach(ifp);
		bpfattach(ifp, DLT_NULL, sizeof(uint32_t));
	}
	/* Only now may the device be opened. */
	TUN_LOCK(tp);
	tp->tun_flags |= TUN_INITED;
	TUN_UNLOCK(tp);
	return (ifp);
}

/* Reserves a unit, `*unitp` or the lowest free: EEXIST, ENOSPC. */
static int
tun_alloc_unit(struct tuntap_driver *drv, int *unitp)
{
	KFAIL_POINT_RETURN(DEBUG_FP, tun_alloc_unit);
	if (*unitp >= 0)
		return (*unitp > IF_MAXUNIT ||
		    alloc_unr_specific(drv->unrhdr, *unitp) == -1 ?
		    EEXIST : 0);
	*unitp = alloc_unr(drv->unrhdr);
	return (*unitp == -1 ? ENOSPC : 0);
}

/*
 * The cloners' method.  The node is there already when somebody looked it up.
 */
int
tun_clone_create(struct if_clone *ifc __unused, char *name, size_t maxlen,
    struct ifc_data *ifd __unused, if_t *ifpp)
{
	struct tuntap_driver *drv;
	struct cdev *dev = NULL;
	int error, i, unit;

	if ((error = tun_name2info(name, &drv, &unit)) != 0)
		return (error);
	tun_create_enter();
	if ((error = tun_alloc_unit(drv, &unit)) != 0) {
		tun_create_exit();
		return (error);
	}
	snprintf(name, maxlen, "%s%d", drv->cdevsw.d_name, unit);
	i = clone_create(&drv->clones, &drv->cdevsw, &unit, &dev, 0);
	TUN_PAUSE(tun_clone_create_reserved);
	if (i != 0)
		error = tun_create_device(drv, unit, NULL, &dev, name);
	if (error == 0) {
		/* tun-cdev-extra-ref: nobody gives this one back. */
		if (BUG(TUN_EXTRA_REF))
			dev_ref(dev);
		*ifpp = tuncreate(dev);
	} else if (!BUG(TUN_UNIT_LEAK)) {
		/* tun-unit-leak: it would be taken for ever. */
		free_unr(drv->unrhdr, unit);
	}
	tun_create_exit();
	return (error);
}

/* --- creation by a look-up in /dev -------------------------------------- */

/* Has somebody else given it its interface? */
static bool
tun_has_interface(struct cdev *dev)
{
	struct tuntap_softc *tp = dev->si_drv1;
	bool inited;

	TUN_LOCK(tp);
	inited = (tp->tun_flags & TUN_INITED) != 0;
	TUN_UNLOCK(tp);
	return (inited);
}

/* A tunnel that will never have an interface. */
static void
tun_discard(struct cdev *dev)
{
	struct tuntap_softc *tp = dev->si_drv1;

	mtx_lock(&tunmtx);
	TAILQ_REMOVE(&tunhead, tp, tun_list);
	mtx_unlock(&tunmtx);
	destroy_dev(dev);
	knlist_destroy(&tp->tun_rsel.si_note);
	cv_destroy(&tp->tun_cv);
	mtx_destroy(&tp->tun_mtx);
	free(tp, M_TUN);
}

static bool
tun_may_clone(struct tuntap_driver *drv, struct ucred *cred)
{
	bool may = priv_check_cred(cred, PRIV_NET_IFCREATE) == 0;

	if ((drv->ident_flags & TUN_L2) != 0)
		return ((may || tap_user_open) && tap_devfs_cloning);
	return (may && tun_devfs_cloning);
}

/* The node of a complete tunnel that stays, with a reference; else NULL. */
static struct cdev *
tun_find_node(struct tuntap_driver *drv, int unit)
{
	struct tuntap_softc *tp;
	struct cdev *dev = NULL;

	mtx_lock(&tunmtx);
	TAILQ_FOREACH(tp, &tunhead, tun_list)
		if (tp->tun_drv == drv && dev2unit(tp->tun_dev) == unit) {
			dev = tp->tun_dev;
			dev_ref(dev);
			break;
		}
	mtx_unlock(&tunmtx);
	return (dev);
}

/*
 * half-dead-node-adopted: a node that is being destroyed is on the list of
 * its driver longer than on that of the units, which FreeBSD asks first and
 * so hands it out again.  A unit is free only when its node has gone.
 *
 * False if it is not; then `*dev` is the node that has it, if that stays.
 */
static bool
tun_unit_is_free(struct tuntap_driver *drv, int *unitp, struct cdev **dev)
{
	int error;

	if (BUG(HALF_DEAD_ADOPTED))
		return (true);
	error = tun_alloc_unit(drv, unitp);
	if (error == 0) {
		/* Creations take turns, so it stays free. */
		free_unr(drv->unrhdr, *unitp);
		return (true);
	}
	if (error == EEXIST)
		*dev = tun_find_node(drv, *unitp);
	return (false);
}

/* Device first, then the interface, in the vnet of whoever looks it up. */
static void
tun_clone_device(struct tuntap_driver *drv, int unit, struct ucred *cred,
    struct cdev **dev)
{
	char name[IFNAMSIZ];
	bool kept, made;
	int error = 0;

	if (!tun_unit_is_free(drv, &unit, dev))
		return;
	made = clone_create(&drv->clones, &drv->cdevsw, &unit, dev, 0) != 0;
	snprintf(name, sizeof(name), "%s%d", drv->cdevsw.d_name, unit);
	TUN_PAUSE(tun_clone_device_reserved);
	/* One reference is devfs's to give back: of a new node, or this one. */
	if (made)
		error = tun_create_device(drv, unit, cred, dev, name);
	else if (!BUG(TUN_EXTRA_REF))
		dev_ref(*dev);
	if (error != 0)
		return;
	/* tun-cdev-extra-ref: right for a node that was there, not for both. */
	if (BUG(TUN_EXTRA_REF))
		dev_ref(*dev);
	TUN_PAUSE(tun_clone_device_made);
	error = if_clone_create(name, sizeof(name), NULL);
	/*
	 * clone-hook-after-removal-hook: without a cloner there will be no
	 * interface, and nobody to take the node, and its credential, away.
	 * clone-hook-ignores-failed-interface: nor will there be if the name
	 * is taken.
	 */
	kept = error == EEXIST ? BUG(TUN_HOOK_IGNORES) :
	    BUG(TUN_HOOK_AFTER_REMOVE);
	if (error != 0 && made && !tun_has_interface(*dev) && !kept) {
		tun_discard(*dev);
		dev_rel(*dev);
		*dev = NULL;
	}
}

/*
 * Has the removal of the caller's jail come by?  It comes once, and takes what
 * a jail without a vnet has made (tap-user-open-pins-plain-jail).
 */
static bool
tun_jail_gone(struct ucred *cred)
{
	return (!BUG(TUN_PLAIN_JAIL) && jailed_without_vnet(cred) &&
	    !prison_isalive(cred->cr_prison));
}

void
tunclone(void *arg __unused, struct ucred *cred, char *name,
    int namelen __unused, struct cdev **dev)
{
	struct tuntap_driver *drv;
	int unit;

	if (*dev != NULL)
		return;
	CURVNET_SET(CRED_TO_VNET(cred));
	if (tun_name2info(name, &drv, &unit) == 0 && unit <= IF_MAXUNIT &&
	    tun_may_clone(drv, cred)) {
		tun_create_enter();
		if (!tun_jail_gone(cred))
			tun_clone_device(drv, unit, cred, dev);
		tun_create_exit();
	}
	CURVNET_RESTORE();
}
