/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_get(2): what can be seen of a jail from outside.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/file.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/mount.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>
#include <sys/uio.h>

#include <stdarg.h>
#include <stdio.h>

#include "bugs.h"
#include "jail_private.h"

/* One jail_get(2) in progress. */
struct jail_get {
	struct vfsoptlist *opts;
	int		flags;
	struct prison	*mypr;
	struct prison	*pr;		/* found: held and locked */
	struct file	*desc;		/* of a descriptor that is wanted */
	int		descfd;
};

/* The text for the caller, if it gave room for one; returns `error`. */
static int
get_error(struct jail_get *jg, int error, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vfs_opterror(jg->opts, "%s", text);
	return (error);
}

/* --- which jail ----------------------------------------------------------- */

/* The first one with a higher id that the caller may see. */
static int
get_find_next(struct jail_get *jg, int lastjid)
{
	struct prison *pr;

	TAILQ_FOREACH(pr, &allprison, pr_list) {
		if (pr->pr_id > lastjid && prison_ischild(jg->mypr, pr) &&
		    ((jg->flags & JAIL_DYING) != 0 || prison_isalive(pr))) {
			mtx_lock(&pr->pr_mtx);
			jg->pr = pr;
			return (0);
		}
	}
	return (get_error(jg, ENOENT, "no jail after %d", lastjid));
}

/* Found, but may it be shown? */
static int
get_found(struct jail_get *jg, struct prison *pr, const char *what)
{
	if (pr == NULL)
		return (get_error(jg, ENOENT, "jail %s not found", what));
	jg->pr = pr;
	if (prison_isalive(pr) || (jg->flags & JAIL_DYING) != 0)
		return (0);
	mtx_unlock(&pr->pr_mtx);
	jg->pr = NULL;
	return (get_error(jg, ENOENT, "jail %s is dying", what));
}

/*
 * The first key that is there decides: lastjid, jid, name.  Privilege is not
 * needed, but only descendants of the caller's prison are seen.
 */
static int
get_find(struct jail_get *jg)
{
	char quoted[MAXHOSTNAMELEN + 2], *name;
	int error, jid;

	error = vfs_copyopt(jg->opts, "lastjid", &jid, sizeof(jid));
	if (error == 0)
		return (get_find_next(jg, jid));
	if (error != ENOENT)
		return (error);
	error = vfs_copyopt(jg->opts, "jid", &jid, sizeof(jid));
	if (error != 0 && error != ENOENT)
		return (error);
	if (error == 0 && jid != 0) {
		snprintf(quoted, sizeof(quoted), "%d", jid);
		return (get_found(jg, prison_find_child(jg->mypr, jid),
		    quoted));
	}
	name = vfs_getopts(jg->opts, "name", &error);
	if (error == 0) {
		snprintf(quoted, sizeof(quoted), "\"%s\"", name);
		return (get_found(jg, prison_find_name(jg->mypr, name),
		    quoted));
	}
	if (error != ENOENT)
		return (error);
	return (get_error(jg, ENOENT, "no jail specified"));
}

/* --- its parameters ------------------------------------------------------- */

/*
 * Options that nobody asked for are passed over.  A buffer of the wrong size
 * is an error, none at all a question for the size.
 */
static int
get_value(struct jail_get *jg, const char *name, void *value, int len)
{
	int error;

	error = vfs_setopt(jg->opts, name, value, len);
	return (error == ENOENT ? 0 : error);
}

static int
get_int(struct jail_get *jg, const char *name, int value)
{
	return (get_value(jg, name, &value, sizeof(value)));
}

/* Strings may be shorter than their buffer. */
static int
get_string(struct jail_get *jg, const char *name, const char *value)
{
	int error;

	error = vfs_setopts(jg->opts, name, value);
	return (error == ENOENT ? 0 : error);
}

/* Either of its two names may be asked for. */
static int
get_bools(struct jail_get *jg, const struct jail_bool *table, unsigned bits)
{
	const struct jail_bool *b;
	int error;

	for (b = table; b->name != NULL; b++) {
		error = get_int(jg, b->name, (bits & b->flag) != 0);
		if (error == 0)
			error = get_int(jg, b->noname, (bits & b->flag) == 0);
		if (error != 0)
			return (error);
	}
	return (0);
}

