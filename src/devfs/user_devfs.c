/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * System calls on paths in /dev.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/file.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/ucred.h>

#include <dirent.h>

#include <vnetsim/syscalls.h>

#include "boot.h"
#include "devfs.h"
#include "devfs_int.h"

CTASSERT(VS_DEVNAMELEN == SPECNAMELEN + 1);

struct path_args {
	const char	*path;
	bool		follow;
	struct vs_dev_stat *sb;
	char		*buf;
	size_t		size;
	int		flags;
	int		fd;
};

/* --- open(2) -------------------------------------------------------------- */

/* The entry of a locked vnode lets the caller do that.  EACCES, ENOENT. */
static int
vnode_access(struct vnode *vp, int mode, struct ucred *cred)
{
	struct devfs_mount *dm = vp->v_mount;
	int error;

	if (vp->v_doomed)
		return (ENXIO);
	sx_slock(&dm->dm_lock);
	error = devfs_access(vp->v_data, mode, cred);
	sx_sunlock(&dm->dm_lock);
	return (error);
}

/* What is opened is a device; `vpp` is locked afterwards. */
static int
open_lookup(struct thread *td, const char *path, int fflag,
    struct vnode **vpp)
{
	int error, mode = 0;

	error = devfs_namei(td, path, DEVFS_LOOKUP, true, vpp);
	if (error != 0)
		return (error);
	if ((fflag & FREAD) != 0)
		mode |= DEVFS_READ;
	if ((fflag & FWRITE) != 0)
		mode |= DEVFS_WRITE;
	/* Directories are read by vs_readdir_dev(). */
	if ((*vpp)->v_type != VCHR)
		error = EISDIR;
	else
		error = vnode_access(*vpp, mode, td->td_ucred);
	if (error != 0)
		vput(*vpp);
	return (error);
}

static int
sys_open(struct thread *td, void *arg)
{
	struct path_args *args = arg;
	struct vnode *vp;
	struct file *fp;
	int error, fflag;

	if ((args->flags & ~(O_ACCMODE | O_NONBLOCK)) != 0 ||
	    (args->flags & O_ACCMODE) == O_ACCMODE)
		return (EINVAL);
	fflag = (args->flags & O_NONBLOCK) | ((args->flags & O_ACCMODE) + 1);
	error = falloc(td, &fp, &args->fd, 0);
	if (error != 0)
		return (error);
	error = open_lookup(td, args->path, fflag, &vp);
	if (error == 0) {
		fp->f_flag = fflag;
		error = devfs_open(vp, fp, td);
		vn_unlock(vp);
		/* The file has the reference now. */
		if (error != 0)
			vrele(vp);
	}
	if (error != 0)
		fdclose(td, fp, args->fd);
	(void)fdrop(fp, td);
	return (error);
}

int
vs_open(const char *path, int flags, int *fdp)
{
	struct path_args args = { .path = path, .flags = flags, .fd = -1 };
	int error;

	error = syscall_run("open", sys_open, &args);
	if (fdp != NULL)
		*fdp = error == 0 ? args.fd : -1;
	return (error);
}

/* --- stat(2), readlink(2) ------------------------------------------------- */

static const enum vs_dev_type stat_types[] = {
	[VDIR] = VS_DEV_DIR,
	[VCHR] = VS_DEV_CHR,
	[VLNK] = VS_DEV_LNK
};

static int
sys_stat(struct thread *td, void *arg)
{
	struct path_args *args = arg;
	struct devfs_dirent *de;
	struct devfs_mount *dm;
	struct vnode *vp;
	int error;

	error = devfs_namei(td, args->path, DEVFS_LOOKUP, args->follow, &vp);
	if (error != 0)
		return (error);
	error = devfs_populate_vp(vp);
	if (error == 0) {
		de = vp->v_data;
		dm = vp->v_mount;
		*args->sb = (struct vs_dev_stat) {
			.type = stat_types[vp->v_type],
			.ino = de->de_inode,
			.mode = de->de_mode,
			.uid = de->de_uid,
			.gid = de->de_gid,
			.nlink = de->de_links,
		};
		sx_xunlock(&dm->dm_lock);
	}
	vput(vp);
	return (error);
}

static int
user_stat(const char *name, const char *path, bool follow,
    struct vs_dev_stat *sb)
{
	struct vs_dev_stat stat;
	struct path_args args = {
		.path = path, .follow = follow, .sb = &stat
	};
	int error;

	error = syscall_run(name, sys_stat, &args);
	if (error == 0 && sb != NULL)
		*sb = stat;
	return (error);
}

int
vs_stat(const char *path, struct vs_dev_stat *sb)
{
	return (user_stat("stat", path, true, sb));
}

int
vs_lstat(const char *path, struct vs_dev_stat *sb)
{
	return (user_stat("lstat", path, false, sb));
}

