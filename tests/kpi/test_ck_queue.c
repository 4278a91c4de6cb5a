/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * CK_ lists: changes at every place, and readers while a writer works.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/ck.h>
#include <sys/epoch.h>
#include <sys/malloc.h>

#include "test.h"

struct item {
	int			n;
	CK_SLIST_ENTRY(item)	slink;
	CK_STAILQ_ENTRY(item)	qlink;
	CK_LIST_ENTRY(item)	link;
	struct epoch_context	ctx;
};

static CK_SLIST_HEAD(, item) slist = CK_SLIST_HEAD_INITIALIZER(slist);
static CK_STAILQ_HEAD(, item) stailq = CK_STAILQ_HEAD_INITIALIZER(stailq);
static CK_LIST_HEAD(, item) list = CK_LIST_HEAD_INITIALIZER(list);
static struct item items[10];

/* The numbers of a list's items, as digits. */
#define	DIGITS(kind, head, field) ({					\
	static char _text[16];						\
	struct item *_item;						\
	int _n = 0;							\
									\
	kind##_FOREACH(_item, (head), field)				\
		_text[_n++] = '0' + _item->n;				\
	_text[_n] = '\0';						\
	_text;								\
})

static void
number(void)
{
	int i;

	memset(items, 0, sizeof(items));
	for (i = 0; i < (int)nitems(items); i++)
		items[i].n = i;
}

static void
singly_linked(void **state)
{
	struct item *item, *next;

	number();
	CK_SLIST_INIT(&slist);
	assert_true(CK_SLIST_EMPTY(&slist));
	CK_SLIST_INSERT_HEAD(&slist, &items[3], slink);
	CK_SLIST_INSERT_HEAD(&slist, &items[1], slink);
	CK_SLIST_INSERT_AFTER(&items[1], &items[2], slink);
	CK_SLIST_INSERT_AFTER(&items[3], &items[4], slink);
	assert_string_equal(DIGITS(CK_SLIST, &slist, slink), "1234");
	CK_SLIST_REMOVE(&slist, &items[3], item, slink);
	CK_SLIST_REMOVE(&slist, &items[1], item, slink);
	assert_string_equal(DIGITS(CK_SLIST, &slist, slink), "24");
	CK_SLIST_REMOVE_AFTER(&items[2], slink);
	assert_ptr_equal(CK_SLIST_FIRST(&slist), &items[2]);
	assert_null(CK_SLIST_NEXT(&items[2], slink));
	CK_SLIST_REMOVE_HEAD(&slist, slink);
	assert_true(CK_SLIST_EMPTY(&slist));
	CK_SLIST_INSERT_HEAD(&slist, &items[5], slink);
	CK_SLIST_FOREACH_SAFE(item, &slist, slink, next)
		CK_SLIST_REMOVE(&slist, item, item, slink);
	assert_true(CK_SLIST_EMPTY(&slist));
}

static void
tail_queue(void **state)
{
	struct item *item, *next;

	number();
	CK_STAILQ_INIT(&stailq);
	CK_STAILQ_INSERT_TAIL(&stailq, &items[2], qlink);
	CK_STAILQ_INSERT_TAIL(&stailq, &items[4], qlink);
	CK_STAILQ_INSERT_HEAD(&stailq, &items[1], qlink);
	CK_STAILQ_INSERT_AFTER(&stailq, &items[2], &items[3], qlink);
	CK_STAILQ_INSERT_AFTER(&stailq, &items[4], &items[5], qlink);
	CK_STAILQ_INSERT_TAIL(&stailq, &items[6], qlink);
	assert_string_equal(DIGITS(CK_STAILQ, &stailq, qlink), "123456");
	CK_STAILQ_REMOVE(&stailq, &items[6], item, qlink);
	CK_STAILQ_REMOVE(&stailq, &items[3], item, qlink);
	CK_STAILQ_REMOVE(&stailq, &items[1], item, qlink);
	CK_STAILQ_INSERT_TAIL(&stailq, &items[7], qlink);
	assert_string_equal(DIGITS(CK_STAILQ, &stailq, qlink), "2457");
	CK_STAILQ_REMOVE_HEAD(&stailq, qlink);
	assert_ptr_equal(CK_STAILQ_FIRST(&stailq), &items[4]);
	assert_ptr_equal(CK_STAILQ_NEXT(&items[4], qlink), &items[5]);
	CK_STAILQ_FOREACH_SAFE(item, &stailq, qlink, next)
		CK_STAILQ_REMOVE_HEAD(&stailq, qlink);
	assert_true(CK_STAILQ_EMPTY(&stailq));
	CK_STAILQ_INSERT_TAIL(&stailq, &items[8], qlink);
	assert_string_equal(DIGITS(CK_STAILQ, &stailq, qlink), "8");
}

