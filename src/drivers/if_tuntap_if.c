/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4): the interface's face.
 *
 * Packets that leave the stack wait in the send queue for a reader.
 */
#include "if_tuntap.h"

#include <net/if_media.h>
#include <net/route.h>
#include <netinet/in.h>

#define	TUN_CAPABILITIES	(IFCAP_LINKSTATE | IFCAP_MEXTPG)
/* Of a tap: what may be switched. */
#define	TAP_CAPABILITIES						\
	(IFCAP_RXCSUM | IFCAP_RXCSUM_IPV6 | IFCAP_LRO)

/* --- packets ------------------------------------------------------------ */

/* Tells whoever waits for a packet. */
static void
tun_wake_readers(struct tuntap_softc *tp)
{
	TUN_LOCK_ASSERT(tp);
	if ((tp->tun_flags & TUN_RWAIT) != 0) {
		tp->tun_flags &= ~TUN_RWAIT;
		wakeup(tp);
	}
	selwakeuppri(&tp->tun_rsel, PZERO + 1);
	KNOTE_LOCKED(&tp->tun_rsel.si_note, 0);
	if ((tp->tun_flags & TUN_ASYNC) != 0)
		pgsigio(&tp->tun_sigio, SIGIO, 0);
}

static void
tunstart(if_t ifp)
{
	struct tuntap_softc *tp = ifp->if_softc;

	if (IFQ_IS_EMPTY(&ifp->if_snd))
		return;
	TUN_LOCK(tp);
	tun_wake_readers(tp);
	TUN_UNLOCK(tp);
}

/* Frames for a device that nobody has open are dropped, not kept. */
static void
tunstart_l2(if_t ifp)
{
	struct tuntap_softc *tp = ifp->if_softc;

	TUN_LOCK(tp);
	if ((tp->tun_flags & TUN_VMNET) == 0 && !tun_ready(tp))
		IFQ_PURGE(&ifp->if_snd);
	else if (!IFQ_IS_EMPTY(&ifp->if_snd)) {
		if_setdrvflagbits(ifp, IFF_DRV_OACTIVE, 0);
		tun_wake_readers(tp);
		if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
		if_setdrvflagbits(ifp, 0, IFF_DRV_OACTIVE);
	}
	TUN_UNLOCK(tp);
}

/* What the reader has asked for in front: NULL and an errno on failure. */
static struct mbuf *
tun_put_header(struct mbuf *m, int flags, const struct sockaddr *dst,
    uint32_t family, int *errorp)
{
	*errorp = ENOBUFS;
	if ((flags & TUN_LMODE) != 0) {
		M_PREPEND(m, dst->sa_len, M_NOWAIT);
		if (m != NULL)
			memcpy(mtod(m, void *), dst, dst->sa_len);
	} else if ((flags & TUN_IFHEAD) != 0) {
		M_PREPEND(m, (int)sizeof(family), M_NOWAIT);
		if (m != NULL) {
			family = htonl(family);
			memcpy(mtod(m, void *), &family, sizeof(family));
		}
	} else if (family != AF_INET) {
		*errorp = EAFNOSUPPORT;
		m_freem(m);
		m = NULL;
	}
	return (m);
}

static int
tunoutput(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	struct tuntap_softc *tp = ifp->if_softc;
	uint32_t family;
	bool ready;
	int error, flags;

	TUN_LOCK(tp);
	flags = tp->tun_flags;
	ready = tun_ready(tp);
	TUN_UNLOCK(tp);
	if (!ready || (if_getflags(ifp) & IFF_UP) == 0) {
		m_freem(m);
		return (EHOSTDOWN);
	}
	/* Capture writes carry the family in place of an address. */
	if (dst->sa_family == AF_UNSPEC)
		memcpy(&family, dst->sa_data, sizeof(family));
	else
		family = RO_GET_FAMILY(ro, dst);
	BPF_MTAP2(ifp, &family, sizeof(family), m);
	m = tun_put_header(m, flags, dst, family, &error);
	if (m == NULL) {
		if_inc_counter(ifp, error == ENOBUFS ? IFCOUNTER_OQDROPS :
		    IFCOUNTER_OERRORS, 1);
		return (error);
	}
	if (ifp->if_transmit(ifp, m) != 0)
		return (ENOBUFS);
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	return (0);
}

/* --- requests ----------------------------------------------------------- */

