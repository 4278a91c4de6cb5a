/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What every lock begins with.
 */
#ifndef _KPI_SYS__LOCK_H_
#define _KPI_SYS__LOCK_H_

#include <sys/types.h>

struct thread;
struct witness;

/*
 * Constant between init and destroy, except lo_data, which belongs to the
 * exclusive owner.
 */
struct lock_object {
	const char	*lo_name;	/* kept by pointer */
	u_int		lo_flags;	/* LO_* */
	u_int		lo_data;	/* recursion depth */
	struct witness	*lo_witness;
};

/*
 * The state of a lock that is held by one writer or many readers: flags and
 * a count of readers in one word (LW_*, lock.h), the writer beside it.  The
 * owner is set after the word says "written" and cleared before it stops
 * saying so, hence it is exact for the owner itself and a hint for others.
 */
struct lock_word {
	uintptr_t	lw_state;	/* (a) */
	struct thread	*lw_owner;	/* (a) */
	u_int		lw_revoked;	/* (a) how often a bias had to go */
};

#endif /* !_KPI_SYS__LOCK_H_ */
