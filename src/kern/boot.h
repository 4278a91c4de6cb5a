/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the start-up code shares with the rest of the kernel.
 */
#ifndef _BOOT_H_
#define _BOOT_H_

#include <sys/cdefs.h>

#include <vnetsim/vnetsim.h>

struct thread;
struct proc;

/* How this kernel was booted; constant from the first SYSINIT on. */
extern struct vs_config boot_config;

/* --- threads (kern_thread.c) --- */

/* Brings up the thread list and thread0, before the first SYSINIT. */
void	thread_startup(void);
/* Gives memory back, after the last thread. */
void	thread_shutdown(void);
/* Threads beside thread0; 0 once everything has ended. */
int	thread_count(void);
/*
 * Walks all threads under the list's internal lock: fn must not block and
 * must not take a kernel lock.
 */
void	thread_foreach(void (*fn)(struct thread *, void *), void *arg);

/*
 * Runs fn(arg) in the kernel on behalf of a host thread, as a thread of proc0
 * called `name`.  Returns false if the run ended first.
 */
bool	kernel_call(const char *name, void (*fn)(void *), void *arg);

/*
 * Makes and unmakes the struct thread behind an OS thread.  alloc: not yet on
 * a list, no process.  link: puts it on the list of all threads and of `p`,
 * and makes it use p's credential.  unlink: the reverse, after the checks of
 * a thread's end.  All need a kernel thread (which may be `td` itself).
 */
struct thread	*thread_alloc(const char *name, int flags);
void	thread_link(struct thread *td, struct proc *p);
void	thread_unlink(struct thread *td);
void	thread_free(struct thread *td);

/*
 * Ends the calling thread's user code where it stands if its process has been
 * killed; for the return from a system call.  Only threads of vs_run() and
 * vs_thread_create() have such code.
 */
void	thread_check_killed(void);

/* --- system calls (subr_syscall.c) --- */

typedef int syscall_fn(struct thread *td, void *args);

/*
 * The gate from user code into the kernel.  Runs fn on the calling kernel
 * thread or, for a host thread, on the kernel thread that stands in for it;
 * then makes the checks of a return to user mode (locks held, epoch entered,
 * curvnet set, ...), each of which panics.  Returns fn's errno; ENXIO when
 * no kernel runs or it is dead.
 */
int	syscall_run(const char *name, syscall_fn *fn, void *args);
/* Gives up all stand-ins; at shutdown, in the kernel. */
void	syscall_shutdown(void);
/* The checks alone; also made when a user thread ends. */
void	userret(struct thread *td);

/* --- the end of a run (kern_shutdown.c) --- */

/* panic() with another kind of outcome. */
void	panic_outcome(enum vs_kind kind, const char *fmt, ...)
	    __dead2 __printflike(2, 3);

/* --- what boot, thread end and shutdown need from the others --- */

struct host_text;

/* kern_fork.c, kern_exit.c: see there. */
int	proc_create(struct proc *parent, struct proc **pp);
void	proc_exit(struct proc *p, int code);
void	proc_reap(struct proc *p);
/* kern_prot.c: gives td the credential that its process has now. */
void	thread_cow_update(struct thread *td);
/* kern_jail.c: removes every jail and waits until they are gone or pinned. */
void	prison_shutdown(void);
/* devfs_vfsops.c: unmounts what jails have; lets go of dead devices. */
void	devfs_shutdown(void);
/* vnet.c: destroys vnet0. */
void	vnet_shutdown(void);
/* kern_linker_boot.c: brings along what the images to be started need. */
void	linker_boot_dependencies(void);
/* kern_linker_boot.c: unloads every kld that lets itself be unloaded. */
void	linker_shutdown(void);
/* subr_epoch.c: gives back the thread's records; tells where td is inside. */
void	epoch_thread_exit(struct thread *td);
void	epoch_trace_userret(struct thread *td);
/* kern_malloc.c: names types with memory in use; returns how many. */
int	malloc_leaks_print(struct host_text *text);
/* malloc_locks.c: the locks that went with their memory; needs WITNESS. */
#ifdef WITNESS
int	malloc_locks_print(struct host_text *text);
#else
#define	malloc_locks_print(text)	0
#endif
/* subr_witness.c: the locks that every thread holds; empty without WITNESS. */
void	witness_report(struct host_text *text);

#endif /* !_BOOT_H_ */
