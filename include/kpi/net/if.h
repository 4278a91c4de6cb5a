/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces as their users see them: names, flags, capabilities and the
 * blocks that interface requests carry.  Replaces the host's header, which is
 * kept out together with the host kernel's own.
 */
#ifndef _KPI_NET_IF_H_
#define _KPI_NET_IF_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/queue.h>
#include <sys/time.h>

/* The host's guards. */
#define	_NET_IF_H	1
#define	_LINUX_IF_H	1

#define	IF_NAMESIZE	16
#define	IFNAMSIZ	IF_NAMESIZE	/* longest name with its NUL */
#define	IF_MAXUNIT	0x7fff		/* for cloners without a limit */

/* Interface flags; (d) is kept by the driver in if_drv_flags. */
#define	IFF_UP		0x1		/* administratively up */
#define	IFF_BROADCAST	0x2		/* can broadcast */
#define	IFF_DEBUG	0x4
#define	IFF_LOOPBACK	0x8
#define	IFF_POINTOPOINT	0x10
#define	IFF_NEEDSEPOCH	0x20		/* calls if_input outside the epoch */
#define	IFF_DRV_RUNNING	0x40		/* (d) resources allocated */
#define	IFF_NOARP	0x80
#define	IFF_PROMISC	0x100		/* receives all packets */
#define	IFF_ALLMULTI	0x200		/* receives all multicasts */
#define	IFF_DRV_OACTIVE	0x400		/* (d) transmit queue is full */
#define	IFF_SIMPLEX	0x800		/* does not hear itself */
#define	IFF_LINK0	0x1000
#define	IFF_LINK1	0x2000
#define	IFF_LINK2	0x4000
#define	IFF_ALTPHYS	IFF_LINK2
#define	IFF_MULTICAST	0x8000		/* supports multicast */
#define	IFF_CANTCONFIG	0x10000		/* unconfigurable by ioctl */
#define	IFF_PPROMISC	0x20000		/* promiscuous by request of a user */
#define	IFF_MONITOR	0x40000		/* receive only */
#define	IFF_STATICARP	0x80000
#define	IFF_STICKYARP	0x100000
#define	IFF_DYING	0x200000	/* being detached, or gone */
#define	IFF_RENAMING	0x400000	/* in if_rename() */
#define	IFF_PALLMULTI	0x800000	/* all multicasts by request */
#define	IFF_NETLINK_1	0x1000000	/* reserved for netlink */
#define	IFF_RUNNING	IFF_DRV_RUNNING
#define	IFF_OACTIVE	IFF_DRV_OACTIVE

/* What a user may neither set nor clear. */
#define	IFF_CANTCHANGE							\
	(IFF_BROADCAST | IFF_POINTOPOINT | IFF_DRV_RUNNING |		\
	    IFF_DRV_OACTIVE | IFF_SIMPLEX | IFF_MULTICAST |		\
	    IFF_ALLMULTI | IFF_PROMISC | IFF_DYING | IFF_CANTCONFIG |	\
	    IFF_NEEDSEPOCH)

/* Link states. */
#define	LINK_STATE_UNKNOWN	0
#define	LINK_STATE_DOWN		1
#define	LINK_STATE_UP		2

#define	IF_Kbps(x)	((uintmax_t)(x) * 1000)
#define	IF_Mbps(x)	(IF_Kbps((x) * 1000))
#define	IF_Gbps(x)	(IF_Mbps((x) * 1000))

