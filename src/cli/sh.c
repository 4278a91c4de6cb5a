/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim sh: FreeBSD's commands, run in a kernel that is booted for them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/scenario.h>
#include <vnetsim/vnetsim.h>

#include "cli.h"

/* All lines are one process's, as in a shell. */
struct session {
	char		**lines;	/* or the standard input's */
	int		nlines;
	int		status;
	struct vs_shell	*shell;
};

static void
usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim sh [-c LINE]... [--profile P]\n"
"Boots a kernel, runs the lines (else those of the standard input) one after\n"
"the other, shuts the kernel down, and says what is left.\n"
"  --profile P  fixed (default), S15, P4 ... P0; P,+BUG,-BUG switches bugs\n"
"commands:\n%s"
"exit status: 0 nothing wrong, 1 a command failed or something is left,\n"
"2 usage, or a line that cannot be read\n", vs_shell_forms());
}

static void
print(void *arg, bool error, const char *text)
{
	(void)arg;
	if (error)
		fflush(stdout);
	fputs(text, error ? stderr : stdout);
}

/* Bad input ends the run. */
static void
run_line(struct session *s, const char *text)
{
	struct vs_mistakes mistake;
	int status = vs_shell_run(s->shell, text, &mistake);

	fflush(stdout);
	if (status == EXIT_USAGE)
		fprintf(stderr, "vnetsim sh: %s", mistake.text);
	if (status > s->status)
		s->status = status;
}

static void
session_main(void *arg)
{
	struct session *s = arg;
	char *text = NULL;
	size_t size = 0;

	for (int i = 0; i < s->nlines && s->status != EXIT_USAGE; i++)
		run_line(s, s->lines[i]);
	while (s->nlines == 0 && s->status != EXIT_USAGE &&
	    getline(&text, &size, stdin) >= 0)
		run_line(s, text);
	free(text);
}

/* -1, or the exit status; `lines` has room for all arguments. */
static int
parse(int argc, char **argv, struct vs_config *config, struct session *s)
{
	static const struct option options[] = {
		{ "profile", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'c')
			s->lines[s->nlines++] = optarg;
		else if (c == 'p')
			config->profile = optarg;
		else if (c == 'h') {
			usage(stdout);
			return (EXIT_CLEAN);
		} else
			return (cli_usage_error("sh", "bad option"));
	}
	if (optind != argc)
		return (cli_usage_error("sh", "what is \"%s\"?",
		    argv[optind]));
	return (-1);
}

int
cli_sh(int argc, char **argv)
{
	struct vs_config config = { .profile = "fixed" };
	const struct vs_outcome *outcome;
	char *lines[argc + 1];
	struct session s = { .lines = lines };
	int status;

	if ((status = parse(argc, argv, &config, &s)) >= 0)
		return (status);
	if (vs_boot(&config) == EINVAL)
		return (cli_usage_error("sh", "--profile: \"%s\" is unknown",
		    config.profile));
	s.shell = vs_shell_open(print, NULL);
	(void)vs_run(session_main, &s);
	vs_shell_close(s.shell);
	if ((outcome = vs_shutdown()) == NULL)
		return (s.status);
	fflush(stdout);
	fprintf(stderr, "outcome: %s\n%s\n", vs_kind_name(outcome->kind),
	    outcome->report);
	return (s.status == EXIT_USAGE ? EXIT_USAGE : EXIT_FOUND);
}
