/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mutexes: mutex(9).
 *
 * The word is the owner and flags.  A release makes the mutex free and wakes
 * all who wait; there is no hand-off, so whoever comes first gets it.
 *
 * Spin mutexes work the same way, because waiting for a CPU that is not there
 * would take long; only their holders must not block.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "host.h"
#include "spin.h"
#include "waitq.h"

struct mtx Giant;
MTX_SYSINIT(giant, &Giant, "Giant", MTX_DEF | MTX_RECURSE);

/* What WITNESS is told of the options of a call. */
#define	MTX_WITNESS_OPTS(opts)	(((opts) & ~MTX_RECURSE) | LOP_EXCLUSIVE)

/*
 * Whoever gets to know the owner may look at its struct thread; and what the
 * last owner did is visible to whoever finds none.
 */
static struct thread *
mtx_owner_acquire(const struct mtx *m)
{
	return ((struct thread *)(__atomic_load_n(&m->mtx_lock,
	    __ATOMIC_ACQUIRE) & ~(uintptr_t)MTX_FLAGMASK));
}

/* --- the class's functions ------------------------------------------------ */

/* A mutex has only one way of being locked. */
static void
mtx_hook_assert(const struct lock_object *lock __diagused, int what __diagused)
{
	if ((what & LA_LOCKED) != 0)
		what = (what & ~LA_LOCKED) | LA_XLOCKED;
	mtx_assert((const struct mtx *)lock, what);
}

static void
mtx_hook_lock(struct lock_object *lock, uintptr_t how __unused)
{
	mtx_lock((struct mtx *)lock);
}

static void
spin_hook_lock(struct lock_object *lock, uintptr_t how __unused)
{
	mtx_lock_spin((struct mtx *)lock);
}

static int
mtx_hook_trylock(struct lock_object *lock, uintptr_t how __unused)
{
	return (mtx_trylock((struct mtx *)lock));
}

static int
spin_hook_trylock(struct lock_object *lock, uintptr_t how __unused)
{
	return (mtx_trylock_spin((struct mtx *)lock));
}

static uintptr_t
mtx_hook_unlock(struct lock_object *lock)
{
	mtx_assert((struct mtx *)lock, MA_OWNED | MA_NOTRECURSED);
	mtx_unlock((struct mtx *)lock);
	return (0);
}

static uintptr_t
spin_hook_unlock(struct lock_object *lock)
{
	mtx_assert((struct mtx *)lock, MA_OWNED | MA_NOTRECURSED);
	mtx_unlock_spin((struct mtx *)lock);
	return (0);
}

static int
mtx_hook_owner(const struct lock_object *lock, struct thread **owner)
{
	const struct mtx *m = (const struct mtx *)lock;

	*owner = mtx_owner_acquire(m);
	return (*owner != NULL);
}

struct lock_class lock_class_mtx_sleep = {
	.lc_name = "sleep mutex",
	.lc_flags = LC_SLEEPLOCK | LC_RECURSABLE,
	.lc_assert = mtx_hook_assert,
	.lc_lock = mtx_hook_lock,
	.lc_trylock = mtx_hook_trylock,
	.lc_unlock = mtx_hook_unlock,
	.lc_owner = mtx_hook_owner,
};

struct lock_class lock_class_mtx_spin = {
	.lc_name = "spin mutex",
	.lc_flags = LC_SPINLOCK | LC_RECURSABLE,
	.lc_assert = mtx_hook_assert,
	.lc_lock = spin_hook_lock,
	.lc_trylock = spin_hook_trylock,
	.lc_unlock = spin_hook_unlock,
	.lc_owner = mtx_hook_owner,
};

/* --- life ----------------------------------------------------------------- */

