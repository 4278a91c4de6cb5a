/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Virtual network stacks.
 *
 * A V_ variable has a master copy in the linker set "vnet" of its kld and an
 * instance in every vnet: the vnet keeps one block of memory a kld, found by
 * the slot of the kld that defines the variable.  The master is nobody's
 * instance.
 */
#ifndef _KPI_NET_VNET_H_
#define _KPI_NET_VNET_H_

#include <sys/param.h>
#include <sys/counter.h>
#include <sys/kernel.h>
#include <sys/kassert.h>
#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#define	VNET_MAGIC_N	0x5e4a6f28
#define	VNET_SLOTS	32		/* klds with V_ variables at once; slot
					   0 is never used */

/*
 * Locks: (c) constant, (L) vnet_sxlock and vnet_rwlock, (i) IFNET_WLOCK,
 * (s) the thread that builds or destroys it, (a) atomic, (d) vnet_data_lock,
 * (S) vnet_sysinit_sxlock, exclusive or with (s).
 */
struct vnet {
	LIST_ENTRY(vnet) vnet_le;		/* (L) vnet_head */
	LIST_ENTRY(vnet) vnet_all;		/* (d) with those not listed */
	u_int		vnet_magic_n;		/* (c) VNET_MAGIC_N */
	u_int		vnet_id;		/* (c) serial, vnet0: 0 */
	u_int		vnet_ifcnt;		/* (i) interfaces on V_ifnet */
	u_int		vnet_sockcnt;		/* (a) sockets in it */
	u_int		vnet_state;		/* (s) SI_SUB_* being run */
	bool		vnet_shutdown;		/* (s) off vnet_head for good */
	bool		vnet_started[VNET_SLOTS]; /* (S) a constructor of the
						   kld has run in it */
	void		*vnet_data[VNET_SLOTS];	/* (d) V_ data of each kld; a
						   kld reads its own freely */
};

/* False while borrowed interfaces are returned, true for what follows. */
#define	VNET_IS_SHUTTING_DOWN(vnet)					\
	(__atomic_load_n(&(vnet)->vnet_shutdown, __ATOMIC_RELAXED) &&	\
	    __atomic_load_n(&(vnet)->vnet_state, __ATOMIC_RELAXED) <	\
	    SI_SUB_VNET_DONE)

LIST_HEAD(vnet_list_head, vnet);
extern struct vnet_list_head vnet_head;
extern struct vnet *vnet0;
#define	IS_DEFAULT_VNET(arg)	((arg) == vnet0)

#define	VNET_FOREACH(vnet_iter)	LIST_FOREACH((vnet_iter), &vnet_head, vnet_le)

extern struct rwlock vnet_rwlock;
extern struct sx vnet_sxlock;
#define	VNET_LIST_RLOCK()		sx_slock(&vnet_sxlock)
#define	VNET_LIST_RLOCK_NOSLEEP()	rw_rlock(&vnet_rwlock)
#define	VNET_LIST_RUNLOCK()		sx_sunlock(&vnet_sxlock)
#define	VNET_LIST_RUNLOCK_NOSLEEP()	rw_runlock(&vnet_rwlock)

/* The current vnet of the running thread. */
#define	curvnet		curthread->td_vnet

#define	VNET_ASSERT(exp, msg)	KASSERT(exp, msg)
#define	CURVNET_ASSERT_SET()						\
	VNET_ASSERT(curvnet != NULL, ("vnet is not set at %s:%d %s()",	\
	    __FILE__, __LINE__, __func__))

#ifdef INVARIANTS
/* Panics unless `vnet` is a living vnet; kept out of line. */
void	vnet_check(const struct vnet *vnet, const char *what,
	    const char *file, int line, const char *func);
#define	__CURVNET_CHECK(v, what)					\
	vnet_check((v), (what), __FILE__, __LINE__, __func__)
#else
#define	__CURVNET_CHECK(v, what)	do { } while (0)
#endif

/*
 * Both must stand in one block: SET declares a local that RESTORE reads.
 * Setting a vnet that has been destroyed panics (INVARIANTS).
 */
#define	CURVNET_SET_QUIET(arg)						\
	struct vnet *saved_vnet = curvnet;				\
	const char *saved_vnet_lpush = curthread->td_vnet_lpush;	\
	__CURVNET_CHECK((arg), "CURVNET_SET");				\
	curvnet = (arg);						\
	curthread->td_vnet_lpush = __func__
