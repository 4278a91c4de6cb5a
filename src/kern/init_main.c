/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Boot and shutdown.
 *
 * The SYSINITs of the base kernel, of the test program and of the modules
 * that are started at boot run in one ascending sequence, as on a FreeBSD
 * machine whose loader has loaded the modules.  Shutdown is what FreeBSD
 * never does: everything is run down again in the opposite order, and what is
 * left over is a leak.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <net/vnet.h>

#include <stdlib.h>

#include "boot.h"
#include "bugs.h"
#include "host.h"

struct vs_config boot_config;
int vs_strict;
int mp_ncpus;
int bootverbose;
const int hz = 1000;
const int tick = 1000000 / 1000;
const int osreldate = __FreeBSD_version;

enum { RUN_INIT, RUN_UNINIT };

/* The sequence that is being run. */
struct sysinit_list {
	const struct sysinit	**si_records;
	size_t			si_count;
};

static int
sysinit_order(const struct sysinit *a, const struct sysinit *b)
{
	if (a->subsystem != b->subsystem)
		return (a->subsystem < b->subsystem ? -1 : 1);
	if (a->order != b->order)
		return (a->order < b->order ? -1 : 1);
	return (0);
}

/* Insertion keeps ties in the order in which they were found. */
static void
sysinit_add(struct sysinit_list *list, const struct sysinit *si)
{
	size_t i;

	for (i = list->si_count; i > 0; i--) {
		if (sysinit_order(list->si_records[i - 1], si) <= 0)
			break;
		list->si_records[i] = list->si_records[i - 1];
	}
	list->si_records[i] = si;
	list->si_count++;
}

static void
sysinit_collect(struct sysinit_list *list, int what)
{
	const struct kld_image *ki;
	struct sysinit * const *si, * const *end;
	size_t n = 0;

	for (ki = kld_image_list; ki != NULL; ki = ki->ki_next)
		n += what == RUN_INIT ? ki->ki_sysinit_end - ki->ki_sysinit :
		    ki->ki_sysuninit_end - ki->ki_sysuninit;
	list->si_records = host_alloc((n + 1) * sizeof(*list->si_records));
	list->si_count = 0;
	for (ki = kld_image_list; ki != NULL; ki = ki->ki_next) {
		if (!ki->ki_boot)
			continue;
		si = what == RUN_INIT ? ki->ki_sysinit : ki->ki_sysuninit;
		end = what == RUN_INIT ? ki->ki_sysinit_end :
		    ki->ki_sysuninit_end;
		for (; si < end; si++)
			sysinit_add(list, *si);
	}
}

/*
 * Runs a sequence up or down.  A bad end in the middle leaves the array to
 * the sweep of the heap.
 */
static void
sysinit_run(int what)
{
	struct sysinit_list list;
	const struct sysinit *si;
	size_t i;

	sysinit_collect(&list, what);
	for (i = 0; i < list.si_count; i++) {
		si = list.si_records[what == RUN_INIT ? i :
		    list.si_count - 1 - i];
		si->func(si->udata);
	}
	host_free(list.si_records);
}

/*
 * thread0 runs both sequences, each time on another thread of the pool.
 */
static void
startup_main(void *arg __unused)
{
	curthread = &thread0;
	thread0.td_host = host_self();
	sysinit_run(RUN_INIT);
	userret(&thread0);
	curthread = NULL;
}

static void
shutdown_main(void *arg __unused)
{
	curthread = &thread0;
	thread0.td_host = host_self();
	syscall_shutdown();
	prison_shutdown();
	/* A dead device keeps its jail; so does a driver that is unloaded. */
	devfs_shutdown();
	linker_shutdown();
	devfs_shutdown();
	prison_shutdown();
	vnet_shutdown();
	sysinit_run(RUN_UNINIT);
	userret(&thread0);
	curthread = NULL;
}

/* Is `name` one of the words of a comma-separated list? */
static bool
word_in_list(const char *name, const char *list)
{
	size_t len = strlen(name);
	const char *p;

	for (p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, name, len) == 0 &&
		    (p[len] == ',' || p[len] == '\0'))
			return (true);
	}
	return (false);
}

static struct kld_image *
image_find(const char *name, size_t len)
{
	struct kld_image *ki;

	for (ki = kld_image_list; ki != NULL; ki = ki->ki_next)
		if (strlen(ki->ki_name) == len &&
		    strncmp(ki->ki_name, name, len) == 0)
			return (ki);
	return (NULL);
}

/* The kernel and the program cannot be left out; modules can. */
static int
boot_images(const char *modules)
{
	struct kld_image *ki;
	const char *p;
	size_t len;

	for (p = modules; p != NULL && *p != '\0'; p += len) {
		p += *p == ',';
		len = strcspn(p, ",");
		if (len != 0 && image_find(p, len) == NULL)
			return (EINVAL);
	}
	for (ki = kld_image_list; ki != NULL; ki = ki->ki_next) {
		ki->ki_builtin = strcmp(ki->ki_name, "kernel") == 0 ||
		    strcmp(ki->ki_name, "program") == 0;
		ki->ki_boot = ki->ki_builtin || modules == NULL ||
		    word_in_list(ki->ki_name, modules);
	}
	linker_boot_dependencies();
	return (0);
}

static const struct vs_config default_config;

int
vs_boot(const struct vs_config *config)
{
	static bool registered;
	int error;

	if (host_generation() != 0)
		return (EBUSY);
	if (!registered) {
		registered = true;
		host_image_register(&registered);
	}
	if (config == NULL)
		config = &default_config;
	if ((error = bugs_select(config->profile)) != 0 ||
	    (error = boot_images(config->modules)) != 0)
		return (error);
	boot_config = *config;
	vs_strict = config->strict;
	host_begin();
	host_random_seed(config->seed);
	host_console_echo(config->console);
	host_ledger_reset(!config->no_ledger);
	host_events_reset();
	host_lock_stats_reset();
	host_signals_catch();
	thread_startup();
	if (!host_thread_join(host_thread_start(startup_main, NULL, "swapper"))) {
		host_outcome_wait(INT64_MAX);
		return (EIO);
	}
	return (0);
}

/*
 * Whatever is left after everything was run down.  Each kind is named, with
 * its holders where the ledger knows them.
 */
static void
shutdown_check(void)
{
	struct host_text text = { 0 };
	char ledger[8192];
	int leaks = 0;

	if (thread_count() != 0) {
		leaks++;
		host_text_add(&text, "%d threads never ended\n",
		    thread_count());
	}
	if (vs_ledger_print_all(ledger, sizeof(ledger)) != 0) {
		leaks++;
		host_text_add(&text, "%s", ledger);
	}
	leaks += malloc_leaks_print(&text);
	leaks += malloc_locks_print(&text);
	if (leaks != 0)
		host_verdict(VS_LEAK, text.text, "shutdown", text.text);
}

const struct vs_outcome *
vs_shutdown(void)
{
	if (host_generation() == 0)
		return (host_outcome());
	if (!host_dying() && host_thread_join(host_thread_start(shutdown_main,
	    NULL, "swapper")))
		shutdown_check();
	else
		host_outcome_wait(INT64_MAX);
	if (!host_dying())
		thread_shutdown();
	host_signals_release();
	if (host_dying())
		host_reset();
	host_end();
	return (host_outcome());
}
