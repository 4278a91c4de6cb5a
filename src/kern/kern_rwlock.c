/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Reader/writer locks: rwlock(9).
 *
 * They differ from sx(9) in that waiting is bounded, and in that a downgrade
 * wakes nobody while a writer waits.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/rwlock.h>

#include "lockword.h"

#define	RW_CHECK(rw, op)						\
	KASSERT(lw_load(&(rw)->rw_lock) != LW_DESTROYED,		\
	    (op "() of destroyed rwlock %p @ %s:%d", (rw), file, line))

/* --- the class's functions ------------------------------------------------ */

/* How an rwlock was held when a sleep released it. */
enum { HOW_WRITE, HOW_READ };

static void
rw_hook_assert(const struct lock_object *lock __diagused, int what __diagused)
{
	rw_assert((const struct rwlock *)lock, what);
}

static void
rw_hook_lock(struct lock_object *lock, uintptr_t how)
{
	struct rwlock *rw = (struct rwlock *)lock;

	if (how == HOW_READ)
		rw_rlock(rw);
	else
		rw_wlock(rw);
}

static int
rw_hook_trylock(struct lock_object *lock, uintptr_t how)
{
	struct rwlock *rw = (struct rwlock *)lock;

	return (how == HOW_READ ? rw_try_rlock(rw) : rw_try_wlock(rw));
}

static uintptr_t
rw_hook_unlock(struct lock_object *lock)
{
	struct rwlock *rw = (struct rwlock *)lock;

	rw_assert(rw, RA_LOCKED | RA_NOTRECURSED);
	if (rw_wowned(rw)) {
		rw_wunlock(rw);
		return (HOW_WRITE);
	}
	rw_runlock(rw);
	return (HOW_READ);
}

static int
rw_hook_owner(const struct lock_object *lock, struct thread **owner)
{
	const struct rwlock *rw = (const struct rwlock *)lock;

	*owner = lw_owner(&rw->rw_lock);
	return (*owner != NULL || LW_SHARERS(lw_load(&rw->rw_lock)) != 0);
}

struct lock_class lock_class_rw = {
	.lc_name = "rw",
	.lc_flags = LC_SLEEPLOCK | LC_RECURSABLE | LC_UPGRADABLE,
	.lc_assert = rw_hook_assert,
	.lc_lock = rw_hook_lock,
	.lc_trylock = rw_hook_trylock,
	.lc_unlock = rw_hook_unlock,
	.lc_owner = rw_hook_owner,
};

/* --- life ----------------------------------------------------------------- */

static int
rw_object_flags(int opts)
{
	int flags = LO_UPGRADABLE;

	if ((opts & RW_DUPOK) != 0)
		flags |= LO_DUPOK;
	if ((opts & RW_NOPROFILE) != 0)
		flags |= LO_NOPROFILE;
	if ((opts & RW_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & RW_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & RW_QUIET) != 0)
		flags |= LO_QUIET;
	if ((opts & RW_NEW) != 0)
		flags |= LO_NEW;
	return (flags);
}

void
_rw_init_flags(struct rwlock *rw, const char *name, int opts)
{
	VS_POINT(VS_OP_LOCK_INIT, rw);
	MPASS((opts & ~(RW_DUPOK | RW_NOPROFILE | RW_NOWITNESS | RW_QUIET |
	    RW_RECURSE | RW_NEW)) == 0);
	ASSERT_ATOMIC_LOAD_PTR(rw->rw_lock.lw_state,
	    ("_rw_init_flags: rw_lock not aligned for %s: %p", name,
	    &rw->rw_lock));
	lock_init(&rw->lock_object, &lock_class_rw, name, NULL,
	    rw_object_flags(opts));
	lw_init(&rw->rw_lock);
}

void
_rw_destroy(struct rwlock *rw)
{
	VS_POINT(VS_OP_LOCK_DESTROY, rw);
	KASSERT(lw_load(&rw->rw_lock) == LW_FREE,
	    ("rw lock %p not unlocked", rw));
	KASSERT(rw->rw_recurse == 0, ("rw lock %p still recursed", rw));
	__atomic_store_n(&rw->rw_lock.lw_state, LW_DESTROYED,
	    __ATOMIC_RELAXED);
	lock_destroy(&rw->lock_object);
}

void
rw_sysinit(void *arg)
{
	struct rw_args *args = arg;

	_rw_init_flags(args->ra_rw, args->ra_desc, args->ra_flags);
}

void
rw_sysuninit(void *arg)
{
	struct rw_args *args = arg;

	_rw_destroy(args->ra_rw);
}

#ifdef INVARIANTS
void
_rw_assert(const struct rwlock *rw, int what, const char *file, int line)
{
	lw_assert(&rw->lock_object, &rw->rw_lock, what, "read ", file, line);
}
#else
#define	_rw_assert(rw, what, file, line)	((void)0)
#endif

/* --- reading -------------------------------------------------------------- */

static void
rw_rlock_hard(struct rwlock *rw)
{
	const struct lw_request req = {
		.lock = &rw->lock_object,
		.word = &rw->rw_lock,
		.kind = WAITQ_LOCK,
		.overtake = curthread->td_rw_rlocks != 0,
	};

	(void)lw_slock_hard(&req);
}

