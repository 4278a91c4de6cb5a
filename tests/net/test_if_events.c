/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What listeners are told, and in which order.
 */
#include "if_test.h"

#include <sys/eventhandler.h>
#include <sys/taskqueue.h>
#include <net/if_private.h>
#include <net/if_types.h>

#define	QUIET	",kevent,netlink,"

static void
test_create(void **state)
{
	static const char *const want[] = {
		"event: group_change_event all vnet=0",
		"event: ifnet_arrival_event disc0 vnet=0",
		"rtsock: RTM_IFANNOUNCE arrival disc0 vnet=0",
		"devctl: IFNET disc0 ATTACH",
		"event: group_attach_event disc vnet=0",
		"event: group_change_event disc vnet=0",
	};

	events_begin();
	IFC(0, 0, "create disc");
	events_end();
	expect_events(want, nitems(want), QUIET);
}

static void
test_destroy(void **state)
{
	static const char *const want[] = {
		"event: group_change_event disc vnet=0",
		"event: group_detach_event disc vnet=0",
		"event: group_change_event all vnet=0",
		"event: ifnet_event_down disc0 vnet=0",
		"rtsock: RTM_IFINFO disc0 vnet=0",
		"event: ifaddr_event disc0 vnet=0",
		"rtsock: RTM_DELADDR disc0 vnet=0",
		"event: ifnet_departure_event disc0 vnet=0",
		"rtsock: RTM_IFANNOUNCE departure disc0 vnet=0",
		"devctl: IFNET disc0 DETACH",
		"rtsock: flush disc0 vnet=0",
	};

	IFC(0, 0, "create disc");
	IFC(0, 0, "addr disc0 10.0.0.1/24");
	events_begin();
	IFC(0, 0, "destroy disc0");
	events_end();
	expect_events(want, nitems(want), QUIET);
}

static void
test_loan(void **state)
{
	static const char *const want[] = {
		"event: group_change_event all vnet=0",
		"event: group_change_event disc vnet=0",
		"event: group_detach_event disc vnet=0",
		"event: ifnet_event_down disc0 vnet=0",
		"rtsock: RTM_IFINFO disc0 vnet=0",
		"event: ifnet_departure_event disc0 vnet=0",
		"rtsock: RTM_IFANNOUNCE departure disc0 vnet=0",
		"devctl: IFNET disc0 DETACH",
		"rtsock: flush disc0 vnet=0",
		"event: group_change_event all vnet=1",
		"event: group_attach_event disc vnet=1",
		"event: group_change_event disc vnet=1",
		"event: ifnet_arrival_event disc0 vnet=1",
		"rtsock: RTM_IFANNOUNCE arrival disc0 vnet=1",
	};
	int j = jail_make("name=j vnet persist");

	IFC(0, 0, "create disc");
	events_begin();
	IFC(0, 0, "vnet disc0 %d", j);
	events_end();
	expect_events(want, nitems(want), QUIET);
}

static void
test_rename(void **state)
{
	static const char *const want[] = {
		"event: ifnet_departure_event disc0 vnet=0",
		"rtsock: RTM_IFANNOUNCE departure disc0 vnet=0",
		"event: ifnet_arrival_event x0 vnet=0",
		"rtsock: RTM_IFANNOUNCE arrival x0 vnet=0",
		"devctl: IFNET disc0 RENAME name=x0",
	};

	IFC(0, 0, "create disc");
	events_begin();
	IFC(EINVAL, 0, "name disc0");
	IFC(0, 0, "name disc0 disc0");
	IFC(EEXIST, 0, "name disc0 lo0");
	IFC(0, 0, "name disc0 x0");
	events_end();
	expect_events(want, nitems(want), QUIET);
}

/* devctl hears of names in jails too, if of nothing else. */
static void
test_rename_in_jail(void **state)
{
	int j = jail_make("name=j vnet persist");

	events_begin();
	IFC(0, j, "create disc");
	IFC(0, j, "name disc0 x0");
	IFC(0, j, "destroy x0");
	events_end();
	assert_int_equal(event_count("devctl",
	    "IFNET disc0 RENAME name=x0"), 1);
	assert_int_equal(event_count("devctl", "*"), 1);
}

