/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun(4), tap(4): requests on the device.
 */
#include "if_tuntap.h"

#include <sys/filio.h>
#include <sys/ttycom.h>
#include <dev/virtio/network/virtio_net.h>

/* The generic request, so that protocols and listeners hear of it. */
static int
tun_set_mtu(struct tuntap_softc *tp, int mtu, struct thread *td)
{
	struct ifnet *ifp = tp->tun_ifp;
	struct ifreq ifr;
	int error;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, if_name(ifp), sizeof(ifr.ifr_name));
	ifr.ifr_mtu = mtu;
	CURVNET_SET(if_getvnet(ifp));
	error = ifhwioctl(SIOCSIFMTU, ifp, (caddr_t)&ifr, td);
	CURVNET_RESTORE();
	return (error);
}

/*
 * tun-sx-under-mutex: the MTU is changed with tun_mtx held, though the request
 * comes back to this driver, which takes tun_ioctl_sx for it.
 */
static int
tun_set_info(struct tuntap_softc *tp, const struct tuninfo *info,
    struct thread *td)
{
	struct ifnet *ifp = tp->tun_ifp;
	int error = 0;

	if (info->type != ifp->if_type)
		return (EPROTOTYPE);
	if (BUG(TUN_SX_UNDER_MUTEX))
		TUN_LOCK(tp);
	if ((int)info->mtu != if_getmtu(ifp))
		error = tun_set_mtu(tp, info->mtu, td);
	if (error == 0)
		if_setbaudrate(ifp, info->baudrate);
	if (BUG(TUN_SX_UNDER_MUTEX))
		TUN_UNLOCK(tp);
	return (error);
}

static void
tun_get_info(struct tuntap_softc *tp, struct tuninfo *info)
{
	struct ifnet *ifp = tp->tun_ifp;

	info->mtu = if_getmtu(ifp);
	info->type = ifp->if_type;
	info->baudrate = if_getbaudrate(ifp);
}

static void
tun_set_flag(struct tuntap_softc *tp, int flag, bool on, int other)
{
	TUN_LOCK(tp);
	if (on)
		tp->tun_flags = (tp->tun_flags | flag) & ~other;
	else
		tp->tun_flags &= ~flag;
	TUN_UNLOCK(tp);
}

static int
tun_get_flag(struct tuntap_softc *tp, int flag)
{
	int on;

	TUN_LOCK(tp);
	on = (tp->tun_flags & flag) != 0;
	TUN_UNLOCK(tp);
	return (on);
}

/* Point-to-point or broadcast, with or without multicast. */
static int
tun_set_ifmode(struct tuntap_softc *tp, int mode)
{
	const int kinds = IFF_BROADCAST | IFF_POINTOPOINT | IFF_MULTICAST;
	struct ifnet *ifp = tp->tun_ifp;

	if ((if_getflags(ifp) & IFF_UP) != 0)
		return (EBUSY);
	switch (mode & ~IFF_MULTICAST) {
	case IFF_POINTOPOINT:
	case IFF_BROADCAST:
		TUN_LOCK(tp);
		if_setflagbits(ifp, mode & kinds, kinds & ~mode);
		TUN_UNLOCK(tp);
		return (0);
	}
	return (EINVAL);
}

/* What only a layer 3 tunnel can do; ENOTTY for the rest. */
static int
tun_ioctl_l3(struct tuntap_softc *tp, u_long cmd, caddr_t data)
{
	int *value = (int *)data;

	switch (cmd) {
	case TUNSLMODE:
		tun_set_flag(tp, TUN_LMODE, *value != 0, TUN_IFHEAD);
		return (0);
	case TUNSIFHEAD:
		tun_set_flag(tp, TUN_IFHEAD, *value != 0, TUN_LMODE);
		return (0);
	case TUNGIFHEAD:
		*value = tun_get_flag(tp, TUN_IFHEAD);
		return (0);
	case TUNSIFMODE:
		return (tun_set_ifmode(tp, *value));
	case TUNSIFPID:
		TUN_LOCK(tp);
		tp->tun_pid = curthread->td_proc->p_pid;
		TUN_UNLOCK(tp);
		return (0);
	}
	return (ENOTTY);
}

