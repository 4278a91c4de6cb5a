/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim stress: counting and telling.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>

#include "cli.h"
#include "stress.h"

#define	TOP_LOCKS	10

int64_t
stress_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
}

/* Only the owner writes, so a load and a store are enough. */
static void
bump(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter,
	    memory_order_relaxed) + 1, memory_order_relaxed);
}

void
stress_count_add(struct stress_count *count, enum stress_op op, int error,
    int64_t ns)
{
	unsigned bucket = 0;

	/* Slot 0 is success; ERESTART, which is negative, has the last. */
	if (error < 0 || error >= STRESS_ERRNO_MAX)
		error = STRESS_ERRNO_MAX - 1;
	while (bucket < STRESS_BUCKETS - 1 &&
	    ((uint64_t)ns >> (bucket + 1)) != 0)
		bucket++;
	bump(&count->results[op][error]);
	bump(&count->latency[op][bucket]);
}

/* --- sums over all threads ------------------------------------------------ */

static uint64_t
sum_result(const struct stress *s, const struct stress_count *c, int op,
    int error)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->threads; i++)
		sum += atomic_load_explicit(&c[i].results[op][error],
		    memory_order_relaxed);
	return (sum);
}

static uint64_t
sum_op(const struct stress *s, const struct stress_count *c, int op)
{
	uint64_t sum = 0;

	for (int error = 0; error < STRESS_ERRNO_MAX; error++)
		sum += sum_result(s, c, op, error);
	return (sum);
}

static uint64_t
sum_all(const struct stress *s, const struct stress_count *c)
{
	uint64_t sum = 0;

	for (int op = 0; op < OP_COUNT; op++)
		sum += sum_op(s, c, op);
	return (sum);
}

/* The upper end, in microseconds, of the bucket that holds the quantile. */
static double
quantile(const struct stress *s, const struct stress_count *c, int op,
    double q)
{
	uint64_t buckets[STRESS_BUCKETS] = { 0 }, total = 0, seen = 0;

	for (unsigned i = 0; i < s->threads; i++)
		for (int b = 0; b < STRESS_BUCKETS; b++)
			buckets[b] += atomic_load_explicit(
			    &c[i].latency[op][b], memory_order_relaxed);
	for (int b = 0; b < STRESS_BUCKETS; b++)
		total += buckets[b];
	for (int b = 0; b < STRESS_BUCKETS; b++) {
		seen += buckets[b];
		if ((double)seen >= q * (double)total && seen != 0)
			return ((double)((uint64_t)2 << b) / 1e3);
	}
	return (0);
}

/* --- while it runs ---------------------------------------------------------- */

void
stress_progress(const struct stress *s, const struct stress_count *counts)
{
	static uint64_t last;
	static int64_t last_time;
	struct vs_lock_stat worst = { .name = "-" };
	uint64_t all = sum_all(s, counts);
	int64_t now = stress_clock();
	double rate = 0;

	if (last_time != 0)
		rate = (double)(all - last) / ((double)(now - last_time) / 1e9);
	last = all;
	last_time = now;
	(void)vs_lock_stats(&worst, 1, VS_LOCKS_BY_LONGEST);
	fprintf(stderr, "\r\033[K%3.0fs  %9.0f calls/s  %zu interfaces  "
	    "%zu jails  longest wait %.1f ms (%s)",
	    (double)(now - s->started) / 1e9, rate, vs_ledger_count(VS_IFNET),
	    vs_ledger_count(VS_PRISON) - 1, (double)worst.longest / 1e6,
	    worst.name);
	fflush(stderr);
}

/* --- the closing table ------------------------------------------------------ */

static void
print_errnos(const struct stress *s, const struct stress_count *c, int op)
{
	char name[24];
	uint64_t n;

	for (int error = 1; error < STRESS_ERRNO_MAX; error++) {
		if ((n = sum_result(s, c, op, error)) == 0)
			continue;
		cli_errno_name(error == STRESS_ERRNO_MAX - 1 ? -1 : error,
		    name, sizeof(name));
		printf(" %s %" PRIu64, name, n);
	}
	printf("\n");
}

