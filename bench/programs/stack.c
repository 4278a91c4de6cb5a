/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A stack under a lock.  One thread pushes, the other pops as soon as it has
 * been told that there is something: but it is told once, not how much.
 */
#include "../pthreads.h"

#define	SIZE	10

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int values[SIZE], top;
static bool filled;

static void *
push(void *arg)
{
	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		assert(top < SIZE);
		values[top++] = i;
		filled = true;
		pthread_mutex_unlock(&lock);
	}
	return (arg);
}

static void *
pop(void *arg)
{
	for (int i = 0; i < SIZE; i++) {
		pthread_mutex_lock(&lock);
		if (filled) {
			assert(top > 0);
			top--;
		}
		pthread_mutex_unlock(&lock);
	}
	return (arg);
}

int
main(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, push, NULL);
	pthread_create(&t[1], NULL, pop, NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return (0);
}
