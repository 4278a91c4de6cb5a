/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A bank account.  One thread pays in, one takes out, and one looks whether
 * both have happened: then the balance should be what it was, less what was
 * taken.  What was paid in is forgotten, so the check fails if it is made
 * after the two.
 */
#include "../pthreads.h"

#define	START	1
#define	IN	2
#define	OUT	3

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int balance = START;
static bool paid_in, taken_out;

static void *
pay_in(void *arg)
{
	pthread_mutex_lock(&lock);
	balance += IN;
	paid_in = true;
	pthread_mutex_unlock(&lock);
	return (arg);
}

static void *
take_out(void *arg)
{
	pthread_mutex_lock(&lock);
	balance -= OUT;
	taken_out = true;
	pthread_mutex_unlock(&lock);
	return (arg);
}

static void *
check(void *arg)
{
	pthread_mutex_lock(&lock);
	if (paid_in && taken_out)
		assert(balance == START - OUT);
	pthread_mutex_unlock(&lock);
	return (arg);
}

int
main(void)
{
	pthread_t t[3];

	pthread_create(&t[0], NULL, check, NULL);
	pthread_create(&t[1], NULL, pay_in, NULL);
	pthread_create(&t[2], NULL, take_out, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return (0);
}
