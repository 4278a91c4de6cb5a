/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Epoch-based reclamation: epoch(9), on Concurrency Kit's ck_epoch.
 *
 * A section is entered and left by one thread; while it lasts, nothing that
 * was reachable when it began is freed, provided that whoever frees it waits
 * (epoch_wait_preempt()) or defers the work (epoch_call()).
 */
#ifndef _KPI_SYS_EPOCH_H_
#define _KPI_SYS_EPOCH_H_

#include <sys/types.h>
#include <sys/kassert.h>
#include <sys/pcpu.h>
#include <sys/proc.h>
#include <sys/queue.h>

#include <ck_epoch.h>

#include <vnetsim/point.h>

struct epoch;
typedef struct epoch	*epoch_t;

/* Storage for epoch_call(), part of the object to be freed. */
struct epoch_context {
	void	*data[2];
} __aligned(sizeof(void *));
typedef struct epoch_context	*epoch_context_t;
typedef void	epoch_callback_t(epoch_context_t);

/*
 * What a thread needs to be inside an epoch; made at its first entry and
 * handed on to another thread after its end.
 *
 * (c) constant  (t) the owning thread  (e) lock of all records  (a) atomic
 */
struct epoch_record {
	ck_epoch_record_t	er_record;	/* (t), read by waiters */
	struct epoch_record	*er_next;	/* (t) next of the thread */
	struct epoch		*er_epoch;	/* (e) NULL when it is freed */
	struct thread		*er_td;		/* (e) owner, NULL if spare */
	int			er_waited;	/* (a) who waits for an exit */
	void			*er_mem;	/* (c) as the heap knows it */
	SLIST_ENTRY(epoch_record) er_link;	/* (e) all of the epoch */
#ifdef EPOCH_TRACE
	const char		*er_file;	/* (t) last entered here */
	int			er_line;	/* (t) */
#endif
};

/* On the stack of who enters. Lock: (t) only the thread inside. */
struct epoch_tracker {
	struct epoch_record	*et_record;	/* (t) */
	ck_epoch_section_t	et_section;	/* (t) */
	struct thread		*et_td;		/* (t) */
#ifdef EPOCH_TRACE
	SLIST_ENTRY(epoch_tracker) et_tlink;	/* (t) in td_epochs */
	struct epoch		*et_epoch;	/* (t) */
	const char		*et_file;	/* (t) */
	int			et_line;	/* (t) */
#endif
};
typedef struct epoch_tracker	*epoch_tracker_t;

#define	EPOCH_PREEMPT	0x1	/* sections may block on mutexes */
#define	EPOCH_LOCKED	0x2	/* waiters may hold mutexes */

/*
 * epoch_alloc: may sleep; NULL when 64 epochs exist.  epoch_free drains the
 * callbacks first; nobody may be inside.
 */
epoch_t	epoch_alloc(const char *name, int flags);
void	epoch_free(epoch_t epoch);

/* Epochs without EPOCH_PREEMPT: the section is a critical section. */
void	epoch_enter(epoch_t epoch);
void	epoch_exit(epoch_t epoch);
/* Spins until a grace period has passed. */
void	epoch_wait(epoch_t epoch);

/*
 * Blocks until every section that was entered before the call has been left.
 * May sleep; not in a section of the same epoch, not with a mutex held unless
 * the epoch is EPOCH_LOCKED.
 */
void	epoch_wait_preempt(epoch_t epoch);
/*
 * Runs callback(ctx) on a kernel thread after a grace period, in the order of
 * the calls, with no lock held and no vnet set.  Any context; never sleeps.
 */
void	epoch_call(epoch_t epoch, epoch_callback_t callback,
	    epoch_context_t ctx);
/* Sleeps until the callbacks that were queued before the call have run. */
void	epoch_drain_callbacks(epoch_t epoch);
/* Is the calling thread inside?  With `dump_onfail`, says why not. */
int	in_epoch(epoch_t epoch);
int	in_epoch_verbose(epoch_t epoch, int dump_onfail);

extern epoch_t global_epoch;
extern epoch_t global_epoch_preempt;
extern epoch_t net_epoch_preempt;

/* --- the way in and out --------------------------------------------------- */

struct epoch_record *_epoch_record_get(epoch_t epoch);
void	_epoch_wake(struct epoch_record *record);
void	_epoch_check_enter(epoch_t epoch, epoch_tracker_t et);
void	_epoch_check_exit(epoch_t epoch, epoch_tracker_t et);
void	_epoch_trace_enter(epoch_t epoch, epoch_tracker_t et,
	    const char *file, int line);
void	_epoch_trace_exit(epoch_t epoch, epoch_tracker_t et, const char *file,
	    int line);

