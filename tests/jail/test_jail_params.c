/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The parameters of jails one by one, and calls that fail for want of memory
 * or of anything else, at every place where they can.
 */
#include "jail_test.h"

#include <vnetsim/fail.h>

static void
test_defaults(void **state)
{
	int a;

	a = create("persist");
	assert_string_equal(param(a, "enforce_statfs"), "2");
	assert_string_equal(param(a, "children.max"), "0");
	assert_string_equal(param(a, "children.cur"), "0");
	assert_string_equal(param(a, "securelevel"), "-1");
	assert_string_equal(param(a, "devfs_ruleset"), "0");
	assert_string_equal(param(a, "path"), "/");
	assert_string_equal(param(a, "parent"), "0");
	assert_string_equal(param(a, "dying"), "0");
	assert_string_equal(param(a, "osreldate"), "1501502");
	assert_string_equal(param(a, "ip4.saddrsel"), "1");
	assert_string_equal(param(a, "host"), "1");
	assert_string_equal(param(a, "host.hostname"), "");
	assert_string_equal(param(a, "host.hostuuid"),
	    "00000000-0000-0000-0000-000000000000");
	jail_remove(a);
}

static void
test_constants(void **state)
{
	int a, b;

	a = create("name=a persist path=/jails/a/ osrelease=14.3-RELEASE "
	    "osreldate=1403000 children.max=2");
	assert_string_equal(param(a, "path"), "/jails/a");
	b = set_as(a, 0, CREATE, "name=b persist path=/inner", 0, "");
	assert_string_equal(param(b, "path"), "/jails/a/inner");
	assert_string_equal(param(b, "osrelease"), "14.3-RELEASE");
	assert_string_equal(param(b, "osreldate"), "1403000");
	set_fails(UPDATE, "name=a path=/", EINVAL,
	    "path cannot be changed after creation");
	set_fails(UPDATE, "name=a osrelease=x", EINVAL,
	    "osrelease cannot be changed after creation");
	set_fails(UPDATE, "name=a osreldate=1", EINVAL,
	    "osreldate cannot be changed after creation");
	set_fails(CREATE, "persist osreldate=0", EINVAL,
	    "osreldate cannot be 0");
	set_fails(CREATE, "persist osrelease=12345678901234567890123456789012",
	    ENAMETOOLONG, "osrelease string must be 1-31 bytes long");
	jail_remove(a);
}

static void
test_host(void **state)
{
	int a, b, c;

	a = create("name=a persist children.max=5 host.hostname=one "
	    "host.domainname=example.org host.hostid=4000000000");
	b = create("name=a.b persist host=inherit children.max=2");
	c = create("name=a.b.c persist host=new host.hostname=own");
	assert_string_equal(param(b, "host"), "2");
	assert_string_equal(param(b, "host.hostname"), "one");
	assert_string_equal(param(b, "host.hostid"), "4000000000");
	assert_string_equal(param(b, "host.domainname"), "example.org");
	update("name=a host.hostname=two");
	assert_string_equal(param(a, "host.hostname"), "two");
	assert_string_equal(param(b, "host.hostname"), "two");
	assert_string_equal(param(c, "host.hostname"), "own");
	update("name=a.b host.hostname=three");
	assert_string_equal(param(b, "host"), "1");
	assert_string_equal(param(a, "host.hostname"), "two");
	update("name=a.b host=inherit");
	assert_string_equal(param(b, "host.hostname"), "two");
	jail_remove(a);
}

/* 32k */
static void
test_ip_jailsys(void **state)
{
	int a;

	a = create("persist ip4=1");
	assert_string_equal(param(a, "ip4"), "0");
	jail_remove(a);
	a = create("persist");
	assert_string_equal(param(a, "ip4"), "0");
	assert_string_equal(param(a, "ip6"), "0");
	jail_remove(a);
	a = create("name=a persist ip4=inherit");
	assert_string_equal(param(a, "ip4"), "2");
	assert_string_equal(param(a, "ip6"), "0");
	set_fails(UPDATE, "name=a ip4.addr=10.0.0.1", EINVAL,
	    "ip4 cannot be changed after creation");
	update("name=a ip6.addr=2001:db8::1");
	assert_string_equal(param(a, "ip6.addr"), "2001:db8::1");
	jail_remove(a);
	a = create("persist vnet");
	assert_string_equal(param(a, "ip4"), "2");
	jail_remove(a);
}

