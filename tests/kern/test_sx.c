/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * sx(9): what it does, and what it says when it is misused.  M and C numbers
 * are those of the tables in spec/locking.md.
 */
#include "reader_test.h"

#include <sys/sx.h>

static struct sx a, b, r;

SX_SYSINIT(test_sx_a, &a, "a");
SX_SYSINIT(test_sx_b, &b, "b");
SX_SYSINIT_FLAGS(test_sx_r, &r, "r", SX_RECURSE);

/* Who waits for `a`. */
#define	READERS	queued(&a.sx_lock, WAITQ_SHARED)
#define	WRITERS	queued(&a.sx_lock, WAITQ_EXCLUSIVE)

/* Takes `a` at once. */
static void
actor_main(void *arg)
{
	struct actor *x = arg;

	if (x->other)
		sx_slock(&b);
	actor_ready(x);
	if (x->sig)
		x->error = x->write ? sx_xlock_sig(&a) : sx_slock_sig(&a);
	else if (x->write)
		sx_xlock(&a);
	else
		sx_slock(&a);
	if (x->error == 0) {
		actor_stay(x);
		sx_unlock(&a);
	} else
		gate_open(&x->got);
	if (x->other)
		sx_sunlock(&b);
}

static bool
flagged(uintptr_t flag)
{
	return ((__atomic_load_n(&a.sx_lock.lw_state, __ATOMIC_RELAXED) &
	    flag) != 0);
}

/* --- behaviour ------------------------------------------------------------ */

/* C06 */
static void
body_shared_recursion(void *arg __unused)
{
	sx_slock(&a);
	sx_slock(&a);
	CHECK(curthread->td_sx_slocks == 2);
	CHECK(sx_xholder(&a) == NULL);
	sx_sunlock(&a);
	CHECK(sx_try_xlock(&a) == 0);
	sx_unlock(&a);
	CHECK(sx_try_xlock(&a) != 0);
	CHECK(sx_xlocked(&a));
	CHECK(sx_xholder(&a) == curthread);
	CHECK(sx_try_xlock(&a) == 0);
	CHECK(sx_try_slock(&a) == 0);
	sx_unlock(&a);
}

static void
body_recursion(void *arg __unused)
{
	sx_xlock(&r);
	sx_xlock(&r);
	CHECK(sx_try_xlock(&r) != 0);
	sx_assert(&r, SA_XLOCKED | SA_RECURSED);
	sx_xunlock(&r);
	sx_xunlock(&r);
	sx_assert(&r, SA_XLOCKED | SA_NOTRECURSED);
	sx_xunlock(&r);
	CHECK(!sx_xlocked(&r));
	CHECK(curthread->td_locks == 0);
}

/* C07, C10, C11: T1 reads, T2 wants to write. */
static void
body_writer_first(void *arg __unused)
{
	struct actor t2 = { .write = true }, t3 = { 0 };

	sx_slock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(flagged(LW_EXCLUSIVE_WAITERS));
	actor_start(&t3, "T3");
	WAIT_FOR(flagged(LW_SHARED_WAITERS));
	CHECK(!gate_is_open(&t3.got));
	CHECK(sx_has_waiters(&a));
	CHECK(sx_try_slock(&a) != 0);			/* C10 */
	sx_sunlock(&a);
	sx_slock(&a);					/* C09 */
	sx_sunlock(&a);
	CHECK(sx_try_upgrade(&a) != 0);			/* C11 */
	CHECK(sx_xlocked(&a));
	CHECK(!gate_is_open(&t2.got));
	sx_xunlock(&a);
	/* Woken are the writers; a newcomer could still get in between. */
	gate_wait(&t2.got);
	CHECK(!gate_is_open(&t3.got));
	actor_end(&t2);
	gate_wait(&t3.got);
	actor_end(&t3);
	CHECK(!sx_has_waiters(&a));
}

