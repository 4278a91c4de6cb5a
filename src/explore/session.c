/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * An exploration from boot to result, see <vnetsim/explore.h>.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/explore.h>

#include "../host/control.h"
#include "engine.h"
#include "session.h"
#include "story.h"
#include "strategy.h"
#include "tape.h"

static const struct vs_scenario *scenario;

/* The scenario's threads, as vs_thread_create() gave them. */
static struct vs_thread *threads[VS_SCENARIO_THREADS];

static bool prepared;		/* there is a snapshot that runs start from */

static const struct vs_explore *how;
static struct vs_explored result;
static struct vx_failure failure;	/* the first one */
static double shrinking;		/* seconds that it took */

/* --- from boot to the snapshot ------------------------------------------- */

static void
add_range(uintptr_t low, uintptr_t high, void *arg)
{
	(void)arg;
	vx_snapshot_add(low, high);
}

static void
create_threads(void)
{
	const char *name;

	for (unsigned i = 0; i < VS_SCENARIO_THREADS &&
	    scenario->threads[i].fn != NULL; i++) {
		name = scenario->threads[i].name;
		vx_gate(name);
		threads[i] = host_kernel->thread_create(scenario->threads[i].fn,
		    scenario->arg, name);
	}
	vx_gate(NULL);
	if (scenario->prepares)
		vx_gate_open();
}

/* The kernel's outcome, or the explorer's verdict. */
static bool
failed(void)
{
	return (host_outcome() != NULL || vx.verdict.kind != VS_CLEAN);
}

/*
 * Everything that can go on goes on, so that a run begins with the threads of
 * the scenario and nothing else.
 */
static bool
prepare(void)
{
	if (scenario->setup != NULL)
		(void)host_kernel->run(scenario->setup, scenario->arg);
	if (failed())
		return (false);
	create_threads();
	vx_settle();
	if (failed() || vx.over)
		return (false);
	vx_arena_mark();
	vx_snapshot_add(VX_ARENA_BASE, VX_ARENA_BASE + vx_arena_used());
	host_image_each(add_range, NULL);
	vx_engine_mark();
	vx_snapshot_take();
	return (true);
}

/* --- runs ---------------------------------------------------------------- */

/* What comes after the threads of the scenario, unless they failed. */
static void
finish(void)
{
	if (vx.verdict.kind != VS_CLEAN || vx.no_exit)
		return;
	for (unsigned i = 0; i < VS_SCENARIO_THREADS &&
	    scenario->threads[i].fn != NULL && !failed(); i++)
		(void)host_kernel->thread_join(threads[i]);
	if (!failed() && scenario->finally != NULL)
		(void)host_kernel->run(scenario->finally, scenario->arg);
	if (vx.trace)
		vx_trace_orders();
	if (!failed() && !scenario->no_shutdown)
		(void)host_kernel->shutdown();
	vx_take_outcome();
}

int
vx_session_open(const struct vs_scenario *s, bool ledger)
{
	struct vs_config config = s->config;
	int error;

	if (host_generation() != 0)
		return (EBUSY);
	scenario = s;
	vx.no_exit = s->no_exit && s->no_shutdown && s->finally == NULL;
	vx_control();
	config.no_ledger = !ledger;
	host_image_register((void *)(uintptr_t)s->threads[0].fn);
	if ((error = host_kernel->boot(&config)) != 0) {
		vx_release();
		return (error);
	}
	vx_watchdog_start();
	prepared = prepare();
	if (!prepared)
		vx_take_outcome();
	return (0);
}

bool
vx_session_run(uint64_t seed)
{
	if (prepared) {
		vx_run(seed);
		if (!vx.abandoned && !vx.brief)
			finish();
	}
	return (vx.verdict.kind != VS_CLEAN);
}

void
vx_session_close(void)
{
	vx_watchdog_stop();
	if (prepared) {
		/* The kernel of the snapshot is still to be shut down. */
		vx_restore();
		vx_snapshot_drop();
	}
	vx_clear_outcome();
	vx_release();
	host_abandon();
	host_signals_release();
}

