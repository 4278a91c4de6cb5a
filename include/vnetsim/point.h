/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scheduling points.
 *
 * Every operation on a lock, wait channel, epoch, reference count, task or
 * callout announces itself with VS_POINT() immediately before it happens.
 * Nobody listens in an ordinary parallel run, and then a point costs one load
 * and one predictable branch.  Two parties ever listen: the controlled
 * scheduler, and the stop that follows a panic (every thread but the
 * panicking one is held at its next point).
 */
#ifndef _VNETSIM_POINT_H_
#define _VNETSIM_POINT_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is about to be done; the object is the second argument of VS_POINT. */
enum vs_op {
	VS_OP_LOCK_INIT,	/* any lock: object is the lock */
	VS_OP_LOCK_DESTROY,
	VS_OP_LOCK_QUERY,	/* racy look at a lock's owner or waiters */
	VS_OP_LOCK_TAKEN,	/* the trylock just announced has succeeded */
	VS_OP_MTX_LOCK,
	VS_OP_MTX_TRYLOCK,
	VS_OP_MTX_UNLOCK,
	VS_OP_SPIN_LOCK,
	VS_OP_SPIN_TRYLOCK,
	VS_OP_SPIN_UNLOCK,
	VS_OP_SX_SLOCK,
	VS_OP_SX_XLOCK,
	VS_OP_SX_TRY_SLOCK,
	VS_OP_SX_TRY_XLOCK,
	VS_OP_SX_SUNLOCK,
	VS_OP_SX_XUNLOCK,
	VS_OP_SX_TRY_UPGRADE,
	VS_OP_SX_DOWNGRADE,
	VS_OP_RW_RLOCK,
	VS_OP_RW_WLOCK,
	VS_OP_RW_TRY_RLOCK,
	VS_OP_RW_TRY_WLOCK,
	VS_OP_RW_RUNLOCK,
	VS_OP_RW_WUNLOCK,
	VS_OP_RW_TRY_UPGRADE,
	VS_OP_RW_DOWNGRADE,
	VS_OP_RM_RLOCK,
	VS_OP_RM_TRY_RLOCK,
	VS_OP_RM_WLOCK,
	VS_OP_RM_RUNLOCK,
	VS_OP_RM_WUNLOCK,
	VS_OP_SLEEP,		/* enqueue on a channel and drop the interlock */
	VS_OP_RESUME,		/* woken or timed out, before re-acquiring */
	VS_OP_WAKEUP,
	VS_OP_WAKEUP_ONE,
	VS_OP_CV_WAIT,
	VS_OP_CV_SIGNAL,
	VS_OP_CV_BROADCAST,
	VS_OP_EPOCH_ENTER,
	VS_OP_EPOCH_EXIT,
	VS_OP_EPOCH_WAIT,
	VS_OP_EPOCH_CALL,
	VS_OP_EPOCH_DRAIN,
	VS_OP_EPOCH_CALLBACK,
	VS_OP_EPOCH_GRACE,	/* a grace period begins, */
	VS_OP_EPOCH_WAITED,	/* and has ended */
	VS_OP_REF_ACQUIRE,	/* object is the counter */
	VS_OP_REF_RELEASE,
	VS_OP_REF_LOAD,
	VS_OP_UNR_ALLOC,
	VS_OP_UNR_FREE,
	VS_OP_MALLOC_WAITOK,
	VS_OP_MALLOC_NOWAIT,
	VS_OP_FREE,
	VS_OP_TASK_ENQUEUE,
	VS_OP_TASK_CANCEL,
	VS_OP_TASK_DRAIN,
	VS_OP_TASK_RUN,
	VS_OP_CALLOUT_RESET,
	VS_OP_CALLOUT_STOP,
	VS_OP_CALLOUT_DRAIN,
	VS_OP_CALLOUT_RUN,
	VS_OP_ATOMIC_LOAD,	/* atomic(9) on shared memory */
	VS_OP_ATOMIC_STORE,
	VS_OP_ATOMIC_UPDATE,	/* reads and writes, or may write */
	VS_OP_THREAD_START,
	VS_OP_THREAD_EXIT,
	VS_OP_YIELD,
	VS_OP_SYSCALL,		/* entry of a system call */
	VS_OP_COPYIN,
	VS_OP_COPYOUT,
	VS_OP_FAIL_POINT,
	/*
	 * No operations of their own, and no places to switch: what the one
	 * just announced looks at or changes besides its object.
	 */
	VS_OP_TOUCH_QUEUE,	/* a channel's wait queue */
	VS_OP_TOUCH,		/* a word of memory */
	VS_OP_COUNT
};

/* The listener, NULL when nobody listens. */
typedef void vs_point_fn(enum vs_op op, const volatile void *object);
extern vs_point_fn *vs_listener;

/*
 * Announces an access to `*p`, whose size goes with the operation, above its
 * lowest VS_OP_BITS bits.
 */
#define	VS_OP_BITS	8
#define	VS_OP_MASK	((1 << VS_OP_BITS) - 1)
#define	VS_ACCESS(op, p)						\
	VS_POINT((enum vs_op)((int)(op) |				\
	    (int)sizeof(*(p)) << VS_OP_BITS), (p))

/* Code that the compiler announces the accesses of, see src/explore. */
#ifdef VS_INSTRUMENTED
#if defined(__SANITIZE_THREAD__)
#define	VS_INSTRUMENTED_HERE
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define	VS_INSTRUMENTED_HERE
#endif
#endif
#endif

#ifdef VS_INSTRUMENTED_HERE
/* Out of line: the look at the listener is not to be seen. */
void	vs_point(enum vs_op op, const volatile void *object);
#define	VS_POINT(op, object)	vs_point((op), (object))
/* For inline functions whose accesses are a primitive's own business. */
#define	VS_PRIMITIVE		__attribute__((__no_sanitize_thread__))
#else
#define	VS_PRIMITIVE
#define VS_POINT(op, object) do {					\
	vs_point_fn *_fn = __atomic_load_n(&vs_listener,		\
	    __ATOMIC_RELAXED);						\
	if (__builtin_expect(_fn != (vs_point_fn *)0, 0))		\
		_fn((op), (object));					\
} while (0)
#endif

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_POINT_H_ */
