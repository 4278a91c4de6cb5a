/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Vnets: V_ variables of a program, of a kld in the program and of a shared
 * object; curvnet; birth and death.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <net/if.h>
#include <net/if_var.h>
#include <net/vnet.h>

#include <vnetsim/syscalls.h>

#include "test.h"
#include "tkld_a.h"
#include "tlog.h"

VNET_DEFINE(int, number) = 3;
VNET_DEFINE_STATIC(char, name[16]) = "initial";
VNET_DEFINE_STATIC(long long, aligned) __aligned(64) = -1;
VNET_DEFINE_STATIC(int *, pointer);
#define	V_number	VNET(number)
#define	V_name		VNET(name)
#define	V_aligned	VNET(aligned)
#define	V_pointer	VNET(pointer)

struct teststat {
	uint64_t	ts_in;
	uint64_t	ts_out;
};
VNET_PCPUSTAT_DEFINE_STATIC(struct teststat, teststat);
VNET_PCPUSTAT_SYSINIT(teststat);
VNET_PCPUSTAT_SYSUNINIT(teststat);

static const struct vs_config bare = { .modules = "" };

static int
setup(void **state)
{

	tlog_clear();
	boot_with(&bare);
	return (0);
}

#define	VTEST(fn)	cmocka_unit_test_setup_teardown((fn), setup,	\
			    test_teardown)

static void
check_initial(struct vnet *vnet)
{

	CHECK(VNET_VNET(vnet, number) == 3);
	CHECK(strcmp(VNET_VNET(vnet, name), "initial") == 0);
	CHECK(VNET_VNET(vnet, aligned) == -1);
	CHECK(((uintptr_t)VNET_VNET_PTR(vnet, aligned) & 63) == 0);
	CHECK(VNET_VNET(vnet, pointer) == NULL);
}

static void
variables_in(void *arg)
{
	struct vnet *a, *b;

	a = vnet_alloc();
	check_initial(a);
	check_initial(vnet0);
	CURVNET_SET(a);
	V_number = 4;
	strlcpy(V_name, "other", sizeof(V_name));
	V_aligned = 1;
	V_pointer = &V_number;
	CHECK(VNET_PTR(number) == V_pointer);
	CURVNET_RESTORE();
	check_initial(vnet0);
	b = vnet_alloc();
	check_initial(b);
	/* The master is nobody's instance. */
	CHECK(VNET_NAME(number) == 3);
	CHECK(VNET_VNET(a, number) == 4);
	vnet_destroy(a);
	check_initial(b);
	vnet_destroy(b);
}

static void
variables(void **state)
{

	run(variables_in, NULL);
}

static void
set_a_value(void *arg)
{

	CURVNET_SET(vnet0);
	CHECK(VNET(tkld_a_value) == 5);
	CHECK(VNET(tkld_a_seen) == 5);
	VNET(tkld_a_value) = 6;
	CURVNET_RESTORE();
}

/* The kernel's own: a new vnet has no interfaces but what it was born with. */
static void
library_in(void *arg)
{
	struct vnet *vnet = vnet_alloc();

	CHECK(VNET_VNET_PTR(vnet, ifnet) != VNET_VNET_PTR(vnet0, ifnet));
	CHECK(&VNET_NAME(ifnet) != VNET_VNET_PTR(vnet0, ifnet));
	CURVNET_SET(vnet);
	CHECK(CK_STAILQ_EMPTY(&VNET(ifnet)) == (curvnet->vnet_ifcnt == 0));
	CURVNET_RESTORE();
	vnet_destroy(vnet);
}

/* Each kld has a block of its own, wherever its code lives. */
static void
variables_of_klds(void **state)
{
	size_t len = sizeof(int);
	int value = 0;

	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	assert_int_equal(vs_kldload(TMOD, NULL), 0);
	run(set_a_value, NULL);
	run(variables_in, NULL);
	assert_int_equal(vs_sysctl("net.tkld_a.value", &value, &len, NULL, 0),
	    0);
	assert_int_equal(value, 6);
	assert_int_equal(vs_sysctl("net.tmod.value", &value, &len, NULL, 0), 0);
	assert_int_equal(value, 12);
	run(library_in, NULL);
	/* Loaded again, it begins with the initial values. */
	assert_int_equal(vs_kldunload("tkld_a"), 0);
	assert_int_equal(vs_kldload("tkld_a", NULL), 0);
	run(set_a_value, NULL);
}

