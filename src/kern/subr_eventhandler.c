/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Named lists of handlers, EVENTHANDLER(9).
 *
 * Invocations walk a list without holding its mutex while a handler runs.
 * They are counted; what is removed meanwhile is only marked, and unlinked
 * when the count has come down to zero.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/fail.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <net/vnet.h>

#include <vnetsim/observe.h>

#include "bugs.h"

static MALLOC_DEFINE(M_EVENTHANDLER, "eventhandler", "Event handler records");

static struct mtx lists_mtx;		/* guards lists */
static TAILQ_HEAD(, eventhandler_list) lists =
    TAILQ_HEAD_INITIALIZER(lists);
MTX_SYSINIT(eventhandlers, &lists_mtx, "eventhandler", MTX_DEF);

/* The count is what EVENTHANDLER_DIRECT_INVOKE() looks at, unlocked. */
static void
list_count(struct eventhandler_list *list, int change)
{
	mtx_assert(&list->el_lock, MA_OWNED);
	__atomic_store_n(&list->el_count, list->el_count + change,
	    __ATOMIC_RELAXED);
}

static void
entry_unlink(struct eventhandler_list *list, struct eventhandler_entry *ee)
{
	TAILQ_REMOVE(&list->el_entries, ee, ee_link);
	list_count(list, -1);
	VS_LEDGER(death, VS_EVENTHANDLER, ee);
	free(ee, M_EVENTHANDLER);
}

/* --- lists ---------------------------------------------------------------- */

static struct eventhandler_list *
list_lookup(const char *name)
{
	struct eventhandler_list *list;

	mtx_assert(&lists_mtx, MA_OWNED);
	TAILQ_FOREACH(list, &lists, el_link)
		if (strcmp(list->el_name, name) == 0)
			return (list);
	return (NULL);
}

static struct eventhandler_list *
list_alloc(const char *name)
{
	struct eventhandler_list *list;

	list = malloc(sizeof(*list) + strlen(name) + 1, M_EVENTHANDLER,
	    M_WAITOK | M_ZERO);
	list->el_name = (char *)(list + 1);
	strcpy(list->el_name, name);
	TAILQ_INIT(&list->el_entries);
	mtx_init(&list->el_lock, list->el_name, "eventhandler list", MTX_DEF);
	return (list);
}

static void
list_free(struct eventhandler_list *list)
{
	mtx_destroy(&list->el_lock);
	free(list, M_EVENTHANDLER);
}

struct eventhandler_list *
eventhandler_find_list(const char *name)
{
	struct eventhandler_list *list;

	mtx_lock(&lists_mtx);
	list = list_lookup(name);
	mtx_unlock(&lists_mtx);
	return (list);
}

struct eventhandler_list *
eventhandler_create_list(const char *name)
{
	struct eventhandler_list *fresh, *list;

	if ((list = eventhandler_find_list(name)) != NULL)
		return (list);
	/* The allocation may sleep, and somebody else be faster. */
	fresh = list_alloc(name);
	mtx_lock(&lists_mtx);
	if ((list = list_lookup(name)) == NULL)
		TAILQ_INSERT_HEAD(&lists, fresh, el_link);
	mtx_unlock(&lists_mtx);
	if (list == NULL)
		return (fresh);
	list_free(fresh);
	return (list);
}

/*
 * Lists with a handler that nobody deregistered stay behind, for the leak
 * report to find.
 */
static void
eventhandler_shutdown(void *arg __unused)
{
	struct eventhandler_list *list, *next;

	TAILQ_FOREACH_SAFE(list, &lists, el_link, next) {
		if (!TAILQ_EMPTY(&list->el_entries))
			continue;
		TAILQ_REMOVE(&lists, list, el_link);
		list_free(list);
	}
}
SYSUNINIT(eventhandlers, SI_SUB_EVENTHANDLER, SI_ORDER_FIRST,
    eventhandler_shutdown, NULL);

/* --- registration --------------------------------------------------------- */

/* Among equals the newest comes last; the dead are equal to nobody. */
static void
list_insert(struct eventhandler_list *list, struct eventhandler_entry *ee)
{
	struct eventhandler_entry *other;

	mtx_lock(&list->el_lock);
	TAILQ_FOREACH(other, &list->el_entries, ee_link)
		if (other->ee_priority > ee->ee_priority)
			break;
	if (other != NULL)
		TAILQ_INSERT_BEFORE(other, ee, ee_link);
	else
		TAILQ_INSERT_TAIL(&list->el_entries, ee, ee_link);
	list_count(list, 1);
	mtx_unlock(&list->el_lock);
}

static eventhandler_tag
entry_register(struct eventhandler_list *list, const char *name,
    struct eventhandler_entry *ee, int priority)
{
	KASSERT(priority != EHE_DEAD_PRIORITY,
	    ("%s: handler for %s registered with dead priority", __func__,
	    name));
	if (list == NULL)
		list = eventhandler_create_list(name);
	ee->ee_priority = priority;
	VS_LEDGER(birth, VS_EVENTHANDLER, ee, list->el_name, NULL);
	list_insert(list, ee);
	return (ee);
}

