/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The calls of pthreads.h by those of the kernel.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/priority.h>
#include <sys/proc.h>
#include <sys/rwlock.h>

#include <vnetsim/point.h>
#include <vnetsim/vnetsim.h>

#include "host.h"
#include "pthreads.h"

#define	NTHREADS	256

struct mutex {
	bool		ready, recursive;
	struct mtx	mtx;
};
struct cond {
	bool		ready;
	struct cv	cv;
};
struct rwl {
	bool		ready;
	struct rwlock	rw;
};
_Static_assert(sizeof(struct mutex) <= sizeof(bench_mutex_t), "mutex");
_Static_assert(sizeof(struct cond) <= sizeof(bench_cond_t), "cond");
_Static_assert(sizeof(struct rwl) <= sizeof(bench_rwlock_t), "rwlock");

static struct pthread {
	void		*(*fn)(void *);
	void		*arg;
	void		*result;
	struct thread	*td;
	bool		ended;		/* ends_mtx */
} threads[NTHREADS];
static unsigned nthreads = 1;		/* 0 is main() */
static struct mtx ends_mtx;
MTX_SYSINIT(ends, &ends_mtx, "ends of threads", MTX_DEF);

/*
 * What kernel threads begin and end with is no part of the programs: to make
 * one, to end and to wait for one is one operation each.
 */

/* --- threads ------------------------------------------------------------- */

static void
thread_main(void *arg)
{
	struct pthread *t = arg;

	t->td = curthread;
	t->result = t->fn(t->arg);
	(void)host_quiet(true);
	mtx_lock(&ends_mtx);
	t->ended = true;
	wakeup(t);
	mtx_unlock(&ends_mtx);
	kthread_exit();
}

void
bench_main(void *arg)
{
	(void)((int (*)(void))arg)();
	(void)host_quiet(true);
}

int
bench_create(bench_thread_t *thread, const void *attr, void *(*fn)(void *),
    void *arg)
{
	struct pthread *t = &threads[nthreads];
	bool quiet;

	if (attr != NULL || nthreads == NTHREADS)
		panic("pthread_create: %s", attr != NULL ? "attributes" :
		    "too many threads");
	t->fn = fn;
	t->arg = arg;
	*thread = nthreads++;
	VS_POINT(VS_OP_SYSCALL, NULL);
	quiet = host_quiet(true);
	kthread_add(thread_main, t, NULL, NULL, 0, 0, "thread %u", *thread);
	(void)host_quiet(quiet);
	return (0);
}

int
bench_join(bench_thread_t thread, void **result)
{
	struct pthread *t = &threads[thread];
	bool quiet = host_quiet(true);

	mtx_lock(&ends_mtx);
	while (!t->ended)
		msleep(t, &ends_mtx, PUSER, "join", 0);
	mtx_unlock(&ends_mtx);
	(void)host_quiet(quiet);
	if (result != NULL)
		*result = t->result;
	return (0);
}

bench_thread_t
bench_self(void)
{
	for (unsigned i = 1; i < nthreads; i++)
		if (threads[i].td == curthread)
			return (i);
	return (0);
}

int
bench_yield(void)
{
	kern_yield(PUSER);
	return (0);
}

/* --- mutexes ------------------------------------------------------------- */

int
bench_mutex_init(bench_mutex_t *m, const bench_mutexattr_t *attr)
{
	struct mutex *mutex = (struct mutex *)m;

	memset(mutex, 0, sizeof(*mutex));
	mutex->recursive = attr != NULL && *attr;
	mtx_init(&mutex->mtx, "mutex", NULL, MTX_DEF | MTX_NOWITNESS |
	    (mutex->recursive ? MTX_RECURSE : 0));
	mutex->ready = true;
	return (0);
}

static struct mtx *
mutex_of(bench_mutex_t *m)
{
	if (!m->ready)
		bench_mutex_init(m, NULL);
	return (&((struct mutex *)m)->mtx);
}

int
bench_mutex_destroy(bench_mutex_t *m)
{
	mtx_destroy(mutex_of(m));
	m->ready = false;
	return (0);
}

int
bench_mutex_lock(bench_mutex_t *m)
{
	mtx_lock(mutex_of(m));
	return (0);
}

int
bench_mutex_trylock(bench_mutex_t *m)
{
	return (mtx_trylock(mutex_of(m)) != 0 ? 0 : EBUSY);
}

int
bench_mutex_unlock(bench_mutex_t *m)
{
	mtx_unlock(mutex_of(m));
	return (0);
}

/* --- condition variables ------------------------------------------------- */

