/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * mutex(9): what it does, and what it says when it is misused.  M and C
 * numbers are those of the tables in spec/locking.md.
 */
#include "lock_test.h"

#include <sys/kernel.h>
#include <sys/mutex.h>

static struct mtx m, r, s;
static gate held, leave;

MTX_SYSINIT(test_mutex, &m, "m", MTX_DEF);
MTX_SYSINIT(test_recursive, &r, "r", MTX_DEF | MTX_RECURSE);
MTX_SYSINIT(test_spin, &s, "s", MTX_SPIN);

static void
holder(void *arg __unused)
{
	mtx_lock(&m);
	gate_open(&held);
	gate_wait(&leave);
	mtx_unlock(&m);
}

/* Another thread has m until `leave` opens. */
static struct vs_thread *
hold_elsewhere(void)
{
	struct vs_thread *t;

	held = leave = 0;
	t = spawn(holder, NULL, "holder");
	gate_wait(&held);
	return (t);
}

/* --- behaviour ------------------------------------------------------------ */

static void
body_trylock(void *arg __unused)
{
	struct vs_thread *t = hold_elsewhere();

	CHECK(mtx_trylock(&m) == 0);
	CHECK(!mtx_owned(&m));
	gate_open(&leave);
	join(t);
	CHECK(mtx_trylock(&m) != 0);
	CHECK(mtx_owned(&m));
	CHECK(mtx_trylock(&m) == 0);
	mtx_unlock(&m);
	CHECK(!mtx_owned(&m));
}

static void
test_trylock(void **state)
{
	run(body_trylock, NULL);			/* C01 */
}

static void
body_recursion(void *arg __unused)
{
	mtx_lock(&r);
	CHECK(!mtx_recursed(&r));
	CHECK(mtx_trylock(&r) != 0);			/* C02 */
	CHECK(mtx_recursed(&r));
	mtx_assert(&r, MA_OWNED | MA_RECURSED);
	mtx_unlock(&r);
	mtx_assert(&r, MA_OWNED | MA_NOTRECURSED);
	mtx_unlock(&r);
	CHECK(!mtx_owned(&r));

	mtx_lock(&m);
	mtx_lock_flags(&m, MTX_RECURSE);		/* C03 */
	CHECK(mtx_recursed(&m));
	mtx_unlock(&m);
	mtx_unlock(&m);
	CHECK(!mtx_owned(&m));
}

static void
test_recursion(void **state)
{
	run(body_recursion, NULL);
}

static int total;

static void
taker(void *arg __unused)
{
	mtx_lock(&m);
	total++;
	mtx_unlock(&m);
}

/* C04: whoever wins, everybody gets it once. */
static void
body_contention(void *arg __unused)
{
	struct vs_thread *t2, *t3;

	total = 0;
	mtx_lock(&m);
	t2 = spawn(taker, NULL, "T2");
	t3 = spawn(taker, NULL, "T3");
	WAIT_FOR((_mtx_load(&m) & MTX_CONTESTED) != 0);
	mtx_unlock(&m);
	mtx_lock(&m);
	total++;
	mtx_unlock(&m);
	join(t2);
	join(t3);
	CHECK(total == 3);
	CHECK(mtx_unowned(&m));
}

static void
test_contention(void **state)
{
	run(body_contention, NULL);
}

#define	ROUNDS	20000

static void
counter(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (arg == NULL) {
			mtx_lock(&m);
			total++;
			mtx_unlock(&m);
		} else {
			mtx_lock_spin(&s);
			total++;
			mtx_unlock_spin(&s);
		}
	}
}

static void
body_exclusion(void *arg)
{
	struct vs_thread *t[3];
	int i;

	total = 0;
	for (i = 0; i < 3; i++)
		t[i] = spawn(counter, arg, "counter");
	for (i = 0; i < 3; i++)
		join(t[i]);
	CHECK(total == 3 * ROUNDS);
}

static void
test_exclusion(void **state)
{
	run(body_exclusion, NULL);
	run(body_exclusion, &s);
}

