/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The user's side of jail(2): the calls, and what libjail and jail(8) make of
 * words.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/uio.h>

#include <vnetsim/syscalls.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "boot.h"
#include "host.h"
#include "jail_private.h"

CTASSERT(VS_JAIL_CREATE == JAIL_CREATE && VS_JAIL_UPDATE == JAIL_UPDATE &&
    VS_JAIL_ATTACH == JAIL_ATTACH && VS_JAIL_DYING == JAIL_DYING &&
    VS_JAIL_GET_DESC == JAIL_GET_DESC && VS_JAIL_OWN_DESC == JAIL_OWN_DESC);

/* What inet_pton(3) goes by; AF_INET6 is FreeBSD's here. */
#define	HOST_AF_INET	2
#define	HOST_AF_INET6	10

#define	IOV_MAX_	1024		/* FreeBSD's UIO_MAXIOV */

/* --- the calls ------------------------------------------------------------ */

struct jail_args {
	struct iovec	*iov;
	unsigned	iovcnt;
	int		flags;
	int		jid;		/* out: td_retval[0] */
};

/* The array itself is user memory too, beside what it points to. */
static int
jail_iov_copyin(const struct jail_args *args, struct iovec **iovp)
{
	int error;

	*iovp = NULL;
	if (args->iovcnt > IOV_MAX_)
		return (EINVAL);
	*iovp = malloc(args->iovcnt * sizeof(**iovp), M_TEMP, M_WAITOK);
	error = copyin(args->iov, *iovp, args->iovcnt * sizeof(**iovp));
	if (error != 0)
		free(*iovp, M_TEMP);
	return (error);
}

/* An odd count is an error before anything is looked at. */
static int
sys_jail_set(struct thread *td, void *arg)
{
	struct jail_args *args = arg;
	struct iovec *iov;
	int error;

	if (args->iovcnt & 1)
		return (EINVAL);
	if ((error = jail_iov_copyin(args, &iov)) != 0)
		return (error);
	error = kern_jail_set(td, iov, args->iovcnt, args->flags);
	args->jid = td->td_retval[0];
	free(iov, M_TEMP);
	return (error);
}

/* The array goes back with the sizes of the values in it. */
static int
sys_jail_get(struct thread *td, void *arg)
{
	struct jail_args *args = arg;
	struct iovec *iov;
	int error;

	if (args->iovcnt & 1)
		return (EINVAL);
	if ((error = jail_iov_copyin(args, &iov)) != 0)
		return (error);
	error = kern_jail_get(td, iov, args->iovcnt, args->flags);
	args->jid = td->td_retval[0];
	if (error == 0)
		error = copyout(iov, args->iov, args->iovcnt * sizeof(*iov));
	free(iov, M_TEMP);
	return (error);
}

static int
sys_jail_attach(struct thread *td, void *arg)
{
	return (kern_jail_attach(td, *(int *)arg));
}

static int
sys_jail_remove(struct thread *td, void *arg)
{
	return (kern_jail_remove(td, *(int *)arg));
}

static int
sys_jail_attach_jd(struct thread *td, void *arg)
{
	return (kern_jail_attach_jd(td, *(int *)arg));
}

static int
sys_jail_remove_jd(struct thread *td, void *arg)
{
	return (kern_jail_remove_jd(td, *(int *)arg));
}

int
vs_jail_set(struct iovec *iov, unsigned iovcnt, int flags, int *jidp)
{
	struct jail_args args = { iov, iovcnt, flags, 0 };
	int error;

	error = syscall_run("jail_set", sys_jail_set, &args);
	if (error == 0 && jidp != NULL)
		*jidp = args.jid;
	return (error);
}

int
vs_jail_get(struct iovec *iov, unsigned iovcnt, int flags, int *jidp)
{
	struct jail_args args = { iov, iovcnt, flags, 0 };
	int error;

	error = syscall_run("jail_get", sys_jail_get, &args);
	if (error == 0 && jidp != NULL)
		*jidp = args.jid;
	return (error);
}

int
vs_jail_attach_jd(int fd)
{
	return (syscall_run("jail_attach_jd", sys_jail_attach_jd, &fd));
}

int
vs_jail_remove_jd(int fd)
{
	return (syscall_run("jail_remove_jd", sys_jail_remove_jd, &fd));
}

int
vs_jail_attach(int jid)
{
	return (syscall_run("jail_attach", sys_jail_attach, &jid));
}

int
vs_jail_remove(int jid)
{
	return (syscall_run("jail_remove", sys_jail_remove, &jid));
}

/* --- words ---------------------------------------------------------------- */

enum word_type { WORD_STRING, WORD_INT, WORD_ULONG, WORD_SYS, WORD_IP4,
	WORD_IP6 };

