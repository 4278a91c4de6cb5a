/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The table of a process's open files.
 */
#ifndef _KPI_SYS_FILEDESC_H_
#define _KPI_SYS_FILEDESC_H_

#include <sys/types.h>
#include <sys/_lock.h>
#include <sys/_sx.h>

struct file;
struct thread;

#define	FD_MAX	1024		/* descriptors a process */

/*
 * Locks: (f) fd_sx.
 */
struct filedesc {
	struct sx	fd_sx;
	struct file	**fd_files;	/* (f) by descriptor, NULL if free */
	int		fd_nfiles;	/* (f) size of fd_files */
};

/* An empty table.  Sleeps. */
struct filedesc *fdinit(void);
/* A child's table: refers to the same files.  Sleeps. */
struct filedesc *fdcopy(struct filedesc *fdp);
/* At exit: closes everything in ascending order, then frees the table. */
void	fdescfree(struct thread *td, struct filedesc *fdp);
/* close(2): 0, EBADF, or what fo_close says. */
int	kern_close(struct thread *td, int fd);

#endif /* !_KPI_SYS_FILEDESC_H_ */
