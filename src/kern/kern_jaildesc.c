/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Jail descriptors: files that stand for a jail.
 *
 * A descriptor holds its jail until the jail starts dying; an owning one
 * removes the jail when it is closed.  Order of locks: allprison_lock,
 * pr_mtx, jd_lock.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/file.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/selinfo.h>
#include <sys/sx.h>
#include <sys/taskqueue.h>
#include <sys/ucred.h>

#include <poll.h>

#include "bugs.h"
#include "jail_private.h"

static MALLOC_DEFINE(M_JAILDESC, "jaildesc", "jail descriptors");

static const char pr_holder_desc[] = "jail descriptor";

#define	JDF_REMOVED	0x2	/* its jail is dying, or has gone */
#define	JDF_OWNING	0x4	/* its close removes the jail */

/*
 * Locks: (d) jd_lock, (m) pr_mtx of the prison, (c) constant.
 */
struct jaildesc {
	struct mtx	jd_lock;
	int		jd_state;	/* (d) JDF_* */
	struct prison	*jd_pr;		/* (m) (d) held; NULL: not tied */
	LIST_ENTRY(jaildesc) jd_link;	/* (m) pr_descs */
	struct selinfo	jd_pollers;	/* (d) */
	struct task	jd_task;	/* (c) jaildesc_end() */
};

static fo_poll_t	jaildesc_poll;
static fo_close_t	jaildesc_close;

static const struct fileops jaildesc_ops = {
	.fo_poll = jaildesc_poll,
	.fo_close = jaildesc_close,
};

/* --- the descriptor's side ------------------------------------------------ */

int
jaildesc_alloc(struct thread *td, bool owning, struct file **fpp, int *fdp)
{
	struct jaildesc *jd;
	u_int flags = FREAD;
	int error;

	if (owning && (error = priv_check(td, PRIV_JAIL_REMOVE)) != 0)
		return (error);
	if ((error = falloc(td, fpp, fdp, 0)) != 0)
		return (error);
	jd = malloc(sizeof(*jd), M_JAILDESC, M_WAITOK | M_ZERO);
	mtx_init(&jd->jd_lock, "jail descriptor", NULL, MTX_DEF);
	jd->jd_state = owning ? JDF_OWNING : 0;
	if (priv_check(td, PRIV_JAIL_SET) == 0)
		flags |= FWRITE;
	finit(*fpp, flags, DTYPE_JAILDESC, jd, &jaildesc_ops);
	return (0);
}

void
jaildesc_set_prison(struct file *fp, struct prison *pr)
{
	struct jaildesc *jd = fp->f_data;

	mtx_assert(&pr->pr_mtx, MA_OWNED);
	mtx_lock(&jd->jd_lock);
	jd->jd_pr = pr;
	LIST_INSERT_HEAD(&pr->pr_descs, jd, jd_link);
	prison_hold_as(pr, pr_holder_desc);
	mtx_unlock(&jd->jd_lock);
}

void
jaildesc_disown(struct file *fp)
{
	struct jaildesc *jd = fp->f_data;

	mtx_lock(&jd->jd_lock);
	jd->jd_state &= ~JDF_OWNING;
	mtx_unlock(&jd->jd_lock);
}

static bool
jaildesc_owning(struct jaildesc *jd)
{
	bool owning;

	mtx_lock(&jd->jd_lock);
	owning = (jd->jd_state & JDF_OWNING) != 0;
	mtx_unlock(&jd->jd_lock);
	return (owning);
}

/* Its prison with a hold, or NULL. */
static struct prison *
jaildesc_hold(struct jaildesc *jd)
{
	struct prison *pr;

	mtx_lock(&jd->jd_lock);
	if ((pr = jd->jd_pr) != NULL)
		prison_hold_as(pr, pr_holder_call);
	mtx_unlock(&jd->jd_lock);
	return (pr);
}

int
jaildesc_find(struct thread *td, int fd, struct prison **prp,
    struct ucred **credp)
{
	struct jaildesc *jd;
	struct file *fp;
	int error;

	if ((error = fget(td, fd, NULL, &fp)) != 0)
		return (error);
	if (fp->f_type != DTYPE_JAILDESC) {
		(void)fdrop(fp, td);
		return (EINVAL);
	}
	jd = fp->f_data;
	*prp = jaildesc_hold(jd);
	if (*prp == NULL)
		error = ENOENT;
	else
		*credp = crhold(fp->f_cred);
	(void)fdrop(fp, td);
	return (error);
}

static int
jaildesc_poll(struct file *fp, int events, struct ucred *cred __unused,
    struct thread *td)
{
	struct jaildesc *jd = fp->f_data;
	int revents = 0;

	(void)events;
	mtx_lock(&jd->jd_lock);
	if ((jd->jd_state & JDF_REMOVED) != 0)
		revents = POLLHUP;
	else
		selrecord(td, &jd->jd_pollers);
	mtx_unlock(&jd->jd_lock);
	return (revents);
}

/* --- the prison's side ---------------------------------------------------- */

