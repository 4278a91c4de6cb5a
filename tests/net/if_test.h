/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the tests of interfaces share: ifconfig(8) in a few words, run by a
 * process of its own in whatever jail, and kernels of two profiles.
 */
#ifndef _IF_TEST_H_
#define _IF_TEST_H_

#include "test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/ioctl.h>
#include <sys/proc.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_var.h>
#include <net/vnet.h>

#include <vnetsim/fail.h>
#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>
#include <vnetsim/syscalls.h>

#include <errno.h>
#include <stdlib.h>

/* One command: "create disc", "vnet disc0 5", "name disc0 x", ... */
struct ifc {
	char		text[96];
	int		jid;		/* 0: the host */
	unsigned	uid;
	char		made[16];	/* the name that create gave */
	int		error;
	struct vs_thread *thread;
};

/* The name that the last create of ifc() gave. */
static char made[16] __attribute__((unused));

static inline int
ifc_run(struct ifc *c)
{
	char verb[16] = "", a[48] = "", b[48] = "";

	sscanf(c->text, "%15s %47s %47s", verb, a, b);
	if (strcmp(verb, "create") == 0) {
		snprintf(c->made, sizeof(c->made), "%.15s", a);
		return (vs_if_create(c->made));
	}
	if (strcmp(verb, "destroy") == 0)
		return (vs_if_destroy(a));
	if (strcmp(verb, "vnet") == 0)
		return (vs_if_vmove(a, atoi(b)));
	if (strcmp(verb, "-vnet") == 0)
		return (vs_if_reclaim(a, atoi(b)));
	if (strcmp(verb, "name") == 0)
		return (vs_if_rename(a, b));
	if (strcmp(verb, "group") == 0)
		return (vs_if_group_add(a, b));
	if (strcmp(verb, "-group") == 0)
		return (vs_if_group_del(a, b));
	if (strcmp(verb, "addr") == 0)
		return (vs_if_addr_add(a, b));
	if (strcmp(verb, "-addr") == 0)
		return (vs_if_addr_del(a, b));
	if (strcmp(verb, "up") == 0)
		return (vs_if_up(a));
	if (strcmp(verb, "down") == 0)
		return (vs_if_down(a));
	if (strcmp(verb, "exists") == 0)
		return (vs_if_exists(a) ? 0 : ENXIO);
	if (strcmp(verb, "jremove") == 0)
		return (vs_jail_remove(atoi(a)));
	panic("ifc: %s", c->text);
}

static inline void
ifc_main(void *arg)
{
	struct ifc *c = arg;

	if (c->jid != 0)
		CHECK(vs_jail_attach(c->jid) == 0);
	if (c->uid != 0)
		CHECK(vs_setuid(c->uid) == 0);
	c->error = ifc_run(c);
}

/* Starts a command; ifc_wait() for its result. */
static inline void __printflike(3, 4)
ifc_start(struct ifc *c, int jid, const char *fmt, ...)
{
	va_list ap;

	memset(c, 0, sizeof(*c));
	c->jid = jid;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	c->thread = spawn(ifc_main, c, "ifconfig");
}

static inline int
ifc_wait(struct ifc *c)
{
	join(c->thread);
	return (c->error);
}

/* A command that ends the run, perhaps before this thread hears of it. */
static inline const struct vs_outcome * __printflike(2, 3)
ifc_fatal(int jid, const char *fmt, ...)
{
	static struct ifc c;
	va_list ap;

	c.jid = jid;
	va_start(ap, fmt);
	vsnprintf(c.text, sizeof(c.text), fmt, ap);
	va_end(ap);
	c.thread = vs_thread_create(ifc_main, &c, "ifconfig");
	if (c.thread == NULL)
		return (vs_outcome());
	return (vs_thread_join(c.thread));
}

/* As `uid` in jail `jid`, from start to end. */
static inline int __printflike(3, 4)
ifc_as(int jid, unsigned uid, const char *fmt, ...)
{
	struct ifc c = { .jid = jid, .uid = uid };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c.text, sizeof(c.text), fmt, ap);
	va_end(ap);
	c.thread = spawn(ifc_main, &c, "ifconfig");
	(void)ifc_wait(&c);
	memcpy(made, c.made, sizeof(made));
	return (c.error);
}

#define	ifc(jid, ...)	ifc_as((jid), 0, __VA_ARGS__)

/* A command must give that errno (0: must work). */
#define	IFC(want, jid, ...) do {					\
	int _error = ifc((jid), __VA_ARGS__);				\
									\
	if (_error != (want))						\
		fail_msg("line %d: error %d, want %d", __LINE__, _error, \
		    (want));						\
} while (0)

/* --- jails --------------------------------------------------------------- */

static inline int
jail_make(const char *words)
{
	int error, jid = -1;

	error = vs_jail_create(words, &jid);
	if (error != 0)
		fail_msg("jail %s: error %d", words, error);
	return (jid);
}

