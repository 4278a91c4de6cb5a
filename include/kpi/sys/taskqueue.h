/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Work for other threads: taskqueue(9).
 */
#ifndef _KPI_SYS_TASKQUEUE_H_
#define _KPI_SYS_TASKQUEUE_H_

#include <sys/queue.h>
#include <sys/_task.h>
#include <sys/_callout.h>

struct taskqueue;
struct taskqgroup;
struct proc;
struct thread;

/* (c) constant, (q) the queue's lock. */
struct timeout_task {
	struct taskqueue *q;		/* (c) */
	struct task	t;
	struct callout	c;
	int		f;		/* (q) DT_* */
};

enum taskqueue_callback_type {
	TASKQUEUE_CALLBACK_TYPE_INIT,
	TASKQUEUE_CALLBACK_TYPE_SHUTDOWN,
};
#define	TASKQUEUE_CALLBACK_TYPE_MIN	TASKQUEUE_CALLBACK_TYPE_INIT
#define	TASKQUEUE_CALLBACK_TYPE_MAX	TASKQUEUE_CALLBACK_TYPE_SHUTDOWN
#define	TASKQUEUE_NUM_CALLBACKS		(TASKQUEUE_CALLBACK_TYPE_MAX + 1)
#define	TASKQUEUE_NAMELEN		32

/* taskqueue_enqueue_flags() */
#define	TASKQUEUE_FAIL_IF_PENDING	(1 << 0)
#define	TASKQUEUE_FAIL_IF_CANCELING	(1 << 1)

typedef void	(*taskqueue_callback_fn)(void *context);
/* Called with the queue's lock held. */
typedef void	(*taskqueue_enqueue_fn)(void *context);

/*
 * A queue whose lock is a mutex (_fast: a spin mutex).  M_NOWAIT may return
 * NULL.  For a queue with threads of its own, `enqueue` is
 * taskqueue_thread_enqueue and `context` the address of the queue pointer.
 */
struct taskqueue *taskqueue_create(const char *name, int mflags,
	    taskqueue_enqueue_fn enqueue, void *context);
struct taskqueue *taskqueue_create_fast(const char *name, int mflags,
	    taskqueue_enqueue_fn enqueue, void *context);
/* 0, EINVAL for a count of 0 or less, ENOMEM.  May sleep. */
int	taskqueue_start_threads(struct taskqueue **tqp, int count, int pri,
	    const char *name, ...) __printflike(4, 5);
int	taskqueue_start_threads_in_proc(struct taskqueue **tqp, int count,
	    int pri, struct proc *p, const char *name, ...) __printflike(5, 6);
/* Runs what is queued, waits for the threads' end.  May sleep. */
void	taskqueue_free(struct taskqueue *queue);
void	taskqueue_set_callback(struct taskqueue *queue,
	    enum taskqueue_callback_type cb_type,
	    taskqueue_callback_fn callback, void *context);

/* 0; with flags EEXIST or ECANCELED. Any context the queue's lock allows. */
int	taskqueue_enqueue(struct taskqueue *queue, struct task *task);
int	taskqueue_enqueue_flags(struct taskqueue *queue, struct task *task,
	    int flags);
/*
 * Enqueues after `timo` ticks (0: now; negative: unless armed already).
 * Returns the runs that were outstanding, -1 during
 * taskqueue_drain_timeout().
 */
int	taskqueue_enqueue_timeout(struct taskqueue *queue,
	    struct timeout_task *ttask, int timo);
int	taskqueue_enqueue_timeout_sbt(struct taskqueue *queue,
	    struct timeout_task *ttask, sbintime_t sbt, sbintime_t pr,
	    int flags);
int	taskqueue_poll_is_busy(struct taskqueue *queue, struct task *task);
/* 0, or EBUSY if it runs now; `*pendp` is how often it was queued. */
int	taskqueue_cancel(struct taskqueue *queue, struct task *task,
	    u_int *pendp);
int	taskqueue_cancel_timeout(struct taskqueue *queue,
	    struct timeout_task *ttask, u_int *pendp);