/* C08 */
static void
body_overtake(void *arg __unused)
{
	struct actor t2 = { .write = true }, t3 = { .other = true };

	sx_slock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(flagged(LW_EXCLUSIVE_WAITERS));
	actor_start(&t3, "T3");
	gate_wait(&t3.got);
	CHECK(!gate_is_open(&t2.got));
	sx_sunlock(&a);
	actor_end(&t3);
	gate_wait(&t2.got);
	actor_end(&t2);
}

/* C12, C13 */
static void
body_upgrade(void *arg __unused)
{
	struct actor t2 = { 0 };

	sx_slock(&a);
	actor_start(&t2, "T2");
	gate_wait(&t2.got);
	CHECK(sx_try_upgrade(&a) == 0);
	sx_assert(&a, SA_SLOCKED);
	actor_end(&t2);
	sx_slock(&a);
	CHECK(sx_try_upgrade(&a) == 0);			/* C13 */
	sx_sunlock(&a);
	CHECK(sx_try_upgrade(&a) != 0);
	CHECK(curthread->td_sx_slocks == 0);
	sx_xunlock(&a);
}

/* C14: readers T2, T3 and writer T4 queue behind an exclusive hold. */
static void
body_release(void *arg __unused)
{
	struct actor t2 = { 0 }, t3 = { 0 }, t4 = { .write = true };

	sx_xlock(&a);
	actor_start(&t2, "T2");
	actor_start(&t3, "T3");
	actor_start(&t4, "T4");
	WAIT_FOR(READERS == 2 && WRITERS == 1);
	sx_xunlock(&a);
	CHECK(READERS == 2);
	gate_wait(&t4.got);
	CHECK(!gate_is_open(&t2.got) && !gate_is_open(&t3.got));
	actor_end(&t4);
	gate_wait(&t2.got);
	gate_wait(&t3.got);
	actor_end(&t2);
	actor_end(&t3);
}

/* C15 */
static void
body_downgrade_readers(void *arg __unused)
{
	struct actor t2 = { 0 }, t3 = { 0 };

	sx_xlock(&a);
	actor_start(&t2, "T2");
	actor_start(&t3, "T3");
	WAIT_FOR(READERS == 2);
	sx_downgrade(&a);
	CHECK(curthread->td_sx_slocks == 1);
	gate_wait(&t2.got);
	gate_wait(&t3.got);
	sx_sunlock(&a);
	actor_end(&t2);
	actor_end(&t3);
}

/* C16: woken by the downgrade, T2 finds the writer and queues again. */
static void
body_downgrade_both(void *arg __unused)
{
	struct actor t2 = { 0 }, t3 = { .write = true };

	sx_xlock(&a);
	actor_start(&t2, "T2");
	actor_start(&t3, "T3");
	WAIT_FOR(READERS == 1 && WRITERS == 1);
	sx_downgrade(&a);
	WAIT_FOR(READERS == 1);
	CHECK(!gate_is_open(&t2.got));
	sx_sunlock(&a);
	gate_wait(&t3.got);
	actor_end(&t3);
	gate_wait(&t2.got);
	actor_end(&t2);
}

/* C17: a signal to T2, which waits behind us. */
static void
body_signal(void *arg)
{
	struct actor t2 = { .write = true, .sig = true };
	int error = *(int *)arg;

	sx_xlock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(WRITERS == 1);
	waitq_signal(t2.td, error);
	join(t2.thread);
	CHECK(t2.error == error);
	CHECK(!sx_has_waiters(&a));
	sx_xunlock(&a);
}

/* A signal that came before: sx_slock_sig() does not even queue. */
static void
body_pending(void *arg __unused)
{
	struct actor t2 = { .write = true };

	actor_start(&t2, "T2");
	gate_wait(&t2.got);
	waitq_signal(curthread, EINTR);
	CHECK(sx_slock_sig(&a) == EINTR);
	CHECK(sx_xlock_sig(&a) == EINTR);
	CHECK(curthread->td_sx_slocks == 0 && curthread->td_locks == 0);
	waitq_signal_clear(curthread);
	actor_end(&t2);
	CHECK(sx_slock_sig(&a) == 0);
	sx_sunlock(&a);
}

