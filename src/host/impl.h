/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of src/host share among themselves; nobody else includes it.
 */
#ifndef _HOST_IMPL_H_
#define _HOST_IMPL_H_

#include <pthread.h>
#include <stdatomic.h>

#include "host.h"

#define	HOST_NEVER	INT64_MAX	/* a deadline that does not come */
#define	HOST_NAME_SIZE	32

#pragma GCC visibility push(hidden)

/* --- waiting on a word (futex.c) ---------------------------------------- */

/*
 * Sleeps while *word is `seen`, until `deadline` on host_clock().  Returns
 * false if the deadline has passed; may return true for no reason.
 */
bool	host_futex_wait(_Atomic uint32_t *word, uint32_t seen,
	    int64_t deadline);
void	host_futex_wake(_Atomic uint32_t *word, int howmany);

/*
 * A lock for the host's own data: never held across anything that waits, and
 * never held by a thread that a halt stops.
 */
struct host_lock {
	_Atomic uint32_t word;		/* 0 free, 1 taken, 2 and waited for */
};

void	host_lock_slow(struct host_lock *lock);

static inline void
host_lock_enter(struct host_lock *lock)
{
	uint32_t unlocked = 0;

	if (!atomic_compare_exchange_strong_explicit(&lock->word, &unlocked, 1,
	    memory_order_acquire, memory_order_relaxed))
		host_lock_slow(lock);
}

static inline void
host_lock_leave(struct host_lock *lock)
{
	if (atomic_exchange_explicit(&lock->word, 0,
	    memory_order_release) == 2)
		host_futex_wake(&lock->word, 1);
}

/* --- threads (thread.c) ------------------------------------------------- */

/*
 * A thread: one out of the pool (a kernel thread), or a host thread that was
 * met on its way in.  The memory is never given back, so that a late
 * host_unpark() hits a thread, if not always the one it was meant for.
 *
 * (c) constant until the thread ends  (p) pool lock  (s) the starter writes
 * before it sets `work`  (a) atomic  (o) the thread itself
 */
struct host_thread {
	_Atomic uint32_t token;		/* (a) TOKEN_* */
	_Atomic uint32_t life;		/* (a) LIFE_* */
	_Atomic uint32_t work;		/* (a) WORK_* */
	_Atomic uint32_t leave;		/* (a) a held thread may exit */
	_Atomic uint32_t refs;		/* (a) the thread, the handle */
	_Atomic bool	handle;		/* (a) the handle is not given up */
	_Atomic bool	held;		/* (a) from the halt to its exit */
	bool		kernel;		/* (c) out of the pool */
	void		(*fn)(void *);	/* (s) */
	void		*arg;		/* (s) */
	char		name[HOST_NAME_SIZE];	/* (p) */
	_Atomic uintptr_t stopped_at;	/* (a) where a signal held it, or 0 */
	pthread_t	id;		/* (c) of the OS thread */
	uintptr_t	stack_low;	/* (o) */
	uintptr_t	stack_high;	/* (o) */
	void		*signal_stack;	/* (o) goes with the description */
	void		(*at_end)(void *);	/* (o) a host thread's last act */
	void		*at_end_arg;	/* (o) */
	struct host_thread *next;	/* (p) idle or spare */
	struct host_thread *all_next;	/* (p) */
};

enum {
	TOKEN_READY = 1,
	TOKEN_ASLEEP = 2,
	TOKEN_HALT = 4,		/* the run is over: do not sleep */
};

enum {
	LIFE_RUNNING = 1,
	LIFE_DONE = 2,		/* fn has returned */
	LIFE_HALT = 4,		/* the run is over: do not wait for it */
	LIFE_WAITED = 8,	/* somebody sleeps on this word */
};

/* Takes the lock of the thread list, which is also that of halt's state. */
extern struct host_lock host_pool_lock;
/* Makes every kernel thread that sleeps look up; pool lock held. */
void	host_threads_halt(void);
/*
 * Calls fn, with the pool lock held, for each kernel thread that has not
 * returned: those that are held, or those that are not.
 */
void	host_threads_each(bool held, void (*fn)(struct host_thread *, void *),
	    void *arg);
/* Gets rid of the held threads; false if others are at large. */
bool	host_threads_reset(void);
/* Parks the calling kernel thread until host_reset(). */
noreturn void	host_hold(void);
/* Kernel threads that were started and have neither returned nor been held. */
extern _Atomic uint32_t host_busy;
void	host_busy_drop(void);

/* --- object.c --------------------------------------------------------------- */

/* Closes what is open; no kernel thread is left. */
void	host_objects_close(void);

/* --- halt.c --------------------------------------------------------------- */

/* Are threads to be held?  And the caller among them? */
bool	host_stopping(void);
bool	host_stopping_me(void);
bool	host_published(void);
/* The dying thread is about to sleep: ends it with what it has said so far. */
void	host_die_blocked(void);

/* --- the others ------------------------------------------------------------ */

/* Waits until every kernel thread has returned or is held (halt.c). */
bool	host_await_quiet(int64_t deadline);
/* Holds by signal what never comes to a point, as far as that can be done. */
void	host_signals_stop(void);
/* A signal stack for the calling thread (signals.c). */
void	host_signals_thread(struct host_thread *self);
void	host_text_release(void);
void	host_heap_sweep(void);
/* Calls fn for each range of memory that host_image_restore() puts back. */
void	host_image_each(void (*fn)(uintptr_t low, uintptr_t high, void *arg),
	    void *arg);
/* Of the code of all registered images; the same wherever it is loaded. */
uint64_t	host_image_hash(void);
/* Is this code address inside a registered image? */
bool	host_image_contains(const void *address);
/* Is there code at this address, and of a function with a name? */
bool	host_symbol_known(const void *address);

#pragma GCC visibility pop

#endif /* !_HOST_IMPL_H_ */
