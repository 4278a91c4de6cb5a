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
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/time.h>

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

/* --- a pair is made while half of another comes with its name ------------------- */

static int jid;

/* The jail's own pair has the names that the host's will want. */
static void
in_jail(void *arg)
{
	char name[16] = "epair0";

	assert_int_equal(vs_jail_attach(jid), 0);
	assert_int_equal(vs_if_create(name), 0);
}

static void
name_setup(void *arg)
{
	struct vs_thread *t;

	assert_int_equal(vs_jail_create("name=j vnet persist", &jid), 0);
	t = vs_thread_create(in_jail, NULL, "resident");
	assert_null(vs_thread_join(t));
}

static void
name_creator(void *arg)
{
	char name[16] = "epair";

	/* EEXIST if the other half was quicker. */
	(void)vs_if_create(name);
}

static void
name_fetcher(void *arg)
{
	(void)vs_if_reclaim("epair0b", jid);
}

static void
name_finally(void *arg)
{
	char names[16][16];
	size_t n = vs_if_list(names, 16), i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(names[i], names[j]) == 0)
				panic("two of the name %s", names[i]);
	assert_int_equal(vs_jail_remove(jid), 0);
}

static void
two_of_a_name(void **state)
{
	struct vs_scenario scenario = {
		.name = "two of a name", .setup = name_setup,
		.finally = name_finally,
		.threads = { { "creator", name_creator },
		    { "fetcher", name_fetcher } },
	};
	const struct vs_explore how = { .schedules = 3000 };
	const struct vs_explored *e;

	e = vs_explore(&scenario, &how);
	assert_non_null(e);
	assert_string_equal(e->message, "");
	scenario.config.profile = "fixed,+rename-to-taken-name,"
	    "+reclaim-into-taken-name";
	e = vs_explore(&scenario, &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_PANIC);
	assert_non_null(strstr(e->message, "two of the name epair0b"));
}

/* --- the time of day is the run's, too ------------------------------------------ */

/* Always a day in 2025: it comes into what a run does. */
static void
look_at_clock(void *arg)
{
	struct timespec now;

	nanotime(&now);
	if (now.tv_sec / 86400 != 1735689600 / 86400)
		panic("it is %jd", (intmax_t)now.tv_sec);
}

static void
time_of_day(void **state)
{
	static const struct vs_scenario scenario = {
		.name = "time", .threads = { { "clock", look_at_clock } },
	};
	const struct vs_explore how = { .schedules = 50 };
	const struct vs_explored *e = vs_explore(&scenario, &how);

	assert_non_null(e);
	assert_string_equal(e->message, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlock),
		cmocka_unit_test(two_of_a_name),
		cmocka_unit_test(time_of_day),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
