/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story out of what was recorded.
 *
 * Most steps concern nobody but their thread.  The telling ones are operations
 * on objects that more than one thread uses, where threads change, what is
 * done to the object that broke, and the end; those are brief that a report
 * has room for.
 */
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"
#include "story.h"

#define	BRIEF_MAX	60		/* steps of a report, about */
#define	LAST		6		/* of the failed thread: always told */
#define	HEADER		64		/* of the allocator, at most */

#define	ADD(array, n)							\
	((array) = vx_grown((array), (n), sizeof(*(array))), &(array)[(n)++])

static struct vx_story *const s = &vx_story;

/* --- lives --------------------------------------------------------------- */

/*
 * An object lies in a block of its own, which it shares with its counts and
 * locks, behind the allocator's header.  Memory is not used twice in a run.
 */
uint32_t
vx_story_life(uintptr_t address)
{
	uintptr_t base;
	size_t size;

	if (!vx_arena_block(address, &base, &size))
		return (VS_NOTHING);
	for (uint32_t i = s->story.nlives; i-- > 0; )
		if (s->addresses[i] - base <= HEADER &&
		    s->lives[i].kind != VS_PRISON_USER)
			return (i);
	return (VS_NOTHING);
}

static bool
in_block(uintptr_t address, uintptr_t block)
{
	uintptr_t base;
	size_t size;

	return (block != 0 && vx_arena_block(address, &base, &size) &&
	    base == block);
}

/* --- what is shared, what is broken -------------------------------------- */

/* Who uses an object. */
struct use {
	uint32_t	thread;		/* the last one, plus one; 0: nobody */
	bool		several;
	bool		written;
};

static void
find_shared(void)
{
	struct use *uses = calloc(s->story.nobjects + 1, sizeof(*uses)), *u;
	const struct vs_story_step *step;

	if (uses == NULL)
		host_fatal("out of memory for a story");
	for (uint32_t i = 0; i < s->story.nsteps; i++) {
		step = &s->steps[i];
		if (step->object == VS_NOTHING)
			continue;
		u = &uses[step->object];
		u->several |= u->thread != 0 && u->thread != step->thread + 1;
		u->thread = step->thread + 1;
		u->written |= vx.events[i].op.write;
	}
	for (uint32_t i = 0; i < s->story.nobjects; i++)
		s->objects[i].shared = uses[i].several && uses[i].written;
	free(uses);
}

/* What nobody gets any more, or what sleeps for good. */
static void
break_waited(void)
{
	const struct vs_story_wait *w;

	for (uint32_t i = 0; i < s->story.nwaits; i++) {
		w = &s->waits[i];
		if (w->open && w->object != VS_NOTHING &&
		    s->threads[w->thread].scenario)
			s->objects[w->object].broken = true;
	}
}

/* An address in the message, of data or of memory, is what it is about. */
static void
break_named(const char *message)
{
	uintptr_t address, base, other;
	size_t size;

	for (; (message = strstr(message, "0x")) != NULL; message += 2) {
		address = (uintptr_t)strtoull(message, NULL, 16);
		for (uint32_t i = 0; i < s->story.nobjects; i++) {
			other = s->places[i].address;
			if (other == address || (vx_arena_block(address, &base,
			    &size) && other - base < size))
				s->objects[i].broken = true;
		}
	}
}

static void
find_broken(enum vs_kind kind, const char *message, uintptr_t block)
{
	if (kind == VS_DEADLOCK || kind == VS_LOST_WAKEUP ||
	    kind == VS_LIVELOCK)
		break_waited();
	else if (block == 0 && kind != VS_LEAK)
		break_named(message);
	for (uint32_t i = 0; i < s->story.nobjects; i++) {
		s->objects[i].life = vx_story_life(s->places[i].address);
		if (in_block(s->places[i].address, block))
			s->objects[i].broken = true;
	}
	for (uint32_t i = 0; i < s->story.nlives; i++)
		s->lives[i].broken = in_block(s->addresses[i], block) ||
		    (kind == VS_LEAK && !s->lives[i].dead &&
		    s->lives[i].born != 0);
}

