/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The bad ends of a reference count; refcount(9) itself is inline, and so is
 * atomic(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/refcount.h>
#include <machine/atomic.h>

/* What the fences of atomic(9) touch for ThreadSanitizer's sake. */
u_int atomic_fence_word;

void
_refcount_update_saturated(volatile u_int *count)
{
#ifdef INVARIANTS
	panic("refcount %p wraparound", __DEVOLATILE(void *, count));
#else
	/* Far from both ends, so that late releases do not reach zero. */
	__atomic_store_n(count, REFCOUNT_SATURATION_VALUE, __ATOMIC_RELAXED);
#endif
}

void
_refcount_acquire_dead(volatile u_int *count)
{
	panic("refcount %p acquired at zero", __DEVOLATILE(void *, count));
}
