/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A failure, from the run that found it to what its user is told; and replay,
 * which begins with the latter.
 *
 * What is told comes from a run of its own, in a kernel that was booted with
 * the ledger on: the runs that search keep nothing but the events.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../host/impl.h"
#include "session.h"
#include "strategy.h"
#include "story.h"

/* --- the run that failed ------------------------------------------------- */

static void
take_verdict(struct vx_failure *f)
{
	f->kind = vx.verdict.kind;
	snprintf(f->message, sizeof(f->message), "%s", vx.verdict.message);
	snprintf(f->thread, sizeof(f->thread), "%s", vx.verdict.thread);
	f->preemptions = vx.npreemptions;
	f->steps = vx.nsteps;
	free(f->report);
	f->report = vx.verdict.report != NULL ? strdup(vx.verdict.report) :
	    NULL;
}

void
vx_failure_take(struct vx_failure *f, uint64_t number)
{
	f->taken = true;
	f->seed = vx_schedule_seed(f->how->seed, number);
	f->exact = vx.strategy->exhaustive;
	f->unfair = vx.strategy->unfair;
	f->early = vx.early;
	f->reduced = *f->scenario;
	take_verdict(f);
	vx_tape_take(&f->tape);
	vx_tape_copy(&f->first, &f->tape);
	f->events = vx_again_events();
}

void
vx_failure_drop(struct vx_failure *f)
{
	vx_tape_drop(&f->tape);
	vx_tape_drop(&f->first);
	free(f->events);
	free(f->unlike);
	free(f->needed);
	free(f->schedule);
	free(f->replay);
	free(f->report);
	memset(f, 0, sizeof(*f));
}

/* The next character that is no part of an address. */
static const char *
skip_address(const char *p)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	while (p[0] == '0' && p[1] == 'x')
		p += 2 + strspn(p + 2, hex);
	return (p);
}

static bool
same_message(const char *a, const char *b)
{
	for (;;) {
		a = skip_address(a);
		b = skip_address(b);
		if (*a != *b)
			return (false);
		if (*a == '\0')
			return (true);
		a++;
		b++;
	}
}

bool
vx_failure_again(const struct vx_failure *f)
{
	if (vx.verdict.kind != f->kind)
		return (false);
	switch (f->kind) {
	case VS_LEAK:
		/* What is left is counted and named in more than one way. */
		return (true);
	case VS_LIVELOCK:
		/* A loop is where it happens to be after so many steps. */
		return (strcmp(vx.verdict.thread, f->thread) == 0);
	default:
		return (same_message(vx.verdict.message, f->message));
	}
}

/* --- the run that is told of --------------------------------------------- */

/* Events of the traced run as text, and those that it is checked against. */
static struct {
	FILE		*out;
	const struct vx_record *expected;
	bool		diverged;
	char		text[2 * VS_MESSAGE_MAX];
} traced;

static const char *
expected_event(uint32_t step)
{
	return (step < traced.expected->nevents ?
	    traced.expected->events[step] : "the end of the run");
}

static void __attribute__((__noreturn__))
diverge(uint32_t step, const char *came, uintptr_t site)
{
	char where[128] = "";

	if (site != 0)
		host_symbol((void *)site, where, sizeof(where));
	snprintf(traced.text, sizeof(traced.text), "event %u: expected \"%s\", "
	    "came \"%s\"%s%s", step + 1, expected_event(step), came,
	    where[0] != '\0' ? " in " : "", where);
	traced.diverged = true;
	vx_fail(VS_PANIC, site, "%s", traced.text);
}

static void
trace(struct vx_thread *t)
{
	const struct vx_event *e = &vx.events[vx.nsteps - 1];
	char text[VX_EVENT_TEXT];

	vx_event_text(e, text, sizeof(text));
	if (traced.expected != NULL &&
	    strcmp(text, expected_event(vx.nsteps - 1)) != 0)
		diverge(vx.nsteps - 1, text, e->op.site);
	fprintf(traced.out, "%s\n", text);
	vx_trace_step(t);
}

/* A run that ends too early is no replay either. */
static void
check_end(void)
{
	if (traced.expected == NULL || traced.diverged ||
	    vx.nsteps >= traced.expected->nevents)
		return;
	traced.diverged = true;
	snprintf(traced.text, sizeof(traced.text), "event %u: expected \"%s\", "
	    "came the end of the run (%s%s%s)", vx.nsteps + 1,
	    expected_event(vx.nsteps), vs_kind_name(vx.verdict.kind),
	    vx.verdict.message[0] != '\0' ? ": " : "", vx.verdict.message);
}

/*
 * Runs the schedule in a session of its own.  Returns the events as text, to be
 * freed; NULL and errno if there is no session.
 */
