/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Two modules without a handler, which cannot be unloaded.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

static moduledata_t tkld_c_mod = { "tkld_c", NULL, NULL };
DECLARE_MODULE(tkld_c, tkld_c_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
static moduledata_t tkld_c2_mod = { "tkld_c2", NULL, NULL };
DECLARE_MODULE(tkld_c2, tkld_c2_mod, SI_SUB_PSEUDO, SI_ORDER_ANY);
