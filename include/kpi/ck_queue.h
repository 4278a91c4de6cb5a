/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Lists that may be walked while somebody changes them.
 *
 * The names are Concurrency Kit's, the lists are our own: one writer at a
 * time, any number of readers inside an epoch section.  A link is published
 * by a release store after the new element is complete, and followed by an
 * acquire load, both of which ThreadSanitizer understands.  A removed element
 * keeps its own forward link, so that a reader standing on it finds the rest
 * of the list.
 */
#ifndef CK_QUEUE_H
#define CK_QUEUE_H

#include <stddef.h>

#define	__ckq_load(p)		__atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define	__ckq_publish(p, v)	__atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define	__ckq_set(p, v)		__atomic_store_n(&(p), (v), __ATOMIC_RELAXED)

/* A list with one link an element; removal walks it. */
#define	CK_SLIST_HEAD(name, type)					\
struct name {								\
	struct type *cslh_first;					\
}
#define	CK_SLIST_HEAD_INITIALIZER(head)	{ NULL }
#define	CK_SLIST_ENTRY(type)						\
struct {								\
	struct type *csle_next;						\
}
#define	CK_SLIST_FIRST(head)		__ckq_load((head)->cslh_first)
#define	CK_SLIST_NEXT(elm, field)	__ckq_load((elm)->field.csle_next)
#define	CK_SLIST_EMPTY(head)		(CK_SLIST_FIRST(head) == NULL)
#define	CK_SLIST_INIT(head)		__ckq_set((head)->cslh_first, NULL)
#define	CK_SLIST_FOREACH(var, head, field)				\
	for ((var) = CK_SLIST_FIRST(head); (var) != NULL;		\
	    (var) = CK_SLIST_NEXT((var), field))
#define	CK_SLIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = CK_SLIST_FIRST(head); (var) != NULL &&		\
	    ((tvar) = CK_SLIST_NEXT((var), field), 1); (var) = (tvar))
#define	CK_SLIST_INSERT_HEAD(head, elm, field) do {			\
	__ckq_set((elm)->field.csle_next, (head)->cslh_first);		\
	__ckq_publish((head)->cslh_first, (elm));			\
} while (0)
#define	CK_SLIST_INSERT_AFTER(after, elm, field) do {			\
	__ckq_set((elm)->field.csle_next, (after)->field.csle_next);	\
	__ckq_publish((after)->field.csle_next, (elm));			\
} while (0)
#define	CK_SLIST_REMOVE_HEAD(head, field)				\
	__ckq_publish((head)->cslh_first,				\
	    (head)->cslh_first->field.csle_next)
#define	CK_SLIST_REMOVE_AFTER(elm, field)				\
	__ckq_publish((elm)->field.csle_next,				\
	    (elm)->field.csle_next->field.csle_next)
#define	CK_SLIST_REMOVE(head, elm, type, field) do {			\
	struct type **_linkp = &(head)->cslh_first;			\
									\
	while (*_linkp != (elm))					\
		_linkp = &(*_linkp)->field.csle_next;			\
	__ckq_publish(*_linkp, (elm)->field.csle_next);			\
} while (0)

/* The same with a tail, for queues. */
#define	CK_STAILQ_HEAD(name, type)					\
struct name {								\
	struct type *cstqh_first;					\
	struct type **cstqh_last;					\
}
#define	CK_STAILQ_HEAD_INITIALIZER(head)				\
	{ NULL, &(head).cstqh_first }
#define	CK_STAILQ_ENTRY(type)						\
struct {								\
	struct type *cstqe_next;					\
}
#define	CK_STAILQ_FIRST(head)		__ckq_load((head)->cstqh_first)
#define	CK_STAILQ_NEXT(elm, field)	__ckq_load((elm)->field.cstqe_next)
#define	CK_STAILQ_EMPTY(head)		(CK_STAILQ_FIRST(head) == NULL)
#define	CK_STAILQ_INIT(head) do {					\
	__ckq_set((head)->cstqh_first, NULL);				\
	(head)->cstqh_last = &(head)->cstqh_first;			\
} while (0)
#define	CK_STAILQ_FOREACH(var, head, field)				\
	for ((var) = CK_STAILQ_FIRST(head); (var) != NULL;		\
	    (var) = CK_STAILQ_NEXT((var), field))
#define	CK_STAILQ_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = CK_STAILQ_FIRST(head); (var) != NULL &&		\
	    ((tvar) = CK_STAILQ_NEXT((var), field), 1); (var) = (tvar))
