/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ifconfig(8), as far as interfaces come, go and move.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/syscalls.h>

#include "cli.h"
#include "session.h"

static int
list(void)
{
	size_t n = vs_if_list(NULL, 0);
	char (*names)[16] = calloc(n + 1, sizeof(*names));

	if (names == NULL)
		abort();
	n = vs_if_list(names, n);
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i == 0 ? "" : " ", names[i]);
	printf("\n");
	free(names);
	return (EXIT_CLEAN);
}

/* Prints the name, as ifconfig does, if it was not complete. */
static int
create(const char *given)
{
	char name[16];
	int error;

	if (strlen(given) >= sizeof(name))
		return (ENAMETOOLONG);
	strcpy(name, given);
	error = vs_if_create(name);
	if (error == 0 && strcmp(name, given) != 0)
		printf("%s\n", name);
	return (error);
}

static int
move(const char *name, const char *jail,
    int (*call)(const char *name, int jid))
{
	int error, jid;

	error = vs_jail_find(jail, false, &jid);
	return (error != 0 ? error : call(name, jid));
}

int
applet_ifconfig(struct session *s, int argc, char **argv)
{
	const char *word = argc > 2 ? argv[2] : "";
	int error;

	(void)s;
	if (argc == 2 && strcmp(argv[1], "-l") == 0)
		return (list());
	if (argc == 3 && strcmp(word, "create") == 0)
		error = create(argv[1]);
	else if (argc == 3 && strcmp(word, "destroy") == 0)
		error = vs_if_destroy(argv[1]);
	else if (argc == 3 && strcmp(word, "up") == 0)
		error = vs_if_up(argv[1]);
	else if (argc == 3 && strcmp(word, "down") == 0)
		error = vs_if_down(argv[1]);
	else if (argc == 4 && strcmp(word, "vnet") == 0)
		error = move(argv[1], argv[3], vs_if_vmove);
	else if (argc == 4 && strcmp(word, "-vnet") == 0)
		error = move(argv[1], argv[3], vs_if_reclaim);
	else
		return (EXIT_USAGE);
	return (error == 0 ? EXIT_CLEAN :
	    applet_fail("ifconfig", argv[1], error));
}
