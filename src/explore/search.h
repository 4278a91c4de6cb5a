/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A bounded search: is there a schedule with so many preemptions, or fewer,
 * that fails in the way that is known?
 */
#ifndef _SEARCH_H_
#define _SEARCH_H_

#include "tape.h"

#pragma GCC visibility push(hidden)

enum vx_found {
	VX_FOUND,		/* by the run that has just ended */
	VX_NONE,		/* no such schedule exists */
	VX_GAVE_UP,
};

/*
 * In the session of the failure, which is left as it is but for the runs that
 * were made (f->tried).  `enough` is asked before each.
 */
enum vx_found	vx_search(struct vx_failure *f, unsigned bound,
		    bool (*enough)(void));
/* Around all searches of a session. */
void	vx_search_open(void);
void	vx_search_close(void);

#pragma GCC visibility pop

#endif /* !_SEARCH_H_ */
