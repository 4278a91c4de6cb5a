/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * OS threads in a pool, and parking.
 */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

/* Sanitizers' frames are several times as big. */
#define	STACK_SIZE	((HOST_ASAN || HOST_TSAN ? 4 : 1) * 512 * 1024)
/* Looks at a word before going to sleep on it: about a microsecond. */
#define	SPINS		40

enum {
	WORK_READY = 1,
	WORK_ASLEEP = 2,
};

const struct host_control *host_control;

_Thread_local struct thread *vs_curthread;
static _Thread_local struct host_thread *thread_self
    __attribute__((tls_model("initial-exec")));

struct host_lock host_pool_lock;
static struct host_thread *all;		/* host_pool_lock */
static struct host_thread *idle;	/* host_pool_lock: waiting for work */
static struct host_thread *spare;	/* host_pool_lock: no thread behind */

_Atomic uint32_t host_busy;
/* Callers that are inside host_thread_join() and use a handle. */
static _Atomic uint32_t joiners;

static pthread_key_t self_key;
static int ncpus;

static void	*worker_main(void *);

/* --- who am I -------------------------------------------------------------- */

static struct host_thread *
thread_new(bool kernel)
{
	struct host_thread *thread;

	host_lock_enter(&host_pool_lock);
	if ((thread = spare) != NULL) {
		spare = thread->next;
	} else {
		if ((thread = calloc(1, sizeof(*thread))) == NULL)
			host_fatal("out of memory for a thread");
		thread->all_next = all;
		all = thread;
	}
	thread->kernel = kernel;
	snprintf(thread->name, sizeof(thread->name), "host");
	host_lock_leave(&host_pool_lock);
	atomic_store(&thread->token, 0);
	atomic_store(&thread->work, 0);
	return (thread);
}

static void
find_stack(struct host_thread *self)
{
	pthread_attr_t attr;
	void *low;
	size_t size;

	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		return;
	if (pthread_attr_getstack(&attr, &low, &size) == 0) {
		self->stack_low = (uintptr_t)low;
		self->stack_high = (uintptr_t)low + size;
	}
	pthread_attr_destroy(&attr);
}

/*
 * The OS thread is about to end; what it left to be done is done first, while
 * it is still known here.  This runs after its stack has been given up, so the
 * signal stack may serve another from now on.
 */
static void
thread_exit(void *arg)
{
	struct host_thread *thread = arg;

	if (thread->at_end != NULL)
		thread->at_end(thread->at_end_arg);
	thread->at_end = NULL;
	thread_self = NULL;
	host_lock_enter(&host_pool_lock);
	atomic_store(&thread->life, LIFE_DONE);
	thread->next = spare;
	spare = thread;
	atomic_store(&thread->held, false);
	host_lock_leave(&host_pool_lock);
}

static void
thread_enter(struct host_thread *self)
{
	thread_self = self;
	self->id = pthread_self();
	pthread_setspecific(self_key, self);
	find_stack(self);
}

struct host_thread *
host_self(void)
{
	struct host_thread *self = thread_self;

	if (__builtin_expect(self == NULL, 0)) {
		self = thread_new(false);
		thread_enter(self);
	}
	return (self);
}

void
host_thread_become(struct host_thread *self)
{
	thread_self = self;
}

void
host_at_thread_end(void (*fn)(void *), void *arg)
{
	struct host_thread *self = host_self();

	self->at_end = fn;
	self->at_end_arg = arg;
}

bool
host_in_kernel(void)
{
	return (thread_self != NULL && thread_self->kernel);
}

const char *
host_thread_name(void)
{
	return (host_self()->name);
}

int
host_ncpus(void)
{
	return (ncpus);
}

/* --- parking --------------------------------------------------------------- */

/*
 * Takes the token.  The low bit is the token; the sleeper announces itself in
 * the same word, so that whoever brings the token knows whether to wake it.
 */
