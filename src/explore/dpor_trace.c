/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The steps of the current execution, see dpor.h.
 *
 * Each object has a history: what was accessed of it, newest first, in one
 * array for all objects that grows and shrinks with the execution.  Nothing
 * here is allocated for a step.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"

struct dp_step *dp_steps;
int dp_nsteps;
dp_clock *dp_clocks, *dp_bases;
struct vx_access *dp_accesses;
struct dp_sleeper *dp_sleepers;
struct dp_race *dp_races;
uint32_t dp_nraces;

static uint32_t naccesses, nsleepers;

#define	MAX_ACCESSES	((uint32_t)DP_STEPS * 8)
#define	MAX_SLEEPERS	((uint32_t)DP_STEPS * 8)
#define	MAX_RACES	4096		/* of one step */

/* --- processes ---------------------------------------------------------------- */

#define	NOBODY		0xff

static uint8_t process_of[VX_THREADS];
static uint16_t thread_of[DP_PROCESSES];
static unsigned nprocesses;

static int16_t last[DP_PROCESSES];	/* step of each process; or -1 */
static int16_t started[VX_THREADS];	/* step that started it; or -1 */
static uintptr_t queue_of[VX_THREADS];	/* that it was in last */

/* The same thread is the same process in all executions. */
static unsigned
process_find(unsigned id)
{
	if (process_of[id] != NOBODY)
		return (process_of[id]);
	if (nprocesses == DP_TIMER)
		host_fatal("exhaustive exploration knows %d threads at most",
		    DP_TIMER);
	thread_of[nprocesses] = (uint16_t)id;
	return (process_of[id] = (uint8_t)nprocesses++);
}

static bool
by_timer(const struct vx_thread *t)
{
	return (t->op.kind == VX_RESUME && !t->token);
}

unsigned
dp_process(const struct vx_thread *t)
{
	return (by_timer(t) ? DP_TIMER : process_find(t->id));
}

uintptr_t
dp_alarm(void)
{
	const struct vx_thread *t = vx_next_alarm();

	return (t != NULL ? queue_of[t->id] : 0);
}

dp_set
dp_enabled(void)
{
	dp_set set = 0;

	for (unsigned i = 0; i < vx.nenabled; i++)
		set |= DP_BIT(dp_process(&vx.threads[vx.enabled[i]]));
	return (set);
}

unsigned
dp_thread(unsigned process)
{
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (dp_process(&vx.threads[vx.enabled[i]]) == process)
			return (vx.enabled[i]);
	return (VX_NOBODY);
}

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

static void *
checked(void *p)
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
	objects = checked(calloc(max_objects, sizeof(*objects)));
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
		entries = checked(realloc(entries, max_entries *
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

static void
history_cut(uint32_t n)
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

bool
dp_depend(const struct vx_access *a, size_t na, const struct vx_access *b,
    size_t nb)
{
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			if (vx_depend(&a[i], &b[j]))
				return (true);
	return (false);
}

/* --- nodes -------------------------------------------------------------------- */

/* Whoever sleeps goes on sleeping unless the step may concern it. */
static void
sleepers_inherit(struct dp_step *s, const struct dp_step *parent)
{
	const struct vx_access *step = &dp_accesses[parent->accesses.first];
	const struct dp_sleeper *q = &dp_sleepers[parent->sleeper];
	const struct dp_sleeper *end = q + parent->nsleepers;
	dp_set woken = DP_BIT(parent->process);

	for (; q < end; q++)
		if (dp_depend(&dp_accesses[q->accesses.first], q->accesses.n,
		    step, parent->accesses.n))
			woken |= DP_BIT(q->process);
	for (q = &dp_sleepers[parent->sleeper]; q < end; q++) {
		if ((woken & DP_BIT(q->process)) != 0)
			continue;
		if (nsleepers == MAX_SLEEPERS)
			host_fatal("an exploration has too many sleepers");
		dp_sleepers[nsleepers++] = *q;
		s->sleep |= DP_BIT(q->process);
	}
}

struct dp_step *
dp_node_new(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps];

	if (dp_nsteps == DP_STEPS - 2)
		vx_fail(VS_LIVELOCK, 0, "no end after %d steps", dp_nsteps);
	memset(s, 0, sizeof(*s));
	s->base = naccesses;
	s->sleeper = nsleepers;
	if (dp_nsteps > 0)
		sleepers_inherit(s, s - 1);
	s->nsleepers = nsleepers - s->sleeper;
	s->history = nentries;
	s->accesses.first = naccesses;
	s->before = s->thread_before = -1;
	s->process = NOBODY;
	dp_nsteps++;
	return (s);
}

void
dp_step_drop(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	history_cut(s->history);
	if (s->process == NOBODY)
		return;
	last[s->process] = s->before;
	if (s->process == DP_TIMER && s->thread != VX_NOBODY)
		last[process_of[s->thread]] = s->thread_before;
}

void
dp_node_tried(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	if (nsleepers == MAX_SLEEPERS)
		host_fatal("an exploration has too many sleepers");
	dp_sleepers[nsleepers++] = (struct dp_sleeper){ s->accesses,
	    s->process };
	s->nsleepers++;
	s->accesses = (struct dp_range){ naccesses, 0 };
}

void
dp_node_drop(void)
{
	const struct dp_step *s = &dp_steps[--dp_nsteps];

	naccesses = s->base;
	nsleepers = s->sleeper;
}

/* --- steps -------------------------------------------------------------------- */

/* Of the step that is being performed: its last try, or request to write. */
static uint32_t trying, asking;
#define	NEVER	UINT32_MAX

void
dp_step_add(const struct vx_access *a)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];
	const struct vx_access *b;

	if (s->accesses.n != 0) {
		b = &dp_accesses[naccesses - 1];
		if (b->object == a->object && b->way == a->way &&
		    b->size == a->size)
			return;
	}
	if (naccesses == MAX_ACCESSES)
		host_fatal("an exploration has too many accesses");
	dp_accesses[naccesses++] = *a;
	s->accesses.n++;
}

