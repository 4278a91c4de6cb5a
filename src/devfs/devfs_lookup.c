/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * From names to vnodes.
 *
 * A name without an entry is offered to the dev_clone event.  Who answers gives
 * a reference on the device, which is released here whatever happens.  Neither
 * the directory nor the mount is locked while handlers run: two lookups of one
 * name run them twice, and the directory may be gone afterwards.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/ucred.h>

#include "bugs.h"
#include "devfs.h"
#include "devfs_int.h"

#define	MAXLINKS	32
#define	PATHLEN		1024

/* One component of a path. */
struct component {
	const char	*name;
	size_t		len;
	bool		last;
	bool		slash;		/* one follows */
	enum devfs_op	op;
};

/* --- who may -------------------------------------------------------------- */

int
devfs_access(const struct devfs_dirent *de, int mode, struct ucred *cred)
{
	int granted;

	if (cred->cr_uid == de->de_uid)
		granted = de->de_mode >> 6;
	else if (groupmember(de->de_gid, cred))
		granted = de->de_mode >> 3;
	else
		granted = de->de_mode;
	mode &= ~granted;
	if ((mode & DEVFS_READ) != 0 &&
	    priv_check_cred(cred, PRIV_VFS_READ) != 0)
		return (EACCES);
	if ((mode & DEVFS_WRITE) != 0 &&
	    priv_check_cred(cred, PRIV_VFS_WRITE) != 0)
		return (EACCES);
	if ((mode & DEVFS_EXEC) != 0 &&
	    priv_check_cred(cred, PRIV_VFS_LOOKUP) != 0)
		return (EACCES);
	return (0);
}

/* A device with a credential is seen by its prison and those around it. */
int
devfs_prison_check(const struct devfs_dirent *de, const struct ucred *cred)
{
	const struct ucred *owner;

	if (de->de_cdp == NULL || (owner = de->de_cdp->cdp_c.si_cred) == NULL)
		return (0);
	return (prison_check(cred, owner) == 0 ? 0 : ENOENT);
}

/* --- one name ------------------------------------------------------------- */

int
devfs_populate_vp(struct vnode *dvp)
{
	struct devfs_mount *dm = dvp->v_mount;
	bool doomed;

	sx_assert(&dvp->v_lock, SA_XLOCKED);
	if (dvp->v_doomed)
		return (ENOENT);
	devfs_mount_hold(dm);
	vn_unlock(dvp);
	sx_xlock(&dm->dm_lock);
	devfs_populate(dm);
	sx_xunlock(&dm->dm_lock);
	vn_lock(dvp);
	/* vnode-keeps-freed-entry: its entry is used all the same. */
	doomed = dvp->v_doomed && !BUG(VNODE_KEEPS_ENTRY);
	/* A living vnode has a mount that is not finished. */
	if (!doomed)
		sx_xlock(&dm->dm_lock);
	devfs_mount_drop(dm);
	return (doomed ? ENOENT : 0);
}

/*
 * The entry of a device in this mount.  A device that never had one here may
 * have an array that ends before.
 */
static struct devfs_dirent *
cloned_entry(const struct devfs_mount *dm, const struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	if (dm->dm_idx > cdp->cdp_maxdirent) {
		/* dirent-slot-read-unbounded: what lies behind is taken. */
		if (BUG(DIRENT_UNBOUNDED))
			panic("devfs_lookupx: slot %u of device \"%s\" is "
			    "read, but it has %u", dm->dm_idx,
			    cdp->cdp_c.si_name, cdp->cdp_maxdirent + 1);
		return (NULL);
	}
	return (cdp->cdp_dirents[dm->dm_idx]);
}

/*
 * Asks the handlers for a device of that name.  Entered with dm_lock held; left
 * with it and 0, `*dep` being NULL if nobody answered or the device has no
 * entry here; or without it and ENOENT, if the directory has gone.
 */
