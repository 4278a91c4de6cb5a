/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story as Chrome trace events, which Perfetto opens.
 *
 * There are three processes: the threads, a track each; the counters; the
 * lives of objects.  A microsecond of the picture is a step of the run; what
 * follows from a step lies in its middle.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "trace.h"

enum { PID_THREADS = 1, PID_COUNTERS, PID_LIVES };

/* --- events -------------------------------------------------------------- */

json_t *
trace_event(const char *phase, const char *name, const char *category,
    uint32_t thread, uint32_t time)
{
	json_t *event = json_object();

	json_object_set_new(event, "ph", json_string(phase));
	json_object_set_new(event, "name", trace_string(name));
	if (category != NULL)
		json_object_set_new(event, "cat", json_string(category));
	json_object_set_new(event, "pid", json_integer(PID_THREADS));
	json_object_set_new(event, "tid", json_integer((json_int_t)thread +
	    1));
	json_object_set_new(event, "ts", json_integer(time));
	return (event);
}

static void
in_process(json_t *event, int pid)
{
	json_object_set_new(event, "pid", json_integer(pid));
}

static void
in_the_middle(json_t *event, uint32_t step)
{
	json_object_set_new(event, "ts", json_real(step + 0.5));
}

static void
put_meta(json_t *events, const char *what, int pid, uint32_t thread,
    json_t *value)
{
	json_t *event = trace_event("M", what, NULL, thread, 0);

	in_process(event, pid);
	json_object_set_new(event, "args", json_pack("{s:o}",
	    strstr(what, "sort") != NULL ? "sort_index" : "name", value));
	json_array_append_new(events, event);
}

static void
put_names(json_t *events, const struct vs_story *story)
{
	static const char *const names[] = { "threads", "references",
	    "objects" };
	const struct vs_story_thread *t;

	for (int pid = PID_THREADS; pid <= PID_LIVES; pid++) {
		put_meta(events, "process_name", pid, 0,
		    json_string(names[pid - 1]));
		put_meta(events, "process_sort_index", pid, 0,
		    json_integer(pid));
	}
	for (uint32_t id = 0; id < story->nthreads; id++) {
		t = &story->threads[id];
		if (t->steps == 0)
			continue;
		put_meta(events, "thread_name", PID_THREADS, id,
		    trace_string(t->name));
		put_meta(events, "thread_sort_index", PID_THREADS, id,
		    json_integer(t->scenario ? 0 : 1));
	}
}

/* --- arrows -------------------------------------------------------------- */

/* From who woke, or gave up the lock, to who went on. */
static void
put_flows(json_t *events, const struct vs_story *story)
{
	const struct vs_story_wait *w;
	const char *category;
	json_t *event;
	uint32_t from;

	for (uint32_t i = 0; i < story->nwaits; i++) {
		w = &story->waits[i];
		if (w->open || w->waker == 0 || w->waker >= w->end)
			continue;
		from = story->steps[w->waker - 1].thread;
		if (from == w->thread)
			continue;
		category = w->object != VS_NOTHING &&
		    story->objects[w->object].lock ? "handover" : "wakeup";
		event = trace_event("s", category, category, from, 0);
		in_the_middle(event, w->waker);
		json_object_set_new(event, "id", json_integer(i));
		json_array_append_new(events, event);
		event = trace_event("f", category, category, w->thread, 0);
		in_the_middle(event, w->end);
		json_object_set_new(event, "id", json_integer(i));
		json_object_set_new(event, "bp", json_string("e"));
		json_array_append_new(events, event);
	}
}

/* --- counters ------------------------------------------------------------ */

static void
put_count(json_t *events, const char *name, uint32_t time, uint64_t value)
{
	json_t *event = trace_event("C", name, NULL, 0, time);

	in_process(event, PID_COUNTERS);
	json_object_set_new(event, "args", json_pack("{s:I}", "references",
	    (json_int_t)value));
	json_array_append_new(events, event);
}

/* Many objects have one name: "cred". */
static void
life_name(const struct vs_story *story, uint32_t life, char *buf, size_t size)
{
	const struct vs_story_life *l = &story->lives[life], *m;
	unsigned rank = 1, all = 0;

	for (uint32_t i = 0; i < story->nlives; i++) {
		m = &story->lives[i];
		if (m->kind != l->kind || strcmp(m->name, l->name) != 0)
			continue;
		rank += i < life;
		all++;
	}
	snprintf(buf, size, all > 1 ? "%s %s#%u" : "%s %s",
	    vs_object_name(l->kind), l->name, rank);
}

/* The word of memory, before and after each step. */
static void
put_counter(json_t *events, const struct vs_story *story, uint32_t object)
{
	const struct vs_story_object *o = &story->objects[object];
	const char *offset = strrchr(o->name, '+');
	const struct vs_story_step *s;
	char life[128], name[192];

	if (o->life != VS_NOTHING && offset != NULL) {
		life_name(story, o->life, life, sizeof(life));
		snprintf(name, sizeof(name), "count %s%s", life, offset);
	} else
		snprintf(name, sizeof(name), "count %s", o->name);
	for (uint32_t i = 0; i < story->nsteps; i++) {
		s = &story->steps[i];
		if (s->object != object || !s->counted)
			continue;
		put_count(events, name, i + 1, s->count);
		put_count(events, name, i + 2, s->after);
	}
}

