/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Devices: looked at, opened under a name (a handle), used, closed.  What a
 * process leaves open is closed when it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <vnetsim/syscalls.h>

#include "words.h"

#define	CHUNK	2048		/* bytes read and written unless told */

/* FreeBSD's numbers. */
#define	REQUEST(direction, group, number, size)				\
	((direction) | (unsigned long)(size) << 16 |			\
	    (unsigned long)(group) << 8 | (number))
#define	VOID	0x20000000UL
#define	OUT	0x40000000UL
#define	IN	0x80000000UL

/* As in <net/if_tun.h>. */
struct tuninfo {
	int		baudrate;
	unsigned short	mtu;
	unsigned char	type;
	unsigned char	dummy;
};
#define	TUNSIFINFO	REQUEST(IN, 't', 91, sizeof(struct tuninfo))
#define	TUNGIFINFO	REQUEST(OUT, 't', 92, sizeof(struct tuninfo))

static const struct request {
	const char	*name;
	unsigned long	value;
} requests[] = {
	{ "FIOASYNC", REQUEST(IN, 'f', 125, sizeof(int)) },
	{ "FIONBIO", REQUEST(IN, 'f', 126, sizeof(int)) },
	{ "FIONREAD", REQUEST(OUT, 'f', 127, sizeof(int)) },
	{ "TUNSDEBUG", REQUEST(IN, 't', 90, sizeof(int)) },
	{ "TUNGDEBUG", REQUEST(OUT, 't', 89, sizeof(int)) },
	{ "TUNSLMODE", REQUEST(IN, 't', 93, sizeof(int)) },
	{ "TUNSIFINFO", TUNSIFINFO },
	{ "TUNSIFMODE", REQUEST(IN, 't', 94, sizeof(int)) },
	{ "TUNSIFPID", REQUEST(VOID, 't', 95, 0) },
	{ "TUNSIFHEAD", REQUEST(IN, 't', 96, sizeof(int)) },
	{ "TUNGIFHEAD", REQUEST(OUT, 't', 97, sizeof(int)) },
	{ "TUNSTRANSIENT", REQUEST(IN, 't', 98, sizeof(int)) },
	{ "TUNGTRANSIENT", REQUEST(OUT, 't', 99, sizeof(int)) },
};

unsigned long
request_find(const char *name)
{
	unsigned long value;
	char *end;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (strcmp(requests[i].name, name) == 0)
			return (requests[i].value);
	if (strncmp(name, "0x", 2) != 0)
		return (0);
	value = strtoul(name, &end, 16);
	/* What is transferred must fit an int here. */
	return (*end == '\0' && value <= 0xffffffffUL &&
	    (value >> 16 & 0x1fff) <= sizeof(int) ? value : 0);
}

/* --- looking ----------------------------------------------------------- */

static int
name_compare(const void *a, const void *b)
{
	return (strcmp(a, b));
}

static void
ls_all(struct shell *s)
{
	size_t n = vs_readdir_dev(NULL, 0);
	char (*names)[VS_DEVNAMELEN];

	if (s->print == NULL)
		return;
	if ((names = calloc(n + 1, sizeof(*names))) == NULL)
		abort();
	n = vs_readdir_dev(names, n);
	qsort(names, n, sizeof(*names), name_compare);
	for (size_t i = 0; i < n; i++)
		word_print(s, "%s\n", names[i]);
	free(names);
}

int
word_ls(struct shell *s, int argc, char *const *argv)
{
	int error, last = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "/dev") == 0)
			ls_all(s);
		else if ((error = vs_stat(argv[i], NULL)) == 0)
			word_print(s, "%s\n", argv[i]);
		else
			last = word_error(s, "ls", argv[i], error);
	}
	return (last);
}

int
word_stat(struct shell *s, int argc, char *const *argv)
{
	struct vs_dev_stat sb;
	int error, last = 0;

	for (int i = 1; i < argc; i++) {
		if ((error = vs_stat(argv[i], &sb)) == 0)
			word_print(s, "%s: mode %o uid %u gid %u\n", argv[i],
			    sb.mode, sb.uid, sb.gid);
		else
			last = word_error(s, "stat", argv[i], error);
	}
	return (last);
}

/* Another /dev, for the jail whose path is above it. */
int
word_mount(struct shell *s, int argc, char *const *argv)
{
	int error = vs_mount_devfs(argv[4], NULL);

	(void)argc;
	return (error == 0 ? 0 : word_error(s, "mount", argv[4], error));
}

int
word_umount(struct shell *s, int argc, char *const *argv)
{
	int error = vs_unmount_devfs(argv[1], false);

	(void)argc;
	return (error == 0 ? 0 : word_error(s, "umount", argv[1], error));
}

int
word_revoke(struct shell *s, int argc, char *const *argv)
{
	int error = vs_revoke(argv[1]);

	(void)argc;
	return (error == 0 ? 0 : word_error(s, "revoke", argv[1], error));
}

