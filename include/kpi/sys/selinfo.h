/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Who waits for a device or file to become ready, poll(2).
 */
#ifndef _KPI_SYS_SELINFO_H_
#define _KPI_SYS_SELINFO_H_

#include <sys/event.h>
#include <sys/queue.h>

struct selfd;
struct thread;

/*
 * One for each thing that can be waited for; zeroed is empty.
 * Locks: (s) the select lock, (k) the list's own lock.
 */
struct selinfo {
	LIST_HEAD(, selfd) si_tdlist;		/* (s) waiting threads */
	struct knlist	si_note;		/* (k) kqueue's */
};

#define	SEL_WAITING(si)		(!LIST_EMPTY(&(si)->si_tdlist))

/*
 * selrecord(): for a poll method that has found nothing: `selector`, the
 * thread that the method was called for, is woken by the next wakeup.  Does
 * nothing if that thread does not wait.
 * selwakeup(): wakes everybody recorded, who then asks again.
 * seldrain(): the same before the selinfo goes; nobody refers to it
 * afterwards.
 * None sleeps; any context but a spin mutex.
 */
void	selrecord(struct thread *selector, struct selinfo *sip);
void	selwakeup(struct selinfo *sip);
void	selwakeuppri(struct selinfo *sip, int pri);
void	seldrain(struct selinfo *sip);

#endif /* !_KPI_SYS_SELINFO_H_ */
