/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Callouts, callout(9): one list in the order of deadlines, one thread.
 *
 * A callout with a lock of its own is cancelled for certain by whoever holds
 * that lock: softclock takes it first and then looks whether it was told, in
 * cc_cancelled, that the handler is not wanted any more.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/rmlock.h>
#include <sys/time.h>

#include "boot.h"
#include "host.h"
#include "service.h"
#include "waitq.h"

#define	CALLOUT_DIRECT	0x0100		/* c_flags, internal */

#define	LOCK_FLAGS	(CALLOUT_RETURNUNLOCKED | CALLOUT_SHAREDLOCK |	\
			    CALLOUT_TRYLOCK)

TAILQ_HEAD(callout_list, callout);

/* All of it is guarded by callout_mtx. */
static struct mtx callout_mtx;
static struct callout_list cc_pending = TAILQ_HEAD_INITIALIZER(cc_pending);
static struct callout *cc_curr;		/* being run, from dequeue to end */
static bool cc_cancelled;		/* cc_curr is not to be run, or ... */
static bool cc_started;			/* ... it is too late for that */
static bool cc_draining;		/* somebody waits for cc_curr's end */
static bool cc_clock;			/* softclock can be woken */
/* Counts beginnings and ends of runs; atomic, for a look without the lock. */
static unsigned cc_generation;

MTX_SYSINIT(callout, &callout_mtx, "callout", MTX_SPIN | MTX_RECURSE);

static struct service softclock;

/* --- the list ------------------------------------------------------------- */

static void
callout_enqueue(struct callout *c)
{
	struct callout *before;

	mtx_assert(&callout_mtx, MA_OWNED);
	TAILQ_FOREACH_REVERSE(before, &cc_pending, callout_list, c_link)
		if (before->c_time <= c->c_time)
			break;
	if (before != NULL)
		TAILQ_INSERT_AFTER(&cc_pending, before, c, c_link);
	else
		TAILQ_INSERT_HEAD(&cc_pending, c, c_link);
	c->c_flags |= CALLOUT_PENDING;
	/* What comes before the clock waits for it. */
	if (before == NULL && cc_clock)
		service_wake(&softclock);
}

static bool
callout_dequeue(struct callout *c)
{
	mtx_assert(&callout_mtx, MA_OWNED);
	if ((c->c_flags & CALLOUT_PENDING) == 0)
		return (false);
	TAILQ_REMOVE(&cc_pending, c, c_link);
	c->c_flags &= ~CALLOUT_PENDING;
	return (true);
}

/* --- running -------------------------------------------------------------- */

/* The handler as it was when its time came; c itself may change or go. */
struct callout_run {
	struct callout		*cr_callout;
	callout_func_t		*cr_func;
	void			*cr_arg;
	struct lock_object	*cr_lock;
	int			cr_flags;
	struct rm_priotracker	cr_tracker;
};

static void
next_generation(void)
{
	mtx_assert(&callout_mtx, MA_OWNED);
	__atomic_store_n(&cc_generation, cc_generation + 1, __ATOMIC_RELEASE);
}

/* Takes the first one if it is due; else tells when that will be. */
static bool
run_next(struct callout_run *cr, sbintime_t now, sbintime_t *when)
{
	struct callout *c;

	mtx_assert(&callout_mtx, MA_OWNED);
	*when = SBT_MAX;
	if ((c = TAILQ_FIRST(&cc_pending)) == NULL)
		return (false);
	*when = c->c_time;
	if (c->c_time > now)
		return (false);
	(void)callout_dequeue(c);
	cc_curr = c;
	next_generation();
	cc_cancelled = cc_started = cc_draining = false;
	cr->cr_callout = c;
	cr->cr_func = c->c_func;
	cr->cr_arg = c->c_arg;
	cr->cr_lock = c->c_lock;
	cr->cr_flags = c->c_flags;
	return (true);
}

