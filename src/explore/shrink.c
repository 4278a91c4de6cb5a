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

#include "search.h"
#include "session.h"

#define	GREEDY_MAX	20000		/* runs of the greedy part */
#define	SEARCH_MAX	20000		/* runs of a search */
#define	THREADS_MAX	500		/* the same, without a thread */
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

/* A schedule with at most `bound` preemptions takes the failure's place. */
static enum vx_found
search_bound(unsigned bound)
{
	struct vx_failure *f = work.f;
	enum vx_found found = vx_search(f, bound, exhausted);

	if (found == VX_FOUND) {
		vx_tape_drop(&f->tape);
		vx_tape_take(&f->tape);
		f->preemptions = vx.npreemptions;
		f->steps = vx.nsteps;
	}
	return (found);
}

static void
prove(void)
{
	struct vx_failure *f = work.f;

	f->least = true;
	for (unsigned bound = 0; bound < f->preemptions; bound++) {
		switch (search_bound(bound)) {
		case VX_FOUND:
			reduce();
			return;
		case VX_GAVE_UP:
			f->least = false;
			return;
		case VX_NONE:
			f->fewest = bound + 1;
			break;
		}
	}
}

/* With its own schedule, to begin with? */
static bool
comes_again(void)
{
	work.f->tried++;
	vx_replay_set(&work.f->tape, NULL);
	if (!vx_session_run(0) || !vx_failure_again(work.f))
		return (false);
	/* Strategies that force steps do not count them. */
	work.f->preemptions = vx.npreemptions;
	work.f->steps = vx.nsteps;
	return (true);
}

void
vx_shrink(struct vx_failure *f)
{
	const struct vx_strategy *strategy = vx.strategy;
	bool races = vx.races;
	double start = vx_cpu_seconds();

	/* What the watchdog has ended takes its time, each time. */
	if (f->kind == VS_LIVELOCK && f->steps < vx.max_steps)
		return;
	work.f = f;
	work.limit = GREEDY_MAX;
	work.end = start + SECONDS_MAX;
	vx.races = f->kind == VS_RACE;
	vx.strategy = vx_replay(work.f);
	if (!comes_again()) {
		vx.strategy = strategy;
		vx.races = races;
		return;
	}
	reduce();
	work.limit = f->tried + SEARCH_MAX;
	vx_search_open();
	prove();
	vx_search_close();
	vx.strategy = strategy;
	vx.races = races;
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

/* With the same schedule, or another that costs no more? */
static bool
fails_somehow(const char *name)
{
	struct vx_tape other;

	vx.strategy = vx_replay(work.f);
	vx_tape_copy(&other, &work.f->tape);
	if (name != NULL)
		remove_segments(&other, name);
	return (keep_or_drop(&other) ||
	    search_bound(work.f->preemptions) == VX_FOUND);
}

static bool
fails_with_fewer(unsigned preemptions)
{
	for (unsigned bound = 0; bound < preemptions; bound++)
		if (vx_search(work.f, bound, exhausted) == VX_FOUND)
			return (true);
	return (false);
}

/*
 * Does it fail without the thread (or, if NULL, what is left out)?  If fewer
 * preemptions are enough then, it is another story: something is missed that
 * was to be done.
 */
static bool
fails_without(const char *name)
{
	struct vx_failure *f = work.f;
	unsigned preemptions = f->preemptions, steps = f->steps;
	struct vx_tape before;

	vx_tape_copy(&before, &f->tape);
	work.limit = f->tried + THREADS_MAX;
	if (fails_somehow(name) && f->preemptions == preemptions &&
	    !fails_with_fewer(preemptions)) {
		vx_tape_drop(&before);
		vx.strategy = vx_replay(f);
		reduce();
		return (true);
	}
	vx_tape_drop(&f->tape);
	f->tape = before;
	f->preemptions = preemptions;
	f->steps = steps;
	return (false);
}

/* A thread that the failure's text tells of is needed. */
static bool
is_named(const struct vx_failure *f, const char *name)
{
	size_t len = strlen(name);

	if (strcmp(f->thread, name) == 0)
		return (true);
	for (const char *p = f->message; (p = strstr(p, name)) != NULL; p++)
		if ((p == f->message || p[-1] == ' ') && (p[len] == ' ' ||
		    p[len] == ';' || p[len] == '\0'))
			return (true);
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

	if (is_named(f, name))
		return (false);
	remove_thread(&smaller, i);
	work.limit = f->tried + GREEDY_MAX;
	if (vx_session_open(&smaller, false) != 0)
		return (false);
	vx_search_open();
	fails = fails_without(name);
	vx_search_close();
	vx_session_close();
	if (!fails)
		return (false);
	f->reduced = smaller;
	snprintf(f->without + len, sizeof(f->without) - len, "%s%s",
	    len > 0 ? " " : "", name);
	return (true);
}

static void
shrink_threads(void)
{
	struct vx_failure *f = work.f;
	unsigned i = 0;

	/* What is looked at afterwards may be what a thread was to do. */
	if (!f->early)
		return;
	while (f->reduced.threads[1].fn != NULL && i < VS_SCENARIO_THREADS &&
	    f->reduced.threads[i].fn != NULL)
		if (!try_without(i))
			i++;
}

/* --- fewer operations ---------------------------------------------------- */

bool
vx_leave_out(const struct vs_scenario *s, const char *list, bool out)
{
	char *end;
	unsigned long i;

	for (; *list != '\0'; list = end) {
		i = strtoul(list, &end, 10);
		if (end == list || s->operations == NULL ||
		    i >= s->operations->n)
			return (false);
		s->operations->leave_out(s->arg, (unsigned)i, out);
	}
	return (true);
}

static bool
try_without_operation(unsigned i)
{
	struct vx_failure *f = work.f;
	const struct vs_operations *o = f->reduced.operations;
	size_t len = strlen(f->left_out);
	bool fails = false;

	if (len + 12 > sizeof(f->left_out))
		return (false);
	work.limit = f->tried + GREEDY_MAX;
	o->leave_out(f->reduced.arg, i, true);
	if (vx_session_open(&f->reduced, false) == 0) {
		vx_search_open();
		fails = fails_without(NULL);
		vx_search_close();
		vx_session_close();
	}
	if (fails)
		snprintf(f->left_out + len, sizeof(f->left_out) - len, "%s%u",
		    len > 0 ? " " : "", i);
	else
		o->leave_out(f->reduced.arg, i, false);
	return (fails);
}

/*
 * Where no preemption is needed, and something is found to be otherwise than
 * expected, or left afterwards, that may well be for what is left out.
 */
static void
shrink_operations(void)
{
	const struct vx_failure *f = work.f;
	const struct vs_operations *o = f->scenario->operations;

	if (o == NULL || (f->preemptions == 0 && (!f->early ||
	    f->kind == VS_EXPECTATION)))
		return;
	for (unsigned i = o->n; i-- > 0 && vx_cpu_seconds() < work.end;)
		(void)try_without_operation(i);
	/* Threads that have little left to do are easier to do without. */
	if (f->left_out[0] != '\0')
		shrink_threads();
}

void
vx_shrink_scenario(struct vx_failure *f)
{
	double start = vx_cpu_seconds();

	vx.races = f->kind == VS_RACE;
	work.f = f;
	work.end = start + SECONDS_MAX;
	shrink_threads();
	shrink_operations();
	f->seconds += vx_cpu_seconds() - start;
	if (f->scenario->operations != NULL && (f->left_out[0] != '\0' ||
	    f->without[0] != '\0'))
		f->needed = f->scenario->operations->text(f->reduced.arg,
		    f->without);
}
