/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * How a prison ends.
 *
 * It starts dying when its last user reference goes or when it is killed:
 * then the REMOVE methods run, with allprison_lock held exclusively and
 * without pr_mtx.  It goes away with its last reference, which takes one of
 * each kind from its parent, so that one call may free a whole branch.  The
 * vnet is destroyed after all jail locks have been dropped.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "bugs.h"
#include "jail_private.h"

/* One prison_deref() in progress. */
struct deref {
	int		flags;		/* PD_*, both kinds */
	const char	*ref;		/* holders of the two counts */
	const char	*uref;
	struct prisonlist freelist;	/* unlinked, child before parent */
	struct prison	*killpr;	/* whose processes are to be killed */
};

int
prison_lock_xlock(struct prison *pr, int flags)
{
	if ((flags & PD_LIST_XLOCKED) == 0) {
		if (flags & PD_LOCKED)
			mtx_unlock(&pr->pr_mtx);
		/* Where upgrading fails there is a moment without the lock. */
		if ((flags & PD_LIST_SLOCKED) == 0)
			sx_xlock(&allprison_lock);
		else if (!sx_try_upgrade(&allprison_lock)) {
			sx_sunlock(&allprison_lock);
			sx_xlock(&allprison_lock);
		}
		flags &= ~(PD_LOCKED | PD_LIST_SLOCKED);
		flags |= PD_LIST_XLOCKED;
	}
	if ((flags & PD_LOCKED) == 0) {
		mtx_lock(&pr->pr_mtx);
		flags |= PD_LOCKED;
	}
	return (flags);
}

/* Its kevent notes would be taken away here. */
static void
prison_cleanup_locked(struct prison *pr)
{
	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	VS_EVENT("kevent", "NOTE_JAIL_REMOVE %d %s", pr->pr_id, pr->pr_name);
	jaildesc_prison_cleanup(pr);
}

/* A method that fails keeps those of higher slots from being called. */
static void
prison_cleanup_unlocked(struct prison *pr)
{
	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_NOTOWNED);
	(void)osd_jail_call(pr, PR_METHOD_REMOVE, NULL);
}

/* The killer's own user reference; the prison is dying in any case. */
static void
kill_uref_rele(struct prison *pr)
{
	VS_LEDGER(rele, VS_PRISON_USER, pr, pr_holder_kill);
	if (refcount_release(&pr->pr_uref))
		VS_LEDGER(death, VS_PRISON_USER, pr);
}

/* The last reference has gone: off all lists. */
static void
prison_unlink(struct deref *d, struct prison *pr)
{
	struct prison *tpr;

	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	KASSERT(refcount_load(&pr->pr_uref) == 0,
	    ("prison_deref: last ref, but still has %d urefs (jid=%d)",
	    pr->pr_uref, pr->pr_id));
	pr_state_set(pr, PRISON_STATE_INVALID);
	TAILQ_REMOVE(&allprison, pr, pr_list);
	LIST_REMOVE(pr, pr_sibling);
	TAILQ_INSERT_TAIL(&d->freelist, pr, pr_list);
	for (tpr = pr->pr_parent; tpr != NULL; tpr = tpr->pr_parent)
		tpr->pr_childcount--;
}

/* Being persistent is worth one reference of each kind. */
static void
prison_unpersist(struct prison *pr)
{
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	if ((pr->pr_flags & PR_PERSIST) == 0)
		return;
	pr_flags_set(pr, 0, PR_PERSIST);
	prison_uref_free_not_last(pr, pr_holder_persist);
	prison_free_not_last(pr, pr_holder_persist);
}

/* On the way down: true if this one and what is below it shall die. */
static bool
kill_mark(struct prison *pr)
{
	if (!prison_isalive(pr))
		return (false);
	mtx_lock(&pr->pr_mtx);
	prison_hold_as(pr, pr_holder_kill);
	prison_uref_hold(pr, pr_holder_kill);
	pr_state_set(pr, PRISON_STATE_DYING);
	pr_flags_set(pr, PR_REMOVE, 0);
	mtx_unlock(&pr->pr_mtx);
	return (true);
}

