/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * EPOCH_TRACE: who is inside which epoch since where.
 *
 * A complaint is printed once for each call stack it comes from.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/epoch.h>
#include <sys/proc.h>

#include "boot.h"
#include "epoch_var.h"
#include "host.h"

#ifdef EPOCH_TRACE

#define	STACKS		256		/* a power of two */
#define	STACK_DEPTH	16

/* Hashes of the stacks that have been reported, 0 where there is none. */
static uint64_t stacks[STACKS];		/* atomic */

/*
 * True the first time this call stack comes by.  A full table forgets.  Our own
 * frames count too: how many there are is up to the compiler's inlining.
 */
static bool
trace_is_new(void)
{
	void *frames[STACK_DEPTH];
	uint64_t hash = 1, *slot;
	int n;

	n = host_backtrace_capture(frames, STACK_DEPTH, 0);
	for (int i = 0; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 0x100000001b3ULL;
	slot = &stacks[(hash >> 32) % STACKS];
	return (__atomic_exchange_n(slot, hash | 1, __ATOMIC_RELAXED) !=
	    (hash | 1));
}

void
_epoch_trace_enter(epoch_t epoch, epoch_tracker_t et, const char *file,
    int line)
{
	struct thread *td = curthread;
	struct epoch_tracker *other;

	SLIST_FOREACH(other, &td->td_epochs, et_tlink)
		if (other->et_epoch == epoch)
			break;
	if (other != NULL && trace_is_new())
		printf("Recursively entering epoch %s at %s:%d, "
		    "previously entered at %s:%d\n", epoch_name(epoch), file,
		    line, other->et_file, other->et_line);
	et->et_epoch = epoch;
	et->et_file = file;
	et->et_line = line;
	et->et_record->er_file = file;
	et->et_record->er_line = line;
	SLIST_INSERT_HEAD(&td->td_epochs, et, et_tlink);
}

void
_epoch_trace_exit(epoch_t epoch, epoch_tracker_t et, const char *file,
    int line)
{
	struct thread *td = curthread;
	struct epoch_tracker *newest = SLIST_FIRST(&td->td_epochs);

	if (newest != et && trace_is_new())
		printf("Exiting epoch %s in a not nested order at %s:%d. "
		    "Most recently entered %s at %s:%d\n", epoch_name(epoch),
		    file, line, epoch_name(newest->et_epoch),
		    newest->et_file, newest->et_line);
	SLIST_REMOVE(&td->td_epochs, et, epoch_tracker, et_tlink);
}

/* By the records: the trackers may be on a stack that has been left. */
void
epoch_trace_userret(struct thread *td)
{
	struct epoch_record *er;

	for (er = td->td_epoch_records; er != NULL; er = er->er_next)
		if (er->er_record.active != 0 && er->er_file != NULL)
			printf("Epoch %s entered at %s:%d\n",
			    epoch_name(er->er_epoch), er->er_file,
			    er->er_line);
}

#else

void
epoch_trace_userret(struct thread *td __unused)
{
}

#endif /* EPOCH_TRACE */
