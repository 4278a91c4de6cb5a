/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What is kept of a traced run while it goes on.
 */
#include <stdlib.h>
#include <string.h>

#include <vnetsim/observe.h>

#include "../host/impl.h"
#include "story.h"

struct vx_story vx_story;

#define	NBUCKETS	4096		/* a power of two */

static uint32_t buckets[NBUCKETS];	/* of objects, by address */
static int64_t start;			/* virtual time of the run */
static uint32_t preemptions;		/* until the last step */

/* A thread that cannot go on. */
static struct waiting {
	uint32_t	since;		/* 0: it can */
	uint32_t	owner;		/* of the lock, or VS_NOTHING */
} waiting[VX_THREADS];

/* Room for one more; the new element. */
#define	ADD(array, n)							\
	((array) = vx_grown((array), (n), sizeof(*(array))), &(array)[(n)++])

/* --- objects ------------------------------------------------------------- */

static uint32_t
object_find(uintptr_t address)
{
	struct vx_story *s = &vx_story;
	uint32_t *bucket = &buckets[((address >> 2) *
	    0x9e3779b97f4a7c15ULL) >> 52], i;
	struct vs_story_object *o;
	struct vx_place_of *p;
	uint32_t n = s->story.nobjects;

	for (i = *bucket; i != VS_NOTHING; i = s->places[i].next)
		if (s->places[i].address == address)
			return (i);
	p = ADD(s->places, n);
	*p = (struct vx_place_of){ .address = address, .next = *bucket };
	o = ADD(s->objects, s->story.nobjects);
	*o = (struct vs_story_object){ .name = "", .class = "",
	    .life = VS_NOTHING };
	*bucket = n - 1;
	return (n - 1);
}

/* An address that stands for a freed lock says nothing new. */
static bool
says_less(const char *name)
{
	return (strncmp(name, "lock 0x", 7) == 0 ||
	    strncmp(name, "heap+", 5) == 0 || strcmp(name, "?") == 0);
}

static uint32_t
object_of(const struct vx_op *op, const char *name)
{
	struct vs_story_object *o;
	uint32_t i;

	/* Others are numbers of threads. */
	if (op->object <= VX_THREADS)
		return (VS_NOTHING);
	i = object_find(op->object);
	o = &vx_story.objects[i];
	if (op->lock != NULL && (!o->lock || o->class[0] == '\0')) {
		o->lock = true;
		o->class = vx_name_class(op->object);
	}
	if (o->name[0] == '\0' || !says_less(name))
		o->name = name;
	return (i);
}

/* --- locks --------------------------------------------------------------- */

static bool
same_holds(const struct vx_thread *t, const struct vx_last *last)
{
	const struct vs_story_hold *h = &vx_story.holds[last->holds];

	if (t->nheld != last->nholds)
		return (false);
	for (uint32_t i = 0; i < last->nholds; i++)
		if (vx_story.places[h[i].object].address !=
		    t->held[i].lock->object || h[i].shared !=
		    t->held[i].shared || vx_story.taken[last->holds + i] !=
		    t->held[i].step)
			return (false);
	return (true);
}

/* What the thread holds now; most often what it held before. */
static void
take_holds(const struct vx_thread *t)
{
	struct vx_last *last = &vx_story.last[t->id];
	struct vs_story_hold *h;
	uint32_t n;

	if (same_holds(t, last))
		return;
	last->holds = vx_story.nholds;
	last->nholds = t->nheld < VX_HELD ? t->nheld : VX_HELD;
	for (unsigned i = 0; i < last->nholds; i++) {
		n = vx_story.nholds;
		*ADD(vx_story.taken, n) = t->held[i].step;
		h = ADD(vx_story.holds, vx_story.nholds);
		h->object = object_find(t->held[i].lock->object);
		h->shared = t->held[i].shared;
	}
}

/* --- waiting ------------------------------------------------------------- */

