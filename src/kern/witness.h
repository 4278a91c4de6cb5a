/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Inside WITNESS: what its files share, and what reports and commands may ask
 * it.
 *
 *	subr_witness.c		locks wanted, taken and given up
 *	witness_held.c		the locks that each thread holds
 *	witness_graph.c		lock types and the order between them
 *	witness_report.c	what is printed
 *	witness_sysctl.c	debug.witness
 */
#ifndef _WITNESS_H_
#define _WITNESS_H_

#include <sys/param.h>
#include <sys/kassert.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>

struct host_text;

/* --- the order graph, for whoever draws it -------------------------------- */

/*
 * One edge: `from` was held when `to` was taken.  The strings live until
 * shutdown.
 */
struct witness_edge_info {
	const char	*from, *from_class;
	const char	*to, *to_class;
	const char	*place;		/* "file:line" of the first time, or
					   NULL for an order set at boot */
	const char	*thread;	/* who it was; NULL as above */
	bool		reversal;	/* against the order: was reported */
};

/*
 * Calls cb for every edge in the order in which they were learned.  Any
 * context; does nothing in a kernel without WITNESS.
 */
void	witness_graph_foreach(void (*cb)(const struct witness_edge_info *,
	    void *), void *arg);

/*
 * Prints the locks that td holds, newest first, through prnt (the text is
 * formatted).  Returns how many.  Meant for threads that stand still.
 */
int	witness_list_thread(const struct thread *td,
	    int (*prnt)(const char *, ...));

/* How many locks td holds of either kind; 0 without WITNESS. */
u_int	witness_held(const struct thread *td);
u_int	witness_held_spin(const struct thread *td);

/* Gives up the lists of a thread that nobody can find any more. */
void	witness_thread_free(struct thread *td);

#ifdef WITNESS

#define	WITNESS_NAME_MAX	64	/* longest type name + 1 */
#define	WITNESS_FRAMES		18	/* depth of a recorded stack */

/* --- locks held ----------------------------------------------------------- */

#define	LI_RECURSEMASK	0x0000ffff	/* times taken beyond the first */
#define	LI_EXCLUSIVE	0x00010000
#define	LI_NORELEASE	0x00020000	/* see witness_norelease() */
#define	LI_SLEEPABLE	0x00040000	/* may be held across a sleep */

/* Written by the thread that holds the lock, read by whoever panics. */
struct lock_instance {
	struct lock_object	*li_lock;
	const char		*li_file;	/* where it was first taken */
	int			li_line;
	u_int			li_flags;	/* LI_* */
};

/*
 * What a thread holds, oldest first.  A list that is full is replaced by one
 * twice its size; the old one stays until the thread ends, because a panic in
 * another thread may be reading it.
 */
struct lock_list_entry {
	struct lock_list_entry	*ll_outgrown;	/* (c) */
	u_int			ll_size;	/* (c) */
	u_int			ll_count;	/* (t) */
	struct lock_instance	ll_held[];	/* (t) */
};

/* Off, on but not checking, checking: -1, 0, 1; debug.witness.watch. */
extern int witness_watch;		/* atomic */

static inline int
witness_level(void)
{
	return (__atomic_load_n(&witness_watch, __ATOMIC_RELAXED));
}

/* Is WITNESS to know of this lock? */
static inline bool
witness_recorded(const struct lock_object *lock)
{
	return (witness_level() != -1 && lock->lo_witness != NULL &&
	    !KERNEL_PANICKED());
}

/* Is it also to complain? */
static inline bool
witness_checked(const struct lock_object *lock)
{
	return (witness_level() > 0 && lock->lo_witness != NULL &&
	    !KERNEL_PANICKED());
}

static inline bool
witness_is_giant(const struct lock_object *lock)
{
	return (lock == &Giant.lock_object);
}

static inline struct lock_list_entry **
witness_held_list(struct thread *td, const struct lock_object *lock)
{
	return ((LOCK_CLASS(lock)->lc_flags & LC_SLEEPLOCK) != 0 ?
	    &td->td_sleeplocks : &td->td_spinlocks);
}

/* The entry of a lock in a list (which may be NULL), or NULL. */
static inline struct lock_instance *
witness_held_find(struct lock_list_entry *list,
    const struct lock_object *lock)
{
	u_int i;

	if (list == NULL)
		return (NULL);
	for (i = list->ll_count; i-- > 0; )
		if (list->ll_held[i].li_lock == lock)
			return (&list->ll_held[i]);
	return (NULL);
}

static inline struct lock_instance *
witness_held_here(const struct lock_object *lock)
{
	return (witness_held_find(*witness_held_list(curthread, lock), lock));
}

/* For words that a panicking thread may be reading. */
#define	HELD_SET(word, value)						\
	__atomic_store_n(&(word), (value), __ATOMIC_RELAXED)

/* Make room, take an entry out, give a list up. */
struct lock_list_entry	*witness_held_grow(struct lock_list_entry **listp);
void	witness_held_remove(struct lock_list_entry *list,
	    struct lock_instance *li);
