/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * IPv4's filter head, which never has a filter.  There is no IPv4 here.
 */
#ifndef _KPI_NETINET_IP_VAR_H_
#define _KPI_NETINET_IP_VAR_H_

#include <net/pfil.h>

#define	V_inet_pfil_head	((pfil_head_t)NULL)

#endif /* !_KPI_NETINET_IP_VAR_H_ */
