/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Everybody does everything at once: no run may end badly, and afterwards
 * everything must add up.
 */
#include "if_test.h"

#define	THREADS		4
#define	OPS		250

static int jails[2];

struct worker {
	unsigned	seed;
	int		jid;
	struct vs_thread *thread;
};

static unsigned
next(struct worker *w, unsigned n)
{
	w->seed = w->seed * 1103515245 + 12345;
	return ((w->seed >> 16) % n);
}

/* Names that clash with each other's. */
static const char *
some_name(struct worker *w)
{
	static const char *const names[] = {
		"disc0", "disc1", "epair0a", "epair0b", "epair1a", "epair1b",
		"lo1", "x0", "x1", "edsc0",
	};

	return (names[next(w, nitems(names))]);
}

static void
one_op(struct worker *w)
{
	static const char *const creates[] = {
		"disc", "disc1", "epair", "epair1", "lo1", "edsc0",
	};
	int jid = jails[next(w, 2)];
	char name[16] = "";

	switch (next(w, 10)) {
	case 0:
	case 1:
	case 2:
		strcpy(name, creates[next(w, nitems(creates))]);
		(void)vs_if_create(name);
		break;
	case 3:
		(void)vs_if_destroy(some_name(w));
		break;
	case 4:
		(void)vs_if_vmove(some_name(w), jid);
		break;
	case 5:
		(void)vs_if_reclaim(some_name(w), jid);
		break;
	case 6:
		(void)vs_if_rename(some_name(w), some_name(w));
		break;
	case 7:
		(void)vs_if_group_add(some_name(w), "web");
		(void)vs_if_group_del(some_name(w), "web");
		break;
	case 8:
		(void)vs_if_addr_add(some_name(w), "10.0.0.1/24");
		break;
	case 9:
		(void)vs_if_up(some_name(w));
		break;
	}
}

static void
worker_main(void *arg)
{
	struct worker *w = arg;
	int i;

	if (w->jid != 0)
		CHECK(vs_jail_attach(w->jid) == 0);
	for (i = 0; i < OPS; i++)
		one_op(w);
}

static void
stress(unsigned seed)
{
	struct worker workers[THREADS];
	int i;

	jails[0] = jail_make("name=j vnet persist children.max=2");
	jails[1] = jail_make("name=k vnet persist");
	for (i = 0; i < THREADS; i++) {
		workers[i].seed = seed + i;
		workers[i].jid = i < 2 ? 0 : jails[i - 2];
		workers[i].thread = spawn(worker_main, &workers[i], "worker");
	}
	for (i = 0; i < THREADS; i++)
		join(workers[i].thread);
	check_invariants();
	jail_kill(jails[0]);
	check_invariants();
	jail_kill(jails[1]);
	check_invariants();
}

static void
test_stress(void **state)
{
	stress(1);
	stress(2);
	stress(3);
}

/* The jail goes while its interfaces are being moved. */
static void
remove_main(void *arg)
{
	CHECK(vs_jail_remove(*(int *)arg) == 0);
}

static void
test_stress_removal(void **state)
{
	struct worker workers[THREADS];
	struct vs_thread *remover;
	int i, round;

	for (round = 0; round < 5; round++) {
		jails[0] = jail_make("name=j vnet persist");
		jails[1] = jail_make("name=k vnet persist");
		for (i = 0; i < THREADS; i++) {
			workers[i].seed = round * 100 + i;
			workers[i].jid = 0;
			workers[i].thread = spawn(worker_main, &workers[i],
			    "worker");
		}
		remover = spawn(remove_main, &jails[0], "remover");
		join(remover);
		for (i = 0; i < THREADS; i++)
			join(workers[i].thread);
		vs_jail_settle();
		check_invariants();
		jail_kill(jails[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_stress),
		FIXED(test_stress_removal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
