/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What happens when something fails half way: each allocation that may fail,
 * and each place that can be told to, fails in turn.  The error comes back, or
 * the call does without; nothing is left behind, nothing is wrong, and the
 * same call succeeds next.
 */
#include "devices/tun_jail.h"

#define	TRIES	64

static void
check_all(void)
{
	char text[4096];

	if (vs_check_invariants(text, sizeof(text)) != 0 ||
	    vs_check_cdevs(text, sizeof(text)) != 0 ||
	    vs_check_devfs(text, sizeof(text)) != 0)
		fail_msg("invariants:\n%s", text);
}

/* Something to do, and how to take it back; both from any thread. */
struct attempt {
	int	(*call)(void);
	int	(*undo)(void);		/* or NULL */
};

/* The n-th allocation fails, until there are not so many. */
static int
fail_memory(const struct attempt *a)
{
	size_t before = nodes();
	int error, n;
	bool hit;

	for (n = 1; n < TRIES; n++) {
		vs_fail_malloc(n);
		error = a->call();
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
		check_all();
		/* What was only to make it better may be missing. */
		if (error == 0 && a->undo != NULL)
			assert_int_equal(a->undo(), 0);
		populate();
		if (error != 0) {
			assert_int_equal(error, ENOMEM);
			assert_int_equal(nodes(), before);
		}
		if (!hit) {
			assert_int_equal(error, 0);
			return (n - 1);
		}
	}
	fail_msg("more than %d allocations", TRIES);
	return (0);
}

/* The n-th time that anybody comes by the point: how often it did. */
static int
fail_point(const struct attempt *a, const char *point, int with)
{
	size_t before = nodes();
	char setting[60];
	int error, n, ok = 0;

	for (n = 1; n < TRIES; n++) {
		snprintf(setting, sizeof(setting), "%d*print->1*return(%d)",
		    n - 1, with);
		/* A count of none would not be a count. */
		assert_int_equal(vs_fail_point(point, n == 1 ?
		    strchr(setting, '1') : setting), 0);
		error = a->call();
		assert_int_equal(vs_fail_point(point, "off"), 0);
		check_all();
		if (error == 0 && a->undo != NULL)
			assert_int_equal(a->undo(), 0);
		populate();
		if (error != 0) {
			/* devfs does not tell why there is no node. */
			assert_true(error == with || error == ENOENT);
			assert_int_equal(nodes(), before);
			ok = 0;
		} else if (++ok == 2)
			return (n - 2);
	}
	fail_msg("%s is passed too often", point);
	return (0);
}

/* --- tunnels -------------------------------------------------------------- */

static int
open_close(const char *path)
{
	int error, fd;

	if ((error = vs_open(path, O_RDWR | O_NONBLOCK, &fd)) == 0)
		(void)vs_close(fd);
	return (error);
}

static int
clone_tun(void)
{
	return (open_close("/dev/tun"));
}

static int
clone_tap(void)
{
	return (open_close("/dev/tap3"));
}

static int
create_tun0(void)
{
	return (create_one("tun0"));
}

static int
create_vmnet(void)
{
	return (create_one("vmnet"));
}

static int
destroy_tun0(void)
{
	return (destroy("tun0"));
}

static int
destroy_tap3(void)
{
	return (destroy("tap3"));
}

static int
destroy_vmnet0(void)
{
	return (destroy("vmnet0"));
}

static int
open_tun0(void)
{
	return (open_close("/dev/tun0"));
}

static int
rename_tun0(void)
{
	return (vs_if_rename("tun0", "foo"));
}

static int
rename_back(void)
{
	return (vs_if_rename("foo", "tun0"));
}

static const struct attempt clone = { clone_tun, destroy_tun0 };
static const struct attempt clone_unit = { clone_tap, destroy_tap3 };
static const struct attempt creation = { create_tun0, destroy_tun0 };
static const struct attempt creation_any = { create_vmnet, destroy_vmnet0 };
static const struct attempt opening = { open_tun0, NULL };
static const struct attempt renaming = { rename_tun0, rename_back };
static const struct attempt destruction = { destroy_tun0, create_tun0 };

static void
test_clone(void **state)
{
	/* The group of the kind, and the membership in "all" and in it. */
	assert_int_equal(fail_memory(&clone), 3);
	assert_int_equal(fail_point(&clone, "make_dev_name", EEXIST), 1);
	/* Asked for the unit, then to take it. */
	assert_int_equal(fail_point(&clone, "tun_alloc_unit", ENOSPC), 2);
	assert_int_equal(fail_memory(&clone_unit), 3);
	assert_int_equal(fail_point(&clone_unit, "make_dev_name", EEXIST), 1);
	assert_int_equal(fail_point(&clone_unit, "tun_alloc_unit", EEXIST),
	    2);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun0"));
	assert_int_equal(destroy("tun0"), 0);
}

