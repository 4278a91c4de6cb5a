/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2): values and their limits.  What a jail is denied, its
 * descendants are denied too.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include <vnetsim/observe.h>

#include <stdio.h>
#include <stdlib.h>

#include "jail_private.h"
#include "jail_set.h"

/* --- limits --------------------------------------------------------------- */

/* A jail may be stricter than its parent, never laxer. */
static int
limit_numbers(struct jail_set *js)
{
	const struct prison *ppr = js->ppr;

	if (js->got_securelevel && js->securelevel < ppr->pr_securelevel)
		return (EPERM);
	if (js->got_childmax && js->childmax >= ppr->pr_childmax)
		return (EPERM);
	if (js->got_enforce && js->enforce_statfs < ppr->pr_enforce_statfs)
		return (EPERM);
	if (!js->got_rsnum)
		return (0);
	if (js->devfs_rsnum < 0 || js->devfs_rsnum > 65535)
		return (EINVAL);
	/* A jail may only pass on the rules that it is under. */
	if (js->mypr != &prison0) {
		if (js->devfs_rsnum != 0 &&
		    js->devfs_rsnum != ppr->pr_devfs_rsnum)
			return (EPERM);
		js->devfs_rsnum = ppr->pr_devfs_rsnum;
	}
	return (0);
}

/* Out of the parent's list, and not another jail's. */
static int
limit_addresses(struct jail_set *js, pr_family_t af, const char *family)
{
	int error;

	if (!js->got_ip[af])
		return (0);
	if ((error = prison_ip_allowed(js->ppr, af, js->ip[af])) != 0)
		return (error);
	error = prison_ip_conflict(js->pr, js->ppr, af, js->ip[af]);
	if (error != 0)
		return (jail_set_error(js, error, "%s addresses clash",
		    family));
	return (0);
}

/* A number means the id of a jail; no other jail may be called so. */
static bool
name_misleads(const char *leaf, int jid)
{
	char digits[16], *end;

	(void)strtoul(leaf, &end, 10);
	if (*end != '\0')
		return (false);
	snprintf(digits, sizeof(digits), "%d", jid);
	return (strcmp(leaf, digits) != 0);
}

/* Works the full name out, and whether all names that depend on it fit. */
static int
limit_name(struct jail_set *js)
{
	struct prison *pr = js->pr, *tpr;
	const char *leaf = js->leaf;
	char digits[16];
	size_t len, oldlen;
	int descend;

	if (leaf == NULL || *leaf == '\0') {
		if (!js->created)
			return (0);
		snprintf(digits, sizeof(digits), "%d", pr->pr_id);
		leaf = digits;
	} else if (name_misleads(leaf, pr->pr_id))
		return (jail_set_error(js, EINVAL,
		    "name cannot be numeric (unless it is the jid)"));
	len = js->ppr == &prison0 ?
	    (size_t)snprintf(js->fullname, sizeof(js->fullname), "%s", leaf) :
	    (size_t)snprintf(js->fullname, sizeof(js->fullname), "%s.%s",
	    js->ppr->pr_name, leaf);
	if (len >= sizeof(js->fullname))
		return (ENAMETOOLONG);
	oldlen = strlen(pr->pr_name);
	FOREACH_PRISON_DESCENDANT(pr, tpr, descend)
		if (strlen(tpr->pr_name) - oldlen + len >=
		    sizeof(tpr->pr_name))
			return (ENAMETOOLONG);
	js->rename = strcmp(js->fullname, pr->pr_name) != 0;
	return (0);
}

/* Everything that may fail is found before anything is changed. */
int
jail_set_limits(struct jail_set *js)
{
	int error;

	if ((error = limit_numbers(js)) != 0 ||
	    (error = limit_addresses(js, PR_INET, "IPv4")) != 0 ||
	    (error = limit_addresses(js, PR_INET6, "IPv6")) != 0 ||
	    (error = limit_name(js)) != 0)
		return (error);
	if (js->pr_allow & ~js->ppr->pr_allow & ~PR_ALLOW_DIFFERENCES)
		return (EPERM);
	return (0);
}

/* --- values --------------------------------------------------------------- */

/* For every descendant with its pr_mtx; `descend` can be cleared. */
#define	FOREACH_DESCENDANT_LOCKED(pr, tpr, descend)			\
	for ((tpr) = (pr), (descend) = 1; ((tpr) = descendant_next((pr),\
	    (tpr), (descend))) != NULL && ((descend) = 1);)

/* The parent's mutex is held as well: from the top of the tree down. */
static struct prison *
descendant_next(struct prison *pr, struct prison *tpr, int descend)
{
	if (tpr != pr)
		mtx_unlock(&tpr->pr_mtx);
	tpr = prison_next(pr, tpr, descend);
	if (tpr != NULL)
		mtx_lock(&tpr->pr_mtx);
	return (tpr);
}

/* Names of descendants begin with this one. */
static void
apply_name(struct jail_set *js)
{
	struct prison *pr = js->pr, *tpr;
	char rest[MAXHOSTNAMELEN];
	size_t len, oldlen = strlen(pr->pr_name);
	int descend;

	if (!js->rename)
		return;
	if (!js->created) {
		FOREACH_DESCENDANT_LOCKED(pr, tpr, descend) {
			strlcpy(rest, tpr->pr_name + oldlen, sizeof(rest));
			len = strlcpy(tpr->pr_name, js->fullname,
			    sizeof(tpr->pr_name));
			strlcpy(tpr->pr_name + len, rest,
			    sizeof(tpr->pr_name) - len);
		}
	}
	strlcpy(pr->pr_name, js->fullname, sizeof(pr->pr_name));
	VS_LEDGER(rename, VS_PRISON, pr, pr->pr_name);
}

