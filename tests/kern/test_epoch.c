/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * epoch(9): sections, grace periods, callbacks.  M and C numbers are those of
 * the tables in spec/locking.md.
 */
#include "lock_test.h"
#include "asleep.h"

#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sx.h>

static struct mtx m;
static struct sx a;
static gate entered, go, wait, leave, done;
static struct thread *reader_td, *waiter_td;

MTX_SYSINIT(test_epoch, &m, "m", MTX_DEF);
SX_SYSINIT(test_epoch_sx, &a, "a");

/* --- sections ------------------------------------------------------------- */

static void
body_sections(void *arg __unused)
{
	struct epoch_tracker e1, e2;

	CHECK(!in_epoch(net_epoch_preempt));
	NET_EPOCH_ENTER(e1);
	CHECK(in_epoch(net_epoch_preempt));
	CHECK(!in_epoch(global_epoch_preempt));
	CHECK(!in_epoch(NULL));
	CHECK(!THREAD_CAN_SLEEP());
	NET_EPOCH_ENTER(e2);				/* C31 */
	NET_EPOCH_EXIT(e1);
	CHECK(in_epoch(net_epoch_preempt));
	NET_EPOCH_ASSERT();
	NET_EPOCH_EXIT(e2);
	CHECK(!in_epoch(net_epoch_preempt));
	CHECK(THREAD_CAN_SLEEP());
	NET_EPOCH_WAIT();
}

static void
test_sections(void **state)
{
	run(body_sections, NULL);
#ifdef INVARIANTS
	run(body_sections, NULL);
	assert_int_equal(console_count("in a not nested order at"), 1);
	assert_int_equal(console_count("Recursively entering epoch Net "
	    "preemptible at"), 1);
#endif
}

static void
body_nonpreempt(void *arg __unused)
{
	epoch_enter(global_epoch);
	epoch_enter(global_epoch);
	CHECK(in_epoch(global_epoch));
	epoch_exit(global_epoch);
	CHECK(in_epoch(global_epoch));
	epoch_exit(global_epoch);
	CHECK(!in_epoch(global_epoch));
	epoch_wait(global_epoch);
}

static void
test_nonpreempt(void **state)
{
	run(body_nonpreempt, NULL);
}

static void
body_alloc(void *arg __unused)
{
	struct epoch_tracker et;
	epoch_t epochs[64], epoch;
	int n;

	/* Three are the kernel's. */
	for (n = 0; (epoch = epoch_alloc("test", EPOCH_PREEMPT)) != NULL; n++)
		epochs[n] = epoch;
	CHECK(n == 61);
	for (int i = 0; i < n; i++) {
		epoch_enter_preempt(epochs[i], &et);
		epoch_exit_preempt(epochs[i], &et);
	}
	while (n > 0)
		epoch_free(epochs[--n]);
	/* The records of epochs that are gone are not mistaken for new ones. */
	epoch = epoch_alloc("test", EPOCH_PREEMPT);
	epoch_enter_preempt(epoch, &et);
	CHECK(in_epoch(epoch));
	epoch_exit_preempt(epoch, &et);
	epoch_free(epoch);
}

static void
test_alloc(void **state)
{
	run(body_alloc, NULL);
}

/* --- grace periods -------------------------------------------------------- */

static void
reader(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	gate_open(&entered);
	gate_wait(&leave);
	NET_EPOCH_EXIT(et);
}

static void
waiter(void *arg __unused)
{
	publish(&waiter_td);
	NET_EPOCH_WAIT();
	gate_open(&done);
}

static void
gates_reset(void)
{
	entered = go = wait = leave = done = 0;
	reader_td = waiter_td = NULL;
}

/* The waiter has nothing left to do but to wait for the reader. */
static void
await_blocked(struct thread **tdp)
{
	struct thread *td;

	WAIT_FOR((td = __atomic_load_n(tdp, __ATOMIC_ACQUIRE)) != NULL &&
	    __atomic_load_n(&td->td_blocked, __ATOMIC_RELAXED) != NULL);
}

static void
body_wait(void *arg __unused)
{
	struct vs_thread *r, *w;

	gates_reset();
	r = spawn(reader, NULL, "reader");
	gate_wait(&entered);
	w = spawn(waiter, NULL, "waiter");
	await_blocked(&waiter_td);
	CHECK(!gate_is_open(&done));
	gate_open(&leave);
	join(w);
	join(r);
}

static void
test_wait(void **state)
{
	run(body_wait, NULL);
}

