/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * SURW, the selectively uniform random walk (Zhao and others, ASPLOS 2025):
 * each run is uniform over the orders of the operations on one shared object,
 * drawn at random.  The thread that is to come to the object next is drawn in
 * proportion to how often each will; others stop before it until it has been
 * there.  The rest is scheduled as POS does.
 */
#include "learn.h"
#include "strategy.h"

static uintptr_t object;		/* of this run; 0: none is known */
static struct vx_thread *intended;	/* NULL: nobody has to be waited for */

static void
draw(void)
{
	struct vx_thread *t, *end = &vx.threads[vx.nthreads];
	uint64_t all = 0, n;

	for (t = vx.threads; t < end; t++)
		if (t->state == VX_LIVE)
			all += t->left;
	intended = NULL;
	if (all == 0)
		return;
	n = vx_random() % all;
	for (t = vx.threads; t < end; t++) {
		if (t->state != VX_LIVE)
			continue;
		if (n < t->left)
			break;
		n -= t->left;
	}
	intended = t;
}

static void
surw_open(uint64_t seed)
{
	(void)seed;
	vx_learn_open();
}

static void
surw_begin(uint64_t seed)
{
	unsigned n = vx_learn_nshared();

	vx_random_seed(seed);
	vx_learn_begin();
	vx_priorities_begin();
	object = n != 0 ? vx_learn_shared(vx_random_below(n))->object : 0;
	intended = NULL;
	if (object != 0) {
		vx_learn_weigh(object);
		draw();
	}
}

static bool
is_held_back(const struct vx_thread *t)
{
	return (object != 0 && t->op.object == object && intended != NULL &&
	    t != intended);
}

static unsigned
surw_pick(void)
{
	uint16_t ids[VX_THREADS];
	unsigned n = 0;

	for (unsigned i = 0; i < vx.nenabled; i++)
		if (!is_held_back(&vx.threads[vx.enabled[i]]))
			ids[n++] = vx.enabled[i];
	if (n != 0)
		return (vx_pos_among(ids, n)->id);
	/* The intended one cannot come, or the estimate was wrong. */
	return (vx_pos_among(vx.enabled, vx.nenabled)->id);
}

static void
surw_perform(struct vx_thread *t)
{
	vx_priorities_thread(t);
	if (object == 0 || t->op.object != object ||
	    !vx.events[vx.nsteps - 1].point)
		return;
	if (t->left > 0)
		t->left--;
	draw();
}

/* With its share of the parent's operations it may take over the intention. */
static void
surw_thread(struct vx_thread *t)
{
	struct vx_thread *parent = &vx.threads[t->parent];
	uint32_t all = parent->left;

	vx_priorities_thread(t);
	if (object == 0)
		return;
	vx_learn_weigh_child(t);
	if (intended == parent && all != 0 && vx_random_below(all) < t->left)
		intended = t;
}

static bool
surw_end(const struct vx_verdict *verdict)
{
	vx_learn_end(verdict);
	return (true);
}

const struct vx_strategy vx_surw = {
	.name = "surw",
	.open = surw_open,
	.begin = surw_begin,
	.pick = surw_pick,
	.perform = surw_perform,
	.thread = surw_thread,
	.choose = vx_random_choose,
	.end = surw_end,
};
