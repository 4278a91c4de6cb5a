/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Constructors and destructors of vnets: their order, klds that come and go
 * while vnets do, and the windows between the two (catalogue entries
 * constructor-missed-by-new-vnet, destructor-skipped-for-dying-vnet,
 * new-vnet-copies-master-too-early, detach-vs-sysinit-abba,
 * destructor-without-constructor).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <net/vnet.h>

#include <vnetsim/fail.h>
#include <vnetsim/syscalls.h>

#include "test.h"
#include "tkld_a.h"
#include "tlog.h"

static const struct vs_config fixed = { .modules = "" };
static const struct vs_config s15 = { .modules = "", .profile = "S15" };

static int
setup(void **state)
{

	tlog_clear();
	return (0);
}

#define	STEST(fn)	cmocka_unit_test_setup_teardown((fn), setup,	\
			    test_teardown)

/* --- the program's own records ------------------------------------------ */

static bool noting;

static void
note(const void *arg)
{

	if (noting)
		tlog(arg);
}

VNET_SYSINIT(first, SI_SUB_INIT_IF, SI_ORDER_FIRST, note, "first");
VNET_SYSINIT(any_a, SI_SUB_PSEUDO, SI_ORDER_ANY, note, "a");
VNET_SYSINIT(any_b, SI_SUB_PSEUDO, SI_ORDER_ANY, note, "b");
VNET_SYSINIT(second, SI_SUB_PSEUDO, SI_ORDER_SECOND, note, "second");
VNET_SYSINIT(last, SI_SUB_VNET_DONE, SI_ORDER_ANY, note, "last");
VNET_SYSUNINIT(last, SI_SUB_VNET_DONE, SI_ORDER_ANY, note, "-last");
VNET_SYSUNINIT(any_a, SI_SUB_PSEUDO, SI_ORDER_ANY, note, "-a");
VNET_SYSUNINIT(any_b, SI_SUB_PSEUDO, SI_ORDER_ANY, note, "-b");
VNET_SYSUNINIT(first, SI_SUB_INIT_IF, SI_ORDER_FIRST, note, "-first");

static void
order_in(void *arg)
{
	struct vnet *vnet;

	noting = true;
	vnet = vnet_alloc();
	vnet_destroy(vnet);
	noting = false;
}

static void
order(void **state)
{

	boot_with(&fixed);
	run(order_in, NULL);
	assert_string_equal(tlog_text(),
	    "first second a b last -last -b -a -first");
	shutdown_clean();
}

/* When an interface is detached in full and when in short (net/if.c). */
static void
state_at_last(const void *arg)
{

	if (!noting)
		return;
	CHECK(curvnet->vnet_shutdown);
	CHECK(curvnet->vnet_state == SI_SUB_VNET_DONE);
}
VNET_SYSUNINIT(state_last, SI_SUB_VNET_DONE, SI_ORDER_ANY, state_at_last,
    NULL);

static void
state_below(const void *arg)
{

	if (!noting)
		return;
	CHECK(curvnet->vnet_shutdown);
	CHECK(curvnet->vnet_state == SI_SUB_PROTO_END);
}
VNET_SYSUNINIT(state_below, SI_SUB_PROTO_END, SI_ORDER_ANY, state_below, NULL);

static void
state_up(const void *arg)
{

	if (!noting)
		return;
	CHECK(!curvnet->vnet_shutdown);
	CHECK(curvnet->vnet_state == SI_SUB_PROTO_BEGIN);
}
VNET_SYSINIT(state_up, SI_SUB_PROTO_BEGIN, SI_ORDER_ANY, state_up, NULL);

/* --- klds that come and go ---------------------------------------------- */

static struct vnet *vnets[4];

static void
make_vnet(void *arg)
{

	*(struct vnet **)arg = vnet_alloc();
}

static void
unmake_vnet(void *arg)
{

	vnet_destroy(*(struct vnet **)arg);
}

static void
load_a(void *arg)
{

	CHECK(vs_kldload("tkld_a", NULL) == 0);
}

static void
unload_a(void *arg)
{

	CHECK(vs_kldunload("tkld_a") == 0);
}

static void
check_value(void *arg)
{
	struct vnet *vnet = *(struct vnet **)arg;

	CHECK(VNET_VNET(vnet, tkld_a_value) == 5);
	CHECK(VNET_VNET(vnet, tkld_a_seen) == 5);
}

