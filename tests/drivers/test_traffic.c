/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Everything at once: pairs come, go and move while others send through
 * them, tap them, describe them and delete them over netlink.  Nothing is
 * expected but that the kernel survives and ends up empty.
 */
#include "netif.h"

#include <netlink/netlink_route.h>

#define	ROUNDS	60

static bool stop;		/* atomic */
static int jid;			/* constant while the threads run */

static bool
stopped(void)
{
	return (__atomic_load_n(&stop, __ATOMIC_ACQUIRE));
}

static void
sender(void *arg)
{
	struct epoch_tracker et;
	struct ifnet *ifp;
	struct mbuf *m;
	int i;

	while (!stopped()) {
		m = plain_packet(200);
		ifp = find_in(vnet0, arg);
		if (ifp == NULL) {
			m_freem(m);
			kern_yield(0);
			continue;
		}
		CURVNET_SET(vnet0);
		NET_EPOCH_ENTER(et);
		if_transmit(ifp, m);
		NET_EPOCH_EXIT(et);
		CURVNET_RESTORE();
		for (i = 0; i < 20; i++)
			kern_yield(0);
		if_rele(ifp);
	}
}

static void
see(void *arg, const u_char *pkt, u_int len)
{
	__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
}

static void
listener(void *arg)
{
	struct bpf_d *d;
	int error, packets = 0;

	while (!stopped()) {
		CURVNET_SET(vnet0);
		error = bpf_listen(arg, true, see, &packets, &d);
		CURVNET_RESTORE();
		if (error == 0) {
			kern_yield(0);
			bpf_unlisten(d);
		} else
			kern_yield(0);
	}
}

/* Asks for all links, and deletes what has the number of the last one. */
static void
talker(void *arg)
{
	struct {
		struct nlmsghdr		hdr;
		struct ifinfomsg	info;
	} m;
	char buf[8192];
	int fd, i = 0;

	while (!stopped()) {
		assert_int_equal(vs_socket(AF_NETLINK, SOCK_RAW,
		    NETLINK_ROUTE, &fd), 0);
		memset(&m, 0, sizeof(m));
		m.hdr.nlmsg_len = sizeof(m);
		m.hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		m.hdr.nlmsg_type = ++i % 5 == 0 ? RTM_DELLINK : RTM_GETLINK;
		m.info.ifi_index = i % 5 == 0 ? 2 + i % 3 : 0;
		assert_int_equal(vs_send(fd, &m, sizeof(m)), 0);
		assert_int_equal(vs_recv(fd, buf, sizeof(buf), 0, NULL), 0);
		vs_close(fd);
	}
}

static void
mover(void *arg)
{
	while (!stopped()) {
		(void)loan("epair0b", jid);
		kern_yield(0);
		(void)reclaim("epair0b", jid);
	}
}

static void
all_at_once_in(void *arg)
{
	struct vs_thread *threads[6];
	size_t i;

	jid = vnet_jail("j");
	stop = false;
	threads[0] = spawn(sender, "epair0a", "sender a");
	threads[1] = spawn(sender, "epair0b", "sender b");
	threads[2] = spawn(listener, "epair0a", "listener");
	threads[3] = spawn(listener, "epair0b", "listener b");
	threads[4] = spawn(talker, NULL, "talker");
	threads[5] = spawn(mover, NULL, "mover");
	for (i = 0; i < ROUNDS; i++) {
		(void)create_one("epair0");
		(void)set_up("epair0a", true);
		(void)set_up("epair0b", true);
		kern_yield(0);
		(void)destroy("epair0a");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < nitems(threads); i++)
		join(threads[i]);
	assert_int_equal(vs_jail_remove(jid), 0);
}
INSIDE(all_at_once)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_at_once),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
