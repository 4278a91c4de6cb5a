/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * condvar(9).
 *
 * cv_waiters lets a signal with nobody waiting be cheap.  It is raised and
 * corrected with the channel's chain locked and looked at without: a waiter
 * raised it while it held the lock that the signaller has had since, or it
 * does not matter who came first.  A waiter that times out leaves it too
 * high, which costs the next signal a look at the queue.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "host.h"
#include "sleep.h"

void
cv_init(struct cv *cvp, const char *desc)
{
	cvp->cv_description = desc;
	__atomic_store_n(&cvp->cv_waiters, 0, __ATOMIC_RELAXED);
}

void
cv_destroy(struct cv *cvp __diagused)
{
#ifdef INVARIANTS
	bool empty;

	waitq_lock(cvp);
	empty = waitq_empty(cvp, WAITQ_EXCLUSIVE);
	waitq_unlock(cvp);
	KASSERT(empty, ("cv_destroy: associated sleep queue non-empty"));
#endif
}

/* How a wait differs from a plain cv_wait(). */
#define	CV_CATCH	0x01
#define	CV_UNLOCK	0x02

static int
cv_sleep(struct cv *cvp, struct lock_object *lock, int64_t deadline, int how)
{
	struct waitq_how wh = {
		.kind = WAITQ_CONDVAR,
		.catch = (how & CV_CATCH) != 0,
		.deadline = deadline,
	};

	KASSERT(cvp != NULL, ("cv_wait: cvp NULL"));
	KASSERT(lock != NULL, ("cv_wait: lock NULL"));
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, lock, "Waiting on \"%s\"",
	    cvp->cv_description);
	wh.wmesg = cvp->cv_description;
	if (lock == &Giant.lock_object) {
		mtx_assert(&Giant, MA_OWNED);
		lock = NULL;
	}
	wh.lock = lock;
	VS_POINT(VS_OP_CV_WAIT, cvp);
	waitq_lock(cvp);
	__atomic_store_n(&cvp->cv_waiters, cvp->cv_waiters + 1,
	    __ATOMIC_RELAXED);
	return (sleep_queued(cvp, &wh, lock, (how & CV_UNLOCK) == 0));
}

void
_cv_wait(struct cv *cvp, struct lock_object *lock)
{
	cv_sleep(cvp, lock, WAITQ_FOREVER, 0);
}

void
_cv_wait_unlock(struct cv *cvp, struct lock_object *lock)
{
	KASSERT(lock != &Giant.lock_object,
	    ("cv_wait_unlock cannot be used with Giant"));
	cv_sleep(cvp, lock, WAITQ_FOREVER, CV_UNLOCK);
}

int
_cv_wait_sig(struct cv *cvp, struct lock_object *lock)
{
	return (cv_sleep(cvp, lock, WAITQ_FOREVER, CV_CATCH));
}

/* A timeout of 0 is over at once, unlike that of sleep(9). */
static int64_t
cv_deadline(sbintime_t sbt, int flags)
{
	return (sbt != 0 ? sleep_deadline(sbt, flags) : host_clock());
}

int
_cv_timedwait_sbt(struct cv *cvp, struct lock_object *lock, sbintime_t sbt,
    sbintime_t pr __unused, int flags)
{
	return (cv_sleep(cvp, lock, cv_deadline(sbt, flags), 0));
}

int
_cv_timedwait_sig_sbt(struct cv *cvp, struct lock_object *lock,
    sbintime_t sbt, sbintime_t pr __unused, int flags)
{
	return (cv_sleep(cvp, lock, cv_deadline(sbt, flags), CV_CATCH));
}

void
cv_signal(struct cv *cvp)
{
	VS_POINT(VS_OP_CV_SIGNAL, cvp);
	if (__atomic_load_n(&cvp->cv_waiters, __ATOMIC_RELAXED) == 0)
		return;
	waitq_lock(cvp);
	sleep_check_kind(cvp, true, "sleepq_signal");
	waitq_wake_one(cvp, WAITQ_EXCLUSIVE);
	__atomic_store_n(&cvp->cv_waiters,
	    waitq_count(cvp, WAITQ_EXCLUSIVE), __ATOMIC_RELAXED);
	waitq_unlock(cvp);
}

void
cv_broadcastpri(struct cv *cvp, int pri __unused)
{
	VS_POINT(VS_OP_CV_BROADCAST, cvp);
	if (__atomic_load_n(&cvp->cv_waiters, __ATOMIC_RELAXED) == 0)
		return;
	waitq_lock(cvp);
	sleep_check_kind(cvp, true, "sleepq_broadcast");
	waitq_wake_all(cvp, WAITQ_EXCLUSIVE);
	__atomic_store_n(&cvp->cv_waiters, 0, __ATOMIC_RELAXED);
	waitq_unlock(cvp);
}
