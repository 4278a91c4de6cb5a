/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface types, from IANA's registry and FreeBSD's own range.
 */
#ifndef _KPI_NET_IF_TYPES_H_
#define _KPI_NET_IF_TYPES_H_

typedef enum {
	IFT_OTHER		= 0x1,
	IFT_1822		= 0x2,
	IFT_ETHER		= 0x6,
	IFT_ISO88025		= 0x9,
	IFT_FDDI		= 0xf,
	IFT_PPP			= 0x17,
	IFT_LOOP		= 0x18,
	IFT_SLIP		= 0x1c,
	IFT_PARA		= 0x22,
	IFT_ATM			= 0x25,
	IFT_MODEM		= 0x30,
	IFT_IEEE80211		= 0x47,
	IFT_PROPVIRTUAL		= 0x35,
	IFT_TUNNEL		= 0x83,
	IFT_L2VLAN		= 0x87,
	IFT_IEEE1394		= 0x90,
	IFT_IEEE8023ADLAG	= 0xa1,
	IFT_INFINIBAND		= 0xc7,
	IFT_BRIDGE		= 0xd1,
	IFT_STF			= 0xd7,
	IFT_GIF			= 0xf0,
	IFT_PVC			= 0xf1,
	IFT_ENC			= 0xf4,
	IFT_PFLOG		= 0xf6,
	IFT_PFSYNC		= 0xf7,
	IFT_WIREGUARD		= 0xf8,
} ifType;

/* Drivers test for these two with #ifdef. */
#define	IFT_L2VLAN	IFT_L2VLAN
#define	IFT_BRIDGE	IFT_BRIDGE
#define	IFT_GIF		IFT_GIF

#endif /* !_KPI_NET_IF_TYPES_H_ */
