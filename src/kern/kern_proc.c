/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Processes: the list of them, proc0, and signals as far as they matter.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include "boot.h"
#include "jail_private.h"
#include "proc_private.h"
#include "waitq.h"

static MALLOC_DEFINE(M_PROC, "proc", "process structures");

struct proclist allproc;
struct proclist zombproc;
struct sx allproc_lock;
SX_SYSINIT(allproc_lock, &allproc_lock, "allproc");
struct proc proc0;

/* Process locks are taken in pairs, parent and child. */
static void
proc_init(struct proc *p)
{
	mtx_init(&p->p_mtx, "process lock", NULL, MTX_DEF | MTX_DUPOK);
	LIST_INIT(&p->p_children);
	p->p_state = PRS_NEW;
}

struct proc *
proc_alloc(void)
{
	struct proc *p;

	p = malloc(sizeof(*p), M_PROC, M_WAITOK | M_ZERO);
	proc_init(p);
	TAILQ_INIT(&p->p_threads);
	return (p);
}

void
proc_destroy(struct proc *p)
{
	mtx_destroy(&p->p_mtx);
	free(p, M_PROC);
}

/*
 * proc0 stands for the kernel and for init: it has the kernel's threads, and
 * the children of processes that have ended.  The references on prison0 that
 * its credential and itself are worth came with prison0.
 */
static void
proc0_init(void *arg __unused)
{
	struct proc *p = &proc0;
	struct ucred *cr;

	LIST_INIT(&allproc);
	LIST_INIT(&zombproc);
	proc_init(p);
	p->p_pid = 0;
	p->p_fibnum = p->p_rootjid = 0;
	p->p_attaching = false;
	p->p_sig = 0;
	p->p_flag = P_SYSTEM;
	p->p_state = PRS_NORMAL;
	strlcpy(p->p_comm, "kernel", sizeof(p->p_comm));
	cr = crget();
	cr->cr_ngroups = 1;
	cr->cr_prison = &prison0;
	p->p_ucred = crcowget(cr);
	crfree(cr);
	thread0.td_ucred = crcowget(p->p_ucred);
	p->p_fd = fdinit();
	sx_xlock(&allproc_lock);
	LIST_INSERT_HEAD(&allproc, p, p_list);
	prison_proc_link(&prison0, p);
	sx_xunlock(&allproc_lock);
}
SYSINIT(proc0, SI_SUB_INTRINSIC, SI_ORDER_FIRST, proc0_init, NULL);

/*
 * Whoever still holds the credential keeps it, and is found in the ledger;
 * prison0 is not freed with it.
 */
static void
proc0_uninit(void *arg __unused)
{
	struct proc *p = &proc0;
	struct ucred *cr = p->p_ucred;

	fdescfree(&thread0, p->p_fd);
	p->p_fd = NULL;
	sx_xlock(&allproc_lock);
	prison_proc_unlink(&prison0, p);
	LIST_REMOVE(p, p_list);
	sx_xunlock(&allproc_lock);
	crcowfree(&thread0);
	if (cr->cr_ref == 1) {
		cr->cr_prison = NULL;
		prison0_rele();
	}
	proc_unset_cred(p);
	mtx_destroy(&p->p_mtx);
}
SYSUNINIT(proc0, SI_SUB_INTRINSIC, SI_ORDER_FIRST, proc0_uninit, NULL);

/*
 * The lock is taken before the list is let go, or the process might exit in
 * between.
 */
struct proc *
pfind(pid_t pid)
{
	struct proc *p;

	sx_slock(&allproc_lock);
	FOREACH_PROC_IN_SYSTEM(p) {
		if (p->p_pid == pid) {
			PROC_LOCK(p);
			break;
		}
	}
	sx_sunlock(&allproc_lock);
	return (p);
}

/* For every thread: is it one of the process's? */
static void
psignal_thread(struct thread *td, void *arg)
{
	if (td->td_proc == arg)
		waitq_signal(td, EINTR);
}

/* No process of ours catches or ignores a signal: what is done by default. */
static bool
sig_is_fatal(int sig)
{
	switch (sig) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGKILL:
	case SIGALRM:
	case SIGTERM:
		return (true);
	}
	return (false);
}

/* The first fatal signal wins; an exiting process has no use for one. */
void
kern_psignal(struct proc *p, int sig)
{
	PROC_LOCK_ASSERT(p, MA_OWNED);
	if (!sig_is_fatal(sig) || p->p_sig != 0 || (p->p_flag & P_WEXIT) != 0)
		return;
	__atomic_store_n(&p->p_sig, sig, __ATOMIC_RELAXED);
	thread_foreach(psignal_thread, p);
}

/* Signal 0 only asks whether it would be allowed. */
int
kern_kill(struct thread *td, pid_t pid, int sig)
{
	struct proc *p;
	int error;

	if (sig < 0 || sig > SIGRTMAX)
		return (EINVAL);
	if ((p = pfind(pid)) == NULL)
		return (ESRCH);
	error = p_cansignal(td, p, sig);
	if (error == 0 && sig != 0)
		kern_psignal(p, sig);
	PROC_UNLOCK(p);
	return (error);
}
