/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What FreeBSD leaves open besides who runs: which sleeper is woken, whether
 * there is memory, when time has passed, when a signal comes.  Strategies try
 * it, exhaustive ones all of it, and a replay does it again.
 */
#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/signalvar.h>
#include <machine/atomic.h>

static struct mtx lock;
static int chan, sleepers, woken;
static struct thread *sleeper;

static void
set_up(void *arg)
{
	mtx_init(&lock, "lock", NULL, MTX_DEF);
}

/* --- who is woken ----------------------------------------------------------------- */

/* The second one to sleep must not be the first one to be woken. */
static void
sleep_in_order(void *arg)
{
	int place;

	mtx_lock(&lock);
	place = sleepers++;
	(void)mtx_sleep(&chan, &lock, 0, "chan", 0);
	if (woken++ != place)
		panic("out of order");
	mtx_unlock(&lock);
}

static void
wake_one_by_one(void *arg)
{
	mtx_lock(&lock);
	while (sleepers < 2) {
		mtx_unlock(&lock);
		kern_yield(0);
		mtx_lock(&lock);
	}
	wakeup_one(&chan);
	mtx_unlock(&lock);
	mtx_lock(&lock);
	wakeup_one(&chan);
	mtx_unlock(&lock);
}

static void
wait_for_second(void *arg)
{
	sleep_in_order(arg);
	mtx_lock(&lock);
	mtx_unlock(&lock);
}

static const struct vs_scenario waiters = {
	.name = "waiters", .setup = set_up, .no_shutdown = true,
	.threads = { { "a", sleep_in_order }, { "b", wait_for_second },
	    { "waker", wake_one_by_one } },
};

/* --- memory that is not there ------------------------------------------------------ */

static void
allocate(void *arg)
{
	void *p[3];

	for (int i = 0; i < 3; i++)
		p[i] = malloc(16, M_TEMP, M_NOWAIT);
	if (p[1] == NULL)
		panic("no second block");
	for (int i = 0; i < 3; i++)
		free(p[i], M_TEMP);
}

static const struct vs_scenario memory = {
	.name = "memory", .threads = { { "allocator", allocate } },
};

/* --- time, and signals -------------------------------------------------------------- */

static void
sleep_a_second(void *arg)
{
	int error;

	mtx_lock(&lock);
	error = mtx_sleep(&chan, &lock, PCATCH, "chan", hz);
	mtx_unlock(&lock);
	if (error == *(int *)arg)
		panic("error %d", error);
}

static void
begin_sleep(void *arg)
{
	atomic_store_ptr(&sleeper, curthread);
	sleep_a_second(arg);
}

static void
wake(void *arg)
{
	wakeup(&chan);
}

static void
interrupt(void *arg)
{
	struct thread *td = atomic_load_ptr(&sleeper);

	if (td == NULL)
		return;
	PROC_LOCK(td->td_proc);
	kern_psignal(td->td_proc, SIGTERM);
	PROC_UNLOCK(td->td_proc);
}

static const struct vs_scenario sleep_scenario = {
	.name = "sleep", .setup = set_up, .no_shutdown = true,
	.threads = { { "sleeper", begin_sleep }, { "waker", wake },
	    { "killer", interrupt } },
};

/* --- all strategies find it ---------------------------------------------------------- */

static const char *const strategies[] = {
	"portfolio", "random", "pos", "ipb", "source", "optimal", "brute",
};

static void
found(const struct vs_scenario *scenario, const char *strategy,
    unsigned fails, const char *message)
{
	const struct vs_explore how = { .strategy = strategy,
	    .schedules = 100000, .fail_nowait = fails };
	const struct vs_explored *e = vs_explore(scenario, &how);
	char *text;

	assert_non_null(e);
	assert_string_equal(e->message, message);
	assert_non_null(e->replay);
	text = strdup(e->replay);
	e = vs_replay(scenario, text, NULL);
	assert_non_null(e);
	assert_null(e->diverged);
	assert_string_equal(e->message, message);
	free(text);
}

static void
waiter(void **state)
{
	for (size_t i = 0; i < nitems(strategies); i++)
		if (strcmp(strategies[i], "brute") != 0)
			found(&waiters, strategies[i], 0, "out of order");
}

static void
no_memory(void **state)
{
	const struct vs_explore how = { .strategy = "optimal" };
	const struct vs_explore two = { .strategy = "optimal",
	    .keep_going = true, .no_shrink = true, .fail_nowait = 2 };
	const struct vs_explored *e;

	for (size_t i = 0; i < nitems(strategies); i++)
		found(&memory, strategies[i], 1, "no second block");
	/* Unless it is asked for there is always memory. */
	e = vs_explore(&memory, &how);
	assert_non_null(e);
	assert_true(e->complete);
	assert_int_equal(e->classes, 1);
	/* At most two of three: 1 + 3 + 3, the second of them in 1 + 2. */
	e = vs_explore(&memory, &two);
	assert_non_null(e);
	assert_true(e->complete);
	assert_int_equal(e->classes, 7);
	assert_int_equal(e->failures, 3);
}

static void
ends_of_sleep(void **state)
{
	struct vs_scenario scenario = sleep_scenario;
	int errors[] = { EWOULDBLOCK, EINTR };
	char message[32];

	for (size_t i = 0; i < nitems(errors); i++) {
		scenario.arg = &errors[i];
		snprintf(message, sizeof(message), "error %d", errors[i]);
		for (size_t s = 0; s < nitems(strategies); s++)
			found(&scenario, strategies[s], 0, message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiter),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(ends_of_sleep),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
