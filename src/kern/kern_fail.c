/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fail points, fail(9).
 *
 * Points are evaluated in any context and set by host threads too, so what
 * guards them is a spin lock of the simplest kind, and their memory comes
 * straight from the host.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/callout.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include <vnetsim/fail.h>

#include <stdio.h>

#include "fail_var.h"
#include "host.h"
#include "waitq.h"

#define	RECHECK		100000000	/* ns between looks at the outcome */

/* A thread in vs_fail_point_wait(), on its stack.  Lock: (f) fail_lock. */
struct fail_waiter {
	LIST_ENTRY(fail_waiter) fw_link;	/* (f) */
	struct host_thread *fw_host;
};

static int fail_lock;
static LIST_HEAD(, fail_point) points = LIST_HEAD_INITIALIZER(points);
static LIST_HEAD(, fail_waiter) waiters = LIST_HEAD_INITIALIZER(waiters);

static void
fail_enter(void)
{
	while (__atomic_exchange_n(&fail_lock, 1, __ATOMIC_ACQUIRE) != 0)
		host_yield();
}

static void
fail_exit(void)
{
	__atomic_store_n(&fail_lock, 0, __ATOMIC_RELEASE);
}

/* --- points --------------------------------------------------------------- */

/* A point of the test program may still be as a panic has left it. */
void
fail_point_register(void *arg)
{
	struct fail_point *fp = arg;

	fp->fp_setting = NULL;
	fp->fp_paused = fp->fp_sleeping = fp->fp_users = 0;
	callout_init(&fp->fp_callout, 1);
	fail_enter();
	LIST_INSERT_HEAD(&points, fp, fp_link);
	fail_exit();
}

void
fail_point_init(struct fail_point *fp, const char *fmt, ...)
{
	va_list ap;
	char *name;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	name = host_alloc(len + 1);
	va_start(ap, fmt);
	vsnprintf(name, len + 1, fmt, ap);
	va_end(ap);
	memset(fp, 0, sizeof(*fp));
	fp->fp_name = name;
	fp->fp_location = "";
	fp->fp_flags = FAIL_POINT_DYNAMIC_NAME;
	fail_point_register(fp);
}

static void
setting_drop(struct fail_point_setting *fs)
{
	bool last;

	if (fs == NULL)
		return;
	fail_enter();
	last = --fs->fs_refs == 0;
	fail_exit();
	if (last)
		host_free(fs);
}

/*
 * Puts a setting, NULL for off, in place of the one there is.  `release` sends
 * the paused threads on; they do not count as paused any more.
 */
static void
point_set(struct fail_point *fp, struct fail_point_setting *fs, bool release)
{
	struct fail_point_setting *old;

	fail_enter();
	old = fp->fp_setting;
	__atomic_store_n(&fp->fp_setting, fs, __ATOMIC_RELEASE);
	if (release) {
		fp->fp_paused = 0;
		__atomic_store_n(&fp->fp_released, fp->fp_released + 1,
		    __ATOMIC_RELEASE);
	}
	fail_exit();
	setting_drop(old);
	waitq_lock(fp);
	if (release)
		(void)waitq_wake_all(fp, WAITQ_EXCLUSIVE);
	waitq_unlock(fp);
}

void
fail_point_unregister(void *arg)
{
	struct fail_point *fp = arg;

	point_set(fp, NULL, true);
	if ((fp->fp_flags & FAIL_POINT_USE_TIMEOUT_PATH) != 0)
		(void)callout_drain(&fp->fp_callout);
	fail_enter();
	LIST_REMOVE(fp, fp_link);
	while (fp->fp_users != 0) {
		fail_exit();
		host_yield();
		fail_enter();
	}
	fail_exit();
}

void
fail_point_destroy(struct fail_point *fp)
{
	fail_point_unregister(fp);
	if ((fp->fp_flags & FAIL_POINT_DYNAMIC_NAME) != 0)
		host_free(__DECONST(char *, fp->fp_name));
}

/* --- actions -------------------------------------------------------------- */

/* Waits on `chan`; bounded, as spinning would be, where sleeping is barred. */
static void
point_sleep(struct fail_point *fp, const void *chan, unsigned released,
    int64_t deadline)
{
	struct waitq_how how = {
		.kind = (fp->fp_flags & FAIL_POINT_NONSLEEPABLE) != 0 ?
		    WAITQ_SPIN : WAITQ_SLEEP,
		.wmesg = "failpt",
		.deadline = deadline
	};
	bool wait;

	waitq_lock(chan);
	wait = chan != fp || __atomic_load_n(&fp->fp_released,
	    __ATOMIC_ACQUIRE) == released;
	if (wait)
		waitq_add(chan, WAITQ_EXCLUSIVE, &how);
	waitq_unlock(chan);
	if (wait)
		(void)waitq_wait(&how);
}

