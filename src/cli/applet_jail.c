/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail(8), jexec(8), jls(8).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vnetsim/syscalls.h>
#include <vnetsim/vnetsim.h>

#include "cli.h"
#include "session.h"

/* A command in a process of its own, in a jail that is made or entered. */
struct inmate {
	struct session	*session;
	const char	*words;		/* parameters of a new jail, or NULL */
	int		jid;		/* else this one */
	int		argc;
	char		**argv;
	int		status;
};

static int
jail_error(const char *what, int error, const char *errmsg)
{
	if (errmsg[0] == '\0')
		return (applet_fail("jail", what, error));
	fprintf(stderr, "jail: %s\n", errmsg);
	return (EXIT_FOUND);
}

static void
inmate_main(void *arg)
{
	char errmsg[VS_JAIL_ERRMSGLEN] = "";
	struct inmate *in = arg;
	int error;

	if (in->words != NULL)
		error = vs_jail_setwords(in->words, VS_JAIL_CREATE |
		    VS_JAIL_ATTACH, &in->jid, errmsg);
	else
		error = vs_jail_attach(in->jid);
	in->status = error != 0 ? jail_error("attach", error, errmsg) :
	    session_run(in->session, in->argc, in->argv);
}

/* The process ends with the command. */
static int
inmate_run(struct inmate *in)
{
	struct vs_thread *process;

	process = vs_thread_create(inmate_main, in, in->argv[0]);
	if (process == NULL || vs_thread_join(process) != NULL)
		return (EXIT_FOUND);
	return (in->status);
}

/* The parameters as one text; -1 if it is too long, else where command= is. */
static int
jail_words(int argc, char **argv, char *words, size_t size)
{
	size_t len = 0;
	int i;

	words[0] = '\0';
	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "command=", 8) == 0)
			break;
		len += (size_t)snprintf(words + len, size - len, "%s%s",
		    i == 0 ? "" : " ", argv[i]);
		if (len >= size)
			return (-1);
	}
	return (i);
}

static int
jail_create(struct session *s, int argc, char **argv)
{
	char words[1024], errmsg[VS_JAIL_ERRMSGLEN] = "";
	int at = jail_words(argc, argv, words, sizeof(words));
	struct inmate in = { .session = s, .words = words };
	int error, jid;

	if (at <= 0)
		return (EXIT_USAGE);
	if (at < argc) {
		argv[at] += strlen("command=");
		if (argv[at][0] == '\0')
			return (EXIT_USAGE);
		in.argc = argc - at;
		in.argv = argv + at;
		return (inmate_run(&in));
	}
	error = vs_jail_setwords(words, VS_JAIL_CREATE, &jid, errmsg);
	return (error == 0 ? EXIT_CLEAN : jail_error(words, error, errmsg));
}

static int
jail_modify(int argc, char **argv)
{
	char words[1024], errmsg[VS_JAIL_ERRMSGLEN] = "";
	int at = jail_words(argc, argv, words, sizeof(words)), error;

	if (at <= 0 || at != argc)
		return (EXIT_USAGE);
	error = vs_jail_setwords(words, VS_JAIL_UPDATE, NULL, errmsg);
	return (error == 0 ? EXIT_CLEAN : jail_error(words, error, errmsg));
}

int
applet_jail(struct session *s, int argc, char **argv)
{
	int error, jid;

	if (argc < 3)
		return (EXIT_USAGE);
	if (strcmp(argv[1], "-c") == 0)
		return (jail_create(s, argc - 2, argv + 2));
	if (strcmp(argv[1], "-m") == 0)
		return (jail_modify(argc - 2, argv + 2));
	if (strcmp(argv[1], "-r") != 0 || argc != 3)
		return (EXIT_USAGE);
	if ((error = vs_jail_find(argv[2], false, &jid)) == 0)
		error = vs_jail_remove(jid);
	return (error == 0 ? EXIT_CLEAN :
	    applet_fail("jail", argv[2], error));
}

int
applet_jexec(struct session *s, int argc, char **argv)
{
	struct inmate in = {
		.session = s, .argc = argc - 2, .argv = argv + 2
	};
	int error;

	if (argc < 3)
		return (EXIT_USAGE);
	if ((error = vs_jail_find(argv[1], false, &in.jid)) != 0)
		return (applet_fail("jexec", argv[1], error));
	return (inmate_run(&in));
}

/* --- jls ---------------------------------------------------------------------- */

struct jls_row {
	int		lastjid;	/* in */
	int		jid;
	int		cpuset;
	int		dying;
	char		name[256];
	char		hostname[256];
	char		path[1024];
};

#define	PAIR(name, buf, len)						\
	{ (void *)(uintptr_t)(name), sizeof(name) },	\
	{ (buf), (len) }

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
jls_print(const struct jls_row *row, bool verbose)
{
	if (!verbose) {
		printf("%6d  %-15.15s %-29.29s %.74s\n", row->jid, "-",
		    row->hostname, row->path);
		return;
	}
	printf("%6d  %-29.29s %.74s\n%6s  %-29.29s %.74s\n%6s  %-6d\n",
	    row->jid, row->hostname, row->path, "", row->name,
	    row->dying ? "DYING" : "ACTIVE", "", row->cpuset);
}

int
applet_jls(struct session *s, int argc, char **argv)
{
	struct jls_row row = { .lastjid = 0 };
	bool verbose = false;
	int error, flags = 0;

	(void)s;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' ||
		    strspn(argv[i] + 1, "dv") != strlen(argv[i]) - 1)
			return (EXIT_USAGE);
		if (strchr(argv[i], 'd') != NULL)
			flags |= VS_JAIL_DYING;
		if (strchr(argv[i], 'v') != NULL)
			verbose = true;
	}
	if (verbose)
		printf("   JID  %-29s Path\n        %-29s State\n"
		    "        CPUSetID\n        IP Address(es)\n", "Hostname",
		    "Name");
	else
		printf("   JID  %-15s %-29s Path\n", "IP Address", "Hostname");
	while ((error = jls_next(&row, flags)) == 0) {
		jls_print(&row, verbose);
		row.lastjid = row.jid;
	}
	return (error == ENOENT ? EXIT_CLEAN :
	    applet_fail("jls", "jail_get", error));
}
