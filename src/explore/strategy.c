/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Strategies by name, and what several of them need.
 */
#include <stdlib.h>
#include <string.h>

#include <vnetsim/explore.h>

#include "strategy.h"

uint64_t vx_random_state = 1;

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
vs_strategy_known(const char *name, bool *exhaustive)
{
	const struct vx_strategy *s = vx_strategy_find(name);

	*exhaustive = s != NULL && s->exhaustive;
	return (s != NULL);
}

bool
vx_option_number(const char *option, unsigned low, unsigned high,
    unsigned usual, unsigned *number)
{
	unsigned long n = usual;
	char *end;

	if (option != NULL) {
		n = strtoul(option, &end, 10);
		if (*option < '0' || *option > '9' || *end != '\0')
			return (false);
	}
	if (n < low || n > high)
		return (false);
	*number = (unsigned)n;
	return (true);
}

unsigned
vx_random_choose(enum vx_choice what, unsigned n)
{
	(void)what;
	return (vx_random_below(n));
}

/* The upper half of the range: strategies put others below it. */
void
vx_priorities_thread(struct vx_thread *t)
{
	t->priority = vx_random() | (uint64_t)1 << 63;
}

void
vx_priorities_begin(void)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		vx_priorities_thread(&vx.threads[i]);
}

struct vx_thread *
vx_highest(const uint16_t *ids, unsigned n)
{
	struct vx_thread *t, *best = &vx.threads[ids[0]];

	for (unsigned i = 1; i < n; i++) {
		t = &vx.threads[ids[i]];
		if (t->priority > best->priority)
			best = t;
	}
	return (best);
}
