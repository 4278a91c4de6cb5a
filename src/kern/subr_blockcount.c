/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * blockcount(9).
 *
 * The waiters' flag is set with the channel's chain locked, by a thread that
 * is on the queue before it lets go of the chain.  Who brings the count to
 * zero and finds the flag therefore finds the thread.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/blockcount.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "host.h"
#include "sleep.h"

void
blockcount_init(blockcount_t *bc)
{
	__atomic_store_n(&bc->__count, 0, __ATOMIC_RELAXED);
}

u_int
blockcount_read(blockcount_t *bc)
{
	VS_ACCESS(VS_OP_ATOMIC_LOAD, &bc->__count);
	return (_BLOCKCOUNT_COUNT(__atomic_load_n(&bc->__count,
	    __ATOMIC_RELAXED)));
}

void
blockcount_acquire(blockcount_t *bc, u_int n)
{
	u_int old __diagused;

	VS_ACCESS(VS_OP_ATOMIC_UPDATE, &bc->__count);
	old = __atomic_fetch_add(&bc->__count, n, __ATOMIC_RELAXED);
	KASSERT(_BLOCKCOUNT_COUNT(old) + n > _BLOCKCOUNT_COUNT(old) &&
	    ((old + n) & _BLOCKCOUNT_WAITERS_FLAG) ==
	    (old & _BLOCKCOUNT_WAITERS_FLAG),
	    ("%s: counter overflow %p", __func__, bc));
}

void
blockcount_release(blockcount_t *bc, u_int n)
{
	u_int old;

	VS_ACCESS(VS_OP_ATOMIC_UPDATE, &bc->__count);
	old = __atomic_fetch_sub(&bc->__count, n, __ATOMIC_ACQ_REL);
	KASSERT(_BLOCKCOUNT_COUNT(old) >= n,
	    ("%s: counter underflow %p", __func__, bc));
	if (_BLOCKCOUNT_COUNT(old) == n && _BLOCKCOUNT_WAITERS(old))
		_blockcount_wakeup(bc, old - n);
}

/* If the count has risen again, its next fall to zero wakes the sleepers. */
void
_blockcount_wakeup(blockcount_t *bc, u_int old)
{
	if (__atomic_compare_exchange_n(&bc->__count, &old, 0, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		wakeup(bc);
}

/* Returns false if the count is zero, else leaves the flag set. */
static bool
blockcount_flag(blockcount_t *bc)
{
	u_int old;

	old = __atomic_load_n(&bc->__count, __ATOMIC_ACQUIRE);
	while (_BLOCKCOUNT_COUNT(old) != 0)
		if (_BLOCKCOUNT_WAITERS(old) ||
		    __atomic_compare_exchange_n(&bc->__count, &old,
		    old | _BLOCKCOUNT_WAITERS_FLAG, false, __ATOMIC_ACQUIRE,
		    __ATOMIC_ACQUIRE))
			return (true);
	return (false);
}

int
_blockcount_sleep(blockcount_t *bc, struct lock_object *lock,
    const char *wmesg, int prio)
{
	struct waitq_how how = {
		.kind = WAITQ_SLEEP,
		.catch = (prio & PCATCH) != 0,
		.lock = lock,
		.wmesg = wmesg,
		.deadline = WAITQ_FOREVER,
	};
	int error;

	KASSERT(lock != &Giant.lock_object,
	    ("%s: cannot use Giant as the interlock", __func__));
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, lock, "Sleeping on \"%s\"",
	    wmesg);
	VS_POINT(VS_OP_SLEEP, bc);
	VS_ACCESS(VS_OP_TOUCH, &bc->__count);
	waitq_lock(bc);
	if (!blockcount_flag(bc)) {
		waitq_unlock(bc);
		if (lock != NULL && (prio & PDROP) != 0)
			LOCK_CLASS(lock)->lc_unlock(lock);
		return (0);
	}
	error = sleep_queued(bc, &how, lock, (prio & PDROP) == 0);
	return (error == 0 ? EAGAIN : error);
}
