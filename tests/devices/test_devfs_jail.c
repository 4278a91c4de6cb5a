/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * devfs and jails: who sees what, and what a dead device keeps alive.
 * Numbers in comments are rows of the specification's table.
 */
#include "devfs_test.h"

/* What a process of a jail does with /dev. */
struct visit {
	int		jid;
	const char	*path;
	int		stat_error;	/* out */
	char		list[256];	/* out */
};

static void
visit_main(void *arg)
{
	struct visit *v = arg;

	CHECK(vs_jail_attach(v->jid) == 0);
	v->stat_error = vs_stat(v->path, NULL);
	strlcpy(v->list, listing(), sizeof(v->list));
}

static struct visit
visit(int jid, const char *path)
{
	struct visit v = { .jid = jid, .path = path };

	run(visit_main, &v);
	return (v);
}

/* --- the credential filter ------------------------------------------------ */

struct making {
	int		jid;
	const char	*name;
	struct cdev	*dev;		/* out */
};

static void
make_main(void *arg)
{
	struct making *m = arg;

	if (m->jid != 0)
		CHECK(vs_jail_attach(m->jid) == 0);
	/* The thread gets the process's new credential with its next call. */
	(void)vs_getpid();
	m->dev = make_as(m->name, m->jid == 0 ? NULL : curthread->td_ucred,
	    0);
}

static struct cdev *
make_in(int jid, const char *name)
{
	struct making m = { .jid = jid, .name = name };

	run(make_main, &m);
	return (m.dev);
}

static void
destroy_main(void *arg)
{
	destroy_dev(arg);
}

/* 29 */
static void
test_filter(void **state)
{
	int v = create("name=v vnet persist children.max=3");
	int w = create("name=w persist");
	int c = create("name=v.c persist");
	struct cdev *all = make_in(0, "all"), *dev = make_in(v, "secret");
	struct cdev *deep = make_in(c, "deep");
	struct visit r;

	assert_int_equal(vs_stat("/dev/secret", NULL), 0);
	assert_int_equal(vs_stat("/dev/deep", NULL), 0);
	r = visit(v, "/dev/secret");
	assert_int_equal(r.stat_error, 0);
	assert_string_equal(r.list, "all secret deep");
	assert_consistent();
	r = visit(w, "/dev/secret");
	assert_int_equal(r.stat_error, ENOENT);
	assert_string_equal(r.list, "all");
	r = visit(c, "/dev/secret");
	assert_int_equal(r.stat_error, ENOENT);
	assert_string_equal(r.list, "all deep");
	run(destroy_main, all);
	run(destroy_main, dev);
	run(destroy_main, deep);
}

/* What was opened stays open, whoever it is passed to. */
static void
outlives_main(void *arg)
{
	int fd, jid = *(int *)arg, value;

	CHECK(vs_open("/dev/secret", O_RDONLY, &fd) == 0);
	CHECK(vs_jail_attach(jid) == 0);
	CHECK(vs_stat("/dev/secret", NULL) == ENOENT);
	CHECK(vs_ioctl(fd, TD_UNIT, &value) == 0);
}

static void
test_filter_at_lookup(void **state)
{
	int v = create("name=v persist"), w = create("name=w persist");
	struct cdev *dev = make_in(v, "secret");

	run(outlives_main, &w);
	run(destroy_main, dev);
}

/* --- what keeps a jail ---------------------------------------------------- */

/* A device pins the jail of its credential until somebody looks. */
static void
test_pin(void **state)
{
	int jid = create("name=j persist");
	struct cdev *dev = make_in(jid, "x");

	assert_int_equal(vs_stat("/dev/x", NULL), 0);
	jail_remove(jid);
	vs_jail_settle();
	assert_int_equal(info(jid).state, VS_JAIL_DEAD);
	run(destroy_main, dev);
	vs_jail_settle();
	assert_int_equal(info(jid).state, VS_JAIL_DEAD);
	assert_int_equal(vs_stat("/dev/nosuch", NULL), ENOENT);
	vs_jail_settle();
	assert_gone(jid);
	assert_int_equal(alive(), 0);
}