static int
tap_set_vnethdr(struct tuntap_softc *tp, int len)
{
	if (len != 0 && len != sizeof(struct virtio_net_hdr) &&
	    len != sizeof(struct virtio_net_hdr_mrg_rxbuf))
		return (EINVAL);
	TUN_LOCK(tp);
	tp->tun_vhdrlen = len;
	TUN_UNLOCK(tp);
	return (0);
}

/* What only a layer 2 tunnel can do. */
static int
tun_ioctl_l2(struct tuntap_softc *tp, u_long cmd, caddr_t data)
{
	struct ifnet *ifp = tp->tun_ifp;
	int error = 0, flags;

	if (cmd == TAPSVNETHDR)
		return (tap_set_vnethdr(tp, *(int *)data));
	TUN_LOCK(tp);
	switch (cmd) {
	case SIOCGIFADDR:
		memcpy(data, tp->tun_ether.octet, ETHER_ADDR_LEN);
		break;
	case SIOCSIFADDR:
		memcpy(tp->tun_ether.octet, data, ETHER_ADDR_LEN);
		break;
	case VMIO_SIOCSIFFLAGS:
		flags = (*(int *)data & 0xfff & ~IFF_CANTCHANGE) | IFF_UP;
		if_setflags(ifp, flags | (if_getflags(ifp) & IFF_CANTCHANGE));
		break;
	case TAPGVNETHDR:
		*(int *)data = tp->tun_vhdrlen;
		break;
	default:
		error = ENOTTY;
	}
	TUN_UNLOCK(tp);
	return (error);
}

/* Bytes of the first packet. */
static int
tun_pending(struct tuntap_softc *tp)
{
	struct ifaltq *ifq = &tp->tun_ifp->if_snd;
	struct mbuf *m;
	int len;

	IFQ_LOCK(ifq);
	IFQ_POLL_NOLOCK(ifq, m);
	len = m != NULL ? m->m_pkthdr.len : 0;
	IFQ_UNLOCK(ifq);
	return (len);
}

/* The general ones that read or set a number. */
static int
tun_ioctl_number(struct tuntap_softc *tp, u_long cmd, int *value)
{
	switch (cmd) {
	case TUNSDEBUG:
		tundebug = *value;
		return (0);
	case TUNGDEBUG:
		*value = tundebug;
		return (0);
	case TUNSTRANSIENT:
		tun_set_flag(tp, TUN_TRANSIENT, *value != 0, 0);
		return (0);
	case TUNGTRANSIENT:
		*value = tun_get_flag(tp, TUN_TRANSIENT);
		return (0);
	case FIONBIO:
		return (0);
	case FIOASYNC:
		tun_set_flag(tp, TUN_ASYNC, *value != 0, 0);
		return (0);
	case FIONREAD:
		*value = tun_pending(tp);
		return (0);
	case FIOSETOWN:
		return (fsetown(*value, &tp->tun_sigio));
	case FIOGETOWN:
		*value = fgetown(&tp->tun_sigio);
		return (0);
	case TIOCSPGRP:
		return (fsetown(-*value, &tp->tun_sigio));
	case TIOCGPGRP:
		*value = -fgetown(&tp->tun_sigio);
		return (0);
	}
	return (ENOTTY);
}

int
tunioctl(struct cdev *dev, u_long cmd, caddr_t data, int fflag __unused,
    struct thread *td)
{
	struct tuntap_softc *tp = dev->si_drv1;
	int error;

	error = tun_is_l2(tp) ? tun_ioctl_l2(tp, cmd, data) :
	    tun_ioctl_l3(tp, cmd, data);
	if (error != ENOTTY)
		return (error);
	switch (cmd) {
	case TUNGIFNAME:
		strlcpy(((struct ifreq *)data)->ifr_name, if_name(tp->tun_ifp),
		    IFNAMSIZ);
		return (0);
	case TUNSIFINFO:
		return (tun_set_info(tp, (struct tuninfo *)data, td));
	case TUNGIFINFO:
		tun_get_info(tp, (struct tuninfo *)data);
		return (0);
	}
	return (tun_ioctl_number(tp, cmd, (int *)data));
}
