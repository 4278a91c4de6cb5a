/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The dependency relation, see depend.h.
 *
 * Where it says more than "everything depends on everything" there is a
 * reason in the semantics of the object:
 *
 *  - Readers do not disturb each other: memory, shared locks, epochs.
 *  - A try that fails has only looked.
 *  - A writer's announcement holds up readers; other writers, and tries, do
 *    not look at it.
 *  - A wake-up that finds nobody has changed nothing; only the order of it
 *    and of who comes to sleep matters.
 *  - Ends of the scenario's threads commute; time stops after the last, so each
 *    comes before or after a change of the time, or of a deadline.
 */
#include "depend.h"

#define	B(way)		((uint32_t)1 << VX_##way)

#define	LOCK_WAYS	(B(LOCK_X) | B(LOCK_XNOW) | B(LOCK_XFAIL) |	\
	B(LOCK_QUEUED) | B(LOCK_XDROP) | B(LOCK_S) | B(LOCK_SNOW) |	\
	B(LOCK_SFAIL) | B(LOCK_SDROP) | B(LOCK_DOWN) | B(LOCK_LOOK) |	\
	B(LOCK_ALL) | B(BLOCK_FREE))
#define	LOCK_SHARED	(B(LOCK_S) | B(LOCK_SNOW) | B(LOCK_SFAIL) |	\
	B(LOCK_SDROP))
#define	LOCK_LOOKERS	(B(LOCK_XFAIL) | B(LOCK_SFAIL) | B(LOCK_LOOK))
#define	QUEUE_WAYS	(B(QUEUE_CHANGE) | B(QUEUE_EMPTY) | B(BLOCK_FREE))
#define	TOKEN_WAYS	(B(TOKEN_GIVE) | B(TOKEN_AGAIN) |		\
	B(TOKEN_TAKE) | B(TOKEN_LOOK))

const uint32_t vx_depends[VX_WAYS] = {
	[VX_MEM_READ] = B(MEM_WRITE) | B(BLOCK_FREE),
	[VX_MEM_WRITE] = B(MEM_READ) | B(MEM_WRITE) | B(BLOCK_FREE),
	[VX_LOCK_X] = LOCK_WAYS,
	[VX_LOCK_XNOW] = LOCK_WAYS,
	[VX_LOCK_XFAIL] = LOCK_WAYS & ~(LOCK_LOOKERS | B(LOCK_QUEUED)),
	[VX_LOCK_QUEUED] = LOCK_WAYS & ~(B(LOCK_XFAIL) | B(LOCK_SFAIL) |
	    B(LOCK_QUEUED)),
	[VX_LOCK_XDROP] = LOCK_WAYS,
	[VX_LOCK_S] = LOCK_WAYS & ~LOCK_SHARED,
	[VX_LOCK_SNOW] = LOCK_WAYS & ~LOCK_SHARED,
	[VX_LOCK_SFAIL] = LOCK_WAYS & ~(LOCK_SHARED | LOCK_LOOKERS |
	    B(LOCK_QUEUED)),
	[VX_LOCK_SDROP] = LOCK_WAYS & ~LOCK_SHARED,
	[VX_LOCK_DOWN] = LOCK_WAYS,
	[VX_LOCK_LOOK] = LOCK_WAYS & ~LOCK_LOOKERS,
	[VX_LOCK_ALL] = LOCK_WAYS,
	[VX_QUEUE_CHANGE] = QUEUE_WAYS,
	[VX_QUEUE_EMPTY] = QUEUE_WAYS & ~B(QUEUE_EMPTY),
	[VX_EPOCH_IN] = B(EPOCH_LOOK) | B(BLOCK_FREE),
	[VX_EPOCH_OUT] = B(EPOCH_LOOK) | B(BLOCK_FREE),
	[VX_EPOCH_LOOK] = B(EPOCH_IN) | B(EPOCH_OUT) | B(EPOCH_LOOK) |
	    B(BLOCK_FREE),
	[VX_GENERAL_CHANGE] = B(GENERAL_CHANGE) | B(BLOCK_FREE),
	[VX_TOKEN_GIVE] = TOKEN_WAYS,
	[VX_TOKEN_AGAIN] = TOKEN_WAYS,
	[VX_TOKEN_TAKE] = TOKEN_WAYS,
	[VX_TOKEN_LOOK] = TOKEN_WAYS,
	[VX_CLOCK_READ] = B(CLOCK_CHANGE),
	[VX_CLOCK_CHANGE] = B(CLOCK_READ) | B(CLOCK_CHANGE) | B(CLOCK_END),
	[VX_CLOCK_END] = B(CLOCK_CHANGE),
	[VX_BLOCK_FREE] = B(MEM_READ) | B(MEM_WRITE) | LOCK_WAYS |
	    QUEUE_WAYS | B(EPOCH_IN) | B(EPOCH_OUT) | B(EPOCH_LOOK) |
	    B(GENERAL_CHANGE) | B(BLOCK_FREE),
};

