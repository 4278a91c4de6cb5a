/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Named lists of functions that are called when something happens:
 * EVENTHANDLER(9).
 *
 * An invocation calls the handlers one after the other without holding the
 * list's mutex, so lists may grow and shrink meanwhile: a handler that has
 * not been reached yet takes effect at once, one that is removed is not
 * called any more, and its entry goes when no invocation runs.
 */
#ifndef _KPI_SYS_EVENTHANDLER_H_
#define _KPI_SYS_EVENTHANDLER_H_

#include <sys/_eventhandler.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>

/*
 * Locks: (c) constant, (l) el_lock, (g) the lock of the list of lists.
 */
struct eventhandler_list {
	char		*el_name;			/* (c) */
	struct mtx	el_lock;
	u_int		el_runcount;			/* (l) invocations */
	u_int		el_deadcount;			/* (l) entries */
	u_int		el_count;			/* (l), read without */
	TAILQ_HEAD(, eventhandler_entry) el_entries;	/* (l) by priority */
	TAILQ_ENTRY(eventhandler_list) el_link;		/* (g) */
};

#define	EVENTHANDLER_PRI_FIRST	0
#define	EVENTHANDLER_PRI_ANY	10000
#define	EVENTHANDLER_PRI_LAST	20000

/*
 * Calls every handler of the event.  May sleep if a handler does; no list
 * mutex is held.  An event that nobody ever registered for does nothing.
 */
#define	EVENTHANDLER_INVOKE(name, ...) do {				\
	struct eventhandler_list *_evl = eventhandler_find_list(#name);	\
	if (_evl != NULL)						\
		_EVENTHANDLER_RUN(name, _evl, ## __VA_ARGS__);		\
} while (0)

#define	_EVENTHANDLER_RUN(name, list, ...) do {				\
	for (struct eventhandler_entry *_eve = eventhandler_begin(list); \
	    _eve != NULL; _eve = eventhandler_next((list), _eve))	\
		((__eventhandler_fn_##name)_eve->ee_func)(_eve->ee_arg,	\
		    ## __VA_ARGS__);					\
} while (0)

/*
 * A list known by its symbol rather than by name, for events that happen
 * often: an empty one is skipped without taking its mutex.
 */
#define	EVENTHANDLER_LIST_DECLARE(name)					\
	extern struct eventhandler_list *_eventhandler_list_##name
#define	EVENTHANDLER_LIST_DEFINE(name)					\
	struct eventhandler_list *_eventhandler_list_##name;		\
	static void							\
	__ehl_init_##name(void *arg __unused)				\
	{								\
		_eventhandler_list_##name = eventhandler_create_list(#name); \
	}								\
	SYSINIT(name##_ehl_init, SI_SUB_EVENTHANDLER, SI_ORDER_ANY,	\
	    __ehl_init_##name, NULL)
#define	EVENTHANDLER_DIRECT_INVOKE(name, ...) do {			\
	struct eventhandler_list *_evl = _eventhandler_list_##name;	\
	if (!eventhandler_list_empty(_evl))				\
		_EVENTHANDLER_RUN(name, _evl, ## __VA_ARGS__);		\
} while (0)

/* Registers at SI_SUB_CONFIGURE; here also deregisters on the way down. */
#define	EVENTHANDLER_DEFINE(name, func, arg, priority)			\
	static eventhandler_tag name##_tag;				\
	static void							\
	name##_evh_init(void *ctx)					\
	{								\
		name##_tag = EVENTHANDLER_REGISTER(name, func, ctx,	\
		    priority);						\
	}								\
	static void							\
	name##_evh_uninit(void *ctx __unused)				\
	{								\
		EVENTHANDLER_DEREGISTER(name, name##_tag);		\
	}								\
	SYSINIT(name##_evh_init, SI_SUB_CONFIGURE, SI_ORDER_ANY,	\
	    name##_evh_init, arg);					\
	SYSUNINIT(name##_evh_uninit, SI_SUB_CONFIGURE, SI_ORDER_ANY,	\
	    name##_evh_uninit, NULL)

/* May sleep; never fails.  The function's type is checked here. */
#define	EVENTHANDLER_REGISTER(name, func, arg, priority) ({		\
	__eventhandler_fn_##name _evf = (func);				\
	eventhandler_register(NULL, #name, (void *)_evf, (arg),		\
	    (priority));						\
})

/*
 * DEREGISTER returns when no invocation of the whole list runs any more, so
 * it may sleep and must not be called from a handler of the list; _NOWAIT
 * returns at once.  A NULL tag removes all handlers.
 */
#define	EVENTHANDLER_DEREGISTER(name, tag) do {				\
	struct eventhandler_list *_evl = eventhandler_find_list(#name);	\
	if (_evl != NULL)						\
		eventhandler_deregister(_evl, (tag));			\
} while (0)
#define	EVENTHANDLER_DEREGISTER_NOWAIT(name, tag) do {			\
	struct eventhandler_list *_evl = eventhandler_find_list(#name);	\
	if (_evl != NULL)						\
		eventhandler_deregister_nowait(_evl, (tag));		\
} while (0)

eventhandler_tag eventhandler_register(struct eventhandler_list *list,
	    const char *name, void *func, void *arg, int priority);
void	eventhandler_deregister(struct eventhandler_list *list,
	    eventhandler_tag tag);
void	eventhandler_deregister_nowait(struct eventhandler_list *list,
	    eventhandler_tag tag);
/* NULL if nobody has created the list yet; lists live until shutdown. */
struct eventhandler_list *eventhandler_find_list(const char *name);
struct eventhandler_list *eventhandler_create_list(const char *name);

/* Steps of an invocation: the first, then the next live handler, or NULL. */
struct eventhandler_entry *eventhandler_begin(struct eventhandler_list *list);
struct eventhandler_entry *eventhandler_next(struct eventhandler_list *list,
	    struct eventhandler_entry *entry);

static inline bool
eventhandler_list_empty(struct eventhandler_list *list)
{
	return (__atomic_load_n(&list->el_count, __ATOMIC_RELAXED) == 0);
}

#ifdef VIMAGE
/* What `iterfunc` below gets as its argument; constant. */
struct eventhandler_entry_vimage {
	void	(*func)(void);
	void	*ee_arg;
};

/*
 * Registers func(arg) to be called once a vnet, with curvnet set; the event's
 * own arguments are lost.  Does nothing, returning NULL, unless curvnet is
 * vnet0.  `iterfunc` is vnet_global_eventhandler_iterator_func.
 */
eventhandler_tag vimage_eventhandler_register(struct eventhandler_list *list,
	    const char *name, void *func, void *arg, int priority,
	    void (*iterfunc)(void *, ...));
#endif

#endif /* !_KPI_SYS_EVENTHANDLER_H_ */
