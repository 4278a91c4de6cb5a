/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * vnetsim explore: the processes that do the work.
 *
 * Job j of J runs the schedules j, j + J, ... of the command's own part; of a
 * tree that is explored exhaustively it takes as many parts of as many.  When
 * one has failed, the others go on until they are past the failing schedule:
 * then the first failure is the one that a single process would have found.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"

/* Shared with the jobs: they write, the command reads. */
struct board {
	_Atomic uint64_t failed;	/* number of a failing schedule; 0 */
	struct {
		_Atomic uint64_t schedules;
		_Atomic uint64_t failures;
		_Atomic uint64_t classes;
	} jobs[EXPLORE_JOBS_MAX];
};

struct job {
	pid_t		pid;
	int		fd;		/* its result comes here; -1: ended */
	char		*text;
	size_t		len;
};

static struct board *board;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* --- in a job ------------------------------------------------------------ */

static struct {
	const struct exploration *x;
	unsigned	number;
	int		fd;
} me;

static void
deliver(const struct vs_explored *e)
{
	json_t *result = explore_result(me.x, e);
	FILE *out = fdopen(me.fd, "w");

	json_dumpf(result, out, JSON_COMPACT);
	fclose(out);
	/* Nothing of the command's is this process's to clean up. */
	_exit(0);
}

static void
lower(_Atomic uint64_t *least, uint64_t value)
{
	uint64_t old = atomic_load(least);

	while ((old == 0 || value < old) &&
	    !atomic_compare_exchange_weak(least, &old, value))
		;
}

static void
job_progress(const struct vs_explored *sofar, void *arg)
{
	uint64_t failed = atomic_load(&board->failed);

	(void)arg;
	atomic_store(&board->jobs[me.number].schedules, sofar->schedules);
	atomic_store(&board->jobs[me.number].failures, sofar->failures);
	atomic_store(&board->jobs[me.number].classes, sofar->classes);
	if (sofar->failures != 0 || failed == 0 || me.x->how.keep_going)
		return;
	/* Past the failure: what comes now is nobody's business. */
	if (me.x->how.first + sofar->schedules * me.x->how.stride >= failed)
		deliver(sofar);
}

/* How many of `total` schedules are number `first`, `first` + `stride`, ... */
static uint64_t
share(uint64_t total, uint64_t first, uint64_t stride)
{
	return (first < total ? (total - first - 1) / stride + 1 : 0);
}

static void __attribute__((__noreturn__))
job_main(struct exploration x, unsigned number, int fd)
{
	const struct vs_explored *e;
	uint64_t total = x.how.schedules;

	x.how.stride = (uint64_t)x.shards * x.jobs;
	x.how.first = (x.shard - 1) + (uint64_t)number * x.shards;
	/* Parts of a tree are not known to be of one size. */
	if (!x.exhaustive)
		x.how.schedules = share(total, x.how.first, x.how.stride);
	x.how.progress = job_progress;
	x.how.replay_file = "";
	me.x = &x;
	me.number = number;
	me.fd = fd;
	if (total != 0 && x.how.schedules == 0) {
		static const struct vs_explored nothing = { .message = "" };

		deliver(&nothing);
	}
	if ((e = vs_explore(&x.scenario, &x.how)) == NULL) {
		fprintf(stderr, "vnetsim explore: cannot boot: %s\n",
		    strerror(errno));
		_exit(EXIT_USAGE);
	}
	if (e->first_failure != 0)
		lower(&board->failed, e->first_failure);
	deliver(e);
	abort();
}

/* --- in the command ------------------------------------------------------ */

static bool
job_start(const struct exploration *x, unsigned number, struct job *job)
{
	int fds[2];

	if (pipe(fds) != 0)
		return (false);
	fflush(NULL);
	if ((job->pid = fork()) == 0) {
		close(fds[0]);
		job_main(*x, number, fds[1]);
	}
	close(fds[1]);
	if (job->pid < 0) {
		close(fds[0]);
		return (false);
	}
	job->fd = fds[0];
	return (true);
}

static void
job_read(struct job *job)
{
	char buf[65536];
	ssize_t n = read(job->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(job->fd);
		job->fd = -1;
		return;
	}
	job->text = realloc(job->text, job->len + (size_t)n);
	if (job->text == NULL)
		abort();
	memcpy(job->text + job->len, buf, (size_t)n);
	job->len += (size_t)n;
}

