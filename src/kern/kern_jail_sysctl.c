/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Variables about jails: what a process may know of its own prison, and the
 * defaults of new ones.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <sys/ucred.h>

#include "jail_private.h"

SYSCTL_NODE(_security, OID_AUTO, jail, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Jails");
SYSCTL_DECL(_security_jail);
SYSCTL_NODE(_security_jail, OID_AUTO, children, CTLFLAG_RD | CTLFLAG_MPSAFE,
    NULL, "Jails below this one");
SYSCTL_DECL(_security_jail_children);
SYSCTL_NODE(_security, OID_AUTO, bsd, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "BSD security policy");
SYSCTL_DECL(_security_bsd);

SYSCTL_INT(_security_jail, OID_AUTO, jail_max_af_ips, CTLFLAG_RW |
    CTLFLAG_MPSAFE, &jail_max_af_ips, 0, "Addresses of a family");
SYSCTL_INT(_security_jail, OID_AUTO, enforce_statfs, CTLFLAG_RW |
    CTLFLAG_MPSAFE, &jail_default_enforce_statfs, 0,
    "enforce_statfs of a new jail");
SYSCTL_INT(_security_jail, OID_AUTO, meta_maxbufsize, CTLFLAG_RW |
    CTLFLAG_MPSAFE, &jail_meta_maxbufsize, 0, "Bytes of meta and of env");

/* What arg2 of the handler below asks for. */
enum own { OWN_JAILED, OWN_VNET, OWN_CHILDREN_MAX, OWN_CHILDREN_CUR };

/* Read by everybody about himself, so nothing is checked. */
static int
sysctl_jail_own(SYSCTL_HANDLER_ARGS)
{
	const struct ucred *cred = req->td->td_ucred;
	struct prison *pr = cred->cr_prison;
	int value = 0;

	switch ((enum own)arg2) {
	case OWN_JAILED:
		value = jailed(cred);
		break;
	case OWN_VNET:
		value = jailed(cred) && prison_owns_vnet(pr);
		break;
	case OWN_CHILDREN_MAX:
		value = __atomic_load_n(&pr->pr_childmax, __ATOMIC_RELAXED);
		break;
	case OWN_CHILDREN_CUR:
		sx_slock(&allprison_lock);
		value = pr->pr_childcount;
		sx_sunlock(&allprison_lock);
		break;
	}
	return (SYSCTL_OUT(req, &value, sizeof(value)));
}
SYSCTL_PROC(_security_jail, OID_AUTO, jailed, CTLTYPE_INT | CTLFLAG_RD |
    CTLFLAG_MPSAFE, NULL, OWN_JAILED, sysctl_jail_own, "I",
    "Is this process in a jail?");
SYSCTL_PROC(_security_jail, OID_AUTO, vnet, CTLTYPE_INT | CTLFLAG_RD |
    CTLFLAG_MPSAFE, NULL, OWN_VNET, sysctl_jail_own, "I",
    "Is it one with a network stack of its own?");
SYSCTL_PROC(_security_jail_children, OID_AUTO, max, CTLTYPE_INT |
    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, OWN_CHILDREN_MAX, sysctl_jail_own,
    "I", "How many there may be");
SYSCTL_PROC(_security_jail_children, OID_AUTO, cur, CTLTYPE_INT |
    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, OWN_CHILDREN_CUR, sysctl_jail_own,
    "I", "How many there are");

/* The jail's "env", which it cannot change. */
static int
sysctl_jail_env(SYSCTL_HANDLER_ARGS)
{
	char *text;
	int error;

	sx_slock(&allprison_lock);
	text = jail_env_text(req->td->td_ucred->cr_prison);
	sx_sunlock(&allprison_lock);
	error = SYSCTL_OUT_STR(req, text);
	jail_env_free(text);
	return (error);
}
SYSCTL_PROC(_security_jail, OID_AUTO, env, CTLTYPE_STRING | CTLFLAG_RD |
    CTLFLAG_MPSAFE, NULL, 0, sysctl_jail_env, "A",
    "The jail's environment text");

/* Whether uid 0 of the caller's own prison means anything. */
static int
sysctl_suser_enabled(SYSCTL_HANDLER_ARGS)
{
	struct ucred *cred = req->td->td_ucred;
	int enabled, error;

	enabled = prison_allow(cred, PR_ALLOW_SUSER);
	error = SYSCTL_OUT(req, &enabled, sizeof(enabled));
	if (error != 0 || req->newptr == NULL)
		return (error);
	error = SYSCTL_IN(req, &enabled, sizeof(enabled));
	if (error == 0)
		prison_set_allow(cred, PR_ALLOW_SUSER, enabled);
	return (error);
}
SYSCTL_PROC(_security_bsd, OID_AUTO, suser_enabled, CTLTYPE_INT |
    CTLFLAG_RW | CTLFLAG_PRISON | CTLFLAG_MPSAFE, NULL, 0,
    sysctl_suser_enabled, "I", "Processes with uid 0 have privilege");
