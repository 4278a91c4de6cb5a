/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The reference ledger and the event stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host.h"

static int thing, other;

static int
ledger_on(void **state)
{
	host_begin();
	host_ledger_reset(true);
	return (0);
}

static int
ledger_off(void **state)
{
	host_ledger_reset(false);
	return (host_reset() ? 0 : -1);
}

static void
run(void (*fn)(void *), const char *name)
{
	assert_true(host_thread_join(host_thread_start(fn, NULL, name)));
}

static const char *
print(enum vs_object kind, const void *object)
{
	static char text[4096];
	size_t len;

	len = vs_ledger_print(kind, object, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	return (text);
}

static void
test_birth_and_death(void **state)
{
	VS_LEDGER(birth, VS_IFNET, &thing, "disc0", "index");
	assert_int_equal(vs_ledger_count(VS_IFNET), 1);
	assert_int_equal(vs_ledger_count(VS_VNET), 0);
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 1);
	assert_int_equal(vs_ledger_refs(VS_VNET, &thing), 0);
	VS_LEDGER(rele, VS_IFNET, &thing, "index");
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 0);
	assert_int_equal(vs_ledger_count(VS_IFNET), 1);
	VS_LEDGER(death, VS_IFNET, &thing);
	assert_int_equal(vs_ledger_count(VS_IFNET), 0);
	/* Nothing is there: nothing happens. */
	VS_LEDGER(rele, VS_IFNET, &thing, "index");
	VS_LEDGER(death, VS_IFNET, &thing);
	assert_int_equal(vs_ledger_count(VS_IFNET), 0);
}

static void
test_kinds_are_apart(void **state)
{
	VS_LEDGER(birth, VS_PRISON, &thing, "j", "name");
	VS_LEDGER(birth, VS_PRISON_USER, &thing, "j", "persist");
	VS_LEDGER(hold, VS_PRISON, &thing, "vnet");
	assert_int_equal(vs_ledger_refs(VS_PRISON, &thing), 2);
	assert_int_equal(vs_ledger_refs(VS_PRISON_USER, &thing), 1);
	VS_LEDGER(death, VS_PRISON_USER, &thing);
	assert_int_equal(vs_ledger_refs(VS_PRISON, &thing), 2);
}

static void
test_holders_are_counted(void **state)
{
	VS_LEDGER(birth, VS_UCRED, &thing, "root", "proc");
	VS_LEDGER(hold, VS_UCRED, &thing, "thread");
	VS_LEDGER(hold, VS_UCRED, &thing, "thread");
	VS_LEDGER(hold, VS_UCRED, &thing, NULL);
	assert_int_equal(vs_ledger_holders(VS_UCRED, &thing, "thread"), 2);
	assert_int_equal(vs_ledger_holders(VS_UCRED, &thing, "proc"), 1);
	assert_int_equal(vs_ledger_holders(VS_UCRED, &thing, NULL), 1);
	VS_LEDGER(rele, VS_UCRED, &thing, "thread");
	assert_int_equal(vs_ledger_holders(VS_UCRED, &thing, "thread"), 1);
}

static void
test_wrong_name_still_counts(void **state)
{
	VS_LEDGER(birth, VS_IFNET, &thing, "disc0", "index");
	VS_LEDGER(hold, VS_IFNET, &thing, NULL);
	VS_LEDGER(rele, VS_IFNET, &thing, "bpf");
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 1);
	assert_int_equal(vs_ledger_holders(VS_IFNET, &thing, "index"), 1);
	VS_LEDGER(rele, VS_IFNET, &thing, "bpf");
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 0);
	VS_LEDGER(rele, VS_IFNET, &thing, "bpf");
	assert_non_null(strstr(print(VS_IFNET, &thing),
	    "1 released that nobody held"));
}

static void
hold_anonymously(void *arg)
{
	vs_ledger_hold(VS_IFNET, &thing, NULL);
}

static void
hold_and_release(void *arg)
{
	vs_ledger_hold(VS_IFNET, &thing, NULL);
	vs_ledger_rele(VS_IFNET, &thing, NULL);
}

static void
release_anonymously(void *arg)
{
	vs_ledger_rele(VS_IFNET, &thing, NULL);
}

