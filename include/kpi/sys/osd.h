/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Object-specific data: values that modules hang on somebody else's objects,
 * osd(9).  Of the types only jails have objects with a place for them here;
 * the functions take any struct osd.
 */
#ifndef _KPI_SYS_OSD_H_
#define _KPI_SYS_OSD_H_

#include <sys/queue.h>
#include <sys/types.h>

/*
 * Part of the object.  Locks: (o) osd_object_lock of the type and whoever
 * serialises setters of the object, (l) osd_list_lock of the type.
 */
struct osd {
	u_int		osd_nslots;	/* (o) size of osd_slots */
	void		**osd_slots;	/* (o) */
	LIST_ENTRY(osd)	osd_next;	/* (l) objects with a value */
};

#define	OSD_FIRST	0
#define	OSD_THREAD	0
#define	OSD_JAIL	1
#define	OSD_KHELP	2
#define	OSD_LAST	OSD_KHELP

typedef void (*osd_destructor_t)(void *value);
typedef int (*osd_method_t)(void *obj, void *data);

/*
 * A slot, numbered from 1.  The destructor is called when a value goes and
 * must not sleep.  `methods` (jails only) is copied; NULL: none.  May sleep.
 */
int	osd_register(u_int type, osd_destructor_t destructor,
	    const osd_method_t *methods);
void	osd_deregister(u_int type, u_int slot);

/*
 * The value of a slot.  Setting takes the place of the old value, which is
 * not destroyed; 0, or ENOMEM unless the memory was reserved before.  Setters
 * of one object must be serialised by the caller.
 */
int	osd_set(u_int type, struct osd *osd, u_int slot, void *value);
void	**osd_reserve(u_int slot);
int	osd_set_reserved(u_int type, struct osd *osd, u_int slot, void **rsv,
	    void *value);
void	osd_free_reserved(void **rsv);
void	*osd_get(u_int type, struct osd *osd, u_int slot);
void	*osd_get_unlocked(u_int type, struct osd *osd, u_int slot);
void	osd_del(u_int type, struct osd *osd, u_int slot);
/* Destroys all values of the object. */
void	osd_exit(u_int type, struct osd *osd);
/*
 * Calls `method` of every slot in ascending order; the first result that is
 * not 0 ends it and is returned.  May sleep.
 */
int	osd_call(u_int type, u_int method, void *obj, void *data);

/* The same for a prison: its osd and its type are put in. */
#define	osd_jail_register(...)	osd_register(OSD_JAIL, __VA_ARGS__)
#define	osd_jail_deregister(slot)	osd_deregister(OSD_JAIL, (slot))
#define	osd_jail_set(pr, ...)						\
	osd_set(OSD_JAIL, &(pr)->pr_osd, __VA_ARGS__)
#define	osd_jail_set_reserved(pr, ...)					\
	osd_set_reserved(OSD_JAIL, &(pr)->pr_osd, __VA_ARGS__)
#define	osd_jail_get(pr, ...)						\
	osd_get(OSD_JAIL, &(pr)->pr_osd, __VA_ARGS__)
#define	osd_jail_get_unlocked(pr, ...)					\
	osd_get_unlocked(OSD_JAIL, &(pr)->pr_osd, __VA_ARGS__)
#define	osd_jail_del(pr, ...)						\
	osd_del(OSD_JAIL, &(pr)->pr_osd, __VA_ARGS__)
#define	osd_jail_call(pr, method, data)					\
	osd_call(OSD_JAIL, (method), (pr), (data))
#define	osd_jail_exit(pr)	osd_exit(OSD_JAIL, &(pr)->pr_osd)

#endif /* !_KPI_SYS_OSD_H_ */
