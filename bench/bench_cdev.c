/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Devices: tunnels in /dev.
 *
 * A row is measured with few devices and with many, by turns in one kernel:
 * set_devices() makes and destroys what there is to be beside the device that
 * is measured.  Only the call that a row is about is timed.
 */
#define	_GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>

#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "bench.h"

/* The macros that make TUNSETIFF are FreeBSD's here. */
#define	HOST_TUNSETIFF	0x400454caul

#define	FEW	10
#define	MANY	10000

static int devices;			/* tun0 ... tun<devices - 1> */

static void
check(int error, const char *what)
{
	if (error != 0) {
		fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
		exit(1);
	}
}

/* --- how many there are ------------------------------------------------------ */

/* A look at /dev, where what has come and gone is noticed. */
static void
look(void)
{
	if (vs_stat("/dev/nosuch", NULL) != ENOENT)
		check(EEXIST, "look");
}

static void
set_devices_main(void *arg)
{
	int n = *(int *)arg;
	char name[16];

	for (; devices < n; devices++) {
		snprintf(name, sizeof(name), "tun%d", devices);
		check(vs_if_create(name), "create");
	}
	for (; devices > n; devices--) {
		snprintf(name, sizeof(name), "tun%d", devices - 1);
		check(vs_if_destroy(name), "destroy");
	}
	look();
}

/* Runs fn(), which returns seconds a turn; microseconds. */
struct turn {
	double	(*fn)(int turns);
	int	turns;
	double	us;
};

static void
turn_main(void *arg)
{
	struct turn *turn = arg;

	turn->us = turn->fn(turn->turns) / turn->turns * 1e6;
}

static double
cost(double (*fn)(int), int turns, int n)
{
	struct turn turn = { .fn = fn, .turns = turns };

	/* The first row's kernel is new. */
	if (!bench_booted())
		devices = 0;
	bench_run(set_devices_main, &n);
	bench_run(turn_main, &turn);
	return (turn.us);
}

/*
 * What threads hand to each other takes as long as the machine lets them
 * wait, now and then: of such turns the median counts.
 */
static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static double
median_sum(double *seconds, int turns)
{
	qsort(seconds, (size_t)turns, sizeof(*seconds), compare);
	return (seconds[turns / 2] * turns);
}

/* --- open and close ----------------------------------------------------------- */

static double
open_close(int turns)
{
	char path[32];
	double t;
	int fd;

	/* The youngest, for what walks over them. */
	snprintf(path, sizeof(path), "/dev/tun%d", devices - 1);
	t = bench_now();
	for (int i = 0; i < turns; i++) {
		check(vs_open(path, O_RDWR, &fd), "open");
		check(vs_close(fd), "close");
	}
	return (bench_now() - t);
}

static double
host_open_close(void)
{
	enum { N = 1000 };
	double t = bench_now();
	int fd;

	for (int i = 0; i < N; i++) {
		if ((fd = open("/dev/null", O_RDWR)) < 0)
			return (-1);
		close(fd);
	}
	return ((bench_now() - t) / N * 1e6);
}

/* --- creation ------------------------------------------------------------------ */

static double
create_ifconfig(int turns)
{
	double t, sum = 0;
	char name[16];

	for (int i = 0; i < turns; i++) {
		strcpy(name, "tun");
		t = bench_now();
		check(vs_if_create(name), "create");
		sum += bench_now() - t;
		check(vs_if_destroy(name), "destroy");
		look();
	}
	return (sum);
}

/* The lowest free unit is the one after the others. */
static double
create_open(int turns)
{
	double t, sum = 0;
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "tun%d", devices);
	for (int i = 0; i < turns; i++) {
		t = bench_now();
		check(vs_open("/dev/tun", O_RDWR, &fd), "open");
		sum += bench_now() - t;
		check(vs_close(fd), "close");
		check(vs_if_destroy(name), "destroy");
		look();
	}
	return (sum);
}

/*
 * Linux makes a tunnel when its name is set: open, set.  How long that took is
 * added; a descriptor, < 0 if it may not.
 */
static int
host_tun(double *sum)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	double t = bench_now();
	int error, fd;

	if ((fd = open("/dev/net/tun", O_RDWR)) < 0)
		return (-1);
	error = ioctl(fd, HOST_TUNSETIFF, &ifr);
	*sum += bench_now() - t;
	if (error == 0)
		return (fd);
	close(fd);
	return (-1);
}

static double
host_create(void)
{
	enum { N = 5 };
	double sum = 0;
	int fd;

	for (int i = 0; i < N; i++) {
		if ((fd = host_tun(&sum)) < 0)
			return (-1);
		close(fd);
	}
	return (sum / N * 1e6);
}

