/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The tunnels' module: loads and unloads among jails and requests, and its
 * removal method among others.  Numbers in comments are rows of the
 * specification's table.
 */
#include "devices/tun_jail.h"

#include <sys/osd.h>

static void
look_tun(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun", &sb) == 0);
}

/* --- the removal method --------------------------------------------------- */

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

/* --- loads and unloads ---------------------------------------------------- */

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

#ifndef TEST_SANITIZED
static void
remove_jail(void *arg)
{
	(void)vs_jail_remove(*(int *)arg);
}
#endif

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
