/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel state by name: sysctl(9).
 *
 * Variables are declared in the linker set "sysctl" of a kld and hang in the
 * tree from the time the kld is started until it is unloaded.  Numbers of
 * identifiers are accepted and ignored: names are the only way in.  There is
 * no kernel environment, so the tunable flags change nothing.
 */
#ifndef _KPI_SYS_SYSCTL_H_
#define _KPI_SYS_SYSCTL_H_

#include <sys/param.h>
#include <sys/linker_set.h>
#include <sys/queue.h>

struct sysctl_oid;
struct sysctl_req;
struct thread;

#define	CTLTYPE		0xf
#define	CTLTYPE_NODE	1
#define	CTLTYPE_INT	2
#define	CTLTYPE_STRING	3
#define	CTLTYPE_S64	4
#define	CTLTYPE_OPAQUE	5
#define	CTLTYPE_STRUCT	CTLTYPE_OPAQUE
#define	CTLTYPE_UINT	6
#define	CTLTYPE_LONG	7
#define	CTLTYPE_ULONG	8
#define	CTLTYPE_U64	9
#define	CTLTYPE_U8	0xa
#define	CTLTYPE_U16	0xb
#define	CTLTYPE_S8	0xc
#define	CTLTYPE_S16	0xd
#define	CTLTYPE_S32	0xe
#define	CTLTYPE_U32	0xf

#define	CTLFLAG_RD	0x80000000	/* may be read */
#define	CTLFLAG_WR	0x40000000	/* may be written */
#define	CTLFLAG_RW	(CTLFLAG_RD | CTLFLAG_WR)
#define	CTLFLAG_ANYBODY	0x10000000	/* without any privilege */
#define	CTLFLAG_SECURE	0x08000000	/* only while securelevel <= 0 */
#define	CTLFLAG_PRISON	0x04000000	/* by root of a jail too */
#define	CTLFLAG_DYN	0x02000000
#define	CTLFLAG_SKIP	0x01000000
#define	CTLFLAG_TUN	0x00080000
#define	CTLFLAG_RDTUN	(CTLFLAG_RD | CTLFLAG_TUN)
#define	CTLFLAG_RWTUN	(CTLFLAG_RW | CTLFLAG_TUN)
#define	CTLFLAG_MPSAFE	0x00040000
#define	CTLFLAG_VNET	0x00020000	/* arg1 is a V_ variable */
#define	CTLFLAG_DYING	0x00010000
#define	CTLFLAG_CAPRD	0x00008000
#define	CTLFLAG_CAPWR	0x00004000
#define	CTLFLAG_STATS	0x00002000
#define	CTLFLAG_NOFETCH	0x00001000
#define	CTLFLAG_CAPRW	(CTLFLAG_CAPRD | CTLFLAG_CAPWR)
#define	CTLFLAG_NEEDGIANT	0x00000800

#define	OID_AUTO	(-1)

#define	SYSCTL_HANDLER_ARGS						\
	struct sysctl_oid *oidp __unused, void *arg1 __unused,		\
	intmax_t arg2 __unused, struct sysctl_req *req

/*
 * A handler: no lock held, curvnet is the caller's vnet, may sleep; returns 0
 * or an errno.  That of a node gets what follows the node's name, a string and
 * its length.
 */
typedef int sysctl_handler_t(SYSCTL_HANDLER_ARGS);

SLIST_HEAD(sysctl_oid_list, sysctl_oid);

/*
 * Locks: (c) constant, (s) sysctllock.
 */
struct sysctl_oid {
	struct sysctl_oid_list oid_children;	/* (s) by name */
	struct sysctl_oid *oid_parent;		/* (c) NULL: the root */
	SLIST_ENTRY(sysctl_oid) oid_link;	/* (s) */
	u_int		oid_kind;		/* (c) CTLTYPE, CTLFLAG_* */
	void		*oid_arg1;		/* (c) */
	intmax_t	oid_arg2;		/* (c) */
	const char	*oid_name;		/* (c) */
	sysctl_handler_t *oid_handler;		/* (c) */
	const char	*oid_fmt;		/* (c) */
	const char	*oid_descr;		/* (c) */
	u_int		oid_refcnt;		/* (s) declarations */
	u_int		oid_running;		/* (s) handlers at work */
	bool		oid_dying;		/* (s) being unregistered */
};

