/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The Internet domains, as far as they have to do with interfaces: addresses,
 * the table of them in each vnet, and a little data at each interface.
 *
 * The table stands for all the per-vnet state of protocols that a detach
 * touches (and that a vnet's destructors free).
 */
#include "if_impl.h"

#include <sys/domain.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/protosw.h>
#include <sys/sockio.h>
#include <netinet/in.h>
#include <netinet/in_var.h>
#include <netinet6/in6_var.h>

static MALLOC_DEFINE(M_INPROTO, "in_proto", "Internet protocol state");

union in_sockaddr {
	struct sockaddr		sa;
	struct sockaddr_in	sin;
	struct sockaddr_in6	sin6;
};

/*
 * Locks: (c) constant, (s) is_lock of its vnet.
 */
struct in_ifaddr {
	struct ifaddr	ia_ifa;			/* must come first */
	struct in_state	*ia_state;		/* (c) before it is found */
	LIST_ENTRY(in_ifaddr)	ia_link;	/* (s) is_addrs */
	bool		ia_listed;		/* (s) */
	union in_sockaddr	ia_addr;	/* (c) */
	union in_sockaddr	ia_dstaddr;	/* (c) */
	union in_sockaddr	ia_mask;	/* (c) */
};

/* All addresses of a vnet. */
struct in_state {
	struct mtx	is_lock;		/* "in_state" */
	LIST_HEAD(, in_ifaddr) is_addrs;	/* is_lock */
};

/* What the domains keep at an interface: how often they were attached. */
struct in_ifinfo {
	int		ii_family;		/* constant */
};

VNET_DEFINE_STATIC(struct in_state *, in_state);
#define	V_in_state	VNET(in_state)

/* --- addresses ----------------------------------------------------------- */

static void
in_announce(struct ifaddr *ifa, int event)
{
	struct ifnet *ifp = ifa->ifa_ifp;
	bool add = event == IFADDR_EVENT_ADD;

	IF_EVENT("ifaddr_event", ifp);
	EVENTHANDLER_INVOKE(ifaddr_event, ifp);
	EVENTHANDLER_INVOKE(ifaddr_event_ext, ifp, ifa, event);
	rt_newaddrmsg(add ? "RTM_NEWADDR" : "RTM_DELADDR", ifa);
	EVENTHANDLER_INVOKE(rt_addrmsg, ifa, add ? 1 : 2);
}

static struct in_ifaddr *
in_ifaddr_alloc(struct ifnet *ifp, const struct sockaddr *addr,
    const struct sockaddr *dst, const struct sockaddr *mask)
{
	struct in_ifaddr *ia;

	ia = (struct in_ifaddr *)ifa_alloc(sizeof(*ia), M_WAITOK);
	memcpy(&ia->ia_addr, addr, addr->sa_len);
	ia->ia_ifa.ifa_addr = &ia->ia_addr.sa;
	if (dst != NULL && dst->sa_len != 0) {
		memcpy(&ia->ia_dstaddr, dst,
		    MIN(dst->sa_len, sizeof(ia->ia_dstaddr)));
		ia->ia_ifa.ifa_dstaddr = &ia->ia_dstaddr.sa;
	}
	if (mask != NULL && mask->sa_len != 0)
		memcpy(&ia->ia_mask, mask,
		    MIN(mask->sa_len, sizeof(ia->ia_mask)));
	ia->ia_ifa.ifa_netmask = &ia->ia_mask.sa;
	ia->ia_ifa.ifa_ifp = ifp;
	return (ia);
}

static bool
in_sameaddr(const struct sockaddr *a, const struct sockaddr *b)
{
	const union in_sockaddr *x = (const void *)a, *y = (const void *)b;

	if (a->sa_family != b->sa_family)
		return (false);
	if (a->sa_family == AF_INET)
		return (x->sin.sin_addr.s_addr == y->sin.sin_addr.s_addr);
	return (IN6_ARE_ADDR_EQUAL(&x->sin6.sin6_addr, &y->sin6.sin6_addr));
}

/* The interface's address, with a reference. */
static struct ifaddr *
in_findaddr(struct ifnet *ifp, const struct sockaddr *addr)
{
	struct ifaddr *ifa;
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link)
		if (in_sameaddr(ifa->ifa_addr, addr) && ifa_try_ref(ifa))
			break;
	NET_EPOCH_EXIT(et);
	return (ifa);
}

