/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Jails: jail(2), jail(9).
 *
 * A prison has two counts.  pr_ref keeps its memory and its vnet; pr_uref
 * keeps it alive, that is visible and usable.  The step to zero of either is
 * made only with allprison_lock exclusive and pr_mtx, so whoever holds one of
 * the two may trust what it sees.
 */
#ifndef _KPI_SYS_JAIL_H_
#define _KPI_SYS_JAIL_H_

#include <sys/param.h>
#include <sys/queue.h>
#include <sys/_lock.h>
#include <sys/_mutex.h>
#include <sys/_task.h>
#include <sys/osd.h>

#include <netinet/in.h>

struct epoch_context;
struct jaildesc;
struct proc;
struct sx;
struct taskqueue;
struct thread;
struct ucred;
struct vfsoptlist;
struct vnet;

/* jail_set(2) and jail_get(2) flags. */
#define	JAIL_CREATE	0x01
#define	JAIL_UPDATE	0x02
#define	JAIL_ATTACH	0x04
#define	JAIL_DYING	0x08	/* look at dying jails too (get) */
/*
 * Descriptors: jail_get(2) gives them; that a jail is found by one, and all of
 * them in jail_set(2), is not modelled and fails with EOPNOTSUPP.
 */
#define	JAIL_USE_DESC	0x10
#define	JAIL_AT_DESC	0x20
#define	JAIL_GET_DESC	0x40
#define	JAIL_OWN_DESC	0x80	/* its close removes the jail */
#define	JAIL_SET_MASK	0xff
#define	JAIL_GET_MASK	0xf8
#define	JAIL_DESC_MASK	0xf0

/* Values of a "jailsys" parameter. */
#define	JAIL_SYS_DISABLE	0
#define	JAIL_SYS_NEW		1
#define	JAIL_SYS_INHERIT	2

#define	JAIL_MAX	999999
#define	HOSTUUIDLEN	64
#define	OSRELEASELEN	32

enum prison_state {
	PRISON_STATE_INVALID = 0,	/* being built or torn down */
	PRISON_STATE_ALIVE,
	PRISON_STATE_DYING		/* removed, but referenced */
};

typedef enum {
	PR_INET	= 0,
	PR_INET6 = 1,
	PR_FAMILY_MAX
} pr_family_t;

/*
 * An address list: constant, replaced as a whole, freed after the network
 * epoch.  The first address is the primary one, the rest is sorted.
 */
struct prison_ip;

/*
 * Locks: (a) allprison_lock, (A) allproc_lock, (c) written only before the
 * prison becomes visible, (m) pr_mtx, (p) pr_mtx and at least shared
 * allprison_lock to write, (q) pr_mtx and exclusive allprison_lock to write,
 * (r) atomic, both locks for the step to zero, (n) may be read in the network
 * epoch, (v) vnet0's is set when that comes up.
 */
struct prison {
	TAILQ_ENTRY(prison) pr_list;		/* (a) allprison, by pr_id */
	int		pr_id;			/* (c) (q) when renumbered */
	volatile u_int	pr_ref;			/* (r) */
	volatile u_int	pr_uref;		/* (r) */
	unsigned	pr_flags;		/* (p) PR_* */
	LIST_HEAD(, prison) pr_children;	/* (a) newest first */
	LIST_HEAD(, proc) pr_proclist;		/* (A) */
	LIST_HEAD(, jaildesc) pr_descs;		/* (m) */
	LIST_ENTRY(prison) pr_sibling;		/* (a) */
	struct prison	*pr_parent;		/* (c) NULL once unlinked */
	struct mtx	pr_mtx;
	struct task	pr_task;		/* (c) prison_complete() */
	struct osd	pr_osd;			/* (p) */
	int		pr_cpuset_id;		/* (c) number of its cpuset */
	struct vnet	*pr_vnet;		/* (c) (v) */
	struct prison_ip *pr_addrs[PR_FAMILY_MAX]; /* (p) (n) */
	int		pr_securelevel;		/* (p) */
	int		pr_enforce_statfs;	/* (p) */
	int		pr_devfs_rsnum;		/* (p) */
	enum prison_state pr_state;		/* (q) */
	int		pr_childcount;		/* (a) all descendants */
	int		pr_childmax;		/* (p) */
	unsigned	pr_allow;		/* (p) PR_ALLOW_* */
	unsigned long	pr_hostid;		/* (p) */
	int		pr_osreldate;		/* (c) */
	char		*pr_path;		/* (c) as seen from the host */
	char		pr_name[MAXHOSTNAMELEN];	/* (p) full, dotted */
	char		pr_hostname[MAXHOSTNAMELEN];	/* (p) */
	char		pr_domainname[MAXHOSTNAMELEN];	/* (p) */
	char		pr_hostuuid[HOSTUUIDLEN];	/* (p) */
	char		pr_osrelease[OSRELEASELEN];	/* (c) */
};

