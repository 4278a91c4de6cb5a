/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Exploration: one scenario, many schedules.
 *
 *	static const struct vs_scenario race = {
 *		.name = "race", .setup = make_pair, .finally = check,
 *		.threads = { { "destroyer", destroy }, { "mover", move } },
 *	};
 *	struct vs_explore how = { .schedules = 10000 };
 *	assert_int_equal(vs_explore(&race, &how)->kind, VS_CLEAN);
 *
 * The kernel is booted and `setup` is run once.  From there every schedule
 * starts: the threads of the scenario run on a deterministic scheduler, one
 * operation at a time, in the order that a strategy chooses; then `finally`
 * runs, and a verdict is given.  The state of the kernel, of its modules and
 * of the shared object or program that contains the scenario is put back
 * before each schedule; what a scenario wants to keep is in vs_explored.
 *
 * A failing schedule is shrunk and kept as text, vs_explored.replay: written
 * to a file, it is what "vnetsim replay" and vs_replay() run again, event by
 * event, in any process.
 */
#ifndef _VNETSIM_EXPLORE_H_
#define _VNETSIM_EXPLORE_H_

#include <stdbool.h>
#include <stdint.h>

#include <vnetsim/outcome.h>
#include <vnetsim/story.h>
#include <vnetsim/vnetsim.h>

