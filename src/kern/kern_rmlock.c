/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Read-mostly locks: rmlock(9).
 *
 * A reader notes the lock in a slot of its own thread and looks whether
 * somebody writes; a writer says that it does and looks through the slots of
 * all threads.  One of the two must see the other.  The reader, who is to be
 * fast, gets by with a compiler barrier between its store and its load; the
 * writer pays for the barrier of both, host_fence_heavy().
 *
 * The way out is the same in reverse: a reader empties its slot and looks
 * whether any writer of any rmlock is waiting for readers.  It does not look
 * at the lock any more, which may be gone by then.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>
#include <sys/rmlock.h>

#include "host.h"
#include "lockword.h"

/* rm_writing */
#define	RM_FREE		0
#define	RM_WRITING	1
#define	RM_DESTROYED	2

/* Writers that wait for readers to leave, of all rmlocks. */
static u_int rm_draining;

#define	RM_CHECK(rm, op)						\
	KASSERT(__atomic_load_n(&(rm)->rm_writing, __ATOMIC_RELAXED) !=	\
	    RM_DESTROYED,						\
	    (op "() of destroyed rmlock %p @ %s:%d", (rm), file, line))

static bool
rm_sleepable(const struct rmlock *rm)
{
	return ((rm->lock_object.lo_flags & LO_SLEEPABLE) != 0);
}

/* --- trackers ------------------------------------------------------------- */

/* The caller's holds; the newest of them, and how many there are. */
static struct rm_priotracker *
rm_tracker_find(const struct rmlock *rm)
{
	struct rm_priotracker *t;

	for (t = curthread->td_rmtrackers; t != NULL; t = t->rmp_next)
		if (t->rmp_rmlock == rm)
			return (t);
	return (NULL);
}

#ifdef INVARIANTS
static int
rm_tracker_count(const struct rmlock *rm)
{
	struct rm_priotracker *t;
	int n = 0;

	for (t = curthread->td_rmtrackers; t != NULL; t = t->rmp_next)
		n += t->rmp_rmlock == rm;
	return (n);
}
#endif

static void
rm_tracker_add(struct rm_priotracker *t, struct rmlock *rm, int slot)
{
	t->rmp_rmlock = rm;
	t->rmp_thread = curthread;
	t->rmp_slot = slot;
	t->rmp_next = curthread->td_rmtrackers;
	curthread->td_rmtrackers = t;
}

static void
rm_tracker_remove(struct rm_priotracker *t)
{
	struct rm_priotracker **p;

	for (p = &curthread->td_rmtrackers; *p != t; p = &(*p)->rmp_next)
		MPASS(*p != NULL);
	*p = t->rmp_next;
	t->rmp_rmlock = NULL;
}

/* --- the class's functions ------------------------------------------------ */

static void
rm_hook_assert(const struct lock_object *lock __diagused, int what __diagused)
{
	rm_assert((const struct rmlock *)lock, what);
}

/* `how` is the tracker of a read hold, 0 for the writer. */
static void
rm_hook_lock(struct lock_object *lock, uintptr_t how)
{
	struct rmlock *rm = (struct rmlock *)lock;

	if (how != 0)
		rm_rlock(rm, (struct rm_priotracker *)how);
	else
		rm_wlock(rm);
}

static uintptr_t
rm_hook_unlock(struct lock_object *lock)
{
	struct rmlock *rm = (struct rmlock *)lock;
	struct rm_priotracker *tracker;

	rm_assert(rm, RA_LOCKED | RA_NOTRECURSED);
	if (rm_wowned(rm)) {
		rm_wunlock(rm);
		return (0);
	}
	tracker = rm_tracker_find(rm);
	rm_runlock(rm, tracker);
	return ((uintptr_t)tracker);
}

/* Also somebody who has the inner lock for a moment. */
static int
rm_hook_owner(const struct lock_object *lock, struct thread **owner)
{
	const struct rmlock *rm = (const struct rmlock *)lock;

	*owner = lw_owner(&rm->rm_inner);
	return (*owner != NULL);
}

struct lock_class lock_class_rm = {
	.lc_name = "rm",
	.lc_flags = LC_SLEEPLOCK | LC_RECURSABLE,
	.lc_assert = rm_hook_assert,
	.lc_lock = rm_hook_lock,
	.lc_unlock = rm_hook_unlock,
	.lc_owner = rm_hook_owner,
};

struct lock_class lock_class_rm_sleepable = {
	.lc_name = "sleepable rm",
	.lc_flags = LC_SLEEPLOCK | LC_SLEEPABLE | LC_RECURSABLE,
	.lc_assert = rm_hook_assert,
	.lc_lock = rm_hook_lock,
	.lc_unlock = rm_hook_unlock,
	.lc_owner = rm_hook_owner,
};

