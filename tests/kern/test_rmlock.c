/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * rmlock(9): what it does, and what it says when it is misused.  M and C
 * numbers are those of the tables in spec/locking.md.
 */
#include "reader_test.h"

#include <sys/rmlock.h>

static struct rmlock a, r, s;

RM_SYSINIT(test_rm_a, &a, "a");
RM_SYSINIT_FLAGS(test_rm_r, &r, "r", RM_RECURSE);
RM_SYSINIT_FLAGS(test_rm_s, &s, "s", RM_SLEEPABLE);

/*
 * Takes a lock when told.  The thread is made beforehand, for making one
 * sleeps, and readers must not.
 */
static void
actor_main(void *arg)
{
	struct actor *x = arg;
	struct rmlock *rm = x->lock;
	struct rm_priotracker et;

	actor_ready(x);
	gate_wait(&x->go);
	if (x->write)
		rm_wlock(rm);
	else
		rm_rlock(rm, &et);
	actor_stay(x);
	if (x->write)
		rm_wunlock(rm);
	else
		rm_runlock(rm, &et);
}

/* --- behaviour ------------------------------------------------------------ */

static void
body_basics(void *arg __unused)
{
	struct rm_priotracker et;

	rm_rlock(&a, &et);
	CHECK(curthread->td_pinned == 1);
	rm_assert(&a, RA_RLOCKED);
	rm_runlock(&a, &et);
	rm_assert(&a, RA_UNLOCKED);
	CHECK(curthread->td_pinned == 0);
	rm_wlock(&a);
	CHECK(rm_wowned(&a));
	rm_assert(&a, RA_WLOCKED);
	rm_wunlock(&a);
	CHECK(!rm_wowned(&a));
	CHECK(rm_try_rlock(&a, &et) != 0);
	rm_runlock(&a, &et);

	rm_rlock(&s, &et);
	CHECK(curthread->td_no_sleeping == 1);
	rm_runlock(&s, &et);
	CHECK(curthread->td_no_sleeping == 0);
	rm_wlock(&s);
	CHECK(curthread->td_no_sleeping == 0);
	rm_wunlock(&s);
}

/* C20: T1 reads, T2 wants to write, T3 comes too late to read. */
static void
body_writer_first(void *arg)
{
	struct rmlock *rm = arg;
	struct actor t2 = { .lock = rm, .write = true }, t3 = { .lock = rm };
	struct rm_priotracker et, et2;

	actor_start(&t2, "T2");
	actor_start(&t3, "T3");
	rm_rlock(rm, &et);
	gate_open(&t2.go);
	WAIT_FOR(queued(&rm->rm_writing, WAITQ_EXCLUSIVE) == 1);
	gate_open(&t3.go);
	WAIT_FOR(queued(&rm->rm_inner, WAITQ_EXCLUSIVE) == 1);
	CHECK(!gate_is_open(&t2.got) && !gate_is_open(&t3.got));
	if (rm == &r) {
		rm_rlock(rm, &et2);			/* C21 */
		rm_runlock(rm, &et2);
		CHECK(!gate_is_open(&t2.got));
	}
	rm_runlock(rm, &et);
	gate_wait(&t2.got);
	CHECK(rm_try_rlock(rm, &et) == 0);
	CHECK(!gate_is_open(&t3.got));
	actor_end(&t2);
	gate_wait(&t3.got);
	actor_end(&t3);
}

/* More holds than a thread has slots, released in another order. */
static void
body_many(void *arg __unused)
{
	struct rmlock rm[TD_READSLOTS + 3];
	struct rm_priotracker et[nitems(rm)];
	struct actor writer = { .lock = &rm[nitems(rm) - 1], .write = true };
	size_t i;

	actor_start(&writer, "writer");
	for (i = 0; i < nitems(rm); i++) {
		rm_init_flags(&rm[i], "many", RM_NEW | RM_DUPOK);
		rm_rlock(&rm[i], &et[i]);
	}
	gate_open(&writer.go);
	WAIT_FOR(queued(&rm[nitems(rm) - 1].rm_writing, WAITQ_EXCLUSIVE) == 1);
	for (i = 0; i < nitems(rm); i++) {
		CHECK(!gate_is_open(&writer.got));
		rm_runlock(&rm[i], &et[i]);
	}
	gate_wait(&writer.got);
	actor_end(&writer);
	for (i = 0; i < nitems(rm); i++)
		rm_destroy(&rm[i]);
}

static void
mixer(void *arg)
{
	struct rm_priotracker et;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i % 64 == (int)(intptr_t)arg) {
			rm_wlock(&a);
			total[0]++;
			total[1]++;
			rm_wunlock(&a);
		} else {
			rm_rlock(&a, &et);
			CHECK(total[0] == total[1]);
			rm_runlock(&a, &et);
		}
	}
}

