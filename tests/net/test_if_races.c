/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Races between create, destroy, move and jail removal, led step by step
 * through pause points: what each profile makes of them.
 */
#include "if_test.h"

#include <net/if_clone.h>
#include <net/if_types.h>

static int j;

static void
pause_at(const char *point)
{
	assert_int_equal(vs_fail_point(point, "1*pause"), 0);
}

/* Waits for a thread to arrive. */
static void
arrived(const char *point)
{
	assert_int_equal(vs_fail_point_wait(point, 1), 0);
}

static void
go_on(const char *point)
{
	assert_int_equal(vs_fail_point(point, "off"), 0);
}

/* Starts a command, as ifc_start() does, and holds it at a point. */
#define	HOLD_AT(point, ...) do {					\
	pause_at(point);						\
	ifc_start(__VA_ARGS__);						\
	arrived(point);							\
} while (0)

/* Lets a command go on from there, to its result. */
static int
release(struct ifc *c, const char *point)
{
	go_on(point);
	return (ifc_wait(c));
}

/*
 * A freed interface is in use.  Without assertions that may show only when
 * the kernel is run down.
 */
static void
expect_bad_end(const struct vs_outcome *o)
{
	if (o == NULL) {
		test_booted = false;
		o = vs_shutdown();
	}
	assert_non_null(o);
}

static void
lend_pair(void)
{
	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create epair");
	IFC(0, 0, "vnet epair0b %d", j);
}

/* --- destroy-lands-after-reclaim: row 81 --------------------------------- */

static void
test_destroy_after_reclaim(void **state)
{
	struct ifc c;

	lend_pair();
	HOLD_AT("if_clone_destroy_cloner", &c, j, "destroy epair0b");
	IFC(0, 0, "-vnet epair0b %d", j);
	go_on("if_clone_destroy_cloner");
	/* A jail has destroyed what was no longer its own. */
	assert_int_equal(ifc_wait(&c), 0);
	assert_false(exists(0, "epair0a"));
	assert_false(exists(0, "epair0b"));
}

static void
test_destroy_after_reclaim_fixed(void **state)
{
	struct ifc c;

	lend_pair();
	HOLD_AT("if_clone_destroy_enter", &c, j, "destroy epair0b");
	IFC(0, 0, "-vnet epair0b %d", j);
	assert_int_equal(release(&c, "if_clone_destroy_enter"), ENXIO);
	assert_true(exists(0, "epair0a"));
	assert_true(exists(0, "epair0b"));
}

/* Before P4 the look-up was made under the lock, as it is again. */
static void
test_destroy_after_reclaim_p3(void **state)
{
	const struct vs_config config = { .profile = "P3" };

	boot_with(&config);
	test_destroy_after_reclaim_fixed(state);
}

/* --- cloner-freed-while-destroyer-waits: row 82 -------------------------- */

static void
test_cloner_freed(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	const struct vs_outcome *o;
	struct ifc c;

	skip_if_sanitized();
	boot_with(&config);
	j = jail_make("name=j vnet persist");
	IFC(0, j, "create disc");
	IFC(0, 0, "-vnet disc0 %d", j);
	HOLD_AT("if_clone_destroy_cloner", &c, 0, "destroy disc0");
	jail_kill(j);
	go_on("if_clone_destroy_cloner");
	o = vs_thread_join(c.thread);
	assert_non_null(o);
	assert_true(o->kind == VS_USE_AFTER_FREE || o->kind == VS_PANIC ||
	    o->kind == VS_ASSERT || o->kind == VS_SIGNAL);
}

static void
test_cloner_freed_fixed(void **state)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	IFC(0, j, "create disc");
	IFC(0, 0, "-vnet disc0 %d", j);
	HOLD_AT("if_clone_destroy_enter", &c, 0, "destroy disc0");
	jail_kill(j);
	assert_int_equal(release(&c, "if_clone_destroy_enter"), ENXIO);
}

/* --- moves against destroys: rows 43, 44 --------------------------------- */

