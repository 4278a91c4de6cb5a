/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Making a story, see <vnetsim/story.h>, of a traced run.
 *
 *	trace.c		while it runs: steps, the ledger, who cannot go on
 *	names.c		what the things are called that it was done to
 *	story.c		after it: lives of objects, scopes, what is shared
 *	explain.c	who waits for whom; the object that broke
 *	columns.c	the steps as text, a column a thread
 *	report.c	the whole story as text
 */
#ifndef _STORY_H_
#define _STORY_H_

#include <vnetsim/story.h>

#include "tape.h"

#pragma GCC visibility push(hidden)

/* --- trace.c ------------------------------------------------------------- */

/* Where an object of the story is. */
struct vx_place_of {
	uintptr_t	address;
	uint32_t	next;		/* in its bucket, or VS_NOTHING */
};

/* What a thread had and did when the run stopped. */
struct vx_last {
	char		label[VX_LABEL];
	bool		scenario;	/* one of the scenario's */
	uint32_t	step;		/* its last one, or 0 */
	uint32_t	holds, nholds;
};

/*
 * The story that is being written; its arrays grow.  Those of steps and
 * objects have a second one beside them.
 */
struct vx_story {
	struct vs_story	story;
	struct vs_story_thread *threads;
	struct vs_story_object *objects;
	struct vx_place_of *places;	/* of objects */
	struct vs_story_step *steps;
	uint32_t	*taken;		/* step of each of the holds */
	struct vs_story_hold *holds;
	uint32_t	nholds;
	struct vs_story_scope *scopes;
	struct vs_story_wait *waits;
	struct vs_story_life *lives;
	uintptr_t	*addresses;	/* of lives */
	struct vs_story_entry *entries;
	struct vs_story_order *orders;
	struct vx_last	last[VX_THREADS];
};
extern struct vx_story vx_story;

/* Before the session is opened: forgets the last story, watches the ledger. */
void	vx_trace_begin(void);
/* An event of the run: `t` is about to perform t->op. */
void	vx_trace_step(struct vx_thread *t);
/* The run has stopped; `finally` has not begun. */
void	vx_trace_stop(void);
/* WITNESS knows what it will know. */
void	vx_trace_orders(void);
void	vx_trace_order(const struct vs_story_order *order);
/* Nothing is recorded any more. */
void	vx_trace_end(void);

/* --- names.c ------------------------------------------------------------- */

/* A copy that lives as long as the story; each text is kept once. */
const char	*vx_text(const char *text);
void	vx_texts_drop(void);
/* What an operation is done to. */
const char	*vx_name_object(const struct vx_op *op);
/* "sx", "sleep mutex", ... */
const char	*vx_name_class(uintptr_t lock);
/*
 * The functions that have called the caller, without those that primitives
 * consist of: the first one, and "b < c" of those who called it.  NULL: none.
 */
void	vx_name_callers(const char **function, const char **callers);
enum vs_topic	vx_topic(unsigned kind);

/* --- story.c ------------------------------------------------------------- */

/* The life that an address is a part of, or VS_NOTHING. */
uint32_t	vx_story_life(uintptr_t address);
/*
 * While the session is open: makes the story of what was recorded.  What
 * became of the run is in `f`, but for its report: that is in vx.verdict.
 */
const struct vs_story	*vx_story_make(const struct vx_failure *f);

/* --- explain.c ----------------------------------------------------------- */

/* The block of memory that the failure is about, or 0. */
uintptr_t	vx_broken_block(void);
/* Of a block: its count at each step, and who holds it. */
void	vx_references_print(FILE *out, uintptr_t block);
/* Who waits for what, and holds what; where. */
void	vx_waits_print(FILE *out);
/* The id of the thread that failed, or VX_NOBODY. */
unsigned	vx_failed_thread(void);

/* --- report.c ------------------------------------------------------------ */

/* What came of the run, by which schedule, and how that was found. */
void	vx_failure_head(FILE *out, const struct vx_failure *f);

/* --- columns.c ----------------------------------------------------------- */

/* Escapes, in color, are not counted as wide. */
void	vx_columns_print(const struct vs_story *story, FILE *out,
	    const struct vs_story_text *how);

#pragma GCC visibility pop

#endif /* !_STORY_H_ */
