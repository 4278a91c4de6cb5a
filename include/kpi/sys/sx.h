/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Shared/exclusive locks: sx(9).  Waiting for one is an unbounded sleep.
 */
#ifndef _KPI_SYS_SX_H_
#define _KPI_SYS_SX_H_

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/pcpu.h>
#include <sys/_sx.h>

#include <vnetsim/point.h>

/* sx_init_flags() */
#define	SX_DUPOK	0x01
#define	SX_NOPROFILE	0x02
#define	SX_NOWITNESS	0x04
#define	SX_QUIET	0x08
#define	SX_RECURSE	0x20		/* of exclusive holds */
#define	SX_NEW		0x40		/* storage was not zeroed */

/* Options of one acquisition. */
#define	SX_INTERRUPTIBLE	0x40

#define	sx_recurse	lock_object.lo_data

void	sx_init_flags(struct sx *sx, const char *description, int opts);
void	sx_destroy(struct sx *sx);
int	_sx_slock(struct sx *sx, int opts, const char *file, int line);
int	_sx_xlock(struct sx *sx, int opts, const char *file, int line);
int	_sx_try_slock(struct sx *sx, const char *file, int line);
int	_sx_try_xlock(struct sx *sx, const char *file, int line);
void	_sx_sunlock(struct sx *sx, const char *file, int line);
void	_sx_xunlock(struct sx *sx, const char *file, int line);
int	_sx_try_upgrade(struct sx *sx, const char *file, int line);
void	_sx_downgrade(struct sx *sx, const char *file, int line);
#ifdef INVARIANTS
void	_sx_assert(const struct sx *sx, int what, const char *file, int line);
#endif

/* Of a mutex(9)-like life: sx_destroy() wants it free. */
#define	sx_init(sx, desc)	sx_init_flags((sx), (desc), 0)

/*
 * Acquiring may sleep: no mutex, rwlock, rmlock or epoch section around it.
 * The *_sig forms return 0 with the lock held, or EINTR or ERESTART without.
 * The try forms return non-zero if they have the lock.  Whoever holds it shared
 * and asks for it exclusively hangs; WITNESS says so.
 */
#define	sx_slock(sx)	(void)_sx_slock((sx), 0, LOCK_FILE, LOCK_LINE)
#define	sx_slock_sig(sx)						\
	_sx_slock((sx), SX_INTERRUPTIBLE, LOCK_FILE, LOCK_LINE)
#define	sx_xlock(sx)	(void)_sx_xlock((sx), 0, LOCK_FILE, LOCK_LINE)
#define	sx_xlock_sig(sx)						\
	_sx_xlock((sx), SX_INTERRUPTIBLE, LOCK_FILE, LOCK_LINE)
#define	sx_try_slock(sx)	_sx_try_slock((sx), LOCK_FILE, LOCK_LINE)
#define	sx_try_xlock(sx)	_sx_try_xlock((sx), LOCK_FILE, LOCK_LINE)
#define	sx_sunlock(sx)		_sx_sunlock((sx), LOCK_FILE, LOCK_LINE)
#define	sx_xunlock(sx)		_sx_xunlock((sx), LOCK_FILE, LOCK_LINE)
/*
 * Non-zero if the caller's was the only shared hold and is exclusive now;
 * else nothing has changed.  Never waits.
 */
#define	sx_try_upgrade(sx)	_sx_try_upgrade((sx), LOCK_FILE, LOCK_LINE)
#define	sx_downgrade(sx)	_sx_downgrade((sx), LOCK_FILE, LOCK_LINE)
#define	sx_unlock(sx) do {						\
	if (sx_xlocked(sx))						\
		sx_xunlock(sx);						\
	else								\
		sx_sunlock(sx);						\
} while (0)

/*
 * The exclusive owner, NULL if there is none; stale unless it is the caller,
 * but its struct thread may be looked at.
 */
#define	sx_xholder(sx)							\
	__atomic_load_n(&(sx)->sx_lock.lw_owner, __ATOMIC_ACQUIRE)
#define	sx_xlocked(sx)	(sx_xholder(sx) == curthread)
/* For the holder: does anybody wait? */
#define	sx_has_waiters(sx)						\
	((__atomic_load_n(&(sx)->sx_lock.lw_state, __ATOMIC_RELAXED) &	\
	    LW_WAITERS) != 0)

/* sx_assert() */
#define	SA_LOCKED	LA_LOCKED
#define	SA_SLOCKED	LA_SLOCKED
#define	SA_XLOCKED	LA_XLOCKED
#define	SA_UNLOCKED	LA_UNLOCKED
#define	SA_RECURSED	LA_RECURSED
#define	SA_NOTRECURSED	LA_NOTRECURSED
#define	SX_LOCKED	LA_LOCKED
#define	SX_SLOCKED	LA_SLOCKED
#define	SX_XLOCKED	LA_XLOCKED
#define	SX_UNLOCKED	LA_UNLOCKED
#define	SX_RECURSED	LA_RECURSED
#define	SX_NOTRECURSED	LA_NOTRECURSED

#ifdef INVARIANTS
#define	sx_assert(sx, what)						\
	_sx_assert((sx), (what), __FILE__, __LINE__)
#else
#define	sx_assert(sx, what)	((void)0)
#endif

/* sleep(9) with an sx as the interlock. */
#define	sx_sleep(chan, sx, pri, wmesg, timo)				\
	_sleep((chan), &(sx)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, 0)

/* See MTX_SYSINIT(). */
struct sx_args {
	struct sx	*sa_sx;
	const char	*sa_desc;
	int		 sa_flags;
};
void	sx_sysinit(void *arg);
void	sx_sysuninit(void *arg);
#define	SX_SYSINIT_FLAGS(name, sxa, desc, flags)			\
	static struct sx_args name##_args = {				\
		(sxa), (desc), (flags) | SX_NEW				\
	};								\
	SYSINIT(name##_sx_sysinit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    sx_sysinit, &name##_args);					\
	SYSUNINIT(name##_sx_sysuninit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    sx_sysuninit, &name##_args)
#define	SX_SYSINIT(name, sxa, desc)	SX_SYSINIT_FLAGS(name, sxa, desc, 0)

#endif /* !_KPI_SYS_SX_H_ */