static void
note_waiters(const struct vx_thread *t)
{
	const struct vx_thread *u, *owner;

	for (unsigned id = 0; id < vx.nthreads; id++) {
		u = &vx.threads[id];
		if (u == t || u->state != VX_LIVE || u->gated ||
		    waiting[id].since != 0 || vx_ready(u))
			continue;
		owner = vx_model_owner(u);
		waiting[id].since = vx.nsteps;
		waiting[id].owner = owner != NULL ? owner->id : VS_NOTHING;
	}
}

/* A thread that parks says why in the step before. */
static void
wait_object(const struct vx_thread *t, struct vs_story_wait *w)
{
	const struct vs_story_step *s;
	uint32_t last = vx_story.last[t->id].step;

	if (t->op.kind != VX_RESUME) {
		w->what = vx_kind_name(t->op.kind);
		if (t->op.lock != NULL)
			w->object = object_find(t->op.object);
		return;
	}
	w->what = "sleep";
	if (last == 0)
		return;
	s = &vx_story.steps[last - 1];
	w->what = s->operation;
	w->object = s->object;
}

static void
add_wait(const struct vx_thread *t, uint32_t end, bool open)
{
	struct vs_story_wait *w = ADD(vx_story.waits, vx_story.story.nwaits);

	*w = (struct vs_story_wait){
		.thread = t->id,
		.object = VS_NOTHING,
		.owner = waiting[t->id].owner,
		.open = open,
		.begin = waiting[t->id].since,
		.end = end,
	};
	wait_object(t, w);
	if (t->op.kind == VX_RESUME && !open) {
		w->timed_out = !t->token;
		w->waker = t->token ? t->unparked_by : 0;
	}
	waiting[t->id].since = 0;
}

/* --- steps --------------------------------------------------------------- */

static bool
is_count(const struct vx_op *op)
{
	return ((op->kind == VS_OP_REF_ACQUIRE ||
	    op->kind == VS_OP_REF_RELEASE || op->kind == VS_OP_REF_LOAD) &&
	    vx_arena_contains(op->object));
}

/* The step before this one has been performed by now. */
static void
note_count(void)
{
	struct vs_story_step *s;
	uintptr_t address;

	if (vx_story.story.nsteps == 0)
		return;
	s = &vx_story.steps[vx_story.story.nsteps - 1];
	if (!s->counted)
		return;
	address = vx_story.places[s->object].address;
	if (vx_arena_state(address, sizeof(s->after)) == VX_MEM_VALID)
		s->after = *(const uint32_t *)address;
}

void
vx_trace_step(struct vx_thread *t)
{
	struct vx_last *last = &vx_story.last[t->id];
	struct vs_story_step *s;

	note_count();
	if (vx_story.story.nsteps == 0)
		start = vx.clock;
	if (waiting[t->id].since != 0)
		add_wait(t, vx.nsteps, false);
	note_waiters(t);
	take_holds(t);
	s = ADD(vx_story.steps, vx_story.story.nsteps);
	*s = (struct vs_story_step){
		.thread = t->id,
		.topic = vx_topic(t->op.kind),
		.operation = vx_kind_name(t->op.kind),
		.name = vx_name_object(&t->op),
		.time = vx.clock - start,
		.holds = last->holds,
		.nholds = last->nholds,
		.counted = is_count(&t->op),
		.preempts = vx.npreemptions != preemptions,
	};
	s->object = object_of(&t->op, s->name);
	if (s->counted) {
		s->count = s->after = *(const uint32_t *)t->op.object;
		vx_story.objects[s->object].counter = true;
	}
	vx_name_callers(&s->function, &s->callers);
	preemptions = vx.npreemptions;
	last->step = vx.nsteps;
	/* It is not any more, once it has done what it was for. */
	last->scenario |= t->scenario;
}

/* --- the ledger ---------------------------------------------------------- */

static uint32_t
now(void)
{
	return (vx.mode == VX_RUN ? vx.nsteps :
	    vx.mode == VX_FINALLY ? vx.nsteps + 1 : 0);
}

