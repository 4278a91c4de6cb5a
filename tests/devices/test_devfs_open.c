/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Open device files: what reaches the driver, and what no longer does.
 * Numbers in comments are rows of the specification's table.
 */
#include "devfs_test.h"

static const char buf[8];

/* --- operations ----------------------------------------------------------- */

static void
basic_main(void *arg)
{
	struct fiodgname_arg fgn;
	char text[16] = "";
	struct cdev *dev = make_dev(&td_sw, 7, 0, 0, 0600, "x");
	int fd, value;
	size_t done;

	CHECK(vs_open("/dev/x", O_RDWR | O_NONBLOCK, &fd) == 0 && fd == 0);
	CHECK(n.opens == 1 && dev->si_usecount == 1);
	CHECK(dev->si_refcount == 2 && dev->si_threadcount == 0);
	CHECK(dev->si_iosize_max == 65536);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "file") == 1);
	CHECK(vs_read(fd, text, sizeof(text), &done) == 0 && done == 4);
	CHECK(strcmp(text, "data") == 0);
	CHECK(vs_write(fd, "hello", 5, &done) == 0 && done == 5);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == 0 && value == 7);
	CHECK(vs_ioctl(fd, TD_REFUSED, NULL) == ENOTTY && n.ioctls == 2);
	CHECK(vs_ioctl(fd, FIODTYPE, &value) == 0 && value == D_TAPE);
	fgn = (struct fiodgname_arg) { sizeof(text), text };
	CHECK(vs_ioctl(fd, FIODGNAME, &fgn) == 0 && strcmp(text, "x") == 0);
	fgn.len = 1;
	CHECK(vs_ioctl(fd, FIODGNAME, &fgn) == EINVAL && n.ioctls == 2);
	CHECK(vs_poll(fd, POLLIN | POLLOUT, &value) == 0);
	CHECK(value == POLLOUT && n.polls == 1);
	/* What is written on the file is for the driver to see. */
	CHECK(n.ioflag == O_NONBLOCK);
	value = 0;
	CHECK(vs_ioctl(fd, FIONBIO, &value) == ENOTTY);
	CHECK(vs_read(fd, text, sizeof(text), &done) == 0 && n.ioflag == 0);
	CHECK(vs_close(fd) == 0 && n.closes == 1);
	CHECK(n.close_flags & FLASTCLOSE);
	CHECK(dev->si_usecount == 0 && dev->si_refcount == 2);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "file") == 0);
	CHECK(vs_open("/dev/x", O_RDWR | O_CREAT, &fd) == EINVAL);
	CHECK(vs_open("/dev/y", O_RDWR, &fd) == ENOENT);
	destroy_dev(dev);
	populate();
}

static void
test_basic(void **state)
{
	run(basic_main, NULL);
	assert_int_equal(alive(), 0);
}

/* The driver hears of the last close, or of all. */
static void
last_close_main(void *arg)
{
	static struct cdevsw track;
	struct cdev *dev = make("x"), *tdev;
	int fd[2];

	CHECK(vs_open("/dev/x", O_RDONLY, &fd[0]) == 0);
	CHECK(vs_open("/dev/x", O_WRONLY, &fd[1]) == 0);
	CHECK(dev->si_usecount == 2 && n.opens == 2);
	CHECK(vs_close(fd[0]) == 0 && n.closes == 0);
	CHECK(vs_close(fd[1]) == 0 && n.closes == 1);
	track = (struct cdevsw) {
		.d_version = D_VERSION, .d_flags = D_TRACKCLOSE,
		.d_name = "track", .d_close = td_close
	};
	tdev = make_dev(&track, 0, 0, 0, 0600, "track");
	CHECK(vs_open("/dev/track", O_RDONLY, &fd[0]) == 0);
	CHECK(vs_open("/dev/track", O_RDONLY, &fd[1]) == 0);
	CHECK(vs_close(fd[0]) == 0 && n.closes == 2);
	CHECK((n.close_flags & FLASTCLOSE) == 0);
	CHECK(vs_close(fd[1]) == 0 && n.closes == 3);
	destroy_dev(dev);
	destroy_dev(tdev);
}

static void
test_last_close(void **state)
{
	run(last_close_main, NULL);
}

/* 20, without private data. */
static void
refused_main(void *arg)
{
	struct cdev *dev = make("x");
	int fd;

	n.open_error = EIO;
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == EIO && fd == -1);
	CHECK(dev->si_usecount == 0 && n.closes == 0);
	n.open_error = ERESTART;
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == EINTR);
	n.open_error = 0;
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0 && fd == 0);
	CHECK(vs_close(fd) == 0);
	destroy_dev(dev);
}

static void
test_refused(void **state)
{
	run(refused_main, NULL);
}

static struct file *fdopened;

