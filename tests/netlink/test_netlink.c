/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Link requests over netlink.
 */
#include "../drivers/netif.h"

#include <netlink/netlink.h>
#include <netlink/netlink_route.h>

#define	MESSAGE_MAX	4096

/* A request under construction, or an answer. */
struct message {
	union {
		struct nlmsghdr	hdr;
		char		bytes[MESSAGE_MAX];
	};
	size_t	len;
};

/* --- speaking netlink -------------------------------------------------------- */

static int
nl_open(void)
{
	int error, fd;

	error = vs_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &fd);
	assert_int_equal(error, 0);
	return (fd);
}

static struct ifinfomsg *
request_init(struct message *m, uint16_t type, uint16_t flags)
{
	memset(m, 0, sizeof(*m));
	m->hdr.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	m->hdr.nlmsg_type = type;
	m->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	m->hdr.nlmsg_seq = 77;
	return (NLMSG_DATA(&m->hdr));
}

static struct nlattr *
add_attr(struct message *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nla;

	nla = (struct nlattr *)(m->bytes + m->hdr.nlmsg_len);
	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy(NLA_DATA(nla), data, len);
	m->hdr.nlmsg_len += NLA_ALIGN(nla->nla_len);
	return (nla);
}

static void
add_string(struct message *m, uint16_t type, const char *text)
{
	add_attr(m, type, text, strlen(text) + 1);
}

static void
add_kind(struct message *m, const char *kind)
{
	struct nlattr *nest = add_attr(m, IFLA_LINKINFO | NLA_F_NESTED, "", 0);

	add_string(m, IFLA_INFO_KIND, kind);
	nest->nla_len = m->bytes + m->hdr.nlmsg_len - (char *)nest;
}

/* The next buffer. */
static void
answer(int fd, struct message *m)
{
	assert_int_equal(vs_recv(fd, m->bytes, sizeof(m->bytes), 0, &m->len),
	    0);
	assert_true(NLMSG_OK(&m->hdr, (int)m->len));
}

static const struct nlattr *
find_attr(const char *p, size_t len, uint16_t type)
{
	const char *end = p + len;
	const struct nlattr *nla;

	for (; end - p >= NLA_HDRLEN; p += NLA_ALIGN(nla->nla_len)) {
		nla = (const struct nlattr *)p;
		if (NLA_TYPE(nla) == type)
			return (nla);
	}
	return (NULL);
}

static const struct nlattr *
link_attr(const struct nlmsghdr *hdr, uint16_t type)
{
	size_t skip = NLMSG_ALIGN(sizeof(*hdr) + sizeof(struct ifinfomsg));

	return (find_attr((const char *)hdr + skip, hdr->nlmsg_len - skip,
	    type));
}

static const char *
link_name(const struct nlmsghdr *hdr)
{
	return (NLA_DATA_CONST(link_attr(hdr, IFLA_IFNAME)));
}

/*
 * Sends a request and returns the errno of the acknowledgement; `reply`, if
 * not NULL, gets it.
 */
static int
ask(int fd, struct message *m, struct message *reply)
{
	struct message local;
	struct nlmsgerr *ack;

	if (reply == NULL)
		reply = &local;
	m->hdr.nlmsg_flags |= NLM_F_ACK;
	assert_int_equal(vs_send(fd, m->bytes, m->hdr.nlmsg_len), 0);
	answer(fd, reply);
	assert_int_equal(reply->hdr.nlmsg_type, NLMSG_ERROR);
	assert_int_equal(reply->hdr.nlmsg_seq, m->hdr.nlmsg_seq);
	ack = NLMSG_DATA(&reply->hdr);
	assert_int_equal(ack->msg.nlmsg_type, m->hdr.nlmsg_type);
	return (ack->error);
}

