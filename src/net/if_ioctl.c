/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface requests: who answers them, in which order things are checked.
 */
#include "if_impl.h"

#include <sys/jail.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/socketvar.h>
#include <sys/sockio.h>

#include <netinet/in.h>

#include "if_ioctl.h"

void *
ifr_data_get_ptr(void *ifrp)
{
	return (((struct ifreq *)ifrp)->ifr_ifru.ifru_data);
}

void *
ifr_buffer_get_buffer(void *ifrp)
{
	return (((struct ifreq *)ifrp)->ifr_buffer.buffer);
}

size_t
ifr_buffer_get_length(void *ifrp)
{
	return (((struct ifreq *)ifrp)->ifr_buffer.length);
}

/* --- requests that look nothing up --------------------------------------- */

/* A name from a request, which need not be terminated there. */
static void
ifr_getname(char *name, const struct ifreq *ifr)
{
	memset(name, 0, IFNAMSIZ);
	memcpy(name, ifr->ifr_name, strnlen(ifr->ifr_name, IFNAMSIZ - 1));
}

static int
ifioctl_vmove(u_long cmd, struct ifnet *ifp, struct ifreq *ifr,
    struct thread *td)
{
	char name[IFNAMSIZ];
	int error;

	if ((error = priv_check(td, PRIV_NET_SETIFVNET)) != 0)
		return (error);
	ifr_getname(name, ifr);
	if (cmd == SIOCSIFVNET)
		error = if_vmove_loan(td, ifp, name, ifr->ifr_jid);
	else
		error = if_vmove_reclaim(td, name, ifr->ifr_jid);
	if (error == 0)
		strlcpy(ifr->ifr_name, name, IFNAMSIZ);
	return (error);
}

static int
ifioctl_clone(u_long cmd, struct ifreq *ifr, struct thread *td)
{
	char name[IFNAMSIZ];
	int error;

	error = priv_check(td, cmd == SIOCIFDESTROY ? PRIV_NET_IFDESTROY :
	    PRIV_NET_IFCREATE);
	if (error != 0)
		return (error);
	if (cmd == SIOCIFDESTROY) {
		ifr_getname(name, ifr);
		return (if_clone_destroy(name));
	}
	return (if_clone_create(ifr->ifr_name, sizeof(ifr->ifr_name),
	    cmd == SIOCIFCREATE2 ? ifr_data_get_ptr(ifr) : NULL));
}

/*
 * ENOIOCTL for everything that names an interface.
 */
static int
ifioctl_global(u_long cmd, caddr_t data, struct thread *td)
{
	struct ifgroupreq *ifgr = (struct ifgroupreq *)data;

	switch (cmd) {
	case SIOCGIFCONF:
		return (ifconf((struct ifconf *)data));
	case SIOCSIFVNET:
		if (BUG(LOAN_BY_REFERENCE))
			return (ENOIOCTL);
		/* FALLTHROUGH */
	case SIOCSIFRVNET:
		return (ifioctl_vmove(cmd, NULL, (struct ifreq *)data, td));
	case SIOCIFCREATE:
	case SIOCIFCREATE2:
	case SIOCIFDESTROY:
		return (ifioctl_clone(cmd, (struct ifreq *)data, td));
	case SIOCIFGCLONERS:
		return (if_clone_list((struct if_clonereq *)data));
	case SIOCGIFGMEMB:
		if (strnlen(ifgr->ifgr_name, IFNAMSIZ) == IFNAMSIZ)
			return (EINVAL);
		return (if_getgroupmembers(ifgr));
	case SIOCSVH:
	case SIOCGVH:
		/* carp is not loaded. */
		return (EPROTONOSUPPORT);
	default:
		return (ENOIOCTL);
	}
}

/* --- requests on an interface -------------------------------------------- */

/* Protocol first, then the driver; none of both is no operation. */
static int
ifioctl_protocol(struct socket *so, u_long cmd, struct ifnet *ifp,
    caddr_t data, struct thread *td)
{
	int error;

	if (so->so_proto == NULL || so->so_proto->pr_control == NULL)
		return (EOPNOTSUPP);
	error = so->so_proto->pr_control(so, cmd, data, ifp, td);
	if (error == EOPNOTSUPP && IF_METHOD(ifp, if_ioctl) != NULL &&
	    cmd != SIOCSIFADDR && cmd != SIOCSIFBRDADDR &&
	    cmd != SIOCSIFDSTADDR && cmd != SIOCSIFNETMASK)
		error = if_ioctl(ifp, cmd, data);
	return (error);
}

static int
ifioctl_interface(struct socket *so, u_long cmd, struct ifnet *ifp,
    caddr_t data, struct thread *td)
{
	int oldflags = if_getflags(ifp), error;

	if (cmd == SIOCSIFVNET)
		return (ifioctl_vmove(cmd, ifp, (struct ifreq *)data, td));
	error = ifhwioctl(cmd, ifp, data, td);
	if (error != ENOIOCTL)
		return (error);
	error = ifioctl_protocol(so, cmd, ifp, data, td);
	if ((oldflags & IFF_UP) == 0 && (if_getflags(ifp) & IFF_UP) != 0)
		if_up(ifp);
	return (error);
}

