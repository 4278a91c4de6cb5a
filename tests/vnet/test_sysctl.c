/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * sysctl(3) by name: types, errnos, privileges, and variables of a vnet.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include <vnetsim/syscalls.h>

#include "test.h"
#include "tlog.h"

static const struct vs_config bare = { .modules = "" };

static int
setup(void **state)
{

	tlog_clear();
	boot_with(&bare);
	return (0);
}

#define	YTEST(fn)	cmocka_unit_test_setup_teardown((fn), setup,	\
			    test_teardown)

static int an_int, a_readonly = 4, an_open;
static bool a_bool;
static uint64_t a_quad;
static uint8_t a_byte;
static char a_string[8] = "text";

static SYSCTL_NODE(_debug, OID_AUTO, t, CTLFLAG_RW, NULL, "test");
SYSCTL_INT(_debug_t, OID_AUTO, number, CTLFLAG_RWTUN, &an_int, 0, "");
SYSCTL_INT(_debug_t, OID_AUTO, readonly, CTLFLAG_RD, &a_readonly, 0, "");
SYSCTL_INT(_debug_t, OID_AUTO, constant, CTLFLAG_RD, NULL, 42, "");
SYSCTL_INT(_debug_t, OID_AUTO, open, CTLFLAG_RW | CTLFLAG_ANYBODY, &an_open,
    0, "");
SYSCTL_BOOL(_debug_t, OID_AUTO, truth, CTLFLAG_RW, &a_bool, 0, "");
SYSCTL_U64(_debug_t, OID_AUTO, quad, CTLFLAG_RW, &a_quad, 0, "");
SYSCTL_U8(_debug_t, OID_AUTO, byte, CTLFLAG_RW, &a_byte, 0, "");
SYSCTL_STRING(_debug_t, OID_AUTO, string, CTLFLAG_RW, a_string,
    sizeof(a_string), "");
SYSCTL_STRING(_debug_t, OID_AUTO, version, CTLFLAG_RD, "vnetsim", 0, "");

/* Twice what was written. */
static int
doubled(SYSCTL_HANDLER_ARGS)
{
	int error, value = *(int *)arg1 / (int)arg2;

	error = sysctl_handle_int(oidp, &value, 0, req);
	if (error == 0 && req->newptr != NULL) {
		if (value < 0)
			return (ERANGE);
		*(int *)arg1 = value * arg2;
	}
	return (error);
}
static int kept;
SYSCTL_PROC(_debug_t, OID_AUTO, doubled, CTLTYPE_INT | CTLFLAG_RW, &kept, 2,
    doubled, "I", "");

static int
get(const char *name)
{
	size_t len = sizeof(int);
	int value = -1;

	assert_int_equal(vs_sysctl(name, &value, &len, NULL, 0), 0);
	assert_int_equal(len, sizeof(int));
	return (value);
}

static int
set(const char *name, int value)
{

	return (vs_sysctl(name, NULL, NULL, &value, sizeof(value)));
}

static void
types(void **state)
{
	char text[16];
	uint64_t quad = 1ULL << 40;
	uint8_t byte = 7;
	size_t len;
	int old = 0, new = 9;

	assert_int_equal(set("debug.t.number", 5), 0);
	assert_int_equal(an_int, 5);
	len = sizeof(old);
	assert_int_equal(vs_sysctl("debug.t.number", &old, &len, &new,
	    sizeof(new)), 0);
	assert_int_equal(old, 5);
	assert_int_equal(get("debug.t.number"), 9);
	assert_int_equal(get("debug.t.constant"), 42);
	assert_int_equal(get("kern.features.vimage"), 1);

	assert_int_equal(vs_sysctl("debug.t.quad", NULL, NULL, &quad,
	    sizeof(quad)), 0);
	assert_true(a_quad == quad);
	assert_int_equal(vs_sysctl("debug.t.truth", NULL, NULL, &byte, 1), 0);
	assert_true(a_bool);
	assert_int_equal(vs_sysctl("debug.t.byte", NULL, NULL, &byte, 1), 0);
	assert_int_equal(a_byte, 7);

	len = sizeof(text);
	assert_int_equal(vs_sysctl("debug.t.string", text, &len, "new", 3), 0);
	assert_string_equal(text, "text");
	assert_int_equal(len, 5);
	assert_string_equal(a_string, "new");
	assert_int_equal(vs_sysctl("debug.t.string", NULL, NULL, "too long",
	    8), EINVAL);

	assert_int_equal(set("debug.t.doubled", 21), 0);
	assert_int_equal(kept, 42);
	assert_int_equal(get("debug.t.doubled"), 21);
	assert_int_equal(set("debug.t.doubled", -1), ERANGE);
}

