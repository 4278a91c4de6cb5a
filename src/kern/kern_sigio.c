/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Owners of files that announce themselves by a signal.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/signalvar.h>

#include <vnetsim/observe.h>

static MALLOC_DEFINE(M_SIGIO, "sigio", "sigio structures");

/* All ties between files and processes.  After a process's lock. */
static struct mtx sigio_mtx;
MTX_SYSINIT(sigio_mtx, &sigio_mtx, "sigio lock", MTX_DEF);

/* Cuts the tie; what is returned is the caller's to free. */
static struct sigio *
sigio_take(struct sigio **sigiop)
{
	struct sigio *sio = *sigiop;

	mtx_assert(&sigio_mtx, MA_OWNED);
	if (sio == NULL)
		return (NULL);
	SLIST_REMOVE(&sio->sio_proc->p_sigiolst, sio, sigio, sio_pgsigio);
	*sigiop = NULL;
	return (sio);
}

void
funsetown(struct sigio **sigiop)
{
	struct sigio *sio;

	mtx_lock(&sigio_mtx);
	sio = sigio_take(sigiop);
	mtx_unlock(&sigio_mtx);
	free(sio, M_SIGIO);
}

void
funsetownlst(struct sigiolst *sigiolst)
{
	struct sigio *sio;

	mtx_lock(&sigio_mtx);
	while ((sio = SLIST_FIRST(sigiolst)) != NULL) {
		(void)sigio_take(sio->sio_myref);
		free(sio, M_SIGIO);
	}
	mtx_unlock(&sigio_mtx);
}

int
fsetown(pid_t pgid, struct sigio **sigiop)
{
	struct sigio *sio, *old = NULL;
	struct proc *p;

	if (pgid == 0) {
		funsetown(sigiop);
		return (0);
	}
	sio = malloc(sizeof(*sio), M_SIGIO, M_WAITOK);
	/* With the process's lock it is not on its way out unnoticed. */
	p = pgid > 0 ? pfind(pgid) : NULL;
	if (p != NULL && (p->p_flag & P_WEXIT) != 0) {
		PROC_UNLOCK(p);
		p = NULL;
	}
	if (p == NULL) {
		free(sio, M_SIGIO);
		return (ESRCH);
	}
	mtx_lock(&sigio_mtx);
	old = sigio_take(sigiop);
	*sio = (struct sigio){ .sio_proc = p, .sio_pgid = pgid,
	    .sio_myref = sigiop };
	SLIST_INSERT_HEAD(&p->p_sigiolst, sio, sio_pgsigio);
	*sigiop = sio;
	mtx_unlock(&sigio_mtx);
	PROC_UNLOCK(p);
	free(old, M_SIGIO);
	return (0);
}

pid_t
fgetown(struct sigio **sigiop)
{
	pid_t pgid;

	mtx_lock(&sigio_mtx);
	pgid = *sigiop != NULL ? (*sigiop)->sio_pgid : 0;
	mtx_unlock(&sigio_mtx);
	return (pgid);
}

void
pgsigio(struct sigio **sigiop, int sig, int checkctty __unused)
{
	pid_t pid;

	KASSERT(sig == SIGIO || sig == SIGURG, ("%s: signal %d", __func__,
	    sig));
	pid = fgetown(sigiop);
	if (pid != 0)
		VS_EVENT("signal", "%s pid %d", sig == SIGIO ? "SIGIO" :
		    "SIGURG", (int)pid);
}
