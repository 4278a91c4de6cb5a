/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What operations need, and what they change.
 *
 * The kernel's locks are real ones, but in a controlled run nobody ever waits
 * in them: whether a lock can be had is known from the operations so far, and
 * a thread that cannot have it is not let go on.
 */
#include <stdlib.h>

#include "engine.h"

#define	S	VX_F_SCHED
#define	E	VX_F_EXACT
#define	W	VX_F_WRITE
#define	L	VX_F_LOCK
#define	ACQ	VX_F_ACQUIRE
#define	REL	VX_F_RELEASE
#define	TRY	VX_F_TRY
#define	A	VX_F_ACCESS

const struct vx_kind_info vx_kinds[VX_KINDS] = {
	[VS_OP_LOCK_INIT] = { "lock_init", E | W | L },
	[VS_OP_LOCK_DESTROY] = { "lock_destroy", S | W | L | ACQ },
	[VS_OP_LOCK_QUERY] = { "lock_query", S },
	[VS_OP_LOCK_TAKEN] = { "lock_taken", W | L | ACQ },
	[VS_OP_MTX_LOCK] = { "mtx_lock", S | W | L | ACQ },
	[VS_OP_MTX_TRYLOCK] = { "mtx_trylock", S | W | TRY },
	[VS_OP_MTX_UNLOCK] = { "mtx_unlock", E | W | L | REL },
	[VS_OP_SPIN_LOCK] = { "mtx_lock_spin", S | W | L | ACQ },
	[VS_OP_SPIN_TRYLOCK] = { "mtx_trylock_spin", S | W | TRY },
	[VS_OP_SPIN_UNLOCK] = { "mtx_unlock_spin", E | W | L | REL },
	[VS_OP_SX_SLOCK] = { "sx_slock", S | L | ACQ },
	[VS_OP_SX_XLOCK] = { "sx_xlock", S | W | L | ACQ },
	[VS_OP_SX_TRY_SLOCK] = { "sx_try_slock", S | TRY },
	[VS_OP_SX_TRY_XLOCK] = { "sx_try_xlock", S | W | TRY },
	[VS_OP_SX_SUNLOCK] = { "sx_sunlock", E | L | REL },
	[VS_OP_SX_XUNLOCK] = { "sx_xunlock", E | W | L | REL },
	[VS_OP_SX_TRY_UPGRADE] = { "sx_try_upgrade", S | W | TRY },
	[VS_OP_SX_DOWNGRADE] = { "sx_downgrade", E | W | L | REL },
	[VS_OP_RW_RLOCK] = { "rw_rlock", S | L | ACQ },
	[VS_OP_RW_WLOCK] = { "rw_wlock", S | W | L | ACQ },
	[VS_OP_RW_TRY_RLOCK] = { "rw_try_rlock", S | TRY },
	[VS_OP_RW_TRY_WLOCK] = { "rw_try_wlock", S | W | TRY },
	[VS_OP_RW_RUNLOCK] = { "rw_runlock", E | L | REL },
	[VS_OP_RW_WUNLOCK] = { "rw_wunlock", E | W | L | REL },
	[VS_OP_RW_TRY_UPGRADE] = { "rw_try_upgrade", S | W | TRY },
	[VS_OP_RW_DOWNGRADE] = { "rw_downgrade", E | W | L | REL },
	[VS_OP_RM_RLOCK] = { "rm_rlock", S | L | ACQ },
	[VS_OP_RM_TRY_RLOCK] = { "rm_try_rlock", S | TRY },
	[VS_OP_RM_WLOCK] = { "rm_wlock", S | W | L | ACQ },
	[VS_OP_RM_RUNLOCK] = { "rm_runlock", E | L | REL },
	[VS_OP_RM_WUNLOCK] = { "rm_wunlock", E | W | L | REL },
	[VS_OP_SLEEP] = { "sleep", S | W },
	[VS_OP_RESUME] = { "resume", ACQ },
	[VS_OP_WAKEUP] = { "wakeup", S | W | REL },
	[VS_OP_WAKEUP_ONE] = { "wakeup_one", S | W | REL },
	[VS_OP_CV_WAIT] = { "cv_wait", S | W },
	[VS_OP_CV_SIGNAL] = { "cv_signal", S | W | REL },
	[VS_OP_CV_BROADCAST] = { "cv_broadcast", S | W | REL },
	[VS_OP_EPOCH_ENTER] = { "epoch_enter", S },
	[VS_OP_EPOCH_EXIT] = { "epoch_exit", E | REL },
	[VS_OP_EPOCH_WAIT] = { "epoch_wait", S | W | ACQ },
	[VS_OP_EPOCH_GRACE] = { "grace period", 0 },
	[VS_OP_EPOCH_WAITED] = { "epoch waited", 0 },
	[VS_OP_EPOCH_CALL] = { "epoch_call", S | W | REL },
	[VS_OP_EPOCH_DRAIN] = { "epoch_drain", S | W | ACQ },
	[VS_OP_EPOCH_CALLBACK] = { "epoch_callback", S | W | ACQ },
	[VS_OP_REF_ACQUIRE] = { "refcount_acquire", S | W },
	[VS_OP_REF_RELEASE] = { "refcount_release", S | W | ACQ | REL },
	[VS_OP_REF_LOAD] = { "refcount_load", S },
	[VS_OP_UNR_ALLOC] = { "alloc_unr", S | W },
	[VS_OP_UNR_FREE] = { "free_unr", S | W },
	[VS_OP_MALLOC_WAITOK] = { "malloc", S },
	[VS_OP_MALLOC_NOWAIT] = { "malloc_nowait", 0 },
	[VS_OP_FREE] = { "free", E | W | VX_F_FREE },
	[VS_OP_TASK_ENQUEUE] = { "task_enqueue", S | W | REL },
	[VS_OP_TASK_CANCEL] = { "task_cancel", S | W },
	[VS_OP_TASK_DRAIN] = { "task_drain", S | W | ACQ },
	[VS_OP_TASK_RUN] = { "task_run", S | W | ACQ },
	[VS_OP_CALLOUT_RESET] = { "callout_reset", S | W | REL },
	[VS_OP_CALLOUT_STOP] = { "callout_stop", S | W },
	[VS_OP_CALLOUT_DRAIN] = { "callout_drain", S | W | ACQ },
	[VS_OP_CALLOUT_RUN] = { "callout_run", S | W | ACQ },
	[VS_OP_ATOMIC_LOAD] = { "atomic_load", S | A | ACQ },
	[VS_OP_ATOMIC_STORE] = { "atomic_store", S | W | A | REL },
	[VS_OP_ATOMIC_UPDATE] = { "atomic_update", S | W | A | ACQ | REL },
	[VS_OP_THREAD_START] = { "thread_start", ACQ },
	[VS_OP_THREAD_EXIT] = { "thread_exit", REL },
	[VS_OP_YIELD] = { "yield", S | VX_F_YIELD },
	[VS_OP_SYSCALL] = { "syscall", S },
	[VS_OP_COPYIN] = { "copyin", S },
	[VS_OP_COPYOUT] = { "copyout", S },
	[VS_OP_FAIL_POINT] = { "fail_point", 0 },
	[VS_OP_TOUCH_QUEUE] = { "wait queue", 0 },
	[VS_OP_TOUCH] = { "word", 0 },
	[VX_BEGIN] = { "begin", S | ACQ },
	[VX_END] = { "end", REL },
	[VX_RESUME] = { "go on", S | ACQ },
	[VX_JOIN] = { "join", S | ACQ },
	[VX_READ] = { "read", S | A },
	[VX_WRITE] = { "write", S | W | A },
	[VX_ATOMIC_READ] = { "atomic read", S | A | ACQ },
	[VX_ATOMIC_WRITE] = { "atomic write", S | W | A | REL },
	[VX_ATOMIC_RMW] = { "atomic update", S | W | A | ACQ | REL },
	[VX_LOCK_AGAIN] = { "lock, at last", S | W | L | ACQ },
};

