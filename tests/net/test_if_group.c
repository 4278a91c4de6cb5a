/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface groups.
 */
#include "if_test.h"

#include <net/if_private.h>

static int
request(unsigned long cmd, void *data)
{
	int error, fd;

	if ((error = vs_socket(AF_LOCAL, SOCK_DGRAM, 0, &fd)) != 0)
		return (error);
	error = vs_ioctl(fd, cmd, data);
	vs_close(fd);
	return (error);
}

static void
test_join_leave(void **state)
{
	IFC(0, 0, "create disc");
	IFC(EINVAL, 0, "group disc0 g1");
	IFC(0, 0, "group disc0 web");
	IFC(EEXIST, 0, "group disc0 web");
	assert_string_equal(groups(0, "disc0"), "all disc web");
	IFC(ENOENT, 0, "-group disc0 nosuch");
	IFC(0, 0, "-group disc0 web");
	IFC(ENOENT, 0, "-group disc0 web");
	IFC(ENXIO, 0, "group nosuch0 web");
	assert_int_equal(ifc_as(0, 1001, "group disc0 web"), EPERM);
}

static void
test_list(void **state)
{
	struct ifg_req names[8];
	struct ifgroupreq ifgr = { .ifgr_name = "disc0" };

	IFC(0, 0, "create disc");
	IFC(0, 0, "group disc0 web");
	assert_int_equal(request(SIOCGIFGROUP, &ifgr), 0);
	assert_int_equal(ifgr.ifgr_len, 3 * sizeof(names[0]));
	ifgr.ifgr_len -= sizeof(names[0]);
	ifgr.ifgr_groups = names;
	assert_int_equal(request(SIOCGIFGROUP, &ifgr), EINVAL);
	ifgr.ifgr_len = sizeof(names);
	assert_int_equal(request(SIOCGIFGROUP, &ifgr), 0);
	assert_string_equal(names[0].ifgrq_group, "all");
	assert_string_equal(names[1].ifgrq_group, "disc");
	assert_string_equal(names[2].ifgrq_group, "web");
	ifgr.ifgr_groups = NULL;
	assert_int_equal(request(SIOCGIFGROUP, &ifgr), EFAULT);
}

static void
test_members(void **state)
{
	struct ifg_req names[8];
	struct ifgroupreq ifgr = { .ifgr_name = "disc" };

	assert_int_equal(request(SIOCGIFGMEMB, &ifgr), ENOENT);
	IFC(0, 0, "create disc");
	IFC(0, 0, "create disc");
	assert_int_equal(request(SIOCGIFGMEMB, &ifgr), 0);
	assert_int_equal(ifgr.ifgr_len, 2 * sizeof(names[0]));
	ifgr.ifgr_groups = names;
	assert_int_equal(request(SIOCGIFGMEMB, &ifgr), 0);
	assert_string_equal(names[0].ifgrq_member, "disc0");
	assert_string_equal(names[1].ifgrq_member, "disc1");
	memset(ifgr.ifgr_name, 'x', sizeof(ifgr.ifgr_name));
	assert_int_equal(request(SIOCGIFGMEMB, &ifgr), EINVAL);
}

static void
test_move_loses_groups(void **state)
{
	int j = jail_make("name=j vnet persist");

	IFC(0, 0, "create disc");
	IFC(0, 0, "group disc0 web");
	IFC(0, 0, "vnet disc0 %d", j);
	assert_string_equal(groups(j, "disc0"), "all disc");
}

static void
test_events(void **state)
{
	static const char *const want[] = {
		"event: group_attach_event web vnet=0",
		"event: group_change_event web vnet=0",
		"event: group_change_event web vnet=0",
		"event: group_change_event web vnet=0",
		"event: group_change_event web vnet=0",
		"event: group_detach_event web vnet=0",
	};

	IFC(0, 0, "create disc");
	IFC(0, 0, "create disc");
	events_begin();
	IFC(0, 0, "group disc0 web");
	IFC(0, 0, "group disc1 web");
	IFC(0, 0, "-group disc0 web");
	IFC(0, 0, "-group disc1 web");
	events_end();
	expect_events(want, nitems(want), ",kevent,netlink,");
}

/* A driver may name groups before it attaches. */
static void
early_main(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "tst", 0);
	CHECK(if_addgroup(ifp, "") == 0);
	CHECK(if_addgroup(ifp, "early") == 0);
	if_attach(ifp);
	CHECK(if_delgroup(ifp, "early") == 0);
	if_detach(ifp);
	/* Nobody comes back. */
	CHECK(if_addgroup(ifp, "late") == ENXIO);
	if_free(ifp);
	CURVNET_RESTORE();
}

static void
test_early_and_late(void **state)
{
	run(early_main, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_join_leave),
		BOTH(test_list),
		BOTH(test_members),
		BOTH(test_move_loses_groups),
		BOTH(test_events),
		FIXED(test_early_and_late),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
