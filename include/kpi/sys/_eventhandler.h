/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The structures of <sys/eventhandler.h>.
 */
#ifndef _KPI_SYS__EVENTHANDLER_H_
#define _KPI_SYS__EVENTHANDLER_H_

#include <sys/queue.h>

/*
 * A registered handler.  Locks: (c) constant, (l) the list's el_lock.
 */
struct eventhandler_entry {
	TAILQ_ENTRY(eventhandler_entry) ee_link;	/* (l) */
	int	ee_priority;		/* (l) EHE_DEAD_PRIORITY: removed */
	void	*ee_arg;		/* (c) */
	void	(*ee_func)(void);	/* (c) of the event's type */
};

#define	EHE_DEAD_PRIORITY	(-1)

/* Declares the event `name`; `type` is a function type's pointer. */
#define	EVENTHANDLER_DECLARE(name, type)				\
	typedef type __eventhandler_fn_##name

typedef struct eventhandler_entry	*eventhandler_tag;

#endif /* !_KPI_SYS__EVENTHANDLER_H_ */
