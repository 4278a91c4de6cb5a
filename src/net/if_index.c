/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The index table: one for all vnets, so that an index survives a move.
 *
 * A slot remembers by its generation how many interfaces it has had.  A pair
 * (index, generation) can be kept across epoch sections and never leads to
 * another interface (until the 16 bits wrap).
 */
#include "if_impl.h"

#define	IFINDEX_MIN	8		/* slots of the first table */
#define	IFINDEX_WORD	64		/* slots a word of the bitmap */

struct ifindex_entry {
	struct ifnet	*ife_ifnet;
	uint16_t	ife_gencnt;
};

/*
 * Written under IFNET_WLOCK, read in the net epoch.  Slot 0 is never used.
 */
static struct ifindex_entry *ifindex_table;
u_int if_index;				/* highest slot in use */
static u_int if_indexlim;		/* slots there are */

/*
 * Which slots are taken, and which words of that are full: finding the
 * lowest free slot must not depend on how many are taken.  IFNET_WLOCK.
 */
static uint64_t *ifindex_used;
static uint64_t *ifindex_full;

static u_int
bitmap_words(u_int bits)
{
	return (howmany(bits, IFINDEX_WORD));
}

static void
ifindex_bitmap_alloc(u_int limit)
{
	u_int words = bitmap_words(limit + 1), oldwords;
	uint64_t *used, *full;

	used = mallocarray(words, sizeof(*used), M_IFNET, M_WAITOK | M_ZERO);
	full = mallocarray(bitmap_words(words + 1), sizeof(*full), M_IFNET,
	    M_WAITOK | M_ZERO);
	if (ifindex_used != NULL) {
		oldwords = bitmap_words(if_indexlim + 1);
		memcpy(used, ifindex_used, oldwords * sizeof(*used));
		memcpy(full, ifindex_full,
		    bitmap_words(oldwords + 1) * sizeof(*full));
		free(ifindex_used, M_IFNET);
		free(ifindex_full, M_IFNET);
	}
	ifindex_used = used;
	ifindex_full = full;
}

static void
ifindex_mark(u_int idx, bool used)
{
	u_int word = idx / IFINDEX_WORD;
	uint64_t *sum = &ifindex_full[word / IFINDEX_WORD];

	if (used)
		ifindex_used[word] |= 1ULL << (idx % IFINDEX_WORD);
	else
		ifindex_used[word] &= ~(1ULL << (idx % IFINDEX_WORD));
	if (ifindex_used[word] == UINT64_MAX)
		*sum |= 1ULL << (word % IFINDEX_WORD);
	else
		*sum &= ~(1ULL << (word % IFINDEX_WORD));
}

/* May be if_indexlim: the bitmaps have a bit more than there are slots. */
static u_int
ifindex_lowest(void)
{
	u_int sum, word;

	for (sum = 0; ifindex_full[sum] == UINT64_MAX; sum++)
		;
	word = sum * IFINDEX_WORD + __builtin_ctzll(~ifindex_full[sum]);
	return (word * IFINDEX_WORD + __builtin_ctzll(~ifindex_used[word]));
}

void
ifindex_init(void)
{
	if_index = 0;
	if_indexlim = IFINDEX_MIN;
	ifindex_used = ifindex_full = NULL;
	ifindex_bitmap_alloc(if_indexlim);
	ifindex_mark(0, true);
	ifindex_table = mallocarray(if_indexlim, sizeof(*ifindex_table),
	    M_IFNET, M_WAITOK | M_ZERO);
}

void
ifindex_uninit(void)
{
	free(ifindex_table, M_IFNET);
	free(ifindex_used, M_IFNET);
	free(ifindex_full, M_IFNET);
	ifindex_table = NULL;
	ifindex_used = ifindex_full = NULL;
}

/*
 * Doubles the table.  Whoever reads the old one is waited for with the list
 * lock held, which readers do not need.
 */
static void
ifindex_grow(void)
{
	struct ifindex_entry *old = ifindex_table, *new;
	u_int limit = if_indexlim * 2;

	new = mallocarray(limit, sizeof(*new), M_IFNET, M_WAITOK | M_ZERO);
	memcpy(new, old, if_indexlim * sizeof(*new));
	ifindex_bitmap_alloc(limit);
	if_indexlim = limit;
	__atomic_store_n(&ifindex_table, new, __ATOMIC_RELEASE);
	/* index-table-replaced-under-reader: nobody was waited for. */
	if (!BUG(INDEX_TABLE_FREED))
		NET_EPOCH_WAIT();
	free(old, M_IFNET);
}

