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
#define	VS_JAIL_GET_DESC	0x40
#define	VS_JAIL_OWN_DESC	0x80

/* Long enough for every message of jail_set(2) and jail_get(2). */
#define	VS_JAIL_ERRMSGLEN	1024

/*
 * The bare calls: name/value pairs, names NUL-terminated and iov_len counting
 * the NUL.  "errmsg" is a buffer for the kernel's message.  Errnos are those of
 * jail(2).  Descriptors come from vs_jail_get(), with one of the two flags
 * and an int as "desc"; what else there is about them is EOPNOTSUPP.
 */
int	vs_jail_set(struct iovec *iov, unsigned iovcnt, int flags, int *jidp);
int	vs_jail_get(struct iovec *iov, unsigned iovcnt, int flags, int *jidp);
int	vs_jail_attach(int jid);
int	vs_jail_remove(int jid);
/* By descriptor: EBADF, EINVAL (another file), ENOENT (dead), EPERM. */
int	vs_jail_attach_jd(int fd);
int	vs_jail_remove_jd(int fd);

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
/*
 * kill(2): ESRCH, EPERM, EINVAL.  SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGALRM and
 * SIGTERM end a process, which catches none; others have no effect.
 */
int	vs_kill(int pid, int sig);
/* nanosleep(2), in nanoseconds: EINTR. */
int	vs_nanosleep(int64_t ns);

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
/*
 * poll(2) of one descriptor: waits at most `timeout` milliseconds (< 0: for
 * ever); 0 with `*revents` 0 when the time is over.  EBADF, EINTR.
 */
int	vs_poll_wait(int fd, int events, int timeout, int *revents);

/*
 * kevent(2) with one note for FreeBSD's EVFILT_READ (-1) or EVFILT_WRITE (-2).
 * wait: 0 with the event's data, and whether what it hung on has gone (the
 * event is then there for good); EWOULDBLOCK after `timeout` milliseconds,
 * EINTR.  A note is used by one thread at a time, and closed before its
 * descriptor.
 */
struct knote;
int	vs_knote_open(int fd, int filter, struct knote **knp);
int	vs_knote_wait(struct knote *kn, int timeout, int64_t *data,
	    bool *eof);
int	vs_knote_close(struct knote *kn);

/* --- devices: /dev ------------------------------------------------------- */

/*
 * Paths are absolute and lead into a devfs mount: the caller's "/dev" is the
 * mount on "/dev" under its jail's path, or, if there is none, that of the
 * nearest jail around it that has one.  Nothing else can be reached: ENOENT.
 * All calls that look a name up run the dev_clone event handlers for one that
 * does not exist, and so may create the device.  They answer ENOENT, ENOTDIR,
 * EACCES, ELOOP, ENAMETOOLONG.
 */

/*
 * `flags` are the host's O_RDONLY, O_WRONLY, O_RDWR, with O_NONBLOCK; others
 * EINVAL.  EISDIR, EMFILE, ENXIO (the device is gone, or has not come yet), or
 * what the driver answers.
 */
int	vs_open(const char *path, int flags, int *fdp);

enum vs_dev_type {
	VS_DEV_CHR,
	VS_DEV_DIR,
	VS_DEV_LNK		/* an alias; stat follows it, lstat does not */
};

struct vs_dev_stat {
	enum vs_dev_type type;
	unsigned	ino;
	unsigned	mode;		/* permissions */
	unsigned	uid;
	unsigned	gid;
	unsigned	nlink;
};
int	vs_stat(const char *path, struct vs_dev_stat *sb);
int	vs_lstat(const char *path, struct vs_dev_stat *sb);
/* EINVAL if it is not a link; cut off at `size`, NUL-terminated. */
int	vs_readlink(const char *path, char *buf, size_t size);
/* Hides a device in this mount (a whiteout).  EPERM: a directory. */
int	vs_unlink(const char *path);
/*
 * revoke(2): every open file of the device becomes dead, in all mounts.
 * EPERM (not the owner, not root), EINVAL (no device).
 */
