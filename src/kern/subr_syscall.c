/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The gate between user code and the kernel.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <net/vnet.h>

#include "boot.h"
#include "host.h"

/*
 * What stands in for a host thread that calls the kernel: a process with one
 * thread, which runs on a pool thread for as long as a call lasts.
 * Locks: (l) standins_lock, (h) only the host thread or its call.
 */
struct standin {
	LIST_ENTRY(standin) si_list;	/* (l) */
	struct thread	*si_td;		/* (h) */
	struct proc	*si_proc;	/* (h) */
	syscall_fn	*si_fn;		/* (h) the call being made */
	void		*si_args;	/* (h) */
	int		si_error;	/* (h) */
};

static LIST_HEAD(, standin) standins = LIST_HEAD_INITIALIZER(standins);
static struct mtx standins_lock;
MTX_SYSINIT(standins, &standins_lock, "standins", MTX_DEF);

/* The stand-in of this host thread, and the kernel that it belongs to. */
static _Thread_local struct standin *standin
    __attribute__((tls_model("initial-exec")));
static _Thread_local unsigned long standin_generation
    __attribute__((tls_model("initial-exec")));

#ifdef INVARIANTS
/* Counts of a thread that must be zero, in the order of the checks. */
static const struct userret_check {
	size_t		offset;
	const char	*text;		/* may print the count */
} userret_checks[] = {
	{ offsetof(struct thread, td_critnest), "in a critical section" },
	{ offsetof(struct thread, td_locks), "with %d locks held" },
	{ offsetof(struct thread, td_rw_rlocks),
	    "with %d rwlocks held in read mode" },
	{ offsetof(struct thread, td_sx_slocks),
	    "with %d sx locks held in shared mode" },
	{ offsetof(struct thread, td_lk_slocks),
	    "with %d lockmanager locks held in shared mode" },
	{ offsetof(struct thread, td_no_sleeping), "with sleep disabled" },
	{ offsetof(struct thread, td_pinned), "with pinned thread" },
};

static void
userret_counts(struct thread *td)
{
	char text[64];
	int count;

	for (size_t i = 0; i < nitems(userret_checks); i++) {
		count = *(int *)((char *)td + userret_checks[i].offset);
		if (count == 0)
			continue;
		if (userret_checks[i].offset ==
		    offsetof(struct thread, td_no_sleeping))
			epoch_trace_userret(td);
		snprintf(text, sizeof(text), userret_checks[i].text, count);
		kassert_panic("userret: Returning %s", text);
	}
}
#endif

/*
 * Everything that must be back to nothing when user code goes on.  The order
 * is FreeBSD's, so that the first failing check names the panic.
 */
void
userret(struct thread *td)
{
	WITNESS_WARN(WARN_PANIC, NULL, "userret: returning");
#ifdef INVARIANTS
	userret_counts(td);
	if (td->td_vnet != NULL)
		kassert_panic("%s: Returning on td %p (pid %d, %s) with vnet "
		    "%p set in %s", __func__, td, (int)td->td_proc->p_pid,
		    td->td_name, td->td_vnet, td->td_vnet_lpush != NULL ?
		    td->td_vnet_lpush : "N/A");
#else
	(void)td;
#endif
}

/*
 * A process may change its credential, but every thread looks at its own
 * copy: it is brought up to date on the way in.
 */
static int
syscall_direct(struct thread *td, syscall_fn *fn, void *args)
{
	int error;

	VS_POINT(VS_OP_SYSCALL, td);
	thread_cow_update(td);
	td->td_retval[0] = td->td_retval[1] = 0;
	error = fn(td, args);
	userret(td);
	thread_check_killed();
	return (error);
}

static void
standin_create(struct standin *si)
{
	int error __diagused;

	error = proc_create(&proc0, &si->si_proc);
	MPASS(error == 0);
	si->si_td = thread_alloc("host thread", 0);
	thread_link(si->si_td, si->si_proc);
	proc_start(si->si_proc);
	mtx_lock(&standins_lock);
	LIST_INSERT_HEAD(&standins, si, si_list);
	mtx_unlock(&standins_lock);
}

static void
standin_destroy(struct standin *si)
{
	struct thread *td = si->si_td;

	proc_exit(si->si_proc, 0);
	thread_unlink(td);
	proc_reap(si->si_proc);
	thread_free(td);
	host_free(si);
}

static void
standin_call(void *arg)
{
	struct standin *si = arg;
	struct thread *td = curthread;

	if (si->si_td == NULL)
		standin_create(si);
	curthread = si->si_td;
	curthread->td_host = host_self();
	si->si_error = syscall_direct(si->si_td, si->si_fn, si->si_args);
	curthread = td;
}

static void
standin_end_call(void *arg)
{
	struct standin *si = arg;

	mtx_lock(&standins_lock);
	LIST_REMOVE(si, si_list);
	mtx_unlock(&standins_lock);
	standin_destroy(si);
}

/* A host thread ended and left its stand-in behind. */
static void
standin_abandoned(void *arg)
{
	static const char msg[] =
	    "a host thread ended while it was known to the kernel\n";

	if (standin == NULL || arg != standin ||
	    standin_generation != host_generation() || host_dying())
		return;
	host_console_write(msg, sizeof(msg) - 1);
	kernel_call("exit", standin_end_call, arg);
	standin = NULL;
}

static struct standin *
standin_get(void)
{
	if (standin == NULL || standin_generation != host_generation()) {
		standin = host_alloc(sizeof(*standin));
		memset(standin, 0, sizeof(*standin));
		standin_generation = host_generation();
		host_at_thread_end(standin_abandoned, standin);
	}
	return (standin);
}

int
syscall_run(const char *name, syscall_fn *fn, void *args)
{
	struct standin *si;

	if (curthread != NULL)
		return (syscall_direct(curthread, fn, args));
	if (host_generation() == 0 || host_dying())
		return (ENXIO);
	si = standin_get();
	si->si_fn = fn;
	si->si_args = args;
	if (!kernel_call(name, standin_call, si))
		return (ENXIO);
	return (si->si_error);
}

void
syscall_shutdown(void)
{
	struct standin *si;

	mtx_lock(&standins_lock);
	while ((si = LIST_FIRST(&standins)) != NULL) {
		LIST_REMOVE(si, si_list);
		mtx_unlock(&standins_lock);
		standin_destroy(si);
		mtx_lock(&standins_lock);
	}
	mtx_unlock(&standins_lock);
}
