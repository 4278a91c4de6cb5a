/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Waiting on a word of memory, and the host's own lock on top of it.
 */
#include "impl.h"

#if defined(__linux__)

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool
host_futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t deadline)
{
	struct timespec ts, *tsp = NULL;

	if (deadline != HOST_NEVER) {
		if (deadline < 0)
			deadline = 0;
		ts.tv_sec = deadline / 1000000000;
		ts.tv_nsec = deadline % 1000000000;
		tsp = &ts;
	}
	/* The BITSET form takes an absolute time on CLOCK_MONOTONIC. */
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, tsp,
	    NULL, FUTEX_BITSET_MATCH_ANY) == 0)
		return (true);
	return (errno != ETIMEDOUT);
}

void
host_futex_wake(_Atomic uint32_t *word, int howmany)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, howmany);
}

#else /* !__linux__ */

#include <errno.h>
#include <pthread.h>
#include <time.h>

/*
 * A few condition variables, chosen by address.  Unrelated words may share
 * one, so a wakeup goes to all of them.
 */
#define	NQUEUES	64

static struct queue {
	pthread_mutex_t	lock;
	pthread_cond_t	cond;
} queues[NQUEUES];

static void __attribute__((constructor))
queues_init(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (int i = 0; i < NQUEUES; i++) {
		pthread_mutex_init(&queues[i].lock, NULL);
		pthread_cond_init(&queues[i].cond, &attr);
	}
	pthread_condattr_destroy(&attr);
}

static struct queue *
queue_of(_Atomic uint32_t *word)
{
	return (&queues[((uintptr_t)word >> 4) % NQUEUES]);
}

bool
host_futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t deadline)
{
	struct queue *q = queue_of(word);
	struct timespec ts;
	int error = 0;

	pthread_mutex_lock(&q->lock);
	if (atomic_load(word) != seen) {
		/* It has changed already. */
	} else if (deadline == HOST_NEVER) {
		pthread_cond_wait(&q->cond, &q->lock);
	} else {
		if (deadline < 0)
			deadline = 0;
		ts.tv_sec = deadline / 1000000000;
		ts.tv_nsec = deadline % 1000000000;
		error = pthread_cond_timedwait(&q->cond, &q->lock, &ts);
	}
	pthread_mutex_unlock(&q->lock);
	return (error != ETIMEDOUT);
}

void
host_futex_wake(_Atomic uint32_t *word, int howmany)
{
	struct queue *q = queue_of(word);

	(void)howmany;
	pthread_mutex_lock(&q->lock);
	pthread_cond_broadcast(&q->cond);
	pthread_mutex_unlock(&q->lock);
}

#endif /* !__linux__ */

void
host_lock_slow(struct host_lock *lock)
{
	/* Sections are short; a sleep costs more than most of them. */
	for (int i = 0; i < 100; i++) {
		uint32_t unlocked = 0;

		if (atomic_compare_exchange_weak_explicit(&lock->word,
		    &unlocked, 1, memory_order_acquire, memory_order_relaxed))
			return;
		host_spinwait();
	}
	while (atomic_exchange_explicit(&lock->word, 2,
	    memory_order_acquire) != 0)
		(void)host_futex_wait(&lock->word, 2, HOST_NEVER);
}
