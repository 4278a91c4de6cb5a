/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Whoever has a tunnel open, and who waits for the close meanwhile: removals of
 * jails, unloading, netlink.  FreeBSD waits, with everybody's locks; mended,
 * the opener is left with a dead file.  Numbers in comments are rows of the
 * specification's table.
 */
#include "devices/tun_jail.h"

#include <sys/condvar.h>
#include <netlink/netlink.h>
#include <netlink/netlink_route.h>

/* Nobody gets at a jail, or destroys or moves an interface. */
static bool
has_all_locks(const struct thread *td)
{
	return (sx_xholder(&allprison_lock) == td &&
	    sx_xholder(&ifnet_detach_sxlock) == td);
}

/* Waits until somebody sleeps with the detach lock. */
static void
await_parked(void *arg)
{
	struct thread *td, **tdp = arg;

	while ((td = sx_xholder(&ifnet_detach_sxlock)) == NULL ||
	    !__atomic_load_n(&td->td_sleeping, __ATOMIC_ACQUIRE))
		kern_yield(0);
	*tdp = td;
}

/* --- removal with an open tunnel ----------------------------------------- */

static struct thread *reader;
static int reader_pid;
static int reader_error;

/* Stays in the read until it is killed, or told to go. */
static void
read_tun(void *arg)
{
	char buf[100];
	size_t done;
	int fd;

	reader_pid = vs_getpid();
	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
	publish(&reader);
	reader_error = vs_read(fd, buf, sizeof(buf), &done);
}

static struct thread *remover;

static void
remove_jail(void *arg)
{
	publish(&remover);
	CHECK(vs_jail_remove(*(int *)arg) == 0);
}

static void
open_story(struct inmate *in, struct vs_thread **opener)
{
	reader_error = -1;
	reader = remover = NULL;
	in->jid = jail_with("name=test vnet persist");
	in->fn = read_tun;
	*opener = spawn(inmate_main, in, "opener");
	run(await_sleep, &reader);
}

static void
assert_gone(int jid)
{
	unsigned ref;

	populate();
	vs_jail_settle();
	assert_int_equal(state_of(jid, &ref), VS_JAIL_INVALID);
	assert_null(node("tun0"));
}

static void
test_remove_open(void **state)
{
	struct inmate in;
	struct vs_thread *opener;

	open_story(&in, &opener);
	assert_int_equal(vs_jail_remove(in.jid), 0);
	join(opener);
	assert_true(reader_error == ENXIO || reader_error == -1);
	assert_gone(in.jid);
}

/* 60: the process is killed only after what waits for its close. */
static void
test_remove_open_before(void **state)
{
	struct vs_thread *opener, *removing;
	struct inmate in;

	boot_as("fixed,+jail-remove-waits-for-its-own-process");
	open_story(&in, &opener);
	removing = spawn(remove_jail, &in.jid, "remover");
	run(await_sleep, &remover);
	assert_true(has_all_locks(remover));
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(opener);
	/* It never returned to its program. */
	assert_int_equal(reader_error, -1);
	join(removing);
	assert_gone(in.jid);
}

/* --- a signal to the remover ---------------------------------------------- */

static int remover_pid;

static void
remove_jail_and_die(void *arg)
{
	remover_pid = vs_getpid();
	remove_jail(arg);
}

/* Held at each round, so one more has begun each time. */
static void
await_round(void)
{
	assert_int_equal(vs_fail_point("if_clone_destroy_method", "pause"), 0);
	assert_int_equal(vs_fail_point_wait("if_clone_destroy_method", 1), 0);
	assert_int_equal(vs_fail_point("if_clone_destroy_method", "off"), 0);
}

/*
 * 61: the wait ends, the interface is linked again, and the next round begins.
 * The signal stays, the locks too.
 */
static void
test_remove_signalled_before(void **state)
{
	struct vs_thread *opener, *removing;
	struct inmate in;
	int i;

	boot_as("S15");
	open_story(&in, &opener);
	removing = spawn(remove_jail_and_die, &in.jid, "remover");
	run(await_sleep, &remover);
	assert_int_equal(vs_kill(remover_pid, SIGKILL), 0);
	for (i = 0; i < 3; i++) {
		await_round();
		assert_true(has_all_locks(remover));
	}
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(opener);
	join(removing);
	assert_gone(in.jid);
}

static size_t
rounds(void)
{
	static struct vs_event events[1000];
	size_t i, n, found = 0;

	n = vs_events_read(events, nitems(events));
	for (i = 0; i < n && i < nitems(events); i++)
		found += strncmp(events[i].text, "group_change_event tun ",
		    23) == 0;
	return (found);
}

