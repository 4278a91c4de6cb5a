/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The ground: threads, parking, memory, image, and the end of a run.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <pthread.h>
#include <unistd.h>

#include <cmocka.h>

#include "host.h"

#define	MS	((int64_t)1000000)
#define	GRACE	(5000 * MS)	/* what it is unless a test says */

static struct host_thread *
start(void (*fn)(void *), void *arg)
{
	return (host_thread_start(fn, arg, "test"));
}

static int
begin(void **state)
{
	host_begin();
	return (0);
}

static int
end(void **state)
{
	host_halt_grace(GRACE);
	return (host_reset() ? 0 : -1);
}

/* --- parking --------------------------------------------------------------- */

#define	ROUNDS	20000

struct rally {
	struct host_thread *_Atomic player[2];
	_Atomic unsigned	turn;
	unsigned		count;	/* plain: parking must order it */
};

static void
play(struct rally *rally, unsigned me)
{
	for (int i = 0; i < ROUNDS; i++) {
		while (rally->turn % 2 != me)
			host_park();
		rally->count++;
		rally->turn++;
		host_unpark(rally->player[1 - me]);
	}
}

static void
play_first(void *arg)
{
	host_park();
	play(arg, 0);
}

static void
play_second(void *arg)
{
	host_park();
	play(arg, 1);
}

static void
test_park_loses_no_token(void **state)
{
	struct rally rally = { .turn = 0 };

	rally.player[0] = start(play_first, &rally);
	rally.player[1] = start(play_second, &rally);
	host_unpark(rally.player[0]);
	host_unpark(rally.player[1]);
	assert_true(host_thread_join(rally.player[0]));
	assert_true(host_thread_join(rally.player[1]));
	assert_int_equal(rally.count, 2 * ROUNDS);
}

static void
test_many_unparks_are_one_token(void **state)
{
	host_unpark(host_self());
	host_unpark(host_self());
	host_park();
	assert_false(host_park_until(host_clock() + MS));
}

static void
test_park_times_out(void **state)
{
	int64_t before = host_clock();

	assert_false(host_park_until(before + 5 * MS));
	assert_true(host_clock() >= before + 5 * MS);
	assert_false(host_park_until(0));
	/* A token that is there counts, however late. */
	host_unpark(host_self());
	assert_true(host_park_until(0));
	assert_false(host_park_until(0));
}

static void
park_once(void *arg)
{
	host_park();
}

static void
test_running_is_seen(void **state)
{
	struct host_thread *thread = start(park_once, NULL);

	while (host_running(thread))
		host_yield();
	assert_true(host_running(host_self()));
	host_unpark(thread);
	assert_true(host_thread_join(thread));
}

/* --- the pool --------------------------------------------------------------- */

struct note {
	struct host_thread *self;
	bool		in_kernel;
	char		name[32];
};

static void
take_note(void *arg)
{
	struct note *note = arg;

	note->self = host_self();
	note->in_kernel = host_in_kernel();
	snprintf(note->name, sizeof(note->name), "%s", host_thread_name());
}

static void
test_thread_knows_itself(void **state)
{
	struct host_thread *thread;
	struct note note;

	thread = host_thread_start(take_note, &note, "a rather long name");
	assert_true(host_thread_join(thread));
	assert_ptr_equal(note.self, thread);
	assert_true(note.in_kernel);
	assert_string_equal(note.name, "a rather long name");
	assert_false(host_in_kernel());
	assert_string_equal(host_thread_name(), "host");
}

static void
test_pool_is_used_again(void **state)
{
	struct host_thread *seen[8];
	size_t n = 0, at;
	struct note note;

	for (int i = 0; i < 5000; i++) {
		assert_true(host_thread_join(start(take_note, &note)));
		for (at = 0; at < n && seen[at] != note.self; at++)
			;
		if (at == n) {
			assert_true(n < 8);
			seen[n++] = note.self;
		}
	}
}

static void
add_one(void *arg)
{
	atomic_fetch_add((_Atomic int *)arg, 1);
}

