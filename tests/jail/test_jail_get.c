/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_get(2): finding jails and reading their parameters.
 */
#include "jail_test.h"

struct get_call {
	int	in;
	unsigned uid;
	int	flags;
	const char *name;
	int	jid;		/* 0: not given */
	int	lastjid;	/* -1: not given */
	const char *param;
	void	*value;
	size_t	len;
	int	error;		/* out */
	int	found;		/* out */
	char	errmsg[VS_JAIL_ERRMSGLEN];
};

static void
option(struct iovec *iov, unsigned *n, const char *name, const void *value,
    size_t len)
{
	iov[(*n)++] = (struct iovec){ __DECONST(char *, name),
	    strlen(name) + 1 };
	iov[(*n)++] = (struct iovec){ __DECONST(void *, value), len };
}

static void
get_main(void *arg)
{
	struct get_call *c = arg;
	struct iovec iov[10];
	char name[MAXHOSTNAMELEN];
	unsigned n = 0;

	if (c->in != 0)
		CHECK(vs_jail_attach(c->in) == 0);
	if (c->uid != 0)
		CHECK(vs_setuid(c->uid) == 0);
	if (c->param != NULL)
		option(iov, &n, c->param, c->value, c->len);
	if (c->lastjid != -1)
		option(iov, &n, "lastjid", &c->lastjid, sizeof(c->lastjid));
	if (c->jid != 0)
		option(iov, &n, "jid", &c->jid, sizeof(c->jid));
	if (c->name != NULL) {
		/* What is found is written over it. */
		strlcpy(name, c->name, sizeof(name));
		option(iov, &n, "name", name, strlen(name) + 1);
	}
	c->errmsg[0] = '\0';
	option(iov, &n, "errmsg", c->errmsg, sizeof(c->errmsg));
	c->error = vs_jail_get(iov, n, c->flags, &c->found);
	if (c->param != NULL)
		c->len = iov[1].iov_len;
}

static void
get(struct get_call *c, int error, const char *msg)
{
	run(get_main, c);
	if (c->error != error || strcmp(c->errmsg, msg) != 0)
		fail_msg("jail_get: %d \"%s\", not %d \"%s\"", c->error,
		    c->errmsg, error, msg);
}

static int
get_jid(int in, int jid, int flags, int error, const char *msg)
{
	struct get_call c = { .in = in, .jid = jid, .lastjid = -1,
	    .flags = flags };

	get(&c, error, msg);
	return (c.found);
}

static int
get_name(int in, const char *name, int flags, int error, const char *msg)
{
	struct get_call c = { .in = in, .name = name, .lastjid = -1,
	    .flags = flags };

	get(&c, error, msg);
	return (c.found);
}

static int
get_next(int in, int lastjid, int flags, int error, const char *msg)
{
	struct get_call c = { .in = in, .lastjid = lastjid, .flags = flags };

	get(&c, error, msg);
	return (c.found);
}

/* 45, 46 */
static void
test_dying(void **state)
{
	struct inmate im = { .deaf = true }, im3 = { .deaf = true };
	int a, b;

	a = create("name=a persist");
	(void)create("jid=3 persist");
	assert_int_equal(get_name(0, "a", 0, 0, ""), a);
	inmate_start(&im, a);
	inmate_start(&im3, 3);
	jail_remove(a);
	jail_remove(3);
	(void)get_name(0, "a", 0, ENOENT, "jail \"a\" is dying");
	assert_int_equal(get_name(0, "a", JAIL_DYING, 0, ""), a);
	assert_string_equal(param(a, "dying"), "1");
	(void)get_jid(0, 3, 0, ENOENT, "jail 3 is dying");
	(void)get_name(0, "3", 0, ENOENT, "jail \"3\" is dying");
	assert_int_equal(get_jid(0, 3, JAIL_DYING, 0, ""), 3);
	/* By name the living one is preferred. */
	b = create("name=a persist");
	assert_int_equal(get_name(0, "a", JAIL_DYING, 0, ""), b);
	assert_int_equal(get_name(0, "a", 0, 0, ""), b);
	jail_remove(b);
	inmate_go(&im);
	inmate_go(&im3);
	inmate_reap(&im);
	inmate_reap(&im3);
}

/* 14: one that had to give up its id is listed last */
static void
test_renumbered(void **state)
{
	struct inmate im = { .deaf = true };
	int b;

	(void)create("jid=7 persist");
	inmate_start(&im, 7);
	jail_remove(7);
	assert_int_equal(create("jid=7 persist"), 7);
	b = create("jid=4000 persist");
	assert_int_equal(get_next(0, 0, JAIL_DYING, 0, ""), 7);
	assert_int_equal(get_next(0, 7, JAIL_DYING, 0, ""), b);
	assert_int_equal(get_next(0, b, JAIL_DYING, 0, ""), 999999);
	(void)get_next(0, 999999, JAIL_DYING, ENOENT, "no jail after 999999");
	(void)get_next(0, b, 0, ENOENT, "no jail after 4000");
	jail_remove(7);
	jail_remove(b);
	inmate_go(&im);
	inmate_reap(&im);
}

