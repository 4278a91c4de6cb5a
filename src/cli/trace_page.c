/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story as a page: src/cli/page, with the story as data in it.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "page.h"
#include "trace.h"

/* --- texts --------------------------------------------------------------- */

/* Each text is kept once; what refers to it has its number, or -1. */
struct texts {
	json_t		*list;
	json_t		*numbers;	/* by text */
};

static json_t *
number_of(struct texts *t, const char *text)
{
	json_t *string, *number;
	const char *key;

	if (text == NULL)
		return (json_integer(-1));
	string = trace_string(text);
	key = json_string_value(string);
	if ((number = json_object_get(t->numbers, key)) == NULL) {
		number = json_integer((json_int_t)json_array_size(t->list));
		json_object_set_new(t->numbers, key, number);
		json_array_append(t->list, string);
	}
	json_decref(string);
	return (json_incref(number));
}

static int
index_of(uint32_t i)
{
	return (i == VS_NOTHING ? -1 : (int)i);
}

/* --- parts --------------------------------------------------------------- */

static json_t *
threads(const struct vs_story *story)
{
	json_t *list = json_array();
	const struct vs_story_thread *t;

	for (uint32_t i = 0; i < story->nthreads; i++) {
		t = &story->threads[i];
		json_array_append_new(list, json_pack("{s:o, s:b, s:b, s:i}",
		    "name", trace_string(t->name),
		    "scenario", (int)t->scenario, "column", (int)t->column,
		    "steps", (int)t->steps));
	}
	return (list);
}

static json_t *
objects(const struct vs_story *story, struct texts *texts)
{
	json_t *list = json_array();
	const struct vs_story_object *o;

	for (uint32_t i = 0; i < story->nobjects; i++) {
		o = &story->objects[i];
		json_array_append_new(list, json_pack("[o, i, i]",
		    number_of(texts, o->name), index_of(o->life),
		    o->lock | o->counter << 1 | o->shared << 2 |
		    o->broken << 3));
	}
	return (list);
}

static json_t *
steps(const struct vs_story *story, struct texts *texts)
{
	json_t *list = json_array();
	const struct vs_story_step *s;

	for (uint32_t i = 0; i < story->nsteps; i++) {
		s = &story->steps[i];
		json_array_append_new(list, json_pack(
		    "[i, i, i, o, o, o, o, I, I, I, i]", (int)s->thread,
		    index_of(s->object), (int)s->topic,
		    number_of(texts, s->operation),
		    number_of(texts, s->name),
		    number_of(texts, s->function),
		    number_of(texts, s->callers), (json_int_t)s->time,
		    s->counted ? (json_int_t)s->count : -1,
		    (json_int_t)s->after,
		    s->preempts | s->telling << 1 | s->broken << 2));
	}
	return (list);
}

static json_t *
scopes(const struct vs_story *story)
{
	json_t *list = json_array();
	const struct vs_story_scope *s;

	for (uint32_t i = 0; i < story->nscopes; i++) {
		s = &story->scopes[i];
		json_array_append_new(list, json_pack("[i, i, i, i, i]",
		    (int)s->thread, (int)s->object,
		    s->epoch | s->shared << 1 | s->open << 2,
		    (int)s->begin, (int)s->end));
	}
	return (list);
}

static json_t *
waits(const struct vs_story *story, struct texts *texts)
{
	json_t *list = json_array();
	const struct vs_story_wait *w;

	for (uint32_t i = 0; i < story->nwaits; i++) {
		w = &story->waits[i];
		json_array_append_new(list, json_pack(
		    "[i, i, o, i, i, i, i, i]", (int)w->thread,
		    index_of(w->object), number_of(texts, w->what),
		    index_of(w->owner), (int)w->waker,
		    w->timed_out | w->open << 1, (int)w->begin,
		    (int)w->end));
	}
	return (list);
}

