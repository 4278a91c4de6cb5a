/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel's small C library: the host's string functions (with libbsd's
 * strlcpy and its like), minima and maxima, random numbers.
 */
#ifndef _KPI_SYS_LIBKERN_H_
#define _KPI_SYS_LIBKERN_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/kpi_libc.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* imax(a, b) and so on: the smaller and the larger of two, by type. */
#define	__KPI_MINMAX(type, minname, maxname)				\
static inline type							\
minname(type a, type b)							\
{									\
									\
	return (a < b ? a : b);						\
}									\
static inline type							\
maxname(type a, type b)							\
{									\
									\
	return (a > b ? a : b);						\
}									\
struct __hack

__KPI_MINMAX(u_int, min, max);
__KPI_MINMAX(int, imin, imax);
__KPI_MINMAX(long, lmin, lmax);
__KPI_MINMAX(u_long, ulmin, ulmax);
__KPI_MINMAX(off_t, omin, omax);
__KPI_MINMAX(int64_t, qmin, qmax);

/*
 * arc4random(9).  Kernel code draws from the boot's seed, so that a run can
 * be repeated; a program's own calls are the host's.  Any context.
 */
uint32_t	kern_arc4random(void);
uint32_t	kern_arc4random_uniform(uint32_t bound);
void	kern_arc4random_buf(void *buf, size_t len);
/* The same under an older name; `reseed` is ignored. */
void	arc4rand(void *buf, u_int len, int reseed);

#if defined(KLD_NAME) && !defined(KLD_PROGRAM)
#undef arc4random
#define	arc4random()			kern_arc4random()
#undef arc4random_uniform
#define	arc4random_uniform(bound)	kern_arc4random_uniform(bound)
#undef arc4random_buf
#define	arc4random_buf(buf, len)	kern_arc4random_buf((buf), (len))
#endif

#endif /* !_KPI_SYS_LIBKERN_H_ */
