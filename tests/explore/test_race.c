/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Data races: each way in which the kernel orders accesses, with and without.
 * In all of them the first thread writes and the second one reads.
 */
#include "instrumented.h"

#include <sys/param.h>
#include <sys/callout.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/systm.h>
#include <sys/taskqueue.h>
#include <machine/atomic.h>

static MALLOC_DEFINE(M_SCENE, "scene", "memory of a scenario");

static int data, seen;
static bool broken;		/* the edge is left out: the argument */
static u_int flag;
static struct mtx m;
static struct sx sx;
static struct rwlock rw;
static struct rmlock rm;

static void
setup(void *arg)
{
	broken = arg != NULL;
	mtx_init(&m, "m", NULL, MTX_DEF);
	sx_init(&sx, "sx");
	rw_init(&rw, "rw");
	rm_init(&rm, "rm");
	data = seen = 0;
	flag = 0;
}

/* Clean as it should be, and a race without. */
static void
check(void (*a)(void *), void (*b)(void *))
{
	skip_if_plain();
	assert_clean(explore_with(0, setup, a, b, NULL));
	assert_found(explore_with(1, setup, a, b, NULL), VS_RACE, " races with ");
}

/* --- locks ---------------------------------------------------------------- */

static void
mtx_writer(void *arg)
{
	mtx_lock(&m);
	data = 1;
	mtx_unlock(&m);
}

static void
mtx_reader(void *arg)
{
	if (!broken)
		mtx_lock(&m);
	seen = data;
	if (!broken)
		mtx_unlock(&m);
}

static void
mutex(void **state)
{
	check(mtx_writer, mtx_reader);
}

static void
try_reader(void *arg)
{
	bool got = mtx_trylock(&m);

	if (got || broken)
		seen = data;
	if (got)
		mtx_unlock(&m);
}

static void
mutex_try(void **state)
{
	check(mtx_writer, try_reader);
}

/* Writing under a shared lock is the mistake. */
static void
sx_writer(void *arg)
{
	if (broken)
		sx_slock(&sx);
	else
		sx_xlock(&sx);
	data = 1;
	sx_unlock(&sx);
}

static void
sx_reader(void *arg)
{
	sx_slock(&sx);
	(void)atomic_load_int(&flag);
	seen = data;
	sx_sunlock(&sx);
}

static void
sx_shared(void **state)
{
	check(sx_writer, sx_reader);
}

static void
upgrade_writer(void *arg)
{
	sx_slock(&sx);
	if (sx_try_upgrade(&sx)) {
		data = 1;
		sx_downgrade(&sx);
	} else if (broken)
		data = 1;
	sx_sunlock(&sx);
}

static void
sx_upgrade(void **state)
{
	check(upgrade_writer, sx_reader);
}

static void
rw_writer(void *arg)
{
	if (broken)
		rw_rlock(&rw);
	else
		rw_wlock(&rw);
	data = 1;
	rw_unlock(&rw);
}

static void
rw_reader(void *arg)
{
	rw_rlock(&rw);
	(void)atomic_load_int(&flag);
	seen = data;
	rw_runlock(&rw);
}

static void
rw_shared(void **state)
{
	check(rw_writer, rw_reader);
}

static void
rm_writer(void *arg)
{
	rm_wlock(&rm);
	data = 1;
	rm_wunlock(&rm);
}

static void
rm_reader(void *arg)
{
	struct rm_priotracker tracker;

	if (!broken)
		rm_rlock(&rm, &tracker);
	seen = data;
	if (!broken)
		rm_runlock(&rm, &tracker);
}

static void
rm_shared(void **state)
{
	check(rm_writer, rm_reader);
}

/* --- atomics -------------------------------------------------------------- */

static void
publish(void *arg)
{
	data = 1;
	if (broken)
		atomic_store_int(&flag, 1);
	else
		atomic_store_rel_int(&flag, 1);
}

static void
consume(void *arg)
{
	if (atomic_load_acq_int(&flag) != 0)
		seen = data;
}

