/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: the end of an open file's private data.
 *
 * A record has one destructor and two who may run it: the last close, and
 * the destruction of the node.  Who unlinks the record under cdevpriv_mtx
 * runs it, and the destruction waits for those that others run.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/file.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include "boot.h"
#include "bugs.h"
#include "conf_impl.h"

struct mtx cdevpriv_mtx;
MTX_SYSINIT(cdevpriv, &cdevpriv_mtx, "cdevpriv lock", MTX_DEF);

MALLOC_DEFINE(M_CDEVPDATA, "DEVFSP", "Metainfo for cdev-fp data");

/* The destructor may do what it likes, but destroy its own node. */
static void
run_destructor(struct cdev_privdata *p, const struct cdev *dev)
{
	const struct cdev *outer = curthread->td_devdtr;

	curthread->td_devdtr = dev;
	KFAIL_POINT_CODE(DEBUG_FP, cdevpriv_destructor, (void)0);
	p->cdpd_dtr(p->cdpd_data);
	curthread->td_devdtr = outer;
}

void
devfs_destroy_cdevpriv(struct cdev_priv *cdp, struct cdev_privdata *p)
{
	mtx_assert(&cdevpriv_mtx, MA_OWNED);
	KASSERT(p->cdpd_fp->f_cdevpriv == p,
	    ("devfs_destroy_cdevpriv %p != %p", p->cdpd_fp->f_cdevpriv, p));
	cdp->cdp_fdpriv_dtrc++;
	__atomic_store_n(&p->cdpd_fp->f_cdevpriv, NULL, __ATOMIC_RELEASE);
	LIST_REMOVE(p, cdpd_list);
	mtx_unlock(&cdevpriv_mtx);

	run_destructor(p, &cdp->cdp_c);

	mtx_lock(&cdevpriv_mtx);
	if (--cdp->cdp_fdpriv_dtrc == 0)
		wakeup(&cdp->cdp_fdpriv_dtrc);
	mtx_unlock(&cdevpriv_mtx);
	free(p, M_CDEVPDATA);
}

/*
 * The head is taken anew in every round: while a destructor runs, a close may
 * remove any other record (per-open-data-list-safe-iterator).
 */
static struct cdev_privdata *
next_record(struct cdev_priv *cdp, struct cdev_privdata *saved)
{
	mtx_assert(&cdevpriv_mtx, MA_OWNED);
	if (BUG(CDEVPRIV_SAFE_ITERATOR))
		return (saved);
	return (LIST_FIRST(&cdp->cdp_fdpriv));
}

void
devfs_drain_cdevpriv(struct cdev_priv *cdp)
{
	struct cdev_privdata *p, *saved;

	mtx_lock(&cdevpriv_mtx);
	for (p = LIST_FIRST(&cdp->cdp_fdpriv); p != NULL;
	    p = next_record(cdp, saved)) {
		saved = LIST_NEXT(p, cdpd_list);
		devfs_destroy_cdevpriv(cdp, p);
		mtx_lock(&cdevpriv_mtx);
	}
	/* tun-open-flag-cleared-early: there were no such destructors then. */
	while (cdp->cdp_fdpriv_dtrc != 0 && !BUG(TUN_CLOSED_EARLY)) {
		if (curthread->td_devdtr == &cdp->cdp_c)
			panic_outcome(VS_DEADLOCK, "deadlock: destroy_dev(%s) "
			    "waits for the private data's destructor that "
			    "called it", devtoname(&cdp->cdp_c));
		msleep(&cdp->cdp_fdpriv_dtrc, &cdevpriv_mtx, 0, "cdfdpc", 0);
	}
	mtx_unlock(&cdevpriv_mtx);
}
