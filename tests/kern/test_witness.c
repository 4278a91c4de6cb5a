/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * WITNESS: what it learns, what it says and how often, and what it keeps to
 * itself because FreeBSD's does.
 */
#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/sysctl.h>

#ifdef WITNESS

#include "../../src/kern/witness.h"

static struct mtx a, b, c, b2;
static struct mtx spin;
static struct sx sx, sx2;
static struct rwlock rw;
static int chan;
static unsigned reports;		/* before the test */

static void
init_locks(void *arg)
{

	mtx_init(&a, "A", NULL, MTX_DEF | MTX_NEW);
	mtx_init(&b, "B", NULL, MTX_DEF | MTX_NEW);
	mtx_init(&b2, "B two", "B", MTX_DEF | MTX_NEW);
	mtx_init(&c, "C", NULL, MTX_DEF | MTX_NEW | MTX_RECURSE);
	mtx_init(&spin, "S", NULL, MTX_SPIN | MTX_NEW);
	sx_init_flags(&sx, "X", SX_NEW);
	sx_init_flags(&sx2, "Y", SX_NEW);
	rw_init_flags(&rw, "R", RW_NEW);
}

static void
boot_as(enum vs_witness witness)
{
	const struct vs_config config = { .witness = witness };

	boot_with(&config);
	run(init_locks, NULL);
	reports = vs_witness_reports();
}

static int
setup(void **state)
{

	boot_as(VS_WITNESS_ON);
	return (0);
}

#define	W_TEST(fn)	cmocka_unit_test_setup_teardown((fn), setup, \
			    test_teardown)

static void
expect_reports(unsigned n)
{

	if (vs_witness_reports() - reports != n)
		fail_msg("%u reports instead of %u:\n%s",
		    vs_witness_reports() - reports, n, vs_console());
}

/* Takes the one, then the other. */
#define	BOTH(one, two) do {						\
	mtx_lock(&(one));						\
	mtx_lock(&(two));						\
	mtx_unlock(&(two));						\
	mtx_unlock(&(one));						\
} while (0)

/* --- order ---------------------------------------------------------------- */

static void
a_then_b(void *arg)
{

	BOTH(a, b);
}

static void
b_then_a(void *arg)
{

	BOTH(b, a);
}

/* C37, M38 */
static void
test_reversal(void **state)
{

	run(a_then_b, NULL);
	run(a_then_b, NULL);
	expect_reports(0);
	run(b_then_a, NULL);
	expect_reports(1);
	expect_console("lock order reversal:\n"
	    " 1st 0x* B (B, sleep mutex) @ *test_witness.c:*\n"
	    " 2nd 0x* A (A, sleep mutex) @ *test_witness.c:*\n"
	    "lock order A -> B established at:\n*a_then_b*\n"
	    "lock order B -> A attempted at:\n*b_then_a*\n");
	run(b_then_a, NULL);
	run(a_then_b, NULL);
	expect_reports(1);
}

/* C38, M39 */
static void
around(void *arg)
{

	BOTH(a, b);
	BOTH(b, c);
	BOTH(c, a);
}

static void
test_transitive(void **state)
{

	run(around, NULL);
	expect_reports(1);
	expect_console("lock order reversal:\n"
	    " 1st 0x* C (C, sleep mutex) @ *\n"
	    " 2nd 0x* A (A, sleep mutex) @ *\n"
	    "lock order C -> A attempted at:\n");
	assert_int_equal(console_count("established at:"), 0);
}

/* Only the newest lock's order is learned, whatever else is held. */
static void
learn_newest(void *arg)
{

	mtx_lock(&a);
	mtx_lock(&b);
	mtx_lock(&c);
	mtx_unlock(&b);
	mtx_unlock(&c);
	mtx_unlock(&a);
	/* A before C follows from A before B before C. */
	BOTH(c, a);
}

