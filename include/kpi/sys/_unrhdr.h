/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Unit number allocators, see unr(9) in <sys/systm.h>.
 */
#ifndef _KPI_SYS__UNRHDR_H_
#define _KPI_SYS__UNRHDR_H_

#include <sys/queue.h>
#include <sys/types.h>

struct mtx;
struct unr;

/*
 * Allocated are the `first` lowest numbers and what `head` lists.
 * Lock: (m) mtx, (c) constant.  Numbers are relative to `low`.
 */
struct unrhdr {
	TAILQ_HEAD(unrhd, unr) head;	/* (m) allocated ones above first */
	TAILQ_HEAD(, unr) ppfree;	/* (m) to be freed without the mutex */
	u_int		low;		/* (c) */
	u_int		high;		/* (c) */
	u_int		busy;		/* (m) allocated numbers */
	u_int		first;		/* (m) lowest free number */
	struct mtx	*mtx;		/* (c) NULL: none */
};

#endif /* !_KPI_SYS__UNRHDR_H_ */
