/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The tree of prisons: finding them, holding them, and the list that they
 * stand in.  What happens when references go is in kern_jail_deref.c.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <sys/taskqueue.h>
#include <sys/ucred.h>

#include <vnetsim/observe.h>

#include "boot.h"
#include "bugs.h"
#include "jail_private.h"

MALLOC_DEFINE(M_PRISON, "prison", "Prison structures");

struct prison prison0;
struct prisonlist allprison;
struct sx allprison_lock;
SX_SYSINIT(allprison_lock, &allprison_lock, "allprison");

/*
 * The last references of a prison go in a thread of their own, because what
 * follows sleeps, and drains the queues of others.
 */
TASKQUEUE_DEFINE_THREAD(jail_remove);

static int lastprid;		/* allprison_lock; last automatic id */
static int lastdeadid;		/* allprison_lock; last id of a dying one */

const char pr_holder_call[] = "system call";
const char pr_holder_persist[] = "persist";
const char pr_holder_cred[] = "ucred";
const char pr_holder_proc[] = "process";
const char pr_holder_child[] = "child prison";
const char pr_holder_task[] = "jail_remove task";
const char pr_holder_kill[] = "removal";

static void	prison_complete(void *, int);

/*
 * The host's prison.  It comes up before there are processes, with nobody
 * but proc0's credential and proc0 in mind, and never goes away.
 */
static void
prison0_init(void *arg __unused)
{
	struct prison *pr = &prison0;

	memset(pr, 0, sizeof(*pr));
	TAILQ_INIT(&allprison);
	lastprid = lastdeadid = 0;
	LIST_INIT(&pr->pr_children);
	LIST_INIT(&pr->pr_proclist);
	LIST_INIT(&pr->pr_descs);
	mtx_init(&pr->pr_mtx, "jail mutex", NULL, MTX_DEF);
	refcount_init(&pr->pr_ref, 1);
	refcount_init(&pr->pr_uref, 1);
	pr->pr_flags = PR_HOST | PR_VNET | PR_IP4_SADDRSEL | PR_IP6_SADDRSEL;
	pr->pr_state = PRISON_STATE_ALIVE;
	pr->pr_securelevel = -1;
	pr->pr_childmax = JAIL_MAX;
	pr->pr_cpuset_id = 1;
	pr->pr_allow = PR_ALLOW_ALL_STATIC & ~PR_ALLOW_UNPRIV_PARENT_TAMPER;
	pr->pr_osreldate = __FreeBSD_version;
	pr->pr_path = strdup("/", M_PRISON);
	strlcpy(pr->pr_name, "0", sizeof(pr->pr_name));
	strlcpy(pr->pr_hostname, "vnetsim", sizeof(pr->pr_hostname));
	strlcpy(pr->pr_hostuuid, "00000000-0000-0000-0000-000000000000",
	    sizeof(pr->pr_hostuuid));
	strlcpy(pr->pr_osrelease, "15.1-STABLE", sizeof(pr->pr_osrelease));
	VS_LEDGER(birth, VS_PRISON, pr, "prison0", pr_holder_cred);
	VS_LEDGER(birth, VS_PRISON_USER, pr, "prison0", pr_holder_proc);
}
SYSINIT(prison0, SI_SUB_EVENTHANDLER, SI_ORDER_ANY, prison0_init, NULL);

/*
 * proc0 goes with its credential, and nobody queues a task for that.  What
 * else holds prison0 is left in the ledger, where shutdown finds it.
 */
void
prison0_rele(void)
{
	osd_jail_exit(&prison0);
	VS_LEDGER(rele, VS_PRISON, &prison0, pr_holder_cred);
	if (refcount_release(&prison0.pr_ref))
		VS_LEDGER(death, VS_PRISON, &prison0);
	VS_LEDGER(rele, VS_PRISON_USER, &prison0, pr_holder_proc);
	if (refcount_release(&prison0.pr_uref))
		VS_LEDGER(death, VS_PRISON_USER, &prison0);
}

