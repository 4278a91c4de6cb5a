/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Three philosophers and three forks, for lesson 10.  In `left_first`
 * everybody takes the left fork first; in `ordered` the lower number.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include <vnetsim/explore.h>

#define	SEATS	3

/* Without WITNESS, which would not wait for the deadlock. */
static struct mtx forks[SEATS];

static void
forks_setup(void *arg __unused)
{
	for (int i = 0; i < SEATS; i++)
		mtx_init(&forks[i], "fork", NULL, MTX_DEF | MTX_NOWITNESS);
}

static void
forks_finally(void *arg __unused)
{
	for (int i = 0; i < SEATS; i++)
		mtx_destroy(&forks[i]);
}

static void
dine(int one, int other)
{
	mtx_lock(&forks[one]);
	mtx_lock(&forks[other]);
	mtx_unlock(&forks[other]);
	mtx_unlock(&forks[one]);
}

static void
first(void *arg __unused)
{
	dine(0, 1);
}

static void
second(void *arg __unused)
{
	dine(1, 2);
}

static void
third(void *arg __unused)
{
	dine(2, 0);
}

static void
third_ordered(void *arg __unused)
{
	dine(0, 2);
}

#define	SCENARIO(id, last)						\
	const struct vs_scenario id = {					\
		.name = #id,						\
		.setup = forks_setup,					\
		.finally = forks_finally,				\
		.threads = {						\
			{ "first", first },				\
			{ "second", second },				\
			{ "third", last },				\
		},							\
	}

SCENARIO(left_first, third);
SCENARIO(ordered, third_ordered);