/* --- names --------------------------------------------------------------- */

/* Locks of one name: which of them it is. */
static const char *
unique_name(uint32_t i)
{
	const struct vs_story_object *o = &s->objects[i];
	char text[160];
	unsigned rank = 1, all = 0;

	for (uint32_t k = 0; k < s->story.nobjects; k++)
		if (s->objects[k].lock && s->objects[k].name == o->name) {
			rank += k < i;
			all++;
		}
	if (!o->lock || all < 2)
		return (o->name);
	if (o->life != VS_NOTHING)
		snprintf(text, sizeof(text), "%s of %s", o->name,
		    s->lives[o->life].name);
	else
		snprintf(text, sizeof(text), "%s#%u", o->name, rank);
	return (vx_text(text));
}

/* A step with a lock bears the lock's name. */
static void
make_names(void)
{
	uint32_t n = s->story.nobjects;
	const char **names = calloc(n + 1, sizeof(*names));
	struct vs_story_step *step;

	if (names == NULL)
		host_fatal("out of memory for a story");
	for (uint32_t i = 0; i < n; i++)
		names[i] = unique_name(i);
	for (uint32_t i = 0; i < n; i++)
		s->objects[i].name = names[i];
	free(names);
	for (uint32_t i = 0; i < s->story.nsteps; i++) {
		step = &s->steps[i];
		if (step->object != VS_NOTHING && s->objects[step->object].lock)
			step->name = s->objects[step->object].name;
	}
}

/* --- which steps --------------------------------------------------------- */

static bool
is_switch(uint32_t i)
{
	return (i == 0 || i + 1 == s->story.nsteps ||
	    s->steps[i].thread != s->steps[i - 1].thread ||
	    s->steps[i].thread != s->steps[i + 1].thread);
}

/* What is only a point for exhaustive search undoes something. */
static bool
is_shared(uint32_t i)
{
	const struct vs_story_step *step = &s->steps[i];

	return (step->object != VS_NOTHING &&
	    s->objects[step->object].shared &&
	    (vx_kinds[vx.events[i].op.kind].flags &
	    (VX_F_SCHED | VX_F_FREE)) != 0);
}

/* From the end; of too many, those that say least are not brief. */
static void
choose_steps(unsigned failed)
{
	struct vs_story_step *step;
	unsigned last = 0, n = 0;
	bool needed;

	for (uint32_t i = s->story.nsteps; i-- > 0; ) {
		step = &s->steps[i];
		step->broken = step->object != VS_NOTHING &&
		    s->objects[step->object].broken;
		needed = (step->thread == failed && last++ < LAST) ||
		    step->broken || is_switch(i);
		step->telling = needed || is_shared(i);
		step->brief = needed || (step->telling && n < BRIEF_MAX &&
		    s->threads[step->thread].column);
		n += step->brief;
	}
}

/* --- threads ------------------------------------------------------------- */

static void
make_threads(unsigned failed)
{
	struct vs_story_thread *t;
	uint32_t n = 0;

	while (n < s->story.nthreads) {
		t = ADD(s->threads, n);
		*t = (struct vs_story_thread){
			.name = vx_text(s->last[n - 1].label),
			.scenario = s->last[n - 1].scenario,
		};
	}
	for (uint32_t i = 0; i < s->story.nsteps; i++)
		s->threads[s->steps[i].thread].steps++;
	for (uint32_t id = 0; id < n; id++)
		s->threads[id].column = s->threads[id].steps != 0 &&
		    (s->threads[id].scenario || id == failed);
}

/* --- scopes -------------------------------------------------------------- */

/* The scopes of a thread that are open, while its steps are gone through. */
struct open {
	uint32_t	n;
	uint32_t	scope[VX_HELD + 64];
};

static void
scope_open(struct open *o, const struct vs_story_scope *scope)
{
	if (o->n == sizeof(o->scope) / sizeof(o->scope[0]))
		return;
	o->scope[o->n++] = s->story.nscopes;
	*ADD(s->scopes, s->story.nscopes) = *scope;
}

