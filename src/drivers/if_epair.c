/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * epair(4): two Ethernet interfaces and a cable between them.
 *
 * A packet sent on one half is put on the other half's queue, and a task
 * feeds it in from there: neither the sender's stack nor its locks reach into
 * the receiver.  The halves may be in different vnets.  They are made and
 * destroyed together, from either side.
 */
#include <sys/param.h>
#include <sys/epoch.h>
#include <sys/fail.h>
#include <sys/hash.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <sys/systm.h>
#include <sys/taskqueue.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_media.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/if_vlan_var.h>
#include <net/vnet.h>

#include "bugs.h"

#define	EPAIR_QUEUE_LIMIT	4096
#define	EPAIR_MEDIA		(IFM_ETHER | IFM_10G_T | IFM_FDX)
#define	EPAIR_CAPABILITIES						\
	(IFCAP_VLAN_MTU | IFCAP_VLAN_HWTAGGING | IFCAP_TXCSUM |		\
	IFCAP_RXCSUM | IFCAP_TXCSUM_IPV6 | IFCAP_RXCSUM_IPV6)
/* What the two halves must agree on. */
#define	EPAIR_SHARED_CAPS						\
	(IFCAP_TXCSUM | IFCAP_TXCSUM_IPV6 | IFCAP_VLAN_HWTAGGING)

/* What a half's task is doing. */
enum epair_state {
	EPAIR_IDLE,			/* not queued */
	EPAIR_WAKING,			/* queued */
	EPAIR_RUNNING			/* feeding packets in */
};

/*
 * A half.
 * Locks: (c) constant, (q) h_mtx.
 */
struct epair_half {
	struct ifnet	*h_ifp;		/* (c) this one */
	struct ifnet	*h_oifp;	/* (c) the other */
	struct ifmedia	h_media;	/* (c) always the same medium */
	struct mtx	h_mtx;		/* "epairq" */
	struct mbufq	h_queue;	/* (q) on their way to h_ifp */
	enum epair_state h_state;	/* (q) */
	struct task	h_task;		/* (c) empties h_queue */
};

static MALLOC_DEFINE(M_EPAIR, "epair", "pairs of Ethernet interfaces");

static struct taskqueue *epair_tq;	/* made at load */
static struct mtx epair_n_index_mtx;	/* counter of addresses made */
static uint64_t epair_n_index;		/* epair_n_index_mtx */

/*
 * Keeps the halves of a pair from being freed while a request uses them.
 * Order: ifnet_detach_sxlock, then this.
 */
static struct sx epair_sx;
SX_SYSINIT(epair_sx, &epair_sx, "epair");

VNET_DEFINE_STATIC(struct if_clone *, epair_cloner);
#define	V_epair_cloner	VNET(epair_cloner)

SYSCTL_DECL(_net_link);
static SYSCTL_NODE(_net_link, OID_AUTO, epair, CTLFLAG_RW | CTLFLAG_MPSAFE, 0,
    "epair sysctl");
static bool epair_gen_addr = true;
SYSCTL_BOOL(_net_link_epair, OID_AUTO, ether_gen_addr, CTLFLAG_RWTUN,
    &epair_gen_addr, false,
    "Generate MAC with FreeBSD OUI using ether_gen_addr(9)");

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

/* The requests that look into the softc. */
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
	case SIOCSIFCAP:
	case SIOCSIFMEDIA:
	case SIOCGIFMEDIA:
		return (epair_ioctl_half(ifp, cmd, data));
	}
	return (ether_ioctl(ifp, cmd, data));
}

/* --- creation ------------------------------------------------------------- */

static int
epair_match(struct if_clone *ifc __unused, const char *name)
{
	static const char prefix[] = "epair";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return (0);
	for (name += sizeof(prefix) - 1; *name != '\0'; name++)
		if (*name < '0' || *name > '9')
			return (0);
	return (1);
}

/*
 * Chooses the unit and the names of both halves: `name` becomes a's.  On
 * failure nothing stays reserved.
 */
