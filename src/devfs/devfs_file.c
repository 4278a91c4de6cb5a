/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Open files of devices.
 *
 * Every operation enters the driver by a thread reference, which it gets
 * through the file's vnode.  A file whose device is gone, or was revoked, has
 * none: it is dead, and the driver is not asked.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/file.h>
#include <sys/filio.h>
#include <sys/proc.h>
#include <sys/uio.h>

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include "devfs.h"
#include "devfs_int.h"

#define	DEVFS_IOSIZE_MAX	INT_MAX
#define	DFLTPHYS		(64 * 1024)

static fo_rdwr_t	devfs_read_f, devfs_write_f;
static fo_ioctl_t	devfs_ioctl_f;
static fo_poll_t	devfs_poll_f;
static fo_kqfilter_t	devfs_kqfilter_f;
static fo_close_t	devfs_close_f;

static const struct fileops devfs_ops_f = {
	.fo_read = devfs_read_f,
	.fo_write = devfs_write_f,
	.fo_ioctl = devfs_ioctl_f,
	.fo_poll = devfs_poll_f,
	.fo_kqfilter = devfs_kqfilter_f,
	.fo_close = devfs_close_f,
};

/* What an operation has entered. */
struct entry {
	struct cdevsw	*dsw;
	struct cdev	*dev;
	int		ref;
	struct file	*fpop;		/* restored when it leaves */
};

/*
 * Enters the driver for a file.  The device must be the one that was opened.
 * ENXIO.
 */
static int
file_enter(struct file *fp, struct entry *e)
{
	struct vnode *vp = fp->f_vnode;

	e->dsw = dev_refthread_at(&vp->v_interlock, &vp->v_rdev, &e->dev,
	    &e->ref);
	if (e->dsw == NULL)
		return (ENXIO);
	if (e->dev != fp->f_data) {
		dev_relthread(e->dev, e->ref);
		return (ENXIO);
	}
	e->fpop = curthread->td_fpop;
	curthread->td_fpop = fp;
	return (0);
}

static void
file_leave(struct entry *e)
{
	curthread->td_fpop = e->fpop;
	dev_relthread(e->dev, e->ref);
}

/* --- open ----------------------------------------------------------------- */

/* The driver's part; the vnode is not locked. */
static int
open_driver(struct cdevsw *dsw, struct cdev *dev, struct file *fp,
    struct thread *td)
{
	struct file *fpop = td->td_fpop;
	int error;

	td->td_fpop = fp;
	KFAIL_POINT_CODE(DEBUG_FP, devfs_open_counted, (void)0);
	if (dsw->d_fdopen != NULL)
		error = dsw->d_fdopen(dev, fp->f_flag, td, fp);
	else
		error = dsw->d_open(dev, fp->f_flag, S_IFCHR, td);
	if (error != 0)
		devfs_clear_cdevpriv();
	td->td_fpop = fpop;
	return (error);
}

/*
 * The open is counted while the driver thinks about it, so that a close
 * meanwhile is not the last.
 */
