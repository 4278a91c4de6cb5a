/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * WITNESS, witness(4): the checks made when a lock is wanted, taken and given
 * up.
 *
 * A thread's lists are its own: nothing here takes a lock unless the order of
 * two types has not been seen before.  Try operations are not checked, but
 * what they acquire is listed.
 */
#ifdef WITNESS

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <stdio.h>

#include "boot.h"
#include "host.h"
#include "witness.h"

/*
 * debug.witness.watch: 1 all checks, 0 locks held are recorded but nothing is
 * checked, -1 nothing.  What was not recorded cannot be made up for, so there
 * is no way back from -1 before the next boot.
 */
int witness_watch = -1;

/* --- locks come and go ---------------------------------------------------- */

/* A lock cannot be what its class is not. */
static void
check_option(const struct lock_object *lock, u_int option, u_int capability,
    const char *what)
{
	const struct lock_class *class = LOCK_CLASS(lock);

	if ((lock->lo_flags & option) != 0 &&
	    (class->lc_flags & capability) == 0)
		kassert_panic("witness_init: lock (%s) %s can not be %s",
		    class->lc_name, lock->lo_name, what);
}

void
witness_init(struct lock_object *lock, const char *type)
{
	check_option(lock, LO_RECURSABLE, LC_RECURSABLE, "recursable");
	check_option(lock, LO_SLEEPABLE, LC_SLEEPABLE, "sleepable");
	check_option(lock, LO_UPGRADABLE, LC_UPGRADABLE, "upgradable");
	lock->lo_witness = NULL;
	if (witness_level() == -1 || KERNEL_PANICKED() ||
	    (lock->lo_flags & LO_WITNESS) == 0)
		return;
	lock->lo_witness = witness_enroll(type, LOCK_CLASS(lock));
	__atomic_fetch_add(&lock->lo_witness->w_refcount, 1, __ATOMIC_RELAXED);
}

/* The type stays, and with it the order that was learned. */
void
witness_destroy(struct lock_object *lock)
{
	if (!witness_recorded(lock))
		return;
	__atomic_fetch_sub(&lock->lo_witness->w_refcount, 1, __ATOMIC_RELAXED);
}

/* --- order ---------------------------------------------------------------- */

/* The lock is held already: whether it may recurse is its own business. */
static void
check_mode(const struct lock_instance *held, const struct witness_wanted *ww,
    int flags)
{
	bool exclusive = (held->li_flags & LI_EXCLUSIVE) != 0;

	if (exclusive && (flags & LOP_EXCLUSIVE) == 0) {
		witness_print_mismatch("shared lock", "exclusively", held,
		    ww->ww_file, ww->ww_line);
		kassert_panic("excl->share");
	}
	if (!exclusive && (flags & LOP_EXCLUSIVE) != 0) {
		witness_print_mismatch("exclusive lock", "share", held,
		    ww->ww_file, ww->ww_line);
		kassert_panic("share->excl");
	}
}

/*
 * Is it wrong to take the lock with this one held?  Giant and the sleepable
 * locks ignore each other, because a sleep gives up Giant.
 */
static bool
check_pair(const struct lock_instance *held, const struct lock_object *lock,
    int flags, enum witness_reversal_kind *kind)
{
	bool sleepable;

	sleepable = (LOCK_CLASS(lock)->lc_flags & LC_SLEEPABLE) != 0 &&
	    (flags & LOP_NOSLEEP) == 0;
	if (witness_is_giant(lock) && (held->li_flags & LI_SLEEPABLE) != 0)
		return (false);
	if (sleepable && witness_is_giant(held->li_lock))
		return (false);
	*kind = REVERSAL_SLEEPABLE;
	if (sleepable && (held->li_flags & LI_SLEEPABLE) == 0)
		return (true);
	*kind = REVERSAL_GIANT;
	if (witness_is_giant(lock))
		return (true);
	*kind = REVERSAL_PLAIN;
	return (witness_order_known(lock->lo_witness,
	    held->li_lock->lo_witness));
}

static void
check_duplicate(const struct lock_instance *held,
    const struct witness_wanted *ww, int flags)
{
	struct witness *w = ww->ww_lock->lo_witness;
	bool first;

	if ((ww->ww_lock->lo_flags & LO_DUPOK) != 0 ||
	    (flags & LOP_DUPOK) != 0)
		return;
	witness_graph_lock();
	first = !w->w_duplicated;
	w->w_duplicated = true;
	witness_graph_unlock();
	if (first)
		witness_report_duplicate(held, ww);
}

/* The newest lock of the wanted one's type that is older than held[i]. */
static const struct lock_instance *
held_of_type(const struct lock_list_entry *list, u_int i,
    const struct witness *w)
{
	while (i-- > 0)
		if (list->ll_held[i].li_lock->lo_witness == w)
			return (&list->ll_held[i]);
	return (NULL);
}

