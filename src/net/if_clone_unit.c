/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners: names and unit numbers.
 */
#include "if_clone_impl.h"

#include <ctype.h>
#include <limits.h>

/* Cloner's name, then nothing but digits. */
int
ifc_simple_match(struct if_clone *ifc, const char *name)
{
	size_t len = strlen(ifc->ifc_name);
	const char *p;

	if (strncmp(name, ifc->ifc_name, len) != 0)
		return (0);
	for (p = name + len; *p != '\0'; p++)
		if (!isdigit((u_char)*p))
			return (0);
	return (1);
}

int
ifc_name2unit(const char *name, int *unit)
{
	const char *p = name;
	int n = 0;

	*unit = -1;
	while (*p != '\0' && !isdigit((u_char)*p))
		p++;
	if (*p == '\0')
		return (0);
	if (p[0] == '0' && p[1] != '\0')
		return (EINVAL);
	for (; *p != '\0'; p++) {
		if (!isdigit((u_char)*p) ||
		    __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *p - '0', &n))
			return (EINVAL);
	}
	*unit = n;
	return (0);
}

/*
 * The unit reserves more than a number: nobody may go by the name that it
 * stands for.
 */
static bool
unit_name_taken(struct if_clone *ifc, const char *name)
{
	struct ifc_creation *icr;

	if (ifunit(name) != NULL)
		return (true);
	/* The name of a driver that chooses for itself is kept from here on. */
	icr = ifc_creation_mine(ifc);
	if (icr == NULL || icr->icr_kept[0] != '\0' || BUG(RENAME_TAKEN))
		return (false);
	if (ifnames_reserve(name) != 0)
		return (true);
	strlcpy(icr->icr_kept, name, sizeof(icr->icr_kept));
	return (false);
}

static int
unit_reserve(struct if_clone *ifc, int unit)
{
	struct unrhdr *uh = ifc->ifc_unrhdr;
	char name[IFNAMSIZ];

	if (unit > ifc->ifc_maxunit)
		return (ENOSPC);
	if (alloc_unr_specific(uh, unit) == -1)
		return (EEXIST);
	snprintf(name, sizeof(name), "%s%d", ifc->ifc_name, unit);
	if (unit_name_taken(ifc, name)) {
		free_unr(uh, unit);
		return (EEXIST);
	}
	if_clone_addref(ifc, "unit");
	return (0);
}

/* From the lowest free number upwards. */
static int
unit_reserve_any(struct if_clone *ifc, int *unitp)
{
	int error, unit = alloc_unr(ifc->ifc_unrhdr);

	if (unit == -1)
		return (ENOSPC);
	free_unr(ifc->ifc_unrhdr, unit);
	while ((error = unit_reserve(ifc, unit)) == EEXIST)
		unit++;
	*unitp = unit;
	return (error);
}

int
ifc_alloc_unit(struct if_clone *ifc, int *unit)
{
	bool any = *unit < 0;

	return (any ? unit_reserve_any(ifc, unit) : unit_reserve(ifc, *unit));
}

void
ifc_free_unit(struct if_clone *ifc, int unit)
{
	free_unr(ifc->ifc_unrhdr, unit);
	if_clone_remref(ifc, "unit");
}

int
ifc_handle_unit(struct if_clone *ifc, char *name, int *unitp)
{
	bool wildcard;
	size_t len;
	int error, unit;

	if ((error = ifc_name2unit(name, &unit)) != 0)
		return (error);
	wildcard = unit < 0;
	if ((error = ifc_alloc_unit(ifc, &unit)) != 0)
		return (error);
	if (wildcard) {
		len = strlen(name);
		if (snprintf(name + len, IFNAMSIZ - len, "%d", unit) >=
		    (int)(IFNAMSIZ - len))
			panic("if_clone: interface name too long");
	}
	*unitp = unit;
	return (0);
}

int
ifc_copyin(const struct ifc_data *ifd, void *target, size_t len)
{
	if (ifd->params == NULL)
		return (EINVAL);
	if ((ifd->flags & IFC_F_SYSSPACE) == 0)
		return (copyin(ifd->params, target, len));
	memcpy(target, ifd->params, len);
	return (0);
}
