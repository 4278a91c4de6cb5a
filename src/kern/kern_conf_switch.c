/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: the methods that a driver did not give, those of a
 * driver that is gone, and those that run under Giant.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include <poll.h>

#include "conf_impl.h"

/* Events that every device understands. */
#define	POLL_STANDARD	(POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | \
			    POLLNVAL | POLLRDNORM | POLLRDBAND |	\
			    POLLWRNORM | POLLWRBAND)

/* --- methods that do nothing ---------------------------------------------- */

static int
null_open(struct cdev *dev __unused, int oflags __unused,
    int devtype __unused, struct thread *td __unused)
{
	return (0);
}

/* Always ready, and never for what is out of the ordinary. */
static int
no_poll(struct cdev *dev __unused, int events, struct thread *td __unused)
{
	if ((events & ~POLL_STANDARD) != 0)
		return (POLLNVAL);
	return (events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
}

/* Refusals; each comes for a device without the method, and for a dead one. */
#define	REFUSE(name, error, ...)					\
static int								\
name(__VA_ARGS__)							\
{									\
	return (error);							\
}

#define	REFUSALS(prefix, error)						\
REFUSE(prefix##_rdwr, error, struct cdev *dev __unused,			\
    struct uio *uio __unused, int ioflag __unused)			\
REFUSE(prefix##_ioctl, error, struct cdev *dev __unused,		\
    u_long cmd __unused, caddr_t data __unused, int fflag __unused,	\
    struct thread *td __unused)						\
REFUSE(prefix##_kqfilter, error, struct cdev *dev __unused,		\
    struct knote *kn __unused)

REFUSALS(no, ENODEV)
REFUSALS(dead, ENXIO)
REFUSE(dead_open, ENXIO, struct cdev *dev __unused, int oflags __unused,
    int devtype __unused, struct thread *td __unused)
REFUSE(dead_poll, ENODEV, struct cdev *dev __unused, int events __unused,
    struct thread *td __unused)
REFUSE(no_mmap, ENODEV, struct cdev *dev __unused,
    vm_ooffset_t offset __unused, vm_paddr_t *paddr __unused,
    int nprot __unused, vm_memattr_t *memattr __unused)
REFUSE(no_mmap_single, ENODEV, struct cdev *dev __unused,
    vm_ooffset_t *offset __unused, vm_size_t size __unused,
    struct vm_object **object __unused, int nprot __unused)

/* There are no buffers to complete: nobody can have got here. */
static void
no_strategy(struct bio *bp __unused)
{
	panic("d_strategy: block I/O is not modelled");
}

struct cdevsw dead_cdevsw = {
	.d_version = D_VERSION,
	.d_name = "dead",
	.d_open = dead_open,
	.d_close = dead_open,
	.d_read = dead_rdwr,
	.d_write = dead_rdwr,
	.d_ioctl = dead_ioctl,
	.d_poll = dead_poll,
	.d_mmap = no_mmap,
	.d_strategy = no_strategy,
	.d_kqfilter = dead_kqfilter,
	.d_mmap_single = no_mmap_single
};

/* --- methods under Giant -------------------------------------------------- */

/*
 * The caller is counted in the node already; to be counted again tells
 * whether the node is still alive, and where the driver's own method is.
 */
#define	GIANT_METHOD(method, params, ...)				\
static int								\
giant_##method params							\
{									\
	struct cdevsw *csw;						\
	int error, ref;							\
									\
	if ((csw = dev_refthread(dev, &ref)) == NULL)			\
		return (ENXIO);						\
	mtx_lock(&Giant);						\
	error = csw->d_gianttrick->d_##method(__VA_ARGS__);		\
	mtx_unlock(&Giant);						\
	dev_relthread(dev, ref);					\
	return (error);							\
}

GIANT_METHOD(open, (struct cdev *dev, int oflags, int devtype,
    struct thread *td), dev, oflags, devtype, td)
GIANT_METHOD(fdopen, (struct cdev *dev, int oflags, struct thread *td,
    struct file *fp), dev, oflags, td, fp)
GIANT_METHOD(close, (struct cdev *dev, int fflag, int devtype,
    struct thread *td), dev, fflag, devtype, td)
GIANT_METHOD(read, (struct cdev *dev, struct uio *uio, int ioflag),
    dev, uio, ioflag)
GIANT_METHOD(write, (struct cdev *dev, struct uio *uio, int ioflag),
    dev, uio, ioflag)
GIANT_METHOD(ioctl, (struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td), dev, cmd, data, fflag, td)
GIANT_METHOD(poll, (struct cdev *dev, int events, struct thread *td),
    dev, events, td)
GIANT_METHOD(kqfilter, (struct cdev *dev, struct knote *kn), dev, kn)
GIANT_METHOD(mmap, (struct cdev *dev, vm_ooffset_t offset,
    vm_paddr_t *paddr, int nprot, vm_memattr_t *memattr),
    dev, offset, paddr, nprot, memattr)
GIANT_METHOD(mmap_single, (struct cdev *dev, vm_ooffset_t *offset,
    vm_size_t size, struct vm_object **object, int nprot),
    dev, offset, size, object, nprot)

/* --- the switch ----------------------------------------------------------- */

/* A driver of another age: none of its methods can be called. */
static void
disable(struct cdevsw *csw)
{
	printf("WARNING: Device driver \"%s\" has wrong version %s\n",
	    csw->d_name != NULL ? csw->d_name : "???",
	    "and is disabled.  Recompile KLD module.");
	csw->d_open = dead_cdevsw.d_open;
	csw->d_fdopen = NULL;
	csw->d_close = dead_cdevsw.d_close;
	csw->d_read = dead_cdevsw.d_read;
	csw->d_write = dead_cdevsw.d_write;
	csw->d_ioctl = dead_cdevsw.d_ioctl;
	csw->d_poll = dead_cdevsw.d_poll;
	csw->d_mmap = dead_cdevsw.d_mmap;
	csw->d_mmap_single = dead_cdevsw.d_mmap_single;
	csw->d_strategy = dead_cdevsw.d_strategy;
	csw->d_kqfilter = dead_cdevsw.d_kqfilter;
}

/* What is missing gets a default; what is there, Giant's wrapper if asked. */
static void
fill(struct cdevsw *csw, bool giant)
{
#define	FILL(method, missing) do {					\
	if (csw->d_##method == NULL)					\
		csw->d_##method = (missing);				\
	else if (giant)							\
		csw->d_##method = giant_##method;			\
} while (0)
	FILL(fdopen, NULL);
	FILL(open, null_open);
	FILL(close, null_open);
	FILL(read, no_rdwr);
	FILL(write, no_rdwr);
	FILL(ioctl, no_ioctl);
	FILL(poll, no_poll);
	FILL(kqfilter, no_kqfilter);
	FILL(mmap, no_mmap);
	FILL(mmap_single, no_mmap_single);
#undef FILL
	if (csw->d_strategy == NULL)
		csw->d_strategy = no_strategy;
}

int
prep_cdevsw(struct cdevsw *csw, int flags)
{
	struct cdevsw *shadow = NULL;

	dev_lock_assert_locked();
	if ((csw->d_flags & D_INIT) != 0)
		return (0);
	if ((csw->d_flags & D_NEEDGIANT) != 0) {
		dev_unlock();
		shadow = malloc(sizeof(*shadow), M_DEVT,
		    (flags & MAKEDEV_NOWAIT) != 0 ? M_NOWAIT : M_WAITOK);
		dev_lock();
		/* Somebody else may have done it meanwhile. */
		if ((csw->d_flags & D_INIT) != 0) {
			if (shadow != NULL)
				cdevsw_free_devlocked(shadow);
			return (0);
		}
		if (shadow == NULL)
			return (ENOMEM);
	}
	if (csw->d_version != D_VERSION)
		disable(csw);
	if (shadow != NULL)
		*shadow = *csw;
	csw->d_gianttrick = shadow;
	fill(csw, shadow != NULL);
	LIST_INIT(&csw->d_devs);
	csw->d_flags |= D_INIT;
	return (0);
}

void
fini_cdevsw(struct cdevsw *csw)
{
	struct cdevsw *shadow = csw->d_gianttrick;

	dev_lock_assert_locked();
	if (shadow != NULL) {
		*csw = *shadow;
		csw->d_gianttrick = NULL;
		cdevsw_free_devlocked(shadow);
	}
	LIST_INIT(&csw->d_devs);
	csw->d_flags &= ~D_INIT;
	wakeup(&csw->d_devs);
}
