/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * make_dev(9): names, references, credentials, methods.  Numbers are rows of
 * spec/cdev-tuntap.md, 10.  Nothing is mounted here, so dead nodes are
 * collected at shutdown, and what holds one is seen by its counts.
 */
#include "cdev_test.h"

#include <sys/eventhandler.h>
#include <sys/mutex.h>
#include <sys/priv.h>

#include <limits.h>
#include <poll.h>

/* --- making --------------------------------------------------------------- */

static void
body_make(void *arg __unused)
{
	struct vs_cdev_info info;
	struct cdev *dev;

	vs_events_record(true);
	dev = make_node(&tdev_cdevsw, 0, NULL, "x");			/* 1 */
	info = look("x");
	CHECK(info.refs == 1 && info.active && info.listed && info.named);
	CHECK(events("DEVFS CDEV CREATE cdev=x") == 1);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "list") == 1);
	CHECK(strcmp(devtoname(dev), "x") == 0);
	CHECK(dev->si_mode == 0600 && dev->si_devsw == &tdev_cdevsw);
	destroy_dev(dev);						/* 8 */
	info = look("x");
	CHECK(info.refs == 1 && !info.active && info.listed && !info.named);
	CHECK(events("DEVFS CDEV DESTROY cdev=x") == 1);
	CHECK(LIST_EMPTY(&tdev_cdevsw.d_devs));
	check_counts();
}

static void
test_make(void **state)
{
	run(body_make, NULL);
	assert_int_equal(vs_cdev_count(), 1);
}

static void
body_ref(void *arg __unused)
{
	struct cdev *dev;

	dev = make_node(&tdev_cdevsw, MAKEDEV_REF, NULL, "x");		/* 2 */
	CHECK(look("x").refs == 2);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "MAKEDEV_REF") == 1);
	dev_rel(dev);
	CHECK(look("x").refs == 1 && look("x").active);
	dev_ref(dev);							/* 18 */
	destroy_dev(dev);
	CHECK(look("x").refs == 2);
	check_counts();
	dev_rel(dev);
	CHECK(look("x").refs == 1);
}

static void
test_ref(void **state)
{
	run(body_ref, NULL);
}

/* The node has the credential until it is freed. */
static void
body_cred(void *arg __unused)
{
	struct ucred *cr = curthread->td_ucred;
	u_int before = cr->cr_ref;
	struct cdev *dev;

	dev = make_dev_cred(&tdev_cdevsw, 0, cr, UID_ROOT, GID_WHEEL, 0600,
	    "c%d", 1);							/* 3 */
	CHECK(cr->cr_ref == before + 1 && look("c1").cred == cr);
	destroy_dev(dev);
	CHECK(cr->cr_ref == before + 1);
}

static void
test_cred(void **state)
{
	run(body_cred, NULL);
}

/* A node that is never collected would keep it. */
static void
body_freed(void *arg __unused)
{
	struct cdev *dev;
	unsigned before = vs_cdev_count();
	int error;

	make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "a b");
	CHECK(error == EINVAL && vs_cdev_count() == before);
	dev = make_node(&tdev_cdevsw, 0, NULL, "a");
	CHECK(vs_cdev_count() == before + 1);
	/* Taking the list's reference away is the collector's business. */
	destroy_dev(dev);
	CHECK(vs_cdev_count() == before + 1);
}

static void
test_freed(void **state)
{
	run(body_freed, NULL);
}

/* --- names ---------------------------------------------------------------- */

static void
body_exists(void *arg __unused)
{
	struct cdev *dev, *next;
	int error;

	dev = make_node(&tdev_cdevsw, 0, NULL, "x");			/* 4 */
	make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "x");
	CHECK(error == EEXIST);
	CHECK(LIST_FIRST(&tdev_cdevsw.d_devs) == dev);
	CHECK(LIST_NEXT(dev, si_list) == NULL);
	destroy_dev(dev);
	dev = make_node(&tdev_cdevsw, 0, NULL, "a/b");			/* 5 */
	make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "a");
	CHECK(error == EEXIST);
	make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "a/b/c");
	CHECK(error == EEXIST);
	next = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "a/c");
	destroy_dev(next);
	next = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "a/bc");
	destroy_dev(dev);
	destroy_dev(next);
	dev = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "a");
	destroy_dev(dev);
}