/* Tells those who wait for a thread to arrive. */
static void
waiters_wake(void)
{
	struct fail_waiter *fw;

	LIST_FOREACH(fw, &waiters, fw_link)
		host_unpark(fw->fw_host);
}

/* The thread counts as paused before it sleeps, but can no longer be missed. */
static void
act_pause(struct fail_point *fp, const struct fail_point_setting *fs)
{
	unsigned released;
	bool stale;

	fail_enter();
	/* It may have been set to something else since the draw. */
	stale = fp->fp_setting != fs;
	released = fp->fp_released;
	if (!stale) {
		fp->fp_paused++;
		waiters_wake();
	}
	fail_exit();
	while (!stale) {
		point_sleep(fp, fp, released, WAITQ_FOREVER);
		stale = __atomic_load_n(&fp->fp_released, __ATOMIC_ACQUIRE) !=
		    released;
	}
}

static void
act_delay(int64_t ns)
{
	int64_t end = host_clock() + ns;

	while (host_clock() < end)
		host_yield();
}

static void
act_sleep(struct fail_point *fp, int ms)
{
	int64_t ns = (int64_t)ms * 1000000;
	int chan;

	fail_enter();
	fp->fp_sleeping++;
	fail_exit();
	if (ns <= 0)
		;
	else if ((fp->fp_flags & FAIL_POINT_NONSLEEPABLE) != 0)
		act_delay(ns);
	else
		point_sleep(fp, &chan, 0, host_clock() + ns);
	fail_enter();
	fp->fp_sleeping--;
	fail_exit();
}

/* FAIL_POINT_USE_TIMEOUT_PATH: the caller goes on, and is called back. */
static enum fail_point_return_code
act_timeout(struct fail_point *fp, int ms)
{
	if (fp->fp_post_sleep_fn == NULL)
		return (FAIL_POINT_RC_CONTINUE);
	if (fp->fp_pre_sleep_fn != NULL)
		fp->fp_pre_sleep_fn(fp->fp_pre_sleep_arg);
	(void)callout_reset(&fp->fp_callout, howmany(ms * hz, 1000),
	    fp->fp_post_sleep_fn, fp->fp_post_sleep_arg);
	return (FAIL_POINT_RC_QUEUED);
}

/* --- evaluation ----------------------------------------------------------- */

/* Does the term fire?  A counted one is used up by that. */
static bool
entry_fires(struct fail_entry *fe)
{
	bool fires = true;

	if (fe->fe_prob < PROB_MAX &&
	    (int)(host_random() % PROB_MAX) >= fe->fe_prob)
		return (false);
	if (fe->fe_pid >= 0 && curproc->p_pid != fe->fe_pid)
		return (false);
	fail_enter();
	if (fe->fe_count == 0)
		fires = false;
	else if (fe->fe_count > 0)
		fe->fe_count--;
	fail_exit();
	return (fires);
}

static enum fail_point_return_code
entry_act(struct fail_point *fp, const struct fail_point_setting *fs,
    const struct fail_entry *fe, int *ret)
{
	switch (fe->fe_action) {
	case FAIL_PANIC:
		panic("fail point %s panicking", fp->fp_name);
	case FAIL_RETURN:
		if (ret != NULL)
			*ret = fe->fe_arg;
		return (FAIL_POINT_RC_RETURN);
	case FAIL_BREAK:
		printf("fail point %s breaking to debugger\n", fp->fp_name);
		__builtin_trap();
	case FAIL_PRINT:
		printf("fail point %s executing\n", fp->fp_name);
		break;
	case FAIL_SLEEP:
		if ((fp->fp_flags & FAIL_POINT_USE_TIMEOUT_PATH) != 0)
			return (act_timeout(fp, fe->fe_arg));
		act_sleep(fp, fe->fe_arg);
		break;
	case FAIL_PAUSE:
		act_pause(fp, fs);
		break;
	case FAIL_YIELD:
		kern_yield(0);
		break;
	case FAIL_DELAY:
		act_delay((int64_t)fe->fe_arg * 1000);
		break;
	case FAIL_OFF:
		break;
	}
	return (FAIL_POINT_RC_CONTINUE);
}

