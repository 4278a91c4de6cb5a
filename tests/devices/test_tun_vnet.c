/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Tunnels across vnets, jails and mounts; who may what.  Numbers in comments
 * are rows of the specification's table.
 */
#include "devices/tun_jail.h"

static void
look_tun(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun", &sb) == 0);
}

/* --- mounts ---------------------------------------------------------------- */

static void
look_for_nothing(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun", &sb) == ENOENT);
	CHECK(vs_if_exists("tun0"));
}

/* 53: what is hidden was made all the same. */
static void
test_hidden(void **state)
{
	int jid;

	jid = jail_with("name=v vnet persist path=/jails/v");
	assert_int_equal(vs_devfs_rule(10, 1, "path * hide"), 0);
	assert_int_equal(vs_mount_devfs("/jails/v/dev", "ruleset=10"), 0);
	run_in(jid, look_for_nothing, NULL);
	assert_false(exists("tun0"));
	assert_int_equal(look("/dev/tun0"), 0);
	/* The list's, and that of the host's vnode. */
	assert_int_equal(node_refs(node("tun0")), 2);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(vs_unmount_devfs("/jails/v/dev", false), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	assert_null(node("tun0"));
}

/* --- the device of another vnet ------------------------------------------- */

static void
write_from_jail(void *arg)
{
	char packet[40] = "";
	size_t done;
	int fd;

	CHECK(!vs_if_exists("tun0"));
	CHECK(vs_open("/dev/tun0", O_RDWR, &fd) == 0);
	CHECK(vs_write(fd, packet, sizeof(packet), &done) == 0);
	CHECK(done == sizeof(packet));
	CHECK(!vs_if_exists("tun0"));
	CHECK(vs_close(fd) == 0);
}

static void
receive_start(void *arg)
{
	receiver_start();
}

static void
receive_stop(void *arg)
{
	receiver_stop();
}

/* 54: who opens it does not matter to the interface. */
static void
test_opened_by_jail(void **state)
{
	struct vs_if_info info;
	int jid;

	run(receive_start, NULL);
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(set_up("tun0", true), 0);
	jid = jail_with("name=v vnet persist");
	run_in(jid, write_from_jail, NULL);
	assert_int_equal(received.packets, 1);
	assert_ptr_equal(received.vnet, vnet0);
	assert_int_equal(vs_if_inspect("tun0", &info), 0);
	assert_ptr_equal(info.vnet, info.home_vnet);
	assert_int_equal(node_refs(node("tun0")), 2);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(destroy("tun0"), 0);
	run(receive_stop, NULL);
	populate();
}

/* --- jails in jails ------------------------------------------------------- */

static void
nest(void *arg)
{
	struct inmate in = { .fn = look_tun };

	look_tun(NULL);
	CHECK(vs_jail_create("name=c vnet persist", &in.jid) == 0);
	CHECK(vs_thread_join(vs_thread_create(inmate_main, &in, "inner")) ==
	    NULL);
	CHECK(vs_if_exists("tun0") && !vs_if_exists("tun1"));
}

/* 64: the inner one's interfaces first. */
static void
nested(void)
{
	static const char *const order[] = {
		"ifnet_departure_event tun1", "ifnet_departure_event tun0",
	};
	size_t before = nodes();
	int jid;

	jid = jail_with("name=v vnet persist children.max=2");
	run_in(jid, nest, NULL);
	assert_int_equal(nodes(), before + 2);
	vs_events_record(true);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_true(events_in_order(order, nitems(order)));
	vs_events_record(false);
	populate();
	vs_jail_settle();
	assert_int_equal(nodes(), before);
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(vs_ledger_count(VS_VNET), 1);
}

static void
test_nested(void **state)
{
	nested();
}

static void
test_nested_before(void **state)
{
	boot_as("S15");
	nested();
}

/* --- units ---------------------------------------------------------------- */

static void
destroy_tun0(void *arg)
{
	CHECK(vs_if_destroy("tun0") == 0);
}

static void
create_tun1(void *arg)
{
	char name[16] = "tun";

	CHECK(vs_if_create(name) == 0);
	CHECK(strcmp(name, "tun1") == 0);
}

/* 74: a unit is taken as long as its node is there. */
static void
create_under_destroy(void)
{
	struct vs_thread *thread;
	int jid;

	jid = jail_with("name=v vnet persist");
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_fail_point("destroy_dev_half", "pause"), 0);
	thread = spawn(destroy_tun0, NULL, "destroy");
	assert_int_equal(vs_fail_point_wait("destroy_dev_half", 1), 0);
	run_in(jid, create_tun1, NULL);
	assert_int_equal(vs_fail_point("destroy_dev_half", "off"), 0);
	join(thread);
	assert_int_equal(node_refs(node("tun1")), 1);
	assert_int_equal(vs_jail_remove(jid), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

static void
test_create_under_destroy(void **state)
{
	create_under_destroy();
}

static void
test_create_under_destroy_before(void **state)
{
	boot_as("S15");
	create_under_destroy();
}

/* 73, by a look-up, which asks the nodes first. */
static struct vs_thread *
look_under_destroy(void)
{
	struct vs_thread *thread;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_fail_point("destroy_dev_half", "pause"), 0);
	thread = spawn(destroy_tun0, NULL, "destroy");
	assert_int_equal(vs_fail_point_wait("destroy_dev_half", 1), 0);
	return (thread);
}

static void
test_look_under_destroy(void **state)
{
	struct vs_thread *thread;

	thread = look_under_destroy();
	run(look_tun, NULL);
	assert_int_equal(node_refs(node("tun1")), 2);
	assert_int_equal(vs_fail_point("destroy_dev_half", "off"), 0);
	join(thread);
	assert_true(exists("tun1"));
	assert_int_equal(destroy("tun1"), 0);
	populate();
}

static void
test_look_under_destroy_before(void **state)
{
#ifdef INVARIANTS
	boot_as("S15");
	(void)look_under_destroy();
	expect_panic(look_tun, NULL,
	    "inconsistent switch of device (min=0) of driver tun");
#else
	/* It goes wrong later, in one way or another. */
	skip();
#endif
}

/* --- who may what --------------------------------------------------------- */

static void
refused(void *arg)
{
	CHECK(vs_if_create((char[16]){ "tun" }) == EPERM);
	CHECK(vs_if_create((char[16]){ "tap5" }) == EPERM);
	CHECK(vs_if_destroy("tun0") == EPERM);
}

static void
refused_user(void *arg)
{
	CHECK(vs_setuid(1001) == 0);
	refused(arg);
}

/* 70 */
static void
test_privileges(void **state)
{
	int jid;

	assert_int_equal(create_one("tun0"), 0);
	run(refused_user, NULL);
	jid = jail_with("name=j persist");
	run_in(jid, refused, NULL);
	assert_int_equal(node_refs(node("tun0")), 1);
	assert_true(exists("tun0"));
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(destroy("tun0"), 0);
}

static void
set_mtu_as_user(void *arg)
{
	struct tuninfo info = { .mtu = 1300, .type = IFT_PPP };

	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_ioctl(*(int *)arg, TUNSIFINFO, &info) == EPERM);
	info.mtu = 1500;
	CHECK(vs_ioctl(*(int *)arg, TUNSIFINFO, &info) == 0);
}

