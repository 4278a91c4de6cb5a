/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Failing schedules: shrunk, written down, run again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vnetsim/explore.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>

/* --- two mutexes in two orders, and one who looks on --------------------- */

static struct mtx a, b;

static void
ab_setup(void *arg)
{
	mtx_init(&a, "lock a", NULL, MTX_DEF | MTX_NOWITNESS);
	mtx_init(&b, "lock b", NULL, MTX_DEF | MTX_NOWITNESS);
}

static void
ab_first(void *arg)
{
	for (int i = 0; i < 3; i++) {
		mtx_lock(&a);
		mtx_lock(&b);
		mtx_unlock(&b);
		mtx_unlock(&a);
	}
}

static void
ab_second(void *arg)
{
	mtx_lock(&b);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
}

static void
ab_third(void *arg)
{
	mtx_lock(&b);
	mtx_unlock(&b);
}

static void
ab_finally(void *arg)
{
	mtx_destroy(&a);
	mtx_destroy(&b);
}

static const struct vs_scenario ab = {
	.name = "ab", .setup = ab_setup, .finally = ab_finally,
	.threads = { { "first", ab_first }, { "second", ab_second },
	    { "third", ab_third } },
};

/* --- an object that is looked up and then held --------------------------- */

/* The fault needs one preemption, between the look and the hold. */
static u_int refs;
static int alive;
static struct mtx list;

static void
uaf_setup(void *arg)
{
	mtx_init(&list, "list", NULL, MTX_DEF);
	refcount_init(&refs, 1);
	alive = 1;
}

static void
uaf_destroy(void *arg)
{
	mtx_lock(&list);
	alive = 0;
	mtx_unlock(&list);
	refcount_release(&refs);
}

static void
uaf_use(void *arg)
{
	int found;

	mtx_lock(&list);
	found = alive;
	mtx_unlock(&list);
	if (found) {
		if (!refcount_acquire_if_not_zero(&refs))
			panic("a reference came from nowhere");
		refcount_release(&refs);
	}
}

static void
uaf_finally(void *arg)
{
	mtx_destroy(&list);
}

static const struct vs_scenario uaf = {
	.name = "uaf", .setup = uaf_setup, .finally = uaf_finally,
	.threads = { { "destroyer", uaf_destroy }, { "user", uaf_use } },
};

/* --- a wait that looks too early ----------------------------------------- */

static struct mtx gate;
static int opened;

static void
gate_setup(void *arg)
{
	mtx_init(&gate, "gate", NULL, MTX_DEF);
	opened = 0;
}

static void
gate_wait(void *arg)
{
	bool closed;

	mtx_lock(&gate);
	closed = opened == 0;
	mtx_unlock(&gate);
	if (closed) {
		mtx_lock(&gate);
		msleep(&opened, &gate, 0, "gate", 0);
		mtx_unlock(&gate);
	}
}

static void
gate_open(void *arg)
{
	mtx_lock(&gate);
	opened = 1;
	wakeup(&opened);
	mtx_unlock(&gate);
}

static void
gate_finally(void *arg)
{
	mtx_destroy(&gate);
}

static const struct vs_scenario too_early = {
	.name = "gate", .setup = gate_setup, .finally = gate_finally,
	.threads = { { "waiter", gate_wait }, { "opener", gate_open } },
};

/* --- threads that never come to a point ---------------------------------- */

static volatile int forever;

static void
spin(void *arg)
{
	forever = 1;
	while (forever)
		;
}

static void
wait_in_host(void *arg)
{
	(void)usleep(100 * 1000 * 1000);
}

static const struct vs_scenario spinning = {
	.name = "spinning",
	.threads = { { "spinner", spin }, { "third", ab_first } },
	.setup = ab_setup,
};

static const struct vs_scenario waiting = {
	.name = "waiting", .threads = { { "waiter", wait_in_host } },
};

/* --- memory that is used too late ---------------------------------------- */

static u_int *counted;

static void
block_setup(void *arg)
{
	counted = malloc(sizeof(*counted), M_TEMP, M_WAITOK);
	refcount_init(counted, 1);
}

/* Its frame is there when the block is freed. */
static void
block_free(void *arg)
{
	free(counted, M_TEMP);
	__asm__ volatile("");
}

static void
block_use(void *arg)
{
	refcount_acquire(counted);
}

static const struct vs_scenario block = {
	.name = "block", .setup = block_setup, .no_shutdown = true,
	.threads = { { "owner", block_free }, { "user", block_use } },
};

/* --- what a schedule does not decide ------------------------------------- */

/* `arg` is memory that is not put back. */
static void
once(void *arg)
{
	int *runs = arg;

	mtx_lock(&a);
	mtx_unlock(&a);
	if (++*runs == 3) {
		mtx_lock(&b);
		panic("only once");
	}
}

/* --- tests --------------------------------------------------------------- */

