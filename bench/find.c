/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * How many schedules a strategy needs to find a known bug: the mean over
 * SEEDS explorations, each of at most CAP schedules.
 *
 *	vnetsim-bench-find [-q] [-n SEEDS] [-c CAP] [-s STRATEGY,...]
 *	    [PROGRAM...]
 *
 * With -q nothing but the sum of it all: how many explorations found the bug,
 * for how many programs that took no longer than the best published mean, and
 * the seconds of the longest exploration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vnetsim/explore.h>

#include "find.h"
#include "pthreads.h"

#define	MAX_STRATEGIES	16

static const char usual[] = "random,pct:3,pos,urw,surw,rf,portfolio";

static unsigned seeds = 20;
static uint64_t cap;			/* 0: the program's */
static bool quiet;
static const char *strategies[MAX_STRATEGIES];
static unsigned nstrategies;

/* What the explorations of one program by one strategy came to. */
struct tally {
	unsigned	found;
	uint64_t	schedules;	/* until found, of those that did */
	uint64_t	all;
	double		seconds;	/* of processor time, of all */
	double		longest;
};

/* Never static: what is, an exploration puts back to what it was. */
struct sum {
	unsigned	found;
	unsigned	no_slower;
	double		longest;
};

static void
explore(const struct find_program *p, const char *strategy, uint64_t seed,
    struct tally *tally)
{
	const struct vs_scenario scenario = {
		.name = p->name, .threads = { { "main", bench_main } },
		.arg = (void *)(uintptr_t)p->main, .no_shutdown = true,
	};
	const struct vs_explore how = { .strategy = strategy, .seed = seed,
	    .schedules = cap != 0 ? cap : p->cap, .no_shrink = true,
	    .no_races = true };
	const struct vs_explored *e = vs_explore(&scenario, &how);

	if (e == NULL) {
		perror(strategy);
		exit(2);
	}
	tally->all += e->schedules;
	tally->seconds += e->seconds;
	if (e->seconds > tally->longest)
		tally->longest = e->seconds;
	if (e->failures == 0)
		return;
	tally->found++;
	tally->schedules += e->first_failure;
	if (getenv("VERBOSE") != NULL)
		printf("# %s %s seed %ju: schedule %ju: %s\n", p->name,
		    strategy, (uintmax_t)seed, (uintmax_t)e->first_failure,
		    e->message);
}

static double
mean(const struct tally *tally)
{
	return (tally->found != 0 ? (double)tally->schedules / tally->found :
	    0);
}

static void
add_up(struct sum *sum, const struct find_program *p,
    const struct tally *tally)
{
	sum->found += tally->found;
	if (tally->found == seeds && mean(tally) <= p->published)
		sum->no_slower++;
	if (tally->longest > sum->longest)
		sum->longest = tally->longest;
}

static void
print(const struct find_program *p, const char *strategy,
    const struct tally *tally)
{
	printf("%-18s %-10s %2u/%-2u %10.1f %10.1f  %9.0f/s %7.2f s at most\n",
	    p->name, strategy, tally->found, seeds, mean(tally), p->published,
	    tally->seconds > 0 ? (double)tally->all / tally->seconds : 0,
	    tally->longest);
	fflush(stdout);
}

static void
measure(const struct find_program *p, struct sum *sum)
{
	for (unsigned s = 0; s < nstrategies; s++) {
		struct tally tally = { 0 };

		for (uint64_t seed = 1; seed <= seeds; seed++)
			explore(p, strategies[s], seed, &tally);
		add_up(sum, p, &tally);
		if (!quiet)
			print(p, strategies[s], &tally);
	}
}

static void
split(char *list)
{
	for (char *s = strtok(list, ","); s != NULL &&
	    nstrategies < MAX_STRATEGIES; s = strtok(NULL, ","))
		strategies[nstrategies++] = s;
}

static bool
wanted(const char *name, char **names, int n)
{
	if (n == 0)
		return (true);
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (true);
	return (false);
}

int
main(int argc, char **argv)
{
	struct sum sum = { 0 };
	int opt;

	while ((opt = getopt(argc, argv, "qn:c:s:")) != -1) {
		switch (opt) {
		case 'q':
			quiet = true;
			break;
		case 'n':
			seeds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			cap = strtoull(optarg, NULL, 10);
			break;
		case 's':
			split(optarg);
			break;
		default:
			fprintf(stderr, "usage: %s [-q] [-n seeds] "
			    "[-c cap] [-s strategy,...] [program...]\n",
			    argv[0]);
			return (2);
		}
	}
	if (nstrategies == 0)
		split(strdup(usual));
	if (!quiet)
		printf("%-18s %-10s %5s %10s %10s\n", "program", "strategy",
		    "found", "schedules", "published");
	for (unsigned i = 0; i < find_nprograms; i++)
		if (wanted(find_programs[i].name, argv + optind,
		    argc - optind))
			measure(&find_programs[i], &sum);
	if (quiet)
		printf("%u %u %f\n", sum.found, sum.no_slower, sum.longest);
	return (0);
}
