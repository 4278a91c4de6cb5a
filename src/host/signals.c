/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A kernel thread that the machine stops: a page fault, mostly.  And one that
 * must be stopped, since it would not stop by itself.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "control.h"

#define	SIGNAL_STACK	((size_t)64 * 1024)
/* The upper half of a pointer taken from poisoned memory. */
#define	POISON_WORD	0xdeadc0deU

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
#define	NSIGNALS	(sizeof(signals) / sizeof(signals[0]))

/* Written by host threads, which may be many; a handler cannot lock. */
static struct host_lock catch_lock;
static struct sigaction previous[NSIGNALS];	/* catch_lock */
static _Atomic bool caught;			/* from boot to shutdown */

static void *
program_counter(const ucontext_t *uc)
{
#if defined(__linux__) && defined(__x86_64__)
	return ((void *)uc->uc_mcontext.gregs[REG_RIP]);
#elif defined(__linux__) && defined(__aarch64__)
	return ((void *)uc->uc_mcontext.pc);
#else
	(void)uc;
	return (NULL);
#endif
}

static bool
is_poison(uint64_t value)
{
	return (value >> 32 == POISON_WORD);
}

/*
 * A pointer made of poison is not even an address on amd64: the processor
 * tells nothing but that it is displeased, so the registers must tell.
 */
static bool
poisoned(const siginfo_t *si, const ucontext_t *uc)
{
	if (is_poison((uintptr_t)si->si_addr))
		return (true);
#if defined(__linux__) && defined(__x86_64__)
	if (si->si_code == SI_KERNEL)
		for (int i = 0; i < REG_RIP; i++)
			if (is_poison((uint64_t)uc->uc_mcontext.gregs[i]))
				return (true);
#else
	(void)uc;
#endif
	return (false);
}

/* A guard page lies below the stack. */
static bool
overflowed(const siginfo_t *si)
{
	const struct host_thread *self = host_self();
	uintptr_t address = (uintptr_t)si->si_addr;

	return (address < self->stack_low &&
	    address >= self->stack_low - 64 * 1024);
}

static enum vs_kind
describe(int sig, const siginfo_t *si, const ucontext_t *uc, char *message,
    size_t size)
{
	char where[256];

	/* It is no return address, as which host_symbol() would take it. */
	host_symbol((char *)program_counter(uc) + 1, where, sizeof(where));
	if (sig == SIGFPE)
		snprintf(message, size, "integer divide fault in %s", where);
	else if (sig == SIGILL)
		snprintf(message, size, "illegal instruction in %s", where);
	else if (poisoned(si, uc)) {
		snprintf(message, size, "page fault: freed memory was used "
		    "(a pointer is 0xdeadc0de...) in %s", where);
		return (VS_USE_AFTER_FREE);
	} else if (si->si_code == SI_KERNEL)
		snprintf(message, size, "general protection fault in %s",
		    where);
	else if (overflowed(si))
		snprintf(message, size, "stack overflow in %s", where);
	else
		snprintf(message, size, "page fault: address 0x%jx in %s",
		    (uintmax_t)(uintptr_t)si->si_addr, where);
	return (VS_SIGNAL);
}

static void
chain(int sig, siginfo_t *si, void *context)
{
	for (size_t i = 0; i < NSIGNALS; i++) {
		struct sigaction *sa = &previous[i];

		if (signals[i] != sig)
			continue;
		if ((sa->sa_flags & SA_SIGINFO) != 0)
			sa->sa_sigaction(sig, si, context);
		else if (sa->sa_handler == SIG_DFL ||
		    sa->sa_handler == SIG_IGN)
			/* The instruction runs again, and then for real. */
			sigaction(sig, sa, NULL);
		else
			sa->sa_handler(sig);
	}
}

/*
 * The thread may have been stopped inside malloc(): nothing here allocates.
 * The report is the claimant's alone, so one buffer is enough.
 */
static void
handler(int sig, siginfo_t *si, void *context)
{
	static char report[8192];
	char message[VS_MESSAGE_MAX];
	enum vs_kind kind;
	int len;

	if (!host_in_kernel()) {
		chain(sig, si, context);
		return;
	}
	kind = describe(sig, si, context, message, sizeof(message));
	(void)host_halt(kind, message, NULL);
	len = snprintf(report, sizeof(report), "%s: %s\nthread: %s\n",
	    vs_kind_name(kind), message, host_thread_name());
	host_backtrace(report + len, sizeof(report) - (size_t)len, 1);
	host_die(kind, message, NULL, report);
}