static void
reader_locks(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	publish(&reader_td);
	gate_open(&entered);
	gate_wait(&go);
	mtx_lock(&m);
	mtx_unlock(&m);
	NET_EPOCH_EXIT(et);
}

static void
late_waiter(void *arg)
{
	gate_wait(&wait);
	waiter(arg);
}

static void
body_reader_blocks(void *arg __unused)		/* C30 */
{
	struct vs_thread *r, *w;

	gates_reset();
	r = spawn(reader_locks, NULL, "reader");
	w = spawn(late_waiter, NULL, "waiter");
	gate_wait(&entered);
	mtx_lock(&m);
	gate_open(&go);
	await_blocked(&reader_td);
	gate_open(&wait);
	await_blocked(&waiter_td);
	CHECK(!gate_is_open(&done));
	mtx_unlock(&m);
	join(w);
	join(r);
}

static void
test_reader_blocks(void **state)
{
	run(body_reader_blocks, NULL);
	assert_int_equal(vs_witness_reports(), 0);
}

/* In and out for ever, or from one section into the next. */
static void
restless(void *arg)
{
	struct epoch_tracker e1, e2;
	bool overlap = arg != NULL;

	gate_open(&entered);
	while (!gate_is_open(&leave)) {
		NET_EPOCH_ENTER(e1);
		if (overlap)
			NET_EPOCH_ENTER(e2);
		NET_EPOCH_EXIT(e1);
		if (overlap)
			NET_EPOCH_EXIT(e2);
	}
}

static void
body_restless(void *arg)			/* C32 */
{
	struct vs_thread *t;

	gates_reset();
	t = spawn(restless, arg, "restless");
	gate_wait(&entered);
	for (int i = 0; i < 100; i++)
		NET_EPOCH_WAIT();
	gate_open(&leave);
	join(t);
}

static void
test_restless(void **state)
{
	run(body_restless, NULL);
#ifndef INVARIANTS
	run(body_restless, &m);		/* noisy with EPOCH_TRACE */
#endif
}

/* --- callbacks ------------------------------------------------------------ */

struct object {
	int			value;
	struct epoch_context	ctx;
};

static struct object *published;
static int freed;

static void
object_free(epoch_context_t ctx)
{
	struct object *o = __containerof(ctx, struct object, ctx);

	CHECK(!in_epoch(net_epoch_preempt));
	CHECK(curthread->td_critnest == 0);
	CHECK(curthread->td_vnet == NULL);
	free(o, M_TEMP);
	__atomic_add_fetch(&freed, 1, __ATOMIC_RELEASE);
}

static void
reader_uses(void *arg __unused)
{
	struct epoch_tracker et;
	struct object *o;

	NET_EPOCH_ENTER(et);
	o = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
	gate_open(&entered);
	gate_wait(&leave);
	CHECK(o->value == 42);
	CHECK(__atomic_load_n(&freed, __ATOMIC_ACQUIRE) == 0);
	NET_EPOCH_EXIT(et);
}

static void
body_call(void *arg __unused)			/* C33 */
{
	struct vs_thread *r;
	struct object *o;

	gates_reset();
	freed = 0;
	o = malloc(sizeof(*o), M_TEMP, M_WAITOK);
	o->value = 42;
	__atomic_store_n(&published, o, __ATOMIC_RELEASE);
	r = spawn(reader_uses, NULL, "reader");
	gate_wait(&entered);
	__atomic_store_n(&published, NULL, __ATOMIC_RELEASE);
	mtx_lock(&m);
	NET_EPOCH_CALL(object_free, &o->ctx);
	mtx_unlock(&m);
	gate_open(&leave);
	NET_EPOCH_DRAIN_CALLBACKS();			/* C35 */
	CHECK(freed == 1);
	join(r);
	/* Nothing pending: returns all the same. */
	NET_EPOCH_DRAIN_CALLBACKS();
}

static void
test_call(void **state)
{
	run(body_call, NULL);
}

static int order[4], ncalled;
static struct object objects[3];

static void
record_call(epoch_context_t ctx)
{
	struct object *o = __containerof(ctx, struct object, ctx);

	order[ncalled++] = o->value;
	/* A callback may defer another one, even itself. */
	if (o->value == 2 && ncalled == 3) {
		o->value = 3;
		NET_EPOCH_CALL(record_call, ctx);
	}
}

