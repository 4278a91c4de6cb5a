/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the linker's files share; all of it under kld_sx.
 */
#ifndef _LINKER_IMPL_H_
#define _LINKER_IMPL_H_

#include <sys/linker.h>

struct mod_depend;

TAILQ_HEAD(linker_file_list, linker_file);
extern struct linker_file_list linker_files;
extern int linker_nextid;
extern struct sx kld_sx;

#define	IMAGE_FOREACH_METADATA(mdp, image)				\
	for ((mdp) = (image)->ki_modmetadata;				\
	    (mdp) < (image)->ki_modmetadata_end; (mdp)++)

/*
 * The version of a module that the image provides, 0 if it does not say, -1
 * if it has no such module; and whether that is one of those wanted (NULL:
 * any).
 */
int	linker_image_provides(const struct kld_image *image, const char *name);
bool	linker_version_fits(int version, const struct mod_depend *depend);

/* Makes a file of an image, and frees it when nothing of it runs any more. */
linker_file_t	linker_file_make(struct kld_image *image, void *handle);
void	linker_file_free(linker_file_t lf);
/* Notes that `lf` needs `dep`, which has been given a reference for it. */
void	linker_file_depend(linker_file_t lf, linker_file_t dep);
/* EEXIST: a module of that name exists already. */
int	linker_register_modules(linker_file_t lf);
void	linker_release_modules(linker_file_t lf);

/* A started file by name, with or without .ko, or by id; NULL. */
linker_file_t	linker_file_find(const char *name);
linker_file_t	linker_file_find_id(int id);
/* A started file that provides the module; NULL. */
linker_file_t	linker_file_providing(const char *module,
		    const struct mod_depend *depend);
/* An image that has not been started, by name or by a module; NULL. */
struct kld_image	*linker_image_find(const char *name,
			    const struct mod_depend *depend);
/*
 * Start an image, and drop a reference of a file, the last of which stops
 * it.  Both drop kld_sx for a while.  A handle stays the caller's if loading
 * fails.
 */
int	linker_load_image(struct kld_image *image, void *handle,
	    linker_file_t *result);
int	linker_file_unload(linker_file_t lf, int flags);

#endif /* !_LINKER_IMPL_H_ */
