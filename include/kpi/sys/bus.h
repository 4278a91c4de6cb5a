/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The bus of devices.  There is none, so no interface has a device behind it;
 * drivers include this for the names that come along.
 */
#ifndef _KPI_SYS_BUS_H_
#define _KPI_SYS_BUS_H_

#include <sys/types.h>
#include <sys/eventhandler.h>

typedef struct device	*device_t;

#endif /* !_KPI_SYS_BUS_H_ */
