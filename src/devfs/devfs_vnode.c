/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Vnodes: what files and lookups hold of an entry.
 *
 * A vnode is made by the first lookup and stays, with its reference on the
 * device, until the entry goes or the device is revoked.  Who still holds it
 * then has a dead one.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/proc.h>

#include <dirent.h>

#include "bugs.h"
#include "devfs.h"
#include "devfs_int.h"

#include <vnetsim/observe.h>

static const char holder_vnode[] = "vnode";
static const char holder_file[] = "file";

/* --- references and lock -------------------------------------------------- */

void
vhold(struct vnode *vp)
{
	refcount_acquire(&vp->v_holdcnt);
}

void
vdrop(struct vnode *vp)
{
	if (!refcount_release(&vp->v_holdcnt))
		return;
	KASSERT(vp->v_doomed && vp->v_usecount == 0,
	    ("%s: living vnode %p", __func__, vp));
	mtx_destroy(&vp->v_interlock);
	sx_destroy(&vp->v_lock);
	free(vp, M_DEVFS);
}

void
vref(struct vnode *vp)
{
	vhold(vp);
	mtx_assert(&devfs_de_interlock, MA_OWNED);
	vp->v_usecount++;
}

void
vrele(struct vnode *vp)
{
	mtx_lock(&devfs_de_interlock);
	MPASS(vp->v_usecount > 0);
	vp->v_usecount--;
	mtx_unlock(&devfs_de_interlock);
	vdrop(vp);
}

void
vput(struct vnode *vp)
{
	vn_unlock(vp);
	vrele(vp);
}

void
vn_lock(struct vnode *vp)
{
	sx_xlock(&vp->v_lock);
}

void
vn_unlock(struct vnode *vp)
{
	sx_xunlock(&vp->v_lock);
}

/* --- birth ---------------------------------------------------------------- */

static enum vtype
vnode_type(const struct devfs_dirent *de)
{
	switch (de->de_type) {
	case DT_DIR:
		return (VDIR);
	case DT_LNK:
		return (VLNK);
	default:
		return (VCHR);
	}
}

/* One hold for its life, one for the caller's use. */
static struct vnode *
vnode_alloc(struct devfs_dirent *de, struct devfs_mount *dm)
{
	struct vnode *vp;

	vp = malloc(sizeof(*vp), M_DEVFS, M_WAITOK | M_ZERO);
	sx_init_flags(&vp->v_lock, "devfs", SX_DUPOK);
	mtx_init(&vp->v_interlock, "vnode interlock", NULL, MTX_DEF);
	refcount_init(&vp->v_holdcnt, 2);
	vp->v_usecount = 1;
	vp->v_type = vnode_type(de);
	vp->v_mount = dm;
	return (vp);
}

/* The device, if it still has a name; the vnode is known to nobody. */
static int
vnode_set_rdev(struct vnode *vp, struct cdev_priv *cdp)
{
	bool active;

	mtx_lock(&vp->v_interlock);
	dev_lock();
	active = (cdp->cdp_flags & CDP_ACTIVE) != 0;
	if (active) {
		dev_refl_as(&cdp->cdp_c, holder_vnode);
		vp->v_rdev = &cdp->cdp_c;
	}
	dev_unlock();
	mtx_unlock(&vp->v_interlock);
	return (active ? 0 : ENOENT);
}

static void
vnode_discard(struct vnode *vp)
{
	vp->v_doomed = true;
	vn_unlock(vp);
	vrele(vp);
	vdrop(vp);
}

/* dm_lock is held: only one can be made for an entry. */
static int
vnode_create(struct devfs_dirent *de, struct devfs_mount *dm,
    struct vnode **vpp)
{
	struct vnode *vp;
	int error = 0;

	vp = vnode_alloc(de, dm);
	/* Cannot fail, and keeps clear of the order, which is the reverse. */
	if (!sx_try_xlock(&vp->v_lock))
		panic("%s: new vnode is locked", __func__);
	if (vp->v_type == VCHR)
		error = vnode_set_rdev(vp, de->de_cdp);
	if (error != 0) {
		vnode_discard(vp);
		return (error);
	}
	mtx_lock(&devfs_de_interlock);
	vp->v_data = de;
	de->de_vnode = vp;
	LIST_INSERT_HEAD(&dm->dm_vnodes, vp, v_link);
	mtx_unlock(&devfs_de_interlock);
	*vpp = vp;
	return (0);
}

static struct vnode *
dirent_vnode(struct devfs_dirent *de)
{
	struct vnode *vp;

	mtx_lock(&devfs_de_interlock);
	if ((vp = de->de_vnode) != NULL)
		vref(vp);
	mtx_unlock(&devfs_de_interlock);
	return (vp);
}

/*
 * The vnode's lock comes before dm_lock, so that entry, mount and vnode may
 * all be gone when both are held.
 */
