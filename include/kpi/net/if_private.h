/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The interface itself.  Drivers for 15 use the functions of <net/if_var.h>.
 */
#ifndef _KPI_NET_IF_PRIVATE_H_
#define _KPI_NET_IF_PRIVATE_H_

#ifdef _KERNEL
#include <sys/_blockcount.h>
#include <sys/_task.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include <net/if_types.h>
#include <net/if_var.h>
#include <net/ifq.h>

struct if_clone;

#define	IF_AFDATA_SLOTS	4	/* domains that keep data at interfaces */

/*
 * Locks: (c) constant once attached, (i) IFNET_WLOCK (readers: IFNET_RLOCK
 * or the net epoch), (m) ifc_mtx of if_cloner, (a) if_addr_lock, (f)
 * if_afdata_lock, (d) ifdescr_sx, (D) ifnet_detach_sxlock, (r) atomic,
 * (w) the driver, (u) no lock at all, as in FreeBSD.
 *
 * What a packet looks at comes first.
 */
struct ifnet {
	CK_STAILQ_ENTRY(ifnet) if_link;		/* (i) V_ifnet */
	struct ifnet	**if_linkprev;		/* (i) what points to it */
	struct vnet	*if_vnet;		/* (D) where it is */
	void		*if_softc;		/* (w) */
	int		if_flags;		/* (u) IFF_* of the stack */
	int		if_drv_flags;		/* (u) IFF_DRV_* */
	char		if_xname[IFNAMSIZ];	/* (a) visible name */
	int (*if_output)(if_t, struct mbuf *,	/* (w) */
	    const struct sockaddr *, struct route *);
	if_input_fn_t	if_input;		/* (w) */
	if_transmit_fn_t	if_transmit;	/* (w) */
	if_start_fn_t	if_start;		/* (w) */
	struct bpf_if	*if_bpf;		/* bpf */
	uint32_t	if_mtu;			/* (u) */
	u_int		if_refcount;		/* (r) */
	uint64_t	if_counters[IFCOUNTERS];	/* (r) */

	/* Methods that are called now and then. */
	if_ioctl_fn_t	if_ioctl;		/* (w) */
	blockcount_t	if_requests;		/* (r) threads in if_ioctl */
	if_init_fn_t	if_init;		/* (w) */
	if_qflush_fn_t	if_qflush;		/* (w) */
	if_resolvemulti_fn_t	if_resolvemulti;	/* (w) */
	if_reassign_fn_t	if_reassign;	/* (w) */
	if_get_counter_t	if_get_counter;	/* (w) */
	if_requestencap_fn_t	if_requestencap;	/* (w) */
	if_bridge_input_fn_t	if_bridge_input;	/* bridge */
	if_bridge_output_fn_t	if_bridge_output;	/* bridge */
	if_bridge_linkstate_fn_t if_bridge_linkstate;	/* bridge */
	if_snd_tag_alloc_t	if_snd_tag_alloc;	/* (w) */
	if_ratelimit_query_t	if_ratelimit_query;	/* (w) */

	/* Identity. */
	struct vnet	*if_home_vnet;		/* (c) where it was attached */
	const char	*if_dname;		/* (c) driver, selects cloner */
	int		if_dunit;		/* (c) unit or IF_DUNIT_NONE */
	u_int		if_index;		/* (c) slot in index table */
	u_short		if_idxgen;		/* (c) generation of the slot */
	u_char		if_alloctype;		/* (c) type at allocation */
	u_char		if_type;		/* (w) */
	uint8_t		if_numa_domain;		/* (c) */
	uint8_t		if_addrlen;		/* (w) */
	uint8_t		if_hdrlen;		/* (w) */
	uint8_t		if_link_state;		/* (u) */
	uint8_t		if_pcp;			/* (u) */
	bool		if_listed;		/* (i) on a V_ifnet */
	bool		if_announced;		/* (D) domains know it */
	char		*if_description;	/* (d) */

	/* Lists that it is on, and its lists. */
	uint64_t	if_linkseq;		/* (i) age on V_ifnet */
	struct ifname	*if_nameref;		/* (i) its entry by name */
	LIST_ENTRY(ifnet) if_hashlink;		/* (i) by address */
	LIST_ENTRY(ifnet) if_natives;		/* (i) of its home */
	LIST_ENTRY(ifnet) if_clones;		/* (m) ifc_iflist */
	struct if_clone	*if_cloner;		/* (m) whose list that is */
	CK_STAILQ_HEAD(, ifg_list) if_groups;	/* (i) (a) its groups */

	/* Properties. */
	uint32_t	if_metric;		/* (u) */
	uint64_t	if_baudrate;		/* (u) */
	uint64_t	if_hwassist;		/* (u) CSUM_* */
	int		if_capabilities;	/* (w) IFCAP_* */
	int		if_capenable;		/* (w) */
	int		if_capabilities2;	/* (w) IFCAP2_* */
	int		if_capenable2;		/* (w) */
	u_int		if_fib;			/* (u) */
	struct ifnet_hw_tsomax	if_hw_tsomax_limits;	/* (w) */
#define	if_hw_tsomax		if_hw_tsomax_limits.tsomaxbytes
#define	if_hw_tsomaxsegcount	if_hw_tsomax_limits.tsomaxsegcount
#define	if_hw_tsomaxsegsize	if_hw_tsomax_limits.tsomaxsegsize
	time_t		if_epoch;		/* (c) uptime at attach */
	struct timeval	if_lastchange;		/* (u) */

