/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A user's module with scenarios, for explore.sh.  RACE_CHANGED is the same
 * after an edit; RACE_SLEEPY waits with the host's means.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <machine/atomic.h>

#include <vnetsim/explore.h>
#include <vnetsim/scenario.h>

static struct mtx lock;
static int stage;

static void
race_setup(void *arg __unused)
{
	mtx_init(&lock, "race", NULL, MTX_DEF);
	stage = 0;
}

static void
race_finally(void *arg __unused)
{
	mtx_destroy(&lock);
}

static void
writer(void *arg __unused)
{
#ifdef RACE_CHANGED
	mtx_lock(&lock);
	mtx_unlock(&lock);
#endif
	mtx_lock(&lock);
	stage = 1;
	mtx_unlock(&lock);
	mtx_lock(&lock);
	stage = 2;
	mtx_unlock(&lock);
}

static void
reader(void *arg __unused)
{
	mtx_lock(&lock);
	if (stage == 1)
		panic("mine");
	mtx_unlock(&lock);
}

const struct vs_scenario race = {
	.name = "race", .setup = race_setup, .finally = race_finally,
	.threads = { { "writer", writer }, { "reader", reader } },
};

const struct vs_scenario empty = { .name = NULL };

#ifdef RACE_SLEEPY
int	usleep(unsigned);

static void
sleeper(void *arg __unused)
{
	(void)usleep(1);
}

const struct vs_scenario sleepy = {
	.name = "sleepy", .threads = { { "sleeper", sleeper } },
};
#endif

/* Three threads take two turns each: 6! / 2!^3 = 90 orders. */
static void
taker(void *arg __unused)
{
	for (int i = 0; i < 2; i++) {
		mtx_lock(&lock);
		mtx_unlock(&lock);
	}
}

static void
yielder(void *arg __unused)
{
	while (atomic_load_int(&stage) == 0)
		kern_yield(0);
}

static void
releaser(void *arg __unused)
{
	mtx_lock(&lock);
	atomic_store_int(&stage, 1);
	mtx_unlock(&lock);
}

const struct vs_scenario loop = {
	.name = "loop", .setup = race_setup,
	.threads = { { "yielder", yielder }, { "releaser", releaser } },
	.no_shutdown = true, .no_exit = true,
};

const struct vs_scenario turns = {
	.name = "turns", .setup = race_setup,
	.threads = { { "a", taker }, { "b", taker }, { "c", taker } },
	.no_shutdown = true, .no_exit = true,
};

static int
refuse(void)
{
	return (EBUSY);
}

const struct vs_hook vs_hooks[] = {
	{ "refuse", refuse },
	{ NULL, NULL }
};
