/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The fewest preemptions that a failure needs: what the explorer says of small
 * programs, whichever schedule it found first, is what comes out when all
 * schedules are run.
 */
#include <string.h>

#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/sx.h>

#include <machine/atomic.h>

#define	SEEDS	20
#define	WORDS	2

/*
 * Words of the programs: atomic, so that no race but what they do with them
 * counts.
 */
static u_int x, y, z, words[WORDS];
static u_int refs;
static struct mtx a, b, c;
static struct sx s;

#define	get(p)		atomic_load_acq_int(&(p))
#define	set(p, v)	atomic_store_rel_int(&(p), (v))

static void
setup(void *arg)
{
	mtx_init(&a, "a", NULL, MTX_DEF | MTX_NOWITNESS);
	mtx_init(&b, "b", NULL, MTX_DEF | MTX_NOWITNESS);
	mtx_init(&c, "c", NULL, MTX_DEF | MTX_NOWITNESS);
	sx_init_flags(&s, "s", SX_NOWITNESS);
	x = y = z = 0;
	memset(words, 0, sizeof(words));
	refcount_init(&refs, 1);
}

/* Two locks, one inside the other. */
static void
both(struct mtx *first, struct mtx *second)
{
	mtx_lock(first);
	mtx_lock(second);
	mtx_unlock(second);
	mtx_unlock(first);
}

static void
ab(void *arg)
{
	both(&a, &b);
}

static void
ba(void *arg)
{
	both(&b, &a);
}

static void
bc(void *arg)
{
	both(&b, &c);
}

static void
ca(void *arg)
{
	both(&c, &a);
}

/* An update in two steps gets lost: 1. */
static void
update(void *arg)
{
	u_int old = get(x);

	set(x, old + 1);
	if (get(x) <= old)
		panic("an update is lost");
}

static void
updated(void *arg)
{
	if (get(x) < 2)
		panic("an update was lost");
}

/* What one does between two steps of the other: 1. */
static void
lift(void *arg)
{
	set(y, 1);
	set(y, 0);
}

static void
look(void *arg)
{
	if (get(y) == 1)
		panic("seen in between");
}

/* The same from both sides: 2. */
static void
ping(void *arg)
{
	set(x, 1);
	if (get(y) == 1)
		set(x, 2);
}

static void
pong(void *arg)
{
	if (get(x) == 1) {
		set(y, 1);
		if (get(x) == 2)
			panic("ping and pong");
	}
}

/* In three steps. */
static void
climb(void *arg)
{
	set(z, 1);
	if (get(z) == 2)
		set(z, 3);
	if (get(z) == 4)
		panic("climbed");
}

static void
help(void *arg)
{
	if (get(z) == 1)
		set(z, 2);
	if (get(z) == 3)
		set(z, 4);
}

/* Whoever comes last: 0. */
static void
come(void *arg)
{
	set(x, get(x) + 1);
}

static void
come_second(void *arg)
{
	if (get(x) == 1)
		panic("second");
}

/* A reference to what may be gone: 1. */
static void
drop(void *arg)
{
	mtx_lock(&a);
	set(x, 1);
	mtx_unlock(&a);
	refcount_release(&refs);
}

static void
hold(void *arg)
{
	bool there;

	mtx_lock(&a);
	there = get(x) == 0;
	mtx_unlock(&a);
	if (there && !refcount_acquire_if_not_zero(&refs))
		panic("held too late");
}

/* A try that fails: 1. */
static void
keep(void *arg)
{
	mtx_lock(&a);
	set(z, 1);
	mtx_unlock(&a);
}

static void
try(void *arg)
{
	if (!mtx_trylock(&a))
		panic("taken");
	mtx_unlock(&a);
}

/* The lock given up and taken again: 1. */
static void
upgrade(void *arg)
{
	u_int seen;

	sx_slock(&s);
	seen = get(x);
	sx_sunlock(&s);
	sx_xlock(&s);
	if (get(x) != seen)
		panic("changed in between");
	set(x, seen + 1);
	sx_xunlock(&s);
}

/* A sleeper that is called too early: 1. */
static void
wait_late(void *arg)
{
	bool closed;

	mtx_lock(&a);
	closed = get(x) == 0;
	mtx_unlock(&a);
	if (closed) {
		mtx_lock(&a);
		msleep(&x, &a, 0, "late", 0);
		mtx_unlock(&a);
	}
}

static void
call(void *arg)
{
	mtx_lock(&a);
	set(x, 1);
	wakeup(&x);
	mtx_unlock(&a);
}

