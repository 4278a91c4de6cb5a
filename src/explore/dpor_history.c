/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What was accessed of each object, newest first, and so which steps the last
 * one depends on.
 *
 * The histories of all objects are one array that grows and shrinks with the
 * execution.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"

struct dp_race *dp_races;
uint32_t dp_nraces;

#define	MAX_RACES	4096		/* of one step */

/* --- histories ---------------------------------------------------------------- */

struct entry {
	uint32_t	older;		/* of the same object; 0: none */
	uint32_t	object;		/* index in `objects` */
	uint32_t	access;
	int		step;
};

struct object {
	uint64_t	key;		/* 0: free */
	uint32_t	newest;
};

static struct entry *entries;		/* the first is not used */
static uint32_t nentries, max_entries;
static struct object *objects;		/* open addressing */
static uint32_t nobjects, max_objects;	/* a power of two */
static uint32_t nblocks;		/* entries of blocks that were freed */

void *
dp_checked(void *p)
{
	if (p == NULL)
		host_fatal("out of memory for an exploration");
	return (p);
}

/* Bytes of memory in eights; everything else where it begins. */
static uint64_t
object_key(unsigned space, uintptr_t address)
{
	return (((uint64_t)address + 1) << 3 | space);
}

static uint32_t
object_slot(uint64_t key)
{
	uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15ULL >> 32);

	for (i &= max_objects - 1; objects[i].key != 0 &&
	    objects[i].key != key; i = (i + 1) & (max_objects - 1))
		continue;
	return (i);
}

/* The execution's entries name objects by index. */
static void
objects_grow(void)
{
	struct object *old = objects;
	uint32_t n = max_objects, to;

	max_objects *= 2;
	objects = dp_checked(calloc(max_objects, sizeof(*objects)));
	for (uint32_t i = 0; i < n; i++) {
		if (old[i].key == 0)
			continue;
		to = object_slot(old[i].key);
		objects[to] = old[i];
		for (uint32_t e = old[i].newest; e != 0; e = entries[e].older)
			entries[e].object = to;
	}
	free(old);
}

static uint32_t
object_find(uint64_t key)
{
	uint32_t i = object_slot(key);

	if (objects[i].key == 0) {
		if (++nobjects > max_objects / 2) {
			objects_grow();
			i = object_slot(key);
		}
		objects[i].key = key;
	}
	return (i);
}

static void
entry_push(uint32_t object, uint32_t access, int step)
{
	if (nentries == max_entries) {
		max_entries *= 2;
		entries = dp_checked(realloc(entries, max_entries *
		    sizeof(*entries)));
	}
	entries[nentries] = (struct entry){ objects[object].newest, object,
	    access, step };
	objects[object].newest = nentries++;
}

/* Calls `body` with the index of each object that the access is filed under. */
#define	FOREACH_OBJECT(a, object, body) do {				\
	uintptr_t _u = (a)->object, _end = (a)->object;			\
									\
	if ((a)->space == VX_MEMORY) {					\
		_u >>= 3;						\
		_end = ((a)->object + (a)->size - 1) >> 3;		\
	}								\
	for (; _u <= _end; _u++) {					\
		uint32_t object = object_find(object_key((a)->space, _u)); \
		body;							\
	}								\
} while (0)

/* What was freed is looked for by range, all of it. */
static uint32_t
blocks_object(void)
{
	return (object_find(object_key(VX_BLOCK, 0)));
}

static void
history_push(uint32_t access, int step)
{
	const struct vx_access *a = &dp_accesses[access];

	if (a->space == VX_BLOCK) {
		entry_push(blocks_object(), access, step);
		nblocks++;
	} else
		FOREACH_OBJECT(a, object, entry_push(object, access, step));
}

void
dp_history_cut(uint32_t n)
{
	while (nentries > n) {
		nentries--;
		if (dp_accesses[entries[nentries].access].space == VX_BLOCK)
			nblocks--;
		objects[entries[nentries].object].newest =
		    entries[nentries].older;
	}
}

/* --- what a step may come after ------------------------------------------------ */

/* A step that the last one depends on. */
struct dependency {
	int		step;
	bool		first;		/* it is the first access that does */
	bool		reversible;
};

static struct dependency found[MAX_RACES];
static unsigned nfound;

