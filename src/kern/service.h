/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The kernel's own threads: softclock, epoch callbacks, task queues.
 *
 * Three layers: a joinable thread of proc0; the starter, a thread that calls
 * a function for somebody who may not sleep; and the service, a thread that
 * is started when it is first woken and sleeps while it has nothing to do.
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

/* Starts fn(arg) as a thread of proc0; when fn returns the thread ends. */
void	kernel_thread_start(struct kernel_thread *kt, void (*fn)(void *),
	    void *arg, const char *name);
/* Waits for the end. */
void	kernel_thread_join(struct kernel_thread *kt);

/* --- the starter ---------------------------------------------------------- */

/* Belongs to the starter from starter_call() until fn is called. */
struct starter_call {
	struct starter_call *sc_next;
	void		(*sc_fn)(void *);
	void		*sc_arg;
};

/*
 * Has fn(arg) called by the starter soon, in the order of the calls.  Any
 * context, with any lock held; before the starter exists the call waits.
 */
void	starter_call(struct starter_call *call, void (*fn)(void *), void *arg);
/* Waits until what was asked for before has been done.  Sleeps. */
void	starter_flush(void);

/* --- services ------------------------------------------------------------- */

#define	SERVICE_IDLE	INT64_MAX

/*
 * Does what there is to do; returns when, on host_clock(), it wants to be
 * called again though nobody wakes it, or SERVICE_IDLE.
 */
typedef int64_t service_fn(void *arg);

/* Locks: (c) constant, (a) atomic, (s) the starter, then the stopper. */
struct service {
	const char	*sv_name;		/* (c) */
	service_fn	*sv_fn;			/* (c) */
	void		*sv_arg;		/* (c) */
	int		sv_requested;		/* (a) starter_call() made */
	int		sv_pending;		/* (a) woken, not yet run */
	int		sv_stop;		/* (a) */
	struct host_thread *sv_host;		/* (a) to be unparked */
	struct starter_call sv_call;		/* (s) */
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
