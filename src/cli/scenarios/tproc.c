/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tproc: a process of two threads, and one that takes a socket to jail.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/ucred.h>
#include <net/if.h>

#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "scenarios.h"

static struct mtx tproc_mtx;
static bool tproc_done;			/* tproc_mtx */

static void
attach_to(const char *name)
{
	int jid;

	if (vs_jail_find(name, false, &jid) == 0)
		(void)vs_jail_attach(jid);
}

static void
tproc_second(void *arg __unused)
{
	attach_to("k");
	mtx_lock(&tproc_mtx);
	tproc_done = true;
	wakeup(&tproc_done);
	mtx_unlock(&tproc_mtx);
	kthread_exit();
}

/* Whichever was the last, the process is in that jail as a whole. */
int
hook_tproc_attach_both(void)
{
	struct proc *p = curthread->td_proc;
	int error, jid, root;

	tproc_done = false;
	mtx_init(&tproc_mtx, "tproc", NULL, MTX_DEF);
	error = kthread_add(tproc_second, NULL, p, NULL, 0, 0, "second");
	if (error != 0)
		return (error);
	attach_to("j");
	mtx_lock(&tproc_mtx);
	while (!tproc_done)
		msleep(&tproc_done, &tproc_mtx, 0, "tproc", 0);
	mtx_unlock(&tproc_mtx);
	mtx_destroy(&tproc_mtx);
	PROC_LOCK(p);
	root = p->p_rootjid;
	jid = p->p_ucred->cr_prison->pr_id;
	PROC_UNLOCK(p);
	if (root != jid)
		vs_fail("a process of jail %d has its root in jail %d", jid,
		    root);
	return (0);
}

/* The socket is of the stack that it was made in. */
int
hook_tproc_lend(void)
{
	struct ifreq ifr = { .ifr_name = "disc0" };
	int error, fd;

	if ((error = vs_socket(AF_LOCAL, SOCK_DGRAM, 0, &fd)) != 0)
		return (error);
	attach_to("j");
	error = vs_jail_find("k", false, &ifr.ifr_jid);
	if (error == 0)
		error = vs_ioctl(fd, SIOCSIFVNET, &ifr);
	(void)vs_close(fd);
	return (error);
}
