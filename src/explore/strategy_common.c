/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What several strategies need: options, chance, priorities.
 */
#include <stdlib.h>

#include "strategy.h"

#define	FAIL_RATE	8		/* one allocation in so many fails */

uint64_t vx_random_state = 1;

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
	/* Rather one of the later ones than always the first. */
	if (what == VX_CHOOSE_FAIL)
		return (vx_random_below(FAIL_RATE) == 0);
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
