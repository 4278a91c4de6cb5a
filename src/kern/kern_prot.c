/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Credentials and the calls that change them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/ucred.h>

#include <vnetsim/observe.h>

#include "jail_private.h"
#include "proc_private.h"

static MALLOC_DEFINE(M_CRED, "cred", "credentials");

/* Who holds a credential, for the ledger, where it is not some object. */
static const char cruser[] = "process or thread";

/* One reference, for whoever asked; no user, no prison. */
struct ucred *
crget(void)
{
	struct ucred *cr;

	cr = malloc(sizeof(*cr), M_CRED, M_WAITOK | M_ZERO);
	refcount_init(&cr->cr_ref, 1);
	VS_LEDGER(birth, VS_UCRED, cr, "cred", NULL);
	return (cr);
}

struct ucred *
crhold_as(struct ucred *cr, const char *holder)
{
	u_int old __diagused;

	old = refcount_acquire(&cr->cr_ref);
	KASSERT(old > 0, ("%s: credential %p is dead", __func__, cr));
	VS_LEDGER(hold, VS_UCRED, cr, holder);
	return (cr);
}

/*
 * The prison is given up through prison_free(), which leaves the last
 * reference to another thread: crfree() may be called with locks held.
 */
void
crfree_as(struct ucred *cr, const char *holder)
{
	struct prison *pr;

	VS_LEDGER(rele, VS_UCRED, cr, holder);
	if (!refcount_release(&cr->cr_ref))
		return;
	KASSERT(cr->cr_users == 0, ("%s: users %u not 0 on cred %p",
	    __func__, cr->cr_users, cr));
	VS_LEDGER(death, VS_UCRED, cr);
	pr = cr->cr_prison;
	free(cr, M_CRED);
	if (pr != NULL)
		prison_free_as(pr, pr_holder_cred);
}

struct ucred *
crhold(struct ucred *cr)
{
	return (crhold_as(cr, NULL));
}

void
crfree(struct ucred *cr)
{
	crfree_as(cr, NULL);
}

/* Identity and prison; the copy has its own reference on the prison. */
void
crcopy(struct ucred *dest, struct ucred *src)
{
	KASSERT(dest->cr_ref == 1 && dest->cr_users == 0,
	    ("crcopy of shared ucred"));
	KASSERT(dest->cr_prison == NULL, ("crcopy to ucred with prison"));
	dest->cr_uid = src->cr_uid;
	dest->cr_ruid = src->cr_ruid;
	dest->cr_svuid = src->cr_svuid;
	dest->cr_gid = src->cr_gid;
	dest->cr_rgid = src->cr_rgid;
	dest->cr_svgid = src->cr_svgid;
	dest->cr_ngroups = src->cr_ngroups;
	memcpy(dest->cr_groups, src->cr_groups, sizeof(dest->cr_groups));
	prison_hold_as(src->cr_prison, pr_holder_cred);
	dest->cr_prison = src->cr_prison;
}

struct ucred *
crdup(struct ucred *cr)
{
	struct ucred *copy = crget();

	crcopy(copy, cr);
	return (copy);
}

/*
 * Under the process lock, so that the credential cannot be replaced while it
 * is copied.
 */
struct ucred *
crcopysafe(struct proc *p, struct ucred *newcred)
{
	PROC_LOCK_ASSERT(p, MA_OWNED);
	crcopy(newcred, p->p_ucred);
	return (p->p_ucred);
}

struct ucred *
crgetproc0(void)
{
	return (proc0.p_ucred);
}

/* The same object serves parent and child: no prison reference is added. */
struct ucred *
crcowget(struct ucred *cr)
{
	crhold_as(cr, cruser);
	__atomic_fetch_add(&cr->cr_users, 1, __ATOMIC_RELAXED);
	return (cr);
}

/* The reverse of crcowget(). */
static void
cr_unuse(struct ucred *cr)
{
	u_int old __diagused;

	old = __atomic_fetch_sub(&cr->cr_users, 1, __ATOMIC_RELAXED);
	KASSERT(old > 0, ("%s: no users on cred %p", __func__, cr));
	crfree_as(cr, cruser);
}

void
crcowfree(struct thread *td)
{
	struct ucred *cr = td->td_ucred;

	td->td_ucred = NULL;
	cr_unuse(cr);
}

/*
 * The caller's reference on the new credential becomes the process's use of
 * it; the use of the old one becomes a reference of the caller's.
 */
