/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Private data of open files: who destroys it, when, and once.
 * Numbers in comments are rows of the specification's table.
 */
#include "devfs_test.h"

static struct gate inside, leave;

/* --- one thread ----------------------------------------------------------- */

/* 19: what the driver is told. */
static int
calls_open(struct cdev *dev, int oflags, int devtype, struct thread *td)
{
	void *data;

	CHECK(devfs_get_cdevpriv(&data) == ENOENT);
	CHECK(devfs_set_cdevpriv(&n, td_dtor) == 0);
	CHECK(devfs_set_cdevpriv(&n, td_dtor) == EBUSY);
	CHECK(devfs_get_cdevpriv(&data) == 0 && data == &n);
	return (0);
}

static int
clear_ioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag,
    struct thread *td)
{
	void *priv;

	devfs_clear_cdevpriv();
	devfs_clear_cdevpriv();
	CHECK(devfs_get_cdevpriv(&priv) == ENOENT);
	return (0);
}

static int
count_one(void *data, void *arg)
{
	CHECK(data == &n);
	++*(int *)arg;
	return (*(int *)arg == 3 ? EIO : 0);
}

static void
calls_main(void *arg)
{
	static struct cdevsw sw;
	struct cdev *dev;
	void *data;
	int fd[3], count = 0, i;

	sw = (struct cdevsw) {
		.d_version = D_VERSION, .d_name = "calls",
		.d_open = calls_open, .d_ioctl = clear_ioctl
	};
	CHECK(devfs_set_cdevpriv(&n, td_dtor) == ENOENT);
	CHECK(devfs_get_cdevpriv(&data) == EBADF);
	devfs_clear_cdevpriv();
	dev = make_dev(&sw, 0, 0, 0, 0600, "x");
	for (i = 0; i < 3; i++)
		CHECK(vs_open("/dev/x", O_RDWR, &fd[i]) == 0);
	CHECK(devfs_foreach_cdevpriv(dev, count_one, &count) == EIO);
	CHECK(vs_ioctl(fd[0], TD_REFUSED, NULL) == 0 && n.dtors == 1);
	count = 0;
	CHECK(devfs_foreach_cdevpriv(dev, count_one, &count) == 0);
	CHECK(count == 2);
	CHECK(vs_close(fd[0]) == 0 && n.dtors == 1);
	CHECK(vs_close(fd[1]) == 0 && n.dtors == 2);
	destroy_dev(dev);
	CHECK(n.dtors == 3);
}

static void
test_calls(void **state)
{
	run(calls_main, NULL);
}

/* 20 */
static void
refused_main(void *arg)
{
	struct cdev *dev = make("x");
	int fd;

	n.use_priv = true;
	n.open_error = EIO;
	CHECK(vs_open("/dev/x", O_RDWR, &fd) == EIO);
	CHECK(n.set_error == 0 && n.dtors == 1 && n.closes == 0);
	CHECK(dev->si_usecount == 0);
	destroy_dev(dev);
	CHECK(n.dtors == 1);
}

static void
test_refused(void **state)
{
	run(refused_main, NULL);
}

/* 21: one file behind two descriptors, here one of two processes. */
static int
ordered_close(struct cdev *dev, int fflag, int devtype, struct thread *td)
{
	void *data;

	/* The private data is still there. */
	CHECK(n.dtors == 0);
	CHECK(devfs_get_cdevpriv(&data) == 0 && data == &n);
	n.closes++;
	return (0);
}

static void
shared_main(void *arg)
{
	struct cdev *dev;
	struct file *fp;
	int fd;

	td_sw.d_close = ordered_close;
	dev = make("x");
	n.use_priv = true;
	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	CHECK(fget(curthread, fd, NULL, &fp) == 0);
	CHECK(vs_close(fd) == 0 && n.closes == 0 && n.dtors == 0);
	CHECK(fdrop(fp, curthread) == 0 && n.closes == 1 && n.dtors == 1);
	CHECK(n.dtor_td == curthread);
	destroy_dev(dev);
	td_sw.d_close = td_close;
}

static void
test_shared(void **state)
{
	run(shared_main, NULL);
}

/* --- two threads ---------------------------------------------------------- */

static struct thread *destroyer_td;

static void
destroy_main(void *arg)
{
	destroyer_td = curthread;
	destroy_dev(n.dev);
}

static void
make_main(void *arg)
{
	gate_init(&inside);
	gate_init(&leave);
	n.use_priv = true;
	n.dev = make_as("x", NULL, 0);
}

static void
end_main(void *arg)
{
	gate_destroy(&inside);
	gate_destroy(&leave);
	populate();
	CHECK(alive() == 0);
}

/* 22: destruction comes first. */
static void
open_close_main(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	gate_post(&inside);
	CHECK(gate_wait(&leave) == 0);
	(void)vs_close(fd);
}

static void
test_destroy_first(void **state)
{
	struct vs_thread *user;

	run(make_main, NULL);
	user = spawn(open_close_main, NULL, "user");
	run(gate_wait_main, &inside);
	run(destroy_main, NULL);
	assert_int_equal(n.dtors, 1);
	assert_true(n.drv1_set);
	assert_ptr_equal(n.dtor_td, destroyer_td);
	run(gate_post_main, &leave);
	join(user);
	assert_int_equal(n.dtors, 1);
	run(end_main, NULL);
}

/* 23: the close comes first, and takes its time. */
static void
test_close_first(void **state)
{
	struct vs_thread *user, *destroyer;
	struct cdev *dev;

	run(make_main, NULL);
	dev = n.dev;
	user = spawn(open_close_main, NULL, "user");
	run(gate_wait_main, &inside);
	assert_int_equal(vs_fail_point("cdevpriv_destructor", "pause"), 0);
	run(gate_post_main, &leave);
	assert_int_equal(vs_fail_point_wait("cdevpriv_destructor", 1), 0);
	assert_int_equal(n.closes, 1);
	destroyer = spawn(destroy_main, NULL, "destroyer");
	/* Once the name is gone the destroyer is on its way to the wait. */
	while (vs_stat("/dev/x", NULL) == 0)
		continue;
	assert_ptr_equal(dev->si_drv1, &n);
	assert_int_equal(n.dtors, 0);
	assert_int_equal(vs_fail_point("cdevpriv_destructor", "off"), 0);
	join(user);
	join(destroyer);
	assert_int_equal(n.dtors, 1);
	assert_true(n.drv1_set);
	run(end_main, NULL);
}

/* Whoever wins, there is one call. */
static void
close_main(void *arg)
{
	CHECK(gate_wait(&leave) == 0);
	destroy_dev(n.dev);
}

static void
test_either(void **state)
{
	struct vs_thread *user, *destroyer;
	int i;

	for (i = 0; i < 50; i++) {
		n.dtors = 0;
		run(make_main, NULL);
		user = spawn(open_close_main, NULL, "user");
		run(gate_wait_main, &inside);
		destroyer = spawn(close_main, NULL, "destroyer");
		run(gate_post_main, &leave);
		run(gate_post_main, &leave);
		join(user);
		join(destroyer);
		assert_int_equal(n.dtors, 1);
		run(end_main, NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_calls),
		DEVTEST(test_refused),
		DEVTEST(test_shared),
		DEVTEST(test_destroy_first),
		DEVTEST(test_close_first),
		DEVTEST(test_either),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
