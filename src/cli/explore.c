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
"usage: vnetsim explore FILE.scn|SCENARIO|--module M.so --entry F [options]\n"
"  --list           the scenarios that are built in\n"
"  --module M.so --entry F\n"
"                   a module of yours, and the vs_scenario in it; without\n"
"                   --entry, its \"vs_hooks\" are what FILE.scn can call\n"
"  --strategy S     portfolio (default), random, pct, pos, urw, surw, rf;\n"
"                   ipb, idb: everything, by number of preemptions, delays;\n"
"                   optimal, source: everything, one schedule of each class\n"
"  --schedules N    at most (default %d, unless --seconds is given)\n"
"  --seconds S      at most, of processor time\n"
"  --seed X         start of every random choice (default 0)\n"
"  --jobs J         processes at the same time (default 1)\n"
"  --shard I/N      only the I-th of N parts, from 1; or \"auto\": of a Slurm\n"
"                   array, or an indexed Kubernetes job\n"
"  --bug ID=on|off  a switch, see \"vnetsim bugs\"; any number of them\n"
"  --bug on         all switches that the scenario file names\n"
"  --expect         exit status 0 if what comes is what the file expects\n"
"  --profile P      fixed (default), S15, P4 ... P0\n"
"  --accesses A     on or off: memory accesses are scheduling points, where\n"
"                   the kernel is instrumented (default on)\n"
"  --fail-nowait N  up to N M_NOWAIT allocations of a schedule fail\n"
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
	{ "fail-nowait", required_argument, NULL, 'f' },
	{ "jobs", required_argument, NULL, 'J' },
	{ "shard", required_argument, NULL, 'I' },
	{ "bug", required_argument, NULL, 'b' },
	{ "profile", required_argument, NULL, 'p' },
	{ "accesses", required_argument, NULL, 'a' },
	{ "expect", no_argument, NULL, 'E' },
	{ "keep-going", no_argument, NULL, 'k' },
	{ "no-shrink", no_argument, NULL, 'N' },
	{ "out", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* --- single options ------------------------------------------------------ */

/* What the options say before the scenario is known. */
struct given {
	const char	*module, *entry;
	struct switches	switches;
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
	case 'f':
		status = parse_number("fail-nowait", 1, 1000, &n);
		x->how.fail_nowait = (unsigned)n;
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
		return (switches_add(&g->switches, "explore", optarg));
	case 'p':
		g->switches.profile = optarg;
		break;
	case 'a':
		status = parse_on_off("accesses", &on);
		x->how.locks_only = !on;
		break;
	case 'E':
		x->expect = true;
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

/* --- all of them --------------------------------------------------------- */

static int
check_strategy(struct exploration *x)
{
	bool parts;

	if (!vs_strategy_known(x->how.strategy, &x->exhaustive, &parts))
		return (cli_usage_error("explore", "--strategy: unknown "
		    "\"%s\"", x->how.strategy));
	if (!parts && (x->shards > 1 || x->jobs > 1))
		return (cli_usage_error("explore", "--strategy %s searches "
		    "one tree and is not divided: leave out --jobs and "
		    "--shard", x->how.strategy));
	return (-1);
}

static int
set_profile(struct exploration *x, const struct given *g)
{
	struct vs_config config;

	switches_profile(&g->switches, x->scenario.config.profile,
	    x->script != NULL ? vs_script_switches(x->script) : "",
	    x->profile, sizeof(x->profile));
	x->scenario.config.profile = x->profile;
	config = x->scenario.config;
	/* The boot tells whether there is such a profile, and such modules. */
	if (vs_boot(&config) != 0)
		return (cli_usage_error("explore", "--profile: \"%s\" is "
		    "unknown, or a module of the scenario is", x->profile));
	(void)vs_shutdown();
	/* What the file is about is behind the races that come with it. */
	x->how.pass_races = x->script != NULL &&
	    !vs_script_expects_race(x->script, x->profile);
	return (-1);
}

/*
 * A module has its kernel; else it is the instrumented one, if it was built
 * and accesses are asked for.  Returns if it is the one that runs.
 */
static void
choose_kernel(const struct exploration *x, const struct given *g, char **argv)
{
	const char *kernel = "instrumented";

	if (g->module != NULL)
		kernel = explore_module_kernel(g->module);
	else if (x->how.locks_only)
		return;
	if (!cli_kernel_given && kernel != NULL &&
	    strcmp(kernel, cli_kernel) != 0)
		cli_become(kernel, argv);
}

static int
parse(struct exploration *x, int argc, char **argv)
{
	struct given g = { 0 };
	char *arguments[argc + 2];
	const char *name;
	int c, status;

	/* As they were given, with room before them: getopt sorts them. */
	memcpy(arguments + 1, argv, (size_t)(argc + 1) * sizeof(*argv));
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if ((status = parse_option(x, &g, c)) >= 0)
			return (status);
	if (g.list) {
		explore_scenarios_list();
		return (EXIT_CLEAN);
	}
	choose_kernel(x, &g, arguments + 1);
	name = optind < argc ? argv[optind++] : NULL;
	if (optind != argc)
		return (cli_usage_error("explore", "what is \"%s\"?",
		    argv[optind]));
	if (x->how.schedules == 0 && x->how.seconds == 0)
		x->how.schedules = DEFAULT_SCHEDULES;
	if ((status = check_strategy(x)) >= 0 ||
	    (status = explore_check_out("explore", "--out", x->out)) >= 0 ||
	    (status = explore_scenario("explore", name, g.module, g.entry,
	    &x->scenario, &x->script)) >= 0)
		return (status);
	x->how.module = x->script != NULL ? name : g.module;
	x->how.entry = x->script != NULL ? g.module : g.entry;
	if (x->expect && x->script == NULL)
		return (cli_usage_error("explore", "--expect: only a scenario "
		    "file says what it expects"));
	return (set_profile(x, &g));
}

/* Whatever it was, it was foreseen, or it was not. */
static int
explore_expected(const struct exploration *x, const json_t *result)
{
	const char *kind, *message;
	bool expected = false;

	kind = json_string_value(json_object_get(result, "outcome"));
	message = json_string_value(json_object_get(result, "message"));
	for (int k = VS_CLEAN; k <= VS_EXPECTATION && !expected; k++)
		expected = strcmp(vs_kind_name((enum vs_kind)k), kind) == 0 &&
		    vs_script_expects(x->script, x->profile, (enum vs_kind)k,
		    message != NULL ? message : "");
	if (!expected)
		fprintf(stderr, "vnetsim explore: %s: %s is not what the file "
		    "expects with profile %s\n", x->scenario.name, kind,
		    x->profile);
	return (expected ? EXIT_CLEAN : EXIT_FOUND);
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

	cli_same_addresses();
	if ((status = parse(&x, argc, argv)) >= 0)
		return (status);
	x.how.columns = explore_columns();
	if ((result = explore_run(&x)) == NULL) {
		fprintf(stderr, "vnetsim explore: a job gave no result\n");
		return (EXIT_USAGE);
	}
	status = explore_result_tell(result, x.out, x.json);
	if (x.expect && status != EXIT_USAGE)
		status = explore_expected(&x, result);
	json_decref(result);
	return (status);
}
