/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lost wakeups.
 *
 * A thread looks whether it has to wait, and then sleeps.  If whoever makes
 * the condition true can call it in between, nobody is there to be called, and
 * the thread sleeps for good.  So, where nothing goes on any more: a sleeper,
 * and a call on its channel that met no sleeper, shortly before its sleep.
 *
 * Where it looked cannot be seen.  It looks under a lock, if it looks well:
 * under the one that it sleeps with, or, which is the usual mistake, under
 * one that it took and released before that.
 */
#include "engine.h"

#define	LOOKS		2	/* acquisitions before a sleep */

static bool
is_sleep(const struct vx_op *op)
{
	return (op->kind == VS_OP_SLEEP || op->kind == VS_OP_CV_WAIT);
}

static bool
is_call(const struct vx_op *op)
{
	switch (op->kind) {
	case VS_OP_WAKEUP:
	case VS_OP_WAKEUP_ONE:
	case VS_OP_CV_SIGNAL:
	case VS_OP_CV_BROADCAST:
		return (true);
	default:
		return (false);
	}
}

/* Where a thread took a lock, or began: what it saw before is old. */
static bool
is_look(const struct vx_op *op)
{
	unsigned flags = vx_kinds[op->kind].flags;

	return (op->kind == VX_BEGIN ||
	    ((flags & VX_F_LOCK) != 0 && (flags & VX_F_ACQUIRE) != 0));
}

/* Does anybody sleep on the channel when event `at` happens? */
static bool
met_sleeper(uint32_t at)
{
	uintptr_t channel = vx.events[at].op.object;
	bool asleep[VX_THREADS] = { false };
	const struct vx_event *e;

	for (uint32_t i = 0; i < at; i++) {
		e = &vx.events[i];
		if (is_sleep(&e->op))
			asleep[e->thread] = e->op.object == channel;
		else if (e->op.kind == VX_RESUME)
			asleep[e->thread] = false;
	}
	for (unsigned i = 0; i < vx.nthreads; i++)
		if (asleep[i])
			return (true);
	return (false);
}

/* The thread's last sleep, unless it has been woken. */
static bool
find_sleep(const struct vx_thread *t, struct vx_lost *lost)
{
	for (uint32_t i = vx.nsteps; i-- > 0; ) {
		if (vx.events[i].thread != t->id)
			continue;
		if (vx.events[i].op.kind == VX_RESUME)
			return (false);
		if (is_sleep(&vx.events[i].op)) {
			lost->wait = i;
			return (true);
		}
	}
	return (false);
}

/* A call after the sleeper's last looks. */
static bool
find_call(const struct vx_thread *t, struct vx_lost *lost)
{
	uintptr_t channel = vx.events[lost->wait].op.object;
	const struct vx_event *e;
	unsigned looks = 0;
	bool called = false;

	for (uint32_t i = lost->wait; i-- > 0 && looks < LOOKS; ) {
		e = &vx.events[i];
		if (e->thread != t->id) {
			if (!called && is_call(&e->op) &&
			    e->op.object == channel && !met_sleeper(i)) {
				called = true;
				lost->call = i;
			}
		} else if (is_look(&e->op)) {
			looks++;
			lost->look = i;
			if (called)
				return (true);
		}
	}
	return (false);
}

bool
vx_lost_wakeup(struct vx_lost *lost)
{
	for (unsigned id = 0; id < vx.nthreads; id++) {
		const struct vx_thread *t = &vx.threads[id];

		if (t->state == VX_LIVE && t->scenario &&
		    t->op.kind == VX_RESUME && !t->token &&
		    find_sleep(t, lost) && find_call(t, lost))
			return (true);
	}
	return (false);
}
