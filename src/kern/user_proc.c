/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The user's side of processes and open files, and what tests may see of
 * them and of jails.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/filedesc.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <sys/taskqueue.h>
#include <sys/time.h>
#include <sys/ucred.h>

#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>

#include "boot.h"
#include "check.h"
#include "jail_private.h"
#include "proc_private.h"
#include "waitq.h"

CTASSERT((int)VS_JAIL_INVALID == (int)PRISON_STATE_INVALID &&
    (int)VS_JAIL_ALIVE == (int)PRISON_STATE_ALIVE &&
    (int)VS_JAIL_DEAD == (int)PRISON_STATE_DYING);

struct kill_args {
	int	pid;
	int	sig;
};

/* The calls, each as FreeBSD's has it. */
static int
sys_getpid(struct thread *td, void *arg)
{
	*(int *)arg = td->td_proc->p_pid;
	return (0);
}

static int
sys_getuid(struct thread *td, void *arg)
{
	*(int *)arg = td->td_ucred->cr_ruid;
	return (0);
}

/* Changes all three ids of root, one's own otherwise. */
static int
sys_setuid(struct thread *td, void *arg)
{
	return (kern_setuid(td, *(unsigned *)arg));
}

static int
sys_kill(struct thread *td, void *arg)
{
	const struct kill_args *args = arg;

	return (kern_kill(td, args->pid, args->sig));
}

static int
sys_nanosleep(struct thread *td __unused, void *arg)
{
	static int sleeping;
	int error;

	error = tsleep_sbt(&sleeping, PWAIT | PCATCH, "nanslp",
	    nstosbt(*(int64_t *)arg), 0, 0);
	if (error == ERESTART)
		error = EINTR;
	return (error == EWOULDBLOCK ? 0 : error);
}

static int
sys_close(struct thread *td, void *arg)
{
	return (kern_close(td, *(int *)arg));
}

int
vs_getpid(void)
{
	int pid = -1;

	(void)syscall_run("getpid", sys_getpid, &pid);
	return (pid);
}

int
vs_getuid(void)
{
	int uid = -1;

	(void)syscall_run("getuid", sys_getuid, &uid);
	return (uid);
}

int
vs_setuid(unsigned uid)
{
	return (syscall_run("setuid", sys_setuid, &uid));
}

int
vs_kill(int pid, int sig)
{
	struct kill_args args = { pid, sig };

	return (syscall_run("kill", sys_kill, &args));
}

int
vs_nanosleep(int64_t ns)
{
	/* tsleep() takes 0 for ever. */
	return (ns <= 0 ? 0 : syscall_run("nanosleep", sys_nanosleep, &ns));
}

int
vs_close(int fd)
{
	return (syscall_run("close", sys_close, &fd));
}

/* --- a look inside -------------------------------------------------------- */

struct inspect_args {
	int	id;
	void	*info;
};

/* All fields at one moment, under the locks that guard them. */
static int
inspect_jail(struct thread *td __unused, void *arg)
{
	struct inspect_args *args = arg;
	struct vs_jail_info *info = args->info;
	struct prison *pr;

	sx_slock(&allprison_lock);
	if ((pr = prison_lookup(args->id)) == NULL) {
		sx_sunlock(&allprison_lock);
		return (ENOENT);
	}
	mtx_lock(&pr->pr_mtx);
	info->jid = pr->pr_id;
	info->ref = refcount_load(&pr->pr_ref);
	info->uref = refcount_load(&pr->pr_uref);
	info->state = (enum vs_jail_state)pr->pr_state;
	info->flags = pr->pr_flags;
	info->allow = pr->pr_allow;
	info->childcount = pr->pr_childcount;
	info->childmax = pr->pr_childmax;
	info->owns_vnet = prison_owns_vnet(pr);
	info->vnet = pr->pr_vnet;
	info->prison = pr;
	strlcpy(info->name, pr->pr_name, sizeof(info->name));
	mtx_unlock(&pr->pr_mtx);
	sx_sunlock(&allprison_lock);
	return (0);
}

int
vs_jail_inspect(int jid, struct vs_jail_info *info)
{
	struct inspect_args args = { jid, info };

	return (syscall_run("inspect", inspect_jail, &args));
}

static int
inspect_count(struct thread *td __unused, void *arg)
{
	struct prison *pr;
	unsigned n = 0;

	sx_slock(&allprison_lock);
	TAILQ_FOREACH(pr, &allprison, pr_list)
		n++;
	sx_sunlock(&allprison_lock);
	*(unsigned *)arg = n;
	return (0);
}

