/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Plain loads and stores of atomic(9): whole, in no order.
 */
#ifndef _KPI_SYS_ATOMIC_COMMON_H_
#define _KPI_SYS_ATOMIC_COMMON_H_

#include <sys/types.h>

#include <vnetsim/point.h>

#define	__atomic_load_plain(p, order) ({				\
	__typeof__(p) _alp = (p);					\
	VS_ACCESS(VS_OP_ATOMIC_LOAD, _alp);				\
	__atomic_load_n(_alp, order);					\
})
#define	__atomic_store_plain(p, v) do {					\
	__typeof__(p) _asp = (p);					\
	/* The value may take operations of its own: they come first. */ \
	__auto_type _asv = (v);						\
	VS_ACCESS(VS_OP_ATOMIC_STORE, _asp);				\
	__atomic_store_n(_asp, _asv, __ATOMIC_RELAXED);			\
} while (0)

#define	atomic_load_bool(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_char(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_short(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_int(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_long(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_8(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_16(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_32(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_64(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
#define	atomic_load_ptr(p)	__atomic_load_plain(p, __ATOMIC_RELAXED)
/* What is reached through the pointer is at least as new as the pointer. */
#define	atomic_load_consume_ptr(p)					\
	__atomic_load_plain(p, __ATOMIC_ACQUIRE)

#define	atomic_store_bool(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_char(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_short(p, v)	__atomic_store_plain(p, v)
#define	atomic_store_int(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_long(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_8(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_16(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_32(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_64(p, v)		__atomic_store_plain(p, v)
#define	atomic_store_ptr(p, v)		__atomic_store_plain(p, v)

static __inline void
atomic_interrupt_fence(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#endif /* !_KPI_SYS_ATOMIC_COMMON_H_ */
