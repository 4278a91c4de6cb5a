/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The index table.
 */
#include "if_test.h"

#include <sys/epoch.h>
#include <net/if_private.h>
#include <net/if_types.h>

static if_t
tst_attach(int unit)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "tst", unit);
	if_attach(ifp);
	return (ifp);
}

static void
tst_detach(if_t ifp)
{
	if_detach(ifp);
	if_free(ifp);
}

static void
dense_main(void *arg)
{
	if_t ifps[40];
	int i, first;

	CURVNET_SET(vnet0);
	for (i = 0; i < 40; i++) {
		ifps[i] = tst_attach(i);
		CHECK(if_getindex(ifps[i]) == if_getindex(ifps[0]) + i);
	}
	/* The lowest free one, whatever was freed last. */
	first = if_getindex(ifps[10]);
	tst_detach(ifps[30]);
	tst_detach(ifps[10]);
	tst_detach(ifps[20]);
	ifps[10] = tst_attach(10);
	CHECK(if_getindex(ifps[10]) == first);
	ifps[20] = tst_attach(20);
	CHECK(if_getindex(ifps[20]) == first + 10);
	ifps[30] = tst_attach(30);
	for (i = 0; i < 40; i++)
		tst_detach(ifps[i]);
	CURVNET_RESTORE();
}

static void
test_dense(void **state)
{
	run(dense_main, NULL);
}

/* From nothing to more than the table had room for at first. */
static void
test_from_empty(void **state)
{
	const struct vs_config config = { .modules = "if_disc" };
	struct vs_if_info info;
	char name[16];
	int i;

	boot_with(&config);
	for (i = 0; i < 9; i++) {
		IFC(0, 0, "create disc");
		snprintf(name, sizeof(name), "disc%d", i);
		assert_int_equal(look(0, name, &info), 0);
		assert_int_equal(info.index, 1 + i);
	}
	check_invariants();
}

static void
generation_main(void *arg)
{
	struct epoch_tracker et;
	if_t old, new;
	int idx, gen;

	CURVNET_SET(vnet0);
	old = tst_attach(0);
	idx = if_getindex(old);
	gen = if_getidxgen(old);
	NET_EPOCH_ENTER(et);
	CHECK(ifnet_byindexgen(idx, gen) == old);
	CHECK(ifnet_byindex(idx) == old);
	NET_EPOCH_EXIT(et);
	if_ref(old);
	tst_detach(old);
	new = tst_attach(1);
	CHECK(if_getindex(new) == idx);
	NET_EPOCH_ENTER(et);
	CHECK(ifnet_byindexgen(idx, gen) == NULL);
	CHECK(ifnet_byindex(idx) == new);
	CHECK(ifnet_byindex(0) == NULL);
	CHECK(ifnet_byindex(idx + 1) == NULL);
	NET_EPOCH_EXIT(et);
	/* Whoever has a reference can still look at the old one. */
	CHECK((if_getflags(old) & IFF_DYING) != 0);
	CHECK(strcmp(if_name(old), "tst0") == 0);
	if_rele(old);
	tst_detach(new);
	CURVNET_RESTORE();
}

static void
test_generation(void **state)
{
	run(generation_main, NULL);
}

static const void *jail_vnet;

static if_t
tst_attach_host(void)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = tst_attach(0);
	CURVNET_RESTORE();
	return (ifp);
}

static void
other_vnet_main(void *arg)
{
	struct epoch_tracker et;
	if_t ifp;

	ifp = tst_attach_host();
	CURVNET_SET(__DECONST(struct vnet *, jail_vnet));
	NET_EPOCH_ENTER(et);
	CHECK(ifnet_byindex(if_getindex(ifp)) == NULL);
	CHECK(ifnet_byindex_ref(if_getindex(ifp)) == NULL);
	CHECK(ifnet_byindexgen(if_getindex(ifp), if_getidxgen(ifp)) == ifp);
	NET_EPOCH_EXIT(et);
	CURVNET_RESTORE();
	tst_detach(ifp);
}

static void
test_other_vnet(void **state)
{
	struct vs_jail_info info;

	assert_int_equal(vs_jail_inspect(jail_make("name=j vnet persist"),
	    &info), 0);
	jail_vnet = info.vnet;
	run(other_vnet_main, NULL);
}

/* Reserved, but not attached: no reference for strangers. */
static bool unnamed_found;

static void
unnamed_main(void *arg)
{
	struct epoch_tracker et;
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	NET_EPOCH_ENTER(et);
	CHECK(ifnet_byindex(if_getindex(ifp)) == ifp);
	unnamed_found = ifnet_byindex_ref(if_getindex(ifp)) != NULL;
	NET_EPOCH_EXIT(et);
	if (unnamed_found)
		if_rele(ifp);
	if_free(ifp);
	CURVNET_RESTORE();
}

static void
test_unnamed(void **state)
{
	run(unnamed_main, NULL);
	assert_true(unnamed_found);
}

static void
test_unnamed_fixed(void **state)
{
	run(unnamed_main, NULL);
	assert_false(unnamed_found);
}

#ifdef INVARIANTS
static void
twice_main(void *arg)
{
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = if_alloc(IFT_OTHER);
	if_ref(ifp);
	if_free(ifp);
	if_free(ifp);
	CURVNET_RESTORE();
}
#endif

static void
test_free_twice(void **state)
{
#ifdef INVARIANTS
	expect_panic(twice_main, NULL, "Assertion ife->ife_ifnet == ifp*");
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_dense),
		BARE(test_from_empty),
		BOTH(test_generation),
		BOTH(test_other_vnet),
		S15(test_unnamed),
		FIXED(test_unnamed_fixed),
		BARE(test_free_twice),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