/* Parameters whose value is not text; FreeBSD asks security.jail.param. */
static const struct {
	const char	*name;
	enum word_type	type;
} word_types[] = {
	{ "jid", WORD_INT },
	{ "securelevel", WORD_INT },
	{ "children.max", WORD_INT },
	{ "children.cur", WORD_INT },
	{ "enforce_statfs", WORD_INT },
	{ "devfs_ruleset", WORD_INT },
	{ "osreldate", WORD_INT },
	{ "parent", WORD_INT },
	{ "cpuset.id", WORD_INT },
	{ "dying", WORD_INT },
	{ "persist", WORD_INT },
	{ "ip4.saddrsel", WORD_INT },
	{ "ip6.saddrsel", WORD_INT },
	{ "host.hostid", WORD_ULONG },
	{ "host", WORD_SYS },
	{ "vnet", WORD_SYS },
	{ "ip4", WORD_SYS },
	{ "ip6", WORD_SYS },
	{ "ip4.addr", WORD_IP4 },
	{ "ip6.addr", WORD_IP6 },
};

static enum word_type
word_type(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(word_types); i++)
		if (strcmp(word_types[i].name, name) == 0)
			return (word_types[i].type);
	return (strncmp(name, "allow.", 6) == 0 ? WORD_INT : WORD_STRING);
}

#define	WORDS_MAX	128
#define	WORDS_VALUES	16384

/* A call being put together: options, and room for what they point to. */
struct words {
	struct iovec	iov[2 * WORDS_MAX];
	unsigned	n;
	char		values[WORDS_VALUES] __aligned(8);
	size_t		used;
};

/* Values must stay where they are, so the room does not grow. */
static void *
words_room(struct words *w, size_t len)
{
	void *p;

	w->used = roundup2(w->used, 8);
	if (len > sizeof(w->values) - w->used)
		return (NULL);
	p = w->values + w->used;
	w->used += len;
	return (p);
}

/* The name is NUL-terminated and its size counts the NUL. */
static int
words_add(struct words *w, const char *name, void *value, size_t len)
{
	struct iovec *iov;

	if (w->n + 2 > nitems(w->iov))
		return (E2BIG);
	iov = &w->iov[w->n];
	w->n += 2;
	iov[0].iov_base = __DECONST(char *, name);
	iov[0].iov_len = strlen(name) + 1;
	iov[1].iov_base = value;
	iov[1].iov_len = len;
	return (0);
}

/*
 * jail(8) sends the type that the kernel has told it; a long is one of its
 * own, everything else an int.
 */
static int
words_number(struct words *w, const char *name, const char *text, bool wide)
{
	unsigned long *number;
	char *end;
	int value;

	if ((number = words_room(w, sizeof(*number))) == NULL)
		return (E2BIG);
	*number = strtoul(text, &end, 0);
	if (*text == '\0' || *end != '\0')
		return (EINVAL);
	if (wide)
		return (words_add(w, name, number, sizeof(*number)));
	value = *number;
	memcpy(number, &value, sizeof(value));
	return (words_add(w, name, number, sizeof(value)));
}

/* Without a value the parameter means "new", as in jail(8). */
static int
words_sys(struct words *w, const char *name, const char *text)
{
	static const char *values[] = { "disable", "new", "inherit" };
	int i;

	if (text == NULL)
		return (words_number(w, name, "1", false));
	for (i = 0; i < (int)nitems(values); i++)
		if (strcmp(text, values[i]) == 0)
			break;
	if (i == nitems(values))
		return (words_number(w, name, text, false));
	return (words_number(w, name, i == 0 ? "0" : i == 1 ? "1" : "2",
	    false));
}

/* A list of addresses becomes an array without gaps. */
static int
words_addresses(struct words *w, const char *name, char *text, int af,
    size_t size)
{
	char *first, *p, *next;
	size_t n = 0;

	first = words_room(w, 0);
	for (p = text; p != NULL && *p != '\0'; p = next) {
		if ((next = strchr(p, ',')) != NULL)
			*next++ = '\0';
		if (w->used + size > sizeof(w->values))
			return (E2BIG);
		if (inet_pton(af, p, w->values + w->used) != 1)
			return (EINVAL);
		w->used += size;
		n++;
	}
	return (words_add(w, name, first, n * size));
}

/* One word, which is cut in two at its '='. */
static int
words_parse(struct words *w, char *word)
{
	char *value, *eq;

	eq = value = strchr(word, '=');
	if (eq != NULL) {
		*eq = '\0';
		value = eq + 1;
	}
	switch (word_type(word)) {
	case WORD_SYS:
		return (words_sys(w, word, value));
	case WORD_IP4:
		return (words_addresses(w, word, value, HOST_AF_INET, 4));
	case WORD_IP6:
		return (words_addresses(w, word, value, HOST_AF_INET6,
		    16));
	case WORD_INT:
		if (value != NULL)
			return (words_number(w, word, value, false));
		break;
	case WORD_ULONG:
		if (value != NULL)
			return (words_number(w, word, value, true));
		break;
	case WORD_STRING:
		if (value != NULL)
			return (words_add(w, word, value, strlen(value) + 1));
		break;
	}
	return (words_add(w, word, NULL, 0));
}

