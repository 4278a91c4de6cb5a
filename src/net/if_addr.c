/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Addresses of interfaces, the link-level one first.
 */
#include "if_impl.h"

#include <sys/sockio.h>
#include <netinet/in.h>

/* --- references ---------------------------------------------------------- */

struct ifaddr *
ifa_alloc(size_t size, int flags)
{
	struct ifaddr *new;

	KASSERT(size >= sizeof(*new),
	    ("%s: invalid size %zu", __func__, size));
	new = malloc(size, M_IFADDR, M_ZERO | flags);
	if (new != NULL)
		refcount_init(&new->ifa_refcnt, 1);
	return (new);
}

static void
ifa_destroy(epoch_context_t ctx)
{
	free(__containerof(ctx, struct ifaddr, ifa_epoch_ctx), M_IFADDR);
}

void
ifa_ref(struct ifaddr *ifa)
{
	u_int before __diagused = refcount_acquire(&ifa->ifa_refcnt);

	KASSERT(before > 0, ("%s: ifa %p has 0 refs", __func__, ifa));
}

int
ifa_try_ref(struct ifaddr *ifa)
{
	NET_EPOCH_ASSERT();
	return (refcount_acquire_if_not_zero(&ifa->ifa_refcnt));
}

void
ifa_free(struct ifaddr *ifa)
{
	if (refcount_release(&ifa->ifa_refcnt))
		NET_EPOCH_RECLAIM(ifa_destroy, &ifa->ifa_epoch_ctx);
}

struct ifaddr *
ifaof_ifpfirst(if_t ifp, int family)
{
	struct ifaddr *ifa;

	NET_EPOCH_ASSERT();
	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link)
		if (ifa->ifa_addr->sa_family == family)
			return (ifa);
	return (NULL);
}

/* --- the link-level address ---------------------------------------------- */

/*
 * In a sockaddr_dl the bytes stand behind the name, and a rename moves them.
 * In FreeBSD if_getlladdr() points there, and who reads without a lock may get
 * bytes from two places.  These stay where they are.  Drivers write to what
 * if_getlladdr() returns, so once set they are the ones that count.
 */
struct lladdr_copy {
	bool		lc_set;		/* atomic */
	u_char		lc_bytes[];	/* (a) */
};

static struct lladdr_copy *
lladdr_copy(const struct ifaddr *ifa)
{
	const struct sockaddr_dl *sdl;

	sdl = (const struct sockaddr_dl *)ifa->ifa_addr;
	return ((void *)((char *)ifa->ifa_addr + 2 * sdl->sdl_len));
}

/* A link layer of somebody else's may have filled in ifa_addr itself. */
static caddr_t
lladdr_bytes(const struct ifaddr *ifa)
{
	struct lladdr_copy *lc = lladdr_copy(ifa);

	if (__atomic_load_n(&lc->lc_set, __ATOMIC_ACQUIRE))
		return ((caddr_t)lc->lc_bytes);
	return (LLADDR((struct sockaddr_dl *)ifa->ifa_addr));
}

/*
 * Address, mask and copy in one piece, the first two with room for the longest
 * name each: a rename must not fail.
 */
