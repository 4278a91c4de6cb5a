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

RB_HEAD(cdev_clones, cdev_priv);

struct clonedevs {
	struct cdev_clones	cd_devs;	/* (d) by unit, ascending */
};

/* A node that is being destroyed may share its unit with the next one. */
static int
clone_compare(const struct cdev_priv *a, const struct cdev_priv *b)
{
	int x = dev2unit(&a->cdp_c), y = dev2unit(&b->cdp_c);

	if (x != y)
		return (x < y ? -1 : 1);
	return ((uintptr_t)a < (uintptr_t)b ? -1 : a != b);
}

RB_GENERATE_STATIC(cdev_clones, cdev_priv, cdp_clones, clone_compare)

/* --- lists ---------------------------------------------------------------- */

void
clone_setup(struct clonedevs **cdp)
{
	*cdp = malloc(sizeof(**cdp), M_DEVBUF, M_WAITOK | M_ZERO);
	RB_INIT(&(*cdp)->cd_devs);
}

void
clone_unlist(struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	dev_lock_assert_locked();
	if ((dev->si_flags & SI_CLONELIST) == 0)
		return;
	RB_REMOVE(cdev_clones, &cdp->cdp_clonedevs->cd_devs, cdp);
	cdp->cdp_clonedevs = NULL;
	dev_flags_change(dev, 0, SI_CLONELIST);
	VS_LEDGER(rele, VS_CDEV, dev, "clone");
}

static void
clone_enlist(struct clonedevs *cd, struct cdev *dev)
{
	struct cdev_priv *cdp = cdev2priv(dev);

	KASSERT((dev->si_flags & SI_CLONELIST) == 0,
	    ("Dev %p(%s) should not be on clonelist", dev, devtoname(dev)));
	RB_INSERT(cdev_clones, &cd->cd_devs, cdp);
	cdp->cdp_clonedevs = cd;
	dev_flags_change(dev, SI_CLONELIST, 0);
	VS_LEDGER(hold, VS_CDEV, dev, "clone");
}

/* --- units ---------------------------------------------------------------- */

/* The first whose unit is not below `number`, or NULL. */
static struct cdev_priv *
clone_first(struct clonedevs *cd, int number)
{
	struct cdev_priv *cdp = RB_ROOT(&cd->cd_devs), *found = NULL;

	while (cdp != NULL) {
		if (dev2unit(&cdp->cdp_c) < number) {
			cdp = RB_RIGHT(cdp, cdp_clones);
			continue;
		}
		found = cdp;
		cdp = RB_LEFT(cdp, cdp_clones);
	}
	return (found);
}

/* Not one that is being destroyed: it may be gone before it is used. */
static struct cdev *
clone_find(struct clonedevs *cd, int number)
{
	struct cdev_priv *cdp;

	for (cdp = clone_first(cd, number);
	    cdp != NULL && dev2unit(&cdp->cdp_c) == number;
	    cdp = RB_NEXT(cdev_clones, &cd->cd_devs, cdp)) {
		KASSERT((cdp->cdp_c.si_flags & SI_CLONELIST) != 0,
		    ("Dev %p(%s) should be on clonelist", &cdp->cdp_c,
		    devtoname(&cdp->cdp_c)));
		if (cdp->cdp_c.si_devsw != NULL)
			return (&cdp->cdp_c);
	}
	return (NULL);
}

/* They are in order: the first gap from `extra` on. */
static int
clone_lowest(struct clonedevs *cd, int extra)
{
	struct cdev_priv *cdp;
	int low = extra;

	for (cdp = clone_first(cd, extra); cdp != NULL;
	    cdp = RB_NEXT(cdev_clones, &cd->cd_devs, cdp)) {
		if (dev2unit(&cdp->cdp_c) > low)
			break;
		if (dev2unit(&cdp->cdp_c) == low)
			low++;
	}
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
	while ((cp = RB_MIN(cdev_clones, &cd->cd_devs)) != NULL) {
		dev = &cp->cdp_c;
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
