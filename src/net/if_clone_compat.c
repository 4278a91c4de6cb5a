/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners as drivers before 14 registered them.
 *
 * The old create methods do not return the interface, so it must be looked
 * for.
 */
#include "if_clone_impl.h"

/*
 * What the driver named so, and no rename and no move changes: the newest of
 * this vnet's own interfaces, or nearly.  Nobody can destroy it yet.
 */
static struct ifnet *
compat_newest(const char *dname, int unit)
{
	struct ifnet *ifp;

	IFNET_RLOCK();
	LIST_FOREACH(ifp, &V_ifnatives, if_natives)
		if (ifp->if_dunit == unit && ifp->if_dname != NULL &&
		    strcmp(ifp->if_dname, dname) == 0)
			break;
	IFNET_RUNLOCK();
	return (ifp);
}

/*
 * created-interface-lost: FreeBSD looks for the name that the method has left
 * behind.  Somebody may have renamed or moved the interface by then, and no
 * cloner would own it any more.
 */
static int
compat_found(struct if_clone *ifc, const char *name, if_t *ifpp)
{
	int unit;

	if (BUG(COMPAT_BY_NAME) || ifc_name2unit(name, &unit) != 0)
		*ifpp = ifunit(name);
	else
		*ifpp = compat_newest(ifc->ifc_name, unit);
	return (*ifpp == NULL ? ENXIO : 0);
}

/* --- advanced: match, create and destroy, units are the driver's --------- */

static int
advanced_match(struct if_clone *ifc, const char *name)
{
	return (ifc->ifc_compat.advanced.match(ifc, name));
}

static int
advanced_create(struct if_clone *ifc, char *name, size_t maxlen,
    struct ifc_data *ifd, if_t *ifpp)
{
	int error;

	error = ifc->ifc_compat.advanced.create(ifc, name, maxlen,
	    ifd->params);
	return (error != 0 ? error : compat_found(ifc, name, ifpp));
}

static int
advanced_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags __unused)
{
	if (ifc->ifc_compat.advanced.destroy == NULL)
		return (ENOTSUP);
	return (ifc->ifc_compat.advanced.destroy(ifc, ifp));
}

struct if_clone *
if_clone_advanced(const char *name, u_int maxunit, ifc_match_t match,
    ifc_create_t create, ifc_destroy_t destroy)
{
	struct if_clone *ifc;

	ifc = if_clone_alloc(name, maxunit != 0 ? (int)maxunit : IF_MAXUNIT);
	ifc->ifc_compat.advanced.match = match;
	ifc->ifc_compat.advanced.create = create;
	ifc->ifc_compat.advanced.destroy = destroy;
	ifc->ifc_match = advanced_match;
	ifc->ifc_create = advanced_create;
	ifc->ifc_destroy = advanced_destroy;
	ifc_set_defaults(ifc);
	if (if_clone_attach(ifc) != 0)
		return (NULL);
	if_clone_announce(ifc);
	return (ifc);
}

/* --- simple: units are the framework's, the first ones stay -------------- */

static int
simple_create(struct if_clone *ifc, char *name, size_t maxlen __unused,
    struct ifc_data *ifd, if_t *ifpp)
{
	int error, unit;

	if ((error = ifc_name2unit(name, &unit)) != 0)
		return (error);
	error = ifc->ifc_compat.simple.create(ifc, unit, ifd->params);
	return (error != 0 ? error : compat_found(ifc, name, ifpp));
}

static int
simple_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	if (ifp->if_dunit < ifc->ifc_compat.simple.minifs &&
	    (flags & IFC_F_FORCE) == 0)
		return (EINVAL);
	ifc->ifc_compat.simple.destroy(ifp);
	return (0);
}

struct if_clone *
if_clone_simple(const char *name, ifcs_create_t create,
    ifcs_destroy_t destroy, u_int minifs)
{
	char ifname[IFNAMSIZ];
	struct if_clone *ifc;
	u_int unit;
	int error __diagused;

	ifc = if_clone_alloc(name, IF_MAXUNIT);
	ifc->ifc_compat.simple.create = create;
	ifc->ifc_compat.simple.destroy = destroy;
	ifc->ifc_compat.simple.minifs = minifs;
	ifc->ifc_create = simple_create;
	ifc->ifc_destroy = simple_destroy;
	ifc->ifc_flags = IFC_F_AUTOUNIT;
	ifc_set_defaults(ifc);
	if (if_clone_attach(ifc) != 0)
		return (NULL);
	for (unit = 0; unit < minifs; unit++) {
		snprintf(ifname, sizeof(ifname), "%s%hu", ifc->ifc_name,
		    (u_short)unit);
		error = if_clone_create(ifname, sizeof(ifname), NULL);
		KASSERT(error == 0,
		    ("%s: failed to create required interface %s", __func__,
		    ifname));
	}
	if_clone_announce(ifc);
	return (ifc);
}
