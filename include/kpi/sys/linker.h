/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel linker: kld(4).
 *
 * A linker file is a kld that has been started.  What there is to be started
 * are the kld images (linker_set.h): the kernel, the program, the drivers
 * linked in with the kernel, and shared objects opened by name.
 */
#ifndef _KPI_SYS_LINKER_H_
#define _KPI_SYS_LINKER_H_

#include <sys/param.h>
#include <sys/eventhandler.h>
#include <sys/linker_set.h>
#include <sys/module.h>
#include <sys/queue.h>

#define	LINKER_FILE_LINKED	0x1	/* visible: start-up has finished */

/*
 * Locks: (c) constant, (k) kld_sx, (m) modules_sx.
 */
struct linker_file {
	TAILQ_ENTRY(linker_file) link;		/* (k) linker_files */
	struct kld_image *image;		/* (c) */
	void		*handle;		/* (c) shared object, or NULL */
	char		*filename;		/* (c) */
	int		id;			/* (c) */
	int		refs;			/* (k) user and dependants */
	int		userrefs;		/* (k) kldload(2) */
	int		flags;			/* (k) LINKER_FILE_* */
	int		ndeps;			/* (k) */
	struct linker_file **deps;		/* (k) files it needs */
	TAILQ_HEAD(, module) modules;		/* (m) newest load first */
};

typedef struct linker_file	*linker_file_t;

/* Every known image, in the order in which they registered. */
extern struct kld_image *kld_image_list;

/*
 * kld_load, kld_unload_try and kld_unload; a handler of the second vetoes by
 * setting `*error`.
 */
typedef void (*kld_load_fn)(void *, linker_file_t);
typedef void (*kld_unload_try_fn)(void *, linker_file_t, int *error);
typedef void (*kld_unload_fn)(void *, const char *filename, caddr_t address,
    size_t size);
EVENTHANDLER_DECLARE(kld_load, kld_load_fn);
EVENTHANDLER_DECLARE(kld_unload_try, kld_unload_try_fn);
EVENTHANDLER_DECLARE(kld_unload, kld_unload_fn);

#define	LINKER_UNLOAD_NORMAL	0
#define	LINKER_UNLOAD_FORCE	1

/*
 * kldload(2) without the checks of privilege: `name` is a module or a file
 * (with or without .ko).  Sleeps, interruptibly while another load or unload
 * runs.  EEXIST, ENOENT, ENOEXEC, EINTR.
 */
int	kern_kldload(struct thread *td, const char *name, int *fileid);
int	kern_kldunload(struct thread *td, int fileid, int flags);

#endif /* !_KPI_SYS_LINKER_H_ */
