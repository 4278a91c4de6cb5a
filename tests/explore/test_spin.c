/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads that wait by looking again and again.  That is no livelock as long
 * as somebody can end it, and exhaustive strategies come to an end.
 */
#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <machine/atomic.h>

static u_int flag, word;
static struct mtx lock;
static struct callout clockwork;

static void
set_up(void *arg)
{
	mtx_init(&lock, "lock", NULL, MTX_DEF);
	callout_init(&clockwork, 1);
}

static void
set_flag(void *arg)
{
	atomic_store_int(&flag, 1);
}

/* --- loops that end when another thread has done something ---------------------- */

static void
yield_until(void *arg)
{
	while (atomic_load_int(&flag) == 0)
		kern_yield(0);
}

static void
yield_and_look(void *arg)
{
	u_int seen;

	do {
		kern_yield(0);
		mtx_lock(&lock);
		seen = atomic_load_int(&flag);
		mtx_unlock(&lock);
	} while (seen == 0);
}

static void
take(void *arg)
{
	while (!atomic_cmpset_int(&word, 0, 1))
		kern_yield(0);
	atomic_store_int(&word, 0);
}

static void
take_turns(void *arg)
{
	while (mtx_trylock(&lock) == 0)
		kern_yield(0);
	mtx_unlock(&lock);
}

/* Not before the flag is set, though it could have been seen before. */
static void
yield_and_fail(void *arg)
{
	yield_until(arg);
	panic("seen");
}

/* --- and such as do not ----------------------------------------------------------- */

static void
yield_thrice(void *arg)
{
	for (int i = 0; i < 3; i++)
		kern_yield(0);
	atomic_store_int(&word, 1);
}

static void
yield_for_ever(void *arg)
{
	while (atomic_load_int(&word) == 0)
		kern_yield(0);
}

static void
pause_until(void *arg)
{
	while (atomic_load_int(&flag) == 0)
		pause("flag", 1);
}

static void
again(void *arg)
{
	callout_reset(&clockwork, 1, again, NULL);
}

static void
start_ticking(void *arg)
{
	callout_reset(&clockwork, 1, again, NULL);
}

/* --- what is said of them --------------------------------------------------------- */

static const char *const strategies[] = { "source", "optimal" };

static const struct vs_explored *
explore(void (*a)(void *), void (*b)(void *), const char *strategy)
{
	const struct vs_scenario scenario = { .name = "spin",
	    .setup = set_up, .threads = { { "a", a }, { "b", b } },
	    .no_shutdown = true, .no_exit = true };
	const struct vs_explore how = { .strategy = strategy,
	    .schedules = 20000, .no_shrink = true };
	const struct vs_explored *e = vs_explore(&scenario, &how);

	assert_non_null(e);
	return (e);
}

static void
explore_all(void (*a)(void *), void (*b)(void *), unsigned classes)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < nitems(strategies); i++) {
		e = explore(a, b, strategies[i]);
		assert_string_equal(e->message, "");
		assert_true(e->complete);
		assert_int_equal(e->classes, classes);
	}
}

static void
ends(void **state)
{
	const struct vs_explored *e;

	explore_all(yield_until, set_flag, 4);
	explore_all(yield_and_look, set_flag, 3);
	explore_all(take, take, 8);
	explore_all(take_turns, take_turns, 8);
	explore_all(yield_thrice, set_flag, 1);
	for (size_t i = 0; i < nitems(strategies); i++) {
		e = explore(yield_and_fail, set_flag, strategies[i]);
		assert_string_equal(e->message, "seen");
	}
}

static void
livelock(void **state)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < nitems(strategies); i++) {
		e = explore(yield_for_ever, set_flag, strategies[i]);
		assert_int_equal(e->kind, VS_LIVELOCK);
		assert_non_null(strstr(e->message, "yield_for_ever"));
	}
}

/* Something is left out, so nobody says that everything was explored. */
static void
time_passes(void **state)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < nitems(strategies); i++) {
		e = explore(pause_until, set_flag, strategies[i]);
		assert_string_equal(e->message, "");
		assert_false(e->complete);
		e = explore(start_ticking, set_flag, strategies[i]);
		assert_string_equal(e->message, "");
		assert_false(e->complete);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(livelock),
		cmocka_unit_test(time_passes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