/* The node is there, its opener is refused: it stays for the next. */
static void
test_clone_refused(void **state)
{
	assert_int_equal(vs_fail_point("tun_open", "1*return(5)"), 0);
	assert_int_equal(clone_tun(), EIO);
	check_all();
	assert_true(exists("tun0"));
	assert_int_equal(node("tun0")->si_usecount, 0);
	assert_int_equal(node_refs(node("tun0")), 2);
	assert_int_equal(open_tun0(), 0);
	assert_int_equal(destroy("tun0"), 0);
}

static int clone_result;

static void
clone_in_jail_main(void *arg)
{
	clone_result = clone_tun();
}

static int jail;

static int
clone_in_jail(void)
{
	run_in(jail, clone_in_jail_main, NULL);
	return (clone_result);
}

static void
destroy_in_jail_main(void *arg)
{
	CHECK(vs_if_destroy("tun0") == 0);
}

static int
destroy_in_jail(void)
{
	run_in(jail, destroy_in_jail_main, NULL);
	return (0);
}

/* The node that fails had the jail's credential. */
static void
test_clone_in_jail(void **state)
{
	const struct attempt a = { clone_in_jail, destroy_in_jail };

	jail = jail_with("name=v vnet persist");
	assert_int_equal(fail_memory(&a), 3);
	assert_int_equal(fail_point(&a, "make_dev_name", EEXIST), 1);
	assert_int_equal(fail_point(&a, "tun_alloc_unit", ENOSPC), 2);
	assert_int_equal(vs_jail_remove(jail), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

static void
test_create(void **state)
{
	assert_int_equal(fail_memory(&creation), 3);
	assert_int_equal(fail_point(&creation, "make_dev_name", EEXIST), 1);
	assert_int_equal(fail_point(&creation, "tun_alloc_unit", EEXIST), 1);
	assert_int_equal(fail_memory(&creation_any), 3);
	assert_int_equal(fail_point(&creation_any, "make_dev_name", EEXIST),
	    1);
	assert_int_equal(fail_point(&creation_any, "tun_alloc_unit", ENOSPC),
	    1);
}

static void
test_open(void **state)
{
	assert_int_equal(create_tun0(), 0);
	assert_int_equal(fail_memory(&opening), 0);
	assert_int_equal(fail_point(&opening, "tun_open", EIO), 1);
	assert_int_equal(destroy_tun0(), 0);
}

static void
test_rename(void **state)
{
	assert_int_equal(create_tun0(), 0);
	assert_int_equal(fail_memory(&renaming), 0);
	/* The interface has its name; the device does without. */
	assert_int_equal(vs_fail_point("make_dev_alias_name",
	    "1*return(12)"), 0);
	assert_int_equal(rename_tun0(), 0);
	check_all();
	assert_int_equal(look("/dev/foo"), ENOENT);
	assert_int_equal(rename_back(), 0);
	assert_int_equal(destroy_tun0(), 0);
}

static void
test_destroy(void **state)
{
	assert_int_equal(create_tun0(), 0);
	/* It needs no memory; creating it again does. */
	vs_fail_malloc(1);
	assert_int_equal(destroy_tun0(), 0);
	assert_false(vs_fail_malloc_hit());
	vs_fail_malloc(0);
	populate();
	assert_int_equal(create_tun0(), 0);
	assert_int_equal(fail_point(&destruction, "tun_drain_users", EINTR),
	    1);
	assert_int_equal(open_tun0(), 0);
	assert_int_equal(destroy_tun0(), 0);
}

/* Nobody sees the error of the last close; what is left can be opened. */
static void
test_transient_close(void **state)
{
	int fd;

	fd = device_open("/dev/tun");
	assert_int_equal(device_set(fd, TUNSTRANSIENT, 1), 0);
	assert_int_equal(vs_fail_point("tun_drain_users", "1*return(4)"), 0);
	vs_close(fd);
	check_all();
	assert_true(exists("tun0"));
	assert_int_equal(open_error("/dev/tun0"), 0);
	assert_false(exists("tun0"));
}

/* Memory is where FreeBSD as it is does no worse. */
static void
test_memory_before(void **state)
{
	boot_as("S15");
	assert_int_equal(fail_memory(&clone), 3);
	assert_int_equal(fail_memory(&clone_unit), 3);
	assert_int_equal(fail_memory(&creation), 3);
	assert_int_equal(create_tun0(), 0);
	assert_int_equal(fail_memory(&opening), 0);
	assert_int_equal(fail_memory(&renaming), 0);
	assert_int_equal(fail_point(&destruction, "tun_drain_users", EINTR),
	    1);
	assert_int_equal(destroy_tun0(), 0);
	populate();
}

/* --- nodes ---------------------------------------------------------------- */

static struct cdevsw plain_sw = {
	.d_version = D_VERSION,
	.d_name = "plain",
};
static struct cdevsw giant_sw = {
	.d_version = D_VERSION,
	.d_flags = D_NEEDGIANT | D_GIANTOK,
	.d_name = "giant",
};
static struct cdevsw minor_sw = {
	.d_version = D_VERSION,
	.d_flags = D_NEEDMINOR,
	.d_name = "minor",
};

/* One call of make_dev_s() or its like. */
static struct making {
	struct cdevsw	*csw;
	int		flags;
	bool		cred;
	bool		alias;
	struct cdev	*parent;	/* of the alias */
	struct cdev	*dev;		/* out */
	int		error;		/* out */
} making;

static void
make_main(void *arg)
{
	struct making *m = arg;
	struct make_dev_args args;

	if (m->alias) {
		m->error = make_dev_alias_p(m->flags, &m->dev, m->parent,
		    "second/%s", "name");
		return;
	}
	make_dev_args_init(&args);
	args.mda_flags = m->flags;
	args.mda_devsw = m->csw;
	args.mda_cr = m->cred ? curthread->td_ucred : NULL;
	args.mda_mode = 0600;
	m->error = make_dev_s(&args, &m->dev, "some/%s", "name");
}

static int
make(void)
{
	making.dev = NULL;
	run(make_main, &making);
	assert_true((making.dev != NULL) == (making.error == 0));
	return (making.error);
}

static void
unmake_main(void *arg)
{
	struct making *m = arg;

	destroy_dev(m->dev);
	if ((m->flags & MAKEDEV_REF) != 0)
		dev_rel(m->dev);
}

static int
unmake(void)
{
	run(unmake_main, &making);
	return (0);
}

static const struct attempt make_one = { make, unmake };

/* How many of its allocations may fail. */
static int
made(struct cdevsw *csw, int flags, bool cred)
{
	making = (struct making){ .csw = csw, .flags = flags, .cred = cred };
	if ((flags & MAKEDEV_CHECKNAME) != 0)
		assert_int_equal(fail_point(&make_one, "make_dev_name",
		    EINVAL), 1);
	return (fail_memory(&make_one));
}

static void
test_make_dev(void **state)
{
	static const int with[] = {
		0, MAKEDEV_REF, MAKEDEV_CHECKNAME,
		MAKEDEV_REF | MAKEDEV_CHECKNAME,
	};
	size_t i;

	for (i = 0; i < nitems(with); i++) {
		assert_int_equal(made(&plain_sw, with[i], i % 2 == 0), 0);
		assert_int_equal(made(&plain_sw, with[i] | MAKEDEV_WAITOK,
		    i % 2 != 0), 0);
		/* The node; the notice is sent if it can be. */
		assert_int_equal(made(&plain_sw, with[i] | MAKEDEV_NOWAIT,
		    i % 2 == 0), 2);
		assert_int_equal(made(&minor_sw, with[i] | MAKEDEV_NOWAIT,
		    i % 2 != 0), 2);
		assert_int_equal(made(&giant_sw, with[i], false), 0);
		/* And the copy of the methods. */
		assert_int_equal(made(&giant_sw, with[i] | MAKEDEV_NOWAIT,
		    true), 3);
	}
}

/* One that succeeded would stay for ever. */
static void
test_eternal(void **state)
{
	size_t before = nodes();

	making = (struct making){
		.csw = &plain_sw,
		.flags = MAKEDEV_ETERNAL | MAKEDEV_NOWAIT | MAKEDEV_CHECKNAME,
		.cred = true,
	};
	vs_fail_malloc(1);
	assert_int_equal(make(), ENOMEM);
	vs_fail_malloc(0);
	assert_int_equal(vs_fail_point("make_dev_name", "1*return(17)"), 0);
	assert_int_equal(make(), EEXIST);
	check_all();
	assert_int_equal(nodes(), before);
}

static void
test_alias(void **state)
{
	int flags;

	making = (struct making){ .csw = &plain_sw };
	assert_int_equal(make(), 0);
	making.parent = making.dev;
	making.alias = true;
	for (flags = 0; flags <= MAKEDEV_CHECKNAME;
	    flags += MAKEDEV_CHECKNAME) {
		making.flags = flags | MAKEDEV_WAITOK;
		assert_int_equal(fail_memory(&make_one), 0);
		making.flags = flags | MAKEDEV_NOWAIT;
		assert_int_equal(fail_memory(&make_one), 2);
	}
	assert_int_equal(fail_point(&make_one, "make_dev_alias_name",
	    EEXIST), 1);
	making.dev = making.parent;
	unmake();
}

/* --- mounts --------------------------------------------------------------- */

static int
mount_dev(void)
{
	int error;

	error = vs_mount_devfs("/jails/v/dev", "ruleset=4");
	if (error == 0)
		error = vs_stat("/dev/tun0", NULL);
	return (error);
}

static int
unmount_dev(void)
{
	return (vs_unmount_devfs("/jails/v/dev", false));
}

static void
test_mount(void **state)
{
	const struct attempt a = { mount_dev, unmount_dev };

	assert_int_equal(create_tun0(), 0);
	assert_int_equal(fail_memory(&a), 0);
	assert_int_equal(destroy_tun0(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clone),
		TEST(test_clone_refused),
		TEST(test_clone_in_jail),
		TEST(test_create),
		TEST(test_open),
		TEST(test_rename),
		TEST(test_destroy),
		TEST(test_transient_close),
		cmocka_unit_test_teardown(test_memory_before, test_teardown),
		TEST(test_make_dev),
		TEST(test_eternal),
		TEST(test_alias),
		TEST(test_mount),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
