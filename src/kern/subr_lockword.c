/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Locks held by one writer or many readers: the slow half of lockword.h.
 *
 * Why no wake-up is lost: a waiter raises lock_waiters, fences, and sets its
 * flag in the word, under the chain's lock, by an exchange that fails unless
 * the lock is still held.  A reader's release is atomic in the same word and
 * sees the flag; one that is a store looks at lock_waiters; either comes to
 * the chain.  There it may touch the word only while it sees a waiter queued:
 * the waiter keeps the lock's memory alive.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include "boot.h"
#include "host.h"
#include "lockword.h"
#include "spin.h"

void
lw_init(struct lock_word *lw)
{
	lw_set_owner(lw, NULL);
	lw->lw_revoked = 0;
	__atomic_store_n(&lw->lw_state, LW_FREE, __ATOMIC_RELAXED);
}

static bool
lw_cas(struct lock_word *lw, uintptr_t *old, uintptr_t new)
{
	return (__atomic_compare_exchange_n(&lw->lw_state, old, new, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
}

/*
 * FreeBSD without INVARIANTS would fault or wait for ever here.
 */
static void
lw_check_live(const struct lw_request *req, uintptr_t state)
{
	if (__predict_true((state & LW_LIVE) != 0))
		return;
	if ((state & LW_DESTROYED) != 0)
		panic("lock %p (%s) was destroyed", req->lock,
		    req->lock->lo_name);
	panic("lock %p is not initialized", req->lock);
}

static bool
lw_can_write(uintptr_t state)
{
	return ((state & (LW_WRITER | LW_SLOTS)) == 0 &&
	    LW_SHARERS(state) == 0);
}

/*
 * Readers let waiting writers go first, but for those who hold another lock
 * of the kind: a writer may wait for that one.
 */
static bool
lw_can_read(const struct lw_request *req, uintptr_t state)
{
	return ((state & LW_WRITER) == 0 &&
	    ((state & LW_EXCLUSIVE_WAITERS) == 0 || req->overtake));
}

/*
 * Whoever clears LW_RESIDUE has seen the slots empty; who sees it cleared
 * must see what their readers did.
 */
static void
lw_clear(struct lock_word *lw, uintptr_t flags)
{
	__atomic_fetch_and(&lw->lw_state, ~flags, __ATOMIC_RELEASE);
}

/* --- bias ----------------------------------------------------------------- */

struct slot_scan {
	const void	*ss_lock;
	struct thread	*ss_reader;
};

static void
slot_scan_thread(struct thread *td, void *arg)
{
	struct slot_scan *scan = arg;
	int i;

	for (i = 0; i < TD_READSLOTS; i++)
		if (__atomic_load_n(&td->td_readslots[i], __ATOMIC_ACQUIRE) ==
		    scan->ss_lock)
			scan->ss_reader = td;
}

struct thread *
lock_slot_reader(const void *lock)
{
	struct slot_scan scan = { .ss_lock = lock };

	thread_foreach(slot_scan_thread, &scan);
	return (scan.ss_reader);
}

/*
 * Called by a reader.  Writers that keep coming make it rarer, but not so rare
 * that what they pay for it would be noticed among the reads.
 */
void
lw_set_bias(struct lock_word *lw)
{
	uintptr_t state = lw_load(lw);
	u_int revoked;

	revoked = __atomic_load_n(&lw->lw_revoked, __ATOMIC_RELAXED);
	if (curthread->td_reads >> MIN(revoked, LW_BIAS_SHIFT) < LW_BIAS_READS)
		return;
	if ((state & (LW_ONE_SHARER - 1)) == LW_LIVE &&
	    LW_SHARERS(state) != 0)
		(void)lw_cas(lw, &state, state | LW_BIASED);
	curthread->td_reads = 0;
}

/* With the chain locked, LW_RESIDUE set: clears it if no slot is used. */
static void
lw_settle(struct lock_word *lw)
{
	if ((lw_load(lw) & LW_RESIDUE) != 0 && lock_slot_reader(lw) == NULL)
		lw_clear(lw, LW_RESIDUE);
}

/*
 * Takes the bias back, with the chain locked, so that there is one residue at
 * a time.  After the fence no new slot can be filled for good.
 */
static void
lw_unbias(struct lock_word *lw)
{
	uintptr_t state = lw_load(lw);

	while ((state & LW_BIASED) != 0) {
		if (!lw_cas(lw, &state, (state & ~(uintptr_t)LW_BIASED) |
		    LW_RESIDUE))
			continue;
		__atomic_fetch_add(&lw->lw_revoked, 1, __ATOMIC_RELAXED);
		host_fence_heavy();
		break;
	}
	lw_settle(lw);
}

/* --- waking --------------------------------------------------------------- */

/*
 * Writers first, and all of them; there is no hand-off.  A writer that got in
 * since the release will be back when it leaves; readers will be if they see
 * the flags.
 */
static void
lw_wake_locked(struct lock_word *lw)
{
	uintptr_t state, flags = 0;

	if (!waitq_empty(lw, WAITQ_EXCLUSIVE))
		flags |= LW_EXCLUSIVE_WAITERS;
	if (!waitq_empty(lw, WAITQ_SHARED))
		flags |= LW_SHARED_WAITERS;
	if (flags == 0)
		return;
	__atomic_fetch_or(&lw->lw_state, flags, __ATOMIC_RELAXED);
	if ((flags & LW_EXCLUSIVE_WAITERS) != 0)
		lw_unbias(lw);
	state = lw_load(lw);
	if ((state & LW_WRITER) != 0)
		return;
	if (flags == LW_SHARED_WAITERS) {
		lw_clear(lw, LW_WAITERS);
		waitq_wake_all(lw, WAITQ_SHARED);
	} else if (lw_can_write(state)) {
		lw_clear(lw, LW_EXCLUSIVE_WAITERS);
		waitq_wake_all(lw, WAITQ_EXCLUSIVE);
	}
}

void
lw_wake(struct lock_word *lw)
{
	waitq_lock(lw);
	lw_wake_locked(lw);
	waitq_unlock(lw);
}

/*
 * A signal took the caller off its queue.  Those who waited behind it must
 * not stay there because of its flag.
 */
static void
lw_give_up(struct lock_word *lw)
{
	waitq_lock(lw);
	if (waitq_empty(lw, WAITQ_EXCLUSIVE))
		lw_clear(lw, LW_EXCLUSIVE_WAITERS);
	if (waitq_empty(lw, WAITQ_SHARED))
		lw_clear(lw, LW_SHARED_WAITERS);
	lw_wake_locked(lw);
	waitq_unlock(lw);
}

/* --- waiting -------------------------------------------------------------- */

/*
 * Queues and waits, unless the state has changed from `state` or the flag
 * cannot be set any more.  Called with the chain locked, which it unlocks.
 */
static int
lw_wait(const struct lw_request *req, uintptr_t state, uintptr_t flag)
{
	struct waitq_how how = {
		.kind = req->kind,
		.catch = req->catch,
		.lock = req->lock,
		.wmesg = req->lock->lo_name,
		.deadline = WAITQ_FOREVER,
	};

	if ((state & flag) == 0 && !lw_cas(req->word, &state, state | flag)) {
		waitq_unlock(req->word);
		return (0);
	}
	waitq_add(req->word, flag == LW_SHARED_WAITERS ? WAITQ_SHARED :
	    WAITQ_EXCLUSIVE, &how);
	waitq_unlock(req->word);
	if (waitq_wait(&how) != WAITQ_SIGNAL)
		return (0);
	lw_give_up(req->word);
	return (how.error);
}

/*
 * Waits, if there is still a reason to.  The fence is for those who release
 * the lock by a store: from then on they see that somebody waits.
 */
static int
lw_sleep(const struct lw_request *req, uintptr_t flag)
{
	struct lock_word *lw = req->word;
	u_int *waiters = lock_waiters_of(lw);
	uintptr_t state;
	int error = 0;

	__atomic_fetch_add(waiters, 1, __ATOMIC_SEQ_CST);
	host_fence_heavy();
	waitq_lock(lw);
	if (flag == LW_EXCLUSIVE_WAITERS)
		lw_unbias(lw);
	state = lw_load(lw);
	if (flag == LW_EXCLUSIVE_WAITERS ? lw_can_write(state) :
	    lw_can_read(req, state))
		waitq_unlock(lw);
	else
		error = lw_wait(req, state, flag);
	__atomic_fetch_sub(waiters, 1, __ATOMIC_RELAXED);
	return (error);
}

int
lw_slock_hard(const struct lw_request *req)
{
	struct lock_word *lw = req->word;
	struct spin spin = { 0 };
	uintptr_t state;
	int error = 0;

	while (error == 0) {
		state = lw_load(lw);
		lw_check_live(req, state);
		while (lw_can_read(req, state))
			if (lw_cas(lw, &state, state + LW_ONE_SHARER))
				return (0);
		if ((state & LW_WRITER) == 0 ||
		    !spin_round(&spin, lw_owner(lw)))
			error = lw_sleep(req, LW_SHARED_WAITERS);
	}
	return (error);
}

int
lw_xlock_hard(const struct lw_request *req)
{
	struct lock_word *lw = req->word;
	struct spin spin = { 0 };
	uintptr_t state;
	int error = 0;

	while (error == 0) {
		state = lw_load(lw);
		lw_check_live(req, state);
		while (lw_can_write(state)) {
			if (lw_cas(lw, &state, state | LW_WRITER)) {
				lw_set_owner(lw, curthread);
				return (0);
			}
		}
		if ((state & LW_SLOTS) != 0 ||
		    !spin_round(&spin, lw_owner(lw)))
			error = lw_sleep(req, LW_EXCLUSIVE_WAITERS);
	}
	return (error);
}

/* --- without waiting ------------------------------------------------------ */

bool
lw_try_slock(struct lock_word *lw)
{
	uintptr_t state = lw_load(lw);

	while ((state & (LW_LIVE | LW_WRITER)) == LW_LIVE)
		if (lw_cas(lw, &state, state + LW_ONE_SHARER))
			return (true);
	return (false);
}

bool
lw_try_xlock_hard(struct lock_word *lw)
{
	if ((lw_load(lw) & LW_SLOTS) == 0)
		return (false);
	waitq_lock(lw);
	lw_unbias(lw);
	waitq_unlock(lw);
	return (lw_try_xlock(lw));
}

/* Takes the bias back and counts the caller's hold in the word instead. */
static void
lw_leave_slot(struct lock_word *lw)
{
	int slot;

	if ((slot = lw_slot_find(lw)) >= 0) {
		__atomic_fetch_add(&lw->lw_state, LW_ONE_SHARER,
		    __ATOMIC_RELAXED);
		__atomic_store_n(&curthread->td_readslots[slot], NULL,
		    __ATOMIC_RELEASE);
	}
	waitq_lock(lw);
	lw_unbias(lw);
	waitq_unlock(lw);
}

bool
lw_try_upgrade(struct lock_word *lw)
{
	uintptr_t state = lw_load(lw);

	if ((state & LW_SLOTS) != 0) {
		lw_leave_slot(lw);
		state = lw_load(lw);
	}
	while ((state & (LW_WRITER | LW_SLOTS)) == 0 &&
	    LW_SHARERS(state) == 1) {
		if (lw_cas(lw, &state, state - LW_ONE_SHARER + LW_WRITER)) {
			lw_set_owner(lw, curthread);
			return (true);
		}
	}
	return (false);
}

void
lw_downgrade(struct lock_word *lw, bool both)
{
	uintptr_t old;

	lw_set_owner(lw, NULL);
	old = __atomic_fetch_add(&lw->lw_state, LW_ONE_SHARER - LW_WRITER,
	    __ATOMIC_RELEASE);
	if ((old & LW_SHARED_WAITERS) == 0)
		return;
	waitq_lock(lw);
	if (both || waitq_empty(lw, WAITQ_EXCLUSIVE)) {
		lw_clear(lw, LW_SHARED_WAITERS);
		waitq_wake_all(lw, WAITQ_SHARED);
	}
	waitq_unlock(lw);
}

/* --- assertions ----------------------------------------------------------- */

#ifdef INVARIANTS
static void
lw_assert_recursion(const struct lock_object *lock, int what,
    const char *file, int line)
{
	if (lock->lo_data != 0 && (what & LA_NOTRECURSED) != 0)
		kassert_panic("Lock %s recursed @ %s:%d\n", lock->lo_name,
		    file, line);
	if (lock->lo_data == 0 && (what & LA_RECURSED) != 0)
		kassert_panic("Lock %s not recursed @ %s:%d\n", lock->lo_name,
		    file, line);
}

static void
lw_assert_xlocked(const struct lock_object *lock, const struct lock_word *lw,
    int what, const char *file, int line)
{
	if (!lw_owned(lw))
		kassert_panic("Lock %s not exclusively locked @ %s:%d\n",
		    lock->lo_name, file, line);
	lw_assert_recursion(lock, what, file, line);
}

/*
 * The word does not say who the readers are: anybody's shared hold will do.
 */
static void
lw_assert_locked(const struct lock_object *lock, const struct lock_word *lw,
    int what, const char *shared, const char *file, int line)
{
	uintptr_t state = lw_load(lw);
	bool only_shared = (what & LA_SLOCKED) != 0;

	if ((state & LW_WRITER) == 0 ? LW_SHARERS(state) == 0 :
	    only_shared || !lw_owned(lw))
		kassert_panic("Lock %s not %slocked @ %s:%d\n", lock->lo_name,
		    only_shared ? shared : "", file, line);
	if ((state & LW_WRITER) != 0)
		lw_assert_recursion(lock, what, file, line);
}

/* WITNESS knows better, if it watches this lock. */
static bool
lw_assert_witness(const struct lock_object *lock, int what, const char *file,
    int line)
{
#ifdef WITNESS
	if (witness_is_owned(lock) != 0) {
		witness_assert(lock, what, file, line);
		return (true);
	}
#else
	(void)lock, (void)what, (void)file, (void)line;
#endif
	return (false);
}

void
lw_assert(const struct lock_object *lock, const struct lock_word *lw,
    int what, const char *shared, const char *file, int line)
{
	switch (what & ~(LA_RECURSED | LA_NOTRECURSED)) {
	case LA_XLOCKED:
		lw_assert_xlocked(lock, lw, what, file, line);
		break;
	case LA_LOCKED:
	case LA_SLOCKED:
		if (!lw_assert_witness(lock, what, file, line))
			lw_assert_locked(lock, lw, what, shared, file, line);
		break;
	case LA_UNLOCKED:
		if (what == LA_UNLOCKED) {
			if (!lw_assert_witness(lock, what, file, line) &&
			    lw_owned(lw))
				kassert_panic("Lock %s exclusively locked @ "
				    "%s:%d\n", lock->lo_name, file, line);
			break;
		}
		/* FALLTHROUGH */
	default:
		kassert_panic("Unknown %s lock assertion: %d @ %s:%d",
		    LOCK_CLASS(lock)->lc_name, what, file, line);
	}
}
#endif
