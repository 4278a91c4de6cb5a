/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Object-specific data, osd(9).
 *
 * A slot is registered once for all objects of a type; an object has an array
 * of values as long as its highest slot in use.  Readers of an object hold
 * the object lock of the type shared, and so do setters: two setters of one
 * object are kept apart by the caller.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/rmlock.h>
#include <sys/sx.h>

static MALLOC_DEFINE(M_OSD, "osd", "Object Specific Data");

/*
 * One for each type.  Locks: (c) constant, (m) osd_module_lock, (o) write
 * side of osd_object_lock to change a slot's array, (l) osd_list_lock.
 */
static struct osd_master {
	u_int		osd_nmethods;		/* (c) */
	u_int		osd_ntslots;		/* (m) slots ever used */
	osd_method_t	*osd_methods;		/* (m) osd_nmethods a slot */
	osd_destructor_t *osd_destructors;	/* (o) NULL: slot not used */
	LIST_HEAD(, osd) osd_list;		/* (l) objects with values */
	struct mtx	osd_list_lock;
	struct rmlock	osd_object_lock;
	struct sx	osd_module_lock;
} osdm[OSD_LAST + 1] = {
	[OSD_JAIL] = { .osd_nmethods = PR_MAXMETHOD }
};

static void
osd_default_destructor(void *value __unused)
{
}

/* --- slots ---------------------------------------------------------------- */

/* The lowest free slot; the arrays grow if there is none. */
static u_int
slot_find(struct osd_master *om)
{
	osd_destructor_t *destructors;
	u_int i;

	sx_assert(&om->osd_module_lock, SA_XLOCKED);
	for (i = 0; i < om->osd_ntslots; i++)
		if (om->osd_destructors[i] == NULL)
			return (i + 1);
	if (om->osd_nmethods != 0)
		om->osd_methods = realloc(om->osd_methods, (i + 1) *
		    om->osd_nmethods * sizeof(osd_method_t), M_OSD, M_WAITOK);
	destructors = mallocarray(i + 1, sizeof(*destructors), M_OSD,
	    M_WAITOK | M_ZERO);
	rm_wlock(&om->osd_object_lock);
	if (i != 0)
		memcpy(destructors, om->osd_destructors,
		    i * sizeof(*destructors));
	free(om->osd_destructors, M_OSD);
	om->osd_destructors = destructors;
	om->osd_ntslots = i + 1;
	rm_wunlock(&om->osd_object_lock);
	return (i + 1);
}

int
osd_register(u_int type, osd_destructor_t destructor,
    const osd_method_t *methods)
{
	struct osd_master *om = &osdm[type];
	osd_method_t *slot_methods;
	u_int slot;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	sx_xlock(&om->osd_module_lock);
	slot = slot_find(om);
	if (om->osd_nmethods != 0) {
		slot_methods = &om->osd_methods[(slot - 1) * om->osd_nmethods];
		memset(slot_methods, 0, om->osd_nmethods * sizeof(*methods));
		if (methods != NULL)
			memcpy(slot_methods, methods,
			    om->osd_nmethods * sizeof(*methods));
	}
	om->osd_destructors[slot - 1] = destructor != NULL ? destructor :
	    osd_default_destructor;
	sx_xunlock(&om->osd_module_lock);
	return (slot);
}

/* --- values --------------------------------------------------------------- */

/*
 * Destroys one value and shortens the array.  The object lock is held in
 * either way, and for the shared one the caller serialises users of `osd`.
 */
static void
value_del(struct osd_master *om, struct osd *osd, u_int slot)
{
	void *value;
	u_int n;

	mtx_assert(&om->osd_list_lock, MA_OWNED);
	if (slot > osd->osd_nslots)
		return;
	value = osd->osd_slots[slot - 1];
	if (value != NULL) {
		osd->osd_slots[slot - 1] = NULL;
		om->osd_destructors[slot - 1](value);
	}
	for (n = osd->osd_nslots; n > 0; n--)
		if (osd->osd_slots[n - 1] != NULL)
			break;
	if (n == osd->osd_nslots)
		return;
	/* What is left stays where it is: shortening cannot fail. */
	osd->osd_nslots = n;
	if (n == 0) {
		LIST_REMOVE(osd, osd_next);
		free(osd->osd_slots, M_OSD);
		osd->osd_slots = NULL;
	}
}

