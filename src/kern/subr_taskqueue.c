/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Task queues, taskqueue(9).
 *
 * A task is taken off the queue before it runs, so it can be queued again,
 * freed, or run by a second thread meanwhile; what a drain waits for is found
 * in the list of runs in progress.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/taskqueue.h>

#include <stdio.h>

#include "boot.h"
#include "lazy.h"
#include "service.h"
#include "taskqueue_var.h"

MALLOC_DEFINE(M_TASKQUEUE, "taskqueue", "Task Queues");

static void	tq_start_threads(struct taskqueue *);

/* --- locking -------------------------------------------------------------- */

void
tq_lock(struct taskqueue *tq)
{
	if (tq->tq_spin)
		mtx_lock_spin(&tq->tq_mutex);
	else
		mtx_lock(&tq->tq_mutex);
}

void
tq_unlock(struct taskqueue *tq)
{
	if (tq->tq_spin)
		mtx_unlock_spin(&tq->tq_mutex);
	else
		mtx_unlock(&tq->tq_mutex);
}

static void
tq_sleep_ticks(struct taskqueue *tq, const void *chan, const char *wmesg,
    int timo)
{
	if (tq->tq_spin)
		(void)msleep_spin(chan, &tq->tq_mutex, wmesg, timo);
	else
		(void)msleep(chan, &tq->tq_mutex, 0, wmesg, timo);
}

void
tq_sleep(struct taskqueue *tq, const void *chan, const char *wmesg)
{
	tq_sleep_ticks(tq, chan, wmesg, 0);
}

static void
tq_assert(struct taskqueue *tq __diagused)
{
	mtx_assert(&tq->tq_mutex, MA_OWNED);
}

/* --- queues --------------------------------------------------------------- */

static struct taskqueue *
taskqueue_make(const char *name, int mflags, taskqueue_enqueue_fn enqueue,
    void *context, bool spin)
{
	struct taskqueue *tq;

	tq = malloc(sizeof(*tq), M_TASKQUEUE, mflags | M_ZERO);
	if (tq == NULL)
		return (NULL);
	snprintf(tq->tq_name, sizeof(tq->tq_name), "%s",
	    name != NULL ? name : "taskqueue");
	STAILQ_INIT(&tq->tq_queue);
	LIST_INIT(&tq->tq_running);
	tq->tq_enqueue = enqueue;
	tq->tq_context = context;
	tq->tq_spin = spin;
	tq->tq_active = true;
	mtx_init(&tq->tq_mutex, tq->tq_name, NULL, spin ? MTX_SPIN : MTX_DEF);
	return (tq);
}

struct taskqueue *
taskqueue_create(const char *name, int mflags, taskqueue_enqueue_fn enqueue,
    void *context)
{
	return (taskqueue_make(name, mflags, enqueue, context, false));
}

struct taskqueue *
taskqueue_create_fast(const char *name, int mflags,
    taskqueue_enqueue_fn enqueue, void *context)
{
	return (taskqueue_make(name, mflags, enqueue, context, true));
}

void
taskqueue_set_callback(struct taskqueue *tq,
    enum taskqueue_callback_type type, taskqueue_callback_fn callback,
    void *context)
{
	KASSERT(type >= TASKQUEUE_CALLBACK_TYPE_MIN &&
	    type <= TASKQUEUE_CALLBACK_TYPE_MAX,
	    ("Callback type %d not valid, must be %d-%d", type,
	    TASKQUEUE_CALLBACK_TYPE_MIN, TASKQUEUE_CALLBACK_TYPE_MAX));
	KASSERT(tq->tq_callbacks[type] == NULL,
	    ("Re-initialization of taskqueue callback?"));
	tq->tq_callbacks[type] = callback;
	tq->tq_cb_contexts[type] = context;
}

/*
 * The threads run what is queued, timeout tasks that are armed included,
 * before they go.  A queue without threads loses its tasks.
 */
