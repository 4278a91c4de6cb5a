/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Reading and writing netlink messages.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "netlink_var.h"

#define	NW_START	512	/* first size of a writer's buffer */

/* --- parsing -------------------------------------------------------------- */

/* The attribute at p if all of it lies before `end`. */
static bool
attr_ok(const char *p, const char *end)
{
	const struct nlattr *nla = (const struct nlattr *)p;

	return (end - p >= NLA_HDRLEN && nla->nla_len >= NLA_HDRLEN &&
	    nla->nla_len <= end - p);
}

/* What follows it; alignment may lead beyond the end. */
static char *
attr_next(char *p, char *end)
{
	size_t len = NLA_ALIGN(((struct nlattr *)p)->nla_len);

	return (len < (size_t)(end - p) ? p + len : end);
}

void
nl_get_attrs_bmask_raw(struct nlattr *nla_head, u_int len,
    struct nlattr_bmask *bm)
{
	char *p = (char *)nla_head, *end = p + len;

	memset(bm, 0, sizeof(*bm));
	for (; attr_ok(p, end); p = attr_next(p, end))
		nl_set_attr_bit(bm, NLA_TYPE((struct nlattr *)p));
}

int
nl_parse_attrs_raw(struct nlattr *nla_head, u_int len,
    const struct nlattr_parser *ps, u_int pslen, struct nl_pstate *npt,
    void *target)
{
	char *p = (char *)nla_head, *end = p + len;
	struct nlattr *nla;
	u_int i;
	int error;

	for (; attr_ok(p, end); p = attr_next(p, end)) {
		nla = (struct nlattr *)p;
		for (i = 0; i < pslen && ps[i].type != NLA_TYPE(nla); i++)
			;
		if (i == pslen)
			continue;
		error = ps[i].cb(nla, npt, ps[i].arg,
		    (char *)target + ps[i].off);
		if (error != 0)
			return (error);
	}
	if (p != end) {
		nlmsg_report_err_msg(npt, "malformed attribute at %d",
		    (int)(p - (char *)nla_head));
		return (EINVAL);
	}
	return (0);
}

/* An attribute of exactly `size` bytes. */
static int
attr_get_fixed(const struct nlattr *nla, struct nl_pstate *npt, u_int size,
    void *target)
{
	if ((u_int)NLA_DATA_LEN(nla) != size) {
		nlmsg_report_err_msg(npt, "nla type %d size(%u) is not %u",
		    NLA_TYPE(nla), NLA_DATA_LEN(nla), size);
		return (EINVAL);
	}
	memcpy(target, NLA_DATA_CONST(nla), size);
	return (0);
}

int
nlattr_get_uint8(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg __unused, void *target)
{
	return (attr_get_fixed(nla, npt, sizeof(uint8_t), target));
}

int
nlattr_get_uint16(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg __unused, void *target)
{
	return (attr_get_fixed(nla, npt, sizeof(uint16_t), target));
}

int
nlattr_get_uint32(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg __unused, void *target)
{
	return (attr_get_fixed(nla, npt, sizeof(uint32_t), target));
}

int
nlattr_get_uint64(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg __unused, void *target)
{
	return (attr_get_fixed(nla, npt, sizeof(uint64_t), target));
}

int
nlattr_get_string(struct nlattr *nla, struct nl_pstate *npt,
    const void *arg __unused, void *target)
{
	size_t room = NLA_DATA_LEN(nla);

	if (strnlen(NLA_DATA(nla), room) == room) {
		nlmsg_report_err_msg(npt, "nla type %d size(%zu) is not "
		    "NULL-terminated", NLA_TYPE(nla), room);
		return (EINVAL);
	}
	*(char **)target = NLA_DATA(nla);
	return (0);
}

int
nlattr_get_nla(struct nlattr *nla, struct nl_pstate *npt __unused,
    const void *arg __unused, void *target)
{
	*(struct nlattr **)target = nla;
	return (0);
}

int
nlattr_get_nested(struct nlattr *nla, struct nl_pstate *npt, const void *arg,
    void *target)
{
	return (nl_parse_nested(nla, arg, npt, target));
}

bool
nlmsg_report_err_msg(struct nl_pstate *npt, const char *fmt, ...)
{
	va_list ap;

	/* The first complaint is the one that explains the rest. */
	if (npt->err_msg[0] != '\0')
		return (false);
	va_start(ap, fmt);
	vsnprintf(npt->err_msg, sizeof(npt->err_msg), fmt, ap);
	va_end(ap);
	return (false);
}