static uint32_t
life_find(enum vs_object kind, const volatile void *object)
{
	uint32_t i = vx_story.story.nlives;

	while (i-- > 0)
		if (vx_story.addresses[i] == (uintptr_t)object &&
		    vx_story.lives[i].kind == kind)
			return (vx_story.lives[i].dead ? VS_NOTHING : i);
	return (VS_NOTHING);
}

static uint32_t
life_add(enum vs_object kind, const volatile void *object)
{
	uint32_t n = vx_story.story.nlives;

	*ADD(vx_story.addresses, n) = (uintptr_t)object;
	*ADD(vx_story.lives, vx_story.story.nlives) = (struct vs_story_life){
		.kind = kind, .name = "unnamed", .born = now()
	};
	return (n - 1);
}

static void
life_end(uint32_t life)
{
	vx_story.lives[life].dead = true;
	vx_story.lives[life].died = now();
}

static void
entry(enum vs_entry what, enum vs_object kind, const volatile void *object,
    const char *name, size_t refs)
{
	uint32_t life = life_find(kind, object);
	struct vs_story_entry *e;

	/* Memory that was freed without a word may be born again. */
	if (life != VS_NOTHING && what == VS_ENTRY_BIRTH) {
		life_end(life);
		life = VS_NOTHING;
	}
	if (life == VS_NOTHING)
		life = life_add(kind, object);
	if (what == VS_ENTRY_BIRTH || what == VS_ENTRY_RENAME)
		vx_story.lives[life].name = vx_text(name);
	vx_story.lives[life].refs = refs;
	e = ADD(vx_story.entries, vx_story.story.nentries);
	*e = (struct vs_story_entry){
		.what = what, .life = life, .step = now(), .refs = refs,
		.thread = vx.mode == VX_RUN && vx.current != NULL ?
		    vx.current->id : VS_NOTHING,
		.holder = name != NULL ? vx_text(name) : NULL,
	};
	vx_name_callers(&e->function, &e->callers);
	if (what == VS_ENTRY_DEATH)
		life_end(life);
}

/* --- begin and end ------------------------------------------------------- */

void
vx_trace_begin(void)
{
	static const struct vs_story nothing;
	struct vx_story *s = &vx_story;

	s->story = nothing;
	s->nholds = 0;
	memset(s->last, 0, sizeof(s->last));
	memset(waiting, 0, sizeof(waiting));
	memset(buckets, 0xff, sizeof(buckets));
	preemptions = 0;
	vx_texts_drop();
	vs_ledger_watch(entry);
}

void
vx_trace_order(const struct vs_story_order *o)
{
	struct vs_story_order *to = ADD(vx_story.orders,
	    vx_story.story.norders);

	to->from = vx_text(o->from);
	to->from_class = vx_text(o->from_class);
	to->to = vx_text(o->to);
	to->to_class = vx_text(o->to_class);
	to->place = o->place != NULL ? vx_text(o->place) : NULL;
	to->thread = o->thread != NULL ? vx_text(o->thread) : NULL;
	to->wanted = o->wanted;
	to->reversal = o->reversal;
}

/* What comes later knows more. */
void
vx_trace_orders(void)
{
	vx_story.story.norders = 0;
	host_kernel->lock_orders(vx_trace_order);
}

void
vx_trace_stop(void)
{
	const struct vx_thread *t;

	note_count();
	vx.nsteps++;
	note_waiters(NULL);
	vx.nsteps--;
	for (unsigned id = 0; id < vx.nthreads; id++) {
		t = &vx.threads[id];
		if (t->state == VX_FREE)
			continue;
		vx_label(id, vx_story.last[id].label);
		vx_story.last[id].scenario |= t->scenario;
		take_holds(t);
		if (waiting[id].since != 0)
			add_wait(t, vx.nsteps + 2, true);
	}
	vx_story.story.nthreads = vx.nthreads;
	vx_trace_orders();
}

void
vx_trace_end(void)
{
	vs_ledger_watch(NULL);
}
