/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The portfolio: a strategy for each run, by turns, because none is best for
 * every program and which one is cannot be known before.
 */
#include "learn.h"
#include "shadow.h"
#include "strategy.h"

static bool started;			/* the rounds have */

/* As few switches as can be: threads one after the other, the last first. */
static unsigned
serial_pick(void)
{
	unsigned last = vx.enabled[vx.nenabled - 1];

	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.current != NULL && vx.enabled[i] == vx.current->id)
			return (vx.enabled[i]);
	return (last);
}

/* The first from `low` on that has begun or, failing that, has not. */
static unsigned
next_begun(unsigned low)
{
	unsigned i, id;

	for (i = 0; i < vx.nenabled; i++) {
		id = vx.enabled[i];
		if (id >= low && vx.threads[id].op.kind != VX_BEGIN)
			return (id);
	}
	return (VX_NOBODY);
}

/*
 * As many as can be: each thread a step, and over again.  They start together,
 * when nobody else can go on.
 */
static unsigned
rounds_pick(void)
{
	unsigned id = VX_NOBODY;

	if (!started) {
		id = next_begun(0);
		started = id == VX_NOBODY;
	}
	for (unsigned i = 0; i < vx.nenabled && id == VX_NOBODY; i++)
		if (vx.current != NULL && vx.enabled[i] > vx.current->id)
			id = vx.enabled[i];
	return (id != VX_NOBODY ? id : vx.enabled[0]);
}

static void
rounds_begin(uint64_t seed)
{
	vx_random_seed(seed);
	started = false;
}

static const struct vx_strategy serial = {
	.begin = vx_random_seed,
	.pick = serial_pick,
};
static const struct vx_strategy rounds = {
	.begin = rounds_begin,
	.pick = rounds_pick,
};

/*
 * The two extremes come first, and once: they are what they are.  Then, for a
 * few runs, what is quick with bugs that many threads hide; it has soon asked
 * for all there is.  Most of the rest goes to what is quick with those of two
 * or three threads that do a lot, as those of a kernel do.  What is left after
 * that is deep, and takes schedules rather than ideas: in the end POS, which
 * is the quickest to draw one that no other is like.
 */
static const struct vx_strategy *const first[] = {
	&serial, &rounds, &vx_reads_from, &vx_reads_from, &vx_reads_from,
	&vx_reads_from, &vx_reads_from, &vx_reads_from, &vx_reads_from,
	&vx_reads_from,
};
static const struct vx_strategy *const early[] = {
	&vx_pct, &vx_surw, &vx_pct, &vx_pos, &vx_surw, &vx_reads_from,
	&vx_pct, &vx_surw, &vx_pct, &vx_pos,
};
static const struct vx_strategy *const late[] = {
	&vx_pos, &vx_surw, &vx_pct, &vx_pos, &vx_surw, &vx_reads_from,
	&vx_pos, &vx_surw,
};
static const struct vx_strategy *const deep[] = {
	&vx_pos, &vx_pos, &vx_pos, &vx_surw, &vx_pos, &vx_pos, &vx_pos,
	&vx_pct,
};
#define	N(turns)	(sizeof(turns) / sizeof((turns)[0]))
#define	LATE		2000		/* turns before */
#define	DEEP		10000

/* Of PCT's turns, most for what needs few preemptions. */
static const char *const depths[] = { "2", "3", "2", "4", "2", "5", "3", "6" };

static const struct vx_strategy *now;	/* whose turn it is */
static uint64_t turn, pct_turn;

static const struct vx_strategy *
next_turn(void)
{
	const struct vx_strategy *s;
	uint64_t n = turn++;

	if (n < N(first))
		return (first[n]);
	s = n < LATE ? early[(n - N(first)) % N(early)] :
	    n < DEEP ? late[n % N(late)] : deep[n % N(deep)];
	if (s == &vx_pct)
		(void)vx_pct.configure(depths[pct_turn++ % N(depths)]);
	return (s);
}

static void
portfolio_open(uint64_t seed)
{
	(void)seed;
	vx_learn_open();
	turn = pct_turn = 0;
}

/*
 * Where plain accesses are points, a schedule has many times as many of them as
 * it has operations, and what takes a switch between two operations is seldom
 * met.  So a third of the runs, of each strategy's, leave accesses out; but none
 * of the first, which go for accesses above all, nor of those that go deep.
 */
static void
portfolio_begin(uint64_t seed)
{
	if (turn >= N(first) && turn < DEEP && turn % 3 == 2)
		vx_shadow_skim();
	now = next_turn();
	vx_learn_begin();
	now->begin(seed);
}

static unsigned
portfolio_pick(void)
{
	return (now->pick());
}

static void
portfolio_perform(struct vx_thread *t)
{
	if (now->perform != NULL)
		now->perform(t);
}

static void
portfolio_thread(struct vx_thread *t)
{
	if (now->thread != NULL)
		now->thread(t);
}

static void
portfolio_yielded(struct vx_thread *t)
{
	if (now->yielded != NULL)
		now->yielded(t);
}

static bool
portfolio_end(const struct vx_verdict *verdict)
{
	vx_learn_end(verdict);
	return (true);
}

const struct vx_strategy vx_portfolio = {
	.name = "portfolio",
	.places = true,
	.open = portfolio_open,
	.begin = portfolio_begin,
	.pick = portfolio_pick,
	.perform = portfolio_perform,
	.thread = portfolio_thread,
	.yielded = portfolio_yielded,
	.choose = vx_random_choose,
	.end = portfolio_end,
};
