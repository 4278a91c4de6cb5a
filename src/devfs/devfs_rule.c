/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Rules: what a mount hides, and whom its entries belong to, devfs(8).
 *
 * All rules of a ruleset are applied to an entry in the order of their numbers,
 * so that the last one that matches decides.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/kernel.h>
#include <sys/priv.h>
#include <sys/proc.h>

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "devfs.h"
#include "devfs_int.h"
#include "devfs_mount.h"

#define	MAXINCLUDE	10	/* rulesets that include each other */

/* What a rule does. */
#define	RULE_HIDE	0x01
#define	RULE_UNHIDE	0x02
#define	RULE_UID	0x04
#define	RULE_GID	0x08
#define	RULE_MODE	0x10
#define	RULE_INCLUDE	0x20

/* Locks: (r) rules_lock, (c) constant. */
struct devfs_rule {
	TAILQ_ENTRY(devfs_rule) ru_link;	/* (r) by set, then number */
	int		ru_set;			/* (c) */
	int		ru_number;		/* (c) */
	char		*ru_path;		/* (c) pattern, NULL: all */
	int		ru_actions;		/* (c) RULE_* */
	uid_t		ru_uid;			/* (c) */
	gid_t		ru_gid;			/* (c) */
	mode_t		ru_mode;		/* (c) */
	int		ru_include;		/* (c) a ruleset */
};

static struct sx rules_lock;
SX_SYSINIT(devfs_rules, &rules_lock, "DEVFS ruleset lock");
static TAILQ_HEAD(, devfs_rule) rules = TAILQ_HEAD_INITIALIZER(rules);

static void
rule_free(struct devfs_rule *ru)
{
	free(ru->ru_path, M_DEVFS);
	free(ru, M_DEVFS);
}

static void
devfs_rules_uninit(void *arg __unused)
{
	struct devfs_rule *ru;

	while ((ru = TAILQ_FIRST(&rules)) != NULL) {
		TAILQ_REMOVE(&rules, ru, ru_link);
		rule_free(ru);
	}
}
SYSUNINIT(devfs_rules, SI_SUB_DEVFS, SI_ORDER_FIRST, devfs_rules_uninit,
    NULL);

/* --- application ---------------------------------------------------------- */

static void
rule_run(const struct devfs_rule *ru, struct devfs_dirent *de)
{
	if ((ru->ru_actions & RULE_HIDE) != 0)
		de->de_flags |= DE_WHITEOUT;
	if ((ru->ru_actions & RULE_UNHIDE) != 0)
		de->de_flags &= ~DE_WHITEOUT;
	if ((ru->ru_actions & RULE_UID) != 0)
		de->de_uid = ru->ru_uid;
	if ((ru->ru_actions & RULE_GID) != 0)
		de->de_gid = ru->ru_gid;
	if ((ru->ru_actions & RULE_MODE) != 0)
		de->de_mode = ru->ru_mode;
}

static void
ruleset_run(int set, struct devfs_dirent *de, const char *path, int depth)
{
	const struct devfs_rule *ru;

	sx_assert(&rules_lock, SA_LOCKED);
	if (depth == 0)
		return;
	TAILQ_FOREACH(ru, &rules, ru_link) {
		if (ru->ru_set != set || (ru->ru_path != NULL &&
		    fnmatch(ru->ru_path, path, FNM_PATHNAME) != 0))
			continue;
		if ((ru->ru_actions & RULE_INCLUDE) != 0)
			ruleset_run(ru->ru_include, de, path, depth - 1);
		rule_run(ru, de);
	}
}

void
devfs_rules_apply(struct devfs_mount *dm, struct devfs_dirent *de)
{
	char path[SPECNAMELEN + 1];

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	if (dm->dm_ruleset == 0 || !devfs_fqpn(path, sizeof(path), de->de_dir,
	    de->de_name, strlen(de->de_name)))
		return;
	sx_slock(&rules_lock);
	ruleset_run(dm->dm_ruleset, de, path, MAXINCLUDE);
	sx_sunlock(&rules_lock);
}

static void
apply_below(struct devfs_mount *dm, struct devfs_dirent *dd)
{
	struct devfs_dirent *de;

	TAILQ_FOREACH(de, &dd->de_dlist, de_list) {
		devfs_rules_apply(dm, de);
		if (de->de_type == DT_DIR)
			apply_below(dm, de);
	}
}

void
devfs_ruleset_apply(struct devfs_mount *dm)
{
	apply_below(dm, dm->dm_rootdir);
}

