/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel introduces itself to the host.
 */
#include <sys/param.h>
#include <sys/lock.h>

#include <stdio.h>

#include "epoch_var.h"
#include "host.h"
#include "malloc_var.h"
#include "witness.h"

/*
 * A lock may have been freed, or never have been one: nothing is believed.
 */
static size_t
describe_lock(const void *object, char *buf, size_t size)
{
	const struct lock_object *lock = object;
	const struct lock_class *class;

	/* A lock in what a null pointer leads to is about to fault. */
	if ((uintptr_t)object < PAGE_SIZE)
		return ((size_t)snprintf(buf, size, "lock %p", object));
	class = LOCK_CLASS(lock);
	if (lock->lo_name == NULL || class == NULL)
		return ((size_t)snprintf(buf, size, "lock %p", object));
	return ((size_t)snprintf(buf, size, "%s \"%s\"", class->lc_name,
	    lock->lo_name));
}

static const char *
name_of_epoch(const void *epoch)
{
	return (epoch_name((epoch_t)(uintptr_t)epoch));
}

static void (*tell_order)(const struct vs_story_order *);

static void
tell_edge(const struct witness_edge_info *we, void *arg __unused)
{
	const struct vs_story_order order = {
		.from = we->from, .from_class = we->from_class,
		.to = we->to, .to_class = we->to_class,
		.place = we->place, .thread = we->thread,
		.reversal = we->reversal,
	};

	tell_order(&order);
}

static void
lock_orders(void (*tell)(const struct vs_story_order *))
{
	tell_order = tell;
	witness_graph_foreach(tell_edge, NULL);
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
	.epoch_name = name_of_epoch,
	.block_type = malloc_block_type,
	.lock_orders = lock_orders,
};

static void __attribute__((constructor))
introduce(void)
{
	host_kernel = &kernel;
}
