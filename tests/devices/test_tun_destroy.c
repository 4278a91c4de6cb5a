/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The end of tunnels: by request, by the last close, and both at once.
 */
#include "devices/tun.h"

#include <sys/condvar.h>
#include <sys/taskqueue.h>

static struct thread *destroyer;
static int destroy_result;

static void
destroy_tun0(void *arg)
{
	publish(&destroyer);
	destroy_result = vs_if_destroy("tun0");
}

static void
tun0_gone(void)
{
	assert_false(exists("tun0"));
	populate();
	assert_null(node("tun0"));
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
}

/* --- with the device open ------------------------------------------------ */

static void
test_one_opener(void **state)
{
	int fd;

	fd = device_open("/dev/tun");
	assert_int_equal(open_error("/dev/tun0"), EBUSY);
	vs_close(fd);
	assert_int_equal(open_error("/dev/tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
}

/* The opener is left with a dead file. */
static void
test_destroy_open(void **state)
{
	struct knote *kn;
	char buf[10];
	size_t done;
	bool eof;
	int fd;

	fd = device_open("/dev/tun");
	assert_int_equal(vs_knote_open(fd, -1, &kn), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(vs_knote_wait(kn, -1, NULL, &eof), 0);
	assert_true(eof);
	assert_int_equal(vs_knote_close(kn), 0);
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), ENXIO);
	assert_int_equal(vs_write(fd, buf, sizeof(buf), &done), ENXIO);
	vs_close(fd);
	tun0_gone();
}

static struct thread *reader;

static void
read_tun0(void *arg)
{
	char buf[10];
	size_t done;
	int fd;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	publish(&reader);
	CHECK(vs_read(fd, buf, sizeof(buf), &done) == ENXIO);
}

/* 71: one who sleeps in the device wakes up. */
static void
test_destroy_under_reader(void **state)
{
	struct vs_thread *thread;

	reader = NULL;
	thread = spawn(read_tun0, NULL, "reader");
	run(await_sleep, &reader);
	assert_int_equal(destroy("tun0"), 0);
	join(thread);
	tun0_gone();
}

/* 41, 43: it waits for the close, and others for the lock that it has. */
static void
test_destroy_waits(void **state)
{
	struct vs_thread *first, *second;
	int fd;

	boot_as("fixed,+tun-destroy-parks-on-detach-lock");
	fd = device_open("/dev/tun");
	destroyer = NULL;
	first = spawn(destroy_tun0, NULL, "destroy");
	run(await_sleep, &destroyer);
	assert_int_equal(open_error("/dev/tun0"), EBUSY);
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	assert_int_equal(create_one("disc0"), 0);
	second = spawn(destroy_tun0, NULL, "destroy 2");
	vs_close(fd);
	join(first);
	join(second);
	assert_int_equal(destroy("disc0"), 0);
	tun0_gone();
}

static int destroyer_pid;

static void
destroy_and_die(void *arg)
{
	destroyer_pid = vs_getpid();
	destroy_tun0(arg);
}

/* 42: a signal, and everything is as before. */
static void
test_destroy_interrupted(void **state)
{
	struct vs_thread *thread;
	int fd;

	boot_as("fixed,+tun-destroy-parks-on-detach-lock");
	fd = device_open("/dev/tun");
	destroyer = NULL;
	thread = spawn(destroy_and_die, NULL, "destroy");
	run(await_sleep, &destroyer);
	assert_int_equal(vs_kill(destroyer_pid, SIGKILL), 0);
	join(thread);
	assert_true(exists("tun0"));
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	vs_close(fd);
	assert_int_equal(open_error("/dev/tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
	tun0_gone();
}

/* --- by the last close --------------------------------------------------- */

static int
transient_open(void)
{
	int fd, on = 0;

	fd = device_open("/dev/tun");
	assert_int_equal(device_set(fd, TUNSTRANSIENT, 1), 0);
	assert_int_equal(vs_ioctl(fd, TUNGTRANSIENT, &on), 0);
	assert_int_equal(on, 1);
	return (fd);
}

static void
nothing(void *arg, int pending)
{
}

/* Behind everything that was scheduled before. */
static void
settle_tasks(void *arg)
{
	struct task task;

	TASK_INIT(&task, 0, nothing, NULL);
	taskqueue_enqueue(taskqueue_thread, &task);
	taskqueue_drain(taskqueue_thread, &task);
}

static void
test_transient(void **state)
{
	vs_close(transient_open());
	assert_false(exists("tun0"));
	run(settle_tasks, NULL);
	tun0_gone();
}

static void
test_transient_destroyed_open(void **state)
{
	int fd;

	fd = transient_open();
	assert_int_equal(destroy("tun0"), 0);
	vs_close(fd);
	run(settle_tasks, NULL);
	tun0_gone();
}

/* 81: between the close and its destruction somebody else is faster. */
static void
close_transient(void *arg)
{
	int fd, on = 1;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	CHECK(vs_ioctl(fd, TUNSTRANSIENT, &on) == 0);
	vs_close(fd);
}

static struct vs_thread *
transient_close_overtaken(void)
{
	struct vs_thread *thread;

	assert_int_equal(vs_fail_point("tun_transient_close", "pause"), 0);
	thread = spawn(close_transient, NULL, "closer");
	assert_int_equal(vs_fail_point_wait("tun_transient_close", 1), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(vs_fail_point("tun_transient_close", "off"), 0);
	return (thread);
}

static void
test_transient_overtaken(void **state)
{
	join(transient_close_overtaken());
	run(settle_tasks, NULL);
	tun0_gone();
}

static void
test_transient_overtaken_before(void **state)
{
#if defined(TEST_SANITIZED) || !defined(INVARIANTS)
	skip();
#else
	struct vs_thread *thread;

	boot_as("fixed,+transient-close-vs-destroy");
	thread = transient_close_overtaken();
	assert_outcome(vs_thread_join(thread), "*");
	test_booted = false;
	(void)vs_shutdown();
#endif
}

/* 82: the node's end is still to come. */
static struct {
	struct mtx	mtx;
	struct cv	cv;
	struct task	task;
	bool		open;		/* mtx */
} gate;

static void
gate_wait(void *arg, int pending)
{
	mtx_lock(&gate.mtx);
	while (!gate.open)
		cv_wait(&gate.cv, &gate.mtx);
	mtx_unlock(&gate.mtx);
}

static void
gate_shut(void *arg)
{
	gate.open = false;
	mtx_init(&gate.mtx, "gate", NULL, MTX_DEF | MTX_NEW);
	cv_init(&gate.cv, "gate");
	TASK_INIT(&gate.task, 0, gate_wait, NULL);
	taskqueue_enqueue(taskqueue_thread, &gate.task);
}

static void
gate_open(void *arg)
{
	mtx_lock(&gate.mtx);
	gate.open = true;
	cv_broadcast(&gate.cv);
	mtx_unlock(&gate.mtx);
	taskqueue_drain(taskqueue_thread, &gate.task);
	cv_destroy(&gate.cv);
	mtx_destroy(&gate.mtx);
}

static void
test_transient_unit(void **state)
{
	int fd;

	fd = transient_open();
	run(gate_shut, NULL);
	vs_close(fd);
	assert_false(exists("tun0"));
	assert_int_equal(open_error("/dev/tun0"), ENXIO);
	assert_int_equal(create_one("tun0"), EEXIST);
	assert_int_equal(create_one("tun"), 0);
	assert_true(exists("tun1"));
	run(gate_open, NULL);
	run(settle_tasks, NULL);
	tun0_gone();
	assert_int_equal(destroy("tun1"), 0);
}

#ifndef TEST_SANITIZED
static void
create_in_the_way(void *arg)
{
	char name[16] = "tun";

	gate_shut(NULL);
	close_transient(NULL);
	(void)vs_if_create(name);
}
#endif

static void
test_transient_unit_before(void **state)
{
#ifdef TEST_SANITIZED
	skip();
#else
	const struct vs_config config = {
		.profile = "fixed,+transient-unit-reused",
	};

	expect_panic_with(&config, create_in_the_way, NULL, "*");
#endif
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_opener),
		TEST(test_destroy_open),
		TEST(test_destroy_under_reader),
		BEFORE(test_destroy_waits),
		BEFORE(test_destroy_interrupted),
		TEST(test_transient),
		TEST(test_transient_destroyed_open),
		TEST(test_transient_overtaken),
		BEFORE(test_transient_overtaken_before),
		TEST(test_transient_unit),
		BEFORE(test_transient_unit_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