static int
mtx_object_flags(int opts)
{
	int flags = 0;

	if ((opts & MTX_QUIET) != 0)
		flags |= LO_QUIET;
	if ((opts & MTX_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & MTX_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & MTX_DUPOK) != 0)
		flags |= LO_DUPOK;
	if ((opts & MTX_NOPROFILE) != 0)
		flags |= LO_NOPROFILE;
	if ((opts & MTX_NEW) != 0)
		flags |= LO_NEW;
	return (flags);
}

void
_mtx_init(struct mtx *m, const char *name, const char *type, int opts)
{
	struct lock_class *class;

	VS_POINT(VS_OP_LOCK_INIT, m);
	MPASS((opts & ~(MTX_SPIN | MTX_QUIET | MTX_RECURSE | MTX_NOWITNESS |
	    MTX_DUPOK | MTX_NOPROFILE | MTX_NEW)) == 0);
	ASSERT_ATOMIC_LOAD_PTR(m->mtx_lock,
	    ("_mtx_init: mtx_lock not aligned for %s: %p", name,
	    &m->mtx_lock));
	class = (opts & MTX_SPIN) != 0 ? &lock_class_mtx_spin :
	    &lock_class_mtx_sleep;
	lock_init(&m->lock_object, class, name, type, mtx_object_flags(opts));
	__atomic_store_n(&m->mtx_lock, MTX_UNOWNED, __ATOMIC_RELAXED);
}

/* An owner may destroy what it holds; the hold ends with the mutex. */
static void
mtx_destroy_owned(struct mtx *m)
{
	MPASS((_mtx_load(m) & (MTX_RECURSED | MTX_CONTESTED)) == 0);
	if (LOCK_CLASS(&m->lock_object) == &lock_class_mtx_spin)
		curthread->td_critnest--;
	else
		TD_LOCKS_DEC(curthread);
	WITNESS_UNLOCK(&m->lock_object, LOP_EXCLUSIVE, __FILE__, __LINE__);
}

void
_mtx_destroy(struct mtx *m)
{
	VS_POINT(VS_OP_LOCK_DESTROY, m);
	if (mtx_owned(m))
		mtx_destroy_owned(m);
	else
		MPASS(mtx_unowned(m));
	__atomic_store_n(&m->mtx_lock, MTX_DESTROYED, __ATOMIC_RELAXED);
	lock_destroy(&m->lock_object);
}

void
mtx_sysinit(void *arg)
{
	struct mtx_args *margs = arg;

	_mtx_init(margs->ma_mtx, margs->ma_desc, NULL, margs->ma_opts);
}

void
mtx_sysuninit(void *arg)
{
	struct mtx_args *margs = arg;

	_mtx_destroy(margs->ma_mtx);
}

/* --- checks --------------------------------------------------------------- */

#ifdef INVARIANTS
/*
 * In this order, so that the first thing that is wrong names the panic.  Where
 * FreeBSD takes zeroed storage for a spin mutex, strict mode says what it is.
 */
static void
mtx_check(const struct mtx *m, const struct lock_class *class, const char *op,
    const char *file, int line)
{
	if (_mtx_load(m) == MTX_DESTROYED)
		kassert_panic("%s() of destroyed mutex %p @ %s:%d", op, m,
		    file, line);
	if (vs_strict && !mtx_initialized(m))
		kassert_panic("%s() of uninitialized mutex %p @ %s:%d", op, m,
		    file, line);
	if (LOCK_CLASS(&m->lock_object) != class)
		kassert_panic("%s() of %s %s @ %s:%d", op,
		    LOCK_CLASS(&m->lock_object)->lc_name, m->lock_object.lo_name,
		    file, line);
}

#define	MTX_CHECK(m, class, op)						\
	mtx_check((m), &(class), (op), file, line)

