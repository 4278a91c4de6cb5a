/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel linker at boot and shutdown.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/module.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <net/vnet.h>

#include "boot.h"
#include "linker_impl.h"

/* Who would satisfy the dependency among all images, or the image itself. */
static struct kld_image *
image_needed(struct kld_image *image, const struct mod_metadata *md)
{
	struct kld_image *other;

	if (strcmp(md->md_cval, "kernel") == 0 ||
	    linker_image_provides(image, md->md_cval) >= 0)
		return (image);
	for (other = kld_image_list; other != NULL; other = other->ki_next)
		if (linker_version_fits(linker_image_provides(other,
		    md->md_cval), md->md_data))
			break;
	return (other);
}

/*
 * Looks at what the image needs: with `bring_along` starts that too and tells
 * whether there was something to start, else tells whether anything is
 * missing.
 */
static bool
image_check(struct kld_image *image, bool bring_along)
{
	const struct mod_metadata * const *mdp;
	struct kld_image *needed;
	bool found = false;

	IMAGE_FOREACH_METADATA(mdp, image) {
		if ((*mdp)->md_type != MDT_DEPEND)
			continue;
		needed = image_needed(image, *mdp);
		if (needed != NULL && needed->ki_boot)
			continue;
		if (needed != NULL && bring_along)
			needed->ki_boot = true;
		found = needed != NULL || !bring_along || found;
	}
	return (found);
}

/*
 * Before the boot: what the chosen images need comes along, as a loader
 * would see to it, and what cannot have what it needs stays out.
 */
void
linker_boot_dependencies(void)
{
	struct kld_image *image;
	bool changed;

	do {
		changed = false;
		for (image = kld_image_list; image != NULL;
		    image = image->ki_next)
			if (image->ki_boot && image_check(image, true))
				changed = true;
	} while (changed);
	do {
		changed = false;
		for (image = kld_image_list; image != NULL;
		    image = image->ki_next)
			if (image->ki_boot && image_check(image, false)) {
				image->ki_boot = false;
				changed = true;
			}
	} while (changed);
}

/*
 * The files that were there when the machine started, as if a loader had
 * brought them: the modules among them may be unloaded.  Their SYSINITs are
 * part of the boot sequence that is running now.
 */
static void
linker_init(void *arg __unused)
{
	const struct mod_metadata * const *mdp;
	struct kld_image *image;
	linker_file_t lf, dep;

	sx_xlock(&kld_sx);
	/* A driver's variables may be registered before their parents are. */
	for (image = kld_image_list; image != NULL; image = image->ki_next)
		if (image->ki_boot)
			sysctl_clean_set(image->ki_sysctl,
			    image->ki_sysctl_end);
	for (image = kld_image_list; image != NULL; image = image->ki_next) {
		if (!image->ki_boot) {
			if (boot_config.modules == NULL)
				printf("KLD file %s.ko is missing "
				    "dependencies\n", image->ki_name);
			continue;
		}
		lf = linker_file_make(image, NULL);
		lf->flags |= LINKER_FILE_LINKED;
		lf->userrefs = !image->ki_builtin;
		if (!vnet_data_alloc(image))
			panic("no room for the V_ variables of %s",
			    image->ki_name);
		(void)linker_register_modules(lf);
		sysctl_register_set(image->ki_sysctl, image->ki_sysctl_end);
	}
	TAILQ_FOREACH(lf, &linker_files, link) {
		IMAGE_FOREACH_METADATA(mdp, lf->image) {
			if ((*mdp)->md_type != MDT_DEPEND)
				continue;
			dep = linker_file_providing((*mdp)->md_cval,
			    (*mdp)->md_data);
			if (dep == NULL || dep == lf)
				continue;
			dep->refs++;
			linker_file_depend(lf, dep);
		}
	}
	sx_xunlock(&kld_sx);
}
SYSINIT(linker, SI_SUB_KLD, SI_ORDER_ANY, linker_init, NULL);

/* The newest file that is older than `id`. */
static linker_file_t
linker_file_before(int id)
{
	linker_file_t lf;

	TAILQ_FOREACH_REVERSE(lf, &linker_files, linker_file_list, link)
		if (lf->id < id)
			break;
	return (lf);
}

/*
 * Unloads what can be, dependants first.  The SYSUNINITs of the others run
 * after this, with those of the kernel.
 */
void
linker_shutdown(void)
{
	linker_file_t lf;
	int id = INT_MAX;

	sx_xlock(&kld_sx);
	CURVNET_SET(vnet0);
	while ((lf = linker_file_before(id)) != NULL) {
		id = lf->id;
		if (!lf->image->ki_builtin && lf->refs == 1)
			(void)linker_file_unload(lf, LINKER_UNLOAD_NORMAL);
	}
	CURVNET_RESTORE();
	sx_xunlock(&kld_sx);
}

static void
linker_fini(void *arg __unused)
{
	linker_file_t lf;

	sx_xlock(&kld_sx);
	while ((lf = TAILQ_LAST(&linker_files, linker_file_list)) != NULL) {
		sysctl_unregister_set(lf->image->ki_sysctl,
		    lf->image->ki_sysctl_end);
		linker_release_modules(lf);
		linker_file_free(lf);
	}
	sx_xunlock(&kld_sx);
}
SYSUNINIT(linker, SI_SUB_KLD, SI_ORDER_ANY, linker_fini, NULL);
