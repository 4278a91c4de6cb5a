/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces that move between vnets.
 */
#include "if_test.h"

#include <sys/jail.h>
#include <net/if_private.h>
#include <net/if_types.h>

static int j, k, n;		/* vnet jail, its vnet child, jail without */

static void
make_jails(void)
{
	j = jail_make("name=j vnet persist children.max=4");
	k = jail_make_in(j, "name=k vnet persist");
	n = jail_make("name=n persist");
}

static void
test_loan(void **state)
{
	struct vs_if_info before, after;

	make_jails();
	IFC(0, 0, "create epair");
	IFC(0, 0, "addr epair0b 10.0.0.1/24");
	IFC(0, 0, "group epair0b web");
	IFC(0, 0, "up epair0b");
	assert_int_equal(look(0, "epair0b", &before), 0);
	events_begin();
	IFC(0, 0, "vnet epair0b %d", j);
	events_end();
	assert_false(exists(0, "epair0b"));
	assert_int_equal(look(j, "epair0b", &after), 0);
	assert_ptr_equal(after.ifnet, before.ifnet);
	assert_int_equal(after.index, before.index);
	assert_int_equal(after.generation, before.generation);
	assert_memory_equal(after.lladdr, before.lladdr, 6);
	assert_int_equal(after.addresses, 0);
	assert_false((after.flags & (IFF_UP | IFF_DYING)) != 0);
	assert_string_equal(after.groups, "all epair");
	assert_ptr_equal(after.home_vnet, before.vnet);
	assert_ptr_not_equal(after.vnet, before.vnet);
	assert_int_equal(event_count("event",
	    "ifnet_departure_event epair0b vnet=0"), 1);
	assert_int_equal(event_count("event",
	    "ifnet_arrival_event epair0b vnet=1"), 1);
	assert_int_equal(event_count("devctl", "IFNET epair0b ATTACH"), 0);
	assert_int_equal(event_count("devctl", "IFNET epair0b DETACH"), 1);
	IFC(ENXIO, 0, "vnet epair0b %d", j);
}

static void
test_loan_errors(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
	IFC(0, j, "create disc");
	IFC(EEXIST, 0, "vnet disc0 %d", j);
	IFC(EEXIST, 0, "vnet disc0 %d", n);
	IFC(ENXIO, 0, "vnet disc0 99");
	IFC(ENXIO, 0, "vnet disc0 0");
	IFC(EEXIST, 0, "vnet lo0 %d", j);
	IFC(ENXIO, j, "vnet disc0 %d", j);
	IFC(ENXIO, j, "vnet disc0 %d", n);
	IFC(ENXIO, k, "vnet lo0 %d", j);
	IFC(ENXIO, 0, "vnet nosuch0 %d", j);
	IFC(EPERM, n, "vnet disc0 %d", j);
	assert_int_equal(ifc_as(0, 1001, "vnet nosuch0 %d", j), EPERM);
	assert_true(exists(0, "disc0"));
}

static void
test_loan_to_grandchild(void **state)
{
	make_jails();
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", k);
	assert_true(exists(k, "epair0b"));
	IFC(0, j, "create disc");
	IFC(0, j, "vnet disc0 %d", k);
	assert_true(exists(k, "disc0"));
}

static void
test_reclaim(void **state)
{
	struct vs_if_info info;

	make_jails();
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
	IFC(0, j, "up epair0b");
	IFC(0, 0, "-vnet epair0b %d", j);
	assert_int_equal(look(0, "epair0b", &info), 0);
	assert_false((info.flags & IFF_UP) != 0);
	IFC(ENXIO, 0, "-vnet epair0b %d", j);
	IFC(0, 0, "create disc");
	IFC(EEXIST, 0, "-vnet disc0 %d", n);
	IFC(ENXIO, 0, "-vnet nosuch0 %d", n);
}

