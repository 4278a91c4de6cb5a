/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What happens when something fails half way: each allocation that may fail
 * is made to fail in turn, and nothing must be left behind.
 */
#include "if_test.h"

#define	TRIES	64

/* Runs the command with the n-th M_NOWAIT failing until none is left. */
static int
fail_each(const char *command, const char *undo)
{
	int error, n;

	for (n = 1; n < TRIES; n++) {
		bool hit;

		vs_fail_malloc(n);
		error = ifc(0, "%s", command);
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
		check_invariants();
		if (!hit) {
			assert_int_equal(error, 0);
			return (n);
		}
		/* Groups may be missing, the interface is not. */
		if (error == 0 && undo != NULL)
			IFC(0, 0, "%s", undo);
	}
	fail_msg("%s: more than %d allocations", command, TRIES);
	return (0);
}

static void
test_create(void **state)
{
	assert_true(fail_each("create disc0", "destroy disc0") > 1);
	IFC(0, 0, "destroy disc0");
}

static void
test_create_pair(void **state)
{
	assert_true(fail_each("create epair0", "destroy epair0a") > 1);
	IFC(0, 0, "destroy epair0b");
}

static void
test_group(void **state)
{
	int n;

	IFC(0, 0, "create disc");
	for (n = 1; n <= 2; n++) {
		vs_fail_malloc(n);
		IFC(ENOMEM, 0, "group disc0 web");
		vs_fail_malloc(0);
		assert_string_equal(groups(0, "disc0"), "all disc");
	}
	IFC(0, 0, "group disc0 web");
}

static void
test_move(void **state)
{
	char loan[32], reclaim[32];
	int j = jail_make("name=j vnet persist");

	IFC(0, 0, "create epair");
	snprintf(loan, sizeof(loan), "vnet epair0b %d", j);
	snprintf(reclaim, sizeof(reclaim), "-vnet epair0b %d", j);
	assert_true(fail_each(loan, reclaim) > 1);
	assert_true(fail_each(reclaim, loan) > 1);
}

static void
test_rename(void **state)
{
	IFC(0, 0, "create disc");
	assert_int_equal(fail_each("name disc0 x", NULL), 1);
}

static void
test_address(void **state)
{
	IFC(0, 0, "create disc");
	assert_int_equal(fail_each("addr disc0 10.0.0.1/24", NULL), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_create),
		BOTH(test_create_pair),
		BOTH(test_group),
		BOTH(test_move),
		BOTH(test_rename),
		BOTH(test_address),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