static void
tun_status(struct tuntap_softc *tp, struct ifstat *ifs)
{
	TUN_LOCK(tp);
	if (tp->tun_pid != 0)
		snprintf(ifs->ascii, sizeof(ifs->ascii),
		    "\tOpened by PID %d\n", (int)tp->tun_pid);
	else
		ifs->ascii[0] = '\0';
	TUN_UNLOCK(tp);
}

/* One medium, with a carrier while the device is open. */
static int
tap_media(struct tuntap_softc *tp, struct ifmediareq *ifmr)
{
	int medium = IFM_ETHER, error = 0;

	if (ifmr->ifm_count > 1)
		return (EINVAL);
	if (ifmr->ifm_count == 1)
		error = copyout(&medium, ifmr->ifm_ulist, sizeof(medium));
	if (error != 0)
		return (error);
	TUN_LOCK(tp);
	ifmr->ifm_status = IFM_AVALID |
	    ((tp->tun_flags & TUN_OPEN) != 0 ? IFM_ACTIVE : 0);
	TUN_UNLOCK(tp);
	ifmr->ifm_count = 1;
	ifmr->ifm_current = ifmr->ifm_active = medium;
	return (0);
}

static int
tun_ioctl_kind(struct tuntap_softc *tp, u_long cmd, caddr_t data)
{
	struct ifreq *ifr = (struct ifreq *)data;
	struct ifnet *ifp = tp->tun_ifp;
	bool l2 = tun_is_l2(tp);

	switch (cmd) {
	case SIOCSIFADDR:
		if (l2)
			return (ether_ioctl(ifp, cmd, data));
		if_setflagbits(ifp, IFF_UP, 0);
		if_setdrvflagbits(ifp, IFF_DRV_RUNNING, 0);
		return (0);
	case SIOCGIFMEDIA:
		return (l2 ? tap_media(tp, (struct ifmediareq *)data) :
		    EINVAL);
	case SIOCSIFCAP:
		if (!l2)
			return (EINVAL);
		if_setcapenable(ifp,
		    (if_getcapenable(ifp) & ~TAP_CAPABILITIES) |
		    (ifr->ifr_reqcap & TAP_CAPABILITIES));
		return (0);
	}
	return (l2 ? ether_ioctl(ifp, cmd, data) : EINVAL);
}

static int
tun_ioctl_locked(if_t ifp, u_long cmd, caddr_t data)
{
	struct tuntap_softc *tp = ifp->if_softc;
	int error = 0;

	if (tp == NULL)
		return (ENXIO);
	switch (cmd) {
	case SIOCGIFSTATUS:
		tun_status(tp, (struct ifstat *)data);
		break;
	case SIOCSIFMTU:
		if_setmtu(ifp, ((struct ifreq *)data)->ifr_mtu);
		break;
	case SIOCSIFFLAGS:
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		break;
	default:
		error = tun_ioctl_kind(tp, cmd, data);
	}
	return (error);
}

/* With the lock for as long as the tunnel is looked at. */
static int
tunifioctl(if_t ifp, u_long cmd, caddr_t data)
{
	int error;

	/* tun-ioctl-on-destroyed-mutex: nobody waits for this to end. */
	if (BUG(TUN_IOCTL_UNLOCKED))
		return (tun_ioctl_locked(ifp, cmd, data));
	sx_xlock(&tun_ioctl_sx);
	error = tun_ioctl_locked(ifp, cmd, data);
	sx_xunlock(&tun_ioctl_sx);
	return (error);
}

static void
tunifinit(void *softc __unused)
{
	/* There is no hardware to start. */
}

void
tun_if_init(struct ifnet *ifp, bool l2)
{
	ifp->if_ioctl = tunifioctl;
	ifp->if_flags = IFF_MULTICAST;
	ifp->if_capabilities = ifp->if_capenable = TUN_CAPABILITIES;
	IFQ_SET_MAXLEN(&ifp->if_snd, ifqmaxlen);
	if (l2) {
		ifp->if_init = tunifinit;
		ifp->if_start = tunstart_l2;
		ifp->if_flags |= IFF_BROADCAST | IFF_SIMPLEX;
		ifp->if_capabilities |= TAP_CAPABILITIES;
	} else {
		ifp->if_mtu = TUNMTU;
		ifp->if_start = tunstart;
		ifp->if_output = tunoutput;
		ifp->if_flags |= IFF_POINTOPOINT;
	}
}
