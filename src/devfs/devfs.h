/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mounts of devfs, what stands in them, and the vnodes that users get.
 *
 * devfs is a layer between system calls and the device layer of src/kern.  It
 * may include KPI headers, <vnetsim/...>, bugs.h, what the device layer shares
 * (devfs_int.h), and the gate of system calls (boot.h, sys_generic.h); nothing
 * of net, and no driver.
 *
 * Lock order, outer to inner: a directory's v_lock, v_lock of what is in it,
 * dm_lock, rules_lock; dm_lock, devfs_de_interlock, v_interlock, devmtx.  No
 * v_lock is taken with dm_lock held, but that of a vnode which nobody knows.
 */
#ifndef _DEVFS_H_
#define _DEVFS_H_

#include <sys/types.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <sys/tree.h>

struct cdev;
struct cdev_priv;
struct devfs_mount;
struct file;
struct thread;
struct ucred;
struct vnode;

MALLOC_DECLARE(M_DEVFS);

/* de_flags */
#define	DE_WHITEOUT	0x01		/* hidden */
#define	DE_DOOMED	0x08		/* being deleted */

/*
 * An entry of a directory.  "." and ".." have none.
 *
 * Locks: (m) dm_lock, (i) devfs_de_interlock, (c) constant.
 */
struct devfs_dirent {
	struct cdev_priv *de_cdp;		/* (c) NULL: a directory */
	u_int		de_inode;		/* (c) */
	u_int		de_flags;		/* (m) DE_* */
	u_int		de_holdcnt;		/* (m) */
	u_char		de_type;		/* (c) DT_CHR, DT_DIR, DT_LNK */
	char		*de_name;		/* (c) */
	u_int		de_links;		/* (m) */
	mode_t		de_mode;		/* (m) */
	uid_t		de_uid;			/* (m) */
	gid_t		de_gid;			/* (m) */
	TAILQ_ENTRY(devfs_dirent) de_list;	/* (m) de_dlist of de_dir */
	TAILQ_HEAD(, devfs_dirent) de_dlist;	/* (m) a directory's */
	RB_HEAD(devfs_names, devfs_dirent) de_names;	/* (m) the same */
	RB_ENTRY(devfs_dirent) de_name_link;	/* (m) de_names of de_dir,
						   by name and de_serial */
	uint64_t	de_serial;		/* (c) age in de_dir */
	uint64_t	de_made;		/* (m) a directory's: how many
						   it ever had */
	struct devfs_dirent *de_dir;		/* (c) directory it is in */
	char		*de_symlink;		/* (c) a link's text */
	struct vnode	*de_vnode;		/* (i) at most one */
	u_int		de_usecount;		/* (i) opens through it */
};

/*
 * A mount.
 *
 * Locks: (l) mounts_lock, (m) dm_lock, (i) devfs_de_interlock, (a) atomic,
 * (c) constant.
 */
struct devfs_mount {
	TAILQ_ENTRY(devfs_mount) dm_link;	/* (l) */
	u_int		dm_idx;			/* (c) in cdp_dirents[] */
	char		*dm_path;		/* (c) as seen from the host */
	struct ucred	*dm_cred;		/* (c) who mounted it, held */
	struct devfs_dirent *dm_rootdir;	/* (m) */
	bool		dm_dying;		/* (m) being unmounted */
	uint64_t	dm_generation;		/* (m) last one applied */
	volatile u_int	dm_holdcnt;		/* (a) the mount, and who has
						   dropped dm_lock */
	struct sx	dm_lock;
	int		dm_ruleset;		/* (m) */
	LIST_HEAD(, vnode) dm_vnodes;		/* (i) living ones */
};

enum vtype {
	VDIR,
	VCHR,
	VLNK
};

/*
 * What a user holds of an entry: by name lookup or open file.  A dead one
 * (revoked, or its entry was deleted) has neither entry nor device.
 *
 * Locks: (v) v_lock, (i) devfs_de_interlock, (n) v_interlock, (d) devmtx,
 * (a) atomic, (c) constant.  Two locks: both to write, one to read.
 */
struct vnode {
	enum vtype	v_type;			/* (c) */
	struct sx	v_lock;
	struct mtx	v_interlock;
	volatile u_int	v_holdcnt;		/* (a) one while it lives */
	u_int		v_usecount;		/* (i) files, and lookups */
	bool		v_doomed;		/* (v) and (i) */
	bool		v_tty;			/* (a) a terminal was opened */
	struct cdev	*v_rdev;		/* (n) and (d); held */
	struct devfs_dirent *v_data;		/* (i) and (v) */
	struct devfs_mount *v_mount;		/* (v) */
	LIST_ENTRY(vnode) v_link;		/* (i) dm_vnodes */
};

/* --- devfs_devs.c: entries ------------------------------------------------ */

/* dirent and vnode, and how often a device is open. */
extern struct mtx devfs_de_interlock;