void
_rw_rlock(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_RLOCK, rw);
	RW_CHECK(rw, "rw_rlock");
	KASSERT(!rw_wowned(rw),
	    ("rw_rlock: wlock already held for %p @ %s:%d", rw, file, line));
	WITNESS_CHECKORDER(&rw->lock_object, LOP_NEWORDER, file, line, NULL);
	if (__predict_false(!lw_slock(&rw->rw_lock)))
		rw_rlock_hard(rw);
	curthread->td_rw_rlocks++;
	WITNESS_LOCK(&rw->lock_object, 0, file, line);
	TD_LOCKS_INC(curthread);
}

int
_rw_try_rlock(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_TRY_RLOCK, rw);
	RW_CHECK(rw, "rw_try_rlock");
	if (!lw_try_slock(&rw->rw_lock))
		return (0);
	curthread->td_rw_rlocks++;
	WITNESS_LOCK(&rw->lock_object, LOP_TRYLOCK, file, line);
	TD_LOCKS_INC(curthread);
	VS_POINT(VS_OP_LOCK_TAKEN, rw);
	return (1);
}

void
_rw_runlock(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_RUNLOCK, rw);
	RW_CHECK(rw, "rw_runlock");
	_rw_assert(rw, RA_RLOCKED, file, line);
	WITNESS_UNLOCK(&rw->lock_object, 0, file, line);
	curthread->td_rw_rlocks--;
	lw_sunlock(&rw->rw_lock);
	TD_LOCKS_DEC(curthread);
}

/* --- writing -------------------------------------------------------------- */

/* A kernel without INVARIANTS recurses on any rwlock, as FreeBSD's does. */
static void
rw_wlock_hard(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	const struct lw_request req = {
		.lock = &rw->lock_object,
		.word = &rw->rw_lock,
		.kind = WAITQ_LOCK,
	};

	if (!rw_wowned(rw)) {
		(void)lw_xlock_hard(&req);
		return;
	}
	KASSERT((rw->lock_object.lo_flags & LO_RECURSABLE) != 0,
	    ("__rw_wlock_hard: recursing but non-recursive rw %p @ %s:%d\n",
	    rw, file, line));
	rw->rw_recurse++;
}

void
_rw_wlock(struct rwlock *rw, const char *file, int line)
{
	VS_POINT(VS_OP_RW_WLOCK, rw);
	RW_CHECK(rw, "rw_wlock");
	WITNESS_CHECKORDER(&rw->lock_object, LOP_NEWORDER | LOP_EXCLUSIVE,
	    file, line, NULL);
	if (__predict_false(!lw_try_xlock(&rw->rw_lock)))
		rw_wlock_hard(rw, file, line);
	WITNESS_LOCK(&rw->lock_object, LOP_EXCLUSIVE, file, line);
	TD_LOCKS_INC(curthread);
}

int
_rw_try_wlock(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_TRY_WLOCK, rw);
	RW_CHECK(rw, "rw_try_wlock");
	if (!lw_try_xlock(&rw->rw_lock) && !lw_try_xlock_hard(&rw->rw_lock)) {
		if (!rw_wowned(rw) ||
		    (rw->lock_object.lo_flags & LO_RECURSABLE) == 0)
			return (0);
		rw->rw_recurse++;
	}
	WITNESS_LOCK(&rw->lock_object, LOP_EXCLUSIVE | LOP_TRYLOCK, file,
	    line);
	TD_LOCKS_INC(curthread);
	VS_POINT(VS_OP_LOCK_TAKEN, rw);
	return (1);
}

void
_rw_wunlock(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_WUNLOCK, rw);
	RW_CHECK(rw, "rw_wunlock");
	_rw_assert(rw, RA_WLOCKED, file, line);
	WITNESS_UNLOCK(&rw->lock_object, LOP_EXCLUSIVE, file, line);
	if (__predict_false(rw->rw_recurse != 0))
		rw->rw_recurse--;
	else
		lw_xunlock(&rw->rw_lock);
	TD_LOCKS_DEC(curthread);
}

/* --- between the two ------------------------------------------------------ */

int
_rw_try_upgrade(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_TRY_UPGRADE, rw);
	RW_CHECK(rw, "rw_try_upgrade");
	_rw_assert(rw, RA_RLOCKED, file, line);
	if (!lw_try_upgrade(&rw->rw_lock))
		return (0);
	curthread->td_rw_rlocks--;
	WITNESS_UPGRADE(&rw->lock_object, LOP_EXCLUSIVE | LOP_TRYLOCK, file,
	    line);
	VS_POINT(VS_OP_LOCK_TAKEN, rw);
	return (1);
}

void
_rw_downgrade(struct rwlock *rw, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RW_DOWNGRADE, rw);
	RW_CHECK(rw, "rw_downgrade");
	_rw_assert(rw, RA_WLOCKED | RA_NOTRECURSED, file, line);
	if (rw->rw_recurse != 0)
		panic("downgrade of a recursed lock");
	WITNESS_DOWNGRADE(&rw->lock_object, 0, file, line);
	curthread->td_rw_rlocks++;
	lw_downgrade(&rw->rw_lock, false);
}
