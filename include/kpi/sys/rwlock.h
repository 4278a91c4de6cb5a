/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Reader/writer locks: rwlock(9).  Waiting for one is bounded.
 */
#ifndef _KPI_SYS_RWLOCK_H_
#define _KPI_SYS_RWLOCK_H_

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/pcpu.h>
#include <sys/_rwlock.h>

#include <vnetsim/point.h>

/* rw_init_flags() */
#define	RW_DUPOK	0x01
#define	RW_NOPROFILE	0x02
#define	RW_NOWITNESS	0x04
#define	RW_QUIET	0x08
#define	RW_RECURSE	0x10		/* of write holds */
#define	RW_NEW		0x20		/* storage was not zeroed */

#define	rw_recurse	lock_object.lo_data

void	_rw_init_flags(struct rwlock *rw, const char *name, int opts);
void	_rw_destroy(struct rwlock *rw);
void	_rw_rlock(struct rwlock *rw, const char *file, int line);
void	_rw_wlock(struct rwlock *rw, const char *file, int line);
int	_rw_try_rlock(struct rwlock *rw, const char *file, int line);
int	_rw_try_wlock(struct rwlock *rw, const char *file, int line);
void	_rw_runlock(struct rwlock *rw, const char *file, int line);
void	_rw_wunlock(struct rwlock *rw, const char *file, int line);
int	_rw_try_upgrade(struct rwlock *rw, const char *file, int line);
void	_rw_downgrade(struct rwlock *rw, const char *file, int line);
#ifdef INVARIANTS
void	_rw_assert(const struct rwlock *rw, int what, const char *file,
	    int line);
#endif

#define	rw_init(rw, name)	_rw_init_flags((rw), (name), 0)
#define	rw_init_flags(rw, name, opts)	_rw_init_flags((rw), (name), (opts))
#define	rw_destroy(rw)		_rw_destroy(rw)

/*
 * Acquire, boundedly; the try forms return non-zero if they have the lock.  A
 * reader that asks for a write hold hangs; WITNESS says so.
 */
#define	rw_rlock(rw)		_rw_rlock((rw), LOCK_FILE, LOCK_LINE)
#define	rw_wlock(rw)		_rw_wlock((rw), LOCK_FILE, LOCK_LINE)
#define	rw_try_rlock(rw)	_rw_try_rlock((rw), LOCK_FILE, LOCK_LINE)
#define	rw_try_wlock(rw)	_rw_try_wlock((rw), LOCK_FILE, LOCK_LINE)
#define	rw_runlock(rw)		_rw_runlock((rw), LOCK_FILE, LOCK_LINE)
#define	rw_wunlock(rw)		_rw_wunlock((rw), LOCK_FILE, LOCK_LINE)
/* As sx_try_upgrade() and sx_downgrade(). */
#define	rw_try_upgrade(rw)	_rw_try_upgrade((rw), LOCK_FILE, LOCK_LINE)
#define	rw_downgrade(rw)	_rw_downgrade((rw), LOCK_FILE, LOCK_LINE)
#define	rw_unlock(rw) do {						\
	if (rw_wowned(rw))						\
		rw_wunlock(rw);						\
	else								\
		rw_runlock(rw);						\
} while (0)

#define	rw_wowner(rw)							\
	__atomic_load_n(&(rw)->rw_lock.lw_owner, __ATOMIC_RELAXED)
#define	rw_wowned(rw)	(rw_wowner(rw) == curthread)
#define	rw_initialized(rw)						\
	(((rw)->lock_object.lo_flags & LO_INITIALIZED) != 0)

/* rw_assert() and rm_assert() */
#define	RA_LOCKED	LA_LOCKED
#define	RA_RLOCKED	LA_SLOCKED
#define	RA_WLOCKED	LA_XLOCKED
#define	RA_UNLOCKED	LA_UNLOCKED
#define	RA_RECURSED	LA_RECURSED
#define	RA_NOTRECURSED	LA_NOTRECURSED

#ifdef INVARIANTS
#define	rw_assert(rw, what)						\
	_rw_assert((rw), (what), __FILE__, __LINE__)
#else
#define	rw_assert(rw, what)	((void)0)
#endif

/* sleep(9) with an rwlock as the interlock. */
#define	rw_sleep(chan, rw, pri, wmesg, timo)				\
	_sleep((chan), &(rw)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, 0)

/* See MTX_SYSINIT(). */
struct rw_args {
	struct rwlock	*ra_rw;
	const char	*ra_desc;
	int		 ra_flags;
};
void	rw_sysinit(void *arg);
void	rw_sysuninit(void *arg);
#define	RW_SYSINIT_FLAGS(name, rw, desc, flags)				\
	static struct rw_args name##_args = {				\
		(rw), (desc), (flags) | RW_NEW				\
	};								\
	SYSINIT(name##_rw_sysinit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    rw_sysinit, &name##_args);					\
	SYSUNINIT(name##_rw_sysuninit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    rw_sysuninit, &name##_args)
#define	RW_SYSINIT(name, rw, desc)	RW_SYSINIT_FLAGS(name, rw, desc, 0)

#endif /* !_KPI_SYS_RWLOCK_H_ */
