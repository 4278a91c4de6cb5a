/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * IPv6's filter head, which never has a filter.  There is no IPv6 here.
 */
#ifndef _KPI_NETINET6_IP6_VAR_H_
#define _KPI_NETINET6_IP6_VAR_H_

#include <net/pfil.h>

#define	V_inet6_pfil_head	((pfil_head_t)NULL)

#endif /* !_KPI_NETINET6_IP6_VAR_H_ */
