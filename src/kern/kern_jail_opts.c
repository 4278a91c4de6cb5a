/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lists of named options out of user memory, as jail_set(2) takes them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/mount.h>
#include <sys/uio.h>

#include <stdarg.h>
#include <stdio.h>

#include "jail_private.h"

static MALLOC_DEFINE(M_MOUNT, "mount", "option lists");

/* What all names and values of one call may take together. */
#define	OPTS_SIZE_MAX	(64 * 1024)

/* Out of its list, with all that it points to. */
static void
opt_free(struct vfsoptlist *opts, struct vfsopt *opt)
{
	free(opt->value, M_MOUNT);
	free(opt->name, M_MOUNT);
	TAILQ_REMOVE(opts, opt, link);
	free(opt, M_MOUNT);
}

void
vfs_freeopts(struct vfsoptlist *opts)
{
	struct vfsopt *opt;

	while ((opt = TAILQ_FIRST(opts)) != NULL)
		opt_free(opts, opt);
	free(opts, M_MOUNT);
}

/* Is `no` the negation of `name`: "no" before it, or before its last part? */
static bool
opt_negates(const char *no, const char *name)
{
	const char *leaf;
	size_t n;

	if (strncmp(no, "no", 2) == 0 && strcmp(no + 2, name) == 0)
		return (true);
	leaf = strrchr(name, '.');
	if (leaf == NULL)
		return (false);
	n = leaf + 1 - name;
	return (strncmp(no, name, n) == 0 && strncmp(no + n, "no", 2) == 0 &&
	    strcmp(no + n + 2, leaf + 1) == 0);
}

/* A later option takes the place of earlier ones that are equal or opposite. */
static void
opt_supersede(struct vfsoptlist *opts, const struct vfsopt *later)
{
	struct vfsopt *opt, *next;

	TAILQ_FOREACH_SAFE(opt, opts, link, next) {
		if (opt == later)
			break;
		if (strcmp(opt->name, later->name) == 0 ||
		    opt_negates(opt->name, later->name) ||
		    opt_negates(later->name, opt->name))
			opt_free(opts, opt);
	}
}

/* Sizes have been checked; what fails here leaves the rest to the caller. */
static int
opt_copyin(struct vfsopt *opt, const struct iovec *name,
    const struct iovec *value)
{
	int error;

	opt->name = malloc(name->iov_len, M_MOUNT, M_WAITOK);
	opt->len = value->iov_len;
	error = copyin(name->iov_base, opt->name, name->iov_len);
	if (error == 0 && opt->name[name->iov_len - 1] != '\0')
		error = EINVAL;
	if (error == 0 && opt->len != 0) {
		opt->value = malloc(opt->len, M_MOUNT, M_WAITOK);
		error = copyin(value->iov_base, opt->value, opt->len);
	}
	return (error);
}

/*
 * Everything is copied at once, so that a user who changes it meanwhile does
 * not change the call.
 */
int
vfs_buildopts(const struct iovec *iov, unsigned iovcnt,
    struct vfsoptlist **options)
{
	struct vfsoptlist *opts;
	struct vfsopt *opt;
	size_t used = 0;
	unsigned i;
	int error = 0;

	opts = malloc(sizeof(*opts), M_MOUNT, M_WAITOK);
	TAILQ_INIT(opts);
	for (i = 0; i < iovcnt && error == 0; i += 2) {
		if (iov[i].iov_len == 0 || iov[i].iov_len > OPTS_SIZE_MAX ||
		    iov[i + 1].iov_len > OPTS_SIZE_MAX) {
			error = EINVAL;
			break;
		}
		used += sizeof(*opt) + iov[i].iov_len + iov[i + 1].iov_len;
		if (used > OPTS_SIZE_MAX) {
			error = EINVAL;
			break;
		}
		opt = malloc(sizeof(*opt), M_MOUNT, M_WAITOK | M_ZERO);
		opt->pos = i / 2;
		TAILQ_INSERT_TAIL(opts, opt, link);
		error = opt_copyin(opt, &iov[i], &iov[i + 1]);
		if (error == 0)
			opt_supersede(opts, opt);
	}
	if (error != 0) {
		vfs_freeopts(opts);
		return (error);
	}
	*options = opts;
	return (0);
}

