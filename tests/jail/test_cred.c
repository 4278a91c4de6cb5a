/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Credentials, and the references on prisons that they are worth.
 */
#include "jail_test.h"

#include <vnetsim/observe.h>

static void
hold_main(void *arg)
{
	struct ucred *cr;
	int i;

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	(void)vs_getpid();
	cr = curthread->td_ucred;
	for (i = 0; i < 1000; i++)
		crhold(cr);
	CHECK(cr->cr_prison->pr_ref == 2);
	CHECK(cr->cr_users == 2);
	CHECK(cr->cr_ref == 1002);
	for (i = 0; i < 1000; i++)
		crfree(cr);
	CHECK(cr->cr_prison->pr_ref == 2);
}

static struct ucred *kept;

static void
dup_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	(void)vs_getpid();
	kept = crdup(curthread->td_ucred);
	CHECK(kept->cr_ref == 1 && kept->cr_users == 0);
	CHECK(kept->cr_prison->pr_ref == 3);
}

static void
free_main(void *unused)
{
	crfree(kept);
}

/* 49, 50 */
static void
test_hold(void **state)
{
	int j;

	j = create("name=a persist");
	run(hold_main, &j);
	vs_jail_settle();
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	run(dup_main, &j);
	assert_jail(j, 2, 1, VS_JAIL_ALIVE);
	run(free_main, NULL);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

static struct thread *freed_in;

static void
freed(struct jail_module *m, struct prison *pr, int method)
{
	if (method == PR_METHOD_CREATE) {
		mtx_lock(&pr->pr_mtx);
		CHECK(osd_jail_set(pr, m->slot, m) == 0);
		mtx_unlock(&pr->pr_mtx);
	}
}

static void
free_locked_main(void *unused)
{
	struct mtx mtx;

	memset(&mtx, 0, sizeof(mtx));
	mtx_init(&mtx, "held over crfree", NULL, MTX_DEF);
	freed_in = curthread;
	mtx_lock(&mtx);
	crfree(kept);
	mtx_unlock(&mtx);
	mtx_destroy(&mtx);
}

/* 51 */
static void
test_last_with_lock(void **state)
{
	struct jail_module *m = module_load(0);
	int j;

	m->hook = freed;
	j = create("name=a persist vnet");
	run(dup_main, &j);
	jail_remove(j);
	assert_jail(j, 1, 0, VS_JAIL_DEAD);
	assert_int_equal(m->destroyed, 0);
	run(free_locked_main, NULL);
	vs_jail_settle();
	assert_gone(j);
	assert_int_equal(m->destroyed, 1);
	m->hook = NULL;
	module_unload(0);
}

static void
setuid_main(void *arg)
{
	struct prison *pr;
	struct ucred *old;

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	(void)vs_getpid();
	pr = curthread->td_ucred->cr_prison;
	old = crhold(curthread->td_ucred);
	CHECK(pr->pr_ref == 2);
	CHECK(vs_setuid(1001) == 0);
	CHECK(pr->pr_ref == 3);
	crfree(old);
	/* The thread lets go of the old one when it enters the next call. */
	CHECK(vs_getuid() == 1001);
	CHECK(pr->pr_ref == 2);
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_setuid(0) == EPERM);
	CHECK(vs_getuid() == 1001);
	CHECK(pr->pr_ref == 2);
	CHECK((curproc->p_flag & P_SUGID) != 0);
}

/* 53 */
static void
test_setuid(void **state)
{
	int j;

	j = create("name=a persist");
	run(setuid_main, &j);
	vs_jail_settle();
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

struct kill {
	int	in;
	int	uid;
	int	pid;
	int	sig;
	int	error;
};

static void
kill_main(void *arg)
{
	struct kill *k = arg;

	if (k->in != 0)
		CHECK(vs_jail_attach(k->in) == 0);
	if (k->uid != 0)
		CHECK(vs_setuid(k->uid) == 0);
	k->error = vs_kill(k->pid, k->sig);
}

static int
kill_as(int in, int uid, int pid, int sig)
{
	struct kill k = { in, uid, pid, sig, 0 };

	run(kill_main, &k);
	return (k.error);
}

static void
test_kill(void **state)
{
	struct inmate im = { 0 };
	int a, b;

	a = create("name=a persist");
	b = create("name=b persist");
	inmate_start(&im, a);
	assert_int_equal(kill_as(0, 0, 99999, SIGKILL), ESRCH);
	assert_int_equal(kill_as(0, 0, im.pid, -1), EINVAL);
	assert_int_equal(kill_as(0, 1001, im.pid, SIGKILL), EPERM);
	assert_int_equal(kill_as(b, 0, im.pid, SIGKILL), ESRCH);
	assert_int_equal(kill_as(a, 0, im.pid, 0), 0);
	assert_int_equal(kill_as(a, 0, im.pid, SIGKILL), 0);
	inmate_reap(&im);
	assert_jail(a, 1, 1, VS_JAIL_ALIVE);
	jail_remove(a);
	jail_remove(b);
}

static int reached;

static void
suicide_main(void *unused)
{
	reached = 1;
	(void)vs_kill(vs_getpid(), SIGKILL);
	reached = 2;
}

/* A killed process does not come back from its system call. */
static void
test_killed_in_call(void **state)
{
	reached = 0;
	run(suicide_main, NULL);
	assert_int_equal(reached, 1);
}

/* The ledger knows who holds what. */
static void
test_ledger(void **state)
{
	struct inmate im = { 0 };
	const void *pr;
	int j;

	j = create("name=a persist children.max=2");
	(void)create("name=a.b persist");
	inmate_start(&im, j);
	pr = info(j).prison;
	assert_int_equal(vs_ledger_refs(VS_PRISON, pr), 3);
	assert_int_equal(vs_ledger_holders(VS_PRISON, pr, "persist"), 1);
	assert_int_equal(vs_ledger_holders(VS_PRISON, pr, "ucred"), 1);
	assert_int_equal(vs_ledger_holders(VS_PRISON, pr, "child prison"), 1);
	assert_int_equal(vs_ledger_refs(VS_PRISON_USER, pr), 3);
	assert_int_equal(vs_ledger_holders(VS_PRISON_USER, pr, "persist"), 1);
	assert_int_equal(vs_ledger_holders(VS_PRISON_USER, pr, "process"), 1);
	assert_int_equal(vs_ledger_holders(VS_PRISON_USER, pr,
	    "child prison"), 1);
	inmate_go(&im);
	inmate_reap(&im);
	update("name=a nopersist");
	assert_int_equal(vs_ledger_refs(VS_PRISON, pr), 1);
	assert_int_equal(vs_ledger_refs(VS_PRISON_USER, pr), 1);
}

/* A credential that nobody gives back is found, and what it pins. */
static void
test_leak(void **state)
{
	const struct vs_outcome *o;
	int j;

	j = create("name=pinned persist");
	run(dup_main, &j);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "pinned"));
	assert_non_null(strstr(o->report, "ucred"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hold),
		TEST(test_last_with_lock),
		TEST(test_setuid),
		TEST(test_kill),
		TEST(test_killed_in_call),
		TEST(test_ledger),
		TEST(test_leak),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
