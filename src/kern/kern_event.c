/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel events: lists of notes on what is watched, and listeners with one
 * note each.
 *
 * The lock of a list is its owner's.  A listener must not use it unless the
 * owner waits for that: it marks its note "in flux", and knlist_clear() lets
 * nobody's list go before such a note is still.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/event.h>
#include <sys/file.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/time.h>

#include <vnetsim/syscalls.h>

#include "boot.h"

static MALLOC_DEFINE(M_KQUEUE, "kqueue", "memory for kqueue system");

static struct mtx kq_mtx;		/* after every list's lock */
MTX_SYSINIT(kq_mtx, &kq_mtx, "kqueue", MTX_DEF);
static int kq_flux;			/* channel: a note is still again */

/* --- lists -------------------------------------------------------------- */

void
knlist_init_mtx(struct knlist *knl, struct mtx *lock)
{
	SLIST_INIT(&knl->kl_list);
	knl->kl_lockarg = lock;
}

void
knlist_destroy(struct knlist *knl)
{
	KASSERT(SLIST_EMPTY(&knl->kl_list),
	    ("destroying knlist %p with knotes on it", knl));
	SLIST_INIT(&knl->kl_list);
}

int
knlist_empty(struct knlist *knl)
{
	mtx_assert(knl->kl_lockarg, MA_OWNED);
	return (SLIST_EMPTY(&knl->kl_list));
}

static void
knlist_enter(struct knlist *knl, int islocked)
{
	if (!islocked)
		mtx_lock(knl->kl_lockarg);
	mtx_assert(knl->kl_lockarg, MA_OWNED);
}

static void
knlist_exit(struct knlist *knl, int islocked)
{
	if (!islocked)
		mtx_unlock(knl->kl_lockarg);
}

void
knlist_add(struct knlist *knl, struct knote *kn, int islocked)
{
	knlist_enter(knl, islocked);
	SLIST_INSERT_HEAD(&knl->kl_list, kn, kn_selnext);
	mtx_lock(&kq_mtx);
	kn->kn_knlist = knl;
	kn->kn_status &= ~KN_DETACHED;
	mtx_unlock(&kq_mtx);
	knlist_exit(knl, islocked);
}

/* Off its list; `happened` is told to the listener. */
static void
knote_unlink(struct knlist *knl, struct knote *kn, int happened)
{
	SLIST_REMOVE(&knl->kl_list, kn, knote, kn_selnext);
	mtx_lock(&kq_mtx);
	kn->kn_knlist = NULL;
	kn->kn_status |= KN_DETACHED | happened;
	if (happened != 0)
		wakeup(kn);
	mtx_unlock(&kq_mtx);
}

void
knlist_remove(struct knlist *knl, struct knote *kn, int islocked)
{
	knlist_enter(knl, islocked);
	knote_unlink(knl, kn, 0);
	knlist_exit(knl, islocked);
}

/* Does its listener use the note?  Then waits for the end of it. */
static bool
knote_wait_still(struct knlist *knl, const struct knote *kn)
{
	mtx_lock(&kq_mtx);
	if ((kn->kn_status & KN_INFLUX) == 0) {
		mtx_unlock(&kq_mtx);
		return (false);
	}
	mtx_unlock(knl->kl_lockarg);
	msleep(&kq_flux, &kq_mtx, PDROP, "knlclear", 0);
	mtx_lock(knl->kl_lockarg);
	return (true);
}

void
knlist_clear(struct knlist *knl, int islocked)
{
	struct knote *kn;

	knlist_enter(knl, islocked);
	while ((kn = SLIST_FIRST(&knl->kl_list)) != NULL) {
		/* The note may be gone after a wait. */
		if (knote_wait_still(knl, kn))
			continue;
		kn->kn_flags |= EV_EOF | EV_ONESHOT;
		knote_unlink(knl, kn, KN_ACTIVE);
	}
	knlist_exit(knl, islocked);
}

void
knote(struct knlist *knl, long hint, int lockflags)
{
	struct knote *kn;

	if (knl == NULL || knl->kl_lockarg == NULL)
		return;
	knlist_enter(knl, lockflags & KNF_LISTLOCKED);
	SLIST_FOREACH(kn, &knl->kl_list, kn_selnext) {
		if (!kn->kn_fop->f_event(kn, hint))
			continue;
		mtx_lock(&kq_mtx);
		kn->kn_status |= KN_ACTIVE;
		wakeup(kn);
		mtx_unlock(&kq_mtx);
	}
	knlist_exit(knl, lockflags & KNF_LISTLOCKED);
}

int
knote_triv_copy(struct knote *kn __unused, struct proc *p1 __unused)
{
	return (0);
}

