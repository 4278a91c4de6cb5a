/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ifconfig(8), as far as interfaces come, go and move.
 */
#include <stdlib.h>
#include <string.h>

#include <vnetsim/syscalls.h>

#include "words.h"

static int
done(struct shell *s, char *const *argv, int error)
{
	return (error == 0 ? 0 : word_error(s, "ifconfig", argv[1], error));
}

int
word_if_list(struct shell *s, int argc, char *const *argv)
{
	size_t n = vs_if_list(NULL, 0);
	char (*names)[16];

	(void)argc, (void)argv;
	if (s->print == NULL)
		return (0);
	if ((names = calloc(n + 1, sizeof(*names))) == NULL)
		abort();
	n = vs_if_list(names, n);
	for (size_t i = 0; i < n; i++)
		word_print(s, "%s%s", i == 0 ? "" : " ", names[i]);
	word_print(s, "\n");
	free(names);
	return (0);
}

/* Prints the name, as ifconfig does, if it was not complete. */
int
word_if_create(struct shell *s, int argc, char *const *argv)
{
	char name[16];
	int error;

	(void)argc;
	strncpy(name, argv[1], sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	error = vs_if_create(name);
	if (error == 0 && strcmp(name, argv[1]) != 0)
		word_print(s, "%s\n", name);
	return (done(s, argv, error));
}

int
word_if_destroy(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_destroy(argv[1])));
}

int
word_if_up(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_up(argv[1])));
}

int
word_if_down(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_down(argv[1])));
}

int
word_if_vnet(struct shell *s, int argc, char *const *argv)
{
	int error, jid;

	(void)argc;
	if ((error = vs_jail_find(argv[3], false, &jid)) == 0)
		error = vs_if_vmove(argv[1], jid);
	return (done(s, argv, error));
}

int
word_if_reclaim(struct shell *s, int argc, char *const *argv)
{
	int error, jid;

	(void)argc;
	if ((error = vs_jail_find(argv[3], false, &jid)) == 0)
		error = vs_if_reclaim(argv[1], jid);
	return (done(s, argv, error));
}

int
word_if_name(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_rename(argv[1], argv[3])));
}

int
word_if_group(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_group_add(argv[1], argv[3])));
}

int
word_if_ungroup(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_group_del(argv[1], argv[3])));
}

int
word_if_addr(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_addr_add(argv[1], argv[3])));
}

int
word_if_unaddr(struct shell *s, int argc, char *const *argv)
{
	(void)argc;
	return (done(s, argv, vs_if_addr_del(argv[1], argv[3])));
}
