/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Before and after an atomic operation of instrumented code.
 *
 * Memory orders are the compiler's numbers, whose low bits are these.
 */
#ifndef _RUNTIME_ATOMIC_H_
#define _RUNTIME_ATOMIC_H_

#include "shadow.h"

#define	EXPORT	__attribute__((visibility("default")))
#define	HERE	((uintptr_t)__builtin_return_address(0))

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
/* With a sanitizer of its own gcc knows them, as functions of void pointers. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

static inline unsigned
how_ordered(int order)
{
	switch (order & 0xff) {
	case __ATOMIC_CONSUME:
	case __ATOMIC_ACQUIRE:
		return (VX_ATOMIC_ACQUIRE);
	case __ATOMIC_RELEASE:
		return (VX_ATOMIC_RELEASE);
	case __ATOMIC_ACQ_REL:
	case __ATOMIC_SEQ_CST:
		return (VX_ATOMIC_ACQUIRE | VX_ATOMIC_RELEASE);
	default:
		return (0);
	}
}

static inline void
before(const volatile void *p, size_t size, bool write, uintptr_t site)
{
	if (vx_watched != NULL)
		vx_atomic(vx.current, (uintptr_t)p, size, write, site);
}

static inline void
after_load(const volatile void *p, int order)
{
	if (vx_watched != NULL)
		vx_atomic_done(vx.current, (uintptr_t)p, how_ordered(order) &
		    VX_ATOMIC_ACQUIRE, false);
}

static inline void
after_store(const volatile void *p, int order)
{
	if (vx_watched != NULL)
		vx_atomic_done(vx.current, (uintptr_t)p, (how_ordered(order) &
		    VX_ATOMIC_RELEASE) | VX_ATOMIC_WROTE | VX_ATOMIC_STORE,
		    false);
}

static inline void
after_update(const volatile void *p, int order, bool last)
{
	if (vx_watched != NULL)
		vx_atomic_done(vx.current, (uintptr_t)p, how_ordered(order) |
		    VX_ATOMIC_WROTE, last);
}

#endif /* !_RUNTIME_ATOMIC_H_ */