int
devfs_open(struct vnode *vp, struct file *fp, struct thread *td)
{
	struct cdevsw *dsw;
	struct cdev *dev;
	int error, ref;

	dsw = dev_refthread_at(&vp->v_interlock, &vp->v_rdev, &dev, &ref);
	if (dsw == NULL)
		return (ENXIO);
	if (__atomic_load_n(&dev->si_iosize_max, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&dev->si_iosize_max, DFLTPHYS,
		    __ATOMIC_RELAXED);
	devfs_usecount_add(vp);
	vn_unlock(vp);
	fp->f_data = dev;
	fp->f_vnode = vp;
	error = open_driver(dsw, dev, fp, td);
	vn_lock(vp);
	if (error == 0) {
		__atomic_store_n(&vp->v_tty, (dsw->d_flags & D_TTY) != 0,
		    __ATOMIC_RELAXED);
		finit(fp, fp->f_flag, DTYPE_VNODE, dev, &devfs_ops_f);
	} else {
		(void)devfs_usecount_sub(vp);
		fp->f_data = fp->f_vnode = NULL;
	}
	dev_relthread(dev, ref);
	return (error == ERESTART ? EINTR : error);
}

/* Was it revoked, or its entry deleted? */
static bool
vnode_dead(struct vnode *vp)
{
	bool dead;

	mtx_lock(&vp->v_interlock);
	dead = vp->v_rdev == NULL;
	mtx_unlock(&vp->v_interlock);
	return (dead);
}

/* They may be changed meanwhile, FIONBIO. */
static int
file_flags(const struct file *fp)
{
	return (__atomic_load_n(&fp->f_flag, __ATOMIC_RELAXED));
}

/* --- transfers ------------------------------------------------------------ */

static int
devfs_rdwr(struct file *fp, struct uio *uio)
{
	struct entry e;
	int error, ioflag;

	if (uio->uio_resid > DEVFS_IOSIZE_MAX)
		return (EINVAL);
	error = file_enter(fp, &e);
	if (error != 0)
		return (error);
	ioflag = file_flags(fp) & FNONBLOCK;
	if (uio->uio_rw == UIO_READ)
		error = e.dsw->d_read(e.dev, uio, ioflag);
	else
		error = e.dsw->d_write(e.dev, uio, ioflag);
	file_leave(&e);
	return (error);
}

/* A dead terminal is at its end. */
static int
devfs_read_f(struct file *fp, struct uio *uio,
    struct ucred *cred __unused, int flags __unused,
    struct thread *td __unused)
{
	struct vnode *vp = fp->f_vnode;
	int error;

	error = devfs_rdwr(fp, uio);
	if (error == ENXIO && vnode_dead(vp) &&
	    __atomic_load_n(&vp->v_tty, __ATOMIC_RELAXED))
		error = 0;
	return (error);
}

static int
devfs_write_f(struct file *fp, struct uio *uio,
    struct ucred *cred __unused, int flags __unused,
    struct thread *td __unused)
{
	return (devfs_rdwr(fp, uio));
}

/* --- requests ------------------------------------------------------------- */

static int
device_name(const struct cdev *dev, const struct fiodgname_arg *fgn)
{
	size_t size = strlen(dev->si_name) + 1;

	if (fgn->len < 0 || (size_t)fgn->len < size)
		return (EINVAL);
	return (copyout(dev->si_name, fgn->buf, size));
}

static int
devfs_ioctl_f(struct file *fp, u_long com, void *data,
    struct ucred *cred __unused, struct thread *td)
{
	struct entry e;
	int error;

	if (file_enter(fp, &e) != 0)
		/* A revoked file is not even a device's. */
		return (vnode_dead(fp->f_vnode) ? ENOTTY : ENXIO);
	switch (com) {
	case FIODTYPE:
		*(int *)data = e.dsw->d_flags & D_TYPEMASK;
		error = 0;
		break;
	case FIODGNAME:
		error = device_name(e.dev, data);
		break;
	default:
		error = e.dsw->d_ioctl(e.dev, com, data, file_flags(fp), td);
		break;
	}
	file_leave(&e);
	return (error == ENOIOCTL ? ENOTTY : error);
}

/* --- events --------------------------------------------------------------- */

#define	POLLSTANDARD	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM |	\
			    POLLRDBAND | POLLWRBAND | POLLERR |		\
			    POLLHUP | POLLNVAL)

static int
devfs_poll_f(struct file *fp, int events, struct ucred *cred __unused,
    struct thread *td)
{
	struct entry e;
	int revents;

	if (file_enter(fp, &e) != 0) {
		if ((events & ~POLLSTANDARD) != 0)
			return (POLLNVAL);
		return (POLLHUP | (events & (POLLIN | POLLRDNORM)));
	}
	revents = e.dsw->d_poll(e.dev, events, td);
	file_leave(&e);
	return (revents);
}

static int
devfs_kqfilter_f(struct file *fp, struct knote *kn)
{
	struct entry e;
	int error;

	error = file_enter(fp, &e);
	if (error != 0)
		return (error);
	error = e.dsw->d_kqfilter(e.dev, kn);
	file_leave(&e);
	return (error);
}

/* --- close ---------------------------------------------------------------- */

/*
 * The private data outlives the driver's close, and a revoked file has nothing
 * but that.
 */
static int
devfs_close_f(struct file *fp, struct thread *td)
{
	struct file *fpop = td->td_fpop;
	struct vnode *vp = fp->f_vnode;
	int error = 0;

	td->td_fpop = fp;
	vn_lock(vp);
	if (!vp->v_doomed)
		error = devfs_close(vp, file_flags(fp), td);
	vn_unlock(vp);
	td->td_fpop = fpop;
	devfs_fpdrop(fp);
	vrele(vp);
	return (error);
}