static void
prison0_uninit(void *arg __unused)
{
	mtx_destroy(&prison0.pr_mtx);
	free(prison0.pr_path, M_PRISON);
}
SYSUNINIT(prison0, SI_SUB_EVENTHANDLER, SI_ORDER_ANY, prison0_uninit, NULL);

/*
 * At shutdown: removes every jail.  What a credential pins stays behind and
 * is found by the ledger.
 */
void
prison_shutdown(void)
{
	struct prison *pr;

	sx_xlock(&allprison_lock);
	while ((pr = LIST_FIRST(&prison0.pr_children)) != NULL) {
		while (pr != NULL && pr_state_load(pr) != PRISON_STATE_ALIVE)
			pr = LIST_NEXT(pr, pr_sibling);
		if (pr == NULL)
			break;
		mtx_lock(&pr->pr_mtx);
		prison_hold_as(pr, pr_holder_call);
		prison_remove(pr);
		sx_xlock(&allprison_lock);
	}
	sx_xunlock(&allprison_lock);
	taskqueue_drain_all(taskqueue_jail_remove);
}

/* --- references ----------------------------------------------------------- */

/*
 * From zero there is no way back: who finds a prison without references has
 * no right to hold it.
 */
void
prison_hold_as(struct prison *pr, const char *holder)
{
	u_int old __diagused;

	old = refcount_acquire(&pr->pr_ref);
	KASSERT(old > 0, ("Trying to hold dead prison %p (jid=%d).", pr,
	    pr->pr_id));
	VS_LEDGER(hold, VS_PRISON, pr, holder);
}

void
prison_hold(struct prison *pr)
{
	prison_hold_as(pr, NULL);
}

void
prison_hold_locked(struct prison *pr)
{
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	prison_hold_as(pr, NULL);
}

/*
 * jail-removal-waits-for-its-own-queue: it was the queue of all system tasks,
 * whose end a removal may have to wait for.
 */
static void
prison_complete_later(struct prison *pr)
{
	taskqueue_enqueue(BUG(JAIL_REMOVE_SHARED_QUEUE) ? taskqueue_thread :
	    taskqueue_jail_remove, &pr->pr_task);
}

/*
 * The last reference stays where it is, owed to the task.  Should somebody
 * take and give back another one meanwhile, the count moves 1, 2, 1, and the
 * task still has exactly one to give up.
 */
void
prison_free_as(struct prison *pr, const char *holder)
{
	KASSERT(refcount_load(&pr->pr_ref) > 0,
	    ("Trying to free dead prison %p (jid=%d).", pr, pr->pr_id));
	VS_LEDGER(rele, VS_PRISON, pr, holder);
	if (refcount_release_if_not_last(&pr->pr_ref))
		return;
	VS_LEDGER(hold, VS_PRISON, pr, pr_holder_task);
	prison_complete_later(pr);
}

void
prison_free(struct prison *pr)
{
	prison_free_as(pr, NULL);
}

void
prison_free_locked(struct prison *pr)
{
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	mtx_unlock(&pr->pr_mtx);
	prison_free_as(pr, NULL);
}

/* Where the last one is known to be elsewhere no task is needed. */
void
prison_free_not_last(struct prison *pr, const char *holder)
{
	bool last __diagused;

	VS_LEDGER(rele, VS_PRISON, pr, holder);
	last = refcount_release(&pr->pr_ref);
	KASSERT(!last, ("prison_free_not_last freed last ref on prison %p "
	    "(jid=%d).", pr, pr->pr_id));
}

/*
 * Callers are sure that the prison may have users: it is new, alive, or being
 * killed by themselves.
 */
void
prison_uref_hold(struct prison *pr, const char *holder)
{
	if (refcount_acquire(&pr->pr_uref) == 0)
		VS_LEDGER(birth, VS_PRISON_USER, pr, pr->pr_name, holder);
	else
		VS_LEDGER(hold, VS_PRISON_USER, pr, holder);
}