/* Somebody who gives way is not preempted: 0. */
static void
give_way(void *arg)
{
	set(x, 1);
	kern_yield(0);
	if (get(y) == 1)
		panic("gave way");
}

static void
take_it(void *arg)
{
	if (get(x) == 1)
		set(y, 1);
}

/* Sleep, for a time that another one uses: 0. */
static void
doze(void *arg)
{
	set(x, 1);
	pause("doze", 1);
	if (get(y) == 1)
		panic("dozed");
}

static const struct program {
	const char	*text;		/* in the message */
	u_int		least;
	void		(*threads[3])(void *);
	void		(*finally)(void *);
} programs[] = {
	{ "lock of", 1, { ab, ba }, NULL },
	{ "lock of", 1, { ab, bc, ca }, NULL },
	{ "an update", 1, { update, update }, updated },
	{ "an update", 1, { update, update, update }, updated },
	{ "seen in between", 1, { lift, look }, NULL },
	{ "ping and pong", 2, { ping, pong }, NULL },
	{ "climbed", 3, { climb, help }, NULL },
	{ "second", 0, { come, come_second }, NULL },
	{ "held too late", 1, { drop, hold }, NULL },
	{ "taken", 1, { keep, try }, NULL },
	{ "changed in between", 1, { upgrade, upgrade }, NULL },
	{ "sleeps for good", 1, { wait_late, call }, NULL },
	{ "gave way", 0, { give_way, take_it }, NULL },
	{ "dozed", 0, { doze, take_it }, NULL },
};

static struct vs_scenario
scenario_of(const struct program *p)
{
	static const char *const names[] = { "first", "second", "third" };
	struct vs_scenario scenario = { .name = "program", .setup = setup,
	    .finally = p->finally, .no_shutdown = true };

	for (size_t i = 0; i < nitems(p->threads) && p->threads[i] != NULL;
	    i++) {
		scenario.threads[i].name = names[i];
		scenario.threads[i].fn = p->threads[i];
	}
	return (scenario);
}

/* --- random programs ----------------------------------------------------- */

#define	LENGTH		4
#define	RANDOM		60		/* programs */

/* What the variables of the program hold is lost between explorations. */
struct insn {
	enum insn_code { SET, IF_SET, IF_PANIC, LOCKED, SHARED, DOZE } code;
	u_int	word, value;		/* look, */
	u_int	other, result;		/* and what then */
};
struct code {
	struct insn	threads[3][LENGTH];
};

static u_int
below(uint64_t *state, u_int n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return ((u_int)(*state >> 33) % n);
}

static void
make(struct code *code, uint64_t *state)
{
	static const enum insn_code codes[] = { SET, SET, SET, IF_SET, IF_SET, IF_SET,
	    IF_PANIC, IF_PANIC, LOCKED, LOCKED, SHARED, DOZE };
	struct insn *in;

	for (u_int i = 0; i < nitems(code->threads); i++)
		for (u_int j = 0; j < LENGTH; j++) {
			in = &code->threads[i][j];
			in->code = codes[below(state, nitems(codes))];
			in->word = below(state, WORDS);
			in->value = below(state, 3);
			in->other = below(state, WORDS);
			in->result = below(state, 3);
		}
}

static void
execute(const struct insn *in, const struct insn *end)
{
	if (in == end)
		return;
	switch (in->code) {
	case SET:
		set(words[in->word], in->value + 1);
		break;
	case IF_SET:
		if (get(words[in->word]) == in->value)
			set(words[in->other], in->result);
		break;
	case IF_PANIC:
		if (get(words[in->word]) == in->value &&
		    get(words[in->word ^ 1]) == in->result)
			panic("found %u %u", in->value, in->result);
		break;
	case LOCKED:
		mtx_lock(in->word == 0 ? &a : &b);
		execute(in + 1, end);
		mtx_unlock(in->word == 0 ? &a : &b);
		return;
	case SHARED:
		sx_slock(&s);
		execute(in + 1, MIN(in + 3, end));
		sx_sunlock(&s);
		in = MIN(in + 2, end - 1);
		break;
	case DOZE:
		pause("doze", 1);
		break;
	}
	execute(in + 1, end);
}

static void
execute_first(void *arg)
{
	const struct code *code = arg;

	execute(code->threads[0], code->threads[0] + LENGTH);
}

static void
execute_second(void *arg)
{
	const struct code *code = arg;

	execute(code->threads[1], code->threads[1] + LENGTH);
}

