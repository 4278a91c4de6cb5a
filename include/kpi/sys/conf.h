/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: make_dev(9), devfs_set_cdevpriv(9).
 *
 * A driver gives a table of methods (struct cdevsw) and makes nodes (struct
 * cdev) that use it.  A method runs with the driver's locks only, and
 * destroy_dev() returns when no thread is inside one.
 */
#ifndef _KPI_SYS_CONF_H_
#define _KPI_SYS_CONF_H_

#include <sys/types.h>
#include <sys/param.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <sys/eventhandler.h>

/* The host's <signal.h>, included by now, has a macro for its siginfo_t. */
#undef si_uid

struct bio;
struct cdev;
struct cdevsw;
struct clonedevs;
struct file;
struct knote;
struct thread;
struct ucred;
struct uio;
struct vm_object;

typedef int64_t		vm_ooffset_t;
typedef char		vm_memattr_t;

/* --- methods -------------------------------------------------------------- */

/*
 * All but d_strategy return an errno; d_poll returns the events that are
 * ready.  Called sleepable, with no lock of the device layer held.
 */
typedef int d_open_t(struct cdev *dev, int oflags, int devtype,
	    struct thread *td);
typedef int d_fdopen_t(struct cdev *dev, int oflags, struct thread *td,
	    struct file *fp);
typedef int d_close_t(struct cdev *dev, int fflag, int devtype,
	    struct thread *td);
typedef void d_strategy_t(struct bio *bp);
typedef int d_ioctl_t(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
	    struct thread *td);
typedef int d_read_t(struct cdev *dev, struct uio *uio, int ioflag);
typedef int d_write_t(struct cdev *dev, struct uio *uio, int ioflag);
typedef int d_poll_t(struct cdev *dev, int events, struct thread *td);
typedef int d_kqfilter_t(struct cdev *dev, struct knote *kn);
typedef int d_mmap_t(struct cdev *dev, vm_ooffset_t offset,
	    vm_paddr_t *paddr, int nprot, vm_memattr_t *memattr);
typedef int d_mmap_single_t(struct cdev *cdev, vm_ooffset_t *offset,
	    vm_size_t size, struct vm_object **object, int nprot);
/* Makes threads leave the driver; destruction calls it until they have. */
typedef void d_purge_t(struct cdev *dev);

/* d_version */
#define	D_VERSION_03	0x17122009
#define	D_VERSION_04	0x5c48c353
#define	D_VERSION	D_VERSION_04

/* d_flags: the type in the low bits */
#define	D_TAPE		0x0001
#define	D_DISK		0x0002
#define	D_TTY		0x0004
#define	D_MEM		0x0008
#define	D_TYPEMASK	0xffff
#define	D_TRACKCLOSE	0x00080000	/* every close, not only the last */
#define	D_MMAP_ANON	0x00100000
#define	D_GIANTOK	0x00200000
#define	D_NEEDGIANT	0x00400000	/* methods run under Giant */
#define	D_NEEDMINOR	0x00800000	/* units identify nodes: clone_create */
#define	D_INIT		0x80000000	/* the device layer's */

/*
 * A driver's methods; NULL ones are filled in when the first node is made.
 * The memory stays the driver's, who keeps it until destroy_dev() or
 * destroy_dev_drain() says that no node is left.
 *
 * Locks: (d) devmtx, (c) constant while D_INIT is set.
 */
struct cdevsw {
	int			d_version;	/* (c) D_VERSION */
	u_int			d_flags;	/* (d) D_* */
	const char		*d_name;	/* (c) */
	d_open_t		*d_open;	/* (c) */
	d_fdopen_t		*d_fdopen;	/* (c) instead of d_open */
	d_close_t		*d_close;	/* (c) */
	d_read_t		*d_read;	/* (c) */
	d_write_t		*d_write;	/* (c) */
	d_ioctl_t		*d_ioctl;	/* (c) */
	d_poll_t		*d_poll;	/* (c) */
	d_mmap_t		*d_mmap;	/* (c) */
	d_strategy_t		*d_strategy;	/* (c) */
	d_kqfilter_t		*d_kqfilter;	/* (c) */
	d_purge_t		*d_purge;	/* (c) */
	d_mmap_single_t		*d_mmap_single;	/* (c) */

	/* The device layer's. */
	LIST_HEAD(, cdev)	d_devs;		/* (d) its nodes */
	struct cdevsw		*d_gianttrick;	/* (c) unwrapped methods */
	SLIST_ENTRY(cdevsw)	d_postfree_list; /* (d) */
};

/* --- nodes ---------------------------------------------------------------- */

/* si_flags */
#define	SI_ETERNAL	0x0001		/* never destroyed */
#define	SI_ALIAS	0x0002		/* another name of si_parent */
#define	SI_NAMED	0x0004		/* make_dev() has run */
#define	SI_CHILD	0x0010		/* on si_parent's si_children */
#define	SI_DUMPDEV	0x0080
#define	SI_CLONELIST	0x0200		/* on a struct clonedevs */
#define	SI_UNMAPPED	0x0400
#define	SI_NOSPLIT	0x0800

