/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Sockets: an endpoint in the vnet of its creator.
 */
#ifndef _KPI_SYS_SOCKETVAR_H_
#define _KPI_SYS_SOCKETVAR_H_

#include <sys/types.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/socket.h>

struct fileops;
struct protosw;
struct thread;
struct ucred;
struct vnet;

/*
 * Locks: (c) constant, (p) the protocol, (a) atomic.
 */
struct socket {
	struct mtx	so_lock;		/* "socket" */
	volatile u_int	so_count;		/* (a) references */
	short		so_type;		/* (c) SOCK_* */
	int		so_protocol;		/* (c) */
	const struct protosw	*so_proto;	/* (c) */
	void		*so_pcb;		/* (p) */
	struct vnet	*so_vnet;		/* (c) counted: vnet_sockcnt */
	struct ucred	*so_cred;		/* (c) */
	u_int		so_fibnum;		/* (c) */
};

#define	SOCK_LOCK(so)	mtx_lock(&(so)->so_lock)
#define	SOCK_UNLOCK(so)	mtx_unlock(&(so)->so_lock)

/*
 * Makes a socket in curvnet for `cred`: EAFNOSUPPORT, EPROTONOSUPPORT or the
 * protocol's errno.  Sleeps.
 */
int	socreate(int dom, struct socket **aso, int type, int proto,
	    struct ucred *cred, struct thread *td);
void	soref(struct socket *so);
/* Drops a reference; the last one detaches the protocol and frees. */
void	sorele(struct socket *so);
int	soclose(struct socket *so);
/* An ioctl(2) on a socket: groups 'i' and 'r' are interface requests. */
int	soo_ioctl_socket(struct socket *so, u_long cmd, void *data,
	    struct thread *td);

/* socket(2): a descriptor for a new socket, or socreate()'s errno, EMFILE. */
int	kern_socket(struct thread *td, int domain, int type, int protocol,
	    int *fdp);
extern const struct fileops socketops;

#endif /* !_KPI_SYS_SOCKETVAR_H_ */
