/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mutexes: mutex(9).
 *
 * mtx_init, mtx_lock, mtx_trylock, mtx_unlock and mtx_destroy are also C11's,
 * in <threads.h>.  Here they are macros that pick by the number of arguments
 * or by the type of the pointer, and a program may include both headers.
 */
#ifndef _KPI_SYS_MUTEX_H_
#define _KPI_SYS_MUTEX_H_

#include <threads.h>

#include <sys/kassert.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/pcpu.h>
#include <sys/_mutex.h>

#include <vnetsim/point.h>

/* mtx_init() */
#define	MTX_DEF		0x00000000	/* blocks */
#define	MTX_SPIN	0x00000001	/* holder must not block */
#define	MTX_RECURSE	0x00000004	/* also for mtx_lock_flags() */
#define	MTX_NOWITNESS	0x00000008
#define	MTX_NOPROFILE	0x00000020
#define	MTX_NEW		0x00000040	/* storage was not zeroed */
/* mtx_init() and the *_flags() forms */
#define	MTX_QUIET	LOP_QUIET
#define	MTX_DUPOK	LOP_DUPOK

/* mtx_lock: the owner, and */
#define	MTX_UNOWNED	0x00000000
#define	MTX_RECURSED	0x00000001	/* lo_data is not zero */
#define	MTX_CONTESTED	0x00000002	/* somebody waits */
#define	MTX_DESTROYED	0x00000004
#define	MTX_FLAGMASK	(MTX_RECURSED | MTX_CONTESTED | MTX_DESTROYED)

#define	mtx_recurse	lock_object.lo_data

/* mtx_assert() */
#define	MA_OWNED	LA_XLOCKED
#define	MA_NOTOWNED	LA_UNLOCKED
#define	MA_RECURSED	LA_RECURSED
#define	MA_NOTRECURSED	LA_NOTRECURSED

/*
 * The functions under the macros.  `file` and `line` are the caller's place.
 */
void	_mtx_init(struct mtx *m, const char *name, const char *type, int opts);
void	_mtx_destroy(struct mtx *m);
void	_mtx_lock_flags(struct mtx *m, int opts, const char *file, int line);
void	_mtx_unlock_flags(struct mtx *m, int opts, const char *file, int line);
int	_mtx_trylock_flags(struct mtx *m, int opts, const char *file,
	    int line);
void	_mtx_lock_spin_flags(struct mtx *m, int opts, const char *file,
	    int line);
void	_mtx_unlock_spin_flags(struct mtx *m, int opts, const char *file,
	    int line);
int	_mtx_trylock_spin_flags(struct mtx *m, int opts, const char *file,
	    int line);
void	_mtx_lock_sleep(struct mtx *m, int opts, const char *file, int line);
void	_mtx_unlock_sleep(struct mtx *m);
void	_mtx_wake(struct mtx *m);
#ifdef INVARIANTS
void	_mtx_assert(const struct mtx *m, int what, const char *file, int line);
#endif

/* What the ambiguous names become for a mtx_t. */
static inline int
_mtx_host_lock(mtx_t *m, int opts __unused, const char *file __unused,
    int line __unused)
{
	return ((mtx_lock)(m));
}

static inline int
_mtx_host_unlock(mtx_t *m, int opts __unused, const char *file __unused,
    int line __unused)
{
	return ((mtx_unlock)(m));
}

static inline int
_mtx_host_trylock(mtx_t *m, int opts __unused, const char *file __unused,
    int line __unused)
{
	return ((mtx_trylock)(m));
}

/*
 * The word.  To obtain it takes an atomic instruction; to release it, a store
 * and a look whether somebody waits, see mtx_wait().  Both are where they are
 * called if the kernel checks nothing.
 */
static inline VS_PRIMITIVE bool
_mtx_obtain(struct mtx *m)
{
	uintptr_t v = MTX_UNOWNED;

	return (__predict_true(__atomic_compare_exchange_n(&m->mtx_lock, &v,
	    (uintptr_t)curthread, false, __ATOMIC_ACQ_REL,
	    __ATOMIC_RELAXED)));
}

