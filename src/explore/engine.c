/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads of a controlled run, and the steps it consists of.
 *
 * A thread that comes to a point looks who can go on, asks the strategy, and
 * switches to that thread directly; the runner, which is the OS thread's own
 * stack, is only switched to when a run is over, and between runs.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../host/control.h"
#include "engine.h"
#include "shadow.h"

struct vx vx;

/* Threads that are to wait for the run; see vx_gate(). */
static const char *gate;

/* What engine.c keeps of the state that runs start from. */
static struct {
	struct vx_thread *threads;
	char		**stacks;
	uint16_t	nthreads;
	uint16_t	nscenario;
	int64_t		clock;
	uint64_t	random;
	struct vx_set	awake, timed;
	unsigned long	generation;
} mark;

/* Steps of a thread in a row after which it counts as spinning. */
#define	SPIN	1000

static struct vx_thread *last;		/* who performed the last event */
static uint32_t streak;			/* of events of `last` */

static void	schedule(struct vx_thread *);

/* --- switching -------------------------------------------------------------- */

static struct host_fiber *
fiber_of(struct vx_thread *t)
{
	return (t != NULL ? &t->fiber : &vx.runner);
}

static void
switch_to(struct vx_thread *t)
{
	struct vx_thread *from = vx.current;

	vx.current = t;
	if (vx_watch != VX_WATCH_NOTHING)
		vx_watched = t;
	host_fiber_switch(fiber_of(from), fiber_of(t));
}

/* Ends the run: the fiber is never switched to again. */
static void __attribute__((__noreturn__))
leave(void)
{
	vx.over = true;
	switch_to(NULL);
	abort();
}

void
vx_fail(enum vs_kind kind, uintptr_t site, const char *fmt, ...)
{
	struct vx_verdict *v = &vx.verdict;
	va_list ap;

	if (v->kind == VS_CLEAN) {
		v->kind = kind;
		v->site = site;
		va_start(ap, fmt);
		vsnprintf(v->message, sizeof(v->message), fmt, ap);
		va_end(ap);
		if (v->thread[0] == '\0' && vx.current != NULL)
			snprintf(v->thread, sizeof(v->thread), "%s",
			    vx.current->fiber.thread.name);
	}
	if (vx.current == NULL)
		host_fatal("%s", v->message);
	leave();
}

void
vx_abandon(void)
{
	vx.abandoned = true;
	leave();
}

static void __attribute__((__noreturn__))
control_hold(void)
{
	leave();
}

/* --- who can go on ---------------------------------------------------------- */

bool
vx_ready(const struct vx_thread *t)
{
	if (t->state != VX_LIVE || t->gated)
		return (false);
	switch (t->op.kind) {
	case VX_RESUME:
		return (t->token);
	case VX_JOIN:
		return (vx.threads[t->op.object].state != VX_LIVE);
	default:
		return (t->op.lock == NULL || vx_model_enabled(t));
	}
}

/*
 * Time passes for the thread whose deadline is next, and only for that one:
 * the clock does not go backwards.  The first of equals, and NULL for none.
 */
const struct vx_thread *
vx_next_alarm(void)
{
	const struct vx_thread *t, *next = NULL;
	uint64_t bits;

	for (unsigned w = 0; w <= (vx.nthreads - 1u) / 64; w++) {
		for (bits = vx.timed.words[w]; bits != 0; bits &= bits - 1) {
			t = &vx.threads[w * 64 +
			    (unsigned)__builtin_ctzll(bits)];
			if (!t->token && (next == NULL ||
			    t->deadline < next->deadline))
				next = t;
		}
	}
	return (next);
}

static void
enabled_insert(unsigned id)
{
	unsigned n = vx.nenabled++;

	for (; n > 0 && vx.enabled[n - 1] > id; n--)
		vx.enabled[n] = vx.enabled[n - 1];
	vx.enabled[n] = (uint16_t)id;
}