/* pr_flags that jail_set(2) knows by a name. */
#define	PR_PERSIST		0x00000001
#define	PR_HOST			0x00000002
#define	PR_IP4_USER		0x00000004
#define	PR_IP6_USER		0x00000008
#define	PR_VNET			0x00000010	/* owns its vnet */
#define	PR_IP4_SADDRSEL		0x00000080
#define	PR_IP6_SADDRSEL		0x00000100
/* Internal ones. */
#define	PR_REMOVE		0x01000000	/* marked by the kill walk */
#define	PR_IP4			0x02000000	/* restricted, perhaps by an */
#define	PR_IP6			0x04000000	/* ancestor */
#define	PR_COMPLETE_PROC	0x08000000	/* prison_complete() owes a
						   user reference too */

/* pr_allow */
#define	PR_ALLOW_SET_HOSTNAME	0x00000001
#define	PR_ALLOW_SYSVIPC	0x00000002
#define	PR_ALLOW_RAW_SOCKETS	0x00000004
#define	PR_ALLOW_CHFLAGS	0x00000008
#define	PR_ALLOW_MOUNT		0x00000010
#define	PR_ALLOW_QUOTAS		0x00000020
#define	PR_ALLOW_SOCKET_AF	0x00000040
#define	PR_ALLOW_MLOCK		0x00000080
#define	PR_ALLOW_READ_MSGBUF	0x00000100
#define	PR_ALLOW_UNPRIV_DEBUG	0x00000200
#define	PR_ALLOW_SUSER		0x00000400
#define	PR_ALLOW_RESERVED_PORTS	0x00008000
#define	PR_ALLOW_KMEM_ACCESS	0x00010000
#define	PR_ALLOW_NFSD		0x00020000
#define	PR_ALLOW_EXTATTR	0x00040000
#define	PR_ALLOW_ADJTIME	0x00080000
#define	PR_ALLOW_SETTIME	0x00100000
#define	PR_ALLOW_ROUTING	0x00200000
#define	PR_ALLOW_UNPRIV_PARENT_TAMPER	0x00400000
#define	PR_ALLOW_SETAUDIT	0x00800000
#define	PR_ALLOW_ALL_STATIC	0x00ff87ff
/* A jail may have these without its parent. */
#define	PR_ALLOW_DIFFERENCES						\
	(PR_ALLOW_UNPRIV_DEBUG | PR_ALLOW_UNPRIV_PARENT_TAMPER)

/* osd(9) methods of a jail slot: int method(void *prison, void *data). */
#define	PR_METHOD_CREATE	0	/* data: options */
#define	PR_METHOD_GET		1	/* data: options */
#define	PR_METHOD_SET		2	/* data: options */
#define	PR_METHOD_CHECK		3	/* data: options */
#define	PR_METHOD_ATTACH	4	/* data: thread */
#define	PR_METHOD_REMOVE	5	/* data: NULL */
#define	PR_MAXMETHOD		6

TAILQ_HEAD(prisonlist, prison);
extern struct prison prison0;
extern struct prisonlist allprison;	/* allprison_lock; not prison0 */
extern struct sx allprison_lock;
extern struct taskqueue *taskqueue_jail_remove;

/* Depth-first walk over the descendants of `ppr`, allprison_lock held. */
#define	FOREACH_PRISON_DESCENDANT(ppr, cpr, descend)			\
	for ((cpr) = (ppr), (descend) = 1;				\
	    ((cpr) = prison_next((ppr), (cpr), (descend))) != NULL &&	\
	    ((descend) = 1);)