#define	WHOLE	(1u << VX_MEM_WRITE | 1u << VX_LOCK_X | 1u << VX_LOCK_XNOW | \
	1u << VX_LOCK_XDROP | 1u << VX_LOCK_DOWN | 1u << VX_LOCK_ALL |	\
	1u << VX_QUEUE_CHANGE | 1u << VX_EPOCH_LOOK |			\
	1u << VX_GENERAL_CHANGE | 1u << VX_TOKEN_GIVE |			\
	1u << VX_TOKEN_AGAIN | 1u << VX_TOKEN_TAKE | 1u << VX_CLOCK_CHANGE)

/* Does whatever depends on `new`, and is older, come before `old`? */
static bool
hides_older(const struct vx_access *old, const struct vx_access *new)
{
	if ((WHOLE >> old->way & 1) == 0)
		return (false);
	return (old->space != VX_MEMORY || (old->object <= new->object &&
	    old->object + old->size >= new->object + new->size));
}

/*
 * A process could not go on at `e`, when it was waiting already.  Would it
 * have been able to later, without e?  Then somebody who does not depend on e
 * has let it.
 */
static bool
enabled_without(const struct vx_access *new, int e)
{
	const struct dp_step *s;

	for (int i = e + 1; i < dp_nsteps - 1; i++) {
		s = &dp_steps[i];
		if (!dp_before(e, dp_clocks[i]) && dp_depend(&dp_accesses[
		    s->accesses.first], s->accesses.n, new, 1))
			return (true);
	}
	return (false);
}

/*
 * Only its first access says whether a step could have been taken before `e`.
 * The timer's could if anybody had a deadline.
 */
static bool
reversible(const struct vx_access *old, const struct vx_access *new, int e)
{
	const struct dp_step *s = &dp_steps[dp_nsteps - 1];
	bool enabled = (dp_steps[e].enabled & DP_BIT(s->process)) != 0;

	if (s->process == DP_TIMER)
		return (enabled);
	if ((vx_follows[new->way] >> old->way & 1) != 0)
		return (false);
	return (enabled || s->before >= e || enabled_without(new, e));
}

static void
found_add(int step, bool first, bool rev)
{
	struct dependency *d;
	unsigned i = nfound;

	while (i > 0 && found[i - 1].step < step)
		i--;
	if (i > 0 && found[i - 1].step == step) {
		d = &found[i - 1];
		d->reversible = d->first == first ? d->reversible || rev :
		    d->first ? d->reversible : rev;
		d->first |= first;
		return;
	}
	if (nfound == MAX_RACES)
		host_fatal("a step of an exploration depends on too many");
	memmove(&found[i + 1], &found[i], (nfound - i) * sizeof(found[0]));
	found[i] = (struct dependency){ step, first, rev };
	nfound++;
}

/*
 * Follows one history.  Where a step is in order anyway, so are those it
 * hides.
 */
static void
history_search(uint32_t e, const struct vx_access *new, bool first,
    const int16_t *clock)
{
	const struct vx_access *old;
	bool rev;
	int step;

	for (; e != 0; e = entries[e].older) {
		old = &dp_accesses[entries[e].access];
		if (!vx_depend(old, new))
			continue;
		step = entries[e].step;
		rev = true;
		if (!dp_before(step, clock)) {
			rev = !first || reversible(old, new, step);
			found_add(step, first, rev);
		}
		if (rev && hides_older(old, new))
			break;
	}
}

/* What is freed may be filed under any object. */
static void
block_search(const struct vx_access *new, bool first, const int16_t *clock)
{
	int i = dp_nsteps - 1;
	const struct dp_step *s;

	while (--i >= 0) {
		s = &dp_steps[i];
		if (!dp_before(i, clock) && dp_depend(&dp_accesses[
		    s->accesses.first], s->accesses.n, new, 1))
			found_add(i, first, true);
	}
}

static void
access_search(const struct vx_access *new, bool first, const int16_t *clock)
{
	if (new->space == VX_BLOCK) {
		block_search(new, first, clock);
		return;
	}
	FOREACH_OBJECT(new, object, history_search(objects[object].newest,
	    new, first, clock));
	if (nblocks != 0)
		history_search(objects[blocks_object()].newest, new, first,
		    clock);
}

/*
 * Latest first: what comes before one of them does not race itself.  Unless
 * that one is what made the step possible: then the two were waiting for the
 * same thing, and could have had it in the other order.
 */
