/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mounts: the host's, which comes with the boot, and those of jails.
 *
 * There is no tree of file systems.  A mount is known by its path on the host,
 * and a jail's /dev is the mount on "dev" below its root, or that of the
 * nearest jail around it that has one.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/ucred.h>

#include "boot.h"
#include "devfs.h"
#include "devfs_int.h"
#include "devfs_mount.h"

#define	DEV	"/dev"

static struct mtx mounts_lock;
MTX_SYSINIT(devfs_mounts, &mounts_lock, "devfs mounts", MTX_DEF);
static TAILQ_HEAD(devfs_mount_list, devfs_mount) mounts =
    TAILQ_HEAD_INITIALIZER(mounts);
static struct unrhdr *mount_idx;
/* allow.mount.devfs */
static unsigned allow_mount_devfs;

/* --- references and names ------------------------------------------------- */

void
devfs_mount_hold(struct devfs_mount *dm)
{
	refcount_acquire(&dm->dm_holdcnt);
}

void
devfs_mount_drop(struct devfs_mount *dm)
{
	if (!refcount_release(&dm->dm_holdcnt))
		return;
	MPASS(dm->dm_dying && LIST_EMPTY(&dm->dm_vnodes));
	sx_destroy(&dm->dm_lock);
	crfree_as(dm->dm_cred, "mount");
	free(dm->dm_path, M_DEVFS);
	free(dm, M_DEVFS);
}

/* "/dev" below a jail's root. */
static void
mount_path(const struct prison *pr, const char *path, char *buf, size_t size)
{
	const char *root = pr->pr_path;

	snprintf(buf, size, "%s%s", strcmp(root, "/") == 0 ? "" : root, path);
}

/* By its path on the host, held. */
static struct devfs_mount *
mount_find(const char *path)
{
	struct devfs_mount *dm;

	mtx_lock(&mounts_lock);
	TAILQ_FOREACH(dm, &mounts, dm_link)
		if (strcmp(dm->dm_path, path) == 0) {
			devfs_mount_hold(dm);
			break;
		}
	mtx_unlock(&mounts_lock);
	return (dm);
}

int
devfs_mount_of(struct ucred *cred, struct devfs_mount **dmp)
{
	struct devfs_mount *dm = NULL;
	const struct prison *pr;
	char *path;

	path = malloc(MAXPATHLEN, M_TEMP, M_WAITOK);
	for (pr = cred->cr_prison; pr != NULL && dm == NULL;
	    pr = pr->pr_parent) {
		mount_path(pr, DEV, path, MAXPATHLEN);
		dm = mount_find(path);
	}
	free(path, M_TEMP);
	*dmp = dm;
	return (dm != NULL ? 0 : ENOENT);
}

int
devfs_mount_at(struct ucred *cred, const char *path, struct devfs_mount **dmp)
{
	char *full;

	full = malloc(MAXPATHLEN, M_TEMP, M_WAITOK);
	mount_path(cred->cr_prison, path, full, MAXPATHLEN);
	*dmp = mount_find(full);
	free(full, M_TEMP);
	return (*dmp != NULL ? 0 : EINVAL);
}

struct devfs_mount *
devfs_mount_next(struct devfs_mount *dm)
{
	struct devfs_mount *next;

	mtx_lock(&mounts_lock);
	next = dm == NULL ? TAILQ_FIRST(&mounts) : TAILQ_NEXT(dm, dm_link);
	if (next != NULL)
		devfs_mount_hold(next);
	mtx_unlock(&mounts_lock);
	if (dm != NULL)
		devfs_mount_drop(dm);
	return (next);
}

/* --- mount ---------------------------------------------------------------- */

static int
mount_add(const char *path, int ruleset, struct ucred *cred)
{
	struct devfs_mount *dm, *other;

	dm = malloc(sizeof(*dm), M_DEVFS, M_WAITOK | M_ZERO);
	sx_init(&dm->dm_lock, "devfsmount");
	dm->dm_path = strdup(path, M_DEVFS);
	dm->dm_ruleset = ruleset;
	dm->dm_cred = crhold_as(cred, "mount");
	refcount_init(&dm->dm_holdcnt, 1);
	dm->dm_idx = alloc_unr(mount_idx);
	dm->dm_rootdir = devfs_rootdir();
	mtx_lock(&mounts_lock);
	TAILQ_FOREACH(other, &mounts, dm_link)
		if (strcmp(other->dm_path, path) == 0)
			break;
	if (other == NULL)
		TAILQ_INSERT_TAIL(&mounts, dm, dm_link);
	mtx_unlock(&mounts_lock);
	if (other == NULL)
		return (0);
	(void)devfs_dirent_drop(dm->dm_rootdir);
	free_unr(mount_idx, dm->dm_idx);
	dm->dm_dying = true;
	devfs_mount_drop(dm);
	return (EBUSY);
}

/* What a jail mounts shows what its parameter says, whatever it asks for. */
static int
jail_ruleset(struct ucred *cred, int *ruleset)
{
	struct prison *pr = cred->cr_prison;
	int forced;

	if (!jailed(cred))
		return (0);
	mtx_lock(&pr->pr_mtx);
	forced = pr->pr_devfs_rsnum;
	mtx_unlock(&pr->pr_mtx);
	if (*ruleset != 0 && *ruleset != forced)
		return (EPERM);
	*ruleset = forced;
	return (0);
}