static inline VS_PRIMITIVE void
_mtx_release(struct mtx *m)
{
	if (__predict_false(__atomic_load_n(&m->mtx_lock, __ATOMIC_RELAXED) !=
	    (uintptr_t)curthread)) {
		_mtx_unlock_sleep(m);
		return;
	}
	__atomic_store_n(&m->mtx_lock, MTX_UNOWNED, __ATOMIC_RELEASE);
	lock_fence();
	if (__predict_false(__atomic_load_n(lock_waiters_of(m),
	    __ATOMIC_RELAXED) != 0))
		_mtx_wake(m);
}

static inline VS_PRIMITIVE void
_mtx_kern_lock(struct mtx *m, int opts, const char *file, int line)
{
#if LOCK_DEBUG > 0
	_mtx_lock_flags(m, opts, file, line);
#else
	VS_POINT(VS_OP_MTX_LOCK, m);
	if (!_mtx_obtain(m))
		_mtx_lock_sleep(m, opts, file, line);
#endif
}

static inline VS_PRIMITIVE void
_mtx_kern_unlock(struct mtx *m, int opts __unused,
    const char *file __unused, int line __unused)
{
#if LOCK_DEBUG > 0
	_mtx_unlock_flags(m, opts, file, line);
#else
	VS_POINT(VS_OP_MTX_UNLOCK, m);
	_mtx_release(m);
#endif
}

#define	_MTX_PICK(m, kern, host)					\
	_Generic((m), mtx_t *: host, default: kern)

/*
 * mtx_init(m, name, type, opts): `type` NULL means the name.  mtx_destroy():
 * the mutex is free, or held once by the caller and nobody waits.
 */
#define	mtx_init(...)							\
	_MTX_INIT_PICK(__VA_ARGS__, _mtx_init, _mtx_bad_count,		\
	    (mtx_init), _mtx_bad_count, )(__VA_ARGS__)
#define	_MTX_INIT_PICK(a, b, c, d, name, ...)	name
#define	mtx_destroy(m)	_MTX_PICK(m, _mtx_destroy, (mtx_destroy))(m)

/*
 * mtx_lock() waits, boundedly, and never with a spin mutex held or in a
 * critical section.  mtx_trylock() returns non-zero if it has the mutex; it
 * recurses only on a recursive one.
 */
#define	mtx_lock(m)		mtx_lock_flags((m), 0)
#define	mtx_unlock(m)		mtx_unlock_flags((m), 0)
#define	mtx_trylock(m)		mtx_trylock_flags((m), 0)
#define	mtx_lock_flags(m, opts)						\
	_MTX_PICK(m, _mtx_kern_lock, _mtx_host_lock)((m), (opts),	\
	    LOCK_FILE, LOCK_LINE)
#define	mtx_unlock_flags(m, opts)					\
	_MTX_PICK(m, _mtx_kern_unlock, _mtx_host_unlock)((m), (opts),	\
	    LOCK_FILE, LOCK_LINE)
#define	mtx_trylock_flags(m, opts)					\
	_MTX_PICK(m, _mtx_trylock_flags, _mtx_host_trylock)((m), (opts), \
	    LOCK_FILE, LOCK_LINE)

