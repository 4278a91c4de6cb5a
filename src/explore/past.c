/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The past of a run, and which points matter; see past.h.
 *
 * Each thing that a thread does is given a number, made of the thread's last
 * one and those of what was done before to the same objects; the sum of all is
 * the number of the run.  An operation that only looks does not depend on
 * others that only look: theirs are summed up.
 *
 * Objects of the arena are known by their block's name, for two threads that
 * allocate get other addresses in another order.
 *
 * A thread that has to wait for a lock does not find out by it who had it
 * before, only by the memory that it protects (Thomson and Donaldson, "The Lazy
 * Happens-Before Relation", PPoPP 2015); but for the detector of races, which
 * needs to know.
 */
#include <stdlib.h>
#include <string.h>

#include "depend.h"
#include "past.h"

/* A set of threads; all that a run has started are one. */
typedef uint64_t who;
#define	STARTED		63

/* An object.  (r) of the run `run`  (s) of the search: in any run */
struct object {
	uint64_t	name;		/* (s) 0: free */
	uint64_t	written;	/* (r) by whom it was changed last */
	uint64_t	read;		/* (r) the sum of those since */
	who		readers;	/* (s) */
	who		writers;	/* (s) */
	who		lookers;	/* (s) at a lock that they do not wait for */
	uint32_t	run;
};

/* Where threads stand, and whether that matters. */
struct place {
	uint64_t	name;		/* 0: free */
	bool		matters;
	uint32_t	denied;		/* the last pass in which it did not */
};

static struct object *objects;
static size_t nobjects, max_objects;	/* a power of two */
#define	PLACES		65536		/* a power of two */
#define	NOWHERE		PLACES		/* before the first point */
static struct place *places;
static size_t nplaces;

/* Of this run. */
static struct {
	uint64_t	past;
	uint32_t	place;		/* the point that it passed last, */
	bool		unknown;	/* which is this one: */
	struct vx_op	point;
} threads[VX_THREADS];
static uint64_t sum;
static who dead;

static uint32_t pass;
static bool missed, ordered;

/* --- numbers ------------------------------------------------------------- */

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b * 0x9e3779b97f4a7c15ULL)) + 0x632be59bd9b4e019ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (x ^ (x >> 31));
}

static void
note(unsigned id, uint64_t what)
{
	threads[id].past = mix(threads[id].past, what);
	sum += threads[id].past;
}

/* --- tables -------------------------------------------------------------- */

static void *
checked(void *p)
{
	if (p == NULL)
		host_fatal("out of memory for a search");
	return (p);
}

static struct object *
object_slot(uint64_t name)
{
	size_t i = name;

	while (objects[i & (max_objects - 1)].name != 0 &&
	    objects[i & (max_objects - 1)].name != name)
		i++;
	return (&objects[i & (max_objects - 1)]);
}

static void
objects_grow(void)
{
	struct object *old = objects;
	size_t n = max_objects;

	max_objects = n * 2;
	objects = checked(calloc(max_objects, sizeof(*objects)));
	for (size_t i = 0; i < n; i++)
		if (old[i].name != 0)
			*object_slot(old[i].name) = old[i];
	free(old);
}

static struct object *
object_find(uint64_t name)
{
	struct object *o = object_slot(name);

	if (o->name == 0) {
		if (++nobjects > max_objects / 2) {
			objects_grow();
			o = object_slot(name);
		}
		o->name = name;
	}
	if (o->run != vx.run) {
		o->run = vx.run;
		o->written = o->read = 0;
	}
	return (o);
}

/* Their number never changes: a table that is full knows no more. */
static uint32_t
place_find(uint64_t name)
{
	uint32_t i = name & (PLACES - 1);

	while (places[i].name != 0 && places[i].name != name)
		i = (i + 1) & (PLACES - 1);
	if (places[i].name == 0 && nplaces < PLACES / 2) {
		nplaces++;
		places[i].name = name;
	}
	return (i);
}

/* --- names --------------------------------------------------------------- */

/* The block that an address lies in, and how it is named; 0: none. */
static uint64_t
block_name(uintptr_t address, uintptr_t *base)
{
	*base = 0;
	return (vx_arena_contains(address) ? vx_arena_name(address, base) : 0);
}

static uint64_t
name_of(uint64_t block, uintptr_t base, uintptr_t address)
{
	return (block != 0 ? mix(block, address - base) : address);
}

