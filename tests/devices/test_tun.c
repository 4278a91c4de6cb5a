/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * tun, tap, vmnet: the device's and the interface's faces, and the references
 * of a device from its making to its end.
 */
#include "devices/tun.h"

#include <sys/filio.h>

/* --- making by request -------------------------------------------------- */

static void
test_create(void **state)
{
	char name[IFNAMSIZ] = "tun";

	assert_int_equal(create(name), 0);
	assert_string_equal(name, "tun0");
	assert_true(exists("tun0"));
	assert_non_null(node("tun0"));
	assert_int_equal(node_refs(node("tun0")), 1);
	assert_null(node("tun0")->si_cred);
	strlcpy(name, "tun", sizeof(name));
	assert_int_equal(create(name), 0);
	assert_string_equal(name, "tun1");
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(destroy("tun1"), 0);
}

static void
test_create_names(void **state)
{
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(create_one("tun0"), EEXIST);
	assert_int_equal(create_one("tun32767"), 0);
	assert_int_equal(create_one("tun32768"), EEXIST);
	assert_int_equal(create_one("tun00"), EINVAL);
	assert_int_equal(create_one("tunx"), EINVAL);
	assert_int_equal(create_one("tap0"), 0);
	assert_int_equal(create_one("vmnet0"), 0);
	assert_int_equal(destroy("vmnet0"), 0);
	assert_int_equal(destroy("tap0"), 0);
	assert_int_equal(destroy("tun32767"), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(destroy("tun0"), ENXIO);
}

/* --- ledgers ------------------------------------------------------------ */

/* `ifconfig tun create`, `ifconfig tun0 destroy`: 7.1. */
static void
ledger_by_request(int surplus)
{
	size_t before = nodes();
	struct cdev *dev;

	assert_int_equal(create_one("tun0"), 0);
	dev = node("tun0");
	assert_int_equal(node_refs(dev), 1 + surplus);
	populate();
	assert_int_equal(node_refs(dev), 1 + surplus);
	assert_int_equal(look("/dev/tun0"), 0);
	assert_int_equal(node_refs(dev), 2 + surplus);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(node_refs(dev), 2 + surplus);
	populate();
	assert_int_equal(nodes(), before + (surplus > 0 ? 1 : 0));
	if (surplus > 0)
		assert_int_equal(node_refs(dev), surplus);
}

static void
test_ledger_by_request(void **state)
{
	ledger_by_request(0);
}

static void
assert_left(const char *const *texts, size_t n)
{
	const struct vs_outcome *o;
	size_t i;

	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	for (i = 0; i < n; i++)
		if (strstr(o->report, texts[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", texts[i], o->report);
}

static void
test_ledger_by_request_before(void **state)
{
	static const char *const texts[] = { "tun0", "tun_clone_create" };

	boot_as("fixed,+tun-cdev-extra-ref");
	ledger_by_request(1);
	assert_left(texts, nitems(texts));
}

/* open("/dev/tun"), close, `ifconfig tun0 destroy`: 7.2. */
static void
ledger_by_lookup(int surplus)
{
	size_t before = nodes();
	struct cdev *dev;
	int fd;

	fd = device_open("/dev/tun");
	assert_true(exists("tun0"));
	dev = node("tun0");
	assert_non_null(dev->si_cred);
	assert_int_equal(node_refs(dev), 2 + surplus);
	assert_int_equal(dev->si_usecount, 1);
	assert_int_equal(vs_close(fd), 0);
	assert_int_equal(dev->si_usecount, 0);
	assert_int_equal(node_refs(dev), 2 + surplus);
	assert_int_equal(destroy("tun0"), 0);
	populate();
	assert_int_equal(nodes(), before + (surplus > 0 ? 1 : 0));
	if (surplus > 0)
		assert_int_equal(node_refs(dev), surplus);
}

static void
test_ledger_by_lookup(void **state)
{
	ledger_by_lookup(0);
}

static void
test_ledger_by_lookup_before(void **state)
{
	static const char *const texts[] = {
		"tun0", "dev_ref+", "tunclone", "ucred",
	};

	boot_as("fixed,+tun-cdev-extra-ref");
	ledger_by_lookup(2);
	assert_left(texts, nitems(texts));
}

/* --- packets ------------------------------------------------------------ */

static void
send_ip(void *arg)
{
	struct ifnet *ifp = must_find(arg);

	CHECK(output(ifp, plain_packet(40), AF_INET, NULL) == 0);
	if_rele(ifp);
}

static void
test_read(void **state)
{
	char buf[100];
	size_t done;
	int fd, n;

	fd = device_open("/dev/tun");
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), EWOULDBLOCK);
	assert_int_equal(set_up("tun0", true), 0);
	run(send_ip, "tun0");
	assert_int_equal(vs_ioctl(fd, FIONREAD, &n), 0);
	assert_int_equal(n, 40);
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), 0);
	assert_int_equal(done, 40);
	/* With a header; what does not fit is lost. */
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	run(send_ip, "tun0");
	assert_int_equal(vs_read(fd, buf, 6, &done), 0);
	assert_int_equal(done, 6);
	assert_memory_equal(buf, "\0\0\0\2", 4);
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), EWOULDBLOCK);
	vs_close(fd);
	assert_int_equal(destroy("tun0"), 0);
}

