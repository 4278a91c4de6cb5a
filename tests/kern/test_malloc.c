/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * malloc(9): sizes, accounts, failures on demand, misuse and leaks.  M and C
 * numbers are those of the tables in spec/locking.md.
 */
#include "lock_test.h"

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sx.h>

#include <stdlib.h>

static MALLOC_DEFINE(M_TEST, "test", "this test's memory");
static MALLOC_DEFINE(M_OTHER, "other", "other memory");

static struct mtx m, s;
MTX_SYSINIT(test_malloc, &m, "m", MTX_DEF);
MTX_SYSINIT(test_malloc_spin, &s, "s", MTX_SPIN);

static long
in_use(void)
{
	return (M_TEST->ks_memalloced - M_TEST->ks_memfreed);
}

/* --- sizes and accounts --------------------------------------------------- */

static void
test_sizes(void **state)
{
	static const struct {
		size_t	request, size;
	} sizes[] = {
		{ 0, 16 }, { 1, 16 }, { 16, 16 }, { 17, 32 }, { 33, 64 },
		{ 65, 128 }, { 129, 256 }, { 256, 256 }, { 257, 384 },
		{ 384, 384 }, { 385, 512 }, { 513, 1024 }, { 1025, 2048 },
		{ 4096, 4096 }, { 8193, 16384 }, { 32769, 65536 },
		{ 65536, 65536 }, { 65537, 69632 }, { 1000000, 1003520 }
	};

	for (size_t i = 0; i < nitems(sizes); i++)
		assert_int_equal(malloc_size(sizes[i].request), sizes[i].size);
}

static void
body_accounts(void *arg __unused)
{
	char *p;

	p = malloc(100, M_TEST, M_WAITOK);		/* C60 */
	CHECK(in_use() == 128);
	CHECK(malloc_usable_size(p) == 100);
	CHECK(((uintptr_t)p & 15) == 0);
	free(p, M_TEST);
	CHECK(in_use() == 0);
	CHECK(M_TEST->ks_allocs == 1 && M_TEST->ks_frees == 1);

	p = malloc(65537, M_TEST, M_NOWAIT | M_ZERO);
	CHECK(in_use() == 69632);
	for (int i = 0; i < 65537; i++)
		CHECK(p[i] == 0);
	zfree(p, M_TEST);
	free(NULL, M_TEST);
	CHECK(in_use() == 0 && M_TEST->ks_frees == 2);

	/* A free is charged to the type it names. */
	free(malloc(1, M_OTHER, M_WAITOK), M_TEST);
	CHECK(in_use() == -16);
	free(malloc(1, M_TEST, M_WAITOK), M_OTHER);
	CHECK(in_use() == 0);
	CHECK(malloc_desc2type("test") == M_TEST);
	CHECK(malloc_desc2type("no such type") == NULL);
}

static void
body_large(void *arg __unused)
{
	free(malloc(4 << 20, M_TEST, M_WAITOK), M_TEST);
}

/* The host keeps its sums loosely. */
static void
test_accounts(void **state)
{
	size_t before;

	run(body_accounts, NULL);
	before = vs_memory();
	assert_true(before > 0);
	run(body_large, NULL);
	assert_true(vs_memory_peak() >= before + (3 << 20));
}

static void
body_realloc(void *arg __unused)
{
	char *p;

	p = realloc(NULL, 4, M_TEST, M_WAITOK);
	memcpy(p, "abc", 4);
	p = realloc(p, 5000, M_TEST, M_WAITOK);
	CHECK(strcmp(p, "abc") == 0);
	p = realloc(p, 2, M_TEST, M_WAITOK);
	CHECK(p[0] == 'a' && p[1] == 'b');
	vs_fail_malloc(1);
	CHECK(realloc(p, 100, M_TEST, M_NOWAIT) == NULL);
	CHECK(p[0] == 'a');
	vs_fail_malloc(1);
	CHECK(reallocf(p, 100, M_TEST, M_NOWAIT) == NULL);
	CHECK(in_use() == 0);
}

static void
test_regrow(void **state)
{
	run(body_realloc, NULL);
}

static void
body_aligned(void *arg __unused)
{
	void *p;

	for (size_t align = 16; align <= PAGE_SIZE; align *= 2) {
		p = malloc_aligned(100, align, M_TEST, M_WAITOK | M_ZERO);
		CHECK(((uintptr_t)p & (align - 1)) == 0);
		memset(p, 1, 100);
		free(p, M_TEST);
	}
	p = mallocarray(3, 7, M_TEST, M_WAITOK);
	CHECK(in_use() == 32);
	free(p, M_TEST);
}

