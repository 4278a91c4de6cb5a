/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Tunnels and jails: a device that is made in a jail holds the jail, so it
 * must go before the jail can.
 */
#include "devices/tun_jail.h"

#include <sys/condvar.h>
#include <sys/osd.h>

static void
look_tun(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun", &sb) == 0);
}

static void
create_tun(void *arg)
{
	char name[16] = "tun";

	CHECK(vs_if_create(name) == 0);
	CHECK(strcmp(name, arg) == 0);
}

/* --- jail -c name=test vnet command=ls /dev/tun ------------------------- */

static int
story(void)
{
	int jid;

	jid = jail_with("name=test vnet persist");
	run_in(jid, look_tun, NULL);
	no_longer_persistent("test");
	return (jid);
}

static void
test_story(void **state)
{
	size_t before = nodes();
	struct cdev *dev;
	unsigned ref;
	int jid;

	jid = story();
	/* The interface has gone, and the jail waits for /dev. */
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(ref, 1);
	assert_int_equal(vs_ledger_count(VS_VNET), 2);
	dev = node("tun0");
	assert_int_equal(node_refs(dev), 2);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
	assert_int_equal(nodes(), before);
	assert_int_equal(vs_ledger_count(VS_VNET), 1);
}

static void
assert_left(const char *const *texts, size_t n)
{
	static char text[65536];
	size_t i;

	(void)vs_ledger_print_all(text, sizeof(text));
	for (i = 0; i < n; i++)
		if (strstr(text, texts[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", texts[i], text);
}

/* The node, who took what nobody gives back, and what it holds. */
static void
test_story_before(void **state)
{
	static const char *const texts[] = {
		"cdev tun0: ",
		"tunclone",
		"tun_clone_create",
		"prison test: 1 reference",
		"ifnet tun0: ",
	};
	unsigned ref;
	int jid;

	boot_as("fixed,+tun-cdev-extra-ref,+tun-node-pins-jail");
	jid = story();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(node_refs(node("tun0")), 4);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(ref, 1);
	assert_left(texts, nitems(texts));
	test_booted = false;
	assert_outcome(vs_shutdown(), "*");
}

/* 59: even without its interface. */
static void
test_story_pulled_back(void **state)
{
	struct cdev *dev;
	unsigned ref;
	int jid;

	boot_as("fixed,+tun-cdev-extra-ref,+tun-node-pins-jail");
	jid = story();
	assert_int_equal(reclaim("tun0", jid), 0);
	dev = node("tun0");
	assert_int_equal(destroy("tun0"), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(node_refs(dev), 2);
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	test_booted = false;
	assert_outcome(vs_shutdown(), "*");
}

/* Mending one half is not enough. */
static void
half_mended(const char *profile)
{
	unsigned ref;
	int jid;

	boot_as(profile);
	jid = story();
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	test_booted = false;
	(void)vs_shutdown();
}

static void
test_story_half(void **state)
{
	half_mended("fixed,+tun-cdev-extra-ref");
	half_mended("fixed,+tun-node-pins-jail");
}

/* --- other ways --------------------------------------------------------- */

/* Without a credential the node holds nothing. */
static void
created_in_jail(void)
{
	unsigned ref;
	int jid;

	jid = jail_with("name=test vnet persist");
	run_in(jid, create_tun, __DECONST(char *, "tun0"));
	no_longer_persistent("test");
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
	assert_int_equal(vs_ledger_count(VS_VNET), 1);
	populate();
}

static void
test_created_in_jail(void **state)
{
	created_in_jail();
	assert_null(node("tun0"));
}

static void
test_created_in_jail_before(void **state)
{
	boot_as("fixed,+tun-node-pins-jail");
	created_in_jail();
	assert_null(node("tun0"));
}

/* Units are everybody's, interfaces are not. */
static void
test_units_of_all_vnets(void **state)
{
	int jid;

	jid = jail_with("name=v vnet persist");
	assert_int_equal(create_one("tun0"), 0);
	run_in(jid, create_tun, __DECONST(char *, "tun1"));
	assert_false(exists("tun1"));
	assert_int_equal(create_one("tun1"), EEXIST);
	assert_int_equal(look("/dev/tun1"), 0);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(destroy("tun0"), 0);
	populate();
	vs_jail_settle();
}

static void
look_hidden(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun0", &sb) == ENOENT);
}

/* 49: the node of one jail is not there for another; the host sees all. */
static void
test_visibility(void **state)
{
	int v, w;

	v = jail_with("name=v vnet persist");
	w = jail_with("name=w vnet persist");
	run_in(v, look_tun, NULL);
	assert_int_equal(look("/dev/tun0"), 0);
	assert_false(exists("tun0"));
	run_in(w, look_hidden, NULL);
	assert_int_equal(vs_jail_remove(v), 0);
	assert_int_equal(vs_jail_remove(w), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

/* 55, 56: what counts is where it was made. */
static void
test_home_decides(void **state)
{
	int fd, jid;

	jid = jail_with("name=v vnet persist");
	fd = device_open("/dev/tun");
	assert_int_equal(loan("tun0", jid), 0);
	run_in(jid, create_tun, __DECONST(char *, "tun1"));
	assert_int_equal(reclaim("tun1", jid), 0);
	assert_true(exists("tun1"));
	assert_int_equal(vs_jail_remove(jid), 0);
	populate();
	vs_jail_settle();
	assert_false(exists("tun1"));
	assert_true(exists("tun0"));
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	vs_close(fd);
	assert_int_equal(destroy("tun0"), 0);
}

static void
look_refused(void *arg)
{
	struct vs_dev_stat sb;
	char name[16] = "tun";

	CHECK(vs_stat("/dev/tun", &sb) == ENOENT);
	CHECK(vs_stat("/dev/tap", &sb) == ENOENT);
	CHECK(vs_if_create(name) == EPERM);
}

static void
test_plain_jail(void **state)
{
	int jid;

	jid = jail_with("name=j persist");
	run_in(jid, look_refused, NULL);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_null(node("tun0"));
}

static void
look_tap(void *arg)
{
	struct vs_dev_stat sb;
	int fd;

	CHECK(vs_stat("/dev/tap", &sb) == 0);
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_open("/dev/tap0", O_RDWR, &fd) == EACCES);
}

/* 51, 52: a tap in the vnet of the host, whose node holds the jail. */
static int
user_open_story(void)
{
	bool on = true;
	int jid;

	assert_int_equal(vs_sysctl("net.link.tap.user_open", NULL, NULL, &on,
	    sizeof(on)), 0);
	jid = jail_with("name=j persist");
	run_in(jid, look_tap, NULL);
	assert_true(exists("tap0"));
	assert_int_equal(vs_jail_remove(jid), 0);
	populate();
	vs_jail_settle();
	return (jid);
}

static void
test_user_open(void **state)
{
	unsigned ref;
	int jid;

	jid = user_open_story();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
	assert_false(exists("tap0"));
}

static void
test_user_open_before(void **state)
{
	unsigned ref;
	int jid;

	boot_as("fixed,+tap-user-open-pins-plain-jail");
	jid = user_open_story();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(destroy("tap0"), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
}

/* 83: a jail that never lived. */
static int
refuse(void *obj, void *data)
{
	return (ENOSPC);
}

/* A jail whose creation fails when its vnet is there already. */
static void
failing_jail_in(void *arg)
{
	static const osd_method_t methods[PR_MAXMETHOD] = {
		[PR_METHOD_CREATE] = refuse,
	};
	int jid, slot;

	slot = osd_jail_register(NULL, methods);
	CHECK(vs_jail_setwords("name=j vnet", VS_JAIL_CREATE | VS_JAIL_ATTACH,
	    &jid, NULL) == ENOSPC);
	osd_jail_deregister(slot);
}

static void
failing_jail(void)
{
	run(failing_jail_in, NULL);
	vs_jail_settle();
}

static void
test_failed_jail(void **state)
{
	size_t cloners = vs_ledger_count(VS_CLONER);

	failing_jail();
	assert_int_equal(vs_ledger_count(VS_CLONER), cloners);
}

static void
test_failed_jail_before(void **state)
{
	size_t cloners;

	boot_as("fixed,+failed-jail-leaks-cloners,"
	    "+failed-persistent-jail-stays");
	cloners = vs_ledger_count(VS_CLONER);
	failing_jail();
	assert_int_equal(vs_ledger_count(VS_CLONER), cloners + 3);
	test_booted = false;
	assert_outcome(vs_shutdown(), "*");
}

static void
create_lo(void *arg)
{
	char name[16] = "lo";

	CHECK(vs_if_create(name) == 0);
	CHECK(!vs_if_exists("tun0"));
	CHECK(vs_if_create((char[16]){ "tun" }) == EINVAL);
}

/* 67: the module goes, and the jail lives on. */
static void
test_unload_under_jail(void **state)
{
	int jid;

	jid = jail_with("name=v vnet persist");
	run_in(jid, create_tun, __DECONST(char *, "tun0"));
	run_in(jid, look_tun, NULL);
	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	run_in(jid, create_lo, NULL);
	assert_int_equal(vs_kldload("if_tuntap", NULL), 0);
	run_in(jid, create_tun, __DECONST(char *, "tun0"));
	assert_int_equal(vs_jail_remove(jid), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

/* --- a look-up after the removal method --------------------------------- */

static struct late {
	struct mtx	mtx;
	struct cv	cv;
	int		step;		/* mtx */
	int		open_error;
} late;

static void
late_step(int step)
{
	mtx_lock(&late.mtx);
	late.step = step;
	cv_broadcast(&late.cv);
	mtx_unlock(&late.mtx);
}

static void
late_await(int step)
{
	mtx_lock(&late.mtx);
	while (late.step < step)
		cv_wait(&late.cv, &late.mtx);
	mtx_unlock(&late.mtx);
}

/* Of a later slot than the driver's, so the cloners have gone. */
static int
late_remove(void *obj, void *data)
{
	late_step(2);
	late_await(3);
	return (0);
}

static void
late_inmate(void *arg)
{
	struct vs_dev_stat sb;
	int fd;

	late_step(1);
	late_await(2);
	late.open_error = vs_stat("/dev/tun", &sb);
	if (late.open_error == 0)
		late.open_error = vs_open("/dev/tun0", O_RDWR, &fd);
	late_step(3);
}

static int
late_story(void)
{
	static const osd_method_t methods[PR_MAXMETHOD] = {
		[PR_METHOD_REMOVE] = late_remove,
	};
	struct inmate in = { .fn = late_inmate };
	struct vs_thread *thread;
	int slot;

	late.step = 0;
	mtx_init(&late.mtx, "late", NULL, MTX_DEF | MTX_NEW);
	cv_init(&late.cv, "late");
	slot = osd_jail_register(NULL, methods);
	CHECK(vs_jail_create("name=test vnet persist", &in.jid) == 0);
	thread = vs_thread_create(inmate_main, &in, "inmate");
	late_await(1);
	CHECK(vs_jail_remove(in.jid) == 0);
	CHECK(vs_thread_join(thread) == NULL);
	osd_jail_deregister(slot);
	cv_destroy(&late.cv);
	mtx_destroy(&late.mtx);
	return (in.jid);
}

static void
late_story_in(void *arg)
{
	*(int *)arg = late_story();
}

static void
test_late_lookup(void **state)
{
	unsigned ref;
	int jid;

	run(late_story_in, &jid);
	assert_int_equal(late.open_error, ENOENT);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
}

/* 63: a device without interface holds the jail, until somebody adopts it. */
static void
test_late_lookup_before(void **state)
{
	unsigned ref;
	int jid;

	boot_as("fixed,+clone-hook-after-removal-hook");
	run(late_story_in, &jid);
	assert_int_equal(late.open_error, ENXIO);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_DEAD);
	assert_int_equal(create_one("tun"), 0);
	assert_true(exists("tun0"));
	assert_int_equal(destroy("tun0"), 0);
	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_story),
		BEFORE(test_story_before),
		BEFORE(test_story_pulled_back),
		BEFORE(test_story_half),
		TEST(test_created_in_jail),
		BEFORE(test_created_in_jail_before),
		TEST(test_units_of_all_vnets),
		TEST(test_visibility),
		TEST(test_home_decides),
		TEST(test_plain_jail),
		TEST(test_user_open),
		BEFORE(test_user_open_before),
		TEST(test_failed_jail),
		BEFORE(test_failed_jail_before),
		TEST(test_unload_under_jail),
		TEST(test_late_lookup),
		BEFORE(test_late_lookup_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