void
osd_deregister(u_int type, u_int slot)
{
	struct osd_master *om = &osdm[type];
	struct osd *osd, *next;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	KASSERT(slot > 0, ("Invalid slot."));
	sx_xlock(&om->osd_module_lock);
	KASSERT(slot <= om->osd_ntslots &&
	    om->osd_destructors[slot - 1] != NULL, ("Unused slot."));
	rm_wlock(&om->osd_object_lock);
	mtx_lock(&om->osd_list_lock);
	LIST_FOREACH_SAFE(osd, &om->osd_list, osd_next, next)
		value_del(om, osd, slot);
	mtx_unlock(&om->osd_list_lock);
	om->osd_destructors[slot - 1] = NULL;
	rm_wunlock(&om->osd_object_lock);
	if (om->osd_nmethods != 0)
		memset(&om->osd_methods[(slot - 1) * om->osd_nmethods], 0,
		    om->osd_nmethods * sizeof(osd_method_t));
	sx_xunlock(&om->osd_module_lock);
}

/* A reserve is an array that is long enough for the slot. */
void **
osd_reserve(u_int slot)
{
	KASSERT(slot > 0, ("Invalid slot."));
	return (mallocarray(slot, sizeof(void *), M_OSD, M_WAITOK | M_ZERO));
}

void
osd_free_reserved(void **rsv)
{
	free(rsv, M_OSD);
}

/* Makes room for `slot`, with the reserve if there is one. */
static int
value_room(struct osd_master *om, struct osd *osd, u_int slot, void ***rsvp)
{
	void **slots = *rsvp;

	if (slots == NULL)
		slots = mallocarray(slot, sizeof(void *), M_OSD,
		    M_NOWAIT | M_ZERO);
	if (slots == NULL)
		return (ENOMEM);
	*rsvp = NULL;
	if (osd->osd_nslots == 0) {
		mtx_lock(&om->osd_list_lock);
		LIST_INSERT_HEAD(&om->osd_list, osd, osd_next);
		mtx_unlock(&om->osd_list_lock);
	} else
		memcpy(slots, osd->osd_slots,
		    osd->osd_nslots * sizeof(void *));
	free(osd->osd_slots, M_OSD);
	osd->osd_slots = slots;
	osd->osd_nslots = slot;
	return (0);
}

int
osd_set_reserved(u_int type, struct osd *osd, u_int slot, void **rsv,
    void *value)
{
	struct osd_master *om = &osdm[type];
	struct rm_priotracker tracker;
	int error = 0;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	KASSERT(slot > 0, ("Invalid slot."));
	rm_rlock(&om->osd_object_lock, &tracker);
	KASSERT(slot <= om->osd_ntslots &&
	    om->osd_destructors[slot - 1] != NULL, ("Unused slot."));
	if (slot > osd->osd_nslots && value != NULL)
		error = value_room(om, osd, slot, &rsv);
	if (error == 0 && slot <= osd->osd_nslots) {
		if (value != NULL)
			osd->osd_slots[slot - 1] = value;
		else {
			/* Without a destructor's call, as promised. */
			osd->osd_slots[slot - 1] = NULL;
			mtx_lock(&om->osd_list_lock);
			value_del(om, osd, slot);
			mtx_unlock(&om->osd_list_lock);
		}
	}
	rm_runlock(&om->osd_object_lock, &tracker);
	osd_free_reserved(rsv);
	return (error);
}

int
osd_set(u_int type, struct osd *osd, u_int slot, void *value)
{
	return (osd_set_reserved(type, osd, slot, NULL, value));
}