static void
test_reclaim_foreign(void **state)
{
	struct vs_if_info info;

	make_jails();
	IFC(0, j, "create disc");
	IFC(0, 0, "-vnet disc0 %d", j);
	assert_int_equal(look(0, "disc0", &info), 0);
	assert_ptr_not_equal(info.home_vnet, info.vnet);
	jail_kill(j);
	assert_false(exists(0, "disc0"));
}

static void
test_reclaim_taken_name(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
	IFC(0, j, "create disc");
	IFC(0, 0, "-vnet disc0 %d", j);
	assert_int_equal(count_named("disc0"), 2);
}

static void
test_reclaim_taken_name_fixed(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
	IFC(0, j, "create disc");
	IFC(EEXIST, 0, "-vnet disc0 %d", j);
	assert_int_equal(count_named("disc0"), 1);
	assert_true(exists(j, "disc0"));
}

static void
test_return_to_taken_name_fixed(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
	IFC(0, j, "name epair0b disc0");
	jail_kill(j);
	assert_int_equal(count_named("disc0"), 1);
	/* Driver and unit, for the name that it had is the pair's only. */
	assert_true(exists(0, "epair0"));
	IFC(0, 0, "destroy epair0a");
	assert_false(exists(0, "epair0"));
}

static void
test_destroy_lent(void **state)
{
	make_jails();
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
	IFC(0, j, "destroy epair0b");
	assert_false(exists(0, "epair0a"));
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
	events_begin();
	IFC(0, 0, "destroy epair0a");
	events_end();
	assert_int_equal(event_count("event",
	    "ifnet_departure_event epair0b vnet=1"), 1);
	assert_false(exists(j, "epair0b"));
}

static void
test_jail_removed_with_lent(void **state)
{
	struct vs_if_info info;

	make_jails();
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
	IFC(0, j, "addr epair0b 10.1.1.1/24");
	IFC(0, j, "vnet epair0b %d", k);
	jail_kill(k);
	/* Home is the host, whoever lent it last. */
	assert_int_equal(look(0, "epair0b", &info), 0);
	assert_false((info.flags & IFF_UP) != 0);
	assert_int_equal(info.addresses, 0);
	assert_string_equal(info.groups, "all epair");
	assert_ptr_equal(info.home_vnet, info.vnet);
	IFC(0, 0, "up epair0a");
	IFC(0, 0, "destroy epair0b");
}

static void
test_jail_removed_with_own(void **state)
{
	make_jails();
	IFC(0, j, "create epair");
	IFC(0, 0, "-vnet epair0b %d", j);
	IFC(0, j, "create disc");
	IFC(0, j, "addr disc0 10.2.2.2/24");
	events_begin();
	jail_kill(j);
	events_end();
	assert_false(exists(0, "epair0b"));
	assert_int_equal(event_count("event",
	    "ifnet_departure_event disc0 vnet=1"), 1);
	assert_int_equal(event_count("rtsock", "flush disc0 vnet=1"), 0);
	assert_int_equal(event_count("devctl", "IFNET disc0 *"), 0);
}

/* An interface of jail j that no cloner owns, as hardware is. */
static if_t card;

static void
card_attach(void *arg)
{
	CHECK(vs_jail_attach(j) == 0);
	CURVNET_SET(P_TO_VNET(curproc));
	card = if_alloc(IFT_OTHER);
	if_initname(card, "card", 0);
	if_attach(card);
	CURVNET_RESTORE();
}

static void
card_detach(void *arg)
{
	CURVNET_SET(card->if_vnet);
	if_detach(card);
	if_free(card);
	CURVNET_RESTORE();
}

static void
test_home_goes(void **state)
{
	struct vs_if_info before, after;
	char text[64];

	make_jails();
	run(card_attach, NULL);
	IFC(0, 0, "-vnet card0 %d", j);
	assert_int_equal(look(0, "card0", &before), 0);
	jail_kill(j);
	assert_int_equal(look(0, "card0", &after), 0);
	/* The one that is no more. */
	assert_ptr_equal(after.home_vnet, before.home_vnet);
	assert_ptr_not_equal(after.home_vnet, after.vnet);
	assert_int_equal(vs_check_invariants(text, sizeof(text)), 1);
	assert_string_equal(text, "card0: its home is gone\n");
	/* What has no room is counted as well. */
	memset(text, '#', sizeof(text));
	assert_int_equal(vs_check_invariants(text, 6), 1);
	assert_string_equal(text, "card0");
	assert_int_equal(vs_check_invariants(text, 0), 1);
	assert_string_equal(text, "card0");
	run(card_detach, NULL);
}

