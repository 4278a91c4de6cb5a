/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of the interface code share among themselves.
 *
 * Lock order, outer to inner: allprison_lock, ifnet_detach_sxlock,
 * vnet_sysinit_sxlock, driver locks, ifnet_sxlock, if_cloners_mtx, ifc_mtx,
 * if_addr_lock, ifq_mtx.  A thread in the net epoch takes none of the sx
 * locks.
 */
#ifndef _IF_IMPL_H_
#define _IF_IMPL_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/refcount.h>
#include <sys/socket.h>
#include <sys/sx.h>
#include <net/if.h>
#include <net/if_var.h>
#include <net/if_private.h>
#include <net/if_clone.h>
#include <net/if_dl.h>
#include <net/if_types.h>
#include <net/vnet.h>
#include <vnetsim/observe.h>

#include "bugs.h"
#include "lazy.h"

MALLOC_DECLARE(M_IFNET);
MALLOC_DECLARE(M_IFADDR);
MALLOC_DECLARE(M_IFMADDR);
MALLOC_DECLARE(M_CLONE);

/* A method as it is now: if_dead() may be replacing it. */
#define	IF_METHOD(ifp, field)	__atomic_load_n(&(ifp)->field, __ATOMIC_ACQUIRE)

/* A place where a test can hold a thread; docs/pause-points.md lists them. */
#define	IF_PAUSE(name)	KFAIL_POINT_CODE(DEBUG_FP, name, (void)0)

/* Not in the profiles where one of the ways here took no lock. */
#define	IF_DETACH_ASSERT() do {						\
	if (!BUG(VNET_RETURN_UNLOCKED) && !BUG(VNET_DESTROY_UNLOCKED) && \
	    !BUG(VMOVE_UNLOCKED) && !BUG(DETACH_EARLY_UNLINK) &&	\
	    !BUG(RECLAIM_EARLY_UNLINK))					\
		sx_assert(&ifnet_detach_sxlock, SA_XLOCKED);		\
} while (0)

/* An interface's event, for whoever records the stream. */
#define	IF_EVENT(name, ifp)						\
	VS_EVENT("event", name " %s vnet=%u", (ifp)->if_xname,		\
	    curvnet->vnet_id)

/*
 * A tail queue whose readers need no lock, with removal in constant time:
 * `prev` is the element's field with the address of what points to it.
 */
#define	STAILQ_PREV_INSERT(head, elm, field, prev) do {			\
	(elm)->prev = (head)->cstqh_last;				\
	CK_STAILQ_INSERT_TAIL((head), (elm), field);			\
} while (0)
#define	STAILQ_PREV_REMOVE(head, elm, field, prev) do {			\
	__typeof(elm) _next = (elm)->field.cstqe_next;			\
									\
	if (_next != NULL)						\
		_next->prev = (elm)->prev;				\
	else								\
		(head)->cstqh_last = (elm)->prev;			\
	__atomic_store_n((elm)->prev, _next, __ATOMIC_RELEASE);		\
} while (0)

/* --- if_names.c: look-up by name and by address, one table a vnet -------- */

struct ifnames;
VNET_DECLARE(struct ifnames *, ifnames);
#define	V_ifnames	VNET(ifnames)

void	ifnames_create(void);
void	ifnames_destroy(void);
/* IFNET_WLOCK; the interface is not listed yet / is listed. */
void	ifnames_link(struct ifnet *ifp);
void	ifnames_unlink(struct ifnet *ifp);
void	ifnames_rename(struct ifnet *ifp, const char *name);
/* The oldest listed interface of that name in curvnet; net epoch. */
struct ifnet	*ifnames_find(const char *name);
/*
 * Is this address that of an interface listed in curvnet?  It is not
 * dereferenced unless it is.  IFNET_WLOCK.
 */
bool	ifnames_listed(const struct ifnet *ifp);
/*
 * Keeps a name in curvnet for the caller: EEXIST if an interface has it or
 * somebody keeps it.  Sleeps.
 */
int	ifnames_reserve(const char *name);
void	ifnames_release(const char *name);

/* --- if_clone.c ---------------------------------------------------------- */

struct ifc_data_nl;
/*
 * As ifc_create_ifp_nl(), but what was made, if anything, is the caller's to
 * look at until ifc_create_release(): others may destroy it at once.
 */
bool	ifc_create_held(const char *name, struct ifc_data_nl *ifd);
void	ifc_create_release(struct ifc_data_nl *ifd);

