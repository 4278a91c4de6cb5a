/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Modules: module(9).
 *
 * A kld holds any number of modules.  A module's event handler is called with
 * MOD_LOAD among the SYSINITs of its kld, at the place that DECLARE_MODULE
 * names, and with MOD_QUIESCE and MOD_UNLOAD before the first SYSUNINIT.
 */
#ifndef _KPI_SYS_MODULE_H_
#define _KPI_SYS_MODULE_H_

#include <sys/types.h>
#include <sys/kernel.h>
#include <sys/linker_set.h>

typedef enum modeventtype {
	MOD_LOAD,
	MOD_UNLOAD,
	MOD_SHUTDOWN,
	MOD_QUIESCE
} modeventtype_t;

typedef struct module	*module_t;
typedef int (*modeventhand_t)(module_t, int, void *);

/*
 * The declaration of a module; all fields are constant.  The handler returns
 * 0 or an errno; with kld_sx held exclusively for MOD_QUIESCE and MOD_UNLOAD,
 * and with none of the linker's locks for MOD_LOAD.  It may sleep, and
 * curvnet is the vnet of whoever loads or unloads.  A module without a
 * handler loads and then refuses to be unloaded (EBUSY).
 */
typedef struct moduledata {
	const char	*name;
	modeventhand_t	evhand;
	void		*priv;
} moduledata_t;

typedef union modspecific {
	int		intval;
	u_int		uintval;
	long		longval;
	u_long		ulongval;
} modspecific_t;

/* What a kld says about itself, in its linker set "modmetadata". */
#define	MDT_DEPEND	1
#define	MDT_MODULE	2
#define	MDT_VERSION	3

struct mod_depend {
	int	md_ver_minimum;
	int	md_ver_preferred;
	int	md_ver_maximum;
};

struct mod_version {
	int	mv_version;
};

/* All fields are constant. */
struct mod_metadata {
	int		md_type;	/* MDT_* */
	const void	*md_data;	/* moduledata or another */
	const char	*md_cval;	/* module meant */
};

#define	__MODULE_METADATA(uniq, type, data, cval)			\
	static const struct mod_metadata _mod_metadata##uniq = {	\
		.md_type = (type),					\
		.md_data = (data),					\
		.md_cval = (cval)					\
	};								\
	__KLD_ADD(modmetadata, _mod_metadata##uniq)

/* Needs a version of module `mdepend` from vmin to vmax, best vpref. */
#define	MODULE_DEPEND(module, mdepend, vmin, vpref, vmax)		\
	static const struct mod_depend _##module##_depend_on_##mdepend = { \
		(vmin), (vpref), (vmax)					\
	};								\
	__MODULE_METADATA(_md_##module##_on_##mdepend, MDT_DEPEND,	\
	    &_##module##_depend_on_##mdepend, #mdepend)

/* The kld provides the module in this version. */
#define	MODULE_VERSION(module, version)					\
	static const struct mod_version _##module##_version = {		\
		(version)						\
	};								\
	__MODULE_METADATA(_##module##_version, MDT_VERSION,		\
	    &_##module##_version, #module)

#define	DECLARE_MODULE(name, data, sub, order)				\
	__MODULE_METADATA(_md_##name, MDT_MODULE, &(data), #name);	\
	SYSINIT(name##module, sub, order, module_register_init, &(data)); \
	struct __hack
#define	DECLARE_MODULE_TIED(name, data, sub, order)			\
	DECLARE_MODULE(name, data, sub, order)

/* Sends MOD_LOAD; the SYSINIT of DECLARE_MODULE. */
void	module_register_init(const void *data);

struct linker_file;

extern struct sx modules_sx;
#define	MOD_XLOCK	sx_xlock(&modules_sx)
#define	MOD_SLOCK	sx_slock(&modules_sx)
#define	MOD_XUNLOCK	sx_xunlock(&modules_sx)
#define	MOD_SUNLOCK	sx_sunlock(&modules_sx)
#define	MOD_LOCK_ASSERT	sx_assert(&modules_sx, SX_LOCKED)

/* 0, or EEXIST when a module of that name exists. */
int	module_register(const moduledata_t *data, struct linker_file *file);
/* The first two need modules_sx; NULL if there is none. */
module_t	module_lookupbyname(const char *name);
module_t	module_lookupbyid(int modid);
void	module_reference(module_t mod);		/* modules_sx exclusive */
void	module_release(module_t mod);		/* modules_sx exclusive */
module_t	module_getfnext(module_t mod);	/* of its file; modules_sx */
int	module_getid(module_t mod);
const char	*module_getname(module_t mod);
struct linker_file	*module_file(module_t mod);
/* What kldstat -d shows; modules_sx exclusive. */
void	module_setspecific(module_t mod, modspecific_t *data);

/* The linker's: MOD_QUIESCE, MOD_UNLOAD. */
int	module_quiesce(module_t mod);
int	module_unload(module_t mod);

#endif /* !_KPI_SYS_MODULE_H_ */
