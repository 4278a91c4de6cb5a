/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim stress: many threads make random system calls, in the host and in
 * jails, and at the end nothing may be left.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vnetsim/syscalls.h>

#include "cli.h"
#include "stress.h"

const char *const stress_op_names[OP_COUNT] = {
	[OP_CREATE] = "create",
	[OP_DESTROY] = "destroy",
	[OP_VMOVE] = "vmove",
	[OP_JAIL] = "jail",
	[OP_RENAME] = "rename",
	[OP_UNLOAD] = "unload",
	[OP_ENTER] = "enter",
	[OP_CONFIG] = "config",
	[OP_DEVICE] = "device",
};

/* What everybody does unless told otherwise. */
static const struct stress stress_default = {
	.threads = 4,
	.seconds = 10,
	.units = 6,
	.jails = 4,
	.mix = {
		[OP_CREATE] = 30,
		[OP_DESTROY] = 22,
		[OP_VMOVE] = 25,
		[OP_JAIL] = 8,
		[OP_RENAME] = 5,
		[OP_UNLOAD] = 1,
		[OP_ENTER] = 6,
		[OP_CONFIG] = 8,
	},
	.drivers = { "epair", "disc", "edsc", "lo" },
	.ndrivers = 4,
	.profile = "fixed",
};

/* Those that are worked without being asked for come first. */
static const char *const known_drivers[] = {
	"epair", "disc", "edsc", "lo", "tun", "tap", "vmnet",
};
#define	NKNOWN	(sizeof(known_drivers) / sizeof(known_drivers[0]))

static struct stress *running;		/* for the signal handler */

static void
usage(FILE *out)
{
	fprintf(out,
"usage: vnetsim stress [options]\n"
"  --threads N     threads that work at the same time (default %u)\n"
"  --seconds S     how long (default %u)\n"
"  --seed X        start of every random choice (default 0)\n"
"  --drivers LIST  epair,disc,edsc,lo (default: these), tun,tap,vmnet\n"
"  --mix LIST      weights, as create=30,destroy=22; kinds not named get 0:\n"
"                  create destroy vmove jail rename unload enter config\n"
"                  device (only by name: for tun, tap, vmnet)\n"
"  --profile P     fixed (default), S15, P4 ... P0; P,+BUG,-BUG switches bugs\n"
"  --units N       units used of each driver (default %u)\n"
"  --jails N       jails at the same time (default %u)\n"
"  --witness W     on, off, or fatal: a report is an outcome (default with\n"
"                  the profile fixed; older ones have known reversals)\n"
"  --json          one JSON object instead of the table\n"
"exit status: 0 nothing wrong, 1 an outcome was found, 2 usage\n",
	    stress_default.threads, stress_default.seconds,
	    stress_default.units, stress_default.jails);
}

static int
parse_mix(struct stress *s, char *list)
{
	char *word, *value;
	unsigned long weight;
	int op;

	memset(s->mix, 0, sizeof(s->mix));
	while ((word = strsep(&list, ",")) != NULL) {
		value = strchr(word, '=');
		if (value == NULL)
			return (cli_usage_error("stress",
			    "--mix: \"%s\" is not KIND=WEIGHT", word));
		*value++ = '\0';
		for (op = 0; op < OP_COUNT; op++)
			if (strcmp(word, stress_op_names[op]) == 0)
				break;
		if (op == OP_COUNT)
			return (cli_usage_error("stress",
			    "--mix: unknown kind \"%s\"", word));
		if (!cli_number(value, 0, 1000000, &weight))
			return (cli_usage_error("stress",
			    "--mix: bad weight \"%s\"", value));
		s->mix[op] = (unsigned)weight;
	}
	return (0);
}

static int
parse_drivers(struct stress *s, char *list)
{
	char *word;
	unsigned i;

	s->ndrivers = 0;
	while ((word = strsep(&list, ",")) != NULL) {
		for (i = 0; i < NKNOWN; i++)
			if (strcmp(word, known_drivers[i]) == 0)
				break;
		if (i == NKNOWN)
			return (cli_usage_error("stress",
			    "--drivers: unknown driver \"%s\"", word));
		if (s->ndrivers == STRESS_DRIVERS_MAX)
			return (cli_usage_error("stress",
			    "--drivers: too many"));
		s->drivers[s->ndrivers++] = known_drivers[i];
	}
	return (0);
}

static int
parse_witness(struct stress *s, const char *word)
{
	if (strcmp(word, "fatal") == 0)
		s->witness = VS_WITNESS_FATAL;
	else if (strcmp(word, "on") == 0)
		s->witness = VS_WITNESS_ON;
	else if (strcmp(word, "off") == 0)
		s->witness = VS_WITNESS_OFF;
	else
		return (cli_usage_error("stress", "--witness: \"%s\" is not "
		    "fatal, on or off", word));
	s->witness_given = true;
	return (-1);
}

