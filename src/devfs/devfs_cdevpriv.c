/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Private data of open files: devfs_set_cdevpriv(9).
 *
 * Whoever comes first ends a record: the last close of its file, a failed open,
 * the driver, or the device's destruction.  The record is taken off both lists
 * under the mutex and only then destroyed, so the others find none.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/file.h>
#include <sys/proc.h>

#include "devfs.h"
#include "devfs_int.h"

int
devfs_set_cdevpriv(void *priv, d_priv_dtor_t *dtr)
{
	struct file *fp = curthread->td_fpop;
	struct cdev_privdata *p;
	struct cdev_priv *cdp;

	if (fp == NULL)
		return (ENOENT);
	cdp = cdev2priv((struct cdev *)fp->f_data);
	p = malloc(sizeof(*p), M_CDEVPDATA, M_WAITOK);
	p->cdpd_data = priv;
	p->cdpd_dtr = dtr;
	p->cdpd_fp = fp;
	mtx_lock(&cdevpriv_mtx);
	if (fp->f_cdevpriv != NULL) {
		mtx_unlock(&cdevpriv_mtx);
		free(p, M_CDEVPDATA);
		return (EBUSY);
	}
	LIST_INSERT_HEAD(&cdp->cdp_fdpriv, p, cdpd_list);
	__atomic_store_n(&fp->f_cdevpriv, p, __ATOMIC_RELEASE);
	mtx_unlock(&cdevpriv_mtx);
	return (0);
}

/*
 * Without the mutex: the record lasts as long as the caller's thread reference
 * on the device, unless the driver clears it elsewhere at the same time.
 */
int
devfs_get_cdevpriv(void **datap)
{
	const struct cdev_privdata *record;
	const struct file *operand;

	operand = curthread->td_fpop;
	if (operand == NULL)
		return (EBADF);
	record = __atomic_load_n(&operand->f_cdevpriv, __ATOMIC_ACQUIRE);
	if (record != NULL)
		*datap = record->cdpd_data;
	return (record != NULL ? 0 : ENOENT);
}

void
devfs_fpdrop(struct file *fp)
{
	struct cdev *dev = fp->f_data;

	/*
	 * While there is a record the device is not destroyed, and then the
	 * destruction waits for us.
	 */
	mtx_lock(&cdevpriv_mtx);
	if (fp->f_cdevpriv != NULL)
		/* Unlocks. */
		devfs_destroy_cdevpriv(cdev2priv(dev), fp->f_cdevpriv);
	else
		mtx_unlock(&cdevpriv_mtx);
}

void
devfs_clear_cdevpriv(void)
{
	if (curthread->td_fpop != NULL)
		devfs_fpdrop(curthread->td_fpop);
}

int
devfs_foreach_cdevpriv(struct cdev *dev, int (*cb)(void *data, void *arg),
    void *arg)
{
	const struct cdev_privdata *record;
	int stop = 0;

	mtx_lock(&cdevpriv_mtx);
	record = LIST_FIRST(&cdev2priv(dev)->cdp_fdpriv);
	for (; record != NULL && stop == 0;
	    record = LIST_NEXT(record, cdpd_list))
		stop = cb(record->cdpd_data, arg);
	mtx_unlock(&cdevpriv_mtx);
	return (stop);
}
