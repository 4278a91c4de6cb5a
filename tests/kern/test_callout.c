/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * callout(9) and the clocks.  M and C numbers are those of the tables in
 * spec/locking.md.
 */
#include "lock_test.h"
#include "asleep.h"

#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/time.h>

#define	LATER	100000		/* ticks: not during this test */

static struct mtx m, other;
static struct rwlock rw;
static struct rmlock rm;
static struct sx sx;
static struct callout c, c2;
static gate inside, leave, done;
static int ran;
static struct thread *drainer_td, *clock_td;

MTX_SYSINIT(test_callout, &m, "m", MTX_DEF);
MTX_SYSINIT(test_callout_other, &other, "other", MTX_DEF);
RW_SYSINIT(test_callout_rw, &rw, "rw");
RM_SYSINIT(test_callout_rm, &rm, "rm");
SX_SYSINIT(test_callout_sx, &sx, "sx");

static void
reset(void)
{
	inside = leave = done = 0;
	ran = 0;
	drainer_td = clock_td = NULL;
}

static void
count(void *arg)
{
	__atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
	CHECK(!THREAD_CAN_SLEEP());
	gate_open(arg != NULL ? arg : &done);
}

static void
hold(void *arg __unused)
{
	publish(&clock_td);
	gate_open(&inside);
	gate_wait(&leave);
}

/* --- states --------------------------------------------------------------- */

static void
body_states(void *arg __unused)			/* C56 */
{
	reset();
	callout_init(&c, 1);
	CHECK(!callout_pending(&c) && !callout_active(&c));
	CHECK(callout_stop(&c) == -1);
	CHECK(callout_reset(&c, LATER, count, NULL) == 0);
	CHECK(callout_pending(&c) && callout_active(&c));
	CHECK(callout_reset(&c, LATER, count, NULL) == 1);
	CHECK(callout_schedule(&c, LATER) == 1);
	CHECK(callout_stop(&c) == 1);
	CHECK(!callout_pending(&c) && !callout_active(&c));
	CHECK(callout_stop(&c) == -1);
	CHECK(callout_reset(&c, 0, count, NULL) == 0);
	gate_wait(&done);
	CHECK(callout_drain(&c) == -1);
	CHECK(callout_reset(&c, 1, count, &inside) == 0);
	gate_wait(&inside);
	CHECK(callout_active(&c));
	callout_deactivate(&c);
	CHECK(!callout_active(&c) && !callout_pending(&c));
	CHECK(ran == 2);
	CHECK(callout_reset(&c, LATER, count, NULL) == 0);
	CHECK(callout_drain(&c) == 1);
}

static char order[4];
static int norder;

static void
note(void *arg)
{
	order[norder++] = *(const char *)arg;
	if (norder == 3)
		gate_open(&done);
}

static void
body_order(void *arg __unused)
{
	struct callout cs[3];
	sbintime_t now = sbinuptime();
	static const char * const names[] = { "c", "a", "b" };
	static const int delays[] = { 3, 1, 2 };

	reset();
	norder = 0;
	memset(order, 0, sizeof(order));
	for (int i = 0; i < 3; i++) {
		callout_init(&cs[i], 1);
		callout_reset_sbt(&cs[i], now + delays[i] * SBT_1MS, 0, note,
		    __DECONST(char *, names[i]), C_ABSOLUTE);
	}
	gate_wait(&done);
	for (int i = 0; i < 3; i++)
		callout_drain(&cs[i]);
	CHECK(strcmp(order, "abc") == 0);
	CHECK(sbinuptime() - now >= 3 * SBT_1MS);
}

static void
test_states(void **state)
{
	run(body_states, NULL);
	run(body_order, NULL);
}

/* --- running handlers ----------------------------------------------------- */

static void
drainer(void *arg __unused)
{
	publish(&drainer_td);
	CHECK(callout_drain(&c) == -1);
	gate_open(&done);
}

static void
body_running(void *arg __unused)		/* C54 */
{
	struct vs_thread *t;

	reset();
	callout_init(&c, 1);
	callout_reset(&c, 1, hold, NULL);
	gate_wait(&inside);
	CHECK(callout_stop(&c) == 0);
	t = spawn(drainer, NULL, "drainer");
	await_sleep(&drainer_td);
	CHECK(!gate_is_open(&done));
	gate_open(&leave);
	join(t);
	/* Armed again while it runs: a stop takes that away. */
	reset();
	callout_reset(&c, 1, hold, NULL);
	gate_wait(&inside);
	CHECK(callout_reset(&c, LATER, count, NULL) == 0);
	CHECK(callout_pending(&c));
	CHECK(callout_stop(&c) == 0);
	CHECK(!callout_pending(&c));
	CHECK(callout_reset(&c, LATER, count, NULL) == 0);
	gate_open(&leave);
	CHECK(callout_drain(&c) == 1);
}

