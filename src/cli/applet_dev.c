/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ls(1) of /dev; and refs, which FreeBSD has not: the reference ledger.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/observe.h>
#include <vnetsim/syscalls.h>

#include "cli.h"
#include "session.h"

static int
name_compare(const void *a, const void *b)
{
	return (strcmp(a, b));
}

static void
ls_all(void)
{
	size_t n = vs_readdir_dev(NULL, 0);
	char (*names)[VS_DEVNAMELEN] = calloc(n + 1, sizeof(*names));

	if (names == NULL)
		abort();
	n = vs_readdir_dev(names, n);
	qsort(names, n, sizeof(*names), name_compare);
	for (size_t i = 0; i < n; i++)
		printf("%s\n", names[i]);
	free(names);
}

int
applet_ls(struct session *s, int argc, char **argv)
{
	int error, status = EXIT_CLEAN;

	(void)s;
	if (argc < 2)
		return (EXIT_USAGE);
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-')
			return (EXIT_USAGE);
		if (strcmp(argv[i], "/dev") == 0)
			ls_all();
		else if ((error = vs_stat(argv[i], NULL)) == 0)
			printf("%s\n", argv[i]);
		else
			status = applet_fail("ls", argv[i], error);
	}
	return (status);
}

/* "KIND NAME: ..." of the ledger; a jail is a prison there. */
static bool
refs_wanted(const char *line, const char *kind, const char *name)
{
	size_t len;

	if (kind == NULL)
		return (true);
	if (strcmp(kind, "jail") == 0)
		kind = "prison";
	len = strlen(kind);
	if (strncmp(line, kind, len) != 0 || line[len] != ' ')
		return (false);
	if (name == NULL)
		return (true);
	line += len + 1;
	len = strlen(name);
	return (strncmp(line, name, len) == 0 && line[len] == ':');
}

/* 1 if nothing was asked for by name and found. */
int
applet_refs(struct session *s, int argc, char **argv)
{
	size_t size = vs_ledger_print_all(NULL, 0) + 65536;
	const char *kind = argc > 1 ? argv[1] : NULL;
	const char *name = argc > 2 ? argv[2] : NULL;
	char *text, *line, *rest;
	bool any = false, wanted = false;

	(void)s;
	if (argc > 3)
		return (EXIT_USAGE);
	if ((text = rest = malloc(size)) == NULL)
		abort();
	(void)vs_ledger_print_all(text, size);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		if (line[0] != '\t')
			wanted = refs_wanted(line, kind, name);
		if (wanted)
			printf("%s\n", line);
		any |= wanted;
	}
	free(text);
	if (!any && name != NULL)
		return (applet_fail("refs", name, ENOENT));
	return (EXIT_CLEAN);
}
