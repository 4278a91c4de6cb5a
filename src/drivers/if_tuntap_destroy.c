/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4): destruction, and what it has to wait for; second names.
 */
#include "if_tuntap.h"

static int tun_late_units;		/* tunmtx: units to give back when a
					   node has gone */

/* --- users -------------------------------------------------------------- */

int
tun_busy_locked(struct tuntap_softc *tp)
{
	TUN_LOCK_ASSERT(tp);
	if ((tp->tun_flags & TUN_DYING) != 0)
		return (EBUSY);
	tp->tun_busy++;
	return (0);
}

int
tun_busy(struct tuntap_softc *tp)
{
	int error;

	TUN_LOCK(tp);
	error = tun_busy_locked(tp);
	TUN_UNLOCK(tp);
	return (error);
}

void
tun_unbusy_locked(struct tuntap_softc *tp)
{
	TUN_LOCK_ASSERT(tp);
	KASSERT(tp->tun_busy != 0, ("tun_unbusy: called for non-busy tunnel"));
	tp->tun_busy--;
	/* A destroyer that revokes does not wait for the opener. */
	cv_broadcast(&tp->tun_cv);
}

/* --- destruction -------------------------------------------------------- */

static void
tun_free(struct epoch_context *ctx)
{
	struct tuntap_softc *tp = __containerof(ctx, struct tuntap_softc,
	    tun_epoch);

	mtx_destroy(&tp->tun_mtx);
	free(tp, M_TUN);
}

/*
 * Waits for the users.  0 with tun_mtx held and TUN_DYING set, or the errno
 * of a signal with everything as before.
 */
static int
tun_drain_users(struct tuntap_softc *tp, int how)
{
	int error = 0, stay;

	TUN_LOCK(tp);
	KASSERT((tp->tun_flags & (TUN_DYING | TUN_TRANSIENT)) != TUN_DYING,
	    ("tun_destroy: tunnel already dying"));
	/* On demand, as a signal would end it. */
	KFAIL_POINT_CODE_COND(DEBUG_FP, tun_drain_users,
	    (how & TUN_WAIT_SIG) != 0, FAIL_POINT_NONSLEEPABLE,
	    tp->tun_flags &= ~TUN_DYING; TUN_UNLOCK(tp);
	    return (RETURN_VALUE));
	tp->tun_flags |= TUN_DYING;
	/* tap-destroyed-while-open: a reader may sleep in the device. */
	if (BUG(TUN_DESTROY_OPEN))
		return (0);
	for (;;) {
		stay = (how & TUN_REVOKE) != 0 &&
		    (tp->tun_flags & TUN_OPEN) != 0 ? 1 : 0;
		if (tp->tun_busy <= stay)
			break;
		if (error != 0) {
			tp->tun_flags &= ~TUN_DYING;
			TUN_UNLOCK(tp);
			return (error);
		}
		if ((how & TUN_WAIT_SIG) != 0)
			error = cv_wait_sig(&tp->tun_cv, &tp->tun_mtx);
		else
			cv_wait(&tp->tun_cv, &tp->tun_mtx);
	}
	/* Readers leave, and the node's end closes it for the opener. */
	if (tp->tun_busy > 0) {
		tp->tun_flags |= TUN_REVOKED;
		wakeup(tp);
	}
	return (0);
}

/* A unit that is to be given back when its node has gone. */
struct tun_late_unit {
	struct tuntap_driver *drv;
	int		unit;
};

static void
tun_node_gone(void *arg)
{
	struct tun_late_unit *late = arg;

	free_unr(late->drv->unrhdr, late->unit);
	/* The module may go as soon as it is told. */
	free(late, M_TUN);
	mtx_lock(&tunmtx);
	tun_late_units--;
	wakeup(&tun_late_units);
	mtx_unlock(&tunmtx);
}

/*
 * The node of a transient tunnel is destroyed later, since this may be its
 * close; until then it points at itself, which tunopen() knows.
 *
 * transient-unit-reused: FreeBSD gives the unit back before that, and who
 * gets it takes the node for a tunnel.
 */