static const struct vs_explored *
find(const struct vs_scenario *scenario, uint64_t seed, enum vs_kind kind)
{
	const struct vs_explore how = { .schedules = 1000, .seed = seed };
	const struct vs_explored *e = vs_explore(scenario, &how);

	assert_non_null(e);
	if (e->kind != kind)
		fail_msg("%s", e->report != NULL ? e->report : e->message);
	assert_non_null(e->replay);
	assert_non_null(e->report);
	return (e);
}

/* One preemption, and that this is the least; the third is not needed. */
static void
shrinks(void **state)
{
	const struct vs_explored *e;

	for (uint64_t seed = 0; seed < 5; seed++) {
		e = find(&ab, seed * 1000, VS_DEADLOCK);
		assert_true(e->shrunk && e->least);
		assert_int_equal(e->preemptions, 1);
		assert_non_null(strstr(e->replay, "\nwithout third\n"));
		assert_non_null(strstr(e->message, "lock a"));
		e = find(&uaf, seed * 1000, VS_PANIC);
		assert_true(e->shrunk && e->least);
		assert_int_equal(e->preemptions, 1);
		assert_string_equal(e->thread, "user");
	}
}

/* Whatever found it. */
static void
every_strategy(void **state)
{
	static const char *const names[] = { "random", "pct", "pos", "urw",
	    "surw", "rf", "ipb", "source", "optimal",
#ifndef VS_INSTRUMENTED
	    "idb",	/* to it all accesses are alike: it takes longer */
#endif
	};
	const struct vs_explored *e;
	char *text;

	for (size_t i = 0; i < nitems(names); i++) {
		const struct vs_explore how = { .strategy = names[i],
		    .schedules = 2000 };

		e = vs_explore(&uaf, &how);
		assert_non_null(e);
		assert_int_equal(e->kind, VS_PANIC);
		assert_int_equal(e->preemptions, 1);
		assert_true(e->least);
		text = strdup(e->replay);
		e = vs_replay(&uaf, text, NULL);
		assert_non_null(e);
		assert_null(e->diverged);
		assert_int_equal(e->kind, VS_PANIC);
		free(text);
	}
}

static void
lost_wakeup(void **state)
{
	const struct vs_explored *e = find(&too_early, 0, VS_LOST_WAKEUP);

	assert_string_equal(e->thread, "waiter");
	assert_int_equal(e->preemptions, 1);
	assert_non_null(strstr(e->report, "lost wakeup on opened\n"));
	assert_non_null(strstr(e->report, "waiter looks whether to wait: "
	    "mtx_lock of gate, gate_wait"));
	assert_non_null(strstr(e->report, "opener calls, and nobody sleeps: "
	    "gate_open"));
	assert_non_null(strstr(e->report, "waiter sleeps, gate_wait"));
}

static void
watchdog(void **state)
{
	const struct vs_explore how = { .schedules = 1 };
	const struct vs_explored *e;

	setenv("VNETSIM_WATCHDOG", "0.2", 1);
	e = vs_explore(&spinning, &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_LIVELOCK);
	assert_string_equal(e->message, "thread spinner never comes to a "
	    "scheduling point: it is in a loop in spin");
	e = vs_explore(&waiting, &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_LIVELOCK);
	assert_non_null(strstr(e->message, "thread waiter waits in the host's "));
	unsetenv("VNETSIM_WATCHDOG");
	/* Nothing is left of it. */
	(void)find(&ab, 0, VS_DEADLOCK);
}

/* A column a thread, and no line too wide. */
static void
report(void **state)
{
	struct vs_explore how = { .schedules = 1000 };
	const struct vs_explored *e;
	const char *line;

	for (how.columns = 40; how.columns <= 120; how.columns += 20) {
		e = vs_explore(&ab, &how);
		assert_non_null(e);
		for (line = e->report; *line != '\0'; line = strchr(line,
		    '\n') + 1)
			if (strcspn(line, "\n") > how.columns)
				fail_msg("wider than %u: %.*s", how.columns,
				    (int)strcspn(line, "\n"), line);
		assert_non_null(strstr(e->report, "\nstep  first"));
	}
	e = find(&ab, 0, VS_DEADLOCK);
	assert_non_null(strstr(e->report, "\nthread first\n"
	    "  waits for mtx_lock of sleep mutex \"lock b\", held by second"));
	assert_non_null(strstr(e->report, "  holds sleep mutex \"lock a\" "
	    "since step "));
	e = find(&uaf, 0, VS_PANIC);
	assert_non_null(strstr(e->report, "mtx_lock list"));
}

static void
leaves_alone(void **state)
{
	const struct vs_explore how = { .schedules = 1000, .no_shrink = true };
	const struct vs_explored *e = vs_explore(&ab, &how);

	assert_non_null(e);
	assert_int_equal(e->kind, VS_DEADLOCK);
	assert_false(e->shrunk || e->least);
	assert_null(strstr(e->replay, "\nwithout"));
}