static void
add(unsigned space, unsigned way, uintptr_t object)
{
	const struct vx_access a = { .object = object, .size = 1,
	    .space = (uint8_t)space, .way = (uint8_t)way };

	dp_step_add(&a);
}

static void
try_settle(void)
{
	if (trying != NEVER)
		dp_accesses[trying].way =
		    vx_way_failed(dp_accesses[trying].way);
	trying = NEVER;
}

/*
 * The last body to end stops the clock, if it can matter.
 */
static void
end_note(const struct vx_thread *t)
{
	uint32_t clock = object_find(object_key(VX_CLOCK, 0));

	if (t->op.kind != VS_OP_THREAD_EXIT || vx.nscenario != 0)
		return;
	if (objects[clock].newest != 0 || vx_next_alarm() != NULL)
		add(VX_CLOCK, VX_CLOCK_CHANGE, 0);
}

/* Nobody sees an owner take the lock again, nor give up that hold. */
static bool
recursion(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;

	if (l == NULL || l->owner != t->id)
		return (false);
	switch (t->op.kind) {
	case VS_OP_MTX_LOCK:
	case VS_OP_SPIN_LOCK:
	case VS_OP_SX_XLOCK:
	case VS_OP_RW_WLOCK:
	case VS_OP_RM_WLOCK:
		return (true);
	case VS_OP_MTX_UNLOCK:
	case VS_OP_SPIN_UNLOCK:
	case VS_OP_SX_XUNLOCK:
	case VS_OP_RW_WUNLOCK:
	case VS_OP_RM_WUNLOCK:
		return (l->depth > 1);
	default:
		return (false);
	}
}

void
dp_step_operation(const struct vx_thread *t)
{
	unsigned flags = vx_kinds[t->op.kind].flags;
	struct vx_access a;

	asking = NEVER;
	if (t->op.kind == VS_OP_LOCK_TAKEN)
		trying = NEVER;
	end_note(t);
	if (recursion(t) || !vx_access_of(&t->op, &a))
		return;
	dp_step_add(&a);
	if ((flags & VX_F_TRY) != 0) {
		try_settle();
		trying = naccesses - 1;
	} else if (t->op.kind == VS_OP_SX_XLOCK || t->op.kind ==
	    VS_OP_RW_WLOCK)
		asking = naccesses - 1;
}

static void
base_join(int step)
{
	if (step >= 0)
		dp_join(dp_bases[dp_nsteps - 1], dp_clocks[step]);
}

/* What comes before it whatever it accesses. */
static void
base_find(const struct dp_step *s, const struct vx_thread *t)
{
	memset(dp_bases[dp_nsteps - 1], 0, sizeof(dp_clock));
	base_join(s->before);
	if (s->before < 0 && s->process != DP_TIMER)
		base_join(started[t->id]);
	if (t->op.kind == VX_JOIN && process_of[t->op.object] != NOBODY)
		base_join(last[process_of[t->op.object]]);
}

static void
step_open(const struct vx_thread *t, unsigned process)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];

	trying = asking = NEVER;
	s->process = (uint8_t)process;
	s->thread = t->id;
	s->kind = t->op.kind;
	s->history = nentries;
	s->accesses = (struct dp_range){ naccesses, 0 };
	s->before = last[process];
	s->thread_before = process == DP_TIMER ? last[process_find(t->id)] :
	    -1;
	base_find(s, t);
}

void
dp_step_begin(const struct vx_thread *t)
{
	unsigned process = dp_process(t);

	step_open(t, process);
	if (process == DP_TIMER)
		add(VX_CLOCK, VX_CLOCK_CHANGE, 0);
	else
		dp_step_operation(t);
}

