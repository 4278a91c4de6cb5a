/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What earlier runs have taught, see learn.h.  All of it follows from the runs
 * alone, and from nothing that differs between processes: objects and paths
 * are numbered in the order in which they first occur.
 */
#include <stdlib.h>
#include <string.h>

#include "learn.h"

#define	NPATHS		4096
#define	NOBJECTS	8192		/* a power of two */
#define	NCOUNTS		65536		/* a power of two */
#define	NSHARED		2048
/*
 * Looking through a run's events takes about as long as the run: after the
 * first ones it is done with every eighth only.
 */
#define	ALWAYS		64
#define	SOMETIMES	8

/* Averages are kept in sixteenths. */
#define	UNIT		16

/* A way to be started; the number 0 is none. */
struct path {
	uint64_t	key;
	uint16_t	parent;		/* 0: was there when runs begin */
	uint16_t	next;		/* in the bucket */
	uint32_t	points;		/* average, in UNITs; 0: unknown */
	uint32_t	weight;		/* for this run, with its children */
};

/* An object some thread has used. */
struct object {
	uintptr_t	object;
	uint16_t	thread;		/* the first */
	bool		changed, many;
	struct vx_shared *shared;
};

/* How often threads of a path use an object. */
struct count {
	uint64_t	key;
	uint32_t	average;	/* in UNITs */
	uint32_t	run;
	uint32_t	n;		/* in that run */
};

static struct path paths[NPATHS];
static uint16_t path_buckets[NPATHS];
static unsigned npaths;
static struct object objects[NOBJECTS];
static unsigned nobjects;
static struct count counts[NCOUNTS];
static struct count *counted[NCOUNTS / 2];
static unsigned ncounted, ncounts;
static struct vx_shared shared[NSHARED];
static struct vx_shared *flows[NSHARED];
static unsigned nshared, nflows;
static uint32_t max_picks, runs, last_run;

static uint64_t
mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15ULL;
	return ((a ^ a >> 29) * 0xbf58476d1ce4e5b9ULL);
}

void
vx_learn_open(void)
{
	memset(path_buckets, 0, sizeof(path_buckets));
	memset(objects, 0, sizeof(objects));
	memset(counts, 0, sizeof(counts));
	npaths = 1;
	nobjects = ncounts = nshared = nflows = 0;
	max_picks = runs = last_run = 0;
}

/* --- paths --------------------------------------------------------------- */

static uint16_t
path_find(uint64_t key, uint16_t parent)
{
	uint16_t *bucket = &path_buckets[key >> 52], i;

	for (i = *bucket; i != 0; i = paths[i].next)
		if (paths[i].key == key)
			return (i);
	if (npaths == NPATHS)
		return (0);
	i = (uint16_t)npaths++;
	paths[i] = (struct path){ .key = key, .parent = parent,
	    .next = *bucket };
	*bucket = i;
	return (i);
}

/* Parents have theirs first. */
static void
path_give(struct vx_thread *t)
{
	struct vx_thread *parent;

	if (t->path != 0)
		return;
	if (t->born == 0 || t->parent == VX_NOBODY) {
		t->path = path_find(mix(1, t->id + 1U), 0);
		return;
	}
	parent = &vx.threads[t->parent];
	path_give(parent);
	t->path = path_find(mix(paths[parent->path].key, ++parent->children),
	    parent->path);
}

static void
paths_give(void)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		if (vx.threads[i].state != VX_FREE)
			path_give(&vx.threads[i]);
}

static uint32_t
average(uint32_t old, uint32_t n)
{
	n *= UNIT;
	return (old == 0 ? n : old + n / 8 - old / 8);
}

static void
learn_points(void)
{
	paths_give();
	for (unsigned i = 0; i < vx.nthreads; i++) {
		const struct vx_thread *t = &vx.threads[i];
		struct path *p = &paths[t->path];

		if (t->state != VX_FREE && t->points != 0)
			p->points = average(p->points, t->points);
	}
}

/* --- objects ------------------------------------------------------------- */

static struct object *
object_find(uintptr_t address)
{
	size_t i = mix(address, 0) % NOBJECTS;

	while (objects[i].object != address && objects[i].object != 0)
		i = (i + 1) % NOBJECTS;
	if (objects[i].object == 0) {
		if (nobjects == NOBJECTS / 2)
			return (NULL);
		nobjects++;
		objects[i].object = address;
		objects[i].thread = VX_NOBODY;
	}
	return (&objects[i]);
}

static struct count *
count_find(uint16_t path, uintptr_t object)
{
	uint64_t key = mix(object, path);
	size_t i = key % NCOUNTS;

	while (counts[i].key != key && counts[i].key != 0)
		i = (i + 1) % NCOUNTS;
	if (counts[i].key == 0) {
		if (ncounts == NCOUNTS / 2)
			return (NULL);
		ncounts++;
		counts[i].key = key;
	}
	return (&counts[i]);
}

static void
count_event(uint16_t path, uintptr_t object)
{
	struct count *c = count_find(path, object);

	if (c == NULL)
		return;
	if (c->run != vx.run) {
		c->run = vx.run;
		c->n = 0;
		counted[ncounted++] = c;
	}
	c->n++;
}