/* Fills vx.enabled. */
static void
find_enabled(void)
{
	const struct vx_thread *t;
	uint64_t bits, alarms = 0;
	unsigned n = 0;

	for (unsigned w = 0; w <= (vx.nthreads - 1u) / 64; w++) {
		alarms |= vx.timed.words[w];
		for (bits = vx.awake.words[w]; bits != 0; bits &= bits - 1) {
			t = &vx.threads[w * 64 +
			    (unsigned)__builtin_ctzll(bits)];
			if (vx_ready(t))
				vx.enabled[n++] = t->id;
		}
	}
	vx.nenabled = (uint16_t)n;
	if (alarms != 0 && (vx.nscenario != 0 || vx.mode != VX_RUN) &&
	    (t = vx_next_alarm()) != NULL)
		enabled_insert(t->id);
}

/* --- deadlocks -------------------------------------------------------------- */

static size_t
say_wait(const struct vx_thread *t, char *text, size_t size)
{
	const struct vx_thread *owner = vx_model_owner(t);
	char what[128];

	vx_describe(&t->op, what, sizeof(what));
	if (owner != NULL)
		return ((size_t)snprintf(text, size, " thread %s waits for %s "
		    "held by thread %s;", t->fiber.thread.name, what,
		    owner->fiber.thread.name));
	return ((size_t)snprintf(text, size, " thread %s waits (%s);",
	    t->fiber.thread.name, what));
}

static const char *
name_of(uint32_t event)
{
	return (vx.threads[vx.events[event].thread].fiber.thread.name);
}

/* It is theirs, whoever happened to be the last. */
static void
blame(const char *name)
{
	snprintf(vx.verdict.thread, sizeof(vx.verdict.thread), "%s", name);
}

/* Nobody can go on, but somebody has not finished. */
static void __attribute__((__noreturn__))
deadlock(void)
{
	char text[VS_MESSAGE_MAX];
	struct vx_lost lost;
	struct vx_thread *t;
	size_t len = 0;

	if (vx_lost_wakeup(&lost)) {
		blame(name_of(lost.wait));
		vx_fail(VS_LOST_WAKEUP, vx.events[lost.wait].op.site,
		    "thread %s sleeps for good: thread %s called (%s) before "
		    "it slept, and after it had looked",
		    name_of(lost.wait), name_of(lost.call),
		    vx_kind_name(vx.events[lost.call].op.kind));
	}
	text[0] = '\0';
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
		if (t->state == VX_LIVE && (t->scenario || t->nheld != 0) &&
		    len < sizeof(text)) {
			len += say_wait(t, text + len, sizeof(text) - len);
			blame(t->fiber.thread.name);
		}
	vx_fail(VS_DEADLOCK, 0, "%s", text + (text[0] == ' '));
}

/* A cycle of owners is a deadlock whatever others do. */
static void
check_cycle(struct vx_thread *t)
{
	char text[VS_MESSAGE_MAX];
	struct vx_thread *o = t;
	size_t len = 0;
	unsigned n = 0;

	do {
		if ((o = vx_model_owner(o)) == NULL || n++ > vx.nthreads)
			return;
	} while (o != t);
	do {
		if (len < sizeof(text))
			len += say_wait(o, text + len, sizeof(text) - len);
		o = vx_model_owner(o);
	} while (o != t);
	vx_fail(VS_DEADLOCK, t->op.site, "%s", text + 1);
}

/* --- steps ------------------------------------------------------------------ */

/*
 * A lock that no second thread has used, in any run so far, is no reason to
 * look around, unless everything is to be seen.
 */
static bool
is_private(const struct vx_thread *t)
{
	return (t->op.lock != NULL && !t->op.lock->common &&
	    !vx.strategy->exhaustive && !vx.strategy->accesses_all &&
	    (t->stop_at == 0 || t->progress < t->stop_at));
}

static bool
is_point(const struct vx_thread *t)
{
	unsigned flags = vx_kinds[t->op.kind].flags;

	if (vx.mode != VX_RUN || t->quiet || t->spins != 0 || is_private(t))
		return (false);
	return ((flags & VX_F_SCHED) != 0 || ((flags & VX_F_EXACT) != 0 &&
	    vx.strategy->exhaustive));
}

