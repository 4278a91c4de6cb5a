/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Sequences that reverse a race, and wakeup trees made of them.
 *
 * A race (e, e') is reversed by what happened after e but does not depend on
 * it, followed by the process of e'.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"

/* --- nodes of trees ----------------------------------------------------------- */

/*
 * Most steps have one access.  There are many of these nodes: they stand close
 * together, and the next one is fetched while this one is worked on.
 */
#define	SMALL		1
#define	SMALL_SIZE	(sizeof(struct dp_wake) +			\
	    SMALL * sizeof(struct vx_access))
#define	CHUNK		256

static struct dp_wake *spare;

static void
spare_more(void)
{
	char *chunk = dp_checked(malloc(CHUNK * SMALL_SIZE));

	for (unsigned i = CHUNK; i-- > 0; ) {
		struct dp_wake *w = (struct dp_wake *)(chunk + i * SMALL_SIZE);

		w->next = spare;
		spare = w;
	}
}

static struct dp_wake *
wake_alloc(size_t n)
{
	struct dp_wake *w;

	if (n > SMALL)
		w = dp_checked(malloc(sizeof(*w) + n *
		    sizeof(w->accesses[0])));
	else {
		if (spare == NULL)
			spare_more();
		w = spare;
		spare = w->next;
		__builtin_prefetch(spare, 1);
	}
	w->child = w->next = NULL;
	w->n = (uint16_t)n;
	return (w);
}

void
dp_wake_drop(struct dp_wake *w)
{
	__builtin_prefetch(w->child);
	if (w->n > SMALL) {
		free(w);
		return;
	}
	w->next = spare;
	spare = w;
}

void
dp_wake_free(struct dp_wake *w)
{
	struct dp_wake *next;

	for (; w != NULL; w = next) {
		next = w->next;
		dp_wake_free(w->child);
		w->child = NULL;
		dp_wake_drop(w);
	}
}

/* --- the sequence --------------------------------------------------------------- */

struct item {
	const struct vx_access *accesses;
	const int16_t	*clock;
	uint32_t	n;
	int		step;
	uint8_t		process;
};

/* The sequence is items[start..nitems). */
static struct item items[DP_STEPS];
static int start, nitems;
static dp_set present;			/* processes that may be in it */

/*
 * The last one, e', is not what it was: it comes without e before it.  What
 * it accesses first is known, but not what becomes of that.
 */
static struct vx_access last_accesses[DP_STEPS];
static dp_clock last_clock;

static struct item
item_of(int i)
{
	const struct dp_step *s = &dp_steps[i];

	return ((struct item){ &dp_accesses[s->accesses.first], dp_clocks[i],
	    s->accesses.n, i, s->process });
}

static void
add_second(int i)
{
	struct item it = item_of(i);

	if (it.n > DP_STEPS)
		host_fatal("a step of an exploration has too many accesses");
	for (uint32_t a = 0; a < it.n; a++) {
		last_accesses[a] = it.accesses[a];
		last_accesses[a].way = vx_way_any(it.accesses[a].way);
	}
	it.accesses = last_accesses;
	memcpy(last_clock, dp_bases[i], sizeof(last_clock));
	for (int x = 0; x < nitems; x++)
		if (dp_depend(items[x].accesses, items[x].n, it.accesses,
		    it.n))
			dp_join(last_clock, items[x].clock);
	it.clock = last_clock;
	present |= DP_BIT(it.process);
	items[nitems++] = it;
}

/*
 * A process that could not take its step at e, and was waiting to, needs
 * somebody else's.  False if there is nobody: the race cannot be reversed.
 */
static bool
possible(struct dp_race race)
{
	const struct dp_step *second = &dp_steps[race.second];
	const struct item *it = &items[nitems - 1];

	if (!dp_history_free(race))
		return (false);
	if (second->before >= race.first || (dp_steps[race.first].enabled &
	    DP_BIT(second->process)) != 0)
		return (true);
	for (int x = 0; x < nitems - 1; x++)
		if (dp_before(items[x].step, it->clock))
			return (true);
	return (false);
}

