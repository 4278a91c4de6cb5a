/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Concurrency Kit's lists under the kernel's name.
 */
#ifndef _KPI_SYS_CK_H_
#define _KPI_SYS_CK_H_

#include <ck_queue.h>

#endif /* !_KPI_SYS_CK_H_ */
