/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * epair(4): both halves, packets between them and between vnets, and the end
 * of a pair while it is in use.
 */
#include "netif.h"

#define	QUEUE_LIMIT	4096

static struct ifnet *a, *b;	/* with a reference, in a test */

/* A pair that is up on both sides. */
static void
pair_up(void)
{
	assert_int_equal(create_one("epair0"), 0);
	assert_int_equal(set_up("epair0a", true), 0);
	assert_int_equal(set_up("epair0b", true), 0);
	a = must_find("epair0a");
	b = must_find("epair0b");
}

static void
pair_release(void)
{
	if_rele(a);
	if_rele(b);
}

static int
send(struct ifnet *ifp, struct ifnet *to, int len)
{
	return (transmit(ifp, frame(ifp, IF_LLADDR(to), ETHERTYPE_IP, len)));
}

/* --- life ------------------------------------------------------------------- */

/* Rows 11 to 14 and 19. */
static void
names(void **state)
{
	char name[IFNAMSIZ] = "epair";
	struct ifreq ifr;
	char newname[IFNAMSIZ];

	assert_int_equal(create(name), 0);
	assert_string_equal(name, "epair0a");
	assert_true(exists("epair0b"));
	assert_int_equal(create_one("epair0a"), EINVAL);
	assert_int_equal(create_one("epair0"), EEXIST);
	assert_int_equal(create_one("epair07"), EINVAL);
	assert_int_equal(destroy("epair0b"), 0);
	assert_false(exists("epair0a"));
	assert_int_equal(create_one("epair0"), 0);

	assert_int_equal(create_one("disc0"), 0);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "disc0", sizeof(ifr.ifr_name));
	strlcpy(newname, "epair3b", sizeof(newname));
	ifr.ifr_ifru.ifru_data = newname;
	assert_int_equal(request(SIOCSIFNAME, &ifr), 0);
	assert_int_equal(create_one("epair3"), EEXIST);
	assert_int_equal(destroy("epair3b"), 0);
	assert_int_equal(create_one("epair3"), 0);

	strlcpy(ifr.ifr_name, "epair0a", sizeof(ifr.ifr_name));
	strlcpy(newname, "x", sizeof(newname));
	assert_int_equal(request(SIOCSIFNAME, &ifr), 0);
	assert_int_equal(destroy("epair0a"), ENXIO);
	assert_int_equal(destroy("x"), 0);
	assert_false(exists("epair0b"));
}

static void
addresses_in(void *arg)
{
	u_char macs[2][ETHER_ADDR_LEN];
	int round;

	mtx_lock(&prison0.pr_mtx);
	strlcpy(prison0.pr_hostuuid, "8f4e3b0a-7c11-11ef-9d7a-0800200c9a66",
	    sizeof(prison0.pr_hostuuid));
	mtx_unlock(&prison0.pr_mtx);
	for (round = 0; round < 2; round++) {
		pair_up();
		assert_memory_not_equal(IF_LLADDR(a), IF_LLADDR(b),
		    ETHER_ADDR_LEN);
		if (round == 0) {
			memcpy(macs[0], IF_LLADDR(a), ETHER_ADDR_LEN);
			memcpy(macs[1], IF_LLADDR(b), ETHER_ADDR_LEN);
			assert_int_equal(macs[0][0], 0x58);
			assert_int_equal(macs[0][3], 0x10);
		} else {
			assert_memory_equal(macs[0], IF_LLADDR(a),
			    ETHER_ADDR_LEN);
			assert_memory_equal(macs[1], IF_LLADDR(b),
			    ETHER_ADDR_LEN);
		}
		pair_release();
		assert_int_equal(destroy("epair0a"), 0);
	}
}
INSIDE(addresses)

/* The old way, which never gives the same address twice. */
static void
counted_addresses_in(void *arg)
{
	u_char mac[ETHER_ADDR_LEN];
	bool off = false;

	assert_int_equal(vs_sysctl("net.link.epair.ether_gen_addr", NULL,
	    NULL, &off, sizeof(off)), 0);
	pair_up();
	memcpy(mac, IF_LLADDR(a), sizeof(mac));
	assert_int_equal(mac[0], 0x02);
	assert_int_equal(mac[5], 0x0a);
	assert_memory_equal(mac, IF_LLADDR(b), 5);
	assert_int_equal(IF_LLADDR(b)[5], 0x0b);
	pair_release();
	assert_int_equal(destroy("epair0a"), 0);
	pair_up();
	assert_memory_not_equal(mac, IF_LLADDR(a), sizeof(mac));
	pair_release();
}
INSIDE(counted_addresses)

