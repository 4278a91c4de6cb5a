/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Counters that can be waited for, blockcount(9).
 *
 * Raising and lowering may be done in any context.  A waiter's lock protects
 * it against a counter that is raised again; it is released while the thread
 * sleeps.  The counter holds up to 2^31 - 1.
 */
#ifndef _KPI_SYS_BLOCKCOUNT_H_
#define _KPI_SYS_BLOCKCOUNT_H_

#include <sys/types.h>
#include <sys/_blockcount.h>

struct lock_object;

#define	_BLOCKCOUNT_WAITERS_FLAG	(1U << 31)
#define	_BLOCKCOUNT_COUNT(c)		((c) & ~_BLOCKCOUNT_WAITERS_FLAG)
#define	_BLOCKCOUNT_WAITERS(c)		(((c) & _BLOCKCOUNT_WAITERS_FLAG) != 0)

/*
 * blockcount_sleep(): 0 if the count was zero and nobody slept, EAGAIN after a
 * wakeup, with PCATCH in `prio` EINTR or ERESTART.  blockcount_wait() returns
 * when the count is zero.  `lock` is a mutex, rwlock, sx or NULL; it is held
 * again on return, unless `prio` has PDROP.
 */
int	_blockcount_sleep(blockcount_t *bc, struct lock_object *lock,
	    const char *wmesg, int prio);
void	_blockcount_wakeup(blockcount_t *bc, u_int old);

void	blockcount_init(blockcount_t *bc);
void	blockcount_acquire(blockcount_t *bc, u_int n);
void	blockcount_release(blockcount_t *bc, u_int n);
u_int	blockcount_read(blockcount_t *bc);

#define	blockcount_sleep(bc, lock, wmesg, prio)				\
	_blockcount_sleep((bc), (struct lock_object *)(lock), (wmesg), (prio))
#define	blockcount_wait(bc, lock, wmesg, prio) do {			\
} while (_blockcount_sleep((bc), (struct lock_object *)(lock), (wmesg),	\
    (prio)) == EAGAIN)

#endif /* !_KPI_SYS_BLOCKCOUNT_H_ */
