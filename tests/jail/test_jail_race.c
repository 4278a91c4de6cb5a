/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Jails under several threads at once: led step by step through known races,
 * and left to themselves.
 */
#include "jail_test.h"

#include <vnetsim/fail.h>

static void
remove_main(void *arg)
{
	CHECK(vs_jail_remove(*(int *)arg) == 0);
}

/*
 * 106: between the removal and its signals the last process goes by itself;
 * mended, the jail stays until the signals are sent.
 */
static void
test_kill_sweep(void **state)
{
	struct inmate im = { 0 };
	struct vs_thread *remover;
	int j;

	j = create("name=a persist vnet");
	inmate_start(&im, j);
	assert_int_equal(vs_fail_point("prison_kill_sweep", "pause"), 0);
	remover = spawn(remove_main, &j, "remover");
	assert_int_equal(vs_fail_point_wait("prison_kill_sweep", 1), 0);
	inmate_go(&im);
	inmate_reap(&im);
	assert_jail(j, 1, 0, VS_JAIL_DEAD);
	assert_int_equal(vs_fail_point("prison_kill_sweep", "off"), 0);
	join(remover);
	vs_jail_settle();
	assert_gone(j);
}

static void
stop_main(void *unused)
{
	panic("seen enough");
}

/* The same as FreeBSD has it: the jail is gone when the signals are sent. */
static void
test_kill_sweep_s15(void **state)
{
	const struct vs_config old = {
		.profile = "fixed,+kill-sweep-reads-freed-prison"
	};
	struct inmate im = { 0 };
	struct vs_thread *remover;
	int j;

	shutdown_clean();
	boot_with(&old);
	j = create("name=a persist vnet");
	inmate_start(&im, j);
	assert_int_equal(vs_fail_point("prison_kill_sweep", "pause"), 0);
	remover = spawn(remove_main, &j, "remover");
	assert_int_equal(vs_fail_point_wait("prison_kill_sweep", 1), 0);
	inmate_go(&im);
	inmate_reap(&im);
	assert_gone(j);
	/*
	 * What the remover would read now is freed memory.  An end of the run
	 * holds it where it is.
	 */
	expect_panic_with(&old, stop_main, NULL, "seen enough");
	(void)remover;
}

/*
 * And when it is let go on: it makes its choice by what it finds in freed
 * memory, and signals nobody.  Only a sanitizer sees the read.
 */
static void
test_kill_sweep_read(void **state)
{
#if defined(INVARIANTS) && !defined(TEST_SANITIZED)
	const struct vs_config old = {
		.profile = "fixed,+kill-sweep-reads-freed-prison"
	};
	struct inmate im = { 0 };
	struct inmate other = { 0 };
	struct vs_thread *remover;
	struct vs_proc_info pi;
	int j, k;

	shutdown_clean();
	boot_with(&old);
	j = create("name=a persist vnet");
	k = create("name=b persist");
	inmate_start(&im, j);
	inmate_start(&other, k);
	assert_int_equal(vs_fail_point("prison_kill_sweep", "pause"), 0);
	remover = spawn(remove_main, &j, "remover");
	assert_int_equal(vs_fail_point_wait("prison_kill_sweep", 1), 0);
	inmate_go(&im);
	inmate_reap(&im);
	assert_gone(j);
	assert_int_equal(vs_fail_point("prison_kill_sweep", "off"), 0);
	join(remover);
	assert_int_equal(vs_proc_inspect(other.pid, &pi), 0);
	assert_int_equal(pi.sig, 0);
	inmate_go(&other);
	inmate_reap(&other);
	jail_remove(k);
#else
	skip();
#endif
}

/* B16: a child that waits to be freed, and a parent that is. */
static void
test_orphan(void **state)
{
	struct vs_thread *remover;
	int a, b;

	a = create("name=a persist vnet children.max=2");
	b = create("name=a.b persist vnet");
	assert_int_equal(vs_fail_point("prison_free_list", "1*pause"), 0);
	remover = spawn(remove_main, &b, "remover");
	assert_int_equal(vs_fail_point_wait("prison_free_list", 1), 0);
	jail_remove(a);
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(vs_fail_point("prison_free_list", "off"), 0);
	join(remover);
}

/* --- nobody leads --------------------------------------------------------- */

#define	STRESS_THREADS	4
#define	STRESS_ROUNDS	60

static u_int
stress_random(u_int *seed, u_int n)
{
	*seed = *seed * 1103515245 + 12345;
	return ((*seed >> 16) % n);
}

static void
stress_inmate(void *arg)
{
	char name[8] = "x", buf[64];
	int jid;

	name[0] = 'a' + (uintptr_t)arg % 4;
	if (vs_jail_find(name, false, &jid) != 0 || vs_jail_attach(jid) != 0)
		return;
	(void)vs_jail_create("name=inner persist", NULL);
	(void)vs_jail_param(jid, "name", buf, sizeof(buf));
	(void)vs_setuid(1001);
}

static void
stress_main(void *arg)
{
	static const char *words[] = {
		"name=%c persist vnet children.max=3",
		"name=%c persist children.max=4",
		"name=%c.n persist vnet",
		"name=%c.n persist",
	};
	struct vs_thread *child;
	u_int seed = (uintptr_t)arg * 7919 + 1;
	char name[4], text[64];
	int i, jid;

	for (i = 0; i < STRESS_ROUNDS; i++) {
		snprintf(name, sizeof(name), "%c",
		    'a' + stress_random(&seed, 4));
		switch (stress_random(&seed, 6)) {
		case 0:
		case 1:
			snprintf(text, sizeof(text),
			    words[stress_random(&seed, 4)], name[0]);
			(void)vs_jail_create(text, NULL);
			break;
		case 2:
			if (vs_jail_find(name, false, &jid) == 0)
				(void)vs_jail_remove(jid);
			break;
		case 3:
			snprintf(text, sizeof(text), "name=%s nopersist",
			    name);
			(void)vs_jail_update(text);
			break;
		default:
			child = vs_thread_create(stress_inmate,
			    (void *)(uintptr_t)stress_random(&seed, 4),
			    "inmate");
			CHECK(child != NULL);
			if (vs_thread_join(child) != NULL)
				return;
		}
	}
}

static void
stress(const char *profile)
{
	const struct vs_config config = {
		.profile = profile, .witness = VS_WITNESS_FATAL
	};
	struct vs_thread *threads[STRESS_THREADS];
	uintptr_t i;

	shutdown_clean();
	boot_with(&config);
	for (i = 0; i < STRESS_THREADS; i++)
		threads[i] = spawn(stress_main, (void *)i, "stress");
	for (i = 0; i < STRESS_THREADS; i++)
		join(threads[i]);
}

/* What is left over is found by the shutdown that follows. */
static void
test_stress(void **state)
{
	stress("fixed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kill_sweep),
		TEST(test_kill_sweep_s15),
		TEST(test_kill_sweep_read),
		TEST(test_orphan),
		TEST(test_stress),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