static void
states_in(void *arg)
{
	struct ifmediareq ifmr;
	struct ifreq ifr;

	assert_int_equal(create_one("epair0"), 0);
	a = must_find("epair0a");
	b = must_find("epair0b");
	assert_int_equal(a->if_flags & IFF_UP, 0);
	assert_int_equal(a->if_drv_flags & IFF_DRV_RUNNING, IFF_DRV_RUNNING);
	assert_int_equal(b->if_drv_flags & IFF_DRV_RUNNING, IFF_DRV_RUNNING);
	assert_int_equal(if_getlinkstate(a), LINK_STATE_UP);
	assert_int_equal(a->if_baudrate, IF_Gbps(10));
	/* Both halves agree on what matters between them. */
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "epair0a", sizeof(ifr.ifr_name));
	ifr.ifr_reqcap = IFCAP_VLAN_MTU;
	assert_int_equal(request(SIOCSIFCAP, &ifr), 0);
	assert_int_equal(a->if_capenable, IFCAP_VLAN_MTU | IFCAP_RXCSUM);
	assert_int_equal(a->if_hwassist, 0);
	assert_int_equal(b->if_capenable & (IFCAP_TXCSUM |
	    IFCAP_TXCSUM_IPV6 | IFCAP_VLAN_HWTAGGING), 0);
	assert_int_equal(b->if_capenable & IFCAP_RXCSUM_IPV6,
	    IFCAP_RXCSUM_IPV6);
	memset(&ifmr, 0, sizeof(ifmr));
	strlcpy(ifmr.ifm_name, "epair0a", sizeof(ifmr.ifm_name));
	assert_int_equal(request(SIOCGIFMEDIA, &ifmr), 0);
	assert_int_equal(ifmr.ifm_count, 1);
	assert_int_equal(ifmr.ifm_status, IFM_AVALID | IFM_ACTIVE);
	assert_int_equal(ifmr.ifm_active, IFM_ETHER | IFM_10G_T | IFM_FDX);
	assert_int_equal(set_number(SIOCSIFMTU, "epair0a", 9000), 0);
	assert_int_equal(a->if_mtu, 9000);
	pair_release();
}
INSIDE(states)

/* --- packets ---------------------------------------------------------------- */

/* Row 76. */
static void
lengths_in(void *arg)
{
	int max;

	receiver_start();
	pair_up();
	max = a->if_mtu + 18;
	assert_int_equal(send(a, b, max), 0);
	receiver_wait(1);
	assert_int_equal(received.bytes, max - ETHER_HDR_LEN);
	assert_ptr_equal(received.rcvif, b);
	assert_int_equal(send(a, b, max + 1), E2BIG);
	assert_int_equal(counter(a, IFCOUNTER_OERRORS), 1);
	assert_int_equal(counter(a, IFCOUNTER_OPACKETS), 1);
	assert_int_equal(counter(a, IFCOUNTER_OBYTES), max);
	assert_int_equal(counter(b, IFCOUNTER_IPACKETS), 1);
	assert_int_equal(counter(b, IFCOUNTER_IBYTES), max);
	receiver_stop();
	pair_release();
}
INSIDE(lengths)

/* Row 77. */
static void
not_ready_in(void *arg)
{
	receiver_start();
	pair_up();
	if_setdrvflagbits(a, 0, IFF_DRV_RUNNING);
	assert_int_equal(send(a, b, 100), ENXIO);
	if_setdrvflagbits(a, IFF_DRV_RUNNING, 0);
	assert_int_equal(set_up("epair0a", false), 0);
	assert_int_equal(send(a, b, 100), ENETDOWN);
	assert_int_equal(set_up("epair0a", true), 0);
	assert_int_equal(set_up("epair0b", false), 0);
	assert_int_equal(send(a, b, 100), 0);
	assert_int_equal(counter(a, IFCOUNTER_OERRORS), 3);
	assert_int_equal(counter(a, IFCOUNTER_OPACKETS), 0);
	receiver_stop();
	assert_int_equal(received.packets, 0);
	pair_release();
}
INSIDE(not_ready)