static void
rearm(void *arg __unused)
{
	gate_open(&inside);
	gate_wait(&leave);
	CHECK(callout_reset(&c, 1, rearm, NULL) == 0);
}

static void
body_rearm(void *arg __unused)			/* C55 */
{
	struct vs_thread *t;

	reset();
	callout_init(&c, 1);
	callout_reset(&c, 1, rearm, NULL);
	gate_wait(&inside);
	t = spawn(drainer, NULL, "drainer");
	await_sleep(&drainer_td);
	gate_open(&leave);
	join(t);
	CHECK(!callout_pending(&c));
	CHECK(callout_stop(&c) == -1);
}

static void
test_running(void **state)
{
	run(body_running, NULL);
	run(body_rearm, NULL);
}

/* --- associated locks ----------------------------------------------------- */

static void
learn_clock(void *arg __unused)
{
	publish(&clock_td);
	gate_open(&inside);
}

/* Who runs the handlers, to see it block on m. */
static void
clock_find(void)
{
	struct callout cc;

	callout_init(&cc, 1);
	callout_reset(&cc, 1, learn_clock, NULL);
	gate_wait(&inside);
	callout_drain(&cc);
}

static void
clock_await_blocked(void)
{
	WAIT_FOR(__atomic_load_n(&clock_td->td_blocked, __ATOMIC_RELAXED) ==
	    &m.lock_object);
}

static void
body_mutex(void *arg __unused)			/* C53 */
{
	reset();
	clock_find();
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	CHECK(callout_reset(&c, 1, count, NULL) == 0);
	clock_await_blocked();
	CHECK(!callout_pending(&c));
	CHECK(callout_stop(&c) == 1);
	CHECK(callout_stop(&c) == 0);
	mtx_unlock(&m);
	CHECK(callout_drain(&c) == -1);
	CHECK(ran == 0);
	/* And a reset in the same place: only the second one runs. */
	mtx_lock(&m);
	CHECK(callout_reset(&c, 1, count, NULL) == 0);
	clock_await_blocked();
	CHECK(callout_reset(&c, 1, count, &leave) == 1);
	mtx_unlock(&m);
	gate_wait(&leave);
	CHECK(callout_drain(&c) == -1);
	CHECK(ran == 1);
}

static void
check_locked(void *arg)
{
	switch (*(const char *)arg) {
	case 'm':
		mtx_assert(&m, MA_OWNED);
		mtx_unlock(&m);
		break;
	case 'w':
		rw_assert(&rw, RA_WLOCKED);
		break;
	case 'r':
		rw_assert(&rw, RA_RLOCKED);
		break;
	case 'R':
		rm_assert(&rm, RA_RLOCKED);
		break;
	}
	gate_open(&done);
}

static void
body_kinds(void *arg __unused)
{
	reset();
	callout_init_mtx(&c, &m, CALLOUT_RETURNUNLOCKED);
	callout_reset(&c, 1, check_locked, "m");
	gate_wait(&done);
	callout_drain(&c);
	done = 0;
	callout_init_rw(&c, &rw, 0);
	callout_reset(&c, 1, check_locked, "w");
	gate_wait(&done);
	callout_drain(&c);
	done = 0;
	callout_init_rw(&c, &rw, CALLOUT_SHAREDLOCK);
	callout_reset(&c, 1, check_locked, "r");
	gate_wait(&done);
	callout_drain(&c);
	done = 0;
	callout_init_rm(&c, &rm, CALLOUT_SHAREDLOCK);
	callout_reset(&c, 1, check_locked, "R");
	gate_wait(&done);
	callout_drain(&c);
	done = 0;
	callout_init(&c, 0);		/* Giant */
	callout_reset(&c, 1, count, NULL);
	gate_wait(&done);
	callout_drain(&c);
}

static void
body_trylock(void *arg __unused)
{
	reset();
	callout_init_mtx(&c, &m, CALLOUT_TRYLOCK);
	callout_init(&c2, 1);
	mtx_lock(&m);
	callout_reset(&c, 1, count, &done);
	callout_reset(&c2, 20, count, &inside);
	/* The clock does not stop for the mutex. */
	gate_wait(&inside);
	CHECK(!gate_is_open(&done));
	mtx_unlock(&m);
	gate_wait(&done);
	callout_drain(&c);
	callout_drain(&c2);
}

static void
test_locks(void **state)
{
	run(body_kinds, NULL);
	run(body_trylock, NULL);
	assert_int_equal(vs_witness_reports(), 0);
	run(body_mutex, NULL);
}

/* --- misuse --------------------------------------------------------------- */

static void
body_self_drain(void *arg __unused)		/* M74 */
{
	reset();
	clock_find();
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	callout_reset(&c, 1, count, NULL);
	clock_await_blocked();
	callout_drain(&c);
}

static void
test_deadlock(void **state)
{
	expect_panic(body_self_drain, NULL, "deadlock: *");
}

static void
body_pending(void *arg __unused)
{
	callout_init(&c, 1);
	callout_reset(&c, LATER, count, NULL);
}

