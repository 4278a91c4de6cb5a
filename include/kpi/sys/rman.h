/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Resources of devices.  There are none.
 */
#ifndef _KPI_SYS_RMAN_H_
#define _KPI_SYS_RMAN_H_

#include <sys/types.h>

#endif /* !_KPI_SYS_RMAN_H_ */