/* How many levels below `pr` is `tpr`? */
static int
depth_below(const struct prison *pr, const struct prison *tpr)
{
	int depth = 0;

	for (; tpr != pr; tpr = tpr->pr_parent)
		depth++;
	return (depth);
}

/* A limit that moves takes those below with it, if they were beyond it. */
static void
apply_numbers(struct jail_set *js)
{
	struct prison *pr = js->pr, *tpr;
	int descend;

	if (js->got_securelevel)
		PR_STORE(pr->pr_securelevel, js->securelevel);
	if (js->got_childmax)
		PR_STORE(pr->pr_childmax, js->childmax);
	if (js->got_enforce)
		PR_STORE(pr->pr_enforce_statfs, js->enforce_statfs);
	if (js->got_rsnum)
		pr->pr_devfs_rsnum = js->devfs_rsnum;
	FOREACH_DESCENDANT_LOCKED(pr, tpr, descend) {
		if (js->got_securelevel)
			PR_STORE(tpr->pr_securelevel,
			    imax(tpr->pr_securelevel, js->securelevel));
		/* A descendant has fewer levels left below it. */
		if (js->got_childmax)
			PR_STORE(tpr->pr_childmax, imin(tpr->pr_childmax,
			    imax(js->childmax - depth_below(pr, tpr), 0)));
		if (js->got_enforce)
			PR_STORE(tpr->pr_enforce_statfs,
			    imax(tpr->pr_enforce_statfs, js->enforce_statfs));
		if (js->got_rsnum)
			tpr->pr_devfs_rsnum = js->devfs_rsnum;
	}
}

/* The list passes into the prison's hands. */
static void
apply_addresses(struct jail_set *js, pr_family_t af)
{
	if (!js->got_ip[af])
		return;
	pr_flags_set(js->pr, pr_family_flag[af], 0);
	prison_ip_set(js->pr, af, js->ip[af]);
	js->ip[af] = NULL;
	js->redo_ip[af] = !prison_ip_restrict(js->pr, af);
}

/* Both prisons' mutexes are held, or the one is not visible yet. */
static void
host_copy(struct prison *to, const struct prison *from)
{
	memcpy(to->pr_hostname, from->pr_hostname, sizeof(to->pr_hostname));
	memcpy(to->pr_domainname, from->pr_domainname,
	    sizeof(to->pr_domainname));
	memcpy(to->pr_hostuuid, from->pr_hostuuid, sizeof(to->pr_hostuuid));
	to->pr_hostid = from->pr_hostid;
}

/* Descendants that have no host of their own show their parent's. */
static void
apply_host(struct jail_set *js)
{
	struct prison *pr = js->pr, *tpr;
	int descend;

	if ((js->ch_flags & PR_HOST) == 0)
		return;
	if ((js->pr_flags & PR_HOST) == 0)
		host_copy(pr, pr->pr_parent);
	if (js->hostname != NULL)
		strlcpy(pr->pr_hostname, js->hostname,
		    sizeof(pr->pr_hostname));
	if (js->domainname != NULL)
		strlcpy(pr->pr_domainname, js->domainname,
		    sizeof(pr->pr_domainname));
	if (js->hostuuid != NULL)
		strlcpy(pr->pr_hostuuid, js->hostuuid,
		    sizeof(pr->pr_hostuuid));
	if (js->got_hostid)
		pr->pr_hostid = js->hostid;
	FOREACH_DESCENDANT_LOCKED(pr, tpr, descend) {
		if (tpr->pr_flags & PR_HOST)
			descend = 0;
		else
			host_copy(tpr, pr);
	}
}

/* What is taken from a jail is taken from all below. */
static void
apply_allow(struct jail_set *js)
{
	struct prison *pr = js->pr, *tpr;
	unsigned cleared = js->ch_allow & ~js->pr_allow;
	int descend;

	pr_allow_set(pr, js->pr_allow, js->ch_allow);
	if (cleared == 0)
		return;
	FOREACH_DESCENDANT_LOCKED(pr, tpr, descend)
		pr_allow_set(tpr, 0, cleared);
}

/*
 * Being persistent owns a reference of each kind.  The call has one of its
 * own, so that the first goes at once; the user reference goes last, as it
 * may be what keeps the jail alive.
 */
static void
apply_persist(struct jail_set *js)
{
	struct prison *pr = js->pr;

	if (((pr->pr_flags ^ js->pr_flags) & js->ch_flags & PR_PERSIST) == 0)
		return;
	if (js->pr_flags & PR_PERSIST) {
		prison_hold_as(pr, pr_holder_persist);
		prison_uref_hold(pr, pr_holder_persist);
	} else {
		prison_free_not_last(pr, pr_holder_persist);
		prison_uref_pass(pr, pr_holder_persist, pr_holder_call);
		js->drflags |= PD_DEUREF;
	}
}

/* From here on nothing is taken back, whatever a module may say later. */
void
jail_set_apply(struct jail_set *js)
{
	struct prison *pr = js->pr;
	/* The family bits came with creation, the stack for good. */
	unsigned ch = js->ch_flags & ~PR_VNET;

	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	js->changed = true;
	apply_numbers(js);
	apply_addresses(js, PR_INET);
	apply_addresses(js, PR_INET6);
	apply_name(js);
	apply_host(js);
	apply_allow(js);
	apply_persist(js);
	pr_flags_set(pr, js->pr_flags & ch, ch);
}