static bool
park(int64_t deadline)
{
	struct host_thread *self = host_self();
	uint32_t v;

	if (host_stopping())
		host_die_blocked();
	if (host_controlled())
		return (host_control->park(deadline));
	for (int i = ncpus > 1 ? SPINS : 0; i > 0; i--) {
		v = atomic_load_explicit(&self->token, memory_order_relaxed);
		if (v != 0)
			break;
		host_spinwait();
	}
	v = atomic_fetch_or_explicit(&self->token, TOKEN_ASLEEP,
	    memory_order_relaxed) | TOKEN_ASLEEP;
	while ((v & (TOKEN_READY | TOKEN_HALT)) == 0) {
		if (!host_futex_wait(&self->token, v, deadline))
			break;
		v = atomic_load_explicit(&self->token, memory_order_relaxed);
	}
	v = atomic_fetch_and_explicit(&self->token,
	    ~(uint32_t)(TOKEN_READY | TOKEN_ASLEEP), memory_order_acquire);
	if ((v & TOKEN_HALT) != 0 && host_stopping_me())
		host_hold();
	return ((v & TOKEN_READY) != 0);
}

void
host_park(void)
{
	(void)park(HOST_NEVER);
}

bool
host_park_until(int64_t deadline)
{
	return (park(deadline));
}

void
host_unpark(struct host_thread *thread)
{
	uint32_t old;

	if (host_controlled()) {
		host_control->unpark(thread);
		return;
	}
	old = atomic_fetch_or_explicit(&thread->token, TOKEN_READY,
	    memory_order_release);
	if ((old & (TOKEN_ASLEEP | TOKEN_READY)) == TOKEN_ASLEEP)
		host_futex_wake(&thread->token, 1);
}

bool
host_running(const struct host_thread *thread)
{
	return ((atomic_load_explicit(&thread->token, memory_order_relaxed) &
	    TOKEN_ASLEEP) == 0);
}

void
host_yield(void)
{
	if (host_stopping_me())
		host_hold();
	if (host_controlled())
		host_control->yield();
	else
		sched_yield();
}

bool
host_quiet(bool quiet)
{
	return (host_controlled() && host_control->quiet(quiet));
}

/* --- the pool -------------------------------------------------------------- */

/*
 * The thread and its handle are given up separately; with the second of them
 * the thread is free for other work.
 */
static void
thread_drop(struct host_thread *thread)
{
	if (atomic_fetch_sub_explicit(&thread->refs, 1,
	    memory_order_acq_rel) != 1)
		return;
	host_lock_enter(&host_pool_lock);
	thread->next = idle;
	idle = thread;
	host_lock_leave(&host_pool_lock);
}

static void
handle_drop(struct host_thread *thread)
{
	if (atomic_exchange(&thread->handle, false))
		thread_drop(thread);
}

static void
worker_create(struct host_thread *thread)
{
	pthread_attr_t attr;
	pthread_t id;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&id, &attr, worker_main, thread);
	pthread_attr_destroy(&attr);
	if (error != 0)
		host_fatal("cannot create a thread: %s", strerror(error));
}

/* Sets up a life; pool lock held so that a halt cannot miss it. */
static void
thread_prepare(struct host_thread *thread, void (*fn)(void *), void *arg,
    const char *name)
{
	thread->fn = fn;
	thread->arg = arg;
	snprintf(thread->name, sizeof(thread->name), "%s", name);
	atomic_store(&thread->refs, 2);
	atomic_store(&thread->handle, true);
	atomic_store(&thread->leave, 0);
	atomic_store(&thread->stopped_at, 0);
	atomic_store(&thread->token, host_published() ? TOKEN_HALT : 0);
	atomic_store(&thread->life, LIFE_RUNNING |
	    (host_published() ? LIFE_HALT : 0));
	atomic_fetch_add(&host_busy, 1);
}