/* C05 */
static void
body_destroy_owned(void *arg __unused)
{
	struct mtx own;

	mtx_init(&own, "own", NULL, MTX_DEF | MTX_NEW);
	CHECK(mtx_initialized(&own));
	CHECK(strcmp(mtx_name(&own), "own") == 0);
	mtx_lock(&own);
	mtx_destroy(&own);
	CHECK(curthread->td_locks == 0);
	CHECK(!mtx_initialized(&own));
}

static void
test_destroy_owned(void **state)
{
	run(body_destroy_owned, NULL);
}

static void
body_spin(void *arg __unused)
{
	mtx_lock_spin(&s);
	CHECK(curthread->td_critnest == 1);
	CHECK(mtx_trylock_spin(&s) == 0);
	mtx_unlock_spin(&s);
	CHECK(curthread->td_critnest == 0);
	CHECK(mtx_trylock_spin(&s) != 0);
	CHECK(curthread->td_critnest == 1);
	mtx_unlock_spin(&s);
	mtx_spin_wait_unlocked(&s);
	mtx_wait_unlocked(&m);
}

static void
test_spin(void **state)
{
	run(body_spin, NULL);
}

static void
body_giant(void *arg __unused)
{
	mtx_lock(&Giant);
	mtx_lock(&Giant);
	DROP_GIANT();
	CHECK(!mtx_owned(&Giant));
	PICKUP_GIANT();
	CHECK(mtx_recursed(&Giant));
	mtx_unlock(&Giant);
	mtx_unlock(&Giant);
}

static void
test_giant(void **state)
{
	run(body_giant, NULL);
}

static void
body_pool(void *arg __unused)
{
	struct mtx_pool *pool = mtx_pool_create("pool", 16, MTX_DEF);
	int x;

	CHECK(mtx_pool_find(pool, &x) == mtx_pool_find(pool, &x));
	mtx_pool_lock(pool, &x);
	CHECK(mtx_owned(mtx_pool_find(pool, &x)));
	mtx_pool_unlock(pool, &x);
	CHECK(mtx_pool_alloc(pool) != mtx_pool_alloc(pool));
	mtx_pool_destroy(&pool);
	CHECK(pool == NULL);
	mtx_pool_lock(mtxpool_sleep, &x);
	mtx_pool_unlock(mtxpool_sleep, &x);
}

static void
test_pool(void **state)
{
	run(body_pool, NULL);
}

/* The names that C11 has too still mean C11's for its type. */
static void
test_c11_names(void **state)
{
	mtx_t c11;

	assert_int_equal(mtx_init(&c11, mtx_plain), thrd_success);
	assert_int_equal(mtx_lock(&c11), thrd_success);
	assert_int_equal(mtx_unlock(&c11), thrd_success);
	assert_int_equal(mtx_trylock(&c11), thrd_success);
	assert_int_equal(mtx_unlock(&c11), thrd_success);
	mtx_destroy(&c11);
}

/* --- misuse --------------------------------------------------------------- */

#ifdef INVARIANTS
static void
m01(void *arg __unused)
{
	mtx_lock(&m);
	mtx_lock(&m);
}

static void
m02(void *arg __unused)
{
	mtx_lock_spin(&s);
	mtx_lock_spin(&s);
}

static void
m03(void *arg __unused)
{
	mtx_unlock(&m);
}

static void
m03_spin(void *arg __unused)
{
	mtx_unlock_spin(&s);
}

static void
m03_other(void *arg __unused)
{
	hold_elsewhere();
	mtx_unlock(&m);
}

static void
m05(void *arg __unused)
{
	mtx_lock(&s);
}

static void
m05_unlock(void *arg __unused)
{
	mtx_unlock(&s);
}

static void
m05_try(void *arg __unused)
{
	(void)mtx_trylock(&s);
}

static void
m06(void *arg __unused)
{
	mtx_lock_spin(&m);
}

