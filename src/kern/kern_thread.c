/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads: what stands behind curthread, and the host's ways of starting one.
 *
 * A thread of a user process (vs_run(), vs_thread_create()) and a kernel
 * thread (kthread_add()) are the same thing; the former belongs to a process
 * of its own and runs the caller's code between system calls.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <setjmp.h>
#include <stdio.h>

#include "boot.h"
#include "host.h"
#include "witness.h"

struct thread thread0;

/*
 * The list of all threads.  A spin lock of the simplest kind, because it is
 * needed before there are locks and by the code that implements them.
 */
static LIST_HEAD(threadlist, thread) allthreads;
static struct threadlist freethreads;	/* struct threads to be used again */
static int allthreads_lock;
static int nthreads;
static int lasttid;

/* A thread of a user process, as its creator sees it. */
struct vs_thread {
	struct thread	*vt_td;
	struct proc	*vt_proc;	/* until it is reaped */
	struct host_thread *vt_host;
	void		(*vt_fn)(void *);
	void		*vt_arg;
	sigjmp_buf	vt_killed;	/* where a killed thread goes on */
};

static void
allthreads_enter(void)
{
	while (__atomic_exchange_n(&allthreads_lock, 1, __ATOMIC_ACQUIRE) != 0)
		host_spinwait();
}

static void
allthreads_exit(void)
{
	__atomic_store_n(&allthreads_lock, 0, __ATOMIC_RELEASE);
}

static void
thread_init(struct thread *td, const char *name, int flags)
{
	strlcpy(td->td_name, name, sizeof(td->td_name));
	td->td_flags = flags;
	td->td_priority = PUSER;
	SLIST_INIT(&td->td_epochs);
	allthreads_enter();
	td->td_tid = 100000 + lasttid++;
	td->td_oncpu = td->td_tid % mp_ncpus;
	allthreads_exit();
}

void
thread_startup(void)
{
	LIST_INIT(&allthreads);
	nthreads = 0;
	lasttid = 0;
	mp_ncpus = host_ncpus();
	thread_init(&thread0, "swapper", TDF_KTHREAD);
	thread0.td_proc = &proc0;
	LIST_INSERT_HEAD(&allthreads, &thread0, td_list);
	TAILQ_INIT(&proc0.p_threads);
	TAILQ_INSERT_TAIL(&proc0.p_threads, &thread0, td_plist);
}

int
thread_count(void)
{
	return (__atomic_load_n(&nthreads, __ATOMIC_ACQUIRE));
}

void
thread_foreach(void (*fn)(struct thread *, void *), void *arg)
{
	struct thread *td;
	bool quiet;

	/* Who is let go on in between would spin here for good. */
	quiet = host_quiet(true);
	allthreads_enter();
	LIST_FOREACH(td, &allthreads, td_list)
		fn(td, arg);
	allthreads_exit();
	(void)host_quiet(quiet);
}

/* A fresh one is cleared as a whole, see proc.h for the others. */
struct thread *
thread_alloc(const char *name, int flags)
{
	struct thread *td = NULL;

	allthreads_enter();
	if (!host_heap_fresh() && (td = LIST_FIRST(&freethreads)) != NULL)
		LIST_REMOVE(td, td_list);
	allthreads_exit();
	if (td == NULL) {
		td = host_alloc(sizeof(*td));
		memset(td, 0, sizeof(*td));
	} else {
		/* What its last thread did is over. */
		host_usable(td, td, sizeof(*td));
		memset(&td->td_startzero, 0, sizeof(*td) -
		    offsetof(struct thread, td_startzero));
	}
	thread_init(td, name, flags);
	return (td);
}

void
thread_link(struct thread *td, struct proc *p)
{
	td->td_proc = p;
	td->td_ucred = crcowget(p->p_ucred);
	allthreads_enter();
	LIST_INSERT_HEAD(&allthreads, td, td_list);
	TAILQ_INSERT_TAIL(&p->p_threads, td, td_plist);
	nthreads++;
	allthreads_exit();
}

/*
 * The checks come first, while the thread can still be named and seen; its
 * credential goes last, because giving it up may free a jail.
 */
void
thread_unlink(struct thread *td)
{
	WITNESS_THREAD_EXIT(td);
	epoch_thread_exit(td);
	crcowfree(td);
	allthreads_enter();
	LIST_REMOVE(td, td_list);
	TAILQ_REMOVE(&td->td_proc->p_threads, td, td_plist);
	nthreads--;
	allthreads_exit();
	witness_thread_free(td);
}

void
thread_free(struct thread *td)
{
	allthreads_enter();
	LIST_INSERT_HEAD(&freethreads, td, td_list);
	allthreads_exit();
}

void
thread_shutdown(void)
{
	struct thread *td;

	while ((td = LIST_FIRST(&freethreads)) != NULL) {
		LIST_REMOVE(td, td_list);
		host_free(td);
	}
}

/*
 * A thread of a user process.  It starts as a thread of proc0, so that it can
 * make its own process, and ends as one, so that somebody has given up the
 * credential before the process is waited for.
 */