const char *
vx_kind_name(unsigned kind)
{
	return (kind < VX_KINDS && vx_kinds[kind].name != NULL ?
	    vx_kinds[kind].name : "unknown");
}

/* --- the table of locks ----------------------------------------------------- */

#define	NBUCKETS	4096		/* a power of two */

static struct vx_lock *buckets[NBUCKETS];

/* Entries stay: a lock has the same address in the next run. */
static struct vx_lock *
lock_find(uintptr_t object)
{
	uint64_t hash = (object >> 3) * 0x9e3779b97f4a7c15ULL;
	struct vx_lock **bucket = &buckets[hash >> 52], *l;

	for (l = *bucket; l != NULL; l = l->next)
		if (l->object == object)
			break;
	if (l == NULL) {
		if ((l = malloc(sizeof(*l))) == NULL)
			host_fatal("out of memory for a lock's state");
		l->object = object;
		l->run = vx.run - 1;
		l->user = VX_NOBODY;
		l->common = l->looked_at = false;
		l->sync = NULL;
		l->next = *bucket;
		*bucket = l;
	}
	if (l->run != vx.run) {
		l->run = vx.run;
		l->owner = VX_NOBODY;
		l->depth = l->sharers = l->queued = 0;
		l->owner_step = 0;
		l->pending = NULL;
	}
	return (l);
}

