/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS__SX_H_
#define _KPI_SYS__SX_H_

#include <sys/_lock.h>

/* A shared/exclusive lock: sx(9). */
struct sx {
	struct lock_object	lock_object;
	struct lock_word	sx_lock;
};

#endif /* !_KPI_SYS__SX_H_ */
