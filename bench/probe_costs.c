/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a private access and a scheduling point cost: a thread that does little
 * else.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <machine/atomic.h>

#include "probe.h"

#define	WORDS	64

static u_int counter;
static long *block;

static void
setup(void *arg __unused)
{
	block = malloc(WORDS * sizeof(*block), M_TEMP, M_WAITOK | M_ZERO);
}

/* A read and a write each turn, of memory that is nobody else's. */
static void
access(void *arg __unused)
{
	long *words = block;

	for (int i = 0; i < PROBE_ACCESSES / 2; i++)
		words[i % WORDS]++;
}

const struct vs_scenario probe_accesses = {
	.name = "accesses",
	.setup = setup,
	.threads = { { "accesses", access } },
	.no_shutdown = true,
	.no_exit = true,
};

/* Two threads, so that there is a choice at each. */
static void
points(void *arg __unused)
{
	for (int i = 0; i < PROBE_POINTS / 2; i++)
		atomic_add_int(&counter, 1);
}

const struct vs_scenario probe_points = {
	.name = "points",
	.threads = { { "first", points }, { "second", points } },
	.no_shutdown = true,
	.no_exit = true,
};