/* The cookie of an acknowledgement, NULL if there is none. */
static const struct nlattr *
cookie_of(const struct message *reply)
{
	const struct nlmsgerr *ack = NLMSG_DATA(&reply->hdr);
	size_t skip = sizeof(reply->hdr) + sizeof(*ack);

	if (ack->error != 0)
		skip += ack->msg.nlmsg_len - sizeof(ack->msg);
	return (find_attr(reply->bytes + skip, reply->len - skip,
	    NLMSGERR_ATTR_COOKIE));
}

static int
index_of(const char *name)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if (request(SIOCGIFINDEX, &ifr) != 0)
		return (0);
	return (ifr.ifr_index);
}

static int
flags_of(const char *name)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	assert_int_equal(request(SIOCGIFFLAGS, &ifr), 0);
	return (ifr.ifr_flags & 0xffff);
}

static int
delete_link(int fd, int index)
{
	struct message m;

	request_init(&m, RTM_DELLINK, 0)->ifi_index = index;
	return (ask(fd, &m, NULL));
}

static int
new_link(int fd, const char *name, const char *kind, struct message *reply)
{
	struct message m;

	request_init(&m, RTM_NEWLINK, NLM_F_CREATE);
	if (name != NULL)
		add_string(&m, IFLA_IFNAME, name);
	if (kind != NULL)
		add_kind(&m, kind);
	return (ask(fd, &m, reply));
}

/* --- RTM_GETLINK --------------------------------------------------------------- */

static void
get_one(void **state)
{
	struct message m, reply;
	struct ifinfomsg *info;
	const struct nlattr *kind;
	int fd = nl_open();

	assert_int_equal(create_one("disc0"), 0);
	request_init(&m, RTM_GETLINK, 0);
	add_string(&m, IFLA_IFNAME, "disc0");
	assert_int_equal(vs_send(fd, m.bytes, m.hdr.nlmsg_len), 0);
	answer(fd, &reply);
	assert_int_equal(reply.hdr.nlmsg_type, RTM_NEWLINK);
	assert_int_equal(reply.hdr.nlmsg_flags & NLM_F_MULTI, 0);
	info = NLMSG_DATA(&reply.hdr);
	assert_int_equal(info->ifi_index, index_of("disc0"));
	assert_int_equal(info->ifi_type, IFT_LOOP);
	assert_string_equal(link_name(&reply.hdr), "disc0");
	kind = link_attr(&reply.hdr, IFLA_LINKINFO);
	assert_non_null(kind);
	kind = find_attr(NLA_DATA_CONST(kind), NLA_DATA_LEN(kind),
	    IFLA_INFO_KIND);
	assert_non_null(kind);
	assert_string_equal(NLA_DATA_CONST(kind), "disc");
	vs_close(fd);
}

/* Row 75 and the plain misses. */
static void
get_missing(void **state)
{
	struct message m, reply;
	int fd = nl_open();

	request_init(&m, RTM_GETLINK, 0)->ifi_index = 1000;
	assert_int_equal(ask(fd, &m, NULL), ENODEV);
	request_init(&m, RTM_GETLINK, 0);
	add_string(&m, IFLA_IFNAME, "none0");
	assert_int_equal(ask(fd, &m, NULL), ENODEV);
	request_init(&m, RTM_GETLINK, 0)->ifi_type = IFT_LOOP;
	add_string(&m, IFLA_IFNAME, "lo0");
	assert_int_equal(ask(fd, &m, NULL), ENODEV);
	request_init(&m, RTM_GETLINK, 0);
	add_string(&m, IFLA_IFNAME, "lo0");
	assert_int_equal(vs_send(fd, m.bytes, m.hdr.nlmsg_len), 0);
	answer(fd, &reply);
	assert_string_equal(link_name(&reply.hdr), "lo0");
	vs_close(fd);
}

