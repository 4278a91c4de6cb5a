/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * kldload(2) and kldunload(2): order of steps, vetoes, dependencies, errnos,
 * and a driver in a shared object.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/linker.h>
#include <sys/proc.h>

#include <vnetsim/fail.h>
#include <vnetsim/observe.h>
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

#define	MTEST(fn)	cmocka_unit_test_setup_teardown((fn), setup,	\
			    test_teardown)

static int
refs(const char *name)
{
	struct vs_kldstat stat = { .id = 0 };

	while (vs_kldnext(stat.id, &stat) == 0)
		if (strcmp(stat.name, name) == 0)
			return (stat.refs);
	return (0);
}

static void
order(void **state)
{
	int id, id2;

	assert_int_equal(vs_kldload("tkld_a", &id), 0);
	assert_string_equal(tlog_text(), "a.load a.vnet_init a.init");
	assert_int_equal(vs_kldfind("tkld_a", &id2), 0);
	assert_int_equal(id, id2);
	assert_int_equal(vs_kldfind("tkld_a.ko", NULL), 0);
	assert_int_equal(vs_modfind("tkld_a", NULL), 0);
	assert_int_equal(refs("tkld_a.ko"), 1);
	tlog_clear();
	assert_int_equal(vs_kldunload("tkld_a"), 0);
	assert_string_equal(tlog_text(), "a.quiesce a.unload a.uninit "
	    "a.vnet_uninit");
	assert_int_equal(vs_kldfind("tkld_a", NULL), ENOENT);
	assert_int_equal(vs_modfind("tkld_a", NULL), ENOENT);
}

static void
errnos(void **state)
{
	int id;

	assert_int_equal(vs_kldload("nothing", NULL), ENOENT);
	assert_int_equal(vs_kldload("/nowhere/nothing.so", NULL), ENOENT);
	assert_int_equal(vs_kldload(NULL, NULL), EFAULT);
	assert_int_equal(vs_kldload("tkld_a", &id), 0);
	assert_int_equal(vs_kldload("tkld_a", NULL), EEXIST);
	assert_int_equal(vs_kldload("tkld_a.ko", NULL), EEXIST);
	assert_int_equal(vs_kldunloadf(id + 1000, 0), ENOENT);
	assert_int_equal(vs_kldunload("nothing"), ENOENT);
	assert_int_equal(vs_kldunload("kernel"), EBUSY);
	expect_console("attempt to unload file that was loaded by the kernel");
}

static void
load_fails(void **state)
{

	tkld_a_load_error = ENXIO;
	assert_int_equal(vs_kldload("tkld_a", NULL), ENOEXEC);
	/* The other start functions have run, and are undone. */
	assert_string_equal(tlog_text(), "a.load a.unload a.vnet_init a.init "
	    "a.uninit a.vnet_uninit");
	expect_console("MOD_LOAD (tkld_a, *) error 6");
	assert_int_equal(vs_modfind("tkld_a", NULL), ENOENT);
	tkld_a_load_error = 0;
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
}

static void
vetoes(void **state)
{
	int id;

	assert_int_equal(vs_kldload("tkld_a", &id), 0);
	tkld_a_quiesce_error = EBUSY;
	assert_int_equal(vs_kldunload("tkld_a"), EBUSY);
	/* An event that the handler does not know is no veto. */
	tkld_a_quiesce_error = EOPNOTSUPP;
	tkld_a_unload_error = EPERM;
	assert_int_equal(vs_kldunload("tkld_a"), EPERM);
	/* Forcing skips the first question, not the second. */
	tlog_clear();
	tkld_a_quiesce_error = EBUSY;
	tkld_a_unload_error = EDOOFUS;
	assert_int_equal(vs_kldunloadf(id, 1), EDOOFUS);
	assert_string_equal(tlog_text(), "a.unload");
	assert_int_equal(refs("tkld_a.ko"), 1);
	tkld_a_unload_error = 0;
	assert_int_equal(vs_kldunloadf(id, 1), 0);
}

static void
no_handler(void **state)
{
	int id;

	assert_int_equal(vs_kldload("tkld_c", &id), 0);
	assert_int_equal(vs_modfind("tkld_c2", NULL), 0);
	assert_int_equal(vs_kldunload("tkld_c"), EBUSY);
	assert_int_equal(vs_kldunloadf(id, 1), EBUSY);
	assert_int_equal(refs("tkld_c.ko"), 1);
}

static void
dependencies(void **state)
{

	/* The other file comes along, and goes with its only user. */
	assert_int_equal(vs_kldload("tkld_b", NULL), 0);
	assert_int_equal(refs("tkld_a.ko"), 1);
	assert_string_equal(tlog_text(), "a.load a.vnet_init a.init b.load");
	assert_int_equal(vs_kldunload("tkld_a"), EBUSY);
	assert_int_equal(vs_kldload("tkld_a", NULL), EEXIST);
	tlog_clear();
	assert_int_equal(vs_kldunload("tkld_b"), 0);
	assert_string_equal(tlog_text(), "b.other b.unload a.unload a.uninit "
	    "a.vnet_uninit");
	assert_int_equal(refs("tkld_a.ko"), 0);

	/* One that the user loaded stays, but cannot go before the other. */
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_kldload("tkld_b", NULL), 0);
	assert_int_equal(refs("tkld_a.ko"), 2);
	assert_int_equal(vs_kldunload("tkld_a"), EBUSY);
	assert_int_equal(vs_kldunload("tkld_b"), 0);
	assert_int_equal(refs("tkld_a.ko"), 1);
	assert_int_equal(vs_kldunload("tkld_a"), 0);
}