/* Reports the pair if it is new; called with the graph locked, unlocks it. */
static void
found_reversal(const struct lock_list_entry *list, u_int i,
    const struct witness_wanted *ww, enum witness_reversal_kind kind)
{
	const struct lock_instance *held = &list->ll_held[i];
	struct witness *w = ww->ww_lock->lo_witness;
	struct witness *w1 = held->li_lock->lo_witness;
	const struct witness_edge *established;
	bool first;

	first = witness_reversal_mark(w1, w, ww->ww_file, ww->ww_line);
	established = witness_edge_find(w, w1);
	witness_graph_unlock();
	if (first)
		witness_report_reversal(kind, held_of_type(list, i, w), held,
		    ww, established);
}

/*
 * The order of the newest lock held and the wanted one has not been seen yet.
 * All locks held are looked at, the newest first; what is wrong first ends
 * the search, so one acquisition reports one thing.  One that is right teaches
 * one order, that of the newest.
 */
static void
check_order(const struct lock_list_entry *list,
    const struct lock_instance *newest, const struct witness_wanted *ww,
    int flags, const struct lock_object *interlock)
{
	struct witness *w = ww->ww_lock->lo_witness;
	struct witness *w1 = newest->li_lock->lo_witness;
	enum witness_reversal_kind kind;
	u_int i;

	if (w1 == w) {
		check_duplicate(newest, ww, flags);
		return;
	}
	witness_graph_lock();
	if (witness_order_direct(w1, w)) {
		witness_graph_unlock();
		return;
	}
	for (i = list->ll_count; i-- > 0; ) {
		if (list->ll_held[i].li_lock == interlock)
			continue;
		if (check_pair(&list->ll_held[i], ww->ww_lock, flags, &kind)) {
			found_reversal(list, i, ww, kind);
			return;
		}
	}
	/* A sleepable lock after Giant passed, but is no order to learn. */
	if ((flags & LOP_NEWORDER) != 0 &&
	    !(witness_is_giant(newest->li_lock) &&
	    (LOCK_CLASS(ww->ww_lock)->lc_flags & LC_SLEEPABLE) != 0))
		witness_order_learn(w1, w, ww->ww_file, ww->ww_line);
	witness_graph_unlock();
}

static inline const struct lock_instance *
held_newest(const struct lock_list_entry *list,
    const struct lock_object *interlock)
{
	u_int i;

	for (i = list->ll_count; i-- > 0; )
		if (list->ll_held[i].li_lock != interlock)
			return (&list->ll_held[i]);
	return (NULL);
}

void
witness_checkorder(struct lock_object *lock, int flags, const char *file,
    int line, struct lock_object *interlock)
{
	const struct witness_wanted ww = { lock, file, line };
	struct thread *td = curthread;
	struct lock_list_entry *list;
	const struct lock_instance *held;

	if (!witness_checked(lock))
		return;
	if ((LOCK_CLASS(lock)->lc_flags & LC_SLEEPLOCK) != 0 &&
	    td->td_critnest != 0)
		kassert_panic("acquiring blockable sleep lock with spinlock "
		    "or critical section held (%s) %s @ %s:%d",
		    LOCK_CLASS(lock)->lc_name, lock->lo_name,
		    witness_file_name(file), line);
	list = *witness_held_list(td, lock);
	if (list == NULL || list->ll_count == 0)
		return;
	if ((held = witness_held_find(list, lock)) != NULL) {
		check_mode(held, &ww, flags);
		return;
	}
	held = held_newest(list, interlock);
	if (held != NULL &&
	    !witness_order_direct(held->li_lock->lo_witness, lock->lo_witness))
		check_order(list, held, &ww, flags, interlock);
}

int
witness_defineorder(struct lock_object *lock1, struct lock_object *lock2)
{
	int error = 0;

	if (!witness_checked(lock1) || lock2->lo_witness == NULL)
		return (EINVAL);
	witness_graph_lock();
	if (witness_order_known(lock2->lo_witness, lock1->lo_witness))
		error = EDOOFUS;
	else
		witness_order_learn(lock1->lo_witness, lock2->lo_witness,
		    NULL, 0);
	witness_graph_unlock();
	return (error);
}

/* --- taking and giving up ------------------------------------------------- */

void
witness_lock(struct lock_object *lock, int flags, const char *file, int line)
{
	struct lock_list_entry **listp, *list;
	struct lock_instance *li;
	u_int liflags = 0;

	if (!witness_recorded(lock))
		return;
	listp = witness_held_list(curthread, lock);
	list = *listp;
	if ((li = witness_held_find(list, lock)) != NULL) {
		HELD_SET(li->li_flags, li->li_flags + 1);
		return;
	}
	if (list == NULL || list->ll_count == list->ll_size)
		list = witness_held_grow(listp);
	if ((flags & LOP_EXCLUSIVE) != 0)
		liflags |= LI_EXCLUSIVE;
	if ((LOCK_CLASS(lock)->lc_flags & LC_SLEEPABLE) != 0 &&
	    (flags & LOP_NOSLEEP) == 0)
		liflags |= LI_SLEEPABLE;
	li = &list->ll_held[list->ll_count];
	HELD_SET(li->li_lock, lock);
	HELD_SET(li->li_file, witness_file_name(file));
	HELD_SET(li->li_line, line);
	HELD_SET(li->li_flags, liflags);
	/* Whoever sees the count sees what it counts. */
	__atomic_store_n(&list->ll_count, list->ll_count + 1,
	    __ATOMIC_RELEASE);
}

