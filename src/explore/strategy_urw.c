/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * URW, the uniform random walk (Zhao and others, ASPLOS 2025): a thread goes
 * on with a probability in proportion to what it, with the threads it has yet
 * to start, still has to do.  If the estimates are exact and nobody blocks,
 * every interleaving is as likely as any other.
 */
#include "learn.h"
#include "strategy.h"

static void
urw_open(uint64_t seed)
{
	(void)seed;
	vx_learn_open();
}

static void
urw_begin(uint64_t seed)
{
	vx_random_seed(seed);
	vx_learn_begin();
	vx_learn_weigh(0);
}

/* Whoever can go on has something left to do, whatever the estimate says. */
static uint32_t
left(unsigned id)
{
	return (vx.threads[id].left != 0 ? vx.threads[id].left : 1);
}

static unsigned
urw_pick(void)
{
	uint64_t all = left(vx.enabled[0]), n;
	unsigned i;

	for (i = 1; i < vx.nenabled; i++)
		all += left(vx.enabled[i]);
	n = vx_random() % all;
	for (i = 0; n >= left(vx.enabled[i]); i++)
		n -= left(vx.enabled[i]);
	return (vx.enabled[i]);
}

static void
urw_perform(struct vx_thread *t)
{
	if (vx.events[vx.nsteps - 1].point && t->left > 0)
		t->left--;
}

static bool
urw_end(const struct vx_verdict *verdict)
{
	vx_learn_end(verdict);
	return (true);
}

const struct vx_strategy vx_urw = {
	.name = "urw",
	.open = urw_open,
	.begin = urw_begin,
	.pick = urw_pick,
	.perform = urw_perform,
	.thread = vx_learn_weigh_child,
	.choose = vx_random_choose,
	.end = urw_end,
};