static const char *
many_addresses(int n)
{
	static char words[8192];
	int i, len;

	len = snprintf(words, sizeof(words), "persist ip4.addr=");
	for (i = 0; i < n; i++)
		len += snprintf(words + len, sizeof(words) - len,
		    "%s10.0.%d.%d", i != 0 ? "," : "", i / 100, 1 + i % 100);
	return (words);
}

static void
test_addresses(void **state)
{
	int a, b, c;

	a = create("name=a persist children.max=9 "
	    "ip4.addr=10.0.0.9,10.0.0.2,10.0.0.1");
	/* The first is the primary one, the rest is sorted. */
	assert_string_equal(param(a, "ip4.addr"),
	    "10.0.0.9,10.0.0.1,10.0.0.2");
	set_fails(CREATE, "persist ip4.addr=0.0.0.0", EINVAL, "");
	set_fails(CREATE, "persist ip4.addr=255.255.255.255", EINVAL, "");
	set_fails(CREATE, "persist ip4.addr=10.1.1.1,10.1.1.1", EINVAL, "");
	set_fails(CREATE, "persist ip6.addr=::", EINVAL, "");
	set_fails(CREATE, many_addresses(256), EINVAL,
	    "too many IPv4 addresses");
	set_fails(CREATE, "name=a.b persist ip4.addr=10.0.0.3", EPERM, "");
	set_fails(CREATE, "name=a.b persist ip6.addr=2001:db8::1", EPERM, "");
	b = create("name=a.b persist ip4.addr=10.0.0.2,10.0.0.1 "
	    "children.max=3");
	c = create("name=a.b.c persist ip4=inherit");
	assert_string_equal(param(c, "ip4.addr"), "10.0.0.2,10.0.0.1");
	/* What a loses, those below lose. */
	update("name=a ip4.addr=10.0.0.9,10.0.0.1");
	assert_string_equal(param(b, "ip4.addr"), "10.0.0.1");
	assert_string_equal(param(c, "ip4.addr"), "10.0.0.1");
	update("name=a ip4.addr=10.0.0.9");
	assert_string_equal(param(b, "ip4.addr"), "");
	assert_string_equal(param(c, "ip4.addr"), "");
	jail_remove(a);
}

static void
test_address_clash(void **state)
{
	int a, b, v;

	a = create("name=a persist ip4.addr=10.0.0.1");
	/* One address each: shared. */
	b = create("name=b persist ip4.addr=10.0.0.1");
	jail_remove(b);
	set_fails(CREATE, "name=b persist ip4.addr=10.0.0.2,10.0.0.1",
	    EADDRINUSE, "IPv4 addresses clash");
	/* A stack of its own is another world. */
	v = create("name=v persist vnet children.max=2");
	b = create("name=v.b persist ip4.addr=10.0.0.2,10.0.0.1");
	set_fails(CREATE, "name=v.c persist ip4.addr=10.0.0.1", EADDRINUSE,
	    "IPv4 addresses clash");
	update("name=a ip6.addr=2001:db8::1,2001:db8::2");
	set_fails(CREATE, "persist ip6.addr=2001:db8::2", EADDRINUSE,
	    "IPv6 addresses clash");
	assert_int_equal(vs_jail_count(), 3);
	jail_remove(a);
	jail_remove(v);
}

struct ip_check {
	int	jid;
	int	in;		/* prison_check_ip4(10.0.0.1) */
	int	out;		/* of 10.0.0.2 */
	int	primary;	/* prison_get_ip4() */
	int	af6;		/* prison_check_af(AF_INET6) */
	int	af_other;
};

static void
ip_check_main(void *arg)
{
	struct ip_check *c = arg;
	struct in_addr ia;
	struct ucred *cr;

	if (c->jid != 0)
		CHECK(vs_jail_attach(c->jid) == 0);
	(void)vs_getpid();
	cr = curthread->td_ucred;
	ia.s_addr = htonl(0x0a000001);
	c->in = prison_check_ip4(cr, &ia);
	ia.s_addr = htonl(0x0a000002);
	c->out = prison_check_ip4(cr, &ia);
	c->primary = prison_get_ip4(cr, &ia);
	if (c->primary == 0 && c->in == 0 && c->out != 0)
		CHECK(ia.s_addr == htonl(0x0a000001));
	c->af6 = prison_check_af(cr, 28);
	c->af_other = prison_check_af(cr, 3);
}

static void
check_ip(const char *words, int in, int out, int primary, int af6,
    int af_other)
{
	struct ip_check c = { 0 };

	if (words != NULL)
		c.jid = create(words);
	run(ip_check_main, &c);
	vs_jail_settle();
	assert_int_equal(c.in, in);
	assert_int_equal(c.out, out);
	assert_int_equal(c.primary, primary);
	assert_int_equal(c.af6, af6);
	assert_int_equal(c.af_other, af_other);
	if (words != NULL)
		jail_remove(c.jid);
}

