/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel linker: what is started, and how it starts and stops.
 *
 * kld_sx is dropped while a kld's SYSINITs and SYSUNINITs run; who asks for a
 * load or an unload (kern_kld.c) holds off the others all the same.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "bugs.h"
#include "host.h"
#include "linker_impl.h"

static MALLOC_DEFINE(M_LINKER, "linker", "kernel linker");

/* Linked through ki_next; the tail is where the next one goes. */
struct kld_image *kld_image_list;

struct linker_file_list linker_files = TAILQ_HEAD_INITIALIZER(linker_files);
int linker_nextid;				/* kld_sx */
struct sx kld_sx;
SX_SYSINIT(kld, &kld_sx, "kernel linker");

/* --- images --------------------------------------------------------------- */

void
kld_image_register(struct kld_image *image)
{
	struct kld_image **link;

	for (link = &kld_image_list; *link != NULL; link = &(*link)->ki_next)
		if (*link == image)
			return;
	image->ki_next = NULL;
	*link = image;
}

void
kld_image_deregister(struct kld_image *image)
{
	struct kld_image **link;

	for (link = &kld_image_list; *link != NULL; link = &(*link)->ki_next) {
		if (*link == image) {
			*link = image->ki_next;
			return;
		}
	}
}

/*
 * The version of a module that the image provides, 0 if it does not say, -1
 * if it has no such module.
 */
int
linker_image_provides(const struct kld_image *image, const char *name)
{
	const struct mod_metadata * const *mdp;
	int version = -1;

	IMAGE_FOREACH_METADATA(mdp, image) {
		if (strcmp((*mdp)->md_cval, name) != 0)
			continue;
		if ((*mdp)->md_type == MDT_VERSION)
			return (((const struct mod_version *)
			    (*mdp)->md_data)->mv_version);
		if ((*mdp)->md_type == MDT_MODULE)
			version = 0;
	}
	return (version);
}

bool
linker_version_fits(int version, const struct mod_depend *depend)
{

	return (version >= 0 && (depend == NULL ||
	    (version >= depend->md_ver_minimum &&
	    version <= depend->md_ver_maximum)));
}

/* --- files ---------------------------------------------------------------- */

linker_file_t
linker_file_make(struct kld_image *image, void *handle)
{
	linker_file_t lf;
	size_t size;

	lf = malloc(sizeof(*lf), M_LINKER, M_WAITOK | M_ZERO);
	size = strlen(image->ki_name) + sizeof(".ko");
	lf->filename = malloc(size, M_LINKER, M_WAITOK);
	snprintf(lf->filename, size, "%s%s", image->ki_name,
	    image->ki_builtin ? "" : ".ko");
	lf->image = image;
	lf->handle = handle;
	lf->refs = 1;
	lf->id = linker_nextid++;
	TAILQ_INIT(&lf->modules);
	TAILQ_INSERT_TAIL(&linker_files, lf, link);
	return (lf);
}

/* Memory and data only; nothing of the file runs any more. */
void
linker_file_free(linker_file_t lf)
{

	vnet_data_free(lf->image);
	lf->image->ki_boot = false;
	TAILQ_REMOVE(&linker_files, lf, link);
	free(lf->deps, M_LINKER);
	free(lf->filename, M_LINKER);
	free(lf, M_LINKER);
}

/* `name` with or without .ko. */
linker_file_t
linker_file_find(const char *name)
{
	linker_file_t lf;
	size_t len = strlen(name);

	if (len > 3 && strcmp(name + len - 3, ".ko") == 0)
		len -= 3;
	TAILQ_FOREACH(lf, &linker_files, link)
		if (strlen(lf->image->ki_name) == len &&
		    strncmp(lf->image->ki_name, name, len) == 0)
			break;
	return (lf);
}

linker_file_t
linker_file_find_id(int id)
{
	linker_file_t lf;

	TAILQ_FOREACH(lf, &linker_files, link)
		if (lf->id == id && (lf->flags & LINKER_FILE_LINKED) != 0)
			break;
	return (lf);
}

linker_file_t
linker_file_providing(const char *module, const struct mod_depend *depend)
{
	linker_file_t lf;

	TAILQ_FOREACH(lf, &linker_files, link)
		if (linker_version_fits(linker_image_provides(lf->image,
		    module), depend))
			break;
	return (lf);
}

/* An image that has not been started: by name, else by module. */
struct kld_image *
linker_image_find(const char *name, const struct mod_depend *depend)
{
	struct kld_image *image;
	size_t len = strlen(name);

	if (len > 3 && strcmp(name + len - 3, ".ko") == 0)
		len -= 3;
	for (image = kld_image_list; image != NULL; image = image->ki_next)
		if (!image->ki_boot && strlen(image->ki_name) == len &&
		    strncmp(image->ki_name, name, len) == 0)
			return (image);
	for (image = kld_image_list; image != NULL; image = image->ki_next)
		if (!image->ki_boot &&
		    linker_version_fits(linker_image_provides(image, name),
		    depend))
			return (image);
	return (NULL);
}

