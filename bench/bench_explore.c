/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The explorer.
 *
 * Every figure is measured by a process of its own, see probe.c and find.c: an
 * exploration takes a whole process over, and kernels differ.  Times are
 * processor time.  Where the peer is somebody else's program, its figure is
 * what was measured with it on such a machine once; the row says "recorded".
 */
#define	_GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "bench.h"

/* The directory of this program. */
static const char *
here(void)
{
	static char path[PATH_MAX];
	ssize_t n;

	if (path[0] == '\0') {
		n = readlink("/proc/self/exe", path, sizeof(path) - 1);
		if (n <= 0)
			abort();
		path[n] = '\0';
		*strrchr(path, '/') = '\0';
	}
	return (path);
}

static FILE *
run(const char *command)
{
	char line[2 * PATH_MAX];
	FILE *out;

	snprintf(line, sizeof(line), "%s/%s", here(), command);
	if ((out = popen(line, "r")) == NULL) {
		perror(line);
		exit(1);
	}
	return (out);
}

/* What a command has printed is good for all rows that repeat it once. */
double
bench_command(const struct bench_row *row)
{
	static const char *last;
	static char line[256];
	char *field, *rest = line;
	double value = 0;
	FILE *out;

	if (last == NULL || row->repeats != 1 ||
	    strcmp(last, row->command) != 0) {
		out = run(row->command);
		if (fgets(line, sizeof(line), out) == NULL)
			line[0] = '\0';
		if (pclose(out) != 0 || line[0] == '\0') {
			fprintf(stderr, "bench: %s failed\n", row->command);
			exit(1);
		}
		last = row->command;
	}
	for (unsigned i = 0; i <= row->column; i++, rest = field) {
		value = strtod(rest, &field);
		if (field == rest)
			abort();
	}
	return (value);
}

/* --- workers -------------------------------------------------------------- */

#define	WORK	"../bin/vnetsim explore epair-destroy-vmove --accesses off " \
		"--strategy random --schedules 20000 --json "

/* Schedules a second: each worker's, in its own processor time, added up. */
static double
rate(const char *command)
{
	FILE *out = run(command);
	json_t *result = json_loadf(out, 0, NULL);
	double value = json_number_value(json_object_get(result,
	    "schedules_per_second"));

	json_decref(result);
	(void)pclose(out);
	return (value);
}

static double
two_workers(void)
{
	return (rate(WORK "--jobs 2"));
}

static double
one_worker(void)
{
	return (rate(WORK "--jobs 1"));
}

/* --- rows ----------------------------------------------------------------- */

#define	PLAIN		"vnetsim-bench-probe-plain "
#define	DEBUG		"vnetsim-bench-probe-debug "
#define	INSTRUMENTED	"vnetsim-bench-probe-instrumented "

/* Schedules a second, at least. */
#define	RATE(text, what, least)						\
	{ .area = "explore", .name = text, .unit = "schedules/s",	\
	    .kind = REPORT_AT_LEAST, .target = least, .command = what,	\
	    .repeats = 5 }
/* ns, at most. */
#define	COST(text, what, most)						\
	{ .area = "explore", .name = text, .unit = "ns",		\
	    .kind = REPORT_AT_MOST, .target = most, .command = what }