/* How lc_lock() is told to share: by anything but 0, an rmlock by a tracker. */
static uintptr_t
run_lock_mode(struct callout_run *cr)
{
	if ((cr->cr_flags & CALLOUT_SHAREDLOCK) == 0)
		return (0);
	return (LOCK_CLASS(cr->cr_lock) == &lock_class_rm ?
	    (uintptr_t)&cr->cr_tracker : 1);
}

static bool
run_lock(struct callout_run *cr)
{
	struct lock_class *class;

	if (cr->cr_lock == NULL)
		return (true);
	class = LOCK_CLASS(cr->cr_lock);
	if ((cr->cr_flags & CALLOUT_TRYLOCK) != 0)
		return (class->lc_trylock(cr->cr_lock,
		    run_lock_mode(cr)) != 0);
	class->lc_lock(cr->cr_lock, run_lock_mode(cr));
	return (true);
}

static void
run_unlock(struct callout_run *cr)
{
	if (cr->cr_lock != NULL)
		(void)LOCK_CLASS(cr->cr_lock)->lc_unlock(cr->cr_lock);
}

/* From here on a stop is too late, unless one came before. */
static bool
run_begin(void)
{
	bool wanted;

	mtx_lock_spin(&callout_mtx);
	wanted = !cc_cancelled;
	cc_started = wanted;
	mtx_unlock_spin(&callout_mtx);
	return (wanted);
}

/* The lock was busy: again in a tick, unless somebody has changed its mind. */
static void
run_later(struct callout_run *cr)
{
	mtx_lock_spin(&callout_mtx);
	if (!cc_cancelled && !cc_draining &&
	    (cr->cr_callout->c_flags & CALLOUT_PENDING) == 0) {
		cr->cr_callout->c_time = sbinuptime() + tick_sbt;
		callout_enqueue(cr->cr_callout);
	}
	mtx_unlock_spin(&callout_mtx);
}

static void
run_handler(struct callout_run *cr)
{
	VS_POINT(VS_OP_CALLOUT_RUN, cr->cr_callout);
	if ((cr->cr_flags & CALLOUT_DIRECT) != 0)
		critical_enter();
	THREAD_NO_SLEEPING();
	cr->cr_func(cr->cr_arg);
	THREAD_SLEEPING_OK();
	if ((cr->cr_flags & CALLOUT_DIRECT) != 0)
		critical_exit();
}

static void
run_one(struct callout_run *cr)
{
	if (!run_lock(cr)) {
		run_later(cr);
		return;
	}
	if (!run_begin()) {
		run_unlock(cr);
		return;
	}
	run_handler(cr);
	if ((cr->cr_flags & CALLOUT_RETURNUNLOCKED) == 0)
		run_unlock(cr);
}

/* The callout may have been freed by its handler: only its address counts. */
static void
run_end(struct callout *c)
{
	bool draining;

	mtx_lock_spin(&callout_mtx);
	cc_curr = NULL;
	next_generation();
	draining = cc_draining;
	mtx_unlock_spin(&callout_mtx);
	if (!draining)
		return;
	waitq_lock(c);
	(void)waitq_wake_all(c, WAITQ_EXCLUSIVE);
	waitq_unlock(c);
}

static int64_t
softclock_run(void *arg __unused)
{
	struct callout_run cr;
	sbintime_t now, when;
	bool due;

	for (;;) {
		now = sbinuptime();
		mtx_lock_spin(&callout_mtx);
		due = run_next(&cr, now, &when);
		mtx_unlock_spin(&callout_mtx);
		if (!due)
			break;
		run_one(&cr);
		run_end(cr.cr_callout);
	}
	if (when == SBT_MAX)
		return (SERVICE_IDLE);
	return (host_clock() + sbttons(when - now) + 1);
}

/* --- callout(9) ----------------------------------------------------------- */

void
callout_init(struct callout *c, int mpsafe)
{
	memset(c, 0, sizeof(*c));
	if (mpsafe == 0)
		c->c_lock = &Giant.lock_object;
}

