/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Multicast groups that an interface has joined.
 *
 * A protocol address may have a link-level form, which is an entry of its own
 * that the first one holds.  Entries are counted under if_addr_lock.
 */
#include "if_impl.h"

#include <sys/sockio.h>
#include <sys/taskqueue.h>

static void	if_siocaddmulti(void *arg, int pending);

static bool
sa_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	return (a->sa_len == b->sa_len && memcmp(a, b, a->sa_len) == 0);
}

/* Link-level addresses are the same if type and bytes are. */
static bool
sdl_equal(const struct sockaddr_dl *a, const struct sockaddr_dl *b)
{
	return (a->sdl_len == b->sdl_len && a->sdl_alen == b->sdl_alen &&
	    memcmp(CLLADDR(a), CLLADDR(b), a->sdl_alen) == 0);
}

struct ifmultiaddr *
if_findmulti(if_t ifp, const struct sockaddr *sa)
{
	struct ifmultiaddr *ifma;

	IF_ADDR_LOCK_ASSERT(ifp);
	CK_STAILQ_FOREACH(ifma, &ifp->if_multiaddrs, ifma_link) {
		if (ifma->ifma_addr->sa_family != sa->sa_family)
			continue;
		if (sa->sa_family == AF_LINK ?
		    sdl_equal((const void *)ifma->ifma_addr,
		    (const void *)sa) : sa_equal(ifma->ifma_addr, sa))
			return (ifma);
	}
	return (NULL);
}

static struct ifmultiaddr *
ifma_alloc(struct ifnet *ifp, const struct sockaddr *sa,
    const struct sockaddr *llsa, int flags)
{
	struct ifmultiaddr *ifma;

	ifma = malloc(sizeof(*ifma), M_IFMADDR, flags | M_ZERO);
	if (ifma == NULL)
		return (NULL);
	ifma->ifma_addr = malloc(sa->sa_len, M_IFMADDR, flags);
	if (ifma->ifma_addr == NULL)
		goto free_ifma;
	memcpy(ifma->ifma_addr, sa, sa->sa_len);
	ifma->ifma_ifp = ifp;
	ifma->ifma_refcount = 1;
	if (llsa == NULL)
		return (ifma);
	ifma->ifma_lladdr = malloc(llsa->sa_len, M_IFMADDR, flags);
	if (ifma->ifma_lladdr == NULL)
		goto free_addr;
	memcpy(ifma->ifma_lladdr, llsa, llsa->sa_len);
	return (ifma);

free_addr:
	free(ifma->ifma_addr, M_IFMADDR);
free_ifma:
	free(ifma, M_IFMADDR);
	return (NULL);
}

static void
ifma_destroy(epoch_context_t ctx)
{
	struct ifmultiaddr *ifma;

	ifma = __containerof(ctx, struct ifmultiaddr, ifma_epoch_ctx);
	free(ifma->ifma_lladdr, M_IFMADDR);
	free(ifma->ifma_addr, M_IFMADDR);
	free(ifma, M_IFMADDR);
}

static void
ifma_insert(struct ifnet *ifp, struct ifmultiaddr *ifma)
{
	ifma->ifma_flags |= IFMA_F_ENQUEUED;
	CK_STAILQ_INSERT_HEAD(&ifp->if_multiaddrs, ifma, ifma_link);
}

/*
 * Off the list and one reference less; the last one frees, together with the
 * reference on the link-level form.  Returns true if the driver's filter has
 * changed by it.
 */
static bool
ifma_release(struct ifmultiaddr *ifma)
{
	struct ifnet *ifp = ifma->ifma_ifp;
	struct ifmultiaddr *ll = ifma->ifma_llifma;

	if (--ifma->ifma_refcount > 0)
		return (false);
	if (ifp != NULL && (ifma->ifma_flags & IFMA_F_ENQUEUED) != 0) {
		IF_ADDR_WLOCK_ASSERT(ifp);
		CK_STAILQ_REMOVE(&ifp->if_multiaddrs, ifma, ifmultiaddr,
		    ifma_link);
		ifma->ifma_flags &= ~IFMA_F_ENQUEUED;
	}
	if (ll != NULL)
		ifma_release(ll);
	NET_EPOCH_RECLAIM(ifma_destroy, &ifma->ifma_epoch_ctx);
	return (ll == NULL || ifma->ifma_lladdr != NULL);
}

/* The entry for a link-level form: found and counted, or made. */
static int
ifma_join_lladdr(struct ifnet *ifp, struct ifmultiaddr *ifma,
    const struct sockaddr *llsa)
{
	struct ifmultiaddr *ll;

	IF_ADDR_WLOCK_ASSERT(ifp);
	if ((ll = if_findmulti(ifp, llsa)) != NULL)
		ll->ifma_refcount++;
	else {
		if ((ll = ifma_alloc(ifp, llsa, NULL, M_NOWAIT)) == NULL)
			return (ENOMEM);
		ifma_insert(ifp, ll);
	}
	ifma->ifma_llifma = ll;
	return (0);
}