/* Mostly it is the lock that was taken last. */
static struct vx_lock *
lock_of(const struct vx_thread *t)
{
	unsigned n = t->nheld;

	if (n - 1 < VX_HELD && t->held[n - 1].lock->object == t->op.object)
		return (t->held[n - 1].lock);
	return (lock_find(t->op.object));
}

/* --- who stands before a lock ------------------------------------------------ */

void
vx_model_stand(struct vx_thread *t)
{
	t->next_pending = t->op.lock->pending;
	t->op.lock->pending = t;
}

void
vx_model_leave(struct vx_thread *t)
{
	struct vx_thread **p = &t->op.lock->pending;

	while (*p != NULL && *p != t)
		p = &(*p)->next_pending;
	if (*p != NULL)
		*p = t->next_pending;
}

static void
lock_changed(const struct vx_lock *l)
{
	for (const struct vx_thread *t = l->pending; t != NULL;
	    t = t->next_pending)
		(void)vx_look_again(t);
}

/* --- who holds what --------------------------------------------------------- */

static void
hold_add(struct vx_thread *t, struct vx_lock *l, bool shared)
{
	if (t->nheld < VX_HELD)
		t->held[t->nheld] = (struct vx_hold){ l, shared, vx.nsteps,
		    t->op.site };
	t->nheld++;
}

static struct vx_hold *
hold_find(struct vx_thread *t, const struct vx_lock *l, bool shared)
{
	unsigned n = t->nheld < VX_HELD ? t->nheld : VX_HELD;

	while (n-- > 0)
		if (t->held[n].lock == l && t->held[n].shared == shared)
			return (&t->held[n]);
	return (NULL);
}

static void
hold_drop(struct vx_thread *t, const struct vx_lock *l, bool shared)
{
	struct vx_hold *hold = hold_find(t, l, shared);

	if (hold != NULL && t->nheld <= VX_HELD)
		for (; hold + 1 < &t->held[t->nheld]; hold++)
			hold[0] = hold[1];
	if (t->nheld > 0)
		t->nheld--;
}

static bool
holds_shared(const struct vx_thread *t, const struct vx_lock *l)
{
	return (hold_find((struct vx_thread *)(uintptr_t)t, l, true) != NULL);
}

/* --- what an operation needs ------------------------------------------------ */

static bool
can_own(const struct vx_thread *t, const struct vx_lock *l)
{
	return (l->owner == VX_NOBODY || l->owner == t->id);
}

/*
 * Readers let queued writers go first, but for those who hold another lock
 * shared.  A thread that waits for itself is let go on: the kernel has
 * something to say to it.
 */
static bool
can_share(const struct vx_thread *t, const struct vx_lock *l)
{
	return (l->owner == t->id || (l->owner == VX_NOBODY &&
	    (l->queued == 0 || t->shared > 0)));
}