static void
print_ops(const struct stress *s, const struct stress_count *c)
{
	printf("%-8s %10s %10s %9s %9s %9s  %s\n", "call", "made", "ok",
	    "50% us", "99% us", "max us", "errors");
	for (int op = 0; op < OP_COUNT; op++) {
		if (sum_op(s, c, op) == 0)
			continue;
		printf("%-8s %10" PRIu64 " %10" PRIu64 " %9.1f %9.1f %9.1f ",
		    stress_op_names[op], sum_op(s, c, op),
		    sum_result(s, c, op, 0), quantile(s, c, op, 0.5),
		    quantile(s, c, op, 0.99), quantile(s, c, op, 1));
		print_errnos(s, c, op);
	}
}

static void
print_locks(void)
{
	struct vs_lock_stat stats[TOP_LOCKS];
	size_t n;

	n = vs_lock_stats(stats, TOP_LOCKS, VS_LOCKS_BY_TOTAL);
	if (n == 0)
		return;
	printf("\n%-24s %10s %12s %12s\n", "lock", "waits", "total ms",
	    "longest ms");
	for (size_t i = 0; i < n && i < TOP_LOCKS; i++)
		printf("%-24s %10" PRIu64 " %12.1f %12.2f\n", stats[i].name,
		    stats[i].waits, (double)stats[i].total / 1e6,
		    (double)stats[i].longest / 1e6);
}

static void
report_text(const struct stress *s, const struct stress_count *c,
    double seconds, const struct vs_outcome *o)
{
	uint64_t all = sum_all(s, c);

	print_ops(s, c);
	print_locks();
	printf("\n%" PRIu64 " calls by %u threads in %.1f s: %.0f a second; "
	    "profile %s, seed %" PRIu64 "\n", all, s->threads, seconds,
	    (double)all / seconds, s->profile, s->seed);
	if (o == NULL) {
		printf("clean: nothing wrong, nothing left\n");
		return;
	}
	printf("outcome: %s: %s\n%s\n", vs_kind_name(o->kind), o->message,
	    o->report != NULL ? o->report : "");
}

/* --- JSON --------------------------------------------------------------------- */

static json_t *
json_op(const struct stress *s, const struct stress_count *c, int op)
{
	json_t *object = json_object();
	char name[24];
	uint64_t n;

	json_object_set_new(object, "ok",
	    json_integer((json_int_t)sum_result(s, c, op, 0)));
	for (int error = 1; error < STRESS_ERRNO_MAX; error++) {
		if ((n = sum_result(s, c, op, error)) == 0)
			continue;
		cli_errno_name(error == STRESS_ERRNO_MAX - 1 ? -1 : error,
		    name, sizeof(name));
		json_object_set_new(object, name,
		    json_integer((json_int_t)n));
	}
	return (object);
}

static void
report_json(const struct stress *s, const struct stress_count *c,
    double seconds, const struct vs_outcome *o)
{
	json_t *object = json_object(), *ops = json_object();
	bool leak = o != NULL && o->kind == VS_LEAK;

	for (int op = 0; op < OP_COUNT; op++)
		if (sum_op(s, c, op) != 0)
			json_object_set_new(ops, stress_op_names[op],
			    json_op(s, c, op));
	json_object_set_new(object, "outcome",
	    json_string(o == NULL ? "clean" : vs_kind_name(o->kind)));
	if (o != NULL)
		json_object_set_new(object, "message",
		    json_string_nocheck(o->message));
	json_object_set_new(object, "profile", json_string(s->profile));
	json_object_set_new(object, "seed",
	    json_integer((json_int_t)s->seed));
	json_object_set_new(object, "seconds", json_real(seconds));
	json_object_set_new(object, "threads", json_integer(s->threads));
	json_object_set_new(object, "ops", ops);
	json_object_set_new(object, "ops_per_second",
	    json_real((double)sum_all(s, c) / seconds));
	json_object_set_new(object, "leaks", json_integer(leak));
	json_object_set_new(object, "panics",
	    json_integer(o != NULL && !leak));
	json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	printf("\n");
	json_decref(object);
}

void
stress_report(const struct stress *s, const struct stress_count *counts,
    double seconds, const struct vs_outcome *outcome)
{
	if (s->json)
		report_json(s, counts, seconds, outcome);
	else
		report_text(s, counts, seconds, outcome);
}
