/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What all Ethernet-like interfaces have in common.
 *
 * There is no ARP and no neighbour discovery: a packet finds its link-level
 * destination in the route, in its multicast flags, or not at all.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/mbuf.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/syslog.h>
#include <sys/ucred.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/netisr.h>
#include <net/route.h>
#include <net/vnet.h>
#include <netinet/in.h>

#include "bugs.h"
#include "if_impl.h"
#include "sha1.h"

#define	DEFAULT_HOSTUUID	"00000000-0000-0000-0000-000000000000"

const uint8_t etherbroadcastaddr[ETHER_ADDR_LEN] =
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void	ether_input(if_t ifp, struct mbuf *m);
static int	ether_resolvemulti(if_t ifp, struct sockaddr **llsa,
		    struct sockaddr *sa);
static int	ether_requestencap(if_t ifp, struct if_encap_req *req);
static void	ether_reassign(if_t ifp, struct vnet *new_vnet, char *unused);

/* --- attach and detach --------------------------------------------------- */

static void
ether_set_methods(struct ifnet *ifp)
{
	ifp->if_reassign = ether_reassign;
	ifp->if_requestencap = ether_requestencap;
	ifp->if_resolvemulti = ether_resolvemulti;
	ifp->if_input = ether_input;
	ifp->if_output = ether_output;
	if (if_getbaudrate(ifp) == 0)
		if_setbaudrate(ifp, IF_Mbps(10));
}

/* The address goes into the AF_LINK address and beside it. */
static void
ether_set_lladdr(struct ifnet *ifp, const uint8_t *lla)
{
	struct sockaddr_dl *sdl = (struct sockaddr_dl *)ifp->if_addr->ifa_addr;

	/* The interface is listed already, so others may be reading. */
	IF_ADDR_WLOCK(ifp);
	sdl->sdl_type = IFT_ETHER;
	if_addr_setbytes(ifp, lla, ifp->if_addrlen);
	IF_ADDR_WUNLOCK(ifp);
	if (ifp->if_hw_addr != NULL)
		memcpy(ifp->if_hw_addr, lla, ifp->if_addrlen);
}

void
ether_ifattach(struct ifnet *ifp, const uint8_t *lla)
{
	char text[3 * ETHER_ADDR_LEN];

	ifp->if_mtu = ETHERMTU;
	ifp->if_hdrlen = ETHER_HDR_LEN;
	if ((ifp->if_capabilities & IFCAP_VLAN_MTU) != 0)
		ifp->if_hdrlen += ETHER_VLAN_ENCAP_LEN;
	ifp->if_addrlen = ETHER_ADDR_LEN;
	/*
	 * From if_attach() on, the interface is found by name: what a sender
	 * calls must be there.
	 */
	if (!BUG(ETHER_METHODS_LATE))
		ether_set_methods(ifp);
	if_attach(ifp);
	/* listed-before-ethernet-methods: in S15 only from here on. */
	KFAIL_POINT_CODE(DEBUG_FP, ether_ifattach, (void)0);
	if (BUG(ETHER_METHODS_LATE))
		ether_set_methods(ifp);

	ifp->if_broadcastaddr = etherbroadcastaddr;
	ether_set_lladdr(ifp, lla);
	bpfattach(ifp, DLT_EN10MB, ETHER_HDR_LEN);
	if (!ETHER_IS_ZERO(lla))
		if_printf(ifp, "Ethernet address: %s\n",
		    ether_sprintf_r(lla, text));
	EVENTHANDLER_INVOKE(ether_ifattach_event, ifp);
	VS_EVENT("event", "ether_ifattach_event %s vnet=%u", ifp->if_xname,
	    curvnet->vnet_id);
	if (IS_DEFAULT_VNET(curvnet))
		if_devctl("ETHERNET", ifp->if_xname, "IFATTACH", NULL);
}

void
ether_ifdetach(struct ifnet *ifp)
{
	bpfdetach(ifp);
	if_detach(ifp);
}

/*
 * FreeBSD takes the interface's netgraph node along to the new vnet.  There
 * is no netgraph, hence no node.
 */