static void
acquire_release(void **state)
{
	check(publish, consume);
}

static void
fenced(void *arg)
{
	data = 1;
	if (!broken)
		atomic_thread_fence_rel();
	atomic_store_int(&flag, 1);
}

static void
consume_fenced(void *arg)
{
	if (atomic_load_int(&flag) == 0)
		return;
	atomic_thread_fence_acq();
	seen = data;
}

static void
fences(void **state)
{
	check(fenced, consume_fenced);
}

/* Whoever gives up the last reference sees what the others did. */
static u_int refs;

static void
refs_setup(void *arg)
{
	setup(arg);
	refcount_init(&refs, 2);
}

static void
ref_writer(void *arg)
{
	data++;
	(void)refcount_release(&refs);
}

static void
ref_last(void *arg)
{
	if (refcount_release(&refs) || broken)
		seen = data;
}

static void
last_reference(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(0, refs_setup, ref_writer, ref_last, NULL));
	assert_found(explore_with(1, refs_setup, ref_writer, ref_last, NULL), VS_RACE,
	    "ref_last");
}

/* --- waiting -------------------------------------------------------------- */

static void
waker(void *arg)
{
	if (!broken)
		data = 1;
	mtx_lock(&m);
	flag = 1;
	wakeup(&flag);
	mtx_unlock(&m);
	if (broken)
		data = 1;
}

static void
sleeper(void *arg)
{
	mtx_lock(&m);
	while (flag == 0)
		(void)msleep(&flag, &m, 0, "flag", 0);
	mtx_unlock(&m);
	seen = data;
}

static void
sleeping(void **state)
{
	check(waker, sleeper);
}

/* --- epochs --------------------------------------------------------------- */

static int *volatile pointer;
static int value;
static struct epoch_context ctx;

static void
epoch_setup(void *arg)
{
	setup(arg);
	value = 1;
	pointer = &value;
}

static void
epoch_reader(void *arg)
{
	struct epoch_tracker et;
	int *p;

	epoch_enter_preempt(net_epoch_preempt, &et);
	p = (int *)atomic_load_ptr((uintptr_t *)(uintptr_t)&pointer);
	if (p != NULL)
		seen = *p;
	epoch_exit_preempt(net_epoch_preempt, &et);
}

static void
epoch_waiter(void *arg)
{
	atomic_store_ptr((uintptr_t *)(uintptr_t)&pointer, 0);
	if (!broken)
		epoch_wait_preempt(net_epoch_preempt);
	value = 0;
}

static void
epoch_done(epoch_context_t unused)
{
	value = 0;
}

static void
epoch_caller(void *arg)
{
	atomic_store_ptr((uintptr_t *)(uintptr_t)&pointer, 0);
	if (broken)
		epoch_done(&ctx);
	else
		epoch_call(net_epoch_preempt, epoch_done, &ctx);
}

static void
epochs(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(0, epoch_setup, epoch_waiter, epoch_reader, NULL));
	assert_clean(explore_with(0, epoch_setup, epoch_caller, epoch_reader, NULL));
	assert_found(explore_with(1, epoch_setup, epoch_waiter, epoch_reader, NULL),
	    VS_RACE, "epoch_reader");
	assert_found(explore_with(1, epoch_setup, epoch_caller, epoch_reader, NULL),
	    VS_RACE, "epoch_reader");
}

/* --- tasks, callouts, threads --------------------------------------------- */

static struct task task;
static struct callout callout;

static void
task_fn(void *arg, int pending)
{
	seen = data;
	data = 2;
}

static void
deferred_setup(void *arg)
{
	setup(arg);
	TASK_INIT(&task, 0, task_fn, NULL);
	callout_init(&callout, 1);
}

static void
nothing(void *arg)
{
}

static void
task_user(void *arg)
{
	data = 1;
	taskqueue_enqueue(taskqueue_thread, &task);
	if (!broken)
		taskqueue_drain(taskqueue_thread, &task);
	seen = data;
}

