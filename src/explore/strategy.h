/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The strategies, and what they share.
 */
#ifndef _STRATEGY_H_
#define _STRATEGY_H_

#include "engine.h"

#pragma GCC visibility push(hidden)

extern const struct vx_strategy vx_random_walk;

/* By name; NULL if there is none. */
const struct vx_strategy	*vx_strategy_find(const char *name);

/* The strategies' random numbers, xorshift64*. */
extern uint64_t vx_random_state;

static inline uint64_t
vx_random(void)
{
	vx_random_state ^= vx_random_state >> 12;
	vx_random_state ^= vx_random_state << 25;
	vx_random_state ^= vx_random_state >> 27;
	return (vx_random_state * 0x2545f4914f6cdd1dULL);
}

/* 0..n-1 */
static inline unsigned
vx_random_below(unsigned n)
{
	return ((unsigned)(((vx_random() >> 32) * n) >> 32));
}

/* Neighbouring seeds give unlike sequences. */
static inline void
vx_random_seed(uint64_t seed)
{
	seed = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ (seed >> 31)) * 0xbf58476d1ce4e5b9ULL;
	vx_random_state = (seed ^ (seed >> 29)) | 1;
}

#pragma GCC visibility pop

#endif /* !_STRATEGY_H_ */
