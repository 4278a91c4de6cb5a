/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * disc(4): an interface that throws away what it is given.  The smallest
 * driver there is, and the one to copy from.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
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
#include <net/route.h>
#include <net/vnet.h>

#define	DISC_MTU	65532
#define	DISC_SENDQ	20

/* Nothing to remember but which interface it is.  Constant. */
struct disc {
	struct ifnet	*ifp;
};

static MALLOC_DEFINE(M_DISC, "if_disc", "discard interface");

VNET_DEFINE_STATIC(struct if_clone *, disc_cloner);
#define	V_disc_cloner	VNET(disc_cloner)

/* Accounts for the packet and drops it.  Net epoch. */
static int
disc_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	uint32_t family;

	M_ASSERTPKTHDR(m);
	if (bpf_peers_present(ifp->if_bpf)) {
		/* Capture writes carry the family in place of an address. */
		if (dst->sa_family == AF_UNSPEC ||
		    dst->sa_family == pseudo_AF_HDRCMPLT)
			memcpy(&family, dst->sa_data, sizeof(family));
		else
			family = RO_GET_FAMILY(ro, dst);
		bpf_mtap2(ifp->if_bpf, &family, sizeof(family), m);
	}
	m->m_pkthdr.rcvif = ifp;
	if_inc_counter(ifp, IFCOUNTER_OBYTES, m->m_pkthdr.len);
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	m_freem(m);
	return (0);
}

static int
disc_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	struct ifreq *req = (struct ifreq *)data;

	switch (cmd) {
	case SIOCSIFADDR:
		if_setflagbits(ifp, IFF_UP, 0);
		return (0);
	case SIOCSIFMTU:
		if_setmtu(ifp, req->ifr_mtu);
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

static int
disc_create(struct if_clone *ifc __unused, int unit, caddr_t params __unused)
{
	struct disc *d;
	struct ifnet *ifp;

	d = malloc(sizeof(*d), M_DISC, M_WAITOK | M_ZERO);
	ifp = d->ifp = if_alloc(IFT_LOOP);
	ifp->if_softc = d;
	if_initname(ifp, "disc", unit);
	if_setflags(ifp, IFF_LOOPBACK | IFF_MULTICAST);
	ifp->if_drv_flags = IFF_DRV_RUNNING;
	ifp->if_mtu = DISC_MTU;
	ifp->if_output = disc_output;
	ifp->if_ioctl = disc_ioctl;
	ifp->if_snd.ifq_maxlen = DISC_SENDQ;
	if_attach(ifp);
	bpfattach(ifp, DLT_NULL, sizeof(uint32_t));
	return (0);
}

static void
disc_destroy(if_t ifp)
{
	struct disc *d = ifp->if_softc;

	bpfdetach(ifp);
	if_detach(ifp);
	if_free(ifp);
	free(d, M_DISC);
}

static void
disc_vnet_start(const void *unused __unused)
{
	V_disc_cloner = if_clone_simple("disc", disc_create, disc_destroy, 0);
}
VNET_SYSINIT(disc_vnet_start, SI_SUB_PSEUDO, SI_ORDER_ANY, disc_vnet_start,
    NULL);

static void
disc_vnet_fini(const void *unused __unused)
{
	if_clone_detach(V_disc_cloner);
}
VNET_SYSUNINIT(disc_vnet_fini, SI_SUB_INIT_IF, SI_ORDER_ANY,
    disc_vnet_fini, NULL);

static int
disc_event(module_t mod __unused, int type, void *data __unused)
{
	return (type == MOD_LOAD || type == MOD_UNLOAD ? 0 : EOPNOTSUPP);
}

static moduledata_t disc_mod = { "if_disc", disc_event, NULL };
DECLARE_MODULE(if_disc, disc_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
