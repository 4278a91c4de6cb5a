/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_remove(2): what dies, in which order, in which thread.
 */
#include "jail_test.h"

#include <sys/socket.h>
#include <net/vnet.h>
#include <netlink/netlink.h>

static struct thread *destroyed_in;

static void
note_destructor(const void *unused __unused)
{
	destroyed_in = curthread;
}
VNET_SYSUNINIT(test_remove, SI_SUB_PSEUDO, SI_ORDER_ANY, note_destructor,
    NULL);

struct removal {
	int	jid;
	int	error;
	int	in;
	struct thread *thread;
};

static void
remove_main(void *arg)
{
	struct removal *r = arg;

	if (r->in != 0)
		CHECK(vs_jail_attach(r->in) == 0);
	r->thread = curthread;
	r->error = vs_jail_remove(r->jid);
}

/* 36 */
static void
test_empty(void **state)
{
	struct removal r = { 0 };

	r.jid = create("name=a persist vnet");
	destroyed_in = NULL;
	run(remove_main, &r);
	assert_int_equal(r.error, 0);
	assert_gone(r.jid);
	assert_ptr_equal(destroyed_in, r.thread);
}

/* 37 */
static void
test_one_process(void **state)
{
	struct removal r = { 0 };
	struct inmate im = { .deaf = true };
	struct vs_proc_info pi;

	r.jid = create("name=a persist vnet");
	inmate_start(&im, r.jid);
	destroyed_in = NULL;
	run(remove_main, &r);
	assert_int_equal(r.error, 0);
	assert_int_equal(vs_proc_inspect(im.pid, &pi), 0);
	assert_int_equal(pi.sig, SIGKILL);
	assert_jail(r.jid, 1, 1, VS_JAIL_DEAD);
	/* 38 */
	jail_remove(r.jid);
	assert_jail(r.jid, 1, 1, VS_JAIL_DEAD);
	inmate_go(&im);
	inmate_zombie(&im);
	assert_jail(r.jid, 1, 0, VS_JAIL_DEAD);
	jail_remove(r.jid);
	assert_jail(r.jid, 1, 0, VS_JAIL_DEAD);
	assert_null(destroyed_in);
	inmate_reap(&im);
	assert_gone(r.jid);
	assert_non_null(destroyed_in);
	assert_ptr_not_equal(destroyed_in, r.thread);
}

/* SIGKILL ends an interruptible wait, and the process with it. */
static void
test_kill_wakes(void **state)
{
	struct inmate im = { 0 };
	int j;

	j = create("name=a persist");
	inmate_start(&im, j);
	jail_remove(j);
	inmate_reap(&im);
	assert_gone(j);
}

/* Processes that never stop by themselves: in calls, and in one call. */
static struct gate at_work;
static int calls_made, came_back;

static void
busy_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	gate_post(&at_work);
	for (;;) {
		(void)vs_getpid();
		__atomic_add_fetch(&calls_made, 1, __ATOMIC_RELAXED);
	}
}

static void
reader_main(void *arg)
{
	char buf[100];
	int fd;

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd) == 0);
	gate_post(&at_work);
	(void)vs_recv(fd, buf, sizeof(buf), 0, NULL);
	came_back = 1;
}

static void
at_work_init_main(void *arg __unused)
{
	gate_init(&at_work);
}

static void
at_work_fini_main(void *arg __unused)
{
	gate_destroy(&at_work);
}

/* Killed with their jail, they do not see user code again. */
static void
test_never_returns(void **state)
{
	struct vs_thread *busy, *reader;
	int after, j;

	calls_made = came_back = 0;
	run(at_work_init_main, NULL);
	j = create("name=a persist vnet");
	busy = spawn(busy_main, &j, "busy");
	reader = spawn(reader_main, &j, "reader");
	run(gate_wait_main, &at_work);
	run(gate_wait_main, &at_work);
	jail_remove(j);
	join(busy);
	after = calls_made;
	join(reader);
	vs_jail_settle();
	assert_gone(j);
	assert_int_equal(calls_made, after);
	assert_int_equal(came_back, 0);
	run(at_work_fini_main, NULL);
}

static int
remove_as(int in, int jid)
{
	struct removal r = { .in = in, .jid = jid };

	run(remove_main, &r);
	return (r.error);
}

/* 39 */
static void
test_not_mine(void **state)
{
	int a, b, c;

	a = create("name=a persist children.max=2");
	b = create("name=b persist");
	c = create("name=a.c persist");
	assert_int_equal(remove_as(a, a), EINVAL);
	assert_int_equal(remove_as(a, b), EINVAL);
	assert_int_equal(remove_as(a, 0), EINVAL);
	assert_int_equal(remove_as(a, 4711), EINVAL);
	assert_int_equal(remove_as(0, 0), EINVAL);
	assert_int_equal(remove_as(a, c), 0);
	assert_gone(c);
	jail_remove(a);
	jail_remove(b);
}

static int
removed(const struct jail_module *m, int n)
{
	int i;

	for (i = 0; i < m->ncalls; i++)
		if (m->calls[i].method == PR_METHOD_REMOVE && n-- == 0)
			return (m->calls[i].jid);
	return (-1);
}

