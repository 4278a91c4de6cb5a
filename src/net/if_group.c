/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface groups: names under which several interfaces of a vnet can be
 * addressed.  A group exists as long as it has members.
 *
 * A membership is one object that hangs on both lists, so that joining and
 * leaving cost the same in a group of a hundred thousand.
 */
#include "if_impl.h"

#define	GROUP_EVENT(name, group)					\
	VS_EVENT("event", name " %s vnet=%u", (group), curvnet->vnet_id)

static struct ifg_group *
group_find(const char *name)
{
	struct ifg_group *ifg;

	CK_STAILQ_FOREACH(ifg, &V_ifg_head, ifg_next)
		if (strncmp(ifg->ifg_group, name, IFNAMSIZ) == 0)
			return (ifg);
	return (NULL);
}

static struct ifg_list *
membership_find(struct ifnet *ifp, const char *name)
{
	struct ifg_list *ifgl;

	CK_STAILQ_FOREACH(ifgl, &ifp->if_groups, ifgl_next)
		if (strncmp(ifgl->ifgl_group->ifg_group, name,
		    IFNAMSIZ) == 0)
			return (ifgl);
	return (NULL);
}

/*
 * May the interface join a group of curvnet now?  Its place on a list is
 * what counts: a detach or a move takes it off the list first and leaves all
 * groups afterwards.
 */
static int
group_check(struct ifnet *ifp)
{
	bool dying = (if_getflags(ifp) & IFF_DYING) != 0;

	IFNET_WLOCK_ASSERT();
	/* Drivers may join before the first attach. */
	if (ifp->if_home_vnet == NULL)
		return (0);
	if (dying && !BUG(GROUP_AFTER_DETACH))
		return (ENXIO);
	if (!dying && (!ifp->if_listed || ifp->if_vnet != curvnet) &&
	    !BUG(GROUP_WRONG_VNET))
		return (ENXIO);
	return (0);
}

/*
 * The new membership; `isnew` tells whether the group was made for it.
 * IFNET_WLOCK.
 */
static int
group_join(struct ifnet *ifp, const char *name, struct ifg_group **ifgp,
    bool *isnew)
{
	struct ifg_group *ifg;
	struct ifg_list *ifgl;

	if (membership_find(ifp, name) != NULL)
		return (EEXIST);
	if ((ifgl = malloc(sizeof(*ifgl), M_TEMP, M_NOWAIT | M_ZERO)) == NULL)
		return (ENOMEM);
	ifg = group_find(name);
	*isnew = ifg == NULL;
	if (ifg == NULL) {
		ifg = malloc(sizeof(*ifg), M_TEMP, M_NOWAIT | M_ZERO);
		if (ifg == NULL) {
			free(ifgl, M_TEMP);
			return (ENOMEM);
		}
		CK_STAILQ_INIT(&ifg->ifg_members);
		strlcpy(ifg->ifg_group, name, IFNAMSIZ);
		CK_STAILQ_INSERT_TAIL(&V_ifg_head, ifg, ifg_next);
	}
	ifg->ifg_refcnt++;
	ifgl->ifgl_group = ifg;
	ifgl->ifgl_member.ifgm_ifp = ifp;
	IF_ADDR_WLOCK(ifp);
	STAILQ_PREV_INSERT(&ifg->ifg_members, &ifgl->ifgl_member, ifgm_next,
	    ifgm_prev);
	CK_STAILQ_INSERT_TAIL(&ifp->if_groups, ifgl, ifgl_next);
	IF_ADDR_WUNLOCK(ifp);
	*ifgp = ifg;
	return (0);
}