static void
dump(void **state)
{
	struct message m, reply;
	struct nlmsghdr *hdr;
	int fd = nl_open(), i, left, links = 0;
	char name[IFNAMSIZ];
	bool done = false;

	for (i = 0; i < 5; i++) {
		strlcpy(name, "disc", sizeof(name));
		assert_int_equal(create(name), 0);
	}
	request_init(&m, RTM_GETLINK, NLM_F_DUMP);
	assert_int_equal(vs_send(fd, m.bytes, m.hdr.nlmsg_len), 0);
	while (!done) {
		answer(fd, &reply);
		left = reply.len;
		for (hdr = &reply.hdr; NLMSG_OK(hdr, left);
		    hdr = NLMSG_NEXT(hdr, left)) {
			assert_true((hdr->nlmsg_flags & NLM_F_MULTI) != 0);
			assert_false(done);
			if (hdr->nlmsg_type == NLMSG_DONE)
				done = true;
			else
				links++;
		}
	}
	assert_int_equal(links, 6);		/* and lo0 */
	vs_close(fd);
}

/* --- RTM_DELLINK --------------------------------------------------------------- */

/* Row 63. */
static void
delete(void **state)
{
	int fd = nl_open();

	assert_int_equal(create_one("disc0"), 0);
	assert_int_equal(delete_link(fd, 0), ENOENT);
	assert_int_equal(delete_link(fd, 1000), ENOENT);
	assert_int_equal(delete_link(fd, index_of("lo0")), EINVAL);
	assert_int_equal(delete_link(fd, index_of("disc0")), 0);
	assert_false(exists("disc0"));
	vs_close(fd);
}

static struct ifnet *hardware;

static void
hardware_attach(void *arg)
{
	CURVNET_SET(vnet0);
	hardware = if_alloc(IFT_OTHER);
	if_initname(hardware, "em", 0);
	if_attach(hardware);
	CURVNET_RESTORE();
}

static void
hardware_detach(void *arg)
{
	if_detach(hardware);
	if_free(hardware);
}

/* Row 63: what no cloner made. */
static void
delete_hardware(void **state)
{
	int fd = nl_open();

	run(hardware_attach, NULL);
	assert_int_equal(delete_link(fd, index_of("em0")), EINVAL);
	assert_true(exists("em0"));
	vs_close(fd);
	run(hardware_detach, NULL);
}

static int deleted;

static void
deleter(void *arg)
{
	int fd = nl_open();

	deleted = delete_link(fd, (int)(intptr_t)arg);
	vs_close(fd);
}

/*
 * The interface behind the index leaves, and another takes its name, between
 * the look-up and the destruction.
 */
static void
delete_namesake(int error, bool survives)
{
	struct vs_thread *thread;
	int jid = vnet_jail("j");

	assert_int_equal(create_one("disc0"), 0);
	assert_int_equal(create_one("disc1"), 0);
	assert_int_equal(vs_fail_point("netlink_dellink", "pause"), 0);
	thread = spawn(deleter, (void *)(intptr_t)index_of("disc0"),
	    "deleter");
	assert_int_equal(vs_fail_point_wait("netlink_dellink", 1), 0);
	assert_int_equal(loan("disc0", jid), 0);
	assert_int_equal(vs_if_rename("disc1", "disc0"), 0);
	assert_int_equal(vs_fail_point("netlink_dellink", "off"), 0);
	join(thread);
	assert_int_equal(deleted, error);
	assert_int_equal(exists("disc0"), survives);
	assert_int_equal(vs_jail_remove(jid), 0);
}

static void
delete_namesake_fixed(void **state)
{
	delete_namesake(ENXIO, true);
}

static void
delete_namesake_s15(void **state)
{
	const struct vs_config config = { .profile = "S15" };

	shutdown_clean();
	boot_with(&config);
	delete_namesake(0, false);
}

/* --- RTM_NEWLINK --------------------------------------------------------------- */

