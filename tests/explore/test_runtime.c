/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Memory accesses of instrumented code: each may be preempted, and none goes
 * to memory that is not there.
 */
#include "instrumented.h"

#include <sys/param.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>
#include <machine/atomic.h>

static MALLOC_DEFINE(M_SCENE, "scene", "memory of a scenario");

static char *volatile block;
static size_t where;		/* the argument */
static u_int counter;

static void
nothing(void *arg)
{
}

static void
block_setup(void *arg)
{
	where = (uintptr_t)arg;
	block = malloc(24, M_SCENE, M_WAITOK | M_ZERO);
}

static void
block_finally(void *arg)
{
	free(block, M_SCENE);
}

/* --- beyond a block ------------------------------------------------------- */

static void
block_write(void *arg)
{
	block[where] = 1;
}

static void
block_copy(void *arg)
{
	char from[8] = "1234567";

	memcpy(block + where, from, sizeof(from));
}

static void
block_print(void *arg)
{
	counter = strlen(block);
}

static void
block_fill_print(void *arg)
{
	memset(block, 'x', 24);
	block_print(arg);
}

static void
overrun(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(23, block_setup, block_write, nothing,
	    block_finally));
	assert_found(explore_with(24, block_setup, block_write, nothing,
	    block_finally), VS_OVERRUN, "write of 1 bytes");
	assert_found(explore_with((size_t)-1, block_setup, block_write,
	    nothing, block_finally), VS_OVERRUN, "write of 1 bytes");
}

static void
overrun_copy(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(16, block_setup, block_copy, nothing,
	    block_finally));
	assert_found(explore_with(17, block_setup, block_copy, nothing, block_finally),
	    VS_OVERRUN, "offset 17 of a block of 24 bytes");
}

static void
overrun_string(void **state)
{
	skip_if_plain();
	assert_clean(explore(block_setup, block_print, nothing,
	    block_finally));
	assert_found(explore(block_setup, block_fill_print, nothing,
	    block_finally), VS_OVERRUN, "read of");
}

/* --- after the end -------------------------------------------------------- */

static void
block_free(void *arg)
{
	free(block, M_SCENE);
}

static void
block_free_use(void *arg)
{
	free(block, M_SCENE);
	block[0] = 1;
}

static void
block_free_copy(void *arg)
{
	char to[8];

	free(block, M_SCENE);
	memcpy(to, block, sizeof(to));
}

static void
block_free_twice(void *arg)
{
	free(block, M_SCENE);
	free(block, M_SCENE);
}

static void
after_free(void **state)
{
	skip_if_plain();
	assert_clean(explore(block_setup, block_free, nothing, NULL));
	assert_found(explore(block_setup, block_free_use, nothing, NULL),
	    VS_USE_AFTER_FREE, "write of 1 bytes");
	assert_found(explore(block_setup, block_free_copy, nothing, NULL),
	    VS_USE_AFTER_FREE, "read of 8 bytes");
	assert_found(explore(block_setup, block_free_twice, nothing, NULL),
	    VS_USE_AFTER_FREE, "double free");
}

/* --- primitives, which announce no accesses ------------------------------- */

struct locked {
	struct mtx	mtx;
	volatile u_int	refs;
};
static struct locked *volatile locked;

static void
locked_setup(void *arg)
{
	locked = malloc(sizeof(*locked), M_SCENE, M_WAITOK | M_ZERO);
	mtx_init(&locked->mtx, "locked", NULL, MTX_DEF);
	refcount_init(&locked->refs, 1);
}

static void
locked_free(void *arg)
{
	mtx_destroy(&locked->mtx);
	free(locked, M_SCENE);
}

static void
locked_free_lock(void *arg)
{
	locked_free(arg);
	mtx_lock(&locked->mtx);
}

static void
locked_free_acquire(void *arg)
{
	locked_free(arg);
	refcount_acquire(&locked->refs);
}

static void
after_free_primitive(void **state)
{
	assert_clean(explore(locked_setup, locked_free, nothing, NULL));
	assert_found(explore(locked_setup, locked_free_lock, nothing, NULL),
	    VS_USE_AFTER_FREE, "mtx_lock");
	assert_found(explore(locked_setup, locked_free_acquire, nothing, NULL),
	    VS_USE_AFTER_FREE, "refcount_acquire");
}