static void
m06_unlock(void *arg __unused)
{
	mtx_unlock_spin(&m);
}

static void
m06_try(void *arg __unused)
{
	(void)mtx_trylock_spin(&m);
}

static void
m07(void *arg __unused)
{
	mtx_destroy(&m);
	mtx_lock(&m);
}

static void
m07_unlock(void *arg __unused)
{
	mtx_lock(&m);
	mtx_destroy(&m);
	mtx_unlock(&m);
}

static void
m07_try(void *arg __unused)
{
	mtx_destroy(&m);
	(void)mtx_trylock(&m);
}

static void
m07_spin(void *arg __unused)
{
	mtx_destroy(&s);
	mtx_lock_spin(&s);
}

static void
m08(void *arg __unused)
{
	hold_elsewhere();
	mtx_destroy(&m);
}

static void
m09_recursed(void *arg __unused)
{
	mtx_lock(&r);
	mtx_lock(&r);
	mtx_destroy(&r);
}

static void
m09_contested(void *arg __unused)
{
	mtx_lock(&m);
	spawn(taker, NULL, "taker");
	WAIT_FOR((_mtx_load(&m) & MTX_CONTESTED) != 0);
	mtx_destroy(&m);
}

static void
twice_destroyed(void *arg __unused)
{
	mtx_destroy(&m);
	mtx_destroy(&m);
}

static void
m10(void *arg __unused)
{
	mtx_init(&m, "m", NULL, MTX_DEF);
}

static void
m11(void *arg __unused)
{
	static struct mtx zeroed;

	mtx_destroy(&zeroed);
}

static void
m11_lock(void *arg __unused)
{
	static struct mtx zeroed;

	mtx_lock(&zeroed);
}

static void
m12(void *arg __unused)
{
	mtx_assert(&m, MA_OWNED);
}

static void
m13(void *arg __unused)
{
	mtx_lock(&m);
	mtx_assert(&m, MA_NOTOWNED);
}

static void
recursed(void *arg __unused)
{
	mtx_lock(&r);
	mtx_lock(&r);
	mtx_assert(&r, MA_OWNED | MA_NOTRECURSED);
}

static void
unrecursed(void *arg __unused)
{
	mtx_lock(&r);
	mtx_assert(&r, MA_OWNED | MA_RECURSED);
}

static void
unknown(void *arg __unused)
{
	mtx_assert(&r, 0x77);
}

static void
try_spin_recurse(void *arg __unused)
{
	(void)mtx_trylock_spin_flags(&s, MTX_RECURSE);
}

static void
bad_option(void *arg __unused)
{
	struct mtx x;

	mtx_init(&x, "x", NULL, 0x8000 | MTX_NEW);
}

static void
wait_myself(void *arg __unused)
{
	mtx_lock(&m);
	mtx_wait_unlocked(&m);
}

static void
m36_spin(void *arg __unused)
{
	mtx_lock_spin(&s);
	mtx_lock(&m);
}

static void
m36_critical(void *arg __unused)
{
	critical_enter();
	mtx_lock(&m);
}

static void
m37(void *arg __unused)
{
	hold_elsewhere();
	critical_enter();
	mtx_lock(&m);
}

static void
m60(void *arg __unused)
{
	mtx_lock(&m);
}

static void
m80(void *arg __unused)
{
	critical_exit();
}

static void
m81(void *arg __unused)
{
	mtx_lock(&m);
	curthread->td_locks = 0;
	mtx_unlock(&m);
}

#define	HERE	"*test_mutex.c:[0-9]*"
#define	INSIDE	"*kern_mutex.c:[0-9]*"