void
taskqueue_free(struct taskqueue *tq)
{
	tq_lock(tq);
	while (tq->tq_callouts > 0)
		tq_sleep(tq, &tq->tq_callouts, "tq_destroy");
	/* A queue that was blocked from the start. */
	if (!STAILQ_EMPTY(&tq->tq_queue) && !tq->tq_started)
		tq_start_threads(tq);
	tq->tq_active = false;
	wakeup(tq);
	tq_unlock(tq);
	for (int i = 0; tq->tq_started && i < tq->tq_nthreads; i++)
		kernel_thread_join(&tq->tq_threads[i]);
	KASSERT(LIST_EMPTY(&tq->tq_running), ("Tasks still running?"));
	KASSERT(tq->tq_callouts == 0, ("Armed timeout tasks"));
	mtx_destroy(&tq->tq_mutex);
	free(tq->tq_threads, M_TASKQUEUE);
	free(tq, M_TASKQUEUE);
}

/* --- putting in and taking out -------------------------------------------- */

/* By priority; after those that have the same. */
static void
queue_insert(struct taskqueue *tq, struct task *task)
{
	struct task *other, *before;

	/* Nearly always. */
	before = STAILQ_LAST(&tq->tq_queue, task, ta_link);
	if (before == NULL || before->ta_priority >= task->ta_priority) {
		STAILQ_INSERT_TAIL(&tq->tq_queue, task, ta_link);
		return;
	}
	before = NULL;
	STAILQ_FOREACH(other, &tq->tq_queue, ta_link) {
		if (other->ta_priority < task->ta_priority)
			break;
		before = other;
	}
	if (before != NULL)
		STAILQ_INSERT_AFTER(&tq->tq_queue, before, task, ta_link);
	else
		STAILQ_INSERT_HEAD(&tq->tq_queue, task, ta_link);
}

static struct task_run *
task_running(struct taskqueue *tq, const struct task *task)
{
	struct task_run *tr;

	tq_assert(tq);
	LIST_FOREACH(tr, &tq->tq_running, tr_link)
		if (tr->tr_task == task)
			return (tr);
	return (NULL);
}

/*
 * Need the threads be told of a task?  The first of several lazy ones wakes
 * one, which then looks every tick until none has come since it looked last.
 */
static bool
must_tell(struct taskqueue *tq, int flags)
{
	if (tq->tq_blocked)
		return (false);
	if ((flags & TQ_LAZY) == 0 || !lazy_allowed())
		return (true);
	tq->tq_lazy = true;
	return (!tq->tq_soon);
}

/* Also releases the lock. */
int
tq_enqueue_locked(struct taskqueue *tq, struct task *task, int flags)
{
	struct task_run *tr;
	int error = 0;

	tq_assert(tq);
	tr = task_running(tq, task);
	if (task->ta_pending > 0) {
		if ((flags & TASKQUEUE_FAIL_IF_PENDING) != 0)
			error = EEXIST;
		else if (task->ta_pending < UINT16_MAX)
			task->ta_pending++;
	} else if ((flags & TASKQUEUE_FAIL_IF_CANCELING) != 0 && tr != NULL &&
	    tr->tr_canceling)
		error = ECANCELED;
	else {
		task->ta_pending = 1;
		queue_insert(tq, task);
		if (must_tell(tq, flags))
			tq->tq_enqueue(tq->tq_context);
	}
	tq_unlock(tq);
	return (error);
}

int
taskqueue_enqueue_flags(struct taskqueue *tq, struct task *task, int flags)
{
	VS_POINT(VS_OP_TASK_ENQUEUE, task);
	tq_lock(tq);
	return (tq_enqueue_locked(tq, task, flags));
}

void
tq_hurry(struct taskqueue *tq)
{
	tq_assert(tq);
	if (tq->tq_soon && !tq->tq_blocked && !STAILQ_EMPTY(&tq->tq_queue))
		tq->tq_enqueue(tq->tq_context);
}

int
taskqueue_enqueue(struct taskqueue *tq, struct task *task)
{
	return (taskqueue_enqueue_flags(tq, task, 0));
}

