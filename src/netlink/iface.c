/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Links over netlink: RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK and the
 * notifications about them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sx.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_dl.h>
#include <net/if_private.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "bugs.h"
#include "if_impl.h"
#include "netlink_var.h"
#include "rtnetlink.h"

#define	DESCR_MAX	1024		/* as the sysctl that limits them */

/* --- parsing -------------------------------------------------------------- */

#define	_OUT(field)	offsetof(struct nl_parsed_link, field)
static const struct nlattr_parser linkinfo_attrs[] = {
	{ IFLA_INFO_KIND, _OUT(ifla_cloner), nlattr_get_string, NULL },
	{ IFLA_INFO_DATA, _OUT(ifla_idata), nlattr_get_nla, NULL },
};
NL_DECLARE_ATTR_PARSER(linkinfo_parser, linkinfo_attrs);

/* The alternative name goes where the name goes. */
static const struct nlattr_parser link_attrs[] = {
	{ IFLA_ADDRESS, _OUT(ifla_address), nlattr_get_nla, NULL },
	{ IFLA_IFNAME, _OUT(ifla_ifname), nlattr_get_string, NULL },
	{ IFLA_MTU, _OUT(ifla_mtu), nlattr_get_uint32, NULL },
	{ IFLA_LINK, _OUT(ifla_link), nlattr_get_uint32, NULL },
	{ IFLA_LINKINFO, 0, nlattr_get_nested, &linkinfo_parser },
	{ IFLA_IFALIAS, _OUT(ifla_ifalias), nlattr_get_string, NULL },
	{ IFLA_GROUP, _OUT(ifla_group), nlattr_get_string, NULL },
	{ IFLA_ALT_IFNAME, _OUT(ifla_ifname), nlattr_get_string, NULL },
};
#undef _OUT

/* 0, or EBADMSG for a message that is too short, or an attribute's error. */
static int
parse_link(struct nlmsghdr *hdr, struct nl_pstate *npt,
    struct nl_parsed_link *link, struct nlattr_bmask *bm)
{
	struct ifinfomsg *info = NLMSG_DATA(hdr);
	u_int fixed = sizeof(*hdr) + NLMSG_ALIGN(sizeof(*info));
	struct nlattr *attrs = (struct nlattr *)((char *)hdr + fixed);

	memset(link, 0, sizeof(*link));
	memset(bm, 0, sizeof(*bm));
	if (hdr->nlmsg_len < fixed) {
		nlmsg_report_err_msg(npt, "message too short");
		return (EBADMSG);
	}
	link->ifi_type = info->ifi_type;
	link->ifi_index = info->ifi_index;
	link->ifi_flags = info->ifi_flags;
	link->ifi_change = info->ifi_change;
	nl_get_attrs_bmask_raw(attrs, hdr->nlmsg_len - fixed, bm);
	return (nl_parse_attrs_raw(attrs, hdr->nlmsg_len - fixed, link_attrs,
	    nitems(link_attrs), npt, link));
}

/* --- describing an interface ---------------------------------------------- */

static uint8_t
link_operstate(if_t ifp)
{
	switch (if_getlinkstate(ifp)) {
	case LINK_STATE_UP:
		return (IF_OPER_UP);
	case LINK_STATE_DOWN:
		return (IF_OPER_DOWN);
	}
	return ((if_getflags(ifp) & IFF_UP) != 0 ? IF_OPER_UP : IF_OPER_DOWN);
}

/*
 * Copies the link-level address: its length, 0 if there is none.  The address
 * outlives its interface's detach by no more than an epoch section, so it may
 * be touched only if the interface was not dying when the section began, or
 * by the thread that detaches it.
 */
static u_int
link_address(if_t ifp, bool detaching, u_char *buf, u_int size)
{
	struct epoch_tracker et;
	struct sockaddr_dl *sdl;
	struct ifaddr *ifa;
	u_int len = 0;

	NET_EPOCH_ENTER(et);
	IF_ADDR_WLOCK(ifp);
	/* An attach has it at home before it gives it an address. */
	ifa = __atomic_load_n(&ifp->if_addr, __ATOMIC_ACQUIRE);
	if ((detaching || (if_getflags(ifp) & IFF_DYING) == 0) &&
	    ifa != NULL) {
		sdl = (struct sockaddr_dl *)ifa->ifa_addr;
		len = MIN(sdl->sdl_alen, size);
		memcpy(buf, LLADDR(sdl), len);
	}
	IF_ADDR_WUNLOCK(ifp);
	NET_EPOCH_EXIT(et);
	return (len);
}

