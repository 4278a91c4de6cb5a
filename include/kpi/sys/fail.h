/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fail points: places whose behaviour can be changed while the kernel runs,
 * fail(9).
 *
 * A point that is off costs a load and a branch.  Tests set points by name:
 * <vnetsim/fail.h>.
 */
#ifndef _KPI_SYS_FAIL_H_
#define _KPI_SYS_FAIL_H_

#include <sys/param.h>
#include <sys/_callout.h>
#include <sys/kernel.h>
#include <sys/queue.h>
#include <sys/types.h>

struct fail_point_setting;

/* fp_flags */
#define	FAIL_POINT_DYNAMIC_NAME		0x01
#define	FAIL_POINT_USE_TIMEOUT_PATH	0x02	/* sleep: call back instead */
#define	FAIL_POINT_NONSLEEPABLE		0x04	/* sleep: busy delay */

enum fail_point_return_code {
	FAIL_POINT_RC_CONTINUE = 0,	/* as if the point were not there */
	FAIL_POINT_RC_RETURN,		/* act, with the value */
	FAIL_POINT_RC_QUEUED,		/* the post-sleep function will */
};

/*
 * Locks: (c) constant, (f) the fail point lock, (a) atomic.
 */
struct fail_point {
	const char	*fp_name;		/* (c) */
	const char	*fp_location;		/* (c) "file:line" */
	struct fail_point_setting *fp_setting;	/* (f), (a) NULL: off */
	int		fp_flags;		/* (c) */
	u_int		fp_paused;		/* (f) threads in "pause" */
	u_int		fp_sleeping;		/* (f) threads in "sleep" */
	u_int		fp_released;		/* (f) ends of "pause" */
	u_int		fp_users;		/* (f) threads inside */
	void		(*fp_pre_sleep_fn)(void *);	/* (c) */
	void		*fp_pre_sleep_arg;		/* (c) */
	void		(*fp_post_sleep_fn)(void *);	/* (c) */
	void		*fp_post_sleep_arg;		/* (c) */
	struct callout	fp_callout;		/* its own lock: timeout path */
	LIST_ENTRY(fail_point) fp_link;		/* (f) all of them */
};

/* A point made at run time; the name is a format.  May sleep. */
void	fail_point_init(struct fail_point *fp, const char *fmt, ...)
	    __printflike(2, 3);
/* Turns it off, waits until nobody is inside, forgets it. */
void	fail_point_destroy(struct fail_point *fp);
/* Makes a static point known, and forgets it. */
void	fail_point_register(void *fp);
void	fail_point_unregister(void *fp);

/*
 * With FAIL_POINT_USE_TIMEOUT_PATH "sleep" calls the pre-sleep function,
 * arranges for the post-sleep function to be called later, and returns
 * FAIL_POINT_RC_QUEUED.
 */
static __inline void
fail_point_sleep_set_pre_func(struct fail_point *fp, void (*fn)(void *))
{
	fp->fp_pre_sleep_fn = fn;
}

static __inline void
fail_point_sleep_set_pre_arg(struct fail_point *fp, void *arg)
{
	fp->fp_pre_sleep_arg = arg;
}

static __inline void
fail_point_sleep_set_func(struct fail_point *fp, void (*fn)(void *))
{
	fp->fp_post_sleep_fn = fn;
}

static __inline void
fail_point_sleep_set_arg(struct fail_point *fp, void *arg)
{
	fp->fp_post_sleep_arg = arg;
}

static __inline bool
fail_point_is_off(struct fail_point *fp)
{
	return (__predict_true(__atomic_load_n(&fp->fp_setting,
	    __ATOMIC_RELAXED) == NULL));
}

/*
 * Does what the point is set to.  FAIL_POINT_RC_RETURN stores the value of
 * return(value).  Sleeps if told to.
 */
enum fail_point_return_code fail_point_eval_nontrivial(struct fail_point *fp,
	    int *ret);

static __inline enum fail_point_return_code
fail_point_eval(struct fail_point *fp, int *ret)
{
	if (fail_point_is_off(fp))
		return (FAIL_POINT_RC_CONTINUE);
	return (fail_point_eval_nontrivial(fp, ret));
}

/* --- points in code ------------------------------------------------------- */

#define	DEBUG_FP	_debug_fail_point
#define	_FAIL_POINT_NAME(name)	_fail_point_##name

#define	_FAIL_POINT_DEFINE(class, name, flags)				\
	class struct fail_point _FAIL_POINT_NAME(name) = {		\
		.fp_name = #name,					\
		.fp_location = __FILE__ ":" __XSTRING(__LINE__),	\
		.fp_flags = (flags)					\
	};								\
	SYSINIT(__fp_##name, SI_SUB_LOCK, SI_ORDER_ANY,			\
	    fail_point_register, &_FAIL_POINT_NAME(name));		\
	SYSUNINIT(__fp_##name, SI_SUB_LOCK, SI_ORDER_ANY,		\
	    fail_point_unregister, &_FAIL_POINT_NAME(name))

#define	_FAIL_POINT_RUN(name, code...) do {				\
	int RETURN_VALUE __unused;					\
									\
	if (__predict_false(fail_point_eval(&_FAIL_POINT_NAME(name),	\
	    &RETURN_VALUE) == FAIL_POINT_RC_RETURN)) {			\
		code;							\
	}								\
} while (0)

/* In pieces: declared in a header, defined once, evaluated anywhere. */
#define	KFAIL_POINT_DECLARE(name)					\
	extern struct fail_point _FAIL_POINT_NAME(name)
#define	KFAIL_POINT_DEFINE(parent, name, flags)				\
	_FAIL_POINT_DEFINE(, name, flags)
#define	KFAIL_POINT_EVAL(name, code...)	_FAIL_POINT_RUN(name, code)

/* Runs `code` when it fires; RETURN_VALUE is the value of return(). */
#define	KFAIL_POINT_CODE_COND(parent, name, cond, flags, code...) do {	\
	_FAIL_POINT_DEFINE(static, name, flags);			\
									\
	if (__predict_false(!fail_point_is_off(&_FAIL_POINT_NAME(name))) && \
	    (cond))							\
		_FAIL_POINT_RUN(name, code);				\
} while (0)
#define	KFAIL_POINT_CODE_FLAGS(parent, name, flags, code...)		\
	KFAIL_POINT_CODE_COND(parent, name, true, flags, code)
#define	KFAIL_POINT_CODE(parent, name, code...)				\
	KFAIL_POINT_CODE_FLAGS(parent, name, 0, code)

/* The usual things to do: (parent, name) and where the value goes. */
#define	KFAIL_POINT_RETURN_VOID(...)					\
	KFAIL_POINT_CODE(__VA_ARGS__, return)
#define	KFAIL_POINT_RETURN(...)						\
	KFAIL_POINT_CODE(__VA_ARGS__, return (RETURN_VALUE))
#define	KFAIL_POINT_ERROR(parent, name, var)				\
	KFAIL_POINT_CODE(parent, name, (var) = RETURN_VALUE)
#define	KFAIL_POINT_GOTO(parent, name, var, label)			\
	KFAIL_POINT_CODE(parent, name, (var) = RETURN_VALUE; goto label)

#endif /* !_KPI_SYS_FAIL_H_ */