static void
test_leak(void **state)
{
	const struct vs_outcome *o;

	run(body_pending, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_outcome(o, "callout 0x* of count* is pending at shutdown");
	assert_int_equal(o->kind, VS_LEAK);
}

#ifdef INVARIANTS

static void
stop_unlocked(void *arg __unused)
{
	callout_init_mtx(&c, &m, 0);
	callout_stop(&c);
}

static void
sleepy(void *arg __unused)
{
	pause("test", 1);
}

static void
waitok(void *arg __unused)
{
	(void)malloc(1, M_TEMP, M_WAITOK);
}

static void
run_handler(void *handler)
{
	reset();
	callout_init(&c, 1);
	callout_reset(&c, 1, (void (*)(void *))handler, NULL);
	gate_wait(&done);
}

static void
run_sleepy(void *arg __unused)
{
	run_handler((void *)sleepy);
}

static void
run_waitok(void *arg __unused)
{
	run_handler((void *)waitok);
}

static void
sleepable(void *arg __unused)
{
	_callout_init_lock(&c, &sx.lock_object, 0);
}

static void
bad_flags(void *arg __unused)
{
	callout_init_mtx(&c, &m, 0x400);
}

static void
no_lock(void *arg __unused)
{
	_callout_init_lock(&c, NULL, 0);
}

static void
bad_cpu(void *arg __unused)
{
	callout_init(&c, 1);
	callout_reset_on(&c, 1, count, NULL, 10000);
}

static void
direct(void *arg __unused)
{
	callout_init_mtx(&c, &m, 0);
	callout_reset_sbt(&c, SBT_1MS, 0, count, NULL, C_DIRECT_EXEC);
}

static const struct misuse misuse[] = {
	ROW("M51", run_waitok, "malloc(M_WAITOK) with sleeping prohibited"),
	ROW("M75", stop_unlocked, "mutex m not owned at *:*"),
	ROW("M76", run_sleepy, "sleepq_add: td 0x* to sleep on wchan 0x* with "
	    "sleeping prohibited"),
	ROW("M77", sleepable, "_callout_init_lock: callout 0x* has sleepable "
	    "lock"),
	ROW("19.1", bad_flags, "_callout_init_lock: bad flags 1024"),
	ROW("19.1", no_lock, "_callout_init_lock: no lock"),
	ROW("19.1", bad_cpu, "callout_reset_sbt_on: invalid cpu 10000"),
	ROW("19.1", direct, "callout_reset_sbt_on: direct callout 0x* has "
	    "non-spin lock"),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

static void
body_drain_locked(void *arg __unused)
{
	callout_init_mtx(&c, &m, 0);
	mtx_lock(&m);
	callout_drain(&c);		/* the callout's own lock is exempt */
	mtx_unlock(&m);
	mtx_lock(&other);
	callout_drain(&c);
	mtx_unlock(&other);
}

static void
test_warning(void **state)
{
	run(body_drain_locked, NULL);
	expect_console("calling _callout_stop_safe with the following "
	    "non-sleepable locks held:");
	assert_int_equal(vs_witness_reports(), 1);
}

#endif /* INVARIANTS */

/* --- clocks --------------------------------------------------------------- */

static void
body_clocks(void *arg __unused)
{
	struct timeval tv = { .tv_sec = 1, .tv_usec = 500000 }, last = { 0 };
	const struct timeval hour = { .tv_sec = 3600 };
	struct timespec ts;
	sbintime_t sbt;
	int curpps = 0, t0 = ticks;

	CHECK(hz == 1000 && tick == 1000);
	CHECK(tvtohz(&tv) == 1501);
	sbt = sbinuptime();
	CHECK(sbt >= SBT_1S);
	CHECK(time_uptime >= 1);
	nanouptime(&ts);
	CHECK(tstosbt(ts) >= sbt - SBT_1US);
	pause("test", 2);
	CHECK(ticks - t0 >= 2);
	CHECK(sbinuptime() - sbt >= 2 * SBT_1MS - SBT_1US);
	CHECK(sbttons(SBT_1S) == 1000000000);
	CHECK(nstosbt(1500000000) == SBT_1S + SBT_1S / 2);
	CHECK(sbttoms(mstosbt(250)) >= 249);
	CHECK(time_second > 1000000000);
	CHECK(ratecheck(&last, &hour) == 1);
	CHECK(ratecheck(&last, &hour) == 0);
	timerclear(&last);
	for (int i = 0; i < 3; i++)
		CHECK(ppsratecheck(&last, &curpps, -1) == 1);
	CHECK(ppsratecheck(&last, &curpps, 0) == 0);
}

static void
test_clocks(void **state)
{
	run(body_clocks, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_states),
		TEST(test_running),
		TEST(test_locks),
		TEST(test_deadlock),
		TEST(test_leak),
#ifdef INVARIANTS
		TEST(test_misuse),
		TEST(test_warning),
#endif
		TEST(test_clocks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
