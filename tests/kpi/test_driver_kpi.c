/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A driver from outside the tree: it includes what such a driver for 15
 * includes, in FreeBSD's order, reaches into no structure, registers with
 * version 2 of the request and speaks netlink.
 */
#include "opt_inet.h"
#include "opt_inet6.h"
#include "opt_rss.h"

#include <sys/param.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/hash.h>
#include <sys/interrupt.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/module.h>
#include <sys/proc.h>
#include <sys/queue.h>
#include <sys/rman.h>
#include <sys/sched.h>
#include <sys/smp.h>
#include <sys/socket.h>
#include <sys/sockio.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <sys/systm.h>
#include <sys/taskqueue.h>
#include <machine/bus.h>
#include <net/bpf.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/if_bridgevar.h>
#include <net/if_clone.h>
#include <net/if_dl.h>
#include <net/if_llc.h>
#include <net/if_media.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <net/if_vlan_var.h>
#include <net/netisr.h>
#include <net/pfil.h>
#include <net/route.h>
#include <net/vnet.h>
#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/in_var.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_var.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netinet6/in6_var.h>
#include <netinet6/ip6_var.h>
#include <netlink/netlink.h>
#include <netlink/netlink_ctl.h>
#include <netlink/netlink_route.h>
#include <netlink/route/route_var.h>
#include <security/mac/mac_framework.h>

#include "../drivers/netif.h"

/* --- the driver --------------------------------------------------------------- */

static MALLOC_DEFINE(M_ODD, "odd", "odd interfaces");
VNET_DEFINE_STATIC(struct if_clone *, odd_cloner);
#define	V_odd_cloner	VNET(odd_cloner)

static int created_nl, modified_nl, dumped_nl, refusals;

static int
odd_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
    struct route *ro)
{
	bpf_mtap2_if(ifp, NULL, 0, m);
	if_inc_counter(ifp, IFCOUNTER_OPACKETS, 1);
	m_freem(m);
	return (0);
}

static int
odd_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	return (cmd == SIOCSIFFLAGS ? 0 : EINVAL);
}

static int
odd_create(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data *ifd, if_t *ifpp)
{
	if_t ifp;

	/* Odd numbers only. */
	if (ifd->unit % 2 == 0)
		return (ENOSPC);
	ifp = if_alloc(IFT_PROPVIRTUAL);
	if_setsoftc(ifp, malloc(16, M_ODD, M_WAITOK));
	if_initname(ifp, "odd", ifd->unit);
	if_setmtu(ifp, 1234);
	if_setflags(ifp, IFF_POINTOPOINT | IFF_MULTICAST);
	if_setbaudrate(ifp, IF_Mbps(1));
	if_setoutputfn(ifp, odd_output);
	if_setioctlfn(ifp, odd_ioctl);
	if_attach(ifp);
	bpfattach(ifp, DLT_RAW, 0);
	if_setdrvflagbits(ifp, IFF_DRV_RUNNING, 0);
	*ifpp = ifp;
	return (0);
}

static int
odd_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	if (refusals > 0 && (flags & IFC_F_FORCE) == 0) {
		refusals--;
		return (EBUSY);
	}
	free(if_getsoftc(ifp), M_ODD);
	bpfdetach(ifp);
	if_detach(ifp);
	if_free(ifp);
	return (0);
}

static int
odd_create_nl(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data_nl *ifd)
{
	struct ifc_data plain = { .flags = ifd->flags, .unit = ifd->unit };

	created_nl++;
	assert_non_null(ifd->lattrs);
	assert_true(nl_has_attr(ifd->bm, IFLA_IFNAME));
	ifd->error = odd_create(ifc, name, len, &plain, &ifd->ifp);
	return (ifd->error);
}

static int
odd_modify_nl(if_t ifp, struct ifc_data_nl *ifd)
{
	modified_nl++;
	return (nl_modify_ifp_generic(ifp, ifd->lattrs, ifd->bm, ifd->npt));
}

static void
odd_dump_nl(if_t ifp, struct nl_writer *nw)
{
	dumped_nl++;
}

static void
vnet_odd_init(const void *unused)
{
	struct if_clone_addreq_v2 req = {
		.version = 2,
		.flags = IFC_F_AUTOUNIT,
		.create_f = odd_create,
		.destroy_f = odd_destroy,
		.create_nl_f = odd_create_nl,
		.modify_nl_f = odd_modify_nl,
		.dump_nl_f = odd_dump_nl,
	};

	V_odd_cloner = ifc_attach_cloner("odd",
	    (struct if_clone_addreq *)&req);
}
VNET_SYSINIT(vnet_odd_init, SI_SUB_PSEUDO, SI_ORDER_ANY, vnet_odd_init, NULL);