/* Blanks separate words; there is no quoting. */
static int
words_split(struct words *w, const char *text, int *flags)
{
	char *copy, *word, *last;
	int error = 0;

	if ((copy = words_room(w, strlen(text) + 1)) == NULL)
		return (E2BIG);
	strcpy(copy, text);
	for (word = strtok_r(copy, " \t\n", &last); word != NULL && error == 0;
	    word = strtok_r(NULL, " \t\n", &last)) {
		/* A flag of the call, by jail(8)'s name for it. */
		if (strcmp(word, "allow.dying") == 0)
			*flags |= VS_JAIL_DYING;
		else
			error = words_parse(w, word);
	}
	return (error);
}

/* Too large for the stack of a kernel thread. */
static struct words *
words_alloc(void)
{
	struct words *w;

	w = host_alloc(sizeof(*w));
	w->n = 0;
	w->used = 0;
	return (w);
}

int
vs_jail_setwords(const char *text, int flags, int *jidp, char *errmsg)
{
	struct words *w;
	int error;

	if (errmsg != NULL)
		errmsg[0] = '\0';
	w = words_alloc();
	error = words_split(w, text, &flags);
	if (error == 0 && errmsg != NULL)
		error = words_add(w, "errmsg", errmsg, VS_JAIL_ERRMSGLEN);
	if (error == 0)
		error = vs_jail_set(w->iov, w->n, flags, jidp);
	host_free(w);
	return (error);
}

int
vs_jail_create(const char *text, int *jidp)
{
	return (vs_jail_setwords(text, VS_JAIL_CREATE, jidp, NULL));
}

int
vs_jail_update(const char *text)
{
	return (vs_jail_setwords(text, VS_JAIL_UPDATE, NULL, NULL));
}

/* Digits are a jid, as everywhere in jail(8). */
int
vs_jail_find(const char *name, bool dying, int *jidp)
{
	struct iovec iov[2];
	char copy[MAXHOSTNAMELEN], *end;
	int error, jid;

	jid = strtoul(name, &end, 10);
	if (*end == '\0') {
		iov[0] = (struct iovec){ __DECONST(char *, "jid"), 4 };
		iov[1] = (struct iovec){ &jid, sizeof(jid) };
	} else {
		iov[0] = (struct iovec){ __DECONST(char *, "name"), 5 };
		/* The kernel writes the name back. */
		if (strlcpy(copy, name, sizeof(copy)) >= sizeof(copy))
			return (ENAMETOOLONG);
		iov[1] = (struct iovec){ copy, strlen(copy) + 1 };
	}
	error = vs_jail_get(iov, 2, dying ? VS_JAIL_DYING : 0, &jid);
	if (error == 0 && jidp != NULL)
		*jidp = jid;
	return (error);
}

/* Prints what came back for a parameter. */
static int
param_print(const char *param, const void *value, size_t len, char *buf,
    size_t size)
{
	char address[INET6_ADDRSTRLEN];
	size_t i, step, used = 0;
	int af;

	if (size != 0)
		buf[0] = '\0';
	switch (word_type(param)) {
	case WORD_STRING:
		return (strlcpy(buf, len != 0 ? value : "", size) < size ? 0 :
		    ENOSPC);
	case WORD_INT:
	case WORD_SYS:
		snprintf(buf, size, "%d", *(const int *)value);
		return (0);
	case WORD_ULONG:
		snprintf(buf, size, "%lu", *(const unsigned long *)value);
		return (0);
	case WORD_IP4:
	case WORD_IP6:
		af = word_type(param) == WORD_IP4 ? HOST_AF_INET :
		    HOST_AF_INET6;
		step = af == HOST_AF_INET ? 4 : 16;
		for (i = 0; i < len && used < size; i += step) {
			inet_ntop(af, (const char *)value + i, address,
			    sizeof(address));
			used += snprintf(buf + used, size - used, "%s%s",
			    i != 0 ? "," : "", address);
		}
		return (used < size ? 0 : ENOSPC);
	}
	return (EINVAL);
}

/* Asked twice: first for the size, then for the value. */
int
vs_jail_param(int jid, const char *param, char *buf, size_t size)
{
	struct iovec iov[4];
	void *value;
	int error;

	iov[0] = (struct iovec){ __DECONST(char *, "jid"), 4 };
	iov[1] = (struct iovec){ &jid, sizeof(jid) };
	iov[2] = (struct iovec){ __DECONST(char *, param), strlen(param) + 1 };
	iov[3] = (struct iovec){ NULL, 0 };
	if ((error = vs_jail_get(iov, 4, VS_JAIL_DYING, NULL)) != 0)
		return (error);
	value = host_alloc(iov[3].iov_len + 1);
	iov[1] = (struct iovec){ &jid, sizeof(jid) };
	iov[3].iov_base = value;
	if (iov[3].iov_len != 0)
		error = vs_jail_get(iov, 4, VS_JAIL_DYING, NULL);
	if (error == 0)
		error = param_print(param, value, iov[3].iov_len, buf, size);
	host_free(value);
	return (error);
}
