/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces that change their vnet: loan to a jail, reclaim from it, and the
 * return home when a vnet goes.
 *
 * A move takes the interface off one list, empties it as a detach would, and
 * attaches it again elsewhere, all under ifnet_detach_sxlock.  In between it
 * is on no list, and a look-up by name misses it in both vnets.
 */
#include "if_impl.h"

#include <sys/jail.h>
#include <sys/proc.h>
#include <net/bpf.h>

static void	if_vmove(struct ifnet *ifp, struct vnet *to);

/*
 * The interface has been unlinked from curvnet with vmove = true.  Cannot
 * fail.
 */
static void
if_vmove(struct ifnet *ifp, struct vnet *to)
{
	if_reassign_fn_t reassign;

	IF_PAUSE(if_vmove_unlinked);
	/* Who listens in one vnet must not listen in another. */
	bpf_ifdetach(ifp);
	if_detach_internal(ifp, true);
	/* index-changes-during-move: each vnet had its own numbers. */
	if (BUG(INDEX_MOVES)) {
		IFNET_WLOCK();
		ifindex_free(ifp);
		IFNET_WUNLOCK();
	}
	reassign = IF_METHOD(ifp, if_reassign);
	if (reassign != NULL)
		reassign(ifp, to, NULL);
	if (BUG(INDEX_MOVES)) {
		IFNET_WLOCK();
		ifindex_alloc(ifp);
		IFNET_WUNLOCK();
	}
	IF_PAUSE(if_vmove_reassigned);
	CURVNET_SET_QUIET(to);
	if_attach_internal(ifp, true);
	CURVNET_RESTORE();
}

static void
vmove_lock(void)
{
	if (!BUG(VMOVE_UNLOCKED))
		sx_xlock(&ifnet_detach_sxlock);
}

static void
vmove_unlock(void)
{
	if (!BUG(VMOVE_UNLOCKED))
		sx_xunlock(&ifnet_detach_sxlock);
}

/*
 * A child of the thread's prison, referenced; NULL if there is none of that
 * number.  With `other`, EEXIST is reported for one that has that vnet.
 */
static int
vmove_find_jail(struct thread *td, int jid, struct vnet *other,
    struct prison **prp)
{
	struct prison *own = td->td_ucred->cr_prison, *child;
	int error = 0;

	sx_slock(&allprison_lock);
	child = prison_find_child(own, jid);
	sx_sunlock(&allprison_lock);
	if (child == NULL)
		return (ENXIO);
	if (child->pr_vnet == other)
		error = EEXIST;
	else
		prison_hold_locked(child);
	mtx_unlock(&child->pr_mtx);
	*prp = child;
	return (error);
}

/* Has the vnet an interface of that name?  A hint. */
static bool
vnet_has_name(struct vnet *vnet, const char *name)
{
	bool found;

	CURVNET_SET(vnet);
	found = ifunit(name) != NULL;
	CURVNET_RESTORE();
	return (found);
}

static int
vnet_reserve_name(struct vnet *vnet, const char *name)
{
	int error;

	CURVNET_SET(vnet);
	error = ifnames_reserve(name);
	CURVNET_RESTORE();
	return (error);
}

static void
vnet_release_name(struct vnet *vnet, const char *name)
{
	CURVNET_SET(vnet);
	ifnames_release(name);
	CURVNET_RESTORE();
}

static bool
vmove_listed(const struct ifnet *ifp)
{
	bool listed;

	IFNET_WLOCK();
	listed = ifnames_listed(ifp);
	IFNET_WUNLOCK();
	return (listed);
}

/*
 * Unlinks an interface from curvnet and carries it to `vnet`; the name it has
 * is stored in `ifname`.  ifnet_detach_sxlock is held.  ENODEV if it is not
 * there any more, EINVAL for the loopback of curvnet, EEXIST if the
 * destination has (or is about to have) an interface of that name, unless
 * `taken` says that this does not matter.
 */
static int
vmove_locked(struct ifnet *ifp, struct vnet *vnet, bool taken, char *ifname)
{
	char name[IFNAMSIZ];
	int error;

	if (ifp == V_loif && !BUG(MOVE_LOIF))
		return (EINVAL);
	if (!taken) {
		/* It may be there already, and have the name itself. */
		if (!vmove_listed(ifp))
			return (ENODEV);
		/* A rename may have been faster than the lock. */
		strlcpy(name, ifp->if_xname, sizeof(name));
		if ((error = vnet_reserve_name(vnet, name)) != 0)
			return (error);
	}
	if (if_unlink_ifnet(ifp, true)) {
		if_vmove(ifp, vnet);
		strlcpy(ifname, ifp->if_xname, IFNAMSIZ);
		error = 0;
	} else
		error = ENODEV;
	if (!taken)
		vnet_release_name(vnet, name);
	return (error);
}

/* --- loan ---------------------------------------------------------------- */