#define	CK_STAILQ_INSERT_HEAD(head, elm, field) do {			\
	__ckq_set((elm)->field.cstqe_next, (head)->cstqh_first);	\
	if ((elm)->field.cstqe_next == NULL)				\
		(head)->cstqh_last = &(elm)->field.cstqe_next;		\
	__ckq_publish((head)->cstqh_first, (elm));			\
} while (0)
#define	CK_STAILQ_INSERT_TAIL(head, elm, field) do {			\
	__ckq_set((elm)->field.cstqe_next, NULL);			\
	__ckq_publish(*(head)->cstqh_last, (elm));			\
	(head)->cstqh_last = &(elm)->field.cstqe_next;			\
} while (0)
#define	CK_STAILQ_INSERT_AFTER(head, after, elm, field) do {		\
	__ckq_set((elm)->field.cstqe_next, (after)->field.cstqe_next);	\
	if ((elm)->field.cstqe_next == NULL)				\
		(head)->cstqh_last = &(elm)->field.cstqe_next;		\
	__ckq_publish((after)->field.cstqe_next, (elm));		\
} while (0)
#define	CK_STAILQ_REMOVE_HEAD(head, field) do {				\
	__ckq_publish((head)->cstqh_first,				\
	    (head)->cstqh_first->field.cstqe_next);			\
	if ((head)->cstqh_first == NULL)				\
		(head)->cstqh_last = &(head)->cstqh_first;		\
} while (0)
#define	CK_STAILQ_REMOVE(head, elm, type, field) do {			\
	struct type **_linkp = &(head)->cstqh_first;			\
									\
	while (*_linkp != (elm))					\
		_linkp = &(*_linkp)->field.cstqe_next;			\
	__ckq_publish(*_linkp, (elm)->field.cstqe_next);		\
	if (*_linkp == NULL)						\
		(head)->cstqh_last = _linkp;				\
} while (0)

/* A list with a link back as well: removal in one step. */
#define	CK_LIST_HEAD(name, type)					\
struct name {								\
	struct type *clh_first;						\
}
#define	CK_LIST_HEAD_INITIALIZER(head)	{ NULL }
#define	CK_LIST_ENTRY(type)						\
struct {								\
	struct type *cle_next;						\
	struct type **cle_prev;		/* what points at this element */ \
}
#define	CK_LIST_FIRST(head)		__ckq_load((head)->clh_first)
#define	CK_LIST_NEXT(elm, field)	__ckq_load((elm)->field.cle_next)
#define	CK_LIST_EMPTY(head)		(CK_LIST_FIRST(head) == NULL)
#define	CK_LIST_INIT(head)		__ckq_set((head)->clh_first, NULL)
#define	CK_LIST_FOREACH(var, head, field)				\
	for ((var) = CK_LIST_FIRST(head); (var) != NULL;		\
	    (var) = CK_LIST_NEXT((var), field))
#define	CK_LIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = CK_LIST_FIRST(head); (var) != NULL &&		\
	    ((tvar) = CK_LIST_NEXT((var), field), 1); (var) = (tvar))
/* Puts `elm` in front of whatever `link` points at. */
#define	__CK_LIST_LINK(link, elm, field) do {				\
	(elm)->field.cle_prev = &(link);				\
	__ckq_set((elm)->field.cle_next, (link));			\
	if ((elm)->field.cle_next != NULL)				\
		(elm)->field.cle_next->field.cle_prev =			\
		    &(elm)->field.cle_next;				\
	__ckq_publish((link), (elm));					\
} while (0)
#define	CK_LIST_INSERT_HEAD(head, elm, field)				\
	__CK_LIST_LINK((head)->clh_first, elm, field)
#define	CK_LIST_INSERT_AFTER(after, elm, field)				\
	__CK_LIST_LINK((after)->field.cle_next, elm, field)
#define	CK_LIST_INSERT_BEFORE(before, elm, field) do {			\
	(elm)->field.cle_prev = (before)->field.cle_prev;		\
	__ckq_set((elm)->field.cle_next, (before));			\
	__ckq_publish(*(before)->field.cle_prev, (elm));		\
	(before)->field.cle_prev = &(elm)->field.cle_next;		\
} while (0)
#define	CK_LIST_REMOVE(elm, field) do {					\
	__ckq_publish(*(elm)->field.cle_prev, (elm)->field.cle_next);	\
	if ((elm)->field.cle_next != NULL)				\
		(elm)->field.cle_next->field.cle_prev =			\
		    (elm)->field.cle_prev;				\
} while (0)

#endif /* !CK_QUEUE_H */
