/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Small scenarios on the kernel's locks and counts alone.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>

#include "scenarios.h"

static MALLOC_DEFINE(M_SCENARIO, "scenario", "scenarios of vnetsim explore");

/* --- ifnet-3: one object on a list of one -------------------------------- */

struct object {
	u_int	refs;
	int	vnet;
};

static struct mtx list_lock;
static struct object *listed;		/* list_lock */

static struct object *
object_new(void)
{
	struct object *o = malloc(sizeof(*o), M_SCENARIO, M_WAITOK | M_ZERO);

	refcount_init(&o->refs, 1);
	return (o);
}

static void
object_release(struct object *o)
{
	if (refcount_release(&o->refs))
		free(o, M_SCENARIO);
}

/* What is wrong here: the reference is taken after the list was unlocked. */
static struct object *
object_lookup(void)
{
	struct object *o;

	mtx_lock(&list_lock);
	o = listed;
	mtx_unlock(&list_lock);
	if (o != NULL)
		refcount_acquire(&o->refs);
	return (o);
}

static void
object_setup(void *arg __unused)
{
	mtx_init(&list_lock, "scenario list", NULL, MTX_DEF);
	listed = object_new();
}

static void
object_destroyer(void *arg __unused)
{
	struct object *o;

	mtx_lock(&list_lock);
	o = listed;
	listed = NULL;
	mtx_unlock(&list_lock);
	if (o != NULL)
		object_release(o);
}

static void
object_mover(void *arg __unused)
{
	struct object *o = object_lookup();

	if (o == NULL)
		return;
	mtx_lock(&list_lock);
	o->vnet++;
	mtx_unlock(&list_lock);
	object_release(o);
}

static void
object_creator(void *arg __unused)
{
	struct object *o = object_lookup();

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

static void
object_finally(void *arg)
{
	object_destroyer(arg);
	mtx_destroy(&list_lock);
}

const struct vs_scenario scenario_ifnet_3 = {
	.name = "ifnet-3",
	.setup = object_setup,
	.threads = {
		{ "destroyer", object_destroyer },
		{ "mover", object_mover },
		{ "creator", object_creator },
	},
	.finally = object_finally,
};

/* --- dining philosophers ------------------------------------------------- */

#define	SEATS	3

static struct mtx forks[SEATS];

static void
table_setup(void *arg __unused)
{
	for (int i = 0; i < SEATS; i++)
		mtx_init(&forks[i], "fork", NULL, MTX_DEF | MTX_NOWITNESS);
}

static void
dine(int seat)
{
	mtx_lock(&forks[seat]);
	mtx_lock(&forks[(seat + 1) % SEATS]);
	mtx_unlock(&forks[(seat + 1) % SEATS]);
	mtx_unlock(&forks[seat]);
}

static void
first_philosopher(void *arg __unused)
{
	dine(0);
}

static void
second_philosopher(void *arg __unused)
{
	dine(1);
}

static void
third_philosopher(void *arg __unused)
{
	dine(2);
}

static void
table_finally(void *arg __unused)
{
	for (int i = 0; i < SEATS; i++)
		mtx_destroy(&forks[i]);
}

const struct vs_scenario scenario_philosophers = {
	.name = "philosophers",
	.setup = table_setup,
	.threads = {
		{ "first", first_philosopher },
		{ "second", second_philosopher },
		{ "third", third_philosopher },
	},
	.finally = table_finally,
};
