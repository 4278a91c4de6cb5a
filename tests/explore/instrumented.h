/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Small scenarios for what only instrumented code shows.
 */
#ifndef _INSTRUMENTED_H_
#define _INSTRUMENTED_H_

#include <vnetsim/explore.h>
#include <vnetsim/vnetsim.h>

#include "test.h"

/*
 * Two threads, from a state, many times.  Variables are put back, so what the
 * test wants of them is their argument.
 */
static inline const struct vs_explored *
explore_with(uintptr_t arg, void (*setup)(void *), void (*a)(void *),
    void (*b)(void *), void (*finally)(void *))
{
	const struct vs_scenario scenario = {
		.name = "two", .setup = setup, .finally = finally,
		.threads = { { "first", a }, { "second", b } },
		.no_shutdown = true, .arg = (void *)arg,
	};
	const struct vs_explore how = { .schedules = 300, .seed = 1 };
	const struct vs_explored *e = vs_explore(&scenario, &how);

	assert_non_null(e);
	return (e);
}

static inline const struct vs_explored *
explore(void (*setup)(void *), void (*a)(void *), void (*b)(void *),
    void (*finally)(void *))
{
	return (explore_with(0, setup, a, b, finally));
}

#ifdef VS_INSTRUMENTED
#define	skip_if_plain()	do { } while (0)
#else
#define	skip_if_plain()	skip()
#endif

#define	assert_found(e, what, text) do {				\
	const struct vs_explored *_e = (e);				\
									\
	if (_e->kind != (what) || strstr(_e->message, (text)) == NULL)	\
		fail_msg("%s: %s", vs_kind_name(_e->kind), _e->message); \
} while (0)
#define	assert_clean(e)		assert_found(e, VS_CLEAN, "")

#endif /* !_INSTRUMENTED_H_ */
