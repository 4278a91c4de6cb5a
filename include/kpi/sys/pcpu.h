/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Per-CPU data, as far as drivers look: the running thread and its process.
 */
#ifndef _KPI_SYS_PCPU_H_
#define _KPI_SYS_PCPU_H_

#include <sys/types.h>

struct thread;

/* Kept by the host layer, which switches it together with the stack. */
extern _Thread_local struct thread *vs_curthread
    __attribute__((tls_model("initial-exec")));

#define	curthread	vs_curthread
#define	curproc		(curthread->td_proc)
/* The CPU a thread would account to; stable for a thread's life. */
#define	curcpu		(curthread->td_oncpu)

#endif /* !_KPI_SYS_PCPU_H_ */
