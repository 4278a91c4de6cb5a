/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fibers, see fiber.h.
 *
 * Two ways of switching: a dozen instructions where the machine is known, and
 * makecontext(3) with _setjmp(3) everywhere else.  Both keep the registers
 * that a function call keeps, and neither enters the kernel.
 */
#ifdef _FORTIFY_SOURCE
#undef _FORTIFY_SOURCE		/* it takes a jump to another stack for an error */
#endif
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control.h"
#include "fiber.h"

#ifdef HOST_FIBER_PORTABLE
#include <ucontext.h>
#endif

#define	STACKS_BASE	((uintptr_t)0x210000000000)
#define	GUARD		((size_t)64 * 1024)
#define	PITCH		(FIBER_STACK + GUARD)

#if HOST_ASAN
void	__sanitizer_start_switch_fiber(void **save, const void *bottom,
	    size_t size);
void	__sanitizer_finish_switch_fiber(void *save, const void **bottom,
	    size_t *size);
void	__asan_unpoison_memory_region(const volatile void *p, size_t size);
#endif

static uintptr_t stacks;

/* --- stacks ---------------------------------------------------------------- */

/*
 * Reserved as a whole, and backed by memory as it is touched.  Where another
 * mapping has the place already, any other is as good, but for addresses that
 * differ from one process to the next.
 */
