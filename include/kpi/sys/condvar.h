/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Condition variables, condvar(9).
 *
 * A waiter hands in the lock (mutex, rwlock, sx or write-held rmlock) that
 * protects what it waits for; the lock is released while it waits and taken
 * again in the same mode before the call returns, with or without an error.
 * All who wait at one time must hand in the same lock (INVARIANTS).
 *
 * A wakeup is no hand-off: the predicate may be false again on return.  There
 * are no spontaneous wakeups.
 */
#ifndef _KPI_SYS_CONDVAR_H_
#define _KPI_SYS_CONDVAR_H_

#include <sys/types.h>
#include <sys/systm.h>

struct lock_object;

/* Locks: (c) constant, (i) the waiters' lock or atomic. */
struct cv {
	const char	*cv_description;	/* (c) wait message */
	int		cv_waiters;		/* (i) a hint: may be stale */
};

/*
 * cv_init() keeps `desc`.  cv_destroy() panics (INVARIANTS) if somebody still
 * waits.  Any context.
 */
void	cv_init(struct cv *cvp, const char *desc);
void	cv_destroy(struct cv *cvp);

/*
 * Waiting.  The lock must be held, unrecursed; no other lock that is not
 * sleepable may be held, nor may sleeping be forbidden.
 *
 *	cv_wait			until signalled
 *	cv_wait_unlock		the same, but the lock stays released
 *	cv_wait_sig		also until interrupted: EINTR or ERESTART
 *	cv_timedwait		also until `timo` ticks (> 0) passed:
 *				EWOULDBLOCK, also when the signal came but the
 *				thread ran only after the deadline
 *	cv_timedwait_sig	both
 */
void	_cv_wait(struct cv *cvp, struct lock_object *lock);
void	_cv_wait_unlock(struct cv *cvp, struct lock_object *lock);
int	_cv_wait_sig(struct cv *cvp, struct lock_object *lock);
int	_cv_timedwait_sbt(struct cv *cvp, struct lock_object *lock,
	    sbintime_t sbt, sbintime_t pr, int flags);
int	_cv_timedwait_sig_sbt(struct cv *cvp, struct lock_object *lock,
	    sbintime_t sbt, sbintime_t pr, int flags);

/* `lock` may be of any kind. */
#define	_CV_ARGS(cvp, lock)	(cvp), &(lock)->lock_object
#define	_CV_TICKS(timo)		tick_sbt * (timo), 0, 0
#define	cv_wait(cvp, lock)	_cv_wait(_CV_ARGS(cvp, lock))
#define	cv_wait_unlock(cvp, lock)					\
	_cv_wait_unlock(_CV_ARGS(cvp, lock))
#define	cv_wait_sig(cvp, lock)	_cv_wait_sig(_CV_ARGS(cvp, lock))
#define	cv_timedwait(cvp, lock, timo)					\
	_cv_timedwait_sbt(_CV_ARGS(cvp, lock), _CV_TICKS(timo))
#define	cv_timedwait_sig(cvp, lock, timo)				\
	_cv_timedwait_sig_sbt(_CV_ARGS(cvp, lock), _CV_TICKS(timo))
#define	cv_timedwait_sbt(cvp, lock, ...)				\
	_cv_timedwait_sbt(_CV_ARGS(cvp, lock), __VA_ARGS__)
#define	cv_timedwait_sig_sbt(cvp, lock, ...)				\
	_cv_timedwait_sig_sbt(_CV_ARGS(cvp, lock), __VA_ARGS__)

/*
 * Waking the longest waiting thread, or all.  Any context; the lock need not
 * be held, but without it a thread about to wait can miss the wakeup.
 */
void	cv_signal(struct cv *cvp);
void	cv_broadcastpri(struct cv *cvp, int pri);
#define	cv_broadcast(cvp)	cv_broadcastpri((cvp), 0)

#define	cv_wmesg(cvp)	((cvp)->cv_description)

#endif /* !_KPI_SYS_CONDVAR_H_ */