/* The same without the rounds: it sleeps on, and the signal waits. */
static void
test_remove_signalled(void **state)
{
	struct vs_thread *opener, *removing;
	struct inmate in;

	boot_as("fixed,+jail-remove-waits-for-its-own-process");
	open_story(&in, &opener);
	vs_events_record(true);
	removing = spawn(remove_jail_and_die, &in.jid, "remover");
	run(await_sleep, &remover);
	assert_int_equal(vs_kill(remover_pid, SIGKILL), 0);
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(opener);
	join(removing);
	assert_true(rounds() <= 1);
	vs_events_record(false);
	assert_gone(in.jid);
}

/* --- the process that removes has it open --------------------------------- */

static void
look_tun(void *arg)
{
	struct vs_dev_stat sb;

	CHECK(vs_stat("/dev/tun", &sb) == 0);
}

/*
 * 78, without the descriptor that owns the jail: what closing that would do is
 * a removal by the process that is to close the tunnel next.
 */
static void
remove_and_close(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/tun0", O_RDWR, &fd) == 0);
	publish(&remover);
	CHECK(vs_jail_remove(*(int *)arg) == 0);
	(void)vs_close(fd);
}

static void
test_remove_own(void **state)
{
	int jid;

	jid = jail_with("name=test vnet persist");
	run_in(jid, look_tun, NULL);
	run(remove_and_close, &jid);
	assert_gone(jid);
}

/* Whoever waits for himself is never done. */
static void
enough(void *arg)
{
	panic("nobody closes it");
}

static void
test_remove_own_before(void **state)
{
	int jid;

	boot_as("S15");
	jid = jail_with("name=test vnet persist");
	run_in(jid, look_tun, NULL);
	remover = NULL;
	(void)spawn(remove_and_close, &jid, "remover");
	run(await_sleep, &remover);
	assert_true(has_all_locks(remover));
	expect_panic(enough, NULL, "nobody closes it");
}

/* The other order: close, then remove. */
static void
close_and_remove(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/tun0", O_RDWR, &fd) == 0);
	CHECK(vs_close(fd) == 0);
	CHECK(vs_jail_remove(*(int *)arg) == 0);
}

static void
test_remove_own_swapped(void **state)
{
	int jid;

	boot_as("S15");
	jid = jail_with("name=test vnet persist");
	run_in(jid, look_tun, NULL);
	run(close_and_remove, &jid);
	assert_gone(jid);
}

/* --- the last process of the jail goes ------------------------------------ */

static struct thread *last;

static void
look_and_wait(void *arg)
{
	char buf[10];
	int fd;

	look_tun(NULL);
	CHECK(vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd) == 0);
	reader_pid = vs_getpid();
	publish(&last);
	(void)vs_recv(fd, buf, sizeof(buf), 0, NULL);
}

/* Its last process sits in the jail, and the host has its tunnel open. */
static int
late_opener(struct inmate *in, struct vs_thread **process)
{
	last = NULL;
	*in = (struct inmate){ .fn = look_and_wait };
	in->jid = jail_with("name=test vnet persist");
	*process = spawn(inmate_main, in, "last");
	run(await_sleep, &last);
	assert_int_equal(vs_jail_update("name=test nopersist"), 0);
	return (device_open("/dev/tun0"));
}

/* 79: nobody but the jails' task is there to be signalled. */
static void
test_late_opener_before(void **state)
{
	struct vs_thread *process;
	struct thread *td;
	struct inmate in;
	int fd;

	boot_as("S15");
	fd = late_opener(&in, &process);
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(process);
	run(await_parked, &td);
	assert_true(has_all_locks(td));
	assert_int_equal(node_refs(node("tun0")), 2);
	vs_close(fd);
	vs_jail_settle();
	assert_gone(in.jid);
}

static void
test_late_opener(void **state)
{
	struct vs_thread *process;
	struct inmate in;
	char buf[10];
	size_t done;
	int fd;

	fd = late_opener(&in, &process);
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(process);
	vs_jail_settle();
	assert_gone(in.jid);
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), ENXIO);
	vs_close(fd);
}

static void
open_and_exit(void *arg)
{
	int fd;

	CHECK(vs_open("/dev/tun", O_RDWR, &fd) == 0);
}

/* 62: the exit closes it before the jail hears of the exit. */
static void
last_process_open(void)
{
	int jid;

	jid = jail_with("name=test vnet persist");
	run_in(jid, open_and_exit, NULL);
	assert_int_equal(node("tun0")->si_usecount, 0);
	no_longer_persistent("test");
	assert_gone(jid);
}

static void
test_last_process(void **state)
{
	last_process_open();
}

static void
test_last_process_before(void **state)
{
	boot_as("S15");
	last_process_open();
}

/* --- unloading ------------------------------------------------------------ */

static void
unload(void *arg)
{
	remover_pid = vs_getpid();
	publish(&remover);
	CHECK(vs_kldunload("if_tuntap") == 0);
}

