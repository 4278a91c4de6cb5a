/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads and processes.
 *
 * A struct thread stands for an OS thread or, under the controlled scheduler,
 * for a fiber.  What it carries beyond its identity are the counts by which
 * the kernel checks itself: locks held, epochs entered, sleeping forbidden.
 * A struct proc is a user process as far as jails and credentials see it.
 */
#ifndef _KPI_SYS_PROC_H_
#define _KPI_SYS_PROC_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <sys/pcpu.h>
#include <sys/sigio.h>
#include <sys/_lock.h>
#include <sys/_mutex.h>
#include <sys/ucred.h>

struct cdev;
struct epoch_tracker;
struct file;
struct filedesc;
struct host_thread;
struct lock_list_entry;
struct prison;
struct proc;
struct rm_priotracker;
struct seltd;
struct vnet;
struct waitq;
struct waitq_how;

#define	NO_PID		100000
#define	PID_MAX		99999
#define	TD_READSLOTS	4	/* more read holds take a slower way */
#define	TD_DEVS		4	/* devices it is in that it remembers */

/*
 * Locks: (c) constant once the thread runs, (t) only the thread itself,
 * (a) atomic, (w) the wait queue's lock, (l) list lock of all threads.
 */
struct thread {
	/*
	 * What others may look at although the thread has just ended: whoever
	 * spins for a lock, and follows its owner.  A struct thread does not go
	 * back to the heap before the kernel does, and these fields are not
	 * cleared when it is used again.
	 */
	struct waitq	*td_waitq;		/* (a)(w) queue it is on */
	struct lock_object *td_blocked;		/* (a) lock it is blocked on */
	struct thread	*td_waitowner;		/* (a) who must act first */
	const void	*td_readslots[TD_READSLOTS]; /* (a) locks it reads,
						   as far as they are here */
	bool		td_sleeping;		/* (a) in an unbounded wait */

#define	td_startzero	td_list
	LIST_ENTRY(thread) td_list;		/* (l) all threads */
	TAILQ_ENTRY(thread) td_plist;		/* (l) threads of td_proc */
	struct host_thread *td_host;		/* (c) what runs it */
	struct vs_thread *td_user;		/* (c) its user code, or NULL */
	void		*td_end;		/* (t) kthread_exit()'s way out */
	struct proc	*td_proc;		/* (c) */
	struct ucred	*td_ucred;		/* (t) */
	struct vnet	*td_vnet;		/* (t) curvnet */
	const char	*td_vnet_lpush;		/* (t) function that set it */
	int		td_tid;			/* (c) */
	int		td_oncpu;		/* (c) nominal CPU */
	char		td_name[MAXCOMLEN + 1];	/* (c) */
	int		td_flags;		/* (c) TDF_* */
	register_t	td_retval[2];		/* (t) system call results */

	/* Counts that must be zero when a system call returns, all (t). */
	int		td_locks;
	int		td_rw_rlocks;
	int		td_sx_slocks;
	int		td_lk_slocks;
	int		td_critnest;
	int		td_no_sleeping;
	int		td_pinned;

	/* Locks held, as WITNESS knows them, newest first. */
	struct lock_list_entry *td_sleeplocks;	/* (t) */
	struct lock_list_entry *td_spinlocks;	/* (t) */
	struct rm_priotracker *td_rmtrackers;	/* (t) read-held rmlocks */
	SLIST_HEAD(, epoch_tracker) td_epochs;	/* (t) newest first */
	void		*td_epoch_records;	/* (t) one a used epoch */
	struct file	*td_fpop;		/* (t) file operated on: cdevpriv */

	/* Waiting: see waitq.h. */
	TAILQ_ENTRY(thread) td_waitlink;	/* (w) */
	const volatile void *td_wchan;		/* (w) address waited for */
	const char	*td_wmesg;		/* (w) */
	struct waitq_how *td_waithow;		/* (w) */
	uint8_t		td_waitqueue;		/* (w) which of the channel */
	uint8_t		td_waitresult;		/* (w) why it was woken */
	bool		td_waitdone;		/* (a) its waker is done with it */
	int		td_sigpending;		/* (a) interrupt request: 0,
						   EINTR or ERESTART */
	const void	*td_reading;		/* (t) lock it last read, and */
	u_int		td_reads;		/* (t) how often in a row */
	uint8_t		td_priority;		/* (t) */

	struct seltd	*td_sel;		/* (t) poll(2) under way */

	/* Character devices. */
	const struct cdev *td_devs[TD_DEVS];	/* (t) whose methods it is in */
	const struct cdev *td_devdtr;		/* (t) whose open's private
						   data it is destroying */

	/* kthread(9) */
	void		(*td_func)(void *);	/* (c) */
	void		*td_arg;		/* (c) */
};

#define	TDF_KTHREAD	0x0001		/* has no user side */
#define	TDF_SOFTCLOCK	0x0002		/* runs callout handlers */
#define	TDF_KTH_SUSP	0x0004		/* kthread_suspend() */

/*
 * Locks: (c) constant, (p) p_mtx, (A) allproc_lock.
 */