/* The number of classes must be right. */
#define	CLASSES(program, n, size, number)				\
	{ .area = "explore", .name = program " " #n ", all classes",	\
	    .unit = "classes", .kind = REPORT_EXACTLY,			\
	    .target = number, .repeats = 1,				\
	    .command = PLAIN "classes " program " " #size }
/* What others need for so many classes: seconds, and the factor to beat. */
#define	FASTER(program, n, size, number, who, seconds, factor)		\
	{ .area = "explore", .name = program " " #n ", speed",		\
	    .unit = "classes/s", .kind = AT_LEAST, .target = factor,	\
	    .peer_name = who ", recorded", .repeats = 1,		\
	    .recorded = (number) / (seconds), .column = 1,		\
	    .command = PLAIN "classes " program " " #size }

/* The two seed bugs by the default strategy, see bug() in probe.c. */
#define	BUG(text, what, of, sort, goal, col)				\
	{ .area = "explore", .name = text, .unit = of, .kind = sort,	\
	    .target = goal, .repeats = 1, .column = col,		\
	    .command = INSTRUMENTED "bug " what }
#define	BUGS(name, what)						\
	BUG(name ": found", what, "of 20 seeds", REPORT_AT_LEAST, 20, 0), \
	BUG(name ": found", what, "schedules", REPORT_AT_MOST, 1000, 1), \
	BUG(name ": shrinking", what, "ms", REPORT_AT_MOST, 100, 2),	\
	BUG(name ": left", what, "preemptions", REPORT_AT_MOST, 1, 3),	\
	BUG(name ": proven least", what, "of 20 seeds",			\
	    REPORT_AT_LEAST, 20, 4)

/* Schedules to a bug by the default strategy, see add_up() in find.c. */
#define	FIND(text, of, sort, goal, programs, col)			\
	{ .area = "explore", .name = text, .unit = of, .kind = sort,	\
	    .target = goal, .repeats = 1, .column = col,		\
	    .command = "vnetsim-bench-find -q -s portfolio " programs }
#define	TWELVE	"account bluetooth_driver deadlock01 lazy01 reorder_5 "	\
		"reorder_20 reorder_100 twostage_20 twostage_100 stack " \
		"wronglock workstealqueue"

const struct bench_row bench_explore_rows[] = {
	RATE("ifnet-3, random, races looked for", PLAIN "ifnet3", 1000000),
	/* 9f25438, g++ -O2, the same scenario in its own words. */
	{ .area = "explore", .name = "...", .unit = "schedules/s",
	    .peer_name = "Relacy, recorded", .kind = AT_LEAST,
	    .target = 1.5, .recorded = 860000, .command = PLAIN "ifnet3",
	    .repeats = 5 },
	RATE("epair destroy and vmove, accesses", INSTRUMENTED "epair",
	    20000),
	RATE("epair destroy and vmove, locks", DEBUG "epair locks", 60000),
	RATE("... plain kernel", PLAIN "epair locks", 60000),
	COST("private access", PLAIN "access", 4),
	COST("scheduling point", PLAIN "point", 50),

	CLASSES("filesystem", 14, 14, 2),
	CLASSES("filesystem", 16, 16, 8),
	CLASSES("filesystem", 18, 18, 32),
	CLASSES("filesystem", 19, 19, 64),
	CLASSES("filesystem", 22, 22, 512),
	FASTER("filesystem", 22, 22, 512, "GenMC", 0.83, 8),
	FASTER("filesystem", 22, 22, 512, "Nidhugg", 9.18, 100),
	CLASSES("indexer", 12, 12, 8),
	CLASSES("indexer", 13, 13, 64),
	CLASSES("indexer", 14, 14, 512),
	FASTER("indexer", 14, 14, 512, "GenMC", 0.70, 8),
	FASTER("indexer", 14, 14, 512, "Nidhugg", 32.7, 100),
	CLASSES("indexer", 15, 15, 4096),
	FASTER("indexer", 15, 15, 4096, "GenMC", 5.29, 8),
	/* One thread looks, n count. */
	CLASSES("lastzero", 5, 6, 64),
	CLASSES("lastzero", 10, 11, 3328),
	FASTER("lastzero", 10, 11, 3328, "GenMC", 0.21, 8),
	FASTER("lastzero", 10, 11, 3328, "Nidhugg", 3.5, 100),
	CLASSES("lastzero", 13, 14, 32768),
	FASTER("lastzero", 13, 14, 32768, "GenMC", 2.8, 8),
	FASTER("lastzero", 13, 14, 32768, "Nidhugg", 63.7, 100),
	CLASSES("lastzero", 15, 16, 147456),
	FASTER("lastzero", 15, 16, 147456, "GenMC", 9.9, 8),
	/* One thread writes, n read. */
	CLASSES("readers", 2, 3, 4),
	CLASSES("readers", 8, 9, 256),
	CLASSES("readers", 13, 14, 8192),
	FASTER("readers", 13, 14, 8192, "GenMC", 0.34, 8),
	FASTER("readers", 13, 14, 8192, "Nidhugg", 8.3, 100),
	CLASSES("philosophers", 3, 3, 6),
	CLASSES("philosophers", 4, 4, 14),
	CLASSES("philosophers", 5, 5, 30),
	CLASSES("philosophers", 6, 6, 62),
	CLASSES("greedy-philosophers", 3, 3, 7),
	CLASSES("greedy-philosophers", 4, 4, 15),
	CLASSES("greedy-philosophers", 5, 5, 31),
	CLASSES("greedy-philosophers", 6, 6, 63),
	CLASSES("ifnet-3", 3, 3, 93),
	FASTER("ifnet-3", 3, 3, 93, "GenMC", 0.09, 8),
	FASTER("ifnet-3", 3, 3, 93, "Nidhugg", 0.055, 100),

	FIND("12 known bugs: found", "of 240", REPORT_AT_LEAST, 240, TWELVE,
	    0),
	FIND("... no slower than published", "of 12", REPORT_AT_LEAST, 9,
	    TWELVE, 1),
	FIND("SafeStack: found", "of 20", REPORT_AT_LEAST, 20, "safestack",
	    0),
	FIND("SafeStack: longest search", "s", REPORT_AT_MOST, 10,
	    "safestack", 2),

	BUGS("vmove-destroy-race", "epair-destroy-vmove vmove-destroy-race"),
	BUGS("tun-node-pins-jail", "tun-jail tun-node-pins-jail,"
	    "tun-cdev-extra-ref"),

	{ .area = "explore", .name = "2 workers", .unit = "schedules/s",
	    .peer_name = "1 worker", .kind = AT_LEAST, .target = 1.9,
	    .ours = two_workers, .peer = one_worker, .repeats = 5 },
};
const unsigned bench_explore_nrows = sizeof(bench_explore_rows) /
    sizeof(bench_explore_rows[0]);
