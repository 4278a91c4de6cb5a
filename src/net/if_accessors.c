/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * if_t accessors: identity, properties, counters.
 *
 * Flags are changed by many without a lock; here at least no change is lost,
 * which FreeBSD does not promise.
 */
#include "if_impl.h"

#include <sys/domain.h>
#include <sys/mbuf.h>

/* --- flags and capabilities ------------------------------------------------ */

int
if_getflags(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_flags, __ATOMIC_RELAXED));
}

int
if_setflags(if_t ifp, int flags)
{
	__atomic_store_n(&ifp->if_flags, flags, __ATOMIC_RELAXED);
	return (0);
}

int
if_setflagbits(if_t ifp, int set, int clear)
{
	__atomic_fetch_or(&ifp->if_flags, set, __ATOMIC_RELAXED);
	__atomic_fetch_and(&ifp->if_flags, ~clear, __ATOMIC_RELAXED);
	return (0);
}

int
if_getdrvflags(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_drv_flags, __ATOMIC_RELAXED));
}

int
if_setdrvflags(if_t ifp, int flags)
{
	__atomic_store_n(&ifp->if_drv_flags, flags, __ATOMIC_RELAXED);
	return (0);
}

int
if_setdrvflagbits(if_t ifp, int set_flags, int clear_flags)
{
	__atomic_fetch_or(&ifp->if_drv_flags, set_flags, __ATOMIC_RELAXED);
	__atomic_fetch_and(&ifp->if_drv_flags, ~clear_flags, __ATOMIC_RELAXED);
	return (0);
}

int
if_setcapabilities(if_t ifp, int capabilities)
{
	ifp->if_capabilities = capabilities;
	return (0);
}

int
if_setcapabilitiesbit(if_t ifp, int setbit, int clearbit)
{
	ifp->if_capabilities &= ~clearbit;
	ifp->if_capabilities |= setbit;
	return (0);
}

int
if_getcapabilities(const if_t ifp)
{
	return (ifp->if_capabilities);
}

int
if_setcapenable(if_t ifp, int capenable)
{
	ifp->if_capenable = capenable;
	return (0);
}

int
if_setcapenablebit(if_t ifp, int setcap, int clearcap)
{
	ifp->if_capenable &= ~clearcap;
	ifp->if_capenable |= setcap;
	return (0);
}

int
if_togglecapenable(if_t ifp, int togglecap)
{
	ifp->if_capenable ^= togglecap;
	return (0);
}

int
if_getcapenable(const if_t ifp)
{
	return (ifp->if_capenable);
}

int
if_setcapabilities2(if_t ifp, int capabilities)
{
	ifp->if_capabilities2 = capabilities;
	return (0);
}

int
if_setcapabilities2bit(if_t ifp, int setbit, int clearbit)
{
	ifp->if_capabilities2 &= ~clearbit;
	ifp->if_capabilities2 |= setbit;
	return (0);
}

int
if_getcapabilities2(const if_t ifp)
{
	return (ifp->if_capabilities2);
}

int
if_setcapenable2(if_t ifp, int capenable)
{
	ifp->if_capenable2 = capenable;
	return (0);
}

int
if_setcapenable2bit(if_t ifp, int setcap, int clearcap)
{
	ifp->if_capenable2 &= ~clearcap;
	ifp->if_capenable2 |= setcap;
	return (0);
}

int
if_togglecapenable2(if_t ifp, int togglecap)
{
	ifp->if_capenable2 ^= togglecap;
	return (0);
}

int
if_getcapenable2(const if_t ifp)
{
	return (ifp->if_capenable2);
}

int
if_gethwassist(const if_t ifp)
{
	return (ifp->if_hwassist);
}

int
if_sethwassist(if_t ifp, int hwassist_bit)
{
	ifp->if_hwassist = hwassist_bit;
	return (0);
}

int
if_sethwassistbits(if_t ifp, int toset, int toclear)
{
	ifp->if_hwassist &= ~toclear;
	ifp->if_hwassist |= toset;
	return (0);
}

int
if_togglehwassist(if_t ifp, int toggle_bits)
{
	ifp->if_hwassist ^= toggle_bits;
	return (0);
}