static void
test_loan_loses(void **state)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create epair");
	HOLD_AT("if_vmove_loan_tested", &c, 0, "vnet epair0b %d", j);
	IFC(0, 0, "destroy epair0a");
	assert_int_equal(release(&c, "if_vmove_loan_tested"), ENODEV);
}

/* loan-loses-to-destroy: the generic look-up's reference was all there was. */
static void
test_loan_loses_p4(void **state)
{
#ifdef INVARIANTS
	const struct vs_config config = { .profile = "P4" };
	struct ifc c;

	boot_with(&config);
	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create disc");
	HOLD_AT("ifioctl_found", &c, 0, "vnet disc0 %d", j);
	IFC(0, 0, "destroy disc0");
	go_on("ifioctl_found");
	assert_outcome(vs_thread_join(c.thread),
	    "Assertion ifindex_holds(ifp) failed at *");
#else
	skip();
#endif
}

static void
test_loan_wins(void **state)
{
	struct ifc mover, destroyer;

	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create epair");
	HOLD_AT("if_vmove_reassigned", &mover, 0, "vnet epair0b %d", j);
	/* In transit it is in neither vnet; the other half can be found. */
	IFC(ENXIO, 0, "exists epair0b");
	IFC(ENXIO, j, "exists epair0b");
	ifc_start(&destroyer, 0, "destroy epair0a");
	assert_int_equal(release(&mover, "if_vmove_reassigned"), 0);
	assert_int_equal(ifc_wait(&destroyer), 0);
	assert_false(exists(j, "epair0b"));
}

static void
test_reclaim_loses(void **state)
{
	struct ifc c;

	lend_pair();
	HOLD_AT("if_vmove_reclaim_found", &c, 0, "-vnet epair0b %d", j);
	IFC(0, j, "destroy epair0b");
	assert_int_equal(release(&c, "if_vmove_reclaim_found"), ENODEV);
}

/* reclaim-twice: both found it, one unlinks first. */
static void
test_reclaim_twice(void **state)
{
	struct ifc c;

	lend_pair();
	HOLD_AT("if_vmove_reclaim_found", &c, 0, "-vnet epair0b %d", j);
	IFC(0, 0, "-vnet epair0b %d", j);
	assert_int_equal(release(&c, "if_vmove_reclaim_found"), ENODEV);
}

static void
test_reclaim_twice_p4(void **state)
{
#ifdef INVARIANTS
	const struct vs_config config = { .profile = "P4" };
	struct ifc c;

	boot_with(&config);
	lend_pair();
	HOLD_AT("if_vmove_reclaim_found", &c, 0, "-vnet epair0b %d", j);
	IFC(0, 0, "-vnet epair0b %d", j);
	go_on("if_vmove_reclaim_found");
	assert_outcome(vs_thread_join(c.thread),
	    "Assertion found failed at *");
#else
	skip();
#endif
}

/* --- reclaim-reports-name-too-late --------------------------------------- */

static void
test_reclaim_name(void **state)
{
	struct ifc c;

	lend_pair();
	HOLD_AT("if_vmove_reclaim_unlocked", &c, 0, "-vnet epair0b %d", j);
	IFC(0, 0, "destroy epair0a");
	assert_int_equal(release(&c, "if_vmove_reclaim_unlocked"), 0);
}

/* --- create-return-window: R26 ------------------------------------------- */

static void
test_create_window(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	struct ifc create;

	boot_with(&config);
	HOLD_AT("if_clone_create_linking", &create, 0, "create epair");
	IFC(ENXIO, 0, "destroy epair0a");
	assert_outcome(ifc_fatal(0, "destroy epair0b"), "epair_*");
}

static void
test_create_window_fixed(void **state)
{
	struct ifc create;

	HOLD_AT("if_clone_create_linking", &create, 0, "create epair");
	IFC(ENXIO, 0, "destroy epair0a");
	IFC(ENXIO, 0, "destroy epair0b");
	assert_int_equal(release(&create, "if_clone_create_linking"), 0);
	assert_string_equal(groups(0, "epair0a"), "all epair");
	assert_string_equal(groups(0, "epair0b"), "all epair");
	IFC(0, 0, "destroy epair0b");
}

