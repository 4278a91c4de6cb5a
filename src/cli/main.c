/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim: the command.
 *
 * There are several executables of the same sources: vnetsim has the debug
 * kernel (INVARIANTS, WITNESS), vnetsim-plain the one without checks,
 * vnetsim-instrumented the one whose memory accesses the explorer sees;
 * "--kernel plain" runs another one.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/personality.h>
#endif

#include <vnetsim/vnetsim.h>

#include "cli.h"

const char cli_kernel[] = VNETSIM_KERNEL;
bool cli_kernel_given;

static char **all_arguments;


static const struct command {
	const char	*name;
	int		(*run)(int, char **);
	const char	*summary;
} commands[] = {
	{ "stress", cli_stress,
	    "many threads, random system calls, a proof that nothing is left" },
	{ "run", cli_run,
	    "a scenario file on real threads, once or often" },
	{ "sh", cli_sh,
	    "jail, jls, ifconfig, ls, refs: commands run in one kernel" },
#ifndef VNETSIM_NO_EXPLORE
	{ "explore", cli_explore,
	    "many schedules of one scenario, until one fails" },
	{ "replay", cli_replay, "the failing schedule again" },
	{ "merge", cli_merge, "the parts of an exploration in one" },
	{ "trace", cli_trace,
	    "a run to look at: for Perfetto, a browser, a terminal" },
	{ "lockgraph", cli_lockgraph, "the order of locks in a run" },
	{ "refs", cli_refs, "who took and gave up references in a run" },
#endif
	{ "bugs", cli_bugs, "the behaviours that --profile switches" },
};
#define	NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fprintf(out, "usage: vnetsim [--kernel debug|plain|instrumented]"
	    " command [...]\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
		    commands[i].summary);
	fprintf(out, "\"vnetsim command --help\" tells more.\n");
}

int
cli_usage_error(const char *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "vnetsim%s%s: ", command[0] != '\0' ? " " : "",
	    command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry \"vnetsim%s%s --help\"\n",
	    command[0] != '\0' ? " " : "", command);
	return (EXIT_USAGE);
}

bool
cli_number(const char *text, unsigned long low, unsigned long high,
    unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	return (text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
	    errno == 0 && *value >= low && *value <= high);
}

const char *
cli_errno_name(int error, char *buf, size_t size)
{
	const char *name = NULL;

	if (error == -1)
		name = "ERESTART";
#ifdef __GLIBC__
	else
		name = strerrorname_np(error);
#endif
	if (name != NULL)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%d", error);
	return (buf);
}

/*
 * Which executable a kernel has; the one that runs knows its own name only
 * through /proc or argv[0], so the neighbour is looked for beside it.
 */
static void
kernel_path(const char *kernel, const char *argv0, char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 32);
	char *slash;

	if (n > 0)
		path[n] = '\0';
	else
		snprintf(path, size - 32, "%s", argv0);
	slash = strrchr(path, '/');
	snprintf(slash != NULL ? slash + 1 : path, 32, "vnetsim%s%s",
	    strcmp(kernel, "debug") == 0 ? "" : "-",
	    strcmp(kernel, "debug") == 0 ? "" : kernel);
}

void
cli_become(const char *kernel, char **argv)
{
	char path[4096];

	kernel_path(kernel, all_arguments[0], path, sizeof(path));
	/* What stands before the subcommand has been dealt with. */
	argv[-1] = all_arguments[0];
	execv(path, argv - 1);
}

void
cli_same_addresses(void)
{
#ifdef __linux__
	int old = personality(0xffffffff);

	if (old != -1 && (old & ADDR_NO_RANDOMIZE) == 0 &&
	    personality((unsigned)old | ADDR_NO_RANDOMIZE) != -1)
		execv("/proc/self/exe", all_arguments);
#endif
}

static int
run_kernel(const char *kernel)
{
	char path[4096];

	if (strcmp(kernel, "debug") != 0 && strcmp(kernel, "plain") != 0 &&
	    strcmp(kernel, "instrumented") != 0)
		return (cli_usage_error("", "unknown kernel \"%s\"", kernel));
	cli_kernel_given = true;
	if (strcmp(kernel, cli_kernel) == 0)
		return (-1);
	kernel_path(kernel, all_arguments[0], path, sizeof(path));
	execv(path, all_arguments);
	fprintf(stderr, "vnetsim: %s: %s\n", path, strerror(errno));
	return (EXIT_USAGE);
}

int
main(int argc, char **argv)
{
	int status;

	all_arguments = argv;
	if (argc > 2 && strcmp(argv[1], "--kernel") == 0) {
		if ((status = run_kernel(argv[2])) >= 0)
			return (status);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2) {
		usage(stderr);
		return (EXIT_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return (EXIT_CLEAN);
	}
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return (commands[i].run(argc - 1, argv + 1));
	return (cli_usage_error("", "unknown command \"%s\"", argv[1]));
}