/* On the way up: its descendants are done. */
static void
kill_finish(struct deref *d, struct prison *pr)
{
	struct prison *ppr = pr->pr_parent;

	prison_cleanup_unlocked(pr);
	mtx_lock(&pr->pr_mtx);
	prison_cleanup_locked(pr);
	pr_flags_set(pr, 0, PR_REMOVE);
	prison_unpersist(pr);
	kill_uref_rele(pr);
	VS_LEDGER(rele, VS_PRISON, pr, pr_holder_kill);
	if (refcount_release(&pr->pr_ref)) {
		prison_unlink(d, pr);
		/* The parent is being killed too, and held for that. */
		prison_uref_free_not_last(ppr, pr_holder_child);
		prison_free_not_last(ppr, pr_holder_child);
	}
	mtx_unlock(&pr->pr_mtx);
}

static void
kill_descendants(struct deref *d, struct prison *pr)
{
	struct prison *child, *next;

	LIST_FOREACH_SAFE(child, &pr->pr_children, pr_sibling, next) {
		if (!kill_mark(child))
			continue;
		/* kill-walk-wrong-order: at the first visit. */
		if (BUG(KILL_ON_THE_WAY_DOWN)) {
			kill_finish(d, child);
			kill_descendants(d, child);
			continue;
		}
		kill_descendants(d, child);
		kill_finish(d, child);
	}
}

/*
 * Makes the prison and all its living descendants die, lowest first.  Nobody
 * sees a half-killed branch, as allprison_lock is held throughout.
 */
static void
prison_deref_kill(struct deref *d, struct prison *pr)
{
	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	prison_uref_hold(pr, pr_holder_kill);
	pr_state_set(pr, PRISON_STATE_DYING);
	mtx_unlock(&pr->pr_mtx);
	kill_descendants(d, pr);
	prison_cleanup_unlocked(pr);
	mtx_lock(&pr->pr_mtx);
	prison_cleanup_locked(pr);
	prison_unpersist(pr);
	kill_uref_rele(pr);
}

/*
 * Both counts may reach zero only with both locks; getting them may mean to
 * let go of one for a moment, for which the prison must be held.
 */
static void
deref_hold(struct deref *d, struct prison *pr)
{
	if (d->flags & PD_DEREF)
		return;
	d->ref = pr_holder_kill;
	prison_hold_as(pr, d->ref);
	d->flags |= PD_DEREF;
}

static void
deref_kill(struct deref *d, struct prison *pr)
{
	enum prison_state state = pr_state_load(pr);

	KASSERT(pr != &prison0, ("prison_deref trying to kill prison0"));
	/*
	 * A prison whose creation fails late is still invalid.
	 * failed-persistent-jail-stays: it was taken for dead already.
	 */
	if (state == PRISON_STATE_DYING ||
	    (state == PRISON_STATE_INVALID && BUG(FAILED_JAIL_STAYS))) {
		d->flags &= ~PD_KILL;
		return;
	}
	deref_hold(d, pr);
	d->flags = prison_lock_xlock(pr, d->flags);
	prison_deref_kill(d, pr);
}

static void
deref_user(struct deref *d, struct prison *pr)
{
	VS_LEDGER(rele, VS_PRISON_USER, pr, d->uref);
	if (refcount_release_if_not_last(&pr->pr_uref))
		return;
	deref_hold(d, pr);
	d->flags = prison_lock_xlock(pr, d->flags);
	/* Somebody may have taken one meanwhile. */
	if (!refcount_release(&pr->pr_uref))
		return;
	VS_LEDGER(death, VS_PRISON_USER, pr);
	if (pr_state_load(pr) != PRISON_STATE_ALIVE)
		return;
	/* The last user of a living prison: it dies by itself. */
	pr_state_set(pr, PRISON_STATE_DYING);
	prison_cleanup_locked(pr);
	mtx_unlock(&pr->pr_mtx);
	d->flags &= ~PD_LOCKED;
	prison_cleanup_unlocked(pr);
}

/*
 * prison-zero-crossing-unlocked: without allprison_lock nobody keeps whoever
 * has seen the prison alive from going on as if it still were.
 */
void
prison_uref_last_unlocked(struct prison *pr)
{
	mtx_lock(&pr->pr_mtx);
	if (!refcount_release(&pr->pr_uref)) {
		mtx_unlock(&pr->pr_mtx);
		return;
	}
	VS_LEDGER(death, VS_PRISON_USER, pr);
	pr_state_set(pr, PRISON_STATE_DYING);
	mtx_unlock(&pr->pr_mtx);
	(void)osd_jail_call(pr, PR_METHOD_REMOVE, NULL);
}

