/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Schedules, and names for what they consist of.
 *
 * Addresses of code and static data differ from process to process, and
 * numbers of threads when a scenario loses one, so neither is kept: a thread
 * is its name, static data its symbol, memory its place in the arena.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tape.h"

/* --- labels -------------------------------------------------------------- */

static bool
same_name(unsigned a, unsigned b)
{
	return (strcmp(vx.threads[a].fiber.thread.name,
	    vx.threads[b].fiber.thread.name) == 0);
}

/* Labels stand between blanks and in front of colons. */
static void
label_clean(char *label)
{
	for (; *label != '\0'; label++)
		if (strchr(" \t\n:,#", *label) != NULL)
			*label = '_';
}

void
vx_label(unsigned id, char label[VX_LABEL])
{
	unsigned rank = 1;
	size_t len;

	for (unsigned i = 0; i < id; i++)
		if (vx.threads[i].state != VX_FREE && same_name(i, id))
			rank++;
	snprintf(label, VX_LABEL, "%.31s", vx.threads[id].fiber.thread.name);
	label_clean(label);
	len = strlen(label);
	if (rank > 1)
		snprintf(label + len, VX_LABEL - len, "#%u", rank);
}

unsigned
vx_label_find(const char *label)
{
	char other[VX_LABEL];

	for (unsigned i = 0; i < vx.nthreads; i++) {
		if (vx.threads[i].state == VX_FREE)
			continue;
		vx_label(i, other);
		if (strcmp(label, other) == 0)
			return (i);
	}
	return (VX_NOBODY);
}

/* --- objects and events -------------------------------------------------- */

/* Symbols are searched for one by one, so what was found is kept. */
#define	NSYMBOLS	1024		/* a power of two */

static struct symbol {
	uintptr_t	address;
	char		text[64];
} symbols[NSYMBOLS];

/* Compilers number variables of functions, each in its own way. */
static void
strip_number(char *text)
{
	char *dot = strchr(text, '.'), *end = dot;

	if (dot == NULL)
		return;
	do
		end++;
	while (*end >= '0' && *end <= '9');
	if (*end == '\0' || *end == '+')
		memmove(dot, end, strlen(end) + 1);
}

static const char *
symbol_text(uintptr_t address)
{
	struct symbol *s = &symbols[(address >> 3) * 0x9e3779b97f4a7c15ULL >>
	    54];

	if (s->address != address) {
		s->address = address;
		if (host_symbol_data((void *)address, s->text,
		    sizeof(s->text)) == 0)
			snprintf(s->text, sizeof(s->text), "elsewhere");
		strip_number(s->text);
		/* An offset in a file is the compiler's business. */
		if (strstr(s->text, ".so+") != NULL)
			snprintf(s->text, sizeof(s->text), "constant");
	}
	return (s->text);
}

static bool
names_thread(unsigned kind)
{
	return (kind == VX_BEGIN || kind == VX_END || kind == VX_RESUME ||
	    kind == VX_JOIN || kind == VS_OP_YIELD);
}

void
vx_object_text(const struct vx_op *op, char *buf, size_t size)
{
	char label[VX_LABEL];

	if (names_thread(op->kind)) {
		vx_label((unsigned)op->object % VX_THREADS, label);
		snprintf(buf, size, "%s", label);
	} else if (op->object == 0)
		snprintf(buf, size, "-");
	else if (vx_arena_contains(op->object))
		snprintf(buf, size, "heap+%#" PRIxPTR, op->object -
		    VX_ARENA_BASE);
	else if (host_fiber_stack_contains((void *)op->object))
		snprintf(buf, size, "stack");
	else
		snprintf(buf, size, "%s", symbol_text(op->object));
}

/* By number: how big those before it are is the compiler's business. */
static void
block_text(uintptr_t address, char *buf, size_t size)
{
	uintptr_t base;
	size_t number = vx_arena_number(address, &base);

	snprintf(buf, size, "block %zu+%#" PRIxPTR, number, address - base);
}

void
vx_event_text(const struct vx_event *e, char *buf, size_t size)
{
	char label[VX_LABEL], object[96];

	vx_label(e->thread, label);
	if (vx_arena_contains(e->op.object) && !names_thread(e->op.kind))
		block_text(e->op.object, object, sizeof(object));
	else
		vx_object_text(&e->op, object, sizeof(object));
	snprintf(buf, size, "%s %s %s", label, vx_kind_name(e->op.kind),
	    object);
}

/* --- tapes --------------------------------------------------------------- */

void *
vx_grown(void *array, size_t n, size_t element)
{
	/* The first of each power of two. */
	if ((n & (n - 1)) == 0) {
		array = realloc(array, (n == 0 ? 1 : n * 2) * element);
		if (array == NULL)
			host_fatal("out of memory for a schedule");
	}
	return (array);
}

static struct vx_segment *
add_segment(struct vx_tape *tape)
{
	struct vx_segment *s;

	tape->segments = vx_grown(tape->segments, tape->nsegments,
	    sizeof(*s));
	s = &tape->segments[tape->nsegments++];
	s->id = VX_NOBODY;
	return (s);
}

