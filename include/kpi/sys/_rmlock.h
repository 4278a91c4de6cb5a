/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS__RMLOCK_H_
#define _KPI_SYS__RMLOCK_H_

#include <sys/_lock.h>

/*
 * A read-mostly lock: rmlock(9).  Readers do not write to it, unless they hold
 * more rmlocks than a thread has slots for.
 * Locks: (a) atomic, (w) written by the holder of rm_inner.
 */
struct rmlock {
	struct lock_object	lock_object;
	u_int			rm_writing;	/* (a)(w) readers must wait */
	u_int			rm_overflow;	/* (a) readers without a slot */
	struct thread		*rm_owner;	/* (a)(w) writer */
	struct lock_word	rm_inner;	/* writers, and late readers */
};

/*
 * One read hold.  It lives on the reader's stack until the release; all fields
 * are the reader's own.
 */
struct rm_priotracker {
	struct rm_priotracker	*rmp_next;	/* td_rmtrackers */
	struct rmlock		*rmp_rmlock;	/* NULL when not in use */
	struct thread		*rmp_thread;
	int			rmp_slot;	/* in td_readslots, or -1 */
};

#endif /* !_KPI_SYS__RMLOCK_H_ */