static const struct misuse rows[] = {
	ROW("M01", m01, "_mtx_lock_sleep: recursed on non-recursive mutex m @ "
	    HERE),
	ROW("M02", m02, "mtx_lock_spin: recursed on non-recursive mutex s @ "
	    HERE),
	ROW("M03", m03, "lock (sleep mutex) m not locked @ " HERE),
	ROW("M03 spin", m03_spin, "lock (spin mutex) s not locked @ " HERE),
	ROW("M03 other", m03_other, "lock (sleep mutex) m not locked @ " HERE),
	ROW("M04", m03, "mutex m not owned at " INSIDE, .config = &witness_off),
	ROW("M04 other", m03_other, "mutex m not owned at " INSIDE,
	    .config = &witness_off),
	ROW("M05", m05, "mtx_lock() of spin mutex s @ " HERE),
	ROW("M05 unlock", m05_unlock, "mtx_unlock() of spin mutex s @ " HERE),
	ROW("M05 try", m05_try, "mtx_trylock() of spin mutex s @ " HERE),
	ROW("M06", m06, "mtx_lock_spin() of sleep mutex m @ " HERE),
	ROW("M06 unlock", m06_unlock, "mtx_unlock_spin() of sleep mutex m @ "
	    HERE),
	ROW("M06 try", m06_try, "mtx_trylock_spin() of sleep mutex m @ " HERE),
	ROW("M07", m07, "mtx_lock() of destroyed mutex 0x* @ " HERE),
	ROW("M07 unlock", m07_unlock, "mtx_unlock() of destroyed mutex 0x* @ "
	    HERE),
	ROW("M07 try", m07_try, "mtx_trylock() of destroyed mutex 0x* @ " HERE),
	ROW("M07 spin", m07_spin, "mtx_lock_spin() of destroyed mutex 0x* @ "
	    HERE),
	ROW("M08", m08, "Assertion * failed at " INSIDE),
	ROW("M09 recursed", m09_recursed, "Assertion * failed at " INSIDE),
	ROW("M09 contested", m09_contested, "Assertion * failed at " INSIDE),
	ROW("second destroy", twice_destroyed, "Assertion * failed at "
	    INSIDE),
	ROW("M10", m10, "lock \"m\" 0x* already initialized"),
	ROW("M11", m11, "lock 0x* is not initialized"),
	ROW("M11 lock", m11_lock, "mtx_lock() of spin mutex (null) @ " HERE),
	ROW("M11 strict", m11_lock, "mtx_lock() of uninitialized mutex 0x* @ "
	    HERE, .config = &strict),
	ROW("M12", m12, "mutex m not owned at " HERE),
	ROW("M13", m13, "mutex m owned at " HERE),
	ROW("recursed", recursed, "mutex r recursed at " HERE),
	ROW("unrecursed", unrecursed, "mutex r unrecursed at " HERE),
	ROW("unknown", unknown, "unknown mtx_assert at " HERE),
	ROW("try recurse", try_spin_recurse, "mtx_trylock_spin: unsupp. opt "
	    "MTX_RECURSE on mutex s @ " HERE),
	ROW("option", bad_option, "Assertion * failed at " INSIDE),
	ROW("myself", wait_myself, "mtx_wait_unlocked() waiting on myself on "
	    "lock 0x* (m)"),
	ROW("M36 spin", m36_spin, "acquiring blockable sleep lock with spinlock "
	    "or critical section held (sleep mutex) m @ " HERE),
	ROW("M36 critical", m36_critical, "acquiring blockable sleep lock with "
	    "spinlock or critical section held (sleep mutex) m @ " HERE),
	ROW("M37", m37, "mi_switch: switch in a critical section",
	    .config = &witness_off),
	ROW("M60", m60, "userret: Returning with 1 locks held",
	    .config = &witness_off),
	ROW("M80", m80, "critical_exit: td_critnest == 0"),
	ROW("M81", m81, "Thread 0x* owns no locks"),
};
#endif

static void
test_misuse(void **state)
{
#ifdef INVARIANTS
	expect_misuse(rows, nitems(rows));
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_trylock),
		TEST(test_recursion),
		TEST(test_contention),
		TEST(test_exclusion),
		TEST(test_destroy_owned),
		TEST(test_spin),
		TEST(test_giant),
		TEST(test_pool),
		TEST(test_c11_names),
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
