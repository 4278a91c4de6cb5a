/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * rwlock(9): what it does, and what it says when it is misused.  M and C
 * numbers are those of the tables in spec/locking.md.
 */
#include "reader_test.h"

#include <sys/rwlock.h>

static struct rwlock a, b, r;

RW_SYSINIT(test_rw_a, &a, "a");
RW_SYSINIT(test_rw_b, &b, "b");
RW_SYSINIT_FLAGS(test_rw_r, &r, "r", RW_RECURSE);

/* Who waits for `a`. */
#define	READERS	queued(&a.rw_lock, WAITQ_SHARED)
#define	WRITERS	queued(&a.rw_lock, WAITQ_EXCLUSIVE)

/* Takes `a` at once. */
static void
actor_main(void *arg)
{
	struct actor *x = arg;

	if (x->other)
		rw_rlock(&b);
	actor_ready(x);
	if (x->write)
		rw_wlock(&a);
	else
		rw_rlock(&a);
	actor_stay(x);
	rw_unlock(&a);
	if (x->other)
		rw_runlock(&b);
}

/* --- behaviour ------------------------------------------------------------ */

static void
body_basics(void *arg __unused)
{
	rw_rlock(&a);
	rw_rlock(&a);
	CHECK(curthread->td_rw_rlocks == 2);
	CHECK(rw_try_wlock(&a) == 0);
	CHECK(rw_try_upgrade(&a) == 0);
	rw_unlock(&a);
	CHECK(rw_try_upgrade(&a) != 0);
	CHECK(rw_wowned(&a));
	CHECK(rw_try_rlock(&a) == 0);
	CHECK(rw_try_wlock(&a) == 0);
	rw_downgrade(&a);
	rw_assert(&a, RA_RLOCKED);
	rw_unlock(&a);
	CHECK(curthread->td_rw_rlocks == 0);
	CHECK(rw_initialized(&a));

	rw_wlock(&r);
	rw_wlock(&r);
	CHECK(rw_try_wlock(&r) != 0);
	rw_assert(&r, RA_WLOCKED | RA_RECURSED);
	rw_unlock(&r);
	rw_unlock(&r);
	rw_assert(&r, RA_WLOCKED | RA_NOTRECURSED);
	rw_unlock(&r);
	CHECK(!rw_wowned(&r));
}

/* C07 to C11 hold for rwlocks too. */
static void
body_writer_first(void *arg __unused)
{
	struct actor t2 = { .write = true }, t3 = { 0 }, t4 = { .other = true };

	rw_rlock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(WRITERS == 1);
	actor_start(&t3, "T3");
	WAIT_FOR(READERS == 1);
	actor_start(&t4, "T4");
	gate_wait(&t4.got);
	CHECK(!gate_is_open(&t3.got));
	CHECK(rw_try_rlock(&a) != 0);
	rw_runlock(&a);
	actor_end(&t4);
	CHECK(rw_try_upgrade(&a) != 0);
	rw_wunlock(&a);
	gate_wait(&t2.got);
	CHECK(!gate_is_open(&t3.got));
	actor_end(&t2);
	gate_wait(&t3.got);
	actor_end(&t3);
}

/* C16: unlike an sx, nobody is woken while a writer waits. */
static void
body_downgrade(void *arg __unused)
{
	struct actor t2 = { 0 }, t3 = { .write = true };

	rw_wlock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(READERS == 1);
	actor_start(&t3, "T3");
	WAIT_FOR(WRITERS == 1);
	rw_downgrade(&a);
	CHECK(READERS == 1 && WRITERS == 1);
	rw_runlock(&a);
	gate_wait(&t3.got);
	CHECK(!gate_is_open(&t2.got));
	actor_end(&t3);
	gate_wait(&t2.got);
	actor_end(&t2);
}

static void
body_downgrade_readers(void *arg __unused)
{
	struct actor t2 = { 0 };

	rw_wlock(&a);
	actor_start(&t2, "T2");
	WAIT_FOR(READERS == 1);
	rw_downgrade(&a);
	gate_wait(&t2.got);
	rw_runlock(&a);
	actor_end(&t2);
}

static void
mixer(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i % 4 == (int)(intptr_t)arg) {
			rw_wlock(&a);
			total[0]++;
			total[1]++;
			rw_wunlock(&a);
		} else {
			rw_rlock(&a);
			CHECK(total[0] == total[1]);
			rw_runlock(&a);
		}
	}
}

static void
body_exclusion(void *arg __unused)
{
	mix(mixer);
	CHECK(total[0] == ROUNDS);
}

static void
usual_readers(void *arg __unused)
{
	MAKE_READERS_USUAL(rw_rlock, rw_runlock, &a);
	MAKE_READERS_USUAL(rw_rlock, rw_runlock, &b);
}