void
_callout_init_lock(struct callout *c, struct lock_object *lock, int flags)
{
	KASSERT(lock != NULL, ("%s: no lock", __func__));
	KASSERT((flags & ~LOCK_FLAGS) == 0, ("%s: bad flags %d", __func__,
	    flags));
	KASSERT((LOCK_CLASS(lock)->lc_flags & LC_SLEEPABLE) == 0,
	    ("%s: callout %p has sleepable lock", __func__, c));
	KASSERT((flags & CALLOUT_TRYLOCK) == 0 ||
	    LOCK_CLASS(lock)->lc_trylock != NULL,
	    ("%s: CALLOUT_TRYLOCK requested for %s", __func__,
	    LOCK_CLASS(lock)->lc_name));
	memset(c, 0, sizeof(*c));
	c->c_lock = lock;
	c->c_flags = flags;
}

void
callout_when(sbintime_t sbt, sbintime_t precision, int flags,
    sbintime_t *sbt_res, sbintime_t *prec_res)
{
	*prec_res = precision;
	if ((flags & (C_ABSOLUTE | C_PRECALC)) != 0) {
		*sbt_res = sbt;
		return;
	}
	if ((flags & C_HARDCLOCK) != 0 && sbt < tick_sbt)
		sbt = tick_sbt;
	*sbt_res = sbt > SBT_MAX - sbinuptime() ? SBT_MAX : sbinuptime() + sbt;
}

static void
check_reset(const struct callout *c __diagused, int cpu __diagused, int flags)
{
	if ((flags & C_DIRECT_EXEC) != 0)
		KASSERT(c->c_lock == NULL ||
		    (LOCK_CLASS(c->c_lock)->lc_flags & LC_SPINLOCK) != 0,
		    ("callout_reset_sbt_on: direct callout %p has non-spin "
		    "lock", c));
	KASSERT(cpu >= -1 && cpu < mp_ncpus,
	    ("callout_reset_sbt_on: invalid cpu %d", cpu));
}

/*
 * The callout is between its dequeue and the end of its handler.  Returns
 * whether the coming run was cancelled, which takes the callout's lock.
 */
static bool
curr_cancel(struct callout *c)
{
	mtx_assert(&callout_mtx, MA_OWNED);
	if (cc_curr != c || c->c_lock == NULL || cc_started || cc_cancelled)
		return (false);
	cc_cancelled = true;
	return (true);
}

int
callout_reset_sbt_on(struct callout *c, sbintime_t sbt, sbintime_t precision,
    callout_func_t *ftn, void *arg, int cpu, int flags)
{
	sbintime_t when;
	int cancelled;

	check_reset(c, cpu, flags);
	VS_POINT(VS_OP_CALLOUT_RESET, c);
	callout_when(sbt, precision, flags, &when, &precision);
	mtx_lock_spin(&callout_mtx);
	cancelled = curr_cancel(c);
	if (cc_curr == c && cc_draining) {
		/* Somebody waits for its end: there will be no other run. */
		mtx_unlock_spin(&callout_mtx);
		return (cancelled);
	}
	if (callout_dequeue(c))
		cancelled = 1;
	c->c_func = ftn;
	c->c_arg = arg;
	c->c_time = when;
	c->c_flags |= CALLOUT_ACTIVE;
	c->c_flags &= ~CALLOUT_DIRECT;
	if ((flags & C_DIRECT_EXEC) != 0)
		c->c_flags |= CALLOUT_DIRECT;
	callout_enqueue(c);
	mtx_unlock_spin(&callout_mtx);
	return (cancelled);
}

int
callout_schedule_on(struct callout *c, int to_ticks, int cpu)
{
	return (callout_reset_on(c, to_ticks, c->c_func, c->c_arg, cpu));
}

int
callout_schedule(struct callout *c, int to_ticks)
{
	return (callout_schedule_on(c, to_ticks, -1));
}

/*
 * Waits for the handler's end.  The handler may need a lock that the caller
 * has: whom it waits for is said, so that this can be found out.
 */