static bool
can_write(const struct vx_thread *t, const struct vx_lock *l)
{
	return (l->owner == t->id || (l->owner == VX_NOBODY &&
	    l->sharers == 0) || holds_shared(t, l));
}

bool
vx_model_possible(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;

	switch (t->op.kind) {
	case VS_OP_MTX_LOCK:
	case VS_OP_SPIN_LOCK:
		return (can_own(t, l));
	case VS_OP_SX_SLOCK:
	case VS_OP_RW_RLOCK:
		return (can_share(t, l));
	case VS_OP_RM_RLOCK:
		return (can_own(t, l));
	case VS_OP_RM_WLOCK:
	case VX_LOCK_AGAIN:
		return (can_write(t, l));
	default:
		return (true);
	}
}

struct vx_thread *
vx_model_owner(const struct vx_thread *t)
{
	const struct vx_lock *l = t->op.lock;

	if (l == NULL || l->owner == VX_NOBODY || vx_model_enabled(t))
		return (NULL);
	return (&vx.threads[l->owner]);
}

/* --- what an operation changes ---------------------------------------------- */

static void
own(struct vx_thread *t, struct vx_lock *l)
{
	if (l->owner == t->id) {
		l->depth++;
		return;
	}
	l->owner = t->id;
	l->depth = 1;
	l->owner_step = vx.nsteps;
	hold_add(t, l, false);
}

static void
disown(struct vx_thread *t, struct vx_lock *l)
{
	if (l->owner != t->id || --l->depth != 0)
		return;
	l->owner = VX_NOBODY;
	hold_drop(t, l, false);
}

static void
share(struct vx_thread *t, struct vx_lock *l)
{
	l->sharers++;
	t->shared++;
	hold_add(t, l, true);
}

static void
share_drop(struct vx_thread *t, struct vx_lock *l)
{
	if (!holds_shared(t, l))
		return;
	l->sharers--;
	t->shared--;
	hold_drop(t, l, true);
}

static void
lock_reset(struct vx_thread *t, struct vx_lock *l)
{
	if (l->owner == t->id)
		hold_drop(t, l, false);
	l->owner = VX_NOBODY;
	l->depth = l->sharers = l->queued = 0;
}

/* A writer gets the lock, or stands in the queue from now on. */
static bool
write_lock(struct vx_thread *t, struct vx_lock *l)
{
	if (can_write(t, l)) {
		own(t, l);
		return (true);
	}
	l->queued++;
	t->op.kind = VX_LOCK_AGAIN;
	return (false);
}

/* What has just succeeded is the try that came before. */
static void
taken(struct vx_thread *t, struct vx_lock *l)
{
	switch (t->tried) {
	case VS_OP_SX_TRY_SLOCK:
	case VS_OP_RW_TRY_RLOCK:
	case VS_OP_RM_TRY_RLOCK:
		share(t, l);
		break;
	case VS_OP_SX_TRY_UPGRADE:
	case VS_OP_RW_TRY_UPGRADE:
		share_drop(t, l);
		own(t, l);
		break;
	case VS_OP_SPIN_TRYLOCK:
		t->spins++;
		/* FALLTHROUGH */
	default:
		own(t, l);
		break;
	}
}

