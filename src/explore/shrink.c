/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Making a failing schedule short.
 *
 * First greedily: segments are dropped, many at a time and then one by one,
 * and merged with the next one of their thread, as long as the same failure
 * comes with no more preemptions.  Then by search: every schedule with fewer
 * preemptions is run, unless there are too many.  If one of them fails so,
 * it takes the place of what was found so far; if none does, that is proof.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session.h"
#include "tape.h"

#define	GREEDY_MAX	20000		/* runs of the greedy part */
#define	SEARCH_MAX	20000		/* runs of a search */
#define	THREADS_MAX	2000		/* the same, without a thread */
#define	SECONDS_MAX	2.0		/* of all */

double
vx_cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* --- the greedy part ----------------------------------------------------- */

static struct {
	struct vx_failure *f;
	uint64_t	limit;		/* of f->tried */
	double		end;		/* processor time */
} work;

static bool
exhausted(void)
{
	return (work.f->tried >= work.limit || ((work.f->tried & 31) == 0 &&
	    vx_cpu_seconds() > work.end));
}

/* Keeps the tape, in place of the failure's, if it fails as well. */
static bool
keep(struct vx_tape *tape)
{
	struct vx_failure *f = work.f;

	if (exhausted())
		return (false);
	f->tried++;
	vx_replay_set(tape, NULL);
	if (!vx_session_run(0) || !vx_failure_again(f) ||
	    vx.npreemptions > f->preemptions)
		return (false);
	f->preemptions = vx.npreemptions;
	f->steps = vx.nsteps;
	vx_tape_drop(&f->tape);
	f->tape = *tape;
	return (true);
}

static bool
keep_or_drop(struct vx_tape *tape)
{
	if (keep(tape))
		return (true);
	vx_tape_drop(tape);
	return (false);
}

/* Two segments of one thread, one after the other, are one. */
static void
join_neighbours(struct vx_tape *tape)
{
	struct vx_segment *s = tape->segments;
	size_t n = 0;

	for (size_t i = 0; i < tape->nsegments; i++) {
		if (n > 0 && strcmp(s[n - 1].label, s[i].label) == 0) {
			if (s[i].upto > s[n - 1].upto)
				s[n - 1].upto = s[i].upto;
		} else
			s[n++] = s[i];
	}
	tape->nsegments = n;
}

static void
cut(struct vx_tape *tape, size_t i, size_t n)
{
	memmove(&tape->segments[i], &tape->segments[i + n],
	    (tape->nsegments - i - n) * sizeof(*tape->segments));
	tape->nsegments -= n;
}

/* Drops n segments at a time, from the last to the first. */
static bool
drop_segments(size_t n)
{
	struct vx_tape *tape = &work.f->tape, other;
	bool changed = false;
	size_t i;

	for (i = tape->nsegments; i >= n; ) {
		vx_tape_copy(&other, tape);
		cut(&other, i - n, n);
		join_neighbours(&other);
		if (keep_or_drop(&other))
			changed = true;
		i -= n;
		if (i > tape->nsegments)
			i = tape->nsegments;
	}
	return (changed);
}

/* Lets a thread do at once what it does in two segments. */
static bool
merge_segments(void)
{
	struct vx_tape *tape = &work.f->tape, other;
	bool changed = false;

	for (size_t i = 0; i < tape->nsegments; i++) {
		size_t j = i + 1;

		while (j < tape->nsegments && strcmp(tape->segments[i].label,
		    tape->segments[j].label) != 0)
			j++;
		if (j >= tape->nsegments)
			continue;
		vx_tape_copy(&other, tape);
		other.segments[i].upto = other.segments[j].upto;
		cut(&other, j, 1);
		join_neighbours(&other);
		changed = keep_or_drop(&other) || changed;
	}
	return (changed);
}

/* Choices that need not be made. */
static void
drop_choices(void)
{
	struct vx_tape *tape = &work.f->tape, other;

	vx_tape_copy(&other, tape);
	other.nchoices = 0;
	if (keep_or_drop(&other))
		return;
	for (size_t i = 0; i < tape->nchoices; i++) {
		if (tape->choices[i].taken == 0)
			continue;
		vx_tape_copy(&other, tape);
		other.choices[i].taken = 0;
		(void)keep_or_drop(&other);
	}
	while (tape->nchoices > 0 &&
	    tape->choices[tape->nchoices - 1].taken == 0)
		tape->nchoices--;
}

static void
reduce(void)
{
	struct vx_tape *tape = &work.f->tape;
	bool changed;

	do {
		changed = false;
		for (size_t n = (tape->nsegments + 1) / 2; n > 0; n /= 2)
			changed = drop_segments(n) || changed;
		changed = merge_segments() || changed;
	} while (changed && !exhausted());
	drop_choices();
}

/* --- the search ---------------------------------------------------------- */

/*
 * One point of the current run at which there was a choice: the alternative
 * that was taken, of how many, and the preemptions before it.
 */
struct decision {
	uint16_t	taken;
	uint16_t	n;
	uint16_t	cost;		/* before */
	bool		costs;		/* all but the first are preemptions */
};

static struct {
	struct decision	*stack;
	size_t		depth;		/* where the run is */
	size_t		length;		/* decided before the run */
	size_t		size;
	unsigned	cost;		/* so far */
	unsigned	bound;
} search;

