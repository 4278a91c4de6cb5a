/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The benchmark program: runs rows, prints a table or JSON.
 */
#define	_GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include <vnetsim/vnetsim.h>

#include "bench.h"

static bool booted;

double
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

void
bench_boot(void)
{
	if (booted)
		return;
	if (vs_boot(&(struct vs_config){ .no_ledger = true }) != 0)
		abort();
	booted = true;
}

bool
bench_booted(void)
{
	return (booted);
}

void
bench_shutdown(void)
{
	const struct vs_outcome *o;

	if (!booted)
		return;
	booted = false;
	if ((o = vs_shutdown()) != NULL) {
		fprintf(stderr, "bench: %s\n", o->report);
		exit(1);
	}
}

void
bench_run(void (*fn)(void *), void *arg)
{
	const struct vs_outcome *o;

	bench_boot();
	if ((o = vs_run(fn, arg)) != NULL) {
		fprintf(stderr, "bench: %s\n", o->report);
		exit(1);
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static double
median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return (values[n / 2]);
}

struct result {
	double	ours, peer, ratio;
	bool	met, absent;
};

static bool
has_peer(const struct bench_row *row)
{
	return (row->peer != NULL || row->recorded != 0);
}

static bool
meets(enum bench_target kind, double figure, double target)
{
	switch (kind) {
	case AT_MOST:
	case REPORT_AT_MOST:
		return (figure <= target);
	case REPORT_EXACTLY:
		return (figure == target);
	default:
		return (figure >= target);
	}
}

static struct result
measure(const struct bench_row *row)
{
	int n = row->repeats != 0 ? (int)row->repeats : REPEATS;
	double ours[REPEATS], peer[REPEATS];
	struct result r = { 0 };

	/* The first turn of each warms the caches and does not count. */
	if (row->ours != NULL)
		(void)row->ours();
	if (row->peer != NULL && row->peer() < 0)
		r.absent = true;
	for (int i = 0; i < n; i++) {
		ours[i] = row->ours != NULL ? row->ours() :
		    bench_command(row);
		if (row->peer != NULL && !r.absent)
			peer[i] = row->peer();
	}
	r.ours = median(ours, n);
	if (!has_peer(row)) {
		r.met = meets(row->kind, r.ours, row->target);
		return (r);
	}
	if (r.absent)
		return (r);
	r.peer = row->peer != NULL ? median(peer, n) : row->recorded;
	r.ratio = r.ours / r.peer;
	r.met = meets(row->kind, r.ratio, row->target);
	return (r);
}

static const char *
target_text(const struct bench_row *row, char *buf, size_t size)
{
	static const char *const signs[] = {
		[AT_MOST] = "<=", [AT_LEAST] = ">=",
		[REPORT_AT_MOST] = "<=", [REPORT_AT_LEAST] = ">=",
		[REPORT_EXACTLY] = "=",
	};

	if (has_peer(row))
		snprintf(buf, size, "%s %.4gx", signs[row->kind],
		    row->target);
	else
		snprintf(buf, size, "%s %.0f %s", signs[row->kind],
		    row->target, row->unit);
	return (buf);
}

static const char *
met_text(const struct result *r)
{
	return (r->absent ? "peer absent" : r->met ? "yes" : "no");
}

static void
print_row(const struct bench_row *row, const struct result *r)
{
	char ours[32], peer[64] = "-", ratio[32] = "-", target[48];

	/* Counts are whole. */
	snprintf(ours, sizeof(ours), "%.*f %s", r->ours >= 1000 ||
	    r->ours == (double)(long)r->ours ? 0 : 1, r->ours, row->unit);
	if (has_peer(row) && !r->absent) {
		snprintf(peer, sizeof(peer), "%.1f %s", r->peer,
		    row->peer_name);
		snprintf(ratio, sizeof(ratio), "%.2f", r->ratio);
	} else if (has_peer(row))
		snprintf(peer, sizeof(peer), "no %s", row->peer_name);
	printf("%-38s %20s %32s %9s %12s  %s\n", row->name, ours, peer,
	    ratio, target_text(row, target, sizeof(target)), met_text(r));
	fflush(stdout);
}

static json_t *
json_row(const struct bench_row *row, const struct result *r)
{
	char target[48];
	json_t *o = json_pack("{s:s, s:s, s:s, s:f, s:s, s:b}",
	    "area", row->area, "name", row->name, "unit", row->unit,
	    "ours", r->ours, "target",
	    target_text(row, target, sizeof(target)), "met", r->met);

	if (has_peer(row)) {
		json_object_set_new(o, "peer_name",
		    json_string(row->peer_name));
		json_object_set_new(o, "recorded",
		    json_boolean(row->peer == NULL));
	}
	if (has_peer(row) && !r->absent) {
		json_object_set_new(o, "peer", json_real(r->peer));
		json_object_set_new(o, "ratio", json_real(r->ratio));
	} else {
		json_object_set_new(o, "peer", json_null());
		json_object_set_new(o, "ratio", json_null());
	}
	return (o);
}

static void
run_rows(const struct bench_row *rows, unsigned n, const char *area,
    json_t *list)
{
	struct result r;

	for (unsigned i = 0; i < n; i++) {
		if (area != NULL && strcmp(area, rows[i].area) != 0)
			continue;
		r = measure(&rows[i]);
		if (list != NULL)
			json_array_append_new(list, json_row(&rows[i], &r));
		else
			print_row(&rows[i], &r);
	}
}

int
main(int argc, char **argv)
{
	const char *area = NULL;
	json_t *list = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			list = json_array();
		else if (argv[i][0] != '-' && area == NULL)
			area = argv[i];
		else {
			fprintf(stderr, "usage: bench [locks|kernel|cdev|"
			    "explore] [--json]\n");
			return (2);
		}
	}
	if (list == NULL)
		printf("%-38s %20s %32s %9s %12s  %s\n", "name", "ours",
		    "peer", "ratio", "target", "met");
	run_rows(bench_lock_rows, bench_lock_nrows, area, list);
	bench_shutdown();
	run_rows(bench_kernel_rows, bench_kernel_nrows, area, list);
	bench_shutdown();
	run_rows(bench_cdev_rows, bench_cdev_nrows, area, list);
	bench_shutdown();
	run_rows(bench_explore_rows, bench_explore_nrows, area, list);
	if (list != NULL) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(list);
	}
	return (0);
}
