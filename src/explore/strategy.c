/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Strategies by name.
 */
#include <string.h>

#include "strategy.h"

uint64_t vx_random_state = 1;

static const struct vx_strategy *const strategies[] = {
	&vx_random_walk,
};

const struct vx_strategy *
vx_strategy_find(const char *name)
{
	for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]);
	    i++)
		if (strcmp(strategies[i]->name, name) == 0)
			return (strategies[i]);
	return (NULL);
}