/* --- slots ---------------------------------------------------------------- */

/* Does anybody read?  Tells who, if it is somebody with a slot, else NULL. */
static bool
rm_has_readers(struct rmlock *rm, struct thread **reader)
{
	*reader = lock_slot_reader(rm);
	return (*reader != NULL ||
	    __atomic_load_n(&rm->rm_overflow, __ATOMIC_SEQ_CST) != 0);
}

/* Notes the caller as a reader; returns the slot, -1 for "no slot left". */
static inline int
rm_slot_take(struct rmlock *rm)
{
	struct thread *td = curthread;
	int i;

	for (i = 0; i < TD_READSLOTS; i++) {
		if (td->td_readslots[i] == NULL) {
			__atomic_store_n(&td->td_readslots[i], rm,
			    __ATOMIC_RELEASE);
			host_fence_light();
			return (i);
		}
	}
	__atomic_fetch_add(&rm->rm_overflow, 1, __ATOMIC_SEQ_CST);
	host_fence_light();
	return (-1);
}

/* The waiting writers look again; the lock is only an address here. */
static void
rm_wake_writer(struct rmlock *rm)
{
	waitq_lock(&rm->rm_writing);
	waitq_wake_all(&rm->rm_writing, WAITQ_EXCLUSIVE);
	waitq_unlock(&rm->rm_writing);
}

static inline void
rm_slot_give(struct rmlock *rm, int slot)
{
	if (__predict_true(slot >= 0))
		__atomic_store_n(&curthread->td_readslots[slot], NULL,
		    __ATOMIC_RELEASE);
	else
		__atomic_fetch_sub(&rm->rm_overflow, 1, __ATOMIC_SEQ_CST);
	host_fence_light();
	if (__predict_false(__atomic_load_n(&rm_draining,
	    __ATOMIC_RELAXED) != 0))
		rm_wake_writer(rm);
}

/* --- life ----------------------------------------------------------------- */

void
rm_init_flags(struct rmlock *rm, const char *name, int opts)
{
	struct lock_class *class = &lock_class_rm;
	int flags = 0;

	VS_POINT(VS_OP_LOCK_INIT, rm);
	MPASS((opts & ~(RM_NOWITNESS | RM_RECURSE | RM_SLEEPABLE | RM_NEW |
	    RM_DUPOK)) == 0);
	if ((opts & RM_NOWITNESS) == 0)
		flags |= LO_WITNESS;
	if ((opts & RM_RECURSE) != 0)
		flags |= LO_RECURSABLE;
	if ((opts & RM_NEW) != 0)
		flags |= LO_NEW;
	if ((opts & RM_DUPOK) != 0)
		flags |= LO_DUPOK;
	if ((opts & RM_SLEEPABLE) != 0) {
		flags |= LO_SLEEPABLE;
		class = &lock_class_rm_sleepable;
	}
	lock_init(&rm->lock_object, class, name, NULL, flags);
	__atomic_store_n(&rm->rm_writing, RM_FREE, __ATOMIC_RELAXED);
	__atomic_store_n(&rm->rm_owner, NULL, __ATOMIC_RELAXED);
	rm->rm_overflow = 0;
	lw_init(&rm->rm_inner);
}

void
rm_init(struct rmlock *rm, const char *name)
{
	rm_init_flags(rm, name, 0);
}

/* FreeBSD does not notice the readers of other threads. */
static void
rm_check_readers(struct rmlock *rm)
{
	struct thread *reader;

	if (vs_strict && rm_has_readers(rm, &reader))
		panic("rm_destroy: rmlock %s is read locked by thread %s",
		    rm->lock_object.lo_name,
		    reader != NULL ? reader->td_name : "?");
}

void
rm_destroy(struct rmlock *rm)
{
	VS_POINT(VS_OP_LOCK_DESTROY, rm);
	rm_assert(rm, RA_UNLOCKED);
	rm_check_readers(rm);
	__atomic_store_n(&rm->rm_writing, RM_DESTROYED, __ATOMIC_RELAXED);
	__atomic_store_n(&rm->rm_inner.lw_state, LW_DESTROYED,
	    __ATOMIC_RELAXED);
	lock_destroy(&rm->lock_object);
}

void
rm_sysinit(void *arg)
{
	struct rm_args *args = arg;

	rm_init_flags(args->ra_rm, args->ra_desc, args->ra_flags);
}

void
rm_sysuninit(void *arg)
{
	struct rm_args *args = arg;

	rm_destroy(args->ra_rm);
}

