/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Dynamic partial-order reduction: what its files share.
 *
 *	dpor.c		the strategies "source" and "optimal"
 *	dpor_trace.c	the steps of the current execution
 *	dpor_history.c	what was accessed of each object, and who races
 *	dpor_wake.c	wakeup trees
 *	dpor_part.c	parts of an exploration, for many processes
 *	dpor_spin.c	threads that wait in a loop
 *	brute.c		the strategy "brute", which leaves nothing out
 *
 * A step is what a thread does from one scheduling point to the next, so it
 * may be several operations.  A process is a thread, or the timer: that a
 * deadline passes is a step of the timer's, on behalf of the thread that
 * waits.  Executions share their first steps with the one before; what is
 * known of these is kept, and only what comes after is worked out again.
 *
 * Read first: Abdulla, Aronsson, Jonsson and Sagonas, "Source Sets: A
 * Foundation for Optimal Dynamic Partial Order Reduction", JACM 64(4), 2017.
 */
#ifndef _DPOR_H_
#define _DPOR_H_

#include "depend.h"

#pragma GCC visibility push(hidden)

#define	DP_PROCESSES	64		/* bits of a set of them */
#define	DP_TIMER	(DP_PROCESSES - 1)
#define	DP_STEPS	16384		/* of an execution */

/* A set of processes. */
typedef uint64_t dp_set;
#define	DP_BIT(p)	((dp_set)1 << (p))

static inline unsigned
dp_first(dp_set set)
{
	return ((unsigned)__builtin_ctzll(set));
}

/* What a step accesses: some of dp_accesses[]. */
struct dp_range {
	uint32_t	first;
	uint32_t	n;
};

/* A process that is asleep, and what its next step accesses. */
struct dp_sleeper {
	struct dp_range	accesses;
	uint8_t		process;
};

/*
 * A step, and the node of the tree of executions that it starts from.  What
 * is of the node stays when another process is tried there.
 */
struct dp_step {
	/* --- the node --- */
	dp_set		enabled;
	dp_set		held;		/* of those: wait in this part */
	dp_set		sleep;		/* need not be tried */
	dp_set		done;		/* has been tried */
	dp_set		backtrack;	/* source: is to be tried */
	struct dp_wake	*tree;		/* optimal: is to be tried */
	uint32_t	sleeper;	/* the first of those asleep, ... */
	uint32_t	nsleepers;	/* ... and how many entries they have */
	uint32_t	base;		/* number of accesses that were there */
	uintptr_t	alarm;		/* queue of whom the timer would wake */
	/* --- the step --- */
	struct dp_wake	*after;		/* optimal: what the next may be */
	struct dp_range	accesses;
	uint32_t	history;	/* length of it before */
	uint32_t	choices;	/* 4 bits each: out of how many, less 1 */
	uint32_t	chosen;		/* 4 bits each */
	uint8_t		nchoices;
	uint8_t		process;
	uint16_t	thread;
	uint16_t	kind;		/* of the operation that it begins with */
	int16_t		before;		/* last step of the process, or -1 */
	int16_t		thread_before;	/* of the thread; the timer's only */
	int16_t		other;		/* that started it, or was joined */
	uint16_t	number;		/* among the process's, from 0 */
	bool		spins;		/* a yield that waited for others */
	bool		changed;	/* the word that it updated */
	uint64_t	word;		/* what that was before */
};

/* Clocks: 1 + the last step of each process that happened before. */
typedef int16_t dp_clock[DP_PROCESSES] __attribute__((aligned(16)));

/* Steps `first` and `second` race: neither needs the other to come first. */
struct dp_race {
	int		first;
	int		second;
};

/* --- dpor_trace.c ------------------------------------------------------------ */

extern struct dp_step *dp_steps;
extern int dp_nsteps;
/* Of each step, and what it has before its accesses are looked at. */
extern dp_clock *dp_clocks, *dp_bases;
extern struct vx_access *dp_accesses;
extern struct dp_sleeper *dp_sleepers;

