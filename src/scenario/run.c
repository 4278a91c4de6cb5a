/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Threads that do what a file says, under the controlled scheduler or on real
 * threads.
 *
 * What changes while they run is in `run`, in the image of this library:
 * before each schedule of an exploration it is put back with the kernel.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "host.h"
#include "script.h"

/* Written by set-up, then by the threads: atomic. */
static struct {
	const struct vs_script *script;
	int		pids[VS_SCENARIO_THREADS];
	unsigned	prepared;	/* threads that are ready */
} run;

int
script_pid(const char *thread)
{
	const struct vs_script *s = run.script;

	for (unsigned i = 0; s != NULL && i < s->nthreads; i++)
		if (strcmp(s->threads[i].name, thread) == 0)
			return (__atomic_load_n(&run.pids[i],
			    __ATOMIC_ACQUIRE));
	return (0);
}

/* --- statements -------------------------------------------------------- */

static bool
is_right(const struct statement *st, int error)
{
	for (int i = 0; i < st->nresults; i++)
		if (st->results[i] == error)
			return (true);
	return (st->any);
}

/* "ok or ENXIO" */
static void
results_text(const struct statement *st, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < st->nresults && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
		    i == 0 ? "" : " or ", errno_name(st->results[i]));
}

static void
tell(const struct vs_script *s, const struct block *b,
    const struct statement *st, int error)
{
	char text[1024];

	if (s->how == NULL || s->how->print == NULL)
		return;
	snprintf(text, sizeof(text), "%s%s%s\n", st->text, error == 0 ? "" :
	    " -> ", error == 0 ? "" : errno_name(error));
	s->how->print(s->how->arg, b->name, text);
}

/* False: the block ends here. */
static bool
statement_run(const struct vs_script *s, const struct block *b,
    const struct statement *st, struct shell *shell)
{
	char wanted[256];
	int error;

	error = st->kind == DO_CALL ? st->hook->fn() :
	    st->word->run(shell, st->argc, st->argv);
	tell(s, b, st, error);
	if (is_right(st, error))
		return (true);
	if (st->stops)
		return (false);
	results_text(st, wanted, sizeof(wanted));
	vs_fail("%s:%u: %s: %s, not %s", s->path, st->line, st->text,
	    errno_name(error), wanted);
}

/* From one statement to another; loops begin and end between them. */
static void
block_run(const struct vs_script *s, const struct block *b, unsigned from,
    unsigned to, struct shell *shell)
{
	unsigned left[REPEAT_DEPTH] = { 0 }, depth = 0;
	bool settles = b == &s->setup || b == &s->finally;
	const struct statement *st;

	while (from < to) {
		st = &b->statements[from++];
		if (st->kind == DO_REPEAT)
			left[depth++] = st->left_out ? 1 : st->times;
		else if (st->kind == DO_END) {
			if (--left[depth - 1] != 0)
				from = st->partner + 1;
			else
				depth--;
		} else if (!st->left_out) {
			if (!statement_run(s, b, st, shell))
				return;
			/* What the line has set off comes to rest. */
			if (settles)
				vs_jail_settle();
		}
	}
}

/* --- threads ----------------------------------------------------------- */

/* What a line prints, with the thread's name; errors are results. */
struct printer {
	const struct vs_script_run *how;
	const char	*thread;
};

static void
print(void *arg, bool error, const char *text)
{
	const struct printer *p = arg;

	if (!error)
		p->how->print(p->how->arg, p->thread, text);
}

static void
shell_init(struct shell *shell, struct printer *p, const struct vs_script *s,
    const struct block *b)
{
	memset(shell, 0, sizeof(*shell));
	p->how = s->how;
	p->thread = b->name;
	shell->arg = p;
	shell->print = p->how != NULL && p->how->print != NULL ? print : NULL;
}

static void
enter(const struct vs_script *s, const struct block *b)
{
	int error = 0, jid;

	if (b->jail != NULL &&
	    (error = vs_jail_find(b->jail, false, &jid)) == 0)
		error = vs_jail_attach(jid);
	if (error != 0)
		vs_fail("%s:%u: thread %s cannot enter jail %s: %s", s->path,
		    b->line, b->name, b->jail, errno_name(error));
	if (b->uid != 0 && (error = vs_setuid(b->uid)) != 0)
		vs_fail("%s:%u: thread %s cannot become user %u: %s", s->path,
		    b->line, b->name, b->uid, errno_name(error));
}

/* Real threads begin together; the kernel of a dead run holds nobody here. */
static void
begin(const struct vs_script *s)
{
	__atomic_add_fetch(&run.prepared, 1, __ATOMIC_ACQ_REL);
	if (s->how == NULL) {
		vs_scenario_begin();
		return;
	}
	while (__atomic_load_n(&run.prepared, __ATOMIC_ACQUIRE) <
	    s->nthreads && vs_outcome() == NULL)
		sched_yield();
}

static void
thread_run(struct vs_script *s, unsigned i)
{
	const struct block *b = &s->threads[i];
	struct shell shell;
	struct printer p;

	shell_init(&shell, &p, s, b);
	__atomic_store_n(&run.pids[i], vs_getpid(), __ATOMIC_RELEASE);
	enter(s, b);
	block_run(s, b, 0, b->ready, &shell);
	begin(s);
	block_run(s, b, b->ready, b->n, &shell);
}

