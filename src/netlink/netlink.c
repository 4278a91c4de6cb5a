/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The socket family AF_NETLINK.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/domain.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/poll.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/socket.h>
#include <sys/socketvar.h>
#include <sys/uio.h>
#include <net/vnet.h>
#include <netlink/netlink_route.h>

#include "netlink_var.h"

MALLOC_DEFINE(M_NETLINK, "netlink", "netlink messages and sockets");

#define	NL_MAXSEND	(64 * 1024)	/* largest request */
#define	NL_MAXQUEUED	(512 * 1024)	/* what a listener may leave unread */

LIST_HEAD(nlpcb_list, nlpcb);
VNET_DEFINE_STATIC(struct nlpcb_list, nl_sockets) =
    LIST_HEAD_INITIALIZER(nl_sockets);
#define	V_nl_sockets	VNET(nl_sockets)

/* Guards the lists of all vnets; nl_mtx nests in it. */
static struct mtx nl_global_mtx;
MTX_SYSINIT(nl_global, &nl_global_mtx, "netlink sockets", MTX_DEF);

static void	nl_worker(void *arg, int pending);

/* --- buffers -------------------------------------------------------------- */

static struct nl_buf *
nl_buf_alloc(u_int len, int how)
{
	struct nl_buf *nb;

	nb = malloc(sizeof(*nb) + len, M_NETLINK, how);
	if (nb != NULL)
		nb->nb_len = len;
	return (nb);
}

static void
nl_bufq_free(struct nl_bufq *q)
{
	struct nl_buf *nb;

	while ((nb = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, nb_next);
		free(nb, M_NETLINK);
	}
}

bool
nl_send_one(struct nlpcb *nlp, const void *data, u_int len, int how)
{
	struct nl_buf *nb;

	nb = nl_buf_alloc(len, how);
	if (nb == NULL)
		return (false);
	memcpy(nb->nb_data, data, len);
	mtx_lock(&nlp->nl_mtx);
	STAILQ_INSERT_TAIL(&nlp->nl_out, nb, nb_next);
	nlp->nl_outbytes += len;
	wakeup(&nlp->nl_out);
	mtx_unlock(&nlp->nl_mtx);
	return (true);
}

/* --- groups --------------------------------------------------------------- */

bool
nl_has_listeners(u_int group)
{
	struct nlpcb *nlp;
	bool found = false;

	mtx_lock(&nl_global_mtx);
	LIST_FOREACH(nlp, &V_nl_sockets, nl_link)
		if ((nlp->nl_groups & 1U << (group - 1)) != 0)
			found = true;
	mtx_unlock(&nl_global_mtx);
	return (found);
}

/* A listener that does not read loses messages, like any datagram socket. */
void
nl_send_group(u_int group, const void *data, u_int len)
{
	struct nlpcb *nlp;
	bool full;

	mtx_lock(&nl_global_mtx);
	LIST_FOREACH(nlp, &V_nl_sockets, nl_link) {
		if ((nlp->nl_groups & 1U << (group - 1)) == 0)
			continue;
		mtx_lock(&nlp->nl_mtx);
		full = nlp->nl_outbytes + len > NL_MAXQUEUED;
		mtx_unlock(&nlp->nl_mtx);
		if (!full)
			(void)nl_send_one(nlp, data, len, M_NOWAIT);
	}
	mtx_unlock(&nl_global_mtx);
}

/* --- life of a socket ----------------------------------------------------- */

/* A number that no other socket of the vnet has, the process's if possible. */
static uint32_t
nl_choose_port(uint32_t port)
{
	struct nlpcb *nlp;

	mtx_assert(&nl_global_mtx, MA_OWNED);
again:
	LIST_FOREACH(nlp, &V_nl_sockets, nl_link)
		if (nlp->nl_port == port) {
			port = arc4random() | 1U << 31;
			goto again;
		}
	return (port);
}

static int
nl_attach(struct socket *so, int proto, struct thread *td)
{
	struct nlpcb *nlp;

	if (proto != NETLINK_ROUTE)
		return (EPROTONOSUPPORT);
	nlp = malloc(sizeof(*nlp), M_NETLINK, M_WAITOK | M_ZERO);
	nlp->nl_socket = so;
	nlp->nl_cred = so->so_cred;
	mtx_init(&nlp->nl_mtx, "nlp lock", NULL, MTX_DEF);
	STAILQ_INIT(&nlp->nl_in);
	STAILQ_INIT(&nlp->nl_out);
	TASK_INIT(&nlp->nl_task, 0, nl_worker, nlp);
	nlp->nl_tq = taskqueue_create("netlink_socket", M_WAITOK,
	    taskqueue_thread_enqueue, &nlp->nl_tq);
	taskqueue_start_threads(&nlp->nl_tq, 1, PWAIT,
	    "netlink_socket (PID %u)", td->td_proc->p_pid);
	so->so_pcb = nlp;
	CURVNET_SET(so->so_vnet);
	mtx_lock(&nl_global_mtx);
	nlp->nl_port = nl_choose_port(td->td_proc->p_pid);
	LIST_INSERT_HEAD(&V_nl_sockets, nlp, nl_link);
	mtx_unlock(&nl_global_mtx);
	CURVNET_RESTORE();
	return (0);
}

