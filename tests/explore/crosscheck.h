/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What a random program can do: operations of all kinds on a few objects, and
 * a note of each value that a thread has read.
 */
#ifndef _TESTS_EXPLORE_CROSSCHECK_H_
#define _TESTS_EXPLORE_CROSSCHECK_H_

#include <sys/param.h>
#include <sys/blockcount.h>
#include <sys/condvar.h>
#include <sys/epoch.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/refcount.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>
#include <sys/systm.h>
#include <machine/atomic.h>

#define	THREADS		3
#define	SEEN		64		/* values that a thread remembers */

enum code {
	LOAD, STORE, ADD, CMPSET, NARROW,
	/* Those with something inside, a code below this line. */
	MTX, TRY, SPIN, RECURSE, SLOCK, XLOCK, TRY_S, TRY_X, UPGRADE, DOWNGRADE,
	RLOCK, WLOCK, TRY_R, TRY_W, RW_UPGRADE, RW_DOWNGRADE, RM_R, RM_W,
	RM_TRY, SPIN_TRY, TWO_S, TWO_LOCKS,
	INSIDE,
	CV_WAIT, CV_TIMED, CV_SIGNAL, CV_BROADCAST, CV_QUIET,
	SLEEP, SLEEP_TIMED, WAKEUP, WAKEUP_ONE, PAUSE,
	IN_EPOCH, EPOCH_WAIT, ACQUIRE, RELEASE, FREE, USE, CREATE, BLOCK,
	UNBLOCK, BLOCK_WAIT, YIELD, LOOK,
	/* Those of crosscheck_async.h. */
	UNR_ALLOC, UNR_SPECIFIC, UNR_FREE,
	TASK_ENQUEUE, TASK_CANCEL, TASK_DRAIN,
	CALLOUT_RESET, CALLOUT_STOP, CALLOUT_DRAIN,
	EPOCH_CALL, EPOCH_DRAIN, JOIN, SLEEP_SIG, INTERRUPT, NOWAIT, CODES
};

struct insn {
	enum code	code;
	enum code	inner;
	int		a, b;		/* 0 or 1: which lock, which word */
};

/* --- what the programs work on ------------------------------------------------- */

static u_int words[2];
static struct mtx mtxs[2], spin, rec;
static struct sx sxs[2];
static struct rwlock rw;
static struct rmlock rm;
static struct cv cv;
static int flag, chan;
static epoch_t epoch;
static u_int refs;
static u_int *block;
static blockcount_t holds;
static u_int seen[THREADS + 1][SEEN];
static u_int nseen[THREADS + 1];

static void
see(int i, u_int value)
{
	if (nseen[i] < SEEN)
		seen[i][nseen[i]++] = value;
}

static void
set_up(void *arg)
{
	for (int i = 0; i < 2; i++) {
		mtx_init(&mtxs[i], "m", NULL, MTX_DEF | MTX_NOWITNESS);
		sx_init_flags(&sxs[i], "s", SX_NOWITNESS);
	}
	mtx_init(&spin, "spin", NULL, MTX_SPIN);
	mtx_init(&rec, "rec", NULL, MTX_DEF | MTX_RECURSE | MTX_NOWITNESS);
	rw_init_flags(&rw, "rw", RW_NOWITNESS);
	rm_init_flags(&rm, "rm", RM_NOWITNESS);
	cv_init(&cv, "cv");
	epoch = epoch_alloc("crosscheck", EPOCH_PREEMPT);
	refs = 2;
	block = malloc(sizeof(*block), M_TEMP, M_WAITOK | M_ZERO);
	blockcount_init(&holds);
	blockcount_acquire(&holds, 1);
}

/* --- operations ------------------------------------------------------------------ */

static void
simple(int i, enum code code, const struct insn *in)
{
	switch (code) {
	case LOAD:
		see(i, atomic_load_int(&words[in->b]));
		break;
	case STORE:
		atomic_store_int(&words[in->b], (u_int)i + 1);
		break;
	case ADD:
		see(i, atomic_fetchadd_int(&words[in->b], 16));
		break;
	case CMPSET:
		see(i, (u_int)atomic_cmpset_int(&words[in->b], 0, 7));
		break;
	case NARROW:
		atomic_store_char((volatile u_char *)&words[in->b] + 1,
		    (u_char)i + 1);
		break;
	default:
		break;
	}
}

