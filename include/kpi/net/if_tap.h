/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Requests on /dev/tapN and /dev/vmnetN.
 */
#ifndef _KPI_NET_IF_TAP_H_
#define _KPI_NET_IF_TAP_H_

#include <sys/ioccom.h>
#include <net/if_tun.h>

#define	TAPMRU		65535

struct tapinfo {
	int		baudrate;	/* bits a second */
	unsigned short	mtu;
	unsigned char	type;		/* IFT_* */
	unsigned char	dummy;
};

#define	TAPSDEBUG	TUNSDEBUG
#define	TAPGDEBUG	TUNGDEBUG
#define	TAPSIFINFO	_IOW('t', 91, struct tapinfo)
#define	TAPGIFINFO	_IOR('t', 92, struct tapinfo)
#define	TAPGIFNAME	TUNGIFNAME
/* Size of the virtio header in front of every frame: 0, 10 or 12. */
#define	TAPSVNETHDR	_IOW('t', 91, int)
#define	TAPGVNETHDR	_IOR('t', 94, int)
#define	TAPSTRANSIENT	TUNSTRANSIENT
#define	TAPGTRANSIENT	TUNGTRANSIENT

/* VMware's. */
#define	VMIO_SIOCSIFFLAGS	_IOWINT('V', 0)
#define	VMIO_SIOCSKEEP		_IO('V', 1)
#define	VMIO_SIOCSIFBR		_IO('V', 2)
#define	VMIO_SIOCSLADRF		_IO('V', 3)
#define	VMIO_SIOCSETMACADDR	_IO('V', 4)

#endif /* !_KPI_NET_IF_TAP_H_ */
