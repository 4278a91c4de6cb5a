/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The watchdog: a thread that never comes to a scheduling point.
 *
 * On one OS thread nobody else can run then.  A timer looks now and then
 * whether the run has come any further.  If not, and the thread has used the
 * processor all the time, it is in a loop; if it stands behind a system call,
 * it waits with the host's means, which kernel code must not do.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "../host/impl.h"
#include "engine.h"

#define	WATCHDOG_SIGNAL	(SIGRTMAX - 3)
#define	LIMIT		2.0		/* seconds of processor time */
#define	WAITS		4		/* as many limits of real time */
#if defined(__aarch64__)
#define	CALL_SIZE	4		/* bytes of a system call */
#else
#define	CALL_SIZE	2
#endif

/* Where the run was when it was last seen to move. */
static struct {
	uint32_t	run;
	uint32_t	steps;
	enum vx_mode	mode;
	const struct vx_thread *thread;
	double		cpu, wall;
} seen;

static double limit;
static bool running;
static timer_t timer;
static struct sigaction previous;

static double
read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* Has it come any further?  Then it is seen to be here. */
static bool
moves(void)
{
	if (seen.run == vx.run && seen.steps == vx.nsteps &&
	    seen.mode == vx.mode &&
	    seen.thread == vx.current)
		return (false);
	seen.run = vx.run;
	seen.steps = vx.nsteps;
	seen.mode = vx.mode;
	seen.thread = vx.current;
	seen.cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
	seen.wall = read_clock(CLOCK_MONOTONIC);
	return (true);
}

static uintptr_t
program_counter(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return ((uintptr_t)uc->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
	return ((uintptr_t)uc->uc_mcontext.pc);
#else
	(void)uc;
	return (0);
#endif
}

/* Who has called what the thread is at the very beginning of. */
static uintptr_t
return_address(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return (*(const uintptr_t *)uc->uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
	return ((uintptr_t)uc->uc_mcontext.regs[30]);
#else
	(void)uc;
	return (0);
#endif
}

/*
 * The function that loops.  The linker's stubs, through which objects call one
 * another, have no name of their own: then it is the caller.
 */
static uintptr_t
place(const ucontext_t *uc)
{
	uintptr_t pc = program_counter(uc), caller;

	if (host_symbol_known((const void *)pc))
		return (pc);
	caller = return_address(uc) - 1;
	return (host_symbol_known((const void *)caller) ? caller : pc);
}

static long
result(const ucontext_t *uc)
{
#if defined(__x86_64__)
	return ((long)uc->uc_mcontext.gregs[REG_RAX]);
#elif defined(__aarch64__)
	return ((long)uc->uc_mcontext.regs[0]);
#else
	(void)uc;
	return (0);
#endif
}

static bool
is_system_call(uintptr_t pc)
{
#if defined(__x86_64__)
	return (memcmp((const void *)pc, "\x0f\x05", 2) == 0);
#elif defined(__aarch64__)
	return (memcmp((const void *)pc, "\x01\0\0\xd4", 4) == 0);
#else
	(void)pc;
	return (false);
#endif
}

/* Has the signal ended a wait in the host, which gives up? */
static bool
gives_up(const ucontext_t *uc)
{
	return (result(uc) == -EINTR &&
	    is_system_call(program_counter(uc) - CALL_SIZE));
}

/* Or is it about to be made again?  It may be a slow terminal, for a while. */
static bool
goes_on_waiting(const ucontext_t *uc)
{
	return (read_clock(CLOCK_MONOTONIC) - seen.wall > WAITS * limit &&
	    is_system_call(program_counter(uc)));
}

static void __attribute__((__noreturn__))
bark(uintptr_t pc, const char *fmt)
{
	const char *name = vx.current->fiber.thread.name;
	char where[128];

	host_symbol((void *)(pc + 1), where, sizeof(where));
	/* Where in the loop it was is chance. */
	where[strcspn(where, "+")] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vx_fail(VS_LIVELOCK, pc, fmt, name, where);
#pragma GCC diagnostic pop
}

static void
look(int sig, siginfo_t *si, void *context)
{
	uintptr_t pc = program_counter(context);
	int error = errno;

	(void)sig;
	(void)si;
	if (running && !vx.over && vx.current != NULL) {
		bool moved = moves();

		if (gives_up(context) || (!moved && goes_on_waiting(context)))
			bark(pc, "thread %s waits in the host's %s: kernel "
			    "code must wait with the kernel's means");
		/* In libc it might hold a lock of libc's. */
		if (!moved && host_image_contains((void *)pc) &&
		    read_clock(CLOCK_THREAD_CPUTIME_ID) - seen.cpu > limit)
			bark(place(context), "thread %s never comes to a scheduling "
			    "point: it is in a loop in %s");
	}
	errno = error;
}

static void
set_timer(double seconds)
{
	struct timespec period = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
	const struct itimerspec when = {
		.it_interval = period, .it_value = period,
	};

	(void)timer_settime(timer, 0, &when, NULL);
}

/* VNETSIM_WATCHDOG: the limit in seconds; 0 is none. */
void
vx_watchdog_start(void)
{
	const char *text = getenv("VNETSIM_WATCHDOG");
	struct sigaction sa = {
		.sa_sigaction = look,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = WATCHDOG_SIGNAL,
	};

	limit = text != NULL ? strtod(text, NULL) : LIMIT;
	if (!(limit > 0))
		return;
#ifdef sigev_notify_thread_id
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
#else
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
#endif
	sigemptyset(&sa.sa_mask);
	sigaction(WATCHDOG_SIGNAL, &sa, &previous);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		host_fatal("cannot create the watchdog's timer: %s",
		    strerror(errno));
	seen.thread = NULL;
	running = true;
	set_timer(limit / 4);
}

void
vx_watchdog_stop(void)
{
	if (!running)
		return;
	running = false;
	timer_delete(timer);
	/* One may be on its way. */
	signal(WATCHDOG_SIGNAL, SIG_IGN);
	if (previous.sa_handler != SIG_DFL)
		sigaction(WATCHDOG_SIGNAL, &previous, NULL);
}
