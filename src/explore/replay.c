/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Following a schedule.
 *
 * A segment whose thread cannot go on is passed over: in an unchanged
 * schedule that does not happen, and in one that is being shrunk something
 * that fits is done instead, which mostly is what was wanted.
 */
#include "story.h"

static struct vx_tape *tape;
static size_t segment, choice;		/* where we are */
static void (*watcher)(struct vx_thread *);

void
vx_replay_set(struct vx_tape *followed, void (*watch)(struct vx_thread *))
{
	tape = followed;
	watcher = watch;
}

static void
replay_begin(uint64_t seed)
{
	(void)seed;
	segment = choice = 0;
	for (size_t i = 0; i < tape->nsegments; i++)
		tape->segments[i].id = VX_NOBODY;
}

static bool
enabled(unsigned id)
{
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.enabled[i] == id)
			return (true);
	return (false);
}

static bool
gives_way(const struct vx_thread *t)
{
	return ((vx_kinds[t->op.kind].flags & VX_F_YIELD) != 0);
}

/*
 * The one who is there goes on, else the first who can; time passes only when
 * nothing else can happen.
 */
unsigned
vx_replay_default(void)
{
	const struct vx_thread *t = vx.current;
	unsigned start = 0, id;

	if (t != NULL && vx_ready(t) && !gives_way(t) && enabled(t->id))
		return (t->id);
	/* After one who gives way it is the next one's turn. */
	if (t != NULL && gives_way(t))
		while (start < vx.nenabled && vx.enabled[start] <= t->id)
			start++;
	for (unsigned i = 0; i < vx.nenabled; i++) {
		id = vx.enabled[(start + i) % vx.nenabled];
		if (vx_ready(&vx.threads[id]))
			return (id);
	}
	return (vx.enabled[0]);
}

static unsigned
replay_pick(void)
{
	struct vx_segment *s;

	for (; segment < tape->nsegments; segment++) {
		s = &tape->segments[segment];
		if (s->id == VX_NOBODY)
			s->id = (uint16_t)vx_label_find(s->label);
		if (s->id != VX_NOBODY &&
		    vx.threads[s->id].progress < s->upto && enabled(s->id)) {
			vx.threads[s->id].stop_at = s->upto;
			return (s->id);
		}
	}
	if (vx.current != NULL)
		vx.current->stop_at = 0;
	return (vx_replay_default());
}

/* Names are taken before what comes after the run makes others of them. */
static void
replay_stop(void)
{
	if (vx.trace)
		vx_trace_stop();
}

static unsigned
replay_choose(enum vx_choice what, unsigned n)
{
	const struct vx_drawn *d;

	if (choice >= tape->nchoices)
		return (0);
	d = &tape->choices[choice++];
	return (d->what == what && d->taken < n ? d->taken : 0);
}

static void
replay_perform(struct vx_thread *t)
{
	if (watcher != NULL)
		watcher(t);
}

const struct vx_strategy *
vx_replay(const struct vx_failure *f)
{
	static struct vx_strategy follow = {
		.name = "replay",
		.stops = true,
		.begin = replay_begin,
		.pick = replay_pick,
		.perform = replay_perform,
		.choose = replay_choose,
		.stop = replay_stop,
	};

	follow.exhaustive = f->exact;
	follow.unfair = f->unfair;
	return (&follow);
}
