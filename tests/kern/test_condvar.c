/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * condvar(9): who is woken, what is held afterwards, what the timed and the
 * interruptible forms return, and what is said to misuse.
 */
#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include "kern/asleep.h"

static struct cv cv;
static struct mtx m, other;
static struct sx sx;
static struct rwlock rw;
static int nwoken;

static void
init_locks(void *arg)
{

	cv_init(&cv, "testcv");
	mtx_init(&m, "cv lock", NULL, MTX_DEF | MTX_NEW);
	mtx_init(&other, "other", NULL, MTX_DEF | MTX_NEW | MTX_RECURSE);
	sx_init_flags(&sx, "sx", SX_NEW);
	rw_init_flags(&rw, "rw", RW_NEW);
	nwoken = 0;
}

static int
setup(void **state)
{

	boot();
	run(init_locks, NULL);
	return (0);
}

#define	CV_TEST(fn)	cmocka_unit_test_setup_teardown((fn), setup, \
			    test_teardown)

/* A thread that waits once. */
struct waiter {
	bool		sig;
	bool		unlock;
	int		error;
	int		place;		/* who was woken as which */
	struct thread	*td;
};

static void
waiter_main(void *arg)
{
	struct waiter *w = arg;

	mtx_lock(&m);
	publish(&w->td);
	if (w->unlock) {
		cv_wait_unlock(&cv, &m);
		CHECK(!mtx_owned(&m));
		return;
	}
	if (w->sig)
		w->error = cv_wait_sig(&cv, &m);
	else
		cv_wait(&cv, &m);
	mtx_assert(&m, MA_OWNED);
	w->place = ++nwoken;
	mtx_unlock(&m);
}

static struct vs_thread *
waiter_start(struct waiter *w)
{
	struct vs_thread *thread;

	w->td = NULL;
	thread = spawn(waiter_main, w, "waiter");
	run(await_sleep, &w->td);
	return (thread);
}

static void
do_signal(void *arg)
{

	mtx_lock(&m);
	cv_signal(&cv);
	mtx_unlock(&m);
}

static void
do_broadcast(void *arg)
{

	cv_broadcast(&cv);
}

/* C27 */
static void
test_signal_wakes_one(void **state)
{
	struct waiter a = { 0 }, b = { 0 };
	struct vs_thread *ta, *tb;

	ta = waiter_start(&a);
	tb = waiter_start(&b);
	run(do_signal, NULL);
	join(ta);
	assert_int_equal(a.place, 1);
	run(await_sleep, &b.td);
	run(do_signal, NULL);
	join(tb);
	assert_int_equal(b.place, 2);
}

static void
test_broadcast(void **state)
{
	struct waiter w[3] = { 0 };
	struct vs_thread *thread[3];
	int i;

	for (i = 0; i < 3; i++)
		thread[i] = waiter_start(&w[i]);
	run(do_broadcast, NULL);
	for (i = 0; i < 3; i++)
		join(thread[i]);
	assert_int_equal(nwoken, 3);
}

/* C28: a signal is not remembered. */
static void
timed(void *arg)
{

	cv_signal(&cv);
	cv_broadcast(&cv);
	mtx_lock(&m);
	CHECK(cv_timedwait(&cv, &m, 2) == EWOULDBLOCK);
	mtx_assert(&m, MA_OWNED);
	CHECK(cv_timedwait_sbt(&cv, &m, SBT_1MS, 0, 0) == EWOULDBLOCK);
	CHECK(cv_timedwait_sig(&cv, &m, 2) == EWOULDBLOCK);
	CHECK(cv_timedwait_sig_sbt(&cv, &m, SBT_1MS, 0, 0) == EWOULDBLOCK);
	mtx_assert(&m, MA_OWNED);
	mtx_unlock(&m);
}

static void
test_timed(void **state)
{

	run(timed, NULL);
}

/* A waiter that timed out is not there for later signals. */
static void
test_timed_out_is_gone(void **state)
{
	struct waiter w = { 0 };
	struct vs_thread *thread;

	run(timed, NULL);
	thread = waiter_start(&w);
	run(do_signal, NULL);
	join(thread);
	assert_int_equal(w.place, 1);
}

/* C29 */
static void
test_wait_unlock(void **state)
{
	struct waiter w = { .unlock = true };
	struct vs_thread *thread;

	thread = waiter_start(&w);
	run(do_signal, NULL);
	join(thread);
}

static void
other_locks(void *arg)
{

	sx_slock(&sx);
	CHECK(cv_timedwait(&cv, &sx, 2) == EWOULDBLOCK);
	sx_assert(&sx, SA_SLOCKED);
	sx_sunlock(&sx);
	sx_xlock(&sx);
	CHECK(cv_timedwait(&cv, &sx, 2) == EWOULDBLOCK);
	sx_assert(&sx, SA_XLOCKED);
	sx_xunlock(&sx);
	rw_wlock(&rw);
	CHECK(cv_timedwait(&cv, &rw, 2) == EWOULDBLOCK);
	rw_assert(&rw, RA_WLOCKED);
	rw_wunlock(&rw);
	rw_rlock(&rw);
	CHECK(cv_timedwait(&cv, &rw, 2) == EWOULDBLOCK);
	rw_assert(&rw, RA_RLOCKED);
	rw_runlock(&rw);
	mtx_lock(&Giant);
	CHECK(cv_timedwait(&cv, &Giant, 2) == EWOULDBLOCK);
	mtx_assert(&Giant, MA_OWNED);
	mtx_unlock(&Giant);
}

