/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What tests of interface drivers share: requests from user space, packets
 * from inside the kernel, and a protocol that counts what arrives.
 */
#ifndef _NETIF_H_
#define _NETIF_H_

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_media.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/netisr.h>
#include <net/route.h>
#include <net/vnet.h>
#include <netinet/in.h>

#include <vnetsim/fail.h>
#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>
#include <vnetsim/syscalls.h>

/* --- requests, from any thread --------------------------------------------- */

/* An interface request on a fresh socket of the caller's vnet. */
static inline int
request(u_long cmd, void *data)
{
	int error, fd;

	error = vs_socket(AF_INET, SOCK_DGRAM, 0, &fd);
	if (error != 0)
		return (error);
	error = vs_ioctl(fd, cmd, data);
	vs_close(fd);
	return (error);
}

/* `name` becomes the name that was given. */
static inline int
create(char *name)
{
	struct ifreq ifr;
	int error;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	error = request(SIOCIFCREATE, &ifr);
	if (error == 0)
		strlcpy(name, ifr.ifr_name, IFNAMSIZ);
	return (error);
}

static inline int
create_one(const char *name)
{
	char buf[IFNAMSIZ];

	strlcpy(buf, name, sizeof(buf));
	return (create(buf));
}

static inline int
simple_request(u_long cmd, const char *name)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	return (request(cmd, &ifr));
}

static inline int
destroy(const char *name)
{
	return (simple_request(SIOCIFDESTROY, name));
}

static inline bool
exists(const char *name)
{
	return (simple_request(SIOCGIFFLAGS, name) == 0);
}

static inline int
set_up(const char *name, bool up)
{
	struct ifreq ifr;
	int error;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	error = request(SIOCGIFFLAGS, &ifr);
	if (error != 0)
		return (error);
	if (up)
		ifr.ifr_flags |= IFF_UP;
	else
		ifr.ifr_flags &= ~IFF_UP;
	return (request(SIOCSIFFLAGS, &ifr));
}

/* Any request whose argument is one number. */
static inline int
set_number(u_long cmd, const char *name, int value)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	ifr.ifr_mtu = value;
	return (request(cmd, &ifr));
}

static inline int
loan(const char *name, int jid)
{
	return (set_number(SIOCSIFVNET, name, jid));
}

static inline int
reclaim(const char *name, int jid)
{
	return (set_number(SIOCSIFRVNET, name, jid));
}

static inline int
vnet_jail(const char *name)
{
	char words[80];
	int jid;

	snprintf(words, sizeof(words), "name=%s vnet persist", name);
	assert_int_equal(vs_jail_create(words, &jid), 0);
	return (jid);
}

/*
 * Creates and destroys, over and over.  `made` are the interfaces that a
 * create of `name` makes; the last one is destroyed, and all are gone.
 */
static inline void
destroy_made(const char *const *made, size_t n)
{
	assert_int_equal(destroy(made[n - 1]), 0);
	while (n > 0)
		assert_false(exists(made[--n]));
}

static inline void
create_thousand(const char *name, const char *const *made, size_t n)
{
	int i;

	for (i = 0; i < 1000; i++) {
		assert_int_equal(create_one(name), 0);
		destroy_made(made, n);
	}
}

/* Each M_NOWAIT allocation on the way of a create fails once. */
static inline void
create_failing(const char *name, const char *const *made, size_t n)
{
	unsigned long nth;
	bool hit = true;
	size_t i;
	int error;

	for (nth = 1; hit; nth++) {
		vs_fail_malloc(nth);
		error = create_one(name);
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
		if (error == 0)
			destroy_made(made, n);
		for (i = 0; i < n; i++)
			assert_false(exists(made[i]));
	}
}

/* --- inside the kernel ------------------------------------------------------ */

/* The interface with a reference, NULL if there is none. */
static inline struct ifnet *
find_in(struct vnet *vnet, const char *name)
{
	struct ifnet *ifp;

	CURVNET_SET(vnet);
	ifp = ifunit_ref(name);
	CURVNET_RESTORE();
	return (ifp);
}

static inline struct ifnet *
must_find(const char *name)
{
	struct ifnet *ifp = find_in(vnet0, name);

	if (ifp == NULL)
		fail_msg("no interface %s", name);
	return (ifp);
}

static inline struct vnet *
vnet_of(int jid)
{
	struct vs_jail_info info;

	assert_int_equal(vs_jail_inspect(jid, &info), 0);
	return (__DECONST(struct vnet *, info.vnet));
}

