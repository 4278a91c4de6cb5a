/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * taskqueue(9).  M and C numbers are those of the tables in spec/locking.md.
 */
#include "lock_test.h"
#include "asleep.h"

#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/taskqueue.h>

static struct mtx m;
MTX_SYSINIT(test_taskqueue, &m, "m", MTX_DEF);

static struct taskqueue *tq;
static struct task tasks[8];
static char ran[32];
static int holding, pendings[32], nran;
static gate inside, leave;
static struct thread *drainer_td, *task_td;

static void
reset(void)
{
	memset(tasks, 0, sizeof(tasks));
	memset(ran, 0, sizeof(ran));
	nran = holding = 0;
	inside = leave = 0;
	drainer_td = task_td = NULL;
}

static void
note(void *context, int pending)
{
	ran[nran] = *(const char *)context;
	pendings[nran++] = pending;
}

static void
hold(void *context __unused, int pending __unused)
{
	publish(&task_td);
	__atomic_add_fetch(&holding, 1, __ATOMIC_RELEASE);
	gate_open(&inside);
	gate_wait(&leave);
}

static void
queue_create(int threads)
{
	tq = taskqueue_create("test", M_WAITOK, taskqueue_thread_enqueue, &tq);
	CHECK(taskqueue_start_threads(&tq, threads, PWAIT, "test taskq") == 0);
}

/* --- order and counts ----------------------------------------------------- */

static void
body_order(void *arg __unused)
{
	static const struct { int priority; const char *name; } jobs[] = {
		{ 0, "a" }, { 10, "b" }, { 10, "c" }, { 5, "d" }
	};
	struct task busy;

	reset();
	queue_create(1);
	TASK_INIT(&busy, 255, hold, NULL);
	CHECK(taskqueue_enqueue(tq, &busy) == 0);
	gate_wait(&inside);
	for (int i = 0; i < 4; i++) {
		TASK_INIT(&tasks[i], jobs[i].priority, note,
		    __DECONST(char *, jobs[i].name));
		CHECK(taskqueue_enqueue(tq, &tasks[i]) == 0);
	}
	CHECK(taskqueue_enqueue(tq, &tasks[3]) == 0);
	CHECK(taskqueue_enqueue(tq, &tasks[3]) == 0);
	CHECK(taskqueue_enqueue_flags(tq, &tasks[3],	/* C51 */
	    TASKQUEUE_FAIL_IF_PENDING) == EEXIST);
	CHECK(taskqueue_poll_is_busy(tq, &tasks[0]));
	CHECK(taskqueue_poll_is_busy(tq, &busy));
	gate_open(&leave);
	taskqueue_drain_all(tq);
	CHECK(strcmp(ran, "bcda") == 0);		/* C52 */
	CHECK(pendings[0] == 1 && pendings[2] == 3);	/* C48 */
	CHECK(!taskqueue_poll_is_busy(tq, &tasks[0]));
	taskqueue_free(tq);
}

static void
body_cancel(void *arg __unused)			/* C50, C51 */
{
	u_int pending;

	reset();
	queue_create(1);
	TASK_INIT(&tasks[0], 0, hold, NULL);
	TASK_INIT(&tasks[1], 0, note, "x");
	taskqueue_enqueue(tq, &tasks[0]);
	gate_wait(&inside);
	taskqueue_enqueue(tq, &tasks[1]);
	CHECK(taskqueue_cancel(tq, &tasks[1], &pending) == 0 && pending == 1);
	CHECK(taskqueue_enqueue_flags(tq, &tasks[0],
	    TASKQUEUE_FAIL_IF_CANCELING) == 0);
	CHECK(taskqueue_cancel(tq, &tasks[0], &pending) == EBUSY);
	CHECK(pending == 1);
	CHECK(taskqueue_cancel(tq, &tasks[0], &pending) == EBUSY);
	CHECK(pending == 0);
	CHECK(taskqueue_enqueue_flags(tq, &tasks[0],
	    TASKQUEUE_FAIL_IF_CANCELING) == ECANCELED);
	gate_open(&leave);
	taskqueue_drain(tq, &tasks[0]);
	CHECK(taskqueue_cancel(tq, &tasks[0], &pending) == 0 && pending == 0);
	CHECK(nran == 0);
	taskqueue_free(tq);
}

static void
body_members(void *arg __unused)
{
	reset();
	queue_create(3);
	TASK_INIT(&tasks[0], 0, hold, NULL);
	taskqueue_enqueue(tq, &tasks[0]);
	gate_wait(&inside);
	CHECK(taskqueue_member(tq, task_td));
	CHECK(!taskqueue_member(tq, curthread));
	CHECK(strncmp(task_td->td_name, "test taskq_", 11) == 0);
	/* A second thread may run the same task meanwhile. */
	taskqueue_enqueue(tq, &tasks[0]);
	WAIT_FOR(__atomic_load_n(&holding, __ATOMIC_ACQUIRE) == 2);
	gate_open(&leave);
	taskqueue_quiesce(tq);
	taskqueue_free(tq);
	CHECK(taskqueue_start_threads(&tq, 0, 0, "none") == EINVAL);
}

