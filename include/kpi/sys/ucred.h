/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Credentials: whom a process or an object acts for, and in which prison.
 *
 * A credential is shared and constant; changing one means making a copy.
 * Every ucred object owns exactly one pr_ref of its prison, however often the
 * object itself is held.
 */
#ifndef _KPI_SYS_UCRED_H_
#define _KPI_SYS_UCRED_H_

#include <sys/types.h>

struct prison;
struct proc;
struct thread;

#define	XU_NGROUPS	16
#define	NOCRED		((struct ucred *)0)
#define	FSCRED		((struct ucred *)-1)

/*
 * Locks: (a) atomic, (c) constant once the credential is shared.
 */
struct ucred {
	volatile u_int	cr_ref;			/* (a) references, the users'
						   included */
	volatile u_int	cr_users;		/* (a) processes and threads
						   that run with it */
	uid_t		cr_uid;			/* (c) effective */
	uid_t		cr_ruid;		/* (c) real */
	uid_t		cr_svuid;		/* (c) saved */
	int		cr_ngroups;		/* (c) supplementary groups */
	gid_t		cr_gid;			/* (c) effective */
	gid_t		cr_rgid;		/* (c) real */
	gid_t		cr_svgid;		/* (c) saved */
	struct prison	*cr_prison;		/* (c) one pr_ref of it */
	gid_t		cr_groups[XU_NGROUPS];	/* (c) */
};

/*
 * A zeroed credential with one reference, no user and no prison yet.
 * Sleeps, cannot fail.
 */
struct ucred *crget(void);
/* One more reference; any context.  Returns its argument. */
struct ucred *crhold(struct ucred *cr);
/*
 * One reference less; with the last the credential gives up its prison
 * (prison_free()) and is freed.  Never sleeps; any lock may be held.
 */
void	crfree(struct ucred *cr);
/* The same for the kernel's own code, which tells the ledger who holds it. */
struct ucred *crhold_as(struct ucred *cr, const char *holder);
void	crfree_as(struct ucred *cr, const char *holder);
/* Copies the identity into an unshared credential and holds the prison. */
void	crcopy(struct ucred *dest, struct ucred *src);
/* crget() and crcopy(). */
struct ucred *crdup(struct ucred *cr);
/*
 * crcopy() from the process's credential, which is returned.  PROC_LOCK held;
 * `newcred` has no prison yet.
 */
struct ucred *crcopysafe(struct proc *p, struct ucred *newcred);
/* The credential to use where nobody else's is at hand: proc0's. */
struct ucred *crgetproc0(void);

/* Fork and thread creation: one user and one reference more. */
struct ucred *crcowget(struct ucred *cr);
/* The end of a thread: gives back td_ucred.  Never sleeps. */
void	crcowfree(struct thread *td);
/*
 * Installs `newcred`, consuming the caller's reference, and moves the
 * process's use to it; the caller then owns the reference on the old one.
 * PROC_LOCK held.
 */
void	proc_set_cred(struct proc *p, struct ucred *newcred);
/* At reap, or when a fork fails: the process gives up its credential. */
void	proc_unset_cred(struct proc *p);
void	change_euid(struct ucred *newcred, uid_t euid);
void	change_ruid(struct ucred *newcred, uid_t ruid);
void	change_svuid(struct ucred *newcred, uid_t svuid);
void	change_egid(struct ucred *newcred, gid_t egid);
void	change_rgid(struct ucred *newcred, gid_t rgid);
void	change_svgid(struct ucred *newcred, gid_t svgid);
bool	groupmember(gid_t gid, const struct ucred *cred);

/*
 * Visibility: 0, or ESRCH when `u2` is no business of `u1` because of its
 * prison.
 */
int	cr_cansee(struct ucred *u1, struct ucred *u2);
/* May `td` signal `p`: 0, ESRCH (not visible) or EPERM.  PROC_LOCK held. */
int	p_cansignal(struct thread *td, struct proc *p, int signum);

#endif /* !_KPI_SYS_UCRED_H_ */
