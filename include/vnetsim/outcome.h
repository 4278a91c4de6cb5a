/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Outcomes: what ended a run.
 *
 * A panic is a value.  The first thread that panics, trips an assertion or is
 * found in a deadlock is parked where it stands, every other kernel thread is
 * held at its next scheduling point, and whoever waits in vs_run(),
 * vs_thread_join() or vs_shutdown() is handed the outcome.
 */
#ifndef _VNETSIM_OUTCOME_H_
#define _VNETSIM_OUTCOME_H_

#ifdef __cplusplus
extern "C" {
#endif

enum vs_kind {
	VS_CLEAN,		/* nothing happened */
	VS_PANIC,		/* panic(9) */
	VS_ASSERT,		/* a KASSERT, MPASS or lock assertion */
	VS_WITNESS,		/* a WITNESS report, when those are fatal */
	VS_DEADLOCK,		/* a cycle of lock owners */
	VS_USE_AFTER_FREE,	/* freed memory was used or freed again */
	VS_LEAK,		/* objects left at shutdown */
	VS_LIVELOCK,		/* a thread that never came to rest */
	VS_SIGNAL,		/* the machine stopped the thread: SIGSEGV, ... */
	VS_LOST_WAKEUP,		/* a sleeper that was called before it slept */
	VS_OVERRUN,		/* memory outside of any block was used */
	VS_RACE,		/* two accesses, one a write, and no order */
	VS_EXPECTATION,		/* vs_fail(): a scenario found it otherwise */
};

#define	VS_MESSAGE_MAX	512

/*
 * An outcome.  It belongs to the library and stays valid until the next
 * vs_boot().  `message` is FreeBSD's text where FreeBSD has one; `report` is
 * the whole story: message, thread, stack, locks held by every thread, and
 * what the ledger knows.
 */
struct vs_outcome {
	enum vs_kind	kind;
	char		message[VS_MESSAGE_MAX];
	char		thread[64];
	const char	*report;
};

/* "panic", "assertion", "witness", ...: the word for a kind. */
const char	*vs_kind_name(enum vs_kind kind);

/* The outcome of the current kernel so far, NULL while it is clean. */
const struct vs_outcome	*vs_outcome(void);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_OUTCOME_H_ */