static void
test_detached_threads_return(void **state)
{
	_Atomic int sum = 0;

	for (int i = 0; i < 2000; i++)
		host_thread_detach(start(add_one, &sum));
	while (sum < 2000)
		host_yield();
	/* Nobody is at large, so there is something to end. */
	while (!host_reset())
		host_yield();
}

static void *
call_in(void *arg)
{
	struct note note;

	assert_true(host_thread_join(start(take_note, &note)));
	assert_ptr_not_equal(note.self, host_self());
	return (NULL);
}

static void
test_host_threads_come_and_go(void **state)
{
	pthread_t id;

	for (int i = 0; i < 50; i++) {
		assert_int_equal(pthread_create(&id, NULL, call_in, NULL), 0);
		assert_int_equal(pthread_join(id, NULL), 0);
	}
}

/* --- the end of a run ---------------------------------------------------------- */

static void
never(void *arg)
{
	host_park();
	abort();
}

static void
sleep_long(void *arg)
{
	(void)host_park_until(host_clock() + 1000000 * MS);
	abort();
}

static void
pass_points(void *arg)
{
	for (;;)
		VS_POINT(VS_OP_YIELD, NULL);
}

static void
yield_forever(void *arg)
{
	for (;;)
		host_yield();
}

static void
join_never(void *arg)
{
	host_thread_join(start(never, NULL));
	abort();
}

static void
die(void *arg)
{
	host_die(VS_PANIC, arg, "culprit", NULL);
}

/* The usual company of a dying thread; it is made of held threads after. */
static void
start_company(void)
{
	start(never, NULL);
	start(sleep_long, NULL);
	start(pass_points, NULL);
	start(yield_forever, NULL);
	start(join_never, NULL);
}

static void
test_death_holds_everybody(void **state)
{
	const struct vs_outcome *o;
	struct host_thread *thread;

	start_company();
	thread = start(die, "the end");
	assert_false(host_thread_join(thread));
	o = host_outcome_wait(INT64_MAX);
	assert_ptr_equal(o, vs_outcome());
	assert_int_equal(o->kind, VS_PANIC);
	assert_string_equal(o->message, "the end");
	assert_string_equal(o->thread, "culprit");
	assert_non_null(strstr(o->report, "panic: the end"));
	assert_null(strstr(o->report, "never came"));
	/* Whoever comes late is not let in. */
	assert_false(host_thread_join(start(take_note, NULL)));
	assert_true(host_reset());
	assert_string_equal(host_outcome()->message, "the end");
	host_begin();
	assert_null(host_outcome());
	assert_false(host_dying());
}

static void
test_reset_a_thousand_times(void **state)
{
	struct note note;

	for (int i = 0; i < 1000; i++) {
		host_begin();
		start_company();
		host_thread_detach(start(die, "again"));
		assert_non_null(host_outcome_wait(INT64_MAX));
		assert_true(host_reset());
		host_begin();
		assert_true(host_thread_join(start(take_note, &note)));
	}
}

static void
test_first_death_counts(void **state)
{
	const struct vs_outcome *o;
	static const char *const text[] = { "one", "two", "three", "four" };
	struct host_thread *threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = start(die, (void *)(uintptr_t)text[i]);
	o = host_outcome_wait(INT64_MAX);
	for (int i = 0; i < 4; i++) {
		assert_false(host_thread_join(threads[i]));
		if (strcmp(o->message, text[i]) == 0)
			o = NULL;
		if (o == NULL)
			break;
	}
	assert_null(o);
}

static void
die_in_peace(void *arg)
{
	struct host_text text = { 0 };

	assert_true(host_halt(VS_ASSERT, "first", NULL));
	for (int i = 0; i < 1000; i++)
		VS_POINT(VS_OP_YIELD, NULL);
	assert_true(host_dying_here());
	assert_true(host_halt(VS_PANIC, "again", NULL));
	assert_null(host_outcome());
	host_text_add(&text, "the report of %s", host_thread_name());
	host_die(VS_ASSERT, "first", NULL, text.text);
}

