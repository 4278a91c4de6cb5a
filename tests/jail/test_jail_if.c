/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Jails and interfaces: who may make, destroy and move them, and where they
 * are when a jail has gone.  The numbers are those of the specification's
 * rows.
 */
#include "jail_test.h"

/* A call with one interface and perhaps a jail, made in a jail. */
struct if_call {
	int	in;
	int	uid;
	int	(*fn)(struct if_call *);
	const char *name;
	int	jid;
	int	error;
	char	created[16];
};

static void
if_call_main(void *arg)
{
	struct if_call *c = arg;

	if (c->in != 0)
		CHECK(vs_jail_attach(c->in) == 0);
	if (c->uid != 0)
		CHECK(vs_setuid(c->uid) == 0);
	c->error = c->fn(c);
}

static int
call_create(struct if_call *c)
{
	strlcpy(c->created, c->name, sizeof(c->created));
	return (vs_if_create(c->created));
}

static int
call_destroy(struct if_call *c)
{
	return (vs_if_destroy(c->name));
}

static int
call_vmove(struct if_call *c)
{
	return (vs_if_vmove(c->name, c->jid));
}

static int
call_reclaim(struct if_call *c)
{
	return (vs_if_reclaim(c->name, c->jid));
}

static int
call_exists(struct if_call *c)
{
	return (vs_if_exists(c->name));
}

static int
call_kldload(struct if_call *c)
{
	return (vs_kldload(c->name, NULL));
}

static int
call_kldunload(struct if_call *c)
{
	return (vs_kldunload("if_disc"));
}

static int
as(int in, int uid, int (*fn)(struct if_call *), const char *name, int jid)
{
	struct if_call c = { .in = in, .uid = uid, .fn = fn, .name = name,
	    .jid = jid };

	run(if_call_main, &c);
	vs_jail_settle();
	return (c.error);
}

/* 73, 81 */
static void
test_create(void **state)
{
	int j, s, v, vc;

	j = create("name=j persist");
	v = create("name=v persist vnet children.max=3");
	vc = create("name=v.c persist");
	s = create("name=s persist vnet allow.nosuser");
	assert_int_equal(as(v, 0, call_create, "disc", 0), 0);
	assert_int_equal(as(v, 0, call_exists, "disc0", 0), 1);
	assert_int_equal(as(0, 0, call_exists, "disc0", 0), 0);
	assert_int_equal(as(j, 0, call_create, "disc", 0), EPERM);
	assert_int_equal(as(vc, 0, call_create, "disc", 0), EPERM);
	assert_int_equal(as(v, 1001, call_create, "disc", 0), EPERM);
	assert_int_equal(as(s, 0, call_create, "disc", 0), EPERM);
	assert_int_equal(as(0, 1001, call_create, "disc", 0), EPERM);
	/* A plain child sees its parent's interfaces, and cannot use them. */
	assert_int_equal(as(vc, 0, call_exists, "disc0", 0), 1);
	assert_int_equal(as(vc, 0, call_destroy, "disc0", 0), EPERM);
	jail_remove(v);
	jail_remove(s);
	jail_remove(j);
}

/* 74 */
static void
test_destroy_lent(void **state)
{
	int v;

	v = create("name=v persist vnet");
	assert_int_equal(as(0, 0, call_create, "disc5", 0), 0);
	assert_int_equal(as(0, 0, call_vmove, "disc5", v), 0);
	assert_int_equal(as(v, 0, call_exists, "disc5", 0), 1);
	assert_int_equal(as(v, 0, call_destroy, "disc5", 0), 0);
	assert_int_equal(as(v, 0, call_exists, "disc5", 0), 0);
	assert_int_equal(as(0, 0, call_exists, "disc5", 0), 0);
	jail_remove(v);
}

/* 75 */
static void
test_kld(void **state)
{
	int v;

	v = create("name=v persist vnet");
	assert_int_equal(as(v, 0, call_kldload, "if_disc", 0), EPERM);
	assert_int_equal(as(v, 0, call_kldunload, NULL, 0), EPERM);
	jail_remove(v);
}

