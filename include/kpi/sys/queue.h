/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * queue(3), from libbsd, which checks the links with INVARIANTS.
 */
#ifndef _KPI_SYS_QUEUE_H_
#define _KPI_SYS_QUEUE_H_

#include <sys/cdefs.h>
#include <sys/kassert.h>
#include_next <sys/queue.h>

#endif /* !_KPI_SYS_QUEUE_H_ */