#define	CURVNET_SET(arg)	CURVNET_SET_QUIET(arg)
#define	CURVNET_SET_VERBOSE(arg)	CURVNET_SET_QUIET(arg)
#define	CURVNET_RESTORE() do {						\
	VNET_ASSERT(curvnet != NULL, ("CURVNET_RESTORE at %s:%d %s() "	\
	    "with no vnet set", __FILE__, __LINE__, __func__));		\
	if (saved_vnet != NULL)						\
		__CURVNET_CHECK(saved_vnet, "CURVNET_RESTORE");		\
	curvnet = saved_vnet;						\
	curthread->td_vnet_lpush = saved_vnet_lpush;			\
} while (0)

#define	VNET_NAME(n)		vnet_entry_##n
#define	__VNET_KLD(n)		vnet_kld_##n
#define	VNET_DECLARE(t, n)						\
	extern const struct kld_image * const __VNET_KLD(n);		\
	extern t VNET_NAME(n)
/*
 * May be followed by an initialiser.  The name may be that of an array,
 * "table[3]"; its kld is then an array too, of which the first element counts.
 */
#define	VNET_DEFINE(t, n)						\
	const struct kld_image * const __VNET_KLD(n) __unused =		\
	    { &__KLD_IMAGE };						\
	t VNET_NAME(n) __section(__KLD_SECTION(vnet)) __used
#define	VNET_DEFINE_STATIC(t, n)					\
	static const struct kld_image * const __VNET_KLD(n) __unused =	\
	    { &__KLD_IMAGE };						\
	static t VNET_NAME(n) __section(__KLD_SECTION(vnet)) __used

/* The instance, in `v`, of the kld's variable whose master is at `p`. */
static inline void *
__vnet_instance(const struct vnet *v, const struct kld_image *ki,
    const void *p)
{
	return ((char *)v->vnet_data[ki->ki_slot] +
	    ((const char *)p - (const char *)ki->ki_vnet));
}

#define	VNET_VNET_PTR(vnet, n)						\
	((__typeof(VNET_NAME(n)) *)__vnet_instance((vnet),		\
	    *(const struct kld_image * const *)&__VNET_KLD(n),		\
	    &VNET_NAME(n)))
#define	VNET_VNET(vnet, n)	(*VNET_VNET_PTR(vnet, n))
#define	VNET_PTR(n)		VNET_VNET_PTR(curvnet, n)
#define	VNET(n)			VNET_VNET(curvnet, n)

/*
 * Constructors and destructors of a vnet, VNET_SYSINIT(9).  `sub` lies above
 * SI_SUB_VNET and not above SI_SUB_VNET_DONE.
 */
struct vnet_sysinit {
	enum sysinit_sub_id	subsystem;	/* (c) */
	enum sysinit_elem_order	order;		/* (c) */
	sysinit_cfunc_t		func;		/* (c) */
	const void		*arg;		/* (c) */
	const struct kld_image	*image;		/* (c) whose it is */
	TAILQ_ENTRY(vnet_sysinit) link;		/* vnet_sysinit_sxlock */
};