void
if_addr_create(struct ifnet *ifp)
{
	size_t socksize, namelen = strlen(ifp->if_xname);
	struct sockaddr_dl *sdl;
	struct ifaddr *ifa;

	socksize = offsetof(struct sockaddr_dl, sdl_data) + IFNAMSIZ;
	socksize = roundup2(MAX(socksize, sizeof(*sdl)) + ifp->if_addrlen,
	    sizeof(long));
	ifa = ifa_alloc(sizeof(*ifa) + 3 * socksize, M_WAITOK);
	sdl = (struct sockaddr_dl *)(ifa + 1);
	sdl->sdl_len = socksize;
	sdl->sdl_family = AF_LINK;
	memcpy(sdl->sdl_data, ifp->if_xname, namelen);
	sdl->sdl_nlen = namelen;
	sdl->sdl_index = ifp->if_index;
	sdl->sdl_type = ifp->if_type;
	ifa->ifa_ifp = ifp;
	ifa->ifa_addr = (struct sockaddr *)sdl;
	sdl = (struct sockaddr_dl *)((char *)sdl + socksize);
	ifa->ifa_netmask = (struct sockaddr *)sdl;
	sdl->sdl_len = offsetof(struct sockaddr_dl, sdl_data) + namelen;
	memset(sdl->sdl_data, 0xff, namelen);
	CK_STAILQ_INSERT_HEAD(&ifp->if_addrhead, ifa, ifa_link);
	__atomic_store_n(&ifp->if_addr, ifa, __ATOMIC_RELEASE);
	if (ifp->if_type == IFT_ETHER)
		ifp->if_hw_addr = malloc(ifp->if_addrlen, M_IFADDR,
		    M_WAITOK | M_ZERO);
}

/*
 * The last step of a detach.  if_addr goes with the address, so that whoever
 * still holds the interface finds none.
 */
void
if_addr_destroy(struct ifnet *ifp)
{
	struct ifaddr *ifa;

	IF_ADDR_WLOCK(ifp);
	/* link-address-used-after-detach: the pointer was left to dangle. */
	if (!BUG(LLADDR_AFTER_DETACH))
		__atomic_store_n(&ifp->if_addr, NULL, __ATOMIC_RELEASE);
	while ((ifa = CK_STAILQ_FIRST(&ifp->if_addrhead)) != NULL) {
		CK_STAILQ_REMOVE_HEAD(&ifp->if_addrhead, ifa_link);
		ifa_free(ifa);
	}
	IF_ADDR_WUNLOCK(ifp);
	if_purgemaddrs(ifp);
}

/* The name stands in front of the address bytes, which move along. */
void
if_addr_setname(struct ifnet *ifp, const char *name)
{
	struct sockaddr_dl *sdl;
	struct ifaddr *ifa = ifp->if_addr;
	u_char lladdr[64];
	size_t len = strlen(name);

	IF_ADDR_WLOCK_ASSERT(ifp);
	if (ifa == NULL)
		return;
	sdl = (struct sockaddr_dl *)ifa->ifa_addr;
	memcpy(lladdr, lladdr_bytes(ifa), sdl->sdl_alen);
	memset(sdl->sdl_data, 0, sdl->sdl_nlen + sdl->sdl_alen);
	memcpy(sdl->sdl_data, name, len);
	sdl->sdl_nlen = len;
	memcpy(LLADDR(sdl), lladdr, sdl->sdl_alen);
	sdl = (struct sockaddr_dl *)ifa->ifa_netmask;
	sdl->sdl_len = offsetof(struct sockaddr_dl, sdl_data) + len;
	memset(sdl->sdl_data, 0, IFNAMSIZ);
	memset(sdl->sdl_data, 0xff, len);
}

caddr_t
if_getlladdr(const if_t ifp)
{
	struct ifaddr *ifa;

	ifa = __atomic_load_n(&ifp->if_addr, __ATOMIC_ACQUIRE);
	if (ifa == NULL)
		return (NULL);
	return (lladdr_bytes(ifa));
}

void
if_addr_setbytes(struct ifnet *ifp, const void *lladdr, size_t len)
{
	struct ifaddr *ifa = ifp->if_addr;
	struct sockaddr_dl *sdl = (struct sockaddr_dl *)ifa->ifa_addr;

	IF_ADDR_WLOCK_ASSERT(ifp);
	sdl->sdl_alen = len;
	memcpy(LLADDR(sdl), lladdr, len);
	memcpy(lladdr_copy(ifa)->lc_bytes, lladdr, len);
	__atomic_store_n(&lladdr_copy(ifa)->lc_set, true, __ATOMIC_RELEASE);
}

void
if_addr_refresh(struct ifaddr *ifa)
{
	struct sockaddr_dl *sdl = (struct sockaddr_dl *)ifa->ifa_addr;

	IF_ADDR_WLOCK_ASSERT(ifa->ifa_ifp);
	memmove(LLADDR(sdl), lladdr_bytes(ifa), sdl->sdl_alen);
}

