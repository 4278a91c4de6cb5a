/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Statistics counters: counter(9).
 *
 * FreeBSD keeps a copy a CPU; one word with relaxed additions is as good
 * here, and takes 8 bytes.
 */
#ifndef _KPI_SYS_COUNTER_H_
#define _KPI_SYS_COUNTER_H_

#include <sys/types.h>
#include <sys/kernel.h>

typedef uint64_t	*counter_u64_t;

/* M_NOWAIT may return NULL; the counter starts at zero. */
counter_u64_t	counter_u64_alloc(int flags);
void	counter_u64_free(counter_u64_t c);

static __inline void
counter_u64_add(counter_u64_t c, int64_t inc)
{
	(void)__atomic_fetch_add(c, (uint64_t)inc, __ATOMIC_RELAXED);
}

static __inline uint64_t
counter_u64_fetch(counter_u64_t c)
{
	return (__atomic_load_n(c, __ATOMIC_RELAXED));
}

static __inline void
counter_u64_zero(counter_u64_t c)
{
	__atomic_store_n(c, 0, __ATOMIC_RELAXED);
}

#define	counter_enter()	do { } while (0)
#define	counter_exit()	do { } while (0)
#define	counter_u64_add_protected(c, inc)	counter_u64_add((c), (inc))

#define	COUNTER_ARRAY_ALLOC(a, n, wait) do {				\
	for (int _i = 0; _i < (int)(n); _i++)				\
		(a)[_i] = counter_u64_alloc(wait);			\
} while (0)
#define	COUNTER_ARRAY_FREE(a, n) do {					\
	for (int _i = 0; _i < (int)(n); _i++)				\
		counter_u64_free((a)[_i]);				\
} while (0)
#define	COUNTER_ARRAY_COPY(a, dstp, n) do {				\
	for (int _i = 0; _i < (int)(n); _i++)				\
		((uint64_t *)(dstp))[_i] = counter_u64_fetch((a)[_i]);	\
} while (0)
#define	COUNTER_ARRAY_ZERO(a, n) do {					\
	for (int _i = 0; _i < (int)(n); _i++)				\
		counter_u64_zero((a)[_i]);				\
} while (0)

void	counter_u64_sysinit(void *counterp);
void	counter_u64_sysuninit(void *counterp);
#define	COUNTER_U64_SYSINIT(c)						\
	SYSINIT(c##_counter_sysinit, SI_SUB_COUNTER, SI_ORDER_ANY,	\
	    counter_u64_sysinit, &c);					\
	SYSUNINIT(c##_counter_sysuninit, SI_SUB_COUNTER, SI_ORDER_ANY,	\
	    counter_u64_sysuninit, &c)
#define	COUNTER_U64_DEFINE_EARLY(c)					\
	counter_u64_t c;						\
	COUNTER_U64_SYSINIT(c)

#endif /* !_KPI_SYS_COUNTER_H_ */