static void
refused_ip(void *arg)
{
	struct ifnet *ifp = must_find(arg);

	CHECK(output(ifp, plain_packet(40), AF_INET, NULL) == EHOSTDOWN);
	if_rele(ifp);
}

static void
refused_ip6(void *arg)
{
	struct ifnet *ifp = must_find(arg);

	CHECK(output(ifp, plain_packet(40), AF_INET6, NULL) == EAFNOSUPPORT);
	if_rele(ifp);
}

static void
test_output_refused(void **state)
{
	int fd;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(set_up("tun0", true), 0);
	run(refused_ip, "tun0");
	fd = device_open("/dev/tun0");
	run(refused_ip6, "tun0");
	vs_close(fd);
	assert_int_equal(destroy("tun0"), 0);
}

static void
receive_start(void *arg)
{
	receiver_start();
}

static void
receive_stop(void *arg)
{
	receiver_stop();
}

static void
test_write(void **state)
{
	static char packet[70000];
	size_t done;
	int fd;

	run(receive_start, NULL);
	fd = device_open("/dev/tun");
	/* Down: nothing is taken, and nothing is wrong. */
	assert_int_equal(vs_write(fd, packet, 40, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(set_up("tun0", true), 0);
	assert_int_equal(vs_write(fd, packet, 40, &done), 0);
	assert_int_equal(done, 40);
	assert_int_equal(received.packets, 1);
	assert_int_equal(received.bytes, 40);
	assert_ptr_equal(received.vnet, vnet0);
	assert_int_equal(vs_write(fd, packet, 65536, &done), EIO);
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	assert_int_equal(vs_write(fd, "\0\0\0\2" "0123", 8, &done), 0);
	assert_int_equal(received.packets, 2);
	assert_int_equal(received.bytes, 44);
	assert_int_equal(vs_write(fd, "\0\0\0\143" "0123", 8, &done),
	    EAFNOSUPPORT);
	vs_close(fd);
	assert_int_equal(destroy("tun0"), 0);
	run(receive_stop, NULL);
}

/* --- waiting ------------------------------------------------------------ */

static struct thread *sleeper;

static void
poll_for_packet(void *arg)
{
	int fd = *(int *)arg, revents;

	publish(&sleeper);
	CHECK(vs_poll_wait(fd, POLLIN, -1, &revents) == 0);
	CHECK(revents == POLLIN);
}

static void
wait_for_packet(void *arg)
{
	publish(&sleeper);
	CHECK(vs_knote_wait(arg, -1, NULL, NULL) == 0);
}

static void
read_packet(void *arg)
{
	char buf[100];
	size_t done;

	publish(&sleeper);
	CHECK(vs_read(*(int *)arg, buf, sizeof(buf), &done) == 0);
	CHECK(done == 40);
}

static struct {
	int	fd;
	struct vs_thread *thread;
} waiting;

/* Descriptors are a process's: all in one. */
static void
waiting_main(void *arg)
{
	struct knote *kn;
	bool eof;
	int64_t n;
	int fd, nb, revents;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	CHECK(vs_if_up("tun0") == 0);
	CHECK(vs_poll(fd, POLLIN | POLLOUT, &revents) == 0);
	CHECK(revents == POLLOUT);
	CHECK(vs_poll_wait(fd, POLLIN, 10, &revents) == 0 && revents == 0);
	CHECK(vs_knote_open(fd, 1, &kn) == EINVAL);
	CHECK(vs_knote_open(fd, -1, &kn) == 0);
	CHECK(vs_knote_wait(kn, 0, &n, &eof) == EWOULDBLOCK);
	nb = vs_getpid();
	CHECK(vs_ioctl(fd, FIOSETOWN, &nb) == 0);
	nb = 1;
	CHECK(vs_ioctl(fd, FIOASYNC, &nb) == 0);

	sleeper = NULL;
	waiting.thread = vs_thread_create(poll_for_packet, &fd, "poll");
	await_sleep(&sleeper);
	send_ip(__DECONST(char *, "tun0"));
	CHECK(vs_thread_join(waiting.thread) == NULL);
	CHECK(vs_knote_wait(kn, 0, &n, &eof) == 0 && n == 1 && !eof);
	read_packet(&fd);

	sleeper = NULL;
	waiting.thread = vs_thread_create(wait_for_packet, kn, "kevent");
	await_sleep(&sleeper);
	send_ip(__DECONST(char *, "tun0"));
	CHECK(vs_thread_join(waiting.thread) == NULL);
	read_packet(&fd);

	sleeper = NULL;
	waiting.thread = vs_thread_create(read_packet, &fd, "read");
	await_sleep(&sleeper);
	send_ip(__DECONST(char *, "tun0"));
	CHECK(vs_thread_join(waiting.thread) == NULL);

	CHECK(vs_knote_close(kn) == 0);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_if_destroy("tun0") == 0);
}

static void
test_waiting(void **state)
{
	static const char *const texts[] = { "SIGIO pid" };

	vs_events_record(true);
	run(waiting_main, NULL);
	assert_true(events_in_order(texts, nitems(texts)));
	vs_events_record(false);
}

/* --- requests on the device --------------------------------------------- */

static void
test_requests(void **state)
{
	struct tuninfo info;
	struct ifreq ifr;
	int fd, tap, value;

	fd = device_open("/dev/tun");
	assert_int_equal(vs_if_rename("tun0", "foo"), 0);
	assert_int_equal(vs_ioctl(fd, TUNGIFNAME, &ifr), 0);
	assert_string_equal(ifr.ifr_name, "foo");
	assert_int_equal(vs_ioctl(fd, TUNGIFINFO, &info), 0);
	assert_int_equal(info.mtu, 1500);
	assert_int_equal(info.type, IFT_PPP);
	info.mtu = 1400;
	assert_int_equal(vs_ioctl(fd, TUNSIFINFO, &info), 0);
	assert_int_equal(vs_ioctl(fd, TUNGIFINFO, &info), 0);
	assert_int_equal(info.mtu, 1400);
	info.type = IFT_ETHER;
	assert_int_equal(vs_ioctl(fd, TUNSIFINFO, &info), EPROTOTYPE);
	assert_int_equal(device_set(fd, TUNSIFMODE, IFF_BROADCAST), 0);
	assert_int_equal(device_set(fd, TUNSIFMODE, IFF_LOOPBACK), EINVAL);
	assert_int_equal(device_set(fd, TUNSIFHEAD, 1), 0);
	assert_int_equal(device_set(fd, TUNSLMODE, 1), 0);
	assert_int_equal(vs_ioctl(fd, TUNGIFHEAD, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(device_set(fd, TAPSVNETHDR, 10), ENOTTY);
	tap = device_open("/dev/tap");
	assert_int_equal(device_set(tap, TAPSVNETHDR, 11), EINVAL);
	assert_int_equal(device_set(tap, TAPSVNETHDR, 12), 0);
	assert_int_equal(vs_ioctl(tap, TAPGVNETHDR, &value), 0);
	assert_int_equal(value, 12);
	assert_int_equal(device_set(tap, TUNSLMODE, 1), ENOTTY);
	vs_close(tap);
	vs_close(fd);
	assert_int_equal(destroy("tap0"), 0);
	assert_int_equal(destroy("foo"), 0);
}

#ifdef WITNESS
static void
set_other_mtu(void *arg)
{
	struct tuninfo info = { .mtu = 1300, .type = IFT_PPP };
	int fd;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	CHECK(vs_ioctl(fd, TUNSIFINFO, &info) == 0);
}
#endif

static void
test_mtu_under_mutex(void **state)
{
#ifdef WITNESS
	const struct vs_config config = {
		.profile = "fixed,+tun-sx-under-mutex",
		.witness = VS_WITNESS_FATAL,
	};

	expect_panic_with(&config, set_other_mtu, NULL,
	    "*sleepable after non-sleepable*");
#else
	skip();
#endif
}

/* --- second names ------------------------------------------------------- */

static void
test_rename(void **state)
{
	int fd;

	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(vs_if_rename("tun0", "foo"), 0);
	assert_int_equal(look("/dev/foo"), 0);
	fd = device_open("/dev/foo");
	assert_int_equal(open_error("/dev/tun0"), EBUSY);
	vs_close(fd);
	assert_int_equal(vs_if_rename("foo", "bar"), 0);
	assert_int_equal(look("/dev/foo"), ENOENT);
	assert_int_equal(look("/dev/bar"), 0);
	assert_int_equal(destroy("bar"), 0);
	assert_int_equal(look("/dev/bar"), ENOENT);
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
}

/* 69: the name of the lowest unit is an alias of another. */
static void
test_name_taken(void **state)
{
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(create_one("tun1"), 0);
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(vs_if_rename("tun1", "tun0"), 0);
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(vs_if_rename("tun0", "tun1"), 0);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun0"));
	assert_int_equal(destroy("tun0"), 0);
	assert_int_equal(destroy("tun1"), 0);
}

static void
name_taken_elsewhere(void *arg)
{
	int jid;

	CHECK(vs_if_create((char[16]){ "tun0" }) == 0);
	CHECK(vs_if_rename("tun0", "tun7") == 0);
	CHECK(vs_jail_create("name=j vnet persist", &jid) == 0);
	CHECK(vs_jail_attach(jid) == 0);
	CHECK(vs_if_create((char[16]){ "tun7" }) == EEXIST);
	/* The unit is free again. */
	CHECK(vs_if_create((char[16]){ "tun7" }) == EEXIST);
}

static void
test_name_taken_elsewhere(void **state)
{
	int jid;

	run(name_taken_elsewhere, NULL);
	assert_int_equal(destroy("tun7"), 0);
	assert_int_equal(vs_jail_find("j", false, &jid), 0);
	assert_int_equal(vs_jail_remove(jid), 0);
	assert_int_equal(create_one("tun7"), 0);
	assert_int_equal(destroy("tun7"), 0);
}

static void
test_name_taken_before(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+tun-dupname-cross-vnet-panic",
	};

	expect_panic_with(&config, name_taken_elsewhere, NULL, "*tun7*");
}

/* --- module ------------------------------------------------------------- */

static void
test_unload(void **state)
{
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(look("/dev/tun"), 0);
	assert_true(exists("tun1"));
	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	assert_false(exists("tun0"));
	assert_int_equal(look("/dev/tun"), ENOENT);
	assert_int_equal(create_one("tun0"), EINVAL);
	assert_int_equal(vs_kldload("if_tuntap", NULL), 0);
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
}

static void
test_unload_refused(void **state)
{
	boot_as("S15");
	assert_int_equal(vs_kldunload("if_tuntap"), EBUSY);
	assert_int_equal(create_one("tun0"), 0);
	assert_int_equal(destroy("tun0"), 0);
	populate();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_create_names),
		TEST(test_ledger_by_request),
		cmocka_unit_test_teardown(test_ledger_by_request_before,
		    test_teardown),
		TEST(test_ledger_by_lookup),
		cmocka_unit_test_teardown(test_ledger_by_lookup_before,
		    test_teardown),
		TEST(test_read),
		TEST(test_output_refused),
		TEST(test_write),
		TEST(test_waiting),
		TEST(test_requests),
		cmocka_unit_test(test_mtu_under_mutex),
		TEST(test_rename),
		TEST(test_name_taken),
		TEST(test_name_taken_elsewhere),
		cmocka_unit_test(test_name_taken_before),
		TEST(test_unload),
		cmocka_unit_test_teardown(test_unload_refused, test_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
