/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Mounts of devfs and what stands in them.
 */
#ifndef _DEVFS_H_
#define _DEVFS_H_

#include <sys/types.h>
#include <sys/lock.h>
#include <sys/queue.h>
#include <sys/sx.h>

struct cdev_priv;
struct mount;
struct vnode;

/* de_flags */
#define	DE_WHITEOUT	0x01		/* hidden */
#define	DE_DOT		0x02
#define	DE_DOTDOT	0x04
#define	DE_DOOMED	0x08		/* being deleted */
#define	DE_COVERED	0x10
#define	DE_USER		0x20		/* a symlink that a user made */

/*
 * An entry of a directory.
 *
 * Locks: (m) dm_lock, (i) devfs_de_interlock, (c) constant.
 */
struct devfs_dirent {
	struct cdev_priv *de_cdp;		/* (c) NULL: no device */
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
	struct devfs_dirent *de_dir;		/* (c) directory it is in */
	char		*de_symlink;		/* (c) a link's text */
	struct vnode	*de_vnode;		/* (i) at most one */
	u_int		de_usecount;		/* (i) opens through it */
};

/*
 * A mount.
 *
 * Locks: (m) dm_lock, (d) devmtx, (c) constant.
 */
struct devfs_mount {
	u_int		dm_idx;			/* (c) in cdp_dirents[] */
	struct mount	*dm_mount;		/* (c) */
	struct devfs_dirent *dm_rootdir;	/* (m) */
	u_int		dm_generation;		/* (m) last one applied */
	u_int		dm_holdcnt;		/* (m) the mount, and who has
						   dropped dm_lock */
	struct sx	dm_lock;
	int		dm_ruleset;		/* (m) */
};

#endif /* !_DEVFS_H_ */
