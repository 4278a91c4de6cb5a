/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The host's face: boot and shutdown, what they refuse, what is found at the
 * end, and host threads that call the kernel by themselves.
 */
#include "../test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/eventhandler.h>
#include <sys/jail.h>
#include <sys/libkern.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/sx.h>
#include <sys/ucred.h>
#include <net/if.h>
#include <net/if_clone.h>
#include <net/if_private.h>
#include <net/if_types.h>
#include <net/vnet.h>

#include <vnetsim/inspect.h>
#include <vnetsim/observe.h>
#include <vnetsim/syscalls.h>

#include <sys/wait.h>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define	ROUNDS	2000

static const struct vs_config bare = { .modules = "" };

static MALLOC_DEFINE(M_FORGOTTEN, "forgotten", "what nobody frees");

/* --- what is refused ------------------------------------------------------- */

static void
nothing_main(void *arg)
{
	*(int *)arg += 1;
}

/* In a process of its own, which must die of abort(3). */
static void
assert_aborts(void (*fn)(void *), void *arg)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		fn(arg);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
run_early(void *arg)
{
	(void)vs_run(nothing_main, arg);
}

static void
create_early(void *arg)
{
	(void)vs_thread_create(nothing_main, arg, "early");
}

/* The first test of all: no kernel has ever been up. */
static void
test_without_boot(void **state)
{
	int n = 0;

	assert_null(vs_shutdown());
	assert_int_equal(vs_jail_remove(1), ENXIO);
	assert_aborts(run_early, &n);
	assert_aborts(create_early, &n);
	boot_with(&bare);
	shutdown_clean();
	/* Once more does no harm. */
	assert_null(vs_shutdown());
	assert_int_equal(n, 0);
}

static void
boot_main(void *arg)
{
	*(int *)arg = vs_boot(NULL);
}

static void
test_boot_twice(void **state)
{
	int error = 0;

	boot_with(&bare);
	assert_int_equal(vs_jail_create("name=a persist", NULL), 0);
	assert_int_equal(vs_boot(&bare), EBUSY);
	assert_int_equal(vs_boot(NULL), EBUSY);
	run(boot_main, &error);
	assert_int_equal(error, EBUSY);
	/* The one that runs has not noticed. */
	assert_int_equal(vs_jail_count(), 1);
	shutdown_clean();
}

static void
test_bad_config(void **state)
{
	const struct vs_config profile = { .profile = "P9" };
	const struct vs_config bug = { .profile = "S15,+no-such-bug" };
	const struct vs_config module = { .modules = "if_disc,if_nosuch" };

	assert_int_equal(vs_boot(&profile), EINVAL);
	assert_int_equal(vs_boot(&bug), EINVAL);
	assert_int_equal(vs_boot(&module), EINVAL);
	assert_null(vs_shutdown());
	boot_with(&bare);
	shutdown_clean();
}

/* Which modules are there from the start, which can be brought in. */
static void
test_modules(void **state)
{
	const struct vs_config some = { .modules = "if_epair,if_disc" };
	char name[16];

	boot_with(&bare);
	strlcpy(name, "disc0", sizeof(name));
	assert_int_equal(vs_if_create(name), EINVAL);
	assert_int_equal(vs_kldfind("if_disc", NULL), ENOENT);
	assert_int_equal(vs_kldload("if_disc", NULL), 0);
	assert_int_equal(vs_if_create(name), 0);
	shutdown_clean();

	boot_with(&some);
	assert_int_equal(vs_kldfind("if_epair", NULL), 0);
	assert_int_equal(vs_kldfind("if_disc", NULL), 0);
	assert_int_equal(vs_kldfind("if_edsc", NULL), ENOENT);
	shutdown_clean();

	boot();
	assert_int_equal(vs_kldfind("if_edsc", NULL), 0);
	shutdown_clean();
}

/* --- threads --------------------------------------------------------------- */

struct nested {
	int	jid;
	int	outer;		/* jails of the two threads */
	int	inner;
	int	uid;
};

static void
inner_main(void *arg)
{
	struct nested *n = arg;
	struct vs_proc_info pi;

	CHECK(vs_proc_inspect(-1, &pi) == 0);
	n->inner = pi.jid;
	n->uid = vs_getuid();
}

static void
outer_main(void *arg)
{
	struct nested *n = arg;
	struct thread *td = curthread;
	struct vs_proc_info pi;

	CHECK(vs_jail_attach(n->jid) == 0);
	CHECK(vs_setuid(1001) == 0);
	CHECK(vs_run(inner_main, n) == NULL);
	CHECK(curthread == td);
	CHECK(vs_proc_inspect(-1, &pi) == 0);
	n->outer = pi.jid;
	CHECK(vs_getuid() == 1001);
}