static void
locked(int i, const struct insn *in)
{
	struct rm_priotracker tracker;
	int ok = 1;

	switch (in->code) {
	case MTX:
		mtx_lock(&mtxs[in->a]);
		simple(i, in->inner, in);
		mtx_unlock(&mtxs[in->a]);
		break;
	case TRY:
		if ((ok = mtx_trylock(&mtxs[in->a])) != 0) {
			simple(i, in->inner, in);
			mtx_unlock(&mtxs[in->a]);
		}
		break;
	case SPIN:
		mtx_lock_spin(&spin);
		simple(i, in->inner, in);
		mtx_unlock_spin(&spin);
		break;
	case SPIN_TRY:
		if ((ok = mtx_trylock_spin(&spin)) != 0) {
			simple(i, in->inner, in);
			mtx_unlock_spin(&spin);
		}
		break;
	case RECURSE:
		mtx_lock(&rec);
		mtx_lock(&rec);
		simple(i, in->inner, in);
		mtx_unlock(&rec);
		mtx_unlock(&rec);
		break;
	case TWO_LOCKS:
		mtx_lock(&mtxs[in->a]);
		mtx_lock(&mtxs[1 - in->a]);
		simple(i, in->inner, in);
		mtx_unlock(&mtxs[1 - in->a]);
		mtx_unlock(&mtxs[in->a]);
		break;
	case RM_R:
		rm_rlock(&rm, &tracker);
		simple(i, in->inner, in);
		rm_runlock(&rm, &tracker);
		break;
	case RM_TRY:
		if ((ok = rm_try_rlock(&rm, &tracker)) != 0) {
			simple(i, in->inner, in);
			rm_runlock(&rm, &tracker);
		}
		break;
	case RM_W:
		rm_wlock(&rm);
		simple(i, in->inner, in);
		rm_wunlock(&rm);
		break;
	default:
		break;
	}
	see(i, (u_int)ok);
}

static void
shared_sx(int i, const struct insn *in)
{
	struct sx *s = &sxs[in->a];
	int ok = 1;

	switch (in->code) {
	case SLOCK:
		sx_slock(s);
		simple(i, in->inner, in);
		sx_sunlock(s);
		break;
	case XLOCK:
		sx_xlock(s);
		simple(i, in->inner, in);
		sx_xunlock(s);
		break;
	case TRY_S:
		if ((ok = sx_try_slock(s)) != 0) {
			simple(i, in->inner, in);
			sx_sunlock(s);
		}
		break;
	case TRY_X:
		if ((ok = sx_try_xlock(s)) != 0) {
			simple(i, in->inner, in);
			sx_xunlock(s);
		}
		break;
	case UPGRADE:
		sx_slock(s);
		if ((ok = sx_try_upgrade(s)) != 0)
			simple(i, in->inner, in);
		if (ok != 0)
			sx_xunlock(s);
		else
			sx_sunlock(s);
		break;
	case DOWNGRADE:
		sx_xlock(s);
		sx_downgrade(s);
		simple(i, in->inner, in);
		sx_sunlock(s);
		break;
	case TWO_S:
		sx_slock(s);
		sx_slock(&sxs[1 - in->a]);
		simple(i, in->inner, in);
		sx_sunlock(&sxs[1 - in->a]);
		sx_sunlock(s);
		break;
	default:
		break;
	}
	see(i, (u_int)ok);
}

static void
shared_rw(int i, const struct insn *in)
{
	int ok = 1;

	switch (in->code) {
	case RLOCK:
		rw_rlock(&rw);
		simple(i, in->inner, in);
		rw_runlock(&rw);
		break;
	case WLOCK:
		rw_wlock(&rw);
		simple(i, in->inner, in);
		rw_wunlock(&rw);
		break;
	case TRY_R:
		if ((ok = rw_try_rlock(&rw)) != 0) {
			simple(i, in->inner, in);
			rw_runlock(&rw);
		}
		break;
	case TRY_W:
		if ((ok = rw_try_wlock(&rw)) != 0) {
			simple(i, in->inner, in);
			rw_wunlock(&rw);
		}
		break;
	case RW_UPGRADE:
		rw_rlock(&rw);
		if ((ok = rw_try_upgrade(&rw)) != 0)
			simple(i, in->inner, in);
		rw_unlock(&rw);
		break;
	case RW_DOWNGRADE:
		rw_wlock(&rw);
		rw_downgrade(&rw);
		simple(i, in->inner, in);
		rw_runlock(&rw);
		break;
	default:
		break;
	}
	see(i, (u_int)ok);
}