/* A jail's vnet dies: its own interfaces leave without ceremony. */
static void
test_shutdown(void **state)
{
	static const char *const want[] = {
		"event: group_change_event all vnet=1",
		"event: ifnet_event_down disc0 vnet=1",
		"rtsock: RTM_IFINFO disc0 vnet=1",
		"event: ifnet_departure_event disc0 vnet=1",
		"rtsock: RTM_IFANNOUNCE departure disc0 vnet=1",
	};
	int j = jail_make("name=j vnet persist");
	size_t i;
	int at = -1;

	IFC(0, j, "create disc");
	events_begin();
	jail_kill(j);
	events_end();
	for (i = 0; i < nitems(want); i++) {
		const char *colon = strchr(want[i], ':');
		char class[16] = "";

		memcpy(class, want[i], colon - want[i]);
		at = event_after(at, class, colon + 2);
		assert_true(at >= 0);
	}
	assert_int_equal(event_count("rtsock", "flush disc0*"), 0);
	/* Its lo0 goes as well, last. */
	assert_int_equal(event_count("event",
	    "ifnet_departure_event lo0 vnet=1"), 1);
}

/* The first listener is the routing socket's, whoever registers. */
static struct {
	int	arrivals;
	bool	listed;
	bool	renaming;
	bool	left_renaming;
	bool	groups;
} seen;

static void
on_arrival(void *arg, if_t ifp)
{
	seen.arrivals++;
	seen.listed = ifunit(if_name(ifp)) == ifp;
	seen.renaming = (if_getflags(ifp) & IFF_RENAMING) != 0;
}

static void
on_departure(void *arg, if_t ifp)
{
	seen.listed = ifunit(if_name(ifp)) == ifp;
	seen.groups = !CK_STAILQ_EMPTY(&ifp->if_groups);
	seen.left_renaming = (if_getflags(ifp) & IFF_RENAMING) != 0;
}

static eventhandler_tag tags[2];

static void
listen_main(void *arg)
{
	tags[0] = EVENTHANDLER_REGISTER(ifnet_arrival_event, on_arrival, NULL,
	    EVENTHANDLER_PRI_ANY);
	tags[1] = EVENTHANDLER_REGISTER(ifnet_departure_event, on_departure,
	    NULL, EVENTHANDLER_PRI_ANY);
}

static void
unlisten_main(void *arg)
{
	EVENTHANDLER_DEREGISTER(ifnet_arrival_event, tags[0]);
	EVENTHANDLER_DEREGISTER(ifnet_departure_event, tags[1]);
}

static void
test_state_at_events(void **state)
{
	memset(&seen, 0, sizeof(seen));
	run(listen_main, NULL);
	IFC(0, 0, "create disc");
	assert_int_equal(seen.arrivals, 1);
	assert_true(seen.listed && !seen.renaming);
	IFC(0, 0, "name disc0 x");
	assert_int_equal(seen.arrivals, 2);
	assert_true(seen.listed && seen.renaming && seen.left_renaming);
	IFC(0, 0, "destroy x");
	assert_false(seen.listed || seen.left_renaming || seen.groups);
	run(unlisten_main, NULL);
}

/* --- link state, promiscuity, flags: with a driver of our own ------------ */

static int tst_ioctls, tst_error;

static int
tst_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	if (cmd == SIOCSIFFLAGS)
		tst_ioctls++;
	return (tst_error);
}

static if_t tst;

static void
tst_main(void *arg)
{
	CURVNET_SET(vnet0);
	tst = if_alloc(IFT_OTHER);
	if_initname(tst, "em", 0);
	if_setioctlfn(tst, tst_ioctl);
	if_attach(tst);
	CURVNET_RESTORE();
}

static void
tst_end(void *arg)
{
	if_detach(tst);
	if_free(tst);
}