static void
test_learns_newest(void **state)
{

	run(learn_newest, NULL);
	expect_reports(1);
	expect_console("lock order C -> A attempted at:\n");
}

/* C39 */
static void
by_try(void *arg)
{

	mtx_lock(&a);
	CHECK(mtx_trylock(&b));
	mtx_unlock(&b);
	mtx_unlock(&a);
	BOTH(b, a);
}

static void
test_try(void **state)
{

	run(by_try, NULL);
	expect_reports(0);
	run(a_then_b, NULL);
	expect_reports(1);
}

/* What a try acquired is held like anything else. */
static void
after_try(void *arg)
{

	BOTH(a, b);
	CHECK(mtx_trylock(&b));
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
}

static void
test_checked_against_try(void **state)
{

	run(after_try, NULL);
	expect_reports(1);
}

/* Shared and exclusive are treated alike. */
static void
readers(void *arg)
{

	sx_slock(&sx);
	sx_slock(&sx2);
	sx_sunlock(&sx2);
	sx_sunlock(&sx);
	sx_slock(&sx2);
	sx_slock(&sx);
	sx_sunlock(&sx);
	sx_sunlock(&sx2);
}

static void
test_readers(void **state)
{

	run(readers, NULL);
	expect_reports(1);
	expect_console(" 1st 0x* Y (Y, sx) @ *\n 2nd 0x* X (X, sx) @ *\n");
}

/* Orders outlive the locks they were learned from. */
static void
again_new(void *arg)
{

	mtx_destroy(&a);
	mtx_init(&a, "another", "A", MTX_DEF);
}

static void
test_order_outlives_lock(void **state)
{

	run(a_then_b, NULL);
	run(again_new, NULL);
	run(b_then_a, NULL);
	expect_reports(1);
	expect_console(" 2nd 0x* another (A, sleep mutex) @ *");
}

/*
 * H-6: what was reported ends the search, so that a second reversal of the
 * same acquisition goes unsaid until it stands alone.
 */
static void
learn_three(void *arg)
{

	BOTH(a, b);
	BOTH(a, c);
	BOTH(b, c);
}

static void
bc_then_a(void *arg)
{

	mtx_lock(&b);
	mtx_lock(&c);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&c);
	mtx_unlock(&b);
}

static void
test_one_report_an_acquisition(void **state)
{

	run(learn_three, NULL);
	run(bc_then_a, NULL);
	expect_reports(1);
	expect_console(" 1st 0x* C (C, sleep mutex) @ *\n 2nd 0x* A (A, *");
	run(bc_then_a, NULL);
	expect_reports(1);
	run(b_then_a, NULL);
	expect_reports(2);
}

/* Three lines when an older lock has the wanted one's type. */
static void
three_lines(void *arg)
{

	BOTH(b, c);
	mtx_lock(&b2);
	mtx_lock(&c);
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&c);
	mtx_unlock(&b2);
}

static void
test_three_lines(void **state)
{

	run(three_lines, NULL);
	expect_reports(1);
	expect_console("lock order reversal:\n"
	    " 1st 0x* B two (B, sleep mutex) @ *\n"
	    " 2nd 0x* C (C, sleep mutex) @ *\n"
	    " 3rd 0x* B (B, sleep mutex) @ *\n");
}

/* The order that FreeBSD knows from the start. */
static void
presets(void *arg)
{

	sx_init_flags(&sx, "proctree", SX_NEW);
	sx_init_flags(&sx2, "allprison", SX_NEW);
	sx_xlock(&sx2);
	sx_xlock(&sx);
	sx_xunlock(&sx);
	sx_xunlock(&sx2);
}

static void
test_presets(void **state)
{

	run(presets, NULL);
	expect_reports(1);
	expect_console(" 1st 0x* allprison (allprison, sx) @ *\n"
	    " 2nd 0x* proctree (proctree, sx) @ *\n"
	    "lock order allprison -> proctree attempted at:\n");
}

