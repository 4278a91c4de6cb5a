/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Privileges: who may do what.
 */
#include "jail_test.h"

#include <sys/priv.h>

struct check {
	int	in;
	int	uid;
	int	priv;
	int	error;
};

static void
check_main(void *arg)
{
	struct check *c = arg;

	if (c->in != 0)
		CHECK(vs_jail_attach(c->in) == 0);
	if (c->uid != 0)
		CHECK(vs_setuid(c->uid) == 0);
	(void)vs_getpid();
	c->error = priv_check(curthread, c->priv);
	CHECK(priv_check_cred(curthread->td_ucred, c->priv) == c->error);
}

static int
check(int in, int uid, int priv)
{
	struct check c = { in, uid, priv, 0 };

	run(check_main, &c);
	vs_jail_settle();
	return (c.error);
}

static const int network[] = {
	PRIV_NET_BRIDGE, PRIV_NET_GRE, PRIV_NET_BPF, PRIV_NET_RAW,
	PRIV_NET_ROUTE, PRIV_NET_TAP, PRIV_NET_SETIFMTU, PRIV_NET_SETIFFLAGS,
	PRIV_NET_SETIFCAP, PRIV_NET_SETIFDESCR, PRIV_NET_SETIFNAME,
	PRIV_NET_SETIFMETRIC, PRIV_NET_SETIFPHYS, PRIV_NET_SETIFMAC,
	PRIV_NET_SETLANPCP, PRIV_NET_ADDMULTI, PRIV_NET_DELMULTI,
	PRIV_NET_HWIOCTL, PRIV_NET_SETLLADDR, PRIV_NET_ADDIFGROUP,
	PRIV_NET_DELIFGROUP, PRIV_NET_IFCREATE, PRIV_NET_IFDESTROY,
	PRIV_NET_ADDIFADDR, PRIV_NET_DELIFADDR, PRIV_NET_LAGG, PRIV_NET_GIF,
	PRIV_NET_SETIFVNET, PRIV_NET_SETIFFIB, PRIV_NET_OVPN, PRIV_NET_ME,
	PRIV_NET_WG, PRIV_NET80211_VAP_GETKEY, PRIV_NET80211_VAP_MANAGE,
	PRIV_NETGRAPH_CONTROL, PRIV_NETINET_IPFW, PRIV_NETINET_DIVERT,
	PRIV_NETINET_PF, PRIV_NETINET_DUMMYNET, PRIV_NETINET_CARP,
	PRIV_NETINET_MROUTE, PRIV_NETINET_RAW, PRIV_NETINET_ADDRCTRL6,
	PRIV_NETINET_ND6, PRIV_NETINET_SCOPE6, PRIV_NETINET_ALIFETIME6,
	PRIV_NETINET_IPSEC, PRIV_NETINET_BINDANY
};

static const int refused[] = {
	PRIV_NET_VXLAN, PRIV_NET80211_CREATE_VAP, PRIV_KLD_LOAD,
	PRIV_KLD_UNLOAD, PRIV_DRIVER, PRIV_IO, PRIV_SYSCTL_WRITE
};

/* 5.2, and rows 73, 75 as far as the privilege goes */
static void
test_network(void **state)
{
	size_t i;
	int j, v, vc;

	j = create("name=j persist");
	v = create("name=v persist vnet children.max=2");
	vc = create("name=v.c persist");
	for (i = 0; i < nitems(network); i++) {
		assert_int_equal(check(0, 0, network[i]), 0);
		assert_int_equal(check(0, 1001, network[i]), EPERM);
		assert_int_equal(check(j, 0, network[i]), EPERM);
		assert_int_equal(check(v, 0, network[i]), 0);
		assert_int_equal(check(v, 1001, network[i]), EPERM);
		assert_int_equal(check(vc, 0, network[i]), EPERM);
	}
	for (i = 0; i < nitems(refused); i++) {
		assert_int_equal(check(0, 0, refused[i]), 0);
		assert_int_equal(check(j, 0, refused[i]), EPERM);
		assert_int_equal(check(v, 0, refused[i]), EPERM);
	}
	jail_remove(j);
	jail_remove(v);
}

