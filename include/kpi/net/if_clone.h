/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners: who makes interfaces on request.  A cloner belongs to the vnet in
 * which it was registered; it serves the requests of that vnet only, but its
 * interfaces may live elsewhere.
 */
#ifndef _KPI_NET_IF_CLONE_H_
#define _KPI_NET_IF_CLONE_H_

#ifdef _KERNEL
#include <sys/param.h>
#include <sys/eventhandler.h>
#include <net/if.h>

#define	CLONE_COMPAT_13		/* if_clone_simple(), if_clone_advanced() */

struct if_clone;
struct nl_parsed_link;
struct nl_pstate;
struct nl_writer;
struct nlattr_bmask;

#define	IFC_F_SPARE	0x01
#define	IFC_F_AUTOUNIT	0x02	/* registration: units are if_clone's */
#define	IFC_F_SYSSPACE	0x04	/* create: params is a kernel address */
#define	IFC_F_FORCE	0x08	/* destroy: may not be refused */
#define	IFC_F_CREATE	0x10	/* create: RTM_NEWLINK with NLM_F_CREATE */
#define	IFC_F_LIMITUNIT	0x20	/* registration: maxunit counts even if 0 */

/* What the create method is given. */
struct ifc_data {
	uint32_t	flags;		/* IFC_F_SYSSPACE, IFC_F_CREATE */
	uint32_t	unit;		/* filled in for AUTOUNIT cloners */
	void		*params;	/* of SIOCIFCREATE2; see ifc_copyin() */
	struct vnet	*vnet;		/* not used */
};

struct ifc_data_nl {
	struct nl_parsed_link	*lattrs;	/* NULL for an ioctl */
	const struct nlattr_bmask *bm;
	struct nl_pstate	*npt;
	void		*params;
	uint32_t	flags;
	uint32_t	unit;		/* in and out */
	int		error;		/* out */
	if_t		ifp;		/* out */
};

/* Non-zero if the cloner makes interfaces of that name. */
typedef int ifc_match_f(struct if_clone *ifc, const char *name);
/*
 * Makes an interface, attached.  May change `name` (maxlen bytes).  Called
 * with curvnet set and no lock held; may sleep.
 */
typedef int ifc_create_f(struct if_clone *ifc, char *name, size_t maxlen,
    struct ifc_data *ifd, if_t *ifpp);
/*
 * Destroys one, or refuses with an errno unless IFC_F_FORCE is set.  curvnet
 * is the interface's vnet; ifnet_detach_sxlock is held.  May sleep.
 */
typedef int ifc_destroy_f(struct if_clone *ifc, if_t ifp, uint32_t flags);
typedef int ifc_create_nl_f(struct if_clone *ifc, char *name, size_t maxlen,
    struct ifc_data_nl *ifd);
typedef int ifc_modify_nl_f(if_t ifp, struct ifc_data_nl *ifd);
typedef void ifc_dump_nl_f(if_t ifp, struct nl_writer *nw);

/* Version 0. */
struct if_clone_addreq {
	uint16_t	version;
	uint16_t	spare;
	uint32_t	flags;		/* IFC_F_AUTOUNIT, IFC_F_LIMITUNIT */
	uint32_t	maxunit;
	ifc_match_f	*match_f;	/* NULL: name and digits */
	ifc_create_f	*create_f;
	ifc_destroy_f	*destroy_f;
};

/* Version 2: the same and netlink methods. */
struct if_clone_addreq_v2 {
	uint16_t	version;
	uint16_t	spare;
	uint32_t	flags;
	uint32_t	maxunit;
	ifc_match_f	*match_f;
	ifc_create_f	*create_f;
	ifc_destroy_f	*destroy_f;
	ifc_create_nl_f	*create_nl_f;
	ifc_modify_nl_f	*modify_nl_f;
	ifc_dump_nl_f	*dump_nl_f;
};

