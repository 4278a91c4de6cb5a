/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Epoch-based reclamation, epoch(9), on ck_epoch.
 *
 * Concurrency Kit detects the grace periods.  FreeBSD gives it a record a CPU
 * and pins threads; here every thread has a record of its own for each epoch
 * it has ever entered, handed on when the thread ends.  A waiter that meets a
 * thread inside sleeps until that thread leaves a section.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>

#include "boot.h"
#include "epoch_var.h"
#include "host.h"
#include "spin.h"
#include "waitq.h"

#define	MAX_EPOCHS	64
#define	RECHECK		1000000		/* nanoseconds, without cheap fences */

static MALLOC_DEFINE(M_EPOCH, "epoch", "epoch based reclamation");

static int nepochs;			/* atomic */
static bool epoch_inited;

epoch_t global_epoch;
epoch_t global_epoch_preempt;
epoch_t net_epoch_preempt;

/* Guards every epoch's list of records, and who owns which. */
static struct mtx records_mtx;
MTX_SYSINIT(epoch_records, &records_mtx, "epoch records",
    MTX_SPIN | MTX_NOWITNESS);

/* --- records -------------------------------------------------------------- */

/* ck_epoch wants a cache line's alignment, which the heap does not give. */
static struct epoch_record *
record_alloc(void)
{
	struct epoch_record *er;
	void *mem;

	mem = host_alloc(sizeof(*er) + CACHE_LINE_SIZE);
	if (mem == NULL)
		panic("epoch: the host has no memory");
	er = (void *)roundup2((uintptr_t)mem, CACHE_LINE_SIZE);
	memset(er, 0, sizeof(*er));
	er->er_mem = mem;
	return (er);
}

/* Takes over the record of a thread that has ended, or makes one. */
static struct epoch_record *
record_take(epoch_t epoch, struct thread *td)
{
	struct epoch_record *er;

	mtx_lock_spin(&records_mtx);
	SLIST_FOREACH(er, &epoch->e_records, er_link)
		if (er->er_td == NULL)
			break;
	if (er != NULL)
		__atomic_store_n(&er->er_td, td, __ATOMIC_RELAXED);
	mtx_unlock_spin(&records_mtx);
	if (er != NULL)
		return (er);

	er = record_alloc();
	er->er_epoch = epoch;
	er->er_td = td;
	__EPOCH_RELEASE(er);
	ck_epoch_register(&epoch->e_epoch, &er->er_record, NULL);
	mtx_lock_spin(&records_mtx);
	SLIST_INSERT_HEAD(&epoch->e_records, er, er_link);
	mtx_unlock_spin(&records_mtx);
	return (er);
}

static struct epoch_record *
record_lookup(epoch_t epoch)
{
	struct epoch_record *er;

	for (er = curthread->td_epoch_records; er != NULL; er = er->er_next)
		if (__atomic_load_n(&er->er_epoch, __ATOMIC_RELAXED) == epoch)
			break;
	return (er);
}

/* The record goes first, where the next entry will find it at once. */
struct epoch_record *
_epoch_record_get(epoch_t epoch)
{
	struct thread *td = curthread;
	struct epoch_record *er, **p;

	if ((er = record_lookup(epoch)) == NULL)
		er = record_take(epoch, td);
	else {
		p = (struct epoch_record **)&td->td_epoch_records;
		while (*p != er)
			p = &(*p)->er_next;
		*p = er->er_next;
	}
	er->er_next = td->td_epoch_records;
	td->td_epoch_records = er;
	return (er);
}

/*
 * A record whose epoch is gone belongs to the thread alone.
 */
void
epoch_thread_exit(struct thread *td)
{
	struct epoch_record *er, *next;
	bool orphan;

	for (er = td->td_epoch_records; er != NULL; er = next) {
		next = er->er_next;
		MPASS(er->er_record.active == 0);
		mtx_lock_spin(&records_mtx);
		orphan = er->er_epoch == NULL;
		__atomic_store_n(&er->er_td, NULL, __ATOMIC_RELAXED);
		mtx_unlock_spin(&records_mtx);
		if (orphan)
			host_free(er->er_mem);
	}
	td->td_epoch_records = NULL;
}

/* --- epochs --------------------------------------------------------------- */

epoch_t
epoch_alloc(const char *name, int flags)
{
	epoch_t epoch;

	if (!epoch_inited)
		panic("epoch_alloc called too early in boot");
	if (__atomic_fetch_add(&nepochs, 1, __ATOMIC_RELAXED) >= MAX_EPOCHS) {
		__atomic_fetch_sub(&nepochs, 1, __ATOMIC_RELAXED);
		return (NULL);
	}
	epoch = malloc(sizeof(*epoch), M_EPOCH, M_WAITOK | M_ZERO);
	epoch->e_name = name;
	epoch->e_flags = flags;
	ck_epoch_init(&epoch->e_epoch);
	mtx_init(&epoch->e_mtx, name, "epoch", MTX_SPIN | MTX_NOWITNESS);
	SLIST_INIT(&epoch->e_records);
	epoch_calls_init(epoch);
	return (epoch);
}

