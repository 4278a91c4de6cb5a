/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a thread finds out when it is about to wait for a lock: that it would
 * wait for itself, or for somebody who sleeps with a lock that does not allow
 * it.
 */
#include "lock_test.h"

#include <sys/mutex.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include "../../src/kern/waitq.h"

static struct mtx m1, m2, s1, s2;
static struct sx x1, x2, x3;
static struct rwlock w1;
static struct rmlock r1;

MTX_SYSINIT(dl_m1, &m1, "m1", MTX_DEF);
MTX_SYSINIT(dl_m2, &m2, "m2", MTX_DEF);
MTX_SYSINIT(dl_s1, &s1, "s1", MTX_SPIN);
MTX_SYSINIT(dl_s2, &s2, "s2", MTX_SPIN);
SX_SYSINIT(dl_x1, &x1, "x1");
SX_SYSINIT(dl_x2, &x2, "x2");
SX_SYSINIT(dl_x3, &x3, "x3");
RW_SYSINIT(dl_w1, &w1, "w1");
RM_SYSINIT(dl_r1, &r1, "r1");

/* A thread that takes one lock, meets the others, and takes another. */
struct role {
	const char	*name;
	void		(*first)(void);
	void		(*second)(void);
};

static int at_the_meeting, expected;

static void
role_main(void *arg)
{
	const struct role *role = arg;

	role->first();
	__atomic_add_fetch(&at_the_meeting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&at_the_meeting, __ATOMIC_ACQUIRE) < expected)
		VS_POINT(VS_OP_YIELD, &at_the_meeting);
	role->second();
}

static const struct role *cast;

/* Nobody of the cast ever comes back. */
static void
play(void *arg __unused)
{
	struct vs_thread *t = NULL;
	int i;

	at_the_meeting = 0;
	for (i = 0; i < expected; i++)
		t = spawn(role_main, __DECONST(struct role *, &cast[i]),
		    cast[i].name);
	(void)vs_thread_join(t);
}

static void
expect_deadlock(const struct role *roles, int n, const char *glob)
{
	static const struct vs_config config;

	cast = roles;
	expected = n;
	expect_panic_with(&config, play, NULL, glob);
	assert_int_equal(vs_outcome()->kind, VS_DEADLOCK);
}

#define	TAKE(name, call)						\
static void								\
take_##name(void)							\
{									\
	call;								\
}
TAKE(m1, mtx_lock(&m1))
TAKE(m2, mtx_lock(&m2))
TAKE(s1, mtx_lock_spin(&s1))
TAKE(s2, mtx_lock_spin(&s2))
TAKE(x1, sx_xlock(&x1))
TAKE(x1s, sx_slock(&x1))
TAKE(x2, sx_xlock(&x2))
TAKE(x3, sx_xlock(&x3))
TAKE(w1, rw_wlock(&w1))
TAKE(w1r, rw_rlock(&w1))
TAKE(r1, rm_wlock(&r1))

static struct rm_priotracker tracker;
TAKE(r1r, rm_rlock(&r1, &tracker))

/* Either thread may be the one that notices. */
static void
test_two_mutexes(void **state)
{
	const struct role roles[] = {
		{ "one", take_m1, take_m2 }, { "two", take_m2, take_m1 },
	};

	expect_deadlock(roles, 2, "deadlock: thread * waits for sleep mutex "
	    "\"m[12]\" held by thread *, thread * waits for sleep mutex "
	    "\"m[12]\" held by thread *");
	assert_non_null(strstr(vs_outcome()->message,
	    "thread one waits for sleep mutex \"m2\" held by thread two"));
	assert_non_null(strstr(vs_outcome()->message,
	    "thread two waits for sleep mutex \"m1\" held by thread one"));
}

static void
test_three_sx(void **state)
{
	const struct role roles[] = {
		{ "one", take_x1, take_x2 }, { "two", take_x2, take_x3 },
		{ "three", take_x3, take_x1s },
	};

	expect_deadlock(roles, 3, "deadlock: *");
	assert_non_null(strstr(vs_outcome()->message,
	    "thread one waits for sx \"x2\" held by thread two"));
	assert_non_null(strstr(vs_outcome()->message,
	    "thread two waits for sx \"x3\" held by thread three"));
	assert_non_null(strstr(vs_outcome()->message,
	    "thread three waits for sx \"x1\" held by thread one"));
}