static void
errnos(void **state)
{
	char text[VS_SYSCTL_FORMATLEN];
	unsigned kind;
	size_t len = 4;

	assert_int_equal(set("debug.t.nothing", 1), ENOENT);
	assert_int_equal(set("debug.t.number.more", 1), ENOENT);
	assert_int_equal(set("", 1), ENOENT);
	assert_int_equal(set("debug.t", 1), EISDIR);
	assert_int_equal(set("debug.t.readonly", 1), EPERM);
	assert_int_equal(set("debug.t.constant", 1), EPERM);
	assert_int_equal(vs_sysctl("debug.t.number", NULL, NULL, "x", 1),
	    EINVAL);
	assert_int_equal(vs_sysctl(NULL, NULL, NULL, NULL, 0), EFAULT);

	/* Too little room: what fits is there, its length too. */
	assert_int_equal(vs_sysctl("debug.t.version", text, &len, NULL, 0),
	    ENOMEM);
	assert_int_equal(len, 4);
	assert_memory_equal(text, "vnet", 4);
	/* Only the size. */
	assert_int_equal(vs_sysctl("debug.t.version", NULL, &len, NULL, 0), 0);
	assert_int_equal(len, sizeof("vnetsim"));

	assert_int_equal(vs_sysctl_format("debug.t.quad", text, &kind), 0);
	assert_string_equal(text, "QU");
	assert_int_equal(kind & CTLTYPE, CTLTYPE_U64);
	assert_int_equal(vs_sysctl_format("debug.t", text, &kind), 0);
	assert_int_equal(kind & CTLTYPE, CTLTYPE_NODE);
	assert_int_equal(vs_sysctl_format("debug.u", text, &kind), ENOENT);
}

/* A kld's variables come and go with it. */
static void
of_a_kld(void **state)
{

	assert_int_equal(set("net.tkld_a.plain", 1), ENOENT);
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(get("net.tkld_a.plain"), 7);
	assert_int_equal(vs_kldunload("tkld_a"), 0);
	assert_int_equal(set("net.tkld_a.plain", 1), ENOENT);
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(get("net.tkld_a.plain"), 7);
}

static void
assert_setting(const char *name, const char *setting)
{
	char text[64];
	size_t len = sizeof(text);

	assert_int_equal(vs_sysctl(name, text, &len, NULL, 0), 0);
	assert_string_equal(text, setting);
}

/* fail(9) is set by sysctl. */
static void
fail_points(void **state)
{
	static const char point[] = "debug.fail_point.vnet_alloc_start";
	static const char setting[] = "2.5%3*sleep(1)->return(5)";

	assert_setting(point, "off");
	assert_int_equal(vs_sysctl(point, NULL, NULL, setting,
	    strlen(setting)), 0);
	assert_setting(point, setting);
	assert_int_equal(vs_sysctl(point, NULL, NULL, "nonsense", 8), EINVAL);
	assert_setting(point, setting);
	assert_int_equal(vs_sysctl(point, NULL, NULL, "off", 3), 0);
	assert_setting(point, "off");
	assert_int_equal(vs_sysctl("debug.fail_point.nothing", NULL, NULL,
	    "off", 3), ENOENT);
	assert_int_equal(vs_sysctl("debug.fail_point", NULL, NULL, "off", 3),
	    EISDIR);
}

static int jid;

static int
set_in(const char *name, int value)
{

	return (vs_sysctl(name, NULL, NULL, &value, sizeof(value)));
}

static int
get_in(const char *name)
{
	size_t len = sizeof(int);
	int value = -1;

	CHECK(vs_sysctl(name, &value, &len, NULL, 0) == 0);
	return (value);
}

static void
root_of_vnet_jail(void *arg)
{

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(get_in("net.tkld_a.value") == 5);
	CHECK(set_in("net.tkld_a.value", 6) == 0);
	CHECK(get_in("net.tkld_a.value") == 6);
	CHECK(get_in("net.tkld_a.plain") == 7);
	CHECK(set_in("net.tkld_a.plain", 1) == EPERM);
	CHECK(set_in("debug.t.open", 1) == 0);
}

static void
root_of_plain_jail(void *arg)
{

	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(get_in("net.tkld_a.value") == 5);
	CHECK(set_in("net.tkld_a.value", 1) == EPERM);
	CHECK(set_in("debug.t.number", 1) == EPERM);
}

static void
plain_user(void *arg)
{

	CHECK(vs_setuid(1001) == 0);
	CHECK(get_in("net.tkld_a.value") == 5);
	CHECK(set_in("net.tkld_a.value", 1) == EPERM);
	CHECK(set_in("debug.t.number", 1) == EPERM);
	CHECK(set_in("debug.t.open", 2) == 0);
}

static void
privileges(void **state)
{

	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_jail_create("name=v vnet persist", &jid), 0);
	run(root_of_vnet_jail, &jid);
	assert_int_equal(get("net.tkld_a.value"), 5);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(vs_jail_create("name=p persist", &jid), 0);
	run(root_of_plain_jail, &jid);
	assert_int_equal(vs_jail_remove(jid), 0);
	run(plain_user, NULL);
	assert_int_equal(get("net.tkld_a.value"), 5);
	assert_int_equal(an_open, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		YTEST(types),
		YTEST(errnos),
		YTEST(of_a_kld),
		YTEST(fail_points),
		YTEST(privileges),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