/* A try that failed, or a queued writer, shows that somebody had the lock. */
const uint32_t vx_follows[VX_WAYS] = {
	[VX_LOCK_X] = B(LOCK_XDROP) | B(LOCK_SDROP) | B(LOCK_DOWN) |
	    B(LOCK_XFAIL) | B(LOCK_SFAIL) | B(LOCK_QUEUED),
	[VX_LOCK_S] = B(LOCK_XDROP) | B(LOCK_DOWN) | B(LOCK_SFAIL),
	[VX_TOKEN_TAKE] = B(TOKEN_GIVE),
};

struct effect {
	uint8_t		space;
	uint8_t		way;		/* VX_WAYS: no access */
	uint8_t		size;		/* 0: says the operation */
};

#define	NONE		{ 0, VX_WAYS, 0 }
#define	MEM(way)	{ VX_MEMORY, VX_MEM_##way, 0 }
#define	REF(way)	{ VX_MEMORY, VX_MEM_##way, sizeof(unsigned) }
#define	LOCK(way)	{ VX_LOCK, VX_LOCK_##way, 0 }
#define	QUEUE		{ VX_QUEUE, VX_QUEUE_CHANGE, 0 }
#define	EPOCH(way)	{ VX_EPOCH, VX_EPOCH_##way, 0 }
#define	GENERAL		{ VX_GENERAL, VX_GENERAL_CHANGE, 0 }

static const struct effect effects[VX_KINDS] = {
	[VS_OP_LOCK_INIT] = LOCK(ALL),
	[VS_OP_LOCK_DESTROY] = LOCK(ALL),
	[VS_OP_LOCK_QUERY] = LOCK(LOOK),
	[VS_OP_LOCK_TAKEN] = NONE,
	[VS_OP_MTX_LOCK] = LOCK(X),
	[VS_OP_MTX_TRYLOCK] = LOCK(XNOW),
	[VS_OP_MTX_UNLOCK] = LOCK(XDROP),
	[VS_OP_SPIN_LOCK] = LOCK(X),
	[VS_OP_SPIN_TRYLOCK] = LOCK(XNOW),
	[VS_OP_SPIN_UNLOCK] = LOCK(XDROP),
	[VS_OP_SX_SLOCK] = LOCK(S),
	[VS_OP_SX_XLOCK] = LOCK(XNOW),
	[VS_OP_SX_TRY_SLOCK] = LOCK(SNOW),
	[VS_OP_SX_TRY_XLOCK] = LOCK(XNOW),
	[VS_OP_SX_SUNLOCK] = LOCK(SDROP),
	[VS_OP_SX_XUNLOCK] = LOCK(XDROP),
	[VS_OP_SX_TRY_UPGRADE] = LOCK(XNOW),
	[VS_OP_SX_DOWNGRADE] = LOCK(DOWN),
	[VS_OP_RW_RLOCK] = LOCK(S),
	[VS_OP_RW_WLOCK] = LOCK(XNOW),
	[VS_OP_RW_TRY_RLOCK] = LOCK(SNOW),
	[VS_OP_RW_TRY_WLOCK] = LOCK(XNOW),
	[VS_OP_RW_RUNLOCK] = LOCK(SDROP),
	[VS_OP_RW_WUNLOCK] = LOCK(XDROP),
	[VS_OP_RW_TRY_UPGRADE] = LOCK(XNOW),
	[VS_OP_RW_DOWNGRADE] = LOCK(DOWN),
	[VS_OP_RM_RLOCK] = LOCK(S),
	[VS_OP_RM_TRY_RLOCK] = LOCK(SNOW),
	[VS_OP_RM_WLOCK] = LOCK(X),
	[VS_OP_RM_RUNLOCK] = LOCK(SDROP),
	[VS_OP_RM_WUNLOCK] = LOCK(XDROP),
	[VS_OP_SLEEP] = QUEUE,
	/* Has left the queue with VX_RESUME, or with VS_OP_TOUCH_QUEUE. */
	[VS_OP_RESUME] = NONE,
	[VS_OP_WAKEUP] = QUEUE,
	[VS_OP_WAKEUP_ONE] = QUEUE,
	[VS_OP_CV_WAIT] = QUEUE,
	[VS_OP_CV_SIGNAL] = QUEUE,
	[VS_OP_CV_BROADCAST] = QUEUE,
	[VS_OP_EPOCH_ENTER] = EPOCH(IN),
	[VS_OP_EPOCH_EXIT] = EPOCH(OUT),
	[VS_OP_EPOCH_WAIT] = EPOCH(LOOK),
	[VS_OP_EPOCH_CALL] = EPOCH(LOOK),
	[VS_OP_EPOCH_DRAIN] = EPOCH(LOOK),
	/* The grace period before it was an operation of its own. */
	[VS_OP_EPOCH_CALLBACK] = NONE,
	[VS_OP_EPOCH_GRACE] = EPOCH(LOOK),
	[VS_OP_EPOCH_WAITED] = EPOCH(LOOK),
	[VS_OP_REF_ACQUIRE] = REF(WRITE),
	[VS_OP_REF_RELEASE] = REF(WRITE),
	[VS_OP_REF_LOAD] = REF(READ),
	[VS_OP_UNR_ALLOC] = GENERAL,
	[VS_OP_UNR_FREE] = GENERAL,
	[VS_OP_MALLOC_WAITOK] = NONE,
	[VS_OP_MALLOC_NOWAIT] = NONE,
	[VS_OP_FREE] = { VX_BLOCK, VX_BLOCK_FREE, 0 },
	[VS_OP_TASK_ENQUEUE] = GENERAL,
	[VS_OP_TASK_CANCEL] = GENERAL,
	[VS_OP_TASK_DRAIN] = GENERAL,
	[VS_OP_TASK_RUN] = GENERAL,
	[VS_OP_CALLOUT_RESET] = GENERAL,
	[VS_OP_CALLOUT_STOP] = GENERAL,
	[VS_OP_CALLOUT_DRAIN] = GENERAL,
	[VS_OP_CALLOUT_RUN] = GENERAL,
	[VS_OP_ATOMIC_LOAD] = MEM(READ),
	[VS_OP_ATOMIC_STORE] = MEM(WRITE),
	[VS_OP_ATOMIC_UPDATE] = MEM(WRITE),
	[VS_OP_THREAD_START] = NONE,
	[VS_OP_THREAD_EXIT] = NONE,
	[VS_OP_YIELD] = NONE,
	[VS_OP_SYSCALL] = NONE,
	/* The memory of a process is nobody else's. */
	[VS_OP_COPYIN] = NONE,
	[VS_OP_COPYOUT] = NONE,
	[VS_OP_FAIL_POINT] = NONE,
	[VS_OP_TOUCH_QUEUE] = QUEUE,
	[VS_OP_TOUCH] = MEM(WRITE),
	[VX_BEGIN] = NONE,
	[VX_END] = NONE,
	[VX_RESUME] = { VX_TOKEN, VX_TOKEN_TAKE, 0 },
	[VX_JOIN] = NONE,
	[VX_READ] = MEM(READ),
	[VX_WRITE] = MEM(WRITE),
	[VX_ATOMIC_READ] = MEM(READ),
	[VX_ATOMIC_WRITE] = MEM(WRITE),
	[VX_ATOMIC_RMW] = MEM(WRITE),
	[VX_LOCK_AGAIN] = LOCK(X),
};