/*
 * Puts a new address on its interface and into the table of the vnet.
 * ioctl-follows-interface-out: the interface may have left curvnet since the
 * request found it, and nobody would ever purge the address.
 */
static bool
in_list(struct in_ifaddr *ia)
{
	struct ifnet *ifp = ia->ia_ifa.ifa_ifp;
	struct in_state *is = V_in_state;
	bool stays;

	IFNET_RLOCK();
	stays = BUG(IOCTL_FOLLOWS) ||
	    (ifp->if_listed && ifp->if_vnet == curvnet);
	if (stays) {
		ia->ia_state = is;
		IF_ADDR_WLOCK(ifp);
		CK_STAILQ_INSERT_TAIL(&ifp->if_addrhead, &ia->ia_ifa,
		    ifa_link);
		IF_ADDR_WUNLOCK(ifp);
		ifa_ref(&ia->ia_ifa);
		mtx_lock(&is->is_lock);
		LIST_INSERT_HEAD(&is->is_addrs, ia, ia_link);
		ia->ia_listed = true;
		mtx_unlock(&is->is_lock);
	}
	IFNET_RUNLOCK();
	return (stays);
}

static int
in_addaddr(struct ifnet *ifp, struct sockaddr *addr, struct sockaddr *dst,
    struct sockaddr *mask)
{
	struct in_ifaddr *ia;
	struct ifaddr *ifa;
	int error;

	if ((ifa = in_findaddr(ifp, addr)) != NULL) {
		(void)in_purgeaddr(ifa);
		ifa_free(ifa);
	}
	ia = in_ifaddr_alloc(ifp, addr, dst, mask);
	ifa = &ia->ia_ifa;
	if (!in_list(ia)) {
		ifa_free(ifa);
		return (ENXIO);
	}
	/* The driver may have to know, and may refuse. */
	error = IF_METHOD(ifp, if_ioctl) == NULL ? 0 :
	    if_ioctl(ifp, SIOCSIFADDR, (caddr_t)ifa);
	if (error == EOPNOTSUPP)
		error = 0;
	if (error == 0)
		in_announce(ifa, IFADDR_EVENT_ADD);
	else
		(void)in_purgeaddr(ifa);
	ifa_free(ifa);
	return (error);
}

/*
 * Takes an address off its interface and out of the table of its vnet; the
 * caller has a reference.  ENOENT if somebody was faster.
 */
int
in_purgeaddr(struct ifaddr *ifa)
{
	struct in_ifaddr *ia = (struct in_ifaddr *)ifa;
	struct in_state *is = ia->ia_state;
	struct ifnet *owner = ifa->ifa_ifp;
	bool listed;

	mtx_lock(&is->is_lock);
	listed = ia->ia_listed;
	if (listed) {
		LIST_REMOVE(ia, ia_link);
		ia->ia_listed = false;
	}
	mtx_unlock(&is->is_lock);
	if (!listed)
		return (ENOENT);
	in_announce(ifa, IFADDR_EVENT_DEL);
	IF_ADDR_WLOCK(owner);
	CK_STAILQ_REMOVE(&owner->if_addrhead, ifa, ifaddr, ifa_link);
	IF_ADDR_WUNLOCK(owner);
	ifa_free(ifa);
	return (0);
}

/*
 * Protocols let go of an interface: here a walk over the table, which must
 * not hold anything of it any more.
 */