void
dp_step_start(const struct vx_thread *child)
{
	started[child->id] = (int16_t)(dp_nsteps - 1);
	last[process_find(child->id)] = -1;
}

void
dp_step_pretend(const struct vx_thread *t)
{
	struct vx_access a;

	step_open(t, dp_process(t));
	if (vx_access_of(&t->op, &a))
		dp_step_add(&a);
}

/*
 * Whoever was the last to keep the timer from its step is what it races with,
 * and the step would have been the one that was possible then.
 */
bool
dp_step_pretend_timer(void)
{
	struct dp_step *s = &dp_steps[dp_nsteps - 1];
	uint32_t e = objects[object_find(object_key(VX_CLOCK, 0))].newest;

	for (; e != 0; e = entries[e].older)
		if ((dp_steps[entries[e].step].enabled & DP_BIT(DP_TIMER)) !=
		    0)
			break;
	if (e == 0)
		return (false);
	trying = asking = NEVER;
	s->process = DP_TIMER;
	s->thread = VX_NOBODY;
	s->before = last[DP_TIMER];
	memset(dp_bases[dp_nsteps - 1], 0, sizeof(dp_clock));
	base_join(s->before);
	add(VX_CLOCK, VX_CLOCK_CHANGE, 0);
	add(VX_QUEUE, VX_QUEUE_CHANGE, dp_steps[entries[e].step].alarm);
	return (true);
}

void
dp_queue_note(const struct vx_thread *t)
{
	if (t->op.kind == VS_OP_TOUCH_QUEUE)
		queue_of[t->id] = t->op.object;
}

/* A wake-up that found nobody has let nobody go on. */
static void
wakeup_settle(const struct dp_step *s)
{
	struct vx_access *a = &dp_accesses[s->accesses.first];
	struct vx_access *end = a + s->accesses.n;
	uintptr_t queue = a->object;

	if (s->kind != VS_OP_WAKEUP && s->kind != VS_OP_WAKEUP_ONE &&
	    s->kind != VS_OP_CV_SIGNAL && s->kind != VS_OP_CV_BROADCAST)
		return;
	for (; a < end; a++)
		if (a->space == VX_TOKEN)
			return;
	for (a = &dp_accesses[s->accesses.first]; a < end; a++)
		if (a->space == VX_QUEUE && a->object == queue)
			a->way = VX_QUEUE_EMPTY;
}

void
dp_step_finish(void)
{
	int i = dp_nsteps - 1;
	const struct dp_step *s = &dp_steps[i];
	uint32_t first = s->accesses.first, end = first + s->accesses.n;

	try_settle();
	if (asking != NEVER && s->thread != VX_NOBODY && vx.threads[s->thread].op.kind == VX_LOCK_AGAIN)
		dp_accesses[asking].way = VX_LOCK_QUEUED;
	wakeup_settle(s);
	dp_nraces = nfound = 0;
	memcpy(dp_clocks[i], dp_bases[i], sizeof(dp_clock));
	for (uint32_t a = first; a < end; a++)
		access_search(&dp_accesses[a], a == first, dp_bases[i]);
	races_find(s, dp_bases[i], dp_clocks[i]);
	for (uint32_t a = first; a < end; a++)
		history_push(a, i);
	dp_clocks[i][s->process] = (int16_t)(i + 1);
	last[s->process] = (int16_t)i;
	if (s->process == DP_TIMER && s->thread != VX_NOBODY)
		last[process_of[s->thread]] = (int16_t)i;
}

/* --- from the first execution to the last ------------------------------------- */

void
dp_trace_open(void)
{
	dp_steps = checked(calloc(DP_STEPS, sizeof(*dp_steps)));
	dp_clocks = checked(aligned_alloc(64, DP_STEPS * sizeof(dp_clock)));
	dp_bases = checked(aligned_alloc(64, DP_STEPS * sizeof(dp_clock)));
	dp_accesses = checked(calloc(MAX_ACCESSES, sizeof(*dp_accesses)));
	dp_sleepers = checked(calloc(MAX_SLEEPERS, sizeof(*dp_sleepers)));
	dp_races = checked(calloc(MAX_RACES, sizeof(*dp_races)));
	max_objects = 4096;
	objects = checked(calloc(max_objects, sizeof(*objects)));
	max_entries = 4096;
	entries = checked(calloc(max_entries, sizeof(*entries)));
	nentries = 1;
	nobjects = nblocks = naccesses = nsleepers = nprocesses = 0;
	dp_nsteps = 0;
	memset(process_of, NOBODY, sizeof(process_of));
	memset(last, 0xff, sizeof(last));
	memset(started, 0xff, sizeof(started));
	memset(queue_of, 0, sizeof(queue_of));
}

void
dp_trace_close(void)
{
	free(dp_steps);
	free(dp_clocks);
	free(dp_bases);
	free(dp_accesses);
	free(dp_sleepers);
	free(dp_races);
	free(objects);
	free(entries);
}
