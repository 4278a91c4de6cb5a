/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: the mutex, freeing under it, references, and the way
 * into a driver.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <machine/atomic.h>

#include <vnetsim/observe.h>

#include "conf_impl.h"

struct mtx devmtx;
MTX_SYSINIT(devmtx, &devmtx, "cdev", MTX_DEF);

/* What is to be freed once devmtx is dropped, both (d). */
static struct cdev_priv_list free_nodes =
    TAILQ_HEAD_INITIALIZER(free_nodes);
static SLIST_HEAD(, cdevsw) free_switches =
    SLIST_HEAD_INITIALIZER(free_switches);

void
dev_lock(void)
{
	mtx_lock(&devmtx);
}

void
dev_unlock(void)
{
	mtx_unlock(&devmtx);
}

/* --- freeing -------------------------------------------------------------- */

/*
 * The allocator's locks come before devmtx, and so may what the last reference
 * on a credential sets off: nothing is freed while it is held.
 */
void
dev_unlock_and_free(void)
{
	struct cdev_priv_list nodes = TAILQ_HEAD_INITIALIZER(nodes);
	SLIST_HEAD(, cdevsw) switches;
	struct cdev_priv *cdp;
	struct cdevsw *csw;

	dev_lock_assert_locked();
	TAILQ_CONCAT(&nodes, &free_nodes, cdp_list);
	switches.slh_first = SLIST_FIRST(&free_switches);
	SLIST_INIT(&free_switches);
	dev_unlock();

	while ((cdp = TAILQ_FIRST(&nodes)) != NULL) {
		TAILQ_REMOVE(&nodes, cdp, cdp_list);
		devfs_free(&cdp->cdp_c);
	}
	while ((csw = SLIST_FIRST(&switches)) != NULL) {
		SLIST_REMOVE_HEAD(&switches, d_postfree_list);
		free(csw, M_DEVT);
	}
}

void
dev_free_devlocked(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_locked();
	KASSERT((cdp->cdp_flags & CDP_UNREF_DTR) == 0,
	    ("destroy_dev() was not called after delist_dev(%s)",
	    devtoname(dev)));
	KASSERT((cdp->cdp_flags & CDP_ON_ACTIVE_LIST) == 0,
	    ("%s: cdp %p (%s) on active list", __func__, cdp,
	    devtoname(dev)));
	TAILQ_INSERT_HEAD(&free_nodes, cdp, cdp_list);
}

void
cdevsw_free_devlocked(struct cdevsw *csw)
{
	dev_lock_assert_locked();
	SLIST_INSERT_HEAD(&free_switches, csw, d_postfree_list);
}

/* --- references ----------------------------------------------------------- */

const char dev_holder_made[] = "MAKEDEV_REF";

void
dev_refl_as(struct cdev *dev, const char *holder)
{
	dev_lock_assert_locked();
	VS_LEDGER(hold, VS_CDEV, dev, holder);
	dev->si_refcount++;
}

/* A node with a switch is alive without any reference. */
void
dev_rel_as(struct cdev *dev, const char *holder)
{
	dev_lock_assert_unlocked();
	dev_lock();
	VS_LEDGER(rele, VS_CDEV, dev, holder);
	KASSERT(dev->si_refcount > 0,
	    ("dev_rel(%s) gave negative count", devtoname(dev)));
	dev->si_refcount--;
	if (dev->si_devsw == NULL && dev->si_refcount == 0) {
		LIST_REMOVE(dev, si_list);
		dev_free_devlocked(dev);
	}
	dev_unlock_and_free();
}

void
dev_refl(struct cdev *dev)
{
	dev_refl_as(dev, NULL);
}

void
dev_ref(struct cdev *dev)
{
	dev_lock_assert_unlocked();
	dev_lock();
	dev_refl_as(dev, NULL);
	dev_unlock();
}

/* Drivers name nobody: what they took goes first, then what they were given. */
void
dev_rel(struct cdev *dev)
{
	bool given = vs_ledger_on &&
	    vs_ledger_holders(VS_CDEV, dev, NULL) == 0;

	dev_rel_as(dev, given ? dev_holder_made : NULL);
}

/* --- threads in drivers --------------------------------------------------- */

