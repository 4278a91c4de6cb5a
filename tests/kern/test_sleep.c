/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * sleep(9), wakeup(9), pause(9), critical(9), blockcount(9): what they return
 * and what they hold then, whom a wakeup wakes, and what is said to misuse.
 */
#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/blockcount.h>
#include <sys/callout.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include "kern/asleep.h"

static struct mtx m, other, spin;
static struct sx sx;
static struct rwlock rw;
static int chan, flag;

/* Memory of the program's own outlives a kernel: nothing to be re-used. */
static void
init_locks(void *arg)
{

	mtx_init(&m, "interlock", NULL, MTX_DEF | MTX_NEW);
	mtx_init(&other, "other", NULL, MTX_DEF | MTX_NEW | MTX_RECURSE);
	mtx_init(&spin, "spin", NULL, MTX_SPIN | MTX_NEW);
	sx_init_flags(&sx, "sx", SX_NEW);
	rw_init_flags(&rw, "rw", RW_NEW);
	flag = 0;
}

static int
setup(void **state)
{

	boot();
	run(init_locks, NULL);
	return (0);
}

#define	SLEEP_TEST(fn)	cmocka_unit_test_setup_teardown((fn), setup, \
			    test_teardown)

static void
misuse(void (*fn)(void *), const char *glob)
{

	expect_panic(fn, NULL, glob);
}

/* A thread that sleeps once. */
struct sleeper {
	const void	*chan;
	int		pri;
	int		timo;
	int		error;
	bool		owned;
	struct thread	*td;
};

static void
sleeper_main(void *arg)
{
	struct sleeper *s = arg;

	mtx_lock(&m);
	publish(&s->td);
	s->error = msleep(s->chan, &m, s->pri, "sleeper", s->timo);
	s->owned = mtx_owned(&m);
	if (s->owned)
		mtx_unlock(&m);
}

static struct vs_thread *
sleeper_start(struct sleeper *s)
{
	struct vs_thread *thread;

	s->td = NULL;
	s->error = -100;
	thread = spawn(sleeper_main, s, "sleeper");
	run(await_sleep, &s->td);
	return (thread);
}

static void
three_start(struct sleeper s[3], struct vs_thread *thread[3])
{

	for (int i = 0; i < 3; i++) {
		s[i] = (struct sleeper){ .chan = &chan };
		thread[i] = sleeper_start(&s[i]);
	}
}

static void
do_wakeup(void *arg)
{

	wakeup(arg);
}

static void
do_wakeup_one(void *arg)
{

	wakeup_one(arg);
}

static void
do_wakeup_any(void *arg)
{

	wakeup_any(arg);
}

/* C22 */
static void
wait_for_flag(void *arg)
{

	mtx_lock(&m);
	while (flag == 0)
		CHECK(msleep(&chan, &m, 0, "flag", 0) == 0);
	mtx_assert(&m, MA_OWNED);
	mtx_unlock(&m);
}

static void
set_flag(void *arg)
{

	mtx_lock(&m);
	flag = 1;
	mtx_unlock(&m);
	wakeup(&chan);
}

static void
test_condition(void **state)
{
	struct vs_thread *waiter, *waker;
	int i;

	for (i = 0; i < 50; i++) {
		flag = 0;
		waiter = spawn(wait_for_flag, NULL, "waiter");
		waker = spawn(set_flag, NULL, "waker");
		join(waiter);
		join(waker);
	}
}

/* C23: a flag that is read and set without the lock. */
static int saw_flag;

static void
unlocked_waiter(void *arg)
{
	int seen;

	seen = __atomic_load_n(&flag, __ATOMIC_ACQUIRE);
	__atomic_store_n(&saw_flag, 1, __ATOMIC_RELEASE);
	if (seen == 0) {
		while (__atomic_load_n(&flag, __ATOMIC_ACQUIRE) != 2)
			kern_yield(0);
		mtx_lock(&m);
		*(int *)arg = msleep(&chan, &m, 0, "lost", hz / 100);
		mtx_unlock(&m);
	}
}

