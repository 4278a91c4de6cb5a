/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The requests that every interface answers.
 */
#include "if_impl.h"

#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sockio.h>
#include <net/route.h>

#include "if_ioctl.h"

/* --- questions ----------------------------------------------------------- */

static int
hw_get(u_long cmd, struct ifnet *ifp, caddr_t data)
{
	struct ifreq *ifr = (struct ifreq *)data;
	int flags;

	switch (cmd) {
	case SIOCGIFINDEX:
		ifr->ifr_index = ifp->if_index;
		return (0);
	case SIOCGIFFLAGS:
		flags = if_getflags(ifp) | if_getdrvflags(ifp);
		ifr->ifr_flags = flags & 0xffff;
		ifr->ifr_flagshigh = flags >> 16;
		return (0);
	case SIOCGIFCAP:
		ifr->ifr_reqcap = ifp->if_capabilities;
		ifr->ifr_curcap = ifp->if_capenable;
		return (0);
	case SIOCGIFMETRIC:
		ifr->ifr_metric = ifp->if_metric;
		return (0);
	case SIOCGIFMTU:
		ifr->ifr_mtu = if_getmtu(ifp);
		return (0);
	case SIOCGIFPHYS:
		ifr->ifr_phys = 0;
		return (0);
	case SIOCGIFFIB:
		ifr->ifr_fib = ifp->if_fib;
		return (0);
	case SIOCGIFDESCR:
		return (if_descr_get(ifp, ifr));
	case SIOCGIFGROUP:
		return (if_getgroup((struct ifgroupreq *)data, ifp));
	case SIOCGHWADDR:
		return (if_gethwaddr(ifp, ifr));
	default:
		return (ENOIOCTL);
	}
}

/* --- changes, each with its privilege ------------------------------------ */

static int
hw_setflags(struct ifnet *ifp, struct ifreq *ifr)
{
	int flags = (ifr->ifr_flags & 0xffff) | (ifr->ifr_flagshigh << 16);
	int old = if_getflags(ifp);
	bool up = false;

	if ((old & IFF_UP) != 0 && (flags & IFF_UP) == 0)
		if_down(ifp);
	else if ((flags & IFF_UP) != 0 && (old & IFF_UP) == 0)
		up = true;
	if_setppromisc(ifp, (flags & IFF_PPROMISC) != 0);
	if (((if_getflags(ifp) ^ flags) & IFF_PALLMULTI) != 0) {
		if ((flags & IFF_PALLMULTI) != 0)
			if_setflagbits(ifp, IFF_ALLMULTI, 0);
		else if (ifp->if_amcount == 0)
			if_setflagbits(ifp, 0, IFF_ALLMULTI);
	}
	if_setflagbits(ifp, flags & ~IFF_CANTCHANGE,
	    ~flags & ~IFF_CANTCHANGE);
	/* Whatever the driver says about it. */
	if (IF_METHOD(ifp, if_ioctl) != NULL)
		(void)if_ioctl(ifp, SIOCSIFFLAGS, (caddr_t)ifr);
	if (up)
		if_up(ifp);
	if_setlastchange(ifp);
	return (0);
}

static int
hw_setcap(struct ifnet *ifp, struct ifreq *ifr)
{
	int error;

	if (IF_METHOD(ifp, if_ioctl) == NULL)
		return (EOPNOTSUPP);
	if ((ifr->ifr_reqcap & ~ifp->if_capabilities) != 0)
		return (EINVAL);
	error = if_ioctl(ifp, SIOCSIFCAP, (caddr_t)ifr);
	if (error == 0)
		if_setlastchange(ifp);
	return (error);
}

static int
hw_setname(struct ifnet *ifp, struct ifreq *ifr)
{
	char name[IFNAMSIZ];
	int error;

	error = copyinstr(ifr_data_get_ptr(ifr), name, IFNAMSIZ, NULL);
	return (error != 0 ? error : if_rename(ifp, name));
}

static int
hw_setmtu(struct ifnet *ifp, struct ifreq *ifr)
{
	int old = if_getmtu(ifp), new = ifr->ifr_mtu, error;

	if (new < IF_MINMTU || new > IF_MAXMTU)
		return (EINVAL);
	if (IF_METHOD(ifp, if_ioctl) == NULL)
		return (EOPNOTSUPP);
	if (ifp->if_bridge != NULL && new != old)
		return (EOPNOTSUPP);
	error = if_ioctl(ifp, SIOCSIFMTU, (caddr_t)ifr);
	if (error != 0)
		return (error);
	if_setlastchange(ifp);
	rt_ifmsg(ifp, 0);
	if (if_getmtu(ifp) != old)
		if_notifymtu(ifp);
	return (0);
}

static int
hw_multi(u_long cmd, struct ifnet *ifp, struct ifreq *ifr)
{
	struct epoch_tracker et;
	struct ifmultiaddr *ifma;
	int error;

	if ((if_getflags(ifp) & IFF_MULTICAST) == 0 ||
	    ifr->ifr_addr.sa_family != AF_LINK)
		return ((if_getflags(ifp) & IFF_MULTICAST) == 0 ?
		    EOPNOTSUPP : EINVAL);
	if (cmd == SIOCADDMULTI) {
		/* One membership a user, so that it can be taken back. */
		NET_EPOCH_ENTER(et);
		ifma = if_findmulti(ifp, &ifr->ifr_addr);
		NET_EPOCH_EXIT(et);
		error = ifma != NULL ? EADDRINUSE :
		    if_addmulti(ifp, &ifr->ifr_addr, NULL);
	} else
		error = if_delmulti(ifp, &ifr->ifr_addr);
	if (error == 0)
		if_setlastchange(ifp);
	return (error);
}

