/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Ethernet: the wire format, and what an Ethernet-like driver calls.
 */
#ifndef _KPI_NET_ETHERNET_H_
#define _KPI_NET_ETHERNET_H_

/* Keeps the host's out: its names are the same, its members are not. */
#define	_NET_ETHERNET_H
#define	__NET_ETHERNET_H

#include <sys/types.h>
#include <sys/cdefs.h>
#include <sys/_eventhandler.h>

#define	ETHER_ADDR_LEN		6
#define	ETHER_TYPE_LEN		2
#define	ETHER_CRC_LEN		4
#define	ETHER_HDR_LEN		(ETHER_ADDR_LEN * 2 + ETHER_TYPE_LEN)
#define	ETHER_MIN_LEN		64
#define	ETHER_MAX_LEN		1518
#define	ETHER_MAX_LEN_JUMBO	9018
#define	ETHER_VLAN_ENCAP_LEN	4
#define	ETHER_ALIGN		2
#define	ETHERMTU		(ETHER_MAX_LEN - ETHER_HDR_LEN - ETHER_CRC_LEN)
#define	ETHERMIN		(ETHER_MIN_LEN - ETHER_HDR_LEN - ETHER_CRC_LEN)
#define	ETHERMTU_JUMBO							\
	(ETHER_MAX_LEN_JUMBO - ETHER_HDR_LEN - ETHER_CRC_LEN)
#define	ETHER_HDR_SIZE		ETHER_HDR_LEN

struct ether_header {
	u_char	ether_dhost[ETHER_ADDR_LEN];
	u_char	ether_shost[ETHER_ADDR_LEN];
	u_short	ether_type;
} __packed;

struct ether_addr {
	u_char	octet[ETHER_ADDR_LEN];
} __packed;

struct ether_vlan_header {
	uint8_t	 evl_dhost[ETHER_ADDR_LEN];
	uint8_t	 evl_shost[ETHER_ADDR_LEN];
	uint16_t evl_encap_proto;
	uint16_t evl_tag;
	uint16_t evl_proto;
} __packed;

#define	EVL_VLID_MASK		0x0fff
#define	EVL_VLANOFTAG(tag)	((tag) & EVL_VLID_MASK)
#define	EVL_PRIOFTAG(tag)	(((tag) >> 13) & 7)

#define	ETHER_IS_MULTICAST(addr)	((*(addr)) & 0x01)
#define	ETHER_IS_BROADCAST(addr)					\
	(((addr)[0] & (addr)[1] & (addr)[2] & (addr)[3] & (addr)[4] &	\
	(addr)[5]) == 0xff)
#define	ETHER_IS_ZERO(addr)						\
	(((addr)[0] | (addr)[1] | (addr)[2] | (addr)[3] | (addr)[4] |	\
	(addr)[5]) == 0x00)

#define	ETHERTYPE_IP		0x0800
#define	ETHERTYPE_ARP		0x0806
#define	ETHERTYPE_REVARP	0x8035
#define	ETHERTYPE_VLAN		0x8100
#define	ETHERTYPE_IPV6		0x86dd
#define	ETHERTYPE_FLOWCONTROL	0x8808
#define	ETHERTYPE_SLOW		0x8809
#define	ETHERTYPE_MPLS		0x8847
#define	ETHERTYPE_PAE		0x888e
#define	ETHERTYPE_QINQ		0x88a8
#define	ETHERTYPE_LOOPBACK	0x9000
#define	ETHERTYPE_MAX		0xffff

/* FreeBSD's range for generated addresses: 58:9c:fc. */
#define	OUI_FREEBSD_BASE	0x589cfc000000
#define	OUI_FREEBSD(nic)	(OUI_FREEBSD_BASE | (nic))
#define	OUI_FREEBSD_GENERATED_MASK	0x10ffff
#define	OUI_FREEBSD_GENERATED_LOW					\
	OUI_FREEBSD(OUI_FREEBSD_GENERATED_MASK & 0x100000)
#define	OUI_FREEBSD_GENERATED_HIGH					\
	OUI_FREEBSD(OUI_FREEBSD_GENERATED_MASK)

#define	ETHER_VTAG_PRESENT	0x8000

struct ifnet;
struct mbuf;
struct route;
struct sockaddr;

extern const uint8_t etherbroadcastaddr[ETHER_ADDR_LEN];

/*
 * Attaches an interface that was allocated with if_alloc(IFT_ETHER) and whose
 * methods are set: lengths and MTU 1500, if_attach(), Ethernet's output,
 * input, multicast, encapsulation and vnet-move methods, `lla` as link-level
 * address, capture as DLT_EN10MB, ether_ifattach_event.  curvnet must be set;
 * sleeps; cannot fail.
 */
void	ether_ifattach(struct ifnet *ifp, const uint8_t *lla);
/* Undoes it: capture off, if_detach().  Sleeps. */
void	ether_ifdetach(struct ifnet *ifp);
/*
 * The default driver ioctl: SIOCSIFADDR brings the interface up,
 * SIOCGIFADDR, SIOCSIFMTU (EINVAL above 1500).  EINVAL for the rest.
 */
int	ether_ioctl(struct ifnet *ifp, u_long cmd, caddr_t data);
/*
 * Methods.  Output: net epoch; consumes m; EAFNOSUPPORT, ENOBUFS, ENETDOWN,
 * or the transmit method's.  Input and demux: net epoch, consume m.
 */
int	ether_output(struct ifnet *ifp, struct mbuf *m,
	    const struct sockaddr *dst, struct route *ro);
int	ether_output_frame(struct ifnet *ifp, struct mbuf *m);
void	ether_demux(struct ifnet *ifp, struct mbuf *m);
/* "aa:bb:cc:dd:ee:ff" from six bytes; buf has 18. */
char	*ether_sprintf_r(const u_char *ap, char *buf);

/*
 * A MAC address for an interface that has none: 58:9c:fc:1x:xx:xx out of a
 * digest over host uuid, interface name and jail name, stable over
 * re-creation; random, locally administered and unicast while the host uuid
 * is the default.  Any context that may sleep.
 */
void	ether_gen_addr(struct ifnet *ifp, struct ether_addr *hwaddr);
void	ether_gen_addr_byname(const char *nameunit, struct ether_addr *hwaddr);

typedef void (*ether_ifattach_event_fn)(void *, struct ifnet *);
EVENTHANDLER_DECLARE(ether_ifattach_event, ether_ifattach_event_fn);

#endif /* !_KPI_NET_ETHERNET_H_ */
