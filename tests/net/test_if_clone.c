/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cloners: creating and destroying by name, units, registration.
 */
#include "if_test.h"

#include <sys/lock.h>
#include <sys/sx.h>
#include <net/if_clone.h>
#include <net/if_private.h>
#include <net/if_types.h>

/* --- with the drivers ---------------------------------------------------- */

static void
test_create_units(void **state)
{
	struct vs_if_info info;

	IFC(0, 0, "create disc");
	assert_string_equal(made, "disc0");
	assert_int_equal(look(0, "disc0", &info), 0);
	assert_string_equal(info.groups, "all disc");
	assert_true(info.index > 0);
	assert_false((info.flags & IFF_UP) != 0);
	assert_ptr_equal(info.vnet, info.home_vnet);
	IFC(0, 0, "create disc");
	assert_string_equal(made, "disc1");
	IFC(EEXIST, 0, "create disc0");
	IFC(0, 0, "create disc7");
	IFC(0, 0, "create disc");
	assert_string_equal(made, "disc2");
	IFC(EINVAL, 0, "create disc07");
	IFC(ENOSPC, 0, "create disc32768");
	IFC(0, 0, "create disc32767");
	IFC(EINVAL, 0, "create nosuch0");
}

static void
test_create_skips_taken_name(void **state)
{
	int i;

	IFC(0, 0, "create disc");
	IFC(0, 0, "create disc");
	IFC(0, 0, "name disc1 disc5");
	IFC(EEXIST, 0, "create disc5");
	/* Unit 1 stays disc5's; 5 is skipped because of the name. */
	for (i = 2; i <= 4; i++)
		IFC(0, 0, "create disc");
	assert_string_equal(made, "disc4");
	IFC(0, 0, "create disc");
	assert_string_equal(made, "disc6");
}

static void
test_create_privilege(void **state)
{
	int n = jail_make("name=n persist");

	assert_int_equal(ifc_as(0, 1001, "create disc"), EPERM);
	IFC(EPERM, n, "create disc");
	assert_false(exists(0, "disc0"));
}

static void
test_create_in_jail(void **state)
{
	int j = jail_make("name=j vnet persist");
	struct vs_if_info h, v;

	IFC(0, 0, "create disc");
	IFC(0, j, "create disc");
	assert_string_equal(made, "disc0");
	assert_int_equal(look(0, "disc0", &h), 0);
	assert_int_equal(look(j, "disc0", &v), 0);
	assert_ptr_not_equal(h.ifnet, v.ifnet);
	assert_ptr_equal(v.home_vnet, v.vnet);
	assert_int_not_equal(h.index, v.index);
}

static void
test_epair(void **state)
{
	struct vs_if_info a, b;

	IFC(0, 0, "create epair");
	assert_string_equal(made, "epair0a");
	assert_int_equal(look(0, "epair0a", &a), 0);
	assert_int_equal(look(0, "epair0b", &b), 0);
	assert_true((a.flags & IFF_DRV_RUNNING) != 0);
	assert_true((b.flags & IFF_DRV_RUNNING) != 0);
	assert_int_equal(a.link_state, LINK_STATE_UP);
	assert_false(((a.flags | b.flags) & IFF_UP) != 0);
	assert_memory_not_equal(a.lladdr, b.lladdr, 6);
	assert_string_equal(b.groups, "all epair");
	IFC(EINVAL, 0, "create epair0a");
	IFC(0, 0, "destroy epair0b");
	assert_false(exists(0, "epair0a"));
	IFC(0, 0, "create epair0");
}

static void
test_epair_half_taken(void **state)
{
	IFC(0, 0, "create disc");
	IFC(0, 0, "name disc0 epair3b");
	IFC(EEXIST, 0, "create epair3");
	assert_false(exists(0, "epair3a"));
	IFC(0, 0, "name epair3b x");
	IFC(0, 0, "create epair3");
}

static void
test_destroy_errors(void **state)
{
	IFC(ENXIO, 0, "destroy nosuch0");
	events_begin();
	IFC(EINVAL, 0, "destroy lo0");
	events_end();
	assert_string_equal(groups(0, "lo0"), "all lo");
	static const char *const want[] = {
		"event: group_change_event lo vnet=0",
		"event: group_detach_event lo vnet=0",
		"event: group_attach_event lo vnet=0",
		"event: group_change_event lo vnet=0",
	};
	expect_events(want, nitems(want), ",kevent,netlink,");
	IFC(0, 0, "create lo1");
	IFC(0, 0, "destroy lo1");
	IFC(EINVAL, 0, "destroy lo0");
}

