/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Read-mostly locks: rmlock(9).  Reading costs no atomic instruction, writing
 * a great deal.
 */
#ifndef _KPI_SYS_RMLOCK_H_
#define _KPI_SYS_RMLOCK_H_

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/_rmlock.h>

/* rm_init_flags() */
#define	RM_NOWITNESS	0x00000001
#define	RM_RECURSE	0x00000002	/* of read holds */
#define	RM_SLEEPABLE	0x00000004	/* by the writer */
#define	RM_NEW		0x00000008	/* storage was not zeroed */
#define	RM_DUPOK	0x00000010

void	rm_init(struct rmlock *rm, const char *name);
void	rm_init_flags(struct rmlock *rm, const char *name, int opts);
void	rm_destroy(struct rmlock *rm);
int	_rm_rlock(struct rmlock *rm, struct rm_priotracker *tracker,
	    int trylock, const char *file, int line);
void	_rm_runlock(struct rmlock *rm, struct rm_priotracker *tracker,
	    const char *file, int line);
void	_rm_wlock(struct rmlock *rm, const char *file, int line);
void	_rm_wunlock(struct rmlock *rm, const char *file, int line);
#ifdef INVARIANTS
void	_rm_assert(const struct rmlock *rm, int what, const char *file,
	    int line);
#endif

/*
 * The tracker lives until rm_runlock() and is given to nobody else meanwhile.
 * A reader waits as soon as a writer waits, unless it holds the lock already
 * and the lock has RM_RECURSE.  A sleepable rmlock forbids its readers to
 * sleep.  rm_try_rlock() returns non-zero if it has the lock.
 */
#define	rm_rlock(rm, tracker)						\
	(void)_rm_rlock((rm), (tracker), 0, LOCK_FILE, LOCK_LINE)
#define	rm_try_rlock(rm, tracker)					\
	_rm_rlock((rm), (tracker), 1, LOCK_FILE, LOCK_LINE)
#define	rm_runlock(rm, tracker)						\
	_rm_runlock((rm), (tracker), LOCK_FILE, LOCK_LINE)
/* Never recursive; a sleepable rmlock is an sx for its writers. */
#define	rm_wlock(rm)		_rm_wlock((rm), LOCK_FILE, LOCK_LINE)
#define	rm_wunlock(rm)		_rm_wunlock((rm), LOCK_FILE, LOCK_LINE)
int	rm_wowned(const struct rmlock *rm);

#ifdef INVARIANTS
#define	rm_assert(rm, what)						\
	_rm_assert((rm), (what), __FILE__, __LINE__)
#else
#define	rm_assert(rm, what)	((void)0)
#endif

/* sleep(9) with a write-held rmlock as the interlock. */
#define	rm_sleep(chan, rm, pri, wmesg, timo)				\
	_sleep((chan), &(rm)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, 0)

/* See MTX_SYSINIT(). */
struct rm_args {
	struct rmlock	*ra_rm;
	const char	*ra_desc;
	int		 ra_flags;
};
void	rm_sysinit(void *arg);
void	rm_sysuninit(void *arg);
#define	RM_SYSINIT_FLAGS(name, rm, desc, flags)				\
	static struct rm_args name##_args = {				\
		(rm), (desc), (flags) | RM_NEW				\
	};								\
	SYSINIT(name##_rm_sysinit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    rm_sysinit, &name##_args);					\
	SYSUNINIT(name##_rm_sysuninit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    rm_sysuninit, &name##_args)
#define	RM_SYSINIT(name, rm, desc)	RM_SYSINIT_FLAGS(name, rm, desc, 0)

#endif /* !_KPI_SYS_RMLOCK_H_ */
