/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: making nodes, make_dev(9).
 *
 * A node is made in one piece under devmtx: whoever finds it finds it whole.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/ucred.h>

#include <vnetsim/observe.h>

#include "bugs.h"
#include "conf_impl.h"

static int	make_dev_sv(struct make_dev_args *args, struct cdev **cdev,
		    const char *fmt, va_list ap) __printflike(3, 0);
static int	make_dev_credv(int flags, struct cdev **cdev,
		    struct cdevsw *csw, int unit, struct ucred *cr,
		    uid_t uid, gid_t gid, int mode, const char *fmt,
		    va_list ap) __printflike(9, 0);
static int	make_dev_alias_v(int flags, struct cdev **cdev,
		    struct cdev *pdev, const char *fmt, va_list ap)
		    __printflike(4, 0);

/* --- nodes and units ------------------------------------------------------ */

/*
 * What is on d_devs of all switches whose units identify nodes, (d).  Of two
 * with one unit the newer one comes first.
 */
static RB_HEAD(cdev_units, cdev_priv) units = RB_INITIALIZER(&units);
static uint64_t unit_serial;		/* (d) */

static int
key_compare(const struct cdev_priv *cdp, const struct cdevsw *csw, int unit)
{
	if (cdp->cdp_csw != csw)
		return ((uintptr_t)cdp->cdp_csw < (uintptr_t)csw ? -1 : 1);
	return ((cdp->cdp_unit > unit) - (cdp->cdp_unit < unit));
}

static int
unit_compare(const struct cdev_priv *a, const struct cdev_priv *b)
{
	int order = key_compare(a, b->cdp_csw, b->cdp_unit);

	if (order != 0)
		return (order);
	return ((a->cdp_serial < b->cdp_serial) -
	    (a->cdp_serial > b->cdp_serial));
}

RB_GENERATE_STATIC(cdev_units, cdev_priv, cdp_units, unit_compare)

static void
dev_unit_enter(struct cdev_priv *cdp, const struct cdevsw *csw, int unit)
{
	if ((csw->d_flags & D_NEEDMINOR) == 0)
		return;
	cdp->cdp_csw = csw;
	cdp->cdp_unit = unit;
	cdp->cdp_serial = ++unit_serial;
	RB_INSERT(cdev_units, &units, cdp);
}

void
dev_unit_leave(struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	if (cdp->cdp_csw == NULL)
		return;
	RB_REMOVE(cdev_units, &units, cdp);
	cdp->cdp_csw = NULL;
}

static struct cdev_priv *
first_of_unit(const struct cdevsw *csw, int unit)
{
	struct cdev_priv *cdp = RB_ROOT(&units), *found = NULL;

	while (cdp != NULL) {
		if (key_compare(cdp, csw, unit) < 0) {
			cdp = RB_RIGHT(cdp, cdp_units);
			continue;
		}
		found = cdp;
		cdp = RB_LEFT(cdp, cdp_units);
	}
	return (found);
}

/*
 * A node in the middle of destruction is on the list, too; it is no use to
 * anybody (half-dead-node-adopted).
 */
static struct cdev *
find_unit(const struct cdevsw *csw, int unit)
{
	struct cdev_priv *cdp;

	for (cdp = first_of_unit(csw, unit);
	    cdp != NULL && key_compare(cdp, csw, unit) == 0;
	    cdp = RB_NEXT(cdev_units, &units, cdp))
		if (cdp->cdp_c.si_devsw != NULL || BUG(HALF_DEAD_ADOPTED))
			return (&cdp->cdp_c);
	return (NULL);
}

struct cdev *
newdev(struct cdevsw *csw, int unit, void *drv1, void *drv2, struct cdev *si)
{
	struct cdev *old = NULL;

	dev_lock_assert_locked();
	if ((csw->d_flags & D_NEEDMINOR) != 0)
		old = find_unit(csw, unit);
	if (old != NULL) {
		KASSERT((old->si_flags & SI_NAMED) == 0,
		    ("make_dev() by driver %s on pre-existing device "
		    "(min=%x, name=%s)", csw->d_name, dev2unit(old),
		    devtoname(old)));
		KASSERT(old->si_devsw == csw,
		    ("inconsistent switch of device (min=%x) of driver %s",
		    dev2unit(old), csw->d_name));
		dev_free_devlocked(si);
		si = old;
	} else {
		si->si_devsw = csw;
		LIST_INSERT_HEAD(&csw->d_devs, si, si_list);
		dev_unit_enter(cdev2priv(si), csw, unit);
	}
	si->si_drv0 = unit;
	si->si_drv1 = drv1;
	si->si_drv2 = drv2;
	return (si);
}

/* --- make_dev_s() --------------------------------------------------------- */

void
make_dev_args_init_impl(struct make_dev_args *args, size_t size)
{
	memset(args, 0, size);
	args->mda_size = size;
}

/*
 * No name, no node.  One that clone_create() has made goes as well, or it
 * would keep its unit and what the driver is about to free
 * (failed-node-keeps-dangling-softc).
 */
