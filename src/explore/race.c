/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Data races: two threads access the same byte, one of them writes, not both
 * are atomic, and neither access happened before the other.
 *
 * Of each granule the accesses are kept that a later one may race with.  One
 * makes another superfluous if it came after it, touches the same bytes, and
 * conflicts with all that the other conflicts with: whatever races with the
 * old one then races with the new one as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shadow.h"

/* --- slots ---------------------------------------------------------------- */

/* Slots that cells had no room for; cleared by each run. */
static struct {
	struct vx_slot	*slots;
	uint32_t	run;
	uint32_t	n, max;
} pool;

static struct vx_slot *
slot_at(struct vx_cell *c, unsigned i)
{
	return (i < VX_SLOTS ? &c->slots[i] :
	    &pool.slots[c->more + i - VX_SLOTS]);
}

static uint32_t
pool_take(unsigned n)
{
	if (pool.run != vx.run) {
		pool.run = vx.run;
		pool.n = 0;
	}
	if (pool.n + n > pool.max) {
		pool.max = pool.max * 2 + 1024;
		pool.slots = realloc(pool.slots,
		    pool.max * sizeof(*pool.slots));
		if (pool.slots == NULL)
			host_fatal("out of memory for the race detector");
	}
	pool.n += n;
	return (pool.n - n);
}

static void
make_room(struct vx_cell *c)
{
	unsigned room = c->room * 2u + 4;
	uint32_t more = pool_take(room);

	memcpy(&pool.slots[more], &pool.slots[c->more],
	    c->room * sizeof(*pool.slots));
	c->more = more;
	c->room = (uint8_t)(room < 250 ? room : 250);
}

/* Word by word: see vx_what(). */
static inline void
slot_copy(struct vx_slot *to, const struct vx_slot *from)
{
	to->what = from->what;
	to->site = from->site;
}

static void
slot_add(struct vx_cell *c, const struct vx_slot *s)
{
	if (c->n == VX_SLOTS + c->room)
		make_room(c);
	slot_copy(slot_at(c, c->n++), s);
}

/* The newest first, where the next access by the same thread finds it. */
static void
slot_add_first(struct vx_cell *c, const struct vx_slot *s)
{
	if (c->n != 0) {
		slot_add(c, &c->slots[0]);
		slot_copy(&c->slots[0], s);
	} else
		slot_add(c, s);
}

/* --- verdicts ------------------------------------------------------------- */

/*
 * What a verdict was about, so that the same schedule, when it is run again
 * for a report, can keep the earlier access's stack and locks.
 */
#define	FRAMES	32
static struct {
	uintptr_t	granule;
	struct vx_slot	slot;
	int		nframes;
	void		*frames[FRAMES];
	char		locks[256];
} first;

static const char *
kind_name(unsigned kind)
{
	static const char *const names[] = {
		"read", "write", "atomic read", "atomic write",
	};

	return ((kind & VX_IS_FREE) != 0 ? "free" : names[kind & 3]);
}

static void
say_locks(const struct vx_thread *t, char *text, size_t size)
{
	unsigned n = t->nheld < VX_HELD ? t->nheld : VX_HELD;
	size_t len = 0;

	text[0] = '\0';
	if (n == 0)
		snprintf(text, size, "no lock");
	for (unsigned i = 0; i < n && len + 32 < size; i++) {
		if (i > 0)
			len += (size_t)snprintf(text + len, size - len, ", ");
		len += vx_describe_lock(t->held[i].lock->object,
		    text + len, size - len);
	}
}

/* The stack from the access on: what announced it is left out. */
static int
capture(void **frames, uintptr_t site)
{
	int n = host_backtrace_capture(frames, FRAMES, 0), i = 0;

	while (i < n && (uintptr_t)frames[i] != site)
		i++;
	if (i == n)
		return (n);
	memmove(frames, frames + i, (size_t)(n - i) * sizeof(*frames));
	return (n - i);
}

/* In a run for a report: is it what the verdict will be about? */
static void
trace(const struct vx_thread *t, uintptr_t granule, const struct vx_slot *s)
{
	if (granule != first.granule || s->thread != first.slot.thread ||
	    s->clock != first.slot.clock || s->site != first.slot.site)
		return;
	first.nframes = capture(first.frames, s->site);
	say_locks(t, first.locks, sizeof(first.locks));
}

static size_t
say_stack(void *const *frames, int n, char *text, size_t size)
{
	return (n > 0 ? host_backtrace_print(frames, n, text, size) : 0);
}

static char *
make_report(const struct vx_thread *t, const struct vx_slot *new)
{
	enum { STACK = 4096 };
	char *text = malloc(2 * STACK + 1024), locks[256];
	void *frames[FRAMES];
	size_t size = 2 * STACK + 1024, len;

	if (text == NULL)
		return (NULL);
	say_locks(t, locks, sizeof(locks));
	len = (size_t)snprintf(text, size, "%s by thread %s, holding %s:\n",
	    kind_name(new->kind), t->fiber.thread.name, locks);
	len += say_stack(frames, capture(frames, new->site), text + len,
	    STACK);
	len += (size_t)snprintf(text + len, size - len,
	    "earlier %s by thread %s, holding %s:\n",
	    kind_name(first.slot.kind),
	    vx.threads[first.slot.thread].fiber.thread.name, first.locks);
	(void)say_stack(first.frames, first.nframes, text + len, STACK);
	return (text);
}

