/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Option lists, which nmount(2) and jail_set(2) share.  Nothing of file
 * systems.
 */
#ifndef _KPI_SYS_MOUNT_H_
#define _KPI_SYS_MOUNT_H_

#include <sys/types.h>
#include <sys/queue.h>

struct iovec;

/* One option.  Lists belong to the system call that built them. */
struct vfsopt {
	TAILQ_ENTRY(vfsopt) link;
	char		*name;
	void		*value;		/* copy; NULL if len is 0 */
	int		len;		/* bytes of value */
	int		pos;		/* index of the name's iovec */
	int		seen;		/* somebody asked for it */
};
TAILQ_HEAD(vfsoptlist, vfsopt);

/*
 * Builds a list from name/value pairs in user memory.  Of two equal or
 * opposite options ("x" and "nox") the later one stays.  0, EINVAL, EFAULT,
 * ENAMETOOLONG.  Sleeps.
 */
int	vfs_buildopts(const struct iovec *iov, unsigned iovcnt,
	    struct vfsoptlist **options);
void	vfs_freeopts(struct vfsoptlist *opts);
/* Formats into the list's "errmsg" option, if there is one. */
void	vfs_opterror(struct vfsoptlist *opts, const char *fmt, ...)
	    __printflike(2, 3);
/* Marks the option as known and returns it: 0 or ENOENT. */
int	vfs_getopt(struct vfsoptlist *opts, const char *name, void **buf,
	    int *len);
int	vfs_getopt_pos(struct vfsoptlist *opts, const char *name);
/* A string option, NULL with *error EINVAL unless NUL-terminated. */
char	*vfs_getopts(struct vfsoptlist *opts, const char *name, int *error);
/* Whether it is there; sets or clears `val` in *w. */
int	vfs_flagopt(struct vfsoptlist *opts, const char *name, uint64_t *w,
	    uint64_t val);
/* Copies out: 0, ENOENT, or EINVAL if `len` is not the option's. */
int	vfs_copyopt(struct vfsoptlist *opts, const char *name, void *dest,
	    int len);
/*
 * Stores a value for the caller to read: 0, ENOENT, EINVAL (wrong length).
 * An option without buffer reports the length that is needed.
 */
int	vfs_setopt(struct vfsoptlist *opts, const char *name, void *value,
	    int len);
/* As above, but the buffer may be longer. */
int	vfs_setopt_part(struct vfsoptlist *opts, const char *name,
	    void *value, int len);
int	vfs_setopts(struct vfsoptlist *opts, const char *name,
	    const char *value);

#endif /* !_KPI_SYS_MOUNT_H_ */
