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

/* The name in a link's description, "" if there is none. */
static void
answer_name(const struct nlmsghdr *hdr, char buf[16])
{
	const char *p, *end = (const char *)hdr + hdr->nlmsg_len;
	const struct nlattr *nla;

	p = (const char *)hdr + NLMSG_ALIGN(sizeof(*hdr) +
	    sizeof(struct ifinfomsg));
	for (; end - p >= NLA_HDRLEN; p += NLA_ALIGN(nla->nla_len)) {
		nla = (const struct nlattr *)p;
		if (NLA_TYPE(nla) == IFLA_IFNAME) {
			strlcpy(buf, NLA_DATA_CONST(nla), IFNAMSIZ);
			return;
		}
	}
}

/*
 * What was asked for comes first, then the acknowledgement with the errno,
 * both in one message of the socket or in two.
 */
static int
answer_wait(int fd, char name[16])
{
	union {
		struct nlmsghdr	hdr;
		char		bytes[ANSWER_MAX];
	} answer;
	const struct nlmsghdr *hdr;
	size_t len;
	int error, left;

	for (;;) {
		error = vs_recv(fd, answer.bytes, sizeof(answer), 0, &len);
		if (error != 0)
			return (error);
		left = (int)len;
		for (hdr = &answer.hdr; NLMSG_OK(hdr, left);
		    hdr = NLMSG_NEXT(hdr, left)) {
			if (hdr->nlmsg_type == NLMSG_ERROR)
				return (((const struct nlmsgerr *)
				    NLMSG_DATA(hdr))->error);
			if (name != NULL)
				answer_name(hdr, name);
		}
	}
}

static int
request_run(struct link_request *rq, char name[16])
{
	int error, fd;

	error = vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd);
	if (error != 0)
		return (error);
	error = vs_send(fd, rq->bytes, rq->hdr.nlmsg_len);
	if (error == 0)
		error = answer_wait(fd, name);
	(void)vs_close(fd);
	return (error);
}

int
vs_link_get(unsigned index, const char *name, char buf[16])
{
	struct link_request rq;

	buf[0] = '\0';
	request_init(&rq, RTM_GETLINK, 0)->ifi_index = (int)index;
	if (index == 0) {
		if (strlen(name) >= IFNAMSIZ)
			return (ENAMETOOLONG);
		request_add(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	}
	return (request_run(&rq, buf));
}

int
vs_link_delete(unsigned index)
{
	struct link_request rq;

	request_init(&rq, RTM_DELLINK, 0)->ifi_index = (int)index;
	return (request_run(&rq, NULL));
}

int
vs_link_create(const char *name, unsigned mtu)
{
	struct link_request rq;
	uint32_t value = mtu;
	char kind[IFNAMSIZ];

	if (strlcpy(kind, name, sizeof(kind)) >= sizeof(kind))
		return (ENAMETOOLONG);
	kind[strcspn(kind, "0123456789")] = '\0';
	(void)request_init(&rq, RTM_NEWLINK, NLM_F_CREATE);
	request_add(&rq, IFLA_IFNAME, name, strlen(name) + 1);
	request_add_kind(&rq, kind);
	if (mtu != 0)
		request_add(&rq, IFLA_MTU, &value, sizeof(value));
	return (request_run(&rq, NULL));
}
