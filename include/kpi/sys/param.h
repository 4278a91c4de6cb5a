/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The parameter header: version, sizes, and the headers that FreeBSD's own
 * brings along (errno, types, byte order, time, signals, priorities).
 */
#ifndef _KPI_SYS_PARAM_H_
#define _KPI_SYS_PARAM_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/errno.h>
#include <sys/priority.h>
#include_next <sys/param.h>

#include <arpa/inet.h>
#include <endian.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

/* 15.1-STABLE of August 2026; drivers test it. */
#undef __FreeBSD_version
#define	__FreeBSD_version	1501502

#undef MAXHOSTNAMELEN
#define	MAXHOSTNAMELEN	256
#undef MAXCOMLEN
#define	MAXCOMLEN	19
#define	SPECNAMELEN	255
#ifndef MAXCPU
#define	MAXCPU		64
#endif
#ifndef CACHE_LINE_SIZE
#define	CACHE_LINE_SIZE	64
#endif
#undef PAGE_SIZE
#define	PAGE_SIZE	4096
#undef PAGE_SHIFT
#define	PAGE_SHIFT	12
#define	PAGE_MASK	(PAGE_SIZE - 1)

/* msleep(9) flags, or-ed into the priority. */
#define	PRIMASK		0x0ff
#define	PCATCH		0x100
#define	PDROP		0x200
#define	PNOLOCK		0x400

#ifndef nitems
#define	nitems(x)	(sizeof((x)) / sizeof((x)[0]))
#endif
#ifndef MIN
#define	MIN(a, b)	(((a) < (b)) ? (a) : (b))
#endif
#ifndef MAX
#define	MAX(a, b)	(((a) > (b)) ? (a) : (b))
#endif
#ifndef howmany
#define	howmany(x, y)	(((x) + ((y) - 1)) / (y))
#endif
#ifndef rounddown
#define	rounddown(x, y)	(((x) / (y)) * (y))
#endif
#ifndef roundup
#define	roundup(x, y)	((((x) + ((y) - 1)) / (y)) * (y))
#endif
#ifndef rounddown2
#define	rounddown2(x, y)	((x) & ~((y) - 1))
#endif
#ifndef roundup2
#define	roundup2(x, y)	(((x) + ((y) - 1)) & (~((y) - 1)))
#endif
#ifndef powerof2
#define	powerof2(x)	((((x) - 1) & (x)) == 0)
#endif

#endif /* !_KPI_SYS_PARAM_H_ */
