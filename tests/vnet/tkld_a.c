/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A module with everything: events, start and stop functions, vnet
 * constructor and destructor, V_ data and sysctls.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/module.h>
#include <sys/sx.h>
#include <sys/sysctl.h>
#include <net/if.h>
#include <net/if_private.h>
#include <net/vnet.h>

#include "tkld_a.h"
#include "tlog.h"

VNET_DEFINE(int, tkld_a_value) = 5;
VNET_DEFINE(int, tkld_a_seen) = -1;
VNET_DEFINE_STATIC(char, tkld_a_big[1000]);
static int tkld_a_plain = 7;

static SYSCTL_NODE(_net, OID_AUTO, tkld_a, CTLFLAG_RW, NULL, "test");
SYSCTL_INT(_net_tkld_a, OID_AUTO, value, CTLFLAG_RWTUN | CTLFLAG_VNET,
    &VNET_NAME(tkld_a_value), 0, "in each vnet");
SYSCTL_INT(_net_tkld_a, OID_AUTO, plain, CTLFLAG_RW, &tkld_a_plain, 0,
    "in the kernel");

static int
tkld_a_event(module_t mod __unused, int what, void *arg __unused)
{

	switch (what) {
	case MOD_LOAD:
		tlog("a.load");
		return (tkld_a_load_error);
	case MOD_QUIESCE:
		tlog("a.quiesce");
		return (tkld_a_quiesce_error);
	case MOD_UNLOAD:
		tlog("a.unload");
		return (tkld_a_unload_error);
	default:
		return (EOPNOTSUPP);
	}
}

static moduledata_t tkld_a_mod = { "tkld_a", tkld_a_event, NULL };
DECLARE_MODULE(tkld_a, tkld_a_mod, SI_SUB_PSEUDO, SI_ORDER_MIDDLE);
MODULE_VERSION(tkld_a, 1);

static void
tkld_a_init(void *arg __unused)
{

	tlog("a.init");
}
SYSINIT(tkld_a, SI_SUB_PROTO_IF, SI_ORDER_ANY, tkld_a_init, NULL);

static void
tkld_a_uninit(void *arg __unused)
{

	tlog("a.uninit");
}
SYSUNINIT(tkld_a, SI_SUB_PROTO_IF, SI_ORDER_ANY, tkld_a_uninit, NULL);

static void
vnet_tkld_a_init(const void *arg __unused)
{

	VNET(tkld_a_seen) = VNET(tkld_a_value);
	VNET(tkld_a_big)[999] = 1;
	tlog("a.vnet_init");
}
VNET_SYSINIT(tkld_a, SI_SUB_PSEUDO, SI_ORDER_ANY, vnet_tkld_a_init, NULL);

static void
vnet_tkld_a_uninit(const void *arg __unused)
{

	if (tkld_a_detaches) {
		sx_xlock(&ifnet_detach_sxlock);
		sx_xunlock(&ifnet_detach_sxlock);
	}
	tlog("a.vnet_uninit");
}
VNET_SYSUNINIT(tkld_a, SI_SUB_INIT_IF, SI_ORDER_ANY, vnet_tkld_a_uninit,
    NULL);