static void
test_mixed(void **state)
{
	const struct role roles[] = {
		{ "one", take_m1, take_w1r }, { "two", take_w1, take_m1 },
	};
	const struct role writers[] = {
		{ "one", take_r1, take_m1 }, { "two", take_m1, take_r1r },
	};
	const struct role readers[] = {
		{ "one", take_r1r, take_m1 }, { "two", take_m1, take_r1 },
	};

	expect_deadlock(roles, 2, "deadlock: *");
	assert_non_null(strstr(vs_outcome()->message,
	    "thread one waits for rw \"w1\" held by thread two"));
	expect_deadlock(writers, 2, "deadlock: *");
	expect_deadlock(readers, 2, "deadlock: *");
	assert_non_null(strstr(vs_outcome()->message,
	    "thread two waits for rm \"r1\" held by thread one"));
}

static void
test_spin(void **state)
{
	const struct role roles[] = {
		{ "one", take_s1, take_s2 }, { "two", take_s2, take_s1 },
	};

	expect_deadlock(roles, 2, "deadlock: *spin mutex*");
}

/* --- no deadlock ---------------------------------------------------------- */

static int interrupted;

static void
waits_interruptibly(void *arg __unused)
{
	sx_xlock(&x2);
	interrupted = sx_xlock_sig(&x1);
	sx_xunlock(&x2);
}

/* A signal can still end this one. */
static void
body_interruptible(void *arg __unused)
{
	struct vs_thread *t;

	sx_xlock(&x1);
	t = spawn(waits_interruptibly, NULL, "signalled");
	WAIT_FOR(sx_has_waiters(&x1));
	CHECK(!sx_try_xlock(&x2));
	waitq_signal(sx_xholder(&x2), EINTR);
	sx_xlock(&x2);
	join(t);
	CHECK(interrupted == EINTR);
	sx_xunlock(&x2);
	sx_xunlock(&x1);
}

static void
test_interruptible(void **state)
{
	run(body_interruptible, NULL);
}

/* --- asleep with a bounded lock ------------------------------------------- */

static int chan;
static gate about_to_sleep;

static void
sleeper(void *arg)
{
	if (arg == &m1)
		mtx_lock(&m1);
	else
		rw_wlock(&w1);
	gate_open(&about_to_sleep);
	tsleep(&chan, 0, "never", 1000000);
}

static void
blocks_on_mutex(void *arg __unused)
{
	about_to_sleep = 0;
	spawn(sleeper, &m1, "sleeper");
	gate_wait(&about_to_sleep);
	WAIT_FOR(__atomic_load_n(&mtx_owner(&m1)->td_sleeping,
	    __ATOMIC_RELAXED));
	mtx_lock(&m1);
}

static void
blocks_on_rwlock(void *arg __unused)
{
	about_to_sleep = 0;
	spawn(sleeper, &w1, "sleeper");
	gate_wait(&about_to_sleep);
	WAIT_FOR(__atomic_load_n(&rw_wowner(&w1)->td_sleeping,
	    __ATOMIC_RELAXED));
	rw_rlock(&w1);
}

static void
holds_two(void *arg __unused)
{
	mtx_lock(&m2);
	mtx_lock(&m1);
}

/* We wait for m2; its owner waits for m1, whose owner sleeps. */
static void
blocks_behind(void *arg __unused)
{
	about_to_sleep = 0;
	spawn(sleeper, &m1, "sleeper");
	gate_wait(&about_to_sleep);
	WAIT_FOR(__atomic_load_n(&mtx_owner(&m1)->td_sleeping,
	    __ATOMIC_RELAXED));
	(void)vs_thread_join(spawn(holds_two, NULL, "between"));
}

static const struct misuse rows[] = {
	ROW("M34", blocks_on_mutex, "sleeping thread holds m1",
	    .console = "Sleeping thread (tid [0-9]*, pid [0-9]*) owns a "
	    "non-sleepable lock"),
	ROW("M34 rw", blocks_on_rwlock, "sleeping thread holds w1"),
	ROW("M34 behind", blocks_behind, "sleeping thread holds m1"),
};

static void
test_asleep(void **state)
{
	expect_misuse(rows, nitems(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_mutexes),
		cmocka_unit_test(test_three_sx),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_spin),
		TEST(test_interruptible),
		cmocka_unit_test(test_asleep),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
