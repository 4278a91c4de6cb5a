/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Jail descriptors: who gets one, what it holds, what its close does.
 */
#include "jail_test.h"

#include <poll.h>

static int jid;

/* jail_get(2) for a descriptor of `jid`. */
static int
get_desc(int flags, int *fdp)
{
	struct iovec iov[] = {
		{ __DECONST(char *, "jid"), 4 }, { &jid, sizeof(jid) },
		{ __DECONST(char *, "desc"), 5 }, { fdp, sizeof(*fdp) },
	};

	return (vs_jail_get(iov, 4, flags, NULL));
}

static bool
removed(int fd)
{
	int revents;

	CHECK(vs_poll(fd, POLLIN, &revents) == 0);
	return ((revents & POLLHUP) != 0);
}

static void
plain_main(void *arg)
{
	int fd, other;

	CHECK(get_desc(VS_JAIL_GET_DESC, &fd) == 0);
	CHECK(get_desc(VS_JAIL_GET_DESC, &other) == 0 && other != fd);
	assert_jail(jid, 3, 1, VS_JAIL_ALIVE);
	CHECK(vs_close(other) == 0);
	assert_jail(jid, 2, 1, VS_JAIL_ALIVE);
	CHECK(!removed(fd));
	CHECK(vs_jail_remove(jid) == 0);
	CHECK(removed(fd));
	/* It did not keep the jail. */
	CHECK(vs_jail_find("j", true, NULL) == ENOENT);
	CHECK(vs_jail_attach_jd(fd) == ENOENT);
	CHECK(vs_jail_remove_jd(fd) == ENOENT);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_jail_remove_jd(fd) == EBADF);
}

static void
test_plain(void **state)
{
	jid = create("name=j persist");
	run(plain_main, NULL);
}

static void
calls_main(void *arg)
{
	int fd, so;

	CHECK(get_desc(VS_JAIL_GET_DESC, &fd) == 0);
	CHECK(vs_socket(AF_LOCAL, SOCK_DGRAM, 0, &so) == 0);
	CHECK(vs_jail_remove_jd(so) == EINVAL);
	CHECK(vs_jail_attach_jd(fd) == 0);
	CHECK(vs_jail_remove_jd(fd) == 0);
}

/* The removal takes the process along that it came from. */
static void
test_calls(void **state)
{
	jid = create("name=j persist");
	run(calls_main, NULL);
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

static void
own_main(void *arg)
{
	int fd;

	CHECK(get_desc(VS_JAIL_OWN_DESC, &fd) == 0);
	CHECK(vs_close(fd) == 0);
}

static void
test_own(void **state)
{
	jid = create("name=j persist");
	run(own_main, NULL);
	vs_jail_settle();
	assert_int_equal(vs_jail_count(), 0);
}

static void
refused_main(void *arg)
{
	int fd = 4711;

	CHECK(vs_setuid(1001) == 0);
	CHECK(get_desc(VS_JAIL_OWN_DESC, &fd) == EPERM);
	CHECK(get_desc(VS_JAIL_GET_DESC, &fd) == 0);
	CHECK(vs_jail_remove_jd(fd) == EPERM);
	CHECK(vs_jail_attach_jd(fd) == EPERM);
	CHECK(get_desc(VS_JAIL_GET_DESC | VS_JAIL_UPDATE, &fd) == EINVAL);
}

static void
test_refused(void **state)
{
	jid = create("name=j persist");
	run(refused_main, NULL);
	assert_jail(jid, 1, 1, VS_JAIL_ALIVE);
	jail_remove(jid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_calls),
		TEST(test_own),
		TEST(test_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
