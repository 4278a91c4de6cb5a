/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Interfaces that are destroyed while they move: system calls only.
 */
#include <vnetsim/inspect.h>
#include <vnetsim/syscalls.h>

#include <sys/param.h>
#include <sys/systm.h>

#include "scenarios.h"

static int jid;

static void
make_jail(void)
{
	if (vs_jail_create("name=j persist vnet", &jid) != 0)
		panic("the scenario's jail cannot be made");
}

static void
remove_jail(void)
{
	(void)vs_jail_remove(jid);
	vs_jail_settle();
}

/* --- a pair, one half of it in a jail ------------------------------------ */

static void
pair_setup(void *arg __unused)
{
	char name[16] = "epair0";

	make_jail();
	if (vs_if_create(name) != 0 || vs_if_vmove("epair0b", jid) != 0)
		panic("the scenario's pair cannot be made");
}

static void
pair_destroy(void *arg __unused)
{
	(void)vs_if_destroy("epair0a");
}

static void
pair_move(void *arg __unused)
{
	if (vs_if_reclaim("epair0b", jid) == 0)
		(void)vs_if_vmove("epair0b", jid);
}

static void
pair_finally(void *arg __unused)
{
	(void)vs_if_destroy("epair0a");
	remove_jail();
}

const struct vs_scenario scenario_epair_destroy_vmove = {
	.name = "epair-destroy-vmove",
	.setup = pair_setup,
	.threads = {
		{ "destroyer", pair_destroy },
		{ "mover", pair_move },
	},
	.finally = pair_finally,
};

/* --- the driver goes ----------------------------------------------------- */

/* All interfaces of a cloner are destroyed, wherever they are just now. */
static void
driver_unload(void *arg __unused)
{
	(void)vs_kldunload("if_epair");
}

static void
pair_reclaim(void *arg __unused)
{
	(void)vs_if_reclaim("epair0b", jid);
}

const struct vs_scenario scenario_detach_sx = {
	.name = "detach-sx",
	.setup = pair_setup,
	.threads = {
		{ "mover", pair_reclaim },
		{ "unloader", driver_unload },
	},
	.finally = pair_finally,
};

/* --- a device that was cloned in a jail ---------------------------------- */

static void
jail_setup(void *arg __unused)
{
	make_jail();
}

static void
look_in_jail(void *arg __unused)
{
	struct vs_dev_stat sb;

	if (vs_jail_attach(jid) == 0)
		(void)vs_stat("/dev/tun", &sb);
}

static void
jail_remover(void *arg __unused)
{
	(void)vs_jail_remove(jid);
}

static void
jail_finally(void *arg __unused)
{
	remove_jail();
	(void)vs_if_destroy("tun0");
}

const struct vs_scenario scenario_tun_jail = {
	.name = "tun-jail",
	.setup = jail_setup,
	.threads = {
		{ "looker", look_in_jail },
		{ "remover", jail_remover },
	},
	.finally = jail_finally,
};