/* Where a thread stands that is about to do that. */
static uint32_t
place_of(const struct vx_thread *t, const struct vx_op *op)
{
	uintptr_t base;
	uint64_t block = block_name(op->object, &base);
	uint64_t name = mix(mix(op->kind, t->id), vx_place(op));

	return (place_find(mix(name, name_of(block, base, op->object)) | 1));
}

static who
bit(const struct vx_thread *t)
{
	return ((who)1 << (t->born != 0 || t->id >= STARTED ? STARTED : t->id));
}

/* --- what depends on whom ------------------------------------------------- */

/* How something is used. */
enum use {
	USE_WRITE = 1,		/* else others may do the same */
	USE_LOOK = 2,		/* at a lock, without waiting for it */
	USE_RELEASE = 4,	/* of a lock */
	USE_WAIT = 8,		/* for a lock */
};

static void
use_note(struct object *o, who t, unsigned how)
{
	if ((how & USE_WRITE) != 0)
		o->writers |= t;
	else
		o->readers |= t;
	if ((how & USE_LOOK) != 0)
		o->lookers |= t;
}

static void
place_matters(const struct vx_thread *t)
{
	struct place *p;

	if (threads[t->id].unknown) {
		threads[t->id].unknown = false;
		threads[t->id].place = place_of(t, &threads[t->id].point);
	}
	p = &places[threads[t->id].place];
	missed |= !p->matters && p->denied == pass;
	p->matters = true;
}

/*
 * A lock that is given up concerns those who do not wait for it only: the
 * others could have come before it was taken.
 */
static void
matter(const struct vx_thread *t, struct object *o, unsigned how)
{
	who self = bit(t), others;

	if ((how & USE_RELEASE) != 0)
		others = o->lookers;
	else
		others = o->writers | ((how & USE_WRITE) != 0 ? o->readers : 0);
	others &= ~dead;
	if (self != (who)1 << STARTED)
		others &= ~self;
	if (others != 0)
		place_matters(t);
	use_note(o, self, how);
}

static struct object *
object_of(unsigned space, uint64_t name)
{
	return (object_find(mix(name, space + 1) | 1));
}

static void
use(const struct vx_thread *t, unsigned space, uint64_t name, unsigned how)
{
	struct object *o = object_of(space, name);
	uint64_t *past = &threads[t->id].past;

	note(t->id, o->name);
	if (ordered || (how & (USE_RELEASE | USE_WAIT)) == 0)
		note(t->id, o->written + ((how & USE_WRITE) != 0 ? o->read :
		    0));
	if ((how & USE_WRITE) == 0)
		o->read += *past;
	else {
		o->written = *past;
		o->read = 0;
	}
	matter(t, o, how);
}

static unsigned
use_of(const struct vx_op *op, const struct vx_access *a)
{
	switch (a->way) {
	case VX_MEM_READ:
	case VX_EPOCH_IN:
	case VX_EPOCH_OUT:
	case VX_CLOCK_READ:
		return (0);
	case VX_LOCK_S:
		return (USE_WAIT);
	case VX_LOCK_X:
		/* Memory is not watched while a spin lock is held. */
		return (op->kind == VS_OP_SPIN_LOCK ? USE_WRITE : USE_WRITE |
		    USE_WAIT);
	case VX_LOCK_SNOW:
		return (USE_LOOK);
	case VX_LOCK_SDROP:
		return (USE_RELEASE);
	case VX_LOCK_XDROP:
	case VX_LOCK_DOWN:
		return (USE_WRITE | USE_RELEASE);
	default:
		break;
	}
	if (op->kind == VS_OP_SX_XLOCK || op->kind == VS_OP_RW_WLOCK)
		return (USE_WRITE | USE_WAIT);
	return (a->space == VX_LOCK ? USE_WRITE | USE_LOOK : USE_WRITE);
}

/* A block that is freed is gone with everything in it. */
static void
use_access(const struct vx_thread *t, const struct vx_access *a, unsigned how)
{
	uintptr_t base, g;
	uint64_t block = block_name(a->object, &base);

	switch (a->space) {
	case VX_BLOCK:
		use(t, VX_BLOCK, name_of(block, base, base), USE_WRITE);
		return;
	case VX_MEMORY:
		for (g = a->object & ~(uintptr_t)7; g < a->object + a->size;
		    g += 8)
			use(t, VX_MEMORY, name_of(block, base, g), how);
		break;
	default:
		use(t, a->space, name_of(block, base, a->object), how);
		break;
	}
	if (block != 0 && a->space != VX_QUEUE)
		use(t, VX_BLOCK, name_of(block, base, base), 0);
}