/* A thread that never yields may spin all the same. */
static void
watch_streak(struct vx_thread *t)
{
	if (t != last) {
		last = t;
		streak = 0;
	} else if (++streak >= SPIN && vx.nenabled > 1)
		vx_fair_yield(t);
}

static void
record(struct vx_thread *t)
{
	struct vx_event *e = &vx.events[vx.nsteps];

	e->thread = t->id;
	e->enabled = vx.nenabled;
	e->progress = t->progress++;
	e->op = t->op;
	t->events++;
	e->point = is_point(t);
	t->points += e->point;
	vx.nsteps++;
	watch_streak(t);
	if ((vx_kinds[t->op.kind].flags & VX_F_YIELD) != 0)
		vx_fair_yield(t);
	if (vx.strategy->perform != NULL)
		vx.strategy->perform(t);
}

static unsigned
pick(void)
{
	if (vx.nenabled == 1 && !vx.strategy->each_step)
		return (vx.enabled[0]);
	vx.npicks++;
	return (vx.strategy->pick());
}

/*
 * Somebody has to go on, the caller or another.  Returns when it is the
 * caller's turn.
 */
static void
schedule_run(struct vx_thread *t)
{
	unsigned id;

	if (vx.nsteps >= vx.max_steps)
		vx_fair_livelock();
	if (vx.strategy->forced != NULL &&
	    (id = vx.strategy->forced()) != VX_NOBODY) {
		if (id != t->id)
			switch_to(&vx.threads[id]);
		return;
	}
	find_enabled();
	if (vx_fair_active)
		vx_fair_filter(t);
	if (vx.nenabled == 0) {
		if (vx.nscenario != 0)
			deadlock();
		/* The end.  The caller is still there for what comes after. */
		switch_to(NULL);
		return;
	}
	id = pick();
	if (id == t->id)
		return;
	/* Who waits, if only for a time, or gives way is not preempted. */
	if (vx.nenabled > 1 && vx_ready(t) &&
	    (vx_kinds[t->op.kind].flags & VX_F_YIELD) == 0)
		vx.npreemptions++;
	switch_to(&vx.threads[id]);
}

static void
schedule(struct vx_thread *t)
{
	if (vx.mode == VX_RUN)
		schedule_run(t);
	else
		switch_to(NULL);
}

/* Does something else than it would if it had got the lock it tried for. */
static bool
try_failed(const struct vx_thread *t)
{
	return ((vx_kinds[t->tried].flags & VX_F_TRY) != 0 &&
	    t->op.kind != VS_OP_LOCK_TAKEN);
}

void
vx_step(struct vx_thread *t)
{
	vx_model_announce(t);
	if (vx.mode == VX_RUN && try_failed(t))
		vx_fair_yield(t);
	if (t->op.lock != NULL && !vx_model_enabled(t))
		check_cycle(t);
	for (;;) {
		if (is_point(t))
			schedule(t);
		while (!vx_ready(t)) {
			check_cycle(t);
			schedule(t);
		}
		if (vx.mode == VX_RUN)
			record(t);
		if (vx_model_perform(t))
			break;
	}
	if (vx_watch == VX_WATCH_ALL)
		vx_order_perform(t);
}

/* Frames are not farther apart than a stack is long; the first has none. */
static bool
is_outer_frame(void *const *frame, void *const *inner)
{
	return (frame > inner && (uintptr_t)frame - (uintptr_t)inner < 32768 &&
	    ((uintptr_t)frame & 7) == 0);
}

/* A number for the two callers of the function that announces something. */
static uintptr_t
callers(void *const *inner)
{
	uintptr_t number = 0;
	void *const *frame = *inner;

	for (int i = 0; i < 2 && is_outer_frame(frame, inner); i++) {
		number = number * 31 + (uintptr_t)frame[1];
		inner = frame;
		frame = *inner;
	}
	return (number);
}