static void
test_aligned(void **state)
{
	run(body_aligned, NULL);
}

/* Host and kernel memory beside each other. */
static void
body_both(void *arg __unused)
{
	void *host = malloc(10), *kernel = malloc(10, M_TEST, M_WAITOK);

	host = realloc(host, 20);
	free(host);
	free(kernel, M_TEST);
}

static void
test_both(void **state)
{
	run(body_both, NULL);
}

/* --- failures on demand --------------------------------------------------- */

static void
body_fail(void *arg __unused)
{
	void *p[4];

	vs_fail_malloc(3);
	for (int i = 0; i < 4; i++) {
		CHECK(vs_fail_malloc_hit() == (i > 2));
		/* Those that may sleep do not count. */
		free(malloc(1, M_TEST, M_WAITOK), M_TEST);
		p[i] = malloc(1, M_TEST, M_NOWAIT);
		CHECK((p[i] == NULL) == (i == 2));
	}
	for (int i = 0; i < 4; i++)
		free(p[i], M_TEST);
	vs_fail_malloc(1);
	vs_fail_malloc(0);
	p[0] = malloc(1, M_TEST, M_NOWAIT);
	CHECK(p[0] != NULL && !vs_fail_malloc_hit());
	free(p[0], M_TEST);
}

static void
test_fail(void **state)
{
	run(body_fail, NULL);
}

/* --- leaks ---------------------------------------------------------------- */

static void
body_leak(void *arg __unused)
{
	(void)malloc(100, M_TEST, M_WAITOK);
	(void)malloc(10, M_TEST, M_WAITOK);
}

static void
test_leak(void **state)
{
	const struct vs_outcome *o;

	run(body_leak, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report,
	    "malloc type test: 2 allocations, 144 bytes"));
#ifdef INVARIANTS
	assert_non_null(strstr(o->report, "allocated at body_leak"));
#endif
	/* M78 */
	expect_console("Warning: memory type test leaked memory on destroy "
	    "(2 allocations, 144 bytes leaked).");
	/* The next kernel knows nothing of it. */
	boot();
	shutdown_clean();
}

#ifdef WITNESS
/* Two go with their memory; one was destroyed, one is nobody's business. */
static void
body_locks(void *arg __unused)
{
	struct {
		char	before[40];
		struct mtx live, destroyed, unwatched;
		struct sx sx;
	} *p = malloc(sizeof(*p), M_TEST, M_WAITOK | M_ZERO);

	mtx_init(&p->live, "live", NULL, MTX_DEF);
	mtx_init(&p->destroyed, "destroyed", NULL, MTX_DEF);
	mtx_init(&p->unwatched, "unwatched", NULL, MTX_DEF | MTX_NOWITNESS);
	sx_init(&p->sx, "live sx");
	mtx_destroy(&p->destroyed);
	free(p, M_TEST);
	/* So that the call is not this function's last act, but in it. */
	__asm__ volatile("" : : : "memory");
}

