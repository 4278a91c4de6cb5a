/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * sleep(9), wakeup(9), pause(9) and critical(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/time.h>

#include "host.h"
#include "sleep.h"

/* --- what all sleeps share ------------------------------------------------ */

int64_t
sleep_deadline(sbintime_t sbt, int flags)
{
	int64_t now, ns;

	if (sbt == 0)
		return (WAITQ_FOREVER);
	if ((flags & C_ABSOLUTE) != 0)
		sbt -= sbinuptime();
	now = host_clock();
	ns = sbttons(sbt);
	return (ns < WAITQ_FOREVER - now ? now + ns : WAITQ_FOREVER - 1);
}

static int
sleep_error(enum waitq_result result, const struct waitq_how *how)
{
	switch (result) {
	case WAITQ_TIMEOUT:
		return (EWOULDBLOCK);
	case WAITQ_SIGNAL:
		return (how->error);
	default:
		return (0);
	}
}

/*
 * The thread is on the queue before anybody else can get the interlock, so a
 * waker who changes the condition under the interlock cannot miss it.
 */
int
sleep_queued(const volatile void *chan, struct waitq_how *how,
    struct lock_object *lock, bool relock)
{
	enum waitq_result result;
	uintptr_t mode = 0;
	WITNESS_SAVE_DECL(lock);

	waitq_add(chan, WAITQ_EXCLUSIVE, how);
	waitq_unlock(chan);
	DROP_GIANT();
	if (lock != NULL) {
		WITNESS_SAVE(lock, lock);
		mode = LOCK_CLASS(lock)->lc_unlock(lock);
	}
	result = waitq_wait(how);
	VS_POINT(VS_OP_RESUME, chan);
	PICKUP_GIANT();
	if (lock != NULL && relock) {
		LOCK_CLASS(lock)->lc_lock(lock, mode);
		WITNESS_RESTORE(lock, lock);
	}
	return (sleep_error(result, how));
}

#ifdef INVARIANTS
void
sleep_check_kind(const volatile void *chan, bool condvar, const char *func)
{
	enum waitq_kind kind;

	if (!waitq_kind(chan, &kind) || (kind == WAITQ_CONDVAR) == condvar)
		return;
	waitq_unlock(chan);
	kassert_panic("%s: mismatch between sleep/wakeup and cv_*", func);
}
#else
void
sleep_check_kind(const volatile void *chan __unused, bool condvar __unused,
    const char *func __unused)
{
}
#endif

/* --- sleep(9) ------------------------------------------------------------- */

int
_sleep(const void *chan, struct lock_object *lock, int pri, const char *wmesg,
    sbintime_t sbt, sbintime_t pr __unused, int flags)
{
	struct waitq_how how = {
		.kind = WAITQ_SLEEP,
		.catch = (pri & PCATCH) != 0,
		.wmesg = wmesg,
	};

	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, lock, "Sleeping on \"%s\"",
	    wmesg);
	KASSERT(sbt != 0 || mtx_owned(&Giant) || lock != NULL ||
	    (pri & PNOLOCK) != 0, ("sleeping without a lock"));
	KASSERT(chan != NULL, ("_sleep: NULL ident"));
	KASSERT((pri & PDROP) == 0 ||
	    (lock != NULL && lock != &Giant.lock_object),
	    ("PDROP requires a non-Giant lock"));
	KASSERT(lock == NULL ||
	    (LOCK_CLASS(lock)->lc_flags & LC_SPINLOCK) == 0,
	    ("spin locks can only use msleep_spin"));

	/* Giant is given up by every sleep, whether named or not. */
	if (lock == &Giant.lock_object)
		lock = NULL;
	how.lock = lock;
	how.deadline = sleep_deadline(sbt, flags);
	VS_POINT(VS_OP_SLEEP, chan);
	waitq_lock(chan);
	return (sleep_queued(chan, &how, lock, (pri & PDROP) == 0));
}

int
msleep_spin_sbt(const void *chan, struct mtx *mtx, const char *wmesg,
    sbintime_t sbt, sbintime_t pr __unused, int flags)
{
	struct waitq_how how = {
		.kind = WAITQ_SLEEP,
		.wmesg = wmesg,
		.deadline = sleep_deadline(sbt, flags),
	};

	KASSERT(mtx != NULL, ("sleeping without a mutex"));
	KASSERT(chan != NULL, ("msleep_spin_sbt: NULL ident"));
	mtx_assert(mtx, MA_OWNED | MA_NOTRECURSED);
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, &mtx->lock_object,
	    "Sleeping on \"%s\"", wmesg);
	how.lock = &mtx->lock_object;
	VS_POINT(VS_OP_SLEEP, chan);
	waitq_lock(chan);
	return (sleep_queued(chan, &how, how.lock, true));
}

/* The channel is the thread's own: nobody can wake it. */
int
pause_sbt(const char *wmesg, sbintime_t sbt, sbintime_t pr __unused,
    int flags)
{
	struct waitq_how how = {
		.kind = WAITQ_PAUSE,
		.catch = (flags & C_CATCH) != 0,
		.wmesg = wmesg,
	};
	const void *chan = &curthread->td_wchan;

	KASSERT(sbt >= 0, ("pause_sbt: timeout must be >= 0"));
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "Sleeping on \"%s\"",
	    wmesg);
	how.deadline = sleep_deadline(sbt != 0 ? sbt : tick_sbt, flags);
	VS_POINT(VS_OP_SLEEP, chan);
	waitq_lock(chan);
	return (sleep_queued(chan, &how, NULL, false));
}

/* --- wakeup(9) ------------------------------------------------------------ */

void
wakeup(const void *chan)
{
	KASSERT(chan != NULL, ("sleepq_broadcast: invalid NULL wait channel"));
	VS_POINT(VS_OP_WAKEUP, chan);
	waitq_lock(chan);
	sleep_check_kind(chan, false, "sleepq_broadcast");
	waitq_wake_all(chan, WAITQ_EXCLUSIVE);
	waitq_unlock(chan);
}

void
wakeup_one(const void *chan)
{
	KASSERT(chan != NULL, ("sleepq_signal: invalid NULL wait channel"));
	VS_POINT(VS_OP_WAKEUP_ONE, chan);
	waitq_lock(chan);
	sleep_check_kind(chan, false, "sleepq_signal");
	waitq_wake_one(chan, WAITQ_EXCLUSIVE);
	waitq_unlock(chan);
}

/* Unfair on purpose: who came last has the warmest cache. */
void
wakeup_any(const void *chan)
{
	KASSERT(chan != NULL, ("sleepq_signal: invalid NULL wait channel"));
	VS_POINT(VS_OP_WAKEUP_ONE, chan);
	waitq_lock(chan);
	sleep_check_kind(chan, false, "sleepq_signal");
	waitq_wake_last(chan, WAITQ_EXCLUSIVE);
	waitq_unlock(chan);
}

/* --- giving up the CPU, and not ------------------------------------------- */

void
kern_yield(int prio __unused)
{
	KASSERT(curthread->td_critnest == 0,
	    ("mi_switch: switch in a critical section"));
	DROP_GIANT();
	VS_POINT(VS_OP_YIELD, curthread);
	host_yield();
	PICKUP_GIANT();
}

void
critical_enter(void)
{
	curthread->td_critnest++;
}

void
critical_exit(void)
{
	KASSERT(curthread->td_critnest != 0,
	    ("critical_exit: td_critnest == 0"));
	curthread->td_critnest--;
}