static void
define_order(void *arg)
{

	CHECK(WITNESS_DEFINEORDER(&a, &b) == 0);
	CHECK(WITNESS_DEFINEORDER(&a, &b) == 0);
	CHECK(WITNESS_DEFINEORDER(&b, &a) == EDOOFUS);
}

static void
test_define_order(void **state)
{

	run(define_order, NULL);
	run(b_then_a, NULL);
	expect_reports(1);
}

/* --- kinds of locks ------------------------------------------------------- */

static void
sx_after_mutex(void *arg)
{

	mtx_lock(&a);
	sx_xlock(&sx);
	sx_xunlock(&sx);
	mtx_unlock(&a);
}

/* C41, M35 */
static void
test_sleepable(void **state)
{

	run(sx_after_mutex, NULL);
	run(sx_after_mutex, NULL);
	expect_reports(1);
	expect_console("lock order reversal: (sleepable after non-sleepable)\n"
	    " 1st 0x* A (A, sleep mutex) @ *\n 2nd 0x* X (X, sx) @ *\n"
	    "lock order A -> X attempted at:\n");
}

/* Giant may be taken after a sleepable lock and before it. */
static void
giant_and_sx(void *arg)
{

	mtx_lock(&Giant);
	sx_xlock(&sx);
	sx_xunlock(&sx);
	mtx_unlock(&Giant);
	sx_xlock(&sx);
	mtx_lock(&Giant);
	mtx_unlock(&Giant);
	sx_xunlock(&sx);
}

static void
giant_after_mutex(void *arg)
{

	BOTH(a, Giant);
}

static void
test_giant(void **state)
{

	run(giant_and_sx, NULL);
	expect_reports(0);
	run(giant_after_mutex, NULL);
	expect_reports(1);
	expect_console("lock order reversal: (Giant after non-sleepable)\n");
}

static void
dup(void *arg)
{

	BOTH(b, b2);
	BOTH(b2, b);
}

/* C40, M40 */
static void
test_duplicate(void **state)
{

	run(dup, NULL);
	expect_reports(1);
	expect_console("acquiring duplicate lock of same type: \"B\"\n"
	    " 1st B @ *test_witness.c:*\n 2nd B two @ *test_witness.c:*\n"
	    "stack backtrace:\n");
}

/* It is the wanted lock that counts, not the one held. */
static void
dup_ok(void *arg)
{

	mtx_destroy(&b2);
	mtx_init(&b2, "B two", "B", MTX_DEF | MTX_DUPOK);
	BOTH(b, b2);
	mtx_lock(&b2);
	mtx_lock_flags(&b, MTX_DUPOK);
	mtx_unlock(&b);
	mtx_unlock(&b2);
}

static void
dup_not_ok(void *arg)
{

	BOTH(b2, b);
}

static void
test_duplicate_ok(void **state)
{

	run(dup_ok, NULL);
	expect_reports(0);
	run(dup_not_ok, NULL);
	expect_reports(1);
}

static void
spin_after_sleep(void *arg)
{

	mtx_lock(&a);
	mtx_lock_spin(&spin);
	mtx_unlock_spin(&spin);
	mtx_unlock(&a);
}

static void
sleep_after_spin(void *arg)
{

	mtx_lock_spin(&spin);
	mtx_lock(&a);
}

static void
sleep_in_critical(void *arg)
{

	critical_enter();
	mtx_lock(&a);
}

/* M36 */
static void
test_spin(void **state)
{
	static const char text[] = "acquiring blockable sleep lock with "
	    "spinlock or critical section held (sleep mutex) A @ *:*";

	run(spin_after_sleep, NULL);
	expect_reports(0);
	expect_panic(sleep_after_spin, NULL, text);
	setup(state);
	expect_panic(sleep_in_critical, NULL, text);
}

static void
wrong_class(void *arg)
{

	sx_init_flags(&sx, "A", SX_NEW);
}

