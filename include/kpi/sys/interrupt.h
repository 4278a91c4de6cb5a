/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interrupt threads.  There are none; drivers use task queues.
 */
#ifndef _KPI_SYS_INTERRUPT_H_
#define _KPI_SYS_INTERRUPT_H_

#include <sys/types.h>

#endif /* !_KPI_SYS_INTERRUPT_H_ */
