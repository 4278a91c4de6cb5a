/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * System calls for sockets that carry messages.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/file.h>
#include <sys/poll.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/socketvar.h>
#include <sys/uio.h>
#include <net/vnet.h>

#include <vnetsim/syscalls.h>

#include "boot.h"

/* What a call was given; the fields it does not use are zero. */
struct message_args {
	int		fd;
	int		level;
	int		name;
	int		flags;
	void		*buf;
	size_t		len;
	size_t		done;
};

/* What a call does with the socket; curvnet is the socket's. */
typedef int socket_op(struct socket *so, struct message_args *args,
    struct thread *td);

static int
with_socket(struct thread *td, struct message_args *args, socket_op *op)
{
	struct socket *so;
	struct file *fp;
	int error;

	error = fget(td, args->fd, NULL, &fp);
	if (error != 0)
		return (error);
	if (fp->f_type != DTYPE_SOCKET)
		error = ENOTSOCK;
	else {
		so = fp->f_data;
		CURVNET_SET(so->so_vnet);
		error = op(so, args, td);
		CURVNET_RESTORE();
	}
	fdrop(fp, td);
	return (error);
}

static int
do_bind(struct socket *so, struct message_args *args, struct thread *td)
{
	struct sockaddr_storage ss = { 0 };
	int error;

	if (so->so_proto->pr_bind == NULL)
		return (EOPNOTSUPP);
	if (args->len < offsetof(struct sockaddr, sa_data) ||
	    args->len > sizeof(ss))
		return (EINVAL);
	error = copyin(args->buf, &ss, args->len);
	if (error != 0)
		return (error);
	ss.ss_len = args->len;
	return (so->so_proto->pr_bind(so, (struct sockaddr *)&ss, td));
}

static int
do_setsockopt(struct socket *so, struct message_args *args,
    struct thread *td)
{
	char value[64];
	int error;

	if (so->so_proto->pr_setsockopt == NULL)
		return (ENOPROTOOPT);
	if (args->len > sizeof(value))
		return (EINVAL);
	error = copyin(args->buf, value, args->len);
	if (error != 0)
		return (error);
	return (so->so_proto->pr_setsockopt(so, args->level, args->name,
	    value, args->len, td));
}

/* One transfer of user memory through a method of the protocol. */
static int
transfer(struct socket *so, struct message_args *args, enum uio_rw rw,
    int (*method)(struct socket *, struct uio *, struct thread *),
    struct thread *td)
{
	struct iovec iov = { args->buf, args->len };
	struct uio uio = {
		.uio_iov = &iov,
		.uio_iovcnt = 1,
		.uio_resid = args->len,
		.uio_segflg = UIO_USERSPACE,
		.uio_rw = rw,
		.uio_td = td,
	};
	int error;

	if (method == NULL)
		return (EOPNOTSUPP);
	error = method(so, &uio, td);
	args->done = args->len - uio.uio_resid;
	return (error);
}

static int
do_send(struct socket *so, struct message_args *args, struct thread *td)
{
	return (transfer(so, args, UIO_WRITE, so->so_proto->pr_send, td));
}

static int
do_recv(struct socket *so, struct message_args *args, struct thread *td)
{
	if ((args->flags & VS_MSG_DONTWAIT) != 0 &&
	    so->so_proto->pr_poll != NULL &&
	    so->so_proto->pr_poll(so, POLLIN, td) == 0)
		return (EAGAIN);
	return (transfer(so, args, UIO_READ, so->so_proto->pr_receive, td));
}

/* --- entries -------------------------------------------------------------- */

static int
sys_bind(struct thread *td, void *args)
{
	return (with_socket(td, args, do_bind));
}

static int
sys_setsockopt(struct thread *td, void *args)
{
	return (with_socket(td, args, do_setsockopt));
}

static int
sys_send(struct thread *td, void *args)
{
	return (with_socket(td, args, do_send));
}

static int
sys_recv(struct thread *td, void *args)
{
	return (with_socket(td, args, do_recv));
}

int
vs_bind(int fd, const void *addr, size_t len)
{
	struct message_args args = {
		.fd = fd,
		.buf = __DECONST(void *, addr),
		.len = len,
	};

	return (syscall_run("bind", sys_bind, &args));
}

int
vs_setsockopt(int fd, int level, int name, const void *value, size_t len)
{
	struct message_args args = {
		.fd = fd,
		.level = level,
		.name = name,
		.buf = __DECONST(void *, value),
		.len = len,
	};

	return (syscall_run("setsockopt", sys_setsockopt, &args));
}

int
vs_send(int fd, const void *buf, size_t len)
{
	struct message_args args = {
		.fd = fd,
		.buf = __DECONST(void *, buf),
		.len = len,
	};

	return (syscall_run("sendto", sys_send, &args));
}

int
vs_recv(int fd, void *buf, size_t len, int flags, size_t *received)
{
	struct message_args args = {
		.fd = fd,
		.flags = flags,
		.buf = buf,
		.len = len,
	};
	int error;

	error = syscall_run("recvfrom", sys_recv, &args);
	if (received != NULL)
		*received = args.done;
	return (error);
}
