/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * IPv4 and IPv6 address lists of jails that share a network stack.
 *
 * A list is never changed: a new one takes its place, and the old one is
 * freed when nobody in the network epoch can look at it any more.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include <stdlib.h>

#include "jail_private.h"

/* The first address is the primary one, the others ascend.  All constant. */
struct prison_ip {
	struct epoch_context	ip_ctx;
	pr_family_t		ip_family;
	int			ip_count;
	char			ip_bytes[] __aligned(8);
};

const unsigned pr_family_user[PR_FAMILY_MAX] = { PR_IP4_USER, PR_IP6_USER };
const unsigned pr_family_flag[PR_FAMILY_MAX] = { PR_IP4, PR_IP6 };

static const size_t ip_size[PR_FAMILY_MAX] = {
	sizeof(struct in_addr), sizeof(struct in6_addr)
};

/* Addresses are in network order: comparing bytes sorts them. */
static int
ip4_compare(const void *a, const void *b)
{
	return (memcmp(a, b, sizeof(struct in_addr)));
}

static int
ip6_compare(const void *a, const void *b)
{
	return (memcmp(a, b, sizeof(struct in6_addr)));
}

static int (* const ip_compare[PR_FAMILY_MAX])(const void *, const void *) = {
	ip4_compare, ip6_compare
};

/* The i-th address of a list. */
static const void *
ip_at(const struct prison_ip *list, int i)
{
	return (list->ip_bytes + i * ip_size[list->ip_family]);
}

/* Neither "any" nor the broadcast address is one that a jail can have. */
static bool
ip_valid(pr_family_t af, const void *address)
{
	static const char zero[sizeof(struct in6_addr)];
	uint32_t broadcast = INADDR_BROADCAST;

	return (memcmp(address, zero, ip_size[af]) != 0 &&
	    (af != PR_INET ||
	    memcmp(address, &broadcast, sizeof(broadcast)) != 0));
}

/* Room for n addresses; only M_NOWAIT can fail. */
static struct prison_ip *
ip_new(pr_family_t af, int n, int flags)
{
	struct prison_ip *list;

	list = malloc(sizeof(*list) + n * ip_size[af], M_PRISON, flags);
	MPASS(list != NULL || (flags & M_WAITOK) == 0);
	if (list != NULL) {
		list->ip_family = af;
		list->ip_count = n;
	}
	return (list);
}

/* The primary address is not in the sorted part. */
static bool
ip_find(const struct prison_ip *list, const void *address)
{
	size_t size = ip_size[list->ip_family];

	return (memcmp(list->ip_bytes, address, size) == 0 ||
	    bsearch(address, ip_at(list, 1), list->ip_count - 1, size,
	    ip_compare[list->ip_family]) != NULL);
}

/* Sorted neighbours, and the primary address against all. */
static bool
ip_all_different(const struct prison_ip *list)
{
	size_t size = ip_size[list->ip_family];
	int i;

	for (i = 1; i < list->ip_count; i++)
		if (memcmp(ip_at(list, i), ip_at(list, 0), size) == 0 ||
		    (i > 1 &&
		    memcmp(ip_at(list, i), ip_at(list, i - 1), size) == 0))
			return (false);
	return (true);
}

/* Checked before any lock is taken, since it sleeps. */
int
prison_ip_alloc(pr_family_t af, const void *addresses, int n,
    struct prison_ip **listp)
{
	struct prison_ip *list;
	int i;

	*listp = NULL;
	if (n == 0)
		return (0);
	list = ip_new(af, n, M_WAITOK);
	memcpy(list->ip_bytes, addresses, n * ip_size[af]);
	if (n > 1)
		qsort(__DECONST(void *, ip_at(list, 1)), n - 1, ip_size[af],
		    ip_compare[af]);
	for (i = 0; i < n && ip_valid(af, ip_at(list, i)); i++)
		;
	if (i < n || !ip_all_different(list)) {
		free(list, M_PRISON);
		return (EINVAL);
	}
	*listp = list;
	return (0);
}

void
prison_ip_free_now(struct prison_ip *list)
{
	free(list, M_PRISON);
}

static void
ip_free_deferred(struct epoch_context *ctx)
{
	free(__containerof(ctx, struct prison_ip, ip_ctx), M_PRISON);
}

/* Readers in the network epoch may still look at it. */
void
prison_ip_free(struct prison_ip *list)
{
	if (list != NULL)
		NET_EPOCH_CALL(ip_free_deferred, &list->ip_ctx);
}

/* A jail with a stack of its own has no say in its children's addresses. */
int
prison_ip_allowed(const struct prison *ppr, pr_family_t af,
    const struct prison_ip *list)
{
	const struct prison_ip *plist = ppr->pr_addrs[af];
	int i;

	if (list == NULL || ppr == &prison0 ||
	    (ppr->pr_flags & PR_VNET) != 0 ||
	    (ppr->pr_flags & pr_family_flag[af]) == 0)
		return (0);
	if (plist == NULL)
		return (EPERM);
	for (i = 0; i < list->ip_count; i++)
		if (!ip_find(plist, ip_at(list, i)))
			return (EPERM);
	return (0);
}