void	dp_trace_open(void);
void	dp_trace_close(void);
/* The process that the next step of an enabled thread belongs to. */
unsigned	dp_process(const struct vx_thread *t);
dp_set	dp_enabled(void);
/* The queue that whoever the timer would wake is in. */
uintptr_t	dp_alarm(void);
/* The thread among vx.enabled whose step it would be, or VX_NOBODY. */
unsigned	dp_thread(unsigned process);
/* A node after the last step; who sleeps there is known. */
struct dp_step	*dp_node_new(void);
/* Takes back the last step, and the node, too. */
void	dp_step_drop(void);
void	dp_node_drop(void);
/* The process of the last step, which was taken back, sleeps from now on. */
void	dp_node_tried(void);
/* The step from the last node begins with t->op. */
void	dp_step_begin(const struct vx_thread *t);
/* It also does this. */
void	dp_step_add(const struct vx_access *a);
void	dp_step_operation(const struct vx_thread *t);
/* The last step of a thread, or -1. */
int	dp_last(const struct vx_thread *t);
/* Where `t` waits next, in steps that are known, too. */
void	dp_queue_note(const struct vx_thread *t);
/* It starts a thread. */
void	dp_step_start(const struct vx_thread *child);
/* It has come to its end: finds its place in the order, and its races. */
void	dp_step_finish(void);
/* A step, as if `t` had done what it is waiting to do. */
void	dp_step_pretend(const struct vx_thread *t);
/* As if time had passed, which the step returned has kept it from; -1: none. */
int	dp_step_pretend_timer(void);

/* Happened step `i` before what has this clock? */
static inline bool
dp_before(int i, const int16_t *clock)
{
	return (clock[dp_steps[i].process] > i);
}

/* Does any of the one depend on any of the other? */
static inline bool
dp_depend(const struct vx_access *a, size_t na, const struct vx_access *b,
    size_t nb)
{
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			if (vx_depend(&a[i], &b[j]))
				return (true);
	return (false);
}

/* Not of a clock with itself: that lets the compiler take many at a time. */
static inline void
dp_join(int16_t *restrict clock, const int16_t *restrict other)
{
	for (unsigned p = 0; p < DP_PROCESSES; p++)
		clock[p] = clock[p] > other[p] ? clock[p] : other[p];
}

/* --- dpor_history.c ----------------------------------------------------------- */

/* That the last dp_step_finish() has found. */
extern struct dp_race *dp_races;
extern uint32_t dp_nraces;

void	dp_history_open(void);
void	dp_history_close(void);
/* The last step: what it comes after, and races with; then it is added. */
void	dp_history_step(void);
uint32_t	dp_history_length(void);
void	dp_history_cut(uint32_t n);
/*
 * If only what does not depend on the first step of the race comes before the
 * second: can that one have the lock that it waits for?
 */
bool	dp_history_free(struct dp_race race);
/* The last step that did so when the timer could have; or NULL. */
const struct dp_step	*dp_history_alarm(void);
/* NULL ends the program. */
void	*dp_checked(void *p);

/* --- dpor_spin.c -------------------------------------------------------------- */

/* Of those enabled: who had better wait; the last node is new. */
dp_set	dp_spin_held(dp_set enabled);
/* The step that begins is a yield: adds what it waits for; false: nothing. */
bool	dp_spin_add(const struct vx_thread *t);

/* --- dpor_part.c -------------------------------------------------------------- */

/* How many steps of each process there are. */
extern uint16_t dp_taken[DP_PROCESSES];
/* Executions are samples: random ones, that are not counted. */
extern bool dp_sampling;

/* Part number `part`, from 0; all of it is part 0 of 1. */
void	dp_part_open(uint32_t part, uint32_t parts);
void	dp_part_close(void);
/* These processes have to wait for another one's step. */
dp_set	dp_part_held(void);
/* The last step comes after what it had to wait for. */
void	dp_part_join(int16_t *clock, const struct dp_step *s);
/* Is the execution, which has ended, one of this part's? */
bool	dp_part_counts(void);
/* Of a sample: a race, and a choice. */
void	dp_part_race(struct dp_race race);
uint64_t	dp_part_random(void);
/* A sample, or a tree, is done: is there anything else? */
bool	dp_part_next(void);

/* --- dpor_wake.c -------------------------------------------------------------- */

/* A step that is to be taken, and what is to come after it. */
struct dp_wake {
	struct dp_wake	*child;
	struct dp_wake	*next;		/* instead of it */
	uint32_t	choices;
	uint32_t	chosen;
	uint8_t		nchoices;
	uint8_t		process;
	uint16_t	n;
	struct vx_access accesses[];
};

/* With all that hangs on it. */
void	dp_wake_free(struct dp_wake *w);
/* Gives back a single one. */
void	dp_wake_drop(struct dp_wake *w);
/*
 * Adds what reverses the race to the tree of its first step, unless the tree,
 * or what was explored, has it already.
 */
void	dp_wake_race(struct dp_race race);
/* Which processes a sequence that reverses the race can begin with. */
dp_set	dp_race_initials(struct dp_race race);

#pragma GCC visibility pop

#endif /* !_DPOR_H_ */