static struct fail_point_setting *
setting_hold(struct fail_point *fp)
{
	struct fail_point_setting *fs;

	fail_enter();
	if ((fs = fp->fp_setting) != NULL)
		fs->fs_refs++;
	fp->fp_users++;
	fail_exit();
	return (fs);
}

static void
point_leave(struct fail_point *fp)
{
	fail_enter();
	fp->fp_users--;
	fail_exit();
}

/* Have all terms run out? */
static bool
setting_stale(const struct fail_point_setting *fs)
{
	for (int i = 0; i < fs->fs_n; i++)
		if (fs->fs_entries[i].fe_count != 0)
			return (false);
	return (true);
}

/* When all is used up the point is off again, and costs nothing. */
static void
setting_retire(struct fail_point *fp, struct fail_point_setting *fs)
{
	bool retired;

	fail_enter();
	retired = fp->fp_setting == fs && setting_stale(fs);
	if (retired) {
		__atomic_store_n(&fp->fp_setting, NULL, __ATOMIC_RELEASE);
		fs->fs_refs--;
	}
	fail_exit();
}

enum fail_point_return_code
fail_point_eval_nontrivial(struct fail_point *fp, int *ret)
{
	enum fail_point_return_code rc = FAIL_POINT_RC_CONTINUE;
	struct fail_point_setting *fs;
	struct fail_entry *fe;

	VS_POINT(VS_OP_FAIL_POINT, fp);
	fs = setting_hold(fp);
	for (int i = 0; fs != NULL && i < fs->fs_n; i++) {
		fe = &fs->fs_entries[i];
		if (!entry_fires(fe))
			continue;
		rc = entry_act(fp, fs, fe, ret);
		/* Only a print that is told to lets the next one act too. */
		if (fe->fe_action != FAIL_PRINT || fe->fe_arg == 0)
			break;
	}
	if (fs != NULL)
		setting_retire(fp, fs);
	setting_drop(fs);
	point_leave(fp);
	return (rc);
}

/* --- the host's face ------------------------------------------------------ */

/* With the lock held. */
static struct fail_point *
point_find(const char *name)
{
	struct fail_point *fp;

	LIST_FOREACH(fp, &points, fp_link)
		if (strcmp(fp->fp_name, name) == 0)
			return (fp);
	return (NULL);
}

/* Does the text turn the point off, be it for a while only? */
static bool
setting_releases(const char *text)
{
	return (strstr(text, "off") != NULL);
}

int
vs_fail_point(const char *name, const char *text)
{
	struct fail_point_setting *fs;
	struct fail_point *fp;

	fs = host_alloc(sizeof(*fs));
	fs->fs_refs = 1;
	if (fail_parse(text, fs) != 0) {
		host_free(fs);
		return (EINVAL);
	}
	if (fs->fs_n == 0) {
		host_free(fs);
		fs = NULL;
	}
	fail_enter();
	if ((fp = point_find(name)) != NULL)
		fp->fp_users++;
	fail_exit();
	if (fp == NULL) {
		host_free(fs);
		return (ENOENT);
	}
	point_set(fp, fs, setting_releases(text));
	point_leave(fp);
	return (0);
}

int
fail_point_text(const char *name, char *buf, size_t size)
{
	struct fail_point *fp;

	fail_enter();
	if ((fp = point_find(name)) != NULL)
		fail_print(fp->fp_setting, buf, size);
	fail_exit();
	return (fp != NULL ? 0 : ENOENT);
}

int
vs_fail_point_status(const char *name, int *paused, int *sleeping)
{
	struct fail_point *fp;

	fail_enter();
	if ((fp = point_find(name)) != NULL) {
		if (paused != NULL)
			*paused = fp->fp_paused;
		if (sleeping != NULL)
			*sleeping = fp->fp_sleeping;
	}
	fail_exit();
	return (fp != NULL ? 0 : ENOENT);
}

int
vs_fail_point_wait(const char *name, int n)
{
	struct fail_waiter fw = { .fw_host = host_self() };
	int error, paused = 0;

	fail_enter();
	LIST_INSERT_HEAD(&waiters, &fw, fw_link);
	fail_exit();
	while ((error = vs_fail_point_status(name, &paused, NULL)) == 0 &&
	    paused < n) {
		if (host_dying()) {
			error = EINTR;
			break;
		}
		/* An arrival unparks; the time is for the end of the run. */
		(void)host_park_until(host_clock() + RECHECK);
	}
	fail_enter();
	LIST_REMOVE(&fw, fw_link);
	fail_exit();
	return (error);
}
