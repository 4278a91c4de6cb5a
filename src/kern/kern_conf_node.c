/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: the life of a node's memory and of its place on the
 * list of all, and what devd is told.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/time.h>
#include <sys/ucred.h>

#include <machine/atomic.h>

#include <vnetsim/observe.h>

#include "conf_impl.h"

MALLOC_DEFINE(M_DEVT, "cdev", "cdev storage");
static MALLOC_DEFINE(M_CDEVP, "DEVFS1", "DEVFS cdev storage");
MALLOC_DEFINE(M_DEVFS2, "DEVFS2", "DEVFS data 2");

struct cdev_priv_list cdevp_list = TAILQ_HEAD_INITIALIZER(cdevp_list);
uint64_t devfs_generation;
u_int cdev_count;

/* Nodes that devfs_collect_one() may take, (d). */
static struct cdev_priv_list idle_nodes = TAILQ_HEAD_INITIALIZER(idle_nodes);
/* All of cdevp_list in the order of their last change, (d). */
static RB_HEAD(cdev_changes, cdev_priv) changes = RB_INITIALIZER(&changes);
static struct unrhdr *devfs_inos;	/* (c); numbers: devmtx */
static bool devd_listens;		/* (c) from the end of the boot on */

/* --- memory --------------------------------------------------------------- */

struct cdev *
devfs_alloc(int flags)
{
	int mflags = (flags & MAKEDEV_NOWAIT) != 0 ? M_NOWAIT : M_WAITOK;
	struct cdev_priv *cdp;
	struct cdev *dev;

	if ((cdp = malloc(sizeof(*cdp), M_CDEVP, mflags | M_ZERO)) == NULL)
		return (NULL);
	mtx_init(&cdp->cdp_threadlock, "devthrd", NULL, MTX_DEF);
	cdp->cdp_dirents = &cdp->cdp_dirent0;
	LIST_INIT(&cdp->cdp_fdpriv);
	atomic_add_int(&cdev_count, 1);
	dev = &cdp->cdp_c;
	LIST_INIT(&dev->si_children);
	getnanotime(&dev->si_ctime);
	dev->si_atime = dev->si_mtime = dev->si_ctime;
	return (dev);
}

/* The only place where the credential is given back. */
void
devfs_free(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_unlocked();
	KASSERT((cdp->cdp_flags & (CDP_ACTIVE | CDP_ON_ACTIVE_LIST)) == 0,
	    ("%s: cdp %p (%s) still on active list", __func__, cdp,
	    devtoname(dev)));
	VS_LEDGER(death, VS_CDEV, dev);
	if (dev->si_cred != NULL)
		crfree_as(dev->si_cred, "cdev");
	if (cdp->cdp_inode != 0)
		free_unr(devfs_inos, cdp->cdp_inode);
	if (cdp->cdp_maxdirent != 0)
		free(cdp->cdp_dirents, M_DEVFS2);
	mtx_destroy(&cdp->cdp_threadlock);
	free(cdp, M_CDEVP);
	atomic_subtract_int(&cdev_count, 1);
}

/* --- the list of all ------------------------------------------------------ */

static int
generation_compare(const struct cdev_priv *a, const struct cdev_priv *b)
{
	return ((a->cdp_generation > b->cdp_generation) -
	    (a->cdp_generation < b->cdp_generation));
}

RB_GENERATE_STATIC(cdev_changes, cdev_priv, cdp_changes, generation_compare)

/* Every mount has to look at it, and needs to look at nothing else. */
static void
changed(struct cdev_priv *cdp)
{
	if (cdp->cdp_generation != 0)
		RB_REMOVE(cdev_changes, &changes, cdp);
	cdp->cdp_generation = ++devfs_generation;
	RB_INSERT(cdev_changes, &changes, cdp);
}

struct cdev_priv *
devfs_changed_after(uint64_t generation)
{
	struct cdev_priv *cdp = RB_ROOT(&changes), *found = NULL;

	dev_lock_assert_locked();
	while (cdp != NULL) {
		if (cdp->cdp_generation <= generation) {
			cdp = RB_RIGHT(cdp, cdp_changes);
			continue;
		}
		found = cdp;
		cdp = RB_LEFT(cdp, cdp_changes);
	}
	return (found);
}

/* Whether it may be collected has changed, perhaps. */
static void
idle_update(struct cdev_priv *cdp)
{
	bool idle = (cdp->cdp_flags & (CDP_ACTIVE | CDP_ON_ACTIVE_LIST)) ==
	    CDP_ON_ACTIVE_LIST && cdp->cdp_inuse == 0;

	if (idle == ((cdp->cdp_flags & CDP_IDLE) != 0))
		return;
	if (idle) {
		TAILQ_INSERT_TAIL(&idle_nodes, cdp, cdp_idle);
		cdp_flags_change(cdp, CDP_IDLE, 0);
	} else {
		TAILQ_REMOVE(&idle_nodes, cdp, cdp_idle);
		cdp_flags_change(cdp, 0, CDP_IDLE);
	}
}

