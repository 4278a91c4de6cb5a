/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What the pair (if_epair.c) and its halves (if_epair_if.c) share.
 */
#ifndef _IF_EPAIR_H_
#define _IF_EPAIR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mbuf.h>
#include <sys/mutex.h>
#include <sys/socket.h>
#include <sys/sx.h>
#include <sys/taskqueue.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_media.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/if_var.h>

#include "bugs.h"

/* What a half's task is doing. */
enum epair_state {
	EPAIR_IDLE,			/* not queued */
	EPAIR_WAKING,			/* queued */
	EPAIR_RUNNING			/* feeding packets in */
};

/*
 * A half.
 * Locks: (c) constant, (q) h_mtx.
 */
struct epair_half {
	struct ifnet	*h_ifp;		/* (c) this one */
	struct ifnet	*h_oifp;	/* (c) the other */
	struct ifmedia	h_media;	/* (c) always the same medium */
	struct mtx	h_mtx;		/* "epairq" */
	struct mbufq	h_queue;	/* (q) on their way to h_ifp */
	enum epair_state h_state;	/* (q) */
	struct task	h_task;		/* (c) empties h_queue */
};

extern struct taskqueue *epair_tq;	/* of all halves; made at load */

/*
 * Keeps the halves of a pair from being freed while a request uses them.
 * Order: ifnet_detach_sxlock, then this.
 */
extern struct sx epair_sx;

/* A half without a name and without its other half.  Sleeps. */
struct epair_half	*epair_alloc_half(void);
/* Name and unit, methods, capabilities; everything but the attach. */
void	epair_setup(struct epair_half *h, const char *name, int unit);
/* Frees the packets on the way to a half. */
void	epair_drain(struct epair_half *h);
/* Frees the half and its interface; the task has been drained. */
void	epair_free_half(struct epair_half *h);

#endif /* !_IF_EPAIR_H_ */
