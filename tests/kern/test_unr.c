/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * unr(9), against a plain bitmap.  M and C numbers are those of the tables in
 * spec/locking.md.
 */
#include "lock_test.h"

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include <stdlib.h>

static struct mtx m;
MTX_SYSINIT(test_unr, &m, "m", MTX_DEF);

static void
body_order(void *arg __unused)			/* C43 */
{
	struct unrhdr *uh = new_unrhdr(0, 3, NULL);

	for (int i = 0; i < 4; i++)
		CHECK(alloc_unr(uh) == i);
	CHECK(alloc_unr(uh) == -1);
	free_unr(uh, 2);
	free_unr(uh, 1);
	CHECK(alloc_unr(uh) == 1);
	CHECK(alloc_unr(uh) == 2);
	for (int i = 0; i < 4; i++)
		free_unr(uh, i);
	delete_unrhdr(uh);
}

static void
body_specific(void *arg __unused)		/* C44 */
{
	struct unrhdr *uh = new_unrhdr(2, 10, UNR_NO_MTX);

	CHECK(alloc_unr_specific(uh, 5) == 5);
	CHECK(alloc_unr_specific(uh, 5) == -1);
	free_unr(uh, 5);
	CHECK(alloc_unr_specific(uh, 5) == 5);
	CHECK(alloc_unr_specific(uh, 1) == -1);
	CHECK(alloc_unr_specific(uh, 11) == -1);
	CHECK(alloc_unr(uh) == 2);
	CHECK(alloc_unr(uh) == 3);
	CHECK(alloc_unr(uh) == 4);
	CHECK(alloc_unr(uh) == 6);
	clear_unrhdr(uh);
	delete_unrhdr(uh);
}

static void
body_mutex(void *arg __unused)
{
	struct unrhdr *uh = new_unrhdr(0, 100, &m);
	struct unrhdr64 u64;

	CHECK(alloc_unr(uh) == 0);
	mtx_lock(&m);
	CHECK(alloc_unrl(uh) == 1);
	clean_unrhdrl(uh);
	mtx_unlock(&m);
	clean_unrhdr(uh);
	free_unr(uh, 0);
	free_unr(uh, 1);
	delete_unrhdr(uh);
	new_unrhdr64(&u64, 7);
	CHECK(alloc_unr64(&u64) == 7);
	CHECK(alloc_unr64(&u64) == 8);
}

static void
test_basics(void **state)
{
	run(body_order, NULL);
	run(body_specific, NULL);
	run(body_mutex, NULL);
}

/* --- against a bitmap ----------------------------------------------------- */

#define	LOW	3
#define	UNITS	400
#define	STEPS	20000

static bool model[UNITS];

static int
model_lowest(void)
{
	for (int i = 0; i < UNITS; i++)
		if (!model[i])
			return (i);
	return (-LOW - 1);
}

static void
model_compare(struct unrhdr *uh)
{
	void *it = create_iter_unr(uh);

	for (int i = 0; i < UNITS; i++)
		if (model[i])
			CHECK(next_iter_unr(it) == LOW + i);
	CHECK(next_iter_unr(it) == -1);
	free_iter_unr(it);
}

/* Mostly full, mostly empty, and in between, by turns. */
static void
model_step(struct unrhdr *uh, unsigned step)
{
	unsigned bias = step / 1000 % 4, r = random() % 8;
	int i = random() % UNITS, lowest = model_lowest();

	if (r < bias) {
		CHECK(alloc_unr(uh) == lowest + LOW);
		if (lowest >= 0)
			model[lowest] = true;
	} else if (r < 2 * bias) {
		CHECK(alloc_unr_specific(uh, LOW + i) ==
		    (model[i] ? -1 : LOW + i));
		model[i] = true;
	} else if (model[i]) {
		free_unr(uh, LOW + i);
		model[i] = false;
	}
}

