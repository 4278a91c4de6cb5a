/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Names of interfaces: look-up, renaming; and walks over all of a vnet.
 */
#include "if_impl.h"

/* --- look-up ------------------------------------------------------------- */

if_t
ifunit(const char *name)
{
	struct epoch_tracker et;
	if_t found;

	NET_EPOCH_ENTER(et);
	found = ifnames_find(name);
	NET_EPOCH_EXIT(et);
	return (found);
}

if_t
ifunit_ref(const char *name)
{
	struct epoch_tracker et;
	if_t found;

	NET_EPOCH_ENTER(et);
	found = ifnames_find(name);
	if (found != NULL && ((if_getflags(found) & IFF_DYING) != 0 ||
	    !if_try_ref(found)))
		found = NULL;
	NET_EPOCH_EXIT(et);
	return (found);
}

/* --- renaming ------------------------------------------------------------ */

/*
 * Stores the name, in the interface and in its link-level address, which a
 * detach may have taken away by now.
 */
static void
rename_store(struct ifnet *ifp, const char *name)
{
	IFNET_WLOCK();
	IF_ADDR_WLOCK(ifp);
	strlcpy(ifp->if_xname, name, IFNAMSIZ);
	if_addr_setname(ifp, name);
	IF_ADDR_WUNLOCK(ifp);
	if (ifp->if_listed) {
		CURVNET_SET_QUIET(ifp->if_vnet);
		ifnames_rename(ifp, name);
		CURVNET_RESTORE();
	}
	IFNET_WUNLOCK();
	VS_LEDGER(rename, VS_IFNET, ifp, name);
}

/* ENXIO if the interface has left; a hint without the detach lock. */
static int
rename_test(struct ifnet *ifp)
{
	if (!BUG(LLADDR_AFTER_DETACH) && (if_getflags(ifp) & IFF_DYING) != 0)
		return (ENXIO);
	if (!BUG(IOCTL_FOLLOWS) && if_getvnet(ifp) != curvnet)
		return (ENXIO);
	return (0);
}

/*
 * Tests the name and, but for rename-to-taken-name, keeps it until the rename
 * is done.
 */
static int
rename_begin(struct ifnet *ifp, const char *name)
{
	int error;

	if ((error = rename_test(ifp)) != 0)
		return (error);
	if (BUG(RENAME_TAKEN))
		return (ifunit(name) != NULL ? EEXIST : 0);
	return (ifnames_reserve(name));
}

static void
rename_end(const char *name)
{
	if (!BUG(RENAME_TAKEN))
		ifnames_release(name);
}

/* The name that it had is left in `old_name`. */
static void
rename_do(struct ifnet *ifp, const char *name, char *old_name)
{
	/* Listeners that keep something by name let go, and come back. */
	if_setflagbits(ifp, IFF_RENAMING, 0);
	IF_EVENT("ifnet_departure_event", ifp);
	EVENTHANDLER_INVOKE(ifnet_departure_event, ifp);
	if_log(ifp, 6, "changing name to '%s'\n", name);
	strlcpy(old_name, ifp->if_xname, IFNAMSIZ);
	rename_store(ifp, name);
	IF_EVENT("ifnet_arrival_event", ifp);
	EVENTHANDLER_INVOKE(ifnet_arrival_event, ifp);
	if_setflagbits(ifp, 0, IFF_RENAMING);
}

/*
 * The name is kept in this vnet, so the interface has to stay in it as long,
 * and no listener may hear of it from two vnets at once: that is what the
 * detach lock is for.  ioctl-follows-interface-out: S15 does without.
 */
static int
rename_here(struct ifnet *ifp, const char *name, char *old_name)
{
	int error;

	if (BUG(IOCTL_FOLLOWS)) {
		rename_do(ifp, name, old_name);
		return (0);
	}
	sx_xlock(&ifnet_detach_sxlock);
	if ((error = rename_test(ifp)) == 0)
		rename_do(ifp, name, old_name);
	sx_xunlock(&ifnet_detach_sxlock);
	return (error);
}

int
if_rename(if_t ifp, char *new_name)
{
	char old_name[IFNAMSIZ], data[IFNAMSIZ + 8];
	int error;

	if (new_name[0] == '\0')
		return (EINVAL);
	if (strcmp(new_name, ifp->if_xname) == 0)
		return (0);
	if ((error = rename_begin(ifp, new_name)) != 0)
		return (error);
	IF_PAUSE(if_rename_checked);
	error = rename_here(ifp, new_name, old_name);
	rename_end(new_name);
	if (error != 0)
		return (error);
	snprintf(data, sizeof(data), "name=%s", new_name);
	if_devctl("IFNET", old_name, "RENAME", data);
	return (0);
}

int
if_setname(if_t ifp, const char *name)
{
	if (strnlen(name, IFNAMSIZ) == IFNAMSIZ)
		return (ENAMETOOLONG);
	strlcpy(ifp->if_xname, name, IFNAMSIZ);
	VS_LEDGER(rename, VS_IFNET, ifp, ifp->if_xname);
	return (0);
}

/* --- walks --------------------------------------------------------------- */

int
if_foreach(if_foreach_cb_t cb, void *cb_arg)
{
	struct ifnet *ifp;
	int error = 0;

	NET_EPOCH_ASSERT();
	MPASS(cb != NULL);
	CK_STAILQ_FOREACH(ifp, &V_ifnet, if_link)
		if ((error = cb(ifp, cb_arg)) != 0)
			break;
	return (error);
}