int
devfs_ruleset_set(struct thread *td, const char *path, int ruleset)
{
	struct devfs_mount *dm;
	int error;

	error = priv_check(td, PRIV_DEVFS_RULE);
	if (error == 0 && (ruleset < 0 || ruleset > DEVFS_RULESET_MAX))
		error = EINVAL;
	if (error == 0)
		error = devfs_mount_at(td->td_ucred, path, &dm);
	if (error != 0)
		return (error);
	sx_xlock(&dm->dm_lock);
	devfs_populate(dm);
	if (dm->dm_dying)
		error = EINVAL;
	else {
		dm->dm_ruleset = ruleset;
		devfs_ruleset_apply(dm);
	}
	sx_xunlock(&dm->dm_lock);
	devfs_mount_drop(dm);
	return (error);
}

/* --- text ----------------------------------------------------------------- */

/* A number up to `max`; its base is 8 for modes. */
static int
parse_number(const char *word, int base, long max, long *result)
{
	char *end;

	if (word == NULL || *word == '\0')
		return (EINVAL);
	*result = strtol(word, &end, base);
	return (*end != '\0' || *result < 0 || *result > max ? EINVAL : 0);
}

/* One word with what follows it. */
static int
parse_word(struct devfs_rule *ru, const char *word, char **rest)
{
	long n;

	if (strcmp(word, "hide") == 0) {
		ru->ru_actions |= RULE_HIDE;
		return (0);
	}
	if (strcmp(word, "unhide") == 0) {
		ru->ru_actions |= RULE_UNHIDE;
		return (0);
	}
	if (strcmp(word, "path") == 0) {
		word = strsep(rest, " ");
		if (word == NULL || *word == '\0' || ru->ru_path != NULL)
			return (EINVAL);
		ru->ru_path = strdup(word, M_DEVFS);
		return (0);
	}
	if (strcmp(word, "mode") == 0) {
		if (parse_number(strsep(rest, " "), 8, 07777, &n) != 0)
			return (EINVAL);
		ru->ru_mode = n;
		ru->ru_actions |= RULE_MODE;
		return (0);
	}
	if (parse_number(strsep(rest, " "), 10, INT_MAX, &n) != 0)
		return (EINVAL);
	if (strcmp(word, "user") == 0) {
		ru->ru_uid = n;
		ru->ru_actions |= RULE_UID;
	} else if (strcmp(word, "group") == 0) {
		ru->ru_gid = n;
		ru->ru_actions |= RULE_GID;
	} else if (strcmp(word, "include") == 0 && n > 0 &&
	    n <= DEVFS_RULESET_MAX) {
		ru->ru_include = n;
		ru->ru_actions |= RULE_INCLUDE;
	} else
		return (EINVAL);
	return (0);
}

static int
rule_parse(const char *words, struct devfs_rule *ru)
{
	char *copy, *rest;
	const char *word;
	int error = 0;

	copy = rest = strdup(words, M_TEMP);
	while (error == 0 && (word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			error = parse_word(ru, word, &rest);
	free(copy, M_TEMP);
	return (error == 0 && ru->ru_actions == 0 ? EINVAL : error);
}

/* --- making --------------------------------------------------------------- */

/* Keeps the order; EEXIST. */
static int
rule_insert(struct devfs_rule *ru)
{
	struct devfs_rule *next;

	sx_assert(&rules_lock, SA_XLOCKED);
	TAILQ_FOREACH(next, &rules, ru_link) {
		if (next->ru_set == ru->ru_set &&
		    next->ru_number == ru->ru_number)
			return (EEXIST);
		if (next->ru_set > ru->ru_set || (next->ru_set == ru->ru_set &&
		    next->ru_number > ru->ru_number)) {
			TAILQ_INSERT_BEFORE(next, ru, ru_link);
			return (0);
		}
	}
	TAILQ_INSERT_TAIL(&rules, ru, ru_link);
	return (0);
}

int
devfs_rule_add(struct thread *td, int ruleset, int number, const char *words)
{
	struct devfs_rule *ru;
	int error;

	error = priv_check(td, PRIV_DEVFS_RULE);
	if (error != 0)
		return (error);
	if (ruleset < 1 || ruleset > DEVFS_RULESET_MAX || number < 0 ||
	    number > DEVFS_RULESET_MAX)
		return (EINVAL);
	ru = malloc(sizeof(*ru), M_DEVFS, M_WAITOK | M_ZERO);
	ru->ru_set = ruleset;
	ru->ru_number = number;
	error = rule_parse(words, ru);
	if (error == 0) {
		sx_xlock(&rules_lock);
		error = rule_insert(ru);
		sx_xunlock(&rules_lock);
	}
	if (error != 0)
		rule_free(ru);
	return (error);
}
