/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * How long to watch a lock whose owner runs, before going to sleep on it.
 */
#ifndef _SPIN_H_
#define _SPIN_H_

#include "host.h"
#include "waitq.h"

#define	ADAPTIVE_SPINS	200	/* rounds of up to SPIN_PAUSES pauses */
#define	SPIN_PAUSES	16

struct spin {
	int	sp_rounds;
};

/*
 * One round.  False when it is better to sleep: the owner does not run, it
 * took too long, or somebody else decides who runs.
 */
static inline bool
spin_round(struct spin *sp, const struct thread *owner)
{
	int i, n;

	if (sp->sp_rounds >= ADAPTIVE_SPINS || host_ncpus() == 1 ||
	    __atomic_load_n(&vs_listener, __ATOMIC_RELAXED) != NULL ||
	    (owner != NULL && waitq_blocked(owner)))
		return (false);
	n = ++sp->sp_rounds < SPIN_PAUSES ? sp->sp_rounds : SPIN_PAUSES;
	for (i = 0; i < n; i++)
		host_spinwait();
	return (true);
}

#endif /* !_SPIN_H_ */
