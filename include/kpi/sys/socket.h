/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Sockets as the simulated system sees them: FreeBSD's address structure with
 * a length byte, and FreeBSD's numbers.  It replaces the host's header, which
 * is kept out; a file that talks to real sockets must not include KPI headers.
 */
#ifndef _KPI_SYS_SOCKET_H_
#define _KPI_SYS_SOCKET_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The host's guards. */
#define	_SYS_SOCKET_H		1
#define	__BITS_SOCKET_H		1
#define	_BITS_SOCKADDR_H	1

typedef uint8_t	sa_family_t;
#ifndef __socklen_t_defined
typedef unsigned int socklen_t;
#define	__socklen_t_defined
#endif

#define	SOCK_STREAM	1
#define	SOCK_DGRAM	2
#define	SOCK_RAW	3
#define	SOCK_RDM	4
#define	SOCK_SEQPACKET	5
#define	SOCK_CLOEXEC	0x10000000
#define	SOCK_NONBLOCK	0x20000000

#define	SOL_SOCKET	0xffff
#define	SO_DEBUG	0x00000001
#define	SO_ACCEPTCONN	0x00000002
#define	SO_REUSEADDR	0x00000004
#define	SO_KEEPALIVE	0x00000008
#define	SO_DONTROUTE	0x00000010
#define	SO_BROADCAST	0x00000020
#define	SO_USELOOPBACK	0x00000040
#define	SO_LINGER	0x00000080
#define	SO_REUSEPORT	0x00000200
#define	SO_SNDBUF	0x1001
#define	SO_RCVBUF	0x1002
#define	SO_ERROR	0x1007
#define	SO_TYPE		0x1008
#define	SO_SETFIB	0x1014
#define	SO_USER_COOKIE	0x1015

#define	AF_UNSPEC	0
#define	AF_UNIX		1
#define	AF_LOCAL	AF_UNIX
#define	AF_INET		2
#define	AF_APPLETALK	16
#define	AF_ROUTE	17
#define	AF_LINK		18
#define	pseudo_AF_XTP	19
#define	AF_INET6	28
#define	AF_NATM		29
#define	pseudo_AF_HDRCMPLT 31
#define	AF_NETGRAPH	32
#define	AF_IEEE80211	37
#define	AF_NETLINK	38
#define	AF_INET_SDP	40
#define	AF_INET6_SDP	42
#define	AF_HYPERV	43
#define	AF_DIVERT	44
#define	AF_MAX		44

#define	PF_UNSPEC	AF_UNSPEC
#define	PF_LOCAL	AF_LOCAL
#define	PF_INET		AF_INET
#define	PF_ROUTE	AF_ROUTE
#define	PF_LINK		AF_LINK
#define	PF_INET6	AF_INET6
#define	PF_NETLINK	AF_NETLINK
#define	PF_MAX		AF_MAX

#define	MSG_OOB		0x00000001
#define	MSG_PEEK	0x00000002
#define	MSG_DONTROUTE	0x00000004
#define	MSG_EOR		0x00000008
#define	MSG_TRUNC	0x00000010
#define	MSG_WAITALL	0x00000040
#define	MSG_DONTWAIT	0x00000080

#define	SHUT_RD		0
#define	SHUT_WR		1
#define	SHUT_RDWR	2

/* An address of any family, sa_len bytes long. */
struct sockaddr {
	unsigned char	sa_len;
	sa_family_t	sa_family;
	char		sa_data[14];
};
#define	SOCK_MAXADDRLEN	255

#define	_SS_MAXSIZE	128U
/* Room and alignment for an address of any family. */
struct sockaddr_storage {
	unsigned char	ss_len;
	sa_family_t	ss_family;
	char		__ss_pad1[6];
	int64_t		__ss_align;
	char		__ss_pad2[_SS_MAXSIZE - 16];
};

struct sockproto {
	unsigned short	sp_family;
	unsigned short	sp_protocol;
};

struct linger {
	int		l_onoff;
	int		l_linger;
};

struct msghdr {
	void		*msg_name;
	socklen_t	msg_namelen;
	struct iovec	*msg_iov;
	int		msg_iovlen;
	void		*msg_control;
	socklen_t	msg_controllen;
	int		msg_flags;
};

#endif /* !_KPI_SYS_SOCKET_H_ */
