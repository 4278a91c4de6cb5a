/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners: creation and destruction of interfaces.
 *
 * A cloner is registered in one vnet and found there by name.  Destruction is
 * serialised by ifnet_detach_sxlock, creation is not.
 */
#include "if_clone_impl.h"

#include <sys/proc.h>

static int	if_clone_destroyif_flags(struct if_clone *ifc,
		    struct ifnet *ifp, uint32_t flags);

/* --- the end of a cloner ------------------------------------------------- */

/*
 * A create that has found this cloner ends first; without that it went on in
 * freed memory (cloner-freed-under-create).
 */
static void
ifc_wait_creations(struct if_clone *ifc)
{
	IF_CLONE_LOCK(ifc);
	while (!LIST_EMPTY(&ifc->ifc_creations))
		mtx_sleep(&ifc->ifc_creations, &ifc->ifc_mtx, 0, "ifccre", 0);
	IF_CLONE_UNLOCK(ifc);
}

static struct ifnet *
ifc_first(struct if_clone *ifc)
{
	struct ifnet *ifp;

	IF_CLONE_LOCK(ifc);
	ifp = LIST_FIRST(&ifc->ifc_iflist);
	IF_CLONE_UNLOCK(ifc);
	return (ifp);
}

void
if_clone_detach(struct if_clone *ifc)
{
	struct ifnet *ifp;

	/* A vnet may meet the destructor of a module without constructor. */
	if (ifc == NULL && !BUG(DETACH_NULL_CLONER))
		return;
	IF_CLONERS_LOCK();
	LIST_REMOVE(ifc, ifc_list);
	V_if_cloners_count--;
	IF_CLONERS_UNLOCK();
	IF_PAUSE(if_clone_detach_unlisted);
	ifc_wait_creations(ifc);
	if (!BUG(CLONE_CALLER_LOCKS))
		sx_xlock(&ifnet_detach_sxlock);
	while ((ifp = ifc_first(ifc)) != NULL)
		if_clone_destroyif_flags(ifc, ifp, IFC_F_FORCE);
	if (!BUG(CLONE_CALLER_LOCKS))
		sx_xunlock(&ifnet_detach_sxlock);
	if_clone_remref(ifc, "registration");
}

void
ifc_detach_cloner(struct if_clone *ifc)
{
	if_clone_detach(ifc);
}

/* --- look-up ------------------------------------------------------------- */

/*
 * By exact name in another vnet; bare, or with a reference of `holder`.
 */
static struct if_clone *
ifc_find_cloner_in_vnet(const char *name, struct vnet *vnet,
    const char *holder)
{
	struct if_clone *ifc;

	CURVNET_SET_QUIET(vnet);
	IF_CLONERS_LOCK();
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list)
		if (strcmp(ifc->ifc_name, name) == 0)
			break;
	if (ifc != NULL && holder != NULL)
		if_clone_addref(ifc, holder);
	IF_CLONERS_UNLOCK();
	CURVNET_RESTORE();
	return (ifc);
}

/*
 * The cloner that accepts the name.  A create is entered at once, so that the
 * cloner stays until ifc_creation_end().
 */
static struct if_clone *
ifc_creation_begin(const char *name, struct ifc_creation *icr)
{
	struct if_clone *ifc;

	icr->icr_td = NULL;
	icr->icr_kept[0] = '\0';
	LIST_INIT(&icr->icr_pending);
	IF_CLONERS_LOCK();
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list)
		if (ifc->ifc_match(ifc, name))
			break;
	if (ifc != NULL && !BUG(CREATE_BARE_CLONER)) {
		icr->icr_td = curthread;
		IF_CLONE_LOCK(ifc);
		LIST_INSERT_HEAD(&ifc->ifc_creations, icr, icr_link);
		IF_CLONE_UNLOCK(ifc);
	}
	IF_CLONERS_UNLOCK();
	return (ifc);
}

static void
ifc_creation_end(struct if_clone *ifc, struct ifc_creation *icr)
{
	if (icr->icr_kept[0] != '\0')
		ifnames_release(icr->icr_kept);
	if (icr->icr_td == NULL)
		return;
	IF_CLONE_LOCK(ifc);
	LIST_REMOVE(icr, icr_link);
	wakeup(&ifc->ifc_creations);
	IF_CLONE_UNLOCK(ifc);
}

