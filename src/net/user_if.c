/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The user's side of sockets and interfaces: what ifconfig(8) does with one
 * socket and one request each.
 */
#include "if_impl.h"

#include <sys/file.h>
#include <sys/filedesc.h>
#include <sys/jail.h>
#include <sys/proc.h>
#include <sys/socketvar.h>
#include <sys/sockio.h>
#include <net/if_media.h>
#include <netinet/in.h>
#include <netinet/in_var.h>
#include <netinet6/in6_var.h>

#include <vnetsim/syscalls.h>

#include <arpa/inet.h>

#include "boot.h"

struct socket_args {
	int	domain;
	int	type;
	int	protocol;
	int	fd;
};

static int
sys_socket(struct thread *td, void *arg)
{
	struct socket_args *args = arg;

	return (kern_socket(td, args->domain, args->type, args->protocol,
	    &args->fd));
}

int
vs_socket(int domain, int type, int protocol, int *fdp)
{
	struct socket_args args = { domain, type, protocol, -1 };
	int error;

	error = syscall_run("socket", sys_socket, &args);
	if (fdp != NULL)
		*fdp = args.fd;
	return (error);
}

/* A socket of the caller's, one request, and the socket is closed again. */
static int
user_request(int domain, unsigned long cmd, void *data)
{
	int error, fd;

	if ((error = vs_socket(domain, SOCK_DGRAM, 0, &fd)) != 0)
		return (error);
	error = vs_ioctl(fd, cmd, data);
	(void)vs_close(fd);
	return (error);
}

/* The block of most requests; ENAMETOOLONG if the name does not fit. */
static int
ifreq_name(struct ifreq *ifr, const char *name)
{
	memset(ifr, 0, sizeof(*ifr));
	if (strlcpy(ifr->ifr_name, name, sizeof(ifr->ifr_name)) >=
	    sizeof(ifr->ifr_name))
		return (ENAMETOOLONG);
	return (0);
}

static int
user_simple(unsigned long cmd, const char *name)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0)
		return (error);
	return (user_request(AF_LOCAL, cmd, &ifr));
}

int
vs_if_create(char name[16])
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0)
		return (error);
	error = user_request(AF_LOCAL, SIOCIFCREATE2, &ifr);
	if (error == 0)
		strlcpy(name, ifr.ifr_name, IFNAMSIZ);
	return (error);
}

int
vs_if_destroy(const char *name)
{
	return (user_simple(SIOCIFDESTROY, name));
}

bool
vs_if_exists(const char *name)
{
	return (user_simple(SIOCGIFFLAGS, name) == 0);
}

static int
user_move(unsigned long cmd, const char *name, int jid)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0)
		return (error);
	ifr.ifr_jid = jid;
	return (user_request(AF_LOCAL, cmd, &ifr));
}

int
vs_if_vmove(const char *name, int jid)
{
	return (user_move(SIOCSIFVNET, name, jid));
}

int
vs_if_reclaim(const char *name, int jid)
{
	return (user_move(SIOCSIFRVNET, name, jid));
}

int
vs_if_rename(const char *old, const char *new_name)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, old)) != 0)
		return (error);
	ifr.ifr_ifru.ifru_data = __DECONST(caddr_t, new_name);
	return (user_request(AF_LOCAL, SIOCSIFNAME, &ifr));
}

int
vs_if_index(const char *name, unsigned *index)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0 ||
	    (error = user_request(AF_LOCAL, SIOCGIFINDEX, &ifr)) != 0)
		return (error);
	*index = (unsigned)ifr.ifr_index;
	return (0);
}

int
vs_if_flags(const char *name, unsigned *flags)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0 ||
	    (error = user_request(AF_LOCAL, SIOCGIFFLAGS, &ifr)) != 0)
		return (error);
	*flags = (ifr.ifr_flags & 0xffff) |
	    ((unsigned)ifr.ifr_flagshigh << 16);
	return (0);
}

/* Read, change, write, as ifconfig does: not atomic. */
static int
user_flags(const char *name, unsigned set, unsigned clear)
{
	struct ifreq ifr;
	unsigned flags;
	int error;

	if ((error = vs_if_flags(name, &flags)) != 0)
		return (error);
	flags = (flags & ~clear) | set;
	(void)ifreq_name(&ifr, name);
	ifr.ifr_flags = flags & 0xffff;
	ifr.ifr_flagshigh = flags >> 16;
	return (user_request(AF_LOCAL, SIOCSIFFLAGS, &ifr));
}

