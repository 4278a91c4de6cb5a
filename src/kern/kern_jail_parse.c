/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * jail_set(2): the parameters, before any lock is taken.
 *
 * The order in which they are looked at decides which error a call with
 * several mistakes gets, and is FreeBSD's.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/mount.h>

#include <stdlib.h>

#include "jail_private.h"
#include "jail_set.h"

/* An int that may be missing. */
static int
parse_int(struct jail_set *js, const char *name, int *value, bool *got)
{
	int error;

	error = vfs_copyopt(js->opts, name, value, sizeof(*value));
	*got = error == 0;
	return (error == ENOENT ? 0 : error);
}

/* A string that may be missing, of at most `size` bytes with its NUL. */
static int
parse_string(struct jail_set *js, const char *name, int size, char **value)
{
	void *text;
	int len;

	*value = NULL;
	if (vfs_getopt(js->opts, name, &text, &len) != 0)
		return (0);
	if (len == 0 || ((char *)text)[len - 1] != '\0')
		return (EINVAL);
	if (len > size)
		return (ENAMETOOLONG);
	*value = text;
	return (0);
}

/* In the order in which FreeBSD looks at them. */
static int
parse_numbers(struct jail_set *js)
{
	bool got;
	int error;

	if ((error = parse_int(js, "jid", &js->jid, &got)) != 0 ||
	    (error = parse_int(js, "securelevel", &js->securelevel,
	    &js->got_securelevel)) != 0 ||
	    (error = parse_int(js, "children.max", &js->childmax,
	    &js->got_childmax)) != 0 ||
	    (error = parse_int(js, "enforce_statfs", &js->enforce_statfs,
	    &js->got_enforce)) != 0)
		return (error);
	if (js->got_enforce &&
	    (js->enforce_statfs < 0 || js->enforce_statfs > 2))
		return (EINVAL);
	return (parse_int(js, "devfs_ruleset", &js->devfs_rsnum,
	    &js->got_rsnum));
}

/* `given` says which bits are meant, `value` what they shall be. */
static void
parse_bools(struct vfsoptlist *opts, const struct jail_bool *table,
    unsigned *value, unsigned *given)
{
	const struct jail_bool *b;

	for (b = table; b->name != NULL; b++) {
		if (vfs_flagopt(opts, b->name, NULL, 0)) {
			*value |= b->flag;
			*given |= b->flag;
		}
		if (vfs_flagopt(opts, b->noname, NULL, 0))
			*given |= b->flag;
	}
}

/* A jailsys parameter stands for bits too, different ones for its values. */
static int
parse_jailsys(struct jail_set *js)
{
	const struct jail_sys *s;
	int error, value;
	bool got;

	for (s = jail_sys; s->name != NULL; s++) {
		error = parse_int(js, s->name, &value, &got);
		if (error != 0)
			return (error);
		if (!got)
			continue;
		if (value == JAIL_SYS_DISABLE && s->disable != 0)
			js->pr_flags |= s->disable;
		else if (value == JAIL_SYS_NEW)
			js->pr_flags |= s->new;
		else if (value != JAIL_SYS_INHERIT)
			return (EINVAL);
		js->ch_flags |= s->disable | s->new;
	}
	return (0);
}

/* What the operation does not allow, however good the value. */
static int
parse_operation(struct jail_set *js)
{
	static const struct {
		unsigned	flag;
		const char	*name;
	} fixed[] = {
		{ PR_VNET, "vnet" },
		{ PR_IP4_USER, "ip4" },
		{ PR_IP6_USER, "ip6" },
	};
	size_t i;

	if ((js->flags & (JAIL_CREATE | JAIL_ATTACH)) == JAIL_CREATE &&
	    (js->pr_flags & PR_PERSIST) == 0)
		return (jail_set_error(js, EINVAL,
		    "new jail must persist or attach"));
	if ((js->flags & JAIL_UPDATE) == 0)
		return (0);
	for (i = 0; i < nitems(fixed); i++)
		if (js->ch_flags & fixed[i].flag)
			return (jail_set_error(js, EINVAL,
			    "%s cannot be changed after creation",
			    fixed[i].name));
	return (0);
}

