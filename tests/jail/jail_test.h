/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Words for tests about jails: calls made as this or that user, what is left
 * of a jail, processes that stay in one until they are told to go.
 */
#ifndef _JAIL_TEST_H_
#define _JAIL_TEST_H_

#include <test.h>

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/jail.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/osd.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>

#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>

#define	CREATE	VS_JAIL_CREATE
#define	UPDATE	VS_JAIL_UPDATE
#define	ATTACH	VS_JAIL_ATTACH

/* FreeBSD as it is, its open defects included. */
static const struct vs_config s15 __attribute__((unused)) = {
	.profile = "S15"
};

/* --- calls ---------------------------------------------------------------- */

/* One jail_set(2) made by a process of its own. */
struct set_call {
	int		in;		/* jail of the caller, 0: none */
	unsigned	uid;
	int		flags;
	const char	*words;
	int		error;		/* out */
	int		jid;		/* out */
	char		errmsg[VS_JAIL_ERRMSGLEN];	/* out */
};

static void __attribute__((unused))
set_call_main(void *arg)
{
	struct set_call *c = arg;

	if (c->in != 0)
		CHECK(vs_jail_attach(c->in) == 0);
	if (c->uid != 0)
		CHECK(vs_setuid(c->uid) == 0);
	c->error = vs_jail_setwords(c->words, c->flags, &c->jid, c->errmsg);
}

/* Returns the jid; fails unless the call answers `error` and `msg`. */
static inline int
set_as(int in, unsigned uid, int flags, const char *words, int error,
    const char *msg)
{
	struct set_call c = {
		.in = in, .uid = uid, .flags = flags, .words = words
	};

	run(set_call_main, &c);
	if (c.error != error || strcmp(c.errmsg, msg) != 0)
		fail_msg("jail_set(%#x, \"%s\"): %d \"%s\", not %d \"%s\"",
		    flags, words, c.error, c.errmsg, error, msg);
	return (c.jid);
}

/* As root of the host. */
static inline void
set_fails(int flags, const char *words, int error, const char *msg)
{
	(void)set_as(0, 0, flags, words, error, msg);
}

static inline int
create(const char *words)
{
	return (set_as(0, 0, CREATE, words, 0, ""));
}

static inline void
update(const char *words)
{
	(void)set_as(0, 0, UPDATE, words, 0, "");
}

static inline void
jail_remove(int jid)
{
	assert_int_equal(vs_jail_remove(jid), 0);
}

/* Words that begin with a jid; valid until the next call. */
static inline const char *
by_jid(int jid, const char *words)
{
	static char text[512];

	snprintf(text, sizeof(text), "jid=%d %s", jid, words);
	return (text);
}

/* A parameter as text, "" if it is not set. */
static inline const char *
param(int jid, const char *name)
{
	static char buf[5000];

	assert_int_equal(vs_jail_param(jid, name, buf, sizeof(buf)), 0);
	return (buf);
}

/* --- what there is -------------------------------------------------------- */

static inline struct vs_jail_info
info(int jid)
{
	struct vs_jail_info i;

	assert_int_equal(vs_jail_inspect(jid, &i), 0);
	return (i);
}

static inline void
assert_jail(int jid, unsigned ref, unsigned uref, enum vs_jail_state state)
{
	struct vs_jail_info i = info(jid);

	if (i.ref != ref || i.uref != uref || i.state != state)
		fail_msg("jail %d is %u/%u in state %d, not %u/%u in %d", jid,
		    i.ref, i.uref, i.state, ref, uref, state);
}

static inline void
assert_gone(int jid)
{
	struct vs_jail_info i;

	assert_int_equal(vs_jail_inspect(jid, &i), ENOENT);
}

/* --- hand-offs between threads -------------------------------------------- */

/* A counter that can be waited for; lives in the kernel that is up. */
struct gate {
	struct mtx	mtx;
	int		count;
};

static inline void
gate_init(struct gate *g)
{
	mtx_init(&g->mtx, "test gate", NULL, MTX_DEF);
	g->count = 0;
}

static inline void
gate_destroy(struct gate *g)
{
	mtx_destroy(&g->mtx);
}

static inline void
gate_post(struct gate *g)
{
	mtx_lock(&g->mtx);
	g->count++;
	wakeup(g);
	mtx_unlock(&g->mtx);
}

/* 0, or EINTR if the process is killed meanwhile. */
static inline int
gate_wait(struct gate *g)
{
	int error = 0;

	mtx_lock(&g->mtx);
	while (g->count == 0 && error == 0)
		error = msleep(g, &g->mtx, PCATCH, "gate", 0);
	if (error == 0)
		g->count--;
	mtx_unlock(&g->mtx);
	return (error);
}

static void __attribute__((unused))
gate_post_main(void *arg)
{
	gate_post(arg);
}

static void __attribute__((unused))
gate_wait_main(void *arg)
{
	CHECK(gate_wait(arg) == 0);
}

/* --- a process in a jail -------------------------------------------------- */

struct inmate {
	int		jid;
	int		pid;
	bool		deaf;		/* killing it does not end its wait */
	void		(*fn)(struct inmate *);	/* last thing it does */
	struct gate	there;
	struct gate	go;
	struct vs_thread *thread;
};

