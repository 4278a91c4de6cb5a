/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What all locks have in common: lock(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>

#include "host.h"

u_int lock_waiters[LOCK_WAITERS];

/*
 * The order is FreeBSD's; that zeroed storage looks like a spin mutex is part
 * of its messages.
 */
struct lock_class *lock_classes[LOCK_CLASS_MAX] = {
	&lock_class_mtx_spin,
	&lock_class_mtx_sleep,
	&lock_class_sx,
	&lock_class_rm,
	&lock_class_rm_sleepable,
	&lock_class_rw,
};

static u_int
lock_class_index(const struct lock_class *class)
{
	u_int i;

	for (i = 0; i < LOCK_CLASS_MAX; i++)
		if (lock_classes[i] == class)
			return (i);
	panic("unknown lock class %p", class);
}

void
lock_fence_full(void)
{
	host_fence_full();
}

void
lock_init(struct lock_object *lock, struct lock_class *class,
    const char *name, const char *type __witness_used, int flags)
{
	KASSERT((flags & LO_NEW) != 0 ||
	    (lock->lo_flags & LO_INITIALIZED) == 0,
	    ("lock \"%s\" %p already initialized", name, lock));
	lock->lo_name = name;
	lock->lo_flags = lock_class_index(class) << LO_CLASSSHIFT |
	    (flags & ~LO_NEW) | LO_INITIALIZED;
	lock->lo_data = 0;
	lock->lo_witness = NULL;
	WITNESS_INIT(lock, type != NULL ? type : name);
}

void
lock_destroy(struct lock_object *lock)
{
	KASSERT((lock->lo_flags & LO_INITIALIZED) != 0,
	    ("lock %p is not initialized", lock));
	WITNESS_DESTROY(lock);
	lock->lo_flags &= ~LO_INITIALIZED;
}

struct thread *
lock_owner(const struct lock_object *lock)
{
	struct thread *owner = NULL;

	LOCK_CLASS(lock)->lc_owner(lock, &owner);
	return (owner);
}