int	vs_revoke(const char *path);

#define	VS_DEVNAMELEN	256
/*
 * What the caller sees in its /dev: names of devices and links, relative to
 * the mount ("d/e"), oldest directory entry first: how many.
 */
size_t	vs_readdir_dev(char (*names)[VS_DEVNAMELEN], size_t n);

/*
 * mount_devfs(8): mounts a devfs on a directory, which must be called "dev"
 * ("/jails/j/dev") and is looked at from the caller's jail.  Options, separated
 * by commas, or NULL: "ruleset=N".  In a jail the ruleset is the jail's
 * parameter devfs_ruleset and asking for another is EPERM.  EPERM, EBUSY
 * (something is mounted there), EINVAL (path, option, number),
 * EOPNOTSUPP ("export").
 */
int	vs_mount_devfs(const char *path, const char *options);
/* umount(8): EPERM, EINVAL (nothing mounted there), EBUSY (in use). */
int	vs_unmount_devfs(const char *path, bool force);
/*
 * devfs(8): rule `number` of a ruleset, as in "path tun* unhide", "hide",
 * "path null mode 600 user 1 group 2", "include 3".  It is applied to entries
 * that are made later, and by vs_devfs_ruleset(), which also makes the ruleset
 * that of the mount.  EPERM, EINVAL, EEXIST (number taken).
 */
int	vs_devfs_rule(int ruleset, int number, const char *rule);
int	vs_devfs_ruleset(const char *path, int ruleset);

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
/* Its number, and FreeBSD's IFF_*, the driver's too: ENXIO. */
int	vs_if_index(const char *name, unsigned *index);
int	vs_if_flags(const char *name, unsigned *flags);
/* Names of all interfaces of the caller's vnet, oldest first: how many. */
size_t	vs_if_list(char (*names)[16], size_t n);
/* EINVAL (ends in a digit), EEXIST; ENOENT. */
int	vs_if_group_add(const char *name, const char *group);
int	vs_if_group_del(const char *name, const char *group);
/* The members of a group, as many as fit, and how many there are: ENOENT. */
int	vs_if_members(const char *group, char (*names)[16], size_t n,
	    size_t *count);
/* The groups of an interface: ENXIO. */
int	vs_if_groups(const char *name, char (*groups)[16], size_t n,
	    size_t *count);
/* NULL takes the description away: EPERM, ENXIO, ENAMETOOLONG. */
int	vs_if_describe(const char *name, const char *text);
/* What the driver says of itself, in lines: ENXIO, EINVAL (nothing). */
int	vs_if_status(const char *name, char *buf, size_t size);
/* Whether its medium is in use: ENXIO, EINVAL (it has none). */
int	vs_if_media(const char *name, bool *active);
/*
 * Sends a short IPv4 packet to everybody, as a program does that writes to
 * bpf(4): ENXIO, ENETDOWN, or what the driver says.
 */
int	vs_if_send(const char *name);
/* "10.0.0.1/24" or "fd00::1/64": EPERM, ENXIO, EINVAL, EADDRNOTAVAIL. */
int	vs_if_addr_add(const char *name, const char *addr);
int	vs_if_addr_del(const char *name, const char *addr);

/*
 * Link requests of netlink(4), one at a time on a socket in the caller's vnet,
 * which a thread of that socket handles; the caller waits for the answer.
 *
 * get: RTM_GETLINK by number, or by name if that is 0; `buf` gets the name.
 * ENODEV.  delete: RTM_DELLINK by number: EPERM, ENOENT, or as destroy above.
 * create: RTM_NEWLINK of a complete name, or a cloner's, and then a change of
 * the MTU unless that is 0: EPERM, or as create above, or what the change
 * says; then the new link is deleted, if the kernel tells of it.
 */
int	vs_link_get(unsigned index, const char *name, char buf[16]);
int	vs_link_delete(unsigned index);
int	vs_link_create(const char *name, unsigned mtu);

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
