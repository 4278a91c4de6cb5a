/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Basic types: the host's, and the kernel's beside them.  Where both have a
 * name the host's width is kept; no driver depends on it.
 */
#ifndef _KPI_SYS_TYPES_H_
#define _KPI_SYS_TYPES_H_

#include <sys/cdefs.h>
#include_next <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t		sbintime_t;
typedef uintptr_t	vm_offset_t;
typedef uint64_t	vm_paddr_t;
typedef size_t		vm_size_t;

/* Unaligned access is fine here. */
#if defined(__x86_64__) || defined(__aarch64__)
#define	__NO_STRICT_ALIGNMENT
#endif

#endif /* !_KPI_SYS_TYPES_H_ */
