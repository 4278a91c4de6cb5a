/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Time and chance.
 */
#include <time.h>

#include "control.h"

/* The increment of SplitMix64: 2^64 divided by the golden ratio. */
#define	GAMMA	0x9e3779b97f4a7c15ULL

#define	EPOCH	((int64_t)1735689600 * 1000000000)	/* 2025-01-01 */

static _Atomic uint64_t random_state;

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

int64_t
host_clock(void)
{
	if (host_controlled())
		return (host_control->clock());
	return (read_clock(CLOCK_MONOTONIC));
}

/* A controlled run is the same at any time. */
int64_t
host_walltime(void)
{
	if (host_controlled())
		return (EPOCH + host_control->clock());
	return (read_clock(CLOCK_REALTIME));
}

bool
host_chooses(void)
{
	return (host_controlled());
}

unsigned
host_choose(enum host_choice what, unsigned n)
{
	return (host_controlled() ? host_control->choose(what, n) : 0);
}

/*
 * SplitMix64: its state is a counter, which an atomic addition can advance,
 * so that no two threads are handed the same number and none waits.
 */
uint64_t
host_random(void)
{
	uint64_t z;

	z = atomic_fetch_add_explicit(&random_state, GAMMA,
	    memory_order_relaxed) + GAMMA;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31));
}

uint64_t
host_random_state(void)
{
	return (atomic_load_explicit(&random_state, memory_order_relaxed));
}

void
host_random_seed(uint64_t seed)
{
	atomic_store_explicit(&random_state, seed, memory_order_relaxed);
}
