/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What root in a jail may do, and the questions about a credential's prison.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/ucred.h>

#include "jail_private.h"

enum priv_rule {
	PRIV_REFUSED = 0,	/* in every jail */
	PRIV_GRANTED,		/* in any jail */
	PRIV_VNET,		/* where the jail owns its network stack */
	PRIV_ALLOW,		/* with one of the bits in pp_allow */
	PRIV_ALLOW_MOUNT,	/* with the bits, and mounts being visible */
	PRIV_ALLOW_NFSD		/* with the bits, own vnet, statfs enforced */
};

/* A range of privileges with one rule; `vnet` is an alternative. */
struct priv_policy {
	short		pp_first;
	short		pp_last;
	enum priv_rule	pp_rule;
	unsigned	pp_allow;	/* PR_ALLOW_* */
	bool		pp_vnet;	/* granted with an own vnet too */
};

#define	ONE(priv)		(priv), (priv)

/* Ascending and without overlap.  What is not mentioned is refused. */
static const struct priv_policy policies[] = {
	{ ONE(PRIV_KTRACE), PRIV_ALLOW, PR_ALLOW_SETAUDIT, false },
	{ ONE(PRIV_MSGBUF), PRIV_ALLOW, PR_ALLOW_READ_MSGBUF, false },
	{ PRIV_ADJTIME, PRIV_NTP_ADJTIME, PRIV_ALLOW,
	    PR_ALLOW_ADJTIME | PR_ALLOW_SETTIME, false },
	{ PRIV_CLOCK_SETTIME, PRIV_SETTIMEOFDAY, PRIV_ALLOW,
	    PR_ALLOW_SETTIME, false },
	{ PRIV_AUDIT_GETAUDIT, PRIV_AUDIT_SETAUDIT, PRIV_ALLOW,
	    PR_ALLOW_SETAUDIT, false },
	{ PRIV_CRED_SETUID, PRIV_SEEOTHERUIDS, PRIV_GRANTED, 0, false },
	{ PRIV_DEBUG_DIFFCRED, PRIV_DEBUG_UNPRIV, PRIV_GRANTED, 0, false },
	{ PRIV_JAIL_ATTACH, PRIV_JAIL_REMOVE, PRIV_GRANTED, 0, false },
	{ PRIV_PROC_LIMIT, PRIV_PROC_SETLOGINCLASS, PRIV_GRANTED, 0, false },
	{ PRIV_IPC_READ, PRIV_IPC_MSGSIZE, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_MQ_ADMIN), PRIV_GRANTED, 0, false },
	{ PRIV_SCHED_DIFFCRED, PRIV_SCHED_CPUSET, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_SEM_WRITE), PRIV_GRANTED, 0, false },
	{ PRIV_SIGNAL_DIFFCRED, PRIV_SIGNAL_SUGID, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_SYSCTL_WRITEJAIL), PRIV_GRANTED, 0, false },
	{ PRIV_TTY_CONSOLE, PRIV_TTY_SETA, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_NFS_DAEMON), PRIV_ALLOW_NFSD, PR_ALLOW_NFSD, false },
	{ PRIV_VFS_READ, PRIV_VFS_BLOCKRESERVE, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_CHFLAGS_DEV), PRIV_GRANTED, 0, false },
	{ PRIV_VFS_CHOWN, PRIV_VFS_RETAINSUGID, PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_EXTATTR_SYSTEM), PRIV_ALLOW, PR_ALLOW_EXTATTR, false },
	{ ONE(PRIV_VFS_FCHROOT), PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_GENERATION), PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_GETFH), PRIV_ALLOW_NFSD, PR_ALLOW_NFSD, false },
	{ ONE(PRIV_VFS_LINK), PRIV_GRANTED, 0, false },
	{ PRIV_VFS_MOUNT, PRIV_VFS_MOUNT_OWNER, PRIV_ALLOW_MOUNT,
	    PR_ALLOW_MOUNT, false },
	{ ONE(PRIV_VFS_MOUNT_EXPORTED), PRIV_ALLOW_NFSD, PR_ALLOW_NFSD,
	    false },
	{ ONE(PRIV_VFS_MOUNT_NONUSER), PRIV_ALLOW_MOUNT, PR_ALLOW_MOUNT,
	    false },
	{ ONE(PRIV_VFS_SETGID), PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_STICKYFILE), PRIV_GRANTED, 0, false },
	{ ONE(PRIV_VFS_SYSFLAGS), PRIV_ALLOW, PR_ALLOW_CHFLAGS, false },
	{ ONE(PRIV_VFS_UNMOUNT), PRIV_ALLOW_MOUNT, PR_ALLOW_MOUNT, false },
	{ PRIV_VFS_STAT, PRIV_VFS_READ_DIR, PRIV_GRANTED, 0, false },
	{ PRIV_VM_MLOCK, PRIV_VM_MUNLOCK, PRIV_ALLOW, PR_ALLOW_MLOCK, false },
	{ PRIV_NET_BRIDGE, PRIV_NET_GRE, PRIV_VNET, 0, true },
	{ PRIV_NET_BPF, PRIV_NET_RAW, PRIV_VNET, 0, true },
	{ ONE(PRIV_NET_ROUTE), PRIV_ALLOW, PR_ALLOW_ROUTING, true },
	{ PRIV_NET_TAP, PRIV_NET_SETIFFIB, PRIV_VNET, 0, true },
	{ PRIV_NET_SETVLANPCP, PRIV_NET_WG, PRIV_VNET, 0, true },
	{ PRIV_NET80211_VAP_GETKEY, PRIV_NET80211_VAP_MANAGE, PRIV_VNET, 0,
	    true },
	{ ONE(PRIV_NETGRAPH_CONTROL), PRIV_VNET, 0, true },
	{ ONE(PRIV_NETINET_RESERVEDPORT), PRIV_ALLOW,
	    PR_ALLOW_RESERVED_PORTS, false },
	{ PRIV_NETINET_IPFW, PRIV_NETINET_MROUTE, PRIV_VNET, 0, true },
	{ ONE(PRIV_NETINET_RAW), PRIV_ALLOW, PR_ALLOW_RAW_SOCKETS, true },
	{ ONE(PRIV_NETINET_GETCRED), PRIV_GRANTED, 0, false },
	{ PRIV_NETINET_ADDRCTRL6, PRIV_NETINET_IPSEC, PRIV_VNET, 0, true },
	{ PRIV_NETINET_REUSEPORT, PRIV_NETINET_SETHDROPTS, PRIV_GRANTED, 0,
	    false },
	{ ONE(PRIV_NETINET_BINDANY), PRIV_VNET, 0, true },
	{ ONE(PRIV_KMEM_READ), PRIV_ALLOW, PR_ALLOW_KMEM_ACCESS, false },
	{ ONE(PRIV_PROC_MEM_WRITE), PRIV_GRANTED, 0, false },
};

