/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The check of devfs: what points to what, and the counts of opens.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/proc.h>

#include <dirent.h>

#include <vnetsim/inspect.h>

#include "check.h"
#include "devfs.h"
#include "devfs_int.h"

static void
violation(struct check_report *ck, const struct devfs_mount *dm,
    const char *name, const char *what)
{
	check_failed(ck, "%s/%s: %s\n", dm->dm_path, name, what);
}

/* A device's entry and the device's slot for this mount are a pair. */
static void
check_slot(struct check_report *ck, const struct devfs_mount *dm,
    const struct devfs_dirent *de)
{
	const struct cdev_priv *cdp = de->de_cdp;

	dev_lock();
	if (dm->dm_idx > cdp->cdp_maxdirent ||
	    cdp->cdp_dirents[dm->dm_idx] != de)
		violation(ck, dm, de->de_name,
		    "the device knows no such entry");
	else if (cdp->cdp_inuse == 0)
		violation(ck, dm, de->de_name, "the mount is not counted");
	dev_unlock();
}

/* The close of a device that was destroyed counts nothing any more. */
static bool
is_live(const struct devfs_dirent *de)
{
	return (de->de_cdp != NULL &&
	    __atomic_load_n(&de->de_cdp->cdp_c.si_devsw, __ATOMIC_RELAXED) !=
	    NULL);
}

static void
check_vnode(struct check_report *ck, const struct devfs_mount *dm,
    const struct devfs_dirent *de)
{
	const struct vnode *vp;

	mtx_lock(&devfs_de_interlock);
	vp = de->de_vnode;
	if (vp == NULL) {
		if (de->de_usecount != 0)
			violation(ck, dm, de->de_name, "open without a vnode");
	} else if (vp->v_data != de || vp->v_doomed)
		violation(ck, dm, de->de_name,
		    "has another's, or a dead vnode");
	else if (de->de_usecount > vp->v_usecount && is_live(de))
		violation(ck, dm, de->de_name, "more opens than files");
	else if (vp->v_type == VCHR && vp->v_rdev != &de->de_cdp->cdp_c)
		violation(ck, dm, de->de_name, "vnode of another device");
	mtx_unlock(&devfs_de_interlock);
}

static void
check_below(struct check_report *ck, const struct devfs_mount *dm,
    const struct devfs_dirent *dd)
{
	const struct devfs_dirent *de;

	check_vnode(ck, dm, dd);
	TAILQ_FOREACH(de, &dd->de_dlist, de_list) {
		if (de->de_dir != dd || (de->de_flags & DE_DOOMED) != 0)
			violation(ck, dm, de->de_name, "doomed, or misplaced");
		if (de->de_type == DT_DIR) {
			if (TAILQ_EMPTY(&de->de_dlist))
				violation(ck, dm, de->de_name, "empty");
			check_below(ck, dm, de);
			continue;
		}
		check_slot(ck, dm, de);
		check_vnode(ck, dm, de);
	}
}

/* What all mounts count together is what the device counts. */
static void
check_opens(struct check_report *ck, const struct devfs_mount *dm)
{
	const struct cdev_priv *cdp;
	u_long opens;
	u_int i;

	mtx_lock(&devfs_de_interlock);
	dev_lock();
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		opens = 0;
		for (i = 0; i <= cdp->cdp_maxdirent; i++)
			if (cdp->cdp_dirents[i] != NULL)
				opens += cdp->cdp_dirents[i]->de_usecount;
		if (opens != cdp->cdp_c.si_usecount)
			violation(ck, dm, cdp->cdp_c.si_name,
			    "si_usecount is not what the entries say");
	}
	dev_unlock();
	mtx_unlock(&devfs_de_interlock);
}

static int
sys_devfs_check(struct thread *td __unused, void *arg)
{
	struct devfs_mount *dm = NULL;

	while ((dm = devfs_mount_next(dm)) != NULL) {
		sx_slock(&dm->dm_lock);
		if (!dm->dm_dying)
			check_below(arg, dm, dm->dm_rootdir);
		/* Once is enough. */
		if (dm->dm_idx == 0)
			check_opens(arg, dm);
		sx_sunlock(&dm->dm_lock);
	}
	return (0);
}

unsigned
vs_check_devfs(char *buf, size_t size)
{
	return (check_run(sys_devfs_check, buf, size));
}
