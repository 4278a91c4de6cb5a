/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel's own threads: softclock, epoch callbacks, task queues.
 *
 * Two layers: a joinable thread of proc0, and the service, a thread that is
 * started when it is first woken and sleeps while it has nothing to do.
 */
#ifndef _SERVICE_H_
#define _SERVICE_H_

#include <sys/types.h>

struct host_thread;
struct thread;

/* --- joinable threads ----------------------------------------------------- */

/* All fields are the creator's, but kt_td can be compared by anybody. */
struct kernel_thread {
	struct thread	*kt_td;
	struct host_thread *kt_host;
	void		(*kt_fn)(void *);
	void		*kt_arg;
};

/*
 * Starts fn(arg) as a thread of proc0; when fn returns the thread ends.  Takes
 * nobody's lock but the host's and does not sleep: any context, with any lock
 * held, once proc0 has a credential (SI_SUB_INTRINSIC).
 */
void	kernel_thread_start(struct kernel_thread *kt, void (*fn)(void *),
	    void *arg, const char *name);
/* Waits for the end. */
void	kernel_thread_join(struct kernel_thread *kt);

/* --- services ------------------------------------------------------------- */

#define	SERVICE_IDLE	INT64_MAX

/*
 * Does what there is to do; returns when, on host_clock(), it wants to be
 * called again though nobody wakes it, or SERVICE_IDLE.
 */
typedef int64_t service_fn(void *arg);

/* Locks: (c) constant, (a) atomic, (s) who set sv_started, then the stopper. */
struct service {
	const char	*sv_name;		/* (c) */
	service_fn	*sv_fn;			/* (c) */
	void		*sv_arg;		/* (c) */
	int		sv_started;		/* (a) there is a thread */
	int		sv_pending;		/* (a) woken, not yet run */
	int		sv_stop;		/* (a) */
	struct host_thread *sv_host;		/* (a) to be unparked */
	struct kernel_thread sv_thread;		/* (s) */
};

void	service_init(struct service *sv, const char *name, service_fn *fn,
	    void *arg);
/* Any context, with any lock held. */
void	service_wake(struct service *sv);
/*
 * Ends the thread, if there is one, and waits for that; the function runs a
 * last time if it was woken.  Nobody may wake the service any more.
 */
void	service_stop(struct service *sv);
/* The thread, NULL as long as there is none. */
struct thread	*service_thread(const struct service *sv);

#endif /* !_SERVICE_H_ */
