/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces of a vnet by name and by address.
 *
 * FreeBSD walks V_ifnet for both.  The answers here are the same, in constant
 * time: of several interfaces with one name the oldest on the list wins.
 *
 * An entry by name is a small object of its own that never changes, so that a
 * reader in the net epoch may look at it while the interface is renamed.  An
 * entry without interface keeps a name for somebody who is about to use it.
 */
#include "if_impl.h"

#define	IFNAMES_MIN	16		/* buckets of a new table */

/* All fields but the link are constant. */
struct ifname {
	CK_LIST_ENTRY(ifname)	in_link;	/* (i) */
	struct ifnet	*in_ifp;		/* NULL: name is kept */
	uint64_t	in_seq;			/* age of in_ifp on V_ifnet */
	char		in_name[IFNAMSIZ];
	struct epoch_context	in_ctx;
};

CK_LIST_HEAD(ifname_head, ifname);
LIST_HEAD(ifaddress_head, ifnet);

/*
 * Locks: (c) constant, (i) IFNET_WLOCK.
 */
struct ifnames {
	u_int		is_mask;		/* (c) buckets - 1 */
	u_int		is_count;		/* (i) entries by name */
	struct ifaddress_head	*is_byaddress;	/* (i) */
	struct epoch_context	is_ctx;
	struct ifname_head	is_byname[];	/* (i), readers: net epoch */
};

static uint64_t ifnames_seq;		/* (i) */

VNET_DEFINE(struct ifnames *, ifnames);

static struct ifname	*ifname_create(struct ifnames *is, const char *name,
			    struct ifnet *ifp);
static void	ifname_free(epoch_context_t ctx);
static void	ifnames_free(epoch_context_t ctx);
static void	ifnames_grow(void);

/* FNV-1a over at most IFNAMSIZ bytes. */
static u_int
hash_name(const char *name)
{
	uint32_t h = 2166136261U;
	int i;

	for (i = 0; i < IFNAMSIZ && name[i] != '\0'; i++)
		h = (h ^ (u_char)name[i]) * 16777619U;
	return (h);
}

static u_int
hash_address(const struct ifnet *ifp)
{
	uint64_t h = (uintptr_t)ifp;

	return ((h >> 4) * 0x9e3779b97f4a7c15ULL >> 32);
}

static struct ifnames *
ifnames_alloc(u_int buckets)
{
	struct ifnames *is;
	u_int i;

	is = malloc(sizeof(*is) + buckets * sizeof(is->is_byname[0]), M_IFNET,
	    M_WAITOK | M_ZERO);
	is->is_mask = buckets - 1;
	is->is_byaddress = mallocarray(buckets, sizeof(*is->is_byaddress),
	    M_IFNET, M_WAITOK | M_ZERO);
	for (i = 0; i < buckets; i++) {
		CK_LIST_INIT(&is->is_byname[i]);
		LIST_INIT(&is->is_byaddress[i]);
	}
	return (is);
}

void
ifnames_create(void)
{
	V_ifnames = ifnames_alloc(IFNAMES_MIN);
}

void
ifnames_destroy(void)
{
	struct ifnames *is = V_ifnames;

	KASSERT(is->is_count == 0, ("%s: %u names left", __func__,
	    is->is_count));
	V_ifnames = NULL;
	ifnames_free(&is->is_ctx);
}

/* Entries of one bucket stand in the order of their age. */
static void
ifname_insert(struct ifnames *is, struct ifname *in)
{
	struct ifname_head *head;
	struct ifname *it, *after = NULL;

	head = &is->is_byname[hash_name(in->in_name) & is->is_mask];
	CK_LIST_FOREACH(it, head, in_link) {
		if (it->in_seq > in->in_seq)
			break;
		after = it;
	}
	if (after == NULL)
		CK_LIST_INSERT_HEAD(head, in, in_link);
	else
		CK_LIST_INSERT_AFTER(after, in, in_link);
}

static struct ifname *
ifname_create(struct ifnames *is, const char *name, struct ifnet *ifp)
{
	struct ifname *in;

	in = malloc(sizeof(*in), M_IFNET, M_WAITOK | M_ZERO);
	strlcpy(in->in_name, name, sizeof(in->in_name));
	in->in_ifp = ifp;
	if (ifp != NULL) {
		in->in_seq = ifp->if_linkseq;
		ifp->if_nameref = in;
	}
	ifname_insert(is, in);
	return (in);
}

static void
ifname_free(epoch_context_t ctx)
{
	free(__containerof(ctx, struct ifname, in_ctx), M_IFNET);
}

static void
ifname_delete(struct ifname *in)
{
	CK_LIST_REMOVE(in, in_link);
	NET_EPOCH_RECLAIM(ifname_free, &in->in_ctx);
}

/* A table that was replaced goes together with its entries. */
static void
ifnames_free(epoch_context_t ctx)
{
	struct ifnames *is = __containerof(ctx, struct ifnames, is_ctx);
	struct ifname *in;
	u_int i;

	for (i = 0; i <= is->is_mask; i++)
		while ((in = CK_LIST_FIRST(&is->is_byname[i])) != NULL) {
			CK_LIST_REMOVE(in, in_link);
			free(in, M_IFNET);
		}
	free(is->is_byaddress, M_IFNET);
	free(is, M_IFNET);
}

