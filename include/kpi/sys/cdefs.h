/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Compiler definitions: libbsd's, and what it leaves out of them.
 */
#ifndef _KPI_SYS_CDEFS_H_
#define _KPI_SYS_CDEFS_H_

#include_next <sys/cdefs.h>

#include <stddef.h>

#ifndef __unused
#define	__unused	__attribute__((__unused__))
#endif
#ifndef __used
#define	__used		__attribute__((__used__))
#endif
#ifndef __packed
#define	__packed	__attribute__((__packed__))
#endif
#ifndef __aligned
#define	__aligned(x)	__attribute__((__aligned__(x)))
#endif
#ifndef __section
#define	__section(x)	__attribute__((__section__(x)))
#endif
#ifndef __dead2
#define	__dead2		__attribute__((__noreturn__))
#endif
#ifndef __pure
#define	__pure		__attribute__((__pure__))
#endif
#ifndef __printflike
#define	__printflike(fmtarg, firstvararg)				\
	__attribute__((__format__(__printf__, fmtarg, firstvararg)))
#endif
#ifndef __predict_true
#define	__predict_true(exp)	__builtin_expect((exp) != 0, 1)
#define	__predict_false(exp)	__builtin_expect((exp) != 0, 0)
#endif
#ifndef __weak_symbol
#define	__weak_symbol	__attribute__((__weak__))
#endif
#ifndef __hidden
#define	__hidden	__attribute__((__visibility__("hidden")))
#endif
#ifndef __noinline
#define	__noinline	__attribute__((__noinline__))
#endif
#ifndef __always_inline
#define	__always_inline	inline __attribute__((__always_inline__))
#endif
/* Unlike libc's, of what the arguments expand to. */
#define	_VS_PASTE(...)	_VS_PASTE_AS_IS(__VA_ARGS__)
#define	_VS_PASTE_AS_IS(left, right)	left##right
#undef __CONCAT
#define	__CONCAT(left, right)	_VS_PASTE(left, right)
#ifndef __STRING
#define	__STRING(x)	#x
#endif
#ifndef __XSTRING
#define	__XSTRING(x)	__STRING(x)
#endif
#ifndef __DECONST
#define	__DECONST(type, var)	((type)(uintptr_t)(const void *)(var))
#endif
#ifndef __DEVOLATILE
#define	__DEVOLATILE(type, var)	((type)(uintptr_t)(volatile void *)(var))
#endif
#ifndef __containerof
#define	__containerof(x, s, m)	__extension__ ({			\
	const volatile __typeof(((s *)0)->m) *__x = (x);		\
	__DECONST(s *, (const volatile char *)__x - offsetof(s, m));	\
})
#endif
#ifndef __FBSDID
#define	__FBSDID(s)	struct __hack
#endif
#ifndef __offsetof
#define	__offsetof(type, field)	offsetof(type, field)
#endif

/* A variable that only assertions look at. */
#ifdef INVARIANTS
#define	__diagused
#else
#define	__diagused	__unused
#endif
#ifdef WITNESS
#define	__witness_used
#else
#define	__witness_used	__unused
#endif

#endif /* !_KPI_SYS_CDEFS_H_ */