int
tq_cancel_locked(struct taskqueue *tq, struct task *task, u_int *pendp)
{
	struct task_run *tr;
	int error = 0;

	tq_assert(tq);
	if (task->ta_pending > 0)
		STAILQ_REMOVE(&tq->tq_queue, task, task, ta_link);
	*pendp = task->ta_pending;
	task->ta_pending = 0;
	if ((tr = task_running(tq, task)) != NULL) {
		tr->tr_canceling = true;
		error = EBUSY;
	}
	return (error);
}

int
taskqueue_cancel(struct taskqueue *tq, struct task *task, u_int *pendp)
{
	u_int pending;
	int error;

	VS_POINT(VS_OP_TASK_CANCEL, task);
	tq_lock(tq);
	error = tq_cancel_locked(tq, task, &pending);
	tq_unlock(tq);
	if (pendp != NULL)
		*pendp = pending;
	return (error);
}

int
taskqueue_poll_is_busy(struct taskqueue *tq, struct task *task)
{
	int busy;

	tq_lock(tq);
	busy = task->ta_pending > 0 || task_running(tq, task) != NULL;
	tq_unlock(tq);
	return (busy);
}

void
taskqueue_block(struct taskqueue *tq)
{
	tq_lock(tq);
	tq->tq_blocked = true;
	tq_unlock(tq);
}

void
taskqueue_unblock(struct taskqueue *tq)
{
	tq_lock(tq);
	tq->tq_blocked = false;
	if (!STAILQ_EMPTY(&tq->tq_queue))
		tq->tq_enqueue(tq->tq_context);
	tq_unlock(tq);
}

/* --- running -------------------------------------------------------------- */

/*
 * Network tasks that follow each other share one section of the net epoch.
 */
static void
task_call(struct task *task, int pending, struct epoch_tracker *et,
    bool *in_net_epoch)
{
	bool net = TASK_IS_NET(task) != 0;

	if (net != *in_net_epoch) {
		*in_net_epoch = net;
		if (net)
			NET_EPOCH_ENTER(*et);
		else
			NET_EPOCH_EXIT(*et);
	}
	VS_POINT(VS_OP_TASK_RUN, task);
	task->ta_func(task->ta_context, pending);
}

static void
run_begin(struct taskqueue *tq, struct task_run *tr)
{
	tr->tr_td = curthread;
	tr->tr_task = NULL;
	LIST_INSERT_HEAD(&tq->tq_running, tr, tr_link);
}

/* Runs a task that is off the queue already, without the lock. */
static void
run_task(struct taskqueue *tq, struct task_run *tr, struct task *task,
    struct epoch_tracker *et, bool *in_net_epoch)
{
	int pending = task->ta_pending;

	task->ta_pending = 0;
	tr->tr_task = task;
	tr->tr_seq = ++tq->tq_seq;
	tr->tr_canceling = false;
	tq_unlock(tq);
	task_call(task, pending, et, in_net_epoch);
	tq_lock(tq);
	tr->tr_task = NULL;
	wakeup(task);
}