/* --- listeners ---------------------------------------------------------- */

/* Keeps the list until knote_still(); false if the note is on none. */
static bool
knote_flux(struct knote *kn)
{
	bool attached;

	mtx_lock(&kq_mtx);
	attached = (kn->kn_status & KN_DETACHED) == 0;
	if (attached)
		kn->kn_status |= KN_INFLUX;
	mtx_unlock(&kq_mtx);
	return (attached);
}

static void
knote_still(struct knote *kn)
{
	mtx_lock(&kq_mtx);
	kn->kn_status &= ~KN_INFLUX;
	wakeup(&kq_flux);
	mtx_unlock(&kq_mtx);
}

/* Asks the device once: is the event there? */
static bool
knote_scan(struct knote *kn, struct kevent *kev)
{
	struct knlist *knl;
	bool there;

	if (!knote_flux(kn)) {
		*kev = kn->kn_kevent;
		return (true);
	}
	knl = kn->kn_knlist;
	mtx_lock(knl->kl_lockarg);
	there = kn->kn_fop->f_event(kn, 0) != 0;
	*kev = kn->kn_kevent;
	mtx_unlock(knl->kl_lockarg);
	knote_still(kn);
	return (there);
}

/* Until a KNOTE() since the last look. */
static int
knote_sleep(struct knote *kn, sbintime_t until)
{
	int error = 0;

	mtx_lock(&kq_mtx);
	while ((kn->kn_status & KN_ACTIVE) == 0 && error == 0)
		error = msleep_sbt(kn, &kq_mtx, PCATCH, "kqread",
		    until == SBT_MAX ? 0 : until, 0,
		    until == SBT_MAX ? 0 : C_ABSOLUTE);
	mtx_unlock(&kq_mtx);
	return (error);
}

static void
knote_passive(struct knote *kn)
{
	mtx_lock(&kq_mtx);
	kn->kn_status &= ~KN_ACTIVE;
	mtx_unlock(&kq_mtx);
}

struct knote_args {
	int		fd;
	int		filter;
	int		timeout;
	struct knote	*kn;
	struct kevent	kev;
};

static int
sys_knote_open(struct thread *td, void *arg)
{
	struct knote_args *args = arg;
	struct knote *kn;
	struct file *fp;
	int error;

	if ((error = fget(td, args->fd, NULL, &fp)) != 0)
		return (error);
	kn = malloc(sizeof(*kn), M_KQUEUE, M_WAITOK | M_ZERO);
	kn->kn_kevent = (struct kevent){ .ident = args->fd,
	    .filter = args->filter, .flags = EV_ADD };
	kn->kn_status = KN_DETACHED;
	error = fp->f_ops->fo_kqfilter == NULL ? EINVAL :
	    fp->f_ops->fo_kqfilter(fp, kn);
	fdrop(fp, td);
	if (error != 0)
		free(kn, M_KQUEUE);
	else
		args->kn = kn;
	return (error);
}

static int
sys_knote_wait(struct thread *td __unused, void *arg)
{
	struct knote_args *args = arg;
	sbintime_t until = args->timeout < 0 ? SBT_MAX :
	    sbinuptime() + args->timeout * SBT_1MS;
	int error;

	for (;;) {
		knote_passive(args->kn);
		if (knote_scan(args->kn, &args->kev))
			return (0);
		if ((error = knote_sleep(args->kn, until)) != 0)
			return (error == ERESTART ? EINTR : error);
	}
}

static int
sys_knote_close(struct thread *td __unused, void *arg)
{
	struct knote_args *args = arg;
	struct knote *kn = args->kn;

	if (knote_flux(kn)) {
		kn->kn_fop->f_detach(kn);
		knote_still(kn);
	}
	free(kn, M_KQUEUE);
	return (0);
}

int
vs_knote_open(int fd, int filter, struct knote **knp)
{
	struct knote_args args = { .fd = fd, .filter = filter };
	int error;

	error = syscall_run("kevent", sys_knote_open, &args);
	*knp = args.kn;
	return (error);
}

int
vs_knote_wait(struct knote *kn, int timeout, int64_t *data, bool *eof)
{
	struct knote_args args = { .timeout = timeout, .kn = kn };
	int error;

	error = syscall_run("kevent", sys_knote_wait, &args);
	if (data != NULL)
		*data = args.kev.data;
	if (eof != NULL)
		*eof = (args.kev.flags & EV_EOF) != 0;
	return (error);
}

int
vs_knote_close(struct knote *kn)
{
	struct knote_args args = { .kn = kn };

	return (syscall_run("kevent", sys_knote_close, &args));
}