/*
 * The interface by name.  move-hits-reborn-interface: the pointer was kept
 * without a reference, and could be another interface's by the time the lock
 * was there.
 */
static struct ifnet *
vmove_ifunit(const char *name)
{
	if (BUG(MOVE_REBORN))
		return (ifunit(name));
	return (ifunit_ref(name));
}

static void
vmove_ifrele(struct ifnet *ifp)
{
	if (!BUG(MOVE_REBORN))
		if_rele(ifp);
}

/*
 * Before D56374: `ifp` comes with the reference of the generic look-up, and
 * may have been destroyed since.
 */
static int
vmove_loan_referenced(struct thread *td, struct ifnet *ifp, char *ifname,
    int jid)
{
	struct prison *pr;
	int error;

	MPASS(ifindex_holds(ifp));
	error = vmove_find_jail(td, jid, ifp->if_vnet, &pr);
	if (error != 0)
		return (error);
	if (vnet_has_name(pr->pr_vnet, ifname)) {
		prison_free(pr);
		return (EEXIST);
	}
	IF_PAUSE(if_vmove_loan_referenced);
	vmove_lock();
	CURVNET_SET(ifp->if_vnet);
	if (VNET_IS_SHUTTING_DOWN(ifp->if_vnet))
		error = EBUSY;
	else if (if_unlink_ifnet(ifp, true)) {
		if_vmove(ifp, pr->pr_vnet);
		strlcpy(ifname, ifp->if_xname, IFNAMSIZ);
	} else
		error = ENODEV;
	CURVNET_RESTORE();
	vmove_unlock();
	prison_free(pr);
	return (error);
}

/*
 * SIOCSIFVNET: from the caller's vnet into a child jail.  `ifp` is NULL but
 * in profiles before S15.
 */
int
if_vmove_loan(struct thread *td, struct ifnet *ifp, char *ifname, int jid)
{
	struct prison *pr;
	int error;

	if (BUG(LOAN_BY_REFERENCE))
		return (vmove_loan_referenced(td, ifp, ifname, jid));
	MPASS(td == curthread);
	/* loan-by-foreign-socket: the socket may be from another vnet. */
	if (curvnet != TD_TO_VNET(td) && !BUG(LOAN_FOREIGN_SOCKET))
		return (EPERM);
	MPASS(curvnet == TD_TO_VNET(td));
	if ((ifp = vmove_ifunit(ifname)) == NULL)
		return (ENXIO);
	error = vmove_find_jail(td, jid, TD_TO_VNET(td), &pr);
	if (error != 0)
		goto out;
	/* move-into-taken-name: this test alone proves nothing. */
	if (vnet_has_name(pr->pr_vnet, ifname)) {
		error = EEXIST;
		goto rele;
	}
	IF_PAUSE(if_vmove_loan_tested);
	vmove_lock();
	error = vmove_locked(ifp, pr->pr_vnet, BUG(LOAN_TAKEN), ifname);
	vmove_unlock();
rele:
	prison_free(pr);
out:
	vmove_ifrele(ifp);
	return (error);
}

/* --- reclaim ------------------------------------------------------------- */

/*
 * Before D56374: off the list without the lock, and nobody may have been
 * faster.
 */
static int
vmove_reclaim_unlink_first(struct ifnet *ifp, struct vnet *vnet, char *ifname)
{
	bool found __diagused;

	if (VNET_IS_SHUTTING_DOWN(ifp->if_vnet))
		return (EBUSY);
	found = if_unlink_ifnet(ifp, true);
	MPASS(found);
	vmove_lock();
	if_vmove(ifp, vnet);
	vmove_unlock();
	strlcpy(ifname, ifp->if_xname, IFNAMSIZ);
	return (0);
}

/* In the jail's vnet. */
static int
vmove_reclaim_in(struct vnet *vnet, char *ifname)
{
	char name[IFNAMSIZ];
	struct ifnet *ifp;
	int error;

	if ((ifp = vmove_ifunit(ifname)) == NULL)
		return (ENXIO);
	if (vnet == (BUG(RECLAIM_EARLY_UNLINK) ? ifp->if_vnet : curvnet)) {
		vmove_ifrele(ifp);
		return (EEXIST);
	}
	IF_PAUSE(if_vmove_reclaim_found);
	if (BUG(RECLAIM_EARLY_UNLINK)) {
		error = vmove_reclaim_unlink_first(ifp, vnet, ifname);
		vmove_ifrele(ifp);
		return (error);
	}
	vmove_lock();
	strlcpy(name, ifname, sizeof(name));
	error = vmove_locked(ifp, vnet, BUG(RECLAIM_TAKEN), name);
	vmove_unlock();
	IF_PAUSE(if_vmove_reclaim_unlocked);
	/*
	 * reclaim-reports-name-too-late: the name was read from the interface
	 * only here, where it may be gone.
	 */
	if (error == 0)
		strlcpy(ifname, BUG(RECLAIM_LATE_NAME) ? ifp->if_xname : name,
		    IFNAMSIZ);
	vmove_ifrele(ifp);
	return (error);
}