/* What was asked is done first: the worker may take as long as it likes. */
static void
nl_detach(struct socket *so)
{
	struct nlpcb *nlp = so->so_pcb;

	mtx_lock(&nl_global_mtx);
	LIST_REMOVE(nlp, nl_link);
	mtx_unlock(&nl_global_mtx);
	taskqueue_free(nlp->nl_tq);
	nl_bufq_free(&nlp->nl_in);
	nl_bufq_free(&nlp->nl_out);
	mtx_destroy(&nlp->nl_mtx);
	so->so_pcb = NULL;
	free(nlp, M_NETLINK);
}

static int
nl_bind(struct socket *so, struct sockaddr *sa, struct thread *td)
{
	struct sockaddr_nl *snl = (struct sockaddr_nl *)sa;
	struct nlpcb *nlp = so->so_pcb;
	int error = 0;

	if (snl->nl_len != sizeof(*snl) || snl->nl_family != AF_NETLINK)
		return (EINVAL);
	CURVNET_SET(so->so_vnet);
	mtx_lock(&nl_global_mtx);
	if (snl->nl_pid != 0 && snl->nl_pid != nlp->nl_port) {
		if (snl->nl_pid != (uint32_t)td->td_proc->p_pid)
			error = EPERM;
		else if (nl_choose_port(snl->nl_pid) != snl->nl_pid)
			error = EADDRINUSE;
		else
			nlp->nl_port = snl->nl_pid;
	}
	if (error == 0)
		nlp->nl_groups = snl->nl_groups;
	mtx_unlock(&nl_global_mtx);
	CURVNET_RESTORE();
	return (error);
}

static int
nl_setsockopt(struct socket *so, int level, int name, const void *val,
    size_t len, struct thread *td __unused)
{
	struct nlpcb *nlp = so->so_pcb;
	uint32_t group;

	if (level != SOL_NETLINK || (name != NETLINK_ADD_MEMBERSHIP &&
	    name != NETLINK_DROP_MEMBERSHIP))
		return (ENOPROTOOPT);
	if (len != sizeof(group))
		return (EINVAL);
	memcpy(&group, val, sizeof(group));
	if (group == 0 || group > RTNLGRP_MAX)
		return (EINVAL);
	mtx_lock(&nl_global_mtx);
	if (name == NETLINK_ADD_MEMBERSHIP)
		nlp->nl_groups |= 1U << (group - 1);
	else
		nlp->nl_groups &= ~(1U << (group - 1));
	mtx_unlock(&nl_global_mtx);
	return (0);
}

/* --- sending and receiving ------------------------------------------------ */

static int
nl_send(struct socket *so, struct uio *uio, struct thread *td __unused)
{
	struct nlpcb *nlp = so->so_pcb;
	struct nl_buf *nb;
	int error;

	if (uio->uio_resid < (ssize_t)sizeof(struct nlmsghdr))
		return (ENOBUFS);
	if (uio->uio_resid > NL_MAXSEND)
		return (EMSGSIZE);
	nb = nl_buf_alloc(uio->uio_resid, M_WAITOK);
	error = uiomove(nb->nb_data, nb->nb_len, uio);
	if (error != 0) {
		free(nb, M_NETLINK);
		return (error);
	}
	mtx_lock(&nlp->nl_mtx);
	STAILQ_INSERT_TAIL(&nlp->nl_in, nb, nb_next);
	mtx_unlock(&nlp->nl_mtx);
	taskqueue_enqueue(nlp->nl_tq, &nlp->nl_task);
	return (0);
}

/* One buffer a call; what does not fit is lost. */
static int
nl_receive(struct socket *so, struct uio *uio, struct thread *td __unused)
{
	struct nlpcb *nlp = so->so_pcb;
	struct nl_buf *nb;
	int error = 0;

	mtx_lock(&nlp->nl_mtx);
	while ((nb = STAILQ_FIRST(&nlp->nl_out)) == NULL && error == 0)
		error = msleep(&nlp->nl_out, &nlp->nl_mtx, PSOCK | PCATCH,
		    "nlrecv", 0);
	if (nb != NULL) {
		STAILQ_REMOVE_HEAD(&nlp->nl_out, nb_next);
		nlp->nl_outbytes -= nb->nb_len;
	}
	mtx_unlock(&nlp->nl_mtx);
	if (nb == NULL)
		return (error);
	error = uiomove(nb->nb_data, MIN((ssize_t)nb->nb_len,
	    uio->uio_resid), uio);
	free(nb, M_NETLINK);
	return (error);
}

