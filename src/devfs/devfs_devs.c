/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Entries of directories: making, finding, deleting.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/conf.h>
#include <sys/fail.h>
#include <sys/kernel.h>

#include <dirent.h>

#include "devfs.h"
#include "devfs_int.h"
#include "devfs_dirent.h"

MALLOC_DEFINE(M_DEVFS, "DEVFS", "DEVFS entries and vnodes");

struct mtx devfs_de_interlock;
MTX_SYSINIT(devfs_de_interlock, &devfs_de_interlock, "devfs interlock",
    MTX_DEF);

/* Numbers of directories, above those of devices. */
static struct unrhdr *dir_inos;

static void
devfs_devs_init(void *arg __unused)
{
	dir_inos = new_unrhdr(INT_MAX / 2, INT_MAX, NULL);
}
SYSINIT(devfs_devs, SI_SUB_DEVFS, SI_ORDER_FIRST, devfs_devs_init, NULL);

static void
devfs_devs_uninit(void *arg __unused)
{
	delete_unrhdr(dir_inos);
}
SYSUNINIT(devfs_devs, SI_SUB_DEVFS, SI_ORDER_FIRST, devfs_devs_uninit, NULL);

/* --- life ----------------------------------------------------------------- */

static struct devfs_dirent *
dirent_alloc(const char *name, size_t len, u_char type)
{
	struct devfs_dirent *de;

	de = malloc(sizeof(*de), M_DEVFS, M_WAITOK | M_ZERO);
	de->de_name = malloc(len + 1, M_DEVFS, M_WAITOK);
	memcpy(de->de_name, name, len);
	de->de_name[len] = '\0';
	de->de_type = type;
	de->de_holdcnt = 1;
	de->de_links = 1;
	TAILQ_INIT(&de->de_dlist);
	RB_INIT(&de->de_names);
	return (de);
}

static struct devfs_dirent *
dir_alloc(const char *name, size_t len)
{
	struct devfs_dirent *de;

	de = dirent_alloc(name, len, DT_DIR);
	de->de_mode = 0555;
	de->de_links = 2;
	return (de);
}

/* `len` characters of `name` against an entry's. */
static int
name_compare(const struct devfs_dirent *de, const char *name, size_t len)
{
	int order = strncmp(de->de_name, name, len);

	return (order != 0 ? order : de->de_name[len] != '\0');
}

/* A dead device's entry may still have the name of the next one. */
static int
dirent_compare(const struct devfs_dirent *a, const struct devfs_dirent *b)
{
	int order = strcmp(a->de_name, b->de_name);

	if (order != 0)
		return (order);
	return ((a->de_serial > b->de_serial) - (a->de_serial < b->de_serial));
}

RB_GENERATE_STATIC(devfs_names, devfs_dirent, de_name_link, dirent_compare)

/* The oldest entry of that name, or NULL. */
static struct devfs_dirent *
first_named(const struct devfs_dirent *dd, const char *name, size_t len)
{
	struct devfs_dirent *de = RB_ROOT(&dd->de_names), *found = NULL;
	int order;

	while (de != NULL) {
		order = name_compare(de, name, len);
		if (order == 0)
			found = de;
		de = order < 0 ? RB_RIGHT(de, de_name_link) :
		    RB_LEFT(de, de_name_link);
	}
	return (found);
}

/* The next younger one of that name, or NULL. */
static struct devfs_dirent *
next_named(struct devfs_dirent *de)
{
	struct devfs_dirent *next;

	next = RB_NEXT(devfs_names, &de->de_dir->de_names, de);
	return (next != NULL && strcmp(next->de_name, de->de_name) == 0 ?
	    next : NULL);
}

static void
dirent_insert(struct devfs_dirent *dd, struct devfs_dirent *de)
{
	de->de_dir = dd;
	de->de_serial = ++dd->de_made;
	RB_INSERT(devfs_names, &dd->de_names, de);
	TAILQ_INSERT_TAIL(&dd->de_dlist, de, de_list);
	if (de->de_type == DT_DIR)
		dd->de_links++;
}

void
devfs_dirent_remove(struct devfs_dirent *de)
{
	if (de->de_type == DT_DIR)
		de->de_dir->de_links--;
	RB_REMOVE(devfs_names, &de->de_dir->de_names, de);
	TAILQ_REMOVE(&de->de_dir->de_dlist, de, de_list);
}

void
devfs_dirent_hold(struct devfs_dirent *de)
{
	de->de_holdcnt++;
}

bool
devfs_dirent_drop(struct devfs_dirent *de)
{
	MPASS(de->de_holdcnt > 0);
	if (--de->de_holdcnt != 0)
		return (false);
	if (de->de_type == DT_DIR && de->de_inode != DEVFS_ROOTINO)
		free_unr(dir_inos, de->de_inode);
	free(de->de_symlink, M_DEVFS);
	free(de->de_name, M_DEVFS);
	free(de, M_DEVFS);
	return (true);
}

struct devfs_dirent *
devfs_rootdir(void)
{
	struct devfs_dirent *de;

	de = dir_alloc("", 0);
	de->de_inode = DEVFS_ROOTINO;
	de->de_dir = de;
	return (de);
}

/* --- finding -------------------------------------------------------------- */