/* In order, both ways, with groups counted. */
static void
both_ways_in(void *arg)
{
	static const uint8_t broadcast[ETHER_ADDR_LEN] =
	    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct mbuf *m;
	int i;

	receiver_start();
	pair_up();
	for (i = 0; i < 500; i++) {
		assert_int_equal(send(a, b, 60 + i), 0);
		assert_int_equal(send(b, a, 60 + i), 0);
	}
	receiver_wait(1000);
	m = frame(a, broadcast, ETHERTYPE_IP, 100);
	m->m_flags |= M_BCAST;
	assert_int_equal(transmit(a, m), 0);
	receiver_wait(1001);
	assert_int_equal(counter(a, IFCOUNTER_OMCASTS), 1);
	assert_int_equal(counter(b, IFCOUNTER_IMCASTS), 1);
	assert_int_equal(counter(b, IFCOUNTER_IPACKETS), 501);
	receiver_stop();
	pair_release();
}
INSIDE(both_ways)

/* What is sent through the send queue takes the same way. */
static void
send_queue_in(void *arg)
{
	struct mbuf *m;
	int error;

	receiver_start();
	pair_up();
	m = frame(a, IF_LLADDR(b), ETHERTYPE_IP, 100);
	CURVNET_SET(vnet0);
	IFQ_ENQUEUE(&a->if_snd, m, error);
	assert_int_equal(error, 0);
	{
		struct epoch_tracker et;

		NET_EPOCH_ENTER(et);
		if_start(a);
		NET_EPOCH_EXIT(et);
	}
	CURVNET_RESTORE();
	receiver_wait(1);
	receiver_stop();
	pair_release();
}
INSIDE(send_queue)

/*
 * The receiver is held up while three times as much is sent as fits into its
 * queue.  The sender does not wait, and every packet is accounted for.
 */
static void
full_queue_in(void *arg)
{
	const int total = 3 * QUEUE_LIMIT;
	struct mbufq packets;
	struct mbuf *m;
	uint64_t sent, dropped;
	int i;

	receiver_start();
	pair_up();
	mbufq_init(&packets, 0);
	for (i = 0; i < total; i++)
		mbufq_enqueue(&packets,
		    frame(a, IF_LLADDR(b), ETHERTYPE_IP, 60));
	mtx_lock(&receiver_mtx);
	while ((m = mbufq_dequeue(&packets)) != NULL)
		assert_int_equal(transmit(a, m), 0);
	mtx_unlock(&receiver_mtx);
	sent = counter(a, IFCOUNTER_OPACKETS);
	dropped = counter(a, IFCOUNTER_OQDROPS);
	assert_int_equal(sent + dropped, total);
	assert_true(sent >= QUEUE_LIMIT && sent <= 2 * QUEUE_LIMIT);
	receiver_wait(sent);
	assert_int_equal(counter(b, IFCOUNTER_IPACKETS), sent);
	receiver_stop();
	pair_release();
}
INSIDE(full_queue)

/* The packet arrives in the stack where the other half is. */
static void
between_vnets_in(void *arg)
{
	int jid = vnet_jail("j");
	struct vnet *theirs = vnet_of(jid);
	int i;

	receiver_start();
	pair_up();
	assert_int_equal(loan("epair0b", jid), 0);
	assert_ptr_equal(b->if_vnet, theirs);
	/* The move took it down. */
	assert_int_equal(send(a, b, 100), 0);
	assert_int_equal(counter(a, IFCOUNTER_OERRORS), 1);
	CURVNET_SET(theirs);
	if_up(b);
	CURVNET_RESTORE();
	for (i = 1; i <= 100; i++)
		assert_int_equal(send(a, b, 100), 0);
	receiver_wait(100);
	assert_ptr_equal(received.vnet, theirs);
	assert_ptr_equal(received.rcvif, b);
	assert_int_equal(send(b, a, 100), 0);
	receiver_wait(101);
	assert_ptr_equal(received.vnet, vnet0);
	receiver_stop();
	pair_release();
	/* Destroying one half here takes the other out of the jail. */
	assert_int_equal(destroy("epair0a"), 0);
	assert_null(find_in(theirs, "epair0b"));
	assert_int_equal(vs_jail_remove(jid), 0);
}
INSIDE(between_vnets)