static void
callout_fn(void *arg)
{
	seen = data;
	data = 2;
}

static void
callout_user(void *arg)
{
	data = 1;
	callout_reset(&callout, 1, callout_fn, NULL);
	pause("callout", 2);
	if (!broken)
		callout_drain(&callout);
	seen = data;
}

static void
thread_fn(void *arg)
{
	seen = data;
	mtx_lock(&m);
	flag = 1;
	wakeup(&flag);
	mtx_unlock(&m);
	kthread_exit();
}

static void
thread_user(void *arg)
{
	if (!broken)
		data = 1;
	(void)kthread_add(thread_fn, NULL, NULL, NULL, 0, 0, "child");
	if (broken)
		data = 1;
	mtx_lock(&m);
	while (flag == 0)
		(void)msleep(&flag, &m, 0, "flag", 0);
	mtx_unlock(&m);
}

static void
check_deferred(void (*fn)(void *))
{
	skip_if_plain();
	assert_clean(explore_with(0, deferred_setup, fn, nothing, NULL));
	assert_found(explore_with(1, deferred_setup, fn, nothing, NULL),
	    VS_RACE, "");
}

static void
tasks(void **state)
{
	check_deferred(task_user);
}

static void
callouts(void **state)
{
	check_deferred(callout_user);
}

static void
threads(void **state)
{
	check_deferred(thread_user);
}

/* --- what memory ---------------------------------------------------------- */

static struct {
	char	a, b;
	short	c;
	int	d;
} packed;

static void
packed_a(void *arg)
{
	packed.a++;
	packed.c++;
}

static void
packed_b(void *arg)
{
	packed.b++;
	packed.d++;
	if (broken)
		packed.c++;
}

static void
neighbours(void **state)
{
	check(packed_a, packed_b);
}

static char *block;

static void
block_setup(void *arg)
{
	setup(arg);
	block = malloc(64, M_SCENE, M_WAITOK | M_ZERO);
}

static void
block_use(void *arg)
{
	mtx_lock(&m);
	if (flag == 0)
		block[33] = 1;
	mtx_unlock(&m);
}

static void
block_end(void *arg)
{
	mtx_lock(&m);
	flag = 1;
	mtx_unlock(&m);
	free(block, M_SCENE);
}

static void
block_use_unlocked(void *arg)
{
	if (atomic_load_int(&flag) == 0)
		block[33] = 1;
}

static void
freed(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(0, block_setup, block_use, block_end, NULL));
	/* Even where the use came first. */
	assert_found(explore_with(0, block_setup, block_use_unlocked, block_end,
	    NULL), VS_RACE, "");
}

static void
copier(void *arg)
{
	char to[16];

	if (!broken)
		mtx_lock(&m);
	memcpy(to, block + 8, sizeof(to));
	if (!broken)
		mtx_unlock(&m);
}

static void
filler(void *arg)
{
	mtx_lock(&m);
	memset(block, 1, 24);
	mtx_unlock(&m);
}

static void
copies(void **state)
{
	skip_if_plain();
	assert_clean(explore_with(0, block_setup, copier, block_use, NULL));
	/* Bytes 8 to 23 are none of those that are written. */
	assert_clean(explore_with(1, block_setup, copier, block_use, NULL));
	assert_found(explore_with(1, block_setup, copier, filler, NULL),
	    VS_RACE, "copier");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutex),
		cmocka_unit_test(mutex_try),
		cmocka_unit_test(sx_shared),
		cmocka_unit_test(sx_upgrade),
		cmocka_unit_test(rw_shared),
		cmocka_unit_test(rm_shared),
		cmocka_unit_test(acquire_release),
		cmocka_unit_test(fences),
		cmocka_unit_test(last_reference),
		cmocka_unit_test(sleeping),
		cmocka_unit_test(epochs),
		cmocka_unit_test(tasks),
		cmocka_unit_test(callouts),
		cmocka_unit_test(threads),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(freed),
		cmocka_unit_test(copies),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