static void
scope_close(struct open *o, uint32_t i, uint32_t end, bool open)
{
	struct vs_story_scope *scope = &s->scopes[o->scope[i]];

	scope->end = end;
	scope->open = open;
	for (o->n--; i < o->n; i++)
		o->scope[i] = o->scope[i + 1];
}

static bool
still_held(const struct vs_story_scope *scope, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		if (s->holds[i].object == scope->object &&
		    s->holds[i].shared == scope->shared &&
		    s->taken[i] == scope->begin)
			return (true);
	return (false);
}

static bool
is_open(const struct open *o, uint32_t hold)
{
	const struct vs_story_scope *scope;

	for (uint32_t i = 0; i < o->n; i++) {
		scope = &s->scopes[o->scope[i]];
		if (!scope->epoch && still_held(scope, hold, 1))
			return (true);
	}
	return (false);
}

/* The thread's step `before` has made its locks those. */
static void
follow_holds(struct open *o, uint32_t thread, uint32_t before, uint32_t first,
    uint32_t n)
{
	for (uint32_t i = o->n; i-- > 0; )
		if (!s->scopes[o->scope[i]].epoch &&
		    !still_held(&s->scopes[o->scope[i]], first, n))
			scope_close(o, i, before + 1, false);
	for (uint32_t i = first; i < first + n; i++)
		if (!is_open(o, i))
			scope_open(o, &(struct vs_story_scope){
			    .thread = thread, .object = s->holds[i].object,
			    .shared = s->holds[i].shared,
			    .begin = s->taken[i] });
}

static void
follow_epochs(struct open *o, uint32_t i)
{
	const struct vs_story_step *step = &s->steps[i];
	unsigned kind = vx.events[i].op.kind;

	if (kind == VS_OP_EPOCH_ENTER)
		scope_open(o, &(struct vs_story_scope){ .thread = step->thread,
		    .object = step->object, .epoch = true, .begin = i + 1 });
	for (uint32_t n = o->n; n-- > 0 && kind == VS_OP_EPOCH_EXIT; )
		if (s->scopes[o->scope[n]].epoch &&
		    s->scopes[o->scope[n]].object == step->object) {
			scope_close(o, n, i + 2, false);
			break;
		}
}

static void
follow_thread(uint32_t thread)
{
	const struct vx_last *last = &s->last[thread];
	const struct vs_story_step *step;
	struct open o = { 0 };
	uint32_t before = 0;

	for (uint32_t i = 0; i < s->story.nsteps; i++) {
		step = &s->steps[i];
		if (step->thread != thread)
			continue;
		follow_holds(&o, thread, before, step->holds, step->nholds);
		follow_epochs(&o, i);
		before = i + 1;
	}
	follow_holds(&o, thread, before, last->holds, last->nholds);
	while (o.n > 0)
		scope_close(&o, o.n - 1, s->story.nsteps + 2, true);
}

static int
by_begin(const void *a, const void *b)
{
	const struct vs_story_scope *x = a, *y = b;

	return ((x->begin > y->begin) - (x->begin < y->begin));
}

static void
make_scopes(void)
{
	for (uint32_t id = 0; id < s->story.nthreads; id++)
		follow_thread(id);
	if (s->story.nscopes > 0)
		qsort(s->scopes, s->story.nscopes, sizeof(*s->scopes),
		    by_begin);
}

/* Who gave up the lock that was waited for. */
static void
find_wakers(void)
{
	struct vs_story_wait *w;

	for (uint32_t n = 0; n < s->story.nwaits; n++) {
		w = &s->waits[n];
		if (w->open || w->waker != 0 || w->object == VS_NOTHING ||
		    !s->objects[w->object].lock)
			continue;
		for (uint32_t i = w->end - 1; i-- > 0 && w->waker == 0; )
			if (s->steps[i].object == w->object &&
			    s->steps[i].topic == VS_TOPIC_UNLOCK)
				w->waker = i + 1;
	}
}

/* --- locks that are wanted ------------------------------------------------ */

