/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Capture: listeners, promiscuity, and what happens to both when the
 * interface goes elsewhere or away.
 */
#include "netif.h"

/* Locks: (t) the thread that taps: there is one at a time. */
struct seen {
	int	packets;	/* (t) */
	u_int	len;		/* (t) of the last one */
	u_char	first[4];	/* (t) its first bytes */
};

static void
see(void *arg, const u_char *pkt, u_int pktlen)
{
	struct seen *seen = arg;

	seen->packets++;
	seen->len = pktlen;
	memcpy(seen->first, pkt, MIN(pktlen, sizeof(seen->first)));
}

static struct bpf_d *
listen_on(const char *name, bool promisc, struct seen *seen)
{
	struct bpf_d *d;

	memset(seen, 0, sizeof(*seen));
	CURVNET_SET(vnet0);
	assert_int_equal(bpf_listen(name, promisc, see, seen, &d), 0);
	CURVNET_RESTORE();
	return (d);
}

/* A packet without link header is shown with its family in front. */
static void
taps_in(void *arg)
{
	struct seen one, two;
	struct bpf_d *d1, *d2;
	struct ifnet *ifp;
	uint32_t family = AF_INET;

	assert_int_equal(create_one("disc0"), 0);
	ifp = must_find("disc0");
	assert_false(bpf_peers_present_if(ifp));
	d1 = listen_on("disc0", false, &one);
	d2 = listen_on("disc0", false, &two);
	assert_true(bpf_peers_present_if(ifp));
	assert_int_equal(bpf_listener_dlt(d1), DLT_NULL);
	assert_int_equal(output(ifp, plain_packet(60), AF_INET, NULL), 0);
	assert_int_equal(one.packets, 1);
	assert_int_equal(one.len, 64);
	assert_memory_equal(one.first, &family, sizeof(family));
	bpf_unlisten(d1);
	assert_int_equal(output(ifp, plain_packet(60), AF_INET, NULL), 0);
	assert_int_equal(one.packets, 1);
	assert_int_equal(two.packets, 2);
	bpf_unlisten(d2);
	assert_false(bpf_peers_present_if(ifp));
	if_rele(ifp);
}
INSIDE(taps)

static void
promiscuous_in(void *arg)
{
	struct seen seen;
	struct bpf_d *d1, *d2;
	struct ifnet *ifp;

	assert_int_equal(create_one("epair0"), 0);
	ifp = must_find("epair0a");
	d1 = listen_on("epair0a", true, &seen);
	d2 = listen_on("epair0a", true, &seen);
	assert_int_equal(ifp->if_pcount, 2);
	assert_true((ifp->if_flags & IFF_PROMISC) != 0);
	bpf_unlisten(d1);
	assert_true((ifp->if_flags & IFF_PROMISC) != 0);
	bpf_unlisten(d2);
	assert_int_equal(ifp->if_pcount, 0);
	assert_int_equal(ifp->if_flags & IFF_PROMISC, 0);
	if_rele(ifp);
	CURVNET_SET(vnet0);
	assert_int_equal(bpf_listen("none0", true, see, &seen, &d1), ENXIO);
	CURVNET_RESTORE();
}
INSIDE(promiscuous)

/* The record keeps the interface until its last listener has gone. */
static void
outlives_detach_in(void *arg)
{
	struct seen seen;
	struct bpf_d *d;
	struct ifnet *ifp;

	assert_int_equal(create_one("disc0"), 0);
	ifp = must_find("disc0");
	assert_int_equal(vs_ledger_holders(VS_IFNET, ifp, "bpf"), 1);
	d = listen_on("disc0", false, &seen);
	assert_int_equal(destroy("disc0"), 0);
	assert_false(bpf_listening(d));
	/* A late tap meets the dead record. */
	BPF_MTAP(ifp, NULL);
	if_rele(ifp);
	bpf_unlisten(d);
	assert_int_equal(seen.packets, 0);
}
INSIDE(outlives_detach)

/* Row 79, R21 and R30. */
static void
move(int pcount)
{
	struct seen seen;
	struct bpf_d *d;
	struct ifnet *ifp;
	int jid = vnet_jail("j");

	assert_int_equal(create_one("epair0"), 0);
	ifp = must_find("epair0b");
	d = listen_on("epair0b", true, &seen);
	assert_int_equal(ifp->if_pcount, 1);
	assert_int_equal(loan("epair0b", jid), 0);
	assert_false(bpf_listening(d));
	bpf_unlisten(d);
	assert_int_equal(ifp->if_pcount, pcount);
	assert_int_equal(ifp->if_flags & IFF_PROMISC,
	    pcount > 0 ? IFF_PROMISC : 0);
	/* The record itself moved along. */
	CURVNET_SET(vnet_of(jid));
	assert_int_equal(bpf_listen("epair0b", false, see, &seen, &d), 0);
	CURVNET_RESTORE();
	bpf_unlisten(d);
	if_rele(ifp);
	assert_int_equal(vs_jail_remove(jid), 0);
}

static void
move_fixed_in(void *arg)
{
	move(0);
}
INSIDE(move_fixed)

static void
move_s15_in(void *arg)
{
	move(1);
}

static void
move_s15(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+promisc-left-by-cut-listener",
	};

	shutdown_clean();
	boot_with(&config);
	run(move_s15_in, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(taps),
		TEST(promiscuous),
		TEST(outlives_detach),
		TEST(move_fixed),
		TEST(move_s15),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
