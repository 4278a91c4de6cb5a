/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story as text, no wider than it may be.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

#define	WIDTH		80
#define	WIDTH_MIN	40

/* --- folding ------------------------------------------------------------- */

/* How much of a line fits: up to a blank, if there is one to break at. */
static size_t
fitting(const char *line, size_t len, size_t room)
{
	size_t n;

	if (len <= room)
		return (len);
	for (n = room; n > room / 2; n--)
		if (line[n] == ' ')
			return (n);
	return (room);
}

static void
fold_line(FILE *out, const char *line, size_t len, size_t width)
{
	size_t indent = 0, n;

	for (; len > 0 && (*line == '\t' || *line == ' '); line++, len--)
		indent += *line == '\t' ? 4 : 1;
	if (indent > width / 2)
		indent = len + indent > width ? width / 2 : indent;
	n = fitting(line, len, width - indent);
	fprintf(out, "%*s%.*s\n", (int)(n > 0 ? indent : 0), "", (int)n,
	    line);
	while (n < len) {
		n += line[n] == ' ';
		line += n;
		len -= n;
		n = fitting(line, len, width - indent - 4);
		fprintf(out, "%*s%.*s\n", (int)indent + 4, "", (int)n, line);
	}
}

/* Text with no line wider than `width`; a tab is four columns. */
static void
fold(FILE *out, const char *text, size_t width)
{
	const char *end;

	for (; (end = strchr(text, '\n')) != NULL; text = end + 1)
		fold_line(out, text, (size_t)(end - text), width);
	if (*text != '\0')
		fold_line(out, text, strlen(text), width);
}

/* --- the head ------------------------------------------------------------ */

static void
tell_proof(FILE *out, const struct vx_failure *f)
{
	if (!f->shrunk)
		return;
	if (f->least) {
		if (f->preemptions > 0)
			fprintf(out, "; no schedule with fewer fails so");
		return;
	}
	fprintf(out, "; not proven least: ");
	if (f->fewest > 0)
		fprintf(out, "none with fewer than %u fails so, but ",
		    f->fewest);
	fprintf(out, "not all with %u could be tried in %" PRIu64
	    " schedules, %.1f seconds", f->fewest, f->tried, f->seconds);
}

void
vx_failure_head(FILE *out, const struct vx_failure *f)
{
	if (f->kind == VS_CLEAN)
		fprintf(out, "clean: this schedule does not fail\n");
	else
		fprintf(out, "%s: %s\n", vs_kind_name(f->kind), f->message);
	if (f->thread[0] != '\0')
		fprintf(out, "thread %s\n", f->thread);
	if (f->without[0] != '\0')
		fprintf(out, "without %s\n", f->without);
	if (f->needed != NULL)
		fprintf(out, "of the scenario this is needed:\n%s\n",
		    f->needed);
	fprintf(out, "schedule ");
	vx_tape_print(out, &f->tape);
	fprintf(out, "%s%u step%s, %u preemption%s", f->tape.nsegments != 0 ?
	    ", then each to its end\n" : "each thread to its end\n", f->steps,
	    f->steps == 1 ? "" : "s", f->preemptions,
	    f->preemptions == 1 ? "" : "s");
	tell_proof(out, f);
	fputs("\n", out);
}

/* --- the whole ----------------------------------------------------------- */

/* The first line is what it is all about. */
static void
print_head(const struct vs_story *story, FILE *out,
    const struct vs_story_text *how)
{
	if (how->color)
		fputs(story->kind != VS_CLEAN ? "\033[1;31m" : "\033[1;32m",
		    out);
	fold_line(out, story->head, strcspn(story->head, "\n"), how->width);
	if (how->color)
		fputs("\033[0m", out);
	fold(out, strchr(story->head, '\n') + 1, how->width);
	putc('\n', out);
}

void
vs_story_print(const struct vs_story *story, FILE *out,
    const struct vs_story_text *given)
{
	struct vs_story_text how = *given;

	if (how.width == 0)
		how.width = WIDTH;
	if (how.width < WIDTH_MIN)
		how.width = WIDTH_MIN;
	print_head(story, out, &how);
	vx_columns_print(story, out, &how);
	fold(out, story->ending, how.width);
	fold(out, story->references, how.width);
	if (story->report[0] == '\0')
		return;
	fputs("\nWhat the kernel says:\n", out);
	fold(out, story->report, how.width);
}