static void
races_find(const struct dp_step *s, const int16_t *base, int16_t *clock)
{
	dp_clock all;
	const struct dependency *d;
	bool later = s->thread_before >= 0;

	/* The timer would have served another thread. */
	if (later) {
		memcpy(all, base, sizeof(dp_clock));
		dp_join(all, dp_clocks[s->thread_before]);
	}
	for (unsigned i = 0; i < nfound; i++) {
		d = &found[i];
		if (dp_before(d->step, clock) || (!d->first && later &&
		    dp_before(d->step, all)))
			continue;
		if (d->reversible) {
			dp_races[dp_nraces++] = (struct dp_race){ d->step,
			    dp_nsteps - 1 };
			dp_join(clock, dp_clocks[d->step]);
			continue;
		}
		if (!later)
			memcpy(all, base, sizeof(dp_clock));
		later = true;
		dp_join(all, dp_clocks[d->step]);
	}
	if (later)
		dp_join(clock, all);
}

/* --- the last step -------------------------------------------------------------- */

void
dp_history_step(void)
{
	int i = dp_nsteps - 1;
	const struct dp_step *s = &dp_steps[i];
	uint32_t first = s->accesses.first, end = first + s->accesses.n;

	dp_nraces = nfound = 0;
	memcpy(dp_clocks[i], dp_bases[i], sizeof(dp_clock));
	for (uint32_t a = first; a < end; a++)
		access_search(&dp_accesses[a], a == first || s->spins,
		    dp_bases[i]);
	races_find(s, dp_bases[i], dp_clocks[i]);
	for (uint32_t a = first; a < end; a++)
		history_push(a, i);
}

#define	HOLDS_X	(1u << VX_LOCK_X | 1u << VX_LOCK_XNOW)
#define	HOLDS_S	(1u << VX_LOCK_S | 1u << VX_LOCK_SNOW | 1u << VX_LOCK_DOWN)
#define	DROPS	(1u << VX_LOCK_XDROP | 1u << VX_LOCK_SDROP)

/* The last access of each process says whether it holds the lock. */
bool
dp_history_free(struct dp_race race)
{
	const struct dp_step *s = &dp_steps[race.second];
	const struct vx_access *new = &dp_accesses[s->accesses.first], *old;
	uint32_t holds, e;
	dp_set seen = DP_BIT(s->process);
	int step;

	if (s->accesses.n == 0 || (new->way != VX_LOCK_X && new->way !=
	    VX_LOCK_S))
		return (true);
	holds = new->way == VX_LOCK_X ? HOLDS_X | HOLDS_S : HOLDS_X;
	e = objects[object_find(object_key(VX_LOCK, new->object))].newest;
	for (; e != 0; e = entries[e].older) {
		old = &dp_accesses[entries[e].access];
		step = entries[e].step;
		if (step >= race.first && dp_before(race.first,
		    dp_clocks[step]))
			continue;
		s = &dp_steps[step];
		if ((seen & DP_BIT(s->process)) != 0 ||
		    ((HOLDS_X | HOLDS_S | DROPS) >> old->way & 1) == 0)
			continue;
		seen |= DP_BIT(s->process);
		if ((holds >> old->way & 1) != 0)
			return (false);
	}
	return (true);
}

uint32_t
dp_history_length(void)
{
	return (nentries);
}

static uint32_t
clock_newest(void)
{
	uint32_t i = object_find(object_key(VX_CLOCK, 0));

	/* Looking may have moved the table. */
	return (objects[i].newest);
}

const struct dp_step *
dp_history_alarm(void)
{
	const struct dp_step *s;

	for (uint32_t e = clock_newest(); e != 0; e = entries[e].older) {
		s = &dp_steps[entries[e].step];
		if ((s->enabled & DP_BIT(DP_TIMER)) != 0)
			return (s);
	}
	return (NULL);
}

void
dp_history_open(void)
{
	dp_races = dp_checked(calloc(MAX_RACES, sizeof(*dp_races)));
	max_objects = 4096;
	objects = dp_checked(calloc(max_objects, sizeof(*objects)));
	max_entries = 4096;
	entries = dp_checked(calloc(max_entries, sizeof(*entries)));
	nentries = 1;
	nobjects = nblocks = 0;
}

void
dp_history_close(void)
{
	free(dp_races);
	free(objects);
	free(entries);
}
