/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A driver that does what a radio does: one global cloner, interfaces that
 * need a parent, and a parent that can be pulled out at any time, taking its
 * interfaces along wherever they are.
 */
#include "netif.h"

#include <sys/eventhandler.h>
#include <sys/priv.h>
#include <sys/queue.h>

/* What SIOCIFCREATE2 must bring along. */
struct clone_params {
	char	parent[IFNAMSIZ];
	int	opmode;
};
#define	OPMODE_MAX	8

/*
 * An interface of the radio.  Locks: (r) radio_mtx, (c) constant.
 */
struct vap {
	LIST_ENTRY(vap)	link;	/* (r) */
	struct ifnet	*ifp;	/* (c) */
};

static LIST_HEAD(, vap) vaps;		/* (r) */
static struct mtx radio_mtx;
static struct if_clone *wlan_cloner;
static MALLOC_DEFINE(M_VAP, "vap", "virtual access points");

static int
vap_ioctl(if_t ifp, u_long cmd, caddr_t data)
{
	return (cmd == SIOCSIFFLAGS ? 0 : ether_ioctl(ifp, cmd, data));
}

static int
vap_transmit(if_t ifp, struct mbuf *m)
{
	m_freem(m);
	return (0);
}

static void
vap_qflush(if_t ifp)
{
}

static int
vap_create(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data *ifd, if_t *ifpp)
{
	struct clone_params params;
	struct ether_addr mac;
	struct vap *vap;
	int error;

	error = priv_check(curthread, PRIV_NET80211_CREATE_VAP);
	if (error == 0)
		error = ifc_copyin(ifd, &params, sizeof(params));
	if (error != 0)
		return (error);
	if (strcmp(params.parent, "radio0") != 0)
		return (ENXIO);
	if (params.opmode < 0 || params.opmode >= OPMODE_MAX)
		return (EINVAL);
	vap = malloc(sizeof(*vap), M_VAP, M_WAITOK | M_ZERO);
	vap->ifp = if_alloc(IFT_ETHER);
	if_initname(vap->ifp, "wlan", ifd->unit);
	if_setsoftc(vap->ifp, vap);
	if_setflags(vap->ifp, IFF_SIMPLEX | IFF_BROADCAST | IFF_MULTICAST);
	if_setioctlfn(vap->ifp, vap_ioctl);
	if_settransmitfn(vap->ifp, vap_transmit);
	if_setqflushfn(vap->ifp, vap_qflush);
	ether_gen_addr(vap->ifp, &mac);
	ether_ifattach(vap->ifp, mac.octet);
	mtx_lock(&radio_mtx);
	LIST_INSERT_HEAD(&vaps, vap, link);
	mtx_unlock(&radio_mtx);
	*ifpp = vap->ifp;
	return (0);
}

static int
vap_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	struct vap *vap = if_getsoftc(ifp);

	mtx_lock(&radio_mtx);
	LIST_REMOVE(vap, link);
	mtx_unlock(&radio_mtx);
	ether_ifdetach(ifp);
	if_free(ifp);
	free(vap, M_VAP);
	return (0);
}

/* The radio goes, and its interfaces with it. */
static void
radio_detach(void *arg)
{
	struct ifnet *ifp;

	for (;;) {
		mtx_lock(&radio_mtx);
		ifp = LIST_EMPTY(&vaps) ? NULL : LIST_FIRST(&vaps)->ifp;
		mtx_unlock(&radio_mtx);
		if (ifp == NULL)
			break;
		CURVNET_SET(if_getvnet(ifp));
		(void)if_clone_destroyif(wlan_cloner, ifp);
		CURVNET_RESTORE();
	}
}

static void
radio_attach(void)
{
	struct if_clone_addreq req = {
		.flags = IFC_F_AUTOUNIT,
		.create_f = vap_create,
		.destroy_f = vap_destroy,
	};

	LIST_INIT(&vaps);
	mtx_init(&radio_mtx, "radio", NULL, MTX_DEF);
	CURVNET_SET(vnet0);
	wlan_cloner = ifc_attach_cloner("wlan", &req);
	CURVNET_RESTORE();
	assert_non_null(wlan_cloner);
}

static void
driver_unload(void)
{
	CURVNET_SET(vnet0);
	ifc_detach_cloner(wlan_cloner);
	CURVNET_RESTORE();
	mtx_destroy(&radio_mtx);
}

