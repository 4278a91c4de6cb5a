/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel threads as fibers: what the kernel asks of the machine, while it is
 * controlled, is answered here; and who goes on before a run and after it,
 * where the strategy has no say.
 */
#include <stdlib.h>
#include <string.h>

#include "../host/control.h"
#include "engine.h"
#include "shadow.h"

/* Times that vx_settle() lets pass. */
#define	ALARMS		64

/* Threads that are to wait for the run; see vx_gate(). */
static const char *gate;

static void
effect(enum vx_effect what, const struct vx_thread *t)
{
	if (vx.mode == VX_RUN && vx.strategy->effect != NULL)
		vx.strategy->effect(what, t);
}

/* --- threads ---------------------------------------------------------------- */

static void
thread_main(void *arg)
{
	struct vx_thread *t = arg;

	if (vx.mode == VX_RUN)
		vx_record(t);
	t->fn(t->arg);
	vs_curthread = NULL;
	t->op.kind = VX_END;
	t->op.object = t->id;
	t->op.lock = NULL;
	if (vx.mode == VX_RUN)
		vx_record(t);
	t->state = VX_DONE;
	if (t->scenario)
		vx.nscenario--;
	for (struct vx_thread *o = vx.threads; o < &vx.threads[vx.nthreads];
	    o++)
		if (o->op.kind == VX_JOIN && o->op.object == t->id)
			(void)vx_look_again(o);
	vx_schedule(t);
	abort();
}

/*
 * In a run, and after it, an id is used once, so that it names a thread of the
 * run.
 */
static struct vx_thread *
thread_slot(void)
{
	struct vx_thread *t;

	if (vx.mode == VX_SETUP)
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
	memset(&t->points, 0, offsetof(struct vx_thread, held) -
	    offsetof(struct vx_thread, points));
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
	vx_set_remove(&vx.ready, id);
	vx_set_add(&vx.touched, id);
	if (gate != NULL && strcmp(gate, name) == 0) {
		t->gated = t->scenario = true;
		vx.nscenario++;
	}
	(void)vx_look_again(t);
	host_fiber_init(&t->fiber, id, thread_main, t, name);
	*handle = &t->fiber.thread;
	if (vx_ordering)
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
		if (vx_ordering)
			vx_order_join(t, target);
	}
	if (vx.mode == VX_SETUP)
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
		if (deadline != HOST_NEVER)
			vx_set_add(&vx.timed, t->id);
		t->op = (struct vx_op){ .kind = VX_RESUME, .object = t->id,
		    .site = (uintptr_t)__builtin_return_address(0) };
		vx_schedule(t);
		if (vx.mode == VX_RUN)
			vx_record(t);
		if (deadline != HOST_NEVER)
			vx_set_remove(&vx.timed, t->id);
		t->deadline = HOST_NEVER;
	}
	token = t->token;
	if (token && vx_ordering)
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
	if (vx_ordering)
		vx_order_unpark(t);
	t->token = true;
	vx_set_add(&vx.touched, t->id);
	if (t != vx.current)
		(void)vx_look_again(t);
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
	.choose = vx_choose,
	.clock = control_clock,
	.alloc = vx_arena_alloc,
	.free = vx_arena_free,
	.usable = vx_arena_usable,
	.hold = vx_leave,
	.begin = control_begin,
};

void
vx_control(void)
{
	memset(vx.threads, 0, sizeof(vx.threads));
	memset(&vx.ready, 0, sizeof(vx.ready));
	memset(&vx.timed, 0, sizeof(vx.timed));
	vx.nthreads = vx.nscenario = 0;
	vx.current = NULL;
	vx.nsteps = vx.npreemptions = vx.nchoices = 0;
	vx.clock = (int64_t)1000000000000;
	vx.max_steps = VX_STEPS - 1;
	vx.over = false;
	vx.verdict = (struct vx_verdict){ .kind = VS_CLEAN };
	vx.mode = VX_SETUP;
	vx.points = 0;
	vx.run++;
	vx_model_open();
	vx_arena_open();
	host_fiber_adopt(&vx.runner);
	host_control = &control;
	vx_shadow_watch(VX_WATCH_MEMORY);
	vx_listen();
}

void
vx_release(void)
{
	vx_engine_forget();
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
		if (vx.threads[i].gated) {
			vx.threads[i].gated = false;
			(void)vx_look_again(&vx.threads[i]);
		}
}

/* --- outside of runs -------------------------------------------------------- */

/* The thread with the lowest id that can go on; else time passes. */
static struct vx_thread *
next_ready(void)
{
	vx_find_enabled();
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
		vx_switch(t);
	}
	return (!vx.over && (target == NULL || target->state != VX_LIVE));
}

void
vx_settle(void)
{
	const struct vx_thread *t;

	(void)vx_drive(NULL);
	for (int i = 0; i < ALARMS && !vx.over &&
	    (t = vx_next_alarm()) != NULL; i++) {
		vx_switch(&vx.threads[t->id]);
		(void)vx_drive(NULL);
	}
}
