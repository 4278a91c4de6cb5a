/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces as drivers and protocols see them: ifnet(9) through functions.
 * The structure itself is in <net/if_private.h>.
 */
#ifndef _KPI_NET_IF_VAR_H_
#define _KPI_NET_IF_VAR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/ck.h>
#include <sys/epoch.h>
#include <sys/eventhandler.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <net/if.h>
#include <net/altq/if_altq.h>
#include <net/vnet.h>

struct bpf_if;
struct carp_if;
struct carp_softc;
struct debugnet_methods;
struct domain;
struct ifvlantrunk;
struct label;
struct m_snd_tag;
struct mbuf;
struct netmap_adapter;
struct route;
struct rtentry;
struct sockaddr_dl;
struct thread;
struct ucred;
union if_snd_tag_alloc_params;
union if_snd_tag_query_params;
struct if_ratelimit_query_results;

CK_STAILQ_HEAD(ifnethead, ifnet);
CK_STAILQ_HEAD(ifaddrhead, ifaddr);
CK_STAILQ_HEAD(ifmultihead, ifmultiaddr);
CK_STAILQ_HEAD(ifgrouphead, ifg_group);

VNET_DECLARE(struct ifnethead, ifnet);
VNET_DECLARE(struct ifgrouphead, ifg_head);
VNET_DECLARE(struct ifnet *, loif);
#define	V_ifnet		VNET(ifnet)
#define	V_ifg_head	VNET(ifg_head)
#define	V_loif		VNET(loif)

extern int ifqmaxlen;

typedef enum {
	IFCOUNTER_IPACKETS = 0,
	IFCOUNTER_IERRORS,
	IFCOUNTER_OPACKETS,
	IFCOUNTER_OERRORS,
	IFCOUNTER_COLLISIONS,
	IFCOUNTER_IBYTES,
	IFCOUNTER_OBYTES,
	IFCOUNTER_IMCASTS,
	IFCOUNTER_OMCASTS,
	IFCOUNTER_IQDROPS,
	IFCOUNTER_OQDROPS,
	IFCOUNTER_NOPROTO,
	IFCOUNTERS
} ift_counter;

/* What if_requestencap methods are asked for. */
struct if_encap_req {
	uint16_t	rtype;
	uint32_t	flags;
	int		family;
	int		bufsize;
	u_char		*buf;
	u_char		*lladdr;
	int		lladdr_len;
	u_char		*hdata;
};
#define	IFENCAP_LL	1

/*
 * Limits of a TSO packet, 0 for none.
 */
struct ifnet_hw_tsomax {
	u_int	tsomaxbytes;
	u_int	tsomaxsegcount;
	u_int	tsomaxsegsize;
};

/* Methods of an interface. */
typedef void (*if_start_fn_t)(if_t);
typedef int (*if_ioctl_fn_t)(if_t, u_long, caddr_t);
typedef void (*if_init_fn_t)(void *);
typedef void (*if_input_fn_t)(if_t, struct mbuf *);
typedef int (*if_output_fn_t)(if_t, struct mbuf *, const struct sockaddr *,
    struct route *);
typedef void (*if_qflush_fn_t)(if_t);
typedef int (*if_transmit_fn_t)(if_t, struct mbuf *);
typedef uint64_t (*if_get_counter_t)(if_t, ift_counter);
typedef void (*if_reassign_fn_t)(if_t, struct vnet *, char *);
typedef int (*if_resolvemulti_fn_t)(if_t, struct sockaddr **,
    struct sockaddr *);
typedef int (*if_requestencap_fn_t)(if_t, struct if_encap_req *);
typedef struct mbuf *(*if_bridge_input_fn_t)(if_t, struct mbuf *);
typedef int (*if_bridge_output_fn_t)(if_t, struct mbuf *, struct sockaddr *,
    struct rtentry *);
typedef void (*if_bridge_linkstate_fn_t)(if_t);
typedef int (*if_snd_tag_alloc_t)(if_t, union if_snd_tag_alloc_params *,
    struct m_snd_tag **);
typedef void (*if_ratelimit_query_t)(if_t,
    struct if_ratelimit_query_results *);

#define	IF_RATELIMIT_UNSUPPORTED	0x00000001
struct if_ratelimit_query_results {
	const uint64_t	*rate_table;
	uint32_t	flags;
	uint32_t	max_flows;
	uint32_t	number_of_rates;
	uint32_t	min_segment_burst;
};