static void
tun_node_later(struct tuntap_softc *tp)
{
	struct cdev *dev = tp->tun_dev;
	struct tun_late_unit *late;

	atomic_store_ptr(&dev->si_drv1, dev);
	if (BUG(TUN_TRANSIENT_UNIT)) {
		destroy_dev_sched(dev);
		return;
	}
	late = malloc(sizeof(*late), M_TUN, M_WAITOK);
	late->drv = tp->tun_drv;
	late->unit = tp->tun_ifp->if_dunit;
	mtx_lock(&tunmtx);
	tun_late_units++;
	mtx_unlock(&tunmtx);
	(void)destroy_dev_sched_cb(dev, tun_node_gone, late);
}

/* A request that is in the driver is waited for. */
static void
tun_clear_softc(struct ifnet *ifp)
{
	sx_xlock(&tun_ioctl_sx);
	ifp->if_softc = NULL;
	sx_xunlock(&tun_ioctl_sx);
}

/* The interface and the rest, when the node is on its way. */
static void
tun_dismantle(struct tuntap_softc *tp, bool unit_later)
{
	struct ifnet *ifp = tp->tun_ifp;
	int unit = ifp->if_dunit;

	/* tun-softc-cleared-too-early: it is still found, and used. */
	if (BUG(TUN_SOFTC_EARLY))
		tun_clear_softc(ifp);
	seldrain(&tp->tun_rsel);
	knlist_clear(&tp->tun_rsel.si_note, 0);
	knlist_destroy(&tp->tun_rsel.si_note);
	if (tun_is_l2(tp))
		ether_ifdetach(ifp);
	else {
		bpfdetach(ifp);
		if_detach(ifp);
	}
	tun_clear_softc(ifp);
	if (!unit_later)
		free_unr(tp->tun_drv->unrhdr, unit);
	if_free(ifp);
	cv_destroy(&tp->tun_cv);
	/*
	 * tun-ioctl-on-destroyed-mutex, tun-open-flag-cleared-early: who still
	 * looks at the tunnel is not waited for.
	 */
	if (BUG(TUN_IOCTL_UNLOCKED) || BUG(TUN_CLOSED_EARLY))
		tun_free(&tp->tun_epoch);
	else
		NET_EPOCH_CALL(tun_free, &tp->tun_epoch);
}

int
tun_destroy(struct tuntap_softc *tp, int how)
{
	bool later;
	int error;

	if ((error = tun_drain_users(tp, how)) != 0)
		return (error);
	later = (tp->tun_flags & (TUN_TRANSIENT | TUN_REVOKED)) ==
	    TUN_TRANSIENT;
	TUN_UNLOCK(tp);
	CURVNET_SET(if_getvnet(tp->tun_ifp));
	mtx_lock(&tunmtx);
	TAILQ_REMOVE(&tunhead, tp, tun_list);
	mtx_unlock(&tunmtx);
	TUN_PAUSE(tun_destroy_node);
	if (later)
		tun_node_later(tp);
	else
		destroy_dev(tp->tun_dev);
	tun_dismantle(tp, later && !BUG(TUN_TRANSIENT_UNIT));
	CURVNET_RESTORE();
	return (0);
}

/*
 * FreeBSD waits for the last close here, and with ifnet_detach_sxlock held:
 * nobody else destroys, detaches or moves an interface meanwhile.
 *
 * tun-destroy-parks-on-detach-lock: somebody asks for it.
 * jail-remove-waits-for-its-own-process: the cloner goes.  When that is a
 * jail's removal, the opener would be killed only after it.
 * Mended by not waiting: the device is destroyed under its opener, who gets
 * ENXIO from then on.
 *
 * netlink-delete-parks-worker: the same where no signal ever comes.
 *
 * cloner-relink-livelock: a signal ends the wait although if_clone_detach()
 * cannot do with a refusal and asks again, for ever.
 */
int
tun_clone_destroy(struct if_clone *ifc __unused, if_t ifp, uint32_t flags)
{
	bool force = (flags & IFC_F_FORCE) != 0;
	bool parks = BUG(TUN_DESTROY_PARKS) || (BUG(NL_DELETE_PARKS) &&
	    (curthread->td_proc->p_flag & P_SYSTEM) != 0);
	int how = TUN_WAIT_SIG;

	if (force && !BUG(TUN_RELINK_LIVELOCK))
		how &= ~TUN_WAIT_SIG;
	if (force ? !BUG(TUN_REMOVE_WAITS) : !parks)
		how |= TUN_REVOKE;
	return (tun_destroy(ifp->if_softc, how));
}