static int
fd_open(struct cdev *dev, int oflags, struct thread *td, struct file *fp)
{
	CHECK(td->td_fpop == fp && fp->f_data == dev);
	fdopened = fp;
	return (0);
}

static void
fdopen_main(void *arg)
{
	static struct cdevsw sw;
	struct cdev *dev;
	struct file *fp;
	int fd;

	sw = (struct cdevsw) {
		.d_version = D_VERSION, .d_name = "fd", .d_fdopen = fd_open
	};
	dev = make_dev(&sw, 0, 0, 0, 0600, "fd");
	CHECK(vs_open("/dev/fd", O_RDONLY, &fd) == 0);
	CHECK(fget(curthread, fd, NULL, &fp) == 0 && fp == fdopened);
	CHECK(fp->f_type == DTYPE_VNODE && curthread->td_fpop == NULL);
	/* What the driver leaves out is refused. */
	CHECK(fp->f_ops->fo_kqfilter(fp, NULL) == ENODEV);
	CHECK(vs_read(fd, __DECONST(void *, buf), 1, NULL) == ENODEV);
	CHECK(vs_ioctl(fd, TD_REFUSED, NULL) == ENODEV);
	destroy_dev(dev);
	CHECK(fp->f_ops->fo_kqfilter(fp, NULL) == ENXIO);
	fdrop(fp, curthread);
	CHECK(vs_close(fd) == ENXIO);
}

static void
test_fdopen(void **state)
{
	run(fdopen_main, NULL);
}

/* --- files that outlive what they were opened for ------------------------- */

/* Destroyed: at first the vnode is there, then not even that. */
static void
destroyed_main(void *arg)
{
	char data[8];
	struct cdev *dev = make("x");
	int fd, value;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	destroy_dev(dev);
	CHECK(vs_open("/dev/x", O_RDWR, &value) == ENOENT);
	CHECK(vs_read(fd, data, sizeof(data), NULL) == ENXIO);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == ENOTTY);
	CHECK(alive() == 0);
	CHECK(vs_close(fd) == 0 && n.closes == 0 && n.reads == 0);
}

static void
destroyed_unseen_main(void *arg)
{
	struct cdev *dev = make("x");
	int fd, value;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	destroy_dev(dev);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == ENXIO);
	CHECK(vs_poll(fd, POLLIN | POLLOUT, &value) == 0);
	CHECK(value == (POLLHUP | POLLIN));
	CHECK(dev->si_usecount == 1 && dev->si_refcount == 2);
	CHECK(vs_close(fd) == ENXIO && dev->si_usecount == 1);
	populate();
	CHECK(alive() == 0);
}

static void
test_destroyed(void **state)
{
	run(destroyed_main, NULL);
	memset(&n, 0, sizeof(n));
	run(destroyed_unseen_main, NULL);
}

/* 30 */
static void
revoke_main(void *arg)
{
	char data[8];
	struct cdev *dev = make("x");
	int fd, fd2, value;

	n.use_priv = true;
	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	CHECK(vs_revoke("/dev") == EINVAL);
	CHECK(vs_revoke("/dev/x") == 0);
	/* By force, and with the driver's knowledge. */
	CHECK(n.closes == 1 && n.close_flags == (FREVOKE | FNONBLOCK));
	CHECK(n.dtors == 0 && dev->si_usecount == 0);
	CHECK(dev->si_refcount == 1);
	CHECK(vs_read(fd, data, sizeof(data), NULL) == ENXIO);
	CHECK(vs_write(fd, data, sizeof(data), NULL) == ENXIO);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == ENOTTY);
	CHECK(vs_poll(fd, POLLIN | POLLOUT, &value) == 0);
	CHECK(value == (POLLHUP | POLLIN));
	CHECK(vs_poll(fd, 0x4000, &value) == 0 && value == POLLNVAL);
	CHECK(n.reads + n.writes + n.ioctls + n.polls == 0);
	CHECK(vs_open("/dev/x", O_RDWR, &fd2) == 0 && n.opens == 2);
	CHECK(vs_close(fd) == 0 && n.dtors == 1 && n.closes == 1);
	CHECK(vs_close(fd2) == 0 && n.dtors == 2 && n.closes == 2);
	/* Nobody has it open: nothing to revoke. */
	CHECK(vs_revoke("/dev/x") == 0 && dev->si_refcount == 2);
	destroy_dev(dev);
}

static void
test_revoke(void **state)
{
	run(revoke_main, NULL);
}