int
bench_cond_init(bench_cond_t *c, const void *attr)
{
	if (attr != NULL)
		panic("pthread_cond_init: attributes");
	cv_init(&((struct cond *)c)->cv, "cond");
	c->ready = true;
	return (0);
}

static struct cv *
cv_of(bench_cond_t *c)
{
	if (!c->ready)
		bench_cond_init(c, NULL);
	return (&((struct cond *)c)->cv);
}

int
bench_cond_destroy(bench_cond_t *c)
{
	cv_destroy(cv_of(c));
	c->ready = false;
	return (0);
}

int
bench_cond_wait(bench_cond_t *c, bench_mutex_t *m)
{
	cv_wait(cv_of(c), mutex_of(m));
	return (0);
}

int
bench_cond_timedwait(bench_cond_t *c, bench_mutex_t *m,
    const struct timespec *deadline)
{
	(void)deadline;
	return (cv_timedwait(cv_of(c), mutex_of(m), 1) != 0 ? ETIMEDOUT : 0);
}

int
bench_cond_signal(bench_cond_t *c)
{
	cv_signal(cv_of(c));
	return (0);
}

int
bench_cond_broadcast(bench_cond_t *c)
{
	cv_broadcast(cv_of(c));
	return (0);
}

/* --- read-write locks ---------------------------------------------------- */

int
bench_rwlock_init(bench_rwlock_t *l, const void *attr)
{
	struct rwl *rwl = (struct rwl *)l;

	if (attr != NULL)
		panic("pthread_rwlock_init: attributes");
	memset(rwl, 0, sizeof(*rwl));
	rw_init_flags(&rwl->rw, "rwlock", RW_NOWITNESS);
	rwl->ready = true;
	return (0);
}

static struct rwlock *
rw_of(bench_rwlock_t *l)
{
	if (!l->ready)
		bench_rwlock_init(l, NULL);
	return (&((struct rwl *)l)->rw);
}

int
bench_rwlock_destroy(bench_rwlock_t *l)
{
	rw_destroy(rw_of(l));
	l->ready = false;
	return (0);
}

int
bench_rwlock_rdlock(bench_rwlock_t *l)
{
	rw_rlock(rw_of(l));
	return (0);
}

int
bench_rwlock_tryrdlock(bench_rwlock_t *l)
{
	return (rw_try_rlock(rw_of(l)) != 0 ? 0 : EBUSY);
}

int
bench_rwlock_wrlock(bench_rwlock_t *l)
{
	rw_wlock(rw_of(l));
	return (0);
}

int
bench_rwlock_trywrlock(bench_rwlock_t *l)
{
	return (rw_try_wlock(rw_of(l)) != 0 ? 0 : EBUSY);
}

int
bench_rwlock_unlock(bench_rwlock_t *l)
{
	rw_unlock(rw_of(l));
	return (0);
}

/* --- semaphores ---------------------------------------------------------- */

int
bench_sem_init(bench_sem_t *s, int shared, unsigned value)
{
	(void)shared;
	bench_mutex_init(&s->mutex, NULL);
	bench_cond_init(&s->cond, NULL);
	s->value = value;
	return (0);
}

int
bench_sem_destroy(bench_sem_t *s)
{
	bench_cond_destroy(&s->cond);
	return (bench_mutex_destroy(&s->mutex));
}

int
bench_sem_wait(bench_sem_t *s)
{
	bench_mutex_lock(&s->mutex);
	while (s->value == 0)
		bench_cond_wait(&s->cond, &s->mutex);
	s->value--;
	return (bench_mutex_unlock(&s->mutex));
}

int
bench_sem_trywait(bench_sem_t *s)
{
	bool got;

	bench_mutex_lock(&s->mutex);
	if ((got = s->value > 0))
		s->value--;
	bench_mutex_unlock(&s->mutex);
	if (!got)
		errno = EAGAIN;
	return (got ? 0 : -1);
}

int
bench_sem_post(bench_sem_t *s)
{
	bench_mutex_lock(&s->mutex);
	s->value++;
	bench_cond_signal(&s->cond);
	return (bench_mutex_unlock(&s->mutex));
}

/* --- memory and assertions ----------------------------------------------- */

void *
bench_malloc(size_t size)
{
	return (malloc(size, M_TEMP, M_WAITOK));
}

void *
bench_calloc(size_t n, size_t size)
{
	return (malloc(n * size, M_TEMP, M_WAITOK | M_ZERO));
}

void
bench_free(void *p)
{
	free(p, M_TEMP);
}

void
bench_assert_failed(const char *what, const char *file, int line)
{
	panic("assertion \"%s\" failed: %s:%d", what, file, line);
}
