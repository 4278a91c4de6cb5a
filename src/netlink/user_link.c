/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The user's side of link requests: a message, and what is answered.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/socket.h>
#include <net/if.h>

#include <netlink/netlink.h>
#include <netlink/netlink_route.h>

#include <vnetsim/syscalls.h>

#include <string.h>

#define	REQUEST_MAX	512
#define	ANSWER_MAX	4096

struct link_request {
	union {
		struct nlmsghdr	hdr;
		char		bytes[REQUEST_MAX];
	};
};

static struct ifinfomsg *
request_init(struct link_request *rq, uint16_t type, uint16_t flags)
{
	memset(rq, 0, sizeof(*rq));
	rq->hdr.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	rq->hdr.nlmsg_type = type;
	rq->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return (NLMSG_DATA(&rq->hdr));
}

/* There is room for all that is ever asked for. */
static struct nlattr *
request_add(struct link_request *rq, uint16_t type, const void *data,
    size_t len)
{
	struct nlattr *nla;

	nla = (struct nlattr *)(rq->bytes + rq->hdr.nlmsg_len);
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy(NLA_DATA(nla), data, len);
	rq->hdr.nlmsg_len += NLA_ALIGN(nla->nla_len);
	return (nla);
}

static void
request_add_kind(struct link_request *rq, const char *kind)
{
	struct nlattr *nest = request_add(rq, IFLA_LINKINFO | NLA_F_NESTED,
	    "", 0);

	request_add(rq, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	nest->nla_len = rq->bytes + rq->hdr.nlmsg_len - (char *)nest;
}

/* What was answered, beside the errno. */
struct link_answer {
	char		name[IFNAMSIZ];	/* of the link, or "" */
	unsigned	made;		/* number of a new link, or 0 */
};

static const struct nlattr *
attr_find(const char *p, const char *end, int type)
{
	const struct nlattr *nla;

	for (; end - p >= NLA_HDRLEN; p += NLA_ALIGN(nla->nla_len)) {
		nla = (const struct nlattr *)p;
		if (NLA_TYPE(nla) == type)
			return (nla);
	}
	return (NULL);
}

/* The name in a link's description. */
static void
answer_link(const struct nlmsghdr *hdr, struct link_answer *answer)
{
	const char *bytes = (const char *)hdr;
	const struct nlattr *nla;

	nla = attr_find(bytes + NLMSG_ALIGN(sizeof(*hdr) +
	    sizeof(struct ifinfomsg)), bytes + hdr->nlmsg_len, IFLA_IFNAME);
	if (nla != NULL)
		strlcpy(answer->name, NLA_DATA_CONST(nla),
		    sizeof(answer->name));
}

/*
 * The errno, and in the cookie what was made.  Of a request that failed there
 * is a copy in front of that.
 */
static int
answer_error(const struct nlmsghdr *hdr, struct link_answer *answer)
{
	const struct nlmsgerr *err = (const void *)((const char *)hdr +
	    NLMSG_HDRLEN);
	const char *attrs = (const char *)&err->msg +
	    ((hdr->nlmsg_flags & NLM_F_CAPPED) != 0 ? sizeof(err->msg) :
	    NLMSG_ALIGN(err->msg.nlmsg_len));
	const struct nlattr *nla = NULL;

	if ((hdr->nlmsg_flags & NLM_F_ACK_TLVS) != 0)
		nla = attr_find(attrs, (const char *)hdr + hdr->nlmsg_len,
		    NLMSGERR_ATTR_COOKIE);
	if (nla != NULL)
		nla = attr_find(NLA_DATA_CONST(nla), (const char *)nla +
		    nla->nla_len, IFLA_NEW_IFINDEX);
	if (nla != NULL)
		memcpy(&answer->made, NLA_DATA_CONST(nla),
		    sizeof(answer->made));
	return (err->error);
}

/*
 * What was asked for comes first, then the acknowledgement with the errno,
 * both in one message of the socket or in two.
 */
static int
answer_wait(int fd, struct link_answer *answer)
{
	union {
		struct nlmsghdr	hdr;
		char		bytes[ANSWER_MAX];
	} message;
	const struct nlmsghdr *hdr;
	size_t len;
	int error, left;

	for (;;) {
		error = vs_recv(fd, message.bytes, sizeof(message), 0, &len);
		if (error != 0)
			return (error);
		left = (int)len;
		for (hdr = &message.hdr; NLMSG_OK(hdr, left);
		    hdr = NLMSG_NEXT(hdr, left)) {
			if (hdr->nlmsg_type == NLMSG_ERROR)
				return (answer_error(hdr, answer));
			answer_link(hdr, answer);
		}
	}
}

static int
request_run(struct link_request *rq, struct link_answer *answer)
{
	int error, fd;

	memset(answer, 0, sizeof(*answer));
	error = vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd);
	if (error != 0)
		return (error);
	error = vs_send(fd, rq->bytes, rq->hdr.nlmsg_len);
	if (error == 0)
		error = answer_wait(fd, answer);
	(void)vs_close(fd);
	return (error);
}

int
vs_link_get(unsigned index, const char *name, char buf[16])
{
	struct link_request rq;
	struct link_answer answer;
	int error;

	buf[0] = '\0';
	request_init(&rq, RTM_GETLINK, 0)->ifi_index = (int)index;
	if (index == 0) {
		if (strlen(name) >= IFNAMSIZ)
			return (ENAMETOOLONG);
		request_add(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	}
	error = request_run(&rq, &answer);
	strlcpy(buf, answer.name, IFNAMSIZ);
	return (error);
}

int
vs_link_delete(unsigned index)
{
	struct link_request rq;
	struct link_answer answer;

	request_init(&rq, RTM_DELLINK, 0)->ifi_index = (int)index;
	return (request_run(&rq, &answer));
}

int
vs_link_create(const char *name, unsigned mtu)
{
	struct link_request rq;
	struct link_answer answer;
	uint32_t value = mtu;
	char kind[IFNAMSIZ];
	int error;

	if (strlcpy(kind, name, sizeof(kind)) >= sizeof(kind))
		return (ENAMETOOLONG);
	kind[strcspn(kind, "0123456789")] = '\0';
	(void)request_init(&rq, RTM_NEWLINK, NLM_F_CREATE);
	request_add(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	request_add_kind(&rq, kind);
	if (mtu != 0)
		request_add(&rq, IFLA_MTU, &value, sizeof(value));
	error = request_run(&rq, &answer);
	if (error != 0 && answer.made != 0)
		(void)vs_link_delete(answer.made);
	return (error);
}
