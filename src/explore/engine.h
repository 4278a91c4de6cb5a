/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The controlled scheduler: what the files of src/explore share.
 *
 * Every kernel thread is a fiber.  Before each visible operation it stops,
 * says what it is about to do, and the strategy says who goes on: so at any
 * moment each thread has one pending operation, and a schedule is nothing but
 * the sequence of threads that were let go on.
 *
 *	engine.c	points, and who goes on: the steps of a run
 *	threads.c	starting, joining, parking, time, for the kernel
 *	verdict.c	how a run ends early; deadlocks
 *	state.c		the state that runs start from
 *	model.c		what an operation needs, and what it changes: locks,
 *			sharers, queued writers
 *	arena.c		memory of a run, never reused in it
 *	snapshot.c	putting the kernel back to where a run starts
 *	strategy_*.c	who goes on
 *	learn.c		what earlier runs have taught the strategies
 *	fair.c		who must wait, because he does nothing but wait
 *	session.c	boot, set-up, many runs, a verdict
 *
 * All of it runs on one OS thread, on whatever fiber is at a point: nothing
 * here waits or locks.  Memory comes from libc, never from the arena.
 *
 * A schedule has to be quick, for there will be millions.  So what changes is
 * kept up to date rather than found out: who can go on (vx.ready), which
 * threads have to be put back (vx.touched), which pages.  What is known of a
 * lock, or of a cell of memory, carries the number of the run that it is true
 * of, so that nothing is cleared between runs; it hangs where it is found at
 * once.  And nothing is kept that only a report needs: that is another run.
 */
#ifndef _ENGINE_H_
#define _ENGINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vnetsim/outcome.h>
#include <vnetsim/point.h>

#include "../host/fiber.h"
#include "arena.h"

#pragma GCC visibility push(hidden)

#define	VX_THREADS	FIBER_MAX
#define	VX_STEPS	(1 << 16)	/* events of a run, at most */
#define	VX_NOBODY	0xffff		/* no thread */

/* --- operations ------------------------------------------------------------- */

/*
 * Kinds of operations: those of <vnetsim/point.h>, and what only a controlled
 * run sees.
 */
enum vx_kind {
	VX_BEGIN = VS_OP_COUNT,	/* a thread's first step */
	VX_END,			/* its last; never pending */
	VX_RESUME,		/* goes on after host_park(); object: its thread */
	VX_JOIN,		/* waits for a thread's end; object: that thread */
	VX_READ,		/* plain accesses of instrumented code */
	VX_WRITE,
	VX_ATOMIC_READ,		/* atomic ones */
	VX_ATOMIC_WRITE,
	VX_ATOMIC_RMW,
	VX_LOCK_AGAIN,		/* a writer in the queue: object as before */
	VX_KINDS
};

struct vx_op {
	union {
		struct {
			uint16_t kind;	/* enum vs_op or vx_kind */
			uint16_t size;	/* bytes, of an access; else 0 */
			bool	write;	/* does it change the object? */
		};
		uint64_t what;		/* all of these, see vx_what() */
	};
	uintptr_t	object;
	uintptr_t	site;		/* the code address that announced it */
	uintptr_t	caller;		/* of the kernel's: a number, see places */
	struct vx_lock	*lock;		/* of a lock operation */
};

/*
 * One store for what is read at once soon after: processors do not like to put
 * a word together that is still on its way to memory.
 */
static inline uint64_t
vx_what(unsigned kind, unsigned size, bool write)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (kind | (uint64_t)size << 16 | (uint64_t)write << 32);
#else
	return ((uint64_t)kind << 48 | (uint64_t)size << 32 |
	    (uint64_t)write << 24);
#endif
}

/* What an operation is, by kind; see model.c. */
struct vx_kind_info {
	const char	*name;		/* "mtx_lock", "write", ... */
	uint16_t	flags;		/* VX_F_* */
};
extern const struct vx_kind_info vx_kinds[VX_KINDS];

enum {
	VX_F_SCHED = 0x01,	/* another thread may be let go on before it */
	VX_F_EXACT = 0x100,	/* the same, for exhaustive strategies only */
	VX_F_WRITE = 0x02,	/* conflicts with all on the same object */
	VX_F_LOCK = 0x04,	/* the model keeps a state for the object */
	VX_F_ACQUIRE = 0x08,	/* takes over what was released to the object */
	VX_F_RELEASE = 0x10,	/* releases what was done so far to it */
	VX_F_ACCESS = 0x20,	/* reads or writes memory: `size` counts */
	VX_F_FREE = 0x40,	/* the object is a whole block of memory */
	VX_F_YIELD = 0x80,	/* the thread has nothing to do for now */
	VX_F_TRY = 0x200,	/* VS_OP_LOCK_TAKEN follows, or it has failed */
};

