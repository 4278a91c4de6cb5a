/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * kldload(2), kldunload(2) and their like.
 *
 * One load or unload runs at a time; others wait, and can be interrupted.
 * The thread that is at it may nest.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/module.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <net/vnet.h>

#include <vnetsim/syscalls.h>

#include "boot.h"
#include "host.h"
#include "linker_impl.h"

/* The thread that loads or unloads, and how deep it is in it: kld_sx. */
static struct thread *kld_busy_owner;
static int kld_busy_depth;

/*
 * Takes kld_sx and the busy mark, and makes the caller's vnet the current
 * one.  EPERM; EINTR or ERESTART while waiting.
 */
static int
kld_enter(struct thread *td, int priv)
{
	int error;

	if ((error = securelevel_gt(td->td_ucred, 0)) != 0 ||
	    (error = priv_check(td, priv)) != 0)
		return (error);
	sx_xlock(&kld_sx);
	while (kld_busy_owner != NULL && kld_busy_owner != td) {
		error = sx_sleep(&kld_busy_owner, &kld_sx, PCATCH, "kldbusy",
		    0);
		if (error != 0) {
			sx_xunlock(&kld_sx);
			return (error);
		}
	}
	kld_busy_owner = td;
	kld_busy_depth++;
	return (0);
}

static void
kld_leave(void)
{

	MPASS(kld_busy_owner == curthread);
	if (--kld_busy_depth == 0) {
		kld_busy_owner = NULL;
		wakeup(&kld_busy_owner);
	}
	sx_xunlock(&kld_sx);
}

/*
 * Opens a shared object.  Its constructor registers its images at the tail of
 * the list; the first new one is meant.
 */
static int
kld_open(const char *path, struct kld_image **image, void **handle)
{
	struct kld_image **link;
	linker_file_t lf;
	char why[256];

	for (link = &kld_image_list; *link != NULL; link = &(*link)->ki_next)
		;
	if ((*handle = host_object_open(path, why, sizeof(why))) == NULL) {
		printf("kldload: %s\n", why);
		return (host_file_exists(path) ? ENOEXEC : ENOENT);
	}
	if ((*image = *link) != NULL)
		return (0);
	TAILQ_FOREACH(lf, &linker_files, link)
		if (lf->handle == *handle)
			break;
	host_object_close(*handle);
	*handle = NULL;
	if (lf != NULL)
		return (EEXIST);
	printf("kldload: %s: unsupported file type\n", path);
	return (ENOEXEC);
}

/* A name without "/" and "." is a module's, else it is a file's. */
static int
kld_load(const char *name, linker_file_t *lf)
{
	struct kld_image *image = NULL;
	void *handle = NULL;
	bool loaded = false;
	int error = 0;

	if (strpbrk(name, "/.") == NULL) {
		MOD_SLOCK;
		loaded = module_lookupbyname(name) != NULL;
		MOD_SUNLOCK;
	}
	if (loaded || linker_file_find(name) != NULL)
		return (EEXIST);
	if (strchr(name, '/') != NULL)
		error = kld_open(name, &image, &handle);
	else if ((image = linker_image_find(name, NULL)) == NULL)
		error = ENOENT;
	if (error == 0)
		error = linker_load_image(image, handle, lf);
	if (error != 0 && handle != NULL)
		host_object_close(handle);
	return (error);
}

int
kern_kldload(struct thread *td, const char *name, int *fileid)
{
	linker_file_t lf;
	int error;

	if ((error = kld_enter(td, PRIV_KLD_LOAD)) != 0)
		return (error);
	CURVNET_SET(TD_TO_VNET(td));
	if ((error = kld_load(name, &lf)) != 0)
		goto out;
	lf->userrefs++;
	if (fileid != NULL)
		*fileid = lf->id;
out:
	CURVNET_RESTORE();
	kld_leave();
	return (error);
}

static int
kld_unload(int fileid, int flags)
{
	linker_file_t lf;
	int error;

	if ((lf = linker_file_find_id(fileid)) == NULL)
		return (ENOENT);
	if (lf->userrefs == 0) {
		printf("kldunload: attempt to unload file that was loaded by "
		    "the kernel\n");
		return (EBUSY);
	}
	if (lf->refs > 1)
		return (EBUSY);
	lf->userrefs--;
	if ((error = linker_file_unload(lf, flags)) != 0)
		lf->userrefs++;
	return (error);
}