static void
promisc_main(void *arg)
{
	CURVNET_SET(vnet0);
	tst_ioctls = 0;
	CHECK(ifpromisc(tst, 1) == 0);
	CHECK(ifpromisc(tst, 1) == 0);
	CHECK((if_getflags(tst) & IFF_PROMISC) != 0);
	CHECK(ifpromisc(tst, 0) == 0);
	CHECK((if_getflags(tst) & IFF_PROMISC) != 0);
	CHECK(ifpromisc(tst, 0) == 0);
	CHECK((if_getflags(tst) & IFF_PROMISC) == 0);
	CHECK(tst_ioctls == 2);
	tst_error = EIO;
	CHECK(ifpromisc(tst, 1) == EIO);
	CHECK((if_getflags(tst) & IFF_PROMISC) == 0 && tst->if_pcount == 0);
	if_setioctlfn(tst, NULL);
	CHECK(ifpromisc(tst, 1) == EOPNOTSUPP);
	CHECK(if_allmulti(tst, 1) == EOPNOTSUPP);
	if_setioctlfn(tst, tst_ioctl);
	tst_error = 0;
	CURVNET_RESTORE();
}

static void
test_promisc(void **state)
{
	run(tst_main, NULL);
	run(promisc_main, NULL);
	run(tst_end, NULL);
	assert_int_equal(console_count("em0: promiscuous mode enabled"), 1);
	assert_int_equal(console_count("em0: promiscuous mode disabled"), 1);
}

static void
test_driver_error_ignored(void **state)
{
	struct vs_if_info info;

	run(tst_main, NULL);
	tst_error = EIO;
	IFC(0, 0, "up em0");
	assert_int_equal(look(0, "em0", &info), 0);
	assert_true((info.flags & IFF_UP) != 0);
	tst_error = 0;
	/* Not cloned, so nobody can destroy it by name. */
	IFC(EINVAL, 0, "destroy em0");
	run(tst_end, NULL);
}

static void
link_main(void *arg)
{
	CURVNET_SET(vnet0);
	if_link_state_change(tst, LINK_STATE_UP);
	if_link_state_change(tst, LINK_STATE_UP);
	/* The interface must not be dying when the task announces it. */
	taskqueue_quiesce(taskqueue_swi);
	CURVNET_RESTORE();
}

static void
test_link(void **state)
{
	run(tst_main, NULL);
	events_begin();
	run(link_main, NULL);
	run(tst_end, NULL);
	events_end();
	assert_int_equal(event_count("event", "ifnet_link_event em0*"), 1);
	assert_int_equal(event_count("devctl", "IFNET em0 LINK_UP"), 1);
	expect_console("em0: link state changed to UP");
}

/* --- misuse -------------------------------------------------------------- */

static void
detach_twice(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "tst", 0);
	if_attach(ifp);
	if_detach(ifp);
	if_detach(ifp);
	if_free(ifp);
	CURVNET_RESTORE();
}

static void
test_detach_twice(void **state)
{
	const struct vs_config p4 = { .profile = "P4" };

	expect_panic(detach_twice, NULL,
	    "if_detach: interface tst0 (*) is not attached");
	boot_with(&p4);
	run(detach_twice, NULL);
}

static void
detach_unattached(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "tst", 0);
	if_detach(ifp);
	if_free(ifp);
	CURVNET_RESTORE();
}

static void
test_detach_unattached(void **state)
{
	const struct vs_config s15 = { .profile = "S15" };

	expect_panic(detach_unattached, NULL,
	    "if_detach: interface tst0 (*) is not attached");
	expect_panic_with(&s15, detach_unattached, NULL,
	    "if_detach: interface tst0 (*) is not attached");
}

#ifdef INVARIANTS
static void
half_methods(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "tst", 0);
	if_setqflushfn(ifp, if_qflush_default);
	if_attach(ifp);
	CURVNET_RESTORE();
}
#endif

static void
test_half_methods(void **state)
{
#ifdef INVARIANTS
	expect_panic(half_methods, NULL,
	    "transmit and qflush must both either be set or both be NULL");
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_create),
		BOTH(test_destroy),
		BOTH(test_loan),
		BOTH(test_rename),
		BOTH(test_rename_in_jail),
		BOTH(test_shutdown),
		BOTH(test_state_at_events),
		BOTH(test_promisc),
		BOTH(test_driver_error_ignored),
		BOTH(test_link),
		BARE(test_detach_twice),
		BARE(test_detach_unattached),
		BARE(test_half_methods),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