/* C18: the writer that gives up must not leave the reader behind it. */
static void
body_signal_reader(void *arg __unused)
{
	struct actor t2 = { .write = true, .sig = true }, t3 = { 0 };

	sx_slock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(WRITERS == 1);
	actor_start(&t3, "T3");
	WAIT_FOR(READERS == 1);
	waitq_signal(t2.td, EINTR);
	join(t2.thread);
	CHECK(t2.error == EINTR);
	sx_sunlock(&a);
	gate_wait(&t3.got);
	actor_end(&t3);
}

static void
mixer(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i % 4 != (int)(intptr_t)arg) {
			sx_slock(&a);
			CHECK(total[0] == total[1]);
			sx_sunlock(&a);
			continue;
		}
		if (i % 8 < 4 || !sx_try_slock(&a))
			sx_xlock(&a);
		else if (!sx_try_upgrade(&a)) {
			sx_sunlock(&a);
			continue;
		}
		total[0]++;
		total[1]++;
		if (i % 16 < 8)
			sx_downgrade(&a);
		sx_unlock(&a);
	}
}

static void
body_exclusion(void *arg __unused)
{
	mix(mixer);
	CHECK(sx_try_xlock(&a) != 0);
	sx_xunlock(&a);
}

static void
usual_readers(void *arg __unused)
{
	MAKE_READERS_USUAL(sx_slock, sx_sunlock, &a);
	MAKE_READERS_USUAL(sx_slock, sx_sunlock, &b);
}

BEHAVIOUR_TWICE(shared_recursion, usual_readers)
BEHAVIOUR_TWICE(recursion, usual_readers)
BEHAVIOUR_TWICE(writer_first, usual_readers)
BEHAVIOUR_TWICE(overtake, usual_readers)
BEHAVIOUR_TWICE(upgrade, usual_readers)
BEHAVIOUR_TWICE(release, usual_readers)
BEHAVIOUR_TWICE(downgrade_readers, usual_readers)
BEHAVIOUR_TWICE(downgrade_both, usual_readers)
BEHAVIOUR_TWICE(pending, usual_readers)
BEHAVIOUR_TWICE(signal_reader, usual_readers)
BEHAVIOUR_TWICE(exclusion, usual_readers)

static void
test_signal(void **state)
{
	int errors[] = { EINTR, ERESTART };

	run(body_signal, &errors[0]);
	run(body_signal, &errors[1]);
}

/* --- misuse --------------------------------------------------------------- */

static void
m22(void *arg __unused)
{
	sx_xlock(&r);
	sx_xlock(&r);
	sx_downgrade(&r);
}

#ifdef INVARIANTS
static void
m11(void *arg __unused)
{
	static struct sx zeroed;

	sx_destroy(&zeroed);
}

static void
m14(void *arg __unused)
{
	sx_xlock(&a);
	sx_xlock(&a);
}

static void
m15(void *arg __unused)
{
	sx_xlock(&a);
	sx_slock(&a);
}

static void
m16(void *arg __unused)
{
	sx_slock(&a);
	sx_xlock(&a);
}

static void
m18(void *arg __unused)
{
	sx_xunlock(&a);
}

static void
m19(void *arg __unused)
{
	sx_sunlock(&a);
}

static void
m19_exclusive(void *arg __unused)
{
	sx_xlock(&a);
	sx_sunlock(&a);
}

static struct actor reader;

static void
m20(void *arg __unused)
{
	memset(&reader, 0, sizeof(reader));
	actor_start(&reader, "reader");
	gate_wait(&reader.got);
	sx_sunlock(&a);
}

