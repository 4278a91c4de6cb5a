/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What WITNESS prints, in FreeBSD's words.  A report is put together first
 * and printed whole, so that two threads' reports do not mix.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>

#include <stdarg.h>
#include <stdio.h>

#include "boot.h"
#include "host.h"
#include "witness.h"

#ifdef WITNESS

int witness_trace = 1;
bool witness_output = true;
static unsigned nreports;		/* atomic */

/* The report being written, and the lock of those who write one. */
static uint32_t report_lock;
static char report[16384];
static size_t report_len;

static int	report_add(const char *, ...) __printflike(1, 2);

static void
report_begin(void)
{
	while (__atomic_exchange_n(&report_lock, 1, __ATOMIC_ACQUIRE) != 0)
		host_yield();
	report_len = 0;
	report[0] = '\0';
}

/* What does not fit is left out: it is the end of a very long list. */
static int
report_add(const char *fmt, ...)
{
	size_t room = sizeof(report) - report_len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(report + report_len, room, fmt, ap);
	va_end(ap);
	if (len > 0)
		report_len += MIN((size_t)len, room - 1);
	return (len);
}

/* debug.witness.trace */
static bool
tracing(void)
{
	return (__atomic_load_n(&witness_trace, __ATOMIC_RELAXED) > 0);
}

/* From the caller's caller on. */
static void __noinline
report_stack(const char *title)
{
	if (!tracing())
		return;
	report_add("%s\n", title);
	if (report_len < sizeof(report) - 1)
		report_len += host_backtrace(report + report_len,
		    sizeof(report) - report_len, 2);
}

static void
report_frames(const struct witness_edge *we)
{
	if (report_len < sizeof(report) - 1)
		report_len += host_backtrace_print(we->we_frames,
		    we->we_nframes, report + report_len,
		    sizeof(report) - report_len);
}

static void
report_unlock(void)
{
	__atomic_store_n(&report_lock, 0, __ATOMIC_RELEASE);
}

/*
 * VS_WITNESS_FATAL: the report becomes the outcome.  The lock is given up
 * first, because those who wait for it do not come to a scheduling point.
 */
static void
report_fatal(void)
{
	struct host_text text = { 0 };
	const char *td_name = curthread->td_name;
	char message[VS_MESSAGE_MAX];

	strlcpy(message, report, sizeof(message));
	message[strcspn(message, "\n")] = '\0';
	host_text_add(&text, "witness: %s\nthread: %s\n%s", message, td_name,
	    report);
	report_unlock();
	if (host_halt(VS_WITNESS, message, td_name))
		witness_report(&text);
	host_die(VS_WITNESS, message, td_name, text.text);
}

/* debug.witness.output_channel, which the sleep check ignores. */
static bool
output(void)
{
	return (__atomic_load_n(&witness_output, __ATOMIC_RELAXED));
}

/* `panicking`: a panic follows, which is outcome enough. */
static void
report_end(bool panicking, bool print)
{
	__atomic_fetch_add(&nreports, 1, __ATOMIC_RELAXED);
	if (print)
		host_console_write(report, report_len);
	if (boot_config.witness == VS_WITNESS_FATAL && !panicking)
		report_fatal();
	report_unlock();
}

const char *
witness_file_name(const char *file)
{
	if (file == NULL)
		return ("?");
	while (strncmp(file, "../", 3) == 0)
		file += 3;
	return (file);
}

/* --- lists of locks held -------------------------------------------------- */

void
witness_format_instance(const struct lock_instance *li, char *buf, size_t size)
{
	const struct lock_object *lock = li->li_lock;

	snprintf(buf, size, "%s %s %s (%s) r = %u (%p) locked @ %s:%d\n",
	    (li->li_flags & LI_EXCLUSIVE) != 0 ? "exclusive" : "shared",
	    LOCK_CLASS(lock)->lc_name, lock->lo_name,
	    lock->lo_witness->w_name, li->li_flags & LI_RECURSEMASK,
	    (const void *)lock, li->li_file, li->li_line);
}

/* A copy, because the lock's holder may be changing it. */
static struct lock_instance
instance_load(const struct lock_instance *li)
{
	struct lock_instance copy;

	copy.li_lock = __atomic_load_n(&li->li_lock, __ATOMIC_RELAXED);
	copy.li_file = __atomic_load_n(&li->li_file, __ATOMIC_RELAXED);
	copy.li_line = __atomic_load_n(&li->li_line, __ATOMIC_RELAXED);
	copy.li_flags = __atomic_load_n(&li->li_flags, __ATOMIC_RELAXED);
	return (copy);
}

/* Calls prnt for each of the locks, the newest first. */
int
witness_list_held(struct lock_list_entry * const *listp,
    int (*prnt)(const char *, ...))
{
	const struct lock_list_entry *list;
	struct lock_instance li;
	char line[512];
	u_int i;
	int n = 0;

	list = __atomic_load_n(listp, __ATOMIC_ACQUIRE);
	if (list == NULL || witness_level() == -1)
		return (0);
	i = __atomic_load_n(&list->ll_count, __ATOMIC_ACQUIRE);
	while (i-- > 0) {
		li = instance_load(&list->ll_held[i]);
		witness_format_instance(&li, line, sizeof(line));
		prnt("%s", line);
		n++;
	}
	return (n);
}

