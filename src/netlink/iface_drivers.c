/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What cloners take from netlink: the change that every interface
 * understands, and the answer to a creation.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <net/if.h>
#include <net/if_var.h>

#include "netlink_var.h"
#include "rtnetlink.h"

static int
modify_alias(if_t ifp, const struct nl_parsed_link *link,
    struct nl_pstate *npt)
{
	char *copy = NULL;
	size_t len;

	if (nlp_priv_check(npt->nlp, PRIV_NET_SETIFDESCR) != 0)
		return (EPERM);
	len = strlen(link->ifla_ifalias);
	if (len > 0) {
		copy = if_allocdescr(len + 1, M_WAITOK);
		strlcpy(copy, link->ifla_ifalias, len + 1);
	}
	if_setdescr(ifp, copy);
	return (0);
}

/* A flag is meant if the mask says so, or if there is no mask at all. */
static bool
flag_meant(const struct nl_parsed_link *link, u_int flag)
{
	return (link->ifi_change == 0 || (link->ifi_change & flag) != 0);
}

static void
modify_up(if_t ifp, const struct nl_parsed_link *link)
{
	if (!flag_meant(link, IFF_UP))
		return;
	if ((link->ifi_flags & IFF_UP) != 0)
		if_up(ifp);
	else
		if_down(ifp);
}

static int
modify_mtu(if_t ifp, const struct nl_parsed_link *link, struct nl_pstate *npt)
{
	struct ifreq ifr = { .ifr_mtu = link->ifla_mtu };
	int error;

	if (nlp_priv_check(npt->nlp, PRIV_NET_SETIFMTU) != 0) {
		nlmsg_report_err_msg(npt, "Not enough privileges to set mtu");
		return (EPERM);
	}
	strlcpy(ifr.ifr_name, if_name(ifp), sizeof(ifr.ifr_name));
	error = ifhwioctl(SIOCSIFMTU, ifp, (caddr_t)&ifr, curthread);
	if (error != 0)
		nlmsg_report_err_msg(npt, "Failed to set mtu");
	return (error);
}

static int
modify_address(if_t ifp, const struct nl_parsed_link *link,
    struct nl_pstate *npt)
{
	int error;

	if (nlp_priv_check(npt->nlp, PRIV_NET_SETIFMAC) != 0) {
		nlmsg_report_err_msg(npt, "Not enough privileges to set "
		    "IFLA_ADDRESS");
		return (EPERM);
	}
	error = if_setlladdr(ifp, NLA_DATA(link->ifla_address),
	    NLA_DATA_LEN(link->ifla_address));
	if (error != 0)
		nlmsg_report_err_msg(npt, "setting IFLA_ADDRESS failed with "
		    "error code: %d", error);
	return (error);
}

int
nl_modify_ifp_generic(if_t ifp, struct nl_parsed_link *link,
    const struct nlattr_bmask *bm __unused, struct nl_pstate *npt)
{
	int error = 0;

	if (link->ifla_ifalias != NULL)
		error = modify_alias(ifp, link, npt);
	if (error == 0)
		modify_up(ifp, link);
	if (error == 0 && link->ifla_mtu > 0)
		error = modify_mtu(ifp, link, npt);
	if (error == 0 && flag_meant(link, IFF_PROMISC))
		if_setppromisc(ifp, (link->ifi_flags & IFF_PROMISC) != 0);
	if (error == 0 && link->ifla_address != NULL)
		error = modify_address(ifp, link, npt);
	return (error);
}

void
nl_store_ifp_cookie(struct nl_pstate *npt, if_t ifp)
{
	size_t name_len = strlen(if_name(ifp)) + 1;
	u_int len = NLA_HDRLEN + NLA_ALIGN(NLA_HDRLEN + sizeof(uint32_t)) +
	    NLA_ALIGN(NLA_HDRLEN + name_len);
	uint32_t index = if_getindex(ifp);
	struct nlattr *cookie, *nla;

	cookie = malloc(len, M_NETLINK, M_WAITOK | M_ZERO);
	cookie->nla_len = len;
	cookie->nla_type = NLMSGERR_ATTR_COOKIE;
	nla = NLA_DATA(cookie);
	nla->nla_len = NLA_HDRLEN + sizeof(index);
	nla->nla_type = IFLA_NEW_IFINDEX;
	memcpy(NLA_DATA(nla), &index, sizeof(index));
	nla = NLA_NEXT(nla);
	nla->nla_len = NLA_HDRLEN + name_len;
	nla->nla_type = IFLA_IFNAME;
	strlcpy(NLA_DATA(nla), if_name(ifp), name_len);
	free(npt->cookie, M_NETLINK);
	npt->cookie = cookie;
}