static void
vnet_odd_uninit(const void *unused)
{
	ifc_detach_cloner(V_odd_cloner);
}
VNET_SYSUNINIT(vnet_odd_uninit, SI_SUB_INIT_IF, SI_ORDER_ANY,
    vnet_odd_uninit, NULL);

static int
odd_modevent(module_t mod, int type, void *data)
{
	return (type == MOD_LOAD || type == MOD_UNLOAD ? 0 : EOPNOTSUPP);
}

static moduledata_t odd_mod = { "if_odd", odd_modevent, NULL };
DECLARE_MODULE(if_odd, odd_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(if_odd, 1);

/* --- tests -------------------------------------------------------------------- */

static void
everywhere(void **state)
{
	assert_int_equal(create_one("odd1"), 0);
	assert_int_equal(create_one("odd2"), ENOSPC);
	assert_int_equal(create_one("odd3"), 0);
	assert_true(exists("odd3"));
	assert_int_equal(destroy("odd3"), 0);
}

static void
in_jail(void *arg)
{
	assert_int_equal(vs_jail_attach((int)(intptr_t)arg), 0);
	assert_int_equal(create_one("odd1"), 0);
	assert_true(exists("odd1"));
}

/* Created in a jail, lent to one, and all gone with it. */
static void
jails(void **state)
{
	int jid = vnet_jail("j");

	join(spawn(in_jail, (void *)(intptr_t)jid, "jailed"));
	assert_false(exists("odd1"));
	assert_int_equal(create_one("odd5"), 0);
	assert_int_equal(loan("odd5", jid), 0);
	assert_false(exists("odd5"));
	assert_int_equal(vs_jail_remove(jid), 0);
	vs_jail_settle();
	assert_true(exists("odd5"));
	assert_false(exists("odd1"));
}

/* Row 71: a refusal leaves everything as it was. */
static void
refusal(void **state)
{
	assert_int_equal(create_one("odd1"), 0);
	refusals = 2;
	assert_int_equal(destroy("odd1"), EBUSY);
	assert_int_equal(destroy("odd1"), EBUSY);
	assert_true(exists("odd1"));
	assert_int_equal(create_one("odd1"), EEXIST);
	assert_int_equal(destroy("odd1"), 0);
	/* The end of the kernel does not ask. */
	assert_int_equal(create_one("odd1"), 0);
	refusals = 1000;
}

/* A netlink request with a name and a kind; the errno of the answer. */
static int
newlink(const char *name, int type)
{
	struct {
		struct nlmsghdr		hdr;
		struct ifinfomsg	info;
		struct nlattr		nla;
		char			name[16];
		struct nlattr		nest;
		struct nlattr		kind;
		char			text[4];
	} m = {
		.hdr = { .nlmsg_len = sizeof(m), .nlmsg_type = type,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
		.nla = { NLA_HDRLEN + sizeof(m.name), IFLA_IFNAME },
		.nest = { 2 * NLA_HDRLEN + 4, IFLA_LINKINFO },
		.kind = { NLA_HDRLEN + 4, IFLA_INFO_KIND },
		.text = "odd",
	};
	union {
		struct nlmsghdr	hdr;
		char		bytes[2000];
	} reply;
	struct nlmsghdr *hdr;
	size_t len;
	int error = -1, fd, left;

	strlcpy(m.name, name, sizeof(m.name));
	assert_int_equal(vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd),
	    0);
	assert_int_equal(vs_send(fd, &m, sizeof(m)), 0);
	/* The link, if one was asked for, and the acknowledgement. */
	assert_int_equal(vs_recv(fd, &reply, sizeof(reply), 0, &len), 0);
	left = len;
	for (hdr = &reply.hdr; NLMSG_OK(hdr, left);
	    hdr = NLMSG_NEXT(hdr, left))
		if (hdr->nlmsg_type == NLMSG_ERROR)
			error = ((struct nlmsgerr *)NLMSG_DATA(hdr))->error;
	vs_close(fd);
	return (error);
}

/* Row 88: the dump method of a version 2 request is never called. */
static void
netlink(void **state)
{
	created_nl = modified_nl = dumped_nl = 0;
	assert_int_equal(newlink("odd1", RTM_NEWLINK), 0);
	assert_int_equal(created_nl, 1);
	assert_int_equal(modified_nl, 1);
	assert_int_equal(newlink("odd2", RTM_NEWLINK), ENOSPC);
	assert_int_equal(newlink("nope1", RTM_GETLINK), ENODEV);
	assert_int_equal(newlink("odd1", RTM_GETLINK), 0);
	assert_int_equal(dumped_nl, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everywhere),
		TEST(jails),
		TEST(refusal),
		TEST(netlink),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