static void
effect(enum vx_effect what, const struct vx_thread *t)
{
	if (vx.mode == VX_RUN && vx.strategy->effect != NULL)
		vx.strategy->effect(what, t);
}

/*
 * The scenario's function has returned.  What its process does in order to
 * exit comes after the run, one thread at a time.
 */
static void
body_end(struct vx_thread *t)
{
	t->gated = true;
	t->scenario = false;
	t->op.lock = NULL;
	vx.nscenario--;
	record(t);
	schedule(t);
}

void
vx_point(enum vs_op op, const volatile void *object, uintptr_t site,
    void *const *frame)
{
	struct vx_thread *t = vx.current;
	uint32_t step;

	if (t == NULL)
		return;
	if (op == VS_OP_THREAD_START)
		t->quiet = false;
	t->op.kind = (uint16_t)(op & VS_OP_MASK);
	t->op.size = (uint16_t)((unsigned)op >> VS_OP_BITS);
	t->op.object = (uintptr_t)object;
	t->op.site = site;
	t->op.caller = callers(frame);
	vx_check_object(t);
	step = vx.nsteps;
	if (op == VS_OP_THREAD_EXIT && t->scenario && vx.mode == VX_RUN &&
	    vx.strategy->exhaustive)
		body_end(t);
	else
		vx_step(t);
	/* Others may have freed it since. */
	if (vx.nsteps - step > 1)
		vx_check_object(t);
}

static void
listener(enum vs_op op, const volatile void *object)
{
	vx_point(op, object, (uintptr_t)__builtin_return_address(0),
	    __builtin_frame_address(0));
	if (vx_watch == VX_WATCH_ALL)
		vx_order_word(vx.current);
}

unsigned
vx_choose(enum vx_choice what, unsigned n)
{
	struct vx_drawn *d = &vx.choices[vx.nchoices];

	if (vx.mode != VX_RUN || n < 2 || vx.nchoices == VX_CHOICES)
		return (0);
	vx.nchoices++;
	d->what = (uint8_t)what;
	d->n = (uint16_t)n;
	d->taken = vx.strategy->choose != NULL ?
	    (uint16_t)vx.strategy->choose(what, n) : 0;
	return (d->taken);
}

/* --- threads ---------------------------------------------------------------- */

static void
thread_main(void *arg)
{
	struct vx_thread *t = arg;

	if (vx.mode == VX_RUN)
		record(t);
	t->fn(t->arg);
	vs_curthread = NULL;
	t->op.kind = VX_END;
	t->op.object = t->id;
	t->op.lock = NULL;
	if (vx.mode == VX_RUN)
		record(t);
	t->state = VX_DONE;
	vx_set_remove(&vx.awake, t->id);
	if (t->scenario)
		vx.nscenario--;
	schedule(t);
	abort();
}

/* Within a run an id is used once, so that it names a thread. */
static struct vx_thread *
thread_slot(void)
{
	struct vx_thread *t;

	if (vx.mode != VX_RUN)
		for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
			if (t->state == VX_FREE)
				return (t);
	if (vx.nthreads == VX_THREADS)
		host_fatal("a controlled run has more than %d threads",
		    VX_THREADS);
	return (&vx.threads[vx.nthreads++]);
}

static void
control_launch(struct host_thread **handle, void (*fn)(void *), void *arg,
    const char *name)
{
	struct vx_thread *t = thread_slot();
	unsigned id = (unsigned)(t - vx.threads);

	memset(t, 0, offsetof(struct vx_thread, fiber));
	memset(&t->points, 0, sizeof(*t) - offsetof(struct vx_thread, points));
	t->id = (uint16_t)id;
	t->parent = vx.current != NULL ? vx.current->id : VX_NOBODY;
	t->born = vx.nsteps;
	t->fn = fn;
	t->arg = arg;
	t->state = VX_LIVE;
	t->quiet = true;
	t->deadline = HOST_NEVER;
	t->op.kind = VX_BEGIN;
	t->op.object = id;
	vx_set_add(&vx.awake, id);
	if (gate != NULL && strcmp(gate, name) == 0) {
		t->gated = t->scenario = true;
		vx.nscenario++;
	}
	host_fiber_init(&t->fiber, id, thread_main, t, name);
	*handle = &t->fiber.thread;
	if (vx_watch == VX_WATCH_ALL)
		vx_order_launch(t);
	if (vx.mode == VX_RUN && vx.strategy->thread != NULL)
		vx.strategy->thread(t);
}

