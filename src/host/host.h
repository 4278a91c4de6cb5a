/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The ground: everything that the kernel takes from the machine under it.
 *
 * Nothing above src/host includes <pthread.h>, reads a clock, or asks libc
 * for memory.  The interface is small so that a controlled scheduler can take
 * its place: host_park(), host_unpark(), host_clock() and host_random() are
 * the only sources of waiting, time and chance.
 *
 * The host knows nothing of the kernel but what host_image_set() was told.
 */
#ifndef _HOST_H_
#define _HOST_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include <vnetsim/observe.h>
#include <vnetsim/outcome.h>
#include <vnetsim/point.h>
#include <vnetsim/story.h>
#include <vnetsim/vnetsim.h>

#if defined(VS_INSTRUMENTED)
/* Not ThreadSanitizer, though compiled as if for it: see src/explore. */
#elif defined(__SANITIZE_ADDRESS__)
#define	HOST_ASAN	1
#elif defined(__SANITIZE_THREAD__)
#define	HOST_TSAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define	HOST_ASAN	1
#elif __has_feature(thread_sanitizer)
#define	HOST_TSAN	1
#endif
#endif
#ifndef HOST_ASAN
#define	HOST_ASAN	0
#endif
#ifndef HOST_TSAN
#define	HOST_TSAN	0
#endif

/* --- threads (thread.c) ------------------------------------------------- */

struct host_thread;
struct thread;			/* the kernel's; opaque here */

/*
 * The kernel's thread pointer, kept here so that whoever switches stacks can
 * switch it too.
 */
extern _Thread_local struct thread *vs_curthread
    __attribute__((tls_model("initial-exec")));

/*
 * Runs fn(arg) on an OS thread out of a pool.  Cannot fail: running out of
 * threads ends the process with a message.  The thread goes back to the pool
 * when fn returns.  The handle must be given to host_thread_join() once.
 */
struct host_thread	*host_thread_start(void (*fn)(void *), void *arg,
			    const char *name);
/*
 * The same for a handle that others use: it is in its place before fn runs,
 * and not touched after that.
 */
void	host_thread_launch(struct host_thread **handle, void (*fn)(void *),
	    void *arg, const char *name);
/*
 * Waits, without holding up a halt, until fn has returned.  Returns false if
 * the run was halted first: the thread will never return.
 */
bool	host_thread_join(struct host_thread *thread);
/* The same for a thread nobody waits for: the handle is given up. */
void	host_thread_detach(struct host_thread *thread);

/*
 * A host thread that asks for itself is given a handle, which goes away with
 * the OS thread.
 */
struct host_thread	*host_self(void);
/* As given to host_thread_start(); "host" for a host thread. */
const char	*host_thread_name(void);
/* Whether the calling OS thread belongs to the kernel (was started above). */
bool	host_in_kernel(void);

/*
 * Parking: a thread has one token.  host_unpark() makes it available (one is
 * as good as many); host_park() takes it, waiting if need be.  Everything
 * written before the unpark is visible after the park.  host_park() may
 * return without a token only when the run is being halted, and then the
 * thread is held before its caller gets control.
 *
 * An unpark that comes late, after its thread has ended, gives the token to
 * whoever was started on the same OS thread: callers look at their condition
 * again after each park.
 */
void	host_park(void);
/* The same until `deadline` on host_clock(): false if time ran out first. */
bool	host_park_until(int64_t deadline);
void	host_unpark(struct host_thread *thread);
/*
 * Calls fn(arg) when the calling OS thread, one that is not the pool's, ends.
 * A later call replaces an earlier one.
 */
void	host_at_thread_end(void (*fn)(void *), void *arg);
/* Is it not parked just now?  A hint for adaptive spinning. */
bool	host_running(const struct host_thread *thread);

void	host_yield(void);
/*
 * What FreeBSD leaves open: a controlled scheduler decides, and remembers it.
 * One of n; 0, which is the usual one, if nobody decides.
 */
enum host_choice {
	HOST_CHOOSE_WAITER,	/* which one of n a wake-up is for */
	HOST_CHOOSE_FAIL,	/* 1: there is no memory just now */
};
bool	host_chooses(void);	/* does anybody? */
unsigned	host_choose(enum host_choice what, unsigned n);
/*
 * Whether what the calling thread does is one operation to a controlled
 * scheduler, until the next call.  For what is no part of the code under
 * test.  Returns what it was before.
 */
