/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a run has done so far, as a number: the same for two runs if they
 * differ in the order of independent operations only (conflict.c says which
 * these are), so that the same can come of them.
 *
 * And which points matter: those before an operation that depends on another
 * thread's, in this run or in an earlier one.  Where a thread is preempted
 * elsewhere, it could just as well have gone on to the next point that
 * matters, or to where it waits.
 */
#ifndef _PAST_H_
#define _PAST_H_

#include "engine.h"

#pragma GCC visibility push(hidden)

/* Forgets everything. */
void	vx_past_open(void);
void	vx_past_close(void);

/* --- of a strategy, by the same names -------------------------------------- */

void	vx_past_begin(void);
void	vx_past_perform(struct vx_thread *t);
void	vx_past_effect(enum vx_effect what, const struct vx_thread *t);
void	vx_past_thread(struct vx_thread *t);
void	vx_past_stop(void);
/* A choice has been made. */
void	vx_past_choose(unsigned taken);

/* --- answers ---------------------------------------------------------------- */

/* The past of this run. */
uint64_t	vx_past(void);
/* The place where `t` stands: the same in other runs. */
uint32_t	vx_past_place(const struct vx_thread *t);
/* Has anything that follows it directly depended on another thread? */
bool	vx_past_matters(uint32_t place);
/* Would one of those answers be another one by now, since the last pass()? */
bool	vx_past_missed(void);
void	vx_past_pass(void);
/*
 * Is the order in which locks were taken a part of the past even where nobody
 * can tell from the memory that they protect?
 */
void	vx_past_races(bool ordered);

#pragma GCC visibility pop

#endif /* !_PAST_H_ */
