/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * edsc(4): disc(4) with an Ethernet face.
 */
#include <sys/param.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/module.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/vnet.h>

/* It can "do" everything, and does nothing until asked. */
#define	EDSC_CAPABILITIES						\
	(IFCAP_VLAN_MTU | IFCAP_VLAN_HWTAGGING | IFCAP_VLAN_HWCSUM |	\
	IFCAP_HWCSUM | IFCAP_TSO | IFCAP_JUMBO_MTU)

/* Constant. */
struct edsc {
	struct ifnet	*ifp;
};

static MALLOC_DEFINE(M_EDSC, "if_edsc", "Ethernet discard interface");

VNET_DEFINE_STATIC(struct if_clone *, edsc_cloner);
#define	V_edsc_cloner	VNET(edsc_cloner)

/* Empties the send queue. */
static void
edsc_start(if_t ifp)
{
	struct mbuf *m;

	do {
		IFQ_DEQUEUE(&ifp->if_snd, m);
		if (m != NULL) {
			BPF_MTAP(ifp, m);
			if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
			if_inc_counter(ifp, IFCOUNTER_OBYTES,
			    m->m_pkthdr.len);
			m_freem(m);
		}
	} while (m != NULL);
}

static int
edsc_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	if (cmd != SIOCSIFCAP)
		return (ether_ioctl(ifp, cmd, data));
	ifp->if_capenable = ((struct ifreq *)data)->ifr_reqcap;
	return (0);
}

static void
edsc_init(void *softc __unused)
{
	/* There is no device to wake. */
}

static int
edsc_create(struct if_clone *ifc __unused, int unit, caddr_t params __unused)
{
	struct ether_addr mac;
	struct ifnet *ifp;
	struct edsc *d;

	d = malloc(sizeof(*d), M_EDSC, M_WAITOK | M_ZERO);
	ifp = d->ifp = if_alloc(IFT_ETHER);
	ifp->if_softc = d;
	if_initname(ifp, "edsc", unit);
	if_setflags(ifp, IFF_SIMPLEX | IFF_BROADCAST | IFF_MULTICAST);
	ifp->if_capabilities = EDSC_CAPABILITIES;
	ifp->if_capenable = 0;
	ifp->if_init = edsc_init;
	ifp->if_start = edsc_start;
	ifp->if_ioctl = edsc_ioctl;
	ifp->if_snd.ifq_maxlen = ifqmaxlen;
	ether_gen_addr(ifp, &mac);
	ether_ifattach(ifp, mac.octet);
	if_setdrvflagbits(ifp, IFF_DRV_RUNNING, 0);
	return (0);
}

static void
edsc_destroy(if_t ifp)
{
	struct edsc *d = ifp->if_softc;

	ether_ifdetach(ifp);
	if_free(ifp);
	free(d, M_EDSC);
}

static void
edsc_vnet_start(const void *unused __unused)
{
	V_edsc_cloner = if_clone_simple("edsc", edsc_create, edsc_destroy, 0);
}
VNET_SYSINIT(edsc_vnet_start, SI_SUB_PROTO_IFATTACHDOMAIN, SI_ORDER_ANY,
    edsc_vnet_start, NULL);

static void
edsc_vnet_fini(const void *unused __unused)
{
	if_clone_detach(V_edsc_cloner);
}
VNET_SYSUNINIT(edsc_vnet_fini, SI_SUB_INIT_IF, SI_ORDER_ANY,
    edsc_vnet_fini, NULL);

static int
edsc_event(module_t mod __unused, int type, void *data __unused)
{
	return (type == MOD_LOAD || type == MOD_UNLOAD ? 0 : EOPNOTSUPP);
}

static moduledata_t edsc_mod = { "if_edsc", edsc_event, NULL };
DECLARE_MODULE(if_edsc, edsc_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