/* With another in the group, the group does not go and come back. */
static void
test_destroy_lo_in_company(void **state)
{
	static const char *const want[] = {
		"event: group_change_event lo vnet=0",
		"event: group_change_event lo vnet=0",
	};

	IFC(0, 0, "create lo1");
	events_begin();
	IFC(EINVAL, 0, "destroy lo0");
	events_end();
	expect_events(want, nitems(want), ",kevent,netlink,");
	assert_true(exists(0, "lo0"));
}

static void
test_destroy_renamed(void **state)
{
	IFC(0, 0, "create epair");
	IFC(0, 0, "name epair0a x");
	IFC(ENXIO, 0, "destroy epair0a");
	IFC(0, 0, "destroy x");
	assert_false(exists(0, "epair0b"));
}

static void
destroy_both(const char *one, const char *two)
{
	struct ifc a, b;

	ifc_start(&a, 0, "destroy %s", one);
	ifc_start(&b, 0, "destroy %s", two);
	(void)ifc_wait(&a);
	(void)ifc_wait(&b);
	assert_true((a.error == 0 && b.error == ENXIO) ||
	    (a.error == ENXIO && b.error == 0));
}

static void
test_destroy_twice_at_once(void **state)
{
	int i;

	for (i = 0; i < 10; i++) {
		IFC(0, 0, "create disc0");
		destroy_both("disc0", "disc0");
		IFC(0, 0, "create epair0");
		destroy_both("epair0a", "epair0b");
	}
}

/* --- a driver of our own ------------------------------------------------- */

static int tst_error;		/* what destroy answers */
static int tst_last_unit;
static struct if_clone *tst_cloner;

static int
tst_create(struct if_clone *ifc, char *name, size_t len, struct ifc_data *ifd,
    if_t *ifpp)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "tst", ifd->unit);
	if_attach(ifp);
	tst_last_unit = ifd->unit;
	*ifpp = ifp;
	return (0);
}

static int
tst_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	/* Nobody destroys without it, whoever called (jails, row 82). */
	sx_assert(&ifnet_detach_sxlock, SA_XLOCKED);
	if (tst_error != 0 && (flags & IFC_F_FORCE) == 0)
		return (tst_error);
	if_detach(ifp);
	if_free(ifp);
	return (0);
}

static struct if_clone *
tst_attach(const char *name, ifc_destroy_f *destroy)
{
	struct if_clone_addreq req = {
		.create_f = tst_create,
		.destroy_f = destroy,
		.flags = IFC_F_AUTOUNIT,
	};
	struct if_clone *ifc;

	CURVNET_SET(vnet0);
	ifc = ifc_attach_cloner(name, &req);
	CURVNET_RESTORE();
	return (ifc);
}

static void
tst_detach(void *arg)
{
	CURVNET_SET(vnet0);
	ifc_detach_cloner(tst_cloner);
	CURVNET_RESTORE();
}

static void
register_main(void *arg)
{
	CHECK((tst_cloner = tst_attach("tst", tst_destroy)) != NULL);
	CHECK(tst_attach("tst", tst_destroy) == NULL);
	CHECK(tst_attach("tst4567890", tst_destroy) == NULL);
	CHECK(tst_attach("tstnone", NULL) == NULL);
}

static void
test_register(void **state)
{
	run(register_main, NULL);
	IFC(0, 0, "create tst");
	IFC(0, 0, "destroy tst0");
	run(tst_detach, NULL);
	IFC(EINVAL, 0, "create tst");
}

static void
tst_list_main(void *arg)
{
	struct if_clonereq ifcr = { .ifcr_count = -1 };
	char names[16] = "";

	CURVNET_SET(vnet0);
	CHECK(if_clone_list(&ifcr) == EINVAL);
	ifcr.ifcr_count = 0;
	CHECK(if_clone_list(&ifcr) == 0);
	CHECK(ifcr.ifcr_total >= 5);
	ifcr.ifcr_count = 1;
	ifcr.ifcr_buffer = names;
	CHECK(if_clone_list(&ifcr) == 0);
	CHECK(strcmp(names, "tst") == 0);
	CHECK(ifcr.ifcr_total >= 5);
	CURVNET_RESTORE();
}