void
host_thread_launch(struct host_thread **handle, void (*fn)(void *), void *arg,
    const char *name)
{
	struct host_thread *thread, *fresh = NULL;

	if (host_controlled()) {
		host_control->launch(handle, fn, arg, name);
		return;
	}
	host_lock_enter(&host_pool_lock);
	if ((thread = idle) == NULL) {
		host_lock_leave(&host_pool_lock);
		thread = fresh = thread_new(true);
		host_lock_enter(&host_pool_lock);
	} else
		idle = thread->next;
	thread_prepare(thread, fn, arg, name);
	host_lock_leave(&host_pool_lock);

	*handle = thread;
	if ((atomic_exchange_explicit(&thread->work, WORK_READY,
	    memory_order_release) & WORK_ASLEEP) != 0)
		host_futex_wake(&thread->work, 1);
	if (fresh != NULL)
		worker_create(fresh);
}

struct host_thread *
host_thread_start(void (*fn)(void *), void *arg, const char *name)
{
	struct host_thread *thread;

	host_thread_launch(&thread, fn, arg, name);
	return (thread);
}

static void
await_work(struct host_thread *self)
{
	uint32_t v = 0;

	if (atomic_compare_exchange_strong(&self->work, &v, WORK_ASLEEP))
		v = WORK_ASLEEP;
	while ((v & WORK_READY) == 0) {
		(void)host_futex_wait(&self->work, v, HOST_NEVER);
		v = atomic_load_explicit(&self->work, memory_order_acquire);
	}
	atomic_store_explicit(&self->work, 0, memory_order_relaxed);
}

/* The name as debuggers see it; Linux has room for 15 characters. */
static void
set_name(struct host_thread *self)
{
#ifdef __linux__
	static _Thread_local char name[16];

	if (strncmp(name, self->name, sizeof(name) - 1) == 0)
		return;
	memcpy(name, self->name, sizeof(name) - 1);
	pthread_setname_np(pthread_self(), name);
#else
	(void)self;
#endif
}

/*
 * fn has returned.  The thread leaves host_busy before it is seen to be done:
 * whoever has joined the last thread finds nobody at large.
 */
static void
worker_done(struct host_thread *self)
{
	host_busy_drop();
	if ((atomic_exchange_explicit(&self->life, LIFE_DONE,
	    memory_order_acq_rel) & LIFE_WAITED) != 0)
		host_futex_wake(&self->life, INT_MAX);
	thread_drop(self);
}

static void *
worker_main(void *arg)
{
	struct host_thread *self = arg;

	thread_enter(self);
	/* Where a walk along the frame pointers ends. */
	self->stack_high = (uintptr_t)__builtin_frame_address(0);
	host_signals_thread(self);
	/* It ends in host_hold(), or never. */
	for (;;) {
		await_work(self);
		set_name(self);
		if (host_stopping())
			host_hold();
		self->fn(self->arg);
		vs_curthread = NULL;
		worker_done(self);
	}
}

/* Waits until the thread is done or the run is over; returns its life. */
static uint32_t
await_end(struct host_thread *thread)
{
	uint32_t life;

	life = atomic_load_explicit(&thread->life, memory_order_acquire);
	while ((life & (LIFE_DONE | LIFE_HALT)) == 0) {
		if ((life & LIFE_WAITED) != 0 ||
		    atomic_compare_exchange_strong(&thread->life, &life,
		    life | LIFE_WAITED))
			(void)host_futex_wait(&thread->life,
			    life | LIFE_WAITED, HOST_NEVER);
		life = atomic_load_explicit(&thread->life,
		    memory_order_acquire);
	}
	return (life);
}

bool
host_thread_join(struct host_thread *thread)
{
	bool done;

	if (host_controlled())
		return (host_control->join(thread));
	atomic_fetch_add(&joiners, 1);
	done = (await_end(thread) & LIFE_DONE) != 0;
	handle_drop(thread);
	atomic_fetch_sub(&joiners, 1);
	if (!done && host_stopping_me())
		host_hold();
	return (done);
}