void
witness_report_held(const struct lock_object *except, int flags,
    const char *what)
{
	const struct lock_list_entry *list = curthread->td_sleeplocks;
	char line[512];
	u_int i;

	report_begin();
	report_add("%s with the following %slocks held:\n", what,
	    (flags & WARN_SLEEPOK) != 0 ? "non-sleepable " : "");
	for (i = list != NULL ? list->ll_count : 0; i-- > 0; ) {
		if (!witness_counts(&list->ll_held[i], except, flags))
			continue;
		witness_format_instance(&list->ll_held[i], line, sizeof(line));
		report_add("%s", line);
	}
	if (witness_counts_spin(curthread->td_spinlocks, except))
		witness_list_held(&curthread->td_spinlocks, report_add);
	if ((flags & WARN_PANIC) == 0)
		report_stack("stack backtrace:");
	report_end((flags & WARN_PANIC) != 0, true);
	if ((flags & WARN_PANIC) != 0)
		kassert_panic("witness_warn");
}

void
witness_print_mismatch(const char *what, const char *how,
    const struct lock_instance *held, const char *file, int line)
{
	const struct lock_object *lock = held->li_lock;

	printf("%s of (%s) %s @ %s:%d\nwhile %s locked from %s:%d\n", what,
	    LOCK_CLASS(lock)->lc_name, lock->lo_name, witness_file_name(file),
	    line, how, held->li_file, held->li_line);
}

/* --- order ---------------------------------------------------------------- */

static void
report_lock_line(const char *nth, const struct lock_object *lock,
    const char *file, int line)
{
	report_add(" %s %p %s (%s, %s) @ %s:%d\n", nth, (const void *)lock,
	    lock->lo_name, lock->lo_witness->w_name,
	    LOCK_CLASS(lock)->lc_name, witness_file_name(file), line);
}

void
witness_report_reversal(enum witness_reversal_kind kind,
    const struct lock_instance *older, const struct lock_instance *held,
    const struct witness_wanted *ww, const struct witness_edge *established)
{
	static const char * const headers[] = {
		[REVERSAL_PLAIN] = "",
		[REVERSAL_SLEEPABLE] = " (sleepable after non-sleepable)",
		[REVERSAL_GIANT] = " (Giant after non-sleepable)",
	};
	const char *wanted_type = ww->ww_lock->lo_witness->w_name;
	const char *held_type = held->li_lock->lo_witness->w_name;
	char title[2 * WITNESS_NAME_MAX + 40];

	report_begin();
	report_add("lock order reversal:%s\n", headers[kind]);
	if (older != NULL)
		report_lock_line("1st", older->li_lock, older->li_file,
		    older->li_line);
	report_lock_line(older != NULL ? "2nd" : "1st", held->li_lock,
	    held->li_file, held->li_line);
	report_lock_line(older != NULL ? "3rd" : "2nd", ww->ww_lock,
	    ww->ww_file, ww->ww_line);
	if (established != NULL && tracing()) {
		report_add("lock order %s -> %s established at:\n",
		    wanted_type, held_type);
		report_frames(established);
	}
	snprintf(title, sizeof(title), "lock order %s -> %s attempted at:",
	    held_type, wanted_type);
	report_stack(title);
	report_end(false, output());
}

void
witness_report_duplicate(const struct lock_instance *held,
    const struct witness_wanted *ww)
{
	report_begin();
	report_add("acquiring duplicate lock of same type: \"%s\"\n",
	    ww->ww_lock->lo_witness->w_name);
	report_add(" 1st %s @ %s:%d\n", held->li_lock->lo_name, held->li_file,
	    held->li_line);
	report_add(" 2nd %s @ %s:%d\n", ww->ww_lock->lo_name,
	    witness_file_name(ww->ww_file), ww->ww_line);
	report_stack("stack backtrace:");
	report_end(false, output());
}

unsigned
vs_witness_reports(void)
{
	return (__atomic_load_n(&nreports, __ATOMIC_RELAXED));
}

void
witness_report_startup(void)
{
	__atomic_store_n(&nreports, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&witness_trace, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&witness_output, true, __ATOMIC_RELAXED);
}

#else /* !WITNESS */

unsigned
vs_witness_reports(void)
{
	return (0);
}

#endif /* WITNESS */

/* --- for panics ----------------------------------------------------------- */

static struct host_text *panic_text;	/* the panicking thread's */

static int	panic_add(const char *, ...);

static int
panic_add(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	host_text_add(panic_text, "  %s", line);
	return (len);
}

/* Threads that neither hold nor wait for anything are left out. */
static void
report_thread(struct thread *td, void *arg)
{
	const struct lock_object *blocked;
	bool sleeping;

	blocked = __atomic_load_n(&td->td_blocked, __ATOMIC_ACQUIRE);
	sleeping = __atomic_load_n(&td->td_sleeping, __ATOMIC_ACQUIRE);
	if (blocked == NULL && !sleeping && witness_held(td) == 0 &&
	    witness_held_spin(td) == 0)
		return;
	panic_text = arg;
	host_text_add(panic_text, "thread %p (tid %d, %s)%s%s%s\n",
	    (void *)td, td->td_tid, td->td_name,
	    blocked != NULL ? " blocked on " : "",
	    blocked != NULL ? blocked->lo_name : "",
	    sleeping ? " sleeping" : "");
	witness_list_thread(td, panic_add);
}

void
witness_report(struct host_text *text)
{
	thread_foreach(report_thread, text);
}
