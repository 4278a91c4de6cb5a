/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Open files.
 */
#ifndef _KPI_SYS_FILE_H_
#define _KPI_SYS_FILE_H_

#include <sys/types.h>
#include_next <sys/file.h>

#include <fcntl.h>

struct cap_rights;
struct file;
struct fileops;
struct knote;
struct thread;
struct ucred;
struct uio;
struct vnode;

/* f_type */
#define	DTYPE_NONE	0
#define	DTYPE_VNODE	1
#define	DTYPE_SOCKET	2
#define	DTYPE_DEV	11
#define	DTYPE_JAILDESC	16

/* f_flag, beside the host's O_NONBLOCK and O_ASYNC */
#undef FREAD
#define	FREAD		0x0001
#undef FWRITE
#define	FWRITE		0x0002
#undef FNONBLOCK
#define	FNONBLOCK	O_NONBLOCK
#undef FASYNC
#define	FASYNC		O_ASYNC
/* What a driver's d_close may find in its flags. */
#define	FLASTCLOSE	O_DIRECTORY	/* nobody else has it open */
#define	FREVOKE		0x00200000	/* by force */
#define	FOF_OFFSET	0x01

typedef int fo_rdwr_t(struct file *fp, struct uio *uio,
	    struct ucred *active_cred, int flags, struct thread *td);
typedef int fo_ioctl_t(struct file *fp, u_long com, void *data,
	    struct ucred *active_cred, struct thread *td);
typedef int fo_poll_t(struct file *fp, int events,
	    struct ucred *active_cred, struct thread *td);
typedef int fo_kqfilter_t(struct file *fp, struct knote *kn);
typedef int fo_close_t(struct file *fp, struct thread *td);

/* What can be done with a file; a NULL member answers EOPNOTSUPP. */
struct fileops {
	fo_rdwr_t	*fo_read;
	fo_rdwr_t	*fo_write;
	fo_ioctl_t	*fo_ioctl;
	fo_poll_t	*fo_poll;
	fo_kqfilter_t	*fo_kqfilter;
	fo_close_t	*fo_close;
};

/*
 * Locks: (a) atomic, (c) constant after finit().
 */
struct file {
	volatile u_int	f_flag;			/* (a) FREAD, FWRITE, ... */
	volatile u_int	f_count;		/* (a) references */
	void		*f_data;		/* (c) the type's object */
	const struct fileops *f_ops;		/* (c) */
	struct ucred	*f_cred;		/* (c) who opened it, held */
	short		f_type;			/* (c) DTYPE_* */
	struct vnode	*f_vnode;		/* (c) of a DTYPE_VNODE */
	void		*f_cdevpriv;		/* cdevpriv_mtx */
};

/* A file that nobody can see: every operation fails with EBADF. */
extern const struct fileops badfileops;

/*
 * falloc(): a file with badfileops in the lowest free descriptor, and a
 * reference for the caller (two in all).  0 or EMFILE.  Sleeps.
 */
int	falloc(struct thread *td, struct file **resultfp, int *resultfd,
	    int flags);
/* Makes it usable; the last thing an opener does. */
void	finit(struct file *fp, u_int flag, short type, void *data,
	    const struct fileops *ops);
/* A reference on the file behind a descriptor: 0 or EBADF.  Sleeps. */
int	fget(struct thread *td, int fd, struct cap_rights *rightsp,
	    struct file **fpp);
bool	fhold(struct file *fp);
/* Gives a reference back; with the last the file is closed.  May sleep. */
int	fdrop(struct file *fp, struct thread *td);
/* Undoes falloc() when the open fails; the caller's reference stays. */
void	fdclose(struct thread *td, struct file *fp, int idx);

#endif /* !_KPI_SYS_FILE_H_ */
