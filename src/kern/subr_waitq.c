/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Wait queues, under everything that blocks: see waitq.h.
 *
 * A thread is taken off its queue exactly once: by a waker, who then owes it
 * td_waitdone and one host_unpark(), or by itself when time ran out.  A thread
 * that was taken off by somebody else does not leave before td_waitdone is
 * set, so a waker may use the struct thread until it has delivered.
 *
 * Lock order: owners_lock and a chain's lock are never held together.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include <stdio.h>

#include "boot.h"
#include "host.h"
#include "waitq.h"

#define	NCHAINS		256
#define	CYCLE_MAX	64	/* longest chain of owners that is followed */

TAILQ_HEAD(threadq, thread);

/* A chain: all channels of one hash value.  Locks: (q) wq_lock. */
struct waitq {
	int		wq_lock;
	struct threadq	wq_waiting;	/* (q) in order of arrival */
	struct threadq	wq_woken;	/* (q) to be unparked at unlock */
} __aligned(CACHE_LINE_SIZE);

static struct waitq chains[NCHAINS];

/*
 * Serialises those who say what they wait for and look for a cycle.  While it
 * is held no thread that has td_blocked set can return from its wait, so the
 * locks and threads that are met stay what they are.
 */
static int owners_lock;

static void	waitq_remove(struct waitq *, struct thread *,
		    enum waitq_result);

/* The locks here are leaves, held for a few instructions. */
static void
spin_enter(int *lock)
{
	int n = 0;

	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0) {
		while (__atomic_load_n(lock, __ATOMIC_RELAXED) != 0) {
			if (++n % 128 == 0)
				host_yield();
			else
				host_spinwait();
		}
	}
}

