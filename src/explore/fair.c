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
#include "engine.h"

/* What is kept of a thread that has yielded, since it did so last. */
struct window {
	uint16_t	thread;
	uint32_t	since;		/* step */
	struct vx_set	enabled;	/* able to go on all the time */
	struct vx_set	disabled;	/* by the thread itself */
	/* It comes after these: they go first, unless they have since. */
	struct vx_set	after;
	bool		waits;		/* there may be one */
};

bool vx_fair_active;

static struct window windows[VX_THREADS];
static unsigned nwindows;

static bool
set_empty(const struct vx_set *s)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < VX_WORDS; i++)
		all |= s->words[i];
	return (all == 0);
}

static bool
set_meets(const struct vx_set *a, const struct vx_set *b)
{
	uint64_t common = 0;

	for (unsigned i = 0; i < VX_WORDS; i++)
		common |= a->words[i] & b->words[i];
	return (common != 0);
}

/* Threads of the set that have gone on since that step are none of it. */
static void
set_settle(struct vx_set *s, uint32_t since)
{
	uint64_t bits;
	unsigned bit;

	for (unsigned i = 0; i < VX_WORDS; i++)
		for (bits = s->words[i]; bits != 0; bits &= bits - 1) {
			bit = (unsigned)__builtin_ctzll(bits);
			if (vx.threads[i * 64 + bit].last_step > since)
				s->words[i] &= ~((uint64_t)1 << bit);
		}
}

static struct vx_set
set_of_enabled(void)
{
	struct vx_set s = vx.ready;
	const struct vx_thread *alarm = vx_next_alarm();

	if (alarm != NULL)
		vx_set_add(&s, alarm->id);
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
	w->enabled = set_of_enabled();
	w->disabled = (struct vx_set){ { 0 } };
	w->since = vx.nsteps;
}

/* Who could have gone on, or was stopped, and has not gone on, goes first. */
static void
window_close(struct window *w)
{
	for (unsigned i = 0; i < VX_WORDS; i++)
		w->after.words[i] |= w->enabled.words[i] |
		    w->disabled.words[i];
	set_settle(&w->after, w->since);
	vx_set_remove(&w->after, w->thread);
	w->waits = !set_empty(&w->after);
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
	vx_fair_active = true;
	if ((w = window_find(t)) == NULL) {
		w = &windows[nwindows++];
		*w = (struct window){ .thread = t->id };
	} else
		window_close(w);
	window_open(w);
}

void
vx_fair_lost(const struct vx_thread *t)
{
	struct window *w;

	for (w = windows; w < &windows[nwindows]; w++)
		vx_set_remove(&w->enabled, t->id);
	if (vx.current != NULL && (w = window_find(vx.current)) != NULL)
		vx_set_add(&w->disabled, t->id);
}

static void
put_off(unsigned id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < vx.nenabled; i++)
		if (vx.enabled[i] != id)
			vx.enabled[n++] = vx.enabled[i];
	vx.cut |= n != vx.nenabled;
	vx.nenabled = (uint16_t)n;
}

/* Is somebody there who goes first? */
static bool
must_wait(struct window *w)
{
	struct vx_set now;

	set_settle(&w->after, w->since);
	w->waits = !set_empty(&w->after);
	if (!w->waits)
		return (false);
	now = set_of_enabled();
	return (set_meets(&w->after, &now));
}

/* "Comes after" has no cycles, so somebody is left. */
void
vx_fair_filter(void)
{
	for (struct window *w = windows; w < &windows[nwindows]; w++)
		if (w->waits && must_wait(w))
			put_off(w->thread);
}

static uint64_t
set_number(uint64_t number, struct vx_set s, uint32_t since)
{
	set_settle(&s, since);
	for (unsigned i = 0; i <= (vx.nthreads - 1u) / 64; i++)
		number = (number ^ s.words[i]) * 0x9e3779b97f4a7c15ULL;
	return (number ^ number >> 32);
}

uint64_t
vx_fair_state(void)
{
	const struct window *w;
	uint64_t number = 0;

	for (w = windows; vx_fair_active && w < &windows[nwindows]; w++) {
		number = set_number(number + w->thread + 1, w->enabled,
		    w->since);
		number = set_number(number, w->disabled, w->since);
		number = set_number(number, w->after, w->since);
	}
	return (number);
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
