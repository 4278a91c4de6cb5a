/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel introduces itself to the host.
 */
#include <sys/param.h>
#include <sys/lock.h>

#include <stdio.h>

#include "host.h"

/*
 * A lock may have been freed, or never have been one: nothing is believed.
 */
static size_t
describe_lock(const void *object, char *buf, size_t size)
{
	const struct lock_object *lock = object;
	const struct lock_class *class = LOCK_CLASS(lock);

	if (lock->lo_name == NULL || class == NULL)
		return ((size_t)snprintf(buf, size, "lock %p", object));
	return ((size_t)snprintf(buf, size, "%s \"%s\"", class->lc_name,
	    lock->lo_name));
}

static const struct host_kernel kernel = {
#ifdef VS_INSTRUMENTED
	.name = "instrumented",
#elif defined(INVARIANTS)
	.name = "debug",
#else
	.name = "plain",
#endif
	.boot = vs_boot,
	.shutdown = vs_shutdown,
	.run = vs_run,
	.thread_create = vs_thread_create,
	.thread_join = vs_thread_join,
	.describe_lock = describe_lock,
};

static void __attribute__((constructor))
introduce(void)
{
	host_kernel = &kernel;
}
