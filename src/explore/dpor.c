/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Exhaustive exploration without executions that differ in the order of
 * independent steps only, see dpor.h.
 *
 * "source" looks for races after each step, and remembers of each node which
 * processes are to be tried there; some executions are given up on the way,
 * for all that could go on are asleep.  "optimal" looks at all races when an
 * execution is over, and remembers whole sequences; none is given up.
 */
#include <stdlib.h>
#include <string.h>

#include "dpor.h"
#include "strategy.h"

static bool optimal;

/* The first `known` steps are those of the last execution, ... */
static int known;
static int at;			/* ... and so many have been taken. */
static bool branch;		/* the node after them is there, too */
static bool running;		/* the last step has not come to its end */
static bool fresh;		/* it is to be told what it does */
static bool begun;		/* the operation that it begins with was seen */
static unsigned nchosen;	/* choices of the step so far */
static bool stuck;		/* all wait, some for what is of this part */

struct race_list {
	struct dp_race	*races;
	size_t		n, max;
};
static struct race_list list;

/* --- races -------------------------------------------------------------------- */

static void
list_add(struct dp_race race)
{
	if (list.n == list.max) {
		list.max = list.max * 2 + 256;
		list.races = realloc(list.races, list.max *
		    sizeof(list.races[0]));
		if (list.races == NULL)
			host_fatal("out of memory for the races of a run");
	}
	list.races[list.n++] = race;
}

/* One of the initials, preferably the one that was seen to race. */
static void
source_race(struct dp_race race)
{
	struct dp_step *s = &dp_steps[race.first];
	dp_set initials = dp_race_initials(race), can;
	dp_set second = DP_BIT(dp_steps[race.second].process);

	if (initials == 0 || (initials & s->backtrack) != 0)
		return;
	can = initials & s->enabled;
	if (can == 0)
		s->backtrack |= s->enabled;
	else if ((can & second) != 0)
		s->backtrack |= second;
	else
		s->backtrack |= can & -can;
}

static void
race_found(struct dp_race race)
{
	if (dp_sampling)
		dp_part_race(race);
	else if (optimal)
		list_add(race);
	else
		source_race(race);
}

static void
step_finish(void)
{
	dp_step_finish();
	for (uint32_t i = 0; i < dp_nraces; i++)
		race_found(dp_races[i]);
}

static void
races_reverse(void)
{
	for (size_t i = 0; i < list.n; i++)
		dp_wake_race(list.races[i]);
	list.n = 0;
}

/* Another part has it, or there was nothing new. */
static void
not_counted(void)
{
	vx.nblocked++;
	vx.abandoned = true;
}

/* --- what did not happen ------------------------------------------------------ */

static bool
is_held(const struct vx_thread *t)
{
	return ((dp_part_held() & DP_BIT(dp_process(t))) != 0);
}

/*
 * A thread that waits at the end may race with what it waits for, and so may
 * the timer with what has stopped it.
 */
static void
pretend(const struct vx_thread *t)
{
	(void)dp_node_new();
	dp_step_pretend(t);
	step_finish();
	if (optimal)
		races_reverse();
	dp_step_drop();
	dp_node_drop();
}

/* All after that step comes without the timer: there is no other race. */
static void
pretend_timer(void)
{
	int stopped;

	(void)dp_node_new();
	if ((stopped = dp_step_pretend_timer()) >= 0) {
		dp_step_finish();
		if (!dp_before(stopped, dp_bases[dp_nsteps - 1]))
			race_found((struct dp_race){ stopped, dp_nsteps - 1 });
		if (optimal)
			races_reverse();
		dp_step_drop();
	}
	dp_node_drop();
}

static void
pretend_waiting(void)
{
	const struct vx_thread *t;

	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
		if (t->state == VX_LIVE && t->op.lock != NULL &&
		    !vx_ready(t) && !is_held(t))
			pretend(t);
	pretend_timer();
}

/*
 * A failure ends the run: all that others could have done comes too late, and
 * must be tried before it.
 */
static void
pretend_others(void)
{
	int failure = dp_nsteps - 1;
	struct dp_step *s = &dp_steps[failure];
	const struct vx_thread *t;

	if (!optimal) {
		s->backtrack |= s->enabled;
		return;
	}
	for (unsigned i = 0; i < vx.nenabled; i++) {
		t = &vx.threads[vx.enabled[i]];
		if (dp_process(t) == s->process ||
		    (s->held & DP_BIT(dp_process(t))) != 0)
			continue;
		(void)dp_node_new();
		dp_step_pretend(t);
		dp_wake_race((struct dp_race){ failure, failure + 1 });
		dp_step_drop();
		dp_node_drop();
	}
}

static void
dpor_stop(void)
{
	bool over = running && fresh, counts;

	if (over)
		step_finish();
	if (optimal)
		races_reverse();
	running = false;
	if (dp_sampling)
		vx.abandoned = true;
	else if (stuck)
		pretend_waiting();
	if (vx.abandoned || !over)
		return;
	counts = dp_part_counts();
	pretend_waiting();
	if (vx.over && vx.nenabled != 0)
		pretend_others();
	if (!counts)
		not_counted();
}