/* A terminal that was revoked is at its end. */
static void
terminal_main(void *arg)
{
	char data[8];
	static struct cdevsw sw;
	struct cdev *dev;
	size_t done = 1;
	int fd;

	sw = (struct cdevsw) {
		.d_version = D_VERSION, .d_flags = D_TTY, .d_name = "tty",
		.d_read = td_read
	};
	dev = make_dev(&sw, 0, 0, 0, 0600, "tty0");
	CHECK(vs_open("/dev/tty0", O_RDWR, &fd) == 0);
	CHECK(vs_revoke("/dev/tty0") == 0);
	CHECK(vs_read(fd, data, sizeof(data), &done) == 0 && done == 0);
	CHECK(vs_write(fd, data, sizeof(data), NULL) == ENXIO);
	destroy_dev(dev);
}

static void
test_terminal(void **state)
{
	run(terminal_main, NULL);
}

/* Every mount's vnode is ended, not only the one that was named. */
static void
open_in_jail(struct inmate *im)
{
	int value, fd;

	CHECK(vs_ioctl(0, TD_UNIT, &value) == ENOTTY);
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0 && fd == 1);
}

static void
jail_opener_main(void *arg)
{
	struct inmate *im = arg;
	int fd;

	CHECK(vs_jail_attach(im->jid) == 0);
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0 && fd == 0);
	gate_post(&im->there);
	CHECK(gate_wait(&im->go) == 0);
	open_in_jail(im);
}

static void
make_x_main(void *arg)
{
	*(struct cdev **)arg = make("x");
}

static void
destroy_main(void *arg)
{
	destroy_dev(*(struct cdev **)arg);
}

static void
test_revoke_all(void **state)
{
	struct inmate im = { 0 };
	struct cdev *dev;

	im.jid = create("name=j path=/jails/j persist");
	assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), 0);
	run(make_x_main, &dev);
	run(inmate_init_main, &im);
	im.thread = spawn(jail_opener_main, &im, "inmate");
	run(gate_wait_main, &im.there);
	assert_int_equal(vs_stat("/dev/x", NULL), 0);
	assert_int_equal(dev->si_refcount, 3);
	assert_consistent();
	assert_int_equal(vs_revoke("/dev/x"), 0);
	assert_int_equal(dev->si_refcount, 1);
	assert_int_equal(n.closes, 1);
	assert_consistent();
	inmate_go(&im);
	inmate_reap(&im);
	assert_int_equal(n.opens, 2);
	assert_int_equal(n.closes, 2);
	run(destroy_main, &dev);
}

/* Revocation while the open is still with the driver. */
static void
opener_main(void *arg)
{
	int fd, value;

	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == ENOTTY);
	CHECK(vs_close(fd) == 0);
}

static void
test_revoke_opening(void **state)
{
	struct vs_thread *thread;
	struct cdev *dev;

	run(make_x_main, &dev);
	assert_int_equal(vs_fail_point("devfs_open_counted", "pause"), 0);
	thread = spawn(opener_main, NULL, "opener");
	assert_int_equal(vs_fail_point_wait("devfs_open_counted", 1), 0);
	assert_int_equal(vs_revoke("/dev/x"), 0);
	assert_int_equal(n.closes, 1);
	assert_int_equal(dev->si_usecount, 0);
	assert_int_equal(vs_fail_point("devfs_open_counted", "off"), 0);
	join(thread);
	assert_int_equal(n.closes, 1);
	assert_int_equal(dev->si_usecount, 0);
	run(destroy_main, &dev);
}

/*
 * device-use-count-lost-in-reclaim: a revocation in the middle of a close
 * leaves the device in use for ever, and no close is the last.
 */
static void
closer_main(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0);
	CHECK(vs_fail_point("devfs_usecount_apart", "pause") == 0);
	CHECK(vs_close(fd) == 0);
}

static void
reuse_main(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0);
	CHECK(vs_close(fd) == 0);
}

static void
test_usecount_lost(void **state)
{
	static const struct vs_config config = {
		.profile = "fixed,+device-use-count-lost-in-reclaim",
		.no_ledger = true
	};
	struct vs_thread *thread;
	char text[128];
	struct cdev *dev;

	memset(&n, 0, sizeof(n));
	boot_with(&config);
	run(make_x_main, &dev);
	thread = spawn(closer_main, NULL, "closer");
	assert_int_equal(vs_fail_point_wait("devfs_usecount_apart", 1), 0);
	assert_int_equal(vs_revoke("/dev/x"), 0);
	assert_int_equal(vs_fail_point("devfs_usecount_apart", "off"), 0);
	join(thread);
	assert_int_equal(dev->si_usecount, 1);
	assert_int_equal(vs_check_devfs(text, sizeof(text)), 1);
	assert_string_equal(text,
	    "/dev/x: si_usecount is not what the entries say\n");
	assert_int_equal(n.closes, 1);
	run(reuse_main, NULL);
	assert_int_equal(dev->si_usecount, 1);
	assert_int_equal(n.closes, 1);
	run(destroy_main, &dev);
	shutdown_clean();
}

/* --- destruction with threads inside -------------------------------------- */