int
rm_wowned(const struct rmlock *rm)
{
	return (__atomic_load_n(&rm->rm_owner, __ATOMIC_RELAXED) == curthread);
}

/* --- assertions ----------------------------------------------------------- */

#ifdef INVARIANTS
/* A writer never recurses. */
static void
rm_assert_locked(const struct rmlock *rm, int what, const char *file,
    int line)
{
	const char *name = rm->lock_object.lo_name;
	bool read = (what & RA_RLOCKED) != 0;
	int count;

	count = rm_wowned(rm) ? 1 : rm_tracker_count(rm);
	if (read && rm_wowned(rm))
		kassert_panic("Lock %s exclusively locked @ %s:%d\n", name,
		    file, line);
	if (count == 0)
		kassert_panic("Lock %s not %slocked @ %s:%d\n", name,
		    read ? "read " : "", file, line);
	if (count > 1 && (what & RA_NOTRECURSED) != 0)
		kassert_panic("Lock %s recursed @ %s:%d\n", name, file, line);
	if (count == 1 && (what & RA_RECURSED) != 0)
		kassert_panic("Lock %s not recursed @ %s:%d\n", name, file,
		    line);
}

static void
rm_assert_unlocked(const struct rmlock *rm, const char *file, int line)
{
	if (rm_wowned(rm))
		kassert_panic("Lock %s exclusively locked @ %s:%d\n",
		    rm->lock_object.lo_name, file, line);
	if (rm_tracker_find(rm) != NULL)
		kassert_panic("Lock %s read locked @ %s:%d\n",
		    rm->lock_object.lo_name, file, line);
}

/* Exact for readers too: they are looked up. */
void
_rm_assert(const struct rmlock *rm, int what, const char *file, int line)
{
	switch (what & ~(RA_RECURSED | RA_NOTRECURSED)) {
	case RA_LOCKED:
	case RA_RLOCKED:
		rm_assert_locked(rm, what, file, line);
		break;
	case RA_WLOCKED:
		if (!rm_wowned(rm))
			kassert_panic("Lock %s not exclusively locked @ "
			    "%s:%d\n", rm->lock_object.lo_name, file, line);
		break;
	case RA_UNLOCKED:
		rm_assert_unlocked(rm, file, line);
		break;
	default:
		kassert_panic("Unknown rm lock assertion: %d @ %s:%d", what,
		    file, line);
	}
}

/* Who blocks for a read hold must not be in already. */
static void
rm_check_reader(const struct rmlock *rm, const char *file, int line)
{
	KASSERT((rm->lock_object.lo_flags & LO_RECURSABLE) != 0 ||
	    rm_tracker_find(rm) == NULL,
	    ("rm_rlock: recursed on non-recursive rmlock %p @ %s:%d\n", rm,
	    file, line));
	if (rm_wowned(rm))
		kassert_panic("rm_rlock: wlock already held for %s @ %s:%d",
		    rm->lock_object.lo_name, file, line);
}
#else
#define	_rm_assert(rm, what, file, line)	((void)0)
#define	rm_check_reader(rm, file, line)	((void)0)
#endif

/* --- the inner lock ------------------------------------------------------- */

static void
rm_inner_enter(struct rmlock *rm)
{
	const struct lw_request req = {
		.lock = &rm->lock_object,
		.word = &rm->rm_inner,
		.kind = rm_sleepable(rm) ? WAITQ_SX : WAITQ_LOCK,
	};

	if (!lw_try_xlock(&rm->rm_inner))
		(void)lw_xlock_hard(&req);
}

/* --- reading -------------------------------------------------------------- */

/* With the inner lock nobody writes, and a slot may be taken at leisure. */
static int
rm_read_enter_hard(struct rmlock *rm)
{
	int slot;

	rm_inner_enter(rm);
	slot = rm_slot_take(rm);
	lw_xunlock(&rm->rm_inner);
	return (slot);
}

/*
 * A writer shuts out new readers as soon as it comes, but not those who read
 * already: it waits for them.
 */
static bool
rm_read_enter(struct rmlock *rm, bool trylock, int *slot)
{
	*slot = rm_slot_take(rm);
	if (__predict_true(__atomic_load_n(&rm->rm_writing,
	    __ATOMIC_ACQUIRE) == RM_FREE))
		return (true);
	if ((rm->lock_object.lo_flags & LO_RECURSABLE) != 0 &&
	    rm_tracker_find(rm) != NULL)
		return (true);
	rm_slot_give(rm, *slot);
	if (trylock)
		return (false);
	*slot = rm_read_enter_hard(rm);
	return (true);
}

/* What a read hold forbids its thread. */
static inline void
rm_reader_begin(struct rmlock *rm)
{
	sched_pin();
	if (rm_sleepable(rm))
		THREAD_NO_SLEEPING();
	TD_LOCKS_INC(curthread);
}

