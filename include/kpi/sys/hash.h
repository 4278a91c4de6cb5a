/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Hash functions.
 */
#ifndef _KPI_SYS_HASH_H_
#define _KPI_SYS_HASH_H_

#include <sys/types.h>

/* Bob Jenkins's hash over 32-bit words, and over bytes. */
uint32_t	jenkins_hash32(const uint32_t *key, size_t count,
		    uint32_t seed);
uint32_t	jenkins_hash(const void *key, size_t len, uint32_t seed);

#endif /* !_KPI_SYS_HASH_H_ */