static int
group_add(struct ifnet *ifp, const char *name, bool internal)
{
	struct ifg_group *ifg;
	size_t len = strnlen(name, IFNAMSIZ);
	bool isnew;
	int error;

	if (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9')
		return (EINVAL);
	IFNET_WLOCK();
	if ((error = internal ? 0 : group_check(ifp)) == 0)
		error = group_join(ifp, name, &ifg, &isnew);
	IFNET_WUNLOCK();
	if (error != 0)
		return (error);
	if (isnew) {
		GROUP_EVENT("group_attach_event", name);
		EVENTHANDLER_INVOKE(group_attach_event, ifg);
	}
	GROUP_EVENT("group_change_event", name);
	EVENTHANDLER_INVOKE(group_change_event, name);
	return (0);
}

int
if_addgroup(if_t ifp, const char *name)
{
	IF_PAUSE(if_addgroup_enter);
	return (group_add(ifp, name, false));
}

int
if_joingroup(struct ifnet *ifp, const char *name)
{
	return (group_add(ifp, name, true));
}

/*
 * Drops the list lock, then waits for readers of the interface's groups.
 */
static void
group_leave_locked(struct ifnet *ifp, struct ifg_list *ifgl)
{
	struct ifg_group *ifg = ifgl->ifgl_group;
	char name[IFNAMSIZ];
	bool last;

	IFNET_WLOCK_ASSERT();
	strlcpy(name, ifg->ifg_group, sizeof(name));
	IF_ADDR_WLOCK(ifp);
	CK_STAILQ_REMOVE(&ifp->if_groups, ifgl, ifg_list, ifgl_next);
	IF_ADDR_WUNLOCK(ifp);
	STAILQ_PREV_REMOVE(&ifg->ifg_members, &ifgl->ifgl_member, ifgm_next,
	    ifgm_prev);
	last = --ifg->ifg_refcnt == 0;
	/* group-joined-in-left-vnet: it may be another vnet's group. */
	if (last)
		CK_STAILQ_REMOVE(&V_ifg_head, ifg, ifg_group, ifg_next);
	IFNET_WUNLOCK();
	NET_EPOCH_WAIT();
	GROUP_EVENT("group_change_event", name);
	EVENTHANDLER_INVOKE(group_change_event, name);
	if (last) {
		GROUP_EVENT("group_detach_event", name);
		EVENTHANDLER_INVOKE(group_detach_event, ifg);
		free(ifg, M_TEMP);
	}
	free(ifgl, M_TEMP);
}

int
if_delgroup(if_t ifp, const char *name)
{
	struct ifg_list *ifgl;

	IFNET_WLOCK();
	/* Moved since the caller found it: the groups are another vnet's. */
	if (ifp->if_vnet != curvnet && !BUG(GROUP_WRONG_VNET)) {
		IFNET_WUNLOCK();
		return (ENXIO);
	}
	if ((ifgl = membership_find(ifp, name)) == NULL) {
		IFNET_WUNLOCK();
		return (ENOENT);
	}
	group_leave_locked(ifp, ifgl);
	return (0);
}

void
if_delgroups(struct ifnet *ifp)
{
	struct ifg_list *ifgl;

	IFNET_WLOCK();
	while ((ifgl = CK_STAILQ_FIRST(&ifp->if_groups)) != NULL) {
		group_leave_locked(ifp, ifgl);
		IFNET_WLOCK();
	}
	IFNET_WUNLOCK();
}

/* --- requests ------------------------------------------------------------ */

/* One record to the user, as long as there is room for it. */
static int
group_copyout(struct ifg_req **upp, u_int *len, const char *name)
{
	struct ifg_req ifgrq = { 0 };
	int error;

	if (*len < sizeof(ifgrq))
		return (EINVAL);
	strlcpy(ifgrq.ifgrq_group, name, sizeof(ifgrq.ifgrq_group));
	if ((error = copyout(&ifgrq, *upp, sizeof(ifgrq))) != 0)
		return (error);
	(*upp)++;
	*len -= sizeof(ifgrq);
	return (0);
}

static int
group_list(struct ifgroupreq *ifgr, struct ifnet *ifp)
{
	struct ifg_req *up = ifgr->ifgr_groups;
	u_int len = ifgr->ifgr_len;
	struct ifg_list *ifgl;
	int error;

	CK_STAILQ_FOREACH(ifgl, &ifp->if_groups, ifgl_next) {
		if (ifgr->ifgr_len == 0) {
			len += sizeof(struct ifg_req);
			continue;
		}
		error = group_copyout(&up, &len, ifgl->ifgl_group->ifg_group);
		if (error != 0)
			return (error);
	}
	if (ifgr->ifgr_len == 0)
		ifgr->ifgr_len = len;
	return (0);
}

/* SIOCGIFGROUP */
int
if_getgroup(struct ifgroupreq *ifgr, struct ifnet *ifp)
{
	struct epoch_tracker et;
	int error;

	/* copyout-inside-epoch: user memory may have to be waited for. */
	if (BUG(COPYOUT_IN_EPOCH)) {
		NET_EPOCH_ENTER(et);
		error = group_list(ifgr, ifp);
		NET_EPOCH_EXIT(et);
		return (error);
	}
	IFNET_RLOCK();
	error = group_list(ifgr, ifp);
	IFNET_RUNLOCK();
	return (error);
}

/* SIOCGIFGMEMB */
int
if_getgroupmembers(struct ifgroupreq *ifgr)
{
	struct ifg_req *up = ifgr->ifgr_groups;
	u_int len = ifgr->ifgr_len;
	struct ifg_member *ifgm;
	struct ifg_group *ifg;
	int error = 0;

	IFNET_RLOCK();
	if ((ifg = group_find(ifgr->ifgr_name)) == NULL) {
		IFNET_RUNLOCK();
		return (ENOENT);
	}
	CK_STAILQ_FOREACH(ifgm, &ifg->ifg_members, ifgm_next) {
		if (ifgr->ifgr_len == 0)
			len += sizeof(struct ifg_req);
		else if ((error = group_copyout(&up, &len,
		    ifgm->ifgm_ifp->if_xname)) != 0)
			break;
	}
	IFNET_RUNLOCK();
	if (ifgr->ifgr_len == 0)
		ifgr->ifgr_len = len;
	return (error);
}
