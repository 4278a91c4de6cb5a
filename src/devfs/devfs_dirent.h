/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Entries of devices, for who populates a mount.
 */
#ifndef _DEVFS_DIRENT_H_
#define _DEVFS_DIRENT_H_

#include <sys/types.h>

struct cdev_priv;
struct devfs_dirent;
struct devfs_mount;

/*
 * Makes the entry, with the directories on the way; a link if there is a
 * target.  dm_lock held.
 */
struct devfs_dirent *devfs_make_entry(struct devfs_mount *dm,
	    struct cdev_priv *cdp, const char *target);
/* Takes it off its directory; devfs_delete() must follow. */
void	devfs_dirent_remove(struct devfs_dirent *de);

#endif /* !_DEVFS_DIRENT_H_ */
