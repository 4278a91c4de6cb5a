/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Functions called later: callout(9).
 *
 * One thread runs the handlers, in the order of their deadlines, with
 * sleeping prohibited and, if the callout has one, its lock held.
 */
#ifndef _KPI_SYS_CALLOUT_H_
#define _KPI_SYS_CALLOUT_H_

#include <sys/_callout.h>
#include <sys/systm.h>

#define	CALLOUT_TRYLOCK		0x0001	/* come back if the lock is busy */
#define	CALLOUT_ACTIVE		0x0002	/* set by reset, cleared by stop */
#define	CALLOUT_PENDING		0x0004	/* waits for its time */
#define	CALLOUT_MPSAFE		0x0008
#define	CALLOUT_RETURNUNLOCKED	0x0010	/* the handler drops the lock */
#define	CALLOUT_SHAREDLOCK	0x0020	/* the lock is taken shared */

#define	C_DIRECT_EXEC		0x0001	/* run from the clock itself */
#define	C_HARDCLOCK		0x0100
#define	C_ABSOLUTE		0x0200	/* the time is since boot */
#define	C_PRECALC		0x0400
#define	C_CATCH			0x0800	/* pause_sbt(): signals */
/* A precision relative to the time, 2^-x of it, in the bits 1 to 7. */
#define	C_PRELBITS		7
#define	C_PRELRANGE		0x7f
#define	C_PREL(x)		(2 * (x) + 2)
#define	C_PRELGET(flags)	((int)((flags) / 2 & C_PRELRANGE) - 1)

/* Racy looks; use them with the callout's lock held. */
#define	callout_active(c)	((_callout_flags(c) & CALLOUT_ACTIVE) != 0)
#define	callout_pending(c)	((_callout_flags(c) & CALLOUT_PENDING) != 0)
void	callout_deactivate(struct callout *c);
int	_callout_flags(struct callout *c);

/* `mpsafe` 0: with Giant around the handler. */
void	callout_init(struct callout *c, int mpsafe);
void	_callout_init_lock(struct callout *c, struct lock_object *lock,
	    int flags);
#define	callout_init_mtx(c, mtx, flags)					\
	_callout_init_lock((c), ((mtx) != NULL) ?			\
	    &(mtx)->lock_object : NULL, (flags))
#define	callout_init_rw(c, rw, flags)					\
	_callout_init_lock((c), ((rw) != NULL) ?			\
	    &(rw)->lock_object : NULL, (flags))
#define	callout_init_rm(c, rm, flags)					\
	_callout_init_lock((c), ((rm) != NULL) ?			\
	    &(rm)->lock_object : NULL, (flags))

/*
 * Schedules ftn(arg), cancelling what was pending: 1 if there was, else 0.
 * Any context but that of a foreign spin lock; an associated lock is held by
 * the caller.
 */
int	callout_reset_sbt_on(struct callout *c, sbintime_t sbt,
	    sbintime_t precision, callout_func_t *ftn, void *arg, int cpu,
	    int flags);
#define	callout_reset_sbt(c, sbt, pr, fn, arg, flags)			\
	callout_reset_sbt_on((c), (sbt), (pr), (fn), (arg), -1, (flags))
#define	callout_reset_sbt_curcpu(c, sbt, pr, fn, arg, flags)		\
	callout_reset_sbt_on((c), (sbt), (pr), (fn), (arg), 0, (flags))
#define	callout_reset_on(c, ticks, fn, arg, cpu)			\
	callout_reset_sbt_on((c), tick_sbt * (ticks), 0, (fn), (arg),	\
	    (cpu), C_HARDCLOCK)
#define	callout_reset(c, ticks, fn, arg)				\
	callout_reset_on((c), (ticks), (fn), (arg), -1)
#define	callout_reset_curcpu(c, ticks, fn, arg)				\
	callout_reset_on((c), (ticks), (fn), (arg), 0)

/* The same with the function and argument it has. */
int	callout_schedule(struct callout *c, int to_ticks);
int	callout_schedule_on(struct callout *c, int to_ticks, int cpu);
#define	callout_schedule_curcpu(c, ticks)				\
	callout_schedule_on((c), (ticks), 0)
#define	callout_schedule_sbt(c, sbt, pr, flags)				\
	callout_reset_sbt_on((c), (sbt), (pr), (c)->c_func, (c)->c_arg,	\
	    -1, (flags))

/*
 * callout_stop: 1 cancelled, 0 running and not to be stopped, -1 was neither
 * pending nor running.  callout_drain: waits for a running handler and never
 * returns 0; may sleep; must not be called with a lock the handler needs.
 */
int	_callout_stop_safe(struct callout *c, int flags);
#define	CS_DRAIN	0x0001
#define	callout_stop(c)		_callout_stop_safe((c), 0)
#define	callout_drain(c)	_callout_stop_safe((c), CS_DRAIN)

/* When a delay from now ends, as callout_reset_sbt_on() would have it. */
void	callout_when(sbintime_t sbt, sbintime_t precision, int flags,
	    sbintime_t *sbt_res, sbintime_t *prec_res);

#endif /* !_KPI_SYS_CALLOUT_H_ */