static json_t *
lives(const struct vs_story *story, struct texts *texts)
{
	json_t *list = json_array();
	const struct vs_story_life *l;

	for (uint32_t i = 0; i < story->nlives; i++) {
		l = &story->lives[i];
		json_array_append_new(list, json_pack("[o, o, i, i, b]",
		    number_of(texts, vs_object_name(l->kind)),
		    number_of(texts, l->name), (int)l->born,
		    l->dead ? (int)l->died : -1, (int)l->broken));
	}
	return (list);
}

static json_t *
entries(const struct vs_story *story, struct texts *texts)
{
	json_t *list = json_array();
	const struct vs_story_entry *e;

	for (uint32_t i = 0; i < story->nentries; i++) {
		e = &story->entries[i];
		json_array_append_new(list, json_pack(
		    "[o, i, i, i, o, o, o, i]",
		    number_of(texts, vs_entry_name(e->what)), (int)e->life,
		    (int)e->step, index_of(e->thread),
		    number_of(texts, e->holder),
		    number_of(texts, e->function),
		    number_of(texts, e->callers), (int)e->refs));
	}
	return (list);
}

/* What page.js reads; it says there what stands where. */
static json_t *
story_json(const struct vs_story *story, const char *title)
{
	struct texts texts = { json_array(), json_object() };
	json_t *topics = json_array(), *data;

	for (int i = VS_TOPIC_LOCK; i <= VS_TOPIC_OTHER; i++)
		json_array_append_new(topics, json_string(
		    vs_topic_name((enum vs_topic)i)));
	data = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i}",
	    "title", trace_string(title),
	    "scenario", trace_string(story->scenario),
	    "profile", trace_string(story->profile),
	    "kernel", trace_string(story->kernel),
	    "outcome", trace_string(vs_kind_name(story->kind)),
	    "message", trace_string(story->message),
	    "schedule", trace_string(story->schedule),
	    "preemptions", (int)story->preemptions,
	    "failed", index_of(story->failed));
	json_object_set_new(data, "ending", trace_string(story->ending));
	json_object_set_new(data, "report", trace_string(story->report));
	json_object_set_new(data, "topics", topics);
	json_object_set_new(data, "threads", threads(story));
	json_object_set_new(data, "objects", objects(story, &texts));
	json_object_set_new(data, "steps", steps(story, &texts));
	json_object_set_new(data, "scopes", scopes(story));
	json_object_set_new(data, "waits", waits(story, &texts));
	json_object_set_new(data, "lives", lives(story, &texts));
	json_object_set_new(data, "entries", entries(story, &texts));
	json_object_set_new(data, "texts", texts.list);
	json_decref(texts.numbers);
	return (data);
}

/* --- the page ------------------------------------------------------------ */

/* Data within a script element must not look like an end of it. */
static void
put_data(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '<')
			fputs("\\u003c", out);
		else
			putc(*text, out);
}

static void
put_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			putc(*text, out);
}

/* "@NAME@" in page.html stands for something. */
static void
put_part(FILE *out, const char *name, size_t len, const char *title,
    const char *data)
{
	if (strncmp(name, "STYLE", len) == 0)
		fputs(page_css, out);
	else if (strncmp(name, "SCRIPT", len) == 0)
		fputs(page_js, out);
	else if (strncmp(name, "TITLE", len) == 0)
		put_escaped(out, title);
	else
		put_data(out, data);
}

char *
trace_page(const struct vs_story *story, const char *title)
{
	json_t *data = story_json(story, title);
	char *json = json_dumps(data, JSON_COMPACT), *text = NULL;
	const char *p, *begin, *end;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (json == NULL || out == NULL)
		abort();
	for (p = page_html; (begin = strchr(p, '@')) != NULL &&
	    (end = strchr(begin + 1, '@')) != NULL; p = end + 1) {
		fwrite(p, 1, (size_t)(begin - p), out);
		put_part(out, begin + 1, (size_t)(end - begin) - 1,
		    title[0] != '\0' ? title : story->scenario, json);
	}
	fputs(p, out);
	fclose(out);
	free(json);
	json_decref(data);
	return (text);
}
