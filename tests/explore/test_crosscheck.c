/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Random programs of a few operations of all kinds: what source- and
 * optimal-DPOR see of them must be what all schedules together do, down to
 * the last value that any thread has read.
 *
 *	test-crosscheck [programs [first seed]]
 */
#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"
#include "crosscheck_async.h"

#include <stdlib.h>

#define	LENGTH		4
#define	PARTS_EVERY	4		/* programs: also in parts */
#define	SCHEDULES	4000		/* programs that have more are left */

/*
 * The variables of a program that has scenarios belong to them, and are put
 * back after each exploration.  What is to stay is not among them.
 */
struct outcomes {
	uint64_t	hash[SCHEDULES];
	size_t		n;
	bool		early;		/* some ended before all had stopped */
};
struct check {
	struct insn	insns[THREADS][LENGTH];
	int		nthreads, length;
	bool		used[CODES];
	uint64_t	random;
	struct outcomes	all, some;
	uint64_t	checked, left_out, classes, blocked;
};
static struct check *check;

static void
thread_0(void *arg)
{
	perform(0, check->insns[0], check->length, check->used[INTERRUPT]);
}

static void
thread_1(void *arg)
{
	perform(1, check->insns[1], check->length, check->used[INTERRUPT]);
}

static void
thread_2(void *arg)
{
	perform(2, check->insns[2], check->length, check->used[INTERRUPT]);
}

/* --- outcomes --------------------------------------------------------------------- */

static uint64_t
mix(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *p = data;

	while (size-- > 0)
		hash = (hash ^ *p++) * 0x100000001b3ULL;
	return (hash);
}

/* Two threads that wait for each other have stopped the others somewhere. */
static bool
state_counts(enum vs_kind kind)
{
	if (kind == VS_CLEAN)
		return (true);
	if (kind != VS_DEADLOCK)
		return (false);
	for (int i = 0; i < check->nthreads; i++)
		for (int j = 0; j < check->length; j++)
			if (check->insns[i][j].code == TWO_LOCKS ||
			    check->insns[i][j].code == TWO_S)
				return (false);
	return (true);
}

static void
verdict(enum vs_kind kind, const char *message, unsigned preemptions,
    void *arg)
{
	struct outcomes *o = arg;
	uint64_t hash;

	/* Why somebody sleeps for good is told from one schedule. */
	if (kind == VS_LOST_WAKEUP)
		kind = VS_DEADLOCK;
	hash = mix(0xcbf29ce484222325ULL, &kind, sizeof(kind));
	if (kind != VS_CLEAN && kind != VS_DEADLOCK)
		hash = mix(hash, message, strlen(message));
	o->early = o->early || !state_counts(kind);
	if (state_counts(kind)) {
		hash = mix(hash, seen, sizeof(seen));
		hash = mix(hash, words, sizeof(words));
		hash = mix(hash, &refs, sizeof(refs));
	}
	for (size_t i = 0; i < o->n; i++)
		if (o->hash[i] == hash)
			return;
	if (o->n < SCHEDULES)
		o->hash[o->n++] = hash;
}