static void
mtx_assert_owned(const struct mtx *m, int what, const char *file, int line)
{
	if (!mtx_owned(m))
		kassert_panic("mutex %s not owned at %s:%d",
		    m->lock_object.lo_name, file, line);
	if (mtx_recursed(m) && (what & MA_NOTRECURSED) != 0)
		kassert_panic("mutex %s recursed at %s:%d",
		    m->lock_object.lo_name, file, line);
	if (!mtx_recursed(m) && (what & MA_RECURSED) != 0)
		kassert_panic("mutex %s unrecursed at %s:%d",
		    m->lock_object.lo_name, file, line);
}

void
_mtx_assert(const struct mtx *m, int what, const char *file, int line)
{
	switch (what) {
	case MA_OWNED:
	case MA_OWNED | MA_RECURSED:
	case MA_OWNED | MA_NOTRECURSED:
		mtx_assert_owned(m, what, file, line);
		break;
	case MA_NOTOWNED:
		if (mtx_owned(m))
			kassert_panic("mutex %s owned at %s:%d",
			    m->lock_object.lo_name, file, line);
		break;
	default:
		kassert_panic("unknown mtx_assert at %s:%d", file, line);
	}
}
#else
#define	MTX_CHECK(m, class, op)	((void)0)
#endif

/* --- the word ------------------------------------------------------------- */

static void
mtx_recurse_enter(struct mtx *m)
{
	m->mtx_recurse++;
	__atomic_fetch_or(&m->mtx_lock, MTX_RECURSED, __ATOMIC_RELAXED);
}

static bool
mtx_may_recurse(const struct mtx *m, int opts)
{
	return ((m->lock_object.lo_flags & LO_RECURSABLE) != 0 ||
	    (opts & MTX_RECURSE) != 0);
}

/*
 * Queues and waits while the mutex is held, or returns when it is not.
 *
 * A release is a store to the word, then a look at lock_waiters.  Here the
 * count is raised first and the word is looked at after a fence for both:
 * either we see that the mutex is free, or whoever releases it sees that it
 * has to come to the chain, where it finds us queued.  MTX_CONTESTED may be
 * overwritten by that store; it only tells the owner that somebody waits.
 */
static void
mtx_wait(struct mtx *m, enum waitq_kind kind)
{
	struct waitq_how how = {
		.kind = kind,
		.lock = &m->lock_object,
		.wmesg = m->lock_object.lo_name,
		.deadline = WAITQ_FOREVER,
	};
	u_int *waiters = lock_waiters_of(m);
	uintptr_t v;

	__atomic_fetch_add(waiters, 1, __ATOMIC_SEQ_CST);
	host_fence_heavy();
	waitq_lock(m);
	v = _mtx_load(m);
	if (v == MTX_UNOWNED || ((v & MTX_CONTESTED) == 0 &&
	    !__atomic_compare_exchange_n(&m->mtx_lock, &v, v | MTX_CONTESTED,
	    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)))
		waitq_unlock(m);
	else {
		waitq_add(m, WAITQ_EXCLUSIVE, &how);
		waitq_unlock(m);
		(void)waitq_wait(&how);
	}
	__atomic_fetch_sub(waiters, 1, __ATOMIC_RELAXED);
}

void
_mtx_wake(struct mtx *m)
{
	waitq_lock(m);
	waitq_wake_all(m, WAITQ_EXCLUSIVE);
	waitq_unlock(m);
}

static void
mtx_contend(struct mtx *m, enum waitq_kind kind)
{
	struct spin spin = { 0 };
	uintptr_t v;

	for (;;) {
		v = _mtx_load(m);
		if (v == MTX_DESTROYED)
			panic("mutex %p (%s) was destroyed", m,
			    m->lock_object.lo_name);
		if (v == MTX_UNOWNED) {
			if (_mtx_obtain(m))
				return;
		} else if (!spin_round(&spin, mtx_owner_acquire(m)))
			mtx_wait(m, kind);
	}
}