/* Whoever asks for an option knows it: it is not an unknown one any more. */
static struct vfsopt *
opt_find(struct vfsoptlist *opts, const char *name)
{
	struct vfsopt *opt;

	TAILQ_FOREACH(opt, opts, link) {
		if (strcmp(opt->name, name) == 0) {
			opt->seen = 1;
			return (opt);
		}
	}
	return (NULL);
}

/* The last message counts; it is cut to the room that there is. */
void
vfs_opterror(struct vfsoptlist *opts, const char *fmt, ...)
{
	struct vfsopt *opt;
	va_list ap;

	opt = opt_find(opts, "errmsg");
	if (opt == NULL || opt->len == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(opt->value, opt->len, fmt, ap);
	va_end(ap);
}

void
jail_errmsg_copyout(struct vfsoptlist *opts, const struct iovec *iov,
    unsigned iovcnt __diagused)
{
	struct vfsopt *opt;
	unsigned i;

	opt = opt_find(opts, "errmsg");
	if (opt == NULL || opt->len == 0)
		return;
	i = 2 * opt->pos + 1;
	MPASS(i < iovcnt);
	/* The call has failed already; a bad buffer changes nothing. */
	(void)copyout(opt->value, iov[i].iov_base, opt->len);
}

int
vfs_getopt(struct vfsoptlist *opts, const char *name, void **buf, int *len)
{
	const struct vfsopt *opt = opt_find(opts, name);

	if (opt != NULL && buf != NULL)
		*buf = opt->value;
	if (opt != NULL && len != NULL)
		*len = opt->len;
	return (opt != NULL ? 0 : ENOENT);
}

int
vfs_getopt_pos(struct vfsoptlist *opts, const char *name)
{
	struct vfsopt *opt;

	opt = opt_find(opts, name);
	return (opt != NULL ? opt->pos : -1);
}

char *
vfs_getopts(struct vfsoptlist *opts, const char *name, int *error)
{
	struct vfsopt *opt;

	*error = 0;
	if ((opt = opt_find(opts, name)) == NULL) {
		*error = ENOENT;
		return (NULL);
	}
	if (opt->len == 0 || ((char *)opt->value)[opt->len - 1] != '\0') {
		*error = EINVAL;
		return (NULL);
	}
	return (opt->value);
}

/* An option that stands for one bit by merely being there. */
int
vfs_flagopt(struct vfsoptlist *opts, const char *name, uint64_t *w,
    uint64_t val)
{
	bool found = opt_find(opts, name) != NULL;

	if (w != NULL)
		*w = found ? *w | val : *w & ~val;
	return (found);
}

/* For values of one size: another size is a mistake of the caller's. */
int
vfs_copyopt(struct vfsoptlist *opts, const char *name, void *dest, int len)
{
	struct vfsopt *opt;

	if ((opt = opt_find(opts, name)) == NULL)
		return (ENOENT);
	if (opt->len != len)
		return (EINVAL);
	memcpy(dest, opt->value, len);
	return (0);
}

/* The same the other way; an option without buffer learns its size. */
int
vfs_setopt(struct vfsoptlist *opts, const char *name, void *value, int len)
{
	struct vfsopt *opt;

	if ((opt = opt_find(opts, name)) == NULL)
		return (ENOENT);
	if (opt->value == NULL)
		opt->len = len;
	else if (opt->len != len)
		return (EINVAL);
	else
		memcpy(opt->value, value, len);
	return (0);
}

int
vfs_setopt_part(struct vfsoptlist *opts, const char *name, void *value,
    int len)
{
	struct vfsopt *opt;

	if ((opt = opt_find(opts, name)) == NULL)
		return (ENOENT);
	if (opt->value != NULL) {
		if (opt->len < len)
			return (EINVAL);
		if (len != 0)
			memcpy(opt->value, value, len);
	}
	opt->len = len;
	return (0);
}

/* The buffer's size stays what it was, as the text tells where it ends. */
int
vfs_setopts(struct vfsoptlist *opts, const char *name, const char *value)
{
	struct vfsopt *opt;

	if ((opt = opt_find(opts, name)) == NULL)
		return (ENOENT);
	if (opt->value == NULL)
		opt->len = strlen(value) + 1;
	else if (strlcpy(opt->value, value, opt->len) >= (size_t)opt->len)
		return (EINVAL);
	return (0);
}