BEHAVIOUR_TWICE(basics, usual_readers)
BEHAVIOUR_TWICE(writer_first, usual_readers)
BEHAVIOUR_TWICE(downgrade, usual_readers)
BEHAVIOUR_TWICE(downgrade_readers, usual_readers)
BEHAVIOUR_TWICE(exclusion, usual_readers)

/* --- misuse --------------------------------------------------------------- */

static void
m22(void *arg __unused)
{
	rw_wlock(&r);
	rw_wlock(&r);
	rw_downgrade(&r);
}

static void
m25(void *arg __unused)
{
	rw_wlock(&a);
	rw_rlock(&a);
}

#ifdef INVARIANTS
static void
m11(void *arg __unused)
{
	static struct rwlock zeroed;

	rw_destroy(&zeroed);
}

static void
m24(void *arg __unused)
{
	rw_wlock(&a);
	rw_wlock(&a);
}

static void
m26(void *arg __unused)
{
	rw_rlock(&a);
	rw_wlock(&a);
}

static void
m27(void *arg __unused)
{
	rw_runlock(&a);
}

static void
m28(void *arg __unused)
{
	rw_rlock(&a);
	rw_destroy(&a);
}

static void
wunlock(void *arg __unused)
{
	rw_wunlock(&a);
}

static void
upgrade(void *arg __unused)
{
	(void)rw_try_upgrade(&a);
}

static void
downgrade(void *arg __unused)
{
	rw_downgrade(&a);
}

static void
initialized(void *arg __unused)
{
	rw_init(&a, "a");
}

static void
assert_unknown(void *arg __unused)
{
	rw_assert(&a, 0x40);
}

static void
assert_rlocked(void *arg __unused)
{
	rw_assert(&a, RA_RLOCKED);
}

#define	DESTROYED(name, call)						\
static void								\
destroyed_##name(void *arg __unused)					\
{									\
	rw_destroy(&a);							\
	(void)call(&a);							\
}
DESTROYED(rlock, rw_rlock)
DESTROYED(wlock, rw_wlock)
DESTROYED(runlock, rw_runlock)
DESTROYED(wunlock, rw_wunlock)
DESTROYED(try_rlock, rw_try_rlock)
DESTROYED(try_wlock, rw_try_wlock)
DESTROYED(try_upgrade, rw_try_upgrade)
DESTROYED(downgrade, rw_downgrade)

#define	HERE	"*test_rwlock.c:[0-9]*"
#define	ROW_DESTROYED(name)						\
	ROW("destroyed", destroyed_##name,				\
	    "rw_" #name "() of destroyed rwlock 0x* @ " HERE)

static const struct misuse rows[] = {
	ROW("M10", initialized, "lock \"a\" 0x* already initialized"),
	ROW("M11", m11, "rw lock 0x* not unlocked"),
	ROW("M22", m22, "Lock r recursed @ " HERE),
	ROW("M24", m24, "__rw_wlock_hard: recursing but non-recursive rw 0x* "
	    "@ " HERE),
	ROW("M25", m25, "rw_rlock: wlock already held for 0x* @ " HERE),
	ROW("M26", m26, "share->excl",
	    .console = "exclusive lock of (rw) a @ " HERE "\n"
	    "while share locked from " HERE),
	ROW("M27", m27, "Lock (rw) a not locked @ " HERE "."),
	ROW("M27 I", m27, "Lock a not read locked @ " HERE,
	    .config = &witness_off),
	ROW("M28", m28, "rw lock 0x* not unlocked"),
	ROW("wunlock", wunlock, "Lock a not exclusively locked @ " HERE),
	ROW("upgrade", upgrade, "Lock (rw) a not locked @ " HERE "."),
	ROW("downgrade", downgrade, "Lock a not exclusively locked @ " HERE),
	ROW("RA_RLOCKED", assert_rlocked, "Lock (rw) a not locked @ " HERE
	    "."),
	ROW("RA_RLOCKED I", assert_rlocked, "Lock a not read locked @ "
	    HERE, .config = &witness_off),
	ROW("unknown", assert_unknown, "Unknown rw lock assertion: 64 @ "
	    HERE),
	ROW_DESTROYED(rlock),
	ROW_DESTROYED(wlock),
	ROW_DESTROYED(runlock),
	ROW_DESTROYED(wunlock),
	ROW_DESTROYED(try_rlock),
	ROW_DESTROYED(try_wlock),
	ROW_DESTROYED(try_upgrade),
	ROW_DESTROYED(downgrade),
};
#else
static const struct misuse rows[] = {
	ROW("M22", m22, "downgrade of a recursed lock"),
	ROW("M25", m25, "deadlock: thread main waits for rw \"a\" held by "
	    "thread main"),
};
#endif

static void
test_misuse(void **state)
{
	expect_misuse(rows, nitems(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),
		TEST(test_writer_first),
		TEST(test_downgrade),
		TEST(test_downgrade_readers),
		TEST(test_exclusion),
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
