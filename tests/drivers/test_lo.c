/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * lo(4): lo0 in every vnet, and packets that come back.
 */
#include "netif.h"

/* Rows 17 and 18. */
static void
lo0_stays(void **state)
{
	static const char *const events[] = {
		"group_change_event lo",
		"group_detach_event lo",
		"group_attach_event lo",
		"group_change_event lo",
	};

	assert_true(exists("lo0"));
	vs_events_record(true);
	assert_int_equal(destroy("lo0"), EINVAL);
	assert_true(events_in_order(events, nitems(events)));
	vs_events_record(false);
	assert_true(exists("lo0"));
	assert_int_equal(destroy("lo0"), EINVAL);
	assert_int_equal(create_one("lo1"), 0);
	assert_int_equal(destroy("lo1"), 0);
	assert_int_equal(vs_kldunload("if_lo"), EINVAL);
	assert_true(exists("lo0"));
}

/* Row 27, and a lo0 of its own for each vnet. */
static void
each_vnet_in(void *arg)
{
	struct ifnet *mine, *theirs;
	int jid = vnet_jail("j");

	mine = must_find("lo0");
	theirs = find_in(vnet_of(jid), "lo0");
	assert_non_null(theirs);
	assert_ptr_not_equal(mine, theirs);
	CURVNET_SET(vnet0);
	assert_ptr_equal(V_loif, mine);
	CURVNET_RESTORE();
	if_rele(mine);
	if_rele(theirs);
	assert_int_equal(loan("lo0", jid), EEXIST);
	assert_int_equal(vs_jail_remove(jid), 0);
}
INSIDE(each_vnet)

static void
there_and_back_in(void *arg)
{
	struct ifnet *ifp = must_find("lo0");
	struct mbuf *m;
	int i;

	receiver_start();
	for (i = 0; i < 20; i++) {
		m = plain_packet(200);
		m->m_pkthdr.csum_flags = CSUM_IP | CSUM_TCP;
		assert_int_equal(output(ifp, m, AF_INET, NULL), 0);
	}
	receiver_wait(20);
	assert_int_equal(received.bytes, 4000);
	assert_ptr_equal(received.rcvif, ifp);
	assert_ptr_equal(received.vnet, vnet0);
	/* Checksums that were left out count as good. */
	assert_true((received.csum_flags & CSUM_DATA_VALID) != 0);
	assert_int_equal(received.csum_flags & (CSUM_IP | CSUM_TCP), 0);
	assert_int_equal(counter(ifp, IFCOUNTER_OPACKETS), 20);
	assert_int_equal(counter(ifp, IFCOUNTER_IPACKETS), 20);
	assert_int_equal(counter(ifp, IFCOUNTER_IBYTES), 4000);
	receiver_stop();
	if_rele(ifp);
}
INSIDE(there_and_back)

static void
refused_in(void *arg)
{
	struct ifnet *ifp = must_find("lo0");
	struct route ro = { .ro_flags = RT_REJECT };

	assert_int_equal(output(ifp, plain_packet(10), AF_INET, &ro),
	    EHOSTUNREACH);
	ro.ro_flags = RT_BLACKHOLE;
	assert_int_equal(output(ifp, plain_packet(10), AF_INET, &ro), 0);
	assert_int_equal(output(ifp, plain_packet(10), AF_APPLETALK, NULL),
	    EAFNOSUPPORT);
	/* Nobody is registered for IPv6 here: counted and freed. */
	assert_int_equal(netisr_unclaimed(NETISR_IPV6), 0);
	assert_int_equal(output(ifp, plain_packet(10), AF_INET6, NULL), 0);
	assert_int_equal(netisr_unclaimed(NETISR_IPV6), 1);
	if_rele(ifp);
}
INSIDE(refused)

/* A packet in netisr's queue does not meet its interface's successor. */
static void
queued_across_destroy_in(void *arg)
{
	struct ifnet *ifp;
	int i;

	receiver_start();
	for (i = 0; i < 50; i++) {
		assert_int_equal(create_one("lo1"), 0);
		ifp = must_find("lo1");
		assert_int_equal(output(ifp, plain_packet(10), AF_INET,
		    NULL), 0);
		assert_int_equal(destroy("lo1"), 0);
		if_rele(ifp);
	}
	receiver_stop();
	assert_true(received.packets <= 50);
}
INSIDE(queued_across_destroy)

static void
link_state_in(void *arg)
{
	struct ifnet *ifp = must_find("lo0");
	struct ifreq ifr;

	assert_int_equal(ifp->if_mtu, 16384);
	assert_int_equal(set_up("lo0", true), 0);
	assert_int_equal(if_getlinkstate(ifp), LINK_STATE_UP);
	assert_int_equal(set_up("lo0", false), 0);
	assert_int_equal(if_getlinkstate(ifp), LINK_STATE_DOWN);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "lo0", sizeof(ifr.ifr_name));
	ifr.ifr_reqcap = 0;
	assert_int_equal(request(SIOCSIFCAP, &ifr), 0);
	assert_int_equal(ifp->if_hwassist, 0);
	assert_int_equal(ifp->if_capenable, IFCAP_LINKSTATE);
	if_rele(ifp);
}
INSIDE(link_state)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lo0_stays),
		TEST(each_vnet),
		TEST(there_and_back),
		TEST(refused),
		TEST(queued_across_destroy),
		TEST(link_state),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