/* What protocols ask. */
static void
test_address_questions(void **state)
{
	check_ip(NULL, 0, 0, 0, 0, 0);
	check_ip("persist vnet", 0, 0, 0, 0, 0);
	check_ip("persist ip4.addr=10.0.0.1", 0, EADDRNOTAVAIL, 0,
	    EAFNOSUPPORT, EAFNOSUPPORT);
	check_ip("persist", EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT,
	    EAFNOSUPPORT, EAFNOSUPPORT);
	check_ip("persist ip4=inherit ip6=inherit allow.socket_af", 0, 0, 0,
	    0, 0);
}

static int
sysctl_int(const char *name)
{
	size_t len = sizeof(int);
	int value = -1;

	CHECK(vs_sysctl(name, &value, &len, NULL, 0) == 0);
	return (value);
}

static void
own_main(void *arg)
{
	int *jid = arg, off = 0;
	char text[64];
	size_t len = sizeof(text);

	CHECK(sysctl_int("security.jail.jailed") == 0);
	CHECK(sysctl_int("security.jail.vnet") == 0);
	CHECK(sysctl_int("security.jail.children.cur") == 1);
	CHECK(vs_jail_attach(*jid) == 0);
	CHECK(sysctl_int("security.jail.jailed") == 1);
	CHECK(sysctl_int("security.jail.vnet") == 1);
	CHECK(sysctl_int("security.jail.children.cur") == 0);
	CHECK(sysctl_int("security.jail.children.max") == 7);
	CHECK(vs_sysctl("security.jail.env", text, &len, NULL, 0) == 0);
	CHECK(strcmp(text, "k=v\n") == 0);
	CHECK(vs_sysctl("security.jail.enforce_statfs", NULL, NULL, &off,
	    sizeof(off)) == EPERM);
	CHECK(sysctl_int("security.bsd.suser_enabled") == 1);
	CHECK(vs_sysctl("security.bsd.suser_enabled", NULL, NULL, &off,
	    sizeof(off)) == 0);
	CHECK(sysctl_int("security.bsd.suser_enabled") == 0);
}

/* What a jail can find out about itself, and give up. */
static void
test_own_variables(void **state)
{
	int j;

	j = create("name=a persist vnet children.max=7 env.k=v");
	run(own_main, &j);
	vs_jail_settle();
	assert_string_equal(param(j, "allow.suser"), "0");
	jail_remove(j);
}

/* --- failures ------------------------------------------------------------- */

static void
set_value(struct jail_module *m, struct prison *pr, int method)
{
	if (method != PR_METHOD_SET)
		return;
	mtx_lock(&pr->pr_mtx);
	m->result[PR_METHOD_SET] = osd_jail_set(pr, m->slot, m);
	mtx_unlock(&pr->pr_mtx);
}

/*
 * The 1st, 2nd, ... allocation that may fail does.  Either the call fails and
 * nothing is left, or it succeeds and everything is as it should be.
 */
static void
test_nth_malloc(void **state)
{
	struct jail_module *m = module_load(0);
	char errmsg[VS_JAIL_ERRMSGLEN];
	int count, error, jid, ref, uref;
	unsigned long n;

	m->hook = set_value;
	for (n = 1;; n++) {
		(void)create("name=a persist children.max=9 "
		    "ip4.addr=10.0.0.1,10.0.0.2,10.0.0.3");
		(void)create("name=a.b persist children.max=5 "
		    "ip4.addr=10.0.0.2,10.0.0.3");
		(void)create("name=a.b.c persist ip4=inherit");
		count = vs_jail_count();
		ref = info(0).ref;
		uref = info(0).uref;
		vs_fail_malloc(n);
		error = vs_jail_setwords("name=a ip4.addr=10.0.0.1,10.0.0.3",
		    UPDATE, NULL, errmsg);
		if (error == 0)
			error = vs_jail_setwords("name=v persist vnet",
			    CREATE, &jid, errmsg);
		if (!vs_fail_malloc_hit())
			break;
		vs_fail_malloc(0);
		assert_int_equal(vs_jail_count(), count + (error == 0));
		if (error == 0)
			jail_remove(jid);
		assert_int_equal(info(0).ref, ref);
		assert_int_equal(info(0).uref, uref);
		assert_int_equal(vs_jail_find("a.b", false, &jid), 0);
		assert_string_equal(param(jid, "ip4.addr"),
		    strcmp(param(jid, "ip4.addr"), "10.0.0.3") == 0 ?
		    "10.0.0.3" : "10.0.0.2,10.0.0.3");
		assert_int_equal(vs_jail_find("a", false, &jid), 0);
		jail_remove(jid);
	}
	vs_fail_malloc(0);
	assert_true(n > 3);
	m->hook = NULL;
	module_unload(0);
}