static void
add_description(struct nl_writer *nw, if_t ifp)
{
	char text[DESCR_MAX];
	const char *descr;

	/* description-read-unlocked: S15 reads what may be freed meanwhile. */
	if (BUG(NL_DESCR_UNLOCKED)) {
		descr = if_getdescr(ifp);
		if (descr != NULL) {
			KFAIL_POINT_CODE(DEBUG_FP, netlink_descr, (void)0);
			nlattr_add_string(nw, IFLA_IFALIAS, descr);
		}
	} else if (if_copydescr(ifp, text, sizeof(text)) > 0)
		nlattr_add_string(nw, IFLA_IFALIAS, text);
}

/* Writes one link message: false without memory. */
static bool
dump_link(struct nl_writer *nw, if_t ifp, const struct nlmsghdr *hdr,
    u_int change)
{
	struct ifinfomsg *info;
	u_char lla[32];
	u_int len;

	if (!nlmsg_reply(nw, hdr, sizeof(*info)))
		return (false);
	info = (struct ifinfomsg *)(nw->buf + nw->hdr +
	    sizeof(struct nlmsghdr));
	info->ifi_family = AF_UNSPEC;
	info->ifi_type = if_gettype(ifp);
	info->ifi_index = if_getindex(ifp);
	info->ifi_flags = if_getflags(ifp) | if_getdrvflags(ifp);
	info->ifi_change = change;
	nlattr_add_string(nw, IFLA_IFNAME, if_name(ifp));
	nlattr_add_u8(nw, IFLA_OPERSTATE, link_operstate(ifp));
	nlattr_add_u8(nw, IFLA_CARRIER,
	    if_getlinkstate(ifp) != LINK_STATE_DOWN);
	len = link_address(ifp, hdr->nlmsg_type == RTM_DELLINK, lla,
	    sizeof(lla));
	if (len > 0)
		nlattr_add(nw, IFLA_ADDRESS, len, lla);
	nlattr_add_u32(nw, IFLA_MTU, if_getmtu(ifp));
	add_description(nw, ifp);
	ifc_dump_ifp_nl(ifp, nw);
	return (nlmsg_end(nw));
}

/* What a cloner without a dump method of its own adds. */
static void
dump_kind(if_t ifp, struct nl_writer *nw)
{
	u_int off = nlattr_add_nested(nw, IFLA_LINKINFO);

	nlattr_add_string(nw, IFLA_INFO_KIND, if_getdname(ifp));
	nlattr_set_len(nw, off);
}

/* --- RTM_GETLINK ---------------------------------------------------------- */

/* Referenced; of curvnet. */
static if_t
link_byindex(int index)
{
	struct epoch_tracker et;
	if_t ifp;

	NET_EPOCH_ENTER(et);
	ifp = ifnet_byindex_ref(index);
	NET_EPOCH_EXIT(et);
	return (ifp);
}

/* Where a dump goes. */
struct dump_arg {
	struct nl_writer	*nw;
	struct nlmsghdr		hdr;
	struct nl_parsed_link	*link;
};

/*
 * Does the interface answer the description?  The type is compared with the
 * wrong field of the request, as in FreeBSD: a request with a type finds
 * something only by accident.
 */
static bool
match_link(if_t ifp, void *arg)
{
	const struct nl_parsed_link *link = ((struct dump_arg *)arg)->link;

	if (link->ifi_index != 0 && link->ifi_index != if_getindex(ifp))
		return (false);
	if (link->ifi_type != 0 && link->ifi_index != if_gettype(ifp))
		return (false);
	return (link->ifla_ifname == NULL ||
	    strcmp(link->ifla_ifname, if_name(ifp)) == 0);
}

static int
dump_cb(if_t ifp, void *arg)
{
	struct dump_arg *da = arg;

	return (dump_link(da->nw, ifp, &da->hdr, 0) ? 0 : ENOMEM);
}

