/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: the end of nodes, destroy_dev(9).
 *
 * First the name goes, then the switch, so that nobody can enter the driver,
 * then the threads inside, then what opens have left.  Descriptors may stay
 * open; they find a node without a switch.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/taskqueue.h>

#include <machine/atomic.h>

#include <vnetsim/observe.h>

#include "boot.h"
#include "bugs.h"
#include "conf_impl.h"

static void	destroy_dev_tq(void *list, int pending);
static void	destroy_dev_tq_giant(void *list, int pending);

/* Nodes that wait for their task, both (d). */
static struct cdev_priv_list dtr_nodes = TAILQ_HEAD_INITIALIZER(dtr_nodes);
static struct cdev_priv_list dtr_nodes_giant =
    TAILQ_HEAD_INITIALIZER(dtr_nodes_giant);
static struct task dtr_task =
    TASK_INITIALIZER(0, destroy_dev_tq, &dtr_nodes);
static struct task dtr_task_giant =
    TASK_INITIALIZER(0, destroy_dev_tq_giant, &dtr_nodes_giant);

/* --- steps of a destruction ----------------------------------------------- */

static void
check_destroyable(const struct cdev *dev __unused)
{
	const char *what __unused = "WARNING: Driver mistake: destroy_dev on";

	KASSERT((dev->si_flags & (SI_NAMED | SI_ETERNAL)) != 0,
	    ("%s %d\n", what, dev2unit(dev)));
	KASSERT((dev->si_flags & SI_ETERNAL) == 0,
	    ("%s eternal %d\n", what, dev2unit(dev)));
}

/* The name is free for others from here on. */
static void
unname(struct cdev *dev)
{
	if ((cdev2priv(dev)->cdp_flags & CDP_UNREF_DTR) == 0) {
		/* Without it a collection could free the node under us. */
		if (!BUG(DESTROY_WITHOUT_REF))
			dev_refl_as(dev, "destroy");
		devfs_destroy(dev);
	}
	dev_flags_change(dev, 0, SI_NAMED);
}

static void
leave_family(struct cdev *dev)
{
	struct cdev *child;

	if ((dev->si_flags & SI_CHILD) != 0) {
		VS_LEDGER(rele, VS_CDEV, dev->si_parent,
		    (dev->si_flags & SI_ALIAS) != 0 ? "alias" : "child");
		dev_flags_change(dev, 0, SI_CHILD);
		LIST_REMOVE(dev, si_siblings);
		dev->si_parent = NULL;
	}
	while ((child = LIST_FIRST(&dev->si_children)) != NULL)
		destroy_devl(child);
}

/* Nobody enters the driver by this node any more. */
static struct cdevsw *
take_switch(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);
	struct cdevsw *csw;

	mtx_lock(&cdp->cdp_threadlock);
	csw = dev->si_devsw;
	__atomic_store_n(&dev->si_devsw, NULL, __ATOMIC_RELAXED);
	mtx_unlock(&cdp->cdp_threadlock);
	return (csw);
}

static bool
threads_inside(struct cdev *dev)
{
	return (atomic_load_acq_long(&dev->si_threadcount) != 0);
}

/*
 * Threads that leave may not touch the node any more, and those that did not
 * see that it is being destroyed wake nobody.  So the count is polled.
 */
static void
wait_threads(struct cdev *dev, struct cdevsw *csw)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	if (BUG(DESTROY_WITHOUT_DRAIN) && csw != NULL && csw->d_purge == NULL)
		return;
	if (dev_thread_inside(dev))
		panic_outcome(VS_DEADLOCK, "deadlock: destroy_dev(%s) waits "
		    "for the method that called it", devtoname(dev));
	while (csw != NULL && csw->d_purge != NULL && threads_inside(dev)) {
		mtx_lock(&cdp->cdp_threadlock);
		csw->d_purge(dev);
		mtx_unlock(&cdp->cdp_threadlock);
		msleep(csw, &devmtx, PRIBIO, "devprg", hz / 10);
		if (threads_inside(dev))
			printf("Still %lu threads in %s\n",
			    atomic_load_acq_long(&dev->si_threadcount),
			    devtoname(dev));
	}
	while (threads_inside(dev))
		msleep(&cdp->cdp_dtr_list, &devmtx, PRIBIO, "devdrn", hz / 10);
}

static void
bury(struct cdev *dev, struct cdevsw *csw)
{
	bool delisted = (cdev2priv(dev)->cdp_flags & CDP_UNREF_DTR) != 0;

	dev->si_drv1 = NULL;
	dev->si_drv2 = NULL;
	clone_unlist(dev);
	cdp_flags_change(cdev2priv(dev), 0, CDP_UNREF_DTR);
	if (delisted || !BUG(DESTROY_WITHOUT_REF)) {
		VS_LEDGER(rele, VS_CDEV, dev, "destroy");
		dev->si_refcount--;
	}
	dev_bury(dev, csw);
}

/*
 * devmtx is dropped in the middle, and always once.  The node is on its
 * switch's list until the end; it stays on its clone list as well, so that
 * its unit is not given to somebody else meanwhile (half-dead-node-adopted).
 */
