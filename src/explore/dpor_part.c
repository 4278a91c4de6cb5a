/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Parts of an exploration, for processes that do not talk to each other.
 *
 * All executions are divided by the order of two steps, the k-th of one
 * process and the l-th of another: in the first cell the second one waits for
 * the first, in the other cell the first one for the second.  Either is a
 * program of its own that is explored like any other, and cells are divided
 * again, by other steps, until there are enough of them for all parts.
 *
 * That no class is lost, and none is in two cells, is a matter of those where
 * a step does not occur or where the two are in no order.  They belong to the
 * first cell if the first step occurs, else to the second one, which therefore
 * counts only what has the first step ordered after the second by more than
 * the waiting.  The order is that of the cell that was divided: what waits
 * there is in order in both halves.
 *
 * Which steps is found out by some random executions of a cell: two that
 * raced in both orders about equally often.  All processes draw the same, so
 * all find the same cells.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"

/* The `number`-th step of a process, from 0. */
struct event {
	uint16_t	process;
	uint16_t	number;
};

struct order {
	struct event	first, second;
	bool		reversed;	/* the first waits for the second */
};

#define	ORDERS		16
#define	CELLS		8192
#define	CELLS_A_PART	8
#define	SAMPLES		16

struct cell {
	struct order	orders[ORDERS];	/* the last one: to divide it by */
	unsigned	norders;
	bool		sampled;
	bool		divisible;
	uint32_t	weight;		/* races in the samples */
};

uint16_t dp_taken[DP_PROCESSES];
bool dp_sampling;

static struct cell *cells;
static unsigned ncells, wanted, cell;	/* the current one */
static uint32_t part, parts;
static unsigned nsamples;
static uint64_t random_state;

/* --- races of the samples ------------------------------------------------------- */

struct pair {
	struct event	first, second;
	uint16_t	n[2];		/* seen in that order, and reversed */
};

#define	PAIRS		4096		/* a power of two */
static struct pair pairs[PAIRS];
static unsigned npairs;

static bool
same(struct event a, struct event b)
{
	return (a.process == b.process && a.number == b.number);
}

static struct pair *
pair_find(struct event a, struct event b)
{
	uint64_t key = (uint64_t)a.process << 48 | (uint64_t)a.number << 32 |
	    (uint64_t)b.process << 16 | b.number;
	unsigned i = (unsigned)(key * 0x9e3779b97f4a7c15ULL >> 52);

	for (; pairs[i].n[0] + pairs[i].n[1] != 0; i = (i + 1) % PAIRS)
		if (same(pairs[i].first, a) && same(pairs[i].second, b))
			return (&pairs[i]);
	if (npairs == PAIRS / 2)
		return (NULL);
	npairs++;
	pairs[i].first = a;
	pairs[i].second = b;
	return (&pairs[i]);
}

static struct event
event_of(int step)
{
	return ((struct event){ dp_steps[step].process,
	    dp_steps[step].number });
}

void
dp_part_race(struct dp_race race)
{
	struct event a = event_of(race.first), b = event_of(race.second);
	bool reversed = a.process > b.process;
	struct pair *p;

	cells[cell].weight++;
	if (a.process == DP_TIMER || b.process == DP_TIMER)
		return;
	p = reversed ? pair_find(b, a) : pair_find(a, b);
	if (p != NULL)
		p->n[reversed]++;
}

/* The fairest pair divides the cell; the first one of those. */
static void
cell_sampled(struct cell *c)
{
	unsigned best = 0, fair;
	const struct pair *p;

	for (p = pairs; p < &pairs[PAIRS]; p++) {
		fair = p->n[0] < p->n[1] ? p->n[0] : p->n[1];
		if (fair <= best)
			continue;
		best = fair;
		c->orders[c->norders] = (struct order){ p->first, p->second,
		    false };
	}
	c->sampled = true;
	c->divisible = best != 0 && c->norders < ORDERS - 1;
	memset(pairs, 0, sizeof(pairs));
	npairs = 0;
}

uint64_t
dp_part_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state);
}

/* --- cells ---------------------------------------------------------------------- */

static bool
divide_heaviest(void)
{
	struct cell *heaviest = NULL, *c;

	if (ncells >= wanted)
		return (false);
	for (c = cells; c < &cells[ncells]; c++)
		if (c->divisible && (heaviest == NULL ||
		    c->weight > heaviest->weight))
			heaviest = c;
	if (heaviest == NULL)
		return (false);
	c = &cells[ncells++];
	heaviest->norders++;
	heaviest->sampled = heaviest->divisible = false;
	heaviest->weight = 0;
	*c = *heaviest;
	c->orders[c->norders - 1].reversed = true;
	return (true);
}

static bool
next_to_sample(void)
{
	do {
		for (cell = 0; cell < ncells; cell++)
			if (!cells[cell].sampled)
				return (true);
	} while (divide_heaviest());
	return (false);
}

