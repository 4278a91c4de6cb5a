/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What instrumented code is about to do to memory: may it, is it a scheduling
 * point, does it race?
 *
 * Memory that only one thread has used, in any run so far, is no business of
 * the scheduler's: a switch there changes nothing that another could see.  A
 * strategy that wants to have seen everything cannot rely on that.
 */
#include <stdio.h>
#include <string.h>

#include "shadow.h"

#define	REDZONE		64		/* how far a block is looked for */

static const char *
access_name(enum vx_access kind)
{
	static const char *const names[] = {
		"read", "write", "atomic read", "atomic write",
	};

	return ((kind & VX_IS_FREE) != 0 ? "free" : names[kind & 3]);
}

/* --- may it? -------------------------------------------------------------- */

/* The block that an address lies in, or shortly behind. */
static bool
block_near(uintptr_t address, uintptr_t *base, size_t *size)
{
	for (unsigned i = 0; i < REDZONE; i++)
		if (vx_arena_block(address - i, base, size))
			return (true);
	return (false);
}

static void __attribute__((__noreturn__, __cold__))
bad_memory(enum vx_memory state, const char *what, uintptr_t address,
    size_t size, uintptr_t site)
{
	char where[128];
	uintptr_t base;
	size_t length;

	(void)host_symbol((void *)site, where, sizeof(where));
	vx.verdict.report = vx_arena_report(address);
	if (!block_near(address, &base, &length))
		vx_fail(VS_OVERRUN, site, "%s of %zu bytes at %#jx, which "
		    "belongs to no block, in %s", what, size,
		    (uintmax_t)address, where);
	if (state == VX_MEM_FREED)
		vx_fail(VS_USE_AFTER_FREE, site, "%s of %zu bytes at %#jx, "
		    "offset %zu of a block of %zu bytes that was freed, in %s",
		    what, size, (uintmax_t)address, (size_t)(address - base),
		    length, where);
	vx_fail(VS_OVERRUN, site, "%s of %zu bytes at %#jx, offset %zu of a "
	    "block of %zu bytes, in %s", what, size, (uintmax_t)address,
	    (size_t)(address - base), length, where);
}

static void
check_closely(uintptr_t address, size_t size, const char *what,
    uintptr_t site)
{
	enum vx_memory state = vx_arena_state(address, size);

	if (state != VX_MEM_VALID)
		bad_memory(state, what, address, size, site);
}

static inline void
check_memory(uintptr_t address, size_t size, enum vx_access kind,
    uintptr_t site)
{
	if (!vx_arena_fine(address, size))
		check_closely(address, size, access_name(kind), site);
}

/* Objects that are nothing but a name may be gone: channels, threads. */
static bool
is_memory(unsigned kind)
{
	switch (kind) {
	case VS_OP_SLEEP:
	case VS_OP_WAKEUP:
	case VS_OP_WAKEUP_ONE:
	case VS_OP_TOUCH_QUEUE:
	case VS_OP_RESUME:
		return (false);
	default:
		return (kind < VS_OP_COUNT);
	}
}

void
vx_check_closely(const struct vx_thread *t)
{
	const struct vx_op *op = &t->op;
	enum vx_memory state;

	if (!is_memory(op->kind) ||
	    (state = vx_arena_state(op->object, 1)) == VX_MEM_VALID)
		return;
	bad_memory(state, op->kind == VS_OP_FREE ? "double free" :
	    vx_kind_name(op->kind), op->object, 1, op->site);
}

/* --- is it a point? ------------------------------------------------------- */

/* What is a point whatever is known of the memory. */
static inline bool
is_point(const struct vx_thread *t)
{
	return (vx_all_points || (t->stop_at != 0 &&
	    t->progress >= t->stop_at));
}

/* A thread that cannot be preempted just now has no points. */
static bool
may_step(const struct vx_thread *t)
{
	return (vx.accesses && (vx.strategy->exhaustive ||
	    (!t->quiet && t->spins == 0)));
}

/* Is it used by more than one thread, and changed by one? */
static inline bool
learn(const struct vx_thread *t, struct vx_cell *c, enum vx_access kind)
{
	if (c->user != t->id + 1) {
		if (c->user == 0)
			c->user = (uint8_t)(t->id + 1);
		else if (!c->shared)
			c->shared = true;
	}
	if ((kind & VX_IS_WRITE) != 0 && !c->written)
		c->written = true;
	if (!c->shared || !c->written)
		return (false);
	if (c->point != vx_plain_points) {
		vx.learned += vx_plain_points;
		c->point = vx_plain_points;
	}
	return (true);
}

static void
step(struct vx_thread *t, enum vx_kind kind, uintptr_t address, size_t size,
    uintptr_t site)
{
	t->op.what = vx_what(kind, size < UINT16_MAX ? (unsigned)size :
	    UINT16_MAX, (vx_kinds[kind].flags & VX_F_WRITE) != 0);
	t->op.caller = 0;
	t->op.object = address;
	t->op.site = site;
	vx_step(t);
}

/* --- plain accesses ------------------------------------------------------- */

/* The bytes of [low, high) that are in the granule. */
static uint8_t
bytes_of(uintptr_t granule, uintptr_t low, uintptr_t high)
{
	unsigned first = low > granule ? (unsigned)(low - granule) : 0;
	unsigned end = high - granule < 8 ? (unsigned)(high - granule) : 8;

	return ((uint8_t)((1u << end) - (1u << first)));
}

