/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * System calls on mounts and their rules.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include <stdlib.h>

#include <vnetsim/syscalls.h>

#include "boot.h"
#include "devfs_mount.h"

struct mount_args {
	const char	*path;
	const char	*text;		/* options, or a rule */
	bool		force;
	int		ruleset;
	int		number;
};

static int
parse_option(const char *word, int *ruleset)
{
	char *end;
	long n;

	if (strcmp(word, "export") == 0)
		return (EOPNOTSUPP);
	if (strncmp(word, "ruleset=", 8) != 0)
		return (EINVAL);
	n = strtol(word + 8, &end, 10);
	if (word[8] == '\0' || *end != '\0' || n < 0 || n > DEVFS_RULESET_MAX)
		return (EINVAL);
	*ruleset = n;
	return (0);
}

static int
parse_options(const char *options, int *ruleset)
{
	char *copy, *rest;
	const char *word;
	int error = 0;

	*ruleset = 0;
	if (options == NULL)
		return (0);
	copy = rest = strdup(options, M_TEMP);
	while (error == 0 && (word = strsep(&rest, ",")) != NULL)
		if (*word != '\0')
			error = parse_option(word, ruleset);
	free(copy, M_TEMP);
	return (error);
}

static int
sys_mount(struct thread *td, void *arg)
{
	struct mount_args *args = arg;
	int error;

	error = parse_options(args->text, &args->ruleset);
	if (error != 0)
		return (error);
	return (devfs_mount(td, args->path, args->ruleset));
}

static int
sys_unmount(struct thread *td, void *arg)
{
	struct mount_args *args = arg;

	return (devfs_unmount(td, args->path, args->force));
}

static int
sys_rule(struct thread *td, void *arg)
{
	struct mount_args *args = arg;

	return (devfs_rule_add(td, args->ruleset, args->number, args->text));
}

static int
sys_ruleset(struct thread *td, void *arg)
{
	struct mount_args *args = arg;

	return (devfs_ruleset_set(td, args->path, args->ruleset));
}

int
vs_mount_devfs(const char *path, const char *options)
{
	struct mount_args args = { .path = path, .text = options };

	return (syscall_run("nmount", sys_mount, &args));
}

int
vs_unmount_devfs(const char *path, bool force)
{
	struct mount_args args = { .path = path, .force = force };

	return (syscall_run("unmount", sys_unmount, &args));
}

int
vs_devfs_rule(int ruleset, int number, const char *rule)
{
	struct mount_args args = {
		.ruleset = ruleset, .number = number, .text = rule
	};

	return (syscall_run("devfs_rule", sys_rule, &args));
}

int
vs_devfs_ruleset(const char *path, int ruleset)
{
	struct mount_args args = { .path = path, .ruleset = ruleset };

	return (syscall_run("devfs_ruleset", sys_ruleset, &args));
}
