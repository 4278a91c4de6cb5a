/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Every schedule with at most so many preemptions, but for those that come to
 * the same as another one, see past.h:
 *
 *  - A thread is preempted only where that matters.  Whoever is preempted
 *    elsewhere does not know of the others' steps, nor they of his next ones,
 *    until he comes to where it matters, waits, or ends: and to be stopped
 *    there costs no more.
 *  - A run that comes to a past that another one had, with as many preemptions
 *    to spend, is given up: whatever can follow has followed there.
 *
 * What matters is found out on the way, and so is which memory is shared at
 * all; if something was left out for that, the search is made once more.
 * Without memory accesses too little is known to leave anything out.
 */
#include <stdlib.h>
#include <string.h>

#include "past.h"
#include "search.h"
#include "session.h"
#include "shadow.h"

/* A point of the current run at which there was a choice. */
struct decision {
	uint16_t	taken;		/* 0 is what happens by itself */
	uint16_t	n;		/* of how many */
	uint16_t	cost;		/* preemptions before it */
	uint16_t	thread;		/* who stands there */
	uint32_t	progress;	/* of that thread */
	uint32_t	place;		/* or NOWHERE: no preemption */
};
#define	NOWHERE		UINT32_MAX

/* A past that was seen, and how few preemptions were spent then. */
struct seen {
	uint64_t	past;		/* 0: free */
	uint32_t	pass;		/* else it is out of date */
	uint32_t	cost;
};

static struct {
	struct decision	*stack;
	size_t		depth;		/* where the run is */
	size_t		length;		/* decided before the run */
	size_t		size;
	unsigned	cost;		/* so far */
	unsigned	bound;
	unsigned	fails;		/* allocations that may fail */
	bool		whole;		/* nothing can be left out */
	bool		strayed;	/* a run was not as it was before */
} search;

static struct seen *seen;
static size_t nseen, max_seen;		/* a power of two */
static uint32_t pass;

/* --- what was seen ------------------------------------------------------- */

static struct seen *
seen_slot(uint64_t past)
{
	size_t i = past;

	while (seen[i & (max_seen - 1)].past != past &&
	    seen[i & (max_seen - 1)].past != 0 &&
	    seen[i & (max_seen - 1)].pass == pass)
		i++;
	return (&seen[i & (max_seen - 1)]);
}

static void
seen_grow(void)
{
	struct seen *old = seen;
	size_t n = max_seen;

	max_seen = n * 2;
	if ((seen = calloc(max_seen, sizeof(*seen))) == NULL)
		host_fatal("out of memory for a search");
	for (size_t i = 0; i < n; i++)
		if (old[i].past != 0 && old[i].pass == pass)
			*seen_slot(old[i].past) = old[i];
	free(old);
}

static bool
seen_cheaper(uint64_t past)
{
	const struct seen *s = seen_slot(past);

	return (s->past == past && s->pass == pass && s->cost <= search.cost);
}

static void
seen_add(uint64_t past)
{
	struct seen *s;

	if (nseen > max_seen / 2)
		seen_grow();
	s = seen_slot(past);
	nseen += s->pass != pass;
	*s = (struct seen){ .past = past, .pass = pass,
	    .cost = search.cost };
}

/*
 * Whoever may go on can do so everywhere; where nobody has to be preempted
 * all others can as well.
 */
static bool
was_here(const struct vx_thread *stays)
{
	uint64_t past = vx_past() | 1, mine;

	if (seen_cheaper(past))
		return (true);
	if (stays == NULL) {
		seen_add(past);
		return (false);
	}
	mine = (past + ((uint64_t)stays->id + 1) * 0x9e3779b97f4a7c15ULL) | 1;
	if (seen_cheaper(mine))
		return (true);
	if (search.cost < search.bound && vx.nenabled > 1)
		seen_add(mine);
	return (false);
}

/* --- decisions ----------------------------------------------------------- */

static struct decision *
push(void)
{
	if (search.length == search.size) {
		search.size = search.size * 2 + 256;
		search.stack = realloc(search.stack, search.size *
		    sizeof(*search.stack));
		if (search.stack == NULL)
			host_fatal("out of memory for a search");
	}
	return (&search.stack[search.length++]);
}

static bool
same_choice(const struct decision *a, const struct decision *b)
{
	return (a->n == b->n && a->thread == b->thread &&
	    a->progress == b->progress && a->cost == b->cost &&
	    (a->place == NOWHERE) == (b->place == NOWHERE));
}

/*
 * What is taken, of n; `stays` could go on, or is NULL.  A point that was none
 * before is passed by: the next pass will know it.
 */
static unsigned
decide(unsigned n, const struct vx_thread *stays)
{
	const struct vx_thread *t = vx.current;
	struct decision now = { .n = (uint16_t)n,
	    .cost = (uint16_t)search.cost,
	    .thread = t != NULL ? t->id : VX_NOBODY,
	    .progress = t != NULL ? t->progress : 0,
	    .place = stays != NULL ? 0 : NOWHERE }, *d;

	if (search.depth == search.length) {
		if (stays != NULL)
			now.place = vx_past_place(stays);
		*push() = now;
	}
	d = &search.stack[search.depth];
	if (!same_choice(d, &now)) {
		search.strayed = true;
		return (0);
	}
	search.depth++;
	if (stays != NULL && d->taken != 0)
		search.cost++;
	return (d->taken);
}

