/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Unit numbers, unr(9): always the lowest free one.
 *
 * The numbers below `first` are all allocated and need no memory.  Those above
 * it are in extents of 32 bytes, in ascending order: a run of any length, or
 * a window of up to 64 numbers with a bit for each.  Allocating the lowest
 * free number only ever moves `first`, so it takes no memory; any other
 * operation takes one extent at most.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/_unrhdr.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#define	WINDOW	64U			/* numbers in a map */

/*
 * Locks: all (m), the header's mutex.  The first number of an extent is
 * allocated.  An extent ends where the next one begins, or earlier.
 */
struct unr {
	TAILQ_ENTRY(unr) u_link;
	u_int		u_start;
	u_int		u_len;		/* of a run, 0: a map */
	uint64_t	u_map;		/* bit n: u_start + n */
};

static MALLOC_DEFINE(M_UNIT, "Unitno", "Unit number allocation");

static struct mtx unit_mtx;
MTX_SYSINIT(unit, &unit_mtx, "unit# allocation", MTX_DEF);

/* --- the mutex ------------------------------------------------------------ */

static void
unr_lock(struct unrhdr *uh)
{
	if (uh->mtx != NULL)
		mtx_lock(uh->mtx);
}

static void
unr_unlock(struct unrhdr *uh)
{
	if (uh->mtx != NULL)
		mtx_unlock(uh->mtx);
}

static void
unr_assert(const struct unrhdr *uh)
{
	if (uh->mtx != NULL)
		mtx_assert(uh->mtx, MA_OWNED);
}

/* --- extents -------------------------------------------------------------- */

static void
extent_drop(struct unrhdr *uh, struct unr *u)
{
	TAILQ_REMOVE(&uh->head, u, u_link);
	TAILQ_INSERT_HEAD(&uh->ppfree, u, u_link);
}

static bool
extent_has(const struct unr *u, u_int n)
{
	u_int offset = n - u->u_start;

	if (u->u_len != 0)
		return (offset < u->u_len);
	return (offset < WINDOW && (u->u_map >> offset & 1) != 0);
}

/* One past the last allocated number. */
static u_int
extent_end(const struct unr *u)
{
	if (u->u_len != 0)
		return (u->u_start + u->u_len);
	return (u->u_start + WINDOW - __builtin_clzll(u->u_map));
}

/* How many numbers from the start on are allocated without a gap. */
static u_int
extent_run(const struct unr *u)
{
	if (u->u_len != 0)
		return (u->u_len);
	return (~u->u_map == 0 ? WINDOW : (u_int)__builtin_ctzll(~u->u_map));
}

/* Runs are longer than a window; what is shorter is a map. */
static void
extent_set_run(struct unr *u, u_int start, u_int len)
{
	u->u_start = start;
	u->u_len = len > WINDOW ? len : 0;
	u->u_map = len >= WINDOW ? ~0ULL : (1ULL << len) - 1;
}

/* Forgets the first n numbers. */
static void
extent_trim(struct unrhdr *uh, struct unr *u, u_int n)
{
	u_int gap;

	if (u->u_len != 0) {
		if (n == u->u_len)
			extent_drop(uh, u);
		else
			extent_set_run(u, u->u_start + n, u->u_len - n);
		return;
	}
	u->u_map = n == WINDOW ? 0 : u->u_map >> n;
	if (u->u_map == 0) {
		extent_drop(uh, u);
		return;
	}
	gap = __builtin_ctzll(u->u_map);
	u->u_map >>= gap;
	u->u_start += n + gap;
}

/* The last extent that begins at or before n. */
static struct unr *
extent_before(const struct unrhdr *uh, u_int n)
{
	struct unr *u, *before = NULL;

	TAILQ_FOREACH(u, &uh->head, u_link) {
		if (u->u_start > n)
			break;
		before = u;
	}
	return (before);
}

/*
 * Joins an extent with the next one: two runs that touch become one, and two
 * maps that fit into one window become one.
 */
static void
extent_join(struct unrhdr *uh, struct unr *u)
{
	struct unr *next;
	u_int run;

	if (u == NULL || (next = TAILQ_NEXT(u, u_link)) == NULL)
		return;
	run = extent_run(u);
	if (u->u_len == 0 && next->u_len == 0 &&
	    extent_end(next) - u->u_start <= WINDOW) {
		u->u_map |= next->u_map << (next->u_start - u->u_start);
		extent_drop(uh, next);
	} else if (u->u_start + run == next->u_start &&
	    extent_run(next) == extent_end(next) - next->u_start) {
		/* A map that reaches up to the next extent has no gap. */
		extent_set_run(u, u->u_start, run + extent_run(next));
		extent_drop(uh, next);
	}
}

