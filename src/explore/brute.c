/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Every schedule there is, and nothing left out: what other exhaustive
 * strategies are compared with.
 *
 * The last choice that has an alternative takes it, and those after it begin
 * anew.
 */
#include <stdlib.h>

#include "strategy.h"

struct choice {
	uint16_t	index;
	uint16_t	n;
};

static struct choice *way;
static unsigned length, max_length, at;

static unsigned
decide(unsigned n)
{
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
	length = 0;
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

static bool
brute_end(const struct vx_verdict *verdict)
{
	(void)verdict;
	length = at;
	while (length > 0 && way[length - 1].index + 1 == way[length - 1].n)
		length--;
	if (length == 0)
		return (false);
	way[length - 1].index++;
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
	.end = brute_end,
};