static struct vx_thread *
thread_of(struct host_thread *thread)
{
	return ((struct vx_thread *)((char *)thread -
	    offsetof(struct vx_thread, fiber.thread)));
}

/* A handle is joined once: the thread's place can serve another. */
static bool
control_join(struct host_thread *handle)
{
	struct vx_thread *target = thread_of(handle), *t = vx.current;

	if (t == NULL) {
		if (!vx_drive(target)) {
			vx_stuck(target);
			return (false);
		}
	} else {
		t->op = (struct vx_op){ .kind = VX_JOIN,
		    .object = target->id };
		vx_step(t);
		if (vx_watch == VX_WATCH_ALL)
			vx_order_join(t, target);
	}
	if (vx.mode != VX_RUN)
		target->state = VX_FREE;
	return (true);
}

/* --- parking and time ------------------------------------------------------- */

static bool
control_park(int64_t deadline)
{
	struct vx_thread *t = vx.current;
	bool token;

	if (t == NULL)
		host_fatal("a controlled run's own thread cannot wait");
	if (deadline != HOST_NEVER)
		effect(VX_EFFECT_PARK, t);
	/* Whoever reorders steps must find the same ones in any order. */
	if (!t->token || (vx.mode == VX_RUN && vx.strategy->exhaustive)) {
		t->deadline = deadline;
		if (!t->token)
			vx_set_remove(&vx.awake, t->id);
		if (deadline != HOST_NEVER)
			vx_set_add(&vx.timed, t->id);
		t->op = (struct vx_op){ .kind = VX_RESUME, .object = t->id,
		    .site = (uintptr_t)__builtin_return_address(0) };
		schedule(t);
		if (vx.mode == VX_RUN)
			record(t);
		vx_set_add(&vx.awake, t->id);
		if (deadline != HOST_NEVER)
			vx_set_remove(&vx.timed, t->id);
		t->deadline = HOST_NEVER;
	}
	token = t->token;
	if (token && vx_watch == VX_WATCH_ALL)
		vx_order_unparked(t);
	t->token = false;
	t->timed_out = !token;
	if (t->timed_out && vx.mode == VX_RUN)
		vx_fair_yield(t);
	if (!token && vx.clock < deadline)
		vx.clock = deadline;
	return (token);
}

static void
control_unpark(struct host_thread *handle)
{
	struct vx_thread *t = thread_of(handle);

	effect(VX_EFFECT_UNPARK, t);
	if (!t->token)
		t->unparked_by = vx.nsteps;
	if (vx_watch == VX_WATCH_ALL)
		vx_order_unpark(t);
	t->token = true;
	vx_set_add(&vx.awake, t->id);
}

static void
control_yield(void)
{
	struct vx_thread *t = vx.current;

	/* sched_yield() is announced like any operation. */
	if (t == NULL || vx.mode != VX_RUN || t->tried == VS_OP_YIELD)
		return;
	t->op = (struct vx_op){ .kind = VS_OP_YIELD, .object = t->id,
	    .site = (uintptr_t)__builtin_return_address(0) };
	vx_step(t);
}

static bool
control_quiet(bool quiet)
{
	struct vx_thread *t = vx.current;
	bool was = t != NULL && t->quiet;

	if (t != NULL)
		t->quiet = quiet;
	return (was);
}

static int64_t
control_clock(void)
{
	effect(VX_EFFECT_CLOCK, vx.current);
	return (vx.clock);
}