static void
ether_reassign(if_t ifp __diagused, struct vnet *new_vnet __unused,
    char *unused __unused)
{
	KASSERT(ifp->if_l2com == NULL, ("%s: %s has a netgraph node",
	    __func__, ifp->if_xname));
}

char *
ether_sprintf_r(const u_char *ap, char *buf)
{
	snprintf(buf, 3 * ETHER_ADDR_LEN, "%02x:%02x:%02x:%02x:%02x:%02x",
	    ap[0], ap[1], ap[2], ap[3], ap[4], ap[5]);
	return (buf);
}

/* --- output -------------------------------------------------------------- */

/* Groups have their link-level address by arithmetic. */
static bool
ether_map_multicast(const struct sockaddr *dst, uint8_t *lla)
{
	static const uint8_t base4[3] = { 0x01, 0x00, 0x5e };
	const struct sockaddr_in6 *sin6;
	uint32_t group;

	switch (dst->sa_family) {
	case AF_INET:
		group = ntohl(((const struct sockaddr_in *)dst)->
		    sin_addr.s_addr);
		if (!IN_MULTICAST(group))
			return (false);
		memcpy(lla, base4, sizeof(base4));
		lla[3] = group >> 16 & 0x7f;
		lla[4] = group >> 8;
		lla[5] = group;
		return (true);
	case AF_INET6:
		sin6 = (const struct sockaddr_in6 *)dst;
		if (!IN6_IS_ADDR_MULTICAST(&sin6->sin6_addr))
			return (false);
		lla[0] = lla[1] = 0x33;
		memcpy(lla + 2, &sin6->sin6_addr.s6_addr[12], 4);
		return (true);
	}
	return (false);
}

/*
 * Fills in the header for `dst`: 0, EAFNOSUPPORT, or EHOSTUNREACH where
 * FreeBSD would ask ARP.
 */
static int
ether_make_header(struct ifnet *ifp, struct mbuf *m,
    const struct sockaddr *dst, struct route *ro, struct ether_header *eh)
{
	int af = RO_GET_FAMILY(ro, dst);

	if (ro != NULL && ro->ro_prepend != NULL &&
	    ro->ro_plen == sizeof(*eh)) {
		memcpy(eh, ro->ro_prepend, sizeof(*eh));
		return (0);
	}
	switch (af) {
	case AF_INET:
		eh->ether_type = htons(ETHERTYPE_IP);
		break;
	case AF_INET6:
		eh->ether_type = htons(ETHERTYPE_IPV6);
		break;
	case pseudo_AF_HDRCMPLT:
	case AF_UNSPEC:
		memcpy(eh, dst->sa_data, sizeof(*eh));
		if (af == pseudo_AF_HDRCMPLT)
			return (0);
		break;
	default:
		if_printf(ifp, "can't handle af%d\n", af);
		return (EAFNOSUPPORT);
	}
	memcpy(eh->ether_shost, IF_LLADDR(ifp), sizeof(eh->ether_shost));
	if (af == AF_UNSPEC)
		return (0);
	if ((m->m_flags & M_BCAST) != 0)
		memcpy(eh->ether_dhost, etherbroadcastaddr,
		    sizeof(eh->ether_dhost));
	else if (!ether_map_multicast(dst, eh->ether_dhost))
		return (EHOSTUNREACH);
	return (0);
}

int
ether_output(struct ifnet *ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	struct ether_header eh;
	int error;

	NET_EPOCH_ASSERT();
	if ((if_getflags(ifp) & IFF_MONITOR) != 0 ||
	    (if_getflags(ifp) & IFF_UP) == 0 ||
	    (if_getdrvflags(ifp) & IFF_DRV_RUNNING) == 0) {
		error = ENETDOWN;
		goto bad;
	}
	error = ether_make_header(ifp, m, dst, ro, &eh);
	if (error != 0)
		goto bad;
	M_PREPEND(m, ETHER_HDR_LEN, M_NOWAIT);
	if (m == NULL)
		return (ENOBUFS);
	if (m->m_len < ETHER_HDR_LEN &&
	    (m = m_pullup(m, ETHER_HDR_LEN)) == NULL)
		return (ENOBUFS);
	memcpy(mtod(m, struct ether_header *), &eh, sizeof(eh));
	return (ether_output_frame(ifp, m));
bad:
	m_freem(m);
	return (error);
}

