/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The end of a run.
 *
 * A run ends in two steps.  The claim makes one thread the dying one: from
 * then on the others are held at their next scheduling point, while it looks
 * at the kernel and writes its report.  Publishing the outcome wakes all that
 * sleep, so that they are held too, and those outside that wait.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <vnetsim/vnetsim.h>

#include "control.h"

/*
 * Written under host_pool_lock, which serializes the steps with the start of
 * threads; the atomics are also read without.
 */
static _Atomic bool stopping;		/* threads are to be held */
static _Atomic uint32_t published;	/* `outcome` is complete: a futex */
static _Atomic(struct host_thread *) claimant;
static struct vs_outcome outcome;	/* claimant's, then constant */
/* How long to wait for threads that never reach a scheduling point. */
static _Atomic int64_t grace = (int64_t)5 * 1000000000;
static struct host_lock grace_lock;
static bool grace_over;			/* grace_lock: stragglers are stopped */

/* Kernels of this process so far, and which of them lives (0: none). */
static unsigned long boots, generation;

static void	hold_point(enum vs_op, const volatile void *);

bool
host_stopping(void)
{
	return (atomic_load(&stopping));
}

bool
host_published(void)
{
	return (atomic_load(&published) != 0);
}

bool
host_dying(void)
{
	return (host_stopping() || host_published());
}

bool
host_dying_here(void)
{
	return (host_stopping() && atomic_load(&claimant) == host_self());
}

bool
host_stopping_me(void)
{
	return (host_stopping() && host_in_kernel() && !host_dying_here());
}

/* The listener during a halt. */
static void
hold_point(enum vs_op op, const volatile void *object)
{
	(void)op;
	(void)object;
	if (host_stopping_me())
		host_hold();
}

/* Names out of freed memory are not text; whoever prints an outcome may. */
static void
make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if ((*text < ' ' && *text != '\n' && *text != '\t') ||
		    *text >= 0x7f)
			*text = '?';
}

static void
outcome_set(enum vs_kind kind, const char *message, const char *thread)
{
	outcome.kind = kind;
	if (message != NULL)
		snprintf(outcome.message, sizeof(outcome.message), "%s",
		    message);
	make_printable(outcome.message);
	if (thread == NULL && outcome.thread[0] == '\0')
		thread = host_thread_name();
	if (thread != NULL)
		snprintf(outcome.thread, sizeof(outcome.thread), "%s", thread);
}

static bool
claim(enum vs_kind kind, const char *message, const char *thread)
{
	/* A host thread that is seen for the first time takes the lock. */
	struct host_thread *self = host_self();
	bool mine;

	host_lock_enter(&host_pool_lock);
	mine = !host_dying();
	if (mine) {
		memset(&outcome, 0, sizeof(outcome));
		outcome_set(kind, message, thread);
		atomic_store(&claimant, self);
		atomic_store(&stopping, true);
		__atomic_store_n(&vs_listener, hold_point, __ATOMIC_RELEASE);
	} else
		mine = host_dying_here();
	host_lock_leave(&host_pool_lock);
	return (mine);
}

bool
host_halt(enum vs_kind kind, const char *message, const char *thread)
{
	bool mine = claim(kind, message, thread);

	if (!mine && host_in_kernel())
		host_hold();
	return (mine);
}

/* A report for those who brought none. */
static char *
plain_report(void)
{
	struct host_text text = { 0 };
	char stack[4096];

	host_backtrace(stack, sizeof(stack), 1);
	host_text_add(&text, "%s: %s\nthread: %s\n%s",
	    vs_kind_name(outcome.kind), outcome.message, outcome.thread,
	    stack);
	return (text.text);
}

/* The claimant's second step. */
static void
publish(enum vs_kind kind, const char *message, const char *thread,
    char *report)
{
	outcome_set(kind, message, thread);
	if (report == NULL)
		report = plain_report();
	make_printable(report);
	outcome.report = report;
	host_lock_enter(&host_pool_lock);
	atomic_store(&published, 1);
	host_threads_halt();
	host_lock_leave(&host_pool_lock);
	host_futex_wake(&published, INT_MAX);
}

void
host_die(enum vs_kind kind, const char *message, const char *thread,
    char *report)
{
	/* Dying while dying: the first outcome stays. */
	if (host_halt(kind, message, thread) && !host_published())
		publish(kind, message, thread, report);
	if (host_in_kernel())
		host_hold();
	/* A host thread in kernel code: there is nobody to hand it to. */
	host_fatal("%s\n%s", message, outcome.report);
}

void
host_die_blocked(void)
{
	struct host_text text = { 0 };

	if (!host_dying_here() || host_published())
		return;
	host_text_add(&text, "%s: %s\nthread: %s\n"
	    "(the thread blocked while it was writing its report)\n",
	    vs_kind_name(outcome.kind), outcome.message, outcome.thread);
	host_die(outcome.kind, NULL, NULL, text.text);
}