static int
may_mount(struct ucred *cred, int priv)
{
	int error;

	error = priv_check_cred(cred, priv);
	if (error == 0 && jailed(cred) &&
	    !prison_allow(cred, allow_mount_devfs))
		error = EPERM;
	return (error);
}

/* Only what some jail may call /dev is of any use. */
static bool
path_valid(const char *path)
{
	size_t len = strlen(path), end = strlen(DEV);

	return (path[0] == '/' && len >= end && len < MAXPATHLEN / 2 &&
	    strcmp(path + len - end, DEV) == 0);
}

int
devfs_mount(struct thread *td, const char *path, int ruleset)
{
	struct ucred *cred = td->td_ucred;
	char *full;
	int error;

	error = may_mount(cred, PRIV_VFS_MOUNT);
	if (error != 0)
		return (error);
	if (!path_valid(path))
		return (EINVAL);
	error = jail_ruleset(cred, &ruleset);
	if (error != 0)
		return (error);
	full = malloc(MAXPATHLEN, M_TEMP, M_WAITOK);
	mount_path(cred->cr_prison, path, full, MAXPATHLEN);
	error = mount_add(full, ruleset, cred);
	free(full, M_TEMP);
	return (error);
}

/* --- unmount -------------------------------------------------------------- */

static struct vnode *
first_vnode(struct devfs_mount *dm, bool used)
{
	struct vnode *vp;

	mtx_lock(&devfs_de_interlock);
	LIST_FOREACH(vp, &dm->dm_vnodes, v_link)
		if (!used || vp->v_usecount > 0)
			break;
	if (vp != NULL)
		vhold(vp);
	mtx_unlock(&devfs_de_interlock);
	return (vp);
}

/* EBUSY if a file is open, or somebody on the way to one, and no force. */
static int
vnodes_flush(struct devfs_mount *dm, bool force)
{
	struct vnode *vp;

	if (!force && (vp = first_vnode(dm, true)) != NULL) {
		vdrop(vp);
		return (EBUSY);
	}
	while ((vp = first_vnode(dm, false)) != NULL) {
		vn_lock(vp);
		vgone(vp);
		vn_unlock(vp);
		vdrop(vp);
	}
	return (0);
}

/*
 * Who holds the mount without its lock finds it dying, or a dead vnode.  The
 * index goes when no entry of this mount is left.
 */
static void
mount_end(struct devfs_mount *dm)
{
	KFAIL_POINT_CODE(DEBUG_FP, devfs_unmount_dying, (void)0);
	(void)vnodes_flush(dm, true);
	sx_xlock(&dm->dm_lock);
	devfs_cleanup(dm);
	devfs_delete(dm, dm->dm_rootdir);
	sx_xunlock(&dm->dm_lock);
	free_unr(mount_idx, dm->dm_idx);
	devfs_mount_drop(dm);
}

/* Of two who unmount one loses: takes it off the list, or finds it off. */
static bool
mount_remove(struct devfs_mount *dm)
{
	bool dying;

	sx_xlock(&dm->dm_lock);
	dying = dm->dm_dying;
	dm->dm_dying = true;
	sx_xunlock(&dm->dm_lock);
	if (dying)
		return (false);
	mtx_lock(&mounts_lock);
	TAILQ_REMOVE(&mounts, dm, dm_link);
	mtx_unlock(&mounts_lock);
	return (true);
}

int
devfs_unmount(struct thread *td, const char *path, bool force)
{
	struct devfs_mount *dm;
	int error;

	error = may_mount(td->td_ucred, PRIV_VFS_UNMOUNT);
	if (error == 0)
		error = devfs_mount_at(td->td_ucred, path, &dm);
	if (error != 0)
		return (error);
	error = vnodes_flush(dm, force);
	if (error == 0) {
		if (mount_remove(dm))
			mount_end(dm);
		else
			error = EINVAL;
	}
	devfs_mount_drop(dm);
	return (error);
}

/* --- boot and shutdown ---------------------------------------------------- */

static void
devfs_mounts_init(void *arg __unused)
{
	mount_idx = new_unrhdr(0, INT_MAX, NULL);
	allow_mount_devfs = prison_add_allow("mount", "devfs", NULL,
	    "Jail may mount/unmount the devfs file system");
	(void)mount_add(DEV, 0, thread0.td_ucred);
}
SYSINIT(devfs_mounts, SI_SUB_DEVFS, SI_ORDER_ANY, devfs_mounts_init, NULL);

static void
devfs_mounts_uninit(void *arg __unused)
{
	struct devfs_mount *dm;

	while ((dm = TAILQ_FIRST(&mounts)) != NULL) {
		(void)mount_remove(dm);
		mount_end(dm);
	}
	delete_unrhdr(mount_idx);
}
SYSUNINIT(devfs_mounts, SI_SUB_DEVFS, SI_ORDER_ANY, devfs_mounts_uninit,
    NULL);

/*
 * What jails have mounted keeps them alive, and so do the dead devices of their
 * credentials that nobody has looked for.
 */
void
devfs_shutdown(void)
{
	struct devfs_mount *dm;

	while ((dm = TAILQ_LAST(&mounts, devfs_mount_list)) != NULL &&
	    dm != TAILQ_FIRST(&mounts)) {
		(void)mount_remove(dm);
		mount_end(dm);
	}
	if (dm == NULL)
		return;
	sx_xlock(&dm->dm_lock);
	devfs_populate(dm);
	sx_xunlock(&dm->dm_lock);
}
