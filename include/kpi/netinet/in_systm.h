/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Network types of fixed width, in network order.
 */
#ifndef _KPI_NETINET_IN_SYSTM_H_
#define _KPI_NETINET_IN_SYSTM_H_

#define	__NETINET_IN_SYSTM_H

#include <sys/types.h>

typedef uint16_t	n_short;
typedef uint32_t	n_long;
typedef uint32_t	n_time;

#endif /* !_KPI_NETINET_IN_SYSTM_H_ */
