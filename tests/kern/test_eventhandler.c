/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * EVENTHANDLER(9): order, changes during a run, removal.  Numbers are those of
 * spec/jail-vnet.md, 8.5.
 */
#include "lock_test.h"
#include "asleep.h"

#include <sys/eventhandler.h>
#include <sys/kernel.h>
#include <net/vnet.h>

#include <vnetsim/fail.h>
#include <vnetsim/observe.h>

typedef void (*test_event_fn)(void *arg, int value);
EVENTHANDLER_DECLARE(test_event, test_event_fn);
EVENTHANDLER_DECLARE(nobody_event, test_event_fn);
EVENTHANDLER_LIST_DECLARE(test_event);
EVENTHANDLER_LIST_DEFINE(test_event);

static char called[32];
static eventhandler_tag tags[4];

static void
note(void *arg, int value)
{
	size_t len = strlen(called);

	called[len] = *(const char *)arg;
	called[len + 1] = '\0';
	CHECK(value == 7);
}

static void
invoke(const char *expected)
{
	called[0] = '\0';
	EVENTHANDLER_INVOKE(test_event, 7);
	CHECK(strcmp(called, expected) == 0);
}

static void
body_order(void *arg __unused)
{
	EVENTHANDLER_INVOKE(nobody_event, 7);			/* 89 */
	EVENTHANDLER_DEREGISTER(nobody_event, NULL);
	invoke("");
	EVENTHANDLER_DIRECT_INVOKE(test_event, 7);
	tags[0] = EVENTHANDLER_REGISTER(test_event, note, "A", 10000);
	tags[1] = EVENTHANDLER_REGISTER(test_event, note, "B", 0);
	tags[2] = EVENTHANDLER_REGISTER(test_event, note, "C", 10000);
	invoke("BAC");						/* 84 */
	called[0] = '\0';
	EVENTHANDLER_DIRECT_INVOKE(test_event, 7);
	CHECK(strcmp(called, "BAC") == 0);
	EVENTHANDLER_DEREGISTER(test_event, tags[0]);
	invoke("BC");
	EVENTHANDLER_DEREGISTER(test_event, NULL);
	invoke("");
}

static void
test_order(void **state)
{
	run(body_order, NULL);
}

/* --- changes during a run ------------------------------------------------- */

static void
register_two(void *arg, int value)
{
	note(arg, value);
	tags[1] = EVENTHANDLER_REGISTER(test_event, note, "l", 0);
	tags[2] = EVENTHANDLER_REGISTER(test_event, note, "h", 20000);
}

static void
remove_self(void *arg, int value)
{
	note(arg, value);
	EVENTHANDLER_DEREGISTER_NOWAIT(test_event, tags[3]);
}

static void
body_changes(void *arg __unused)
{
	tags[0] = EVENTHANDLER_REGISTER(test_event, register_two, "R", 10000);
	invoke("Rh");						/* 85, 86 */
	EVENTHANDLER_DEREGISTER(test_event, tags[0]);
	invoke("lh");
	tags[3] = EVENTHANDLER_REGISTER(test_event, remove_self, "S", 10);
	invoke("lSh");						/* 87 */
	invoke("lh");
	EVENTHANDLER_DEREGISTER(test_event, tags[1]);
	EVENTHANDLER_DEREGISTER(test_event, tags[2]);
}

static void
test_changes(void **state)
{
	size_t before = vs_ledger_count(VS_EVENTHANDLER);

	run(body_changes, NULL);
	assert_int_equal(vs_ledger_count(VS_EVENTHANDLER), before);
}

/* --- waiting for a slow handler ------------------------------------------- */

static gate inside, leave, removed;
static struct thread *remover_td;

static void
slow(void *arg __unused, int value __unused)
{
	gate_open(&inside);
	gate_wait(&leave);
}

static void
invoker(void *arg __unused)
{
	EVENTHANDLER_INVOKE(test_event, 7);
}