	/* Addresses. */
	struct mtx	if_addr_lock;		/* "if_addr_lock" */
	struct ifaddrhead	if_addrhead;	/* (a) AF_LINK first */
	struct ifmultihead	if_multiaddrs;	/* (a) */
	struct ifaddr	*if_addr;		/* (a) the AF_LINK one */
	void		*if_hw_addr;		/* (c) factory MAC */
	const uint8_t	*if_broadcastaddr;	/* (w) */
	int		if_amcount;		/* (u) all-multicast requests */
	int		if_pcount;		/* (u) promiscuity requests */
	struct mtx	if_afdata_lock;		/* "if_afdata" */
	void		*if_afdata[IF_AFDATA_SLOTS];	/* (f) by dom_ifslot */
	int		if_afdata_initialized;	/* (f) level, 0 for none */

	/* Other subsystems and the driver's layers. */
	LIST_HEAD(, bpf_if)	if_bpfrecords;	/* bpf, newest first */
	void		*if_l2com;		/* (c) link-layer common */
	void		*if_llsoftc;		/* (w) */
	void		*if_linkmib;		/* (w) */
	size_t		if_linkmiblen;		/* (w) */
	void		*if_bridge;		/* bridge */
	void		*if_lagg;		/* lagg */
	struct ifvlantrunk	*if_vlantrunk;	/* vlan */
	struct carp_if	*if_carp;		/* carp */
	void		*if_pf_kif;		/* pf */
	struct netmap_adapter	*if_netmap;	/* netmap */
	struct label	*if_label;		/* MAC */
	struct debugnet_methods	*if_debugnet_methods;	/* debugnet */

	struct task	if_linktask;		/* taskqueue_swi */
	struct task	if_addmultitask;	/* taskqueue_swi */
	struct ifaltq	if_snd;			/* send queue */
	struct epoch_context	if_epoch_ctx;	/* deferred free */
};

#define	IF_ADDR_LOCK_INIT(ifp)						\
	mtx_init(&(ifp)->if_addr_lock, "if_addr_lock", NULL, MTX_DEF)
#define	IF_ADDR_LOCK_DESTROY(ifp)	mtx_destroy(&(ifp)->if_addr_lock)
#define	IF_ADDR_WLOCK(ifp)		mtx_lock(&(ifp)->if_addr_lock)
#define	IF_ADDR_WUNLOCK(ifp)		mtx_unlock(&(ifp)->if_addr_lock)
#define	IF_ADDR_LOCK_ASSERT(ifp)					\
	MPASS(in_epoch(net_epoch_preempt) ||				\
	    mtx_owned(&(ifp)->if_addr_lock))
#define	IF_ADDR_WLOCK_ASSERT(ifp)					\
	mtx_assert(&(ifp)->if_addr_lock, MA_OWNED)

#define	IF_AFDATA_LOCK_INIT(ifp)					\
	mtx_init(&(ifp)->if_afdata_lock, "if_afdata", NULL, MTX_DEF)
#define	IF_AFDATA_LOCK(ifp)		mtx_lock(&(ifp)->if_afdata_lock)
#define	IF_AFDATA_UNLOCK(ifp)		mtx_unlock(&(ifp)->if_afdata_lock)
#define	IF_AFDATA_DESTROY(ifp)		mtx_destroy(&(ifp)->if_afdata_lock)
#define	IF_AFDATA_LOCK_ASSERT(ifp)					\
	mtx_assert(&(ifp)->if_afdata_lock, MA_OWNED)

/*
 * ifnet_sxlock ("ifnet_sx", recursive): every V_ifnet and V_ifnatives,
 * vnet_ifcnt, the index table and all groups.  Dropped before drivers, event
 * handlers and moves.
 */
extern struct sx ifnet_sxlock;
#define	IFNET_WLOCK()		sx_xlock(&ifnet_sxlock)
#define	IFNET_WUNLOCK()		sx_xunlock(&ifnet_sxlock)
#define	IFNET_RLOCK()		sx_slock(&ifnet_sxlock)
#define	IFNET_RUNLOCK()		sx_sunlock(&ifnet_sxlock)
#define	IFNET_WLOCK_ASSERT()	sx_assert(&ifnet_sxlock, SA_XLOCKED)
#define	IFNET_RLOCK_ASSERT()	sx_assert(&ifnet_sxlock, SA_SLOCKED)

/*
 * ifnet_detach_sxlock ("ifnet_detach_sx", recursive, taken exclusively
 * only): serialises destroy, detach, moves and the teardown of a vnet, and
 * pins if_vnet of every interface.
 */
extern struct sx ifnet_detach_sxlock;

/*
 * Membership of an interface in a group, seen from both ends.
 * Locks: (c) constant, (i) IFNET_WLOCK.
 */
struct ifg_member {
	CK_STAILQ_ENTRY(ifg_member) ifgm_next;	/* (i) ifg_members */
	struct ifg_member	**ifgm_prev;	/* (i) what points to it */
	struct ifnet	*ifgm_ifp;		/* (c) */
};

struct ifg_list {
	struct ifg_group	*ifgl_group;	/* (c) */
	struct ifg_member	ifgl_member;	/* (i) the other end */
	CK_STAILQ_ENTRY(ifg_list) ifgl_next;	/* (i) if_groups */
};

struct ifg_group {
	char		ifg_group[IFNAMSIZ];	/* (c) */
	u_int		ifg_refcnt;		/* (i) members */
	void		*ifg_pf_kif;		/* pf */
	CK_STAILQ_HEAD(, ifg_member) ifg_members;	/* (i) */
	CK_STAILQ_ENTRY(ifg_group) ifg_next;	/* (i) V_ifg_head */
};
#endif /* _KERNEL */

#endif /* !_KPI_NET_IF_PRIVATE_H_ */