/* Text of the host and the jail's own name; an empty name asks for the jid. */
static int
parse_names(struct jail_set *js)
{
	int error;

	if ((error = parse_string(js, "name", MAXHOSTNAMELEN,
	    &js->name)) != 0 ||
	    (error = parse_string(js, "host.hostname", MAXHOSTNAMELEN,
	    &js->hostname)) != 0 ||
	    (error = parse_string(js, "host.domainname", MAXHOSTNAMELEN,
	    &js->domainname)) != 0 ||
	    (error = parse_string(js, "host.hostuuid", HOSTUUIDLEN,
	    &js->hostuuid)) != 0)
		return (error);
	error = vfs_copyopt(js->opts, "host.hostid", &js->hostid,
	    sizeof(js->hostid));
	if (error != 0 && error != ENOENT)
		return (error);
	js->got_hostid = error == 0;
	/* Whoever names a part of the host wants a host of its own. */
	if (js->hostname != NULL || js->domainname != NULL ||
	    js->hostuuid != NULL || js->got_hostid) {
		js->ch_flags |= PR_HOST;
		js->pr_flags |= PR_HOST;
	}
	if (js->name != NULL) {
		js->leaf = strrchr(js->name, '.');
		js->leaf = js->leaf != NULL ? js->leaf + 1 : js->name;
	}
	return (0);
}

/* Having a list at all, even an empty one, restricts the family. */
static int
parse_addresses(struct jail_set *js, pr_family_t af, const char *param,
    const char *family, int size)
{
	void *addresses;
	int len;

	if (vfs_getopt(js->opts, param, &addresses, &len) != 0)
		return (0);
	if (len % size != 0)
		return (EINVAL);
	if (len / size > jail_max_af_ips)
		return (jail_set_error(js, EINVAL, "too many %s addresses",
		    family));
	js->got_ip[af] = true;
	js->ch_flags |= pr_family_user[af];
	js->pr_flags |= pr_family_user[af];
	return (prison_ip_alloc(af, addresses, len / size, &js->ip[af]));
}

/* What is settled for a jail's life. */
static int
parse_constants(struct jail_set *js)
{
	bool update = (js->flags & JAIL_UPDATE) != 0, got;
	int error;

	if (vfs_getopt(js->opts, "osrelease", NULL, NULL) == 0 && update)
		return (jail_set_error(js, EINVAL,
		    "osrelease cannot be changed after creation"));
	error = parse_string(js, "osrelease", OSRELEASELEN, &js->osrelease);
	if (error == ENAMETOOLONG)
		return (jail_set_error(js, error,
		    "osrelease string must be 1-%d bytes long",
		    OSRELEASELEN - 1));
	if (error != 0 ||
	    (error = parse_int(js, "osreldate", &js->osreldate, &got)) != 0)
		return (error);
	if (got && update)
		return (jail_set_error(js, EINVAL,
		    "osreldate cannot be changed after creation"));
	if (got && js->osreldate == 0)
		return (jail_set_error(js, EINVAL, "osreldate cannot be 0"));
	if (vfs_getopt(js->opts, "path", NULL, NULL) == 0 && update)
		return (jail_set_error(js, EINVAL,
		    "path cannot be changed after creation"));
	error = parse_string(js, "path", MAXPATHLEN, &js->path);
	/* There is no file system: every absolute path leads somewhere. */
	if (error == 0 && js->path != NULL && js->path[0] != '/')
		error = ENOENT;
	return (error);
}

/* A number as a new jail's name asks for that id. */
static void
parse_numeric_name(struct jail_set *js)
{
	unsigned long n;
	char *end;

	if (js->leaf == NULL || js->jid != 0 ||
	    !jail_set_only(js, JAIL_CREATE))
		return;
	n = strtoul(js->leaf, &end, 10);
	if (*end == '\0')
		js->jid = n;
}

/* Nothing is changed here, and nobody is waited for but memory. */
int
jail_set_parse(struct jail_set *js)
{
	int error;

	if ((error = parse_numbers(js)) != 0)
		return (error);
	parse_bools(js->opts, jail_bools, &js->pr_flags, &js->ch_flags);
	if ((error = parse_jailsys(js)) != 0 ||
	    (error = parse_operation(js)) != 0)
		return (error);
	parse_bools(js->opts, jail_allow, &js->pr_allow, &js->ch_allow);
	if ((error = parse_names(js)) != 0 ||
	    (error = parse_addresses(js, PR_INET, "ip4.addr", "IPv4",
	    sizeof(struct in_addr))) != 0 ||
	    (error = parse_addresses(js, PR_INET6, "ip6.addr", "IPv6",
	    sizeof(struct in6_addr))) != 0)
		return (error);
	if ((js->ch_flags & PR_VNET) != 0 &&
	    (js->ch_flags & (PR_IP4_USER | PR_IP6_USER)) != 0)
		return (jail_set_error(js, EINVAL,
		    "vnet jails cannot have IP address restrictions"));
	if ((error = parse_constants(js)) != 0)
		return (error);
	parse_numeric_name(js);
	return (0);
}