/* --- a run --------------------------------------------------------------- */

void
vx_past_begin(void)
{
	for (unsigned i = 0; i < VX_THREADS; i++) {
		threads[i].past = i;
		threads[i].place = NOWHERE;
		threads[i].unknown = false;
	}
	sum = 0;
	dead = 0;
}

void
vx_past_thread(struct vx_thread *t)
{
	threads[t->id].place = NOWHERE;
	threads[t->id].unknown = false;
	threads[t->id].past = mix(t->id, t->parent != VX_NOBODY ?
	    threads[t->parent].past : 0);
}

/* Time has passed, or who it passes for is another one. */
static void
use_clock(const struct vx_thread *t, unsigned how)
{
	use(t, VX_CLOCK, 0, how);
}

void
vx_past_perform(struct vx_thread *t)
{
	const struct vx_event *e = &vx.events[vx.nsteps - 1];
	struct vx_access a;

	if (e->point) {
		threads[t->id].unknown = true;
		threads[t->id].point = t->op;
	}
	note(t->id, t->op.kind);
	switch (t->op.kind) {
	case VX_JOIN:
		note(t->id, threads[t->op.object].past);
		break;
	case VX_RESUME:
		if (!t->token)
			use_clock(t, USE_WRITE);
		break;
	case VX_END:
		if (bit(t) != (who)1 << STARTED)
			dead |= bit(t);
		break;
	}
	if (vx_access_of(&t->op, &a))
		use_access(t, &a, use_of(&t->op, &a));
}

void
vx_past_effect(enum vx_effect what, const struct vx_thread *t)
{
	const struct vx_thread *by = vx.current;

	if (by == NULL)
		return;
	if (what == VX_EFFECT_CLOCK) {
		use_clock(by, 0);
		return;
	}
	if (what == VX_EFFECT_PARK || t->deadline != HOST_NEVER)
		use_clock(by, USE_WRITE);
	use(by, VX_TOKEN, t->id, USE_WRITE);
}

void
vx_past_choose(unsigned taken)
{
	if (vx.current != NULL)
		note(vx.current->id, taken);
}

/* What others were about to do when the run ended may come first elsewhere. */
void
vx_past_stop(void)
{
	const struct vx_thread *t;
	struct vx_access a;
	uintptr_t base, at;
	uint64_t block;

	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++) {
		if (t->state != VX_LIVE || !vx_access_of(&t->op, &a))
			continue;
		block = block_name(a.object, &base);
		at = a.space == VX_BLOCK ? base : a.space == VX_MEMORY ?
		    a.object & ~(uintptr_t)7 : a.object;
		use_note(object_of(a.space, name_of(block, base, at)), bit(t),
		    use_of(&t->op, &a));
		if (block != 0)
			use_note(object_of(VX_BLOCK, name_of(block, base,
			    base)), bit(t), a.space == VX_BLOCK ? USE_WRITE :
			    0);
	}
}

/* --- answers ------------------------------------------------------------- */

uint64_t
vx_past(void)
{
	return (mix(sum, vx_fair_state()));
}

uint32_t
vx_past_place(const struct vx_thread *t)
{
	return (place_of(t, &t->op));
}

bool
vx_past_matters(uint32_t place)
{
	struct place *p = &places[place];

	if (p->matters || nplaces >= PLACES / 2)
		return (true);
	p->denied = pass;
	return (false);
}

bool
vx_past_missed(void)
{
	return (missed);
}

void
vx_past_pass(void)
{
	pass++;
	missed = false;
}

void
vx_past_races(bool order)
{
	ordered = order;
}

void
vx_past_open(void)
{
	max_objects = 4096;
	objects = checked(calloc(max_objects, sizeof(*objects)));
	places = checked(calloc(PLACES + 1, sizeof(*places)));
	nobjects = nplaces = 0;
	pass = 0;
	missed = false;
}

void
vx_past_close(void)
{
	free(objects);
	free(places);
	objects = NULL;
	places = NULL;
}
