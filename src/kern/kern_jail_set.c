/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2): creates or changes a jail.
 *
 * allprison_lock is held exclusively from the look-up to the end, so that
 * nobody ever sees a prison that is still being built.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mount.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>
#include <sys/uio.h>

#include <vnetsim/observe.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bugs.h"
#include "jail_private.h"
#include "jail_set.h"

/* Formatted here, because the option list copies what it is given. */
int
jail_set_error(struct jail_set *js, int error, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vfs_opterror(js->opts, "%s", text);
	return (error);
}

/* --- before the options are looked at ------------------------------------- */

/* Answers without a text: the options have not been read yet. */
static int
set_flags_check(const struct prison *mypr, unsigned iovcnt, int flags)
{
	if (iovcnt & 1)
		return (EINVAL);
	if ((flags & JAIL_CREATE) != 0 && (flags & JAIL_AT_DESC) == 0 &&
	    __atomic_load_n(&mypr->pr_childmax, __ATOMIC_RELAXED) == 0)
		return (EPERM);
	if ((flags & ~JAIL_SET_MASK) != 0 ||
	    (flags & (JAIL_USE_DESC | JAIL_AT_DESC)) ==
	    (JAIL_USE_DESC | JAIL_AT_DESC))
		return (EINVAL);
	return (0);
}

/* Jail descriptors stop here, with an answer that FreeBSD never gives. */
static int
set_descriptor_check(struct jail_set *js)
{
	bool desc = vfs_getopt(js->opts, "desc", NULL, NULL) == 0;
	bool wanted = (js->flags & JAIL_DESC_MASK) != 0;

	if (wanted && !desc)
		return (jail_set_error(js, ENOENT, "missing desc"));
	if (desc && !wanted)
		return (jail_set_error(js, EINVAL, "unexpected desc"));
	return (wanted ? EOPNOTSUPP : 0);
}

/* Jailed root may create and attach too, below its own prison. */
static int
set_privilege_check(struct jail_set *js)
{
	int error;

	error = priv_check(js->td, PRIV_JAIL_SET);
	if (error == 0 && (js->flags & JAIL_ATTACH) != 0)
		error = priv_check(js->td, PRIV_JAIL_ATTACH);
	return (error);
}

/* --- which jail ----------------------------------------------------------- */

/* The prison that the call is about, locked from now on. */
static void
set_found(struct jail_set *js, struct prison *pr)
{
	js->pr = pr;
	mtx_lock(&pr->pr_mtx);
	js->drflags |= PD_LOCKED;
}

static int
set_find_jid(struct jail_set *js)
{
	struct prison *pr;

	if (js->jid == 0)
		return (0);
	if (js->jid < 0)
		return (jail_set_error(js, EINVAL, "negative jid"));
	pr = prison_lookup(js->jid);
	/* dying-jail-comes-back: whoever asks for a dying one gets it. */
	if (pr != NULL && !prison_isalive(pr) &&
	    !(BUG(DYING_COMES_BACK) && (js->flags & JAIL_DYING) != 0)) {
		js->deadpr = pr;
		pr = NULL;
	}
	/* Even one that the caller cannot see is in the way. */
	if (pr != NULL && jail_set_only(js, JAIL_CREATE))
		return (jail_set_error(js, EEXIST, "jail %d already exists",
		    js->jid));
	if (pr == NULL ? jail_set_only(js, JAIL_UPDATE) :
	    !prison_ischild(js->mypr, pr))
		return (jail_set_error(js, ENOENT, "jail %d not found",
		    js->jid));
	if (pr == NULL)
		return (0);
	set_found(js, pr);
	/* nested-update-checks-caller: the limits stay the caller's. */
	if (!BUG(UPDATE_CHECKS_CALLER))
		js->ppr = pr->pr_parent;
	return (0);
}

/* The part of the name before the last dot says whose child it is. */
static int
set_find_parent(struct jail_set *js)
{
	char parent[MAXHOSTNAMELEN];
	struct prison *ppr;
	const char *owner;
	bool alive;

	if (js->leaf == js->name)
		return (0);
	strlcpy(parent, js->name, js->leaf - js->name);
	if (js->pr != NULL) {
		owner = BUG(UPDATE_CHECKS_CALLER) ? js->mypr->pr_name :
		    prison_name(js->mypr, js->ppr);
		if (strcmp(parent, owner) != 0)
			return (jail_set_error(js, EINVAL,
			    "cannot change jail's parent"));
		return (0);
	}
	ppr = prison_find_name(js->mypr, parent);
	if (ppr == NULL)
		return (jail_set_error(js, ENOENT, "jail \"%s\" not found",
		    parent));
	alive = prison_isalive(ppr);
	mtx_unlock(&ppr->pr_mtx);
	if (!alive)
		return (jail_set_error(js, ENOENT, "jail \"%s\" is dying",
		    parent));
	js->ppr = ppr;
	return (0);
}