static void
in_forget(struct ifnet *ifp __diagused, int family __diagused)
{
	struct in_state *is = V_in_state;
	struct in_ifaddr *ia;

	mtx_lock(&is->is_lock);
	LIST_FOREACH(ia, &is->is_addrs, ia_link)
		KASSERT(ia->ia_ifa.ifa_ifp != ifp ||
		    ia->ia_addr.sa.sa_family != family,
		    ("%s: %s has addresses left", __func__, ifp->if_xname));
	mtx_unlock(&is->is_lock);
}

void
in_ifdetach(struct ifnet *ifp)
{
	in_forget(ifp, AF_INET);
}

void
in6_ifdetach(struct ifnet *ifp)
{
	in_forget(ifp, AF_INET6);
}

/* --- requests ------------------------------------------------------------ */

static int
in_getaddr(struct ifnet *ifp, struct sockaddr *out, size_t size, int family)
{
	struct epoch_tracker et;
	struct ifaddr *ifa;

	NET_EPOCH_ENTER(et);
	ifa = ifaof_ifpfirst(ifp, family);
	if (ifa != NULL)
		memcpy(out, ifa->ifa_addr, MIN(size, ifa->ifa_addr->sa_len));
	NET_EPOCH_EXIT(et);
	return (ifa == NULL ? EADDRNOTAVAIL : 0);
}

static int
in_deladdr(struct ifnet *ifp, const struct sockaddr *addr)
{
	struct ifaddr *ifa;
	int error;

	if ((ifa = in_findaddr(ifp, addr)) == NULL)
		return (EADDRNOTAVAIL);
	error = in_purgeaddr(ifa);
	ifa_free(ifa);
	return (error == 0 ? 0 : EADDRNOTAVAIL);
}

/* Is it an address of that family, of the right size? */
static bool
in_valid(const struct sockaddr *sa, int family, size_t size)
{
	return (sa->sa_family == family && sa->sa_len == size);
}

static int
in_control(struct socket *so __unused, u_long cmd, void *data,
    struct ifnet *ifp, struct thread *td)
{
	struct in_aliasreq *ifra = data;
	struct ifreq *ifr = data;
	int error;

	switch (cmd) {
	case SIOCGIFADDR:
		return (in_getaddr(ifp, &ifr->ifr_addr, sizeof(ifr->ifr_addr),
		    AF_INET));
	case SIOCAIFADDR:
		if ((error = priv_check(td, PRIV_NET_ADDIFADDR)) != 0)
			return (error);
		if (!in_valid((struct sockaddr *)&ifra->ifra_addr, AF_INET,
		    sizeof(ifra->ifra_addr)))
			return (EINVAL);
		return (in_addaddr(ifp, (struct sockaddr *)&ifra->ifra_addr,
		    (struct sockaddr *)&ifra->ifra_dstaddr,
		    (struct sockaddr *)&ifra->ifra_mask));
	case SIOCDIFADDR:
		if ((error = priv_check(td, PRIV_NET_DELIFADDR)) != 0)
			return (error);
		return (in_deladdr(ifp, &ifr->ifr_addr));
	case SIOCSIFADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCSIFNETMASK:
		/* Replaced by SIOCAIFADDR long ago. */
		return (EINVAL);
	default:
		return (EOPNOTSUPP);
	}
}

static int
in6_control(struct socket *so __unused, u_long cmd, void *data,
    struct ifnet *ifp, struct thread *td)
{
	struct in6_aliasreq *ifra = data;
	struct in6_ifreq *ifr = data;
	struct sockaddr *addr;
	int error;

