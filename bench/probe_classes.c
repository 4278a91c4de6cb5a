/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Programs whose classes of schedules are counted.
 */
#include <string.h>

#include <vnetsim/explore.h>

#include "probe.h"
#include "dpor.h"

const struct vs_explored *
probe_classes(const char *name, int n)
{
	static const struct {
		const char	*name;
		program_fn	*fn;
	} programs[] = {
		{ "filesystem", filesystem }, { "indexer", indexer },
		{ "lastzero", lastzero }, { "readers", readers },
		{ "philosophers", philosophers },
		{ "greedy-philosophers", greedy_philosophers },
		{ "ifnet-3", ifnet3 },
	};

	for (size_t i = 0; i < nitems(programs); i++)
		if (strcmp(programs[i].name, name) == 0)
			return (program_explore(programs[i].fn, n, "optimal"));
	return (NULL);
}
