/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A driver that counts who is inside and stops when nobody is.  A request
 * looks whether the driver is stopping and only then counts itself in: in
 * between, the driver can stop.
 */
#include "../pthreads.h"

static int inside = 1;			/* the driver itself */
static bool stopping, nobody, stopped;

/* The accesses are as atomic as those of a hardware counter. */
static void
enter(void)
{
	__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
}

static void
leave(void)
{
	if (__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST) == 0)
		nobody = true;
}

static void *
stop(void *arg)
{
	stopping = true;
	leave();
	if (nobody)
		stopped = true;
	return (arg);
}

static void
request(void)
{
	if (!stopping) {
		enter();
		assert(!stopped);
		leave();
	}
}

int
main(void)
{
	pthread_t t;

	pthread_create(&t, NULL, stop, NULL);
	request();
	pthread_join(t, NULL);
	return (0);
}
