/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The locks that each thread holds: their lists, and what WITNESS is asked
 * about them by assertions, sleeps and reports.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <stdio.h>

#include "host.h"
#include "witness.h"

#ifdef WITNESS

#define	FIRST_HELD	14		/* places in a thread's first list */

/* --- the lists ------------------------------------------------------------ */

struct lock_list_entry *
witness_held_grow(struct lock_list_entry **listp)
{
	struct lock_list_entry *list, *old = *listp;
	u_int size;

	size = old != NULL ? old->ll_size * 2 : FIRST_HELD;
	list = host_alloc(sizeof(*list) + size * sizeof(list->ll_held[0]));
	if (list == NULL)
		panic("witness: out of memory for locks held");
	list->ll_outgrown = old;
	list->ll_size = size;
	list->ll_count = old != NULL ? old->ll_count : 0;
	if (old != NULL)
		memcpy(list->ll_held, old->ll_held,
		    old->ll_count * sizeof(old->ll_held[0]));
	__atomic_store_n(listp, list, __ATOMIC_RELEASE);
	return (list);
}

void
witness_held_remove(struct lock_list_entry *list, struct lock_instance *li)
{
	struct lock_instance *last = &list->ll_held[list->ll_count - 1];

	for (; li < last; li++) {
		HELD_SET(li->li_lock, li[1].li_lock);
		HELD_SET(li->li_file, li[1].li_file);
		HELD_SET(li->li_line, li[1].li_line);
		HELD_SET(li->li_flags, li[1].li_flags);
	}
	HELD_SET(list->ll_count, list->ll_count - 1);
}

void
witness_held_free(struct lock_list_entry **listp)
{
	struct lock_list_entry *list = *listp, *old;

	__atomic_store_n(listp, NULL, __ATOMIC_RELEASE);
	for (; list != NULL; list = old) {
		old = list->ll_outgrown;
		host_free(list);
	}
}

static u_int
held_count(struct lock_list_entry * const *listp)
{
	const struct lock_list_entry *list;

	/* Once off, the lists are what they were then. */
	list = __atomic_load_n(listp, __ATOMIC_ACQUIRE);
	return (list != NULL && witness_level() != -1 ?
	    __atomic_load_n(&list->ll_count, __ATOMIC_RELAXED) : 0);
}

u_int
witness_held(const struct thread *td)
{
	return (held_count(&td->td_sleeplocks));
}

u_int
witness_held_spin(const struct thread *td)
{
	return (held_count(&td->td_spinlocks));
}

/* --- asked about ---------------------------------------------------------- */

/* The lock as held by the caller, which must hold it. */
static struct lock_instance *
held_or_panic(const struct lock_object *lock, const char *func)
{
	struct lock_instance *li;

	if (!witness_checked(lock))
		return (NULL);
	if ((li = witness_held_here(lock)) == NULL)
		kassert_panic("%s: lock (%s) %s not locked", func,
		    LOCK_CLASS(lock)->lc_name, lock->lo_name);
	return (li);
}

/*
 * A sleep gives the interlock up and takes it again: the list goes on telling
 * where the lock was taken by hand.
 */
void
witness_save(struct lock_object *lock, const char **filep, int *linep)
{
	const struct lock_instance *li;

	if ((li = held_or_panic(lock, __func__)) != NULL) {
		*filep = li->li_file;
		*linep = li->li_line;
	}
}

void
witness_restore(struct lock_object *lock, const char *file, int line)
{
	struct lock_instance *li;

	if ((li = held_or_panic(lock, __func__)) != NULL) {
		HELD_SET(li->li_file, file);
		HELD_SET(li->li_line, line);
	}
}

void
witness_norelease(struct lock_object *lock)
{
	struct lock_instance *li;

	if ((li = held_or_panic(lock, __func__)) != NULL)
		HELD_SET(li->li_flags, li->li_flags | LI_NORELEASE);
}

void
witness_releaseok(struct lock_object *lock)
{
	struct lock_instance *li;

	if ((li = held_or_panic(lock, __func__)) != NULL)
		HELD_SET(li->li_flags, li->li_flags & ~LI_NORELEASE);
}

const char *
witness_file(struct lock_object *lock)
{
	const struct lock_instance *li;

	if (!witness_checked(lock) || (li = witness_held_here(lock)) == NULL)
		return ("?");
	return (li->li_file);
}

int
witness_line(struct lock_object *lock)
{
	const struct lock_instance *li;

	if (!witness_checked(lock) || (li = witness_held_here(lock)) == NULL)
		return (0);
	return (li->li_line);
}