/* The state of a lock, as the operations tell it. */
struct vx_lock {
	uintptr_t	object;
	uint32_t	run;		/* else it is free */
	uint16_t	owner;		/* exclusive; VX_NOBODY */
	uint16_t	depth;		/* recursion of the owner */
	uint16_t	sharers;	/* holds, of all threads */
	uint16_t	queued;		/* writers that have announced themselves */
	uint32_t	owner_step;	/* when the owner came to own it */
	uint16_t	user;		/* the first, in any run; VX_NOBODY */
	bool		common;		/* there was a second */
	bool		looked_at;	/* is it held? somebody has asked */
	struct vx_thread *pending;	/* stand before an operation on it */
	struct vx_sync	*sync;		/* what was released to it; or NULL */
	struct vx_lock	*next;		/* in the table */
};

/* --- threads ---------------------------------------------------------------- */

#define	VX_HELD		24		/* locks of a thread that are kept */

/* A hold on a lock. */
struct vx_hold {
	struct vx_lock	*lock;
	bool		shared;
	uint32_t	step;		/* of the acquisition */
	uintptr_t	site;
};

/*
 * After so many accesses without an event the next one of shared memory is a
 * point: the thread may wait for somebody.  A prime, so that no loop gets past.
 */
#define	VX_PATIENCE	1009

enum vx_state {
	VX_FREE,		/* no such thread */
	VX_LIVE,
	VX_DONE,		/* has ended; its handle may still be joined */
};

/*
 * A thread.  What a strategy or a detector keeps of it is at the end, and
 * theirs.  `op` is what it will do next: while it runs, what it is doing.
 */
struct vx_thread {
	uint8_t		state;		/* enum vx_state */
	bool		scenario;	/* of the scenario: a run waits for it */
	bool		quiet;		/* no scheduling points just now */
	bool		token;		/* of host_unpark() */
	bool		timed_out;	/* its last wait ended by time */
	uint16_t	id;		/* index in vx.threads */
	uint16_t	parent;		/* who started it */
	uint16_t	tried;		/* kind of its last operation */
	uint16_t	shared;		/* shared locks it holds */
	uint16_t	spins;		/* spin locks it holds */
	uint32_t	events;		/* it has performed so far, in this run */
	uint32_t	progress;	/* those, and accesses that are no events */
	uint32_t	stop_at;	/* progress to make an event at; or 0 */
	uint32_t	patience;	/* the same, of memory that is shared */
	uint32_t	born;		/* step at which it was started */
	uint32_t	blocks;		/* of memory that it has allocated */
	uint32_t	unparked_by;	/* step after which it was unparked */
	uint32_t	last_step;	/* its last event's, plus one; or 0 */
	uint16_t	nheld;
	bool		gated;		/* not before the run begins */
	int64_t		deadline;	/* of a park; HOST_NEVER */
	struct vx_op	op;
	struct vx_thread *next_pending;	/* on the same lock */
	void		(*fn)(void *);
	void		*arg;
	struct host_fiber fiber;

	/* --- detectors --- */
	uint32_t	clock;		/* own part of its vector clock */
	uint8_t		announced_reads; /* that belong to */
	uint16_t	announced_kind;	/* the atomic operation announced, */
	uintptr_t	announced;	/* and not performed yet; 0 */

	/* --- strategies --- */
	uint32_t	points;		/* of its events another could precede */
	uint16_t	path;		/* how it was started, see learn.h; or 0 */
	uint16_t	children;	/* it has started, of those with a path */
	uint64_t	priority;
	uint32_t	left;		/* events expected to come */

	struct vx_hold	held[VX_HELD];	/* the oldest ones */
};

/* Threads by id. */
#define	VX_WORDS	(VX_THREADS / 64)
struct vx_set {
	uint64_t	words[VX_WORDS];
};

static inline bool
vx_set_has(const struct vx_set *set, unsigned id)
{
	return ((set->words[id / 64] >> id % 64 & 1) != 0);
}

static inline void
vx_set_add(struct vx_set *set, unsigned id)
{
	set->words[id / 64] |= (uint64_t)1 << id % 64;
}