/* A family with a list of its own shows as disabled even when it is not. */
static int
get_jailsys(struct jail_get *jg)
{
	const struct jail_sys *s;
	unsigned bits;
	int error, value;

	for (s = jail_sys; s->name != NULL; s++) {
		bits = jg->pr->pr_flags & (s->disable | s->new);
		value = bits == 0 ? JAIL_SYS_INHERIT :
		    bits == s->disable ? JAIL_SYS_DISABLE : JAIL_SYS_NEW;
		if ((error = get_int(jg, s->name, value)) != 0)
			return (error);
	}
	return (0);
}

/*
 * The primary address first, in network order; nothing at all where there is
 * no list.
 */
static int
get_addresses(struct jail_get *jg, const char *name, pr_family_t af)
{
	const void *addresses;
	int error, len;

	addresses = prison_ip_bytes(jg->pr, af, &len);
	error = vfs_setopt_part(jg->opts, name, __DECONST(void *, addresses),
	    len);
	return (error == ENOENT ? 0 : error);
}

/* As seen from the caller's root. */
static const char *
get_path(const struct prison *mypr, const struct prison *pr)
{
	size_t len = strlen(mypr->pr_path);

	if (strcmp(mypr->pr_path, "/") == 0 ||
	    strncmp(pr->pr_path, mypr->pr_path, len) != 0)
		return (pr->pr_path);
	return (pr->pr_path[len] == '\0' ? "/" : pr->pr_path + len);
}

/* What fits an int.  The caller's own prison has no number to its children. */
static int
get_numbers(struct jail_get *jg)
{
	struct prison *pr = jg->pr;
	const struct {
		const char	*name;
		int		value;
	} numbers[] = {
		{ "jid", pr->pr_id },
		{ "parent", pr->pr_parent == jg->mypr ? 0 :
		    pr->pr_parent->pr_id },
		{ "cpuset.id", pr->pr_cpuset_id },
		{ "devfs_ruleset", pr->pr_devfs_rsnum },
		{ "securelevel", pr->pr_securelevel },
		{ "enforce_statfs", pr->pr_enforce_statfs },
		{ "children.cur", pr->pr_childcount },
		{ "children.max", pr->pr_childmax },
		{ "osreldate", pr->pr_osreldate },
		{ "dying", !prison_isalive(pr) },
		{ "nodying", prison_isalive(pr) },
	};
	size_t i;
	int error;

	for (i = 0; i < nitems(numbers); i++) {
		error = get_int(jg, numbers[i].name, numbers[i].value);
		if (error != 0)
			return (error);
	}
	return (0);
}

static int
get_strings(struct jail_get *jg)
{
	struct prison *pr = jg->pr;
	int error;

	if ((error = get_string(jg, "name",
	    prison_name(jg->mypr, pr))) != 0 ||
	    (error = get_string(jg, "path", get_path(jg->mypr, pr))) != 0 ||
	    (error = get_string(jg, "osrelease", pr->pr_osrelease)) != 0 ||
	    (error = get_string(jg, "host.hostname",
	    pr->pr_hostname)) != 0 ||
	    (error = get_string(jg, "host.domainname",
	    pr->pr_domainname)) != 0 ||
	    (error = get_string(jg, "host.hostuuid", pr->pr_hostuuid)) != 0)
		return (error);
	return (get_value(jg, "host.hostid", &pr->pr_hostid,
	    sizeof(pr->pr_hostid)));
}

/* Under pr_mtx, so that the values belong together. */
static int
get_parameters(struct jail_get *jg)
{
	struct prison *pr = jg->pr;
	int error;

	if ((error = get_numbers(jg)) != 0 ||
	    (error = get_strings(jg)) != 0 ||
	    (error = get_addresses(jg, "ip4.addr", PR_INET)) != 0 ||
	    (error = get_addresses(jg, "ip6.addr", PR_INET6)) != 0 ||
	    (error = get_bools(jg, jail_bools, pr->pr_flags)) != 0 ||
	    (error = get_jailsys(jg)) != 0)
		return (error);
	return (get_bools(jg, jail_allow, pr->pr_allow));
}

/* --- the call ------------------------------------------------------------- */

static bool
get_metadata_key(const char *name)
{
	return (strncmp(name, "meta.", 5) == 0 ||
	    strncmp(name, "env.", 4) == 0);
}

