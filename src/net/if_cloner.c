/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners: their memory, their references, their place in a vnet.
 */
#include "if_clone_impl.h"

MALLOC_DEFINE(M_CLONE, "clone", "interface cloning framework");

/* Protects the lists of all vnets; never held across a callback. */
struct mtx if_cloners_mtx;
MTX_SYSINIT(if_cloners, &if_cloners_mtx, "if_cloners lock", MTX_DEF);

VNET_DEFINE(struct if_cloner_list, if_cloners) = LIST_HEAD_INITIALIZER();
VNET_DEFINE(int, if_cloners_count);

/* --- registration -------------------------------------------------------- */

struct if_clone *
if_clone_alloc(const char *name, int maxunit)
{
	struct if_clone *ifc;

	MPASS(name != NULL && maxunit >= 0);
	ifc = malloc(sizeof(*ifc), M_CLONE, M_WAITOK | M_ZERO);
	strncpy(ifc->ifc_name, name, IFCLOSIZ - 1);
	mtx_init(&ifc->ifc_mtx, "if_clone lock", NULL, MTX_DEF);
	ifc->ifc_refcnt = 1;
	ifc->ifc_maxunit = maxunit;
	ifc->ifc_unrhdr = new_unrhdr(0, maxunit, &ifc->ifc_mtx);
	LIST_INIT(&ifc->ifc_iflist);
	LIST_INIT(&ifc->ifc_creations);
	VS_LEDGER(birth, VS_CLONER, ifc, ifc->ifc_name, "registration");
	return (ifc);
}

void
if_clone_addref(struct if_clone *ifc, const char *holder)
{
	IF_CLONE_LOCK(ifc);
	KASSERT(ifc->ifc_refcnt > 0, ("%s: refcnt %ld", __func__,
	    ifc->ifc_refcnt));
	ifc->ifc_refcnt++;
	VS_LEDGER(hold, VS_CLONER, ifc, holder);
	IF_CLONE_UNLOCK(ifc);
}

static void
if_clone_free(struct if_clone *ifc)
{
	KASSERT(LIST_EMPTY(&ifc->ifc_iflist),
	    ("%s: ifc_iflist not empty", __func__));
	VS_LEDGER(death, VS_CLONER, ifc);
	delete_unrhdr(ifc->ifc_unrhdr);
	mtx_destroy(&ifc->ifc_mtx);
	free(ifc, M_CLONE);
}

void
if_clone_remref(struct if_clone *ifc, const char *holder)
{
	long refs;

	IF_CLONE_LOCK(ifc);
	KASSERT(ifc->ifc_refcnt > 0, ("%s: bogus refcnt %ld", __func__,
	    ifc->ifc_refcnt));
	refs = --ifc->ifc_refcnt;
	VS_LEDGER(rele, VS_CLONER, ifc, holder);
	IF_CLONE_UNLOCK(ifc);
	if (refs == 0)
		if_clone_free(ifc);
}

int
if_clone_attach(struct if_clone *ifc)
{
	struct if_clone *it;

	IF_CLONERS_LOCK();
	LIST_FOREACH(it, &V_if_cloners, ifc_list)
		if (strcmp(it->ifc_name, ifc->ifc_name) == 0) {
			IF_CLONERS_UNLOCK();
			if_clone_remref(ifc, "registration");
			return (EEXIST);
		}
	LIST_INSERT_HEAD(&V_if_cloners, ifc, ifc_list);
	V_if_cloners_count++;
	IF_CLONERS_UNLOCK();
	return (0);
}

void
if_clone_announce(struct if_clone *ifc)
{
	VS_EVENT("event", "if_clone_event %s vnet=%u", ifc->ifc_name,
	    curvnet->vnet_id);
	EVENTHANDLER_INVOKE(if_clone_event, ifc);
}

