/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scenario files: what threads do, in the words of FreeBSD's commands.
 *
 *	title	Destroy races the move home
 *	bug	vmove-destroy-stale-vnet
 *	setup
 *		jail -c name=j vnet persist
 *		ifconfig epair0 create
 *		ifconfig epair0b vnet j
 *	thread mover
 *		ifconfig epair0b -vnet j
 *	thread unloader
 *		kldunload if_epair
 *	expect	ok
 *	expect	bug: assertion panic
 *
 * docs/scenarios.md describes the format.  A file is read once and then
 * constant; it can be run on real threads, here, or explored:
 *
 *	struct vs_mistakes mistakes;
 *	struct vs_script *script = vs_script_load("x.scn", NULL, &mistakes);
 *
 *	if (script == NULL)
 *		errx(2, "%s", mistakes.text);
 *	vs_explore(vs_script_scenario(script, "fixed"), NULL);
 *
 * A program links vnetsim::scenario and a kernel.  All functions but those of
 * a hook are called from host threads that are not kernel threads.
 */
#ifndef _VNETSIM_SCENARIO_H_
#define _VNETSIM_SCENARIO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vnetsim/explore.h>
#include <vnetsim/outcome.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vs_script;

/* What is wrong with a file. */
struct vs_mistakes {
	unsigned	count;
	/*
	 * A line for each, as many as there is room for:
	 * "FILE:LINE:COLUMN: what is wrong; what to do", counted from 1.
	 */
	char		text[4096];
};

/*
 * What "call NAME" runs: a function in the kernel, on the thread whose block
 * the line is in, with the errno that the line's result is.  When the file is
 * explored, the shared object or program that the function belongs to is put
 * back before each schedule, as vs_explore() does it with a scenario's.
 */
struct vs_hook {
	const char	*name;		/* NULL ends a list */
	int		(*fn)(void);
};

/*
 * Reads a file, or text; `name` is what messages call it.  The hooks may be
 * NULL; they must live as long as the script does.  NULL if there are mistakes,
 * or the file cannot be read.
 */
struct vs_script	*vs_script_load(const char *path,
			    const struct vs_hook *hooks,
			    struct vs_mistakes *mistakes);
struct vs_script	*vs_script_parse(const char *name, const char *text,
			    size_t len, const struct vs_hook *hooks,
			    struct vs_mistakes *mistakes);
void	vs_script_free(struct vs_script *script);

/* The file's name without directory and ".scn", its title, or "". */
const char	*vs_script_name(const struct vs_script *script);
const char	*vs_script_title(const struct vs_script *script);
/* The switches that the file names, in the form ",+ID,+ID", or "". */
const char	*vs_script_switches(const struct vs_script *script);

/*
 * For vs_explore() and vs_replay(), with a profile, NULL being "fixed".  It
 * belongs to the script, and is another one's after the next call.  Registers
 * hooks' objects, so their data must be as the kernel's boot is to find it.
 */
const struct vs_scenario	*vs_script_scenario(struct vs_script *script,
				    const char *profile);

/*
 * Is this what the file expects with this profile?  That is "expect bug" if
 * one of the file's switches is on there, else "expect ok", each of which a
 * file may leave out: then any bug, and no bug, are expected.
 */
bool	vs_script_expects(const struct vs_script *script, const char *profile,
	    enum vs_kind kind, const char *message);

/* How to run a file on real threads.  A zeroed structure is the default. */
struct vs_script_run {
	const char	*profile;	/* NULL: "fixed" */
	uint64_t	seed;
	unsigned	seconds;	/* then threads hang; 0: 30 */
	/* What is done, as it is done, by any thread; NULL: nobody asks. */
	void		(*print)(void *arg, const char *thread,
			    const char *text);
	void		*arg;
};

/*
 * Boots, runs the file once, and shuts down.  0 and the outcome, which is NULL
 * if nothing was wrong, or EBUSY or EINVAL as vs_boot().
 */
int	vs_script_run(struct vs_script *script,
	    const struct vs_script_run *how,
	    const struct vs_outcome **outcome);

/*
 * Is a data race one of the bugs that the file expects with this profile?
 * Without "expect bug" it is, and when none of the file's switches is on.
 */
bool	vs_script_expects_race(const struct vs_script *script,
	    const char *profile);

/*
 * A shell: the same words, a line at a time, without blocks.  run() is called
 * on a kernel thread and returns 0, 1 (a command failed, and was said so), or
 * 2, with `mistake` telling what is wrong and at which column.
 */
struct vs_shell;
struct vs_shell	*vs_shell_open(void (*print)(void *arg, bool error,
		    const char *text), void *arg);
int	vs_shell_run(struct vs_shell *shell, const char *line,
	    struct vs_mistakes *mistake);
void	vs_shell_close(struct vs_shell *shell);
/* All forms of all commands, "\n" after each; a constant. */
const char	*vs_shell_forms(void);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_SCENARIO_H_ */