/* --- group-joined-in-left-vnet: R27 -------------------------------------- */

static void
create_and_lend(void)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	HOLD_AT("if_clone_create_linking", &c, 0, "create disc");
	IFC(0, 0, "vnet disc0 %d", j);
	assert_int_equal(release(&c, "if_clone_create_linking"), 0);
}

static void
test_group_left_vnet(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	char text[1024];

	skip_if_sanitized();
	boot_with(&config);
	create_and_lend();
	assert_true(vs_check_invariants(text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "disc0: member of a group that is not"));
	/* And then it leaves that group in the wrong vnet. */
	assert_non_null(ifc_fatal(j, "destroy disc0"));
}

static void
test_group_left_vnet_fixed(void **state)
{
	create_and_lend();
	check_invariants();
	assert_string_equal(groups(j, "disc0"), "all");
	IFC(0, j, "destroy disc0");
}

/* --- group-joined-after-detach ------------------------------------------- */

static int
join_after_detach(void)
{
	struct ifc c;

	IFC(0, 0, "create disc");
	HOLD_AT("if_addgroup_enter", &c, 0, "group disc0 web");
	IFC(0, 0, "destroy disc0");
	return (release(&c, "if_addgroup_enter"));
}

static void
test_group_after_detach(void **state)
{
	const struct vs_config config = { .profile = "S15" };

	skip_if_sanitized();
	boot_with(&config);
	assert_int_equal(join_after_detach(), 0);
	/* The group keeps a member that is gone. */
	test_booted = false;
	assert_non_null(vs_shutdown());
}

static void
test_group_after_detach_fixed(void **state)
{
	assert_int_equal(join_after_detach(), ENXIO);
}

/* --- names --------------------------------------------------------------- */

static int
rename_twice(void)
{
	struct ifc c;
	int error;

	IFC(0, 0, "create disc");
	IFC(0, 0, "create disc");
	HOLD_AT("if_rename_checked", &c, 0, "name disc0 x0");
	error = ifc(0, "name disc1 x0");
	assert_int_equal(release(&c, "if_rename_checked"), 0);
	return (error);
}

static void
test_rename_taken(void **state)
{
	assert_int_equal(rename_twice(), 0);
	assert_int_equal(count_named("x0"), 2);
}

static void
test_rename_taken_fixed(void **state)
{
	assert_int_equal(rename_twice(), EEXIST);
	assert_int_equal(count_named("x0"), 1);
	assert_true(exists(0, "disc1"));
}

static void
test_rename_against_create_fixed(void **state)
{
	struct ifc c;

	IFC(0, 0, "create disc");
	HOLD_AT("if_rename_checked", &c, 0, "name disc0 lo5");
	IFC(EEXIST, 0, "create lo5");
	assert_int_equal(release(&c, "if_rename_checked"), 0);
	assert_int_equal(count_named("lo5"), 1);
}

/* A name that the driver makes up for the second half. */
static int
rename_to_half(void)
{
	struct ifc c;
	int error;

	IFC(0, 0, "create disc");
	pause_at("epair_create_named");
	ifc_start(&c, 0, "create epair");
	arrived("epair_create_named");
	error = ifc(0, "name disc0 epair0b");
	go_on("epair_create_named");
	assert_int_equal(ifc_wait(&c), 0);
	return (error);
}

static void
test_rename_to_half(void **state)
{
	assert_int_equal(rename_to_half(), 0);
	assert_int_equal(count_named("epair0b"), 2);
}

static void
test_rename_to_half_fixed(void **state)
{
	assert_int_equal(rename_to_half(), EEXIST);
	assert_int_equal(count_named("epair0b"), 1);
	IFC(0, 0, "destroy epair0a");
	IFC(0, 0, "name disc0 epair0b");
}

static int
loan_into_new_name(void)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create disc");
	HOLD_AT("if_vmove_loan_tested", &c, 0, "vnet disc0 %d", j);
	IFC(0, j, "create disc");
	return (release(&c, "if_vmove_loan_tested"));
}

static void
test_loan_taken(void **state)
{
	assert_int_equal(loan_into_new_name(), 0);
	assert_false(exists(0, "disc0"));
}

