/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Every schedule there is, and nothing left out: what other exhaustive
 * strategies are compared with.
 *
 * The last choice that has an alternative takes it, and those after it begin
 * anew.
 *
 * Parts of an exploration all see the beginnings of all schedules, their first
 * `depth` choices, in the same order, and deal them out.  A longer beginning
 * is taken, from nothing again, until there are enough.
 */
#include <stdlib.h>

#include "strategy.h"

struct choice {
	uint16_t	index;
	uint16_t	n;
};

static struct choice *way;
static unsigned length, max_length, at;

#define	BEGINNINGS_A_PART	8
#define	MAX_DEPTH		64

static unsigned depth;			/* of beginnings */
static uint64_t nbeginnings;		/* that were seen */
static unsigned varied;			/* choices that are not new */
static bool counting;			/* looks for a depth */

/* The beginning is over: does the run go on? */
static void
beginning_end(void)
{
	bool mine;

	if (varied < depth)
		nbeginnings++;
	varied = depth;
	mine = (nbeginnings - 1) % vx.parts == vx.part;
	if (counting || !mine)
		vx_abandon();
}

static unsigned
decide(unsigned n)
{
	if (at == depth && vx.parts > 1)
		beginning_end();
	if (at == length) {
		if (length == max_length) {
			max_length = max_length * 2 + 1024;
			way = realloc(way, max_length * sizeof(*way));
			if (way == NULL)
				host_fatal("out of memory for a search");
		}
		way[length++] = (struct choice){ 0, (uint16_t)n };
	}
	return (way[at++].index);
}

static void
brute_open(uint64_t seed)
{
	(void)seed;
	length = varied = 0;
	depth = 1;
	nbeginnings = 0;
	counting = vx.parts > 1;
}

static void
brute_begin(uint64_t seed)
{
	(void)seed;
	at = 0;
}

static unsigned
brute_pick(void)
{
	return (vx.enabled[decide(vx.nenabled)]);
}

static unsigned
brute_choose(enum vx_choice what, unsigned n)
{
	(void)what;
	return (decide(n));
}

/* A schedule that has no more than a beginning is one. */
static void
brute_stop(void)
{
	if (vx.parts == 1 || vx.abandoned || at > depth)
		return;
	nbeginnings++;
	varied = depth;
	vx.abandoned = counting || (nbeginnings - 1) % vx.parts != vx.part;
}

/* All beginnings were counted: are there enough? */
static void
count_end(void)
{
	counting = nbeginnings < vx.parts * (uint64_t)BEGINNINGS_A_PART &&
	    depth < MAX_DEPTH;
	if (counting)
		depth++;
	nbeginnings = 0;
}

static bool
brute_end(const struct vx_verdict *verdict)
{
	(void)verdict;
	length = at;
	while (length > 0 && way[length - 1].index + 1 == way[length - 1].n)
		length--;
	if (length != 0) {
		way[length - 1].index++;
		varied = length - 1;
		return (true);
	}
	varied = 0;
	if (!counting)
		return (false);
	count_end();
	return (true);
}

const struct vx_strategy vx_brute = {
	.name = "brute",
	.exhaustive = true,
	.accesses_all = true,
	.unfair = true,
	.open = brute_open,
	.begin = brute_begin,
	.pick = brute_pick,
	.choose = brute_choose,
	.stop = brute_stop,
	.parts = true,
	.end = brute_end,
};
