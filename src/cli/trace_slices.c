/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a thread's track has: the locks that it holds, the sections of epochs
 * that it is in, its steps, its waits.
 *
 * Slices of a track lie in each other, but locks need not be released in the
 * order in which they were taken.  So where an outer one ends, the inner ones
 * end with it, and begin anew as what is continued.
 */
#include <stdlib.h>

#include "cli.h"
#include "trace.h"

#define	OPEN_MAX	128

struct track {
	json_t		*events;
	const struct vs_story *story;
	uint32_t	thread;
	uint32_t	scope;		/* the next one to begin */
	uint32_t	wait;		/* the next one of any thread */
	uint32_t	nopen;
	const struct vs_story_scope *open[OPEN_MAX];
};

static void
set_args(json_t *event, json_t *args)
{
	json_object_set_new(event, "args", args);
}

/* --- scopes -------------------------------------------------------------- */

static void
scope_begin(struct track *t, const struct vs_story_scope *s, uint32_t time,
    bool continued)
{
	json_t *event = trace_event("B", t->story->objects[s->object].name,
	    s->epoch ? "epoch" : "hold", t->thread, time);
	json_t *args = json_object();

	if (s->shared)
		json_object_set_new(args, "shared", json_true());
	if (continued)
		json_object_set_new(args, "continued", json_true());
	if (s->open)
		json_object_set_new(args, "unfinished", json_true());
	set_args(event, args);
	json_array_append_new(t->events, event);
}

static void
scope_end(struct track *t, const struct vs_story_scope *s, uint32_t time)
{
	json_array_append_new(t->events, trace_event("E",
	    t->story->objects[s->object].name, s->epoch ? "epoch" : "hold",
	    t->thread, time));
}

/* The outermost of those that end first, or nopen. */
static uint32_t
first_end(const struct track *t)
{
	uint32_t outer = 0;

	for (uint32_t i = 1; i < t->nopen; i++)
		if (t->open[i]->end < t->open[outer]->end)
			outer = i;
	return (t->nopen > 0 ? outer : t->nopen);
}

/* Those that have ended by `time`, at the time when they do. */
static void
close_scopes(struct track *t, uint32_t time)
{
	uint32_t outer, end, n;

	while ((outer = first_end(t)) < t->nopen &&
	    (end = t->open[outer]->end) <= time) {
		for (n = t->nopen; n-- > outer; )
			scope_end(t, t->open[n], end);
		n = t->nopen;
		t->nopen = outer;
		for (uint32_t i = outer; i < n; i++)
			if (t->open[i]->end != end) {
				scope_begin(t, t->open[i], end, true);
				t->open[t->nopen++] = t->open[i];
			}
	}
}

static void
open_scopes(struct track *t, uint32_t time)
{
	const struct vs_story_scope *s;

	for (; t->scope < t->story->nscopes; t->scope++) {
		s = &t->story->scopes[t->scope];
		if (s->begin > time)
			break;
		if (s->thread != t->thread || t->nopen == OPEN_MAX)
			continue;
		scope_begin(t, s, s->begin, false);
		t->open[t->nopen++] = s;
	}
}

/* --- waits and steps ----------------------------------------------------- */

static void
put_wait(struct track *t, const struct vs_story_wait *w)
{
	const struct vs_story *story = t->story;
	json_t *event, *args = json_object();
	char name[256];

	snprintf(name, sizeof(name), "waits: %s%s%s", w->what,
	    w->object != VS_NOTHING ? " " : "", w->object != VS_NOTHING ?
	    story->objects[w->object].name : "");
	event = trace_event("B", name, "wait", t->thread, w->begin);
	if (w->owner != VS_NOTHING)
		json_object_set_new(args, "held by",
		    trace_string(story->threads[w->owner].name));
	if (w->waker != 0)
		json_object_set_new(args, "until step", json_integer(
		    w->waker));
	if (w->timed_out)
		json_object_set_new(args, "timed out", json_true());
	if (w->open)
		json_object_set_new(args, "unfinished", json_true());
	set_args(event, args);
	json_array_append_new(t->events, event);
	json_array_append_new(t->events, trace_event("E", name, "wait",
	    t->thread, w->end));
}

/* The wait that ends with the thread's step, or with the run. */
static void
put_waits(struct track *t, uint32_t time)
{
	const struct vs_story_wait *w;

	for (; t->wait < t->story->nwaits; t->wait++) {
		w = &t->story->waits[t->wait];
		if (w->end > time)
			break;
		if (w->thread != t->thread)
			continue;
		close_scopes(t, w->begin);
		put_wait(t, w);
	}
}

static void
put_step(struct track *t, uint32_t i)
{
	const struct vs_story_step *s = &t->story->steps[i];
	json_t *event, *args;
	char name[256];

	snprintf(name, sizeof(name), "%s %s", s->operation, s->name);
	event = trace_event("X", name, vs_topic_name(s->topic), t->thread,
	    i + 1);
	json_object_set_new(event, "dur", json_integer(1));
	args = json_pack("{s:i}", "step", (int)i + 1);
	if (s->function != NULL)
		json_object_set_new(args, "in", trace_string(s->function));
	if (s->callers != NULL)
		json_object_set_new(args, "called by",
		    trace_string(s->callers));
	if (s->counted)
		json_object_set_new(args, "count before", json_integer(
		    s->count));
	if (s->preempts)
		json_object_set_new(args, "preempts", json_true());
	if (s->broken)
		json_object_set_new(args, "broken", json_true());
	set_args(event, args);
	json_array_append_new(t->events, event);
}

void
trace_slices(json_t *events, const struct vs_story *story, uint32_t thread)
{
	struct track t = { .events = events, .story = story,
	    .thread = thread };

	for (uint32_t i = 0; i < story->nsteps; i++) {
		if (story->steps[i].thread != thread)
			continue;
		put_waits(&t, i + 1);
		close_scopes(&t, i + 1);
		open_scopes(&t, i + 1);
		put_step(&t, i);
	}
	put_waits(&t, UINT32_MAX);
	close_scopes(&t, UINT32_MAX);
}