int
vs_if_up(const char *name)
{
	return (user_flags(name, IFF_UP, 0));
}

int
vs_if_down(const char *name)
{
	return (user_flags(name, 0, IFF_UP));
}

static int
user_group(unsigned long cmd, const char *name, const char *group)
{
	struct ifgroupreq ifgr = { 0 };

	if (strlcpy(ifgr.ifgr_name, name, IFNAMSIZ) >= IFNAMSIZ ||
	    strlcpy(ifgr.ifgr_group, group, IFNAMSIZ) >= IFNAMSIZ)
		return (ENAMETOOLONG);
	return (user_request(AF_LOCAL, cmd, &ifgr));
}

int
vs_if_group_add(const char *name, const char *group)
{
	return (user_group(SIOCAIFGROUP, name, group));
}

int
vs_if_group_del(const char *name, const char *group)
{
	return (user_group(SIOCDIFGROUP, name, group));
}

int
vs_if_describe(const char *name, const char *text)
{
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0)
		return (error);
	/* Without a buffer the interface loses the text that it has. */
	if (text != NULL) {
		ifr.ifr_buffer.buffer = __DECONST(caddr_t, text);
		ifr.ifr_buffer.length = strlen(text) + 1;
	}
	return (user_request(AF_LOCAL, SIOCSIFDESCR, &ifr));
}

int
vs_if_status(const char *name, char *buf, size_t size)
{
	struct ifstat ifs;
	int error;

	memset(&ifs, 0, sizeof(ifs));
	if (strlcpy(ifs.ifs_name, name, sizeof(ifs.ifs_name)) >=
	    sizeof(ifs.ifs_name))
		return (ENAMETOOLONG);
	error = user_request(AF_LOCAL, SIOCGIFSTATUS, &ifs);
	if (error == 0)
		strlcpy(buf, ifs.ascii, size);
	return (error);
}

int
vs_if_media(const char *name, bool *active)
{
	struct ifmediareq ifmr;
	int error;

	memset(&ifmr, 0, sizeof(ifmr));
	if (strlcpy(ifmr.ifm_name, name, sizeof(ifmr.ifm_name)) >=
	    sizeof(ifmr.ifm_name))
		return (ENAMETOOLONG);
	error = user_request(AF_LOCAL, SIOCGIFMEDIA, &ifmr);
	*active = (ifmr.ifm_status & IFM_ACTIVE) != 0;
	return (error);
}

/* Members of a group or groups of an interface: the two look the same. */
static int
user_names(unsigned long cmd, const char *name, char (*names)[16], size_t n,
    size_t *count)
{
	struct ifgroupreq ifgr = { 0 };
	struct ifg_req *found;
	int error;

	if (strlcpy(ifgr.ifgr_name, name, IFNAMSIZ) >= IFNAMSIZ)
		return (ENAMETOOLONG);
	/* How much room it takes, then what is there. */
	error = user_request(AF_LOCAL, cmd, &ifgr);
	*count = ifgr.ifgr_len / sizeof(*found);
	if (error != 0 || *count == 0)
		return (error);
	found = malloc(ifgr.ifgr_len, M_TEMP, M_WAITOK | M_ZERO);
	ifgr.ifgr_groups = found;
	error = user_request(AF_LOCAL, cmd, &ifgr);
	for (size_t i = 0; error == 0 && i < *count && i < n; i++)
		strlcpy(names[i], found[i].ifgrq_group, sizeof(names[i]));
	free(found, M_TEMP);
	return (error);
}
CTASSERT(offsetof(struct ifg_req, ifgrq_group) ==
    offsetof(struct ifg_req, ifgrq_member));

int
vs_if_members(const char *group, char (*names)[16], size_t n, size_t *count)
{
	return (user_names(SIOCGIFGMEMB, group, names, n, count));
}

int
vs_if_groups(const char *name, char (*groups)[16], size_t n, size_t *count)
{
	return (user_names(SIOCGIFGROUP, name, groups, n, count));
}

/* --- addresses ----------------------------------------------------------- */

/* `bits` ones, the rest zeros. */
static void
mask_fill(void *mask, size_t size, int bits)
{
	uint8_t *p = mask;
	size_t i;

	for (i = 0; i < size; i++, bits -= 8)
		p[i] = bits >= 8 ? 0xff : bits <= 0 ? 0 :
		    (uint8_t)(0xff00 >> bits);
}

