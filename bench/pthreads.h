/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Plain pthread programs on the explorer.
 *
 * A program includes this instead of <pthread.h>, <semaphore.h>, <sched.h>,
 * <unistd.h>, <stdlib.h> and <assert.h>, and is compiled with PROGRAM defined
 * as the name under which its main() is to be found.  The calls become those
 * of the kernel: a mutex is an mtx(9), a condition variable a condvar(9), a
 * read-write lock an rwlock(9).  A failed assertion is a panic, so that it is
 * a verdict with a schedule.  Time does not pass: who sleeps only yields, and
 * a timed wait may time out whenever the scheduler likes.
 *
 * Initialised statically or by call; attributes are not supported but for a
 * mutex's being recursive.  Errors are reported for tries and timeouts only.
 */
#ifndef _BENCH_PTHREADS_H_
#define _BENCH_PTHREADS_H_

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Zeroed: not initialised yet. */
typedef struct { bool ready, recursive; uint64_t space[6]; }
    bench_mutex_t;
typedef struct { bool ready; uint64_t space[3]; } bench_cond_t;
typedef struct { bool ready; uint64_t space[6]; } bench_rwlock_t;
typedef struct { bench_mutex_t mutex; bench_cond_t cond; unsigned value; }
    bench_sem_t;
typedef unsigned bench_thread_t;
typedef bool bench_mutexattr_t;		/* recursive? */

/* The thread that runs a program: arg is its int main(void). */
void	bench_main(void *arg);
int	bench_create(bench_thread_t *thread, const void *attr,
	    void *(*fn)(void *), void *arg);
int	bench_join(bench_thread_t thread, void **result);
bench_thread_t	bench_self(void);
int	bench_mutex_init(bench_mutex_t *m, const bench_mutexattr_t *attr);
int	bench_mutex_destroy(bench_mutex_t *m);
int	bench_mutex_lock(bench_mutex_t *m);
int	bench_mutex_trylock(bench_mutex_t *m);
int	bench_mutex_unlock(bench_mutex_t *m);
int	bench_cond_init(bench_cond_t *c, const void *attr);
int	bench_cond_destroy(bench_cond_t *c);
int	bench_cond_wait(bench_cond_t *c, bench_mutex_t *m);
int	bench_cond_timedwait(bench_cond_t *c, bench_mutex_t *m,
	    const struct timespec *deadline);
int	bench_cond_signal(bench_cond_t *c);
int	bench_cond_broadcast(bench_cond_t *c);
int	bench_rwlock_init(bench_rwlock_t *l, const void *attr);
int	bench_rwlock_destroy(bench_rwlock_t *l);
int	bench_rwlock_rdlock(bench_rwlock_t *l);
int	bench_rwlock_tryrdlock(bench_rwlock_t *l);
int	bench_rwlock_wrlock(bench_rwlock_t *l);
int	bench_rwlock_trywrlock(bench_rwlock_t *l);
int	bench_rwlock_unlock(bench_rwlock_t *l);
int	bench_sem_init(bench_sem_t *s, int shared, unsigned value);
int	bench_sem_destroy(bench_sem_t *s);
int	bench_sem_wait(bench_sem_t *s);
int	bench_sem_trywait(bench_sem_t *s);
int	bench_sem_post(bench_sem_t *s);
int	bench_yield(void);
void	*bench_malloc(size_t size);
void	*bench_calloc(size_t n, size_t size);
void	bench_free(void *p);
_Noreturn void	bench_assert_failed(const char *what, const char *file,
		    int line);

#ifdef PROGRAM
#define	pthread_t		bench_thread_t
#define	pthread_mutex_t		bench_mutex_t
#define	pthread_mutexattr_t	bench_mutexattr_t
#define	pthread_cond_t		bench_cond_t
#define	pthread_rwlock_t	bench_rwlock_t
#define	sem_t			bench_sem_t
#define	PTHREAD_MUTEX_INITIALIZER	{ 0 }
#define	PTHREAD_COND_INITIALIZER	{ 0 }
#define	PTHREAD_RWLOCK_INITIALIZER	{ 0 }
#define	PTHREAD_MUTEX_NORMAL	false
#define	PTHREAD_MUTEX_RECURSIVE	true
#define	pthread_mutexattr_init(attr)		((void)(*(attr) = false), 0)
#define	pthread_mutexattr_settype(attr, type)	((void)(*(attr) = (type)), 0)
#define	pthread_mutexattr_destroy(attr)		((void)(attr), 0)
#define	pthread_create		bench_create
#define	pthread_join		bench_join
#define	pthread_self		bench_self
#define	pthread_equal(a, b)	((a) == (b))
#define	pthread_mutex_init	bench_mutex_init
#define	pthread_mutex_destroy	bench_mutex_destroy
#define	pthread_mutex_lock	bench_mutex_lock
#define	pthread_mutex_trylock	bench_mutex_trylock
#define	pthread_mutex_unlock	bench_mutex_unlock
#define	pthread_cond_init	bench_cond_init
#define	pthread_cond_destroy	bench_cond_destroy
#define	pthread_cond_wait	bench_cond_wait
#define	pthread_cond_timedwait	bench_cond_timedwait
#define	pthread_cond_signal	bench_cond_signal
#define	pthread_cond_broadcast	bench_cond_broadcast
#define	pthread_rwlock_init	bench_rwlock_init
#define	pthread_rwlock_destroy	bench_rwlock_destroy
#define	pthread_rwlock_rdlock	bench_rwlock_rdlock
#define	pthread_rwlock_tryrdlock	bench_rwlock_tryrdlock
#define	pthread_rwlock_wrlock	bench_rwlock_wrlock
#define	pthread_rwlock_trywrlock	bench_rwlock_trywrlock
#define	pthread_rwlock_unlock	bench_rwlock_unlock
#define	sem_init		bench_sem_init
#define	sem_destroy		bench_sem_destroy
#define	sem_wait		bench_sem_wait
#define	sem_trywait		bench_sem_trywait
#define	sem_post		bench_sem_post
#define	sched_yield		bench_yield
#define	usleep(us)		((void)(us), bench_yield())
#define	sleep(s)		((void)(s), bench_yield(), 0U)
#define	malloc			bench_malloc
#define	calloc			bench_calloc
#define	free			bench_free
#define	assert(e)							\
	((e) ? (void)0 : bench_assert_failed(#e, __FILE__, __LINE__))
#define	_PROGRAM_MAIN(name)	name##_main
#define	PROGRAM_MAIN(name)	_PROGRAM_MAIN(name)
#define	main			PROGRAM_MAIN(PROGRAM)
int	main(void);
#endif /* PROGRAM */

#endif /* !_BENCH_PTHREADS_H_ */
