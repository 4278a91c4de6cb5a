/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fair scheduling, after CHESS (Musuvathi and Qadeer, PLDI 2008).
 *
 * A thread that yields asks to be put off.  From its second yield on it comes
 * after every thread that could have gone on all the time since its yield
 * before, or that it has itself stopped, and that was not let go on: until
 * that thread has.  So a spin loop cannot keep off for good the thread that it
 * waits for, whatever the strategy prefers, while threads that do not yield
 * are scheduled as freely as ever.  If a run still does not end, then no
 * scheduler would have ended it: it is a livelock.
 */
#include <string.h>

#include "engine.h"

#define	WORDS		(VX_THREADS / 64)

/* A set of threads. */
struct set {
	uint64_t	word[WORDS];
};

/* What is kept of a thread that has yielded, since it did so last. */
struct window {
	uint16_t	thread;
	struct set	enabled;	/* able to go on all the time */
	struct set	scheduled;	/* have gone on */
	struct set	disabled;	/* by the thread itself */
	struct set	after;		/* it comes after these: they go first */
};

bool vx_fair_active;

static struct window windows[VX_THREADS];
static unsigned nwindows;
static struct set enabled;		/* at the last choice */

static void
set_add(struct set *s, unsigned id)
{
	s->word[id / 64] |= (uint64_t)1 << id % 64;
}

static void
set_remove(struct set *s, unsigned id)
{
	s->word[id / 64] &= ~((uint64_t)1 << id % 64);
}

static bool
set_meets(const struct set *a, const struct set *b)
{
	uint64_t common = 0;

	for (unsigned i = 0; i < WORDS; i++)
		common |= a->word[i] & b->word[i];
	return (common != 0);
}

static struct set
set_of_enabled(void)
{
	struct set s = { { 0 } };

	for (unsigned i = 0; i < vx.nenabled; i++)
		set_add(&s, vx.enabled[i]);
	return (s);
}

static struct window *
window_find(const struct vx_thread *t)
{
	for (unsigned i = 0; i < nwindows; i++)
		if (windows[i].thread == t->id)
			return (&windows[i]);
	return (NULL);
}

static void
window_open(struct window *w)
{
	w->enabled = enabled;
	memset(&w->scheduled, 0, sizeof(w->scheduled));
	memset(&w->disabled, 0, sizeof(w->disabled));
}

void
vx_fair_begin(void)
{
	vx_fair_active = false;
	nwindows = 0;
}

/* The first yield only opens the window that the second one looks at. */
void
vx_fair_yield(struct vx_thread *t)
{
	struct window *w;

	if (vx.strategy->yielded != NULL)
		vx.strategy->yielded(t);
	if (vx.strategy->unfair)
		return;
	if (!vx_fair_active) {
		vx_fair_active = true;
		enabled = set_of_enabled();
	}
	if ((w = window_find(t)) == NULL) {
		w = &windows[nwindows++];
		w->thread = t->id;
		memset(&w->after, 0, sizeof(w->after));
	} else
		for (unsigned i = 0; i < WORDS; i++)
			w->after.word[i] |= (w->enabled.word[i] |
			    w->disabled.word[i]) & ~w->scheduled.word[i];
	set_remove(&w->after, t->id);
	window_open(w);
}

static void
window_step(struct window *w, const struct vx_thread *t,
    const struct set *now)
{
	for (unsigned i = 0; i < WORDS; i++) {
		if (w->thread == t->id)
			w->disabled.word[i] |= enabled.word[i] &
			    ~now->word[i];
		w->enabled.word[i] &= now->word[i];
	}
	set_add(&w->scheduled, t->id);
	set_remove(&w->after, t->id);
}

static bool
must_wait(unsigned id, const struct set *now)
{
	const struct window *w = window_find(&vx.threads[id]);

	return (w != NULL && set_meets(&w->after, now));
}

/* "Comes after" has no cycles, so somebody is left. */
void
vx_fair_filter(const struct vx_thread *t)
{
	struct set now = set_of_enabled();
	unsigned n = 0;

	for (unsigned i = 0; i < nwindows; i++)
		window_step(&windows[i], t, &now);
	enabled = now;
	for (unsigned i = 0; i < vx.nenabled; i++)
		if (!must_wait(vx.enabled[i], &now))
			vx.enabled[n++] = vx.enabled[i];
	if (n != vx.nenabled)
		vx.cut = true;
	vx.nenabled = (uint16_t)n;
}

/* --- livelocks ----------------------------------------------------------- */

#define	LOOK_BACK	8192	/* events */

/* Who has done most of late. */
static const struct vx_thread *
busiest(uint32_t from)
{
	uint32_t events[VX_THREADS] = { 0 };
	unsigned most = vx.events[vx.nsteps - 1].thread;

	for (uint32_t i = from; i < vx.nsteps; i++)
		if (++events[vx.events[i].thread] > events[most])
			most = vx.events[i].thread;
	return (&vx.threads[most]);
}

static uint32_t
count_site(const struct vx_thread *t, uint32_t from, uintptr_t site)
{
	uint32_t n = 0;

	for (uint32_t i = from; i < vx.nsteps; i++)
		n += vx.events[i].thread == t->id &&
		    vx.events[i].op.site == site;
	return (n);
}

/* The place it comes by most often: in the loop, and not around it. */
static uintptr_t
loop_site(const struct vx_thread *t, uint32_t from)
{
	uintptr_t site = 0;
	uint32_t n, most = 0, left = 64;

	for (uint32_t i = vx.nsteps; i-- > from && left > 0;) {
		if (vx.events[i].thread != t->id || vx.events[i].op.site == 0)
			continue;
		left--;
		n = count_site(t, from, vx.events[i].op.site);
		if (n > most) {
			most = n;
			site = vx.events[i].op.site;
		}
	}
	return (site);
}

void
vx_fair_livelock(void)
{
	uint32_t from = vx.nsteps > LOOK_BACK ? vx.nsteps - LOOK_BACK : 0;
	const struct vx_thread *t = busiest(from);
	uintptr_t site = loop_site(t, from);
	char text[128];

	host_symbol((const void *)site, text, sizeof(text));
	vx_fail(VS_LIVELOCK, site, "livelock: after %u steps thread %s is "
	    "still in a loop at %s", vx.nsteps, t->fiber.thread.name, text);
}
