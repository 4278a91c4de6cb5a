/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The vnetsim command.
 *
 * A subcommand is a function with main()'s arguments, argv[0] being its own
 * name.  Exit status everywhere: 0 nothing wrong, 1 something was found,
 * 2 usage.  What only shows a run has 0 if it has shown it.
 */
#ifndef _CLI_H_
#define _CLI_H_

#include <stdbool.h>
#include <stdio.h>

#include <vnetsim/scenario.h>

enum {
	EXIT_CLEAN = 0,
	EXIT_FOUND = 1,
	EXIT_USAGE = 2,
};

int	cli_run(int argc, char **argv);
int	cli_sh(int argc, char **argv);
int	cli_bugs(int argc, char **argv);
int	cli_stress(int argc, char **argv);
int	cli_explore(int argc, char **argv);
int	cli_replay(int argc, char **argv);
int	cli_merge(int argc, char **argv);
int	cli_trace(int argc, char **argv);
int	cli_lockgraph(int argc, char **argv);
int	cli_refs(int argc, char **argv);

/* The kernel of this executable, and whether --kernel has asked for it. */
extern const char cli_kernel[];
extern bool cli_kernel_given;
/*
 * Runs the subcommand, argv[0] being its name, with another kernel.  Returns
 * only if there is none.
 */
void	cli_become(const char *kernel, char **argv);

/*
 * Starts the command again, if need be, such that its code and data lie where
 * they lay and will lie in other processes: where instrumented code hashes an
 * address it makes other accesses for others.  Does what it can.
 */
void	cli_same_addresses(void);

/* Prints "vnetsim NAME: message" and a hint; returns EXIT_USAGE. */
int	cli_usage_error(const char *command, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Numbers on the command line: false unless all of `text` is one in range. */
bool	cli_number(const char *text, unsigned long low, unsigned long high,
	    unsigned long *value);

/* "EINVAL" for an errno, its number where it has no name. */
const char	*cli_errno_name(int error, char *buf, size_t size);

/* --- switches.c ------------------------------------------------------------- */

/* What --profile and --bug say. */
struct switches {
	const char	*profile;	/* or NULL */
	bool		all;		/* --bug on: those of the scenario */
	char		list[1024];	/* ",+ID,-ID" */
};

/* The value of a --bug; -1, or the exit status after a message. */
int	switches_add(struct switches *s, const char *command,
	    const char *text);
/*
 * The whole profile: `base` is the scenario's own, `scenario` its switches, as
 * ",+ID,+ID".
 */
void	switches_profile(const struct switches *s, const char *base,
	    const char *scenario, char *buf, size_t size);

/* "x.scn" */
bool	cli_is_script(const char *name);
/* With these hooks, or ours; NULL after a message with all mistakes. */
struct vs_script	*cli_script_load(const char *command,
			    const char *path, const struct vs_hook *hooks);

#endif /* !_CLI_H_ */
