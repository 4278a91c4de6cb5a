/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The strategies without a kernel: threads here are lists of operations that
 * never block, so that what a strategy should do can be counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shadow.h"
#include "strategy.h"

struct vx vx;

/* Nobody waits for a lock here. */
bool
vx_look_again(const struct vx_thread *t)
{
	return (t->state == VX_LIVE);
}

/* All accesses are points here. */
void
vx_shadow_skim(void)
{
}

/* Threads of a program, each as the objects that it writes to. */
static const char *program[4];

#define	PRIVATE(c)	((c) >= 'a')	/* nobody else's, whoever names it */

static struct vx_op
operation(unsigned thread, unsigned i)
{
	char c = program[thread][i];
	struct vx_op op = { .kind = VX_WRITE, .size = 4, .write = true,
	    .object = (uintptr_t)c * 64 + (PRIVATE(c) ? thread * 8 : 0),
	    .site = 4096 + thread * 64 + i };

	return (op);
}

static void
start(void)
{
	vx.run++;
	vx.mode = VX_RUN;
	vx.current = NULL;
	vx.nthreads = 0;
	vx.nsteps = vx.npicks = 0;
	for (unsigned i = 0; i < 4 && program[i] != NULL; i++) {
		struct vx_thread *t = &vx.threads[vx.nthreads++];

		memset(t, 0, sizeof(*t));
		t->id = (uint16_t)i;
		t->parent = VX_NOBODY;
		t->state = VX_LIVE;
		t->op = operation(i, 0);
	}
}

static void
find_enabled(void)
{
	vx.nenabled = 0;
	for (unsigned i = 0; i < vx.nthreads; i++)
		if (vx.threads[i].state == VX_LIVE)
			vx.enabled[vx.nenabled++] = (uint16_t)i;
}

static void
perform(struct vx_thread *t)
{
	vx.events[vx.nsteps++] = (struct vx_event){ .thread = t->id,
	    .point = true, .op = t->op };
	t->events++;
	t->points++;
	if (vx.strategy->perform != NULL)
		vx.strategy->perform(t);
	if (program[t->id][t->events] == '\0')
		t->state = VX_DONE;
	else
		t->op = operation(t->id, t->events);
	vx.current = t;
}

/* A run; false when there is none left. */
static bool
run(uint64_t seed)
{
	static const struct vx_verdict clean = { .kind = VS_CLEAN };
	unsigned id;

	start();
	if (vx.strategy->begin != NULL)
		vx.strategy->begin(seed);
	for (find_enabled(); vx.nenabled > 0; find_enabled()) {
		id = vx.enabled[0];
		if (vx.nenabled > 1) {
			vx.npicks++;
			id = vx.strategy->pick();
		}
		assert_int_equal(vx.threads[id].state, VX_LIVE);
		perform(&vx.threads[id]);
	}
	return (vx.strategy->end == NULL || vx.strategy->end(&clean));
}

static void
open_strategy(const struct vx_strategy *s,
    const char *option)
{
	vx.strategy = s;
	vx.cut = false;
	if (s->configure != NULL)
		assert_true(s->configure(option));
	if (s->open != NULL)
		s->open(1);
}

static void
close_strategy(void)
{
	if (vx.strategy->close != NULL)
		vx.strategy->close();
}

static void
set_program(const char *a, const char *b, const char *c, const char *d)
{
	program[0] = a;
	program[1] = b;
	program[2] = c;
	program[3] = d;
}

/* --- distributions ------------------------------------------------------- */

/* How far counts are from being equal. */
static double
chi_square(const unsigned *counts, unsigned n)
{
	double sum = 0, expected, x = 0;

	for (unsigned i = 0; i < n; i++)
		sum += counts[i];
	expected = sum / n;
	for (unsigned i = 0; i < n; i++)
		x += (counts[i] - expected) * (counts[i] - expected) /
		    expected;
	return (x);
}

static void
random_walk_is_uniform_at_a_choice(void **state)
{
	unsigned counts[4] = { 0 };

	(void)state;
	set_program("aa", "aa", "aa", "aa");
	open_strategy(&vx_random_walk, NULL);
	for (unsigned i = 0; i < 10000; i++) {
		run(i);
		counts[vx.events[0].thread]++;
	}
	/* 3 degrees of freedom, one in a thousand. */
	assert_true(chi_square(counts, 4) < 16.27);
}

/*
 * The orders of two threads' operations on object `c`, or on all if it is 0,
 * three each: a bit for each operation.
 */
static unsigned
order(char c)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < vx.nsteps; i++)
		if (c == '\0' || vx.events[i].op.object == (uintptr_t)c * 64)
			bits = bits << 1 | vx.events[i].thread;
	return (bits);
}

static double
order_chi_square(char c)
{
	unsigned counts[64] = { 0 }, used[20], n = 0;

	for (unsigned i = 0; i < 100; i++)
		run(i);
	for (unsigned i = 100; i < 20100; i++) {
		run(i);
		counts[order(c)]++;
	}
	for (unsigned i = 0; i < 64; i++)
		if (__builtin_popcount(i) == 3)
			used[n++] = counts[i];
	assert_int_equal(n, 20);
	return (chi_square(used, 20));
}

/* 19 degrees of freedom, one in a thousand. */
#define	LIMIT	43.82

static void
urw_is_uniform_over_interleavings(void **state)
{
	(void)state;
	set_program("abc", "abc", NULL, NULL);
	open_strategy(&vx_urw, NULL);
	assert_true(order_chi_square('\0') < LIMIT);
	/* The random walk is not, or this would prove nothing. */
	open_strategy(&vx_random_walk, NULL);
	assert_true(order_chi_square('\0') > 10 * LIMIT);
}