/* M41 */
static void
test_class_mismatch(void **state)
{

	expect_panic(wrong_class, NULL,
	    "lock (A) sx does not match earlier (sleep mutex) lock");
}

/* --- modes ---------------------------------------------------------------- */

static void
share_exclusive(void *arg)
{

	sx_xlock(&sx);
	sx_slock(&sx);
}

static void
exclude_shared(void *arg)
{

	sx_slock(&sx);
	sx_xlock(&sx);
}

static void
exclude_read(void *arg)
{

	rw_rlock(&rw);
	rw_wlock(&rw);
}

/* M15, M16, M26 */
static void
test_modes(void **state)
{

	expect_panic(share_exclusive, NULL, "excl->share");
	expect_console("shared lock of (sx) X @ *test_witness.c:*\n"
	    "while exclusively locked from *test_witness.c:*\n");
	setup(state);
	expect_panic(exclude_shared, NULL, "share->excl");
	expect_console("exclusive lock of (sx) X @ *test_witness.c:*\n"
	    "while share locked from *test_witness.c:*\n");
	setup(state);
	expect_panic(exclude_read, NULL, "share->excl");
	expect_console("exclusive lock of (rw) R @ *");
}

static void
unlock_not_held(void *arg)
{

	mtx_unlock(&a);
}

static void
sunlock_not_held(void *arg)
{

	sx_sunlock(&sx);
}

static void
upgrade_not_held(void *arg)
{

	sx_try_upgrade(&sx);
}

/* M03, M19, M21 */
static void
test_not_held(void **state)
{

	expect_panic(unlock_not_held, NULL,
	    "lock (sleep mutex) A not locked @ *test_witness.c:*");
	setup(state);
	expect_panic(sunlock_not_held, NULL,
	    "Lock (sx) X not locked @ *test_witness.c:*.");
	setup(state);
	expect_panic(upgrade_not_held, NULL,
	    "Lock (sx) X not locked @ *test_witness.c:*.");
}

static void
upgrade_downgrade(void *arg)
{

	sx_slock(&sx);
	CHECK(sx_try_upgrade(&sx));
	sx_assert(&sx, SA_XLOCKED);
	sx_downgrade(&sx);
	sx_assert(&sx, SA_SLOCKED);
	sx_slock(&sx);
	sx_assert(&sx, SA_SLOCKED | SA_RECURSED);
	sx_sunlock(&sx);
	sx_sunlock(&sx);
	sx_assert(&sx, SA_UNLOCKED);
}

static void
test_change_mode(void **state)
{

	run(upgrade_downgrade, NULL);
	expect_reports(0);
}

static void
norelease(void *arg)
{

	mtx_lock(&a);
	WITNESS_NORELEASE(&a);
	WITNESS_RELEASEOK(&a);
	mtx_unlock(&a);
	mtx_lock(&a);
	WITNESS_NORELEASE(&a);
	mtx_unlock(&a);
}

static void
test_norelease(void **state)
{

	expect_panic(norelease, NULL, "lock marked norelease");
	expect_console("forbidden unlock of (sleep mutex) A @ "
	    "*test_witness.c:*\n");
}

/* --- sleeping, ending ----------------------------------------------------- */

static void
sleep_holding(void *arg)
{

	sx_xlock(&sx);
	mtx_lock(&c);
	mtx_lock(&c);
	rw_rlock(&rw);
	mtx_lock(&a);
	msleep(&chan, &a, 0, "holding", 1);
	mtx_unlock(&a);
	rw_runlock(&rw);
	mtx_unlock(&c);
	mtx_unlock(&c);
	sx_xunlock(&sx);
}

static void
sleep_with_giant(void *arg)
{

	sx_xlock(&sx);
	mtx_lock(&Giant);
	pause("giant", 1);
	mtx_unlock(&Giant);
	sx_xunlock(&sx);
}