static bool
lock_perform(struct vx_thread *t, struct vx_lock *l)
{
	switch (t->op.kind) {
	case VS_OP_LOCK_INIT:
	case VS_OP_LOCK_DESTROY:
		lock_reset(t, l);
		break;
	case VS_OP_LOCK_TAKEN:
		taken(t, l);
		break;
	case VS_OP_SPIN_LOCK:
		t->spins++;
		/* FALLTHROUGH */
	case VS_OP_MTX_LOCK:
	case VS_OP_RM_WLOCK:
		own(t, l);
		break;
	case VS_OP_SX_XLOCK:
	case VS_OP_RW_WLOCK:
		return (write_lock(t, l));
	case VX_LOCK_AGAIN:
		l->queued--;
		own(t, l);
		break;
	case VS_OP_SPIN_UNLOCK:
		t->spins--;
		/* FALLTHROUGH */
	case VS_OP_MTX_UNLOCK:
	case VS_OP_SX_XUNLOCK:
	case VS_OP_RW_WUNLOCK:
	case VS_OP_RM_WUNLOCK:
		disown(t, l);
		break;
	case VS_OP_SX_SLOCK:
	case VS_OP_RW_RLOCK:
	case VS_OP_RM_RLOCK:
		share(t, l);
		break;
	case VS_OP_SX_SUNLOCK:
	case VS_OP_RW_RUNLOCK:
	case VS_OP_RM_RUNLOCK:
		share_drop(t, l);
		break;
	case VS_OP_SX_DOWNGRADE:
	case VS_OP_RW_DOWNGRADE:
		disown(t, l);
		share(t, l);
		break;
	}
	return (true);
}

/* --- runs ------------------------------------------------------------------- */

/* Locks that are held when a run begins, as they are then. */
static struct vx_lock *marked;
static unsigned nmarked;

/* Another exploration knows nothing yet, and nobody holds anything. */
void
vx_model_open(void)
{
	struct vx_lock *l;

	free(marked);
	marked = NULL;
	nmarked = 0;
	for (unsigned i = 0; i < NBUCKETS; i++) {
		for (l = buckets[i]; l != NULL; l = l->next) {
			l->run = vx.run - 1;
			l->user = VX_NOBODY;
			l->common = l->looked_at = false;
			l->sync = NULL;
		}
	}
}

static void
mark_lock(const struct vx_lock *l)
{
	marked = realloc(marked, (nmarked + 1) * sizeof(*marked));
	if (marked == NULL)
		host_fatal("out of memory for a snapshot");
	marked[nmarked++] = *l;
}

void
vx_model_mark(void)
{
	struct vx_lock *l;

	for (unsigned i = 0; i < NBUCKETS; i++)
		for (l = buckets[i]; l != NULL; l = l->next)
			if (l->run == vx.run && (l->owner != VX_NOBODY ||
			    l->sharers != 0 || l->queued != 0))
				mark_lock(l);
}

void
vx_model_begin(void)
{
	struct vx_thread *t;

	for (unsigned i = 0; i < nmarked; i++) {
		struct vx_lock *l = lock_find(marked[i].object);

		l->owner = marked[i].owner;
		l->depth = marked[i].depth;
		l->sharers = marked[i].sharers;
		l->queued = marked[i].queued;
	}
	for (t = vx.threads; t < &vx.threads[vx.nthreads]; t++)
		if (t->state == VX_LIVE && t->op.lock != NULL) {
			(void)lock_find(t->op.object);
			vx_model_stand(t);
		}
}

static void
lock_used(struct vx_lock *l, const struct vx_thread *t)
{
	if (l->user == VX_NOBODY)
		l->user = t->id;
	else if (l->user != t->id && !l->common) {
		l->common = true;
		vx.learned++;
	}
}

struct vx_lock *
vx_model_lock(const struct vx_thread *t)
{
	unsigned flags = vx_kinds[t->op.kind].flags;
	struct vx_lock *l;

	if ((flags & VX_F_LOCK) == 0) {
		if ((flags & VX_F_TRY) != 0 ||
		    t->op.kind == VS_OP_LOCK_QUERY) {
			l = lock_find(t->op.object);
			vx.learned += !l->looked_at;
			l->looked_at = true;
		}
		return (NULL);
	}
	l = lock_of(t);
	if (vx.mode == VX_RUN)
		lock_used(l, t);
	return (l);
}

bool
vx_model_perform(struct vx_thread *t)
{
	struct vx_lock *l = t->op.lock;
	bool done = true;

	if (l != NULL) {
		done = lock_perform(t, l);
		if (l->pending != NULL)
			lock_changed(l);
	}
	if (t->op.kind != VS_OP_TOUCH && t->op.kind != VS_OP_TOUCH_QUEUE)
		t->tried = t->op.kind;
	return (done);
}
