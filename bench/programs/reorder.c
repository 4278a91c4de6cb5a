/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Writers set a and then b; a reader must not see the one without the other.
 * All but one of the THREADS are writers, so almost always some writer has
 * finished when the reader looks.
 */
#include "../pthreads.h"

#ifndef THREADS
#define	THREADS	5
#endif

static volatile int a, b;

static void *
set(void *arg)
{
	a = 1;
	b = -1;
	return (arg);
}

static void *
look(void *arg)
{
	int x = a, y = b;

	assert((x == 0 && y == 0) || (x == 1 && y == -1));
	return (arg);
}

int
main(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, i < THREADS - 1 ? set : look,
		    NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	return (0);
}
