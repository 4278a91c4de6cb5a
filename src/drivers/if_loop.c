/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * lo(4): what is sent comes in again.  Every vnet has a lo0, which only the
 * end of the vnet takes away.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/mbuf.h>
#include <sys/module.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <net/bpf.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/netisr.h>
#include <net/route.h>
#include <net/vnet.h>
#include <netinet/in.h>

#define	LO_MTU		16384
#define	LO_CAPABILITIES	(IFCAP_HWCSUM | IFCAP_HWCSUM_IPV6 | IFCAP_LINKSTATE)
/* Checksums that need not be computed, as nothing can go wrong on the way. */
#define	LO_CSUM4	(CSUM_IP | CSUM_TCP | CSUM_UDP | CSUM_SCTP)
#define	LO_CSUM6	(CSUM_TCP_IPV6 | CSUM_UDP_IPV6 | CSUM_SCTP_IPV6)
#define	LO_CSUM_GOOD							\
	(CSUM_DATA_VALID | CSUM_DATA_VALID_IPV6 | CSUM_PSEUDO_HDR |	\
	CSUM_IP_CHECKED | CSUM_IP_VALID | CSUM_SCTP_VALID)

VNET_DEFINE_STATIC(struct if_clone *, lo_cloner);
#define	V_lo_cloner	VNET(lo_cloner)

/* --- packets -------------------------------------------------------------- */

/*
 * Feeds a packet of family `af` to its own sender.  `hlen` bytes of link
 * header stand in front of it; a packet without any is shown to capture with
 * its family instead.  Consumes it.
 */
int
if_simloop(struct ifnet *ifp, struct mbuf *m, int af, int hlen)
{
	uint32_t family = af;
	int isr;

	M_ASSERTPKTHDR(m);
	m_tag_delete_nonpersistent(m);
	m->m_pkthdr.rcvif = ifp;
	if (hlen > 0) {
		if (bpf_peers_present(ifp->if_bpf))
			bpf_mtap(ifp->if_bpf, m);
		m_adj(m, hlen);
	} else if (bpf_peers_present(ifp->if_bpf) &&
	    /* The copy of a multicast packet was shown when it was sent. */
	    ((m->m_flags & M_MCAST) == 0 || ifp == V_loif)) {
		bpf_mtap2(ifp->if_bpf, &family, sizeof(family), m);
	}
	switch (af) {
	case AF_INET6:
		isr = NETISR_IPV6;
		m->m_flags |= M_LOOP;
		break;
	case AF_INET:
		isr = NETISR_IP;
		break;
	default:
		printf("if_simloop: can't handle af=%d\n", af);
		m_freem(m);
		return (EAFNOSUPPORT);
	}
	if_inc_counter(ifp, IFCOUNTER_IBYTES, m->m_pkthdr.len);
	if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
	netisr_queue(isr, m);
	return (0);
}

/* What the receiver is told about checksums that were left out. */
static void
lo_skip_checksums(struct ifnet *ifp, struct mbuf *m, int af)
{
	int cap = af == AF_INET ? IFCAP_RXCSUM : IFCAP_RXCSUM_IPV6;

	if ((ifp->if_capenable & cap) != 0) {
		m->m_pkthdr.csum_data = 0xffff;
		m->m_pkthdr.csum_flags = LO_CSUM_GOOD;
	}
	m->m_pkthdr.csum_flags &= ~(af == AF_INET ? LO_CSUM4 : LO_CSUM6);
}

static int
lo_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	uint32_t family;
	int af;

	M_ASSERTPKTHDR(m);
	if (ro != NULL && (ro->ro_flags & (RT_REJECT | RT_BLACKHOLE)) != 0) {
		m_freem(m);
		return ((ro->ro_flags & RT_BLACKHOLE) != 0 ? 0 :
		    EHOSTUNREACH);
	}
	af = RO_GET_FAMILY(ro, dst);
	if (af == AF_UNSPEC || af == pseudo_AF_HDRCMPLT) {
		memcpy(&family, dst->sa_data, sizeof(family));
		af = family;
	}
	if_inc_counter(ifp, IFCOUNTER_OBYTES, m->m_pkthdr.len);
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	if (af != AF_INET && af != AF_INET6) {
		printf("looutput: af=%d unexpected\n", af);
		m_freem(m);
		return (EAFNOSUPPORT);
	}
	lo_skip_checksums(ifp, m, af);
	return (if_simloop(ifp, m, af, 0));
}

/* --- requests ------------------------------------------------------------- */

