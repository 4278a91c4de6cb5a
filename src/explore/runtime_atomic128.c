/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Atomic operations on 16 bytes, which not every machine has: all of them are
 * performed here, so a lock makes them atomic to each other on real threads.
 */
#include <stdatomic.h>

#include "runtime_atomic.h"

__extension__ typedef unsigned __int128 wide;

static atomic_flag lock = ATOMIC_FLAG_INIT;

static void
enter(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		host_spinwait();
}

static void
leave(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

EXPORT wide
__tsan_atomic128_load(const volatile wide *p, int order)
{
	wide v;

	before(p, sizeof(v), false, HERE);
	enter();
	v = *p;
	leave();
	after_load(p, order);
	return (v);
}

EXPORT void
__tsan_atomic128_store(volatile wide *p, wide v, int order)
{
	before(p, sizeof(v), true, HERE);
	enter();
	*p = v;
	leave();
	after_store(p, order);
}

#define	UPDATE(name, expr)						\
EXPORT wide								\
__tsan_atomic128_##name(volatile wide *p, wide v, int order)		\
{									\
	wide old, new;							\
									\
	before(p, sizeof(v), true, HERE);				\
	enter();							\
	old = *p;							\
	*p = new = (expr);						\
	leave();							\
	after_update(p, order, new == 0);				\
	return (old);							\
}

UPDATE(exchange, v)
UPDATE(fetch_add, old + v)
UPDATE(fetch_sub, old - v)
UPDATE(fetch_and, old & v)
UPDATE(fetch_or, old | v)
UPDATE(fetch_xor, old ^ v)
UPDATE(fetch_nand, ~(old & v))

static bool
compare_exchange(volatile wide *p, wide *expected, wide v, int order,
    int failed, uintptr_t site)
{
	wide old;

	before(p, sizeof(v), true, site);
	enter();
	old = *p;
	if (old == *expected)
		*p = v;
	leave();
	if (old == *expected) {
		after_update(p, order, v == 0);
		return (true);
	}
	*expected = old;
	after_load(p, failed);
	return (false);
}

EXPORT int
__tsan_atomic128_compare_exchange_strong(volatile wide *p, wide *expected,
    wide v, int order, int failed)
{
	return (compare_exchange(p, expected, v, order, failed, HERE));
}

EXPORT int
__tsan_atomic128_compare_exchange_weak(volatile wide *p, wide *expected,
    wide v, int order, int failed)
{
	return (compare_exchange(p, expected, v, order, failed, HERE));
}

EXPORT wide
__tsan_atomic128_compare_exchange_val(volatile wide *p, wide expected, wide v,
    int order, int failed)
{
	(void)compare_exchange(p, &expected, v, order, failed, HERE);
	return (expected);
}