int
ether_output_frame(struct ifnet *ifp, struct mbuf *m)
{
	return (if_transmit(ifp, m));
}

/* --- input --------------------------------------------------------------- */

static void
ether_input_one(struct ifnet *ifp, struct mbuf *m)
{
	const struct ether_header *eh;

	M_ASSERTPKTHDR(m);
	KASSERT(m->m_pkthdr.rcvif != NULL,
	    ("%s: NULL interface pointer", __func__));
	if ((if_getflags(ifp) & IFF_UP) == 0) {
		m_freem(m);
		return;
	}
	if (m->m_len < ETHER_HDR_LEN &&
	    (m = m_pullup(m, ETHER_HDR_LEN)) == NULL) {
		if_inc_counter(ifp, IFCOUNTER_IERRORS, 1);
		return;
	}
	eh = mtod(m, const struct ether_header *);
	if (ETHER_IS_MULTICAST(eh->ether_dhost)) {
		m->m_flags |= ETHER_IS_BROADCAST(eh->ether_dhost) ?
		    M_BCAST : M_MCAST;
		if_inc_counter(ifp, IFCOUNTER_IMCASTS, 1);
	}
	BPF_MTAP(ifp, m);
	if_inc_counter(ifp, IFCOUNTER_IBYTES, m->m_pkthdr.len);
	if ((if_getflags(ifp) & IFF_MONITOR) != 0) {
		m_freem(m);
		return;
	}
	/* Somebody else's, seen because we listen to everything. */
	if ((m->m_flags & (M_BCAST | M_MCAST)) == 0 &&
	    memcmp(IF_LLADDR(ifp), eh->ether_dhost, ETHER_ADDR_LEN) != 0)
		m->m_flags |= M_PROMISC;
	ether_demux(ifp, m);
}

/* The if_input method: one packet or several, linked by m_nextpkt. */
static void
ether_input(if_t ifp, struct mbuf *m)
{
	struct epoch_tracker et;
	struct mbuf *next;
	bool enter = (if_getflags(ifp) & IFF_NEEDSEPOCH) != 0;

	if (enter)
		NET_EPOCH_ENTER(et);
	else
		NET_EPOCH_ASSERT();
	CURVNET_SET_QUIET(if_getvnet(ifp));
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		ether_input_one(ifp, m);
	}
	CURVNET_RESTORE();
	if (enter)
		NET_EPOCH_EXIT(et);
}

void
ether_demux(struct ifnet *ifp, struct mbuf *m)
{
	const struct ether_header *eh;
	int isr;

	NET_EPOCH_ASSERT();
	if ((m->m_flags & M_PROMISC) != 0) {
		m_freem(m);
		return;
	}
	if (m->m_len < ETHER_HDR_LEN &&
	    (m = m_pullup(m, ETHER_HDR_LEN)) == NULL)
		return;
	m_clrprotoflags(m);
	eh = mtod(m, const struct ether_header *);
	switch (ntohs(eh->ether_type)) {
	case ETHERTYPE_IP:
		isr = NETISR_IP;
		break;
	case ETHERTYPE_ARP:
		if ((if_getflags(ifp) & IFF_NOARP) != 0) {
			m_freem(m);
			return;
		}
		isr = NETISR_ARP;
		break;
	case ETHERTYPE_IPV6:
		isr = NETISR_IPV6;
		break;
	default:
		if_inc_counter(ifp, IFCOUNTER_NOPROTO, 1);
		m_freem(m);
		return;
	}
	m_adj(m, ETHER_HDR_LEN);
	netisr_dispatch(isr, m);
}

/* --- the default ioctl and multicast ------------------------------------- */

