/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2): which calls succeed, what they leave, and what they say when
 * they fail.  The numbers are those of the specification's rows.
 */
#include "jail_test.h"

#include <sys/kernel.h>
#include <net/vnet.h>

/* 1 to 3, 5 */
static void
test_bad_calls(void **state)
{
	struct iovec iov[3] = { { 0 } };

	set_fails(0, "name=a", EINVAL,
	    "no valid operation (create or update)");
	set_fails(0x100, "name=a", EINVAL, "");
	set_fails(CREATE | 0x30, "name=a", EINVAL, "");
	assert_int_equal(vs_jail_set(iov, 3, CREATE, NULL), EINVAL);
	assert_int_equal(vs_jail_set(NULL, 2, CREATE, NULL), EFAULT);
	assert_int_equal(vs_jail_set(iov, 2, CREATE, NULL), EINVAL);
	set_fails(CREATE, "name=a", EINVAL, "new jail must persist or attach");
	set_fails(CREATE | UPDATE, "name=a", EINVAL,
	    "new jail must persist or attach");
	assert_int_equal(vs_jail_count(), 0);
	assert_jail(0, info(0).ref, info(0).uref, VS_JAIL_ALIVE);
}

/* 4 */
static void
test_not_root(void **state)
{
	(void)set_as(0, 1001, CREATE, "name=a persist", EPERM, "");
	(void)set_as(0, 1001, UPDATE, "name=a persist", EPERM, "");
}

/* 6 */
static void
test_create(void **state)
{
	int j;

	(void)vs_getpid();
	j = create("name=a persist");
	assert_true(j >= 1);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	assert_string_equal(param(j, "vnet"), "2");
	assert_string_equal(param(j, "name"), "a");
	assert_string_equal(param(j, "persist"), "1");
	assert_ptr_equal(info(j).vnet, info(0).vnet);
	assert_int_equal(info(0).childcount, 1);
	jail_remove(j);
	assert_gone(j);
	assert_int_equal(info(0).childcount, 0);
}

static unsigned ctor_states[64];
static int ctor_count;

static void
ctor(const void *unused __unused)
{
	if (!IS_DEFAULT_VNET(curvnet) && ctor_count < 64)
		ctor_states[ctor_count++] = curvnet->vnet_state;
}
VNET_SYSINIT(test_ctor_early, SI_SUB_PSEUDO, SI_ORDER_ANY, ctor, NULL);
VNET_SYSINIT(test_ctor_late, SI_SUB_VNET_DONE, SI_ORDER_ANY, ctor, NULL);

/* 7 */
static void
test_create_vnet(void **state)
{
	const struct vnet *vnet;
	int j;

	ctor_count = 0;
	j = create("name=a persist vnet=1");
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	assert_true(info(j).owns_vnet);
	assert_ptr_not_equal(info(j).vnet, info(0).vnet);
	assert_string_equal(param(j, "vnet"), "1");
	vnet = info(j).vnet;
	assert_int_equal(vnet->vnet_state, 0xdc00000);
	assert_int_equal(vnet0->vnet_state, 0);
	assert_int_equal(vnet->vnet_ifcnt, 1);
	assert_int_equal(ctor_count, 2);
	assert_int_equal(ctor_states[0], SI_SUB_PSEUDO);
	assert_int_equal(ctor_states[1], SI_SUB_VNET_DONE);
	jail_remove(j);
	assert_gone(j);
}

/* 8 to 10 */
static void
test_vnet_parameter(void **state)
{
	int j;

	set_fails(CREATE, "persist vnet=0", EINVAL, "");
	set_fails(CREATE, "persist host=disable", EINVAL, "");
	set_fails(CREATE, "persist vnet=3", EINVAL, "");
	set_fails(CREATE, "persist vnet=1 ip4.addr=10.0.0.1", EINVAL,
	    "vnet jails cannot have IP address restrictions");
	j = create("name=a persist vnet");
	set_fails(UPDATE, "name=a vnet=1", EINVAL,
	    "vnet cannot be changed after creation");
	set_fails(UPDATE, "name=a vnet=2", EINVAL,
	    "vnet cannot be changed after creation");
	set_fails(CREATE | UPDATE, "name=a persist vnet=1", EINVAL,
	    "vnet cannot be changed after creation");
	set_fails(UPDATE, "name=a vnet=0", EINVAL, "");
	set_fails(UPDATE, "name=a ip4=1", EINVAL,
	    "ip4 cannot be changed after creation");
	set_fails(UPDATE, "name=a ip4.addr=10.0.0.1", EINVAL,
	    "vnet jails cannot have IP address restrictions");
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
}

