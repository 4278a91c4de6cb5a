/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A story: all that is known of one controlled run.
 *
 *	struct vs_explore how = { .schedules = 1000, .story = true };
 *	const struct vs_explored *e = vs_explore(&race, &how);
 *
 *	vs_story_print(e->story, stdout, &(struct vs_story_text){ 0 });
 *
 * Steps are numbered from 1; what was before the run, the boot and the set-up,
 * is number 0, and what came after its last step, as `finally` and the
 * shutdown, has the number nsteps + 1.  Step n stands for the time from n to
 * n + 1, so what it begins lasts from n, and what it ends until n + 1.
 *
 * Threads, objects and lives are named by their index.
 */
#ifndef _VNETSIM_STORY_H_
#define _VNETSIM_STORY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <vnetsim/observe.h>
#include <vnetsim/outcome.h>

#ifdef __cplusplus
extern "C" {
#endif

#define	VS_NOTHING	UINT32_MAX	/* no such index */

/* What an operation is about. */
enum vs_topic {
	VS_TOPIC_LOCK,		/* takes a lock, or tries */
	VS_TOPIC_UNLOCK,
	VS_TOPIC_SLEEP,		/* sleeps, goes on */
	VS_TOPIC_WAKEUP,
	VS_TOPIC_EPOCH,
	VS_TOPIC_COUNT,		/* reference counts */
	VS_TOPIC_MEMORY,	/* malloc(9), accesses */
	VS_TOPIC_WORK,		/* tasks, callouts */
	VS_TOPIC_OTHER,
};
const char	*vs_topic_name(enum vs_topic topic);

struct vs_story_thread {
	const char	*name;		/* unique: "mover", "taskq#2" */
	bool		scenario;	/* one of the scenario's */
	bool		column;		/* worth a column */
	uint32_t	steps;		/* it has performed */
};

/* What steps are done to: a lock, a counter, a word of memory, ... */
struct vs_story_object {
	const char	*name;		/* the last one known */
	const char	*class;		/* of a lock: "sx", ...; or "" */
	uint32_t	life;		/* that it is a part of, or VS_NOTHING */
	bool		lock;
	bool		counter;	/* of references */
	bool		shared;		/* by threads, and one of them writes */
	bool		broken;		/* the failure is about it */
};

/* A lock that a thread holds. */
struct vs_story_hold {
	uint32_t	object;
	bool		shared;
};

struct vs_story_step {
	uint32_t	thread;
	uint32_t	object;		/* or VS_NOTHING */
	enum vs_topic	topic;
	const char	*operation;	/* "mtx_lock" */
	const char	*name;		/* the object's, at that time */
	const char	*function;	/* who did it, or NULL */
	const char	*callers;	/* who called that: "b < c", or NULL */
	int64_t		time;		/* virtual, ns since the run began */
	uint32_t	holds;		/* the first of those held before it, */
	uint32_t	nholds;		/* in vs_story.holds */
	bool		counted;	/* the object is a counter: */
	uint32_t	count;		/* its value before, */
	uint32_t	after;		/* and after it */
	bool		preempts;	/* who was interrupted could go on */
	bool		telling;	/* it concerns others, too */
	bool		brief;		/* it is in the short report */
	bool		broken;		/* done to what the failure is about */
};

/* A lock that is held, or a section of an epoch. */
struct vs_story_scope {
	uint32_t	thread;
	uint32_t	object;
	bool		epoch;
	bool		shared;
	bool		open;		/* still so in the end */
	uint32_t	begin, end;
};

/* A thread that cannot go on: from a step of others to its own. */
struct vs_story_wait {
	uint32_t	thread;
	uint32_t	object;		/* lock or channel, or VS_NOTHING */
	const char	*what;		/* "waits for mtx_lock" */
	uint32_t	owner;		/* thread that holds the lock */
	uint32_t	waker;		/* step that let it go on; 0: none */
	bool		timed_out;
	bool		open;
	uint32_t	begin, end;
};

/* An object that the ledger knows. */
struct vs_story_life {
	enum vs_object	kind;
	const char	*name;		/* the last one */
	uint32_t	born, died;
	bool		dead;		/* else it lives in the end */
	bool		broken;
	size_t		refs;		/* in the end */
};

/* A line of the ledger. */
struct vs_story_entry {
	enum vs_entry	what;
	uint32_t	life;
	uint32_t	step;
	uint32_t	thread;		/* or VS_NOTHING */
	const char	*holder;	/* or the new name; NULL: who called */
	const char	*function;	/* or NULL */
	const char	*callers;
	size_t		refs;		/* after it */
};

/* `from` was held when `to` was taken, or wanted until the end. */
struct vs_story_order {
	const char	*from, *from_class;
	const char	*to, *to_class;
	const char	*place;		/* of the first time, or NULL */
	const char	*thread;	/* NULL: the order is known at boot */
	bool		wanted;
	bool		reversal;	/* there is a way from `to` to `from` */
};

struct vs_story {
	const char	*scenario;
	const char	*profile;
	const char	*kernel;	/* "debug", "plain", "instrumented" */
	enum vs_kind	kind;		/* what came of it */
	const char	*message;
	uint32_t	failed;		/* the thread that failed */
	const char	*schedule;	/* "mover:14 destroyer:6" */
	unsigned	preemptions;

	uint32_t	nthreads, nobjects, nsteps, nscopes, nwaits, nlives,
			nentries, norders;
	const struct vs_story_thread *threads;
	const struct vs_story_object *objects;
	const struct vs_story_step *steps;
	const struct vs_story_hold *holds;
	const struct vs_story_scope *scopes;	/* by begin */
	const struct vs_story_wait *waits;	/* by end */
	const struct vs_story_life *lives;	/* by birth */
	const struct vs_story_entry *entries;	/* in order */
	const struct vs_story_order *orders;	/* as WITNESS learned them; */
						/* then those wanted */

	/* Text of a report; lines of any length, "" if there is none. */
	const char	*head;		/* what, who, by which schedule */
	const char	*ending;	/* who waits for what, and holds what */
	const char	*references;	/* of the object that broke */
	const char	*report;	/* what the kernel says */
};

/* How to print one.  A zeroed structure is the default. */
struct vs_story_text {
	unsigned	width;		/* no line is wider; 0: 80, at least 40 */
	bool		color;		/* of a terminal */
	bool		all;		/* each step, not just the telling ones */
};
void	vs_story_print(const struct vs_story *story, FILE *out,
	    const struct vs_story_text *how);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_STORY_H_ */