static void
check_unlock(const struct lock_instance *li, int flags, const char *file,
    int line)
{
	bool exclusive = (li->li_flags & LI_EXCLUSIVE) != 0;
	const struct lock_object *lock = li->li_lock;

	if (exclusive && (flags & LOP_EXCLUSIVE) == 0) {
		witness_print_mismatch("shared unlock", "exclusively", li,
		    file, line);
		kassert_panic("excl->ushare");
	}
	if (!exclusive && (flags & LOP_EXCLUSIVE) != 0) {
		witness_print_mismatch("exclusive unlock", "share", li, file,
		    line);
		kassert_panic("share->uexcl");
	}
	if ((li->li_flags & LI_NORELEASE) != 0 &&
	    (li->li_flags & LI_RECURSEMASK) == 0) {
		printf("forbidden unlock of (%s) %s @ %s:%d\n",
		    LOCK_CLASS(lock)->lc_name, lock->lo_name,
		    witness_file_name(file), line);
		kassert_panic("lock marked norelease");
	}
}

void
witness_unlock(struct lock_object *lock, int flags, const char *file, int line)
{
	struct lock_list_entry *list;
	struct lock_instance *li;

	if (!witness_recorded(lock))
		return;
	list = *witness_held_list(curthread, lock);
	if ((li = witness_held_find(list, lock)) == NULL) {
		if (witness_level() > 0)
			kassert_panic("lock (%s) %s not locked @ %s:%d",
			    LOCK_CLASS(lock)->lc_name, lock->lo_name,
			    witness_file_name(file), line);
		return;
	}
	if (witness_level() > 0)
		check_unlock(li, flags, file, line);
	if ((li->li_flags & LI_RECURSEMASK) != 0)
		HELD_SET(li->li_flags, li->li_flags - 1);
	else
		witness_held_remove(list, li);
}

/* `what` is "upgrade" or "downgrade", `wrong` the mode it cannot start from. */
static void
check_change(const struct lock_object *lock, const struct lock_instance *li,
    const char *what, const char *wrong, const char *file, int line)
{
	const char *why = NULL;
	u_int depth;

	if ((lock->lo_flags & LO_UPGRADABLE) == 0)
		why = "non-upgradable";
	else if ((LOCK_CLASS(lock)->lc_flags & LC_SLEEPLOCK) == 0)
		why = "non-sleep";
	else if (li == NULL)
		why = "unlocked";
	else if (((li->li_flags & LI_EXCLUSIVE) != 0) == (*wrong == 'e'))
		why = wrong;
	file = witness_file_name(file);
	if (why != NULL)
		kassert_panic("%s of %s lock (%s) %s @ %s:%d", what, why,
		    LOCK_CLASS(lock)->lc_name, lock->lo_name, file, line);
	if ((depth = li->li_flags & LI_RECURSEMASK) != 0)
		kassert_panic("%s of recursed lock (%s) %s r=%u @ %s:%d",
		    what, LOCK_CLASS(lock)->lc_name, lock->lo_name, depth,
		    file, line);
}

void
witness_upgrade(struct lock_object *lock, int flags __unused,
    const char *file, int line)
{
	struct lock_instance *li;

	if (!witness_recorded(lock))
		return;
	li = witness_held_here(lock);
	if (witness_level() > 0)
		check_change(lock, li, "upgrade", "exclusive", file, line);
	if (li != NULL)
		HELD_SET(li->li_flags, li->li_flags | LI_EXCLUSIVE);
}

void
witness_downgrade(struct lock_object *lock, int flags __unused,
    const char *file, int line)
{
	struct lock_instance *li;

	if (!witness_recorded(lock))
		return;
	li = witness_held_here(lock);
	if (witness_level() > 0)
		check_change(lock, li, "downgrade", "shared", file, line);
	if (li != NULL)
		HELD_SET(li->li_flags, li->li_flags & ~LI_EXCLUSIVE);
}

/* --- up and down ---------------------------------------------------------- */

/* First of all SYSINITs, so that there is no lock that WITNESS missed. */
void
witness_startup(void *arg __unused)
{
	witness_report_startup();
	if (boot_config.witness == VS_WITNESS_OFF)
		return;
	witness_graph_startup();
	__atomic_store_n(&witness_watch, 1, __ATOMIC_RELAXED);
}
SYSINIT(witness, SI_SUB_TUNABLES, SI_ORDER_FIRST, witness_startup, NULL);

/* Locks that live on must not be looked up any more. */
static void
witness_shutdown(void *arg __unused)
{
	__atomic_store_n(&witness_watch, -1, __ATOMIC_RELAXED);
	witness_held_free(&thread0.td_sleeplocks);
	witness_held_free(&thread0.td_spinlocks);
	witness_graph_shutdown();
}
SYSUNINIT(witness, SI_SUB_TUNABLES, SI_ORDER_FIRST, witness_shutdown, NULL);

#endif /* WITNESS */