/* --- if_index.c ---------------------------------------------------------- */

extern u_int if_index;
void	ifindex_init(void);
void	ifindex_uninit(void);
void	ifindex_alloc(struct ifnet *ifp);
void	ifindex_free(struct ifnet *ifp);
bool	ifindex_holds(const struct ifnet *ifp);
/* Calls fn for every interface that has an index; IFNET_RLOCK or WLOCK. */
void	ifindex_foreach(void (*fn)(struct ifnet *, void *), void *arg);

/* --- if_init.c ----------------------------------------------------------- */

/*
 * The interfaces that are at home in a vnet, newest first: from their first
 * attach until they are freed, wherever they are.  IFNET_WLOCK.
 */
LIST_HEAD(ifnativehead, ifnet);
VNET_DECLARE(struct ifnativehead, ifnatives);
#define	V_ifnatives	VNET(ifnatives)

/* curvnet is the home; nothing happens if it is listed already. */
void	ifnatives_link(struct ifnet *ifp);
/* Nothing happens if it is not listed. */
void	ifnatives_unlink(struct ifnet *ifp);
bool	ifnatives_holds(const struct ifnet *ifp);

/* --- if.c ---------------------------------------------------------------- */

void	if_attach_internal(struct ifnet *ifp, bool vmove);
void	if_detach_internal(struct ifnet *ifp, bool vmove);
void	if_link_ifnet(struct ifnet *ifp);
bool	if_unlink_ifnet(struct ifnet *ifp, bool vmove);

/* --- if_group.c ---------------------------------------------------------- */

/* The same as if_addgroup(), before the interface is listed. */
int	if_joingroup(struct ifnet *ifp, const char *name);
void	if_delgroups(struct ifnet *ifp);
struct ifgroupreq;
int	if_getgroup(struct ifgroupreq *ifgr, struct ifnet *ifp);
int	if_getgroupmembers(struct ifgroupreq *ifgr);

/* --- if_vmove.c ---------------------------------------------------------- */

int	if_vmove_loan(struct thread *td, struct ifnet *ifp, char *ifname,
	    int jid);
int	if_vmove_reclaim(struct thread *td, char *ifname, int jid);

/* --- if_link.c ----------------------------------------------------------- */

/* How many handlers of ifnet_link_event, and rt_ifmsg_event, are our own. */
extern u_int if_link_insiders;
void	if_link_init(struct ifnet *ifp);
void	if_link_drain(struct ifnet *ifp);

/* --- if_addr.c, if_multi.c, if_domain.c ---------------------------------- */

void	if_addr_create(struct ifnet *ifp);
void	if_addr_destroy(struct ifnet *ifp);
/* All with if_addr_lock: the name, and the bytes, of the AF_LINK address. */
void	if_addr_setname(struct ifnet *ifp, const char *name);
void	if_addr_setbytes(struct ifnet *ifp, const void *lladdr, size_t len);
/* Puts into an AF_LINK address what a driver has written to the bytes. */
void	if_addr_refresh(struct ifaddr *ifa);
void	if_multi_init(struct ifnet *ifp);
void	if_multi_drain(struct ifnet *ifp);
/* The domains' data; the second waits for the net epoch. */
void	if_attachdomain(struct ifnet *ifp);
void	if_detachdomain(struct ifnet *ifp);

/* --- in_domain.c --------------------------------------------------------- */

/* What if_detach calls directly, before the domains' own methods. */
void	in_ifdetach(struct ifnet *ifp);
void	in6_ifdetach(struct ifnet *ifp);
int	in_purgeaddr(struct ifaddr *ifa);

/* --- if_announce.c ------------------------------------------------------- */

void	if_devctl(const char *system, const char *subsystem, const char *type,
	    const char *data);
void	rt_ifmsg(struct ifnet *ifp, int if_flags_mask);
void	rt_flushifroutes(struct ifnet *ifp);
/* `cmd` is the message's name: "RTM_NEWMADDR", ... */
void	rt_newmaddrmsg(const char *cmd, struct ifmultiaddr *ifma);
void	rt_newaddrmsg(const char *cmd, struct ifaddr *ifa);

/* --- if_descr.c ---------------------------------------------------------- */

int	if_getdescription(struct ifnet *ifp, void *uaddr, size_t len);

#endif /* !_IF_IMPL_H_ */