/* A function for each, because all of them get the same argument. */
#define	THREADS(X)							\
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)				\
	X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)			\
	X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)			\
	X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define	THREAD(n)							\
static void								\
thread_##n(void *arg)							\
{									\
	thread_run(arg, n);						\
}
THREADS(THREAD)
#undef THREAD

_Static_assert(VS_SCENARIO_THREADS == 32, "a function for each thread");

static void (*const threads[VS_SCENARIO_THREADS])(void *) = {
#define	THREAD(n)	thread_##n,
	THREADS(THREAD)
#undef THREAD
};

static void
setup(void *arg)
{
	const struct vs_script *s = arg;
	struct shell shell;
	struct printer p;

	memset(&run, 0, sizeof(run));
	run.script = s;
	shell_init(&shell, &p, s, &s->setup);
	block_run(s, &s->setup, 0, s->setup.n, &shell);
}

static void
finally(void *arg)
{
	const struct vs_script *s = arg;
	struct shell shell;
	struct printer p;

	shell_init(&shell, &p, s, &s->finally);
	vs_jail_settle();
	block_run(s, &s->finally, 0, s->finally.n, &shell);
	forks_join();
}

/* --- as a scenario ----------------------------------------------------- */

void
script_bind(struct vs_script *s)
{
	struct vs_scenario *v = &s->scenario;

	v->name = s->name;
	v->config.modules = s->modules;
	v->config.profile = "fixed";
	v->setup = setup;
	v->finally = finally;
	v->arg = s;
	v->prepares = true;
	for (unsigned i = 0; i < s->nthreads; i++) {
		v->threads[i].name = s->threads[i].name;
		v->threads[i].fn = threads[i];
	}
}

static void
register_hooks(const struct block *b)
{
	const struct vs_hook *hook;

	for (unsigned i = 0; i < b->n; i++)
		if ((hook = b->statements[i].hook) != NULL)
			host_image_register((const void *)(uintptr_t)
			    hook->fn);
}

const struct vs_scenario *
vs_script_scenario(struct vs_script *s, const char *profile)
{
	free(s->profile);
	s->profile = strdup(profile != NULL ? profile : "fixed");
	s->scenario.config.profile = s->profile;
	s->how = NULL;
	register_hooks(&s->setup);
	register_hooks(&s->finally);
	for (unsigned i = 0; i < s->nthreads; i++)
		register_hooks(&s->threads[i]);
	return (&s->scenario);
}

/* --- on real threads --------------------------------------------------- */

/* Ends a run in which threads do not end: nothing else would. */
struct watchdog {
	pthread_t	thread;
	pthread_mutex_t	lock;
	pthread_cond_t	changed;
	bool		over;		/* (l) */
	unsigned	seconds;
};

static void *
watchdog_main(void *arg)
{
	struct watchdog *w = arg;
	struct host_text report = { 0 };
	struct timespec until;
	char message[128];
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += w->seconds;
	pthread_mutex_lock(&w->lock);
	while (!w->over && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&w->changed, &w->lock, &until);
	if (!w->over) {
		snprintf(message, sizeof(message), "a thread of the scenario "
		    "has not ended after %u seconds", w->seconds);
		host_text_add(&report, "%s\n", message);
		host_verdict(VS_DEADLOCK, message, "", report.text);
	}
	pthread_mutex_unlock(&w->lock);
	return (NULL);
}

static bool
watchdog_start(struct watchdog *w, unsigned seconds)
{
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	w->over = false;
	w->seconds = seconds != 0 ? seconds : 30;
	return (pthread_create(&w->thread, NULL, watchdog_main, w) == 0);
}

static void
watchdog_stop(struct watchdog *w)
{
	pthread_mutex_lock(&w->lock);
	w->over = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
}

static void
run_all(struct vs_script *s)
{
	struct vs_thread *v[VS_SCENARIO_THREADS];
	const struct vs_outcome *o;

	o = vs_run(setup, s);
	if (o != NULL)
		return;
	for (unsigned i = 0; i < s->nthreads; i++)
		v[i] = vs_thread_create(threads[i], s, s->threads[i].name);
	for (unsigned i = 0; i < s->nthreads && o == NULL; i++)
		o = vs_thread_join(v[i]);
	if (o == NULL)
		(void)vs_run(finally, s);
}

int
vs_script_run(struct vs_script *s, const struct vs_script_run *how,
    const struct vs_outcome **outcome)
{
	static const struct vs_script_run usual;
	struct vs_config config = { .modules = s->modules };
	struct watchdog w;
	int error;

	s->how = how != NULL ? how : &usual;
	config.profile = s->how->profile;
	config.seed = s->how->seed;
	*outcome = NULL;
	if ((error = vs_boot(&config)) != 0)
		return (error);
	if (!watchdog_start(&w, s->how->seconds))
		host_fatal("cannot start a thread: %s", strerror(errno));
	run_all(s);
	watchdog_stop(&w);
	*outcome = vs_shutdown();
	s->how = NULL;
	return (0);
}
