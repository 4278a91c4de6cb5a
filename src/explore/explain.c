/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a run shows beside its steps: who waits for whom and since when, and
 * what became of the object that broke.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/observe.h>

#include "../host/impl.h"
#include "story.h"

#define	FRAMES		24
#define	LOOK_BACK	64		/* steps before the failure */

unsigned
vx_failed_thread(void)
{
	for (unsigned i = 0; i < vx.nthreads; i++)
		if (vx.threads[i].state != VX_FREE && strcmp(
		    vx.threads[i].fiber.thread.name, vx.verdict.thread) == 0)
			return (i);
	return (VX_NOBODY);
}

/* --- waiting ------------------------------------------------------------- */

static const char *
function_at(uint32_t step)
{
	if (step == 0 || step > vx.nsteps ||
	    vx_story.steps[step - 1].function == NULL)
		return ("?");
	return (vx_story.steps[step - 1].function);
}

static void
print_holds(FILE *out, const struct vx_thread *t)
{
	const struct vx_hold *h;
	char lock[128];

	for (unsigned i = 0; i < t->nheld && i < VX_HELD; i++) {
		h = &t->held[i];
		(void)vx_describe_lock(h->lock->object, lock, sizeof(lock));
		fprintf(out, "  holds %s%s since step %" PRIu32 ", %s\n",
		    lock, h->shared ? " (shared)" : "", h->step,
		    function_at(h->step));
	}
}

/* The step at which it went to sleep, or 0. */
static uint32_t
sleep_step(const struct vx_thread *t)
{
	for (uint32_t i = vx.nsteps; i-- > 0; )
		if (vx.events[i].thread == t->id)
			switch (vx.events[i].op.kind) {
			case VS_OP_SLEEP:
			case VS_OP_CV_WAIT:
				return (i + 1);
			case VX_RESUME:
				return (0);
			}
	return (0);
}

static void
print_wait(FILE *out, const struct vx_thread *t)
{
	const struct vx_thread *owner = vx_model_owner(t);
	uint32_t step;
	char what[192];

	if (vx_ready(t))
		return;
	if (t->op.kind == VX_RESUME) {
		step = sleep_step(t);
		fprintf(out, "  sleeps");
		if (step != 0)
			fprintf(out, " on %s since step %" PRIu32 ", %s",
			    vx_story.steps[step - 1].name, step,
			    function_at(step));
		putc('\n', out);
		return;
	}
	vx_describe(&t->op, what, sizeof(what));
	fprintf(out, "  waits for %s", what);
	if (owner != NULL)
		fprintf(out, ", held by %s since step %" PRIu32,
		    owner->fiber.thread.name, t->op.lock->owner_step);
	putc('\n', out);
}

static void
print_stack(FILE *out, const struct vx_thread *t)
{
	void *frames[FRAMES];
	char text[FRAMES * 128];
	int n = host_fiber_frames(&t->fiber, frames, FRAMES), i;

	for (i = 0; i < n && !host_image_contains(frames[i]); i++)
		;
	host_backtrace_print(frames + i, n - i, text, sizeof(text));
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL; )
		if (line[0] != '\0')
			fprintf(out, "    %s\n", line);
}

static void
print_lost(FILE *out)
{
	struct vx_lost lost;
	char label[VX_LABEL];

	if (vx.verdict.kind != VS_LOST_WAKEUP || !vx_lost_wakeup(&lost))
		return;
	vx_label(vx.events[lost.wait].thread, label);
	fprintf(out, "\nlost wakeup on %s\n", vx_story.steps[lost.wait].name);
	fprintf(out, "  step %" PRIu32 " %s looks whether to wait: %s of %s, "
	    "%s\n", lost.look + 1, label,
	    vx_kind_name(vx.events[lost.look].op.kind),
	    vx_story.steps[lost.look].name, function_at(lost.look + 1));
	fprintf(out, "  step %" PRIu32 " %s sleeps, %s\n", lost.wait + 1,
	    label, function_at(lost.wait + 1));
	vx_label(vx.events[lost.call].thread, label);
	fprintf(out, "  step %" PRIu32 " %s calls, and nobody sleeps: %s\n",
	    lost.call + 1, label, function_at(lost.call + 1));
	fprintf(out, "  what is waited for must be changed, and looked at up "
	    "to the sleep,\n  under one lock\n");
}

/* Of background threads, only those that hold something. */
static bool
concerned(const struct vx_thread *t)
{
	return (t->state == VX_LIVE && (t->scenario || t->nheld != 0));
}