/* Waits for the run where it stands, in place of its first step. */
static void
control_begin(void)
{
	struct vx_thread *t = vx.current;

	if (t == NULL || !t->scenario || vx.mode != VX_SETUP)
		return;
	t->gated = true;
	t->op = (struct vx_op){ .kind = VX_BEGIN, .object = t->id,
	    .site = (uintptr_t)__builtin_return_address(0) };
	vx_step(t);
}

/* --- control ---------------------------------------------------------------- */

static const struct host_control control = {
	.launch = control_launch,
	.join = control_join,
	.park = control_park,
	.unpark = control_unpark,
	.yield = control_yield,
	.quiet = control_quiet,
	.clock = control_clock,
	.alloc = vx_arena_alloc,
	.free = vx_arena_free,
	.usable = vx_arena_usable,
	.hold = control_hold,
	.begin = control_begin,
};

static void
listen_up(void)
{
	__atomic_store_n(&vs_listener, listener, __ATOMIC_RELAXED);
}

void
vx_control(void)
{
	memset(vx.threads, 0, sizeof(vx.threads));
	memset(&vx.awake, 0, sizeof(vx.awake));
	memset(&vx.timed, 0, sizeof(vx.timed));
	vx.nthreads = vx.nscenario = 0;
	vx.current = NULL;
	vx.nsteps = vx.npreemptions = vx.nchoices = 0;
	vx.clock = (int64_t)1000000000000;
	vx.max_steps = VX_STEPS - 1;
	vx.over = false;
	vx.verdict = (struct vx_verdict){ .kind = VS_CLEAN };
	vx.mode = VX_SETUP;
	vx.run++;
	vx_model_open();
	vx_arena_open();
	host_fiber_adopt(&vx.runner);
	host_control = &control;
	vx_shadow_watch(VX_WATCH_MEMORY);
	listen_up();
}

static void
forget_mark(void)
{
	for (unsigned i = 0; mark.stacks != NULL && i < mark.nthreads; i++)
		free(mark.stacks[i]);
	free(mark.stacks);
	free(mark.threads);
	mark.stacks = NULL;
	mark.threads = NULL;
}

void
vx_release(void)
{
	forget_mark();
	host_control = NULL;
	vx_shadow_watch(VX_WATCH_NOTHING);
	vx.mode = VX_OFF;
	__atomic_store_n(&vs_listener, NULL, __ATOMIC_RELAXED);
}

void
vx_gate(const char *name)
{
	gate = name;
}

void
vx_gate_open(void)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		vx.threads[i].gated = false;
}

/* The thread with the lowest id that can go on; else time passes. */
static struct vx_thread *
next_ready(void)
{
	find_enabled();
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx_ready(&vx.threads[vx.enabled[i]]))
			return (&vx.threads[vx.enabled[i]]);
	return (NULL);
}

bool
vx_drive(const struct vx_thread *target)
{
	struct vx_thread *t;

	while (!vx.over && (target == NULL || target->state == VX_LIVE)) {
		t = next_ready();
		/* Nobody waits for an alarm but whoever waits for somebody. */
		if (t == NULL && target != NULL && vx.nenabled != 0)
			t = &vx.threads[vx.enabled[0]];
		if (t == NULL)
			break;
		switch_to(t);
	}
	return (!vx.over && (target == NULL || target->state != VX_LIVE));
}

#define	ALARMS		64

void
vx_settle(void)
{
	const struct vx_thread *t;

	(void)vx_drive(NULL);
	for (int i = 0; i < ALARMS && !vx.over &&
	    (t = vx_next_alarm()) != NULL; i++) {
		switch_to(&vx.threads[t->id]);
		(void)vx_drive(NULL);
	}
}

/* --- the state that runs start from ------------------------------------------ */

/* With the gaps that AddressSanitizer leaves between variables. */
static void __attribute__((noinline, no_sanitize("address")))
stack_copy(char *to, const char *from, size_t size)
{
#if HOST_ASAN
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = from[i];
#else
	memcpy(to, from, size);
#endif
}