/* A key that is not set is no mistake: it has no value. */
static int
get_unknown(struct jail_get *jg)
{
	struct vfsopt *opt;

	TAILQ_FOREACH(opt, jg->opts, link) {
		if (opt->seen || strcmp(opt->name, "errmsg") == 0 ||
		    strcmp(opt->name, "lastjid") == 0)
			continue;
		if (!get_metadata_key(opt->name))
			return (get_error(jg, EINVAL, "unknown parameter: %s",
			    opt->name));
		opt->len = 0;
	}
	return (0);
}

/* Values, and how long they are: an option without buffer has that only. */
static int
get_copyout(struct jail_get *jg, struct iovec *iov)
{
	struct vfsopt *opt;
	struct iovec *value;
	int error;

	TAILQ_FOREACH(opt, jg->opts, link) {
		if (!opt->seen && !get_metadata_key(opt->name))
			continue;
		value = &iov[2 * opt->pos + 1];
		value->iov_len = opt->len;
		if (opt->value == NULL)
			continue;
		error = copyout(opt->value, value->iov_base, opt->len);
		if (error != 0)
			return (error);
	}
	return (0);
}

/*
 * The modules' values are fetched without pr_mtx, as their methods may sleep;
 * the shared lock keeps the jail from dying meanwhile.
 */
static int
get_locked(struct jail_get *jg, struct thread *td)
{
	int error;

	sx_slock(&allprison_lock);
	if ((error = get_find(jg)) != 0) {
		sx_sunlock(&allprison_lock);
		return (error);
	}
	prison_hold_as(jg->pr, pr_holder_call);
	td->td_retval[0] = jg->pr->pr_id;
	if (jg->desc != NULL)
		jaildesc_set_prison(jg->desc, jg->pr);
	error = get_parameters(jg);
	mtx_unlock(&jg->pr->pr_mtx);
	if (error == 0)
		error = osd_jail_call(jg->pr, PR_METHOD_GET, jg->opts);
	prison_deref(jg->pr, PD_DEREF | PD_LIST_SLOCKED, pr_holder_call,
	    NULL);
	return (error);
}

/* The descriptor, if one is wanted; its number is a parameter. */
static int
get_descriptor(struct jail_get *jg, struct thread *td)
{
	bool desc = vfs_getopt(jg->opts, "desc", NULL, NULL) == 0;
	bool wanted = (jg->flags & JAIL_DESC_MASK) != 0;
	int error;

	if (wanted && !desc)
		return (get_error(jg, ENOENT, "missing desc"));
	if (desc && !wanted)
		return (get_error(jg, EINVAL, "unexpected desc"));
	if ((jg->flags & (JAIL_USE_DESC | JAIL_AT_DESC)) != 0)
		return (EOPNOTSUPP);
	if (!wanted)
		return (0);
	error = jaildesc_alloc(td, (jg->flags & JAIL_OWN_DESC) != 0,
	    &jg->desc, &jg->descfd);
	return (error != 0 ? error : get_int(jg, "desc", jg->descfd));
}

/*
 * A call that fails takes its descriptor back, and nothing but that.
 * owning-descriptor-error-kills-jail: S15 closes it as it is.
 */
static void
get_descriptor_done(struct jail_get *jg, struct thread *td, int error)
{
	if (jg->desc == NULL)
		return;
	if (error != 0) {
		if (!BUG(OWNER_KILLS_ON_ERROR))
			jaildesc_disown(jg->desc);
		fdclose(td, jg->desc, jg->descfd);
	}
	(void)fdrop(jg->desc, td);
}

int
kern_jail_get(struct thread *td, struct iovec *iov, unsigned iovcnt,
    int flags)
{
	struct jail_get jg = {
		.flags = flags,
		.mypr = td->td_ucred->cr_prison,
	};
	int error;

	if ((iovcnt & 1) != 0 || (flags & ~JAIL_GET_MASK) != 0 ||
	    (flags & (JAIL_USE_DESC | JAIL_AT_DESC)) ==
	    (JAIL_USE_DESC | JAIL_AT_DESC))
		return (EINVAL);
	if ((error = vfs_buildopts(iov, iovcnt, &jg.opts)) != 0)
		return (error);
	if ((error = get_descriptor(&jg, td)) == 0 &&
	    (error = get_locked(&jg, td)) == 0 &&
	    (error = get_unknown(&jg)) == 0)
		error = get_copyout(&jg, iov);
	if (error != 0)
		jail_errmsg_copyout(jg.opts, iov, iovcnt);
	get_descriptor_done(&jg, td, error);
	vfs_freeopts(jg.opts);
	return (error);
}
