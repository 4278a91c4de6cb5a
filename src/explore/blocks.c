/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Who allocated the blocks of a traced run, and who freed them, for what is
 * said of memory that was used when it must not be.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../host/impl.h"
#include "tape.h"

#define	FRAMES		20
#define	STACK		4096		/* of text */

struct origin {
	char	thread[64];		/* "": nobody yet */
	uint32_t step;			/* or 0: before the run */
	int	n;
	void	*frames[FRAMES];
};

/* By number of the block: made and freed. */
static struct origin (*origins)[2];
static size_t norigins;

bool vx_blocks_kept;

void
vx_blocks_keep(bool keep)
{
	vx_blocks_kept = keep;
	free(origins);
	origins = NULL;
	norigins = 0;
}

static struct origin *
origin_of(size_t block)
{
	size_t old = norigins;

	if (block >= norigins) {
		norigins = block * 2 + 1024;
		origins = realloc(origins, norigins * sizeof(*origins));
		if (origins == NULL)
			host_fatal("out of memory for the blocks of a trace");
		memset(&origins[old], 0, (norigins - old) * sizeof(*origins));
	}
	return (origins[block]);
}

/* From the kernel's frames on. */
static int
capture(void **frames)
{
	int n = host_backtrace_capture(frames, FRAMES, 0), i = 0;

	while (i < n && !host_image_contains(frames[i]))
		i++;
	memmove(frames, frames + i, (size_t)(n - i) * sizeof(*frames));
	return (n - i);
}

static void
fill(struct origin *o)
{
	const struct vx_thread *t = vx.current;

	snprintf(o->thread, sizeof(o->thread), "%s", t != NULL ?
	    t->fiber.thread.name : "?");
	o->step = vx.mode == VX_RUN ? vx.nsteps : 0;
	o->n = capture(o->frames);
}

void
vx_blocks_made(size_t block)
{
	struct origin *o = origin_of(block);

	fill(&o[0]);
	o[1].thread[0] = '\0';
}

void
vx_blocks_freed(size_t block)
{
	fill(&origin_of(block)[1]);
}

static void
print_stack(FILE *out, void *const *frames, int n)
{
	char text[STACK];

	(void)host_backtrace_print(frames, n, text, sizeof(text));
	fprintf(out, "%s", text);
}

static void
print_origin(FILE *out, const char *what, const struct origin *o)
{
	if (o->thread[0] == '\0')
		return;
	fprintf(out, "%s by thread %s", what, o->thread);
	if (o->step != 0)
		fprintf(out, ", step %" PRIu32, o->step);
	fprintf(out, ":\n");
	print_stack(out, o->frames, o->n);
}

/* Where the thread stands comes first. */
char *
vx_blocks_report(size_t block, const char *what)
{
	struct origin now = { .n = 0 };
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!vx_blocks_kept || (out = open_memstream(&text, &size)) == NULL)
		return (NULL);
	fill(&now);
	print_origin(out, what, &now);
	print_origin(out, "allocated", &origin_of(block)[0]);
	print_origin(out, "freed", &origin_of(block)[1]);
	fclose(out);
	return (text);
}