/* --- writing -------------------------------------------------------------- */

static void
writer_init(struct nl_writer *nw, struct nlpcb *nlp, u_int group, bool waitok)
{
	memset(nw, 0, sizeof(*nw));
	nw->nlp = nlp;
	nw->group = group;
	nw->malloc_flag = waitok ? M_WAITOK : M_NOWAIT;
}

void
nl_writer_unicast(struct nl_writer *nw, struct nlpcb *nlp, bool waitok)
{
	writer_init(nw, nlp, 0, waitok);
}

void
nl_writer_group(struct nl_writer *nw, u_int group, bool waitok)
{
	writer_init(nw, NULL, group, waitok);
}

bool
nlmsg_flush(struct nl_writer *nw)
{
	bool ok = !nw->enomem;

	KASSERT(!nw->open, ("%s: a message is still open", __func__));
	if (ok && nw->len > 0) {
		if (nw->nlp != NULL)
			ok = nl_send_one(nw->nlp, nw->buf, nw->len,
			    nw->malloc_flag);
		else
			nl_send_group(nw->group, nw->buf, nw->len);
	}
	free(nw->buf, M_NETLINK);
	nw->buf = NULL;
	nw->len = nw->size = 0;
	return (ok);
}

/* `sz` more bytes, zeroed; they move when the buffer grows again. */
void *
nlmsg_reserve_data_raw(struct nl_writer *nw, size_t sz)
{
	char *buf;
	u_int size;

	if (nw->enomem)
		return (NULL);
	if (nw->len + sz > nw->size) {
		size = MAX(NW_START, 2 * (nw->len + sz));
		buf = realloc(nw->buf, size, M_NETLINK, nw->malloc_flag);
		if (buf == NULL) {
			nw->enomem = true;
			return (NULL);
		}
		nw->buf = buf;
		nw->size = size;
	}
	buf = nw->buf + nw->len;
	memset(buf, 0, sz);
	nw->len += sz;
	return (buf);
}

bool
nlmsg_add(struct nl_writer *nw, uint32_t portid, uint32_t seq, uint16_t type,
    uint16_t flags, uint32_t len)
{
	struct nlmsghdr *hdr;

	KASSERT(!nw->open, ("%s: a message is still open", __func__));
	nw->hdr = nw->len;
	hdr = nlmsg_reserve_data_raw(nw, sizeof(*hdr) + NLMSG_ALIGN(len));
	if (hdr == NULL)
		return (false);
	hdr->nlmsg_pid = portid;
	hdr->nlmsg_seq = seq;
	hdr->nlmsg_flags = flags;
	hdr->nlmsg_type = type;
	nw->open = true;
	return (true);
}

bool
nlmsg_end(struct nl_writer *nw)
{
	if (nw->enomem) {
		nlmsg_abort(nw);
		return (false);
	}
	KASSERT(nw->open, ("%s: no message is open", __func__));
	((struct nlmsghdr *)(nw->buf + nw->hdr))->nlmsg_len =
	    nw->len - nw->hdr;
	nw->open = false;
	return (true);
}

void
nlmsg_abort(struct nl_writer *nw)
{
	if (nw->open)
		nw->len = nw->hdr;
	nw->open = false;
}

bool
nlattr_add(struct nl_writer *nw, uint16_t type, uint16_t len, const void *data)
{
	struct nlattr *nla;

	nla = nlmsg_reserve_data_raw(nw, NLA_ALIGN(NLA_HDRLEN + len));
	if (nla == NULL)
		return (false);
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	if (len > 0)
		memcpy(NLA_DATA(nla), data, len);
	return (true);
}

bool
nlattr_add_string(struct nl_writer *nw, uint16_t type, const char *s)
{
	return (nlattr_add(nw, type, strlen(s) + 1, s));
}

/* Returns where the nest begins, for nlattr_set_len(). */
u_int
nlattr_add_nested(struct nl_writer *nw, uint16_t type)
{
	u_int off = nw->len;

	nlattr_add(nw, type | NLA_F_NESTED, 0, NULL);
	return (off);
}

void
nlattr_set_len(struct nl_writer *nw, u_int off)
{
	if (!nw->enomem)
		((struct nlattr *)(nw->buf + off))->nla_len = nw->len - off;
}