#ifdef __cplusplus
extern "C" {
#endif

#define	VS_SCENARIO_THREADS	32

/*
 * The operations of a scenario, if it is made of such, each of which can be
 * left out.  Functions are called with the scenario's `arg`.
 */
struct vs_operations {
	unsigned	n;
	/* While no kernel runs: the i-th is not done from now on, or is. */
	void		(*leave_out)(void *arg, unsigned i, bool out);
	/*
	 * The scenario as text without what is left out, nor the threads in a
	 * list of names with blanks between them; malloc'ed.
	 */
	char		*(*text)(void *arg, const char *without);
};

/*
 * A scenario.  Its functions run in the kernel, on threads with processes of
 * their own and root's credential: they make system calls, and may use
 * whatever a KPI header declares.
 */
struct vs_scenario {
	const char	*name;
	struct vs_config config;	/* how to boot */
	void		(*setup)(void *arg);	/* NULL: nothing to do */
	/* The first without a function ends the list. */
	struct {
		const char	*name;
		void		(*fn)(void *arg);
	} threads[VS_SCENARIO_THREADS];
	void		(*finally)(void *arg);	/* NULL: nothing to do */
	void		*arg;		/* of all of them */
	const struct vs_operations *operations;	/* NULL: only functions */
	bool		no_shutdown;	/* no proof that nothing is left */
	/*
	 * Threads prepare themselves before schedules begin, each until it
	 * calls vs_scenario_begin().
	 */
	bool		prepares;
	/*
	 * A schedule ends with the threads' functions: what their processes do
	 * in order to exit is left out, and with it what is looked at then,
	 * such as locks that are still held.  Only without `finally`, and with
	 * no_shutdown.
	 */
	bool		no_exit;
};

/*
 * A thread of a scenario that prepares itself is ready: schedules begin here.
 * On other threads, and again, it does nothing.
 */
void	vs_scenario_begin(void);

struct vs_explored;

/* How to explore.  A zeroed structure is the default. */
struct vs_explore {
	const char	*strategy;	/* NULL: "portfolio" */
	uint64_t	schedules;	/* at most; 0: no limit */
	double		seconds;	/* at most; 0: no limit */
	uint64_t	seed;
	bool		locks_only;	/* memory accesses are no points */
	bool		no_races;	/* data races are not looked for */
	bool		pass_races;	/* or are no failure, see `race` */
	bool		keep_going;	/* after a failure */
	bool		no_shrink;	/* leave the schedule as it was found */
	/*
	 * So many M_NOWAIT allocations of a schedule may fail, any of them:
	 * the strategy says which.
	 */
	unsigned	fail_nowait;
	/*
	 * One exploration can be run by several processes: each runs the
	 * schedules `first`, `first` + `stride`, ..., counted from 0.  A
	 * stride of 0 is 1.  To "source", "optimal" and "brute" these are
	 * part `first` of `stride` of the whole: each schedule or class is in
	 * one of them, and `complete` says that of the part.  Other exhaustive
	 * strategies do not look at these.
	 */
	uint64_t	first;
	uint64_t	stride;
	/*
	 * Where the replay text of the first failure is written; NULL: where
	 * the environment variable VNETSIM_REPLAY says, if it does.
	 */
	const char	*replay_file;
	/* What a replay text says of where the scenario came from, or NULL. */
	const char	*module;
	const char	*entry;
	/* Called now and then with what is known so far; NULL: nobody. */
	void		(*progress)(const struct vs_explored *sofar,
			    void *arg);
	void		*progress_arg;
	/*
	 * Called with the verdict on each schedule, and with its preemptions:
	 * switches away from a thread that could have gone on and did not give
	 * way.  NULL: nobody.
	 */
	void		(*verdict)(enum vs_kind kind, const char *message,
			    unsigned preemptions, void *arg);
	void		*verdict_arg;
	unsigned	columns;	/* width of a report; 0: 80 */
	/*
	 * Asks for vs_explored.story: of the first failure or, if there is
	 * none, of one more schedule that is not counted.
	 */
	bool		story;
};

/* What came of it. */
struct vs_explored {
	enum vs_kind	kind;		/* of the first failure, or VS_CLEAN */
	const char	*message;	/* the first failure's, or "" */
	const char	*report;	/* the whole story, or NULL */
	uint64_t	schedules;	/* that were run */
	uint64_t	first_failure;	/* counted from 1, of all; 0: none */
	uint64_t	failures;	/* schedules that failed */
	bool		complete;	/* nothing is left, of this part */
	/*
	 * Of "source" and "optimal": schedules that differ in the order of
	 * operations that depend on each other, and those given up half-way
	 * because they did not.
	 */
	uint64_t	classes;
	uint64_t	blocked;
	/*
	 * Of these, too: threads have waited in loops for what others do.
	 * Rounds that find nothing new are not among the schedules.
	 */
	bool		loops;
	double		seconds;	/* of processor time, for these */
	const char	*race;		/* the first that was passed, or "" */

	/* --- the first failure, after shrinking --- */
	const char	*thread;	/* that failed, or "" */
	/* The scenario's text, where not all of it is needed; or NULL. */
	const char	*reduced;
	const char	*schedule;	/* "destroyer:14 mover:6", or "" */
	const char	*replay;	/* the text of a replay file, or NULL */
	unsigned	preemptions;	/* of that schedule */
	unsigned	steps;		/* events of that schedule */
	bool		shrunk;		/* the schedule is not the first one */
	bool		least;		/* no fewer preemptions are enough */
	uint64_t	tried;		/* schedules run to find that out */
	double		shrink_seconds;	/* of processor time */

	const struct vs_story *story;	/* if asked for and to be had */

	/*
	 * Of vs_replay(): the first event that was another, or NULL.  Of
	 * vs_explore(): the failure did not come again with its schedule, and
	 * this is where the run was another one first; there is no replay.
	 */
	const char	*diverged;
};

/*
 * Explores.  The result belongs to the library and is valid until the next
 * call.  NULL and errno: EBUSY a kernel is running, EINVAL no such strategy,
 * profile or module.  Not in builds
 * for ThreadSanitizer.
 *
 * From any host thread that is not a kernel thread; other kernel threads must
 * not be about.
 */
const struct vs_explored	*vs_explore(const struct vs_scenario *scenario,
				    const struct vs_explore *how);

/*
 * Is there a strategy of that name, does it explore exhaustively, and can
 * several processes share its work?
 */
bool	vs_strategy_known(const char *name, bool *exhaustive, bool *parts);

/*
 * Writes a replay text or a result: whole or not at all, so that nobody ever
 * reads half a file.  False, and a message on stderr, if that fails.
 */
bool	vs_file_write(const char *path, const char *text);

/*
 * What a replay text says of itself; the strings belong to the library and
 * are valid until the next call.  0, or EINVAL: no replay text, cut short,
 * changed, or of another version of the format; vs_replay_error() says which.
 */
struct vs_replay_info {
	const char	*scenario;
	const char	*module;	/* or NULL */
	const char	*entry;		/* or NULL */
	const char	*profile;
	const char	*kernel;	/* "debug" or "plain" */
	const char	*kind;		/* "panic", ... */
	const char	*message;
	bool		locks_only;
};
int	vs_replay_read(const char *text, struct vs_replay_info *info);

/*
 * Runs the schedule of a replay text once, as it was recorded, and stops at
 * the first event that is not the recorded one: then `diverged` says what was
 * expected and what came.  Of `how` only `columns` and `story` are used.
 *
 * NULL and errno: EBUSY a kernel is running, EINVAL see vs_replay_error().
 */
const struct vs_explored	*vs_replay(const struct vs_scenario *scenario,
				    const char *text,
				    const struct vs_explore *how);
/* Why the last of these two calls failed, and what helps. */
const char	*vs_replay_error(void);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_EXPLORE_H_ */