/* Splits "address/length"; without a length all bits count. */
static int
addr_split(const char *text, char *addr, size_t size, int max, int *bits)
{
	const char *slash = strchr(text, '/');
	size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);

	if (len >= size)
		return (EINVAL);
	memcpy(addr, text, len);
	addr[len] = '\0';
	*bits = slash != NULL ? atoi(slash + 1) : max;
	return (*bits < 0 || *bits > max ? EINVAL : 0);
}

static int
addr4(const char *text, struct in_aliasreq *ifra)
{
	char addr[INET6_ADDRSTRLEN];
	int bits, error;

	if ((error = addr_split(text, addr, sizeof(addr), 32, &bits)) != 0)
		return (error);
	ifra->ifra_addr.sin_len = ifra->ifra_mask.sin_len =
	    sizeof(ifra->ifra_addr);
	ifra->ifra_addr.sin_family = ifra->ifra_mask.sin_family = AF_INET;
	mask_fill(&ifra->ifra_mask.sin_addr, 4, bits);
	return (inet_aton(addr, &ifra->ifra_addr.sin_addr) == 1 ? 0 : EINVAL);
}

/* The host's number for IPv6, which inet_pton() wants. */
#define	HOST_AF_INET6	10

static int
addr6(const char *text, struct in6_aliasreq *ifra)
{
	char addr[INET6_ADDRSTRLEN];
	int bits, error;

	if ((error = addr_split(text, addr, sizeof(addr), 128, &bits)) != 0)
		return (error);
	ifra->ifra_addr.sin6_len = ifra->ifra_prefixmask.sin6_len =
	    sizeof(ifra->ifra_addr);
	ifra->ifra_addr.sin6_family = ifra->ifra_prefixmask.sin6_family =
	    AF_INET6;
	mask_fill(&ifra->ifra_prefixmask.sin6_addr, 16, bits);
	return (inet_pton(HOST_AF_INET6, addr, &ifra->ifra_addr.sin6_addr) ==
	    1 ? 0 : EINVAL);
}

int
vs_if_addr_add(const char *name, const char *addr)
{
	struct in6_aliasreq ifra6 = { 0 };
	struct in_aliasreq ifra = { 0 };
	int error;

	if (strlcpy(ifra.ifra_name, name, IFNAMSIZ) >= IFNAMSIZ)
		return (ENAMETOOLONG);
	strlcpy(ifra6.ifra_name, name, IFNAMSIZ);
	if (strchr(addr, ':') != NULL) {
		if ((error = addr6(addr, &ifra6)) != 0)
			return (error);
		return (user_request(AF_INET6, SIOCAIFADDR_IN6, &ifra6));
	}
	if ((error = addr4(addr, &ifra)) != 0)
		return (error);
	return (user_request(AF_INET, SIOCAIFADDR, &ifra));
}

int
vs_if_addr_del(const char *name, const char *addr)
{
	struct in6_aliasreq ifra6 = { 0 };
	struct in6_ifreq ifr6 = { 0 };
	struct in_aliasreq ifra = { 0 };
	struct ifreq ifr;
	int error;

	if ((error = ifreq_name(&ifr, name)) != 0)
		return (error);
	strlcpy(ifr6.ifr_name, name, IFNAMSIZ);
	if (strchr(addr, ':') != NULL) {
		if ((error = addr6(addr, &ifra6)) != 0)
			return (error);
		ifr6.ifr_ifru.ifru_addr = ifra6.ifra_addr;
		return (user_request(AF_INET6, SIOCDIFADDR_IN6, &ifr6));
	}
	if ((error = addr4(addr, &ifra)) != 0)
		return (error);
	memcpy(&ifr.ifr_addr, &ifra.ifra_addr, sizeof(ifra.ifra_addr));
	return (user_request(AF_INET, SIOCDIFADDR, &ifr));
}

/* --- listing ------------------------------------------------------------- */

struct list_args {
	char	(*names)[16];
	size_t	room;
	size_t	count;
};

static int
list_one(if_t ifp, void *arg)
{
	struct list_args *args = arg;

	if (args->count < args->room)
		strlcpy(args->names[args->count], if_name(ifp), 16);
	args->count++;
	return (0);
}

static int
sys_iflist(struct thread *td, void *arg)
{
	struct epoch_tracker et;

	CURVNET_SET(TD_TO_VNET(td));
	NET_EPOCH_ENTER(et);
	(void)if_foreach(list_one, arg);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	return (0);
}

size_t
vs_if_list(char (*names)[16], size_t n)
{
	struct list_args args = { names, n, 0 };

	(void)syscall_run("iflist", sys_iflist, &args);
	return (args.count);
}
