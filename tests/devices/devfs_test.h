/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A driver for tests of devfs, and words for what is left of its devices.
 */
#ifndef _DEVFS_TEST_H_
#define _DEVFS_TEST_H_

#include "../jail/jail_test.h"

#include <sys/conf.h>
#include <sys/eventhandler.h>
#include <sys/file.h>
#include <sys/filio.h>
#include <sys/uio.h>

#include <poll.h>

#include <vnetsim/fail.h>
#include <vnetsim/observe.h>

/* What the driver was asked, and how it is to answer. */
struct counts {
	int	opens, closes, reads, writes, ioctls, polls, dtors;
	int	close_flags;		/* of the last close */
	int	ioflag;			/* of the last read */
	int	open_error;
	int	set_error;		/* of devfs_set_cdevpriv() in open */
	bool	use_priv;
	bool	drv1_set;		/* at the last destructor */
	struct thread *dtor_td;
	struct cdev *dev;		/* whose destructor looks at drv1 */
};

static struct counts n;

static void __attribute__((unused))
td_dtor(void *data)
{
	struct counts *c = data;

	c->dtors++;
	c->dtor_td = curthread;
	c->drv1_set = c->dev != NULL && c->dev->si_drv1 != NULL;
}

static int
td_open(struct cdev *dev, int oflags, int devtype, struct thread *td)
{
	n.opens++;
	if (n.use_priv)
		n.set_error = devfs_set_cdevpriv(&n, td_dtor);
	return (n.open_error);
}

static int
td_close(struct cdev *dev, int fflag, int devtype, struct thread *td)
{
	n.closes++;
	n.close_flags = fflag;
	return (0);
}

static int
td_read(struct cdev *dev, struct uio *uio, int ioflag)
{
	char text[] = "data";

	n.reads++;
	n.ioflag = ioflag;
	return (uiomove(text, 4, uio));
}

static int
td_write(struct cdev *dev, struct uio *uio, int ioflag)
{
	n.writes++;
	uio->uio_resid = 0;
	return (0);
}

#define	TD_UNIT		_IOR('T', 1, int)
#define	TD_REFUSED	_IO('T', 2)

static int
td_ioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td)
{
	n.ioctls++;
	if (cmd != TD_UNIT)
		return (ENOIOCTL);
	*(int *)data = dev2unit(dev);
	return (0);
}

static int
td_poll(struct cdev *dev, int events, struct thread *td)
{
	n.polls++;
	return (events & POLLOUT);
}

static struct cdevsw td_sw __attribute__((unused)) = {
	.d_version = D_VERSION,
	.d_flags = D_TAPE,
	.d_name = "td",
	.d_open = td_open,
	.d_close = td_close,
	.d_read = td_read,
	.d_write = td_write,
	.d_ioctl = td_ioctl,
	.d_poll = td_poll,
};

/* Looks at the caller's mount, so that what is dead goes. */
static inline void
populate(void)
{
	CHECK(vs_stat("/dev/no-such-thing", NULL) == ENOENT);
}

static inline struct cdev *
make(const char *name)
{
	return (make_dev(&td_sw, 0, UID_ROOT, GID_WHEEL, 0600, "%s", name));
}

static inline struct cdev *
make_as(const char *name, struct ucred *cred, int flags)
{
	struct make_dev_args args;
	struct cdev *dev;

	make_dev_args_init(&args);
	args.mda_flags = flags;
	args.mda_devsw = &td_sw;
	args.mda_cr = cred;
	args.mda_mode = 0600;
	args.mda_si_drv1 = &n;
	CHECK(make_dev_s(&args, &dev, "%s", name) == 0);
	return (dev);
}

/* How many devices there are in memory. */
static inline size_t
alive(void)
{
	return (vs_ledger_count(VS_CDEV));
}

/* The caller's listing as one text, names separated by blanks. */
static inline const char *
listing(void)
{
	static char text[1024];
	char names[16][VS_DEVNAMELEN];
	size_t i, count;

	count = vs_readdir_dev(names, 16);
	text[0] = '\0';
	for (i = 0; i < count && i < 16; i++) {
		strlcat(text, i == 0 ? "" : " ", sizeof(text));
		strlcat(text, names[i], sizeof(text));
	}
	return (text);
}

#define	DEVTEST(fn)	cmocka_unit_test_setup_teardown((fn), dev_setup, \
			    test_teardown)

/* Devices, entries, vnodes and opens must agree. */
static inline void
assert_consistent(void)
{
	char text[512];

	if (vs_check_cdevs(text, sizeof(text)) != 0 ||
	    vs_check_devfs(text, sizeof(text)) != 0)
		fail_msg("%s", text);
}

/* A jail with a mount of its own, the second one. */
static inline int
second_mount(void)
{
	int jid = create("name=j path=/jails/j persist");

	assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), 0);
	return (jid);
}

/* Destroys the youngest device of the driver, which is kept. */
static void __attribute__((unused))
destroy_youngest_main(void *arg)
{
	destroy_dev(LIST_FIRST(&td_sw.d_devs));
	CHECK(alive() == 1);
}

/* Setup for DEVTEST(). */
static int __attribute__((unused))
dev_setup(void **state)
{
	memset(&n, 0, sizeof(n));
	/* As a run that failed may have left it. */
	LIST_INIT(&td_sw.d_devs);
	td_sw.d_flags &= ~D_INIT;
	return (test_setup(state));
}

#endif /* !_DEVFS_TEST_H_ */
