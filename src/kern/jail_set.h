/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * One jail_set(2) in progress, as its parts in kern_jail_set.c,
 * kern_jail_parse.c, kern_jail_create.c and kern_jail_update.c share it.
 */
#ifndef _JAIL_SET_H_
#define _JAIL_SET_H_

#include <sys/types.h>
#include <sys/jail.h>

struct prison_ip;
struct thread;
struct vfsoptlist;

struct jail_set {
	struct thread	*td;
	struct vfsoptlist *opts;
	int		flags;		/* JAIL_* */

	/* The prisons. */
	struct prison	*mypr;		/* caller's, held */
	struct prison	*ppr;		/* the one that limits are taken from */
	struct prison	*pr;		/* the one being set */
	struct prison	*deadpr;	/* dying one that has the id */
	bool		created;
	bool		changed;	/* values were applied */
	int		drflags;	/* PD_*: what the end has to do */

	/* Parameters as they were given; NULL or false: not given. */
	int		jid;
	int		securelevel;
	int		childmax;
	int		enforce_statfs;
	int		devfs_rsnum;
	int		osreldate;
	unsigned long	hostid;
	bool		got_securelevel;
	bool		got_childmax;
	bool		got_enforce;
	bool		got_rsnum;
	bool		got_hostid;
	unsigned	pr_flags;	/* values of the PR_* in ch_flags */
	unsigned	ch_flags;
	unsigned	pr_allow;	/* values of the bits in ch_allow */
	unsigned	ch_allow;
	char		*name;		/* as given */
	char		*leaf;		/* its last part */
	char		*hostname;
	char		*domainname;
	char		*hostuuid;
	char		*osrelease;
	char		*path;
	bool		got_ip[PR_FAMILY_MAX];
	bool		redo_ip[PR_FAMILY_MAX];	/* lists below not cut yet */
	struct prison_ip *ip[PR_FAMILY_MAX];

	char		fullname[MAXHOSTNAMELEN];	/* to be pr_name */
	bool		rename;
};

/* Only this one of the two operations is asked for. */
static inline bool
jail_set_only(const struct jail_set *js, int op)
{
	return ((js->flags & (JAIL_CREATE | JAIL_UPDATE)) == op);
}

/* Writes the text for the caller; returns `error`. */
int	jail_set_error(struct jail_set *js, int error, const char *fmt, ...)
	    __printflike(3, 4);

/* Steps 6 to 12: everything that can be seen without a lock. */
int	jail_set_parse(struct jail_set *js);
/* Makes the prison; allprison_lock exclusive.  pr is locked on success. */
int	jail_set_create(struct jail_set *js);
/* Whether the values are within ppr's: pr_mtx and allprison_lock. */
int	jail_set_limits(struct jail_set *js);
/* Puts the values into effect; same locks; cannot fail. */
void	jail_set_apply(struct jail_set *js);

#endif /* !_JAIL_SET_H_ */
