/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Privilege checks: priv(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/ucred.h>

/* security.bsd.unprivileged_mlock, .unprivileged_read_msgbuf: both on. */
static bool
priv_for_everybody(int priv)
{
	return (priv == PRIV_VM_MLOCK || priv == PRIV_VM_MUNLOCK ||
	    priv == PRIV_MSGBUF);
}

/*
 * The prison's consent to uid 0 being superuser at all.  Limits of resources
 * follow the real user, who is charged for them.
 */
static bool
priv_superuser(struct ucred *cred, int priv)
{
	if (!prison_allow(cred, PR_ALLOW_SUSER))
		return (false);
	switch (priv) {
	case PRIV_MAXFILES:
	case PRIV_MAXPROC:
	case PRIV_PROC_LIMIT:
		return (cred->cr_ruid == 0);
	case PRIV_VFS_READ_DIR:
		return (cred->cr_uid == 0 && !jailed(cred));
	default:
		return (cred->cr_uid == 0);
	}
}

/* What needs no superuser because somebody else checks, or nobody does. */
static bool
priv_checked_elsewhere(struct ucred *cred, int priv)
{
	switch (priv) {
	case PRIV_KMEM_READ:
	case PRIV_PROC_MEM_WRITE:
		return (true);
	case PRIV_DEBUG_UNPRIV:
		return (prison_allow(cred, PR_ALLOW_UNPRIV_DEBUG));
	default:
		return (false);
	}
}

/*
 * The prison may forbid, superuser may allow, and what nobody allows is
 * refused.
 */
int
priv_check_cred(struct ucred *cred, int priv)
{
	int error;

	KASSERT(PRIV_VALID(priv), ("priv_check_cred: invalid privilege %d",
	    priv));
	/* Looking names up is too frequent for the tables. */
	if (priv == PRIV_VFS_LOOKUP || priv == PRIV_VFS_GENERATION)
		return (priv_superuser(cred, priv) ? 0 : EPERM);
	if ((error = prison_priv_check(cred, priv)) != 0)
		return (error);
	if (priv_for_everybody(priv) || priv_superuser(cred, priv) ||
	    priv_checked_elsewhere(cred, priv))
		return (0);
	return (EPERM);
}

int
priv_check(struct thread *td, int priv)
{
	KASSERT(td == curthread, ("priv_check: td != curthread"));
	return (priv_check_cred(td->td_ucred, priv));
}