static void
extent_insert(struct unrhdr *uh, struct unr *after, struct unr *u,
    u_int start, u_int len)
{
	extent_set_run(u, start, len);
	if (after != NULL)
		TAILQ_INSERT_AFTER(&uh->head, after, u, u_link);
	else
		TAILQ_INSERT_HEAD(&uh->head, u, u_link);
}

/* Marks a number above `first`.  Uses *spare if it must. */
static void
extent_set(struct unrhdr *uh, u_int n, struct unr **spare)
{
	struct unr *u = extent_before(uh, n);

	if (u != NULL && u->u_len == 0 && n - u->u_start < WINDOW)
		u->u_map |= (uint64_t)1 << (n - u->u_start);
	else if (u != NULL && u->u_len != 0 && n == extent_end(u))
		u->u_len++;
	else {
		extent_insert(uh, u, *spare, n, 1);
		u = *spare;
		*spare = NULL;
	}
	extent_join(uh, u);
	extent_join(uh, TAILQ_PREV(u, unrhd, u_link));
}

/* Unmarks a number in an extent.  Uses *spare if it splits a run. */
static void
extent_clear(struct unrhdr *uh, struct unr *u, u_int n, struct unr **spare)
{
	u_int end, offset = n - u->u_start;

	if (offset == 0)
		extent_trim(uh, u, 1);
	else if (u->u_len == 0)
		u->u_map &= ~((uint64_t)1 << offset);
	else {
		end = extent_end(u);
		extent_set_run(u, u->u_start, offset);
		if (n + 1 < end) {
			extent_insert(uh, u, *spare, n + 1, end - n - 1);
			*spare = NULL;
		}
	}
}

/* --- headers -------------------------------------------------------------- */

void
init_unrhdr(struct unrhdr *uh, int low, int high, struct mtx *mutex)
{
	KASSERT(low >= 0 && low <= high,
	    ("UNR: use error: new_unrhdr(%d, %d)", low, high));
	*uh = (struct unrhdr){
		.head = TAILQ_HEAD_INITIALIZER(uh->head),
		.ppfree = TAILQ_HEAD_INITIALIZER(uh->ppfree),
		.low = low,
		.high = high
	};
	if (mutex == NULL)
		uh->mtx = &unit_mtx;
	else if (mutex != UNR_NO_MTX)
		uh->mtx = mutex;
}

struct unrhdr *
new_unrhdr(int low, int high, struct mtx *mutex)
{
	struct unrhdr *uh;

	uh = malloc(sizeof(*uh), M_UNIT, M_WAITOK);
	init_unrhdr(uh, low, high, mutex);
	return (uh);
}

/* Frees without the mutex what was dropped with it held. */
void
clean_unrhdrl(struct unrhdr *uh)
{
	struct unr *u;

	unr_assert(uh);
	while ((u = TAILQ_FIRST(&uh->ppfree)) != NULL) {
		TAILQ_REMOVE(&uh->ppfree, u, u_link);
		unr_unlock(uh);
		free(u, M_UNIT);
		unr_lock(uh);
	}
}

void
clean_unrhdr(struct unrhdr *uh)
{
	unr_lock(uh);
	clean_unrhdrl(uh);
	unr_unlock(uh);
}

void
clear_unrhdr(struct unrhdr *uh)
{
	struct unr *u;

	KASSERT(TAILQ_EMPTY(&uh->ppfree),
	    ("unrhdr has postponed item for free"));
	while ((u = TAILQ_FIRST(&uh->head)) != NULL) {
		TAILQ_REMOVE(&uh->head, u, u_link);
		free(u, M_UNIT);
	}
	uh->busy = 0;
	uh->first = 0;
}

void
delete_unrhdr(struct unrhdr *uh)
{
	KASSERT(uh->busy == 0, ("unrhdr has %u allocations", uh->busy));
	KASSERT(TAILQ_EMPTY(&uh->head),
	    ("UNR memory leak in delete_unrhdr"));
	KASSERT(TAILQ_EMPTY(&uh->ppfree),
	    ("unrhdr has postponed item for free"));
	free(uh, M_UNIT);
}

/* --- numbers -------------------------------------------------------------- */

/* `first` was taken: move on to what is free now. */
static void
first_advance(struct unrhdr *uh)
{
	struct unr *u;
	u_int run;

	uh->first++;
	while ((u = TAILQ_FIRST(&uh->head)) != NULL &&
	    u->u_start == uh->first) {
		run = extent_run(u);
		uh->first += run;
		extent_trim(uh, u, run);
	}
}

