/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim explore: its options.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"

#define	DEFAULT_SCHEDULES	10000

static void
usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim explore SCENARIO|--module M.so --entry F [options]\n"
"  --list           the scenarios that are built in\n"
"  --module M.so --entry F\n"
"                   a module of yours, and the vs_scenario in it\n"
"  --strategy S     portfolio (default), random, pct, pos, urw, surw, rf;\n"
"                   ipb, idb: everything, by number of preemptions, delays\n"
"  --schedules N    at most (default %d, unless --seconds is given)\n"
"  --seconds S      at most, of processor time\n"
"  --seed X         start of every random choice (default 0)\n"
"  --jobs J         processes at the same time (default 1)\n"
"  --shard I/N      only the I-th of N parts, from 1; or \"auto\": of a Slurm\n"
"                   array, or an indexed Kubernetes job (see docs/exploring.md)\n"
"  --bug ID=on|off  a switch, see \"vnetsim bugs\"; any number of them\n"
"  --profile P      fixed (default), S15, P4 ... P0\n"
"  --accesses A     on or off: memory accesses are scheduling points, where\n"
"                   the kernel is instrumented (default on)\n"
"  --keep-going     count failures rather than stop at the first\n"
"  --no-shrink      leave the failing schedule as it was found\n"
"  --out FILE       where a failure's replay goes; with --json, the result\n"
"  --json           one JSON object\n"
"exit status: 0 no failure, 1 a failure was found, 2 usage\n",
	    DEFAULT_SCHEDULES);
}

static const struct option options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "module", required_argument, NULL, 'm' },
	{ "entry", required_argument, NULL, 'e' },
	{ "strategy", required_argument, NULL, 'S' },
	{ "schedules", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 's' },
	{ "seed", required_argument, NULL, 'x' },
	{ "jobs", required_argument, NULL, 'J' },
	{ "shard", required_argument, NULL, 'I' },
	{ "bug", required_argument, NULL, 'b' },
	{ "profile", required_argument, NULL, 'p' },
	{ "accesses", required_argument, NULL, 'a' },
	{ "keep-going", no_argument, NULL, 'k' },
	{ "no-shrink", no_argument, NULL, 'N' },
	{ "out", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* --- single options ---------------------------------------------------------------- */

/* What the options say before the scenario is known. */
struct given {
	const char	*module, *entry;
	const char	*profile;	/* NULL: the scenario's */
	char		switches[EXPLORE_PROFILE_MAX / 2];
	bool		list;
};

static int
parse_number(const char *name, unsigned long low, unsigned long high,
    unsigned long *value)
{
	if (cli_number(optarg, low, high, value))
		return (-1);
	return (cli_usage_error("explore", "--%s: \"%s\" is not a number from "
	    "%lu to %lu", name, optarg, low, high));
}

static bool
is_bug(const char *id, size_t len)
{
	const struct vs_bug *bugs;
	size_t n = vs_bugs(&bugs);

	for (size_t i = 0; i < n; i++)
		if (strlen(bugs[i].id) == len &&
		    strncmp(bugs[i].id, id, len) == 0)
			return (true);
	return (false);
}

static int
parse_bug(struct given *g, const char *text)
{
	const char *value = strchr(text, '=');
	size_t len = strlen(g->switches), id;

	if (value == NULL || (strcmp(value, "=on") != 0 &&
	    strcmp(value, "=off") != 0))
		return (cli_usage_error("explore", "--bug: \"%s\" is not "
		    "ID=on or ID=off", text));
	id = (size_t)(value - text);
	if (!is_bug(text, id))
		return (cli_usage_error("explore", "--bug: there is no "
		    "\"%.*s\"; \"vnetsim bugs\" lists them", (int)id, text));
	if (len + id + 3 > sizeof(g->switches))
		return (cli_usage_error("explore", "--bug: too many"));
	snprintf(g->switches + len, sizeof(g->switches) - len, ",%c%.*s",
	    value[2] == 'n' ? '+' : '-', (int)id, text);
	return (-1);
}

static bool
env_number(const char *name, unsigned long *value)
{
	const char *text = getenv(name);

	return (text != NULL && cli_number(text, 0, 1000000000, value));
}

/*
 * An array's tasks may be numbered from anywhere; a gap in the numbers would
 * be a part that nobody runs, and is not allowed for.
 */
static int
shard_auto(struct exploration *x)
{
	unsigned long id, min = 0;

	if (env_number("SLURM_ARRAY_TASK_ID", &id) &&
	    env_number("SLURM_ARRAY_TASK_COUNT", &x->shards))
		(void)env_number("SLURM_ARRAY_TASK_MIN", &min);
	else if (!env_number("JOB_COMPLETION_INDEX", &id) ||
	    !env_number("JOB_COMPLETIONS", &x->shards))
		return (cli_usage_error("explore", "--shard auto: neither "
		    "SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT nor "
		    "JOB_COMPLETION_INDEX and JOB_COMPLETIONS are set"));
	x->shard = id - min + 1;
	if (x->shards == 0 || id < min || x->shard > x->shards)
		return (cli_usage_error("explore", "--shard auto: task %lu of "
		    "%lu; number the tasks without gaps", x->shard,
		    x->shards));
	return (-1);
}

static int
parse_shard(struct exploration *x, const char *text)
{
	char part[16];
	const char *slash = strchr(text, '/');

	if (strcmp(text, "auto") == 0)
		return (shard_auto(x));
	if (slash != NULL && (size_t)(slash - text) < sizeof(part)) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - text),
		    text);
		if (cli_number(slash + 1, 1, 1000000, &x->shards) &&
		    cli_number(part, 1, x->shards, &x->shard))
			return (-1);
	}
	return (cli_usage_error("explore", "--shard: \"%s\" is not I/N with I "
	    "from 1 to N, or \"auto\"", text));
}

