/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of taskqueue(9) share.
 */
#ifndef _TASKQUEUE_VAR_H_
#define _TASKQUEUE_VAR_H_

#include <sys/_lock.h>
#include <sys/_mutex.h>
#include <sys/taskqueue.h>

#include "service.h"

/*
 * A flag of tq_enqueue_locked(), besides those of <sys/taskqueue.h>: the
 * threads may come to this task a tick later.
 */
#define	TQ_LAZY	(1 << 16)

/* A run in progress, on the stack of who runs.  Lock: (q) the queue's. */
struct task_run {
	LIST_ENTRY(task_run) tr_link;	/* (q) */
	struct task	*tr_task;	/* (q) an address, perhaps freed */
	struct thread	*tr_td;		/* (q) */
	u_int		tr_seq;		/* (q) of its beginning */
	bool		tr_canceling;	/* (q) taskqueue_cancel() saw it */
};

/* Locks: (c) constant once there are threads, (q) tq_mutex. */
struct taskqueue {
	struct mtx	tq_mutex;
	bool		tq_spin;		/* (c) tq_mutex is one */
	bool		tq_active;		/* (q) not being freed */
	bool		tq_blocked;		/* (q) */
	bool		tq_lazy;		/* (q) some since a thread looked */
	bool		tq_soon;		/* (q) a thread looks by itself */
	STAILQ_HEAD(, task) tq_queue;		/* (q) */
	LIST_HEAD(, task_run) tq_running;	/* (q) */
	u_int		tq_seq;			/* (q) */
	int		tq_callouts;		/* (q) timeout tasks armed */
	taskqueue_enqueue_fn tq_enqueue;	/* (c) */
	void		*tq_context;		/* (c) */
	struct kernel_thread *tq_threads;	/* (c) */
	int		tq_nthreads;		/* (c) */
	bool		tq_started;		/* (q) they are */
	taskqueue_callback_fn tq_callbacks[TASKQUEUE_NUM_CALLBACKS]; /* (c) */
	void		*tq_cb_contexts[TASKQUEUE_NUM_CALLBACKS]; /* (c) */
	char		tq_name[TASKQUEUE_NAMELEN];	/* (c) */
	char		tq_thread_name[MAXCOMLEN + 1];	/* (c) */
};

void	tq_lock(struct taskqueue *tq);
void	tq_unlock(struct taskqueue *tq);
void	tq_sleep(struct taskqueue *tq, const void *chan, const char *wmesg);
/* With the lock held: tells the threads of tasks that they may not know of. */
void	tq_hurry(struct taskqueue *tq);
/*
 * Waits as taskqueue_drain() does, or runs the task itself if it is queued
 * and does not run.  For a task of which nobody can tell who runs it.
 */
void	tq_drain_here(struct taskqueue *tq, struct task *task);
/* With the lock held: takes the task off the queue and runs it. */
void	tq_run_task_locked(struct taskqueue *tq, struct task *task);
/* With the lock held; the first one releases it. */
int	tq_enqueue_locked(struct taskqueue *tq, struct task *task, int flags);
int	tq_cancel_locked(struct taskqueue *tq, struct task *task,
	    u_int *pendp);

#endif /* !_TASKQUEUE_VAR_H_ */