struct proc {
	LIST_ENTRY(proc) p_list;		/* (A) allproc */
	LIST_ENTRY(proc) p_jaillist;		/* (A) pr_proclist */
	LIST_ENTRY(proc) p_sibling;		/* (A) */
	LIST_HEAD(, proc) p_children;		/* (A) */
	struct proc	*p_pptr;		/* (A) parent */
	TAILQ_HEAD(, thread) p_threads;		/* list lock of all threads */
	struct mtx	p_mtx;
	struct ucred	*p_ucred;		/* (p) */
	struct filedesc	*p_fd;			/* (c) open files */
	struct sigiolst	p_sigiolst;		/* sigio lock: what it owns */
	pid_t		p_pid;			/* (c) */
	int		p_fibnum;		/* (p) */
	int		p_rootjid;		/* (p) jail of its root directory */
	bool		p_attaching;		/* (p) a thread changes that */
	int		p_sig;			/* (p) fatal signal or 0 */
	int		p_flag;			/* (p) P_* */
	int		p_xexit;		/* (c) once a zombie: exit code */
	enum {
		PRS_NEW = 0,
		PRS_NORMAL,
		PRS_ZOMBIE
	}		p_state;		/* (p), (A) to ZOMBIE */
	char		p_comm[MAXCOMLEN + 1];	/* (c) */
};

#define	P_SUGID		0x0100		/* changed its credential */
#define	P_SYSTEM	0x0200		/* kernel process */
#define	P_WEXIT		0x2000		/* is exiting */

LIST_HEAD(proclist, proc);
extern struct proclist allproc;		/* allproc_lock; all but zombies */
extern struct proclist zombproc;	/* allproc_lock */
extern struct sx allproc_lock;
extern struct proc proc0;
extern struct thread thread0;

#define	PROC_LOCK(p)	mtx_lock(&(p)->p_mtx)
#define	PROC_UNLOCK(p)	mtx_unlock(&(p)->p_mtx)
#define	PROC_LOCK_ASSERT(p, type)	mtx_assert(&(p)->p_mtx, (type))

#define	FOREACH_PROC_IN_SYSTEM(p)	LIST_FOREACH((p), &allproc, p_list)

/*
 * fork(2) without a thread: a child of `parent` with the same credential
 * object, copies of its descriptors, a pid and a user reference on its prison.
 * It is in state PRS_NEW, which killers skip, until proc_start().  0 or EAGAIN
 * (no pid).  Sleeps.
 */
int	proc_create(struct proc *parent, struct proc **procp);
/*
 * The child's first step, before it returns to user mode: PRS_NORMAL.  If its
 * prison has died meanwhile, SIGKILL is pending afterwards (p_sig).
 */
void	proc_start(struct proc *p);
/*
 * exit(2) of the last thread: closes its files in ascending order, leaves the
 * process list, gives its children to init, gives up the prison's user
 * reference and becomes a zombie.  No locks held.
 */
void	proc_exit(struct proc *p, int code);
/* wait(2) for a zombie: gives up its credential and frees it.  May sleep. */
void	proc_reap(struct proc *p);
/*
 * At kernel entry: has the thread pick up what its process's credential has
 * become.  curthread only, no locks held.
 */
void	thread_cow_update(struct thread *td);
/* By pid, with PROC_LOCK; NULL if there is none.  Zombies are not found. */
struct proc *pfind(pid_t pid);
/*
 * psignal(9), of which only the signals mean something that end a process
 * which does not catch them (HUP, INT, QUIT, KILL, ALRM, TERM): p_sig is set
 * and every thread's interruptible sleep ends with EINTR.  PROC_LOCK held.
 */
void	kern_psignal(struct proc *p, int sig);

/* Has it got a fatal signal?  A hint without PROC_LOCK. */
static inline bool
proc_killed(const struct proc *p)
{
	return (__atomic_load_n(&p->p_sig, __ATOMIC_RELAXED) != 0);
}

/* Sections in which an unbounded sleep is forbidden. */
#define	THREAD_NO_SLEEPING()	(curthread->td_no_sleeping++)
#define	THREAD_SLEEPING_OK()	do {					\
	MPASS(curthread->td_no_sleeping > 0);				\
	curthread->td_no_sleeping--;					\
} while (0)
#define	THREAD_CAN_SLEEP()	(curthread->td_no_sleeping == 0)

#ifdef INVARIANTS
#define	TD_LOCKS_INC(td)	((td)->td_locks++)
#define	TD_LOCKS_DEC(td)	do {					\
	KASSERT((td)->td_locks > 0, ("Thread %p owns no locks", (td)));	\
	(td)->td_locks--;						\
} while (0)
#else
#define	TD_LOCKS_INC(td)	do { } while (0)
#define	TD_LOCKS_DEC(td)	do { } while (0)
#endif

static inline void
sched_pin(void)
{
	curthread->td_pinned++;
}

static inline void
sched_unpin(void)
{
	curthread->td_pinned--;
}

/* Gives up the CPU; `prio` is ignored. */
void	kern_yield(int prio);

#endif /* !_KPI_SYS_PROC_H_ */
