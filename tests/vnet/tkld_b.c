/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A module that needs tkld_a.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "tlog.h"

static int
tkld_b_event(module_t mod __unused, int what, void *arg __unused)
{

	tlog(what == MOD_LOAD ? "b.load" :
	    what == MOD_UNLOAD ? "b.unload" : "b.other");
	return (what == MOD_LOAD || what == MOD_UNLOAD ? 0 : EOPNOTSUPP);
}

static moduledata_t tkld_b_mod = { "tkld_b", tkld_b_event, NULL };
DECLARE_MODULE(tkld_b, tkld_b_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
MODULE_VERSION(tkld_b, 1);
MODULE_DEPEND(tkld_b, tkld_a, 1, 1, 1);
