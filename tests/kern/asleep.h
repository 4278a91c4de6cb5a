/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * For tests of things that sleep: a hand-off to "that thread is asleep now".
 */
#ifndef _TESTS_KERN_ASLEEP_H_
#define _TESTS_KERN_ASLEEP_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/signalvar.h>

/* Where a thread says who it is, for those that wait for its sleep. */
static inline void
publish(struct thread **tdp)
{

	__atomic_store_n(tdp, curthread, __ATOMIC_RELEASE);
}

/* For vs_run(): waits until the published thread is in an unbounded sleep. */
static inline void
await_sleep(void *arg)
{
	struct thread **tdp = arg, *td;

	while ((td = __atomic_load_n(tdp, __ATOMIC_ACQUIRE)) == NULL ||
	    !__atomic_load_n(&td->td_sleeping, __ATOMIC_ACQUIRE))
		kern_yield(0);
}

/* For vs_run(): kills the process of that thread. */
static inline void
send_signal(void *arg)
{
	struct thread *td = arg;
	struct proc *p = td->td_proc;

	PROC_LOCK(p);
	kern_psignal(p, SIGKILL);
	PROC_UNLOCK(p);
}

#endif /* !_TESTS_KERN_ASLEEP_H_ */