unsigned
vs_jail_count(void)
{
	unsigned n = 0;

	(void)syscall_run("inspect", inspect_count, &n);
	return (n);
}

/* A drain is a barrier: what was queued before it has been done after it. */
static int
inspect_settle(struct thread *td __unused, void *arg __unused)
{
	taskqueue_drain_all(taskqueue_jail_remove);
	return (0);
}

void
vs_jail_settle(void)
{
	(void)syscall_run("inspect", inspect_settle, NULL);
}

/* A process by pid, zombies too; allproc_lock held. */
static struct proc *
inspect_pfind(int pid)
{
	struct proc *p;

	FOREACH_PROC_IN_SYSTEM(p)
		if (p->p_pid == pid)
			return (p);
	LIST_FOREACH(p, &zombproc, p_list)
		if (p->p_pid == pid)
			return (p);
	return (NULL);
}

/* Does a thread of the process sleep where a signal reaches it? */
struct sleeper {
	const struct proc *proc;
	bool		found;
};

static void
inspect_sleeper(struct thread *td, void *arg)
{
	struct sleeper *sleeper = arg;

	if (td->td_proc == sleeper->proc && waitq_interruptible(td))
		sleeper->found = true;
}

static bool
inspect_asleep(const struct proc *p)
{
	struct sleeper sleeper = { p, false };

	thread_foreach(inspect_sleeper, &sleeper);
	return (sleeper.found);
}

/* Zombies keep their credential, and with it their jail. */
static int
inspect_proc(struct thread *td, void *arg)
{
	struct inspect_args *args = arg;
	struct vs_proc_info *info = args->info;
	struct proc *p;

	sx_slock(&allproc_lock);
	p = args->id == -1 ? td->td_proc : inspect_pfind(args->id);
	if (p == NULL) {
		sx_sunlock(&allproc_lock);
		return (ESRCH);
	}
	PROC_LOCK(p);
	info->pid = p->p_pid;
	info->jid = __atomic_load_n(&p->p_ucred->cr_prison->pr_id,
	    __ATOMIC_RELAXED);
	info->sig = p->p_sig;
	info->zombie = p->p_state == PRS_ZOMBIE;
	info->asleep = inspect_asleep(p);
	info->cr_ref = refcount_load(&p->p_ucred->cr_ref);
	info->cr_users = __atomic_load_n(&p->p_ucred->cr_users,
	    __ATOMIC_RELAXED);
	PROC_UNLOCK(p);
	sx_sunlock(&allproc_lock);
	return (0);
}

int
vs_proc_inspect(int pid, struct vs_proc_info *info)
{
	struct inspect_args args = { pid, info };

	return (syscall_run("inspect", inspect_proc, &args));
}

/* --- what should not be ---------------------------------------------------- */

static void
check_children(struct check_report *report)
{
	const struct prison *pr;

	TAILQ_FOREACH(pr, &allprison, pr_list)
		if (prison_isalive(pr) && pr->pr_parent != NULL &&
		    !prison_isalive(pr->pr_parent))
			check_failed(report, "jail %s lives on below its "
			    "parent, which was removed\n", pr->pr_name);
}

/* Killers, and a newborn, mark the process before they let it go on. */
static void
check_procs(struct check_report *report)
{
	struct prison *pr;
	struct proc *p;

	FOREACH_PROC_IN_SYSTEM(p) {
		PROC_LOCK(p);
		pr = p->p_ucred->cr_prison;
		if (p->p_state == PRS_NORMAL && p->p_sig == 0 &&
		    (p->p_flag & P_WEXIT) == 0 && !prison_isalive(pr))
			check_failed(report, "process %d lives on in jail %s, "
			    "which was removed\n", (int)p->p_pid,
			    pr->pr_name);
		PROC_UNLOCK(p);
	}
}

/* Processes before prisons, as everywhere. */
static int
check_jails(struct thread *td __unused, void *arg)
{
	sx_slock(&allproc_lock);
	sx_slock(&allprison_lock);
	check_children(arg);
	check_procs(arg);
	check_node_jails(arg);
	sx_sunlock(&allprison_lock);
	sx_sunlock(&allproc_lock);
	return (0);
}

unsigned
vs_check_jails(char *buf, size_t size)
{
	return (check_run(check_jails, buf, size));
}