static inline void
vx_set_remove(struct vx_set *set, unsigned id)
{
	set->words[id / 64] &= ~((uint64_t)1 << id % 64);
}

/* --- runs ------------------------------------------------------------------- */

/* Something that happened: thread `thread` performed `op`. */
struct vx_event {
	uint16_t	thread;
	bool		point;		/* others could have gone before it */
	uint32_t	progress;	/* of the thread, before it */
	struct vx_op	op;
};

/* How a run ended. */
struct vx_verdict {
	enum vs_kind	kind;		/* VS_CLEAN */
	char		message[VS_MESSAGE_MAX];
	char		thread[64];
	uintptr_t	site;		/* where; 0 if there is no such place */
	char		*report;	/* the whole story; malloc'ed, or NULL */
};

/* A choice that is not that of a thread: host_choose(). */
#define	vx_choice		host_choice
#define	VX_CHOOSE_WAITER	HOST_CHOOSE_WAITER
#define	VX_CHOOSE_FAIL		HOST_CHOOSE_FAIL

/* One that was made. */
struct vx_drawn {
	uint8_t		what;		/* enum vx_choice */
	uint16_t	n;
	uint16_t	taken;
};
#define	VX_CHOICES	4096		/* of a run; what comes later is 0 */

/* What an operation does that its kind and object do not tell. */
enum vx_effect {
	VX_EFFECT_CLOCK,	/* asks for the time */
	VX_EFFECT_UNPARK,	/* `t` is about to be unparked */
	VX_EFFECT_PARK,		/* `t` is about to park, with a deadline */
};

/*
 * A strategy: who goes on.  `pick` is called when more than one thread can:
 * vx.enabled[0..vx.nenabled), in order of id; it returns one of these ids.
 * The thread that stands at the point, and would go on, is vx.current; it may
 * not be among them.  All may be NULL but `pick`.
 */
struct vx_strategy {
	const char	*name;
	/*
	 * end() says when all has been seen: every operation is a point, and
	 * a run ends with the scenario's functions, not with its threads.
	 */
	bool	exhaustive;
	bool	accesses_all;	/* private memory is not left out */
	bool	stops;		/* it sets stop_at of whom it picks */
	bool	unfair;		/* a thread that spins may starve others */
	bool	each_step;	/* picks where there is no choice, too */
	bool	classes;	/* no two runs are of one class */
	bool	parts;		/* it explores part vx.part of vx.parts */
	bool	places;		/* wants op.caller of points */
	/* What follows a ":" in its name; NULL: nothing does.  False: wrong. */
	bool	(*configure)(const char *option);
	void	(*open)(uint64_t seed);
	void	(*close)(void);
	void	(*begin)(uint64_t seed);	/* a run; its own seed */
	unsigned (*pick)(void);
	/* Who goes on, if that is known without a look; else VX_NOBODY. */
	unsigned (*forced)(void);
	/* `t` is about to perform t->op, picked or alone. */
	void	(*perform)(struct vx_thread *t);
	void	(*thread)(struct vx_thread *t);	/* a new one */
	/* `t` has nothing to do but wait for the others. */
	void	(*yielded)(struct vx_thread *t);
	/* What is being performed has this effect, too; on `t`. */
	void	(*effect)(enum vx_effect what, const struct vx_thread *t);
	/* The run has stopped; what follows it has not begun. */
	void	(*stop)(void);
	/* 0..n-1; NULL: always 0. */
	unsigned (*choose)(enum vx_choice what, unsigned n);
	/* A run is over.  False: there is nothing left to be explored. */
	bool	(*end)(const struct vx_verdict *verdict);
};

enum vx_mode {
	VX_OFF,			/* not controlled */
	VX_SETUP,		/* one thread at a time, until it blocks */
	VX_RUN,			/* the strategy decides */
	VX_FINALLY,		/* as VX_SETUP, after the run */
};