/* A device's entry may be older than the device's end. */
static bool
dirent_alive(const struct devfs_dirent *de)
{
	bool active;

	if (de->de_type != DT_CHR)
		return (true);
	dev_lock();
	active = (de->de_cdp->cdp_flags & CDP_ACTIVE) != 0;
	dev_unlock();
	return (active);
}

struct devfs_dirent *
devfs_find(struct devfs_dirent *dd, const char *name, size_t len)
{
	struct devfs_dirent *de;

	for (de = first_named(dd, name, len); de != NULL; de = next_named(de))
		if (dirent_alive(de))
			return (de);
	return (NULL);
}

/* Built from the end, as the way leads up. */
bool
devfs_fqpn(char buf[], size_t size, const struct devfs_dirent *dd,
    const char *name, size_t len)
{
	size_t at = size;

	if (len + 1 > at)
		return (false);
	buf[--at] = '\0';
	memcpy(buf + (at -= len), name, len);
	for (; dd->de_dir != dd; dd = dd->de_dir) {
		len = strlen(dd->de_name);
		if (len + 1 > at)
			return (false);
		buf[--at] = '/';
		memcpy(buf + (at -= len), dd->de_name, len);
	}
	memmove(buf, buf + at, size - at);
	return (true);
}

/* --- making --------------------------------------------------------------- */

static struct devfs_dirent *
find_dir(struct devfs_dirent *dd, const char *name, size_t len)
{
	struct devfs_dirent *de;

	for (de = first_named(dd, name, len); de != NULL; de = next_named(de))
		if (de->de_type == DT_DIR)
			return (de);
	return (NULL);
}

static struct devfs_dirent *
make_dir(struct devfs_mount *dm, struct devfs_dirent *dd, const char *name,
    size_t len)
{
	struct devfs_dirent *de;

	de = dir_alloc(name, len);
	de->de_inode = alloc_unr(dir_inos);
	dirent_insert(dd, de);
	devfs_rules_apply(dm, de);
	return (de);
}

/* From a directory `depth` levels down to a name at the root. */
static char *
alias_text(const char *name, u_int depth)
{
	size_t size = depth * 3 + strlen(name) + 1;
	char *text;
	u_int i;

	text = malloc(size, M_DEVFS, M_WAITOK);
	for (i = 0; i < depth; i++)
		memcpy(text + i * 3, "../", 3);
	strlcpy(text + depth * 3, name, size - depth * 3);
	return (text);
}

struct devfs_dirent *
devfs_make_entry(struct devfs_mount *dm, struct cdev_priv *cdp,
    const char *target)
{
	struct cdev *dev = &cdp->cdp_c;
	struct devfs_dirent *dd = dm->dm_rootdir, *de, *sub;
	const char *name = dev->si_name, *slash;
	u_int depth = 0;

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	while ((slash = strchr(name, '/')) != NULL) {
		sub = find_dir(dd, name, slash - name);
		if (sub == NULL)
			sub = make_dir(dm, dd, name, slash - name);
		dd = sub;
		name = slash + 1;
		depth++;
	}
	de = dirent_alloc(name, strlen(name), target != NULL ? DT_LNK : DT_CHR);
	de->de_cdp = cdp;
	de->de_inode = cdp->cdp_inode;
	if (target != NULL) {
		de->de_mode = 0755;
		de->de_symlink = alias_text(target, depth);
	} else {
		de->de_uid = dev->si_uid;
		de->de_gid = dev->si_gid;
		de->de_mode = dev->si_mode;
	}
	dirent_insert(dd, de);
	devfs_rules_apply(dm, de);
	return (de);
}

/* --- deleting ------------------------------------------------------------- */

/*
 * The vnode is ended without dm_lock, which is below its own lock.  It knows
 * the entry until then.
 */
void
devfs_delete(struct devfs_mount *dm, struct devfs_dirent *de)
{
	struct vnode *vp;

	sx_assert(&dm->dm_lock, SA_XLOCKED);
	KASSERT((de->de_flags & DE_DOOMED) == 0,
	    ("devfs_delete doomed dirent"));
	de->de_flags |= DE_DOOMED;
	mtx_lock(&devfs_de_interlock);
	if ((vp = de->de_vnode) != NULL)
		vhold(vp);
	mtx_unlock(&devfs_de_interlock);
	if (vp != NULL) {
		sx_xunlock(&dm->dm_lock);
		KFAIL_POINT_CODE(DEBUG_FP, devfs_delete_vnode, (void)0);
		vn_lock(vp);
		vgone(vp);
		vn_unlock(vp);
		vdrop(vp);
		sx_xlock(&dm->dm_lock);
	}
	(void)devfs_dirent_drop(de);
}

void
devfs_rmdir_empty(struct devfs_mount *dm, struct devfs_dirent *de)
{
	struct devfs_dirent *dd;

	while (de != dm->dm_rootdir && (de->de_flags & DE_DOOMED) == 0 &&
	    TAILQ_EMPTY(&de->de_dlist)) {
		dd = de->de_dir;
		devfs_dirent_hold(dd);
		devfs_dirent_remove(de);
		devfs_delete(dm, de);
		/* Somebody else may have deleted that one meanwhile. */
		if (devfs_dirent_drop(dd))
			return;
		de = dd;
	}
}
