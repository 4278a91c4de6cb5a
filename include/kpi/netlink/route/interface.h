/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Payload and attributes of the link messages.
 */
#ifndef _KPI_NETLINK_ROUTE_INTERFACE_H_
#define _KPI_NETLINK_ROUTE_INTERFACE_H_

#include <sys/types.h>

struct ifinfomsg {
	unsigned char	ifi_family;
	unsigned char	__ifi_pad;
	unsigned short	ifi_type;	/* IFT_* */
	int		ifi_index;
	unsigned	ifi_flags;	/* IFF_* */
	unsigned	ifi_change;	/* which flags are meant */
};

enum {
	IFLA_UNSPEC		= 0,
	IFLA_ADDRESS		= 1,
	IFLA_BROADCAST		= 2,
	IFLA_IFNAME		= 3,
	IFLA_MTU		= 4,
	IFLA_LINK		= 5,
	IFLA_MASTER		= 10,
	IFLA_OPERSTATE		= 16,
	IFLA_LINKINFO		= 18,
	IFLA_IFALIAS		= 20,
	IFLA_STATS64		= 23,
	IFLA_GROUP		= 27,
	IFLA_PROMISCUITY	= 30,
	IFLA_CARRIER		= 33,
	IFLA_NEW_IFINDEX	= 49,
	IFLA_ALT_IFNAME		= 53,
	IFLA_FREEBSD		= 59,
	__IFLA_MAX
};
#define	IFLA_MAX	(__IFLA_MAX - 1)

/* IFLA_OPERSTATE, RFC 2863. */
enum {
	IF_OPER_UNKNOWN		= 0,
	IF_OPER_NOTPRESENT	= 1,
	IF_OPER_DOWN		= 2,
	IF_OPER_LOWERLAYERDOWN	= 3,
	IF_OPER_TESTING		= 4,
	IF_OPER_DORMANT		= 5,
	IF_OPER_UP		= 6,
};

/* Nested in IFLA_LINKINFO. */
enum {
	IFLA_INFO_UNSPEC	= 0,
	IFLA_INFO_KIND		= 1,
	IFLA_INFO_DATA		= 2,
	__IFLA_INFO_MAX
};

#endif /* !_KPI_NETLINK_ROUTE_INTERFACE_H_ */
