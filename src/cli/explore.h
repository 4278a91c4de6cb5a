/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim explore, replay and merge: their parts.
 *
 *	explore.c		the options of explore
 *	explore_scenario.c	scenarios by name, or out of a module
 *	explore_jobs.c		processes that explore, each a part
 *	explore_result.c	what they found: JSON, text, files, merging
 *	explore_replay.c	the commands replay and merge
 *	trace*.c		what shows a run, see trace.h
 *
 * Every part of an exploration runs in a process of its own and hands its
 * result over as JSON, so jobs of one command, and commands on many machines
 * whose results are merged, are the same thing.
 */
#ifndef _CLI_EXPLORE_H_
#define _CLI_EXPLORE_H_

#include <stdatomic.h>

#include <jansson.h>

#include <vnetsim/explore.h>

#define	EXPLORE_JOBS_MAX	256
#define	EXPLORE_PROFILE_MAX	2048

/* What is to be done.  Constant once the work begins. */
struct exploration {
	struct vs_scenario scenario;	/* with the profile below */
	struct vs_script *script;	/* its file, or NULL */
	const char	*module;	/* or NULL: a built-in one */
	const char	*entry;
	struct vs_explore how;
	bool		exhaustive;	/* the strategy */
	unsigned	jobs;
	unsigned long	shard;		/* from 1 */
	unsigned long	shards;
	const char	*out;		/* or NULL */
	bool		json;
	bool		expect;
	char		profile[EXPLORE_PROFILE_MAX];
};

/* --- explore_scenario.c -------------------------------------------------- */

/*
 * Fills in the scenario from a module's entry, a built-in one's name, or a
 * scenario file, which is then *script, else NULL.
 * -1, or the exit status after a message of `command`.
 */
int	explore_scenario(const char *command, const char *name,
	    const char *module, const char *entry, struct vs_scenario *s,
	    struct vs_script **script);
void	explore_scenarios_list(void);
/* The kernel that a module was linked with, or NULL. */
const char	*explore_module_kernel(const char *module);

/* --- explore_jobs.c ------------------------------------------------------ */

/* Runs all of it; the result as JSON, or NULL after a message. */
json_t	*explore_run(const struct exploration *x);

/* --- explore_result.c ---------------------------------------------------- */

json_t	*explore_result(const struct exploration *x,
	    const struct vs_explored *e);
/* Is the shard one of those? */
bool	explore_result_has(const json_t *shards, const json_t *shard);
/* Are all parts in it?  How many there are is in the name of each. */
bool	explore_result_whole(const json_t *result, size_t *all);
/* Adds what another process found to the result of one; takes neither. */
void	explore_result_add(json_t *sum, const json_t *part);
/* Does the file hold a result?  NULL after a message of `command`. */
json_t	*explore_result_read(const char *command, const char *path);
/* Prints it as it was asked for, writes the file; the exit status. */
int	explore_result_tell(const json_t *result, const char *out, bool json);
/* --- explore_replay.c ---------------------------------------------------- */

/*
 * The text of a replay, which may be in a result, to be freed; NULL after a
 * message.
 */
char	*explore_replay_text(const char *command, const char *path);
/*
 * The scenario that it belongs to.  Starts the command again, argv[0] being
 * its name, if another kernel is wanted.  -1, or the exit status.
 */
int	explore_replay_scenario(char **argv, const char *path,
	    const char *text, const char *module, struct vs_scenario *s,
	    struct vs_script **script);
/* Says what vs_explored.diverged does; the exit status. */
int	explore_replay_diverged(const char *command, const char *path,
	    const char *how);

/* --- explore_result.c ---------------------------------------------------- */

/*
 * Can such a file be written?  NULL can.  -1, or the exit status after a
 * message.
 */
int	explore_check_out(const char *command, const char *option,
	    const char *out);
/* The whole file, to be freed; NULL after a message. */
char	*explore_file_read(const char *command, const char *path);
/* Width of standard output, or what the environment's COLUMNS says. */
unsigned	explore_columns(void);

#endif /* !_CLI_EXPLORE_H_ */
