/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * devfs: entries that come and go by looking, names, rules.
 * Numbers in comments are rows of the specification's table.
 */
#include "devfs_test.h"

/* --- collection ----------------------------------------------------------- */

/* 8: never seen, and still kept until somebody looks. */
static void
unseen_main(void *arg)
{
	struct cdev *dev = make("x");

	CHECK(dev->si_refcount == 1);
	destroy_dev(dev);
	CHECK(dev->si_refcount == 1 && alive() == 1);
	populate();
	CHECK(alive() == 0);
}

static void
test_unseen(void **state)
{
	run(unseen_main, NULL);
}

/* A vnode stays after the last close and is a reference. */
static void
seen_main(void *arg)
{
	struct cdev *dev = make("x");
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/x", &sb) == 0);
	CHECK(sb.type == VS_DEV_CHR && sb.mode == 0600 && sb.ino > 2);
	CHECK(dev->si_refcount == 2);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "vnode") == 1);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "dirent") == 1);
	CHECK(vs_stat("/dev/x", NULL) == 0 && dev->si_refcount == 2);
	destroy_dev(dev);
	CHECK(dev->si_refcount == 2);
	populate();
	CHECK(alive() == 0);
}

static void
test_seen(void **state)
{
	run(seen_main, NULL);
}

/* 9: each mount lets go for itself. */
static void
two_mounts_main(void *arg)
{
	struct cdev *dev = make("x");
	int jid = *(int *)arg;

	CHECK(vs_stat("/dev/x", NULL) == 0);
	CHECK(vs_jail_attach(jid) == 0);
	CHECK(vs_stat("/dev/x", NULL) == 0);
	CHECK(dev->si_refcount == 3);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "dirent") == 2);
	destroy_dev(dev);
	populate();
	CHECK(alive() == 1 && dev->si_refcount == 2);
	CHECK(vs_ledger_holders(VS_CDEV, dev, "dirent") == 1);
}

static void
test_two_mounts(void **state)
{
	int jid = create("name=j path=/jails/j persist");

	assert_int_equal(vs_mount_devfs("/jails/j/dev", NULL), 0);
	run(two_mounts_main, &jid);
	assert_int_equal(vs_stat("/dev/nosuch", NULL), ENOENT);
	assert_int_equal(alive(), 0);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", false), 0);
	assert_int_equal(vs_unmount_devfs("/jails/j/dev", false), EINVAL);
}

/* 18 */
static void
extra_ref_main(void *arg)
{
	struct cdev *dev = make("x");

	dev_ref(dev);
	destroy_dev(dev);
	populate();
	CHECK(alive() == 1 && dev->si_refcount == 1);
	dev_rel(dev);
	CHECK(alive() == 0);
}

static void
test_extra_ref(void **state)
{
	run(extra_ref_main, NULL);
}

/* 15 */
static void
delist_main(void *arg)
{
	struct cdev *old = make("x"), *dev;
	char buf[8];
	int fd;

	CHECK(vs_open("/dev/x", O_RDWR, &fd) == 0);
	delist_dev(old);
	dev = make("x");
	CHECK(vs_read(fd, buf, sizeof(buf), NULL) == 0 && n.reads == 1);
	CHECK(vs_stat("/dev/x", NULL) == 0);
	CHECK(vs_read(fd, buf, sizeof(buf), NULL) == ENXIO && n.reads == 1);
	destroy_dev(old);
	CHECK(vs_close(fd) == 0);
	destroy_dev(dev);
	populate();
	CHECK(alive() == 0);
}

static void
test_delist(void **state)
{
	run(delist_main, NULL);
}

/* --- names ---------------------------------------------------------------- */

/* 16, and directories that come and go with what is in them. */
static void
alias_main(void *arg)
{
	struct cdev *dev = make("x"), *deep = make("a/b/c");
	struct vs_dev_stat sb, link;
	char text[32];
	int fd, unit;

	(void)make_dev_alias(dev, "d/e");
	CHECK(strcmp(listing(), "x a/b/c d/e") == 0);
	CHECK(vs_readlink("/dev/d/e", text, sizeof(text)) == 0);
	CHECK(strcmp(text, "../x") == 0);
	CHECK(vs_readlink("/dev/x", text, sizeof(text)) == EINVAL);
	CHECK(vs_lstat("/dev/d/e", &link) == 0 && link.type == VS_DEV_LNK);
	CHECK(link.mode == 0755);
	CHECK(vs_stat("/dev/d/e", &sb) == 0 && sb.type == VS_DEV_CHR);
	CHECK(vs_open("/dev/d/e", O_RDONLY, &fd) == 0);
	CHECK(vs_ioctl(fd, TD_UNIT, &unit) == 0);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_stat("/dev/a/b/", &sb) == 0 && sb.type == VS_DEV_DIR);
	CHECK(vs_stat("/dev/a/../a/./b/c", NULL) == 0);
	CHECK(vs_stat("/dev/x/", NULL) == ENOTDIR);
	CHECK(vs_stat("/dev/x/y", NULL) == ENOTDIR);
	CHECK(vs_stat("/dev/d/e/", NULL) == ENOTDIR);
	CHECK(vs_stat("/dev/../etc", NULL) == ENOENT);
	CHECK(vs_stat("/device", NULL) == ENOENT);
	CHECK(vs_stat("/dev", &sb) == 0 && sb.ino == 2 && sb.nlink == 4);
	CHECK(vs_open("/dev/a", O_RDONLY, &fd) == EISDIR && fd == -1);
	destroy_dev(dev);
	CHECK(vs_lstat("/dev/d/e", NULL) == ENOENT);
	CHECK(vs_stat("/dev/d", NULL) == ENOENT);
	CHECK(alive() == 1);
	destroy_dev(deep);
	CHECK(vs_stat("/dev/a", NULL) == ENOENT && alive() == 0);
}

