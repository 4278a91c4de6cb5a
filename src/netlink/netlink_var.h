/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Netlink's sockets, private to src/netlink.
 */
#ifndef _NETLINK_VAR_H_
#define _NETLINK_VAR_H_

#include <sys/param.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/taskqueue.h>
#include <netlink/netlink_ctl.h>

struct nlmsghdr;
struct nl_pstate;
struct nl_writer;
struct socket;
struct ucred;

MALLOC_DECLARE(M_NETLINK);

/* What was sent or is to be received in one go. */
struct nl_buf {
	STAILQ_ENTRY(nl_buf) nb_next;
	u_int		nb_len;
	char		nb_data[] __aligned(8);
};
STAILQ_HEAD(nl_bufq, nl_buf);

/*
 * A socket.  Its requests are handled one after the other on a thread of its
 * own with the kernel's credential, so no signal of a user reaches them, and
 * closing the socket waits for that thread.
 *
 * Locks: (c) constant, (n) nl_mtx, (g) the lock of all sockets, netlink.c.
 */
struct nlpcb {
	LIST_ENTRY(nlpcb) nl_link;	/* (g) sockets of the vnet */
	struct socket	*nl_socket;	/* (c) */
	struct ucred	*nl_cred;	/* (c) the socket's */
	uint32_t	nl_port;	/* (g) number of this end */
	uint32_t	nl_groups;	/* (g) bit n - 1 is group n */
	struct mtx	nl_mtx;		/* "nlp lock" */
	struct nl_bufq	nl_in;		/* (n) requests */
	struct nl_bufq	nl_out;		/* (n) answers */
	u_int		nl_outbytes;	/* (n) */
	struct taskqueue *nl_tq;	/* (c) the worker */
	struct task	nl_task;	/* (c) */
};

/* Hands bytes to one socket, or copies to a group of curvnet.  Any context. */
bool	nl_send_one(struct nlpcb *nlp, const void *data, u_int len, int how);
void	nl_send_group(u_int group, const void *data, u_int len);
bool	nl_has_listeners(u_int group);

/* rtnetlink.c: handles one request in the worker, returns an errno. */
int	rtnl_handle_message(struct nlmsghdr *hdr, struct nl_pstate *npt);

#endif /* !_NETLINK_VAR_H_ */