/*
 * Registers a cloner in curvnet.  NULL if a method is missing, the name has
 * 10 or more characters, or it is taken.  Sleeps.
 */
struct if_clone	*ifc_attach_cloner(const char *name,
		    struct if_clone_addreq *req);
/*
 * Takes a cloner off the list of curvnet and destroys its interfaces, by
 * force and wherever they are, under ifnet_detach_sxlock.  Sleeps.
 */
void	ifc_detach_cloner(struct if_clone *ifc);
void	if_clone_detach(struct if_clone *ifc);

/*
 * Creates an interface by name: EINVAL without a cloner for it, EEXIST,
 * ENOSPC, or what the cloner says.
 */
int	ifc_create_ifp(const char *name, struct ifc_data *ifd, if_t *ifpp);
bool	ifc_create_ifp_nl(const char *name, struct ifc_data_nl *ifd);
bool	ifc_modify_ifp_nl(if_t ifp, struct ifc_data_nl *ifd);
bool	ifc_dump_ifp_nl(if_t ifp, struct nl_writer *nw);

/* Helpers for create methods. */
int	ifc_name2unit(const char *name, int *unit);	/* EINVAL */
/* -1 for the lowest free unit; ENOSPC, EEXIST.  Sleeps. */
int	ifc_alloc_unit(struct if_clone *ifc, int *unit);
void	ifc_free_unit(struct if_clone *ifc, int unit);
/* EINVAL without parameters, EFAULT. */
int	ifc_copyin(const struct ifc_data *ifd, void *target, size_t len);
/* On the cloner's list and in its group / off them; true if it was on. */
void	ifc_link_ifp(struct if_clone *ifc, if_t ifp);
bool	ifc_unlink_ifp(struct if_clone *ifc, if_t ifp);
void	if_clone_addif(struct if_clone *ifc, if_t ifp);
/* ENXIO when it is not on the list, else what the destroy method says. */
int	if_clone_destroyif(struct if_clone *ifc, if_t ifp);

/*
 * What netlink lends to the cloners while it is there: the generic change of
 * an interface, and the LINKINFO/KIND attribute of a dump.  Without it a
 * change answers ENOTSUP and a dump adds nothing.
 */
struct ifc_nl_glue {
	int	(*modify)(if_t ifp, struct nl_parsed_link *lattrs,
		    const struct nlattr_bmask *bm, struct nl_pstate *npt);
	void	(*dump_kind)(if_t ifp, struct nl_writer *nw);
};
extern const struct ifc_nl_glue *ifc_nl_glue;	/* set at SI_SUB_INIT_IF */

/* Requests by name; `name` gets the name that was given. */
int	if_clone_create(char *name, size_t len, caddr_t params);
int	if_clone_destroy(const char *name);
int	if_clone_list(struct if_clonereq *ifcr);
/* After a move: joins the group of the cloner, if curvnet has one. */
void	if_clone_restoregroup(if_t ifp);
const char	*ifc_cloner_name(const struct if_clone *ifc);

#ifdef CLONE_COMPAT_13
typedef int ifc_match_t(struct if_clone *, const char *);
typedef int ifc_create_t(struct if_clone *, char *, size_t, caddr_t);
typedef int ifc_destroy_t(struct if_clone *, if_t);
typedef int ifcs_create_t(struct if_clone *, int, caddr_t);
typedef void ifcs_destroy_t(if_t);
struct if_clone	*if_clone_advanced(const char *name, u_int maxunit,
		    ifc_match_t match, ifc_create_t create,
		    ifc_destroy_t destroy);
struct if_clone	*if_clone_simple(const char *name, ifcs_create_t create,
		    ifcs_destroy_t destroy, u_int minifs);
#endif

typedef void (*if_clone_event_handler_t)(void *, struct if_clone *);
EVENTHANDLER_DECLARE(if_clone_event, if_clone_event_handler_t);
#endif /* _KERNEL */

#endif /* !_KPI_NET_IF_CLONE_H_ */
