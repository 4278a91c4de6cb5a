/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Handlers of NETLINK_ROUTE requests, private to src/netlink.
 */
#ifndef _RTNETLINK_H_
#define _RTNETLINK_H_

#include <netlink/route/route_var.h>

/*
 * Handles a request in the socket's worker: curvnet is the socket's, the
 * credential the kernel's, no lock and no epoch.  Returns an errno.
 */
typedef int rtnl_handler_f(struct nlmsghdr *hdr, struct nl_pstate *npt);

rtnl_handler_f	rtnl_handle_getlink;
rtnl_handler_f	rtnl_handle_newlink;
rtnl_handler_f	rtnl_handle_dellink;

#endif /* !_RTNETLINK_H_ */
