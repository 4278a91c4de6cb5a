/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Pools of mutexes: mtx_pool(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

static MALLOC_DEFINE(M_MTXPOOL, "mtx_pool", "mutex pool");

#define	MTX_POOL_SLEEP_SIZE	1024
#define	MTX_POOL_FALLBACK_SIZE	128	/* for who asks for an odd size */

/* All fields are constant but the index of the next mutex to hand out. */
struct mtx_pool {
	u_int		mtx_pool_size;		/* a power of two */
	u_int		mtx_pool_next;		/* (a) */
	struct mtx	mtx_pool_ary[];
};

struct mtx_pool *mtxpool_sleep;

struct mtx_pool *
mtx_pool_create(const char *mtx_name, int pool_size, int opts)
{
	struct mtx_pool *pool;
	int i;

	if (pool_size <= 0 || !powerof2(pool_size)) {
		printf("WARNING: %s pool size is not a power of two.\n",
		    mtx_name);
		pool_size = MTX_POOL_FALLBACK_SIZE;
	}
	pool = malloc(sizeof(*pool) + pool_size * sizeof(struct mtx),
	    M_MTXPOOL, M_WAITOK | M_ZERO);
	pool->mtx_pool_size = pool_size;
	for (i = 0; i < pool_size; i++)
		mtx_init(&pool->mtx_pool_ary[i], mtx_name, NULL, opts);
	return (pool);
}

void
mtx_pool_destroy(struct mtx_pool **poolp)
{
	struct mtx_pool *pool = *poolp;
	u_int i;

	for (i = 0; i < pool->mtx_pool_size; i++)
		mtx_destroy(&pool->mtx_pool_ary[i]);
	free(pool, M_MTXPOOL);
	*poolp = NULL;
}

struct mtx *
mtx_pool_find(struct mtx_pool *pool, void *ptr)
{
	uint64_t h = (uintptr_t)ptr;

	h *= 0x9e3779b97f4a7c15ULL;
	return (&pool->mtx_pool_ary[(h >> 32) & (pool->mtx_pool_size - 1)]);
}

struct mtx *
mtx_pool_alloc(struct mtx_pool *pool)
{
	u_int i;

	i = __atomic_fetch_add(&pool->mtx_pool_next, 1, __ATOMIC_RELAXED);
	return (&pool->mtx_pool_ary[i & (pool->mtx_pool_size - 1)]);
}

static void
mtx_pool_setup(void *arg __unused)
{
	mtxpool_sleep = mtx_pool_create("sleep mtxpool", MTX_POOL_SLEEP_SIZE,
	    MTX_DEF | MTX_NOWITNESS);
}
SYSINIT(mtxpooli, SI_SUB_MTX_POOL_DYNAMIC, SI_ORDER_FIRST, mtx_pool_setup,
    NULL);

static void
mtx_pool_teardown(void *arg __unused)
{
	mtx_pool_destroy(&mtxpool_sleep);
}
SYSUNINIT(mtxpoolu, SI_SUB_MTX_POOL_DYNAMIC, SI_ORDER_FIRST,
    mtx_pool_teardown, NULL);