static void
tq_run_locked(struct taskqueue *tq)
{
	struct task_run tr;
	struct epoch_tracker et;
	struct task *task;
	bool in_net_epoch = false;

	tq_assert(tq);
	run_begin(tq, &tr);
	while ((task = STAILQ_FIRST(&tq->tq_queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&tq->tq_queue, ta_link);
		run_task(tq, &tr, task, &et, &in_net_epoch);
	}
	LIST_REMOVE(&tr, tr_link);
	if (in_net_epoch)
		NET_EPOCH_EXIT(et);
}

void
tq_run_task_locked(struct taskqueue *tq, struct task *task)
{
	struct task_run tr;
	struct epoch_tracker et;
	bool in_net_epoch = false;

	tq_assert(tq);
	MPASS(!TASK_IS_NET(task));
	STAILQ_REMOVE(&tq->tq_queue, task, task, ta_link);
	run_begin(tq, &tr);
	run_task(tq, &tr, task, &et, &in_net_epoch);
	LIST_REMOVE(&tr, tr_link);
}

void
taskqueue_run(struct taskqueue *tq)
{
	tq_lock(tq);
	tq_run_locked(tq);
	tq_unlock(tq);
}

/* --- threads -------------------------------------------------------------- */

static void
run_callback(struct taskqueue *tq, enum taskqueue_callback_type type)
{
	if (tq->tq_callbacks[type] != NULL)
		tq->tq_callbacks[type](tq->tq_cb_contexts[type]);
}

static void
taskqueue_thread_main(void *arg)
{
	struct taskqueue *tq = arg;

	run_callback(tq, TASKQUEUE_CALLBACK_TYPE_INIT);
	tq_lock(tq);
	while (tq->tq_active) {
		tq_run_locked(tq);
		tq->tq_soon = tq->tq_lazy;
		tq->tq_lazy = false;
		/* It may have been freed while the last task ran. */
		if (!tq->tq_active)
			break;
		tq_sleep_ticks(tq, tq, "-", tq->tq_soon ? 1 : 0);
	}
	tq_run_locked(tq);
	tq_unlock(tq);
	run_callback(tq, TASKQUEUE_CALLBACK_TYPE_SHUTDOWN);
}

/*
 * The threads that taskqueue_start_threads() was asked for.  They come with
 * the first task: most queues of most runs never see one, and a thread that
 * has nothing to do cannot be told from one that is not there.
 */
static void
tq_start_threads(struct taskqueue *tq)
{
	char name[MAXCOMLEN + 16];

	tq_assert(tq);
	/* A queue may be used before it is given threads. */
	tq->tq_started = tq->tq_nthreads > 0;
	for (int i = 0; i < tq->tq_nthreads; i++) {
		if (tq->tq_nthreads == 1)
			snprintf(name, sizeof(name), "%s",
			    tq->tq_thread_name);
		else
			snprintf(name, sizeof(name), "%s_%d",
			    tq->tq_thread_name, i);
		kernel_thread_start(&tq->tq_threads[i], taskqueue_thread_main,
		    tq, name);
	}
}

void
taskqueue_thread_enqueue(void *context)
{
	struct taskqueue *tq = *(struct taskqueue **)context;

	tq_assert(tq);
	if (__predict_false(!tq->tq_started))
		tq_start_threads(tq);
	wakeup_any(tq);
}

/* Is there anything that threads would do at once? */
static bool
tq_wants_threads(struct taskqueue *tq)
{
	tq_assert(tq);
	if (!STAILQ_EMPTY(&tq->tq_queue) ||
	    tq->tq_enqueue != taskqueue_thread_enqueue)
		return (true);
	for (int i = 0; i < TASKQUEUE_NUM_CALLBACKS; i++)
		if (tq->tq_callbacks[i] != NULL)
			return (true);
	return (false);
}

int
taskqueue_start_threads(struct taskqueue **tqp, int count, int pri __unused,
    const char *fmt, ...)
{
	struct taskqueue *tq = *tqp;
	struct kernel_thread *threads;
	va_list ap;

	if (count <= 0)
		return (EINVAL);
	threads = mallocarray(count, sizeof(*threads), M_TASKQUEUE,
	    M_NOWAIT | M_ZERO);
	if (threads == NULL)
		return (ENOMEM);
	va_start(ap, fmt);
	vsnprintf(tq->tq_thread_name, sizeof(tq->tq_thread_name), fmt, ap);
	va_end(ap);
	tq_lock(tq);
	tq->tq_threads = threads;
	tq->tq_nthreads = count;
	if (tq_wants_threads(tq))
		tq_start_threads(tq);
	tq_unlock(tq);
	return (0);
}

int
taskqueue_member(struct taskqueue *tq, struct thread *td)
{
	int member = 0;

	tq_lock(tq);
	for (int i = 0; i < tq->tq_nthreads; i++)
		member |= __atomic_load_n(&tq->tq_threads[i].kt_td,
		    __ATOMIC_ACQUIRE) == td;
	tq_unlock(tq);
	return (member);
}

TASKQUEUE_DEFINE_THREAD(thread);
TASKQUEUE_DEFINE_THREAD(swi);
TASKQUEUE_FAST_DEFINE_THREAD(fast);