/* Two jails with one address each may share it. */
static bool
ip_clash(const struct prison_ip *a, const struct prison_ip *b)
{
	int i;

	if (a == NULL || b == NULL || (a->ip_count == 1 && b->ip_count == 1))
		return (false);
	for (i = 0; i < a->ip_count; i++)
		if (ip_find(b, ip_at(a, i)))
			return (true);
	return (false);
}

/*
 * Only jails that share a stack can be in each other's way: those below the
 * next owner of one.
 */
int
prison_ip_conflict(const struct prison *pr, struct prison *ppr,
    pr_family_t af, const struct prison_ip *list)
{
	struct prison *top, *tpr;
	int descend;

	sx_assert(&allprison_lock, SA_LOCKED);
	for (top = ppr; (top->pr_flags & PR_VNET) == 0; top = top->pr_parent)
		;
	FOREACH_PRISON_DESCENDANT(top, tpr, descend) {
		if (tpr == pr || !prison_isalive(tpr) ||
		    (tpr->pr_flags & PR_VNET) != 0) {
			descend = 0;
			continue;
		}
		/* A jail has its addresses from its parent: no clash. */
		if ((tpr->pr_flags & pr_family_user[af]) == 0 ||
		    prison_ischild(tpr, pr))
			continue;
		/* What is below it has only addresses out of its list. */
		descend = 0;
		if (ip_clash(list, tpr->pr_addrs[af]))
			return (EADDRINUSE);
	}
	return (0);
}

/* The list becomes visible as a whole. */
void
prison_ip_set(struct prison *pr, pr_family_t af, struct prison_ip *list)
{
	struct prison_ip *old;

	mtx_assert(&pr->pr_mtx, MA_OWNED);
	old = pr->pr_addrs[af];
	__atomic_store_n(&pr->pr_addrs[af], list, __ATOMIC_RELEASE);
	prison_ip_free(old);
}

static void
ip_copy(struct prison_ip *new, const struct prison_ip *list)
{
	memcpy(new->ip_bytes, list->ip_bytes,
	    list->ip_count * ip_size[list->ip_family]);
}

void
prison_ip_inherit(struct prison *pr, const struct prison *ppr,
    pr_family_t af)
{
	const struct prison_ip *list = ppr->pr_addrs[af];

	if (list == NULL)
		return;
	pr->pr_addrs[af] = ip_new(af, list->ip_count, M_WAITOK);
	ip_copy(pr->pr_addrs[af], list);
}

/* How many addresses of `list` are also in `plist`. */
static int
ip_common(const struct prison_ip *list, const struct prison_ip *plist)
{
	int i, n = 0;

	for (i = 0; plist != NULL && i < list->ip_count; i++)
		n += ip_find(plist, ip_at(list, i));
	return (n);
}

/* Its own list, without what its parent has no more. */
static void
ip_cut(struct prison_ip *new, const struct prison_ip *list,
    const struct prison_ip *plist)
{
	size_t size = ip_size[list->ip_family];
	char *p = new->ip_bytes;
	int i;

	for (i = 0; i < list->ip_count; i++) {
		if (ip_find(plist, ip_at(list, i))) {
			memcpy(p, ip_at(list, i), size);
			p += size;
		}
	}
}

/* The caller's spare list, or what can be had without sleeping. */
static struct prison_ip *
ip_take(pr_family_t af, int n, struct prison_ip **spare)
{
	struct prison_ip *list = *spare;

	if (list == NULL)
		return (ip_new(af, n, M_NOWAIT));
	*spare = NULL;
	list->ip_count = n;
	return (list);
}

/* One descendant: its list follows its parent's.  False: no memory. */
static bool
ip_follow_parent(struct prison *pr, pr_family_t af, struct prison_ip **spare)
{
	const struct prison_ip *plist = pr->pr_parent->pr_addrs[af];
	struct prison_ip *list = pr->pr_addrs[af], *new = NULL;
	bool own = (pr->pr_flags & pr_family_user[af]) != 0;
	int n;

	n = plist == NULL ? 0 : plist->ip_count;
	if (own) {
		if (list == NULL)
			return (true);
		n = ip_common(list, plist);
		if (n == list->ip_count)
			return (true);
	}
	if (n != 0) {
		if ((new = ip_take(af, n, spare)) == NULL)
			return (false);
		if (own)
			ip_cut(new, list, plist);
		else
			ip_copy(new, plist);
	}
	pr_flags_set(pr, pr->pr_parent->pr_flags & pr_family_flag[af], 0);
	prison_ip_set(pr, af, new);
	return (true);
}

/* A stack of its own is the end of a jail's influence. */
#define	FOREACH_SHARING_VNET(pr, tpr, descend)				\
	FOREACH_PRISON_DESCENDANT((pr), (tpr), (descend))		\
		if ((tpr)->pr_flags & PR_VNET)				\
			(descend) = 0;					\
		else

/*
 * Under the mutexes, so without sleeping; a list that cannot be had now is
 * left for a second round.
 */