bool
vx_access_of(const struct vx_op *op, struct vx_access *a)
{
	const struct effect *e = &effects[op->kind];
	size_t size;

	if (e->way == VX_UNLISTED)
		host_fatal("conflict.c knows nothing of \"%s\"",
		    vx_kind_name(op->kind));
	if (e->way == VX_WAYS)
		return (false);
	a->object = op->object;
	a->size = e->size != 0 ? e->size : op->size != 0 ? op->size : 1;
	a->space = e->space;
	a->way = e->way;
	if (e->space == VX_BLOCK && vx_arena_block(op->object, &a->object,
	    &size))
		a->size = (uint32_t)size;
	return (true);
}

uint8_t
vx_way_failed(uint8_t way)
{
	switch (way) {
	case VX_LOCK_XNOW:
		return (VX_LOCK_XFAIL);
	case VX_LOCK_SNOW:
		return (VX_LOCK_SFAIL);
	default:
		return (way);
	}
}

uint8_t
vx_way_any(uint8_t way)
{
	switch (way) {
	case VX_LOCK_XFAIL:
	case VX_LOCK_QUEUED:
		return (VX_LOCK_XNOW);
	case VX_LOCK_SFAIL:
		return (VX_LOCK_SNOW);
	case VX_QUEUE_EMPTY:
		return (VX_QUEUE_CHANGE);
	case VX_TOKEN_AGAIN:
		return (VX_TOKEN_GIVE);
	default:
		return (way);
	}
}

bool
vx_conflict(const struct vx_op *a, const struct vx_op *b)
{
	struct vx_access x, y;

	return (vx_access_of(a, &x) && vx_access_of(b, &y) &&
	    vx_depend(&x, &y));
}
