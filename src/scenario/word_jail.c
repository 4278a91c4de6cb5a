/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail(8), jexec(8), jls(8), and processes: fork, and await, which waits
 * until one is asleep.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "words.h"

/* A command in a process of its own, in a jail that is made or entered. */
struct inmate {
	struct shell	shell;
	const char	*words;		/* parameters of a new jail, or NULL */
	const char	*jail;		/* else this one */
	int		argc;
	char		*argv[WORDS_MAX + 1];
	int		error;
};

static void
inmate_main(void *arg)
{
	char errmsg[VS_JAIL_ERRMSGLEN] = "", why[WORDS_WHY];
	struct inmate *in = arg;
	const struct word *word;
	int bad, error, jid;

	if (in->words != NULL)
		error = vs_jail_setwords(in->words, VS_JAIL_CREATE |
		    VS_JAIL_ATTACH, &jid, errmsg);
	else if ((error = vs_jail_find(in->jail, false, &jid)) == 0)
		error = vs_jail_attach(jid);
	if (error != 0) {
		in->error = word_message(&in->shell, in->words != NULL ?
		    "jail" : "jexec", in->words != NULL ? "attach" : in->jail,
		    errmsg, error);
		return;
	}
	/* It did fit when the line was checked. */
	word = word_find(in->argc, in->argv, &bad, why);
	in->error = word->run(&in->shell, in->argc, in->argv);
}

/* The process ends with the command; what kills it is not its result. */
static int
inmate_run(struct inmate *in)
{
	struct vs_thread *process;

	in->error = EINTR;
	process = vs_thread_create(inmate_main, in, in->argv[0]);
	if (process != NULL)
		(void)vs_thread_join(process);
	return (in->error);
}

/* The parameters as one text, up to command=: where that is, or -1. */
static int
join(int argc, char *const *argv, char *words, size_t size)
{
	size_t len = 0;
	int i;

	words[0] = '\0';
	for (i = 2; i < argc; i++) {
		if (strncmp(argv[i], "command=", 8) == 0)
			break;
		len += (size_t)snprintf(words + len, size - len, "%s%s",
		    i == 2 ? "" : " ", argv[i]);
		if (len >= size)
			return (-1);
	}
	return (i);
}

int
word_jail_create(struct shell *s, int argc, char *const *argv)
{
	char words[1024], errmsg[VS_JAIL_ERRMSGLEN] = "";
	struct inmate in = { .shell = *s, .words = words };
	int at, error, jid;

	if ((at = join(argc, argv, words, sizeof(words))) < 0)
		return (word_error(s, "jail", words, ENAMETOOLONG));
	if (at < argc) {
		in.argc = argc - at;
		memcpy(in.argv, argv + at, (size_t)in.argc * sizeof(*argv));
		in.argv[0] += strlen("command=");
		return (inmate_run(&in));
	}
	error = vs_jail_setwords(words, VS_JAIL_CREATE, &jid, errmsg);
	return (word_message(s, "jail", words, errmsg, error));
}

int
word_jail_modify(struct shell *s, int argc, char *const *argv)
{
	char words[1024], errmsg[VS_JAIL_ERRMSGLEN] = "";
	int error;

	if (join(argc, argv, words, sizeof(words)) != argc)
		return (word_error(s, "jail", words, EINVAL));
	error = vs_jail_setwords(words, VS_JAIL_UPDATE, NULL, errmsg);
	return (word_message(s, "jail", words, errmsg, error));
}

int
word_jail_remove(struct shell *s, int argc, char *const *argv)
{
	int error, jid;

	(void)argc;
	if ((error = vs_jail_find(argv[2], false, &jid)) == 0)
		error = vs_jail_remove(jid);
	return (word_message(s, "jail", argv[2], "", error));
}

int
word_jexec(struct shell *s, int argc, char *const *argv)
{
	struct inmate in = { .shell = *s, .jail = argv[1] };

	in.argc = argc - 2;
	memcpy(in.argv, argv + 2, (size_t)in.argc * sizeof(*argv));
	return (inmate_run(&in));
}

/* --- processes ---------------------------------------------------------- */

#define	FORKS_MAX	16

/*
 * In the image, which is put back before each schedule.  The words are copied:
 * a shell's line is gone when the command runs.
 */
static struct child {
	struct inmate	inmate;
	char		words[512];
	struct vs_thread *thread;
} children[FORKS_MAX];
static unsigned nchildren;		/* atomic */

static void
child_main(void *arg)
{
	struct inmate *in = arg;
	char why[WORDS_WHY];
	int bad;

	(void)word_find(in->argc, in->argv, &bad, why)->run(&in->shell,
	    in->argc, in->argv);
}

/* "fork COMMAND" */
static bool
child_words(struct child *c, int argc, char *const *argv)
{
	size_t len = 0;

	c->inmate.argc = argc - 1;
	for (int i = 1; i < argc; i++) {
		if (strlen(argv[i]) >= sizeof(c->words) - len)
			return (false);
		c->inmate.argv[i - 1] = strcpy(c->words + len, argv[i]);
		len += strlen(argv[i]) + 1;
	}
	c->inmate.argv[argc - 1] = NULL;
	return (true);
}