static int
parse_on_off(const char *name, bool *on)
{
	*on = strcmp(optarg, "on") == 0;
	if (*on || strcmp(optarg, "off") == 0)
		return (-1);
	return (cli_usage_error("explore", "--%s: \"%s\" is not on or off",
	    name, optarg));
}

/* Those that take a number. */
static int
parse_numeric(struct exploration *x, int c)
{
	unsigned long n = 0;
	int status;

	switch (c) {
	case 'n':
		status = parse_number("schedules", 1, UINT64_MAX / 2, &n);
		x->how.schedules = n;
		break;
	case 's':
		status = parse_number("seconds", 1, 100000000, &n);
		x->how.seconds = (double)n;
		break;
	case 'x':
		status = parse_number("seed", 0, UINT64_MAX, &n);
		x->how.seed = n;
		break;
	default:
		status = parse_number("jobs", 1, EXPLORE_JOBS_MAX, &n);
		x->jobs = (unsigned)n;
		break;
	}
	return (status);
}

/* One option; -1, or the exit status. */
static int
parse_option(struct exploration *x, struct given *g, int c)
{
	bool on = true;
	int status = -1;

	switch (c) {
	case 'l':
		g->list = true;
		break;
	case 'm':
		g->module = optarg;
		break;
	case 'e':
		g->entry = optarg;
		break;
	case 'S':
		x->how.strategy = optarg;
		break;
	case 'n':
	case 's':
	case 'x':
	case 'J':
		return (parse_numeric(x, c));
	case 'I':
		return (parse_shard(x, optarg));
	case 'b':
		return (parse_bug(g, optarg));
	case 'p':
		g->profile = optarg;
		break;
	case 'a':
		status = parse_on_off("accesses", &on);
		x->how.locks_only = !on;
		break;
	case 'k':
		x->how.keep_going = true;
		break;
	case 'N':
		x->how.no_shrink = true;
		break;
	case 'o':
		x->out = optarg;
		break;
	case 'j':
		x->json = true;
		break;
	case 'h':
		usage(stdout);
		return (EXIT_CLEAN);
	default:
		return (cli_usage_error("explore", "bad option, or one "
		    "without its value"));
	}
	return (status);
}

/* --- all of them -------------------------------------------------------------------- */

static int
check_strategy(const struct exploration *x)
{
	bool exhaustive;

	if (!vs_strategy_known(x->how.strategy, &exhaustive))
		return (cli_usage_error("explore", "--strategy: unknown "
		    "\"%s\"", x->how.strategy));
	if (exhaustive && (x->shards > 1 || x->jobs > 1))
		return (cli_usage_error("explore", "--strategy %s searches "
		    "one tree and is not divided: leave out --jobs and "
		    "--shard", x->how.strategy));
	return (-1);
}

/* Rather now than after an hour. */
static int
check_out(const struct exploration *x)
{
	char path[4096], *slash;

	if (x->out == NULL)
		return (-1);
	snprintf(path, sizeof(path), "%s", x->out);
	if ((slash = strrchr(path, '/')) == NULL)
		snprintf(path, sizeof(path), ".");
	else
		slash[slash == path] = '\0';
	if (access(path, W_OK) == 0)
		return (-1);
	return (cli_usage_error("explore", "--out: cannot write into %s",
	    path));
}

static int
set_profile(struct exploration *x, const struct given *g)
{
	const char *base = g->profile;
	struct vs_config config;

	if (base == NULL)
		base = x->scenario.config.profile;
	snprintf(x->profile, sizeof(x->profile), "%s%s",
	    base != NULL ? base : "fixed", g->switches);
	x->scenario.config.profile = x->profile;
	config = x->scenario.config;
	/* The boot tells whether there is such a profile, and such modules. */
	if (vs_boot(&config) != 0)
		return (cli_usage_error("explore", "--profile: \"%s\" is "
		    "unknown, or a module of the scenario is", x->profile));
	(void)vs_shutdown();
	return (-1);
}

static int
parse(struct exploration *x, int argc, char **argv)
{
	struct given g = { 0 };
	const char *name;
	int c, status;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if ((status = parse_option(x, &g, c)) >= 0)
			return (status);
	if (g.list) {
		explore_scenarios_list();
		return (EXIT_CLEAN);
	}
	name = optind < argc ? argv[optind++] : NULL;
	if (optind != argc)
		return (cli_usage_error("explore", "what is \"%s\"?",
		    argv[optind]));
	if (x->how.schedules == 0 && x->how.seconds == 0)
		x->how.schedules = DEFAULT_SCHEDULES;
	if ((status = check_strategy(x)) >= 0 ||
	    (status = check_out(x)) >= 0 ||
	    (status = explore_scenario("explore", name, g.module, g.entry,
	    &x->scenario)) >= 0)
		return (status);
	x->how.module = g.module;
	x->how.entry = g.entry;
	return (set_profile(x, &g));
}

int
cli_explore(int argc, char **argv)
{
	static struct exploration x = {
		.how = { .strategy = "portfolio" },
		.jobs = 1,
		.shard = 1,
		.shards = 1,
	};
	json_t *result;
	int status;

	if ((status = parse(&x, argc, argv)) >= 0)
		return (status);
	x.how.columns = explore_columns();
	if ((result = explore_run(&x)) == NULL) {
		fprintf(stderr, "vnetsim explore: a job gave no result\n");
		return (EXIT_USAGE);
	}
	status = explore_result_tell(result, x.out, x.json);
	json_decref(result);
	return (status);
}