static void
execute_third(void *arg)
{
	const struct code *code = arg;

	execute(code->threads[2], code->threads[2] + 2);
}

/* --- brute force --------------------------------------------------------- */

#define	FAILURES	16

/*
 * Failures that differ, and the fewest preemptions of each.  Not a variable of
 * the program, which would be put back before each schedule.
 */
struct seen {
	u_int	n;
	struct {
		char	message[VS_MESSAGE_MAX];
		u_int	fewest;
	} of[FAILURES];
};

static void
remember(enum vs_kind kind, const char *message, unsigned preemptions,
    void *arg)
{
	struct seen *seen = arg;
	u_int i;

	if (kind == VS_CLEAN)
		return;
	for (i = 0; i < seen->n; i++)
		if (strcmp(seen->of[i].message, message) == 0)
			break;
	assert_true(i < FAILURES);
	if (i == seen->n) {
		seen->n++;
		strlcpy(seen->of[i].message, message,
		    sizeof(seen->of[i].message));
		seen->of[i].fewest = preemptions;
	} else if (preemptions < seen->of[i].fewest)
		seen->of[i].fewest = preemptions;
}

/* UINT_MAX: none does with as few as were tried. */
static u_int
fewest(const struct seen *seen, const char *message)
{
	for (u_int i = 0; i < seen->n; i++)
		if (strcmp(seen->of[i].message, message) == 0)
			return (seen->of[i].fewest);
	return (UINT_MAX);
}

/* --- tests --------------------------------------------------------------- */

static void
check_seeds(const struct program *p, const struct vs_scenario *scenario,
    const struct seen *seen, u_int bound, u_int seeds)
{
	struct vs_explore how = { .schedules = 2000, .no_races = true };
	const struct vs_explored *e;
	u_int few;

	for (how.seed = 0; how.seed < seeds; how.seed++) {
		e = vs_explore(scenario, &how);
		assert_non_null(e);
		if (e->kind == VS_CLEAN)
			continue;
		assert_non_null(strstr(e->message, p->text));
		few = fewest(seen, e->message);
		if (few == UINT_MAX ? e->preemptions <= bound : !e->least ||
		    e->preemptions != few)
			fail_msg("%s, seed %ju: %u preemptions%s, not %u:\n%s",
			    p->text, (uintmax_t)how.seed, e->preemptions,
			    e->least ? " (least)" : "", few, e->report);
	}
}

/* Every schedule with no more preemptions than the strategy says. */
static void
enumerate(const struct vs_scenario *scenario, const char *strategy,
    struct seen *seen)
{
	const struct vs_explore all = { .strategy = strategy,
	    .keep_going = true, .no_shrink = true, .no_races = true,
	    .verdict = remember, .verdict_arg = seen };

	memset(seen, 0, sizeof(*seen));
	assert_non_null(vs_explore(scenario, &all));
}

/*
 * Brute force says of each failure how few are enough, and the least of all is
 * what the comment at the program says.
 */
static void
brute_force(void **st)
{
	struct seen seen;
	struct vs_scenario scenario;
	u_int least;

	for (const struct program *p = programs; p < programs +
	    nitems(programs); p++) {
		scenario = scenario_of(p);
		enumerate(&scenario, "ipb:3", &seen);
		least = UINT_MAX;
		for (u_int i = 0; i < seen.n; i++)
			least = MIN(least, seen.of[i].fewest);
		assert_int_equal(least, p->least);
		check_seeds(p, &scenario, &seen, 3, SEEDS);
	}
}

/* Failures of random programs, where there are any. */
static void
random_programs(void **st)
{
	const struct program two = { "", 0, { execute_first, execute_second },
	    NULL };
	const struct program three = { "", 0, { execute_first, execute_second,
	    execute_third }, NULL };
	struct vs_scenario scenario;
	struct seen seen;
	uint64_t state = 88172645463325252ULL;
	struct code code;
	u_int failed = 0;

	for (u_int i = 0; i < RANDOM; i++) {
		make(&code, &state);
		scenario = scenario_of(i % 8 == 0 ? &three : &two);
		scenario.arg = &code;
		enumerate(&scenario, i % 8 == 0 ? "ipb:1" : "ipb:2", &seen);
		if (seen.n == 0)
			continue;
		failed++;
		check_seeds(&two, &scenario, &seen, i % 8 == 0 ? 1 : 2, 3);
	}
	assert_true(failed > RANDOM / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brute_force),
		cmocka_unit_test(random_programs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
