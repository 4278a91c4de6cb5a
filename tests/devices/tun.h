/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What tests of tun, tap and vmnet share.
 */
#ifndef _TESTS_DEVICES_TUN_H_
#define _TESTS_DEVICES_TUN_H_

#include "drivers/netif.h"
#include "kern/asleep.h"

#include <sys/conf.h>
#include <net/if_tap.h>
#include <net/if_tun.h>

#include <fcntl.h>
#include <poll.h>

#include "../src/devfs/devfs_int.h"

static inline void
boot_as(const char *profile)
{
	const struct vs_config config = { .profile = profile };

	boot_with(&config);
}

/* --- nodes, for host threads --------------------------------------------- */

/* A node and what there was of it. */
struct node_look {
	const char	*name;		/* or */
	struct cdev	*dev;
	int		refs;
	bool		has_cred;
};

static inline void
node_look_in(void *arg)
{
	struct node_look *look = arg;
	struct cdev_priv *cdp;

	dev_lock();
	/* The newest of that name, dead or alive, as long as it is listed. */
	if (look->name != NULL)
		TAILQ_FOREACH(cdp, &cdevp_list, cdp_list)
			if (strcmp(cdp->cdp_c.si_name, look->name) == 0)
				look->dev = &cdp->cdp_c;
	if (look->dev != NULL) {
		look->refs = look->dev->si_refcount;
		look->has_cred = look->dev->si_cred != NULL;
	}
	dev_unlock();
}

static inline struct cdev *
node(const char *name)
{
	struct node_look look = { .name = name };

	run(node_look_in, &look);
	return (look.dev);
}

static inline int
node_refs(struct cdev *dev)
{
	struct node_look look = { .dev = dev };

	run(node_look_in, &look);
	return (look.refs);
}

/* A look into the mount, as somebody always has on a real system. */
static inline void
populate(void)
{
	struct vs_dev_stat sb;

	assert_int_equal(vs_stat("/dev/nosuch", &sb), ENOENT);
}

static inline int
look(const char *path)
{
	struct vs_dev_stat sb;

	return (vs_stat(path, &sb));
}

static inline int
device_open(const char *path)
{
	int error, fd;

	error = vs_open(path, O_RDWR | O_NONBLOCK, &fd);
	if (error != 0)
		fail_msg("open %s: error %d", path, error);
	return (fd);
}

static inline int
open_error(const char *path)
{
	int error, fd;

	if ((error = vs_open(path, O_RDWR, &fd)) == 0)
		vs_close(fd);
	return (error);
}

static inline int
device_set(int fd, unsigned long cmd, int value)
{
	return (vs_ioctl(fd, cmd, &value));
}

/* How many devices the ledger knows. */
static inline size_t
nodes(void)
{
	return (vs_ledger_count(VS_CDEV));
}

#endif /* !_TESTS_DEVICES_TUN_H_ */
