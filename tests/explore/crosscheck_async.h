/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a random program can have others do: tasks, callouts, callbacks of
 * epochs, threads; and signals, unit numbers, memory that may not be there.
 */
#ifndef _TESTS_EXPLORE_CROSSCHECK_ASYNC_H_
#define _TESTS_EXPLORE_CROSSCHECK_ASYNC_H_

#include <sys/callout.h>
#include <sys/signalvar.h>
#include <sys/taskqueue.h>

#include "crosscheck.h"

static struct unrhdr *units;
static int unit[THREADS];
static struct taskqueue *queue;
static struct task task;
static struct callout timer, locked_timer;
static struct epoch_context deferred;
static u_int ndeferred;
static struct thread *bodies[THREADS];

/* Whoever does it: what it saw is noted in the order in which it was done. */
static void
note(u_int word)
{
	see(THREADS, atomic_fetchadd_int(&words[word], 256));
}

static void
run_task(void *arg, int pending)
{
	note(0);
	see(THREADS, (u_int)pending);
}

static void
run_callout(void *arg)
{
	note(1);
}

static void
run_deferred(epoch_context_t ctx)
{
	note(1);
}

static void
run_joined(void *arg)
{
	note(0);
}

static void
set_up_async(const bool *used)
{
	for (int i = 0; i < THREADS; i++)
		unit[i] = -1;
	if (used[UNR_ALLOC])
		units = new_unrhdr(0, 2, NULL);
	if (used[TASK_ENQUEUE]) {
		queue = taskqueue_create("queue", M_WAITOK,
		    taskqueue_thread_enqueue, &queue);
		taskqueue_start_threads(&queue, 1, PWAIT, "queue");
		TASK_INIT(&task, 0, run_task, NULL);
	}
	callout_init(&timer, 1);
	callout_init_mtx(&locked_timer, &mtxs[0], 0);
}

static void
numbers(int i, const struct insn *in)
{
	switch (in->code) {
	case UNR_ALLOC:
		if (unit[i] == -1)
			see(i, (u_int)(unit[i] = alloc_unr(units)));
		break;
	case UNR_SPECIFIC:
		if (unit[i] == -1)
			see(i, (u_int)(unit[i] = alloc_unr_specific(units,
			    (u_int)in->b)));
		break;
	case UNR_FREE:
		if (unit[i] != -1)
			free_unr(units, (u_int)unit[i]);
		unit[i] = -1;
		break;
	default:
		break;
	}
}

static void
tasks(int i, const struct insn *in)
{
	u_int pending = 0;

	switch (in->code) {
	case TASK_ENQUEUE:
		(void)taskqueue_enqueue(queue, &task);
		break;
	case TASK_CANCEL:
		see(i, (u_int)taskqueue_cancel(queue, &task, &pending));
		see(i, pending);
		break;
	case TASK_DRAIN:
		taskqueue_drain(queue, &task);
		break;
	default:
		break;
	}
}

static void
callouts(int i, const struct insn *in)
{
	struct callout *c = in->a == 0 ? &timer : &locked_timer;

	/* The one that has a lock is stopped with it. */
	if (in->a != 0 && in->code != CALLOUT_DRAIN)
		mtx_lock(&mtxs[0]);
	switch (in->code) {
	case CALLOUT_RESET:
		see(i, (u_int)callout_reset(c, 1 + in->b, run_callout, NULL));
		break;
	case CALLOUT_STOP:
		see(i, (u_int)callout_stop(c));
		break;
	case CALLOUT_DRAIN:
		see(i, (u_int)callout_drain(c));
		break;
	default:
		break;
	}
	if (in->a != 0 && in->code != CALLOUT_DRAIN)
		mtx_unlock(&mtxs[0]);
}

/* To all threads of the process that the thread is in. */
static void
interrupt(struct thread *td)
{
	if (td == NULL)
		return;
	PROC_LOCK(td->td_proc);
	kern_psignal(td->td_proc, SIGTERM);
	PROC_UNLOCK(td->td_proc);
}

static void
others(int i, const struct insn *in)
{
	struct vs_thread *t;
	void *p;

	switch (in->code) {
	case EPOCH_CALL:
		if (atomic_fetchadd_int(&ndeferred, 1) == 0)
			epoch_call(epoch, run_deferred, &deferred);
		break;
	case EPOCH_DRAIN:
		epoch_drain_callbacks(epoch);
		break;
	case JOIN:
		t = vs_thread_create(run_joined, NULL, "joined");
		simple(i, in->inner, in);
		(void)vs_thread_join(t);
		break;
	case SLEEP_SIG:
		mtx_lock(&mtxs[1]);
		see(i, (u_int)mtx_sleep(&chan, &mtxs[1], PCATCH, "chan",
		    in->b == 0 ? 0 : 1));
		mtx_unlock(&mtxs[1]);
		break;
	case INTERRUPT:
		interrupt(atomic_load_ptr(&bodies[i == 0]));
		break;
	case NOWAIT:
		p = malloc(16, M_TEMP, M_NOWAIT);
		see(i, p != NULL);
		free(p, M_TEMP);
		break;
	default:
		break;
	}
}

/* What thread number `i` does. */
static void
perform(int i, const struct insn *in, int length, bool interrupts)
{
	if (interrupts)
		atomic_store_ptr(&bodies[i], curthread);
	for (const struct insn *end = in + length; in < end; in++) {
		if (in->code < UNR_ALLOC)
			perform_one(i, in);
		else if (in->code <= UNR_FREE)
			numbers(i, in);
		else if (in->code <= TASK_DRAIN)
			tasks(i, in);
		else if (in->code <= CALLOUT_DRAIN)
			callouts(i, in);
		else
			others(i, in);
	}
}

#endif /* !_TESTS_EXPLORE_CROSSCHECK_ASYNC_H_ */