/* Rows 64 to 66. */
static void
new(void **state)
{
	static const char *const events[] = {
		"ifnet_arrival_event disc3",
		"RTM_NEWLINK disc3",
		"group_change_event disc",
		"ifnet_event_down disc3",
		"RTM_NEWLINK disc3",
	};
	const struct nlattr *cookie, *nla;
	struct message m, reply;
	int fd = nl_open();

	assert_int_equal(new_link(fd, "disc0", NULL, NULL), EINVAL);
	assert_int_equal(new_link(fd, NULL, "disc", NULL), EINVAL);
	assert_int_equal(new_link(fd, "nosuch0", "disc", NULL), EINVAL);
	vs_events_record(true);
	/* The name decides, the kind does not matter. */
	assert_int_equal(new_link(fd, "disc3", "epair", &reply), 0);
	assert_true(events_in_order(events, nitems(events)));
	vs_events_record(false);
	assert_true(exists("disc3"));
	cookie = cookie_of(&reply);
	assert_non_null(cookie);
	nla = find_attr(NLA_DATA_CONST(cookie), NLA_DATA_LEN(cookie),
	    IFLA_NEW_IFINDEX);
	assert_non_null(nla);
	assert_int_equal(*(const int *)NLA_DATA_CONST(nla),
	    index_of("disc3"));
	nla = find_attr(NLA_DATA_CONST(cookie), NLA_DATA_LEN(cookie),
	    IFLA_IFNAME);
	assert_non_null(nla);
	assert_string_equal(NLA_DATA_CONST(nla), "disc3");
	assert_int_equal(new_link(fd, "disc3", "disc", NULL), EEXIST);

	request_init(&m, RTM_NEWLINK, 0);
	assert_int_equal(ask(fd, &m, NULL), EPERM);
	request_init(&m, RTM_NEWLINK, 0)->ifi_index = 1000;
	assert_int_equal(ask(fd, &m, NULL), ENOENT);
	vs_close(fd);
}

static unsigned
events_with(const char *text)
{
	struct vs_event records[64];
	size_t i, n;
	unsigned found = 0;

	n = vs_events_read(records, nitems(records));
	assert_in_range(n, 1, nitems(records));
	for (i = 0; i < n; i++)
		found += strstr(records[i].text, text) != NULL;
	return (found);
}

/* Row 65: without UP in the request it is told once that it is down. */
static void
new_is_down(void **state)
{
	int fd = nl_open();

	vs_events_record(true);
	assert_int_equal(new_link(fd, "disc3", "disc", NULL), 0);
	assert_int_equal(events_with("ifnet_event_down disc3"), 1);
	assert_int_equal(events_with("ifnet_event_up disc3"), 0);
	assert_int_equal(events_with("RTM_IFINFO disc3"), 1);
	vs_events_record(false);
	vs_close(fd);
}

/* Row 73: the request fails, the interface is there. */
static void
new_with_bad_mtu(bool told)
{
	struct message m, reply;
	uint32_t mtu = 10;
	int fd = nl_open();

	request_init(&m, RTM_NEWLINK, NLM_F_CREATE);
	add_string(&m, IFLA_IFNAME, "disc");
	add_kind(&m, "disc");
	add_attr(&m, IFLA_MTU, &mtu, sizeof(mtu));
	assert_int_equal(ask(fd, &m, &reply), EINVAL);
	assert_int_equal(cookie_of(&reply) != NULL, told);
	assert_int_equal(flags_of("disc0") & IFF_UP, 0);
	vs_close(fd);
}

static void
bad_mtu_fixed(void **state)
{
	new_with_bad_mtu(true);
}

static void
bad_mtu_s15(void **state)
{
	const struct vs_config config = {
		.profile = "fixed,+newlink-error-leaves-interface",
	};

	shutdown_clean();
	boot_with(&config);
	new_with_bad_mtu(false);
}