/* The lists below are cut even if that has to wait for memory. */
static void
test_addresses_without_memory(void **state)
{
	unsigned long n;
	int a, b, c;

	for (n = 1; n <= 2; n++) {
		a = create("name=a persist children.max=9 "
		    "ip4.addr=10.0.0.1,10.0.0.2,10.0.0.3");
		b = create("name=a.b persist children.max=5 "
		    "ip4.addr=10.0.0.2,10.0.0.3");
		c = create("name=a.b.c persist ip4=inherit");
		vs_fail_malloc(n);
		assert_int_equal(vs_jail_update(
		    "name=a ip4.addr=10.0.0.1,10.0.0.3"), 0);
		assert_true(vs_fail_malloc_hit());
		vs_fail_malloc(0);
		assert_string_equal(param(b, "ip4.addr"), "10.0.0.3");
		assert_string_equal(param(c, "ip4.addr"), "10.0.0.3");
		jail_remove(a);
	}
}

struct failing {
	const char *words;
	int	flags;
	int	error;
	const char *errmsg;
};

static void
failing_main(void *arg)
{
	const struct failing *f = arg;
	char errmsg[VS_JAIL_ERRMSGLEN];
	struct vs_proc_info pi;
	int error;

	error = vs_jail_setwords(f->words, f->flags, NULL, errmsg);
	CHECK(error == f->error);
	CHECK(f->errmsg == NULL || strcmp(errmsg, f->errmsg) == 0);
	CHECK(vs_proc_inspect(-1, &pi) == 0 && pi.jid == 0);
}

/* Every fail point of creation and attach in turn. */
static void
test_fail_points(void **state)
{
	static const struct {
		const char *point;
		struct failing f;
	} calls[] = {
		{ "jail_set_cpuset",
		    { "persist vnet", CREATE, 5, "" } },
		{ "jail_set_cpuset",
		    { "name=a", CREATE | ATTACH, 5, "" } },
		{ "jail_attach_root",
		    { "name=a vnet", CREATE | ATTACH, 5, "attach failed" } },
		{ "jail_attach_root",
		    { "name=a persist", CREATE | ATTACH, 5, "attach failed" } },
		{ "copyin", { "persist", CREATE, 5, NULL } },
	};
	struct jail_module *m = module_load(0);
	struct failing f;
	int ref, uref;
	size_t i;

	for (i = 0; i < nitems(calls); i++) {
		f = calls[i].f;
		ref = info(0).ref;
		uref = info(0).uref;
		assert_int_equal(vs_fail_point(calls[i].point, "return(5)"),
		    0);
		run(failing_main, &f);
		assert_int_equal(vs_fail_point(calls[i].point, "off"), 0);
		assert_int_equal(vs_jail_count(), 0);
		assert_jail(0, ref, uref, VS_JAIL_ALIVE);
	}
	/* Those that had been alive were removed; both attaches were undone. */
	assert_int_equal(module_calls(m, PR_METHOD_REMOVE, -1), 2);
	assert_int_equal(module_calls(m, PR_METHOD_ATTACH, 0), 2);
	module_unload(0);
}

/* The n-th argument that cannot be read. */
static void
test_nth_copyin(void **state)
{
	char setting[64], errmsg[VS_JAIL_ERRMSGLEN];
	int error, jid, n;

	for (n = 0; n < 100; n++) {
		snprintf(setting, sizeof(setting), "%d*off->1*return(14)",
		    n);
		if (n == 0)
			strcpy(setting, "1*return(14)");
		assert_int_equal(vs_fail_point("copyin", setting), 0);
		error = vs_jail_setwords("name=a persist meta.k=v vnet",
		    CREATE, &jid, errmsg);
		assert_int_equal(vs_fail_point("copyin", "off"), 0);
		if (error == 0)
			break;
		assert_int_equal(vs_jail_count(), 0);
	}
	assert_true(n < 100);
	jail_remove(jid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_constants),
		TEST(test_host),
		TEST(test_ip_jailsys),
		TEST(test_addresses),
		TEST(test_address_clash),
		TEST(test_address_questions),
		TEST(test_own_variables),
		TEST(test_nth_malloc),
		TEST(test_addresses_without_memory),
		TEST(test_fail_points),
		TEST(test_nth_copyin),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
