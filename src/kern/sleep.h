/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What sleep(9), condvar(9) and blockcount(9) have in common: giving up an
 * interlock, waiting, and taking it again.
 */
#ifndef _SLEEP_H_
#define _SLEEP_H_

#include "waitq.h"

/*
 * Queues curthread on the channel, whose chain is locked on entry and not on
 * return, releases `lock` (NULL for none; any class, held unrecursed) and all
 * of Giant, and waits.  Takes both back afterwards, `lock` only if `relock`.
 * 0, EWOULDBLOCK, EINTR or ERESTART.  how->lock and `wmesg` must be set; no
 * WITNESS check is made.
 */
int	sleep_queued(const volatile void *chan, struct waitq_how *how,
	    struct lock_object *lock, bool relock);

/* A timeout of sleep(9) as a point on host_clock(); 0 is for ever. */
int64_t	sleep_deadline(sbintime_t sbt, int flags);

/*
 * With the chain locked: may a waker of this family (`condvar` or not) touch
 * the channel?  If not, unlocks the chain and panics for `func`.  INVARIANTS.
 */
void	sleep_check_kind(const volatile void *chan, bool condvar,
	    const char *func);

#endif /* !_SLEEP_H_ */