static void
test_locks(void **state)
{
	static const char report[] =
	    "lock live (sleep mutex) was not destroyed before its memory "
	    "(test) was freed at body_locks+0x*\n"
	    "lock live sx (sx) was not destroyed before its memory "
	    "(test) was freed at body_locks+0x*\n";
	const struct vs_outcome *o;

	run(body_locks, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	if (fnmatch(report, o->report, 0) != 0)
		fail_msg("unexpected report:\n%s", o->report);
	boot();
	shutdown_clean();
}
#endif

/* --- misuse --------------------------------------------------------------- */

static void
bad_free(void *arg __unused)
{
	char *p = malloc(200, M_TEST, M_WAITOK | M_ZERO);

	free(p + 64, M_TEST);
}

static void
overflow(void *arg __unused)
{
	(void)mallocarray(SIZE_MAX / 2, 3, M_TEST, M_WAITOK);
}

static const struct misuse misuse_always[] = {
	ROW("17.2", bad_free, "_free(0): address 0x*(0x*) has not been "
	    "allocated"),
	ROW("17.1", overflow, "mallocarray: * * 3 overflowed"),
};

static void
test_misuse_always(void **state)
{
	expect_misuse(misuse_always, nitems(misuse_always));
}

#ifdef INVARIANTS

static void
no_flag(void *arg __unused)
{
	(void)malloc(1, M_TEST, 0);
}

static void
both_flags(void *arg __unused)
{
	(void)malloc(1, M_TEST, M_WAITOK | M_NOWAIT);
}

static void
never_freed(void *arg __unused)
{
	(void)malloc(1, M_TEST, M_WAITOK | M_NEVERFREED);
}

static void
malloc_spin(void *arg __unused)
{
	mtx_lock_spin(&s);
	(void)malloc(1, M_TEST, M_NOWAIT);
}

static void
free_spin(void *arg __unused)
{
	void *p = malloc(1, M_TEST, M_WAITOK);

	mtx_lock_spin(&s);
	free(p, M_TEST);
}

static void
bad_type(void *arg __unused)
{
	static struct malloc_type zero;

	(void)malloc(1, &zero, M_WAITOK);
}

static void
wrong_type(void *arg __unused)
{
	free(malloc(1, M_TEST, M_WAITOK), M_OTHER);
}

static const struct misuse misuse[] = {
	ROW("M53", malloc_spin, "malloc: called with spinlock or critical "
	    "section held"),
	ROW("M53", free_spin, "free: called with spinlock or critical section "
	    "held"),
	ROW("M54", no_flag, "malloc: flags must include either M_WAITOK or "
	    "M_NOWAIT"),
	ROW("M54", both_flags, "malloc: flags may not include both M_WAITOK "
	    "and M_NOWAIT"),
	ROW("17.2", never_freed, "malloc: M_NEVERFREED is for internal use "
	    "only"),
	ROW("17.2", bad_type, "malloc: bad malloc type version"),
	ROW("17.4", wrong_type, "free: memory of type test freed as other",
	    .config = &strict),
};

static void
test_misuse(void **state)
{
	expect_misuse(misuse, nitems(misuse));
}

static void
body_locked(void *arg __unused)			/* M52 */
{
	mtx_lock(&m);
	free(malloc(100, M_TEST, M_WAITOK), M_TEST);
	free(malloc(100, M_TEST, M_NOWAIT), M_TEST);
	mtx_unlock(&m);
}

static void
test_locked(void **state)
{
	run(body_locked, NULL);
	expect_console("uma_zalloc_debug: zone \"malloc-128\" with the "
	    "following non-sleepable locks held:");
	assert_int_equal(vs_witness_reports(), 1);
}

static void
body_fresh(void *arg __unused)
{
	uint32_t *p = malloc(16, M_TEST, M_WAITOK);

	for (int i = 0; i < 4; i++)
		CHECK(p[i] == 0xdeadc0de);
	free(p, M_TEST);
}

static void
test_fresh(void **state)
{
	run(body_fresh, NULL);
}

#ifndef TEST_ASAN

static void
double_free(void *arg __unused)
{
	char *volatile p = malloc(10, M_TEST, M_WAITOK);

	free(p, M_TEST);
	free(p, M_TEST);
}

static void
overrun(void *arg __unused)
{
	char *volatile p = malloc(10, M_TEST, M_WAITOK);

	p[10] = 0;
	free(p, M_TEST);
}

static void
write_late(void *arg __unused)
{
	char *volatile p = malloc(10, M_TEST, M_WAITOK);

	free(p, M_TEST);
	p[0] = 1;
	/* Enough to push it out of the quarantine. */
	for (int i = 0; i < 64; i++)
		free(malloc(65536, M_TEST, M_WAITOK), M_TEST);
}

static const struct misuse misuse_memory[] = {
	ROW("M79", double_free, "Duplicate free of item 0x*"),
	ROW("17.2", overrun, "REDZONE: Buffer overflow detected. 1 byte "
	    "corrupted after 0x* (10 bytes allocated at overrun+0x*)."),
	ROW("17.2", write_late, "Memory modified after free 0x*(*) "
	    "val=dead*01 @ 0x*"),
};

static void
test_misuse_memory(void **state)
{
	expect_misuse(misuse_memory, nitems(misuse_memory));
}

#endif /* !TEST_ASAN */
#endif /* INVARIANTS */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_accounts),
		TEST(test_regrow),
		TEST(test_aligned),
		TEST(test_both),
		TEST(test_fail),
		TEST(test_leak),
#ifdef WITNESS
		TEST(test_locks),
#endif
		TEST(test_misuse_always),
#ifdef INVARIANTS
		TEST(test_misuse),
		TEST(test_locked),
		TEST(test_fresh),
#ifndef TEST_ASAN
		TEST(test_misuse_memory),
#endif
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
