/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * NETLINK_ROUTE: which request goes where, and who may make it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/priv.h>
#include <netlink/netlink_route.h>

#include "netlink_var.h"
#include "rtnetlink.h"

/* All fields are constant. */
static const struct rtnl_cmd {
	uint16_t	type;		/* RTM_* */
	int		priv;		/* of the socket's owner, 0 for none */
	bool		any_jail;	/* also in a jail without a vnet */
	rtnl_handler_f	*handler;
} rtnl_cmds[] = {
	{ RTM_GETLINK, 0, true, rtnl_handle_getlink },
	{ RTM_NEWLINK, PRIV_NET_IFCREATE, false, rtnl_handle_newlink },
	{ RTM_DELLINK, PRIV_NET_IFDESTROY, false, rtnl_handle_dellink },
};

int
rtnl_handle_message(struct nlmsghdr *hdr, struct nl_pstate *npt)
{
	const struct rtnl_cmd *cmd;
	size_t i;
	int error;

	for (i = 0; i < nitems(rtnl_cmds); i++)
		if (rtnl_cmds[i].type == hdr->nlmsg_type)
			break;
	if (i == nitems(rtnl_cmds))
		return (ENOTSUP);
	cmd = &rtnl_cmds[i];
	if (cmd->priv != 0) {
		error = nlp_priv_check(npt->nlp, cmd->priv);
		if (error != 0)
			return (error);
	}
	if (!cmd->any_jail && jailed_without_vnet(nlp_get_cred(npt->nlp)))
		return (EPERM);
	return (cmd->handler(hdr, npt));
}