/*
 * Notes whose processes are to get SIGKILL, before the reference goes that
 * the caller has.
 */
static void
deref_sweep(struct deref *d, struct prison *pr)
{
	if (refcount_load(&pr->pr_uref) > 0) {
		d->killpr = pr;
		/* kill-sweep-reads-freed-prison: nobody holds it. */
		if (!BUG(KILL_SWEEP_UNHELD))
			prison_hold_as(pr, pr_holder_kill);
	}
	d->flags &= ~PD_KILL;
}

/* Gives up a reference; returns the parent if it was the last. */
static struct prison *
deref_ref(struct deref *d, struct prison *pr)
{
	struct prison *ppr;

	VS_LEDGER(rele, VS_PRISON, pr, d->ref);
	if (refcount_release_if_not_last(&pr->pr_ref))
		return (NULL);
	d->flags = prison_lock_xlock(pr, d->flags);
	if (!refcount_release(&pr->pr_ref))
		return (NULL);
	prison_unlink(d, pr);
	ppr = pr->pr_parent;
	if (!BUG(ORPHAN_READS_PARENT))
		pr->pr_parent = NULL;
	mtx_unlock(&pr->pr_mtx);
	/* The parent loses a child, and that may have been all it had. */
	d->flags = PD_LIST_XLOCKED | PD_DEREF | PD_DEUREF;
	d->ref = d->uref = pr_holder_child;
	return (ppr);
}

static void
prison_destroy(struct prison *pr)
{
	int af;

	/*
	 * orphan-jail-reads-freed-parent: a jail had its own stack if it was
	 * not its parent's, which may have gone by now.
	 */
	if (BUG(ORPHAN_READS_PARENT) ? pr->pr_vnet != pr->pr_parent->pr_vnet :
	    (pr->pr_flags & PR_VNET) != 0)
		vnet_destroy(pr->pr_vnet);
	VS_LEDGER(death, VS_PRISON, pr);
	mtx_destroy(&pr->pr_mtx);
	for (af = 0; af < PR_FAMILY_MAX; af++)
		prison_ip_free(pr->pr_addrs[af]);
	/* Values of modules outlive the vnet that they may speak of. */
	osd_jail_exit(pr);
	free(pr->pr_path, M_PRISON);
	free(pr, M_PRISON);
}

static void
prison_kill_process(struct proc *p, void *arg __unused)
{
	kern_psignal(p, SIGKILL);
}

static void
deref_finish(struct deref *d)
{
	struct prison *pr;

	if (d->killpr != NULL) {
		KFAIL_POINT_CODE(DEBUG_FP, prison_kill_sweep, (void)0);
		prison_proc_iterate(d->killpr, prison_kill_process, NULL);
		if (!BUG(KILL_SWEEP_UNHELD))
			prison_free_as(d->killpr, pr_holder_kill);
	}
	KFAIL_POINT_CODE(DEBUG_FP, prison_free_list, (void)0);
	while ((pr = TAILQ_FIRST(&d->freelist)) != NULL) {
		TAILQ_REMOVE(&d->freelist, pr, pr_list);
		prison_destroy(pr);
	}
}

void
prison_deref(struct prison *pr, int flags, const char *ref, const char *uref)
{
	struct deref d = { .flags = flags, .ref = ref, .uref = uref };
	struct prison *next;

	TAILQ_INIT(&d.freelist);
	for (;;) {
		if (d.flags & PD_KILL)
			deref_kill(&d, pr);
		if (d.flags & PD_DEUREF)
			deref_user(&d, pr);
		if (d.flags & PD_KILL)
			deref_sweep(&d, pr);
		if ((d.flags & PD_DEREF) == 0 ||
		    (next = deref_ref(&d, pr)) == NULL)
			break;
		pr = next;
	}
	if (d.flags & PD_LOCKED)
		mtx_unlock(&pr->pr_mtx);
	if (d.flags & PD_LIST_SLOCKED)
		sx_sunlock(&allprison_lock);
	else if (d.flags & PD_LIST_XLOCKED)
		sx_xunlock(&allprison_lock);
	deref_finish(&d);
}