static int
epair_choose_names(struct if_clone *ifc, char *name, size_t len, int *unit)
{
	char *suffix;
	int error;
	bool taken;

	error = ifc_name2unit(name, unit);
	if (error == 0)
		error = ifc_alloc_unit(ifc, unit);
	if (error != 0)
		return (error);
	suffix = name + strlen(name);
	if (suffix[-1] < '0' || suffix[-1] > '9')	/* wildcard */
		suffix += snprintf(suffix, len - strlen(name), "%d", *unit);
	if ((size_t)(suffix - name) + 2 > len) {
		ifc_free_unit(ifc, *unit);
		return (ENOSPC);
	}
	suffix[1] = '\0';
	suffix[0] = 'b';
	taken = ifunit(name) != NULL;
	suffix[0] = 'a';
	taken = taken || ifunit(name) != NULL;
	if (taken) {
		ifc_free_unit(ifc, *unit);
		return (EEXIST);
	}
	return (0);
}

/*
 * The old way of making addresses: 02, four bytes that differ from pair to
 * pair and from host to host, and 0a.
 */
static void
epair_count_addr(struct ether_addr *mac)
{
	uint32_t key[4], hash;
	unsigned long hostid;
	uint64_t n;

	mtx_lock(&epair_n_index_mtx);
	n = epair_n_index++;
	mtx_unlock(&epair_n_index_mtx);
	getcredhostid(curthread->td_ucred, &hostid);
	if (hostid == 0)
		arc4rand(&hostid, sizeof(hostid), 0);
	memcpy(&key[0], &n, sizeof(n));
	key[2] = (uint64_t)hostid;
	key[3] = (uint64_t)hostid >> 32;
	hash = jenkins_hash32(key, nitems(key), 0);
	mac->octet[0] = 0x02;
	memcpy(&mac->octet[1], &hash, sizeof(hash));
	mac->octet[5] = 0x0a;
}

static struct epair_half *
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

static void
epair_free_half(struct epair_half *h)
{
	ifmedia_removeall(&h->h_media);
	if_free(h->h_ifp);
	mtx_destroy(&h->h_mtx);
	free(h, M_EPAIR);
}

static void
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

static void
epair_set_running(struct ifnet *ifp, bool on)
{
	if_setdrvflagbits(ifp, on ? IFF_DRV_RUNNING : 0,
	    on ? 0 : IFF_DRV_RUNNING);
	if_link_state_change(ifp, on ? LINK_STATE_UP : LINK_STATE_DOWN);
}

static int
epair_create(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data *ifd __unused, if_t *ifpp)
{
	struct epair_half *a, *b;
	struct ether_addr mac;
	char *suffix;
	int error, unit;

	error = epair_choose_names(ifc, name, len, &unit);
	if (error != 0)
		return (error);
	/* From here on nothing can fail. */
	suffix = name + strlen(name) - 1;
	a = epair_alloc_half();
	b = epair_alloc_half();
	a->h_oifp = b->h_ifp;
	b->h_oifp = a->h_ifp;

	epair_setup(a, name, unit);
	if (epair_gen_addr)
		ether_gen_addr_byname(name, &mac);
	else
		epair_count_addr(&mac);
	ether_ifattach(a->h_ifp, mac.octet);

	*suffix = 'b';
	epair_setup(b, name, unit);
	if (epair_gen_addr)
		ether_gen_addr_byname(name, &mac);
	else
		mac.octet[5] = 0x0b;
	ether_ifattach(b->h_ifp, mac.octet);
	if_clone_addif(ifc, b->h_ifp);
	*suffix = 'a';

	epair_set_running(a->h_ifp, true);
	epair_set_running(b->h_ifp, true);
	*ifpp = a->h_ifp;
	return (0);
}

/* --- destruction ---------------------------------------------------------- */

/* The packets on the way to a half. */
static void
epair_drain(struct epair_half *h)
{
	struct mbuf *m;

	mtx_lock(&h->h_mtx);
	m = mbufq_flush(&h->h_queue);
	mtx_unlock(&h->h_mtx);
	m_freemp(m);
}