void	witness_held_free(struct lock_list_entry **listp);

/* --- lock types and their order ------------------------------------------- */

/*
 * A lock type.  Types live from the first lock of that name until shutdown,
 * and with them all that was learned.
 * Locks: (c) constant, (g) graph lock, (a) atomic.
 */
struct witness {
	char			w_name[WITNESS_NAME_MAX];	/* (c) */
	const struct lock_class	*w_class;	/* (c) */
	u_int			w_index;	/* (c) row in the matrices */
	u_int			w_refcount;	/* (a) living locks */
	bool			w_duplicated;	/* (g) reported as such */
	struct witness		*w_hash_next;	/* (c) */
	struct witness_edge	*w_edges;	/* (g) newest first */
};

/* Locks: (c) constant, (g) graph lock. */
struct witness_edge {
	struct witness_edge	*we_next;	/* (c) of the same type */
	struct witness_edge	*we_all_next;	/* (g) in order of learning */
	struct witness		*we_from, *we_to;	/* (c) */
	bool			we_reversal;	/* (c) not in the matrices */
	bool			we_preset;	/* (c) order set at boot */
	char			we_place[100];	/* (c) */
	char			we_thread[MAXCOMLEN + 1];	/* (c) */
	int			we_nframes;	/* (c) */
	void			*we_frames[WITNESS_FRAMES];	/* (c) */
};

/*
 * Finds or makes the type; panics if the name is too long or is in use with
 * another class.
 */
struct witness	*witness_enroll(const char *type,
		    const struct lock_class *class);

/* Is this a lock type, or just a word that looks like a pointer?  Slow. */
bool	witness_is_type(const struct witness *w);

/* Is "a before b" known from b taken while a was the newest lock held? */
bool	witness_order_direct(const struct witness *a, const struct witness *b);

/* The rest wants the graph lock, a leaf: nothing may be printed under it. */
void	witness_graph_lock(void);
void	witness_graph_unlock(void);
/* Is "a before b" known, by whatever way? */
bool	witness_order_known(const struct witness *a, const struct witness *b);
/*
 * Learns "a before b".  The caller has made sure that the opposite is not
 * known.  file is NULL for an order set at boot.
 */
void	witness_order_learn(struct witness *a, struct witness *b,
	    const char *file, int line);
/* Marks the pair as reported; false if it was already. */
bool	witness_reversal_mark(struct witness *a, struct witness *b,
	    const char *file, int line);
/* The first time b was taken with a newest; NULL if there is no stack. */
const struct witness_edge	*witness_edge_find(const struct witness *a,
				    const struct witness *b);

/* All edges in order of learning; the first, and the next.  NULL: no more. */
const struct witness_edge	*witness_edge_next(const struct witness_edge *);

void	witness_graph_startup(void);
void	witness_graph_shutdown(void);

/* --- reports -------------------------------------------------------------- */

/* debug.witness.trace: with stacks? */
extern int witness_trace;		/* atomic */
/* debug.witness.output_channel: false for "none". */
extern bool witness_output;		/* atomic */

/* File names are printed without the way there. */
const char	*witness_file_name(const char *file);
/* One line of a list of locks, with its newline. */
void	witness_format_instance(const struct lock_instance *li, char *buf,
	    size_t size);
/* Safe while the list's thread still runs. */
int	witness_list_held(struct lock_list_entry * const *list,
	    int (*prnt)(const char *, ...));

enum witness_reversal_kind {
	REVERSAL_PLAIN,
	REVERSAL_SLEEPABLE,		/* after non-sleepable */
	REVERSAL_GIANT			/* after non-sleepable */
};

/* A lock that is not held yet, and where somebody wants it. */
struct witness_wanted {
	struct lock_object	*ww_lock;
	const char		*ww_file;
	int			ww_line;
};

/*
 * `older` is a held lock of the wanted one's type, or NULL; `established` is
 * the first time the proper order was seen, or NULL.
 */
void	witness_report_reversal(enum witness_reversal_kind kind,
	    const struct lock_instance *older,
	    const struct lock_instance *held, const struct witness_wanted *,
	    const struct witness_edge *established);
void	witness_report_duplicate(const struct lock_instance *held,
	    const struct witness_wanted *);
/*
 * The sleep check's report on the calling thread.  `what` is the beginning of
 * its first line.  Panics if flags say so.
 */
void	witness_report_held(const struct lock_object *except, int flags,
	    const char *what);
/* Does the sleep check count this lock, or these spin locks? */
bool	witness_counts(const struct lock_instance *li,
	    const struct lock_object *except, int flags);
bool	witness_counts_spin(const struct lock_list_entry *list,
	    const struct lock_object *except);
void	witness_report_startup(void);
/* Prints (lock) and (lock is held so), for a panic that follows. */
void	witness_print_mismatch(const char *what, const char *how,
	    const struct lock_instance *held, const char *file, int line);

#endif /* WITNESS */

#endif /* !_WITNESS_H_ */
