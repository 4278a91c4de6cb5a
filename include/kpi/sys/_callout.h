/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The structure of <sys/callout.h>.
 */
#ifndef _KPI_SYS__CALLOUT_H_
#define _KPI_SYS__CALLOUT_H_

#include <sys/queue.h>
#include <sys/types.h>

struct lock_object;

typedef void	callout_func_t(void *);

/*
 * Locks: (c) constant, (k) the callout lock in kern_timeout.c, (l) c_lock if
 * there is one.
 */
struct callout {
	TAILQ_ENTRY(callout) c_link;	/* (k) of what is pending */
	sbintime_t	c_time;		/* (k) when it is due */
	void		*c_arg;		/* (k) */
	callout_func_t	*c_func;	/* (k) */
	struct lock_object *c_lock;	/* (c) taken around the handler */
	short		c_flags;	/* (k) CALLOUT_* */
	short		c_cpu;		/* (k) nominal */
};

#endif /* !_KPI_SYS__CALLOUT_H_ */
