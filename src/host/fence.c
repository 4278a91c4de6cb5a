/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The asymmetric fence.
 *
 * membarrier(2) makes every running thread of the process execute a full
 * barrier; those that do not run pass one when they are switched in.  So the
 * side that runs often needs nothing but a compiler barrier.
 *
 * ThreadSanitizer knows nothing of membarrier, and whatever is ordered by it
 * is ordered by atomics as well; there both sides pay for a real fence.
 */
#include "control.h"

bool host_fence_cheap;

#if defined(__linux__) && !HOST_TSAN

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static void __attribute__((constructor))
fence_init(void)
{
	host_fence_cheap = syscall(SYS_membarrier,
	    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void
host_fence_heavy(void)
{
	if (host_controlled())
		return;
	if (host_fence_cheap && syscall(SYS_membarrier,
	    MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
		host_fatal("membarrier: refused after registration");
	host_fence_full();
}

#else

void
host_fence_heavy(void)
{
	host_fence_full();
}

#endif
