/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel's own threads, see service.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/proc.h>

#include "boot.h"
#include "host.h"
#include "service.h"

/* --- joinable threads ----------------------------------------------------- */

static void
kernel_thread_main(void *arg)
{
	struct kernel_thread *kt = arg;

	curthread = kt->kt_td;
	curthread->td_host = host_self();
	VS_POINT(VS_OP_THREAD_START, curthread);
	kt->kt_fn(kt->kt_arg);
	VS_POINT(VS_OP_THREAD_EXIT, curthread);
	thread_unlink(curthread);
	curthread = NULL;
}

void
kernel_thread_start(struct kernel_thread *kt, void (*fn)(void *), void *arg,
    const char *name)
{
	struct thread *td;

	kt->kt_fn = fn;
	kt->kt_arg = arg;
	td = thread_alloc(name, TDF_KTHREAD);
	thread_link(td, &proc0);
	__atomic_store_n(&kt->kt_td, td, __ATOMIC_RELEASE);
	kt->kt_host = host_thread_start(kernel_thread_main, kt, td->td_name);
}

void
kernel_thread_join(struct kernel_thread *kt)
{
	while (!host_thread_join(kt->kt_host))
		host_park();		/* the run is over: for good */
	thread_free(kt->kt_td);
	kt->kt_td = NULL;
}

/* --- the starter ---------------------------------------------------------- */

static int64_t	starter_run(void *);

static struct service starter = {
	.sv_name = "starter",
	.sv_fn = starter_run,
	.sv_requested = 1		/* it starts itself */
};
static struct starter_call *starter_calls;	/* (a) newest first */

void
starter_call(struct starter_call *call, void (*fn)(void *), void *arg)
{
	struct starter_call *head;

	call->sc_fn = fn;
	call->sc_arg = arg;
	head = __atomic_load_n(&starter_calls, __ATOMIC_RELAXED);
	do {
		call->sc_next = head;
	} while (!__atomic_compare_exchange_n(&starter_calls, &head, call,
	    true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	service_wake(&starter);
}

static int64_t
starter_run(void *arg __unused)
{
	struct starter_call *call, *next, *todo = NULL;

	call = __atomic_exchange_n(&starter_calls, NULL, __ATOMIC_ACQUIRE);
	for (; call != NULL; call = next) {
		next = call->sc_next;
		call->sc_next = todo;
		todo = call;
	}
	/* A call may be gone, or made again, once its function runs. */
	for (call = todo; call != NULL; call = next) {
		next = call->sc_next;
		call->sc_fn(call->sc_arg);
	}
	return (SERVICE_IDLE);
}

struct flush {
	struct host_thread *host;
	int		done;		/* (a) */
};

static void
flush_done(void *arg)
{
	struct flush *flush = arg;
	struct host_thread *host = flush->host;

	__atomic_store_n(&flush->done, 1, __ATOMIC_RELEASE);
	host_unpark(host);
}

void
starter_flush(void)
{
	struct flush flush = { .host = host_self() };
	struct starter_call call;

	starter_call(&call, flush_done, &flush);
	while (__atomic_load_n(&flush.done, __ATOMIC_ACQUIRE) == 0)
		host_park();
}

/* --- services ------------------------------------------------------------- */

void
service_init(struct service *sv, const char *name, service_fn *fn, void *arg)
{
	memset(sv, 0, sizeof(*sv));
	sv->sv_name = name;
	sv->sv_fn = fn;
	sv->sv_arg = arg;
}

/*
 * sv_pending is set before sv_host is looked at, and by the thread the other
 * way round: either it is unparked or it sees that it was woken.
 */
static void
service_main(void *arg)
{
	struct service *sv = arg;
	int64_t deadline = SERVICE_IDLE;

	__atomic_store_n(&sv->sv_host, host_self(), __ATOMIC_SEQ_CST);
	for (;;) {
		if (__atomic_exchange_n(&sv->sv_pending, 0,
		    __ATOMIC_SEQ_CST) != 0 || host_clock() >= deadline)
			deadline = sv->sv_fn(sv->sv_arg);
		else if (__atomic_load_n(&sv->sv_stop, __ATOMIC_ACQUIRE) != 0)
			break;
		else
			(void)host_park_until(deadline);
	}
}

static void
service_start(void *arg)
{
	struct service *sv = arg;

	kernel_thread_start(&sv->sv_thread, service_main, sv, sv->sv_name);
}

void
service_wake(struct service *sv)
{
	struct host_thread *host;

	if (__atomic_exchange_n(&sv->sv_pending, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	host = __atomic_load_n(&sv->sv_host, __ATOMIC_SEQ_CST);
	if (host != NULL)
		host_unpark(host);
	else if (__atomic_exchange_n(&sv->sv_requested, 1,
	    __ATOMIC_ACQ_REL) == 0)
		starter_call(&sv->sv_call, service_start, sv);
}

void
service_stop(struct service *sv)
{
	struct host_thread *host;

	if (__atomic_load_n(&sv->sv_requested, __ATOMIC_ACQUIRE) == 0)
		return;
	if (sv != &starter)
		starter_flush();
	__atomic_store_n(&sv->sv_stop, 1, __ATOMIC_SEQ_CST);
	host = __atomic_load_n(&sv->sv_host, __ATOMIC_SEQ_CST);
	if (host != NULL)
		host_unpark(host);
	kernel_thread_join(&sv->sv_thread);
}

struct thread *
service_thread(const struct service *sv)
{
	return (__atomic_load_n(&sv->sv_thread.kt_td, __ATOMIC_ACQUIRE));
}

/* --- up and down ---------------------------------------------------------- */

static void
starter_startup(void *arg __unused)
{
	service_init(&starter, "starter", starter_run, NULL);
	starter.sv_requested = 1;
	starter.sv_pending = 1;		/* calls may have come in before */
	service_start(&starter);
}
SYSINIT(starter, SI_SUB_INTR, SI_ORDER_FIRST, starter_startup, NULL);

static void
starter_shutdown(void *arg __unused)
{
	service_stop(&starter);
}
SYSUNINIT(starter, SI_SUB_INTR, SI_ORDER_FIRST, starter_shutdown, NULL);