/* Called for the half that was named, and by itself for the other one. */
static int
epair_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags __unused)
{
	struct epair_half *h = ifp->if_softc, *o;
	struct ifnet *oifp;
	int error, unit;

	if (h == NULL)
		return (0);
	unit = ifp->if_dunit;
	oifp = h->h_oifp;
	o = oifp->if_softc;

	epair_set_running(ifp, false);
	epair_set_running(oifp, false);
	ether_ifdetach(ifp);
	ether_ifdetach(oifp);
	/*
	 * Nobody queues any more, but what was queued may still wait for its
	 * task.  epair-task-after-softc-free: S15 leaves that to luck.
	 */
	if (!BUG(EPAIR_TASK_UNDRAINED)) {
		taskqueue_drain(epair_tq, &h->h_task);
		taskqueue_drain(epair_tq, &o->h_task);
	}
	if (!BUG(EPAIR_IOCTL_UNLOCKED)) {
		sx_xlock(&epair_sx);
		ifp->if_softc = NULL;
	}
	oifp->if_softc = NULL;
	if (!BUG(EPAIR_IOCTL_UNLOCKED))
		sx_xunlock(&epair_sx);

	CURVNET_SET_QUIET(oifp->if_vnet);
	epair_drain(o);
	error = if_clone_destroyif(ifc, oifp);
	if (error != 0)
		panic("%s: if_clone_destroyif() for our 2nd iface failed: %d",
		    __func__, error);
	epair_free_half(o);
	CURVNET_RESTORE();

	epair_drain(h);
	epair_free_half(h);
	ifc_free_unit(ifc, unit);
	return (0);
}

/* --- module --------------------------------------------------------------- */

static void
epair_vnet_start(const void *unused __unused)
{
	struct if_clone_addreq req = {
		.match_f = epair_match,
		.create_f = epair_create,
		.destroy_f = epair_destroy,
	};

	V_epair_cloner = ifc_attach_cloner("epair", &req);
}
VNET_SYSINIT(epair_vnet_start, SI_SUB_PSEUDO, SI_ORDER_ANY, epair_vnet_start,
    NULL);

static void
epair_vnet_fini(const void *unused __unused)
{
	ifc_detach_cloner(V_epair_cloner);
}
VNET_SYSUNINIT(epair_vnet_fini, SI_SUB_INIT_IF, SI_ORDER_ANY,
    epair_vnet_fini, NULL);

static void
epair_load(void)
{
	mtx_init(&epair_n_index_mtx, "epairidx", NULL, MTX_DEF);
	epair_tq = taskqueue_create("epair_task", M_WAITOK,
	    taskqueue_thread_enqueue, &epair_tq);
	taskqueue_start_threads(&epair_tq, 1, PI_NET, "epair_task");
}

static void
epair_unload(void)
{
	taskqueue_drain_all(epair_tq);
	taskqueue_free(epair_tq);
	mtx_destroy(&epair_n_index_mtx);
}

static int
epair_event(module_t mod __unused, int type, void *data __unused)
{
	switch (type) {
	case MOD_LOAD:
		epair_load();
		return (0);
	case MOD_UNLOAD:
		/*
		 * epair-unload-event-first: the interfaces live on until the
		 * destructors of the vnets have run, but S15 pulls the queue
		 * from under them here.
		 */
		if (BUG(EPAIR_UNLOAD_EARLY))
			epair_unload();
		return (0);
	}
	return (EOPNOTSUPP);
}

/* Below the key of the vnets' destructors, so it runs after them. */
static void
epair_sysuninit(const void *unused __unused)
{
	if (!BUG(EPAIR_UNLOAD_EARLY))
		epair_unload();
}
SYSUNINIT(epair_sysuninit, SI_SUB_INIT_IF, SI_ORDER_FIRST, epair_sysuninit,
    NULL);

static moduledata_t epair_mod = { "if_epair", epair_event, NULL };
DECLARE_MODULE(if_epair, epair_mod, SI_SUB_PSEUDO, SI_ORDER_MIDDLE);
MODULE_VERSION(if_epair, 1);
