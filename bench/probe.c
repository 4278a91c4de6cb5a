/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * One measurement of the explorer in a process of its own, built for each
 * kernel:
 *
 *	vnetsim-bench-probe-KERNEL WHAT [ARGUMENT...]
 *
 * prints a line of numbers, see the functions.  What they mean as rows of a
 * table is bench_explore.c's business.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/explore.h>

#include "probe.h"
#include "scenarios/scenarios.h"

#define	SEEDS	20

static const struct vs_explored *
explore(const struct vs_scenario *scenario, const struct vs_explore *how)
{
	const struct vs_explored *e = vs_explore(scenario, how);

	if (e == NULL) {
		perror(scenario->name);
		exit(2);
	}
	return (e);
}

/* Nothing must be wrong with it. */
static const struct vs_explored *
explore_clean(const struct vs_scenario *scenario,
    const struct vs_explore *how)
{
	const struct vs_explored *e = explore(scenario, how);

	if (e->kind != VS_CLEAN) {
		fprintf(stderr, "%s: %s\n", scenario->name, e->message);
		exit(2);
	}
	return (e);
}

/* --- schedules a second --------------------------------------------------- */

static void
rate(const struct vs_scenario *scenario, struct vs_explore how)
{
	const struct vs_explored *e = explore_clean(scenario, &how);

	printf("%f\n", (double)e->schedules / e->seconds);
}

/* [locks] */
static void
ifnet3(char **args)
{
	rate(&probe_ifnet3, (struct vs_explore){ .strategy = "random",
	    .schedules = 200000, .locks_only = args[0] != NULL });
}

static void
epair(char **args)
{
	struct vs_scenario scenario = scenario_epair_destroy_vmove;

	/* To the verdict on what the two do, not on what comes after. */
	scenario.finally = NULL;
	scenario.no_shutdown = true;
	rate(&scenario, (struct vs_explore){ .strategy = "random",
	    .schedules = 5000, .locks_only = args[0] != NULL });
}

/* --- costs: ns ------------------------------------------------------------ */

static void
cost(const struct vs_scenario *scenario, unsigned per_schedule)
{
	const struct vs_explore how = { .strategy = "random",
	    .schedules = 4000000 / per_schedule };
	const struct vs_explored *e = explore_clean(scenario, &how);

	printf("%f\n", e->seconds / (double)e->schedules / per_schedule *
	    1e9);
}

static void
access_cost(char **args)
{
	(void)args;
	cost(&probe_accesses, PROBE_ACCESSES);
}

static void
point_cost(char **args)
{
	(void)args;
	cost(&probe_points, PROBE_POINTS);
}

/* --- classes, and classes a second ---------------------------------------- */

/* PROGRAM N; no classes if some were left out, or runs were blocked. */
static void
classes(char **args)
{
	const struct vs_explored *e = probe_classes(args[0], atoi(args[1]));

	if (e == NULL) {
		fprintf(stderr, "classes: no %s of %s\n", args[0], args[1]);
		exit(2);
	}
	printf("%ju %f\n", e->complete && e->blocked == 0 ?
	    (uintmax_t)e->classes : 0, (double)e->classes / e->seconds);
}

/* --- bugs, switched on, by the default strategy --------------------------- */

static const struct vs_scenario *
scenario_of(const char *name)
{
	const struct builtin_scenario *b = builtin_scenarios;

	for (; b->scenario != NULL; b++)
		if (strcmp(b->scenario->name, name) == 0)
			return (b->scenario);
	fprintf(stderr, "no scenario %s\n", name);
	exit(2);
}

/*
 * SCENARIO SWITCH[,SWITCH...]: how many seeds find it within 1,000 schedules, the most
 * schedules that took; the longest shrinking in ms, the most preemptions left,
 * and how many of these are proven least.
 */
static void
bug(char **args)
{
	struct vs_scenario scenario = *scenario_of(args[0]);
	unsigned found = 0, least = 0, preemptions = 0;
	const struct vs_explored *e;
	uint64_t most = 0;
	double shrink = 0;
	char profile[128];

	snprintf(profile, sizeof(profile), "fixed");
	for (char *s = strtok(args[1], ","); s != NULL; s = strtok(NULL, ","))
		snprintf(profile + strlen(profile), sizeof(profile) -
		    strlen(profile), ",+%s", s);
	scenario.config.profile = profile;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct vs_explore how = { .seed = seed,
		    .schedules = 1000 };

		e = explore(&scenario, &how);
		if (e->failures == 0)
			continue;
		found++;
		least += e->least;
		if (e->first_failure > most)
			most = e->first_failure;
		if (e->preemptions > preemptions)
			preemptions = e->preemptions;
		if (e->shrink_seconds > shrink)
			shrink = e->shrink_seconds;
		if (getenv("VERBOSE") != NULL)
			fprintf(stderr, "# %s seed %ju: schedule %ju: %s; "
			    "%u preemptions after %.1f ms\n", args[0],
			    (uintmax_t)seed, (uintmax_t)e->first_failure,
			    e->message, e->preemptions,
			    e->shrink_seconds * 1e3);
	}
	printf("%u %ju %f %u %u\n", found, (uintmax_t)most, shrink * 1e3,
	    preemptions, least);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		void		(*fn)(char **args);
		int		nargs;	/* at least */
	} probes[] = {
		{ "ifnet3", ifnet3, 0 }, { "epair", epair, 0 },
		{ "access", access_cost, 0 }, { "point", point_cost, 0 },
		{ "classes", classes, 2 }, { "bug", bug, 2 },
	};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (argc < 2 || strcmp(argv[1], probes[i].name) != 0 ||
		    argc - 2 < probes[i].nargs)
			continue;
		probes[i].fn(argv + 2);
		return (0);
	}
	fprintf(stderr, "usage: %s ifnet3|epair|access|point|classes|bug "
	    "[ARGUMENT...]\n", argv[0]);
	return (2);
}