/* An Ethernet frame of `len` bytes with header. */
static inline struct mbuf *
frame(struct ifnet *from, const uint8_t *to, uint16_t type, int len)
{
	struct ether_header eh;
	struct mbuf *m;

	memcpy(eh.ether_dhost, to, ETHER_ADDR_LEN);
	memcpy(eh.ether_shost, IF_LLADDR(from), ETHER_ADDR_LEN);
	eh.ether_type = htons(type);
	m = m_getm2(NULL, len, M_WAITOK, MT_DATA, M_PKTHDR);
	m_copyback(m, 0, sizeof(eh), (const char *)&eh);
	m_copyback(m, len - 1, 1, "\0");
	return (m);
}

static inline int
transmit(struct ifnet *ifp, struct mbuf *m)
{
	struct epoch_tracker et;
	int error;

	CURVNET_SET(ifp->if_vnet);
	NET_EPOCH_ENTER(et);
	error = ifp->if_transmit(ifp, m);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	return (error);
}

static inline int
output(struct ifnet *ifp, struct mbuf *m, int af, struct route *ro)
{
	struct sockaddr dst = { .sa_len = sizeof(dst), .sa_family = af };
	struct epoch_tracker et;
	int error;

	CURVNET_SET(ifp->if_vnet);
	NET_EPOCH_ENTER(et);
	error = ifp->if_output(ifp, m, &dst, ro);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	return (error);
}

static inline struct mbuf *
plain_packet(int len)
{
	struct mbuf *m = m_getm2(NULL, len, M_WAITOK, MT_DATA, M_PKTHDR);

	m_copyback(m, len - 1, 1, "\0");
	return (m);
}

static inline uint64_t
counter(struct ifnet *ifp, ift_counter which)
{
	return (ifp->if_get_counter(ifp, which));
}

/* --- a protocol that counts -------------------------------------------------- */

/* Locks: (r) receiver_mtx. */
static struct {
	int		packets;	/* (r) */
	int		bytes;		/* (r) */
	int		flags;		/* (r) M_* of the last one */
	uint32_t	csum_flags;	/* (r) */
	struct ifnet	*rcvif;		/* (r) a name for it, no reference */
	struct vnet	*vnet;		/* (r) curvnet when it came */
} received __attribute__((unused));
static struct mtx receiver_mtx __attribute__((unused));

static inline void
receive(struct mbuf *m)
{
	mtx_lock(&receiver_mtx);
	received.packets++;
	received.bytes += m->m_pkthdr.len;
	received.flags = m->m_flags;
	received.csum_flags = m->m_pkthdr.csum_flags;
	received.rcvif = m->m_pkthdr.rcvif;
	received.vnet = curvnet;
	wakeup(&received);
	mtx_unlock(&receiver_mtx);
	m_freem(m);
}

static const struct netisr_handler receiver __attribute__((unused)) = {
	.nh_name = "receiver",
	.nh_handler = receive,
	.nh_proto = NETISR_IP,
};

static inline void
receiver_start(void)
{
	memset(&received, 0, sizeof(received));
	mtx_init(&receiver_mtx, "receiver", NULL, MTX_DEF | MTX_NEW);
	netisr_register(&receiver);
}

static inline void
receiver_stop(void)
{
	netisr_unregister(&receiver);
	mtx_destroy(&receiver_mtx);
}

/* Waits until so many packets have come. */
static inline void
receiver_wait(int packets)
{
	mtx_lock(&receiver_mtx);
	while (received.packets < packets)
		msleep(&received, &receiver_mtx, 0, "receive", 0);
	mtx_unlock(&receiver_mtx);
}

/* --- events ------------------------------------------------------------------ */

/*
 * Whether the recorded events contain these texts in this order; shows them if
 * not.
 */
static inline bool
events_in_order(const char *const *texts, size_t n)
{
	struct vs_event *events;
	size_t count, i, next;

	count = vs_events_read(NULL, 0);
	events = (calloc)(count + 1, sizeof(*events));
	vs_events_read(events, count);
	for (i = next = 0; i < count && next < n; i++)
		if (strstr(events[i].text, texts[next]) != NULL)
			next++;
	for (i = 0; i < count && next < n; i++)
		print_error("%s: %s\n", events[i].class, events[i].text);
	(free)(events);
	return (next == n);
}

/* Tests of code inside the kernel: name_in(arg) run as a thread of it. */
#define	INSIDE(name)							\
	static void							\
	name(void **state)						\
	{								\
		run(name##_in, NULL);					\
	}

#endif /* !_NETIF_H_ */