static void
body_model(void *arg __unused)
{
	struct unrhdr *uh = new_unrhdr(LOW, LOW + UNITS - 1, NULL);

	memset(model, 0, sizeof(model));
	srandom(1);
	for (unsigned step = 0; step < STEPS; step++) {
		model_step(uh, step);
		if (step % 97 == 0)
			model_compare(uh);
	}
	for (int i = 0; i < UNITS; i++)
		if (model[i])
			free_unr(uh, LOW + i);
	clean_unrhdr(uh);
	delete_unrhdr(uh);
}

static void
test_model(void **state)
{
	run(body_model, NULL);
}

/* --- memory --------------------------------------------------------------- */

static void
body_memory(void *arg __unused)
{
	struct malloc_type *mtp = malloc_desc2type("Unitno");
	uint64_t before;
	struct unrhdr *uh;
	int i;

	uh = new_unrhdr(0, 32767, NULL);
	before = mtp->ks_memalloced - mtp->ks_memfreed;
	/* Dense from the start, and far apart. */
	for (i = 0; i < 1000; i++)
		CHECK(alloc_unr(uh) == i);
	for (i = 1; i < 10; i++)
		CHECK(alloc_unr_specific(uh, i * 3000) == i * 3000);
	CHECK(mtp->ks_memalloced - mtp->ks_memfreed - before < 512);
	/* The worst pattern: every second one. */
	clear_unrhdr(uh);
	for (i = 1; i < 32768; i += 2)
		CHECK(alloc_unr_specific(uh, i) == i);
	CHECK(mtp->ks_memalloced - mtp->ks_memfreed - before <= 32768);
	for (i = 0; i < 32768; i += 2)
		CHECK(alloc_unr(uh) == i);
	CHECK(alloc_unr(uh) == -1);
	CHECK(mtp->ks_memalloced - mtp->ks_memfreed == before);
	clear_unrhdr(uh);
	delete_unrhdr(uh);
}

static void
test_memory(void **state)
{
	run(body_memory, NULL);
}

/* --- misuse --------------------------------------------------------------- */

#ifdef INVARIANTS

static void
free_free(void *arg __unused)
{
	struct unrhdr *uh = new_unrhdr(0, 9, NULL);

	CHECK(alloc_unr(uh) == 0);
	free_unr(uh, 3);
}

static void
free_outside(void *arg __unused)
{
	free_unr(new_unrhdr(2, 9, NULL), 10);
}

static void
delete_busy(void *arg __unused)
{
	struct unrhdr *uh = new_unrhdr(0, 9, NULL);

	CHECK(alloc_unr(uh) == 0);
	delete_unrhdr(uh);
}

static void
bad_range(void *arg __unused)
{
	(void)new_unrhdr(5, 4, NULL);
}

static const struct misuse misuse[] = {
	ROW("M68", free_free, "UNR: Freeing free item 3 (bitmap)"),
	ROW("M69", free_outside, "UNR: free_unr(10) out of range \\[2...9]"),
	ROW("M70", delete_busy, "unrhdr has 1 allocations"),
	ROW("15", bad_range, "UNR: use error: new_unrhdr(5, 4)"),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

static void
body_locked(void *arg __unused)			/* M71, C42 */
{
	struct unrhdr *uh = new_unrhdr(0, 9, NULL);

	CHECK(alloc_unr(uh) == 0);
	mtx_lock(&m);
	free_unr(uh, 0);
	mtx_unlock(&m);
	delete_unrhdr(uh);
}

static void
test_locked(void **state)
{
	run(body_locked, NULL);
	expect_console("free_unr with the following non-sleepable locks held:");
	expect_console("zone \"malloc-32\" with the following non-sleepable "
	    "locks held:");
	assert_int_equal(vs_witness_reports(), 3);
	run(body_locked, NULL);
	assert_int_equal(vs_witness_reports(), 6);
}

#endif /* INVARIANTS */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),
		TEST(test_model),
		TEST(test_memory),
#ifdef INVARIANTS
		TEST(test_misuse),
		TEST(test_locked),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
