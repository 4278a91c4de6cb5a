/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Scheduler interface: what drivers include the header for is in proc.h.
 */
#ifndef _KPI_SYS_SCHED_H_
#define _KPI_SYS_SCHED_H_

#include <sys/proc.h>

#endif /* !_KPI_SYS_SCHED_H_ */