static int
create_vap(const char *parent, int opmode)
{
	struct clone_params params = { .opmode = opmode };
	struct ifreq ifr;

	strlcpy(params.parent, parent, sizeof(params.parent));
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "wlan", sizeof(ifr.ifr_name));
	ifr.ifr_ifru.ifru_data = (caddr_t)&params;
	return (request(SIOCIFCREATE2, &ifr));
}

static int jailed_error;

static void
create_in_jail(void *arg)
{
	assert_int_equal(vs_jail_attach((int)(intptr_t)arg), 0);
	jailed_error = create_vap("radio0", 0);
}

/* Row 62. */
static void
creation_in(void *arg)
{
	int jid;

	radio_attach();
	assert_int_equal(create_one("wlan"), EINVAL);
	assert_int_equal(create_vap("radio9", 0), ENXIO);
	assert_int_equal(create_vap("radio0", 99), EINVAL);
	assert_int_equal(create_vap("radio0", 1), 0);
	assert_true(exists("wlan0"));
	jid = vnet_jail("j");
	join(spawn(create_in_jail, (void *)(intptr_t)jid, "jailed"));
	assert_int_equal(jailed_error, EINVAL);
	assert_int_equal(vs_jail_remove(jid), 0);
	radio_detach(NULL);
	assert_false(exists("wlan0"));
	driver_unload();
}
INSIDE(creation)

/* An interface that is lent out goes with its radio too. */
static void
lent_in(void *arg)
{
	struct vnet *theirs;
	int jid;

	radio_attach();
	jid = vnet_jail("j");
	theirs = vnet_of(jid);
	assert_int_equal(create_vap("radio0", 1), 0);
	assert_int_equal(loan("wlan0", jid), 0);
	radio_detach(NULL);
	assert_null(find_in(theirs, "wlan0"));
	assert_int_equal(vs_jail_remove(jid), 0);
	driver_unload();
}
INSIDE(lent)

/* --- R5: the radio goes while its interface is on the way ------------------- */

static int loan_error;

static void
lender(void *arg)
{
	loan_error = loan("wlan0", (int)(intptr_t)arg);
}

static void
detach_during_loan(void *arg)
{
	struct vs_thread *lending, *detaching;
	struct vnet *theirs;
	int jid;

	radio_attach();
	jid = vnet_jail("j");
	theirs = vnet_of(jid);
	assert_int_equal(create_vap("radio0", 1), 0);
	assert_int_equal(vs_fail_point("if_vmove_unlinked", "pause"), 0);
	lending = spawn(lender, (void *)(intptr_t)jid, "lender");
	assert_int_equal(vs_fail_point_wait("if_vmove_unlinked", 1), 0);
	detaching = spawn(radio_detach, NULL, "radio");
	/* Before e9fc0c538264 the radio does not wait for the lender. */
	if (arg != NULL)
		(void)vs_thread_join(detaching);
	assert_int_equal(vs_fail_point("if_vmove_unlinked", "off"), 0);
	join(lending);
	if (arg == NULL)
		join(detaching);
	assert_int_equal(loan_error, 0);
	assert_null(find_in(vnet0, "wlan0"));
	assert_null(find_in(theirs, "wlan0"));
	assert_int_equal(vs_jail_remove(jid), 0);
	driver_unload();
}

static void
detach_during_loan_fixed(void **state)
{
	run(detach_during_loan, NULL);
}

static void
detach_during_loan_s15(void **state)
{
	const struct vs_config config = { .profile = "S15" };

	shutdown_clean();
	boot_with(&config);
	run(detach_during_loan, NULL);
}

#ifdef INVARIANTS
/* The lender attaches what the radio has freed. */
static void
detach_during_loan_p3(void **state)
{
	const struct vs_config config = { .profile = "P3" };
	const struct vs_outcome *o;

	shutdown_clean();
	boot_with(&config);
	o = vs_run(detach_during_loan, (void *)1);
	assert_non_null(o);
	assert_true(o->kind == VS_ASSERT || o->kind == VS_PANIC ||
	    o->kind == VS_USE_AFTER_FREE || o->kind == VS_SIGNAL);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(creation),
		TEST(lent),
		TEST(detach_during_loan_fixed),
		TEST(detach_during_loan_s15),
#ifdef INVARIANTS
		TEST(detach_during_loan_p3),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