static void
body_exclusion(void *arg __unused)
{
	mix(mixer);
}

BEHAVIOUR(basics)
BEHAVIOUR(many)
BEHAVIOUR(exclusion)

static void
test_writer_first(void **state)
{
	run(body_writer_first, &a);
	run(body_writer_first, &r);
	run(body_writer_first, &s);
}

/* --- misuse --------------------------------------------------------------- */

static struct rm_priotracker et1, et2 __unused;

static void
read_write(void *arg __unused)
{
	rm_rlock(&a, &et1);
	rm_wlock(&a);
}

#ifdef INVARIANTS
static void
m29(void *arg __unused)
{
	rm_rlock(&a, &et1);
	rm_rlock(&a, &et2);
}

static void
m30_writer(void *arg __unused)
{
	rm_wlock(&a);
	rm_wlock(&a);
}

static void
m31(void *arg __unused)
{
	rm_runlock(&a, &et1);
}

static void
m31_other_tracker(void *arg __unused)
{
	rm_rlock(&a, &et1);
	rm_runlock(&a, &et2);
}

static void
m32(void *arg __unused)
{
	static struct actor reader;

	memset(&reader, 0, sizeof(reader));
	reader.lock = &a;
	actor_start(&reader, "reader");
	gate_open(&reader.go);
	gate_wait(&reader.got);
	rm_destroy(&a);
}

static void
write_read(void *arg __unused)
{
	rm_wlock(&a);
	rm_rlock(&a, &et1);
}

static void
wunlock(void *arg __unused)
{
	rm_wunlock(&a);
}

static void
sleepable(void *arg __unused)
{
	rm_rlock(&s, &et1);
	pause("rmtest", 1);
}

static void
initialized(void *arg __unused)
{
	rm_init(&a, "a");
}

static void
assert_unknown(void *arg __unused)
{
	rm_assert(&a, 0x40);
}

static void
assert_recursed(void *arg __unused)
{
	rm_rlock(&r, &et1);
	rm_assert(&r, RA_RLOCKED | RA_RECURSED);
}

static void
assert_notrecursed(void *arg __unused)
{
	rm_rlock(&r, &et1);
	rm_rlock(&r, &et2);
	rm_assert(&r, RA_LOCKED | RA_NOTRECURSED);
}

#define	DESTROYED(name, ...)						\
static void								\
destroyed_##name(void *arg __unused)					\
{									\
	rm_destroy(&a);							\
	rm_##name(__VA_ARGS__);						\
}
DESTROYED(rlock, &a, &et1)
DESTROYED(wlock, &a)
DESTROYED(runlock, &a, &et1)
DESTROYED(wunlock, &a)

#define	HERE	"*test_rmlock.c:[0-9]*"
#define	ROW_DESTROYED(name)						\
	ROW("destroyed", destroyed_##name,				\
	    "rm_" #name "() of destroyed rmlock 0x* @ " HERE)

static const struct misuse rows[] = {
	ROW("M10", initialized, "lock \"a\" 0x* already initialized"),
	ROW("M29", m29, "rm_rlock: recursed on non-recursive rmlock 0x* @ "
	    HERE),
	ROW("M30 reader", read_write, "Lock a read locked @ " HERE),
	ROW("M30 writer", m30_writer, "Lock a exclusively locked @ " HERE),
	ROW("M31", m31, "Lock a not read locked @ " HERE),
	ROW("M31 tracker", m31_other_tracker, "Lock a not read locked @ "
	    HERE),
	ROW("M32 strict", m32, "rm_destroy: rmlock a is read locked by thread "
	    "reader", .config = &strict),
	ROW("write, read", write_read, "rm_rlock: wlock already held for a @ "
	    HERE),
	ROW("wunlock", wunlock, "Lock a not exclusively locked @ " HERE),
	ROW("sleepable", sleepable, "sleepq_add: td 0x* to sleep on wchan 0x* "
	    "with sleeping prohibited"),
	ROW("unknown", assert_unknown, "Unknown rm lock assertion: 64 @ "
	    HERE),
	ROW("recursed", assert_recursed, "Lock r not recursed @ " HERE),
	ROW("not recursed", assert_notrecursed, "Lock r recursed @ " HERE),
	ROW_DESTROYED(rlock),
	ROW_DESTROYED(wlock),
	ROW_DESTROYED(runlock),
	ROW_DESTROYED(wunlock),
};
#else
static const struct misuse rows[] = {
	ROW("M30 reader", read_write, "deadlock: thread main waits for rm "
	    "\"a\" held by thread main"),
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
		TEST(test_many),
		TEST(test_exclusion),
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
