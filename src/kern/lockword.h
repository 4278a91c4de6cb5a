/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The engine of sx(9), rwlock(9) and the inside of rmlock(9): one word that
 * says who may enter, without the checks and messages that differ.
 *
 * A writer leaves with a plain store, as a mutex's owner does, and looks at
 * lock_waiters afterwards.  Nobody else changes the word of a lock that is
 * written, but for the waiter flags; a store that overwrites those is followed
 * by lw_wake(), which knows the queues and sets them again.
 *
 * A lock that is only read for a while becomes biased: its readers note it in
 * a slot of their own thread and leave the word alone.  A writer takes the
 * bias back (LW_BIASED becomes LW_RESIDUE, which counts as a reader) and waits
 * until no slot names the lock.  Debug kernels have no bias, for a reader who
 * releases what another one holds must be let through there.
 */
#ifndef _LOCKWORD_H_
#define _LOCKWORD_H_

#include <sys/lock.h>
#include <sys/pcpu.h>
#include <sys/proc.h>

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
/* After lw_try_xlock(): a bias may have been all that was in the way. */
bool	lw_try_xlock_hard(struct lock_word *lw);
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

/* A thread that has `lock` in a slot, NULL if there is none. */
struct thread	*lock_slot_reader(const void *lock);
/* For readers: to be called after LW_BIAS_READS reads in a row. */
void	lw_set_bias(struct lock_word *lw);

#define	LW_BIAS		(LOCK_DEBUG == 0)
#define	LW_BIAS_READS	64		/* doubled by every writer, */
#define	LW_BIAS_SHIFT	7		/* this many times */

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

/* After a release that was a store. */
static inline void
lw_look_for_waiters(struct lock_word *lw)
{
	lock_fence();
	if (__predict_false(__atomic_load_n(lock_waiters_of(lw),
	    __ATOMIC_RELAXED) != 0))
		lw_wake(lw);
}

static inline void
lw_slot_give(struct lock_word *lw, int slot)
{
	__atomic_store_n(&curthread->td_readslots[slot], NULL,
	    __ATOMIC_RELEASE);
	lw_look_for_waiters(lw);
}

/*
 * The slot is filled before the bias is looked at again: either we see that
 * it has been taken back, or whoever took it back sees the slot.
 */
static inline bool
lw_slot_take(struct lock_word *lw)
{
	struct thread *td = curthread;
	int i;

	for (i = 0; i < TD_READSLOTS; i++)
		if (td->td_readslots[i] == NULL)
			break;
	if (i == TD_READSLOTS)
		return (false);
	__atomic_store_n(&td->td_readslots[i], lw, __ATOMIC_RELEASE);
	lock_fence();
	if (__predict_true((__atomic_load_n(&lw->lw_state,
	    __ATOMIC_ACQUIRE) & LW_BIASED) != 0))
		return (true);
	lw_slot_give(lw, i);
	return (false);
}

/* The caller's slot that names the lock, -1 if there is none. */
static inline int
lw_slot_find(const struct lock_word *lw)
{
	int i;

	for (i = 0; i < TD_READSLOTS; i++)
		if (curthread->td_readslots[i] == lw)
			return (i);
	return (-1);
}

/* One more read of an unbiased lock that nobody wants to write. */
static inline void
lw_count_read(struct lock_word *lw)
{
	struct thread *td = curthread;

	if (td->td_reading != lw) {
		td->td_reading = lw;
		td->td_reads = 0;
	} else if (++td->td_reads % LW_BIAS_READS == 0)
		lw_set_bias(lw);
}

/* False: lw_slock_hard() may be called. */
static inline bool
lw_slock(struct lock_word *lw)
{
	uintptr_t state = lw_load(lw);

	if (LW_BIAS && (state & LW_BIASED) != 0 && lw_slot_take(lw))
		return (true);
	if (__predict_false((state & (LW_LIVE | LW_WRITER |
	    LW_EXCLUSIVE_WAITERS)) != LW_LIVE ||
	    !__atomic_compare_exchange_n(&lw->lw_state, &state,
	    state + LW_ONE_SHARER, false, __ATOMIC_ACQUIRE,
	    __ATOMIC_RELAXED)))
		return (false);
	if (LW_BIAS)
		lw_count_read(lw);
	return (true);
}

static inline void
lw_sunlock(struct lock_word *lw)
{
	uintptr_t old;
	int slot;

	if (LW_BIAS && (slot = lw_slot_find(lw)) >= 0) {
		lw_slot_give(lw, slot);
		return;
	}
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
	lw_set_owner(lw, NULL);
	if (__predict_false(lw_load(lw) != (LW_LIVE | LW_WRITER))) {
		__atomic_fetch_sub(&lw->lw_state, LW_WRITER,
		    __ATOMIC_RELEASE);
		lw_wake(lw);
		return;
	}
	__atomic_store_n(&lw->lw_state, LW_FREE, __ATOMIC_RELEASE);
	lw_look_for_waiters(lw);
}

#endif /* !_LOCKWORD_H_ */
