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

#include <vnetsim/inspect.h>
#include <vnetsim/vnetsim.h>

#include "cli.h"
#include "session.h"

static const struct applet {
	const char	*name;
	applet_fn	*run;
	const char	*usage;
} applets[] = {
	{ "ifconfig", applet_ifconfig,
	    "ifconfig -l | NAME create|destroy|up|down|[-]vnet JAIL" },
	{ "jail", applet_jail,
	    "jail -c PARAMETER... [command=COMMAND...] | -m PARAMETER... | "
	    "-r JAIL" },
	{ "jexec", applet_jexec, "jexec JAIL COMMAND..." },
	{ "jls", applet_jls, "jls [-dv]" },
	{ "ls", applet_ls, "ls /dev[/NAME]..." },
	{ "refs", applet_refs, "refs [KIND [NAME]]: who holds what" },
};
#define	NAPPLETS	(sizeof(applets) / sizeof(applets[0]))

/* A line on its way to a kernel thread. */
struct line {
	struct session	*session;
	int		argc;
	char		**argv;
	int		status;
};

static void
usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim sh [-c LINE]... [--profile P]\n"
"Boots a kernel, runs the lines (else those of the standard input) one after\n"
"the other, shuts the kernel down, and says what is left.\n"
"  --profile P  fixed (default), S15, P4 ... P0; P,+BUG,-BUG switches bugs\n"
"commands:\n");
	for (size_t i = 0; i < NAPPLETS; i++)
		fprintf(out, "  %s\n", applets[i].usage);
	fprintf(out,
"exit status: 0 nothing wrong, 1 a command failed or something is left,\n"
"2 usage, or a line that cannot be read\n");
}

int
applet_fail(const char *name, const char *what, int error)
{
	fprintf(stderr, "%s: %s: %s\n", name, what, strerror(error));
	return (EXIT_FOUND);
}

int
applet_usage(const char *text)
{
	fprintf(stderr, "usage: %s\n", text);
	return (EXIT_USAGE);
}

int
session_run(struct session *s, int argc, char **argv)
{
	int status;

	for (size_t i = 0; i < NAPPLETS; i++) {
		if (strcmp(argv[0], applets[i].name) != 0)
			continue;
		status = applets[i].run(s, argc, argv);
		return (status == EXIT_USAGE ?
		    applet_usage(applets[i].usage) : status);
	}
	fprintf(stderr, "%s: not found\n", argv[0]);
	return (EXIT_USAGE);
}

static void
line_main(void *arg)
{
	struct line *line = arg;

	line->status = session_run(line->session, line->argc, line->argv);
	/* What the line has set off has come to rest. */
	vs_jail_settle();
}

/* The exit status; bad input ends the run. */
static int
run_line(struct session *s, char *text)
{
	char *words[WORDS_MAX + 1];
	struct line line = { .session = s, .argv = words };
	const char *error;
	unsigned column;

	s->line++;
	line.argc = words_split(text, words, &error, &column);
	if (line.argc < 0) {
		fprintf(stderr, "vnetsim sh: line %u, column %u: %s\n",
		    s->line, column, error);
		return (EXIT_USAGE);
	}
	if (line.argc == 0)
		return (EXIT_CLEAN);
	if (vs_run(line_main, &line) != NULL)
		return (EXIT_FOUND);
	if (line.status == EXIT_USAGE)
		fprintf(stderr, "vnetsim sh: line %u: bad command\n", s->line);
	fflush(stdout);
	return (line.status);
}

static int
run_input(struct session *s)
{
	char *text = NULL;
	size_t size = 0;
	int one, status = EXIT_CLEAN;

	while (status != EXIT_USAGE && vs_outcome() == NULL &&
	    getline(&text, &size, stdin) >= 0) {
		one = run_line(s, text);
		status = one > status ? one : status;
	}
	free(text);
	return (status);
}

static int
run_lines(struct session *s, char **lines, int n)
{
	int one, status = EXIT_CLEAN;

	for (int i = 0; i < n && status != EXIT_USAGE &&
	    vs_outcome() == NULL; i++) {
		one = run_line(s, lines[i]);
		status = one > status ? one : status;
	}
	return (status);
}

/* -1, or the exit status; `lines` has room for all arguments. */
static int
parse(int argc, char **argv, struct vs_config *config, char **lines, int *n)
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
			lines[(*n)++] = optarg;
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
	struct session s = { 0 };
	char *lines[argc + 1];
	int n = 0, status;

	if ((status = parse(argc, argv, &config, lines, &n)) >= 0)
		return (status);
	if (vs_boot(&config) == EINVAL)
		return (cli_usage_error("sh", "--profile: \"%s\" is unknown",
		    config.profile));
	status = n > 0 ? run_lines(&s, lines, n) : run_input(&s);
	if ((outcome = vs_shutdown()) == NULL)
		return (status);
	fflush(stdout);
	fprintf(stderr, "outcome: %s\n%s\n", vs_kind_name(outcome->kind),
	    outcome->report);
	return (status == EXIT_USAGE ? EXIT_USAGE : EXIT_FOUND);
}