static void
test_loan_taken_fixed(void **state)
{
	assert_int_equal(loan_into_new_name(), EEXIST);
	assert_true(exists(0, "disc0"));
}

/* --- requests on interfaces that leave ----------------------------------- */

static int
rename_after(const char *meanwhile, int where)
{
	struct ifc c;

	HOLD_AT("ifioctl_found", &c, where, "name epair0b y");
	IFC(0, 0, "%s", meanwhile);
	return (release(&c, "ifioctl_found"));
}

static void
test_rename_destroyed_fixed(void **state)
{
	IFC(0, 0, "create epair");
	assert_int_equal(rename_after("destroy epair0a", 0), ENXIO);
}

static void
test_rename_reclaimed(void **state)
{
	char text[32];

	lend_pair();
	snprintf(text, sizeof(text), "-vnet epair0b %d", j);
	assert_int_equal(rename_after(text, j), 0);
	assert_true(exists(0, "y"));
}

static void
test_rename_reclaimed_fixed(void **state)
{
	char text[32];

	lend_pair();
	snprintf(text, sizeof(text), "-vnet epair0b %d", j);
	assert_int_equal(rename_after(text, j), ENXIO);
	assert_true(exists(0, "epair0b"));
}

/* The new name was kept here; where it went, somebody may have it. */
static int
rename_then_lend(void)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create disc");
	IFC(0, j, "create lo5");
	pause_at("if_rename_checked");
	ifc_start(&c, 0, "name disc0 lo5");
	arrived("if_rename_checked");
	IFC(0, 0, "vnet disc0 %d", j);
	go_on("if_rename_checked");
	return (ifc_wait(&c));
}

static void
test_rename_lent(void **state)
{
	assert_int_equal(rename_then_lend(), 0);
	assert_false(exists(j, "disc0"));
}

static void
test_rename_lent_fixed(void **state)
{
	assert_int_equal(rename_then_lend(), ENXIO);
	assert_true(exists(j, "disc0"));
	IFC(0, 0, "create lo5");
}

/* It is lent by the name that it had, and arrives with the one it has. */
static int
lend_then_rename(void)
{
	struct ifc c;

	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create disc");
	IFC(0, j, "create lo5");
	pause_at("if_vmove_loan_tested");
	ifc_start(&c, 0, "vnet disc0 %d", j);
	arrived("if_vmove_loan_tested");
	IFC(0, 0, "name disc0 lo5");
	go_on("if_vmove_loan_tested");
	return (ifc_wait(&c));
}

static void
test_lend_renamed(void **state)
{
	assert_int_equal(lend_then_rename(), 0);
	assert_false(exists(0, "lo5"));
}

static void
test_lend_renamed_fixed(void **state)
{
	assert_int_equal(lend_then_rename(), EEXIST);
	assert_true(exists(0, "lo5"));
}

/* The groups it is in by then are those of the vnet that it went to. */
static void
test_leave_group_reclaimed_fixed(void **state)
{
	struct ifc c;

	lend_pair();
	IFC(0, j, "group epair0b web");
	HOLD_AT("ifioctl_found", &c, j, "-group epair0b web");
	IFC(0, 0, "-vnet epair0b %d", j);
	IFC(0, 0, "group epair0b web");
	assert_int_equal(release(&c, "ifioctl_found"), ENXIO);
}

/* --- cloner-freed-under-create ------------------------------------------- */

static void
unload_main(void *arg)
{
	*(int *)arg = vs_kldunload("if_disc");
}

static void
test_create_holds_cloner(void **state)
{
	struct vs_thread *unload;
	struct ifc create;
	int error = -1;

	HOLD_AT("if_clone_create_found", &create, 0, "create disc");
	pause_at("if_clone_detach_unlisted");
	unload = spawn(unload_main, &error, "kldunload");
	arrived("if_clone_detach_unlisted");
	go_on("if_clone_detach_unlisted");
	assert_int_equal(release(&create, "if_clone_create_found"), 0);
	join(unload);
	assert_int_equal(error, 0);
	assert_false(exists(0, "disc0"));
}

