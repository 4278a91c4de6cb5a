/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the compiler's thread-sanitizer instrumentation calls: plain accesses.
 *
 * gcc 12, clang 14 and clang 19 between them emit these; never is the real
 * libtsan there.  An access of a thread that has made the same access since
 * it last released anything ends here: a look at one cache line.
 */
#include "shadow.h"

#define	EXPORT	__attribute__((visibility("default")))
#define	HERE	((uintptr_t)__builtin_return_address(0))

/* Not in any header: the compiler knows them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
/* With a sanitizer of its own gcc knows them, of slightly other types. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

/* Is the thread's access that one, or a part of it? */
static inline bool
is_part(const struct vx_thread *t, const struct vx_slot *s, unsigned mask,
    enum vx_access kind)
{
	return (s->clock == t->clock && s->thread == t->id &&
	    (mask & ~(unsigned)s->mask) == 0 && (kind == VX_PLAIN_WRITE ?
	    s->kind == VX_PLAIN_WRITE : s->kind <= VX_PLAIN_WRITE));
}

/*
 * Has it done that already, since it last released anything?  Two words may
 * share a cell.
 */
static inline bool
seen(const struct vx_thread *t, const struct vx_cell *c, unsigned mask,
    enum vx_access kind)
{
	return (is_part(t, &c->slots[0], mask, kind) ||
	    (c->n > 1 && is_part(t, &c->slots[1], mask, kind)));
}

/*
 * Has it, and nobody else, done that in this run?  Then only the last time is
 * of interest.
 */
static inline bool
repeated(const struct vx_thread *t, const struct vx_cell *c, unsigned mask,
    enum vx_access kind)
{
	const struct vx_slot *s = &c->slots[0];

	return (c->n == 1 && s->thread == t->id && s->kind == kind &&
	    (s->mask & ~mask) == 0);
}

static inline __attribute__((__always_inline__)) void
access_memory(const volatile void *p, size_t size, enum vx_access kind,
    uintptr_t site)
{
	struct vx_thread *t = vx_watched;
	uintptr_t address = (uintptr_t)p;
	struct vx_cell *c;
	unsigned mask;

	if (__builtin_expect(t == NULL, 1))
		return;
	if ((c = vx_cell_near(address)) == NULL) {
		if (address - t->fiber.thread.stack_low >= FIBER_STACK)
			vx_access(t, address, size, kind, site);
		return;
	}
	mask = ((1u << size) - 1) << address % 8;
	if (c->run == vx_glance && !c->point && t->progress < t->patience) {
		if (seen(t, c, mask, kind)) {
			t->progress++;
			return;
		}
		if (repeated(t, c, mask, kind)) {
			c->slots[0].what = vx_slot_what(t, (uint8_t)mask, kind);
			c->slots[0].site = site;
			t->progress++;
			return;
		}
	}
	vx_access(t, address, size, kind, site);
}

static inline void
access_range(const volatile void *p, size_t size, enum vx_access kind,
    uintptr_t site)
{
	if (vx_watched != NULL && (vx_watch != VX_WATCH_MEMORY ||
	    !vx_arena_fine((uintptr_t)p, size)))
		vx_access(vx.current, (uintptr_t)p, size, kind, site);
}

#define	ACCESS(name, size, kind)					\
EXPORT void								\
__tsan_##name(void *p)							\
{									\
	access_memory(p, (size), (kind), HERE);				\
}
#define	ACCESSES(prefix, size)						\
	ACCESS(prefix##read##size, size, VX_PLAIN_READ)			\
	ACCESS(prefix##write##size, size, VX_PLAIN_WRITE)		\
	ACCESS(prefix##read_write##size, size, VX_PLAIN_WRITE)

#define	RANGE(name, size, kind)						\
EXPORT void								\
__tsan_##name(void *p)							\
{									\
	access_range(p, (size), (kind), HERE);				\
}
#define	RANGES(prefix, size)						\
	RANGE(prefix##read##size, size, VX_PLAIN_READ)			\
	RANGE(prefix##write##size, size, VX_PLAIN_WRITE)		\
	RANGE(prefix##read_write##size, size, VX_PLAIN_WRITE)

ACCESSES(, 1)
ACCESSES(, 2)
ACCESSES(, 4)
ACCESSES(, 8)
RANGES(, 16)
/* These may reach into a second granule. */
RANGES(unaligned_, 2)
RANGES(unaligned_, 4)
RANGES(unaligned_, 8)
RANGES(unaligned_, 16)
/* On request only: volatile(4) is no synchronisation. */
ACCESSES(volatile_, 1)
ACCESSES(volatile_, 2)
ACCESSES(volatile_, 4)
ACCESSES(volatile_, 8)
RANGES(volatile_, 16)
RANGES(unaligned_volatile_, 2)
RANGES(unaligned_volatile_, 4)
RANGES(unaligned_volatile_, 8)
RANGES(unaligned_volatile_, 16)

EXPORT void
__tsan_read_range(void *p, size_t size)
{
	access_range(p, size, VX_PLAIN_READ, HERE);
}

EXPORT void
__tsan_write_range(void *p, size_t size)
{
	access_range(p, size, VX_PLAIN_WRITE, HERE);
}

EXPORT void
__tsan_vptr_update(void **p, void *value)
{
	(void)value;
	access_memory(p, sizeof(*p), VX_PLAIN_WRITE, HERE);
}

EXPORT void
__tsan_vptr_read(void **p)
{
	access_memory(p, sizeof(*p), VX_PLAIN_READ, HERE);
}

/* Stacks are walked when somebody wants to see them. */
EXPORT void
__tsan_func_entry(void *pc)
{
	(void)pc;
}

EXPORT void
__tsan_func_exit(void)
{
}

/* Each instrumented object's constructor calls it. */
EXPORT void
__tsan_init(void)
{
	vx_shadow_need();
}

/* --- annotations ---------------------------------------------------------- */

EXPORT void
__tsan_acquire(void *p)
{
	if (vx_ordering)
		vx_order_acquire(vx.current, (uintptr_t)p);
}

EXPORT void
__tsan_release(void *p)
{
	if (vx_ordering)
		vx_order_release(vx.current, (uintptr_t)p);
}