/* --- points --------------------------------------------------------------- */

static void
counter_setup(void *arg)
{
	counter = 0;
}

static void
counter_lose(void *arg)
{
	atomic_store_int(&counter, atomic_load_int(&counter) + 1);
}

static void
counter_add(void *arg)
{
	atomic_add_int(&counter, 1);
}

static void
counter_check(void *arg)
{
	if (counter != 2)
		panic("an update was lost");
}

static void
atomics(void **state)
{
	assert_clean(explore(counter_setup, counter_add, counter_add,
	    counter_check));
	assert_found(explore(counter_setup, counter_lose, counter_lose,
	    counter_check), VS_PANIC, "lost");
}

/* Sixteen bytes, in whichever of its ways a compiler compares and swaps. */
#ifdef VS_INSTRUMENTED
__extension__ typedef unsigned __int128 wide;
static volatile wide wide_counter;

wide	__tsan_atomic128_load(const volatile wide *, int);
void	__tsan_atomic128_store(volatile wide *, wide, int);
wide	__tsan_atomic128_fetch_add(volatile wide *, wide, int);
int	__tsan_atomic128_compare_exchange_strong(volatile wide *, wide *,
	    wide, int, int);

#define	ONE	((wide)1 << 64 | 1)

static void
wide_setup(void *arg)
{
	wide_counter = 0;
}

static void
wide_lose(void *arg)
{
	__tsan_atomic128_store(&wide_counter, ONE +
	    __tsan_atomic128_load(&wide_counter, __ATOMIC_SEQ_CST),
	    __ATOMIC_SEQ_CST);
}

static void
wide_add(void *arg)
{
	(void)__tsan_atomic128_fetch_add(&wide_counter, ONE, __ATOMIC_SEQ_CST);
}

static void
wide_swap(void *arg)
{
	wide old = 0;

	while (!__tsan_atomic128_compare_exchange_strong(&wide_counter, &old,
	    old + ONE, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		continue;
}

static void
wide_check(void *arg)
{
	if (wide_counter != 2 * ONE)
		panic("lost");
}
#endif

static void
wide_atomics(void **state)
{
	skip_if_plain();
#ifdef VS_INSTRUMENTED
	assert_clean(explore(wide_setup, wide_add, wide_swap, wide_check));
	assert_clean(explore(wide_setup, wide_swap, wide_swap, wide_check));
	assert_found(explore(wide_setup, wide_lose, wide_lose, wide_check),
	    VS_PANIC, "lost");
#endif
}

/* Two reads of one word are two reads. */
static u_int *volatile pointer;

static void
pointer_setup(void *arg)
{
	counter = 1;
	pointer = &counter;
}

static void
pointer_clear(void *arg)
{
	__atomic_store_n(&pointer, NULL, __ATOMIC_RELAXED);
}

static void
pointer_use(void *arg)
{
	if (__atomic_load_n(&pointer, __ATOMIC_RELAXED) != NULL)
		KASSERT(__atomic_load_n(&pointer, __ATOMIC_RELAXED) != NULL,
		    ("gone between"));
}

static void
double_fetch(void **state)
{
	skip_if_plain();
	assert_found(explore(pointer_setup, pointer_use, pointer_clear, NULL),
	    VS_ASSERT, "gone between");
}

/* A function of atomic(9) is one step, though it looks and then changes. */
static void
ref_get(void *arg)
{
	if (refcount_acquire_if_gt(&counter, 0))
		KASSERT(refcount_load(&counter) > 1, ("taken from nobody"));
}

static void
one_step(void **state)
{
	assert_clean(explore(pointer_setup, ref_get, ref_get, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overrun),
		cmocka_unit_test(overrun_copy),
		cmocka_unit_test(overrun_string),
		cmocka_unit_test(after_free),
		cmocka_unit_test(after_free_primitive),
		cmocka_unit_test(atomics),
		cmocka_unit_test(wide_atomics),
		cmocka_unit_test(double_fetch),
		cmocka_unit_test(one_step),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
