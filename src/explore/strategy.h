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
extern const struct vx_strategy vx_pct;
extern const struct vx_strategy vx_pos;
extern const struct vx_strategy vx_urw;
extern const struct vx_strategy vx_surw;
extern const struct vx_strategy vx_reads_from;
extern const struct vx_strategy vx_ipb;
extern const struct vx_strategy vx_idb;
extern const struct vx_strategy vx_source;
extern const struct vx_strategy vx_optimal;
extern const struct vx_strategy vx_brute;
extern const struct vx_strategy vx_portfolio;

/*
 * By name, with an option behind a colon ("pct:4"), which stays in effect
 * until the next call; NULL if there is no such strategy or option.
 */
const struct vx_strategy	*vx_strategy_find(const char *name);
/* A number as an option: low..high; NULL is `usual`.  False: wrong. */
bool	vx_option_number(const char *option, unsigned low, unsigned high,
	    unsigned usual, unsigned *number);

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

/*
 * The seed of a schedule by its number, so that explorations with neighbouring
 * seeds do not try each other's schedules.
 */
static inline uint64_t
vx_schedule_seed(uint64_t seed, uint64_t number)
{
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebULL;
	return ((seed ^ (seed >> 31)) + number);
}

/* Every one as likely as any other; what most answer to choose(). */
unsigned	vx_random_choose(enum vx_choice what, unsigned n);

/* A random priority for each thread; for a new one. */
void	vx_priorities_begin(void);
void	vx_priorities_thread(struct vx_thread *t);
/* The thread of highest priority. */
struct vx_thread	*vx_highest(const uint16_t *ids, unsigned n);

/* Chooses among these as POS does, with vx_priorities_thread() as perform(). */
struct vx_thread	*vx_pos_among(const uint16_t *ids, unsigned n);

#pragma GCC visibility pop

#endif /* !_STRATEGY_H_ */
