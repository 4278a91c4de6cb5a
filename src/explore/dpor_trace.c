/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The steps of the current execution, see dpor.h.  Nothing here is allocated
 * for a step.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"

struct dp_step *dp_steps;
int dp_nsteps;
dp_clock *dp_clocks, *dp_bases;
struct vx_access *dp_accesses;
struct dp_sleeper *dp_sleepers;

static uint32_t naccesses, nsleepers;

#define	MAX_ACCESSES	((uint32_t)DP_STEPS * 8)
#define	MAX_SLEEPERS	((uint32_t)DP_STEPS * 8)

/* --- processes ---------------------------------------------------------------- */

#define	NOBODY		0xff

static uint8_t process_of[VX_THREADS];
static unsigned nprocesses;

static int16_t last[DP_PROCESSES];	/* step of each process; or -1 */
static int16_t started[VX_THREADS];	/* step that started it; or -1 */
static uintptr_t queue_of[VX_THREADS];	/* that it was in last */

/* The same thread is the same process in all executions. */
static unsigned
process_find(unsigned id)
{
	if (process_of[id] != NOBODY)
		return (process_of[id]);
	if (nprocesses == DP_TIMER)
		host_fatal("exhaustive exploration knows %d threads at most",
		    DP_TIMER);
	return (process_of[id] = (uint8_t)nprocesses++);
}

static bool
by_timer(const struct vx_thread *t)
{
	return (t->op.kind == VX_RESUME && !t->token);
}

unsigned
dp_process(const struct vx_thread *t)
{
	return (by_timer(t) ? DP_TIMER : process_find(t->id));
}

/* Whoever is enabled because time can pass; VX_NOBODY. */
static unsigned
alarm_thread(void)
{
	const struct vx_thread *t = vx_next_alarm();

	return (t != NULL ? t->id : VX_NOBODY);
}

uintptr_t
dp_alarm(void)
{
	const struct vx_thread *t = vx_next_alarm();

	return (t != NULL ? queue_of[t->id] : 0);
}

dp_set
dp_enabled(void)
{
	unsigned alarm = alarm_thread(), id;
	dp_set set = 0;

	for (unsigned i = 0; i < vx.nenabled; i++) {
		id = vx.enabled[i];
		set |= DP_BIT(id == alarm ? DP_TIMER : process_find(id));
	}
	return (set);
}

unsigned
dp_thread(unsigned process)
{
	unsigned alarm = alarm_thread(), id;

	if (process == DP_TIMER)
		return (alarm);
	for (unsigned i = 0; i < vx.nenabled; i++) {
		id = vx.enabled[i];
		if (id != alarm && process_of[id] == process)
			return (id);
	}
	return (VX_NOBODY);
}

/* --- nodes -------------------------------------------------------------------- */

/* Whoever sleeps goes on sleeping unless the step may concern it. */
static void
sleepers_inherit(struct dp_step *s, const struct dp_step *parent)
{
	const struct vx_access *step = &dp_accesses[parent->accesses.first];
	const struct dp_sleeper *q = &dp_sleepers[parent->sleeper];
	const struct dp_sleeper *end = q + parent->nsleepers;
	dp_set woken = DP_BIT(parent->process);

	for (; q < end; q++)
		if (dp_depend(&dp_accesses[q->accesses.first], q->accesses.n,
		    step, parent->accesses.n))
			woken |= DP_BIT(q->process);
	for (q = &dp_sleepers[parent->sleeper]; q < end; q++) {
		if ((woken & DP_BIT(q->process)) != 0)
			continue;
		if (nsleepers == MAX_SLEEPERS)
			host_fatal("an exploration has too many sleepers");
		dp_sleepers[nsleepers++] = *q;
		s->sleep |= DP_BIT(q->process);
	}
}

struct dp_step *
dp_node_new(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps];

	if (dp_nsteps == DP_STEPS - 2)
		vx_fair_livelock();
	memset(s, 0, sizeof(*s));
	s->base = naccesses;
	s->sleeper = nsleepers;
	if (dp_nsteps > 0)
		sleepers_inherit(s, s - 1);
	s->nsleepers = nsleepers - s->sleeper;
	s->history = dp_history_length();
	s->accesses.first = naccesses;
	s->before = s->thread_before = s->other = -1;
	s->process = NOBODY;
	dp_nsteps++;
	return (s);
}

void
dp_step_drop(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	dp_history_cut(s->history);
	if (s->process == NOBODY)
		return;
	last[s->process] = s->before;
	dp_taken[s->process] = s->number;
	if (s->process == DP_TIMER && s->thread != VX_NOBODY)
		last[process_of[s->thread]] = s->thread_before;
}