/* 11 to 13 */
static void
test_exists(void **state)
{
	int j, k;

	j = create("name=a persist");
	set_fails(CREATE, "name=a persist", EEXIST,
	    "jail \"a\" already exists");
	assert_int_equal(set_as(0, 0, CREATE | UPDATE, "name=a persist", 0,
	    ""), j);
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	k = create("jid=7 persist");
	assert_int_equal(k, 7);
	assert_string_equal(info(7).name, "7");
	set_fails(CREATE, "jid=7 persist", EEXIST, "jail 7 already exists");
	set_fails(UPDATE, "jid=7 name=a", EEXIST, "jail \"a\" already exists");
	jail_remove(j);
	jail_remove(k);
}

/* 14, 15, 20, 21 */
static void
test_dying(void **state)
{
	struct inmate im = { .deaf = true }, im2 = { .deaf = true };
	int k;

	(void)create("jid=7 name=a persist");
	inmate_start(&im, 7);
	jail_remove(7);
	assert_jail(7, 1, 1, VS_JAIL_DEAD);
	set_fails(UPDATE, "name=a persist", ENOENT, "jail \"a\" not found");
	set_fails(UPDATE, "jid=7 persist", ENOENT, "jail 7 not found");
	set_fails(UPDATE | VS_JAIL_DYING, "jid=7 persist", ENOENT,
	    "jail 7 not found");
	k = create("name=a persist");
	assert_int_not_equal(k, 7);
	assert_int_equal(create("jid=7 persist"), 7);
	assert_jail(7, 1, 1, VS_JAIL_ALIVE);
	assert_jail(999999, 1, 1, VS_JAIL_DEAD);
	inmate_start(&im2, 7);
	jail_remove(7);
	assert_int_equal(create("jid=7 persist"), 7);
	assert_jail(999998, 1, 1, VS_JAIL_DEAD);
	jail_remove(7);
	jail_remove(k);
	inmate_go(&im);
	inmate_reap(&im);
	inmate_go(&im2);
	inmate_reap(&im2);
	assert_int_equal(vs_jail_count(), 0);
}

/* 16, 17, 32i, 32j */
static void
test_numeric_names(void **state)
{
	int next;

	assert_int_equal(create("name=12 persist"), 12);
	set_fails(CREATE, "jid=5 name=12 persist", EEXIST,
	    "jail \"12\" already exists");
	set_fails(CREATE, "jid=5 name=13 persist", EINVAL,
	    "name cannot be numeric (unless it is the jid)");
	set_fails(CREATE, "name=0 persist", EINVAL,
	    "name cannot be numeric (unless it is the jid)");
	set_fails(CREATE, "name=-1 persist", EINVAL, "negative jid");
	set_fails(CREATE, "jid=-3 persist", EINVAL, "negative jid");
	set_fails(UPDATE, "jid=12 name=13", EINVAL,
	    "name cannot be numeric (unless it is the jid)");
	update("jid=12 name=12");
	assert_int_equal(create("jid=2000000 persist"), 2000000);
	next = create("persist");
	assert_true(next < 100);
	jail_remove(next);
	jail_remove(12);
	jail_remove(2000000);
	assert_int_equal(vs_jail_count(), 0);
}

/* 18, 19, 25 */
static void
test_not_found(void **state)
{
	struct inmate im = { .deaf = true };
	int j;

	set_fails(UPDATE, "name=zz persist", ENOENT, "jail \"zz\" not found");
	set_fails(UPDATE, "persist", ENOENT, "update specified no jail");
	set_fails(UPDATE, "jid=99 persist", ENOENT, "jail 99 not found");
	set_fails(CREATE, "name=a.b persist", ENOENT, "jail \"a\" not found");
	j = create("name=a persist children.max=3");
	inmate_start(&im, j);
	jail_remove(j);
	set_fails(CREATE, "name=a.b persist", ENOENT, "jail \"a\" is dying");
	inmate_go(&im);
	inmate_reap(&im);
}