static void
test_dying_thread_goes_on(void **state)
{
	const struct vs_outcome *o;

	start_company();
	start(die_in_peace, NULL);
	o = host_outcome_wait(INT64_MAX);
	assert_int_equal(o->kind, VS_ASSERT);
	assert_string_equal(o->message, "first");
	assert_string_equal(o->thread, "test");
	assert_string_equal(o->report, "the report of test");
}

static void
die_blocked(void *arg)
{
	assert_true(host_halt(VS_PANIC, "stuck", NULL));
	host_park();
	abort();
}

static void
test_dying_thread_may_block(void **state)
{
	const struct vs_outcome *o;

	start(die_blocked, NULL);
	o = host_outcome_wait(INT64_MAX);
	assert_string_equal(o->message, "stuck");
	assert_non_null(strstr(o->report, "blocked while"));
}

static void
test_verdict_from_outside(void **state)
{
	const struct vs_outcome *o;

	start_company();
	assert_null(host_outcome_wait(host_clock() + MS));
	host_verdict(VS_DEADLOCK, "all asleep", "watchdog", NULL);
	host_verdict(VS_LEAK, "too late", NULL, NULL);
	o = host_outcome_wait(0);
	assert_int_equal(o->kind, VS_DEADLOCK);
	assert_string_equal(o->message, "all asleep");
	assert_false(host_dying_here());
}

static void *
wait_outside(void *arg)
{
	const struct vs_outcome *o = host_outcome_wait(INT64_MAX);

	assert_string_equal(o->message, "seen by all");
	return (NULL);
}

static void
test_outcome_wakes_all_that_wait(void **state)
{
	pthread_t ids[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, wait_outside, NULL);
	start(die, "seen by all");
	for (int i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
}

static _Atomic bool spinning;

static void
spin_without_points(void *arg)
{
	spinning = true;
	for (;;)
		host_spinwait();
}

/* Until the test ends: a reset waits for stragglers, too. */
static const struct vs_outcome *
verdict_in_a_hurry(void)
{

	host_halt_grace(20 * MS);
	host_verdict(VS_LIVELOCK, "no end", "watchdog", NULL);
	return (host_outcome_wait(INT64_MAX));
}

static void
test_straggler_is_stopped(void **state)
{
	const struct vs_outcome *o;

	/* Its signals wait for a library call, and there is none. */
	if (HOST_TSAN)
		skip();
	spinning = false;
	host_thread_start(spin_without_points, NULL, "straggler");
	while (!spinning)
		host_yield();
	o = verdict_in_a_hurry();
	assert_non_null(strstr(o->report, "thread straggler never came to a "
	    "scheduling point; it was stopped in spin_without_points+0x"));
	assert_true(host_reset());
}

struct wait {
	pthread_mutex_t	lock;
	pthread_cond_t	cond;
	bool		waiting;	/* lock */
	bool		over;		/* lock */
};

static void
wait_in_library(void *arg)
{
	struct wait *wait = arg;

	pthread_mutex_lock(&wait->lock);
	wait->waiting = true;
	while (!wait->over)
		pthread_cond_wait(&wait->cond, &wait->lock);
	pthread_mutex_unlock(&wait->lock);
}

/* Only pthread_cond_wait() can have let go of the lock by then. */
static void
await_waiting(struct wait *wait)
{
	bool waiting;

	do {
		pthread_mutex_lock(&wait->lock);
		waiting = wait->waiting;
		pthread_mutex_unlock(&wait->lock);
	} while (!waiting);
}

static void
test_straggler_in_a_library_is_named(void **state)
{
	struct wait wait = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .cond = PTHREAD_COND_INITIALIZER };
	const struct vs_outcome *o;
	struct host_thread *thread;

	thread = host_thread_start(wait_in_library, &wait, "straggler");
	await_waiting(&wait);
	o = verdict_in_a_hurry();
	assert_non_null(strstr(o->report,
	    "thread straggler never came to a scheduling point\n"));
	assert_false(host_reset());
	pthread_mutex_lock(&wait.lock);
	wait.over = true;
	pthread_cond_signal(&wait.cond);
	pthread_mutex_unlock(&wait.lock);
	(void)host_thread_join(thread);
	while (!host_reset())
		host_yield();
}