/* A living child of ppr with that name, other than the one found already. */
static struct prison *
set_namesake(struct jail_set *js)
{
	struct prison *pr;

	LIST_FOREACH(pr, &js->ppr->pr_children, pr_sibling)
		if (pr != js->pr && prison_isalive(pr) &&
		    strcmp(prison_name(js->ppr, pr), js->leaf) == 0)
			return (pr);
	return (NULL);
}

static int
set_find_name(struct jail_set *js)
{
	struct prison *pr;
	int error;

	if (js->name == NULL)
		return (0);
	if ((error = set_find_parent(js)) != 0 || *js->leaf == '\0')
		return (error);
	pr = set_namesake(js);
	if (pr != NULL && (js->pr != NULL || jail_set_only(js, JAIL_CREATE)))
		return (jail_set_error(js, EEXIST,
		    "jail \"%s\" already exists", js->name));
	if (pr != NULL)
		set_found(js, pr);
	else if (js->pr == NULL && jail_set_only(js, JAIL_UPDATE))
		return (jail_set_error(js, ENOENT, "jail \"%s\" not found",
		    js->name));
	return (0);
}

/* By id, then by name, which must not contradict it. */
static int
set_find(struct jail_set *js)
{
	int error;

	if (!prison_isalive(js->mypr))
		return (EAGAIN);
	if ((error = set_find_jid(js)) != 0 ||
	    (error = set_find_name(js)) != 0)
		return (error);
	if (js->pr == NULL && jail_set_only(js, JAIL_UPDATE))
		return (jail_set_error(js, ENOENT, "update specified no jail"));
	return (0);
}

/* --- the jail ------------------------------------------------------------- */

/* What cannot be changed in this jail, because it was made without it. */
static int
set_update(struct jail_set *js)
{
	struct prison *pr = js->pr;
	unsigned differ = (pr->pr_flags ^ js->pr_flags) & js->ch_flags;

	prison_hold_as(pr, pr_holder_call);
	js->drflags |= PD_DEREF;
	if ((pr->pr_flags & PR_VNET) != 0 &&
	    (js->ch_flags & (PR_IP4_USER | PR_IP6_USER)) != 0)
		return (jail_set_error(js, EINVAL,
		    "vnet jails cannot have IP address restrictions"));
	if (differ & PR_IP4_USER)
		return (jail_set_error(js, EINVAL,
		    "ip4 cannot be changed after creation"));
	if (differ & PR_IP6_USER)
		return (jail_set_error(js, EINVAL,
		    "ip6 cannot be changed after creation"));
	return (0);
}

/* Modules' methods are called without the mutex; the list lock stays. */
static void
set_unlock(struct jail_set *js)
{
	mtx_unlock(&js->pr->pr_mtx);
	js->drflags &= ~PD_LOCKED;
}

/* The prison cannot have changed: nobody else has the list lock. */
static void
set_lock(struct jail_set *js)
{
	mtx_lock(&js->pr->pr_mtx);
	js->drflags |= PD_LOCKED;
}

/* Modules have had their chance to claim an option in CHECK. */
static int
set_unknown(struct jail_set *js)
{
	const struct vfsopt *opt;

	TAILQ_FOREACH(opt, js->opts, link)
		if (!opt->seen && strcmp(opt->name, "errmsg") != 0)
			return (jail_set_error(js, EINVAL,
			    "unknown parameter: %s", opt->name));
	return (0);
}

/* Steps 17 to 22: everything that may still refuse without a trace. */
static int
set_check(struct jail_set *js)
{
	int error;

	error = js->pr == NULL ? jail_set_create(js) : set_update(js);
	if (error != 0 || (error = jail_set_limits(js)) != 0)
		return (error);
	set_unlock(js);
	error = osd_jail_call(js->pr, PR_METHOD_CHECK, js->opts);
	if (error != 0)
		return (error);
	set_lock(js);
	return (set_unknown(js));
}