/* Lent on below the home, and then taken back from there. */
static void
test_home_goes_fixed(void **state)
{
	struct vs_if_info info;

	make_jails();
	run(card_attach, NULL);
	IFC(0, j, "vnet card0 %d", k);
	IFC(0, j, "create disc");
	IFC(0, 0, "-vnet disc0 %d", j);
	IFC(0, 0, "-vnet card0 %d", k);
	assert_int_equal(look(0, "card0", &info), 0);
	assert_ptr_not_equal(info.home_vnet, info.vnet);
	jail_kill(j);
	assert_int_equal(look(0, "card0", &info), 0);
	assert_ptr_equal(info.home_vnet, info.vnet);
	assert_false(exists(0, "disc0"));
	/* From its new home it can be lent and comes back. */
	j = jail_make("name=j2 vnet persist");
	IFC(0, 0, "vnet card0 %d", j);
	check_invariants();
	jail_kill(j);
	assert_int_equal(look(0, "card0", &info), 0);
	assert_ptr_equal(info.home_vnet, info.vnet);
	run(card_detach, NULL);
}

static void
card_only_detach(void *arg)
{
	CURVNET_SET(card->if_vnet);
	if_detach(card);
	CURVNET_RESTORE();
}

static void
card_free(void *arg)
{
	CHECK(card->if_home_vnet == vnet0);
	CURVNET_SET(vnet0);
	if_free(card);
	CURVNET_RESTORE();
}

/* The home goes between detach and free. */
static void
test_home_goes_from_detached(void **state)
{
	make_jails();
	run(card_attach, NULL);
	IFC(0, 0, "-vnet card0 %d", j);
	run(card_only_detach, NULL);
	jail_kill(j);
	run(card_free, NULL);
}

static void
test_teardown_order(void **state)
{
	int borrowed, home, disc, a, b, lo;

	make_jails();
	IFC(0, 0, "create epair1");
	IFC(0, 0, "vnet epair1b %d", j);
	IFC(0, j, "create disc");
	IFC(0, j, "create epair0");
	jail_kill(k);
	events_begin();
	jail_kill(j);
	events_end();
	borrowed = event_after(-1, "event", "ifnet_departure_event epair1b*");
	home = event_after(borrowed, "event",
	    "ifnet_arrival_event epair1b vnet=0");
	disc = event_after(home, "event", "ifnet_departure_event disc0*");
	a = event_after(home, "event", "ifnet_departure_event epair0a*");
	b = event_after(a, "event", "ifnet_departure_event epair0b*");
	lo = event_after(b, "event", "ifnet_departure_event lo0 vnet=1");
	assert_true(borrowed >= 0 && home >= 0 && disc >= 0 && a >= 0 &&
	    b >= 0);
	assert_true(lo > disc && lo > b);
}

/* The cloner goes everywhere; each interface dies where it is. */
static void
test_cloner_leaves(void **state)
{
	make_jails();
	IFC(0, j, "create disc");
	IFC(0, j, "vnet disc0 %d", k);
	events_begin();
	assert_int_equal(vs_kldunload("if_disc"), 0);
	events_end();
	assert_int_equal(event_count("event",
	    "ifnet_departure_event disc0 vnet=2"), 1);
	assert_int_equal(event_count("event",
	    "ifnet_departure_event disc0 *"), 1);
	assert_false(exists(k, "disc0"));
}