/* --- the end ---------------------------------------------------------------- */

static volatile bool stop;	/* read and written atomically */

static void
sender(void *arg)
{
	struct epoch_tracker et;
	struct ifnet *ifp;
	struct mbuf *m;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		m = plain_packet(64);
		CURVNET_SET(vnet0);
		ifp = ifunit_ref("epair0a");
		if (ifp != NULL) {
			NET_EPOCH_ENTER(et);
			if_transmit(ifp, m);
			NET_EPOCH_EXIT(et);
			if_rele(ifp);
		} else
			m_freem(m);
		CURVNET_RESTORE();
	}
}

/* Pairs come and go while somebody sends on whatever is there. */
static void
destroyed_in_use_in(void *arg)
{
	struct vs_thread *thread;
	int i;

	stop = false;
	thread = spawn(sender, NULL, "sender");
	for (i = 0; i < 100; i++) {
		assert_int_equal(create_one("epair0"), 0);
		assert_int_equal(set_up("epair0a", true), 0);
		assert_int_equal(set_up("epair0b", true), 0);
		assert_int_equal(destroy(i % 2 ? "epair0a" : "epair0b"), 0);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	join(thread);
}
INSIDE(destroyed_in_use)

/* Row 39: what was lent comes home with its jail's end, and works. */
static void
comes_home_in(void *arg)
{
	int jid = vnet_jail("j");

	receiver_start();
	pair_up();
	assert_int_equal(loan("epair0b", jid), 0);
	CURVNET_SET(vnet_of(jid));
	if_up(b);
	CURVNET_RESTORE();
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_ptr_equal(b->if_vnet, vnet0);
	assert_int_equal(b->if_flags & IFF_UP, 0);
	assert_int_equal(set_up("epair0b", true), 0);
	assert_int_equal(send(a, b, 100), 0);
	receiver_wait(1);
	assert_ptr_equal(received.rcvif, b);
	assert_ptr_equal(received.vnet, vnet0);
	receiver_stop();
	pair_release();
}
INSIDE(comes_home)

static int results[2];

static void
destroy_half(void *arg)
{
	int i = (int)(intptr_t)arg;

	results[i] = destroy(i == 0 ? "epair0a" : "epair0b");
}

/* Row 21. */
static void
both_halves_at_once(void **state)
{
	struct vs_thread *threads[2];
	int i, round;

	for (round = 0; round < 50; round++) {
		assert_int_equal(create_one("epair0"), 0);
		for (i = 0; i < 2; i++)
			threads[i] = spawn(destroy_half, (void *)(intptr_t)i,
			    "destroyer");
		for (i = 0; i < 2; i++)
			join(threads[i]);
		assert_true((results[0] == 0 && results[1] == ENXIO) ||
		    (results[0] == ENXIO && results[1] == 0));
	}
}

static void
ask_media(void *arg)
{
	struct ifmediareq ifmr;

	memset(&ifmr, 0, sizeof(ifmr));
	strlcpy(ifmr.ifm_name, "epair0a", sizeof(ifmr.ifm_name));
	results[0] = request(SIOCGIFMEDIA, &ifmr);
	assert_int_equal(ifmr.ifm_status, IFM_AVALID | IFM_ACTIVE);
}

static void
destroy_pair(void *arg)
{
	results[1] = destroy("epair0b");
}

/* epair-ioctl-on-freed-pair: the end of the pair waits for the request. */
static void
request_in_driver(void **state)
{
	struct vs_thread *asker, *destroyer;

	assert_int_equal(create_one("epair0"), 0);
	assert_int_equal(vs_fail_point("epair_ioctl", "pause"), 0);
	asker = spawn(ask_media, NULL, "asker");
	assert_int_equal(vs_fail_point_wait("epair_ioctl", 1), 0);
	destroyer = spawn(destroy_pair, NULL, "destroyer");
	assert_int_equal(vs_fail_point("epair_ioctl", "off"), 0);
	join(asker);
	join(destroyer);
	assert_int_equal(results[0], 0);
	assert_int_equal(results[1], 0);
}

/* The module goes with pairs that are up and have packets under way. */
static void
unload_in_use_in(void *arg)
{
	int i, round;

	for (round = 0; round < 10; round++) {
		pair_up();
		for (i = 0; i < 200; i++)
			assert_int_equal(send(a, b, 100), 0);
		pair_release();
		assert_int_equal(vs_kldunload("if_epair"), 0);
		assert_false(exists("epair0a"));
		assert_int_equal(create_one("epair0"), EINVAL);
		assert_int_equal(vs_kldload("if_epair", NULL), 0);
	}
}
INSIDE(unload_in_use)

static void
unloader(void *arg)
{
	results[0] = vs_kldunload("if_epair");
}

/* The unload has told the module, and not yet asked the vnets. */
static struct vs_thread *
half_unloaded(void)
{
	struct vs_thread *thread;

	assert_int_equal(vs_fail_point("vnet_constructor_gone", "1*pause"), 0);
	thread = spawn(unloader, NULL, "unloader");
	assert_int_equal(vs_fail_point_wait("vnet_constructor_gone", 1), 0);
	return (thread);
}

/* epair-unload-event-first: the pair works until it is destroyed. */
static void
used_during_unload_in(void *arg)
{
	struct vs_thread *thread;

	receiver_start();
	pair_up();
	thread = half_unloaded();
	assert_int_equal(send(a, b, 100), 0);
	receiver_wait(1);
	pair_release();
	assert_int_equal(vs_fail_point("vnet_constructor_gone", "off"), 0);
	join(thread);
	assert_int_equal(results[0], 0);
	assert_false(exists("epair0a"));
	receiver_stop();
}
INSIDE(used_during_unload)

/*
 * The same defects as FreeBSD has them: freed memory is used, in one way or
 * another.  The sanitizers would end the program in place of the run.
 */
#if defined(INVARIANTS) && !defined(TEST_SANITIZED)
#define	DEFECTS

static void
used_after_unload_event(void *arg)
{
	pair_up();
	(void)half_unloaded();
	(void)send(a, b, 100);
	receiver_wait(1);
}

static void
unload_event_first(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+epair-unload-event-first",
	};

	shutdown_clean();
	boot_with(&config);
	run((void (*)(void *))receiver_start, NULL);
	assert_non_null(vs_run(used_after_unload_event, NULL));
}