/* Row 74 and what else the generic change does. */
static void
modify(void **state)
{
	static const u_char lla[ETHER_ADDR_LEN] = { 2, 1, 2, 3, 4, 5 };
	struct ifinfomsg *info;
	struct message m;
	struct ifreq ifr;
	uint32_t mtu = 1280;
	int fd = nl_open();

	assert_int_equal(create_one("edsc0"), 0);
	info = request_init(&m, RTM_NEWLINK, 0);
	info->ifi_index = index_of("edsc0");
	info->ifi_flags = info->ifi_change = IFF_UP | IFF_PROMISC;
	add_attr(&m, IFLA_MTU, &mtu, sizeof(mtu));
	add_string(&m, IFLA_IFALIAS, "a description");
	add_attr(&m, IFLA_ADDRESS, lla, sizeof(lla));
	assert_int_equal(ask(fd, &m, NULL), 0);
	assert_int_equal(flags_of("edsc0") & (IFF_UP | IFF_PROMISC),
	    IFF_UP | IFF_PROMISC);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, "edsc0", sizeof(ifr.ifr_name));
	assert_int_equal(request(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1280);

	/* No mask and no flags: everything is meant, and off. */
	request_init(&m, RTM_NEWLINK, 0)->ifi_index = index_of("edsc0");
	assert_int_equal(ask(fd, &m, NULL), 0);
	assert_int_equal(flags_of("edsc0") & (IFF_UP | IFF_PROMISC), 0);
	vs_close(fd);
}

/* --- who may ------------------------------------------------------------------- */

static int results[4];

/* Runs in a process of its own. */
static void
in_jail(void *arg)
{
	struct message m, reply;
	int fd;

	assert_int_equal(vs_jail_attach((int)(intptr_t)arg), 0);
	fd = nl_open();
	results[0] = delete_link(fd, 1);
	results[1] = new_link(fd, "disc9", "disc", NULL);
	request_init(&m, RTM_GETLINK, 0);
	add_string(&m, IFLA_IFNAME, "lo0");
	assert_int_equal(vs_send(fd, m.bytes, m.hdr.nlmsg_len), 0);
	answer(fd, &reply);
	results[2] = reply.hdr.nlmsg_type;
	vs_close(fd);
}

static void
ask_in_jail(const char *words)
{
	int jid;

	assert_int_equal(vs_jail_create(words, &jid), 0);
	memset(results, 0, sizeof(results));
	join(spawn(in_jail, (void *)(intptr_t)jid, "jailed"));
	assert_int_equal(vs_jail_remove(jid), 0);
}

/* Row 67. */
static void
privileges(void **state)
{
	ask_in_jail("name=n persist");
	assert_int_equal(results[0], EPERM);
	assert_int_equal(results[1], EPERM);
	assert_int_equal(results[2], RTM_NEWLINK);
	ask_in_jail("name=v persist vnet");
	assert_int_equal(results[1], 0);
	assert_int_equal(results[2], RTM_NEWLINK);
	assert_false(exists("disc9"));
}

static void
as_user(void *arg)
{
	int fd;

	assert_int_equal(vs_setuid(1001), 0);
	fd = nl_open();
	results[0] = delete_link(fd, index_of("disc0"));
	results[1] = new_link(fd, "disc9", "disc", NULL);
	vs_close(fd);
}

static void
unprivileged(void **state)
{
	assert_int_equal(create_one("disc0"), 0);
	join(spawn(as_user, NULL, "user"));
	assert_int_equal(results[0], EPERM);
	assert_int_equal(results[1], EPERM);
	assert_true(exists("disc0"));
}

/* --- the protocol --------------------------------------------------------------- */

static void
unknown(void **state)
{
	struct message m;
	int fd;

	fd = nl_open();
	request_init(&m, RTM_GETADDR + 50, 0);
	assert_int_equal(ask(fd, &m, NULL), ENOTSUP);
	assert_int_equal(vs_send(fd, "abc", 3), ENOBUFS);
	assert_int_equal(vs_recv(fd, m.bytes, sizeof(m.bytes),
	    VS_MSG_DONTWAIT, NULL), EAGAIN);
	vs_close(fd);
	assert_int_equal(vs_socket(AF_NETLINK, SOCK_RAW, 99, &fd),
	    EPROTONOSUPPORT);
}