/* Nobody else can tell that the thread has come to this point. */
static bool
is_private(const struct vx_thread *t)
{
	switch (t->op.kind) {
	case VS_OP_SYSCALL:
	case VS_OP_COPYIN:
	case VS_OP_COPYOUT:
		return (true);
	default:
		return (false);
	}
}

static unsigned
search_pick(void)
{
	const struct vx_thread *t = vx.current;
	unsigned first = vx_replay_default(), k;
	const struct vx_thread *stays = t != NULL && first == t->id ? t :
	    NULL;

	if (!search.whole && search.depth == search.length && t != NULL &&
	    was_here(stays))
		vx_abandon();
	if (vx.nenabled == 1 || (stays != NULL &&
	    (search.cost >= search.bound || is_private(t))))
		return (first);
	if ((k = decide(vx.nenabled, stays)) == 0)
		return (first);
	/* The others in order of id. */
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.enabled[i] != first && --k == 0)
			return (vx.enabled[i]);
	return (first);
}

/* No more allocations fail than in the schedule that is known. */
static unsigned
search_choose(enum vx_choice what, unsigned n)
{
	unsigned taken;

	if (what == VX_CHOOSE_FAIL && search.fails == 0)
		return (0);
	taken = decide(n, NULL);
	if (what == VX_CHOOSE_FAIL && taken != 0)
		search.fails--;
	if (!search.whole)
		vx_past_choose(taken);
	return (taken);
}

static unsigned
count_fails(const struct vx_tape *tape)
{
	unsigned n = 0;

	for (size_t i = 0; i < tape->nchoices; i++)
		n += tape->choices[i].what == VX_CHOOSE_FAIL &&
		    tape->choices[i].taken != 0;
	return (n);
}

/* --- runs ---------------------------------------------------------------- */

static const struct vx_failure *failure;

static void
search_begin(uint64_t seed)
{
	(void)seed;
	search.depth = 0;
	search.cost = 0;
	search.fails = count_fails(&failure->tape);
	vx_past_begin();
}

static struct vx_strategy searching = {
	.name = "search",
	.begin = search_begin,
	.pick = search_pick,
	.choose = search_choose,
};

/* The next schedule: the last decision that can be made otherwise. */
static bool
search_next(void)
{
	struct decision *d;

	search.length = search.depth;
	for (; search.length > 0; search.length--) {
		d = &search.stack[search.length - 1];
		if (d->taken + 1 < d->n && (d->place == NOWHERE ||
		    d->taken != 0 || search.whole ||
		    vx_past_matters(d->place))) {
			d->taken++;
			return (true);
		}
	}
	return (false);
}

static void
pass_begin(void)
{
	pass++;
	nseen = 0;
	search.length = 0;
	search.strayed = false;
	vx_past_pass();
}

/* All schedules once. */
static enum vx_found
search_pass(struct vx_failure *f, bool (*enough)(void))
{
	pass_begin();
	do {
		if (enough())
			return (VX_GAVE_UP);
		f->tried++;
		if (vx_session_run(0) && !vx.abandoned && vx_failure_again(f))
			return (VX_FOUND);
	} while (search_next());
	return (VX_NONE);
}

enum vx_found
vx_search(struct vx_failure *f, unsigned bound, bool (*enough)(void))
{
	const struct vx_strategy *strategy = vx.strategy;
	enum vx_found found;
	uint32_t known;

	failure = f;
	search.whole = !vx.accesses || vx_cells == NULL;
	search.bound = bound;
	searching.exhaustive = f->exact;
	searching.unfair = f->unfair;
	searching.each_step = !search.whole;
	searching.perform = search.whole ? NULL : vx_past_perform;
	searching.effect = search.whole ? NULL : vx_past_effect;
	searching.thread = search.whole ? NULL : vx_past_thread;
	searching.stop = search.whole ? NULL : vx_past_stop;
	vx.strategy = &searching;
	vx.brief = f->early;
	vx_past_races(vx.races);
	do {
		known = vx.learned;
		found = search_pass(f, enough);
	} while (found == VX_NONE && (search.strayed || (bound > 0 &&
	    (known != vx.learned || vx_past_missed()))));
	vx.brief = false;
	vx.strategy = strategy;
	return (found);
}

void
vx_search_open(void)
{
	max_seen = 4096;
	if ((seen = calloc(max_seen, sizeof(*seen))) == NULL)
		host_fatal("out of memory for a search");
	pass = 0;
	vx_past_open();
}

void
vx_search_close(void)
{
	free(seen);
	free(search.stack);
	seen = NULL;
	memset(&search, 0, sizeof(search));
	vx_past_close();
}