static char *
run_traced(struct vx_failure *f, enum vs_kind kind)
{
	char *events = NULL;
	size_t size;
	int error;

	traced.diverged = false;
	/* Of another failure a race was no part. */
	vx.races = kind == VS_RACE || kind == VS_CLEAN;
	vx.pass_races = false;
	vx_blocks_keep(true);
	vx_trace_begin();
	if ((error = vx_session_open(&f->reduced, true)) != 0) {
		vx_blocks_keep(false);
		vx_trace_end();
		errno = error;
		return (NULL);
	}
	if ((traced.out = open_memstream(&events, &size)) == NULL)
		host_fatal("out of memory for a trace");
	vx.strategy = vx_replay(f);
	vx.trace = true;
	vx_replay_set(&f->tape, trace);
	(void)vx_session_run(0);
	vx_replay_set(NULL, NULL);
	vx.trace = false;
	vx_blocks_keep(false);
	vx_trace_end();
	fclose(traced.out);
	check_end();
	return (events);
}

/* --- telling ------------------------------------------------------------- */

/* While the session of the traced run is open. */
static void
write_report(struct vx_failure *f)
{
	const struct vs_story_text how = { .width = f->how->columns };
	size_t size;
	FILE *out;

	free(f->report);
	f->report = NULL;
	if ((out = open_memstream(&f->report, &size)) == NULL)
		host_fatal("out of memory for a report");
	f->story = vx_story_make(f);
	vs_story_print(f->story, out, &how);
	fclose(out);
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return (n);
}

bool
vs_file_write(const char *path, const char *text)
{
	char temporary[4096];
	FILE *out;
	bool good;

	snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid());
	good = (out = fopen(temporary, "w")) != NULL;
	if (good) {
		good = fputs(text, out) >= 0 && fflush(out) == 0 &&
		    fsync(fileno(out)) == 0;
		good = fclose(out) == 0 && good;
		good = good && rename(temporary, path) == 0;
	}
	if (!good) {
		fprintf(stderr, "vnetsim: cannot write %s: %s\n", path,
		    strerror(errno));
		(void)unlink(temporary);
	}
	return (good);
}

static void
fill_result(struct vx_failure *f, struct vs_explored *result)
{
	size_t size;
	FILE *out = open_memstream(&f->schedule, &size);

	if (out == NULL)
		host_fatal("out of memory for a schedule");
	vx_tape_print(out, &f->tape);
	fclose(out);
	result->kind = f->kind;
	result->message = f->message;
	result->thread = f->thread;
	result->report = f->report;
	result->schedule = f->schedule;
	result->replay = f->replay;
	result->reduced = f->needed;
	result->preemptions = f->preemptions;
	result->steps = f->steps;
	result->shrunk = f->shrunk;
	result->least = f->least;
	result->tried = f->tried;
	result->shrink_seconds = f->seconds;
	result->story = f->how->story ? f->story : NULL;
}

/* The schedule as it was found, if there is a shorter one by now. */
static bool
unshrink(struct vx_failure *f)
{
	if (!f->shrunk)
		return (false);
	vx_tape_drop(&f->tape);
	vx_tape_copy(&f->tape, &f->first);
	f->reduced = *f->scenario;
	f->without[0] = '\0';
	(void)vx_leave_out(f->scenario, f->left_out, false);
	f->left_out[0] = '\0';
	free(f->needed);
	f->needed = NULL;
	f->shrunk = f->least = false;
	f->fewest = 0;
	f->tried = 0;
	return (true);
}

/* Runs it once more, and closes the session.  Has it failed again? */
static bool
tell_once(struct vx_failure *f)
{
	char *events = run_traced(f, f->kind);
	bool again;

	if (events == NULL)
		return (false);
	if ((again = vx_failure_again(f))) {
		take_verdict(f);
		f->replay = vx_record_print(f, events, count_lines(events));
		write_report(f);
	} else if (!f->shrunk)
		vx_again_tell(f);
	vx_session_close();
	free(events);
	return (again);
}

/*
 * The ledger looks at memory, which counts as progress: a schedule that was
 * made short without it may be another one with it.
 */
static void
shrink_with_ledger(struct vx_failure *f)
{
	if (vx_session_open(f->scenario, true) != 0)
		return;
	vx_shrink(f);
	vx_session_close();
}