void
host_signals_thread(struct host_thread *self)
{
	stack_t ss = { .ss_size = SIGNAL_STACK };

	if (HOST_ASAN)
		return;
	if (self->signal_stack == NULL)
		self->signal_stack = malloc(SIGNAL_STACK);
	ss.ss_sp = self->signal_stack;
	if (ss.ss_sp == NULL || sigaltstack(&ss, NULL) != 0)
		host_fatal("cannot set up a signal stack");
}

void
host_signals_catch(void)
{
	struct sigaction sa = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	}, old;

	/* AddressSanitizer's own report says more. */
	if (HOST_ASAN || (host_controlled() && atomic_load(&caught)))
		return;
	sigemptyset(&sa.sa_mask);
	host_lock_enter(&catch_lock);
	for (size_t i = 0; i < NSIGNALS; i++) {
		/* Others may have come in between since the last time. */
		sigaction(signals[i], &sa, &old);
		if (old.sa_sigaction != handler)
			previous[i] = old;
	}
	host_lock_leave(&catch_lock);
	atomic_store(&caught, true);
}

void
host_signals_renew(void)
{
	struct sigaction sa;

	if (!atomic_load(&caught) || host_in_kernel() || host_controlled())
		return;
	/* Whoever takes one takes all of them. */
	if (sigaction(SIGSEGV, NULL, &sa) == 0 && sa.sa_sigaction != handler)
		host_signals_catch();
}

void
host_signals_release(void)
{
	struct sigaction old;

	/* A controlled run ends thousands of kernels. */
	if (host_controlled() || !atomic_exchange(&caught, false))
		return;
	host_lock_enter(&catch_lock);
	for (size_t i = 0; i < NSIGNALS; i++) {
		sigaction(signals[i], &previous[i], &old);
		/* Not ours any more: it stays with whoever has it now. */
		if (old.sa_sigaction != handler)
			sigaction(signals[i], &old, NULL);
	}
	host_lock_leave(&catch_lock);
}

/* --- threads that never come to a scheduling point -------------------------- */

#define	STOP_SIGNAL	(SIGRTMAX - 2)
#define	STOP_TRIES	200
#define	STOP_PERIOD	((int64_t)5 * 1000000)

/* Where the program itself is; the rest of its objects is libraries. */
static uintptr_t program_low, program_high;

static int
program_find(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD || (ph->p_flags & PF_X) == 0)
			continue;
		program_low = info->dlpi_addr + ph->p_vaddr;
		program_high = program_low + ph->p_memsz;
	}
	/* The program comes first. */
	return (1);
}

static void __attribute__((constructor))
program_init(void)
{
	(void)dl_iterate_phdr(program_find, NULL);
}

/*
 * A thread inside the kernel image, or inside the program's own code, holds
 * no lock of the host's or of libc's, and can stay where it is.  Elsewhere it
 * might; it is asked again a little later.
 */
static void
stop_handler(int sig, siginfo_t *si, void *context)
{
	uintptr_t pc = (uintptr_t)program_counter(context);
	int error = errno;

	(void)sig;
	(void)si;
	if (host_stopping_me() && !atomic_load(&host_self()->held) &&
	    (host_image_contains((void *)pc) ||
	    (pc >= program_low && pc < program_high))) {
		atomic_store(&host_self()->stopped_at, pc);
		host_hold();
	}
	errno = error;
}

static void
send_stop(struct host_thread *thread, void *arg)
{
	(void)arg;
	(void)pthread_kill(thread->id, STOP_SIGNAL);
}

void
host_signals_stop(void)
{
	struct sigaction sa = {
		.sa_sigaction = stop_handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};

	sigemptyset(&sa.sa_mask);
	if (sigaction(STOP_SIGNAL, &sa, NULL) != 0)
		return;
	for (int i = 0; i < STOP_TRIES; i++) {
		host_threads_each(false, send_stop, NULL);
		if (host_await_quiet(host_clock() + STOP_PERIOD))
			break;
	}
	/*
	 * The handler stays: a signal may still be on its way to a thread
	 * that came to a point by itself.
	 */
}
