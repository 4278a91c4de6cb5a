/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Locks and epochs against pthreads and Concurrency Kit.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/rmlock.h>
#include <sys/rwlock.h>
#include <sys/sx.h>

#include <ck_epoch.h>
#include <pthread.h>
#include <stdatomic.h>

#include <vnetsim/vnetsim.h>

#include "bench.h"

#define	LOOPS		400000		/* operations a measurement */

static struct mtx bench_mtx;
static struct sx bench_sx;
static struct rwlock bench_rw;
static struct rmlock bench_rm;
static pthread_mutex_t peer_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t peer_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static ck_epoch_t peer_epoch;
static ck_epoch_record_t peer_record;

static void
setup(void *arg __unused)
{
	static bool done;

	if (done)
		return;
	done = true;
	mtx_init(&bench_mtx, "bench mtx", NULL, MTX_DEF);
	sx_init(&bench_sx, "bench sx");
	rw_init(&bench_rw, "bench rw");
	rm_init(&bench_rm, "bench rm");
	ck_epoch_init(&peer_epoch);
	ck_epoch_register(&peer_epoch, &peer_record, NULL);
}

/* A measurement: how the loop is run, and what it gave. */
struct loop {
	void		(*body)(int);
	double		began, ended;	/* seconds */
	_Atomic int	*start;		/* for two at a time */
};

static void
loop_main(void *arg)
{
	struct loop *l = arg;

	setup(NULL);
	if (l->start != NULL) {
		atomic_fetch_add(l->start, 1);
		while (atomic_load(l->start) < 2)
			;
	}
	l->began = bench_now();
	l->body(LOOPS);
	l->ended = bench_now();
}

/* Nanoseconds for one operation. */
static double
cost(void (*body)(int))
{
	struct loop l = { .body = body };

	bench_run(loop_main, &l);
	return ((l.ended - l.began) * 1e9 / LOOPS);
}

static void
pair_main(void *arg)
{
	struct loop *l = arg;
	struct vs_thread *other;

	setup(NULL);
	other = vs_thread_create(loop_main, &l[1], "bench");
	loop_main(&l[0]);
	(void)vs_thread_join(other);
}

/*
 * Million operations a second of two threads together, from the first start
 * to the last end: a thread that keeps the other out gains nothing.
 */
static double
rate2(void (*body)(int))
{
	_Atomic int start = 0;
	struct loop l[2] = {
		{ .body = body, .start = &start },
		{ .body = body, .start = &start },
	};

	bench_run(pair_main, l);
	return (2.0 * LOOPS / 1e6 / (MAX(l[0].ended, l[1].ended) -
	    MIN(l[0].began, l[1].began)));
}

#define	BODY(name, operation)						\
static void								\
name##_body(int n)							\
{									\
	for (int i = 0; i < n; i++) {					\
		operation;						\
	}								\
}									\
static double								\
name##_cost(void)							\
{									\
	return (cost(name##_body));					\
}
#define	BODY2(name)							\
static double								\
name##_rate2(void)							\
{									\
	return (rate2(name##_body));					\
}

BODY(mtx, mtx_lock(&bench_mtx); mtx_unlock(&bench_mtx))
BODY2(mtx)
BODY(mutex, pthread_mutex_lock(&peer_mutex); pthread_mutex_unlock(&peer_mutex))
BODY2(mutex)
BODY(sx_s, sx_slock(&bench_sx); sx_sunlock(&bench_sx))
BODY2(sx_s)
BODY(sx_x, sx_xlock(&bench_sx); sx_xunlock(&bench_sx))
BODY(rw_r, rw_rlock(&bench_rw); rw_runlock(&bench_rw))
BODY2(rw_r)
BODY(rw_w, rw_wlock(&bench_rw); rw_wunlock(&bench_rw))
BODY(rdlock, pthread_rwlock_rdlock(&peer_rwlock);
    pthread_rwlock_unlock(&peer_rwlock))
BODY2(rdlock)
BODY(wrlock, pthread_rwlock_wrlock(&peer_rwlock);
    pthread_rwlock_unlock(&peer_rwlock))
BODY(rm, struct rm_priotracker t; rm_rlock(&bench_rm, &t);
    rm_runlock(&bench_rm, &t))
BODY(epoch, struct epoch_tracker et; NET_EPOCH_ENTER(et);
    NET_EPOCH_EXIT(et))
BODY(ck_epoch, ck_epoch_section_t s; ck_epoch_begin(&peer_record, &s);
    ck_epoch_end(&peer_record, &s))

#define	COST(nm, peer_nm, tgt, o, p)					\
	{ .area = "locks", .name = nm, .unit = "ns", .peer_name = peer_nm, \
	  .kind = AT_MOST, .target = tgt, .ours = o##_cost, .peer = p##_cost }
#define	RATE(nm, peer_nm, tgt, o, p)					\
	{ .area = "locks", .name = nm, .unit = "M/s", .peer_name = peer_nm, \
	  .kind = AT_LEAST, .target = tgt, .ours = o##_rate2,		\
	  .peer = p##_rate2 }

const struct bench_row bench_lock_rows[] = {
	COST("mtx lock+unlock", "pthread_mutex", 0.8, mtx, mutex),
	RATE("mtx, 2 threads contending", "pthread_mutex", 1.0, mtx, mutex),
	COST("sx shared", "pthread_rwlock read", 0.7, sx_s, rdlock),
	COST("sx exclusive", "pthread_rwlock write", 0.7, sx_x, wrlock),
	RATE("sx, 2 readers", "pthread_rwlock", 1.3, sx_s, rdlock),
	COST("rw read", "pthread_rwlock read", 0.7, rw_r, rdlock),
	COST("rw write", "pthread_rwlock write", 0.7, rw_w, wrlock),
	RATE("rw, 2 readers", "pthread_rwlock", 1.3, rw_r, rdlock),
	COST("rm read", "pthread_rwlock read", 0.5, rm, rdlock),
	COST("epoch enter+exit", "ck_epoch begin+end", 1.2, epoch, ck_epoch),
};
const unsigned bench_lock_nrows = nitems(bench_lock_rows);