/* All links, each in a message of its own, and a last one that says so. */
static int
dump_all(struct dump_arg *da)
{
	int *result;

	da->hdr.nlmsg_flags |= NLM_F_MULTI;
	/* FreeBSD does not report what goes wrong in there. */
	(void)if_foreach_sleep(match_link, da, dump_cb, da);
	if (!nlmsg_add(da->nw, da->hdr.nlmsg_pid, da->hdr.nlmsg_seq,
	    NLMSG_DONE, NLM_F_MULTI, 0))
		return (ENOMEM);
	result = nlmsg_reserve_object(da->nw, int);
	if (result != NULL)
		*result = 0;
	return (nlmsg_end(da->nw) ? 0 : ENOMEM);
}

int
rtnl_handle_getlink(struct nlmsghdr *hdr, struct nl_pstate *npt)
{
	struct nl_parsed_link link;
	struct nlattr_bmask bm;
	struct dump_arg da = { .nw = npt->nw, .hdr = *hdr, .link = &link };
	if_t ifp;
	int error;

	error = parse_link(hdr, npt, &link, &bm);
	if (error != 0)
		return (error);
	da.hdr.nlmsg_type = RTM_NEWLINK;
	da.hdr.nlmsg_flags = 0;
	if (link.ifi_index == 0 && link.ifla_ifname == NULL)
		return (dump_all(&da));
	ifp = link.ifi_index != 0 ? link_byindex(link.ifi_index) :
	    ifunit_ref(link.ifla_ifname);
	if (ifp == NULL)
		return (ENODEV);
	error = match_link(ifp, &da) ? dump_cb(ifp, &da) : ENODEV;
	if_rele(ifp);
	return (error);
}

/* --- RTM_DELLINK ---------------------------------------------------------- */

/*
 * The cloners know interfaces by name.  With the detach lock held, an
 * interface that is listed under its name stays so, and no other has it.
 */
static int
destroy_link(if_t ifp)
{
	int error;

	KFAIL_POINT_CODE(DEBUG_FP, netlink_dellink, (void)0);
	/* delete-link-by-stale-name: S15 trusts a name that is stale by now. */
	if (BUG(NL_DELETE_BY_NAME))
		return (if_clone_destroy(if_name(ifp)));
	sx_xlock(&ifnet_detach_sxlock);
	if (ifunit(if_name(ifp)) != ifp)
		error = ENXIO;
	else
		error = if_clone_destroy(if_name(ifp));
	sx_xunlock(&ifnet_detach_sxlock);
	return (error);
}

int
rtnl_handle_dellink(struct nlmsghdr *hdr, struct nl_pstate *npt)
{
	struct nl_parsed_link link;
	struct nlattr_bmask bm;
	if_t ifp;
	int error;

	error = parse_link(hdr, npt, &link, &bm);
	if (error != 0)
		return (error);
	ifp = link_byindex(link.ifi_index);
	if (ifp == NULL) {
		nlmsg_report_err_msg(npt, "unable to find interface %d",
		    link.ifi_index);
		return (ENOENT);
	}
	error = destroy_link(ifp);
	if_rele(ifp);
	return (error);
}

/* --- RTM_NEWLINK ---------------------------------------------------------- */

static int
create_link(struct nl_parsed_link *link, struct nlattr_bmask *bm,
    struct nl_pstate *npt)
{
	struct ifc_data_nl ifd = {
		.flags = IFC_F_CREATE,
		.lattrs = link,
		.bm = bm,
		.npt = npt,
	};

	if (link->ifla_ifname == NULL || link->ifla_ifname[0] == '\0') {
		nlmsg_report_err_msg(npt, "empty IFLA_IFNAME attribute");
		return (EINVAL);
	}
	if (link->ifla_cloner == NULL || link->ifla_cloner[0] == '\0') {
		nlmsg_report_err_msg(npt, "empty IFLA_INFO_KIND attribute");
		return (EINVAL);
	}
	/* The name chooses the cloner; the kind had only to be there. */
	if (!ifc_create_held(link->ifla_ifname, &ifd))
		return (ifd.error);
	/*
	 * The interface is there even if the change that followed failed.
	 * newlink-error-leaves-interface: S15 keeps that to itself.
	 */
	if (ifd.ifp != NULL &&
	    (ifd.error == 0 || !BUG(NL_ERROR_HIDES_LINK)))
		nl_store_ifp_cookie(npt, ifd.ifp);
	ifc_create_release(&ifd);
	return (ifd.error);
}

static int
modify_link(struct nl_parsed_link *link, struct nlattr_bmask *bm,
    struct nl_pstate *npt)
{
	struct ifc_data_nl ifd = { .lattrs = link, .bm = bm, .npt = npt };
	if_t ifp;
	int error;

