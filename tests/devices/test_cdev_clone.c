/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * clone_create(9): nodes by unit, and what a second thread can see between
 * its steps.  Numbers are rows of spec/cdev-tuntap.md, 10, or items of its
 * section 8.
 */
#include "cdev_test.h"

#include <sys/eventhandler.h>

static struct clonedevs *clones;

/* make_dev_s() for a unit, after clone_create(). */
static struct cdev *
complete(int unit, int flags, int *errorp)
{
	struct make_dev_args args;
	struct cdev *dev = NULL;

	make_dev_args_init(&args);
	args.mda_flags = flags;
	args.mda_devsw = &tunit_cdevsw;
	args.mda_unit = unit;
	args.mda_si_drv1 = &clones;
	*errorp = make_dev_s(&args, &dev, "tu%d", unit);
	return (dev);
}

static int
create(int unit, int *unitp)
{
	struct cdev *dev = NULL;
	int i;

	*unitp = unit;
	i = clone_create(&clones, &tunit_cdevsw, unitp, &dev, 0);
	CHECK((i == 0) == (dev != NULL));
	return (i);
}

static void
body_units(void *arg __unused)						/* 24 */
{
	struct cdev *devs[3], *dev = NULL;
	int error, i, unit;

	clone_setup(&clones);
	for (i = 0; i < 3; i++) {
		CHECK(create(-1, &unit) == 1 && unit == i);
		devs[i] = complete(unit, 0, &error);
		CHECK(error == 0 && devs[i]->si_refcount == 1);
		CHECK(devs[i]->si_drv1 == &clones);
		CHECK(vs_ledger_holders(VS_CDEV, devs[i], "clone") == 1);
	}
	unit = 1;
	CHECK(clone_create(&clones, &tunit_cdevsw, &unit, &dev, 0) == 0);
	CHECK(dev == devs[1] && dev->si_refcount == 1);
	destroy_dev(devs[1]);
	CHECK(create(-1, &unit) == 1 && unit == 1);
	devs[1] = complete(unit, 0, &error);
	CHECK(error == 0);
	CHECK(create(7, &unit) == 1 && unit == 7);
	CHECK(create(-1, &unit) == 1 && unit == 3);
	(void)complete(7, 0, &error);
	(void)complete(3, 0, &error);
	check_counts();
	clone_cleanup(&clones);
	CHECK(clones == NULL && LIST_EMPTY(&tunit_cdevsw.d_devs));
	clone_cleanup(&clones);
}

static void
test_units(void **state)
{
	run(body_units, NULL);
}

/* Bits above the unit make separate ranges. */
static void
body_extra(void *arg __unused)
{
	struct cdev *dev = NULL;
	int error, unit = -1;

	clone_setup(&clones);
	CHECK(clone_create(&clones, &tunit_cdevsw, &unit, &dev,
	    CLONE_FLAG0) == 1 && unit == 0);
	CHECK(create(-1, &unit) == 1 && unit == 0);
	(void)complete(0, 0, &error);
	dev = complete(CLONE_FLAG0, 0, &error);
	CHECK(error == 0 && dev2unit(dev) == CLONE_FLAG0);
	clone_cleanup(&clones);
}

static void
test_extra(void **state)
{
	run(body_extra, NULL);
}

/*
 * What clone_create() has made is nobody's: no reference, no name, alive by
 * its switch.  make_dev_s() gives it both.
 */
static void
body_reserved(void *arg __unused)
{
	struct cdev *dev, *same = NULL;
	int error, unit;

	clone_setup(&clones);
	CHECK(create(4, &unit) == 1);
	dev = LIST_FIRST(&tunit_cdevsw.d_devs);
	CHECK(dev->si_refcount == 0 && dev->si_name[0] == '\0');
	CHECK(clone_create(&clones, &tunit_cdevsw, &unit, &same, 0) == 0);
	CHECK(same == dev && dev->si_drv1 == NULL);
	CHECK(complete(4, MAKEDEV_REF, &error) == dev);
	CHECK(dev->si_refcount == 2);
	dev_rel(dev);
	clone_cleanup(&clones);
}

static void
test_reserved(void **state)
{
	run(body_reserved, NULL);
}

/* --- names of units ------------------------------------------------------- */

static const struct {
	const char	*name;
	int		result, unit;
	const char	*rest;
} stdnames[] = {
	{ "tun0", 1, 0, "" }, { "tun12", 1, 12, "" }, { "tun", 0, -1, NULL },
	{ "tunx", 0, -1, NULL }, { "tun00", 0, -1, NULL },
	{ "tap1", 0, -1, NULL }, { "tun1x", 2, 1, "x" },
	{ "tun0.5", 2, 0, ".5" }, { "tun16777215", 1, 0xffffff, "" },
	{ "tun16777216", 0, -1, NULL }, { "tun99999999999", 0, -1, NULL },
};

