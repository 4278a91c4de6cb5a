/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ioctl(2), read(2), write(2) and poll(2): what can be done with any file.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/file.h>
#include <sys/filedesc.h>
#include <sys/filio.h>
#include <sys/ioccom.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/uio.h>

#include <vnetsim/syscalls.h>

#include "boot.h"
#include "sys_generic.h"

static MALLOC_DEFINE(M_IOCTLOPS, "ioctlops", "ioctl data buffer");

/* Some requests change the file's flags before the file hears of them. */
static void
ioctl_flags(struct file *fp, u_long cmd, const int *on)
{
	u_int flag;

	if (cmd == FIONBIO)
		flag = FNONBLOCK;
	else if (cmd == FIOASYNC)
		flag = FASYNC;
	else
		return;
	if (*on)
		__atomic_fetch_or(&fp->f_flag, flag, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&fp->f_flag, ~flag, __ATOMIC_RELAXED);
}

/*
 * The argument travels through a buffer of the size that the request tells.
 */
int
kern_ioctl(struct thread *td, int fd, u_long cmd, void *udata)
{
	size_t size = IOCPARM_LEN(cmd);
	struct file *fp;
	void *data;
	int error;

	/* An argument by value stands where the pointer would. */
	if ((cmd & IOC_DIRMASK) == IOC_VOID && size > 0 && size != sizeof(int))
		return (ENOTTY);
	if ((error = fget(td, fd, NULL, &fp)) != 0)
		return (error);
	data = malloc(MAX(size, 1), M_IOCTLOPS, M_WAITOK | M_ZERO);
	if ((cmd & IOC_IN) != 0 && size > 0)
		error = copyin(udata, data, size);
	else if ((cmd & IOC_VOID) != 0 && size == sizeof(int))
		*(int *)data = (int)(intptr_t)udata;
	if (error == 0)
		ioctl_flags(fp, cmd, data);
	if (error == 0)
		error = fp->f_ops->fo_ioctl == NULL ? ENOTTY :
		    fp->f_ops->fo_ioctl(fp, cmd, data, td->td_ucred, td);
	if (error == ENOIOCTL)
		error = ENOTTY;
	if (error == 0 && (cmd & IOC_OUT) != 0 && size > 0)
		error = copyout(data, udata, size);
	free(data, M_IOCTLOPS);
	fdrop(fp, td);
	return (error);
}

/* One buffer in or out; `*done` gets the number of bytes. */
int
kern_rdwr(struct thread *td, int fd, enum uio_rw rw, void *buf, size_t len,
    size_t *done)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct uio uio = {
		.uio_iov = &iov,
		.uio_iovcnt = 1,
		.uio_resid = len,
		.uio_segflg = UIO_USERSPACE,
		.uio_rw = rw,
		.uio_td = td,
	};
	fo_rdwr_t *fn;
	struct file *fp;
	int error;

	if ((error = fget(td, fd, NULL, &fp)) != 0)
		return (error);
	fn = rw == UIO_READ ? fp->f_ops->fo_read : fp->f_ops->fo_write;
	if ((__atomic_load_n(&fp->f_flag, __ATOMIC_RELAXED) &
	    (rw == UIO_READ ? FREAD : FWRITE)) == 0)
		error = EBADF;
	else
		error = fn == NULL ? EOPNOTSUPP :
		    fn(fp, &uio, td->td_ucred, 0, td);
	*done = len - uio.uio_resid;
	/* What has been transferred is not taken back. */
	if (*done > 0 && (error == ERESTART || error == EINTR ||
	    error == EWOULDBLOCK))
		error = 0;
	fdrop(fp, td);
	return (error);
}

/* Which of the events are there now; never waits. */
int
kern_poll(struct thread *td, int fd, int events, int *revents)
{
	struct file *fp;
	int error;

	if ((error = fget(td, fd, NULL, &fp)) != 0)
		return (error);
	*revents = fp->f_ops->fo_poll == NULL ? 0 :
	    fp->f_ops->fo_poll(fp, events, td->td_ucred, td);
	fdrop(fp, td);
	return (0);
}

struct ioctl_args {
	int		fd;
	unsigned long	cmd;
	void		*data;
};

static int
sys_ioctl(struct thread *td, void *arg)
{
	struct ioctl_args *args = arg;

	return (kern_ioctl(td, args->fd, args->cmd, args->data));
}

struct rdwr_args {
	int		fd;
	enum uio_rw	rw;
	void		*buf;
	size_t		len;
	size_t		done;
};

static int
sys_rdwr(struct thread *td, void *arg)
{
	struct rdwr_args *args = arg;

	return (kern_rdwr(td, args->fd, args->rw, args->buf, args->len,
	    &args->done));
}

struct poll_args {
	int	fd;
	int	events;
	int	revents;
};

static int
sys_poll(struct thread *td, void *arg)
{
	struct poll_args *args = arg;

	return (kern_poll(td, args->fd, args->events, &args->revents));
}

int
vs_ioctl(int fd, unsigned long cmd, void *data)
{
	struct ioctl_args args = { fd, cmd, data };

	return (syscall_run("ioctl", sys_ioctl, &args));
}

static int
user_rdwr(const char *name, int fd, enum uio_rw rw, void *buf, size_t len,
    size_t *done)
{
	struct rdwr_args args = { fd, rw, buf, len, 0 };
	int error;

	error = syscall_run(name, sys_rdwr, &args);
	if (done != NULL)
		*done = args.done;
	return (error);
}

int
vs_read(int fd, void *buf, size_t len, size_t *done)
{
	return (user_rdwr("read", fd, UIO_READ, buf, len, done));
}

int
vs_write(int fd, const void *buf, size_t len, size_t *done)
{
	return (user_rdwr("write", fd, UIO_WRITE, __DECONST(void *, buf), len,
	    done));
}

int
vs_poll(int fd, int events, int *revents)
{
	struct poll_args args = { fd, events, 0 };
	int error;

	error = syscall_run("poll", sys_poll, &args);
	if (revents != NULL)
		*revents = args.revents;
	return (error);
}
