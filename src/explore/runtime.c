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

/* Has it done that already, since it last released anything? */
static inline bool
seen(const struct vx_thread *t, const struct vx_slot *s, unsigned mask,
    enum vx_access kind)
{
	return (s->clock == t->clock && s->thread == t->id &&
	    (mask & ~(unsigned)s->mask) == 0 && (kind == VX_PLAIN_WRITE ?
	    s->kind == VX_PLAIN_WRITE : s->kind <= VX_PLAIN_WRITE));
}

static inline __attribute__((__always_inline__)) void
access_memory(const volatile void *p, size_t size, enum vx_access kind,
    uintptr_t site)
{
	struct vx_thread *t = vx_watched;
	uintptr_t address = (uintptr_t)p;
	const struct vx_cell *c;

	if (__builtin_expect(t == NULL, 1) ||
	    (vx_watch == VX_WATCH_MEMORY && vx_arena_fine(address, size)))
		return;
	if ((c = vx_cell_of(t, address)) == NULL)
		return;
	if (c->run == vx_glance && !c->point && seen(t, &c->slots[0],
	    ((1u << size) - 1) << address % 8, kind) &&
	    (t->progress < t->patience || !c->shared)) {
		t->progress++;
		return;
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

/* --- points of instrumented code ------------------------------------------ */

static bool
is_word(unsigned op)
{
	switch (op) {
	case VS_OP_ATOMIC_LOAD:
	case VS_OP_ATOMIC_STORE:
	case VS_OP_ATOMIC_UPDATE:
	case VS_OP_REF_ACQUIRE:
	case VS_OP_REF_RELEASE:
	case VS_OP_REF_LOAD:
		return (true);
	default:
		return (false);
	}
}

/*
 * VS_POINT() of instrumented code.  The access that an operation on a word
 * consists of comes next, and is part of it.
 */
void
vs_point(enum vs_op op, const volatile void *object)
{
	vs_point_fn *fn = __atomic_load_n(&vs_listener, __ATOMIC_RELAXED);
	struct vx_thread *t = vx_watched;

	if (fn == NULL)
		return;
	if (t == NULL) {
		fn(op, object);
		return;
	}
	vx_point(op, object, HERE, __builtin_frame_address(0));
	t->announced_kind = (uint16_t)(op & VS_OP_MASK);
	t->announced = is_word(t->announced_kind) ? (uintptr_t)object : 0;
	t->announced_reads = 1;
}