struct ifc_creation *
ifc_creation_mine(struct if_clone *ifc)
{
	struct ifc_creation *icr;

	IF_CLONE_LOCK(ifc);
	LIST_FOREACH(icr, &ifc->ifc_creations, icr_link)
		if (icr->icr_td == curthread)
			break;
	IF_CLONE_UNLOCK(ifc);
	return (icr);
}

/* --- the list of a cloner ------------------------------------------------ */

static void
ifc_insert(struct if_clone *ifc, struct ifnet *ifp)
{
	mtx_assert(&ifc->ifc_mtx, MA_OWNED);
	__atomic_store_n(&ifp->if_cloner, ifc, __ATOMIC_RELAXED);
	LIST_INSERT_HEAD(&ifc->ifc_iflist, ifp, if_clones);
}

void
ifc_link_ifp(struct if_clone *ifc, if_t ifp)
{
	(void)if_addgroup(ifp, ifc->ifc_name);
	IF_CLONE_LOCK(ifc);
	ifc_insert(ifc, ifp);
	IF_CLONE_UNLOCK(ifc);
}

/*
 * For drivers that make more than one interface.  It is linked when the
 * create is complete; create-return-window did so at once.
 */
void
if_clone_addif(struct if_clone *ifc, if_t ifp)
{
	struct ifc_creation *icr;

	IF_CLONE_LOCK(ifc);
	LIST_FOREACH(icr, &ifc->ifc_creations, icr_link)
		if (icr->icr_td == curthread)
			break;
	if (icr != NULL && !BUG(CREATE_WINDOW)) {
		LIST_INSERT_HEAD(&icr->icr_pending, ifp, if_clones);
		IF_CLONE_UNLOCK(ifc);
		return;
	}
	IF_CLONE_UNLOCK(ifc);
	ifc_link_ifp(ifc, ifp);
}

/*
 * Links what a create has made: into the groups one by one, then onto the
 * list all at once, so that nobody destroys half of it.
 */
static void
ifc_link_created(struct if_clone *ifc, struct ifc_creation *icr,
    struct ifnet *ifp)
{
	struct ifnet *it;

	/* Only this thread changes the list of pending ones. */
	LIST_FOREACH(it, &icr->icr_pending, if_clones)
		(void)if_addgroup(it, ifc->ifc_name);
	(void)if_addgroup(ifp, ifc->ifc_name);
	IF_CLONE_LOCK(ifc);
	while ((it = LIST_FIRST(&icr->icr_pending)) != NULL) {
		LIST_REMOVE(it, if_clones);
		ifc_insert(ifc, it);
	}
	ifc_insert(ifc, ifp);
	IF_CLONE_UNLOCK(ifc);
}

/* True for exactly one of several destroyers. */
bool
ifc_unlink_ifp(struct if_clone *ifc, if_t ifp)
{
	bool found;

	IF_CLONE_LOCK(ifc);
	found = __atomic_load_n(&ifp->if_cloner, __ATOMIC_RELAXED) == ifc;
	if (found) {
		LIST_REMOVE(ifp, if_clones);
		__atomic_store_n(&ifp->if_cloner, NULL, __ATOMIC_RELAXED);
	}
	IF_CLONE_UNLOCK(ifc);
	if (found)
		(void)if_delgroup(ifp, ifc->ifc_name);
	return (found);
}

void
if_clone_restoregroup(if_t ifp)
{
	char name[IFCLOSIZ] = "";
	struct if_clone *ifc;

	IF_CLONERS_LOCK();
	CURVNET_SET_QUIET(ifp->if_home_vnet);
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list) {
		IF_CLONE_LOCK(ifc);
		if (__atomic_load_n(&ifp->if_cloner, __ATOMIC_RELAXED) == ifc)
			strlcpy(name, ifc->ifc_name, sizeof(name));
		IF_CLONE_UNLOCK(ifc);
		if (name[0] != '\0')
			break;
	}
	CURVNET_RESTORE();
	LIST_FOREACH(ifc, &V_if_cloners, ifc_list)
		if (name[0] != '\0' && strcmp(ifc->ifc_name, name) == 0)
			break;
	IF_CLONERS_UNLOCK();
	if (ifc != NULL)
		(void)if_joingroup(ifp, name);
}

/* --- creation ------------------------------------------------------------ */