/* The same by a thread that holds something else: the reader pays. */
static void
m20_later(void *arg __unused)
{
	memset(&reader, 0, sizeof(reader));
	actor_start(&reader, "reader");
	gate_wait(&reader.got);
	sx_slock(&b);
	sx_sunlock(&a);
	gate_open(&reader.leave);
	(void)vs_thread_join(reader.thread);
}

static void
m21(void *arg __unused)
{
	(void)sx_try_upgrade(&a);
}

static void
downgrade(void *arg __unused)
{
	sx_slock(&a);
	sx_downgrade(&a);
}

static void
m23(void *arg __unused)
{
	sx_slock(&a);
	sx_destroy(&a);
}

static void
twice_destroyed(void *arg __unused)
{
	sx_destroy(&a);
	sx_destroy(&a);
}

static void
destroyed_xlock(void *arg __unused)
{
	sx_destroy(&a);
	sx_xlock(&a);
}

static void
destroyed_slock(void *arg __unused)
{
	sx_destroy(&a);
	sx_slock(&a);
}

static void
destroyed_try_slock(void *arg __unused)
{
	sx_destroy(&a);
	(void)sx_try_slock(&a);
}

static void
destroyed_try_xlock(void *arg __unused)
{
	sx_destroy(&a);
	(void)sx_try_xlock(&a);
}

static void
destroyed_xunlock(void *arg __unused)
{
	sx_destroy(&a);
	sx_xunlock(&a);
}

static void
destroyed_sunlock(void *arg __unused)
{
	sx_destroy(&a);
	sx_sunlock(&a);
}

static void
destroyed_upgrade(void *arg __unused)
{
	sx_destroy(&a);
	(void)sx_try_upgrade(&a);
}

static void
destroyed_downgrade(void *arg __unused)
{
	sx_destroy(&a);
	sx_downgrade(&a);
}

static void
assert_slocked(void *arg __unused)
{
	sx_assert(&a, SA_SLOCKED);
}

static void
assert_locked(void *arg __unused)
{
	sx_assert(&a, SA_LOCKED);
}

static void
assert_unlocked(void *arg __unused)
{
	sx_xlock(&a);
	sx_assert(&a, SA_UNLOCKED);
}

static void
assert_recursed(void *arg __unused)
{
	sx_xlock(&r);
	sx_assert(&r, SA_XLOCKED | SA_RECURSED);
}

static void
assert_unknown(void *arg __unused)
{
	sx_assert(&a, 0x40);
}

static void
uninitialized(void *arg __unused)
{
	static struct sx zeroed;

	sx_xlock(&zeroed);
}

static void
initialized(void *arg __unused)
{
	sx_init(&a, "a");
}

static void
m50(void *arg __unused)
{
	THREAD_NO_SLEEPING();
	sx_xlock(&a);
}

static void
m49(void *arg __unused)
{
	memset(&reader, 0, sizeof(reader));
	actor_start(&reader, "reader");
	gate_wait(&reader.got);
	THREAD_NO_SLEEPING();
	sx_xlock(&a);
}

/* C62: nothing is said of a lock that is free, unless asked for. */
static void
body_epoch(void *arg __unused)
{
	THREAD_NO_SLEEPING();
	sx_xlock(&a);
	sx_xunlock(&a);
	sx_slock(&a);
	sx_sunlock(&a);
	THREAD_SLEEPING_OK();
}

#define	HERE	"*test_sx.c:[0-9]*"

