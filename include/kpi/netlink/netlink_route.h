/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * NETLINK_ROUTE: message types and groups.
 */
#ifndef _KPI_NETLINK_NETLINK_ROUTE_H_
#define _KPI_NETLINK_NETLINK_ROUTE_H_

#include <netlink/netlink.h>
#include <netlink/route/interface.h>

#define	RTM_NEWLINK	16
#define	RTM_DELLINK	17
#define	RTM_GETLINK	18
#define	RTM_SETLINK	19
#define	RTM_NEWADDR	20
#define	RTM_DELADDR	21
#define	RTM_GETADDR	22

/* Multicast groups; bit n - 1 of nl_groups is group n. */
enum rtnetlink_groups {
	RTNLGRP_NONE,
	RTNLGRP_LINK,
	RTNLGRP_NOTIFY,
	RTNLGRP_NEIGH,
	RTNLGRP_TC,
	RTNLGRP_IPV4_IFADDR,
	__RTNLGRP_MAX,
};
#define	RTNLGRP_MAX	32
#define	RTMGRP_LINK	0x01

#endif /* !_KPI_NETLINK_NETLINK_ROUTE_H_ */