/* Its index; VX_SITES if there are too many, or it is unknown. */
static unsigned
site_index(uintptr_t *sites, uint8_t *n, uintptr_t site)
{
	unsigned i;

	if (site == 0)
		return (VX_SITES);
	for (i = 0; i < *n; i++)
		if (sites[i] == site)
			return (i);
	if (i < VX_SITES)
		sites[(*n)++] = site;
	return (i);
}

/* Does it take the value of its object into account before it changes it? */
static bool
is_update(const struct vx_op *op)
{
	return (op->write && op->kind != VX_WRITE &&
	    op->kind != VX_ATOMIC_WRITE && op->kind != VS_OP_ATOMIC_STORE);
}

/*
 * Values flow through memory, from where it is written to where it is read;
 * so do the values that a lock protects, from who had it to who has it next.
 */
static void
learn_sites(struct vx_shared *s, const struct vx_op *op)
{
	bool was_flow = s->nreads != 0 && s->nwrites != 0;
	unsigned i;

	if (s->last_run != vx.run) {
		s->last_run = vx.run;
		s->last_bit = 0;
	}
	if (!op->write || is_update(op)) {
		i = site_index(s->reads, &s->nreads, vx_place(op));
		if (i < VX_SITES)
			s->seen[i] |= (uint16_t)(1 << s->last_bit);
	}
	if (op->write) {
		i = site_index(s->writes, &s->nwrites, vx_place(op));
		s->last_bit = i < VX_SITES ? i + 1 : 15;
	}
	if (!was_flow && s->nreads != 0 && s->nwrites != 0)
		flows[nflows++] = s;
}

static void
learn_event(const struct vx_event *e)
{
	unsigned flags = vx_kinds[e->op.kind].flags;
	struct object *o;

	/* Nothing else has an object that is anybody else's too. */
	if (!e->point || (flags & (VX_F_ACCESS | VX_F_LOCK |
	    VX_F_WRITE)) == 0 || e->op.object == 0)
		return;
	if ((o = object_find(e->op.object)) == NULL)
		return;
	if (o->thread == VX_NOBODY)
		o->thread = e->thread;
	o->many |= o->thread != e->thread;
	o->changed |= e->op.write;
	if (o->shared == NULL && o->many && o->changed && nshared < NSHARED) {
		o->shared = &shared[nshared++];
		*o->shared = (struct vx_shared){ .object = e->op.object };
	}
	if (o->shared == NULL)
		return;
	learn_sites(o->shared, &e->op);
	count_event(vx.threads[e->thread].path, e->op.object);
}

static void
learn_events(bool whole)
{
	ncounted = 0;
	for (uint32_t i = 0; i < vx.nsteps; i++)
		learn_event(&vx.events[i]);
	if (!whole)
		return;
	for (unsigned i = 0; i < ncounted; i++)
		counted[i]->average = average(counted[i]->average,
		    counted[i]->n);
}

/* --- runs ---------------------------------------------------------------- */

void
vx_learn_begin(void)
{
	if (last_run == vx.run)
		return;
	last_run = vx.run;
	runs++;
	paths_give();
}

/* A run that failed says nothing about what is left to be done in others. */
void
vx_learn_end(const struct vx_verdict *verdict)
{
	bool whole = verdict->kind == VS_CLEAN;

	if (last_run != vx.run)
		return;
	last_run = 0;
	if (vx.npicks > max_picks)
		max_picks = vx.npicks;
	if (whole)
		learn_points();
	else
		paths_give();
	if (runs <= ALWAYS || runs % SOMETIMES == 0)
		learn_events(whole);
}

uint32_t
vx_learn_picks(void)
{
	return (max_picks != 0 ? max_picks : 1);
}

/* --- answers ------------------------------------------------------------- */

static uint32_t
weight_of(uint16_t path, uintptr_t object)
{
	const struct count *c;

	if (object == 0)
		return (paths[path].points);
	c = count_find(path, object);
	return (c != NULL ? c->average : 0);
}

void
vx_learn_weigh(uintptr_t object)
{
	struct vx_thread *t;

	for (unsigned i = 1; i < npaths; i++)
		paths[i].weight = weight_of((uint16_t)i, object);
	/* Children come after their parents. */
	for (unsigned i = npaths; i-- > 1;)
		paths[paths[i].parent].weight += paths[i].weight;
	for (unsigned i = 1; i < npaths; i++)
		paths[i].weight = (paths[i].weight + UNIT - 1) / UNIT;
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
		t->left = t->state == VX_LIVE ? paths[t->path].weight : 0;
}

void
vx_learn_weigh_child(struct vx_thread *t)
{
	struct vx_thread *parent = &vx.threads[t->parent];

	path_give(t);
	t->left = paths[t->path].weight;
	if (t->parent != VX_NOBODY)
		parent->left -= t->left < parent->left ? t->left :
		    parent->left;
}

unsigned
vx_learn_nshared(void)
{
	return (nshared);
}

const struct vx_shared *
vx_learn_shared(unsigned i)
{
	return (&shared[i]);
}

unsigned
vx_learn_nflows(void)
{
	return (nflows);
}

struct vx_shared *
vx_learn_flow(unsigned i)
{
	return (flows[i]);
}