static void
unlocked_waker(void *arg)
{
	while (__atomic_load_n(&saw_flag, __ATOMIC_ACQUIRE) == 0)
		kern_yield(0);
	__atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
	wakeup(&chan);
	__atomic_store_n(&flag, 2, __ATOMIC_RELEASE);
}

static void
test_lost_wakeup(void **state)
{
	struct vs_thread *waiter, *waker;
	int error = -1;

	flag = saw_flag = 0;
	waiter = spawn(unlocked_waiter, &error, "waiter");
	waker = spawn(unlocked_waker, NULL, "waker");
	join(waiter);
	join(waker);
	/* Only its time ended the sleep. */
	assert_int_equal(error, EWOULDBLOCK);
}

/* C24: a wakeup when the time is over, too. */
static void
wake_in_time(void *arg)
{
	int i;

	for (i = 0; i < 50; i++) {
		pause("tick", 1);
		wakeup(&chan);
	}
	__atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
}

static void
sleep_in_time(void *arg)
{
	int error;

	while (__atomic_load_n(&flag, __ATOMIC_ACQUIRE) == 0) {
		mtx_lock(&m);
		error = msleep(&chan, &m, 0, "tick", 1);
		CHECK(error == 0 || error == EWOULDBLOCK);
		mtx_assert(&m, MA_OWNED);
		CHECK(mtx_owned(&m));
		mtx_unlock(&m);
	}
}

static void
test_wakeup_at_timeout(void **state)
{
	struct vs_thread *waiter, *waker;

	flag = 0;
	waiter = spawn(sleep_in_time, NULL, "waiter");
	waker = spawn(wake_in_time, NULL, "waker");
	join(waiter);
	join(waker);
}

static void
test_timeout(void **state)
{
	struct sleeper s = { .chan = &chan, .timo = 2 };

	run(sleeper_main, &s);
	assert_int_equal(s.error, EWOULDBLOCK);
	assert_true(s.owned);
}

/* C25 */
static void
test_pdrop(void **state)
{
	struct sleeper s = { .chan = &chan, .pri = PDROP, .timo = 2 };
	struct vs_thread *thread;

	run(sleeper_main, &s);
	assert_int_equal(s.error, EWOULDBLOCK);
	assert_false(s.owned);

	s.timo = 0;
	thread = sleeper_start(&s);
	run(do_wakeup, &chan);
	join(thread);
	assert_int_equal(s.error, 0);
	assert_false(s.owned);
}

static int
peek_error(const struct sleeper *s)
{

	return (__atomic_load_n(&s->error, __ATOMIC_ACQUIRE));
}

/* C26 */
static void
test_wake_order(void **state)
{
	struct sleeper s[3];
	struct vs_thread *thread[3];

	three_start(s, thread);
	run(do_wakeup_one, &chan);
	join(thread[0]);
	assert_int_equal(s[0].error, 0);
	assert_int_equal(peek_error(&s[1]), -100);
	assert_int_equal(peek_error(&s[2]), -100);
	run(do_wakeup_any, &chan);
	join(thread[2]);
	assert_int_equal(s[2].error, 0);
	assert_int_equal(peek_error(&s[1]), -100);
	run(do_wakeup, &chan);
	join(thread[1]);
	assert_int_equal(s[1].error, 0);
}

static void
test_wakeup_all(void **state)
{
	struct sleeper s[3];
	struct vs_thread *thread[3];
	int i;

	three_start(s, thread);
	run(do_wakeup, &chan);
	for (i = 0; i < 3; i++) {
		join(thread[i]);
		assert_int_equal(s[i].error, 0);
	}
}

