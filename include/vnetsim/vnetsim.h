/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The host's face of vnetsim: boot a kernel, run code in it, shut it down.
 *
 * One kernel at a time lives in a process.  Code runs in it on kernel threads
 * only: vs_run() and vs_thread_create() make them.  A host thread that calls
 * a system call (syscalls.h) directly is given a kernel thread of its own
 * behind the scenes, which costs two thread switches a call.
 */
#ifndef _VNETSIM_VNETSIM_H_
#define _VNETSIM_VNETSIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vnetsim/outcome.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vs_thread;

/* What WITNESS does in a debug kernel.  A plain kernel has no WITNESS. */
enum vs_witness {
	VS_WITNESS_ON = 0,	/* reports are printed, as FreeBSD does */
	VS_WITNESS_OFF,		/* debug.witness.watch=-1 */
	VS_WITNESS_FATAL,	/* the first report ends the run */
};

/*
 * How to boot.  A zeroed structure is the default.
 */
struct vs_config {
	/*
	 * Behaviour: "fixed" (default), "S15", "P0" ... "P4", followed by any
	 * number of ",+ID" and ",-ID" that switch single bugs on and off.
	 */
	const char	*profile;
	/*
	 * Which linked-in modules to start: NULL for all, else names separated
	 * by commas.  The others can be brought in by vs_kldload().
	 */
	const char	*modules;
	enum vs_witness	witness;
	bool		strict;		/* checks that FreeBSD does not make */
	bool		no_ledger;	/* do not track reference holders */
	bool		console;	/* copy console output to stderr */
	uint64_t	seed;		/* of everything random; 0 is a seed */
};

/*
 * Boots a kernel: SYSINITs in order, prison0, vnet0 with lo0, the linked-in
 * modules.  Returns 0, EBUSY if one is running, EINVAL for an unknown profile,
 * switch or module name.  From any host thread that is not a kernel thread.
 */
int	vs_boot(const struct vs_config *config);

/*
 * Ends the kernel: unloads what can be unloaded, runs every SYSUNINIT and
 * proves that nothing is left.  Returns NULL if all was clean, else the
 * outcome: the one that ended the run before, or a VS_LEAK that names what is
 * left and who holds it.  The next vs_boot() starts afresh in any case.
 */
const struct vs_outcome	*vs_shutdown(void);

/*
 * Runs fn(arg) on a new kernel thread with root's credential in prison0 and
 * waits for it.  Returns NULL, or the outcome that ended the run.
 */
const struct vs_outcome	*vs_run(void (*fn)(void *), void *arg);

/*
 * Starts a kernel thread with its own process, a child of the calling one
 * (same credential; root in prison0 when the caller is a host thread).  `name`
 * is copied, at most 19 characters.  Returns NULL and the outcome is set if
 * the kernel is dead.  vs_thread_join() waits for its end and frees it; it
 * returns the run's outcome if the thread will never end, else NULL.
 */
struct vs_thread	*vs_thread_create(void (*fn)(void *), void *arg,
			    const char *name);
const struct vs_outcome	*vs_thread_join(struct vs_thread *thread);

/*
 * Waits until the run has ended with an outcome, at most `ms` milliseconds.
 * Returns it, or NULL.
 */
const struct vs_outcome	*vs_outcome_wait(unsigned ms);

/*
 * Ends the run with an outcome of kind VS_EXPECTATION, as a panic does: for
 * code that finds a result it must not get.  On a kernel thread, outside of
 * system calls; does not return.
 */
void	vs_fail(const char *fmt, ...)
	    __attribute__((__noreturn__, format(printf, 1, 2)));

/*
 * What the kernel printed since boot, at least the last two megabytes of it,
 * NUL-terminated; valid until vs_boot().
 */
const char	*vs_console(void);

/* How many WITNESS reports were printed since boot. */
unsigned	vs_witness_reports(void);

/*
 * Fails the n-th M_NOWAIT allocation from now on, counted over all threads
 * (1 = the next one); 0 turns it off.  vs_fail_malloc_hit() tells whether it
 * has happened.
 */
void	vs_fail_malloc(unsigned long n);
bool	vs_fail_malloc_hit(void);

/* Kernel memory in use now, and the largest so far since boot, in bytes. */
size_t	vs_memory(void);
size_t	vs_memory_peak(void);

/*
 * The behaviours that vs_config.profile can switch on: `id` is what follows
 * the "+", `first` and `last` the oldest and the newest profile that has it.
 * Returns how many there are; the table is constant.
 */
struct vs_bug {
	const char	*id;
	const char	*first;
	const char	*last;
	const char	*text;
};
size_t	vs_bugs(const struct vs_bug **bugs);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_VNETSIM_H_ */