/* Is there a way, in the order of locks, from one to the other? */
static bool
is_before(const char *from, const char *to, bool *seen)
{
	const struct vs_story_order *o;

	if (strcmp(from, to) == 0)
		return (true);
	for (uint32_t i = 0; i < s->story.norders; i++) {
		o = &s->orders[i];
		if (seen[i] || strcmp(o->from, from) != 0)
			continue;
		seen[i] = true;
		if (is_before(o->to, to, seen))
			return (true);
	}
	return (false);
}

/*
 * WITNESS has not seen what a thread waits for: it asks before it takes, but
 * after it was let go on.
 */
static void
add_wanted(const struct vs_story_wait *w)
{
	const struct vs_story_object *to = &s->objects[w->object], *from;

	for (uint32_t i = 0; i < s->story.nscopes; i++) {
		if (s->scopes[i].thread != w->thread || !s->scopes[i].open ||
		    s->scopes[i].epoch)
			continue;
		from = &s->objects[s->scopes[i].object];
		vx_trace_order(&(struct vs_story_order){
		    .from = from->name, .from_class = from->class,
		    .to = to->name, .to_class = to->class,
		    .thread = s->last[w->thread].label, .wanted = true });
	}
}

static void
find_wanted(void)
{
	uint32_t first = s->story.norders;
	struct vs_story_order *o;
	bool *seen;

	for (uint32_t i = 0; i < s->story.nwaits; i++)
		if (s->waits[i].open && s->waits[i].object != VS_NOTHING &&
		    s->objects[s->waits[i].object].lock)
			add_wanted(&s->waits[i]);
	for (uint32_t i = first; i < s->story.norders; i++) {
		o = &s->orders[i];
		seen = calloc(s->story.norders, sizeof(*seen));
		if (seen == NULL)
			host_fatal("out of memory for a story");
		o->reversal = is_before(o->to, o->from, seen);
		free(seen);
	}
}

/* --- the whole ----------------------------------------------------------- */

static const char *
written(void (*write)(FILE *, const void *), const void *arg)
{
	char *text = NULL;
	const char *kept;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		host_fatal("out of memory for a story");
	write(out, arg);
	fclose(out);
	kept = vx_text(text);
	free(text);
	return (kept);
}

static void
write_head(FILE *out, const void *f)
{
	vx_failure_head(out, f);
}

static void
write_ending(FILE *out, const void *f)
{
	if (((const struct vx_failure *)f)->kind != VS_CLEAN)
		vx_waits_print(out);
}

static void
write_references(FILE *out, const void *block)
{
	if (*(const uintptr_t *)block != 0)
		vx_references_print(out, *(const uintptr_t *)block);
}

static void
write_schedule(FILE *out, const void *f)
{
	vx_tape_print(out, &((const struct vx_failure *)f)->tape);
}

static void
make_texts(const struct vx_failure *f, uintptr_t block)
{
	struct vs_story *story = &s->story;

	story->scenario = vx_text(f->reduced.name);
	story->profile = vx_text(f->reduced.config.profile != NULL ?
	    f->reduced.config.profile : "fixed");
	story->kernel = host_kernel->name;
	story->kind = f->kind;
	story->message = vx_text(f->message);
	story->schedule = written(write_schedule, f);
	story->preemptions = f->preemptions;
	story->head = written(write_head, f);
	story->ending = written(write_ending, f);
	story->references = written(write_references, &block);
	story->report = vx_text(vx.verdict.report != NULL ?
	    vx.verdict.report : "");
}

const struct vs_story *
vx_story_make(const struct vx_failure *f)
{
	struct vs_story *story = &s->story;
	unsigned failed = vx_failed_thread();
	uintptr_t block = vx_broken_block();

	make_threads(failed);
	find_shared();
	find_broken(f->kind, f->message, block);
	choose_steps(failed);
	make_scopes();
	find_wakers();
	find_wanted();
	make_names();
	story->threads = s->threads;
	story->objects = s->objects;
	story->steps = s->steps;
	story->holds = s->holds;
	story->scopes = s->scopes;
	story->waits = s->waits;
	story->lives = s->lives;
	story->entries = s->entries;
	story->orders = s->orders;
	story->failed = failed < story->nthreads ? failed : VS_NOTHING;
	make_texts(f, block);
	return (story);
}