static const struct misuse rows[] = {
	ROW("M11", m11, "sx lock still held"),
	ROW("M14", m14, "_sx_xlock_hard: recursed on non-recursive sx 0x* @ "
	    HERE),
	ROW("M15", m15, "excl->share",
	    .console = "shared lock of (sx) a @ " HERE "\n"
	    "while exclusively locked from " HERE),
	ROW("M16", m16, "share->excl",
	    .console = "exclusive lock of (sx) a @ " HERE "\n"
	    "while share locked from " HERE),
	ROW("M17", m15, "deadlock: thread main waits for sx \"a\" held by "
	    "thread main", .config = &witness_off),
	ROW("M18", m18, "Lock a not exclusively locked @ " HERE),
	ROW("M19", m19, "Lock (sx) a not locked @ " HERE "."),
	ROW("M19 exclusive", m19_exclusive,
	    "Lock (sx) a exclusively locked @ " HERE "."),
	ROW("M19 I", m19, "Lock a not share locked @ " HERE,
	    .config = &witness_off),
	ROW("M19 exclusive I", m19_exclusive, "Lock a not share locked @ "
	    HERE, .config = &witness_off),
	ROW("M20", m20, "Thread 0x* owns no locks", .config = &witness_off),
	ROW("M20 later", m20_later, "Lock a not share locked @ " HERE,
	    .config = &witness_off),
	ROW("M21", m21, "Lock (sx) a not locked @ " HERE "."),
	ROW("M22", m22, "Lock r recursed @ " HERE),
	ROW("downgrade", downgrade, "Lock a not exclusively locked @ " HERE),
	ROW("M23", m23, "sx lock still held"),
	ROW("second destroy", twice_destroyed, "sx lock still held"),
	ROW("destroyed", destroyed_xlock,
	    "sx_xlock() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_slock,
	    "sx_slock() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_try_slock,
	    "sx_try_slock() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_try_xlock,
	    "sx_try_xlock() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_xunlock,
	    "sx_xunlock() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_sunlock,
	    "sx_sunlock() of destroyed sx 0x*  @ " HERE),
	ROW("destroyed", destroyed_upgrade,
	    "sx_try_upgrade() of destroyed sx 0x* @ " HERE),
	ROW("destroyed", destroyed_downgrade,
	    "sx_downgrade() of destroyed sx 0x* @ " HERE),
	ROW("SA_SLOCKED", assert_slocked, "Lock (sx) a not locked @ " HERE
	    "."),
	ROW("SA_SLOCKED I", assert_slocked, "Lock a not share locked @ " HERE,
	    .config = &witness_off),
	ROW("SA_LOCKED I", assert_locked, "Lock a not locked @ " HERE,
	    .config = &witness_off),
	ROW("SA_UNLOCKED", assert_unlocked, "Lock (sx) a locked @ " HERE "."),
	ROW("SA_UNLOCKED I", assert_unlocked, "Lock a exclusively locked @ "
	    HERE, .config = &witness_off),
	ROW("SA_RECURSED", assert_recursed, "Lock r not recursed @ " HERE),
	ROW("unknown", assert_unknown, "Unknown sx lock assertion: 64 @ "
	    HERE),
	ROW("uninitialized", uninitialized, "lock 0x* is not initialized"),
	ROW("initialized", initialized, "lock \"a\" 0x* already initialized"),
	ROW("M49", m49, "sleepq_add: td 0x* to sleep on wchan 0x* with "
	    "sleeping prohibited"),
	ROW("M50", m50, "sleepq_add: td 0x* to sleep on wchan 0x* with "
	    "sleeping prohibited", .config = &strict),
};
#else
static const struct misuse rows[] = {
	ROW("M22", m22, "downgrade of a recursed lock"),
};
#endif

static void
test_misuse(void **state)
{
	expect_misuse(rows, nitems(rows));
}

#ifdef INVARIANTS
static void
test_epoch(void **state)
{
	run(body_epoch, NULL);
	assert_string_equal(vs_console(), "");
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shared_recursion),
		TEST(test_recursion),
		TEST(test_writer_first),
		TEST(test_overtake),
		TEST(test_upgrade),
		TEST(test_release),
		TEST(test_downgrade_readers),
		TEST(test_downgrade_both),
		TEST(test_signal),
		TEST(test_pending),
		TEST(test_signal_reader),
		TEST(test_exclusion),
#ifdef INVARIANTS
		TEST(test_epoch),
#endif
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