/* --- destructor-without-constructor: row 86 ------------------------------ */

static void
unload_epair_main(void *arg)
{
	*(int *)arg = vs_kldunload("if_epair");
}

/* A vnet is made when the module's constructor has been deregistered. */
static struct vs_thread *
vnet_between(int *error)
{
	struct vs_thread *unload;

	pause_at("vnet_constructor_gone");
	unload = spawn(unload_epair_main, error, "kldunload");
	arrived("vnet_constructor_gone");
	j = jail_make("name=j vnet persist");
	go_on("vnet_constructor_gone");
	return (unload);
}

static void
test_detach_null_cloner(void **state)
{
	const struct vs_config config = { .profile = "S15" };
	const struct vs_outcome *o;
	int error = -1;

	skip_if_sanitized();
	boot_with(&config);
	o = vs_thread_join(vnet_between(&error));
	assert_non_null(o);
	assert_int_equal(o->kind, VS_SIGNAL);
}

static void
test_detach_null_cloner_fixed(void **state)
{
	int error = -1;

	join(vnet_between(&error));
	assert_int_equal(error, 0);
	IFC(EINVAL, j, "create epair");
	jail_kill(j);
}

/* --- removal of jails ---------------------------------------------------- */

/* epair-vnet-return-uaf: destroy while the other half is carried home. */
static void
test_return_against_destroy(void **state)
{
	struct ifc remove, destroy;

	lend_pair();
	HOLD_AT("vnet_if_return_collected", &remove, 0, "jremove %d", j);
	ifc_start(&destroy, 0, "destroy epair0a");
	assert_int_equal(release(&remove, "vnet_if_return_collected"), 0);
	assert_int_equal(ifc_wait(&destroy), 0);
	vs_jail_settle();
	assert_false(exists(0, "epair0b"));
}

static void
test_return_against_destroy_p0(void **state)
{
	const struct vs_config config = { .profile = "P0" };
	struct ifc remove, destroy;

	skip_if_sanitized();
	boot_with(&config);
	lend_pair();
	HOLD_AT("vnet_if_return_collected", &remove, 0, "jremove %d", j);
	ifc_start(&destroy, 0, "destroy epair0a");
	assert_clean(vs_thread_join(destroy.thread));
	go_on("vnet_if_return_collected");
	expect_bad_end(vs_thread_join(remove.thread));
}

/* sysuninit-vs-detach: what a detach purges is freed under it. */
static void
uninit_under_detach(struct ifc *destroy, struct ifc *remove)
{
	j = jail_make("name=j vnet persist");
	IFC(0, j, "create epair");
	IFC(0, 0, "-vnet epair0b %d", j);
	HOLD_AT("if_detach_quiet", destroy, 0, "destroy epair0b");
	ifc_start(remove, 0, "jremove %d", j);
}

static void
test_uninit_waits(void **state)
{
	struct ifc destroy, remove;

	uninit_under_detach(&destroy, &remove);
	assert_int_equal(release(&destroy, "if_detach_quiet"), 0);
	assert_int_equal(ifc_wait(&remove), 0);
	vs_jail_settle();
}

/* --- vmove against detach ------------------------------------------------ */

/* vmove-destroy-race: the move has the half in its hands. */
static void
test_move_destroy_p2(void **state)
{
	const struct vs_config config = { .profile = "P2" };
	struct ifc mover, destroyer;

	skip_if_sanitized();
	boot_with(&config);
	j = jail_make("name=j vnet persist");
	IFC(0, 0, "create epair");
	HOLD_AT("if_vmove_unlinked", &mover, 0, "vnet epair0b %d", j);
	ifc_start(&destroyer, 0, "destroy epair0a");
	assert_clean(vs_thread_join(destroyer.thread));
	go_on("if_vmove_unlinked");
	expect_bad_end(vs_thread_join(mover.thread));
}

