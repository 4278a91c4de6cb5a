/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interface requests: who may, what is checked first, what comes back.
 */
#include "if_test.h"

#include <sys/socketvar.h>
#include <netinet/in.h>

static int
request_as(unsigned uid, int domain, unsigned long cmd, void *data)
{
	int error, fd;

	if ((error = vs_socket(domain, SOCK_DGRAM, 0, &fd)) != 0)
		return (error);
	error = vs_ioctl(fd, cmd, data);
	vs_close(fd);
	return (error);
}

static int
request(unsigned long cmd, void *data)
{
	return (request_as(0, AF_LOCAL, cmd, data));
}

static struct ifreq
ifr_of(const char *name)
{
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	return (ifr);
}

static void
test_questions(void **state)
{
	struct ifreq ifr = ifr_of("lo0");

	assert_int_equal(request(SIOCGIFINDEX, &ifr), 0);
	assert_int_equal(ifr.ifr_index, 1);
	assert_int_equal(request(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 16384);
	assert_int_equal(request(SIOCGIFFLAGS, &ifr), 0);
	assert_true((ifr.ifr_flags & IFF_LOOPBACK) != 0);
	assert_int_equal(request(SIOCGIFMETRIC, &ifr), 0);
	assert_int_equal(request(SIOCGIFFIB, &ifr), 0);
	ifr = ifr_of("nosuch0");
	assert_int_equal(request(SIOCGIFMTU, &ifr), ENXIO);
	assert_int_equal(request(_IOWR('i', 255, struct ifreq), &ifr), ENXIO);
	ifr = ifr_of("lo0");
	assert_int_equal(request(_IOWR('i', 255, struct ifreq), &ifr),
	    EOPNOTSUPP);
	assert_int_equal(request(SIOCGIFMTU, NULL), EFAULT);
	assert_int_equal(request(SIOCGVH, &ifr), EPROTONOSUPPORT);
}

static void
test_mtu(void **state)
{
	struct ifreq ifr = ifr_of("disc0");

	IFC(0, 0, "create disc");
	ifr.ifr_mtu = 71;
	assert_int_equal(request(SIOCSIFMTU, &ifr), EINVAL);
	ifr.ifr_mtu = 65536;
	assert_int_equal(request(SIOCSIFMTU, &ifr), EINVAL);
	ifr.ifr_mtu = 72;
	assert_int_equal(request(SIOCSIFMTU, &ifr), 0);
	ifr.ifr_mtu = 0;
	assert_int_equal(request(SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 72);
}

static void
test_description(void **state)
{
	struct ifreq ifr = ifr_of("lo0");
	char text[1200] = "the loop", out[64] = "";

	ifr.ifr_buffer.buffer = out;
	ifr.ifr_buffer.length = sizeof(out);
	assert_int_equal(request(SIOCGIFDESCR, &ifr), ENOMSG);
	ifr.ifr_buffer.buffer = text;
	ifr.ifr_buffer.length = 1025;
	assert_int_equal(request(SIOCSIFDESCR, &ifr), ENAMETOOLONG);
	ifr.ifr_buffer.length = strlen(text) + 1;
	assert_int_equal(request(SIOCSIFDESCR, &ifr), 0);
	ifr.ifr_buffer.buffer = out;
	ifr.ifr_buffer.length = sizeof(out);
	assert_int_equal(request(SIOCGIFDESCR, &ifr), 0);
	assert_string_equal(out, "the loop");
	assert_int_equal(ifr.ifr_buffer.length, strlen(text) + 1);
	ifr.ifr_buffer.buffer = NULL;
	ifr.ifr_buffer.length = 0;
	assert_int_equal(request(SIOCSIFDESCR, &ifr), 0);
	assert_int_equal(request(SIOCGIFDESCR, &ifr), ENOMSG);
}

static void
test_names(void **state)
{
	struct ifreq ifr = ifr_of("lo0");

	IFC(0, 0, "create disc");
	IFC(EINVAL, 0, "name disc0");
	IFC(EEXIST, 0, "name disc0 lo0");
	IFC(0, 0, "name disc0 disc0");
	IFC(ENAMETOOLONG, 0, "name disc0 sixteencharacter");
	IFC(0, 0, "name disc0 fifteencharacte");
	IFC(0, 0, "name fifteencharacte z");
	ifr.ifr_ifru.ifru_data = NULL;
	assert_int_equal(request(SIOCSIFNAME, &ifr), EFAULT);
	assert_int_equal(ifc_as(0, 1001, "name z y"), EPERM);
	IFC(ENXIO, 0, "name nosuch y");
}

static void
test_multicast(void **state)
{
	struct sockaddr_in sin = {
		.sin_len = sizeof(sin),
		.sin_family = AF_INET,
	};
	struct ifreq ifr = ifr_of("lo0");
	struct { u_char len, family; u_short index; u_char type, nlen, alen,
	    slen; u_char data[8]; } sdl = {
		.len = 16,
		.family = AF_LINK,
		.alen = 6,
		.data = { 1, 0, 0x5e, 0, 0, 1 },
	};

	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	assert_int_equal(request(SIOCADDMULTI, &ifr), EINVAL);
	memcpy(&ifr.ifr_addr, &sdl, sizeof(sdl));
	assert_int_equal(request(SIOCDELMULTI, &ifr), ENOENT);
	assert_int_equal(request(SIOCADDMULTI, &ifr), 0);
	assert_int_equal(request(SIOCADDMULTI, &ifr), EADDRINUSE);
	assert_int_equal(request(SIOCDELMULTI, &ifr), 0);
	/* What is left is purged with the interface. */
	IFC(0, 0, "create disc");
	ifr = ifr_of("disc0");
	memcpy(&ifr.ifr_addr, &sdl, sizeof(sdl));
	assert_int_equal(request(SIOCADDMULTI, &ifr), 0);
	IFC(0, 0, "destroy disc0");
}

static void
test_capabilities(void **state)
{
	struct ifreq ifr = ifr_of("epair0a");

	IFC(0, 0, "create epair");
	assert_int_equal(request(SIOCGIFCAP, &ifr), 0);
	assert_true((ifr.ifr_reqcap & IFCAP_VLAN_MTU) != 0);
	ifr.ifr_reqcap |= IFCAP_TOE4;
	assert_int_equal(request(SIOCSIFCAP, &ifr), EINVAL);
}

static void
test_addresses(void **state)
{
	struct vs_if_info info;
	struct ifreq ifr = ifr_of("disc0");
	const struct sockaddr_in *sin = (const void *)&ifr.ifr_addr;

	IFC(0, 0, "create disc");
	IFC(0, 0, "addr disc0 10.0.0.1/24");
	IFC(0, 0, "addr disc0 10.0.0.2/24");
	IFC(0, 0, "addr disc0 fd00::1/64");
	assert_int_equal(look(0, "disc0", &info), 0);
	assert_int_equal(info.addresses, 3);
	/* disc comes up with its first address. */
	assert_true((info.flags & IFF_UP) != 0);
	assert_int_equal(request_as(0, AF_INET, SIOCGIFADDR, &ifr), 0);
	assert_int_equal(sin->sin_addr.s_addr, htonl(0x0a000001));
	IFC(0, 0, "-addr disc0 10.0.0.1");
	IFC(EADDRNOTAVAIL, 0, "-addr disc0 10.0.0.1");
	IFC(0, 0, "-addr disc0 fd00::1");
	IFC(EINVAL, 0, "addr disc0 10.0.0.1/33");
	IFC(EINVAL, 0, "addr disc0 nonsense");
	assert_int_equal(ifc_as(0, 1001, "addr disc0 10.0.0.3/24"), EPERM);
	assert_int_equal(look(0, "disc0", &info), 0);
	assert_int_equal(info.addresses, 1);
}

static void
test_conf(void **state)
{
	struct ifreq reqs[16];
	struct ifconf ifc = { .ifc_len = 0 };

	ifc.ifc_req = reqs;
	assert_int_equal(request(SIOCGIFCONF, &ifc), EINVAL);
	ifc.ifc_len = sizeof(reqs);
	assert_int_equal(request(SIOCGIFCONF, &ifc), 0);
	assert_true(ifc.ifc_len > 0);
	assert_string_equal(reqs[0].ifr_name, "lo0");
	assert_int_equal(reqs[0].ifr_addr.sa_family, AF_LINK);
}

static void
test_cloners(void **state)
{
	struct if_clonereq ifcr = { .ifcr_count = -1 };
	char names[16][16];

	assert_int_equal(request(SIOCIFGCLONERS, &ifcr), EINVAL);
	ifcr.ifcr_count = 16;
	assert_int_equal(request(SIOCIFGCLONERS, &ifcr), 0);
	assert_true(ifcr.ifcr_total >= 4);
	ifcr.ifcr_buffer = names[0];
	assert_int_equal(request(SIOCIFGCLONERS, &ifcr), 0);
	ifcr.ifcr_buffer = (char *)16;
}

static void
test_privileges(void **state)
{
	int n = jail_make("name=n persist");
	int j = jail_make("name=j vnet persist");

	IFC(0, 0, "create disc");
	IFC(EPERM, n, "create disc");
	IFC(EPERM, n, "destroy disc0");
	IFC(EPERM, n, "up disc0");
	IFC(EPERM, n, "name disc0 x");
	IFC(EPERM, n, "group disc0 web");
	IFC(0, n, "exists disc0");
	IFC(0, j, "create disc");
	IFC(0, j, "up disc0");
	IFC(0, j, "name disc0 x");
	IFC(0, j, "group x web");
	IFC(0, j, "addr x 10.0.0.1/24");
	IFC(0, j, "destroy x");
	assert_int_equal(ifc_as(0, 1001, "destroy disc0"), EPERM);
}

static void
test_sockets(void **state)
{
	int fd;

	assert_int_equal(vs_socket(99, SOCK_DGRAM, 0, &fd), EAFNOSUPPORT);
	assert_int_equal(vs_socket(AF_INET, SOCK_DGRAM, 0, &fd), 0);
	assert_int_equal(vs_ioctl(fd, _IO('x', 1), NULL), EOPNOTSUPP);
	assert_int_equal(vs_read(fd, &fd, 0, NULL), EOPNOTSUPP);
	assert_int_equal(vs_close(fd), 0);
	assert_int_equal(vs_ioctl(fd, SIOCGIFMTU, NULL), EBADF);
}

/*
 * Every request is refused while the vnet of the socket goes.  No vnet goes
 * while it has sockets, so this one is made by hand, in a destructor.
 */
static int dying_error = -1;

static void
dying_vnet(const void *arg)
{
	struct socket so = { .so_vnet = curvnet };
	struct ifconf ifc = { .ifc_len = 0 };

	if (curvnet != vnet0)
		dying_error = ifioctl(&so, SIOCGIFCONF, (caddr_t)&ifc,
		    curthread);
}
VNET_SYSUNINIT(dying_vnet, SI_SUB_PROTO_FIREWALL, SI_ORDER_ANY, dying_vnet,
    NULL);

static void
test_dying_vnet(void **state)
{
	int j = jail_make("name=j vnet persist");

	jail_kill(j);
	assert_int_equal(dying_error, EBUSY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_questions),
		BOTH(test_mtu),
		BOTH(test_description),
		BOTH(test_names),
		BOTH(test_multicast),
		BOTH(test_capabilities),
		BOTH(test_addresses),
		BOTH(test_conf),
		BOTH(test_cloners),
		BOTH(test_privileges),
		BOTH(test_sockets),
		BOTH(test_dying_vnet),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
