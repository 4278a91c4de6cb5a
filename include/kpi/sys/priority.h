/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Thread priorities.  They are accepted everywhere and influence nothing but
 * the order in which equal waiters are woken.
 */
#ifndef _KPI_SYS_PRIORITY_H_
#define _KPI_SYS_PRIORITY_H_

#define	PRI_MIN			0
#define	PRI_MAX			255
#define	PI_REALTIME		(PRI_MIN + 0)
#define	PI_INTR			(PRI_MIN + 4)
#define	PI_AV			PI_INTR
#define	PI_NET			PI_INTR
#define	PI_DISK			PI_INTR
#define	PI_TTY			PI_INTR
#define	PI_DULL			PI_INTR
#define	PI_SOFT			(PRI_MIN + 8)
#define	PI_SWI(c)		PI_SOFT
#define	PRI_MIN_KERN		48
#define	PSWP			(PRI_MIN_KERN + 0)
#define	PVM			(PRI_MIN_KERN + 1)
#define	PINOD			(PRI_MIN_KERN + 2)
#define	PRIBIO			(PRI_MIN_KERN + 3)
#define	PVFS			(PRI_MIN_KERN + 4)
#define	PZERO			(PRI_MIN_KERN + 5)
#define	PSOCK			(PRI_MIN_KERN + 6)
#define	PWAIT			(PRI_MIN_KERN + 7)
#define	PLOCK			(PRI_MIN_KERN + 8)
#define	PPAUSE			(PRI_MIN_KERN + 9)
#define	PUSER			120

#endif /* !_KPI_SYS_PRIORITY_H_ */