static int
lookup_clone(struct vnode *dvp, char *path, struct thread *td,
    struct devfs_dirent **dep)
{
	struct devfs_mount *dm = dvp->v_mount;
	struct cdev *cdev = NULL;
	int error;

	devfs_mount_hold(dm);
	sx_xunlock(&dm->dm_lock);
	vn_unlock(dvp);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_lookup_cloning, (void)0);
	EVENTHANDLER_INVOKE(dev_clone, td->td_ucred, path, (int)strlen(path),
	    &cdev);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_lookup_cloned, (void)0);
	vn_lock(dvp);
	if (cdev != NULL)
		error = devfs_populate_vp(dvp);
	else if (dvp->v_doomed)
		error = ENOENT;
	else {
		sx_xlock(&dm->dm_lock);
		error = 0;
	}
	devfs_mount_drop(dm);
	*dep = NULL;
	if (cdev == NULL)
		return (error);
	if (error == 0) {
		dev_lock();
		*dep = cloned_entry(dm, cdev2priv(cdev));
		dev_unlock();
	}
	/* The entry stays: dm_lock is held. */
	dev_rel_as(cdev, dev_holder_made);
	return (error);
}

/* The entry that the caller may see.  dm_lock as in lookup_clone(). */
static int
lookup_entry(struct vnode *dvp, const struct component *cn,
    struct thread *td, struct devfs_dirent **dep)
{
	struct devfs_dirent *dd = dvp->v_data, *de;
	struct devfs_mount *dm = dvp->v_mount;
	char path[SPECNAMELEN + 1];
	int error;

	de = devfs_find(dd, cn->name, cn->len);
	if (de == NULL && !(cn->last && cn->op == DEVFS_DELETE) &&
	    devfs_fqpn(path, sizeof(path), dd, cn->name, cn->len)) {
		error = lookup_clone(dvp, path, td, &de);
		if (error != 0)
			return (error);
	}
	if (de == NULL || (de->de_flags & DE_WHITEOUT) != 0 ||
	    devfs_prison_check(de, td->td_ucred) != 0)
		error = ENOENT;
	else if (cn->last && cn->op == DEVFS_DELETE)
		error = devfs_access(dvp->v_data, DEVFS_WRITE, td->td_ucred);
	else
		error = 0;
	if (error != 0)
		sx_xunlock(&dm->dm_lock);
	*dep = de;
	return (error);
}

/* In a locked directory, which stays locked. */
static int
lookup(struct vnode *dvp, const struct component *cn, struct thread *td,
    struct vnode **vpp)
{
	struct devfs_dirent *de;
	struct devfs_mount *dm;
	int error;

	if (devfs_populate_vp(dvp) != 0)
		return (ENOTDIR);
	dm = dvp->v_mount;
	error = devfs_access(dvp->v_data, DEVFS_EXEC, td->td_ucred);
	if (error != 0) {
		sx_xunlock(&dm->dm_lock);
		return (error);
	}
	error = lookup_entry(dvp, cn, td, &de);
	if (error == 0)
		error = devfs_allocv(de, dm, vpp);
	return (error);
}

/* Upwards the order of locks is the reverse: the child is given up first. */
static int
lookup_parent(struct vnode *dvp, struct vnode **vpp)
{
	struct devfs_dirent *de;
	struct devfs_mount *dm;
	int error;

	if (devfs_populate_vp(dvp) != 0) {
		vput(dvp);
		return (ENOTDIR);
	}
	dm = dvp->v_mount;
	de = dvp->v_data;
	/* What is above a mount's root is not ours. */
	if (de == dm->dm_rootdir) {
		sx_xunlock(&dm->dm_lock);
		vput(dvp);
		return (ENOENT);
	}
	devfs_mount_hold(dm);
	vn_unlock(dvp);
	error = devfs_allocv(de->de_dir, dm, vpp);
	devfs_mount_drop(dm);
	vrele(dvp);
	return (error);
}

/* --- a path --------------------------------------------------------------- */

