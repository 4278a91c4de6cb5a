/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A queue of tasks with two ends: its owner puts and takes at the tail, a
 * thief takes at the head.  They agree without a lock as long as they are not
 * about the same task.  The thief here looks whether there is a task before
 * it claims one, not after, so the last one can be taken twice.
 */
#include "../pthreads.h"

#define	TASKS	4
#define	SIZE	8
#define	STEALS	2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile long head, tail;
static int queue[SIZE];
static volatile int done[TASKS];

static void
put(int task)
{
	long t = tail;

	queue[t % SIZE] = task;
	tail = t + 1;
}

/* What is left, if thief and owner meet, is settled under the lock. */
static bool
take(int *task)
{
	long t = tail - 1;
	bool got;

	tail = t;
	if (head <= t) {
		*task = queue[t % SIZE];
		return (true);
	}
	tail = t + 1;
	pthread_mutex_lock(&lock);
	if ((got = head <= t)) {
		tail = t;
		*task = queue[t % SIZE];
	}
	pthread_mutex_unlock(&lock);
	return (got);
}

static bool
steal(int *task)
{
	bool got = false;
	long h;

	pthread_mutex_lock(&lock);
	h = head;
	if (h < tail) {
		head = h + 1;
		*task = queue[h % SIZE];
		got = true;
	}
	pthread_mutex_unlock(&lock);
	return (got);
}

static void
perform(int task)
{
	assert(done[task] == 0);
	done[task] = 1;
}

static void *
thief(void *arg)
{
	int task;

	for (int i = 0; i < STEALS; i++)
		if (steal(&task))
			perform(task);
	return (arg);
}

int
main(void)
{
	pthread_t t;
	int task;

	pthread_create(&t, NULL, thief, NULL);
	for (int i = 0; i < TASKS; i += 2) {
		put(i);
		put(i + 1);
		if (take(&task))
			perform(task);
	}
	for (int i = 0; i < TASKS / 2; i++)
		if (take(&task))
			perform(task);
	pthread_join(t, NULL);
	for (int i = 0; i < TASKS; i++)
		assert(done[i] == 1);
	return (0);
}
