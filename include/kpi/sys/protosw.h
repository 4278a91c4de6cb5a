/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Protocol switch: what a domain does for its sockets.
 */
#ifndef _KPI_SYS_PROTOSW_H_
#define _KPI_SYS_PROTOSW_H_

#include <sys/types.h>

struct domain;
struct ifnet;
struct sockaddr;
struct socket;
struct thread;
struct uio;

/*
 * All fields are constant.  A method that is NULL answers EOPNOTSUPP.
 */
struct protosw {
	struct domain	*pr_domain;
	short		pr_type;	/* SOCK_*; 0 takes any */
	short		pr_protocol;
	int		(*pr_attach)(struct socket *, int, struct thread *);
	void		(*pr_detach)(struct socket *);
	/* `ifp` is NULL for a request that names no interface. */
	int		(*pr_control)(struct socket *, unsigned long, void *,
			    struct ifnet *, struct thread *);
	int		(*pr_send)(struct socket *, struct uio *,
			    struct thread *);
	int		(*pr_receive)(struct socket *, struct uio *,
			    struct thread *);
	int		(*pr_poll)(struct socket *, int, struct thread *);
	int		(*pr_bind)(struct socket *, struct sockaddr *,
			    struct thread *);
	int		(*pr_setsockopt)(struct socket *, int, int,
			    const void *, size_t, struct thread *);
};

#endif /* !_KPI_SYS_PROTOSW_H_ */