static void
doubly_linked(void **state)
{
	struct item *item, *next;

	number();
	CK_LIST_INIT(&list);
	CK_LIST_INSERT_HEAD(&list, &items[3], link);
	CK_LIST_INSERT_BEFORE(&items[3], &items[1], link);
	CK_LIST_INSERT_AFTER(&items[1], &items[2], link);
	CK_LIST_INSERT_AFTER(&items[3], &items[5], link);
	CK_LIST_INSERT_BEFORE(&items[5], &items[4], link);
	assert_string_equal(DIGITS(CK_LIST, &list, link), "12345");
	CK_LIST_REMOVE(&items[1], link);
	CK_LIST_REMOVE(&items[3], link);
	CK_LIST_REMOVE(&items[5], link);
	assert_string_equal(DIGITS(CK_LIST, &list, link), "24");
	CK_LIST_INSERT_BEFORE(&items[2], &items[0], link);
	assert_ptr_equal(CK_LIST_FIRST(&list), &items[0]);
	assert_ptr_equal(CK_LIST_NEXT(&items[0], link), &items[2]);
	CK_LIST_FOREACH_SAFE(item, &list, link, next)
		CK_LIST_REMOVE(item, link);
	assert_true(CK_LIST_EMPTY(&list));
}

/* --- one writer, some readers ------------------------------------------- */

static MALLOC_DEFINE(M_ITEM, "item", "list test");
static bool finished;

static void
item_free(epoch_context_t ctx)
{

	free(__containerof(ctx, struct item, ctx), M_ITEM);
}

static void
reader(void *arg)
{
	struct epoch_tracker et;
	struct item *item;

	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		NET_EPOCH_ENTER(et);
		CK_LIST_FOREACH(item, &list, link)
			CHECK(item->n == 17);
		CK_STAILQ_FOREACH(item, &stailq, qlink)
			CHECK(item->n == 17);
		NET_EPOCH_EXIT(et);
	}
}

static void
writer(void *arg)
{
	struct item *item;
	int i;

	for (i = 0; i < 2000; i++) {
		item = malloc(sizeof(*item), M_ITEM, M_WAITOK | M_ZERO);
		item->n = 17;
		CK_LIST_INSERT_HEAD(&list, item, link);
		CK_STAILQ_INSERT_TAIL(&stailq, item, qlink);
		if (i < 5)
			continue;
		item = CK_STAILQ_FIRST(&stailq);
		CK_STAILQ_REMOVE_HEAD(&stailq, qlink);
		CK_LIST_REMOVE(item, link);
		NET_EPOCH_CALL(item_free, &item->ctx);
	}
	while ((item = CK_LIST_FIRST(&list)) != NULL) {
		CK_LIST_REMOVE(item, link);
		CK_STAILQ_REMOVE(&stailq, item, item, qlink);
		NET_EPOCH_CALL(item_free, &item->ctx);
	}
	NET_EPOCH_DRAIN_CALLBACKS();
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
}

static void
readers(void **state)
{
	struct vs_thread *threads[3];
	int i;

	CK_LIST_INIT(&list);
	CK_STAILQ_INIT(&stailq);
	for (i = 0; i < 3; i++)
		threads[i] = spawn(i == 0 ? writer : reader, NULL, "list");
	for (i = 0; i < 3; i++)
		join(threads[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(singly_linked),
		cmocka_unit_test(tail_queue),
		cmocka_unit_test(doubly_linked),
		TEST(readers),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
