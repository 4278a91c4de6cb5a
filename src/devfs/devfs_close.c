/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The end of opens: by close(2), and by force.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/file.h>
#include <sys/proc.h>

#include <sys/stat.h>

#include "devfs.h"
#include "devfs_int.h"

/*
 * The driver hears of the last close of the device through whatever vnode, of
 * all if it asks for that, and of one by force.  When it cannot be entered any
 * more the counts stay, and go with the vnode.
 */
int
devfs_close(struct vnode *vp, int fflag, struct thread *td)
{
	struct cdevsw *dsw;
	struct cdev *dev;
	bool last;
	int error = 0, ref;

	sx_assert(&vp->v_lock, SA_XLOCKED);
	dsw = dev_refthread_at(&vp->v_interlock, &vp->v_rdev, &dev, &ref);
	if (dsw == NULL)
		return (ENXIO);
	last = devfs_usecount_sub(vp);
	if (vp->v_doomed)
		fflag |= FREVOKE | FNONBLOCK;
	else if (last)
		fflag |= FLASTCLOSE;
	if (last || vp->v_doomed || (dsw->d_flags & D_TRACKCLOSE) != 0) {
		vn_unlock(vp);
		KFAIL_POINT_CODE(DEBUG_FP, devfs_close_counted, (void)0);
		error = dsw->d_close(dev, fflag, S_IFCHR, td);
		vn_lock(vp);
	}
	dev_relthread(dev, ref);
	return (error);
}

/* --- revoke --------------------------------------------------------------- */

/* A living vnode of the device in any mount, held, or NULL. */
static struct vnode *
any_vnode(const struct cdev_priv *cdp)
{
	struct devfs_dirent *de;
	struct vnode *vp = NULL;
	u_int i;

	mtx_lock(&devfs_de_interlock);
	dev_lock();
	for (i = 0; i <= cdp->cdp_maxdirent && vp == NULL; i++) {
		de = cdp->cdp_dirents[i];
		if (de != NULL)
			vp = de->de_vnode;
	}
	if (vp != NULL)
		vhold(vp);
	dev_unlock();
	mtx_unlock(&devfs_de_interlock);
	return (vp);
}

/*
 * A revocation counts as a user of the device like a mount does, since the
 * vnode takes its reference along.  What was left for collection meanwhile is
 * collected here.
 */
void
devfs_revoke(struct vnode *vp)
{
	struct cdev_priv *cdp;

	sx_assert(&vp->v_lock, SA_XLOCKED);
	MPASS(!vp->v_doomed && vp->v_type == VCHR);
	cdp = cdev2priv(vp->v_rdev);
	dev_lock();
	devfs_use(cdp);
	dev_unlock();
	vgone(vp);
	vn_unlock(vp);
	KFAIL_POINT_CODE(DEBUG_FP, devfs_revoked_one, (void)0);
	while ((vp = any_vnode(cdp)) != NULL) {
		vn_lock(vp);
		vgone(vp);
		vn_unlock(vp);
		vdrop(vp);
	}
	dev_lock();
	devfs_unuse(cdp);
	while (devfs_collect_one())
		continue;
	dev_unlock_and_free();
}