#define	__VNET_SYSINIT(kind, regname, ident, sub, ord, fn, ar)		\
	CTASSERT((sub) > SI_SUB_VNET && (sub) <= SI_SUB_VNET_DONE);	\
	static struct vnet_sysinit ident##_vnet_##kind = {		\
		.subsystem = (sub),					\
		.order = (ord),						\
		.func = (sysinit_cfunc_t)(void (*)(void))(fn),		\
		.arg = (ar),						\
		.image = &__KLD_IMAGE,					\
	};								\
	SYSINIT(vnet_##kind##_##ident, sub, ord,			\
	    vnet_register_##regname, &ident##_vnet_##kind);		\
	SYSUNINIT(vnet_##kind##_##ident, sub, ord,			\
	    vnet_deregister_##regname, &ident##_vnet_##kind)
#define	VNET_SYSINIT(ident, subsystem, order, func, arg)		\
	__VNET_SYSINIT(init, sysinit, ident, subsystem, order, func, arg)
#define	VNET_SYSUNINIT(ident, subsystem, order, func, arg)		\
	__VNET_SYSINIT(uninit, sysuninit, ident, subsystem, order, func, arg)

void	vnet_register_sysinit(void *);
void	vnet_deregister_sysinit(void *);
void	vnet_register_sysuninit(void *);
void	vnet_deregister_sysuninit(void *);

/*
 * vnet_alloc(): sleeps, cannot fail; called with allprison_lock held
 * exclusively or none of the jail locks.  vnet_destroy(): no jail lock, no
 * sockets left.
 */
struct vnet *vnet_alloc(void);
void	vnet_destroy(struct vnet *vnet);

/*
 * V_ data of a kld, for the linker.  alloc: finds a slot and gives every vnet
 * a block of zeros; false if all slots are taken.  copy: puts the initial
 * values into the vnets.  free: takes the blocks and the slot back.
 */
bool	vnet_data_alloc(struct kld_image *image);
void	vnet_data_copy(const struct kld_image *image);
void	vnet_data_free(struct kld_image *image);
/* The instance, in `vnet`, of the variable whose master is at `master`. */
void	*vnet_data_instance(const struct vnet *vnet, const void *master);

/*
 * Per-CPU statistics of a vnet: one counter for each 64-bit member of a
 * structure.  They need <sys/malloc.h>.
 */
#define	__VNET_PCPUSTAT_TYPE(type)					\
	__typeof(counter_u64_t [sizeof(type) / sizeof(uint64_t)])
#define	VNET_PCPUSTAT_DECLARE(type, name)				\
	VNET_DECLARE(__VNET_PCPUSTAT_TYPE(type), name)
#define	VNET_PCPUSTAT_DEFINE(type, name)				\
	VNET_DEFINE(__VNET_PCPUSTAT_TYPE(type), name)
#define	VNET_PCPUSTAT_DEFINE_STATIC(type, name)				\
	VNET_DEFINE_STATIC(__VNET_PCPUSTAT_TYPE(type), name)
#define	VNET_PCPUSTAT_SYSINIT(name)					\
static void								\
vnet_##name##_init(const void *unused __unused)				\
{									\
									\
	COUNTER_ARRAY_ALLOC(VNET(name), nitems(VNET(name)), M_WAITOK);	\
}									\
VNET_SYSINIT(vnet_##name##_init, SI_SUB_INIT_IF, SI_ORDER_FIRST,	\
    vnet_##name##_init, NULL)
#define	VNET_PCPUSTAT_SYSUNINIT(name)					\
static void								\
vnet_##name##_uninit(const void *unused __unused)			\
{									\
									\
	COUNTER_ARRAY_FREE(VNET(name), nitems(VNET(name)));		\
}									\
VNET_SYSUNINIT(vnet_##name##_uninit, SI_SUB_INIT_IF, SI_ORDER_FIRST,	\
    vnet_##name##_uninit, NULL)
#define	__VNET_PCPUSTAT(type, name, f)					\
	VNET(name)[offsetof(type, f) / sizeof(uint64_t)]
#define	VNET_PCPUSTAT_ADD(type, name, f, v)				\
	counter_u64_add(__VNET_PCPUSTAT(type, name, f), (v))
#define	VNET_PCPUSTAT_FETCH(type, name, f)				\
	counter_u64_fetch(__VNET_PCPUSTAT(type, name, f))

#define	TD_TO_VNET(td)		CRED_TO_VNET((td)->td_ucred)
#define	P_TO_VNET(p)		CRED_TO_VNET((p)->p_ucred)
#define	CRED_TO_VNET(cr)	((cr)->cr_prison->pr_vnet)

/*
 * For events without arguments that must reach every vnet; registers only
 * when curvnet is the default one, so it can stand in a VNET_SYSINIT.
 */
void	vnet_global_eventhandler_iterator_func(void *, ...);
#define	VNET_GLOBAL_EVENTHANDLER_REGISTER_TAG(tag, name, func, arg, pri) do { \
	if (IS_DEFAULT_VNET(curvnet))					\
		(tag) = vimage_eventhandler_register(NULL, #name,	\
		    (void *)(func), (arg), (pri),			\
		    vnet_global_eventhandler_iterator_func);		\
} while (0)
#define	VNET_GLOBAL_EVENTHANDLER_REGISTER(name, func, arg, pri) do {	\
	if (IS_DEFAULT_VNET(curvnet))					\
		vimage_eventhandler_register(NULL, #name,		\
		    (void *)(func), (arg), (pri),			\
		    vnet_global_eventhandler_iterator_func);		\
} while (0)

#endif /* !_KPI_NET_VNET_H_ */
