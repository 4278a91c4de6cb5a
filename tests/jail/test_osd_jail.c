/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Data and methods that modules hang on jails.
 */
#include "jail_test.h"

#include <net/vnet.h>

/* 54 */
static void
test_slots(void **state)
{
	int first, second;

	first = module_load(0)->slot;
	second = module_load(1)->slot;
	assert_true(first >= 1);
	assert_int_equal(second, first + 1);
	module_unload(0);
	assert_int_equal(module_load(2)->slot, first);
	module_unload(1);
	module_unload(2);
}

struct value_call {
	int	jid;
	int	slot;
	void	*value;
	void	*found;
};

static struct prison *
jail_locked(int jid)
{
	struct prison *pr;

	sx_slock(&allprison_lock);
	pr = prison_find(jid);
	sx_sunlock(&allprison_lock);
	CHECK(pr != NULL);
	return (pr);
}

static void
set_main(void *arg)
{
	struct value_call *c = arg;
	struct prison *pr = jail_locked(c->jid);

	CHECK(osd_jail_set(pr, c->slot, c->value) == 0);
	c->found = osd_jail_get(pr, c->slot);
	mtx_unlock(&pr->pr_mtx);
}

static void
empty_main(void *arg)
{
	struct value_call *c = arg;
	struct prison *pr = jail_locked(c->jid);

	CHECK(osd_jail_get(pr, c->slot) == NULL);
	CHECK(osd_jail_set(pr, c->slot, NULL) == 0);
	CHECK(pr->pr_osd.osd_nslots == 0);
	CHECK(osd_jail_set(pr, c->slot, c) == 0);
	CHECK(osd_jail_get(pr, c->slot) == c);
	CHECK(osd_jail_get_unlocked(pr, c->slot) == c);
	osd_jail_del(pr, c->slot);
	CHECK(osd_jail_get(pr, c->slot) == NULL);
	mtx_unlock(&pr->pr_mtx);
}

/* 55 */
static void
test_never_set(void **state)
{
	struct value_call c = { .slot = module_load(0)->slot };

	c.jid = create("persist");
	run(empty_main, &c);
	jail_remove(c.jid);
	module_unload(0);
}

/* 56 */
static void
test_deregister(void **state)
{
	struct jail_module *m = module_load(0);
	struct value_call c = { .slot = m->slot, .value = m };
	int i, jids[3];

	for (i = 0; i < 3; i++) {
		jids[i] = c.jid = create("persist");
		run(set_main, &c);
		assert_ptr_equal(c.found, m);
	}
	module_unload(0);
	assert_int_equal(m->destroyed, 3);
	for (i = 0; i < 3; i++)
		jail_remove(jids[i]);
	assert_int_equal(m->destroyed, 3);
}

static int destroyed_at_vnet;

static void
note_destroyed(const void *unused __unused)
{
	destroyed_at_vnet = modules[0].destroyed;
}
VNET_SYSUNINIT(test_osd, SI_SUB_PSEUDO, SI_ORDER_ANY, note_destroyed, NULL);

/* 57 */
static void
test_after_vnet(void **state)
{
	struct jail_module *m = module_load(0);
	struct value_call c = { .slot = m->slot, .value = m };

	destroyed_at_vnet = -1;
	c.jid = create("persist vnet");
	run(set_main, &c);
	jail_remove(c.jid);
	assert_int_equal(destroyed_at_vnet, 0);
	assert_int_equal(m->destroyed, 1);
	module_unload(0);
}

/* 58 */
static void
test_remove_fails(void **state)
{
	struct jail_module *m[3];
	int i, j;

	for (i = 0; i < 3; i++)
		m[i] = module_load(i);
	j = create("persist");
	m[1]->result[PR_METHOD_REMOVE] = 5;
	jail_remove(j);
	assert_gone(j);
	assert_int_equal(module_calls(m[0], PR_METHOD_REMOVE, j), 1);
	assert_int_equal(module_calls(m[1], PR_METHOD_REMOVE, j), 1);
	assert_int_equal(module_calls(m[2], PR_METHOD_REMOVE, j), 0);
	for (i = 0; i < 3; i++)
		module_unload(i);
}

/* What every method may count on: 3.11's table. */
static void
method_context(struct jail_module *m __unused, struct prison *pr, int method)
{
	static const struct {
		int	lock;
		enum prison_state state;
	} expected[PR_MAXMETHOD] = {
		[PR_METHOD_CREATE] = { SA_XLOCKED, PRISON_STATE_INVALID },
		[PR_METHOD_GET] = { SA_SLOCKED, PRISON_STATE_ALIVE },
		[PR_METHOD_SET] = { SA_XLOCKED, PRISON_STATE_INVALID },
		[PR_METHOD_CHECK] = { SA_XLOCKED, PRISON_STATE_INVALID },
		[PR_METHOD_ATTACH] = { SA_SLOCKED, PRISON_STATE_ALIVE },
		[PR_METHOD_REMOVE] = { SA_XLOCKED, PRISON_STATE_DYING },
	};

	sx_assert(&allprison_lock, expected[method].lock);
	mtx_assert(&pr->pr_mtx, MA_NOTOWNED);
	CHECK(pr->pr_state == expected[method].state);
	CHECK(curvnet == NULL);
}

static void
attach_main(void *arg)
{
	CHECK(vs_jail_attach(*(int *)arg) == 0);
}

static void
test_methods(void **state)
{
	static const int order[] = { PR_METHOD_CHECK, PR_METHOD_CREATE,
	    PR_METHOD_SET, PR_METHOD_ATTACH, PR_METHOD_GET, PR_METHOD_REMOVE };
	struct jail_module *m = module_load(0);
	size_t i;
	int j;

	m->hook = method_context;
	j = create("name=a persist");
	run(attach_main, &j);
	vs_jail_settle();
	assert_int_equal(vs_jail_find("a", false, NULL), 0);
	jail_remove(j);
	assert_int_equal(m->ncalls, nitems(order));
	for (i = 0; i < nitems(order); i++)
		assert_int_equal(m->calls[i].method, order[i]);
	module_unload(0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slots),
		TEST(test_never_set),
		TEST(test_deregister),
		TEST(test_after_vnet),
		TEST(test_remove_fails),
		TEST(test_methods),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
