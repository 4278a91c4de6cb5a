/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS__RWLOCK_H_
#define _KPI_SYS__RWLOCK_H_

#include <sys/_lock.h>

/* A reader/writer lock: rwlock(9). */
struct rwlock {
	struct lock_object	lock_object;
	struct lock_word	rw_lock;
};

#endif /* !_KPI_SYS__RWLOCK_H_ */
