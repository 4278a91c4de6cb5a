/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the compiler's thread-sanitizer instrumentation calls: atomic
 * operations.  They are performed here; truly atomic, for an instrumented
 * kernel may run on real threads as well.
 */
#include "runtime_atomic.h"

#define	UPDATE(bits, type, name, builtin, expr)				\
EXPORT type								\
__tsan_atomic##bits##_##name(volatile type *p, type v, int order)	\
{									\
	type old;							\
									\
	before(p, sizeof(type), true, HERE);				\
	old = builtin(p, v, __ATOMIC_SEQ_CST);				\
	after_update(p, order, (type)(expr) == 0);			\
	return (old);							\
}

/* Nothing fails for no reason here: weak is as strong as the other. */
#define	COMPARE(bits, type, how)					\
EXPORT int								\
__tsan_atomic##bits##_compare_exchange_##how(volatile type *p,		\
    type *expected, type v, int order, int failed)			\
{									\
	before(p, sizeof(type), true, HERE);				\
	if (__atomic_compare_exchange_n(p, expected, v, false,		\
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {			\
		after_update(p, order, v == 0);				\
		return (1);						\
	}								\
	after_load(p, failed);						\
	return (0);							\
}

#define	ATOMICS(bits, type)						\
EXPORT type								\
__tsan_atomic##bits##_load(const volatile type *p, int order)		\
{									\
	type v;								\
									\
	before(p, sizeof(type), false, HERE);				\
	v = __atomic_load_n(p, __ATOMIC_SEQ_CST);			\
	after_load(p, order);						\
	return (v);							\
}									\
EXPORT void								\
__tsan_atomic##bits##_store(volatile type *p, type v, int order)	\
{									\
	before(p, sizeof(type), true, HERE);				\
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);			\
	after_store(p, order);						\
}									\
UPDATE(bits, type, exchange, __atomic_exchange_n, v)			\
UPDATE(bits, type, fetch_add, __atomic_fetch_add, old + v)		\
UPDATE(bits, type, fetch_sub, __atomic_fetch_sub, old - v)		\
UPDATE(bits, type, fetch_and, __atomic_fetch_and, old & v)		\
UPDATE(bits, type, fetch_or, __atomic_fetch_or, old | v)		\
UPDATE(bits, type, fetch_xor, __atomic_fetch_xor, old ^ v)		\
UPDATE(bits, type, fetch_nand, __atomic_fetch_nand, ~(old & v))		\
COMPARE(bits, type, strong)						\
COMPARE(bits, type, weak)						\
EXPORT type								\
__tsan_atomic##bits##_compare_exchange_val(volatile type *p,		\
    type expected, type v, int order, int failed)			\
{									\
	before(p, sizeof(type), true, HERE);				\
	if (__atomic_compare_exchange_n(p, &expected, v, false,		\
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))			\
		after_update(p, order, v == 0);				\
	else								\
		after_load(p, failed);					\
	return (expected);						\
}

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

/*
 * A fence acquires what the fences of others released: they all meet at one
 * address.  It is no access, and so no scheduling point.
 */
static char fences;

EXPORT void
__tsan_atomic_thread_fence(int order)
{
	unsigned how = how_ordered(order);

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!vx_ordering)
		return;
	if ((how & VX_ATOMIC_ACQUIRE) != 0)
		vx_order_acquire(vx.current, (uintptr_t)&fences);
	if ((how & VX_ATOMIC_RELEASE) != 0)
		vx_order_release(vx.current, (uintptr_t)&fences);
}

EXPORT void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