void
host_thread_detach(struct host_thread *thread)
{
	if (!host_controlled())
		handle_drop(thread);
}

/* --- the end of a run -------------------------------------------------------- */

void
host_busy_drop(void)
{
	/*
	 * Whoever waits for zero has seen the stop before it looked at the
	 * counter: one of the two sees the other.
	 */
	if (atomic_fetch_sub(&host_busy, 1) == 1 && host_stopping())
		host_futex_wake(&host_busy, INT_MAX);
}

void
host_hold(void)
{
	struct host_thread *self = thread_self;

	if (host_controlled())
		host_control->hold();
	atomic_store(&self->held, true);
	host_busy_drop();
	while (atomic_load_explicit(&self->leave, memory_order_acquire) == 0)
		(void)host_futex_wait(&self->leave, 0, HOST_NEVER);
	pthread_exit(NULL);
}

void
host_threads_halt(void)
{
	struct host_thread *t;

	for (t = all; t != NULL; t = t->all_next) {
		if ((atomic_load(&t->life) & LIFE_RUNNING) == 0)
			continue;
		atomic_fetch_or(&t->token, TOKEN_HALT);
		host_futex_wake(&t->token, 1);
		atomic_fetch_or(&t->life, LIFE_HALT);
		host_futex_wake(&t->life, INT_MAX);
	}
}

void
host_threads_each(bool held, void (*fn)(struct host_thread *, void *),
    void *arg)
{
	struct host_thread *t;

	host_lock_enter(&host_pool_lock);
	for (t = all; t != NULL; t = t->all_next)
		if ((atomic_load(&t->life) & LIFE_RUNNING) != 0 &&
		    atomic_load(&t->held) == held)
			fn(t, arg);
	host_lock_leave(&host_pool_lock);
}

/* Handles die with their run: nobody will join through them any more. */
bool
host_threads_reset(void)
{
	struct host_thread *t, *first;

	while (atomic_load(&joiners) > 0)
		sched_yield();
	if (atomic_load(&host_busy) > 0)
		return (false);
	/* `all` grows at its head only, and nobody starts threads now. */
	host_lock_enter(&host_pool_lock);
	first = all;
	host_lock_leave(&host_pool_lock);
	for (t = first; t != NULL; t = t->all_next) {
		handle_drop(t);
		if (!atomic_load(&t->held))
			continue;
		atomic_store_explicit(&t->leave, 1, memory_order_release);
		host_futex_wake(&t->leave, 1);
	}
	for (t = first; t != NULL; t = t->all_next)
		while (atomic_load(&t->held))
			sched_yield();
	return (true);
}

/* --- process -------------------------------------------------------------- */

static void
fork_prepare(void)
{
	host_lock_enter(&host_pool_lock);
}

static void
fork_parent(void)
{
	host_lock_leave(&host_pool_lock);
}

/*
 * A child has one thread, the one that forked.  Those of the pool are gone;
 * their descriptions can serve others.
 */
static void
fork_child(void)
{
	struct host_thread *t;

	idle = spare = NULL;
	for (t = all; t != NULL; t = t->all_next) {
		if (t == thread_self)
			continue;
		atomic_store(&t->life, LIFE_DONE);
		atomic_store(&t->held, false);
		t->next = spare;
		spare = t;
	}
	atomic_store(&host_busy, host_in_kernel() ? 1 : 0);
	atomic_store(&joiners, 0);
	host_lock_leave(&host_pool_lock);
}

static void __attribute__((constructor))
thread_init(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		ncpus = CPU_COUNT(&set);
	else
		ncpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (pthread_key_create(&self_key, thread_exit) != 0 ||
	    pthread_atfork(fork_prepare, fork_parent, fork_child) != 0)
		host_fatal("cannot set up threads");
}
