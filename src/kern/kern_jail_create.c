/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2): a new prison, from nothing to "invalid but linked".
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fail.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>
#include <sys/sx.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "jail_private.h"
#include "jail_set.h"

#define	PRISON_ALLOW_DEFAULT						\
	(PR_ALLOW_SET_HOSTNAME | PR_ALLOW_RESERVED_PORTS |		\
	PR_ALLOW_UNPRIV_DEBUG | PR_ALLOW_SUSER)

static int lastcpuset = 1;	/* allprison_lock; prison0 has 1 */

/*
 * Settles the id.  A dying jail that has it gets another one, and keeps that
 * even if this creation fails.
 */
static int
create_id(struct jail_set *js)
{
	int id;

	id = js->jid != 0 && js->deadpr == NULL ? js->jid :
	    js->jid != 0 ? prison_next_dead_id() : prison_next_id();
	if (id == 0)
		return (jail_set_error(js, EAGAIN, "no available jail IDs"));
	if (js->deadpr != NULL)
		prison_renumber(js->deadpr, id);
	else
		js->jid = id;
	return (0);
}

/* The path as the host sees it. */
static char *
create_path(const struct prison *mypr, const char *path)
{
	char *full;
	size_t len;

	if (path == NULL || strcmp(mypr->pr_path, "/") == 0)
		full = strdup(path != NULL ? path : mypr->pr_path, M_PRISON);
	else
		asprintf(&full, M_PRISON, "%s%s", mypr->pr_path, path);
	for (len = strlen(full); len > 1 && full[len - 1] == '/'; len--)
		full[len - 1] = '\0';
	return (full);
}

/*
 * A jail with neither a stack of its own nor a word about a family gets none
 * of that family's addresses.
 */
static void
create_family(struct jail_set *js, pr_family_t af)
{
	struct prison *pr = js->pr, *ppr = js->ppr;

	if (js->pr_flags & PR_VNET)
		return;
	if ((js->ch_flags & pr_family_user[af]) == 0)
		pr->pr_flags |= pr_family_flag[af] | pr_family_user[af];
	else if ((js->pr_flags & pr_family_user[af]) == 0) {
		pr->pr_flags |= ppr->pr_flags & pr_family_flag[af];
		prison_ip_inherit(pr, ppr, af);
	} else
		pr->pr_flags |= pr_family_flag[af];
}

/* From the parent what restricts, from nobody what identifies. */
static void
create_defaults(struct jail_set *js)
{
	struct prison *pr = js->pr, *ppr = js->ppr;

	pr->pr_flags = PR_HOST | PR_IP4_SADDRSEL | PR_IP6_SADDRSEL;
	pr->pr_securelevel = ppr->pr_securelevel;
	pr->pr_devfs_rsnum = ppr->pr_devfs_rsnum;
	pr->pr_enforce_statfs = jail_default_enforce_statfs;
	pr->pr_allow = PRISON_ALLOW_DEFAULT & ppr->pr_allow;
	pr->pr_osreldate = js->osreldate != 0 ? js->osreldate :
	    ppr->pr_osreldate;
	strlcpy(pr->pr_osrelease, js->osrelease != NULL ? js->osrelease :
	    ppr->pr_osrelease, sizeof(pr->pr_osrelease));
	strlcpy(pr->pr_hostuuid, "00000000-0000-0000-0000-000000000000",
	    sizeof(pr->pr_hostuuid));
	pr->pr_path = create_path(js->mypr, js->path);
	create_family(js, PR_INET);
	create_family(js, PR_INET6);
}

/*
 * PR_VNET comes before everything that may fail: whoever frees the prison
 * destroys the stack.
 */
static void
create_vnet(struct jail_set *js)
{
	struct prison *pr = js->pr;

	if (js->pr_flags & PR_VNET) {
		pr->pr_flags |= PR_VNET;
		pr->pr_vnet = vnet_alloc();
	} else
		pr->pr_vnet = js->ppr->pr_vnet;
}

/* CPU sets are but a number here; making one can fail all the same. */
static int
create_cpuset(struct prison *pr)
{
	int error = 0;

	KFAIL_POINT_ERROR(DEBUG_FP, jail_set_cpuset, error);
	pr->pr_cpuset_id = ++lastcpuset;
	return (error);
}

/*
 * The walk over limits begins at the caller's prison, not at the parent of
 * the new one, which may be further down.
 */
int
jail_set_create(struct jail_set *js)
{
	struct prison *pr, *tpr;
	int error;

	sx_assert(&allprison_lock, SA_XLOCKED);
	MPASS(js->mypr != NULL);
	for (tpr = js->mypr; tpr != NULL; tpr = tpr->pr_parent)
		if (tpr->pr_childcount >= tpr->pr_childmax)
			return (jail_set_error(js, EPERM,
			    "prison limit exceeded"));
	if ((error = create_id(js)) != 0)
		return (error);
	pr = malloc(sizeof(*pr), M_PRISON, M_WAITOK | M_ZERO);
	pr->pr_id = js->jid;
	refcount_init(&pr->pr_ref, 1);
	VS_LEDGER(birth, VS_PRISON, pr, "new prison", pr_holder_call);
	mtx_init(&pr->pr_mtx, "jail mutex", NULL, MTX_DEF | MTX_DUPOK);
	LIST_INIT(&pr->pr_children);
	LIST_INIT(&pr->pr_proclist);
	LIST_INIT(&pr->pr_descs);
	prison_insert(pr, js->ppr);
	js->pr = pr;
	js->created = true;
	js->drflags |= PD_DEREF;
	create_defaults(js);
	create_vnet(js);
	error = create_cpuset(pr);
	mtx_lock(&pr->pr_mtx);
	js->drflags |= PD_LOCKED;
	return (error);
}
