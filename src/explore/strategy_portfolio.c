/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The portfolio: a strategy for each run, by turns, because none is best for
 * every program and which one is cannot be known before.
 */
#include "learn.h"
#include "strategy.h"

static const struct vx_strategy *const turns[] = {
	&vx_reads_from, &vx_pos, &vx_surw, &vx_urw, &vx_pct,
};
#define	NTURNS		(sizeof(turns) / sizeof(turns[0]))

static const struct vx_strategy *now;	/* whose turn it is */
static uint64_t turn;

static void
portfolio_open(uint64_t seed)
{
	(void)seed;
	vx_pct.configure(NULL);
	vx_learn_open();
	turn = 0;
}

static void
portfolio_begin(uint64_t seed)
{
	now = turns[turn++ % NTURNS];
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
	.open = portfolio_open,
	.begin = portfolio_begin,
	.pick = portfolio_pick,
	.perform = portfolio_perform,
	.thread = portfolio_thread,
	.yielded = portfolio_yielded,
	.choose = vx_random_choose,
	.end = portfolio_end,
};