int
word_fork(struct shell *s, int argc, char *const *argv)
{
	unsigned i = __atomic_fetch_add(&nchildren, 1, __ATOMIC_RELAXED);
	struct child *c = &children[i % FORKS_MAX];

	if (i >= FORKS_MAX || !child_words(c, argc, argv))
		return (word_error(s, "fork", argv[1], EAGAIN));
	c->inmate.shell = *s;
	c->thread = vs_thread_create(child_main, &c->inmate, argv[1]);
	return (0);
}

void
forks_join(void)
{
	unsigned n = __atomic_load_n(&nchildren, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < n && i < FORKS_MAX; i++)
		if (children[i].thread != NULL)
			(void)vs_thread_join(children[i].thread);
	memset(children, 0, sizeof(children));
	__atomic_store_n(&nchildren, 0, __ATOMIC_RELAXED);
}

/* Looks a thousand times a second. */
int
word_await(struct shell *s, int argc, char *const *argv)
{
	struct vs_proc_info info;
	unsigned long pid;
	int error = 0;

	(void)argc;
	if (!number_parse(argv[1], 1, 99999, &pid))
		pid = (unsigned long)script_pid(argv[1]);
	while (error == 0 && vs_proc_inspect((int)pid, &info) == 0 &&
	    !info.zombie && !info.asleep)
		error = vs_nanosleep(1000000);
	return (error == 0 ? 0 : word_error(s, "await", argv[1], error));
}

/* --- descriptors ------------------------------------------------------- */

#define	PAIR(name, buf, len)						\
	{ (void *)(uintptr_t)(name), strlen(name) + 1 },		\
	{ (buf), (len) }

/* jail_get(2) for a descriptor, and perhaps one of the jail's values. */
int
word_jaildesc(struct shell *s, int argc, char *const *argv)
{
	char value[1024];
	int desc = -1, error, jid;
	struct iovec iov[] = {
		PAIR("jid", &jid, sizeof(jid)),
		PAIR("desc", &desc, sizeof(desc)),
		PAIR(argc > 4 ? argv[4] : "", value, sizeof(value)),
	};

	error = vs_jail_find(argv[2], false, &jid);
	if (error == 0)
		error = vs_jail_get(iov, argc > 4 ? 6 : 4,
		    strcmp(argv[3], "own") == 0 ? VS_JAIL_OWN_DESC :
		    VS_JAIL_GET_DESC, NULL);
	if (error == 0)
		error = handle_set(s, argv[1], desc);
	return (word_message(s, "jaildesc", argv[2], "", error));
}

int
word_jattach(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (word_message(s, "jattach", argv[1], "",
	    vs_jail_attach_jd(handle_fd(s, argv[1]))));
}

int
word_jremove(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (word_message(s, "jremove", argv[1], "",
	    vs_jail_remove_jd(handle_fd(s, argv[1]))));
}

/* --- jls --------------------------------------------------------------- */

struct jls_row {
	int		lastjid;	/* in */
	int		jid;
	int		cpuset;
	int		dying;
	char		name[256];
	char		hostname[256];
	char		path[1024];
};

/* The jail after lastjid: ENOENT. */
static int
jls_next(struct jls_row *row, int flags)
{
	struct iovec iov[] = {
		PAIR("lastjid", &row->lastjid, sizeof(row->lastjid)),
		PAIR("cpuset.id", &row->cpuset, sizeof(row->cpuset)),
		PAIR("dying", &row->dying, sizeof(row->dying)),
		PAIR("name", row->name, sizeof(row->name)),
		PAIR("host.hostname", row->hostname, sizeof(row->hostname)),
		PAIR("path", row->path, sizeof(row->path)),
	};

	return (vs_jail_get(iov, sizeof(iov) / sizeof(iov[0]), flags,
	    &row->jid));
}

static void
jls_print(struct shell *s, const struct jls_row *row, bool verbose)
{
	if (!verbose) {
		word_print(s, "%6d  %-15.15s %-29.29s %.74s\n", row->jid, "-",
		    row->hostname, row->path);
		return;
	}
	word_print(s, "%6d  %-29.29s %.74s\n%6s  %-29.29s %.74s\n"
	    "%6s  %-6d\n", row->jid, row->hostname, row->path, "", row->name,
	    row->dying ? "DYING" : "ACTIVE", "", row->cpuset);
}

int
word_jls(struct shell *s, int argc, char *const *argv)
{
	struct jls_row row = { .lastjid = 0 };
	const char *options = argc > 1 ? argv[1] : "";
	bool verbose = strchr(options, 'v') != NULL;
	int error, flags = 0;

	if (strchr(options, 'd') != NULL)
		flags |= VS_JAIL_DYING;
	if (verbose)
		word_print(s, "   JID  %-29s Path\n        %-29s State\n"
		    "        CPUSetID\n        IP Address(es)\n", "Hostname",
		    "Name");
	else
		word_print(s, "   JID  %-15s %-29s Path\n", "IP Address",
		    "Hostname");
	while ((error = jls_next(&row, flags)) == 0) {
		jls_print(s, &row, verbose);
		row.lastjid = row.jid;
	}
	return (error == ENOENT ? 0 : word_error(s, "jls", "jail_get",
	    error));
}
