/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The names of parameters, and those that modules add.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include "jail_private.h"

int jail_max_af_ips = 255;
int jail_default_enforce_statfs = 2;
int jail_meta_maxbufsize = 4096;

const struct jail_bool jail_bools[] = {
	{ "persist", "nopersist", PR_PERSIST },
	{ "ip4.saddrsel", "ip4.nosaddrsel", PR_IP4_SADDRSEL },
	{ "ip6.saddrsel", "ip6.nosaddrsel", PR_IP6_SADDRSEL },
	{ NULL, NULL, 0 }
};

/* "host" and "vnet" cannot be disabled. */
const struct jail_sys jail_sys[] = {
	{ .name = "host", .new = PR_HOST },
	{ .name = "vnet", .new = PR_VNET },
	{ .name = "ip4", .new = PR_IP4_USER, .disable = PR_IP4_USER },
	{ .name = "ip6", .new = PR_IP6_USER, .disable = PR_IP6_USER },
	{ .name = NULL }
};

/*
 * allow.*: FreeBSD's own, then those of modules, whose names are allocated.
 * A name keeps its bit until shutdown.  prison0's pr_mtx; entries are never
 * changed once their flag is set.
 */
#define	ALLOW(word, bit)	{ "allow." word, "allow.no" word, bit }
#define	JAIL_ALLOW_STATIC	20
struct jail_bool jail_allow[JAIL_ALLOW_MAX] = {
	ALLOW("set_hostname", PR_ALLOW_SET_HOSTNAME),
	ALLOW("sysvipc", PR_ALLOW_SYSVIPC),
	ALLOW("raw_sockets", PR_ALLOW_RAW_SOCKETS),
	ALLOW("chflags", PR_ALLOW_CHFLAGS),
	ALLOW("mount", PR_ALLOW_MOUNT),
	ALLOW("quotas", PR_ALLOW_QUOTAS),
	ALLOW("socket_af", PR_ALLOW_SOCKET_AF),
	ALLOW("mlock", PR_ALLOW_MLOCK),
	ALLOW("read_msgbuf", PR_ALLOW_READ_MSGBUF),
	ALLOW("unprivileged_proc_debug", PR_ALLOW_UNPRIV_DEBUG),
	ALLOW("suser", PR_ALLOW_SUSER),
	ALLOW("reserved_ports", PR_ALLOW_RESERVED_PORTS),
	ALLOW("kmem_access", PR_ALLOW_KMEM_ACCESS),
	ALLOW("nfsd", PR_ALLOW_NFSD),
	ALLOW("extattr", PR_ALLOW_EXTATTR),
	ALLOW("adjtime", PR_ALLOW_ADJTIME),
	ALLOW("settime", PR_ALLOW_SETTIME),
	ALLOW("routing", PR_ALLOW_ROUTING),
	ALLOW("unprivileged_parent_tampering", PR_ALLOW_UNPRIV_PARENT_TAMPER),
	ALLOW("setaudit", PR_ALLOW_SETAUDIT),
};
CTASSERT(JAIL_ALLOW_MAX > JAIL_ALLOW_STATIC);

/* The bit of a known name or a free one; prison0's pr_mtx held. */
static struct jail_bool *
allow_slot(const char *name)
{
	unsigned used = PR_ALLOW_ALL_STATIC;
	int i;

	for (i = 0; i < JAIL_ALLOW_MAX - 1 && jail_allow[i].name != NULL;
	    i++) {
		if (strcmp(jail_allow[i].name, name) == 0)
			return (&jail_allow[i]);
		used |= jail_allow[i].flag;
	}
	if (i == JAIL_ALLOW_MAX - 1 || used == ~0U)
		return (NULL);
	jail_allow[i].flag = ~used & (used + 1);
	return (&jail_allow[i]);
}

/* The names are made before the lock is taken, and thrown away if known. */
unsigned
prison_add_allow(const char *prefix, const char *name,
    const char *prefix_descr __unused, const char *descr __unused)
{
	struct jail_bool *slot;
	char *allow, *noallow;
	const char *dot = prefix != NULL ? "." : "";
	unsigned flag = 0;

	if (prefix == NULL)
		prefix = "";
	asprintf(&allow, M_PRISON, "allow.%s%s%s", prefix, dot, name);
	asprintf(&noallow, M_PRISON, "allow.%s%sno%s", prefix, dot, name);
	sx_xlock(&allprison_lock);
	mtx_lock(&prison0.pr_mtx);
	slot = allow_slot(allow);
	if (slot != NULL)
		flag = slot->flag;
	if (slot != NULL && slot->name == NULL) {
		slot->name = allow;
		slot->noname = noallow;
		allow = noallow = NULL;
		/* The host may do it from now on, jails when told so. */
		pr_allow_set(&prison0, flag, 0);
	}
	mtx_unlock(&prison0.pr_mtx);
	sx_xunlock(&allprison_lock);
	free(allow, M_PRISON);
	free(noallow, M_PRISON);
	return (flag);
}

/* The static ones stay; what modules added goes. */
static void
allow_uninit(void *arg __unused)
{
	int i;

	for (i = JAIL_ALLOW_STATIC; jail_allow[i].name != NULL; i++) {
		free(__DECONST(char *, jail_allow[i].name), M_PRISON);
		free(__DECONST(char *, jail_allow[i].noname), M_PRISON);
		memset(&jail_allow[i], 0, sizeof(jail_allow[i]));
	}
}
SYSUNINIT(prison_allow, SI_SUB_LOCK, SI_ORDER_ANY, allow_uninit, NULL);

/* Granting is for one jail; taking away is for all below it too. */
void
prison_set_allow(struct ucred *cred, unsigned flag, int enable)
{
	struct prison *pr = cred->cr_prison, *tpr;
	int descend;

	sx_slock(&allprison_lock);
	mtx_lock(&pr->pr_mtx);
	if (enable)
		pr_allow_set(pr, flag, 0);
	else {
		pr_allow_set(pr, 0, flag);
		FOREACH_PRISON_DESCENDANT(pr, tpr, descend) {
			mtx_lock(&tpr->pr_mtx);
			pr_allow_set(tpr, 0, flag);
			mtx_unlock(&tpr->pr_mtx);
		}
	}
	mtx_unlock(&pr->pr_mtx);
	sx_sunlock(&allprison_lock);
}