static void
body_drain(void *arg __unused)			/* C61 */
{
	struct vs_thread *r;

	gates_reset();
	ncalled = 0;
	r = spawn(reader, NULL, "reader");
	gate_wait(&entered);
	objects[0].value = 0;
	NET_EPOCH_CALL(record_call, &objects[0].ctx);
	gate_open(&leave);
	NET_EPOCH_WAIT();		/* advances the epoch */
	for (int i = 1; i < 3; i++) {
		objects[i].value = i;
		NET_EPOCH_CALL(record_call, &objects[i].ctx);
	}
	NET_EPOCH_DRAIN_CALLBACKS();
	CHECK(order[0] == 0 && order[1] == 1 && order[2] == 2);
	NET_EPOCH_DRAIN_CALLBACKS();
	CHECK(ncalled == 4 && order[3] == 3);
	join(r);
}

static void
test_drain(void **state)
{
	run(body_drain, NULL);
}

static void
callback_waits(epoch_context_t ctx __unused)
{
	gate_wait(&leave);
	gate_open(&done);
}

static void
callback_first(epoch_context_t ctx __unused)
{
	gate_open(&entered);
	gate_wait(&go);
}

static void
drain_early(void *arg __unused)
{
	publish(&waiter_td);
	NET_EPOCH_DRAIN_CALLBACKS();
	CHECK(!gate_is_open(&done));
}

/* The second callback and the marker are released together. */
static void
body_marker_overtakes(void *arg __unused)	/* C61, H-3 */
{
	struct vs_thread *t;

	gates_reset();
	NET_EPOCH_CALL(callback_first, &objects[0].ctx);
	gate_wait(&entered);
	NET_EPOCH_CALL(callback_waits, &objects[1].ctx);
	t = spawn(drain_early, NULL, "drainer");
	await_sleep(&waiter_td);
	gate_open(&go);
	join(t);
	gate_open(&leave);
	gate_wait(&done);
	NET_EPOCH_DRAIN_CALLBACKS();
}

static void
test_marker_overtakes(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+epoch-marker-overtakes"
	};

	shutdown_clean();
	boot_with(&config);
	run(body_marker_overtakes, NULL);
}

/* --- stress --------------------------------------------------------------- */

#define	ROUNDS	2000

static void
stress_reader(void *arg __unused)
{
	struct epoch_tracker et;
	struct object *o;

	while (!gate_is_open(&leave)) {
		NET_EPOCH_ENTER(et);
		o = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
		if (o != NULL)
			CHECK(o->value == 42);
		NET_EPOCH_EXIT(et);
	}
}

static void
body_stress(void *arg __unused)
{
	struct vs_thread *r[2];
	struct object *o, *old;
	int i;

	gates_reset();
	freed = 0;
	published = NULL;
	for (i = 0; i < 2; i++)
		r[i] = spawn(stress_reader, NULL, "reader");
	for (i = 0; i < ROUNDS; i++) {
		o = malloc(sizeof(*o), M_TEMP, M_WAITOK);
		o->value = 42;
		old = __atomic_exchange_n(&published, o, __ATOMIC_ACQ_REL);
		if (old != NULL && i % 64 != 0)
			NET_EPOCH_CALL(object_free, &old->ctx);
		else if (old != NULL) {
			NET_EPOCH_WAIT();
			object_free(&old->ctx);
		}
	}
	gate_open(&leave);
	for (i = 0; i < 2; i++)
		join(r[i]);
	NET_EPOCH_CALL(object_free, &published->ctx);
	NET_EPOCH_DRAIN_CALLBACKS();
	CHECK(freed == ROUNDS);
}

static void
test_stress(void **state)
{
	run(body_stress, NULL);
}

/* --- misuse --------------------------------------------------------------- */

#ifdef INVARIANTS

static void
waitok_inside(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	free(malloc(1, M_TEMP, M_WAITOK), M_TEMP);
}

static void
wait_inside(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	NET_EPOCH_WAIT();
}

static void
assert_outside(void *arg __unused)
{
	NET_EPOCH_ASSERT();
}

static void
exit_twice(void *arg __unused)
{
	struct epoch_tracker e1, e2;

	NET_EPOCH_ENTER(e1);
	NET_EPOCH_ENTER(e2);
	NET_EPOCH_EXIT(e1);
	NET_EPOCH_EXIT(e1);
}

static void
exit_without(void *arg __unused)
{
	struct epoch_tracker et;

	memset(&et, 0, sizeof(et));
	NET_EPOCH_EXIT(et);
}

static void
preempt_of_other(void *arg __unused)
{
	struct epoch_tracker et;

	epoch_enter_preempt(global_epoch, &et);
}

static void
sleep_inside(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	pause("test", 1);
}