static int
sys_readlink(struct thread *td, void *arg)
{
	struct path_args *args = arg;
	struct vnode *vp;
	int error;

	error = devfs_namei(td, args->path, DEVFS_LOOKUP, false, &vp);
	if (error != 0)
		return (error);
	if (vp->v_type != VLNK)
		error = EINVAL;
	else if (vp->v_data == NULL)
		error = ENOENT;
	else
		strlcpy(args->buf, vp->v_data->de_symlink, args->size);
	vput(vp);
	return (error);
}

int
vs_readlink(const char *path, char *buf, size_t size)
{
	struct path_args args = { .path = path, .buf = buf, .size = size };

	return (syscall_run("readlink", sys_readlink, &args));
}

/* --- unlink(2) ------------------------------------------------------------ */

/* The entry stays, hidden: what it stands for cannot be removed. */
static int
sys_unlink(struct thread *td, void *arg)
{
	struct path_args *args = arg;
	struct devfs_mount *dm;
	struct vnode *vp;
	int error;

	error = devfs_namei(td, args->path, DEVFS_DELETE, false, &vp);
	if (error != 0)
		return (error);
	if (vp->v_type == VDIR)
		error = EPERM;
	else if (vp->v_doomed)
		error = ENOENT;
	else {
		dm = vp->v_mount;
		sx_xlock(&dm->dm_lock);
		vp->v_data->de_flags |= DE_WHITEOUT;
		sx_xunlock(&dm->dm_lock);
	}
	vput(vp);
	return (error);
}

int
vs_unlink(const char *path)
{
	struct path_args args = { .path = path };

	return (syscall_run("unlink", sys_unlink, &args));
}

/* --- revoke(2) ------------------------------------------------------------ */

static int
may_revoke(struct vnode *vp, struct ucred *cred)
{
	struct devfs_mount *dm = vp->v_mount;
	uid_t uid;

	if (vp->v_type != VCHR)
		return (EINVAL);
	if (vp->v_doomed)
		return (ENXIO);
	sx_slock(&dm->dm_lock);
	uid = vp->v_data->de_uid;
	sx_sunlock(&dm->dm_lock);
	return (cred->cr_uid == uid ? 0 :
	    priv_check_cred(cred, PRIV_VFS_ADMIN));
}

/* Is somebody else there who would notice? */
static bool
in_use(struct vnode *vp)
{
	bool used;

	mtx_lock(&devfs_de_interlock);
	used = vp->v_usecount > 1 || vp->v_rdev->si_usecount > 0;
	mtx_unlock(&devfs_de_interlock);
	return (used);
}

static int
sys_revoke(struct thread *td, void *arg)
{
	struct path_args *args = arg;
	struct vnode *vp;
	int error;

	error = devfs_namei(td, args->path, DEVFS_LOOKUP, true, &vp);
	if (error != 0)
		return (error);
	error = may_revoke(vp, td->td_ucred);
	if (error == 0 && in_use(vp))
		devfs_revoke(vp);
	else
		vn_unlock(vp);
	vrele(vp);
	return (error);
}

int
vs_revoke(const char *path)
{
	struct path_args args = { .path = path };

	return (syscall_run("revoke", sys_revoke, &args));
}

/* --- readdir(3) ----------------------------------------------------------- */

struct readdir_args {
	char	(*names)[VS_DEVNAMELEN];
	size_t	n;
	size_t	count;
};

static void
list_below(const struct devfs_dirent *dd, const struct ucred *cred,
    struct readdir_args *args)
{
	const struct devfs_dirent *de;

	TAILQ_FOREACH(de, &dd->de_dlist, de_list) {
		if ((de->de_flags & DE_WHITEOUT) != 0 ||
		    devfs_prison_check(de, cred) != 0)
			continue;
		if (de->de_type == DT_DIR)
			list_below(de, cred, args);
		else if (args->count++ < args->n)
			(void)devfs_fqpn(args->names[args->count - 1],
			    VS_DEVNAMELEN, dd, de->de_name,
			    strlen(de->de_name));
	}
}

static int
sys_readdir(struct thread *td, void *arg)
{
	struct devfs_mount *dm;
	struct vnode *vp;
	int error;

	error = devfs_namei(td, "/dev", DEVFS_LOOKUP, true, &vp);
	if (error != 0)
		return (error);
	error = devfs_populate_vp(vp);
	if (error == 0) {
		dm = vp->v_mount;
		list_below(vp->v_data, td->td_ucred, arg);
		sx_xunlock(&dm->dm_lock);
	}
	vput(vp);
	return (error);
}

size_t
vs_readdir_dev(char (*names)[VS_DEVNAMELEN], size_t n)
{
	struct readdir_args args = { names, n, 0 };

	(void)syscall_run("readdir", sys_readdir, &args);
	return (args.count);
}