static struct vs_thread *
unload_open(int *fd)
{
	struct vs_thread *thread;

	boot_as("S15,-tun-unload-refused");
	*fd = device_open("/dev/tun");
	remover = NULL;
	thread = spawn(unload, NULL, "unload");
	run(await_sleep, &remover);
	assert_ptr_equal(sx_xholder(&ifnet_detach_sxlock), remover);
	return (thread);
}

static void
assert_unloaded(void)
{
	int id;

	assert_int_equal(vs_kldfind("if_tuntap", &id), ENOENT);
	populate();
	assert_null(node("tun0"));
}

/* 66 */
static void
test_unload_open_before(void **state)
{
	struct vs_thread *thread;
	int fd;

	thread = unload_open(&fd);
	vs_close(fd);
	join(thread);
	assert_unloaded();
}

static void
test_unload_signalled_before(void **state)
{
	struct vs_thread *thread;
	int fd, i;

	thread = unload_open(&fd);
	assert_int_equal(vs_kill(remover_pid, SIGKILL), 0);
	for (i = 0; i < 3; i++)
		await_round();
	vs_close(fd);
	join(thread);
	assert_unloaded();
}

static void
test_unload_open(void **state)
{
	char buf[10];
	size_t done;
	int fd;

	fd = device_open("/dev/tun");
	assert_int_equal(vs_kldunload("if_tuntap"), 0);
	assert_unloaded();
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), ENXIO);
	vs_close(fd);
}

/* --- netlink -------------------------------------------------------------- */

static bool netlink_closed;		/* atomic */

/* Asks for tun0's end, does not wait for the answer, and closes. */
static void
delete_link(void *arg)
{
	struct {
		struct nlmsghdr hdr;
		struct ifinfomsg info;
	} m = {
		.hdr = {
			.nlmsg_len = sizeof(m),
			.nlmsg_type = RTM_DELLINK,
			.nlmsg_flags = NLM_F_REQUEST,
		},
	};
	struct ifreq ifr = { .ifr_name = "tun0" };
	int fd;

	CHECK(request(SIOCGIFINDEX, &ifr) == 0);
	m.info.ifi_index = ifr.ifr_index;
	CHECK(vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd) == 0);
	CHECK(vs_send(fd, &m, sizeof(m)) == 0);
	CHECK(vs_close(fd) == 0);
	__atomic_store_n(&netlink_closed, true, __ATOMIC_RELEASE);
}

/* 80 */
static void
test_netlink_before(void **state)
{
	struct vs_thread *thread;
	struct thread *td;
	int fd;

	boot_as("S15");
	fd = device_open("/dev/tun");
	netlink_closed = false;
	thread = spawn(delete_link, NULL, "netlink");
	run(await_parked, &td);
	/* The close waits for the worker. */
	assert_false(__atomic_load_n(&netlink_closed, __ATOMIC_ACQUIRE));
	assert_true(exists("tun0"));
	assert_int_equal(node_refs(node("tun0")), 2);
	vs_close(fd);
	join(thread);
	assert_true(netlink_closed);
	assert_false(exists("tun0"));
	populate();
	assert_null(node("tun0"));
}

static void
test_netlink(void **state)
{
	char buf[10];
	size_t done;
	int fd;

	fd = device_open("/dev/tun");
	run(delete_link, NULL);
	assert_false(exists("tun0"));
	populate();
	assert_null(node("tun0"));
	assert_int_equal(vs_read(fd, buf, sizeof(buf), &done), ENXIO);
	vs_close(fd);
}

/* --- a reader ------------------------------------------------------------- */

static void
destroy_tun0(void *arg)
{
	publish(&remover);
	CHECK(vs_if_destroy("tun0") == 0);
}

/* 71: the destroyer waits until the reader has gone. */
static void
test_reader_before(void **state)
{
	struct vs_thread *reading, *destroying;

	boot_as("S15");
	reader = remover = NULL;
	reading = spawn(read_tun, NULL, "reader");
	run(await_sleep, &reader);
	destroying = spawn(destroy_tun0, NULL, "destroy");
	run(await_sleep, &remover);
	assert_int_equal(vs_kill(reader_pid, SIGKILL), 0);
	join(reading);
	join(destroying);
	assert_false(exists("tun0"));
	populate();
	assert_null(node("tun0"));
}

int
main(void)
{
#define	BEFORE(fn)	cmocka_unit_test_teardown((fn), test_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_remove_open),
		BEFORE(test_remove_open_before),
		BEFORE(test_remove_signalled_before),
		BEFORE(test_remove_signalled),
		TEST(test_remove_own),
		BEFORE(test_remove_own_before),
		BEFORE(test_remove_own_swapped),
		TEST(test_late_opener),
		BEFORE(test_late_opener_before),
		TEST(test_last_process),
		BEFORE(test_last_process_before),
		TEST(test_unload_open),
		BEFORE(test_unload_open_before),
		BEFORE(test_unload_signalled_before),
		TEST(test_netlink),
		BEFORE(test_netlink_before),
		BEFORE(test_reader_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