void
linker_file_depend(linker_file_t lf, linker_file_t dep)
{

	lf->deps = realloc(lf->deps, (lf->ndeps + 1) * sizeof(*lf->deps),
	    M_LINKER, M_WAITOK);
	lf->deps[lf->ndeps++] = dep;
}

/* Gives back the files that `lf` needs; the last user unloads one. */
static void
linker_file_undepend(linker_file_t lf)
{

	while (lf->ndeps > 0)
		(void)linker_file_unload(lf->deps[--lf->ndeps],
		    LINKER_UNLOAD_FORCE);
}

/* --- loading -------------------------------------------------------------- */

/* What another file provides already cannot be loaded a second time. */
static int
linker_check_versions(linker_file_t lf)
{
	const struct mod_metadata * const *mdp;
	linker_file_t other;

	IMAGE_FOREACH_METADATA(mdp, lf->image) {
		if ((*mdp)->md_type != MDT_VERSION)
			continue;
		other = linker_file_providing((*mdp)->md_cval, NULL);
		if (other != NULL && other != lf) {
			printf("interface %s.%d already present in the KLD "
			    "'%s'!\n", (*mdp)->md_cval,
			    ((const struct mod_version *)
			    (*mdp)->md_data)->mv_version, other->filename);
			return (EEXIST);
		}
	}
	return (0);
}

static int
linker_load_dependency(linker_file_t lf, const char *module,
    const struct mod_depend *depend)
{
	struct kld_image *image;
	linker_file_t dep;
	int error;

	if (strcmp(module, "kernel") == 0 ||
	    linker_image_provides(lf->image, module) >= 0)
		return (0);
	if ((dep = linker_file_providing(module, depend)) != NULL)
		dep->refs++;
	else {
		if ((image = linker_image_find(module, depend)) == NULL ||
		    !linker_version_fits(linker_image_provides(image, module),
		    depend))
			error = ENOENT;
		else
			error = linker_load_image(image, NULL, &dep);
		if (error != 0) {
			printf("KLD %s: depends on %s - not available or "
			    "version mismatch\n", lf->filename, module);
			return (error);
		}
	}
	linker_file_depend(lf, dep);
	return (0);
}

static int
linker_load_dependencies(linker_file_t lf)
{
	const struct mod_metadata * const *mdp;
	int error;

	if ((error = linker_check_versions(lf)) != 0)
		return (error);
	IMAGE_FOREACH_METADATA(mdp, lf->image) {
		if ((*mdp)->md_type != MDT_DEPEND)
			continue;
		error = linker_load_dependency(lf, (*mdp)->md_cval,
		    (*mdp)->md_data);
		if (error != 0)
			break;
	}
	return (error);
}

int
linker_register_modules(linker_file_t lf)
{
	const struct mod_metadata * const *mdp;
	int error = 0;

	IMAGE_FOREACH_METADATA(mdp, lf->image)
		if ((*mdp)->md_type == MDT_MODULE &&
		    (error = module_register((*mdp)->md_data, lf)) != 0)
			break;
	return (error);
}

void
linker_release_modules(linker_file_t lf)
{

	MOD_XLOCK;
	while (!TAILQ_EMPTY(&lf->modules))
		module_release(TAILQ_FIRST(&lf->modules));
	MOD_XUNLOCK;
}

static bool
sysinit_before(const struct sysinit *a, const struct sysinit *b)
{

	return (a->subsystem < b->subsystem ||
	    (a->subsystem == b->subsystem && a->order < b->order));
}

/*
 * A kld's vnet destructors are known before its first constructor runs, and
 * after the last could: a vnet that comes or goes meanwhile then gets both or
 * neither.  Neither step runs anything.  FreeBSD 15 keeps to the keys
 * (destructor-without-constructor).
 */
static bool
sysinit_goes_first(const struct sysinit *si)
{
	void (*func)(void) = (void (*)(void))si->func;

	return (!BUG(DETACH_NULL_CLONER) &&
	    (func == (void (*)(void))vnet_register_sysuninit ||
	    func == (void (*)(void))vnet_deregister_sysinit));
}

static void
linker_run_sysinit(const struct sysinit *si, bool first)
{

	if (sysinit_goes_first(si) == first)
		si->func(si->udata);
}

/*
 * Runs the records of a set, ascending or descending, without kld_sx.  Equal
 * keys have no promised order; here it is that of the set, or its reverse.
 */
static void
linker_run_sysinits(struct sysinit * const *begin,
    struct sysinit * const *end, bool ascending)
{
	struct sysinit **list;
	size_t n = end - begin, i, j;

	list = mallocarray(n + 1, sizeof(*list), M_LINKER, M_WAITOK);
	for (i = 0; i < n; i++) {
		for (j = i; j > 0 && sysinit_before(begin[i], list[j - 1]); j--)
			list[j] = list[j - 1];
		list[j] = begin[i];
	}
	sx_xunlock(&kld_sx);
	mtx_lock(&Giant);
	for (i = 0; i < n; i++)
		linker_run_sysinit(list[i], true);
	for (i = 0; i < n; i++)
		linker_run_sysinit(list[ascending ? i : n - 1 - i], false);
	mtx_unlock(&Giant);
	sx_xlock(&kld_sx);
	free(list, M_LINKER);
}

