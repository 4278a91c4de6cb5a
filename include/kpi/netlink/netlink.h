/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The netlink protocol: message headers and attributes.  RFC 3549; numbers
 * and layouts are those of FreeBSD and Linux.
 */
#ifndef _KPI_NETLINK_NETLINK_H_
#define _KPI_NETLINK_NETLINK_H_

#include <sys/types.h>
#include <sys/socket.h>

/* Protocols: the third argument of socket(2). */
#define	NETLINK_ROUTE		0
#define	NETLINK_GENERIC		16

#define	SOL_NETLINK		270

/* Socket options. */
#define	NETLINK_ADD_MEMBERSHIP	1
#define	NETLINK_DROP_MEMBERSHIP	2

struct sockaddr_nl {
	uint8_t		nl_len;
	sa_family_t	nl_family;
	uint16_t	nl_pad;
	uint32_t	nl_pid;		/* port id, 0 is the kernel */
	uint32_t	nl_groups;	/* multicast groups mask */
};

struct nlmsghdr {
	uint32_t	nlmsg_len;	/* with this header */
	uint16_t	nlmsg_type;
	uint16_t	nlmsg_flags;	/* NLM_F_* */
	uint32_t	nlmsg_seq;
	uint32_t	nlmsg_pid;	/* sender's port id */
};

#define	NLM_F_REQUEST	0x01
#define	NLM_F_MULTI	0x02
#define	NLM_F_ACK	0x04
#define	NLM_F_ECHO	0x08
#define	NLM_F_DUMP_INTR	0x10
#define	NLM_F_ROOT	0x100
#define	NLM_F_MATCH	0x200
#define	NLM_F_ATOMIC	0x400
#define	NLM_F_DUMP	(NLM_F_ROOT | NLM_F_MATCH)
#define	NLM_F_REPLACE	0x100
#define	NLM_F_EXCL	0x200
#define	NLM_F_CREATE	0x400
#define	NLM_F_APPEND	0x800
#define	NLM_F_NONREC	0x100
#define	NLM_F_CAPPED	0x100
#define	NLM_F_ACK_TLVS	0x200

#define	NLMSG_NOOP	0x1
#define	NLMSG_ERROR	0x2
#define	NLMSG_DONE	0x3
#define	NLMSG_OVERRUN	0x4

/* Payload of NLMSG_ERROR: 0 is an acknowledgement; positive, host's values. */
struct nlmsgerr {
	int		error;
	struct nlmsghdr	msg;
};

enum nlmsgerr_attrs {
	NLMSGERR_ATTR_UNUSED,
	NLMSGERR_ATTR_MSG	= 1,	/* string */
	NLMSGERR_ATTR_OFFS	= 2,	/* u32 */
	NLMSGERR_ATTR_COOKIE	= 3,	/* nested */
	NLMSGERR_ATTR_POLICY	= 4,
	__NLMSGERR_ATTR_MAX,
};

struct nlattr {
	uint16_t	nla_len;	/* with this header */
	uint16_t	nla_type;
};
#define	NLA_F_NESTED		(1 << 15)
#define	NLA_F_NET_BYTEORDER	(1 << 14)
#define	NLA_TYPE_MASK		(~(NLA_F_NESTED | NLA_F_NET_BYTEORDER))

#define	NL_ITEM_ALIGN_SIZE	sizeof(uint32_t)
#define	NL_ITEM_ALIGN(len)						\
	(((len) + NL_ITEM_ALIGN_SIZE - 1) & ~(NL_ITEM_ALIGN_SIZE - 1))
#define	NLMSG_ALIGNTO		NL_ITEM_ALIGN_SIZE
#define	NLMSG_ALIGN(len)	NL_ITEM_ALIGN(len)
#define	NLMSG_HDRLEN		((int)sizeof(struct nlmsghdr))
#define	NLMSG_LENGTH(len)	((len) + NLMSG_HDRLEN)
#define	NLMSG_SPACE(len)	NLMSG_ALIGN(NLMSG_LENGTH(len))
#define	NLMSG_DATA(nlh)		((void *)((char *)(nlh) + NLMSG_HDRLEN))
#define	NLMSG_NEXT(nlh, len)						\
	((len) -= NLMSG_ALIGN((nlh)->nlmsg_len),			\
	(struct nlmsghdr *)((char *)(nlh) + NLMSG_ALIGN((nlh)->nlmsg_len)))
#define	NLMSG_OK(nlh, len)						\
	((len) >= NLMSG_HDRLEN &&					\
	(nlh)->nlmsg_len >= sizeof(struct nlmsghdr) &&			\
	(int)(nlh)->nlmsg_len <= (len))

#define	NLA_ALIGN(len)		NL_ITEM_ALIGN(len)
#define	NLA_HDRLEN		((int)sizeof(struct nlattr))
#define	NLA_DATA_LEN(nla)	((int)((nla)->nla_len - NLA_HDRLEN))
#define	NLA_DATA(nla)		((void *)((char *)(nla) + NLA_HDRLEN))
#define	NLA_DATA_CONST(nla)	((const void *)((const char *)(nla) + NLA_HDRLEN))
#define	NLA_TYPE(nla)		((nla)->nla_type & 0x3fff)
#define	NLA_NEXT(nla)							\
	((struct nlattr *)((char *)(nla) + NLA_ALIGN((nla)->nla_len)))

#endif /* !_KPI_NETLINK_NETLINK_H_ */