static void
lo_set_capabilities(struct ifnet *ifp, int cap)
{
	/* Both directions of a family, or neither, and never without link. */
	ifp->if_capenable = (cap & LO_CAPABILITIES) | IFCAP_LINKSTATE;
	ifp->if_hwassist =
	    ((cap & IFCAP_TXCSUM) != 0 ? LO_CSUM4 : 0) |
	    ((cap & IFCAP_TXCSUM_IPV6) != 0 ? LO_CSUM6 : 0);
}

static int
lo_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	struct ifreq *req = (struct ifreq *)data;

	switch (cmd) {
	case SIOCSIFADDR:
		if_setflagbits(ifp, IFF_UP, 0);
		if_setdrvflagbits(ifp, IFF_DRV_RUNNING, 0);
		if_link_state_change(ifp, LINK_STATE_UP);
		return (0);
	case SIOCSIFFLAGS:
		if_link_state_change(ifp, (if_getflags(ifp) & IFF_UP) != 0 ?
		    LINK_STATE_UP : LINK_STATE_DOWN);
		return (0);
	case SIOCSIFMTU:
		if_setmtu(ifp, req->ifr_mtu);
		return (0);
	case SIOCSIFCAP:
		lo_set_capabilities(ifp, req->ifr_reqcap);
		return (0);
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		if (req != NULL && (req->ifr_addr.sa_family == AF_INET ||
		    req->ifr_addr.sa_family == AF_INET6))
			return (0);
		return (EAFNOSUPPORT);
	}
	return (EINVAL);
}

/* --- life ----------------------------------------------------------------- */

static int
lo_create(struct if_clone *ifc __unused, char *name __unused,
    size_t len __unused, struct ifc_data *ifd, if_t *ifpp)
{
	struct ifnet *ifp;

	ifp = if_alloc(IFT_LOOP);
	if_initname(ifp, "lo", ifd->unit);
	if_setflags(ifp, IFF_LOOPBACK | IFF_MULTICAST);
	ifp->if_mtu = LO_MTU;
	ifp->if_output = lo_output;
	ifp->if_ioctl = lo_ioctl;
	ifp->if_snd.ifq_maxlen = ifqmaxlen;
	ifp->if_capabilities = LO_CAPABILITIES;
	lo_set_capabilities(ifp, LO_CAPABILITIES);
	if_attach(ifp);
	bpfattach(ifp, DLT_NULL, sizeof(uint32_t));
	*ifpp = ifp;
	return (0);
}

static int
lo_destroy(struct if_clone *ifc __unused, if_t ifp, uint32_t flags)
{
	/* A rename does not change the unit, so this finds any vnet's lo0. */
	if (ifp->if_dunit == 0 && (flags & IFC_F_FORCE) == 0)
		return (EINVAL);
	bpfdetach(ifp);
	if_detach(ifp);
	if_free(ifp);
	return (0);
}

static void
lo_vnet_start(const void *unused __unused)
{
	struct if_clone_addreq req = {
		.flags = IFC_F_AUTOUNIT,
		.create_f = lo_create,
		.destroy_f = lo_destroy,
	};
	struct ifc_data ifd = { .unit = 0 };
	if_t ifp;
	int error __diagused;

	V_lo_cloner = ifc_attach_cloner("lo", &req);
	error = ifc_create_ifp("lo", &ifd, &ifp);
	KASSERT(error == 0, ("%s: no lo0: %d", __func__, error));
	V_loif = ifp;
}
VNET_SYSINIT(lo_vnet_start, SI_SUB_PSEUDO, SI_ORDER_ANY, lo_vnet_start,
    NULL);

static void
lo_vnet_fini(const void *unused __unused)
{
	ifc_detach_cloner(V_lo_cloner);
	V_loif = NULL;
}
VNET_SYSUNINIT(lo_vnet_fini, SI_SUB_INIT_IF, SI_ORDER_SECOND,
    lo_vnet_fini, NULL);

static int
lo_event(module_t mod __unused, int type, void *data __unused)
{
	switch (type) {
	case MOD_LOAD:
		return (0);
	case MOD_UNLOAD:
		printf("loop module unload - not possible for this module "
		    "type\n");
		return (EINVAL);
	}
	return (EOPNOTSUPP);
}

static moduledata_t lo_mod = { "if_lo", lo_event, NULL };
DECLARE_MODULE(if_lo, lo_mod, SI_SUB_PROTO_IFATTACHDOMAIN, SI_ORDER_ANY);
