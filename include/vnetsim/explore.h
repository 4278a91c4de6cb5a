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
 */
#ifndef _VNETSIM_EXPLORE_H_
#define _VNETSIM_EXPLORE_H_

#include <stdbool.h>
#include <stdint.h>

#include <vnetsim/outcome.h>
#include <vnetsim/vnetsim.h>

#ifdef __cplusplus
extern "C" {
#endif

#define	VS_SCENARIO_THREADS	16

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
	bool		no_shutdown;	/* no proof that nothing is left */
};

/* How to explore.  A zeroed structure is the default. */
struct vs_explore {
	const char	*strategy;	/* NULL: "portfolio" */
	uint64_t	schedules;	/* at most; 0: no limit */
	double		seconds;	/* at most; 0: no limit */
	uint64_t	seed;
	bool		locks_only;	/* memory accesses are no points */
	bool		keep_going;	/* after a failure */
};

/* What came of it. */
struct vs_explored {
	enum vs_kind	kind;		/* of the first failure, or VS_CLEAN */
	const char	*message;	/* the first failure's, or "" */
	const char	*report;	/* the whole story, or NULL */
	uint64_t	schedules;	/* that were run */
	uint64_t	first_failure;	/* the number of that schedule; 0 */
	uint64_t	failures;	/* schedules that failed */
	bool		complete;	/* nothing is left to be explored */
	double		seconds;	/* of processor time */
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

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_EXPLORE_H_ */