static void
check_zero(void *arg)
{
	struct vnet *vnet = *(struct vnet **)arg;

	CHECK(VNET_VNET(vnet, tkld_a_value) == 0);
	CHECK(VNET_VNET(vnet, tkld_a_seen) == 0);
}

static void
in_all_vnets(void **state)
{

	boot_with(&fixed);
	run(make_vnet, &vnets[0]);
	run(make_vnet, &vnets[1]);
	run(load_a, NULL);
	assert_string_equal(tlog_text(), "a.load a.vnet_init a.vnet_init "
	    "a.vnet_init a.init");
	assert_ptr_equal(tlog_vnet("a.vnet_init", 0), vnets[1]);
	assert_ptr_equal(tlog_vnet("a.vnet_init", 1), vnets[0]);
	assert_ptr_equal(tlog_vnet("a.vnet_init", 2), vnet0);
	run(check_value, &vnets[0]);
	run(check_value, &vnet0);
	run(make_vnet, &vnets[2]);
	run(check_value, &vnets[2]);
	tlog_clear();
	run(unload_a, NULL);
	assert_string_equal(tlog_text(), "a.quiesce a.unload a.uninit "
	    "a.vnet_uninit a.vnet_uninit a.vnet_uninit a.vnet_uninit");
	assert_ptr_equal(tlog_vnet("a.vnet_uninit", 0), vnets[2]);
	assert_ptr_equal(tlog_vnet("a.vnet_uninit", 3), vnet0);
	/* It is gone from the list of destructors. */
	tlog_clear();
	run(unmake_vnet, &vnets[1]);
	run(unmake_vnet, &vnets[0]);
	run(unmake_vnet, &vnets[2]);
	assert_string_equal(tlog_text(), "");
	shutdown_clean();
}

/* --- windows ------------------------------------------------------------ */

/* Starts fn(arg) and waits until it stands at the fail point. */
static struct vs_thread *
stop_at(const char *point, void (*fn)(void *), void *arg)
{
	struct vs_thread *thread;

	assert_int_equal(vs_fail_point(point, "pause"), 0);
	thread = spawn(fn, arg, point);
	assert_int_equal(vs_fail_point_wait(point, 1), 0);
	return (thread);
}

static void
go_on(const char *point)
{

	assert_int_equal(vs_fail_point(point, "off"), 0);
}

static void
unwind(struct vnet **vnet)
{

	tlog_clear();
	run(unmake_vnet, vnet);
	run(unload_a, NULL);
	shutdown_clean();
}

/* Loaded between the constructors of a new vnet and its listing. */
static void
load_before_listing_s15(void **state)
{
	struct vs_thread *maker;

	boot_with(&s15);
	maker = stop_at("vnet_alloc_constructed", make_vnet, &vnets[0]);
	run(load_a, NULL);
	go_on("vnet_alloc_constructed");
	join(maker);
	assert_int_equal(tlog_count("a.vnet_init"), 1);
	assert_ptr_equal(tlog_vnet("a.vnet_init", 0), vnet0);
	run(check_zero, &vnets[0]);
	unwind(&vnets[0]);
}

static void
load_before_listing(void **state)
{
	struct vs_thread *maker, *loader;

	boot_with(&fixed);
	maker = stop_at("vnet_alloc_constructed", make_vnet, &vnets[0]);
	loader = spawn(load_a, NULL, "loader");
	go_on("vnet_alloc_constructed");
	join(maker);
	join(loader);
	assert_int_equal(tlog_count("a.vnet_init"), 2);
	run(check_value, &vnets[0]);
	unwind(&vnets[0]);
}

/* Loaded between the copy of the initial values and the constructors. */
static void
load_after_copy(const struct vs_config *config, void (*check)(void *))
{
	struct vs_thread *maker;

	boot_with(config);
	maker = stop_at("vnet_alloc_start", make_vnet, &vnets[0]);
	run(load_a, NULL);
	go_on("vnet_alloc_start");
	join(maker);
	assert_int_equal(tlog_count("a.vnet_init"), 2);
	run(check, &vnets[0]);
	unwind(&vnets[0]);
}

static void
load_after_copy_s15(void **state)
{

	load_after_copy(&s15, check_zero);
}

static void
load_after_copy_fixed(void **state)
{

	load_after_copy(&fixed, check_value);
}