static void
test_alias(void **state)
{
	run(alias_main, NULL);
}

/* Owner, others, and who may revoke. */
static void
permissions_main(void *arg)
{
	struct cdev *dev;
	int fd;

	dev = make_dev(&td_sw, 0, 1001, 50, 0640, "mine");
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_open("/dev/mine", O_RDWR, &fd) == 0);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_revoke("/dev/mine") == 0);
	destroy_dev(dev);
	dev = make_dev(&td_sw, 0, 0, 77, 0604, "other");
	CHECK(vs_open("/dev/other", O_RDWR, &fd) == EACCES);
	CHECK(vs_open("/dev/other", O_RDONLY, &fd) == 0);
	CHECK(vs_write(fd, "x", 1, NULL) == EBADF && n.writes == 0);
	CHECK(vs_revoke("/dev/other") == EPERM);
	CHECK(vs_unlink("/dev/other") == EACCES);
	destroy_dev(dev);
}

static void
test_permissions(void **state)
{
	run(permissions_main, NULL);
	/* What was dead at the last close goes at shutdown. */
}

/* --- whiteouts and rules -------------------------------------------------- */

static void
rules_main(void *arg)
{
	struct cdev *a, *b, *c;
	struct vs_dev_stat sb;

	a = make("td1");
	b = make("td2");
	CHECK(vs_unlink("/dev/td1") == 0);
	CHECK(vs_stat("/dev/td1", NULL) == ENOENT);
	CHECK(strcmp(listing(), "td2") == 0);
	CHECK(vs_devfs_rule(7, 100, "hide") == 0);
	CHECK(vs_devfs_rule(7, 100, "hide") == EEXIST);
	CHECK(vs_devfs_rule(7, 200, "path td[12] mode 644 user 5 group 6") ==
	    0);
	CHECK(vs_devfs_rule(7, 150, "path td* include 8") == 0);
	CHECK(vs_devfs_rule(8, 1, "path td[13] unhide") == 0);
	CHECK(vs_devfs_rule(7, 201, "path td*") == EINVAL);
	CHECK(vs_devfs_rule(7, 201, "mode 9") == EINVAL);
	CHECK(vs_devfs_rule(7, 201, "conceal") == EINVAL);
	CHECK(vs_devfs_rule(0, 1, "hide") == EINVAL);
	CHECK(vs_devfs_ruleset("/dev", 70000) == EINVAL);
	CHECK(vs_devfs_ruleset("/nodev", 7) == EINVAL);
	CHECK(vs_devfs_ruleset("/dev", 7) == 0);
	CHECK(strcmp(listing(), "td1") == 0);
	CHECK(vs_stat("/dev/td1", &sb) == 0);
	CHECK(sb.mode == 0644 && sb.uid == 5 && sb.gid == 6);
	c = make("td3");
	CHECK(strcmp(listing(), "td1 td3") == 0);
	destroy_dev(a);
	destroy_dev(b);
	destroy_dev(c);
	CHECK(strcmp(listing(), "") == 0 && alive() == 0);
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_devfs_rule(7, 300, "hide") == EPERM);
	CHECK(vs_mount_devfs("/x/dev", NULL) == EPERM);
}

static void
test_rules(void **state)
{
	run(rules_main, NULL);
}

/* --- races ---------------------------------------------------------------- */

/*
 * Of two populates of one dead device the second, in another mount, comes
 * before the first has let go: it must not collect.
 */
static void
populate_main(void *arg)
{
	populate();
}

static void
jail_sees_x_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	CHECK(vs_stat("/dev/x", NULL) == 0);
}

static void
jail_populate_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
	populate();
}

static void
make_x_main(void *arg)
{
	(void)make("x");
	CHECK(vs_stat("/dev/x", NULL) == 0);
}

static void
test_two_populates(void **state)
{
	struct vs_thread *thread;
	int jid = second_mount();

	run(make_x_main, NULL);
	run(jail_sees_x_main, &jid);
	run(destroy_youngest_main, NULL);
	assert_int_equal(vs_fail_point("devfs_populate_removed",
	    "1*pause"), 0);
	thread = spawn(populate_main, NULL, "populate");
	assert_int_equal(vs_fail_point_wait("devfs_populate_removed", 1), 0);
	run(jail_populate_main, &jid);
	assert_int_equal(alive(), 1);
	assert_int_equal(vs_fail_point("devfs_populate_removed", "off"), 0);
	join(thread);
	assert_int_equal(alive(), 0);
}

/* An entry is being deleted, and its vnode is looked for. */
static void
stat_x_main(void *arg)
{
	CHECK(vs_stat("/dev/x", NULL) == ENOENT);
}

static void
test_delete_and_lookup(void **state)
{
	struct vs_thread *thread;

	run(make_x_main, NULL);
	run(destroy_youngest_main, NULL);
	assert_int_equal(vs_fail_point("devfs_delete_vnode", "pause"), 0);
	thread = spawn(populate_main, NULL, "populate");
	assert_int_equal(vs_fail_point_wait("devfs_delete_vnode", 1), 0);
	run(stat_x_main, NULL);
	assert_int_equal(alive(), 1);
	assert_int_equal(vs_fail_point("devfs_delete_vnode", "off"), 0);
	join(thread);
	assert_int_equal(alive(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVTEST(test_unseen),
		DEVTEST(test_seen),
		DEVTEST(test_two_mounts),
		DEVTEST(test_extra_ref),
		DEVTEST(test_delist),
		DEVTEST(test_alias),
		DEVTEST(test_permissions),
		DEVTEST(test_rules),
		DEVTEST(test_two_populates),
		DEVTEST(test_delete_and_lookup),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
