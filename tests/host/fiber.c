/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fibers, without anything that stands on them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fiber.h"

/* --- the ground, as far as fibers need it -------------------------------- */

__thread struct thread *vs_curthread;
static struct host_thread os_thread;
static struct host_thread *running = &os_thread;

void
host_fatal(const char *fmt, ...)
{
	fail_msg("%s", fmt);
	abort();
}

struct host_thread *
host_self(void)
{
	return (running);
}

void
host_thread_become(struct host_thread *thread)
{
	running = thread;
}

/* --- the tests' own ------------------------------------------------------ */

static struct host_fiber origin, fibers[3];
static char said[64];
static size_t length;

static void
say(char c)
{
	said[length++] = c;
	said[length] = '\0';
}

static void
leave(struct host_fiber *self)
{
	host_fiber_switch(self, &origin);
}

static void
enter(struct host_fiber *fiber)
{
	host_fiber_switch(&origin, fiber);
}

static int
adopt(void **state)
{
	length = 0;
	running = &os_thread;
	host_fiber_adopt(&origin);
	return (0);
}

/* Says its letter three times, and what it has kept on its stack. */
static void
letters(void *arg)
{
	struct host_fiber *self = arg;
	char letter = (char)('a' + self->index);
	double third = (self->index + 1) / 3.0;

	for (int i = 0; i < 3; i++) {
		say(letter);
		leave(self);
		assert_true(third == (self->index + 1) / 3.0);
	}
	say((char)(letter - 'a' + 'A'));
	leave(self);
}

static void
take_turns(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		host_fiber_init(&fibers[i], i, letters, &fibers[i], "letters");
	for (unsigned turn = 0; turn < 4; turn++)
		for (unsigned i = 0; i < 3; i++) {
			enter(&fibers[i]);
			assert_ptr_equal(running, &os_thread);
		}
	assert_string_equal(said, "abcabcabcABC");
}

/* Who runs, and its curthread, go with the fiber. */
static void
names_itself(void *arg)
{
	struct host_fiber *self = arg;

	assert_ptr_equal(host_self(), &self->thread);
	assert_string_equal(host_self()->name, "itself");
	assert_null(vs_curthread);
	vs_curthread = (struct thread *)self;
	leave(self);
	assert_ptr_equal(vs_curthread, self);
	leave(self);
}

static void
identity(void **state)
{
	struct thread *mine = (struct thread *)&origin;

	vs_curthread = mine;
	host_fiber_init(&fibers[0], 0, names_itself, &fibers[0], "itself");
	enter(&fibers[0]);
	assert_ptr_equal(vs_curthread, mine);
	enter(&fibers[0]);
	assert_ptr_equal(vs_curthread, mine);
	vs_curthread = NULL;
}

/* A fiber that was put back goes on from there, as often as it is. */
static void
put_back(void **state)
{
	static char saved[FIBER_STACK];
	struct host_fiber as_it_was;
	size_t size;
	void *used;

	host_fiber_init(&fibers[0], 0, letters, &fibers[0], "letters");
	enter(&fibers[0]);
	used = host_fiber_used(&fibers[0], &size);
	assert_in_range(size, 1, FIBER_STACK);
	memcpy(saved, used, size);
	as_it_was = fibers[0];
	for (int i = 0; i < 1000; i++) {
		length = 0;
		enter(&fibers[0]);
		enter(&fibers[0]);
		enter(&fibers[0]);
		assert_string_equal(said, "aaA");
		memcpy(used, saved, size);
		fibers[0] = as_it_was;
	}
}

/* A stack is used anew by whoever is initialised on it. */
static void
used_anew(void **state)
{
	for (int i = 0; i < 1000; i++) {
		length = 0;
		host_fiber_init(&fibers[0], 0, letters, &fibers[0], "letters");
		enter(&fibers[0]);
		enter(&fibers[0]);
		assert_string_equal(said, "aa");
	}
}

static void
stacks(void **state)
{
	uintptr_t low, high, before;

	host_fiber_stack(0, &before, &high);
	assert_int_equal(high - before, FIBER_STACK);
	host_fiber_stack(1, &low, &high);
	assert_true(low > before + FIBER_STACK);
	assert_true(host_fiber_stack_contains((void *)low));
	assert_false(host_fiber_stack_contains(&low));
}

static __attribute__((noinline)) int
deep(volatile char *above, size_t left)
{
	volatile char frame[4096];

	frame[0] = above[0];
	return (left == 0 ? 0 : deep(frame, left - 1) + frame[0]);
}

static void
sinks(void *arg)
{
	char top = 0;

	(void)deep(&top, FIBER_STACK / 4096);
}

/* A stack that is too small ends in its guard page, not in its neighbour. */
static void
guard(void **state)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		host_fiber_init(&fibers[1], 1, sinks, NULL, "sinks");
		enter(&fibers[1]);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(take_turns, adopt),
		cmocka_unit_test_setup(identity, adopt),
		cmocka_unit_test_setup(put_back, adopt),
		cmocka_unit_test_setup(used_anew, adopt),
		cmocka_unit_test_setup(stacks, adopt),
		cmocka_unit_test_setup(guard, adopt),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