/* Link-layer allocators, one an interface type. */
typedef void *if_com_alloc_t(u_char type, if_t ifp);
typedef void if_com_free_t(void *com, u_char type);
/* Registers both; replacing a registration is a programming error. */
void	if_register_com_alloc(u_char type, if_com_alloc_t *a,
	    if_com_free_t *f);
/* Waits for every deferred free that could still need the hook. */
void	if_deregister_com_alloc(u_char type);

/* --- events -------------------------------------------------------------- */

typedef void (*iflladdr_event_handler_t)(void *, if_t);
EVENTHANDLER_DECLARE(iflladdr_event, iflladdr_event_handler_t);

typedef void (*ifaddr_event_handler_t)(void *, if_t);
EVENTHANDLER_DECLARE(ifaddr_event, ifaddr_event_handler_t);

typedef void (*ifaddr_event_ext_handler_t)(void *, if_t, struct ifaddr *,
    int);
EVENTHANDLER_DECLARE(ifaddr_event_ext, ifaddr_event_ext_handler_t);
#define	IFADDR_EVENT_ADD	0
#define	IFADDR_EVENT_DEL	1

typedef void (*ifnet_arrival_event_handler_t)(void *, if_t);
EVENTHANDLER_DECLARE(ifnet_arrival_event, ifnet_arrival_event_handler_t);

typedef void (*ifnet_departure_event_handler_t)(void *, if_t);
EVENTHANDLER_DECLARE(ifnet_departure_event, ifnet_departure_event_handler_t);

typedef void (*ifnet_link_event_handler_t)(void *, if_t, int);
EVENTHANDLER_DECLARE(ifnet_link_event, ifnet_link_event_handler_t);

#define	IFNET_EVENT_UP			0
#define	IFNET_EVENT_DOWN		1
#define	IFNET_EVENT_PCP			2
#define	IFNET_EVENT_UPDATE_BAUDRATE	3
typedef void (*ifnet_event_fn)(void *, if_t, int);
EVENTHANDLER_DECLARE(ifnet_event, ifnet_event_fn);

struct ifg_group;
typedef void (*group_attach_event_handler_t)(void *, struct ifg_group *);
EVENTHANDLER_DECLARE(group_attach_event, group_attach_event_handler_t);
typedef void (*group_detach_event_handler_t)(void *, struct ifg_group *);
EVENTHANDLER_DECLARE(group_detach_event, group_detach_event_handler_t);
typedef void (*group_change_event_handler_t)(void *, const char *);
EVENTHANDLER_DECLARE(group_change_event, group_change_event_handler_t);

typedef void (*rt_addrmsg_fn)(void *, struct ifaddr *, int);
EVENTHANDLER_DECLARE(rt_addrmsg, rt_addrmsg_fn);

/*
 * Not FreeBSD's: raised where FreeBSD calls rt_ifmsg(), so that listeners
 * outside the interface code (netlink) hear of changed flags.
 */
typedef void (*rt_ifmsg_fn)(void *, if_t, int);
EVENTHANDLER_DECLARE(rt_ifmsg_event, rt_ifmsg_fn);

/* --- addresses ----------------------------------------------------------- */

/*
 * An address of an interface.
 * Locks: (c) constant once inserted, (a) if_addr_lock, (r) atomic.
 */
struct ifaddr {
	struct sockaddr	*ifa_addr;		/* (c) */
	struct sockaddr	*ifa_dstaddr;		/* (c) other end or broadcast */
	struct sockaddr	*ifa_netmask;		/* (c) */
	struct ifnet	*ifa_ifp;		/* (c) */
	struct carp_softc *ifa_carp;		/* (c) always NULL here */
	CK_STAILQ_ENTRY(ifaddr) ifa_link;	/* (a) if_addrhead */
	u_short		ifa_flags;		/* (a) */
	u_int		ifa_refcnt;		/* (r) */
	struct epoch_context	ifa_epoch_ctx;
};
#define	ifa_broadaddr	ifa_dstaddr
#define	IFA_RTSELF	0x0001