/* The ledger's sum, where it changes in the run. */
static void
put_ledger(json_t *events, const struct vs_story *story, uint32_t life)
{
	const struct vs_story_entry *e;
	char object[128], name[160];
	size_t before = 0;
	bool any = false;

	life_name(story, life, object, sizeof(object));
	snprintf(name, sizeof(name), "refs %s", object);
	for (uint32_t i = 0; i < story->nentries; i++) {
		e = &story->entries[i];
		if (e->life != life || e->what == VS_ENTRY_RENAME)
			continue;
		if (e->step == 0) {
			before = e->refs;
			continue;
		}
		if (e->step > story->nsteps)
			break;
		if (!any && story->lives[life].born == 0)
			put_count(events, name, 0, before);
		any = true;
		put_count(events, name, e->step, e->refs);
	}
}

static void
put_entry(json_t *events, const struct vs_story *story,
    const struct vs_story_entry *e)
{
	char object[128], name[160];
	json_t *event;

	life_name(story, e->life, object, sizeof(object));
	snprintf(name, sizeof(name), "%s %s", vs_entry_name(e->what), object);
	event = trace_event("i", name, "ledger", e->thread, 0);
	in_the_middle(event, e->step);
	json_object_set_new(event, "s", json_string("t"));
	json_object_set_new(event, "args", json_pack("{s:o, s:o, s:o, s:i}",
	    "object", trace_string(object),
	    "holder", trace_string(e->holder),
	    "in", trace_string(e->function), "references", (int)e->refs));
	json_array_append_new(events, event);
}

static void
put_counters(json_t *events, const struct vs_story *story)
{
	const struct vs_story_entry *e;

	for (uint32_t i = 0; i < story->nobjects; i++)
		if (story->objects[i].counter)
			put_counter(events, story, i);
	for (uint32_t i = 0; i < story->nlives; i++)
		put_ledger(events, story, i);
	for (uint32_t i = 0; i < story->nentries; i++) {
		e = &story->entries[i];
		if (e->thread != VS_NOTHING && e->step <= story->nsteps)
			put_entry(events, story, e);
	}
}

/* --- lives --------------------------------------------------------------- */

static json_t *
life_event(const char *phase, const char *name, const char *kind,
    uint32_t life, uint32_t time)
{
	json_t *event = trace_event(phase, name, kind, 0, time);

	in_process(event, PID_LIVES);
	json_object_set_new(event, "id", json_integer(life));
	return (event);
}

static bool
is_drawn(const struct vs_story *story, uint32_t life)
{
	const struct vs_story_life *l = &story->lives[life];

	switch (l->kind) {
	case VS_IFNET:
	case VS_CDEV:
	case VS_PRISON:
	case VS_VNET:
	case VS_CLONER:
		/* Not what came and went in the set-up. */
		return (!l->dead || l->died != 0);
	default:
		return (false);
	}
}

static void
put_life(json_t *events, const struct vs_story *story, uint32_t life)
{
	const struct vs_story_life *l = &story->lives[life];
	const char *kind = vs_object_name(l->kind);
	const struct vs_story_entry *e;
	char name[128];
	json_t *event;

	life_name(story, life, name, sizeof(name));
	event = life_event("b", name, kind, life, l->born);
	json_object_set_new(event, "args", json_pack("{s:b, s:b}", "broken",
	    (int)l->broken, "alive in the end", (int)!l->dead));
	json_array_append_new(events, event);
	for (uint32_t i = 0; i < story->nentries; i++) {
		e = &story->entries[i];
		if (e->life != life || e->what != VS_ENTRY_RENAME ||
		    e->step == 0)
			continue;
		event = life_event("n", "rename", kind, life, e->step);
		json_object_set_new(event, "args", json_pack("{s:o}", "name",
		    trace_string(e->holder)));
		json_array_append_new(events, event);
	}
	json_array_append_new(events, life_event("e", name, kind, life,
	    l->dead ? l->died + 1 : story->nsteps + 2));
}

/* --- the whole ----------------------------------------------------------- */

static void
put_verdict(json_t *events, const struct vs_story *story)
{
	char name[VS_MESSAGE_MAX + 32];
	json_t *event;

	if (story->kind == VS_CLEAN)
		return;
	snprintf(name, sizeof(name), "%s: %s", vs_kind_name(story->kind),
	    story->message);
	event = trace_event("i", name, "verdict", story->failed != VS_NOTHING ?
	    story->failed : 0, story->nsteps + 1);
	json_object_set_new(event, "s", json_string("g"));
	json_array_append_new(events, event);
}

static json_t *
other_data(const struct vs_story *story)
{
	return (json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i}",
	    "scenario", trace_string(story->scenario),
	    "profile", trace_string(story->profile),
	    "kernel", trace_string(story->kernel),
	    "outcome", trace_string(vs_kind_name(story->kind)),
	    "message", trace_string(story->message),
	    "schedule", trace_string(story->schedule),
	    "steps", (int)story->nsteps,
	    "preemptions", (int)story->preemptions));
}

char *
trace_events(const struct vs_story *story)
{
	json_t *events = json_array(), *trace;
	char *text;

	put_names(events, story);
	for (uint32_t id = 0; id < story->nthreads; id++)
		if (story->threads[id].steps != 0)
			trace_slices(events, story, id);
	put_flows(events, story);
	put_counters(events, story);
	for (uint32_t i = 0; i < story->nlives; i++)
		if (is_drawn(story, i))
			put_life(events, story, i);
	put_verdict(events, story);
	trace = json_pack("{s:o, s:s, s:o}", "traceEvents", events,
	    "displayTimeUnit", "ns", "otherData", other_data(story));
	text = json_dumps(trace, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(trace);
	if (text == NULL)
		abort();
	return (text);
}