/* --- signals ---------------------------------------------------------------- */

static void
touch(void *arg)
{
	*(volatile char *)arg = 1;
}

static int __attribute__((noinline))
recurse(volatile char *p)
{
	volatile char frame[1024];

	frame[0] = *p;
	return (frame[0] == 0 ? recurse(frame) + frame[0] : 0);
}

static void
overflow(void *arg)
{
	char c = 0;

	recurse(&c);
}

static const struct vs_outcome *
fault(void (*fn)(void *), uintptr_t arg)
{
	if (HOST_ASAN)
		skip();
	host_signals_catch();
	start_company();
	start(fn, (void *)arg);
	return (host_outcome_wait(INT64_MAX));
}

static void
test_page_fault(void **state)
{
	const struct vs_outcome *o = fault(touch, 0x18);

	assert_int_equal(o->kind, VS_SIGNAL);
	assert_non_null(strstr(o->message, "page fault: address 0x18 in "));
	assert_string_equal(o->thread, "test");
	host_signals_release();
}

static void
somebody_elses(int sig)
{
	_exit(128 + sig);
}

/* Test frameworks put a handler of their own around each test. */
static void
test_handler_taken(void **state)
{
	const struct vs_outcome *o;

	if (HOST_ASAN)
		skip();
	host_signals_catch();
	signal(SIGSEGV, somebody_elses);
	host_signals_renew();
	start(touch, (void *)0x18);
	o = host_outcome_wait(INT64_MAX);
	assert_int_equal(o->kind, VS_SIGNAL);
	host_signals_release();
	assert_ptr_equal(signal(SIGSEGV, SIG_DFL), somebody_elses);

	/* What another has taken for good stays with him. */
	host_signals_catch();
	signal(SIGSEGV, somebody_elses);
	host_signals_release();
	host_signals_renew();
	assert_ptr_equal(signal(SIGSEGV, SIG_DFL), somebody_elses);
}

static void
test_poisoned_pointer(void **state)
{
	const struct vs_outcome *o;

	/* ThreadSanitizer stumbles over its own shadow before that. */
	if (HOST_TSAN)
		skip();
	o = fault(touch, (uintptr_t)0xdeadc0dedeadc0deULL + 0x18);
	assert_int_equal(o->kind, VS_USE_AFTER_FREE);
	assert_non_null(strstr(o->message, "freed memory was used"));
	host_signals_release();
}

static void
test_stack_overflow(void **state)
{
	const struct vs_outcome *o = fault(overflow, 0);

	assert_int_equal(o->kind, VS_SIGNAL);
	assert_non_null(strstr(o->message, "stack overflow in "));
	host_signals_release();
}

/* --- memory ------------------------------------------------------------------ */

static void
test_heap_counts(void **state)
{
	size_t bytes = host_heap_bytes(), blocks = host_heap_blocks();
	void *p[64];

	for (int i = 0; i < 64; i++) {
		p[i] = host_alloc((size_t)i * 100);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], i, (size_t)i * 100);
	}
	assert_int_equal(host_heap_blocks(), blocks + 64);
	assert_int_equal(host_heap_bytes(), bytes + 64 * 63 / 2 * 100);
	for (int i = 0; i < 64; i++)
		host_free(p[i]);
	host_free(NULL);
	assert_int_equal(host_heap_blocks(), blocks);
	assert_int_equal(host_heap_bytes(), bytes);
	assert_true(host_heap_peak() >= bytes + 64 * 63 / 2 * 100);
	assert_null(host_alloc(SIZE_MAX - 8));
}

static void
allocate(void *arg)
{
	void *p[100];

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 100; i++)
			p[i] = host_alloc((size_t)i);
		for (int i = 0; i < 99; i++)
			host_free(p[i]);
	}
}

