/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files about processes share.
 */
#ifndef _PROC_PRIVATE_H_
#define _PROC_PRIVATE_H_

#include <sys/types.h>

struct proc;
struct thread;

int	kern_setuid(struct thread *td, uid_t uid);
int	kern_kill(struct thread *td, pid_t pid, int sig);

/* Memory of a struct proc with its lock; state PRS_NEW. */
struct proc *proc_alloc(void);
void	proc_destroy(struct proc *p);

#endif /* !_PROC_PRIVATE_H_ */
