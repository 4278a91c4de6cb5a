/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the files of epoch(9) share.
 */
#ifndef _EPOCH_VAR_H_
#define _EPOCH_VAR_H_

#include <sys/param.h>
#include <sys/epoch.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/queue.h>
#include <sys/sx.h>

#include "service.h"

/* What epoch_call() makes of an epoch_context. */
struct deferred {
	STAILQ_ENTRY(deferred) d_link;	/* (e) */
	epoch_callback_t *d_callback;	/* (e) */
};
STAILQ_HEAD(deferredq, deferred);

/*
 * In a deferral the link comes first, and both are pointers: it has to fit
 * into the two that the caller provides.
 */
CTASSERT(sizeof(struct deferred) <= sizeof(struct epoch_context));

/*
 * Locks: (c) constant, (e) e_mtx, (k) ck_epoch's own, (q) wait queue of
 * e_drained, (d) e_drain_sx.
 */
struct epoch {
	const char	*e_name;		/* (c) */
	int		e_flags;		/* (c) */
	ck_epoch_t	e_epoch;		/* (k) */
	struct mtx	e_mtx;
	SLIST_HEAD(, epoch_record) e_records;	/* records_mtx */
	struct deferredq e_pending;		/* (e) not yet waited for */
	struct deferredq e_reclaim;		/* (e) the same, only to free */
	struct deferredq e_ready;		/* (e) grace period over */
	bool		e_busy;			/* (e) e_service runs some */
	bool		e_soon;			/* (e) it looks by itself */
	bool		e_lately;		/* (e) some since it looked */
	struct service	e_service;		/* runs them */
	struct sx	e_drain_sx;
	struct epoch_context e_marker;		/* (d) */
	bool		e_drained;		/* (q) */
};

const char	*epoch_name(epoch_t epoch);
/* Waits for a grace period, without the checks of epoch_wait*(). */
void	epoch_grace(epoch_t epoch);

/* --- subr_epoch_call.c ---------------------------------------------------- */

void	epoch_calls_init(epoch_t epoch);
/* Runs what is queued and ends the thread. */
void	epoch_calls_end(epoch_t epoch);

#endif /* !_EPOCH_VAR_H_ */
