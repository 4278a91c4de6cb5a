/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Into a jail, and the end of one: jail_attach(2), jail_remove(2).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include <vnetsim/observe.h>

#include "bugs.h"
#include "jail_private.h"

/* The process leaves one list of processes for the other. */
static void
attach_relink(struct proc *p, struct prison *from, struct prison *to)
{
	sx_xlock(&allproc_lock);
	prison_proc_unlink(from, p);
	prison_proc_link(to, p);
	sx_xunlock(&allproc_lock);
}

/*
 * Gives the process a credential in the prison, whose reference was taken
 * before.  Returns the old one; the old prison has a reference more than
 * credentials then.
 */
static struct ucred *
attach_credential(struct proc *p, struct prison *pr)
{
	struct ucred *newcred, *oldcred;

	newcred = crget();
	PROC_LOCK(p);
	oldcred = crcopysafe(p, newcred);
	newcred->cr_prison = pr;
	p->p_flag |= P_SUGID;
	proc_set_cred(p, newcred);
	PROC_UNLOCK(p);
	return (oldcred);
}

/*
 * A jail that was removed between the look-up and the change of credential
 * has not seen this process when it killed its own.
 */
static void
attach_killed(struct proc *p, struct prison *pr)
{
	/* fork-survives-jail-removal: nobody looks back. */
	if (prison_isalive(pr) || BUG(FORK_SURVIVES_REMOVAL))
		return;
	PROC_LOCK(p);
	kern_psignal(p, SIGKILL);
	PROC_UNLOCK(p);
}

/*
 * Root directory and credential change one after the other, and no other
 * thread of the process attaches in between.  two-attaches-one-process: S15
 * leaves that to the process.
 */
static void
attach_enter(struct proc *p)
{
	PROC_LOCK(p);
	while (p->p_attaching && !BUG(ATTACHES_MIX))
		msleep(&p->p_attaching, &p->p_mtx, 0, "jailat", 0);
	p->p_attaching = true;
	PROC_UNLOCK(p);
}

static void
attach_exit(struct proc *p)
{
	PROC_LOCK(p);
	p->p_attaching = false;
	wakeup(&p->p_attaching);
	PROC_UNLOCK(p);
}

/*
 * The change of root directory can fail for many reasons; the fail point
 * jail_attach_root stands for them.  The modules are told that the process
 * stays where it was.
 */
static int
attach_root(struct thread *td, struct prison *pr)
{
	int error = 0;

	KFAIL_POINT_ERROR(DEBUG_FP, jail_attach_root, error);
	if (error == 0) {
		PROC_LOCK(td->td_proc);
		td->td_proc->p_rootjid = pr->pr_id;
		PROC_UNLOCK(td->td_proc);
		return (0);
	}
	sx_slock(&allprison_lock);
	(void)osd_jail_call(td->td_ucred->cr_prison, PR_METHOD_ATTACH, td);
	prison_deref(pr, PD_DEREF | PD_DEUREF | PD_LIST_SLOCKED,
	    pr_holder_cred, pr_holder_proc);
	return (error);
}

int
do_jail_attach(struct thread *td, struct prison *pr, int lockflags)
{
	struct proc *p = td->td_proc;
	struct prison *oldpr;
	struct ucred *oldcred;
	int error;

	mtx_assert(&pr->pr_mtx, MA_OWNED);
	sx_assert(&allprison_lock, SA_LOCKED);
	/* kill-flag-leaks-into-attach: the lock state came with orders. */
	if (!BUG(KILL_LEAKS_INTO_ATTACH))
		lockflags &= PD_LOCK_FLAGS;
	prison_hold_as(pr, pr_holder_cred);
	prison_uref_hold(pr, pr_holder_proc);
	mtx_unlock(&pr->pr_mtx);
	lockflags &= ~PD_LOCKED;
	error = osd_jail_call(pr, PR_METHOD_ATTACH, td);
	if (error != 0) {
		prison_deref(pr, lockflags | PD_DEREF | PD_DEUREF,
		    pr_holder_cred, pr_holder_proc);
		return (error);
	}
	if (lockflags & PD_LIST_SLOCKED)
		sx_sunlock(&allprison_lock);
	else
		sx_xunlock(&allprison_lock);
	lockflags &= ~PD_LOCK_FLAGS;
	attach_enter(p);
	if ((error = attach_root(td, pr)) != 0) {
		attach_exit(p);
		return (error);
	}
	oldcred = attach_credential(p, pr);
	oldpr = oldcred->cr_prison;
	attach_relink(p, oldpr, pr);
	attach_exit(p);
	/* What crcopysafe() took for the copy, and the process's own. */
	prison_deref(oldpr, lockflags | PD_DEREF | PD_DEUREF, pr_holder_cred,
	    pr_holder_proc);
	crfree(oldcred);
	VS_EVENT("kevent", "NOTE_JAIL_ATTACH %d pid %d", pr->pr_id,
	    (int)p->p_pid);
	attach_killed(p, pr);
	return (0);
}

int
kern_jail_attach(struct thread *td, int jid)
{
	struct prison *pr;
	int error;

	if ((error = priv_check(td, PRIV_JAIL_ATTACH)) != 0)
		return (error);
	sx_slock(&allprison_lock);
	pr = prison_find_child(td->td_ucred->cr_prison, jid);
	if (pr != NULL && prison_isalive(pr))
		return (do_jail_attach(td, pr, PD_LOCKED | PD_LIST_SLOCKED));
	if (pr != NULL)
		mtx_unlock(&pr->pr_mtx);
	sx_sunlock(&allprison_lock);
	return (EINVAL);
}

int
kern_jail_remove(struct thread *td, int jid)
{
	struct prison *pr;
	int error;

	if ((error = priv_check(td, PRIV_JAIL_REMOVE)) != 0)
		return (error);
	sx_xlock(&allprison_lock);
	pr = prison_find_child(td->td_ucred->cr_prison, jid);
	if (pr == NULL) {
		sx_xunlock(&allprison_lock);
		return (EINVAL);
	}
	prison_hold_as(pr, pr_holder_call);
	/* dying-jail-removed-again: returned with the hold. */
	if (BUG(DYING_REMOVED_AGAIN) && !prison_isalive(pr)) {
		mtx_unlock(&pr->pr_mtx);
		sx_xunlock(&allprison_lock);
		return (0);
	}
	prison_remove(pr);
	return (0);
}
