/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2) with modules that have a say, jails that die of it, and jails
 * inside jails.  The numbers are those of the specification's rows.
 */
#include "jail_test.h"

/* 26 */
static void
test_unknown_parameter(void **state)
{
	struct jail_module *m = module_load(0);
	int ref = info(0).ref, uref = info(0).uref;

	set_fails(CREATE, "persist foo=1", EINVAL, "unknown parameter: foo");
	set_fails(CREATE, "persist vnet=1 foo", EINVAL,
	    "unknown parameter: foo");
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(module_calls(m, PR_METHOD_CHECK, -1), 2);
	assert_int_equal(module_calls(m, PR_METHOD_CREATE, -1), 0);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 0);
	assert_jail(0, ref, uref, VS_JAIL_ALIVE);
	assert_int_equal(info(0).childcount, 0);
	module_unload(0);
}

static void
remove_main(void *arg)
{
	CHECK(vs_jail_remove(*(int *)arg) == 0);
}

/* 27; nobody stops this process from returning when it is killed */
static void
test_caller_dying(void **state)
{
	char errmsg[VS_JAIL_ERRMSGLEN];
	int j;

	j = create("name=a persist vnet children.max=3");
	assert_int_equal(vs_jail_attach(j), 0);
	run(remove_main, &j);
	assert_jail(j, 1, 1, VS_JAIL_DEAD);
	assert_int_equal(vs_jail_setwords("name=x persist", CREATE, NULL,
	    errmsg), EAGAIN);
	assert_string_equal(errmsg, "");
	assert_int_equal(vs_jail_setwords("name=x persist", UPDATE, NULL,
	    errmsg), EAGAIN);
}

static void
set_value(struct jail_module *m, struct prison *pr, int method)
{
	if (method == PR_METHOD_CHECK) {
		mtx_lock(&pr->pr_mtx);
		CHECK(osd_jail_set(pr, m->slot, m) == 0);
		mtx_unlock(&pr->pr_mtx);
	}
}

/* 28 */
static void
test_check_fails(void **state)
{
	struct jail_module *m = module_load(0);

	m->result[PR_METHOD_CHECK] = EBUSY;
	m->hook = set_value;
	set_fails(CREATE, "persist", EBUSY, "");
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(m->destroyed, 1);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 0);
	module_unload(0);
}

static void
attach_main(void *arg)
{
	char errmsg[VS_JAIL_ERRMSGLEN];
	struct vs_proc_info pi;

	CHECK(vs_jail_setwords(arg, CREATE | ATTACH, NULL, errmsg) == EIO);
	CHECK(strcmp(errmsg, "attach failed") == 0);
	CHECK(vs_proc_inspect(-1, &pi) == 0 && pi.jid == 0);
}

/* 29 */
static void
test_attach_fails(void **state)
{
	struct jail_module *m = module_load(0);

	m->result[PR_METHOD_ATTACH] = EIO;
	run(attach_main, "name=a");
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 1);
	assert_int_equal(vs_jail_count(), 0);
	run(attach_main, "name=a persist vnet");
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 2);
	assert_int_equal(vs_jail_count(), 0);
	module_unload(0);
}

static void
nopersist_main(void *arg)
{
	modules[0].expected_thread = curthread;
	CHECK(vs_jail_update(arg) == 0);
}

/* 30, 31 */
static void
test_nopersist(void **state)
{
	struct jail_module *m = module_load(0);
	struct inmate im = { 0 };
	int j;

	j = create("name=a persist vnet");
	run(nopersist_main, "name=a nopersist");
	assert_gone(j);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, j), 1);
	assert_true(m->calls[m->ncalls - 1].in_thread);
	assert_int_equal(m->calls[m->ncalls - 1].state, PRISON_STATE_DYING);
	j = create("name=a persist");
	inmate_start(&im, j);
	assert_jail(j, 2, 2, VS_JAIL_ALIVE);
	update("name=a nopersist");
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	inmate_go(&im);
	inmate_reap(&im);
	assert_gone(j);
	module_unload(0);
}

/* 32, 32g */
static void
test_allow(void **state)
{
	int a, b;

	a = create("name=a persist children.max=5");
	(void)set_as(a, 0, CREATE, "name=b persist allow.raw_sockets", EPERM,
	    "");
	b = create("name=a.b persist");
	set_fails(UPDATE, "name=a.b allow.raw_sockets", EPERM, "");
	update("name=a allow.raw_sockets");
	update("name=a.b allow.raw_sockets");
	assert_string_equal(param(b, "allow.raw_sockets"), "1");
	update("name=a allow.noraw_sockets");
	assert_string_equal(param(b, "allow.raw_sockets"), "0");
	/* A jail may be more trusting than its parent in two ways. */
	update("name=a allow.nounprivileged_proc_debug");
	update("name=a.b allow.unprivileged_proc_debug");
	assert_string_equal(param(a, "allow.reserved_ports"), "1");
	assert_string_equal(param(a, "allow.suser"), "1");
	assert_string_equal(param(a, "allow.set_hostname"), "1");
	jail_remove(a);
}

static const char *
too_long(void)
{
	static char words[5000];
	int n;

	n = snprintf(words, sizeof(words), "name=x persist meta=");
	memset(words + n, 'm', 4097);
	words[n + 4097] = '\0';
	return (words);
}