/* Parts them, unless that has been done; the hold becomes the caller's. */
static bool
jaildesc_untie(struct jaildesc *jd, struct prison *pr __diagused)
{
	bool tied;

	mtx_assert(&pr->pr_mtx, MA_OWNED);
	mtx_lock(&jd->jd_lock);
	if ((tied = jd->jd_pr != NULL)) {
		LIST_REMOVE(jd, jd_link);
		jd->jd_pr = NULL;
	}
	mtx_unlock(&jd->jd_lock);
	return (tied);
}

/* The prison starts dying: whoever asks for it by a descriptor is told. */
void
jaildesc_prison_cleanup(struct prison *pr)
{
	struct jaildesc *jd;

	while ((jd = LIST_FIRST(&pr->pr_descs)) != NULL) {
		mtx_lock(&jd->jd_lock);
		jd->jd_state |= JDF_REMOVED;
		selwakeup(&jd->jd_pollers);
		mtx_unlock(&jd->jd_lock);
		(void)jaildesc_untie(jd, pr);
		prison_free_as(pr, pr_holder_desc);
	}
}

/* --- close ---------------------------------------------------------------- */

/*
 * Removes the jail, if this descriptor still owns it.  It is not the removal
 * that frees the prison, as the caller still holds it.
 */
static void
jaildesc_remove(struct jaildesc *jd, struct prison *pr)
{
	sx_xlock(&allprison_lock);
	mtx_lock(&pr->pr_mtx);
	if (!jaildesc_untie(jd, pr)) {
		mtx_unlock(&pr->pr_mtx);
		sx_xunlock(&allprison_lock);
		return;
	}
	prison_hold_as(pr, pr_holder_call);
	prison_free_not_last(pr, pr_holder_desc);
	prison_remove(pr);
}

static void
jaildesc_end(void *arg, int pending __unused)
{
	struct jaildesc *jd = arg;
	struct prison *pr;
	bool tied;

	if ((pr = jaildesc_hold(jd)) != NULL) {
		if (jaildesc_owning(jd))
			jaildesc_remove(jd, pr);
		else {
			mtx_lock(&pr->pr_mtx);
			tied = jaildesc_untie(jd, pr);
			mtx_unlock(&pr->pr_mtx);
			if (tied)
				prison_free_not_last(pr, pr_holder_desc);
		}
		prison_free_as(pr, pr_holder_call);
	}
	seldrain(&jd->jd_pollers);
	mtx_destroy(&jd->jd_lock);
	free(jd, M_JAILDESC);
}

/*
 * The removal may wait for files that the closer has still to close, so it is
 * left to the thread that frees jails.  owning-descriptor-closed-first: S15
 * removes the jail here.
 */
static int
jaildesc_close(struct file *fp, struct thread *td __unused)
{
	struct jaildesc *jd = fp->f_data;

	if (!jaildesc_owning(jd) || BUG(OWNER_REMOVES_ITSELF)) {
		jaildesc_end(jd, 0);
		return (0);
	}
	TASK_INIT(&jd->jd_task, 0, jaildesc_end, jd);
	taskqueue_enqueue(taskqueue_jail_remove, &jd->jd_task);
	return (0);
}

/* --- the calls ------------------------------------------------------------ */

/*
 * Possession of the descriptor, and what its opener may do, decide; the jail
 * need not be below the caller's.
 */
int
kern_jail_attach_jd(struct thread *td, int fd)
{
	struct prison *pr;
	struct ucred *cred;
	int error;

	sx_slock(&allprison_lock);
	if ((error = jaildesc_find(td, fd, &pr, &cred)) != 0) {
		sx_sunlock(&allprison_lock);
		return (error);
	}
	error = priv_check_cred(cred, PRIV_JAIL_ATTACH);
	crfree(cred);
	if (error == 0 && !prison_isalive(pr))
		error = EINVAL;
	if (error == 0) {
		mtx_lock(&pr->pr_mtx);
		error = do_jail_attach(td, pr, PD_LOCKED | PD_LIST_SLOCKED);
		/* attach-by-descriptor-leaks-jail: two holds, one used. */
		if (!BUG(ATTACH_JD_LEAKS))
			prison_free_as(pr, pr_holder_call);
		return (error);
	}
	sx_sunlock(&allprison_lock);
	prison_free_as(pr, pr_holder_call);
	return (error);
}

int
kern_jail_remove_jd(struct thread *td, int fd)
{
	struct prison *pr;
	struct ucred *cred;
	int error;

	sx_xlock(&allprison_lock);
	if ((error = jaildesc_find(td, fd, &pr, &cred)) != 0) {
		sx_xunlock(&allprison_lock);
		return (error);
	}
	error = priv_check_cred(cred, PRIV_JAIL_REMOVE);
	crfree(cred);
	if (error != 0) {
		sx_xunlock(&allprison_lock);
		prison_free_as(pr, pr_holder_call);
		return (error);
	}
	mtx_lock(&pr->pr_mtx);
	prison_remove(pr);
	return (0);
}