static int
by_hash(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

/* --- programs ----------------------------------------------------------------------- */

static unsigned
draw(unsigned n)
{
	check->random = check->random * 6364136223846793005ULL +
	    1442695040888963407ULL;
	return ((unsigned)((check->random >> 33) % n));
}

/* Kinds that have to do with each other: from one to the other. */
static const enum code families[][2] = {
	{ LOAD, NARROW }, { MTX, RECURSE }, { SLOCK, DOWNGRADE },
	{ RLOCK, RW_DOWNGRADE }, { RM_R, RM_TRY }, { CV_WAIT, CV_QUIET },
	{ SLEEP, WAKEUP_ONE }, { IN_EPOCH, EPOCH_WAIT }, { ACQUIRE, RELEASE },
	{ FREE, USE }, { BLOCK, BLOCK_WAIT }, { UNR_ALLOC, UNR_FREE },
	{ TASK_ENQUEUE, TASK_DRAIN }, { CALLOUT_RESET, CALLOUT_DRAIN },
	{ EPOCH_CALL, EPOCH_DRAIN }, { SLEEP_SIG, INTERRUPT },
};

static enum code
draw_kind(unsigned family)
{
	enum code code;

	if (draw(3) != 0)
		return (families[family][0] + draw(families[family][1] -
		    families[family][0] + 1));
	do {
		code = draw(CODES);
	} while (code == INSIDE);
	return (code);
}

/* What is set up only if it is needed: it has threads of its own. */
static void
note_use(enum code code)
{
	check->used[code] = true;
	if (code >= UNR_ALLOC && code <= UNR_FREE)
		check->used[UNR_ALLOC] = true;
	if (code >= TASK_ENQUEUE && code <= TASK_DRAIN)
		check->used[TASK_ENQUEUE] = true;
}

/* Threads of others take part. */
static bool
has_helpers(void)
{
	for (enum code code = TASK_ENQUEUE; code <= JOIN; code++)
		if (check->used[code])
			return (true);
	return (false);
}

static void
set_up_program(void *arg)
{
	set_up(arg);
	set_up_async(check->used);
}

/* A program keeps to a few kinds, so that its threads have to do together. */
static void
make_program(uint64_t seed)
{
	enum code kinds[3];
	unsigned family;

	check->random = seed * 0x9e3779b97f4a7c15ULL + 1;
	(void)draw(2);
	check->nthreads = 2 + (draw(3) == 0);
	memset(check->used, 0, sizeof(check->used));
	family = draw(nitems(families));
	for (int i = 0; i < 3; i++) {
		kinds[i] = draw_kind(family);
		note_use(kinds[i]);
	}
	check->length = 1 + (int)draw(has_helpers() ? 2 : 3);
	if (check->nthreads > 2 && check->length > 1)
		check->length--;
	for (int i = 0; i < check->nthreads; i++)
		for (int j = 0; j < check->length; j++)
			check->insns[i][j] = (struct insn){
			    .code = kinds[draw(3)], .inner = draw(MTX),
			    .a = (int)draw(2), .b = (int)draw(2) };
}

/* Adds to the outcomes: sorts them when all parts are there. */
static const struct vs_explored *
run_part(const char *strategy, struct outcomes *o, uint64_t part,
    uint64_t parts)
{
	const struct vs_scenario scenario = { .name = "crosscheck",
	    .setup = set_up_program, .no_shutdown = true,
	    .threads = { { "0", thread_0 }, { "1", thread_1 },
	    { "2", check->nthreads > 2 ? thread_2 : NULL } } };
	const struct vs_explore how = { .strategy = strategy,
	    .schedules = SCHEDULES, .keep_going = true, .no_shrink = true,
	    .verdict = verdict, .verdict_arg = o, .first = part,
	    .stride = parts, .fail_nowait = 1, .locks_only = true };
	const struct vs_explored *e;

	if (part == 0) {
		o->n = 0;
		o->early = false;
	}
	e = vs_explore(&scenario, &how);
	assert_non_null(e);
	if (part == parts - 1)
		qsort(o->hash, o->n, sizeof(o->hash[0]), by_hash);
	return (e);
}

static const struct vs_explored *
run_program(const char *strategy, struct outcomes *o)
{
	return (run_part(strategy, o, 0, 1));
}

static void
print_program(uint64_t seed)
{
	print_error("program %ju:", (uintmax_t)seed);
	for (int i = 0; i < check->nthreads; i++) {
		print_error(" |");
		for (int j = 0; j < check->length; j++)
			print_error(" %d(%d,%d,%d)", check->insns[i][j].code,
			    check->insns[i][j].inner, check->insns[i][j].a,
			    check->insns[i][j].b);
	}
	print_error("\n");
}

/*
 * All parts together: as many classes, and the same outcomes.  Where a run
 * ends early it is chance how far the others had come.
 */
static bool
check_parts(const char *strategy, uint64_t seed, uint64_t classes)
{
	static const uint64_t numbers[] = { 2, 3, 7 };
	const uint64_t parts = numbers[seed % nitems(numbers)];
	const struct outcomes *all = &check->all;
	const struct vs_explored *e;
	uint64_t sum = 0;
	bool complete = true;

	for (uint64_t part = 0; part < parts; part++) {
		e = run_part(strategy, &check->some, part, parts);
		sum += strcmp(strategy, "brute") == 0 ? e->schedules :
		    e->classes;
		complete = complete && e->complete;
	}
	if (complete && (sum == classes || all->early) && check->some.n == all->n &&
	    memcmp(check->some.hash, all->hash, all->n *
	    sizeof(all->hash[0])) == 0)
		return (true);
	print_program(seed);
	print_error("%s, %ju parts: %zu outcomes of %zu, %ju classes of "
	    "%ju\n", strategy, (uintmax_t)parts, check->some.n, all->n,
	    (uintmax_t)sum, (uintmax_t)classes);
	return (false);
}

static bool
check_program(uint64_t seed)
{
	static const char *const strategies[] = { "source", "optimal" };
	const struct outcomes *all = &check->all;
	struct outcomes *some = &check->some;
	const struct vs_explored *e;
	bool good = true;

	make_program(seed);
	e = run_program("brute", &check->all);
	if (!e->complete) {
		check->left_out++;
		return (true);
	}
	if (seed % PARTS_EVERY == 0)
		good = check_parts("brute", seed, e->schedules);
	check->checked++;
	for (size_t s = 0; s < nitems(strategies); s++) {
		e = run_program(strategies[s], some);
		if (s == 1) {
			check->classes += e->classes;
			check->blocked += e->blocked;
		}
		if (e->complete && some->n == all->n && memcmp(some->hash,
		    all->hash, all->n * sizeof(all->hash[0])) == 0) {
			if (seed % PARTS_EVERY == 0)
				good = check_parts(strategies[s], seed,
				    e->classes) && good;
			continue;
		}
		print_program(seed);
		print_error("%s: %zu outcomes of %zu, %ju classes, %s\n",
		    strategies[s], some->n, all->n, (uintmax_t)e->classes,
		    e->complete ? "complete" : "not complete");
		good = false;
	}
	return (good);
}

/* About as long with AddressSanitizer as without. */
#if defined(__SANITIZE_ADDRESS__)
#define	PROGRAMS	40
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define	PROGRAMS	40
#endif
#endif
#ifndef PROGRAMS
#define	PROGRAMS	400
#endif

static uint64_t programs = PROGRAMS, first_seed = 1;

static void
crosscheck(void **unused)
{
	unsigned wrong = 0;

	check = calloc(1, sizeof(*check));
	assert_non_null(check);
	for (uint64_t i = 0; i < programs; i++)
		wrong += !check_program(first_seed + i);
	print_message("%ju programs compared, %ju left out; optimal: %ju "
	    "classes, %ju blocked\n", (uintmax_t)check->checked,
	    (uintmax_t)check->left_out, (uintmax_t)check->classes,
	    (uintmax_t)check->blocked);
	free(check);
	assert_int_equal(wrong, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crosscheck),
	};

	if (argc > 1)
		programs = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