/* From a thread of the kernel, vs_run() makes a thread all the same. */
static void
test_nested(void **state)
{
	struct nested n = { .outer = -1, .inner = -1, .uid = -1 };

	boot_with(&bare);
	assert_int_equal(vs_jail_create("name=j persist", &n.jid), 0);
	run(outer_main, &n);
	assert_int_equal(n.outer, n.jid);
	assert_int_equal(n.inner, 0);
	assert_int_equal(n.uid, 0);
	shutdown_clean();
}

static void
nested_panic_inner(void *arg)
{
	panic("inside");
}

static void
nested_panic_outer(void *arg)
{
	(void)vs_run(nested_panic_inner, NULL);
	*(int *)arg = 1;
	/* It may still run here, but not in the kernel any more. */
	(void)vs_getpid();
	*(int *)arg = 2;
}

static void
test_nested_panic(void **state)
{
	int reached = 0;

	expect_panic_with(&bare, nested_panic_outer, &reached, "inside");
	assert_true(reached < 2);
}

static void *
host_main(void *arg)
{
	int *jid = arg;

	assert_int_equal(vs_jail_attach(*jid), 0);
	return (NULL);
}

/*
 * A host thread calls the kernel and ends without a word.  What stands in for
 * it is cleaned up after, its hold on the jail too, and that is said.
 */
static void
test_host_thread_ends(void **state)
{
	static const char said[] =
	    "a host thread ended while it was known to the kernel";
	struct vs_jail_info info;
	pthread_t thread;
	int i, jid;

	boot_with(&bare);
	assert_int_equal(vs_jail_create("name=j persist", &jid), 0);
	assert_int_equal(console_count(said), 0);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(pthread_create(&thread, NULL, host_main,
		    &jid), 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(console_count(said), i);
		assert_int_equal(vs_jail_inspect(jid, &info), 0);
		assert_int_equal(info.ref, 1);
		assert_int_equal(info.uref, 1);
	}
	shutdown_clean();
}

static pthread_barrier_t door;

static void *
host_late_main(void *arg)
{
	(void)vs_getpid();
	pthread_barrier_wait(&door);
	pthread_barrier_wait(&door);
	return (NULL);
}

/* It may also end in the time of another kernel, or of none. */
static void
test_host_thread_outlives(void **state)
{
	pthread_t thread;
	int another;

	pthread_barrier_init(&door, NULL, 2);
	for (another = 0; another < 2; another++) {
		boot_with(&bare);
		assert_int_equal(pthread_create(&thread, NULL, host_late_main,
		    NULL), 0);
		pthread_barrier_wait(&door);
		shutdown_clean();
		if (another)
			boot_with(&bare);
		pthread_barrier_wait(&door);
		assert_int_equal(pthread_join(thread, NULL), 0);
		if (another) {
			assert_string_equal(vs_console(), "");
			shutdown_clean();
		}
	}
	pthread_barrier_destroy(&door);
}

/* --- many kernels ---------------------------------------------------------- */

static void
die_main(void *arg)
{
	mtx_lock(&Giant);
	(void)malloc(100, M_FORGOTTEN, M_WAITOK);
	panic("round %d", *(int *)arg);
}

static void
test_many(void **state)
{
	char text[32], name[16];
	int i, n = 0;

	for (i = 1; i <= ROUNDS; i++) {
		boot();
		strlcpy(name, "epair", sizeof(name));
		assert_int_equal(vs_if_create(name), 0);
		assert_string_equal(name, "epair0a");
		if (i % 10 == 0) {
			snprintf(text, sizeof(text), "round %d", i);
			expect_panic(die_main, &i, text);
			continue;
		}
		run(nothing_main, &n);
		shutdown_clean();
	}
	assert_int_equal(n, ROUNDS - ROUNDS / 10);
}

static void
draw_main(void *arg)
{
	int i;

	for (i = 0; i < 8; i++)
		((uint32_t *)arg)[i] = kern_arc4random();
}

static void
draw(uint64_t seed, uint32_t *numbers)
{
	const struct vs_config config = { .modules = "", .seed = seed };

	boot_with(&config);
	run(draw_main, numbers);
	shutdown_clean();
}

static void
test_seeds(void **state)
{
	uint32_t drawn[8], again[8];

	draw(1, drawn);
	draw(1, again);
	assert_memory_equal(drawn, again, sizeof(drawn));
	draw(2, again);
	assert_memory_not_equal(drawn, again, sizeof(drawn));
	draw(0, drawn);
	draw(0, again);
	assert_memory_equal(drawn, again, sizeof(drawn));
}