/* Unloaded while a dying vnet waits for the locks. */
static void
unload_while_dying(const struct vs_config *config, int destructors)
{
	struct vs_thread *unmaker;

	boot_with(config);
	run(load_a, NULL);
	run(make_vnet, &vnets[0]);
	unmaker = stop_at("vnet_destroy_start", unmake_vnet, &vnets[0]);
	run(unload_a, NULL);
	go_on("vnet_destroy_start");
	join(unmaker);
	assert_int_equal(tlog_count("a.vnet_uninit"), destructors);
	shutdown_clean();
}

static void
unload_while_dying_s15(void **state)
{

	unload_while_dying(&s15, 1);
}

static void
unload_while_dying_fixed(void **state)
{

	unload_while_dying(&fixed, 2);
}

/* A vnet made between the two deregistrations has no constructor behind it. */
static void
made_between(const struct vs_config *config, int destructors)
{
	struct vs_thread *unloader;

	boot_with(config);
	run(load_a, NULL);
	unloader = stop_at("vnet_constructor_gone", unload_a, NULL);
	run(make_vnet, &vnets[0]);
	go_on("vnet_constructor_gone");
	join(unloader);
	assert_int_equal(tlog_count("a.vnet_init"), 1);
	assert_int_equal(tlog_count("a.vnet_uninit"), destructors);
	/* Loaded again, it is as good as any other. */
	run(load_a, NULL);
	tlog_clear();
	run(unload_a, NULL);
	assert_int_equal(tlog_count("a.vnet_uninit"), 2);
	run(unmake_vnet, &vnets[0]);
	shutdown_clean();
}

static void
made_between_s15(void **state)
{

	made_between(&s15, 2);
}

static void
made_between_fixed(void **state)
{

	made_between(&fixed, 1);
}

/* A vnet that goes between the two registrations. */
static void
gone_between(const struct vs_config *config, int constructors,
    int destructors)
{
	struct vs_thread *loader;

	boot_with(config);
	run(make_vnet, &vnets[0]);
	loader = stop_at("vnet_destructor_known", load_a, NULL);
	run(unmake_vnet, &vnets[0]);
	go_on("vnet_destructor_known");
	join(loader);
	assert_int_equal(tlog_count("a.vnet_init"), constructors);
	assert_int_equal(tlog_count("a.vnet_uninit"), destructors);
	shutdown_clean();
}

static void
gone_between_s15(void **state)
{

	gone_between(&s15, 1, 1);
}

static void
gone_between_fixed(void **state)
{

	gone_between(&fixed, 1, 0);
}

/* --- lock order --------------------------------------------------------- */

/* An unload and a dying vnet, each with one of the two locks. */
static void
unload_against_destroy_s15(void **state)
{
	struct vs_thread *unmaker, *unloader;

	boot_with(&s15);
	tkld_a_detaches = true;
	run(load_a, NULL);
	run(make_vnet, &vnets[0]);
	unmaker = stop_at("vnet_destroy_detach_locked", unmake_vnet, &vnets[0]);
	unloader = stop_at("vnet_destructor_locked", unload_a, NULL);
	go_on("vnet_destructor_locked");
	go_on("vnet_destroy_detach_locked");
	assert_non_null(vs_thread_join(unmaker));
	assert_non_null(vs_thread_join(unloader));
	assert_int_equal(vs_outcome()->kind, VS_DEADLOCK);
	assert_non_null(strstr(vs_outcome()->message, "ifnet_detach_sx"));
	assert_non_null(strstr(vs_outcome()->message, "vnet_sysinit_sxlock"));
	test_booted = false;
	(void)vs_shutdown();
}

static void
unload_against_destroy(void **state)
{
	struct vs_thread *unmaker, *unloader;

	boot_with(&fixed);
	tkld_a_detaches = true;
	run(load_a, NULL);
	run(make_vnet, &vnets[0]);
	unmaker = stop_at("vnet_destroy_sysinit_locked", unmake_vnet,
	    &vnets[0]);
	unloader = spawn(unload_a, NULL, "unloader");
	go_on("vnet_destroy_sysinit_locked");
	join(unmaker);
	join(unloader);
	assert_int_equal(tlog_count("a.vnet_uninit"), 2);
	assert_int_equal(vs_witness_reports(), 0);
	shutdown_clean();
}

static void
unload_disc(void *arg)
{

	CHECK(vs_kldunload("if_disc") == 0);
}