int
if_clearhwassist(if_t ifp)
{
	ifp->if_hwassist = 0;
	return (0);
}

/* --- identity -------------------------------------------------------------- */

const char *
if_name(const if_t ifp)
{
	return (ifp->if_xname);
}

const char *
if_getdname(const if_t ifp)
{
	return (ifp->if_dname);
}

void
if_setdname(if_t ifp, const char *name)
{
	ifp->if_dname = name;
}

int
if_getlinkstate(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_link_state, __ATOMIC_RELAXED));
}

struct vnet *
if_getvnet(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_vnet, __ATOMIC_ACQUIRE));
}

struct vnet *
if_gethomevnet(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_home_vnet, __ATOMIC_ACQUIRE));
}

int
if_getmtu(const if_t ifp)
{
	return (__atomic_load_n(&ifp->if_mtu, __ATOMIC_RELAXED));
}

int
if_setmtu(if_t ifp, int mtu)
{
	__atomic_store_n(&ifp->if_mtu, mtu, __ATOMIC_RELAXED);
	return (0);
}

/* The domain's own limit, if it has one. */
int
if_getmtu_family(const if_t ifp, int family)
{
	struct domain *dom = domain_find(family);

	if (dom != NULL && dom->dom_ifmtu != NULL)
		return (dom->dom_ifmtu(ifp));
	return (if_getmtu(ifp));
}

int
if_getdunit(const if_t ifp)
{
	return (ifp->if_dunit);
}

int
if_getindex(const if_t ifp)
{
	return (ifp->if_index);
}

int
if_getidxgen(const if_t ifp)
{
	return (ifp->if_idxgen);
}

int
if_getalloctype(const if_t ifp)
{
	return (ifp->if_alloctype);
}

int
if_gettype(const if_t ifp)
{
	return (ifp->if_type);
}

int
if_getnumadomain(const if_t ifp)
{
	return (ifp->if_numa_domain);
}

u_int
if_getfib(const if_t ifp)
{
	return (ifp->if_fib);
}

uint8_t
if_getaddrlen(const if_t ifp)
{
	return (ifp->if_addrlen);
}

uint8_t
if_getpcp(const if_t ifp)
{
	return (ifp->if_pcp);
}

uint64_t
if_getbaudrate(const if_t ifp)
{
	return (ifp->if_baudrate);
}

void *
if_getsoftc(const if_t ifp)
{
	return (ifp->if_softc);
}

void *
if_getl2com(const if_t ifp)
{
	return (ifp->if_l2com);
}

const uint8_t *
if_getbroadcastaddr(const if_t ifp)
{
	return (ifp->if_broadcastaddr);
}

struct carp_if *
if_getcarp(const if_t ifp)
{
	return (ifp->if_carp);
}

void *
if_getbridge(const if_t ifp)
{
	return (ifp->if_bridge);
}

void *
if_getllsoftc(if_t ifp)
{
	return (ifp->if_llsoftc);
}

struct bpf_if *
if_getbpf(if_t ifp)
{
	return (ifp->if_bpf);
}

struct label *
if_getmaclabel(if_t ifp)
{
	return (ifp->if_label);
}

struct netmap_adapter *
if_getnetmapadapter(if_t ifp)
{
	return (ifp->if_netmap);
}

void
if_setllsoftc(if_t ifp, void *softc)
{
	ifp->if_llsoftc = softc;
}

void
if_setbpf(if_t ifp, struct bpf_if *bpf)
{
	ifp->if_bpf = bpf;
}

void
if_setmaclabel(if_t ifp, struct label *label)
{
	ifp->if_label = label;
}

void
if_setnetmapadapter(if_t ifp, struct netmap_adapter *na)
{
	ifp->if_netmap = na;
}

void
if_setdebugnet_methods(if_t ifp, struct debugnet_methods *m)
{
	ifp->if_debugnet_methods = m;
}

void
if_setfib(if_t ifp, u_int fibnum)
{
	ifp->if_fib = fibnum;
}

void
if_setaddrlen(if_t ifp, uint8_t addrlen)
{
	ifp->if_addrlen = addrlen;
}

void
if_setbroadcastaddr(if_t ifp, const uint8_t *addr)
{
	ifp->if_broadcastaddr = addr;
}