void	devfs_dirent_hold(struct devfs_dirent *de);
/* True if that was the last hold, and it is freed. */
bool	devfs_dirent_drop(struct devfs_dirent *de);
/* The root of a new mount. */
struct devfs_dirent *devfs_rootdir(void);
/* Entry of a directory by name, or NULL; dead devices are passed over. */
struct devfs_dirent *devfs_find(struct devfs_dirent *dd, const char *name,
	    size_t len);
/*
 * The path of an entry `name` (of `len`) of `dd`, relative to the mount, or
 * false if it is longer than a device's name can be.
 */
bool	devfs_fqpn(char buf[], size_t size, const struct devfs_dirent *dd,
	    const char *name, size_t len);
/*
 * An entry that is on no list any more: ends its vnode.  dm_lock is held, and
 * dropped meanwhile.
 */
void	devfs_delete(struct devfs_mount *dm, struct devfs_dirent *de);
/* Deletes `de` if it is an empty directory, then what has it, and so on. */
void	devfs_rmdir_empty(struct devfs_mount *dm, struct devfs_dirent *de);

/* --- devfs_populate.c ----------------------------------------------------- */

/*
 * Makes entries of what devices there are, deletes those of what has gone, and
 * collects what no mount knows any more.  dm_lock and a hold on the mount;
 * dm_lock is dropped and taken again.  cleanup: deletes all.
 */
void	devfs_populate(struct devfs_mount *dm);
void	devfs_cleanup(struct devfs_mount *dm);

/* --- devfs_vfsops.c: mounts ----------------------------------------------- */

void	devfs_mount_hold(struct devfs_mount *dm);
void	devfs_mount_drop(struct devfs_mount *dm);
/* That of the caller's /dev, held; ENOENT. */
int	devfs_mount_of(struct ucred *cred, struct devfs_mount **dmp);
/* That on a path, as seen by the credential, held; EINVAL. */
int	devfs_mount_at(struct ucred *cred, const char *path,
	    struct devfs_mount **dmp);

/* The mount after `dm`, held, or the first; the hold on `dm` is given up. */
struct devfs_mount *devfs_mount_next(struct devfs_mount *dm);

/* --- devfs_vnode.c -------------------------------------------------------- */

void	vhold(struct vnode *vp);
void	vdrop(struct vnode *vp);
void	vref(struct vnode *vp);
void	vrele(struct vnode *vp);
/* Unlocks as well. */
void	vput(struct vnode *vp);
void	vn_lock(struct vnode *vp);
void	vn_unlock(struct vnode *vp);
/*
 * Ends a vnode: closes it by force if it is open, detaches it from entry and
 * device.  Locked by the caller, before and after.
 */
void	vgone(struct vnode *vp);
/*
 * The vnode of an entry, locked and referenced.  Entered with dm_lock held,
 * left without it.  ENOENT if the entry is doomed, or its device has died.
 */
int	devfs_allocv(struct devfs_dirent *de, struct devfs_mount *dm,
	    struct vnode **vpp);
/*
 * An open through this vnode more or less; nothing if it is dead.  sub: true
 * if it was the device's last.  The vnode is locked.
 */
void	devfs_usecount_add(struct vnode *vp);
bool	devfs_usecount_sub(struct vnode *vp);

/* --- devfs_lookup.c ------------------------------------------------------- */

enum devfs_op {
	DEVFS_LOOKUP,
	DEVFS_DELETE
};

/*
 * The vnode behind a path, locked and referenced; a link itself if `follow` is
 * false.  ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG.
 */
int	devfs_namei(struct thread *td, const char *path, enum devfs_op op,
	    bool follow, struct vnode **vpp);
/*
 * Populates the mount of a locked directory, whose lock is dropped meanwhile.
 * Returns with dm_lock held, or ENOENT without it if the directory has gone.
 */
int	devfs_populate_vp(struct vnode *dvp);

#define	DEVFS_READ	4
#define	DEVFS_WRITE	2
#define	DEVFS_EXEC	1
/* Do mode, owner and group allow it?  dm_lock held.  EACCES. */
int	devfs_access(const struct devfs_dirent *de, int mode,
	    struct ucred *cred);
/* May the credential see it?  ENOENT. */
int	devfs_prison_check(const struct devfs_dirent *de,
	    const struct ucred *cred);

/* --- devfs_file.c, devfs_close.c ------------------------------------------ */

/*
 * Opens the device of a locked vnode for a file.  With success the file has
 * the caller's reference on the vnode, which stays locked.
 */
int	devfs_open(struct vnode *vp, struct file *fp, struct thread *td);
/* Locked, and unlocked while the driver runs. */
int	devfs_close(struct vnode *vp, int fflag, struct thread *td);
/* Ends every vnode of the device; `vp` is locked, and unlocked. */
void	devfs_revoke(struct vnode *vp);

/* --- devfs_cdevpriv.c ----------------------------------------------------- */

/* The last thing of a file's close. */
void	devfs_fpdrop(struct file *fp);

/* --- devfs_rule.c --------------------------------------------------------- */

/* What the rules say about a new entry, or about all.  dm_lock held. */
void	devfs_rules_apply(struct devfs_mount *dm, struct devfs_dirent *de);
void	devfs_ruleset_apply(struct devfs_mount *dm);

#endif /* !_DEVFS_H_ */