static void
body_stdclone(void *arg __unused)
{
	char name[32], *rest;
	int result, unit;
	size_t i;

	for (i = 0; i < nitems(stdnames); i++) {
		strlcpy(name, stdnames[i].name, sizeof(name));
		unit = -1;
		result = dev_stdclone(name, &rest, "tun", &unit);
		if (result != stdnames[i].result || unit != stdnames[i].unit)
			panic("%s: %d, %d", name, result, unit);
		CHECK(result == 0 || strcmp(rest, stdnames[i].rest) == 0);
		CHECK(dev_stdclone(name, NULL, "tun", &unit) == result);
	}
}

static void
test_stdclone(void **state)
{
	run(body_stdclone, NULL);
}

static void
clone_handler(void *arg, struct ucred *cred __unused, char *name,
    int namelen, struct cdev **result)
{
	if (*result == NULL && namelen == 1 && name[0] == 'x') {
		*result = *(struct cdev **)arg;
		dev_ref(*result);
	}
}

/* The event, with the protocol of its reference. */
static void
body_event(void *arg __unused)
{
	struct cdev *dev, *found = NULL;
	eventhandler_tag tag;
	char name[] = "x";

	dev = make_node(&tdev_cdevsw, 0, NULL, "x");
	tag = EVENTHANDLER_REGISTER(dev_clone, clone_handler, &dev, 1000);
	EVENTHANDLER_INVOKE(dev_clone, curthread->td_ucred, name, 1, &found);
	CHECK(found == dev && look("x").refs == 2);
	dev_rel(found);
	EVENTHANDLER_DEREGISTER(dev_clone, tag);
	destroy_dev(dev);
}

static void
test_event(void **state)
{
	run(body_event, NULL);
}

/* --- failures ------------------------------------------------------------- */

static const struct vs_config s15 = { .profile = "S15" };

/*
 * The name is taken: a node made for the unit goes with the attempt, and the
 * unit is free.
 */
static void
body_failed(void *arg __unused)				/* 8.9 */
{
	struct cdev *other, *dev;
	int error, unit;

	clone_setup(&clones);
	other = make_node(&tdev_cdevsw, 0, NULL, "tu0");
	CHECK(create(-1, &unit) == 1 && unit == 0);
	CHECK(complete(0, MAKEDEV_CHECKNAME, &error) == NULL);
	CHECK(error == EEXIST && LIST_EMPTY(&tunit_cdevsw.d_devs));
	destroy_dev(other);
	CHECK(create(0, &unit) == 1);
	dev = complete(0, MAKEDEV_CHECKNAME, &error);
	CHECK(error == 0 && dev->si_refcount == 1);
	check_counts();
	clone_cleanup(&clones);
}

/* In S15 it stays, with the caller's pointer in it. */
#ifdef INVARIANTS
static void
body_failed_s15(void *arg __unused)
{
	struct cdev *dev = NULL;
	int error, unit;

	clone_setup(&clones);
	make_node(&tdev_cdevsw, 0, NULL, "tu0");
	CHECK(create(-1, &unit) == 1);
	CHECK(complete(0, MAKEDEV_CHECKNAME, &error) == NULL);
	unit = 0;
	CHECK(clone_create(&clones, &tunit_cdevsw, &unit, &dev, 0) == 0);
	CHECK(dev->si_drv1 == &clones && (dev->si_flags & SI_NAMED) == 0);
	clone_cleanup(&clones);
}
#endif

static void
test_failed(void **state)
{
	run(body_failed, NULL);
#ifdef INVARIANTS
	shutdown_clean();
	fresh_switches();
	expect_panic_with(&s15, body_failed_s15, NULL,
	    "Driver has goofed in cloning underways udev 0 unit 0");
#endif
}

/* --- the half-dead interval ----------------------------------------------- */

static struct cdev *dying;

static void
body_reuse_begin(void *arg __unused)
{
	int error, unit;

	clone_setup(&clones);
	CHECK(create(-1, &unit) == 1 && unit == 0);
	dying = complete(0, 0, &error);
	CHECK(error == 0);
}

static void
reuse_destroyer(void *arg __unused)
{
	destroy_dev(dying);
}

/* The unit is not given away before its node is gone; another is: 73. */
static void
body_reuse(void *arg __unused)
{
	struct cdev *dev = NULL;
	int error, unit;

	CHECK(vs_fail_point_wait("destroy_dev_half", 1) == 0);
	CHECK(create(-1, &unit) == 1);
	CHECK(unit == 1);
	dev = complete(1, 0, &error);
	CHECK(error == 0 && dev != dying);
	/* Even who asks for that very unit gets a node of his own. */
	CHECK(create(0, &unit) == 1);
	dev = complete(0, MAKEDEV_CHECKNAME, &error);
	CHECK(error == 0 && dev != dying);
	vs_fail_point("destroy_dev_half", "off");
}