/* Zeroed, with one reference; NULL only with M_NOWAIT. */
struct ifaddr	*ifa_alloc(size_t size, int flags);
/* Drops a reference; the last one frees after a net epoch grace period. */
void	ifa_free(struct ifaddr *ifa);
void	ifa_ref(struct ifaddr *ifa);
/* In the net epoch; false if the address is already on its way out. */
int	ifa_try_ref(struct ifaddr *ifa);
/* First address of a family on an interface, unreferenced; net epoch. */
struct ifaddr	*ifaof_ifpfirst(if_t ifp, int family);

#define	IFMA_F_ENQUEUED		0x1
/*
 * A multicast group an interface has joined.
 * Locks: (c) constant, (a) if_addr_lock.
 */
struct ifmultiaddr {
	CK_STAILQ_ENTRY(ifmultiaddr) ifma_link;	/* (a) if_multiaddrs */
	struct sockaddr	*ifma_addr;		/* (c) */
	struct sockaddr	*ifma_lladdr;		/* (c) link-level form */
	struct ifnet	*ifma_ifp;		/* (a) NULL once it is gone */
	u_int		ifma_refcount;		/* (a) */
	int		ifma_flags;		/* (a) IFMA_F_* */
	void		*ifma_protospec;	/* protocol's */
	struct ifmultiaddr *ifma_llifma;	/* (a) entry for ifma_lladdr */
	struct epoch_context	ifma_epoch_ctx;
};

/*
 * Joins a group: counted, 0 or the driver's errno from if_resolvemulti, or
 * ENOMEM.  `retifma`, if not NULL, gets the entry.  Sleeps.
 */
int	if_addmulti(if_t ifp, struct sockaddr *sa,
	    struct ifmultiaddr **retifma);
/* Leaves it: ENOENT when it was not joined. */
int	if_delmulti(if_t ifp, struct sockaddr *sa);
/* Drops one reference of a known entry. */
void	if_delmulti_ifma(struct ifmultiaddr *ifma);
struct ifmultiaddr *if_findmulti(if_t ifp, const struct sockaddr *sa);
/* Counts all-multicast requests; as ifpromisc(). */
int	if_allmulti(if_t ifp, int onswitch);

/* --- groups -------------------------------------------------------------- */

struct ifg_group;
/*
 * Joins or leaves a group of curvnet.  Sleepable; if_delgroup() waits for
 * the net epoch.  EINVAL (last character is a digit), EEXIST, ENOMEM; ENOENT.
 */
int	if_addgroup(if_t ifp, const char *name);
int	if_delgroup(if_t ifp, const char *name);

/* --- life ---------------------------------------------------------------- */

#define	IF_DUNIT_NONE	(-1)
#define	IF_NODOM	255

/* Sleeps, never returns NULL; takes an index, belongs to curvnet. */
if_t	if_alloc(u_char type);
if_t	if_alloc_domain(u_char type, int numa_domain);
/* `dev` (struct device) is not looked at: there is no bus. */
if_t	if_alloc_dev(u_char type, void *dev);
/*
 * Gives the index back and drops the reference of if_alloc(); after
 * if_detach() if the interface was attached.  Sleeps.
 */
void	if_free(if_t ifp);
void	if_initname(if_t ifp, const char *name, int unit);
/* Puts the interface into curvnet; sleeps, cannot fail. */
void	if_attach(if_t ifp);
/*
 * Takes it out of the vnet it is in; sleeps, waits for the net epoch.  Takes
 * ifnet_detach_sxlock, which the caller may hold already.  Panics when the
 * interface is not attached.
 */
void	if_detach(if_t ifp);
/* Replaces the methods of a detached interface by ones that fail. */
void	if_dead(if_t ifp);
void	if_ref(if_t ifp);
/* In the net epoch; false if the count had reached zero. */
bool	if_try_ref(if_t ifp);
void	if_rele(if_t ifp);
/* Holders of if_ref() that the ledger should know by name. */
void	if_ref_named(if_t ifp, const char *holder);
void	if_rele_named(if_t ifp, const char *holder);