static void
test_heap_is_swept(void **state)
{
	struct host_thread *threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = start(allocate, NULL);
	for (int i = 0; i < 4; i++)
		assert_true(host_thread_join(threads[i]));
	assert_int_equal(host_heap_blocks(), 4 * 50);
	assert_true(host_reset());
	assert_int_equal(host_heap_blocks(), 0);
	assert_int_equal(host_heap_bytes(), 0);
	assert_int_equal(host_heap_peak(), 0);
}

static size_t modified_at;

static void
modified(const void *block, size_t size, size_t offset, uint32_t value)
{
	assert_int_equal(size, 256);
	assert_int_equal(value, 42);
	modified_at = offset;
}

static void
test_quarantine_tells_late_writes(void **state)
{
	uint32_t *p;

	if (HOST_ASAN)
		skip();
	host_heap_quarantine(4096);
	host_heap_on_modified(modified);
	p = host_alloc(256);
	host_free(p);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], 0xdeadc0de);
	p[7] = 42;
	modified_at = 0;
	/* The oldest go first. */
	for (int i = 0; i < 20; i++)
		host_free(host_alloc(256));
	assert_int_equal(modified_at, 28);
	host_heap_quarantine(0);
	host_heap_on_modified(NULL);
}

static void
free_twice(void *arg)
{
	void *p = host_alloc(100);

	host_free(p);
	host_free(p);
}

static void
test_quarantine_tells_double_frees(void **state)
{
	const struct vs_outcome *o;

	if (HOST_ASAN)
		skip();
	host_heap_quarantine(4096);
	start(free_twice, NULL);
	o = host_outcome_wait(INT64_MAX);
	assert_int_equal(o->kind, VS_USE_AFTER_FREE);
	assert_non_null(strstr(o->message, "was freed twice"));
	host_heap_quarantine(0);
}

/* --- small things -------------------------------------------------------------- */

static void
test_console(void **state)
{
	const char *text;

	host_console_reset();
	assert_string_equal(host_console_text(), "");
	host_console_write("one\n", 4);
	text = host_console_text();
	assert_ptr_equal(text, host_console_text());
	host_console_write("two\n", 4);
	assert_string_equal(text, "one\n");
	assert_string_equal(host_console_text(), "one\ntwo\n");
	host_console_reset();
	assert_string_equal(host_console_text(), "");
}

/* Of ten megabytes the end is kept, from the beginning of a line. */
static void
test_console_is_bounded(void **state)
{
	char line[64];
	const char *text;
	int n;

	host_console_reset();
	for (int i = 0; i < 400000; i++) {
		n = snprintf(line, sizeof(line), "message number %08d\n", i);
		host_console_write(line, (size_t)n);
	}
	text = host_console_text();
	assert_true(strlen(text) > (size_t)2 * 1024 * 1024 - 64);
	assert_true(strlen(text) <= (size_t)4 * 1024 * 1024);
	assert_int_equal(strncmp(text, "message number ", 15), 0);
	assert_string_equal(text + strlen(text) - 24,
	    "message number 00399999\n");
	host_console_reset();
}

static void
test_chance_has_a_seed(void **state)
{
	uint64_t a, b;

	host_random_seed(7);
	a = host_random();
	b = host_random();
	assert_true(a != b);
	host_random_seed(7);
	assert_true(host_random() == a);
	assert_true(host_random() == b);
	assert_true(host_ncpus() > 0);
	assert_true(host_walltime() > 0);
}

#define	FENCE_ROUNDS	2000

/* A turn of waiting; lets others run, should there be more than processors. */
static void
dekker_wait(_Atomic int *value, int expected)
{
	for (int spins = 1; atomic_load(value) != expected; spins++) {
		if (spins % 1000 == 0)
			host_yield();
		else
			host_spinwait();
	}
}

struct dekker {
	_Atomic int	light, heavy;
	_Atomic int	round, done;
	int		saw_heavy;
};