/* Most accesses are to one granule. */
static inline bool
learn_range(const struct vx_thread *t, struct vx_cell *c, uintptr_t low,
    uintptr_t high, enum vx_access kind)
{
	bool common = learn(t, c, kind);

	for (uintptr_t g = (low & ~(uintptr_t)7) + 8; g < high; g += 8)
		common |= learn(t, ++c, kind);
	return (common);
}

static inline void
race_range(struct vx_thread *t, struct vx_cell *c, uintptr_t low,
    uintptr_t high, enum vx_access kind, uintptr_t site)
{
	for (uintptr_t g = low & ~(uintptr_t)7; g < high; g += 8)
		vx_race_access(t, c++, g, bytes_of(g, low, high), kind, site);
}

/*
 * Of memory that threads share; and who does nothing but look at it waits for
 * somebody.
 */
static inline bool
is_common_point(struct vx_thread *t, bool common)
{
	if (t->progress < t->patience)
		return (common && vx_plain_points);
	t->patience = t->progress + VX_PATIENCE;
	return (common);
}

void
vx_access(struct vx_thread *t, uintptr_t address, size_t size,
    enum vx_access kind, uintptr_t site)
{
	uintptr_t end = address + size;
	struct vx_cell *c;

	if (size == 0)
		return;
	check_memory(address, size, kind, site);
	if (vx_watch != VX_WATCH_ALL || (c = vx_cell_of(t, address)) == NULL)
		return;
	if ((is_common_point(t, learn_range(t, c, address, end, kind)) ||
	    is_point(t)) && may_step(t)) {
		step(t, kind == VX_PLAIN_WRITE ? VX_WRITE : VX_READ, address,
		    size, site);
		check_memory(address, size, kind, site);
	} else
		t->progress++;
	race_range(t, c, address, end, kind, site);
}

void
vx_freed(uintptr_t address, size_t size, uintptr_t site)
{
	struct vx_thread *t = vx.current;
	struct vx_cell *c;

	if (vx_watch != VX_WATCH_ALL || t == NULL)
		return;
	if ((c = vx_cell_of(t, address)) == NULL)
		return;
	for (uintptr_t g = address; g < address + size; g += 8, c++) {
		if (c->run != vx.run)
			continue;
		vx_race_access(t, c, g, bytes_of(g, g, address + size),
		    VX_PLAIN_WRITE | VX_IS_FREE, site);
		c->run = 0;		/* from now on not at a glance */
	}
}

void
vx_forget(uintptr_t address, size_t size)
{
	struct vx_cell *c;

	if (vx_watch != VX_WATCH_ALL || vx.current == NULL)
		return;
	if ((c = vx_cell_of(vx.current, address)) == NULL)
		return;
	for (uintptr_t g = address; g < address + size; g += 8)
		c++->run = 0;
}

/* --- atomic accesses ------------------------------------------------------ */

/*
 * Was the operation announced already?  A function of atomic(9) or
 * refcount(9) may look at the word once before it changes it; nobody can come
 * between.
 */
static bool
announced(struct vx_thread *t, uintptr_t address, bool write)
{
	if (t->announced != address)
		return (false);
	if (write)
		return (t->announced_kind != VS_OP_ATOMIC_LOAD &&
		    t->announced_kind != VS_OP_REF_LOAD);
	if (t->announced_reads == 0 ||
	    t->announced_kind == VS_OP_ATOMIC_STORE)
		return (false);
	t->announced_reads--;
	return (true);
}

void
vx_atomic(struct vx_thread *t, uintptr_t address, size_t size, bool write,
    uintptr_t site)
{
	enum vx_access kind = write ? VX_IS_ATOMIC | VX_IS_WRITE :
	    VX_IS_ATOMIC;
	struct vx_cell *c;
	bool point;

	check_memory(address, size, kind, site);
	if (vx_watch != VX_WATCH_ALL || (c = vx_cell_of(t, address)) == NULL)
		return;
	point = learn_range(t, c, address, address + size, kind) ||
	    is_point(t);
	if (announced(t, address, write))
		point = false;
	else
		t->announced = 0;
	if (point && may_step(t)) {
		step(t, write ? VX_ATOMIC_RMW : VX_ATOMIC_READ, address, size,
		    site);
		check_memory(address, size, kind, site);
	} else
		t->progress++;
	race_range(t, c, address, address + size, kind, site);
}

static void
order(struct vx_thread *t, uintptr_t address, unsigned how)
{
	if ((how & VX_ATOMIC_ACQUIRE) != 0)
		vx_order_acquire(t, address);
	if ((how & VX_ATOMIC_STORE) != 0)
		vx_order_replace(t, address, (how & VX_ATOMIC_RELEASE) != 0);
	else if ((how & VX_ATOMIC_RELEASE) != 0)
		vx_order_release(t, address);
}

void
vx_atomic_done(struct vx_thread *t, uintptr_t address, unsigned how,
    bool last)
{
	/*
	 * Who gives up a reference that is not the last may not look at the
	 * object any more, so whatever others did to it is none of his
	 * business.
	 */
	if (!last && t->announced == address &&
	    t->announced_kind == VS_OP_REF_RELEASE)
		how &= ~(unsigned)VX_ATOMIC_ACQUIRE;
	if (vx_ordering)
		order(t, address, how);
	if ((how & VX_ATOMIC_WROTE) != 0)
		t->announced = 0;
}