/*
 * A request, on the stack of the caller.  (t) all: only the calling thread.
 */
struct sysctl_req {
	struct thread	*td;
	void		*oldptr;	/* NULL: only the size is wanted */
	size_t		oldlen;		/* room at oldptr */
	size_t		oldidx;		/* bytes produced */
	int		(*oldfunc)(struct sysctl_req *, const void *, size_t);
	const void	*newptr;	/* NULL: nothing to write */
	size_t		newlen;
	size_t		newidx;		/* bytes consumed */
	int		(*newfunc)(struct sysctl_req *, void *, size_t);
};

/* 0, ENOMEM (no room), EFAULT; 0, EINVAL (too short), EFAULT. */
#define	SYSCTL_OUT(r, p, l)	(r)->oldfunc((r), (p), (l))
#define	SYSCTL_IN(r, p, l)	(r)->newfunc((r), (p), (l))
#define	SYSCTL_OUT_STR(r, p)	(r)->oldfunc((r), (p), strlen(p) + 1)

sysctl_handler_t sysctl_handle_bool;
sysctl_handler_t sysctl_handle_8;
sysctl_handler_t sysctl_handle_16;
sysctl_handler_t sysctl_handle_32;
sysctl_handler_t sysctl_handle_64;
sysctl_handler_t sysctl_handle_int;
sysctl_handler_t sysctl_handle_long;
sysctl_handler_t sysctl_handle_string;
sysctl_handler_t sysctl_handle_opaque;

/*
 * Declarations.  A parent is written with a leading underscore, as in
 * _net_link; no parent at all is the root of the tree.
 */
#define	SYSCTL_DECL(name)	extern struct sysctl_oid sysctl_##name
extern struct sysctl_oid sysctl_;

#define	__SYSCTL_RECORD(id, parent, name, kind, a1, a2, handler, fmt, descr) \
	id = {								\
		.oid_parent = &sysctl_##parent,				\
		.oid_kind = (kind),					\
		.oid_arg1 = (a1),					\
		.oid_arg2 = (a2),					\
		.oid_name = #name,					\
		.oid_handler = (handler),				\
		.oid_fmt = (fmt),					\
		.oid_descr = (descr)					\
	};								\
	__KLD_ADD(sysctl, sysctl_##parent##_##name)
#define	SYSCTL_OID(parent, nbr, name, kind, a1, a2, handler, fmt, descr) \
	static __SYSCTL_RECORD(struct sysctl_oid sysctl_##parent##_##name, \
	    parent, name, kind, a1, a2, handler, fmt, descr)

#define	SYSCTL_NODE(parent, nbr, name, access, handler, descr)		\
	__SYSCTL_RECORD(struct sysctl_oid sysctl_##parent##_##name,	\
	    parent, name, CTLTYPE_NODE | (access), NULL, 0, handler, "N", \
	    descr)

/* `ptr` points at the variable; NULL makes a constant of `val`. */
#define	__SYSCTL_NUMBER(parent, nbr, name, access, type, ctltype, ptr,	\
	    val, handler, fmt, descr)					\
	_Static_assert(__builtin_types_compatible_p(__typeof(ptr), void *) || \
	    sizeof(*(ptr)) == sizeof(type), "size of sysctl " #name);	\
	SYSCTL_OID(parent, nbr, name, CTLTYPE_##ctltype | (access),	\
	    __DEVOLATILE(void *, ptr), val, handler, fmt, descr)

#define	SYSCTL_BOOL(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, bool, U8, ptr, val,	\
	    sysctl_handle_bool, "CU", descr)
#define	SYSCTL_U8(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, uint8_t, U8, ptr, val, \
	    sysctl_handle_8, "CU", descr)
