/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * disc(4), and what any driver owes the framework.
 */
#include "netif.h"

static void
create_destroy(void **state)
{
	char name[IFNAMSIZ] = "disc";
	struct ifreq ifr;

	assert_int_equal(create(name), 0);
	assert_string_equal(name, "disc0");
	strlcpy(name, "disc", sizeof(name));
	assert_int_equal(create(name), 0);
	assert_string_equal(name, "disc1");
	assert_int_equal(create_one("disc0"), EEXIST);
	assert_int_equal(create_one("disc7"), 0);
	assert_int_equal(create_one("disc07"), EINVAL);
	assert_int_equal(create_one("disc32768"), ENOSPC);
	assert_int_equal(create_one("disc32767"), 0);

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "disc0", sizeof(ifr.ifr_name));
	assert_int_equal(request(SIOCGIFFLAGS, &ifr), 0);
	assert_int_equal(ifr.ifr_flags & (IFF_UP | IFF_LOOPBACK |
	    IFF_DRV_RUNNING), IFF_LOOPBACK | IFF_DRV_RUNNING);
	assert_int_equal(destroy("disc1"), 0);
	assert_int_equal(destroy("disc1"), ENXIO);
	/* The others go with the kernel. */
}

static void
requests(void **state)
{
	struct ifreq ifr;

	assert_int_equal(create_one("disc0"), 0);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "disc0", sizeof(ifr.ifr_name));
	assert_int_equal(request(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 65532);
	assert_int_equal(set_number(SIOCSIFMTU, "disc0", 1000), 0);
	assert_int_equal(request(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1000);
	assert_int_equal(set_number(SIOCSIFMTU, "disc0", 71), EINVAL);
	/* The driver does not know SIOCSIFFLAGS, and nobody minds. */
	assert_int_equal(set_up("disc0", true), 0);
	assert_int_equal(request(SIOCGIFFLAGS, &ifr), 0);
	assert_true((ifr.ifr_flags & IFF_UP) != 0);
}

static void
traffic_in(void *arg)
{
	struct ifnet *ifp;
	int i;

	assert_int_equal(create_one("disc0"), 0);
	ifp = must_find("disc0");
	for (i = 1; i <= 10; i++)
		assert_int_equal(output(ifp, plain_packet(100), AF_INET,
		    NULL), 0);
	assert_int_equal(counter(ifp, IFCOUNTER_OPACKETS), 10);
	assert_int_equal(counter(ifp, IFCOUNTER_OBYTES), 1000);
	/* A reference keeps it after the end, with dead methods. */
	assert_int_equal(destroy("disc0"), 0);
	assert_true((ifp->if_flags & IFF_DYING) != 0);
	assert_int_equal(output(ifp, plain_packet(100), AF_INET, NULL),
	    ENXIO);
	if_rele(ifp);
}
INSIDE(traffic)

static void
multicast_in(void *arg)
{
	struct ifnet *ifp;
	struct ifreq ifr;

	assert_int_equal(create_one("disc0"), 0);
	ifp = must_find("disc0");
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_addr.sa_family = AF_INET6;
	assert_int_equal(ifp->if_ioctl(ifp, SIOCADDMULTI, (caddr_t)&ifr), 0);
	ifr.ifr_addr.sa_family = AF_LINK;
	assert_int_equal(ifp->if_ioctl(ifp, SIOCADDMULTI, (caddr_t)&ifr),
	    EAFNOSUPPORT);
	assert_int_equal(ifp->if_ioctl(ifp, SIOCDELMULTI, NULL),
	    EAFNOSUPPORT);
	assert_int_equal(ifp->if_ioctl(ifp, SIOCSIFFLAGS, (caddr_t)&ifr),
	    EINVAL);
	if_rele(ifp);
}
INSIDE(multicast)

/* 7.1: the order of what a creation and a destruction tell. */
static void
order(void **state)
{
	static const char *const created[] = {
		"ifnet_arrival_event disc0",
		"RTM_NEWLINK disc0",
		"IFNET disc0 ATTACH",
		"group_change_event disc",
	};
	static const char *const destroyed[] = {
		"group_change_event disc",
		"ifnet_departure_event disc0",
		"RTM_DELLINK disc0",
		"IFNET disc0 DETACH",
	};

	vs_events_record(true);
	assert_int_equal(create_one("disc0"), 0);
	assert_true(events_in_order(created, nitems(created)));
	vs_events_record(true);
	assert_int_equal(destroy("disc0"), 0);
	assert_true(events_in_order(destroyed, nitems(destroyed)));
	vs_events_record(false);
}

static void
nth_failure(void **state)
{
	static const char *const made[] = { "disc3" };

	create_failing("disc3", made, nitems(made));
	assert_int_equal(create_one("disc3"), 0);
}

static void
thousand_in(void *arg)
{
	char name[IFNAMSIZ];
	int i;

	for (i = 0; i < 1000; i++) {
		strlcpy(name, "disc", sizeof(name));
		assert_int_equal(create(name), 0);
		assert_string_equal(name, "disc0");
		assert_int_equal(destroy(name), 0);
	}
}
INSIDE(thousand)

static void
unload(void **state)
{
	assert_int_equal(create_one("disc0"), 0);
	assert_int_equal(vs_kldunload("if_disc"), 0);
	assert_false(exists("disc0"));
	assert_int_equal(create_one("disc0"), EINVAL);
	assert_int_equal(vs_kldload("if_disc", NULL), 0);
	assert_int_equal(create_one("disc0"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(create_destroy),
		TEST(requests),
		TEST(traffic),
		TEST(multicast),
		TEST(order),
		TEST(nth_failure),
		TEST(thousand),
		TEST(unload),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