/* --- exploring ----------------------------------------------------------- */

static uint64_t
stride(void)
{
	return (how->stride != 0 ? how->stride : 1);
}

static void
remember_failure(void)
{
	uint64_t number = how->first;

	if (result.schedules != 0)
		number += (result.schedules - 1) * stride();
	result.failures++;
	if (result.first_failure != 0)
		return;
	result.first_failure = number + 1;
	vx_failure_take(&failure, number);
}

/* Between two runs: the first failure's schedule is made a short one. */
static void
shrink_failure(void)
{
	if (failure.taken && failure.tried == 0 && !how->no_shrink) {
		vx_shrink(&failure);
		shrinking = failure.seconds;
	}
}

static bool
enough(double start)
{
	if (how->schedules != 0 && result.schedules >= how->schedules)
		return (true);
	if (!how->keep_going && result.failures != 0)
		return (true);
	/* The clock is not free. */
	if (((result.schedules + vx.nblocked) & 63) != 0)
		return (false);
	result.seconds = vx_cpu_seconds() - start - shrinking;
	if (how->progress != NULL)
		how->progress(&result, how->progress_arg);
	return (how->seconds != 0 && result.seconds >= how->seconds);
}

static void
explore(void)
{
	const struct vx_strategy *s = vx.strategy;
	double start = vx_cpu_seconds();
	bool more = true;

	vx.cut = vx.loops = false;
	vx.nblocked = 0;
	vx.part = (uint32_t)how->first;
	vx.parts = (uint32_t)stride();
	if (s->open != NULL)
		s->open(how->seed);
	while (more && !enough(start)) {
		if (vx_session_run(vx_schedule_seed(how->seed, how->first +
		    result.schedules++ * stride())) && !vx.abandoned)
			remember_failure();
		if (vx.abandoned)
			result.schedules--;
		if (how->verdict != NULL && !vx.abandoned)
			how->verdict(vx.verdict.kind, vx.verdict.message,
			    vx.npreemptions, how->verdict_arg);
		more = s->end == NULL || s->end(&vx.verdict);
		shrink_failure();
	}
	result.complete = !more && !vx.cut;
	result.blocked = vx.nblocked;
	result.loops = vx.loops;
	result.classes = s->classes ? result.schedules : 0;
	if (s->close != NULL)
		s->close();
	result.seconds = vx_cpu_seconds() - start - shrinking;
}

/* A story needs a run, if only one in which nothing happens. */
static void
take_clean(void)
{
	vx.strategy = vx_strategy_find("pct");
	if (vx_session_open(scenario, false) != 0)
		return;
	if (vx.strategy->open != NULL)
		vx.strategy->open(how->seed);
	(void)vx_session_run(vx_schedule_seed(how->seed, 0));
	vx_failure_take(&failure, how->first);
	if (vx.strategy->close != NULL)
		vx.strategy->close();
	vx_session_close();
}

static void
forget(void)
{
	vx_failure_drop(&failure);
	shrinking = 0;
	memset(&result, 0, sizeof(result));
	result.message = result.thread = result.schedule = result.race = "";
}

const struct vs_explored *
vs_explore(const struct vs_scenario *s, const struct vs_explore *given)
{
	static const struct vs_explore usual;
	int error;

	how = given != NULL ? given : &usual;
	vx.strategy = vx_strategy_find(how->strategy != NULL ? how->strategy :
	    "portfolio");
	vx.accesses = !how->locks_only;
	vx.races = !how->no_races;
	vx.fails = how->fail_nowait;
	vx.pass_races = how->pass_races;
	vx.race_passed[0] = '\0';
	error = vx.strategy == NULL ? EINVAL : vx_session_open(s, false);
	if (error != 0) {
		errno = error;
		return (NULL);
	}
	forget();
	failure.scenario = s;
	failure.how = how;
	if (prepared)
		explore();
	else
		remember_failure();
	vx_session_close();
	if (how->story && !failure.taken)
		take_clean();
	result.race = vx.race_passed;
	if (failure.taken)
		vx_failure_tell(&failure, &result);
	return (&result);
}
