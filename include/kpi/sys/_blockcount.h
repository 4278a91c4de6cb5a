/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The structure of blockcount(9), for embedding.
 */
#ifndef _KPI_SYS__BLOCKCOUNT_H_
#define _KPI_SYS__BLOCKCOUNT_H_

/* Bit 31 says that somebody sleeps; atomic. */
typedef struct {
	unsigned int	__count;
} blockcount_t;

#endif /* !_KPI_SYS__BLOCKCOUNT_H_ */