/* --- destruction under a reader ------------------------------------------------ */

static void
reader_main(void *arg)
{
	char buf[64];
	size_t done;
	int error, fd = -1;

	check(vs_open(arg, O_RDWR, &fd), "open");
	if (vs_read(fd, buf, sizeof(buf), &done) != ENXIO)
		check(EINVAL, "read");
	/* The device may have gone. */
	if ((error = vs_close(fd)) != ENXIO)
		check(error, "close");
}

/* Until a thread is in one of its methods; opening takes no time. */
static void
await_reader(const char *name)
{
	struct vs_cdev_info info;
	int seen = 0;

	while (seen < 50) {
		check(vs_cdev_inspect(name, &info), "inspect");
		seen = info.threads > 0 ? seen + 1 : 0;
		sched_yield();
	}
}

static double
destroy_read(int turns)
{
	struct vs_thread *reader;
	char name[16], path[32];
	double t, times[turns];

	for (int i = 0; i < turns; i++) {
		strcpy(name, "tun");
		check(vs_if_create(name), "create");
		snprintf(path, sizeof(path), "/dev/%s", name);
		reader = vs_thread_create(reader_main, path, "reader");
		await_reader(name);
		t = bench_now();
		check(vs_if_destroy(name), "destroy");
		times[i] = bench_now() - t;
		if (vs_thread_join(reader) != NULL)
			check(EFAULT, "reader");
		look();
	}
	return (median_sum(times, turns));
}

/* --- a jail's life --------------------------------------------------------------- */

/* jail -c name=bench vnet command=ls /dev/tun */
static void
jail_main(void *arg)
{
	int jid;

	(void)arg;
	check(vs_jail_setwords("name=bench vnet", VS_JAIL_CREATE |
	    VS_JAIL_ATTACH, &jid, NULL), "jail");
	check(vs_stat("/dev/tun", NULL), "ls");
}

static double
jail_life(int turns)
{
	struct vs_thread *command;
	double t, times[turns];

	for (int i = 0; i < turns; i++) {
		t = bench_now();
		command = vs_thread_create(jail_main, NULL, "ls");
		if (vs_thread_join(command) != NULL)
			check(EFAULT, "jail");
		vs_jail_settle();
		look();
		vs_jail_settle();
		if (vs_jail_count() != 0)
			check(EBUSY, "jail is dying");
		times[i] = bench_now() - t;
	}
	return (median_sum(times, turns));
}

/*
 * The life of a process with a network namespace and a tunnel in that.  Linux
 * dismantles it later, which does not count here.
 */
static double
host_life(void)
{
	double t = bench_now();
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(unshare(CLONE_NEWNET) != 0 || host_tun(&t) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return (-1);
	return ((bench_now() - t) * 1e6);
}

/* --- the rows --------------------------------------------------------------------- */

#define	PAIR(fn, turns)							\
	static double fn##_few(void)					\
	{								\
		return (cost(fn, turns, FEW));				\
	}								\
	static double fn##_many(void)					\
	{								\
		return (cost(fn, turns, MANY));				\
	}

PAIR(open_close, 1000)
PAIR(create_ifconfig, 300)
PAIR(create_open, 300)
PAIR(destroy_read, 50)
PAIR(jail_life, 50)

#define	ROW(nm, pn, kd, tgt, o, p)					\
	{ .area = "cdev", .name = nm, .unit = "us", .peer_name = pn,	\
	  .kind = kd, .target = tgt, .ours = o, .peer = p }
#define	GROWTH(nm, fn)							\
	ROW(nm ", 10,000 devices", "with 10", AT_MOST, 2, fn##_many,	\
	    fn##_few)

const struct bench_row bench_cdev_rows[] = {
	ROW("open+close of a tun", "/dev/null of the host", AT_MOST, 2,
	    open_close_few, host_open_close),
	GROWTH("open+close", open_close),
	ROW("tun create by ifconfig", "/dev/net/tun of Linux", AT_MOST, 1,
	    create_ifconfig_few, host_create),
	GROWTH("by ifconfig", create_ifconfig),
	ROW("tun create by open", "/dev/net/tun of Linux", AT_MOST, 1,
	    create_open_few, host_create),
	GROWTH("by open", create_open),
	ROW("tun destroy, blocked reader", NULL, REPORT_AT_MOST, 1000,
	    destroy_read_few, NULL),
	GROWTH("destroy", destroy_read),
	ROW("jail's life, one cloned tun", "namespace of Linux", AT_MOST, 1,
	    jail_life_few, host_life),
	GROWTH("jail's life", jail_life),
};
const unsigned bench_cdev_nrows =
    sizeof(bench_cdev_rows) / sizeof(bench_cdev_rows[0]);
