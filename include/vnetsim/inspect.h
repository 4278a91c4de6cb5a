/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A look inside, for tests: what no user could see.  All of these take the
 * kernel's own locks and may be called from any kernel or host thread.
 */
#ifndef _VNETSIM_INSPECT_H_
#define _VNETSIM_INSPECT_H_

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vs_jail_state {
	VS_JAIL_INVALID = 0,
	VS_JAIL_ALIVE,
	VS_JAIL_DEAD		/* dying */
};

struct vs_jail_info {
	int		jid;
	unsigned	ref;		/* pr_ref */
	unsigned	uref;		/* pr_uref */
	enum vs_jail_state state;
	unsigned	flags;		/* PR_* */
	unsigned	allow;		/* PR_ALLOW_* */
	int		childcount;
	int		childmax;
	bool		owns_vnet;
	const void	*vnet;
	const void	*prison;
	char		name[256];	/* full */
};

/* The jail with that id in whatever state, 0 being prison0: 0 or ENOENT. */
int	vs_jail_inspect(int jid, struct vs_jail_info *info);
/* How many jails there are in any state, without prison0. */
unsigned	vs_jail_count(void);
/* Waits until the jail_remove thread has done all it was asked to. */
void	vs_jail_settle(void);

/* What a process is about; -1 is the calling one. */
struct vs_proc_info {
	int		pid;
	int		jid;
	int		sig;		/* pending fatal signal, or 0 */
	bool		zombie;
	bool		asleep;		/* where a signal would reach it */
	unsigned	cr_ref;
	unsigned	cr_users;
};
int	vs_proc_inspect(int pid, struct vs_proc_info *info);
/*
 * Looks for processes that live on in a jail which is not alive, and that
 * nobody has killed, and for jails that live on below such a jail: how many,
 * and a line for each in `buf`.
 */
unsigned	vs_check_jails(char *buf, size_t size);

/* An interface of the caller's vnet, by name: 0 or ENXIO. */
struct vs_if_info {
	char		name[16];
	const void	*ifnet;
	const void	*vnet;
	const void	*home_vnet;	/* where it was attached first */
	unsigned	index;
	unsigned	generation;
	unsigned	flags;		/* FreeBSD's IFF_*, the driver's too */
	unsigned	refs;
	int		link_state;
	int		promisc;	/* requests for promiscuity */
	unsigned	addresses;	/* without the link-level one */
	unsigned char	lladdr[6];
	char		groups[128];	/* in order, a blank between two */
};
int	vs_if_inspect(const char *name, struct vs_if_info *info);

/*
 * Checks all interfaces, groups, cloners and vnets against each other: lists,
 * counts, index, names, homes.  Returns how many violations there are and
 * describes them in `buf`, a line each.  Waits for moves and detaches in
 * progress.
 */
unsigned	vs_check_invariants(char *buf, size_t size);

/*
 * A node of devfs by name: the live one, else one that was destroyed and is
 * still referenced.  0 or ENOENT.
 */
struct vs_cdev_info {
	const void	*cdev;
	const void	*cred;		/* si_cred */
	int		unit;
	int		refs;		/* si_refcount */
	unsigned long	threads;	/* si_threadcount */
	unsigned	mounts;		/* cdp_inuse */
	bool		active;		/* the name is live */
	bool		listed;		/* not collected yet */
	bool		scheduled;	/* destroy_dev_sched() was called */
	bool		named;		/* not destroyed yet */
	bool		alias;
};
int	vs_cdev_inspect(const char *name, struct vs_cdev_info *info);
/* How many nodes there are, nameless and dead ones included. */
unsigned	vs_cdev_count(void);
/*
 * Checks the lists and counts of all nodes, the latter against the ledger if
 * that is on.  Returns and describes as above.
 */
unsigned	vs_check_cdevs(char *buf, size_t size);
/*
 * The same for the mounts of devfs: entries against devices, vnodes against
 * entries, opens of vnodes against those of devices.  Nobody else may be
 * mounting, opening, closing or looking anything up meanwhile.
 */
unsigned	vs_check_devfs(char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_INSPECT_H_ */