static struct gate inside, leave;

static int
slow_read(struct cdev *dev, struct uio *uio, int ioflag)
{
	gate_post(&inside);
	CHECK(gate_wait(&leave) == 0);
	return (0);
}

static void
slow_init_main(void *arg)
{
	gate_init(&inside);
	gate_init(&leave);
	td_sw.d_read = slow_read;
	*(struct cdev **)arg = make("x");
}

static void
slow_fini_main(void *arg)
{
	td_sw.d_read = td_read;
	gate_destroy(&inside);
	gate_destroy(&leave);
	populate();
	CHECK(alive() == 0);
}

static void
reader_main(void *arg)
{
	char data[8];
	int fd;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	CHECK(vs_read(fd, data, sizeof(data), NULL) == 0);
	CHECK(vs_read(fd, data, sizeof(data), NULL) == ENXIO);
}

/* 10: who is inside is waited for, nobody else gets in. */
static void
test_destroy_inside(void **state)
{
	struct vs_thread *reader, *destroyer;
	struct cdev *dev;
	int fd;

	run(slow_init_main, &dev);
	assert_int_equal(vs_open("/dev/x", O_RDWR, &fd), 0);
	reader = spawn(reader_main, NULL, "reader");
	run(gate_wait_main, &inside);
	destroyer = spawn(destroy_main, &dev, "destroyer");
	while (vs_write(fd, buf, 1, NULL) == 0)
		continue;
	assert_int_equal(vs_write(fd, buf, 1, NULL), ENXIO);
	assert_int_equal(vs_open("/dev/x", O_RDWR, NULL), ENOENT);
	run(gate_post_main, &leave);
	join(reader);
	join(destroyer);
	assert_int_equal(vs_close(fd), 0);
	run(slow_fini_main, NULL);
}

/*
 * 12, 13: from the driver's own close, and what can be done until the task has
 * run.
 */
static int
sched_close(struct cdev *dev, int fflag, int devtype, struct thread *td)
{
	CHECK(destroy_dev_sched(dev) == 1);
	CHECK(destroy_dev_sched(dev) == 0);
	return (0);
}

static void
sched_main(void *arg)
{
	int fd, fd2, value;

	td_sw.d_close = sched_close;
	(void)make("x");
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_fail_point_wait("destroy_dev_task", 1) == 0);
	CHECK(vs_stat("/dev/x", NULL) == 0);
	CHECK(vs_open("/dev/x", O_RDONLY, &fd2) == ENXIO && fd2 == -1);
	CHECK(vs_fail_point("destroy_dev_task", "off") == 0);
	destroy_dev_drain(&td_sw);
	CHECK(vs_open("/dev/x", O_RDONLY, &value) == ENOENT);
	td_sw.d_close = td_close;
}

static void
test_scheduled(void **state)
{
	assert_int_equal(vs_fail_point("destroy_dev_task", "pause"), 0);
	run(sched_main, NULL);
}

/* --- unmount -------------------------------------------------------------- */

static void
busy_main(void *arg)
{
	int jid = *(int *)arg, fd, value;

	CHECK(vs_jail_attach(jid) == 0);
	CHECK(vs_open("/dev/x", O_RDONLY, &fd) == 0);
	gate_post(&inside);
	CHECK(gate_wait(&leave) == 0);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == ENOTTY);
	/* The host's shines through. */
	CHECK(vs_stat("/dev/x", NULL) == 0);
}

static void
gates_init_main(void *arg)
{
	gate_init(&inside);
	gate_init(&leave);
}

static void
gates_fini_main(void *arg)
{
	gate_destroy(&inside);
	gate_destroy(&leave);
}

static void
test_unmount_busy(void **state)
{
	int jid = create("name=j path=/jails/j persist");
	struct vs_thread *thread;
	struct cdev *dev;

	run(gates_init_main, NULL);
	run(make_x_main, &dev);
	assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), 0);
	assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), EBUSY);
	thread = spawn(busy_main, &jid, "busy");
	run(gate_wait_main, &inside);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", false), EBUSY);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", true), 0);
	assert_int_equal(n.closes, 1);
	assert_int_equal(dev->si_refcount, 1);
	run(gate_post_main, &leave);
	join(thread);
	run(destroy_main, &dev);
	run(gates_fini_main, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_basic),
		DEVTEST(test_last_close),
		DEVTEST(test_refused),
		DEVTEST(test_fdopen),
		DEVTEST(test_destroyed),
		DEVTEST(test_revoke),
		DEVTEST(test_terminal),
		DEVTEST(test_revoke_all),
		DEVTEST(test_revoke_opening),
		cmocka_unit_test(test_usecount_lost),
		DEVTEST(test_destroy_inside),
		DEVTEST(test_scheduled),
		DEVTEST(test_unmount_busy),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
