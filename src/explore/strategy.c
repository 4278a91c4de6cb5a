/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Strategies by name.
 */
#include <string.h>

#include <vnetsim/explore.h>

#include "strategy.h"

static const struct vx_strategy *const strategies[] = {
	&vx_portfolio, &vx_random_walk, &vx_pct, &vx_pos, &vx_urw, &vx_surw,
	&vx_reads_from, &vx_ipb, &vx_idb, &vx_source, &vx_optimal,
	&vx_brute,
};

const struct vx_strategy *
vx_strategy_find(const char *name)
{
	const struct vx_strategy *s;
	size_t len = strcspn(name, ":");
	const char *option = name[len] == ':' ? &name[len + 1] : NULL;

	for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]);
	    i++) {
		s = strategies[i];
		if (strncmp(s->name, name, len) != 0 || s->name[len] != '\0')
			continue;
		if (s->configure != NULL)
			return (s->configure(option) ? s : NULL);
		return (option == NULL ? s : NULL);
	}
	return (NULL);
}

bool
vs_strategy_known(const char *name, bool *exhaustive, bool *parts)
{
	const struct vx_strategy *s = vx_strategy_find(name);

	*exhaustive = s != NULL && s->exhaustive;
	*parts = s != NULL && (s->parts || !s->exhaustive);
	return (s != NULL);
}