void
dp_node_tried(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	if (nsleepers == MAX_SLEEPERS)
		host_fatal("an exploration has too many sleepers");
	dp_sleepers[nsleepers++] = (struct dp_sleeper){ s->accesses,
	    s->process };
	s->nsleepers++;
	s->accesses = (struct dp_range){ naccesses, 0 };
}

void
dp_node_drop(void)
{
	const struct dp_step *s = &dp_steps[--dp_nsteps];

	naccesses = s->base;
	nsleepers = s->sleeper;
}

/* --- steps -------------------------------------------------------------------- */

/* Of the step that is being performed: its last try, or request to write. */
static uint32_t trying, asking;
#define	NEVER	UINT32_MAX

void
dp_step_add(const struct vx_access *a)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];
	const struct vx_access *b;

	if (s->accesses.n != 0) {
		b = &dp_accesses[naccesses - 1];
		if (b->object == a->object && b->way == a->way &&
		    b->size == a->size)
			return;
	}
	if (naccesses == MAX_ACCESSES)
		host_fatal("an exploration has too many accesses");
	dp_accesses[naccesses++] = *a;
	s->accesses.n++;
}

static void
add(unsigned space, unsigned way, uintptr_t object)
{
	const struct vx_access a = { .object = object, .size = 1,
	    .space = (uint8_t)space, .way = (uint8_t)way };

	dp_step_add(&a);
}

static void
try_settle(void)
{
	if (trying != NEVER)
		dp_accesses[trying].way =
		    vx_way_failed(dp_accesses[trying].way);
	trying = NEVER;
}

/* The last body to end stops the clock; any of them may be the last. */
static void
end_note(const struct vx_thread *t)
{
	if (t->op.kind == VS_OP_THREAD_EXIT && t->gated)
		add(VX_CLOCK, VX_CLOCK_END, 0);
}

/* Nobody sees an owner take the lock again, nor give up that hold. */
static bool
recursion(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;

	if (l == NULL || l->owner != t->id)
		return (false);
	switch (t->op.kind) {
	case VS_OP_MTX_LOCK:
	case VS_OP_SPIN_LOCK:
	case VS_OP_SX_XLOCK:
	case VS_OP_RW_WLOCK:
	case VS_OP_RM_WLOCK:
		return (true);
	case VS_OP_MTX_UNLOCK:
	case VS_OP_SPIN_UNLOCK:
	case VS_OP_SX_XUNLOCK:
	case VS_OP_RW_WUNLOCK:
	case VS_OP_RM_WUNLOCK:
		return (l->depth > 1);
	default:
		return (false);
	}
}

void
dp_step_operation(const struct vx_thread *t)
{
	unsigned flags = vx_kinds[t->op.kind].flags;
	struct vx_access a;

	asking = NEVER;
	if (t->op.kind == VS_OP_LOCK_TAKEN)
		trying = NEVER;
	end_note(t);
	if (recursion(t) || !vx_access_of(&t->op, &a))
		return;
	dp_step_add(&a);
	if ((flags & VX_F_TRY) != 0) {
		try_settle();
		trying = naccesses - 1;
	} else if (t->op.kind == VS_OP_SX_XLOCK || t->op.kind ==
	    VS_OP_RW_WLOCK)
		asking = naccesses - 1;
}

static void
base_join(int step)
{
	if (step >= 0)
		dp_join(dp_bases[dp_nsteps - 1], dp_clocks[step]);
}

/* What comes before it whatever it accesses. */
static void
base_find(struct dp_step *s, const struct vx_thread *t)
{
	memset(dp_bases[dp_nsteps - 1], 0, sizeof(dp_clock));
	base_join(s->before);
	s->other = -1;
	if (s->before < 0 && s->process != DP_TIMER)
		s->other = started[t->id];
	if (t->op.kind == VX_JOIN && process_of[t->op.object] != NOBODY)
		s->other = last[process_of[t->op.object]];
	base_join(s->other);
	dp_part_join(dp_bases[dp_nsteps - 1], s);
}

static void
step_open(const struct vx_thread *t, unsigned process)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	trying = asking = NEVER;
	s->process = (uint8_t)process;
	s->thread = t->id;
	s->kind = t->op.kind;
	s->history = dp_history_length();
	s->accesses = (struct dp_range){ naccesses, 0 };
	s->before = last[process];
	s->number = dp_taken[process];
	s->thread_before = process == DP_TIMER ? last[process_find(t->id)] :
	    -1;
	base_find(s, t);
}

int
dp_last(const struct vx_thread *t)
{
	return (last[process_find(t->id)]);
}

/* Does the operation compare before it changes the word? */
static bool
is_update(const struct dp_step *s)
{
	return (s->kind == VS_OP_ATOMIC_UPDATE || s->kind == VX_ATOMIC_RMW);
}

