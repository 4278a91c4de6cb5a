/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Processors, as far as drivers count them.
 */
#ifndef _KPI_SYS_SMP_H_
#define _KPI_SYS_SMP_H_

#include <sys/types.h>

extern int mp_ncpus;
#define	mp_maxid	(mp_ncpus - 1)

/* Every processor there is; none ever leaves. */
#define	CPU_ABSENT(i)	((i) >= mp_ncpus)
#define	CPU_FOREACH(i)	for ((i) = 0; (i) < mp_ncpus; (i)++)
#define	CPU_FIRST()	0
#define	CPU_NEXT(i)	((i) + 1 < mp_ncpus ? (i) + 1 : 0)

#endif /* !_KPI_SYS_SMP_H_ */
