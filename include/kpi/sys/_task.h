/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The structure of a task, see <sys/taskqueue.h>.
 */
#ifndef _KPI_SYS__TASK_H_
#define _KPI_SYS__TASK_H_

#include <sys/queue.h>
#include <sys/types.h>

typedef void	task_fn_t(void *context, int pending);

/*
 * Locks: (c) constant, (q) the lock of the queue it is on.
 */
struct task {
	STAILQ_ENTRY(task) ta_link;	/* (q) */
	uint16_t	ta_pending;	/* (q) times enqueued since it ran */
	uint8_t		ta_priority;	/* (c) higher runs first */
	uint8_t		ta_flags;	/* (c) TASK_* and (q) internal */
	task_fn_t	*ta_func;	/* (c) */
	void		*ta_context;	/* (c) */
};

#define	TASK_ENQUEUED	0x1
#define	TASK_NOENQUEUE	0x2
#define	TASK_NETWORK	0x4		/* runs inside the net epoch */

#define	TASK_IS_NET(ta)	((ta)->ta_flags & TASK_NETWORK)

#endif /* !_KPI_SYS__TASK_H_ */