/* 76: the descriptor was passed on, the privilege was not. */
static void
passed_on(void *arg)
{
	struct tuninfo info;
	int fd;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	CHECK(vs_thread_join(vs_thread_create(set_mtu_as_user, &fd,
	    "user")) == NULL);
	CHECK(vs_ioctl(fd, TUNGIFINFO, &info) == 0);
	CHECK(info.mtu == 1500);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_if_destroy("tun0") == 0);
}

static void
test_mtu_as_user(void **state)
{
	run(passed_on, NULL);
}

static void
take_over(void *arg)
{
	CHECK(vs_ioctl(*(int *)arg, TUNSIFPID, NULL) == 0);
}

/* 72: said once, and otherwise a close like any other. */
static void
closed_by_other(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	CHECK(vs_thread_join(vs_thread_create(take_over, &fd, "other")) ==
	    NULL);
	CHECK(vs_close(fd) == 0);
}

static void
test_closed_by_other(void **state)
{
	const char *text = "tun/tap protocol violation, non-controlling "
	    "process closed last.";
	const char *said;

	run(closed_by_other, NULL);
	said = strstr(vs_console(), text);
	assert_non_null(said);
	assert_null(strstr(said + 1, text));
	assert_int_equal(node("tun0")->si_usecount, 0);
	assert_int_equal(node_refs(node("tun0")), 2);
	assert_int_equal(open_error("/dev/tun0"), 0);
	assert_null(strstr(said + 1, text));
	assert_int_equal(destroy("tun0"), 0);
	populate();
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_hidden),
		TEST(test_opened_by_jail),
		TEST(test_nested),
		BEFORE(test_nested_before),
		TEST(test_create_under_destroy),
		BEFORE(test_create_under_destroy_before),
		TEST(test_look_under_destroy),
		BEFORE(test_look_under_destroy_before),
		TEST(test_privileges),
		TEST(test_mtu_as_user),
		TEST(test_closed_by_other),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
