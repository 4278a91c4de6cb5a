/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Atomic operations: atomic(9), on the compiler's builtins.
 *
 * Every access is a scheduling point.
 */
#ifndef _KPI_MACHINE_ATOMIC_H_
#define _KPI_MACHINE_ATOMIC_H_

#include <sys/types.h>

#include <vnetsim/point.h>

#define	__ATOMIC_POINT(p)	VS_ACCESS(VS_OP_ATOMIC_UPDATE, p)

/* add, subtract, set (or), clear (and not) in one memory ordering. */
#define	__ATOMIC_ARITH(T, type, bar, order)				\
static __inline void							\
atomic_add_##bar##T(volatile type *p, type v)				\
{									\
	__ATOMIC_POINT(p);						\
	(void)__atomic_fetch_add(p, v, order);				\
}									\
static __inline void							\
atomic_subtract_##bar##T(volatile type *p, type v)			\
{									\
	__ATOMIC_POINT(p);						\
	(void)__atomic_fetch_sub(p, v, order);				\
}									\
static __inline void							\
atomic_set_##bar##T(volatile type *p, type v)				\
{									\
	__ATOMIC_POINT(p);						\
	(void)__atomic_fetch_or(p, v, order);				\
}									\
static __inline void							\
atomic_clear_##bar##T(volatile type *p, type v)				\
{									\
	__ATOMIC_POINT(p);						\
	(void)__atomic_fetch_and(p, (type)~v, order);			\
}

/* cmpset: non-zero if *p was old; fcmpset also reports what it was. */
#define	__ATOMIC_CMPSET(T, type, bar, order)				\
static __inline int							\
atomic_cmpset_##bar##T(volatile type *p, type old, type new)		\
{									\
	__ATOMIC_POINT(p);						\
	return (__atomic_compare_exchange_n(p, &old, new, false, order,	\
	    __ATOMIC_RELAXED));						\
}									\
static __inline int							\
atomic_fcmpset_##bar##T(volatile type *p, type *old, type new)		\
{									\
	__ATOMIC_POINT(p);						\
	return (__atomic_compare_exchange_n(p, old, new, true, order,	\
	    __ATOMIC_RELAXED));						\
}

#define	__ATOMIC_ACCESS(T, type)					\
static __inline type							\
atomic_load_acq_##T(const volatile type *p)				\
{									\
	VS_ACCESS(VS_OP_ATOMIC_LOAD, p);				\
	return (__atomic_load_n(p, __ATOMIC_ACQUIRE));			\
}									\
static __inline void							\
atomic_store_rel_##T(volatile type *p, type v)				\
{									\
	VS_ACCESS(VS_OP_ATOMIC_STORE, p);				\
	__atomic_store_n(p, v, __ATOMIC_RELEASE);			\
}

#define	__ATOMIC_BASIC(T, type)						\
	__ATOMIC_ARITH(T, type, , __ATOMIC_RELAXED)			\
	__ATOMIC_ARITH(T, type, acq_, __ATOMIC_ACQUIRE)			\
	__ATOMIC_ARITH(T, type, rel_, __ATOMIC_RELEASE)			\
	__ATOMIC_CMPSET(T, type, , __ATOMIC_RELAXED)			\
	__ATOMIC_CMPSET(T, type, acq_, __ATOMIC_ACQUIRE)		\
	__ATOMIC_CMPSET(T, type, rel_, __ATOMIC_RELEASE)		\
	__ATOMIC_ACCESS(T, type)

/* What only the wider types have: results of the old value. */
#define	__ATOMIC_FETCH(T, type)						\
static __inline type							\
atomic_fetchadd_##T(volatile type *p, type v)				\
{									\
	__ATOMIC_POINT(p);						\
	return (__atomic_fetch_add(p, v, __ATOMIC_RELAXED));		\
}									\
static __inline type							\
atomic_swap_##T(volatile type *p, type v)				\
{									\
	__ATOMIC_POINT(p);						\
	return (__atomic_exchange_n(p, v, __ATOMIC_RELAXED));		\
}									\
static __inline type							\
atomic_readandclear_##T(volatile type *p)				\
{									\
	__ATOMIC_POINT(p);						\
	return (__atomic_exchange_n(p, 0, __ATOMIC_RELAXED));		\
}									\
static __inline int							\
atomic_testandset_##T(volatile type *p, u_int bit)			\
{									\
	type mask = (type)1 << (bit % (8 * sizeof(type)));		\
									\
	__ATOMIC_POINT(p);						\
	return ((__atomic_fetch_or(p, mask, __ATOMIC_RELAXED) & mask) != 0); \
}									\
static __inline int							\
atomic_testandclear_##T(volatile type *p, u_int bit)			\
{									\
	type mask = (type)1 << (bit % (8 * sizeof(type)));		\
									\
	__ATOMIC_POINT(p);						\
	return ((__atomic_fetch_and(p, ~mask, __ATOMIC_RELAXED) & mask) != 0); \
}

__ATOMIC_BASIC(char, u_char)
__ATOMIC_BASIC(short, u_short)
__ATOMIC_BASIC(int, u_int)
__ATOMIC_BASIC(long, u_long)
__ATOMIC_BASIC(ptr, uintptr_t)
__ATOMIC_BASIC(8, uint8_t)
__ATOMIC_BASIC(16, uint16_t)
__ATOMIC_BASIC(32, uint32_t)
__ATOMIC_BASIC(64, uint64_t)
__ATOMIC_FETCH(int, u_int)
__ATOMIC_FETCH(long, u_long)
__ATOMIC_FETCH(ptr, uintptr_t)
__ATOMIC_FETCH(32, uint32_t)
__ATOMIC_FETCH(64, uint64_t)

/*
 * ThreadSanitizer does not understand fences; a word that everybody touches
 * orders no less.
 */
extern u_int atomic_fence_word;
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define	__ATOMIC_TSAN
#endif
#endif
#if !defined(VS_INSTRUMENTED) && \
    (defined(__SANITIZE_THREAD__) || defined(__ATOMIC_TSAN))
#define	__atomic_fence(order)						\
	(void)__atomic_fetch_add(&atomic_fence_word, 0, __ATOMIC_SEQ_CST)
#else
#define	__atomic_fence(order)	__atomic_thread_fence(order)
#endif

static __inline void
atomic_thread_fence_acq(void)
{
	__atomic_fence(__ATOMIC_ACQUIRE);
}

static __inline void
atomic_thread_fence_rel(void)
{
	__atomic_fence(__ATOMIC_RELEASE);
}

static __inline void
atomic_thread_fence_acq_rel(void)
{
	__atomic_fence(__ATOMIC_ACQ_REL);
}

static __inline void
atomic_thread_fence_seq_cst(void)
{
	__atomic_fence(__ATOMIC_SEQ_CST);
}

#define	mb()	__atomic_fence(__ATOMIC_SEQ_CST)
#define	rmb()	__atomic_fence(__ATOMIC_ACQUIRE)
#define	wmb()	__atomic_fence(__ATOMIC_RELEASE)

#include <sys/atomic_common.h>

#endif /* !_KPI_MACHINE_ATOMIC_H_ */