void
destroy_devl(struct cdev *dev)
{
	struct cdevsw *csw;
	bool delisted;

	dev_lock_assert_locked();
	check_destroyable(dev);
	delisted = (cdev2priv(dev)->cdp_flags & CDP_UNREF_DTR) != 0;
	unname(dev);
	leave_family(dev);
	if (BUG(HALF_DEAD_ADOPTED))
		clone_unlist(dev);
	csw = take_switch(dev);
	wait_threads(dev, csw);
	dev_unlock();

	KFAIL_POINT_CODE(DEBUG_FP, destroy_dev_half, (void)0);
	if (!delisted)
		dev_notify(dev, "DESTROY", MAKEDEV_WAITOK);
	devfs_drain_cdevpriv(cdev2priv(dev));

	dev_lock();
	bury(dev, csw);
}

void
destroy_dev(struct cdev *dev)
{
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "destroy_dev");
	dev_lock();
	destroy_devl(dev);
	dev_unlock_and_free();
}

/* --- taking only the name ------------------------------------------------- */

static void
delist_devl(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);
	struct cdev *child;

	dev_lock_assert_locked();
	if ((cdp->cdp_flags & CDP_UNREF_DTR) != 0)
		return;
	cdp_flags_change(cdp, CDP_UNREF_DTR, 0);
	dev_refl_as(dev, "destroy");
	devfs_destroy(dev);
	LIST_FOREACH(child, &dev->si_children, si_siblings)
		delist_devl(child);
	dev_unlock();
	/* destroy_dev() will not say it again. */
	dev_notify(dev, "DESTROY", MAKEDEV_WAITOK);
	dev_lock();
}

void
delist_dev(struct cdev *dev)
{
	WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "delist_dev");
	dev_lock();
	delist_devl(dev);
	dev_unlock();
}

/* --- later, elsewhere ----------------------------------------------------- */

static void
destroy_dev_tq(void *list, int pending __unused)
{
	struct cdev_priv_list *nodes = list;
	struct cdev_priv *cdp;
	void (*cb)(void *);
	void *arg;

	KFAIL_POINT_CODE(DEBUG_FP, destroy_dev_task, (void)0);
	dev_lock();
	while ((cdp = TAILQ_FIRST(nodes)) != NULL) {
		TAILQ_REMOVE(nodes, cdp, cdp_dtr_list);
		cb = cdp->cdp_dtr_cb;
		arg = cdp->cdp_dtr_cb_arg;
		destroy_devl(&cdp->cdp_c);
		dev_unlock_and_free();
		dev_rel_as(&cdp->cdp_c, "scheduled destroy");
		if (cb != NULL)
			cb(arg);
		dev_lock();
	}
	dev_unlock();
}

static void
destroy_dev_tq_giant(void *list, int pending)
{
	mtx_lock(&Giant);
	destroy_dev_tq(list, pending);
	mtx_unlock(&Giant);
}

int
destroy_dev_sched_cb(struct cdev *dev, void (*cb)(void *), void *arg)
{
	struct cdev_priv *cdp = cdev2priv(dev);
	bool giant;

	dev_lock();
	if ((cdp->cdp_flags & CDP_SCHED_DTR) != 0) {
		dev_unlock();
		return (0);
	}
	if (dev->si_devsw == NULL)
		panic("destroy_dev_sched_cb: %s has no switch",
		    devtoname(dev));
	dev_refl_as(dev, "scheduled destroy");
	cdp_flags_change(cdp, CDP_SCHED_DTR, 0);
	cdp->cdp_dtr_cb = cb;
	cdp->cdp_dtr_cb_arg = arg;
	giant = (dev->si_devsw->d_flags & D_NEEDGIANT) != 0;
	TAILQ_INSERT_TAIL(giant ? &dtr_nodes_giant : &dtr_nodes, cdp,
	    cdp_dtr_list);
	dev_unlock();
	taskqueue_enqueue(taskqueue_thread,
	    giant ? &dtr_task_giant : &dtr_task);
	return (1);
}

int
destroy_dev_sched(struct cdev *dev)
{
	return (destroy_dev_sched_cb(dev, NULL, NULL));
}

void
destroy_dev_sched_drain(void)
{
	taskqueue_drain(taskqueue_thread, &dtr_task);
	taskqueue_drain(taskqueue_thread, &dtr_task_giant);
}

/*
 * failed-node-keeps-dangling-softc: a node whose name was refused belongs to
 * nobody, and nothing takes it off its switch.  FreeBSD sleeps on.
 */
static void
check_drainable(const struct cdevsw *csw)
{
	const struct cdev *dev;

	if (!BUG(FAILED_NODE_STAYS))
		return;
	LIST_FOREACH(dev, &csw->d_devs, si_list)
		if ((dev->si_flags & SI_NAMED) == 0 && dev->si_refcount == 0 &&
		    dev->si_drv1 != NULL)
			panic_outcome(VS_DEADLOCK, "deadlock: "
			    "destroy_dev_drain(%s) waits for unit %d, which "
			    "got no name", csw->d_name, dev2unit(dev));
}

/* Nodes, not callbacks: one of those may still run when this returns. */
void
destroy_dev_drain(struct cdevsw *csw)
{
	dev_lock();
	check_drainable(csw);
	while (!LIST_EMPTY(&csw->d_devs))
		msleep(&csw->d_devs, &devmtx, PRIBIO, "devscd", hz / 10);
	dev_unlock();
}
