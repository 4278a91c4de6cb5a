/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Hooks into if_vlan(4).  There is none here, so an interface never has a
 * trunk and the hooks have nothing to call.
 */
#ifndef _KPI_NET_IF_VLAN_VAR_H_
#define _KPI_NET_IF_VLAN_VAR_H_

#include <sys/param.h>

/* The priority of untagged frames of an interface. */
#define	IFNET_PCP_NONE		0xff

#define	VLAN_CAPABILITIES(ifp)	do { (void)(ifp); } while (0)
#define	VLAN_TRUNKDEV(ifp)	((void)(ifp), (struct ifnet *)NULL)
#define	VLAN_TAG(ifp, vidp)	((void)(ifp), (void)(vidp), EINVAL)
#define	VLAN_DEVAT(ifp, vid)						\
	((void)(ifp), (void)(vid), (struct ifnet *)NULL)

#endif /* !_KPI_NET_IF_VLAN_VAR_H_ */