void *
osd_get_unlocked(u_int type __diagused, struct osd *osd, u_int slot)
{
	KASSERT(type <= OSD_LAST, ("Invalid type."));
	KASSERT(slot > 0, ("Invalid slot."));
	return (slot > osd->osd_nslots ? NULL : osd->osd_slots[slot - 1]);
}

void *
osd_get(u_int type, struct osd *osd, u_int slot)
{
	struct osd_master *om = &osdm[type];
	struct rm_priotracker tracker;
	void *value;

	rm_rlock(&om->osd_object_lock, &tracker);
	KASSERT(slot <= om->osd_ntslots &&
	    om->osd_destructors[slot - 1] != NULL, ("Unused slot."));
	value = osd_get_unlocked(type, osd, slot);
	rm_runlock(&om->osd_object_lock, &tracker);
	return (value);
}

void
osd_del(u_int type, struct osd *osd, u_int slot)
{
	struct osd_master *om = &osdm[type];
	struct rm_priotracker tracker;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	KASSERT(slot > 0, ("Invalid slot."));
	rm_rlock(&om->osd_object_lock, &tracker);
	mtx_lock(&om->osd_list_lock);
	value_del(om, osd, slot);
	mtx_unlock(&om->osd_list_lock);
	rm_runlock(&om->osd_object_lock, &tracker);
}

void
osd_exit(u_int type, struct osd *osd)
{
	struct osd_master *om = &osdm[type];
	struct rm_priotracker tracker;
	u_int slot;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	rm_rlock(&om->osd_object_lock, &tracker);
	mtx_lock(&om->osd_list_lock);
	for (slot = 1; slot <= osd->osd_nslots; slot++)
		if (osd->osd_slots[slot - 1] != NULL)
			value_del(om, osd, slot);
	mtx_unlock(&om->osd_list_lock);
	rm_runlock(&om->osd_object_lock, &tracker);
}

/* --- methods -------------------------------------------------------------- */

int
osd_call(u_int type, u_int method, void *obj, void *data)
{
	struct osd_master *om = &osdm[type];
	osd_method_t fn;
	u_int i;
	int error = 0;

	KASSERT(type <= OSD_LAST, ("Invalid type."));
	KASSERT(method < om->osd_nmethods, ("Invalid method."));
	sx_slock(&om->osd_module_lock);
	for (i = 0; i < om->osd_ntslots && error == 0; i++) {
		fn = om->osd_methods[i * om->osd_nmethods + method];
		if (om->osd_destructors[i] != NULL && fn != NULL)
			error = fn(obj, data);
	}
	sx_sunlock(&om->osd_module_lock);
	return (error);
}

/* --- up and down ---------------------------------------------------------- */

static void
osd_startup(void *arg __unused)
{
	struct osd_master *om;

	for (om = osdm; om <= &osdm[OSD_LAST]; om++) {
		sx_init(&om->osd_module_lock, "osd_module");
		rm_init(&om->osd_object_lock, "osd_object");
		mtx_init(&om->osd_list_lock, "osd_list", NULL, MTX_DEF);
		LIST_INIT(&om->osd_list);
	}
}
SYSINIT(osd, SI_SUB_LOCK, SI_ORDER_ANY, osd_startup, NULL);

/* An array that still has a used slot is left for the leak report. */
static void
osd_shutdown(void *arg __unused)
{
	struct osd_master *om;
	u_int i, used;

	for (om = osdm; om <= &osdm[OSD_LAST]; om++) {
		for (i = used = 0; i < om->osd_ntslots; i++)
			used += om->osd_destructors[i] != NULL;
		if (used == 0) {
			free(om->osd_destructors, M_OSD);
			free(om->osd_methods, M_OSD);
			om->osd_destructors = NULL;
			om->osd_methods = NULL;
			om->osd_ntslots = 0;
		}
		mtx_destroy(&om->osd_list_lock);
		rm_destroy(&om->osd_object_lock);
		sx_destroy(&om->osd_module_lock);
	}
}
SYSUNINIT(osd, SI_SUB_LOCK, SI_ORDER_ANY, osd_shutdown, NULL);