/* A renamed lo0 is not refused for its name. */
static void
test_loopback_leaves(void **state)
{
	make_jails();
	IFC(0, 0, "name lo0 lx");
	IFC(0, 0, "vnet lx %d", j);
	assert_true(exists(j, "lx"));
	IFC(EINVAL, j, "destroy lx");
	IFC(0, 0, "-vnet lx %d", j);
}

static void
test_loopback_stays(void **state)
{
	make_jails();
	IFC(0, 0, "name lo0 lx");
	IFC(EINVAL, 0, "vnet lx %d", j);
	assert_true(exists(0, "lx"));
}

/* Every error gives the jail's reference back. */
static void
test_references(void **state)
{
	struct vs_jail_info before, after;

	make_jails();
	IFC(0, 0, "create disc");
	IFC(0, j, "create disc");
	assert_int_equal(vs_jail_inspect(j, &before), 0);
	IFC(EEXIST, 0, "vnet disc0 %d", j);
	IFC(ENXIO, 0, "vnet nosuch %d", j);
	IFC(ENXIO, 0, "-vnet nosuch %d", j);
	IFC(0, 0, "name disc0 x0");
	IFC(0, 0, "vnet x0 %d", j);
	IFC(0, 0, "-vnet x0 %d", j);
	assert_int_equal(vs_jail_inspect(j, &after), 0);
	assert_int_equal(before.ref, after.ref);
}

static int
socket_on_host(void)
{
	int fd = -1;

	CHECK(vs_socket(AF_LOCAL, SOCK_DGRAM, 0, &fd) == 0);
	return (fd);
}

static int foreign_error;

static void
foreign_main(void *arg)
{
	struct ifreq ifr = { .ifr_name = "disc0" };
	int fd = socket_on_host();

	CHECK(vs_jail_attach(j) == 0);
	ifr.ifr_jid = k;
	foreign_error = vs_ioctl(fd, SIOCSIFVNET, &ifr);
}

static void
test_foreign_socket(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
#ifdef INVARIANTS
	assert_outcome(vs_run(foreign_main, NULL),
	    "Assertion curvnet == *TD_TO_VNET*");
#else
	run(foreign_main, NULL);
	assert_int_equal(foreign_error, 0);
	assert_true(exists(k, "disc0"));
#endif
}

static void
test_foreign_socket_fixed(void **state)
{
	make_jails();
	IFC(0, 0, "create disc");
	run(foreign_main, NULL);
	assert_int_equal(foreign_error, EPERM);
	assert_true(exists(0, "disc0"));
}

/* Before S15 the look-up came before the privilege. */
static void
test_loan_order_p4(void **state)
{
	assert_int_equal(ifc_as(0, 1001, "vnet nosuch0 5"), ENXIO);
	make_jails();
	IFC(0, 0, "create disc");
	IFC(ENXIO, 0, "vnet disc0 99");
	IFC(EEXIST, 0, "vnet disc0 %d", n);
	IFC(0, 0, "vnet disc0 %d", j);
	IFC(0, 0, "-vnet disc0 %d", j);
}

static int
setup_p4(void **state)
{
	return (setup_profile("P4"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_loan),
		BOTH(test_loan_errors),
		BOTH(test_loan_to_grandchild),
		BOTH(test_reclaim),
		BOTH(test_reclaim_foreign),
		S15(test_reclaim_taken_name),
		FIXED(test_reclaim_taken_name_fixed),
		FIXED(test_return_to_taken_name_fixed),
		BOTH(test_destroy_lent),
		BOTH(test_jail_removed_with_lent),
		BOTH(test_jail_removed_with_own),
		S15(test_home_goes),
		FIXED(test_home_goes_fixed),
		FIXED(test_home_goes_from_detached),
		BOTH(test_teardown_order),
		BOTH(test_cloner_leaves),
		S15(test_loopback_leaves),
		FIXED(test_loopback_stays),
		BOTH(test_references),
		S15(test_foreign_socket),
		FIXED(test_foreign_socket_fixed),
		{ "test_loan_order_p4 (P4)", test_loan_order_p4, setup_p4,
		    teardown_checked, NULL },
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