static void
make_dev_undo(struct cdev *dev, struct cdevsw *csw, bool adopted)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_locked();
	if (adopted && BUG(FAILED_NODE_STAYS))
		return;
	if (adopted)
		clone_unlist(dev);
	mtx_lock(&cdp->cdp_threadlock);
	dev->si_devsw = NULL;
	mtx_unlock(&cdp->cdp_threadlock);
	dev_bury(dev, csw);
}

static void
make_dev_finish(struct cdev *dev, const struct make_dev_args *args)
{
	if ((args->mda_flags & MAKEDEV_ETERNAL) != 0)
		dev_flags_change(dev, SI_ETERNAL, 0);
	dev_flags_change(dev, SI_NAMED, 0);
	if (args->mda_cr != NULL)
		dev->si_cred = crhold_as(args->mda_cr, "cdev");
	dev->si_uid = args->mda_uid;
	dev->si_gid = args->mda_gid;
	dev->si_mode = args->mda_mode;
	devfs_create(dev);
	/* Before anybody can destroy it. */
	if ((args->mda_flags & MAKEDEV_REF) != 0)
		dev_refl_as(dev, dev_holder_made);
}

/* With devmtx held: the new or adopted node, and whether it has a name. */
static int
make_dev_locked(struct make_dev_args *args, struct cdev *new,
    struct cdev **cdev, const char *fmt, va_list ap)
{
	struct cdevsw *csw = args->mda_devsw;
	struct cdev *dev;
	int error;

	if ((error = prep_cdevsw(csw, args->mda_flags)) != 0) {
		dev_free_devlocked(new);
		return (error);
	}
	dev = newdev(csw, args->mda_unit, args->mda_si_drv1,
	    args->mda_si_drv2, new);
	error = prep_devname(dev, fmt, ap);
	/* On demand, where the caller says that it may be. */
	if (error == 0 && (args->mda_flags & MAKEDEV_CHECKNAME) != 0)
		KFAIL_POINT_CODE_FLAGS(DEBUG_FP, make_dev_name,
		    FAIL_POINT_NONSLEEPABLE, error = RETURN_VALUE);
	if (error != 0) {
		if ((args->mda_flags & MAKEDEV_CHECKNAME) == 0)
			panic("make_dev_sv: bad si_name (error=%d, "
			    "si_name=%s)", error, dev->si_name);
		make_dev_undo(dev, csw, dev != new);
		return (error);
	}
	make_dev_finish(dev, args);
	*cdev = dev;
	return (0);
}

static int
make_dev_sv(struct make_dev_args *given, struct cdev **cdev, const char *fmt,
    va_list ap)
{
	struct make_dev_args args;
	struct cdev *new, *dev;
	int error;

	memset(&args, 0, sizeof(args));
	if (given->mda_size > sizeof(args))
		return (EINVAL);
	memcpy(&args, given, given->mda_size);
	KASSERT((args.mda_flags & (MAKEDEV_WAITOK | MAKEDEV_NOWAIT)) !=
	    (MAKEDEV_WAITOK | MAKEDEV_NOWAIT),
	    ("make_dev_sv: both WAITOK and NOWAIT specified"));
	if ((new = devfs_alloc(args.mda_flags)) == NULL)
		return (ENOMEM);
	dev_lock();
	error = make_dev_locked(&args, new, &dev, fmt, ap);
	dev_unlock_and_free();
	if (error != 0)
		return (error);
	if ((args.mda_flags & MAKEDEV_NOWAIT) == 0)
		KFAIL_POINT_CODE(DEBUG_FP, make_dev_visible, (void)0);
	dev_notify(dev, "CREATE", args.mda_flags);
	*cdev = dev;
	return (0);
}

int
make_dev_s(struct make_dev_args *args, struct cdev **cdev, const char *fmt,
    ...)
{
	va_list ap;
	int error;

	va_start(ap, fmt);
	error = make_dev_sv(args, cdev, fmt, ap);
	va_end(ap);
	return (error);
}

/* --- older forms ---------------------------------------------------------- */

static int
make_dev_credv(int flags, struct cdev **cdev, struct cdevsw *csw, int unit,
    struct ucred *cr, uid_t uid, gid_t gid, int mode, const char *fmt,
    va_list ap)
{
	struct make_dev_args args = {
		.mda_size = sizeof(args), .mda_flags = flags,
		.mda_devsw = csw, .mda_cr = cr, .mda_unit = unit,
		.mda_uid = uid, .mda_gid = gid, .mda_mode = mode
	};

	return (make_dev_sv(&args, cdev, fmt, ap));
}

/* Only what was allowed to fail may fail.  `who` calls for the message. */
static void
check_failure(const char *who __unused, int flags __unused, int error __unused)
{
	KASSERT(error == 0 ||
	    ((flags & MAKEDEV_NOWAIT) != 0 && error == ENOMEM) ||
	    ((flags & MAKEDEV_CHECKNAME) != 0 && error != ENOMEM),
	    ("%s: failed make_dev_credv (error=%d)", who, error));
}

