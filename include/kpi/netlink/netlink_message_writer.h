/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Writing messages into a growing buffer that goes to a socket or a group.
 */
#ifndef _KPI_NETLINK_NETLINK_MESSAGE_WRITER_H_
#define _KPI_NETLINK_NETLINK_MESSAGE_WRITER_H_

#include <sys/param.h>
#include <netlink/netlink.h>

struct nlpcb;

/*
 * One writer belongs to one thread.  After an allocation failed every call
 * returns false and nothing is sent.
 */
struct nl_writer {
	struct nlpcb	*nlp;		/* to one socket, or */
	u_int		group;		/* to a group of curvnet */
	char		*buf;
	u_int		len;		/* finished bytes and the open one */
	u_int		size;
	u_int		hdr;		/* offset of the open message */
	bool		open;
	bool		enomem;
	int		malloc_flag;	/* M_WAITOK or M_NOWAIT */
};

void	nl_writer_unicast(struct nl_writer *nw, struct nlpcb *nlp, bool waitok);
void	nl_writer_group(struct nl_writer *nw, u_int group, bool waitok);
/* Sends what is finished and frees the buffer. */
bool	nlmsg_flush(struct nl_writer *nw);

bool	nlmsg_add(struct nl_writer *nw, uint32_t portid, uint32_t seq,
	    uint16_t type, uint16_t flags, uint32_t len);
#define	nlmsg_reply(nw, hdr, payload_len)				\
	nlmsg_add((nw), (hdr)->nlmsg_pid, (hdr)->nlmsg_seq,		\
	    (hdr)->nlmsg_type, (hdr)->nlmsg_flags, (payload_len))
bool	nlmsg_end(struct nl_writer *nw);
void	nlmsg_abort(struct nl_writer *nw);

void	*nlmsg_reserve_data_raw(struct nl_writer *nw, size_t sz);
#define	nlmsg_reserve_object(nw, t)					\
	((t *)nlmsg_reserve_data_raw((nw), NLMSG_ALIGN(sizeof(t))))

bool	nlattr_add(struct nl_writer *nw, uint16_t type, uint16_t len,
	    const void *data);
u_int	nlattr_add_nested(struct nl_writer *nw, uint16_t type);
void	nlattr_set_len(struct nl_writer *nw, u_int off);

static inline bool
nlattr_add_u8(struct nl_writer *nw, uint16_t type, uint8_t v)
{
	return (nlattr_add(nw, type, sizeof(v), &v));
}
static inline bool
nlattr_add_u16(struct nl_writer *nw, uint16_t type, uint16_t v)
{
	return (nlattr_add(nw, type, sizeof(v), &v));
}
static inline bool
nlattr_add_u32(struct nl_writer *nw, uint16_t type, uint32_t v)
{
	return (nlattr_add(nw, type, sizeof(v), &v));
}
static inline bool
nlattr_add_u64(struct nl_writer *nw, uint16_t type, uint64_t v)
{
	return (nlattr_add(nw, type, sizeof(v), &v));
}
bool	nlattr_add_string(struct nl_writer *nw, uint16_t type,
	    const char *s);

#endif /* !_KPI_NETLINK_NETLINK_MESSAGE_WRITER_H_ */