int
alloc_unrl(struct unrhdr *uh)
{
	u_int n = uh->first;

	unr_assert(uh);
	VS_POINT(VS_OP_UNR_ALLOC, uh);
	if (n > uh->high - uh->low)
		return (-1);
	uh->busy++;
	first_advance(uh);
	return (uh->low + n);
}

int
alloc_unr(struct unrhdr *uh)
{
	int item;

	unr_lock(uh);
	item = alloc_unrl(uh);
	clean_unrhdrl(uh);
	unr_unlock(uh);
	return (item);
}

/*
 * The memory is there before the mutex is taken.  FreeBSD asks for two blocks
 * of this size, and whoever may not sleep is told so twice.
 */
static void
spares_alloc(struct unr *spare[2])
{
	spare[0] = malloc(sizeof(struct unr), M_UNIT, M_WAITOK);
	spare[1] = malloc(sizeof(struct unr), M_UNIT, M_WAITOK);
}

static void
spares_free(struct unr *spare[2])
{
	free(spare[0], M_UNIT);
	free(spare[1], M_UNIT);
}

int
alloc_unr_specific(struct unrhdr *uh, u_int item)
{
	struct unr *spare[2], *u;
	u_int n = item - uh->low;
	int result = -1;

	(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL,
	    "alloc_unr_specific");
	if (item < uh->low || item > uh->high)
		return (-1);
	spares_alloc(spare);
	unr_lock(uh);
	VS_POINT(VS_OP_UNR_ALLOC, uh);
	u = extent_before(uh, n);
	if (n >= uh->first && (u == NULL || !extent_has(u, n))) {
		uh->busy++;
		if (n == uh->first)
			first_advance(uh);
		else
			extent_set(uh, n, &spare[0]);
		result = item;
	}
	clean_unrhdrl(uh);
	unr_unlock(uh);
	spares_free(spare);
	return (result);
}

/* A number below `first`: what lies between becomes a run of its own. */
static void
free_below_first(struct unrhdr *uh, u_int n, struct unr **spare)
{
	if (n + 1 < uh->first) {
		extent_insert(uh, NULL, *spare, n + 1, uh->first - n - 1);
		extent_join(uh, *spare);
		*spare = NULL;
	}
	uh->first = n;
}

static void
free_unr_locked(struct unrhdr *uh, u_int item, struct unr **spare)
{
	struct unr *u;
	u_int n = item - uh->low;

	VS_POINT(VS_OP_UNR_FREE, uh);
	if (n < uh->first)
		free_below_first(uh, n, spare);
	else {
		u = extent_before(uh, n);
		KASSERT(u != NULL && extent_has(u, n),
		    ("UNR: Freeing free item %d (bitmap)\n", item));
		if (u == NULL || !extent_has(u, n))
			return;
		extent_clear(uh, u, n, spare);
	}
	uh->busy--;
}

void
free_unr(struct unrhdr *uh, u_int item)
{
	struct unr *spare[2];

	(void)WITNESS_WARN(WARN_GIANTOK | WARN_SLEEPOK, NULL, "free_unr");
	KASSERT(item >= uh->low && item <= uh->high,
	    ("UNR: free_unr(%u) out of range [%u...%u]", item, uh->low,
	    uh->high));
	spares_alloc(spare);
	unr_lock(uh);
	free_unr_locked(uh, item, &spare[0]);
	clean_unrhdrl(uh);
	unr_unlock(uh);
	spares_free(spare);
}

/* --- iteration ------------------------------------------------------------ */

/* Nothing may change while it is in use, but it can be freed at any time. */
struct unr_iter {
	struct unrhdr	*it_uh;
	u_int		it_next;	/* lowest number not looked at */
};

void *
create_iter_unr(struct unrhdr *uh)
{
	struct unr_iter *it;

	it = malloc(sizeof(*it), M_UNIT, M_WAITOK);
	it->it_uh = uh;
	it->it_next = 0;
	return (it);
}

/* The lowest allocated number not below n, or UINT_MAX. */
static u_int
unr_next(const struct unrhdr *uh, u_int n)
{
	struct unr *u;

	if (n < uh->first)
		return (n);
	TAILQ_FOREACH(u, &uh->head, u_link) {
		if (extent_end(u) <= n)
			continue;
		if (n < u->u_start)
			n = u->u_start;
		while (!extent_has(u, n))
			n++;
		return (n);
	}
	return (UINT_MAX);
}

int
next_iter_unr(void *handle)
{
	struct unr_iter *it = handle;
	u_int n;

	unr_lock(it->it_uh);
	n = unr_next(it->it_uh, it->it_next);
	unr_unlock(it->it_uh);
	if (n == UINT_MAX)
		return (-1);
	it->it_next = n + 1;
	return (it->it_uh->low + n);
}

void
free_iter_unr(void *handle)
{
	free(handle, M_UNIT);
}