void
host_verdict(enum vs_kind kind, const char *message, const char *thread,
    char *report)
{
	if (claim(kind, message, thread) && !host_published())
		publish(kind, message, thread, report);
	/* The caller has no privilege: if a kernel thread, it is held, too. */
	if (host_dying_here())
		atomic_store(&claimant, NULL);
}

const struct vs_outcome *
host_outcome(void)
{
	return (host_published() ? &outcome : NULL);
}

const struct vs_outcome *
vs_outcome(void)
{
	return (host_outcome());
}

bool
host_await_quiet(int64_t deadline)
{
	uint32_t busy;

	while ((busy = atomic_load(&host_busy)) != 0)
		if (!host_futex_wait(&host_busy, busy, deadline))
			break;
	return (atomic_load(&host_busy) == 0);
}

void
host_halt_grace(int64_t ns)
{
	atomic_store(&grace, ns);
}

static void
add_running(struct host_thread *thread, void *arg)
{
	host_text_add(arg, "thread %s never came to a scheduling point\n",
	    thread->name);
}

static void
add_stopped(struct host_thread *thread, void *arg)
{
	uintptr_t at = atomic_load(&thread->stopped_at);
	char where[256];

	if (at == 0)
		return;
	host_symbol((void *)(at + 1), where, sizeof(where));
	host_text_add(arg, "thread %s never came to a scheduling point; "
	    "it was stopped in %s\n", thread->name, where);
}

/* The stragglers' time is over: stops them, and names them in the report. */
static void
end_grace(void)
{
	struct host_text text = { 0 };

	host_lock_enter(&grace_lock);
	if (!grace_over && atomic_load(&host_busy) != 0) {
		host_signals_stop();
		host_text_add(&text, "%s", outcome.report);
		host_threads_each(true, add_stopped, &text);
		host_threads_each(false, add_running, &text);
		outcome.report = text.text;
		grace_over = true;
	}
	host_lock_leave(&grace_lock);
}

const struct vs_outcome *
host_outcome_wait(int64_t deadline)
{
	/* In a controlled run there is nobody who could publish meanwhile. */
	while (!host_published() && !host_controlled())
		if (!host_futex_wait(&published, 0, deadline))
			break;
	if (!host_published())
		return (NULL);
	if (host_stopping_me())
		host_hold();
	if (host_stopping() &&
	    !host_await_quiet(host_clock() + atomic_load(&grace)))
		end_grace();
	return (&outcome);
}

const struct vs_outcome *
vs_outcome_wait(unsigned ms)
{
	return (host_outcome_wait(host_clock() + (int64_t)ms * 1000000));
}

bool
host_reset(void)
{
	/* Whoever ended the run need not have waited. */
	(void)host_outcome_wait(0);
	if (!host_threads_reset())
		return (false);
	host_lock_enter(&host_pool_lock);
	__atomic_store_n(&vs_listener, NULL, __ATOMIC_RELAXED);
	atomic_store(&stopping, false);
	atomic_store(&claimant, NULL);
	host_lock_leave(&host_pool_lock);
	host_heap_sweep();
	host_image_restore();
	host_objects_close();
	return (true);
}

void
host_begin(void)
{
	atomic_store(&published, 0);
	host_lock_enter(&grace_lock);
	grace_over = false;
	host_lock_leave(&grace_lock);
	memset(&outcome, 0, sizeof(outcome));
	host_text_release();
	host_console_reset();
	__atomic_store_n(&generation, ++boots, __ATOMIC_RELEASE);
}

void
host_resume(unsigned long which)
{
	host_text_release();
	atomic_store(&published, 0);
	atomic_store(&stopping, false);
	atomic_store(&claimant, NULL);
	__atomic_store_n(&generation, which, __ATOMIC_RELEASE);
}

void
host_abandon(void)
{
	host_image_restore();
	host_objects_close();
	host_resume(0);
}

unsigned long
host_generation(void)
{
	return (__atomic_load_n(&generation, __ATOMIC_ACQUIRE));
}

void
host_end(void)
{
	__atomic_store_n(&generation, 0, __ATOMIC_RELEASE);
}

const char *
vs_kind_name(enum vs_kind kind)
{
	static const char *const names[] = {
		[VS_CLEAN] = "clean",
		[VS_PANIC] = "panic",
		[VS_ASSERT] = "assertion",
		[VS_WITNESS] = "witness",
		[VS_DEADLOCK] = "deadlock",
		[VS_USE_AFTER_FREE] = "use after free",
		[VS_LEAK] = "leak",
		[VS_LIVELOCK] = "livelock",
		[VS_SIGNAL] = "signal",
		[VS_LOST_WAKEUP] = "lost wakeup",
		[VS_OVERRUN] = "overrun",
		[VS_RACE] = "data race",
		[VS_EXPECTATION] = "expectation",
	};

	if ((size_t)kind >= sizeof(names) / sizeof(names[0]))
		return ("unknown");
	return (names[kind]);
}