/* Devices that filter by their address must be told to start over. */
static void
if_reinit(struct ifnet *ifp)
{
	struct ifreq ifr;
	int i;

	if ((if_getflags(ifp) & IFF_UP) == 0 || IF_METHOD(ifp, if_ioctl) == NULL)
		return;
	for (i = 0; i < 2; i++) {
		if_setflagbits(ifp, i == 1 ? IFF_UP : 0, i == 0 ? IFF_UP : 0);
		memset(&ifr, 0, sizeof(ifr));
		ifr.ifr_flags = if_getflags(ifp) & 0xffff;
		ifr.ifr_flagshigh = if_getflags(ifp) >> 16;
		(void)if_ioctl(ifp, SIOCSIFFLAGS, (caddr_t)&ifr);
	}
}

int
if_setlladdr(if_t ifp, const u_char *lladdr, int len)
{
	struct sockaddr_dl *sdl;
	struct ifaddr *ifa;

	IF_ADDR_WLOCK(ifp);
	ifa = ifp->if_addr;
	sdl = ifa != NULL ? (struct sockaddr_dl *)ifa->ifa_addr : NULL;
	if (sdl == NULL || len != sdl->sdl_alen) {
		IF_ADDR_WUNLOCK(ifp);
		return (EINVAL);
	}
	switch (ifp->if_type) {
	case IFT_ETHER:
	case IFT_L2VLAN:
	case IFT_BRIDGE:
	case IFT_IEEE8023ADLAG:
		if_addr_setbytes(ifp, lladdr, len);
		IF_ADDR_WUNLOCK(ifp);
		break;
	default:
		IF_ADDR_WUNLOCK(ifp);
		return (ENODEV);
	}
	if_reinit(ifp);
	IF_EVENT("iflladdr_event", ifp);
	EVENTHANDLER_INVOKE(iflladdr_event, ifp);
	return (0);
}

int
if_gethwaddr(const if_t ifp, struct ifreq *ifr)
{
	if (ifp->if_hw_addr == NULL)
		return (ENODEV);
	memcpy(ifr->ifr_addr.sa_data, ifp->if_hw_addr, ifp->if_addrlen);
	ifr->ifr_addr.sa_family = AF_LINK;
	ifr->ifr_addr.sa_len = ifp->if_addrlen;
	return (0);
}

struct sockaddr_dl *
link_init_sdl(struct ifnet *ifp, struct sockaddr *sa, u_char iftype)
{
	struct sockaddr_dl *sdl = (struct sockaddr_dl *)(void *)sa;

	*sdl = (struct sockaddr_dl) {
		.sdl_len = sizeof(*sdl),
		.sdl_family = AF_LINK,
		.sdl_type = iftype,
		.sdl_index = ifp->if_index,
	};
	return (sdl);
}

/* --- all of them --------------------------------------------------------- */

/* The first address that is not link-level, with a reference. */
static struct ifaddr *
if_firstaddr(struct ifnet *ifp)
{
	struct ifaddr *ifa;
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link)
		if (ifa->ifa_addr->sa_family != AF_LINK && ifa_try_ref(ifa))
			break;
	NET_EPOCH_EXIT(et);
	return (ifa);
}

void
if_purgeaddrs(if_t ifp)
{
	struct ifaddr *ifa;

	while ((ifa = if_firstaddr(ifp)) != NULL) {
		switch (ifa->ifa_addr->sa_family) {
		case AF_INET:
		case AF_INET6:
			(void)in_purgeaddr(ifa);
			break;
		default:
			IF_ADDR_WLOCK(ifp);
			CK_STAILQ_REMOVE(&ifp->if_addrhead, ifa, ifaddr,
			    ifa_link);
			IF_ADDR_WUNLOCK(ifp);
			ifa_free(ifa);
			break;
		}
		ifa_free(ifa);
	}
}
