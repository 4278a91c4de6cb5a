/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lock objects, lock classes and the WITNESS hooks: what locks have in common.
 */
#ifndef _KPI_SYS_LOCK_H_
#define _KPI_SYS_LOCK_H_

#include <sys/_lock.h>
#include <sys/queue.h>

struct lock_list_entry;

/*
 * A class of locks.  The functions serve sleep(9), condvar(9) and callout(9),
 * which get a lock without knowing its kind.
 */
struct lock_class {
	const char	*lc_name;
	u_int		lc_flags;	/* LC_* */
	/* Panics unless the lock is in the state `what` (LA_*). */
	void		(*lc_assert)(const struct lock_object *lock, int what);
	/* Acquires in the mode that lc_unlock() returned. */
	void		(*lc_lock)(struct lock_object *lock, uintptr_t how);
	/* Releases a lock held once; returns the mode it was held in. */
	uintptr_t	(*lc_unlock)(struct lock_object *lock);
	/* Non-zero on success; NULL where a class has none. */
	int		(*lc_trylock)(struct lock_object *lock, uintptr_t how);
	/* The exclusive owner, if any; non-zero if the lock is held at all. */
	int		(*lc_owner)(const struct lock_object *lock,
			    struct thread **owner);
};

#define	LC_SLEEPLOCK	0x00000001	/* not a spin lock */
#define	LC_SPINLOCK	0x00000002
#define	LC_SLEEPABLE	0x00000004	/* may be held while sleeping */
#define	LC_RECURSABLE	0x00000008
#define	LC_UPGRADABLE	0x00000010

/* lo_flags */
#define	LO_CLASSFLAGS	0x0000ffff	/* the class's own */
#define	LO_INITIALIZED	0x00010000
#define	LO_WITNESS	0x00020000	/* watched by WITNESS */
#define	LO_QUIET	0x00040000
#define	LO_RECURSABLE	0x00080000
#define	LO_SLEEPABLE	0x00100000
#define	LO_UPGRADABLE	0x00200000
#define	LO_DUPOK	0x00400000	/* several of one type may be held */
#define	LO_IS_VNODE	0x00800000
#define	LO_CLASSMASK	0x0f000000
#define	LO_NOPROFILE	0x10000000
#define	LO_NEW		0x20000000	/* storage was not zeroed */
#define	LO_CLASSSHIFT	24

#define	LOCK_CLASS(lock)	(lock_classes[LO_CLASSINDEX((lock))])
#define	LO_CLASSINDEX(lock)						\
	(((lock)->lo_flags & LO_CLASSMASK) >> LO_CLASSSHIFT)
#define	LOCK_CLASS_MAX		16

/* Options of one operation. */
#define	LOP_NEWORDER	0x00000001	/* a new order may be learned */
#define	LOP_QUIET	0x00000002
#define	LOP_TRYLOCK	0x00000004
#define	LOP_EXCLUSIVE	0x00000008
#define	LOP_DUPOK	0x00000010
#define	LOP_NOSLEEP	0x00000020	/* not sleepable, whatever its class */

/* What lc_assert() and witness_assert() are asked. */
#define	LA_MASKASSERT	0x000000ff
#define	LA_UNLOCKED	0x00000000
#define	LA_LOCKED	0x00000001
#define	LA_SLOCKED	0x00000002
#define	LA_XLOCKED	0x00000004
#define	LA_RECURSED	0x00000008
#define	LA_NOTRECURSED	0x00000010

/*
 * The place of a lock operation is passed on only where somebody may print
 * it.
 */
#if defined(INVARIANTS) || defined(WITNESS)
#define	LOCK_DEBUG	1
#define	LOCK_FILE	__FILE__
#define	LOCK_LINE	__LINE__
#else
#define	LOCK_DEBUG	0
#define	LOCK_FILE	NULL
#define	LOCK_LINE	0
#endif

/*
 * lock_word.lw_state.  A live lock carries LW_LIVE, so that zeroed storage is
 * not mistaken for a free lock.  The two waiter flags are set and cleared under
 * the wait queue's lock; a writer's release may overwrite them, see lockword.h.
 */
#define	LW_WRITER		0x01	/* held exclusively */
#define	LW_SHARED_WAITERS	0x02
#define	LW_EXCLUSIVE_WAITERS	0x04
#define	LW_WAITERS		(LW_SHARED_WAITERS | LW_EXCLUSIVE_WAITERS)
#define	LW_LIVE			0x10
#define	LW_DESTROYED		0x20
#define	LW_BIASED		0x40	/* readers may use td_readslots */
#define	LW_RESIDUE		0x80	/* not any more, but some may be in */
#define	LW_SLOTS		(LW_BIASED | LW_RESIDUE)
#define	LW_ONE_SHARER		0x100
#define	LW_SHARERS(state)	((state) / LW_ONE_SHARER)
#define	LW_FREE			LW_LIVE

/*
 * How many threads wait, or are about to, for locks of one hash value.  Whoever
 * releases a lock with a plain store looks here afterwards rather than at the
 * lock, which may be gone.  lock_fence() orders the two for a waiter that
 * issues the host's heavy fence between raising the count and looking at the
 * lock.
 */
#define	LOCK_WAITERS	1024
extern u_int lock_waiters[LOCK_WAITERS];	/* (a) */

static inline u_int *
lock_waiters_of(const volatile void *lock)
{
	uint64_t h = (uintptr_t)lock;

	return (&lock_waiters[h * 0x9e3779b97f4a7c15ULL >> 54]);
}

/* Kept by the host layer. */
extern bool host_fence_cheap;
void	lock_fence_full(void);

