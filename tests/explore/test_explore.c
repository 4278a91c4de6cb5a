/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Exploration of small scenarios on the real kernel.
 */
#include <vnetsim/explore.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <sys/param.h>
#include <sys/lock.h>
#include <sys/mutex.h>

/* --- two mutexes in two orders ------------------------------------------------ */

static struct mtx a, b;

static void
ab_setup(void *arg)
{
	mtx_init(&a, "a", NULL, MTX_DEF | MTX_NOWITNESS);
	mtx_init(&b, "b", NULL, MTX_DEF | MTX_NOWITNESS);
}

static void
ab_first(void *arg)
{
	mtx_lock(&a);
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&a);
}

static void
ab_second(void *arg)
{
	mtx_lock(&b);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
}

static void
ab_finally(void *arg)
{
	mtx_destroy(&a);
	mtx_destroy(&b);
}

static void
deadlock(void **state)
{
	static const struct vs_scenario scenario = {
		.name = "ab", .setup = ab_setup, .finally = ab_finally,
		.threads = { { "first", ab_first }, { "second", ab_second } },
	};
	const struct vs_explore how = { .schedules = 1000 };
	const struct vs_explored *e = vs_explore(&scenario, &how);

	assert_non_null(e);
	assert_int_equal(e->kind, VS_DEADLOCK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlock),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