static void
test_exists(void **state)
{
	run(body_exists, NULL);
}

static const struct {
	const char	*name;
	int		error;
	const char	*result;
} names[] = {								/* 6 */
	{ "", EINVAL, NULL }, { "/", EINVAL, NULL }, { "x/", EINVAL, NULL },
	{ "a b", EINVAL, NULL }, { "a\tb", EINVAL, NULL },
	{ "a\"b", EINVAL, NULL }, { "a/../b", EINVAL, NULL },
	{ "..", EINVAL, NULL }, { "a/.", EINVAL, NULL },
	{ "./a", EINVAL, NULL },
	{ "//p//q", 0, "p/q" }, { "/..a", 0, "..a" }, { "b./c", 0, "b./c" },
};

static void
body_names(void *arg __unused)
{
	char name[SPECNAMELEN + 2];
	struct cdev *dev;
	int error;
	size_t i;

	for (i = 0; i < nitems(names); i++) {
		dev = make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "%s",
		    names[i].name);
		if (error != names[i].error)
			panic("\"%s\": %d", names[i].name, error);
		if (dev == NULL)
			continue;
		CHECK(strcmp(devtoname(dev), names[i].result) == 0);
		destroy_dev(dev);
	}
	memset(name, 'n', sizeof(name));
	name[SPECNAMELEN + 1] = '\0';
	make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, &error, "%s", name);
	CHECK(error == ENAMETOOLONG);
	name[SPECNAMELEN] = '\0';
	destroy_dev(make_node(&tdev_cdevsw, MAKEDEV_CHECKNAME, NULL, "%s",
	    name));
}

static void
test_names(void **state)
{
	run(body_names, NULL);
}

static void
body_size(void *arg __unused)
{
	struct make_dev_args args;
	struct cdev *dev = NULL;

	make_dev_args_init(&args);					/* 7 */
	args.mda_devsw = &tdev_cdevsw;
	args.mda_size = sizeof(args) + 1;
	CHECK(make_dev_s(&args, &dev, "x") == EINVAL && dev == NULL);
	/* A caller of an older kernel knows fewer members. */
	args.mda_unit = 5;
	args.mda_size = offsetof(struct make_dev_args, mda_unit);
	CHECK(make_dev_s(&args, &dev, "x") == 0 && dev2unit(dev) == 0);
	destroy_dev(dev);
}

static void
test_size(void **state)
{
	run(body_size, NULL);
}

/* --- the other forms ------------------------------------------------------ */

static void
body_forms(void *arg __unused)
{
	struct cdev *dev, *none = NULL;

	dev = make_dev(&tdev_cdevsw, 3, 7, 8, 0444, "%s%d", "f", 3);
	CHECK(dev2unit(dev) == 3 && dev->si_uid == 7 && dev->si_gid == 8 &&
	    dev->si_mode == 0444);
	CHECK(make_dev_credf(MAKEDEV_CHECKNAME, &tdev_cdevsw, 0, NULL, 0, 0,
	    0600, "f3") == NULL);
	CHECK(make_dev_p(MAKEDEV_CHECKNAME, &none, &tdev_cdevsw, NULL, 0, 0,
	    0600, "f3") == EEXIST && none == NULL);
	destroy_dev(dev);
	dev = make_dev_credf(MAKEDEV_REF, &tdev_cdevsw, 0, NULL, 0, 0, 0600,
	    "f4");
	CHECK(look("f4").refs == 2);
	dev_rel(dev);
	destroy_dev(dev);
	CHECK(make_dev_p(0, &dev, &tdev_cdevsw, NULL, 0, 0, 0600, "f5") == 0);
	CHECK(dev2unit(dev) == 0);
	destroy_dev(dev);
}

static void
test_forms(void **state)
{
	run(body_forms, NULL);
}

