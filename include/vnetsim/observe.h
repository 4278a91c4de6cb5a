/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What can be seen of a running kernel: the reference ledger and the event
 * stream.  The kernel reports to both through the functions below; a test or
 * a command reads them.
 */
#ifndef _VNETSIM_OBSERVE_H_
#define _VNETSIM_OBSERVE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of counted objects that the ledger knows. */
enum vs_object {
	VS_IFNET,
	VS_CLONER,
	VS_PRISON,		/* pr_ref */
	VS_PRISON_USER,		/* pr_uref */
	VS_UCRED,
	VS_VNET,
	VS_EVENTHANDLER,
	VS_CDEV,
	VS_OBJECT_COUNT
};

/*
 * The ledger.  An object is born with its first reference and dies with its
 * last.  A holder is a static string where the library itself takes the
 * reference ("index", "bpf", "child prison", ...); NULL means "whoever
 * called": then the caller's address and stack are kept, and a release takes
 * away the newest reference that the same thread took, else the newest
 * anonymous one.
 *
 * All of these may be called from any context, with any lock held; they do
 * nothing while the ledger is off (vs_config.ledger).
 */
extern bool vs_ledger_on;
void	vs_ledger_birth(enum vs_object kind, const volatile void *object,
	    const char *name, const char *holder);
void	vs_ledger_rename(enum vs_object kind, const volatile void *object,
	    const char *name);
void	vs_ledger_hold(enum vs_object kind, const volatile void *object,
	    const char *holder);
void	vs_ledger_rele(enum vs_object kind, const volatile void *object,
	    const char *holder);
void	vs_ledger_death(enum vs_object kind, const volatile void *object);

#define VS_LEDGER(what, ...) do {					\
	if (__builtin_expect(vs_ledger_on, 0))				\
		vs_ledger_##what(__VA_ARGS__);				\
} while (0)

/* Reading it: living objects of a kind, references held on one. */
size_t	vs_ledger_count(enum vs_object kind);
size_t	vs_ledger_refs(enum vs_object kind, const volatile void *object);
size_t	vs_ledger_holders(enum vs_object kind, const volatile void *object,
	    const char *holder);
const char	*vs_object_name(enum vs_object kind);
/* Writes "kind name: n references" and a line a holder; returns its length. */
size_t	vs_ledger_print(enum vs_object kind, const volatile void *object,
	    char *buf, size_t size);
/* All living objects, in the same form. */
size_t	vs_ledger_print_all(char *buf, size_t size);

/* What the ledger is told. */
enum vs_entry {
	VS_ENTRY_BIRTH,		/* with a first reference */
	VS_ENTRY_HOLD,
	VS_ENTRY_RELE,
	VS_ENTRY_RENAME,
	VS_ENTRY_DEATH,		/* with all references that were left */
};
const char	*vs_entry_name(enum vs_entry what);

/*
 * Tells `fn` of each entry, after it: `name` is the object's, of a birth or a
 * rename, else the holder's or NULL; `refs` is what is held now.  It is called
 * by whoever makes the entry, and must not ask the ledger.  NULL: nobody is
 * told any more.
 */
typedef void vs_ledger_watch_fn(enum vs_entry what, enum vs_object kind,
	    const volatile void *object, const char *name, size_t refs);
void	vs_ledger_watch(vs_ledger_watch_fn *fn);

/*
 * The event stream: what FreeBSD would tell its listeners, in order, as text.
 * `class` is the kind of listener ("event", "rtsock", "netlink", "devctl"),
 * `text` what it was told: "ifnet_arrival_event disc0 vnet0".
 */
struct vs_event {
	uint64_t	seq;
	char		class[12];
	char		text[116];
};

extern bool vs_events_on;
void	vs_event_emit(const char *class, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
#define VS_EVENT(...) do {						\
	if (__builtin_expect(__atomic_load_n(&vs_events_on,		\
	    __ATOMIC_RELAXED), 0))					\
		vs_event_emit(__VA_ARGS__);				\
} while (0)

/* Turns recording on (and empties the record) or off. */
void	vs_events_record(bool on);
/* Copies up to n recorded events, oldest first; returns how many exist. */
size_t	vs_events_read(struct vs_event *events, size_t n);

/*
 * Waits for locks, by lock name, since boot: how often a thread had to be
 * parked, for how long in all, and the longest; nanoseconds.  Reported by the
 * wait queues; spinning does not count.
 */
struct vs_lock_stat {
	char		name[48];
	uint64_t	waits;
	uint64_t	total;
	uint64_t	longest;
};

enum vs_lock_order {
	VS_LOCKS_BY_TOTAL,
	VS_LOCKS_BY_LONGEST,
};

void	vs_lock_waited(const char *name, uint64_t ns);
/* The first n in the given order; returns how many names there are. */
size_t	vs_lock_stats(struct vs_lock_stat *stats, size_t n,
	    enum vs_lock_order order);

#ifdef __cplusplus
}
#endif

#endif /* !_VNETSIM_OBSERVE_H_ */
