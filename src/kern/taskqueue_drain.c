/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Task queues: waiting for tasks, and tasks that wait for their time.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/taskqueue.h>

#include "boot.h"
#include "lazy.h"
#include "taskqueue_var.h"

/* timeout_task.f */
#define	DT_CALLOUT_ARMED	(1 << 0)
#define	DT_DRAIN_IN_PROGRESS	(1 << 1)

/* --- draining ------------------------------------------------------------- */

/*
 * The oldest run in progress that began no later than `seq`, of `task` if
 * that is not NULL.  Waiting for oneself would be for ever.
 */
static struct task_run *
run_find(struct taskqueue *tq, const struct task *task, u_int seq)
{
	struct task_run *tr;

	LIST_FOREACH(tr, &tq->tq_running, tr_link) {
		if (tr->tr_task == NULL || (int)(tr->tr_seq - seq) > 0 ||
		    (task != NULL && tr->tr_task != task))
			continue;
		if (tr->tr_td == curthread)
			panic_outcome(VS_DEADLOCK, "deadlock: thread %s waits "
			    "for task %p of taskqueue %s, which it is running",
			    curthread->td_name, tr->tr_task, tq->tq_name);
		return (tr);
	}
	return (NULL);
}

static void
drain_warn(struct taskqueue *tq, const char *function __witness_used)
{
	if (!tq->tq_spin)
		(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "%s",
		    function);
}

static void
drain_locked(struct taskqueue *tq, struct task *task)
{
	tq_hurry(tq);
	while (run_find(tq, task, tq->tq_seq) != NULL || task->ta_pending != 0)
		tq_sleep(tq, task, "tq_drain");
}

void
taskqueue_drain(struct taskqueue *tq, struct task *task)
{
	drain_warn(tq, __func__);
	VS_POINT(VS_OP_TASK_DRAIN, task);
	tq_lock(tq);
	drain_locked(tq, task);
	tq_unlock(tq);
}

void
tq_drain_here(struct taskqueue *tq, struct task *task)
{
	drain_warn(tq, __func__);
	VS_POINT(VS_OP_TASK_DRAIN, task);
	tq_lock(tq);
	if (task->ta_pending != 0 && !tq->tq_blocked && lazy_allowed() &&
	    run_find(tq, task, tq->tq_seq) == NULL)
		tq_run_task_locked(tq, task);
	drain_locked(tq, task);
	tq_unlock(tq);
}

static void
barrier_run(void *context __unused, int pending __unused)
{
}

/*
 * Waits for what is queued: a barrier goes to the end, and nothing that comes
 * later is put behind it and before what was there.  Returns false if there
 * was nothing.
 */
static bool
drain_queue(struct taskqueue *tq)
{
	struct task barrier;

	if (STAILQ_EMPTY(&tq->tq_queue))
		return (false);
	TASK_INIT(&barrier, UINT8_MAX, barrier_run, NULL);
	STAILQ_INSERT_TAIL(&tq->tq_queue, &barrier, ta_link);
	barrier.ta_pending = 1;
	tq_hurry(tq);
	while (barrier.ta_pending != 0 ||
	    run_find(tq, &barrier, tq->tq_seq) != NULL)
		tq_sleep(tq, &barrier, "tq_qdrain");
	return (true);
}

/* Waits for the runs in progress, but not for what begins meanwhile. */
static bool
drain_running(struct taskqueue *tq)
{
	struct task_run *tr;
	u_int seq = tq->tq_seq;
	bool any = false;

	while ((tr = run_find(tq, NULL, seq)) != NULL) {
		any = true;
		tq_sleep(tq, tr->tr_task, "tq_adrain");
	}
	return (any);
}

void
taskqueue_drain_all(struct taskqueue *tq)
{
	drain_warn(tq, __func__);
	VS_POINT(VS_OP_TASK_DRAIN, tq);
	tq_lock(tq);
	(void)drain_queue(tq);
	(void)drain_running(tq);
	tq_unlock(tq);
}

void
taskqueue_quiesce(struct taskqueue *tq)
{
	bool busy;

	drain_warn(tq, __func__);
	VS_POINT(VS_OP_TASK_DRAIN, tq);
	tq_lock(tq);
	do {
		busy = drain_queue(tq);
		busy |= drain_running(tq);
	} while (busy);
	tq_unlock(tq);
}

