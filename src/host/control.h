/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Who decides who runs.
 *
 * In a parallel run it is the machine's scheduler, and host_control is NULL.
 * In a controlled run it is whoever has filled this table: every thread is a
 * fiber, time is what the scheduler says, and memory comes from an arena that
 * can be put back.  The functions of host.h ask here first.
 */
#ifndef _CONTROL_H_
#define _CONTROL_H_

#include "impl.h"

/* Each as the function of host.h of that name. */
struct host_control {
	void	(*launch)(struct host_thread **handle, void (*fn)(void *),
		    void *arg, const char *name);
	bool	(*join)(struct host_thread *thread);
	bool	(*park)(int64_t deadline);	/* HOST_NEVER: no deadline */
	void	(*unpark)(struct host_thread *thread);
	void	(*yield)(void);
	bool	(*quiet)(bool quiet);
	unsigned (*choose)(enum host_choice what, unsigned n);
	int64_t	(*clock)(void);
	void	*(*alloc)(size_t size);
	void	(*free)(void *p);
	void	(*usable)(const void *block, const void *p, size_t size);
	/* The calling fiber's run is over. */
	void	(*hold)(void);		/* does not return */
	void	(*begin)(void);		/* vs_scenario_begin() */
};

#pragma GCC visibility push(hidden)

/* Changes only while no kernel thread is about. */
extern const struct host_control *host_control;

static inline bool
host_controlled(void)
{
	return (__builtin_expect(host_control != NULL, 0));
}

/* What host_self() answers from now on (thread.c). */
void	host_thread_become(struct host_thread *self);
/*
 * Takes the kernel `generation` up again after a restored snapshot: it lives,
 * and has no outcome (halt.c).
 */
void	host_resume(unsigned long generation);
/*
 * Drops the living kernel, without running it down, after a controlled run:
 * its threads and its memory were the scheduler's (halt.c).
 */
void	host_abandon(void);
/* Where the sequence of host_random() stands, for host_random_seed(). */
uint64_t	host_random_state(void);

#pragma GCC visibility pop

#endif /* !_CONTROL_H_ */