	if (link->ifi_index == 0 && (link->ifla_ifname == NULL ||
	    link->ifla_ifname[0] == '\0'))
		return (EPERM);
	if (link->ifi_index != 0)
		ifp = link_byindex(link->ifi_index);
	else
		ifp = ifunit_ref(link->ifla_ifname);
	if (ifp == NULL) {
		nlmsg_report_err_msg(npt, "unable to find interface %s",
		    link->ifla_ifname != NULL ? link->ifla_ifname : "");
		return (ENOENT);
	}
	if (ifc_modify_ifp_nl(ifp, &ifd))
		error = ifd.error;
	else
		error = nl_modify_ifp_generic(ifp, link, bm, npt);
	if_rele(ifp);
	return (error);
}

int
rtnl_handle_newlink(struct nlmsghdr *hdr, struct nl_pstate *npt)
{
	struct nl_parsed_link link;
	struct nlattr_bmask bm;
	int error;

	error = parse_link(hdr, npt, &link, &bm);
	if (error != 0)
		return (error);
	if ((hdr->nlmsg_flags & NLM_F_CREATE) != 0)
		return (create_link(&link, &bm, npt));
	return (modify_link(&link, &bm, npt));
}

/* --- notifications -------------------------------------------------------- */

/* Tells the listeners of the interface's vnet; any context. */
static void
notify_link(if_t ifp, uint16_t type, u_int change)
{
	struct nlmsghdr hdr = { .nlmsg_type = type };
	struct nl_writer nw;

	VS_EVENT("netlink", "%s %s vnet=%u", type == RTM_NEWLINK ?
	    "RTM_NEWLINK" : "RTM_DELLINK", if_name(ifp), curvnet->vnet_id);
	if (!nl_has_listeners(RTNLGRP_LINK))
		return;
	nl_writer_group(&nw, RTNLGRP_LINK, false);
	dump_link(&nw, ifp, &hdr, change);
	nlmsg_flush(&nw);
}

static void
on_arrival(void *arg __unused, if_t ifp)
{
	notify_link(ifp, RTM_NEWLINK, 0);
}

static void
on_departure(void *arg __unused, if_t ifp)
{
	notify_link(ifp, RTM_DELLINK, 0);
}

static void
on_link(void *arg __unused, if_t ifp, int state __unused)
{
	notify_link(ifp, RTM_NEWLINK, 0);
}

static void
on_ifmsg(void *arg __unused, if_t ifp, int change)
{
	notify_link(ifp, RTM_NEWLINK, change);
}

static const struct ifc_nl_glue netlink_glue = {
	.modify = nl_modify_ifp_generic,
	.dump_kind = dump_kind,
};

static eventhandler_tag arrival_tag, departure_tag, link_tag, ifmsg_tag;

static void
rtnl_ifaces_init(void *arg __unused)
{
	ifc_nl_glue = &netlink_glue;
	arrival_tag = EVENTHANDLER_REGISTER(ifnet_arrival_event, on_arrival,
	    NULL, EVENTHANDLER_PRI_ANY);
	departure_tag = EVENTHANDLER_REGISTER(ifnet_departure_event,
	    on_departure, NULL, EVENTHANDLER_PRI_ANY);
	link_tag = EVENTHANDLER_REGISTER(ifnet_link_event, on_link, NULL,
	    EVENTHANDLER_PRI_ANY);
	if_link_insiders++;
	ifmsg_tag = EVENTHANDLER_REGISTER(rt_ifmsg_event, on_ifmsg, NULL,
	    EVENTHANDLER_PRI_ANY);
}
SYSINIT(rtnl_ifaces, SI_SUB_INIT_IF, SI_ORDER_ANY, rtnl_ifaces_init, NULL);

static void
rtnl_ifaces_uninit(void *arg __unused)
{
	EVENTHANDLER_DEREGISTER(rt_ifmsg_event, ifmsg_tag);
	EVENTHANDLER_DEREGISTER(ifnet_link_event, link_tag);
	if_link_insiders--;
	EVENTHANDLER_DEREGISTER(ifnet_departure_event, departure_tag);
	EVENTHANDLER_DEREGISTER(ifnet_arrival_event, arrival_tag);
	ifc_nl_glue = NULL;
}
SYSUNINIT(rtnl_ifaces, SI_SUB_INIT_IF, SI_ORDER_FIRST, rtnl_ifaces_uninit,
    NULL);