/* 76 to 78, 80 */
static void
test_move(void **state)
{
	int j, v, w;

	j = create("name=j persist");
	v = create("name=v persist vnet children.max=2");
	w = create("name=w persist vnet");
	assert_int_equal(as(0, 0, call_create, "disc0", 0), 0);
	assert_int_equal(as(0, 0, call_vmove, "disc0", 4711), ENXIO);
	assert_int_equal(as(v, 0, call_create, "disc0", 0), 0);
	assert_int_equal(as(v, 0, call_vmove, "disc0", w), ENXIO);
	assert_int_equal(as(0, 0, call_vmove, "disc0", j), EEXIST);
	assert_int_equal(as(0, 0, call_vmove, "disc0", v), EEXIST);
	assert_int_equal(as(0, 0, call_vmove, "disc9", w), ENXIO);
	assert_int_equal(as(v, 0, call_reclaim, "disc0", 0), ENXIO);
	assert_int_equal(as(v, 0, call_reclaim, "disc0", v), ENXIO);
	assert_int_equal(as(v, 1001, call_vmove, "disc0", w), EPERM);
	assert_int_equal(as(0, 0, call_vmove, "disc0", w), 0);
	assert_int_equal(as(0, 0, call_exists, "disc0", 0), 0);
	assert_int_equal(as(0, 0, call_reclaim, "disc0", w), 0);
	assert_int_equal(as(0, 0, call_exists, "disc0", 0), 1);
	assert_int_equal(as(0, 0, call_destroy, "disc0", 0), 0);
	assert_jail(v, 1, 1, VS_JAIL_ALIVE);
	assert_jail(w, 1, 1, VS_JAIL_ALIVE);
	jail_remove(v);
	jail_remove(w);
	jail_remove(j);
}

/* 79 */
static void
test_move_into_dying(void **state)
{
	struct inmate im = { .deaf = true };
	int v;

	v = create("name=v persist vnet");
	inmate_start(&im, v);
	jail_remove(v);
	assert_int_equal(as(0, 0, call_create, "disc0", 0), 0);
	assert_int_equal(as(0, 0, call_vmove, "disc0", v), 0);
	assert_int_equal(as(0, 0, call_exists, "disc0", 0), 0);
	inmate_go(&im);
	inmate_reap(&im);
	assert_gone(v);
	assert_int_equal(as(0, 0, call_exists, "disc0", 0), 1);
	assert_int_equal(as(0, 0, call_destroy, "disc0", 0), 0);
}

/* 63: what was lent is back when the call returns */
static void
test_comes_home(void **state)
{
	int v;

	v = create("name=v persist vnet");
	assert_int_equal(as(0, 0, call_create, "epair1", 0), 0);
	assert_int_equal(as(0, 0, call_vmove, "epair1b", v), 0);
	assert_int_equal(as(v, 0, call_exists, "epair1b", 0), 1);
	jail_remove(v);
	assert_gone(v);
	assert_int_equal(as(0, 0, call_exists, "epair1b", 0), 1);
	assert_int_equal(as(0, 0, call_destroy, "epair1a", 0), 0);
	assert_int_equal(as(0, 0, call_exists, "epair1b", 0), 0);
}

/* What a jail made goes with it. */
static void
test_goes_along(void **state)
{
	int v, w;

	v = create("name=v persist vnet children.max=2");
	w = create("name=v.w persist vnet");
	assert_int_equal(as(v, 0, call_create, "disc3", 0), 0);
	assert_int_equal(as(v, 0, call_create, "epair2", 0), 0);
	assert_int_equal(as(v, 0, call_vmove, "epair2b", w), 0);
	jail_remove(v);
	assert_int_equal(vs_jail_count(), 0);
	assert_int_equal(as(0, 0, call_exists, "disc3", 0), 0);
	assert_int_equal(as(0, 0, call_exists, "epair2b", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_destroy_lent),
		TEST(test_kld),
		TEST(test_move),
		TEST(test_move_into_dying),
		TEST(test_comes_home),
		TEST(test_goes_along),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
