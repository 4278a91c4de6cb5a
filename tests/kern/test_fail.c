/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * fail(9).  C numbers are those of the tables in spec/locking.md.
 */
#include "lock_test.h"

#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/mutex.h>

#include <vnetsim/fail.h>

static struct mtx spin;
MTX_SYSINIT(test_fail_spin, &spin, "spin", MTX_SPIN);

static gate began, ended;

/* --- the macros ----------------------------------------------------------- */

static int
point_return(void)
{
	KFAIL_POINT_RETURN(DEBUG_FP, test_return);
	return (0);
}

static int
point_code(bool condition)
{
	int value = -1;

	KFAIL_POINT_CODE_COND(DEBUG_FP, test_code, condition, 0,
	    value = RETURN_VALUE);
	return (value);
}

static int
point_goto(void)
{
	int error = 0;

	KFAIL_POINT_ERROR(DEBUG_FP, test_error, error);
	if (error != 0)
		return (error);
	KFAIL_POINT_GOTO(DEBUG_FP, test_goto, error, out);
	return (0);
out:
	return (error + 1);
}

KFAIL_POINT_DECLARE(test_split);
KFAIL_POINT_DEFINE(DEBUG_FP, test_split, 0);

static int
point_split(void)
{
	int value = 0;

	KFAIL_POINT_EVAL(test_split, value = RETURN_VALUE);
	return (value);
}

static void
set(const char *name, const char *setting)
{
	if (vs_fail_point(name, setting) != 0)
		fail_msg("%s=%s", name, setting);
}

static void
body_off(void *arg __unused)
{
	CHECK(point_return() == 0);
	CHECK(point_code(true) == -1);
	CHECK(point_goto() == 0);
	CHECK(point_split() == 0);
}

static void
body_on(void *arg __unused)
{
	CHECK(point_return() == 3);
	CHECK(point_code(true) == -5);
	CHECK(point_code(false) == -1);
	CHECK(point_goto() == 2);
	CHECK(vs_fail_point("test_goto", "off") == 0);
	CHECK(vs_fail_point("test_error", "return(7)") == 0);
	CHECK(point_goto() == 7);
	CHECK(point_split() == 9);
}

static void
test_macros(void **state)
{
	run(body_off, NULL);
	set("test_return", "return(3)");
	set("test_code", "return(-5)");
	set("test_goto", "return(1)");
	set("test_split", "return(9)");
	run(body_on, NULL);
	set("test_return", "off");
	set("test_code", "off");
	set("test_error", "off");
	set("test_split", "off");
	run(body_off, NULL);
	assert_int_equal(vs_fail_point("no_such_point", "off"), ENOENT);
}

/* --- the language --------------------------------------------------------- */

static void
body_cascade(void *arg __unused)		/* C57 */
{
	CHECK(vs_fail_point("test_return",
	    "2*return(5)->print(1)->return(7)") == 0);
	CHECK(point_return() == 5);
	CHECK(point_return() == 5);
	CHECK(point_return() == 7);
	CHECK(point_return() == 7);
	/* Used up, it is off again. */
	CHECK(vs_fail_point("test_return", "1*return(5)->1*print") == 0);
	CHECK(point_return() == 5);
	CHECK(point_return() == 0);
	CHECK(point_return() == 0);
}

static void
test_cascade(void **state)
{
	run(body_cascade, NULL);
	assert_int_equal(console_count("fail point test_return executing"), 3);
}

static void
body_pid(void *arg __unused)
{
	char setting[64];

	snprintf(setting, sizeof(setting), "return(3)[pid %d]->return(4)",
	    curproc->p_pid);
	CHECK(vs_fail_point("test_return", setting) == 0);
	CHECK(point_return() == 3);
	snprintf(setting, sizeof(setting), "return(3)[pid %d]->return(4)",
	    curproc->p_pid + 1);
	CHECK(vs_fail_point("test_return", setting) == 0);
	CHECK(point_return() == 4);
}

static void
body_probability(void *arg __unused)
{
	int n = 0;

	CHECK(vs_fail_point("test_return", "25.0%return(1)") == 0);
	for (int i = 0; i < 4000; i++)
		n += point_return();
	CHECK(n > 800 && n < 1200);
}

static void
body_off_split(void *arg __unused)
{
	CHECK(fail_point_is_off(&_fail_point_test_split));
}

static void
body_always(void *arg __unused)
{
	CHECK(point_return() == 1);
}

static void
test_syntax(void **state)
{
	static const char * const bad[] = {
		"", "1*", "return[pid 12]", "0*return", "-1*return", "retrun",
		"return(", "return()", "return(1", "return(1)x", "return->",
		"->return", "5%", "%return", "*return", "1.5*return",
		"return(1)[pid x]", "off off"
	};
	char many[512] = "print";

	set("test_return", "5*return(3)[pid 12]");	/* C59 */
	set("test_return", "101%return(1)");
	assert_int_equal(vs_fail_point("test_return", "return[pid 12]"),
	    EINVAL);
	set("test_split", "0%return(1)");
	expect_console("Discarding entry which cannot execute return");
	set("test_split", "pause->return(1)");
	expect_console("Discarding unreachable entry return");
	set("test_split", "off->return(1)");
	run(body_off_split, NULL);
	for (size_t i = 0; i < nitems(bad); i++)
		if (vs_fail_point("test_return", bad[i]) != EINVAL)
			fail_msg("taken: \"%s\"", bad[i]);
	/* A bad one leaves the old one, here the one that always fires. */
	run(body_always, NULL);
	set("test_return", ".5%return(1)->3.25%2*print");
	for (int i = 1; i < 20; i++)
		strcat(many, "->print");
	set("test_return", many);
	strcat(many, "->print");
	assert_int_equal(vs_fail_point("test_return", many), EINVAL);
	run(body_pid, NULL);
	run(body_probability, NULL);
}

