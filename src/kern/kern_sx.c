/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Shared/exclusive locks: sx(9).
 *
 * td_sx_slocks counts a thread's shared holds of all of them: whoever has one
 * may overtake waiting writers, or it might wait for a writer that waits for
 * it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/sx.h>

#include "lockword.h"

#define	SX_CHECK(sx, op)						\
	KASSERT(lw_load(&(sx)->sx_lock) != LW_DESTROYED,		\
	    (op "() of destroyed sx %p @ %s:%d", (sx), file, line))

/* --- the class's functions ------------------------------------------------ */

/* How an sx was held when a sleep released it. */
enum { HOW_EXCLUSIVE, HOW_SHARED };

static void
sx_hook_assert(const struct lock_object *lock __diagused, int what __diagused)
{
	sx_assert((const struct sx *)lock, what);
}

static void
sx_hook_lock(struct lock_object *lock, uintptr_t how)
{
	struct sx *sx = (struct sx *)lock;

	if (how == HOW_SHARED)
		sx_slock(sx);
	else
		sx_xlock(sx);
}

static uintptr_t
sx_hook_unlock(struct lock_object *lock)
{
	struct sx *sx = (struct sx *)lock;

	sx_assert(sx, SA_LOCKED | SA_NOTRECURSED);
	if (sx_xlocked(sx)) {
		sx_xunlock(sx);
		return (HOW_EXCLUSIVE);
	}
	sx_sunlock(sx);
	return (HOW_SHARED);
}

static int
sx_hook_owner(const struct lock_object *lock, struct thread **owner)
{
	const struct sx *sx = (const struct sx *)lock;

	*owner = lw_owner(&sx->sx_lock);
	return (*owner != NULL || LW_SHARERS(lw_load(&sx->sx_lock)) != 0);
}

struct lock_class lock_class_sx = {
	.lc_name = "sx",
	.lc_flags = LC_SLEEPLOCK | LC_SLEEPABLE | LC_RECURSABLE |
	    LC_UPGRADABLE,
	.lc_assert = sx_hook_assert,
	.lc_lock = sx_hook_lock,
	.lc_unlock = sx_hook_unlock,
	.lc_owner = sx_hook_owner,
};

/* --- life ----------------------------------------------------------------- */

static int
sx_object_flags(int opts)
{
	int flags = LO_SLEEPABLE | LO_UPGRADABLE;

	if ((opts & SX_DUPOK) != 0)
		flags |= LO_DUPOK;
	if ((opts & SX_NOPROFILE) != 0)
		flags |= LO_NOPROFILE;
	if ((opts & SX_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & SX_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & SX_QUIET) != 0)
		flags |= LO_QUIET;
	if ((opts & SX_NEW) != 0)
		flags |= LO_NEW;
	return (flags);
}

void
sx_init_flags(struct sx *sx, const char *description, int opts)
{
	VS_POINT(VS_OP_LOCK_INIT, sx);
	MPASS((opts & ~(SX_QUIET | SX_RECURSE | SX_NOWITNESS | SX_DUPOK |
	    SX_NOPROFILE | SX_NEW)) == 0);
	ASSERT_ATOMIC_LOAD_PTR(sx->sx_lock.lw_state,
	    ("sx_init_flags: sx_lock not aligned for %s: %p", description,
	    &sx->sx_lock));
	lock_init(&sx->lock_object, &lock_class_sx, description, NULL,
	    sx_object_flags(opts));
	lw_init(&sx->sx_lock);
}

void
sx_destroy(struct sx *sx)
{
	VS_POINT(VS_OP_LOCK_DESTROY, sx);
	KASSERT(lw_load(&sx->sx_lock) == LW_FREE, ("sx lock still held"));
	KASSERT(sx->sx_recurse == 0, ("sx lock still recursed"));
	__atomic_store_n(&sx->sx_lock.lw_state, LW_DESTROYED,
	    __ATOMIC_RELAXED);
	lock_destroy(&sx->lock_object);
}

void
sx_sysinit(void *arg)
{
	struct sx_args *sargs = arg;

	sx_init_flags(sargs->sa_sx, sargs->sa_desc, sargs->sa_flags);
}

void
sx_sysuninit(void *arg)
{
	struct sx_args *sargs = arg;

	sx_destroy(sargs->sa_sx);
}

#ifdef INVARIANTS
/* LA_LOCKED and the like: exact where WITNESS watches, else approximate. */
void
_sx_assert(const struct sx *sx, int what, const char *file, int line)
{
	lw_assert(&sx->lock_object, &sx->sx_lock, what, "share ", file, line);
}

/*
 * FreeBSD notices that a thread must not sleep only if it really has to.
 */
static void
sx_check_sleep(struct sx *sx)
{
	KASSERT(!vs_strict || curthread->td_no_sleeping == 0,
	    ("sleepq_add: td %p to sleep on wchan %p with sleeping prohibited",
	    curthread, sx));
}
#else
#define	_sx_assert(sx, what, file, line)	((void)0)
#define	sx_check_sleep(sx)			((void)0)
#endif

/* --- shared --------------------------------------------------------------- */

static int
sx_slock_hard(struct sx *sx, int opts)
{
	const struct lw_request req = {
		.lock = &sx->lock_object,
		.word = &sx->sx_lock,
		.kind = WAITQ_SX,
		.catch = (opts & SX_INTERRUPTIBLE) != 0,
		.overtake = curthread->td_sx_slocks != 0,
	};

	return (lw_slock_hard(&req));
}