/*
 * References to all interfaces that match, at most `room`; returns how many
 * there are.
 */
static u_int
if_collect(if_foreach_match_t match_cb, void *match_arg, struct ifnet **ifps,
    u_int room)
{
	u_int n = 0;
	struct ifnet *ifp;
	struct epoch_tracker et;

	NET_EPOCH_ENTER(et);
	CK_STAILQ_FOREACH(ifp, &V_ifnet, if_link) {
		if (match_cb != NULL && !match_cb(ifp, match_arg))
			continue;
		if (n < room) {
			if (!if_try_ref(ifp))
				continue;
			ifps[n] = ifp;
		}
		n++;
	}
	NET_EPOCH_EXIT(et);
	return (n);
}

int
if_foreach_sleep(if_foreach_match_t match_cb, void *match_arg,
    if_foreach_cb_t cb, void *cb_arg)
{
	struct ifnet **ifps;
	u_int i, n, room = 16;
	int error = 0;

	for (;;) {
		ifps = mallocarray(room, sizeof(*ifps), M_TEMP, M_WAITOK);
		n = if_collect(match_cb, match_arg, ifps, room);
		if (n <= room)
			break;
		for (i = 0; i < room; i++)
			if_rele(ifps[i]);
		free(ifps, M_TEMP);
		room = n * 2;
	}
	for (i = 0; i < n; i++) {
		if (error == 0)
			error = cb(ifps[i], cb_arg);
		if_rele(ifps[i]);
	}
	free(ifps, M_TEMP);
	return (error);
}

/* The first context is what the next step returns. */
if_t
if_iter_next(struct if_iter *iter)
{
	if_t now = iter->context[0];

	iter->context[0] = now == NULL ? NULL : CK_STAILQ_NEXT(now, if_link);
	return (now);
}

if_t
if_iter_start(struct if_iter *iter)
{
	NET_EPOCH_ASSERT();
	*iter = (struct if_iter) { { CK_STAILQ_FIRST(&V_ifnet) } };
	return (if_iter_next(iter));
}

void
if_iter_finish(struct if_iter *iter __unused)
{
	/* Nothing is held but the caller's epoch section. */
}

struct ifaddr *
ifa_iter_next(struct ifa_iter *iter)
{
	struct ifaddr *now = iter->context[0];

	iter->context[0] = now == NULL ? NULL : CK_STAILQ_NEXT(now, ifa_link);
	return (now);
}

struct ifaddr *
ifa_iter_start(if_t ifp, struct ifa_iter *iter)
{
	NET_EPOCH_ASSERT();
	*iter = (struct ifa_iter) { { CK_STAILQ_FIRST(&ifp->if_addrhead) } };
	return (ifa_iter_next(iter));
}

void
ifa_iter_finish(struct ifa_iter *iter __unused)
{
	/* As above. */
}

u_int
if_foreach_addr_type(if_t ifp, int type, if_addr_cb_t cb, void *cb_arg)
{
	struct epoch_tracker et;
	struct ifaddr *ifa;
	u_int count = 0;

	MPASS(cb != NULL);
	NET_EPOCH_ENTER(et);
	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link)
		if (ifa->ifa_addr->sa_family == type)
			count += cb(cb_arg, ifa, count);
	NET_EPOCH_EXIT(et);
	return (count);
}

struct lladdr_call {
	if_t		ifp;
	iflladdr_cb_t	*cb;
	void		*arg;
};

/* With the address as it is at one moment: a rename changes it in place. */
static u_int
lladdr_call(void *arg, struct ifaddr *ifa, u_int count)
{
	const struct lladdr_call *call = arg;
	union {
		struct sockaddr_dl sdl;
		char	bytes[UCHAR_MAX];
	} copy;

	IF_ADDR_WLOCK(call->ifp);
	if_addr_refresh(ifa);
	memcpy(&copy, ifa->ifa_addr, ifa->ifa_addr->sa_len);
	IF_ADDR_WUNLOCK(call->ifp);
	return (call->cb(call->arg, &copy.sdl, count));
}

u_int
if_foreach_lladdr(if_t ifp, iflladdr_cb_t cb, void *cb_arg)
{
	struct lladdr_call call = { ifp, cb, cb_arg };

	MPASS(cb != NULL);
	return (if_foreach_addr_type(ifp, AF_LINK, lladdr_call, &call));
}

u_int
if_foreach_llmaddr(if_t ifp, iflladdr_cb_t cb, void *cb_arg)
{
	struct epoch_tracker et;
	struct ifmultiaddr *ifma;
	u_int count = 0;

	MPASS(cb != NULL);
	NET_EPOCH_ENTER(et);
	CK_STAILQ_FOREACH(ifma, &ifp->if_multiaddrs, ifma_link)
		if (ifma->ifma_addr->sa_family == AF_LINK)
			count += cb(cb_arg, (struct sockaddr_dl *)
			    ifma->ifma_addr, count);
	NET_EPOCH_EXIT(et);
	return (count);
}

static u_int
count_one(void *arg __unused, struct sockaddr_dl *sdl __unused,
    u_int count __unused)
{
	return (1);
}

u_int
if_lladdr_count(if_t ifp)
{
	return (if_foreach_lladdr(ifp, count_one, NULL));
}

u_int
if_llmaddr_count(if_t ifp)
{
	return (if_foreach_llmaddr(ifp, count_one, NULL));
}

bool
if_maddr_empty(if_t ifp)
{
	return (CK_STAILQ_EMPTY(&ifp->if_multiaddrs));
}
