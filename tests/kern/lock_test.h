/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * For tests of locks: hand-offs between threads, and tables of misuse.
 */
#ifndef _LOCK_TEST_H_
#define _LOCK_TEST_H_

#include "../test.h"

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/proc.h>

/* A door that stays open.  Waiting is a loop that a halt can stop. */
typedef int gate;

static inline void
gate_open(gate *g)
{
	__atomic_store_n(g, 1, __ATOMIC_RELEASE);
}

static inline bool
gate_is_open(gate *g)
{
	return (__atomic_load_n(g, __ATOMIC_ACQUIRE) != 0);
}

static inline void
gate_wait(gate *g)
{
	while (!gate_is_open(g))
		kern_yield(0);
}

/* Waits for a condition that another thread will bring about. */
#define	WAIT_FOR(cond) do {						\
	while (!(cond))							\
		kern_yield(0);						\
} while (0)

/* How a row of the table of misuse wants to be booted. */
static const struct vs_config witness_off __attribute__((unused)) = {
	.witness = VS_WITNESS_OFF
};
static const struct vs_config strict __attribute__((unused)) = {
	.strict = true
};

struct misuse {
	const char	*id;
	void		(*fn)(void *);
	const char	*glob;
	const struct vs_config *config;		/* NULL: defaults */
	const char	*console;		/* also printed, or NULL */
};

/*
 * Readers of a lock that is only read take another way after a while; a plain
 * kernel's tests of sx and rwlock are to start from there, too.
 */
#define	MAKE_READERS_USUAL(slock, sunlock, lock) do {			\
	for (int _i = 0; _i < 200; _i++) {				\
		slock(lock);						\
		sunlock(lock);						\
	}								\
} while (0)

#define	ROW(name, func, text, ...)					\
	{ .id = name, .fn = func, .glob = text, ## __VA_ARGS__ }

static inline void
expect_misuse(const struct misuse *rows, size_t n)
{
	static const struct vs_config defaults;
	size_t i;

	for (i = 0; i < n; i++) {
		print_message("%s: %s\n", rows[i].id, rows[i].glob);
		expect_panic_with(rows[i].config != NULL ? rows[i].config :
		    &defaults, rows[i].fn, NULL, rows[i].glob);
		if (rows[i].console != NULL)
			expect_console(rows[i].console);
	}
}

#endif /* !_LOCK_TEST_H_ */
