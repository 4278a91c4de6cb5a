/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Text that an administrator hangs on a jail: the parameters "meta" and
 * "env".
 *
 * Each is a text of lines "KEY=value", set as a whole or key by key with
 * "meta.KEY"; a key without value is removed.  The kernel does nothing with
 * it but keep it in an osd slot.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mount.h>
#include <sys/mutex.h>
#include <sys/osd.h>

#include "jail_private.h"

static MALLOC_DEFINE(M_META, "jail_meta", "jail metadata");

struct metadata {
	const char	*md_name;
	int		md_slot;	/* set at boot */
};
static struct metadata meta = { .md_name = "meta" };
static struct metadata env = { .md_name = "env" };

/* The key in "meta.KEY", or NULL. */
static const char *
meta_key(const struct metadata *md, const char *name)
{
	size_t len = strlen(md->md_name);

	if (strncmp(name, md->md_name, len) != 0 || name[len] != '.' ||
	    name[len + 1] == '\0')
		return (NULL);
	return (name + len + 1);
}

/* Where the line of a key begins and ends, its newline included. */
static char *
meta_line(char *text, const char *key, char **endp)
{
	size_t len = strlen(key);
	char *line, *end;

	for (line = text; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			*endp = end;
			return (line);
		}
	}
	return (NULL);
}

/*
 * `text` with the line of a key replaced, or removed when there is no value;
 * a newly allocated copy, and the old one freed.
 */
static char *
meta_replace(char *text, const char *key, const char *value)
{
	char *new, *line, *end;

	line = meta_line(text, key, &end);
	if (line != NULL)
		memmove(line, end, strlen(end) + 1);
	if (value == NULL)
		return (text);
	end = text + strlen(text);
	asprintf(&new, M_META, "%s%s%s=%s\n", text,
	    end > text && end[-1] != '\n' ? "\n" : "", key, value);
	free(text, M_META);
	return (new);
}

/* The present text as an allocated string. */
static char *
meta_text(const struct metadata *md, struct prison *pr)
{
	const char *old;
	char *text;

	/* allprison_lock is held: nobody changes it. */
	old = osd_jail_get(pr, md->md_slot);
	text = strdup(old != NULL ? old : "", M_META);
	return (text);
}

/* Recognises what is ours, so that it does not count as unknown. */
static int
meta_check(const struct metadata *md, struct vfsoptlist *opts)
{
	struct vfsopt *opt;

	TAILQ_FOREACH(opt, opts, link) {
		if (strcmp(opt->name, md->md_name) != 0 &&
		    meta_key(md, opt->name) == NULL)
			continue;
		opt->seen = 1;
		if (opt->len != 0 &&
		    ((char *)opt->value)[opt->len - 1] != '\0')
			return (EINVAL);
	}
	return (0);
}

/*
 * The new text is complete before the old one goes; memory for the slot is
 * reserved, as the mutex forbids to wait for it.
 */
static int
meta_set(const struct metadata *md, struct prison *pr,
    struct vfsoptlist *opts)
{
	struct vfsopt *opt;
	const char *key;
	char *text, *old;
	void **rsv;
	bool changed = false;

	text = meta_text(md, pr);
	TAILQ_FOREACH(opt, opts, link) {
		key = meta_key(md, opt->name);
		if (key != NULL)
			text = meta_replace(text, key, opt->value);
		else if (strcmp(opt->name, md->md_name) == 0) {
			free(text, M_META);
			text = strdup(opt->value != NULL ? opt->value : "",
			    M_META);
		} else
			continue;
		changed = true;
	}
	if (!changed || strlen(text) >= (size_t)jail_meta_maxbufsize) {
		free(text, M_META);
		return (changed ? EFBIG : 0);
	}
	rsv = osd_reserve(md->md_slot);
	mtx_lock(&pr->pr_mtx);
	old = osd_jail_get(pr, md->md_slot);
	(void)osd_jail_set_reserved(pr, md->md_slot, rsv, text);
	mtx_unlock(&pr->pr_mtx);
	free(old, M_META);
	return (0);
}

/* A key that is not set leaves its option unseen: jail_get(2) knows that. */
static int
meta_get(const struct metadata *md, struct prison *pr,
    struct vfsoptlist *opts)
{
	struct vfsopt *opt;
	const char *key;
	char *text, *line, *end, saved;
	int error = 0;

	text = meta_text(md, pr);
	TAILQ_FOREACH(opt, opts, link) {
		if (strcmp(opt->name, md->md_name) == 0)
			error = vfs_setopt_part(opts, opt->name, text,
			    strlen(text) + 1);
		else if ((key = meta_key(md, opt->name)) != NULL &&
		    (line = meta_line(text, key, &end)) != NULL) {
			line += strlen(key) + 1;
			end -= end > line && end[-1] == '\n';
			saved = *end;
			*end = '\0';
			error = vfs_setopt_part(opts, opt->name, line,
			    end - line + 1);
			*end = saved;
		}
		if (error != 0)
			break;
	}
	free(text, M_META);
	return (error);
}

char *
jail_env_text(struct prison *pr)
{
	return (meta_text(&env, pr));
}

void
jail_env_free(char *text)
{
	free(text, M_META);
}

static int
meta_method_check(void *obj __unused, void *data)
{
	return (meta_check(&meta, data));
}

static int
meta_method_set(void *obj, void *data)
{
	return (meta_set(&meta, obj, data));
}

static int
meta_method_get(void *obj, void *data)
{
	return (meta_get(&meta, obj, data));
}

static int
env_method_check(void *obj __unused, void *data)
{
	return (meta_check(&env, data));
}

static int
env_method_set(void *obj, void *data)
{
	return (meta_set(&env, obj, data));
}

static int
env_method_get(void *obj, void *data)
{
	return (meta_get(&env, obj, data));
}

static void
meta_destroy(void *text)
{
	free(text, M_META);
}

/* Two slots, so that each text has a destructor of its own. */
static void
meta_init(void *arg __unused)
{
	static const osd_method_t meta_methods[PR_MAXMETHOD] = {
		[PR_METHOD_CHECK] = meta_method_check,
		[PR_METHOD_SET] = meta_method_set,
		[PR_METHOD_GET] = meta_method_get,
	};
	static const osd_method_t env_methods[PR_MAXMETHOD] = {
		[PR_METHOD_CHECK] = env_method_check,
		[PR_METHOD_SET] = env_method_set,
		[PR_METHOD_GET] = env_method_get,
	};

	meta.md_slot = osd_jail_register(meta_destroy, meta_methods);
	env.md_slot = osd_jail_register(meta_destroy, env_methods);
}
SYSINIT(jail_meta, SI_SUB_DRIVERS, SI_ORDER_ANY, meta_init, NULL);

static void
meta_uninit(void *arg __unused)
{
	osd_jail_deregister(env.md_slot);
	osd_jail_deregister(meta.md_slot);
}
SYSUNINIT(jail_meta, SI_SUB_DRIVERS, SI_ORDER_ANY, meta_uninit, NULL);
