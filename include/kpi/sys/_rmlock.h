/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS__RMLOCK_H_
#define _KPI_SYS__RMLOCK_H_

#include <sys/_lock.h>
#include <sys/_mutex.h>
#include <sys/_sx.h>

/*
 * A read-mostly lock: rmlock(9).  Readers do not write to it.
 * Locks: (a) atomic, (w) written by the holder of the inner lock.
 */
struct rmlock {
	struct lock_object	lock_object;
	uintptr_t		rm_writing;	/* (a)(w) readers must wait */
	struct thread		*rm_owner;	/* (a)(w) */
	u_int			rm_overflow;	/* (a) readers without a slot */
	union {
		struct mtx	_rm_lock_mtx;
		struct sx	_rm_lock_sx;
	}			_rm_lock;	/* writers, and late readers */
#define	rm_lock_mtx	_rm_lock._rm_lock_mtx
#define	rm_lock_sx	_rm_lock._rm_lock_sx
};

/*
 * One read hold.  It lives on the reader's stack until the release; all fields
 * are the reader's own.
 */
struct rm_priotracker {
	struct rm_priotracker	*rmp_next;	/* td_rmtrackers */
	struct rmlock		*rmp_rmlock;	/* NULL when not in use */
	struct thread		*rmp_thread;
	int			rmp_slot;	/* in td_rmslots, or -1 */
};

#endif /* !_KPI_SYS__RMLOCK_H_ */
