/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Profiles and switches, as vs_boot() takes them.
 */
#include "test.h"

#include <errno.h>

static int
boots_with(const char *profile)
{
	const struct vs_config config = { .profile = profile };
	int error = vs_boot(&config);

	if (error == 0)
		(void)vs_shutdown();
	return (error);
}

static void
test_profiles(void **state)
{
	static const char *const good[] = {
		NULL, "", "fixed", "S15", "P4", "P3", "P2", "P1", "P0",
		"S15,-destroy-lands-after-reclaim", "+rename-to-taken-name",
		"P4,+reclaim-twice,-reclaim-twice",
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(boots_with(good[i]), 0);
}

static void
test_nonsense(void **state)
{
	static const char *const bad[] = {
		"P9", "fixed,", ",fixed", "fixed,S15", "s15", "+", "-",
		"+no-such-bug", "fixed,reclaim-twice", "fixed +reclaim-twice",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(boots_with(bad[i]), EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_nonsense),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
