/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The cloner, for if_clone*.c only.
 */
#ifndef _IF_CLONE_IMPL_H_
#define _IF_CLONE_IMPL_H_

#include "if_impl.h"

#define	IFCLOSIZ	(IFNAMSIZ - 5)	/* a name, leaving room for a unit */

struct thread;

/*
 * A create that is going on.  What the driver links meanwhile waits here, so
 * that the halves of a pair appear together.  (t) icr_td only.
 */
struct ifc_creation {
	LIST_ENTRY(ifc_creation) icr_link;	/* (i) ifc_creations */
	struct thread	*icr_td;		/* (c) */
	LIST_HEAD(, ifnet) icr_pending;		/* (i) newest first */
	char		icr_kept[IFNAMSIZ];	/* (t) ifnames_reserve() or "" */
};

/* The create of this cloner that the calling thread is in, or NULL. */
struct ifc_creation	*ifc_creation_mine(struct if_clone *ifc);

/*
 * Locks: (c) constant, (i) ifc_mtx, (l) if_cloners_mtx.
 */
struct if_clone {
	char		ifc_name[IFCLOSIZ];	/* (c) */
	struct unrhdr	*ifc_unrhdr;		/* (c) has a lock: ifc_mtx */
	int		ifc_maxunit;		/* (c) */
	int		ifc_flags;		/* (c) IFC_F_AUTOUNIT */
	long		ifc_refcnt;		/* (i) registration and units */
	LIST_HEAD(, ifnet) ifc_iflist;		/* (i) newest first */
	LIST_HEAD(, ifc_creation) ifc_creations;	/* (i) */
	struct mtx	ifc_mtx;		/* "if_clone lock" */

	ifc_match_f	*ifc_match;		/* (c) */
	ifc_create_f	*ifc_create;		/* (c) */
	ifc_destroy_f	*ifc_destroy;		/* (c) */
	ifc_create_nl_f	*create_nl;		/* (c) */
	ifc_modify_nl_f	*modify_nl;		/* (c) */
	ifc_dump_nl_f	*dump_nl;		/* (c) */
	union {
		struct {
			ifcs_create_t	*create;
			ifcs_destroy_t	*destroy;
			int		minifs;
		} simple;
		struct {
			ifc_match_t	*match;
			ifc_create_t	*create;
			ifc_destroy_t	*destroy;
		} advanced;
	}		ifc_compat;		/* (c) */
	LIST_ENTRY(if_clone) ifc_list;		/* (l) V_if_cloners */
};

LIST_HEAD(if_cloner_list, if_clone);
VNET_DECLARE(struct if_cloner_list, if_cloners);
VNET_DECLARE(int, if_cloners_count);
#define	V_if_cloners		VNET(if_cloners)
#define	V_if_cloners_count	VNET(if_cloners_count)
extern struct mtx if_cloners_mtx;

#define	IF_CLONERS_LOCK()	mtx_lock(&if_cloners_mtx)
#define	IF_CLONERS_UNLOCK()	mtx_unlock(&if_cloners_mtx)
#define	IF_CLONE_LOCK(ifc)	mtx_lock(&(ifc)->ifc_mtx)
#define	IF_CLONE_UNLOCK(ifc)	mtx_unlock(&(ifc)->ifc_mtx)

/* Sleeps, cannot fail; one reference. */
struct if_clone	*if_clone_alloc(const char *name, int maxunit);
/* EEXIST, and then the cloner is gone. */
int	if_clone_attach(struct if_clone *ifc);
void	if_clone_addref(struct if_clone *ifc, const char *holder);
/* Frees the cloner with the last reference. */
void	if_clone_remref(struct if_clone *ifc, const char *holder);
int	ifc_simple_match(struct if_clone *ifc, const char *name);
/* The unit in `name`, reserved; a wildcard gets its number appended. */
int	ifc_handle_unit(struct if_clone *ifc, char *name, int *unitp);
/* The plain create method in netlink's clothes. */
int	ifc_create_nl_default(struct if_clone *ifc, char *name, size_t maxlen,
	    struct ifc_data_nl *ifd);
/* Methods that a request may leave out. */
void	ifc_set_defaults(struct if_clone *ifc);
void	if_clone_announce(struct if_clone *ifc);

#endif /* !_IF_CLONE_IMPL_H_ */
