/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A run as columns: a thread each, its steps below one another.
 *
 * Most steps concern nobody but their thread and are left out.  What stays:
 * operations on objects that more than one thread uses, where threads change,
 * and the end.  Threads that are not the scenario's have no column; a line
 * says when they ran.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define	ROWS_MAX	60
#define	LAST		6		/* steps of the failed thread */
#define	NUMBER_WIDTH	6
#define	REFS_WIDTH	6
#define	CELL_MIN	18

/* --- which steps --------------------------------------------------------- */

/* Who uses an object.  A table with open addresses. */
struct use {
	uintptr_t	object;
	uint16_t	thread;
	bool		several;
	bool		written;
};

static struct use *uses;
static size_t nuses;			/* a power of two */

static struct use *
use_of(uintptr_t object)
{
	size_t i = (size_t)((object >> 3) * 0x9e3779b97f4a7c15ULL);

	while (uses[i & (nuses - 1)].object != 0 &&
	    uses[i & (nuses - 1)].object != object)
		i++;
	return (&uses[i & (nuses - 1)]);
}

static bool
has_object(const struct vx_op *op)
{
	return (op->object > VX_THREADS);
}

static void
find_uses(void)
{
	const struct vx_event *e;
	struct use *u;

	for (nuses = 1024; nuses < 2 * (size_t)vx.nsteps; nuses *= 2)
		;
	if ((uses = calloc(nuses, sizeof(*uses))) == NULL)
		host_fatal("out of memory for a report");
	for (uint32_t i = 0; i < vx.nsteps; i++) {
		e = &vx.events[i];
		if (!has_object(&e->op))
			continue;
		u = use_of(e->op.object);
		if (u->object == 0)
			u->thread = e->thread;
		u->object = e->op.object;
		u->several |= u->thread != e->thread;
		u->written |= e->op.write;
	}
}

static bool
is_switch(uint32_t i)
{
	return (i == 0 || vx.events[i].thread != vx.events[i - 1].thread ||
	    i + 1 == vx.nsteps ||
	    vx.events[i].thread != vx.events[i + 1].thread);
}

static bool
is_shared(const struct vx_event *e)
{
	const struct use *u;

	/* What is only a point for exhaustive search undoes something. */
	if (!has_object(&e->op) || (vx_kinds[e->op.kind].flags &
	    (VX_F_SCHED | VX_F_FREE)) == 0)
		return (false);
	u = use_of(e->op.object);
	return (u->several && u->written);
}

static bool
in_block(const struct vx_event *e, uintptr_t block)
{
	uintptr_t base;
	size_t size;

	return (block != 0 && vx_arena_block(e->op.object, &base, &size) &&
	    base == block);
}

static bool
has_column(unsigned id)
{
	return (vx.threads[id].scenario || id == vx_failed_thread());
}

/* Sets the chosen ones; of too many, those that say least go. */
static void
choose(bool *chosen, uintptr_t block)
{
	unsigned failed = vx_failed_thread(), last = 0, n = 0;

	for (uint32_t i = vx.nsteps; i-- > 0; ) {
		const struct vx_event *e = &vx.events[i];

		if (e->thread == failed && last++ < LAST)
			chosen[i] = true;
		else if (in_block(e, block) || is_switch(i))
			chosen[i] = true;
		else
			chosen[i] = has_column(e->thread) && is_shared(e) &&
			    n < ROWS_MAX;
		n += chosen[i];
	}
}

/* --- columns ------------------------------------------------------------- */

static struct {
	FILE		*out;
	unsigned	width;		/* of a cell */
	unsigned	n;		/* columns */
	bool		refs;
	uint16_t	column[VX_THREADS];	/* of a thread */
	uint16_t	thread[VX_THREADS];	/* of a column */
	const char	*held[VX_THREADS];	/* as last printed */
} page;

/* Threads that do not fit share the last column. */
static void
lay_out(unsigned width, bool refs)
{
	unsigned room = width - NUMBER_WIDTH - (refs ? REFS_WIDTH : 0), most;
	bool seen[VX_THREADS] = { false };

	for (uint32_t i = 0; i < vx.nsteps; i++)
		seen[vx.events[i].thread] = true;
	most = room / CELL_MIN > 0 ? room / CELL_MIN : 1;
	page.n = 0;
	page.refs = refs;
	memset(page.held, 0, sizeof(page.held));
	for (unsigned id = 0; id < vx.nthreads; id++) {
		if (!seen[id] || !has_column(id))
			continue;
		if (page.n < most)
			page.thread[page.n++] = (uint16_t)id;
		page.column[id] = (uint16_t)(page.n - 1);
	}
	page.width = room / (page.n > 0 ? page.n : 1);
	if (page.width > 60)
		page.width = 60;
}