static void
spin_exit(int *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static struct waitq *
waitq_chain(const volatile void *chan)
{
	uint64_t h = (uintptr_t)chan;

	h *= 0x9e3779b97f4a7c15ULL;
	return (&chains[h >> 56]);
}

/* --- the chain ------------------------------------------------------------ */

static void
chain_lock(struct waitq *wq)
{
	spin_enter(&wq->wq_lock);
	if (__predict_false(wq->wq_waiting.tqh_last == NULL)) {
		TAILQ_INIT(&wq->wq_waiting);
		TAILQ_INIT(&wq->wq_woken);
	}
}

/*
 * A woken thread may be gone as soon as it is told so.  That takes more than
 * the unpark: its token may also be one that somebody left earlier.
 */
static void
chain_unlock(struct waitq *wq)
{
	struct threadq woken = TAILQ_HEAD_INITIALIZER(woken);
	struct thread *td, *next;
	struct host_thread *host;

	TAILQ_CONCAT(&woken, &wq->wq_woken, td_waitlink);
	spin_exit(&wq->wq_lock);
	for (td = TAILQ_FIRST(&woken); td != NULL; td = next) {
		next = TAILQ_NEXT(td, td_waitlink);
		host = td->td_host;
		__atomic_store_n(&td->td_waitdone, true, __ATOMIC_RELEASE);
		host_unpark(host);
	}
}

void
waitq_lock(const volatile void *chan)
{
	VS_POINT(VS_OP_TOUCH_QUEUE, chan);
	chain_lock(waitq_chain(chan));
}

void
waitq_unlock(const volatile void *chan)
{
	chain_unlock(waitq_chain(chan));
}

/*
 * Whether a signal finds the thread in an interruptible wait depends on who
 * comes first: a controlled scheduler is told when it begins and ends.
 */
static void
signal_point(struct thread *td)
{
	VS_ACCESS(VS_OP_TOUCH, &td->td_sigpending);
}

/* --- queueing ------------------------------------------------------------- */

static bool
kind_bounded(enum waitq_kind kind)
{
	return (kind == WAITQ_SPIN || kind == WAITQ_LOCK);
}

#ifdef INVARIANTS
/* The chain is let go first: a panic runs for a while. */
static void
waitq_check(const volatile void *chan, const struct waitq_how *how)
{
	struct waitq *wq = waitq_chain(chan);
	struct thread *td = curthread, *other;
	struct lock_object *interlock = how->lock;

	if (td->td_waitq != NULL) {
		chain_unlock(wq);
		kassert_panic("recursive sleep");
	}
	if (kind_bounded(how->kind))
		return;
	if (td->td_no_sleeping != 0) {
		chain_unlock(wq);
		epoch_trace_userret(td);
		/* For an sx FreeBSD's channel is the lock. */
		kassert_panic("sleepq_add: td %p to sleep on wchan %p with "
		    "sleeping prohibited", td, how->kind == WAITQ_SX ?
		    how->lock : __DEVOLATILE(void *, chan));
	}
	TAILQ_FOREACH(other, &wq->wq_waiting, td_waitlink) {
		if (other->td_wchan == chan &&
		    other->td_waithow->lock != interlock) {
			chain_unlock(wq);
			MPASS(other->td_waithow->lock == interlock);
		}
	}
}
#else
#define	waitq_check(chan, how)	((void)0)
#endif

/*
 * A pending signal keeps the thread off the queue: waitq_wait() returns at
 * once.  The order of the two accesses is that of waitq_signal(), reversed,
 * so one of the two sees the other.
 */
void
waitq_add(const volatile void *chan, enum waitq_queue queue,
    struct waitq_how *how)
{
	struct waitq *wq = waitq_chain(chan);
	struct thread *td = curthread;

	waitq_check(chan, how);
	how->error = 0;
	td->td_wchan = chan;
	td->td_wmesg = how->wmesg;
	td->td_waithow = how;
	td->td_waitqueue = queue;
	__atomic_store_n(&td->td_waitdone, false, __ATOMIC_RELAXED);
	TAILQ_INSERT_TAIL(&wq->wq_waiting, td, td_waitlink);
	__atomic_store_n(&td->td_waitq, wq, __ATOMIC_SEQ_CST);
	if (how->catch) {
		signal_point(td);
		how->error = __atomic_load_n(&td->td_sigpending,
		    __ATOMIC_SEQ_CST);
		if (how->error != 0) {
			TAILQ_REMOVE(&wq->wq_waiting, td, td_waitlink);
			td->td_waithow = NULL;
			__atomic_store_n(&td->td_waitq, NULL,
			    __ATOMIC_RELEASE);
		}
	}
}

bool
waitq_empty(const volatile void *chan, enum waitq_queue queue)
{
	struct thread *td;

	TAILQ_FOREACH(td, &waitq_chain(chan)->wq_waiting, td_waitlink)
		if (td->td_wchan == chan && td->td_waitqueue == queue)
			return (false);
	return (true);
}

int
waitq_count(const volatile void *chan, enum waitq_queue queue)
{
	struct thread *td;
	int n = 0;

	TAILQ_FOREACH(td, &waitq_chain(chan)->wq_waiting, td_waitlink)
		n += td->td_wchan == chan && td->td_waitqueue == queue;
	return (n);
}

bool
waitq_kind(const volatile void *chan, enum waitq_kind *kind)
{
	struct thread *td;

	TAILQ_FOREACH(td, &waitq_chain(chan)->wq_waiting, td_waitlink) {
		if (td->td_wchan == chan) {
			*kind = td->td_waithow->kind;
			return (true);
		}
	}
	return (false);
}

/* --- waking --------------------------------------------------------------- */

/*
 * Takes a thread off its queue.  It cannot leave waitq_wait() before the
 * unpark that chain_unlock() will send.
 */
static void
waitq_remove(struct waitq *wq, struct thread *td, enum waitq_result result)
{
	if (td->td_waithow->catch)
		signal_point(td);
	TAILQ_REMOVE(&wq->wq_waiting, td, td_waitlink);
	TAILQ_INSERT_TAIL(&wq->wq_woken, td, td_waitlink);
	td->td_waitresult = result;
	__atomic_store_n(&td->td_sleeping, false, __ATOMIC_RELAXED);
	__atomic_store_n(&td->td_waitq, NULL, __ATOMIC_RELEASE);
}

/*
 * How many are passed over.  Priorities, which say who goes first in FreeBSD,
 * are not modelled: it may be any of them.
 */
static unsigned
waitq_choose(const volatile void *chan, enum waitq_queue queue)
{
	int n;

	if (!host_chooses() || (n = waitq_count(chan, queue)) < 2)
		return (0);
	return (host_choose(HOST_CHOOSE_WAITER, (unsigned)n));
}

int
waitq_wake_one(const volatile void *chan, enum waitq_queue queue)
{
	struct waitq *wq = waitq_chain(chan);
	unsigned others = waitq_choose(chan, queue);
	struct thread *td;

	TAILQ_FOREACH(td, &wq->wq_waiting, td_waitlink) {
		if (td->td_wchan == chan && td->td_waitqueue == queue &&
		    others-- == 0) {
			waitq_remove(wq, td, WAITQ_WOKEN);
			return (1);
		}
	}
	return (0);
}

int
waitq_wake_last(const volatile void *chan, enum waitq_queue queue)
{
	struct waitq *wq = waitq_chain(chan);
	unsigned others = waitq_choose(chan, queue);
	struct thread *td;

	TAILQ_FOREACH_REVERSE(td, &wq->wq_waiting, threadq, td_waitlink) {
		if (td->td_wchan == chan && td->td_waitqueue == queue &&
		    others-- == 0) {
			waitq_remove(wq, td, WAITQ_WOKEN);
			return (1);
		}
	}
	return (0);
}

int
waitq_wake_all(const volatile void *chan, enum waitq_queue queue)
{
	struct waitq *wq = waitq_chain(chan);
	struct thread *td, *next;
	int n = 0;

	TAILQ_FOREACH_SAFE(td, &wq->wq_waiting, td_waitlink, next) {
		if (td->td_wchan == chan && td->td_waitqueue == queue) {
			waitq_remove(wq, td, WAITQ_WOKEN);
			n++;
		}
	}
	return (n);
}

void
waitq_signal(struct thread *td, int error)
{
	struct waitq *wq;

	signal_point(td);
	__atomic_store_n(&td->td_sigpending, error, __ATOMIC_SEQ_CST);
	while ((wq = __atomic_load_n(&td->td_waitq, __ATOMIC_SEQ_CST)) !=
	    NULL) {
		chain_lock(wq);
		if (td->td_waitq == wq) {
			if (td->td_waithow->catch) {
				VS_POINT(VS_OP_TOUCH_QUEUE, td->td_wchan);
				td->td_waithow->error = error;
				waitq_remove(wq, td, WAITQ_SIGNAL);
			}
			chain_unlock(wq);
			return;
		}
		chain_unlock(wq);
	}
}

void
waitq_signal_clear(struct thread *td)
{
	__atomic_store_n(&td->td_sigpending, 0, __ATOMIC_SEQ_CST);
}

bool
waitq_interruptible(struct thread *td)
{
	struct waitq *wq;
	bool catch;

	if ((wq = __atomic_load_n(&td->td_waitq, __ATOMIC_SEQ_CST)) == NULL)
		return (false);
	chain_lock(wq);
	catch = td->td_waitq == wq && td->td_waithow->catch;
	chain_unlock(wq);
	return (catch);
}

bool
waitq_blocked(const struct thread *td)
{
	return (__atomic_load_n(&td->td_waitq, __ATOMIC_RELAXED) != NULL);
}

/* --- deadlock ------------------------------------------------------------- */

/* Threads met while following owners; each waits for the next one. */
struct owner_chain {
	struct thread	*oc_td[CYCLE_MAX];
	int		oc_len;
};

enum owner_verdict {
	OWNERS_FINE,
	OWNERS_CYCLE,
	OWNERS_ASLEEP		/* the last one sleeps, holding a bounded lock */
};

static struct thread *
thread_waits_for(const struct thread *td)
{
	if (td->td_waitowner != NULL)
		return (td->td_waitowner);
	if (td->td_blocked == NULL)
		return (NULL);
	return (lock_owner(td->td_blocked));
}

/*
 * Does the owner sleep with the lock that td waits for?  Owners of these locks
 * have no td_blocked to keep them where they are: one that was met with the
 * lock may have given it up and gone to sleep since.  It has woken td before
 * that, or somebody else has the lock.
 */
static bool
owner_sleeps(const struct thread *td, const struct thread *owner)
{
	return (__atomic_load_n(&owner->td_sleeping, __ATOMIC_ACQUIRE) &&
	    waitq_blocked(td) && thread_waits_for(td) == owner);
}

/*
 * Follows the owners from td on.  A wait that a signal can end is no deadlock,
 * nor is one that has ended already: who was woken will look for itself before
 * it waits again.
 */
static enum owner_verdict
owners_follow(struct thread *td, struct owner_chain *oc)
{
	struct thread *owner, *start = td;
	bool bounded = true;

	for (oc->oc_len = 0; oc->oc_len < CYCLE_MAX - 1; td = owner) {
		oc->oc_td[oc->oc_len++] = td;
		if (td->td_blocked == NULL || !waitq_blocked(td) ||
		    td->td_waithow->catch)
			return (OWNERS_FINE);
		bounded = bounded && kind_bounded(td->td_waithow->kind);
		owner = thread_waits_for(td);
		if (owner == NULL)
			return (OWNERS_FINE);
		if (owner == start)
			return (OWNERS_CYCLE);
		if (bounded && owner_sleeps(td, owner)) {
			oc->oc_td[oc->oc_len++] = owner;
			return (OWNERS_ASLEEP);
		}
	}
	return (OWNERS_FINE);
}

static void
cycle_describe(const struct owner_chain *oc, char *text, size_t size)
{
	const struct lock_object *lock;
	size_t len;
	int i;

	len = snprintf(text, size, "deadlock:");
	for (i = 0; i < oc->oc_len && len < size; i++) {
		lock = oc->oc_td[i]->td_blocked;
		len += snprintf(text + len, size - len,
		    "%s thread %s waits for %s \"%s\" held by thread %s",
		    i == 0 ? "" : ",", oc->oc_td[i]->td_name,
		    LOCK_CLASS(lock)->lc_name, lock->lo_name,
		    oc->oc_td[(i + 1) % oc->oc_len]->td_name);
	}
}

static void
asleep_panic(const struct thread *td, const struct lock_object *lock)
{
	printf("Sleeping thread (tid %d, pid %d) owns a non-sleepable lock\n",
	    td->td_tid, td->td_proc != NULL ? (int)td->td_proc->p_pid : 0);
	panic("sleeping thread holds %s", lock->lo_name);
}

/*
 * Says what the thread is about to wait for, and looks where that leads.
 * Whoever closes a cycle is the last to say so, and sees all of it.
 */
static void
owners_enter(struct thread *td, const struct waitq_how *how)
{
	char text[VS_MESSAGE_MAX];
	struct owner_chain oc;
	const struct lock_object *lock = NULL;
	enum owner_verdict verdict;

	spin_enter(&owners_lock);
	td->td_waitowner = how->owner;
	__atomic_store_n(&td->td_blocked, how->lock, __ATOMIC_RELAXED);
	verdict = owners_follow(td, &oc);
	if (verdict == OWNERS_CYCLE)
		cycle_describe(&oc, text, sizeof(text));
	else if (verdict == OWNERS_ASLEEP)
		lock = oc.oc_td[oc.oc_len - 2]->td_blocked;
	spin_exit(&owners_lock);
	if (verdict == OWNERS_CYCLE)
		panic_outcome(VS_DEADLOCK, "%s", text);
	if (verdict == OWNERS_ASLEEP)
		asleep_panic(oc.oc_td[oc.oc_len - 1], lock);
}

static void
owners_leave(struct thread *td)
{
	spin_enter(&owners_lock);
	td->td_waitowner = NULL;
	__atomic_store_n(&td->td_blocked, NULL, __ATOMIC_RELAXED);
	spin_exit(&owners_lock);
}

/* --- waiting -------------------------------------------------------------- */

/*
 * From here on somebody who blocks on a lock of this thread may complain: the
 * interlock has been released.
 */
static void
sleep_enter(struct thread *td)
{
	struct waitq *wq;

	if ((wq = __atomic_load_n(&td->td_waitq, __ATOMIC_RELAXED)) == NULL)
		return;
	chain_lock(wq);
	if (td->td_waitq != NULL)
		__atomic_store_n(&td->td_sleeping, true, __ATOMIC_RELEASE);
	chain_unlock(wq);
}

/* Time ran out.  Returns false if somebody was quicker and owes an unpark. */
static bool
waitq_timeout(struct thread *td)
{
	struct waitq *wq;
	bool mine;

	if ((wq = __atomic_load_n(&td->td_waitq, __ATOMIC_RELAXED)) == NULL)
		return (false);
	VS_POINT(VS_OP_TOUCH_QUEUE, td->td_wchan);
	if (td->td_waithow->catch)
		signal_point(td);
	chain_lock(wq);
	mine = td->td_waitq != NULL;
	if (mine) {
		TAILQ_REMOVE(&wq->wq_waiting, td, td_waitlink);
		__atomic_store_n(&td->td_sleeping, false, __ATOMIC_RELAXED);
		__atomic_store_n(&td->td_waitq, NULL, __ATOMIC_RELEASE);
	}
	chain_unlock(wq);
	return (mine);
}

static enum waitq_result
waitq_park(struct thread *td, const struct waitq_how *how)
{
	int64_t deadline = how->deadline;

	for (;;) {
		if (deadline == WAITQ_FOREVER)
			host_park();
		else if (!host_park_until(deadline)) {
			if (waitq_timeout(td))
				return (WAITQ_TIMEOUT);
			deadline = WAITQ_FOREVER;
			continue;
		}
		if (__atomic_load_n(&td->td_waitdone, __ATOMIC_ACQUIRE))
			return (td->td_waitresult);
	}
}

enum waitq_result
waitq_wait(struct waitq_how *how)
{
	struct thread *td = curthread;
	enum waitq_result result;
	int64_t start = 0;
	bool lock;

	KASSERT(td->td_critnest == 0 || how->kind == WAITQ_SPIN,
	    ("mi_switch: switch in a critical section"));
	if (td->td_waithow == NULL)
		return (WAITQ_SIGNAL);
	lock = how->lock != NULL && how->kind <= WAITQ_SX;
	if (lock) {
		owners_enter(td, how);
		start = host_clock();
	}
	if (!kind_bounded(how->kind))
		sleep_enter(td);
	result = waitq_park(td, how);
	if (lock) {
		owners_leave(td);
		vs_lock_waited(how->lock->lo_name, host_clock() - start);
	}
	if (result == WAITQ_WOKEN && how->deadline != WAITQ_FOREVER &&
	    host_clock() >= how->deadline)
		result = WAITQ_TIMEOUT;
	return (result);
}
