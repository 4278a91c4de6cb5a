/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Which operations depend on each other.
 *
 * An operation is seen here as an access: in what way it looks at or changes
 * one object.  Two accesses of different threads are independent if their
 * order cannot matter: neither changes what the other one does or finds, or
 * whether it can be done.  Whoever leaves out schedules because they differ
 * from others in the order of independent operations only relies on every
 * entry of the table in conflict.c.
 */
#ifndef _DEPEND_H_
#define _DEPEND_H_

#include "engine.h"

#pragma GCC visibility push(hidden)

/* An object is an address in one of these; the same in two is two objects. */
enum vx_space {
	VX_MEMORY,		/* bytes */
	VX_LOCK,
	VX_QUEUE,		/* a wait channel or condition variable */
	VX_EPOCH,
	VX_GENERAL,		/* unit numbers, tasks, callouts */
	VX_TOKEN,		/* of host_unpark(): the object is a thread */
	VX_CLOCK,		/* the one there is, with all deadlines */
	VX_BLOCK,		/* memory that is freed, with all in it */
};

/* In what way.  What a try or a request came to is known afterwards. */
enum vx_way {
	VX_UNLISTED,		/* of no kind of operation */
	VX_MEM_READ, VX_MEM_WRITE,
	VX_LOCK_X,		/* exclusive; waits until it can be had */
	VX_LOCK_XNOW,		/* exclusive, had at once */
	VX_LOCK_XFAIL,		/* a try that failed */
	VX_LOCK_QUEUED,		/* a writer announces itself */
	VX_LOCK_XDROP,
	VX_LOCK_S,		/* shared; waits */
	VX_LOCK_SNOW,
	VX_LOCK_SFAIL,
	VX_LOCK_SDROP,
	VX_LOCK_DOWN,		/* from exclusive to shared */
	VX_LOCK_LOOK,		/* racy look at owner or waiters */
	VX_LOCK_ALL,		/* birth and death of a lock */
	VX_QUEUE_CHANGE,
	VX_QUEUE_EMPTY,		/* a wake-up that found nobody */
	VX_EPOCH_IN, VX_EPOCH_OUT,
	VX_EPOCH_LOOK,		/* finds out who is inside */
	VX_GENERAL_CHANGE,
	VX_TOKEN_GIVE,		/* lets the thread go on */
	VX_TOKEN_AGAIN,		/* it could go on before */
	VX_TOKEN_TAKE,		/* the thread goes on */
	VX_TOKEN_LOOK,		/* the thread waits, for some time */
	VX_CLOCK_READ,
	VX_CLOCK_CHANGE,	/* of the time, or of a deadline */
	VX_CLOCK_END,		/* time is up when all of these are done */
	VX_BLOCK_FREE,
	VX_WAYS
};

struct vx_access {
	uintptr_t	object;
	uint32_t	size;		/* VX_MEMORY, VX_BLOCK: bytes */
	uint8_t		space;		/* enum vx_space */
	uint8_t		way;		/* enum vx_way */
};

/* Bit w: depends on an access of way w. */
extern const uint32_t vx_depends[VX_WAYS];
/*
 * Bit w: an access of way w is what has made this one possible, or shows that
 * it was not possible before.  Their order cannot be reversed.
 */
extern const uint32_t vx_follows[VX_WAYS];

/*
 * What an operation that is about to be performed accesses; false: nothing
 * that anybody else could.  A try or a request is taken to succeed.
 */
bool	vx_access_of(const struct vx_op *op, struct vx_access *a);
/* As the try or the request that it was turned out. */
uint8_t	vx_way_failed(uint8_t way);
/* As it may turn out another time: the way that depends on most. */
uint8_t	vx_way_any(uint8_t way);

static inline bool
vx_overlap(const struct vx_access *a, const struct vx_access *b)
{
	return (a->object < b->object + b->size &&
	    b->object < a->object + a->size);
}

static inline bool
vx_depend(const struct vx_access *a, const struct vx_access *b)
{
	if ((vx_depends[a->way] >> b->way & 1) == 0)
		return (false);
	if (a->space == VX_MEMORY || a->space == VX_BLOCK ||
	    b->space == VX_BLOCK)
		return (vx_overlap(a, b));
	return (a->object == b->object);
}

#pragma GCC visibility pop

#endif /* !_DEPEND_H_ */