static inline void
lock_fence(void)
{
	if (__predict_true(host_fence_cheap))
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	else
		lock_fence_full();
}

extern struct lock_class *lock_classes[LOCK_CLASS_MAX];
extern struct lock_class lock_class_mtx_sleep;
extern struct lock_class lock_class_mtx_spin;
extern struct lock_class lock_class_sx;
extern struct lock_class lock_class_rw;
extern struct lock_class lock_class_rm;
extern struct lock_class lock_class_rm_sleepable;

/*
 * For lock implementations: fills in and withdraws the common part.  `type`
 * NULL means the name is the type.
 */
void	lock_init(struct lock_object *lock, struct lock_class *class,
	    const char *name, const char *type, int flags);
void	lock_destroy(struct lock_object *lock);
/* The exclusive owner of a lock of any class, NULL if there is none. */
struct thread	*lock_owner(const struct lock_object *lock);

/*
 * WITNESS, the lock order verifier: witness(4).  Without the kernel option
 * all of it compiles to nothing.
 */
#define	WARN_GIANTOK	0x01	/* Giant may be held */
#define	WARN_PANIC	0x02	/* panic rather than print */
#define	WARN_SLEEPOK	0x04	/* sleepable locks may be held */

#ifdef WITNESS
void	witness_startup(void *mem);
void	witness_init(struct lock_object *lock, const char *type);
void	witness_destroy(struct lock_object *lock);
int	witness_defineorder(struct lock_object *lock1,
	    struct lock_object *lock2);
void	witness_checkorder(struct lock_object *lock, int flags,
	    const char *file, int line, struct lock_object *interlock);
void	witness_lock(struct lock_object *lock, int flags, const char *file,
	    int line);
void	witness_upgrade(struct lock_object *lock, int flags, const char *file,
	    int line);
void	witness_downgrade(struct lock_object *lock, int flags,
	    const char *file, int line);
void	witness_unlock(struct lock_object *lock, int flags, const char *file,
	    int line);
void	witness_save(struct lock_object *lock, const char **filep, int *linep);
void	witness_restore(struct lock_object *lock, const char *file, int line);
int	witness_list_locks(struct lock_list_entry **lock_list,
	    int (*prnt)(const char *fmt, ...));
int	witness_warn(int flags, struct lock_object *lock, const char *fmt, ...)
	    __printflike(3, 4);
void	witness_assert(const struct lock_object *lock, int flags,
	    const char *file, int line);
int	witness_line(struct lock_object *lock);
void	witness_norelease(struct lock_object *lock);
void	witness_releaseok(struct lock_object *lock);
const char *witness_file(struct lock_object *lock);
/* 1 owned by the caller, -1 not owned, 0 not known. */
int	witness_is_owned(const struct lock_object *lock);
void	witness_thread_exit(struct thread *td);

/* The calls, which are nothing without WITNESS. */
#define	WITNESS_INIT		witness_init
#define	WITNESS_DESTROY		witness_destroy
#define	WITNESS_DEFINEORDER(lock1, lock2)				\
	witness_defineorder((struct lock_object *)(lock1),		\
	    (struct lock_object *)(lock2))
#define	WITNESS_CHECKORDER	witness_checkorder
#define	WITNESS_LOCK		witness_lock
#define	WITNESS_UPGRADE		witness_upgrade
#define	WITNESS_DOWNGRADE	witness_downgrade
#define	WITNESS_UNLOCK		witness_unlock
#define	WITNESS_WARN		witness_warn
/* Where a lock was taken, kept in a local variable while it is dropped. */
struct witness_place {
	const char	*wp_file;
	int		wp_line;
};
#define	WITNESS_SAVE_DECL(n)						\
	struct witness_place n##_place = { NULL, 0 }
#define	WITNESS_SAVE(lock, n)						\
	witness_save((lock), &n##_place.wp_file, &n##_place.wp_line)
#define	WITNESS_RESTORE(lock, n)					\
	witness_restore((lock), n##_place.wp_file, n##_place.wp_line)
#define	WITNESS_NORELEASE(lk)	witness_norelease(&(lk)->lock_object)
#define	WITNESS_RELEASEOK(lk)	witness_releaseok(&(lk)->lock_object)
#define	WITNESS_THREAD_EXIT	witness_thread_exit
#define	WITNESS_FILE		witness_file
#define	WITNESS_LINE		witness_line
#else
#define	WITNESS_INIT(lock, type)	((void)0)
#define	WITNESS_DESTROY(lock)		((void)0)
#define	WITNESS_DEFINEORDER(lock1, lock2)	0
#define	WITNESS_CHECKORDER(lock, flags, file, line, interlock)	((void)0)
#define	WITNESS_LOCK(lock, flags, file, line)	((void)0)
#define	WITNESS_UPGRADE(lock, flags, file, line)	((void)0)
#define	WITNESS_DOWNGRADE(lock, flags, file, line)	((void)0)
#define	WITNESS_UNLOCK(lock, flags, file, line)	((void)0)
#define	WITNESS_WARN(flags, lock, fmt, ...)	__witness_no_locks()
static inline int
__witness_no_locks(void)
{
	return (0);
}
#define	WITNESS_SAVE_DECL(n)	__unused int n##_place = 0
#define	WITNESS_SAVE(lock, n)		((void)0)
#define	WITNESS_RESTORE(lock, n)	((void)0)
#define	WITNESS_NORELEASE(lock)		((void)0)
#define	WITNESS_RELEASEOK(lock)		((void)0)
#define	WITNESS_THREAD_EXIT(td)		((void)0)
#define	WITNESS_FILE(lock)	("?")
#define	WITNESS_LINE(lock)	(0)
#endif

#endif /* !_KPI_SYS_LOCK_H_ */
