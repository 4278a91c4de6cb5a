/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Requests on IPv6 interface addresses.
 */
#ifndef _KPI_NETINET6_IN6_VAR_H_
#define _KPI_NETINET6_IN6_VAR_H_

#include <sys/ioccom.h>
#include <net/if.h>
#include <netinet/in.h>

struct in6_ifreq {
	char	ifr_name[IFNAMSIZ];
	union {
		struct sockaddr_in6	ifru_addr;
		struct sockaddr_in6	ifru_dstaddr;
		int			ifru_flags;
		int			ifru_flags6;
		int			ifru_metric;
		caddr_t			ifru_data;
		uint8_t			ifru_room[256];
	} ifr_ifru;
};

struct in6_aliasreq {
	char			ifra_name[IFNAMSIZ];
	struct sockaddr_in6	ifra_addr;
	struct sockaddr_in6	ifra_dstaddr;
	struct sockaddr_in6	ifra_prefixmask;
	int			ifra_flags;
	uint32_t		ifra_lifetime[6];
	int			ifra_vhid;
};

#define	SIOCDIFADDR_IN6		_IOW('i', 25, struct in6_ifreq)
#define	SIOCAIFADDR_IN6		_IOW('i', 27, struct in6_aliasreq)
#define	SIOCGIFADDR_IN6		_IOWR('i', 33, struct in6_ifreq)
#define	SIOCSIFPHYADDR_IN6	_IOW('i', 70, struct in6_aliasreq)
#define	SIOCGIFPSRCADDR_IN6	_IOWR('i', 71, struct in6_ifreq)
#define	SIOCGIFPDSTADDR_IN6	_IOWR('i', 72, struct in6_ifreq)

#endif /* !_KPI_NETINET6_IN6_VAR_H_ */
