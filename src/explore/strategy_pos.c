/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * POS, partial order sampling (Yuan, Yang and Gu, CAV 2018): every pending
 * operation has a random priority of its own, the highest is performed, and
 * whatever it races with draws a new one.
 */
#include "strategy.h"

/* Would the order of these two pending operations matter? */
static bool
races(const struct vx_op *a, const struct vx_op *b)
{
	return (a->object == b->object && (a->write || b->write));
}

struct vx_thread *
vx_pos_among(const uint16_t *ids, unsigned n)
{
	struct vx_thread *best = vx_highest(ids, n), *t;

	for (unsigned i = 0; i < vx.nenabled; i++) {
		t = &vx.threads[vx.enabled[i]];
		if (t != best && races(&best->op, &t->op))
			vx_priorities_thread(t);
	}
	return (best);
}

static void
pos_begin(uint64_t seed)
{
	vx_random_seed(seed);
	vx_priorities_begin();
}

static unsigned
pos_pick(void)
{
	return (vx_pos_among(vx.enabled, vx.nenabled)->id);
}

const struct vx_strategy vx_pos = {
	.name = "pos",
	.begin = pos_begin,
	.pick = pos_pick,
	/* Its next operation is another one. */
	.perform = vx_priorities_thread,
	.thread = vx_priorities_thread,
	.choose = vx_random_choose,
};
