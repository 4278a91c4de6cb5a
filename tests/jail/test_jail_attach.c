/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_attach(2), and what becomes of processes in jails.
 */
#include "jail_test.h"

#include <sys/taskqueue.h>

/* 33 */
static void
test_attach(void **state)
{
	struct inmate im = { 0 };
	unsigned ref, uref;
	int j;

	j = create("name=a persist");
	ref = info(0).ref;
	uref = info(0).uref;
	inmate_start(&im, j);
	assert_jail(j, 2, 2, VS_JAIL_ALIVE);
	/* A new process, which has left: as before. */
	assert_jail(0, ref, uref, VS_JAIL_ALIVE);
	inmate_go(&im);
	inmate_reap(&im);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

/* 33: the caller's own view */
static void
test_attach_self(void **state)
{
	struct vs_proc_info pi;
	unsigned uref;
	int j;

	j = create("name=a persist");
	uref = info(0).uref;
	assert_int_equal(vs_jail_attach(j), 0);
	assert_int_equal(info(0).uref, uref - 1);
	assert_jail(j, 2, 2, VS_JAIL_ALIVE);
	assert_int_equal(vs_proc_inspect(-1, &pi), 0);
	assert_int_equal(pi.jid, j);
	/* The thread has picked it up: process and thread use it. */
	assert_int_equal(pi.cr_users, 2);
	assert_int_equal(pi.cr_ref, 2);
}

static void
attach_fails_main(void *arg)
{
	int *jids = arg;

	if (jids[0] != 0)
		CHECK(vs_jail_attach(jids[0]) == 0);
	CHECK(vs_jail_attach(jids[1]) == EINVAL);
}

static void
attach_fails(int in, int jid)
{
	int jids[2] = { in, jid };

	run(attach_fails_main, jids);
}

/* 34 */
static void
test_attach_nowhere(void **state)
{
	struct inmate im = { .deaf = true };
	int a, b;

	a = create("name=a persist children.max=2");
	b = create("name=b persist");
	attach_fails(0, 4711);
	attach_fails(0, 0);
	attach_fails(0, -1);
	attach_fails(a, a);
	attach_fails(a, b);
	attach_fails(a, 0);
	inmate_start(&im, b);
	jail_remove(b);
	attach_fails(0, b);
	assert_jail(b, 1, 1, VS_JAIL_DEAD);
	inmate_go(&im);
	inmate_reap(&im);
	jail_remove(a);
}

static void
user_main(void *arg)
{
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_jail_attach(*(int *)arg) == EPERM);
	CHECK(vs_jail_remove(*(int *)arg) == EPERM);
	CHECK(vs_jail_remove(4711) == EPERM);
}

/* 35 */
static void
test_not_root(void **state)
{
	int j;

	j = create("name=a persist");
	run(user_main, &j);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

static void
attach_eio_main(void *arg)
{
	struct vs_proc_info pi;

	CHECK(vs_jail_attach(*(int *)arg) == EIO);
	CHECK(vs_proc_inspect(-1, &pi) == 0 && pi.jid == 0);
}

/* An ATTACH method refuses; later slots are not asked. */
static void
test_method_refuses(void **state)
{
	struct jail_module *m0 = module_load(0), *m1 = module_load(1);
	int j;

	j = create("name=a persist");
	m0->result[PR_METHOD_ATTACH] = EIO;
	run(attach_eio_main, &j);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	assert_int_equal(module_calls(m0, PR_METHOD_ATTACH, j), 1);
	assert_int_equal(module_calls(m1, PR_METHOD_ATTACH, j), 0);
	jail_remove(j);
	module_unload(0);
	module_unload(1);
}

static void
create_attach_main(void *arg)
{
	struct vs_proc_info pi;
	int jid;

	CHECK(vs_jail_setwords(arg, CREATE | ATTACH, &jid, NULL) == 0);
	CHECK(vs_proc_inspect(-1, &pi) == 0 && pi.jid == jid);
	modules[0].slot = jid;
}

static void
create_attach_check_main(void *arg)
{
	struct vs_jail_info i;
	unsigned n = strstr(arg, "persist") != NULL ? 2 : 1;

	create_attach_main(arg);
	CHECK(vs_jail_inspect(modules[0].slot, &i) == 0);
	CHECK(i.ref == n && i.uref == n && i.state == VS_JAIL_ALIVE);
}

/* 3.5.1's counts; 42: the last process takes its jail along */
static void
test_create_and_attach(void **state)
{
	run(create_attach_check_main, "name=a");
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	run(create_attach_check_main, "name=a vnet");
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	run(create_attach_check_main, "name=b persist");
	assert_jail(modules[0].slot, 1, 1, VS_JAIL_ALIVE);
}

/* 42, step by step */
static void
test_last_process(void **state)
{
	struct jail_module *m = module_load(0);
	struct inmate im = { 0 };
	int j;

	j = create("name=a persist vnet");
	inmate_start(&im, j);
	update("name=a nopersist");
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	inmate_go(&im);
	inmate_zombie(&im);
	assert_jail(j, 1, 0, VS_JAIL_DEAD);
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, j), 1);
	inmate_reap(&im);
	assert_gone(j);
	module_unload(0);
}