static void
test_wakeup_nobody(void **state)
{
	struct sleeper s = { .chan = &chan, .timo = 2 };

	run(do_wakeup, &chan);
	run(sleeper_main, &s);
	assert_int_equal(s.error, EWOULDBLOCK);
}

/* Interlocks that may be held across a sleep, in either mode. */
static void
sleep_sx(void *arg)
{

	sx_slock(&sx);
	CHECK(sx_sleep(&chan, &sx, 0, "sx", 2) == EWOULDBLOCK);
	sx_assert(&sx, SA_SLOCKED);
	sx_sunlock(&sx);
	sx_xlock(&sx);
	CHECK(sx_sleep(&chan, &sx, 0, "sx", 2) == EWOULDBLOCK);
	sx_assert(&sx, SA_XLOCKED);
	sx_xunlock(&sx);
	sx_xlock(&sx);
	CHECK(sx_sleep(&chan, &sx, PDROP, "sx", 2) == EWOULDBLOCK);
	CHECK(!sx_xlocked(&sx));
}

static void
sleep_rw(void *arg)
{

	rw_rlock(&rw);
	CHECK(rw_sleep(&chan, &rw, 0, "rw", 2) == EWOULDBLOCK);
	rw_assert(&rw, RA_RLOCKED);
	rw_runlock(&rw);
	rw_wlock(&rw);
	CHECK(rw_sleep(&chan, &rw, 0, "rw", 2) == EWOULDBLOCK);
	rw_assert(&rw, RA_WLOCKED);
	rw_wunlock(&rw);
}

static void
sleep_spin(void *arg)
{

	mtx_lock_spin(&spin);
	CHECK(msleep_spin(&chan, &spin, "spin", 2) == EWOULDBLOCK);
	mtx_assert(&spin, MA_OWNED);
	CHECK(curthread->td_critnest == 1);
	mtx_unlock_spin(&spin);
}

static void
sleep_giant(void *arg)
{

	mtx_lock(&Giant);
	mtx_lock(&Giant);
	CHECK(tsleep(&chan, 0, "giant", 2) == EWOULDBLOCK);
	CHECK(mtx_owned(&Giant) && mtx_recursed(&Giant));
	mtx_unlock(&Giant);
	CHECK(msleep(&chan, &Giant, 0, "giant", 2) == EWOULDBLOCK);
	CHECK(mtx_owned(&Giant) && !mtx_recursed(&Giant));
	mtx_unlock(&Giant);
	CHECK(tsleep(&chan, PNOLOCK, "nolock", 2) == EWOULDBLOCK);
}

static void
test_interlocks(void **state)
{
	unsigned reports = vs_witness_reports();

	run(sleep_sx, NULL);
	run(sleep_rw, NULL);
	run(sleep_spin, NULL);
	run(sleep_giant, NULL);
	assert_int_equal(vs_witness_reports(), reports);
}

static void
pauses(void *arg)
{
	sbintime_t before, after;

	before = getticks();
	CHECK(pause("pause", 0) == EWOULDBLOCK);
	CHECK(pause("pause", 3) == EWOULDBLOCK);
	CHECK(pause_sbt("pause", SBT_1MS, 0, 0) == EWOULDBLOCK);
	after = getticks();
	CHECK(after - before >= 4);
}

static void
test_pause(void **state)
{

	run(pauses, NULL);
}

/* PCATCH: a pending request ends the sleep, before it or in the middle. */
static void
test_pcatch(void **state)
{
	struct sleeper s = { .chan = &chan, .pri = PCATCH };
	struct vs_thread *thread;

	thread = sleeper_start(&s);
	run(send_signal, s.td);
	join(thread);
	assert_int_equal(s.error, EINTR);
	assert_true(s.owned);
}

static void
killed_before(void *arg)
{
	struct sleeper *s = arg;

	send_signal(curthread);
	sleeper_main(s);
	CHECK(pause_sig("pause", 1000) == EINTR);
}