/* M33: all but the interlock, Giant and what may be held; each time. */
static void
test_sleep_check(void **state)
{

	run(sleep_with_giant, NULL);
	expect_reports(0);
	run(sleep_holding, NULL);
	expect_console("Sleeping on \"holding\" with the following "
	    "non-sleepable locks held:\n"
	    "shared rw R (R) r = 0 (0x*) locked @ *test_witness.c:*\n"
	    "exclusive sleep mutex C (C) r = 1 (0x*) locked @ *:*\n"
	    "stack backtrace:\n");
	expect_reports(1);
	run(sleep_holding, NULL);
	assert_int_equal(console_count("Sleeping on \"holding\""), 2);
	expect_reports(2);
}

static void
sleep_keeps_place(void *arg)
{
	int line;

	mtx_lock(&a); line = __LINE__;
	msleep(&chan, &a, 0, "place", 1);
	CHECK(WITNESS_LINE(&a.lock_object) == line);
	CHECK(strstr(WITNESS_FILE(&a.lock_object), "test_witness.c") != NULL);
	mtx_unlock(&a);
}

static void
test_save_restore(void **state)
{

	run(sleep_keeps_place, NULL);
	expect_reports(0);
}

static void
return_holding(void *arg)
{

	mtx_lock(&a);
	sx_slock(&sx2);
}

/* M60 */
static void
test_userret(void **state)
{

	expect_panic(return_holding, NULL, "witness_warn");
	expect_console("userret: returning with the following locks held:\n"
	    "shared sx Y (Y) r = 0 (0x*) locked @ *test_witness.c:*\n"
	    "exclusive sleep mutex A (A) r = 0 (0x*) locked @ *:*\n");
}

static void
kthread_holding(void *arg)
{

	mtx_lock(&a);
	kthread_exit();
}

static void
start_kthread(void *arg)
{

	kthread_add(kthread_holding, NULL, NULL, NULL, 0, 0, "holder");
	for (;;)
		pause("end", hz);
}

/* M61 */
static void
test_thread_exit(void **state)
{

	expect_panic(start_kthread, NULL,
	    "Thread 0x* cannot exit while holding sleeplocks");
	expect_console("Thread 0x* exiting with the following locks held:\n"
	    "exclusive sleep mutex A (A) r = 0 (0x*) locked @ *:*\n");
}

/* Many locks at once: the list has no end that a user could meet. */
#define	MANY	300
static struct mtx many[MANY];

static void
hold_many(void *arg)
{
	char name[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		mtx_init(&many[i], "many", name, MTX_DEF | MTX_NEW);
	}
	for (i = 0; i < MANY; i++)
		mtx_lock(&many[i]);
	CHECK(witness_held(curthread) == MANY);
	for (i = 0; i < MANY; i++)
		mtx_unlock(&many[i]);
	BOTH(many[MANY - 1], many[0]);
	for (i = 0; i < MANY; i++)
		mtx_destroy(&many[i]);
}

static void
test_many(void **state)
{

	run(hold_many, NULL);
	expect_reports(1);
	expect_console(" 1st 0x* many (many299, sleep mutex) @ *\n"
	    " 2nd 0x* many (many0, sleep mutex) @ *\n");
}

/* --- how it is switched --------------------------------------------------- */

static void
misbehave(void *arg)
{

	BOTH(a, b);
	BOTH(b, a);
	BOTH(b, b2);
	sx_after_mutex(NULL);
	sleep_holding(NULL);
	CHECK(WITNESS_DEFINEORDER(&a, &b) == EINVAL);
}

static void
test_off(void **state)
{

	boot_as(VS_WITNESS_OFF);
	run(misbehave, NULL);
	expect_reports(0);
	shutdown_clean();
	/* The next kernel knows nothing of this one, and is watched again. */
	boot_as(VS_WITNESS_ON);
	run(b_then_a, NULL);
	expect_reports(0);
	run(a_then_b, NULL);
	expect_reports(1);
}

