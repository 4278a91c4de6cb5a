/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Internet protocol numbers and addresses.  A full replacement of the host's
 * header: socket addresses carry a length byte.
 */
#ifndef _KPI_NETINET_IN_H_
#define _KPI_NETINET_IN_H_

#define	_NETINET_IN_H
#define	_LINUX_IN_H
#define	_LINUX_IN6_H

#include <sys/cdefs.h>
#include <sys/types.h>
#include <endian.h>

typedef uint32_t	in_addr_t;
typedef uint16_t	in_port_t;

#include <sys/socket.h>

uint32_t	ntohl(uint32_t) __attribute__((__const__));
uint32_t	htonl(uint32_t) __attribute__((__const__));
uint16_t	ntohs(uint16_t) __attribute__((__const__));
uint16_t	htons(uint16_t) __attribute__((__const__));
#define	ntohl(x)	be32toh(x)
#define	htonl(x)	htobe32(x)
#define	ntohs(x)	be16toh(x)
#define	htons(x)	htobe16(x)

struct in_addr {
	in_addr_t	s_addr;
};

struct sockaddr_in {
	uint8_t		sin_len;
	sa_family_t	sin_family;
	in_port_t	sin_port;
	struct in_addr	sin_addr;
	char		sin_zero[8];
};

#define	IPPROTO_IP	0
#define	IPPROTO_ICMP	1
#define	IPPROTO_IGMP	2
#define	IPPROTO_IPV4	4
#define	IPPROTO_IPIP	IPPROTO_IPV4
#define	IPPROTO_TCP	6
#define	IPPROTO_UDP	17
#define	IPPROTO_IPV6	41
#define	IPPROTO_ROUTING	43
#define	IPPROTO_FRAGMENT 44
#define	IPPROTO_GRE	47
#define	IPPROTO_ESP	50
#define	IPPROTO_AH	51
#define	IPPROTO_MOBILE	55
#define	IPPROTO_ICMPV6	58
#define	IPPROTO_NONE	59
#define	IPPROTO_DSTOPTS	60
#define	IPPROTO_ETHERIP	97
#define	IPPROTO_CARP	112
#define	IPPROTO_SCTP	132
#define	IPPROTO_PFSYNC	240
#define	IPPROTO_RAW	255
#define	IPPROTO_MAX	256
#define	IPPROTO_DONE	257

#define	INADDR_ANY		((in_addr_t)0x00000000)
#define	INADDR_LOOPBACK		((in_addr_t)0x7f000001)
#define	INADDR_BROADCAST	((in_addr_t)0xffffffff)
#define	INADDR_NONE		((in_addr_t)0xffffffff)
#define	INADDR_ALLHOSTS_GROUP	((in_addr_t)0xe0000001)
#define	INET_ADDRSTRLEN		16

#define	IN_MULTICAST(i)		(((in_addr_t)(i) & 0xf0000000) == 0xe0000000)
#define	in_nullhost(x)		((x).s_addr == INADDR_ANY)
#define	in_hosteq(s, t)		((s).s_addr == (t).s_addr)
#define	sintosa(sin)		((struct sockaddr *)(sin))
#define	satosin(sa)		((struct sockaddr_in *)(sa))

#include <netinet6/in6.h>

#endif /* !_KPI_NETINET_IN_H_ */