static void
request_on_freed_pair(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+epair-ioctl-on-freed-pair",
	};
	struct vs_thread *asker;

	shutdown_clean();
	boot_with(&config);
	assert_int_equal(create_one("epair0"), 0);
	assert_int_equal(vs_fail_point("epair_ioctl", "pause"), 0);
	asker = spawn(ask_media, NULL, "asker");
	assert_int_equal(vs_fail_point_wait("epair_ioctl", 1), 0);
	assert_int_equal(destroy("epair0b"), 0);
	assert_int_equal(vs_fail_point("epair_ioctl", "off"), 0);
	assert_non_null(vs_thread_join(asker));
}
#endif

/* FreeBSD as it is: what does not depend on a race works all the same. */
static void
s15(void **state)
{
	const struct vs_config config = { .profile = "S15" };

	shutdown_clean();
	boot_with(&config);
	run(lengths_in, NULL);
	assert_int_equal(destroy("epair0a"), 0);
	run(between_vnets_in, NULL);
	assert_int_equal(create_one("epair1"), 0);
	assert_int_equal(vs_kldunload("if_epair"), 0);
	assert_false(exists("epair1a"));
}

static const char *const made[] = { "epair9a", "epair9b" };

static void
thousand_in(void *arg)
{
	create_thousand("epair9", made, nitems(made));
}
INSIDE(thousand)

static void
nth_failure(void **state)
{
	create_failing("epair9", made, nitems(made));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names),
		TEST(addresses),
		TEST(counted_addresses),
		TEST(states),
		TEST(lengths),
		TEST(not_ready),
		TEST(both_ways),
		TEST(send_queue),
		TEST(full_queue),
		TEST(between_vnets),
		TEST(comes_home),
		TEST(destroyed_in_use),
		TEST(both_halves_at_once),
		TEST(request_in_driver),
		TEST(unload_in_use),
		TEST(used_during_unload),
#ifdef DEFECTS
		TEST(unload_event_first),
		TEST(request_on_freed_pair),
#endif
		TEST(s15),
		TEST(thousand),
		TEST(nth_failure),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