/* For mutexes made with MTX_SPIN; a critical section while held. */
#define	mtx_lock_spin(m)	mtx_lock_spin_flags((m), 0)
#define	mtx_unlock_spin(m)	mtx_unlock_spin_flags((m), 0)
#define	mtx_trylock_spin(m)	mtx_trylock_spin_flags((m), 0)
#define	mtx_lock_spin_flags(m, opts)					\
	_mtx_lock_spin_flags((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_unlock_spin_flags(m, opts)					\
	_mtx_unlock_spin_flags((m), (opts), LOCK_FILE, LOCK_LINE)
#define	mtx_trylock_spin_flags(m, opts)					\
	_mtx_trylock_spin_flags((m), (opts), LOCK_FILE, LOCK_LINE)

static inline uintptr_t
_mtx_load(const struct mtx *m)
{
	return (__atomic_load_n(&m->mtx_lock, __ATOMIC_RELAXED));
}

#define	mtx_owner(m)							\
	((struct thread *)(_mtx_load(m) & ~(uintptr_t)MTX_FLAGMASK))
#define	mtx_owned(m)	(mtx_owner(m) == curthread)
/* Meaningful to the owner only. */
#define	mtx_recursed(m)	((m)->mtx_recurse != 0)
#define	mtx_unowned(m)	(_mtx_load(m) == MTX_UNOWNED)
#define	mtx_initialized(m)						\
	(((m)->lock_object.lo_flags & LO_INITIALIZED) != 0)
#define	mtx_name(m)	((m)->lock_object.lo_name)

/*
 * Waits until the mutex was seen free, before its memory goes away while its
 * last owner may still be releasing it.  The caller does not own it.
 */
void	mtx_wait_unlocked(struct mtx *m);
void	mtx_spin_wait_unlocked(struct mtx *m);

#ifdef INVARIANTS
#define	mtx_assert(m, what)						\
	_mtx_assert((m), (what), __FILE__, __LINE__)
#else
#define	mtx_assert(m, what)	((void)0)
#endif

/* sleep(9) with a mutex as the interlock. */
#define	mtx_sleep(chan, mtx, pri, wmesg, timo)				\
	_sleep((chan), &(mtx)->lock_object, (pri), (wmesg),		\
	    tick_sbt * (timo), 0, 0)

/*
 * Pools of mutexes, found by hashing an address: mtx_pool(9).  Leaf locks
 * only, for two addresses may share one.  `size` is a power of two.
 */
struct mtx_pool;
extern struct mtx_pool *mtxpool_sleep;
struct mtx_pool	*mtx_pool_create(const char *mtx_name, int pool_size,
		    int opts);
void	mtx_pool_destroy(struct mtx_pool **poolp);
struct mtx	*mtx_pool_find(struct mtx_pool *pool, void *ptr);
struct mtx	*mtx_pool_alloc(struct mtx_pool *pool);
/* (pool, address) */
#define	mtx_pool_lock(...)		mtx_lock(mtx_pool_find(__VA_ARGS__))
#define	mtx_pool_unlock(...)		mtx_unlock(mtx_pool_find(__VA_ARGS__))
#define	mtx_pool_lock_spin(...)						\
	mtx_lock_spin(mtx_pool_find(__VA_ARGS__))
#define	mtx_pool_unlock_spin(...)					\
	mtx_unlock_spin(mtx_pool_find(__VA_ARGS__))

/*
 * Giant.  DROP_GIANT() releases every level of it and opens a block;
 * PICKUP_GIANT() takes them back and closes it.
 */
extern struct mtx Giant;
struct giant_hold {
	u_int		gh_levels;
	const char	*gh_file;	/* WITNESS: where it was acquired */
	int		gh_line;
};
void	_mtx_giant_drop(struct giant_hold *gh);
void	_mtx_giant_pickup(const struct giant_hold *gh);
#define	DROP_GIANT()							\
	{ struct giant_hold _giant = { .gh_levels = 0 };		\
	if (mtx_owned(&Giant))						\
		_mtx_giant_drop(&_giant)
#define	PARTIAL_PICKUP_GIANT()						\
	if (_giant.gh_levels != 0)					\
		_mtx_giant_pickup(&_giant)
#define	PICKUP_GIANT()							\
	PARTIAL_PICKUP_GIANT(); }
#ifdef INVARIANTS
#define	GIANT_REQUIRED							\
do {									\
	KASSERT(mtx_owned(&Giant), ("Giant not owned"));		\
} while (0)
#else
#define	GIANT_REQUIRED	do { } while (0)
#endif

/*
 * A mutex that exists from SI_SUB_LOCK on.  MTX_NEW lets the next kernel of
 * this process initialise what a kernel that panicked left behind.
 */
struct mtx_args {
	struct mtx	*ma_mtx;
	const char	*ma_desc;
	int		 ma_opts;
};
void	mtx_sysinit(void *arg);
void	mtx_sysuninit(void *arg);
#define	MTX_SYSINIT(name, mtx, desc, opts)				\
	static struct mtx_args name##_args = {				\
		(mtx), (desc), (opts) | MTX_NEW				\
	};								\
	SYSINIT(name##_mtx_sysinit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    mtx_sysinit, &name##_args);					\
	SYSUNINIT(name##_mtx_sysuninit, SI_SUB_LOCK, SI_ORDER_MIDDLE,	\
	    mtx_sysuninit, &name##_args)

#endif /* !_KPI_SYS_MUTEX_H_ */