struct vx {
	enum vx_mode	mode;
	uint32_t	run;		/* number of this run, never reused */
	struct vx_thread *current;	/* who runs; NULL: the runner */
	const struct vx_strategy *strategy;
	uint16_t	nthreads;	/* highest id in use, plus one */
	uint16_t	nscenario;	/* threads of the scenario, not ended */
	uint16_t	nenabled;
	uint16_t	enabled[VX_THREADS];
	/*
	 * Threads that can go on, the current one as it was when it came to
	 * its last point; that wait in host_park() for a time; and that are not
	 * as the snapshot has them.
	 */
	struct vx_set	ready;
	struct vx_set	timed;
	struct vx_set	touched;
	int64_t		clock;		/* virtual, ns */
	uint32_t	nsteps;		/* events of this run */
	uint32_t	max_steps;	/* more is a livelock */
	uint32_t	npreemptions;	/* switches away from an enabled thread */
	uint32_t	npicks;		/* steps with a choice, of this run */
	uint32_t	switched;	/* step of the last switch */
	uint32_t	points;		/* VX_F_* that make a point; 0: none */
	uint64_t	nblocked;	/* runs that were abandoned */
	uint32_t	part, parts;	/* of the exploration, from 0 */
	bool		loops;		/* rounds of loops were left out */
	uint32_t	fails;		/* allocations of a run that may fail */
	uint32_t	nfails;		/* have failed, in this run */
	uint32_t	learned;	/* points that earlier runs did not know */
	bool		cut;		/* something was left out, in some run */
	bool		accesses;	/* memory accesses are points */
	bool		races;		/* a data race is a verdict: */
	bool		pass_races;	/* no, it is only noted */
	char		race_passed[512];	/* the first of these, or "" */
	bool		no_exit;	/* threads end with their functions */
	bool		trace;		/* keep what only a report needs */
	bool		brief;		/* a run ends with its threads */
	bool		early;		/* it was over before its threads */
	bool		over;		/* the run has its verdict */
	bool		abandoned;	/* it was the strategy */
	struct vx_verdict verdict;
	struct host_fiber runner;
	struct vx_thread threads[VX_THREADS];
	uint32_t	nchoices;
	struct vx_drawn	choices[VX_CHOICES];
	struct vx_event	events[VX_STEPS];
};
extern struct vx vx;

/* --- engine.c --------------------------------------------------------------- */

/* From a restored snapshot to a verdict, in vx.verdict. */
void	vx_run(uint64_t seed);
/* Makes the kernel's operations points. */
void	vx_listen(void);
/*
 * The calling thread is about to do this.  Returns when it may.  Called for
 * scheduling points by the kernel, and for accesses by instrumented code.
 */
void	vx_step(struct vx_thread *t);
/*
 * Somebody has to go on, `t`, which calls, or another.  Returns when it is
 * its turn.
 */
void	vx_schedule(struct vx_thread *t);
/* `t` performs t->op: an event of the run. */
void	vx_record(struct vx_thread *t);
/* Goes on as that thread, or as the runner: NULL. */
void	vx_switch(struct vx_thread *t);
/* A choice out of n, on the tape. */
unsigned	vx_choose(enum vx_choice what, unsigned n);
/*
 * Can it go on?  Its deadline is not looked at.  vx.ready has the answer for
 * every thread but the current one: whatever changes it for a thread that
 * stands somewhere calls vx_look_again().
 */
bool	vx_ready(const struct vx_thread *t);
bool	vx_look_again(const struct vx_thread *t);
/* If another than `t`, which stands at a point, goes on, is it preempted? */
bool	vx_may_stay(const struct vx_thread *t);
/* Who goes on when time passes; NULL: nobody has a deadline. */
const struct vx_thread	*vx_next_alarm(void);
/* Fills vx.enabled. */
void	vx_find_enabled(void);
/*
 * A number for the place in the code under test: `site` of an access; who
 * called the function, and who that, of a lock's operation and the like, whose
 * site is the kernel's.  Equal in equal runs, but no address.
 */
static inline uintptr_t
vx_place(const struct vx_op *op)
{
	return ((vx_kinds[op->kind].flags & VX_F_ACCESS) != 0 ? op->site :
	    op->caller);
}

/* --- threads.c -------------------------------------------------------------- */

/* Takes control of the process's kernel threads, before vs_boot(). */
void	vx_control(void);
void	vx_release(void);
/* Threads launched with this name from now on wait for the run; NULL: none. */
void	vx_gate(const char *name);
/* Those that wait go on, to vs_scenario_begin(). */
void	vx_gate_open(void);
/*
 * Lets threads go on, one at a time, until `target` has ended or, if that is
 * NULL, nobody can go on.  False if the run has ended before.
 */
bool	vx_drive(const struct vx_thread *target);
/*
 * Lets time pass until nobody waits for it any more, or who does always will.
 */
void	vx_settle(void);

/* --- verdict.c -------------------------------------------------------------- */

