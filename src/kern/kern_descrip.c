/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Open files and the tables that refer to them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/file.h>
#include <sys/filedesc.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <sys/ucred.h>

static MALLOC_DEFINE(M_FILEDESC, "filedesc", "Open file descriptor table");
static MALLOC_DEFINE(M_FILE, "file", "open files");

#define	FD_FIRST	16		/* size of a new table */

/* Operations of a file that is still being opened. */
static int
badfo_rdwr(struct file *fp __unused, struct uio *uio __unused,
    struct ucred *active_cred __unused, int flags __unused,
    struct thread *td __unused)
{
	return (EBADF);
}

static int
badfo_ioctl(struct file *fp __unused, u_long com __unused,
    void *data __unused, struct ucred *active_cred __unused,
    struct thread *td __unused)
{
	return (EBADF);
}

static int
badfo_poll(struct file *fp __unused, int events __unused,
    struct ucred *active_cred __unused, struct thread *td __unused)
{
	return (0);
}

static int
badfo_close(struct file *fp __unused, struct thread *td __unused)
{
	return (0);
}

const struct fileops badfileops = {
	.fo_read = badfo_rdwr,
	.fo_write = badfo_rdwr,
	.fo_ioctl = badfo_ioctl,
	.fo_poll = badfo_poll,
	.fo_close = badfo_close,
};

/* --- files ---------------------------------------------------------------- */

/* Keeps the opener's credential as long as the file is open anywhere. */
static struct file *
file_alloc(struct ucred *cred)
{
	struct file *fp;

	fp = malloc(sizeof(*fp), M_FILE, M_WAITOK | M_ZERO);
	refcount_init(&fp->f_count, 1);
	fp->f_cred = crhold_as(cred, "file");
	fp->f_ops = &badfileops;
	return (fp);
}

void
finit(struct file *fp, u_int flag, short type, void *data,
    const struct fileops *ops)
{
	fp->f_type = type;
	fp->f_flag = flag;
	fp->f_data = data;
	/* Whoever sees the operations sees the rest. */
	__atomic_store_n(&fp->f_ops, ops, __ATOMIC_RELEASE);
}

bool
fhold(struct file *fp)
{
	return (refcount_acquire_checked(&fp->f_count));
}

/*
 * The close runs with the last reference, which a call in progress may have,
 * not with close(2).
 */
int
fdrop(struct file *fp, struct thread *td)
{
	int error;

	if (!refcount_release(&fp->f_count))
		return (0);
	error = fp->f_ops->fo_close(fp, td);
	crfree_as(fp->f_cred, "file");
	free(fp, M_FILE);
	return (error);
}

/* --- tables --------------------------------------------------------------- */

static struct filedesc *
fd_alloc(int nfiles)
{
	struct filedesc *fdp;

	fdp = malloc(sizeof(*fdp), M_FILEDESC, M_WAITOK | M_ZERO);
	sx_init(&fdp->fd_sx, "filedesc structure");
	fdp->fd_nfiles = nfiles;
	fdp->fd_files = malloc(nfiles * sizeof(*fdp->fd_files), M_FILEDESC,
	    M_WAITOK | M_ZERO);
	return (fdp);
}

struct filedesc *
fdinit(void)
{
	return (fd_alloc(FD_FIRST));
}

/* A child refers to the same files, at the same offsets. */
struct filedesc *
fdcopy(struct filedesc *fdp)
{
	struct filedesc *newfdp;
	struct file *fp;
	int i;

	sx_slock(&fdp->fd_sx);
	newfdp = fd_alloc(fdp->fd_nfiles);
	for (i = 0; i < fdp->fd_nfiles; i++) {
		fp = fdp->fd_files[i];
		if (fp != NULL && fhold(fp))
			newfdp->fd_files[i] = fp;
	}
	sx_sunlock(&fdp->fd_sx);
	return (newfdp);
}

