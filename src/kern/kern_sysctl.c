/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The sysctl tree.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <sys/ucred.h>
#include <net/vnet.h>

#include <vnetsim/fail.h>
#include <vnetsim/syscalls.h>

#include "boot.h"
#include "fail_var.h"

/* Held for the tree's links only, never while a handler runs. */
static struct sx sysctllock;
SX_SYSINIT(sysctl, &sysctllock, "sysctl lock");

struct sysctl_oid sysctl_ = {
	.oid_kind = CTLTYPE_NODE | CTLFLAG_RW,
	.oid_name = "",
};

SYSCTL_NODE(, 1, kern, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Kernel");
SYSCTL_NODE(_kern, OID_AUTO, features, CTLFLAG_RD | CTLFLAG_MPSAFE, NULL,
    "Features of the kernel");
SYSCTL_NODE(, 2, vm, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Memory");
SYSCTL_NODE(, 4, net, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Network");
SYSCTL_NODE(_net, 2, inet, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "IPv4");
SYSCTL_NODE(_net, 28, inet6, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "IPv6");
SYSCTL_NODE(_net, 18, link, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Links");
SYSCTL_NODE(, 5, debug, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Debugging");
SYSCTL_NODE(, 6, hw, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, "Hardware");
SYSCTL_NODE(, OID_AUTO, security, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Security");

FEATURE(vimage, "VIMAGE kernel virtualization");

/* --- the tree ------------------------------------------------------------- */

static struct sysctl_oid *
oid_child(const struct sysctl_oid *parent, const char *name, size_t len)
{
	struct sysctl_oid *oid;

	SLIST_FOREACH(oid, &parent->oid_children, oid_link)
		if (strlen(oid->oid_name) == len &&
		    strncmp(oid->oid_name, name, len) == 0)
			break;
	return (oid);
}

/* Children are sorted by name. */
static void
oid_insert(struct sysctl_oid *oid)
{
	struct sysctl_oid *prev = NULL, *next;

	SLIST_FOREACH(next, &oid->oid_parent->oid_children, oid_link) {
		if (strcmp(next->oid_name, oid->oid_name) > 0)
			break;
		prev = next;
	}
	if (prev == NULL)
		SLIST_INSERT_HEAD(&oid->oid_parent->oid_children, oid,
		    oid_link);
	else
		SLIST_INSERT_AFTER(prev, oid, oid_link);
}

static void
oid_register(struct sysctl_oid *oid)
{
	struct sysctl_oid *other;

	other = oid_child(oid->oid_parent, oid->oid_name,
	    strlen(oid->oid_name));
	if (other == NULL) {
		oid->oid_refcnt = 1;
		oid_insert(oid);
	} else if ((other->oid_kind & oid->oid_kind & CTLTYPE) ==
	    CTLTYPE_NODE && (other->oid_kind & CTLTYPE) == CTLTYPE_NODE)
		other->oid_refcnt++;
	else
		printf("can't re-use a leaf (%s)!\n", oid->oid_name);
}

/* A variable goes when nobody is in its handler any more. */
static void
oid_unregister(struct sysctl_oid *oid)
{
	struct sysctl_oid *there;

	there = oid_child(oid->oid_parent, oid->oid_name,
	    strlen(oid->oid_name));
	if (there == NULL || (there != oid &&
	    (oid->oid_kind & CTLTYPE) != CTLTYPE_NODE))
		return;
	if (--there->oid_refcnt > 0)
		return;
	SLIST_REMOVE(&there->oid_parent->oid_children, there, sysctl_oid,
	    oid_link);
	there->oid_dying = true;
	while (there->oid_running > 0)
		sx_sleep(&there->oid_running, &sysctllock, 0, "oidrm", 0);
}

/* An earlier kernel may have left its traces in them. */
void
sysctl_clean_set(struct sysctl_oid * const *begin,
    struct sysctl_oid * const *end)
{
	struct sysctl_oid * const *oidp;

	for (oidp = begin; oidp < end; oidp++) {
		SLIST_INIT(&(*oidp)->oid_children);
		(*oidp)->oid_running = 0;
		(*oidp)->oid_dying = false;
	}
}

void
sysctl_register_set(struct sysctl_oid * const *begin,
    struct sysctl_oid * const *end)
{
	struct sysctl_oid * const *oidp;

	sx_xlock(&sysctllock);
	for (oidp = begin; oidp < end; oidp++)
		oid_register(*oidp);
	sx_xunlock(&sysctllock);
}

void
sysctl_unregister_set(struct sysctl_oid * const *begin,
    struct sysctl_oid * const *end)
{
	struct sysctl_oid * const *oidp;

	sx_xlock(&sysctllock);
	for (oidp = begin; oidp < end; oidp++)
		oid_unregister(*oidp);
	sx_xunlock(&sysctllock);
}

/*
 * Finds "net.link.tun" and keeps it from going away.  A node with a handler
 * takes the rest of the name as its business.  ENOENT.
 */
static int
oid_acquire(const char *name, struct sysctl_oid **result, const char **rest)
{
	struct sysctl_oid *oid = &sysctl_;
	size_t len;

	sx_xlock(&sysctllock);
	for (; oid != NULL && *name != '\0'; name += len) {
		if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE &&
		    oid->oid_handler != NULL)
			break;
		len = strcspn(name, ".");
		oid = (oid->oid_kind & CTLTYPE) == CTLTYPE_NODE ?
		    oid_child(oid, name, len) : NULL;
		len += name[len] == '.';
	}
	if (oid != NULL)
		oid->oid_running++;
	sx_xunlock(&sysctllock);
	*result = oid;
	*rest = name;
	return (oid != NULL && oid != &sysctl_ ? 0 : ENOENT);
}

static void
oid_release(struct sysctl_oid *oid)
{

	sx_xlock(&sysctllock);
	if (--oid->oid_running == 0 && oid->oid_dying)
		wakeup(&oid->oid_running);
	sx_xunlock(&sysctllock);
}

/* --- access --------------------------------------------------------------- */

/*
 * Writing wants a privilege: the host's, or that of a jail where the variable
 * says so or is one of a vnet that the jail owns.
 */
static int
sysctl_check_write(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct ucred *cred = req->td->td_ucred;
	int error, priv;

	if ((oid->oid_kind & CTLFLAG_WR) == 0)
		return (EPERM);
	if ((oid->oid_kind & CTLFLAG_SECURE) != 0 &&
	    (error = securelevel_gt(cred, 0)) != 0)
		return (error);
	if ((oid->oid_kind & CTLFLAG_ANYBODY) != 0)
		return (0);
	priv = PRIV_SYSCTL_WRITE;
	if ((oid->oid_kind & CTLFLAG_PRISON) != 0 ||
	    ((oid->oid_kind & CTLFLAG_VNET) != 0 &&
	    prison_owns_vnet(cred->cr_prison)))
		priv = PRIV_SYSCTL_WRITEJAIL;
	return (priv_check(req->td, priv));
}

static int
sysctl_run(struct sysctl_oid *oid, const char *rest, struct sysctl_req *req)
{
	void *arg1 = oid->oid_arg1;
	intmax_t arg2 = oid->oid_arg2;
	int error;

	if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE &&
	    oid->oid_handler == NULL)
		return (EISDIR);
	if (req->newptr != NULL && (error = sysctl_check_write(oid, req)) != 0)
		return (error);
	if (oid->oid_handler == NULL)
		return (EINVAL);
	CURVNET_SET(TD_TO_VNET(req->td));
	if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE) {
		arg1 = __DECONST(char *, rest);
		arg2 = strlen(rest);
	} else if ((oid->oid_kind & CTLFLAG_VNET) != 0 && arg1 != NULL)
		arg1 = vnet_data_instance(curvnet, arg1);
	error = oid->oid_handler(oid, arg1, arg2, req);
	CURVNET_RESTORE();
	return (error);
}

/*
 * What does not fit is cut off and makes the request fail, but its size is
 * counted to the end.
 */
static int
sysctl_old(struct sysctl_req *req, const void *p, size_t len, bool user)
{
	size_t room = 0, n;
	int error = 0;

	if (req->oldptr != NULL) {
		if (req->oldidx < req->oldlen)
			room = req->oldlen - req->oldidx;
		n = ulmin(len, room);
		if (!user)
			memcpy((char *)req->oldptr + req->oldidx, p, n);
		else if (n > 0)
			error = copyout(p, (char *)req->oldptr + req->oldidx,
			    n);
	}
	req->oldidx += len;
	if (error == 0 && req->oldptr != NULL && room < len)
		error = ENOMEM;
	return (error);
}

static int
sysctl_new(struct sysctl_req *req, void *p, size_t len, bool user)
{
	const char *from = (const char *)req->newptr + req->newidx;

	if (req->newptr == NULL)
		return (0);
	if (req->newlen - req->newidx < len)
		return (EINVAL);
	req->newidx += len;
	if (user)
		return (copyin(from, p, len));
	memcpy(p, from, len);
	return (0);
}

static int
sysctl_old_kernel(struct sysctl_req *req, const void *p, size_t len)
{

	return (sysctl_old(req, p, len, false));
}

static int
sysctl_new_kernel(struct sysctl_req *req, void *p, size_t len)
{

	return (sysctl_new(req, p, len, false));
}

static int
sysctl_old_user(struct sysctl_req *req, const void *p, size_t len)
{

	return (sysctl_old(req, p, len, true));
}

static int
sysctl_new_user(struct sysctl_req *req, void *p, size_t len)
{

	return (sysctl_new(req, p, len, true));
}

/* --- handlers ------------------------------------------------------------- */

/*
 * A number of `len` bytes at arg1; without arg1 the constant arg2.  Others
 * may be looking at the same time, as they may in FreeBSD.
 */
#define	SYSCTL_NUMBER(name, type)					\
int									\
sysctl_handle_##name(struct sysctl_oid *oidp __unused, void *arg1,	\
    intmax_t arg2, struct sysctl_req *req)				\
{									\
	type value;							\
	int error;							\
									\
	value = arg1 != NULL ?						\
	    __atomic_load_n((type *)arg1, __ATOMIC_RELAXED) : (type)arg2; \
	error = SYSCTL_OUT(req, &value, sizeof(value));			\
	if (error != 0 || req->newptr == NULL)				\
		return (error);						\
	if (arg1 == NULL)						\
		return (EPERM);						\
	error = SYSCTL_IN(req, &value, sizeof(value));			\
	if (error == 0)							\
		__atomic_store_n((type *)arg1, value, __ATOMIC_RELAXED); \
	return (error);							\
}

SYSCTL_NUMBER(8, uint8_t)
SYSCTL_NUMBER(16, uint16_t)
SYSCTL_NUMBER(32, uint32_t)
SYSCTL_NUMBER(64, uint64_t)
SYSCTL_NUMBER(int, int)
SYSCTL_NUMBER(long, long)

/* A byte outside, true or false inside. */
int
sysctl_handle_bool(struct sysctl_oid *oidp __unused, void *arg1,
    intmax_t arg2, struct sysctl_req *req)
{
	uint8_t value;
	int error;

	value = arg1 != NULL ?
	    __atomic_load_n((uint8_t *)arg1, __ATOMIC_RELAXED) : arg2 != 0;
	error = SYSCTL_OUT(req, &value, sizeof(value));
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (arg1 == NULL)
		return (EPERM);
	error = SYSCTL_IN(req, &value, sizeof(value));
	if (error == 0)
		__atomic_store_n((uint8_t *)arg1, value != 0,
		    __ATOMIC_RELAXED);
	return (error);
}

/* arg2 is the size of the buffer; 0 is a string that cannot be changed. */
int
sysctl_handle_string(struct sysctl_oid *oidp __unused, void *arg1,
    intmax_t arg2, struct sysctl_req *req)
{
	char *string = arg1;
	size_t len;
	int error;

	error = SYSCTL_OUT_STR(req, string);
	if (error != 0 || req->newptr == NULL)
		return (error);
	len = req->newlen - req->newidx;
	if (arg2 == 0)
		return (EPERM);
	if (len >= (size_t)arg2)
		return (EINVAL);
	error = SYSCTL_IN(req, string, len);
	if (error == 0)
		string[len] = '\0';
	return (error);
}

int
sysctl_handle_opaque(struct sysctl_oid *oidp __unused, void *arg1,
    intmax_t arg2, struct sysctl_req *req)
{
	int error;

	error = SYSCTL_OUT(req, arg1, arg2);
	if (error == 0 && req->newptr != NULL)
		error = SYSCTL_IN(req, arg1, arg2);
	return (error);
}

/* debug.fail_point.<name>: the setting of a fail point, fail(9). */
static int
sysctl_fail_point(struct sysctl_oid *oidp __unused, void *arg1,
    intmax_t arg2, struct sysctl_req *req)
{
	char text[FAIL_TEXT + 1];
	int error;

	if (arg2 == 0)
		return (EISDIR);
	if ((error = fail_point_text(arg1, text, sizeof(text))) != 0 ||
	    (error = SYSCTL_OUT_STR(req, text)) != 0 || req->newptr == NULL)
		return (error);
	if (req->newlen >= sizeof(text))
		return (EINVAL);
	memset(text, 0, sizeof(text));
	if ((error = SYSCTL_IN(req, text, req->newlen)) != 0)
		return (error);
	return (vs_fail_point(arg1, text));
}
static SYSCTL_NODE(_debug, OID_AUTO, fail_point, CTLFLAG_RW | CTLFLAG_MPSAFE,
    sysctl_fail_point, "Fail points");

/* --- by name -------------------------------------------------------------- */

static int
sysctl_byname(const char *name, struct sysctl_req *req)
{
	struct sysctl_oid *oid;
	const char *rest;
	int error;

	if ((error = oid_acquire(name, &oid, &rest)) == 0)
		error = sysctl_run(oid, rest, req);
	if (oid != NULL)
		oid_release(oid);
	return (error);
}

int
kernel_sysctlbyname(struct thread *td, const char *name, void *old,
    size_t *oldlen, const void *new, size_t newlen, size_t *retval,
    int flags __unused)
{
	struct sysctl_req req = {
		.td = td,
		.oldptr = old,
		.oldlen = oldlen != NULL ? *oldlen : 0,
		.oldfunc = sysctl_old_kernel,
		.newptr = new,
		.newlen = newlen,
		.newfunc = sysctl_new_kernel,
	};
	int error;

	error = sysctl_byname(name, &req);
	if (retval != NULL)
		*retval = ulmin(req.oldidx, req.oldptr != NULL ? req.oldlen :
		    req.oldidx);
	return (error);
}

struct sysctl_args {
	const char	*name;
	void		*old;
	size_t		*oldlen;
	const void	*new;
	size_t		newlen;
	char		*format;
	unsigned	kind;
};

/* ENOMEM tells how much did fit; it is an error all the same. */
static int
sys_sysctlbyname(struct thread *td, void *v)
{
	struct sysctl_args *args = v;
	struct sysctl_req req = {
		.td = td,
		.oldptr = args->old,
		.oldfunc = sysctl_old_user,
		.newptr = args->new,
		.newlen = args->newlen,
		.newfunc = sysctl_new_user,
	};
	char name[MAXPATHLEN];
	int error, error2 = 0;

	if ((error = copyinstr(args->name, name, sizeof(name), NULL)) != 0 ||
	    (args->oldlen != NULL && (error = copyin(args->oldlen,
	    &req.oldlen, sizeof(req.oldlen))) != 0))
		return (error);
	error = sysctl_byname(name, &req);
	if (error != 0 && error != ENOMEM)
		return (error);
	if (req.oldptr != NULL && req.oldidx > req.oldlen)
		req.oldidx = req.oldlen;
	if (args->oldlen != NULL)
		error2 = copyout(&req.oldidx, args->oldlen,
		    sizeof(req.oldidx));
	return (error2 != 0 ? error2 : error);
}

int
vs_sysctl(const char *name, void *old, size_t *oldlen, const void *new,
    size_t newlen)
{
	struct sysctl_args args = {
		.name = name,
		.old = old,
		.oldlen = oldlen,
		.new = new,
		.newlen = newlen,
	};

	return (syscall_run("__sysctl", sys_sysctlbyname, &args));
}

static int
sys_sysctlformat(struct thread *td __unused, void *v)
{
	struct sysctl_args *args = v;
	struct sysctl_oid *oid;
	const char *rest;
	int error;

	if ((error = oid_acquire(args->name, &oid, &rest)) == 0) {
		args->kind = oid->oid_kind;
		strlcpy(args->format, *rest != '\0' ? "A" : oid->oid_fmt,
		    VS_SYSCTL_FORMATLEN);
	}
	if (oid != NULL)
		oid_release(oid);
	return (error);
}

int
vs_sysctl_format(const char *name, char *format, unsigned *kind)
{
	struct sysctl_args args = { .name = name, .format = format };
	int error;

	error = syscall_run("__sysctl", sys_sysctlformat, &args);
	if (error == 0 && kind != NULL)
		*kind = args.kind;
	return (error);
}
