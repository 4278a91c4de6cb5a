/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What Ethernet-like interfaces have in common.
 */
#include "netif.h"

#include <net/if_dl.h>

static const uint8_t broadcast[ETHER_ADDR_LEN] =
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* Output needs somewhere to send to; there is no ARP. */
static void
resolve_in(void *arg)
{
	struct sockaddr_in sin = { .sin_len = sizeof(sin),
	    .sin_family = AF_INET };
	struct epoch_tracker et;
	struct ifnet *ifp;
	struct mbuf *m;

	assert_int_equal(create_one("edsc0"), 0);
	ifp = must_find("edsc0");
	assert_int_equal(output(ifp, plain_packet(50), AF_INET, NULL),
	    ENETDOWN);
	assert_int_equal(set_up("edsc0", true), 0);
	assert_int_equal(output(ifp, plain_packet(50), AF_INET, NULL),
	    EHOSTUNREACH);
	assert_int_equal(output(ifp, plain_packet(50), AF_APPLETALK, NULL),
	    EAFNOSUPPORT);
	sin.sin_addr.s_addr = htonl(0xe0000001);
	m = plain_packet(50);
	CURVNET_SET(vnet0);
	NET_EPOCH_ENTER(et);
	assert_int_equal(ifp->if_output(ifp, m, sintosa(&sin), NULL), 0);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	assert_int_equal(counter(ifp, IFCOUNTER_OPACKETS), 1);
	if_rele(ifp);
}
INSIDE(resolve)

static void
feed(struct ifnet *ifp, struct mbuf *m)
{
	struct epoch_tracker et;

	m->m_pkthdr.rcvif = ifp;
	NET_EPOCH_ENTER(et);
	if_input(ifp, m);
	NET_EPOCH_EXIT(et);
}

/* Who gets what comes in. */
static void
input_in(void *arg)
{
	static const uint8_t other[ETHER_ADDR_LEN] = { 2, 0, 0, 0, 0, 9 };
	struct ifnet *ifp;

	receiver_start();
	assert_int_equal(create_one("edsc0"), 0);
	ifp = must_find("edsc0");
	feed(ifp, frame(ifp, broadcast, ETHERTYPE_IP, 100));
	assert_int_equal(received.packets, 0);	/* not up */
	assert_int_equal(set_up("edsc0", true), 0);
	feed(ifp, frame(ifp, broadcast, ETHERTYPE_IP, 100));
	assert_int_equal(received.packets, 1);
	assert_int_equal(received.bytes, 100 - ETHER_HDR_LEN);
	assert_true((received.flags & M_BCAST) != 0);
	feed(ifp, frame(ifp, IF_LLADDR(ifp), ETHERTYPE_IP, 100));
	assert_int_equal(received.packets, 2);
	feed(ifp, frame(ifp, other, ETHERTYPE_IP, 100));
	assert_int_equal(received.packets, 2);
	feed(ifp, frame(ifp, IF_LLADDR(ifp), 0x1234, 100));
	assert_int_equal(counter(ifp, IFCOUNTER_NOPROTO), 1);
	assert_int_equal(counter(ifp, IFCOUNTER_IMCASTS), 1);
	assert_int_equal(counter(ifp, IFCOUNTER_IBYTES), 400);
	receiver_stop();
	if_rele(ifp);
}
INSIDE(input)

static void
multicast_in(void *arg)
{
	struct sockaddr_dl room;
	struct sockaddr_in sin = { .sin_len = sizeof(sin),
	    .sin_family = AF_INET };
	struct sockaddr *llsa = (struct sockaddr *)&room;
	struct ifnet *ifp;
	static const u_char want[] = { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 };

	assert_int_equal(create_one("edsc0"), 0);
	ifp = must_find("edsc0");
	sin.sin_addr.s_addr = htonl(0xe0810203);
	memset(&room, 0, sizeof(room));
	assert_int_equal(ifp->if_resolvemulti(ifp, &llsa, sintosa(&sin)), 0);
	assert_memory_equal(LLADDR((struct sockaddr_dl *)llsa), want,
	    sizeof(want));
	sin.sin_addr.s_addr = htonl(0x0a000001);
	llsa = (struct sockaddr *)&room;
	assert_int_equal(ifp->if_resolvemulti(ifp, &llsa, sintosa(&sin)),
	    EADDRNOTAVAIL);
	if_rele(ifp);
}
INSIDE(multicast)

/* --- row 80: what others see before ether_ifattach() has finished ----------- */

static void
create_edsc(void *arg)
{
	assert_int_equal(create_one("edsc0"), 0);
}

static void
half_attached(bool methods)
{
	struct vs_thread *creator;
	struct ifnet *ifp;

	assert_int_equal(vs_fail_point("ether_ifattach", "pause"), 0);
	creator = spawn(create_edsc, NULL, "creator");
	assert_int_equal(vs_fail_point_wait("ether_ifattach", 1), 0);
	ifp = must_find("edsc0");
	assert_true((ifp->if_flags & IFF_BROADCAST) != 0);
	assert_int_equal(ifp->if_output != NULL, methods);
	assert_null(ifp->if_broadcastaddr);
	assert_int_equal(((struct sockaddr_dl *)ifp->if_addr->ifa_addr)->
	    sdl_alen, 0);
	assert_int_equal(vs_fail_point("ether_ifattach", "off"), 0);
	join(creator);
	assert_non_null(ifp->if_output);
	if_rele(ifp);
}

static void
half_attached_fixed_in(void *arg)
{
	half_attached(true);
}
INSIDE(half_attached_fixed)

static void
half_attached_s15_in(void *arg)
{
	half_attached(false);
}

static void
half_attached_s15(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+listed-before-ethernet-methods",
	};

	shutdown_clean();
	boot_with(&config);
	run(half_attached_s15_in, NULL);
}

/* 7.1: where the Ethernet event and its devctl message stand. */
static void
order(void **state)
{
	static const char *const events[] = {
		"ifnet_arrival_event edsc0",
		"IFNET edsc0 ATTACH",
		"ether_ifattach_event edsc0",
		"ETHERNET edsc0 IFATTACH",
		"group_change_event edsc",
	};

	vs_events_record(true);
	assert_int_equal(create_one("edsc0"), 0);
	assert_true(events_in_order(events, nitems(events)));
	vs_events_record(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(resolve),
		TEST(input),
		TEST(multicast),
		TEST(half_attached_fixed),
		TEST(half_attached_s15),
		TEST(order),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