void
prison_uref_free_not_last(struct prison *pr, const char *holder)
{
	bool last __diagused;

	VS_LEDGER(rele, VS_PRISON_USER, pr, holder);
	last = refcount_release(&pr->pr_uref);
	KASSERT(!last, ("prison_proc_free_not_last freed last user ref on "
	    "prison %p (jid=%d).", pr, pr->pr_id));
}

/* The count stays the same; the ledger learns who has it now. */
void
prison_uref_pass(struct prison *pr __unused, const char *from __unused,
    const char *to __unused)
{
	VS_LEDGER(hold, VS_PRISON_USER, pr, to);
	VS_LEDGER(rele, VS_PRISON_USER, pr, from);
}

/* The caller is a process of the prison, so that there is one already. */
void
prison_proc_hold(struct prison *pr)
{
	u_int old __diagused;

	old = refcount_acquire(&pr->pr_uref);
	KASSERT(old > 0, ("Cannot add a process to a non-alive prison "
	    "(jid=%d)", pr->pr_id));
	VS_LEDGER(hold, VS_PRISON_USER, pr, pr_holder_proc);
}

/*
 * The last user reference is owed to the task like the last reference.  The
 * extra hold makes sure that a prison_free() before the task has run does not
 * take its reference for the last one and queue the task for itself.
 */
void
prison_proc_free(struct prison *pr)
{
	KASSERT(refcount_load(&pr->pr_uref) > 0,
	    ("Trying to kill a process in a dead prison (jid=%d)",
	    pr->pr_id));
	VS_LEDGER(rele, VS_PRISON_USER, pr, pr_holder_proc);
	if (refcount_release_if_not_last(&pr->pr_uref))
		return;
	if (BUG(ZERO_CROSSING_UNLOCKED)) {
		prison_uref_last_unlocked(pr);
		return;
	}
	VS_LEDGER(hold, VS_PRISON_USER, pr, pr_holder_task);
	prison_hold_as(pr, pr_holder_task);
	mtx_lock(&pr->pr_mtx);
	KASSERT((pr->pr_flags & PR_COMPLETE_PROC) == 0,
	    ("Redundant last reference in prison_proc_free (jid=%d)",
	    pr->pr_id));
	pr_flags_set(pr, PR_COMPLETE_PROC, 0);
	mtx_unlock(&pr->pr_mtx);
	prison_complete_later(pr);
}

/* The task: gives up what prison_free() and prison_proc_free() left. */
static void
prison_complete(void *context, int pending __unused)
{
	struct prison *pr = context;
	int flags = PD_DEREF | PD_LOCKED | PD_LIST_XLOCKED;

	sx_xlock(&allprison_lock);
	mtx_lock(&pr->pr_mtx);
	if (pr->pr_flags & PR_COMPLETE_PROC) {
		pr_flags_set(pr, 0, PR_COMPLETE_PROC);
		flags |= PD_DEUREF;
	}
	prison_deref(pr, flags, pr_holder_task, pr_holder_task);
}

/* The caller's hold is the one that the removal consumes. */
void
prison_remove(struct prison *pr)
{
	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	prison_deref(pr, PD_KILL | PD_DEREF | PD_LOCKED | PD_LIST_XLOCKED,
	    pr_holder_call, NULL);
}

/* --- the list and the tree ------------------------------------------------ */