static int
hw_group(u_long cmd, struct ifnet *ifp, struct ifgroupreq *ifgr)
{
	if (strnlen(ifgr->ifgr_group, IFNAMSIZ) == IFNAMSIZ)
		return (EINVAL);
	if (cmd == SIOCAIFGROUP)
		return (if_addgroup(ifp, ifgr->ifgr_group));
	return (if_delgroup(ifp, ifgr->ifgr_group));
}

static int
hw_setfib(struct ifnet *ifp, struct ifreq *ifr)
{
	if (ifr->ifr_fib >= rt_numfibs)
		return (EINVAL);
	ifp->if_fib = ifr->ifr_fib;
	return (0);
}

static int
hw_driver(u_long cmd, struct ifnet *ifp, caddr_t data)
{
	int error;

	if (IF_METHOD(ifp, if_ioctl) == NULL)
		return (EOPNOTSUPP);
	error = if_ioctl(ifp, cmd, data);
	if (error == 0)
		if_setlastchange(ifp);
	return (error);
}

/* The privilege that a request needs: 0 for none, -1 if it is not ours. */
static int
hw_privilege(u_long cmd)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		return (PRIV_NET_SETIFFLAGS);
	case SIOCSIFCAP:
		return (PRIV_NET_SETIFCAP);
	case SIOCSIFNAME:
		return (PRIV_NET_SETIFNAME);
	case SIOCSIFMETRIC:
		return (PRIV_NET_SETIFMETRIC);
	case SIOCSIFMTU:
		return (PRIV_NET_SETIFMTU);
	case SIOCSIFDESCR:
		return (PRIV_NET_SETIFDESCR);
	case SIOCSIFFIB:
		return (PRIV_NET_SETIFFIB);
	case SIOCADDMULTI:
		return (PRIV_NET_ADDMULTI);
	case SIOCDELMULTI:
		return (PRIV_NET_DELMULTI);
	case SIOCAIFGROUP:
		return (PRIV_NET_ADDIFGROUP);
	case SIOCDIFGROUP:
		return (PRIV_NET_DELIFGROUP);
	case SIOCSIFLLADDR:
		return (PRIV_NET_SETLLADDR);
	case SIOCSIFPHYS:
		return (PRIV_NET_SETIFPHYS);
	case SIOCSIFMEDIA:
	case SIOCSIFPHYADDR:
	case SIOCDIFPHYADDR:
	case SIOCSIFGENERIC:
	case SIOCSLANPCP:
		return (PRIV_NET_HWIOCTL);
	case SIOCGIFSTATUS:
	case SIOCGIFPSRCADDR:
	case SIOCGIFPDSTADDR:
	case SIOCGIFMEDIA:
	case SIOCGIFXMEDIA:
	case SIOCGIFGENERIC:
	case SIOCGLANPCP:
		return (0);
	default:
		return (-1);
	}
}

static int
hw_set(u_long cmd, struct ifnet *ifp, caddr_t data)
{
	struct ifreq *ifr = (struct ifreq *)data;

	switch (cmd) {
	case SIOCSIFFLAGS:
		return (hw_setflags(ifp, ifr));
	case SIOCSIFCAP:
		return (hw_setcap(ifp, ifr));
	case SIOCSIFNAME:
		return (hw_setname(ifp, ifr));
	case SIOCSIFMETRIC:
		ifp->if_metric = ifr->ifr_metric;
		if_setlastchange(ifp);
		return (0);
	case SIOCSIFMTU:
		return (hw_setmtu(ifp, ifr));
	case SIOCSIFDESCR:
		return (if_descr_set(ifp, ifr));
	case SIOCSIFFIB:
		return (hw_setfib(ifp, ifr));
	case SIOCADDMULTI:
	case SIOCDELMULTI:
		return (hw_multi(cmd, ifp, ifr));
	case SIOCAIFGROUP:
	case SIOCDIFGROUP:
		return (hw_group(cmd, ifp, (struct ifgroupreq *)data));
	case SIOCSIFLLADDR:
		return (if_setlladdr(ifp, (u_char *)ifr->ifr_addr.sa_data,
		    ifr->ifr_addr.sa_len));
	case SIOCGIFSTATUS:
		((struct ifstat *)data)->ascii[0] = '\0';
		/* FALLTHROUGH */
	default:
		return (hw_driver(cmd, ifp, data));
	}
}

int
ifhwioctl(u_long cmd, if_t ifp, caddr_t data, struct thread *td)
{
	int error, priv;

	if ((error = hw_get(cmd, ifp, data)) != ENOIOCTL)
		return (error);
	if ((priv = hw_privilege(cmd)) == -1)
		return (ENOIOCTL);
	if (priv != 0 && (error = priv_check(td, priv)) != 0)
		return (error);
	return (hw_set(cmd, ifp, data));
}