static void
stacks_map(void)
{
	void *p;

	p = mmap((void *)STACKS_BASE, FIBER_MAX * PITCH, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		host_fatal("cannot reserve memory for stacks");
	stacks = (uintptr_t)p;
	for (unsigned i = 0; i < FIBER_MAX; i++)
		if (mprotect((void *)(stacks + i * PITCH + GUARD), FIBER_STACK,
		    PROT_READ | PROT_WRITE) != 0)
			host_fatal("cannot make stacks writable");
}

void
host_fiber_stack(unsigned index, uintptr_t *low, uintptr_t *high)
{
	if (stacks == 0)
		stacks_map();
	*low = stacks + index * PITCH + GUARD;
	*high = *low + FIBER_STACK;
}

bool
host_fiber_stack_contains(const void *address)
{
	return ((uintptr_t)address - stacks < FIBER_MAX * PITCH);
}

/* --- sanitizers ------------------------------------------------------------ */

#if !HOST_FIBER_INLINE
static void
announce_switch(struct host_fiber *from, const struct host_fiber *to)
{
#if HOST_ASAN
	__sanitizer_start_switch_fiber(&from->fake_stack,
	    (void *)to->thread.stack_low,
	    to->thread.stack_high - to->thread.stack_low);
#else
	(void)from, (void)to;
#endif
}
#endif

static void
announce_arrival(struct host_fiber *self)
{
#if HOST_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#else
	(void)self;
#endif
}

/* --- switching ------------------------------------------------------------- */

/*
 * Where a new fiber begins; it is told who it is by whoever switched to it.
 */
struct host_fiber *host_fiber_starting;

static void __attribute__((__noreturn__, used))
fiber_main(void)
{
	struct host_fiber *self = host_fiber_starting;

	announce_arrival(self);
	self->thread.fn(self->thread.arg);
	host_fatal("a fiber has returned");
}

#ifdef HOST_FIBER_PORTABLE

static ucontext_t origin;

static void
portable_main(void)
{
	struct host_fiber *self = host_fiber_starting;

	/* Its first stop, at once: from here on _longjmp() is enough. */
	if (_setjmp(self->context) == 0)
		(void)setcontext(&origin);
	fiber_main();
}

static void
context_init(struct host_fiber *fiber)
{
	static volatile bool back;
	ucontext_t context;

	if (getcontext(&context) != 0)
		host_fatal("getcontext failed");
	context.uc_stack.ss_sp = (void *)fiber->thread.stack_low;
	context.uc_stack.ss_size = FIBER_STACK;
	context.uc_link = NULL;
	makecontext(&context, portable_main, 0);
	fiber->sp = (void *)(fiber->thread.stack_high - FIBER_STACK);
	host_fiber_starting = fiber;
	back = false;
	(void)getcontext(&origin);
	if (!back) {
		back = true;
		(void)setcontext(&context);
	}
}

/* The stack pointer hides in the buffer; this is below it. */
#define	FRAME_ROOM	512

static void __attribute__((noinline))
context_switch(struct host_fiber *from, struct host_fiber *to)
{
	from->sp = (char *)__builtin_frame_address(0) - FRAME_ROOM;
	if (_setjmp(from->context) == 0)
		_longjmp(to->context, 1);
}

#else

/*
 * The jump at the end, rather than a return: the processor has nothing to
 * return to in its own memory of calls.
 */
#if defined(__x86_64__)
__asm__(
".text\n"
".p2align 4\n"
".hidden vs_fiber_swap\n"
".globl vs_fiber_swap\n"
".type vs_fiber_swap, @function\n"
"vs_fiber_swap:\n"
"	pushq	%rbp\n"
"	pushq	%rbx\n"
"	pushq	%r12\n"
"	pushq	%r13\n"
"	pushq	%r14\n"
"	pushq	%r15\n"
"	movq	%rsp, (%rdi)\n"
"	movq	%rsi, %rsp\n"
"	popq	%r15\n"
"	popq	%r14\n"
"	popq	%r13\n"
"	popq	%r12\n"
"	popq	%rbx\n"
"	popq	%rbp\n"
"	popq	%rcx\n"
"	jmpq	*%rcx\n"
".size vs_fiber_swap, .-vs_fiber_swap\n"
);

static void
context_init(struct host_fiber *fiber)
{
	void **sp = (void **)fiber->thread.stack_high;

	*--sp = NULL;			/* a return address: frames end here */
	*--sp = (void *)(uintptr_t)fiber_main;
	for (int i = 0; i < 6; i++)
		*--sp = NULL;
	fiber->sp = sp;
}
#else /* __aarch64__ */
__asm__(
".text\n"
".p2align 4\n"
".hidden vs_fiber_swap\n"
".globl vs_fiber_swap\n"
".type vs_fiber_swap, %function\n"
"vs_fiber_swap:\n"
"	stp	x19, x20, [sp, #-160]!\n"
"	stp	x21, x22, [sp, #16]\n"
"	stp	x23, x24, [sp, #32]\n"
"	stp	x25, x26, [sp, #48]\n"
"	stp	x27, x28, [sp, #64]\n"
"	stp	x29, x30, [sp, #80]\n"
"	stp	d8, d9, [sp, #96]\n"
"	stp	d10, d11, [sp, #112]\n"
"	stp	d12, d13, [sp, #128]\n"
"	stp	d14, d15, [sp, #144]\n"
"	mov	x9, sp\n"
"	str	x9, [x0]\n"
"	mov	sp, x1\n"
"	ldp	x21, x22, [sp, #16]\n"
"	ldp	x23, x24, [sp, #32]\n"
"	ldp	x25, x26, [sp, #48]\n"
"	ldp	x27, x28, [sp, #64]\n"
"	ldp	x29, x30, [sp, #80]\n"
"	ldp	d8, d9, [sp, #96]\n"
"	ldp	d10, d11, [sp, #112]\n"
"	ldp	d12, d13, [sp, #128]\n"
"	ldp	d14, d15, [sp, #144]\n"
"	ldp	x19, x20, [sp], #160\n"
"	br	x30\n"
".size vs_fiber_swap, .-vs_fiber_swap\n"
);

static void
context_init(struct host_fiber *fiber)
{
	uintptr_t *sp = (uintptr_t *)fiber->thread.stack_high - 20;

	memset(sp, 0, 20 * sizeof(*sp));
	sp[11] = (uintptr_t)fiber_main;	/* x30 */
	fiber->sp = sp;
}
#endif

#endif

void *
host_fiber_used(const struct host_fiber *fiber, size_t *size)
{
	*size = fiber->thread.stack_high - (uintptr_t)fiber->sp;
	return (fiber->sp);
}

/* Functions that will not return have marked their frames as not to be used. */
void
host_fiber_clean(const struct host_fiber *fiber)
{
#if HOST_ASAN
	__asan_unpoison_memory_region((void *)fiber->thread.stack_low,
	    FIBER_STACK);
#else
	(void)fiber;
#endif
}

void
host_fiber_init(struct host_fiber *fiber, unsigned index, void (*fn)(void *),
    void *arg, const char *name)
{
	uintptr_t low, high;

	host_fiber_stack(index, &low, &high);
	memset(fiber, 0, sizeof(*fiber));
	fiber->index = index;
	fiber->self = &fiber->thread;
	fiber->thread.kernel = true;
	fiber->thread.fn = fn;
	fiber->thread.arg = arg;
	fiber->thread.stack_low = low;
	fiber->thread.stack_high = high;
	snprintf(fiber->thread.name, sizeof(fiber->thread.name), "%s", name);
	host_fiber_clean(fiber);
	context_init(fiber);
}

void
host_fiber_adopt(struct host_fiber *fiber)
{
	struct host_thread *self = host_self();

	memset(fiber, 0, sizeof(*fiber));
	fiber->index = FIBER_MAX;
	fiber->self = self;
	fiber->thread.stack_low = self->stack_low;
	fiber->thread.stack_high = self->stack_high;
}

#if !HOST_FIBER_INLINE
void
host_fiber_go(struct host_fiber *from, struct host_fiber *to)
{
	announce_switch(from, to);
#ifdef HOST_FIBER_PORTABLE
	context_switch(from, to);
#else
	host_fiber_swap(&from->sp, to->sp);
#endif
	announce_arrival(from);
}
#endif