static void
user_enter(struct vs_thread *vt)
{
	struct proc *parent;
	int error __diagused;

	parent = vt->vt_proc != NULL ? vt->vt_proc : &proc0;
	error = proc_create(parent, &vt->vt_proc);
	MPASS(error == 0);
	thread_link(vt->vt_td, vt->vt_proc);
	strlcpy(vt->vt_proc->p_comm, vt->vt_td->td_name,
	    sizeof(vt->vt_proc->p_comm));
}

static void
user_main(void *arg)
{
	struct vs_thread *vt = arg;

	curthread = vt->vt_td;
	curthread->td_host = host_self();
	curthread->td_user = vt;
	proc_start(vt->vt_proc);
	VS_POINT(VS_OP_THREAD_START, curthread);
	if (sigsetjmp(vt->vt_killed, 0) == 0 && !proc_killed(vt->vt_proc))
		vt->vt_fn(vt->vt_arg);
	VS_POINT(VS_OP_THREAD_EXIT, curthread);
	userret(curthread);
	proc_exit(vt->vt_proc, 0);
	thread_unlink(curthread);
	curthread = NULL;
}

void
thread_check_killed(void)
{
	struct vs_thread *vt = curthread->td_user;

	if (vt != NULL && proc_killed(curproc))
		siglongjmp(vt->vt_killed, 1);
}

static struct vs_thread *
user_alloc(void (*fn)(void *), void *arg, const char *name)
{
	struct vs_thread *vt;

	vt = host_alloc(sizeof(*vt));
	memset(vt, 0, sizeof(*vt));
	vt->vt_fn = fn;
	vt->vt_arg = arg;
	vt->vt_td = thread_alloc(name, 0);
	if (curthread != NULL)
		vt->vt_proc = curproc;
	return (vt);
}

static void
user_create(void *arg)
{
	struct vs_thread *vt = arg;

	user_enter(vt);
	vt->vt_host = host_thread_start(user_main, vt, vt->vt_td->td_name);
}

/* wait(2) */
static void
user_reap(void *arg)
{
	struct vs_thread *vt = arg;

	proc_reap(vt->vt_proc);
	thread_free(vt->vt_td);
	host_free(vt);
}

/* Kernel code on a pool thread, for somebody who is no kernel thread. */
struct kernel_call {
	void		(*fn)(void *);
	void		*arg;
	struct thread	*td;
};

static void
kernel_call_main(void *arg)
{
	struct kernel_call *call = arg;

	curthread = call->td;
	curthread->td_host = host_self();
	thread_link(curthread, &proc0);
	call->fn(call->arg);
	thread_unlink(curthread);
	curthread = NULL;
}

bool
kernel_call(const char *name, void (*fn)(void *), void *arg)
{
	struct kernel_call call = { .fn = fn, .arg = arg };

	if (curthread != NULL) {
		fn(arg);
		return (true);
	}
	if (host_dying())
		return (false);
	call.td = thread_alloc(name, TDF_KTHREAD);
	if (!host_thread_join(host_thread_start(kernel_call_main, &call, name)))
		return (false);
	thread_free(call.td);
	return (true);
}

/* Without a kernel there is nothing to run on, and no outcome to wait for. */
static void
kernel_required(const char *func)
{
	if (host_generation() == 0)
		host_fatal("%s: no kernel is running", func);
}

struct vs_thread *
vs_thread_create(void (*fn)(void *), void *arg, const char *name)
{
	struct vs_thread *vt;

	if (host_dying())
		return (NULL);
	kernel_required(__func__);
	host_signals_renew();
	vt = user_alloc(fn, arg, name);
	if (!kernel_call("fork", user_create, vt))
		return (NULL);
	return (vt);
}

const struct vs_outcome *
vs_thread_join(struct vs_thread *vt)
{
	if (vt != NULL && host_thread_join(vt->vt_host) &&
	    kernel_call("wait", user_reap, vt))
		return (NULL);
	return (host_outcome_wait(INT64_MAX));
}

/* The whole life of a process on one pool thread, for vs_run(). */
static void
run_main(void *arg)
{
	struct vs_thread *vt = arg;
	struct thread *td;

	td = thread_alloc("run", TDF_KTHREAD);
	curthread = td;
	td->td_host = host_self();
	thread_link(td, &proc0);
	user_enter(vt);
	user_main(vt);
	curthread = td;
	user_reap(vt);
	thread_unlink(td);
	curthread = NULL;
	thread_free(td);
}

const struct vs_outcome *
vs_run(void (*fn)(void *), void *arg)
{
	struct vs_thread *vt;

	if (!host_dying()) {
		kernel_required(__func__);
		host_signals_renew();
		vt = user_alloc(fn, arg, "main");
		/* A process of the host's, whoever asks. */
		vt->vt_proc = NULL;
		if (host_thread_join(host_thread_start(run_main, vt, "main")))
			return (host_outcome());
	}
	return (host_outcome_wait(INT64_MAX));
}
