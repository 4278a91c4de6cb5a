/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of the device layer share among themselves.
 */
#ifndef _CONF_IMPL_H_
#define _CONF_IMPL_H_

#include <stdarg.h>

#include "devfs_int.h"

MALLOC_DECLARE(M_DEVT);

/* --- kern_conf_lock.c ----------------------------------------------------- */

/* dev_unlock_and_free() will free the switch, which malloc() has given. */
void	cdevsw_free_devlocked(struct cdevsw *csw);
/* Is the calling thread in a method of the node, as far as it remembers? */
bool	dev_thread_inside(const struct cdev *dev);

/*
 * Flags are changed under devmtx but looked at without by who enters a
 * driver.
 */
static inline void
dev_flags_change(struct cdev *dev, u_int set, u_int clear)
{
	dev_lock_assert_locked();
	__atomic_store_n(&dev->si_flags, (dev->si_flags & ~clear) | set,
	    __ATOMIC_RELAXED);
}

static inline void
cdp_flags_change(struct cdev_priv *cdp, u_int set, u_int clear)
{
	dev_lock_assert_locked();
	__atomic_store_n(&cdp->cdp_flags, (cdp->cdp_flags & ~clear) | set,
	    __ATOMIC_RELAXED);
}

/* --- kern_conf_switch.c --------------------------------------------------- */

/* d_devs parks destroyed nodes that are still referenced (devmtx). */
extern struct cdevsw dead_cdevsw;

/*
 * Readies a switch for its first node: 0, or ENOMEM for one that needs Giant
 * with MAKEDEV_NOWAIT.  devmtx held; dropped meanwhile if it needs Giant.
 */
int	prep_cdevsw(struct cdevsw *csw, int flags);
/* Undoes that after the last node, and tells destroy_dev_drain(). */
void	fini_cdevsw(struct cdevsw *csw);

/* --- kern_conf_name.c ----------------------------------------------------- */

/* Gives the node its name; errnos as make_dev_s().  devmtx held. */
int	prep_devname(struct cdev *dev, const char *fmt, va_list ap)
	    __printflike(2, 0);

/* The node's name is taken, and free again.  devmtx held. */
void	dev_name_enter(struct cdev_priv *cdp);
void	dev_name_leave(struct cdev_priv *cdp);

/* --- kern_conf_node.c ----------------------------------------------------- */

/* Nodes that were not freed yet, for a look from outside. */
extern u_int cdev_count;		/* (a) */

/*
 * Tells devd.  With MAKEDEV_NOWAIT a lack of memory loses the message; before
 * the end of the boot nobody listens.
 */
void	dev_notify(struct cdev *dev, const char *what, int flags);
/* A destroyed node leaves its switch: freed, or parked until dev_rel(). */
void	dev_bury(struct cdev *dev, struct cdevsw *csw);

/* --- kern_conf.c ---------------------------------------------------------- */

/*
 * The node of a unit: `si`, linked to the switch, or, where units identify
 * nodes and there is one without a name, that one; then `si` will be freed.
 * devmtx held.
 */
struct cdev *newdev(struct cdevsw *csw, int unit, void *drv1, void *drv2,
	    struct cdev *si);

/* A node leaves its switch's list.  devmtx held. */
void	dev_unit_leave(struct cdev_priv *cdp);

/* --- kern_conf_clone.c ---------------------------------------------------- */

/* Takes a node off its struct clonedevs if it is on one.  devmtx held. */
void	clone_unlist(struct cdev *dev);

/* --- kern_conf_destroy.c -------------------------------------------------- */

/* destroy_dev() under devmtx, which is dropped meanwhile. */
void	destroy_devl(struct cdev *dev);
/* Waits for what destroy_dev_sched() has asked for. */
void	destroy_dev_sched_drain(void);

#endif /* !_CONF_IMPL_H_ */
