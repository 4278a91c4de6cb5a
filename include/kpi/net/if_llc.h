/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * IEEE 802.2 logical link control: the SNAP header, all that drivers name.
 */
#ifndef _KPI_NET_IF_LLC_H_
#define _KPI_NET_IF_LLC_H_

#include <sys/cdefs.h>
#include <sys/types.h>

struct llc_snaphdr {
	uint8_t		llc_dsap;
	uint8_t		llc_ssap;
	uint8_t		llc_control;
	uint8_t		llc_org_code[3];
	uint16_t	llc_ether_type;
} __packed;

#define	LLC_SNAPFRAMELEN	8
#define	LLC_UI			0x3
#define	LLC_SNAP_LSAP		0xaa

#endif /* !_KPI_NET_IF_LLC_H_ */