int
ether_ioctl(struct ifnet *ifp, u_long cmd, caddr_t data)
{
	struct ifreq *ifr = (struct ifreq *)data;

	switch (cmd) {
	case SIOCSIFADDR:
		if_setflagbits(ifp, IFF_UP, 0);
		if (IF_METHOD(ifp, if_init) != NULL)
			if_init(ifp, ifp->if_softc);
		return (0);
	case SIOCGIFADDR:
		memcpy(&ifr->ifr_addr.sa_data[0], IF_LLADDR(ifp),
		    ETHER_ADDR_LEN);
		return (0);
	case SIOCSIFMTU:
		if (ifr->ifr_mtu > ETHERMTU)
			return (EINVAL);
		if_setmtu(ifp, ifr->ifr_mtu);
		return (0);
	}
	return (EINVAL);
}

static int
ether_resolvemulti(if_t ifp, struct sockaddr **llsa, struct sockaddr *sa)
{
	struct sockaddr_dl *sdl;
	uint8_t lla[ETHER_ADDR_LEN];

	if (sa->sa_family == AF_LINK) {
		*llsa = NULL;
		sdl = (struct sockaddr_dl *)sa;
		return (ETHER_IS_MULTICAST(LLADDR(sdl)) ? 0 : EADDRNOTAVAIL);
	}
	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6) {
		*llsa = NULL;
		return (EAFNOSUPPORT);
	}
	if (!ether_map_multicast(sa, lla))
		return (EADDRNOTAVAIL);
	/* The caller has room for one at *llsa. */
	sdl = link_init_sdl(ifp, *llsa, IFT_ETHER);
	sdl->sdl_alen = ETHER_ADDR_LEN;
	memcpy(LLADDR(sdl), lla, sizeof(lla));
	*llsa = (struct sockaddr *)sdl;
	return (0);
}

/* Builds the link-level header that a neighbour entry would cache. */
static int
ether_requestencap(if_t ifp, struct if_encap_req *req)
{
	struct ether_header *eh;

	if (req->rtype != IFENCAP_LL)
		return (EOPNOTSUPP);
	if (req->bufsize < (int)sizeof(*eh))
		return (ENOMEM);
	eh = (struct ether_header *)req->buf;
	switch (req->family) {
	case AF_INET:
		eh->ether_type = htons(ETHERTYPE_IP);
		break;
	case AF_INET6:
		eh->ether_type = htons(ETHERTYPE_IPV6);
		break;
	default:
		return (EAFNOSUPPORT);
	}
	memcpy(eh->ether_dhost, req->lladdr, ETHER_ADDR_LEN);
	memcpy(eh->ether_shost, IF_LLADDR(ifp), ETHER_ADDR_LEN);
	req->bufsize = sizeof(*eh);
	return (0);
}

/* --- generated addresses ------------------------------------------------- */

static void
ether_random_addr(struct ether_addr *hwaddr)
{
	arc4rand(hwaddr->octet, sizeof(hwaddr->octet), 0);
	/* Unicast, locally administered. */
	hwaddr->octet[0] &= 0xfe;
	hwaddr->octet[0] |= 0x02;
}

void
ether_gen_addr_byname(const char *nameunit, struct ether_addr *hwaddr)
{
	struct ucred *cred = curthread->td_ucred;
	char uuid[HOSTUUIDLEN + 1], text[HOSTUUIDLEN + IFNAMSIZ +
	    MAXHOSTNAMELEN + 3];
	uint8_t digest[SHA1_DIGEST];
	int len;

	getcredhostuuid(cred, uuid, sizeof(uuid));
	if (strncmp(uuid, DEFAULT_HOSTUUID, sizeof(uuid)) == 0) {
		ether_random_addr(hwaddr);
		return;
	}
	mtx_lock(&cred->cr_prison->pr_mtx);
	len = snprintf(text, sizeof(text), "%s-%s-%s", uuid, nameunit,
	    cred->cr_prison->pr_name);
	mtx_unlock(&cred->cr_prison->pr_mtx);
	sha1_digest(text, len, digest);
	hwaddr->octet[0] = 0x58;
	hwaddr->octet[1] = 0x9c;
	hwaddr->octet[2] = 0xfc;
	hwaddr->octet[3] = 0x10;
	hwaddr->octet[4] = digest[0];
	hwaddr->octet[5] = digest[1];
}

void
ether_gen_addr(struct ifnet *ifp, struct ether_addr *hwaddr)
{
	ether_gen_addr_byname(if_name(ifp), hwaddr);
}