void	if_up(if_t ifp);
void	if_down(if_t ifp);
void	if_link_state_change(if_t ifp, int link_state);
void	if_purgeaddrs(if_t ifp);
void	if_purgemaddrs(if_t ifp);
void	if_qflush(if_t ifp);
void	if_qflush_default(if_t ifp);
void	if_start(if_t ifp);
int	if_setlladdr(if_t ifp, const u_char *lladdr, int len);
/* Counted; EOPNOTSUPP or the driver's errno, with nothing changed. */
int	ifpromisc(if_t ifp, int pswitch);
void	if_setppromisc(if_t ifp, bool ppromisc);
/* EINVAL for an empty name, EEXIST; the caller holds a reference. */
int	if_rename(if_t ifp, char *new_name);
int	if_printf(if_t ifp, const char *fmt, ...) __printflike(2, 3);
void	if_log(if_t ifp, int pri, const char *fmt, ...) __printflike(3, 4);
/* EIO on a loop or a nesting deeper than `limit`, ENOMEM. */
int	if_tunnel_check_nesting(if_t ifp, struct mbuf *m, uint32_t cookie,
	    int limit);

/* --- look-up ------------------------------------------------------------- */

/* In curvnet, by name: a hint without a reference. */
if_t	ifunit(const char *name);
/* With a reference; NULL for an interface that is dying. */
if_t	ifunit_ref(const char *name);
/* By index, in the net epoch; only interfaces of curvnet, if it is set. */
if_t	ifnet_byindex(u_int idx);
if_t	ifnet_byindex_ref(u_int idx);
if_t	ifnet_byindexgen(u_int idx, u_short gen);

/* --- ioctl --------------------------------------------------------------- */

struct socket;
int	ifioctl(struct socket *so, u_long cmd, caddr_t data,
	    struct thread *td);
/* The generic interface requests; ENOIOCTL for others. */
int	ifhwioctl(u_long cmd, if_t ifp, caddr_t data, struct thread *td);
void	*ifr_data_get_ptr(void *ifrp);
void	*ifr_buffer_get_buffer(void *ifrp);
size_t	ifr_buffer_get_length(void *ifrp);

/* --- counters ------------------------------------------------------------ */

void	if_inc_counter(if_t ifp, ift_counter cnt, int64_t inc);
uint64_t	if_get_counter_default(if_t ifp, ift_counter cnt);
uint64_t	if_getcounter(if_t ifp, ift_counter cnt);
void	if_data_copy(if_t ifp, struct if_data *ifd);

/* --- accessors ----------------------------------------------------------- */

uint64_t	if_setbaudrate(if_t ifp, uint64_t baudrate);
uint64_t	if_getbaudrate(const if_t ifp);
int	if_setcapabilities(if_t ifp, int capabilities);
int	if_setcapabilitiesbit(if_t ifp, int setbit, int clearbit);
int	if_getcapabilities(const if_t ifp);
int	if_togglecapenable(if_t ifp, int togglecap);
int	if_setcapenable(if_t ifp, int capenable);
int	if_setcapenablebit(if_t ifp, int setcap, int clearcap);
int	if_getcapenable(const if_t ifp);
int	if_setcapabilities2(if_t ifp, int capabilities);
int	if_setcapabilities2bit(if_t ifp, int setbit, int clearbit);
int	if_getcapabilities2(const if_t ifp);
int	if_togglecapenable2(if_t ifp, int togglecap);
int	if_setcapenable2(if_t ifp, int capenable);
int	if_setcapenable2bit(if_t ifp, int setcap, int clearcap);
int	if_getcapenable2(const if_t ifp);
int	if_getdunit(const if_t ifp);
int	if_getindex(const if_t ifp);
int	if_getidxgen(const if_t ifp);
const char	*if_getdname(const if_t ifp);
void	if_setdname(if_t ifp, const char *name);
const char	*if_name(const if_t ifp);
/* ENAMETOOLONG */
int	if_setname(if_t ifp, const char *name);
/*
 * Descriptions.  if_getdescr() is safe only under the description lock; use
 * if_copydescr() instead where it may be changed meanwhile.
 */
