/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Exhaustive exploration sees each class of schedules once, and knows when it
 * has seen them all: the numbers are those of the literature.
 */
#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"
#include "dpor.h"

static const struct {
	program_fn	*fn;
	int		n;
	unsigned	classes;
	unsigned	deadlocks;
} rows[] = {
	{ filesystem, 14, 2, 0 }, { filesystem, 16, 8, 0 },
	{ filesystem, 18, 32, 0 }, { filesystem, 19, 64, 0 },
	{ filesystem, 22, 512, 0 },
	{ indexer, 12, 8, 0 }, { indexer, 13, 64, 0 }, { indexer, 14, 512, 0 },
	{ lastzero, 6, 64, 0 }, { lastzero, 11, 3328, 0 },
	{ readers, 3, 4, 0 }, { readers, 9, 256, 0 },
	{ philosophers, 3, 6, 0 }, { philosophers, 6, 62, 0 },
	{ greedy_philosophers, 3, 7, 1 }, { greedy_philosophers, 6, 63, 1 },
	{ ifnet3, 3, 93, 0 },
};

static void
count(const char *strategy)
{
	const struct vs_explored *e;

	for (size_t i = 0; i < nitems(rows); i++) {
		e = program_explore(rows[i].fn, rows[i].n, strategy);
		assert_non_null(e);
		assert_true(e->complete);
		assert_int_equal(e->classes, rows[i].classes);
		assert_int_equal(e->failures, rows[i].deadlocks);
		if (e->failures != 0)
			assert_int_equal(e->kind, VS_DEADLOCK);
		if (strcmp(strategy, "optimal") == 0)
			assert_int_equal(e->blocked, 0);
	}
}

static void
source(void **state)
{
	count("source");
}

static void
optimal(void **state)
{
	count("optimal");
}

/* Together they do what one does, and no two of them the same. */
static void
parts_add_up(const char *strategy, size_t row, uint64_t parts)
{
	uint64_t classes = 0, failures = 0, shares = 0;
	const struct vs_explored *e;

	for (uint64_t part = 0; part < parts; part++) {
		e = program_explore_part(rows[row].fn, rows[row].n, strategy,
		    part, parts);
		assert_non_null(e);
		assert_true(e->complete);
		classes += e->classes;
		failures += e->failures;
		shares += e->classes != 0;
	}
	assert_int_equal(classes, rows[row].classes);
	assert_int_equal(failures, rows[row].deadlocks);
	if (rows[row].classes > 60)
		assert_int_equal(shares, parts);
}

static void
parts(void **state)
{
	static const uint64_t n[] = { 2, 3, 7 };

	for (size_t i = 0; i < nitems(rows); i++) {
		if (rows[i].classes > 100 || rows[i].n > 14)
			continue;
		for (size_t j = 0; j < nitems(n); j++) {
			parts_add_up("optimal", i, n[j]);
			parts_add_up("source", i, n[j]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source),
		cmocka_unit_test(optimal),
		cmocka_unit_test(parts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