static struct gate task_there, task_go;

static void
hold_task(void *arg, int pending)
{
	gate_post(&task_there);
	CHECK(gate_wait(&task_go) == 0);
}

static struct task holder = TASK_INITIALIZER(0, hold_task, NULL);

static void
hold_queue_main(void *arg)
{
	gate_init(&task_there);
	gate_init(&task_go);
	CHECK(taskqueue_enqueue(taskqueue_jail_remove, &holder) == 0);
	CHECK(gate_wait(&task_there) == 0);
}

static void
free_queue_main(void *arg)
{
	gate_post(&task_go);
	taskqueue_drain(taskqueue_jail_remove, &holder);
	gate_destroy(&task_there);
	gate_destroy(&task_go);
}

/* 42: alive until the jail_remove thread comes to it */
static void
test_last_process_task(void **state)
{
	struct inmate im = { 0 };
	struct vs_proc_info pi;
	int j;

	j = create("name=a persist");
	inmate_start(&im, j);
	update("name=a nopersist");
	run(hold_queue_main, NULL);
	inmate_go(&im);
	do {
		assert_int_equal(vs_proc_inspect(im.pid, &pi), 0);
	} while (!pi.zombie);
	assert_int_equal(info(j).state, VS_JAIL_ALIVE);
	run(free_queue_main, NULL);
	vs_jail_settle();
	assert_jail(j, 1, 0, VS_JAIL_DEAD);
	inmate_reap(&im);
	assert_gone(j);
}

/* 43, 44 */
static void
test_child_keeps_parent(void **state)
{
	struct inmate im = { 0 }, child = { .deaf = true };
	int a, b;

	a = create("name=a persist children.max=2");
	inmate_start(&im, a);
	b = create("name=a.b persist");
	update("name=a nopersist");
	inmate_go(&im);
	inmate_reap(&im);
	assert_jail(a, 1, 1, VS_JAIL_ALIVE);
	inmate_start(&child, b);
	jail_remove(b);
	assert_jail(b, 1, 1, VS_JAIL_DEAD);
	assert_jail(a, 1, 1, VS_JAIL_ALIVE);
	inmate_go(&child);
	inmate_reap(&child);
	assert_gone(b);
	assert_gone(a);
}

/* --- fork ----------------------------------------------------------------- */

struct family {
	int	jid;
	int	children;
	struct vs_jail_info before, with_child;
	struct vs_proc_info pi;
};

static void
child_main(void *arg)
{
	struct family *f = arg;

	f->children++;
	CHECK(vs_jail_inspect(f->jid, &f->with_child) == 0);
	CHECK(vs_proc_inspect(-1, &f->pi) == 0);
}

static void
parent_main(void *arg)
{
	struct family *f = arg;
	struct vs_thread *child;

	CHECK(vs_jail_attach(f->jid) == 0);
	CHECK(vs_jail_inspect(f->jid, &f->before) == 0);
	child = vs_thread_create(child_main, f, "child");
	CHECK(child != NULL);
	CHECK(vs_thread_join(child) == NULL);
}

/* 52 */
static void
test_fork(void **state)
{
	struct family f = { 0 };
	int j;

	j = f.jid = create("name=a persist");
	run(parent_main, &f);
	assert_int_equal(f.children, 1);
	assert_int_equal(f.with_child.uref, f.before.uref + 1);
	assert_int_equal(f.with_child.ref, f.before.ref);
	assert_int_equal(f.pi.jid, j);
	vs_jail_settle();
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

/*
 * A newborn that killers have passed over asks for its jail itself.
 */
static struct proc *newborn;

static void
newborn_fork_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(proc_create(curproc, &newborn) == 0);
	CHECK(newborn->p_state == PRS_NEW);
}

static void
newborn_start_main(void *arg)
{
	CHECK(newborn->p_sig == 0);
	proc_start(newborn);
	CHECK(newborn->p_sig == *(int *)arg);
	proc_exit(newborn, 0);
	proc_reap(newborn);
}

static void
test_newborn(void **state)
{
	const struct vs_config old = {
		.profile = "fixed,+fork-survives-jail-removal"
	};
	int j, i, sig;

	for (i = 0; i < 2; i++) {
		shutdown_clean();
		boot_with(i == 0 ? NULL : &old);
		j = create("name=a persist");
		run(newborn_fork_main, &j);
		assert_jail(j, 2, 2, VS_JAIL_ALIVE);
		jail_remove(j);
		assert_jail(j, 1, 1, VS_JAIL_DEAD);
		sig = i == 0 ? SIGKILL : 0;
		run(newborn_start_main, &sig);
		vs_jail_settle();
		assert_gone(j);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_self),
		TEST(test_attach_nowhere),
		TEST(test_not_root),
		TEST(test_method_refuses),
		TEST(test_create_and_attach),
		TEST(test_last_process),
		TEST(test_last_process_task),
		TEST(test_child_keeps_parent),
		TEST(test_fork),
		TEST(test_newborn),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