void
if_setbridge(if_t ifp, void *bridge)
{
	ifp->if_bridge = bridge;
}

int
if_setsoftc(if_t ifp, void *softc)
{
	ifp->if_softc = softc;
	return (0);
}

int
if_setifheaderlen(if_t ifp, int len)
{
	ifp->if_hdrlen = len;
	return (0);
}

uint64_t
if_setbaudrate(if_t ifp, uint64_t baudrate)
{
	uint64_t old = ifp->if_baudrate;

	ifp->if_baudrate = baudrate;
	return (old);
}

/* There are no devices to belong to. */
int
if_setdev(if_t ifp __unused, void *dev __unused)
{
	return (0);
}

void
if_setlastchange(if_t ifp)
{
	struct timeval tv;

	getmicrotime(&tv);
	__atomic_store_n(&ifp->if_lastchange.tv_sec, tv.tv_sec,
	    __ATOMIC_RELAXED);
	__atomic_store_n(&ifp->if_lastchange.tv_usec, tv.tv_usec,
	    __ATOMIC_RELAXED);
}

int
if_vlantrunkinuse(if_t ifp)
{
	return (ifp->if_vlantrunk != NULL);
}

/* A bare interface of a type, for drivers that want only its memory. */
void *
if_gethandle(u_char type)
{
	return (if_alloc(type));
}

/* --- counters -------------------------------------------------------------- */

void
if_inc_counter(if_t ifp, ift_counter cnt, int64_t inc)
{
	MPASS(cnt < IFCOUNTERS);
	__atomic_fetch_add(&ifp->if_counters[cnt], inc, __ATOMIC_RELAXED);
}

uint64_t
if_get_counter_default(if_t ifp, ift_counter cnt)
{
	MPASS(cnt < IFCOUNTERS);
	return (__atomic_load_n(&ifp->if_counters[cnt], __ATOMIC_RELAXED));
}

uint64_t
if_getcounter(if_t ifp, ift_counter cnt)
{
	return (ifp->if_get_counter(ifp, cnt));
}

void
if_data_copy(if_t ifp, struct if_data *ifd)
{
	memset(ifd, 0, sizeof(*ifd));
	ifd->ifi_type = ifp->if_type;
	ifd->ifi_addrlen = ifp->if_addrlen;
	ifd->ifi_hdrlen = ifp->if_hdrlen;
	ifd->ifi_link_state = if_getlinkstate(ifp);
	ifd->ifi_datalen = sizeof(*ifd);
	ifd->ifi_mtu = if_getmtu(ifp);
	ifd->ifi_metric = ifp->if_metric;
	ifd->ifi_baudrate = ifp->if_baudrate;
	ifd->ifi_hwassist = ifp->if_hwassist;
	ifd->ifi_epoch = ifp->if_epoch;
	ifd->ifi_lastchange = ifp->if_lastchange;
	ifd->ifi_ipackets = if_getcounter(ifp, IFCOUNTER_IPACKETS);
	ifd->ifi_ierrors = if_getcounter(ifp, IFCOUNTER_IERRORS);
	ifd->ifi_opackets = if_getcounter(ifp, IFCOUNTER_OPACKETS);
	ifd->ifi_oerrors = if_getcounter(ifp, IFCOUNTER_OERRORS);
	ifd->ifi_collisions = if_getcounter(ifp, IFCOUNTER_COLLISIONS);
	ifd->ifi_ibytes = if_getcounter(ifp, IFCOUNTER_IBYTES);
	ifd->ifi_obytes = if_getcounter(ifp, IFCOUNTER_OBYTES);
	ifd->ifi_imcasts = if_getcounter(ifp, IFCOUNTER_IMCASTS);
	ifd->ifi_omcasts = if_getcounter(ifp, IFCOUNTER_OMCASTS);
	ifd->ifi_iqdrops = if_getcounter(ifp, IFCOUNTER_IQDROPS);
	ifd->ifi_oqdrops = if_getcounter(ifp, IFCOUNTER_OQDROPS);
	ifd->ifi_noproto = if_getcounter(ifp, IFCOUNTER_NOPROTO);
}