/* Knobs of ordinary jails. */
static void
test_allow(void **state)
{
	static const struct {
		int		priv;
		const char	*allow;
		bool		on;
	} knobs[] = {
		{ PRIV_NETINET_RAW, "raw_sockets", false },
		{ PRIV_NETINET_RESERVEDPORT, "reserved_ports", true },
		{ PRIV_NET_ROUTE, "routing", false },
		{ PRIV_AUDIT_SETAUDIT, "setaudit", false },
		{ PRIV_CLOCK_SETTIME, "settime", false },
		{ PRIV_VFS_SYSFLAGS, "chflags", false },
	};
	char words[64];
	size_t i;
	int j;

	j = create("name=j persist");
	for (i = 0; i < nitems(knobs); i++) {
		assert_int_equal(check(j, 0, knobs[i].priv),
		    knobs[i].on ? 0 : EPERM);
		snprintf(words, sizeof(words), "name=j allow.%s%s",
		    knobs[i].on ? "no" : "", knobs[i].allow);
		update(words);
		assert_int_equal(check(j, 0, knobs[i].priv),
		    knobs[i].on ? EPERM : 0);
	}
	update("name=j allow.mount");
	assert_int_equal(check(j, 0, PRIV_VFS_MOUNT), EPERM);
	update("name=j enforce_statfs=1");
	assert_int_equal(check(j, 0, PRIV_VFS_MOUNT), 0);
	update("name=j allow.nfsd");
	assert_int_equal(check(j, 0, PRIV_NFS_DAEMON), EPERM);
	jail_remove(j);
}

/* Granted in any jail; for everybody; 81 */
static void
test_granted(void **state)
{
	int j;

	j = create("name=j persist");
	assert_int_equal(check(j, 0, PRIV_JAIL_SET), 0);
	assert_int_equal(check(j, 0, PRIV_JAIL_ATTACH), 0);
	assert_int_equal(check(j, 0, PRIV_JAIL_REMOVE), 0);
	assert_int_equal(check(j, 0, PRIV_NETINET_REUSEPORT), 0);
	assert_int_equal(check(j, 0, PRIV_NETINET_SETHDROPTS), 0);
	assert_int_equal(check(j, 0, PRIV_NETINET_GETCRED), 0);
	assert_int_equal(check(j, 0, PRIV_SYSCTL_WRITEJAIL), 0);
	assert_int_equal(check(0, 1001, PRIV_MSGBUF), 0);
	assert_int_equal(check(0, 1001, PRIV_DEBUG_UNPRIV), 0);
	update("name=j allow.nosuser");
	assert_int_equal(check(j, 0, PRIV_JAIL_SET), EPERM);
	assert_int_equal(check(j, 0, PRIV_NETINET_RESERVEDPORT), EPERM);
	jail_remove(j);
}

static void
invalid_main(void *unused)
{
	(void)priv_check(curthread, 0);
}

static void
test_invalid(void **state)
{
#ifdef INVARIANTS
	shutdown_clean();
	expect_panic(invalid_main, NULL,
	    "priv_check_cred: invalid privilege 0");
#else
	(void)invalid_main;
	skip();
#endif
}

static void
module_allow_main(void *arg)
{
	*(unsigned *)arg = prison_add_allow("mount", "tmpfs", NULL, NULL);
}

/* A parameter that a module brings along. */
static void
test_dynamic(void **state)
{
	unsigned bit = 0, again = 0;
	int j;

	run(module_allow_main, &bit);
	run(module_allow_main, &again);
	/* devfs has taken the first of those that are free. */
	assert_int_equal(bit, 0x1000);
	assert_int_equal(again, bit);
	assert_true((info(0).allow & bit) != 0);
	j = create("name=j persist");
	assert_string_equal(param(j, "allow.mount.tmpfs"), "0");
	update("name=j allow.mount.tmpfs");
	assert_true((info(j).allow & bit) != 0);
	update("name=j allow.mount.notmpfs");
	assert_string_equal(param(j, "allow.mount.tmpfs"), "0");
	jail_remove(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_network),
		TEST(test_allow),
		TEST(test_granted),
		TEST(test_invalid),
		TEST(test_dynamic),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
