/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * osd(9).  Numbers are those of spec/jail-vnet.md, 8.3.
 */
#include "lock_test.h"

#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/osd.h>

/* Objects of the type; nothing but the struct osd matters. */
static struct osd objects[3];
static char called[16];
static int destroyed, destroyed_sum;

static void
destroy(void *value)
{
	destroyed++;
	destroyed_sum += *(int *)value;
}

static int
method(void *obj __unused, void *data)
{
	size_t len = strlen(called);

	called[len] = '0' + *(int *)data;
	called[len + 1] = '\0';
	return (0);
}

static int
method_fails(void *obj, void *data)
{
	(void)method(obj, data);
	return (5);
}

static void
body_slots(void *arg __unused)			/* 54 */
{
	int s1, s2;

	/* The kernel's own modules may have some already. */
	s1 = osd_jail_register(NULL, NULL);
	s2 = osd_jail_register(NULL, NULL);
	CHECK(s1 >= 1 && s2 == s1 + 1);
	osd_jail_deregister(s1);
	CHECK(osd_jail_register(NULL, NULL) == s1);
	osd_jail_deregister(s2);
	osd_jail_deregister(s1);
}

static void
body_values(void *arg __unused)			/* 55, 56 */
{
	struct malloc_type *mtp = malloc_desc2type("osd");
	static int values[] = { 1, 10, 100 };
	int s = osd_register(OSD_THREAD, destroy, NULL);
	uint64_t allocs;
	void **rsv;

	memset(objects, 0, sizeof(objects));
	destroyed = destroyed_sum = 0;
	CHECK(osd_get(OSD_THREAD, &objects[0], s) == NULL);
	allocs = mtp->ks_allocs;
	CHECK(osd_set(OSD_THREAD, &objects[0], s, NULL) == 0);
	CHECK(mtp->ks_allocs == allocs);
	for (int i = 0; i < 3; i++) {
		CHECK(osd_set(OSD_THREAD, &objects[i], s, &values[2]) == 0);
		/* Another value takes its place without a word. */
		CHECK(osd_set(OSD_THREAD, &objects[i], s, &values[i]) == 0);
		CHECK(osd_get(OSD_THREAD, &objects[i], s) == &values[i]);
	}
	CHECK(destroyed == 0);
	osd_deregister(OSD_THREAD, s);
	CHECK(destroyed == 3 && destroyed_sum == 111);

	s = osd_register(OSD_THREAD, destroy, NULL);
	destroyed = 0;
	vs_fail_malloc(1);
	CHECK(osd_set(OSD_THREAD, &objects[0], s, &values[0]) == ENOMEM);
	rsv = osd_reserve(s);
	vs_fail_malloc(1);
	CHECK(osd_set_reserved(OSD_THREAD, &objects[0], s, rsv,
	    &values[0]) == 0);
	vs_fail_malloc(0);
	CHECK(osd_get_unlocked(OSD_THREAD, &objects[0], s) == &values[0]);
	osd_del(OSD_THREAD, &objects[0], s);
	CHECK(destroyed == 1);
	CHECK(osd_get(OSD_THREAD, &objects[0], s) == NULL);
	osd_free_reserved(osd_reserve(s));
	/* Away without a destructor. */
	CHECK(osd_set(OSD_THREAD, &objects[0], s, &values[0]) == 0);
	CHECK(osd_set(OSD_THREAD, &objects[0], s, NULL) == 0);
	CHECK(destroyed == 1);
	osd_deregister(OSD_THREAD, s);
}

static void
body_exit(void *arg __unused)
{
	static int values[] = { 1, 10, 100, 1000 };
	int s[4];

	memset(objects, 0, sizeof(objects));
	destroyed = destroyed_sum = 0;
	for (int i = 0; i < 4; i++) {
		s[i] = osd_register(OSD_KHELP, i == 3 ? NULL : destroy, NULL);
		CHECK(s[i] == i + 1);
	}
	/* From the far end, so that the array grows and shrinks. */
	CHECK(osd_set(OSD_KHELP, &objects[0], s[3], &values[3]) == 0);
	CHECK(osd_set(OSD_KHELP, &objects[0], s[0], &values[0]) == 0);
	osd_del(OSD_KHELP, &objects[0], s[3]);
	CHECK(osd_get(OSD_KHELP, &objects[0], s[0]) == &values[0]);
	CHECK(osd_set(OSD_KHELP, &objects[0], s[2], &values[2]) == 0);
	osd_exit(OSD_KHELP, &objects[0]);
	CHECK(destroyed == 2 && destroyed_sum == 101);
	for (int i = 0; i < 4; i++)
		osd_deregister(OSD_KHELP, s[i]);
}

static void
body_methods(void *arg __unused)
{
	osd_method_t methods[PR_MAXMETHOD] = {
		[PR_METHOD_CREATE] = method,
		[PR_METHOD_REMOVE] = method,
	};
	int data = 1, s[3];

	called[0] = '\0';
	s[0] = osd_jail_register(NULL, methods);
	methods[PR_METHOD_REMOVE] = method_fails;
	s[1] = osd_jail_register(NULL, methods);
	methods[PR_METHOD_REMOVE] = method;
	s[2] = osd_jail_register(NULL, methods);
	CHECK(osd_call(OSD_JAIL, PR_METHOD_CREATE, NULL, &data) == 0);
	CHECK(strcmp(called, "111") == 0);
	/* The loop ends with the first that fails. */
	CHECK(osd_call(OSD_JAIL, PR_METHOD_REMOVE, NULL, &data) == 5);
	CHECK(strcmp(called, "11111") == 0);
	osd_jail_deregister(s[1]);
	CHECK(osd_call(OSD_JAIL, PR_METHOD_REMOVE, NULL, &data) == 0);
	CHECK(strcmp(called, "1111111") == 0);
	osd_jail_deregister(s[0]);
	osd_jail_deregister(s[2]);
}

static void
test_slots(void **state)
{
	run(body_slots, NULL);
}

static void
test_values(void **state)
{
	run(body_values, NULL);
	run(body_exit, NULL);
}

static void
test_methods(void **state)
{
	/* Nobody else's methods. */
	const struct vs_config config = { .modules = "" };

	boot_with(&config);
	run(body_methods, NULL);
}

#ifdef INVARIANTS

static void
unused(void *arg __unused)
{
	(void)osd_get(OSD_KHELP, &objects[0], 7);
}

static void
zero(void *arg __unused)
{
	(void)osd_del(OSD_KHELP, &objects[0], 0);
}

static const struct misuse misuse[] = {
	ROW("osd", unused, "Unused slot."),
	ROW("osd", zero, "Invalid slot."),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slots),
		TEST(test_values),
		cmocka_unit_test_teardown(test_methods, test_teardown),
#ifdef INVARIANTS
		TEST(test_misuse),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