/* By halves: the table is in order. */
static const struct priv_policy *
priv_policy_find(int priv)
{
	size_t lo = 0, hi = nitems(policies), mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (priv < policies[mid].pp_first)
			hi = mid;
		else if (priv > policies[mid].pp_last)
			lo = mid + 1;
		else
			return (&policies[mid]);
	}
	return (NULL);
}

static bool
priv_policy_grants(const struct priv_policy *pp, const struct prison *pr)
{
	unsigned allow = pr_allow_load(pr);
	bool vnet = prison_owns_vnet(pr);
	int statfs = __atomic_load_n(&pr->pr_enforce_statfs,
	    __ATOMIC_RELAXED);

	if (pp->pp_vnet && vnet)
		return (true);
	switch (pp->pp_rule) {
	case PRIV_GRANTED:
		return (true);
	case PRIV_ALLOW:
		return ((allow & pp->pp_allow) != 0);
	case PRIV_ALLOW_MOUNT:
		return ((allow & pp->pp_allow) != 0 && statfs < 2);
	case PRIV_ALLOW_NFSD:
		return ((allow & pp->pp_allow) != 0 && vnet && statfs != 0);
	default:
		return (false);
	}
}

int
prison_priv_check(struct ucred *cred, int priv)
{
	const struct priv_policy *pp;

	if (__predict_true(!jailed(cred)))
		return (0);
	pp = priv_policy_find(priv);
	if (pp == NULL || !priv_policy_grants(pp, cred->cr_prison))
		return (EPERM);
	return (0);
}

int
jailed(const struct ucred *cred)
{
	return (cred->cr_prison != &prison0);
}

/* Shares a stack, and so must be held back from it. */
int
jailed_without_vnet(const struct ucred *cred)
{
	return (jailed(cred) && !prison_owns_vnet(cred->cr_prison));
}

/* No lock: a jail keeps the stack that it was made with. */
bool
prison_owns_vnet(const struct prison *pr)
{
	return ((pr_flags_load(pr) & PR_VNET) != 0);
}

int
prison_flag(const struct ucred *cred, unsigned flag)
{
	return (pr_flags_load(cred->cr_prison) & flag);
}

int
prison_allow(const struct ucred *cred, unsigned flag)
{
	return ((pr_allow_load(cred->cr_prison) & flag) != 0);
}

/* One's own prison and everything below it. */
int
prison_check(const struct ucred *cred1, const struct ucred *cred2)
{
	return (cred1->cr_prison == cred2->cr_prison ||
	    prison_ischild(cred1->cr_prison, cred2->cr_prison) ? 0 : ESRCH);
}

int
securelevel_gt(const struct ucred *cred, int level)
{
	return (__atomic_load_n(&cred->cr_prison->pr_securelevel,
	    __ATOMIC_RELAXED) > level ? EPERM : 0);
}

int
securelevel_ge(const struct ucred *cred, int level)
{
	return (securelevel_gt(cred, level - 1));
}

/* A string of the credential's prison, or of the host. */
static void
cred_string(const struct ucred *cred, size_t field, char *buf, size_t size)
{
	struct prison *pr = cred != NULL ? cred->cr_prison : &prison0;

	mtx_lock(&pr->pr_mtx);
	strlcpy(buf, (const char *)pr + field, size);
	mtx_unlock(&pr->pr_mtx);
}

void
getcredhostname(struct ucred *cred, char *buf, size_t size)
{
	cred_string(cred, offsetof(struct prison, pr_hostname), buf, size);
}

void
getcreddomainname(struct ucred *cred, char *buf, size_t size)
{
	cred_string(cred, offsetof(struct prison, pr_domainname), buf, size);
}

void
getcredhostuuid(struct ucred *cred, char *buf, size_t size)
{
	cred_string(cred, offsetof(struct prison, pr_hostuuid), buf, size);
}

void
getcredhostid(struct ucred *cred, unsigned long *hostid)
{
	struct prison *pr = cred->cr_prison;

	mtx_lock(&pr->pr_mtx);
	*hostid = pr->pr_hostid;
	mtx_unlock(&pr->pr_mtx);
}