/* Any, as long as it tells orders apart. */
static uint64_t
number_of(const struct order *o)
{
	/* A step's number is below 2^15. */
	return ((uint64_t)o->first.process << 48 |
	    (uint64_t)o->first.number << 32 |
	    (uint64_t)o->second.process << 17 |
	    (uint64_t)o->second.number << 1 | o->reversed);
}

static int
by_weight(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	if (x->weight != y->weight)
		return (x->weight > y->weight ? -1 : 1);
	for (unsigned i = 0; i < x->norders && i < y->norders; i++)
		if (number_of(&x->orders[i]) != number_of(&y->orders[i]))
			return (number_of(&x->orders[i]) <
			    number_of(&y->orders[i]) ? -1 : 1);
	/* No two are alike. */
	return (x->norders < y->norders ? -1 : 1);
}

/* As cards are dealt, there and back. */
static bool
is_mine(unsigned i)
{
	uint32_t round = i / parts, seat = i % parts;

	return (seat == ((round & 1) == 0 ? part : parts - 1 - part));
}

static bool
next_to_explore(void)
{
	while (++cell < ncells)
		if (is_mine(cell))
			return (true);
	return (false);
}

static bool
explore_cells(void)
{
	qsort(cells, ncells, sizeof(*cells), by_weight);
	dp_sampling = false;
	cell = UINT32_MAX;
	return (next_to_explore());
}

bool
dp_part_next(void)
{
	if (!dp_sampling)
		return (next_to_explore());
	if (++nsamples < SAMPLES)
		return (true);
	nsamples = 0;
	cell_sampled(&cells[cell]);
	return (next_to_sample() || explore_cells());
}

void
dp_part_open(uint32_t number, uint32_t n)
{
	part = number;
	parts = n;
	wanted = CELLS_A_PART * n < 512 ? CELLS_A_PART * n :
	    n < 256 ? 512 : n < CELLS / 2 ? n * 2 : CELLS;
	cells = dp_checked(calloc(parts > 1 ? CELLS : 1, sizeof(*cells)));
	ncells = 1;
	cell = nsamples = 0;
	dp_sampling = parts > 1;
	random_state = 88172645463325252ULL;
	memset(dp_taken, 0, sizeof(dp_taken));
}

void
dp_part_close(void)
{
	free(cells);
}

/* --- waiting ---------------------------------------------------------------------- */

static struct event
waits(const struct order *o)
{
	return (o->reversed ? o->first : o->second);
}

static struct event
waited_for(const struct order *o)
{
	return (o->reversed ? o->second : o->first);
}

#define	FOREACH_ORDER(o, c)						\
	for (const struct order *o = (c)->orders;			\
	    o < &(c)->orders[(c)->norders]; o++)

dp_set
dp_part_held(void)
{
	dp_set held = 0;
	struct event w, f;

	FOREACH_ORDER(o, &cells[cell]) {
		w = waits(o);
		f = waited_for(o);
		if (dp_taken[w.process] == w.number &&
		    dp_taken[f.process] <= f.number)
			held |= DP_BIT(w.process);
	}
	return (held);
}

static int
step_of(struct event e)
{
	for (int i = dp_nsteps - 1; i >= 0; i--)
		if (dp_steps[i].process == e.process &&
		    dp_steps[i].number == e.number)
			return (i);
	return (-1);
}

void
dp_part_join(int16_t *clock, const struct dp_step *s)
{
	struct event e = { s->process, s->number };
	int i;

	FOREACH_ORDER(o, &cells[cell]) {
		if (same(waits(o), e) && (i = step_of(waited_for(o))) >= 0)
			dp_join(clock, dp_clocks[i]);
	}
}

/* --- what counts -------------------------------------------------------------------- */

static bool
comes_after(int i, int earlier, const struct order *end)
{
	const struct dp_step *s = &dp_steps[i], *e = &dp_steps[earlier];

	if (s->process == e->process || s->before == earlier ||
	    s->thread_before == earlier || s->other == earlier ||
	    dp_depend(&dp_accesses[e->accesses.first], e->accesses.n,
	    &dp_accesses[s->accesses.first], s->accesses.n))
		return (true);
	for (const struct order *o = cells[cell].orders; o < end; o++)
		if (same(waits(o), event_of(i)) &&
		    same(waited_for(o), event_of(earlier)))
			return (true);
	return (false);
}

/* Are they in order by what is known before `end`? */
static bool
in_order(int from, int to, const struct order *end)
{
	static bool reached[DP_STEPS];

	if (comes_after(to, from, end))
		return (true);
	reached[from] = true;
	for (int i = from + 1; i <= to; i++) {
		reached[i] = false;
		for (int e = from; e < i && !reached[i]; e++)
			reached[i] = reached[e] && comes_after(i, e, end);
	}
	return (reached[to]);
}

bool
dp_part_counts(void)
{
	int first, second;

	FOREACH_ORDER(o, &cells[cell]) {
		first = step_of(o->first);
		if (!o->reversed && first < 0)
			return (false);
		if (!o->reversed || first < 0)
			continue;
		second = step_of(o->second);
		if (!in_order(second, first, o))
			return (false);
	}
	return (true);
}
