/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Two locks, taken in one order by one thread and in the other by another.
 */
#include "../pthreads.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static int counter = 1;

static void *
up(void *arg)
{
	pthread_mutex_lock(&a);
	pthread_mutex_lock(&b);
	counter++;
	pthread_mutex_unlock(&b);
	pthread_mutex_unlock(&a);
	return (arg);
}

static void *
down(void *arg)
{
	pthread_mutex_lock(&b);
	pthread_mutex_lock(&a);
	counter--;
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&b);
	return (arg);
}

int
main(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, up, NULL);
	pthread_create(&t[1], NULL, down, NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return (0);
}