static void
stacks_of_a_block(void **state)
{
	const struct vs_explore how = { .schedules = 100, .no_races = true };
	const struct vs_explored *e = vs_explore(&block, &how);

	assert_non_null(e);
	assert_int_equal(e->kind, VS_USE_AFTER_FREE);
	assert_non_null(e->report);
	assert_non_null(strstr(e->report, "used by thread user, step "));
	assert_non_null(strstr(e->report, " at block_use+"));
	assert_non_null(strstr(e->report, "allocated by thread main:"));
	assert_non_null(strstr(e->report, " at block_setup+"));
	assert_non_null(strstr(e->report, "freed by thread owner, step "));
	assert_non_null(strstr(e->report, " at block_free+"));
}

/* It is told as what it was, and where it was another one. */
static void
does_not_come_again(void **state)
{
	const struct vs_explore how = { .schedules = 10 };
	struct vs_scenario flaky = { .name = "flaky", .setup = ab_setup,
	    .threads = { { "first", once }, { "second", ab_third } } };
	const struct vs_explored *e;
	int runs = 0;

	flaky.arg = &runs;
	e = vs_explore(&flaky, &how);
	assert_non_null(e);
	assert_int_equal(e->kind, VS_PANIC);
	assert_string_equal(e->message, "only once");
	assert_int_equal(e->first_failure, 3);
	assert_null(e->replay);
	assert_false(e->shrunk || e->least);
	assert_non_null(strstr(e->report, "not reproducible: panic: only "
	    "once\n"));
	assert_non_null(e->diverged);
	assert_non_null(strstr(e->diverged, " was \"first mtx_lock b\""));
}

static void
replays(void **state)
{
	char *text, *message;
	const struct vs_explored *e = find(&ab, 0, VS_DEADLOCK);

	text = strdup(e->replay);
	message = strdup(e->message);
	for (int i = 0; i < 100; i++) {
		e = vs_replay(&ab, text, NULL);
		assert_non_null(e);
		assert_null(e->diverged);
		assert_int_equal(e->kind, VS_DEADLOCK);
		assert_string_equal(e->message, message);
		assert_int_equal(e->preemptions, 1);
	}
	free(message);
	free(text);
}

/* The same names, but another program. */
static void
stale(void **state)
{
	struct vs_scenario changed = ab;
	const struct vs_explored *e = find(&ab, 0, VS_DEADLOCK);
	char *text = strdup(e->replay);

	changed.threads[0].fn = ab_second;
	e = vs_replay(&changed, text, NULL);
	assert_non_null(e);
	assert_non_null(e->diverged);
	assert_non_null(strstr(e->diverged, "expected \""));
	assert_non_null(strstr(e->diverged, "\", came \""));
	assert_int_equal(e->failures, 0);
	free(text);
}

static void
refuse(const char *text, const char *why)
{
	struct vs_replay_info info;

	assert_int_equal(vs_replay_read(text, &info), EINVAL);
	if (strstr(vs_replay_error(), why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", vs_replay_error(), why);
	assert_null(vs_replay(&ab, text, NULL));
	assert_int_equal(errno, EINVAL);
}

static void
bad_text(void **state)
{
	const struct vs_explored *e = find(&ab, 0, VS_DEADLOCK);
	char *text = strdup(e->replay), *p;
	size_t len = strlen(text);

	refuse("", "no replay file");
	refuse("hello\n", "no replay file");
	refuse("vnetsim-replay 2\n", "explore again");
	for (size_t cut = 20; cut < len; cut += 7) {
		char *part = strndup(text, cut);

		refuse(part, "cut short or changed");
		free(part);
	}
	p = strstr(text, "\nschedule ") + 11;
	*p ^= 1;
	refuse(text, "cut short or changed");
	*p ^= 1;
	assert_null(vs_replay(&uaf, text, NULL));
	assert_non_null(strstr(vs_replay_error(), "scenario"));
	free(text);
}

static void
writes_file(void **state)
{
	char path[] = "/tmp/vnetsim-replay-XXXXXX", line[64] = "";
	struct vs_explore how = { .schedules = 1000, .replay_file = path };
	FILE *file;

	close(mkstemp(path));
	assert_non_null(vs_explore(&ab, &how));
	assert_non_null(file = fopen(path, "r"));
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "vnetsim-replay 1\n");
	fclose(file);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shrinks),
		cmocka_unit_test(every_strategy),
		cmocka_unit_test(lost_wakeup),
		cmocka_unit_test(watchdog),
		cmocka_unit_test(report),
		cmocka_unit_test(leaves_alone),
		cmocka_unit_test(stacks_of_a_block),
		cmocka_unit_test(does_not_come_again),
		cmocka_unit_test(replays),
		cmocka_unit_test(stale),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(writes_file),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
