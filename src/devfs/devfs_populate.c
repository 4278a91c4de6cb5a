/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lazy work: a mount learns of devices that came and went when somebody looks
 * at it, and there too dead devices are collected.  There is no worker; a mount
 * that nobody enters keeps what it knows.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>

#include "devfs.h"
#include "devfs_int.h"
#include "devfs_dirent.h"

#include <vnetsim/observe.h>

static const char holder_dirent[] = "dirent";

static struct devfs_dirent *
slot_get(const struct cdev_priv *cdp, u_int idx)
{
	dev_lock_assert_locked();
	return (idx <= cdp->cdp_maxdirent ? cdp->cdp_dirents[idx] : NULL);
}

/*
 * Memory is neither taken nor given back under devmtx.  Another mount may be
 * faster; then its array is large enough, or is tried again.
 */
static void
slot_grow(struct cdev_priv *cdp, u_int idx)
{
	struct devfs_dirent **new, **old = NULL;

	dev_lock();
	while (cdp->cdp_maxdirent < idx) {
		dev_unlock();
		new = malloc((idx + 1) * sizeof(*new), M_DEVFS2,
		    M_WAITOK | M_ZERO);
		dev_lock();
		old = new;
		if (cdp->cdp_maxdirent < idx) {
			memcpy(new, cdp->cdp_dirents,
			    (cdp->cdp_maxdirent + 1) * sizeof(*new));
			old = cdp->cdp_dirents;
			cdp->cdp_dirents = new;
			cdp->cdp_maxdirent = idx;
		}
	}
	dev_unlock();
	if (old != NULL && old != &cdp->cdp_dirent0)
		free(old, M_DEVFS2);
}

/* The device is dead for this mount.  devmtx is held, and dropped. */
static void
populate_remove(struct devfs_mount *dm, struct cdev_priv *cdp)
{
	struct devfs_dirent *de = cdp->cdp_dirents[dm->dm_idx];
	struct devfs_dirent *dd = de->de_dir;

	cdp->cdp_dirents[dm->dm_idx] = NULL;
	dev_unlock();
	devfs_dirent_remove(de);
	devfs_dirent_hold(dd);
	devfs_delete(dm, de);
	if (!devfs_dirent_drop(dd))
		devfs_rmdir_empty(dm, dd);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_populate_removed, (void)0);
	dev_lock();
	VS_LEDGER(rele, VS_CDEV, &cdp->cdp_c, holder_dirent);
	devfs_unuse(cdp);
	dev_unlock();
}

/*
 * The device is new for this mount.  devmtx is held, and dropped.  An alias
 * whose name lives has a parent, but only as long as devmtx is held.
 */
static void
populate_add(struct devfs_mount *dm, struct cdev_priv *cdp)
{
	struct devfs_dirent *de;
	char target[SPECNAMELEN + 1];
	bool alias;

	alias = (cdp->cdp_c.si_flags & SI_ALIAS) != 0;
	if (alias)
		strlcpy(target, cdp->cdp_c.si_parent->si_name, sizeof(target));
	devfs_use(cdp);
	VS_LEDGER(hold, VS_CDEV, &cdp->cdp_c, holder_dirent);
	dev_unlock();
	slot_grow(cdp, dm->dm_idx);
	de = devfs_make_entry(dm, cdp, alias ? target : NULL);
	dev_lock();
	cdp->cdp_dirents[dm->dm_idx] = de;
	dev_unlock();
}

/*
 * Collects a node, or looks at the next one that has changed after `*at`, and
 * makes that the one it has changed at; false if there is none.
 */
static bool
populate_step(struct devfs_mount *dm, uint64_t *at, bool cleanup)
{
	struct cdev_priv *cdp;
	bool active, known;

	dev_lock();
	if (devfs_collect_one()) {
		dev_unlock();
		return (true);
	}
	while ((cdp = devfs_changed_after(*at)) != NULL) {
		*at = cdp->cdp_generation;
		active = (cdp->cdp_flags & CDP_ACTIVE) != 0;
		known = slot_get(cdp, dm->dm_idx) != NULL;
		if (known && (cleanup || !active)) {
			populate_remove(dm, cdp);
			return (true);
		}
		if (active && !known && !cleanup) {
			populate_add(dm, cdp);
			return (true);
		}
	}
	dev_unlock();
	return (false);
}

/*
 * What comes or goes meanwhile leaves the generation behind, so that the next
 * one sees to it.
 */
void
devfs_populate(struct devfs_mount *dm)
{
	uint64_t at = dm->dm_generation, gen;

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	dev_lock();
	gen = devfs_generation;
	dev_unlock();
	if (dm->dm_generation == gen)
		return;
	/* dm_lock is dropped on the way, and the mount may go. */
	while (!dm->dm_dying && populate_step(dm, &at, false))
		continue;
	dm->dm_generation = gen;
}

void
devfs_cleanup(struct devfs_mount *dm)
{
	uint64_t at = 0;

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	while (populate_step(dm, &at, true))
		continue;
}