int
devfs_allocv(struct devfs_dirent *de, struct devfs_mount *dm,
    struct vnode **vpp)
{
	struct vnode *vp;
	int error;

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	devfs_mount_hold(dm);
	devfs_dirent_hold(de);
	for (;;) {
		error = ENOENT;
		if ((de->de_flags & DE_DOOMED) != 0 || dm->dm_dying)
			break;
		vp = dirent_vnode(de);
		if (vp == NULL) {
			error = vnode_create(de, dm, vpp);
			break;
		}
		sx_xunlock(&dm->dm_lock);
		vn_lock(vp);
		sx_xlock(&dm->dm_lock);
		if (!vp->v_doomed) {
			*vpp = vp;
			error = 0;
			break;
		}
		vput(vp);
	}
	(void)devfs_dirent_drop(de);
	sx_xunlock(&dm->dm_lock);
	devfs_mount_drop(dm);
	return (error);
}

/* --- use counts ----------------------------------------------------------- */

void
devfs_usecount_add(struct vnode *vp)
{
	mtx_lock(&devfs_de_interlock);
	mtx_lock(&vp->v_interlock);
	if (!vp->v_doomed) {
		vp->v_data->de_usecount++;
		vp->v_rdev->si_usecount++;
		VS_LEDGER(hold, VS_CDEV, vp->v_rdev, holder_file);
	}
	mtx_unlock(&vp->v_interlock);
	mtx_unlock(&devfs_de_interlock);
}

/*
 * device-use-count-lost-in-reclaim: the vnode's count first, the device's
 * later, and the vnode unlocked.  A reclaim in between finds nothing left to
 * subtract, and takes the device away.
 */
static bool
usecount_sub_apart(struct vnode *vp)
{
	bool last = false;

	vn_unlock(vp);
	mtx_lock(&devfs_de_interlock);
	if (vp->v_data != NULL && vp->v_data->de_usecount > 0)
		vp->v_data->de_usecount--;
	mtx_unlock(&devfs_de_interlock);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_usecount_apart, (void)0);
	mtx_lock(&devfs_de_interlock);
	mtx_lock(&vp->v_interlock);
	if (vp->v_rdev != NULL) {
		last = vp->v_rdev->si_usecount-- == 1;
		VS_LEDGER(rele, VS_CDEV, vp->v_rdev, holder_file);
	}
	mtx_unlock(&vp->v_interlock);
	mtx_unlock(&devfs_de_interlock);
	vn_lock(vp);
	return (last);
}

/*
 * Both counts go together: whatever is left when the vnode is reclaimed, that
 * subtracts.  True if it was the device's last.
 */
bool
devfs_usecount_sub(struct vnode *vp)
{
	bool last = false;

	if (BUG(USECOUNT_APART))
		return (usecount_sub_apart(vp));
	mtx_lock(&devfs_de_interlock);
	mtx_lock(&vp->v_interlock);
	if (vp->v_rdev != NULL && vp->v_data->de_usecount > 0) {
		MPASS(vp->v_rdev->si_usecount > 0);
		last = vp->v_rdev->si_usecount == 1;
		vp->v_data->de_usecount--;
		vp->v_rdev->si_usecount--;
		VS_LEDGER(rele, VS_CDEV, vp->v_rdev, holder_file);
	}
	mtx_unlock(&vp->v_interlock);
	mtx_unlock(&devfs_de_interlock);
	return (last);
}

/* --- death ---------------------------------------------------------------- */

/* Gives the device back, with the opens that were never closed. */
static void
vnode_reclaim(struct vnode *vp)
{
	struct devfs_dirent *de;
	struct cdev *dev;

	mtx_lock(&devfs_de_interlock);
	mtx_lock(&vp->v_interlock);
	de = vp->v_data;
	if ((dev = vp->v_rdev) != NULL) {
		MPASS(dev->si_usecount >= de->de_usecount);
		for (; de->de_usecount > 0; de->de_usecount--) {
			dev->si_usecount--;
			VS_LEDGER(rele, VS_CDEV, dev, holder_file);
		}
		dev_lock();
		vp->v_rdev = NULL;
		dev_unlock();
	}
	/* vnode-keeps-freed-entry: it keeps what it points to. */
	if (!BUG(VNODE_KEEPS_ENTRY))
		vp->v_data = NULL;
	de->de_vnode = NULL;
	LIST_REMOVE(vp, v_link);
	mtx_unlock(&vp->v_interlock);
	mtx_unlock(&devfs_de_interlock);
	if (!BUG(VNODE_KEEPS_ENTRY))
		vp->v_mount = NULL;
	if (dev != NULL)
		dev_rel_as(dev, holder_vnode);
}

void
vgone(struct vnode *vp)
{
	bool open;

	sx_assert(&vp->v_lock, SA_XLOCKED);
	mtx_lock(&devfs_de_interlock);
	if (vp->v_doomed) {
		mtx_unlock(&devfs_de_interlock);
		return;
	}
	vp->v_doomed = true;
	open = vp->v_data->de_usecount > 0;
	mtx_unlock(&devfs_de_interlock);
	if (open)
		(void)devfs_close(vp, 0, curthread);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_reclaim, (void)0);
	vnode_reclaim(vp);
	vdrop(vp);
}