/* All of them are dying when the first method runs. */
static void
all_dying(struct jail_module *m __unused, struct prison *pr, int method)
{
	struct prison *tpr;

	if (method != PR_METHOD_REMOVE)
		return;
	mtx_assert(&pr->pr_mtx, MA_NOTOWNED);
	TAILQ_FOREACH(tpr, &allprison, pr_list)
		CHECK(tpr->pr_state == PRISON_STATE_DYING);
}

/* 40 */
static void
test_children(void **state)
{
	struct jail_module *m = module_load(0);
	struct inmate ims[3] = { { .deaf = true }, { .deaf = true },
	    { .deaf = true } };
	struct vs_proc_info pi;
	int i, j[3];

	j[0] = create("name=a persist vnet children.max=5");
	j[1] = create("name=a.b persist children.max=3");
	j[2] = create("name=a.b.c persist vnet");
	for (i = 0; i < 3; i++)
		inmate_start(&ims[i], j[i]);
	m->hook = all_dying;
	jail_remove(j[0]);
	for (i = 0; i < 3; i++) {
		assert_int_equal(removed(m, i), j[2 - i]);
		assert_int_equal(vs_proc_inspect(ims[i].pid, &pi), 0);
		assert_int_equal(pi.sig, SIGKILL);
	}
	/* Their processes, and a child each. */
	assert_jail(j[0], 2, 2, VS_JAIL_DEAD);
	assert_jail(j[1], 2, 2, VS_JAIL_DEAD);
	assert_jail(j[2], 1, 1, VS_JAIL_DEAD);
	for (i = 0; i < 3; i++) {
		inmate_go(&ims[i]);
		inmate_reap(&ims[i]);
	}
	assert_int_equal(vs_jail_count(), 0);
	m->hook = NULL;
	module_unload(0);
}

static struct prison *sibling;
static int sibling_alive;

static void
note_sibling(struct jail_module *m __unused, struct prison *pr, int method)
{
	if (method == PR_METHOD_REMOVE && sibling != NULL && pr != sibling) {
		sibling_alive = prison_isalive(sibling);
		sibling = NULL;
	}
}

/* 40a */
static void
test_siblings(void **state)
{
	struct jail_module *m = module_load(0);
	int a, b, c;

	a = create("name=a persist children.max=5");
	b = create("name=a.b persist");
	c = create("name=a.c persist");
	m->hook = note_sibling;
	sibling = __DECONST(struct prison *, info(b).prison);
	jail_remove(a);
	assert_int_equal(removed(m, 0), c);
	assert_int_equal(removed(m, 1), b);
	assert_int_equal(removed(m, 2), a);
	assert_int_equal(sibling_alive, 1);
	assert_int_equal(vs_jail_count(), 0);
	module_unload(0);
}

/* 41 */
static void
test_dying_child(void **state)
{
	struct jail_module *m = module_load(0);
	struct inmate im = { .deaf = true };
	int a, b;

	a = create("name=a persist children.max=5");
	b = create("name=a.b persist");
	inmate_start(&im, b);
	jail_remove(b);
	jail_remove(a);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, b), 1);
	assert_jail(a, 1, 1, VS_JAIL_DEAD);
	assert_jail(b, 1, 1, VS_JAIL_DEAD);
	inmate_go(&im);
	inmate_reap(&im);
	assert_gone(a);
	assert_gone(b);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, a), 1);
	module_unload(0);
}

/* Removal of jails with stacks of their own, many levels deep. */
static void
test_deep(void **state)
{
	char words[256], name[128] = "n";
	int i, top;

	top = create("name=n persist vnet children.max=100");
	for (i = 1; i < 30; i++) {
		strlcat(name, ".n", sizeof(name));
		snprintf(words, sizeof(words),
		    "name=%s persist %s children.max=%d", name,
		    i % 3 == 0 ? "vnet" : "", 100 - i);
		(void)create(words);
	}
	assert_int_equal(vs_jail_count(), 30);
	assert_int_equal(info(top).childcount, 29);
	jail_remove(top);
	assert_int_equal(vs_jail_count(), 0);
}

/* dying-jail-removed-again: the hold stays. */
static void
test_removed_again(void **state)
{
	const struct vs_config old = {
		.profile = "fixed,+dying-jail-removed-again"
	};
	struct inmate im = { .deaf = true };
	const struct vs_outcome *o;
	int j;

	shutdown_clean();
	boot_with(&old);
	j = create("name=a persist");
	inmate_start(&im, j);
	jail_remove(j);
	jail_remove(j);
	inmate_go(&im);
	inmate_reap(&im);
	assert_jail(j, 1, 0, VS_JAIL_DEAD);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "system call"));
}

static void
attach_new_main(void *arg __unused)
{
	(void)vs_jail_setwords("name=a", CREATE | ATTACH, NULL, NULL);
}

/* kill-flag-leaks-into-attach: the host itself would be killed. */
static void
test_kill_flag(void **state)
{
#ifdef INVARIANTS
	const struct vs_config old = {
		.profile = "fixed,+kill-flag-leaks-into-attach"
	};

	shutdown_clean();
	expect_panic_with(&old, attach_new_main, NULL,
	    "prison_deref trying to kill prison0");
#else
	(void)attach_new_main;
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_one_process),
		TEST(test_kill_wakes),
		TEST(test_never_returns),
		TEST(test_not_mine),
		TEST(test_children),
		TEST(test_siblings),
		TEST(test_dying_child),
		TEST(test_deep),
		TEST(test_removed_again),
		TEST(test_kill_flag),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
