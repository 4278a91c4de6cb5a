/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What interface cloners see of a link request.
 */
#ifndef _KPI_NETLINK_ROUTE_ROUTE_VAR_H_
#define _KPI_NETLINK_ROUTE_ROUTE_VAR_H_

#include <netlink/netlink_ctl.h>
#include <netlink/netlink_route.h>

struct ifnet;

/* A parsed RTM_*LINK; pointers lead into the message. */
struct nl_parsed_link {
	char		*ifla_group;
	char		*ifla_ifname;
	char		*ifla_cloner;		/* IFLA_INFO_KIND */
	char		*ifla_ifalias;
	struct nlattr	*ifla_idata;
	struct nlattr	*ifla_address;
	unsigned short	ifi_type;
	int		ifi_index;
	uint32_t	ifla_link;
	uint32_t	ifla_mtu;
	uint32_t	ifi_flags;
	uint32_t	ifi_change;
};

/*
 * The change that every interface understands: alias, up or down, MTU,
 * promiscuity, address, in this order, stopping at the first error.  The
 * privileges are those of the socket's owner.  Called in the worker thread
 * with a reference on ifp and curvnet set; sleeps.  0, EPERM, or what the
 * single change answers.
 */
int	nl_modify_ifp_generic(struct ifnet *ifp, struct nl_parsed_link *lattrs,
	    const struct nlattr_bmask *bm, struct nl_pstate *npt);

/* Puts index and name of a new interface into the acknowledgement. */
void	nl_store_ifp_cookie(struct nl_pstate *npt, struct ifnet *ifp);

#endif /* !_KPI_NETLINK_ROUTE_ROUTE_VAR_H_ */
