/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Programs of n alike threads, from the literature on partial-order
 * reduction, on the kernel's primitives.  Written from their descriptions.
 */
#ifndef _TESTS_EXPLORE_DPOR_H_
#define _TESTS_EXPLORE_DPOR_H_

#include <sys/param.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>
#include <machine/atomic.h>

#include <vnetsim/explore.h>

/* What thread number `i` of a program does. */
typedef void	program_fn(int i);

static program_fn *program;
static int program_n;

#define	THREAD(i)	static void thread_##i(void *arg) { program(i); }
THREAD(0) THREAD(1) THREAD(2) THREAD(3) THREAD(4) THREAD(5) THREAD(6)
THREAD(7) THREAD(8) THREAD(9) THREAD(10) THREAD(11) THREAD(12) THREAD(13)
THREAD(14) THREAD(15) THREAD(16) THREAD(17) THREAD(18) THREAD(19) THREAD(20)
THREAD(21)
#undef THREAD

static void (*const program_threads[])(void *) = {
	thread_0, thread_1, thread_2, thread_3, thread_4, thread_5, thread_6,
	thread_7, thread_8, thread_9, thread_10, thread_11, thread_12,
	thread_13, thread_14, thread_15, thread_16, thread_17, thread_18,
	thread_19, thread_20, thread_21,
};

static struct mtx locks[64];

static void
program_setup(void *arg)
{
	for (int i = 0; i < 64; i++)
		mtx_init(&locks[i], "program", NULL, MTX_DEF |
		    MTX_NOWITNESS);
}

/* --- filesystem: inodes and blocks, each with a lock -------------------------- */

#define	NBLOCKS		26
static int inodes[32];
static bool busy[NBLOCKS];

static void
filesystem(int i)
{
	mtx_lock(&locks[i]);
	for (int b = i * 2 % NBLOCKS; inodes[i] == 0; b = (b + 1) % NBLOCKS) {
		mtx_lock(&locks[32 + b]);
		if (!busy[b]) {
			busy[b] = true;
			inodes[i] = b + 1;
		}
		mtx_unlock(&locks[32 + b]);
	}
	mtx_unlock(&locks[i]);
}

/* --- indexer: threads enter four words each into a hash table ------------------ */

static u_int table[128];

static void
indexer(int i)
{
	for (u_int m = 1; m <= 4; m++) {
		u_int word = m * 11 + (u_int)i, h = word * 7 % 128;

		while (!atomic_cmpset_int(&table[h], 0, word))
			h = (h + 1) % 128;
	}
}

/* --- lastzero: one looks for the last zero, the others count ------------------- */

static u_int counts[32];

static void
lastzero(int i)
{
	if (i > 0) {
		atomic_store_int(&counts[i],
		    atomic_load_int(&counts[i - 1]) + 1);
		return;
	}
	for (i = program_n - 1; atomic_load_int(&counts[i]) != 0; i--)
		continue;
}

/* --- readers: one writes, the others read -------------------------------------- */

static u_int word;

static void
readers(int i)
{
	if (i == 0)
		atomic_store_int(&word, 1);
	else
		(void)atomic_load_int(&word);
}

/* --- dining philosophers -------------------------------------------------------- */

static void
eat(int first, int second)
{
	mtx_lock(&locks[first]);
	mtx_lock(&locks[second]);
	mtx_unlock(&locks[second]);
	mtx_unlock(&locks[first]);
}

static void
philosophers(int i)
{
	int other = (i + 1) % program_n;

	eat(MIN(i, other), MAX(i, other));
}

static void
greedy_philosophers(int i)
{
	eat(i, (i + 1) % program_n);
}

/* --- ifnet-3: a reference-counted interface on a list of one ------------------- */

struct ifp {
	u_int	rc;
	u_int	flags;
	u_int	vnet;
};
static struct ifp *head;

static struct ifp *
ifp_new(void)
{
	struct ifp *p = malloc(sizeof(*p), M_TEMP, M_WAITOK | M_ZERO);

	p->rc = 1;
	return (p);
}

static void
ifp_rele(struct ifp *p)
{
	if (!refcount_release(&p->rc))
		return;
	atomic_store_int(&p->flags, 0xdead);
	free(p, M_TEMP);
}

static struct ifp *
ifp_lookup(void)
{
	struct ifp *p;

	mtx_lock(&locks[0]);
	p = atomic_load_ptr(&head);
	if (p != NULL)
		refcount_acquire(&p->rc);
	mtx_unlock(&locks[0]);
	return (p);
}

static void
ifp_destroy(void)
{
	struct ifp *p;

	mtx_lock(&locks[0]);
	p = atomic_load_ptr(&head);
	atomic_store_ptr(&head, NULL);
	mtx_unlock(&locks[0]);
	if (p != NULL)
		ifp_rele(p);
}

static void
ifp_move(void)
{
	struct ifp *p = ifp_lookup();

	if (p == NULL)
		return;
	mtx_lock(&locks[0]);
	atomic_store_int(&p->vnet, atomic_load_int(&p->vnet) + 1);
	mtx_unlock(&locks[0]);
	ifp_rele(p);
}

static void
ifp_create(void)
{
	struct ifp *p, *new;

	mtx_lock(&locks[0]);
	p = atomic_load_ptr(&head);
	mtx_unlock(&locks[0]);
	if (p != NULL) {
		if ((p = ifp_lookup()) != NULL)
			ifp_rele(p);
		return;
	}
	new = ifp_new();
	mtx_lock(&locks[0]);
	if (atomic_load_ptr(&head) == NULL) {
		atomic_store_ptr(&head, new);
		new = NULL;
	}
	mtx_unlock(&locks[0]);
	if (new != NULL)
		ifp_rele(new);
}

static void
ifnet3(int i)
{
	if (i == 0)
		ifp_destroy();
	else if (i == 1)
		ifp_move();
	else
		ifp_create();
}

static void
ifnet3_setup(void *arg)
{
	program_setup(arg);
	head = ifp_new();
}

/* --- exploring ------------------------------------------------------------------ */

/* Part number `part` of `parts`, from 0. */
static const struct vs_explored *
program_explore_part(program_fn *fn, int n, const char *strategy,
    uint64_t part, uint64_t parts)
{
	const struct vs_explore how = { .strategy = strategy,
	    .keep_going = true, .no_shrink = true, .first = part,
	    .stride = parts };
	struct vs_scenario scenario = { .name = "program",
	    .setup = fn == ifnet3 ? ifnet3_setup : program_setup,
	    .no_shutdown = true, .no_exit = true };

	program = fn;
	program_n = n;
	for (int i = 0; i < n; i++) {
		scenario.threads[i].name = "thread";
		scenario.threads[i].fn = program_threads[i];
	}
	return (vs_explore(&scenario, &how));
}

static const struct vs_explored *
program_explore(program_fn *fn, int n, const char *strategy)
{
	return (program_explore_part(fn, n, strategy, 0, 1));
}

#endif /* !_TESTS_EXPLORE_DPOR_H_ */