static int
root_vnode(struct thread *td, struct vnode **vpp)
{
	struct devfs_mount *dm;
	int error;

	error = devfs_mount_of(td->td_ucred, &dm);
	if (error != 0)
		return (error);
	sx_xlock(&dm->dm_lock);
	if (dm->dm_dying) {
		sx_xunlock(&dm->dm_lock);
		error = ENOENT;
	} else
		error = devfs_allocv(dm->dm_rootdir, dm, vpp);
	devfs_mount_drop(dm);
	return (error);
}

/* A link's text goes before what is left of the path. */
static int
follow(struct vnode *vp, char *path, const char *rest)
{
	char *text;
	int n;

	text = malloc(PATHLEN, M_TEMP, M_WAITOK);
	/* The link's entry lives as long as its vnode, which is locked. */
	if (vp->v_data == NULL)
		n = -1;
	else
		n = snprintf(text, PATHLEN, "%s%s", vp->v_data->de_symlink,
		    rest);
	if (n >= 0 && n < PATHLEN)
		strlcpy(path, text, PATHLEN);
	free(text, M_TEMP);
	return (n < 0 ? ENOENT : n < PATHLEN ? 0 : ENAMETOOLONG);
}

/* Cuts the first component off; false if there is none. */
static bool
next_component(const char **path, struct component *cn)
{
	const char *p = *path;

	p += strspn(p, "/");
	cn->name = p;
	cn->len = strcspn(p, "/");
	p += cn->len;
	cn->slash = *p == '/';
	*path = p;
	cn->last = p[strspn(p, "/")] == '\0';
	return (cn->len != 0);
}

/*
 * A step from `*vpp`, which is locked, to what the component names; with an
 * error it has been released.  *linkp: the step leads to a link to be followed,
 * and `*vpp` has stayed.
 */
static int
step(struct thread *td, const struct component *cn, bool followlast,
    struct vnode **vpp, struct vnode **linkp)
{
	struct vnode *dvp = *vpp, *vp = NULL;
	int error;

	*linkp = NULL;
	if (cn->len == 1 && cn->name[0] == '.')
		return (0);
	if (cn->len == 2 && memcmp(cn->name, "..", 2) == 0)
		return (lookup_parent(dvp, vpp));
	error = lookup(dvp, cn, td, &vp);
	if (error == 0 && vp->v_type == VLNK &&
	    (followlast || !cn->last || cn->slash)) {
		*linkp = vp;
		return (0);
	}
	if (error == 0 && cn->slash && vp->v_type != VDIR) {
		vput(vp);
		error = ENOTDIR;
	}
	vput(dvp);
	*vpp = vp;
	return (error);
}

static int
walk(struct thread *td, char *path, enum devfs_op op, bool followlast,
    struct vnode **vpp)
{
	struct component cn = { .op = op };
	struct vnode *link;
	const char *p = path;
	int error, links = 0;

	error = root_vnode(td, vpp);
	while (error == 0 && next_component(&p, &cn)) {
		error = step(td, &cn, followlast, vpp, &link);
		if (error != 0 || link == NULL)
			continue;
		error = ++links > MAXLINKS ? ELOOP : follow(link, path, p);
		p = path;
		vput(link);
		if (error != 0)
			vput(*vpp);
	}
	return (error);
}

int
devfs_namei(struct thread *td, const char *path, enum devfs_op op,
    bool followlast, struct vnode **vpp)
{
	char *buf;
	int error;

	if (strncmp(path, "/dev", 4) != 0 || (path[4] != '/' &&
	    path[4] != '\0'))
		return (ENOENT);
	buf = malloc(PATHLEN, M_TEMP, M_WAITOK);
	if (strlcpy(buf, path + 4, PATHLEN) >= PATHLEN)
		error = ENAMETOOLONG;
	else
		error = walk(td, buf, op, followlast, vpp);
	free(buf, M_TEMP);
	return (error);
}
