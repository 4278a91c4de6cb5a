/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * How a run ends before its threads do: with a verdict, the first one found,
 * or because a strategy will have no more of it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

void
vx_leave(void)
{
	vx.over = true;
	vx_switch(NULL);
	abort();
}

void
vx_fail(enum vs_kind kind, uintptr_t site, const char *fmt, ...)
{
	struct vx_verdict *v = &vx.verdict;
	va_list ap;

	if (v->kind == VS_CLEAN) {
		v->kind = kind;
		v->site = site;
		va_start(ap, fmt);
		vsnprintf(v->message, sizeof(v->message), fmt, ap);
		va_end(ap);
		if (v->thread[0] == '\0' && vx.current != NULL)
			snprintf(v->thread, sizeof(v->thread), "%s",
			    vx.current->fiber.thread.name);
	}
	if (vx.current == NULL)
		host_fatal("%s", v->message);
	vx_leave();
}

void
vx_abandon(void)
{
	vx.abandoned = true;
	vx_leave();
}

void
vx_take_outcome(void)
{
	const struct vs_outcome *o = host_outcome();
	struct vx_verdict *v = &vx.verdict;

	if (o == NULL || v->kind != VS_CLEAN)
		return;
	v->kind = o->kind;
	snprintf(v->message, sizeof(v->message), "%s", o->message);
	snprintf(v->thread, sizeof(v->thread), "%s", o->thread);
	v->report = o->report != NULL ? strdup(o->report) : NULL;
}

void
vx_clear_outcome(void)
{
	vx.over = vx.abandoned = false;
	free(vx.verdict.report);
	vx.verdict.kind = VS_CLEAN;
	vx.verdict.message[0] = vx.verdict.thread[0] = '\0';
	vx.verdict.site = 0;
	vx.verdict.report = NULL;
}

/* --- words --------------------------------------------------------------- */

size_t
vx_describe_lock(uintptr_t lock, char *buf, size_t size)
{
	enum { HEADER = 2 * sizeof(void *) };

	buf[0] = '\0';
	if (vx_arena_contains(lock) ? vx_arena_state(lock, HEADER) !=
	    VX_MEM_VALID : !host_image_contains((void *)lock) &&
	    !host_fiber_stack_contains((void *)lock))
		return (0);
	return (host_kernel->describe_lock((const void *)lock, buf, size));
}

void
vx_describe(const struct vx_op *op, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s", vx_kind_name(op->kind));
	char lock[96];

	if (op->lock == NULL || len < 0 || (size_t)len >= size ||
	    vx_describe_lock(op->object, lock, sizeof(lock)) == 0)
		return;
	snprintf(buf + len, size - (size_t)len, " of %s", lock);
}

/* --- deadlocks -------------------------------------------------------------- */

static size_t
say_wait(const struct vx_thread *t, char *text, size_t size)
{
	const struct vx_thread *owner = vx_model_owner(t);
	char what[128];

	vx_describe(&t->op, what, sizeof(what));
	if (owner != NULL)
		return ((size_t)snprintf(text, size, " thread %s waits for %s "
		    "held by thread %s;", t->fiber.thread.name, what,
		    owner->fiber.thread.name));
	return ((size_t)snprintf(text, size, " thread %s waits (%s);",
	    t->fiber.thread.name, what));
}

static const char *
name_of(uint32_t event)
{
	return (vx.threads[vx.events[event].thread].fiber.thread.name);
}

/* It is theirs, whoever happened to be the last. */
static void
blame(const char *name)
{
	snprintf(vx.verdict.thread, sizeof(vx.verdict.thread), "%s", name);
}

void
vx_deadlock(void)
{
	char text[VS_MESSAGE_MAX];
	struct vx_lost lost;
	struct vx_thread *t;
	size_t len = 0;

	if (vx_lost_wakeup(&lost)) {
		blame(name_of(lost.wait));
		vx_fail(VS_LOST_WAKEUP, vx.events[lost.wait].op.site,
		    "thread %s sleeps for good: thread %s called (%s) before "
		    "it slept, and after it had looked",
		    name_of(lost.wait), name_of(lost.call),
		    vx_kind_name(vx.events[lost.call].op.kind));
	}
	text[0] = '\0';
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
		if (t->state == VX_LIVE && (t->scenario || t->nheld != 0) &&
		    len < sizeof(text)) {
			len += say_wait(t, text + len, sizeof(text) - len);
			blame(t->fiber.thread.name);
		}
	vx_fail(VS_DEADLOCK, 0, "%s", text + (text[0] == ' '));
}

/* Told from the thread with the lowest id on, whoever came last. */
void
vx_check_cycle(struct vx_thread *t)
{
	char text[VS_MESSAGE_MAX];
	struct vx_thread *o = t, *first = t;
	size_t len = 0;
	unsigned n = 0;

	do {
		if ((o = vx_model_owner(o)) == NULL || n++ > vx.nthreads)
			return;
		if (o->id < first->id)
			first = o;
	} while (o != t);
	o = first;
	do {
		if (len < sizeof(text))
			len += say_wait(o, text + len, sizeof(text) - len);
		o = vx_model_owner(o);
	} while (o != first);
	vx_fail(VS_DEADLOCK, t->op.site, "%s", text + 1);
}

void
vx_stuck(const struct vx_thread *target)
{
	char what[128];

	if (host_outcome() != NULL || vx.verdict.kind != VS_CLEAN)
		return;
	vx_describe(&target->op, what, sizeof(what));
	vx.verdict.kind = VS_DEADLOCK;
	vx.verdict.site = target->op.site;
	blame(target->fiber.thread.name);
	snprintf(vx.verdict.message, sizeof(vx.verdict.message),
	    "outside the run thread %s waits for ever (%s)",
	    target->fiber.thread.name, what);
}