void
vx_failure_tell(struct vx_failure *f, struct vs_explored *result)
{
	const char *path = f->how->replay_file;

	if (f->shrunk)
		vx_shrink_scenario(f);
	traced.expected = NULL;
	if (!tell_once(f) && unshrink(f)) {
		shrink_with_ledger(f);
		if (!tell_once(f) && unshrink(f))
			(void)tell_once(f);
	}
	(void)vx_leave_out(f->scenario, f->left_out, false);
	fill_result(f, result);
	result->diverged = f->unlike;
	if (path == NULL)
		path = getenv("VNETSIM_REPLAY");
	if (path != NULL && path[0] != '\0' && f->replay != NULL &&
	    f->kind != VS_CLEAN)
		(void)vs_file_write(path, f->replay);
}

/* --- replay -------------------------------------------------------------- */

static struct vx_record record;		/* of the last call */
static struct vx_failure replayed;
static struct vs_explored result;

int
vs_replay_read(const char *text, struct vs_replay_info *info)
{
	vx_record_drop(&record);
	if (!vx_record_parse(&record, text))
		return (EINVAL);
	*info = (struct vs_replay_info){
		.scenario = record.scenario, .module = record.module,
		.entry = record.entry, .profile = record.profile,
		.kernel = record.kernel, .kind = record.kind,
		.message = record.message, .locks_only = record.locks_only,
	};
	return (0);
}

static bool
listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p++)
		if ((p == list || p[-1] == ' ') &&
		    (p[len] == '\0' || p[len] == ' '))
			return (true);
	return (false);
}

static enum vs_kind
recorded_kind(void)
{
	for (int kind = VS_CLEAN; kind <= VS_EXPECTATION; kind++)
		if (strcmp(vs_kind_name((enum vs_kind)kind), record.kind) == 0)
			return ((enum vs_kind)kind);
	return (VS_CLEAN);
}

/* The scenario as it was run: with that profile, without those threads. */
static void
reduce_scenario(struct vs_scenario *s)
{
	unsigned n = 0;

	s->config.profile = record.profile;
	for (unsigned i = 0; i < VS_SCENARIO_THREADS &&
	    s->threads[i].fn != NULL; i++)
		if (!listed(record.without, s->threads[i].name))
			s->threads[n++] = s->threads[i];
	if (n < VS_SCENARIO_THREADS)
		s->threads[n].fn = NULL;
}

static void
explain_divergence(void)
{
	size_t len = strlen(traced.text);

	if (record.image != 0 && record.image != host_image_hash())
		snprintf(traced.text + len, sizeof(traced.text) - len,
		    "; the code is not the one this was recorded with: "
		    "build that again, or explore again");
	else
		snprintf(traced.text + len, sizeof(traced.text) - len,
		    "; the code is the same, so something else than the "
		    "schedule decides: an address, the time, the environment");
}

const struct vs_explored *
vs_replay(const struct vs_scenario *scenario, const char *text,
    const struct vs_explore *how)
{
	static const struct vs_explore usual;
	struct vs_replay_info info;
	char *events;

	if (vs_replay_read(text, &info) != 0) {
		errno = EINVAL;
		return (NULL);
	}
	if (strcmp(info.scenario, scenario->name) != 0) {
		vx_record_refuse("the file was recorded from scenario \"%s\", "
		    "this is \"%s\": give it the one it belongs to",
		    info.scenario, scenario->name);
		errno = EINVAL;
		return (NULL);
	}
	vx_failure_drop(&replayed);
	memset(&result, 0, sizeof(result));
	replayed.scenario = scenario;
	replayed.how = how != NULL ? how : &usual;
	replayed.reduced = *scenario;
	snprintf(replayed.without, sizeof(replayed.without), "%s",
	    record.without);
	reduce_scenario(&replayed.reduced);
	replayed.exact = record.exact;
	replayed.unfair = record.unfair;
	vx.accesses = !record.locks_only;
	vx_tape_copy(&replayed.tape, &record.tape);
	vx.fails = vx_tape_fails(&replayed.tape) ? VX_CHOICES : 0;
	traced.expected = &record;
	if (!vx_leave_out(scenario, record.left_out, true)) {
		vx_record_refuse("the file leaves out operations that the "
		    "scenario has not: it has changed since, explore again");
		errno = EINVAL;
		return (NULL);
	}
	events = run_traced(&replayed, recorded_kind());
	(void)vx_leave_out(scenario, record.left_out, false);
	if (events == NULL) {
		vx_record_refuse("cannot boot: %s", strerror(errno));
		return (NULL);
	}
	take_verdict(&replayed);
	if (traced.diverged)
		explain_divergence();
	else if (replayed.kind != VS_CLEAN || replayed.how->story)
		write_report(&replayed);
	vx_session_close();
	free(events);
	result.schedules = 1;
	fill_result(&replayed, &result);
	if (traced.diverged)
		result.diverged = traced.text;
	else if (result.kind != VS_CLEAN)
		result.first_failure = result.failures = 1;
	return (&result);
}