/*
 * A thread remembers a few of the devices it is in, so that one that waits
 * for itself can be told so.
 */
static void
thread_enters(const struct cdev *dev)
{
	struct thread *td = curthread;
	int i;

	for (i = 0; i < TD_DEVS; i++)
		if (td->td_devs[i] == NULL) {
			td->td_devs[i] = dev;
			return;
		}
}

static void
thread_leaves(const struct cdev *dev)
{
	struct thread *td = curthread;
	int i;

	for (i = TD_DEVS - 1; i >= 0; i--)
		if (td->td_devs[i] == dev) {
			td->td_devs[i] = NULL;
			return;
		}
}

bool
dev_thread_inside(const struct cdev *dev)
{
	int i;

	for (i = 0; i < TD_DEVS; i++)
		if (curthread->td_devs[i] == dev)
			return (true);
	return (false);
}

/*
 * The test and the count are one under cdp_threadlock: destruction takes the
 * switch away under it, and then waits for the count.
 */
static struct cdevsw *
dev_enter(struct cdev *dev, int *ref)
{
	struct cdev_priv *cdp = cdev2priv(dev);
	struct cdevsw *csw;

	mtx_lock(&cdp->cdp_threadlock);
	csw = dev->si_devsw;
	if ((__atomic_load_n(&cdp->cdp_flags, __ATOMIC_RELAXED) &
	    CDP_SCHED_DTR) != 0)
		csw = NULL;
	if (csw != NULL) {
		VS_LEDGER(hold, VS_CDEV, dev, "thread");
		atomic_add_long(&dev->si_threadcount, 1);
	}
	mtx_unlock(&cdp->cdp_threadlock);
	*ref = csw != NULL;
	if (csw != NULL)
		thread_enters(dev);
	return (csw);
}

static bool
dev_eternal(const struct cdev *dev)
{
	return ((__atomic_load_n(&dev->si_flags, __ATOMIC_RELAXED) &
	    SI_ETERNAL) != 0);
}

struct cdevsw *
dev_refthread(struct cdev *dev, int *ref)
{
	dev_lock_assert_unlocked();
	*ref = 0;
	return (dev_eternal(dev) ? dev->si_devsw : dev_enter(dev, ref));
}

/* The interlock keeps the node while we are not counted yet. */
struct cdevsw *
dev_refthread_at(struct mtx *interlock, struct cdev *const *devp,
    struct cdev **result, int *ref)
{
	struct cdevsw *csw = NULL;
	struct cdev *dev;

	dev_lock_assert_unlocked();
	*ref = 0;
	mtx_lock(interlock);
	if ((dev = *devp) != NULL) {
		*result = dev;
		csw = dev_eternal(dev) ? dev->si_devsw : dev_enter(dev, ref);
	}
	mtx_unlock(interlock);
	return (csw);
}

/*
 * The decrement is the last touch: a destroyer that polls the count may free
 * the node at once.  FreeBSD lets it find out for itself, hz / 10 later; here
 * it is woken, by an address that is not looked at any more, unless the switch
 * is taken just now.
 */
void
dev_relthread(struct cdev *dev, int ref)
{
	const void *drain = NULL;

	dev_lock_assert_unlocked();
	if (ref == 0)
		return;
	KASSERT(atomic_load_acq_long(&dev->si_threadcount) > 0,
	    ("%s threadcount is wrong", devtoname(dev)));
	thread_leaves(dev);
	VS_LEDGER(rele, VS_CDEV, dev, "thread");
	if (__atomic_load_n(&dev->si_devsw, __ATOMIC_RELAXED) == NULL)
		drain = &cdev2priv(dev)->cdp_dtr_list;
	atomic_subtract_rel_long(&dev->si_threadcount, 1);
	if (drain == NULL)
		return;
	/* Who has seen the count before sleeps by now. */
	dev_lock();
	wakeup(drain);
	dev_unlock();
}

/* --- names ---------------------------------------------------------------- */

const char *
devtoname(struct cdev *dev)
{
	return (dev->si_name);
}

void
dev_copyname(struct cdev *dev, char *path, size_t len)
{
	int ref;

	if (dev_refthread(dev, &ref) == NULL)
		return;
	strlcpy(path, devtoname(dev), len);
	dev_relthread(dev, ref);
}
