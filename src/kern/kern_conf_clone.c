/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: nodes by unit, for drivers that make them on demand.
 *
 * A unit is reserved with a nameless node, which make_dev_s() for that unit
 * then completes.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include <ctype.h>
#include <limits.h>

#include <vnetsim/observe.h>

#include "conf_impl.h"

#define	STDCLONE_UNIT_MAX	0xffffff

struct clonedevs {
	LIST_HEAD(, cdev)	cd_devs;	/* (d) by unit, ascending */
};

/* --- lists ---------------------------------------------------------------- */

void
clone_setup(struct clonedevs **cdp)
{
	*cdp = malloc(sizeof(**cdp), M_DEVBUF, M_WAITOK | M_ZERO);
	LIST_INIT(&(*cdp)->cd_devs);
}

void
clone_unlist(struct cdev *dev)
{
	dev_lock_assert_locked();
	if ((dev->si_flags & SI_CLONELIST) == 0)
		return;
	LIST_REMOVE(dev, si_clone);
	dev_flags_change(dev, 0, SI_CLONELIST);
	VS_LEDGER(rele, VS_CDEV, dev, "clone");
}

static void
clone_enlist(struct clonedevs *cd, struct cdev *dev)
{
	struct cdev *other, *before = NULL;

	KASSERT((dev->si_flags & SI_CLONELIST) == 0,
	    ("Dev %p(%s) should not be on clonelist", dev, devtoname(dev)));
	LIST_FOREACH(other, &cd->cd_devs, si_clone) {
		if (dev2unit(other) > dev2unit(dev))
			break;
		before = other;
	}
	if (before == NULL)
		LIST_INSERT_HEAD(&cd->cd_devs, dev, si_clone);
	else
		LIST_INSERT_AFTER(before, dev, si_clone);
	dev_flags_change(dev, SI_CLONELIST, 0);
	VS_LEDGER(hold, VS_CDEV, dev, "clone");
}

/* --- units ---------------------------------------------------------------- */

/* Not one that is being destroyed: it may be gone before it is used. */
static struct cdev *
clone_find(struct clonedevs *cd, int number)
{
	struct cdev *dev;

	LIST_FOREACH(dev, &cd->cd_devs, si_clone) {
		KASSERT((dev->si_flags & SI_CLONELIST) != 0,
		    ("Dev %p(%s) should be on clonelist", dev,
		    devtoname(dev)));
		if (dev2unit(dev) == number && dev->si_devsw != NULL)
			break;
	}
	return (dev);
}

/* The list is in order: the first gap from `extra` on. */
static int
clone_lowest(struct clonedevs *cd, int extra)
{
	struct cdev *dev;
	int low = extra;

	LIST_FOREACH(dev, &cd->cd_devs, si_clone)
		if (dev2unit(dev) == low)
			low++;
	return (low & CLONE_UNITMASK);
}

int
clone_create(struct clonedevs **cdp, struct cdevsw *csw, int *up,
    struct cdev **dp, int extra)
{
	struct clonedevs *cd = *cdp;
	struct cdev *spare, *dev;
	int unit = *up;

	KASSERT(unit <= CLONE_UNITMASK,
	    ("Too high unit (0x%x) in clone_create", unit));
	KASSERT((extra & CLONE_UNITMASK) == 0,
	    ("Illegal extra bits (0x%x) in clone_create", extra));

	spare = devfs_alloc(MAKEDEV_WAITOK);
	dev_lock();
	KASSERT((csw->d_flags & D_NEEDMINOR) != 0,
	    ("clone_create() on cdevsw without minor numbers"));
	(void)prep_cdevsw(csw, MAKEDEV_WAITOK);
	dev = unit == -1 ? NULL : clone_find(cd, unit | extra);
	if (dev != NULL) {
		*dp = dev;
		dev_free_devlocked(spare);
		dev_unlock_and_free();
		return (0);
	}
	if (unit == -1)
		unit = clone_lowest(cd, extra);
	dev = newdev(csw, unit | extra, NULL, NULL, spare);
	clone_enlist(cd, dev);
	*up = unit;
	dev_unlock_and_free();
	KFAIL_POINT_CODE(DEBUG_FP, clone_create_reserved, (void)0);
	return (1);
}

/* --- the end -------------------------------------------------------------- */

/*
 * What is being destroyed already leaves the list on its own, or with the
 * task that was scheduled.
 */
void
clone_cleanup(struct clonedevs **cdp)
{
	struct clonedevs *cd = *cdp;
	struct cdev_priv *cp;
	struct cdev *dev;

	if (cd == NULL)
		return;
	dev_lock();
	while ((dev = LIST_FIRST(&cd->cd_devs)) != NULL) {
		cp = cdev2priv(dev);
		clone_unlist(dev);
		if ((cp->cdp_flags & CDP_SCHED_DTR) != 0 ||
		    dev->si_devsw == NULL)
			continue;
		cdp_flags_change(cp, CDP_SCHED_DTR, 0);
		KASSERT((dev->si_flags & SI_NAMED) != 0,
		    ("Driver has goofed in cloning underways udev %jx unit %x",
		    (uintmax_t)cp->cdp_inode, dev2unit(dev)));
		destroy_devl(dev);
	}
	dev_unlock_and_free();
	free(cd, M_DEVBUF);
	*cdp = NULL;
}

/* --- names ---------------------------------------------------------------- */

int
dev_stdclone(char *name, char **namep, const char *stem, int *unit)
{
	size_t len = strlen(stem);
	int number = 0;
	char *p;

	if (strncmp(stem, name, len) != 0)
		return (0);
	p = name + len;
	if (!isdigit((unsigned char)*p))
		return (0);
	if (*p == '0' && isdigit((unsigned char)p[1]))
		return (0);
	for (; isdigit((unsigned char)*p); p++) {
		number = number * 10 + (*p - '0');
		if (number > STDCLONE_UNIT_MAX)
			return (0);
	}
	*unit = number;
	if (namep != NULL)
		*namep = p;
	return (*p != '\0' ? 2 : 1);
}