static void
body_block(void *arg __unused)
{
	reset();
	tq = taskqueue_create("plain", M_WAITOK, taskqueue_thread_enqueue,
	    &tq);
	TASK_INIT(&tasks[0], 0, note, "p");
	taskqueue_block(tq);
	taskqueue_enqueue(tq, &tasks[0]);
	taskqueue_unblock(tq);
	taskqueue_run(tq);
	CHECK(nran == 1);
	taskqueue_enqueue(tq, &tasks[0]);
	taskqueue_free(tq);		/* loses it */
	CHECK(nran == 1);
}

/* Threads that come after a first task, and tasks that wait for the end. */
static void
body_late_threads(void *arg __unused)
{
	reset();
	tq = taskqueue_create("late", M_WAITOK, taskqueue_thread_enqueue,
	    &tq);
	TASK_INIT(&tasks[0], 0, note, "l");
	taskqueue_enqueue(tq, &tasks[0]);
	CHECK(taskqueue_cancel(tq, &tasks[0], NULL) == 0);
	CHECK(taskqueue_start_threads(&tq, 1, PWAIT, "late taskq") == 0);
	taskqueue_enqueue(tq, &tasks[0]);
	taskqueue_drain(tq, &tasks[0]);
	CHECK(nran == 1);
	taskqueue_free(tq);

	queue_create(2);
	taskqueue_block(tq);
	taskqueue_enqueue(tq, &tasks[0]);
	taskqueue_free(tq);
	CHECK(nran == 2);
}

static void
test_basics(void **state)
{
	run(body_order, NULL);
	run(body_cancel, NULL);
	run(body_members, NULL);
	run(body_block, NULL);
	run(body_late_threads, NULL);
}

/* --- draining ------------------------------------------------------------- */

static int repeats;

static void
repeat(void *context __unused, int pending __unused)
{
	if (!gate_is_open(&leave))
		taskqueue_enqueue(tq, &tasks[0]);
	__atomic_add_fetch(&repeats, 1, __ATOMIC_RELAXED);
	gate_open(&inside);
}

static void
drainer(void *arg __unused)
{
	publish(&drainer_td);
	taskqueue_drain(tq, &tasks[0]);
	CHECK(gate_is_open(&leave));
}

static void
body_drain(void *arg __unused)			/* C49 */
{
	struct vs_thread *t;

	reset();
	queue_create(1);
	TASK_INIT(&tasks[0], 0, repeat, NULL);
	taskqueue_enqueue(tq, &tasks[0]);
	gate_wait(&inside);
	t = spawn(drainer, NULL, "drainer");
	await_sleep(&drainer_td);
	gate_open(&leave);
	join(t);
	taskqueue_free(tq);
}

static void
test_drain(void **state)
{
	run(body_drain, NULL);
}

/* --- network tasks, predefined queues ------------------------------------- */

static void
in_net_epoch(void *context, int pending __unused)
{
	*(int *)context = in_epoch(net_epoch_preempt);
}

static void
body_net(void *arg __unused)
{
	int in[3] = { -1, -1, -1 };

	reset();
	queue_create(1);
	NET_TASK_INIT(&tasks[0], 2, in_net_epoch, &in[0]);
	TASK_INIT(&tasks[1], 1, in_net_epoch, &in[1]);
	NET_TASK_INIT(&tasks[2], 0, in_net_epoch, &in[2]);
	for (int i = 0; i < 3; i++)
		taskqueue_enqueue(tq, &tasks[i]);
	taskqueue_drain_all(tq);
	CHECK(in[0] == 1 && in[1] == 0 && in[2] == 1);
	taskqueue_free(tq);
	NET_EPOCH_WAIT();
}

static void
body_predefined(void *arg __unused)
{
	struct epoch_tracker et;
	struct taskqueue *queues[] = {
		taskqueue_thread, taskqueue_swi, taskqueue_fast
	};

	reset();
	for (int i = 0; i < 3; i++) {
		TASK_INIT(&tasks[i], 0, note, "t");
		/* The first task starts the thread, from any context. */
		NET_EPOCH_ENTER(et);
		taskqueue_enqueue(queues[i], &tasks[i]);
		NET_EPOCH_EXIT(et);
		taskqueue_drain(queues[i], &tasks[i]);
		CHECK(nran == i + 1);
	}
}

static void
test_kinds(void **state)
{
	run(body_net, NULL);
	run(body_predefined, NULL);
	assert_int_equal(vs_witness_reports(), 0);
}

static int callbacks;

static void
callback(void *context)
{
	__atomic_add_fetch(&callbacks, (int)(intptr_t)context,
	    __ATOMIC_RELAXED);
}