/* Addresses that could not be cut without sleeping. */
static void
set_redo(struct jail_set *js)
{
	int af;

	for (af = 0; af < PR_FAMILY_MAX; af++)
		if (js->redo_ip[af])
			prison_ip_restrict_wait(js->pr, af);
}

/*
 * Steps 23 to 27.  A new prison is killed if this fails, for its modules may
 * have begun to do something for it.
 */
static int
set_commit(struct jail_set *js)
{
	int error = 0;

	jail_set_apply(js);
	set_unlock(js);
	if (js->created)
		js->drflags |= PD_KILL;
	set_redo(js);
	if (js->created)
		error = osd_jail_call(js->pr, PR_METHOD_CREATE, js->opts);
	if (error == 0)
		error = osd_jail_call(js->pr, PR_METHOD_SET, js->opts);
	if (error != 0 || (!js->created && !BUG(DYING_COMES_BACK)))
		return (error);
	if (js->created)
		VS_EVENT("kevent", "NOTE_JAIL_CHILD %d of %d", js->pr->pr_id,
		    js->ppr->pr_id);
	set_lock(js);
	pr_state_set(js->pr, PRISON_STATE_ALIVE);
	return (0);
}

/* Gives up the list lock, and with it the right to look at the tree. */
static int
set_attach(struct jail_set *js)
{
	int error;

	if ((js->flags & JAIL_ATTACH) == 0)
		return (0);
	if ((js->drflags & PD_LOCKED) == 0)
		set_lock(js);
	error = do_jail_attach(js->td, js->pr, js->drflags);
	js->drflags &= ~PD_LOCK_FLAGS;
	if (error != 0)
		return (jail_set_error(js, error, "attach failed"));
	return (0);
}

/* Gives everything back, and with it perhaps the jail. */
static void
set_finish(struct jail_set *js)
{
	if (js->pr == NULL) {
		sx_xunlock(&allprison_lock);
		return;
	}
	if (js->changed && !js->created)
		VS_EVENT("kevent", "NOTE_JAIL_SET %d", js->pr->pr_id);
	prison_deref(js->pr, js->drflags, pr_holder_call, pr_holder_call);
}

/*
 * Whatever fails, the end is the same: one prison_deref() that knows from the
 * flags what this call has taken.
 */
static int
set_locked(struct jail_set *js)
{
	int error;

	sx_xlock(&allprison_lock);
	js->drflags = PD_LIST_XLOCKED;
	if ((error = set_find(js)) == 0 && (error = set_check(js)) == 0 &&
	    (error = set_commit(js)) == 0 && (error = set_attach(js)) == 0) {
		js->drflags &= ~PD_KILL;
		js->td->td_retval[0] = js->jid = js->pr->pr_id;
	}
	set_finish(js);
	return (error);
}

/* Steps 4 to 12. */
static int
set_options(struct jail_set *js)
{
	int error;

	if ((js->flags & (JAIL_CREATE | JAIL_UPDATE)) == 0)
		return (jail_set_error(js, EINVAL,
		    "no valid operation (create or update)"));
	if ((error = set_descriptor_check(js)) != 0 ||
	    (error = set_privilege_check(js)) != 0)
		return (error);
	return (jail_set_parse(js));
}

/* The caller's prison is held, so that it outlasts an attach to another one. */
int
kern_jail_set(struct thread *td, const struct iovec *iov, unsigned iovcnt,
    int flags)
{
	struct jail_set js = {
		.td = td,
		.flags = flags,
		.mypr = td->td_ucred->cr_prison,
		.ppr = td->td_ucred->cr_prison,
	};
	int af, error;

	if ((error = set_flags_check(js.mypr, iovcnt, flags)) != 0)
		return (error);
	prison_hold_as(js.mypr, pr_holder_call);
	if ((error = vfs_buildopts(iov, iovcnt, &js.opts)) != 0) {
		prison_free_as(js.mypr, pr_holder_call);
		return (error);
	}
	if ((error = set_options(&js)) == 0)
		error = set_locked(&js);
	if (error != 0)
		jail_errmsg_copyout(js.opts, iov, iovcnt);
	for (af = 0; af < PR_FAMILY_MAX; af++)
		prison_ip_free_now(js.ip[af]);
	vfs_freeopts(js.opts);
	prison_free_as(js.mypr, pr_holder_call);
	return (error);
}
