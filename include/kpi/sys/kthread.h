/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel threads, kthread(9).
 */
#ifndef _KPI_SYS_KTHREAD_H_
#define _KPI_SYS_KTHREAD_H_

#include <sys/param.h>
#include <sys/proc.h>

/* Arguments of a kthread started by SYSINIT(..., kthread_start, &desc). */
struct kthread_desc {
	const char	*arg0;
	void		(*func)(void);
	struct thread	**global_threadpp;
};

#define	RFSTOPPED	(1 << 17)	/* not runnable until sched_add() */

/*
 * Starts a kernel thread in `p` (NULL: proc0).  `*newtdp` is set before the
 * thread runs.  The name is cut to MAXCOMLEN characters.  The function must
 * end with kthread_exit().  May sleep.  Returns 0.
 */
int	kthread_add(void (*func)(void *), void *arg, struct proc *p,
	    struct thread **newtdp, int flags, int pages, const char *fmt, ...)
	    __printflike(7, 8);
void	kthread_start(const void *desc);
/* Wakes whoever sleeps on the thread pointer, and ends the thread. */
void	kthread_exit(void) __dead2;

/*
 * Asks a kthread to stop at its next kthread_suspend_check() and waits for
 * that, `timo` ticks at most (0: for ever): 0, EWOULDBLOCK, or EINVAL for a
 * thread that is no kthread.  resume undoes it.
 */
int	kthread_suspend(struct thread *td, int timo);
int	kthread_resume(struct thread *td);
void	kthread_suspend_check(void);

/* A kernel process is a kernel thread of proc0 here. */
int	kproc_create(void (*func)(void *), void *arg, struct proc **newpp,
	    int flags, int pages, const char *fmt, ...) __printflike(6, 7);
void	kproc_exit(int ecode) __dead2;

#endif /* !_KPI_SYS_KTHREAD_H_ */
