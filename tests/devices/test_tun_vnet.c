/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Tunnels across vnets, jails and mounts; who may what.  Numbers in comments
 * are rows of the specification's table.
 */
#include "devices/tun_jail.h"

#include <sys/osd.h>

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

/* --- the module ----------------------------------------------------------- */

static int
refuse(void *obj, void *data)
{
	return (EBUSY);
}

static const osd_method_t refusing[PR_MAXMETHOD] = {
	[PR_METHOD_REMOVE] = refuse,
};
static int refusing_slot;

/* A slot before the driver's. */
static void
refuse_first(void *arg)
{
	refusing_slot = osd_jail_register(NULL, refusing);
}

static void
refuse_no_more(void *arg)
{
	osd_jail_deregister(refusing_slot);
}

static void
create_in_jail(void *arg)
{
	CHECK(vs_if_create((char[16]){ "tun0" }) == 0);
}

/* 87: a method that fails hides those behind it. */
static void
hide_method(void *arg)
{
	struct inmate in = { .fn = create_in_jail };

	CHECK(vs_kldunload("if_tuntap") == 0);
	refuse_first(NULL);
	CHECK(vs_kldload("if_tuntap", NULL) == 0);
	CHECK(vs_jail_create("name=v vnet persist", &in.jid) == 0);
	if (arg != NULL)
		CHECK(vs_thread_join(vs_thread_create(inmate_main, &in,
		    "inmate")) == NULL);
	CHECK(vs_jail_remove(in.jid) == 0);
	refuse_no_more(NULL);
}

/* The vnet's end makes up for it. */
static void
test_method_hidden(void **state)
{
	size_t before = vs_ledger_count(VS_CLONER);

	run(hide_method, __DECONST(char *, "with"));
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(vs_ledger_count(VS_CLONER), before);
	assert_null(node("tun0"));
}

/* The cloners have nobody to end them; with an interface the vnet has not. */
static void
test_method_hidden_before(void **state)
{
	const struct vs_config config = {
		.profile = "S15,-tun-unload-refused",
	};
	size_t before;

	boot_with(&config);
	before = vs_ledger_count(VS_CLONER);
	run(hide_method, NULL);
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(vs_ledger_count(VS_CLONER), before + 3);
	test_booted = false;
	assert_outcome(vs_shutdown(), "*");
#ifdef INVARIANTS
	expect_panic_with(&config, hide_method, __DECONST(char *, "with"),
	    "*tailq &V_ifnet=* not empty*");
#endif
}

static void
pin(void *arg)
{
	struct inmate in = { .fn = look_tun };

	CHECK(vs_kldunload("if_tuntap") == 0);
	refuse_first(NULL);
	CHECK(vs_kldload("if_tuntap", NULL) == 0);
	CHECK(vs_jail_create("name=v vnet persist", &in.jid) == 0);
	CHECK(vs_thread_join(vs_thread_create(inmate_main, &in, "inmate")) ==
	    NULL);
	CHECK(vs_jail_remove(in.jid) == 0);
}

/* A node of the jail's own holds it, mended or not: the driver was not asked. */
static void
test_method_hidden_pins(void **state)
{
	unsigned ref;
	int jid;

	run(pin, NULL);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_find("v", true, &jid), 0);
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(ref, 1);
	assert_int_equal(node_refs(node("tun0")), 2);
	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	run(refuse_no_more, NULL);
	assert_int_equal(vs_kldload("if_tuntap", NULL), 0);
}

/* 67 as FreeBSD has it. */
static void
unload_under_jail(void *arg)
{
	struct inmate in = { .fn = create_in_jail };

	CHECK(vs_jail_create("name=v vnet persist", &in.jid) == 0);
	CHECK(vs_thread_join(vs_thread_create(inmate_main, &in, "inmate")) ==
	    NULL);
	CHECK(vs_kldunload("if_tuntap") == 0);
	CHECK(vs_jail_attach(in.jid) == 0);
	(void)vs_if_create((char[16]){ "lo" });
}