static void
test_fatal(void **state)
{
	const struct vs_outcome *o;

	boot_as(VS_WITNESS_FATAL);
	run(a_then_b, NULL);
	o = vs_run(b_then_a, NULL);
	assert_outcome(o, "lock order reversal:");
	assert_int_equal(o->kind, VS_WITNESS);
	assert_non_null(strstr(o->report, " 1st "));
	assert_non_null(strstr(o->report, "exclusive sleep mutex B (B)"));
	assert_string_equal(o->thread, "main");
	test_booted = false;
	assert_ptr_equal(vs_shutdown(), o);

	boot_as(VS_WITNESS_FATAL);
	expect_panic(sleep_holding, NULL,
	    "Sleeping on \"holding\" with the following non-sleepable locks "
	    "held:");
}

static int
set_watch(int value)
{

	return (kernel_sysctlbyname(curthread, "debug.witness.watch", NULL,
	    NULL, &value, sizeof(value), NULL, 0));
}

static void
watch_changes(void *arg)
{
	int value;
	size_t size = sizeof(value);

	CHECK(kernel_sysctlbyname(curthread, "debug.witness.watch", &value,
	    &size, NULL, 0, NULL, 0) == 0);
	CHECK(value == 1);
	/* Suspended: nothing is learned, but what is held is known. */
	CHECK(set_watch(0) == 0);
	BOTH(a, b);
	sx_xlock(&sx);
	CHECK(set_watch(1) == 0);
	CHECK(witness_held(curthread) == 1);
	sx_xunlock(&sx);
	CHECK(vs_witness_reports() == reports);
	BOTH(b, a);
	CHECK(vs_witness_reports() == reports);
	BOTH(a, b);
	CHECK(vs_witness_reports() == reports + 1);
	CHECK(set_watch(2) == EINVAL);
	/* Off for good, even with a lock held. */
	sx_xlock(&sx);
	CHECK(set_watch(-1) == 0);
	sx_xunlock(&sx);
	CHECK(set_watch(1) == EINVAL);
	CHECK(set_watch(0) == EINVAL);
	sx_after_mutex(NULL);
}

static void
test_watch(void **state)
{

	run(watch_changes, NULL);
	expect_reports(1);
}

static void
set_string(const char *name, const char *value, int expected)
{

	CHECK(kernel_sysctlbyname(curthread, name, NULL, NULL, value,
	    strlen(value), NULL, 0) == expected);
}

static void
quiet(void *arg)
{
	int no = 0;

	set_string("debug.witness.output_channel", "nonsense", EINVAL);
	set_string("debug.witness.output_channel", "none", 0);
	BOTH(a, b);
	BOTH(b, a);
	CHECK(vs_witness_reports() == reports + 1);
	set_string("debug.witness.output_channel", "console", 0);
	CHECK(kernel_sysctlbyname(curthread, "debug.witness.trace", NULL, NULL,
	    &no, sizeof(no), NULL, 0) == 0);
	BOTH(b, c);
	BOTH(c, b);
}

static void
test_quiet(void **state)
{

	run(quiet, NULL);
	expect_reports(2);
	assert_int_equal(console_count("lock order reversal:"), 1);
	assert_int_equal(console_count("attempted at:"), 0);
	expect_console(" 2nd 0x* B (B, *");
}

static char text[65536];

static void
get_string(const char *name)
{
	size_t size = sizeof(text);

	CHECK(kernel_sysctlbyname(curthread, name, text, &size, NULL, 0, NULL,
	    0) == 0);
	CHECK(text[size - 1] == '\0');
}