static const struct option options[] = {
	{ "threads", required_argument, NULL, 't' },
	{ "seconds", required_argument, NULL, 's' },
	{ "seed", required_argument, NULL, 'x' },
	{ "drivers", required_argument, NULL, 'd' },
	{ "mix", required_argument, NULL, 'm' },
	{ "profile", required_argument, NULL, 'p' },
	{ "units", required_argument, NULL, 'u' },
	{ "jails", required_argument, NULL, 'J' },
	{ "witness", required_argument, NULL, 'W' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* An option that is a number; -1, or the exit status. */
static int
parse_number(const char *name, unsigned long low, unsigned long high,
    unsigned long *value)
{
	if (cli_number(optarg, low, high, value))
		return (-1);
	return (cli_usage_error("stress", "--%s: \"%s\" is not a number from "
	    "%lu to %lu", name, optarg, low, high));
}

/* One option; -1, or the exit status. */
static int
parse_option(struct stress *s, int c)
{
	unsigned long n = 0;
	int status = -1;

	switch (c) {
	case 't':
		status = parse_number("threads", 1, 1024, &n);
		s->threads = (unsigned)n;
		break;
	case 's':
		status = parse_number("seconds", 1, 1000000, &n);
		s->seconds = (unsigned)n;
		break;
	case 'x':
		status = parse_number("seed", 0, UINT64_MAX, &n);
		s->seed = n;
		break;
	case 'u':
		status = parse_number("units", 1, 30000, &n);
		s->units = (unsigned)n;
		break;
	case 'J':
		status = parse_number("jails", 1, 10000, &n);
		s->jails = (unsigned)n;
		break;
	case 'd':
		status = parse_drivers(s, optarg) == 0 ? -1 : EXIT_USAGE;
		break;
	case 'm':
		status = parse_mix(s, optarg) == 0 ? -1 : EXIT_USAGE;
		break;
	case 'p':
		s->profile = optarg;
		break;
	case 'W':
		status = parse_witness(s, optarg);
		break;
	case 'j':
		s->json = true;
		break;
	case 'h':
		usage(stdout);
		return (EXIT_CLEAN);
	default:
		status = cli_usage_error("stress", "bad option");
	}
	return (status);
}

static int
parse(struct stress *s, int argc, char **argv)
{
	int c, status;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if ((status = parse_option(s, c)) >= 0)
			return (status);
	if (optind != argc)
		return (cli_usage_error("stress", "what is \"%s\"?",
		    argv[optind]));
	for (c = 0; c < OP_COUNT; c++)
		if (s->mix[c] != 0)
			return (-1);
	return (cli_usage_error("stress", "--mix: nothing to do"));
}

static void
on_signal(int sig)
{
	(void)sig;
	atomic_store(&running->stop, true);
}

static void
catch_signals(struct stress *s)
{
	struct sigaction sa;

	running = s;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESETHAND;	/* the second one kills */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static void
watch(struct stress *s, const struct stress_count *counts)
{
	int64_t end = s->started + (int64_t)s->seconds * 1000000000;
	bool tty = isatty(STDERR_FILENO) && !s->json;
	int64_t now, next = s->started;

	while ((now = stress_clock()) < end && !atomic_load(&s->stop)) {
		if (vs_outcome_wait(100) != NULL)
			break;
		if (tty && now >= next) {
			stress_progress(s, counts);
			next = now + 1000000000;
		}
	}
	atomic_store(&s->stop, true);
	if (tty)
		fprintf(stderr, "\r\033[K");
}

static const struct vs_outcome *
work(struct stress *s, struct stress_worker *workers,
    struct stress_count *counts)
{
	struct vs_thread **threads;
	char name[20];

	threads = calloc(s->threads, sizeof(*threads));
	if (threads == NULL)
		abort();
	s->started = stress_clock();
	for (unsigned i = 0; i < s->threads; i++) {
		workers[i] = (struct stress_worker){
			.stress = s,
			.count = &counts[i],
			.random = s->seed * 0x9e3779b97f4a7c15 + i + 1,
			.number = i,
		};
		snprintf(name, sizeof(name), "stress %u", i);
		threads[i] = vs_thread_create(stress_worker, &workers[i],
		    name);
	}
	watch(s, counts);
	for (unsigned i = 0; i < s->threads; i++)
		if (vs_thread_join(threads[i]) != NULL)
			break;
	free(threads);
	return (vs_shutdown());
}

int
cli_stress(int argc, char **argv)
{
	struct stress s = stress_default;
	struct stress_worker *workers;
	struct stress_count *counts;
	const struct vs_outcome *outcome;
	double seconds;
	int status;

	for (int i = 1; i < argc; i++)
		if (cli_is_script(argv[i]))
			return (cli_run(argc, argv));
	if ((status = parse(&s, argc, argv)) >= 0)
		return (status);
	if (!s.witness_given && strncmp(s.profile, "fixed", 5) == 0)
		s.witness = VS_WITNESS_FATAL;
	struct vs_config config = {
		.profile = s.profile,
		.seed = s.seed,
		.witness = s.witness,
	};
	if (vs_boot(&config) == EINVAL)
		return (cli_usage_error("stress", "--profile: \"%s\" is "
		    "unknown", s.profile));
	workers = calloc(s.threads, sizeof(*workers));
	counts = calloc(s.threads, sizeof(*counts));
	if (workers == NULL || counts == NULL)
		abort();
	catch_signals(&s);
	outcome = work(&s, workers, counts);
	seconds = (double)(stress_clock() - s.started) / 1e9;
	stress_report(&s, counts, seconds, outcome);
	free(counts);
	free(workers);
	return (outcome == NULL ? EXIT_CLEAN : EXIT_FOUND);
}
