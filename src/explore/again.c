/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A failure that does not come again with its schedule: something else decides
 * as well.  It is told of all the same, and where it was otherwise first.
 */
#include <stdlib.h>
#include <string.h>

#include "tape.h"

/*
 * Which accesses are events depends on what is known of the memory, so only
 * the kernel's own operations are compared.
 */
static bool
is_compared(const struct vx_event *e)
{
	return ((vx_kinds[e->op.kind].flags & VX_F_ACCESS) == 0);
}

char *
vx_again_events(void)
{
	char *events = NULL, text[VX_EVENT_TEXT];
	size_t size;
	FILE *out = open_memstream(&events, &size);

	if (out == NULL)
		host_fatal("out of memory for the events of a run");
	for (uint32_t i = 0; i < vx.nsteps; i++) {
		if (!is_compared(&vx.events[i]))
			continue;
		vx_event_text(&vx.events[i], text, sizeof(text));
		fprintf(out, "%s\n", text);
	}
	fclose(out);
	return (events);
}

/* The first line that differs: one of each, and which. */
static size_t
first_difference(const char **a, const char **b)
{
	size_t n = 1, la, lb;

	for (;; n++) {
		la = strcspn(*a, "\n");
		lb = strcspn(*b, "\n");
		if (la != lb || strncmp(*a, *b, la) != 0 || **a == '\0')
			return (n);
		*a += la + 1;
		*b += lb + 1;
	}
}

static void
print_line(FILE *out, const char *line)
{
	if (*line == '\0')
		fprintf(out, "the end of the run");
	else
		fprintf(out, "\"%.*s\"", (int)strcspn(line, "\n"), line);
}

void
vx_again_tell(struct vx_failure *f)
{
	char *now = vx_again_events(), *end;
	const char *a = f->events, *b = now;
	size_t size, n = first_difference(&a, &b);
	FILE *out;

	if ((out = open_memstream(&f->unlike, &size)) == NULL)
		host_fatal("out of memory for a report");
	if (*a == '\0' && *b == '\0')
		fprintf(out, "all operations of the kernel were the same, "
		    "memory was not");
	else {
		fprintf(out, "operation %zu of the kernel was ", n);
		print_line(out, a);
		fprintf(out, ", and was ");
		print_line(out, b);
		fprintf(out, " the second time");
	}
	fclose(out);
	if ((end = strchr(f->unlike, '\n')) != NULL)
		*end = '\0';
	free(now);
	free(f->report);
	if ((out = open_memstream(&f->report, &size)) == NULL)
		host_fatal("out of memory for a report");
	fprintf(out, "not reproducible: %s: %s\n", vs_kind_name(f->kind),
	    f->message);
	if (f->thread[0] != '\0')
		fprintf(out, "thread %s\n", f->thread);
	fprintf(out, "The same schedule, run again, came to: %s%s%s\n",
	    vs_kind_name(vx.verdict.kind), vx.verdict.message[0] != '\0' ?
	    ": " : "", vx.verdict.message);
	fprintf(out, "%s.\nSomething else than the schedule decides: memory "
	    "that is not put back before\na run (what malloc(3) gave, the "
	    "variables of another library), an address, the\ntime, or the "
	    "environment.\n", f->unlike);
	fclose(out);
}