/* A kernel without INVARIANTS recurses on any mutex, as FreeBSD's does. */
void
_mtx_lock_sleep(struct mtx *m, int opts __diagused,
    const char *file __diagused, int line __diagused)
{
	if (!mtx_owned(m)) {
		mtx_contend(m, WAITQ_LOCK);
		return;
	}
	KASSERT(mtx_may_recurse(m, opts),
	    ("_mtx_lock_sleep: recursed on non-recursive mutex %s @ %s:%d\n",
	    m->lock_object.lo_name, file, line));
	mtx_recurse_enter(m);
}

void
_mtx_unlock_sleep(struct mtx *m)
{
	if (m->mtx_recurse != 0 && mtx_owned(m)) {
		if (--m->mtx_recurse == 0)
			__atomic_fetch_and(&m->mtx_lock,
			    ~(uintptr_t)MTX_RECURSED, __ATOMIC_RELAXED);
		return;
	}
	waitq_lock(m);
	__atomic_store_n(&m->mtx_lock, MTX_UNOWNED, __ATOMIC_RELEASE);
	waitq_wake_all(m, WAITQ_EXCLUSIVE);
	waitq_unlock(m);
}

/* --- sleep mutexes -------------------------------------------------------- */

void
_mtx_lock_flags(struct mtx *m, int opts, const char *file, int line)
{
	VS_POINT(VS_OP_MTX_LOCK, m);
	MTX_CHECK(m, lock_class_mtx_sleep, "mtx_lock");
	WITNESS_CHECKORDER(&m->lock_object, MTX_WITNESS_OPTS(opts) |
	    LOP_NEWORDER, file, line, NULL);
	if (!_mtx_obtain(m))
		_mtx_lock_sleep(m, opts, file, line);
	WITNESS_LOCK(&m->lock_object, MTX_WITNESS_OPTS(opts), file, line);
	TD_LOCKS_INC(curthread);
}

void
_mtx_unlock_flags(struct mtx *m, int opts __witness_used,
    const char *file __diagused, int line __diagused)
{
	VS_POINT(VS_OP_MTX_UNLOCK, m);
	MTX_CHECK(m, lock_class_mtx_sleep, "mtx_unlock");
	WITNESS_UNLOCK(&m->lock_object, MTX_WITNESS_OPTS(opts), file, line);
	mtx_assert(m, MA_OWNED);
	_mtx_release(m);
	TD_LOCKS_DEC(curthread);
}

int
_mtx_trylock_flags(struct mtx *m, int opts, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_MTX_TRYLOCK, m);
	MTX_CHECK(m, lock_class_mtx_sleep, "mtx_trylock");
	if (!_mtx_obtain(m)) {
		if (!mtx_owned(m) || !mtx_may_recurse(m, opts))
			return (0);
		mtx_recurse_enter(m);
	}
	WITNESS_LOCK(&m->lock_object, MTX_WITNESS_OPTS(opts) | LOP_TRYLOCK,
	    file, line);
	TD_LOCKS_INC(curthread);
	VS_POINT(VS_OP_LOCK_TAKEN, m);
	return (1);
}

void
mtx_wait_unlocked(struct mtx *m)
{
	struct spin spin = { 0 };
	struct thread *owner;

	VS_POINT(VS_OP_LOCK_QUERY, m);
	while ((owner = mtx_owner_acquire(m)) != NULL) {
		KASSERT(owner != curthread,
		    ("%s() waiting on myself on lock %p (%s)", __func__, m,
		    m->lock_object.lo_name));
		if (!spin_round(&spin, owner)) {
			mtx_lock(m);
			mtx_unlock(m);
			break;
		}
	}
}

/* --- spin mutexes --------------------------------------------------------- */

/*
 * Those that WITNESS does not watch are leaves of what announces itself in
 * words of its own, epochs mostly: no places to switch, but two operations
 * that both take one have something to do with each other.
 */
