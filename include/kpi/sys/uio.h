/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Transfers between the kernel and whoever made the call: uio(9).
 */
#ifndef _KPI_SYS_UIO_H_
#define _KPI_SYS_UIO_H_

#include <sys/types.h>
#include_next <sys/uio.h>

enum uio_rw {
	UIO_READ,		/* the kernel gives */
	UIO_WRITE		/* the kernel takes */
};

enum uio_seg {
	UIO_USERSPACE,		/* copyin(), copyout(): may fail */
	UIO_SYSSPACE,		/* plain memory */
	UIO_NOCOPY		/* count only */
};

struct thread;

#undef UIO_MAXIOV
#define	UIO_MAXIOV	1024

/* One transfer; belongs to the thread that makes it. */
struct uio {
	struct iovec	*uio_iov;	/* what is left, moved along */
	int		uio_iovcnt;
	off_t		uio_offset;
	ssize_t		uio_resid;	/* bytes left */
	enum uio_seg	uio_segflg;
	enum uio_rw	uio_rw;
	struct thread	*uio_td;
};

/*
 * Moves up to n bytes and advances the uio: 0, or EFAULT with what was moved
 * before it taken off.  Sleeps for user memory.
 */
int	uiomove(void *cp, int n, struct uio *uio);
/* The same from `off` of a buffer of `buflen` bytes; EINVAL if off < 0. */
int	uiomove_frombuf(void *buf, int buflen, struct uio *uio);

#endif /* !_KPI_SYS_UIO_H_ */