/* Wait until a task, or all queued now, or all, are done.  May sleep. */
void	taskqueue_drain(struct taskqueue *queue, struct task *task);
void	taskqueue_drain_timeout(struct taskqueue *queue,
	    struct timeout_task *ttask);
void	taskqueue_drain_all(struct taskqueue *queue);
void	taskqueue_quiesce(struct taskqueue *queue);

/* While blocked, the threads are not told of new tasks. */
void	taskqueue_block(struct taskqueue *queue);
void	taskqueue_unblock(struct taskqueue *queue);
/* Runs everything in the calling thread. */
void	taskqueue_run(struct taskqueue *queue);
/* Is `td` one of the queue's threads? */
int	taskqueue_member(struct taskqueue *queue, struct thread *td);

void	taskqueue_thread_loop(void *arg);
void	taskqueue_thread_enqueue(void *context);

#define	TASK_INITIALIZER(priority, func, context)			\
	{ .ta_priority = (priority), .ta_func = (func),			\
	    .ta_context = (context) }

#define	TASK_INIT_FLAGS(ta, priority, func, context, flags)		\
	((void)(*(ta) = (struct task) {					\
		.ta_func = (func), .ta_context = (context),		\
		.ta_priority = (priority), .ta_flags = (flags)		\
	}))
#define	TASK_INIT(t, p, f, c)	TASK_INIT_FLAGS((t), (p), (f), (c), 0)

void	_timeout_task_init(struct taskqueue *queue,
	    struct timeout_task *timeout_task, int priority, task_fn_t func,
	    void *context);
#define	TIMEOUT_TASK_INIT(queue, timeout_task, priority, func, context)	\
	_timeout_task_init((queue), (timeout_task), (priority), (func),	\
	    (context))

/*
 * Global queues, `taskqueue_<name>`.  The thread of one that was defined with
 * _THREAD is started by its first task.
 */
#define	TASKQUEUE_DECLARE(name)						\
	extern struct taskqueue *taskqueue_##name

#define	_TASKQUEUE_DEFINE(name, create, enqueue, context, init)		\
	struct taskqueue *taskqueue_##name;				\
	static void							\
	taskqueue_define_##name(void *arg __unused)			\
	{								\
		taskqueue_##name = create(#name, M_WAITOK, (enqueue),	\
		    (context));						\
		init;							\
	}								\
	static void							\
	taskqueue_undefine_##name(void *arg __unused)			\
	{								\
		taskqueue_free(taskqueue_##name);			\
		taskqueue_##name = NULL;				\
	}								\
	SYSINIT(taskqueue_##name, SI_SUB_TASKQ, SI_ORDER_SECOND,	\
	    taskqueue_define_##name, NULL);				\
	SYSUNINIT(taskqueue_##name, SI_SUB_TASKQ, SI_ORDER_SECOND,	\
	    taskqueue_undefine_##name, NULL);				\
	struct __hack

#define	TASKQUEUE_DEFINE(name, enqueue, context, init)			\
	_TASKQUEUE_DEFINE(name, taskqueue_create, enqueue, context, init)
#define	TASKQUEUE_FAST_DEFINE(name, enqueue, context, init)		\
	_TASKQUEUE_DEFINE(name, taskqueue_create_fast, enqueue, context, \
	    init)
#define	TASKQUEUE_DEFINE_THREAD(name)					\
	TASKQUEUE_DEFINE(name, taskqueue_thread_enqueue,		\
	    &taskqueue_##name,						\
	    taskqueue_start_threads(&taskqueue_##name, 1, PWAIT,	\
	    "%s taskq", #name))
#define	TASKQUEUE_FAST_DEFINE_THREAD(name)				\
	TASKQUEUE_FAST_DEFINE(name, taskqueue_thread_enqueue,		\
	    &taskqueue_##name,						\
	    taskqueue_start_threads(&taskqueue_##name, 1, PWAIT,	\
	    "%s taskq", #name))

TASKQUEUE_DECLARE(thread);
TASKQUEUE_DECLARE(swi);
TASKQUEUE_DECLARE(fast);

#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/callout.h>

#endif /* !_KPI_SYS_TASKQUEUE_H_ */
