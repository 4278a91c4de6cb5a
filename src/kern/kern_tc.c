/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Clocks, from the host's two.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/time.h>

#include "host.h"

#define	NS_SECOND	1000000000LL

/* host_clock() a second before boot: time since boot is never 0. */
static int64_t boot_clock;

static void
tc_startup(void *arg __unused)
{
	boot_clock = host_clock() - NS_SECOND;
}
SYSINIT(tc, SI_SUB_TUNABLES, SI_ORDER_FIRST, tc_startup, NULL);

static int64_t
uptime_ns(void)
{
	return (host_clock() - boot_clock);
}

static struct timespec
ns_to_timespec(int64_t ns)
{
	return ((struct timespec){ .tv_sec = ns / NS_SECOND,
	    .tv_nsec = ns % NS_SECOND });
}

static struct timeval
ns_to_timeval(int64_t ns)
{
	return ((struct timeval){ .tv_sec = ns / NS_SECOND,
	    .tv_usec = ns % NS_SECOND / 1000 });
}

int
getticks(void)
{
	return ((int)(uptime_ns() / (NS_SECOND / hz)));
}

sbintime_t
sbinuptime(void)
{
	return (nstosbt(uptime_ns()));
}

sbintime_t
getsbinuptime(void)
{
	return (sbinuptime());
}

void
nanouptime(struct timespec *ts)
{
	*ts = ns_to_timespec(uptime_ns());
}

void
getnanouptime(struct timespec *ts)
{
	nanouptime(ts);
}

void
microuptime(struct timeval *tv)
{
	*tv = ns_to_timeval(uptime_ns());
}

void
getmicrouptime(struct timeval *tv)
{
	microuptime(tv);
}

void
nanotime(struct timespec *ts)
{
	*ts = ns_to_timespec(host_walltime());
}

void
getnanotime(struct timespec *ts)
{
	nanotime(ts);
}

void
microtime(struct timeval *tv)
{
	*tv = ns_to_timeval(host_walltime());
}

void
getmicrotime(struct timeval *tv)
{
	microtime(tv);
}

void
getboottime(struct timeval *tv)
{
	*tv = ns_to_timeval(host_walltime() - uptime_ns());
}

time_t
kern_time_second(void)
{
	return (host_walltime() / NS_SECOND);
}

time_t
kern_time_uptime(void)
{
	return (uptime_ns() / NS_SECOND);
}

/* --- limits --------------------------------------------------------------- */

int
ratecheck(struct timeval *lasttime, const struct timeval *mininterval)
{
	struct timeval now, since;

	microuptime(&now);
	timersub(&now, lasttime, &since);
	if (lasttime->tv_sec != 0 && timercmp(&since, mininterval, <))
		return (0);
	*lasttime = now;
	return (1);
}

int
ppsratecheck(struct timeval *lasttime, int *curpps, int maxpps)
{
	struct timeval now;

	microuptime(&now);
	if (lasttime->tv_sec == 0 || now.tv_sec != lasttime->tv_sec) {
		*lasttime = now;
		*curpps = 0;
	}
	++*curpps;
	return (maxpps < 0 || *curpps <= maxpps);
}

/* One more than the length, for the tick that has begun already. */
int
tvtohz(struct timeval *tv)
{
	int64_t n;

	if (tv->tv_sec < 0)
		return (1);
	n = (int64_t)tv->tv_sec * hz + howmany(tv->tv_usec, tick) + 1;
	return (n > INT_MAX ? INT_MAX : (int)n);
}
