/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Call stacks.
 */
#include <execinfo.h>
#include <stdio.h>
#include <string.h>

#include "fiber.h"

#define	DEPTH	64

/* What a function that keeps a frame pointer leaves on the stack. */
struct frame {
	struct frame	*caller;
	void		*address;
};

/* The first call may allocate: have it behind us. */
static void __attribute__((constructor))
backtrace_init(void)
{
	void *frame[1];

	(void)backtrace(frame, 1);
}

/*
 * Follows frame pointers, which everything of ours keeps, as long as they
 * stay inside this stack.  What lies beyond a caller that keeps none is lost.
 */
static int __attribute__((no_sanitize("address")))
follow(const struct frame *frame, const struct host_thread *self,
    void **frames, int n, int skip)
{
	uintptr_t low = (uintptr_t)frame;
	int found = 0;

	while (found < n && frame != NULL && (uintptr_t)frame >= low &&
	    (uintptr_t)frame % sizeof(void *) == 0 &&
	    (uintptr_t)frame <= self->stack_high - sizeof(*frame) &&
	    frame->address != NULL) {
		if (skip > 0)
			skip--;
		else
			frames[found++] = frame->address;
		low = (uintptr_t)(frame + 1);
		frame = frame->caller;
	}
	return (found);
}

/* On a stack that we know nothing of: a signal's, or a fiber's. */
static int
unwind(void **frames, int n, int skip)
{
	void *all[DEPTH];
	int found;

	/* Skips this function, and the one that called it. */
	found = backtrace(all, DEPTH) - (skip + 2);
	if (found <= 0)
		return (0);
	if (found > n)
		found = n;
	memcpy(frames, all + skip + 2, (size_t)found * sizeof(*frames));
	return (found);
}

int __attribute__((noinline))
host_backtrace_capture(void **frames, int n, int skip)
{
	const struct frame *here = __builtin_frame_address(0);
	const struct host_thread *self = host_self();

	if ((uintptr_t)here < self->stack_low ||
	    (uintptr_t)here >= self->stack_high)
		return (unwind(frames, n, skip));
	return (follow(here, self, frames, n, skip));
}

int
host_fiber_frames(const struct host_fiber *fiber, void **frames, int n)
{
#if !defined(HOST_FIBER_PORTABLE) && defined(__x86_64__)
	const struct frame *frame = ((void *const *)fiber->sp)[5];
#elif !defined(HOST_FIBER_PORTABLE) && defined(__aarch64__)
	const struct frame *frame = ((void *const *)fiber->sp)[10];
#else
	const struct frame *frame = NULL;
#endif

	return (follow(frame, &fiber->thread, frames, n, 0));
}

size_t
host_backtrace_print(void *const *frames, int n, char *buf, size_t size)
{
	char symbol[256];
	size_t used = 0;
	int len;

	if (size > 0)
		buf[0] = '\0';
	for (int i = 0; i < n && used < size; i++) {
		host_symbol(frames[i], symbol, sizeof(symbol));
		len = snprintf(buf + used, size - used, "#%d %p at %s\n", i,
		    frames[i], symbol);
		used += len > 0 ? (size_t)len : 0;
	}
	return (used < size ? used : size > 0 ? size - 1 : 0);
}

size_t
host_backtrace(char *buf, size_t size, int skip)
{
	void *frames[DEPTH];
	int n;

	n = host_backtrace_capture(frames, DEPTH, skip + 1);
	return (host_backtrace_print(frames, n, buf, size));
}
