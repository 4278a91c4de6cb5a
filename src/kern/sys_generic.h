/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Operations on open files, in the kernel.
 */
#ifndef _SYS_GENERIC_H_
#define _SYS_GENERIC_H_

#include <sys/uio.h>

struct thread;

/* EBADF, EFAULT, ENOTTY, or what the file answers.  All sleep. */
int	kern_ioctl(struct thread *td, int fd, u_long cmd, void *udata);
int	kern_rdwr(struct thread *td, int fd, enum uio_rw rw, void *buf,
	    size_t len, size_t *done);
int	kern_poll(struct thread *td, int fd, int events, int *revents);
/* Waits at most `timeout` milliseconds, < 0 for ever; also EINTR. */
int	kern_poll_wait(struct thread *td, int fd, int events, int timeout,
	    int *revents);

#endif /* !_SYS_GENERIC_H_ */
