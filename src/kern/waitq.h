/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Wait queues: the one mechanism under everything that blocks.
 *
 * A channel is an address.  Threads wait on it in up to two queues, first come
 * first served.  A chain of channels is guarded by an internal spin lock; all
 * waking and queueing happens under it, and it is a leaf: between
 * waitq_lock() and waitq_unlock() nothing may block, print or take any lock.
 *
 * To wait:
 *	waitq_lock(chan);
 *	... look again whether to wait at all ...
 *	waitq_add(chan, WAITQ_EXCLUSIVE, &how);
 *	waitq_unlock(chan);
 *	... release the interlock ...
 *	result = waitq_wait(&how);
 * A thread that was added must call waitq_wait(), whatever happens.
 */
#ifndef _WAITQ_H_
#define _WAITQ_H_

#include <sys/types.h>

struct lock_object;
struct thread;

enum waitq_queue {
	WAITQ_EXCLUSIVE,	/* the only queue of sleep(9) and condvar(9) */
	WAITQ_SHARED
};

/* What a thread waits for; must be the same for all waiters of a channel. */
enum waitq_kind {
	WAITQ_SPIN,		/* spin mutex: bounded, in a critical section */
	WAITQ_LOCK,		/* mutex, rwlock, rmlock: bounded */
	WAITQ_SX,		/* unbounded from here on */
	WAITQ_SLEEP,		/* sleep(9) */
	WAITQ_CONDVAR,
	WAITQ_PAUSE
};

enum waitq_result {
	WAITQ_WOKEN,
	WAITQ_TIMEOUT,
	WAITQ_SIGNAL
};

#define	WAITQ_FOREVER	INT64_MAX

/* How to wait.  All fields belong to the waiter. */
struct waitq_how {
	enum waitq_kind	kind;
	bool		catch;		/* end on td_sigpending */
	/*
	 * Lock kinds: the lock waited for, followed to its owner in search of
	 * a deadlock.  Others: the interlock, or NULL; INVARIANTS checks that
	 * all waiters of a channel bring the same.
	 */
	struct lock_object *lock;
	/* Who must act first where the lock cannot tell; usually NULL. */
	struct thread	*owner;
	const char	*wmesg;
	int64_t		deadline;	/* on host_clock(), WAITQ_FOREVER */
	int		error;		/* out, WAITQ_SIGNAL: EINTR, ERESTART */
};

void	waitq_lock(const volatile void *chan);
void	waitq_unlock(const volatile void *chan);

/*
 * Puts curthread at the end of a queue.  INVARIANTS panics if it must not
 * sleep ("sleepq_add: td %p to sleep on wchan %p with sleeping prohibited"),
 * if it is queued already ("recursive sleep"), or if the interlock is not the
 * other waiters'.
 */
void	waitq_add(const volatile void *chan, enum waitq_queue queue,
	    struct waitq_how *how);
/*
 * Waits until woken.  A wake-up processed after the deadline counts as a
 * timeout, as in FreeBSD.  INVARIANTS panics in a critical section ("mi_switch:
 * switch in a critical section").  For lock kinds, ends the run when the chain
 * of owners comes back to the caller (VS_DEADLOCK), or leads from a bounded
 * lock to a thread in an unbounded sleep ("sleeping thread holds %s").
 */
enum waitq_result waitq_wait(struct waitq_how *how);

/* With the chain locked: how many wait, and of which kind the first is. */
int	waitq_count(const volatile void *chan, enum waitq_queue queue);
bool	waitq_empty(const volatile void *chan, enum waitq_queue queue);
bool	waitq_kind(const volatile void *chan, enum waitq_kind *kind);

/*
 * Wake, with the chain locked; the threads run only after waitq_unlock().
 * Return how many were woken.  _one: who waits longest; _last: who came last;
 * in a controlled run any one.
 */
int	waitq_wake_one(const volatile void *chan, enum waitq_queue queue);
int	waitq_wake_last(const volatile void *chan, enum waitq_queue queue);
int	waitq_wake_all(const volatile void *chan, enum waitq_queue queue);

/*
 * Delivers a signal: `error` (EINTR or ERESTART) ends the current or the next
 * wait that has `catch` set; it stays pending until waitq_signal_clear().
 */
void	waitq_signal(struct thread *td, int error);
void	waitq_signal_clear(struct thread *td);

/*
 * Is the thread off its CPU, waiting?  A hint; the struct thread must not
 * have been given back to the heap (they are kept until shutdown for this).
 */
bool	waitq_blocked(const struct thread *td);
/* Is it in a wait that a signal would end? */
bool	waitq_interruptible(struct thread *td);

#endif /* !_WAITQ_H_ */
