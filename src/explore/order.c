/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What happened before what: vector clocks.
 *
 * A thread's own clock counts how often it has released something; what it
 * did at a value of its clock happened before what another does, if that
 * other has acquired so much of it.  The edges are those of the kernel:
 *
 *	locks		unlock to lock; a reader's unlock to a writer's lock only
 *	waiting		wakeup, or whatever else unparks, to going on
 *	references	release to the release of the last
 *	epochs		the end of a section to that of a grace period it holds
 *			up; the begin of a grace period to a section after it
 *	tasks, callouts	enqueue or reset to run
 *	threads		start to begin, end to join
 *	atomics		as their memory order says
 */
#include <stdlib.h>
#include <string.h>

#include "shadow.h"

typedef uint32_t clocks[VX_THREADS];

/* (t) what the thread knows of others; (p) was released to it while parked */
static clocks now[VX_THREADS];		/* (t) */
static clocks parked[VX_THREADS];	/* (p) */
static uint16_t nused;			/* rows that a run has used */

/* The grace period that a thread waits for. */
struct epoch;
struct grace {
	const struct epoch *epoch;		/* NULL: none */
	bool		waits[VX_THREADS];
	clocks		ended;
};

static struct grace graces[VX_THREADS];
static uint16_t ngraces;		/* that may be under way */

static void
join(uint32_t *to, const uint32_t *from)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		if (from[i] > to[i])
			to[i] = from[i];
}

/* What the thread does from now on is later than what it released. */
static void
advance(struct vx_thread *t)
{
	now[t->id][t->id] = ++t->clock;
}

bool
vx_ordered(const struct vx_thread *t, unsigned thread, uint32_t clock)
{
	return (clock <= now[t->id][thread]);
}

void
vx_order_begin(void)
{
	struct vx_thread *t;

	if (nused < vx.nthreads)
		nused = vx.nthreads;
	for (unsigned i = 0; i < nused; i++) {
		memset(now[i], 0, nused * sizeof(now[i][0]));
		memset(parked[i], 0, nused * sizeof(parked[i][0]));
	}
	while (ngraces > 0)
		graces[--ngraces].epoch = NULL;
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++) {
		t->clock = now[t->id][t->id] = 1;
		t->announced = 0;
	}
}

/* --- objects that order --------------------------------------------------- */

#define	NBUCKETS	4096		/* a power of two */

/* What was released to an object in the run `run`. */
struct sync {
	uintptr_t	object;
	uint32_t	run;
	uint16_t	nthreads;	/* clocks in use */
	bool		readers;	/* is there anything in `shared`? */
	struct sync	*next;
	clocks		all;
	clocks		shared;		/* by readers: to writers only */
};

static struct sync *buckets[NBUCKETS];

/* Entries stay: an object has the same address in the next run. */
static struct sync *
sync_find(uintptr_t object)
{
	uint64_t hash = (object >> 2) * 0x9e3779b97f4a7c15ULL;
	struct sync **bucket = &buckets[hash >> 52], *s;

	for (s = *bucket; s != NULL; s = s->next)
		if (s->object == object)
			break;
	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			host_fatal("out of memory for vector clocks");
		s->object = object;
		s->next = *bucket;
		*bucket = s;
	}
	if (s->run != vx.run) {
		memset(s->all, 0, s->nthreads * sizeof(s->all[0]));
		memset(s->shared, 0, s->nthreads * sizeof(s->shared[0]));
		s->run = vx.run;
		s->readers = false;
	}
	s->nthreads = vx.nthreads;
	return (s);
}

void
vx_order_acquire(struct vx_thread *t, uintptr_t object)
{
	join(now[t->id], sync_find(object)->all);
}

void
vx_order_release(struct vx_thread *t, uintptr_t object)
{
	join(sync_find(object)->all, now[t->id]);
	advance(t);
}

void
vx_order_replace(struct vx_thread *t, uintptr_t object, bool release)
{
	struct sync *s = sync_find(object);

	memset(s->all, 0, s->nthreads * sizeof(s->all[0]));
	if (release) {
		join(s->all, now[t->id]);
		advance(t);
	}
}

/* --- locks ---------------------------------------------------------------- */

static void
lock_exclusive(struct vx_thread *t)
{
	struct sync *s = sync_find(t->op.object);

	join(now[t->id], s->all);
	if (s->readers)
		join(now[t->id], s->shared);
}

static void
unlock_shared(struct vx_thread *t)
{
	struct sync *s = sync_find(t->op.object);

	join(s->shared, now[t->id]);
	s->readers = true;
	advance(t);
}

static bool
tried_shared(const struct vx_thread *t)
{
	return (t->tried == VS_OP_SX_TRY_SLOCK ||
	    t->tried == VS_OP_RW_TRY_RLOCK || t->tried == VS_OP_RM_TRY_RLOCK);
}

static void
lock_perform(struct vx_thread *t)
{
	switch (t->op.kind) {
	case VS_OP_LOCK_TAKEN:
		if (!tried_shared(t)) {
			lock_exclusive(t);
			break;
		}
		/* FALLTHROUGH */
	case VS_OP_SX_SLOCK:
	case VS_OP_RW_RLOCK:
	case VS_OP_RM_RLOCK:
		vx_order_acquire(t, t->op.object);
		break;
	case VS_OP_SX_SUNLOCK:
	case VS_OP_RW_RUNLOCK:
	case VS_OP_RM_RUNLOCK:
		unlock_shared(t);
		break;
	case VS_OP_LOCK_INIT:
	case VS_OP_LOCK_DESTROY:
		break;
	default:
		if ((vx_kinds[t->op.kind].flags & VX_F_ACQUIRE) != 0)
			lock_exclusive(t);
		else
			vx_order_release(t, t->op.object);
		break;
	}
}

