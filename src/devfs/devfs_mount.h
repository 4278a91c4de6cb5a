/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What users do with mounts and their rules.
 */
#ifndef _DEVFS_MOUNT_H_
#define _DEVFS_MOUNT_H_

#include <sys/types.h>

struct thread;

#define	DEVFS_RULESET_MAX	65535

/* EPERM, EINVAL (the path), EBUSY.  Sleeps. */
int	devfs_mount(struct thread *td, const char *path, int ruleset);
/* EPERM, EINVAL (not mounted), EBUSY.  Sleeps. */
int	devfs_unmount(struct thread *td, const char *path, bool force);
/* Adds a rule: EPERM, EINVAL, EEXIST.  Sleeps. */
int	devfs_rule_add(struct thread *td, int ruleset, int number,
	    const char *words);
/* Makes it the ruleset of a mount, and applies it: EPERM, EINVAL.  Sleeps. */
int	devfs_ruleset_set(struct thread *td, const char *path, int ruleset);

#endif /* !_DEVFS_MOUNT_H_ */