/*
 * Doubles the table.  Readers may stand in the old one, so its entries are
 * copied and not moved.
 */
static void
ifnames_grow(void)
{
	struct ifnames *old = V_ifnames, *new;
	struct ifname *in;
	struct ifnet *ifp;
	u_int i;

	new = ifnames_alloc((old->is_mask + 1) * 2);
	new->is_count = old->is_count;
	for (i = 0; i <= old->is_mask; i++) {
		CK_LIST_FOREACH(in, &old->is_byname[i], in_link)
			ifname_create(new, in->in_name, in->in_ifp);
		while ((ifp = LIST_FIRST(&old->is_byaddress[i])) != NULL) {
			LIST_REMOVE(ifp, if_hashlink);
			LIST_INSERT_HEAD(&new->is_byaddress[
			    hash_address(ifp) & new->is_mask], ifp,
			    if_hashlink);
		}
	}
	__atomic_store_n(VNET_PTR(ifnames), new, __ATOMIC_RELEASE);
	NET_EPOCH_RECLAIM(ifnames_free, &old->is_ctx);
}

void
ifnames_link(struct ifnet *ifp)
{
	struct ifnames *is;

	IFNET_WLOCK_ASSERT();
	if (V_ifnames->is_count > V_ifnames->is_mask)
		ifnames_grow();
	is = V_ifnames;
	is->is_count++;
	ifp->if_linkseq = ++ifnames_seq;
	ifname_create(is, ifp->if_xname, ifp);
	LIST_INSERT_HEAD(&is->is_byaddress[hash_address(ifp) & is->is_mask],
	    ifp, if_hashlink);
}

void
ifnames_unlink(struct ifnet *ifp)
{
	IFNET_WLOCK_ASSERT();
	V_ifnames->is_count--;
	LIST_REMOVE(ifp, if_hashlink);
	ifname_delete(ifp->if_nameref);
	ifp->if_nameref = NULL;
}

/* The new entry comes first: no reader finds the interface under no name. */
void
ifnames_rename(struct ifnet *ifp, const char *name)
{
	struct ifname *old = ifp->if_nameref;

	IFNET_WLOCK_ASSERT();
	ifname_create(V_ifnames, name, ifp);
	ifname_delete(old);
}

struct ifnet *
ifnames_find(const char *name)
{
	struct ifnames *is;
	struct ifname *in;

	NET_EPOCH_ASSERT();
	is = __atomic_load_n(VNET_PTR(ifnames), __ATOMIC_ACQUIRE);
	CK_LIST_FOREACH(in, &is->is_byname[hash_name(name) & is->is_mask],
	    in_link)
		if (in->in_ifp != NULL &&
		    strncmp(in->in_name, name, IFNAMSIZ) == 0)
			return (in->in_ifp);
	return (NULL);
}

bool
ifnames_listed(const struct ifnet *ifp)
{
	struct ifnames *is = V_ifnames;
	struct ifnet *it;

	IFNET_WLOCK_ASSERT();
	LIST_FOREACH(it, &is->is_byaddress[hash_address(ifp) & is->is_mask],
	    if_hashlink)
		if (it == ifp)
			return (true);
	return (false);
}

static struct ifname *
ifname_lookup(const char *name)
{
	struct ifnames *is = V_ifnames;
	struct ifname *in;

	CK_LIST_FOREACH(in, &is->is_byname[hash_name(name) & is->is_mask],
	    in_link)
		if (strncmp(in->in_name, name, IFNAMSIZ) == 0)
			return (in);
	return (NULL);
}

static bool
ifname_kept(const char *name)
{
	const struct ifname *in = ifname_lookup(name);

	return (in != NULL && in->in_ifp == NULL);
}

/*
 * What is kept as "epair0" is kept for its halves, epair0a and epair0b, and
 * the other way round: the driver makes these names up when it has the unit.
 */
static bool
ifname_kept_in_part(const char *name)
{
	char other[IFNAMSIZ];
	size_t len = strlcpy(other, name, sizeof(other));

	if (len >= 2 && (name[len - 1] == 'a' || name[len - 1] == 'b')) {
		other[len - 1] = '\0';
		return (ifname_kept(other));
	}
	if (len + 1 >= sizeof(other))
		return (false);
	other[len + 1] = '\0';
	other[len] = 'a';
	if (ifname_kept(other))
		return (true);
	other[len] = 'b';
	return (ifname_kept(other));
}

int
ifnames_reserve(const char *name)
{
	int error = 0;

	IFNET_WLOCK();
	if (ifname_lookup(name) != NULL || ifname_kept_in_part(name))
		error = EEXIST;
	else {
		ifname_create(V_ifnames, name, NULL);
		V_ifnames->is_count++;
	}
	IFNET_WUNLOCK();
	return (error);
}

/* What is kept has age 0 and stands in front of interfaces of that name. */
void
ifnames_release(const char *name)
{
	struct ifname *in;

	IFNET_WLOCK();
	in = ifname_lookup(name);
	MPASS(in != NULL && in->in_ifp == NULL);
	ifname_delete(in);
	V_ifnames->is_count--;
	IFNET_WUNLOCK();
}