static int
nl_poll(struct socket *so, int events, struct thread *td __unused)
{
	struct nlpcb *nlp = so->so_pcb;
	int revents = events & (POLLOUT | POLLWRNORM);

	mtx_lock(&nlp->nl_mtx);
	if (!STAILQ_EMPTY(&nlp->nl_out))
		revents |= events & (POLLIN | POLLRDNORM);
	mtx_unlock(&nlp->nl_mtx);
	return (revents);
}

/* --- the worker ----------------------------------------------------------- */

struct ucred *
nlp_get_cred(struct nlpcb *nlp)
{
	return (nlp->nl_cred);
}

int
nlp_priv_check(struct nlpcb *nlp, int priv)
{
	return (priv_check_cred(nlp->nl_cred, priv));
}

/*
 * The answer to a request that asked for one or failed: error number, the
 * request itself if it failed, a text, and what a successful handler left.
 */
static void
nl_acknowledge(struct nl_pstate *npt, struct nlmsghdr *hdr, int error)
{
	struct nl_writer *nw = npt->nw;
	struct nlmsgerr *payload;
	u_int extra = error != 0 ? hdr->nlmsg_len - sizeof(*hdr) : 0;
	uint16_t flags = error == 0 ? NLM_F_CAPPED : 0;
	void *rest;

	if (npt->err_msg[0] != '\0' || npt->cookie != NULL)
		flags |= NLM_F_ACK_TLVS;
	if (!nlmsg_add(nw, hdr->nlmsg_pid, hdr->nlmsg_seq, NLMSG_ERROR, flags,
	    0))
		return;
	payload = nlmsg_reserve_object(nw, struct nlmsgerr);
	if (payload != NULL) {
		payload->error = error;
		payload->msg = *hdr;
	}
	if (extra != 0 &&
	    (rest = nlmsg_reserve_data_raw(nw, NLMSG_ALIGN(extra))) != NULL)
		memcpy(rest, hdr + 1, extra);
	if (npt->err_msg[0] != '\0')
		nlattr_add_string(nw, NLMSGERR_ATTR_MSG, npt->err_msg);
	if (npt->cookie != NULL)
		nlattr_add(nw, NLMSGERR_ATTR_COOKIE | NLA_F_NESTED,
		    NLA_DATA_LEN(npt->cookie), NLA_DATA(npt->cookie));
	nlmsg_end(nw);
}

static void
nl_handle_one(struct nlpcb *nlp, struct nlmsghdr *hdr, struct nl_writer *nw)
{
	struct nl_pstate npt = { .nlp = nlp, .hdr = hdr, .nw = nw };
	int error = 0;

	hdr->nlmsg_pid = nlp->nl_port;
	if (hdr->nlmsg_type >= 0x10 && (hdr->nlmsg_flags & NLM_F_REQUEST) != 0)
		error = rtnl_handle_message(hdr, &npt);
	if ((hdr->nlmsg_flags & NLM_F_ACK) != 0 ||
	    (error != 0 && error != EINTR))
		nl_acknowledge(&npt, hdr, error);
	free(npt.cookie, M_NETLINK);
}

/* A malformed rest of a buffer is dropped without a word. */
static void
nl_handle_buf(struct nlpcb *nlp, struct nl_buf *nb)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)nb->nb_data;
	struct nl_writer nw;
	int left = nb->nb_len;

	nl_writer_unicast(&nw, nlp, true);
	while (NLMSG_OK(hdr, left)) {
		nl_handle_one(nlp, hdr, &nw);
		hdr = NLMSG_NEXT(hdr, left);
	}
	nlmsg_flush(&nw);
}

static void
nl_worker(void *arg, int pending __unused)
{
	struct nlpcb *nlp = arg;
	struct nl_buf *nb;

	CURVNET_SET(nlp->nl_socket->so_vnet);
	for (;;) {
		mtx_lock(&nlp->nl_mtx);
		nb = STAILQ_FIRST(&nlp->nl_in);
		if (nb != NULL)
			STAILQ_REMOVE_HEAD(&nlp->nl_in, nb_next);
		mtx_unlock(&nlp->nl_mtx);
		if (nb == NULL)
			break;
		nl_handle_buf(nlp, nb);
		free(nb, M_NETLINK);
	}
	CURVNET_RESTORE();
}

/* --- the domain ----------------------------------------------------------- */

static struct protosw netlinksw = {
	.pr_attach = nl_attach,
	.pr_detach = nl_detach,
	.pr_send = nl_send,
	.pr_receive = nl_receive,
	.pr_poll = nl_poll,
	.pr_bind = nl_bind,
	.pr_setsockopt = nl_setsockopt,
};

static struct domain netlinkdomain = {
	.dom_family = AF_NETLINK,
	.dom_name = "netlink",
	.dom_protosw = &netlinksw,
};
DOMAIN_SET(netlink);