/* 32a, fixed */
static void
test_set_method_fails(void **state)
{
	struct jail_module *m = module_load(0);
	int ref = info(0).ref, uref = info(0).uref;

	set_fails(CREATE, too_long(), EFBIG, "");
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 1);
	assert_int_equal(vs_jail_count(), 0);
	assert_jail(0, ref, uref, VS_JAIL_ALIVE);
	assert_int_equal(info(0).childcount, 0);
	m->result[PR_METHOD_CREATE] = EFBIG;
	set_fails(CREATE, "name=x persist vnet", EFBIG, "");
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 2);
	assert_int_equal(vs_jail_count(), 0);
	module_unload(0);
}

static void
find_invalid(void *arg)
{
	(void)vs_jail_find("x", true, NULL);
}

/* 32a, as FreeBSD has it */
static void
test_set_method_fails_s15(void **state)
{
	struct jail_module *m;
	int jid, uref;

	shutdown_clean();
	boot_with(&s15);
	m = module_load(0);
	uref = info(0).uref;
	set_fails(CREATE, too_long(), EFBIG, "");
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 0);
	assert_int_equal(vs_jail_count(), 1);
	jid = m->calls[0].jid;
	assert_jail(jid, 1, 1, VS_JAIL_INVALID);
	assert_int_equal(info(0).childcount, 1);
	assert_int_equal(info(0).uref, uref + 1);
	assert_int_equal(create("name=x persist"), jid + 1);
	jail_remove(jid + 1);
	(void)create("name=y persist");
	jail_remove(jid + 2);
	assert_int_equal(vs_jail_count(), 1);
	/* The name is there already, and INVARIANTS stumbles over it. */
#ifdef INVARIANTS
	expect_panic_with(&s15, find_invalid, NULL, "Found invalid prison *");
#else
	assert_int_equal(vs_jail_find("x", true, NULL), 0);
	(void)vs_shutdown();
	test_booted = false;
	(void)find_invalid;
#endif
}

static void
attach_efbig_main(void *arg)
{
	char errmsg[VS_JAIL_ERRMSGLEN];
	struct vs_proc_info pi;

	CHECK(vs_jail_setwords("name=x", CREATE | ATTACH, NULL, errmsg) ==
	    EFBIG);
	CHECK(errmsg[0] == '\0');
	CHECK(vs_proc_inspect(-1, &pi) == 0 && pi.jid == 0);
}

/* 32b; mended, the REMOVE method is called for that jail too */
static void
test_set_method_fails_attach(void **state)
{
	struct jail_module *m;
	int fixed;

	for (fixed = 0; fixed < 2; fixed++) {
		shutdown_clean();
		boot_with(fixed ? NULL : &s15);
		m = module_load(0);
		m->result[PR_METHOD_SET] = EFBIG;
		m->hook = set_value;
		run(attach_efbig_main, NULL);
		assert_int_equal(vs_jail_count(), 0);
		assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1),
		    fixed);
		assert_int_equal(m->destroyed, 1);
		module_unload(0);
	}
}

/* 32c */
static void
test_set_method_fails_update(void **state)
{
	struct jail_module *m = module_load(0);
	int j;

	j = create("name=a persist");
	m->result[PR_METHOD_SET] = EFBIG;
	set_fails(UPDATE, "name=a nopersist", EFBIG, "");
	assert_gone(j);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, j), 1);
	module_unload(0);
}

static int
nested(void)
{
	(void)create("name=a persist children.max=5 securelevel=1");
	return (create("name=a.b persist"));
}

/* 32d to 32f, fixed */
static void
test_nested_update(void **state)
{
	int b = nested();

	set_fails(UPDATE, by_jid(b, "allow.raw_sockets"), EPERM, "");
	set_fails(UPDATE, by_jid(b, "securelevel=0"), EPERM, "");
	set_fails(UPDATE, by_jid(b, "children.max=5"), EPERM, "");
	update(by_jid(b, "name=a.b"));
	assert_string_equal(info(b).name, "a.b");
	set_fails(UPDATE, by_jid(b, "name=c.b"), EINVAL,
	    "cannot change jail's parent");
	update(by_jid(b, "name=c"));
	assert_string_equal(info(b).name, "a.c");
}

/* 32d to 32f, as FreeBSD has it */
static void
test_nested_update_s15(void **state)
{
	int b;

	shutdown_clean();
	boot_with(&s15);
	b = nested();
	update(by_jid(b, "allow.raw_sockets"));
	update(by_jid(b, "securelevel=0"));
	set_fails(UPDATE, by_jid(b, "name=a.b"), EINVAL,
	    "cannot change jail's parent");
	update(by_jid(b, "name=c"));
	assert_string_equal(info(b).name, "c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_parameter),
		TEST(test_caller_dying),
		TEST(test_check_fails),
		TEST(test_attach_fails),
		TEST(test_nopersist),
		TEST(test_allow),
		TEST(test_set_method_fails),
		TEST(test_set_method_fails_s15),
		TEST(test_set_method_fails_attach),
		TEST(test_set_method_fails_update),
		TEST(test_nested_update),
		TEST(test_nested_update_s15),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