static void
test_list(void **state)
{
	run(register_main, NULL);
	run(tst_list_main, NULL);
	run(tst_detach, NULL);
}

static void
test_destroy_refused(void **state)
{
	static const char *const want[] = {
		"event: group_change_event tst vnet=0",
		"event: group_detach_event tst vnet=0",
		"event: group_attach_event tst vnet=0",
		"event: group_change_event tst vnet=0",
	};

	run(register_main, NULL);
	IFC(0, 0, "create tst");
	tst_error = EBUSY;
	events_begin();
	IFC(EBUSY, 0, "destroy tst0");
	events_end();
	expect_events(want, nitems(want), ",kevent,netlink,");
	assert_string_equal(groups(0, "tst0"), "all tst");
	tst_error = 0;
	IFC(0, 0, "destroy tst0");
	run(tst_detach, NULL);
}

static void
test_detach_takes_all(void **state)
{
	int j = jail_make("name=j vnet persist");

	run(register_main, NULL);
	IFC(0, 0, "create tst");
	IFC(0, 0, "create tst");
	IFC(0, 0, "create tst");
	IFC(0, 0, "vnet tst1 %d", j);
	tst_error = EBUSY;
	events_begin();
	run(tst_detach, NULL);
	events_end();
	tst_error = 0;
	assert_int_equal(event_count("event",
	    "ifnet_departure_event tst? vnet=0"), 2);
	assert_int_equal(event_count("event",
	    "ifnet_departure_event tst1 vnet=1"), 1);
	assert_false(exists(j, "tst1"));
}

/* Newest first, and what was refused counts as new again. */
static void
test_refused_is_first(void **state)
{
	int first, second;

	run(register_main, NULL);
	IFC(0, 0, "create tst");
	IFC(0, 0, "create tst");
	tst_error = EBUSY;
	IFC(EBUSY, 0, "destroy tst0");
	events_begin();
	run(tst_detach, NULL);
	events_end();
	tst_error = 0;
	first = event_after(-1, "event", "ifnet_departure_event tst0*");
	second = event_after(-1, "event", "ifnet_departure_event tst1*");
	assert_true(first >= 0 && second > first);
}

/* --- the old registration calls ------------------------------------------ */

static int
simple_create(struct if_clone *ifc, int unit, caddr_t params)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "simp", unit);
	if_attach(ifp);
	return (0);
}

static void
simple_destroy(if_t ifp)
{
	if_detach(ifp);
	if_free(ifp);
}

static void
simple_main(void *arg)
{
	CURVNET_SET(vnet0);
	tst_cloner = if_clone_simple("simp", simple_create, simple_destroy, 2);
	CHECK(tst_cloner != NULL);
	CURVNET_RESTORE();
}

static void
test_simple(void **state)
{
	run(simple_main, NULL);
	assert_true(exists(0, "simp0"));
	assert_true(exists(0, "simp1"));
	IFC(EINVAL, 0, "destroy simp1");
	IFC(0, 0, "create simp");
	assert_string_equal(made, "simp2");
	IFC(0, 0, "destroy simp2");
	run(tst_detach, NULL);
	assert_false(exists(0, "simp0"));
}

/* Somebody is quicker than the cloner: who looks for a name finds nothing. */
static int lost_jid;

static int
lost_create(struct if_clone *ifc, int unit, caddr_t params)
{
	struct ifc c = { .jid = 0 };
	int error;

	if ((error = simple_create(ifc, unit, params)) != 0)
		return (error);
	if (lost_jid != 0)
		snprintf(c.text, sizeof(c.text), "vnet simp%d %d", unit,
		    lost_jid);
	else
		snprintf(c.text, sizeof(c.text), "name simp%d quick", unit);
	c.thread = vs_thread_create(ifc_main, &c, "ifconfig");
	CHECK(vs_thread_join(c.thread) == NULL);
	return (c.error);
}

static void
lost_main(void *arg)
{
	CURVNET_SET(vnet0);
	tst_cloner = if_clone_simple("simp", lost_create, simple_destroy, 0);
	CHECK(tst_cloner != NULL);
	CURVNET_RESTORE();
}

static void
quick_end(void *arg)
{
	CURVNET_SET(vnet0);
	simple_destroy(ifunit("quick"));
	CURVNET_RESTORE();
}

