/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Devices that are made because somebody looked for them.
 * Numbers in comments are rows of the specification's table.
 */
#include "devfs_test.h"

static struct {
	int		calls;
	bool		ref;		/* whether an answer is held */
	bool		make;		/* makes what is asked for */
	bool		lookup;		/* looks at the directory itself */
	struct cdev	*answer;
	struct ucred	*cred;
	eventhandler_tag tag;
} cl;

static void
clone_handler(void *arg, struct ucred *cred, char *name, int namelen,
    struct cdev **dev)
{
	if (*dev != NULL || strncmp(name, "no-such", 7) == 0)
		return;
	cl.calls++;
	cl.cred = cred;
	CHECK((int)strlen(name) == namelen);
	if (cl.lookup)
		CHECK(vs_readdir_dev(NULL, 0) == 0);
	if (cl.make)
		*dev = make_as(name, cred, MAKEDEV_REF);
	else if (cl.answer != NULL) {
		if (cl.ref)
			dev_ref(cl.answer);
		*dev = cl.answer;
	}
}

static void
clone_start(void)
{
	memset(&cl, 0, sizeof(cl));
	cl.tag = EVENTHANDLER_REGISTER(dev_clone, clone_handler, NULL, 1000);
}

static void
clone_stop(void)
{
	EVENTHANDLER_DEREGISTER(dev_clone, cl.tag);
}

static void
clone_start_main(void *arg)
{
	clone_start();
}

static void
clone_stop_main(void *arg)
{
	clone_stop();
}

/* 25, 26, 85 */
static void
clone_none_main(void *arg)
{
	clone_start();
	CHECK(vs_stat("/dev/nosuch", NULL) == ENOENT && cl.calls == 1);
	CHECK(cl.cred == curthread->td_ucred);
	CHECK(vs_unlink("/dev/nosuch") == ENOENT && cl.calls == 1);
	cl.lookup = true;
	CHECK(vs_stat("/dev/nosuch", NULL) == ENOENT && cl.calls == 2);
	clone_stop();
}

static void
test_clone_none(void **state)
{
	run(clone_none_main, NULL);
}

/* 27, and a device that is made for the lookup. */
static void
clone_main(void *arg)
{
	struct cdev *dev = make("x");
	int fd;

	clone_start();
	cl.answer = dev;
	cl.ref = true;
	CHECK(vs_stat("/dev/y", NULL) == 0 && cl.calls == 1);
	CHECK(dev->si_refcount == 2);
	CHECK(vs_stat("/dev/y", NULL) == 0 && cl.calls == 2);
	CHECK(dev->si_refcount == 2);
	/* Its name needs no handler. */
	CHECK(vs_stat("/dev/x", NULL) == 0 && cl.calls == 2);
	cl.make = true;
	CHECK(vs_open("/dev/new", O_RDONLY, &fd) == 0 && cl.calls == 3);
	CHECK(vs_close(fd) == 0);
	CHECK(strcmp(listing(), "x new") == 0);
	clone_stop();
}

/* Who comes later sees the answer, and leaves it. */
static void
late_handler(void *arg, struct ucred *cred, char *name, int namelen,
    struct cdev **dev)
{
	CHECK(*dev == cl.answer);
	++*(int *)arg;
}

static void
clone_late_main(void *arg)
{
	struct cdev *dev = make("x");
	eventhandler_tag tag;
	int late = 0;

	clone_start();
	tag = EVENTHANDLER_REGISTER(dev_clone, late_handler, &late, 2000);
	cl.answer = dev;
	cl.ref = true;
	CHECK(vs_stat("/dev/y", NULL) == 0 && cl.calls == 1 && late == 1);
	CHECK(dev->si_refcount == 2);
	EVENTHANDLER_DEREGISTER(dev_clone, tag);
	clone_stop();
	destroy_dev(dev);
}

static void
test_clone_late(void **state)
{
	run(clone_late_main, NULL);
}

static void
destroy_named_main(void *arg)
{
	destroy_dev(cl.answer);
	cl.answer = NULL;
	populate();
}

static void
clone_sweep_main(void *arg)
{
	struct cdev *dev;

	while ((dev = LIST_FIRST(&td_sw.d_devs)) != NULL)
		destroy_dev(dev);
	populate();
	CHECK(alive() == 0);
}

