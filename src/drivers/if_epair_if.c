/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A half of a pair: what it does with packets and requests.
 */
#include "if_epair.h"

#include <sys/epoch.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/sockio.h>
#include <net/bpf.h>
#include <net/if_vlan_var.h>
#include <net/vnet.h>

#define	EPAIR_QUEUE_LIMIT	4096
#define	EPAIR_MEDIA		(IFM_ETHER | IFM_10G_T | IFM_FDX)
#define	EPAIR_CAPABILITIES						\
	(IFCAP_VLAN_MTU | IFCAP_VLAN_HWTAGGING | IFCAP_TXCSUM |		\
	IFCAP_RXCSUM | IFCAP_TXCSUM_IPV6 | IFCAP_RXCSUM_IPV6)
/* What the two halves must agree on. */
#define	EPAIR_SHARED_CAPS						\
	(IFCAP_TXCSUM | IFCAP_TXCSUM_IPV6 | IFCAP_VLAN_HWTAGGING)

static MALLOC_DEFINE(M_EPAIR, "epair", "pairs of Ethernet interfaces");

/* --- packets -------------------------------------------------------------- */

/* Feeds what was queued, once, into the interface.  Net epoch. */
static void
epair_task(void *arg, int pending __unused)
{
	struct epair_half *h = arg;
	struct ifnet *ifp = h->h_ifp;
	struct mbuf *m, *next;

	if_ref(ifp);
	CURVNET_SET(if_getvnet(ifp));

	mtx_lock(&h->h_mtx);
	h->h_state = EPAIR_RUNNING;
	m = mbufq_flush(&h->h_queue);
	mtx_unlock(&h->h_mtx);
	for (; m != NULL; m = next) {
		next = m->m_nextpkt;
		m->m_nextpkt = NULL;
		if_inc_counter(ifp, IFCOUNTER_IPACKETS, 1);
		if_input(ifp, m);
	}

	/* One go only, so that a busy pair does not starve the others. */
	mtx_lock(&h->h_mtx);
	if (mbufq_empty(&h->h_queue))
		h->h_state = EPAIR_IDLE;
	else {
		h->h_state = EPAIR_WAKING;
		taskqueue_enqueue(epair_tq, &h->h_task);
	}
	mtx_unlock(&h->h_mtx);

	CURVNET_RESTORE();
	if_rele(ifp);
}

/* Takes the sender's marks off a packet that leaves its stack. */
static void
epair_cross(struct mbuf *m, struct ifnet *oifp)
{
	if ((m->m_pkthdr.csum_flags & CSUM_SND_TAG) != 0) {
		m_snd_tag_rele(m->m_pkthdr.snd_tag);
		m->m_pkthdr.csum_flags &= ~CSUM_SND_TAG;
	}
	m_tag_delete_nonpersistent(m);
	M_SETFIB(m, if_getfib(oifp));
	if_setrcvif(m, oifp);
	m->m_nextpkt = NULL;
}

/* Puts a packet on the receiver's queue, or drops it: false. */
static bool
epair_enqueue(struct epair_half *to, struct mbuf *m)
{
	bool queued;

	mtx_lock(&to->h_mtx);
	queued = mbufq_enqueue(&to->h_queue, m) == 0;
	if (queued && to->h_state == EPAIR_IDLE) {
		to->h_state = EPAIR_WAKING;
		taskqueue_enqueue(epair_tq, &to->h_task);
	}
	mtx_unlock(&to->h_mtx);
	if (!queued)
		m_freem(m);
	return (queued);
}

static int
epair_refuse(struct ifnet *ifp, struct mbuf *m, int error)
{
	if_inc_counter(ifp, IFCOUNTER_OERRORS, 1);
	m_freem(m);
	return (error);
}

static bool
epair_ready(struct ifnet *ifp)
{
	return ((if_getdrvflags(ifp) & IFF_DRV_RUNNING) != 0 &&
	    (if_getflags(ifp) & IFF_UP) != 0);
}

static int
epair_transmit(if_t ifp, struct mbuf *m)
{
	struct epair_half *from = ifp->if_softc, *to;
	struct ifnet *oifp;
	bool group;
	int len;

	if (m == NULL)
		return (0);
	M_ASSERTPKTHDR(m);
	len = m->m_pkthdr.len;
	group = (m->m_flags & (M_BCAST | M_MCAST)) != 0;
	if (len > if_getmtu(ifp) + (int)sizeof(struct ether_vlan_header))
		return (epair_refuse(ifp, m, E2BIG));
	if ((if_getdrvflags(ifp) & IFF_DRV_RUNNING) == 0)
		return (epair_refuse(ifp, m, ENXIO));
	if ((if_getflags(ifp) & IFF_UP) == 0)
		return (epair_refuse(ifp, m, ENETDOWN));
	BPF_MTAP(ifp, m);

	/* The far end being down is no concern of the sender's. */
	oifp = from->h_oifp;
	to = oifp->if_softc;
	if (to == NULL || !epair_ready(oifp))
		return (epair_refuse(ifp, m, 0));
	epair_cross(m, oifp);
	if (!epair_enqueue(to, m)) {
		if_inc_counter(ifp, IFCOUNTER_OQDROPS, 1);
		return (0);
	}
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	if_inc_counter(ifp, IFCOUNTER_OBYTES, len);
	if (group)
		if_inc_counter(ifp, IFCOUNTER_OMCASTS, 1);
	return (0);
}

/* For those who still use the send queue. */
static void
epair_start(if_t ifp)
{
	struct mbuf *m;

	for (;;) {
		IFQ_DEQUEUE(&ifp->if_snd, m);
		if (m == NULL)
			return;
		(void)epair_transmit(ifp, m);
	}
}

