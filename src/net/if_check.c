/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What must hold whenever nobody is in the middle of something.
 */
#include "if_clone_impl.h"

#include <sys/jail.h>
#include <sys/proc.h>
#include <sys/rwlock.h>

#include <vnetsim/inspect.h>

#include "check.h"

/* One run of the checks. */
struct check {
	struct check_report *report;
	struct vnet	**vnets;		/* on the list at the start */
	u_int		nvnets;
	u_int		nlisted;		/* interfaces seen on lists */
	u_int		nmarked;		/* interfaces that say so */
};

static bool
vnet_known(struct check *ck, const struct vnet *vnet)
{
	u_int i;

	for (i = 0; i < ck->nvnets; i++)
		if (ck->vnets[i] == vnet)
			return (true);
	return (false);
}

/* Every group that an interface is in is one of its vnet's. */
static void
check_memberships(struct check_report *ck, struct ifnet *ifp)
{
	struct ifg_list *ifgl;
	struct ifg_group *ifg;

	CK_STAILQ_FOREACH(ifgl, &ifp->if_groups, ifgl_next) {
		CK_STAILQ_FOREACH(ifg, &V_ifg_head, ifg_next)
			if (ifg == ifgl->ifgl_group)
				break;
		if (ifg == NULL)
			check_failed(ck, "%s: member of a group that is not "
			    "in its vnet %u\n", ifp->if_xname,
			    curvnet->vnet_id);
	}
}

static void
check_afdata(struct check_report *ck, struct ifnet *ifp)
{
	bool any = false;
	int i;

	for (i = 0; i < IF_AFDATA_SLOTS; i++)
		any |= ifp->if_afdata[i] != NULL;
	if (any != ifp->if_listed && (ifp->if_home_vnet != NULL) &&
	    (ifp->if_listed || (ifp->if_flags & IFF_DYING) != 0))
		check_failed(ck, "%s: protocol data %s\n", ifp->if_xname,
		    any ? "left behind" : "missing");
}

static void
check_listed(struct check_report *ck, struct ifnet *ifp)
{
	struct epoch_tracker et;
	struct ifnet *oldest;

	if (ifp->if_vnet != curvnet)
		check_failed(ck, "%s: on the list of vnet %u, but not in it\n",
		    ifp->if_xname, curvnet->vnet_id);
	if (!ifp->if_listed)
		check_failed(ck, "%s: listed, and does not know\n",
		    ifp->if_xname);
	if (!ifindex_holds(ifp))
		check_failed(ck, "%s: listed without an index\n",
		    ifp->if_xname);
	if ((if_getflags(ifp) & IFF_DYING) != 0)
		check_failed(ck, "%s: listed and dying\n", ifp->if_xname);
	if (refcount_load(&ifp->if_refcount) == 0)
		check_failed(ck, "%s: listed without a reference\n",
		    ifp->if_xname);
	NET_EPOCH_ENTER(et);
	oldest = ifnames_find(ifp->if_xname);
	NET_EPOCH_EXIT(et);
	if (oldest == NULL)
		check_failed(ck, "%s: listed, but not to be found\n",
		    ifp->if_xname);
	else if (oldest != ifp && !BUG(RENAME_TAKEN) && !BUG(RECLAIM_TAKEN) &&
	    !BUG(LOAN_TAKEN))
		check_failed(ck, "%s: two of that name in vnet %u\n",
		    ifp->if_xname, curvnet->vnet_id);
	check_memberships(ck, ifp);
}

