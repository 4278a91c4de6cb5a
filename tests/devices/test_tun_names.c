/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Second names of tunnels: what a rename makes of the device, and whose names
 * get into whose way.  Numbers in comments are rows of the specification's
 * table.
 */
#include "devices/tun_jail.h"

/* What a name in /dev is: the text of the link, or "" for a device. */
static const char *
link_text(const char *path)
{
	static char text[VS_DEVNAMELEN];
	struct vs_dev_stat sb;

	assert_int_equal(vs_lstat(path, &sb), 0);
	if (sb.type != VS_DEV_LNK)
		return ("");
	assert_int_equal(vs_readlink(path, text, sizeof(text)), 0);
	return (text);
}

/* 45: both names lead to one node, and go with it. */
static void
test_alias(void **state)
{
	struct cdev *alias, *dev;
	struct ifreq ifr;
	int fd;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_if_rename("tun0", "foo"), 0);
	dev = node("tun0");
	alias = node("foo");
	assert_string_equal(link_text("/dev/foo"), "tun0");
	/* A link has no vnode of its own device; nobody has opened tun0. */
	assert_int_equal(node_refs(alias), 1);
	assert_int_equal(node_refs(dev), 1);
	fd = device_open("/dev/foo");
	assert_int_equal(node_refs(dev), 2);
	assert_int_equal(dev->si_usecount, 1);
	assert_int_equal(vs_ioctl(fd, TUNGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "foo");
	vs_close(fd);
	assert_int_equal(destroy("foo"), 0);
	assert_int_equal(node_refs(alias), 1);
	assert_int_equal(node_refs(dev), 2);
	assert_int_equal(look("/dev/foo"), ENOENT);
	assert_null(node("foo"));
	assert_null(node("tun0"));
	assert_int_equal(create_one("tun"), 0);
	assert_true(exists("tun0"));
	assert_int_equal(destroy("tun0"), 0);
	populate();
}

/* --- a device of that name ------------------------------------------------ */

static struct cdevsw other_sw = {
	.d_version = D_VERSION,
	.d_name = "other",
};
static struct cdev *other;

static void
make_other(void *arg)
{
	other = make_dev(&other_sw, 0, UID_ROOT, GID_WHEEL, 0666, "null");
}

static void
destroy_other(void *arg)
{
	destroy_dev(other);
}

/* 46 */
static void
test_rename_to_device(void **state)
{
	size_t before;

	run(make_other, NULL);
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(look("/dev/null"), 0);
	before = nodes();
	assert_int_equal(vs_if_rename("tun0", "null"), 0);
	assert_true(exists("null"));
	assert_int_equal(nodes(), before);
	assert_string_equal(link_text("/dev/null"), "");
	assert_ptr_equal(node("null"), other);
	assert_int_equal(node_refs(other), 2);
	assert_int_equal(vs_if_rename("null", "tun0"), 0);
	assert_int_equal(nodes(), before);
	assert_string_equal(link_text("/dev/tun0"), "");
	assert_int_equal(destroy("tun0"), 0);
	run(destroy_other, NULL);
	populate();
}

/* --- a rename of what is being destroyed ---------------------------------- */

static struct thread *destroyer;

static void
destroy_tun0(void *arg)
{
	publish(&destroyer);
	CHECK(vs_if_destroy(arg) == 0);
}

/* 47: the interface has its new name, and the device is left alone. */
static void
rename_dying(void)
{
	size_t before = nodes();

	assert_int_equal(vs_if_rename("tun0", "foo"), 0);
	assert_true(exists("foo"));
	assert_int_equal(nodes(), before);
	assert_int_equal(look("/dev/foo"), ENOENT);
}

static void
test_rename_dying_before(void **state)
{
	struct vs_thread *thread;
	int fd;

	boot_as("S15");
	fd = device_open("/dev/tun");
	destroyer = NULL;
	thread = spawn(destroy_tun0, __DECONST(char *, "tun0"), "destroy");
	run(await_sleep, &destroyer);
	rename_dying();
	vs_close(fd);
	join(thread);
	assert_false(exists("foo"));
	populate();
	assert_null(node("tun0"));
}

static int rename_error;

static void
rename_tun0(void *arg)
{
	rename_error = vs_if_rename(arg, "foo");
}

/* Mended, the rename waits for the destroy, and finds nothing. */
static void
test_rename_dying(void **state)
{
	struct vs_thread *thread, *rename;
	int fd;

	fd = device_open("/dev/tun");
	assert_int_equal(vs_fail_point("tun_destroy_node", "pause"), 0);
	thread = spawn(destroy_tun0, __DECONST(char *, "tun0"), "destroy");
	assert_int_equal(vs_fail_point_wait("tun_destroy_node", 1), 0);
	assert_int_equal(vs_fail_point("if_rename_checked", "1*pause"), 0);
	rename = spawn(rename_tun0, __DECONST(char *, "tun0"), "rename");
	assert_int_equal(vs_fail_point_wait("if_rename_checked", 1), 0);
	assert_int_equal(vs_fail_point("if_rename_checked", "off"), 0);
	assert_int_equal(vs_fail_point("tun_destroy_node", "off"), 0);
	join(thread);
	join(rename);
	assert_int_equal(rename_error, ENXIO);
	assert_false(exists("foo"));
	vs_close(fd);
	populate();
	assert_null(node("tun0"));
}