/* In ascending order, as FreeBSD does: a file may depend on a later one. */
void
fdescfree(struct thread *td, struct filedesc *fdp)
{
	int i;

	/* The process has one thread, and that is here. */
	for (i = 0; i < fdp->fd_nfiles; i++)
		if (fdp->fd_files[i] != NULL)
			(void)fdrop(fdp->fd_files[i], td);
	sx_destroy(&fdp->fd_sx);
	free(fdp->fd_files, M_FILEDESC);
	free(fdp, M_FILEDESC);
}

/* The lowest free descriptor, or -1; the table grows as needed. */
static int
fd_free_slot(struct filedesc *fdp)
{
	struct file **files;
	int i, n = fdp->fd_nfiles;

	sx_assert(&fdp->fd_sx, SA_XLOCKED);
	for (i = 0; i < n; i++)
		if (fdp->fd_files[i] == NULL)
			return (i);
	if (n >= FD_MAX)
		return (-1);
	files = malloc(2 * n * sizeof(*files), M_FILEDESC, M_WAITOK | M_ZERO);
	memcpy(files, fdp->fd_files, n * sizeof(*files));
	free(fdp->fd_files, M_FILEDESC);
	fdp->fd_files = files;
	fdp->fd_nfiles = 2 * n;
	return (n);
}

/*
 * The descriptor is taken at once; until finit() the file behind it answers
 * EBADF to everybody who guesses the number.
 */
int
falloc(struct thread *td, struct file **resultfp, int *resultfd,
    int flags __unused)
{
	struct filedesc *fdp = td->td_proc->p_fd;
	struct file *fp;
	int fd;

	fp = file_alloc(td->td_ucred);
	sx_xlock(&fdp->fd_sx);
	fd = fd_free_slot(fdp);
	if (fd >= 0) {
		refcount_acquire(&fp->f_count);
		fdp->fd_files[fd] = fp;
	}
	sx_xunlock(&fdp->fd_sx);
	if (fd < 0) {
		(void)fdrop(fp, td);
		return (EMFILE);
	}
	*resultfp = fp;
	if (resultfd != NULL)
		*resultfd = fd;
	return (0);
}

/* A file that is being opened counts as none. */
int
fget(struct thread *td, int fd, struct cap_rights *rightsp __unused,
    struct file **fpp)
{
	struct filedesc *fdp = td->td_proc->p_fd;
	struct file *fp = NULL;

	sx_slock(&fdp->fd_sx);
	if (fd >= 0 && fd < fdp->fd_nfiles)
		fp = fdp->fd_files[fd];
	if (fp != NULL && (__atomic_load_n(&fp->f_ops, __ATOMIC_ACQUIRE) ==
	    &badfileops || !fhold(fp)))
		fp = NULL;
	sx_sunlock(&fdp->fd_sx);
	*fpp = fp;
	return (fp != NULL ? 0 : EBADF);
}

/* Takes the file out of the table; its reference becomes the caller's. */
static struct file *
fd_take(struct filedesc *fdp, int fd, const struct file *expected)
{
	struct file *fp = NULL;

	sx_xlock(&fdp->fd_sx);
	if (fd >= 0 && fd < fdp->fd_nfiles)
		fp = fdp->fd_files[fd];
	if (fp != NULL && (expected == NULL || fp == expected))
		fdp->fd_files[fd] = NULL;
	else
		fp = NULL;
	sx_xunlock(&fdp->fd_sx);
	return (fp);
}

void
fdclose(struct thread *td, struct file *fp, int idx)
{
	if (fd_take(td->td_proc->p_fd, idx, fp) != NULL)
		(void)fdrop(fp, td);
}

/* The descriptor is free when the close begins, whatever that answers. */
int
kern_close(struct thread *td, int fd)
{
	struct file *fp;

	if ((fp = fd_take(td->td_proc->p_fd, fd, NULL)) == NULL)
		return (EBADF);
	return (fdrop(fp, td));
}