int
if_addmulti(if_t ifp, struct sockaddr *sa, struct ifmultiaddr **retifma)
{
	struct sockaddr_dl sdl = { .sdl_len = sizeof(sdl) };
	struct sockaddr *llsa = NULL;
	struct ifmultiaddr *ifma;
	int error = 0;

	/* The method fills in the room it is given, or sets it to NULL. */
	if (ifp->if_resolvemulti != NULL) {
		llsa = (struct sockaddr *)&sdl;
		error = ifp->if_resolvemulti(ifp, &llsa, sa);
		if (error != 0)
			return (error);
	}
	IF_ADDR_WLOCK(ifp);
	if ((ifma = if_findmulti(ifp, sa)) != NULL) {
		ifma->ifma_refcount++;
		IF_ADDR_WUNLOCK(ifp);
		goto out;
	}
	if ((ifma = ifma_alloc(ifp, sa, llsa, M_NOWAIT)) == NULL)
		error = ENOMEM;
	else if (llsa != NULL &&
	    (error = ifma_join_lladdr(ifp, ifma, llsa)) != 0)
		ifma_destroy(&ifma->ifma_epoch_ctx);
	if (error != 0) {
		IF_ADDR_WUNLOCK(ifp);
		return (error);
	}
	ifma_insert(ifp, ifma);
	IF_ADDR_WUNLOCK(ifp);
	rt_newmaddrmsg("RTM_NEWMADDR", ifma);
	/*
	 * The driver's filter.  Its ioctl may sleep, which the caller, perhaps
	 * in the net epoch, may not.
	 */
	if (IF_METHOD(ifp, if_ioctl) != NULL)
		taskqueue_enqueue(taskqueue_swi, &ifp->if_addmultitask);
out:
	if (retifma != NULL)
		*retifma = ifma;
	return (0);
}

static void
if_siocaddmulti(void *arg, int pending __unused)
{
	struct ifnet *ifp = arg;

	CURVNET_SET(if_getvnet(ifp));
	(void)if_ioctl(ifp, SIOCADDMULTI, NULL);
	CURVNET_RESTORE();
}

void
if_multi_init(struct ifnet *ifp)
{
	TASK_INIT(&ifp->if_addmultitask, 0, if_siocaddmulti, ifp);
}

void
if_multi_drain(struct ifnet *ifp)
{
	taskqueue_drain(taskqueue_swi, &ifp->if_addmultitask);
}

void
if_delmulti_ifma(struct ifmultiaddr *ifma)
{
	struct ifnet *ifp = ifma->ifma_ifp;
	bool last;

	if (ifp == NULL) {
		/* The interface has gone first; only the memory is left. */
		ifma_release(ifma);
		return;
	}
	IF_ADDR_WLOCK(ifp);
	last = ifma->ifma_refcount == 1;
	if (last)
		rt_newmaddrmsg("RTM_DELMADDR", ifma);
	last = ifma_release(ifma);
	IF_ADDR_WUNLOCK(ifp);
	if (last && IF_METHOD(ifp, if_ioctl) != NULL)
		(void)if_ioctl(ifp, SIOCDELMULTI, NULL);
}

int
if_delmulti(if_t ifp, struct sockaddr *sa)
{
	struct ifmultiaddr *ifma;

	IF_ADDR_WLOCK(ifp);
	ifma = if_findmulti(ifp, sa);
	IF_ADDR_WUNLOCK(ifp);
	if (ifma == NULL)
		return (ENOENT);
	if_delmulti_ifma(ifma);
	return (0);
}

/*
 * The interface's end of every membership.  Protocols may hold entries for
 * longer; they find them without an interface.
 */
void
if_purgemaddrs(if_t ifp)
{
	struct ifmultiaddr *ifma, *ll;

	IF_ADDR_WLOCK(ifp);
again:
	CK_STAILQ_FOREACH(ifma, &ifp->if_multiaddrs, ifma_link)
		if ((ll = ifma->ifma_llifma) != NULL) {
			ifma->ifma_llifma = NULL;
			ifma_release(ll);
			goto again;
		}
	while ((ifma = CK_STAILQ_FIRST(&ifp->if_multiaddrs)) != NULL) {
		CK_STAILQ_REMOVE_HEAD(&ifp->if_multiaddrs, ifma_link);
		ifma->ifma_flags &= ~IFMA_F_ENQUEUED;
		rt_newmaddrmsg("RTM_DELMADDR", ifma);
		ifma->ifma_ifp = NULL;
		ifma_release(ifma);
	}
	IF_ADDR_WUNLOCK(ifp);
}