/* Puts it in front of the first one with a higher id. */
static void
prison_list_insert(struct prison *pr)
{
	struct prison *next;

	TAILQ_FOREACH(next, &allprison, pr_list) {
		if (next->pr_id > pr->pr_id) {
			TAILQ_INSERT_BEFORE(next, pr, pr_list);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&allprison, pr, pr_list);
}

/* The parent is kept and kept alive by each child until that is unlinked. */
void
prison_insert(struct prison *pr, struct prison *ppr)
{
	struct prison *tpr;

	sx_assert(&allprison_lock, SA_XLOCKED);
	TASK_INIT(&pr->pr_task, 0, prison_complete, pr);
	prison_list_insert(pr);
	pr->pr_parent = ppr;
	prison_hold_as(ppr, pr_holder_child);
	prison_uref_hold(ppr, pr_holder_child);
	LIST_INSERT_HEAD(&ppr->pr_children, pr, pr_sibling);
	for (tpr = ppr; tpr != NULL; tpr = tpr->pr_parent)
		tpr->pr_childcount++;
}

/* Nobody but lookups by number notices. */
void
prison_renumber(struct prison *pr, int id)
{
	sx_assert(&allprison_lock, SA_XLOCKED);
	TAILQ_REMOVE(&allprison, pr, pr_list);
	mtx_lock(&pr->pr_mtx);
	PR_STORE(pr->pr_id, id);
	mtx_unlock(&pr->pr_mtx);
	prison_list_insert(pr);
}

/* The list is sorted. */
struct prison *
prison_lookup(int id)
{
	struct prison *pr;

	sx_assert(&allprison_lock, SA_LOCKED);
	if (id == 0)
		return (&prison0);
	TAILQ_FOREACH(pr, &allprison, pr_list) {
		if (pr->pr_id >= id)
			return (pr->pr_id == id ? pr : NULL);
	}
	return (NULL);
}

/*
 * The next free id after the last one handed out.  Dying jails have theirs
 * still.
 */
int
prison_next_id(void)
{
	struct prison *pr;
	int id = lastprid, tries;

	for (tries = 0; tries < JAIL_MAX; tries++) {
		id = id >= JAIL_MAX ? 1 : id + 1;
		pr = TAILQ_LAST(&allprison, prisonlist);
		if (pr == NULL || pr->pr_id < id || prison_lookup(id) == NULL) {
			lastprid = id;
			return (id);
		}
	}
	return (0);
}

/* Ids for the dying are taken from the upper end. */
int
prison_next_dead_id(void)
{
	int id = lastdeadid == 0 ? JAIL_MAX + 1 : lastdeadid, tries;

	for (tries = 0; tries < JAIL_MAX; tries++) {
		id = id <= 1 ? JAIL_MAX : id - 1;
		if (prison_lookup(id) == NULL) {
			lastdeadid = id;
			return (id);
		}
	}
	return (0);
}

/* Down to the first child, else along, else up and along. */
struct prison *
prison_next(struct prison *ppr, struct prison *cpr, int descend)
{
	if (descend && !LIST_EMPTY(&cpr->pr_children))
		return (LIST_FIRST(&cpr->pr_children));
	while (cpr != ppr) {
		if (LIST_NEXT(cpr, pr_sibling) != NULL)
			return (LIST_NEXT(cpr, pr_sibling));
		cpr = cpr->pr_parent;
	}
	return (NULL);
}

/* An invalid prison is seen here only if something went wrong before. */
struct prison *
prison_find(int prid)
{
	struct prison *pr;

	sx_assert(&allprison_lock, SA_LOCKED);
	if (prid == 0 || (pr = prison_lookup(prid)) == NULL)
		return (NULL);
	mtx_lock(&pr->pr_mtx);
	KASSERT(prison_isvalid(pr), ("Found invalid prison %p", pr));
	return (pr);
}

/* What is not below the caller's prison does not exist. */
struct prison *
prison_find_child(struct prison *mypr, int prid)
{
	struct prison *pr;

	sx_assert(&allprison_lock, SA_LOCKED);
	if (prid == 0 || (pr = prison_lookup(prid)) == NULL ||
	    !prison_ischild(mypr, pr))
		return (NULL);
	KASSERT(prison_isvalid(pr), ("Found invalid prison %p", pr));
	mtx_lock(&pr->pr_mtx);
	return (pr);
}

/* Names of dying jails may be in use again: the living one is meant. */
struct prison *
prison_find_name(struct prison *mypr, const char *name)
{
	struct prison *pr, *deadpr = NULL;
	int descend;

	sx_assert(&allprison_lock, SA_LOCKED);
	FOREACH_PRISON_DESCENDANT(mypr, pr, descend) {
		if (strcmp(prison_name(mypr, pr), name) != 0)
			continue;
		KASSERT(prison_isvalid(pr), ("Found invalid prison %p", pr));
		deadpr = pr;
		if (prison_isalive(pr))
			break;
	}
	if (deadpr != NULL)
		mtx_lock(&deadpr->pr_mtx);
	return (deadpr);
}

/* Without a lock this is a hint, good enough where it is asked again later. */
bool
prison_isalive(const struct prison *pr)
{
	/* prison-state-deduced-from-counts: who has users must be alive. */
	if (BUG(ALIVE_BY_COUNT))
		return (__atomic_load_n(&pr->pr_uref, __ATOMIC_RELAXED) > 0);
	return (pr_state_load(pr) == PRISON_STATE_ALIVE);
}

bool
prison_isvalid(struct prison *pr)
{
	return (pr_state_load(pr) != PRISON_STATE_INVALID &&
	    refcount_load(&pr->pr_ref) != 0);
}

/* Parents of a held prison stay. */
int
prison_ischild(const struct prison *pr1, const struct prison *pr2)
{
	for (pr2 = pr2->pr_parent; pr2 != NULL; pr2 = pr2->pr_parent)
		if (pr1 == pr2)
			return (1);
	return (0);
}

/*
 * A name begins with the parents' names.  Without a lock the result is as
 * good as the last rename.
 */
const char *
prison_name(const struct prison *pr1, const struct prison *pr2)
{
	if (pr1 == pr2)
		return ("0");
	return (pr2->pr_name +
	    (pr1 == &prison0 ? 0 : strlen(pr1->pr_name) + 1));
}

/* --- processes ------------------------------------------------------------ */

void
prison_proc_link(struct prison *pr, struct proc *p)
{
	sx_assert(&allproc_lock, SA_XLOCKED);
	LIST_INSERT_HEAD(&pr->pr_proclist, p, p_jaillist);
}

void
prison_proc_unlink(struct prison *pr __unused, struct proc *p)
{
	sx_assert(&allproc_lock, SA_XLOCKED);
	LIST_REMOVE(p, p_jaillist);
}

static void
prison_proc_call(struct proc *p, void (*cb)(struct proc *, void *),
    void *arg)
{
	PROC_LOCK(p);
	if (p->p_state != PRS_NEW)
		cb(p, arg);
	PROC_UNLOCK(p);
}

static bool
prison_childless(struct prison *pr)
{
	bool none;

	sx_slock(&allprison_lock);
	none = LIST_EMPTY(&pr->pr_children);
	sx_sunlock(&allprison_lock);
	return (none);
}

/*
 * The list of one prison is short, that of all processes need not be; but a
 * prison with descendants has its processes spread over all their lists.
 */
void
prison_proc_iterate(struct prison *pr, void (*cb)(struct proc *, void *),
    void *arg)
{
	struct prison *ppr;
	struct proc *p;

	if (prison_childless(pr)) {
		sx_slock(&allproc_lock);
		LIST_FOREACH(p, &pr->pr_proclist, p_jaillist)
			prison_proc_call(p, cb, arg);
		sx_sunlock(&allproc_lock);
		/* A process may have made a child prison meanwhile. */
		if (prison_childless(pr))
			return;
	}
	sx_slock(&allproc_lock);
	FOREACH_PROC_IN_SYSTEM(p) {
		PROC_LOCK(p);
		ppr = p->p_ucred->cr_prison;
		if (p->p_state != PRS_NEW &&
		    (ppr == pr || prison_ischild(pr, ppr)))
			cb(p, arg);
		PROC_UNLOCK(p);
	}
	sx_sunlock(&allproc_lock);
}
