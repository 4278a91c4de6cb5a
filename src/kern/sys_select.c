/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * poll(2) that waits.
 *
 * A thread asks the file first.  A method that has nothing leaves a record of
 * the thread with what it will become ready by (selrecord()); whoever makes
 * that ready tells all who left one, and they ask again.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/condvar.h>
#include <sys/file.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/selinfo.h>
#include <sys/time.h>

#include <vnetsim/syscalls.h>

#include "boot.h"
#include "sys_generic.h"

#define	SEL_RECORDS	2	/* for each of reading and writing one */

/*
 * A record: this thread waits for that.
 * Locks: (s) sel_mtx, (c) constant.
 */
struct selfd {
	LIST_ENTRY(selfd) sf_link;		/* (s) si_tdlist */
	struct selinfo	*sf_si;			/* (s) NULL: not in use */
	struct seltd	*sf_td;			/* (c) */
};

/*
 * A thread in poll(2).  Locks: (s) sel_mtx.
 */
struct seltd {
	struct selfd	st_records[SEL_RECORDS];	/* (s) */
	struct cv	st_wait;
	bool		st_pending;			/* (s) ask again */
};

static struct mtx sel_mtx;	/* after every device's locks */
MTX_SYSINIT(sel_mtx, &sel_mtx, "sellck", MTX_DEF);

/* --- devices ------------------------------------------------------------ */

void
selrecord(struct thread *selector, struct selinfo *sip)
{
	struct seltd *st = selector->td_sel;
	struct selfd *sf;
	int i;

	if (st == NULL)
		return;
	mtx_lock(&sel_mtx);
	for (i = 0; i < SEL_RECORDS && st->st_records[i].sf_si != NULL; i++)
		if (st->st_records[i].sf_si == sip)
			break;
	KASSERT(i < SEL_RECORDS, ("%s: more than %d for a descriptor",
	    __func__, SEL_RECORDS));
	sf = &st->st_records[i];
	if (sf->sf_si == NULL) {
		sf->sf_si = sip;
		LIST_INSERT_HEAD(&sip->si_tdlist, sf, sf_link);
	}
	mtx_unlock(&sel_mtx);
}

void
selwakeup(struct selinfo *sip)
{
	struct selfd *sf;

	mtx_lock(&sel_mtx);
	while ((sf = LIST_FIRST(&sip->si_tdlist)) != NULL) {
		LIST_REMOVE(sf, sf_link);
		sf->sf_si = NULL;
		sf->sf_td->st_pending = true;
		cv_broadcast(&sf->sf_td->st_wait);
	}
	mtx_unlock(&sel_mtx);
}

void
selwakeuppri(struct selinfo *sip, int pri __unused)
{
	selwakeup(sip);
}

/* A woken thread does not come back to what it had recorded itself with. */
void
seldrain(struct selinfo *sip)
{
	selwakeup(sip);
}

/* --- poll(2) ------------------------------------------------------------ */

static void
seltd_init(struct seltd *st)
{
	int i;

	memset(st, 0, sizeof(*st));
	cv_init(&st->st_wait, "select");
	for (i = 0; i < SEL_RECORDS; i++)
		st->st_records[i].sf_td = st;
}

/* Takes back what the last round has recorded. */
static void
seltd_clear(struct seltd *st)
{
	struct selfd *sf;
	int i;

	mtx_assert(&sel_mtx, MA_OWNED);
	for (i = 0; i < SEL_RECORDS; i++) {
		sf = &st->st_records[i];
		if (sf->sf_si != NULL)
			LIST_REMOVE(sf, sf_link);
		sf->sf_si = NULL;
	}
	st->st_pending = false;
}

/* Until somebody has said that it is worth asking again. */
static int
seltd_wait(struct seltd *st, sbintime_t until)
{
	int error = 0;

	mtx_lock(&sel_mtx);
	while (!st->st_pending && error == 0) {
		if (until == SBT_MAX)
			error = cv_wait_sig(&st->st_wait, &sel_mtx);
		else
			error = cv_timedwait_sig_sbt(&st->st_wait, &sel_mtx,
			    until, 0, C_ABSOLUTE);
	}
	seltd_clear(st);
	mtx_unlock(&sel_mtx);
	return (error);
}

/*
 * 0 with `*revents` 0 when the time is over; `timeout` in milliseconds, < 0
 * for ever.
 */
int
kern_poll_wait(struct thread *td, int fd, int events, int timeout,
    int *revents)
{
	sbintime_t until = timeout < 0 ? SBT_MAX :
	    sbinuptime() + timeout * SBT_1MS;
	struct seltd st;
	int error;

	seltd_init(&st);
	td->td_sel = &st;
	for (;;) {
		error = kern_poll(td, fd, events, revents);
		if (error != 0 || *revents != 0)
			break;
		if ((error = seltd_wait(&st, until)) != 0)
			break;
	}
	td->td_sel = NULL;
	mtx_lock(&sel_mtx);
	seltd_clear(&st);
	mtx_unlock(&sel_mtx);
	cv_destroy(&st.st_wait);
	/* poll(2) is never restarted. */
	if (error == EWOULDBLOCK)
		return (0);
	return (error == ERESTART ? EINTR : error);
}

struct poll_wait_args {
	int	fd;
	int	events;
	int	timeout;
	int	revents;
};

static int
sys_poll_wait(struct thread *td, void *arg)
{
	struct poll_wait_args *args = arg;

	return (kern_poll_wait(td, args->fd, args->events, args->timeout,
	    &args->revents));
}

int
vs_poll_wait(int fd, int events, int timeout, int *revents)
{
	struct poll_wait_args args = { fd, events, timeout, 0 };
	int error;

	error = syscall_run("poll", sys_poll_wait, &args);
	if (revents != NULL)
		*revents = args.revents;
	return (error);
}
