/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Making and freeing counter(9) counters.  They come before malloc types do
 * and go after them, hence straight from the host's heap.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/counter.h>
#include <sys/malloc.h>

#include "host.h"

counter_u64_t
counter_u64_alloc(int flags)
{
	counter_u64_t c;

	c = host_alloc(sizeof(*c));
	if (c != NULL)
		counter_u64_zero(c);
	else if ((flags & M_WAITOK) != 0)
		panic("counter_u64_alloc: the host has no memory");
	return (c);
}

void
counter_u64_free(counter_u64_t c)
{
	host_free(c);
}

void
counter_u64_sysinit(void *arg)
{
	counter_u64_t *cp = arg;

	*cp = counter_u64_alloc(M_WAITOK);
}

void
counter_u64_sysuninit(void *arg)
{
	counter_u64_t *cp = arg;

	counter_u64_free(*cp);
	*cp = NULL;
}