bool
prison_ip_restrict(struct prison *pr, pr_family_t af)
{
	struct prison_ip *none = NULL;
	struct prison *tpr;
	int descend;
	bool done = true;

	sx_assert(&allprison_lock, SA_XLOCKED);
	mtx_assert(&pr->pr_mtx, MA_OWNED);
	FOREACH_SHARING_VNET(pr, tpr, descend) {
		mtx_lock(&tpr->pr_mtx);
		if (!ip_follow_parent(tpr, af, &none)) {
			done = false;
			descend = 0;
		}
		mtx_unlock(&tpr->pr_mtx);
	}
	return (done);
}

/*
 * Nobody else can change a list while allprison_lock is held exclusively, and
 * no list below is longer than the one on top.
 */
void
prison_ip_restrict_wait(struct prison *pr, pr_family_t af)
{
	const struct prison_ip *list = pr->pr_addrs[af];
	struct prison_ip *spare = NULL;
	struct prison *tpr;
	int descend;
	bool done __diagused;

	sx_assert(&allprison_lock, SA_XLOCKED);
	FOREACH_SHARING_VNET(pr, tpr, descend) {
		if (spare == NULL && list != NULL)
			spare = ip_new(af, list->ip_count, M_WAITOK);
		mtx_lock(&tpr->pr_mtx);
		done = ip_follow_parent(tpr, af, &spare);
		mtx_unlock(&tpr->pr_mtx);
		MPASS(done);
	}
	prison_ip_free_now(spare);
}

const void *
prison_ip_bytes(const struct prison *pr, pr_family_t af, int *len)
{
	const struct prison_ip *list = pr->pr_addrs[af];

	*len = list != NULL ? list->ip_count * ip_size[af] : 0;
	return (list != NULL ? list->ip_bytes : NULL);
}

/* --- questions of the protocols ------------------------------------------- */

/*
 * The list that counts, or the answer without one in *errorp: 0 where the
 * family is not restricted, EAFNOSUPPORT where it is disabled.
 */
static const struct prison_ip *
ip_list(const struct ucred *cred, pr_family_t af, int *errorp)
{
	const struct prison *pr = cred->cr_prison;
	const struct prison_ip *list;

	*errorp = 0;
	if ((pr_flags_load(pr) & pr_family_flag[af]) == 0)
		return (NULL);
	list = __atomic_load_n(&pr->pr_addrs[af], __ATOMIC_ACQUIRE);
	if (list == NULL)
		*errorp = EAFNOSUPPORT;
	return (list);
}

/* A list that is replaced meanwhile stays readable until the epoch ends. */
static int
ip_check(const struct ucred *cred, pr_family_t af, const void *address)
{
	const struct prison_ip *list;
	struct epoch_tracker et;
	int error;

	NET_EPOCH_ENTER(et);
	list = ip_list(cred, af, &error);
	if (list != NULL && !ip_find(list, address))
		error = EADDRNOTAVAIL;
	NET_EPOCH_EXIT(et);
	return (error);
}

static int
ip_get(const struct ucred *cred, pr_family_t af, void *address)
{
	const struct prison_ip *list;
	struct epoch_tracker et;
	int error;

	NET_EPOCH_ENTER(et);
	list = ip_list(cred, af, &error);
	if (list != NULL)
		memcpy(address, ip_at(list, 0), ip_size[af]);
	NET_EPOCH_EXIT(et);
	return (error);
}

int
prison_check_ip4(const struct ucred *cred, const struct in_addr *ia)
{
	return (ip_check(cred, PR_INET, ia));
}

int
prison_check_ip6(const struct ucred *cred, const struct in6_addr *ia6)
{
	return (ip_check(cred, PR_INET6, ia6));
}

int
prison_get_ip4(struct ucred *cred, struct in_addr *ia)
{
	return (ip_get(cred, PR_INET, ia));
}

int
prison_get_ip6(struct ucred *cred, struct in6_addr *ia6)
{
	return (ip_get(cred, PR_INET6, ia6));
}

/* FreeBSD's AF_*; a jail without allow.socket_af may use these only. */
#define	FBSD_AF_UNIX	1
#define	FBSD_AF_INET	2
#define	FBSD_AF_ROUTE	17
#define	FBSD_AF_INET6	28
#define	FBSD_AF_NETLINK	38

/* Families that say nothing about addresses are open to every jail. */
int
prison_check_af(const struct ucred *cred, int af)
{
	int error;

	if (prison_owns_vnet(cred->cr_prison))
		return (0);
	switch (af) {
	case FBSD_AF_INET:
		(void)ip_list(cred, PR_INET, &error);
		return (error);
	case FBSD_AF_INET6:
		(void)ip_list(cred, PR_INET6, &error);
		return (error);
	case FBSD_AF_UNIX:
	case FBSD_AF_ROUTE:
	case FBSD_AF_NETLINK:
		return (0);
	default:
		return (prison_allow(cred, PR_ALLOW_SOCKET_AF) ? 0 :
		    EAFNOSUPPORT);
	}
}
