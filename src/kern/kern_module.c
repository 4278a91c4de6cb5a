/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Modules, and the events that their handlers get.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/sx.h>

static MALLOC_DEFINE(M_MODULE, "module", "module data structures");

/*
 * Locks: (c) constant, (m) modules_sx.
 */
struct module {
	const char	*name;			/* (c) */
	const moduledata_t *declared;		/* (c) */
	modeventhand_t	handler;		/* (c) */
	void		*arg;			/* (c) the handler's */
	int		id;			/* (c) */
	int		refs;			/* (m) */
	modspecific_t	data;			/* (m) */
	struct linker_file *file;		/* (c) */
	TAILQ_ENTRY(module) flink;		/* (m) modules of the file */
	TAILQ_ENTRY(module) link;		/* (m) all modules */
};

static TAILQ_HEAD(, module) modules = TAILQ_HEAD_INITIALIZER(modules);
static int module_nextid = 1;			/* modules_sx */
struct sx modules_sx;
SX_SYSINIT(modules, &modules_sx, "module subsystem sx lock");

/* What a module without a handler does: it stays. */
static int
module_no_handler(module_t mod __unused, int what, void *arg __unused)
{

	switch (what) {
	case MOD_LOAD:
		return (0);
	case MOD_UNLOAD:
		return (EBUSY);
	default:
		return (EOPNOTSUPP);
	}
}

static int
module_event(module_t mod, int what)
{
	int error;

	mtx_lock(&Giant);
	error = mod->handler(mod, what, mod->arg);
	mtx_unlock(&Giant);
	return (error);
}

int
module_register(const moduledata_t *data, struct linker_file *file)
{
	module_t mod;

	MOD_XLOCK;
	if ((mod = module_lookupbyname(data->name)) != NULL) {
		MOD_XUNLOCK;
		printf("%s: cannot register %s from %s; already loaded from "
		    "%s\n", __func__, data->name, file->filename,
		    mod->file->filename);
		return (EEXIST);
	}
	mod = malloc(sizeof(*mod), M_MODULE, M_WAITOK | M_ZERO);
	mod->file = file;
	mod->refs = 1;
	mod->id = module_nextid++;
	mod->name = data->name;
	mod->declared = data;
	mod->handler = data->evhand != NULL ? data->evhand :
	    module_no_handler;
	mod->arg = data->priv;
	TAILQ_INSERT_TAIL(&modules, mod, link);
	TAILQ_INSERT_TAIL(&file->modules, mod, flink);
	MOD_XUNLOCK;
	return (0);
}

/*
 * A module that fails to load gets MOD_UNLOAD and is forgotten, but the other
 * SYSINITs of its file run all the same.
 */
void
module_register_init(const void *arg)
{
	const moduledata_t *data = arg;
	module_t mod;
	int error;

	MOD_SLOCK;
	mod = module_lookupbyname(data->name);
	MOD_SUNLOCK;
	if (mod == NULL)
		panic("module_register_init: module named %s not found",
		    data->name);
	/* At boot, a second one of that name has been refused already. */
	if (mod->declared != data)
		return;
	error = module_event(mod, MOD_LOAD);
	if (error != 0)
		(void)module_event(mod, MOD_UNLOAD);
	MOD_XLOCK;
	if (error != 0)
		module_release(mod);
	else {
		/* The newest is unloaded first. */
		TAILQ_REMOVE(&mod->file->modules, mod, flink);
		TAILQ_INSERT_HEAD(&mod->file->modules, mod, flink);
	}
	MOD_XUNLOCK;
	KFAIL_POINT_CODE(DEBUG_FP, module_loaded, (void)0);
	if (error != 0)
		printf("module_register_init: MOD_LOAD (%s, %p, %p) error "
		    "%d\n", data->name, (void *)(uintptr_t)data->evhand,
		    data->priv, error);
}

module_t
module_lookupbyname(const char *name)
{
	module_t mod;

	MOD_LOCK_ASSERT;
	TAILQ_FOREACH(mod, &modules, link) {
		if (strcmp(mod->name, name) == 0)
			return (mod);
	}
	return (NULL);
}

module_t
module_lookupbyid(int modid)
{
	module_t mod;

	MOD_LOCK_ASSERT;
	TAILQ_FOREACH(mod, &modules, link) {
		if (mod->id == modid)
			return (mod);
	}
	return (NULL);
}

void
module_reference(module_t mod)
{

	sx_assert(&modules_sx, SX_XLOCKED);
	mod->refs++;
}

void
module_release(module_t mod)
{

	sx_assert(&modules_sx, SX_XLOCKED);
	if (mod->refs <= 0)
		panic("module_release: bad reference count");
	if (--mod->refs > 0)
		return;
	TAILQ_REMOVE(&modules, mod, link);
	TAILQ_REMOVE(&mod->file->modules, mod, flink);
	free(mod, M_MODULE);
}

/* Only a veto counts: a handler need not know the event. */
int
module_quiesce(module_t mod)
{
	int error;

	error = module_event(mod, MOD_QUIESCE);
	if (error == EOPNOTSUPP || error == EINVAL)
		error = 0;
	return (error);
}

int
module_unload(module_t mod)
{

	return (module_event(mod, MOD_UNLOAD));
}

int
module_getid(module_t mod)
{

	return (mod->id);
}

const char *
module_getname(module_t mod)
{

	return (mod->name);
}

struct linker_file *
module_file(module_t mod)
{

	return (mod->file);
}

module_t
module_getfnext(module_t mod)
{

	MOD_LOCK_ASSERT;
	return (TAILQ_NEXT(mod, flink));
}

void
module_setspecific(module_t mod, modspecific_t *data)
{

	sx_assert(&modules_sx, SX_XLOCKED);
	mod->data = *data;
}
