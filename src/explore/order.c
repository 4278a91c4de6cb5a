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
static uint16_t nused;			/* clocks of a row that may not be 0 */
static struct vx_set unlike;		/* rows that are not as they begin */

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

static void
copy(uint32_t *to, const uint32_t *from)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		to[i] = from[i];
}

static void
learn(const struct vx_thread *t, const uint32_t *from)
{
	vx_set_add(&unlike, t->id);
	join(now[t->id], from);
}

/* What the thread does from now on is later than what it released. */
static void
advance(struct vx_thread *t)
{
	vx_set_add(&unlike, t->id);
	now[t->id][t->id] = ++t->clock;
}

bool
vx_ordered(const struct vx_thread *t, unsigned thread, uint32_t clock)
{
	return (clock <= now[t->id][thread]);
}

static void
row_clear(unsigned id)
{
	memset(now[id], 0, nused * sizeof(now[id][0]));
	memset(parked[id], 0, nused * sizeof(parked[id][0]));
}

void
vx_order_begin(void)
{
	struct vx_thread *t;
	uint64_t bits;

	for (unsigned w = 0; w < VX_WORDS; w++) {
		for (bits = unlike.words[w]; bits != 0; bits &= bits - 1)
			row_clear(w * 64 + (unsigned)__builtin_ctzll(bits));
		unlike.words[w] = 0;
	}
	if (nused < vx.nthreads)
		nused = vx.nthreads;
	while (ngraces > 0)
		graces[--ngraces].epoch = NULL;
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++) {
		t->clock = now[t->id][t->id] = 1;
		t->announced = 0;
	}
}

/* --- objects that order --------------------------------------------------- */

/*
 * What was released to an object in the run `run`.  If it is all that `by`
 * knew at its clock `at`, then whoever knows of that knows all of it.
 */
struct vx_sync {
	uint32_t	run;
	uint16_t	nthreads;	/* clocks in use */
	uint16_t	by;		/* VX_NOBODY: from several */
	uint32_t	at;
	bool		readers;	/* is there anything in `shared`? */
	uintptr_t	object;		/* of those in the table: */
	struct vx_sync	*next;
	clocks		all;
	clocks		shared;		/* by readers: to writers only */
};

static struct vx_sync *
sync_new(void)
{
	struct vx_sync *s = calloc(1, sizeof(*s));

	if (s == NULL)
		host_fatal("out of memory for vector clocks");
	return (s);
}

static inline struct vx_sync *
sync_of_run(struct vx_sync *s)
{
	if (s->run != vx.run) {
		memset(s->all, 0, s->nthreads * sizeof(s->all[0]));
		if (s->readers)
			memset(s->shared, 0, s->nthreads *
			    sizeof(s->shared[0]));
		s->run = vx.run;
		s->readers = false;
		s->by = s->at = 0;
	}
	s->nthreads = vx.nthreads;
	return (s);
}

#define	NBUCKETS	4096		/* a power of two */
static struct vx_sync *buckets[NBUCKETS];

/* Entries stay: an object has the same address in the next run. */
static struct vx_sync *
sync_find(uintptr_t object)
{
	uint64_t hash = (object >> 2) * 0x9e3779b97f4a7c15ULL;
	struct vx_sync **bucket = &buckets[hash >> 52], *s;

	for (s = *bucket; s != NULL; s = s->next)
		if (s->object == object)
			return (sync_of_run(s));
	s = sync_new();
	s->object = object;
	s->next = *bucket;
	*bucket = s;
	return (sync_of_run(s));
}

/* A lock's hangs on the lock. */
static struct vx_sync *
sync_of_lock(struct vx_lock *l)
{
	if (l->sync == NULL)
		l->sync = sync_find(l->object);
	return (sync_of_run(l->sync));
}

/* Does the thread know all that was released? */
static bool
knows(const struct vx_thread *t, const struct vx_sync *s)
{
	return (s->by != VX_NOBODY && s->at <= now[t->id][s->by]);
}

static void
acquire(struct vx_thread *t, const struct vx_sync *s)
{
	if (!knows(t, s))
		learn(t, s->all);
}

static void
release(struct vx_thread *t, struct vx_sync *s)
{
	if (knows(t, s)) {
		copy(s->all, now[t->id]);
		s->by = t->id;
		s->at = t->clock;
	} else {
		join(s->all, now[t->id]);
		s->by = VX_NOBODY;
	}
	advance(t);
}

void
vx_order_acquire(struct vx_thread *t, uintptr_t object)
{
	acquire(t, sync_find(object));
}

void
vx_order_release(struct vx_thread *t, uintptr_t object)
{
	release(t, sync_find(object));
}

void
vx_order_replace(struct vx_thread *t, uintptr_t object, bool how)
{
	struct vx_sync *s = sync_find(object);

	memset(s->all, 0, s->nthreads * sizeof(s->all[0]));
	s->by = s->at = 0;
	if (how)
		release(t, s);
}

/* --- locks ---------------------------------------------------------------- */

static void
lock_exclusive(struct vx_thread *t)
{
	struct vx_sync *s = sync_of_lock(t->op.lock);

	acquire(t, s);
	if (s->readers)
		learn(t, s->shared);
}

static void
unlock_shared(struct vx_thread *t)
{
	struct vx_sync *s = sync_of_lock(t->op.lock);

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
		acquire(t, sync_of_lock(t->op.lock));
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
			release(t, sync_of_lock(t->op.lock));
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
	learn(t, graces[t->id].ended);
	graces[t->id].epoch = NULL;
}

static void
epoch_perform(struct vx_thread *t)
{
	struct epoch *e = epoch_find(t->op.object);

	switch (t->op.kind) {
	case VS_OP_EPOCH_ENTER:
		learn(t, e->begun);
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
	row_clear(child->id);
	vx_set_add(&unlike, child->id);
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
	learn(t, now[target->id]);
}

void
vx_order_unpark(const struct vx_thread *target)
{
	struct vx_thread *t = vx.current;

	if (t == NULL)
		return;
	vx_set_add(&unlike, target->id);
	join(parked[target->id], now[t->id]);
	advance(t);
}

void
vx_order_unparked(struct vx_thread *t)
{
	learn(t, parked[t->id]);
}
