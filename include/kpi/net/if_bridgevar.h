/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Hooks into if_bridge(4), which is not here: no interface is a member.
 */
#ifndef _KPI_NET_IF_BRIDGEVAR_H_
#define _KPI_NET_IF_BRIDGEVAR_H_

#include <sys/kassert.h>

#define	BRIDGE_INPUT(ifp, m)	do {					\
	MPASS((ifp)->if_bridge == NULL);				\
	(void)(m);							\
} while (0)
#define	BRIDGE_OUTPUT(ifp, m, err)	do {				\
	MPASS((ifp)->if_bridge == NULL);				\
	(void)(m);							\
	(err) = 0;							\
} while (0)

#endif /* !_KPI_NET_IF_BRIDGEVAR_H_ */