static void
test_uninit_under_detach(void **state)
{
	const struct vs_config config = { .profile = "P1" };
	struct ifc destroy, remove;

	skip_if_sanitized();
	boot_with(&config);
	j = jail_make("name=j vnet persist");
	IFC(0, j, "create epair");
	IFC(0, 0, "-vnet epair0b %d", j);
	/* The first half passes; the second, in the jail, is held. */
	assert_int_equal(vs_fail_point("if_detach_quiet",
	    "1*return(0)->1*pause"), 0);
	ifc_start(&destroy, 0, "destroy epair0b");
	arrived("if_detach_quiet");
	/* The first cloner goes after the protocols have. */
	HOLD_AT("if_clone_detach_unlisted", &remove, 0, "jremove %d", j);
	go_on("if_detach_quiet");
	assert_non_null(vs_thread_join(destroy.thread));
}

/* --- a driver of our own ------------------------------------------------- */

static struct if_clone *tst_cloner;
static if_t tst;
static int tst_error;

static int
tst_create(struct if_clone *ifc, char *name, size_t len, struct ifc_data *ifd,
    if_t *ifpp)
{
	if_t ifp = if_alloc(IFT_OTHER);

	if_initname(ifp, "tst", ifd->unit);
	if_attach(ifp);
	*ifpp = tst = ifp;
	return (0);
}

static bool tst_wrong_vnet;

static int
tst_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	tst_wrong_vnet = if_getvnet(ifp) != curvnet;
	if_detach(ifp);
	if_free(ifp);
	return (0);
}

static void
tst_load(void *arg)
{
	struct if_clone_addreq req = {
		.create_f = tst_create,
		.destroy_f = tst_destroy,
		.flags = IFC_F_AUTOUNIT,
	};

	CURVNET_SET(vnet0);
	tst_cloner = ifc_attach_cloner("tst", &req);
	CURVNET_RESTORE();
}

static void
tst_unload(void *arg)
{
	CURVNET_SET(vnet0);
	ifc_detach_cloner(tst_cloner);
	CURVNET_RESTORE();
}

/* The radio is pulled out: the driver destroys by pointer. */
static void
tst_unplug_clone(void *arg)
{
	tst_error = if_clone_destroyif(tst_cloner, tst);
}

/* vmove-destroy-stale-vnet */
static void
test_stale_vnet(void **state)
{
	struct vs_thread *unplug;
	struct ifc mover;

	j = jail_make("name=j vnet persist");
	run(tst_load, NULL);
	IFC(0, 0, "create tst");
	pause_at("if_clone_destroyif_vnet");
	unplug = spawn(tst_unplug_clone, NULL, "unplug");
	arrived("if_clone_destroyif_vnet");
	ifc_start(&mover, 0, "vnet tst0 %d", j);
	go_on("if_clone_destroyif_vnet");
	join(unplug);
	assert_int_equal(tst_error, 0);
	assert_false(tst_wrong_vnet);
	(void)ifc_wait(&mover);
	assert_true(mover.error == ENXIO || mover.error == ENODEV);
	run(tst_unload, NULL);
}

static void
test_stale_vnet_p3(void **state)
{
	const struct vs_config config = { .profile = "P3" };
	struct vs_thread *unplug;

	skip_if_sanitized();
	boot_with(&config);
	j = jail_make("name=j vnet persist");
	run(tst_load, NULL);
	IFC(0, 0, "create tst");
	pause_at("if_clone_destroyif_vnet");
	unplug = spawn(tst_unplug_clone, NULL, "unplug");
	arrived("if_clone_destroyif_vnet");
	IFC(0, 0, "vnet tst0 %d", j);
	go_on("if_clone_destroyif_vnet");
	/* It acts in the vnet that the interface has left. */
	assert_clean(vs_thread_join(unplug));
	assert_int_equal(tst_error, 0);
	assert_true(tst_wrong_vnet);
	test_booted = false;
	(void)vs_shutdown();
}

/* detach-finds-nothing: an interface without cloner is pulled out. */
static void
tst_plug(void *arg)
{
	CURVNET_SET(vnet0);
	tst = if_alloc(IFT_OTHER);
	if_initname(tst, "em", 0);
	if_attach(tst);
	CURVNET_RESTORE();
}

static void
tst_unplug(void *arg)
{
	if_detach(tst);
	if_free(tst);
}