/* In the kernel's words; 0 if there is no lock, but memory that is none. */
size_t	vx_describe_lock(uintptr_t lock, char *buf, size_t size);
/* For messages: "mtx_lock of mutex foo". */
void	vx_describe(const struct vx_op *op, char *buf, size_t size);
/* Ends the run, from a fiber; the first verdict is kept. */
noreturn void	vx_fail(enum vs_kind kind, uintptr_t site, const char *fmt,
		    ...) __attribute__((format(printf, 3, 4)));
/* Ends the run, from a fiber: there is nothing to be learnt from it. */
noreturn void	vx_abandon(void);
/* Ends the run, from a fiber, which is never switched to again. */
noreturn void	vx_leave(void);
/* Makes a verdict of what the kernel itself has ended the run with. */
void	vx_take_outcome(void);
void	vx_clear_outcome(void);
/* Nobody can go on, but somebody has not finished. */
noreturn void	vx_deadlock(void);
/* `t` waits: a cycle of owners is a deadlock whatever others do. */
void	vx_check_cycle(struct vx_thread *t);
/*
 * `target` could not be driven to its end: a deadlock, unless the run has ended
 * for another reason.
 */
void	vx_stuck(const struct vx_thread *target);

/* --- state.c ---------------------------------------------------------------- */

/* Remembers the state that runs start from; forgets it. */
void	vx_engine_mark(void);
void	vx_engine_forget(void);
/* Puts everything back there: memory, threads, time, chance. */
void	vx_restore(void);

/* --- model.c ---------------------------------------------------------------- */

void	vx_model_open(void);		/* an exploration */
/* The locks held now are held when a run begins. */
void	vx_model_mark(void);
void	vx_model_begin(void);		/* a run */
/* The lock that t->op is about; NULL: none. */
struct vx_lock	*vx_model_lock(const struct vx_thread *t);
/* `t` stands before its operation on a lock, while others run; or no more. */
void	vx_model_stand(struct vx_thread *t);
void	vx_model_leave(struct vx_thread *t);
/* Whether the pending operation of `t`, on a lock, can be performed now. */
bool	vx_model_possible(const struct vx_thread *t);
static inline bool
vx_model_enabled(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;

	return ((l->owner == VX_NOBODY && l->sharers == 0 && l->queued == 0) ||
	    vx_model_possible(t));
}
/*
 * Performs it.  False: it was a writer's announcement only; the thread has
 * another pending operation now, VX_LOCK_AGAIN, and must be scheduled again.
 */
bool	vx_model_perform(struct vx_thread *t);
/* The thread that `t` waits for, or NULL. */
struct vx_thread	*vx_model_owner(const struct vx_thread *t);
/* Do the two operations conflict: does their order matter? */
bool	vx_conflict(const struct vx_op *a, const struct vx_op *b);
const char	*vx_kind_name(unsigned kind);

/* --- watchdog.c ------------------------------------------------------------- */

/* Ends a run whose thread does not come to a scheduling point. */
void	vx_watchdog_start(void);
void	vx_watchdog_stop(void);

/* --- wakeup.c --------------------------------------------------------------- */

/* A sleeper that was called before it slept: events of the run. */
struct vx_lost {
	uint32_t	look;		/* it last saw that it has to wait */
	uint32_t	call;
	uint32_t	wait;
};
/* Where nothing goes on any more: is that why?  The first one. */
bool	vx_lost_wakeup(struct vx_lost *lost);

/* --- fair.c ----------------------------------------------------------------- */

/*
 * CHESS's fair scheduling.  `vx_fair_active` is set by the first yield of a
 * run that has any effect; before it nothing needs to be asked.
 */
extern bool vx_fair_active;
void	vx_fair_begin(void);
/* `t` yields: what it waits for is up to others. */
void	vx_fair_yield(struct vx_thread *t);
/* `t` could go on, and cannot any more. */
void	vx_fair_lost(const struct vx_thread *t);
/* Leaves in vx.enabled who may be chosen. */
void	vx_fair_filter(void);
/* A number for all that has an influence on that, in this run. */
uint64_t	vx_fair_state(void);
/* The run does not end: says who keeps it going, and where. */
noreturn void	vx_fair_livelock(void);

/* --- snapshot.c ------------------------------------------------------------- */

/* Memory that belongs to the kernel's state. */
void	vx_snapshot_add(uintptr_t low, uintptr_t high);
void	vx_snapshot_take(void);
void	vx_snapshot_restore(void);
void	vx_snapshot_drop(void);

#pragma GCC visibility pop

#endif /* !_ENGINE_H_ */
