/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A look at character devices from outside, and the check of their counts.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include <machine/atomic.h>

#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>

#include "check.h"
#include "conf_impl.h"

/* --- one node ------------------------------------------------------------- */

struct cdev_inspect {
	const char		*name;
	struct vs_cdev_info	*info;
};

/* The live node of a name, else the one that died last. */
static struct cdev *
find_name(const char *name)
{
	struct cdev *dev, *found = NULL;
	struct cdev_priv *cdp;

	dev_lock_assert_locked();
	LIST_FOREACH(dev, &dead_cdevsw.d_devs, si_list)
		if (strcmp(dev->si_name, name) == 0)
			found = dev;
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		if (strcmp(cdp->cdp_c.si_name, name) != 0)
			continue;
		found = &cdp->cdp_c;
		if ((cdp->cdp_flags & CDP_ACTIVE) != 0)
			break;
	}
	return (found);
}

static void
inspect_fill(struct cdev *dev, struct vs_cdev_info *info)
{
	const struct cdev_priv *cdp = cdev2priv(dev);

	info->cdev = dev;
	info->cred = dev->si_cred;
	info->unit = dev2unit(dev);
	info->refs = dev->si_refcount;
	info->threads = atomic_load_acq_long(&dev->si_threadcount);
	info->mounts = cdp->cdp_inuse;
	info->active = (cdp->cdp_flags & CDP_ACTIVE) != 0;
	info->listed = (cdp->cdp_flags & CDP_ON_ACTIVE_LIST) != 0;
	info->scheduled = (cdp->cdp_flags & CDP_SCHED_DTR) != 0;
	info->named = (dev->si_flags & SI_NAMED) != 0;
	info->alias = (dev->si_flags & SI_ALIAS) != 0;
}

static int
sys_cdev_inspect(struct thread *td __unused, void *arg)
{
	struct cdev_inspect *ci = arg;
	struct cdev *dev;

	dev_lock();
	if ((dev = find_name(ci->name)) != NULL)
		inspect_fill(dev, ci->info);
	dev_unlock();
	return (dev != NULL ? 0 : ENOENT);
}

int
vs_cdev_inspect(const char *name, struct vs_cdev_info *info)
{
	struct cdev_inspect ci = { name, info };

	return (syscall_run("inspect", sys_cdev_inspect, &ci));
}

unsigned
vs_cdev_count(void)
{
	return (__atomic_load_n(&cdev_count, __ATOMIC_ACQUIRE));
}

/* --- all of them ---------------------------------------------------------- */

static void
violation(struct check_report *ck, const struct cdev *dev, const char *what)
{
	check_failed(ck, "%s: %s\n", dev->si_name, what);
}

/*
 * What the ledger knows beside references: threads in methods, dirents,
 * relatives, clone lists.  Those are counted elsewhere or not at all.
 */
static size_t
ledger_refs(const struct cdev *dev)
{
	static const char *const others[] = {
		"thread", "dirent", "file", "alias", "child", "clone"
	};
	size_t i, n = vs_ledger_refs(VS_CDEV, dev);

	for (i = 0; i < nitems(others); i++)
		n -= vs_ledger_holders(VS_CDEV, dev, others[i]);
	return (n);
}

static void
check_node(struct check_report *ck, struct cdev *dev)
{
	const struct cdev_priv *cdp = cdev2priv(dev);
	bool active = (cdp->cdp_flags & CDP_ACTIVE) != 0;
	bool named = (dev->si_flags & SI_NAMED) != 0;

	if (active && (cdp->cdp_flags & CDP_ON_ACTIVE_LIST) == 0)
		violation(ck, dev, "live, but not listed");
	if (active && !named)
		violation(ck, dev, "live, but without a name");
	if (named && !active && (cdp->cdp_flags & CDP_UNREF_DTR) == 0)
		violation(ck, dev, "has a name, but is not live");
	if (((dev->si_flags & SI_CHILD) != 0) != (dev->si_parent != NULL))
		violation(ck, dev, "child without parent, or parent's orphan");
	if (dev->si_refcount <= 0)
		violation(ck, dev, "listed without a reference");
	/* A thread may enter or leave between the counts, not a reference. */
	if (vs_ledger_on &&
	    atomic_load_acq_long(&dev->si_threadcount) == 0 &&
	    ledger_refs(dev) != (size_t)dev->si_refcount)
		violation(ck, dev, "si_refcount is not what is held");
}

/* A removal destroys them before it lets allprison_lock go. */
void
check_node_jails(struct check_report *report)
{
	const struct cdev_priv *cdp;
	const struct prison *pr;

	sx_assert(&allprison_lock, SA_LOCKED);
	dev_lock();
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		if ((cdp->cdp_flags & CDP_ACTIVE) == 0 ||
		    cdp->cdp_c.si_cred == NULL)
			continue;
		pr = cdp->cdp_c.si_cred->cr_prison;
		if (!prison_isalive(pr))
			check_failed(report, "%s: keeps jail %s, which was "
			    "removed\n", cdp->cdp_c.si_name, pr->pr_name);
	}
	dev_unlock();
}

static int
sys_cdev_check(struct thread *td __unused, void *arg)
{
	struct check_report *ck = arg;
	struct cdev_priv *cdp;
	struct cdev *dev;

	dev_lock();
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		if ((cdp->cdp_flags & CDP_ON_ACTIVE_LIST) == 0)
			violation(ck, &cdp->cdp_c, "listed and not aware");
		check_node(ck, &cdp->cdp_c);
	}
	LIST_FOREACH(dev, &dead_cdevsw.d_devs, si_list) {
		if (dev->si_devsw != NULL || (dev->si_flags & SI_NAMED) != 0)
			violation(ck, dev, "parked, but not destroyed");
		check_node(ck, dev);
	}
	dev_unlock();
	return (0);
}

unsigned
vs_check_cdevs(char *buf, size_t size)
{
	return (check_run(sys_cdev_check, buf, size));
}