static void
sleeping(int i, const struct insn *in)
{
	int error = 0;

	switch (in->code) {
	case CV_WAIT:
		mtx_lock(&mtxs[0]);
		if (flag == 0)
			cv_wait(&cv, &mtxs[0]);
		error = flag;
		mtx_unlock(&mtxs[0]);
		break;
	case CV_TIMED:
		mtx_lock(&mtxs[0]);
		if (flag == 0)
			error = cv_timedwait(&cv, &mtxs[0], 1 + in->b);
		mtx_unlock(&mtxs[0]);
		break;
	case CV_SIGNAL:
	case CV_BROADCAST:
		mtx_lock(&mtxs[0]);
		flag = 1;
		if (in->code == CV_SIGNAL)
			cv_signal(&cv);
		else
			cv_broadcast(&cv);
		mtx_unlock(&mtxs[0]);
		break;
	case CV_QUIET:
		cv_signal(&cv);
		break;
	case SLEEP:
		mtx_lock(&mtxs[1]);
		error = mtx_sleep(&chan, &mtxs[1], 0, "chan", 0);
		mtx_unlock(&mtxs[1]);
		break;
	case SLEEP_TIMED:
		mtx_lock(&mtxs[1]);
		error = mtx_sleep(&chan, &mtxs[1], 0, "chan", 1 + in->b);
		mtx_unlock(&mtxs[1]);
		break;
	case WAKEUP:
		wakeup(&chan);
		break;
	case WAKEUP_ONE:
		wakeup_one(&chan);
		break;
	case PAUSE:
		error = pause("pause", 1 + in->b);
		break;
	default:
		break;
	}
	see(i, (u_int)error);
}

static void
child(void *arg)
{
	see(THREADS, atomic_fetchadd_int(&words[0], 64));
	kthread_exit();
}

static void
objects(int i, const struct insn *in)
{
	struct epoch_tracker et;
	u_int *p;

	switch (in->code) {
	case IN_EPOCH:
		epoch_enter_preempt(epoch, &et);
		simple(i, LOAD, in);
		epoch_exit_preempt(epoch, &et);
		break;
	case EPOCH_WAIT:
		simple(i, STORE, in);
		epoch_wait_preempt(epoch);
		simple(i, LOAD, &(struct insn){ .b = 1 - in->b });
		break;
	case ACQUIRE:
		see(i, refcount_acquire_if_not_zero(&refs));
		break;
	case RELEASE:
		if (refcount_load(&refs) != 0)
			see(i, refcount_release_if_gt(&refs, 1));
		break;
	case FREE:
		p = (u_int *)atomic_swap_ptr((volatile uintptr_t *)&block, 0);
		see(i, p != NULL);
		free(p, M_TEMP);
		break;
	case USE:
		p = atomic_load_ptr(&block);
		if (p != NULL)
			see(i, atomic_load_int(p));
		break;
	case CREATE:
		(void)kthread_add(child, NULL, NULL, NULL, 0, 0, "child");
		break;
	case BLOCK:
		blockcount_acquire(&holds, 1);
		break;
	case UNBLOCK:
		if (blockcount_read(&holds) != 0)
			blockcount_release(&holds, 1);
		break;
	case BLOCK_WAIT:
		see(i, (u_int)blockcount_sleep(&holds, NULL, "holds", 0));
		break;
	case YIELD:
		kern_yield(0);
		break;
	case LOOK:
		see(i, sx_has_waiters(&sxs[in->a]) != 0);
		break;
	default:
		break;
	}
}

static void
perform_one(int i, const struct insn *in)
{
	if (in->code < MTX)
		simple(i, in->code, in);
	else if (in->code > CV_WAIT - 1 && in->code <= PAUSE)
		sleeping(i, in);
	else if (in->code > PAUSE)
		objects(i, in);
	else {
		locked(i, in);
		shared_sx(i, in);
		shared_rw(i, in);
	}
}

#endif /* !_TESTS_EXPLORE_CROSSCHECK_H_ */
