/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * New processes.
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

#include "bugs.h"
#include "jail_private.h"
#include "proc_private.h"

static pid_t lastpid;		/* allproc_lock */

static bool
pid_in_use(const struct proclist *list, pid_t pid)
{
	const struct proc *p;

	LIST_FOREACH(p, list, p_list)
		if (p->p_pid == pid)
			return (true);
	return (false);
}

/*
 * The next pid, or 0.  Until they have gone round once they need not be
 * looked for.
 */
static pid_t
pid_next(void)
{
	static bool wrapped;		/* allproc_lock */
	int tries;

	for (tries = 0; tries < PID_MAX; tries++) {
		if (++lastpid > PID_MAX) {
			lastpid = 1;
			wrapped = true;
		}
		if (!wrapped || (!pid_in_use(&allproc, lastpid) &&
		    !pid_in_use(&zombproc, lastpid)))
			return (lastpid);
	}
	return (0);
}

/* Makes the process known, to killers too, who pass it over for now. */
static int
fork_link(struct proc *p, struct proc *parent)
{
	sx_xlock(&allproc_lock);
	if ((p->p_pid = pid_next()) == 0) {
		sx_xunlock(&allproc_lock);
		return (EAGAIN);
	}
	LIST_INSERT_HEAD(&allproc, p, p_list);
	prison_proc_link(p->p_ucred->cr_prison, p);
	p->p_pptr = parent;
	LIST_INSERT_HEAD(&parent->p_children, p, p_sibling);
	sx_xunlock(&allproc_lock);
	return (0);
}

/*
 * The prison's user reference comes before the process can be seen, so that
 * no killer finds a process which its prison does not count.
 */
int
proc_create(struct proc *parent, struct proc **procp)
{
	struct proc *p;
	int error;

	p = proc_alloc();
	PROC_LOCK(parent);
	p->p_ucred = crcowget(parent->p_ucred);
	p->p_fibnum = parent->p_fibnum;
	p->p_rootjid = parent->p_rootjid;
	p->p_flag = parent->p_flag & P_SUGID;
	/* The parent is in the prison: the count is not zero. */
	prison_proc_hold(p->p_ucred->cr_prison);
	PROC_UNLOCK(parent);
	p->p_fd = parent == &proc0 ? fdinit() : fdcopy(parent->p_fd);
	if ((error = fork_link(p, parent)) != 0) {
		fdescfree(curthread, p->p_fd);
		prison_proc_free(p->p_ucred->cr_prison);
		proc_unset_cred(p);
		proc_destroy(p);
		return (error);
	}
	*procp = p;
	return (0);
}

void
proc_start(struct proc *p)
{
	PROC_LOCK(p);
	p->p_state = PRS_NORMAL;
	/*
	 * fork-survives-jail-removal: killers have passed it over, and it
	 * does not ask.
	 */
	if (!prison_isalive(p->p_ucred->cr_prison) &&
	    !BUG(FORK_SURVIVES_REMOVAL))
		kern_psignal(p, SIGKILL);
	PROC_UNLOCK(p);
}
