/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ifnet-3 as a small module of plain C: one object on a list of one, with a
 * lock and a reference count.  A thread takes it off and lets go; one looks it
 * up and changes it; one looks it up, or makes it.  Nothing is wrong with it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>

#include "probe.h"

static MALLOC_DEFINE(M_OBJECT, "object", "objects of ifnet-3");

struct object {
	u_int	refs;
	int	vnet;			/* list_lock */
};

static struct mtx list_lock;
static struct object *listed;		/* list_lock */

static struct object *
object_new(void)
{
	struct object *o = malloc(sizeof(*o), M_OBJECT, M_WAITOK | M_ZERO);

	refcount_init(&o->refs, 1);
	return (o);
}

static void
object_release(struct object *o)
{
	if (refcount_release(&o->refs))
		free(o, M_OBJECT);
}

static struct object *
object_lookup(void)
{
	struct object *o;

	mtx_lock(&list_lock);
	o = listed;
	if (o != NULL)
		refcount_acquire(&o->refs);
	mtx_unlock(&list_lock);
	return (o);
}

static void
setup(void *arg __unused)
{
	mtx_init(&list_lock, "list", NULL, MTX_DEF);
	listed = object_new();
}

static void
destroyer(void *arg __unused)
{
	struct object *o;

	vs_scenario_begin();
	mtx_lock(&list_lock);
	o = listed;
	listed = NULL;
	mtx_unlock(&list_lock);
	if (o != NULL)
		object_release(o);
}

static void
mover(void *arg __unused)
{
	struct object *o;

	vs_scenario_begin();
	o = object_lookup();
	if (o == NULL)
		return;
	mtx_lock(&list_lock);
	o->vnet++;
	mtx_unlock(&list_lock);
	object_release(o);
}

static void
creator(void *arg __unused)
{
	struct object *o;

	vs_scenario_begin();
	o = object_lookup();
	if (o != NULL) {
		object_release(o);
		return;
	}
	o = object_new();
	mtx_lock(&list_lock);
	if (listed == NULL) {
		listed = o;
		o = NULL;
	}
	mtx_unlock(&list_lock);
	if (o != NULL)
		object_release(o);
}

const struct vs_scenario probe_ifnet3 = {
	.name = "ifnet-3",
	.setup = setup,
	.threads = {
		{ "destroyer", destroyer },
		{ "mover", mover },
		{ "creator", creator },
	},
	/* Nothing of what the kernel does for processes. */
	.prepares = true,
	.no_exit = true,
	.no_shutdown = true,
};
