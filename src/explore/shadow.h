/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What is known of each eight bytes of memory that instrumented code uses:
 * who accessed them in this run, for the race detector, and whether threads
 * share them, for the decision what is a scheduling point.
 *
 * The memory is the arena, the image, and the stacks.  Everything else, such
 * as thread-local variables and constants, is nobody else's business.
 */
#ifndef _SHADOW_H_
#define _SHADOW_H_

#include "engine.h"

#pragma GCC visibility push(hidden)

/* How memory is accessed.  Bits, so that kinds can be compared. */
enum vx_access {
	VX_PLAIN_READ = 0,
	VX_PLAIN_WRITE = 1,
	VX_IS_WRITE = 1,
	VX_IS_ATOMIC = 2,
	VX_IS_FREE = 4,		/* the end of the block: a write */
};

/* An access of this run that a later one may race with. */
struct vx_slot {
	union {
		struct {
			uint32_t clock;	/* of the thread, when it was */
			uint8_t	thread;
			uint8_t	mask;	/* which of the eight bytes */
			uint8_t	kind;	/* enum vx_access */
		};
		uint64_t what;		/* all of these, see vx_what() */
	};
	uintptr_t	site;
};

static inline uint64_t
vx_slot_what(const struct vx_thread *t, uint8_t mask, enum vx_access kind)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (t->clock | (uint64_t)t->id << 32 | (uint64_t)mask << 40 |
	    (uint64_t)kind << 48);
#else
	return ((uint64_t)t->clock << 32 | (uint64_t)t->id << 24 |
	    (uint64_t)mask << 16 | (uint64_t)kind << 8);
#endif
}

#define	VX_SLOTS	3

/*
 * One cache line.  (r) of the run `run`  (e) of the exploration: learned in
 * this run and those before
 */
struct vx_cell {
	uint32_t	run;		/* else the slots are empty */
	uint8_t		n;		/* (r) slots in use */
	uint8_t		room;		/* (r) beyond those in the cell */
	uint8_t		user;		/* (e) first thread, plus one; 0 */
	bool		shared : 1;	/* (e) by more than that thread */
	bool		written : 1;	/* (e) */
	bool		point : 1;	/* (e) plain accesses are points */
	uint32_t	more;		/* (r) index of the other slots */
	struct vx_slot	slots[VX_SLOTS];
};
_Static_assert(sizeof(struct vx_cell) == 64, "a cell is a cache line");

/* How closely memory is watched. */
enum vx_watch {
	VX_WATCH_NOTHING,
	VX_WATCH_MEMORY,	/* whether it may be used at all */
	VX_WATCH_ALL,		/* points and races besides */
};

extern enum vx_watch vx_watch;
/* vx.current if anything is watched, or NULL. */
extern struct vx_thread *vx_watched;
/* vx.run while what a cell holds may be believed at a glance; else no run. */
extern uint32_t vx_glance;
/* Accesses are compared, and what orders them is kept. */
extern bool vx_ordering;
/*
 * Every access is a point; those plain ones are whose memory threads share.
 * Where a race is a verdict they need not be: what a switch there could show
 * follows a race, and is shown by a switch before an operation that orders, or
 * the race is.
 */
extern bool vx_all_points, vx_plain_points;
/* The cells of the arena; NULL before there is instrumented code. */
extern struct vx_cell *vx_cells;

/* Instrumented code is there. */
void	vx_shadow_need(void);
/* The memory that there is, the arena apart; after set-up. */
void	vx_shadow_open(void);
void	vx_shadow_watch(enum vx_watch how);
void	vx_shadow_begin(void);		/* a run */
/* For a strategy's begin(): no plain access is a point in this run. */
void	vx_shadow_skim(void);
/* The cell of an address outside the arena; NULL: it is not watched. */
struct vx_cell	*vx_shadow_find(uintptr_t address);

/* Where the last one was found; not among the stacks. */
struct vx_region {
	uintptr_t	low;		/* of a granule */
	size_t		size;
	struct vx_cell	*cells;
};
extern struct vx_region vx_recent;

/* Without a search; NULL: not found so. */
static inline struct vx_cell *
vx_cell_near(uintptr_t address)
{
	uintptr_t offset = address - VX_ARENA_BASE;

	if (__builtin_expect(offset < VX_ARENA_SIZE, 1))
		return (&vx_cells[offset / 8]);
	if (address - vx_recent.low < vx_recent.size)
		return (&vx_recent.cells[(address - vx_recent.low) / 8]);
	return (NULL);
}

/* NULL: of no interest, as the thread's own stack. */
static inline struct vx_cell *
vx_cell_of(const struct vx_thread *t, uintptr_t address)
{
	struct vx_cell *c = vx_cell_near(address);

	if (c == NULL && address - t->fiber.thread.stack_low >= FIBER_STACK)
		c = vx_shadow_find(address);
	return (c);
}

/* --- what instrumented code does (access.c) ------------------------------- */

/* Before a plain access. */
void	vx_access(struct vx_thread *t, uintptr_t address, size_t size,
	    enum vx_access kind, uintptr_t site);
/*
 * Before an atomic one, and after it: how it orders, and whether it gave up the
 * last reference.
 */
void	vx_atomic(struct vx_thread *t, uintptr_t address, size_t size,
	    bool write, uintptr_t site);
enum {
	VX_ATOMIC_ACQUIRE = 1,
	VX_ATOMIC_RELEASE = 2,
	VX_ATOMIC_WROTE = 4,
	VX_ATOMIC_STORE = 8,	/* whatever was there */
};
void	vx_atomic_done(struct vx_thread *t, uintptr_t address, unsigned how,
	    bool last);
/* The block is given back: nobody may be using it. */
void	vx_freed(uintptr_t address, size_t size, uintptr_t site);
/* The block is given out anew: what was done to it does not count any more. */
void	vx_forget(uintptr_t address, size_t size);
/* The operation about to be performed needs living memory. */
void	vx_check_closely(const struct vx_thread *t);
static inline void
vx_check_object(const struct vx_thread *t)
{
	if (!vx_arena_fine(t->op.object, 1))
		vx_check_closely(t);
}

/* --- races (race.c) ------------------------------------------------------- */

void	vx_race_access(struct vx_thread *t, struct vx_cell *cell,
	    uintptr_t granule, uint8_t mask, enum vx_access kind,
	    uintptr_t site);

/* --- order (order.c) ------------------------------------------------------ */

void	vx_order_begin(void);		/* a run */
/* Did what `thread` did at `clock` happen before what `t` does now? */
bool	vx_ordered(const struct vx_thread *t, unsigned thread,
	    uint32_t clock);
void	vx_order_perform(struct vx_thread *t);	/* t->op has been performed */
void	vx_order_word(struct vx_thread *t);
void	vx_order_launch(struct vx_thread *child);
void	vx_order_join(struct vx_thread *t, const struct vx_thread *target);
void	vx_order_unpark(const struct vx_thread *target);
void	vx_order_unparked(struct vx_thread *t);
void	vx_order_acquire(struct vx_thread *t, uintptr_t object);
void	vx_order_release(struct vx_thread *t, uintptr_t object);
/* A store: what others released there cannot be acquired any more. */
void	vx_order_replace(struct vx_thread *t, uintptr_t object, bool release);

#pragma GCC visibility pop

#endif /* !_SHADOW_H_ */