static void
drain_sleep(struct callout *c, unsigned generation)
{
	struct waitq_how how = {
		.kind = WAITQ_SX,
		.lock = &callout_mtx.lock_object,
		.owner = service_thread(&softclock),
		.wmesg = "codrain",
		.deadline = WAITQ_FOREVER
	};
	bool running;

	waitq_lock(c);
	/* It changes before the wake comes: no other lock is needed. */
	running = __atomic_load_n(&cc_generation, __ATOMIC_ACQUIRE) ==
	    generation;
	if (running)
		waitq_add(c, WAITQ_EXCLUSIVE, &how);
	waitq_unlock(c);
	if (running)
		(void)waitq_wait(&how);
}

/*
 * An associated lock keeps softclock from starting the handler, so with it a
 * callout that was dequeued can still be cancelled.
 */
static int
callout_stop_once(struct callout *c, bool locked, bool drain, bool *running,
    unsigned *generation)
{
	int result;

	mtx_lock_spin(&callout_mtx);
	*running = cc_curr == c;
	*generation = cc_generation;
	if (drain && *running)
		result = cc_draining = true;
	else {
		result = callout_dequeue(c) ? 1 : -1;
		if (*running)
			result = locked && curr_cancel(c) ? 1 : 0;
		c->c_flags &= ~CALLOUT_ACTIVE;
	}
	mtx_unlock_spin(&callout_mtx);
	return (result);
}

int
_callout_stop_safe(struct callout *c, int flags)
{
	bool drain = (flags & CS_DRAIN) != 0, locked, running;
	unsigned generation;
	int result;

	if (drain) {
		(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, c->c_lock,
		    "calling %s", __func__);
		VS_POINT(VS_OP_CALLOUT_DRAIN, c);
	} else
		VS_POINT(VS_OP_CALLOUT_STOP, c);
	locked = !drain && c->c_lock != NULL;
	if (c->c_lock == &Giant.lock_object)
		locked = locked && mtx_owned(&Giant);
#ifdef INVARIANTS
	else if (locked)
		LOCK_CLASS(c->c_lock)->lc_assert(c->c_lock, LA_XLOCKED);
#endif
	for (;;) {
		result = callout_stop_once(c, locked, drain, &running,
		    &generation);
		if (!drain || !running)
			return (result);
		drain_sleep(c, generation);
	}
}

int
_callout_flags(struct callout *c)
{
	int flags;

	mtx_lock_spin(&callout_mtx);
	flags = c->c_flags;
	mtx_unlock_spin(&callout_mtx);
	return (flags);
}

void
callout_deactivate(struct callout *c)
{
	mtx_lock_spin(&callout_mtx);
	c->c_flags &= ~CALLOUT_ACTIVE;
	mtx_unlock_spin(&callout_mtx);
}

/* --- up and down ---------------------------------------------------------- */

static void
softclock_startup(void *arg __unused)
{
	service_init(&softclock, "clock", softclock_run, NULL);
	mtx_lock_spin(&callout_mtx);
	cc_clock = true;
	if (!TAILQ_EMPTY(&cc_pending))
		service_wake(&softclock);
	mtx_unlock_spin(&callout_mtx);
}
SYSINIT(softclock, SI_SUB_INTR, SI_ORDER_SECOND, softclock_startup, NULL);

static void
softclock_shutdown(void *arg __unused)
{
	struct callout *c;
	char place[128];

	service_stop(&softclock);
	cc_clock = false;
	if ((c = TAILQ_FIRST(&cc_pending)) == NULL)
		return;
	/* As a return address: one byte into the function. */
	host_symbol((const char *)(uintptr_t)c->c_func + 1, place,
	    sizeof(place));
	panic_outcome(VS_LEAK, "callout %p of %s is pending at shutdown", c,
	    place);
}
SYSUNINIT(softclock, SI_SUB_INTR, SI_ORDER_SECOND, softclock_shutdown, NULL);