static struct vx_drawn *
add_choice(struct vx_tape *tape)
{
	tape->choices = vx_grown(tape->choices, tape->nchoices,
	    sizeof(*tape->choices));
	return (&tape->choices[tape->nchoices++]);
}

void
vx_tape_take(struct vx_tape *tape)
{
	static size_t last[VX_THREADS];	/* its last segment, plus one */
	const struct vx_event *e;
	struct vx_segment *s;
	unsigned id;

	memset(tape, 0, sizeof(*tape));
	memset(last, 0, sizeof(last));
	for (uint32_t i = 0; i < vx.nsteps; i++) {
		e = &vx.events[i];
		id = e->thread;
		if (i > 0 && e[-1].thread == id)
			continue;
		if (last[id] != 0)
			tape->segments[last[id] - 1].upto = e->progress;
		s = add_segment(tape);
		vx_label(id, s->label);
		last[id] = tape->nsegments;
		s->upto = vx.threads[id].progress;
	}
	for (uint32_t i = 0; i < vx.nchoices; i++)
		*add_choice(tape) = vx.choices[i];
}

void
vx_tape_copy(struct vx_tape *to, const struct vx_tape *from)
{
	memset(to, 0, sizeof(*to));
	for (size_t i = 0; i < from->nsegments; i++)
		*add_segment(to) = from->segments[i];
	for (size_t i = 0; i < from->nchoices; i++)
		*add_choice(to) = from->choices[i];
}

void
vx_tape_drop(struct vx_tape *tape)
{
	free(tape->segments);
	free(tape->choices);
	memset(tape, 0, sizeof(*tape));
}

/* --- as text ------------------------------------------------------------- */

/* How far the thread had come before segment i. */
static uint32_t
before(const struct vx_tape *tape, size_t i)
{
	const char *label = tape->segments[i].label;

	while (i-- > 0)
		if (strcmp(tape->segments[i].label, label) == 0)
			return (tape->segments[i].upto);
	return (0);
}

void
vx_tape_print(FILE *out, const struct vx_tape *tape)
{
	for (size_t i = 0; i < tape->nsegments; i++)
		fprintf(out, "%s%s:%" PRIu32, i > 0 ? " " : "",
		    tape->segments[i].label, tape->segments[i].upto -
		    before(tape, i));
}

static const char *const choice_names[] = {
	[VX_CHOOSE_WAITER] = "waiter",
	[VX_CHOOSE_FAIL] = "fail",
};
#define	NCHOICES	(sizeof(choice_names) / sizeof(choice_names[0]))

bool
vx_tape_fails(const struct vx_tape *tape)
{
	for (size_t i = 0; i < tape->nchoices; i++)
		if (tape->choices[i].what == VX_CHOOSE_FAIL)
			return (true);
	return (false);
}

void
vx_tape_print_choices(FILE *out, const struct vx_tape *tape)
{
	const struct vx_drawn *d;

	for (size_t i = 0; i < tape->nchoices; i++) {
		d = &tape->choices[i];
		fprintf(out, "%s%s:%u/%u", i > 0 ? " " : "",
		    choice_names[d->what], d->taken, d->n);
	}
}

static bool
parse_segment(struct vx_tape *tape, const char *word)
{
	struct vx_segment *s = add_segment(tape);
	unsigned count;
	int len = 0;

	if (sscanf(word, "%39[^ \t\n:]:%9u%n", s->label, &count, &len) != 2 ||
	    word[len] != '\0' || count == 0)
		return (false);
	s->upto = before(tape, tape->nsegments - 1) + count;
	return (true);
}

static bool
parse_choice(struct vx_tape *tape, const char *word)
{
	struct vx_drawn *d = add_choice(tape);
	unsigned taken, n;
	char name[16];
	int len = 0;

	if (sscanf(word, "%15[^:]:%5u/%5u%n", name, &taken, &n, &len) != 3 ||
	    word[len] != '\0' || taken >= n || n > UINT16_MAX)
		return (false);
	*d = (struct vx_drawn){ .n = (uint16_t)n, .taken = (uint16_t)taken };
	for (size_t i = 0; i < NCHOICES; i++)
		if (strcmp(choice_names[i], name) == 0) {
			d->what = (uint8_t)i;
			return (true);
		}
	return (false);
}

static bool
parse_words(struct vx_tape *tape, const char *text,
    bool (*parse)(struct vx_tape *, const char *))
{
	char *copy = strdup(text), *rest = copy, *word;
	bool good = copy != NULL;

	while (good && (word = strsep(&rest, " ")) != NULL)
		if (word[0] != '\0')
			good = parse(tape, word);
	free(copy);
	return (good);
}

bool
vx_tape_parse(struct vx_tape *tape, const char *segments, const char *choices)
{
	memset(tape, 0, sizeof(*tape));
	if (parse_words(tape, segments, parse_segment) &&
	    parse_words(tape, choices, parse_choice))
		return (true);
	vx_tape_drop(tape);
	return (false);
}
