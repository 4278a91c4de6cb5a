/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Entropy.  The kernel's numbers come from the seed of the run, so what
 * drivers collect is not used.
 */
#ifndef _KPI_SYS_RANDOM_H_
#define _KPI_SYS_RANDOM_H_

#include <sys/types.h>
#include_next <sys/random.h>

enum random_entropy_source {
	RANDOM_NET_TUN = 7,
	RANDOM_NET_ETHER = 8,
	RANDOM_NET_NG = 9,
};

static inline void
random_harvest_queue(const void *entropy __unused, u_int size __unused,
    enum random_entropy_source origin __unused)
{
}

#endif /* !_KPI_SYS_RANDOM_H_ */