static void
test_clone(void **state)
{
	run(clone_main, NULL);
	run(destroy_named_main, NULL);
	assert_int_equal(alive(), 1);
	run(clone_sweep_main, NULL);
}

#ifdef INVARIANTS
/* 28: the lookup gives away what was not the handler's to give. */
static void
clone_unref_main(void *arg)
{
	struct cdev *dev = make("x");

	clone_start();
	cl.answer = dev;
	CHECK(vs_stat("/dev/y", NULL) == 0);
	CHECK(dev->si_refcount == 1);
	destroy_dev(dev);
	populate();
}

static void
test_clone_unref(void **state)
{
	expect_panic(clone_unref_main, NULL, "*active list");
}
#endif

/* 84: in a second mount, a device that never got a name. */
static void
nameless_main(void *arg)
{
	static struct cdevsw sw = {
		.d_version = D_VERSION,
		.d_flags = D_NEEDMINOR,
		.d_name = "cl",
	};
	struct make_dev_args args;
	struct clonedevs *list;
	struct cdev *dev = NULL;
	int unit = -1;

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	clone_start();
	clone_setup(&list);
	CHECK(clone_create(&list, &sw, &unit, &dev, 0) == 1 && unit == 0);
	CHECK(clone_create(&list, &sw, &unit, &cl.answer, 0) == 0);
	cl.ref = true;
	CHECK(vs_stat("/dev/cl", NULL) == ENOENT && cl.calls == 1);
	clone_stop();
	make_dev_args_init(&args);
	args.mda_devsw = &sw;
	CHECK(make_dev_s(&args, &dev, "cl0") == 0 && dev == cl.answer);
	CHECK(vs_stat("/dev/cl0", NULL) == 0 && dev->si_refcount == 2);
	clone_cleanup(&list);
	populate();
	CHECK(alive() == 0);
}

static void
test_nameless(void **state)
{
	int jid = second_mount();

	run(nameless_main, &jid);
}

static void
test_nameless_s15(void **state)
{
	int jid;

	memset(&n, 0, sizeof(n));
	boot_with(&s15);
	jid = second_mount();
	expect_panic(nameless_main, &jid,
	    "devfs_lookupx: slot 1 of device \"\" is read, but it has 1");
}

/* --- races ---------------------------------------------------------------- */

static void
stat_main(void *arg)
{
	CHECK(vs_stat("/dev/racy", NULL) == ENOENT);
}

/* The answer is destroyed before the lookup gets to look at it. */
static void
test_answer_destroyed(void **state)
{
	struct vs_thread *thread;

	run(clone_start_main, NULL);
	cl.make = true;
	assert_int_equal(vs_fail_point("devfs_lookup_cloned", "pause"), 0);
	thread = spawn(stat_main, NULL, "lookup");
	assert_int_equal(vs_fail_point_wait("devfs_lookup_cloned", 1), 0);
	run(clone_stop_main, NULL);
	run(destroy_youngest_main, NULL);
	assert_int_equal(vs_fail_point("devfs_lookup_cloned", "off"), 0);
	join(thread);
	assert_int_equal(alive(), 0);
}

/* The mount goes while handlers run. */
static void
racy_jail_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(vs_stat("/dev/racy", NULL) == ENOENT);
}

static void
test_unmounted(void **state)
{
	struct vs_thread *thread;
	int jid = second_mount();

	run(clone_start_main, NULL);
	cl.make = true;
	assert_int_equal(vs_fail_point("devfs_lookup_cloned", "pause"), 0);
	thread = spawn(racy_jail_main, &jid, "lookup");
	assert_int_equal(vs_fail_point_wait("devfs_lookup_cloned", 1), 0);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", false), EBUSY);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", true), 0);
	assert_int_equal(vs_fail_point("devfs_lookup_cloned", "off"), 0);
	join(thread);
	run(clone_stop_main, NULL);
	run(clone_sweep_main, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_clone_none),
		DEVTEST(test_clone),
		DEVTEST(test_clone_late),
#ifdef INVARIANTS
		DEVTEST(test_clone_unref),
#endif
		DEVTEST(test_nameless),
		cmocka_unit_test(test_nameless_s15),
		DEVTEST(test_answer_destroyed),
		DEVTEST(test_unmounted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