static void
body_alias(void *arg __unused)
{
	struct cdev *dev, *alias = NULL, *child;

	vs_events_record(true);
	dev = make_node(&tdev_cdevsw, 0, NULL, "x");			/* 16 */
	CHECK(make_dev_alias_p(MAKEDEV_CHECKNAME, &alias, dev, "x") == EEXIST);
	CHECK(alias == NULL);
	CHECK(make_dev_alias_p(MAKEDEV_CHECKNAME, &alias, dev, "d/e") == 0);
	CHECK(look("d/e").alias && look("d/e").refs == 1);
	CHECK(alias->si_parent == dev && alias->si_devsw == NULL);
	CHECK(look("x").refs == 1);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "alias") == 1);
	child = make_node(&tunit_cdevsw, 0, NULL, "y");
	dev_depends(dev, child);
	check_counts();
	destroy_dev(dev);
	CHECK(!look("d/e").active && !look("y").active && !look("x").active);
	CHECK(look("d/e").refs == 1 && look("y").refs == 1);
	CHECK(events("DESTROY") == 3);
	dev = make_node(&tdev_cdevsw, 0, NULL, "x");
	alias = make_dev_alias(dev, "al%d", 1);
	destroy_dev(alias);
	CHECK(LIST_EMPTY(&dev->si_children) && look("x").active);
	destroy_dev(dev);
	check_counts();
}

static void
test_alias(void **state)
{
	run(body_alias, NULL);
}

/* --- methods -------------------------------------------------------------- */

static void
body_defaults(void *arg __unused)
{
	struct cdevsw *csw;
	struct cdev *dev;
	int ref;

	dev = make_node(&tdev_cdevsw, 0, NULL, "x");
	csw = dev_refthread(dev, &ref);
	CHECK(csw == &tdev_cdevsw && ref == 1 && look("x").threads == 1);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "thread") == 1);
	CHECK(csw->d_open(dev, 0, 0, curthread) == 0);
	CHECK(csw->d_close(dev, 0, 0, curthread) == 0);
	CHECK(csw->d_read(dev, NULL, 0) == ENODEV);
	CHECK(csw->d_write(dev, NULL, 0) == ENODEV);
	CHECK(csw->d_ioctl(dev, 0, NULL, 0, curthread) == ENODEV);
	CHECK(csw->d_kqfilter(dev, NULL) == ENODEV);
	CHECK(csw->d_mmap(dev, 0, NULL, 0, NULL) == ENODEV);
	CHECK(csw->d_mmap_single(dev, NULL, 0, NULL, 0) == ENODEV);
	CHECK(csw->d_poll(dev, POLLIN | POLLPRI, curthread) == POLLIN);
	CHECK(csw->d_poll(dev, 0x4000, curthread) == POLLNVAL);
	CHECK(csw->d_fdopen == NULL && csw->d_purge == NULL);
	dev_relthread(dev, ref);
	CHECK(look("x").threads == 0);
	destroy_dev(dev);
	CHECK(dev_refthread(dev, &ref) == NULL && ref == 0);
	CHECK((tdev_cdevsw.d_flags & D_INIT) == 0);
}

static void
test_defaults(void **state)
{
	run(body_defaults, NULL);
}

static struct cdevsw old_cdevsw = {
	.d_version = D_VERSION_03,
	.d_name = "old"
};

static void
body_old(void *arg __unused)
{
	struct cdev *dev;

	dev = make_node(&old_cdevsw, 0, NULL, "x");
	CHECK(old_cdevsw.d_open(dev, 0, 0, curthread) == ENXIO);
	CHECK(old_cdevsw.d_read(dev, NULL, 0) == ENXIO);
	CHECK(old_cdevsw.d_poll(dev, POLLIN, curthread) == ENODEV);
	destroy_dev(dev);
}

static void
test_old(void **state)
{
	run(body_old, NULL);
	expect_console("WARNING: Device driver \"old\" has wrong version and is"
	    " disabled.  Recompile KLD module.");
}

static bool under_giant;