const char	*if_getdescr(const if_t ifp);
void	if_setdescr(if_t ifp, char *descrbuf);
char	*if_allocdescr(size_t sz, int malloc_flag);
void	if_freedescr(char *descrbuf);
size_t	if_copydescr(const if_t ifp, char *buf, size_t size);
void	if_setlastchange(if_t ifp);
int	if_getalloctype(const if_t ifp);
int	if_gettype(const if_t ifp);
int	if_setdev(if_t ifp, void *dev);
int	if_setdrvflags(if_t ifp, int flags);
int	if_getdrvflags(const if_t ifp);
int	if_setdrvflagbits(if_t ifp, int set_flags, int clear_flags);
int	if_getlinkstate(const if_t ifp);
int	if_clearhwassist(if_t ifp);
int	if_sethwassist(if_t ifp, int hwassist_bit);
int	if_sethwassistbits(if_t ifp, int toset, int toclear);
int	if_togglehwassist(if_t ifp, int toggle_bits);
int	if_gethwassist(const if_t ifp);
int	if_setsoftc(if_t ifp, void *softc);
void	*if_getsoftc(const if_t ifp);
int	if_setflags(if_t ifp, int flags);
int	if_setflagbits(if_t ifp, int set, int clear);
int	if_getflags(const if_t ifp);
int	if_gethwaddr(const if_t ifp, struct ifreq *ifr);
int	if_setmtu(if_t ifp, int mtu);
int	if_getmtu(const if_t ifp);
int	if_getmtu_family(const if_t ifp, int family);
void	if_notifymtu(if_t ifp);
int	if_getnumadomain(const if_t ifp);
u_int	if_getfib(const if_t ifp);
void	if_setfib(if_t ifp, u_int fibnum);
uint8_t	if_getaddrlen(const if_t ifp);
void	if_setaddrlen(if_t ifp, uint8_t addrlen);
int	if_setifheaderlen(if_t ifp, int len);
const uint8_t	*if_getbroadcastaddr(const if_t ifp);
void	if_setbroadcastaddr(if_t ifp, const uint8_t *addr);
caddr_t	if_getlladdr(const if_t ifp);
struct vnet	*if_getvnet(const if_t ifp);
struct vnet	*if_gethomevnet(const if_t ifp);
void	*if_getafdata(const if_t ifp, int af);
void	*if_getl2com(const if_t ifp);
void	*if_getllsoftc(if_t ifp);
void	if_setllsoftc(if_t ifp, void *softc);
uint8_t	if_getpcp(const if_t ifp);
struct bpf_if	*if_getbpf(if_t ifp);
void	if_setbpf(if_t ifp, struct bpf_if *bpf);
struct carp_if	*if_getcarp(const if_t ifp);
void	*if_getbridge(const if_t ifp);
void	if_setbridge(if_t ifp, void *bridge);
int	if_vlantrunkinuse(if_t ifp);
void	if_vlancap(if_t ifp);
struct label	*if_getmaclabel(if_t ifp);
void	if_setmaclabel(if_t ifp, struct label *label);
struct netmap_adapter	*if_getnetmapadapter(if_t ifp);
void	if_setnetmapadapter(if_t ifp, struct netmap_adapter *na);
void	if_setdebugnet_methods(if_t ifp, struct debugnet_methods *m);
void	*if_gethandle(u_char type);
void	if_setrcvif(struct mbuf *m, if_t ifp);
void	if_setvtag(struct mbuf *m, uint16_t tag);
uint16_t	if_getvtag(struct mbuf *m);

int	if_sendq_empty(if_t ifp);
int	if_setsendqready(if_t ifp);
int	if_setsendqlen(if_t ifp, int qlen);
int	if_sendq_prepend(if_t ifp, struct mbuf *m);
struct mbuf	*if_dequeue(if_t ifp);
bool	if_altq_is_enabled(if_t ifp);

int	if_sethwtsomax(if_t ifp, u_int tsomax);
int	if_sethwtsomaxsegcount(if_t ifp, u_int segcount);
int	if_sethwtsomaxsegsize(if_t ifp, u_int segsize);
u_int	if_gethwtsomax(const if_t ifp);
u_int	if_gethwtsomaxsegcount(const if_t ifp);
u_int	if_gethwtsomaxsegsize(const if_t ifp);
void	if_hw_tsomax_common(if_t ifp, struct ifnet_hw_tsomax *pmax);
int	if_hw_tsomax_update(if_t ifp, struct ifnet_hw_tsomax *pmax);

/* Calls of methods. */
void	if_input(if_t ifp, struct mbuf *m);
int	if_output(if_t ifp, struct mbuf *m, const struct sockaddr *dst,
	    struct route *ro);
