/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Who is told by a signal that a file is ready: FIOSETOWN.
 */
#ifndef _KPI_SYS_SIGIO_H_
#define _KPI_SYS_SIGIO_H_

#include <sys/types.h>
#include <sys/queue.h>

struct proc;

/*
 * Ends with the file or with the process, whichever ends first.
 * Locks: (c) constant, (s) the sigio lock.
 */
struct sigio {
	struct proc	*sio_proc;		/* (c) */
	pid_t		sio_pgid;		/* (c) as it was given */
	struct sigio	**sio_myref;		/* (c) the pointer to this */
	SLIST_ENTRY(sigio) sio_pgsigio;		/* (s) p_sigiolst */
};

SLIST_HEAD(sigiolst, sigio);

/*
 * Makes process `pgid` the owner, in place of the one before; 0: nobody.
 * ESRCH without such a process; there are no process groups, so also for a
 * negative number.  Sleeps.
 */
int	fsetown(pid_t pgid, struct sigio **sigiop);
/* Nobody's any more. */
void	funsetown(struct sigio **sigiop);
/* An exiting process owns nothing. */
void	funsetownlst(struct sigiolst *sigiolst);
/* The number that was given, 0 if there is none. */
pid_t	fgetown(struct sigio **sigiop);

#endif /* !_KPI_SYS_SIGIO_H_ */
