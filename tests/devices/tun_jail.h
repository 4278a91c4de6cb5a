/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * What tests of tunnels and jails share.
 */
#ifndef _TESTS_DEVICES_TUN_JAIL_H_
#define _TESTS_DEVICES_TUN_JAIL_H_

#include "devices/tun.h"

/* Runs fn(arg) as a process of the jail, which then exits. */
struct inmate {
	int	jid;
	void	(*fn)(void *);
	void	*arg;
};

static inline void
inmate_main(void *arg)
{
	struct inmate *in = arg;

	CHECK(vs_jail_attach(in->jid) == 0);
	in->fn(in->arg);
}

static inline void
run_in(int jid, void (*fn)(void *), void *arg)
{
	struct inmate in = { jid, fn, arg };

	join(spawn(inmate_main, &in, "inmate"));
}

static inline enum vs_jail_state
state_of(int jid, unsigned *ref)
{
	struct vs_jail_info info;

	if (vs_jail_inspect(jid, &info) != 0)
		return (VS_JAIL_INVALID);
	*ref = info.ref;
	return (info.state);
}

static inline int
jail_with(const char *words)
{
	int jid;

	assert_int_equal(vs_jail_create(words, &jid), 0);
	return (jid);
}

/* As jail(8) ends a jail that it has kept for its command. */
static inline void
no_longer_persistent(const char *name)
{
	char words[40];

	snprintf(words, sizeof(words), "name=%s nopersist", name);
	assert_int_equal(vs_jail_update(words), 0);
	vs_jail_settle();
}

#endif /* !_TESTS_DEVICES_TUN_JAIL_H_ */