static void
test_other_locks(void **state)
{

	run(other_locks, NULL);
}

static void
test_interrupted(void **state)
{
	struct waiter w = { .sig = true };
	struct vs_thread *thread;

	thread = waiter_start(&w);
	run(send_signal, w.td);
	join(thread);
	assert_int_equal(w.error, EINTR);
}

static void
wmesg(void *arg)
{

	CHECK(strcmp(cv_wmesg(&cv), "testcv") == 0);
	cv_destroy(&cv);
}

static void
test_destroy(void **state)
{

	run(wmesg, NULL);
}

#ifdef INVARIANTS
static void
sleep_on_cv(void *arg)
{

	mtx_lock(&m);
	publish(arg);
	msleep(&cv, &m, 0, "bad", 0);
}

static void
wake_cv(void *arg)
{

	wakeup(&cv);
}

static void
wake_one_cv(void *arg)
{

	wakeup_one(&cv);
}

/* Lets a waiter's presence be known, and meets a sleeper. */
static void
cv_meets_sleeper(void *arg)
{

	cv.cv_waiters = 1;
	cv_signal(&cv);
}

/* M46 */
static void
test_mixed_up(void **state)
{
	struct waiter w = { 0 };
	struct thread *td = NULL;

	waiter_start(&w);
	expect_panic(wake_cv, NULL, "sleepq_broadcast: mismatch between "
	    "sleep/wakeup and cv_\\*");
	setup(state);
	waiter_start(&w);
	expect_panic(wake_one_cv, NULL, "sleepq_signal: mismatch between "
	    "sleep/wakeup and cv_\\*");
	setup(state);
	spawn(sleep_on_cv, &td, "sleeper");
	run(await_sleep, &td);
	expect_panic(cv_meets_sleeper, NULL, "sleepq_signal: mismatch between "
	    "sleep/wakeup and cv_\\*");
}

static void
wait_with_other(void *arg)
{

	mtx_lock(&other);
	cv_wait(&cv, &other);
}

/* M47 */
static void
test_two_locks(void **state)
{
	struct waiter w = { 0 };

	waiter_start(&w);
	expect_panic(wait_with_other, NULL, "Assertion *lock* failed at *");
}

static void
destroy(void *arg)
{

	cv_destroy(&cv);
}

/* M48 */
static void
test_destroy_waited_for(void **state)
{
	struct waiter w = { 0 };

	waiter_start(&w);
	expect_panic(destroy, NULL,
	    "cv_destroy: associated sleep queue non-empty");
}

static void
unlock_giant(void *arg)
{

	mtx_lock(&Giant);
	cv_wait_unlock(&cv, &Giant);
}

static void
not_held(void *arg)
{

	cv_wait(&cv, &m);
}

static void
recursed(void *arg)
{

	mtx_lock(&other);
	mtx_lock(&other);
	cv_wait(&cv, &other);
}

static void
prohibited(void *arg)
{

	mtx_lock(&m);
	THREAD_NO_SLEEPING();
	cv_wait(&cv, &m);
}

static void
test_misuse(void **state)
{

	expect_panic(unlock_giant, NULL,
	    "cv_wait_unlock cannot be used with Giant");
	setup(state);
#ifdef WITNESS
	expect_panic(not_held, NULL,
	    "witness_save: lock (sleep mutex) cv lock not locked");
#else
	expect_panic(not_held, NULL, "mutex cv lock not owned at *:*");
#endif
	setup(state);
	expect_panic(recursed, NULL, "mutex other recursed at *:*");
	setup(state);
	expect_panic(prohibited, NULL, "sleepq_add: td 0x* to sleep on wchan "
	    "0x* with sleeping prohibited");
}
#endif /* INVARIANTS */

#ifdef WITNESS
static void
wait_holding(void *arg)
{

	mtx_lock(&other);
	mtx_lock(&m);
	cv_timedwait(&cv, &m, 1);
	mtx_unlock(&m);
	mtx_unlock(&other);
}

/* M33, the condition variable's words. */
static void
test_sleep_check(void **state)
{

	run(wait_holding, NULL);
	expect_console("Waiting on \"testcv\" with the following "
	    "non-sleepable locks held:\nexclusive sleep mutex other (other) "
	    "r = 0 (0x*) locked @ *test_condvar.c:*\nstack backtrace:\n");
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CV_TEST(test_signal_wakes_one),
		CV_TEST(test_broadcast),
		CV_TEST(test_timed),
		CV_TEST(test_timed_out_is_gone),
		CV_TEST(test_wait_unlock),
		CV_TEST(test_other_locks),
		CV_TEST(test_interrupted),
		CV_TEST(test_destroy),
#ifdef INVARIANTS
		CV_TEST(test_mixed_up),
		CV_TEST(test_two_locks),
		CV_TEST(test_destroy_waited_for),
		CV_TEST(test_misuse),
#endif
#ifdef WITNESS
		CV_TEST(test_sleep_check),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