/* `end`: steps after e that count. */
static bool
sequence_make(struct dp_race race, int end)
{
	unsigned process = dp_steps[race.first].process;

	start = nitems = 0;
	present = 0;
	for (int i = race.first + 1; i < end; i++) {
		if (i == race.second || dp_clocks[i][process] > race.first)
			continue;
		items[nitems] = item_of(i);
		present |= DP_BIT(items[nitems++].process);
	}
	add_second(race.second);
	return (possible(race));
}

/* Is this one the first of its process, with nothing before it? */
static bool
is_initial(int x)
{
	for (int y = start; y < x; y++)
		if (items[y].process == items[x].process ||
		    dp_before(items[y].step, items[x].clock))
			return (false);
	return (true);
}

dp_set
dp_race_initials(struct dp_race race)
{
	dp_set seen = 0, initials = 0;

	if (!sequence_make(race, race.second))
		return (0);
	for (int x = 0; x < nitems; x++) {
		if ((seen & DP_BIT(items[x].process)) == 0 && is_initial(x))
			initials |= DP_BIT(items[x].process);
		seen |= DP_BIT(items[x].process);
	}
	return (initials);
}

/*
 * Can the sequence begin with this step, perhaps after steps are added to it?
 * *at is where it is in the sequence, or -1: independent of all of it.
 */
static bool
weak_initial(unsigned process, const struct vx_access *accesses, size_t n,
    int *at)
{
	int x = nitems;

	if ((present & DP_BIT(process)) != 0)
		for (x = start; x < nitems && items[x].process != process; x++)
			continue;
	if (x < nitems) {
		*at = x;
		return (is_initial(x));
	}
	*at = -1;
	for (x = start; x < nitems; x++)
		if (dp_depend(items[x].accesses, items[x].n, accesses, n))
			return (false);
	return (true);
}

/* --- trees -------------------------------------------------------------------- */

static struct dp_wake *
wake_of(const struct item *it)
{
	const struct dp_step *s = &dp_steps[it->step];
	struct dp_wake *w = wake_alloc(it->n);

	w->process = it->process;
	w->choices = s->choices;
	w->chosen = s->chosen;
	w->nchoices = s->nchoices;
	for (uint32_t a = 0; a < it->n; a++)
		w->accesses[a] = it->accesses[a];
	return (w);
}

static void
append(struct dp_wake **at)
{
	while (*at != NULL)
		at = &(*at)->next;
	for (int x = start; x < nitems; x++) {
		*at = wake_of(&items[x]);
		at = &(*at)->child;
	}
}

/* Has it been explored, or will it be, from a process that is asleep? */
static bool
asleep(const struct dp_step *s)
{
	const struct dp_sleeper *q = &dp_sleepers[s->sleeper];
	int at;

	for (uint32_t i = 0; i < s->nsleepers; i++, q++)
		if (q->process != s->process && weak_initial(q->process,
		    &dp_accesses[q->accesses.first], q->accesses.n, &at))
			return (true);
	return (false);
}

/* From the nearer end. */
static void
item_remove(int x)
{
	if (x - start < nitems - x) {
		for (; x > start; x--)
			items[x] = items[x - 1];
		start++;
	} else {
		for (nitems--; x < nitems; x++)
			items[x] = items[x + 1];
	}
}

static void
insert(struct dp_wake **at)
{
	struct dp_wake *w;
	int x = -1;

	for (;;) {
		for (w = *at; w != NULL; w = w->next)
			if (weak_initial(w->process, w->accesses, w->n, &x))
				break;
		if (w == NULL)
			break;
		/* All of its choices will be made. */
		if (w->child == NULL || (x >= 0 && w->chosen !=
		    dp_steps[items[x].step].chosen))
			return;
		if (x >= 0)
			item_remove(x);
		if (start == nitems)
			return;
		at = &w->child;
	}
	append(at);
}

void
dp_wake_race(struct dp_race race)
{
	struct dp_step *s = &dp_steps[race.first];

	if (sequence_make(race, dp_nsteps) && !asleep(s))
		insert(&s->tree);
}