/* --- epochs --------------------------------------------------------------- */

/*
 * An epoch, by its address, in the run `run`.  A grace period waits for the
 * sections that it finds.
 */
struct epoch {
	uintptr_t	object;
	uint32_t	run;
	struct epoch	*next;
	uint8_t		depth[VX_THREADS];	/* sections a thread is in */
	clocks		ended;			/* by sections that ended */
	clocks		begun;			/* by grace periods that began */
};

static struct epoch *epochs;

static struct epoch *
epoch_find(uintptr_t object)
{
	struct epoch *e;

	for (e = epochs; e != NULL && e->object != object; e = e->next)
		;
	if (e == NULL) {
		if ((e = calloc(1, sizeof(*e))) == NULL)
			host_fatal("out of memory for vector clocks");
		e->object = object;
		e->next = epochs;
		epochs = e;
	}
	if (e->run != vx.run) {
		e->run = vx.run;
		memset(e->depth, 0, sizeof(e->depth));
		memset(e->ended, 0, sizeof(e->ended));
		memset(e->begun, 0, sizeof(e->begun));
	}
	return (e);
}

static void
section_end(struct vx_thread *t, struct epoch *e)
{
	if (e->depth[t->id] == 0 || --e->depth[t->id] != 0)
		return;
	join(e->ended, now[t->id]);
	for (struct grace *g = graces; g < &graces[ngraces]; g++) {
		if (g->epoch != e || !g->waits[t->id])
			continue;
		join(g->ended, now[t->id]);
		g->waits[t->id] = false;
	}
	advance(t);
}

static void
grace_begin(struct vx_thread *t, struct epoch *e)
{
	struct grace *g = &graces[t->id];

	g->epoch = e;
	memcpy(g->ended, e->ended, sizeof(g->ended));
	for (unsigned i = 0; i < vx.nthreads; i++)
		g->waits[i] = e->depth[i] != 0;
	if (ngraces <= t->id)
		ngraces = (uint16_t)(t->id + 1);
	join(e->begun, now[t->id]);
	advance(t);
}

static void
grace_end(struct vx_thread *t)
{
	join(now[t->id], graces[t->id].ended);
	graces[t->id].epoch = NULL;
}

static void
epoch_perform(struct vx_thread *t)
{
	struct epoch *e = epoch_find(t->op.object);

	switch (t->op.kind) {
	case VS_OP_EPOCH_ENTER:
		join(now[t->id], e->begun);
		e->depth[t->id]++;
		break;
	case VS_OP_EPOCH_EXIT:
		section_end(t, e);
		break;
	case VS_OP_EPOCH_GRACE:
		grace_begin(t, e);
		break;
	case VS_OP_EPOCH_WAITED:
		grace_end(t);
		break;
	}
}

/* --- operations ----------------------------------------------------------- */

void
vx_order_perform(struct vx_thread *t)
{
	if (t->op.lock != NULL) {
		lock_perform(t);
		return;
	}
	switch (t->op.kind) {
	case VS_OP_EPOCH_ENTER:
	case VS_OP_EPOCH_EXIT:
	case VS_OP_EPOCH_GRACE:
	case VS_OP_EPOCH_WAITED:
		epoch_perform(t);
		break;
	case VS_OP_TASK_ENQUEUE:
	case VS_OP_CALLOUT_RESET:
	case VS_OP_EPOCH_CALL:
		vx_order_release(t, t->op.object);
		break;
	case VS_OP_TASK_RUN:
	case VS_OP_CALLOUT_RUN:
	case VS_OP_EPOCH_CALLBACK:
		vx_order_acquire(t, t->op.object);
		break;
	default:
		break;
	}
}

/* Words of primitives, which announce no accesses. */
void
vx_order_word(struct vx_thread *t)
{
	switch (t->op.kind) {
	case VS_OP_REF_RELEASE:
		vx_order_release(t, t->op.object);
		if (__atomic_load_n((const unsigned *)t->op.object,
		    __ATOMIC_RELAXED) == 1)
			vx_order_acquire(t, t->op.object);
		break;
	case VS_OP_ATOMIC_LOAD:
		vx_order_acquire(t, t->op.object);
		break;
	case VS_OP_ATOMIC_STORE:
	case VS_OP_ATOMIC_UPDATE:
		vx_order_acquire(t, t->op.object);
		vx_order_release(t, t->op.object);
		break;
	default:
		break;
	}
}

void
vx_order_launch(struct vx_thread *child)
{
	struct vx_thread *parent = vx.current;

	if (nused < vx.nthreads)
		nused = vx.nthreads;
	memset(now[child->id], 0, sizeof(now[child->id]));
	memset(parked[child->id], 0, sizeof(parked[child->id]));
	if (parent != NULL) {
		join(now[child->id], now[parent->id]);
		advance(parent);
	}
	child->clock = now[child->id][child->id] = 1;
	child->announced = 0;
}

void
vx_order_join(struct vx_thread *t, const struct vx_thread *target)
{
	join(now[t->id], now[target->id]);
}

void
vx_order_unpark(const struct vx_thread *target)
{
	struct vx_thread *t = vx.current;

	if (t == NULL)
		return;
	join(parked[target->id], now[t->id]);
	advance(t);
}

void
vx_order_unparked(struct vx_thread *t)
{
	join(now[t->id], parked[t->id]);
}