static inline void
spin_point(const struct mtx *m, enum vs_op op)
{
	if ((m->lock_object.lo_flags & LO_WITNESS) != 0)
		VS_POINT(op, m);
	else if (op == VS_OP_SPIN_LOCK || op == VS_OP_SPIN_TRYLOCK)
		VS_ACCESS(VS_OP_TOUCH, &m->mtx_lock);
}

void
_mtx_lock_spin_flags(struct mtx *m, int opts __diagused,
    const char *file __diagused, int line __diagused)
{
	spin_point(m, VS_OP_SPIN_LOCK);
	MTX_CHECK(m, lock_class_mtx_spin, "mtx_lock_spin");
	KASSERT(!mtx_owned(m) || mtx_may_recurse(m, opts),
	    ("mtx_lock_spin: recursed on non-recursive mutex %s @ %s:%d\n",
	    m->lock_object.lo_name, file, line));
	WITNESS_CHECKORDER(&m->lock_object, MTX_WITNESS_OPTS(opts) |
	    LOP_NEWORDER, file, line, NULL);
	curthread->td_critnest++;
	if (mtx_owned(m))
		mtx_recurse_enter(m);
	else if (!_mtx_obtain(m))
		mtx_contend(m, WAITQ_SPIN);
	WITNESS_LOCK(&m->lock_object, MTX_WITNESS_OPTS(opts), file, line);
}

void
_mtx_unlock_spin_flags(struct mtx *m, int opts __witness_used,
    const char *file __diagused, int line __diagused)
{
	spin_point(m, VS_OP_SPIN_UNLOCK);
	MTX_CHECK(m, lock_class_mtx_spin, "mtx_unlock_spin");
	WITNESS_UNLOCK(&m->lock_object, MTX_WITNESS_OPTS(opts), file, line);
	mtx_assert(m, MA_OWNED);
	_mtx_release(m);
	curthread->td_critnest--;
}

/* Unlike the others this never recurses. */
int
_mtx_trylock_spin_flags(struct mtx *m, int opts __diagused,
    const char *file __diagused, int line __diagused)
{
	VS_POINT(VS_OP_SPIN_TRYLOCK, m);
	MTX_CHECK(m, lock_class_mtx_spin, "mtx_trylock_spin");
	KASSERT((opts & MTX_RECURSE) == 0,
	    ("mtx_trylock_spin: unsupp. opt MTX_RECURSE on mutex %s @ %s:%d\n",
	    m->lock_object.lo_name, file, line));
	if (!_mtx_obtain(m))
		return (0);
	curthread->td_critnest++;
	WITNESS_LOCK(&m->lock_object, MTX_WITNESS_OPTS(opts) | LOP_TRYLOCK,
	    file, line);
	VS_POINT(VS_OP_LOCK_TAKEN, m);
	return (1);
}

/* The holder is on its way out: it cannot block. */
void
mtx_spin_wait_unlocked(struct mtx *m)
{
	struct thread *owner __diagused;

	VS_POINT(VS_OP_LOCK_QUERY, m);
	while ((owner = mtx_owner_acquire(m)) != NULL) {
		KASSERT(owner != curthread,
		    ("%s() waiting on myself on lock %p (%s)", __func__, m,
		    m->lock_object.lo_name));
		mtx_lock_spin(m);
		mtx_unlock_spin(m);
	}
}

/* --- Giant ---------------------------------------------------------------- */

void
_mtx_giant_drop(struct giant_hold *gh)
{
#ifdef WITNESS
	witness_save(&Giant.lock_object, &gh->gh_file, &gh->gh_line);
#endif
	for (; mtx_owned(&Giant); gh->gh_levels++)
		mtx_unlock(&Giant);
}

void
_mtx_giant_pickup(const struct giant_hold *gh)
{
	u_int i;

	for (i = 0; i < gh->gh_levels; i++)
		mtx_lock(&Giant);
#ifdef WITNESS
	witness_restore(&Giant.lock_object, gh->gh_file, gh->gh_line);
#endif
}