bool	host_quiet(bool quiet);
static inline void
host_spinwait(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}
int	host_ncpus(void);

/*
 * An asymmetric fence (fence.c).  The light side orders this thread's earlier
 * stores before its later loads as seen by whoever runs the heavy side; it
 * compiles to nothing where the machine can interrupt the other CPUs
 * (host_fence_cheap), and is a full fence elsewhere.
 */
extern bool host_fence_cheap;
static inline void
host_fence_full(void)
{
#if HOST_TSAN && defined(__x86_64__)
	/* ThreadSanitizer has no fences, and gcc says so for each of them. */
	__asm__ volatile("mfence" : : : "memory");
#elif HOST_TSAN && defined(__aarch64__)
	__asm__ volatile("dmb ish" : : : "memory");
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}
static inline void
host_fence_light(void)
{
	if (__builtin_expect(host_fence_cheap, 1))
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	else
		host_fence_full();
}
void	host_fence_heavy(void);

/* --- clock, chance (clock.c) -------------------------------------------- */

int64_t	host_clock(void);	/* nanoseconds since some point in the past */
int64_t	host_walltime(void);	/* nanoseconds since 1970 */
uint64_t	host_random(void);	/* from the seed of the boot */
void	host_random_seed(uint64_t seed);

/* --- memory (memory.c) -------------------------------------------------- */

/*
 * Kernel heap: 16-byte aligned, every block known to the host so that a run
 * that ended badly can be swept away.  host_alloc() returns NULL only when
 * the machine is out of memory.
 */
void	*host_alloc(size_t size);
void	host_free(void *p);
/*
 * Of a block only these bytes are its user's, as far as a controlled run can
 * tell: others may be used by code that is not instrumented.
 */
void	host_usable(const void *block, const void *p, size_t size);
/*
 * Is memory that was freed never handed out again?  So it is in a controlled
 * run, where whoever keeps memory for the next user should not either.
 */
bool	host_heap_fresh(void);
size_t	host_heap_bytes(void);
/* Since host_reset(); may be a few pages less than it was in truth. */
size_t	host_heap_peak(void);
size_t	host_heap_blocks(void);

/*
 * Freed memory is held back for a while so that a late user meets a poisoned
 * block rather than somebody else's object.  `bytes` is how much is held; 0,
 * as at the start, gives every block back at once.  host_free() fills what it
 * holds with 0xdeadc0de.  If that has changed when a block is given back, the
 * function below is called with the block, the offset of the first 32-bit word
 * that differs, and the word; by any thread, with whatever locks it has.
 * Under AddressSanitizer, which does all this better, nothing is held.
 */
typedef void host_heap_modified_fn(const void *block, size_t size,
	    size_t offset, uint32_t value);
void	host_heap_quarantine(size_t bytes);
void	host_heap_on_modified(host_heap_modified_fn *fn);

/* --- the kernel image (image.c) ------------------------------------------ */

/*
 * Remembers the writable data of the shared object that contains `address`
 * as it is now, before anything ran.  host_image_restore() puts it back.
 */
void	host_image_register(const void *address);
void	host_image_restore(void);
/* Makes what these bytes hold now part of what is put back. */
void	host_image_keep(const void *p, size_t len);

/*
 * What the host side needs of the kernel: <vnetsim/vnetsim.h>'s functions, and
 * words for what it only knows by address.  The image introduces itself when
 * it is loaded; a process has one.
 */
struct host_kernel {
	const char	*name;		/* "debug", "plain", "instrumented" */
	int	(*boot)(const struct vs_config *config);
	const struct vs_outcome	*(*shutdown)(void);
	const struct vs_outcome	*(*run)(void (*fn)(void *), void *arg);
	struct vs_thread	*(*thread_create)(void (*fn)(void *),
				    void *arg, const char *name);
	const struct vs_outcome	*(*thread_join)(struct vs_thread *thread);
	/* "sx lock ifnet_detach_sx"; the length.  Any context, also after a
	 * bad end; the object is a lock of any kind. */
	size_t	(*describe_lock)(const void *lock, char *buf, size_t size);
	/* Its name; the object is an epoch. */
	const char	*(*epoch_name)(const void *epoch);
	/*
	 * The type of a block of memory, or NULL; the block is as host_alloc()
	 * or as host_usable() has it.
	 */
	const char	*(*block_type)(const void *block, size_t size);
	/* Tells of each pair that WITNESS has learned, until shutdown. */
	void	(*lock_orders)(void (*tell)(const struct vs_story_order *));
};
extern const struct host_kernel *host_kernel;