static void
versions(void **state)
{

	assert_int_equal(vs_kldload("tkld_d", NULL), ENOENT);
	expect_console("KLD tkld_d.ko: depends on tkld_a - not available or "
	    "version mismatch");
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_kldload("tkld_d", NULL), ENOENT);
	assert_int_equal(refs("tkld_a.ko"), 1);
	assert_int_equal(refs("tkld_d.ko"), 0);
}

static void
name_taken(void **state)
{

	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_kldload("tkld_e", NULL), EEXIST);
	expect_console("cannot register tkld_a from tkld_e.ko; already "
	    "loaded from tkld_a.ko");
	assert_int_equal(vs_modfind("tkld_e", NULL), ENOENT);
	assert_int_equal(vs_modfind("tkld_a", NULL), 0);
}

static void
on_load(void *arg, linker_file_t lf)
{

	tlog("event.load");
}

static void
on_unload_try(void *arg, linker_file_t lf, int *error)
{

	tlog("event.unload_try");
	*error = *(int *)arg;
}

static void
on_unload(void *arg, const char *filename, caddr_t address, size_t size)
{

	tlog("event.unload");
}

static void
events_in(void *arg)
{
	eventhandler_tag load, try, unload;
	int veto = 1;

	load = EVENTHANDLER_REGISTER(kld_load, on_load, NULL, 0);
	try = EVENTHANDLER_REGISTER(kld_unload_try, on_unload_try, &veto, 0);
	unload = EVENTHANDLER_REGISTER(kld_unload, on_unload, NULL, 0);
	CHECK(vs_kldload("tkld_b", NULL) == 0);
	CHECK(vs_kldunload("tkld_b") == EBUSY);
	veto = 0;
	CHECK(vs_kldunload("tkld_b") == 0);
	EVENTHANDLER_DEREGISTER(kld_load, load);
	EVENTHANDLER_DEREGISTER(kld_unload_try, try);
	EVENTHANDLER_DEREGISTER(kld_unload, unload);
}

/* What was recorded, as "text; text; ". */
static const char *
recorded(void)
{
	static char text[1024];
	struct vs_event records[20];
	size_t i, n, len = 0;

	n = vs_events_read(records, nitems(records));
	assert_in_range(n, 0, nitems(records));
	text[0] = '\0';
	for (i = 0; i < n; i++)
		len += snprintf(text + len, sizeof(text) - len, "%s; ",
		    records[i].text);
	return (text);
}

static void
events(void **state)
{

	vs_events_record(true);
	run(events_in, NULL);
	assert_string_equal(recorded(), "kld_load tkld_a.ko; "
	    "kld_load tkld_b.ko; kld_unload tkld_b.ko; "
	    "kld_unload tkld_a.ko; ");
	vs_events_record(false);
	assert_string_equal(tlog_text(), "a.load a.vnet_init a.init "
	    "event.load b.load event.load event.unload_try event.unload_try "
	    "b.other b.unload event.unload event.unload_try a.unload a.uninit "
	    "a.vnet_uninit event.unload");
}

static void
unload_a(void *arg)
{

	*(int *)arg = vs_kldunload("tkld_a");
}

static void
load_a(void *arg)
{

	*(int *)arg = vs_kldload("tkld_a", NULL);
}

/* One load at a time: the second waits for the first to finish. */
static void
busy(void **state)
{
	struct vs_thread *first, *second;
	int unloaded = -1, loaded = -1;

	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_fail_point("vnet_constructor_gone", "pause"), 0);
	first = spawn(unload_a, &unloaded, "first");
	assert_int_equal(vs_fail_point_wait("vnet_constructor_gone", 1), 0);
	second = spawn(load_a, &loaded, "second");
	/* Questions are answered meanwhile. */
	assert_int_equal(vs_modfind("tkld_a", NULL), ENOENT);
	assert_int_equal(vs_fail_point("vnet_constructor_gone", "off"), 0);
	join(first);
	join(second);
	assert_int_equal(unloaded, 0);
	assert_int_equal(loaded, 0);
	assert_int_equal(vs_modfind("tkld_a", NULL), 0);
}

static void
load_in_vain(void *arg)
{

	__atomic_store_n((int *)arg, vs_getpid(), __ATOMIC_RELEASE);
	(void)vs_kldload("tkld_c", NULL);
}