static void
test_pcatch_pending(void **state)
{
	struct sleeper s = { .chan = &chan, .pri = PCATCH, .timo = 10000 };

	run(killed_before, &s);
	assert_int_equal(s.error, EINTR);
	assert_true(s.owned);
}

/* Without PCATCH nothing of the kind ends a sleep. */
static void
test_no_pcatch(void **state)
{
	struct sleeper s = { .chan = &chan };
	struct vs_thread *thread;

	thread = sleeper_start(&s);
	run(send_signal, s.td);
	assert_int_equal(peek_error(&s), -100);
	run(do_wakeup, &chan);
	join(thread);
	assert_int_equal(s.error, 0);
}

/* blockcount(9) */
static blockcount_t count;
static struct thread *count_td;

static void
count_wait(void *arg)
{

	mtx_lock(&m);
	publish(&count_td);
	blockcount_wait(&count, &m, "count", 0);
	mtx_assert(&m, MA_OWNED);
	mtx_unlock(&m);
	CHECK(blockcount_read(&count) == 0);
}

static void
count_two(void *arg)
{

	blockcount_init(&count);
	CHECK(blockcount_sleep(&count, NULL, "count", 0) == 0);
	blockcount_acquire(&count, 2);
	CHECK(blockcount_read(&count) == 2);
}

static void
count_release(void *arg)
{

	blockcount_release(&count, 1);
}

static void
test_blockcount(void **state)
{
	struct vs_thread *thread;

	count_td = NULL;
	run(count_two, NULL);
	thread = spawn(count_wait, NULL, "waiter");
	run(await_sleep, &count_td);
	run(count_release, NULL);
	run(await_sleep, &count_td);
	run(count_release, NULL);
	join(thread);
}

static void
critical(void *arg)
{

	critical_enter();
	critical_enter();
	CHECK(curthread->td_critnest == 2);
	critical_exit();
	critical_exit();
	CHECK(curthread->td_critnest == 0);
}

static void
test_critical(void **state)
{

	run(critical, NULL);
}

#ifdef INVARIANTS
static void
no_lock(void *arg)
{

	tsleep(&chan, 0, "bad", 0);
}

static void
no_chan(void *arg)
{

	mtx_lock(&m);
	msleep(NULL, &m, 0, "bad", 0);
}

static void
no_chan_spin(void *arg)
{

	mtx_lock_spin(&spin);
	msleep_spin(NULL, &spin, "bad", 0);
}

static void
pdrop_nothing(void *arg)
{

	tsleep(&chan, PDROP, "bad", 1);
}

static void
pdrop_giant(void *arg)
{

	mtx_lock(&Giant);
	msleep(&chan, &Giant, PDROP, "bad", 1);
}

static void
spin_in_msleep(void *arg)
{

	mtx_lock_spin(&spin);
	msleep(&chan, &spin, 0, "bad", 0);
}

static void
spin_null(void *arg)
{

	msleep_spin(&chan, NULL, "bad", 0);
}

static void
not_held(void *arg)
{

	msleep(&chan, &m, 0, "bad", 1);
}

static void
recursed(void *arg)
{

	mtx_lock(&other);
	mtx_lock(&other);
	msleep(&chan, &other, 0, "bad", 1);
}

static void
negative_pause(void *arg)
{

	pause_sbt("bad", -1, 0, 0);
}

static void
in_critical(void *arg)
{

	critical_enter();
	pause("bad", 1);
}

static void
prohibited(void *arg)
{

	THREAD_NO_SLEEPING();
	pause("bad", 1);
}

static void
exit_only(void *arg)
{

	critical_exit();
}

static void
count_underflow(void *arg)
{

	blockcount_init(&count);
	blockcount_release(&count, 1);
}

static void
count_overflow(void *arg)
{

	blockcount_init(&count);
	blockcount_acquire(&count, 0x7fffffff);
	blockcount_acquire(&count, 1);
}

