/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Reference counts: refcount(9).
 *
 * A counter is an unsigned int of 0 to 2^31-1.  Bit 31 means saturated: a
 * count that went wrong panics with INVARIANTS and otherwise stays saturated
 * for ever, so that the object leaks rather than being freed early.
 */
#ifndef _KPI_SYS_REFCOUNT_H_
#define _KPI_SYS_REFCOUNT_H_

#include <sys/types.h>
#include <sys/kassert.h>

#include <vnetsim/point.h>

#define	REFCOUNT_SATURATED(val)		(((val) & (1U << 31)) != 0)
#define	REFCOUNT_SATURATION_VALUE	(3U << 30)

/* Panics with "refcount %p wraparound", or saturates the counter. */
void	_refcount_update_saturated(volatile u_int *count);
/* vs_config.strict: reports an acquire of a counter that is zero. */
void	_refcount_acquire_dead(volatile u_int *count);
extern int vs_strict;

static __inline void
refcount_init(volatile u_int *count, u_int value)
{
	KASSERT(!REFCOUNT_SATURATED(value),
	    ("invalid initial refcount value %u", value));
	__atomic_store_n(count, value, __ATOMIC_RELAXED);
}

static __inline u_int
refcount_load(volatile u_int *count)
{
	VS_POINT(VS_OP_REF_LOAD, count);
	return (__atomic_load_n(count, __ATOMIC_RELAXED));
}

/* Returns the old value. */
static __inline u_int
refcount_acquiren(volatile u_int *count, u_int n)
{
	u_int old;

	KASSERT(n < REFCOUNT_SATURATION_VALUE / 2,
	    ("refcount_acquiren: n=%u too large", n));
	VS_POINT(VS_OP_REF_ACQUIRE, count);
	old = __atomic_fetch_add(count, n, __ATOMIC_RELAXED);
	if (__predict_false(REFCOUNT_SATURATED(old)))
		_refcount_update_saturated(count);
#ifdef INVARIANTS
	if (__predict_false(old == 0 && vs_strict))
		_refcount_acquire_dead(count);
#endif
	return (old);
}

static __inline u_int
refcount_acquire(volatile u_int *count)
{
	return (refcount_acquiren(count, 1));
}

/* False, with nothing changed, if one more would saturate. */
static __inline __attribute__((__warn_unused_result__)) bool
refcount_acquire_checked(volatile u_int *count)
{
	u_int old;

	VS_POINT(VS_OP_REF_ACQUIRE, count);
	old = __atomic_load_n(count, __ATOMIC_RELAXED);
	do {
		if (__predict_false(REFCOUNT_SATURATED(old + 1)))
			return (false);
	} while (!__atomic_compare_exchange_n(count, &old, old + 1, true,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return (true);
}

/* Acquires only while the value is above n; true also when saturated. */
static __inline __attribute__((__warn_unused_result__)) bool
refcount_acquire_if_gt(volatile u_int *count, u_int n)
{
	u_int old;

	VS_POINT(VS_OP_REF_ACQUIRE, count);
	old = __atomic_load_n(count, __ATOMIC_RELAXED);
	while (old > n && !REFCOUNT_SATURATED(old) &&
	    !__atomic_compare_exchange_n(count, &old, old + 1, true,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		continue;
	return (old > n);
}

/* True if this was the last reference: the caller frees the object. */
static __inline bool
refcount_releasen(volatile u_int *count, u_int n)
{
	u_int old;

	KASSERT(n < REFCOUNT_SATURATION_VALUE / 2,
	    ("refcount_releasen: n=%u too large", n));
	VS_POINT(VS_OP_REF_RELEASE, count);
	old = __atomic_fetch_sub(count, n, __ATOMIC_ACQ_REL);
	if (__predict_false(old < n || REFCOUNT_SATURATED(old))) {
		_refcount_update_saturated(count);
		return (false);
	}
	return (old == n);
}

static __inline bool
refcount_release(volatile u_int *count)
{
	return (refcount_releasen(count, 1));
}

/* For an object found in a table that does not keep it alive. */
static __inline __attribute__((__warn_unused_result__)) bool
refcount_acquire_if_not_zero(volatile u_int *count)
{
	return (refcount_acquire_if_gt(count, 0));
}

/* Releases only while low <= value <= high. */
static __inline __attribute__((__warn_unused_result__)) bool
_refcount_release_if_cond(volatile u_int *count, u_int low, u_int high)
{
	u_int old;

	VS_POINT(VS_OP_REF_RELEASE, count);
	old = __atomic_load_n(count, __ATOMIC_RELAXED);
	do {
		if (old < low || old > high || REFCOUNT_SATURATED(old))
			return (false);
	} while (!__atomic_compare_exchange_n(count, &old, old - 1, true,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return (true);
}

static __inline __attribute__((__warn_unused_result__)) bool
refcount_release_if_gt(volatile u_int *count, u_int n)
{
	KASSERT(n > 0, ("%s: zero increment", __func__));
	return (_refcount_release_if_cond(count, n + 1, ~0U));
}

static __inline __attribute__((__warn_unused_result__)) bool
refcount_release_if_last(volatile u_int *count)
{
	return (_refcount_release_if_cond(count, 1, 1));
}

static __inline __attribute__((__warn_unused_result__)) bool
refcount_release_if_not_last(volatile u_int *count)
{
	return (_refcount_release_if_cond(count, 2, ~0U));
}

#endif /* !_KPI_SYS_REFCOUNT_H_ */