/* --- two renames at once --------------------------------------------------- */

static void
rename_to_bar(void *arg)
{
	(void)vs_if_rename("foo", "bar");
}

static void
rename_to_end(void *arg)
{
	(void)vs_if_rename("bar", "end");
}

/* Held while it destroys the first alias; the interface has its new name. */
static struct vs_thread *
rename_held(void)
{
	struct vs_thread *thread;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_if_rename("tun0", "foo"), 0);
	assert_int_equal(vs_fail_point("destroy_dev_half", "1*pause"), 0);
	thread = spawn(rename_to_bar, NULL, "rename");
	assert_int_equal(vs_fail_point_wait("destroy_dev_half", 1), 0);
	return (thread);
}

static void
test_renames_meet(void **state)
{
	struct vs_thread *first, *second;
	size_t before = nodes();

	first = rename_held();
	second = spawn(rename_to_end, NULL, "rename 2");
	assert_int_equal(vs_fail_point("destroy_dev_half", "off"), 0);
	join(first);
	join(second);
	assert_true(exists("end"));
	assert_int_equal(destroy("end"), 0);
	populate();
	assert_int_equal(nodes(), before);
}

static void
test_renames_meet_before(void **state)
{
#ifdef INVARIANTS
	boot_as("S15");
	(void)rename_held();
	expect_panic(rename_to_end, NULL,
	    "WARNING: Driver mistake: destroy_dev on 0");
#else
	/* Then one alias is buried twice, which shows later. */
	skip();
#endif
}

/* --- a name that a unit would have ---------------------------------------- */

/* 48: the name is taken, so nothing is cloned. */
static void
test_open_by_alias(void **state)
{
	struct ifreq ifr;
	size_t before;
	int fd;

	assert_int_equal(create_one("tun1"), 0);
	assert_int_equal(vs_if_rename("tun1", "tun0"), 0);
	before = nodes();
	fd = device_open("/dev/tun0");
	assert_int_equal(nodes(), before);
	assert_int_equal(node("tun1")->si_usecount, 1);
	assert_int_equal(vs_ioctl(fd, TUNGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "tun0");
	assert_int_equal(open_error("/dev/tun1"), EBUSY);
	vs_close(fd);
	assert_int_equal(destroy("tun0"), 0);
	populate();
}

/*
 * 69 as FreeBSD has it: the nameless node stays on its list, so the next
 * look-up gets the unit after the next, and the driver's end waits for it.
 */
static void
test_name_taken_before(void **state)
{
	boot_as("S15");
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(create_one("tun1"), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(vs_if_rename("tun1", "tun0"), 0);
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun2"));
	assert_int_equal(node_refs(node("tun2")), 2);
	test_booted = false;
	assert_outcome(vs_shutdown(), "deadlock: destroy_dev_drain(tun) waits "
	    "for unit 0, which got no name");
}

/*
 * 77: the root of a jail alone.  A wildcard takes the lowest unit, whose name
 * is the other's.
 */
static void
names_collide(void *arg)
{
	int *result = arg;

	CHECK(vs_if_create((char[16]){ "tun" }) == 0);
	CHECK(vs_if_create((char[16]){ "tun" }) == 0);
	CHECK(vs_if_destroy("tun0") == 0);
	CHECK(vs_if_rename("tun1", "tun0") == 0);
	*result = vs_if_create((char[16]){ "tun" });
	/* The unit did not get lost. */
	CHECK(vs_if_rename("tun0", "tun1") == 0);
	CHECK(vs_if_create((char[16]){ "tun" }) == 0);
	CHECK(vs_if_exists("tun0"));
}

static void
test_jail_alone(void **state)
{
	int jid, result;

	jid = jail_with("name=v vnet persist");
	run_in(jid, names_collide, &result);
	assert_int_equal(result, EEXIST);
	assert_int_equal(vs_jail_remove(jid), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

static void
jail_alone_in(void *arg)
{
	struct inmate in = { .fn = names_collide, .arg = arg };

	CHECK(vs_jail_create("name=v vnet persist", &in.jid) == 0);
	inmate_main(&in);
}

static void
test_jail_alone_before(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	int result;

	expect_panic_with(&config, jail_alone_in, &result, "*tun0*");
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_alias),
		TEST(test_rename_to_device),
		BEFORE(test_rename_dying_before),
		TEST(test_rename_dying),
		TEST(test_renames_meet),
		BEFORE(test_renames_meet_before),
		TEST(test_open_by_alias),
		BEFORE(test_name_taken_before),
		TEST(test_jail_alone),
		BEFORE(test_jail_alone_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