static void
body_callbacks(void *arg __unused)
{
	callbacks = 0;
	tq = taskqueue_create("test", M_WAITOK, taskqueue_thread_enqueue, &tq);
	taskqueue_set_callback(tq, TASKQUEUE_CALLBACK_TYPE_INIT, callback,
	    (void *)1);
	taskqueue_set_callback(tq, TASKQUEUE_CALLBACK_TYPE_SHUTDOWN, callback,
	    (void *)100);
	CHECK(taskqueue_start_threads(&tq, 2, 0, "test") == 0);
	taskqueue_free(tq);
	CHECK(callbacks == 202);
}

static void
test_callbacks(void **state)
{
	run(body_callbacks, NULL);
}

/* --- timeout tasks -------------------------------------------------------- */

static void
body_timeout(void *arg __unused)
{
	struct timeout_task tt;
	u_int pending;

	reset();
	queue_create(1);
	TIMEOUT_TASK_INIT(tq, &tt, 0, note, "t");
	CHECK(taskqueue_enqueue_timeout(tq, &tt, 100000) == 0);
	CHECK(taskqueue_enqueue_timeout(tq, &tt, -5) == 1);
	CHECK(taskqueue_cancel_timeout(tq, &tt, &pending) == 0);
	CHECK(pending == 1 && nran == 0);
	CHECK(taskqueue_enqueue_timeout(tq, &tt, 0) == 0);
	taskqueue_drain_timeout(tq, &tt);
	CHECK(nran == 1);
	CHECK(taskqueue_enqueue_timeout(tq, &tt, 1) == 0);
	taskqueue_free(tq);		/* waits for it */
	CHECK(nran == 2);
}

static void
body_timeout_drain(void *arg __unused)
{
	struct timeout_task tt;

	reset();
	queue_create(1);
	TIMEOUT_TASK_INIT(tq, &tt, 0, note, "t");
	CHECK(taskqueue_enqueue_timeout(tq, &tt, 100000) == 0);
	taskqueue_drain_timeout(tq, &tt);
	CHECK(nran == 0);
	taskqueue_free(tq);
}

static void
test_timeout(void **state)
{
	run(body_timeout, NULL);
	run(body_timeout_drain, NULL);
}

/* --- misuse --------------------------------------------------------------- */

static void
drain_self(void *context __unused, int pending __unused)
{
	taskqueue_drain(tq, &tasks[0]);
}

static void
body_drain_self(void *arg __unused)		/* M73 */
{
	reset();
	queue_create(1);
	TASK_INIT(&tasks[0], 0, drain_self, NULL);
	taskqueue_enqueue(tq, &tasks[0]);
	taskqueue_drain(tq, &tasks[0]);
}

static void
test_drain_self(void **state)
{
	expect_panic(body_drain_self, NULL, "deadlock: thread test taskq "
	    "waits for task * of taskqueue test, which it is running");
}

#ifdef INVARIANTS

static struct timeout_task shared_tt;

static void
drain_timeout(void *arg __unused)
{
	publish(&drainer_td);
	taskqueue_drain_timeout(tq, &shared_tt);
}

static void
body_two_drains(void *arg __unused)		/* M82 */
{
	reset();
	queue_create(1);
	TIMEOUT_TASK_INIT(tq, &shared_tt, 0, hold, NULL);
	taskqueue_enqueue_timeout(tq, &shared_tt, 0);
	gate_wait(&inside);
	(void)spawn(drain_timeout, NULL, "drainer");
	await_sleep(&drainer_td);
	taskqueue_drain_timeout(tq, &shared_tt);
}

static void
callback_twice(void *arg __unused)
{
	tq = taskqueue_create("test", M_WAITOK, taskqueue_thread_enqueue, &tq);
	for (int i = 0; i < 2; i++)
		taskqueue_set_callback(tq, TASKQUEUE_CALLBACK_TYPE_INIT,
		    callback, NULL);
}

static const struct misuse misuse[] = {
	ROW("M82", body_two_drains, "Drain already in progress"),
	ROW("18.1", callback_twice, "Re-initialization of taskqueue "
	    "callback\\?"),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

static void
body_locked(void *arg __unused)			/* M72 */
{
	reset();
	TASK_INIT(&tasks[0], 0, note, "t");
	mtx_lock(&m);
	taskqueue_drain(taskqueue_thread, &tasks[0]);
	taskqueue_drain(taskqueue_fast, &tasks[0]);
	mtx_unlock(&m);
}

static void
test_locked(void **state)
{
	run(body_locked, NULL);
	expect_console("taskqueue_drain with the following non-sleepable "
	    "locks held:");
	assert_int_equal(console_count("taskqueue_drain with"), 1);
}

#endif /* INVARIANTS */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),
		TEST(test_drain),
		TEST(test_kinds),
		TEST(test_callbacks),
		TEST(test_timeout),
		TEST(test_drain_self),
#ifdef INVARIANTS
		TEST(test_misuse),
		TEST(test_locked),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