/*
 * Locks: (d) devmtx, (t) the node's own mutex, (u) devfs_de_interlock and the
 * vnode's interlock, (c) constant once visible, (D) the driver's business,
 * (a) atomic: goes up under (t), down without a lock.
 */
struct cdev {
	u_int		si_flags;		/* (d) SI_* */
	struct timespec	si_atime;		/* unlocked */
	struct timespec	si_ctime;		/* unlocked */
	struct timespec	si_mtime;		/* unlocked */
	uid_t		si_uid;			/* (c) defaults of dirents */
	gid_t		si_gid;			/* (c) */
	mode_t		si_mode;		/* (c) */
	struct ucred	*si_cred;		/* (c) held, or NULL */
	int		si_drv0;		/* (c) unit */
	int		si_refcount;		/* (d) references */
	LIST_ENTRY(cdev) si_list;		/* (d) d_devs, or the dead's */
	LIST_HEAD(, cdev) si_children;		/* (d) go with this one */
	LIST_ENTRY(cdev) si_siblings;		/* (d) */
	struct cdev	*si_parent;		/* (d) */
	void		*si_drv1;		/* (D) NULL once destroyed */
	void		*si_drv2;		/* (D) NULL once destroyed */
	struct cdevsw	*si_devsw;		/* (d)+(t) NULL: destroyed */
	int		si_iosize_max;		/* unlocked */
	u_long		si_usecount;		/* (u) opens */
	u_long		si_threadcount;		/* (a) threads in methods */
	char		si_name[SPECNAMELEN + 1]; /* (c) path in devfs */
};

#define	dev2unit(d)	((d)->si_drv0)
/* The name, "" before there is one. */
const char	*devtoname(struct cdev *dev);
/* Copies the name, unless the node is destroyed: then `path` stays as it is. */
void	dev_copyname(struct cdev *dev, char *path, size_t len);

/* --- making nodes: make_dev(9) -------------------------------------------- */

/* mda_flags, and the `flags` of other forms */
#define	MAKEDEV_REF		0x01	/* one reference more, the caller's */
#define	MAKEDEV_WHTOUT		0x02
#define	MAKEDEV_NOWAIT		0x04
#define	MAKEDEV_WAITOK		0x08
#define	MAKEDEV_ETERNAL		0x10
#define	MAKEDEV_CHECKNAME	0x20	/* a bad name is no panic */

/* Filled by make_dev_args_init() first. */
struct make_dev_args {
	size_t		mda_size;
	int		mda_flags;
	struct cdevsw	*mda_devsw;
	struct ucred	*mda_cr;	/* who may see it, or NULL: all */
	uid_t		mda_uid;
	gid_t		mda_gid;
	int		mda_mode;
	int		mda_unit;
	void		*mda_si_drv1;
	void		*mda_si_drv2;
};

void	make_dev_args_init_impl(struct make_dev_args *args, size_t size);
#define	make_dev_args_init(args)					\
	make_dev_args_init_impl((args), sizeof(*(args)))

/*
 * make_dev_s() makes a node with everything set before anybody sees it.  The
 * caller holds no lock; it may sleep, but with MAKEDEV_NOWAIT.  Stores the
 * node and returns 0, or leaves `*cdev` alone and returns ENOMEM (NOWAIT),
 * EINVAL (structure too large), and with CHECKNAME also
 *	EINVAL		no name: empty, a blank, a quote, "." or ".." in it
 *	ENAMETOOLONG	longer than SPECNAMELEN
 *	EEXIST		there already, or a directory, or below a node
 * which are panics without.  make_dev() and make_dev_cred() never fail
 * otherwise; make_dev_credf() returns NULL; make_dev_p() returns the errno.
 */
int	make_dev_s(struct make_dev_args *args, struct cdev **cdev,
	    const char *fmt, ...) __printflike(3, 4);
struct cdev *make_dev(struct cdevsw *devsw, int unit, uid_t uid, gid_t gid,
	    int perms, const char *fmt, ...) __printflike(6, 7);
struct cdev *make_dev_cred(struct cdevsw *devsw, int unit, struct ucred *cr,
	    uid_t uid, gid_t gid, int perms, const char *fmt, ...)
	    __printflike(7, 8);
struct cdev *make_dev_credf(int flags, struct cdevsw *devsw, int unit,
	    struct ucred *cr, uid_t uid, gid_t gid, int mode,
	    const char *fmt, ...) __printflike(8, 9);
int	make_dev_p(int flags, struct cdev **cdev, struct cdevsw *devsw,
	    struct ucred *cr, uid_t uid, gid_t gid, int mode,
	    const char *fmt, ...) __printflike(8, 9);
/*
 * A second name, which goes when `pdev` goes.  Flags: WAITOK, NOWAIT,
 * CHECKNAME only.  Errors and panics as above.
 */
struct cdev *make_dev_alias(struct cdev *pdev, const char *fmt, ...)
	    __printflike(2, 3);
