/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tdev: a character device for scenarios that need what no driver of the
 * tree does.  Its reads take a second.  It has no purge method, so whoever
 * destroys it waits for them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <sys/uio.h>

#include <machine/atomic.h>

#include "bugs.h"
#include "scenarios.h"

static struct cdevsw tdev_cdevsw;
static struct cdev *tdev;		/* set-up; then who destroys it */
static eventhandler_tag tdev_clone_tag;	/* set-up and finally */
static bool tdev_closing;		/* set-up: its last close destroys it */
static bool tdev_private;		/* set-up: opens have own data */

static void
tdev_forget(void *data __unused)
{
	pause("tdevfg", hz);
}

static int
tdev_open(struct cdev *dev __unused, int flags __unused, int type __unused,
    struct thread *td __unused)
{
	return (tdev_private ? devfs_set_cdevpriv(&tdev, tdev_forget) : 0);
}

/*
 * destroy-node-from-own-close: the thread is in a method of the node, and
 * waits until no thread is.  Another one has to do it.
 */
static int
tdev_close(struct cdev *dev, int flags __unused, int type __unused,
    struct thread *td __unused)
{
	if (!tdev_closing)
		return (0);
	tdev_closing = false;
	if (BUG(DESTROY_FROM_CLOSE))
		destroy_dev(dev);
	else
		destroy_dev_sched(dev);
	return (0);
}

static int
tdev_read(struct cdev *dev __unused, struct uio *uio __unused,
    int flag __unused)
{
	pause("tdevrd", hz);
	return (0);
}

static void
tdev_init(void)
{
	tdev_cdevsw = (struct cdevsw){
		.d_version = D_VERSION,
		.d_name = "tdev",
		.d_open = tdev_open,
		.d_close = tdev_close,
		.d_read = tdev_read,
	};
}

static int
tdev_create(bool closing)
{
	tdev_init();
	tdev_closing = closing;
	tdev = make_dev(&tdev_cdevsw, 0, UID_ROOT, GID_WHEEL, 0600, "tdev0");
	return (tdev != NULL ? 0 : ENXIO);
}

int
hook_tdev_create(void)
{
	return (tdev_create(false));
}

int
hook_tdev_create_closing(void)
{
	return (tdev_create(true));
}

int
hook_tdev_create_private(void)
{
	tdev_private = true;
	return (tdev_create(false));
}

int
hook_tdev_destroy(void)
{
	struct cdev *dev = (void *)atomic_swap_ptr((uintptr_t *)&tdev, 0);

	if (dev == NULL)
		return (ENXIO);
	destroy_dev(dev);
	return (0);
}

/* --- made by whoever looks for it ---------------------------------------- */

/*
 * One reference is the look-up's.  clone-hook-node-freed-before-ref: it was
 * taken when everybody could see the node.
 */
static void
tdev_clone(void *arg __unused, struct ucred *cred, char *name,
    int namelen __unused, struct cdev **dev)
{
	if (*dev != NULL || strcmp(name, "tdev0") != 0)
		return;
	*dev = make_dev_credf(BUG(CLONE_REF_LATE) ? 0 : MAKEDEV_REF,
	    &tdev_cdevsw, 0, cred, UID_ROOT, GID_WHEEL, 0600, "tdev0");
	atomic_store_rel_ptr((uintptr_t *)&tdev, (uintptr_t)*dev);
	if (BUG(CLONE_REF_LATE))
		dev_ref(*dev);
}

int
hook_tdev_clone_register(void)
{
	tdev_init();
	tdev_clone_tag = EVENTHANDLER_REGISTER(dev_clone, tdev_clone, NULL,
	    EVENTHANDLER_PRI_ANY);
	return (0);
}

int
hook_tdev_clone_deregister(void)
{
	EVENTHANDLER_DEREGISTER(dev_clone, tdev_clone_tag);
	(void)hook_tdev_destroy();
	return (0);
}

/* As a module does it before it goes. */
int
hook_tdev_drain(void)
{
	destroy_dev_drain(&tdev_cdevsw);
	return (0);
}
