/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Three threads at one number, each under the lock: one adds 1, one adds 2,
 * and the third does not expect that both have been there before it.
 */
#include "../pthreads.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int number;

static void *
one(void *arg)
{
	pthread_mutex_lock(&lock);
	number += 1;
	pthread_mutex_unlock(&lock);
	return (arg);
}

static void *
two(void *arg)
{
	pthread_mutex_lock(&lock);
	number += 2;
	pthread_mutex_unlock(&lock);
	return (arg);
}

static void *
look(void *arg)
{
	pthread_mutex_lock(&lock);
	assert(number < 3);
	pthread_mutex_unlock(&lock);
	return (arg);
}

int
main(void)
{
	pthread_t t[3];

	pthread_create(&t[0], NULL, one, NULL);
	pthread_create(&t[1], NULL, two, NULL);
	pthread_create(&t[2], NULL, look, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return (0);
}
