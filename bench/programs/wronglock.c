/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A number with one lock, and threads that take another one to change it.
 */
#include "../pthreads.h"

#define	RIGHT	1
#define	WRONG	7

static pthread_mutex_t right_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t wrong_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int number;

static void *
right(void *arg)
{
	int x;

	pthread_mutex_lock(&right_lock);
	x = number;
	number++;
	assert(number == x + 1);
	pthread_mutex_unlock(&right_lock);
	return (arg);
}

static void *
wrong(void *arg)
{
	pthread_mutex_lock(&wrong_lock);
	number++;
	pthread_mutex_unlock(&wrong_lock);
	return (arg);
}

int
main(void)
{
	pthread_t t[RIGHT + WRONG];

	for (int i = 0; i < RIGHT + WRONG; i++)
		pthread_create(&t[i], NULL, i < RIGHT ? right : wrong, NULL);
	for (int i = 0; i < RIGHT + WRONG; i++)
		pthread_join(t[i], NULL);
	return (0);
}