static void
body_reuse_end(void *arg __unused)
{
	check_counts();
	clone_cleanup(&clones);
	CHECK(LIST_EMPTY(&tunit_cdevsw.d_devs));
}

static void
body_reuse_s15(void *arg __unused)
{
	int error, unit;

	CHECK(vs_fail_point_wait("destroy_dev_half", 1) == 0);
	CHECK(create(-1, &unit) == 1);
	CHECK(unit == 0);
	(void)complete(0, 0, &error);
	CHECK(LIST_FIRST(&tunit_cdevsw.d_devs) == dying);
	panic("the dying node was adopted");
}

static void
test_reuse(void **state)
{
	struct vs_thread *t;

	run(body_reuse_begin, NULL);
	assert_int_equal(vs_fail_point("destroy_dev_half", "pause"), 0);
	t = spawn(reuse_destroyer, NULL, "destroyer");
	run(body_reuse, NULL);
	join(t);
	run(body_reuse_end, NULL);
}

static void
test_reuse_s15(void **state)
{
	fresh_switches();
	boot_with(&s15);
	run(body_reuse_begin, NULL);
	assert_int_equal(vs_fail_point("destroy_dev_half", "pause"), 0);
	(void)spawn(reuse_destroyer, NULL, "destroyer");
#ifdef INVARIANTS
	expect_panic(body_reuse_s15, NULL,
	    "inconsistent switch of device (min=0) of driver tunit");
#else
	expect_panic(body_reuse_s15, NULL, "the dying node was adopted");
#endif
}

/* --- a crowd -------------------------------------------------------------- */

#define	CROWD	4
#define	ROUNDS	150

/* Everybody makes, enters and destroys nodes by unit. */
static void
body_crowd(void *arg)
{
	struct cdev *dev;
	int error, i, ref, unit;

	for (i = 0; i < ROUNDS; i++) {
		CHECK(create(-1, &unit) == 1);
		dev = complete(unit, MAKEDEV_REF | MAKEDEV_CHECKNAME, &error);
		CHECK(error == 0);
		CHECK(dev_refthread(dev, &ref) == &tunit_cdevsw);
		if (((uintptr_t)arg + i) % 3 == 0)
			CHECK(destroy_dev_sched(dev) == 1);
		dev_relthread(dev, ref);
		if (((uintptr_t)arg + i) % 3 != 0)
			destroy_dev(dev);
		dev_rel(dev);
	}
}

static void
body_crowd_setup(void *arg __unused)
{
	clone_setup(&clones);
}

static void
body_crowd_end(void *arg __unused)
{
	destroy_dev_drain(&tunit_cdevsw);
	clone_cleanup(&clones);
	check_counts();
}

static void
test_crowd(void **state)
{
	struct vs_thread *threads[CROWD];
	uintptr_t i;

	run(body_crowd_setup, NULL);
	for (i = 0; i < CROWD; i++)
		threads[i] = spawn(body_crowd, (void *)i, "maker");
	for (i = 0; i < CROWD; i++)
		join(threads[i]);
	run(body_crowd_end, NULL);
}

/* --- misuse --------------------------------------------------------------- */

#ifdef INVARIANTS
static void
bad_unit(void *arg __unused)
{
	int unit;

	clone_setup(&clones);
	create(CLONE_UNITMASK + 1, &unit);
}

static void
bad_extra(void *arg __unused)
{
	struct cdev *dev = NULL;
	int unit = 0;

	clone_setup(&clones);
	clone_create(&clones, &tunit_cdevsw, &unit, &dev, 5);
}

static void
bad_switch(void *arg __unused)
{
	struct cdev *dev = NULL;
	int unit = 0;

	clone_setup(&clones);
	clone_create(&clones, &tdev_cdevsw, &unit, &dev, 0);
}

static const struct misuse rows[] = {
	ROW("3.11", bad_unit, "Too high unit (0x100000) in clone_create"),
	ROW("3.11", bad_extra, "Illegal extra bits (0x5) in clone_create"),
	ROW("3.11", bad_switch,
	    "clone_create() on cdevsw without minor numbers"),
};
#endif

static void
test_misuse(void **state)
{
#ifdef INVARIANTS
	expect_cdev_misuse(rows, nitems(rows));
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CDEV_TEST(test_units),
		CDEV_TEST(test_extra),
		CDEV_TEST(test_reserved),
		CDEV_TEST(test_stdclone),
		CDEV_TEST(test_event),
		CDEV_TEST(test_failed),
		CDEV_TEST(test_reuse),
		CDEV_TEST(test_crowd),
		cmocka_unit_test(test_reuse_s15),
		cmocka_unit_test(test_misuse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