/*
 * transient-close-vs-destroy: nobody is busy with the tunnel any more, so it
 * may be destroyed at any time, and FreeBSD goes on with what is left of it.
 * Here the closer has a reference on the interface, and looks, when it is the
 * only destroyer, whether that is still a tunnel.
 */
void
tun_destroy_transient(struct tuntap_softc *tp, struct ifnet *ifp,
    struct tuntap_driver *drv)
{
	struct if_clone *ifc;
	int error __diagused = 0;

	TUN_PAUSE(tun_transient_close);
	if (BUG(TUN_TRANSIENT_CLOSE)) {
		error = if_clone_destroyif(tun_home_cloner(ifp, drv), ifp);
		goto out;
	}
	sx_xlock(&ifnet_detach_sxlock);
	/* A cloner that is being detached will come for it. */
	if (ifp->if_softc != NULL && (ifc = tun_home_cloner(ifp, drv)) != NULL)
		error = if_clone_destroyif(ifc, ifp);
	/* Its creation is not complete: it stays, until the next close. */
	if (error == ENXIO) {
		TUN_LOCK(tp);
		tp->tun_flags &= ~TUN_DYING;
		TUN_UNLOCK(tp);
		error = 0;
	}
	sx_xunlock(&ifnet_detach_sxlock);
	if_rele(ifp);
out:
	KASSERT(error == 0 || error == EINTR || error == ERESTART,
	    ("tundtor: unexpected error %d", error));
}

/* The handlers of destruction that are still to come. */
void
tun_wait_late_units(void)
{
	mtx_lock(&tunmtx);
	while (tun_late_units > 0)
		mtx_sleep(&tun_late_units, &tunmtx, 0, "tunlate", 0);
	mtx_unlock(&tunmtx);
}

/* --- rename ------------------------------------------------------------- */

/* One rename at a time changes an alias. */
static struct sx tun_alias_sx;
SX_SYSINIT(tun_alias_sx, &tun_alias_sx, "tun_alias");

/* The device is to be found under the new name too. */
static void
tun_realias_locked(struct tuntap_softc *tp, const char *name)
{
	if (tp->tun_alias != NULL) {
		destroy_dev(tp->tun_alias);
		tp->tun_alias = NULL;
	}
	/* Not if there is such a device already. */
	if (strcmp(name, tp->tun_dev->si_name) != 0)
		(void)make_dev_alias_p(MAKEDEV_CHECKNAME, &tp->tun_alias,
		    tp->tun_dev, "%s", name);
}

/*
 * tun-renames-meet: without the lock a second rename takes the alias that the
 * first is destroying.  The name is read with it, so the last one counts.
 */
static void
tun_realias(struct tuntap_softc *tp, struct ifnet *ifp)
{
	if (!BUG(TUN_RENAMES_MEET))
		sx_xlock(&tun_alias_sx);
	tun_realias_locked(tp, if_name(ifp));
	if (!BUG(TUN_RENAMES_MEET))
		sx_xunlock(&tun_alias_sx);
}

static bool
tun_is_ours(struct ifnet *ifp)
{
	size_t i;

	for (i = 0; i < TUN_KINDS; i++)
		if (ifp->if_dname != NULL && strcmp(ifp->if_dname,
		    tuntap_drivers[i].cdevsw.d_name) == 0)
			return (true);
	return (false);
}

void
tunrename(void *arg __unused, if_t ifp)
{
	struct tuntap_softc *tp;
	int error;

	if ((if_getflags(ifp) & IFF_RENAMING) == 0 || !tun_is_ours(ifp))
		return;
	sx_xlock(&tun_ioctl_sx);
	tp = ifp->if_softc;
	error = tp != NULL ? tun_busy(tp) : ENXIO;
	sx_xunlock(&tun_ioctl_sx);
	if (error != 0)
		return;
	tun_realias(tp, ifp);
	TUN_LOCK(tp);
	tun_unbusy_locked(tp);
	TUN_UNLOCK(tp);
}