/*
 * ThreadSanitizer does not see Concurrency Kit's assembler; it is told that
 * what a section did happened before what follows the wait, and the reverse.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define	__EPOCH_TSAN
#endif
#endif
#if !defined(VS_INSTRUMENTED) && \
    (defined(__SANITIZE_THREAD__) || defined(__EPOCH_TSAN))
#undef __EPOCH_TSAN
#define	__EPOCH_TSAN
void	__tsan_acquire(void *);
void	__tsan_release(void *);
#define	__EPOCH_ACQUIRE(p)	__tsan_acquire(p)
#define	__EPOCH_RELEASE(p)	__tsan_release(p)
#else
#define	__EPOCH_ACQUIRE(p)	do { } while (0)
#define	__EPOCH_RELEASE(p)	do { } while (0)
#endif
/* Two addresses to hang the edges on: wait to section, section to wait. */
#define	__EPOCH_BEGUN(epoch)	((char *)(epoch))
#define	__EPOCH_ENDED(epoch)	((char *)(epoch) + 8)

static __inline VS_PRIMITIVE void
_epoch_enter_preempt(epoch_t epoch, epoch_tracker_t et,
    const char *file __unused, int line __unused)
{
	struct thread *td = curthread;
	struct epoch_record *er = td->td_epoch_records;

#ifdef INVARIANTS
	_epoch_check_enter(epoch, et);
#endif
	VS_POINT(VS_OP_EPOCH_ENTER, epoch);
	if (__predict_false(er == NULL || __atomic_load_n(&er->er_epoch,
	    __ATOMIC_RELAXED) != epoch))
		er = _epoch_record_get(epoch);
	et->et_record = er;
#ifdef EPOCH_TRACE
	_epoch_trace_enter(epoch, et, file, line);
#endif
	et->et_td = td;
	td->td_no_sleeping++;
	td->td_pinned++;
	ck_epoch_begin(&er->er_record, &et->et_section);
	__EPOCH_ACQUIRE(__EPOCH_BEGUN(epoch));
}

static __inline VS_PRIMITIVE void
_epoch_exit_preempt(epoch_t epoch, epoch_tracker_t et,
    const char *file __unused, int line __unused)
{
	struct thread *td = curthread;
	struct epoch_record *er;

#ifdef INVARIANTS
	_epoch_check_exit(epoch, et);
#endif
#ifdef EPOCH_TRACE
	_epoch_trace_exit(epoch, et, file, line);
#endif
	VS_POINT(VS_OP_EPOCH_EXIT, epoch);
	er = et->et_record;
	__EPOCH_RELEASE(__EPOCH_ENDED(epoch));
	ck_epoch_end(&er->er_record, &et->et_section);
	td->td_no_sleeping--;
	td->td_pinned--;
#ifdef INVARIANTS
	et->et_td = (void *)(uintptr_t)0xdeadbeef;
#endif
	/* The other side of the fence is in epoch_block(). */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__predict_false(__atomic_load_n(&er->er_waited,
	    __ATOMIC_RELAXED) != 0))
		_epoch_wake(er);
}

/*
 * `et` must be on the caller's stack and private to the section, which may
 * block on mutexes, rwlocks and rmlocks but not sleep.  Sections nest, and
 * need not be left in order.
 */
#define	epoch_enter_preempt(epoch, et)					\
	_epoch_enter_preempt((epoch), (et), __FILE__, __LINE__)
#define	epoch_exit_preempt(epoch, et)					\
	_epoch_exit_preempt((epoch), (et), __FILE__, __LINE__)

/* --- the network stack's epoch -------------------------------------------- */

#define	NET_EPOCH_ENTER(et)	epoch_enter_preempt(net_epoch_preempt, &(et))
#define	NET_EPOCH_EXIT(et)	epoch_exit_preempt(net_epoch_preempt, &(et))
#define	NET_EPOCH_WAIT()	epoch_wait_preempt(net_epoch_preempt)
#define	NET_EPOCH_CALL(f, c)	epoch_call(net_epoch_preempt, (f), (c))
#define	NET_EPOCH_DRAIN_CALLBACKS()					\
	epoch_drain_callbacks(net_epoch_preempt)
#define	NET_EPOCH_ASSERT()	MPASS(in_epoch(net_epoch_preempt))
#define	NET_TASK_INIT(t, p, f, c)					\
	TASK_INIT_FLAGS((t), (p), (f), (c), TASK_NETWORK)
#define	NET_GROUPTASK_INIT(gtask, prio, func, ctx)			\
	GTASK_INIT(&(gtask)->gt_task, TASK_NETWORK, (prio), (func), (ctx))

#endif /* !_KPI_SYS_EPOCH_H_ */