static void
return_inside(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
}

static void
no_callback(void *arg __unused)
{
	NET_EPOCH_CALL(NULL, &objects[0].ctx);
}

static void
never_run(epoch_context_t ctx __unused)
{
}

static void
call_twice(void *arg __unused)
{
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	NET_EPOCH_CALL(never_run, &objects[0].ctx);
	NET_EPOCH_CALL(never_run, &objects[0].ctx);
}

static void
drain_in_callback(epoch_context_t ctx __unused)
{
	NET_EPOCH_DRAIN_CALLBACKS();
}

static void
drain_itself(void *arg __unused)
{
	NET_EPOCH_CALL(drain_in_callback, &objects[0].ctx);
	NET_EPOCH_DRAIN_CALLBACKS();
}

static const struct misuse misuse[] = {
	ROW("M49", sleep_inside, "sleepq_add: td 0x* to sleep on wchan 0x* "
	    "with sleeping prohibited",
	    .console = "Epoch Net preemptible entered at *test_epoch.c:*"),
	ROW("M51", waitok_inside, "malloc(M_WAITOK) with sleeping prohibited",
	    .console = "Epoch Net preemptible entered at *test_epoch.c:*"),
	ROW("M55", wait_inside, "epoch_wait_preempt() called in the middle of "
	    "an epoch section of the same epoch"),
	ROW("M57", assert_outside, "Assertion in_epoch(net_epoch_preempt) "
	    "failed at *test_epoch.c:*"),
	ROW("M58", exit_twice, "Assertion * failed at *"),
	ROW("13.5", exit_without, "Assertion * failed at *"),
	ROW("13.5", preempt_of_other, "Assertion * failed at *"),
	ROW("13.5", no_callback, "Assertion * failed at *"),
	ROW("M59", return_inside, "userret: Returning with sleep disabled"),
	ROW("M62", call_twice, "epoch_call: context 0x* is queued already",
	    .config = &strict),
	ROW("M64", drain_itself, "deadlock: *"),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

static void
wait_locked(void *arg __unused)
{
	mtx_lock(&m);
	NET_EPOCH_WAIT();				/* M56 */
	NET_EPOCH_DRAIN_CALLBACKS();			/* M63 */
	mtx_unlock(&m);
}

static void
test_warnings(void **state)
{
	run(wait_locked, NULL);
	expect_console("epoch_wait() can be long running with the following "
	    "non-sleepable locks held:");
	expect_console("epoch_drain_callbacks() may sleep! with the following "
	    "non-sleepable locks held:");
}

static void
wait_with_mutex(void *arg __unused)		/* C36 (a) */
{
	gates_reset();
	mtx_lock(&m);
	(void)spawn(reader_locks, NULL, "reader");
	gate_wait(&entered);
	gate_open(&go);
	NET_EPOCH_WAIT();
}

static void
lock_a(epoch_context_t ctx __unused)
{
	sx_xlock(&a);
	sx_xunlock(&a);
}

static void
drain_with_sx(void *arg __unused)		/* C36 (b) */
{
	sx_xlock(&a);
	NET_EPOCH_CALL(lock_a, &objects[0].ctx);
	NET_EPOCH_DRAIN_CALLBACKS();
}

static void
test_deadlock(void **state)
{
	expect_panic(wait_with_mutex, NULL, "deadlock: *");
	expect_console("epoch_wait() can be long running with the following");
	expect_panic(drain_with_sx, NULL, "deadlock: *");
}

/* The reader keeps the pointer beyond its section. */
static void
use_late(void *arg __unused)			/* C34 */
{
	struct object *o;

	freed = 0;
	o = malloc(sizeof(*o), M_TEMP, M_WAITOK);
	NET_EPOCH_CALL(object_free, &o->ctx);
	NET_EPOCH_DRAIN_CALLBACKS();
#ifndef TEST_ASAN
	CHECK((uint32_t)((volatile struct object *)o)->value == 0xdeadc0de);
#endif
}

static void
test_use_late(void **state)
{
	run(use_late, NULL);
}

#endif /* INVARIANTS */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sections),
		TEST(test_nonpreempt),
		TEST(test_alloc),
		TEST(test_wait),
		TEST(test_reader_blocks),
		TEST(test_restless),
		TEST(test_call),
		TEST(test_drain),
		TEST(test_marker_overtakes),
		TEST(test_stress),
#ifdef INVARIANTS
		TEST(test_misuse),
		TEST(test_warnings),
		TEST(test_deadlock),
		TEST(test_use_late),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
