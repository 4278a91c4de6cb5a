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

/* Names of destroyed and delisted nodes are free again, and not here.  (d) */
static RB_HEAD(cdev_names, cdev_priv) names = RB_INITIALIZER(&names);

static int
name_compare(const struct cdev_priv *a, const struct cdev_priv *b)
{
	return (strcmp(a->cdp_c.si_name, b->cdp_c.si_name));
}

RB_GENERATE_STATIC(cdev_names, cdev_priv, cdp_names, name_compare)

void
dev_name_enter(struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	RB_INSERT(cdev_names, &names, cdp);
}

void
dev_name_leave(struct cdev_priv *cdp)
{
	dev_lock_assert_locked();
	RB_REMOVE(cdev_names, &names, cdp);
}

/* The first live name that begins with `len` characters of `text`, or NULL. */
static const char *
first_name(const char *text, size_t len)
{
	const struct cdev_priv *cdp = RB_ROOT(&names), *found = NULL;

	while (cdp != NULL) {
		if (strncmp(cdp->cdp_c.si_name, text, len) < 0) {
			cdp = RB_RIGHT(cdp, cdp_names);
			continue;
		}
		found = cdp;
		cdp = RB_LEFT(cdp, cdp_names);
	}
	return (found != NULL && strncmp(found->cdp_c.si_name, text, len) == 0 ?
	    found->cdp_c.si_name : NULL);
}

static bool
name_taken(const char *name)
{
	char below[SPECNAMELEN + 2];
	const char *other;
	size_t len = 0;

	dev_lock_assert_locked();
	/* The name, and every directory above it, would be a node. */
	do {
		len += strcspn(name + len, "/");
		other = first_name(name, len);
		if (other != NULL && other[len] == '\0')
			return (true);
	} while (name[len++] != '\0');
	/* The name would be a directory above a node. */
	snprintf(below, sizeof(below), "%s/", name);
	return (first_name(below, strlen(below)) != NULL);
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
