/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * IPv6 addresses.  Included by <netinet/in.h>, not to be included alone.
 */
#ifndef _KPI_NETINET6_IN6_H_
#define _KPI_NETINET6_IN6_H_

#ifndef _KPI_NETINET_IN_H_
#error "include <netinet/in.h> instead"
#endif

struct in6_addr {
	union {
		uint8_t		__u6_addr8[16];
		uint16_t	__u6_addr16[8];
		uint32_t	__u6_addr32[4];
	} __u6_addr;
};
#define	s6_addr		__u6_addr.__u6_addr8
#define	s6_addr8	__u6_addr.__u6_addr8
#define	s6_addr16	__u6_addr.__u6_addr16
#define	s6_addr32	__u6_addr.__u6_addr32

struct sockaddr_in6 {
	uint8_t		sin6_len;
	sa_family_t	sin6_family;
	in_port_t	sin6_port;
	uint32_t	sin6_flowinfo;
	struct in6_addr	sin6_addr;
	uint32_t	sin6_scope_id;
};

#define	INET6_ADDRSTRLEN	46
#define	IN6ADDR_ANY_INIT	{ { { 0 } } }
#define	IN6ADDR_LOOPBACK_INIT						\
	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } }

#define	IN6_ARE_ADDR_EQUAL(a, b)					\
	(memcmp(&(a)->s6_addr[0], &(b)->s6_addr[0],			\
	sizeof(struct in6_addr)) == 0)
#define	IN6_IS_ADDR_UNSPECIFIED(a)					\
	(((a)->s6_addr32[0] | (a)->s6_addr32[1] | (a)->s6_addr32[2] |	\
	(a)->s6_addr32[3]) == 0)
#define	IN6_IS_ADDR_LINKLOCAL(a)					\
	((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0x80)
#define	IN6_IS_ADDR_MULTICAST(a)	((a)->s6_addr[0] == 0xff)
#define	sin6tosa(sin6)	((struct sockaddr *)(sin6))
#define	satosin6(sa)	((struct sockaddr_in6 *)(sa))

/* What IPv6 keeps in a packet's protocol flags. */
#define	M_FASTFWD_OURS	M_PROTO1
#define	M_IP6_NEXTHOP	M_PROTO2
#define	M_SKIP_FIREWALL	M_PROTO3
#define	M_AUTHIPHDR	M_PROTO4
#define	M_DECRYPTED	M_PROTO5
#define	M_LOOP		M_PROTO6
#define	M_AUTHIPDGM	M_PROTO7
#define	M_RTALERT_MLD	M_PROTO8

#endif /* !_KPI_NETINET6_IN6_H_ */
