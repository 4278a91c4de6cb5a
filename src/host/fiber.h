/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fibers: kernel threads of a controlled run, all on one OS thread.
 *
 * A fiber is a host_thread, so that host_self() and what hangs on it work as
 * they do on OS threads.  Stacks lie at addresses that are the same in every
 * process, each with a guard page below it.
 */
#ifndef _FIBER_H_
#define _FIBER_H_

#include <setjmp.h>

#include "control.h"

#define	FIBER_MAX	256		/* at the same time */
/* Frames are several times as big under a sanitizer. */
#define	FIBER_STACK	((size_t)(HOST_ASAN ? 1024 : 256) * 1024)

#if !defined(HOST_FIBER_PORTABLE) && !defined(__x86_64__) && \
    !defined(__aarch64__)
#define	HOST_FIBER_PORTABLE	1
#endif

/* Nothing but registers changes. */
#if !defined(HOST_FIBER_PORTABLE) && !HOST_ASAN
#define	HOST_FIBER_INLINE	1
#else
#define	HOST_FIBER_INLINE	0
#endif

#pragma GCC visibility push(hidden)

struct host_fiber {
#ifdef HOST_FIBER_PORTABLE
	jmp_buf		context;	/* while it does not run */
#endif
	void		*sp;		/* while it does not run */
	struct thread	*curthread;	/* vs_curthread while it does not run */
	void		*fake_stack;	/* AddressSanitizer's */
	unsigned	index;		/* which stack */
	struct host_thread *self;	/* its `thread`, or the OS thread's */
	struct host_thread thread;
};

/*
 * A fiber that will run fn(arg) on the stack `index` when it is first switched
 * to.  fn must not return.
 */
void	host_fiber_init(struct host_fiber *fiber, unsigned index,
	    void (*fn)(void *), void *arg, const char *name);
/* The calling OS thread as one that can be switched from and back to. */
void	host_fiber_adopt(struct host_fiber *fiber);
/* Who was switched to last. */
extern struct host_fiber *host_fiber_starting;
void	host_fiber_go(struct host_fiber *from, struct host_fiber *to);
#ifndef HOST_FIBER_PORTABLE
void	host_fiber_swap(void **save, void *to) __asm__("vs_fiber_swap");
#endif
/*
 * Saves the caller in `from` and goes on in `to`.  Inline: each function that
 * is left on a stack which was switched to costs a mispredicted return.
 */
static inline void
host_fiber_switch(struct host_fiber *from, struct host_fiber *to)
{
	from->curthread = vs_curthread;
	vs_curthread = to->curthread;
	host_thread_become(to->self);
	host_fiber_starting = to;
#if HOST_FIBER_INLINE
	host_fiber_swap(&from->sp, to->sp);
#else
	host_fiber_go(from, to);
#endif
}
/* A stack is used anew: for AddressSanitizer. */
void	host_fiber_clean(const struct host_fiber *fiber);
/* The part of its stack that a fiber which does not run has in use. */
void	*host_fiber_used(const struct host_fiber *fiber, size_t *size);
/*
 * The call stack of a fiber that does not run, innermost first; how many
 * frames.  None where the registers it was left with are not known.
 */
int	host_fiber_frames(const struct host_fiber *fiber, void **frames, int n);
/* All stacks, guard pages included: is the address in one of them? */
bool	host_fiber_stack_contains(const void *address);
/* Lowest and highest address of a fiber's stack. */
void	host_fiber_stack(unsigned index, uintptr_t *low, uintptr_t *high);

#pragma GCC visibility pop

#endif /* !_FIBER_H_ */
