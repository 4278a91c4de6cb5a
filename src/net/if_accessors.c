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

#include "if_accessors.h"

/* --- flags and capabilities ---------------------------------------------- */

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

IF_SETTER_INT(if_setcapabilities, int, if_capabilities)
IF_SETTER_BITS(if_setcapabilitiesbit, if_capabilities)
IF_GETTER(int, if_getcapabilities, const if_t, if_capabilities)
IF_SETTER_INT(if_setcapenable, int, if_capenable)
IF_SETTER_BITS(if_setcapenablebit, if_capenable)
IF_TOGGLER(if_togglecapenable, if_capenable)
IF_GETTER(int, if_getcapenable, const if_t, if_capenable)
IF_SETTER_INT(if_setcapabilities2, int, if_capabilities2)
IF_SETTER_BITS(if_setcapabilities2bit, if_capabilities2)
IF_GETTER(int, if_getcapabilities2, const if_t, if_capabilities2)
IF_SETTER_INT(if_setcapenable2, int, if_capenable2)
IF_SETTER_BITS(if_setcapenable2bit, if_capenable2)
IF_TOGGLER(if_togglecapenable2, if_capenable2)
IF_GETTER(int, if_getcapenable2, const if_t, if_capenable2)
IF_GETTER(int, if_gethwassist, const if_t, if_hwassist)
IF_SETTER_INT(if_sethwassist, int, if_hwassist)
IF_SETTER_BITS(if_sethwassistbits, if_hwassist)
IF_TOGGLER(if_togglehwassist, if_hwassist)

int
if_clearhwassist(if_t ifp)
{
	ifp->if_hwassist = 0;
	return (0);
}

/* --- identity ------------------------------------------------------------ */

const char *
if_name(const if_t ifp)
{
	return (ifp->if_xname);
}

IF_GETTER(const char *, if_getdname, const if_t, if_dname)
IF_SETTER(if_setdname, const char *, if_dname)

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

IF_GETTER(int, if_getdunit, const if_t, if_dunit)
IF_GETTER(int, if_getindex, const if_t, if_index)
IF_GETTER(int, if_getidxgen, const if_t, if_idxgen)
IF_GETTER(int, if_getalloctype, const if_t, if_alloctype)
IF_GETTER(int, if_gettype, const if_t, if_type)
IF_GETTER(int, if_getnumadomain, const if_t, if_numa_domain)
IF_GETTER(u_int, if_getfib, const if_t, if_fib)
IF_GETTER(uint8_t, if_getaddrlen, const if_t, if_addrlen)
IF_GETTER(uint8_t, if_getpcp, const if_t, if_pcp)
IF_GETTER(uint64_t, if_getbaudrate, const if_t, if_baudrate)
IF_GETTER(void *, if_getsoftc, const if_t, if_softc)
IF_GETTER(void *, if_getl2com, const if_t, if_l2com)
IF_GETTER(const uint8_t *, if_getbroadcastaddr, const if_t, if_broadcastaddr)
IF_GETTER(struct carp_if *, if_getcarp, const if_t, if_carp)
IF_GETTER(void *, if_getbridge, const if_t, if_bridge)
IF_GETTER(void *, if_getllsoftc, if_t, if_llsoftc)
IF_GETTER(struct bpf_if *, if_getbpf, if_t, if_bpf)
IF_GETTER(struct label *, if_getmaclabel, if_t, if_label)
IF_GETTER(struct netmap_adapter *, if_getnetmapadapter, if_t, if_netmap)
IF_SETTER(if_setllsoftc, void *, if_llsoftc)
IF_SETTER(if_setbpf, struct bpf_if *, if_bpf)
IF_SETTER(if_setmaclabel, struct label *, if_label)
IF_SETTER(if_setnetmapadapter, struct netmap_adapter *, if_netmap)
IF_SETTER(if_setdebugnet_methods, struct debugnet_methods *,
    if_debugnet_methods)
IF_SETTER(if_setfib, u_int, if_fib)
IF_SETTER(if_setaddrlen, uint8_t, if_addrlen)
IF_SETTER(if_setbroadcastaddr, const uint8_t *, if_broadcastaddr)
IF_SETTER(if_setbridge, void *, if_bridge)
IF_SETTER_INT(if_setsoftc, void *, if_softc)
IF_SETTER_INT(if_setifheaderlen, int, if_hdrlen)

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

/* --- counters ------------------------------------------------------------ */

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
	*ifd = (struct if_data) {
		.ifi_datalen = sizeof(*ifd),
		.ifi_type = ifp->if_type,
		.ifi_addrlen = ifp->if_addrlen,
		.ifi_hdrlen = ifp->if_hdrlen,
		.ifi_link_state = if_getlinkstate(ifp),
		.ifi_mtu = if_getmtu(ifp),
		.ifi_metric = ifp->if_metric,
		.ifi_baudrate = ifp->if_baudrate,
		.ifi_hwassist = ifp->if_hwassist,
		.ifi_epoch = ifp->if_epoch,
		.ifi_lastchange = ifp->if_lastchange,
	};
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
