/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Schedules that are kept: as memory, as text, and run again.
 *
 *	tape.c		a schedule; names that mean the same in every process
 *	replay.c	the strategy that follows a schedule; what follows it
 *	record.c	the text of a replay file
 *	shrink.c	a failing schedule made short
 *	search.c	all schedules with no more than so many preemptions
 *	past.c		which of them come to the same
 *	failure.c	the first failure of an exploration, from its run to
 *			its report; see story.h for what is told then
 *	again.c		what is told if it does not come again
 */
#ifndef _TAPE_H_
#define _TAPE_H_

#include <stdio.h>

#include <vnetsim/explore.h>

#include "engine.h"

#pragma GCC visibility push(hidden)

/* --- tape.c -------------------------------------------------------------- */

#define	VX_LABEL	40

/*
 * A part of a schedule: the thread goes on until it has performed `upto`
 * events and accesses of the run, or cannot.  Counting from the start of the
 * run rather than of the segment keeps what follows in place when a segment is
 * dropped.
 */
struct vx_segment {
	char		label[VX_LABEL];
	uint32_t	upto;
	uint16_t	id;		/* VX_NOBODY: not looked up yet */
};

/*
 * A schedule.  After the last segment each thread goes on for as long as it
 * can; after the last choice all are 0.
 */
struct vx_tape {
	size_t		nsegments;
	size_t		nchoices;
	struct vx_segment *segments;
	struct vx_drawn	*choices;
};

/* That of the run that has just ended. */
void	vx_tape_take(struct vx_tape *tape);
void	vx_tape_copy(struct vx_tape *to, const struct vx_tape *from);
void	vx_tape_drop(struct vx_tape *tape);
/* "a:3 b#2:4" and "waiter:1/3 fail:0/2". */
void	vx_tape_print(FILE *out, const struct vx_tape *tape);
/* Were allocations asked whether they fail? */
bool	vx_tape_fails(const struct vx_tape *tape);
void	vx_tape_print_choices(FILE *out, const struct vx_tape *tape);
/* Room for one more than n elements; the array, as realloc() returns it. */
void	*vx_grown(void *array, size_t n, size_t element);
/* False: the text is something else; the tape is empty then. */
bool	vx_tape_parse(struct vx_tape *tape, const char *segments,
	    const char *choices);

/* A thread's name; with "#2" and so on for the later ones of that name. */
void	vx_label(unsigned id, char label[VX_LABEL]);
/* VX_NOBODY if there is no such thread (yet). */
unsigned	vx_label_find(const char *label);
/*
 * "mover sx_xlock ifnet_detach_sx": thread, operation, object.  The same text
 * in every process and for every compiler, as long as the code is the same.
 */
#define	VX_EVENT_TEXT	160
void	vx_event_text(const struct vx_event *e, char *buf, size_t size);
/* The object alone. */
void	vx_object_text(const struct vx_op *op, char *buf, size_t size);

/* --- replay.c ------------------------------------------------------------ */

struct vx_failure;
/* With the points and the fairness of the strategy that failed. */
const struct vx_strategy	*vx_replay(const struct vx_failure *f);
/*
 * What the strategy follows, and who is told of each event (NULL: nobody);
 * before vx_session_run().
 */
void	vx_replay_set(struct vx_tape *tape, void (*watch)(struct vx_thread *));
/* Who goes on when nobody has to stop. */
unsigned	vx_replay_default(void);

/* --- record.c ------------------------------------------------------------ */

/* A replay text, taken apart.  The strings point into `text`. */
struct vx_record {
	char		*text;		/* malloc'ed */
	const char	*scenario, *module, *entry, *profile, *kernel;
	const char	*kind, *message, *thread;
	const char	*without;	/* threads left out, or "" */
	const char	*left_out;	/* operations, by number, or "" */
	bool		locks_only;
	bool		exact, unfair;
	uint64_t	image;		/* hash of the code */
	struct vx_tape	tape;
	size_t		nevents;
	char		**events;	/* malloc'ed */
};

bool	vx_record_parse(struct vx_record *record, const char *text);
void	vx_record_drop(struct vx_record *record);
/* Why not; also for vs_replay_error(). */
void	vx_record_refuse(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* --- failure.c ----------------------------------------------------------- */

struct vx_failure {
	bool		taken;
	bool		shrunk;
	bool		least;		/* nor do fewer preemptions */
	bool		early;		/* before the threads had ended */
	bool		exact;		/* found by an exhaustive strategy */
	bool		unfair;		/* or by one that lets threads spin */
	const struct vs_scenario *scenario;	/* as it was given */
	const struct vs_explore *how;
	struct vs_scenario reduced;	/* without the threads not needed */
	char		without[VS_SCENARIO_THREADS * 20];
	char		left_out[256];	/* numbers of operations */
	char		*needed;	/* the scenario without all of these */
	uint64_t	seed;		/* of the run that failed */
	enum vs_kind	kind;
	char		message[VS_MESSAGE_MAX];
	char		thread[64];
	struct vx_tape	tape;
	unsigned	preemptions;
	unsigned	fewest;		/* fewer do not suffice */
	unsigned	steps;
	uint64_t	tried;		/* runs made to shrink it */
	double		seconds;	/* and the time they took */
	struct vx_tape	first;		/* as it was found */
	char		*events;	/* of that run; see again.c */
	char		*unlike;	/* where they were others, or NULL */
	char		*schedule;	/* text; these are malloc'ed */
	char		*replay;
	char		*report;
	const struct vs_story *story;	/* or NULL */
};

/* Of the run that has just ended, the `number`th from 0. */
void	vx_failure_take(struct vx_failure *f, uint64_t number);
/*
 * Runs it once more, for the report, and fills in the result.  There must be
 * no session.
 */
void	vx_failure_tell(struct vx_failure *f, struct vs_explored *result);
void	vx_failure_drop(struct vx_failure *f);
/* Has the run that has just ended failed in the same way? */
bool	vx_failure_again(const struct vx_failure *f);
/* The text of a replay file; `events` has a line for each event. */
char	*vx_record_print(const struct vx_failure *f, const char *events,
	    size_t nevents);

/* --- again.c ------------------------------------------------------------- */

/* What the kernel did in the run that has just ended; malloc'ed. */
char	*vx_again_events(void);
/* That run was to fail and did not, or in another way: fills in the report. */
void	vx_again_tell(struct vx_failure *f);

/* --- shrink.c ------------------------------------------------------------ */

/* In the session of the failure: a shorter schedule, fewer preemptions. */
void	vx_shrink(struct vx_failure *f);
/* Between sessions: fewer threads, fewer operations. */
void	vx_shrink_scenario(struct vx_failure *f);
/* Leaves out those of a list of numbers, or does no more; false: bad list. */
bool	vx_leave_out(const struct vs_scenario *scenario, const char *list,
	    bool out);
double	vx_cpu_seconds(void);

#pragma GCC visibility pop

#endif /* !_TAPE_H_ */
