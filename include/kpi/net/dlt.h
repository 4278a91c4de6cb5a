/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Link types of packet capture.
 */
#ifndef _KPI_NET_DLT_H_
#define _KPI_NET_DLT_H_

#define	DLT_NULL		0
#define	DLT_EN10MB		1
#define	DLT_IEEE802		6
#define	DLT_PPP			9
#define	DLT_RAW			12
#define	DLT_IEEE802_11		105
#define	DLT_LOOP		108
#define	DLT_ENC			109
#define	DLT_PFLOG		117
#define	DLT_IEEE802_11_RADIO	127
#define	DLT_USB			186
#define	DLT_INFINIBAND		247

#endif /* !_KPI_NET_DLT_H_ */