	switch (cmd) {
	case SIOCGIFADDR_IN6:
		addr = (struct sockaddr *)&ifr->ifr_ifru.ifru_addr;
		return (in_getaddr(ifp, addr, sizeof(ifr->ifr_ifru.ifru_addr),
		    AF_INET6));
	case SIOCAIFADDR_IN6:
		if ((error = priv_check(td, PRIV_NET_ADDIFADDR)) != 0)
			return (error);
		addr = (struct sockaddr *)&ifra->ifra_addr;
		if (!in_valid(addr, AF_INET6, sizeof(ifra->ifra_addr)))
			return (EINVAL);
		return (in_addaddr(ifp, addr,
		    (struct sockaddr *)&ifra->ifra_dstaddr,
		    (struct sockaddr *)&ifra->ifra_prefixmask));
	case SIOCDIFADDR_IN6:
		if ((error = priv_check(td, PRIV_NET_DELIFADDR)) != 0)
			return (error);
		return (in_deladdr(ifp,
		    (struct sockaddr *)&ifr->ifr_ifru.ifru_addr));
	default:
		return (EOPNOTSUPP);
	}
}

/* --- data at interfaces -------------------------------------------------- */

static void *
in_ifinfo_alloc(int family)
{
	struct in_ifinfo *ii;

	ii = malloc(sizeof(*ii), M_INPROTO, M_WAITOK | M_ZERO);
	ii->ii_family = family;
	return (ii);
}

static void *
in_domifattach(struct ifnet *ifp __unused)
{
	return (in_ifinfo_alloc(AF_INET));
}

static void *
in6_domifattach(struct ifnet *ifp __unused)
{
	return (in_ifinfo_alloc(AF_INET6));
}

static void
in_domifdetach(struct ifnet *ifp __unused, void *aux)
{
	free(aux, M_INPROTO);
}

static struct protosw inetsw = {
	.pr_control = in_control,
};

static struct domain inetdomain = {
	.dom_family = AF_INET,
	.dom_name = "internet",
	.dom_ifattach = in_domifattach,
	.dom_ifdetach = in_domifdetach,
	.dom_protosw = &inetsw,
};
DOMAIN_SET(inet);

static struct protosw inet6sw = {
	.pr_control = in6_control,
};

static struct domain inet6domain = {
	.dom_family = AF_INET6,
	.dom_name = "internet6",
	.dom_ifattach = in6_domifattach,
	.dom_ifdetach = in_domifdetach,
	.dom_protosw = &inet6sw,
};
DOMAIN_SET(inet6);

/* No protocol: what user programs open to talk about interfaces. */
static struct protosw localsw;

static struct domain localdomain = {
	.dom_family = AF_LOCAL,
	.dom_name = "local",
	.dom_protosw = &localsw,
};
DOMAIN_SET(local);

/* --- per-vnet state ------------------------------------------------------ */

static void
in_vnet_init(const void *unused __unused)
{
	struct in_state *is;

	is = malloc(sizeof(*is), M_INPROTO, M_WAITOK | M_ZERO);
	mtx_init(&is->is_lock, "in_state", NULL, MTX_DEF);
	LIST_INIT(&is->is_addrs);
	V_in_state = is;
}
VNET_SYSINIT(in_vnet, SI_SUB_PROTO_DOMAIN, SI_ORDER_FOURTH, in_vnet_init,
    NULL);

/* The newest address in the table, with a reference. */
static struct ifaddr *
in_state_first(struct in_state *is)
{
	struct in_ifaddr *ia;

	mtx_lock(&is->is_lock);
	ia = LIST_FIRST(&is->is_addrs);
	if (ia != NULL)
		ifa_ref(&ia->ia_ifa);
	mtx_unlock(&is->is_lock);
	return (ia != NULL ? &ia->ia_ifa : NULL);
}

/*
 * The interfaces of the vnet are still there, and lose their addresses now:
 * a shutting down vnet does not purge them one by one when they go.
 */
static void
in_vnet_uninit(const void *unused __unused)
{
	struct in_state *is = V_in_state;
	struct ifaddr *ifa;

	while ((ifa = in_state_first(is)) != NULL) {
		(void)in_purgeaddr(ifa);
		ifa_free(ifa);
	}
	mtx_destroy(&is->is_lock);
	free(is, M_INPROTO);
}
VNET_SYSUNINIT(in_vnet, SI_SUB_PROTO_DOMAIN, SI_ORDER_FOURTH, in_vnet_uninit,
    NULL);
