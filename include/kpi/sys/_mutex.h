/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

#ifndef _KPI_SYS__MUTEX_H_
#define _KPI_SYS__MUTEX_H_

#include <sys/_lock.h>

/*
 * A mutex: mutex(9).  The lock word is the owner's address and two flags;
 * FreeBSD's name for it is the reason why mtx_lock is a function-like macro.
 */
struct mtx {
	struct lock_object	lock_object;
	uintptr_t		mtx_lock;	/* (a) */
};

#endif /* !_KPI_SYS__MUTEX_H_ */