eventhandler_tag
eventhandler_register(struct eventhandler_list *list, const char *name,
    void *func, void *arg, int priority)
{
	struct eventhandler_entry *ee;

	ee = malloc(sizeof(*ee), M_EVENTHANDLER, M_WAITOK | M_ZERO);
	ee->ee_func = (void (*)(void))func;
	ee->ee_arg = arg;
	return (entry_register(list, name, ee, priority));
}

#ifdef VIMAGE
eventhandler_tag
vimage_eventhandler_register(struct eventhandler_list *list, const char *name,
    void *func, void *arg, int priority, void (*iterfunc)(void *, ...))
{
	struct eventhandler_entry_vimage *ve;
	struct eventhandler_entry *ee;

	/* A constructor runs once a vnet; one registration serves them all. */
	if (!IS_DEFAULT_VNET(curvnet))
		return (NULL);
	ee = malloc(sizeof(*ee) + sizeof(*ve), M_EVENTHANDLER,
	    M_WAITOK | M_ZERO);
	ve = (struct eventhandler_entry_vimage *)(ee + 1);
	ve->func = (void (*)(void))func;
	ve->ee_arg = arg;
	ee->ee_func = (void (*)(void))iterfunc;
	ee->ee_arg = ve;
	return (entry_register(list, name, ee, priority));
}
#endif

/* --- invocation ----------------------------------------------------------- */

/* Nobody runs the list any more: unlink what was removed meanwhile. */
static void
list_prune(struct eventhandler_list *list)
{
	struct eventhandler_entry *ee, *next;

	mtx_assert(&list->el_lock, MA_OWNED);
	MPASS(list->el_runcount == 0);
	if (list->el_deadcount == 0)
		return;
	TAILQ_FOREACH_SAFE(ee, &list->el_entries, ee_link, next) {
		if (ee->ee_priority != EHE_DEAD_PRIORITY)
			continue;
		entry_unlink(list, ee);
	}
	list->el_deadcount = 0;
	wakeup(list);
}

/* Returns `ee` or the first live entry behind it; at the end, leaves. */
static struct eventhandler_entry *
list_advance(struct eventhandler_list *list, struct eventhandler_entry *ee)
{
	mtx_assert(&list->el_lock, MA_OWNED);
	while (ee != NULL && ee->ee_priority == EHE_DEAD_PRIORITY)
		ee = TAILQ_NEXT(ee, ee_link);
	if (ee == NULL && --list->el_runcount == 0)
		list_prune(list);
	mtx_unlock(&list->el_lock);
	return (ee);
}

struct eventhandler_entry *
eventhandler_begin(struct eventhandler_list *list)
{
	mtx_lock(&list->el_lock);
	list->el_runcount++;
	return (list_advance(list, TAILQ_FIRST(&list->el_entries)));
}

struct eventhandler_entry *
eventhandler_next(struct eventhandler_list *list,
    struct eventhandler_entry *ee)
{
	mtx_lock(&list->el_lock);
	return (list_advance(list, TAILQ_NEXT(ee, ee_link)));
}

/* --- deregistration ------------------------------------------------------- */

static void
entry_remove(struct eventhandler_list *list, struct eventhandler_entry *ee)
{
	mtx_assert(&list->el_lock, MA_OWNED);
	if (ee->ee_priority == EHE_DEAD_PRIORITY)
		return;
	if (list->el_runcount == 0) {
		entry_unlink(list, ee);
	} else {
		ee->ee_priority = EHE_DEAD_PRIORITY;
		list->el_deadcount++;
	}
}

/*
 * To wait for the dead to be gone, rather than for the list to be idle,
 * matters: only a prune wakes, and a new invocation may have begun by the time
 * the woken thread looks (deregister-lost-wakeup).
 */
static bool
list_must_wait(const struct eventhandler_list *list)
{
	if (BUG(DEREGISTER_LOST_WAKEUP))
		return (list->el_runcount > 0);
	return (list->el_deadcount > 0);
}

static void
list_deregister(struct eventhandler_list *list, eventhandler_tag tag,
    bool wait)
{
	struct eventhandler_entry *ee, *next;

	mtx_lock(&list->el_lock);
	if (tag != NULL)
		entry_remove(list, tag);
	else
		TAILQ_FOREACH_SAFE(ee, &list->el_entries, ee_link, next)
			entry_remove(list, ee);
	while (wait && list_must_wait(list)) {
		mtx_sleep(list, &list->el_lock, PDROP, "evhrm", 0);
		KFAIL_POINT_CODE(DEBUG_FP, eventhandler_woken, (void)0);
		mtx_lock(&list->el_lock);
	}
	mtx_unlock(&list->el_lock);
}

void
eventhandler_deregister(struct eventhandler_list *list, eventhandler_tag tag)
{
	list_deregister(list, tag, true);
}

void
eventhandler_deregister_nowait(struct eventhandler_list *list,
    eventhandler_tag tag)
{
	list_deregister(list, tag, false);
}
