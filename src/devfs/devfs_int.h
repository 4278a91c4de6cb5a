/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the device layer (src/kern/kern_conf*.c) and devfs (src/devfs) share.
 *
 * Lock order, outer to inner:
 *	dm_lock, devfs_de_interlock, vnode interlock, devmtx, cdp_threadlock
 * cdevpriv_mtx is a leaf, and never held together with devmtx.
 */
#ifndef _DEVFS_INT_H_
#define _DEVFS_INT_H_

#include <sys/conf.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/tree.h>

struct devfs_dirent;
struct file;

/* The inode number of a mount's root; those of devices are larger. */
#define	DEVFS_ROOTINO	2

/* cdp_flags */
#define	CDP_ACTIVE		0x01	/* the name is live */
#define	CDP_SCHED_DTR		0x02	/* will be destroyed: no entry */
#define	CDP_UNREF_DTR		0x04	/* delisted, has destruction's ref */
#define	CDP_ON_ACTIVE_LIST	0x08	/* on cdevp_list */
#define	CDP_IDLE		0x10	/* to be collected */

/*
 * Private data of an open file.  Lock: (p) cdevpriv_mtx, (c) constant.
 */
struct cdev_privdata {
	struct file		*cdpd_fp;	/* (c) */
	void			*cdpd_data;	/* (c) */
	d_priv_dtor_t		*cdpd_dtr;	/* (c) */
	LIST_ENTRY(cdev_privdata) cdpd_list;	/* (p) cdp_fdpriv */
};

/*
 * The rest of a node.
 *
 * Locks: (d) devmtx, (p) cdevpriv_mtx, (c) constant.
 */
struct cdev_priv {
	struct cdev		cdp_c;
	TAILQ_ENTRY(cdev_priv)	cdp_list;	/* (d) cdevp_list, or those
						   to be freed */
	u_int			cdp_inode;	/* (d) 0: none yet */
	u_int			cdp_flags;	/* (d) CDP_* */
	u_int			cdp_inuse;	/* (d) mounts with a dirent,
						   revokes in progress */
	uint64_t		cdp_generation;	/* (d) last change of the name */
	RB_ENTRY(cdev_priv)	cdp_changes;	/* (d) by cdp_generation */
	TAILQ_ENTRY(cdev_priv)	cdp_idle;	/* (d) with CDP_IDLE */
	RB_ENTRY(cdev_priv)	cdp_names;	/* (d) live ones by name */
	RB_ENTRY(cdev_priv)	cdp_units;	/* (d) by switch and unit */
	const struct cdevsw	*cdp_csw;	/* (d) its key there */
	int			cdp_unit;	/* (d) its key there */
	uint64_t		cdp_serial;	/* (d) its key there */
	RB_ENTRY(cdev_priv)	cdp_clones;	/* (d) by unit, in */
	struct clonedevs	*cdp_clonedevs;	/* (d) */
	u_int			cdp_maxdirent;	/* (d) last index of the next */
	struct devfs_dirent	**cdp_dirents;	/* (d) by dm_idx */
	struct devfs_dirent	*cdp_dirent0;	/* (d) room for one */
	TAILQ_ENTRY(cdev_priv)	cdp_dtr_list;	/* (d) to be destroyed */
	void			(*cdp_dtr_cb)(void *);	/* (d) */
	void			*cdp_dtr_cb_arg;	/* (d) */
	LIST_HEAD(, cdev_privdata) cdp_fdpriv;	/* (p) */
	u_int			cdp_fdpriv_dtrc;	/* (p) destructors now
							   running */
	/* Makes one of: may it be entered, and si_threadcount++. */
	struct mtx		cdp_threadlock;
};
TAILQ_HEAD(cdev_priv_list, cdev_priv);

#define	cdev2priv(c)	__containerof(c, struct cdev_priv, cdp_c)

/* --- kern_conf_lock.c ----------------------------------------------------- */

extern struct mtx devmtx;
/* Every node that was made and not collected. */
extern struct cdev_priv_list cdevp_list;	/* (d) */
/* Goes up with every making and destruction of a name. */
extern uint64_t devfs_generation;		/* (d) */

void	dev_lock(void);
void	dev_unlock(void);
#define	dev_lock_assert_locked()	mtx_assert(&devmtx, MA_OWNED)
#define	dev_lock_assert_unlocked()	mtx_assert(&devmtx, MA_NOTOWNED)
/* Memory is not freed under devmtx: what is to be freed waits for this. */
void	dev_unlock_and_free(void);
void	dev_free_devlocked(struct cdev *dev);

/*
 * References with a name in the ledger: "list", "vnode", "destroy", ...
 * dev_refl_as() wants devmtx held, dev_rel_as() not held.
 */
void	dev_refl_as(struct cdev *dev, const char *holder);
void	dev_rel_as(struct cdev *dev, const char *holder);
/* Of the reference that make_dev_s() gives with MAKEDEV_REF. */
extern const char dev_holder_made[];

/*
 * dev_refthread() for who has a pointer to a node that may be cleared: reads
 * `*devp` under `interlock` (a vnode's v_rdev), NULL if it is NULL.  Stores
 * the node.
 */
struct cdevsw *dev_refthread_at(struct mtx *interlock,
	    struct cdev *const *devp, struct cdev **result, int *ref);

/* --- kern_conf_node.c ----------------------------------------------------- */

/* The type of a cdp_dirents that has more than one. */
MALLOC_DECLARE(M_DEVFS2);

/* A node without a name, and its end.  free: not under devmtx. */
struct cdev *devfs_alloc(int flags);
void	devfs_free(struct cdev *dev);
/* Makes the name live, with the list's reference; ends it.  devmtx held. */
void	devfs_create(struct cdev *dev);
void	devfs_destroy(struct cdev *dev);
/* The first node whose name has changed after that generation, or NULL. */
struct cdev_priv *devfs_changed_after(uint64_t generation);
/* A mount, or a revoke, more or less that keeps it from collection. */
void	devfs_use(struct cdev_priv *cdp);
void	devfs_unuse(struct cdev_priv *cdp);
/*
 * One step of collection: takes an inactive node that no mount knows
 * off cdevp_list, drops devmtx, releases the list's reference, and takes
 * devmtx again.  False if there is none.  devmtx held.
 */
bool	devfs_collect_one(void);

/* --- kern_conf_priv.c ----------------------------------------------------- */

/*
 * devfs_destroy_cdevpriv(): runs the destructor of one record and frees it.
 * The caller holds cdevpriv_mtx, which is gone when it returns.
 * devfs_drain_cdevpriv(): all records of a node, and waits for destructors
 * that others run.  No lock held.
 */
extern struct mtx cdevpriv_mtx;
MALLOC_DECLARE(M_CDEVPDATA);
void	devfs_destroy_cdevpriv(struct cdev_priv *cdp,
	    struct cdev_privdata *p);
void	devfs_drain_cdevpriv(struct cdev_priv *cdp);

#endif /* !_DEVFS_INT_H_ */