static int
giant_read(struct cdev *dev __unused, struct uio *uio __unused,
    int ioflag __unused)
{
	under_giant = mtx_owned(&Giant);
	return (EINTR);
}

static struct cdevsw giant_cdevsw = {
	.d_version = D_VERSION,
	.d_flags = D_NEEDGIANT,
	.d_name = "giant",
	.d_read = giant_read
};

static void
body_giant(void *arg __unused)
{
	struct cdev *dev;

	dev = make_node(&giant_cdevsw, 0, NULL, "x");
	CHECK(giant_cdevsw.d_read != giant_read);
	CHECK(giant_cdevsw.d_read(dev, NULL, 0) == EINTR);
	CHECK(under_giant && !mtx_owned(&Giant));
	CHECK(giant_cdevsw.d_open(dev, 0, 0, curthread) == 0);
	/* Once the last node has gone the methods are the driver's own again. */
	CHECK(vs_fail_point("destroy_dev_task", "pause") == 0);
	CHECK(destroy_dev_sched(dev) == 1);
	CHECK(giant_cdevsw.d_read(dev, NULL, 0) == ENXIO);
	CHECK(vs_fail_point("destroy_dev_task", "off") == 0);
	destroy_dev_drain(&giant_cdevsw);
	CHECK(giant_cdevsw.d_read == giant_read);
}

static void
test_giant(void **state)
{
	run(body_giant, NULL);
}

/* dev_copyname() of a node that is gone leaves the buffer: 86. */
static void
body_copyname(void *arg __unused)
{
	char name[8] = "before";
	struct cdev *dev;

	dev = make_node(&tdev_cdevsw, MAKEDEV_REF, NULL, "x");
	dev_copyname(dev, name, sizeof(name));
	CHECK(strcmp(name, "x") == 0);
	strlcpy(name, "before", sizeof(name));
	destroy_dev(dev);
	dev_copyname(dev, name, sizeof(name));
	CHECK(strcmp(name, "before") == 0);
	dev_rel(dev);
}

static void
test_copyname(void **state)
{
	run(body_copyname, NULL);
}

/* --- no memory ------------------------------------------------------------ */

/* Fails the first, second, ... request of a make_dev_s() until none does. */
static void
body_nomem(void *arg)
{
	struct cdevsw *csw = arg;
	unsigned long n;
	struct cdev *dev;
	bool hit;
	int error;

	for (n = 1; ; n++) {
		vs_events_record(true);
		vs_fail_malloc(n);
		dev = make_node(csw, MAKEDEV_NOWAIT, &error, "n");
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
		CHECK(error == 0 || error == ENOMEM);
		CHECK(hit || error == 0);
		if (dev != NULL) {
			/* Only the message can be missing. */
			CHECK(events("CREATE") == !hit);
			CHECK(look("n").refs == 1);
			destroy_dev(dev);
		} else
			CHECK(csw->d_gianttrick == NULL);
		check_counts();
		if (!hit)
			break;
	}
	/* The node, Giant's switch, the message; the number's are its own. */
	CHECK(n >= 3);
}

static void
test_nomem(void **state)
{
	run(body_nomem, &tdev_cdevsw);
	run(body_nomem, &giant_cdevsw);
}

/* --- misuse --------------------------------------------------------------- */

static void
bad_name(void *arg __unused)
{
	make_dev(&tdev_cdevsw, 0, 0, 0, 0600, "x");
	make_dev(&tdev_cdevsw, 0, 0, 0, 0600, "x");			/* 4 */
}

static void
bad_alias_name(void *arg __unused)
{
	make_dev_alias(make_dev(&tdev_cdevsw, 0, 0, 0, 0600, "x"), "x/y");
}

#ifdef INVARIANTS
static void
bad_wait(void *arg __unused)
{
	make_node(&tdev_cdevsw, MAKEDEV_NOWAIT | MAKEDEV_WAITOK, NULL, "x");
}