static void
what_was_learned(void *arg)
{

	BOTH(a, b);
	BOTH(b, a);
	get_string("debug.witness.fullgraph");
	CHECK(strstr(text, "\n\"proctree\",\"allproc\"\n") != NULL);
	CHECK(strstr(text, "\n\"A\",\"B\"\n") != NULL);
	CHECK(strstr(text, "\n\"B\",\"A\"\n") == NULL);
	get_string("debug.witness.badstacks");
	CHECK(fnmatch("\n*Lock order reversal between \"B\"(sleep mutex) and "
	    "\"A\"(sleep mutex)!\n"
	    "Lock order \"B\"(sleep mutex) -> \"A\"(sleep mutex) first seen at:"
	    "\n*what_was_learned*\n"
	    "Lock order \"A\"(sleep mutex) -> \"B\"(sleep mutex) first seen at:"
	    "\n*what_was_learned*\n", text, 0) == 0);
}

static void
test_learned(void **state)
{

	run(what_was_learned, NULL);
}

/* --- the graph ------------------------------------------------------------ */

static int nforward, nback, npreset;

static void
count_edge(const struct witness_edge_info *info, void *arg)
{

	if (strcmp(info->from, "proctree") == 0 && info->place == NULL)
		npreset++;
	if (strcmp(info->from, "A") == 0 && strcmp(info->to, "B") == 0 &&
	    !info->reversal && strstr(info->place, "test_witness.c:") != NULL)
		nforward++;
	if (strcmp(info->from, "B") == 0 && strcmp(info->to, "A") == 0 &&
	    info->reversal && strcmp(info->thread, "main") == 0 &&
	    strcmp(info->to_class, "sleep mutex") == 0)
		nback++;
}

static void
test_graph(void **state)
{

	run(a_then_b, NULL);
	run(b_then_a, NULL);
	nforward = nback = npreset = 0;
	witness_graph_foreach(count_edge, NULL);
	assert_int_equal(nforward, 1);
	assert_int_equal(nback, 1);
	assert_int_equal(npreset, 1);
}

/* Several threads that learn at once, for ThreadSanitizer's eyes. */
static void
learn_many(void *arg)
{
	struct mtx *locks = arg;
	int i, j;

	for (i = 0; i < 8; i++)
		for (j = i + 1; j < 8; j++)
			BOTH(locks[i], locks[j]);
}

static void
init_many(void *arg)
{
	static const char * const types[] = {
		"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"
	};
	int i;

	for (i = 0; i < 16; i++)
		mtx_init(&many[i], "t", types[i % 8], MTX_DEF | MTX_NEW);
}

static void
test_parallel(void **state)
{
	struct vs_thread *one, *two;

	run(init_many, NULL);
	one = spawn(learn_many, &many[0], "one");
	two = spawn(learn_many, &many[8], "two");
	join(one);
	join(two);
	expect_reports(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		W_TEST(test_reversal),
		W_TEST(test_transitive),
		W_TEST(test_learns_newest),
		W_TEST(test_try),
		W_TEST(test_checked_against_try),
		W_TEST(test_readers),
		W_TEST(test_order_outlives_lock),
		W_TEST(test_one_report_an_acquisition),
		W_TEST(test_three_lines),
		W_TEST(test_presets),
		W_TEST(test_define_order),
		W_TEST(test_sleepable),
		W_TEST(test_giant),
		W_TEST(test_duplicate),
		W_TEST(test_duplicate_ok),
		W_TEST(test_spin),
		W_TEST(test_class_mismatch),
		W_TEST(test_modes),
		W_TEST(test_not_held),
		W_TEST(test_change_mode),
		W_TEST(test_norelease),
		W_TEST(test_sleep_check),
		W_TEST(test_save_restore),
		W_TEST(test_userret),
		W_TEST(test_thread_exit),
		W_TEST(test_many),
		cmocka_unit_test_teardown(test_off, test_teardown),
		cmocka_unit_test_teardown(test_fatal, test_teardown),
		W_TEST(test_watch),
		W_TEST(test_quiet),
		W_TEST(test_learned),
		W_TEST(test_graph),
		W_TEST(test_parallel),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

#else /* !WITNESS */

/* A plain kernel has none. */
static void
test_none(void **state)
{

	assert_int_equal(vs_witness_reports(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

#endif /* WITNESS */