/* M42, M43, M44, M45, M49, M80 and their neighbours. */
static void
test_misuse(void **state)
{
	static const struct {
		void		(*fn)(void *);
		const char	*text;
	} rows[] = {
		{ no_lock, "sleeping without a lock" },
		{ no_chan, "_sleep: NULL ident" },
		{ no_chan_spin, "msleep_spin_sbt: NULL ident" },
		{ pdrop_nothing, "PDROP requires a non-Giant lock" },
		{ pdrop_giant, "PDROP requires a non-Giant lock" },
		{ spin_in_msleep, "spin locks can only use msleep_spin" },
		{ spin_null, "sleeping without a mutex" },
#ifdef WITNESS
		{ not_held,
		    "witness_save: lock (sleep mutex) interlock not locked" },
#else
		{ not_held, "mutex interlock not owned at *:*" },
#endif
		{ recursed, "mutex other recursed at *:*" },
		{ negative_pause, "pause_sbt: timeout must be >= 0" },
		{ in_critical, "mi_switch: switch in a critical section" },
		{ prohibited, "sleepq_add: td 0x* to sleep on wchan 0x* "
		    "with sleeping prohibited" },
		{ exit_only, "critical_exit: td_critnest == 0" },
		{ count_underflow,
		    "blockcount_release: counter underflow 0x*" },
		{ count_overflow,
		    "blockcount_acquire: counter overflow 0x*" },
	};
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		if (!test_booted) {
			boot();
			run(init_locks, NULL);
		}
		misuse(rows[i].fn, rows[i].text);
	}
}

/* M47 */
static void
sleep_with_other(void *arg)
{

	mtx_lock(&other);
	msleep(&chan, &other, 0, "bad", 0);
}

static void
test_two_interlocks(void **state)
{
	struct sleeper s = { .chan = &chan };

	sleeper_start(&s);
	misuse(sleep_with_other, "Assertion *lock* failed at *");
}
#endif /* INVARIANTS */

/* M34: whoever blocks on a lock whose owner is asleep finds out. */
static struct thread *holder_td;

static void
sleep_holding(void *arg)
{

	mtx_lock(&other);
	publish(&holder_td);
	mtx_lock(&m);
	msleep(&chan, &m, 0, "holder", 0);
}

static void
block_on_other(void *arg)
{

	mtx_lock(&other);
}

static void
test_sleeping_owner(void **state)
{

	holder_td = NULL;
	spawn(sleep_holding, NULL, "holder");
	run(await_sleep, &holder_td);
	misuse(block_on_other, "sleeping thread holds other");
	expect_console("Sleeping thread (tid *, pid *) owns a non-sleepable "
	    "lock");
#ifdef WITNESS
	expect_console("Sleeping on \"holder\" with the following "
	    "non-sleepable locks held:\nexclusive sleep mutex other (other) "
	    "r = 0 (0x*) locked @ *test_sleep.c:*");
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SLEEP_TEST(test_condition),
		SLEEP_TEST(test_lost_wakeup),
		SLEEP_TEST(test_wakeup_at_timeout),
		SLEEP_TEST(test_timeout),
		SLEEP_TEST(test_pdrop),
		SLEEP_TEST(test_wake_order),
		SLEEP_TEST(test_wakeup_all),
		SLEEP_TEST(test_wakeup_nobody),
		SLEEP_TEST(test_interlocks),
		SLEEP_TEST(test_pause),
		SLEEP_TEST(test_pcatch),
		SLEEP_TEST(test_pcatch_pending),
		SLEEP_TEST(test_no_pcatch),
		SLEEP_TEST(test_blockcount),
		SLEEP_TEST(test_critical),
#ifdef INVARIANTS
		SLEEP_TEST(test_misuse),
		SLEEP_TEST(test_two_interlocks),
#endif
		SLEEP_TEST(test_sleeping_owner),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