/*
 * The same with a cloner that has no interfaces.  Until P3 its module did not
 * need the second lock then.
 */
static const struct vs_outcome *
unload_cloner_against_destroy(const char *profile)
{
	const struct vs_config config = {
		.modules = "if_disc", .profile = profile
	};
	const struct vs_outcome *o, *o2;
	struct vs_thread *unmaker, *unloader;

	boot_with(&config);
	run(make_vnet, &vnets[0]);
	unmaker = stop_at("vnet_destroy_detach_locked", unmake_vnet, &vnets[0]);
	unloader = stop_at("vnet_destructor_locked", unload_disc, NULL);
	go_on("vnet_destructor_locked");
	go_on("vnet_destroy_detach_locked");
	o = vs_thread_join(unmaker);
	o2 = vs_thread_join(unloader);
	return (o != NULL ? o : o2);
}

static void
unload_empty_cloner(void **state)
{
	static const char * const profiles[] = { "P4", "S15" };
	const struct vs_outcome *o;
	int i;

	for (i = 0; i < (int)nitems(profiles); i++) {
		o = unload_cloner_against_destroy(profiles[i]);
		assert_non_null(o);
		assert_int_equal(o->kind, VS_DEADLOCK);
		test_booted = false;
		(void)vs_shutdown();
	}
	assert_clean(unload_cloner_against_destroy("P3"));
	/* The dying vnet was not on the list: its cloner is forgotten. */
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "cloner disc: 1 reference"));
}

/* One after the other they do not hurt each other, but WITNESS knows. */
static unsigned
reports_in_sequence(const struct vs_config *config)
{
	unsigned reports;

	boot_with(config);
	tkld_a_detaches = true;
	run(load_a, NULL);
	run(make_vnet, &vnets[0]);
	run(unmake_vnet, &vnets[0]);
	run(unload_a, NULL);
	reports = vs_witness_reports();
	shutdown_clean();
	return (reports);
}

static void
witness_knows(void **state)
{

#ifdef WITNESS
	assert_int_equal(reports_in_sequence(&s15), 1);
#endif
	assert_int_equal(reports_in_sequence(&fixed), 0);
}

/* --- all at once -------------------------------------------------------- */

static void
make_and_unmake(void *arg)
{
	struct vnet *pair[2];
	int i;

	for (i = 0; i < 100; i++) {
		pair[0] = vnet_alloc();
		pair[1] = vnet_alloc();
		vnet_destroy(pair[i & 1]);
		vnet_destroy(pair[(i & 1) ^ 1]);
	}
}

static void
load_and_unload(void *arg)
{
	int i;

	for (i = 0; i < 50; i++) {
		CHECK(vs_kldload(TMOD, NULL) == 0);
		CHECK(vs_kldunload("tmod") == 0);
	}
}

/*
 * Each constructor's memory is freed by a destructor, or is a leak.  Threads
 * linger in the windows now and then, for others to come through.
 */
static void
storm(void **state)
{
	static const char * const points[] = {
		"vnet_alloc_start", "vnet_alloc_constructed",
		"vnet_destroy_start", "vnet_destroy_sysinit_locked",
		"vnet_constructor_gone", "vnet_destructor_known",
	};
	struct vs_thread *threads[3];
	int i;

	boot_with(&fixed);
	for (i = 0; i < (int)nitems(points); i++)
		assert_int_equal(vs_fail_point(points[i], "10%sleep(1)"), 0);
	threads[0] = spawn(load_and_unload, NULL, "loader");
	threads[1] = spawn(make_and_unmake, NULL, "maker");
	threads[2] = spawn(make_and_unmake, NULL, "maker");
	for (i = 0; i < 3; i++)
		join(threads[i]);
	assert_int_equal(vs_witness_reports(), 0);
	shutdown_clean();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STEST(order),
		STEST(in_all_vnets),
		STEST(load_before_listing_s15),
		STEST(load_before_listing),
		STEST(load_after_copy_s15),
		STEST(load_after_copy_fixed),
		STEST(unload_while_dying_s15),
		STEST(unload_while_dying_fixed),
		STEST(made_between_s15),
		STEST(made_between_fixed),
		STEST(gone_between_s15),
		STEST(gone_between_fixed),
		STEST(unload_against_destroy_s15),
		STEST(unload_against_destroy),
		STEST(unload_empty_cloner),
		STEST(witness_knows),
		STEST(storm),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
