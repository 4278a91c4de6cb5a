/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the kernel side of netlink shares: sockets, parse state, writers.
 */
#ifndef _KPI_NETLINK_NETLINK_CTL_H_
#define _KPI_NETLINK_NETLINK_CTL_H_

#include <sys/param.h>
#include <netlink/netlink.h>
#include <netlink/netlink_message_parser.h>
#include <netlink/netlink_message_writer.h>

struct nlpcb;
struct ucred;
struct vnet;

/* The credential that a request's privileges are checked against. */
struct ucred	*nlp_get_cred(struct nlpcb *nlp);
/* 0 or EPERM: may the owner of the socket do this? */
int	nlp_priv_check(struct nlpcb *nlp, int priv);

#endif /* !_KPI_NETLINK_NETLINK_CTL_H_ */
