/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Deferred calls, epoch_call(9).
 *
 * Callbacks are queued a list an epoch, in order, and run by a thread of the
 * epoch, which is started by the first of them.
 *
 * Those that only give memory back have a list of their own.  Nobody can tell
 * which thread runs them, or whether that is a millisecond later; so the
 * thread is not woken for each, and a drain that finds nothing else to wait
 * for runs them itself.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <net/vnet.h>

#include "boot.h"
#include "bugs.h"
#include "epoch_var.h"
#include "host.h"
#include "lazy.h"
#include "waitq.h"

#define	SOON	1000000			/* nanoseconds */

static int64_t	epoch_run(void *arg);

void
epoch_calls_init(epoch_t epoch)
{
	sx_init(&epoch->e_drain_sx, "epoch-drain-sx");
	STAILQ_INIT(&epoch->e_pending);
	STAILQ_INIT(&epoch->e_reclaim);
	STAILQ_INIT(&epoch->e_ready);
	service_init(&epoch->e_service, "softirq", epoch_run, epoch);
}

static bool
nothing_queued(epoch_t epoch)
{
	bool empty;

	mtx_lock_spin(&epoch->e_mtx);
	empty = STAILQ_EMPTY(&epoch->e_pending) &&
	    STAILQ_EMPTY(&epoch->e_reclaim);
	mtx_unlock_spin(&epoch->e_mtx);
	return (empty);
}

void
epoch_calls_end(epoch_t epoch)
{
	/* A callback may defer the next. */
	do {
		epoch_drain_callbacks(epoch);
	} while (!nothing_queued(epoch));
	service_stop(&epoch->e_service);
	sx_destroy(&epoch->e_drain_sx);
}

/* --- queueing ------------------------------------------------------------- */

static void
check_twice(const struct deferredq *queue, const struct deferred *d)
{
	const struct deferred *other;

	STAILQ_FOREACH(other, queue, d_link)
		if (other == d)
			panic("epoch_call: context %p is queued already", d);
}

/* Returns whether the thread has to be woken for it. */
static bool
deferred_queue(epoch_t epoch, struct deferredq *queue,
    epoch_callback_t callback, struct deferred *d)
{
	bool soon;

	VS_POINT(VS_OP_EPOCH_CALL, epoch);
	mtx_lock_spin(&epoch->e_mtx);
	if (vs_strict) {
		check_twice(&epoch->e_pending, d);
		check_twice(&epoch->e_reclaim, d);
		check_twice(&epoch->e_ready, d);
	}
	d->d_callback = callback;
	STAILQ_INSERT_TAIL(queue, d, d_link);
	soon = epoch->e_soon;
	epoch->e_lately = true;
	mtx_unlock_spin(&epoch->e_mtx);
	return (!soon);
}

void
epoch_call(epoch_t epoch, epoch_callback_t callback, epoch_context_t ctx)
{
	MPASS(callback != NULL);
	if (__predict_false(epoch == NULL)) {
		/* Nobody can be inside before there are epochs. */
		callback(ctx);
		return;
	}
	(void)deferred_queue(epoch, &epoch->e_pending, callback,
	    (struct deferred *)ctx);
	service_wake(&epoch->e_service);
}

void
epoch_reclaim(epoch_t epoch, epoch_callback_t callback, epoch_context_t ctx)
{
	if (__predict_false(epoch == NULL)) {
		callback(ctx);
		return;
	}
	/* Under a scheduler nothing happens by itself. */
	if (deferred_queue(epoch, &epoch->e_reclaim, callback,
	    (struct deferred *)ctx) || !lazy_allowed())
		service_wake(&epoch->e_service);
}

/* --- running -------------------------------------------------------------- */

static void
deferred_run(epoch_t epoch, struct deferred *d)
{
	VS_POINT(VS_OP_EPOCH_CALLBACK, epoch);
	d->d_callback((epoch_context_t)d);
}

static struct deferred *
ready_pop(epoch_t epoch)
{
	struct deferred *d;

	mtx_lock_spin(&epoch->e_mtx);
	if ((d = STAILQ_FIRST(&epoch->e_ready)) != NULL)
		STAILQ_REMOVE_HEAD(&epoch->e_ready, d_link);
	else
		epoch->e_busy = false;
	mtx_unlock_spin(&epoch->e_mtx);
	return (d);
}

/*
 * epoch-marker-overtakes: callbacks of different age that are released
 * together do not run oldest first, so a drain's marker may come before what
 * the drain is for.
 */
