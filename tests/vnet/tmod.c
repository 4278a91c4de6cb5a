/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A user's driver in a shared object of its own, as vnetsim_add_module()
 * makes it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/sysctl.h>
#include <net/vnet.h>

static MALLOC_DEFINE(M_TMOD, "tmod", "test module");

VNET_DEFINE_STATIC(int, tmod_value) = 11;
VNET_DEFINE_STATIC(char *, tmod_memory);
static int tmod_loads;

static SYSCTL_NODE(_net, OID_AUTO, tmod, CTLFLAG_RW, NULL, "test");
SYSCTL_INT(_net_tmod, OID_AUTO, value, CTLFLAG_RW | CTLFLAG_VNET,
    &VNET_NAME(tmod_value), 0, "in each vnet");
SYSCTL_INT(_net_tmod, OID_AUTO, loads, CTLFLAG_RD, &tmod_loads, 0,
    "how often this copy of the file was loaded");

static int
tmod_event(module_t mod __unused, int what, void *arg __unused)
{

	switch (what) {
	case MOD_LOAD:
		tmod_loads++;
		printf("tmod: loaded\n");
		return (0);
	case MOD_UNLOAD:
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t tmod_mod = { "tmod", tmod_event, NULL };
DECLARE_MODULE(tmod, tmod_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(tmod, 1);

static void
vnet_tmod_init(const void *arg __unused)
{

	VNET(tmod_memory) = malloc(100, M_TMOD, M_WAITOK | M_ZERO);
	VNET(tmod_value)++;
}
VNET_SYSINIT(tmod, SI_SUB_PSEUDO, SI_ORDER_ANY, vnet_tmod_init, NULL);

static void
vnet_tmod_uninit(const void *arg __unused)
{

	free(VNET(tmod_memory), M_TMOD);
}
VNET_SYSUNINIT(tmod, SI_SUB_PSEUDO, SI_ORDER_ANY, vnet_tmod_uninit, NULL);