static void
show_progress(const struct exploration *x, double start)
{
	uint64_t n = 0, failures = 0, classes = 0;
	double seconds = now() - start, rate, left = 0;

	for (unsigned i = 0; i < x->jobs; i++) {
		n += atomic_load(&board->jobs[i].schedules);
		failures += atomic_load(&board->jobs[i].failures);
		classes += atomic_load(&board->jobs[i].classes);
	}
	rate = seconds > 0 ? (double)n / seconds : 0;
	if (x->how.schedules != 0 && rate > 0)
		left = (double)(share(x->how.schedules, x->shard - 1,
		    x->shards) - n) / rate;
	fprintf(stderr, "\r\033[K%" PRIu64 " schedules, %.0f a second", n,
	    rate);
	if (classes != 0)
		fprintf(stderr, ", %" PRIu64 " classes", classes);
	if (failures != 0)
		fprintf(stderr, ", %" PRIu64 " failed", failures);
	if (left > 0)
		fprintf(stderr, ", %.0f s left", left);
	fflush(stderr);
}

/* Until all have ended. */
static void
jobs_watch(const struct exploration *x, struct job *jobs)
{
	bool tty = isatty(STDERR_FILENO) && !x->json;
	struct pollfd fds[EXPLORE_JOBS_MAX];
	double start = now(), next = start + 0.5;
	unsigned open = x->jobs;

	while (open != 0) {
		for (unsigned i = 0; i < x->jobs; i++)
			fds[i] = (struct pollfd){ .fd = jobs[i].fd,
			    .events = POLLIN };
		(void)poll(fds, x->jobs, 500);
		open = 0;
		for (unsigned i = 0; i < x->jobs; i++) {
			if (fds[i].fd >= 0 && fds[i].revents != 0)
				job_read(&jobs[i]);
			open += jobs[i].fd >= 0;
		}
		if (tty && now() >= next) {
			show_progress(x, start);
			next = now() + 0.5;
		}
	}
	if (tty)
		fprintf(stderr, "\r\033[K");
}

/* A job that died has a result, too. */
static json_t *
job_crashed(const struct exploration *x, unsigned number, int status)
{
	char message[256];
	struct vs_explored e = {
		.kind = VS_SIGNAL,
		.message = message,
		.failures = 1,
	};

	e.schedules = atomic_load(&board->jobs[number].schedules) + 1;
	e.first_failure = x->shard + number * x->shards +
	    (e.schedules - 1) * x->shards * x->jobs;
	if (WTERMSIG(status) == SIGABRT)
		snprintf(message, sizeof(message), "a job gave up soon after "
		    "schedule %" PRIu64 ", and has said why", e.first_failure);
	else
		snprintf(message, sizeof(message), "a job was ended by signal "
		    "%d (%s) soon after schedule %" PRIu64 ": memory of the "
		    "explorer was overwritten; run the scenario in a build "
		    "with AddressSanitizer", WTERMSIG(status),
		    strsignal(WTERMSIG(status)), e.first_failure);
	return (explore_result(x, &e));
}

static json_t *
job_result(const struct exploration *x, unsigned number, struct job *job)
{
	json_t *result = NULL;
	int status;

	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		result = job_crashed(x, number, status);
	else if (WEXITSTATUS(status) == 0)
		result = json_loadb(job->text, job->len, 0, NULL);
	free(job->text);
	return (result);
}

json_t *
explore_run(const struct exploration *x)
{
	struct job jobs[EXPLORE_JOBS_MAX];
	json_t *sum = NULL, *part;
	bool good = true;
	double start = now();

	memset(jobs, 0, sizeof(jobs));
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		abort();
	for (unsigned i = 0; i < x->jobs; i++)
		if (!job_start(x, i, &jobs[i])) {
			fprintf(stderr, "vnetsim explore: cannot start a "
			    "job: %s\n", strerror(errno));
			exit(EXIT_USAGE);
		}
	jobs_watch(x, jobs);
	for (unsigned i = 0; i < x->jobs; i++) {
		if ((part = job_result(x, i, &jobs[i])) == NULL) {
			good = false;
			continue;
		}
		if (sum == NULL)
			sum = json_incref(part);
		else
			explore_result_add(sum, part);
		json_decref(part);
	}
	munmap(board, sizeof(*board));
	if (!good || sum == NULL) {
		json_decref(sum);
		return (NULL);
	}
	json_object_set_new(sum, "seconds", json_real(now() - start));
	return (sum);
}
