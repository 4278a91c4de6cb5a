/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Iterative bounding: every schedule that costs nothing, then every one that
 * costs at most 1, and so on.
 *
 * Preemption bounding (Musuvathi and Qadeer, PLDI 2007) counts switches away
 * from a thread that could have gone on; delay bounding (Emmi, Qadeer and
 * Rakamaric, POPL 2011) counts the threads passed over by a round robin that
 * switches only when it has to.
 *
 * "ipb:N", "idb:N": no more than N.  The tree of choices is not kept, only the
 * way to the run at hand: the next run takes the last choice that has an
 * affordable alternative left.  A run within a smaller bound comes again with
 * each bound above it.
 */
#include <stdlib.h>

#include "strategy.h"

#define	NO_BOUND	0xffff

/* A choice on the way: `index` of `n`, the first of which costs nothing. */
struct choice {
	uint16_t	index, n;
	uint16_t	cost;		/* of the way to it */
	bool		free;		/* none of them costs anything */
};

static struct choice *way;
static unsigned length, max_length, at;
static unsigned bound, last_bound;
static bool too_dear;			/* an alternative was beyond the bound */
static unsigned (*cost_of)(unsigned index, bool free);

static unsigned
preemptions(unsigned index, bool free)
{
	return (index != 0 && !free);
}

static unsigned
delays(unsigned index, bool free)
{
	(void)free;
	return (index);
}

static struct choice *
way_append(void)
{
	if (length == max_length) {
		max_length = max_length * 2 + 1024;
		way = realloc(way, max_length * sizeof(*way));
		if (way == NULL)
			host_fatal("out of memory for a bounded search");
	}
	return (&way[length++]);
}

static unsigned
step_cost(const struct choice *c)
{
	return (c->cost + cost_of(c->index, c->free));
}

/* The index that is next on the way, which may end here. */
static unsigned
decide(unsigned n, bool free)
{
	struct choice *c;

	if (at == length) {
		c = way_append();
		c->n = (uint16_t)n;
		c->index = 0;
		c->free = free;
		c->cost = at == 0 ? 0 : (uint16_t)step_cost(&way[at - 1]);
	}
	c = &way[at++];
	if (c->n != n || c->free != free)
		host_fatal("a run differs from the one before it that made "
		    "the same choices (step %u)", vx.nsteps);
	return (c->index);
}

/* The place in vx.enabled of the first thread from the current one on. */
static unsigned
first(bool *is_current)
{
	unsigned id = vx.current != NULL ? vx.current->id : 0, i;

	for (i = 0; i < vx.nenabled && vx.enabled[i] < id; i++)
		continue;
	*is_current = i < vx.nenabled && vx.current != NULL &&
	    vx.enabled[i] == id;
	return (i);
}

static unsigned
bound_pick(void)
{
	bool is_current;
	unsigned from = first(&is_current);

	return (vx.enabled[(from + decide(vx.nenabled, !is_current)) %
	    vx.nenabled]);
}

static unsigned
bound_choose(enum vx_choice what, unsigned n)
{
	(void)what;
	return (decide(n, true));
}

static void
open(uint64_t seed)
{
	(void)seed;
	length = 0;
	bound = 0;
	too_dear = false;
}

static void
bound_close(void)
{
	free(way);
	way = NULL;
	length = max_length = 0;
}

static void
bound_begin(uint64_t seed)
{
	(void)seed;
	at = 0;
}

/* Goes on to the next alternative; false if there is none. */
static bool
advance(void)
{
	struct choice *c;

	/* A run that ended early has not come to the rest of the way. */
	length = at;
	while (length > 0) {
		c = &way[length - 1];
		if (c->index + 1U < c->n) {
			c->index++;
			if (step_cost(c) <= bound)
				return (true);
			too_dear = true;
		}
		length--;
	}
	return (false);
}

static bool
bound_end(const struct vx_verdict *verdict)
{
	(void)verdict;
	if (advance())
		return (true);
	if (!too_dear || bound == last_bound) {
		vx.cut |= too_dear;
		return (false);
	}
	too_dear = false;
	bound++;
	return (true);
}

static bool
configure(const char *option)
{
	return (vx_option_number(option, 0, NO_BOUND, NO_BOUND, &last_bound));
}

static void
ipb_open(uint64_t seed)
{
	open(seed);
	cost_of = preemptions;
}

static void
idb_open(uint64_t seed)
{
	open(seed);
	cost_of = delays;
}

const struct vx_strategy vx_ipb = {
	.name = "ipb",
	.exhaustive = true,
	.accesses_all = true,
	.configure = configure,
	.open = ipb_open,
	.close = bound_close,
	.begin = bound_begin,
	.pick = bound_pick,
	.choose = bound_choose,
	.end = bound_end,
};

const struct vx_strategy vx_idb = {
	.name = "idb",
	.exhaustive = true,
	.accesses_all = true,
	.configure = configure,
	.open = idb_open,
	.close = bound_close,
	.begin = bound_begin,
	.pick = bound_pick,
	.choose = bound_choose,
	.end = bound_end,
};
