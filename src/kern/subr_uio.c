/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Transfers described by a struct uio.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/uio.h>

/* Moves `len` bytes between kernel and caller. */
static int
uio_copy(const struct uio *uio, void *kernel, void *user, size_t len)
{
	switch (uio->uio_segflg) {
	case UIO_USERSPACE:
		if (uio->uio_rw == UIO_READ)
			return (copyout(kernel, user, len));
		return (copyin(user, kernel, len));
	case UIO_SYSSPACE:
		if (uio->uio_rw == UIO_READ)
			memcpy(user, kernel, len);
		else
			memcpy(kernel, user, len);
		return (0);
	case UIO_NOCOPY:
		return (0);
	}
	__assert_unreachable();
	return (EINVAL);
}

int
uiomove(void *cp, int n, struct uio *uio)
{
	struct iovec *iov;
	char *p = cp;
	size_t len;
	int error;

	KASSERT(uio->uio_rw == UIO_READ || uio->uio_rw == UIO_WRITE,
	    ("%s: mode", __func__));
	while (n > 0 && uio->uio_resid > 0) {
		iov = uio->uio_iov;
		if (iov->iov_len == 0) {
			uio->uio_iov++;
			uio->uio_iovcnt--;
			continue;
		}
		len = MIN(iov->iov_len, (size_t)n);
		error = uio_copy(uio, p, iov->iov_base, len);
		if (error != 0)
			return (error);
		iov->iov_base = (char *)iov->iov_base + len;
		iov->iov_len -= len;
		uio->uio_resid -= len;
		uio->uio_offset += len;
		p += len;
		n -= len;
	}
	return (0);
}

int
uiomove_frombuf(void *buf, int buflen, struct uio *uio)
{
	size_t off;

	if (uio->uio_offset < 0 || uio->uio_resid < 0)
		return (EINVAL);
	off = uio->uio_offset;
	if (buflen <= 0 || off >= (size_t)buflen)
		return (0);
	return (uiomove((char *)buf + off, buflen - off, uio));
}