void
vx_waits_print(FILE *out)
{
	char label[VX_LABEL];

	if (vx.verdict.kind == VS_LEAK)
		return;
	print_lost(out);
	for (unsigned id = 0; id < vx.nthreads; id++) {
		const struct vx_thread *t = &vx.threads[id];

		if (!concerned(t))
			continue;
		vx_label(id, label);
		fprintf(out, "\nthread %s\n", label);
		print_wait(out, t);
		print_holds(out, t);
		/* The kernel's report has the stack of who failed. */
		if (!vx_ready(t))
			print_stack(out, t);
	}
}

/* --- the object ---------------------------------------------------------- */

/* Does a count of references lie in this block? */
static bool
has_count(uintptr_t block)
{
	uintptr_t base;
	size_t size;

	for (uint32_t i = 0; i < vx.nsteps; i++)
		if (vx_story.steps[i].counted && vx_arena_block(
		    vx.events[i].op.object, &base, &size) && base == block)
			return (true);
	return (false);
}

static bool
about_object(enum vs_kind kind)
{
	return (kind != VS_LEAK && kind != VS_DEADLOCK &&
	    kind != VS_LIVELOCK && kind != VS_WITNESS &&
	    kind != VS_LOST_WAKEUP && kind != VS_EXPECTATION);
}

/* These name what they are about: nothing needs to be guessed. */
static bool
names_object(enum vs_kind kind)
{
	return (kind == VS_RACE || kind == VS_USE_AFTER_FREE ||
	    kind == VS_OVERRUN);
}

/* The message names it, as the kernel's often do. */
static uintptr_t
named_block(const char *message)
{
	uintptr_t base;
	size_t size;

	for (; (message = strstr(message, "0x")) != NULL; message += 2)
		if (vx_arena_block((uintptr_t)strtoull(message, NULL, 16),
		    &base, &size) && has_count(base))
			return (base);
	return (0);
}

/* Else the last one with a count that the thread has used. */
uintptr_t
vx_broken_block(void)
{
	unsigned failed = vx_failed_thread(), n = 0;
	uintptr_t base;
	size_t size;

	if (!about_object(vx.verdict.kind))
		return (0);
	if ((base = named_block(vx.verdict.message)) != 0 ||
	    names_object(vx.verdict.kind))
		return (base);
	for (uint32_t i = vx.nsteps; i-- > 0 && n < LOOK_BACK; ) {
		const struct vx_event *e = &vx.events[i];

		if (e->thread != failed)
			continue;
		n++;
		if (vx_arena_block(e->op.object, &base, &size) &&
		    has_count(base))
			return (base);
	}
	return (0);
}

/*
 * Finds what the ledger knows of the object in a block; it lies behind the
 * allocator's own header.
 */
static uintptr_t
ledger_find(uintptr_t block, enum vs_object *kind)
{
	for (uintptr_t at = block; at <= block + 64; at += sizeof(void *))
		for (int k = 0; k < VS_OBJECT_COUNT; k++)
			if (vs_ledger_refs((enum vs_object)k,
			    (const void *)at) != 0) {
				*kind = (enum vs_object)k;
				return (at);
			}
	return (0);
}

static void
print_holders(FILE *out, uintptr_t block)
{
	enum vs_object kind;
	char text[4096];
	uintptr_t at = ledger_find(block, &kind);

	if (at == 0)
		return;
	vs_ledger_print(kind, (const void *)at, text, sizeof(text));
	fprintf(out, "%s", text);
}

void
vx_references_print(FILE *out, uintptr_t block)
{
	const struct vx_event *e;
	uintptr_t base;
	size_t size;
	char label[VX_LABEL];

	fprintf(out, "\nreferences of the object at heap+%#" PRIxPTR "\n",
	    block - VX_ARENA_BASE);
	for (uint32_t i = 0; i < vx.nsteps; i++) {
		e = &vx.events[i];
		if (!vx_arena_block(e->op.object, &base, &size) ||
		    base != block || (!vx_story.steps[i].counted &&
		    e->op.kind != VS_OP_FREE))
			continue;
		vx_label(e->thread, label);
		fprintf(out, "  step %" PRIu32 " %s: %s", i + 1, label,
		    vx_kind_name(e->op.kind));
		if (vx_story.steps[i].counted)
			fprintf(out, " of %" PRIu32, vx_story.steps[i].count);
		fprintf(out, ", %s\n", function_at(i + 1));
	}
	print_holders(out, block);
}