int
_sx_slock(struct sx *sx, int opts, const char *file __diagused,
    int line __diagused)
{
	int error;

	VS_POINT(VS_OP_SX_SLOCK, sx);
	SX_CHECK(sx, "sx_slock");
	sx_check_sleep(sx);
	WITNESS_CHECKORDER(&sx->lock_object, LOP_NEWORDER, file, line, NULL);
	if (__predict_false(!lw_slock(&sx->sx_lock))) {
		error = sx_slock_hard(sx, opts);
		if (error != 0)
			return (error);
	}
	curthread->td_sx_slocks++;
	WITNESS_LOCK(&sx->lock_object, 0, file, line);
	TD_LOCKS_INC(curthread);
	return (0);
}

int
_sx_try_slock(struct sx *sx, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_SX_TRY_SLOCK, sx);
	SX_CHECK(sx, "sx_try_slock");
	if (!lw_try_slock(&sx->sx_lock))
		return (0);
	curthread->td_sx_slocks++;
	WITNESS_LOCK(&sx->lock_object, LOP_TRYLOCK, file, line);
	TD_LOCKS_INC(curthread);
	VS_POINT(VS_OP_LOCK_TAKEN, sx);
	return (1);
}

void
_sx_sunlock(struct sx *sx, const char *file __diagused, int line __diagused)
{
	VS_POINT(VS_OP_SX_SUNLOCK, sx);
	KASSERT(lw_load(&sx->sx_lock) != LW_DESTROYED,
	    ("sx_sunlock() of destroyed sx %p  @ %s:%d", sx, file, line));
	_sx_assert(sx, SA_SLOCKED, file, line);
	WITNESS_UNLOCK(&sx->lock_object, 0, file, line);
	curthread->td_sx_slocks--;
	lw_sunlock(&sx->sx_lock);
	TD_LOCKS_DEC(curthread);
}

/* --- exclusive ------------------------------------------------------------ */

/* A kernel without INVARIANTS recurses on any sx, as FreeBSD's does. */
static int
sx_xlock_hard(struct sx *sx, int opts, const char *file __diagused,
    int line __diagused)
{
	const struct lw_request req = {
		.lock = &sx->lock_object,
		.word = &sx->sx_lock,
		.kind = WAITQ_SX,
		.catch = (opts & SX_INTERRUPTIBLE) != 0,
	};

	if (!sx_xlocked(sx))
		return (lw_xlock_hard(&req));
	KASSERT((sx->lock_object.lo_flags & LO_RECURSABLE) != 0,
	    ("_sx_xlock_hard: recursed on non-recursive sx %p @ %s:%d\n", sx,
	    file, line));
	sx->sx_recurse++;
	return (0);
}

int
_sx_xlock(struct sx *sx, int opts, const char *file, int line)
{
	int error;

	VS_POINT(VS_OP_SX_XLOCK, sx);
	SX_CHECK(sx, "sx_xlock");
	sx_check_sleep(sx);
	WITNESS_CHECKORDER(&sx->lock_object, LOP_NEWORDER | LOP_EXCLUSIVE,
	    file, line, NULL);
	if (__predict_false(!lw_try_xlock(&sx->sx_lock))) {
		error = sx_xlock_hard(sx, opts, file, line);
		if (error != 0)
			return (error);
	}
	WITNESS_LOCK(&sx->lock_object, LOP_EXCLUSIVE, file, line);
	TD_LOCKS_INC(curthread);
	return (0);
}

int
_sx_try_xlock(struct sx *sx, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_SX_TRY_XLOCK, sx);
	SX_CHECK(sx, "sx_try_xlock");
	if (!lw_try_xlock(&sx->sx_lock) && !lw_try_xlock_hard(&sx->sx_lock)) {
		if (!sx_xlocked(sx) ||
		    (sx->lock_object.lo_flags & LO_RECURSABLE) == 0)
			return (0);
		sx->sx_recurse++;
	}
	WITNESS_LOCK(&sx->lock_object, LOP_EXCLUSIVE | LOP_TRYLOCK, file,
	    line);
	TD_LOCKS_INC(curthread);
	VS_POINT(VS_OP_LOCK_TAKEN, sx);
	return (1);
}

void
_sx_xunlock(struct sx *sx, const char *file __diagused, int line __diagused)
{
	VS_POINT(VS_OP_SX_XUNLOCK, sx);
	SX_CHECK(sx, "sx_xunlock");
	_sx_assert(sx, SA_XLOCKED, file, line);
	WITNESS_UNLOCK(&sx->lock_object, LOP_EXCLUSIVE, file, line);
	if (__predict_false(sx->sx_recurse != 0))
		sx->sx_recurse--;
	else
		lw_xunlock(&sx->sx_lock);
	TD_LOCKS_DEC(curthread);
}

/* --- between the two ------------------------------------------------------ */

int
_sx_try_upgrade(struct sx *sx, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_SX_TRY_UPGRADE, sx);
	SX_CHECK(sx, "sx_try_upgrade");
	_sx_assert(sx, SA_SLOCKED, file, line);
	if (!lw_try_upgrade(&sx->sx_lock))
		return (0);
	curthread->td_sx_slocks--;
	WITNESS_UPGRADE(&sx->lock_object, LOP_EXCLUSIVE | LOP_TRYLOCK, file,
	    line);
	VS_POINT(VS_OP_LOCK_TAKEN, sx);
	return (1);
}

void
_sx_downgrade(struct sx *sx, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_SX_DOWNGRADE, sx);
	SX_CHECK(sx, "sx_downgrade");
	_sx_assert(sx, SA_XLOCKED | SA_NOTRECURSED, file, line);
	if (sx->sx_recurse != 0)
		panic("downgrade of a recursed lock");
	WITNESS_DOWNGRADE(&sx->lock_object, 0, file, line);
	curthread->td_sx_slocks++;
	lw_downgrade(&sx->sx_lock, true);
}
