/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story as columns: a thread each, its steps below one another.
 *
 * Threads that are not the scenario's have no column, unless all is wanted; a
 * line says when they ran.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define	NUMBER_WIDTH	6
#define	REFS_WIDTH	6
#define	CELL_MIN	18
#define	CELL_MAX	60

static struct {
	FILE		*out;
	const struct vs_story *story;
	bool		color;
	unsigned	width;		/* of a cell */
	unsigned	n;		/* columns */
	bool		refs;
	uint16_t	column[VX_THREADS];	/* of a thread */
	uint16_t	thread[VX_THREADS];	/* of a column */
	uint32_t	holds[VX_THREADS];	/* as last printed, */
	uint32_t	nholds[VX_THREADS];	/* of a thread */
} page;

/* --- color --------------------------------------------------------------- */

#define	PLAIN		""
#define	FAINT		"\033[2m"
#define	BROKEN		"\033[1;31m"

static const char *
ink_of(const struct vs_story_step *step)
{
	static const char *const inks[] = {
		[VS_TOPIC_LOCK] = "\033[33m",
		[VS_TOPIC_UNLOCK] = "\033[33m",
		[VS_TOPIC_SLEEP] = "\033[35m",
		[VS_TOPIC_WAKEUP] = "\033[35m",
		[VS_TOPIC_EPOCH] = "\033[36m",
		[VS_TOPIC_COUNT] = "\033[32m",
		[VS_TOPIC_MEMORY] = "\033[34m",
		[VS_TOPIC_WORK] = "\033[36m",
		[VS_TOPIC_OTHER] = PLAIN,
	};

	return (step->broken ? BROKEN : inks[step->topic]);
}

/* --- layout -------------------------------------------------------------- */

static bool
has_column(unsigned thread, bool all)
{
	const struct vs_story_thread *t = &page.story->threads[thread];

	return (t->column || (all && t->steps != 0));
}

/* Threads that do not fit share the last column. */
static void
lay_out(unsigned width, bool all)
{
	unsigned room = width - NUMBER_WIDTH - (page.refs ? REFS_WIDTH : 0);
	unsigned most = room / CELL_MIN > 0 ? room / CELL_MIN : 1;

	page.n = 0;
	memset(page.nholds, 0, sizeof(page.nholds));
	for (unsigned id = 0; id < page.story->nthreads; id++) {
		if (!has_column(id, all))
			continue;
		if (page.n < most)
			page.thread[page.n++] = (uint16_t)id;
		page.column[id] = (uint16_t)(page.n - 1);
	}
	page.width = room / (page.n > 0 ? page.n : 1);
	if (page.width > CELL_MAX)
		page.width = CELL_MAX;
}

/* --- lines --------------------------------------------------------------- */

/* One line of one column; what does not fit is cut. */
static void
print_line(const char *number, unsigned column, const char *text,
    const char *ink, const char *right)
{
	int width = (int)page.width - 1;
	bool cut = strlen(text) > (size_t)width;

	if (!page.color)
		ink = PLAIN;
	fprintf(page.out, "%-*s%*s%s%.*s%s%s", NUMBER_WIDTH, number,
	    (int)(column * page.width), "", ink, cut ? width - 2 : width,
	    text, cut ? ".." : "", ink[0] != '\0' ? "\033[0m" : "");
	if (right != NULL)
		fprintf(page.out, "%*s%s", (int)((page.n - column) *
		    page.width) - (cut ? width : (int)strlen(text)), "",
		    right);
	putc('\n', page.out);
}

static bool
same_holds(const struct vs_story_step *step)
{
	const struct vs_story_hold *old =
	    &page.story->holds[page.holds[step->thread]];
	const struct vs_story_hold *new = &page.story->holds[step->holds];

	if (page.nholds[step->thread] != step->nholds)
		return (false);
	for (uint32_t i = 0; i < step->nholds; i++)
		if (old[i].object != new[i].object ||
		    old[i].shared != new[i].shared)
			return (false);
	return (true);
}

static void
print_holds(unsigned column, const struct vs_story_step *step)
{
	const struct vs_story_hold *h = &page.story->holds[step->holds];
	char text[300] = "  holds nothing";
	size_t len = strlen("  holds ");

	if (same_holds(step))
		return;
	page.holds[step->thread] = step->holds;
	page.nholds[step->thread] = step->nholds;
	for (uint32_t i = 0; i < step->nholds && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s%s", i > 0 ? ", " : "",
		    page.story->objects[h[i].object].name,
		    h[i].shared ? " (shared)" : "");
	print_line("", column, text, FAINT, NULL);
}

static void
print_step(uint32_t i)
{
	const struct vs_story_step *step = &page.story->steps[i];
	unsigned column = page.column[step->thread];
	bool other = page.thread[column] != step->thread;
	char number[16], text[256], right[16];

	snprintf(number, sizeof(number), "%" PRIu32, i + 1);
	snprintf(text, sizeof(text), "%s%s%s %s", other ?
	    page.story->threads[step->thread].name : "", other ? ": " : "",
	    step->operation, step->name);
	snprintf(right, sizeof(right), "%" PRIu32, step->count);
	print_line(number, column, text, ink_of(step), page.refs &&
	    step->counted && step->broken ? right : NULL);
	if (step->function != NULL) {
		snprintf(text, sizeof(text), "  in %s", step->function);
		print_line("", column, text, FAINT, NULL);
	}
	print_holds(column, step);
}

static void
print_head(void)
{
	const char *name;

	fprintf(page.out, "%s%-*s", page.color ? "\033[1m" : "",
	    NUMBER_WIDTH, "step");
	for (unsigned c = 0; c < page.n; c++) {
		name = page.story->threads[page.thread[c]].name;
		fprintf(page.out, "%-*.*s", c + 1 < page.n || page.refs ?
		    (int)page.width : 0, (int)page.width - 1, name);
	}
	fprintf(page.out, "%s%s\n", page.refs ? "refs" : "",
	    page.color ? "\033[0m" : "");
}

/* The others' steps from the i-th on, in one line; returns the next step. */
static uint32_t
print_others(uint32_t i)
{
	const struct vs_story *story = page.story;
	uint32_t first = i, from;
	char text[256] = "", number[16];
	size_t len = 0;

	while (i < story->nsteps && !story->threads[story->steps[i].thread]
	    .column) {
		from = i++;
		while (i < story->nsteps &&
		    story->steps[i].thread == story->steps[from].thread)
			i++;
		if (len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) -
			    len, "%s%s:%" PRIu32, from > first ? ", " : "",
			    story->threads[story->steps[from].thread].name,
			    i - from);
	}
	snprintf(number, sizeof(number), "%" PRIu32, first + 1);
	fprintf(page.out, "%-*s(%.*s)\n", NUMBER_WIDTH, number,
	    (int)(page.width * page.n) - 3, text);
	return (i);
}

void
vx_columns_print(const struct vs_story *story, FILE *out,
    const struct vs_story_text *how)
{
	const struct vs_story_step *step;

	page.out = out;
	page.story = story;
	page.color = how->color;
	page.refs = false;
	for (uint32_t i = 0; i < story->nsteps; i++)
		page.refs |= story->steps[i].counted &&
		    story->steps[i].broken;
	if (story->nsteps == 0)
		return;
	lay_out(how->width, how->all);
	print_head();
	for (uint32_t i = 0; i < story->nsteps; ) {
		step = &story->steps[i];
		if (!has_column(step->thread, how->all)) {
			i = print_others(i);
			continue;
		}
		if (step->brief || how->all)
			print_step(i);
		i++;
	}
}