static void
bad_alias_flags(void *arg __unused)
{
	struct cdev *alias;

	(void)make_dev_alias_p(MAKEDEV_REF, &alias,			/* 17 */
	    make_node(&tdev_cdevsw, 0, NULL, "x"), "y");
}

static void
bad_rel(void *arg __unused)
{
	struct cdev *dev = make_node(&tdev_cdevsw, 0, NULL, "x");

	dev_rel(dev);
	dev_rel(dev);
}

static void
bad_relthread(void *arg __unused)
{
	dev_relthread(make_node(&tdev_cdevsw, 0, NULL, "x"), 1);
}

static void
bad_destroy(void *arg __unused)
{
	struct cdev *dev = make_node(&tdev_cdevsw, MAKEDEV_REF, NULL, "x");

	destroy_dev(dev);
	destroy_dev(dev);
}

/* It is entered without being counted, and can never go. */
static void
bad_eternal(void *arg __unused)
{
	struct cdev *dev;
	int ref;

	dev = make_node(&tdev_cdevsw, MAKEDEV_ETERNAL, NULL, "x");
	CHECK(dev_refthread(dev, &ref) == &tdev_cdevsw && ref == 0);
	CHECK(look("x").threads == 0);
	dev_relthread(dev, ref);
	destroy_dev(dev);
}

static void
bad_make_locked(void *arg __unused)
{
	struct mtx m;

	mtx_init(&m, "m", NULL, MTX_DEF | MTX_NEW);
	mtx_lock(&m);
	make_node(&tdev_cdevsw, 0, NULL, "x");
}

static void
bad_pair(void *arg __unused)
{
	make_node(&tunit_cdevsw, 0, NULL, "x");
	make_node(&tunit_cdevsw, 0, NULL, "y");
}
#endif

#ifdef INVARIANTS
static const struct vs_config witness_fatal = {
	.witness = VS_WITNESS_FATAL
};
#endif

static const struct misuse rows[] = {
	ROW("4", bad_name, "make_dev_sv: bad si_name (error=17, si_name=x)"),
	ROW("3.3", bad_alias_name,
	    "make_dev_alias_v: bad si_name (error=17, si_name=x/y)"),
#ifdef INVARIANTS
	ROW("1.4", bad_wait, "make_dev_sv: both WAITOK and NOWAIT specified"),
	ROW("17", bad_alias_flags,
	    "make_dev_alias_v: invalid flags specified (flags=01)"),
	ROW("3.4", bad_rel, "dev_rel(x) gave negative count"),
	ROW("3.5", bad_relthread, "x threadcount is wrong"),
	ROW("3.6", bad_destroy, "WARNING: Driver mistake: destroy_dev on 0"),
	ROW("3.6", bad_eternal,
	    "WARNING: Driver mistake: destroy_dev on eternal 0"),
	ROW("2.3", bad_make_locked, "*", .config = &witness_fatal,
	    .console = "with the following non-sleepable locks held"),
	ROW("3.2", bad_pair, "make_dev() by driver tunit on pre-existing "
	    "device (min=0, name=x)"),
#endif
};

static void
test_misuse(void **state)
{
	expect_cdev_misuse(rows, nitems(rows));
}

/* A node that is left is a leak, named, and the only thing reported. */
static void
body_left(void *arg __unused)
{
	dev_ref(make_node(&tdev_cdevsw, 0, NULL, "left"));
}

static void
test_left(void **state)
{
	const struct vs_outcome *o;

	boot();
	run(body_left, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "cdev left: 2 references"));
	assert_non_null(strstr(o->report, "body_left"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CDEV_TEST(test_make),
		CDEV_TEST(test_ref),
		CDEV_TEST(test_cred),
		CDEV_TEST(test_freed),
		CDEV_TEST(test_exists),
		CDEV_TEST(test_names),
		CDEV_TEST(test_size),
		CDEV_TEST(test_forms),
		CDEV_TEST(test_alias),
		CDEV_TEST(test_defaults),
		CDEV_TEST(test_old),
		CDEV_TEST(test_giant),
		CDEV_TEST(test_copyname),
		CDEV_TEST(test_nomem),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_left),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
