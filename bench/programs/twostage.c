/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Writers do their work in two critical sections: the first number under one
 * lock, the second, which follows from it, under another.  A reader that comes
 * in between sees the first stage without the second.  One of the THREADS is
 * a reader.
 */
#include "../pthreads.h"

#ifndef THREADS
#define	THREADS	20
#endif

static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_lock = PTHREAD_MUTEX_INITIALIZER;
static int first, second;

static void *
work(void *arg)
{
	pthread_mutex_lock(&first_lock);
	first = 1;
	pthread_mutex_unlock(&first_lock);
	pthread_mutex_lock(&second_lock);
	second = first + 1;
	pthread_mutex_unlock(&second_lock);
	return (arg);
}

static void *
look(void *arg)
{
	int x, y;

	pthread_mutex_lock(&first_lock);
	x = first;
	pthread_mutex_unlock(&first_lock);
	if (x == 0)
		return (arg);
	pthread_mutex_lock(&second_lock);
	y = second;
	pthread_mutex_unlock(&second_lock);
	assert(y == x + 1);
	return (arg);
}

int
main(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, i < THREADS - 1 ? work : look,
		    NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	return (0);
}