/* The next prison after `cpr` below `ppr`; into its children if `descend`. */
struct prison *prison_next(struct prison *ppr, struct prison *cpr,
	    int descend);

/* --- references: no lock needed, none taken away, no sleep --------------- */

/* One pr_ref more; the caller has one, or holds allprison_lock or pr_mtx. */
void	prison_hold(struct prison *pr);
void	prison_hold_locked(struct prison *pr);
/*
 * One pr_ref less.  The last one is left to the jail_remove thread, so this
 * may be called with any lock held.  The _locked form releases pr_mtx.
 */
void	prison_free(struct prison *pr);
void	prison_free_locked(struct prison *pr);
/* The same for pr_uref, on behalf of a process. */
void	prison_proc_hold(struct prison *pr);
void	prison_proc_free(struct prison *pr);

/* --- finding: allprison_lock held; the result has its pr_mtx locked ------- */

struct prison *prison_find(int prid);
struct prison *prison_find_child(struct prison *mypr, int prid);
struct prison *prison_find_name(struct prison *mypr, const char *name);

bool	prison_isalive(const struct prison *pr);
bool	prison_isvalid(struct prison *pr);
/* Is `pr2` a strict descendant of `pr1`? */
int	prison_ischild(const struct prison *pr1, const struct prison *pr2);
bool	prison_owns_vnet(const struct prison *pr);
/* The name of `pr2` as `pr1` sees it; points into pr2->pr_name. */
const char	*prison_name(const struct prison *pr1,
		    const struct prison *pr2);

/* Kills a held prison: allprison_lock exclusive and pr_mtx; drops both. */
void	prison_remove(struct prison *pr);

/* --- processes ------------------------------------------------------------ */

void	prison_proc_link(struct prison *pr, struct proc *p);
void	prison_proc_unlink(struct prison *pr, struct proc *p);
/* Calls `cb` with PROC_LOCK for every process in `pr` or below; may sleep. */
void	prison_proc_iterate(struct prison *pr,
	    void (*cb)(struct proc *, void *), void *arg);

/* --- questions ------------------------------------------------------------ */

int	jailed(const struct ucred *cred);
int	jailed_without_vnet(const struct ucred *cred);
int	prison_flag(const struct ucred *cred, unsigned flag);
int	prison_allow(const struct ucred *cred, unsigned flag);
/* 0, or ESRCH unless cred2's prison is cred1's or below it. */
int	prison_check(const struct ucred *cred1, const struct ucred *cred2);
/* 0, or EPERM if the credential's prison refuses the privilege. */
int	prison_priv_check(struct ucred *cred, int priv);
/* 0, or EAFNOSUPPORT if the prison may not use FreeBSD's AF_* `af`. */
int	prison_check_af(const struct ucred *cred, int af);
/*
 * Is the address on the prison's list: 0, EAFNOSUPPORT (family disabled) or
 * EADDRNOTAVAIL.
 */
int	prison_check_ip4(const struct ucred *cred, const struct in_addr *ia);
int	prison_check_ip6(const struct ucred *cred, const struct in6_addr *ia6);
/* The primary address: 0, or EAFNOSUPPORT if the family is disabled. */
int	prison_get_ip4(struct ucred *cred, struct in_addr *ia);
int	prison_get_ip6(struct ucred *cred, struct in6_addr *ia6);
int	securelevel_gt(const struct ucred *cred, int level);
int	securelevel_ge(const struct ucred *cred, int level);

void	getcredhostname(struct ucred *cred, char *buf, size_t size);
void	getcreddomainname(struct ucred *cred, char *buf, size_t size);

/* --- changing ------------------------------------------------------------- */

/* Sets or clears a bit; clearing reaches all descendants.  May sleep. */
void	prison_set_allow(struct ucred *cred, unsigned flag, int enable);
/*
 * Makes "allow.PREFIX.NAME" (or "allow.NAME") a parameter.  Returns its bit,
 * the old one if the name is known, or 0 if there are no bits left.  Sleeps.
 */
unsigned	prison_add_allow(const char *prefix, const char *name,
		    const char *prefix_descr, const char *descr);

#endif /* !_KPI_SYS_JAIL_H_ */