/* Who waits for another's load can be killed. */
static void
interrupted(void **state)
{
	struct vs_thread *first, *second;
	int pid = 0, unloaded = -1;

	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_fail_point("vnet_constructor_gone", "pause"), 0);
	first = spawn(unload_a, &unloaded, "first");
	assert_int_equal(vs_fail_point_wait("vnet_constructor_gone", 1), 0);
	second = spawn(load_in_vain, &pid, "second");
	while (__atomic_load_n(&pid, __ATOMIC_ACQUIRE) == 0)
		(void)vs_getpid();
	assert_int_equal(vs_kill(pid, SIGKILL), 0);
	join(second);
	assert_int_equal(vs_fail_point("vnet_constructor_gone", "off"), 0);
	join(first);
	assert_int_equal(unloaded, 0);
	assert_int_equal(vs_kldfind("tkld_c", NULL), ENOENT);
}

static void
shared_object(void **state)
{
	size_t len = sizeof(int);
	int id, loads, round;

	for (round = 0; round < 3; round++) {
		assert_int_equal(vs_kldload(TMOD, &id), 0);
		assert_int_equal(vs_kldload(TMOD, NULL), EEXIST);
		assert_int_equal(vs_kldfind("tmod", NULL), 0);
		/* Its data are those of a file that was just read in. */
		assert_int_equal(vs_sysctl("net.tmod.loads", &loads, &len,
		    NULL, 0), 0);
		assert_int_equal(loads, 1);
		assert_int_equal(vs_kldunloadf(id, 0), 0);
		assert_int_equal(vs_sysctl("net.tmod.loads", &loads, &len,
		    NULL, 0), ENOENT);
	}
	assert_int_equal(console_count("tmod: loaded\n"), 3);
	/* Left loaded, it goes at shutdown. */
	assert_int_equal(vs_kldload(TMOD, NULL), 0);
}

static void
die(void *arg)
{

	panic("as told");
}

/* A kernel that died with the object open leaves nothing behind. */
static void
shared_object_and_panic(void **state)
{
	size_t len = sizeof(int);
	int loads;

	assert_int_equal(vs_kldload(TMOD, NULL), 0);
	expect_panic_with(&bare, die, NULL, "as told");
	boot_with(&bare);
	assert_int_equal(vs_kldfind("tmod", NULL), ENOENT);
	assert_int_equal(vs_kldload(TMOD, NULL), 0);
	assert_int_equal(vs_sysctl("net.tmod.loads", &loads, &len, NULL, 0),
	    0);
	assert_int_equal(loads, 1);
}

static void
not_a_kld(void **state)
{

	assert_int_equal(vs_kldload("/proc/self/exe", NULL), ENOEXEC);
}

/* Linked-in modules are started at boot unless told otherwise. */
static void
at_boot(void **state)
{
	const struct vs_config config = { .modules = "tkld_b" };
	const struct vs_config all = { 0 };
	const struct vs_config unknown = { .modules = "tkld_a,nothing" };

	/* One that cannot be is left out, a second of a name is refused. */
	boot_with(&all);
	expect_console("KLD file tkld_d.ko is missing dependencies");
	expect_console("cannot register tkld_a from tkld_e.ko");
	assert_non_null(strstr(tlog_text(), "a.load"));
	assert_int_equal(refs("tkld_d.ko"), 0);
	shutdown_clean();

	/* What one needs comes along. */
	assert_int_equal(vs_boot(&unknown), EINVAL);
	tlog_clear();
	boot_with(&config);
	assert_string_equal(tlog_text(), "a.load a.vnet_init b.load a.init");
	assert_int_equal(refs("tkld_a.ko"), 2);
	assert_int_equal(vs_kldunload("tkld_a"), EBUSY);
	assert_int_equal(vs_kldunload("tkld_b"), 0);
	assert_int_equal(vs_kldunload("tkld_a"), 0);
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	tlog_clear();
	shutdown_clean();
	assert_string_equal(tlog_text(), "a.quiesce a.unload a.uninit "
	    "a.vnet_uninit");
}

/* Only root of the host loads and unloads. */
static void
jailed_in(void *arg)
{
	int jid;

	CHECK(vs_kldload("tkld_a", NULL) == 0);
	CHECK(vs_jail_create("name=j vnet persist", &jid) == 0);
	CHECK(vs_jail_attach(jid) == 0);
	CHECK(vs_kldload("tkld_b", NULL) == EPERM);
	CHECK(vs_kldunload("tkld_a") == EPERM);
}

static void
plain_user_in(void *arg)
{

	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_kldload("tkld_b", NULL) == EPERM);
	CHECK(vs_kldunload("tkld_a") == EPERM);
}

static void
privileges(void **state)
{
	int jid;

	run(jailed_in, NULL);
	run(plain_user_in, NULL);
	assert_int_equal(vs_jail_find("j", false, &jid), 0);
	assert_int_equal(vs_jail_remove(jid), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MTEST(order),
		MTEST(errnos),
		MTEST(load_fails),
		MTEST(vetoes),
		MTEST(no_handler),
		MTEST(dependencies),
		MTEST(versions),
		MTEST(name_taken),
		MTEST(events),
		MTEST(busy),
		MTEST(interrupted),
		MTEST(shared_object),
		MTEST(shared_object_and_panic),
		MTEST(not_a_kld),
		cmocka_unit_test(at_boot),
		MTEST(privileges),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