static inline void
rm_reader_end(struct rmlock *rm)
{
	if (rm_sleepable(rm))
		THREAD_SLEEPING_OK();
	sched_unpin();
	TD_LOCKS_DEC(curthread);
}

int
_rm_rlock(struct rmlock *rm, struct rm_priotracker *tracker, int trylock,
    const char *file __diagused, int line __diagused)
{
	int slot;

	VS_POINT(trylock ? VS_OP_RM_TRY_RLOCK : VS_OP_RM_RLOCK, rm);
	RM_CHECK(rm, "rm_rlock");
	if (!trylock)
		rm_check_reader(rm, file, line);
	if (!trylock)
		WITNESS_CHECKORDER(&rm->lock_object,
		    LOP_NEWORDER | LOP_NOSLEEP, file, line, NULL);
	if (!rm_read_enter(rm, trylock, &slot))
		return (0);
	rm_tracker_add(tracker, rm, slot);
	rm_reader_begin(rm);
	WITNESS_LOCK(&rm->lock_object,
	    LOP_NOSLEEP | (trylock ? LOP_TRYLOCK : 0), file, line);
	if (trylock)
		VS_POINT(VS_OP_LOCK_TAKEN, rm);
	return (1);
}

void
_rm_runlock(struct rmlock *rm, struct rm_priotracker *tracker,
    const char *file __diagused, int line __diagused)
{
	VS_POINT(VS_OP_RM_RUNLOCK, rm);
	RM_CHECK(rm, "rm_runlock");
	_rm_assert(rm, RA_RLOCKED, file, line);
	KASSERT(tracker->rmp_rmlock == rm,
	    ("Lock %s not read locked @ %s:%d\n", rm->lock_object.lo_name,
	    file, line));
	WITNESS_UNLOCK(&rm->lock_object, 0, file, line);
	rm_reader_end(rm);
	rm_tracker_remove(tracker);
	rm_slot_give(rm, tracker->rmp_slot);
}

/* --- writing -------------------------------------------------------------- */

/*
 * Waits until the last reader has left.  rm_draining is raised before the
 * fence, and slots are looked at after it: a reader that leaves is either not
 * seen any more, or sees that it has to wake us, under the chain's lock, and
 * so not before we are queued.
 */
static void
rm_drain(struct rmlock *rm)
{
	struct waitq_how how = {
		.kind = WAITQ_LOCK,
		.wmesg = rm->lock_object.lo_name,
		.deadline = WAITQ_FOREVER,
	};

	__atomic_fetch_add(&rm_draining, 1, __ATOMIC_SEQ_CST);
	host_fence_heavy();
	for (;;) {
		waitq_lock(&rm->rm_writing);
		if (!rm_has_readers(rm, &how.owner))
			break;
		how.lock = how.owner != NULL ? &rm->lock_object : NULL;
		waitq_add(&rm->rm_writing, WAITQ_EXCLUSIVE, &how);
		waitq_unlock(&rm->rm_writing);
		(void)waitq_wait(&how);
	}
	waitq_unlock(&rm->rm_writing);
	__atomic_fetch_sub(&rm_draining, 1, __ATOMIC_SEQ_CST);
}

void
_rm_wlock(struct rmlock *rm, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RM_WLOCK, rm);
	RM_CHECK(rm, "rm_wlock");
	_rm_assert(rm, RA_UNLOCKED, file, line);
	WITNESS_CHECKORDER(&rm->lock_object, LOP_NEWORDER | LOP_EXCLUSIVE,
	    file, line, NULL);
	rm_inner_enter(rm);
	__atomic_store_n(&rm->rm_owner, curthread, __ATOMIC_RELAXED);
	__atomic_store_n(&rm->rm_writing, RM_WRITING, __ATOMIC_RELAXED);
	rm_drain(rm);
	WITNESS_LOCK(&rm->lock_object, LOP_EXCLUSIVE, file, line);
	TD_LOCKS_INC(curthread);
}

void
_rm_wunlock(struct rmlock *rm, const char *file __diagused,
    int line __diagused)
{
	VS_POINT(VS_OP_RM_WUNLOCK, rm);
	RM_CHECK(rm, "rm_wunlock");
	_rm_assert(rm, RA_WLOCKED, file, line);
	WITNESS_UNLOCK(&rm->lock_object, LOP_EXCLUSIVE, file, line);
	__atomic_store_n(&rm->rm_owner, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&rm->rm_writing, RM_FREE, __ATOMIC_RELEASE);
	lw_xunlock(&rm->rm_inner);
	TD_LOCKS_DEC(curthread);
}
