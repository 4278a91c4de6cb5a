/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * System calls.
 *
 * Each is made with the credential of the calling kernel thread's process; a
 * host thread gets root's in prison0.  All return 0 or an errno (the host's
 * numbers) and store results through pointers, which may be NULL where the
 * result does not matter.  They may sleep.  Nothing of the kernel's headers
 * is needed here.
 */
#ifndef _VNETSIM_SYSCALLS_H_
#define _VNETSIM_SYSCALLS_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- jails: jail(2) ------------------------------------------------------ */

#define	VS_JAIL_CREATE	0x01
#define	VS_JAIL_UPDATE	0x02
#define	VS_JAIL_ATTACH	0x04
#define	VS_JAIL_DYING	0x08

/* Long enough for every message of jail_set(2) and jail_get(2). */
#define	VS_JAIL_ERRMSGLEN	1024

/*
 * The bare calls: name/value pairs, names NUL-terminated and iov_len counting
 * the NUL.  "errmsg" is a buffer for the kernel's message.  Errnos are those of
 * jail(2); jail descriptors are not modelled, and asking for one is
 * EOPNOTSUPP.
 */
int	vs_jail_set(struct iovec *iov, unsigned iovcnt, int flags, int *jidp);
int	vs_jail_get(struct iovec *iov, unsigned iovcnt, int flags, int *jidp);
int	vs_jail_attach(int jid);
int	vs_jail_remove(int jid);

/*
 * Parameters as jail(8) takes them: words separated by blanks, "name=j
 * persist vnet children.max=3 ip4.addr=10.0.0.1,10.0.0.2".  `errmsg` (of
 * VS_JAIL_ERRMSGLEN, or NULL) gets the kernel's message, "" if there is none.
 */
int	vs_jail_setwords(const char *words, int flags, int *jidp,
	    char *errmsg);
/* jail -c and jail -m */
int	vs_jail_create(const char *words, int *jidp);
int	vs_jail_update(const char *words);
/* The jid behind a name, or behind digits; dying ones if `dying`. */
int	vs_jail_find(const char *name, bool dying, int *jidp);
/*
 * One parameter of a jail as text: numbers in decimal, booleans as "0" and
 * "1", address lists separated by commas.
 */
int	vs_jail_param(int jid, const char *param, char *buf, size_t size);

/* --- modules: kldload(2) ------------------------------------------------- */

/*
 * Loads a driver that was linked in but not started, by its name, by that of
 * one of its modules, or a shared object by its path.  EPERM, EEXIST, ENOENT,
 * EINTR, and ENOEXEC when the module refuses (see the console for more).
 */
int	vs_kldload(const char *name, int *fileid);
/*
 * Unloads by name, or by id; `flags` 1 overrides MOD_QUIESCE.  EPERM, ENOENT,
 * EBUSY, EINTR, or what the module answers.
 */
int	vs_kldunload(const char *name);
int	vs_kldunloadf(int fileid, int flags);
/* The file or module of that name; ENOENT. */
int	vs_kldfind(const char *name, int *fileid);
int	vs_modfind(const char *name, int *modid);

struct vs_kldstat {
	int	id;
	int	refs;
	char	name[64];
};
/* The file with the next larger id than `fileid` (0 to begin); ENOENT. */
int	vs_kldnext(int fileid, struct vs_kldstat *stat);

/* --- variables: sysctl(3) ------------------------------------------------ */

/*
 * Reads the variable into `old` if that is not NULL, then writes it from
 * `new` if that is not.  `*oldlen` is the room, then the size.  ENOENT,
 * EISDIR (a node), EPERM, EINVAL (wrong size), ENOMEM (cut off), EFAULT.
 */
int	vs_sysctl(const char *name, void *old, size_t *oldlen,
	    const void *new, size_t newlen);