/* --- what is left ---------------------------------------------------------- */

static if_t the_ifp;

static void
leak_ifnet(void *arg)
{
	CURVNET_SET(vnet0);
	the_ifp = if_alloc(IFT_OTHER);
	if_initname(the_ifp, "tst", 0);
	if_attach(the_ifp);
	if_ref(the_ifp);
	if_detach(the_ifp);
	if_free(the_ifp);
	CURVNET_RESTORE();
}

/* After a call that shall not be a jump: its caller is to be found. */
#define	NO_TAIL_CALL()	__asm__ volatile("")

static void
leak_ucred(void *arg)
{
	(void)crhold(curthread->td_ucred);
	NO_TAIL_CALL();
}

static void
leak_prison(void *arg)
{
	int jid;

	CHECK(vs_jail_create("name=held persist", &jid) == 0);
	sx_slock(&allprison_lock);
	prison_hold(TAILQ_FIRST(&allprison));
	sx_sunlock(&allprison_lock);
}

static int
never_create(struct if_clone *ifc, char *name, size_t len,
    struct ifc_data *ifd, if_t *ifpp)
{
	return (ENXIO);
}

static int
never_destroy(struct if_clone *ifc, if_t ifp, uint32_t flags)
{
	return (ENXIO);
}

static void
leak_cloner(void *arg)
{
	struct if_clone_addreq req = {
		.create_f = never_create,
		.destroy_f = never_destroy,
	};

	CURVNET_SET(vnet0);
	CHECK(ifc_attach_cloner("never", &req) != NULL);
	CURVNET_RESTORE();
}

typedef void (*forgotten_fn)(void *);
EVENTHANDLER_DECLARE(forgotten_event, forgotten_fn);

static void
forgotten(void *arg)
{
}

static void
leak_eventhandler(void *arg)
{
	(void)EVENTHANDLER_REGISTER(forgotten_event, forgotten, NULL, 0);
	NO_TAIL_CALL();
}

static void
leak_vnet(void *arg)
{
	(void)vnet_alloc();
	NO_TAIL_CALL();
}

static void
leak_malloc(void *arg)
{
	(void)malloc(1000, M_FORGOTTEN, M_WAITOK);
	NO_TAIL_CALL();
}

/*
 * Every kind of thing is named, with who holds it: a word, or the function
 * that took the reference.
 */
static void
test_leaks(void **state)
{
	static const struct {
		void		(*fn)(void *);
		const char	*what;
		const char	*holder;
	} rows[] = {
		{ leak_ifnet, "ifnet tst0: 1 reference", "leak_ifnet" },
		{ leak_ucred, "ucred ", "leak_ucred" },
		{ leak_prison, "prison held", "leak_prison" },
		{ leak_cloner, "cloner never: 1 reference", "registration" },
		{ leak_eventhandler, "forgotten_event", "leak_eventhandler" },
		{ leak_vnet, "vnet1", "leak_vnet" },
#ifdef INVARIANTS
		{ leak_malloc, "malloc type forgotten: 1 allocation",
		    "allocated at leak_malloc" },
#else
		{ leak_malloc, "malloc type forgotten: 1 allocation",
		    "bytes" },
#endif
	};
	const struct vs_outcome *o;
	size_t i;

	for (i = 0; i < nitems(rows); i++) {
		boot();
		run(rows[i].fn, NULL);
		test_booted = false;
		o = vs_shutdown();
		assert_non_null(o);
		assert_int_equal(o->kind, VS_LEAK);
		if (strstr(o->report, rows[i].what) == NULL ||
		    strstr(o->report, rows[i].holder) == NULL)
			fail_msg("\"%s\" or \"%s\" missing in:\n%s",
			    rows[i].what, rows[i].holder, o->report);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_boot),
		cmocka_unit_test_teardown(test_boot_twice, test_teardown),
		cmocka_unit_test_teardown(test_bad_config, test_teardown),
		cmocka_unit_test_teardown(test_modules, test_teardown),
		cmocka_unit_test_teardown(test_nested, test_teardown),
		cmocka_unit_test_teardown(test_nested_panic, test_teardown),
		cmocka_unit_test_teardown(test_host_thread_ends,
		    test_teardown),
		cmocka_unit_test_teardown(test_host_thread_outlives,
		    test_teardown),
		cmocka_unit_test_teardown(test_seeds, test_teardown),
		cmocka_unit_test_teardown(test_leaks, test_teardown),
		cmocka_unit_test_teardown(test_many, test_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
