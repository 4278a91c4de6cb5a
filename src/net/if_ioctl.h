/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface requests, for if_ioctl.c and if_hwioctl.c.
 */
#ifndef _IF_IOCTL_H_
#define _IF_IOCTL_H_

struct ifconf;
struct ifnet;
struct ifreq;
struct thread;

int	ifconf(struct ifconf *ifc);
/* Descriptions: ENOMSG without one, ENAMETOOLONG, EFAULT. */
int	if_descr_get(struct ifnet *ifp, struct ifreq *ifr);
int	if_descr_set(struct ifnet *ifp, struct ifreq *ifr);

#endif /* !_IF_IOCTL_H_ */