static void
dekker_light(void *arg)
{
	struct dekker *d = arg;

	for (int i = 1; i <= FENCE_ROUNDS; i++) {
		dekker_wait(&d->round, i);
		atomic_store_explicit(&d->light, i, memory_order_relaxed);
		host_fence_light();
		d->saw_heavy = atomic_load_explicit(&d->heavy,
		    memory_order_relaxed) == i;
		atomic_store(&d->done, i);
	}
}

/* Store, fence, load on both sides: one of them sees the other. */
static void
test_asymmetric_fence(void **state)
{
	struct dekker d = { 0 };
	struct host_thread *thread = start(dekker_light, &d);
	bool saw_light;

	for (int i = 1; i <= FENCE_ROUNDS; i++) {
		atomic_store(&d.round, i);
		atomic_store_explicit(&d.heavy, i, memory_order_relaxed);
		host_fence_heavy();
		saw_light = atomic_load_explicit(&d.light,
		    memory_order_relaxed) == i;
		dekker_wait(&d.done, i);
		assert_true(saw_light || d.saw_heavy);
	}
	assert_true(host_thread_join(thread));
}

static void
test_backtrace_has_names(void **state)
{
	char text[4096];
	size_t len;

	len = host_backtrace(text, sizeof(text), 0);
	assert_int_equal(len, strlen(text));
	assert_non_null(strstr(text, "test_backtrace_has_names+0x"));
	assert_int_equal(host_backtrace(text, 10, 0), 9);
}

static void
test_child_has_threads_of_its_own(void **state)
{
	struct note note;
	pid_t pid;
	int status;

#if HOST_TSAN
	/* Its run time does not let a child start threads. */
	skip();
#endif
	assert_true(host_thread_join(start(take_note, &note)));
	pid = fork();
	if (pid == 0) {
		start_company();
		start(die, "in the child");
		if (host_outcome_wait(INT64_MAX) == NULL || !host_reset())
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_null(host_outcome());
}

/* --- the image ------------------------------------------------------------------ */

static int counter = 1;
static int zeroed[10000];

static void
spoil(void *arg)
{
	counter++;
	memset(zeroed, 0x55, sizeof(zeroed));
	host_die(VS_PANIC, "spoilt", NULL, NULL);
}

/* The last test: from here on the program's own variables are restored. */
static void
test_image_is_restored(void **state)
{
#if defined(__clang__) && (HOST_ASAN || HOST_TSAN)
	/* The sanitizer's own state is in the program, and would go back. */
	skip();
#endif
	host_image_register(&counter);
	host_image_register(&counter);
	for (int i = 0; i < 100; i++) {
		host_begin();
		start(spoil, NULL);
		assert_non_null(host_outcome_wait(INT64_MAX));
		assert_int_equal(counter, 2);
		assert_true(host_reset());
		assert_int_equal(counter, 1);
		for (size_t at = 0; at < 10000; at++)
			assert_int_equal(zeroed[at], 0);
	}
}

#define	TEST(name)	cmocka_unit_test_setup_teardown(test_##name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(park_loses_no_token),
		TEST(many_unparks_are_one_token),
		TEST(park_times_out),
		TEST(running_is_seen),
		TEST(thread_knows_itself),
		TEST(pool_is_used_again),
		TEST(detached_threads_return),
		TEST(host_threads_come_and_go),
		TEST(death_holds_everybody),
		TEST(reset_a_thousand_times),
		TEST(first_death_counts),
		TEST(dying_thread_goes_on),
		TEST(dying_thread_may_block),
		TEST(verdict_from_outside),
		TEST(outcome_wakes_all_that_wait),
		TEST(straggler_is_stopped),
		TEST(straggler_in_a_library_is_named),
		TEST(page_fault),
		TEST(handler_taken),
		TEST(poisoned_pointer),
		TEST(stack_overflow),
		TEST(heap_counts),
		TEST(heap_is_swept),
		TEST(quarantine_tells_late_writes),
		TEST(quarantine_tells_double_frees),
		TEST(console),
		TEST(console_is_bounded),
		TEST(chance_has_a_seed),
		TEST(asymmetric_fence),
		TEST(backtrace_has_names),
		TEST(child_has_threads_of_its_own),
		TEST(image_is_restored),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
