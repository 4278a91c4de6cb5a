/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Protocol domains and what they keep at interfaces.
 *
 * The data is made before an interface is listed.  On the way out it is
 * hidden first and given back after a grace period, so that a late reader
 * finds nothing rather than freed memory.
 */
#include "if_impl.h"

#include <sys/domain.h>

struct domainhead domains = SLIST_HEAD_INITIALIZER(domains);
int domain_init_status;
static int domain_ifslots;

void
domain_add(struct domain *dom)
{
	if (dom->dom_ifattach != NULL) {
		KASSERT(domain_ifslots < IF_AFDATA_SLOTS,
		    ("%s: no slot for %s", __func__, dom->dom_name));
		dom->dom_ifslot = domain_ifslots++;
	}
	SLIST_INSERT_HEAD(&domains, dom, dom_next);
}

struct domain *
domain_find(int family)
{
	struct domain *dom;

	SLIST_FOREACH(dom, &domains, dom_next)
		if (dom->dom_family == family)
			return (dom);
	return (NULL);
}

void *
if_getafdata(const if_t ifp, int af)
{
	struct domain *dom = domain_find(af);

	if (dom == NULL || dom->dom_ifattach == NULL)
		return (NULL);
	return (__atomic_load_n(&ifp->if_afdata[dom->dom_ifslot],
	    __ATOMIC_ACQUIRE));
}

void
if_attachdomain(struct ifnet *ifp)
{
	struct domain *dom;

	/* Early in boot; if_attachdomain_all() comes later. */
	if (domain_init_status < 2)
		return;
	IF_AFDATA_LOCK(ifp);
	if (ifp->if_afdata_initialized >= domain_init_status) {
		IF_AFDATA_UNLOCK(ifp);
		log(4, "%s called more than once on %s\n", __func__,
		    ifp->if_xname);
		return;
	}
	ifp->if_afdata_initialized = domain_init_status;
	IF_AFDATA_UNLOCK(ifp);
	SLIST_FOREACH(dom, &domains, dom_next)
		if (dom->dom_ifattach != NULL)
			__atomic_store_n(&ifp->if_afdata[dom->dom_ifslot],
			    dom->dom_ifattach(ifp), __ATOMIC_RELEASE);
}

void
if_detachdomain(struct ifnet *ifp)
{
	void *afdata[IF_AFDATA_SLOTS];
	struct domain *dom;
	int i, level;

	IF_AFDATA_LOCK(ifp);
	level = ifp->if_afdata_initialized;
	ifp->if_afdata_initialized = 0;
	for (i = 0; i < IF_AFDATA_SLOTS; i++)
		afdata[i] = __atomic_exchange_n(&ifp->if_afdata[i], NULL,
		    __ATOMIC_ACQ_REL);
	IF_AFDATA_UNLOCK(ifp);
	if (level == 0)
		return;
	NET_EPOCH_WAIT();
	SLIST_FOREACH(dom, &domains, dom_next)
		if (dom->dom_ifdetach != NULL &&
		    afdata[dom->dom_ifslot] != NULL)
			dom->dom_ifdetach(ifp, afdata[dom->dom_ifslot]);
}

/* The interfaces that were there before the domains. */
static void
domain_finalize(void *arg __unused)
{
	struct ifnet *ifp;

	domain_init_status = 2;
	CURVNET_SET_QUIET(vnet0);
	CK_STAILQ_FOREACH(ifp, &V_ifnet, if_link)
		if_attachdomain(ifp);
	CURVNET_RESTORE();
}
SYSINIT(domainfin, SI_SUB_PROTO_IFATTACHDOMAIN, SI_ORDER_FIRST,
    domain_finalize, NULL);

static void
domain_uninit(void *arg __unused)
{
	SLIST_INIT(&domains);
	domain_ifslots = 0;
	domain_init_status = 0;
}
/* After the last interface has left. */
SYSUNINIT(domainfin, SI_SUB_VNET, SI_ORDER_FIRST, domain_uninit, NULL);
