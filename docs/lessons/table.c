/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A table with one entry, and ways to use and to remove it, right and wrong.
 * For lessons 4, 7 and 8: each scenario at the end is one pair of a user and a
 * remover.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>
#include <sys/sx.h>

#include <vnetsim/explore.h>

/* Locks: (c) constant, (a) atomic. */
struct entry {
	int		value;		/* (c) */
	u_int		refs;		/* (a) the table's, and users' */
	struct epoch_context	ctx;	/* for who frees it later */
};

static MALLOC_DEFINE(M_TABLE, "table", "a table with one entry");

static struct mtx table_mtx;
static struct sx table_sx;
static struct entry *table;		/* written with table_mtx or table_sx */
static int sum;				/* what users do something with */

/* --- finding it ---------------------------------------------------------- */

static struct entry *
table_find(void)
{
	return (__atomic_load_n(&table, __ATOMIC_ACQUIRE));
}

/* Takes it out of the table, so that nobody finds it any more. */
static struct entry *
table_take(void)
{
	return (__atomic_exchange_n(&table, NULL, __ATOMIC_ACQ_REL));
}

static void
use(const struct entry *e)
{
	__atomic_fetch_add(&sum, e->value, __ATOMIC_RELAXED);
}

/* --- locks (lesson 4) ---------------------------------------------------- */

static void
use_under_mutex(void *arg __unused)
{
	mtx_lock(&table_mtx);
	if (table_find() != NULL)
		use(table_find());
	mtx_unlock(&table_mtx);
}

static void
remove_under_mutex(void *arg __unused)
{
	struct entry *e;

	mtx_lock(&table_mtx);
	e = table_take();
	mtx_unlock(&table_mtx);
	free(e, M_TABLE);
}

/* Sleeps while it uses the entry: for memory, for a disk, for a user's page. */
static void
sleep_under_mutex(void *arg __unused)
{
	mtx_lock(&table_mtx);
	if (table_find() != NULL) {
		pause("disk", 1);
		use(table_find());
	}
	mtx_unlock(&table_mtx);
}

static void
sleep_under_sx(void *arg __unused)
{
	sx_slock(&table_sx);
	if (table_find() != NULL) {
		pause("disk", 1);
		use(table_find());
	}
	sx_sunlock(&table_sx);
}

static void
remove_under_sx(void *arg __unused)
{
	sx_xlock(&table_sx);
	free(table_take(), M_TABLE);
	sx_xunlock(&table_sx);
}

/* --- epochs (lesson 7) --------------------------------------------------- */

static void
use_in_epoch(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	if ((e = table_find()) != NULL)
		use(e);
	NET_EPOCH_EXIT(et);
}

static void
use_after_epoch(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	e = table_find();
	NET_EPOCH_EXIT(et);
	if (e != NULL)
		use(e);
}

static void
sleep_in_epoch(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	if ((e = table_find()) != NULL) {
		pause("disk", 1);
		use(e);
	}
	NET_EPOCH_EXIT(et);
}

static void
remove_at_once(void *arg __unused)
{
	free(table_take(), M_TABLE);
}

static void
remove_and_wait(void *arg __unused)
{
	struct entry *e = table_take();

	NET_EPOCH_WAIT();
	free(e, M_TABLE);
}

/* A grace period with the mutex held that users in a section may want. */
static void
remove_under_mutex_waiting(void *arg __unused)
{
	struct entry *e;

	mtx_lock(&table_mtx);
	e = table_take();
	NET_EPOCH_WAIT();
	mtx_unlock(&table_mtx);
	free(e, M_TABLE);
}

/* Waits for those who are inside, but not for those who come meanwhile. */
static void
remove_unlinking_late(void *arg __unused)
{
	struct entry *e = table_find();

	NET_EPOCH_WAIT();
	(void)table_take();
	free(e, M_TABLE);
}

static void
add_plainly(const struct entry *e)
{
	sum += e->value;
}

static void
use_adding_plainly(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	if ((e = table_find()) != NULL)
		add_plainly(e);
	NET_EPOCH_EXIT(et);
}