void
proc_set_cred(struct proc *p, struct ucred *newcred)
{
	struct ucred *oldcred = p->p_ucred;

	MPASS(oldcred != NULL);
	PROC_LOCK_ASSERT(p, MA_OWNED);
	VS_LEDGER(rele, VS_UCRED, newcred, NULL);
	VS_LEDGER(hold, VS_UCRED, newcred, cruser);
	__atomic_fetch_add(&newcred->cr_users, 1, __ATOMIC_RELAXED);
	/* Its threads compare without the lock at their kernel entry. */
	__atomic_store_n(&p->p_ucred, newcred, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&oldcred->cr_users, 1, __ATOMIC_RELAXED);
	VS_LEDGER(rele, VS_UCRED, oldcred, cruser);
	VS_LEDGER(hold, VS_UCRED, oldcred, NULL);
}

/* Nobody looks at a zombie's credential any more. */
void
proc_unset_cred(struct proc *p)
{
	struct ucred *cr = p->p_ucred;

	MPASS(p->p_state != PRS_NORMAL || p == &proc0);
	p->p_ucred = NULL;
	cr_unuse(cr);
}

/* The common case must cost no lock: every system call begins here. */
void
thread_cow_update(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct ucred *oldcred = td->td_ucred;

	if (__predict_true(__atomic_load_n(&p->p_ucred, __ATOMIC_ACQUIRE) ==
	    oldcred))
		return;
	PROC_LOCK(p);
	td->td_ucred = crcowget(p->p_ucred);
	PROC_UNLOCK(p);
	cr_unuse(oldcred);
}

/* The credential is not shared yet, or these would change it for others. */
void
change_euid(struct ucred *newcred, uid_t euid)
{
	newcred->cr_uid = euid;
}

void
change_ruid(struct ucred *newcred, uid_t ruid)
{
	newcred->cr_ruid = ruid;
}

void
change_svuid(struct ucred *newcred, uid_t svuid)
{
	newcred->cr_svuid = svuid;
}

void
change_egid(struct ucred *newcred, gid_t egid)
{
	newcred->cr_gid = egid;
}

void
change_rgid(struct ucred *newcred, gid_t rgid)
{
	newcred->cr_rgid = rgid;
}

void
change_svgid(struct ucred *newcred, gid_t svgid)
{
	newcred->cr_svgid = svgid;
}

bool
groupmember(gid_t gid, const struct ucred *cred)
{
	int i;

	if (gid == cred->cr_gid)
		return (true);
	for (i = 0; i < cred->cr_ngroups; i++)
		if (gid == cred->cr_groups[i])
			return (true);
	return (false);
}

/*
 * setuid(2) as FreeBSD has it: with the privilege all three ids change, and
 * without it only a change to an id that the process has already.
 */
int
kern_setuid(struct thread *td, uid_t uid)
{
	struct proc *p = td->td_proc;
	struct ucred *newcred, *oldcred;
	int error = 0;

	newcred = crget();
	PROC_LOCK(p);
	oldcred = crcopysafe(p, newcred);
	if (uid != oldcred->cr_ruid && uid != oldcred->cr_uid)
		error = priv_check_cred(oldcred, PRIV_CRED_SETUID);
	if (error == 0) {
		change_ruid(newcred, uid);
		change_svuid(newcred, uid);
		change_euid(newcred, uid);
		p->p_flag |= P_SUGID;
		proc_set_cred(p, newcred);
	}
	PROC_UNLOCK(p);
	crfree(error == 0 ? oldcred : newcred);
	return (error);
}

/* Of FreeBSD's policies only the prison's is modelled. */
int
cr_cansee(struct ucred *u1, struct ucred *u2)
{
	return (prison_check(u1, u2));
}

/* Visible, and either one's own or with the privilege. */
int
p_cansignal(struct thread *td, struct proc *p, int signum __unused)
{
	struct ucred *cr = td->td_ucred;
	int error;

	PROC_LOCK_ASSERT(p, MA_OWNED);
	if (td->td_proc == p)
		return (0);
	if ((error = prison_check(cr, p->p_ucred)) != 0)
		return (error);
	if (cr->cr_ruid == p->p_ucred->cr_ruid ||
	    cr->cr_uid == p->p_ucred->cr_ruid ||
	    cr->cr_ruid == p->p_ucred->cr_svuid ||
	    cr->cr_uid == p->p_ucred->cr_svuid)
		return (0);
	return (priv_check(td, PRIV_SIGNAL_DIFFCRED));
}