/* ioctl-on-unreferenced-ifp: nothing keeps it while a request sleeps. */
static struct ifnet *
request_ifunit(const char *name)
{
	return (BUG(IOCTL_UNREFERENCED) ? ifunit(name) : ifunit_ref(name));
}

static void
request_ifrele(struct ifnet *ifp)
{
	if (!BUG(IOCTL_UNREFERENCED))
		if_rele(ifp);
}

/*
 * curvnet is the socket's vnet for the whole call.  The reference keeps the
 * interface's memory and nothing more: meanwhile it may be moved or detached.
 */
int
ifioctl(struct socket *so, u_long cmd, caddr_t data, struct thread *td)
{
	struct ifnet *ifp;
	char name[IFNAMSIZ];
	int error;

	CURVNET_SET(so->so_vnet);
	if (VNET_IS_SHUTTING_DOWN(so->so_vnet)) {
		CURVNET_RESTORE();
		return (EBUSY);
	}
	error = ifioctl_global(cmd, data, td);
	if (error == ENOIOCTL) {
		ifr_getname(name, (struct ifreq *)data);
		if ((ifp = request_ifunit(name)) == NULL)
			error = ENXIO;
		else {
			IF_PAUSE(ifioctl_found);
			error = ifioctl_interface(so, cmd, ifp, data, td);
			request_ifrele(ifp);
		}
	}
	CURVNET_RESTORE();
	return (error);
}

/* --- SIOCGIFCONF --------------------------------------------------------- */

struct ifconf_arg {
	char	*buf;
	int	room;			/* bytes */
	int	used;			/* bytes, more than room if short */
};

static void
ifconf_add(struct ifconf_arg *arg, struct ifnet *ifp, struct sockaddr *sa)
{
	struct ifreq ifr = { 0 };
	int len = sizeof(ifr);

	strlcpy(ifr.ifr_name, ifp->if_xname, sizeof(ifr.ifr_name));
	if (sa->sa_len > sizeof(*sa))
		len = sizeof(ifr.ifr_name) + sa->sa_len;
	if (arg->used + len <= arg->room) {
		memcpy(&ifr.ifr_addr, sa, MIN(sa->sa_len, sizeof(*sa)));
		memcpy(arg->buf + arg->used, &ifr, MIN(len,
		    (int)sizeof(ifr)));
		if (sa->sa_len > sizeof(*sa))
			memcpy(arg->buf + arg->used + sizeof(ifr.ifr_name),
			    sa, sa->sa_len);
	}
	arg->used += len;
}

/* A jail without its own vnet sees its own addresses only. */
static bool
ifconf_visible(struct ucred *cred, struct sockaddr *sa)
{
	if (!jailed_without_vnet(cred))
		return (true);
	switch (sa->sa_family) {
	case AF_INET:
		return (prison_check_ip4(cred,
		    &((struct sockaddr_in *)sa)->sin_addr) == 0);
	case AF_INET6:
		return (prison_check_ip6(cred,
		    &((struct sockaddr_in6 *)sa)->sin6_addr) == 0);
	default:
		return (prison_allow(cred, PR_ALLOW_SOCKET_AF));
	}
}

static int
ifconf_one(if_t ifp, void *cookie)
{
	struct ifaddr *ifa;
	struct sockaddr none = { .sa_len = sizeof(none) };
	bool any = false;

	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link) {
		if (!ifconf_visible(curthread->td_ucred, ifa->ifa_addr))
			continue;
		/* A rename changes the name and the link-level address. */
		IF_ADDR_WLOCK(ifp);
		if (ifa->ifa_addr->sa_family == AF_LINK)
			if_addr_refresh(ifa);
		ifconf_add(cookie, ifp, ifa->ifa_addr);
		IF_ADDR_WUNLOCK(ifp);
		any = true;
	}
	if (!any)
		ifconf_add(cookie, ifp, &none);
	return (0);
}

int
ifconf(struct ifconf *ifc)
{
	struct ifconf_arg arg = { .room = ifc->ifc_len };
	struct epoch_tracker et;
	int error;

	if (ifc->ifc_len <= 0)
		return (EINVAL);
	arg.room = imin(arg.room, 1 << 20);
	arg.buf = malloc(arg.room, M_TEMP, M_WAITOK | M_ZERO);
	NET_EPOCH_ENTER(et);
	(void)if_foreach(ifconf_one, &arg);
	NET_EPOCH_EXIT(et);
	ifc->ifc_len = imin(arg.used, arg.room);
	error = copyout(arg.buf, ifc->ifc_req, ifc->ifc_len);
	free(arg.buf, M_TEMP);
	return (error);
}