void
vx_engine_mark(void)
{
	const struct vx_thread *t;
	size_t size;
	void *used;

	vx_shadow_open();
	mark.nthreads = vx.nthreads;
	mark.nscenario = vx.nscenario;
	mark.clock = vx.clock;
	mark.awake = vx.awake;
	mark.timed = vx.timed;
	mark.random = host_random_state();
	mark.generation = host_generation();
	mark.threads = calloc(vx.nthreads, sizeof(*mark.threads));
	mark.stacks = calloc(vx.nthreads, sizeof(*mark.stacks));
	if (mark.threads == NULL || mark.stacks == NULL)
		host_fatal("out of memory for a snapshot");
	memcpy(mark.threads, vx.threads, vx.nthreads * sizeof(*mark.threads));
	for (unsigned i = 0; i < vx.nthreads; i++) {
		t = &vx.threads[i];
		if (t->state != VX_LIVE)
			continue;
		used = host_fiber_used(&t->fiber, &size);
		if ((mark.stacks[i] = malloc(size)) == NULL)
			host_fatal("out of memory for a snapshot");
		stack_copy(mark.stacks[i], used, size);
	}
}

static void
stack_restore(const struct vx_thread *t, const char *saved)
{
	size_t size;
	char *used = host_fiber_used(&t->fiber, &size);

	host_fiber_clean(&t->fiber);
	stack_copy(used, saved, size);
}

void
vx_restore(void)
{
	vx_arena_restore();
	vx_snapshot_restore();
	host_resume(mark.generation);
	host_random_seed(mark.random);
	listen_up();
	vx.nthreads = mark.nthreads;
	vx.nscenario = mark.nscenario;
	vx.clock = mark.clock;
	vx.awake = mark.awake;
	vx.timed = mark.timed;
	vx.nsteps = vx.npreemptions = vx.npicks = vx.nchoices = 0;
	last = NULL;
	streak = 0;
	vx.over = vx.failed = vx.abandoned = false;
	free(vx.verdict.report);
	vx.verdict.kind = VS_CLEAN;
	vx.verdict.message[0] = vx.verdict.thread[0] = '\0';
	vx.verdict.site = 0;
	vx.verdict.report = NULL;
	for (unsigned i = 0; i < mark.nthreads; i++) {
		struct vx_thread *t = &vx.threads[i];

		if (mark.threads[i].state == VX_LIVE) {
			*t = mark.threads[i];
			stack_restore(t, mark.stacks[i]);
			t->gated = false;
		} else
			t->state = mark.threads[i].state;
	}
}

/* --- a run ------------------------------------------------------------------- */

/* What the kernel itself has ended the run with. */
void
vx_take_outcome(void)
{
	const struct vs_outcome *o = host_outcome();
	struct vx_verdict *v = &vx.verdict;

	if (o == NULL || v->kind != VS_CLEAN)
		return;
	v->kind = o->kind;
	snprintf(v->message, sizeof(v->message), "%s", o->message);
	snprintf(v->thread, sizeof(v->thread), "%s", o->thread);
	v->report = o->report != NULL ? strdup(o->report) : NULL;
}

void
vx_run(uint64_t seed)
{
	unsigned id;

	vx.run++;
	vx_restore();
	vx.mode = VX_RUN;
	vx_fair_begin();
	vx_shadow_begin();
	if (vx.strategy->begin != NULL)
		vx.strategy->begin(seed);
	find_enabled();
	if (vx.nenabled != 0) {
		id = pick();
		switch_to(&vx.threads[id]);
	}
	vx.failed = vx.verdict.kind != VS_CLEAN || host_outcome() != NULL;
	if (vx.strategy->stop != NULL)
		vx.strategy->stop();
	for (id = 0; id < vx.nthreads; id++)
		vx.threads[id].gated = false;
	vx.mode = VX_FINALLY;
	vx_shadow_watch(VX_WATCH_MEMORY);
	vx.over = host_outcome() != NULL || vx.verdict.kind != VS_CLEAN;
	vx_take_outcome();
}
