/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * panic(9) and the assertions that call it: KASSERT(9).
 *
 * INVARIANTS compiles assertions in; without it the condition is not even
 * evaluated.
 */
#ifndef _KPI_SYS_KASSERT_H_
#define _KPI_SYS_KASSERT_H_

#include <sys/cdefs.h>

/*
 * panic(9): formats the message, ends the run with a VS_PANIC outcome and
 * parks the calling thread for good.  May be called in any context.
 */
void	panic(const char *fmt, ...) __dead2 __printflike(1, 2);
/* The same, with a VS_ASSERT outcome. */
void	kassert_panic(const char *fmt, ...) __dead2 __printflike(1, 2);

/* The message of the panic in progress, NULL while there is none. */
extern const char *panicstr;
#define	KERNEL_PANICKED()						\
	__predict_false(__atomic_load_n(&panicstr, __ATOMIC_RELAXED) != NULL)
#define	SCHEDULER_STOPPED()	KERNEL_PANICKED()

#ifdef INVARIANTS
#define	KASSERT(exp, msg) do {						\
	if (__predict_false(!(exp)))					\
		kassert_panic msg;					\
} while (0)
#else
#define	KASSERT(exp, msg) do { } while (0)
#endif

/* An assertion that says what it wants; the others fill in from behind. */
#define	MPASS4(ex, what, file, line)					\
	KASSERT((ex), ("Assertion %s failed at %s:%d", what, file, line))
#define	MPASS3(ex, ...)		MPASS4(ex, #ex, __VA_ARGS__)
#define	MPASS2(ex, what)	MPASS4(ex, what, __FILE__, __LINE__)
#define	MPASS(ex)		MPASS2(ex, #ex)

#define	CTASSERT(x)	_Static_assert(x, "compile-time assertion failed")

#define	__assert_unreachable()						\
	KASSERT(false, ("executing segment marked as unreachable at "	\
	    "%s:%d (%s)", __FILE__, __LINE__, __func__))

#define	ASSERT_ATOMIC_LOAD_PTR(var, msg)				\
	KASSERT(sizeof(var) == sizeof(void *) &&			\
	    ((uintptr_t)&(var) & (sizeof(void *) - 1)) == 0, msg)

#endif /* !_KPI_SYS_KASSERT_H_ */