/* One line of one column; what does not fit is cut. */
static void
print_line(const char *number, unsigned column, const char *text,
    const char *right)
{
	int width = (int)page.width - 1;
	bool cut = strlen(text) > (size_t)width;

	fprintf(page.out, "%-*s%*s%.*s%s", NUMBER_WIDTH, number,
	    (int)(column * page.width), "", cut ? width - 2 : width, text,
	    cut ? ".." : "");
	if (right != NULL)
		fprintf(page.out, "%*s%s", (int)((page.n - column) *
		    page.width) - (cut ? width : (int)strlen(text)), "",
		    right);
	putc('\n', page.out);
}

static void
print_held(unsigned column, unsigned id, const char *held)
{
	char text[300];

	if (held == page.held[id] || (held != NULL && page.held[id] != NULL &&
	    strcmp(held, page.held[id]) == 0))
		return;
	page.held[id] = held;
	snprintf(text, sizeof(text), "  holds %s", held != NULL ? held :
	    "nothing");
	print_line("", column, text, NULL);
}

static void
print_step(uint32_t i, uintptr_t block)
{
	const struct vx_event *e = &vx.events[i];
	const struct vx_row *r = &vx_rows[i];
	unsigned column = page.column[e->thread];
	char number[16], text[256], right[16], label[VX_LABEL];
	bool other = page.thread[column] != e->thread;

	vx_label(e->thread, label);
	snprintf(number, sizeof(number), "%" PRIu32, i + 1);
	snprintf(text, sizeof(text), "%s%s%s %s", other ? label : "",
	    other ? ": " : "", vx_kind_name(e->op.kind), r->object);
	snprintf(right, sizeof(right), "%" PRIu32, r->count);
	print_line(number, column, text, page.refs && r->counted &&
	    in_block(e, block) ? right : NULL);
	if (r->function != NULL) {
		snprintf(text, sizeof(text), "  in %s", r->function);
		print_line("", column, text, NULL);
	}
	print_held(column, e->thread, r->held);
}

static void
print_head(void)
{
	char label[VX_LABEL];

	fprintf(page.out, "%-*s", NUMBER_WIDTH, "step");
	for (unsigned c = 0; c < page.n; c++) {
		vx_label(page.thread[c], label);
		fprintf(page.out, "%-*.*s", c + 1 < page.n || page.refs ?
		    (int)page.width : 0, (int)page.width - 1, label);
	}
	fprintf(page.out, "%s\n", page.refs ? "refs" : "");
}

/* The others' steps from the i-th on, in one line; returns the next step. */
static uint32_t
print_others(uint32_t i)
{
	uint32_t first = i, from;
	char label[VX_LABEL], text[256] = "";
	size_t len = 0;

	while (i < vx.nsteps && !has_column(vx.events[i].thread)) {
		from = i++;
		while (i < vx.nsteps &&
		    vx.events[i].thread == vx.events[from].thread)
			i++;
		vx_label(vx.events[from].thread, label);
		if (len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) -
			    len, "%s%s:%" PRIu32, from > first ? ", " : "",
			    label, i - from);
	}
	fprintf(page.out, "%-*" PRIu32 "(%.*s)\n", NUMBER_WIDTH, first + 1,
	    (int)(page.width * page.n) - 3, text);
	return (i);
}

void
vx_columns_print(FILE *out, unsigned width, uintptr_t block)
{
	bool *chosen = calloc(vx.nsteps + 1, sizeof(*chosen));
	bool refs = false;

	if (chosen == NULL)
		host_fatal("out of memory for a report");
	if (width < NUMBER_WIDTH + REFS_WIDTH + CELL_MIN)
		width = NUMBER_WIDTH + REFS_WIDTH + CELL_MIN;
	find_uses();
	choose(chosen, block);
	for (uint32_t i = 0; i < vx.nsteps; i++)
		refs |= vx_rows[i].counted && in_block(&vx.events[i], block);
	page.out = out;
	lay_out(width, refs);
	print_head();
	for (uint32_t i = 0; i < vx.nsteps; ) {
		if (!has_column(vx.events[i].thread)) {
			i = print_others(i);
			continue;
		}
		if (chosen[i])
			print_step(i, block);
		i++;
	}
	free(uses);
	free(chosen);
}
