/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Sampling of reads-from relations, keyed by the place in the code.
 *
 * A few constraints are drawn for each run: "the read at this place sees what
 * was written at that place".  Reads are held back until the write has come,
 * and other writes until the read has.  Places are those of the code, so it
 * makes no difference how many threads execute it.  To take a lock is to read
 * and to write it, so that critical sections are ordered as accesses are.
 * Relations that no run has shown yet are preferred, until they have been
 * asked for several times in vain.
 * What no constraint concerns is scheduled as POS does.
 */
#include "learn.h"
#include "strategy.h"

#define	CONSTRAINTS	3		/* of a run, at most */
#define	CANDIDATES	16		/* for each of them */
#define	BORING		4		/* seen already: as if asked so often */

struct constraint {
	uintptr_t	object;
	uintptr_t	read, write;	/* places; 0: nobody has written yet */
	uintptr_t	last;		/* of the last write in this run */
	bool		open;
};

static struct constraint constraints[CONSTRAINTS];
static unsigned nconstraints;

static void
rf_open(uint64_t seed)
{
	(void)seed;
	vx_learn_open();
}

/* A read and a write that it could see, of some object. */
struct flow {
	struct vx_shared *s;
	unsigned	read, bit;	/* bit 0: no write at all */
};

static struct flow
draw_flow(void)
{
	struct flow f = { .s = vx_learn_flow(vx_random_below(
	    vx_learn_nflows())) };

	f.read = vx_random_below(f.s->nreads);
	f.bit = vx_random_below(f.s->nwrites + 1U);
	return (f);
}

/* What has been seen is less interesting, and what was asked for in vain. */
static unsigned
boredom(const struct flow *f)
{
	return (f->s->asked[f->read][f->bit] +
	    ((f->s->seen[f->read] >> f->bit & 1) != 0 ? BORING : 0));
}

static void
draw(struct constraint *c)
{
	struct flow best = draw_flow(), f;

	for (int i = 1; i < CANDIDATES; i++) {
		f = draw_flow();
		if (boredom(&f) < boredom(&best))
			best = f;
	}
	if (best.s->asked[best.read][best.bit] < UINT8_MAX)
		best.s->asked[best.read][best.bit]++;
	c->object = best.s->object;
	c->read = best.s->reads[best.read];
	c->write = best.bit > 0 ? best.s->writes[best.bit - 1] : 0;
	c->last = 0;
	c->open = true;
}

static void
rf_begin(uint64_t seed)
{
	vx_random_seed(seed);
	vx_learn_begin();
	vx_priorities_begin();
	nconstraints = 0;
	if (vx_learn_nflows() == 0)
		return;
	nconstraints = 1 + vx_random_below(CONSTRAINTS);
	for (unsigned i = 0; i < nconstraints; i++)
		draw(&constraints[i]);
}

/* The read has to wait for its write, every other write for the read. */
static bool
holds_back(const struct constraint *c, const struct vx_op *op)
{
	if (!c->open || op->object != c->object)
		return (false);
	if (vx_place(op) == c->read)
		return (c->last != c->write);
	return (op->write && c->last == c->write);
}

static bool
is_held_back(const struct vx_op *op)
{
	for (unsigned i = 0; i < nconstraints; i++)
		if (holds_back(&constraints[i], op))
			return (true);
	return (false);
}

/* Gives up one that cannot be met, as it seems. */
static void
drop_one(void)
{
	unsigned open[CONSTRAINTS] = { 0 }, n = 0;

	for (unsigned i = 0; i < nconstraints; i++)
		if (constraints[i].open)
			open[n++] = i;
	constraints[open[vx_random_below(n)]].open = false;
}

static unsigned
rf_pick(void)
{
	uint16_t ids[VX_THREADS];
	unsigned n;

	for (;;) {
		n = 0;
		for (unsigned i = 0; i < vx.nenabled; i++)
			if (!is_held_back(&vx.threads[vx.enabled[i]].op))
				ids[n++] = vx.enabled[i];
		if (n != 0)
			return (vx_pos_among(ids, n)->id);
		drop_one();
	}
}

static void
rf_perform(struct vx_thread *t)
{
	const struct vx_op *op = &t->op;

	vx_priorities_thread(t);
	if (!vx.events[vx.nsteps - 1].point)
		return;
	for (unsigned i = 0; i < nconstraints; i++) {
		struct constraint *c = &constraints[i];

		if (op->object != c->object)
			continue;
		if (vx_place(op) == c->read)
			c->open = false;
		if (op->write)
			c->last = vx_place(op);
	}
}

static bool
rf_end(const struct vx_verdict *verdict)
{
	vx_learn_end(verdict);
	return (true);
}

const struct vx_strategy vx_reads_from = {
	.name = "rf",
	.places = true,
	.open = rf_open,
	.begin = rf_begin,
	.pick = rf_pick,
	.perform = rf_perform,
	.thread = vx_priorities_thread,
	.choose = vx_random_choose,
	.end = rf_end,
};