static void
list_in(void *arg)
{
	struct vnet *made[3], *vnet;
	int i;

	for (i = 0; i < 3; i++)
		made[i] = vnet_alloc();
	VNET_LIST_RLOCK();
	VNET_FOREACH(vnet)
		CHECK(i > 0 ? vnet == made[--i] : vnet == vnet0);
	CHECK(vnet0->vnet_id == 0);
	CHECK(made[0]->vnet_id == 1 && made[2]->vnet_id == 3);
	VNET_LIST_RUNLOCK();
	for (i = 0; i < 3; i++)
		vnet_destroy(made[i]);
	VNET_LIST_RLOCK_NOSLEEP();
	CHECK(LIST_FIRST(&vnet_head) == vnet0);
	CHECK(LIST_NEXT(vnet0, vnet_le) == NULL);
	VNET_LIST_RUNLOCK_NOSLEEP();
}

static void
newest_first(void **state)
{

	run(list_in, NULL);
}

static void
inner(struct vnet *vnet)
{

	CURVNET_SET_QUIET(vnet);
	CHECK(curvnet == vnet);
	CURVNET_RESTORE();
}

static void
middle(struct vnet *vnet)
{

	CURVNET_SET(vnet);
	CHECK(curvnet == vnet);
	inner(vnet);
	CHECK(curvnet == vnet);
	inner(vnet0);
	CHECK(curvnet == vnet);
	CURVNET_RESTORE();
}

static void
nesting_in(void *arg)
{
	struct vnet *vnet = vnet_alloc();

	CHECK(curvnet == NULL);
	CURVNET_SET(vnet0);
	CHECK(curvnet == vnet0 && IS_DEFAULT_VNET(curvnet));
	middle(vnet);
	CHECK(curvnet == vnet0);
	CURVNET_RESTORE();
	CHECK(curvnet == NULL);
	CHECK(vnet->vnet_state == SI_SUB_VNET_DONE);
	CHECK(vnet0->vnet_state == 0);
	vnet_destroy(vnet);
}

static void
nesting(void **state)
{

	run(nesting_in, NULL);
}

static void
counters_in(void *arg)
{
	struct vnet *vnet = vnet_alloc();

	CURVNET_SET(vnet);
	VNET_PCPUSTAT_ADD(struct teststat, teststat, ts_out, 5);
	VNET_PCPUSTAT_ADD(struct teststat, teststat, ts_in, 1);
	CHECK(VNET_PCPUSTAT_FETCH(struct teststat, teststat, ts_out) == 5);
	curvnet = vnet0;
	CHECK(VNET_PCPUSTAT_FETCH(struct teststat, teststat, ts_out) == 0);
	CURVNET_RESTORE();
	vnet_destroy(vnet);
}

static void
counters(void **state)
{

	run(counters_in, NULL);
}

typedef void (*everywhere_fn)(void *, int);
EVENTHANDLER_DECLARE(everywhere, everywhere_fn);

static void
everywhere(void *arg)
{

	tlog(arg);
}

/* An event that reaches every vnet; only vnet0 registers it. */
static void
global_handler_in(void *arg)
{
	static char what[] = "event";
	eventhandler_tag tag = NULL, none = NULL;
	struct vnet *vnet = vnet_alloc();

	CURVNET_SET(vnet);
	VNET_GLOBAL_EVENTHANDLER_REGISTER_TAG(none, everywhere, everywhere,
	    what, EVENTHANDLER_PRI_ANY);
	CHECK(none == NULL);
	curvnet = vnet0;
	VNET_GLOBAL_EVENTHANDLER_REGISTER_TAG(tag, everywhere, everywhere,
	    what, EVENTHANDLER_PRI_ANY);
	CURVNET_RESTORE();
	EVENTHANDLER_INVOKE(everywhere, 1);
	CHECK(tlog_vnet("event", 0) == vnet);
	CHECK(tlog_vnet("event", 1) == vnet0);
	CHECK(tlog_vnet("event", 2) == NULL);
	EVENTHANDLER_DEREGISTER(everywhere, tag);
	vnet_destroy(vnet);
}

