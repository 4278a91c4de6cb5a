/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Kernel events, kqueue(9): notes that hang on what they watch.
 *
 * A note is made by whoever listens (vs_knote_open()), given to the file's
 * kqfilter method, and put on a list there.  The list's lock is its owner's;
 * every f_event is called with it.
 */
#ifndef _KPI_SYS_EVENT_H_
#define _KPI_SYS_EVENT_H_

#include <sys/types.h>
#include <sys/queue.h>

struct knote;
struct mtx;
struct proc;

/* Filters. */
#define	EVFILT_READ	(-1)
#define	EVFILT_WRITE	(-2)
#define	EVFILT_EMPTY	(-13)

/* Flags of an event. */
#define	EV_ADD		0x0001
#define	EV_DELETE	0x0002
#define	EV_ONESHOT	0x0010
#define	EV_CLEAR	0x0020
#define	EV_EOF		0x8000
#define	EV_ERROR	0x4000

struct kevent {
	uintptr_t	ident;		/* descriptor */
	short		filter;		/* EVFILT_* */
	unsigned short	flags;		/* EV_* */
	unsigned int	fflags;
	int64_t		data;		/* what there is of it */
	void		*udata;
	uint64_t	ext[4];
};

/*
 * What a kind of note can do.  f_event tells whether the event is there, with
 * the list's lock; f_detach takes the note off its list, without.
 */
struct filterops {
	int	f_isfd;			/* ident is a descriptor */
	int	(*f_attach)(struct knote *kn);
	void	(*f_detach)(struct knote *kn);
	int	(*f_event)(struct knote *kn, long hint);
	int	(*f_copy)(struct knote *kn, struct proc *p1);
};

/*
 * Locks: (l) the lock of the list, (q) the kqueue lock, (c) constant once
 * attached.
 */
struct knote {
	SLIST_ENTRY(knote) kn_selnext;		/* (l) */
	struct knlist	*kn_knlist;		/* (l)(q) NULL: on none */
	struct kevent	kn_kevent;		/* (l) */
	const struct filterops *kn_fop;		/* (c) set by kqfilter */
	void		*kn_hook;		/* (c) set by kqfilter */
	int		kn_hookid;		/* (c) set by kqfilter */
	int		kn_status;		/* (q) KN_* */
};
#define	kn_filter	kn_kevent.filter
#define	kn_flags	kn_kevent.flags
#define	kn_fflags	kn_kevent.fflags
#define	kn_data		kn_kevent.data

#define	KN_ACTIVE	0x01	/* the event has happened */
#define	KN_DETACHED	0x08	/* on no list any more */
#define	KN_INFLUX	0x10	/* its listener uses the list */

/*
 * Locks: (c) constant, (l) kl_lockarg.
 */
struct knlist {
	SLIST_HEAD(, knote) kl_list;		/* (l) */
	struct mtx	*kl_lockarg;		/* (c) */
};

/* The lock of the list is `lock`, which must not be NULL.  Zeroed before. */
void	knlist_init_mtx(struct knlist *knl, struct mtx *lock);
/* The list must be empty. */
void	knlist_destroy(struct knlist *knl);
/* `islocked`: with the lock of the list held. */
void	knlist_add(struct knlist *knl, struct knote *kn, int islocked);
void	knlist_remove(struct knlist *knl, struct knote *kn, int islocked);
int	knlist_empty(struct knlist *knl);
/*
 * Takes every note off; each then reports EV_EOF.  May sleep, with the lock of
 * the list dropped meanwhile, for a listener that is using it.
 */
void	knlist_clear(struct knlist *knl, int islocked);

#define	KNF_LISTLOCKED	0x0001
/* Asks every note on the list whether its event is there. */
void	knote(struct knlist *knl, long hint, int lockflags);
#define	KNOTE(list, hint, flags)	knote((list), (hint), (flags))
#define	KNOTE_LOCKED(list, hint)					\
	knote((list), (hint), KNF_LISTLOCKED)
#define	KNOTE_UNLOCKED(list, hint)	knote((list), (hint), 0)

/* f_copy for notes without anything of their own: 0. */
int	knote_triv_copy(struct knote *kn, struct proc *p1);

#endif /* !_KPI_SYS_EVENT_H_ */