/* --- timeout tasks -------------------------------------------------------- */

/* The queue's lock is the callout's: held here, and released by the enqueue. */
static void
timeout_fire(void *arg)
{
	struct timeout_task *tt = arg;
	struct taskqueue *tq = tt->q;

	KASSERT((tt->f & DT_CALLOUT_ARMED) != 0, ("Stray timeout"));
	tt->f &= ~DT_CALLOUT_ARMED;
	if (--tq->tq_callouts == 0)
		wakeup(&tq->tq_callouts);
	(void)tq_enqueue_locked(tq, &tt->t, 0);
}

void
_timeout_task_init(struct taskqueue *tq, struct timeout_task *tt,
    int priority, task_fn_t func, void *context)
{
	TASK_INIT(&tt->t, priority, func, context);
	callout_init_mtx(&tt->c, &tq->tq_mutex, CALLOUT_RETURNUNLOCKED);
	tt->q = tq;
	tt->f = 0;
}

/* With the lock held: counts it as armed, and sets the clock if it may. */
static void
timeout_arm(struct taskqueue *tq, struct timeout_task *tt, sbintime_t sbt,
    sbintime_t pr, int flags)
{
	if ((tt->f & DT_CALLOUT_ARMED) == 0) {
		tt->f |= DT_CALLOUT_ARMED;
		tq->tq_callouts++;
		if (sbt < 0)
			sbt = -sbt;
	}
	if (sbt > 0)
		(void)callout_reset_sbt(&tt->c, sbt, pr, timeout_fire, tt,
		    flags);
}

static void
timeout_disarm(struct taskqueue *tq, struct timeout_task *tt)
{
	if ((tt->f & DT_CALLOUT_ARMED) == 0)
		return;
	tt->f &= ~DT_CALLOUT_ARMED;
	if (--tq->tq_callouts == 0)
		wakeup(&tq->tq_callouts);
}

int
taskqueue_enqueue_timeout_sbt(struct taskqueue *tq, struct timeout_task *tt,
    sbintime_t sbt, sbintime_t pr, int flags)
{
	int pending;

	VS_POINT(VS_OP_TASK_ENQUEUE, &tt->t);
	tq_lock(tq);
	KASSERT(tt->q == tq, ("Migrated queue"));
	pending = tt->t.ta_pending;
	if ((tt->f & DT_DRAIN_IN_PROGRESS) != 0) {
		pending = -1;
	} else if (sbt == 0) {
		(void)tq_enqueue_locked(tq, &tt->t, 0);
		return (pending);
	} else {
		if ((tt->f & DT_CALLOUT_ARMED) != 0)
			pending++;
		timeout_arm(tq, tt, sbt, pr, flags);
	}
	tq_unlock(tq);
	return (pending);
}

int
taskqueue_enqueue_timeout(struct taskqueue *tq, struct timeout_task *tt,
    int timo)
{
	return (taskqueue_enqueue_timeout_sbt(tq, tt, timo * tick_sbt,
	    0, C_HARDCLOCK));
}

int
taskqueue_cancel_timeout(struct taskqueue *tq, struct timeout_task *tt,
    u_int *pendp)
{
	u_int pending, stopped;
	int error;

	VS_POINT(VS_OP_TASK_CANCEL, &tt->t);
	tq_lock(tq);
	stopped = callout_stop(&tt->c) > 0;
	error = tq_cancel_locked(tq, &tt->t, &pending);
	timeout_disarm(tq, tt);
	tq_unlock(tq);
	if (pendp != NULL)
		*pendp = pending + stopped;
	return (error);
}

void
taskqueue_drain_timeout(struct taskqueue *tq, struct timeout_task *tt)
{
	tq_lock(tq);
	KASSERT((tt->f & DT_DRAIN_IN_PROGRESS) == 0,
	    ("Drain already in progress"));
	tt->f |= DT_DRAIN_IN_PROGRESS;
	tq_unlock(tq);
	(void)callout_drain(&tt->c);
	taskqueue_drain(tq, &tt->t);
	tq_lock(tq);
	timeout_disarm(tq, tt);
	tt->f &= ~DT_DRAIN_IN_PROGRESS;
	tq_unlock(tq);
}
