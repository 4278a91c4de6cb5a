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
#include <time.h>

#include <vnetsim/explore.h>

#include "../host/control.h"
#include "engine.h"
#include "strategy.h"

/* The scenario's threads, as vs_thread_create() gave them. */
static struct vs_thread *threads[VS_SCENARIO_THREADS];

static struct vs_explored result;
static char message[VS_MESSAGE_MAX];
static char *report;

/* --- from boot to the snapshot ----------------------------------------------- */

static void
add_range(uintptr_t low, uintptr_t high, void *arg)
{
	(void)arg;
	vx_snapshot_add(low, high);
}

static void
create_threads(const struct vs_scenario *scenario)
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
}

/*
 * Everything that can go on goes on, so that a run begins with the threads of
 * the scenario and nothing else.
 */
static bool
prepare(const struct vs_scenario *scenario)
{
	if (scenario->setup != NULL &&
	    host_kernel->run(scenario->setup, scenario->arg) != NULL)
		return (false);
	create_threads(scenario);
	(void)vx_drive(NULL);
	if (host_outcome() != NULL || vx.over)
		return (false);
	vx_arena_mark();
	vx_snapshot_add(VX_ARENA_BASE, VX_ARENA_BASE + vx_arena_used());
	host_image_each(add_range, NULL);
	vx_engine_mark();
	vx_snapshot_take();
	return (true);
}

/* --- runs --------------------------------------------------------------------- */

/* What comes after the threads of the scenario, unless they failed. */
static void
finish(const struct vs_scenario *scenario)
{
	const struct vs_outcome *o = NULL;

	if (vx.verdict.kind != VS_CLEAN)
		return;
	for (unsigned i = 0; i < VS_SCENARIO_THREADS &&
	    scenario->threads[i].fn != NULL && o == NULL; i++)
		o = host_kernel->thread_join(threads[i]);
	if (o == NULL && scenario->finally != NULL)
		o = host_kernel->run(scenario->finally, scenario->arg);
	if (o == NULL && !scenario->no_shutdown)
		o = host_kernel->shutdown();
	vx_take_outcome();
}

static void
remember_failure(void)
{
	result.failures++;
	if (result.first_failure != 0)
		return;
	result.first_failure = result.schedules;
	result.kind = vx.verdict.kind;
	snprintf(message, sizeof(message), "%s", vx.verdict.message);
	report = vx.verdict.report;
	vx.verdict.report = NULL;
	result.report = report;
}

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static bool
enough(const struct vs_explore *how, double start)
{
	if (how->schedules != 0 && result.schedules >= how->schedules)
		return (true);
	if (!how->keep_going && result.failures != 0)
		return (true);
	/* The clock is not free. */
	return (how->seconds != 0 && (result.schedules & 63) == 0 &&
	    cpu_seconds() - start >= how->seconds);
}

static void
explore(const struct vs_scenario *scenario, const struct vs_explore *how)
{
	const struct vx_strategy *s = vx.strategy;
	double start = cpu_seconds();

	vx.cut = false;
	if (s->open != NULL)
		s->open(how->seed);
	while (!enough(how, start)) {
		vx_run(how->seed + result.schedules);
		finish(scenario);
		result.schedules++;
		if (vx.verdict.kind != VS_CLEAN)
			remember_failure();
		if (s->end != NULL && !s->end(&vx.verdict)) {
			result.complete = !vx.cut;
			break;
		}
	}
	if (s->close != NULL)
		s->close();
	result.seconds = cpu_seconds() - start;
}

const struct vs_explored *
vs_explore(const struct vs_scenario *scenario, const struct vs_explore *how)
{
	static const struct vs_explore usual;
	struct vs_config config = scenario->config;
	int error;

	if (how == NULL)
		how = &usual;
	vx.strategy = vx_strategy_find(how->strategy != NULL ? how->strategy :
	    "portfolio");
	if (vx.strategy == NULL || host_generation() != 0) {
		errno = vx.strategy == NULL ? EINVAL : EBUSY;
		return (NULL);
	}
	free(report);
	report = NULL;
	memset(&result, 0, sizeof(result));
	message[0] = '\0';
	result.message = message;

	vx_control();
	config.no_ledger = true;
	host_image_register((void *)(uintptr_t)scenario->threads[0].fn);
	if ((error = host_kernel->boot(&config)) != 0) {
		vx_release();
		errno = error;
		return (NULL);
	}
	if (prepare(scenario)) {
		explore(scenario, how);
		/* The kernel of the snapshot is still to be shut down. */
		vx_restore();
		vx_snapshot_drop();
	} else {
		vx_take_outcome();
		remember_failure();
	}
	vx_release();
	host_abandon();
	host_signals_release();
	return (&result);
}
