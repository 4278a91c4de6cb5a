/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * For the tests of locks that have readers and writers: threads that hold
 * one, a look at those who wait, and a mix of everything.
 */
#ifndef _READER_TEST_H_
#define _READER_TEST_H_

#include "lock_test.h"

#include "../../src/kern/waitq.h"

/* A thread that takes a lock and keeps it until told. */
struct actor {
	struct vs_thread *thread;
	struct thread	*td;
	void		*lock;		/* rmlock(9): which */
	bool		write;
	bool		other;		/* holds b for reading already */
	bool		sig;		/* sx(9): may be interrupted */
	int		error;
	gate		ready;		/* the thread is about to take it */
	gate		go;		/* rmlock(9): it may do so */
	gate		got, leave;
};

/* Each test's own. */
static void	actor_main(void *arg);

static inline void
actor_start(struct actor *x, const char *name)
{
	x->thread = spawn(actor_main, x, name);
	gate_wait(&x->ready);
}

static inline void
actor_ready(struct actor *x)
{
	x->td = curthread;
	gate_open(&x->ready);
}

static inline void
actor_stay(struct actor *x)
{
	gate_open(&x->got);
	gate_wait(&x->leave);
}

static inline void
actor_end(struct actor *x)
{
	gate_open(&x->leave);
	join(x->thread);
}

/* How many wait for a lock, or another channel. */
static inline int
queued(const volatile void *chan, enum waitq_queue queue)
{
	int n;

	waitq_lock(chan);
	n = waitq_count(chan, queue);
	waitq_unlock(chan);
	return (n);
}

/*
 * Four threads of ROUNDS steps each, numbered in their argument; writers
 * count in both, so that readers see the same in both.
 */
#define	ROUNDS	10000
static int total[2];

static inline void
mix(void (*mixer)(void *))
{
	struct vs_thread *t[4];
	intptr_t i;

	total[0] = total[1] = 0;
	for (i = 0; i < 4; i++)
		t[i] = spawn(mixer, (void *)i, "mixer");
	for (i = 0; i < 4; i++)
		join(t[i]);
	CHECK(total[0] == total[1]);
}

#define	BEHAVIOUR(name)							\
static void								\
test_##name(void **state)						\
{									\
	run(body_##name, NULL);						\
}

/* The same once more after something else. */
#define	BEHAVIOUR_TWICE(name, between)					\
static void								\
test_##name(void **state)						\
{									\
	run(body_##name, NULL);						\
	run(between, NULL);						\
	run(body_##name, NULL);						\
}

#endif /* !_READER_TEST_H_ */
