/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Tunnels made by looking at /dev, alone and in each other's way.
 */
#include "devices/tun.h"

static int
set_knob(const char *name, bool on)
{
	return (vs_sysctl(name, NULL, NULL, &on, sizeof(on)));
}

static void
test_look_makes(void **state)
{
	assert_int_equal(look("/dev/tun"), 0);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun0"));
	assert_true(exists("tun1"));
	assert_int_equal(look("/dev/tap7"), 0);
	assert_true(exists("tap7"));
	assert_int_equal(look("/dev/vmnet"), 0);
	assert_true(exists("vmnet0"));
	assert_int_equal(look("/dev/tun40000"), ENOENT);
	assert_int_equal(look("/dev/tun00"), ENOENT);
	assert_int_equal(destroy("tun0"), 0);
	/* To look whether it has gone makes it again. */
	assert_int_equal(look("/dev/tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(destroy("tun1"), 0);
	assert_int_equal(destroy("tap7"), 0);
	assert_int_equal(destroy("vmnet0"), 0);
}

static void
test_knobs(void **state)
{
	assert_int_equal(look("/dev/tun0"), 0);
	assert_int_equal(set_knob("net.link.tun.devfs_cloning", false), 0);
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(look("/dev/tun5"), ENOENT);
	assert_int_equal(look("/dev/tun0"), 0);
	assert_int_equal(set_knob("net.link.tap.devfs_cloning", false), 0);
	assert_int_equal(look("/dev/tap"), ENOENT);
	assert_int_equal(look("/dev/vmnet"), ENOENT);
	assert_int_equal(set_knob("net.link.tap.devfs_cloning", true), 0);
	assert_int_equal(set_knob("net.link.tun.devfs_cloning", true), 0);
	assert_int_equal(destroy("tun0"), 0);
}

static void
as_user(void *arg)
{
	struct vs_dev_stat sb;
	int fd;

	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_stat("/dev/tun", &sb) == ENOENT);
	CHECK(vs_open("/dev/tap", O_RDWR, &fd) == (arg != NULL ? EACCES :
	    ENOENT));
}

/* 35 */
static void
test_user(void **state)
{
	join(spawn(as_user, NULL, "user"));
	assert_int_equal(set_knob("net.link.tap.user_open", true), 0);
	join(spawn(as_user, &test_booted, "user"));
	assert_true(exists("tap0"));
	assert_int_equal(set_knob("net.link.tap.user_open", false), 0);
	assert_int_equal(destroy("tap0"), 0);
}

static void
test_up_on_open(void **state)
{
	struct vs_if_info info;
	int fd;

	assert_int_equal(set_knob("net.link.tap.up_on_open", true), 0);
	fd = device_open("/dev/tap");
	assert_int_equal(vs_if_inspect("tap0", &info), 0);
	assert_true((info.flags & IFF_UP) != 0);
	vs_close(fd);
	assert_int_equal(vs_if_inspect("tap0", &info), 0);
	assert_false((info.flags & IFF_UP) != 0);
	assert_int_equal(set_knob("net.link.tap.up_on_open", false), 0);
	assert_int_equal(destroy("tap0"), 0);
}

/* --- two at once -------------------------------------------------------- */

static int look_result;

static void
look_tun5(void *arg)
{
	struct vs_dev_stat sb;

	look_result = vs_stat("/dev/tun5", &sb);
}

static int create_result;

static void
create_tun5(void *arg)
{
	char name[16] = "tun5";

	create_result = vs_if_create(name);
}

/* A look-up that is held between its steps. */
static struct vs_thread *
look_held(const char *point)
{
	struct vs_thread *looker;

	assert_int_equal(vs_fail_point(point, "pause"), 0);
	looker = spawn(look_tun5, NULL, "looker");
	assert_int_equal(vs_fail_point_wait(point, 1), 0);
	return (looker);
}

/*
 * A reserved node is nobody else's: the second waits.  If it has its name
 * already by then, the look-up gives way.
 */
static void
test_reserved(void **state)
{
	struct vs_thread *looker, *creator;

	looker = look_held("tun_clone_device_reserved");
	creator = spawn(create_tun5, NULL, "creator");
	assert_int_equal(vs_fail_point("tun_clone_device_reserved", "off"),
	    0);
	join(looker);
	join(creator);
	assert_true((look_result == 0 && create_result == EEXIST) ||
	    (look_result == ENOENT && create_result == 0));
	assert_true(exists("tun5"));
	assert_int_equal(destroy("tun5"), 0);
	populate();
	assert_null(node("tun5"));
}

static void
test_reserved_before(void **state)
{
#ifdef INVARIANTS
	struct vs_thread *looker;

	boot_as("fixed,+placeholder-node-taken-for-real");
	looker = look_held("tun_clone_device_reserved");
	assert_outcome(vs_run(create_tun5, NULL),
	    "si_drv1 should have been initialized at creation");
	test_booted = false;
	(void)vs_thread_join(looker);
	(void)vs_shutdown();
#else
	skip();
#endif
}

/* 68: one interface, and no reference too many. */
static void
test_made(void **state)
{
	struct vs_thread *looker;

	boot_as("fixed,+placeholder-node-taken-for-real");
	looker = look_held("tun_clone_device_made");
	/* The node is there, its interface is not. */
	assert_int_equal(open_error("/dev/tun5"), ENXIO);
	run(create_tun5, NULL);
	assert_int_equal(create_result, 0);
	assert_int_equal(vs_fail_point("tun_clone_device_made", "off"), 0);
	join(looker);
	assert_int_equal(look_result, 0);
	assert_true(exists("tun5"));
	assert_int_equal(node_refs(node("tun5")), 2);
	assert_int_equal(destroy("tun5"), 0);
	populate();
	assert_null(node("tun5"));
}

/* --- failure ------------------------------------------------------------- */

static void
fail_once(void)
{
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_if_rename("tun0", "tun1"), 0);
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(destroy("tun1"), 0);
}

static void
test_failure(void **state)
{
	fail_once();
	assert_int_equal(look("/dev/tun1"), 0);
	assert_int_equal(destroy("tun1"), 0);
}

/* The memory of a tunnel goes with its mutex and condition variable alive. */
static void
test_failure_before(void **state)
{
	const struct vs_outcome *o;

	boot_as("fixed,+tun-create-fail-live-locks");
	fail_once();
	test_booted = false;
	o = vs_shutdown();
#ifdef WITNESS
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	/* Compilers put the function into its caller, or not. */
	assert_non_null(strstr(o->report, "lock tun_mtx (sleep mutex) was not "
	    "destroyed before its memory (tuntap) was freed at tun_"));
#else
	/* A plain kernel does not know its locks. */
	assert_null(o);
#endif
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_look_makes),
		TEST(test_knobs),
		TEST(test_user),
		TEST(test_up_on_open),
		TEST(test_reserved),
		BEFORE(test_reserved_before),
		BEFORE(test_made),
		TEST(test_failure),
		BEFORE(test_failure_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