int
kern_kldunload(struct thread *td, int fileid, int flags)
{
	int error;

	if ((error = kld_enter(td, PRIV_KLD_UNLOAD)) != 0)
		return (error);
	CURVNET_SET(TD_TO_VNET(td));
	error = kld_unload(fileid, flags);
	CURVNET_RESTORE();
	kld_leave();
	return (error);
}

/* --- system calls --------------------------------------------------------- */

struct kld_args {
	const char	*name;
	int		id;
	int		flags;
	struct vs_kldstat *stat;
};

static int
sys_kldload(struct thread *td, void *v)
{
	struct kld_args *args = v;
	char name[PATH_MAX];
	int error;

	if ((error = copyinstr(args->name, name, sizeof(name), NULL)) != 0)
		return (error);
	return (kern_kldload(td, name, &args->id));
}

int
vs_kldload(const char *name, int *fileid)
{
	struct kld_args args = { .name = name };
	int error;

	error = syscall_run("kldload", sys_kldload, &args);
	if (error == 0 && fileid != NULL)
		*fileid = args.id;
	return (error);
}

static int
sys_kldunloadf(struct thread *td, void *v)
{
	struct kld_args *args = v;

	return (kern_kldunload(td, args->id, args->flags));
}

int
vs_kldunloadf(int fileid, int flags)
{
	struct kld_args args = { .id = fileid, .flags = flags };

	return (syscall_run("kldunloadf", sys_kldunloadf, &args));
}

static int
sys_kldfind(struct thread *td __unused, void *v)
{
	struct kld_args *args = v;
	char name[PATH_MAX];
	linker_file_t lf;
	int error;

	if ((error = copyinstr(args->name, name, sizeof(name), NULL)) != 0)
		return (error);
	sx_xlock(&kld_sx);
	if ((lf = linker_file_find(name)) != NULL)
		args->id = lf->id;
	sx_xunlock(&kld_sx);
	return (lf != NULL ? 0 : ENOENT);
}

int
vs_kldfind(const char *name, int *fileid)
{
	struct kld_args args = { .name = name };
	int error;

	error = syscall_run("kldfind", sys_kldfind, &args);
	if (error == 0 && fileid != NULL)
		*fileid = args.id;
	return (error);
}

int
vs_kldunload(const char *name)
{
	int error, id;

	if ((error = vs_kldfind(name, &id)) != 0)
		return (error);
	return (vs_kldunloadf(id, LINKER_UNLOAD_NORMAL));
}

static int
sys_kldnext(struct thread *td __unused, void *v)
{
	struct kld_args *args = v;
	linker_file_t lf;

	sx_xlock(&kld_sx);
	TAILQ_FOREACH(lf, &linker_files, link)
		if (lf->id > args->id &&
		    (lf->flags & LINKER_FILE_LINKED) != 0)
			break;
	if (lf != NULL) {
		args->stat->id = lf->id;
		args->stat->refs = lf->refs;
		strlcpy(args->stat->name, lf->filename,
		    sizeof(args->stat->name));
	}
	sx_xunlock(&kld_sx);
	return (lf != NULL ? 0 : ENOENT);
}

int
vs_kldnext(int fileid, struct vs_kldstat *stat)
{
	struct kld_args args = { .id = fileid, .stat = stat };

	return (syscall_run("kldnext", sys_kldnext, &args));
}

static int
sys_modfind(struct thread *td __unused, void *v)
{
	struct kld_args *args = v;
	char name[PATH_MAX];
	module_t mod;
	int error;

	if ((error = copyinstr(args->name, name, sizeof(name), NULL)) != 0)
		return (error);
	MOD_SLOCK;
	if ((mod = module_lookupbyname(name)) != NULL)
		args->id = module_getid(mod);
	MOD_SUNLOCK;
	return (mod != NULL ? 0 : ENOENT);
}

int
vs_modfind(const char *name, int *modid)
{
	struct kld_args args = { .name = name };
	int error;

	error = syscall_run("modfind", sys_modfind, &args);
	if (error == 0 && modid != NULL)
		*modid = args.id;
	return (error);
}
