/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The random walk: everybody who can go on is as likely as any other.
 */
#include "engine.h"
#include "strategy.h"

static void
random_begin(uint64_t seed)
{
	vx_random_seed(seed);
}

static unsigned
random_pick(void)
{
	return (vx.enabled[vx_random_below(vx.nenabled)]);
}

static unsigned
random_choose(enum vx_choice what, unsigned n)
{
	(void)what;
	return (vx_random_below(n));
}

const struct vx_strategy vx_random_walk = {
	.name = "random",
	.begin = random_begin,
	.pick = random_pick,
	.choose = random_choose,
};
