/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Character devices: names.
 *
 * All mounts of devfs and all jails share one space of names.  A name is a
 * path: it must not be another node's, nor a directory above or a place below
 * one.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/mutex.h>

#include "conf_impl.h"

/* Is `a` the path `b` or a directory above it? */
static bool
path_covers(const char *a, const char *b)
{
	size_t len = strlen(a);

	return (strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/'));
}

/* Names of destroyed and delisted nodes are free again. */
static bool
name_taken(const char *name)
{
	const struct cdev_priv *cdp;
	const char *other;

	dev_lock_assert_locked();
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		if ((cdp->cdp_flags & CDP_ACTIVE) == 0)
			continue;
		other = cdp->cdp_c.si_name;
		if (path_covers(other, name) || path_covers(name, other))
			return (true);
	}
	return (false);
}

/* One slash between components, none in front. */
static void
squeeze_slashes(char *name)
{
	const char *from = name;
	char *to = name;

	for (; *from != '\0'; from++)
		if (*from != '/' || (to != name && to[-1] != '/'))
			*to++ = *from;
	/* One at the end stays, and is an error. */
	*to = '\0';
}

static bool
component_is_dots(const char *p, size_t len)
{
	return ((len == 1 && p[0] == '.') ||
	    (len == 2 && p[0] == '.' && p[1] == '.'));
}

static bool
has_dots(const char *name)
{
	size_t len;

	for (;; name += len + 1) {
		len = strcspn(name, "/");
		if (component_is_dots(name, len))
			return (true);
		if (name[len] == '\0')
			return (false);
	}
}

int
prep_devname(struct cdev *dev, const char *fmt, va_list ap)
{
	char *name = dev->si_name;
	int len;

	dev_lock_assert_locked();
	len = vsnprintf(name, sizeof(dev->si_name), fmt, ap);
	if (len > SPECNAMELEN)
		return (ENAMETOOLONG);
	if (strpbrk(name, " \t\n\v\f\r\"") != NULL)
		return (EINVAL);
	squeeze_slashes(name);
	len = strlen(name);
	if (len == 0 || name[len - 1] == '/' || has_dots(name))
		return (EINVAL);
	return (name_taken(name) ? EEXIST : 0);
}