/* Every mount that knows the device must have been looked at, or be gone. */
static void
test_pin_two_mounts(void **state)
{
	int jid = create("name=j persist");
	int other = create("name=k path=/jails/k persist");
	struct cdev *dev = make_in(jid, "x");

	assert_int_equal(vs_mount_devfs("/jails/k/dev", NULL), 0);
	assert_string_equal(visit(other, "/dev/x").list, "");
	jail_remove(jid);
	run(destroy_main, dev);
	assert_int_equal(vs_stat("/dev/nosuch", NULL), ENOENT);
	vs_jail_settle();
	assert_int_equal(info(jid).state, VS_JAIL_DEAD);
	assert_int_equal(vs_unmount_devfs("/jails/k/dev", false), 0);
	vs_jail_settle();
	assert_gone(jid);
}

/* Nobody looks, and the shutdown is clean all the same. */
static void
test_pin_shutdown(void **state)
{
	int jid = create("name=j vnet persist");
	struct cdev *dev = make_in(jid, "x");

	assert_int_equal(vs_stat("/dev/x", NULL), 0);
	jail_remove(jid);
	run(destroy_main, dev);
	vs_jail_settle();
	assert_int_equal(info(jid).state, VS_JAIL_DEAD);
}

/* --- mounts of jails ------------------------------------------------------ */

/* A jail has the mount on its own path, or that of the jail around it. */
static void
test_which_mount(void **state)
{
	int j = create("name=j path=/jails/j persist children.max=1");
	int c = create("name=j.c path=/jails/j/c persist");
	int k = create("name=k path=/jails/k persist");
	struct cdev *dev = make_in(0, "td0");

	assert_int_equal(vs_devfs_rule(4, 100, "hide"), 0);
	assert_int_equal(vs_mount_devfs("/jails/j/dev", "ruleset=4"), 0);
	assert_int_equal(visit(j, "/dev/td0").stat_error, ENOENT);
	assert_int_equal(visit(c, "/dev/td0").stat_error, ENOENT);
	assert_int_equal(visit(k, "/dev/td0").stat_error, 0);
	assert_int_equal(vs_mount_devfs("/jails/j/c/dev", NULL), 0);
	assert_int_equal(visit(c, "/dev/td0").stat_error, 0);
	assert_int_equal(vs_mount_devfs("/jails/k", NULL), EINVAL);
	assert_int_equal(vs_mount_devfs("jails/k/dev", NULL), EINVAL);
	assert_int_equal(vs_mount_devfs("/jails/k/dev", "ruleset=65536"),
	    EINVAL);
	assert_int_equal(vs_mount_devfs("/jails/k/dev", "ruleset="), EINVAL);
	assert_int_equal(vs_mount_devfs("/jails/k/dev", "fast"), EINVAL);
	assert_int_equal(vs_mount_devfs("/jails/k/dev", "export"),
	    EOPNOTSUPP);
	run(destroy_main, dev);
}

/* Root of a jail mounts with the jail's ruleset, if it may mount at all. */
static void
jail_mount_main(void *arg)
{
	const int *jids = arg;

	CHECK(vs_jail_attach(jids[0]) == 0);
	CHECK(vs_devfs_rule(5, 101, "unhide") == EPERM);
	CHECK(vs_devfs_ruleset("/dev", 0) == EPERM);
	CHECK(vs_mount_devfs("/dev", "ruleset=3") == EPERM);
	CHECK(vs_mount_devfs("/dev", "ruleset=0") == 0);
	CHECK(vs_stat("/dev/td0", NULL) == ENOENT);
	CHECK(vs_stat("/dev/td1", NULL) == 0);
	CHECK(vs_unmount_devfs("/dev", false) == 0);
	CHECK(vs_mount_devfs("/dev", "ruleset=5") == 0);
}

