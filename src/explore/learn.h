/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What earlier runs of an exploration have taught: how much each thread does,
 * and which objects threads share.
 *
 * A thread is known by its path: its place among the threads its parent has
 * started, and its parent's path.  Whoever asks for something here calls
 * vx_learn_begin() and vx_learn_end() with each run; more than one may.
 */
#ifndef _LEARN_H_
#define _LEARN_H_

#include "engine.h"

#pragma GCC visibility push(hidden)

#define	VX_SITES	8		/* of an object that are kept */

/* An object that more than one thread has used, and one has changed. */
struct vx_shared {
	uintptr_t	object;
	uint8_t		nreads, nwrites;
	uintptr_t	reads[VX_SITES];	/* places, see vx_place() */
	uintptr_t	writes[VX_SITES];
	/* By read: which writes it has seen, bit 0 for none at all. */
	uint16_t	seen[VX_SITES];
	/* How often a strategy has asked for it; by read and bit. */
	uint8_t		asked[VX_SITES][VX_SITES + 1];
	/* The last write of the run that is looked at. */
	uint32_t	last_run;
	unsigned	last_bit;
};

void	vx_learn_open(void);		/* forgets everything */
void	vx_learn_begin(void);
void	vx_learn_end(const struct vx_verdict *verdict);
/* The most choices that a run had so far; at least 1. */
uint32_t	vx_learn_picks(void);

/*
 * Weighs every thread by what it, and those it will start, are expected to
 * do: points, or operations on `object` if that is not 0.  Fills in `left`.
 */
void	vx_learn_weigh(uintptr_t object);
/* A thread was started: takes its share out of its parent's. */
void	vx_learn_weigh_child(struct vx_thread *t);

/* The shared objects seen so far, in the order in which they became that. */
unsigned	vx_learn_nshared(void);
const struct vx_shared	*vx_learn_shared(unsigned i);
/* The same, of those that have a read and a write with known sites. */
unsigned	vx_learn_nflows(void);
struct vx_shared	*vx_learn_flow(unsigned i);

#pragma GCC visibility pop

#endif /* !_LEARN_H_ */