static void
global_handler(void **state)
{

	run(global_handler_in, NULL);
}

static void
many_in(void *arg)
{
	struct vnet *vnets[100];
	size_t before = 0;
	int i, round;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < 100; i++)
			vnets[i] = vnet_alloc();
		for (i = 0; i < 100; i++)
			check_initial(vnets[(i * 37) % 100]);
		for (i = 0; i < 100; i++)
			vnet_destroy(vnets[(i * 37) % 100]);
		if (round == 0)
			before = vs_memory();
	}
	CHECK(vs_memory() <= before);
}

static void
many(void **state)
{

	run(many_in, NULL);
}

static void
size_in(void *arg)
{
	struct vnet *vnets[10];
	size_t before, *size = arg;
	int i;

	vnets[0] = vnet_alloc();
	before = vs_memory();
	for (i = 1; i < 10; i++)
		vnets[i] = vnet_alloc();
	*size = (vs_memory() - before) / 9;
	for (i = 0; i < 10; i++)
		vnet_destroy(vnets[i]);
}

/* With all that is linked in, a jail with its vnet is to need 16 KiB. */
static void
small(void **state)
{
	size_t size = 0;

	run(size_in, &size);
	assert_in_range(size, 1, 12 * 1024);
}

static void
forget_vnet(void *arg)
{

	(void)vnet_alloc();
}

/* A vnet that nobody destroyed is named at shutdown. */
static void
leaked_vnet(void **state)
{
	const struct vs_outcome *o;

	run(forget_vnet, NULL);
	test_booted = false;
	o = vs_shutdown();
	assert_non_null(o);
	assert_int_equal(o->kind, VS_LEAK);
	assert_non_null(strstr(o->report, "vnet1"));
}

#ifdef INVARIANTS
static void
set_nothing(void *arg)
{

	CURVNET_SET(NULL);
	CURVNET_RESTORE();
}

static void
restore_nothing(void *arg)
{

	CURVNET_SET(vnet0);
	curvnet = NULL;
	CURVNET_RESTORE();
}

#ifndef TEST_ASAN
static void
set_stale(void *arg)
{
	struct vnet *vnet = vnet_alloc();

	vnet_destroy(vnet);
	CURVNET_SET(vnet);
	CURVNET_RESTORE();
}
#endif

static void
destroy_used(void *arg)
{
	struct vnet *vnet = vnet_alloc();

	vnet->vnet_sockcnt = 1;
	vnet_destroy(vnet);
}

static void
leave_set(void *arg)
{

	curvnet = vnet0;
}

static void
assertions(void **state)
{

	expect_panic_with(&bare, set_nothing, NULL,
	    "CURVNET_SET at * set_nothing() curvnet=(nil) vnet=(nil)");
	expect_panic_with(&bare, restore_nothing, NULL,
	    "CURVNET_RESTORE at * restore_nothing() *");
#ifndef TEST_ASAN
	/* AddressSanitizer would see the read of the freed vnet first. */
	expect_panic_with(&bare, set_stale, NULL,
	    "CURVNET_SET at * set_stale() curvnet=(nil) vnet=0x*");
#endif
	expect_panic_with(&bare, destroy_used, NULL,
	    "vnet_destroy: vnet still has sockets");
	expect_panic_with(&bare, leave_set, NULL,
	    "userret: Returning on td * with vnet * set in *");
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VTEST(variables),
		VTEST(variables_of_klds),
		VTEST(newest_first),
		VTEST(nesting),
		VTEST(counters),
		VTEST(global_handler),
		VTEST(many),
		VTEST(small),
		VTEST(leaked_vnet),
#ifdef INVARIANTS
		cmocka_unit_test(assertions),
#endif
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