static void
test_unplug_in_transit(void **state)
{
	struct vs_thread *unplug;
	struct ifc mover;

	j = jail_make("name=j vnet persist");
	run(tst_plug, NULL);
	HOLD_AT("if_vmove_unlinked", &mover, 0, "vnet em0 %d", j);
	unplug = spawn(tst_unplug, NULL, "unplug");
	assert_int_equal(release(&mover, "if_vmove_unlinked"), 0);
	join(unplug);
	assert_false(exists(j, "em0"));
}

static void
test_unplug_in_transit_p4(void **state)
{
	const struct vs_config config = { .profile = "P4" };
	struct vs_thread *unplug;
	struct ifc mover;

	skip_if_sanitized();
	boot_with(&config);
	j = jail_make("name=j vnet persist");
	run(tst_plug, NULL);
	HOLD_AT("if_vmove_unlinked", &mover, 0, "vnet em0 %d", j);
	unplug = spawn(tst_unplug, NULL, "unplug");
	join(unplug);
	go_on("if_vmove_unlinked");
	expect_bad_end(vs_thread_join(mover.thread));
}

/* The home of an interface without cloner dies before the interface. */
static const void *plug_vnet;

static void
tst_plug_jail(void *arg)
{
	CURVNET_SET(__DECONST(struct vnet *, plug_vnet));
	tst = if_alloc(IFT_OTHER);
	if_initname(tst, "em", 0);
	if_attach(tst);
	CURVNET_RESTORE();
}

static void
test_home_dies(void **state)
{
	struct vs_jail_info jail;
	struct vs_if_info info;

	j = jail_make("name=j vnet persist");
	assert_int_equal(vs_jail_inspect(j, &jail), 0);
	plug_vnet = jail.vnet;
	run(tst_plug_jail, NULL);
	IFC(0, 0, "-vnet em0 %d", j);
	jail_kill(j);
	assert_int_equal(look(0, "em0", &info), 0);
	assert_ptr_equal(info.vnet, info.home_vnet);
	IFC(EINVAL, 0, "destroy em0");
	run(tst_unplug, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S15(test_destroy_after_reclaim),
		FIXED(test_destroy_after_reclaim_fixed),
		BARE(test_destroy_after_reclaim_p3),
		BARE(test_cloner_freed),
		FIXED(test_cloner_freed_fixed),
		BOTH(test_loan_loses),
		BARE(test_loan_loses_p4),
		BOTH(test_loan_wins),
		BOTH(test_reclaim_loses),
		BOTH(test_reclaim_twice),
		BARE(test_reclaim_twice_p4),
		FIXED(test_reclaim_name),
		BARE(test_create_window),
		FIXED(test_create_window_fixed),
		BARE(test_group_left_vnet),
		FIXED(test_group_left_vnet_fixed),
		BARE(test_group_after_detach),
		FIXED(test_group_after_detach_fixed),
		S15(test_rename_taken),
		FIXED(test_rename_taken_fixed),
		FIXED(test_rename_against_create_fixed),
		S15(test_rename_to_half),
		FIXED(test_rename_to_half_fixed),
		S15(test_loan_taken),
		FIXED(test_loan_taken_fixed),
		FIXED(test_rename_destroyed_fixed),
		S15(test_rename_reclaimed),
		FIXED(test_rename_reclaimed_fixed),
		S15(test_lend_renamed),
		FIXED(test_lend_renamed_fixed),
		S15(test_rename_lent),
		FIXED(test_rename_lent_fixed),
		FIXED(test_leave_group_reclaimed_fixed),
		FIXED(test_create_holds_cloner),
		BARE(test_detach_null_cloner),
		FIXED(test_detach_null_cloner_fixed),
		BOTH(test_return_against_destroy),
		BARE(test_return_against_destroy_p0),
		BARE(test_move_destroy_p2),
		BOTH(test_uninit_waits),
		BARE(test_uninit_under_detach),
		BOTH(test_stale_vnet),
		BARE(test_stale_vnet_p3),
		BOTH(test_unplug_in_transit),
		BARE(test_unplug_in_transit_p4),
		FIXED(test_home_dies),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