static void
forbidden_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(vs_mount_devfs("/dev", NULL) == EPERM);
	CHECK(vs_unmount_devfs("/dev", true) == EPERM);
}

static void
test_jail_mount(void **state)
{
	int jid = create("name=j path=/jails/j persist devfs_ruleset=5 "
	    "enforce_statfs=1 allow.mount allow.mount.devfs");
	int none = create("name=k path=/jails/k persist enforce_statfs=1 "
	    "allow.mount");
	struct cdev *td0 = make_in(0, "td0"), *td1 = make_in(0, "td1");

	assert_int_equal(vs_devfs_rule(5, 100, "path td0 hide"), 0);
	run(jail_mount_main, &jid);
	run(forbidden_main, &none);
	/* The mount has the credential of who made it. */
	jail_remove(jid);
	vs_jail_settle();
	assert_int_equal(info(jid).state, VS_JAIL_DEAD);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", false), 0);
	vs_jail_settle();
	assert_gone(jid);
	run(destroy_main, td0);
	run(destroy_main, td1);
}

/* What nobody unmounts goes at shutdown, with the jail that it keeps. */
static void
test_jail_mount_shutdown(void **state)
{
	int jid = create("name=j path=/jails/j persist devfs_ruleset=5 "
	    "enforce_statfs=1 allow.mount allow.mount.devfs");
	struct cdev *td0 = make_in(0, "td0"), *td1 = make_in(0, "td1");

	assert_int_equal(vs_devfs_rule(5, 100, "path td0 hide"), 0);
	run(jail_mount_main, &jid);
	run(destroy_main, td0);
	run(destroy_main, td1);
}

/* --- everybody at once ---------------------------------------------------- */

#define	ROUNDS	40

static void
maker_main(void *arg)
{
	const char *name = arg;
	struct cdev *dev;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		dev = make_as(name, curthread->td_ucred, 0);
		(void)vs_stat("/dev/nosuch", NULL);
		destroy_dev(dev);
	}
}

static void
looker_main(void *arg)
{
	int fd, i;

	for (i = 0; i < ROUNDS; i++) {
		if (vs_open("/dev/d/one", O_RDWR, &fd) == 0) {
			(void)vs_write(fd, "x", 1, NULL);
			(void)vs_close(fd);
		}
		(void)vs_revoke("/dev/d/two");
		(void)vs_readdir_dev(NULL, 0);
	}
}

static void
jail_looker_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	looker_main(NULL);
}

static void
test_storm(void **state)
{
	int j = create("name=j path=/jails/j persist"), i;
	struct vs_thread *threads[4];

	td_sw.d_open = NULL;
	td_sw.d_close = NULL;
	td_sw.d_write = NULL;
	threads[0] = spawn(maker_main, "d/one", "one");
	threads[1] = spawn(maker_main, "d/two", "two");
	threads[2] = spawn(looker_main, NULL, "looker");
	threads[3] = spawn(jail_looker_main, &j, "jailed");
	for (i = 0; i < ROUNDS / 4; i++) {
		assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), 0);
		(void)vs_stat("/dev/d/one", NULL);
		assert_int_equal(vs_unmount_devfs("/jails/j/dev", true), 0);
	}
	for (i = 0; i < 4; i++)
		join(threads[i]);
	assert_consistent();
	td_sw.d_open = td_open;
	td_sw.d_close = td_close;
	td_sw.d_write = td_write;
	assert_int_equal(vs_stat("/dev/nosuch", NULL), ENOENT);
	assert_int_equal(alive(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_filter),
		DEVTEST(test_filter_at_lookup),
		DEVTEST(test_pin),
		DEVTEST(test_pin_two_mounts),
		DEVTEST(test_pin_shutdown),
		DEVTEST(test_which_mount),
		DEVTEST(test_jail_mount),
		DEVTEST(test_jail_mount_shutdown),
		DEVTEST(test_storm),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
