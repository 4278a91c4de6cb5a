/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * edsc(4).
 */
#include "netif.h"

static void
mac_of(const char *name, u_char *mac)
{
	struct ifnet *ifp = must_find(name);

	memcpy(mac, IF_LLADDR(ifp), ETHER_ADDR_LEN);
	assert_memory_equal(ifp->if_hw_addr, mac, ETHER_ADDR_LEN);
	if_rele(ifp);
}

/* Row 78: the address comes from the name, so it comes again. */
static void
address_in(void *arg)
{
	static const u_char oui[4] = { 0x58, 0x9c, 0xfc, 0x10 };
	u_char first[ETHER_ADDR_LEN], again[ETHER_ADDR_LEN];

	mtx_lock(&prison0.pr_mtx);
	strlcpy(prison0.pr_hostuuid, "8f4e3b0a-7c11-11ef-9d7a-0800200c9a66",
	    sizeof(prison0.pr_hostuuid));
	mtx_unlock(&prison0.pr_mtx);
	assert_int_equal(create_one("edsc0"), 0);
	mac_of("edsc0", first);
	assert_memory_equal(first, oui, sizeof(oui));
	assert_int_equal(destroy("edsc0"), 0);
	assert_int_equal(create_one("edsc0"), 0);
	mac_of("edsc0", again);
	assert_memory_equal(first, again, sizeof(first));
	assert_int_equal(create_one("edsc1"), 0);
	mac_of("edsc1", again);
	assert_memory_not_equal(first, again, sizeof(first));
}
INSIDE(address)

/* Without a host uuid it is random, locally administered and unicast. */
static void
random_address_in(void *arg)
{
	u_char mac[ETHER_ADDR_LEN];

	mtx_lock(&prison0.pr_mtx);
	strlcpy(prison0.pr_hostuuid, "00000000-0000-0000-0000-000000000000",
	    sizeof(prison0.pr_hostuuid));
	mtx_unlock(&prison0.pr_mtx);
	assert_int_equal(create_one("edsc0"), 0);
	mac_of("edsc0", mac);
	assert_int_equal(mac[0] & 3, 2);
}
INSIDE(random_address)

static void
attributes_in(void *arg)
{
	struct ifnet *ifp;
	struct ifreq ifr;

	assert_int_equal(create_one("edsc0"), 0);
	ifp = must_find("edsc0");
	assert_int_equal(ifp->if_mtu, ETHERMTU);
	assert_int_equal(ifp->if_hdrlen, ETHER_HDR_LEN +
	    ETHER_VLAN_ENCAP_LEN);
	assert_int_equal(ifp->if_addrlen, ETHER_ADDR_LEN);
	assert_int_equal(ifp->if_capenable, 0);
	assert_true((ifp->if_capabilities & IFCAP_TSO4) != 0);
	assert_int_equal(ifp->if_baudrate, IF_Mbps(10));
	assert_int_equal(ifp->if_drv_flags & IFF_DRV_RUNNING,
	    IFF_DRV_RUNNING);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "edsc0", sizeof(ifr.ifr_name));
	ifr.ifr_reqcap = IFCAP_TXCSUM;
	assert_int_equal(request(SIOCSIFCAP, &ifr), 0);
	assert_int_equal(ifp->if_capenable, IFCAP_TXCSUM);
	assert_int_equal(set_number(SIOCSIFMTU, "edsc0", 1501), EINVAL);
	assert_int_equal(set_number(SIOCSIFMTU, "edsc0", 1400), 0);
	assert_int_equal(ifp->if_mtu, 1400);
	if_rele(ifp);
}
INSIDE(attributes)

/* What is sent goes through the send queue and is dropped by if_start. */
static void
traffic_in(void *arg)
{
	struct ifnet *ifp;
	struct mbuf *m;
	int i;

	assert_int_equal(create_one("edsc0"), 0);
	assert_int_equal(set_up("edsc0", true), 0);
	ifp = must_find("edsc0");
	for (i = 0; i < 5; i++) {
		m = plain_packet(100);
		m->m_flags |= M_BCAST;
		assert_int_equal(output(ifp, m, AF_INET, NULL), 0);
	}
	assert_int_equal(counter(ifp, IFCOUNTER_OPACKETS), 5);
	/* The send queue and the driver both count them, as in FreeBSD. */
	assert_int_equal(counter(ifp, IFCOUNTER_OBYTES),
	    2 * 5 * (100 + ETHER_HDR_LEN));
	if_rele(ifp);
}
INSIDE(traffic)

static const char *const made[] = { "edsc5" };

static void
thousand_in(void *arg)
{
	create_thousand("edsc5", made, nitems(made));
}
INSIDE(thousand)

static void
nth_failure(void **state)
{
	create_failing("edsc5", made, nitems(made));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(address),
		TEST(random_address),
		TEST(attributes),
		TEST(traffic),
		TEST(thousand),
		TEST(nth_failure),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
