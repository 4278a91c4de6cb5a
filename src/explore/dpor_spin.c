/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads that go round in a loop until others have done something.
 *
 * A thread that yields, and has done exactly the same since it yielded last as
 * in the round before, and changed nothing, waits: its yield is taken for a
 * step that looks again at all it has looked at, and that cannot be taken
 * before somebody else has changed some of it.  What other rounds would do is
 * nothing.
 *
 * Time could pass for a thread again and again while all others stand still:
 * callouts that start themselves anew, and loops that pause.  After a few times
 * another thread of the scenario comes first; that leaves something out, and
 * the exploration does not claim to be complete.
 *
 * If nobody else can go on they do all the same: a run without an end is a
 * livelock then.
 */
#include <string.h>

#include "dpor.h"

/* Somebody did, in some execution of any exploration. */
static bool yields;

#define	ALARMS		4		/* for one thread in a row */

static bool
is_yield(const struct dp_step *s)
{
	return ((vx_kinds[s->kind].flags & VX_F_YIELD) != 0);
}

/* Has it only looked, as far as others can tell? */
static bool
only_looked(const struct dp_step *s)
{
	const struct vx_access *a = &dp_accesses[s->accesses.first];

	for (uint32_t i = 0; i < s->accesses.n; i++)
		switch (a[i].way) {
		case VX_MEM_WRITE:
			if (s->changed)
				return (false);
			break;
		case VX_QUEUE_CHANGE:
		case VX_GENERAL_CHANGE:
		case VX_TOKEN_GIVE:
		case VX_TOKEN_AGAIN:
		case VX_TOKEN_TAKE:
		case VX_TOKEN_LOOK:
		case VX_CLOCK_CHANGE:
		case VX_BLOCK_FREE:
			return (false);
		}
	return (true);
}

static bool
same_step(const struct dp_step *a, const struct dp_step *b)
{
	const struct vx_access *x = &dp_accesses[a->accesses.first];
	const struct vx_access *y = &dp_accesses[b->accesses.first];

	if (a->process != b->process || a->kind != b->kind ||
	    a->accesses.n != b->accesses.n)
		return (false);
	for (uint32_t i = 0; i < a->accesses.n; i++)
		if (x[i].object != y[i].object || x[i].way != y[i].way)
			return (false);
	return (true);
}

/* The yield that the process's last round began with; -1: it does not wait. */
static int
round_begin(int last)
{
	int now = last, before;

	for (; now >= 0 && !is_yield(&dp_steps[now]); now = dp_steps[now].before)
		if (!only_looked(&dp_steps[now]))
			return (-1);
	if (now < 0)
		return (-1);
	before = dp_steps[now].before;
	for (int i = last; i != now; i = dp_steps[i].before) {
		if (before < 0 || !same_step(&dp_steps[i], &dp_steps[before]))
			return (-1);
		before = dp_steps[before].before;
	}
	return (before >= 0 && is_yield(&dp_steps[before]) &&
	    dp_steps[before].process == dp_steps[now].process ? now : -1);
}

/* Has anybody done something since that the round would see? */
static bool
round_outdated(int last, int begin)
{
	const struct dp_step *s, *o;

	for (int i = begin + 1; i < dp_nsteps - 1; i++) {
		o = &dp_steps[i];
		if (o->process == dp_steps[last].process)
			continue;
		for (int x = last; x != begin; x = s->before) {
			s = &dp_steps[x];
			if (dp_depend(&dp_accesses[o->accesses.first],
			    o->accesses.n, &dp_accesses[s->accesses.first],
			    s->accesses.n))
				return (true);
		}
	}
	return (false);
}

/* Time has passed for the next one often, and for nobody else. */
static bool
too_many_alarms(void)
{
	const struct vx_thread *t = vx_next_alarm();
	const struct dp_step *s;
	unsigned n = 0;

	for (int i = dp_nsteps - 2; t != NULL && i >= 0; i--) {
		s = &dp_steps[i];
		if (s->process == DP_TIMER && s->thread == t->id) {
			if (++n == ALARMS)
				return (true);
		} else if (s->thread != t->id &&
		    vx.threads[s->thread].scenario)
			return (false);
	}
	return (false);
}

dp_set
dp_spin_held(dp_set enabled)
{
	const struct vx_thread *t;
	dp_set held = 0;
	int last, begin;

	if ((enabled & DP_BIT(DP_TIMER)) != 0 && too_many_alarms())
		held |= DP_BIT(DP_TIMER);
	if (!yields)
		return (held);
	for (unsigned i = 0; i < vx.nenabled; i++) {
		t = &vx.threads[vx.enabled[i]];
		if ((vx_kinds[t->op.kind].flags & VX_F_YIELD) == 0 ||
		    (last = dp_last(t)) < 0 ||
		    (begin = round_begin(last)) < 0 ||
		    round_outdated(last, begin))
			continue;
		held |= DP_BIT(dp_process(t));
	}
	return (held);
}

bool
dp_spin_add(const struct vx_thread *t)
{
	int last = dp_last(t), begin;

	yields = true;
	if (last < 0 || (begin = round_begin(last)) < 0)
		return (false);
	for (int i = last; i != begin; i = dp_steps[i].before)
		for (uint32_t a = 0; a < dp_steps[i].accesses.n; a++)
			dp_step_add(&dp_accesses[dp_steps[i].accesses.first +
			    a]);
	return (true);
}
