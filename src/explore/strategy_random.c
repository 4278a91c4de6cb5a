/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The random walk: everybody who can go on is as likely as any other.
 */
#include "engine.h"
#include "strategy.h"

static unsigned
random_pick(void)
{
	return (vx.enabled[vx_random_below(vx.nenabled)]);
}

const struct vx_strategy vx_random_walk = {
	.name = "random",
	.begin = vx_random_seed,
	.pick = random_pick,
	.choose = vx_random_choose,
};
