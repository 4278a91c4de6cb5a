/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * refcount(9), atomic(9) and counter(9).  M and C numbers are those of the
 * tables in spec/locking.md.
 */
#include "lock_test.h"

#include <machine/atomic.h>
#include <sys/counter.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/refcount.h>

static u_int count;

static void
body_basics(void *arg __unused)
{
	refcount_init(&count, 1);
	CHECK(refcount_acquire(&count) == 1);
	CHECK(refcount_load(&count) == 2);
	CHECK(refcount_acquiren(&count, 3) == 2);
	CHECK(!refcount_releasen(&count, 3));
	CHECK(!refcount_release(&count));
	CHECK(!refcount_release_if_not_last(&count));	/* C45 */
	CHECK(refcount_release_if_last(&count));
	CHECK(!refcount_acquire_if_not_zero(&count));
	CHECK(refcount_load(&count) == 0);

	refcount_init(&count, 3);
	CHECK(!refcount_release_if_last(&count));
	CHECK(refcount_release_if_not_last(&count));
	CHECK(refcount_release_if_gt(&count, 1));
	CHECK(!refcount_release_if_gt(&count, 1));
	CHECK(!refcount_acquire_if_gt(&count, 1));
	CHECK(refcount_acquire_if_gt(&count, 0));
	CHECK(refcount_load(&count) == 2);
	CHECK(refcount_releasen(&count, 2));

	refcount_init(&count, 0x7ffffffe);
	CHECK(refcount_acquire_checked(&count));
	CHECK(!refcount_acquire_checked(&count));
	CHECK(refcount_load(&count) == 0x7fffffff);
}

static void
test_basics(void **state)
{
	run(body_basics, NULL);
}

/* --- two threads ---------------------------------------------------------- */

#define	ROUNDS	20000

static u_int shared[ROUNDS];
static int last;

static void
releaser(void *arg __unused)
{
	for (int i = 0; i < ROUNDS; i++)
		if (refcount_release(&shared[i]))
			__atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static void
body_race(void *arg __unused)			/* C46 */
{
	struct vs_thread *t[2];

	last = 0;
	for (int i = 0; i < ROUNDS; i++)
		refcount_init(&shared[i], 2);
	for (int i = 0; i < 2; i++)
		t[i] = spawn(releaser, NULL, "releaser");
	for (int i = 0; i < 2; i++)
		join(t[i]);
	CHECK(last == ROUNDS);
}

static void
test_race(void **state)
{
	run(body_race, NULL);
}

/* --- the ends of the range ------------------------------------------------ */

#ifdef INVARIANTS

static void
below_zero(void *arg __unused)
{
	refcount_init(&count, 0);
	(void)refcount_release(&count);
}

static void
above(void *arg __unused)
{
	refcount_init(&count, 0x7fffffff);
	(void)refcount_acquire(&count);
	(void)refcount_acquire(&count);
}

static void
bad_init(void *arg __unused)
{
	refcount_init(&count, 0x80000001);
}

static void
from_zero(void *arg __unused)
{
	refcount_init(&count, 0);
	(void)refcount_acquire(&count);
}

static const struct misuse misuse[] = {
	ROW("M65", below_zero, "refcount 0x* wraparound"),
	ROW("14", above, "refcount 0x* wraparound"),
	ROW("M67", bad_init, "invalid initial refcount value 2147483649"),
	ROW("M66", from_zero, "refcount 0x* acquired at zero",
	    .config = &strict),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
	/* FreeBSD does not mind. */
	boot();
	run(from_zero, NULL);
}

#else

static void
body_saturation(void *arg __unused)		/* C47 */
{
	refcount_init(&count, 0x7fffffff);
	(void)refcount_acquire(&count);
	(void)refcount_acquire(&count);
	CHECK(refcount_load(&count) == 0xc0000000);
	CHECK(!refcount_release(&count));
	CHECK(!refcount_release(&count));
	CHECK(REFCOUNT_SATURATED(refcount_load(&count)));
	CHECK(refcount_acquire_if_not_zero(&count));
	refcount_init(&count, 0);
	CHECK(!refcount_release(&count));
	CHECK(REFCOUNT_SATURATED(refcount_load(&count)));
}

static void
test_saturation(void **state)
{
	run(body_saturation, NULL);
}

#endif /* INVARIANTS */

/* --- atomic(9), counter(9) ------------------------------------------------ */

static void
body_atomic(void *arg __unused)
{
	volatile u_int word = 5;
	u_int old = 4;
	void *p = NULL;

	atomic_add_int(&word, 3);
	atomic_subtract_acq_int(&word, 1);
	CHECK(atomic_load_int(&word) == 7);
	CHECK(atomic_fetchadd_int(&word, 1) == 7);
	CHECK(atomic_cmpset_int(&word, 8, 9) != 0);
	CHECK(atomic_cmpset_rel_int(&word, 8, 9) == 0);
	CHECK(atomic_fcmpset_int(&word, &old, 1) == 0);
	CHECK(old == 9);
	atomic_set_int(&word, 0x10);
	atomic_clear_rel_int(&word, 0x1);
	CHECK(atomic_load_acq_int(&word) == 0x18);
	CHECK(atomic_testandset_int(&word, 0) == 0);
	CHECK(atomic_testandclear_int(&word, 4) == 1);
	CHECK(atomic_swap_int(&word, 2) == 9);
	CHECK(atomic_readandclear_int(&word) == 2);
	atomic_store_rel_int(&word, 1);
	atomic_store_ptr(&p, &old);
	CHECK(atomic_load_ptr(&p) == &old);
	atomic_thread_fence_seq_cst();
}

static void
test_atomic(void **state)
{
	run(body_atomic, NULL);
}

COUNTER_U64_DEFINE_EARLY(test_counter);

static void
body_counter(void *arg __unused)
{
	counter_u64_t c[2];

	counter_u64_add(test_counter, 5);
	counter_u64_add(test_counter, -2);
	CHECK(counter_u64_fetch(test_counter) == 3);
	counter_u64_zero(test_counter);
	CHECK(counter_u64_fetch(test_counter) == 0);
	COUNTER_ARRAY_ALLOC(c, 2, M_WAITOK);
	counter_u64_add(c[1], 1);
	CHECK(counter_u64_fetch(c[0]) == 0 && counter_u64_fetch(c[1]) == 1);
	COUNTER_ARRAY_FREE(c, 2);
}

static void
test_counters(void **state)
{
	run(body_counter, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),
		TEST(test_race),
#ifdef INVARIANTS
		TEST(test_misuse),
#else
		TEST(test_saturation),
#endif
		TEST(test_atomic),
		TEST(test_counters),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