static uint64_t
word_of(const struct dp_step *s)
{
	const struct vx_access *a = &dp_accesses[s->accesses.first];
	uint64_t word = 0;

	if (s->accesses.n != 0 && a->space == VX_MEMORY)
		memcpy(&word, (const void *)a->object,
		    a->size < sizeof(word) ? a->size : sizeof(word));
	return (word);
}

void
dp_step_begin(const struct vx_thread *t)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];
	unsigned process = dp_process(t);

	step_open(t, process);
	s->spins = (vx_kinds[t->op.kind].flags & VX_F_YIELD) != 0 &&
	    dp_spin_add(t);
	if (process == DP_TIMER)
		add(VX_CLOCK, VX_CLOCK_CHANGE, 0);
	else
		dp_step_operation(t);
	if (is_update(s))
		s->word = word_of(s);
}

void
dp_step_start(const struct vx_thread *child)
{
	started[child->id] = (int16_t)(dp_nsteps - 1);
	last[process_find(child->id)] = -1;
}

void
dp_step_pretend(const struct vx_thread *t)
{
	struct vx_access a;

	step_open(t, dp_process(t));
	if (vx_access_of(&t->op, &a))
		dp_step_add(&a);
}

/*
 * Whoever was the last to keep the timer from its step is what it races with,
 * and the step would have been the one that was possible then.
 */
int
dp_step_pretend_timer(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];
	const struct dp_step *stopped = dp_history_alarm();

	if (stopped == NULL)
		return (-1);
	trying = asking = NEVER;
	s->process = DP_TIMER;
	s->thread = VX_NOBODY;
	s->before = last[DP_TIMER];
	s->number = dp_taken[DP_TIMER];
	memset(dp_bases[dp_nsteps - 1], 0, sizeof(dp_clock));
	base_join(s->before);
	add(VX_CLOCK, VX_CLOCK_CHANGE, 0);
	add(VX_QUEUE, VX_QUEUE_CHANGE, stopped->alarm);
	return ((int)(stopped - dp_steps));
}

void
dp_queue_note(const struct vx_thread *t)
{
	if (t->op.kind == VS_OP_TOUCH_QUEUE)
		queue_of[t->id] = t->op.object;
}

/* A wake-up that found nobody has let nobody go on. */
static void
wakeup_settle(const struct dp_step *s)
{
	struct vx_access *a = &dp_accesses[s->accesses.first];
	struct vx_access *end = a + s->accesses.n;
	uintptr_t queue = a->object;

	if (s->kind != VS_OP_WAKEUP && s->kind != VS_OP_WAKEUP_ONE &&
	    s->kind != VS_OP_CV_SIGNAL && s->kind != VS_OP_CV_BROADCAST)
		return;
	for (; a < end; a++)
		if (a->space == VX_TOKEN)
			return;
	for (a = &dp_accesses[s->accesses.first]; a < end; a++)
		if (a->space == VX_QUEUE && a->object == queue)
			a->way = VX_QUEUE_EMPTY;
}

void
dp_step_finish(void)
{
	int i = dp_nsteps - 1;
	struct dp_step *s = &dp_steps[i];

	s->changed = !is_update(s) || s->word != word_of(s);
	try_settle();
	if (asking != NEVER && s->thread != VX_NOBODY &&
	    vx.threads[s->thread].op.kind == VX_LOCK_AGAIN)
		dp_accesses[asking].way = VX_LOCK_QUEUED;
	wakeup_settle(s);
	dp_history_step();
	dp_clocks[i][s->process] = (int16_t)(i + 1);
	last[s->process] = (int16_t)i;
	dp_taken[s->process] = s->number + 1;
	if (s->process == DP_TIMER && s->thread != VX_NOBODY)
		last[process_of[s->thread]] = (int16_t)i;
}

/* --- from the first execution to the last ------------------------------------- */

void
dp_trace_open(void)
{
	dp_steps = dp_checked(calloc(DP_STEPS, sizeof(*dp_steps)));
	dp_clocks = dp_checked(aligned_alloc(64, DP_STEPS * sizeof(dp_clock)));
	dp_bases = dp_checked(aligned_alloc(64, DP_STEPS * sizeof(dp_clock)));
	dp_accesses = dp_checked(calloc(MAX_ACCESSES, sizeof(*dp_accesses)));
	dp_sleepers = dp_checked(calloc(MAX_SLEEPERS, sizeof(*dp_sleepers)));
	dp_history_open();
	naccesses = nsleepers = nprocesses = 0;
	dp_nsteps = 0;
	memset(process_of, NOBODY, sizeof(process_of));
	memset(last, 0xff, sizeof(last));
	memset(started, 0xff, sizeof(started));
	memset(queue_of, 0, sizeof(queue_of));
}

void
dp_trace_close(void)
{
	free(dp_steps);
	free(dp_clocks);
	free(dp_bases);
	free(dp_accesses);
	free(dp_sleepers);
	dp_history_close();
}