/* As far as what can still be refused. */
static int
linker_file_link(linker_file_t lf)
{
	int error;

	if ((error = linker_load_dependencies(lf)) != 0)
		goto out_depend;
	if (!vnet_data_alloc(lf->image)) {
		printf("%s: no room for the V_ variables of %s\n", __func__,
		    lf->filename);
		error = ENOEXEC;
		goto out_depend;
	}
	if ((error = linker_register_modules(lf)) != 0)
		goto out_modules;
	vnet_data_copy(lf->image);
	return (0);

out_modules:
	linker_release_modules(lf);
out_depend:
	linker_file_undepend(lf);
	return (error);
}

/*
 * A file all of whose modules fail to load is unloaded again.  The others of
 * its SYSINITs have run by then.
 */
int
linker_load_image(struct kld_image *image, void *handle,
    linker_file_t *result)
{
	linker_file_t lf;
	bool modules;
	int error;

	sx_assert(&kld_sx, SX_XLOCKED);
	if (prison0.pr_securelevel > 0)
		return (EPERM);
	lf = linker_file_make(image, handle);
	image->ki_boot = true;
	if ((error = linker_file_link(lf)) != 0) {
		linker_file_free(lf);
		return (error);
	}
	modules = !TAILQ_EMPTY(&lf->modules);
	linker_run_sysinits(image->ki_sysinit, image->ki_sysinit_end, true);
	if (modules && TAILQ_EMPTY(&lf->modules)) {
		lf->handle = NULL;
		(void)linker_file_unload(lf, LINKER_UNLOAD_FORCE);
		return (ENOEXEC);
	}
	lf->flags |= LINKER_FILE_LINKED;
	sysctl_clean_set(image->ki_sysctl, image->ki_sysctl_end);
	sysctl_register_set(image->ki_sysctl, image->ki_sysctl_end);
	VS_EVENT("event", "kld_load %s", lf->filename);
	EVENTHANDLER_INVOKE(kld_load, lf);
	*result = lf;
	return (0);
}

/* --- unloading ------------------------------------------------------------ */

/* The first module of the file, or the one after `mod`. */
static module_t
linker_file_module(linker_file_t lf, module_t mod)
{

	MOD_SLOCK;
	mod = mod == NULL ? TAILQ_FIRST(&lf->modules) : module_getfnext(mod);
	MOD_SUNLOCK;
	return (mod);
}

/*
 * Every module may veto; then each gets MOD_UNLOAD, the one loaded last
 * first.  An error there leaves those before it gone.
 */
static int
linker_unload_modules(linker_file_t lf, int flags)
{
	module_t mod = NULL;
	int error;

	if (flags != LINKER_UNLOAD_FORCE) {
		while ((mod = linker_file_module(lf, mod)) != NULL)
			if ((error = module_quiesce(mod)) != 0)
				return (error);
	}
	while ((mod = linker_file_module(lf, NULL)) != NULL) {
		if ((error = module_unload(mod)) != 0)
			return (error);
		MOD_XLOCK;
		module_release(mod);
		MOD_XUNLOCK;
	}
	return (0);
}

static void
linker_unregister_sysctls(const struct kld_image *image)
{

	/* Waits for handlers, which may want to look at files. */
	sx_xunlock(&kld_sx);
	sysctl_unregister_set(image->ki_sysctl, image->ki_sysctl_end);
	sx_xlock(&kld_sx);
}

/*
 * Drops a reference; the last one unloads.  Modules learn of it before the
 * first SYSUNINIT runs, and with kld_sx held.
 */
int
linker_file_unload(linker_file_t lf, int flags)
{
	struct kld_image *image = lf->image;
	void *handle = lf->handle;
	int error = 0;

	sx_assert(&kld_sx, SX_XLOCKED);
	if (prison0.pr_securelevel > 0)
		return (EPERM);
	if (lf->refs > 1) {
		lf->refs--;
		return (0);
	}
	EVENTHANDLER_INVOKE(kld_unload_try, lf, &error);
	if (error != 0)
		return (EBUSY);
	if ((error = linker_unload_modules(lf, flags)) != 0)
		return (error);
	if ((lf->flags & LINKER_FILE_LINKED) != 0)
		linker_unregister_sysctls(image);
	lf->flags &= ~LINKER_FILE_LINKED;
	linker_run_sysinits(image->ki_sysuninit, image->ki_sysuninit_end,
	    false);
	VS_EVENT("event", "kld_unload %s", lf->filename);
	EVENTHANDLER_INVOKE(kld_unload, lf->filename, (caddr_t)image,
	    sizeof(*image));
	linker_file_undepend(lf);
	linker_file_free(lf);
	if (handle != NULL)
		host_object_close(handle);
	return (0);
}
