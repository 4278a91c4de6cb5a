/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * ifconfig(8), as far as interfaces come, go and move; and link requests of
 * netlink(4), for which FreeBSD has no command of its own.
 */
#include <errno.h>
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

#define	MEMBERS_MAX	64

static int
show_groups(struct shell *s, const char *name)
{
	char groups[MEMBERS_MAX][16];
	size_t n;
	int error;

	if ((error = vs_if_groups(name, groups, MEMBERS_MAX, &n)) != 0)
		return (error);
	word_print(s, "\tgroups:");
	for (size_t i = 0; i < n && i < MEMBERS_MAX; i++)
		word_print(s, " %s", groups[i]);
	word_print(s, "\n");
	return (0);
}

/*
 * Name, number, flags and groups; what the driver has to say, if it says
 * something.
 */
int
word_if_show(struct shell *s, int argc, char *const *argv)
{
	unsigned index, flags;
	char status[1024];
	bool active;
	int error;

	(void)argc;
	if ((error = vs_if_index(argv[1], &index)) != 0 ||
	    (error = vs_if_flags(argv[1], &flags)) != 0)
		return (done(s, argv, error));
	word_print(s, "%s: flags=%x index %u\n", argv[1], flags, index);
	if ((error = show_groups(s, argv[1])) != 0)
		return (done(s, argv, error));
	error = vs_if_status(argv[1], status, sizeof(status));
	if (error == 0 && status[0] != '\0')
		word_print(s, "%s", status);
	/* Most drivers do not know these requests. */
	if (error == 0 || error == EINVAL)
		error = vs_if_media(argv[1], &active);
	if (error == 0)
		word_print(s, "\tstatus: %s\n", active ? "active" :
		    "no carrier");
	return (error == EINVAL ? 0 : done(s, argv, error));
}

int
word_if_send(struct shell *s, int argc, char *const *argv)
{
	int error = vs_if_send(argv[1]);

	(void)argc;
	return (error == 0 ? 0 : word_error(s, "send", argv[1], error));
}

int
word_if_members(struct shell *s, int argc, char *const *argv)
{
	char names[MEMBERS_MAX][16];
	size_t n;
	int error;

	(void)argc;
	error = vs_if_members(argv[2], names, MEMBERS_MAX, &n);
	if (error != 0)
		return (word_error(s, "ifconfig", argv[2], error));
	for (size_t i = 0; i < n && i < MEMBERS_MAX; i++)
		word_print(s, "%s\n", names[i]);
	return (0);
}

int
word_if_describe(struct shell *s, int argc, char *const *argv)
{
	return (done(s, argv, vs_if_describe(argv[1], argc > 3 ? argv[3] :
	    NULL)));
}

/* --- netlink ------------------------------------------------------------ */

static int
link_done(struct shell *s, char *const *argv, int error)
{
	return (error == 0 ? 0 : word_error(s, argv[1], argv[2], error));
}

int
word_link_get(struct shell *s, int argc, char *const *argv)
{
	unsigned long index = 0;
	char name[16];
	int error;

	(void)argc;
	(void)number_parse(argv[2], 1, 0xffff, &index);
	error = vs_link_get((unsigned)index, argv[2], name);
	if (error == 0)
		word_print(s, "%s\n", name);
	return (link_done(s, argv, error));
}

/* The request knows numbers alone: a name is looked up first. */
int
word_link_delete(struct shell *s, int argc, char *const *argv)
{
	unsigned long number;
	unsigned index;
	int error = 0;

	(void)argc;
	if (number_parse(argv[2], 1, 0xffff, &number))
		index = (unsigned)number;
	else
		error = vs_if_index(argv[2], &index);
	if (error == 0)
		error = vs_link_delete(index);
	return (link_done(s, argv, error));
}

int
word_link_create(struct shell *s, int argc, char *const *argv)
{
	unsigned long mtu = 0;

	if (argc > 4)
		(void)number_parse(argv[4], 0, 0x7fffffff, &mtu);
	return (link_done(s, argv, vs_link_create(argv[2], (unsigned)mtu)));
}