/* --- handles ----------------------------------------------------------- */

static int
handle_find(const struct shell *s, const char *name)
{
	for (int i = 0; i < s->nhandles; i++)
		if (strcmp(s->handles[i].name, name) == 0)
			return (i);
	return (-1);
}

int
handle_fd(const struct shell *s, const char *name)
{
	int i = handle_find(s, name);

	return (i < 0 ? -1 : s->handles[i].fd);
}

static int
done(struct shell *s, char *const *argv, int error)
{
	return (error == 0 ? 0 : word_error(s, argv[0], argv[1], error));
}

static int
open_flags(const char *mode)
{
	int flags = strchr(mode, 'n') != NULL ? O_NONBLOCK : 0;

	if (strchr(mode, 'w') == NULL)
		return (flags | O_RDONLY);
	return (flags | (strchr(mode, 'r') == NULL ? O_WRONLY : O_RDWR));
}

int
handle_set(struct shell *s, const char *name, int fd)
{
	int i = handle_find(s, name);

	if (i < 0 && s->nhandles == SHELL_HANDLES) {
		(void)vs_close(fd);
		return (EMFILE);
	}
	if (i < 0)
		i = s->nhandles++;
	s->handles[i].name = name;
	s->handles[i].fd = fd;
	return (0);
}

int
word_open(struct shell *s, int argc, char *const *argv)
{
	int error, fd;

	error = vs_open(argv[2], open_flags(argc > 3 ? argv[3] : "rw"), &fd);
	if (error != 0)
		return (word_error(s, "open", argv[2], error));
	return (done(s, argv, handle_set(s, argv[1], fd)));
}

int
word_close(struct shell *s, int argc, char *const *argv)
{
	int fd, i = handle_find(s, argv[1]);

	(void)argc;
	if (i < 0)
		return (done(s, argv, EBADF));
	fd = s->handles[i].fd;
	s->nhandles--;
	s->handles[i] = s->handles[s->nhandles];
	return (done(s, argv, vs_close(fd)));
}

static size_t
bytes(int argc, char *const *argv)
{
	unsigned long n = CHUNK;

	if (argc > 2)
		(void)number_parse(argv[2], 0, BYTES_MAX, &n);
	return (n);
}

int
word_read(struct shell *s, int argc, char *const *argv)
{
	char buffer[BYTES_MAX];
	size_t n;
	int error;

	error = vs_read(handle_fd(s, argv[1]), buffer, bytes(argc, argv), &n);
	if (error == 0)
		word_print(s, "%zu bytes\n", n);
	return (done(s, argv, error));
}

/* Zeros: to what reads it, a packet of no known kind. */
int
word_write(struct shell *s, int argc, char *const *argv)
{
	char buffer[BYTES_MAX];
	size_t n;

	memset(buffer, 0, sizeof(buffer));
	return (done(s, argv, vs_write(handle_fd(s, argv[1]), buffer,
	    bytes(argc, argv), &n)));
}

int
word_poll(struct shell *s, int argc, char *const *argv)
{
	int error, events = 0, revents = 0, fd = handle_fd(s, argv[1]);
	long long ns;

	if (strchr(argv[2], 'r') != NULL)
		events |= POLLIN;
	if (strchr(argv[2], 'w') != NULL)
		events |= POLLOUT;
	if (argc > 3 && seconds_parse(argv[3], &ns))
		error = vs_poll_wait(fd, events, (int)(ns / 1000000),
		    &revents);
	else
		error = vs_poll(fd, events, &revents);
	if (error == 0)
		word_print(s, "%s%s%s\n", (revents & POLLIN) != 0 ? "r" : "",
		    (revents & POLLOUT) != 0 ? "w" : "",
		    (revents & ~(POLLIN | POLLOUT)) != 0 ? " gone" : "");
	return (done(s, argv, error));
}

/* Changes the MTU alone. */
static int
set_tuninfo(int fd, unsigned long mtu)
{
	struct tuninfo info;
	int error;

	if ((error = vs_ioctl(fd, TUNGIFINFO, &info)) != 0)
		return (error);
	info.mtu = (unsigned short)mtu;
	return (vs_ioctl(fd, TUNSIFINFO, &info));
}

int
word_ioctl(struct shell *s, int argc, char *const *argv)
{
	unsigned long value = 0;
	int error, data;

	if (argc > 3)
		(void)number_parse(argv[3], 0, 0x7fffffff, &value);
	if (request_find(argv[2]) == TUNSIFINFO)
		return (done(s, argv, set_tuninfo(handle_fd(s, argv[1]),
		    value)));
	data = (int)value;
	error = vs_ioctl(handle_fd(s, argv[1]), request_find(argv[2]), &data);
	if (error == 0 && argc == 3)
		word_print(s, "%d\n", data);
	return (done(s, argv, error));
}
