/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The engine of sx(9), rwlock(9) and the inside of rmlock(9): one word that
 * says who may enter, without the checks and messages that differ.
 *
 * A reader adds itself first and looks afterwards whether it was allowed to.
 * If not it takes itself out again, which is a release like any other; if the
 * writer has left meanwhile, it simply holds the lock.
 */
#ifndef _LOCKWORD_H_
#define _LOCKWORD_H_

#include <sys/lock.h>
#include <sys/pcpu.h>

#include "waitq.h"

/* One acquisition, as the slow paths need to know it. */
struct lw_request {
	struct lock_object *lock;	/* for messages and owner chains */
	struct lock_word *word;
	enum waitq_kind	kind;
	bool		catch;		/* signals end the wait */
	bool		overtake;	/* caller has other shared holds */
};

void	lw_init(struct lock_word *lw);

/* 0, or EINTR or ERESTART if `catch` is set. */
int	lw_slock_hard(const struct lw_request *req);
int	lw_xlock_hard(const struct lw_request *req);
/* After a release that left waiters; does not touch a lock nobody waits for. */
void	lw_wake(struct lock_word *lw);
bool	lw_try_slock(struct lock_word *lw);
bool	lw_try_upgrade(struct lock_word *lw);
/*
 * `both`: wake the readers although writers wait too; they will find the
 * writers and queue again, as FreeBSD's sx does and its rwlock does not.
 */
void	lw_downgrade(struct lock_word *lw, bool both);

#ifdef INVARIANTS
/* `shared` is the lock's word for shared: "share ", "read ". */
void	lw_assert(const struct lock_object *lock, const struct lock_word *lw,
	    int what, const char *shared, const char *file, int line);
#endif

static inline uintptr_t
lw_load(const struct lock_word *lw)
{
	return (__atomic_load_n(&lw->lw_state, __ATOMIC_RELAXED));
}

/* Whoever gets to know the owner may look at its struct thread. */
static inline struct thread *
lw_owner(const struct lock_word *lw)
{
	return (__atomic_load_n(&lw->lw_owner, __ATOMIC_ACQUIRE));
}

static inline bool
lw_owned(const struct lock_word *lw)
{
	return (lw_owner(lw) == curthread);
}

static inline void
lw_set_owner(struct lock_word *lw, struct thread *td)
{
	__atomic_store_n(&lw->lw_owner, td, __ATOMIC_RELEASE);
}

/* False: lw_slock_hard() must be called, the hold is already counted. */
static inline bool
lw_slock(struct lock_word *lw)
{
	uintptr_t old;

	old = __atomic_fetch_add(&lw->lw_state, LW_ONE_SHARER,
	    __ATOMIC_ACQUIRE);
	return (__predict_true((old & (LW_LIVE | LW_WRITER |
	    LW_EXCLUSIVE_WAITERS)) == LW_LIVE));
}

static inline void
lw_sunlock(struct lock_word *lw)
{
	uintptr_t old;

	old = __atomic_fetch_sub(&lw->lw_state, LW_ONE_SHARER,
	    __ATOMIC_RELEASE);
	if (__predict_false((old & LW_WAITERS) != 0 && LW_SHARERS(old) == 1))
		lw_wake(lw);
}

/* False: lw_xlock_hard() may be called. */
static inline bool
lw_try_xlock(struct lock_word *lw)
{
	uintptr_t old = LW_FREE;

	if (__predict_false(!__atomic_compare_exchange_n(&lw->lw_state, &old,
	    LW_LIVE | LW_WRITER, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		return (false);
	lw_set_owner(lw, curthread);
	return (true);
}

static inline void
lw_xunlock(struct lock_word *lw)
{
	uintptr_t old;

	lw_set_owner(lw, NULL);
	old = __atomic_fetch_sub(&lw->lw_state, LW_WRITER, __ATOMIC_RELEASE);
	if (__predict_false((old & LW_WAITERS) != 0))
		lw_wake(lw);
}

#endif /* !_LOCKWORD_H_ */
