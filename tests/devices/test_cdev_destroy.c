/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * destroy_dev(9) against threads in the driver, the scheduled form, names
 * taken away early, and private data.  Numbers are rows of
 * spec/cdev-tuntap.md, 10.  Without a mount nobody opens: a thread that
 * is in a method is one with a thread reference.
 */
#include "cdev_test.h"
#include "../kern/asleep.h"

#include <sys/mutex.h>
#include <sys/taskqueue.h>

static gate inside, leave, destroyed, purged;
static struct cdev *node;
static int purges;

static void
await(void *arg)
{
	gate_wait(arg);
}

static void
reader(void *arg __unused)
{
	int ref;

	CHECK(dev_refthread(node, &ref) != NULL);
	gate_open(&inside);
	gate_wait(&leave);
	dev_relthread(node, ref);
}

static void
destroyer(void *arg __unused)
{
	destroy_dev(node);
	gate_open(&destroyed);
}

/* Everybody but who is inside already finds the node dead. */
static void
body_dead(void *arg __unused)
{
	struct vs_cdev_info info;
	int ref;

	WAIT_FOR(!look("x").named);
	info = look("x");
	CHECK(info.threads == 1 && !info.active && info.refs == 3);
	CHECK(vs_ledger_holders(VS_CDEV, node, "destroy") == 1);
	WAIT_FOR(dev_refthread(node, &ref) == NULL);
	CHECK(!gate_is_open(&destroyed));
	/* It waits, and is still known by its switch. */
	CHECK(LIST_FIRST(&tdev_cdevsw.d_devs) == node);
}

static void
make_x(void *arg)
{
	node = make_node(arg, MAKEDEV_REF, NULL, "x");
	node->si_drv1 = &node;
}

static void
let_go(void *arg __unused)
{
	CHECK(look("x").refs == 2 && node->si_drv1 == NULL);
	check_counts();
	dev_rel(node);
}

static void
test_threads(void **state)						/* 10 */
{
	struct vs_thread *r, *d;

	inside = leave = destroyed = 0;
	run(make_x, &tdev_cdevsw);
	r = spawn(reader, NULL, "reader");
	run(await, &inside);
	d = spawn(destroyer, NULL, "destroyer");
	run(body_dead, NULL);
	gate_open(&leave);
	join(r);
	join(d);
	run(let_go, NULL);
}

static void
tdev_purge(struct cdev *dev)
{
	CHECK(dev == node);
	purges++;
	gate_open(&purged);
}

static struct cdevsw purge_cdevsw = {
	.d_version = D_VERSION,
	.d_name = "purge",
	.d_purge = tdev_purge
};

static void
test_purge(void **state)						/* 11 */
{
	struct vs_thread *r, *d;

	inside = leave = destroyed = purged = purges = 0;
	run(make_x, &purge_cdevsw);
	r = spawn(reader, NULL, "reader");
	run(await, &inside);
	d = spawn(destroyer, NULL, "destroyer");
	run(await, &purged);
	assert_false(gate_is_open(&destroyed));
	gate_open(&leave);
	join(r);
	join(d);
	assert_true(purges >= 1);
	run(let_go, NULL);
}

/* Nobody inside: no call. */
static void
body_no_purge(void *arg __unused)
{
	make_x(&purge_cdevsw);
	purges = 0;
	destroy_dev(node);
	CHECK(purges == 0);
	dev_rel(node);
}

static void
test_no_purge(void **state)
{
	run(body_no_purge, NULL);
}

/* --- the scheduled form --------------------------------------------------- */

static int callbacks;

static void
callback(void *arg)
{
	CHECK(arg == &callbacks);
	CHECK(LIST_EMPTY(&tdev_cdevsw.d_devs) && !mtx_owned(&Giant));
	CHECK(curthread->td_locks == 0);
	__atomic_add_fetch(&callbacks, 1, __ATOMIC_RELEASE);
}

/* From within a method, as a close would: 12, 13, 14. */
static void
body_sched(void *arg __unused)
{
	struct vs_cdev_info info;
	int ref, again;

	callbacks = 0;
	vs_events_record(true);
	node = make_node(&tdev_cdevsw, 0, NULL, "x");
	CHECK(dev_refthread(node, &ref) != NULL);
	CHECK(destroy_dev_sched_cb(node, callback, &callbacks) == 1);
	CHECK(destroy_dev_sched_cb(node, callback, &callbacks) == 0);
	CHECK(destroy_dev_sched(node) == 0);
	CHECK(vs_fail_point_wait("destroy_dev_task", 1) == 0);
	info = look("x");
	CHECK(info.active && info.scheduled && info.refs == 2);
	CHECK(vs_ledger_holders(VS_CDEV, node, "scheduled destroy") == 1);
	CHECK(dev_refthread(node, &again) == NULL && again == 0);
	CHECK(events("DESTROY") == 0);
	dev_relthread(node, ref);
	vs_fail_point("destroy_dev_task", "off");
	destroy_dev_drain(&tdev_cdevsw);
	WAIT_FOR(__atomic_load_n(&callbacks, __ATOMIC_ACQUIRE) == 1);
	CHECK(events("DESTROY cdev=x") == 1);
	WAIT_FOR(look("x").refs == 1);
	CHECK(!look("x").active);
	check_counts();
}