void
devfs_use(struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	cdp->cdp_inuse++;
	idle_update(cdp);
}

void
devfs_unuse(struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	MPASS(cdp->cdp_inuse > 0);
	cdp->cdp_inuse--;
	idle_update(cdp);
}

void
devfs_create(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_locked();
	KASSERT((cdp->cdp_flags & CDP_ON_ACTIVE_LIST) == 0,
	    ("%s: cdp %p (%s) already on active list", __func__, cdp,
	    devtoname(dev)));
	cdp_flags_change(cdp, CDP_ACTIVE | CDP_ON_ACTIVE_LIST, 0);
	cdp->cdp_inode = alloc_unrl(devfs_inos);
	dev_refl_as(dev, "list");
	VS_LEDGER(rename, VS_CDEV, dev, devtoname(dev));
	TAILQ_INSERT_TAIL(&cdevp_list, cdp, cdp_list);
	dev_name_enter(cdp);
	changed(cdp);
}

/* The list's reference stays until no mount shows the name any more. */
void
devfs_destroy(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_locked();
	dev_name_leave(cdp);
	cdp_flags_change(cdp, 0, CDP_ACTIVE);
	changed(cdp);
	idle_update(cdp);
}

bool
devfs_collect_one(void)
{
	struct cdev_priv *cdp;

	dev_lock_assert_locked();
	if ((cdp = TAILQ_FIRST(&idle_nodes)) == NULL)
		return (false);
	TAILQ_REMOVE(&cdevp_list, cdp, cdp_list);
	RB_REMOVE(cdev_changes, &changes, cdp);
	cdp_flags_change(cdp, 0, CDP_ON_ACTIVE_LIST);
	idle_update(cdp);
	dev_unlock();
	dev_rel_as(&cdp->cdp_c, "list");
	dev_lock();
	return (true);
}

void
dev_bury(struct cdev *dev, struct cdevsw *csw)
{
	dev_lock_assert_locked();
	if (csw != NULL) {
		LIST_REMOVE(dev, si_list);
		dev_unit_leave(cdev2priv(dev));
		if (LIST_EMPTY(&csw->d_devs))
			fini_cdevsw(csw);
	}
	dev_flags_change(dev, 0, SI_ALIAS);
	if (dev->si_refcount > 0)
		LIST_INSERT_HEAD(&dead_cdevsw.d_devs, dev, si_list);
	else
		dev_free_devlocked(dev);
}

/* --- messages ------------------------------------------------------------- */

void
dev_notify(struct cdev *dev, const char *what, int flags)
{
	static const char prefix[] = "cdev=";
	size_t size;
	char *data;

	if (!devd_listens)
		return;
	size = sizeof(prefix) + strlen(dev->si_name);
	data = malloc(size, M_TEMP,
	    (flags & MAKEDEV_NOWAIT) != 0 ? M_NOWAIT : M_WAITOK);
	if (data == NULL)
		return;
	snprintf(data, size, "%s%s", prefix, dev->si_name);
	VS_EVENT("devctl", "DEVFS CDEV %s %s", what, data);
	free(data, M_TEMP);
}

static void
devd_start(void *arg __unused)
{
	devd_listens = true;
}
SYSINIT(devd, SI_SUB_CONFIGURE, SI_ORDER_ANY, devd_start, NULL);

static void
devd_stop(void *arg __unused)
{
	devd_listens = false;
}
SYSUNINIT(devd, SI_SUB_CONFIGURE, SI_ORDER_ANY, devd_stop, NULL);

/* --- boot and shutdown ---------------------------------------------------- */

static void
devfs_nodes_init(void *arg __unused)
{
	devfs_inos = new_unrhdr(DEVFS_ROOTINO + 1, INT_MAX, &devmtx);
}
SYSINIT(devfs_nodes, SI_SUB_DEVFS, SI_ORDER_FIRST, devfs_nodes_init, NULL);

/*
 * Drivers and mounts are gone, so that every node is dead and nobody's.  One
 * that is not stays, for the ledger and the allocator to report with its
 * holders; its number must not be a panic before that.
 */
static void
devfs_nodes_uninit(void *arg __unused)
{
	destroy_dev_sched_drain();
	dev_lock();
	while (devfs_collect_one())
		continue;
	dev_unlock_and_free();
	clean_unrhdr(devfs_inos);
	if (!TAILQ_EMPTY(&cdevp_list) || !LIST_EMPTY(&dead_cdevsw.d_devs))
		clear_unrhdr(devfs_inos);
	delete_unrhdr(devfs_inos);
}
SYSUNINIT(devfs_nodes, SI_SUB_DEVFS, SI_ORDER_FIRST, devfs_nodes_uninit,
    NULL);