int	if_transmit(if_t ifp, struct mbuf *m);
int	if_ioctl(if_t ifp, u_long cmd, void *data);
void	if_init(if_t ifp, void *ctx);
int	if_resolvemulti(if_t ifp, struct sockaddr **srcs,
	    struct sockaddr *dst);
int	if_requestencap(if_t ifp, struct if_encap_req *req);
int	if_snd_tag_alloc(if_t ifp, union if_snd_tag_alloc_params *params,
	    struct m_snd_tag **mstp);
/* if_lo: feeds a packet, with `hlen` bytes of link header, to its sender. */
int	if_simloop(if_t ifp, struct mbuf *m, int af, int hlen);

/* Setting and getting of methods. */
void	if_setinitfn(if_t ifp, if_init_fn_t init_fn);
void	if_setinputfn(if_t ifp, if_input_fn_t input_fn);
if_input_fn_t	if_getinputfn(if_t ifp);
void	if_setioctlfn(if_t ifp, if_ioctl_fn_t ioctl_fn);
if_ioctl_fn_t	if_getioctlfn(if_t ifp);
void	if_setoutputfn(if_t ifp, if_output_fn_t output_fn);
if_output_fn_t	if_getoutputfn(if_t ifp);
void	if_setstartfn(if_t ifp, if_start_fn_t start_fn);
if_start_fn_t	if_getstartfn(if_t ifp);
void	if_settransmitfn(if_t ifp, if_transmit_fn_t transmit_fn);
if_transmit_fn_t	if_gettransmitfn(if_t ifp);
void	if_setqflushfn(if_t ifp, if_qflush_fn_t flush_fn);
if_qflush_fn_t	if_getqflushfn(if_t ifp);
void	if_setgetcounterfn(if_t ifp, if_get_counter_t get_counter_fn);
void	if_setreassignfn(if_t ifp, if_reassign_fn_t reassign_fn);
void	if_setresolvemultifn(if_t ifp, if_resolvemulti_fn_t fn);
void	if_setrequestencapfn(if_t ifp, if_requestencap_fn_t fn);
void	if_setsndtagallocfn(if_t ifp, if_snd_tag_alloc_t alloc_fn);
void	if_setratelimitqueryfn(if_t ifp, if_ratelimit_query_t query_fn);

/* --- iteration ----------------------------------------------------------- */

/*
 * Over the interfaces of curvnet.  if_foreach(): in the net epoch, ends with
 * the first non-zero result and returns it.  if_foreach_sleep(): outside of
 * it, over references to all that `match_cb` accepted; sleeps.
 */
typedef int (*if_foreach_cb_t)(if_t, void *);
typedef bool (*if_foreach_match_t)(if_t, void *);
int	if_foreach(if_foreach_cb_t cb, void *cb_arg);
int	if_foreach_sleep(if_foreach_match_t match_cb, void *match_arg,
	    if_foreach_cb_t cb, void *cb_arg);

/* Over the addresses of one; return the sum of the results. */
typedef u_int if_addr_cb_t(void *, struct ifaddr *, u_int);
u_int	if_foreach_addr_type(if_t ifp, int type, if_addr_cb_t cb,
	    void *cb_arg);
typedef u_int iflladdr_cb_t(void *, struct sockaddr_dl *, u_int);
u_int	if_foreach_lladdr(if_t ifp, iflladdr_cb_t cb, void *cb_arg);
u_int	if_foreach_llmaddr(if_t ifp, iflladdr_cb_t cb, void *cb_arg);
u_int	if_lladdr_count(if_t ifp);
u_int	if_llmaddr_count(if_t ifp);
bool	if_maddr_empty(if_t ifp);

/* Step by step, all in one net epoch section. */
struct if_iter {
	void	*context[4];
};
if_t	if_iter_start(struct if_iter *iter);
if_t	if_iter_next(struct if_iter *iter);
void	if_iter_finish(struct if_iter *iter);

struct ifa_iter {
	void	*context[4];
};
struct ifaddr	*ifa_iter_start(if_t ifp, struct ifa_iter *iter);
struct ifaddr	*ifa_iter_next(struct ifa_iter *iter);
void	ifa_iter_finish(struct ifa_iter *iter);

#define	IF_LLADDR(ifp)	((u_char *)if_getlladdr(ifp))

#endif /* !_KPI_NET_IF_VAR_H_ */