/* SIOCSIFRVNET: from a child jail into the thread's vnet. */
int
if_vmove_reclaim(struct thread *td, char *ifname, int jid)
{
	struct prison *pr;
	int error;

	error = vmove_find_jail(td, jid, NULL, &pr);
	if (error != 0)
		return (error);
	CURVNET_SET(pr->pr_vnet);
	error = vmove_reclaim_in(TD_TO_VNET(td), ifname);
	CURVNET_RESTORE();
	prison_free(pr);
	return (error);
}

/* --- return -------------------------------------------------------------- */

/*
 * At home somebody may have taken the name meanwhile.  Nobody can be asked,
 * so the interface comes back under another one.
 */
static void
vmove_home_name(struct ifnet *ifp, char *reserved)
{
	struct vnet *home = ifp->if_home_vnet;

	strlcpy(reserved, ifp->if_xname, IFNAMSIZ);
	if (vnet_reserve_name(home, reserved) == 0)
		return;
	if (ifp->if_dunit != IF_DUNIT_NONE)
		snprintf(reserved, IFNAMSIZ, "%.10s%d", ifp->if_dname,
		    ifp->if_dunit);
	if (vnet_reserve_name(home, reserved) != 0) {
		snprintf(reserved, IFNAMSIZ, "if%u", ifp->if_index);
		while (vnet_reserve_name(home, reserved) != 0)
			strlcat(reserved, "_", IFNAMSIZ);
	}
	if_log(ifp, 4, "returns as %s\n", reserved);
	IF_ADDR_WLOCK(ifp);
	if_addr_setname(ifp, reserved);
	strlcpy(ifp->if_xname, reserved, IFNAMSIZ);
	IF_ADDR_WUNLOCK(ifp);
}

static void
vmove_home(struct ifnet *ifp)
{
	struct vnet *home = ifp->if_home_vnet;
	char name[IFNAMSIZ];

	/* reclaim-into-taken-name: two interfaces of one name, then. */
	if (BUG(RECLAIM_TAKEN)) {
		if_vmove(ifp, home);
		return;
	}
	vmove_home_name(ifp, name);
	if_vmove(ifp, home);
	vnet_release_name(home, name);
}

/*
 * vnet-return-unlocked-walk: the move sleeps, and the next interface may be
 * gone when it has been done.
 */
static void
vnet_if_return_walking(void)
{
	struct ifnet *ifp, *next;
	bool found __diagused;

	CK_STAILQ_FOREACH_SAFE(ifp, &V_ifnet, if_link, next) {
		if (ifp->if_home_vnet == ifp->if_vnet)
			continue;
		sx_xlock(&ifnet_detach_sxlock);
		found = if_unlink_ifnet(ifp, true);
		MPASS(found);
		vmove_home(ifp);
		sx_xunlock(&ifnet_detach_sxlock);
	}
}

/*
 * The first destructor of a vnet: what is borrowed goes home.  The list lock
 * is not held over the moves, which need locks that come before it.
 */
static void
vnet_if_return(const void *unused __unused)
{
	struct ifnet *ifp, *nifp, **pending;
	bool found __diagused;
	u_int i = 0, j;

	if (BUG(RETURN_WALK_UNLOCKED)) {
		vnet_if_return_walking();
		return;
	}
	/* Until 6d2a10d96fb5 each move took the lock by itself. */
	if (!BUG(VNET_DESTROY_UNLOCKED))
		sx_assert(&ifnet_detach_sxlock, SA_XLOCKED);
	IFNET_WLOCK();
	pending = mallocarray(MAX(curvnet->vnet_ifcnt, 1), sizeof(*pending),
	    M_IFNET, M_WAITOK | M_ZERO);
	CK_STAILQ_FOREACH_SAFE(ifp, &V_ifnet, if_link, nifp) {
		if (ifp->if_home_vnet == ifp->if_vnet)
			continue;
		pending[i++] = ifp;
		found = if_unlink_ifnet(ifp, true);
		MPASS(found);
	}
	IFNET_WUNLOCK();
	IF_PAUSE(vnet_if_return_collected);
	for (j = 0; j < i; j++) {
		if (BUG(VNET_DESTROY_UNLOCKED) && !BUG(VNET_RETURN_UNLOCKED))
			sx_xlock(&ifnet_detach_sxlock);
		vmove_home(pending[j]);
		if (BUG(VNET_DESTROY_UNLOCKED) && !BUG(VNET_RETURN_UNLOCKED))
			sx_xunlock(&ifnet_detach_sxlock);
	}
	free(pending, M_IFNET);
}
VNET_SYSUNINIT(vnet_if_return, SI_SUB_VNET_DONE, SI_ORDER_ANY,
    vnet_if_return, NULL);