/* --- threads that stay ---------------------------------------------------- */

static void
pauser(void *arg __unused)
{
	gate_open(&began);
	CHECK(point_return() == 0);
	gate_open(&ended);
}

static void
test_pause(void **state)			/* C58 */
{
	struct vs_thread *t[3];
	int paused, sleeping;

	began = ended = 0;
	set("test_return", "pause");
	for (int i = 0; i < 3; i++)
		t[i] = spawn(pauser, NULL, "pauser");
	assert_int_equal(vs_fail_point_wait("test_return", 3), 0);
	assert_int_equal(vs_fail_point_status("test_return", &paused,
	    &sleeping), 0);
	assert_int_equal(paused, 3);
	assert_int_equal(sleeping, 0);
	assert_int_equal(ended, 0);
	/* Only "off", be it for once, sends them on. */
	set("test_return", "return(1)");
	assert_int_equal(vs_fail_point_status("test_return", &paused, NULL),
	    0);
	assert_int_equal(paused, 3);
	set("test_return", "1*off");
	for (int i = 0; i < 3; i++)
		join(t[i]);
	vs_fail_point_status("test_return", &paused, NULL);
	assert_int_equal(paused, 0);
	set("test_return", "off");
	assert_int_equal(vs_fail_point_wait("test_return", 0), 0);
	assert_int_equal(vs_fail_point_wait("no_such_point", 0), ENOENT);
}

/* Where sleeping is barred a point still holds a thread, as spinning would. */
static void
spinner(void *arg __unused)
{
	mtx_lock_spin(&spin);
	KFAIL_POINT_CODE_FLAGS(DEBUG_FP, test_nosleep,
	    FAIL_POINT_NONSLEEPABLE, (void)0);
	mtx_unlock_spin(&spin);
}

static void
test_nonsleepable(void **state)
{
	struct vs_thread *t;

	set("test_nosleep", "pause");
	t = spawn(spinner, NULL, "spinner");
	assert_int_equal(vs_fail_point_wait("test_nosleep", 1), 0);
	set("test_nosleep", "off");
	join(t);
	set("test_nosleep", "1*sleep(2)->1*delay(100)->off");
	for (int i = 0; i < 3; i++)
		run(spinner, NULL);
	assert_int_equal(vs_witness_reports(), 0);
}

static void
body_sleep(void *arg __unused)
{
	int t0 = ticks;

	CHECK(vs_fail_point("test_return", "sleep(3)") == 0);
	CHECK(point_return() == 0);
	CHECK(ticks - t0 >= 3);
	CHECK(vs_fail_point("test_return", "yield") == 0);
	CHECK(point_return() == 0);
}

static void
after_sleep(void *arg)
{
	gate_open(arg);
}

static void
body_timeout(void *arg __unused)
{
	struct fail_point fp;
	int value;

	began = ended = 0;
	fail_point_init(&fp, "test_%d", 7);
	fp.fp_flags |= FAIL_POINT_USE_TIMEOUT_PATH;
	fail_point_sleep_set_pre_func(&fp, after_sleep);
	fail_point_sleep_set_pre_arg(&fp, &began);
	fail_point_sleep_set_func(&fp, after_sleep);
	fail_point_sleep_set_arg(&fp, &ended);
	CHECK(fail_point_eval(&fp, &value) == FAIL_POINT_RC_CONTINUE);
	CHECK(vs_fail_point("test_7", "sleep(2)") == 0);
	CHECK(fail_point_eval(&fp, &value) == FAIL_POINT_RC_QUEUED);
	CHECK(gate_is_open(&began));
	gate_wait(&ended);
	fail_point_destroy(&fp);
	CHECK(vs_fail_point("test_7", "off") == ENOENT);
}

static void
test_sleep(void **state)
{
	run(body_sleep, NULL);
	run(body_timeout, NULL);
}

/* --- ends ----------------------------------------------------------------- */

static void
body_panic(void *arg __unused)
{
	CHECK(vs_fail_point("test_return", "panic") == 0);
	(void)point_return();
}

static void
pause_for_ever(void *arg __unused)
{
	(void)spawn(pauser, NULL, "pauser");
	CHECK(vs_fail_point_wait("test_return", 1) == 0);
	panic("enough");
}

static void
test_panic(void **state)
{
	expect_panic(body_panic, NULL, "fail point test_return panicking");
	boot();
	set("test_return", "pause");
	expect_panic(pause_for_ever, NULL, "enough");
	/* Nothing of it is left. */
	boot();
	run(body_off, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_macros),
		TEST(test_cascade),
		TEST(test_syntax),
		TEST(test_pause),
		TEST(test_nonsleepable),
		TEST(test_sleep),
		TEST(test_panic),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
