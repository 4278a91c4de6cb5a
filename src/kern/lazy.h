/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Work that may wait a little, or be done by whoever waits for it.
 */
#ifndef _LAZY_H_
#define _LAZY_H_

#include <sys/types.h>
#include <sys/epoch.h>
#include <vnetsim/point.h>

/* Not when somebody else decides who runs: nothing happens by itself then. */
static inline bool
lazy_allowed(void)
{
	return (__atomic_load_n(&vs_listener, __ATOMIC_RELAXED) == NULL);
}

/*
 * The same as epoch_call() for a callback that only gives memory back: it
 * takes no lock, looks at no vnet, and nobody can tell when or where it runs.
 * A drain may run it in its own thread.  Any context; never sleeps.
 */
void	epoch_reclaim(epoch_t epoch, epoch_callback_t callback,
	    epoch_context_t ctx);
#define	NET_EPOCH_RECLAIM(f, c)	epoch_reclaim(net_epoch_preempt, (f), (c))

#endif /* !_LAZY_H_ */