/* --- taking steps ------------------------------------------------------------- */

static void
give_up(void)
{
	vx.nblocked += !dp_sampling;
	dp_node_drop();
	vx_abandon();
}

static unsigned
pick_random(dp_set set)
{
	unsigned n = (unsigned)(dp_part_random() %
	    (unsigned)__builtin_popcountll(set));

	while (n-- > 0)
		set &= set - 1;
	return (dp_first(set));
}

/*
 * Those that have not begun come first: their first steps stay where they are,
 * and are not worked out again in each execution.  Else the thread that runs
 * goes on if it may, which saves switches.
 */
static unsigned
pick_any(const struct dp_step *s)
{
	dp_set can = s->enabled & ~s->sleep & ~s->held;
	unsigned p;

	if (can == 0) {
		stuck = (s->enabled & ~s->held) == 0;
		give_up();
	}
	if (dp_sampling)
		return (pick_random(can));
	for (dp_set new = can & ~DP_BIT(DP_TIMER); new != 0; new &= new - 1)
		if (dp_taken[dp_first(new)] == 0)
			return (dp_first(new));
	if (vx.current != NULL && vx_ready(vx.current)) {
		p = dp_process(vx.current);
		if ((can & DP_BIT(p)) != 0)
			return (p);
	}
	return (dp_first(can));
}

/* What cannot be taken, as somebody else has what it needs, is left out. */
static bool
tree_prune(struct dp_step *s)
{
	struct dp_wake *w;

	while ((w = s->tree) != NULL && (s->enabled & DP_BIT(w->process)) ==
	    0) {
		s->tree = w->next;
		w->next = NULL;
		dp_wake_free(w);
	}
	return (w != NULL);
}

/* Takes the first step of a tree; what is below it comes next. */
static unsigned
pick_tree(struct dp_step *s)
{
	struct dp_wake *w = s->tree;
	unsigned p = w->process;

	s->tree = w->next;
	s->after = w->child;
	s->choices = w->choices;
	s->chosen = w->chosen;
	s->nchoices = w->nchoices;
	dp_wake_drop(w);
	return (p);
}

/* Who waits in a loop goes on if nobody else can. */
static void
hold_spinning(struct dp_step *s)
{
	dp_set spinning = dp_spin_held(s->enabled) & ~s->held;

	if (spinning == 0 || (s->enabled & ~s->held & ~spinning) == 0)
		return;
	vx.cut |= (spinning & DP_BIT(DP_TIMER)) != 0;
	vx.loops |= (spinning & ~DP_BIT(DP_TIMER)) != 0;
	s->enabled &= ~spinning;
	s->held |= spinning;
}

static unsigned
pick_new(void)
{
	struct dp_step *s;
	unsigned p;

	if (running)
		step_finish();
	running = false;
	s = dp_node_new();
	s->enabled = dp_enabled();
	s->held = dp_part_held();
	hold_spinning(s);
	if ((s->enabled & DP_BIT(DP_TIMER)) != 0)
		s->alarm = dp_alarm();
	if (optimal && dp_nsteps > 1) {
		s->tree = s[-1].after;
		s[-1].after = NULL;
		if (s->tree != NULL && !tree_prune(s))
			give_up();
	}
	p = s->tree != NULL ? pick_tree(s) : pick_any(s);
	s->backtrack = DP_BIT(p);
	return (p);
}

static void __attribute__((__noreturn__))
other_way(const struct dp_step *s, const struct vx_thread *t)
{
	host_fatal("step %d of an exploration is another one than before: "
	    "thread %s was to %s, and comes to %s; something that the code "
	    "looks at is not put back between runs", at,
	    s->thread != VX_NOBODY ?
	    vx.threads[s->thread].fiber.thread.name : "(time)",
	    vx_kind_name(s->kind), t != NULL ? vx_kind_name(t->op.kind) :
	    "something that it has to wait for");
}

static void
step_take(void)
{
	at++;
	begun = false;
	running = true;
	nchosen = 0;
}

static unsigned
dpor_forced(void)
{
	const struct dp_step *s = &dp_steps[at];
	const struct vx_thread *t;

	fresh = at >= known;
	if (fresh)
		return (VX_NOBODY);
	step_take();
	t = &vx.threads[s->thread];
	if (!vx_ready(t) && s->process != DP_TIMER)
		other_way(s, NULL);
	return (s->thread);
}

static unsigned
dpor_pick(void)
{
	unsigned p, id;

	/* The first step of a run is not asked for in the other way. */
	fresh = at >= known;
	if (!fresh || (at == known && branch))
		p = dp_steps[at].process;
	else
		p = pick_new();
	step_take();
	id = dp_thread(p);
	if (id == VX_NOBODY)
		other_way(&dp_steps[at - 1], NULL);
	return (id);
}

static void
dpor_perform(struct vx_thread *t)
{
	dp_queue_note(t);
	if (!fresh) {
		if (!begun && dp_steps[at - 1].kind != t->op.kind)
			other_way(&dp_steps[at - 1], t);
	} else if (!begun)
		dp_step_begin(t);
	else
		dp_step_operation(t);
	begun = true;
}

