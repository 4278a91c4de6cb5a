/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The end of processes.
 *
 * A process that has ended no longer uses its prison, but until its parent
 * has waited for it, its credential still holds one.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include "jail_private.h"
#include "proc_private.h"
#include "waitq.h"

/* Its children become proc0's. */
static void
exit_reparent(struct proc *p)
{
	struct proc *child;

	sx_assert(&allproc_lock, SA_XLOCKED);
	while ((child = LIST_FIRST(&p->p_children)) != NULL) {
		LIST_REMOVE(child, p_sibling);
		child->p_pptr = &proc0;
		LIST_INSERT_HEAD(&proc0.p_children, child, p_sibling);
	}
}

/*
 * Files first: their close may need the prison alive.  The user reference
 * last, when nothing of the process can act any more.
 */
void
proc_exit(struct proc *p, int code)
{
	struct proc *parent;

	PROC_LOCK(p);
	p->p_flag |= P_WEXIT;
	PROC_UNLOCK(p);
	/* A signal that ends it has done its work. */
	waitq_signal_clear(curthread);
	funsetownlst(&p->p_sigiolst);
	fdescfree(curthread, p->p_fd);
	p->p_fd = NULL;
	sx_xlock(&allproc_lock);
	LIST_REMOVE(p, p_list);
	LIST_INSERT_HEAD(&zombproc, p, p_list);
	prison_proc_unlink(p->p_ucred->cr_prison, p);
	exit_reparent(p);
	parent = p->p_pptr;
	/*
	 * With both locks, as the parent is told at this point: the prison's
	 * last user reference must not need a sleep.
	 */
	PROC_LOCK(parent);
	PROC_LOCK(p);
	prison_proc_free(p->p_ucred->cr_prison);
	p->p_xexit = code;
	p->p_state = PRS_ZOMBIE;
	PROC_UNLOCK(p);
	PROC_UNLOCK(parent);
	sx_xunlock(&allproc_lock);
}

/* With the credential may go the jail's last reference. */
void
proc_reap(struct proc *p)
{
	KASSERT(p->p_state == PRS_ZOMBIE,
	    ("proc_reap: pid %d is not a zombie", (int)p->p_pid));
	sx_xlock(&allproc_lock);
	LIST_REMOVE(p, p_list);
	LIST_REMOVE(p, p_sibling);
	sx_xunlock(&allproc_lock);
	proc_unset_cred(p);
	proc_destroy(p);
}