#define	VS_SYSCTL_FORMATLEN	64
/*
 * How to print one: "I", "IU", "L", "LU", "Q", "QU", "CU", "A", "S,name" or
 * "N" (a node), of VS_SYSCTL_FORMATLEN; `*kind` gets FreeBSD's CTLTYPE and
 * CTLFLAG bits.  ENOENT.
 */
int	vs_sysctl_format(const char *name, char *format, unsigned *kind);

/* --- processes ----------------------------------------------------------- */

int	vs_getpid(void);
int	vs_getuid(void);
/* setuid(2): EPERM unless root or one of one's own ids. */
int	vs_setuid(unsigned uid);
/* kill(2): ESRCH, EPERM, EINVAL.  Only SIGKILL has an effect. */
int	vs_kill(int pid, int sig);

/* --- open files ---------------------------------------------------------- */

int	vs_close(int fd);
/*
 * ioctl(2) with FreeBSD's requests (<sys/sockio.h> of the KPI and its like):
 * EBADF, EFAULT, ENOTTY, or what the file answers.
 */
int	vs_ioctl(int fd, unsigned long cmd, void *data);
/* One buffer; `*done` gets the number of bytes transferred. */
int	vs_read(int fd, void *buf, size_t len, size_t *done);
int	vs_write(int fd, const void *buf, size_t len, size_t *done);
/* Which of poll(2)'s events are there now; does not wait. */
int	vs_poll(int fd, int events, int *revents);

/* --- sockets and interfaces ---------------------------------------------- */

/* FreeBSD's numbers: EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, EMFILE. */
int	vs_socket(int domain, int type, int protocol, int *fdp);

/*
 * ifconfig(8), one request at a time on a socket in the caller's vnet.  An
 * interface name has at most 15 characters, else ENAMETOOLONG.
 *
 * create: `name` is a cloner's ("disc") or complete ("disc3") and gets what
 * it was given: EPERM, EINVAL (no cloner, bad number), EEXIST, ENOSPC.
 * destroy: EPERM, ENXIO, EINVAL (not cloned, or refused).
 * vmove lends to a child jail, reclaim takes from it: EPERM, ENXIO (interface
 * or jail), EEXIST (same vnet, name taken), ENODEV (lost a race).
 */
int	vs_if_create(char name[16]);
int	vs_if_destroy(const char *name);
int	vs_if_vmove(const char *name, int jid);
int	vs_if_reclaim(const char *name, int jid);
/* EPERM, ENXIO, EINVAL (empty), EEXIST, ENAMETOOLONG. */
int	vs_if_rename(const char *old, const char *new_name);
int	vs_if_up(const char *name);
int	vs_if_down(const char *name);
bool	vs_if_exists(const char *name);
/* Names of all interfaces of the caller's vnet, oldest first: how many. */
size_t	vs_if_list(char (*names)[16], size_t n);
/* EINVAL (ends in a digit), EEXIST; ENOENT. */
int	vs_if_group_add(const char *name, const char *group);
int	vs_if_group_del(const char *name, const char *group);
/* "10.0.0.1/24" or "fd00::1/64": EPERM, ENXIO, EINVAL, EADDRNOTAVAIL. */
int	vs_if_addr_add(const char *name, const char *addr);
int	vs_if_addr_del(const char *name, const char *addr);

/* --- messages on sockets: bind(2), send(2), recv(2) ---------------------- */

#define	VS_MSG_DONTWAIT	0x80

/* EBADF, ENOTSOCK, EOPNOTSUPP, EINVAL, or what the protocol says. */
int	vs_bind(int fd, const void *addr, size_t len);
int	vs_setsockopt(int fd, int level, int name, const void *value,
	    size_t len);
int	vs_send(int fd, const void *buf, size_t len);
/*
 * Waits for a message and copies as much of it as fits; the rest is lost.
 * `*received` is what was copied.  EAGAIN with VS_MSG_DONTWAIT.
 */
int	vs_recv(int fd, void *buf, size_t len, int flags, size_t *received);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_SYSCALLS_H_ */
