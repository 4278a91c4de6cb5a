/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Access to device memory.  There is none.
 */
#ifndef _KPI_MACHINE_BUS_H_
#define _KPI_MACHINE_BUS_H_

#include <sys/types.h>

#endif /* !_KPI_MACHINE_BUS_H_ */