static void
remover(void *arg)
{
	publish(&remover_td);
	EVENTHANDLER_DEREGISTER(test_event, *(eventhandler_tag *)arg);
	gate_open(&removed);
}

static void
body_slow(void *arg __unused)
{
	struct vs_thread *i, *r;

	tags[0] = EVENTHANDLER_REGISTER(test_event, slow, NULL, 0);
	i = spawn(invoker, NULL, "invoker");
	gate_wait(&inside);
	r = spawn(remover, &tags[0], "remover");
	await_sleep(&remover_td);
	CHECK(!gate_is_open(&removed));
	gate_open(&leave);
	join(i);
	join(r);						/* 88 */
}

static void
slow_reset(void)
{
	inside = leave = removed = 0;
	remover_td = NULL;
}

static void
test_slow(void **state)
{
	slow_reset();
	run(body_slow, NULL);
}

/*
 * Row 88a: the end of an invocation wakes the remover, and another one begins
 * before the remover has looked.
 */
static void
body_woken_late(void *arg)
{
	struct eventhandler_list *list = _eventhandler_list_test_event;
	struct eventhandler_entry *ee;
	struct vs_thread *r;
	bool stranded = *(bool *)arg;

	tags[0] = EVENTHANDLER_REGISTER(test_event, note, "A", 0);
	tags[1] = EVENTHANDLER_REGISTER(test_event, note, "B", 1);
	tags[2] = EVENTHANDLER_REGISTER(test_event, note, "C", 2);
	ee = eventhandler_begin(list);
	r = spawn(remover, &tags[1], "remover");
	await_sleep(&remover_td);
	CHECK(vs_fail_point("eventhandler_woken", "pause") == 0);
	while (ee != NULL)
		ee = eventhandler_next(list, ee);
	CHECK(vs_fail_point_wait("eventhandler_woken", 1) == 0);
	ee = eventhandler_begin(list);
	CHECK(vs_fail_point("eventhandler_woken", "off") == 0);
	if (!stranded)
		join(r);
	while (ee != NULL)
		ee = eventhandler_next(list, ee);
	if (stranded) {
		/* Only another removal during a run gets it going again. */
		CHECK(!gate_is_open(&removed));
		ee = eventhandler_begin(list);
		EVENTHANDLER_DEREGISTER_NOWAIT(test_event, tags[2]);
		while (ee != NULL)
			ee = eventhandler_next(list, ee);
		join(r);
	} else
		EVENTHANDLER_DEREGISTER(test_event, tags[2]);
	EVENTHANDLER_DEREGISTER(test_event, tags[0]);
}

static void
test_woken_late(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+deregister-lost-wakeup"
	};
	bool stranded = false;

	slow_reset();
	run(body_woken_late, &stranded);
	shutdown_clean();
	boot_with(&config);
	stranded = true;
	slow_reset();
	run(body_woken_late, &stranded);
}

/* --- vnets ---------------------------------------------------------------- */

static void
body_vimage(void *arg __unused)
{
	/* Only vnet0 registers; everybody else gets no tag. */
	CHECK(vimage_eventhandler_register(NULL, "test_event", note, "V", 0,
	    vnet_global_eventhandler_iterator_func) == NULL);
	CURVNET_SET(vnet0);
	tags[0] = vimage_eventhandler_register(NULL, "test_event",
	    register_two, NULL, 0, vnet_global_eventhandler_iterator_func);
	CURVNET_RESTORE();
	CHECK(tags[0] != NULL);
	EVENTHANDLER_DEREGISTER(test_event, tags[0]);
}

static void
test_vimage(void **state)
{
	run(body_vimage, NULL);
}

/* --- what is left behind -------------------------------------------------- */

static void
body_leak(void *arg __unused)
{
	tags[0] = EVENTHANDLER_REGISTER(test_event, note, "A", 0);
}

static void
test_leak(void **state)
{
	const struct vs_outcome *o;

	run(body_leak, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "test_event"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_changes),
		TEST(test_slow),
		TEST(test_woken_late),
		TEST(test_vimage),
		TEST(test_leak),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