void
ifindex_alloc(struct ifnet *ifp)
{
	u_int idx;

	IFNET_WLOCK_ASSERT();
	idx = ifindex_lowest();
	if (idx >= if_indexlim)
		ifindex_grow();
	ifindex_mark(idx, true);
	if (idx > if_index)
		__atomic_store_n(&if_index, idx, __ATOMIC_RELEASE);
	ifp->if_index = idx;
	ifp->if_idxgen = ifindex_table[idx].ife_gencnt;
	__atomic_store_n(&ifindex_table[idx].ife_ifnet, ifp, __ATOMIC_RELEASE);
}

void
ifindex_free(struct ifnet *ifp)
{
	struct ifindex_entry *ife = &ifindex_table[ifp->if_index];
	u_int top = if_index;

	IFNET_WLOCK_ASSERT();
	MPASS(ife->ife_ifnet == ifp);
	__atomic_store_n(&ife->ife_ifnet, NULL, __ATOMIC_RELEASE);
	__atomic_store_n(&ife->ife_gencnt, ife->ife_gencnt + 1,
	    __ATOMIC_RELEASE);
	ifindex_mark(ifp->if_index, false);
	while (top > 0 && ifindex_table[top].ife_ifnet == NULL)
		top--;
	__atomic_store_n(&if_index, top, __ATOMIC_RELEASE);
}

/* The slot of an index, NULL if there is none; net epoch. */
static struct ifindex_entry *
ifindex_slot(u_int idx)
{
	struct ifindex_entry *table;

	if (idx == 0 || idx > __atomic_load_n(&if_index, __ATOMIC_ACQUIRE))
		return (NULL);
	table = __atomic_load_n(&ifindex_table, __ATOMIC_ACQUIRE);
	return (&table[idx]);
}

bool
ifindex_holds(const struct ifnet *ifp)
{
	struct epoch_tracker et;
	struct ifindex_entry *ife;
	bool holds;

	NET_EPOCH_ENTER(et);
	ife = ifindex_slot(ifp->if_index);
	holds = ife != NULL &&
	    __atomic_load_n(&ife->ife_ifnet, __ATOMIC_ACQUIRE) == ifp;
	NET_EPOCH_EXIT(et);
	return (holds);
}

struct ifnet *
ifnet_byindex(u_int idx)
{
	struct ifindex_entry *ife;
	struct ifnet *ifp;

	NET_EPOCH_ASSERT();
	if ((ife = ifindex_slot(idx)) == NULL)
		return (NULL);
	ifp = __atomic_load_n(&ife->ife_ifnet, __ATOMIC_ACQUIRE);
	if (ifp != NULL && curvnet != NULL && if_getvnet(ifp) != curvnet)
		return (NULL);
	return (ifp);
}

/*
 * byindex-ref-zombie, index-cleared-after-last-ref: a count that is zero
 * already is raised again.
 */
static struct ifnet *
ifindex_ref_blindly(struct ifnet *ifp)
{
	if (ifp == NULL || (!BUG(INDEX_CLEARED_LATE) &&
	    (if_getflags(ifp) & IFF_DYING) != 0))
		return (NULL);
	/* index-finds-unnamed-interface is another one. */
	if (if_getdname(ifp) == NULL)
		return (NULL);
	(void)refcount_acquire(&ifp->if_refcount);
	VS_LEDGER(hold, VS_IFNET, ifp, NULL);
	return (ifp);
}

struct ifnet *
ifnet_byindex_ref(u_int idx)
{
	struct ifnet *ifp = ifnet_byindex(idx);

	if (BUG(BYINDEX_ZOMBIE) || BUG(INDEX_CLEARED_LATE))
		return (ifindex_ref_blindly(ifp));
	if (ifp == NULL || (if_getflags(ifp) & IFF_DYING) != 0)
		return (NULL);
	/* Before its attach an interface has neither name nor methods. */
	if (if_gethomevnet(ifp) == NULL && !BUG(INDEX_UNNAMED) &&
	    !BUG(INDEX_TOO_EARLY))
		return (NULL);
	return (if_try_ref(ifp) ? ifp : NULL);
}

struct ifnet *
ifnet_byindexgen(u_int idx, u_short gen)
{
	struct ifindex_entry *ife;

	NET_EPOCH_ASSERT();
	ife = ifindex_slot(idx);
	if (ife == NULL ||
	    __atomic_load_n(&ife->ife_gencnt, __ATOMIC_ACQUIRE) != gen)
		return (NULL);
	return (__atomic_load_n(&ife->ife_ifnet, __ATOMIC_ACQUIRE));
}

void
ifindex_foreach(void (*fn)(struct ifnet *, void *), void *arg)
{
	u_int i;

	sx_assert(&ifnet_sxlock, SA_LOCKED);
	for (i = 1; i <= if_index; i++)
		if (ifindex_table[i].ife_ifnet != NULL)
			fn(ifindex_table[i].ife_ifnet, arg);
}