static void
ready_misorder(epoch_t epoch)
{
	struct deferred *marker = (struct deferred *)&epoch->e_marker, *d;

	STAILQ_FOREACH(d, &epoch->e_ready, d_link)
		if (d == marker)
			break;
	if (d == NULL)
		return;
	STAILQ_REMOVE(&epoch->e_ready, marker, deferred, d_link);
	STAILQ_INSERT_HEAD(&epoch->e_ready, marker, d_link);
}

/*
 * The epoch's thread: one grace period for all that is queued.  It comes back
 * by itself until nothing was queued between.
 */
static int64_t
epoch_run(void *arg)
{
	epoch_t epoch = arg;
	struct deferred *d;
	bool soon;

	mtx_lock_spin(&epoch->e_mtx);
	/* The marker of a drain is in the second list. */
	STAILQ_CONCAT(&epoch->e_ready, &epoch->e_reclaim);
	STAILQ_CONCAT(&epoch->e_ready, &epoch->e_pending);
	if (BUG(EPOCH_MARKER_OVERTAKES))
		ready_misorder(epoch);
	epoch->e_busy = !STAILQ_EMPTY(&epoch->e_ready);
	soon = epoch->e_soon = epoch->e_lately;
	epoch->e_lately = false;
	mtx_unlock_spin(&epoch->e_mtx);
	if (epoch->e_busy)
		epoch_grace(epoch);
	while (epoch->e_busy && (d = ready_pop(epoch)) != NULL)
		deferred_run(epoch, d);
	return (soon ? host_clock() + SOON : SERVICE_IDLE);
}

/* --- draining ------------------------------------------------------------- */

/* The marker of a drain: everything before it has run. */
static void
epoch_drain_done(epoch_context_t ctx)
{
	epoch_t epoch = __containerof(ctx, struct epoch, e_marker);

	waitq_lock(&epoch->e_drained);
	epoch->e_drained = true;
	(void)waitq_wake_all(&epoch->e_drained, WAITQ_EXCLUSIVE);
	waitq_unlock(&epoch->e_drained);
}

/*
 * The callbacks may need what the caller holds: saying whom it waits for lets
 * such a deadlock be found.
 */
static void
epoch_drain_sleep(epoch_t epoch)
{
	struct waitq_how how = {
		.kind = WAITQ_SX,
		.lock = &epoch->e_drain_sx.lock_object,
		.owner = service_thread(&epoch->e_service),
		.wmesg = "EDRAIN",
		.deadline = WAITQ_FOREVER
	};

	waitq_lock(&epoch->e_drained);
	if (epoch->e_drained) {
		waitq_unlock(&epoch->e_drained);
		return;
	}
	waitq_add(&epoch->e_drained, WAITQ_EXCLUSIVE, &how);
	waitq_unlock(&epoch->e_drained);
	(void)waitq_wait(&how);
}

/* Sends the marker after what is queued. */
static void
epoch_drain_there(epoch_t epoch)
{
	epoch->e_drained = false;
	epoch_call(epoch, epoch_drain_done, &epoch->e_marker);
	epoch_drain_sleep(epoch);
}

/*
 * Frees what is to be freed.  False if there is something that is not the
 * caller's to run, or that the epoch's thread has in its hands.
 */
static bool
epoch_drain_here(epoch_t epoch)
{
	struct deferredq queue = STAILQ_HEAD_INITIALIZER(queue);
	struct vnet *vnet;
	struct deferred *d;
	bool mine;

	if (!lazy_allowed() || in_epoch(epoch) || BUG(EPOCH_MARKER_OVERTAKES))
		return (false);
	mtx_lock_spin(&epoch->e_mtx);
	mine = STAILQ_EMPTY(&epoch->e_pending) && !epoch->e_busy;
	if (mine)
		STAILQ_CONCAT(&queue, &epoch->e_reclaim);
	mtx_unlock_spin(&epoch->e_mtx);
	if (!mine)
		return (false);
	epoch_grace(epoch);
	vnet = curvnet;
	curvnet = NULL;
	while ((d = STAILQ_FIRST(&queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue, d_link);
		deferred_run(epoch, d);
	}
	curvnet = vnet;
	return (true);
}

void
epoch_drain_callbacks(epoch_t epoch)
{
	(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL,
	    "epoch_drain_callbacks() may sleep!");
	VS_POINT(VS_OP_EPOCH_DRAIN, epoch);
	DROP_GIANT();
	sx_xlock(&epoch->e_drain_sx);
	if (!epoch_drain_here(epoch))
		epoch_drain_there(epoch);
	sx_xunlock(&epoch->e_drain_sx);
	PICKUP_GIANT();
}