struct cdev *
make_dev(struct cdevsw *devsw, int unit, uid_t uid, gid_t gid, int perms,
    const char *fmt, ...)
{
	struct cdev *made = NULL;
	va_list names;

	va_start(names, fmt);
	check_failure(__func__, 0, make_dev_credv(0, &made, devsw, unit,
	    NULL, uid, gid, perms, fmt, names));
	va_end(names);
	return (made);
}

struct cdev *
make_dev_cred(struct cdevsw *devsw, int unit, struct ucred *cr, uid_t uid,
    gid_t gid, int perms, const char *fmt, ...)
{
	struct cdev *made = NULL;
	va_list names;

	va_start(names, fmt);
	check_failure(__func__, 0, make_dev_credv(0, &made, devsw, unit, cr,
	    uid, gid, perms, fmt, names));
	va_end(names);
	return (made);
}

struct cdev *
make_dev_credf(int flags, struct cdevsw *devsw, int unit, struct ucred *cr,
    uid_t uid, gid_t gid, int mode, const char *fmt, ...)
{
	struct cdev *made = NULL;
	va_list names;

	va_start(names, fmt);
	check_failure(__func__, flags, make_dev_credv(flags, &made, devsw,
	    unit, cr, uid, gid, mode, fmt, names));
	va_end(names);
	return (made);
}

int
make_dev_p(int flags, struct cdev **cdev, struct cdevsw *devsw,
    struct ucred *cr, uid_t uid, gid_t gid, int mode, const char *fmt, ...)
{
	va_list names;
	int error;

	va_start(names, fmt);
	error = make_dev_credv(flags, cdev, devsw, 0, cr, uid, gid, mode, fmt,
	    names);
	va_end(names);
	check_failure(__func__, flags, error);
	return (error);
}

/* --- families ------------------------------------------------------------- */

static void
dev_dependsl(struct cdev *pdev, struct cdev *cdev, const char *holder)
{
	dev_lock_assert_locked();
	VS_LEDGER(hold, VS_CDEV, pdev, holder);
	LIST_INSERT_HEAD(&pdev->si_children, cdev, si_siblings);
	dev_flags_change(cdev, SI_CHILD, 0);
	cdev->si_parent = pdev;
}

void
dev_depends(struct cdev *pdev, struct cdev *cdev)
{
	dev_lock();
	dev_dependsl(pdev, cdev, "child");
	dev_unlock();
}

static void
check_alias_flags(int flags __unused)
{
	const int wait __unused = MAKEDEV_WAITOK | MAKEDEV_NOWAIT;

	KASSERT((flags & wait) != wait,
	    ("make_dev_alias_v: both WAITOK and NOWAIT specified"));
	KASSERT((flags & ~(wait | MAKEDEV_CHECKNAME)) == 0,
	    ("make_dev_alias_v: invalid flags specified (flags=%02x)", flags));
}

/* An alias has no switch and no credential, and no hold on its parent. */
static int
make_dev_alias_v(int flags, struct cdev **cdev, struct cdev *pdev,
    const char *fmt, va_list ap)
{
	struct cdev *dev;
	int error;

	MPASS(pdev != NULL);
	check_alias_flags(flags);
	if ((dev = devfs_alloc(flags)) == NULL)
		return (ENOMEM);
	dev_lock();
	dev_flags_change(dev, SI_ALIAS, 0);
	error = prep_devname(dev, fmt, ap);
	if (error == 0 && (flags & MAKEDEV_CHECKNAME) != 0)
		KFAIL_POINT_CODE_FLAGS(DEBUG_FP, make_dev_alias_name,
		    FAIL_POINT_NONSLEEPABLE, error = RETURN_VALUE);
	if (error != 0) {
		if ((flags & MAKEDEV_CHECKNAME) == 0)
			panic("make_dev_alias_v: bad si_name (error=%d, "
			    "si_name=%s)", error, dev->si_name);
		dev_free_devlocked(dev);
		dev_unlock_and_free();
		return (error);
	}
	dev_flags_change(dev, SI_NAMED, 0);
	devfs_create(dev);
	dev_dependsl(pdev, dev, "alias");
	dev_unlock_and_free();
	dev_notify(dev, "CREATE", flags);
	*cdev = dev;
	return (0);
}

struct cdev *
make_dev_alias(struct cdev *pdev, const char *fmt, ...)
{
	struct cdev *made = NULL;
	va_list names;

	va_start(names, fmt);
	check_failure(__func__, 0, make_dev_alias_v(MAKEDEV_WAITOK, &made,
	    pdev, fmt, names));
	va_end(names);
	return (made);
}

int
make_dev_alias_p(int flags, struct cdev **cdev, struct cdev *pdev,
    const char *fmt, ...)
{
	va_list names;
	int error;

	va_start(names, fmt);
	error = make_dev_alias_v(flags, cdev, pdev, fmt, names);
	va_end(names);
	return (error);
}