static bool
held_by(const char *thread)
{
	char line[64];

	snprintf(line, sizeof(line), "(thread %s)", thread);
	return (strstr(print(VS_IFNET, &thing), line) != NULL);
}

/* Newest of the same thread first, else the newest anonymous. */
static void
test_anonymous_release(void **state)
{
	VS_LEDGER(birth, VS_IFNET, &thing, "epair0a", "index");
	VS_LEDGER(hold, VS_IFNET, &thing, NULL);
	run(hold_anonymously, "alice");
	run(hold_and_release, "bob");
	assert_true(held_by("host"));
	assert_true(held_by("alice"));
	VS_LEDGER(rele, VS_IFNET, &thing, NULL);
	assert_true(held_by("alice"));
	run(release_anonymously, "carol");
	assert_false(held_by("alice"));
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 1);
	assert_int_equal(vs_ledger_holders(VS_IFNET, &thing, "index"), 1);
}

static void
test_print(void **state)
{
	const char *text;
	char small[8];

	VS_LEDGER(birth, VS_IFNET, &thing, "epair0a", "index");
	VS_LEDGER(hold, VS_IFNET, &thing, NULL);
	VS_LEDGER(rename, VS_IFNET, &thing, "ep0");
	text = print(VS_IFNET, &thing);
	assert_ptr_equal(strstr(text, "ifnet ep0: 2 references\n\t"), text);
	assert_non_null(strstr(text, "\tindex: test_print+0x"));
	assert_non_null(strstr(text, "\ttest_print+0x"));
	assert_int_equal(vs_ledger_print(VS_IFNET, &thing, small,
	    sizeof(small)), strlen(text));
	assert_string_equal(small, "ifnet e");
	assert_int_equal(vs_ledger_print(VS_IFNET, &thing, NULL, 0),
	    strlen(text));
	assert_string_equal(print(VS_VNET, &thing), "");
}

static void
test_print_all(void **state)
{
	char text[4096], *vnet, *thing_at, *other_at;
	size_t len;

	VS_LEDGER(birth, VS_VNET, &other, "vnet1", "prison");
	VS_LEDGER(birth, VS_IFNET, &thing, "lo0", "index");
	VS_LEDGER(birth, VS_IFNET, &other, "lo1", "index");
	len = vs_ledger_print_all(text, sizeof(text));
	assert_int_equal(len, strlen(text));
	thing_at = strstr(text, "ifnet lo0: 1 reference\n");
	other_at = strstr(text, "ifnet lo1: 1 reference\n");
	vnet = strstr(text, "vnet vnet1: 1 reference\n");
	assert_true(thing_at == text && thing_at < other_at &&
	    other_at < vnet);
	assert_int_equal(vs_ledger_print_all(NULL, 0), strlen(text));
	host_ledger_reset(true);
	assert_int_equal(vs_ledger_print_all(text, sizeof(text)), 0);
}

static void
test_off_means_off(void **state)
{
	host_ledger_reset(false);
	VS_LEDGER(birth, VS_IFNET, &thing, "lo0", "index");
	assert_int_equal(vs_ledger_count(VS_IFNET), 0);
}

static void
churn(void *arg)
{
	char mine[16];

	for (int i = 0; i < 500; i++) {
		VS_LEDGER(birth, VS_CDEV, mine, "tun", "dev");
		for (int j = 0; j < 10; j++) {
			VS_LEDGER(hold, VS_IFNET, &thing, NULL);
			VS_LEDGER(hold, VS_CDEV, mine, "open");
		}
		for (int j = 0; j < 10; j++) {
			VS_LEDGER(rele, VS_IFNET, &thing, NULL);
			VS_LEDGER(rele, VS_CDEV, mine, "open");
		}
		VS_LEDGER(death, VS_CDEV, mine);
	}
}

static void
test_ledger_in_parallel(void **state)
{
	struct host_thread *threads[4];
	char text[256];

	VS_LEDGER(birth, VS_IFNET, &thing, "lo0", "index");
	for (int i = 0; i < 4; i++)
		threads[i] = host_thread_start(churn, NULL, "churn");
	for (int i = 0; i < 20; i++)
		vs_ledger_print_all(text, sizeof(text));
	for (int i = 0; i < 4; i++)
		assert_true(host_thread_join(threads[i]));
	assert_int_equal(vs_ledger_refs(VS_IFNET, &thing), 1);
	assert_int_equal(vs_ledger_count(VS_CDEV), 0);
}