static void
test_sched(void **state)
{
	assert_int_equal(vs_fail_point("destroy_dev_task", "pause"), 0);
	run(body_sched, NULL);
}

static void
body_two(void *arg __unused)
{
	struct cdev *a, *b;

	a = make_node(&tdev_cdevsw, 0, NULL, "a");
	b = make_node(&tdev_cdevsw, 0, NULL, "b");
	CHECK(destroy_dev_sched(a) == 1 && destroy_dev_sched(b) == 1);
	destroy_dev_drain(&tdev_cdevsw);
	CHECK(LIST_EMPTY(&tdev_cdevsw.d_devs));
	destroy_dev_drain(&tdev_cdevsw);
}

static void
test_two(void **state)
{
	run(body_two, NULL);
}

/* --- the name alone ------------------------------------------------------- */

static void
body_delist(void *arg __unused)						/* 15 */
{
	struct cdev *dev, *second, *alias;
	int ref;

	vs_events_record(true);
	dev = make_node(&tdev_cdevsw, 0, NULL, "x");
	alias = make_dev_alias(dev, "al");
	delist_dev(dev);
	CHECK(!look("x").active && look("x").named && look("x").refs == 2);
	CHECK(!look("al").active && look("al").refs == 2);
	CHECK(events("DESTROY cdev=x") == 1 && events("DESTROY cdev=al") == 1);
	CHECK(dev_refthread(dev, &ref) == &tdev_cdevsw);
	dev_relthread(dev, ref);
	delist_dev(dev);
	CHECK(look("x").refs == 2);
	second = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "x");
	CHECK(look("x").cdev == second);
	CHECK(alias->si_parent == dev);
	destroy_dev(dev);
	CHECK(dev_refthread(dev, &ref) == NULL);
	CHECK(events("DESTROY") == 2);
	destroy_dev(second);
	CHECK(events("DESTROY cdev=x") == 2);
	check_counts();
}

static void
test_delist(void **state)
{
	run(body_delist, NULL);
}

/* --- the interval --------------------------------------------------------- */

/*
 * Held in the middle of a destruction: no name, no switch, but a place in
 * d_devs.  The name is free at once.
 */
static void
body_half(void *arg __unused)
{
	struct cdev *second;
	int ref;

	CHECK(vs_fail_point_wait("destroy_dev_half", 1) == 0);
	CHECK(!look("x").active && look("x").refs == 3);
	CHECK(dev_refthread(node, &ref) == NULL && node->si_drv1 == &node);
	second = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "x");
	vs_fail_point("destroy_dev_half", "off");
	WAIT_FOR(gate_is_open(&destroyed));
	CHECK(look("x").cdev == second);
	destroy_dev(second);
	CHECK(node->si_refcount == 2);
	dev_rel(node);
}

static void
test_half(void **state)
{
	struct vs_thread *d;

	destroyed = 0;
	run(make_x, &tdev_cdevsw);
	assert_int_equal(vs_fail_point("destroy_dev_half", "pause"), 0);
	d = spawn(destroyer, NULL, "destroyer");
	run(body_half, NULL);
	join(d);
}

/* --- ends that FreeBSD does not come to ----------------------------------- */

/* A method that destroys its own node waits for itself: 12. */
static void
own_method(void *arg __unused)
{
	int ref;

	make_x(&tdev_cdevsw);
	CHECK(dev_refthread(node, &ref) != NULL);
	destroy_dev(node);
}

static void
sched_dead(void *arg __unused)
{
	make_x(&tdev_cdevsw);
	destroy_dev(node);
	destroy_dev_sched(node);
}

static void
sched_alias(void *arg __unused)
{
	destroy_dev_sched(make_dev_alias(make_node(&tdev_cdevsw, 0, NULL,
	    "x"), "y"));
}

static const struct misuse rows[] = {
	ROW("12", own_method, "deadlock: destroy_dev(x) waits for the method "
	    "that called it"),
	ROW("3.7", sched_dead, "destroy_dev_sched_cb: x has no switch"),
	ROW("3.7", sched_alias, "destroy_dev_sched_cb: y has no switch"),
};

static void
test_misuse(void **state)
{
	expect_cdev_misuse(rows, nitems(rows));
}

/* --- older behaviour ------------------------------------------------------ */

static const struct vs_config undrained = {
	.profile = "fixed,+node-freed-with-thread-inside"
};

/* Destruction ends with a thread inside: the driver's fields are wiped. */
static void
body_undrained(void *arg __unused)
{
	int ref;

	make_x(&tdev_cdevsw);
	CHECK(dev_refthread(node, &ref) != NULL);
	destroy_dev(node);
	CHECK(node->si_drv1 == NULL && node->si_threadcount == 1);
	dev_relthread(node, ref);
	dev_rel(node);
}

static void
test_undrained(void **state)
{
	fresh_switches();
	boot_with(&undrained);
	run(body_undrained, NULL);
	shutdown_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CDEV_TEST(test_threads),
		CDEV_TEST(test_purge),
		CDEV_TEST(test_no_purge),
		CDEV_TEST(test_sched),
		CDEV_TEST(test_two),
		CDEV_TEST(test_delist),
		CDEV_TEST(test_half),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_undrained),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