static void
check_groups(struct check_report *ck)
{
	struct ifg_member *ifgm;
	struct ifg_group *ifg;
	u_int n;

	CK_STAILQ_FOREACH(ifg, &V_ifg_head, ifg_next) {
		n = 0;
		CK_STAILQ_FOREACH(ifgm, &ifg->ifg_members, ifgm_next) {
			n++;
			if (ifgm->ifgm_ifp->if_vnet != curvnet)
				check_failed(ck, "group %s of vnet %u has a "
				    "member elsewhere\n", ifg->ifg_group,
				    curvnet->vnet_id);
		}
		if (n != ifg->ifg_refcnt || n == 0)
			check_failed(ck, "group %s of vnet %u: %u members, "
			    "count %u\n", ifg->ifg_group, curvnet->vnet_id, n,
			    ifg->ifg_refcnt);
	}
}

/* if_cloners_mtx and ifc_mtx are leaves here. */
static void
check_cloners(struct check_report *ck)
{
	struct if_clone *ifc;
	struct ifnet *ifp;
	int n = 0;

	IF_CLONERS_LOCK();
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list) {
		n++;
		IF_CLONE_LOCK(ifc);
		if (ifc->ifc_refcnt < 1)
			check_failed(ck, "cloner %s: %ld references\n",
			    ifc->ifc_name, ifc->ifc_refcnt);
		LIST_FOREACH(ifp, &ifc->ifc_iflist, if_clones) {
			if (ifp->if_cloner != ifc)
				check_failed(ck, "%s: on the list of %s, and "
				    "does not know\n", ifp->if_xname,
				    ifc->ifc_name);
			if (!ifp->if_listed)
				check_failed(ck, "%s: on the list of %s, but "
				    "not attached\n", ifp->if_xname,
				    ifc->ifc_name);
		}
		IF_CLONE_UNLOCK(ifc);
	}
	if (n != V_if_cloners_count)
		check_failed(ck, "vnet %u: %d cloners, count %d\n",
		    curvnet->vnet_id, n, V_if_cloners_count);
	IF_CLONERS_UNLOCK();
}

/* Nobody who is at home elsewhere is on the list of natives. */
static void
check_natives(struct check_report *ck)
{
	struct ifnet *ifp;

	LIST_FOREACH(ifp, &V_ifnatives, if_natives)
		if (ifp->if_home_vnet != curvnet)
			check_failed(ck, "%s: a native of vnet %u, but not at "
			    "home there\n", ifp->if_xname, curvnet->vnet_id);
}

static void
check_vnet(struct check *ck, struct vnet *vnet)
{
	struct check_report *report = ck->report;
	struct ifnet *ifp;
	u_int n = 0;

	CURVNET_SET_QUIET(vnet);
	CK_STAILQ_FOREACH(ifp, &V_ifnet, if_link) {
		n++;
		check_listed(report, ifp);
	}
	ck->nlisted += n;
	if (n != vnet->vnet_ifcnt)
		check_failed(report, "vnet %u: %u interfaces, count %u\n",
		    vnet->vnet_id, n, vnet->vnet_ifcnt);
	if (V_loif != NULL && V_loif->if_vnet != vnet)
		check_failed(report, "vnet %u: its loopback %s is elsewhere\n",
		    vnet->vnet_id, V_loif->if_xname);
	check_groups(report);
	check_natives(report);
	check_cloners(report);
	CURVNET_RESTORE();
}

static void
check_indexed(struct ifnet *ifp, void *arg)
{
	struct check *ck = arg;

	if (ifp->if_listed && vnet_known(ck, ifp->if_vnet))
		ck->nmarked++;
	if (ifp->if_home_vnet != NULL && ifp->if_home_vnet != ifp->if_vnet &&
	    !vnet_known(ck, ifp->if_home_vnet))
		check_failed(ck->report, "%s: its home is gone\n",
		    ifp->if_xname);
	if (ifp->if_listed && !ifnatives_holds(ifp) && !BUG(HOME_DANGLING))
		check_failed(ck->report, "%s: its home does not know it\n",
		    ifp->if_xname);
	check_afdata(ck->report, ifp);
}

/*
 * The vnets by address.  ifnet_detach_sxlock, which is held, keeps them;
 * their list lock comes before it.
 */
