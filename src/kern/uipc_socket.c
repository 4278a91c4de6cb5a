/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Sockets: an endpoint in the vnet of its creator, and the file in front of
 * it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/domain.h>
#include <sys/file.h>
#include <sys/filedesc.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/refcount.h>
#include <sys/socketvar.h>
#include <sys/sockio.h>
#include <sys/ucred.h>
#include <sys/uio.h>
#include <net/if.h>
#include <net/vnet.h>

static MALLOC_DEFINE(M_SOCKET, "socket", "sockets");

static fo_close_t	soo_close;
static fo_ioctl_t	soo_ioctl;
static fo_poll_t	soo_poll;
static fo_rdwr_t	soo_read, soo_write;

const struct fileops socketops = {
	.fo_read = soo_read,
	.fo_write = soo_write,
	.fo_ioctl = soo_ioctl,
	.fo_poll = soo_poll,
	.fo_close = soo_close,
};

/* --- life ---------------------------------------------------------------- */

static struct socket *
soalloc(const struct protosw *pr, int type, int proto, struct ucred *cred)
{
	struct socket *so;

	so = malloc(sizeof(*so), M_SOCKET, M_WAITOK | M_ZERO);
	mtx_init(&so->so_lock, "socket", NULL, MTX_DEF);
	refcount_init(&so->so_count, 1);
	so->so_type = type;
	so->so_protocol = proto;
	so->so_proto = pr;
	so->so_cred = crhold_as(cred, "socket");
	so->so_vnet = CRED_TO_VNET(cred);
	__atomic_fetch_add(&so->so_vnet->vnet_sockcnt, 1, __ATOMIC_RELAXED);
	return (so);
}

static void
sodealloc(struct socket *so)
{
	u_int old __diagused;

	old = __atomic_fetch_sub(&so->so_vnet->vnet_sockcnt, 1,
	    __ATOMIC_RELEASE);
	VNET_ASSERT(old > 0, ("%s: vnet_sockcnt is 0", __func__));
	/* The credential keeps the vnet. */
	crfree_as(so->so_cred, "socket");
	mtx_destroy(&so->so_lock);
	free(so, M_SOCKET);
}

int
socreate(int dom, struct socket **aso, int type, int proto,
    struct ucred *cred, struct thread *td)
{
	const struct protosw *pr;
	struct domain *dp;
	struct socket *so;
	int error = 0;

	if ((dp = domain_find(dom)) == NULL)
		return (EAFNOSUPPORT);
	if (prison_check_af(cred, dom) != 0)
		return (EPROTONOSUPPORT);
	pr = dp->dom_protosw;
	if (pr->pr_type != 0 && pr->pr_type != type)
		return (EPROTOTYPE);
	so = soalloc(pr, type, proto, cred);
	so->so_fibnum = td->td_proc->p_fibnum;
	CURVNET_SET(so->so_vnet);
	if (pr->pr_attach != NULL)
		error = pr->pr_attach(so, proto, td);
	CURVNET_RESTORE();
	if (error != 0) {
		sodealloc(so);
		return (error);
	}
	*aso = so;
	return (0);
}

void
soref(struct socket *so)
{
	refcount_acquire(&so->so_count);
}

void
sorele(struct socket *so)
{
	if (!refcount_release(&so->so_count))
		return;
	CURVNET_SET(so->so_vnet);
	if (so->so_proto->pr_detach != NULL)
		so->so_proto->pr_detach(so);
	CURVNET_RESTORE();
	sodealloc(so);
}

int
soclose(struct socket *so)
{
	sorele(so);
	return (0);
}

/* --- the file ------------------------------------------------------------ */

static int
soo_read(struct file *fp, struct uio *uio, struct ucred *cred __unused,
    int flags __unused, struct thread *td)
{
	struct socket *so = fp->f_data;
	int error;

	if (so->so_proto->pr_receive == NULL)
		return (EOPNOTSUPP);
	CURVNET_SET(so->so_vnet);
	error = so->so_proto->pr_receive(so, uio, td);
	CURVNET_RESTORE();
	return (error);
}

static int
soo_write(struct file *fp, struct uio *uio, struct ucred *cred __unused,
    int flags __unused, struct thread *td)
{
	struct socket *so = fp->f_data;
	int error;

	if (so->so_proto->pr_send == NULL)
		return (EOPNOTSUPP);
	CURVNET_SET(so->so_vnet);
	error = so->so_proto->pr_send(so, uio, td);
	CURVNET_RESTORE();
	return (error);
}

static int
soo_poll(struct file *fp, int events, struct ucred *cred __unused,
    struct thread *td)
{
	struct socket *so = fp->f_data;
	int revents;

	if (so->so_proto->pr_poll == NULL)
		return (0);
	CURVNET_SET(so->so_vnet);
	revents = so->so_proto->pr_poll(so, events, td);
	CURVNET_RESTORE();
	return (revents);
}

int
soo_ioctl_socket(struct socket *so, u_long cmd, void *data,
    struct thread *td)
{
	int error;

	switch (IOCGROUP(cmd)) {
	case 'i':
		return (ifioctl(so, cmd, data, td));
	case 'r':
		/* Routes are not modelled. */
		return (EOPNOTSUPP);
	default:
		if (so->so_proto->pr_control == NULL)
			return (ENOTTY);
		CURVNET_SET(so->so_vnet);
		error = so->so_proto->pr_control(so, cmd, data, NULL, td);
		CURVNET_RESTORE();
		return (error);
	}
}

static int
soo_ioctl(struct file *fp, u_long cmd, void *data,
    struct ucred *cred __unused, struct thread *td)
{
	return (soo_ioctl_socket(fp->f_data, cmd, data, td));
}

static int
soo_close(struct file *fp, struct thread *td __unused)
{
	struct socket *so = fp->f_data;

	fp->f_ops = &badfileops;
	fp->f_data = NULL;
	return (soclose(so));
}

/* A new socket in a new descriptor. */
int
kern_socket(struct thread *td, int domain, int type, int protocol, int *fdp)
{
	struct socket *so;
	struct file *fp;
	int error;

	error = falloc(td, &fp, fdp, 0);
	if (error != 0)
		return (error);
	error = socreate(domain, &so, type & 0xf, protocol, td->td_ucred, td);
	if (error != 0)
		fdclose(td, fp, *fdp);
	else
		finit(fp, FREAD | FWRITE, DTYPE_SOCKET, so, &socketops);
	fdrop(fp, td);
	return (error);
}