static void
dpor_effect(enum vx_effect what, const struct vx_thread *t)
{
	struct vx_access a = { .size = 1, .space = VX_CLOCK };
	bool deadline;

	if (!fresh || !running)
		return;
	if (what == VX_EFFECT_CLOCK) {
		a.way = VX_CLOCK_READ;
		dp_step_add(&a);
		return;
	}
	deadline = what == VX_EFFECT_PARK || (t->op.kind == VX_RESUME &&
	    !t->token && t->deadline != HOST_NEVER);
	a.way = VX_CLOCK_CHANGE;
	if (deadline)
		dp_step_add(&a);
	a = (struct vx_access){ .object = t->id, .size = 1,
	    .space = VX_TOKEN, .way = what == VX_EFFECT_PARK ? VX_TOKEN_LOOK :
	    t->token ? VX_TOKEN_AGAIN : VX_TOKEN_GIVE };
	dp_step_add(&a);
}

static void
dpor_thread(struct vx_thread *t)
{
	if (fresh && running)
		dp_step_start(t);
}

#define	CHOICES		8		/* of a step */

static unsigned
dpor_choose(enum vx_choice what, unsigned n)
{
	struct dp_step *s = &dp_steps[at - 1];
	unsigned shift = nchosen * 4;

	(void)what;
	if (nchosen == CHOICES || n > 16) {
		vx.cut = true;
		return (0);
	}
	if (nchosen++ == s->nchoices) {
		s->choices |= (uint32_t)(n - 1) << shift;
		s->nchoices++;
		if (dp_sampling)
			s->chosen |= (uint32_t)(dp_part_random() % n) << shift;
	}
	return (s->chosen >> shift & 15);
}

/* --- from one execution to the next -------------------------------------------- */

/* The last choice that can be another one is; false: all have been made. */
static bool
next_choice(struct dp_step *s)
{
	unsigned shift;

	while (s->nchoices > 0) {
		shift = (s->nchoices - 1u) * 4;
		if ((s->chosen >> shift & 15) < (s->choices >> shift & 15)) {
			s->chosen += (uint32_t)1 << shift;
			return (true);
		}
		s->chosen &= ~((uint32_t)15 << shift);
		s->choices &= ~((uint32_t)15 << shift);
		s->nchoices--;
	}
	return (false);
}

/* Is there another step to be taken from this node?  Then it is made ready. */
static bool
next_step(struct dp_step *s)
{
	dp_set can;

	dp_wake_free(s->after);
	s->after = NULL;
	dp_node_tried();
	if (next_choice(s))
		return (true);
	s->done |= DP_BIT(s->process);
	s->sleep |= DP_BIT(s->process);
	if (!optimal) {
		can = s->backtrack & ~s->sleep & s->enabled & ~s->held;
		if (can != 0)
			s->process = (uint8_t)dp_first(can);
		return (can != 0);
	}
	if (!tree_prune(s))
		return (false);
	s->process = (uint8_t)pick_tree(s);
	return (true);
}

static void
drop_all(void)
{
	while (dp_nsteps > 0) {
		dp_step_drop();
		dp_node_drop();
	}
	known = 0;
	branch = false;
}

static bool
dpor_end(const struct vx_verdict *verdict)
{
	(void)verdict;
	if (dp_sampling)
		drop_all();
	while (dp_nsteps > 0) {
		dp_step_drop();
		if (next_step(&dp_steps[dp_nsteps - 1])) {
			known = dp_nsteps - 1;
			branch = true;
			return (true);
		}
		dp_node_drop();
	}
	known = 0;
	branch = false;
	return (dp_part_next());
}

static void
dpor_begin(uint64_t seed)
{
	(void)seed;
	at = 0;
	running = fresh = stuck = false;
	list.n = 0;
}

static void
dpor_close(void)
{
	for (; dp_nsteps > 0; dp_nsteps--) {
		dp_wake_free(dp_steps[dp_nsteps - 1].tree);
		dp_wake_free(dp_steps[dp_nsteps - 1].after);
	}
	dp_part_close();
	dp_trace_close();
}

static void
source_open(uint64_t seed)
{
	(void)seed;
	optimal = branch = false;
	known = 0;
	dp_trace_open();
	dp_part_open(vx.part, vx.parts);
}

static void
optimal_open(uint64_t seed)
{
	source_open(seed);
	optimal = true;
}

#define	DPOR								\
	.exhaustive = true, .accesses_all = true, .unfair = true,	\
	.each_step = true, .classes = true, .parts = true,		\
	.close = dpor_close, .begin = dpor_begin, .pick = dpor_pick,	\
	.forced = dpor_forced, .perform = dpor_perform,			\
	.thread = dpor_thread,						\
	.effect = dpor_effect, .stop = dpor_stop, .choose = dpor_choose, \
	.end = dpor_end

const struct vx_strategy vx_source = {
	.name = "source", .open = source_open, DPOR
};

const struct vx_strategy vx_optimal = {
	.name = "optimal", .open = optimal_open, DPOR
};