/* 22, 23 */
static void
test_children_limit(void **state)
{
	struct inmate im = { .deaf = true };
	int a, b, c;

	a = create("name=a persist");
	(void)set_as(a, 0, CREATE, "name=b persist", EPERM, "");
	update("name=a children.max=1");
	b = set_as(a, 0, CREATE, "name=b persist", 0, "");
	assert_string_equal(info(b).name, "a.b");
	assert_int_equal(info(a).childcount, 1);
	assert_jail(a, 2, 2, VS_JAIL_ALIVE);
	(void)set_as(a, 0, CREATE, "name=c persist", EPERM,
	    "prison limit exceeded");
	inmate_start(&im, b);
	jail_remove(b);
	assert_jail(b, 1, 1, VS_JAIL_DEAD);
	(void)set_as(a, 0, CREATE, "name=c persist", EPERM,
	    "prison limit exceeded");
	inmate_go(&im);
	inmate_reap(&im);
	c = set_as(a, 0, CREATE, "name=c persist", 0, "");
	assert_int_equal(info(a).childcount, 1);
	assert_int_equal(info(0).childcount, 2);
	jail_remove(a);
	assert_gone(c);
	assert_gone(a);
}

/* 24, and the rest of step 18 */
static void
test_limits(void **state)
{
	int a, b;

	a = create("name=a persist children.max=10 securelevel=1 "
	    "enforce_statfs=1 devfs_ruleset=4");
	set_fails(UPDATE, "name=a children.max=999999", EPERM, "");
	set_fails(UPDATE, "name=a enforce_statfs=3", EINVAL, "");
	set_fails(UPDATE, "name=a devfs_ruleset=65536", EINVAL, "");
	set_fails(UPDATE, "name=a devfs_ruleset=-1", EINVAL, "");
	b = create("name=a.b persist children.max=9");
	assert_string_equal(param(b, "securelevel"), "1");
	assert_string_equal(param(b, "enforce_statfs"), "2");
	assert_string_equal(param(b, "devfs_ruleset"), "4");
	set_fails(UPDATE, "name=a.b securelevel=0", EPERM, "");
	set_fails(UPDATE, "name=a.b enforce_statfs=0", EPERM, "");
	set_fails(UPDATE, "name=a.b children.max=10", EPERM, "");
	(void)set_as(a, 0, UPDATE, "name=b devfs_ruleset=5", EPERM, "");
	(void)set_as(a, 0, UPDATE, "name=b devfs_ruleset=0", 0, "");
	assert_string_equal(param(b, "devfs_ruleset"), "4");
	/* What a is denied, a.b is denied. */
	update("name=a securelevel=2 enforce_statfs=2 children.max=5");
	assert_string_equal(param(b, "securelevel"), "2");
	assert_string_equal(param(b, "children.max"), "4");
	jail_remove(a);
}

/* 32h */
static void
test_last_option_wins(void **state)
{
	int j;

	j = create("persist nopersist persist");
	assert_jail(j, 1, 1, VS_JAIL_ALIVE);
	jail_remove(j);
	set_fails(CREATE, "persist nopersist", EINVAL,
	    "new jail must persist or attach");
	j = create("persist allow.raw_sockets allow.noraw_sockets name=a "
	    "name=b");
	assert_string_equal(param(j, "allow.raw_sockets"), "0");
	assert_string_equal(info(j).name, "b");
	jail_remove(j);
}

/* 32l, and what is left out */
static void
test_descriptors(void **state)
{
	set_fails(CREATE | JAIL_GET_DESC, "persist", ENOENT, "missing desc");
	set_fails(CREATE, "persist desc=3", EINVAL, "unexpected desc");
	set_fails(CREATE | JAIL_GET_DESC, "persist desc=3", EOPNOTSUPP, "");
}

/* The tree's names follow their parents. */
static void
test_rename(void **state)
{
	char words[300];
	int a, b;

	a = create("name=a persist children.max=9");
	b = create("name=a.b persist children.max=3");
	(void)create("name=a.b.c persist");
	update(by_jid(a, "name=zebra"));
	assert_string_equal(info(b).name, "zebra.b");
	assert_string_equal(info(b + 1).name, "zebra.b.c");
	memset(words, 0, sizeof(words));
	snprintf(words, sizeof(words), "jid=%d name=", a);
	memset(words + strlen(words), 'n', 252);
	set_fails(UPDATE, words, ENAMETOOLONG, "");
	assert_string_equal(info(a).name, "zebra");
	jail_remove(a);
	assert_int_equal(vs_jail_count(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bad_calls),
		TEST(test_not_root),
		TEST(test_create),
		TEST(test_create_vnet),
		TEST(test_vnet_parameter),
		TEST(test_exists),
		TEST(test_dying),
		TEST(test_numeric_names),
		TEST(test_not_found),
		TEST(test_children_limit),
		TEST(test_limits),
		TEST(test_last_option_wins),
		TEST(test_descriptors),
		TEST(test_rename),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