static void
records_free(epoch_t epoch)
{
	struct epoch_record *er;

	mtx_lock_spin(&records_mtx);
	while ((er = SLIST_FIRST(&epoch->e_records)) != NULL) {
		SLIST_REMOVE_HEAD(&epoch->e_records, er_link);
		MPASS(er->er_record.active == 0);
		if (er->er_td == NULL)
			host_free(er->er_mem);
		else	/* a living thread's: left to it */
			__atomic_store_n(&er->er_epoch, NULL,
			    __ATOMIC_RELAXED);
	}
	mtx_unlock_spin(&records_mtx);
}

void
epoch_free(epoch_t epoch)
{
	epoch_calls_end(epoch);
	records_free(epoch);
	mtx_destroy(&epoch->e_mtx);
	free(epoch, M_EPOCH);
	__atomic_fetch_sub(&nepochs, 1, __ATOMIC_RELAXED);
}

const char *
epoch_name(epoch_t epoch)
{
	return (epoch->e_name);
}

/* --- sections ------------------------------------------------------------- */

#ifdef INVARIANTS
void
_epoch_check_enter(epoch_t epoch, epoch_tracker_t et __unused)
{
	MPASS(epoch != NULL);
	MPASS((epoch->e_flags & EPOCH_PREEMPT) != 0);
}

void
_epoch_check_exit(epoch_t epoch, epoch_tracker_t et)
{
	MPASS((epoch->e_flags & EPOCH_PREEMPT) != 0);
	MPASS(curthread->td_no_sleeping > 0);
	MPASS(et->et_td == curthread);
	MPASS(et->et_record->er_epoch == epoch);
}
#endif

void
epoch_enter(epoch_t epoch)
{
	MPASS((epoch->e_flags & EPOCH_PREEMPT) == 0);
	VS_POINT(VS_OP_EPOCH_ENTER, epoch);
	critical_enter();
	ck_epoch_begin(&_epoch_record_get(epoch)->er_record, NULL);
	__EPOCH_ACQUIRE(__EPOCH_BEGUN(epoch));
}

void
epoch_exit(epoch_t epoch)
{
	struct epoch_record *er;

	MPASS((epoch->e_flags & EPOCH_PREEMPT) == 0);
	er = record_lookup(epoch);
	MPASS(er != NULL && er->er_record.active != 0);
	VS_POINT(VS_OP_EPOCH_EXIT, epoch);
	__EPOCH_RELEASE(__EPOCH_ENDED(epoch));
	ck_epoch_end(&er->er_record, NULL);
	critical_exit();
}

int
in_epoch_verbose(epoch_t epoch, int dump_onfail)
{
	struct epoch_record *er;
	bool inside;

	if (epoch == NULL)
		return (0);
	er = record_lookup(epoch);
	inside = er != NULL && er->er_record.active != 0;
	if (inside && (epoch->e_flags & EPOCH_PREEMPT) == 0 &&
	    curthread->td_critnest == 0)
		panic("%s critical section in epoch '%s', from cpu %d",
		    "exited", epoch->e_name, curcpu);
	if (!inside && dump_onfail)
		printf("thread %p (%s) is not in epoch '%s'\n", curthread,
		    curthread->td_name, epoch->e_name);
	return (inside);
}

int
in_epoch(epoch_t epoch)
{
	return (in_epoch_verbose(epoch, 0));
}

/* --- grace periods -------------------------------------------------------- */

/*
 * Still where the waiter found it?  A thread that nests sections without end
 * moves on to newer epochs, so `value` does not stay for ever.
 */
static bool
record_holds(struct epoch_record *er, unsigned value)
{
	return (ck_pr_load_uint(&er->er_record.active) != 0 &&
	    ck_pr_load_uint(&er->er_record.epoch) == value);
}

static void
record_sleep(struct epoch_record *er, struct thread *reader, unsigned value)
{
	struct waitq_how how = {
		.kind = WAITQ_LOCK,
		.lock = &er->er_epoch->e_mtx.lock_object,
		.owner = reader,
		.wmesg = "epoch",
		.deadline = host_fence_cheap ? WAITQ_FOREVER :
		    host_clock() + RECHECK
	};

	waitq_lock(er);
	if (!record_holds(er, value)) {
		waitq_unlock(er);
		return;
	}
	waitq_add(er, WAITQ_EXCLUSIVE, &how);
	waitq_unlock(er);
	(void)waitq_wait(&how);
}