/* --- shared objects opened at run time (object.c) ------------------------ */

/*
 * Opens a shared object, which runs its constructors; NULL and the loader's
 * explanation if that fails.  What is open when the run ends badly is closed
 * by host_reset().
 */
void	*host_object_open(const char *path, char *why, size_t size);
void	host_object_close(void *handle);
bool	host_file_exists(const char *path);

/* --- console (console.c) -------------------------------------------------- */

void	host_console_write(const char *text, size_t len);
void	host_console_echo(bool on);
const char	*host_console_text(void);
void	host_console_reset(void);

/* --- the end of a run (halt.c) -------------------------------------------- */

/*
 * The first half of host_die(): claims the end of the run for the calling
 * thread.  Every other kernel thread is held at its next scheduling point; the
 * caller goes on, to write its report.  It must take no lock that a held
 * thread may own: if it parks, it dies there with this message.  Returns true
 * to the thread that claimed first, every time it asks.  Others are held if
 * they are kernel threads, and get false if not.
 */
bool	host_halt(enum vs_kind kind, const char *message, const char *thread);
/*
 * Ends the run with an outcome.  The first caller's is kept; later callers
 * are held like everybody else.  `report` is the text of a host_text; it may
 * be NULL.  Never returns: the calling thread is parked for good.
 */
noreturn void	host_die(enum vs_kind kind, const char *message,
		    const char *thread, char *report);
/* The same without parking: for a verdict found outside the kernel. */
void	host_verdict(enum vs_kind kind, const char *message,
	    const char *thread, char *report);
bool	host_dying(void);	/* an outcome exists */
bool	host_dying_here(void);	/* and this is the thread that caused it */
const struct vs_outcome	*host_outcome(void);
/*
 * Waits for an outcome until `deadline`; all kernel threads are held then, or
 * the report names those that did not come to a scheduling point in time.
 * Those are stopped where they are, if they are in the kernel's code or the
 * program's; in a library they cannot be.  Returns NULL if there is no
 * outcome.
 */
const struct vs_outcome	*host_outcome_wait(int64_t deadline);
/* How long threads may take to come to a point: five seconds, if not set. */
void	host_halt_grace(int64_t ns);
/* Ends the process: there is no run to end.  For host threads' misuse. */
noreturn void	host_fatal(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));
/*
 * After a run: gets rid of the held threads, sweeps the heap and restores
 * the image, so that another kernel can boot.  The outcome stays readable.
 * Returns false, and changes nothing, if a kernel thread is still running:
 * then no other kernel can be booted in this process.
 */
bool	host_reset(void);
/* Forgets the outcome, starts a new generation; at boot. */
void	host_begin(void);
/* Counts the boots of this process; host_end() makes it 0 between kernels. */
unsigned long	host_generation(void);
void	host_end(void);

/* Text of a call stack, innermost first, a frame a line; returns length. */
size_t	host_backtrace(char *buf, size_t size, int skip);
/* The same in two halves: capture now, describe later. */
int	host_backtrace_capture(void **frames, int n, int skip);
size_t	host_backtrace_print(void *const *frames, int n, char *buf,
	    size_t size);
/* "function+0x12" for a code address. */
size_t	host_symbol(const void *address, char *buf, size_t size);
/* "variable+0x8" for an address in a shared object's data; else 0. */
size_t	host_symbol_data(const void *address, char *buf, size_t size);

/* Growing text, for reports; freed by the host at the next host_begin(). */
struct host_text {
	char	*text;
	size_t	len;
	size_t	size;
};
void	host_text_add(struct host_text *text, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Catches SIGSEGV and its like in kernel threads; undone by the second, but
 * for what others have taken meanwhile.  Such others are test frameworks, a
 * test at a time, so the third, one system call, takes it back if need be; for
 * kernel threads and between kernels it does nothing.
 */
void	host_signals_catch(void);
void	host_signals_release(void);
void	host_signals_renew(void);

/* --- observers (src/observe) ---------------------------------------------- */

void	host_ledger_reset(bool on);
void	host_events_reset(void);
void	host_lock_stats_reset(void);

#endif /* !_HOST_H_ */