struct jail_make_args {
	const char	*words;
	int		parent;
	int		jid;
};

static inline void
jail_make_main(void *arg)
{
	struct jail_make_args *args = arg;

	CHECK(vs_jail_attach(args->parent) == 0);
	CHECK(vs_jail_create(args->words, &args->jid) == 0);
}

static inline int
jail_make_in(int parent, const char *words)
{
	struct jail_make_args args = { words, parent, -1 };

	run(jail_make_main, &args);
	return (args.jid);
}

/* Removes it and waits until it is gone. */
static inline void
jail_kill(int jid)
{
	assert_int_equal(vs_jail_remove(jid), 0);
	vs_jail_settle();
}

/* --- looking ------------------------------------------------------------- */

struct look {
	int		jid;
	const char	*name;
	struct vs_if_info info;
	int		error;
};

static inline void
look_main(void *arg)
{
	struct look *l = arg;

	if (l->jid != 0)
		CHECK(vs_jail_attach(l->jid) == 0);
	l->error = vs_if_inspect(l->name, &l->info);
}

static inline int
look(int jid, const char *name, struct vs_if_info *info)
{
	struct look l = { .jid = jid, .name = name };

	run(look_main, &l);
	if (info != NULL)
		*info = l.info;
	return (l.error);
}

static inline bool
exists(int jid, const char *name)
{
	return (look(jid, name, NULL) == 0);
}

/* How many interfaces of the host have that name. */
static inline unsigned
count_named(const char *name)
{
	char names[32][16];
	size_t i, count = vs_if_list(names, 32);
	unsigned found = 0;

	for (i = 0; i < count; i++)
		found += strcmp(names[i], name) == 0;
	return (found);
}

static inline const char *
groups(int jid, const char *name)
{
	static struct vs_if_info info;

	if (look(jid, name, &info) != 0)
		return ("none");
	return (info.groups);
}

/* --- events -------------------------------------------------------------- */

static struct vs_event events[4096] __attribute__((unused));
static size_t nevents __attribute__((unused));

static inline void
events_begin(void)
{
	vs_events_record(true);
}

static inline void
events_end(void)
{
	nevents = vs_events_read(events, nitems(events));
	vs_events_record(false);
}

/* Position of the first event after `from` that matches, or -1. */
static inline int
event_after(int from, const char *class, const char *glob)
{
	size_t i;

	for (i = from + 1; i < nevents && i < nitems(events); i++)
		if (strcmp(events[i].class, class) == 0 &&
		    fnmatch(glob, events[i].text, 0) == 0)
			return ((int)i);
	return (-1);
}

static inline unsigned
event_count(const char *class, const char *glob)
{
	unsigned n = 0;
	int i = -1;

	while ((i = event_after(i, class, glob)) >= 0)
		n++;
	return (n);
}

/*
 * The recorded events, but of the classes to ignore (",kevent,netlink,"), must
 * be exactly these.
 */
static inline void
expect_events(const char *const *want, size_t nwant, const char *ignore)
{
	size_t i, j = 0;

	for (i = 0; i < nevents; i++) {
		char line[160], word[16];

		snprintf(line, sizeof(line), "%s: %s", events[i].class,
		    events[i].text);
		snprintf(word, sizeof(word), ",%s,", events[i].class);
		if (strstr(ignore, word) != NULL)
			continue;
		if (j >= nwant || strcmp(want[j], line) != 0)
			fail_msg("event %zu is \"%s\", want \"%s\"", j, line,
			    j < nwant ? want[j] : "no more");
		j++;
	}
	if (j != nwant)
		fail_msg("%zu events, want \"%s\"", j, want[j]);
}

/* --- kernels ------------------------------------------------------------- */

static inline void
check_invariants(void)
{
	char text[2048];

	if (vs_check_invariants(text, sizeof(text)) != 0)
		fail_msg("invariants:\n%s", text);
}

static inline int
setup_profile(const char *profile)
{
	struct vs_config config = { .profile = profile };

	boot_with(&config);
	return (0);
}

static inline int
setup_s15(void **state __unused)
{
	return (setup_profile("S15"));
}

static inline int
setup_fixed(void **state __unused)
{
	return (setup_profile("fixed"));
}

static inline int
teardown_checked(void **state)
{
	if (test_booted && vs_outcome() == NULL)
		check_invariants();
	return (test_teardown(state));
}

/* The test's name with the profile behind it. */
#define	S15(fn)								\
	{ #fn " (S15)", fn, setup_s15, teardown_checked, NULL }
#define	FIXED(fn)							\
	{ #fn " (fixed)", fn, setup_fixed, teardown_checked, NULL }
#define	BOTH(fn)	S15(fn), FIXED(fn)
/* Boots for itself. */
#define	BARE(fn)	{ #fn, fn, NULL, test_teardown, NULL }

#endif /* !_IF_TEST_H_ */
