/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * PCT, probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
 * Nagarakatte, ASPLOS 2010): threads have random priorities, the highest goes
 * on, and at d - 1 random steps whoever has just gone on falls below all the
 * others.  A bug of depth d in a run of n threads and k steps is found with
 * a probability of at least 1 / (n k^(d-1)).
 *
 * "pct:D"; the number of steps is the largest so far, of those with a choice.
 */
#include "learn.h"
#include "strategy.h"

#define	MAX_DEPTH	16
/* Whoever yields goes below everybody who has not, a change or not. */
#define	YIELDED		((uint64_t)1 << 32)

static unsigned depth;
static uint32_t changes[MAX_DEPTH];	/* steps */
static uint32_t step;
static uint64_t floor_priority;

static bool
pct_configure(const char *option)
{
	return (vx_option_number(option, 1, MAX_DEPTH, 3, &depth));
}

static void
pct_open(uint64_t seed)
{
	(void)seed;
	vx_learn_open();
}

static void
pct_begin(uint64_t seed)
{
	vx_random_seed(seed);
	vx_learn_begin();
	vx_priorities_begin();
	for (unsigned i = 0; i + 1 < depth; i++)
		changes[i] = vx_random_below(vx_learn_picks());
	step = 0;
	floor_priority = YIELDED;
}

static bool
is_change(unsigned *which)
{
	for (*which = 0; *which + 1 < depth; ++*which)
		if (changes[*which] == step)
			return (true);
	return (false);
}

static unsigned
pct_pick(void)
{
	struct vx_thread *t = vx_highest(vx.enabled, vx.nenabled);
	unsigned which;

	if (is_change(&which)) {
		t->priority = YIELDED + depth - which;
		t = vx_highest(vx.enabled, vx.nenabled);
	}
	step++;
	return (t->id);
}

static void
pct_yielded(struct vx_thread *t)
{
	t->priority = --floor_priority;
}

static bool
pct_end(const struct vx_verdict *verdict)
{
	vx_learn_end(verdict);
	return (true);
}

const struct vx_strategy vx_pct = {
	.name = "pct",
	.configure = pct_configure,
	.open = pct_open,
	.begin = pct_begin,
	.pick = pct_pick,
	.thread = vx_priorities_thread,
	.yielded = pct_yielded,
	.choose = vx_random_choose,
	.end = pct_end,
};