/* Capabilities. */
#define	IFCAP_RXCSUM		0x00000001
#define	IFCAP_TXCSUM		0x00000002
#define	IFCAP_NETCONS		0x00000004
#define	IFCAP_VLAN_MTU		0x00000008
#define	IFCAP_VLAN_HWTAGGING	0x00000010
#define	IFCAP_JUMBO_MTU		0x00000020
#define	IFCAP_POLLING		0x00000040
#define	IFCAP_VLAN_HWCSUM	0x00000080
#define	IFCAP_TSO4		0x00000100
#define	IFCAP_TSO6		0x00000200
#define	IFCAP_LRO		0x00000400
#define	IFCAP_WOL_UCAST		0x00000800
#define	IFCAP_WOL_MCAST		0x00001000
#define	IFCAP_WOL_MAGIC		0x00002000
#define	IFCAP_TOE4		0x00004000
#define	IFCAP_TOE6		0x00008000
#define	IFCAP_VLAN_HWFILTER	0x00010000
#define	IFCAP_NV		0x00020000
#define	IFCAP_VLAN_HWTSO	0x00040000
#define	IFCAP_LINKSTATE		0x00080000
#define	IFCAP_NETMAP		0x00100000
#define	IFCAP_RXCSUM_IPV6	0x00200000
#define	IFCAP_TXCSUM_IPV6	0x00400000
#define	IFCAP_HWSTATS		0x00800000
#define	IFCAP_TXRTLMT		0x01000000
#define	IFCAP_HWRXTSTMP		0x02000000
#define	IFCAP_MEXTPG		0x04000000
#define	IFCAP_TXTLS4		0x08000000
#define	IFCAP_TXTLS6		0x10000000
#define	IFCAP_VXLAN_HWCSUM	0x20000000
#define	IFCAP_VXLAN_HWTSO	0x40000000
#define	IFCAP_TXTLS_RTLMT	0x80000000
/* The second word, by bit number. */
#define	IFCAP2_RXTLS4		32
#define	IFCAP2_RXTLS6		33
#define	IFCAP2_IPSEC_OFFLOAD	34
#define	IFCAP2_BIT(x)		(1UL << ((x) - 32))

#define	IFCAP_HWCSUM_IPV6	(IFCAP_RXCSUM_IPV6 | IFCAP_TXCSUM_IPV6)
#define	IFCAP_HWCSUM		(IFCAP_RXCSUM | IFCAP_TXCSUM)
#define	IFCAP_TSO		(IFCAP_TSO4 | IFCAP_TSO6)
#define	IFCAP_WOL							\
	(IFCAP_WOL_UCAST | IFCAP_WOL_MCAST | IFCAP_WOL_MAGIC)
#define	IFCAP_TOE		(IFCAP_TOE4 | IFCAP_TOE6)
#define	IFCAP_TXTLS		(IFCAP_TXTLS4 | IFCAP_TXTLS6)
#define	IFCAP_CANTCHANGE	(IFCAP_NETMAP | IFCAP_NV)
#define	IFCAP_ALLCAPS		0xffffffff

#define	IFQ_MAXLEN	50		/* default of ifqmaxlen */
#define	IFNET_SLOWHZ	1

/* What SIOCSIFMTU lets pass. */
#define	IF_MINMTU	72
#define	IF_MAXMTU	65535

struct ifreq_buffer {
	size_t	length;
	void	*buffer;
};

struct ifreq_nv_req {
	u_int	buf_length;
	u_int	length;
	void	*buffer;
};

/* The block of most interface requests, 32 bytes. */
struct ifreq {
	char	ifr_name[IFNAMSIZ];
	union {
		struct sockaddr	ifru_addr;
		struct sockaddr	ifru_dstaddr;
		struct sockaddr	ifru_broadaddr;
		struct ifreq_buffer ifru_buffer;
		short		ifru_flags[2];
		/* short in FreeBSD; an index may be larger than that here. */
		int		ifru_index;
		int		ifru_jid;
		int		ifru_metric;
		int		ifru_mtu;
		int		ifru_phys;
		int		ifru_media;
		caddr_t		ifru_data;
		int		ifru_cap[2];
		u_int		ifru_fib;
		u_char		ifru_vlan_pcp;
		struct ifreq_nv_req ifru_nv;
	} ifr_ifru;
#define	ifr_addr	ifr_ifru.ifru_addr
#define	ifr_dstaddr	ifr_ifru.ifru_dstaddr
#define	ifr_broadaddr	ifr_ifru.ifru_broadaddr
#define	ifr_buffer	ifr_ifru.ifru_buffer
#define	ifr_flags	ifr_ifru.ifru_flags[0]
#define	ifr_flagshigh	ifr_ifru.ifru_flags[1]
#define	ifr_jid		ifr_ifru.ifru_jid
#define	ifr_metric	ifr_ifru.ifru_metric
#define	ifr_mtu		ifr_ifru.ifru_mtu
#define	ifr_phys	ifr_ifru.ifru_phys
#define	ifr_media	ifr_ifru.ifru_media
#ifndef _KERNEL
#define	ifr_data	ifr_ifru.ifru_data
#endif
#define	ifr_reqcap	ifr_ifru.ifru_cap[0]
#define	ifr_curcap	ifr_ifru.ifru_cap[1]
#define	ifr_index	ifr_ifru.ifru_index
#define	ifr_fib		ifr_ifru.ifru_fib
#define	ifr_vlan_pcp	ifr_ifru.ifru_vlan_pcp
#define	ifr_lan_pcp	ifr_ifru.ifru_vlan_pcp
#define	ifr_cap_nv	ifr_ifru.ifru_nv
};
_Static_assert(sizeof(struct ifreq) == 32, "struct ifreq");

