/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Requests on /dev/tunN.
 */
#ifndef _KPI_NET_IF_TUN_H_
#define _KPI_NET_IF_TUN_H_

#include <sys/ioccom.h>
#include <sys/types.h>

#define	TUNMRU		65535
#define	TUNMTU		1500

struct tuninfo {
	int		baudrate;	/* bits a second */
	unsigned short	mtu;
	unsigned char	type;		/* IFT_* */
	unsigned char	dummy;
};

#define	TUNSDEBUG	_IOW('t', 90, int)
#define	TUNGDEBUG	_IOR('t', 89, int)
#define	TUNSIFINFO	_IOW('t', 91, struct tuninfo)
#define	TUNGIFINFO	_IOR('t', 92, struct tuninfo)
/* A socket address, or an address family, in front of every packet. */
#define	TUNSLMODE	_IOW('t', 93, int)
#define	TUNGIFNAME	_IOR('t', 93, struct ifreq)
#define	TUNSIFMODE	_IOW('t', 94, int)
#define	TUNSIFPID	_IO('t', 95)
#define	TUNSIFHEAD	_IOW('t', 96, int)
#define	TUNGIFHEAD	_IOR('t', 97, int)
/* The interface goes with the last close. */
#define	TUNSTRANSIENT	_IOW('t', 98, int)
#define	TUNGTRANSIENT	_IOR('t', 99, int)

#endif /* !_KPI_NET_IF_TUN_H_ */