static void
check_collect(struct check *ck)
{
	struct vnet *vnet;
	u_int n, room = 64;

	for (;;) {
		ck->vnets = mallocarray(room, sizeof(*ck->vnets), M_TEMP,
		    M_WAITOK);
		n = 0;
		VNET_LIST_RLOCK_NOSLEEP();
		VNET_FOREACH(vnet) {
			if (n < room)
				ck->vnets[n] = vnet;
			n++;
		}
		VNET_LIST_RUNLOCK_NOSLEEP();
		if (n <= room)
			break;
		free(ck->vnets, M_TEMP);
		room = n * 2;
	}
	ck->nvnets = n;
}

static int
sys_check(struct thread *td __unused, void *arg)
{
	struct check ck = { .report = arg };
	u_int i;

	sx_xlock(&ifnet_detach_sxlock);
	check_collect(&ck);
	IFNET_WLOCK();
	for (i = 0; i < ck.nvnets; i++)
		check_vnet(&ck, ck.vnets[i]);
	ifindex_foreach(check_indexed, &ck);
	if (ck.nlisted != ck.nmarked)
		check_failed(ck.report, "%u interfaces on lists, %u say so\n",
		    ck.nlisted, ck.nmarked);
	IFNET_WUNLOCK();
	sx_xunlock(&ifnet_detach_sxlock);
	free(ck.vnets, M_TEMP);
	return (0);
}

unsigned
vs_check_invariants(char *buf, size_t size)
{
	return (check_run(sys_check, buf, size));
}

/* --- looking at one interface -------------------------------------------- */

struct if_inspect {
	const char		*name;
	struct vs_if_info	*info;
};

static void
if_inspect_fill(struct ifnet *ifp, struct vs_if_info *info)
{
	struct ifg_list *ifgl;
	struct ifaddr *ifa;

	memset(info, 0, sizeof(*info));
	strlcpy(info->name, ifp->if_xname, sizeof(info->name));
	info->ifnet = ifp;
	info->vnet = ifp->if_vnet;
	info->home_vnet = ifp->if_home_vnet;
	info->index = ifp->if_index;
	info->generation = ifp->if_idxgen;
	info->flags = if_getflags(ifp) | if_getdrvflags(ifp);
	info->refs = refcount_load(&ifp->if_refcount);
	info->link_state = if_getlinkstate(ifp);
	info->promisc = ifp->if_pcount;
	CK_STAILQ_FOREACH(ifgl, &ifp->if_groups, ifgl_next) {
		if (info->groups[0] != '\0')
			strlcat(info->groups, " ", sizeof(info->groups));
		strlcat(info->groups, ifgl->ifgl_group->ifg_group,
		    sizeof(info->groups));
	}
	CK_STAILQ_FOREACH(ifa, &ifp->if_addrhead, ifa_link)
		if (ifa->ifa_addr->sa_family != AF_LINK)
			info->addresses++;
	IF_ADDR_WLOCK(ifp);
	if (if_getlladdr(ifp) != NULL && ifp->if_addrlen == 6)
		memcpy(info->lladdr, if_getlladdr(ifp), 6);
	IF_ADDR_WUNLOCK(ifp);
}

static int
sys_if_inspect(struct thread *td, void *arg)
{
	struct if_inspect *args = arg;
	struct epoch_tracker et;
	struct ifnet *ifp;

	CURVNET_SET(TD_TO_VNET(td));
	IFNET_RLOCK();
	NET_EPOCH_ENTER(et);
	if ((ifp = ifnames_find(args->name)) != NULL)
		if_inspect_fill(ifp, args->info);
	NET_EPOCH_EXIT(et);
	IFNET_RUNLOCK();
	CURVNET_RESTORE();
	return (ifp == NULL ? ENXIO : 0);
}

int
vs_if_inspect(const char *name, struct vs_if_info *info)
{
	struct if_inspect args = { name, info };

	return (syscall_run("if_inspect", sys_if_inspect, &args));
}