static void
test_created_lost(void **state)
{
	lost_jid = 0;
	run(lost_main, NULL);
	IFC(ENXIO, 0, "create simp");
	assert_true(exists(0, "quick"));
	IFC(ENXIO, 0, "destroy quick");
	run(tst_detach, NULL);
	assert_true(exists(0, "quick"));
	run(quick_end, NULL);
}

static void
test_created_lost_fixed(void **state)
{
	lost_jid = 0;
	run(lost_main, NULL);
	IFC(0, 0, "create simp");
	assert_string_equal(made, "quick");
	IFC(0, 0, "destroy quick");
	lost_jid = jail_make("name=j vnet persist");
	IFC(0, 0, "create simp");
	assert_true(exists(lost_jid, "simp0"));
	/* It is its cloner's, and so ends with it. */
	run(tst_detach, NULL);
	assert_false(exists(lost_jid, "simp0"));
}

static int
adv_match(struct if_clone *ifc, const char *name)
{
	return (strncmp(name, "adv", 3) == 0);
}

static int
adv_create(struct if_clone *ifc, char *name, size_t len, caddr_t params)
{
	int error, unit = -1;
	if_t ifp;

	if ((error = ifc_alloc_unit(ifc, &unit)) != 0)
		return (error);
	ifp = if_alloc(IFT_OTHER);
	if_initname(ifp, "adv", unit);
	snprintf(name, len, "adv%d", unit);
	if_attach(ifp);
	return (0);
}

static void
adv_main(void *arg)
{
	CURVNET_SET(vnet0);
	tst_cloner = if_clone_advanced("adv", 0, adv_match, adv_create, NULL);
	CHECK(tst_cloner != NULL);
	CURVNET_RESTORE();
}

static void
adv_end(void *arg)
{
	struct if_clone *ifc = tst_cloner;
	if_t ifp;

	CURVNET_SET(vnet0);
	ifp = ifunit("adv0");
	CHECK(ifc_unlink_ifp(ifc, ifp));
	if_detach(ifp);
	if_free(ifp);
	ifc_free_unit(ifc, 0);
	ifc_detach_cloner(ifc);
	CURVNET_RESTORE();
}

static void
test_advanced_without_destroy(void **state)
{
	run(adv_main, NULL);
	IFC(0, 0, "create adv");
	assert_string_equal(made, "adv0");
	IFC(ENOTSUP, 0, "destroy adv0");
	assert_true(exists(0, "adv0"));
	run(adv_end, NULL);
}

/* --- units --------------------------------------------------------------- */

static void
name2unit_main(void *arg)
{
	int unit;

	CHECK(ifc_name2unit("disc", &unit) == 0 && unit == -1);
	CHECK(ifc_name2unit("disc0", &unit) == 0 && unit == 0);
	CHECK(ifc_name2unit("disc42", &unit) == 0 && unit == 42);
	CHECK(ifc_name2unit("disc042", &unit) == EINVAL);
	CHECK(ifc_name2unit("disc4x", &unit) == EINVAL);
	CHECK(ifc_name2unit("disc99999999999", &unit) == EINVAL);
}

static void
test_name2unit(void **state)
{
	run(name2unit_main, NULL);
}

/* A module's destructor may run where its constructor never did. */
static void
detach_null(void *arg)
{
	CURVNET_SET(vnet0);
	if_clone_detach(NULL);
	CURVNET_RESTORE();
}

static void
test_detach_null(void **state)
{
	run(detach_null, NULL);
}

static void
test_detach_null_faithful(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	const struct vs_outcome *o;

	skip_if_sanitized();
	boot_with(&config);
	o = vs_run(detach_null, NULL);
	assert_non_null(o);
	assert_int_equal(o->kind, VS_SIGNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_create_units),
		BOTH(test_create_skips_taken_name),
		BOTH(test_create_privilege),
		BOTH(test_create_in_jail),
		BOTH(test_epair),
		BOTH(test_epair_half_taken),
		BOTH(test_destroy_errors),
		BOTH(test_destroy_lo_in_company),
		BOTH(test_destroy_renamed),
		BOTH(test_destroy_twice_at_once),
		BOTH(test_register),
		BOTH(test_list),
		BOTH(test_destroy_refused),
		BOTH(test_detach_takes_all),
		BOTH(test_refused_is_first),
		BOTH(test_simple),
		S15(test_created_lost),
		FIXED(test_created_lost_fixed),
		BOTH(test_advanced_without_destroy),
		FIXED(test_name2unit),
		FIXED(test_detach_null),
		BARE(test_detach_null_faithful),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