/* Names that are not final yet are not worth keeping. */
static bool
name_is_final(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	return (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9');
}

/*
 * With the unit, if it is the framework's, reserved and in the name.
 */
static int
ifc_create_named(struct if_clone *ifc, struct ifc_creation *icr, char *name,
    struct ifc_data_nl *ifd)
{
	int error;

	/*
	 * Nobody may rename another interface to what is being made.  With a
	 * unit of the framework's the name is kept already.
	 */
	if (icr->icr_kept[0] == '\0' && name_is_final(name) &&
	    !BUG(RENAME_TAKEN)) {
		if ((error = ifnames_reserve(name)) != 0)
			return (error);
		strlcpy(icr->icr_kept, name, sizeof(icr->icr_kept));
	}
	if (ifd->lattrs != NULL)
		error = ifc->create_nl(ifc, name, IFNAMSIZ, ifd);
	else
		error = ifc_create_nl_default(ifc, name, IFNAMSIZ, ifd);
	if (error == 0) {
		MPASS(ifd->ifp != NULL);
		if (!BUG(CREATE_UNHELD))
			if_ref_named(ifd->ifp, "create");
		IF_PAUSE(if_clone_create_linking);
		ifc_link_created(ifc, icr, ifd->ifp);
	}
	return (error);
}

static int
if_clone_createif_nl(struct if_clone *ifc, struct ifc_creation *icr,
    const char *ifname, struct ifc_data_nl *ifd)
{
	char name[IFNAMSIZ];
	int error, unit = 0;

	strlcpy(name, ifname, sizeof(name));
	if (ifunit(name) != NULL)
		return (EEXIST);
	if ((ifc->ifc_flags & IFC_F_AUTOUNIT) != 0) {
		if ((error = ifc_handle_unit(ifc, name, &unit)) != 0)
			return (error);
		ifd->unit = unit;
	}
	error = ifc_create_named(ifc, icr, name, ifd);
	if (error != 0) {
		ifd->ifp = NULL;
		if ((ifc->ifc_flags & IFC_F_AUTOUNIT) != 0)
			ifc_free_unit(ifc, unit);
		return (error);
	}
	/* An error from here on leaves the interface. */
	if (ifd->lattrs != NULL)
		error = ifc->modify_nl(ifd->ifp, ifd);
	return (error);
}

bool
ifc_create_held(const char *name, struct ifc_data_nl *ifd)
{
	struct ifc_creation icr;
	struct if_clone *ifc;

	if ((ifc = ifc_creation_begin(name, &icr)) == NULL) {
		ifd->error = EINVAL;
		return (false);
	}
	IF_PAUSE(if_clone_create_found);
	ifd->error = if_clone_createif_nl(ifc, &icr, name, ifd);
	ifc_creation_end(ifc, &icr);
	return (true);
}

void
ifc_create_release(struct ifc_data_nl *ifd)
{
	if (ifd->ifp != NULL && !BUG(CREATE_UNHELD))
		if_rele_named(ifd->ifp, "create");
}

int
ifc_create_ifp(const char *name, struct ifc_data *ifd, if_t *ifpp)
{
	struct ifc_data_nl ifd_nl = {
		.flags = ifd->flags,
		.unit = ifd->unit,
		.params = ifd->params,
	};

	(void)ifc_create_held(name, &ifd_nl);
	ifc_create_release(&ifd_nl);
	if (ifpp != NULL)
		*ifpp = ifd_nl.ifp;
	return (ifd_nl.error);
}

bool
ifc_create_ifp_nl(const char *name, struct ifc_data_nl *ifd)
{
	bool found = ifc_create_held(name, ifd);

	ifc_create_release(ifd);
	return (found);
}

int
if_clone_create(char *name, size_t len, caddr_t params)
{
	struct ifc_data_nl ifd = { .params = params };
	char ifname[IFNAMSIZ];

	/* The caller's name need not end within its buffer. */
	memset(ifname, 0, sizeof(ifname));
	memcpy(ifname, name, strnlen(name, MIN(len, IFNAMSIZ - 1)));
	(void)ifc_create_held(ifname, &ifd);
	if (ifd.error == 0) {
		IFNET_RLOCK();
		strlcpy(name, ifd.ifp->if_xname, len);
		IFNET_RUNLOCK();
	}
	ifc_create_release(&ifd);
	return (ifd.error);
}

bool
ifc_modify_ifp_nl(if_t ifp, struct ifc_data_nl *ifd)
{
	struct if_clone *ifc;

	ifc = ifc_find_cloner_in_vnet(ifp->if_dname, curvnet,
	    BUG(CREATE_BARE_CLONER) ? NULL : "modify");
	if (ifc == NULL) {
		ifd->error = EINVAL;
		return (false);
	}
	ifd->error = ifc->modify_nl(ifp, ifd);
	if (!BUG(CREATE_BARE_CLONER))
		if_clone_remref(ifc, "modify");
	return (true);
}

bool
ifc_dump_ifp_nl(if_t ifp, struct nl_writer *nw)
{
	struct if_clone *ifc;

	ifc = ifc_find_cloner_in_vnet(ifp->if_dname, curvnet,
	    BUG(CREATE_BARE_CLONER) ? NULL : "dump");
	if (ifc == NULL)
		return (false);
	ifc->dump_nl(ifp, nw);
	if (!BUG(CREATE_BARE_CLONER))
		if_clone_remref(ifc, "dump");
	return (true);
}

/* --- destruction --------------------------------------------------------- */

static int
if_clone_destroyif_flags(struct if_clone *ifc, struct ifnet *ifp,
    uint32_t flags)
{
	int error, unit;

	/* vmove-destroy-stale-vnet: the caller may not have the lock. */
	if (!BUG(CLONE_CALLER_LOCKS))
		sx_assert(&ifnet_detach_sxlock, SA_XLOCKED);
	CURVNET_SET_QUIET(ifp->if_vnet);
	IF_PAUSE(if_clone_destroyif_vnet);
	if (!ifc_unlink_ifp(ifc, ifp)) {
		CURVNET_RESTORE();
		return (ENXIO);
	}
	unit = ifp->if_dunit;
	IF_PAUSE(if_clone_destroy_method);
	error = ifc->ifc_destroy(ifc, ifp, flags);
	if (error != 0)
		ifc_link_ifp(ifc, ifp);
	else if ((ifc->ifc_flags & IFC_F_AUTOUNIT) != 0)
		ifc_free_unit(ifc, unit);
	CURVNET_RESTORE();
	return (error);
}

int
if_clone_destroyif(struct if_clone *ifc, if_t ifp)
{
	int error;

	if (BUG(CLONE_CALLER_LOCKS))
		return (if_clone_destroyif_flags(ifc, ifp, 0));
	sx_xlock(&ifnet_detach_sxlock);
	error = if_clone_destroyif_flags(ifc, ifp, 0);
	sx_xunlock(&ifnet_detach_sxlock);
	return (error);
}

/*
 * Interface, home vnet and cloner by name.  The home vnet decides which
 * cloner it is, wherever the interface lives now.
 */
static int
if_clone_destroy_byname(const char *name, bool bare)
{
	struct vnet *vnet = curvnet;
	struct if_clone *ifc;
	struct ifnet *ifp;
	int error;

	if ((ifp = ifunit_ref(name)) == NULL)
		return (ENXIO);
	IF_PAUSE(if_clone_destroy_found);
	ifc = ifc_find_cloner_in_vnet(ifp->if_dname, ifp->if_home_vnet,
	    bare ? NULL : "destroy");
	if (ifc == NULL) {
		if_rele(ifp);
		return (EINVAL);
	}
	IF_PAUSE(if_clone_destroy_cloner);
	if (!BUG(CLONE_CALLER_LOCKS))
		sx_xlock(&ifnet_detach_sxlock);
	/*
	 * destroy-lands-after-reclaim: it may have left this vnet while the
	 * lock was waited for, and then it is no business of the caller's.
	 */
	if (ifp->if_vnet != vnet && !BUG(DESTROY_EARLY_LOOKUP) &&
	    !BUG(CLONE_CALLER_LOCKS))
		error = ENXIO;
	else
		error = if_clone_destroyif_flags(ifc, ifp, 0);
	if (!BUG(CLONE_CALLER_LOCKS))
		sx_xunlock(&ifnet_detach_sxlock);
	if (!bare)
		if_clone_remref(ifc, "destroy");
	if_rele(ifp);
	return (error);
}

/*
 * The lock comes first: neither interface nor cloner nor home vnet can go
 * between look-up and use.  From e9fc0c538264 on FreeBSD takes it last; in
 * the first state of all, not at all.
 */
int
if_clone_destroy(const char *name)
{
	int error;

	if (BUG(DESTROY_EARLY_LOOKUP) || BUG(DESTROY_BARE_CLONER) ||
	    BUG(VNET_RETURN_UNLOCKED))
		return (if_clone_destroy_byname(name,
		    BUG(DESTROY_BARE_CLONER)));
	IF_PAUSE(if_clone_destroy_enter);
	sx_xlock(&ifnet_detach_sxlock);
	error = if_clone_destroy_byname(name, false);
	sx_xunlock(&ifnet_detach_sxlock);
	return (error);
}