/* Whatever else the threads do, and however unlike each other. */
static void
surw_is_uniform_over_an_object(void **state)
{
	(void)state;
	set_program("XaXbX", "abcdeXfghXijX", NULL, NULL);
	open_strategy(&vx_surw, NULL);
	assert_true(order_chi_square('X') < LIMIT);
	open_strategy(&vx_urw, NULL);
	assert_true(order_chi_square('X') > 10 * LIMIT);
}

/* Does the second thread come just between two steps of the first? */
static bool
hit(unsigned at)
{
	return (vx.events[at].thread == 1);
}

static void
pct_keeps_its_promise(void **state)
{
	const unsigned n = 2, k = 9, runs = 20000;
	unsigned hits = 0;

	(void)state;
	set_program("abcdefghi", "a", NULL, NULL);
	open_strategy(&vx_pct, "2");
	for (unsigned i = 0; i < runs; i++) {
		run(i);
		hits += hit(5);
	}
	assert_true(hits > runs / (n * k) * 9 / 10);
}

/* Threads that do the same are told apart by nothing. */
static void
pos_orders_what_races(void **state)
{
	unsigned counts[2] = { 0 };

	(void)state;
	set_program("X", "abcdefX", NULL, NULL);
	open_strategy(&vx_pos, NULL);
	for (unsigned i = 0; i < 10000; i++) {
		run(i);
		counts[vx.events[vx.nsteps - 1].thread]++;
	}
	/* The random walk's chance for the first to be last is 1 in 128. */
	assert_true(counts[0] > 1000);
	assert_true(counts[1] > 1000);
}

/* --- the same again ------------------------------------------------------ */

static uint64_t
fingerprint(const struct vx_strategy *s)
{
	uint64_t hash = 0;

	open_strategy(s, NULL);
	for (unsigned i = 0; i < 200; i++) {
		run(i * 7);
		for (unsigned e = 0; e < vx.nsteps; e++)
			hash = hash * 31 + vx.events[e].thread + 1;
	}
	close_strategy();
	return (hash);
}

static void
same_seeds_same_events(void **state)
{
	static const struct vx_strategy *const all[] = { &vx_random_walk,
	    &vx_pct, &vx_pos, &vx_urw, &vx_surw, &vx_reads_from,
	    &vx_portfolio };

	(void)state;
	set_program("XaYbX", "YcXd", "XY", NULL);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(fingerprint(all[i]), fingerprint(all[i]));
}

/* --- bounds -------------------------------------------------------------- */

/* What a switch costs, of a way on from `current` (-1: nobody). */
typedef unsigned cost_fn(const unsigned *left, int current, int next);

static unsigned
preemption(const unsigned *left, int current, int next)
{
	return (current >= 0 && current != next && left[current] > 0);
}

/* Threads that can go on, from the current one round to the next. */
static unsigned
delay(const unsigned *left, int current, int next)
{
	unsigned n = 0;

	for (int t = current < 0 ? 0 : current; t != next; t = (t + 1) % 3)
		n += left[t] > 0;
	return (n);
}

/* Schedules of at most this cost; the most any of them costs is in *most. */
static unsigned
count(unsigned *left, int current, unsigned cost, unsigned bound,
    cost_fn *fn, unsigned *most)
{
	unsigned n = 0, step, more = 0;

	for (int t = 0; t < 3; t++) {
		if (left[t] == 0)
			continue;
		more++;
		step = cost + fn(left, current, t);
		if (step > bound)
			continue;
		left[t]--;
		n += count(left, t, step, bound, fn, most);
		left[t]++;
	}
	if (more == 0 && cost > *most)
		*most = cost;
	return (more == 0 ? 1 : n);
}

static void
bounded(const struct vx_strategy *s, cost_fn *fn)
{
	unsigned left[3] = { 3, 2, 2 }, most = 0, unused, expected = 0;
	unsigned runs = 0;

	set_program("abc", "ab", "ab", NULL);
	(void)count(left, -1, 0, UINT32_MAX, fn, &most);
	for (unsigned bound = 0; bound <= most; bound++)
		expected += count(left, -1, 0, bound, fn, &unused);
	open_strategy(s, NULL);
	do
		runs++;
	while (run(0));
	assert_int_equal(runs, expected);
	assert_false(vx.cut);
	close_strategy();

	/* Within a bound; and then it is not all there is. */
	runs = 0;
	expected = count(left, -1, 0, 0, fn, &unused) +
	    count(left, -1, 0, 1, fn, &unused);
	open_strategy(s, "1");
	do
		runs++;
	while (run(0));
	assert_int_equal(runs, expected);
	assert_true(vx.cut);
	close_strategy();
}

static void
ipb_counts_preemptions(void **state)
{
	(void)state;
	bounded(&vx_ipb, preemption);
}

static void
idb_counts_delays(void **state)
{
	(void)state;
	bounded(&vx_idb, delay);
}

/* --- options ------------------------------------------------------------- */

static void
options(void **state)
{
	(void)state;
	assert_true(vx_pct.configure("16"));
	assert_false(vx_pct.configure("0"));
	assert_false(vx_pct.configure("17"));
	assert_false(vx_pct.configure(""));
	assert_false(vx_pct.configure("3x"));
	assert_false(vx_pct.configure("-1"));
	assert_true(vx_ipb.configure("0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_walk_is_uniform_at_a_choice),
		cmocka_unit_test(urw_is_uniform_over_interleavings),
		cmocka_unit_test(surw_is_uniform_over_an_object),
		cmocka_unit_test(pct_keeps_its_promise),
		cmocka_unit_test(pos_orders_what_races),
		cmocka_unit_test(same_seeds_same_events),
		cmocka_unit_test(ipb_counts_preemptions),
		cmocka_unit_test(idb_counts_delays),
		cmocka_unit_test(options),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