int	make_dev_alias_p(int flags, struct cdev **cdev, struct cdev *pdev,
	    const char *fmt, ...) __printflike(4, 5);
/* Lets `cdev` go with `pdev`. */
void	dev_depends(struct cdev *pdev, struct cdev *cdev);

/* --- references ----------------------------------------------------------- */

/* devmtx not held; dev_refl(): held.  dev_rel() may free the node. */
void	dev_ref(struct cdev *dev);
void	dev_refl(struct cdev *dev);
void	dev_rel(struct cdev *dev);
/*
 * Enters the driver: its methods, or NULL if the node is destroyed or about
 * to be (answer ENXIO).  `*ref` goes to dev_relthread(), which leaves.
 */
struct cdevsw *dev_refthread(struct cdev *dev, int *ref);
void	dev_relthread(struct cdev *dev, int ref);

/* --- destruction: destroy_dev(9) ------------------------------------------ */

/*
 * Returns when no thread is inside the driver and every open's private data
 * is destroyed.  Sleeps; not from a method or private destructor of the node.
 */
void	destroy_dev(struct cdev *dev);
/*
 * The same on taskqueue_thread, from any place that may take a mutex, then
 * cb(arg).  1, or 0 if it was scheduled before (no call of cb then).
 */
int	destroy_dev_sched(struct cdev *dev);
int	destroy_dev_sched_cb(struct cdev *dev, void (*cb)(void *), void *arg);
/* Waits until no node uses the methods any more.  Sleeps. */
void	destroy_dev_drain(struct cdevsw *csw);
/* Takes the name away; destroy_dev() must follow.  Sleeps. */
void	delist_dev(struct cdev *dev);

/* --- nodes by unit: clone_create(9) --------------------------------------- */

#define	CLONE_UNITMASK	0xfffff
#define	CLONE_FLAG0	(CLONE_UNITMASK + 1)

/* Sleeps.  An empty list of nodes. */
void	clone_setup(struct clonedevs **cdp);
/* Destroys what is left on it, then the list.  Sleeps. */
void	clone_cleanup(struct clonedevs **cdp);
/*
 * The node of a unit (`*up` with `extra`), or of the lowest free unit if `*up`
 * is -1.  0: exists, in `*dev`, without a reference.  1: `*up` is free, and a
 * nameless node waits for make_dev_s() of that unit; `*dev` is untouched.
 * Sleeps.
 */
int	clone_create(struct clonedevs **cdp, struct cdevsw *csw, int *up,
	    struct cdev **dev, int extra);
/*
 * Is `name` the stem and a number?  0 no, 1 yes, 2 yes and something follows,
 * at `*namep`.  Either pointer may be NULL, but `unit`.
 */
int	dev_stdclone(char *name, char **namep, const char *stem, int *unit);

/*
 * Asked when devfs finds no node of a name.  To answer: store a node that
 * the caller will release once (MAKEDEV_REF or dev_ref(), never both); to
 * decline, return.  Return at once if somebody answered.  Sleepable.
 */
typedef void (*dev_clone_fn)(void *arg, struct ucred *cred, char *name,
	    int namelen, struct cdev **result);
EVENTHANDLER_DECLARE(dev_clone, dev_clone_fn);

/* --- private data of an open file: devfs_set_cdevpriv(9) ------------------ */

typedef void d_priv_dtor_t(void *data);

/* In a method of the file.  0, ENOENT (no file), EBUSY (set already). */
int	devfs_set_cdevpriv(void *priv, d_priv_dtor_t *dtr);
/* 0, EBADF (no file), ENOENT (none set). */
int	devfs_get_cdevpriv(void **datap);
/* Runs the destructor now. */
void	devfs_clear_cdevpriv(void);
/* Calls cb for all of the node's, until it does not answer 0. */
int	devfs_foreach_cdevpriv(struct cdev *dev,
	    int (*cb)(void *data, void *arg), void *arg);

/* --- users and groups of nodes -------------------------------------------- */

#define	UID_ROOT	0
#define	UID_BIN		3
#define	UID_UUCP	66
#define	UID_NOBODY	65534

#define	GID_WHEEL	0
#define	GID_KMEM	2
#define	GID_TTY		4
#define	GID_OPERATOR	5
#define	GID_BIN		7
#define	GID_GAMES	13
#define	GID_VIDEO	44
#define	GID_DIALER	68
#define	GID_NOGROUP	65533
#define	GID_NOBODY	65534

/* A driver without hardware, as a module. */
#define	DEV_MODULE_ORDERED(dev, handler, data, order)			\
	static moduledata_t dev##_mod = {				\
		.name = #dev, .evhand = (handler), .priv = (data)	\
	};								\
	DECLARE_MODULE(dev, dev##_mod, SI_SUB_DRIVERS, order)
#define	DEV_MODULE(dev, handler, data)					\
	DEV_MODULE_ORDERED(dev, handler, data, SI_ORDER_MIDDLE)

#endif /* !_KPI_SYS_CONF_H_ */