static void __attribute__((unused))
inmate_main(void *arg)
{
	struct inmate *im = arg;

	CHECK(vs_jail_attach(im->jid) == 0);
	im->pid = vs_getpid();
	gate_post(&im->there);
	if (im->deaf) {
		mtx_lock(&im->go.mtx);
		while (im->go.count == 0)
			msleep(&im->go, &im->go.mtx, 0, "deaf", 0);
		im->go.count--;
		mtx_unlock(&im->go.mtx);
	} else
		(void)gate_wait(&im->go);
	if (im->fn != NULL)
		im->fn(im);
}

static void __attribute__((unused))
inmate_init_main(void *arg)
{
	struct inmate *im = arg;

	gate_init(&im->there);
	gate_init(&im->go);
}

static void __attribute__((unused))
inmate_fini_main(void *arg)
{
	struct inmate *im = arg;

	gate_destroy(&im->there);
	gate_destroy(&im->go);
}

/* Puts a process into a jail and waits until it is there. */
static inline void
inmate_start(struct inmate *im, int jid)
{
	im->jid = jid;
	run(inmate_init_main, im);
	im->thread = spawn(inmate_main, im, "inmate");
	run(gate_wait_main, &im->there);
}

static inline void
inmate_go(struct inmate *im)
{
	run(gate_post_main, &im->go);
}

/* Waits for its end, in the meaning of wait(2). */
static inline void
inmate_reap(struct inmate *im)
{
	join(im->thread);
	run(inmate_fini_main, im);
	vs_jail_settle();
}

/* Is it a zombie?  Its end comes soon after what it was told. */
static inline void
inmate_zombie(struct inmate *im)
{
	struct vs_proc_info pi;

	do {
		assert_int_equal(vs_proc_inspect(im->pid, &pi), 0);
	} while (!pi.zombie);
	vs_jail_settle();
}

/* --- a module with jail methods ------------------------------------------- */

#define	CALLS_MAX	64

/* What its methods return, and what they have been called for. */
struct jail_module {
	int		slot;
	int		result[PR_MAXMETHOD];
	int		ncalls;
	struct {
		int	method;
		int	jid;
		enum prison_state state;
		bool	in_thread;	/* in that of `expected_thread` */
	}		calls[CALLS_MAX];
	int		destroyed;	/* destructor calls */
	struct thread	*expected_thread;
	void		(*hook)(struct jail_module *, struct prison *, int);
};

static struct jail_module modules[3] __attribute__((unused));

static int __attribute__((unused))
module_called(struct jail_module *m, int method, void *obj)
{
	struct prison *pr = obj;
	int i = m->ncalls++;

	if (i < CALLS_MAX) {
		m->calls[i].method = method;
		m->calls[i].jid = pr->pr_id;
		m->calls[i].state = pr->pr_state;
		m->calls[i].in_thread = curthread == m->expected_thread;
	}
	if (m->hook != NULL)
		m->hook(m, pr, method);
	return (m->result[method]);
}

#define	MODULE_METHOD(n, method)					\
static int __attribute__((unused))					\
module_##n##_##method(void *obj, void *data)				\
{									\
	return (module_called(&modules[n], PR_METHOD_##method, obj));	\
}
#define	MODULE_METHODS(n)						\
	MODULE_METHOD(n, CREATE) MODULE_METHOD(n, GET)			\
	MODULE_METHOD(n, SET) MODULE_METHOD(n, CHECK)			\
	MODULE_METHOD(n, ATTACH) MODULE_METHOD(n, REMOVE)		\
static void __attribute__((unused))					\
module_##n##_destroy(void *value)					\
{									\
	modules[n].destroyed++;						\
}									\
static void __attribute__((unused))					\
module_##n##_register(void *arg)					\
{									\
	static const osd_method_t methods[PR_MAXMETHOD] = {		\
		module_##n##_CREATE, module_##n##_GET,			\
		module_##n##_SET, module_##n##_CHECK,			\
		module_##n##_ATTACH, module_##n##_REMOVE,		\
	};								\
									\
	modules[n].slot = osd_jail_register(module_##n##_destroy,	\
	    methods);							\
}

MODULE_METHODS(0)
MODULE_METHODS(1)
MODULE_METHODS(2)

static void (* const module_register[])(void *) __attribute__((unused)) = {
	module_0_register, module_1_register, module_2_register
};

static void __attribute__((unused))
module_deregister_main(void *arg)
{
	osd_jail_deregister(*(int *)arg);
}

static inline struct jail_module *
module_load(int n)
{
	memset(&modules[n], 0, sizeof(modules[n]));
	run(module_register[n], NULL);
	return (&modules[n]);
}

static inline void
module_unload(int n)
{
	run(module_deregister_main, &modules[n].slot);
}

/* How often a method was called for a jail; -1: for any. */
static inline int
module_calls(const struct jail_module *m, int method, int jid)
{
	int i, n = 0;

	for (i = 0; i < m->ncalls && i < CALLS_MAX; i++)
		n += m->calls[i].method == method &&
		    (jid == -1 || m->calls[i].jid == jid);
	return (n);
}

#endif /* !_JAIL_TEST_H_ */