static void
entry_free(struct epoch_context *ctx)
{
	free(__containerof(ctx, struct entry, ctx), M_TABLE);
}

static void
remove_and_call(void *arg __unused)
{
	struct entry *e = table_take();

	if (e != NULL)
		NET_EPOCH_CALL(entry_free, &e->ctx);
}

/* --- references (lesson 8) ----------------------------------------------- */

static void
entry_rele(struct entry *e)
{
	if (refcount_release(&e->refs))
		NET_EPOCH_CALL(entry_free, &e->ctx);
}

/* Found in the section, held beyond it. */
static void
use_with_reference(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	e = table_find();
	if (e != NULL && !refcount_acquire_if_not_zero(&e->refs))
		e = NULL;
	NET_EPOCH_EXIT(et);
	if (e == NULL)
		return;
	pause("disk", 1);
	use(e);
	entry_rele(e);
}

/* Does not ask whether there is a reference left to share. */
static void
use_with_late_reference(void *arg __unused)
{
	struct epoch_tracker et;
	struct entry *e;

	NET_EPOCH_ENTER(et);
	e = table_find();
	if (e != NULL)
		refcount_acquire(&e->refs);
	NET_EPOCH_EXIT(et);
	if (e == NULL)
		return;
	pause("disk", 1);
	use(e);
	entry_rele(e);
}

/* While the mutex is held, the table has a reference of its own. */
static void
use_with_locked_reference(void *arg __unused)
{
	struct entry *e;

	mtx_lock(&table_mtx);
	if ((e = table_find()) != NULL)
		refcount_acquire(&e->refs);
	mtx_unlock(&table_mtx);
	if (e == NULL)
		return;
	pause("disk", 1);
	use(e);
	entry_rele(e);
}

static void
remove_locked_reference(void *arg __unused)
{
	struct entry *e;

	mtx_lock(&table_mtx);
	e = table_take();
	mtx_unlock(&table_mtx);
	if (e != NULL)
		entry_rele(e);
}

static void
remove_reference(void *arg __unused)
{
	struct entry *e = table_take();

	if (e != NULL)
		entry_rele(e);
}

/* --- scenarios ----------------------------------------------------------- */

static void
table_setup(void *arg __unused)
{
	mtx_init(&table_mtx, "table mutex", NULL, MTX_DEF);
	sx_init(&table_sx, "table sx");
	table = malloc(sizeof(*table), M_TABLE, M_WAITOK | M_ZERO);
	table->value = 1;
	refcount_init(&table->refs, 1);
}

static void
table_finally(void *arg __unused)
{
	free(table_take(), M_TABLE);
	NET_EPOCH_DRAIN_CALLBACKS();
	sx_destroy(&table_sx);
	mtx_destroy(&table_mtx);
}

#define	SCENARIO(id, user, remover)					\
	const struct vs_scenario id = {					\
		.name = #id,						\
		.config = { .witness = VS_WITNESS_FATAL },		\
		.setup = table_setup,					\
		.finally = table_finally,				\
		.threads = { { "user", user }, { "remover", remover } }, \
	}

SCENARIO(mutex, use_under_mutex, remove_under_mutex);
SCENARIO(mutex_asleep, sleep_under_mutex, remove_under_mutex);
SCENARIO(sx_asleep, sleep_under_sx, remove_under_sx);
SCENARIO(epoch_asleep, sleep_in_epoch, remove_and_wait);
SCENARIO(wait_under_mutex, use_in_epoch, remove_under_mutex_waiting);
SCENARIO(at_once, use_in_epoch, remove_at_once);
SCENARIO(and_wait, use_in_epoch, remove_and_wait);
SCENARIO(and_call, use_in_epoch, remove_and_call);
SCENARIO(after_epoch, use_after_epoch, remove_and_wait);
SCENARIO(unlink_late, use_in_epoch, remove_unlinking_late);
SCENARIO(plain_sum, use_adding_plainly, use_adding_plainly);
SCENARIO(reference, use_with_reference, remove_reference);
SCENARIO(late_reference, use_with_late_reference, remove_reference);
SCENARIO(locked_reference, use_with_locked_reference, remove_locked_reference);
