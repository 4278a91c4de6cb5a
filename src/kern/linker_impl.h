/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What kern_linker.c and kern_kld.c share; all of it under kld_sx.
 */
#ifndef _LINKER_IMPL_H_
#define _LINKER_IMPL_H_

#include <sys/linker.h>

struct mod_depend;

TAILQ_HEAD(linker_file_list, linker_file);
extern struct linker_file_list linker_files;
extern struct sx kld_sx;

/* A started file by name, with or without .ko, or by id; NULL. */
linker_file_t	linker_file_find(const char *name);
linker_file_t	linker_file_find_id(int id);
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
