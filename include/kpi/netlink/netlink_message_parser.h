/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Parsing requests: attributes into structures by table.
 */
#ifndef _KPI_NETLINK_NETLINK_MESSAGE_PARSER_H_
#define _KPI_NETLINK_NETLINK_MESSAGE_PARSER_H_

#include <sys/param.h>
#include <netlink/netlink.h>

struct ifnet;
struct nlpcb;

/*
 * One request while it is handled, used by the socket's worker thread only.
 * `cookie`, if set, is sent back with the acknowledgement and freed with the
 * state.
 */
struct nl_pstate {
	struct nlpcb	*nlp;
	struct nlmsghdr	*hdr;
	struct nl_writer *nw;		/* where replies go */
	struct nlattr	*cookie;
	char		err_msg[80];	/* "" when there is none */
};

/* Which attributes a request has, by type. */
#define	NL_ATTR_BMASK_SIZE	128
struct nlattr_bmask {
	uint64_t	bits[NL_ATTR_BMASK_SIZE / 64];
};

static inline void
nl_set_attr_bit(struct nlattr_bmask *bm, u_int type)
{
	if (type < NL_ATTR_BMASK_SIZE)
		bm->bits[type / 64] |= (uint64_t)1 << (type % 64);
}
static inline bool
nl_has_attr(const struct nlattr_bmask *bm, u_int type)
{
	return (type < NL_ATTR_BMASK_SIZE &&
	    (bm->bits[type / 64] & (uint64_t)1 << (type % 64)) != 0);
}
void	nl_get_attrs_bmask_raw(struct nlattr *nla_head, u_int len,
	    struct nlattr_bmask *bm);

/*
 * Stores one attribute at `target`: 0, or EINVAL for a wrong size, EBADMSG
 * for a malformed nest.
 */
typedef int nlattr_parse_f(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg, void *target);

/* A table of these, sorted by type, describes what a message may carry. */
struct nlattr_parser {
	uint16_t	type;
	uint16_t	off;		/* in the target structure */
	nlattr_parse_f	*cb;
	const void	*arg;
};
struct nlhdr_parser {
	const struct nlattr_parser *np;
	u_int		np_size;
};
#define	NL_DECLARE_ATTR_PARSER(_name, _np)				\
	static const struct nlhdr_parser _name = {			\
		.np = &((_np)[0]),					\
		.np_size = nitems(_np),					\
	}

/* Unknown attributes are skipped; the first error ends it. */
int	nl_parse_attrs_raw(struct nlattr *nla_head, u_int len,
	    const struct nlattr_parser *ps, u_int pslen,
	    struct nl_pstate *npt, void *target);

static inline int
nl_parse_nested(struct nlattr *nla, const struct nlhdr_parser *parser,
    struct nl_pstate *npt, void *target)
{
	return (nl_parse_attrs_raw((struct nlattr *)NLA_DATA(nla),
	    NLA_DATA_LEN(nla), parser->np, parser->np_size, npt, target));
}

nlattr_parse_f	nlattr_get_uint8;
nlattr_parse_f	nlattr_get_uint16;
nlattr_parse_f	nlattr_get_uint32;
nlattr_parse_f	nlattr_get_uint64;
nlattr_parse_f	nlattr_get_string;	/* char *, into the message */
nlattr_parse_f	nlattr_get_nla;		/* struct nlattr * */
/*
 * arg: struct nlhdr_parser.  Its offsets count from where the nest itself
 * would be stored.
 */
nlattr_parse_f	nlattr_get_nested;

/* Remembers a text for the error report; returns false. */
bool	nlmsg_report_err_msg(struct nl_pstate *npt, const char *fmt, ...)
	    __printflike(2, 3);
#define	NLMSG_REPORT_ERR_MSG	nlmsg_report_err_msg

#endif /* !_KPI_NETLINK_NETLINK_MESSAGE_PARSER_H_ */
