/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Whole kernels, interfaces and jails.
 */
#define	_GNU_SOURCE
#include <sys/wait.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "bench.h"

static void
check(int error, const char *what)
{
	if (error != 0) {
		fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
		exit(1);
	}
}

/* --- boot ------------------------------------------------------------------- */

static double
boot_cost(void)
{
	double t;

	bench_shutdown();
	t = bench_now();
	bench_boot();
	bench_shutdown();
	return ((bench_now() - t) * 1e6);
}

static double
fork_cost(void)
{
	double t = bench_now();
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return ((bench_now() - t) * 1e6);
}

/* --- create and destroy ------------------------------------------------------ */

struct cycles {
	const char	*driver;
	int		n;
	double		seconds;
};

static void
cycles_main(void *arg)
{
	struct cycles *c = arg;
	char name[16];
	double t = bench_now();

	for (int i = 0; i < c->n; i++) {
		strcpy(name, c->driver);
		check(vs_if_create(name), "create");
		check(vs_if_destroy(name), "destroy");
	}
	c->seconds = bench_now() - t;
}

static double
cycle_rate(const char *driver, int n)
{
	struct cycles c = { .driver = driver, .n = n };

	bench_run(cycles_main, &c);
	return (n / c.seconds);
}

static double
epair_rate(void)
{
	return (cycle_rate("epair", 500));
}

/*
 * ip(8) in a network namespace of its own; -batch reads all the commands, so
 * that starting the program does not count much.
 */
static double
veth_rate(void)
{
	enum { N = 20 };
	FILE *ip;
	double t;

	if (geteuid() != 0 ||
	    system("ip -V >/dev/null 2>&1 && unshare -n true 2>/dev/null") != 0)
		return (-1);
	t = bench_now();
	if ((ip = popen("unshare -n ip -batch - 2>/dev/null", "w")) == NULL)
		return (-1);
	for (int i = 0; i < N; i++)
		fprintf(ip, "link add bench0 type veth peer name bench1\n"
		    "link del bench0\n");
	if (pclose(ip) != 0)
		return (-1);
	return (N / (bench_now() - t));
}

/* --- growth ------------------------------------------------------------------- */

static void
fill_main(void *arg)
{
	int n = *(int *)arg;
	char name[16];

	/* One driver has 32768 units; four share the load. */
	static const char *const drivers[] = { "disc", "edsc", "lo", "epair" };

	for (int i = (int)vs_if_list(NULL, 0); i < n; i++) {
		strcpy(name, drivers[i / 28000]);
		check(vs_if_create(name), "create");
	}
}

static double
crowded_cost(int interfaces)
{
	struct cycles c = { .driver = "disc", .n = 2000 };

	bench_run(fill_main, &interfaces);
	bench_run(cycles_main, &c);
	return (c.seconds / c.n * 1e6);
}

static double few_cost;

static double
many_cost(void)
{
	/* The quiet vnet is measured once, before it is filled. */
	if (few_cost == 0) {
		bench_shutdown();
		for (int i = 0; i < 3; i++)
			few_cost = crowded_cost(100);
	}
	return (crowded_cost(100000));
}

static double
few_cost_again(void)
{
	return (few_cost);
}

/* --- memory -------------------------------------------------------------------- */

static void
pairs_main(void *arg)
{
	double *bytes = arg;
	size_t before = vs_memory();
	char name[16];

	for (int i = 0; i < 1000; i++) {
		strcpy(name, "epair");
		check(vs_if_create(name), "create");
	}
	*bytes = (double)(vs_memory() - before) / 1000;
}

static double
pair_bytes(void)
{
	double bytes;

	bench_shutdown();
	bench_run(pairs_main, &bytes);
	bench_shutdown();
	return (bytes);
}

static void
jails_main(void *arg)
{
	double *bytes = arg;
	size_t before = vs_memory();
	char words[64];
	int jid;

	for (int i = 0; i < 200; i++) {
		snprintf(words, sizeof(words), "name=b%d persist vnet", i);
		check(vs_jail_create(words, &jid), "jail");
	}
	*bytes = (double)(vs_memory() - before) / 200;
}

static double
jail_bytes(void)
{
	double bytes;

	bench_shutdown();
	bench_run(jails_main, &bytes);
	bench_shutdown();
	return (bytes);
}

#define	ROW(nm, un, pn, kd, tgt, o, p)					\
	{ .area = "kernel", .name = nm, .unit = un, .peer_name = pn,	\
	  .kind = kd, .target = tgt, .ours = o, .peer = p }

const struct bench_row bench_kernel_rows[] = {
	ROW("boot + shutdown", "us", "fork+wait", AT_MOST, 1.0, boot_cost,
	    fork_cost),
	ROW("epair create+destroy", "/s", "veth by ip -batch", AT_LEAST, 500,
	    epair_rate, veth_rate),
	ROW("disc create+destroy, 100,000 if", "us", "with 100", AT_MOST, 2,
	    many_cost, few_cost_again),
	ROW("memory of an idle epair pair", "B", NULL, REPORT_AT_MOST, 4096,
	    pair_bytes, NULL),
	ROW("memory of an empty vnet jail", "B", NULL, REPORT_AT_MOST, 16384,
	    jail_bytes, NULL),
};
const unsigned bench_kernel_nrows =
    sizeof(bench_kernel_rows) / sizeof(bench_kernel_rows[0]);