static void
epair_qflush(if_t ifp __unused)
{
	/* What is under way belongs to the receiver. */
}

static void
epair_init(void *softc __unused)
{
}

/* --- requests ------------------------------------------------------------- */

static int
epair_media_change(if_t ifp __unused)
{
	return (0);
}

static void
epair_media_status(if_t ifp __unused, struct ifmediareq *req)
{
	req->ifm_status = IFM_AVALID | IFM_ACTIVE;
	req->ifm_active = EPAIR_MEDIA;
}

static void
epair_set_hwassist(struct ifnet *ifp)
{
	int assist = 0;

	if ((ifp->if_capenable & IFCAP_TXCSUM) != 0)
		assist |= CSUM_IP_TCP | CSUM_IP_UDP;
	if ((ifp->if_capenable & IFCAP_TXCSUM_IPV6) != 0)
		assist |= CSUM_IP6_TCP | CSUM_IP6_UDP;
	ifp->if_hwassist = assist;
}

/* A packet without a checksum needs a receiver that does not look for one. */
static void
epair_set_capabilities(struct epair_half *h, struct ifreq *req)
{
	struct ifnet *ifp = h->h_ifp, *oifp = h->h_oifp;

	ifp->if_capenable = req->ifr_reqcap | IFCAP_RXCSUM;
	epair_set_hwassist(ifp);
	VLAN_CAPABILITIES(ifp);
	oifp->if_capenable = (oifp->if_capenable & ~EPAIR_SHARED_CAPS) |
	    (ifp->if_capenable & EPAIR_SHARED_CAPS);
	epair_set_hwassist(oifp);
	VLAN_CAPABILITIES(oifp);
}

/* The requests that look into the softc, or let ether_ioctl() do so. */
static int
epair_ioctl_half(if_t ifp, u_long cmd, caddr_t data)
{
	struct epair_half *h;
	int error = 0;

	/* epair-ioctl-on-freed-pair: S15 has no lock here. */
	if (!BUG(EPAIR_IOCTL_UNLOCKED))
		sx_slock(&epair_sx);
	h = ifp->if_softc;
	KFAIL_POINT_CODE(DEBUG_FP, epair_ioctl, (void)0);
	if (h == NULL)
		error = ENXIO;
	else if (cmd == SIOCSIFCAP)
		epair_set_capabilities(h, (struct ifreq *)data);
	else if (cmd == SIOCSIFADDR)
		error = ether_ioctl(ifp, cmd, data);
	else
		error = ifmedia_ioctl(ifp, (struct ifreq *)data, &h->h_media,
		    cmd);
	if (!BUG(EPAIR_IOCTL_UNLOCKED))
		sx_sunlock(&epair_sx);
	return (error);
}

static int
epair_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return (0);
	case SIOCSIFMTU:
		if_setmtu(ifp, ((struct ifreq *)data)->ifr_mtu);
		return (0);
	case SIOCGIFCAP:
		((struct ifreq *)data)->ifr_reqcap = ifp->if_capabilities;
		((struct ifreq *)data)->ifr_curcap = ifp->if_capenable;
		return (0);
	case SIOCSIFADDR:
		if (BUG(EPAIR_IOCTL_UNLOCKED))
			break;
		/* FALLTHROUGH */
	case SIOCSIFCAP:
	case SIOCSIFMEDIA:
	case SIOCGIFMEDIA:
		return (epair_ioctl_half(ifp, cmd, data));
	}
	return (ether_ioctl(ifp, cmd, data));
}

/* --- life ----------------------------------------------------------------- */

struct epair_half *
epair_alloc_half(void)
{
	struct epair_half *h;

	h = malloc(sizeof(*h), M_EPAIR, M_WAITOK | M_ZERO);
	h->h_ifp = if_alloc(IFT_ETHER);
	ifmedia_init(&h->h_media, 0, epair_media_change, epair_media_status);
	ifmedia_add(&h->h_media, EPAIR_MEDIA, 0, NULL);
	ifmedia_set(&h->h_media, EPAIR_MEDIA);
	mtx_init(&h->h_mtx, "epairq", NULL, MTX_DEF | MTX_NEW);
	mbufq_init(&h->h_queue, EPAIR_QUEUE_LIMIT);
	h->h_state = EPAIR_IDLE;
	NET_TASK_INIT(&h->h_task, 0, epair_task, h);
	return (h);
}

void
epair_setup(struct epair_half *h, const char *name, int unit)
{
	struct ifnet *ifp = h->h_ifp;

	ifp->if_softc = h;
	strlcpy(ifp->if_xname, name, sizeof(ifp->if_xname));
	ifp->if_dunit = unit;
	ifp->if_dname = "epair";
	ifp->if_capabilities = ifp->if_capenable = EPAIR_CAPABILITIES;
	epair_set_hwassist(ifp);
	if_setflags(ifp, IFF_MULTICAST | IFF_BROADCAST | IFF_SIMPLEX);
	ifp->if_baudrate = IF_Gbps(10);
	ifp->if_init = epair_init;
	ifp->if_ioctl = epair_ioctl;
	ifp->if_transmit = epair_transmit;
	ifp->if_start = epair_start;
	ifp->if_qflush = epair_qflush;
	if_setsendqlen(ifp, ifqmaxlen);
	if_setsendqready(ifp);
}

void
epair_drain(struct epair_half *h)
{
	struct mbuf *m;

	mtx_lock(&h->h_mtx);
	m = mbufq_flush(&h->h_queue);
	mtx_unlock(&h->h_mtx);
	m_freemp(m);
}

void
epair_free_half(struct epair_half *h)
{
	ifmedia_removeall(&h->h_media);
	if_free(h->h_ifp);
	mtx_destroy(&h->h_mtx);
	free(h, M_EPAIR);
}
