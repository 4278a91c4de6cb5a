/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim run, and vnetsim stress with a scenario file: real threads.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vnetsim/vnetsim.h>

#include "cli.h"

#define	PROFILE_MAX	4096

struct run {
	const char	*command;	/* "run" or "stress" */
	struct vs_script *script;
	struct switches	switches;
	char		profile[PROFILE_MAX];
	unsigned long	times;		/* 0: as long as `seconds` last */
	unsigned long	seconds;
	unsigned long	seed;
	bool		quiet;
	bool		expect;
};

static void
run_usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim run FILE.scn [options]\n"
"       vnetsim stress FILE.scn [--seconds S] [options]\n"
"Runs the scenario on real threads: boots, sets up, lets the threads go,\n"
"shuts down, and says what is wrong.  \"stress\" does it again and again.\n"
"  --profile P      fixed (default), S15, P4 ... P0; P,+BUG,-BUG\n"
"  --bug ID=on|off  a switch, see \"vnetsim bugs\"; any number of them\n"
"  --bug on         all switches that the file names\n"
"  --repeat N       so many times (default 1), until something is wrong\n"
"  --seconds S      so long (of stress, default 10)\n"
"  --seed X         of everything random; the first run's, then one more each\n"
"  --quiet          do not print what the threads do\n"
"  --expect         exit status 0 if what comes is what the file expects\n"
"exit status: 0 nothing wrong, 1 something is, 2 usage, or a bad file\n");
}

/* What one thread does is one write, whoever else writes. */
static void
print(void *arg, const char *thread, const char *text)
{
	(void)arg;
	printf("%-12s %s", thread, text);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static bool
enough(const struct run *r, unsigned long done, double start)
{
	if (r->times != 0)
		return (done == r->times);
	return (done != 0 && now() - start >= (double)r->seconds);
}

static int
tell(const struct run *r, const struct vs_outcome *o, unsigned long done,
    double seconds)
{
	enum vs_kind kind = o != NULL ? o->kind : VS_CLEAN;
	const char *message = o != NULL ? o->message : "";

	fflush(stdout);
	if (o != NULL)
		printf("outcome: %s: %s\n%s\n", vs_kind_name(kind), message,
		    o->report != NULL ? o->report : "");
	printf("%s: %s, %lu run%s in %.1f seconds\n",
	    vs_script_name(r->script), vs_kind_name(kind), done,
	    done == 1 ? "" : "s", seconds);
	if (!r->expect)
		return (o == NULL ? EXIT_CLEAN : EXIT_FOUND);
	if (vs_script_expects(r->script, r->profile, kind, message))
		return (EXIT_CLEAN);
	fflush(stdout);
	fprintf(stderr, "vnetsim %s: that is not what the file expects with "
	    "profile %s\n", r->command, r->profile);
	return (EXIT_FOUND);
}

static int
run(const struct run *r)
{
	struct vs_script_run how = { .profile = r->profile };
	const struct vs_outcome *o = NULL;
	unsigned long done = 0;
	double start = now();
	int error;

	if (!r->quiet && r->times == 1)
		how.print = print;
	while (o == NULL && !enough(r, done, start)) {
		how.seed = r->seed + done++;
		error = vs_script_run(r->script, &how, &o);
		if (error == EINVAL)
			return (cli_usage_error(r->command, "--profile \"%s\" "
			    "is unknown, or a module of the file is",
			    r->profile));
		if (error != 0) {
			fprintf(stderr, "vnetsim %s: cannot boot: %s\n",
			    r->command, strerror(error));
			return (EXIT_FOUND);
		}
	}
	return (tell(r, o, done, now() - start));
}

/* --- options ----------------------------------------------------------- */

static const struct option options[] = {
	{ "profile", required_argument, NULL, 'p' },
	{ "bug", required_argument, NULL, 'b' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "seconds", required_argument, NULL, 's' },
	{ "seed", required_argument, NULL, 'x' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "expect", no_argument, NULL, 'E' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int
parse_number(const struct run *r, const char *name, unsigned long low,
    unsigned long *value)
{
	if (cli_number(optarg, low, UINT32_MAX, value))
		return (-1);
	return (cli_usage_error(r->command, "--%s: \"%s\" is not a number "
	    "from %lu to %u", name, optarg, low, UINT32_MAX));
}

/* -1, or the exit status. */
static int
parse_option(struct run *r, int c)
{
	int status;

	switch (c) {
	case 'p':
		r->switches.profile = optarg;
		return (-1);
	case 'b':
		return (switches_add(&r->switches, r->command, optarg));
	case 'r':
		return (parse_number(r, "repeat", 1, &r->times));
	case 's':
		status = parse_number(r, "seconds", 1, &r->seconds);
		r->times = 0;
		return (status);
	case 'x':
		return (parse_number(r, "seed", 0, &r->seed));
	case 'q':
		r->quiet = true;
		return (-1);
	case 'E':
		r->expect = true;
		return (-1);
	case 'h':
		run_usage(stdout);
		return (EXIT_CLEAN);
	default:
		return (cli_usage_error(r->command, "bad option, or one "
		    "without its value"));
	}
}

int
cli_run(int argc, char **argv)
{
	struct run r = { .command = argv[0], .times = 1, .seconds = 10 };
	int c, status;

	if (strcmp(r.command, "stress") == 0)
		r.times = 0;
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if ((status = parse_option(&r, c)) >= 0)
			return (status);
	if (optind + 1 != argc)
		return (cli_usage_error(r.command, "give one scenario file"));
	if ((r.script = cli_script_load(r.command, argv[optind],
	    NULL)) == NULL)
		return (EXIT_USAGE);
	switches_profile(&r.switches, NULL, vs_script_switches(r.script),
	    r.profile, sizeof(r.profile));
	status = run(&r);
	vs_script_free(r.script);
	return (status);
}