/* --- events ---------------------------------------------------------------------- */

static void
test_events_in_order(void **state)
{
	struct vs_event events[4];

	VS_EVENT("event", "nobody listens");
	vs_events_record(true);
	VS_EVENT("event", "ifnet_arrival_event %s", "disc0");
	VS_EVENT("rtsock", "%s", "RTM_IFANNOUNCE");
	assert_int_equal(vs_events_read(events, 4), 2);
	assert_int_equal(events[0].seq, 0);
	assert_string_equal(events[0].class, "event");
	assert_string_equal(events[0].text, "ifnet_arrival_event disc0");
	assert_int_equal(events[1].seq, 1);
	assert_string_equal(events[1].class, "rtsock");
	vs_events_record(false);
	VS_EVENT("event", "nobody listens");
	assert_int_equal(vs_events_read(events, 1), 2);
	vs_events_record(true);
	assert_int_equal(vs_events_read(NULL, 0), 0);
	host_events_reset();
	assert_false(vs_events_on);
}

#define	EMITTERS	4
#define	EMITTED		20000

static void
emit(void *arg)
{
	for (int i = 0; i < EMITTED; i++)
		VS_EVENT(arg, "%d", i);
}

static void
test_events_in_parallel(void **state)
{
	static const char *const names[EMITTERS] = { "a", "b", "c", "d" };
	struct host_thread *threads[EMITTERS];
	int next[EMITTERS] = { 0 };
	struct vs_event *events;
	size_t n = EMITTERS * EMITTED;

	vs_events_record(true);
	for (int i = 0; i < EMITTERS; i++)
		threads[i] = host_thread_start(emit,
		    (void *)(uintptr_t)names[i], names[i]);
	for (int i = 0; i < EMITTERS; i++)
		assert_true(host_thread_join(threads[i]));
	events = calloc(n, sizeof(*events));
	assert_int_equal(vs_events_read(events, n), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(events[i].seq, i);
		assert_int_equal(atoi(events[i].text),
		    next[events[i].class[0] - 'a']++);
	}
	free(events);
	host_events_reset();
}

/* A line for each entry. */
static char watched[512];

static void
watch(enum vs_entry what, enum vs_object kind, const volatile void *object,
    const char *name, size_t refs)
{
	size_t len = strlen(watched);

	assert_ptr_equal(object, &thing);
	snprintf(watched + len, sizeof(watched) - len, "%s %s %s %zu\n",
	    vs_entry_name(what), vs_object_name(kind),
	    name != NULL ? name : "-", refs);
}

static void
test_watch(void **state)
{
	watched[0] = '\0';
	vs_ledger_watch(watch);
	VS_LEDGER(birth, VS_IFNET, &thing, "disc0", "index");
	VS_LEDGER(hold, VS_IFNET, &thing, "bpf");
	VS_LEDGER(hold, VS_IFNET, &thing, NULL);
	VS_LEDGER(rename, VS_IFNET, &thing, "x0");
	VS_LEDGER(rele, VS_IFNET, &thing, "bpf");
	VS_LEDGER(death, VS_IFNET, &thing);
	vs_ledger_watch(NULL);
	VS_LEDGER(birth, VS_IFNET, &thing, "later", "index");
	assert_string_equal(watched, "birth ifnet disc0 1\n"
	    "hold ifnet bpf 2\nhold ifnet - 3\nrename ifnet x0 3\n"
	    "rele ifnet bpf 2\ndeath ifnet - 0\n");
}

#define	TEST(name)	cmocka_unit_test_setup_teardown(test_##name,	\
	ledger_on, ledger_off)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(birth_and_death),
		TEST(kinds_are_apart),
		TEST(holders_are_counted),
		TEST(wrong_name_still_counts),
		TEST(anonymous_release),
		TEST(print),
		TEST(print_all),
		TEST(off_means_off),
		TEST(watch),
		TEST(ledger_in_parallel),
		TEST(events_in_order),
		TEST(events_in_parallel),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