int
ifc_create_nl_default(struct if_clone *ifc, char *name, size_t maxlen,
    struct ifc_data_nl *ifd)
{
	struct ifc_data data = {
		.flags = ifd->flags,
		.unit = ifd->unit,
		.params = ifd->params,
	};

	return (ifc->ifc_create(ifc, name, maxlen, &data, &ifd->ifp));
}

const struct ifc_nl_glue *ifc_nl_glue;

static int
ifc_modify_nl_default(if_t ifp, struct ifc_data_nl *ifd)
{
	if (ifd->lattrs == NULL)
		return (0);
	if (ifc_nl_glue == NULL)
		return (ENOTSUP);
	return (ifc_nl_glue->modify(ifp, ifd->lattrs, ifd->bm, ifd->npt));
}

static void
ifc_dump_nl_default(if_t ifp, struct nl_writer *nw)
{
	if (ifc_nl_glue != NULL)
		ifc_nl_glue->dump_kind(ifp, nw);
}

/* Methods that a request may leave out. */
void
ifc_set_defaults(struct if_clone *ifc)
{
	if (ifc->ifc_match == NULL)
		ifc->ifc_match = ifc_simple_match;
	ifc->create_nl = ifc_create_nl_default;
	ifc->modify_nl = ifc_modify_nl_default;
	ifc->dump_nl = ifc_dump_nl_default;
}

struct if_clone *
ifc_attach_cloner(const char *name, struct if_clone_addreq *req)
{
	struct if_clone_addreq_v2 *req2;
	struct if_clone *ifc;
	int maxunit;

	CTASSERT(offsetof(struct if_clone_addreq, destroy_f) ==
	    offsetof(struct if_clone_addreq_v2, destroy_f));
	if (req->create_f == NULL || req->destroy_f == NULL)
		return (NULL);
	if (strnlen(name, IFCLOSIZ) >= IFCLOSIZ - 1)
		return (NULL);
	maxunit = (req->flags & IFC_F_LIMITUNIT) != 0 ? (int)req->maxunit :
	    IF_MAXUNIT;
	ifc = if_clone_alloc(name, maxunit);
	ifc->ifc_match = req->match_f;
	ifc->ifc_create = req->create_f;
	ifc->ifc_destroy = req->destroy_f;
	ifc->ifc_flags = req->flags & IFC_F_AUTOUNIT;
	ifc_set_defaults(ifc);
	if (req->version == 2) {
		/*
		 * The dump method of the request is never called, in FreeBSD
		 * either: the default is stored after it.
		 */
		req2 = (struct if_clone_addreq_v2 *)req;
		ifc->create_nl = req2->create_nl_f;
		ifc->modify_nl = req2->modify_nl_f;
	}
	if (if_clone_attach(ifc) != 0)
		return (NULL);
	if_clone_announce(ifc);
	return (ifc);
}

/* --- listing ------------------------------------------------------------- */

const char *
ifc_cloner_name(const struct if_clone *ifc)
{
	return (ifc->ifc_name);
}

int
if_clone_list(struct if_clonereq *ifcr)
{
	struct if_clone *ifc;
	char *names;
	int count, i = 0;

	if (ifcr->ifcr_count < 0)
		return (EINVAL);
	IF_CLONERS_LOCK();
	count = imin(V_if_cloners_count, ifcr->ifcr_count);
	IF_CLONERS_UNLOCK();
	names = mallocarray(imax(count, 1), IFNAMSIZ, M_CLONE,
	    M_WAITOK | M_ZERO);
	IF_CLONERS_LOCK();
	ifcr->ifcr_total = V_if_cloners_count;
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list) {
		if (i == count)
			break;
		strlcpy(names + i++ * IFNAMSIZ, ifc->ifc_name, IFNAMSIZ);
	}
	IF_CLONERS_UNLOCK();
	count = ifcr->ifcr_buffer == NULL ? 0 :
	    copyout(names, ifcr->ifcr_buffer, i * IFNAMSIZ);
	free(names, M_CLONE);
	return (count);
}
