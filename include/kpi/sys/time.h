/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Clocks: the host's header, and the kernel's functions beside it.
 *
 * up: time since boot; the others are the time of day.  The get forms are
 * no less precise here.  All may be called in any context.
 */
#ifndef _KPI_SYS_TIME_H_
#define _KPI_SYS_TIME_H_

#include <sys/types.h>
#include_next <sys/time.h>
#include <time.h>

struct bintime {
	time_t		sec;
	uint64_t	frac;
};

sbintime_t	sbinuptime(void);
sbintime_t	getsbinuptime(void);
void	nanouptime(struct timespec *ts);
void	getnanouptime(struct timespec *ts);
void	microuptime(struct timeval *tv);
void	getmicrouptime(struct timeval *tv);
void	nanotime(struct timespec *ts);
void	getnanotime(struct timespec *ts);
void	microtime(struct timeval *tv);
void	getmicrotime(struct timeval *tv);
void	getboottime(struct timeval *tv);

/* Seconds of the day's clock and since boot (at least 1). */
time_t	kern_time_second(void);
time_t	kern_time_uptime(void);
#define	time_second	kern_time_second()
#define	time_uptime	kern_time_uptime()

/* 1 if at least `mininterval` has passed since `*lasttime`, which it sets. */
int	ratecheck(struct timeval *lasttime, const struct timeval *mininterval);
/* 1 up to `maxpps` times a second; a negative maxpps is no limit. */
int	ppsratecheck(struct timeval *lasttime, int *curpps, int maxpps);
/* Ticks until at least that long has passed. */
int	tvtohz(struct timeval *tv);

/* Conversions of 32.32 fixed-point seconds. */
static __inline int64_t
sbttons(sbintime_t sbt)
{
	return ((sbt >> 32) * 1000000000 +
	    (int64_t)(((uint64_t)(uint32_t)sbt * 1000000000) >> 32));
}

static __inline sbintime_t
nstosbt(int64_t ns)
{
	return (((ns / 1000000000) << 32) +
	    (int64_t)(((uint64_t)(ns % 1000000000) << 32) / 1000000000));
}

static __inline int64_t
sbttous(sbintime_t sbt)
{
	return (sbttons(sbt) / 1000);
}

static __inline sbintime_t
ustosbt(int64_t us)
{
	return (nstosbt(us * 1000));
}

static __inline int64_t
sbttoms(sbintime_t sbt)
{
	return (sbttons(sbt) / 1000000);
}

static __inline sbintime_t
mstosbt(int64_t ms)
{
	return (nstosbt(ms * 1000000));
}

static __inline struct timespec
sbttots(sbintime_t sbt)
{
	struct timespec ts;

	ts.tv_sec = sbt >> 32;
	ts.tv_nsec = sbttons((uint32_t)sbt);
	return (ts);
}

static __inline sbintime_t
tstosbt(struct timespec ts)
{
	return (((sbintime_t)ts.tv_sec << 32) + nstosbt(ts.tv_nsec));
}

static __inline struct timeval
sbttotv(sbintime_t sbt)
{
	struct timeval tv;

	tv.tv_sec = sbt >> 32;
	tv.tv_usec = sbttous((uint32_t)sbt);
	return (tv);
}

static __inline sbintime_t
tvtosbt(struct timeval tv)
{
	return (((sbintime_t)tv.tv_sec << 32) + ustosbt(tv.tv_usec));
}

#endif /* !_KPI_SYS_TIME_H_ */
