/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Strategies on the real kernel: bugs found, spin loops left, livelocks named.
 */
#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <errno.h>

#include <sys/param.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/systm.h>
#include <machine/atomic.h>

static const char *const samplers[] = { "random", "pct", "pct:2", "pos",
	"urw", "surw", "rf", "portfolio" };
static const char *const all[] = { "random", "pct", "pos", "urw", "surw",
	"rf", "portfolio", "ipb", "idb" };

#define	COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const struct vs_explored *
explore(const struct vs_scenario *scenario, const char *strategy,
    uint64_t schedules)
{
	const struct vs_explore how = { .strategy = strategy,
	    .schedules = schedules, .seed = 42, .no_shrink = true };
	const struct vs_explored *e = vs_explore(scenario, &how);

	assert_non_null(e);
	return (e);
}

/* --- a bug of depth 2: between a look and an act ------------------------- */

static u_int count, gone;

static void
look_and_act(void *arg)
{
	for (int i = 0; i < 5; i++)
		atomic_add_int(&count, 1);
	if (atomic_load_int(&gone) == 0 && atomic_load_int(&gone) != 0)
		panic("gone meanwhile");
}

static void
go(void *arg)
{
	for (int i = 0; i < 5; i++)
		atomic_add_int(&count, 1);
	atomic_store_rel_int(&gone, 1);
}

static const struct vs_scenario depth2 = {
	.name = "depth2", .no_shutdown = true,
	.threads = { { "actor", look_and_act }, { "goer", go } },
};

static void
finds_a_bug_of_depth_two(void **state)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < COUNT(all); i++) {
		e = explore(&depth2, all[i], 2000);
		if (e->kind != VS_PANIC)
			fail_msg("%s found nothing in %ju", all[i],
			    (uintmax_t)e->schedules);
		assert_string_equal(e->message, "gone meanwhile");
	}
}

/* --- bounds: all of it, or not ------------------------------------------- */

static void
add(void *arg)
{
	atomic_add_int(&count, 1);
}

static const struct vs_scenario harmless = {
	.name = "harmless", .no_shutdown = true,
	.threads = { { "one", add }, { "two", add } },
};

static void
a_bound_that_cuts_is_not_everything(void **state)
{
	const struct vs_explored *e = explore(&harmless, "ipb:0", 100000);

	assert_int_equal(e->kind, VS_CLEAN);
	assert_false(e->complete);
	e = explore(&harmless, "ipb", 100000);
	assert_int_equal(e->kind, VS_CLEAN);
	assert_true(e->complete);
	assert_true(e->schedules < 100000);
}

/* --- spinning ------------------------------------------------------------ */

static u_int flag;

static void
spin_yielding(void *arg)
{
	while (atomic_load_acq_int(&flag) == 0)
		kern_yield(PUSER);
}

static void
spin_blindly(void *arg)
{
	while (atomic_load_acq_int(&flag) == 0)
		continue;
}

static struct mtx lock;

static void
lock_setup(void *arg)
{
	mtx_init(&lock, "lock", NULL, MTX_DEF);
}

static void
spin_trying(void *arg)
{
	while (mtx_trylock(&lock) == 0)
		continue;
	mtx_unlock(&lock);
}

static void
hold_lock(void *arg)
{
	mtx_lock(&lock);
	for (int i = 0; i < 5; i++)
		atomic_add_int(&count, 1);
	mtx_unlock(&lock);
}

static void
spin_sleeping(void *arg)
{
	while (atomic_load_acq_int(&flag) == 0)
		pause("spin", 1);
}

static void
set(void *arg)
{
	atomic_add_int(&count, 1);
	atomic_add_int(&count, 1);
	atomic_store_rel_int(&flag, 1);
}

static const struct vs_scenario spins[] = {
	{ .name = "yield", .no_shutdown = true,
	    .threads = { { "spinner", spin_yielding },
	    { "spinner2", spin_yielding }, { "setter", set } } },
	{ .name = "blind", .no_shutdown = true,
	    .threads = { { "spinner", spin_blindly },
	    { "spinner2", spin_blindly }, { "setter", set } } },
	{ .name = "sleep", .no_shutdown = true,
	    .threads = { { "spinner", spin_sleeping }, { "setter", set } } },
	{ .name = "try", .no_shutdown = true, .setup = lock_setup,
	    .threads = { { "spinner", spin_trying },
	    { "spinner2", spin_trying }, { "holder", hold_lock } } },
};

/* No strategy keeps off whoever would end the loop. */
static void
spin_loops_end(void **state)
{
	const struct vs_explored *e;

	for (size_t s = 0; s < COUNT(spins); s++) {
		for (size_t i = 0; i < COUNT(all); i++) {
			e = explore(&spins[s], all[i], 100);
			if (e->kind != VS_CLEAN)
				fail_msg("%s, %s: %s", spins[s].name, all[i],
				    e->message);
		}
	}
}

/* Two who are polite to each other for ever. */
static u_int wants[2];

static void
after_you(void *arg, int me)
{
	for (;;) {
		atomic_store_rel_int(&wants[me], 1);
		if (atomic_load_acq_int(&wants[!me]) == 0)
			return;
		kern_yield(PUSER);
	}
}

static void
first_after_you(void *arg)
{
	after_you(arg, 0);
}

static void
second_after_you(void *arg)
{
	after_you(arg, 1);
}

static const struct vs_scenario polite = {
	.name = "polite", .no_shutdown = true,
	.threads = { { "first", first_after_you },
	    { "second", second_after_you } },
};

static void
a_livelock_is_a_verdict(void **state)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < COUNT(samplers); i++) {
		e = explore(&polite, samplers[i], 100);
		assert_int_equal(e->kind, VS_LIVELOCK);
		assert_non_null(strstr(e->message, "thread "));
		/* Where the loop is, or what it calls, if not inlined. */
		if (strstr(e->message, "after_you+") == NULL &&
		    strstr(e->message, "kern_yield+") == NULL &&
		    strstr(e->message, "atomic_") == NULL)
			fail_msg("%s", e->message);
	}
}

/* --- names --------------------------------------------------------------- */

static void
unknown_names_are_refused(void **state)
{
	static const char *const names[] = { "", "pc", "pctt", "pct:x",
	    "pos:1", "ipb:", "pct:99" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct vs_explore how = { .strategy = names[i] };

		errno = 0;
		assert_null(vs_explore(&harmless, &how));
		assert_int_equal(errno, EINVAL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_bug_of_depth_two),
		cmocka_unit_test(a_bound_that_cuts_is_not_everything),
		cmocka_unit_test(spin_loops_end),
		cmocka_unit_test(a_livelock_is_a_verdict),
		cmocka_unit_test(unknown_names_are_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