/*
 * ck_epoch met a thread inside.  Either that thread sees er_waited when it
 * leaves a section, or the heavy fence has made its leaving visible here; the
 * other side of the fence is in _epoch_exit_preempt().
 */
static void
epoch_block(ck_epoch_t *global __unused, ck_epoch_record_t *record,
    void *arg __unused)
{
	struct epoch_record *er = (struct epoch_record *)record;
	struct thread *reader;
	struct spin sp = { 0 };
	unsigned value = ck_pr_load_uint(&record->epoch);

	__EPOCH_ACQUIRE(er);
	reader = __atomic_load_n(&er->er_td, __ATOMIC_RELAXED);
	while (spin_round(&sp, reader))
		if (!record_holds(er, value))
			return;
	(void)__atomic_fetch_add(&er->er_waited, 1, __ATOMIC_SEQ_CST);
	host_fence_heavy();
	reader = __atomic_load_n(&er->er_td, __ATOMIC_RELAXED);
	if (reader != NULL)
		record_sleep(er, reader, value);
	(void)__atomic_fetch_sub(&er->er_waited, 1, __ATOMIC_SEQ_CST);
	/* The other readers are looked at again. */
	VS_POINT(VS_OP_EPOCH_WAIT, er->er_epoch);
}

void
_epoch_wake(struct epoch_record *er)
{
	waitq_lock(er);
	(void)waitq_wake_all(er, WAITQ_EXCLUSIVE);
	waitq_unlock(er);
}

static void
epoch_spin(ck_epoch_t *global __unused, ck_epoch_record_t *record __unused,
    void *arg __unused)
{
	host_yield();
}

static void
grace_period(epoch_t epoch, ck_epoch_wait_cb_t *block)
{
	VS_POINT(VS_OP_EPOCH_GRACE, epoch);
	ck_epoch_synchronize_wait(&epoch->e_epoch, block, NULL);
	VS_POINT(VS_OP_EPOCH_WAITED, epoch);
	__EPOCH_ACQUIRE(__EPOCH_ENDED(epoch));
	__EPOCH_RELEASE(__EPOCH_BEGUN(epoch));
}

void
epoch_grace(epoch_t epoch)
{
	VS_POINT(VS_OP_EPOCH_WAIT, epoch);
	grace_period(epoch, (epoch->e_flags & EPOCH_PREEMPT) != 0 ?
	    epoch_block : epoch_spin);
}

void
epoch_wait(epoch_t epoch)
{
	MPASS(epoch->e_flags == 0);
	VS_POINT(VS_OP_EPOCH_WAIT, epoch);
	critical_enter();
	grace_period(epoch, epoch_spin);
	critical_exit();
}

void
epoch_wait_preempt(epoch_t epoch)
{
	int locks __diagused = curthread->td_locks;

	MPASS((epoch->e_flags & EPOCH_PREEMPT) != 0);
	if ((epoch->e_flags & EPOCH_LOCKED) == 0)
		(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL,
		    "epoch_wait() can be long running");
	KASSERT(!in_epoch(epoch), ("epoch_wait_preempt() called in the middle "
	    "of an epoch section of the same epoch"));
	VS_POINT(VS_OP_EPOCH_WAIT, epoch);
	DROP_GIANT();
	grace_period(epoch, epoch_block);
	PICKUP_GIANT();
	KASSERT(curthread->td_locks == locks,
	    ("%d residual locks held", curthread->td_locks - locks));
}

/* --- up and down ---------------------------------------------------------- */

static void
epoch_startup(void *arg __unused)
{
	epoch_inited = true;
	global_epoch = epoch_alloc("Global", 0);
	global_epoch_preempt = epoch_alloc("Global preemptible",
	    EPOCH_PREEMPT);
}
SYSINIT(epoch, SI_SUB_EPOCH, SI_ORDER_FIRST, epoch_startup, NULL);

static void
net_epoch_startup(void *arg __unused)
{
	net_epoch_preempt = epoch_alloc("Net preemptible", EPOCH_PREEMPT);
}
SYSINIT(netepoch, SI_SUB_EPOCH, SI_ORDER_ANY, net_epoch_startup, NULL);

static void
epoch_shutdown(void *arg __unused)
{
	epoch_free(net_epoch_preempt);
	epoch_free(global_epoch_preempt);
	epoch_free(global_epoch);
	net_epoch_preempt = global_epoch_preempt = global_epoch = NULL;
	/* Of all threads this one never ends. */
	epoch_thread_exit(&thread0);
	epoch_inited = false;
}
SYSUNINIT(epoch, SI_SUB_EPOCH, SI_ORDER_FIRST, epoch_shutdown, NULL);