/* An address may stick out at the end. */
#define	_SIZEOF_ADDR_IFREQ(ifr)						\
	(sizeof(struct ifreq) +						\
	    ((ifr).ifr_addr.sa_len <= sizeof(struct sockaddr) ? 0 :	\
	    (ifr).ifr_addr.sa_len - sizeof(struct sockaddr)))

struct ifaliasreq {
	char		ifra_name[IFNAMSIZ];
	struct sockaddr	ifra_addr;
	struct sockaddr	ifra_broadaddr;
	struct sockaddr	ifra_mask;
	int		ifra_vhid;
};
#define	ifra_dstaddr	ifra_broadaddr

struct ifmediareq {
	char	ifm_name[IFNAMSIZ];
	int	ifm_current;
	int	ifm_mask;
	int	ifm_status;
	int	ifm_active;
	int	ifm_count;
	int	*ifm_ulist;
};

struct ifdrv {
	char		ifd_name[IFNAMSIZ];
	unsigned long	ifd_cmd;
	size_t		ifd_len;
	void		*ifd_data;
};

#define	IFSTATMAX	800
struct ifstat {
	char	ifs_name[IFNAMSIZ];
	char	ascii[IFSTATMAX + 1];
};

struct ifconf {
	int	ifc_len;		/* bytes of the buffer */
	union {
		caddr_t		ifcu_buf;
		struct ifreq	*ifcu_req;
	} ifc_ifcu;
#define	ifc_buf	ifc_ifcu.ifcu_buf
#define	ifc_req	ifc_ifcu.ifcu_req
};

#define	IFG_ALL		"all"
#define	IFG_EGRESS	"egress"

struct ifg_req {
	union {
		char	ifgrqu_group[IFNAMSIZ];
		char	ifgrqu_member[IFNAMSIZ];
	} ifgrq_ifgrqu;
#define	ifgrq_group	ifgrq_ifgrqu.ifgrqu_group
#define	ifgrq_member	ifgrq_ifgrqu.ifgrqu_member
};

struct ifgroupreq {
	char	ifgr_name[IFNAMSIZ];
	u_int	ifgr_len;		/* bytes */
	union {
		char	ifgru_group[IFNAMSIZ];
		struct ifg_req	*ifgru_groups;
	} ifgr_ifgru;
#define	ifgr_group	ifgr_ifgru.ifgru_group
#define	ifgr_groups	ifgr_ifgru.ifgru_groups
};

struct if_clonereq {
	int	ifcr_total;		/* out: cloners there are */
	int	ifcr_count;		/* in: room in the buffer, in names */
	char	*ifcr_buffer;		/* IFNAMSIZ bytes a name */
};

/* Interface statistics and properties, as routing messages carry them. */
struct if_data {
	uint8_t		ifi_type;
	uint8_t		ifi_physical;
	uint8_t		ifi_addrlen;
	uint8_t		ifi_hdrlen;
	uint8_t		ifi_link_state;
	uint8_t		ifi_vhid;
	uint16_t	ifi_datalen;
	uint32_t	ifi_mtu;
	uint32_t	ifi_metric;
	uint64_t	ifi_baudrate;
	uint64_t	ifi_ipackets;
	uint64_t	ifi_ierrors;
	uint64_t	ifi_opackets;
	uint64_t	ifi_oerrors;
	uint64_t	ifi_collisions;
	uint64_t	ifi_ibytes;
	uint64_t	ifi_obytes;
	uint64_t	ifi_imcasts;
	uint64_t	ifi_omcasts;
	uint64_t	ifi_iqdrops;
	uint64_t	ifi_oqdrops;
	uint64_t	ifi_noproto;
	uint64_t	ifi_hwassist;
	int64_t		ifi_epoch;		/* uptime at attach */
	struct timeval	ifi_lastchange;
};

/* RTM_IFANNOUNCE */
#define	IFAN_ARRIVAL	0
#define	IFAN_DEPARTURE	1

struct ifnet;
/* An interface, opaque to drivers. */
typedef struct ifnet *if_t;

#ifdef _KERNEL
#include <net/if_var.h>
#endif

#endif /* !_KPI_NET_IF_H_ */