#define	SYSCTL_U16(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, uint16_t, U16, ptr, val, \
	    sysctl_handle_16, "SU", descr)
#define	SYSCTL_U32(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, uint32_t, U32, ptr, val, \
	    sysctl_handle_32, "IU", descr)
#define	SYSCTL_U64(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, uint64_t, U64, ptr, val, \
	    sysctl_handle_64, "QU", descr)
#define	SYSCTL_S64(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, int64_t, S64, ptr, val, \
	    sysctl_handle_64, "Q", descr)
#define	SYSCTL_INT(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, int, INT, ptr, val,	\
	    sysctl_handle_int, "I", descr)
#define	SYSCTL_UINT(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, u_int, UINT, ptr, val, \
	    sysctl_handle_int, "IU", descr)
#define	SYSCTL_LONG(parent, nbr, name, access, ptr, val, descr)		\
	__SYSCTL_NUMBER(parent, nbr, name, access, long, LONG, ptr, val, \
	    sysctl_handle_long, "L", descr)
#define	SYSCTL_ULONG(parent, nbr, name, access, ptr, val, descr)	\
	__SYSCTL_NUMBER(parent, nbr, name, access, u_long, ULONG, ptr, val, \
	    sysctl_handle_long, "LU", descr)

/* `len` is the size of the buffer with its NUL; 0 for a constant string. */
#define	SYSCTL_STRING(parent, nbr, name, access, arg, len, descr)	\
	SYSCTL_OID(parent, nbr, name, CTLTYPE_STRING | (access),	\
	    __DECONST(void *, arg), len, sysctl_handle_string, "A", descr)
#define	SYSCTL_OPAQUE(parent, nbr, name, access, ptr, len, fmt, descr)	\
	SYSCTL_OID(parent, nbr, name, CTLTYPE_OPAQUE | (access),	\
	    ptr, len, sysctl_handle_opaque, fmt, descr)
#define	SYSCTL_STRUCT(parent, nbr, name, access, ptr, type, descr)	\
	SYSCTL_OPAQUE(parent, nbr, name, access, ptr, sizeof(struct type), \
	    "S," #type, descr)
#define	SYSCTL_PROC(parent, nbr, name, access, ptr, arg, handler, fmt,	\
	    descr)							\
	SYSCTL_OID(parent, nbr, name, access, __DECONST(void *, ptr), arg, \
	    handler, fmt, descr)

SYSCTL_DECL(_kern);
SYSCTL_DECL(_kern_features);
SYSCTL_DECL(_net);
SYSCTL_DECL(_net_inet);
SYSCTL_DECL(_net_inet6);
SYSCTL_DECL(_net_link);
SYSCTL_DECL(_debug);
SYSCTL_DECL(_hw);
SYSCTL_DECL(_security);
SYSCTL_DECL(_vm);

/* kern.features.<name> = 1 */
#define	FEATURE(name, desc)						\
	SYSCTL_INT(_kern_features, OID_AUTO, name,			\
	    CTLFLAG_RD | CTLFLAG_CAPRD | CTLFLAG_MPSAFE, NULL, 1, desc)

/*
 * The linker's: a kld's variables are made ready, appear, and go when nobody
 * is in them.  All that appear together are made ready first, as one may be
 * another's parent.
 */
void	sysctl_clean_set(struct sysctl_oid * const *begin,
	    struct sysctl_oid * const *end);
void	sysctl_register_set(struct sysctl_oid * const *begin,
	    struct sysctl_oid * const *end);
void	sysctl_unregister_set(struct sysctl_oid * const *begin,
	    struct sysctl_oid * const *end);

/*
 * sysctl(3) by name, in kernel memory.  `*oldlen` is the room at `old`, then
 * the size of the value.  ENOENT, EISDIR, EPERM, ENOMEM, EINVAL, EFAULT and
 * whatever the handler answers.
 */
int	kernel_sysctlbyname(struct thread *td, const char *name, void *old,
	    size_t *oldlen, const void *new, size_t newlen, size_t *retval,
	    int flags);

#endif /* !_KPI_SYS_SYSCTL_H_ */
