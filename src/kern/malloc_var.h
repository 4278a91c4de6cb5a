/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of malloc(9) share.
 */
#ifndef _MALLOC_VAR_H_
#define _MALLOC_VAR_H_

#include <sys/malloc.h>

#include "host.h"

/*
 * A spin lock of the simplest kind: there is memory, and are types of it,
 * before there are mutexes.
 */
static inline void
malloc_spin_enter(int *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0)
		host_yield();
}

static inline void
malloc_spin_exit(int *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

/*
 * The name of the type of what malloc() has made of a block of the heap's, or
 * of what it returned of it, if that is all the host knows, see host_usable();
 * NULL if it is something else.  For blocks in use.
 */
const char	*malloc_block_type(const void *block, size_t size);

/*
 * Blocks in use are on record with INVARIANTS only.  fn gets the block, its
 * size, who asked for it, and arg; it must not allocate.
 */
#ifdef INVARIANTS
void	malloc_blocks_retype(const struct malloc_type *from,
	    struct malloc_type *to);
void	malloc_blocks_foreach(const struct malloc_type *mtp,
	    void (*fn)(const void *block, size_t size, const void *caller,
	    void *arg), void *arg);
#else
#define	malloc_blocks_retype(from, to)		do { } while (0)
#define	malloc_blocks_foreach(mtp, fn, arg)	((void)(fn))
#endif

/*
 * Locks in memory that is being freed.  Called with the whole block, before
 * it changes hands, and with the address that free was called from.
 */
#ifdef WITNESS
void	malloc_locks_check(const void *block, size_t size,
	    const struct malloc_type *mtp, const void *caller);
#else
#define	malloc_locks_check(block, size, mtp, caller)	((void)(caller))
#endif

#endif /* !_MALLOC_VAR_H_ */
