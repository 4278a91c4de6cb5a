/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel threads: kthread(9) and kproc(9), all of them threads of proc0.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/kthread.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "boot.h"
#include "host.h"

static struct mtx kthread_mtx;		/* td_flags' TDF_KTH_* */
MTX_SYSINIT(kthread, &kthread_mtx, "kthread suspend", MTX_DEF);

static void
kthread_main(void *arg)
{
	struct thread *td = arg;
	sigjmp_buf end;

	curthread = td;
	td->td_host = host_self();
	td->td_end = &end;
	VS_POINT(VS_OP_THREAD_START, td);
	if (sigsetjmp(end, 0) == 0) {
		td->td_func(td->td_arg);
		panic("kthread %s returned without kthread_exit()",
		    td->td_name);
	}
	thread_unlink(td);
	curthread = NULL;
	thread_free(td);
}

static struct thread *
kthread_vadd(void (*func)(void *), void *arg, struct proc *p, const char *fmt,
    va_list ap)
{
	struct thread *td;
	char name[MAXCOMLEN + 1];

	vsnprintf(name, sizeof(name), fmt, ap);
	td = thread_alloc(name, TDF_KTHREAD);
	td->td_func = func;
	td->td_arg = arg;
	thread_link(td, p != NULL ? p : &proc0);
	return (td);
}

int
kthread_add(void (*func)(void *), void *arg, struct proc *p,
    struct thread **newtdp, int flags, int pages __unused, const char *fmt,
    ...)
{
	struct thread *td;
	va_list ap;

	if (proc0.p_ucred == NULL)
		panic("kthread_add called too soon");
	if ((flags & RFSTOPPED) != 0)
		panic("kthread_add: RFSTOPPED is not modelled");
	va_start(ap, fmt);
	td = kthread_vadd(func, arg, p, fmt, ap);
	va_end(ap);
	if (newtdp != NULL)
		*newtdp = td;
	host_thread_detach(host_thread_start(kthread_main, td, td->td_name));
	return (0);
}

void
kthread_start(const void *udata)
{
	const struct kthread_desc *kd = udata;
	struct thread *td;
	int error;

	error = kthread_add((void (*)(void *))(void (*)(void))kd->func, NULL,
	    NULL, &td, 0, 0, "%s", kd->arg0);
	if (error != 0)
		panic("kthread_start: %s: error %d", kd->arg0, error);
	if (kd->global_threadpp != NULL)
		*kd->global_threadpp = td;
}

void
kthread_exit(void)
{
	VS_POINT(VS_OP_THREAD_EXIT, curthread);
	if (curthread->td_end == NULL)
		panic("kthread_exit: %s is not a kernel thread",
		    curthread->td_name);
	wakeup(curthread);
	/*
	 * Back to the thread's first function.  Not by _longjmp(), which
	 * ThreadSanitizer does not see: it would count the frames for ever.
	 */
	siglongjmp(*(sigjmp_buf *)curthread->td_end, 1);
}

int
kthread_suspend(struct thread *td, int timo)
{
	int error;

	if ((td->td_flags & TDF_KTHREAD) == 0)
		return (EINVAL);
	mtx_lock(&kthread_mtx);
	td->td_flags |= TDF_KTH_SUSP;
	wakeup(&td->td_flags);
	error = msleep(&td->td_flags, &kthread_mtx, PPAUSE | PDROP, "suspkt",
	    timo);
	return (error);
}

int
kthread_resume(struct thread *td)
{
	if ((td->td_flags & TDF_KTHREAD) == 0)
		return (EINVAL);
	mtx_lock(&kthread_mtx);
	td->td_flags &= ~TDF_KTH_SUSP;
	wakeup(&td->td_flags);
	mtx_unlock(&kthread_mtx);
	return (0);
}

void
kthread_suspend_check(void)
{
	struct thread *td = curthread;

	if ((td->td_flags & TDF_KTHREAD) == 0)
		panic("%s: curthread is not a valid kthread", __func__);
	mtx_lock(&kthread_mtx);
	while ((td->td_flags & TDF_KTH_SUSP) != 0) {
		wakeup(&td->td_flags);
		msleep(&td->td_flags, &kthread_mtx, PPAUSE, "ktsusp", 0);
	}
	mtx_unlock(&kthread_mtx);
}

int
kproc_create(void (*func)(void *), void *arg, struct proc **newpp, int flags,
    int pages __unused, const char *fmt, ...)
{
	struct thread *td;
	va_list ap;

	if ((flags & RFSTOPPED) != 0)
		panic("kproc_create: RFSTOPPED is not modelled");
	va_start(ap, fmt);
	td = kthread_vadd(func, arg, NULL, fmt, ap);
	va_end(ap);
	if (newpp != NULL)
		*newpp = &proc0;
	host_thread_detach(host_thread_start(kthread_main, td, td->td_name));
	return (0);
}

void
kproc_exit(int ecode __unused)
{
	wakeup(curproc);
	kthread_exit();
}