static struct decision *
decide(unsigned n, bool costs)
{
	struct decision *d;

	if (search.depth == search.size) {
		search.size = search.size * 2 + 256;
		search.stack = realloc(search.stack, search.size *
		    sizeof(*search.stack));
		if (search.stack == NULL)
			host_fatal("out of memory for a search");
	}
	d = &search.stack[search.depth++];
	if (search.depth > search.length) {
		*d = (struct decision){ .n = (uint16_t)n, .costs = costs,
		    .cost = (uint16_t)search.cost };
		search.length = search.depth;
	}
	if (d->costs && d->taken != 0)
		search.cost++;
	return (d);
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

/* Alternative 0 is what happens by itself. */
static unsigned
search_pick(void)
{
	const struct vx_thread *t = vx.current;
	unsigned first = vx_replay_default();
	bool costs = t != NULL && first == t->id;
	struct decision *d;
	unsigned k;

	if (costs && (search.cost >= search.bound || is_private(t)))
		return (first);
	d = decide(vx.nenabled, costs);
	if ((k = d->taken) == 0)
		return (first);
	/* The others in order of id. */
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.enabled[i] != first && --k == 0)
			return (vx.enabled[i]);
	return (first);
}

static unsigned
search_choose(enum vx_choice what, unsigned n)
{
	unsigned taken;

	(void)what;
	taken = decide(n, false)->taken;
	return (taken < n ? taken : 0);
}

static void
search_begin(uint64_t seed)
{
	(void)seed;
	search.depth = 0;
	search.cost = 0;
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
		if (d->taken + 1 < d->n && (!d->costs || d->taken != 0 ||
		    d->cost < search.bound)) {
			d->taken++;
			return (true);
		}
	}
	return (false);
}

enum found { FOUND, NONE, GAVE_UP };

/* Is there a schedule with at most `bound` preemptions that fails so? */
static enum found
search_bound(unsigned bound)
{
	enum found found = NONE;

	searching.exhaustive = work.f->exact;
	searching.unfair = work.f->unfair;
	vx.strategy = &searching;
	search.bound = bound;
	search.length = 0;
	do {
		if (exhausted()) {
			found = GAVE_UP;
			break;
		}
		work.f->tried++;
		if (vx_session_run(0) && vx_failure_again(work.f)) {
			vx_tape_drop(&work.f->tape);
			vx_tape_take(&work.f->tape);
			work.f->preemptions = vx.npreemptions;
			work.f->steps = vx.nsteps;
			found = FOUND;
			break;
		}
	} while (search_next());
	vx.strategy = vx_replay(work.f);
	return (found);
}

static void
prove(void)
{
	struct vx_failure *f = work.f;

	f->least = true;
	for (unsigned bound = 0; bound < f->preemptions; bound++) {
		switch (search_bound(bound)) {
		case FOUND:
			reduce();
			return;
		case GAVE_UP:
			f->least = false;
			return;
		case NONE:
			break;
		}
	}
}

void
vx_shrink(struct vx_failure *f)
{
	const struct vx_strategy *strategy = vx.strategy;
	double start = vx_cpu_seconds();

	/* What the watchdog has ended takes its time, each time. */
	if (f->kind == VS_LIVELOCK && f->steps < vx.max_steps)
		return;
	work.f = f;
	work.limit = GREEDY_MAX;
	work.end = start + SECONDS_MAX;
	vx.strategy = vx_replay(work.f);
	reduce();
	work.limit = f->tried + SEARCH_MAX;
	prove();
	vx.strategy = strategy;
	f->shrunk = true;
	f->seconds = vx_cpu_seconds() - start;
}

/* --- fewer threads ------------------------------------------------------- */

static void
remove_thread(struct vs_scenario *s, unsigned i)
{
	for (; i + 1 < VS_SCENARIO_THREADS && s->threads[i].fn != NULL; i++)
		s->threads[i] = s->threads[i + 1];
	s->threads[i].fn = NULL;
}

static void
remove_segments(struct vx_tape *tape, const char *label)
{
	size_t n = 0;

	for (size_t i = 0; i < tape->nsegments; i++)
		if (strcmp(tape->segments[i].label, label) != 0)
			tape->segments[n++] = tape->segments[i];
	tape->nsegments = n;
	join_neighbours(tape);
}

/* Does it fail without the thread, with the same schedule or another? */
static bool
fails_without(const char *name)
{
	struct vx_tape other;

	vx.strategy = vx_replay(work.f);
	vx_tape_copy(&other, &work.f->tape);
	remove_segments(&other, name);
	if (keep_or_drop(&other))
		return (true);
	work.limit = work.f->tried + THREADS_MAX;
	for (unsigned bound = 0; bound <= work.f->preemptions; bound++)
		if (search_bound(bound) == FOUND) {
			reduce();
			return (true);
		}
	return (false);
}

static bool
try_without(unsigned i)
{
	struct vx_failure *f = work.f;
	struct vs_scenario smaller = f->reduced;
	const char *name = smaller.threads[i].name;
	size_t len = strlen(f->without);
	bool fails;

	remove_thread(&smaller, i);
	work.limit = f->tried + GREEDY_MAX;
	if (vx_session_open(&smaller, false) != 0)
		return (false);
	fails = fails_without(name);
	vx_session_close();
	if (!fails)
		return (false);
	f->reduced = smaller;
	snprintf(f->without + len, sizeof(f->without) - len, "%s%s",
	    len > 0 ? " " : "", name);
	return (true);
}

void
vx_shrink_threads(struct vx_failure *f)
{
	double start = vx_cpu_seconds();
	unsigned i = 0;

	work.f = f;
	work.end = start + SECONDS_MAX;
	while (f->reduced.threads[1].fn != NULL && i < VS_SCENARIO_THREADS &&
	    f->reduced.threads[i].fn != NULL)
		if (!try_without(i))
			i++;
	f->seconds += vx_cpu_seconds() - start;
}