/* A name that is not terminated, a number of the wrong size. */
static void
malformed(void **state)
{
	struct message m;
	uint16_t small = 1;
	int fd = nl_open();

	request_init(&m, RTM_GETLINK, 0);
	add_attr(&m, IFLA_IFNAME, "disc0", 5);
	assert_int_equal(ask(fd, &m, NULL), EINVAL);
	request_init(&m, RTM_GETLINK, 0);
	add_attr(&m, IFLA_MTU, &small, sizeof(small));
	assert_int_equal(ask(fd, &m, NULL), EINVAL);
	request_init(&m, RTM_GETLINK, 0);
	m.hdr.nlmsg_len = sizeof(m.hdr) + 4;
	assert_int_equal(ask(fd, &m, NULL), EBADMSG);
	vs_close(fd);
}

static void
assert_notice(int fd, uint16_t type, const char *name)
{
	struct message m;

	do
		answer(fd, &m);
	while (m.hdr.nlmsg_type != type ||
	    strcmp(link_name(&m.hdr), name) != 0);
}

static void
notifications(void **state)
{
	struct sockaddr_nl snl = {
		.nl_len = sizeof(snl),
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	uint32_t group = RTNLGRP_LINK;
	struct message m;
	int fd = nl_open(), other = nl_open();

	assert_int_equal(vs_bind(fd, &snl, sizeof(snl)), 0);
	assert_int_equal(vs_setsockopt(other, SOL_NETLINK,
	    NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
	assert_int_equal(create_one("disc0"), 0);
	assert_notice(fd, RTM_NEWLINK, "disc0");
	assert_notice(other, RTM_NEWLINK, "disc0");
	assert_int_equal(set_up("disc0", true), 0);
	assert_notice(fd, RTM_NEWLINK, "disc0");
	assert_int_equal(destroy("disc0"), 0);
	assert_notice(fd, RTM_DELLINK, "disc0");
	assert_int_equal(vs_setsockopt(other, SOL_NETLINK,
	    NETLINK_DROP_MEMBERSHIP, &group, sizeof(group)), 0);
	while (vs_recv(other, m.bytes, sizeof(m.bytes), VS_MSG_DONTWAIT,
	    NULL) == 0)
		;
	assert_int_equal(create_one("disc1"), 0);
	assert_int_equal(vs_recv(other, m.bytes, sizeof(m.bytes),
	    VS_MSG_DONTWAIT, NULL), EAGAIN);
	vs_close(fd);
	vs_close(other);
}

/* What was asked before the close is done by the time it returns. */
static void
close_waits(void **state)
{
	struct message m;
	int fd, i;

	for (i = 0; i < 20; i++) {
		fd = nl_open();
		request_init(&m, RTM_NEWLINK, NLM_F_CREATE);
		add_string(&m, IFLA_IFNAME, "disc0");
		add_kind(&m, "disc");
		assert_int_equal(vs_send(fd, m.bytes, m.hdr.nlmsg_len), 0);
		vs_close(fd);
		assert_true(exists("disc0"));
		assert_int_equal(destroy("disc0"), 0);
	}
}

/* Notifications and dumps survive allocations that fail. */
static void
nth_failure(void **state)
{
	unsigned long nth;
	struct sockaddr_nl snl = {
		.nl_len = sizeof(snl),
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	bool hit = true;
	int fd = nl_open(), error;

	assert_int_equal(vs_bind(fd, &snl, sizeof(snl)), 0);
	for (nth = 1; hit; nth++) {
		vs_fail_malloc(nth);
		error = create_one("disc0");
		hit = vs_fail_malloc_hit();
		vs_fail_malloc(0);
		if (error == 0)
			assert_int_equal(destroy("disc0"), 0);
	}
	vs_close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(get_one),
		TEST(get_missing),
		TEST(dump),
		TEST(delete),
		TEST(delete_hardware),
		TEST(delete_namesake_fixed),
		TEST(delete_namesake_s15),
		TEST(new),
		TEST(new_is_down),
		TEST(bad_mtu_fixed),
		TEST(bad_mtu_s15),
		TEST(modify),
		TEST(privileges),
		TEST(unprivileged),
		TEST(unknown),
		TEST(malformed),
		TEST(notifications),
		TEST(close_waits),
		TEST(nth_failure),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
