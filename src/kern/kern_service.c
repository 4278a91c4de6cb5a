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
	/* Once it runs, kt may be joined and gone before we are back. */
	host_thread_launch(&kt->kt_host, kernel_thread_main, kt, td->td_name);
}

void
kernel_thread_join(struct kernel_thread *kt)
{
	while (!host_thread_join(kt->kt_host))
		host_park();		/* the run is over: for good */
	thread_free(kt->kt_td);
	kt->kt_td = NULL;
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

void
service_wake(struct service *sv)
{
	struct host_thread *host;

	if (__atomic_exchange_n(&sv->sv_pending, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	host = __atomic_load_n(&sv->sv_host, __ATOMIC_SEQ_CST);
	if (host != NULL)
		host_unpark(host);
	else if (__atomic_exchange_n(&sv->sv_started, 1,
	    __ATOMIC_ACQ_REL) == 0)
		kernel_thread_start(&sv->sv_thread, service_main, sv,
		    sv->sv_name);
}

void
service_stop(struct service *sv)
{
	struct host_thread *host;

	if (__atomic_load_n(&sv->sv_started, __ATOMIC_ACQUIRE) == 0)
		return;
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