/* 47, 48 */
static void
test_visibility(void **state)
{
	char msg[64];
	int a, b, c, d;

	a = create("name=a persist children.max=5");
	b = create("name=a.b persist children.max=3");
	c = create("name=c persist");
	d = create("name=a.b.d persist");
	assert_int_equal(get_next(a, 0, 0, 0, ""), b);
	assert_int_equal(get_next(a, b, 0, 0, ""), d);
	snprintf(msg, sizeof(msg), "no jail after %d", d);
	(void)get_next(a, d, 0, ENOENT, msg);
	assert_int_equal(get_next(0, 0, 0, 0, ""), a);
	assert_int_equal(get_next(0, b, 0, 0, ""), c);
	snprintf(msg, sizeof(msg), "jail %d not found", a);
	(void)get_jid(a, a, 0, ENOENT, msg);
	snprintf(msg, sizeof(msg), "jail %d not found", c);
	(void)get_jid(a, c, 0, ENOENT, msg);
	(void)get_name(a, "c", 0, ENOENT, "jail \"c\" not found");
	assert_int_equal(get_name(a, "b", 0, 0, ""), b);
	assert_int_equal(get_name(a, "b.d", 0, 0, ""), d);
	assert_int_equal(get_name(0, "a.b.d", 0, 0, ""), d);
	jail_remove(a);
	jail_remove(c);
}

/* 48a, 48b, and bad calls */
static void
test_errors(void **state)
{
	struct get_call c = { .lastjid = -1 };
	char buf[8];
	int a;

	a = create("name=abcdef persist");
	get(&c, ENOENT, "no jail specified");
	c = (struct get_call){ .lastjid = -1, .name = "abcdef",
	    .param = "vnet", .value = buf, .len = 2 };
	get(&c, EINVAL, "");
	c = (struct get_call){ .lastjid = -1, .jid = a, .param = "name",
	    .value = buf, .len = 4 };
	buf[0] = '\0';
	get(&c, EINVAL, "");
	c = (struct get_call){ .lastjid = -1, .jid = a, .param = "foo",
	    .value = buf, .len = 4 };
	get(&c, EINVAL, "unknown parameter: foo");
	c = (struct get_call){ .lastjid = -1, .jid = a, .param = "name" };
	get(&c, 0, "");
	assert_int_equal(c.len, sizeof("abcdef"));
	(void)get_jid(0, a, CREATE, EINVAL, "");
	(void)get_jid(0, a, JAIL_USE_DESC | JAIL_AT_DESC, EINVAL, "");
	(void)get_jid(0, a, JAIL_GET_DESC, ENOENT, "missing desc");
	assert_jail(a, 1, 1, VS_JAIL_ALIVE);
	jail_remove(a);
}

/* 48c */
static void
test_metadata(void **state)
{
	char buf[64];
	struct get_call c = { .lastjid = -1, .name = "a", .uid = 1001,
	    .param = "meta.k", .value = buf, .len = sizeof(buf) };
	int a;

	a = create("name=a persist");
	get(&c, 0, "");
	assert_int_equal(c.len, 0);
	update("name=a meta.k=v meta.longer=text env.k=other");
	assert_string_equal(param(a, "meta.k"), "v");
	assert_string_equal(param(a, "meta"), "k=v\nlonger=text\n");
	assert_string_equal(param(a, "env"), "k=other\n");
	update("name=a meta.k=w");
	assert_string_equal(param(a, "meta"), "longer=text\nk=w\n");
	c.len = 1;
	get(&c, EINVAL, "");
	update("name=a meta.longer");
	assert_string_equal(param(a, "meta"), "k=w\n");
	assert_string_equal(param(a, "meta.longer"), "");
	update("name=a meta=x=1");
	assert_string_equal(param(a, "meta"), "x=1");
	assert_string_equal(param(a, "meta.x"), "1");
	assert_string_equal(param(a, "env.k"), "other");
	jail_remove(a);
}

static void
no_privilege_main(void *arg)
{
	char buf[32];

	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_jail_param(*(int *)arg, "name", buf, sizeof(buf)) == 0);
	CHECK(strcmp(buf, "a") == 0);
}

/* Nobody needs a privilege to look. */
static void
test_not_root(void **state)
{
	int a;

	a = create("name=a persist");
	run(no_privilege_main, &a);
	jail_remove(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dying),
		TEST(test_renumbered),
		TEST(test_visibility),
		TEST(test_errors),
		TEST(test_metadata),
		TEST(test_not_root),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