int
witness_is_owned(const struct lock_object *lock)
{
	if (!witness_checked(lock))
		return (0);
	return (witness_held_here(lock) != NULL ? 1 : -1);
}

/* What is wrong with a lock that should be `flags`; NULL if nothing. */
static const char *
assertion_failed(const struct lock_instance *li, int flags)
{
	if (flags == LA_UNLOCKED)
		return (li != NULL ? "locked" : NULL);
	if (li == NULL)
		return ("not locked");
	if ((flags & LA_XLOCKED) != 0 && (li->li_flags & LI_EXCLUSIVE) == 0)
		return ("not exclusively locked");
	if ((flags & LA_SLOCKED) != 0 && (li->li_flags & LI_EXCLUSIVE) != 0)
		return ("exclusively locked");
	if ((flags & LA_RECURSED) != 0 && (li->li_flags & LI_RECURSEMASK) == 0)
		return ("not recursed");
	if ((flags & LA_NOTRECURSED) != 0 &&
	    (li->li_flags & LI_RECURSEMASK) != 0)
		return ("recursed");
	return (NULL);
}

void
witness_assert(const struct lock_object *lock, int flags, const char *file,
    int line)
{
	const char *what;

	if (!witness_checked(lock))
		return;
	file = witness_file_name(file);
	if (flags != LA_UNLOCKED &&
	    (flags & (LA_LOCKED | LA_SLOCKED | LA_XLOCKED)) == 0)
		kassert_panic("Invalid lock assertion at %s:%d.", file, line);
	if ((what = assertion_failed(witness_held_here(lock), flags)) != NULL)
		kassert_panic("Lock (%s) %s %s @ %s:%d.",
		    LOCK_CLASS(lock)->lc_name, lock->lo_name, what, file,
		    line);
}

/* --- sleeping, ending ----------------------------------------------------- */

bool
witness_counts(const struct lock_instance *li,
    const struct lock_object *except, int flags)
{
	return (li->li_lock != except &&
	    !((flags & WARN_GIANTOK) != 0 && witness_is_giant(li->li_lock)) &&
	    !((flags & WARN_SLEEPOK) != 0 &&
	    (li->li_flags & LI_SLEEPABLE) != 0));
}

bool
witness_counts_spin(const struct lock_list_entry *list,
    const struct lock_object *except)
{
	return (list != NULL && list->ll_count > 0 &&
	    !(list->ll_count == 1 && list->ll_held[0].li_lock == except));
}

int
witness_warn(int flags, struct lock_object *lock, const char *fmt, ...)
{
	struct lock_list_entry *list;
	char what[256];
	va_list ap;
	u_int i;
	int n = 0;

	if (witness_level() < 1 || KERNEL_PANICKED())
		return (0);
	if ((list = curthread->td_sleeplocks) != NULL)
		for (i = 0; i < list->ll_count; i++)
			n += witness_counts(&list->ll_held[i], lock, flags);
	if (witness_counts_spin(curthread->td_spinlocks, lock))
		n += curthread->td_spinlocks->ll_count;
	if (n == 0)
		return (0);
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	witness_report_held(lock, flags, what);
	return (n);
}

int
witness_list_locks(struct lock_list_entry **lock_list,
    int (*prnt)(const char *, ...))
{
	return (witness_list_held(lock_list, prnt));
}

int
witness_list_thread(const struct thread *td, int (*prnt)(const char *, ...))
{
	return (witness_list_held(&td->td_sleeplocks, prnt) +
	    witness_list_held(&td->td_spinlocks, prnt));
}

void
witness_thread_exit(struct thread *td)
{
	if (witness_level() > 0 && !KERNEL_PANICKED() && witness_held(td) > 0) {
		printf("Thread %p exiting with the following locks held:\n",
		    td);
		witness_list_held(&td->td_sleeplocks, kern_printf);
		kassert_panic("Thread %p cannot exit while holding "
		    "sleeplocks\n", td);
	}
}

/*
 * Comes after the thread has left the list of all threads, where a panic's
 * report reads what it holds.
 */
void
witness_thread_free(struct thread *td)
{
	witness_held_free(&td->td_sleeplocks);
	witness_held_free(&td->td_spinlocks);
}

#else /* !WITNESS */

u_int
witness_held(const struct thread *td __unused)
{
	return (0);
}

u_int
witness_held_spin(const struct thread *td __unused)
{
	return (0);
}

int
witness_list_thread(const struct thread *td __unused,
    int (*prnt)(const char *, ...) __unused)
{
	return (0);
}

void
witness_thread_free(struct thread *td __unused)
{
}

#endif /* WITNESS */