static void
test_unload_under_jail_before(void **state)
{
	const struct vs_config config = {
		.profile = "S15,-tun-unload-refused",
	};

	expect_panic_with(&config, unload_under_jail, NULL, "page fault: lo is "
	    "matched by code of if_tuntap, which was unloaded");
}

static void
set_down(void *arg)
{
	(void)vs_if_down("tun0");
}

static struct thread *unloader;

static void
unload(void *arg)
{
	publish(&unloader);
	CHECK(vs_kldunload("if_tuntap") == 0);
}

/* A request that has been told what to call, and not called it yet. */
static struct vs_thread *
request_held(void)
{
	struct vs_thread *thread;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_fail_point("if_ioctl_calling", "1*pause"), 0);
	thread = spawn(set_down, NULL, "request");
	assert_int_equal(vs_fail_point_wait("if_ioctl_calling", 1), 0);
	return (thread);
}

static void
test_request_under_unload(void **state)
{
	struct vs_thread *request, *unloading;

	request = request_held();
	unloader = NULL;
	unloading = spawn(unload, NULL, "unload");
	run(await_sleep, &unloader);
	assert_int_equal(vs_fail_point("if_ioctl_calling", "off"), 0);
	join(request);
	join(unloading);
	assert_int_equal(vs_kldload("if_tuntap", NULL), 0);
}

/* request-outlives-driver: its lock has gone, and so has the code. */
static void
test_request_under_unload_before(void **state)
{
	struct vs_thread *request;

	boot_as("S15,-tun-unload-refused");
	request = request_held();
	run(unload, NULL);
	assert_int_equal(vs_fail_point("if_ioctl_calling", "off"), 0);
	assert_outcome(vs_thread_join(request), "*destroyed*");
	test_booted = false;
	(void)vs_shutdown();
}

static void
load(void *arg)
{
	CHECK(vs_kldload("if_tuntap", NULL) == 0);
}

/* A vnet without the driver's cloners, though the driver's method is there. */
static struct vs_thread *
load_held(int *jid)
{
	struct vs_thread *thread;

	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	/* The file has three modules. */
	assert_int_equal(vs_fail_point("module_loaded",
	    "2*print->pause"), 0);
	thread = spawn(load, NULL, "kldload");
	assert_int_equal(vs_fail_point_wait("module_loaded", 1), 0);
	*jid = jail_with("name=v vnet persist");
	return (thread);
}

/* 75 */
static void
test_remove_under_load(void **state)
{
	struct vs_thread *thread;
	int jid;

	thread = load_held(&jid);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(vs_fail_point("module_loaded", "off"), 0);
	join(thread);
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(create_one("tun"), 0);
	assert_int_equal(destroy("tun0"), 0);
}

static void
remove_jail(void *arg)
{
	(void)vs_jail_remove(*(int *)arg);
}

static void
test_remove_under_load_before(void **state)
{
#ifdef TEST_SANITIZED
	skip();
#else
	int jid;

	boot_as("S15,-tun-unload-refused");
	(void)load_held(&jid);
	expect_panic(remove_jail, &jid, "page fault: address * in if_clone_detach+*");
#endif
}

/* 65 */
static void
idle_devices(void *arg)
{
	CHECK(vs_if_create((char[16]){ "tun" }) == 0);
	CHECK(vs_if_create((char[16]){ "tap4" }) == 0);
	CHECK(vs_stat("/dev/vmnet", NULL) == 0);
}

static void
test_unload_idle(void **state)
{
	size_t before = nodes();

	run(idle_devices, NULL);
	assert_int_equal(nodes(), before + 3);
	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	populate();
	assert_int_equal(nodes(), before);
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(vs_kldload("if_tuntap", NULL), 0);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun0"));
	assert_int_equal(destroy("tun0"), 0);
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
		TEST(test_method_hidden),
		BEFORE(test_method_hidden_before),
		TEST(test_method_hidden_pins),
		BEFORE(test_unload_under_jail_before),
		TEST(test_request_under_unload),
		BEFORE(test_request_under_unload_before),
		TEST(test_remove_under_load),
		BEFORE(test_remove_under_load_before),
		TEST(test_unload_idle),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