static void
raced(struct vx_thread *t, uintptr_t granule, const struct vx_slot *old,
    const struct vx_slot *new)
{
	char here[128], there[128], text[sizeof(vx.race_passed)];
	uint8_t both = old->mask & new->mask;

	if (vx.pass_races && vx.race_passed[0] != '\0')
		return;
	if (vx.trace && first.granule == granule)
		vx.verdict.report = make_report(t, new);
	first.granule = granule;
	first.slot = *old;
	first.nframes = 0;
	first.locks[0] = '\0';
	(void)host_symbol((void *)new->site, here, sizeof(here));
	(void)host_symbol((void *)old->site, there, sizeof(there));
	snprintf(text, sizeof(text), "%s of %#jx by thread %s in %s races with "
	    "%s by thread %s in %s", kind_name(new->kind),
	    (uintmax_t)(granule + (unsigned)__builtin_ctz(both)),
	    t->fiber.thread.name, here, kind_name(old->kind),
	    vx.threads[old->thread].fiber.thread.name, there);
	if (vx.pass_races)
		memcpy(vx.race_passed, text, sizeof(text));
	else
		vx_fail(VS_RACE, new->site, "%s", text);
}

/* --- accesses ------------------------------------------------------------- */

static bool
conflict(const struct vx_slot *a, const struct vx_slot *b)
{
	return (((a->kind | b->kind) & VX_IS_WRITE) != 0 &&
	    (a->kind & b->kind & VX_IS_ATOMIC) == 0);
}

/* Whatever conflicts with the old conflicts with the new. */
static bool
covers(const struct vx_slot *new, const struct vx_slot *old)
{
	return ((old->kind & VX_IS_WRITE & ~new->kind) == 0 &&
	    (new->kind & VX_IS_ATOMIC & ~old->kind) == 0);
}

/* The thread did as much since it last released anything. */
static bool
nothing_new(struct vx_cell *c, const struct vx_slot *new)
{
	const struct vx_slot *old;

	for (unsigned i = 0; i < c->n; i++) {
		old = slot_at(c, i);
		if (old->thread == new->thread && old->clock == new->clock &&
		    (new->mask & ~(unsigned)old->mask) == 0 &&
		    covers(old, new))
			return (true);
	}
	return (false);
}

/*
 * Nobody but this thread has accessed it, and what it did last is no longer of
 * interest: by far the most accesses.
 */
static bool
alone(const struct vx_cell *c, const struct vx_slot *new)
{
	const struct vx_slot *old = &c->slots[0];

	return (c->n == 0 || (c->n == 1 && old->thread == new->thread &&
	    (old->mask & ~(unsigned)new->mask) == 0 && covers(new, old)));
}

/* Is the old one, in so far as it is of the same bytes, of no more interest? */
static inline bool
superseded(struct vx_thread *t, uintptr_t granule, const struct vx_slot *old,
    const struct vx_slot *new)
{
	if ((old->mask & new->mask) != 0 && old->thread != t->id &&
	    !vx_ordered(t, old->thread, old->clock)) {
		if (conflict(old, new))
			raced(t, granule, old, new);
		return (false);
	}
	return (covers(new, old));
}

static void
compare(struct vx_thread *t, struct vx_cell *c, uintptr_t granule,
    const struct vx_slot *new)
{
	struct vx_slot *old;

	for (unsigned i = 0; i < c->n;) {
		old = slot_at(c, i);
		if (superseded(t, granule, old, new)) {
			old->mask &= (uint8_t)~new->mask;
			if (old->mask == 0) {
				slot_copy(old, slot_at(c, --c->n));
				continue;
			}
		}
		i++;
	}
	slot_add_first(c, new);
}

/* One old access of the same bytes: what threads share mostly looks so. */
static inline bool
compare_one(struct vx_thread *t, struct vx_cell *c, uintptr_t granule,
    const struct vx_slot *new)
{
	if (c->n != 1 || c->slots[0].mask != new->mask)
		return (false);
	if (!superseded(t, granule, &c->slots[0], new)) {
		slot_copy(&c->slots[1], &c->slots[0]);
		c->n = 2;
	}
	slot_copy(&c->slots[0], new);
	return (true);
}

void
vx_race_access(struct vx_thread *t, struct vx_cell *c, uintptr_t granule,
    uint8_t mask, enum vx_access kind, uintptr_t site)
{
	struct vx_slot new = { .what = vx_slot_what(t, mask, kind),
	    .site = site };

	if (c->run != vx.run) {
		c->run = vx.run;
		c->n = c->room = 0;
	}
	if (vx.trace)
		trace(t, granule, &new);
	/* Where races do not matter it is still to be seen at a glance. */
	if (!vx_ordering || alone(c, &new)) {
		c->n = 1;
		slot_copy(&c->slots[0], &new);
		return;
	}
	if (!vx.trace && nothing_new(c, &new))
		return;
	if (!compare_one(t, c, granule, &new))
		compare(t, c, granule, &new);
}
